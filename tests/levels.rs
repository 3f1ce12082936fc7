//! Promises of the levels: each is reached, read back, and kept; nothing that was signed is touched.

#[allow(dead_code)] // shared with tests that need more of it
#[path = "common/authorities.rs"]
mod authorities;
#[allow(dead_code)]
#[path = "common/pdf.rs"]
mod documents;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use authorities::{Authorities, DAY, Stamper, now};
use documents::{FORM, FORMS, Form, PLAIN, build};
use kyso::error::{ErrorKind, SigningFault};
use kyso::limits::Limits;
use kyso::pdf::{Document, OpenOptions};
use kyso::pki::issue::{CertificateStatus, KeyType, RevokedEntry};
use kyso::pki::path::VerifiedPath;
use kyso::pki::{Certificate, Pool, revocation};
use kyso::signature::security_store::{self, Material};
use kyso::signing::plan::{Permission, Shortfall, SubFilter};
use kyso::signing::{
    EvidenceSource, Extended, Extension, KeySource, Note, Plan, Raised, Services, Signed,
};
use kyso::time::CLOCKS;
use kyso::validation::{Lack, Level};
use kyso::{Error, Evidence, Indication, Origin, Report, Signer, UtcTime};

fn plan(level: Level) -> Plan {
    let mut plan = Plan::default();
    plan.level = level;
    plan
}

fn signer(pki: &Authorities, services: Services) -> Signer {
    Signer::new(pki.key()).with_services(Arc::new(services))
}

fn sign(pki: &Authorities, document: &[u8], plan: &Plan) -> Signed {
    let signer = signer(pki, pki.services(now()));
    signer.sign(document, plan, now()).unwrap()
}

fn raised(extended: Result<Extended, Error>) -> Raised {
    match extended.unwrap() {
        Extended::Raised(raised) => *raised,
        Extended::Unchanged => panic!("unchanged"),
    }
}

/// The verdict of somebody who has the root and nothing else.
fn alone(pki: &Authorities, document: &[u8], at: UtcTime) -> Report {
    pki.verifier().verify(document, at).unwrap()
}

fn level_of(report: &Report, index: usize) -> Option<Level> {
    report.signatures[index].baseline.as_ref().unwrap().level
}

fn store(document: &[u8]) -> Vec<(Material, Vec<u8>)> {
    let opened = Document::open(document, &OpenOptions::default()).unwrap();
    let store = security_store::read(&opened, &Limits::default()).unwrap();
    assert_eq!(store.unreadable, 0);
    store
        .entries
        .into_iter()
        .map(|entry| (entry.material, entry.bytes))
        .collect()
}

fn ends(document: &[u8]) -> usize {
    document.windows(5).filter(|it| *it == b"%%EOF").count()
}

/// V079: every level on every form of file, with trust and the file alone from B-LT on.
#[test]
fn ok_v079_every_level_is_reached_and_read_back() {
    for kind in [KeyType::P256, KeyType::Rsa2048] {
        let pki = Authorities::new(kind);
        for form in FORMS {
            let input = build(form, &FORM);
            for level in Level::ALL {
                let signed = sign(&pki, &input, &plan(level));
                let case = format!("{form:?} {level}");
                assert!(signed.bytes().starts_with(&input), "{case}");
                assert_eq!(
                    (signed.level(), signed.shortfall()),
                    (level, None),
                    "{case}"
                );
                let revisions = match level {
                    Level::B | Level::T => 1,
                    Level::Lt | Level::Lta => 2,
                };
                assert_eq!(ends(signed.bytes()), ends(&input) + revisions, "{case}");
                let informed = pki.verifier().with_evidence(pki.evidence(now()));
                let report = informed.verify(signed.bytes(), now()).unwrap();
                assert_eq!(report.indication, Indication::TotalPassed, "{case}");
                assert_eq!(level_of(&report, 0), Some(level), "{case}");
                let report = alone(&pki, signed.bytes(), now());
                let own = &report.signatures[0];
                let expected = match level {
                    Level::B | Level::T => Indication::Indeterminate,
                    Level::Lt | Level::Lta => Indication::TotalPassed,
                };
                assert_eq!(own.indication, expected, "{case}: {}", report.json());
                let baseline = own.baseline.as_ref().unwrap();
                assert_eq!(baseline.self_contained, level >= Level::Lt, "{case}");
                assert_eq!(baseline.missing.is_empty(), level == Level::Lta, "{case}");
                let whole = report.signatures.last().unwrap().whole_document;
                // What B-LT adds is covered by nothing, and that is said.
                assert_eq!(whole, Some(level != Level::Lt), "{case}");
                let open = signed.notes().contains(&Note::LastRevisionOpen);
                assert_eq!(open, level == Level::Lt, "{case}");
            }
        }
    }
}

