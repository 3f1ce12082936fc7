//! What a report remarks on files of the trade: order of person and agency, copies, attachments, time, and what other checkers would say.
#![cfg(feature = "visual")]

use kyso::limits::Limits;
use kyso::pdf::{Document, OpenOptions};
use kyso::pki::Certificate;
use kyso::pki::holder::HolderHint;
use kyso::pki::issue::{Key, KeyType};
use kyso::pki::trust::{HolderRule, Role, TrustAnchor};
use kyso::report::message::{Language, remark as say};
use kyso::signing::demo::{self, Pki};
use kyso::signing::release::{Act, CopyForm as Words, Copying, Corner};
use kyso::signing::{Plan, Signer};
use kyso::validation::Remark;
use kyso::validation::remark::{CopyForm, Weight};
use kyso::{Evidence, Indication, Origin, Policy, Report, Trust, UtcTime, Verifier};

fn now() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T02:00:00Z").unwrap()
}

fn pki() -> Pki {
    let key = || Key::generate(KeyType::P256).unwrap();
    Pki::with_keys([key(), key(), key(), key()], now()).unwrap()
}

fn rule(is: Role, certificate: &[u8]) -> HolderRule {
    let certificate = Certificate::from_der(certificate).unwrap();
    HolderRule {
        is,
        issuer: None,
        policy: None,
        certificate: Some(*certificate.sha256()),
    }
}

/// Trust in the roots of `pkis`, with rules that name leader and agency of each.
fn verifier(pkis: &[&Pki], with_rules: bool) -> Verifier {
    let (mut trust, mut evidence) = (Trust::new(), Evidence::new());
    for pki in pkis {
        let root = Certificate::from_der(pki.root.certificate()).unwrap();
        trust.add(TrustAnchor::from_certificate(root));
        if with_rules {
            trust.add_rule(rule(Role::Person, pki.leader.certificate()));
            trust.add_rule(rule(Role::Agency, pki.agency.certificate()));
        }
        for crl in [&pki.root_crl, &pki.issuing_crl] {
            evidence
                .add_bytes(crl, Origin::Caller, &Limits::default())
                .unwrap();
        }
    }
    Verifier::new(trust, Policy::official()).with_evidence(evidence)
}

fn report(pkis: &[&Pki], document: &[u8]) -> Report {
    let report = verifier(pkis, true).verify(document, now()).unwrap();
    // A remark decides nothing.
    assert_eq!(report.indication, Indication::TotalPassed);
    report
}

fn by(signer: Signer, document: &[u8], plan: &Plan) -> Vec<u8> {
    signer.sign(document, plan, now()).unwrap().into_bytes()
}

fn leader(pki: &Pki, document: &[u8]) -> Vec<u8> {
    by(
        Signer::new(pki.leader_key().unwrap()),
        document,
        &Plan::default(),
    )
}

fn agency(pki: &Pki, document: &[u8]) -> Vec<u8> {
    by(
        Signer::new(pki.agency_key().unwrap()),
        document,
        &Plan::default(),
    )
}

fn page() -> Vec<u8> {
    demo::document(now()).unwrap()
}

/// A copy that the agency certifies at `place`; otherwise where the rules want it.
fn copy(pki: &Pki, place: Option<Corner>) -> Vec<u8> {
    let act = Act::Copy(Copying {
        form: Words::SaoY,
        agency: "Ủy ban nhân dân tỉnh Mẫu".to_owned(),
        place,
    });
    let agency = Signer::new(pki.agency_key().unwrap());
    let office = demo::office(pki).unwrap();
    let made = office.sign(&page(), &act, &agency, now()).unwrap();
    made.signed.into_bytes()
}

/// All but the remarks that every file without time-stamps has.
fn remarks(report: &Report) -> Vec<Remark> {
    let usual = |remark: &&Remark| !matches!(remark, Remark::NoTimeStamp { .. });
    report.remarks.iter().filter(usual).cloned().collect()
}

#[test]
fn ok_a_leader_and_then_the_agency_is_the_order_of_the_trade() {
    let pki = pki();
    let released = agency(&pki, &leader(&pki, &page()));
    let report = report(&[&pki], &released);
    assert_eq!(remarks(&report), []);
    let roles = [Some(Role::Person), Some(Role::Agency)];
    assert!(report.signatures.iter().map(|s| s.role).eq(roles));
    let signatures = vec![0, 1];
    assert_eq!(report.remarks, [Remark::NoTimeStamp { signatures }]);
}

