//! How the service is run: `kyso serve`.
//!
//! ```sh
//! kyso serve --trust trust.json --evidence crls/ --listen 127.0.0.1:8080
//! curl -F file=@signed.pdf http://127.0.0.1:8080/v1/verify
//! ```
//!
//! | address | |
//! |---|---|
//! | `/` | the page on which a citizen drops a PDF and reads the verdict; `?lang=vi` or `?lang=en` |
//! | `POST /v1/verify` | a PDF as the body (`application/pdf`; `?name=` names it), or as the one file of a form (`multipart/form-data`) → the report, as JSON or, where `Accept` prefers it, as HTML |
//! | `/healthz` | that it runs, and how many trust anchors it has |
//! | `/metrics` | counters for Prometheus; keep it from the public |
//! | `/openapi.json`, `/schema/kyso-report-1.json` | what this table says, for programs |
//!
//! The report is what `kyso verify` gives for the same file, trust, evidence, policy and moment.
//! It comes with status 200, whatever the verdict; with 422 where the file could not be checked
//! (no PDF, a limit was met), in the same form with `error` set. A request that gets no report is
//! answered with a problem (RFC 9457 §3) with a stable `code`: 400 `malformed`, `no-file` or
//! `several-files`, 408 `too-slow`, 413 `too-large`, 415 `media-type`, 503 `busy` (with
//! `Retry-After`) or `unanswered` (the verification took too long, which is no verdict).
//!
//! # What it holds
//!
//! Nothing is stored, logged or passed on: an upload lies in memory until its answer is made.
//! Whether there is room for an upload (`--uploads`, `--memory`) is settled before its body is
//! read, by the length that it announces, or by the largest allowed where it announces none. What
//! was taken in is answered, also when the service is told to stop (SIGTERM, Ctrl+C) and has
//! `--grace` seconds for it; what was not is told to come back. Memory is bounded by `--memory`,
//! plus what the limits of the library allow for each of `--jobs` documents at one time. An upload
//! waits at most 300 seconds for its turn; one that waits in vain is told to come back (503 `busy`).
//!
//! A client has `--idle` seconds for the head of a request, between two pieces of a body and for
//! taking a piece of an answer, and `--receive` seconds for a whole upload. A connection is kept for
//! 900 seconds; a request that is in work then is still answered within its own limits, and the
//! connection ends with that answer.
//!
//! # In front of it
//!
//! HTTP without TLS, and no limits for single clients: put a web server in front that has both,
//! forwards only `/`, `/portal.css`, `/portal.js` and `/v1/verify`, and passes bodies on as they come
//! or as a whole. The service may stand below a folder of another site. Trust and evidence are read at
//! the start: to renew CRLs, start a new one beside the old, switch over, and stop the old one.
//! It fetches nothing from the network: certificates in uploads must not make it call strangers.