/// V085: each object once, no entries by signature, nothing to add the second time.
#[test]
fn ok_v085_the_security_store_has_everything_once() {
    let pki = Authorities::new(KeyType::P256);
    let input = build(Form::Table, &PLAIN);
    let services = Arc::new(pki.services(now()));
    let signer = Signer::new(pki.key()).with_services(Arc::clone(&services));
    let signed = signer.sign(&input, &plan(Level::Lta), now()).unwrap();
    let entries = store(signed.bytes());
    let count = |material| entries.iter().filter(|it| it.0 == material).count();
    let mut distinct: Vec<&Vec<u8>> = entries.iter().map(|it| &it.1).collect();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), entries.len());
    // Root, both issuing ones, signer, responder, stamper.
    let chains = [
        pki.root.certificate(),
        pki.issuing.certificate(),
        pki.stamp_issuer.certificate(),
        pki.signer.certificate(),
        pki.responder.certificate(),
        pki.stamping.certificate(),
    ];
    for one in chains {
        assert!(entries.contains(&(Material::Certificate, one.to_vec())));
    }
    assert_eq!(count(Material::Certificate), chains.len());
    // The signer by OCSP or CRL, the stamper by CRL, the issuing ones by the root's CRL.
    assert!(count(Material::Crl) + count(Material::Ocsp) <= 4);
    assert!(!signed.bytes().windows(4).any(|it| it == b"/VRI"));
    for level in [Level::T, Level::Lt, Level::Lta] {
        let again = services.extend(signed.bytes(), &Extension::to(level), now());
        assert_eq!(again, Ok(Extended::Unchanged), "{level}");
    }
    // Renewal adds a time stamp and, with the same evidence, no stream.
    let mut how = Extension::to(Level::Lta);
    how.renew = true;
    let renewed = raised(services.extend(signed.bytes(), &how, now()));
    assert_eq!(store(renewed.bytes()), entries);
    assert_eq!(ends(renewed.bytes()), ends(signed.bytes()) + 1);
}

/// Raised in steps, `/Contents` stay; each step holds for every signature that was there.
#[test]
fn ok_extend_raises_step_by_step_and_touches_nothing() {
    let pki = Authorities::new(KeyType::P256);
    for form in FORMS {
        let mut file = build(form, &FORM);
        for _ in 0..2 {
            file = sign(&pki, &file, &plan(Level::B)).into_bytes();
        }
        let services = pki.services(now());
        let cms = |report: &Report| {
            let ranges = report.signatures.iter().map(|it| it.byte_range);
            ranges.collect::<Vec<_>>()
        };
        let before = cms(&alone(&pki, &file, now()));
        for (level, revisions) in [(Level::T, 1), (Level::Lt, 1), (Level::Lta, 1)] {
            let next = raised(services.extend(&file, &Extension::to(level), now()));
            assert!(next.bytes().starts_with(&file));
            assert_eq!(ends(next.bytes()), ends(&file) + revisions);
            assert_eq!(next.is_covered(), level != Level::Lt);
            for index in 0..2 {
                assert_eq!(level_of(next.report(), index), Some(level), "{form:?}");
            }
            assert!(cms(next.report()).starts_with(&before));
            file = next.into_bytes();
            let same = services.extend(&file, &Extension::to(level), now());
            assert_eq!(same, Ok(Extended::Unchanged), "{level}");
        }
        let report = alone(&pki, &file, now());
        assert_eq!(
            report.indication,
            Indication::TotalPassed,
            "{}",
            report.json()
        );
    }
}

/// From B-B to B-LTA at once, and to B-LT: the proof of time is not forgotten.
#[test]
fn ok_extend_from_the_bottom() {
    let pki = Authorities::new(KeyType::P256);
    let signed = sign(&pki, &build(Form::Table, &PLAIN), &plan(Level::B));
    let services = pki.services(now());
    let archive = raised(services.extend(signed.bytes(), &Extension::to(Level::Lta), now()));
    assert_eq!(ends(archive.bytes()), ends(signed.bytes()) + 1);
    let lasting = raised(services.extend(signed.bytes(), &Extension::to(Level::Lt), now()));
    assert_eq!(ends(lasting.bytes()), ends(signed.bytes()) + 2);
    for file in [&archive, &lasting] {
        let report = alone(&pki, file.bytes(), now());
        assert_eq!(
            report.indication,
            Indication::TotalPassed,
            "{}",
            report.json()
        );
    }
}

