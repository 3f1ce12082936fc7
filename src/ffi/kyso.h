/* kyso: C ABI. Made by cbindgen from the module `ffi`; change that, not this.
 *
 * - A function returns a kyso_code; outputs come last and are written only when it is
 *   KYSO_CODE_OK. kyso_last_error() has the text.
 * - A handle is a number, not an address. One that was freed already, is of another kind or was
 *   made up gives KYSO_CODE_BAD_HANDLE, whichever thread uses it.
 * - What a handle gives as a pointer stays until that handle is freed. Texts are UTF-8 and end with
 *   a zero byte.
 * - Any thread may use any handle at any time. A process made by fork uses none of its parent's,
 *   and calls a function only where the parent had no other thread in one at the fork.
 * - Times are seconds since 1970-01-01T00:00:00Z. Nothing reads a clock or the network.
 */


#ifndef KYSO_H
#define KYSO_H

#include <stddef.h>
#include <stdint.h>

// What became of a call. Numbers are never used again for something else; newer versions may
// return ones that are not listed here.
enum kyso_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // All went well, and the outputs are written.
  KYSO_CODE_OK = 0,
  // A pointer is null where something is needed.
  KYSO_CODE_NULL_POINTER = 1,
  // The handle was freed, is of another kind, or never was one.
  KYSO_CODE_BAD_HANDLE = 2,
  // A text is not UTF-8.
  KYSO_CODE_NOT_UTF8 = 3,
  // An argument has a value that means nothing here, or does not fit the others.
  KYSO_CODE_MISUSE = 4,
  // A defect of the library; the call had no other effect. Please report it.
  KYSO_CODE_PANIC = 5,
  // The callback asked to stop.
  KYSO_CODE_STOPPED = 6,
  // Malformed ASN.1.
  KYSO_CODE_ASN1 = 10,
  // The document has no bytes.
  KYSO_CODE_EMPTY = 11,
  // It does not begin as a PDF does.
  KYSO_CODE_NOT_PDF = 12,
  // It is encrypted, and no password opens it.
  KYSO_CODE_PASSWORD = 13,
  // It uses something that is not supported.
  KYSO_CODE_UNSUPPORTED = 14,
  // It cannot be read as a PDF.
  KYSO_CODE_PDF = 15,
  // Malformed or unsupported CMS.
  KYSO_CODE_CMS = 16,
  // Malformed certificate, CRL, OCSP response, time-stamp token or trust file.
  KYSO_CODE_PKI = 17,
  // A stored record or policy cannot be used.
  KYSO_CODE_RECORD = 18,
  // A key or a signature value cannot be used.
  KYSO_CODE_KEY = 19,
  // The document cannot be signed like that.
  KYSO_CODE_SIGNING = 20,
  // A message of the document exchange cannot be read.
  KYSO_CODE_EXCHANGE = 21,
  // The system refused a file operation.
  KYSO_CODE_IO = 22,
  // Two computations of the same thing disagree: rely on no result of this run.
  KYSO_CODE_DISAGREEMENT = 23,
  // A limit was reached.
  KYSO_CODE_LIMIT = 24,
  // Another error; its text says which.
  KYSO_CODE_OTHER = 99,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum kyso_code kyso_code;
#else
typedef int32_t kyso_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The main conclusion, in the words of EN 319 102-1. The numbers are the exit codes of `kyso
// verify`.
enum kyso_indication
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // `TOTAL-PASSED`.
  KYSO_INDICATION_TOTAL_PASSED = 0,
  // `TOTAL-FAILED`.
  KYSO_INDICATION_TOTAL_FAILED = 1,
  // `INDETERMINATE`.
  KYSO_INDICATION_INDETERMINATE = 2,
  // There is no signature, which is never a pass.
  KYSO_INDICATION_NO_SIGNATURE_FOUND = 3,
  // The report only shows something and concludes nothing.
  KYSO_INDICATION_NONE = -1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum kyso_indication kyso_indication;
#else
typedef int32_t kyso_indication;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A language for sentences.
enum kyso_language
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Vietnamese.
  KYSO_LANGUAGE_VI = 0,
  // English.
  KYSO_LANGUAGE_EN = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum kyso_language kyso_language;
