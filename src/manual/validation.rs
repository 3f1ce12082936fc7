//! Conformance to EN 319 102-1 (validation of AdES signatures), clause by clause.
//!
//! *Enforced*: a check stands in the code and in the report. *Caller's duty*: an input of the
//! verification. *Not supported*: named as such in the report where it occurs. The clause numbers
//! are those that the code cites.
//!
//! | clause | subject | state | where, and what differs |
//! |---|---|---|---|
//! | EN 319 102-1 §5.1.3 | status and sub-indications | enforced | all 25 names ([`crate::validation::SubIndication`]), with their URNs; a file without signatures is `NO_SIGNATURE_FOUND`, which is not the standard's and never a pass |
//! | EN 319 102-1 §5.2.2 | format checking | enforced | strict reading, byte range, own revision, CMS; later changes of the document count here as ISO 32000-2 §12.8.2.2 asks |
//! | EN 319 102-1 §5.2.3 | identification of the signing certificate | enforced | signer identifier and signing-certificate attribute, v1 and v2; an absent attribute is judged by the policy |
//! | EN 319 102-1 §5.2.4 | validation context | caller's duty | trust, policy, evidence and time are arguments; nothing is read from the system. A signature-policy attribute is told as unprocessed |
//! | EN 319 102-1 §5.2.5 | revocation freshness | enforced | [`crate::validation::policy::Freshness`] |
//! | EN 319 102-1 §5.2.6 | X.509 validation | enforced | RFC 5280 §6.1 with name constraints and the policy graph; anchors with dates and constraints of their own |
//! | EN 319 102-1 §5.2.7 | cryptographic verification | enforced | digest and signature value; runs even where the path fails, so that a broken signature is said to be broken |
//! | EN 319 102-1 §5.2.8 | signature acceptance | enforced | required attributes, agreement of algorithms, the calendar of algorithms as data of the policy |
//! | EN 319 102-1 §5.3 | basic validation | enforced | its own conclusion in every report |
//! | EN 319 102-1 §5.3.4 | content time-stamps | enforced | prove that it was signed after revocation or expiry |
//! | EN 319 102-1 §5.4 | time-stamps | enforced | each token is a signature of its own; an invalid one proves nothing and takes nothing away |
//! | EN 319 102-1 §5.5 | validation with time | enforced | best signature time from time-stamps on the signature; its own conclusion |
//! | EN 319 102-1 §5.5.4 | order of time-stamps, time of signing | enforced | no claimed time decides anything; it stands in a block of its own, marked unproven |
//! | EN 319 102-1 §5.6 | archival material | enforced for document time-stamps | newest to oldest; everything that a valid one covers exists at its time |
//! | EN 319 102-1 §5.6.2.1 | past certificate validation | enforced | |
//! | EN 319 102-1 §5.6.2.2 | validation time sliding | enforced | shell model; the chain model is not supported |
//! | EN 319 102-1 §5.6.2.3 | proof of existence | enforced | signatures, tokens, certificates and revocation data by digest |
//! | EN 319 102-1 §5.6.2.4 | past signature validation | enforced | |
//! | EN 319 122-1 Annex A.1.1, Annex A.1.2 | certificate-values, revocation-values | enforced | evidence like that of the security store; proves nothing by being there. The references of the same annex are no evidence |
//! | — | evidence records | not supported | RFC 4998; one inside a signature is listed as not processed, as are the archive time-stamps of EN 319 122-1 |
//!
//! # What is stricter than the standard
//!
//! - A check that did not run is never passed: a pass needs the complete list of mandatory checks
//!   ([`crate::validation::conclude`]).
//! - Whatever a later revision changed must be explained by a rule; what no rule explains fails.
//! - A later signature that fails makes the earlier ones fail; one that is open leaves them open.
//! - Unknown revocation is INDETERMINATE under `official` and `strict`.
