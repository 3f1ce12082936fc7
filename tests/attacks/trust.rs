//! A65 to A71: certificates, revocation and time-stamps of a signature that is otherwise faultless.

use std::slice::from_ref;
use std::time::{Duration, Instant};

use kyso::asn1::Tag;
use kyso::asn1::write::{element, generalized_time, oid as write_oid, sequence, small};
use kyso::cms::write;
use kyso::crypto::DigestAlgorithm;
use kyso::oid::{self, Oid};
use kyso::pki::issue::{
    Answer, Authority, CertificateStatus, CrlTemplate, ExtensionValue, OcspTemplate, RevokedEntry,
    Template,
};
use kyso::signature::ChangeLevel as L;
use kyso::{Policy, UtcTime, Verifier};

use super::build::*;
use super::expect::{Expect, FORMAT, Row, S};
use super::pki::*;

pub fn given(pieces: &[&[u8]]) -> Verifier {
    Verifier::new(trust(), Policy::official()).with_evidence(evidence(pieces))
}

/// CRL of the issuing authority that revokes the leader since `since`.
fn revoking(since: UtcTime, this_update: UtcTime) -> Vec<u8> {
    let entry = RevokedEntry {
        serial: vec![11],
        at: since,
        reason: Some(1),
        invalidity_date: None,
    };
    let template = CrlTemplate {
        this_update,
        next_update: Some(this_update.plus(30 * DAY)),
        ..crl_template(vec![entry])
    };
    PKI.issuing.crl(&template).unwrap()
}

pub fn crl_at(authority: &Authority, this_update: UtcTime) -> Vec<u8> {
    let template = CrlTemplate {
        this_update,
        next_update: Some(this_update.plus(30 * DAY)),
        ..crl_template(Vec::new())
    };
    authority.crl(&template).unwrap()
}

/// A time-stamping authority below the issuing one.
pub fn stamper(serial: u8) -> Authority {
    stamper_by(&PKI.issuing, serial, -30)
}

/// A time-stamping authority below `issuer`, in force for long from so many days after [`at`].
fn stamper_by(issuer: &Authority, serial: u8, from: i64) -> Authority {
    let template = Template::time_stamping(
        &[serial],
        name("Stamper"),
        at().plus(from * DAY),
        at().plus(3000 * DAY),
    );
    issuer.subordinate(p256(), &template).unwrap()
}

/// A token over `octets` that says `time`.
pub fn token(holder: &Authority, octets: &[u8], time: UtcTime) -> Vec<u8> {
    let sha256 = DigestAlgorithm::Sha256;
    let imprint = sequence(&[
        &sha256.to_der().unwrap(),
        &element(Tag::OCTET_STRING, &[sha256.digest(&[octets]).as_bytes()]).unwrap(),
    ])
    .unwrap();
    let info = sequence(&[
        &small(1).unwrap(),
        &write_oid(&Oid::from_dotted("2.999.1").unwrap()).unwrap(),
        &imprint,
        &small(7).unwrap(),
        &generalized_time(time).unwrap(),
    ])
    .unwrap();
    let mut cms = Cms::new(holder, &info);
    cms.content_type = oid::TST_INFO;
    cms.attributes.as_mut().unwrap()[0] = content_type_attribute(&oid::TST_INFO);
    cms.content = Some(info.clone());
    cms.der(&info)
}

/// Signed by the leader, with the token that `make` gives for the signature value.
pub fn stamped(make: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    ByHand::new()
        .cms(|content| {
            let cms = Cms::new(&PKI.leader, content);
            let value = cms.value(content);
            let limits = kyso::limits::Limits::default();
            write::with_signature_time_stamp(&cms.with_value(&value), &make(&value), &limits)
                .unwrap()
        })
        .build()
}

/// A document time-stamp over `document`, in an invisible field.
pub fn document_stamp(document: Vec<u8>, kind: &str, make: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut file = ByHand::new()
        .dictionary("/Type /Sig", kind)
        .dictionary("ETSI.CAdES.detached", "ETSI.RFC3161")
        .cms(make);
    file.tail.objects[0].1 = patched(&current(&document, PAGE), "/Annots [", "/Annots [40 0 R ");
    file.tail.objects[1].1 = patched(&current(&document, FORM), "/Fields [", "/Fields [40 0 R ");
    file.document = document;
    file.build()
}

/// V016.
#[test]
fn a65_revoked_and_no_time_stamp() {
    let mut plan = in_new_field("A");
    plan.claimed_time = Some(at().plus(-20 * DAY));
    let file = sign(&base(), &plan);
    let crl = revoking(at().plus(-10 * DAY), at().plus(-60));
    let mut row = Row::with("A65", given(&[&PKI.root_crl, &crl]));
    row.case(
        "claimed before the revocation",
        &file,
        Expect::Open(S::RevokedNoPoe),
    );
    let tsa = stamper(60);
    // Proven before the revocation, and after it.
    let early = stamped(|value| token(&tsa, value, at().plus(-15 * DAY)));
    row.case("stamped before the revocation", &early, Expect::Pass);
    let late = stamped(|value| token(&tsa, value, at().plus(-5 * DAY)));
    row.case(
        "stamped after the revocation",
        &late,
        Expect::Open(S::RevokedNoPoe),
    );
    row.finish();
}

