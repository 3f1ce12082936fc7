//! Lanes that answer wrongly about one signature → the run ends. For tests alone.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Engine, EngineOptions, Input, Source};
use crate::cms::write as cms;
use crate::crypto::simd::{Backend, RsaCheck};
use crate::crypto::{DigestAlgorithm, hex};
use crate::error::ErrorKind;
use crate::oid;
use crate::pki::Trust;
use crate::pki::issue::{Authority, Key, KeyType, Subject, Template};
use crate::time::UtcTime;
use crate::validation::{Integrity, Policy};
use crate::verify::Verifier;

/// Signatures about which the lanes lie.
static ABOUT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

pub(super) fn altered(checks: &[RsaCheck<'_>], mut answers: Vec<bool>) -> Vec<bool> {
    let about = ABOUT.lock().unwrap_or_else(PoisonError::into_inner);
    for (check, answer) in checks.iter().zip(&mut answers) {
        *answer ^= about.iter().any(|signature| signature == check.signature);
    }
    answers
}

/// A document with one signature by a key of 2,048 bits, and the value of that signature.
fn signed(at: UtcTime) -> (Vec<u8>, Vec<u8>) {
    const ROOM: usize = 8192;
    let objects = [
        "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>".to_owned(),
        "<</FT/Sig/T(S)/V 5 0 R>>".to_owned(),
        format!(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached\
             /ByteRange[0 0000000001 0000000002 0000000003]/Contents<{}>>>",
            "0".repeat(ROOM)
        ),
    ];
    let (mut text, mut table) = ("%PDF-1.7\n".to_owned(), String::new());
    for (number, object) in (1..).zip(&objects) {
        table += &format!("{:010} 00000 n \n", text.len());
        text += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let end = text.len();
    text += &format!(
        "xref\n0 6\n0000000000 65535 f \n{table}trailer\n<</Size 6/Root 1 0 R>>\n\
         startxref\n{end}\n%%EOF\n"
    );
    let gap = text.find("/Contents<").unwrap() + 9;
    let behind = gap + ROOM + 2;
    for (blank, number) in [
        ("0000000001", gap),
        ("0000000002", behind),
        ("0000000003", text.len() - behind),
    ] {
        text = text.replace(blank, &format!("{number:010}"));
    }
    let key = Key::generate(KeyType::Rsa2048).unwrap();
    let name = Subject::new().with(oid::AT_COMMON_NAME, "A");
    let template = Template::root(&[1], name, at.plus(-60), at.plus(60));
    let own = Authority::root(key, &template).unwrap();
    let covered = [&text.as_bytes()[..gap], &text.as_bytes()[behind..]];
    let attributes = cms::signed_attributes(&cms::Attributes {
        content_type: &oid::DATA,
        message_digest: DigestAlgorithm::Sha256.digest(&covered).as_bytes(),
        signing_certificate: Some((own.certificate(), DigestAlgorithm::Sha256)),
        signing_time: None,
        algorithm_protection: None,
        more: &[],
    });
    let attributes = attributes.unwrap();
    let value = own.key().sign(&attributes).unwrap();
    let parts = cms::Signature {
        content_type: &oid::DATA,
        content: None,
        certificates: &[own.certificate()],
        crls: &[],
        signer: &cms::issuer_and_serial(own.certificate()).unwrap(),
        digest_algorithm: DigestAlgorithm::Sha256,
        signature_algorithm: own.key().algorithm(),
        signed_attributes: Some(&attributes),
        unsigned_attributes: &[],
    };
    let contents = hex(&cms::signed_data(&parts, &value).unwrap());
    text.replace_range(gap + 1..gap + 1 + contents.len(), &contents);
    (text.into_bytes(), value)
}

/// V001: lanes that call a right signature wrong are found out, and nothing is reported.
#[test]
fn err_lanes_that_disagree_end_the_run() {
    if !Backend::best().answers_rsa() {
        println!("NOT RUN: this processor has no lanes for RSA");
        return;
    }
    let at = UtcTime::from_rfc3339("2026-11-23T07:00:00Z").unwrap();
    let (document, value) = signed(at);
    // The signature value is checked whomever the caller trusts.
    let verifier = Arc::new(Verifier::new(Trust::new(), Policy::official()));
    let run = || {
        let input = Input {
            tag: 0,
            source: Source::Bytes(document.clone()),
        };
        let mut results = Vec::new();
        let engine = Engine::new(Arc::clone(&verifier), EngineOptions::default());
        let totals = engine.run(
            std::iter::once(input),
            at,
            |one| one,
            |one| results.push(one),
        );
        (totals.map(|totals| totals.documents), results)
    };
    let (count, results) = run();
    assert_eq!((count, results.len()), (Ok(1), 1));
    let report = results[0].answer.as_ref().unwrap();
    assert_eq!(report.signatures[0].integrity, Integrity::Intact);
    ABOUT.lock().unwrap().push(value);
    let (count, results) = run();
    let error = count.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Disagreement { what: "RSA" });
    assert!(results.is_empty());
}
