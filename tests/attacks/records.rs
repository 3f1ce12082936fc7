//! Stored records: judged again as the file was, otherwise under other rules, and useless when changed.

use kyso::limits::Limits;
use kyso::validation::SubIndication as S;
use kyso::verify::Record;
use kyso::{Indication, Policy, Report, Trust, UtcTime, Verifier};
use serde_json::Value;
use sha2::Digest as _;

use super::build::*;
use super::pki::*;
use super::trust::{document_stamp, stamped, stamper, token};

fn record(verifier: &Verifier, file: &[u8], moment: UtcTime) -> (Report, String) {
    let seen = verifier.observe(file).unwrap();
    let report = verifier.judge(&seen, moment).unwrap();
    let json = verifier.record(seen, &report).to_json();
    (report, json)
}

fn read(json: &str) -> Record {
    Record::from_json(json.as_bytes(), &Limits::default()).unwrap()
}

/// The report from the record alone, without its list of evidence, which is of what was needed.
fn again(record: &Record, trust: Trust, policy: Policy, moment: UtcTime) -> Value {
    let evidence = record.evidence(&Limits::default()).unwrap();
    let verifier = Verifier::new(trust, policy).with_evidence(evidence);
    let report = verifier.judge(record.observation(), moment).unwrap();
    without_evidence(serde_json::to_value(&report).unwrap())
}

fn without_evidence(mut report: Value) -> Value {
    report.as_object_mut().unwrap().remove("evidence").unwrap();
    report
}

fn files() -> Vec<Vec<u8>> {
    let tsa = stamper(60);
    let mut broken = signed();
    broken[200] ^= 1;
    vec![
        base(),
        signed(),
        broken,
        sign_second(&signed(), &in_new_field("B")),
        sign_new(&sign_new(&base(), "A"), "B"),
        stamped(|value| token(&tsa, value, at())),
        document_stamp(sign_new(&base(), "Z"), "/Type /DocTimeStamp", |content| {
            token(&tsa, content, at())
        }),
        Tail::new().object(CONTENT, "null").build(&signed()),
        b"%PDF-1.7 /ByteRange".to_vec(),
    ]
}

/// The record says field for field what the file said, and keeps what was said.
#[test]
fn ok_a_record_is_judged_as_the_file_was() {
    for file in files() {
        let (report, json) = record(&verifier(), &file, at());
        let record = read(&json);
        let said = without_evidence(serde_json::to_value(&report).unwrap());
        assert_eq!(again(&record, trust(), Policy::official(), at()), said);
        assert_eq!(without_evidence(record.report().clone()), said);
        assert_eq!(record.policy(), &Policy::official());
        assert_eq!(record.validation_time(), at());
        assert_eq!(record.trust(), &trust());
        // Written again, it is the same.
        assert_eq!(record.to_json(), json);
        // The document is not inside: no part of it but the signatures.
        assert!(!json.contains("Pay 100 VND"));
    }
}

/// What cannot speak of the document is left out.
#[test]
fn ok_a_record_keeps_the_evidence_that_can_speak_of_the_document() {
    let pieces = [
        &PKI.root_crl[..],
        &PKI.issuing_crl,
        PKI.stranger.certificate(),
        &PKI.stranger.crl(&crl_template(Vec::new())).unwrap(),
    ];
    let verifier = Verifier::new(trust(), Policy::official()).with_evidence(evidence(&pieces));
    let (report, json) = record(&verifier, &signed(), at());
    assert_eq!(report.evidence.len(), 5);
    let kept = read(&json).evidence(&Limits::default()).unwrap();
    assert_eq!((kept.crls().count(), kept.certificates().count()), (2, 0));
}

/// V012: another policy, another trust, another time: another verdict, without the file.
#[test]
fn a_record_is_judged_under_other_rules() {
    let (_, json) = record(&verifier(), &signed(), at());
    let record = read(&json);
    let verdict = |trust: Trust, policy: Policy, moment: UtcTime| {
        let report = again(&record, trust, policy, moment);
        let words = ["indication", "sub_indication"].map(|key| report[key].clone());
        words.map(|word| word.as_str().unwrap_or_default().to_owned())
    };
    let open = |sub: S| {
        [
            Indication::Indeterminate.name().to_owned(),
            sub.name().to_owned(),
        ]
    };
    let official = Policy::official;
    assert_eq!(verdict(trust(), official(), at())[0], "TOTAL-PASSED");
    let mut purposes = official();
    purposes.content_commitment = kyso::validation::policy::ContentCommitment::Required;
    purposes.sub_filters = vec!["ETSI.RFC3161".to_owned()];
    assert_eq!(
        verdict(trust(), purposes, at()),
        open(S::SigConstraintsFailure)
    );
    assert_eq!(
        verdict(Trust::new(), official(), at()),
        open(S::NoCertificateChainFound)
    );
    assert_eq!(
        verdict(trust(), official(), at().plus(100 * DAY)),
        open(S::TryLater)
    );
}

/// The digest over a record, as the manual describes it: JSON with sorted keys and no white space.
fn sealed(mut value: Value) -> String {
    let object = value.as_object_mut().unwrap();
    object.remove("sha256");
    let digest = sha2::Sha256::digest(value.to_string());
    let digest: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    value["sha256"] = digest.into();
    value.to_string()
}

/// A changed record is refused; one that was sealed again is caught where its parts disagree.
#[test]
fn err_a_changed_record_is_refused() {
    let (_, json) = record(&verifier(), &signed(), at());
    let from = |json: &str| Record::from_json(json.as_bytes(), &Limits::default());
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..2000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let mut changed = json.clone().into_bytes();
        let place = (seed % changed.len() as u64) as usize;
        changed[place] ^= 1 << (seed >> 60 & 3);
        let Ok(changed) = String::from_utf8(changed) else {
            continue;
        };
        assert!(from(&changed).is_err(), "byte {place}");
    }
    for cut in [0, 1, json.len() / 2, json.len() - 1] {
        assert!(from(&json[..cut]).is_err());
    }
    let value: Value = serde_json::from_str(&json).unwrap();
    assert!(from(&sealed(value.clone())).is_ok());
    // Evidence is known by its own digest and kind.
    for (key, other) in [
        ("octets", Value::from("AAAA")),
        ("sha256", Value::from("00")),
        ("kind", Value::from("ocsp")),
    ] {
        let mut changed = value.clone();
        changed["evidence"][0][key] = other;
        assert!(from(&sealed(changed)).is_err(), "{key}");
    }
    for (key, other) in [
        ("format", Value::from("kyso-record-2")),
        ("policy", Value::Null),
        ("validation-time", Value::from("yesterday")),
        ("more", Value::from(1)),
    ] {
        let mut changed = value.clone();
        changed[key] = other;
        assert!(from(&sealed(changed)).is_err(), "{key}");
    }
    let mut changed = value.clone();
    changed["observation"]["format"] = 99.into();
    assert!(from(&sealed(changed)).is_err());
    // Whoever forges what was observed must still have a signature over it: a digest of other
    // bytes fits none.
    let mut changed = value;
    for digest in changed["observation"]["digests"].as_array_mut().unwrap() {
        digest["value"] = "00".repeat(32).into();
    }
    let forged = from(&sealed(changed)).unwrap();
    let report = again(&forged, trust(), Policy::official(), at());
    assert_eq!(report["sub_indication"], "HASH_FAILURE");
}