/// A source that has everything that can be known at a moment.
struct Everything(Evidence);

impl EvidenceSource for Everything {
    fn revocation(
        &self,
        _: &VerifiedPath,
        evidence: &mut Evidence,
        _: &Pool,
        _: &revocation::Parameters,
    ) {
        evidence.merge(&self.0);
    }

    fn issuers(&self, certificate: &Certificate) -> Vec<Certificate> {
        let candidates = self.0.certificates();
        let issuers = candidates.filter(|one| one.subject().der() == certificate.issuer().der());
        issuers.cloned().collect()
    }
}

/// Trust, and the one certificate that tokens do not bring along.
fn acquainted(pki: &Authorities) -> Services {
    let mut evidence = Evidence::new();
    let issuer = pki.stamp_issuer.certificate();
    let limits = Limits::default();
    evidence.add_bytes(issuer, Origin::Caller, &limits).unwrap();
    Services::new(pki.verifier().with_evidence(evidence))
}

/// An authority that counts the tokens that it gives.
fn counted(pki: &Authorities) -> (Stamper, Arc<AtomicUsize>) {
    let tokens = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tokens);
    let stamper = Stamper::altered(&pki.stamping, move |token| {
        count.fetch_add(1, Ordering::SeqCst);
        Some(token)
    });
    (stamper, tokens)
}

/// V079: with trust, to B-T: what a verdict on the time stamp needs is asked for, though none of it
/// is written; and a file that is B-T already is not raised for want of what could be asked.
#[test]
fn ok_b_t_with_trust_asks_for_what_the_time_stamp_needs() {
    let pki = Authorities::new(KeyType::P256);
    let signed = sign(&pki, &build(Form::Table, &PLAIN), &plan(Level::B));
    let stamped = sign(&pki, &build(Form::Table, &PLAIN), &plan(Level::T));
    let services = || {
        let (stamper, tokens) = counted(&pki);
        let services = acquainted(&pki)
            .with_time_stamps(stamper)
            .with_evidence_source(Everything(pki.evidence(now())));
        (services, tokens)
    };
    let (asking, tokens) = services();
    let file = raised(asking.extend(signed.bytes(), &Extension::to(Level::T), now()));
    assert_eq!(level_of(file.report(), 0), Some(Level::T));
    assert!(store(file.bytes()).is_empty());
    assert_eq!(tokens.load(Ordering::SeqCst), 2);
    for there in [stamped.bytes(), file.bytes()] {
        let (asking, tokens) = services();
        let again = asking.extend(there, &Extension::to(Level::T), now());
        assert_eq!(again.unwrap(), Extended::Unchanged);
        assert_eq!(tokens.load(Ordering::SeqCst), 0);
    }
}

/// Where the status of the authority cannot be had, that is said; the one token that shows whose
/// certificate it is serves every file of the run.
#[test]
fn err_b_t_with_trust_and_without_the_status_of_the_authority() {
    let pki = Authorities::new(KeyType::P256);
    let signed = sign(&pki, &build(Form::Table, &PLAIN), &plan(Level::B));
    let (stamper, tokens) = counted(&pki);
    let services = acquainted(&pki).with_time_stamps(stamper);
    for level in [Level::T, Level::Lt, Level::T] {
        let error = services.extend(signed.bytes(), &Extension::to(level), now());
        let error = error.unwrap_err();
        let SigningFault::Material(missing) = fault(&error) else {
            panic!("{error}");
        };
        let named = missing.iter().any(|one| one.contains("CN=Stamp"));
        assert!(named, "{missing:?}");
    }
    assert_eq!(tokens.load(Ordering::SeqCst), 1);
}