/// V014, V016.
#[test]
fn a66_expired() {
    let later = at().plus(400 * DAY);
    let then = [&PKI.root, &PKI.issuing].map(|authority| crl_at(authority, at().plus(DAY)));
    let now = [&PKI.root, &PKI.issuing].map(|authority| crl_at(authority, later.plus(-60)));
    let pieces: Vec<&[u8]> = then.iter().chain(&now).map(Vec::as_slice).collect();
    let tsa = stamper(60);
    let mut row = Row::with("A66", given(&pieces)).at(later);
    // The CRLs of its time show that it was not revoked: the fuller of the two words may be said.
    let file = signed();
    let report = given(&pieces).verify(&file, later).unwrap();
    let found = report.signatures[0].sub_indication;
    assert!(
        matches!(found, Some(S::OutOfBoundsNoPoe | S::OutOfBoundsNotRevoked)),
        "{found:?}"
    );
    row.case("no time-stamp", &file, Expect::Open(found.unwrap()));
    let inside = stamped(|value| token(&tsa, value, at()));
    row.case("stamped inside of the period", &inside, Expect::Pass);
    // From after the end alone: the issuer may have dropped a revocation.
    let late = [crl_at(&PKI.root, later.plus(-60)), now[1].clone()];
    let report = given(&[&late[0], &late[1]]).verify(&inside, later).unwrap();
    assert_eq!(
        report.signatures[0].sub_indication,
        Some(S::OutOfBoundsNoPoe),
        "CRL from after the end"
    );
    let after = stamped(|value| token(&tsa, value, at().plus(350 * DAY)));
    row.case(
        "stamped after the end",
        &after,
        Expect::Open(found.unwrap()),
    );
    // Inside the signed attributes: made before the signature, so the signature was made later.
    let content = with_content_stamp(|content| token(&tsa, content, at().plus(350 * DAY)));
    row.case(
        "content stamped after the end",
        &content,
        Expect::Fail(S::Expired),
    );
    let content = with_content_stamp(|content| token(&tsa, content, at()));
    row.case(
        "content stamped inside of the period",
        &content,
        Expect::Open(found.unwrap()),
    );
    row.finish();
}

/// Signed by the leader, with a token over the content among the signed attributes.
fn with_content_stamp(make: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    ByHand::new()
        .cms(|content| {
            let mut cms = Cms::new(&PKI.leader, content);
            let attribute = write::attribute(&oid::CONTENT_TIME_STAMP, &[&make(content)]).unwrap();
            cms.attributes.as_mut().unwrap().push(attribute);
            cms.der(content)
        })
        .build()
}

/// V017: tokens that contradict each other, or the time-stamps that cover them.
#[test]
fn time_stamps_in_an_order_that_cannot_be() {
    let tsa = stamper(60);
    let mut row = Row::new("V017");
    let order = Expect::Open(S::TimestampOrderFailure);
    // The content is stamped inside of what the signature's own token stamps.
    let both = |inner: UtcTime, outer: UtcTime| {
        ByHand::new()
            .cms(|content| {
                let mut cms = Cms::new(&PKI.leader, content);
                let stamp = token(&tsa, content, inner);
                let attribute = write::attribute(&oid::CONTENT_TIME_STAMP, &[&stamp]).unwrap();
                cms.attributes.as_mut().unwrap().push(attribute);
                let value = cms.value(content);
                let limits = kyso::limits::Limits::default();
                let outer = token(&tsa, &value, outer);
                write::with_signature_time_stamp(&cms.with_value(&value), &outer, &limits).unwrap()
            })
            .build()
    };
    let (early, late) = (at().plus(-2 * DAY), at().plus(-DAY));
    row.case("content, then signature", &both(early, late), Expect::Pass);
    row.case("signature, then content", &both(late, early), order);
    // A document time-stamp covers a signature that is stamped later.
    let stamped_then = |inner: UtcTime, outer: UtcTime| {
        document_stamp_on(stamped(|value| token(&tsa, value, inner)), 50, |content| {
            token(&tsa, content, outer)
        })
    };
    row.case(
        "signature, then document",
        &stamped_then(early, late),
        Expect::Pass,
    );
    row.case(
        "document, then signature",
        &stamped_then(late, early),
        order,
    );
    // Of two document time-stamps the newer one covers the older.
    let two = |inner: UtcTime, outer: UtcTime| {
        let first = document_stamp(sign_new(&base(), "Z"), "/Type /DocTimeStamp", |content| {
            token(&tsa, content, inner)
        });
        document_stamp_on(first, 50, |content| token(&tsa, content, outer))
    };
    row.signature(
        "documents in order",
        &two(early, late),
        1,
        Expect::Pass,
        None,
    );
    row.signature("documents out of order", &two(late, early), 1, order, None);
    row.finish();
}

/// V012, V018: each process says its own conclusion, and only the last one looks at what a later
/// time-stamp covers.
#[test]
fn each_process_has_its_conclusion() {
    use kyso::Indication::{Indeterminate as I, TotalPassed as P};
    let later = at().plus(400 * DAY);
    let tsa = stamper(60);
    // Of now, for the stamper and the authorities; the leader's certificate has ended before.
    let now = [
        crl_at(&PKI.root, later.plus(-60)),
        crl_at(&PKI.issuing, later.plus(-60)),
    ];
    let said = |pieces: &[&[u8]], file: &[u8]| {
        let report = given(pieces).verify(file, later).unwrap();
        let all = report.signatures[0].conclusions;
        assert_eq!(report.signatures[0].indication, all.archival.indication());
        [all.basic, all.with_time, all.archival].map(|one| one.indication())
    };
    let then = crl_at(&PKI.issuing, at().plus(DAY));
    let token_of = |octets: &[u8]| token(&tsa, octets, at().plus(2 * DAY));
    let both = [&now[0][..], &now[1], &then];
    assert_eq!(said(&both, &signed()), [I, I, I], "nothing proves its time");
    assert_eq!(said(&both, &stamped(token_of)), [I, P, P], "on the value");
    // The document time-stamp covers signature and store; what it covers is as old as it says.
    let with_list = |list: &[u8]| {
        let file = sign_new(&base(), "Z");
        let number = size(&file);
        let store = format!("/Pages 2 0 R /DSS << /CRLs [{number} 0 R] >>");
        let catalog = edited(&file, CATALOG, "/Pages 2 0 R", &store);
        let tail = Tail::new()
            .object(CATALOG, catalog)
            .object(number, stream("", list));
        document_stamp(tail.build(&file), "/Type /DocTimeStamp", token_of)
    };
    let given_now = [&now[0][..], &now[1]];
    assert_eq!(said(&given_now, &with_list(&then)), [I, I, P], "over all");
    // A list from before it was stamped that speaks of others proves nothing of the leader.
    let other = crl_at(&PKI.root, at().plus(DAY));
    assert_eq!(
        said(&given_now, &with_list(&other)),
        [I, I, I],
        "another list"
    );
}

