//! Promises of verification: what passes, what does not, and that the report says why.

#[path = "common/pdf.rs"]
mod documents;

use documents::{FORM, FORMS, Form, PLAIN, build};
use kyso::crypto::{DigestAlgorithm, SignatureAlgorithm};
use kyso::limits::Limits;
use kyso::pki::issue::{
    Answer, Authority, CertificateStatus, CrlTemplate, Key, KeyType, OcspTemplate, RevokedEntry,
    Subject, Template,
};
use kyso::report::FileReport;
use kyso::signing::demo::Pki;
use kyso::signing::key::pem;
use kyso::signing::plan::{Field, SubFilter};
use kyso::signing::{Plan, Signer};
use kyso::validation::{CheckId, Integrity, SignatureVerdict, Status, SubIndication};
use kyso::{Evidence, Indication, Language, Origin, Policy, Report, Trust, UtcTime, Verifier};

fn now() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T02:00:00Z").unwrap()
}

fn pki() -> Pki {
    let key = || Key::generate(KeyType::P256).unwrap();
    Pki::with_keys([key(), key(), key(), key()], now()).unwrap()
}

fn trust(pki: &Pki) -> Trust {
    Trust::from_pem(pki.root.certificate_pem().unwrap().as_bytes()).unwrap()
}

fn evidence(crls: &[&[u8]]) -> Evidence {
    let mut evidence = Evidence::new();
    for crl in crls {
        evidence
            .add_bytes(crl, Origin::Caller, &Limits::default())
            .unwrap();
    }
    evidence
}

fn verifier(pki: &Pki) -> Verifier {
    Verifier::new(trust(pki), Policy::official())
        .with_evidence(evidence(&[&pki.root_crl, &pki.issuing_crl]))
}

fn sign(pki: &Pki, document: &[u8]) -> Vec<u8> {
    let signer = Signer::new(pki.leader_key().unwrap());
    signer
        .sign(document, &Plan::default(), now())
        .unwrap()
        .into_bytes()
}

fn plan(change: impl FnOnce(&mut Plan)) -> Plan {
    let mut plan = Plan::default();
    change(&mut plan);
    plan
}

fn only(report: &Report) -> &SignatureVerdict {
    assert_eq!(report.signatures.len(), 1);
    &report.signatures[0]
}

fn status(verdict: &SignatureVerdict, id: CheckId) -> Status {
    verdict.checks.iter().find(|c| c.id == id).unwrap().status
}

#[test]
fn ok_three_signatures_in_a_row_all_pass_in_every_form_of_file() {
    let pki = pki();
    let verifier = verifier(&pki);
    for form in FORMS {
        let mut document = build(form, &FORM);
        for count in 1..=3 {
            let signed = sign(&pki, &document);
            assert!(signed.starts_with(&document));
            let report = verifier.verify(&signed, now()).unwrap();
            assert_eq!(report.signatures.len(), count, "{form:?}");
            for verdict in &report.signatures {
                assert_eq!(
                    verdict.indication,
                    Indication::TotalPassed,
                    "{form:?}: {:#?}",
                    verdict.checks
                );
            }
            let whole: Vec<_> = report.signatures.iter().map(|s| s.whole_document).collect();
            let mut expected = vec![Some(false); count];
            expected[count - 1] = Some(true);
            assert_eq!(whole, expected);
            document = signed;
        }
    }
}

/// V004: no signature is no pass.
#[test]
fn a_file_without_signatures_is_no_pass() {
    let report = verifier(&pki())
        .verify(&build(Form::Table, &PLAIN), now())
        .unwrap();
    assert_eq!(report.indication, Indication::NoSignatureFound);
    assert_eq!(report.signatures, []);
}

/// V006, V007: without anchors nothing is valid, and integrity is said apart.
#[test]
fn without_trust_the_answer_stays_open_and_integrity_is_said() {
    let pki = pki();
    let signed = sign(&pki, &build(Form::Table, &FORM));
    let report = kyso::verify(&signed, &Trust::new(), &Policy::official(), now()).unwrap();
    let verdict = only(&report);
    assert_eq!(
        (
            verdict.indication,
            verdict.sub_indication,
            verdict.integrity
        ),
        (
            Indication::Indeterminate,
            Some(SubIndication::NoCertificateChainFound),
            Integrity::Intact
        )
    );
}

