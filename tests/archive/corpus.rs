//! The maker of archives against the verifier: every line of its table is true.

use std::collections::BTreeSet;

use kyso::report::FileReport;
use kyso::validation::{Indication, Policy};
use kyso::verify::Verifier;

use crate::maker::{Corpus, Fault, KeyForm, Options};

fn options(files: usize) -> Options {
    Options {
        files,
        signers: 7,
        agencies: 4,
        faulty: 500,
        ..Options::default()
    }
}

/// Indication and sub-indication, or the code of the error, as the table writes them.
fn found(report: &FileReport) -> (&'static str, &'static str) {
    match &report.report {
        Ok(report) => (
            report.indication.name(),
            report.sub_indication.map_or("", |sub| sub.name()),
        ),
        Err(error) => (
            "",
            match error.kind().code() {
                "not-pdf" => "not-pdf",
                "empty" => "empty",
                _ => "other",
            },
        ),
    }
}

#[test]
fn ok_every_file_has_the_verdict_of_its_table() {
    let corpus = Corpus::new(options(90));
    let verifier =
        Verifier::new(corpus.trust(), Policy::official()).with_evidence(corpus.evidence());
    let mut seen = BTreeSet::new();
    let mut signatures = BTreeSet::new();
    for index in 0..corpus.options().files {
        let made = corpus.file(index);
        let answer = verifier.verify(&made.bytes, corpus.options().at);
        let report = FileReport::new(made.expected.file.clone(), answer);
        let expected = (made.expected.indication, made.expected.why);
        assert_eq!(found(&report), expected, "{:?}", made.expected);
        seen.insert(made.expected.fault);
        if let (Ok(report), None) = (&report.report, made.expected.fault) {
            assert_eq!(report.indication, Indication::TotalPassed);
            assert_eq!(report.signatures.len(), made.expected.signers.len());
            for (signature, signer) in report.signatures.iter().zip(&made.expected.signers) {
                let subject = signature.signer.as_deref().unwrap_or_default();
                assert!(subject.contains(&format!("CN={signer}")), "{subject}");
            }
            assert_eq!(report.signatures[0].claimed_time, Some(made.expected.time));
            signatures.insert(report.signatures.len());
        }
    }
    // Every kind of fault and every number of signatures was there.
    assert_eq!(seen.len(), Fault::ALL.len() + 1);
    assert_eq!(signatures, BTreeSet::from([1, 2, 3, 4]));
}

#[test]
fn ok_the_same_options_make_the_same_bytes_in_any_order() {
    let (one, other) = (Corpus::new(options(12)), Corpus::new(options(12)));
    let backwards: Vec<_> = (0..12).rev().map(|index| other.file(index)).collect();
    for (index, again) in (0..12).zip(backwards.into_iter().rev()) {
        let first = one.file(index);
        assert_eq!(first.expected, again.expected);
        assert!(first.bytes == again.bytes, "file {index}");
    }
    let another = Corpus::new(Options {
        seed: 2,
        ..options(12)
    });
    assert!((0..12).any(|index| another.file(index).bytes != one.file(index).bytes));
}

#[test]
fn ok_p256_keys_make_good_files_too() {
    let corpus = Corpus::new(Options {
        keys: KeyForm::P256,
        faulty: 0,
        objects: 500,
        ..options(4)
    });
    let verifier =
        Verifier::new(corpus.trust(), Policy::official()).with_evidence(corpus.evidence());
    for index in 0..4 {
        let report = verifier.verify(&corpus.file(index).bytes, corpus.options().at);
        assert_eq!(report.unwrap().indication, Indication::TotalPassed);
    }
}