/// V004: anyone can have any document stamped; without a signature it is not signed.
#[test]
fn a_time_stamp_alone_is_nobodys_signature() {
    let tsa = stamper(60);
    let stamp = |document| {
        document_stamp(document, "/Type /DocTimeStamp", |content| {
            token(&tsa, content, at())
        })
    };
    let report = verifier().verify(&stamp(base()), at()).unwrap();
    let own = report.signatures[0].indication;
    assert_eq!(own, kyso::Indication::TotalPassed);
    assert_eq!(report.indication, kyso::Indication::NoSignatureFound);
    let mut findings = report.document.findings.iter();
    assert!(findings.any(|finding| finding.code == "only-time-stamps"));
    let signed = verifier().verify(&stamp(sign_new(&base(), "Z")), at());
    assert_eq!(signed.unwrap().indication, kyso::Indication::TotalPassed);
}

/// V010: that the document was changed is said although nobody trusts the signer.
#[test]
fn a_failure_is_said_before_what_is_open() {
    let mut file = signed();
    file[200] ^= 1;
    let mut row = Row::with(
        "V010",
        Verifier::new(kyso::Trust::new(), Policy::official()),
    );
    row.case("changed", &file, Expect::Fail(S::HashFailure));
    row.case(
        "as signed",
        &signed(),
        Expect::Open(S::NoCertificateChainFound),
    );
    row.finish();
}

/// As [`document_stamp`], in objects `number` and behind it, for a file that has others already.
fn document_stamp_on(document: Vec<u8>, number: u32, make: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let name = format!("T{number}");
    let mut file = ByHand::new()
        .dictionary("/Type /Sig", "/Type /DocTimeStamp")
        .dictionary("ETSI.CAdES.detached", "ETSI.RFC3161")
        .cms(make);
    let kids = |from: &str| {
        let object = if from == "/Annots [" { PAGE } else { FORM };
        patched(
            &current(&document, object),
            from,
            &format!("{from}{number} 0 R "),
        )
    };
    file.tail = Tail::new()
        .object(PAGE, kids("/Annots ["))
        .object(FORM, kids("/Fields ["))
        .object(number, format!("<< /Type /Annot /Subtype /Widget /FT /Sig /T ({name}) /Rect [0 0 0 0] /F 132 /P 3 0 R /V {} 0 R >>", number + 1));
    file.value = number + 1;
    file.document = document;
    file.build()
}

/// V019: a newer time-stamp that is broken does not hide an older one that holds.
#[test]
fn a_broken_newer_time_stamp_hides_no_older_one() {
    let crl = revoking(at().plus(-10 * DAY), at().plus(-60));
    let tsa = stamper(60);
    let mut row = Row::with("V019", given(&[&PKI.root_crl, &crl]));
    // Revoked ten days ago, stamped fifteen days ago.
    let old = document_stamp(sign_new(&base(), "Z"), "/Type /DocTimeStamp", |content| {
        token(&tsa, content, at().plus(-15 * DAY))
    });
    row.case("the older one alone", &old, Expect::Pass);
    let newer = document_stamp_on(old, 50, |_| token(&tsa, b"x", at().plus(-DAY)));
    let report = given(&[&PKI.root_crl, &crl]).verify(&newer, at()).unwrap();
    let best = &report.signatures[0].best_signature_time;
    assert_eq!(best.time, at().plus(-15 * DAY));
    row.signature(
        "the newer one is reported",
        &newer,
        2,
        Expect::Fail(S::HashFailure),
        None,
    );
    row.finish();
}

/// V021: a certificate on hold is open, unless the signature is proven to be older than the hold.
#[test]
fn a_certificate_on_hold() {
    let entry = RevokedEntry {
        serial: vec![11],
        at: at().plus(-10 * DAY),
        reason: Some(6),
        invalidity_date: None,
    };
    let hold = PKI.issuing.crl(&crl_template(vec![entry])).unwrap();
    let tsa = stamper(60);
    let mut row = Row::with("V021", given(&[&PKI.root_crl, &hold]));
    row.case("no time-stamp", &signed(), Expect::Open(S::TryLater));
    let before = stamped(|value| token(&tsa, value, at().plus(-15 * DAY)));
    row.case("stamped before the hold", &before, Expect::Warn);
    let after = stamped(|value| token(&tsa, value, at().plus(-5 * DAY)));
    row.case("stamped after the hold", &after, Expect::Open(S::TryLater));
    row.finish();
}

/// V021: a certificate is invalid since the date that its issuer names, also when it was revoked
/// later (RFC 5280 §5.3.2).
#[test]
fn a_date_of_invalidity_before_the_revocation() {
    let entry = RevokedEntry {
        serial: vec![11],
        at: at().plus(-5 * DAY),
        reason: Some(1),
        invalidity_date: Some(at().plus(-12 * DAY)),
    };
    let crl = PKI.issuing.crl(&crl_template(vec![entry])).unwrap();
    let tsa = stamper(60);
    let mut row = Row::with("invalidityDate", given(&[&PKI.root_crl, &crl]));
    let stamped = |days: i64| stamped(|value| token(&tsa, value, at().plus(-days * DAY)));
    row.case("before", &stamped(15), Expect::Warn);
    row.case("between", &stamped(10), Expect::Open(S::RevokedNoPoe));
    row.case("after both", &stamped(3), Expect::Open(S::RevokedNoPoe));
    row.finish();
}

