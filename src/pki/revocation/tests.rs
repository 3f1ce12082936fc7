use std::sync::Arc;

use super::*;
use crate::asn1::{Tag, write};
use crate::limits::Limits;
use crate::oid::{self, Oid};
use crate::pki::extension::KeyUsage;
use crate::pki::issue::{
    Answer as Single, Authority, CertificateStatus, CrlTemplate, ExtensionValue, Key, KeyType,
    OcspTemplate, RevokedEntry, Subject, Template,
};
use crate::pki::path::find;
use crate::pki::trust::{Trust, TrustAnchor};

fn at(text: &str) -> UtcTime {
    UtcTime::from_rfc3339(text).unwrap()
}

const NOW: &str = "2026-06-15";

fn named(common: &str) -> Subject {
    Subject::new().with(oid::AT_COMMON_NAME, common)
}

fn key() -> Key {
    Key::generate(KeyType::P256).unwrap()
}

fn period() -> (UtcTime, UtcTime) {
    (at("2026-01-01"), at("2027-01-01"))
}

fn template(serial: u8, common: &str) -> Template {
    let (from, until) = period();
    Template::signer(&[serial], named(common), from, until)
}

/// root → CA → leaf (serial 7).
struct Pki {
    root: Authority,
    ca: Authority,
    path: VerifiedPath,
    evidence: Evidence,
    parameters: Parameters,
}

impl Pki {
    fn new() -> Self {
        Self::with(Vec::new())
    }

    /// The leaf has these extensions too.
    fn with(extensions: Vec<ExtensionValue>) -> Self {
        let (from, until) = period();
        let root = Template::root(&[1], named("root"), from, until);
        let root = Authority::root(key(), &root).unwrap();
        let ca = Template::issuing(&[2], named("CA"), from, until);
        let ca = root.subordinate(key(), &ca).unwrap();
        let mut leaf = template(7, "leaf");
        leaf.extensions.extend(extensions);
        let leaf = ca.issue(key().spki(), &leaf).unwrap();
        let path = path_of(&leaf, &root, &ca);
        Self {
            root,
            ca,
            path,
            evidence: Evidence::new(),
            parameters: Parameters::new(at(NOW)),
        }
    }

    fn add(&mut self, bytes: &[u8]) -> &mut Self {
        self.evidence
            .add_bytes(bytes, Origin::Caller, &Limits::new())
            .unwrap();
        self
    }

    fn status(&self) -> Status {
        status(
            &self.path,
            0,
            &self.evidence,
            &Pool::new(),
            &self.parameters,
        )
    }

    fn why(&self) -> Vec<Why> {
        match self.status() {
            Status::Unknown { why } => {
                assert!(!why.is_empty());
                why.into_iter().map(|refusal| refusal.why).collect()
            }
            other => panic!("not unknown: {other:?}"),
        }
    }

    fn ocsp(&mut self, answer: Single) -> &mut Self {
        let der = self.ca.ocsp(&self.ca, &OcspTemplate::new(answer)).unwrap();
        self.add(&der)
    }

    fn crl(&mut self, template: &CrlTemplate) -> &mut Self {
        let der = self.ca.crl(template).unwrap();
        self.add(&der)
    }
}

fn path_of(leaf: &[u8], root: &Authority, ca: &Authority) -> VerifiedPath {
    let certificate = |der: &[u8]| Certificate::from_der(der).unwrap();
    let mut trust = Trust::new();
    trust.add(TrustAnchor::from_certificate(certificate(
        root.certificate(),
    )));
    let pool: Pool = [certificate(ca.certificate())].into_iter().collect();
    let parameters = PathParameters::new(at(NOW), Purpose::Any);
    find(&certificate(leaf), &pool, &trust, &parameters).unwrap()
}

fn single(status: CertificateStatus) -> Single {
    Single {
        serial: vec![7],
        status,
        this_update: at("2026-06-14"),
        next_update: Some(at("2026-06-21")),
    }
}

fn good() -> Single {
    single(CertificateStatus::Good)
}

