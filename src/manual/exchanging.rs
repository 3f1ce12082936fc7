//! Messages between agencies: `kyso exchange`, and the way of one document there and back.
//!
//! `kyso demo DIR --exchange` makes all of it in `DIR/trao-doi`. With one's own files:
//!
//! ```sh
//! # The sender: leader, number, date, seal; then the message.
//! kyso release approve draft.pdf --out 1.pdf --key leader.p12 --trust trust.json --evidence crls/ …
//! kyso release number 1.pdf --out 2.pdf --key agency.p12 …
//! kyso release date 2.pdf --out 3.pdf --key agency.p12 …
//! kyso release seal 3.pdf --out decision.pdf --key agency.p12 …
//! kyso exchange pack message.json decision.pdf annex.pdf --zip --out message.edxml
//!
//! # The receiver: verify, answer (03 received, 02 refused with the reason), unpack, stamp, file.
//! kyso exchange verify message.edxml --trust trust.json --evidence crls/ --answer status.edxml
//! kyso exchange unpack message.edxml --out received
//! kyso release incoming received/01-decision.pdf --out archive/decision.pdf --key own.p12 …
//!
//! # The sender reads the answer; the archive gives the figures of the half-year.
//! kyso exchange verify status.edxml
//! kyso archive archive --out run --trust trust.json --evidence crls/
//! ```
//!
//! `message.json` has the form in which `unpack` writes it. `run/summary.json` counts documents, the
//! share of signed ones, and signatures by half-year, by agency and by certificate.
//!
//! # What a hostile or odd message gets
//!
//! | message | answer | shown by (`tests/exchange.rs`) |
//! |---|---|---|
//! | zip bomb | refused: `exchange` archive fault, before it is unpacked | `err_archives_are_guarded`, `ok_the_table_of_odd_messages` |
//! | `../` in the name of an entry | refused | the same |
//! | entity bomb, any DOCTYPE | refused: document type | `err_declarations_and_entities_are_refused` |
//! | wrong media type | read by its first octets | `ok_senders_differ` |
//! | a `Signature` in the namespace of the regulation | reported as placeholder, no reason for trust | `ok_signatures_of_envelopes_are_told_apart` |
//! | a `Signature` in the namespace of XML signatures | reported as not checked, no reason for trust | the same |
//! | not well-formed | refused: XML | `err_what_is_not_well_formed` |
//! | 300 MB | read and written in pieces: peak of resident memory 17 to 19 MiB for `pack`, `unpack` and `verify` (2026-11-25, dev profile); the test allows 200 MB of address space | `ok_a_large_message_needs_little_memory` |
//!
//! # Why signatures of envelopes are not checked
//!
//! A check would need canonical XML and a reader of XML signatures that others have looked at. Of
//! the crates in pure Rust, `xml-sec` says of itself that it is not ready for production, `bergshamra`
//! is young and has no outside review that we know of, and both load the whole message as a tree,
//! which a message of 300 MB forbids; the others wrap the C libraries `libxml2` and `xmlsec1`. The
//! signatures that senders put there are samples, or RSA with SHA-1, which no profile accepts. A
//! signature that was not checked is never a pass: trust comes from the signed PDFs inside.
