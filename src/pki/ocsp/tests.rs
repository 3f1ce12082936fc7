use super::*;
use crate::asn1::write;
use crate::error::ErrorKind;
use crate::pki::issue::{
    Answer, Authority, CertificateStatus, Key, KeyType, OcspTemplate, Subject, Template,
};

fn at(text: &str) -> UtcTime {
    UtcTime::from_rfc3339(text).unwrap()
}

fn authority(common: &str) -> Authority {
    let subject = Subject::new().with(oid::AT_COMMON_NAME, common);
    let template = Template::root(&[1], subject, at("2026-01-01"), at("2027-01-01"));
    Authority::root(Key::generate(KeyType::P256).unwrap(), &template).unwrap()
}

fn answer(status: CertificateStatus) -> Answer {
    Answer {
        serial: vec![7],
        status,
        this_update: at("2026-02-01"),
        next_update: Some(at("2026-02-08")),
    }
}

fn read_one(der: &[u8]) -> Result<OcspResponse, Error> {
    OcspResponse::from_der(der, &Limits::new())
}

/// The BasicOCSPResponse inside an OCSPResponse.
fn basic(der: &[u8]) -> Vec<u8> {
    let mut reader = asn1::parse(der).unwrap().reader();
    reader.element().unwrap();
    let bytes = reader.element().unwrap().only().unwrap();
    let mut reader = bytes.reader();
    reader.element().unwrap();
    reader.element().unwrap().content.to_vec()
}

#[test]
fn ok_whole_and_basic_responses_say_the_same() {
    let ca = authority("CA");
    let template = OcspTemplate {
        nonce: Some(vec![1, 2, 3]),
        ..OcspTemplate::new(answer(CertificateStatus::Good))
    };
    let der = ca.ocsp(&ca, &template).unwrap();
    let whole = read_one(&der).unwrap();
    let basic = read_one(&basic(&der)).unwrap();
    let key = PublicKey::from_spki(ca.key().spki()).unwrap();
    for response in [&whole, &basic] {
        assert_eq!(response.nonce(), Some(&[1, 2, 3][..]));
        assert_eq!(response.produced_at(), at("2026-02-01"));
        assert!(response.verify(&key).is_verified());
        let [single] = response.answers() else {
            panic!("one answer");
        };
        assert_eq!(single.status, CertStatus::Good);
        assert_eq!(single.next_update, Some(at("2026-02-08")));
    }
    assert_ne!(whole.sha256(), basic.sha256());
    let other = PublicKey::from_spki(authority("CA").key().spki()).unwrap();
    assert!(!whole.verify(&other).is_verified());
    assert!(whole.verify(&key).is_verified());
}

#[test]
fn ok_revocation_with_and_without_reason() {
    let ca = authority("CA");
    for (code, reason) in [
        (None, Reason::Unspecified),
        (Some(1), Reason::KeyCompromise),
    ] {
        let status = CertificateStatus::Revoked {
            at: at("2026-01-15"),
            reason: code,
        };
        let der = ca.ocsp(&ca, &OcspTemplate::new(answer(status))).unwrap();
        assert_eq!(
            read_one(&der).unwrap().answers()[0].status,
            CertStatus::Revoked {
                at: at("2026-01-15"),
                reason
            }
        );
    }
}