fn revoked_since(day: &str, reason: u8) -> Single {
    single(CertificateStatus::Revoked {
        at: at(day),
        reason: Some(reason),
    })
}

fn list(entries: &[(u8, &str, u8)]) -> CrlTemplate {
    CrlTemplate {
        number: Some(10),
        this_update: at("2026-06-14"),
        next_update: Some(at("2026-06-21")),
        entries: entries
            .iter()
            .map(|(serial, day, reason)| RevokedEntry {
                serial: vec![*serial],
                at: at(day),
                reason: Some(*reason),
                invalidity_date: None,
            })
            .collect(),
        extensions: Vec::new(),
    }
}

/// issuingDistributionPoint with these octets inside.
fn scope(content: &[&[u8]]) -> ExtensionValue {
    let value = write::sequence(content).unwrap();
    ExtensionValue::new(oid::ISSUING_DISTRIBUTION_POINT, true, value)
}

/// `distributionPoint [0]` with one URL.
fn point(url: &str) -> Vec<u8> {
    let url = write::element(Tag::context_primitive(6), &[url.as_bytes()]).unwrap();
    let full = write::element(Tag::context(0), &[&url]).unwrap();
    write::element(Tag::context(0), &[&full]).unwrap()
}

fn since(status: Status) -> (UtcTime, Reason) {
    match status {
        Status::Revoked { at, reason, .. } => (at, reason),
        other => panic!("not revoked: {other:?}"),
    }
}

/// V039: nothing at hand, a broken answer, "unknown": never good.
#[test]
fn v039_unknown_is_never_good() {
    let mut pki = Pki::new();
    assert_eq!(pki.why(), [Why::NoEvidence]);
    pki.ocsp(single(CertificateStatus::Unknown));
    assert_eq!(pki.why(), [Why::ResponderDoesNotKnow]);

    let mut pki = Pki::new();
    let mut der = pki.ca.crl(&list(&[])).unwrap();
    let last = der.len() - 1;
    der[last] ^= 1;
    pki.add(&der);
    assert!(matches!(pki.why()[..], [Why::BrokenSignature(_)]));

    // An empty judgement is not good either.
    let leaf = pki.path.leaf().unwrap();
    let nothing = judge(&Answers::default(), leaf, &pki.parameters, &AnyStrength);
    assert!(matches!(nothing, Status::Unknown { why } if why[0].why == Why::NoEvidence));
}

#[test]
fn ok_good_by_crl_and_by_ocsp_names_its_source() {
    let mut pki = Pki::new();
    pki.crl(&list(&[(8, "2026-03-01", 1)]));
    let Status::Good {
        source,
        this_update,
        next_update,
        also,
    } = pki.status()
    else {
        panic!("not good");
    };
    let crl = Arc::clone(&pki.evidence.crls().next().unwrap().value);
    assert_eq!(
        (source.kind, source.sha256),
        (SourceKind::Crl, crl.sha256())
    );
    assert_eq!(source.origins, [Origin::Caller]);
    assert_eq!(this_update, at("2026-06-14"));
    assert_eq!(next_update, Some(at("2026-06-21")));
    assert_eq!(also, []);

    let mut pki = Pki::new();
    pki.ocsp(good());
    assert!(matches!(
        pki.status(),
        Status::Good { source, .. } if source.kind == SourceKind::Ocsp
    ));
}

#[test]
fn revocation_wins_over_good_whichever_says_it() {
    let mut pki = Pki::new();
    pki.ocsp(good()).crl(&list(&[(7, "2026-05-01", 1)]));
    let expected = (at("2026-05-01"), Reason::KeyCompromise);
    assert_eq!(since(pki.status()), expected);

    let mut pki = Pki::new();
    pki.crl(&list(&[])).ocsp(revoked_since("2026-05-01", 4));
    let expected = (at("2026-05-01"), Reason::Superseded);
    assert_eq!(since(pki.status()), expected);

    // Two that differ: the earlier one.
    pki.crl(&list(&[(7, "2026-04-01", 5)]));
    let expected = (at("2026-04-01"), Reason::CessationOfOperation);
    assert_eq!(since(pki.status()), expected);

    // A stale revocation is a revocation.
    let mut pki = Pki::new();
    let mut old = list(&[(7, "2026-02-01", 1)]);
    old.this_update = at("2026-02-02");
    old.next_update = Some(at("2026-02-03"));
    pki.crl(&old).ocsp(good());
    assert_eq!(since(pki.status()).0, at("2026-02-01"));
}