#else
typedef int32_t kyso_language;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a certificate is checked for.
enum kyso_purpose
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Anything.
  KYSO_PURPOSE_ANY = 0,
  // To sign documents.
  KYSO_PURPOSE_DOCUMENT_SIGNING = 1,
  // To make time stamps.
  KYSO_PURPOSE_TIME_STAMPING = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum kyso_purpose kyso_purpose;
#else
typedef int32_t kyso_purpose;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A document with a new revision in which only the signature value is missing. It holds no secret
// and survives the process: see `kyso_prepared_state`.
struct kyso_prepared;

// What was found about a document, certificates or an exchange message.
struct kyso_report;

// A signed document that verifies.
struct kyso_signed;

// Whom to trust, what to ask and what is known: filled first, then used for any number of
// documents by any number of threads.
struct kyso_verifier;

// One document: a path, or bytes in memory.
struct kyso_document {
  // Path of a regular file, ended by a zero byte; null when the bytes are given.
  const char *path;
  // The whole document; not used when there is a path.
  const uint8_t *data;
  // How many bytes.
  size_t length;
};

// Called in the thread of `kyso_verify_many`, once for each document. `index` is its place.
// `code` is 0 and `report` what was found; or `code` says why there is no report, which is null
// then, and `kyso_last_error` has the text until the next call. The report is freed when the
// function returns. It returns 0 to go on and anything else to stop. It may call every function
// of this library; it must not throw an exception and not jump out.
typedef int32_t (*kyso_answered)(void *context,
                                 size_t index,
                                 int32_t code,
                                 const struct kyso_report *report);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The text of the last call of this thread that gave an error, in English; null when the last
// call gave none. Valid until the next call in this thread.
const char *kyso_last_error(void);

// Where the last error of this thread is, in bytes from the start of the input; -1 when it has no
// place, or when there was no error.
int64_t kyso_last_error_position(void);

// The word for a code, such as `not-pdf`; null for a number that is none. Never freed.
const char *kyso_code_name(int32_t code);

// Version of the library. Never freed.
const char *kyso_version(void);

// Makes a verifier that trusts nobody yet. `policy` is the name of a profile (`official`,
// `vn-2025`, `vn-legacy`, `strict`) or a policy as JSON; null is `official`.
// Free it with `kyso_verifier_free`.
//
// The caller promises:
// `policy` is null or ends with a zero byte; `verifier` points at room for a pointer.
kyso_code kyso_verifier_new(const char *policy, struct kyso_verifier **verifier);

// Frees a verifier. Calls that use it in other threads go on. Null is nothing to free.
kyso_code kyso_verifier_free(struct kyso_verifier *verifier);

// Adds whom to trust: one PEM, DER, PKCS#7 or trust file. Only before the first document.
//
// The caller promises:
// `length` bytes at `data` can be read.
kyso_code kyso_verifier_add_trust(const struct kyso_verifier *verifier,
                                  const uint8_t *data,
                                  size_t length);

// Adds what helps to decide: one CRL, OCSP response, or certificates. Only before the first
// document.
//
// The caller promises:
// `length` bytes at `data` can be read.
kyso_code kyso_verifier_add_evidence(const struct kyso_verifier *verifier,
                                     const uint8_t *data,
                                     size_t length);

// Adds certificates that may stand between signer and anchor (PEM, DER or PKCS#7); they are not
// trusted by that. Only before the first document.
//
// The caller promises:
// `length` bytes at `data` can be read.
kyso_code kyso_verifier_add_certificates(const struct kyso_verifier *verifier,
                                         const uint8_t *data,
                                         size_t length);

// Adds a password to try on encrypted documents, after those that were added before. Only before
// the first document.
//
// The caller promises:
// `length` bytes at `data` can be read.
kyso_code kyso_verifier_add_password(const struct kyso_verifier *verifier,
                                     const uint8_t *data,
                                     size_t length);

