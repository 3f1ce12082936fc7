/* A PKCS#11 driver in front of another one, with what a software token lacks: it counts wrong
 * PINs and locks after three, it can be pulled, and it can lose the mechanisms that hash.
 *
 * KYSO_WRAPPED names the driver behind; KYSO_WRAPPER_STATE a folder:
 *   wrong    one octet for every wrong PIN since the last right one
 *   logins   one octet for every login that was tried
 *   pulled   while this file is there, the token is not
 *   raw      while this file is there, the token signs digests alone
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef unsigned long ulong_t;
struct list {
    unsigned char version[2];
    void *function[68];
};
enum { GET_LIST = 3, SLOT_LIST = 4, TOKEN_INFO = 6, MECHANISMS = 7, OPEN = 12, LOGIN = 18, INIT = 42, SIGN = 43 };
enum { PIN_INCORRECT = 0xa0, PIN_LOCKED = 0xa4, DEVICE_REMOVED = 0x32, TOKEN_NOT_PRESENT = 0xe0 };

static struct list behind, front;

static const char *path(const char *name) {
    static char text[4096];
    snprintf(text, sizeof text, "%s/%s", getenv("KYSO_WRAPPER_STATE"), name);
    return text;
}

static long size(const char *name) {
    struct stat found;
    return stat(path(name), &found) == 0 ? (long)found.st_size : -1;
}

static void one_more(const char *name) {
    FILE *file = fopen(path(name), "a");
    if (file) {
        fputc('x', file);
        fclose(file);
    }
}

static int pulled(void) { return size("pulled") >= 0; }

static ulong_t slot_list(unsigned char present, ulong_t *slots, ulong_t *count) {
    if (pulled()) {
        *count = 0;
        return 0;
    }
    return ((ulong_t(*)(unsigned char, ulong_t *, ulong_t *))behind.function[SLOT_LIST])(present, slots, count);
}

static ulong_t token_info(ulong_t slot, unsigned char *info) {
    if (pulled()) return TOKEN_NOT_PRESENT;
    ulong_t result = ((ulong_t(*)(ulong_t, unsigned char *))behind.function[TOKEN_INFO])(slot, info);
    ulong_t flags;
    memcpy(&flags, info + 96, sizeof flags);
    flags &= ~0x70000ul;
    long wrong = size("wrong");
    if (wrong == 1) flags |= 0x10000; /* count low */
    if (wrong == 2) flags |= 0x30000; /* final try */
    if (wrong >= 3) flags |= 0x40000; /* locked */
    memcpy(info + 96, &flags, sizeof flags);
    return result;
}

static int hashes(ulong_t mechanism) {
    return mechanism == 6 || mechanism == 14 || (mechanism >= 0x40 && mechanism <= 0x47) ||
           (mechanism >= 0x1042 && mechanism <= 0x1046);
}

static ulong_t mechanisms(ulong_t slot, ulong_t *list, ulong_t *count) {
    ulong_t result = ((ulong_t(*)(ulong_t, ulong_t *, ulong_t *))behind.function[MECHANISMS])(slot, list, count);
    if (result == 0 && list && size("raw") >= 0) {
        ulong_t kept = 0;
        for (ulong_t i = 0; i < *count; i++)
            if (!hashes(list[i])) list[kept++] = list[i];
        *count = kept;
    }
    return result;
}

static ulong_t open_session(ulong_t slot, ulong_t flags, void *application, void *notify, ulong_t *session) {
    if (pulled()) return TOKEN_NOT_PRESENT;
    return ((ulong_t(*)(ulong_t, ulong_t, void *, void *, ulong_t *))behind.function[OPEN])(slot, flags, application,
                                                                                           notify, session);
}

static ulong_t login(ulong_t session, ulong_t user, unsigned char *pin, ulong_t length) {
    one_more("logins");
    if (pulled()) return DEVICE_REMOVED;
    if (size("wrong") >= 3) return PIN_LOCKED;
    ulong_t result =
        ((ulong_t(*)(ulong_t, ulong_t, unsigned char *, ulong_t))behind.function[LOGIN])(session, user, pin, length);
    if (result == PIN_INCORRECT) one_more("wrong");
    if (result == 0) remove(path("wrong"));
    return result;
}

static ulong_t sign_init(ulong_t session, void *mechanism, ulong_t key) {
    if (pulled()) return DEVICE_REMOVED;
    return ((ulong_t(*)(ulong_t, void *, ulong_t))behind.function[INIT])(session, mechanism, key);
}

static ulong_t sign(ulong_t session, unsigned char *data, ulong_t length, unsigned char *out, ulong_t *size) {
    if (pulled()) return DEVICE_REMOVED;
    return ((ulong_t(*)(ulong_t, unsigned char *, ulong_t, unsigned char *, ulong_t *))behind.function[SIGN])(
        session, data, length, out, size);
}

ulong_t C_GetFunctionList(struct list **out) {
    if (!behind.function[0]) {
        void *library = dlopen(getenv("KYSO_WRAPPED"), RTLD_NOW | RTLD_LOCAL);
        if (!library) return 5;
        ulong_t (*get)(struct list **) = (ulong_t(*)(struct list **))dlsym(library, "C_GetFunctionList");
        struct list *found;
        if (!get || get(&found) != 0) return 5;
        behind = *found;
        front = behind;
        front.function[GET_LIST] = (void *)C_GetFunctionList;
        front.function[SLOT_LIST] = (void *)slot_list;
        front.function[TOKEN_INFO] = (void *)token_info;
        front.function[MECHANISMS] = (void *)mechanisms;
        front.function[OPEN] = (void *)open_session;
        front.function[LOGIN] = (void *)login;
        front.function[INIT] = (void *)sign_init;
        front.function[SIGN] = (void *)sign;
    }
    *out = &front;
    return 0;
}
