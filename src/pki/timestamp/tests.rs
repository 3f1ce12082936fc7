use super::exchange::{ExchangeFault, FailureInfo, PkiStatus, TimeStampRequest, TimeStampResponse};
use super::*;
use crate::asn1::write;
use crate::cms::write as cms;
use crate::crypto::{Budget, Direct, Outcome};
use crate::pki::extension::KeyUsage;
use crate::pki::issue::{Authority, ExtensionValue, Key, KeyType, Subject, Template};
use crate::pki::path::{PathFailureKind, PathParameters, Purpose};
use crate::pki::pool::Pool;
use crate::pki::trust::{Trust, TrustAnchor};

fn at(text: &str) -> UtcTime {
    UtcTime::from_rfc3339(text).unwrap()
}

fn named(common: &str) -> Subject {
    Subject::new().with(oid::AT_COMMON_NAME, common)
}

fn key() -> Key {
    Key::generate(KeyType::P256).unwrap()
}

struct Pki {
    root: Authority,
    tsa: Authority,
    trust: Trust,
}

fn pki_with(change: impl FnOnce(&mut Template)) -> Pki {
    let (from, until) = (at("2026-01-01"), at("2027-01-01"));
    let root = Authority::root(key(), &Template::root(&[1], named("root"), from, until)).unwrap();
    let mut template = Template::time_stamping(&[2], named("tsa"), from, until);
    change(&mut template);
    let tsa = root.subordinate(key(), &template).unwrap();
    let mut trust = Trust::new();
    let certificate = Certificate::from_der(root.certificate()).unwrap();
    trust.add(TrustAnchor::from_certificate(certificate));
    Pki { root, tsa, trust }
}

fn pki() -> Pki {
    pki_with(|_| {})
}

/// TSTInfo over `digest`: `middle` stands between genTime and the end.
fn info(digest: &DigestValue, time: &str, middle: &[u8]) -> Vec<u8> {
    let algorithm = write::oid(&digest.algorithm().oid()).unwrap();
    let imprint = write::sequence(&[
        &write::sequence(&[&algorithm, &[5, 0]]).unwrap(),
        &write::element(Tag::OCTET_STRING, &[digest.as_bytes()]).unwrap(),
    ]);
    write::sequence(&[
        &write::small(1).unwrap(),
        &write::oid(&Oid::from_dotted("1.2.3.4").unwrap()).unwrap(),
        &imprint.unwrap(),
        &write::small(77).unwrap(),
        &write::element(Tag::GENERALIZED_TIME, &[time.as_bytes()]).unwrap(),
        middle,
    ])
    .unwrap()
}

/// What a token is made of; every field can be made wrong.
struct Making<'a> {
    tsa: &'a Authority,
    info: Vec<u8>,
    digested: Vec<u8>,
    content_type: Oid,
    named: Option<Vec<u8>>,
    with_attributes: bool,
    certificates: Vec<Vec<u8>>,
    spoil_signature: bool,
    more: Vec<Vec<u8>>,
}

impl<'a> Making<'a> {
    fn new(tsa: &'a Authority, info: Vec<u8>) -> Self {
        Self {
            tsa,
            digested: info.clone(),
            info,
            content_type: oid::TST_INFO,
            named: Some(tsa.certificate().to_vec()),
            with_attributes: true,
            certificates: vec![tsa.certificate().to_vec()],
            spoil_signature: false,
            more: Vec::new(),
        }
    }

    fn token(&self) -> Vec<u8> {
        let digest = DigestAlgorithm::Sha256;
        let attributes = cms::signed_attributes(&cms::Attributes {
            content_type: &self.content_type,
            message_digest: digest.digest(&[&self.digested]).as_bytes(),
            signing_certificate: self.named.as_deref().map(|der| (der, digest)),
            signing_time: None,
            algorithm_protection: None,
            more: &self.more,
        })
        .unwrap();
        let signed: &[u8] = match self.with_attributes {
            true => &attributes,
            false => &self.info,
        };
        let mut value = self.tsa.key().sign(signed).unwrap();
        if self.spoil_signature {
            let last = value.len() - 1;
            value[last] ^= 1;
        }
        let certificates: Vec<&[u8]> = self.certificates.iter().map(Vec::as_slice).collect();
        let parts = cms::Signature {
            content_type: &oid::TST_INFO,
            content: Some(&self.info),
            certificates: &certificates,
            crls: &[],
            signer: &cms::issuer_and_serial(self.tsa.certificate()).unwrap(),
            digest_algorithm: digest,
            signature_algorithm: self.tsa.key().algorithm(),
            signed_attributes: self.with_attributes.then_some(&*attributes),
            unsigned_attributes: &[],
        };
        cms::signed_data(&parts, &value).unwrap()
    }
}