/// Answers that a responder made by a clock ahead of ours, or after it was waited for, raise a file;
/// those from further ahead than clocks differ do not.
#[test]
fn ok_answers_from_a_clock_ahead_raise_and_those_from_the_future_do_not() {
    let pki = Authorities::new(KeyType::P256);
    let signed = sign(&pki, &build(Form::Table, &PLAIN), &plan(Level::B));
    let extend = |ahead: i64| {
        // The answers are a minute old when they are made.
        let evidence = pki.evidence(now().plus(60 + ahead));
        acquainted(&pki)
            .with_time_stamps(Stamper::of(&pki.stamping))
            .with_evidence_source(Everything(evidence))
            .extend(signed.bytes(), &Extension::to(Level::Lta), now())
    };
    for ahead in [1, i64::from(CLOCKS)] {
        let file = raised(extend(ahead));
        assert_eq!(file.report().indication, Indication::TotalPassed);
    }
    let error = extend(i64::from(CLOCKS) + 1).unwrap_err();
    assert!(
        matches!(fault(&error), SigningFault::Material(_)),
        "{error}"
    );
}

/// What takes its time to answer is judged at the moment after it answered.
#[test]
fn ok_the_moment_is_that_after_the_answer() {
    let pki = Authorities::new(KeyType::P256);
    let signed = sign(&pki, &build(Form::Table, &PLAIN), &plan(Level::B));
    let later = now().plus(2 * i64::from(CLOCKS));
    let services = acquainted(&pki)
        .with_time_stamps(Stamper::of(&pki.stamping))
        .with_evidence_source(Everything(pki.evidence(later)))
        .with_clock(move || later);
    let file = raised(services.extend(signed.bytes(), &Extension::to(Level::Lta), now()));
    assert_eq!(file.report().indication, Indication::TotalPassed);
    assert_eq!(file.report().validation_time, later);
}

/// V077: what was prepared by another process is finished with what can be asked for.
#[test]
fn ok_a_second_process_asks_for_what_the_verdict_needs() {
    let pki = Authorities::new(KeyType::P256);
    let input = build(Form::Table, &PLAIN);
    let prepared = Signer::new(pki.key())
        .prepare(&input, &plan(Level::B), now())
        .unwrap();
    let value = pki
        .key()
        .sign(prepared.signature_algorithm(), prepared.message())
        .unwrap();
    let services = Services::new(pki.verifier())
        .with_evidence_source(Everything(pki.evidence(now().plus(61))));
    let signed = services
        .finish(prepared, &value, Shortfall::Fail, now())
        .unwrap();
    assert_eq!(signed.notes(), []);
}

/// An archive is renewed before its time stamp ends, and outlives the certificates under it.
#[test]
fn ok_an_archive_is_renewed_and_outlives_its_certificates() {
    let pki = Authorities::new(KeyType::P256);
    let signed = sign(&pki, &build(Form::Table, &PLAIN), &plan(Level::Lta));
    // The signer's certificate has ended, the answers in the file are stale.
    let later = now().plus(2900 * DAY);
    let services = pki.services(later);
    let report = alone(&pki, signed.bytes(), later);
    assert_ne!(report.signatures[0].indication, Indication::TotalFailed);
    // Less than a year is left to the time stamp: renewed without being asked to.
    let renewed = raised(services.extend(signed.bytes(), &Extension::to(Level::Lta), later));
    let report = services.verifier().verify(renewed.bytes(), later).unwrap();
    assert_eq!(
        report.indication,
        Indication::TotalPassed,
        "{}",
        report.json()
    );
    let before = store(signed.bytes());
    let after = store(renewed.bytes());
    assert!(after.len() > before.len() && before.iter().all(|it| after.contains(it)));
}

/// What is signed by a certification without any changes still gets its archive.
#[test]
fn ok_levels_after_a_certification_that_permits_nothing() {
    let pki = Authorities::new(KeyType::P256);
    let mut plan = plan(Level::B);
    plan.certify = Some(Permission::NoChanges);
    let signed = sign(&pki, &build(Form::Stream, &FORM), &plan);
    let archive = pki
        .services(now())
        .extend(signed.bytes(), &Extension::to(Level::Lta), now());
    let report = alone(&pki, raised(archive).bytes(), now());
    assert_eq!(
        report.indication,
        Indication::TotalPassed,
        "{}",
        report.json()
    );
}

/// `adbe.pkcs7.detached` gets the material and no baseline level.
#[test]
fn ok_an_older_form_carries_material_and_has_no_level() {
    let pki = Authorities::new(KeyType::Rsa2048);
    let mut plan = plan(Level::Lta);
    plan.sub_filter = SubFilter::AdbePkcs7Detached;
    let signed = sign(&pki, &build(Form::Table, &PLAIN), &plan);
    let report = alone(&pki, signed.bytes(), now());
    assert_eq!(report.indication, Indication::TotalPassed);
    let baseline = report.signatures[0].baseline.as_ref().unwrap();
    assert_eq!((baseline.level, baseline.self_contained), (None, true));
    let form = |lack: &Lack| matches!(lack, Lack::Form { .. });
    assert!(baseline.missing.iter().all(form), "{:?}", baseline.missing);
}

