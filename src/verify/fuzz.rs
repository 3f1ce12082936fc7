//! Any bytes → nothing: the entries for fuzzing of whole files, two revisions, metadata and records.
//!
//! What they check beyond "no panic" are facts that must hold for every input.

use super::{Record, Verifier, record};
use crate::limits::Limits;
use crate::pdf::{Document, OpenOptions};
use crate::pki::Trust;
use crate::signature::{self, changes, security_store};
use crate::time::UtcTime;
use crate::validation::{Indication, Policy};

/// A whole file, verified without trust: whatever it holds, it never passes, and twice the same.
pub fn verify_whole_file(bytes: &[u8]) {
    let verifier = Verifier::new(Trust::new(), Policy::official());
    let at = UtcTime::from_unix(1_795_417_200).unwrap_or(UtcTime::MAX);
    let report = verifier.verify(bytes, at);
    if let Ok(report) = &report {
        assert_ne!(report.indication, Indication::TotalPassed);
        for verdict in &report.signatures {
            assert_ne!(verdict.indication, Indication::TotalPassed);
        }
    }
    assert_eq!(
        report.map(|r| r.json()),
        verifier.verify(bytes, at).map(|r| r.json())
    );
}

/// A file with revisions: each is compared with the one before it.
pub fn diff_policy(bytes: &[u8]) {
    let options = OpenOptions::default();
    if let Ok(document) = Document::open(bytes, &options) {
        for revision in 1..document.revisions().len() {
            let _ = changes::between(&document, revision, &options.limits);
        }
    }
}

/// A file: its fields, its signature dictionaries and its security store.
pub fn acroform_fields(bytes: &[u8]) {
    let options = OpenOptions::default();
    if let Ok(document) = Document::open(bytes, &options) {
        for found in signature::find(&document, &options.limits)
            .into_iter()
            .flatten()
        {
            if let Some([first, second]) = found.signed_parts(bytes) {
                assert!(first.len() + second.len() <= bytes.len());
            }
        }
        let _ = security_store::read(&document, &options.limits);
    }
}

/// Metadata of a document.
pub fn xmp_check(bytes: &[u8]) {
    let accepted = changes::metadata::is_plain_xmp(bytes);
    assert!(
        !accepted
            || !bytes
                .windows(9)
                .any(|w| w == b"<!DOCTYPE" || w == b"<!ENTITY ")
    );
}

/// A stored record, as it is and with its digest made right: it is refused, or it is written again
/// as it was read, and never passes without trust.
pub fn record_read(bytes: &[u8]) {
    let limits = Limits::default();
    let judge = |bytes: &[u8]| {
        let Ok(record) = Record::from_json(bytes, &limits) else {
            return;
        };
        let again = record.to_json();
        let read = Record::from_json(again.as_bytes(), &limits);
        assert_eq!(read.as_ref().map(Record::to_json), Ok(again));
        let evidence = record.evidence(&limits).unwrap_or_default();
        let report = Verifier::new(Trust::new(), record.policy().clone())
            .with_evidence(evidence)
            .judge(record.observation(), record.validation_time());
        if let Ok(report) = report {
            assert_ne!(report.indication, Indication::TotalPassed);
        }
    };
    judge(bytes);
    if let Some(sealed) = record::seal(bytes) {
        judge(sealed.as_bytes());
    }
}