fn digest() -> DigestValue {
    DigestAlgorithm::Sha256.digest(&[b"document"])
}

fn good_info() -> Vec<u8> {
    info(&digest(), "20260615120000Z", &[])
}

fn parameters() -> PathParameters {
    PathParameters::new(at("2026-06-15T12:00:00Z"), Purpose::Any)
}

fn verify(pki: &Pki, token: &[u8], digest: &DigestValue) -> Verification {
    let token = TimeStampToken::parse(token, &Limits::new()).unwrap();
    let budget = Budget::new(&Direct, &Limits::new());
    token.verify(digest, &Pool::new(), &pki.trust, &parameters(), &budget)
}

#[test]
fn ok_token_verifies_up_to_the_anchor() {
    let pki = pki();
    let token = Making::new(&pki.tsa, good_info()).token();
    let result = verify(&pki, &token, &digest());
    assert_eq!(result.faults, []);
    assert_eq!(result.verified().unwrap().certificates().len(), 1);
    assert!(!result.imprint_is_sha1 && !result.sorted_attributes && !result.tsa_name_differs);
}

#[test]
fn ok_sha_1_imprint_is_told() {
    let pki = pki();
    let digest = DigestAlgorithm::Sha1.digest(&[b"document"]);
    let token = Making::new(&pki.tsa, info(&digest, "20260615120000Z", &[])).token();
    let result = verify(&pki, &token, &digest);
    assert!(result.imprint_is_sha1 && result.verified().is_some());
}

/// V051: whatever is wrong with a token is found, one fault for each.
#[test]
fn every_fault_of_a_token_is_found() {
    let pki = pki();
    let token = |change: fn(&mut Making<'_>)| {
        let mut making = Making::new(&pki.tsa, good_info());
        change(&mut making);
        making.token()
    };
    let faults = |token: &[u8]| {
        let result = verify(&pki, token, &digest());
        assert!(result.verified().is_none());
        result.faults
    };
    assert_eq!(
        faults(&token(|making| making.digested = b"other".to_vec())),
        [Fault::MessageDigest]
    );
    assert_eq!(
        faults(&token(|making| making.content_type = oid::DATA)),
        [Fault::ContentType]
    );
    assert_eq!(
        faults(&token(|making| making.named = None)),
        [Fault::NoSigningCertificate]
    );
    assert_eq!(
        faults(&token(|making| making.named = Some(b"other".to_vec()))),
        [Fault::SigningCertificate]
    );
    assert_eq!(
        faults(&token(|making| making.certificates.clear())),
        [Fault::SignerNotFound]
    );
    assert!(matches!(
        faults(&token(|making| making.spoil_signature = true))[..],
        [Fault::Signature(Outcome::Broken(_))]
    ));
    let without = faults(&token(|making| making.with_attributes = false));
    assert_eq!(
        without,
        [Fault::NoSignedAttributes, Fault::NoSigningCertificate]
    );
    let other = DigestAlgorithm::Sha256.digest(&[b"other document"]);
    let good = token(|_| {});
    let result = verify(&pki, &good, &other);
    assert_eq!(result.faults, [Fault::Imprint]);
    assert_eq!(result.imprint, Imprint::Differs);
    assert!(result.verified().is_none() && result.path.is_some());
    // The same octets under another algorithm's name are not the same digest.
    let renamed = DigestValue::from_bytes(DigestAlgorithm::Sha3_256, digest().as_bytes().into());
    assert_eq!(
        verify(&pki, &good, &renamed.unwrap()).imprint,
        Imprint::Differs
    );
}

/// CVE-2026-22796 class: an attribute of another type is a fault, not a panic.
#[test]
fn err_attributes_of_another_type_or_twice() {
    let pki = pki();
    for (kind, name, first) in [
        (oid::MESSAGE_DIGEST, "message-digest", 0),
        (oid::CONTENT_TYPE, "content-type", 0),
        (oid::SIGNING_CERTIFICATE, "signing-certificate", 0),
    ] {
        let mut making = Making::new(&pki.tsa, good_info());
        making.more = vec![cms::attribute(&kind, &[&[2, 1, first]]).unwrap()];
        let result = verify(&pki, &making.token(), &digest());
        assert_eq!(result.faults, [Fault::Attribute(name)]);
    }
}