// Verifies every signature of one document, a whole PDF in memory, for the moment `at`. A bad
// signature is a report; an error means that the document could not be checked.
// Free the report with `kyso_report_free`.
//
// The caller promises:
// `length` bytes at `data` can be read and do not change; `report` points at room for a pointer.
kyso_code kyso_verify(const struct kyso_verifier *verifier,
                      const uint8_t *data,
                      size_t length,
                      int64_t at,
                      struct kyso_report **report);

// As `kyso_verify` for a file, which must be a regular one and is read whole. On Unix a path is
// any bytes, elsewhere UTF-8.
//
// The caller promises:
// `path` ends with a zero byte; `report` points at room for a pointer.
kyso_code kyso_verify_path(const struct kyso_verifier *verifier,
                           const char *path,
                           int64_t at,
                           struct kyso_report **report);

// Frees a report, and with it every text that it gave. Null is nothing to free.
kyso_code kyso_report_free(struct kyso_report *report);

// The conclusion: one of `enum kyso_indication`.
//
// The caller promises:
// `indication` points at room for it.
kyso_code kyso_report_indication(const struct kyso_report *report, kyso_indication *indication);

// Why the conclusion is what it is, such as `HASH_FAILURE`; null when it passed, or when it has
// no such word.
//
// The caller promises:
// `name` points at room for a pointer.
kyso_code kyso_report_sub_indication(const struct kyso_report *report, const char **name);

// How many signatures and document time stamps a document has, or how many certificates or
// attachments the report is about.
//
// The caller promises:
// `count` points at room for it.
kyso_code kyso_report_signature_count(const struct kyso_report *report, size_t *count);

// The report as JSON in UTF-8; of a document with the members of the format `kyso-report-1`, but
// for `schema`, `file` and `error`, which belong to one answer among many. `length`, which may be
// null, does not count the zero byte behind it.
//
// The caller promises:
// `json` points at room for a pointer, `length` is null or points at room for it.
kyso_code kyso_report_json(const struct kyso_report *report,
                           const char **json,
                           size_t *length);

// The report as sentences in UTF-8, in a language of `enum kyso_language`.
//
// The caller promises:
// `text` points at room for a pointer, `length` is null or points at room for it.
kyso_code kyso_report_text(const struct kyso_report *report,
                           int32_t language,
                           const char **text,
                           size_t *length);

// Verifies many documents with all cores and calls `answered` with each report. Answers are those
// of `kyso_verify`, whatever the number of threads. `jobs` is the number of workers, 0 one for
// each core. `ordered` other than 0 keeps the order of the documents, 0 takes them as they are
// ready. `context` is handed through. Gives `KYSO_CODE_STOPPED` when `answered` stopped it, and
// `KYSO_CODE_DISAGREEMENT` when two computations of one thing differ: then rely on no answer.
//
// The caller promises:
// `count` documents can be read at `documents`, and what they point at, until the call returns.
kyso_code kyso_verify_many(const struct kyso_verifier *verifier,
                           const struct kyso_document *documents,
                           size_t count,
                           int64_t at,
                           size_t jobs,
                           int32_t ordered,
                           kyso_answered answered,
                           void *context);

// Shows everything that certificates (PEM, DER or PKCS#7) say; concludes nothing. `at` is the
// moment for which the sentences comment on their periods.
// Free the report with `kyso_report_free`.
//
// The caller promises:
// `length` bytes at `data` can be read; `report` points at room for a pointer.
kyso_code kyso_certificates_show(const uint8_t *data,
                                 size_t length,
                                 int64_t at,
                                 struct kyso_report **report);

// Checks path and status of one certificate, for a purpose of `enum kyso_purpose`, with trust,
// evidence and policy of `verifier`; further certificates in `data` are candidates for its path.
// Free the report with `kyso_report_free`.
//
// The caller promises:
// `length` bytes at `data` can be read; `report` points at room for a pointer.
kyso_code kyso_certificate_check(const struct kyso_verifier *verifier,
                                 const uint8_t *data,
                                 size_t length,
                                 int32_t purpose,
                                 int64_t at,
                                 struct kyso_report **report);

