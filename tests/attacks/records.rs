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

/// The place of every value inside `value`, as JSON pointers.
fn places(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, format!("{at}/{index}"), out);
            }
        }
        Value::Object(members) => {
            for (key, item) in members {
                places(item, format!("{at}/{key}"), out);
            }
        }
        _ => {}
    }
    out.push(at);
}

/// What `value` could be replaced with: of its kind, of other kinds, in another order, cut.
fn replacements(value: &Value) -> Vec<Value> {
    let mut out = vec![Value::Null];
    match value {
        Value::Null => out = vec![1.into(), Value::Array(Vec::new()), "x".into()],
        Value::Bool(yes) => out.push((!yes).into()),
        Value::Number(_) => out.extend([0.into(), 1.into(), (-1).into(), u64::MAX.into()]),
        Value::String(text) => {
            let half = text.get(..text.len() / 2).unwrap_or_default();
            out.extend([half.into(), format!("{text}{text}").into()]);
            let mut octets = text.clone().into_bytes();
            if let Some(first) = octets.first_mut() {
                *first ^= 1;
            }
            out.extend(String::from_utf8(octets).ok().map(Value::from));
        }
        Value::Array(items) => {
            out.push(Value::Array(Vec::new()));
            out.push(items.iter().rev().cloned().collect());
            out.push(items.iter().chain(items).cloned().collect());
            out.push(items.iter().skip(1).cloned().collect());
        }
        Value::Object(_) => {}
    }
    out.retain(|other| other != value);
    out
}

/// V001, V072: whatever one value of a record is changed to and sealed again, the record is refused
/// or judged without a panic; a signature that does not fit, or a certificate that is revoked,
/// never passes for it.
#[test]
fn a_record_that_was_sealed_again_makes_no_pass_of_what_is_signed() {
    let mut broken = signed();
    broken[200] ^= 1;
    let revoked = kyso::pki::issue::RevokedEntry {
        serial: vec![11],
        at: at().plus(-10 * DAY),
        reason: Some(1),
        invalidity_date: None,
    };
    let revoked = PKI.issuing.crl(&crl_template(vec![revoked])).unwrap();
    let revoking = Verifier::new(trust(), Policy::official())
        .with_evidence(evidence(&[&PKI.root_crl, &revoked]));
    for (name, verifier, file, passes) in [
        ("broken", verifier(), broken, false),
        ("revoked", revoking, signed(), false),
        (
            "good",
            verifier(),
            sign_second(&signed(), &in_new_field("B")),
            true,
        ),
    ] {
        let (report, json) = record(&verifier, &file, at());
        assert_eq!(report.indication == Indication::TotalPassed, passes);
        let value: Value = serde_json::from_str(&json).unwrap();
        let (mut refused, mut judged) = (0, 0);
        for part in ["observation", "evidence"] {
            let mut all = Vec::new();
            places(&value[part], format!("/{part}"), &mut all);
            for place in all {
                for other in replacements(value.pointer(&place).unwrap()) {
                    let mut changed = value.clone();
                    *changed.pointer_mut(&place).unwrap() = other.clone();
                    let sealed = sealed(changed);
                    let Ok(record) = Record::from_json(sealed.as_bytes(), &Limits::default())
                    else {
                        refused += 1;
                        continue;
                    };
                    judged += 1;
                    let kept = record.evidence(&Limits::default()).unwrap();
                    let verifier = Verifier::new(trust(), Policy::official()).with_evidence(kept);
                    let answer = verifier.judge(record.observation(), at());
                    let passed = answer.is_ok_and(|r| r.indication == Indication::TotalPassed);
                    assert!(passes || !passed, "{name}: {place} made {other}");
                }
            }
        }
        println!("{name}: {refused} refused, {judged} judged");
        assert!(refused > 50 && judged > 50, "{name}: {refused} {judged}");
    }
}

/// What the manual says that a record does not prove: what changed later, and which bytes are
/// covered, is believed to whoever wrote it. Whoever has the document finds out.
#[test]
fn a_forged_record_is_believed_in_what_only_its_writer_saw() {
    let file = Tail::new().object(CONTENT, "null").build(&signed());
    let (report, json) = record(&verifier(), &file, at());
    assert_eq!(report.indication, Indication::TotalFailed);
    let mut forged: Value = serde_json::from_str(&json).unwrap();
    let changes = forged["observation"]["changes"].as_array_mut().unwrap();
    let changes = changes.last_mut().unwrap();
    changes["level"] = "None".into();
    changes["objects"] = Value::Array(Vec::new());
    let forged = read(&sealed(forged));
    let said = again(&forged, trust(), Policy::official(), at());
    assert_eq!(said["indication"], "TOTAL-PASSED");
    assert_eq!(said["sha256"], report.sha256);
    let seen = verifier().observe(&file).unwrap();
    assert_ne!(&seen, forged.observation());
    // What is made of a record says that it is.
    let told = kyso::report::FileReport::of_record("r.json".to_owned(), Ok(report));
    assert!(told.json().contains("\"from_record\":true"));
    for language in [kyso::Language::En, kyso::Language::Vi] {
        let line = kyso::report::message::page::from_record(language);
        assert!(told.text(language, false).contains(line));
        assert!(told.html(language).contains(line));
    }
}

/// Who is who is part of what was trusted: the rules are recorded, and applied with the anchors.
#[test]
fn ok_rules_of_who_is_who_are_recorded_and_applied() {
    use kyso::pki::trust::Role;
    let hex = |authority: &kyso::pki::issue::Authority| -> String {
        let digest = sha2::Sha256::digest(authority.certificate());
        digest.iter().map(|b| format!("{b:02x}")).collect()
    };
    let root = PKI.root.certificate_pem().unwrap();
    let file = serde_json::json!({
        "format": "kyso-trust-1",
        "anchors": [{ "certificate": root, "pki": "test" }],
        "rules": [
            { "is": "person", "certificate": hex(&PKI.leader) },
            { "is": "agency", "certificate": hex(&PKI.agency) },
        ],
    });
    let who = Trust::from_json(file.to_string().as_bytes()).unwrap();
    let with_rules = Verifier::new(who.clone(), Policy::official())
        .with_evidence(evidence(&[&PKI.root_crl, &PKI.issuing_crl]));
    // The agency seals a document that no person signed: with the rules that is told.
    let sealed_alone = sign_second(&base(), &in_new_field("S"));
    let (report, json) = record(&with_rules, &sealed_alone, at());
    assert_eq!(report.signatures[0].role, Some(Role::Agency));
    let record = read(&json);
    assert_eq!(record.trust(), &who);
    let as_recorded = again(&record, record.trust().clone(), Policy::official(), at());
    assert_eq!(as_recorded["signatures"][0]["role"], "agency");
    assert_eq!(
        as_recorded["remarks"],
        serde_json::to_value(&report.remarks).unwrap()
    );
    assert!(!report.remarks.is_empty());
    // By anchors alone nobody has said who is who.
    let by_anchors = again(&record, trust(), Policy::official(), at());
    assert_eq!(by_anchors["signatures"][0]["role"], Value::Null);
    assert_ne!(by_anchors["remarks"], as_recorded["remarks"]);
}