/// Rule 2.7: extended key usage there, critical, exactly timeStamping; key usage only signatures.
#[test]
fn authority_needs_a_certificate_for_time_stamping_alone() {
    let purpose = |purposes: &[Oid], critical| {
        let mut extension = ExtensionValue::extended_key_usage(purposes).unwrap();
        extension.critical = critical;
        extension
    };
    let usage = |usage| ExtensionValue::key_usage(usage).unwrap();
    let cases = [
        (vec![purpose(&[oid::KP_TIME_STAMPING], true)], true),
        (vec![purpose(&[oid::KP_TIME_STAMPING], false)], false),
        (
            vec![purpose(&[oid::KP_TIME_STAMPING, oid::KP_CLIENT_AUTH], true)],
            false,
        ),
        (vec![purpose(&[oid::ANY_EXTENDED_KEY_USAGE], true)], false),
        (vec![], false),
        (
            vec![
                purpose(&[oid::KP_TIME_STAMPING], true),
                usage(KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::KEY_ENCIPHERMENT)),
            ],
            false,
        ),
        (
            vec![
                purpose(&[oid::KP_TIME_STAMPING], true),
                usage(KeyUsage::CONTENT_COMMITMENT),
            ],
            true,
        ),
    ];
    for (extensions, good) in cases {
        let pki = pki_with(|template| template.extensions = extensions.clone());
        let token = Making::new(&pki.tsa, good_info()).token();
        let result = verify(&pki, &token, &digest());
        assert_eq!(result.faults, [], "{extensions:?}");
        assert_eq!(result.verified().is_some(), good, "{extensions:?}");
        if !good {
            assert!(matches!(
                result.path.unwrap().unwrap_err().kind(),
                PathFailureKind::ExtendedKeyUsage { .. } | PathFailureKind::KeyUsage { .. }
            ));
        }
    }
}

#[test]
fn authority_nobody_trusts_is_no_authority() {
    let (pki, other) = (pki(), pki());
    let token = Making::new(&pki.tsa, good_info()).token();
    let result = verify(&other, &token, &digest());
    assert_eq!(result.faults, []);
    assert!(result.verified().is_none());
    assert!(result.path.unwrap().is_err());
}

#[test]
fn certificate_may_come_from_the_caller() {
    let pki = pki();
    let mut making = Making::new(&pki.tsa, good_info());
    making.certificates = vec![pki.root.certificate().to_vec()];
    let octets = making.token();
    let token = TimeStampToken::parse(&octets, &Limits::new()).unwrap();
    let tsa = Certificate::from_der(pki.tsa.certificate()).unwrap();
    let pool: Pool = [tsa].into_iter().collect();
    let budget = Budget::new(&Direct, &Limits::new());
    let result = token.verify(&digest(), &pool, &pki.trust, &parameters(), &budget);
    assert!(result.verified().is_some());
}

#[test]
fn tsa_name_must_be_one_of_the_certificate() {
    let pki = pki();
    for (name, differs) in [(pki.tsa.name(), false), (pki.root.name(), true)] {
        let name = write::element(Tag::context(4), &[name]).unwrap();
        let name = write::element(Tag::context(0), &[&name]).unwrap();
        let info = info(&digest(), "20260615120000Z", &name);
        let token = Making::new(&pki.tsa, info).token();
        let result = verify(&pki, &token, &digest());
        assert_eq!(result.tsa_name_differs, differs);
        assert!(result.verified().is_some());
    }
}

fn read(time: &str, middle: &[u8]) -> Result<TstInfo, Error> {
    TstInfo::from_der(&info(&digest(), time, middle))
}

#[test]
fn ok_fraction_and_accuracy_widen_the_time() {
    let plain = read("20260615120000Z", &[]).unwrap();
    let noon = at("2026-06-15T12:00:00Z");
    assert_eq!(
        (
            plain.gen_time,
            plain.proven_at(),
            plain.earliest(),
            plain.latest()
        ),
        (noon, noon, noon, noon)
    );
    // One second, 999 milliseconds.
    let accuracy = [0x30, 7, 2, 1, 1, 0x80, 2, 3, 0xe7];
    let fine = read("20260615120000.25Z", &accuracy).unwrap();
    assert_eq!((fine.gen_time, fine.gen_time_micros), (noon, 250_000));
    assert_eq!(fine.proven_at(), noon.plus(1));
    assert_eq!(
        (fine.earliest(), fine.latest()),
        (noon.plus(-2), noon.plus(3))
    );
    let tiny = read("20260615120000.0000000001Z", &[]).unwrap();
    assert_eq!((tiny.gen_time_micros, tiny.proven_at()), (1, noon.plus(1)));
    let zero = read("20260615120000.000Z", &[]).unwrap();
    assert_eq!((zero.gen_time_micros, zero.proven_at()), (0, noon));
    let nines = read("20260615235959.9999999Z", &[]).unwrap();
    assert_eq!(nines.gen_time_micros, 999_999);
    assert_eq!(nines.proven_at(), at("2026-06-16"));
}