/// V037: all four parts of the identifier count, under SHA-1 and SHA-2.
#[test]
fn certificate_identifier_is_compared_in_all_its_parts() {
    let (ca, other) = (authority("CA"), authority("CA"));
    let name = Name::from_der(ca.name()).unwrap();
    let stranger = Name::from_der(authority("B").name()).unwrap();
    let key = PublicKey::from_spki(ca.key().spki()).unwrap();
    let other_key = PublicKey::from_spki(other.key().spki()).unwrap();
    let serial = |n| SerialNumber::from_bytes(&[n]).unwrap();
    for digest in [
        DigestAlgorithm::Sha1,
        DigestAlgorithm::Sha256,
        DigestAlgorithm::Sha512,
    ] {
        let template = OcspTemplate {
            digest,
            ..OcspTemplate::new(answer(CertificateStatus::Good))
        };
        let response = read_one(&ca.ocsp(&ca, &template).unwrap()).unwrap();
        let id = &response.answers()[0].id;
        assert_eq!(
            id,
            &CertId::new(digest, &name, &key, serial(7)).unwrap(),
            "what is written is what is read"
        );
        let check = |names: &[&Name], key, serial| id.check(names, key, &serial);
        assert_eq!(check(&[&stranger, &name], &key, serial(7)), Ok(()));
        assert_eq!(check(&[&name], &key, serial(8)), Err(Mismatch::Serial));
        assert_eq!(
            check(&[&stranger], &key, serial(7)),
            Err(Mismatch::IssuerName)
        );
        assert_eq!(
            check(&[&name], &other_key, serial(7)),
            Err(Mismatch::IssuerKey)
        );
        let unknown = CertId {
            algorithm: None,
            ..id.clone()
        };
        assert_eq!(
            unknown.check(&[&name], &key, &serial(7)),
            Err(Mismatch::Algorithm)
        );
    }
}

#[test]
fn responder_is_named_by_subject_or_by_key() {
    let (ca, other) = (authority("CA"), authority("B"));
    let name = Name::from_der(ca.name()).unwrap();
    let key = PublicKey::from_spki(ca.key().spki()).unwrap();
    let other_name = Name::from_der(other.name()).unwrap();
    let other_key = PublicKey::from_spki(other.key().spki()).unwrap();
    for by_name in [true, false] {
        let template = OcspTemplate {
            by_name,
            ..OcspTemplate::new(answer(CertificateStatus::Good))
        };
        let response = read_one(&ca.ocsp(&ca, &template).unwrap()).unwrap();
        let responder = response.responder();
        assert!(responder.matches(&name, &key));
        assert_eq!(responder.matches(&name, &other_key), by_name);
        assert_eq!(responder.matches(&other_name, &key), !by_name);
    }
}

#[test]
fn err_refusals_are_not_responses() {
    for (code, word) in [
        (1, "malformedRequest"),
        (3, "tryLater"),
        (6, "unauthorized"),
    ] {
        let der = [0x30, 3, 0x0a, 1, code];
        assert_eq!(
            read_one(&der).unwrap_err().kind(),
            &ErrorKind::Pki(PkiFault::OcspRefused(word))
        );
    }
    for malformed in [
        &[0x30, 3, 0x0a, 1, 0][..],
        &[0x30, 3, 0x0a, 1, 4],
        &[0x30, 0],
        &[],
    ] {
        assert!(matches!(
            read_one(malformed).unwrap_err().kind(),
            ErrorKind::Pki(PkiFault::Ocsp(_)) | ErrorKind::Asn1(_)
        ));
    }
}

#[test]
fn ok_request_holds_identifier_and_nonce() {
    let ca = authority("CA");
    let name = Name::from_der(ca.name()).unwrap();
    let key = PublicKey::from_spki(ca.key().spki()).unwrap();
    let serial = SerialNumber::from_bytes(&[0, 0x80]).unwrap();
    let id = CertId::new(DigestAlgorithm::Sha1, &name, &key, serial).unwrap();
    let plain = request::write(std::slice::from_ref(&id), None).unwrap();
    let mut tbs = asn1::parse(&plain).unwrap().only().unwrap().reader();
    let one = tbs.expect(Tag::SEQUENCE).unwrap().only().unwrap();
    assert_eq!(CertId::read(&one.only().unwrap()).unwrap(), id);
    tbs.finish().unwrap();

    let nonce = [9; 32];
    let asked = request::write(&[id.clone(), id.clone()], Some(&nonce)).unwrap();
    let mut tbs = asn1::parse(&asked).unwrap().only().unwrap().reader();
    assert_eq!(
        tbs.expect(Tag::SEQUENCE).unwrap().content.len(),
        2 * one.raw.len()
    );
    let list = tbs.expect(Tag::context(2)).unwrap().only().unwrap();
    let [extension] = &Extension::all(&list).unwrap()[..] else {
        panic!("one extension");
    };
    assert_eq!(extension.kind, oid::OCSP_NONCE);
    assert_eq!(extension.element().unwrap().content, nonce);

    assert!(request::write(&[], None).is_err());
    assert!(request::write(std::slice::from_ref(&id), Some(&[])).is_err());
    assert!(request::write(&[id], Some(&[0; 129])).is_err());
}

