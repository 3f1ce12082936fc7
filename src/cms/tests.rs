use super::attribute::{self as read, EssCertId};
use super::write::{self, Signature};
use super::*;
use crate::asn1::{Tag, write::element, write::oid as write_oid, write::sequence, write::small};
use crate::crypto::{DigestAlgorithm as D, SignatureAlgorithm};
use crate::error::{Asn1Fault, AttributeProblem, CmsFault, Error, ErrorKind};
use crate::limits::Limits;
use crate::oid::{self, Oid};

const LIMITS: Limits = Limits::new();

/// A signature whose signed attributes are `attributes` in this order, under the tag `[0]`.
fn with_attributes(attributes: &[Vec<u8>]) -> Vec<u8> {
    let set = element(Tag::SET, &slices(attributes)).unwrap();
    let parts = Signature {
        content_type: &oid::DATA,
        content: None,
        certificates: &[],
        crls: &[],
        signer: &SignerIdentifier::SubjectKeyIdentifier((&[1][..]).into()),
        digest_algorithm: D::Sha256,
        signature_algorithm: &SignatureAlgorithm::Ecdsa { digest: D::Sha256 },
        signed_attributes: Some(&set),
        unsigned_attributes: &[],
    };
    write::signed_data(&parts, &[1]).unwrap()
}

fn slices(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}

fn attribute(kind: &Oid, values: &[&[u8]]) -> Vec<u8> {
    write::attribute(kind, values).unwrap()
}

/// `SignedData` from raw fields: after the version; the digest algorithms are empty.
fn raw(fields: &[&[u8]]) -> Vec<u8> {
    let encapsulated = sequence(&[&write_oid(&oid::DATA).unwrap()]).unwrap();
    let mut all = vec![&[2u8, 1, 1][..], &[0x31, 0], &encapsulated];
    all.extend_from_slice(fields);
    let body = sequence(&all).unwrap();
    sequence(&[
        &write_oid(&oid::SIGNED_DATA).unwrap(),
        &element(Tag::context(0), &[&body]).unwrap(),
    ])
    .unwrap()
}

fn is_limit(error: &Error, expected: &str) -> bool {
    matches!(error.kind(), ErrorKind::Limit { name, .. } if *name == expected)
}

/// A54.
#[test]
fn unsorted_attributes_keep_what_was_sent_and_give_the_sorted_form() {
    let one = attribute(&oid::MESSAGE_DIGEST, &[&[4, 2, 7, 7]]);
    let two = attribute(&oid::CONTENT_TYPE, &[&write_oid(&oid::DATA).unwrap()]);
    assert!(one < two);
    let sent = with_attributes(&[two.clone(), one.clone()]);
    let data = SignedData::parse(&sent, &LIMITS).unwrap();
    assert_eq!(data.encoding, Encoding::Der);
    let set = data.signers[0].signed_attributes.as_ref().unwrap();
    assert!(!set.is_der());
    assert_eq!(
        set.octets_as_sent(),
        element(Tag::SET, &[&two, &one]).unwrap()
    );
    assert_eq!(
        set.octets_sorted(),
        element(Tag::SET, &[&one, &two]).unwrap()
    );
    let order: Vec<&Oid> = set.iter().map(|attribute| &attribute.oid).collect();
    assert_eq!(order, [&oid::CONTENT_TYPE, &oid::MESSAGE_DIGEST]);
}

#[test]
fn loose_headers_in_attributes_are_made_tight_in_the_sorted_form() {
    // The length of the value is not minimal.
    let loose = sequence(&[
        &write_oid(&oid::MESSAGE_DIGEST).unwrap(),
        &[0x31, 0x05, 0x04, 0x81, 0x02, 7, 7],
    ])
    .unwrap();
    let tight = attribute(&oid::MESSAGE_DIGEST, &[&[4, 2, 7, 7]]);
    let sent = with_attributes(std::slice::from_ref(&loose));
    let data = SignedData::parse(&sent, &LIMITS).unwrap();
    assert!(matches!(
        data.encoding,
        Encoding::Ber {
            why: "length is not minimal",
            ..
        }
    ));
    let set = data.signers[0].signed_attributes.as_ref().unwrap();
    assert!(!set.is_der());
    assert_eq!(set.octets_as_sent(), element(Tag::SET, &[&loose]).unwrap());
    assert_eq!(set.octets_sorted(), element(Tag::SET, &[&tight]).unwrap());
    // Values of signed attributes must be DER.
    assert!(read::message_digest(set.as_slice()).is_err());
}