fn fault(error: &Error) -> &SigningFault {
    match error.kind() {
        ErrorKind::Signing(fault) => fault,
        other => panic!("{other:?}"),
    }
}

/// Whatever is wrong with tokens: no file, or a B-B that says why, as the caller chose.
#[test]
fn err_tokens_that_are_wrong_are_refused_or_queued() {
    let pki = Authorities::new(KeyType::P256);
    let input = build(Form::Table, &PLAIN);
    type Alter = fn(Vec<u8>) -> Option<Vec<u8>>;
    let cases: [(&str, Alter); 4] = [
        ("the line is dead", |_| None),
        ("", |_| Some(b"garbage".to_vec())),
        ("something follows the token", |mut token| {
            token.push(0);
            Some(token)
        }),
        ("", |mut token| {
            // The signature value stands last.
            *token.last_mut().unwrap() ^= 1;
            Some(token)
        }),
    ];
    for (says, alter) in cases {
        let services = || {
            let verifier = pki.verifier().with_evidence(pki.evidence(now()));
            Services::new(verifier).with_time_stamps(Stamper::altered(&pki.stamping, alter))
        };
        for level in [Level::T, Level::Lta] {
            let mut plan = plan(level);
            let error = signer(&pki, services())
                .sign(&input, &plan, now())
                .unwrap_err();
            assert!(
                matches!(fault(&error), SigningFault::TimeStamp(why) if why.contains(says)),
                "{error}"
            );
            plan.shortfall = Shortfall::KeepLower;
            let signed = signer(&pki, services()).sign(&input, &plan, now()).unwrap();
            assert_eq!(signed.level(), Level::B);
            assert!(signed.shortfall().is_some());
            // And later it is raised.
            let how = Extension::to(level);
            let later = raised(pki.services(now()).extend(signed.bytes(), &how, now()));
            assert_eq!(level_of(later.report(), 0), Some(level));
        }
    }
}

/// A token over something else, and one of an authority that nobody trusts.
#[test]
fn err_a_token_over_something_else() {
    let pki = Authorities::new(KeyType::P256);
    let input = build(Form::Table, &PLAIN);
    let mut first: Option<Vec<u8>> = None;
    let stamper = Stamper::altered(&pki.stamping, move |token| {
        Some(first.get_or_insert(token).clone())
    });
    let verifier = pki.verifier().with_evidence(pki.evidence(now()));
    let services = Services::new(verifier).with_time_stamps(stamper);
    let signer = signer(&pki, services);
    let error = signer.sign(&input, &plan(Level::T), now()).unwrap_err();
    let says = error.to_string();
    assert!(says.contains("the imprint is that of other data"), "{says}");

    let stranger = Authorities::new(KeyType::P256);
    let verifier = pki.verifier().with_evidence(pki.evidence(now()));
    let services = Services::new(verifier).with_time_stamps(Stamper::of(&stranger.stamping));
    let signed = pki_sign(&pki, &input);
    let error = services
        .extend(&signed, &Extension::to(Level::T), now())
        .unwrap_err();
    assert!(
        matches!(fault(&error), SigningFault::TimeStamp(_)),
        "{error}"
    );
}

fn pki_sign(pki: &Authorities, input: &[u8]) -> Vec<u8> {
    sign(pki, input, &plan(Level::B)).into_bytes()
}

/// Tokens that grow after the sample still get their room, or the error says so (V080).
#[test]
fn err_v080_a_token_that_does_not_fit_makes_no_file() {
    let pki = Authorities::new(KeyType::P256);
    let input = build(Form::Table, &PLAIN);
    let mut plan = plan(Level::T);
    plan.time_stamp_space = 100;
    let error = signer(&pki, pki.services(now()))
        .sign(&input, &plan, now())
        .unwrap_err();
    assert!(
        matches!(fault(&error), SigningFault::Placeholder { .. }),
        "{error}"
    );
}