#[test]
fn err_malformed_times_and_accuracies() {
    for time in [
        "20260615120000",
        "20260615120000.Z",
        "20260615120000.5",
        "20260615120000,5Z",
        "20260615120000.5+0700",
        "20260615120060Z",
        ".5Z",
        "",
    ] {
        assert!(read(time, &[]).is_err(), "{time}");
    }
    for accuracy in [
        &[0x30, 3, 2, 1, 0xff][..],
        &[0x30, 4, 0x80, 2, 3, 0xe8],
        &[0x30, 2, 0x80, 0],
        &[0x30, 2, 5, 0],
    ] {
        assert!(
            read("20260615120000Z", accuracy).is_err(),
            "{accuracy:02x?}"
        );
    }
}

#[test]
fn order_is_told_only_as_far_as_it_is_known() {
    let accuracy = [0x30, 3, 2, 1, 5];
    let first = read("20260615120000Z", &accuracy).unwrap();
    let near = read("20260615120008Z", &accuracy).unwrap();
    let far = read("20260615120011Z", &accuracy).unwrap();
    assert_eq!(first.is_before(&near, true), None);
    assert_eq!(first.is_before(&far, true), Some(true));
    assert_eq!(far.is_before(&first, false), Some(false));
    let ordered = [&accuracy[..], &[1, 1, 0xff]].concat();
    let (first, near) = (
        read("20260615120000Z", &ordered).unwrap(),
        read("20260615120008Z", &ordered).unwrap(),
    );
    assert_eq!(first.is_before(&near, true), Some(true));
    assert_eq!(near.is_before(&first, true), Some(false));
    assert_eq!(first.is_before(&near, false), None);
    assert_eq!(first.is_before(&first, true), None);
}

#[test]
fn critical_extension_makes_a_token_useless() {
    let pki = pki();
    let extension = |critical: &[u8]| {
        let kind = write::oid(&Oid::from_dotted("1.2.3").unwrap()).unwrap();
        let one = write::sequence(&[&kind, critical, &[4, 0]]).unwrap();
        write::element(Tag::context(1), &[&one]).unwrap()
    };
    let plain = info(&digest(), "20260615120000Z", &extension(&[]));
    let token = Making::new(&pki.tsa, plain).token();
    assert!(verify(&pki, &token, &digest()).verified().is_some());
    let critical = info(&digest(), "20260615120000Z", &extension(&[1, 1, 0xff]));
    let token = Making::new(&pki.tsa, critical).token();
    let faults = verify(&pki, &token, &digest()).faults;
    assert!(matches!(faults[..], [Fault::CriticalExtension(_)]));
}

/// V051: malformed tokens give errors, not panics.
#[test]
fn err_or_ok_but_never_a_panic_for_every_cut_and_change() {
    let pki = pki();
    let token = Making::new(&pki.tsa, good_info()).token();
    let limits = Limits::new();
    for length in 0..token.len() {
        assert!(TimeStampToken::parse(&token[..length], &limits).is_err());
    }
    let info = good_info();
    let place = |part: &[u8]| {
        let start = token.windows(part.len()).position(|window| window == part);
        start.unwrap()..start.unwrap() + part.len()
    };
    let (info, certificate) = (place(&info), place(pki.tsa.certificate()));
    let mut verified = Vec::new();
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed[at] ^= 0x21;
        if TimeStampToken::parse(&changed, &limits).is_ok() {
            let result = verify(&pki, &changed, &digest());
            verified.extend(result.verified().map(|_| at));
        }
    }
    // What CMS leaves unsigned may change: version numbers, the list of digest algorithms.
    assert!(verified.len() < 20, "{verified:?}");
    for at in verified {
        assert!(!info.contains(&at) && !certificate.contains(&at), "{at}");
    }
}

#[test]
fn err_what_is_no_token() {
    let pki = pki();
    let limits = Limits::new();
    let mut small = Limits::new();
    small.timestamp = 100;
    let token = Making::new(&pki.tsa, good_info()).token();
    assert!(TimeStampToken::parse(&token, &small).is_err());
    let padded = [&token[..], &[0; 10]].concat();
    let read = TimeStampToken::parse(&padded, &limits).unwrap();
    assert_eq!(read.der(), token);
    let wrong = info(&digest(), "20260615120000Z", &[5, 0]);
    let token = Making::new(&pki.tsa, wrong).token();
    assert!(TimeStampToken::parse(&token, &limits).is_err());
}