#[test]
fn hold_is_lifted_only_by_a_newer_answer_that_counts() {
    let mut hold = list(&[(7, "2026-05-01", 6)]);
    hold.this_update = at("2026-06-01");
    let mut pki = Pki::new();
    pki.crl(&hold);
    let on_hold = (at("2026-05-01"), Reason::CertificateHold);
    assert_eq!(since(pki.status()), on_hold);
    // Older and stale answers change nothing.
    let mut older = good();
    older.this_update = at("2026-05-20");
    pki.ocsp(older);
    assert_eq!(since(pki.status()), on_hold);
    pki.ocsp(good());
    assert!(pki.status().is_good());
    // Another hold after that.
    let mut again = list(&[(7, "2026-05-01", 6)]);
    again.number = Some(12);
    again.this_update = at("2026-06-15");
    pki.crl(&again);
    assert_eq!(since(pki.status()), on_hold);
}

/// V040: nextUpdate, its absence, age, "since", and the tolerance of clocks.
#[test]
fn v040_freshness_is_a_rule_of_the_caller() {
    let mut pki = Pki::new();
    pki.ocsp(good());
    pki.parameters.at = at("2026-06-22");
    assert!(matches!(pki.why()[..], [Why::Stale { .. }]));
    pki.parameters.tolerance = 86_400;
    assert!(pki.status().is_good());
    pki.parameters.tolerance = 0;
    pki.parameters.freshness = Freshness::MaxAge(8 * 86_400);
    assert!(pki.status().is_good());
    pki.parameters.freshness = Freshness::MaxAge(7 * 86_400);
    assert!(matches!(pki.why()[..], [Why::TooOld { .. }]));
    pki.parameters.freshness = Freshness::IssuedSince(at("2026-06-14"));
    assert!(pki.status().is_good());
    pki.parameters.freshness = Freshness::IssuedSince(at("2026-06-15"));
    assert!(matches!(pki.why()[..], [Why::TooOld { .. }]));
    pki.parameters.freshness = Freshness::AllowAnyAge;
    assert!(pki.status().is_good());

    let mut pki = Pki::new();
    let mut endless = good();
    endless.next_update = None;
    pki.ocsp(endless);
    assert_eq!(pki.why(), [Why::NoNextUpdate]);
    pki.parameters.freshness = Freshness::MaxAge(2 * 86_400);
    assert!(pki.status().is_good());

    let mut pki = Pki::new();
    let mut contradiction = good();
    contradiction.next_update = Some(at("2026-06-13"));
    pki.ocsp(contradiction);
    pki.parameters.freshness = Freshness::AllowAnyAge;
    assert_eq!(pki.why(), [Why::Times]);
}

#[test]
fn answers_from_the_future_count_only_when_asked() {
    let mut pki = Pki::new();
    pki.ocsp(good());
    pki.parameters.at = at("2026-06-01");
    assert!(matches!(pki.why()[..], [Why::FromTheFuture { .. }]));
    pki.parameters.retroactive = Retroactive::Accept;
    assert!(pki.status().is_good());

    // RFC 6960 §4.2.2.1: by clocks that differ no more than those of honest machines do.
    let made = good().this_update;
    pki.parameters.retroactive = Retroactive::Reject;
    pki.parameters.at = made.plus(-i64::from(CLOCKS));
    assert!(pki.status().is_good());
    pki.parameters.at = made.plus(-i64::from(CLOCKS) - 1);
    assert!(matches!(pki.why()[..], [Why::FromTheFuture { .. }]));
    pki.parameters.at = made.plus(-1);
    pki.parameters.ahead = 0;
    assert!(matches!(pki.why()[..], [Why::FromTheFuture { .. }]));

    // A later revocation, told later: not known then, unless asked; an earlier one always.
    let mut pki = Pki::new();
    let mut known = good();
    known.this_update = at("2026-05-31");
    pki.ocsp(known).crl(&list(&[(7, "2026-06-10", 1)]));
    pki.parameters.at = at("2026-06-01");
    assert!(pki.status().is_good());
    pki.parameters.retroactive = Retroactive::Accept;
    assert_eq!(since(pki.status()).0, at("2026-06-10"));
    pki.parameters.retroactive = Retroactive::Reject;
    pki.crl(&list(&[(7, "2026-05-10", 1)]));
    assert_eq!(since(pki.status()).0, at("2026-05-10"));
}