/// V018: a certificate that was revoked before the proven time is told to be revoked, not to be
/// out of its period, in which it was then.
#[test]
fn revoked_before_the_signature_and_expired_since() {
    let tsa = stamper_by(&PKI.root, 61, -30);
    let later = at().plus(400 * DAY);
    let pieces = [
        crl_at(&PKI.root, later.plus(-60)),
        revoking(at().plus(-10 * DAY), at().plus(-60)),
    ];
    let verifier = || given(&[&pieces[0], &pieces[1]]);
    let file = |days: i64| stamped(|value| token(&tsa, value, at().plus(-days * DAY)));
    let mut row = Row::with("revoked and expired", verifier()).at(later);
    row.case("stamped after", &file(5), Expect::Open(S::RevokedNoPoe));
    row.case("stamped before", &file(15), Expect::Warn);
    row.finish();
    let report = verifier().verify(&file(5), later).unwrap();
    let period = report.signatures[0]
        .checks
        .iter()
        .find(|check| check.id == kyso::validation::CheckId::Period);
    assert_eq!(
        period.map(|check| check.status),
        Some(kyso::validation::Status::Warned)
    );
}

/// V015: a token from before its authority's certificate proves nothing.
#[test]
fn a_time_stamp_from_before_its_certificate() {
    let crl = revoking(at().plus(-10 * DAY), at().plus(-60));
    let early = stamper_by(&PKI.issuing, 61, -14);
    let time = at().plus(-15 * DAY);
    let mut row = Row::with("early", given(&[&PKI.root_crl, &crl]));
    let revoked = Expect::Open(S::RevokedNoPoe);
    row.case(
        "on the signature",
        &stamped(|value| token(&early, value, time)),
        revoked,
    );
    let over = document_stamp(sign_new(&base(), "Z"), "/Type /DocTimeStamp", |content| {
        token(&early, content, time)
    });
    row.signature("over the document", &over, 0, FORMAT, None);
    row.signature(
        "over the document, itself",
        &over,
        1,
        Expect::Fail(S::NotYetValid),
        None,
    );
    row.finish();
}

/// V040: which revocation data counts for a signature that is proven to be old, by policy.
#[test]
fn freshness_for_a_proven_signature_is_a_matter_of_policy() {
    use kyso::validation::policy::ProvenFreshness::{FreshThen, IssuedAfter};
    // Below the root, so that its status does not come from the list that is old.
    let tsa = stamper_by(&PKI.root, 61, -30);
    let (file, moment) = (
        stamped(|value| token(&tsa, value, at())),
        at().plus(60 * DAY),
    );
    let verdict = |freshness, issued: i64| {
        let pieces = [
            crl_at(&PKI.root, moment.plus(-60)),
            crl_at(&PKI.issuing, at().plus(issued * DAY)),
        ];
        let mut policy = Policy::official();
        policy.proven_freshness = freshness;
        let verifier =
            Verifier::new(trust(), policy).with_evidence(evidence(&[&pieces[0], &pieces[1]]));
        let report = verifier.verify(&file, moment).unwrap();
        let warned = report.signatures[0]
            .checks
            .iter()
            .any(|check| check.status == kyso::validation::Status::Warned);
        (report.indication, report.sub_indication, warned)
    };
    let open = (kyso::Indication::Indeterminate, Some(S::TryLater), false);
    let passed = |warned| (kyso::Indication::TotalPassed, None, warned);
    // Each list holds for thirty days. Issued: near now; after the signature; just before it; long
    // before it.
    for (issued, then, after) in [
        (59, passed(false), passed(false)),
        (10, passed(false), passed(false)),
        (-1, passed(true), open),
        (-60, open, open),
    ] {
        assert_eq!(verdict(FreshThen, issued), then, "fresh then, {issued}");
        assert_eq!(
            verdict(IssuedAfter, issued),
            after,
            "issued after, {issued}"
        );
    }
}

/// id-aa-ets-certValues, id-aa-ets-revocationValues, id-aa-ets-certificateRefs and
/// id-aa-ets-revocationRefs of EN 319 122-1 Annex A.1.
const CERTIFICATE_VALUES: &str = "1.2.840.113549.1.9.16.2.23";
const REVOCATION_VALUES: &str = "1.2.840.113549.1.9.16.2.24";
const REVOCATION_REFERENCES: &str = "1.2.840.113549.1.9.16.2.22";

fn attribute(dotted: &str, value: &[u8]) -> Vec<u8> {
    write::attribute(&Oid::from_dotted(dotted).unwrap(), &[value]).unwrap()
}

/// `[number] { SEQUENCE OF values }`.
fn list(number: u8, values: &[&[u8]]) -> Vec<u8> {
    element(Tag::context(number), &[&sequence(values).unwrap()]).unwrap()
}

/// What an OCSP response says, without the envelope that a responder sends it in.
fn basic(response: &[u8]) -> Vec<u8> {
    let whole = kyso::asn1::parse(response).unwrap();
    let bytes = whole.reader();
    let mut bytes = bytes;
    bytes.element().unwrap();
    let mut inside = bytes.element().unwrap().only().unwrap().reader();
    inside.element().unwrap();
    inside.element().unwrap().content.to_vec()
}

