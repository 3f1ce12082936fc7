/* What a careless caller does, and the code that each must give:
 *
 *     misuse SIGNED TRUST CERTIFICATE UNSIGNED SECONDS
 *
 * Ends with 0 when everything is as written here. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kyso.h"

static int failures;

static void expect(int line, int32_t code, int32_t wanted) {
    if (code != wanted) {
        const char *text = kyso_last_error();
        printf("line %d: code %d, expected %d: %s\n", line, code, wanted, text ? text : "");
        failures++;
    }
}
#define EXPECT(call, wanted) expect(__LINE__, (call), (wanted))
#define OK(call) expect(__LINE__, (call), KYSO_CODE_OK)
#define HOLDS(condition) expect(__LINE__, (condition) ? 0 : -1, 0)

static uint8_t *slurp(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    uint8_t *data;
    if (!file) {
        perror(path);
        exit(4);
    }
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    data = malloc(*length);
    if (!data || fread(data, 1, *length, file) != *length) {
        exit(4);
    }
    fclose(file);
    return data;
}

struct seen {
    size_t calls, passed, failed, errors, next;
    int in_order, stop_after;
};

static int32_t answered(void *context, size_t index, int32_t code, const struct kyso_report *report) {
    struct seen *seen = context;
    kyso_indication indication;
    seen->calls++;
    seen->in_order &= index == seen->next++;
    if (code != KYSO_CODE_OK) {
        HOLDS(report == NULL && kyso_last_error() != NULL);
        seen->errors++;
    } else {
        OK(kyso_report_indication(report, &indication));
        seen->passed += indication == KYSO_INDICATION_TOTAL_PASSED;
        seen->failed += indication != KYSO_INDICATION_TOTAL_PASSED;
    }
    return seen->stop_after && seen->calls >= (size_t)seen->stop_after;
}

/* Frees what it was given: the library notices and goes on. */
static int32_t frees(void *context, size_t index, int32_t code, const struct kyso_report *report) {
    (void)context, (void)index, (void)code;
    OK(kyso_report_free((struct kyso_report *)report));
    return 0;
}

static struct kyso_verifier *shared;
static int64_t at;
static const uint8_t *signed_pdf;
static size_t signed_length;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answer = PTHREAD_COND_INITIALIZER;
static int answers;

/* What one thread saw; nobody else touches it before the thread has ended. */
struct worker {
    pthread_t thread;
    int passed, bad, others;
};