// Verifies every PDF of one message in memory. `allow_legacy_namespaces` other than 0 accepts
// senders from before the regulation. Decoded attachments go into the system's folder for
// temporary files and are gone afterwards.
// Free the report with `kyso_report_free`.
//
// The caller promises:
// `length` bytes at `data` can be read; `report` points at room for a pointer.
kyso_code kyso_exchange_verify(const struct kyso_verifier *verifier,
                               const uint8_t *data,
                               size_t length,
                               int64_t at,
                               int32_t allow_legacy_namespaces,
                               struct kyso_report **report);

// As `kyso_exchange_verify` for a file, which is read as a stream.
//
// The caller promises:
// `path` ends with a zero byte; `report` points at room for a pointer.
kyso_code kyso_exchange_verify_path(const struct kyso_verifier *verifier,
                                    const char *path,
                                    int64_t at,
                                    int32_t allow_legacy_namespaces,
                                    struct kyso_report **report);

// Prepares a signature on one whole PDF for a key that is elsewhere. `certificates` are the
// signer's, then its issuers' (PEM, DER or PKCS#7). `options` is null or one JSON object, all
// members optional: `field`, `sub_filter`, `digest`, `padding`, `reason`, `location`, `contact`,
// `name`, `certify`, `claimed_time`, `allow_certificate_outside_its_period`,
// `allow_certificate_of_another_purpose`. `now` is the time of signing.
// Free the result with `kyso_prepared_free`.
//
// The caller promises:
// The lengths are those of what can be read at the pointers; `options` is null or ends with a
// zero byte; `prepared` points at room for a pointer.
kyso_code kyso_prepare(const uint8_t *document,
                       size_t document_length,
                       const uint8_t *certificates,
                       size_t certificates_length,
                       const char *options,
                       int64_t now,
                       struct kyso_prepared **prepared);

// Frees what was prepared. Null is nothing to free.
kyso_code kyso_prepared_free(struct kyso_prepared *prepared);

// The octets to sign: the DER of the signed attributes. A service is given these or their digest,
// never the digest of the digest.
//
// The caller promises:
// `data` and `length` point at room for them.
kyso_code kyso_prepared_message(const struct kyso_prepared *prepared,
                                const uint8_t **data,
                                size_t *length);

// The digest of the octets to sign; length 0 for an algorithm that has none.
//
// The caller promises:
// `data` and `length` point at room for them.
kyso_code kyso_prepared_digest(const struct kyso_prepared *prepared,
                               const uint8_t **data,
                               size_t *length);

// The signature algorithm, by name.
//
// The caller promises:
// `name` points at room for a pointer.
kyso_code kyso_prepared_algorithm(const struct kyso_prepared *prepared, const char **name);

// The name of the signature field.
//
// The caller promises:
// `name` points at room for a pointer.
kyso_code kyso_prepared_field(const struct kyso_prepared *prepared, const char **name);

// All of it as JSON, to store until the value comes; the form that `kyso prepare` writes.
//
// The caller promises:
// `json` points at room for a pointer, `length` is null or points at room for it.
kyso_code kyso_prepared_state(const struct kyso_prepared *prepared,
                              const char **json,
                              size_t *length);

// What was prepared, from its stored form; what does not fit together is refused.
//
// The caller promises:
// `length` bytes at `json` can be read; `prepared` points at room for a pointer.
kyso_code kyso_prepared_restore(const uint8_t *json,
                                size_t length,
                                struct kyso_prepared **prepared);

// Puts the signature value in and checks the result. For RSA the value has the length of the
// modulus, for ECDSA it is a DER `ECDSA-Sig-Value`, for Ed25519 it has 64 octets.
// Free the result with `kyso_signed_free`; what was prepared stays.
//
// The caller promises:
// `length` bytes at `value` can be read; `signed` points at room for a pointer.
kyso_code kyso_finish(const struct kyso_prepared *prepared,
                      const uint8_t *value,
                      size_t length,
                      struct kyso_signed **signed_);

// The whole signed PDF; the document that was given is its beginning.
//
// The caller promises:
// `data` and `length` point at room for them.
kyso_code kyso_signed_document(const struct kyso_signed *signed_,
                               const uint8_t **data,
                               size_t *length);

// Frees a signed document. Null is nothing to free.
kyso_code kyso_signed_free(struct kyso_signed *signed_);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* KYSO_H */