/// Values in unsigned attributes are evidence like that of the security store: material to judge,
/// which proves nothing by being there. References are none.
#[test]
fn values_in_unsigned_attributes_are_evidence_and_references_are_not() {
    let tsa = stamper(60);
    // Signed by the leader; the CMS has its certificate alone, and `unsigned` beside a token.
    let file = |chain: bool, stamp: bool, unsigned: &[Vec<u8>]| {
        ByHand::new()
            .cms(|content| {
                let mut cms = Cms::new(&PKI.leader, content);
                cms.chain.truncate(if chain { 2 } else { 1 });
                cms.unsigned = unsigned.to_vec();
                let value = cms.value(content);
                let whole = cms.with_value(&value);
                let limits = kyso::limits::Limits::default();
                match stamp {
                    true => {
                        let token = token(&tsa, &value, at().plus(-DAY));
                        write::with_signature_time_stamp(&whole, &token, &limits).unwrap()
                    }
                    false => whole,
                }
            })
            .build()
    };
    let certificates = attribute(
        CERTIFICATE_VALUES,
        &sequence(&[PKI.issuing.certificate()]).unwrap(),
    );
    let crls = attribute(
        REVOCATION_VALUES,
        &sequence(&[&list(0, &[&PKI.root_crl, &PKI.issuing_crl])]).unwrap(),
    );
    let answer = basic(&PKI.issuing.ocsp(&PKI.issuing, &good_answer(11)).unwrap());
    let ocsps = attribute(
        REVOCATION_VALUES,
        &sequence(&[&list(0, &[&PKI.root_crl]), &list(1, &[&answer])]).unwrap(),
    );
    let mut row = Row::with("values", Verifier::new(trust(), Policy::official()));
    let open = Expect::Open(S::TryLater);
    row.case("nothing", &file(true, false, &[]), open);
    row.case("CRLs", &file(true, false, from_ref(&crls)), Expect::Pass);
    row.case("OCSP", &file(true, false, &[ocsps]), Expect::Pass);
    let whole = [certificates.clone(), crls.clone()];
    row.case("path and CRLs", &file(false, false, &whole), Expect::Pass);
    row.case(
        "the path alone",
        &file(false, false, from_ref(&certificates)),
        open,
    );
    row.case(
        "no path",
        &file(false, false, from_ref(&crls)),
        Expect::Open(S::NoCertificateChainFound),
    );
    // An attribute twice, or malformed, brings nothing.
    row.case(
        "twice",
        &file(true, false, &[crls.clone(), crls.clone()]),
        open,
    );
    let malformed = attribute(REVOCATION_VALUES, &small(7).unwrap());
    row.case("malformed", &file(true, false, &[malformed]), open);
    // By anyone else, of another certificate, or of another time, it is no answer.
    let by = |authority: &Authority, this_update: UtcTime| {
        let crl = crl_at(authority, this_update);
        attribute(
            REVOCATION_VALUES,
            &sequence(&[&list(0, &[&PKI.root_crl, &crl])]).unwrap(),
        )
    };
    let stranger = by(&PKI.stranger, at().plus(-60));
    row.case("of a stranger", &file(true, false, &[stranger]), open);
    let stale = by(&PKI.issuing, at().plus(-60 * DAY));
    row.case("stale", &file(true, false, &[stale]), open);
    // Who revokes is heard wherever it says so; and the token proves the time of the signature.
    let revoked = attribute(
        REVOCATION_VALUES,
        &sequence(&[&list(
            0,
            &[
                &PKI.root_crl,
                &revoking(at().plus(-10 * DAY), at().plus(-60)),
            ],
        )])
        .unwrap(),
    );
    row.case(
        "revoked",
        &file(true, true, &[revoked]),
        Expect::Open(S::RevokedNoPoe),
    );
    let stamped = file(false, true, &whole);
    row.case("stamped", &stamped, Expect::Pass);
    // Digests of CRLs name evidence; they are none, whatever they name.
    let sha256 = DigestAlgorithm::Sha256.digest(&[&PKI.issuing_crl]);
    let reference = sequence(&[&element(Tag::OCTET_STRING, &[sha256.as_bytes()]).unwrap()]);
    let references = attribute(
        REVOCATION_REFERENCES,
        &sequence(&[&sequence(&[&list(0, &[&reference.unwrap()])]).unwrap()]).unwrap(),
    );
    row.case("references", &file(true, false, &[references]), open);
    row.finish();
    // The file has all that a validation needs: B-LT without a security store.
    let report = Verifier::new(trust(), Policy::official())
        .verify(&stamped, at())
        .unwrap();
    let baseline = report.signatures[0].baseline.as_ref().unwrap();
    assert!(baseline.self_contained, "{:?}", baseline.missing);
    // Nothing proves how old unsigned values are: judged after the certificate has ended, a list of
    // its time is as old as now.
    let later = at().plus(400 * DAY);
    let late = |crls: &[&[u8]]| {
        let values = attribute(REVOCATION_VALUES, &sequence(&[&list(0, crls)]).unwrap());
        file(true, false, &[values])
    };
    let old = crl_at(&PKI.issuing, at());
    let mut row = Row::with(
        "values later",
        given(&[&crl_at(&PKI.root, later.plus(-60))]),
    )
    .at(later);
    row.case(
        "of its time",
        &late(&[&old]),
        Expect::Open(S::OutOfBoundsNoPoe),
    );
    row.finish();
}

/// V022: what is recognised and not processed is listed.
#[test]
fn a_signature_policy_is_listed_as_not_processed() {
    let file = ByHand::new()
        .cms(|content| {
            let mut cms = Cms::new(&PKI.leader, content);
            let policy = sequence(&[
                &write_oid(&Oid::from_dotted("2.999.3").unwrap()).unwrap(),
                &sequence(&[
                    &DigestAlgorithm::Sha256.to_der().unwrap(),
                    &element(Tag::OCTET_STRING, &[&[0; 32]]).unwrap(),
                ])
                .unwrap(),
            ])
            .unwrap();
            let attribute = write::attribute(&oid::SIGNATURE_POLICY, &[&policy]).unwrap();
            cms.attributes.as_mut().unwrap().push(attribute);
            cms.der(content)
        })
        .build();
    let report = verifier().verify(&file, at()).unwrap();
    let listed = &report.signatures[0].unprocessed;
    assert_eq!(listed, &["signature-policy-identifier"]);
}

