// PDF files → how long OpenSSL's CMS_verify() takes for their last signature: the floor for whatever is built on it.
//
//   cc -O2 floor.c -lcrypto -o floor;  floor ROOTS.pem LIST PASSES
//
// The place of the signature is found beforehand, and each file is read, cut at its byte range and
// verified in the measured passes; no PDF is parsed. Prints documents, how many verified, and
// processor seconds, as JSON.
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct document {
    char *path;
    size_t range[4];
    unsigned char *cms;
    long cms_length;
};

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static unsigned char *slurp(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*length + 1);
    if (!bytes || fread(bytes, 1, *length, file) != *length) exit(3);
    bytes[*length] = 0;
    fclose(file);
    return bytes;
}

// The last byte range of the file, and the CMS in its gap.
static int locate(struct document *d) {
    size_t length;
    unsigned char *bytes = slurp(d->path, &length);
    if (!bytes) return 0;
    const unsigned char *at = NULL;
    for (size_t i = 0; i + 10 < length; i++)
        if (!memcmp(bytes + i, "/ByteRange", 10)) at = bytes + i + 10;
    size_t *r = d->range;
    int found = at && sscanf((const char *)at, " [ %zu %zu %zu %zu", r, r + 1, r + 2, r + 3) == 4;
    if (found) {
        size_t digits = r[2] - r[1] - 2;
        d->cms = malloc(digits / 2);
        for (size_t i = 0; i < digits / 2; i++) {
            unsigned octet;
            sscanf((const char *)bytes + r[1] + 1 + 2 * i, "%2x", &octet);
            d->cms[i] = (unsigned char)octet;
        }
        d->cms_length = (long)(digits / 2);
    }
    free(bytes);
    return found;
}

static int verify(const struct document *d, X509_STORE *store) {
    size_t length;
    unsigned char *bytes = slurp(d->path, &length);
    const unsigned char *cms = d->cms;
    CMS_ContentInfo *info = d2i_CMS_ContentInfo(NULL, &cms, d->cms_length);
    memmove(bytes + d->range[1], bytes + d->range[2], d->range[3]);
    BIO *content = BIO_new_mem_buf(bytes, (int)(d->range[1] + d->range[3]));
    int right = info && CMS_verify(info, NULL, store, content, NULL, CMS_BINARY) == 1;
    BIO_free(content);
    CMS_ContentInfo_free(info);
    free(bytes);
    return right;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    X509_STORE *store = X509_STORE_new();
    if (!X509_STORE_load_locations(store, arguments[1], NULL)) return 2;
    X509_VERIFY_PARAM *parameters = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
    struct document *all = NULL;
    size_t documents = 0;
    char line[4096];
    FILE *list = fopen(arguments[2], "r");
    while (list && fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        all = realloc(all, (documents + 1) * sizeof *all);
        all[documents].path = strdup(line);
        documents += (size_t)locate(&all[documents]);
    }
    long passes = atol(arguments[3]), right = 0;
    for (size_t i = 0; i < documents; i++) verify(&all[i], store);
    double start = seconds();
    for (long pass = 0; pass < passes; pass++)
        for (size_t i = 0; i < documents; i++) right += verify(&all[i], store);
    printf("{\"documents\":%zu,\"verified\":%ld,\"seconds\":%.6f}\n",
           documents * (size_t)passes, right, seconds() - start);
}