/* Verifies until another thread has freed the verifier, in the midst of it, and four times more. */
static void *hammer(void *context) {
    struct worker *own = context;
    while (own->bad < 5 && own->others == 0 && own->passed < 100000) {
        struct kyso_report *report = NULL;
        int32_t code = kyso_verify(shared, signed_pdf, signed_length, at, &report);
        if (code == KYSO_CODE_OK && own->bad == 0) {
            own->passed++;
            own->others += kyso_report_free(report) != KYSO_CODE_OK;
        } else if (code == KYSO_CODE_BAD_HANDLE && report == NULL) {
            own->bad++;
        } else {
            own->others++;
        }
        pthread_mutex_lock(&lock);
        answers++;
        pthread_cond_signal(&answer);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void verifiers(const char *trust_path) {
    struct kyso_verifier *verifier = NULL, *kept;
    struct kyso_report *report = (struct kyso_report *)&at, *untouched = report;
    uint8_t *trust;
    size_t length;

    EXPECT(kyso_verifier_new("official", NULL), KYSO_CODE_NULL_POINTER);
    EXPECT(kyso_verifier_new("no such profile", &verifier), KYSO_CODE_MISUSE);
    EXPECT(kyso_verifier_new("{\"name\":", &verifier), KYSO_CODE_MISUSE);
    EXPECT(kyso_verifier_new("\xff", &verifier), KYSO_CODE_NOT_UTF8);
    HOLDS(verifier == NULL && kyso_last_error_position() == 0);
    OK(kyso_verifier_new(NULL, &verifier));
    EXPECT(kyso_verifier_add_trust(verifier, NULL, 5), KYSO_CODE_NULL_POINTER);
    EXPECT(kyso_verifier_add_trust(verifier, (const uint8_t *)"x", (size_t)-1), KYSO_CODE_MISUSE);
    EXPECT(kyso_verifier_add_trust(verifier, (const uint8_t *)"no trust", 8), KYSO_CODE_ASN1);
    EXPECT(kyso_verifier_add_evidence(verifier, NULL, 0), KYSO_CODE_PKI);
    EXPECT(kyso_verifier_add_trust(NULL, NULL, 0), KYSO_CODE_NULL_POINTER);
    trust = slurp(trust_path, &length);
    OK(kyso_verifier_add_trust(verifier, trust, length));

    EXPECT(kyso_verify(verifier, NULL, 5, at, &report), KYSO_CODE_NULL_POINTER);
    EXPECT(kyso_verify(verifier, NULL, 0, at, &report), KYSO_CODE_EMPTY);
    EXPECT(kyso_verify(verifier, (const uint8_t *)"text", 4, at, &report), KYSO_CODE_NOT_PDF);
    EXPECT(kyso_verify(verifier, signed_pdf, signed_length, INT64_MAX, &report), KYSO_CODE_MISUSE);
    EXPECT(kyso_verify(verifier, signed_pdf, signed_length, at, NULL), KYSO_CODE_NULL_POINTER);
    EXPECT(kyso_verify_path(verifier, NULL, at, &report), KYSO_CODE_NULL_POINTER);
    EXPECT(kyso_verify_path(verifier, "/", at, &report), KYSO_CODE_IO);
    EXPECT(kyso_verify_path(verifier, "/nowhere/\xff.pdf", at, &report), KYSO_CODE_IO);
    /* A device or a pipe is refused at once. */
    EXPECT(kyso_verify_path(verifier, "/dev/zero", at, &report), KYSO_CODE_IO);
    HOLDS(report == untouched);
    /* It is in use since: what it is made of stays. */
    EXPECT(kyso_verifier_add_trust(verifier, trust, length), KYSO_CODE_MISUSE);
    free(trust);

    kept = verifier;
    OK(kyso_verifier_free(verifier));
    EXPECT(kyso_verifier_free(verifier), KYSO_CODE_BAD_HANDLE);
    OK(kyso_verifier_free(NULL));
    OK(kyso_verifier_new(NULL, &verifier));
    HOLDS(kept != verifier);
    EXPECT(kyso_verify(kept, signed_pdf, signed_length, at, &report), KYSO_CODE_BAD_HANDLE);
    EXPECT(kyso_report_free((struct kyso_report *)verifier), KYSO_CODE_BAD_HANDLE);
    EXPECT(kyso_report_free((struct kyso_report *)&at), KYSO_CODE_BAD_HANDLE);
    OK(kyso_verifier_free(verifier));
}

static void reports(void) {
    struct kyso_verifier *verifier = NULL;
    struct kyso_report *report = NULL;
    kyso_indication indication;
    const char *text = NULL, *again = NULL, *places[2] = {NULL, NULL};
    /* Between two places for a pointer. */
    void *crooked = (char *)places + 1;
    size_t length = 0;

    OK(kyso_verifier_new(NULL, &verifier));
    EXPECT(kyso_verify(verifier, signed_pdf, signed_length, at, crooked), KYSO_CODE_MISUSE);
    EXPECT(kyso_verifier_new(NULL, crooked), KYSO_CODE_MISUSE);
    OK(kyso_verify(verifier, signed_pdf, signed_length, at, &report));
    OK(kyso_verifier_free(verifier));
    EXPECT(kyso_report_indication(report, NULL), KYSO_CODE_NULL_POINTER);
    OK(kyso_report_indication(report, &indication));
    HOLDS(indication == KYSO_INDICATION_INDETERMINATE);
    OK(kyso_report_sub_indication(report, &text));
    HOLDS(text != NULL);
    EXPECT(kyso_report_text(report, 7, &text, &length), KYSO_CODE_MISUSE);
    EXPECT(kyso_report_json(report, NULL, &length), KYSO_CODE_NULL_POINTER);
    EXPECT(kyso_report_json(report, crooked, &length), KYSO_CODE_MISUSE);
    EXPECT(kyso_report_json(report, &again, crooked), KYSO_CODE_MISUSE);
    /* Both outputs or none. */
    HOLDS(length == 0 && again == NULL && places[0] == NULL && places[1] == NULL);
    OK(kyso_report_json(report, &text, NULL));
    OK(kyso_report_json(report, &again, &length));
    HOLDS(text == again && strlen(text) == length && text[0] == '{');
    OK(kyso_report_free(report));
    EXPECT(kyso_report_json(report, &text, &length), KYSO_CODE_BAD_HANDLE);
    HOLDS(kyso_code_name(12345) == NULL && strcmp(kyso_code_name(12), "not-pdf") == 0);
}

static void batches(const char *trust_path) {
    struct kyso_verifier *verifier = NULL;
    struct kyso_document documents[40];
    struct seen seen = {0, 0, 0, 0, 0, 1, 0};
    uint8_t *trust;
    size_t length, i;

    OK(kyso_verifier_new(NULL, &verifier));
    trust = slurp(trust_path, &length);
    OK(kyso_verifier_add_trust(verifier, trust, length));
    free(trust);
    for (i = 0; i < 40; i++) {
        struct kyso_document bytes = {NULL, signed_pdf, signed_length};
        struct kyso_document text = {NULL, (const uint8_t *)"text", 4};
        struct kyso_document path = {"/nowhere/\xff.pdf", NULL, 0};
        documents[i] = i % 4 == 1 ? text : i % 4 == 3 ? path : bytes;
    }
    OK(kyso_verify_many(verifier, documents, 40, at, 2, 1, answered, &seen));
    HOLDS(seen.calls == 40 && seen.errors == 20 && seen.failed == 20 && seen.in_order);
    memset(&seen, 0, sizeof seen);
    seen.stop_after = 3;
    EXPECT(kyso_verify_many(verifier, documents, 40, at, 2, 1, answered, &seen), KYSO_CODE_STOPPED);
    HOLDS(seen.calls == 3);
    OK(kyso_verify_many(verifier, documents, 1, at, 0, 0, frees, NULL));
    OK(kyso_verify_many(verifier, NULL, 0, at, 0, 0, frees, NULL));
    EXPECT(kyso_verify_many(verifier, NULL, 1, at, 0, 0, frees, NULL), KYSO_CODE_NULL_POINTER);
    EXPECT(kyso_verify_many(verifier, documents, (size_t)-1, at, 0, 0, frees, NULL), KYSO_CODE_MISUSE);
    EXPECT(kyso_verify_many(verifier, documents, 1, at, 1 << 20, 0, frees, NULL), KYSO_CODE_MISUSE);
    EXPECT(kyso_verify_many(verifier, documents, 1, at, 0, 0, NULL, NULL), KYSO_CODE_NULL_POINTER);
    documents[0].data = NULL;
    EXPECT(kyso_verify_many(verifier, documents, 1, at, 0, 0, frees, NULL), KYSO_CODE_NULL_POINTER);
    OK(kyso_verifier_free(verifier));
}

static void threads(void) {
    struct worker workers[4];
    int i, passed = 0;
    OK(kyso_verifier_new(NULL, &shared));
    memset(workers, 0, sizeof workers);
    for (i = 0; i < 4; i++) {
        HOLDS(pthread_create(&workers[i].thread, NULL, hammer, &workers[i]) == 0);
    }
    /* Not before one of them has used it. */
    pthread_mutex_lock(&lock);
    while (answers == 0) {
        pthread_cond_wait(&answer, &lock);
    }
    pthread_mutex_unlock(&lock);
    OK(kyso_verifier_free(shared));
    for (i = 0; i < 4; i++) {
        HOLDS(pthread_join(workers[i].thread, NULL) == 0);
        HOLDS(workers[i].bad == 5 && workers[i].others == 0);
        passed += workers[i].passed;
    }
    HOLDS(passed > 0);
}

static void signing(const char *certificate_path, const char *pdf_path) {
    struct kyso_prepared *prepared = NULL, *restored = NULL;
    struct kyso_signed *finished = NULL;
    const uint8_t *message, *digest;
    const char *state, *field;
    size_t pdf_length, certificate_length, length, state_length;
    uint8_t *pdf = slurp(pdf_path, &pdf_length);
    uint8_t *certificate = slurp(certificate_path, &certificate_length);

#define PREPARE(options) \
    kyso_prepare(pdf, pdf_length, certificate, certificate_length, (options), at, &prepared)
    EXPECT(PREPARE("{\"filed\": \"A\"}"), KYSO_CODE_MISUSE);
    EXPECT(PREPARE("{"), KYSO_CODE_MISUSE);
    EXPECT(PREPARE(""), KYSO_CODE_MISUSE);
    EXPECT(PREPARE("\xc3"), KYSO_CODE_NOT_UTF8);
    EXPECT(kyso_prepare(pdf, pdf_length, NULL, 0, NULL, at, &prepared), KYSO_CODE_ASN1);
    EXPECT(kyso_prepare(NULL, 0, certificate, certificate_length, NULL, at, &prepared), KYSO_CODE_EMPTY);
    EXPECT(kyso_prepare(pdf, pdf_length, certificate, certificate_length, NULL, 0, &prepared), KYSO_CODE_SIGNING);
    HOLDS(prepared == NULL);
    OK(PREPARE("{\"field\": \"Ky\", \"reason\": \"Ph\xc3\xaa duy\xe1\xbb\x87t\"}"));
    OK(kyso_prepared_field(prepared, &field));
    HOLDS(strcmp(field, "Ky") == 0);
    OK(kyso_prepared_message(prepared, &message, &length));
    HOLDS(length > 100 && message[0] == 0x31);
    OK(kyso_prepared_digest(prepared, &digest, &length));
    HOLDS(length == 32);
    EXPECT(kyso_finish(prepared, NULL, 0, &finished), KYSO_CODE_SIGNING);
    EXPECT(kyso_finish(prepared, digest, 32, &finished), KYSO_CODE_SIGNING);
    HOLDS(finished == NULL);
    OK(kyso_prepared_state(prepared, &state, &state_length));
    OK(kyso_prepared_restore((const uint8_t *)state, state_length, &restored));
    EXPECT(kyso_prepared_restore((const uint8_t *)state, state_length - 1, &restored), KYSO_CODE_MISUSE);
    OK(kyso_prepared_free(restored));
    OK(kyso_prepared_free(prepared));
    EXPECT(kyso_prepared_free(prepared), KYSO_CODE_BAD_HANDLE);
    OK(kyso_signed_free(NULL));
    free(pdf);
    free(certificate);
}

static void others(const char *certificate_path) {
    struct kyso_verifier *verifier = NULL;
    struct kyso_report *report = NULL;
    kyso_indication indication;
    const char *text;
    size_t length;
    uint8_t *certificate = slurp(certificate_path, &length);

    OK(kyso_certificates_show(certificate, length, at, &report));
    OK(kyso_report_indication(report, &indication));
    HOLDS(indication == KYSO_INDICATION_NONE);
    OK(kyso_report_text(report, KYSO_LANGUAGE_VI, &text, NULL));
    OK(kyso_report_free(report));
    OK(kyso_verifier_new(NULL, &verifier));
    EXPECT(kyso_certificate_check(verifier, certificate, length, 9, at, &report), KYSO_CODE_MISUSE);
    EXPECT(kyso_certificate_check(verifier, NULL, 0, 1, at, &report), KYSO_CODE_ASN1);
    OK(kyso_certificate_check(verifier, certificate, length, KYSO_PURPOSE_DOCUMENT_SIGNING, at, &report));
    OK(kyso_report_indication(report, &indication));
    HOLDS(indication == KYSO_INDICATION_INDETERMINATE);
    OK(kyso_report_free(report));
    EXPECT(kyso_exchange_verify(verifier, NULL, 0, at, 0, &report), KYSO_CODE_EXCHANGE);
    EXPECT(kyso_exchange_verify_path(verifier, "/nowhere", at, 0, &report), KYSO_CODE_IO);
    OK(kyso_verifier_free(verifier));
    free(certificate);
}

int main(int argc, char **argv) {
    if (argc != 6) {
        return 5;
    }
    signed_pdf = slurp(argv[1], &signed_length);
    at = atoll(argv[5]);
    verifiers(argv[2]);
    reports();
    batches(argv[2]);
    threads();
    signing(argv[3], argv[4]);
    others(argv[3]);
    free((void *)signed_pdf);
    printf("%d failures\n", failures);
    return failures != 0;
}