/// A57.
#[test]
fn err_attributes_that_are_missing_doubled_or_of_another_type() {
    let right = attribute(&oid::MESSAGE_DIGEST, &[&[4, 2, 7, 7]]);
    let other = attribute(&oid::MESSAGE_DIGEST, &[&[4, 2, 8, 8]]);
    let problem = |attributes: &[Vec<u8>]| {
        let sent = with_attributes(attributes);
        let data = SignedData::parse(&sent, &LIMITS).unwrap();
        let found = read::message_digest(data.signers[0].signed());
        found
            .map(|value| value.map(<[u8]>::to_vec))
            .map_err(|error| {
                let at = usize::try_from(error.position().unwrap()).unwrap();
                assert!([0x30, 0x02, 0x04, 0x24].contains(&sent[at]), "{error}");
                match error.kind() {
                    ErrorKind::Cms(CmsFault::Attribute { name, problem }) => {
                        assert_eq!(*name, "message-digest");
                        *problem
                    }
                    other => panic!("{other:?}"),
                }
            })
    };
    assert_eq!(problem(&[]), Ok(None));
    assert_eq!(problem(std::slice::from_ref(&right)), Ok(Some(vec![7, 7])));
    assert_eq!(
        problem(&[right.clone(), other]),
        Err(AttributeProblem::Repeated(2))
    );
    for (values, expected) in [
        (&[][..], AttributeProblem::Values(0)),
        (&[&[4, 1, 1][..], &[4, 1, 2]], AttributeProblem::Values(2)),
        (&[&[2, 1, 7]], AttributeProblem::Malformed),
        (&[&[0x24, 4, 4, 2, 7, 7]], AttributeProblem::Malformed),
    ] {
        let attribute = attribute(&oid::MESSAGE_DIGEST, values);
        assert_eq!(problem(&[attribute]), Err(expected), "{values:?}");
    }
}

#[test]
fn ok_signing_certificates_of_both_versions() {
    let algorithm = D::Sha384.to_der().unwrap();
    let name = sequence(&[]).unwrap();
    let directory = element(Tag::context(4), &[&name]).unwrap();
    let pair = sequence(&[&sequence(&[&directory]).unwrap(), &[2, 1, 9]]).unwrap();
    let hash: &[u8] = &[4, 2, 7, 7];
    let list = |identifier: &[&[u8]]| {
        let list = sequence(&[&sequence(identifier).unwrap()]).unwrap();
        sequence(&[&list]).unwrap()
    };
    let v1 = attribute(&oid::SIGNING_CERTIFICATE, &[&list(&[hash, &pair])]);
    let v2 = attribute(
        &oid::SIGNING_CERTIFICATE_V2,
        &[&list(&[&algorithm, hash, &pair])],
    );
    let sent = with_attributes(&[v1, v2]);
    let data = SignedData::parse(&sent, &LIMITS).unwrap();
    let signed = data.signers[0].signed();
    let one = read::signing_certificate(signed).unwrap().unwrap();
    let two = read::signing_certificate_v2(signed).unwrap().unwrap();
    let [
        EssCertId {
            digest: Some(D::Sha1),
            hash: [7, 7],
            issuer_serial: Some(first),
        },
    ] = one.as_slice()
    else {
        panic!("{one:?}");
    };
    assert_eq!(first.directory_name, Some(&name[..]));
    assert_eq!(first.serial, [9]);
    assert_eq!(two[0].digest, Some(D::Sha384));
    assert_eq!(two[0].issuer_serial, one[0].issuer_serial);
    // SHA-256 is the default; an unknown digest is told, an empty list is malformed.
    let value = |v2: &[u8]| {
        let sent = with_attributes(&[attribute(&oid::SIGNING_CERTIFICATE_V2, &[v2])]);
        let data = SignedData::parse(&sent, &LIMITS).unwrap();
        read::signing_certificate_v2(data.signers[0].signed())
            .map(|list| list.unwrap()[0].digest)
            .map_err(|_| ())
    };
    assert_eq!(value(&list(&[hash])), Ok(Some(D::Sha256)));
    let md2 = write_oid(&Oid::from_dotted("1.2.840.113549.2.2").unwrap()).unwrap();
    let md2 = sequence(&[&md2]).unwrap();
    assert_eq!(value(&list(&[&md2, hash])), Ok(None));
    assert_eq!(value(&sequence(&[&[0x30, 0]]).unwrap()), Err(()));
    assert_eq!(value(&list(&[&pair])), Err(()));
}

