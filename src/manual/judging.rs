//! How a verdict is made in two steps, what a record of it holds, and what a record proves.
//!
//! # Facts first, verdict after
//!
//! [`crate::Verifier::observe`] reads a document once and writes down what it saw: revisions, each
//! signature with its byte range and value, what every later revision changed, the security store,
//! and the digests of the byte ranges. Trust, policy, evidence and time play no part.
//! [`crate::Verifier::judge`] is a pure function of that observation, trust, policy, evidence and
//! time; it sees no byte of the document. [`crate::Verifier::verify`] is both.
//!
//! Every check ends as passed, warned, failed or not run; a pass needs every mandatory check to be
//! there and satisfied. A limit that is reached is an error and no verdict; but where the document reads
//! and a limit stops only the comparison of a later revision, that check has not run: the signatures
//! before it are INDETERMINATE, with all else that is known of them.
//!
//! # What a record holds
//!
//! `kyso verify --evidence-out FILE|DIR` writes one JSON file for each document:
//!
//! | key | content |
//! |---|---|
//! | `format` | `kyso-record-1` |
//! | `tool` | program and version |
//! | `validation-time` | the moment for which the document was verified |
//! | `policy` | the whole policy, calendar of algorithms included |
//! | `trust` | the trust file of the writer |
//! | `evidence` | certificates, CRLs and OCSP responses that the caller gave and that can speak of this document: kind, SHA-256, DER in base64 |
//! | `observation` | what was seen of the document, with what it carries itself: signatures, security store |
//! | `report` | the report that was made |
//! | `sha256` | SHA-256 of the rest: the JSON object without this key, keys sorted, no white space |
//!
//! The document is not inside. The record can be stored beside it, handed over, and deleted, as
//! Thông tư 15/2025/TT-BKHCN art. 5.4 and 6.2 ask of the data of a verification.
//!
//! `kyso judge RECORD` judges again: under another `--policy`, `--trust` or `--at`, with more
//! `--evidence`. Trust is the caller's, as it is for `kyso verify`: without `--trust` nobody is
//! trusted. `--trust-as-recorded` takes the writer's; it is for records that you wrote yourself.
//!
//! # What a record proves
//!
//! - The signatures, certificates, time-stamps and revocation data inside are signed by others.
//!   Nobody can make them up, whoever wrote the record.
//! - Which bytes the signatures cover (the digests), and what later revisions changed, is the word
//!   of the writer. Whoever has the document can check it: the SHA-256 of the file stands in the
//!   record, and observing again gives the same facts.
//! - So a record that was written anew by a forger can show a document that never was as issued and
//!   unchanged. What `kyso judge` says is marked as judged from a record (`from_record` in JSON); it
//!   is worth as much as the way on which the record came.
//! - The digest over the record, and those of the pieces of evidence, show accidents and edits. They
//!   do not stop a forger, who can compute them as well. Keep records where only you can write, or
//!   sign them.