/// V022.
#[test]
fn records_and_archive_time_stamps_inside_the_cms_are_listed_as_not_processed() {
    let value = small(1).unwrap();
    let file = ByHand::new()
        .cms(|content| {
            let mut cms = Cms::new(&PKI.leader, content);
            for dotted in ["1.2.840.113549.1.9.16.2.49", "0.4.0.1733.2.4", "2.999.7"] {
                cms.unsigned.push(attribute(dotted, &value));
            }
            cms.der(content)
        })
        .build();
    let report = verifier().verify(&file, at()).unwrap();
    assert_eq!(report.indication, kyso::Indication::TotalPassed);
    let listed = &report.signatures[0].unprocessed;
    assert_eq!(listed, &["evidence-record", "archive-time-stamp"]);
    let text = report.text(kyso::Language::En);
    assert!(
        text.contains("evidence-record, archive-time-stamp"),
        "{text}"
    );
}

/// V015, V027, V051: a time-stamp that does not hold proves nothing.
#[test]
fn a67_time_stamps_that_do_not_hold() {
    let crl = revoking(at().plus(-10 * DAY), at().plus(-60));
    let mut row = Row::with("A67", given(&[&PKI.root_crl, &crl]));
    let tsa = stamper(60);
    let time = at().plus(-15 * DAY);
    let revoked = Expect::Open(S::RevokedNoPoe);
    row.case(
        "another imprint",
        &stamped(|_| token(&tsa, b"x", time)),
        revoked,
    );
    let broken = stamped(|value| {
        let mut token = token(&tsa, value, time);
        let last = token.len() - 1;
        token[last] ^= 1;
        token
    });
    row.case("broken", &broken, revoked);
    row.case(
        "by a signer of documents",
        &stamped(|value| token(&PKI.agency, value, time)),
        revoked,
    );
    row.case(
        "by the stranger",
        &stamped(|value| token(&PKI.stranger, value, time)),
        revoked,
    );
    let mut soft = Template::time_stamping(
        &[61],
        name("Soft"),
        at().plus(-30 * DAY),
        at().plus(300 * DAY),
    );
    for extension in &mut soft.extensions {
        extension.critical &= extension.kind != oid::EXTENDED_KEY_USAGE;
    }
    let soft = PKI.issuing.subordinate(p256(), &soft).unwrap();
    row.case(
        "purpose not critical",
        &stamped(|value| token(&soft, value, time)),
        revoked,
    );
    row.case("no token", &stamped(|_| vec![0x30, 0]), revoked);
    row.finish();
}

/// V063: an invisible document time-stamp is permitted, after P 1 too; V015.
#[test]
fn a44_document_time_stamp() {
    let tsa = stamper(60);
    let mut row = Row::new("A44");
    let good = document_stamp(sign_new(&base(), "Z"), "/Type /DocTimeStamp", |content| {
        token(&tsa, content, at())
    });
    row.level("the signature", &good, Expect::Pass, L::LtaUpdates);
    row.signature("the time-stamp", &good, 1, Expect::Pass, None);
    let mut plan = in_new_field("C");
    plan.certify = Some(kyso::signing::plan::Permission::NoChanges);
    let p1 = document_stamp(sign(&base(), &plan), "/Type /DocTimeStamp", |c| {
        token(&tsa, c, at())
    });
    row.level("P 1", &p1, Expect::Pass, L::LtaUpdates);
    let wrong = document_stamp(sign_new(&base(), "Z"), "/Type /DocTimeStamp", |_| {
        token(&tsa, b"x", at())
    });
    row.signature(
        "another imprint",
        &wrong,
        1,
        Expect::Fail(S::HashFailure),
        None,
    );
    // A67: the type of a signature of a person; the form decides, with a warning.
    let typed = document_stamp(sign_new(&base(), "Z"), "/Type /Sig", |content| {
        token(&tsa, content, at())
    });
    row.signature("typed as a signature", &typed, 1, Expect::Warn, None);
    row.finish();
}

/// What the time of a document rests on: a weak imprint, a signer that is not named, and an
/// extension that nobody knows are refused as in a token over a signature. V051.
#[test]
fn a_document_time_stamp_is_held_to_the_rules_of_tokens() {
    let tsa = stamper(60);
    let info = |content: &[u8], imprint: DigestAlgorithm, extension: bool| {
        let digest = imprint.digest(&[content]);
        let critical = element(Tag(1), &[&[0xff]]).unwrap();
        let one = sequence(&[
            &write_oid(&Oid::from_dotted("2.999.9").unwrap()).unwrap(),
            &critical,
            &element(Tag::OCTET_STRING, &[b"x"]).unwrap(),
        ]);
        let extensions = element(Tag::context(1), &[&one.unwrap()]).unwrap();
        sequence(&[
            &small(1).unwrap(),
            &write_oid(&Oid::from_dotted("2.999.1").unwrap()).unwrap(),
            &sequence(&[
                &imprint.to_der().unwrap(),
                &element(Tag::OCTET_STRING, &[digest.as_bytes()]).unwrap(),
            ])
            .unwrap(),
            &small(7).unwrap(),
            &generalized_time(at()).unwrap(),
            if extension { &extensions } else { &[] },
        ])
        .unwrap()
    };
    let cms = |info: &[u8], change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut cms = Cms::new(&tsa, info);
        cms.content_type = oid::TST_INFO;
        cms.content = Some(info.to_vec());
        let attributes = cms.attributes.as_mut().unwrap();
        attributes[0] = content_type_attribute(&oid::TST_INFO);
        change(attributes);
        cms.der(info)
    };
    let as_made = |_: &mut Vec<Vec<u8>>| {};
    let (sha256, sha1) = (DigestAlgorithm::Sha256, DigestAlgorithm::Sha1);
    let mut row = Row::new("document time-stamps");
    let stamp = |make: &dyn Fn(&[u8]) -> Vec<u8>| {
        document_stamp(sign_new(&base(), "Z"), "/Type /DocTimeStamp", make)
    };
    let right = stamp(&|c| cms(&info(c, sha256, false), &as_made));
    row.signature("right", &right, 1, Expect::Pass, None);
    row.signature(
        "SHA-1 imprint",
        &stamp(&|c| cms(&info(c, sha1, false), &as_made)),
        1,
        Expect::Open(S::CryptoConstraintsFailureNoPoe),
        None,
    );
    row.signature(
        "no name of the signer",
        &stamp(&|c| {
            cms(&info(c, sha256, false), &|attributes| {
                attributes.truncate(2);
            })
        }),
        1,
        Expect::Open(S::SigConstraintsFailure),
        None,
    );
    row.signature(
        "the signer named twice",
        &stamp(&|c| {
            cms(&info(c, sha256, false), &|attributes| {
                attributes.push(attributes[2].clone());
            })
        }),
        1,
        Expect::Fail(S::FormatFailure),
        None,
    );
    row.signature(
        "critical extension",
        &stamp(&|c| cms(&info(c, sha256, true), &as_made)),
        1,
        Expect::Fail(S::FormatFailure),
        None,
    );
    row.finish();
}