#[test]
fn ok_revocation_archival_of_adobe() {
    let (crl, ocsp) = ([0x30, 1, 0x11], [0x30, 1, 0x22]);
    let field = |number, inside: &[&[u8]]| {
        element(Tag::context(number), &[&sequence(inside).unwrap()]).unwrap()
    };
    let value = sequence(&[&field(0, &[&crl]), &field(1, &[&ocsp, &ocsp])]).unwrap();
    let sent = with_attributes(&[attribute(&oid::ADOBE_REVOCATION_INFO, &[&value])]);
    let data = SignedData::parse(&sent, &LIMITS).unwrap();
    let found = read::adobe_revocation_info(data.signers[0].signed()).unwrap();
    let found = found.unwrap();
    assert_eq!(found.crls, [&crl[..]]);
    assert_eq!(found.ocsps, [&ocsp[..], &ocsp[..]]);
}

#[test]
fn algorithm_protection_sees_another_digest_or_signature_algorithm() {
    let protected = |digest: &[u8], signature: &[u8]| {
        let inside = crate::asn1::parse(signature).unwrap().content;
        let value = sequence(&[digest, &element(Tag::context(1), &[inside]).unwrap()]).unwrap();
        let sent = with_attributes(&[attribute(&oid::CMS_ALGORITHM_PROTECTION, &[&value])]);
        let data = SignedData::parse(&sent, &LIMITS).unwrap();
        let signer = &data.signers[0];
        read::algorithm_protection(signer.signed())
            .unwrap()
            .unwrap()
            .matches(signer)
    };
    let ecdsa = |digest| SignatureAlgorithm::Ecdsa { digest }.to_der().unwrap();
    let (sha256, sha512) = (D::Sha256.to_der().unwrap(), D::Sha512.to_der().unwrap());
    let null = sequence(&[&write_oid(&oid::SHA256).unwrap(), &[5, 0]]).unwrap();
    assert!(protected(&sha256, &ecdsa(D::Sha256)));
    assert!(protected(&null, &ecdsa(D::Sha256)));
    assert!(!protected(&sha512, &ecdsa(D::Sha256)));
    assert!(!protected(&sha256, &ecdsa(D::Sha512)));
}

/// A63.
#[test]
fn what_follows_is_reported_with_its_position() {
    let mut sent = with_attributes(&[]);
    let length = sent.len();
    let padding = |sent: &[u8]| {
        let data = SignedData::parse(sent, &LIMITS).unwrap();
        assert_eq!(data.length, length);
        assert_eq!(data.raw, &sent[..length]);
        data.padding
    };
    assert_eq!(padding(&sent), Padding::None);
    sent.extend_from_slice(&[0; 5]);
    assert_eq!(padding(&sent), Padding::Zeros(5));
    sent.push(7);
    let at = length as u64 + 5;
    assert_eq!(padding(&sent), Padding::Other { at });
}

#[test]
fn other_kinds_of_certificates_and_revocation_are_counted() {
    let certificates = [0xa0, 9, 0x30, 1, 0xaa, 0xa1, 1, 0xbb, 0x30, 1, 0xcc];
    let ocsp = sequence(&[]).unwrap();
    let other = |format: &str, value: &[u8]| {
        let oid = write_oid(&Oid::from_dotted(format).unwrap()).unwrap();
        element(Tag::context(1), &[&oid, value]).unwrap()
    };
    let revocation = element(
        Tag::context(1),
        &[
            &[0x30, 1, 0xdd],
            &other("1.3.6.1.5.5.7.16.2", &ocsp),
            &other("1.3.6.1.5.5.7.16.4", &ocsp),
            &[0xa2, 0],
        ],
    )
    .unwrap();
    let sent = raw(&[&certificates, &revocation, &[0x31, 0]]);
    let data = SignedData::parse(&sent, &LIMITS).unwrap();
    assert_eq!(data.certificates, [&[0x30, 1, 0xaa], &[0x30, 1, 0xcc]]);
    assert_eq!(data.other_certificates, 1);
    assert_eq!(data.crls, [&[0x30, 1, 0xdd]]);
    assert_eq!(data.ocsp_responses, [&ocsp[..]]);
    assert_eq!(data.other_revocation, 2);
    assert!(data.signers.is_empty());
    // What is inside a certificate is not looked at, except that it is no DER.
    assert!(matches!(data.encoding, Encoding::Ber { .. }));
}