fn response(status: &[u8], token: &[u8]) -> Vec<u8> {
    write::sequence(&[&write::sequence(&[status]).unwrap(), token]).unwrap()
}

fn request(nonce: Option<&[u8]>) -> TimeStampRequest {
    TimeStampRequest {
        imprint: digest(),
        policy: None,
        nonce: nonce.map(<[u8]>::to_vec),
        certificate: true,
    }
}

#[test]
fn ok_answer_fits_the_request() {
    let pki = pki();
    let nonce = write::element(Tag::INTEGER, &[&[0, 0xaa, 0xbb]]).unwrap();
    let info = info(&digest(), "20260615120000Z", &nonce);
    let token = Making::new(&pki.tsa, info).token();
    let octets = response(&[2, 1, 0], &token);
    let limits = Limits::new();
    let answer = TimeStampResponse::parse(&octets, &limits).unwrap();
    let fault = |request: &TimeStampRequest| answer.answer_to(request, &limits).unwrap_err();
    let asked = request(Some(&[0xaa, 0xbb]));
    assert_eq!(answer.answer_to(&asked, &limits).unwrap().der(), token);
    assert_eq!(fault(&request(Some(&[0xaa]))), ExchangeFault::Nonce);
    assert_eq!(fault(&request(None)), ExchangeFault::Nonce);
    let mut other = asked.clone();
    other.imprint = DigestAlgorithm::Sha256.digest(&[b"other"]);
    assert_eq!(fault(&other), ExchangeFault::Imprint);
    let mut policy = asked.clone();
    policy.policy = Oid::from_dotted("1.2.3.4");
    assert!(answer.answer_to(&policy, &limits).is_ok());
    policy.policy = Oid::from_dotted("1.2.3.5");
    assert!(matches!(fault(&policy), ExchangeFault::Policy { .. }));

    let mut bare = Making::new(&pki.tsa, good_info());
    bare.certificates.clear();
    let octets = response(&[2, 1, 1], &bare.token());
    let answer = TimeStampResponse::parse(&octets, &limits).unwrap();
    assert_eq!(answer.status, PkiStatus::GrantedWithMods);
    assert_eq!(
        answer.answer_to(&request(None), &limits).unwrap_err(),
        ExchangeFault::NoCertificate
    );
}

#[test]
fn err_refusals_and_answers_without_token() {
    let limits = Limits::new();
    let text = write::element(Tag::UTF8_STRING, &["hết giờ".as_bytes()]).unwrap();
    let status = [
        &[2, 1, 2][..],
        &write::sequence(&[&text]).unwrap(),
        // Bits 2 and 14.
        &[3, 3, 1, 0x20, 0x02],
    ]
    .concat();
    let octets = response(&status, &[]);
    let answer = TimeStampResponse::parse(&octets, &limits).unwrap();
    assert_eq!(answer.texts, ["hết giờ"]);
    assert_eq!(
        answer.answer_to(&request(None), &limits).unwrap_err(),
        ExchangeFault::Refused {
            status: PkiStatus::Rejection,
            failures: vec![FailureInfo::BadRequest, FailureInfo::TimeNotAvailable],
        }
    );
    let octets = response(&[2, 1, 0], &[]);
    let answer = TimeStampResponse::parse(&octets, &limits).unwrap();
    assert_eq!(
        answer.answer_to(&request(None), &limits).unwrap_err(),
        ExchangeFault::NoToken
    );
    assert!(TimeStampResponse::parse(&response(&[2, 1, 6], &[]), &limits).is_err());
    assert!(TimeStampResponse::parse(&[0x30, 0], &limits).is_err());
}

#[test]
fn ok_request_says_what_is_asked() {
    let mut asked = request(Some(&[0xff; 8]));
    asked.policy = Oid::from_dotted("1.2.3");
    let der = asked.to_der().unwrap();
    let mut reader = asn1::parse(&der).unwrap().reader();
    assert_eq!(reader.expect(Tag::INTEGER).unwrap().small().unwrap(), 1);
    let imprint = reader.expect(Tag::SEQUENCE).unwrap();
    assert!(imprint.content.ends_with(digest().as_bytes()));
    assert_eq!(reader.expect(Tag::OID).unwrap().oid().ok(), asked.policy);
    let nonce = reader.expect(Tag::INTEGER).unwrap();
    assert_eq!(nonce.unsigned().unwrap(), [0xff; 8]);
    assert!(reader.expect(Tag::BOOLEAN).unwrap().boolean().unwrap());
    reader.finish().unwrap();
}