fn good_answer(serial: u8) -> OcspTemplate {
    OcspTemplate::new(Answer {
        serial: vec![serial],
        status: CertificateStatus::Good,
        this_update: at().plus(-60),
        next_update: Some(at().plus(DAY)),
    })
}

/// V037.
#[test]
fn a68_ocsp() {
    let file = signed();
    let responder = |authority: &Authority| {
        let (from, until) = (at().plus(-DAY), at().plus(90 * DAY));
        let template = Template::ocsp_responder(&[70], name("Responder"), from, until);
        authority.subordinate(p256(), &template).unwrap()
    };
    let own = responder(&PKI.issuing);
    let elsewhere = responder(&PKI.stranger);
    let mut stale = good_answer(11);
    stale.answers[0].this_update = at().plus(-20 * DAY);
    stale.answers[0].next_update = Some(at().plus(-10 * DAY));
    let mut future = good_answer(11);
    future.produced_at = at().plus(5 * DAY);
    future.answers[0].this_update = at().plus(5 * DAY);
    future.answers[0].next_update = Some(at().plus(6 * DAY));
    let mut unknown = good_answer(11);
    unknown.answers[0].status = CertificateStatus::Unknown;
    let later = Expect::Open(S::TryLater);
    for (name, by, issuer, answer, expect) in [
        ("right", &own, &PKI.issuing, good_answer(11), Expect::Pass),
        (
            "by the issuer itself",
            &PKI.issuing,
            &PKI.issuing,
            good_answer(11),
            Expect::Pass,
        ),
        ("another serial", &own, &PKI.issuing, good_answer(12), later),
        ("another issuer", &own, &PKI.root, good_answer(11), later),
        (
            "responder of another authority",
            &elsewhere,
            &PKI.issuing,
            good_answer(11),
            later,
        ),
        (
            "a signer of documents answers",
            &PKI.agency,
            &PKI.issuing,
            good_answer(11),
            later,
        ),
        (
            "the leader itself answers",
            &PKI.leader,
            &PKI.issuing,
            good_answer(11),
            later,
        ),
        ("expired", &own, &PKI.issuing, stale, later),
        ("from the future", &own, &PKI.issuing, future, later),
        ("unknown", &own, &PKI.issuing, unknown, later),
    ] {
        let response = by.ocsp(issuer, &answer).unwrap();
        let mut row = Row::with("A68", given(&[&PKI.root_crl, &response]));
        row.case(name, &file, expect);
        row.finish();
    }
}

/// V038, V040.
#[test]
fn a69_crls() {
    let file = signed();
    let later = Expect::Open(S::TryLater);
    let crl = |change: &dyn Fn(&mut CrlTemplate)| {
        let mut template = crl_template(Vec::new());
        change(&mut template);
        PKI.issuing.crl(&template).unwrap()
    };
    let unknown = ExtensionValue::new(Oid::from_dotted("2.999.9").unwrap(), true, vec![5, 0]);
    // IssuingDistributionPoint: indirect; for authorities alone.
    let point = |content: &[u8]| {
        ExtensionValue::new(
            Oid::from_dotted("2.5.29.28").unwrap(),
            true,
            sequence(&[content]).unwrap(),
        )
    };
    let named = |address: &str| {
        let name = element(Tag(0x86), &[address.as_bytes()]).unwrap();
        element(Tag(0xa0), &[&element(Tag(0xa0), &[&name]).unwrap()]).unwrap()
    };
    let no_sign = {
        let mut template = signer_template(80, "Issuing");
        template.subject = name("Issuing");
        PKI.root.subordinate(p256(), &template).unwrap()
    };
    for (name, bytes, expect) in [
        ("right", crl(&|_| ()), Expect::Pass),
        (
            "stale",
            crl(&|t| {
                t.this_update = at().plus(-60 * DAY);
                t.next_update = Some(at().plus(-30 * DAY));
            }),
            later,
        ),
        ("without nextUpdate", crl(&|t| t.next_update = None), later),
        (
            "from the future",
            crl(&|t| {
                t.this_update = at().plus(5 * DAY);
            }),
            later,
        ),
        (
            "unknown critical extension",
            crl(&|t| t.extensions.push(unknown.clone())),
            later,
        ),
        (
            "for authorities alone",
            crl(&|t| t.extensions.push(point(&[0x82, 1, 0xff]))),
            later,
        ),
        (
            "indirect",
            crl(&|t| t.extensions.push(point(&[0x84, 1, 0xff]))),
            Expect::Pass,
        ),
        (
            "for another distribution point",
            crl(&|t| {
                t.extensions
                    .push(point(&named("http://crl.example.invalid/other.crl")))
            }),
            later,
        ),
        (
            "for its own distribution point",
            crl(&|t| {
                t.extensions
                    .push(point(&named("http://crl.example.invalid/issuing.crl")))
            }),
            Expect::Pass,
        ),
        (
            "of another key",
            PKI.stranger.crl(&crl_template(Vec::new())).unwrap(),
            later,
        ),
        (
            "of a namesake without cRLSign",
            no_sign.crl(&crl_template(Vec::new())).unwrap(),
            later,
        ),
        (
            "revoked",
            revoking(at().plus(-DAY), at().plus(-60)),
            Expect::Open(S::RevokedNoPoe),
        ),
        (
            "revoked, in a stale one",
            revoking(at().plus(-90 * DAY), at().plus(-60 * DAY)),
            Expect::Open(S::RevokedNoPoe),
        ),
    ] {
        let mut row = Row::with(
            "A69",
            given(&[&PKI.root_crl, &bytes, no_sign.certificate()]),
        );
        row.case(name, &file, expect);
        row.finish();
    }
}