#[test]
fn err_or_ok_but_never_a_panic_for_every_cut_and_change() {
    let ca = authority("CA");
    let subject = Subject::new().with(oid::AT_COMMON_NAME, "responder");
    let template = Template::ocsp_responder(&[2], subject, at("2026-01-01"), at("2027-01-01"));
    let responder = ca
        .subordinate(Key::generate(KeyType::P256).unwrap(), &template)
        .unwrap();
    let status = CertificateStatus::Revoked {
        at: at("2026-01-15"),
        reason: Some(1),
    };
    let template = OcspTemplate {
        by_name: true,
        ..OcspTemplate::new(answer(status))
    };
    let der = responder.ocsp(&ca, &template).unwrap();
    assert_eq!(read_one(&der).unwrap().certificates().len(), 1);
    for length in 0..der.len() {
        assert!(read_one(&der[..length]).is_err());
    }
    let mut still_read = 0;
    for at in 0..der.len() {
        for value in [0x00, 0x01, 0x30, 0x80, 0xff] {
            let mut changed = der.clone();
            changed[at] = value;
            still_read += usize::from(read_one(&changed).is_ok());
        }
    }
    assert!(still_read > 0);
}

#[test]
fn ok_single_extensions_are_read_and_unknown_critical_ones_refuse() {
    let hash = DigestAlgorithm::Sha256.digest(&[b"certificate"]);
    let time = write::element(Tag::GENERALIZED_TIME, &[b"20200101000000Z"]).unwrap();
    let algorithm = DigestAlgorithm::Sha256.to_der().unwrap();
    let hash = write::element(Tag::OCTET_STRING, &[hash.as_bytes()]).unwrap();
    let hash = write::sequence(&[&algorithm, &hash]).unwrap();
    let extension = |kind: &Oid, critical: &[u8], value: &[u8]| {
        let value = write::element(Tag::OCTET_STRING, &[value]).unwrap();
        write::sequence(&[&write::oid(kind).unwrap(), critical, &value]).unwrap()
    };
    let single = |extensions: &[Vec<u8>]| {
        let id = CertId {
            algorithm: Some(DigestAlgorithm::Sha1),
            issuer_name_hash: [1; 20].into(),
            issuer_key_hash: [2; 20].into(),
            serial: SerialNumber::from_bytes(&[7]).unwrap(),
        };
        let list = write::sequence(&[&extensions.concat()]).unwrap();
        let list = write::element(Tag::context(1), &[&list]).unwrap();
        let der = write::sequence(&[&id.to_der().unwrap(), &[0x80, 0], &time, &list]).unwrap();
        SingleResponse::read(&asn1::parse(&der).unwrap())
    };
    let unknown = Oid::from_dotted("1.2.3").unwrap();
    let read = single(&[
        extension(&ARCHIVE_CUTOFF, &[], &time),
        extension(&CERTIFICATE_HASH, &[], &hash),
        extension(&unknown, &[], &[5, 0]),
    ])
    .unwrap();
    assert_eq!(read.archive_cutoff, Some(at("2020-01-01")));
    assert_eq!(read.next_update, None);
    assert_eq!(read.hash_matches(b"certificate"), Some(true));
    assert_eq!(read.hash_matches(b"another"), Some(false));
    assert_eq!(read.unusable, None);

    let critical = extension(&unknown, &[1, 1, 0xff], &[5, 0]);
    let read = single(std::slice::from_ref(&critical)).unwrap();
    assert_eq!(read.unusable, Some(unknown));
    assert_eq!(read.hash_matches(b"certificate"), None);
    assert!(single(&[critical.clone(), critical]).is_err());
}