#[test]
fn answers_after_the_end_of_the_certificate_may_have_dropped_it() {
    let mut pki = Pki::new();
    let mut late = good();
    late.this_update = at("2027-02-01");
    late.next_update = Some(at("2027-03-01"));
    pki.ocsp(late);
    pki.parameters.at = at("2027-02-02");
    assert!(matches!(pki.why()[..], [Why::AfterExpiry { .. }]));
    pki.parameters.after_expiry = AfterExpiry::AllowDroppedEntries;
    assert!(pki.status().is_good());

    // expiredCertsOnCRL says that nothing is dropped.
    let mut pki = Pki::new();
    pki.parameters.at = at("2027-02-02");
    let kept = |time: &[u8]| {
        let value = write::element(Tag::GENERALIZED_TIME, &[time]).unwrap();
        let kind = Oid::from_dotted("2.5.29.60").unwrap();
        CrlTemplate {
            this_update: at("2027-02-01"),
            next_update: Some(at("2027-03-01")),
            extensions: vec![ExtensionValue::new(kind, false, value)],
            ..list(&[])
        }
    };
    pki.crl(&kept(b"20270115000000Z"));
    assert!(matches!(pki.why()[..], [Why::AfterExpiry { .. }]));
    pki.crl(&kept(b"20200101000000Z"));
    assert!(pki.status().is_good());
}

/// V038: the CRL's scope is compared with all distribution points, not only the first.
#[test]
fn v038_crl_of_any_distribution_point_counts() {
    let urls = ["http://a.example/1.crl", "http://a.example/2.crl"];
    let points = ExtensionValue::crl_distribution_points(&urls).unwrap();
    let with = |extension: ExtensionValue| {
        let mut pki = Pki::with(vec![points.clone()]);
        let mut template = list(&[]);
        template.extensions = vec![extension];
        pki.crl(&template);
        pki
    };
    for url in urls {
        assert!(with(scope(&[&point(url)])).status().is_good(), "{url}");
    }
    let other = with(scope(&[&point("http://a.example/3.crl")]));
    assert_eq!(other.why(), [Why::Scope(ScopeMismatch::DistributionPoint)]);
    // A certificate without distribution points is not in a CRL for one of them.
    let mut without = Pki::new();
    let mut template = list(&[]);
    template.extensions = vec![scope(&[&point(urls[0])])];
    without.crl(&template);
    assert_eq!(
        without.why(),
        [Why::Scope(ScopeMismatch::DistributionPoint)]
    );
    // A CRL for everything counts beside them.
    let mut everything = Pki::with(vec![points]);
    everything.crl(&list(&[]));
    assert!(everything.status().is_good());
}

/// V038: "only …" is honoured, and what cannot be used is no data.
#[test]
fn v038_unusable_crl_is_no_data() {
    for (mark, why) in [
        (0x81, None),
        (0x82, Some(ScopeMismatch::AuthorityCertificates)),
        (0x85, Some(ScopeMismatch::AttributeCertificates)),
    ] {
        let mut pki = Pki::new();
        let mut template = list(&[]);
        template.extensions = vec![scope(&[&[mark, 1, 0xff]])];
        pki.crl(&template);
        match why {
            None => assert!(pki.status().is_good()),
            Some(why) => assert_eq!(pki.why(), [Why::Scope(why)]),
        }
        // The authority's own status: the other way round.
        let mut root = list(&[]);
        root.extensions = vec![scope(&[&[mark, 1, 0xff]])];
        let der = pki.root.crl(&root).unwrap();
        pki.add(&der);
        let authority = status(&pki.path, 1, &pki.evidence, &Pool::new(), &pki.parameters);
        assert_eq!(authority.is_good(), mark == 0x82);
    }
    let mut pki = Pki::new();
    let unknown = Oid::from_dotted("1.2.3.4").unwrap();
    let mut template = list(&[]);
    template.extensions = vec![ExtensionValue::new(unknown.clone(), true, vec![5, 0])];
    pki.crl(&template);
    assert_eq!(
        pki.why(),
        [Why::Unusable(Unusable::CriticalExtension(unknown))]
    );
}