/// Nghị định 30/2020/NĐ-CP, Điều 32 khoản 2 điểm d.
#[test]
fn an_agency_that_signs_first_is_remarked() {
    let pki = pki();
    let seal = |signature| Remark::SealWithoutPersonalSignature { signature };
    let sealed = agency(&pki, &page());
    assert_eq!(remarks(&report(&[&pki], &sealed)), [seal(0)]);
    // A person who signs afterwards does not mend it.
    let late = leader(&pki, &sealed);
    assert_eq!(remarks(&report(&[&pki], &late)), [seal(0)]);
}

/// A personal signature counts only when it is valid.
#[test]
fn a_person_of_an_unknown_pki_does_not_count() {
    let (known, other) = (pki(), pki());
    let released = agency(&known, &leader(&other, &page()));
    let found = verifier(&[&known], true).verify(&released, now()).unwrap();
    let seal = Remark::SealWithoutPersonalSignature { signature: 1 };
    assert!(found.remarks.contains(&seal), "{:?}", found.remarks);
}

#[test]
fn ok_a_leader_alone_is_the_paper_route() {
    let pki = pki();
    let found = report(&[&pki], &leader(&pki, &page()));
    assert_eq!(remarks(&found), [Remark::PaperRoute]);
    assert_eq!(Remark::PaperRoute.weight(), Weight::Information);
}

/// Copies and attachments bear the agency's signature alone, as text in the corner.
#[test]
fn ok_copies_and_attachments_need_no_person() {
    let pki = pki();
    let form = CopyForm::SaoY;
    assert_eq!(
        remarks(&report(&[&pki], &copy(&pki, None))),
        [Remark::CopySignature { signature: 0, form }]
    );
    let made = demo::sign(&pki, &page(), now()).unwrap();
    assert_eq!(
        remarks(&report(&[&pki], &made.signed_annex)),
        [Remark::AttachmentSignature { signature: 0 }]
    );
    // The same words in another place are no copy.
    let seal = Remark::SealWithoutPersonalSignature { signature: 0 };
    let elsewhere = Corner {
        page: 0,
        left: 20.0,
        top: 200.0,
    };
    let elsewhere = copy(&pki, Some(elsewhere));
    assert_eq!(remarks(&report(&[&pki], &elsewhere)), [seal]);
    // The whole workflow, number, date, seal and incoming stamp, needs no remark.
    assert_eq!(remarks(&report(&[&pki], &made.received)), []);
}

#[test]
fn two_pkis_in_one_file_are_remarked() {
    let (one, two) = (pki(), pki());
    let released = agency(&two, &leader(&one, &page()));
    let found = report(&[&one, &two], &released);
    let several = Remark::SeveralPkis {
        person: 0,
        agency: 1,
    };
    assert_eq!(remarks(&found), [several]);
    // Two roots that the caller calls one PKI are one.
    let mut trust = Trust::new();
    for pki in [&one, &two] {
        let root = Certificate::from_der(pki.root.certificate()).unwrap();
        trust.add(TrustAnchor::from_certificate(root).with_pki("công vụ"));
        trust.add_rule(rule(Role::Person, pki.leader.certificate()));
        trust.add_rule(rule(Role::Agency, pki.agency.certificate()));
    }
    let read = Trust::from_json(trust.to_json().as_bytes()).unwrap();
    assert_eq!(read, trust);
    let found = Verifier::new(trust, Policy::official())
        .verify(&released, now())
        .unwrap();
    assert_eq!(found.signatures[0].pki.as_deref(), Some("công vụ"));
    let several = |remark: &Remark| matches!(remark, Remark::SeveralPkis { .. });
    assert!(!found.remarks.iter().any(several));
}

#[test]
fn without_rules_nobody_is_called_person_or_agency() {
    let pki = pki();
    let released = agency(&pki, &leader(&pki, &page()));
    let found = verifier(&[&pki], false).verify(&released, now()).unwrap();
    assert!(found.signatures.iter().all(|s| s.role.is_none()));
    let unknown = |remark: &Remark| matches!(remark, Remark::RoleUnknown { .. });
    assert_eq!(found.remarks.iter().filter(|r| unknown(r)).count(), 2);
    let order = |remark: &Remark| {
        matches!(
            remark,
            Remark::SealWithoutPersonalSignature { .. } | Remark::PaperRoute
        )
    };
    assert!(!found.remarks.iter().any(order));
}