/// Signed by a holder of whom `issuer` says `template`; the chain is `issuer` and those above.
fn signed_below(chain: &[&Authority], template: &Template) -> Vec<u8> {
    let holder = chain[0].subordinate(p256(), template).unwrap();
    ByHand::new()
        .cms(|content| {
            let mut cms = Cms::new(&holder, content);
            cms.chain = vec![holder.certificate().to_vec()];
            cms.chain
                .extend(chain.iter().map(|one| one.certificate().to_vec()));
            cms.der(content)
        })
        .build()
}

/// V023, V025, V026, V030.
#[test]
fn a70_paths() {
    let (from, until) = (at().plus(-30 * DAY), at().plus(300 * DAY));
    let leaf = signer_template(90, "Leaf");
    let unknown = ExtensionValue::new(Oid::from_dotted("2.999.9").unwrap(), true, vec![5, 0]);
    let authority = |change: &dyn Fn(&mut Template)| {
        let mut template = Template::issuing(&[91], name("Below"), from, until);
        change(&mut template);
        PKI.root.subordinate(p256(), &template).unwrap()
    };
    let general = Expect::Open(S::CertificateChainGeneralFailure);
    let constraints = Expect::Open(S::ChainConstraintsFailure);
    let verify = |name: &str, chain: &[&Authority], template: &Template, expect: Expect| {
        let mut pieces = vec![PKI.root_crl.clone(), PKI.issuing_crl.clone()];
        pieces.extend(
            chain
                .iter()
                .map(|one| one.crl(&crl_template(Vec::new())).unwrap()),
        );
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let mut row = Row::with("A70", given(&pieces));
        row.case(name, &signed_below(chain, template), expect);
        row.finish();
    };
    let good = authority(&|_| ());
    verify("right", &[&good], &leaf, Expect::Pass);
    let bare = authority(&|t| t.extensions.clear());
    verify("no basic constraints", &[&bare], &leaf, general);
    let no_sign = authority(&|t| {
        t.extensions.retain(|one| one.kind != oid::KEY_USAGE);
        let usage = kyso::pki::extension::KeyUsage::DIGITAL_SIGNATURE;
        t.extensions.push(ExtensionValue::key_usage(usage).unwrap());
    });
    verify("no keyCertSign", &[&no_sign], &leaf, constraints);
    let critical = authority(&|t| t.extensions.push(unknown.clone()));
    verify("unknown critical extension", &[&critical], &leaf, general);
    // The authority may have none below it, and has one.
    let first = authority(&|t| {
        t.extensions
            .retain(|one| one.kind != oid::BASIC_CONSTRAINTS);
        t.extensions
            .push(ExtensionValue::basic_constraints(true, Some(0)).unwrap());
    });
    let second = first
        .subordinate(
            p256(),
            &Template::issuing(&[92], name("Second"), from, until),
        )
        .unwrap();
    verify("path too long", &[&second, &first], &leaf, general);
    let mut critical_leaf = leaf.clone();
    critical_leaf.extensions.push(unknown);
    verify(
        "unknown critical extension of the signer",
        &[&good],
        &critical_leaf,
        general,
    );
    let mut server = leaf.clone();
    let purpose = [Oid::from_dotted("1.3.6.1.5.5.7.3.1").unwrap()];
    server
        .extensions
        .push(ExtensionValue::extended_key_usage(&purpose).unwrap());
    verify("a server's certificate", &[&good], &server, constraints);
    verify(
        "an authority signs",
        &[&good],
        &Template::issuing(&[93], name("CA"), from, until),
        constraints,
    );
    verify(
        "nobody trusts the root",
        &[&PKI.stranger],
        &leaf,
        // The stranger is no authority, besides.
        general,
    );
    // A name outside of what the authority may name.
    let elsewhere = kyso::pki::Name::from_rfc4514("C=XX").unwrap();
    let base = element(Tag(0xa4), &[elsewhere.der()]).unwrap();
    let subtrees = element(Tag(0xa0), &[&sequence(&[&base]).unwrap()]).unwrap();
    let names = ExtensionValue::new(oid::NAME_CONSTRAINTS, true, sequence(&[&subtrees]).unwrap());
    let narrow = authority(&|t| t.extensions.push(names.clone()));
    verify("a name that is not permitted", &[&narrow], &leaf, general);
}

/// V031, V032.
#[test]
fn a71_many_namesakes() {
    let (from, until) = (at().plus(-30 * DAY), at().plus(300 * DAY));
    let started = Instant::now();
    let namesakes: Vec<Vec<u8>> = (0..100)
        .map(|serial| {
            let template = Template::issuing(&[1, serial], name("Issuing"), from, until);
            // The same key, so that every one of them verifies the leader; none is trusted.
            let key = kyso::pki::issue::Key::from_pkcs8(PKI.issuing.key().pkcs8()).unwrap();
            PKI.stranger
                .subordinate(key, &template)
                .unwrap()
                .certificate()
                .to_vec()
        })
        .collect();
    let file = signed();
    let mut pieces: Vec<&[u8]> = vec![&PKI.root_crl, &PKI.issuing_crl];
    pieces.extend(namesakes.iter().map(Vec::as_slice));
    let mut row = Row::with("A71", given(&pieces));
    // NOTE: more candidates than the limit: bounded failure or the right path, never long.
    row.case("100 namesakes with the same key", &file, Expect::Pass);
    row.finish();
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
}
