//! Any bytes → nothing: the entries for fuzzing, one call for each target of `fuzz/`.
//!
//! They are public so that the fuzz workspace and the replay of its seeds call the same code.
//! What they check beyond "no panic" are facts that must hold for every input.

use super::evidence::{Evidence, Origin};
use super::ocsp::{self, Reply};
use super::path::{PathParameters, Purpose, find_within};
use super::timestamp::exchange::TimeStampResponse;
use super::timestamp::{TimeStampToken, TstInfo};
use super::{Certificate, Crl, Name, NameMatch, Pool, Trust, TrustAnchor};
use crate::asn1::{Reader, Tag, write};
use crate::crypto::{
    Budget, Checker, DigestAlgorithm, Direct, Message, Outcome, PublicKey, SignatureAlgorithm,
};
use crate::error::Error;
use crate::limits::Limits;
use crate::oid::{self, Oid};
use crate::time::UtcTime;

/// One certificate, a bundle, or a trust file; and the text of its names.
pub fn cert_parse(bytes: &[u8]) {
    let _ = Trust::from_bytes(bytes).map(|trust| Trust::from_bytes(trust.to_json().as_bytes()));
    for certificate in Certificate::from_pem_or_der(bytes).into_iter().flatten() {
        let again = Certificate::from_der(certificate.der());
        assert!(again.is_ok_and(|again| again == certificate));
        for name in [certificate.subject(), certificate.issuer()] {
            assert_eq!(name.matches(name), NameMatch::Identical);
            assert!(name.is_within(name));
            let _ = Name::from_rfc4514(&name.rfc4514());
        }
        let _ = certificate.holder();
        for extension in certificate.extensions() {
            let _ = extension.describe();
        }
    }
}

/// Two elements: the value of a name constraints extension of a CA, and of the alternative names
/// of a leaf below it.
pub fn name_constraints(bytes: &[u8]) {
    let mut elements = Reader::new(bytes);
    let (Ok(constraints), Ok(names)) = (elements.element(), elements.element()) else {
        return;
    };
    let run = || {
        let ca = certificate(
            1,
            0,
            1,
            &[
                AUTHORITY,
                &extension(&oid::NAME_CONSTRAINTS, constraints.raw)?,
            ],
        )?;
        let leaf = certificate(2, 1, 2, &[&extension(&oid::SUBJECT_ALT_NAME, names.raw)?])?;
        search(&leaf, &[ca].into_iter().collect(), Purpose::Any)
    };
    let _ = run();
}

/// Five octets for each certificate: subject, issuer, key, kind, path length; the last one is the
/// leaf. Every signature counts as right, so that everything behind it is reached.
pub fn path_build(bytes: &[u8]) {
    let rows = bytes.as_chunks::<5>().0;
    let read = |[subject, issuer, key, kind, length]: &[u8; 5]| {
        let constraints = write::sequence(&[&[1, 1, 0xff], &write::small(u64::from(length % 8))?])?;
        let limited = critical(&oid::BASIC_CONSTRAINTS, &constraints)?;
        let extensions: &[&[u8]] = match kind % 4 {
            0 => &[],
            1 => &[&limited],
            _ => &[AUTHORITY],
        };
        certificate(subject % 16, issuer % 16, key % 16, extensions)
    };
    let mut certificates: Vec<Certificate> = rows
        .iter()
        .take(64)
        .filter_map(|row| read(row).ok())
        .collect();
    let Some(leaf) = certificates.pop() else {
        return;
    };
    let _ = search(&leaf, &certificates.into_iter().collect(), Purpose::Any);
}

/// Basic constraints of a CA.
const AUTHORITY: &[u8] = &[
    0x30, 0x0f, 0x06, 0x03, 0x55, 0x1d, 0x13, 0x01, 0x01, 0xff, 0x04, 0x05, 0x30, 0x03, 0x01, 0x01,
    0xff,
];

struct AllRight;

impl Checker for AllRight {
    fn verify(&self, _: &PublicKey, _: &SignatureAlgorithm, _: Message<'_>, _: &[u8]) -> Outcome {
        Outcome::Verified
    }
}

/// Searches below an anchor that is name 0 and key 0, and holds what is found against the facts.
fn search(leaf: &Certificate, pool: &Pool, purpose: Purpose) -> Result<(), Error> {
    let root = certificate(0, 0, 0, &[AUTHORITY])?;
    let mut trust = Trust::new();
    trust.add(TrustAnchor::from_certificate(root.clone()));
    // 2025-01-01.
    let at = UtcTime::from_unix(1_735_689_600).unwrap_or(UtcTime::MIN);
    let parameters = PathParameters::new(at, purpose);
    let budget = Budget::new(&AllRight, &parameters.limits);
    let Ok(path) = find_within(leaf, pool, &trust, &parameters, &budget) else {
        return Ok(());
    };
    assert_eq!(path.leaf(), Some(leaf));
    assert!(path.certificates().len() <= parameters.limits.path_length);
    for (index, certificate) in path.certificates().iter().enumerate() {
        let issuer = path.issuer(index);
        assert!(path.is_direct() || issuer.is_some_and(|i| i.name == certificate.issuer()));
        assert!(index == 0 || certificate.is_authority());
    }
    assert!(path.interval().is_some());
    Ok(())
}

