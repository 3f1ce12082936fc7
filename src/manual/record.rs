//! Runs over archives: the folder of a run, the fields of a record, the figures of the summary.
//!
//! `kyso archive DIR… --out RUN` makes:
//!
//! | file | what |
//! |---|---|
//! | `records.jsonl` | one JSON object a line for each document, sorted by path, octet by octet |
//! | `records.csv` | the same as CSV (`--csv`) |
//! | `records.parquet` | the same as Parquet (`--parquet`) |
//! | `summary.json` | the figures |
//! | `summary.html` | the figures as a page that opens offline and prints on A4 |
//! | `state.jsonl` | what a later run in the same folder need not do again |
//! | `evidence.jsonl` | what was seen in each document, with certificates and revocation data, each once (`--keep-evidence`); its lines are described in [`crate::archive::evidence`] |
//!
//! Every document has exactly one record, whatever happens to it. The tables depend on the
//! documents, their paths, trust, evidence, policy and time alone: not on the number of jobs, on
//! interruptions, or on shards that were merged. They appear whole, when the run is complete; while
//! it is under way, `state.jsonl` grows with each record. A run that was killed goes on when it is
//! started again with the same `--out`. A file counts as untouched when size, time of change, inode
//! and device are those of the last run (`--rehash` reads it anyway); its record is used again under
//! the same trust, evidence, policy and time only. Without `--at`, a run in the same folder keeps
//! the moment of the one before.
//!
//! `kyso judge RUN --out NEW` makes the tables again under another policy, trust or time, or with more
//! evidence, from `evidence.jsonl` alone. Under the same terms it gives the same octets.
//!
//! # A document
//!
//! Fields are always there, in this order; what is not known is `null`. Version 1:
//!
//! | field | what |
//! |---|---|
//! | `schema` | version of these fields: 1 |
//! | `path` | as the caller wrote it, or the folder that it was found in; octets that are not UTF-8 are shown as U+FFFD |
//! | `path_octets` | all octets of the path, hexadecimal, where they are not UTF-8 |
//! | `member` | name inside the ZIP or tar file that `path` names |
//! | `size` | bytes |
//! | `sha256` | SHA-256 of the whole document |
//! | `indication` | the worst of all signatures: `TOTAL-PASSED`, `TOTAL-FAILED`, `INDETERMINATE`, `NO_SIGNATURE_FOUND`; `null` when no check could be run |
//! | `sub_indication` | why, in the words of EN 319 102-1 §5.1.3 |
//! | `error` | what prevented the check: `io`, `empty`, `not-pdf`, `password`, `limit`, `unsupported`, `pdf`, `misuse` (the program failed), … |
//! | `error_text` | the same as a sentence, in English |
//! | `reasons` | what the signatures' checks found wrong or open, sorted: `check:reason`, codes as in a report |
//! | `pages` | pages in the latest revision |
//! | `revisions` | number of revisions |
//! | `encrypted` | whether it is encrypted |
//! | `findings` | oddities of the structure, sorted, codes as in a report |
//! | `signature_count` | number of signatures, document time-stamps not counted |
//! | `signers` | common names of the signers, in order of signing, separated by `; ` |
//! | `agencies` | their agencies, each once, separated by `; ` |
//! | `level` | lowest level of the signatures |
//! | `signed_at` | time of the first signature: claimed, or proven where that is earlier or alone |
//! | `certificate_end` | earliest end of the signers' certificates |
//! | `signatures` | list, see below |
//!
//! # A signature
//!
//! | field | what |
//! |---|---|
//! | `field` | full name of the field |
//! | `kind` | `approval`, `certification`, `document_timestamp` |
//! | `sub_filter` | form of the signature |
//! | `indication`, `sub_indication` | the conclusion |
//! | `reasons` | what its checks found wrong or open |
//! | `integrity` | digest and signature value alone: `intact`, `broken`, `unknown`; says nothing about trust |
//! | `whole_document` | whether it covers the file to its end |
//! | `changes` | how far later revisions go: `None`, `LtaUpdates`, `Signing`, `FormFilling`, `Annotations`, `Other` |
//! | `signer` | common name of the signer |
//! | `agency` | its own name for an agency's certificate, else the highest OU, else the last O: a hint, as the names of the field are written |
//! | `holder` | `person` or `organisation`, as identifiers in the name suggest; no proof |
//! | `issuer` | common name of the certificate's issuer |
//! | `certificate` | SHA-256 of the certificate |
//! | `certificate_begin`, `certificate_end` | its period |
//! | `path_end` | earliest end in its path, the anchor counted |
//! | `claimed_time` | when the signer says that it was made; proves nothing |
//! | `proven_time` | since when a time stamp proves it to exist |
//! | `level` | `B-B`, `B-T`, `B-LT`, `B-LTA` (EN 319 142-1 §6.1); `null` when it has not that form |
//! | `algorithm` | signature algorithm, digest and key |
//! | `revocation` | of the signer's certificate: `good`, `revoked`, `unknown` |
//!
//! Moments are RFC 3339 in UTC.
//!
//! **CSV**: RFC 4180 with a byte order mark; lists of codes are one text, separated by spaces; the
//! last column holds the signatures as JSON; text that a spreadsheet would take for a formula begins
//! with an apostrophe. **Parquet**: the same columns; moments are timestamps in milliseconds;
//! `signatures` is a list of structures.
//!
//! # The summary
//!
//! Months and half-years are those of Vietnam's clock. A signature counts under the time that the
//! signer claims, or under the proven one where that is earlier or alone.
//!
//! | field | what |
//! |---|---|
//! | `settings` | program, policy, trust, evidence, time |
//! | `passed_over` | files that no pattern meant |
//! | `documents` | `total`, `bytes`, `signed`, `unsigned`, `unchecked`; verdicts on the signed ones: `passed`, `failed`, `indeterminate` |
//! | `sub_indications`, `reasons`, `errors` | documents by cause |
//! | `signatures` | `total`, verdicts, by `levels`, `algorithms`, `forms` |
//! | `months` | by month: documents first signed, signatures, verdicts on the documents |
//! | `agencies` | by agency: documents, signatures, verdicts on its signatures, certificates, those in regular use, first and last signature |
//! | `certificates` | by SHA-256: whose, period, signatures, verdicts, by month |
//! | `unprotected` | good signatures below B-LTA: all, those with a proof of time, the others by the month in which the first certificate of their path ends; `urgent`: the documents that come first |
//! | `signed_share` | documents with a signature among those that could be checked, 0 to 1 |
//! | `certificates_in_regular_use` | certificates that signed in at least three different months |
//! | `certificates_near_end` | those that end within 90 days |
//! | `half_years` | by half-year: documents, signatures, certificates in force (known from the archive), begun in it, used in it, used in at least three of its months |
//!
//! # Parts
//!
//! `--shard i/n` takes the documents whose path falls into part i of n; `kyso archive merge RUN… --out
//! RUN` makes of the parts what one run over everything makes.