/// V024: a certificate of the document is never an anchor; another root does not help.
#[test]
fn another_root_is_no_help() {
    let (pki, other) = (pki(), self::pki());
    let signed = sign(&pki, &build(Form::Table, &FORM));
    let report = verifier(&other).verify(&signed, now()).unwrap();
    assert_ne!(report.indication, Indication::TotalPassed);
    assert_eq!(status(only(&report), CheckId::Path), Status::Failed);
}

/// V039: revocation that is not known is no pass under `official`, and a warning where it may be missed.
#[test]
fn unknown_revocation_passes_only_where_the_policy_does_not_ask() {
    use kyso::validation::policy::RevocationMode;
    let pki = pki();
    let signed = sign(&pki, &build(Form::Table, &FORM));
    for (mode, expected) in [
        (RevocationMode::Require, Indication::Indeterminate),
        (RevocationMode::IfDeclared, Indication::Indeterminate),
        (RevocationMode::SoftFail, Indication::TotalPassed),
        (RevocationMode::None, Indication::TotalPassed),
    ] {
        let policy = Policy {
            revocation: mode,
            ..Policy::official()
        };
        let report = kyso::verify(&signed, &trust(&pki), &policy, now()).unwrap();
        assert_eq!(report.indication, expected, "{mode:?}");
        assert_ne!(status(only(&report), CheckId::Revocation), Status::Passed);
    }
}

/// A65, V013, V016: a revoked certificate with a claimed time before it proves nothing.
#[test]
fn a_revoked_signer_stays_open_whatever_time_is_claimed() {
    let pki = pki();
    let signer = Signer::new(pki.leader_key().unwrap());
    let plan = plan(|plan| plan.claimed_time = Some(now().plus(-40 * 86_400)));
    let signed = signer
        .sign(&build(Form::Table, &FORM), &plan, now())
        .unwrap();
    let serial = signer.key().certificate().serial().as_bytes().to_vec();
    let crl = pki
        .issuing
        .crl(&CrlTemplate {
            number: Some(2),
            this_update: now().plus(-60),
            next_update: Some(now().plus(86_400)),
            entries: vec![RevokedEntry {
                serial,
                at: now().plus(-3600),
                reason: None,
                invalidity_date: None,
            }],
            extensions: Vec::new(),
        })
        .unwrap();
    let verifier = Verifier::new(trust(&pki), Policy::official())
        .with_evidence(evidence(&[&pki.root_crl, &crl]));
    let report = verifier.verify(signed.bytes(), now()).unwrap();
    let verdict = only(&report);
    assert_eq!(verdict.sub_indication, Some(SubIndication::RevokedNoPoe));
    assert_eq!(verdict.claimed_time, Some(now().plus(-40 * 86_400)));
    let claimed = verdict.at_claimed_time.as_ref().unwrap();
    assert!(!claimed.proven);
    assert_eq!(verdict.best_signature_time.time, now());
}