#[test]
fn reasons_must_all_be_covered_for_good_and_one_is_enough_for_revoked() {
    // keyCompromise and cACompromise; then all others.
    let few: &[u8] = &[0x83, 2, 5, 0x60];
    let rest: &[u8] = &[0x83, 3, 7, 0x1f, 0x80];
    let with = |flags: &[u8], entries: &[(u8, &str, u8)], number| CrlTemplate {
        number: Some(number),
        extensions: vec![scope(&[flags])],
        ..list(entries)
    };
    let mut pki = Pki::new();
    pki.crl(&with(few, &[], 1));
    assert_eq!(pki.why(), [Why::Reasons]);
    pki.crl(&with(rest, &[], 2));
    let Status::Good { also, .. } = pki.status() else {
        panic!("not good");
    };
    assert_eq!(also.len(), 1);
    let mut pki = Pki::new();
    pki.crl(&with(few, &[(7, "2026-05-01", 1)], 1));
    assert_eq!(since(pki.status()).1, Reason::KeyCompromise);
    // No reason at all (RUSTSEC-2026-0104).
    let mut pki = Pki::new();
    pki.crl(&with(&[0x83, 1, 0], &[], 1));
    assert_eq!(pki.why(), [Why::Scope(ScopeMismatch::Reasons)]);
}

/// `deltaCRLIndicator`.
fn continues(base: u64) -> ExtensionValue {
    let value = write::small(base).unwrap();
    ExtensionValue::new(oid::DELTA_CRL_INDICATOR, true, value)
}

#[test]
fn delta_crl_continues_its_base_and_never_stands_alone() {
    let delta = |base, number, entries: &[(u8, &str, u8)]| CrlTemplate {
        number: Some(number),
        this_update: at("2026-06-15"),
        extensions: vec![continues(base)],
        ..list(entries)
    };
    let mut pki = Pki::new();
    pki.crl(&delta(10, 11, &[]));
    assert_eq!(pki.why(), [Why::DeltaWithoutBase]);
    pki.crl(&list(&[]));
    let Status::Good {
        this_update, also, ..
    } = pki.status()
    else {
        panic!("not good");
    };
    assert_eq!(this_update, at("2026-06-15"));
    assert!(matches!(&also[..], [delta] if delta.kind == SourceKind::DeltaCrl));

    let mut pki = Pki::new();
    pki.crl(&list(&[]))
        .crl(&delta(9, 11, &[(7, "2026-06-14", 1)]));
    assert_eq!(since(pki.status()).0, at("2026-06-14"));

    // Lifts a hold, and nothing else.
    let mut pki = Pki::new();
    pki.crl(&list(&[(7, "2026-05-01", 6)]))
        .crl(&delta(10, 11, &[(7, "2026-06-14", 8)]));
    assert!(pki.status().is_good());
    let mut pki = Pki::new();
    pki.crl(&list(&[(7, "2026-05-01", 1)]))
        .crl(&delta(10, 11, &[(7, "2026-06-14", 8)]));
    assert_eq!(since(pki.status()).1, Reason::KeyCompromise);

    // A base that is too old, a delta that is not newer, another scope: not combined.
    for (base, number, other) in [(11, 12, false), (9, 10, false), (10, 11, true)] {
        let mut template = delta(base, number, &[(7, "2026-06-14", 1)]);
        if other {
            template.extensions.push(scope(&[&[0x81, 1, 0xff]]));
        }
        let mut pki = Pki::new();
        pki.crl(&list(&[])).crl(&template);
        assert!(pki.status().is_good(), "{base} {number}");
    }
}