fn extension(kind: &Oid, value: &[u8]) -> Result<Vec<u8>, Error> {
    write::sequence(&[
        &write::oid(kind)?,
        &write::element(Tag::OCTET_STRING, &[value])?,
    ])
}

fn critical(kind: &Oid, value: &[u8]) -> Result<Vec<u8>, Error> {
    let value = write::element(Tag::OCTET_STRING, &[value])?;
    write::sequence(&[&write::oid(kind)?, &[1, 1, 0xff], &value])
}

/// A certificate of numbered names and keys, 2020 to 2030, with a signature of nothing.
fn certificate(
    subject: u8,
    issuer: u8,
    key: u8,
    extensions: &[&[u8]],
) -> Result<Certificate, Error> {
    let name = |number: u8| Name::from_rfc4514(&format!("CN={number}"));
    let algorithm = write::sequence(&[&write::oid(&oid::ED25519)?])?;
    let spki = write::sequence(&[
        &algorithm,
        &write::element(Tag::BIT_STRING, &[&[0], &[key; 32]])?,
    ])?;
    let validity = write::sequence(&[
        &write::element(Tag::UTC_TIME, &[b"200101000000Z"])?,
        &write::element(Tag::UTC_TIME, &[b"300101000000Z"])?,
    ])?;
    let extensions = match extensions {
        [] => Vec::new(),
        all => write::element(Tag::context(3), &[&write::sequence(all)?])?,
    };
    let tbs = write::sequence(&[
        &[0xa0, 3, 2, 1, 2],
        &write::small(u64::from(issuer) + 1)?,
        &algorithm,
        name(issuer)?.der(),
        &validity,
        name(subject)?.der(),
        &spki,
        &extensions,
    ])?;
    let signature = write::element(Tag::BIT_STRING, &[&[0]])?;
    Certificate::from_der(&write::sequence(&[&tbs, &algorithm, &signature])?)
}

/// A CRL, and every entry that can be found by the serial numbers in it.
pub fn crl_parse(bytes: &[u8]) {
    let limits = Limits::new();
    let Ok(crl) = Crl::from_der(bytes, &limits) else {
        return;
    };
    assert_eq!(crl.der(), bytes);
    // The first numbers that any list has, and one that cannot be there.
    for serial in [&[][..], &[0], &[1], &[2], &[5], &[7]] {
        for entry in crl.entries(serial) {
            let _ = entry;
        }
    }
    let mut evidence = Evidence::new();
    let found = evidence.add_bytes(bytes, Origin::Caller, &limits);
    assert!(found.is_ok_and(|found| found.crls == 1));
    assert_eq!(evidence.crls_by_issuer(crl.issuer()).count(), 1);
}

/// An OCSP response, whole or basic.
pub fn ocsp_parse(bytes: &[u8]) {
    let limits = Limits::new();
    let Ok(Reply::Answered(response)) = ocsp::read(bytes, &limits) else {
        return;
    };
    assert_eq!(response.der(), bytes);
    for answer in response.answers() {
        if answer.id.algorithm.is_some() {
            assert!(ocsp::request::write(std::slice::from_ref(&answer.id), None).is_ok());
        }
        let _ = answer.hash_matches(bytes);
    }
    for certificate in response.certificates() {
        let _ = response
            .responder()
            .matches(certificate.subject(), certificate.public_key());
    }
}

/// A time-stamp token, or the answer of an authority with one inside.
pub fn tst_parse(bytes: &[u8]) {
    let limits = Limits::new();
    let octets = match TimeStampResponse::parse(bytes, &limits) {
        Ok(response) => response.token.unwrap_or_default(),
        Err(_) => bytes,
    };
    let _ = TstInfo::from_der(octets);
    let Ok(token) = TimeStampToken::parse(octets, &limits) else {
        return;
    };
    let info = token.info();
    assert!(info.earliest() <= info.proven_at() && info.proven_at() <= info.latest());
    assert_eq!(info.is_before(info, true), None);
    let algorithm = info.imprint_algorithm.unwrap_or(DigestAlgorithm::Sha256);
    let digest = algorithm.digest(&[b"nothing"]);
    let parameters = PathParameters::new(info.gen_time, Purpose::Any);
    let budget = Budget::new(&Direct, &limits);
    let result = token.verify(&digest, &Pool::new(), &Trust::new(), &parameters, &budget);
    assert!(result.verified().is_none());
}