#[test]
fn a_certificate_near_its_end_is_remarked_within_the_days_of_the_policy() {
    let pki = pki();
    let signed = leader(&pki, &page());
    let end = Certificate::from_der(pki.leader.certificate())
        .unwrap()
        .validity()
        .not_after;
    let before = |days: i64| UtcTime::from_unix(end.unix() - days * 86_400).unwrap();
    let ends = |days: i64, within: u32| {
        let mut policy = Policy::official();
        policy.certificate_end_warning_days = within;
        let found = Verifier::new(Trust::new(), policy)
            .verify(&signed, before(days))
            .unwrap();
        found.remarks.into_iter().find_map(|remark| match remark {
            Remark::CertificateEndsSoon { days, .. } => Some(days),
            _ => None,
        })
    };
    assert_eq!(ends(10, 30), Some(10));
    assert_eq!(ends(30, 30), None);
    assert_eq!(ends(10, 10), None);
    assert_eq!(ends(-1, 30), None);
}

/// Appends a revision that changes nothing.
fn empty_revision(bytes: &[u8]) -> Vec<u8> {
    let document = Document::open(bytes, &OpenOptions::default()).unwrap();
    let before = document.revisions().last().unwrap().startxref;
    let trailer = document.latest().trailer().clone();
    let root = trailer.get(b"Root").unwrap().as_reference().unwrap().number;
    let size = trailer.get(b"Size").unwrap().as_integer().unwrap();
    let mut out = bytes.to_vec();
    let start = out.len();
    out.extend(
        format!("xref\n0 0\ntrailer\n<</Size {size} /Root {root} 0 R /Prev {before}>>\nstartxref\n{start}\n%%EOF\n").bytes(),
    );
    out
}

/// Rules a and b of checkers that are known in the field.
#[test]
fn files_that_other_checkers_call_modified_are_remarked() {
    let pki = pki();
    let signed = leader(&pki, &page());
    let covers = |found: &[Remark]| !found.contains(&Remark::NoSignatureCoversFile);
    let checked = |bytes: &[u8]| {
        verifier(&[&pki], true)
            .verify(bytes, now())
            .unwrap()
            .remarks
    };
    assert!(covers(&checked(&signed)));
    let followed = empty_revision(&signed);
    assert!(!covers(&checked(&followed)));
    let again = checked(&agency(&pki, &followed));
    let several = Remark::SeveralEndsBetweenSignatures {
        signature: 1,
        ends: 2,
    };
    assert!(covers(&again) && again.contains(&several), "{again:?}");
}

/// Each remark has a sentence in both languages, and every warning says what to do.
#[test]
fn ok_every_remark_speaks_both_languages() {
    let time = now();
    let all = [
        Remark::SealWithoutPersonalSignature { signature: 0 },
        Remark::SeveralPkis {
            person: 0,
            agency: 1,
        },
        Remark::NoSignatureCoversFile,
        Remark::SeveralEndsBetweenSignatures {
            signature: 1,
            ends: 3,
        },
        Remark::SigningTimeIsLocal { signature: 0 },
        Remark::NoTimeStamp {
            signatures: vec![0],
        },
        Remark::CertificateEndsSoon {
            signature: 0,
            not_after: time,
            days: 3,
        },
        Remark::HintContradictsRule {
            signature: 0,
            role: Role::Agency,
            hint: HolderHint::Person,
        },
        Remark::RoleUnknown {
            signatures: vec![0, 2],
            hint: HolderHint::Unknown,
        },
        Remark::RoleUnknown {
            signatures: vec![0, 2],
            hint: HolderHint::Organisation,
        },
        Remark::PaperRoute,
        Remark::CopySignature {
            signature: 0,
            form: CopyForm::TrichSao,
        },
        Remark::AttachmentSignature { signature: 0 },
    ];
    for remark in &all {
        let (vi, en) = (
            say::text(Language::Vi, remark),
            say::text(Language::En, remark),
        );
        assert!(!vi.is_empty() && !en.is_empty() && vi != en, "{remark:?}");
        let (vi, en) = (
            say::advice(Language::Vi, remark),
            say::advice(Language::En, remark),
        );
        assert_eq!(vi.is_empty(), en.is_empty());
        if remark.weight() == Weight::Warning {
            assert!(!vi.is_empty(), "{remark:?}");
        }
    }
}
