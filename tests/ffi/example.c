/* Verifies files and says what is found:
 *
 *     example [-e EVIDENCE]... TRUST SECONDS FILE...
 *
 * TRUST is a PEM, DER or trust file, EVIDENCE a CRL, an OCSP response or certificates, SECONDS the
 * moment, counted from 1970. Exit codes: 0 all passed, 1 one failed, 2 indeterminate, 3 no
 * signature, 4 one could not be checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kyso.h"

/* Reads a whole file, or ends the program. */
static uint8_t *slurp(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    uint8_t *data;
    long size;
    if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0) {
        perror(path);
        exit(4);
    }
    rewind(file);
    data = malloc((size_t)size + 1);
    if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        exit(4);
    }
    fclose(file);
    *length = (size_t)size;
    return data;
}

static void must(int32_t code, const char *what) {
    if (code != KYSO_CODE_OK) {
        fprintf(stderr, "%s: %s: %s\n", what, kyso_code_name(code), kyso_last_error());
        exit(4);
    }
}

int main(int argc, char **argv) {
    struct kyso_verifier *verifier = NULL;
    size_t length;
    uint8_t *data;
    int64_t at;
    int worst = 0, i = 1;

    must(kyso_verifier_new("official", &verifier), "policy");
    for (; i + 1 < argc && strcmp(argv[i], "-e") == 0; i += 2) {
        data = slurp(argv[i + 1], &length);
        must(kyso_verifier_add_evidence(verifier, data, length), argv[i + 1]);
        free(data);
    }
    if (argc - i < 3) {
        fprintf(stderr, "usage: %s [-e EVIDENCE]... TRUST SECONDS FILE...\n", argv[0]);
        return 5;
    }
    data = slurp(argv[i], &length);
    must(kyso_verifier_add_trust(verifier, data, length), argv[i]);
    free(data);
    at = atoll(argv[i + 1]);
    for (i += 2; i < argc; i++) {
        struct kyso_report *report = NULL;
        kyso_indication indication;
        const char *text;
        kyso_code code = kyso_verify_path(verifier, argv[i], at, &report);
        if (code != KYSO_CODE_OK) {
            /* The file could not be checked: that is no verdict. */
            printf("%s: error %d: %s\n", argv[i], code, kyso_last_error());
            worst = 4;
            continue;
        }
        must(kyso_report_indication(report, &indication), argv[i]);
        must(kyso_report_text(report, KYSO_LANGUAGE_EN, &text, NULL), argv[i]);
        printf("%s: %s", argv[i], text);
        if ((int)indication > worst) {
            worst = (int)indication;
        }
        kyso_report_free(report);
    }
    kyso_verifier_free(verifier);
    return worst;
}