/// V013: a claimed time that cannot be true gets a warning with a code, and decides nothing.
#[test]
fn a_claimed_time_that_cannot_be_true_is_warned_of() {
    let pki = pki();
    let verifier = verifier(&pki);
    let signer = Signer::new(pki.leader_key().unwrap());
    let (future, outside) = ("claimed-time-in-future", "claimed-time-outside-certificate");
    for (days, expected) in [
        (0, vec![]),
        (-29, vec![]),
        (-40, vec![outside]),
        (1, vec![future]),
        (5 * 365, vec![future, outside]),
    ] {
        let plan = plan(|plan| plan.claimed_time = Some(now().plus(days * 86_400)));
        let signed = signer
            .sign(&build(Form::Table, &FORM), &plan, now())
            .unwrap();
        let report = verifier.verify(signed.bytes(), now()).unwrap();
        let verdict = only(&report);
        assert_eq!(verdict.indication, Indication::TotalPassed);
        let json = serde_json::to_value(&verdict.checks).unwrap();
        let codes: Vec<_> = json
            .as_array()
            .unwrap()
            .iter()
            .filter(|check| check["id"] == "time-stamps")
            .flat_map(|check| check["reasons"].as_array().cloned().unwrap_or_default())
            .map(|reason| reason["code"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(codes, expected, "{days}");
    }
}

#[test]
fn an_expired_signer_stays_open_without_a_time_stamp() {
    let pki = pki();
    let signed = sign(&pki, &build(Form::Table, &FORM));
    let later = now().plus(4 * 365 * 86_400);
    let report = verifier(&pki).verify(&signed, later).unwrap();
    let verdict = only(&report);
    assert_eq!(verdict.indication, Indication::Indeterminate);
    assert_eq!(status(verdict, CheckId::Period), Status::Failed);
    assert_eq!(verdict.integrity, Integrity::Intact);
}

/// A56: one byte of the document, one byte of the signature.
#[test]
fn a_changed_byte_is_told_from_a_changed_signature() {
    let pki = pki();
    let verifier = verifier(&pki);
    let signed = sign(&pki, &build(Form::Table, &FORM));
    let report = verifier.verify(&signed, now()).unwrap();
    let [_, first, second, _] = only(&report).byte_range.unwrap().numbers();
    let mut document = signed.clone();
    let at = signed
        .windows(8)
        .position(|w| w == b"/Type/Pa" || w == b"/MediaBo")
        .unwrap();
    document[at + 1] ^= 0x20;
    let report = verifier.verify(&document, now()).unwrap();
    assert_eq!(report.indication, Indication::TotalFailed);
    // The last digits of the signature value: the ECDSA value ends the CMS.
    let gap = &signed[first as usize + 1..second as usize - 1];
    let used = gap.iter().rposition(|c| *c != b'0').unwrap();
    let mut value = signed.clone();
    let digit = &mut value[first as usize + 1 + used];
    *digit = if *digit == b'1' { b'2' } else { b'1' };
    let report = verifier.verify(&value, now()).unwrap();
    assert_eq!(report.indication, Indication::TotalFailed);
    assert_eq!(only(&report).integrity, Integrity::Broken);
}

/// V008: same input, same bytes of report; V009: what it rests on is in it.
#[test]
fn reports_are_the_same_bytes_and_name_what_they_rest_on() {
    let pki = pki();
    let signed = sign(&pki, &build(Form::Table, &FORM));
    let reports: Vec<_> = std::thread::scope(|scope| {
        let shared = verifier(&pki);
        let runs: Vec<_> = (0..4)
            .map(|_| {
                let (shared, signed) = (shared.clone(), &signed);
                scope.spawn(move || shared.verify(signed, now()).unwrap().json())
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(reports.windows(2).all(|pair| pair[0] == pair[1]));
    let json: serde_json::Value = serde_json::from_str(&reports[0]).unwrap();
    assert_eq!(json["validation_time"], "2026-11-23T02:00:00Z");
    assert_eq!(json["policy"]["name"], "official");
    assert_eq!(json["tool"], concat!("kyso ", env!("CARGO_PKG_VERSION")));
    assert_eq!(json["limits"]["signatures"], 200);
    let kinds: Vec<_> = json["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].clone())
        .collect();
    assert_eq!(kinds, ["trust-anchor", "crl", "crl"]);
}

/// V055, R4: an existing empty field is filled, and earlier signatures stand it.
#[test]
fn ok_an_empty_field_is_filled_after_a_first_signature() {
    use kyso::signing::plan::{EmptyField, Rectangle};
    let pki = pki();
    let signer = Signer::new(pki.leader_key().unwrap());
    let first = plan(|plan| {
        plan.field = Field::New("First".to_owned());
        plan.empty_fields = vec![EmptyField {
            name: "Second".to_owned(),
            page: 0,
            rectangle: Rectangle {
                left: 10.0,
                bottom: 10.0,
                right: 110.0,
                top: 60.0,
            },
        }];
    });
    let signed = signer
        .sign(&build(Form::Table, &FORM), &first, now())
        .unwrap();
    let second = plan(|plan| {
        plan.field = Field::Named("Second".to_owned());
        plan.sub_filter = SubFilter::AdbePkcs7Detached;
    });
    let agency = Signer::new(pki.agency_key().unwrap());
    let signed = agency.sign(signed.bytes(), &second, now()).unwrap();
    let report = verifier(&pki).verify(signed.bytes(), now()).unwrap();
    assert_eq!(
        report.indication,
        Indication::TotalPassed,
        "{}",
        report.text(Language::En)
    );
    let names: Vec<_> = report
        .signatures
        .iter()
        .map(|s| s.field.as_deref())
        .collect();
    assert_eq!(names, [Some("First"), Some("Second")]);
}

/// The keys that callers rely on, whatever else the line grows.
#[test]
fn the_json_line_keeps_its_keys() {
    let pki = pki();
    let signed = sign(&pki, &build(Form::Table, &FORM));
    let report = verifier(&pki).verify(&signed, now());
    let line = FileReport::new("a.pdf".to_owned(), report).json();
    assert!(!line.contains('\n'));
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    for key in [
        "file",
        "sha256",
        "pages",
        "indication",
        "error",
        "signatures",
    ] {
        assert!(json.get(key).is_some(), "{key}");
    }
    let signature = &json["signatures"][0];
    for key in [
        "field",
        "kind",
        "sub_filter",
        "byte_range",
        "integrity",
        "whole_document",
        "changes",
        "indication",
        "sub_indication",
        "signer",
        "claimed_time",
        "checks",
    ] {
        assert!(signature.get(key).is_some(), "{key}");
    }
    assert_eq!(signature["kind"], "approval");
    assert_eq!(signature["integrity"], "intact");
    assert_eq!(signature["byte_range"].as_array().unwrap().len(), 4);
    assert_eq!(signature["changes"]["level"], "None");
    assert_eq!(signature["changes"]["permitted"], true);
    let failed = FileReport::new("b.pdf".to_owned(), verifier(&pki).verify(b"", now())).json();
    let json: serde_json::Value = serde_json::from_str(&failed).unwrap();
    assert!(json["sha256"].is_null() && json["pages"].is_null() && json["indication"].is_null());
    assert_eq!(json["error"]["kind"], "empty");
    assert_eq!(json["signatures"].as_array().unwrap().len(), 0);
}

/// A key that is not the certificate's cannot be loaded, so it cannot sign.
#[test]
fn a_key_of_another_certificate_is_refused_before_signing() {
    let pki = pki();
    let certificate = pki.agency.certificate_pem().unwrap();
    let error = pem::load(
        pki.leader.key().pkcs8(),
        certificate.as_bytes(),
        None,
        &Limits::default(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the certificate does not belong to the key"
    );
}

/// An update that lists nothing, with `extra` before its table and `/Size size` in its trailer.
fn append(signed: &[u8], extra: &str, size: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(signed);
    let before: usize = text
        .rsplit("startxref")
        .next()
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let id = "<00112233445566778899aabbccddeeff>";
    let mut out = signed.to_vec();
    out.extend(extra.bytes());
    let start = out.len();
    out.extend(
        format!("xref\n0 0\ntrailer\n<</Size {size} /Root 1 0 R /ID [{id} {id}] /Prev {before}>>\nstartxref\n{start}\n%%EOF\n").bytes(),
    );
    out
}

/// V061: what no cross-reference lists is still seen by programs that rebuild the file.
#[test]
fn bytes_that_a_later_revision_does_not_list_are_a_change() {
    let pki = pki();
    let verifier = verifier(&pki);
    let signed = sign(&pki, &build(Form::Table, &PLAIN));
    let evil = "6 0 obj\n<</Length 2>>\nstream\nq \nendstream\nendobj\n";
    for (extra, size) in [
        (evil, "100"),
        (evil, "-1"),
        ("", "-1"),
        ("", "2147483648"),
        ("", "6 0 R"),
        ("", "40.5"),
        ("stray ", "100"),
    ] {
        let report = verifier
            .verify(&append(&signed, extra, size), now())
            .unwrap();
        assert_eq!(
            report.indication,
            Indication::TotalFailed,
            "{extra:?} {size}"
        );
    }
    // White space and comments are nothing.
    let report = verifier
        .verify(&append(&signed, "% a comment\n \n", "100"), now())
        .unwrap();
    assert_eq!(
        report.indication,
        Indication::TotalPassed,
        "{}",
        report.text(Language::En)
    );
}

/// `vn-legacy`: an algorithm that needs a proof is not proven by being validated now.
#[test]
fn an_algorithm_that_needs_a_proof_stays_open_without_a_time_stamp() {
    let pki = pki();
    let signed = sign(&pki, &build(Form::Table, &FORM));
    let mut policy = Policy::official();
    for entry in &mut policy.calendar.entries {
        entry.proof_needed = entry.algorithm == "SHA-256";
    }
    let verifier = Verifier::new(trust(&pki), policy)
        .with_evidence(evidence(&[&pki.root_crl, &pki.issuing_crl]));
    let report = verifier.verify(&signed, now()).unwrap();
    assert_eq!(
        only(&report).sub_indication,
        Some(SubIndication::CryptoConstraintsFailureNoPoe)
    );
}

/// V020, V040: an answer about revocation that is signed with an algorithm past its date is no
/// answer, used now as well as in the past; a revocation that it tells of counts all the same.
#[test]
fn an_answer_signed_with_a_weak_algorithm_leaves_revocation_unknown() {
    let name = |text: &str| Subject::new().with(kyso::oid::AT_COMMON_NAME, text);
    let (from, until) = (now().plus(-86_400), now().plus(864_000));
    let key = Key::generate(KeyType::Rsa2048).unwrap();
    let same_key = Key::from_pkcs8(key.pkcs8()).unwrap();
    let sha512 = SignatureAlgorithm::RsaPkcs1 {
        digest: DigestAlgorithm::Sha512,
    };
    let template = Template::root(&[1], name("Root"), from, until);
    let root = Authority::root(key, &template).unwrap();
    // The same authority, signing with SHA-512: the algorithm that the calendar below ends.
    let weak = Authority::root(same_key.with_algorithm(sha512).unwrap(), &template).unwrap();
    let template = Template::signer(&[2], name("Leaf"), from, until);
    let p256 = || Key::generate(KeyType::P256).unwrap();
    let leaf = root.subordinate(p256(), &template).unwrap();
    let signer = pem::load(
        leaf.key().pkcs8(),
        leaf.certificate_pem().unwrap().as_bytes(),
        None,
        &Limits::default(),
    )
    .unwrap();
    let signed = Signer::new(signer)
        .sign(&build(Form::Table, &FORM), &Plan::default(), now())
        .unwrap()
        .into_bytes();

    let crl = |authority: &Authority, revoked: bool| {
        let entry = RevokedEntry {
            serial: vec![2],
            at: now().plus(-3600),
            reason: None,
            invalidity_date: None,
        };
        let template = CrlTemplate {
            number: Some(1),
            this_update: now().plus(-60),
            next_update: Some(now().plus(3600)),
            entries: if revoked { vec![entry] } else { Vec::new() },
            extensions: Vec::new(),
        };
        authority.crl(&template).unwrap()
    };
    let ocsp = |responder: &Authority| {
        let template = OcspTemplate::new(Answer {
            serial: vec![2],
            status: CertificateStatus::Good,
            this_update: now().plus(-60),
            next_update: Some(now().plus(3600)),
        });
        responder.ocsp(&root, &template).unwrap()
    };
    let responder = Template::ocsp_responder(&[3], name("Responder"), from, until);
    let by_weak_certificate = weak.subordinate(p256(), &responder).unwrap();
    let by_strong_certificate = root.subordinate(p256(), &responder).unwrap();

    let ended = |proof_needed: bool| {
        let mut policy = Policy::official();
        for entry in &mut policy.calendar.entries {
            if entry.algorithm == "SHA-512" {
                entry.proof_needed = proof_needed;
                if !proof_needed {
                    entry.until = UtcTime::from_rfc3339("2012-08-01");
                }
            }
        }
        policy
    };
    let trust = Trust::from_pem(root.certificate_pem().unwrap().as_bytes()).unwrap();
    let strong = crl(&root, false);
    let weak_sub = Some(SubIndication::CryptoConstraintsFailureNoPoe);
    type Case<'a> = (&'a str, Vec<Vec<u8>>, Option<SubIndication>);
    let cases: [Case; 7] = [
        ("strong CRL", vec![strong.clone()], None),
        ("weak CRL", vec![crl(&weak, false)], weak_sub),
        ("weak OCSP", vec![ocsp(&weak)], weak_sub),
        ("strong responder", vec![ocsp(&by_strong_certificate)], None),
        (
            "responder with a weak certificate",
            vec![ocsp(&by_weak_certificate)],
            weak_sub,
        ),
        ("both", vec![crl(&weak, false), strong.clone()], None),
        (
            "weak revocation beside a strong good",
            vec![crl(&weak, true), strong],
            Some(SubIndication::RevokedNoPoe),
        ),
    ];
    for (what, pieces, expected) in &cases {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        for policy in [ended(false), ended(true)] {
            let verifier = Verifier::new(trust.clone(), policy).with_evidence(evidence(&pieces));
            let report = verifier.verify(&signed, now()).unwrap();
            let verdict = only(&report);
            assert_eq!(
                verdict.sub_indication,
                *expected,
                "{what}: {}",
                report.text(Language::En)
            );
            let passed = verdict.indication == Indication::TotalPassed;
            assert_eq!(passed, expected.is_none(), "{what}");
        }
        // Under the official calendar SHA-512 is strong.
        let verifier =
            Verifier::new(trust.clone(), Policy::official()).with_evidence(evidence(&pieces));
        let report = verifier.verify(&signed, now()).unwrap();
        let revoked = *expected == Some(SubIndication::RevokedNoPoe);
        assert_eq!(
            report.indication == Indication::TotalPassed,
            !revoked,
            "{what}"
        );
    }
}