/// A holder of the purpose, with or without the mark that ends the questions.
fn responder(pki: &Pki, issuer: &Authority, change: impl FnOnce(&mut Template)) -> Authority {
    let _ = pki;
    let (from, until) = period();
    let mut template = Template::ocsp_responder(&[20], named("responder"), from, until);
    change(&mut template);
    issuer.subordinate(key(), &template).unwrap()
}

fn by(responder: &Authority, pki: &Pki, answer: Single) -> Vec<u8> {
    let template = OcspTemplate::new(answer);
    responder.ocsp(&pki.ca, &template).unwrap()
}

/// V037: the issuer, or who it appoints directly and by name of the purpose; nobody else.
#[test]
fn v037_responder_must_be_appointed_by_the_issuer_itself() {
    let mut pki = Pki::new();
    let appointed = responder(&pki, &pki.ca, |_| {});
    pki.add(&by(&appointed, &pki, good()));
    assert!(pki.status().is_good());

    let refused = |change: fn(&mut Template), by_root: bool| {
        let mut pki = Pki::new();
        let issuer = if by_root { &pki.root } else { &pki.ca };
        let other = responder(&pki, issuer, change);
        let der = by(&other, &pki, good());
        pki.add(&der);
        pki.why().remove(0)
    };
    // The root is above the issuer, and not the issuer.
    assert!(matches!(refused(|_| {}, true), Why::NotAuthorised(_)));
    let any = |template: &mut Template| {
        let any = ExtensionValue::extended_key_usage(&[oid::ANY_EXTENDED_KEY_USAGE]).unwrap();
        template.extensions = vec![any];
    };
    assert!(matches!(refused(any, false), Why::NotAuthorised(_)));
    let none = |template: &mut Template| template.extensions.clear();
    assert!(matches!(refused(none, false), Why::NotAuthorised(_)));
    let expired = |template: &mut Template| template.not_after = at("2026-06-14T12:00:00Z");
    assert_eq!(refused(expired, false), Why::SignerOutOfPeriod);
    let unborn = |template: &mut Template| template.not_before = at("2026-06-14T12:00:00Z");
    // It was signed before the certificate held; at the asked time it holds.
    assert!(matches!(
        {
            let mut pki = Pki::new();
            let early = responder(&pki, &pki.ca, unborn);
            let der = by(&early, &pki, good());
            pki.add(&der);
            pki.status()
        },
        Status::Good { .. }
    ));
    // An authority with the issuer's name and another key.
    let (from, until) = period();
    let pki_of_others = Pki::new();
    let impostor = Template::issuing(&[2], named("CA"), from, until);
    let impostor = pki_of_others.root.subordinate(key(), &impostor).unwrap();
    let mut pki = Pki::new();
    let der = impostor
        .ocsp(&impostor, &OcspTemplate::new(good()))
        .unwrap();
    pki.add(&der);
    assert_eq!(pki.why(), [Why::OtherCertificate(Mismatch::IssuerKey)]);
    let der = impostor.ocsp(&pki.ca, &OcspTemplate::new(good())).unwrap();
    let mut pki_again = Pki::new();
    pki_again.add(&der);
    assert!(matches!(pki_again.why()[..], [Why::OtherCertificate(_)]));
    pki.add(&der);
    assert!(!pki.status().is_good());
}

#[test]
fn nonce_counts_only_when_the_caller_asked_with_one() {
    let with = |nonce: Option<Vec<u8>>| {
        let mut pki = Pki::new();
        let template = OcspTemplate {
            nonce,
            ..OcspTemplate::new(good())
        };
        let der = pki.ca.ocsp(&pki.ca, &template).unwrap();
        pki.add(&der);
        pki
    };
    for (given, asked, good) in [
        (Some(vec![1]), Nonce::Ignore, true),
        (Some(vec![1]), Nonce::Require(vec![1]), true),
        (Some(vec![1]), Nonce::Require(vec![2]), false),
        (Some(vec![1]), Nonce::IfThere(vec![2]), false),
        (None, Nonce::IfThere(vec![2]), true),
        (None, Nonce::Require(vec![2]), false),
    ] {
        let mut pki = with(given);
        pki.parameters.nonce = asked;
        match good {
            true => assert!(pki.status().is_good()),
            false => assert_eq!(pki.why(), [Why::Nonce]),
        }
    }
}

