// PDF files → how long poppler takes to validate all their signatures, in one warm process.
//
//   cc -O2 poppler.c $(pkg-config --cflags --libs poppler-glib) -o poppler;  poppler LIST PASSES
//
// Debian: libpoppler-glib-dev. Signature and digest are checked, certificates are not: the chain
// costs it more. Prints documents, how many verified, and processor seconds, as JSON.
#include <glib.h>
#include <poppler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int verify(const char *path) {
    char *uri = g_filename_to_uri(path, NULL, NULL);
    PopplerDocument *document = poppler_document_new_from_file(uri, NULL, NULL);
    g_free(uri);
    if (!document) return 0;
    int found = 0, right = 0;
    GList *fields = poppler_document_get_signature_fields(document);
    for (GList *field = fields; field; field = field->next) {
        found++;
        PopplerSignatureInfo *info = poppler_form_field_signature_validate_sync(
            field->data, (PopplerSignatureValidationFlags)0, NULL, NULL);
        if (!info) continue;
        right += poppler_signature_info_get_signature_status(info) == POPPLER_SIGNATURE_VALID;
        poppler_signature_info_free(info);
    }
    g_list_free_full(fields, g_object_unref);
    g_object_unref(document);
    return found > 0 && right == found;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    char **paths = NULL, line[4096];
    size_t documents = 0;
    FILE *list = fopen(arguments[1], "r");
    while (list && fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        paths = realloc(paths, (documents + 1) * sizeof *paths);
        paths[documents++] = strdup(line);
    }
    long passes = atol(arguments[2]), right = 0;
    for (size_t i = 0; i < documents; i++) verify(paths[i]);
    double start = seconds();
    for (long pass = 0; pass < passes; pass++)
        for (size_t i = 0; i < documents; i++) right += verify(paths[i]);
    printf("{\"documents\":%zu,\"verified\":%ld,\"seconds\":%.6f}\n",
           documents * (size_t)passes, right, seconds() - start);
}