/// B-LT without revocation data names what is missing, and writes nothing.
#[test]
fn err_material_that_cannot_be_had_is_named() {
    let pki = Authorities::new(KeyType::P256);
    let input = build(Form::Table, &PLAIN);
    let mut evidence = Evidence::new();
    for piece in [
        pki.crl(&pki.root, now(), Vec::new()),
        pki.crl(&pki.stamp_issuer, now(), Vec::new()),
        pki.stamp_issuer.certificate().to_vec(),
    ] {
        let limits = Limits::default();
        evidence.add_bytes(&piece, Origin::Caller, &limits).unwrap();
    }
    let services = || {
        Services::new(pki.verifier().with_evidence(evidence.clone()))
            .with_time_stamps(Stamper::of(&pki.stamping))
    };
    let mut plan = plan(Level::Lta);
    let error = signer(&pki, services())
        .sign(&input, &plan, now())
        .unwrap_err();
    let SigningFault::Material(missing) = fault(&error) else {
        panic!("{error}");
    };
    assert_eq!(missing.len(), 1);
    assert!(missing[0].contains("CN=Leader"), "{missing:?}");
    plan.shortfall = Shortfall::KeepLower;
    let signed = signer(&pki, services()).sign(&input, &plan, now()).unwrap();
    assert_eq!(signed.level(), Level::T);
    let unknown = |note: &Note| matches!(note, Note::StatusUnknown { .. });
    assert!(signed.notes().iter().any(unknown));
}

/// V081: the own certificate's status is asked before anything is signed.
#[test]
fn err_v081_a_revoked_certificate_does_not_sign() {
    let pki = Authorities::new(KeyType::P256);
    let input = build(Form::Table, &PLAIN);
    let since = now().plus(-DAY);
    let revoked = RevokedEntry {
        serial: vec![11],
        at: since,
        reason: Some(1),
        invalidity_date: None,
    };
    let status = CertificateStatus::Revoked {
        at: since,
        reason: Some(1),
    };
    for piece in [
        pki.crl(&pki.issuing, now(), vec![revoked]),
        pki.ocsp(now(), status),
    ] {
        let mut evidence = Evidence::new();
        let limits = Limits::default();
        evidence.add_bytes(&piece, Origin::Caller, &limits).unwrap();
        let services = || Services::new(pki.verifier().with_evidence(evidence.clone()));
        let mut plan = plan(Level::B);
        let error = signer(&pki, services())
            .sign(&input, &plan, now())
            .unwrap_err();
        assert!(
            matches!(fault(&error), SigningFault::CertificateRevoked { .. }),
            "{error}"
        );
        plan.allow_revoked_certificate = true;
        let signed = signer(&pki, services()).sign(&input, &plan, now()).unwrap();
        assert!(signed.notes().contains(&Note::Revoked { since }));
    }
    // Nothing known: signed, with the warning that the rule asks for.
    let signed = signer(&pki, Services::new(pki.verifier()))
        .sign(&input, &plan(Level::B), now())
        .unwrap();
    let unknown = |note: &Note| matches!(note, Note::StatusUnknown { .. });
    assert!(signed.notes().iter().any(unknown), "{:?}", signed.notes());
}

/// Answers older than the signature do not do where newer ones are asked for.
#[test]
fn err_answers_from_before_the_signature() {
    let pki = Authorities::new(KeyType::P256);
    let signed = sign(&pki, &build(Form::Table, &PLAIN), &plan(Level::T));
    let mut how = Extension::to(Level::Lt);
    how.answers_after_signature = true;
    let error = pki
        .services(now())
        .extend(signed.bytes(), &how, now())
        .unwrap_err();
    assert!(error.to_string().contains("since its signature"), "{error}");
    let later = now().plus(DAY);
    let lasting = raised(pki.services(later).extend(signed.bytes(), &how, later));
    assert_eq!(level_of(lasting.report(), 0), Some(Level::Lt));
}

/// V077: what is broken is not raised, and what has no signature neither.
#[test]
fn err_v077_what_cannot_be_raised() {
    let pki = Authorities::new(KeyType::P256);
    let plain = build(Form::Table, &PLAIN);
    let services = pki.services(now());
    let how = Extension::to(Level::Lta);
    let error = services.extend(&plain, &how, now()).unwrap_err();
    assert!(matches!(fault(&error), SigningFault::Refused(_)), "{error}");
    let mut broken = pki_sign(&pki, &plain);
    let at = broken.windows(8).position(|it| it == b"Page one").unwrap();
    broken[at] = b'R';
    let error = services.extend(&broken, &how, now()).unwrap_err();
    assert!(matches!(fault(&error), SigningFault::Refused(_)), "{error}");
}