/// V041: a responder without the mark is asked about too; one that is revoked does not count.
#[test]
fn v041_status_of_the_responder_itself() {
    let asked = || {
        let mut pki = Pki::new();
        let urls = ["http://a.example/ca.crl"];
        let points = ExtensionValue::crl_distribution_points(&urls).unwrap();
        let plain = responder(&pki, &pki.ca, |template| {
            template
                .extensions
                .retain(|extension| extension.kind != oid::OCSP_NO_CHECK);
            template.extensions.push(points.clone());
        });
        let der = by(&plain, &pki, good());
        pki.add(&der);
        pki
    };
    let mut pki = asked();
    assert_eq!(pki.why(), [Why::SignerUnknown]);
    pki.parameters.signers = SignerStatus::Ignore;
    assert!(pki.status().is_good());

    // Serial 20 is the responder. The CRL covers the leaf too, so ask OCSP alone by its kind.
    let by_ocsp = |pki: &Pki| {
        let budget = Budget::new(&Direct, &pki.parameters.path.limits);
        let sources = Sources {
            evidence: &pki.evidence,
            pool: &Pool::new(),
            budget: &budget,
            strength: &AnyStrength,
        };
        let mut found = answers(&pki.path, 0, &sources, &pki.parameters);
        found
            .answers
            .retain(|answer| answer.source.kind == SourceKind::Ocsp);
        (found.answers.len(), found.refusals)
    };
    let mut pki = asked();
    pki.crl(&list(&[]));
    assert_eq!(by_ocsp(&pki).0, 1);
    let mut pki = asked();
    pki.crl(&list(&[(20, "2026-05-01", 1)]));
    let (count, refusals) = by_ocsp(&pki);
    assert_eq!(count, 0);
    assert!(matches!(refusals[0].why, Why::SignerRevoked { .. }));
    // Revoked only after the moment that is asked.
    pki.parameters.at = at("2026-04-30");
    pki.parameters.retroactive = Retroactive::Accept;
    assert_eq!(by_ocsp(&pki).0, 1);
}

/// V041: a responder that answers for itself, and two that answer for each other.
#[test]
fn v041_answers_that_depend_on_themselves_end() {
    let mut pki = Pki::new();
    let url = ["http://a.example/ocsp"];
    let declared = ExtensionValue::authority_info_access(&url, &[]).unwrap();
    let plain = |serial: u8| {
        responder(&pki, &pki.ca, |template| {
            template.serial = vec![serial];
            template.subject = named(&format!("responder {serial}"));
            template.extensions.push(declared.clone());
            template
                .extensions
                .retain(|extension| extension.kind != oid::OCSP_NO_CHECK);
        })
    };
    let (first, second) = (plain(20), plain(21));
    let of = |serial| Single {
        serial: vec![serial],
        ..good()
    };
    let by_first = [by(&first, &pki, good()), by(&first, &pki, of(20))];
    for der in &by_first {
        pki.add(der);
    }
    assert!(!pki.status().is_good());
    let crossed = [by(&second, &pki, of(20)), by(&first, &pki, of(21))];
    for der in &crossed {
        pki.add(der);
    }
    assert!(!pki.status().is_good());
    // An answer of the issuer about one of them breaks the circle.
    pki.ocsp(of(20));
    assert!(pki.status().is_good());
}