#[test]
fn a_signature_algorithm_in_the_place_of_a_digest_is_told() {
    let plain = with_attributes(&[]);
    let digest = D::Sha256.to_der().unwrap();
    let ecdsa = SignatureAlgorithm::Ecdsa { digest: D::Sha256 };
    let data = SignedData::parse(&plain, &LIMITS).unwrap();
    let field = &data.signers[0].digest_algorithm;
    assert!(!field.named_as_signature && field.algorithm == Some(D::Sha256));
    assert_eq!(field.raw[..], digest);

    let signer = sequence(&[
        &small(1).unwrap(),
        &sequence(&[&[0x30, 0], &[2, 1, 1]]).unwrap(),
        &ecdsa.to_der().unwrap(),
        &ecdsa.to_der().unwrap(),
        &[4, 1, 1],
    ])
    .unwrap();
    let sent = raw(&[&element(Tag::SET, &[&signer]).unwrap()]);
    let data = SignedData::parse(&sent, &LIMITS).unwrap();
    let field = &data.signers[0].digest_algorithm;
    assert!(field.named_as_signature && field.algorithm == Some(D::Sha256));
    assert_eq!(
        data.signers[0].identifier,
        SignerIdentifier::IssuerAndSerial {
            issuer: (&[0x30, 0][..]).into(),
            serial: &[1]
        }
    );
}

#[test]
fn err_every_budget_is_a_limit_and_no_verdict() {
    let parse = |sent: &[u8], limits: &Limits| SignedData::parse(sent, limits).unwrap_err();
    let sent = with_attributes(&[]);
    let mut limits = Limits::new();
    limits.cms = sent.len() - 1;
    assert!(is_limit(&parse(&sent, &limits), "cms"));

    let certificates = element(Tag::context(0), &[&[0x30, 0].repeat(201)]).unwrap();
    let many = raw(&[&certificates, &[0x31, 0]]);
    assert!(is_limit(&parse(&many, &LIMITS), "cms_certificates"));
    let signers = element(Tag::SET, &[&[0x30, 0].repeat(201)]).unwrap();
    assert!(SignedData::parse(&raw(&[&signers]), &LIMITS).is_err());

    let one = attribute(&oid::SIGNATURE_POLICY, &[&[5, 0]]);
    let many = with_attributes(&vec![one; 65]);
    assert!(is_limit(&parse(&many, &LIMITS), "cms_attributes"));
    let values = with_attributes(&[attribute(&oid::SIGNATURE_POLICY, &[&[5, 0][..]; 65])]);
    assert!(is_limit(&parse(&values, &LIMITS), "cms_attributes"));
}

/// A74.
#[test]
fn err_depth_of_ten_thousand_anywhere_and_length_of_two_to_the_63() {
    let mut deep = vec![5, 0];
    for _ in 0..10_000 {
        deep = sequence(&[&deep]).unwrap();
    }
    let inside = with_attributes(&[attribute(&oid::SIGNATURE_POLICY, &[&deep])]);
    for sent in [deep, [0x30, 0x80].repeat(10_000), inside] {
        let error = SignedData::parse(&sent, &LIMITS).unwrap_err();
        assert!(is_limit(&error, "asn1_depth"), "{error}");
    }
    let mut huge = with_attributes(&[]);
    huge.splice(1..2, [0x88, 0x80, 0, 0, 0, 0, 0, 0, 0]);
    let error = SignedData::parse(&huge, &LIMITS).unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::Asn1(Asn1Fault::Truncated { .. })
    ));
}

#[test]
fn err_every_cut_and_another_content_type() {
    let sent = with_attributes(&[attribute(&oid::SIGNATURE_POLICY, &[&[5, 0]])]);
    for length in 0..sent.len() {
        assert!(SignedData::parse(&sent[..length], &LIMITS).is_err());
    }
    let data = sequence(&[&write_oid(&oid::DATA).unwrap()]).unwrap();
    assert!(matches!(
        SignedData::parse(&data, &LIMITS).unwrap_err().kind(),
        ErrorKind::Cms(CmsFault::NotSignedData(kind)) if kind == "1.2.840.113549.1.7.1"
    ));
}

#[test]
fn any_octet_changed_is_read_or_refused() {
    let policy = attribute(&oid::SIGNATURE_POLICY, &[&[5, 0]]);
    let digest = attribute(&oid::MESSAGE_DIGEST, &[&[4, 2, 7, 7]]);
    let sent = with_attributes(&[policy, digest]);
    for at in 0..sent.len() {
        for value in 0..=255 {
            let mut changed = sent.clone();
            changed[at] = value;
            fuzz::cms_parse(&changed);
            fuzz::ber(&changed);
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_octets_are_read_or_refused(bytes: Vec<u8>) {
        fuzz::cms_parse(&bytes);
        fuzz::signed_attrs(&bytes);
        fuzz::ber(&bytes);
        fuzz::spki(&bytes);
    }
}