/// V041: another certificate with the issuer's name may sign CRLs when it has a path and cRLSign.
#[test]
fn v041_separate_crl_signer_needs_its_own_path() {
    let (from, until) = period();
    let signer = |pki: &Pki, usage: KeyUsage, issuer: &Authority| {
        let _ = pki;
        let usage = ExtensionValue::key_usage(usage).unwrap();
        let mut template = Template::new(&[30], named("CA"), from, until);
        template.extensions = vec![usage];
        issuer.subordinate(key(), &template).unwrap()
    };
    let mut pki = Pki::new();
    let own = signer(&pki, KeyUsage::CRL_SIGN, &pki.root);
    let der = own.crl(&list(&[])).unwrap();
    pki.add(&der);
    // Its certificate is not there.
    assert!(matches!(pki.why()[..], [Why::BrokenSignature(_)]));
    pki.add(own.certificate());
    assert!(pki.status().is_good());
    // Known to be revoked.
    let der = pki.root.crl(&list(&[(30, "2026-05-01", 1)])).unwrap();
    pki.add(&der);
    assert!(matches!(pki.why()[..], [Why::SignerRevoked { .. }]));

    let mut pki = Pki::new();
    let other = signer(&pki, KeyUsage::DIGITAL_SIGNATURE, &pki.root);
    let der = other.crl(&list(&[])).unwrap();
    pki.add(&der).add(other.certificate());
    assert!(matches!(pki.why()[..], [Why::NotAuthorised(_)]));

    // A path to another anchor is no path.
    let mut pki = Pki::new();
    let stranger = Pki::new();
    let other = signer(&pki, KeyUsage::CRL_SIGN, &stranger.root);
    let der = other.crl(&list(&[])).unwrap();
    pki.add(&der)
        .add(other.certificate())
        .add(stranger.root.certificate());
    assert!(matches!(pki.why()[..], [Why::SignerPath(_)]));
}

#[test]
fn limit_of_signature_checks_is_told_and_never_good() {
    let mut pki = Pki::new();
    pki.ocsp(good());
    for number in 0..5 {
        let mut der = pki
            .ca
            .crl(&CrlTemplate {
                number: Some(number),
                ..list(&[])
            })
            .unwrap();
        let last = der.len() - 1;
        der[last] ^= 1;
        pki.add(&der);
    }
    assert!(pki.status().is_good());
    pki.parameters.path.limits.document_signature_checks = 4;
    let why = pki.why();
    assert!(
        why.iter()
            .any(|why| matches!(why, Why::Limit { max: 4, .. }))
    );
}

#[test]
fn anchors_and_places_past_the_path_have_no_status() {
    let pki = Pki::new();
    for index in [2, usize::MAX] {
        let status = status(
            &pki.path,
            index,
            &pki.evidence,
            &Pool::new(),
            &pki.parameters,
        );
        assert!(matches!(status, Status::Unknown { why } if why[0].why == Why::Anchor));
    }
}

#[test]
fn certificate_says_where_to_ask() {
    let bare = Pki::new();
    let none = declared(bare.path.leaf().unwrap());
    assert!(!none.anything() && !none.none_available);
    let full = Pki::with(vec![
        ExtensionValue::crl_distribution_points(&["http://a.example/1.crl"]).unwrap(),
        ExtensionValue::authority_info_access(&["http://a.example/ocsp"], &[]).unwrap(),
        ExtensionValue::new(oid::NO_REV_AVAIL, false, vec![5, 0]),
    ]);
    let all = declared(full.path.leaf().unwrap());
    assert!(all.crl && all.ocsp && all.none_available);
}

#[test]
fn same_answer_for_any_order_and_any_layers_of_evidence() {
    let mut pki = Pki::new();
    pki.ocsp(good())
        .crl(&list(&[]))
        .crl(&list(&[(9, "2026-05-01", 1)]));
    let whole = pki.status();
    let mut base = Evidence::new();
    for piece in pki.evidence.crls() {
        base.add_crl(Arc::clone(&piece.value), Origin::Caller);
    }
    let mut layered = Evidence::over(Arc::new(base));
    layered.merge(&pki.evidence);
    assert_eq!(layered.crls().count(), 4);
    let issuer = pki.path.leaf().unwrap().issuer();
    assert_eq!(layered.crls_by_issuer(issuer).count(), 2);
    let again = status(&pki.path, 0, &layered, &Pool::new(), &pki.parameters);
    assert_eq!(whole, again);
}
