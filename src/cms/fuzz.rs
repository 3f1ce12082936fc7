//! Any bytes → nothing: the entries for fuzzing, one call for each target of `fuzz/`.
//!
//! What they check beyond "no panic" are facts that must hold for every input.

use super::{Attribute, SignedData, SignerIdentifier, attribute, write};
use crate::asn1::{self, Tag, ber, write::element};
use crate::crypto::{DigestAlgorithm, PublicKey, SignatureAlgorithm};
use crate::limits::Limits;
use crate::oid;

/// Everything that can be read from one CMS structure.
pub fn cms_parse(bytes: &[u8]) {
    let limits = Limits::new();
    let Ok(data) = SignedData::parse(bytes, &limits) else {
        return;
    };
    assert!(data.length <= bytes.len() && data.raw.len() == data.length);
    for signer in &data.signers {
        let _ = signer.algorithm();
        attributes(signer.signed());
        attributes(&signer.unsigned_attributes);
        if let Ok(Some(protection)) = attribute::algorithm_protection(signer.signed()) {
            protection.matches(signer);
        }
        if let Some(signed) = &signer.signed_attributes {
            let sorted = signed.octets_sorted();
            assert_eq!(signed.is_der(), signed.octets_as_sent() == sorted);
        }
    }
    if let Ok(stamped) = write::with_signature_time_stamp(bytes, &[5, 0], &limits) {
        let again = SignedData::parse(&stamped, &limits);
        assert!(again.is_ok_and(|again| again.certificates == data.certificates));
    }
}

/// Every attribute reader.
fn attributes(list: &[Attribute<'_>]) {
    let _ = attribute::content_type(list);
    let _ = attribute::message_digest(list);
    let _ = attribute::signing_time(list);
    let _ = attribute::signing_certificate(list);
    let _ = attribute::signing_certificate_v2(list);
    let _ = attribute::algorithm_protection(list);
    let _ = attribute::adobe_revocation_info(list);
    let _ = attribute::signature_policy(list);
    let _ = attribute::commitment_types(list);
    let _ = attribute::content_time_stamps(list);
    let _ = attribute::signature_time_stamps(list);
    let _ = attribute::revocation_values(list);
    let _ = attribute::certificate_values(list);
}

/// The content of signed attributes inside an otherwise plain signature.
pub fn signed_attrs(bytes: &[u8]) {
    let digest = DigestAlgorithm::Sha256;
    let set = element(Tag::SET, &[bytes]).ok();
    let parts = write::Signature {
        content_type: &oid::DATA,
        content: None,
        certificates: &[],
        crls: &[],
        signer: &SignerIdentifier::SubjectKeyIdentifier((&[1][..]).into()),
        digest_algorithm: digest,
        signature_algorithm: &SignatureAlgorithm::Ecdsa { digest },
        signed_attributes: set.as_deref(),
        unsigned_attributes: &[],
    };
    if let Ok(cms) = write::signed_data(&parts, &[1]) {
        cms_parse(&cms);
    }
}

/// BER, made DER where it is ASN.1 all through: reading it again gives the same.
pub fn ber(bytes: &[u8]) {
    let depth = Limits::new().asn1_depth;
    let survey = ber::survey(bytes, depth);
    let Ok(element) = ber::Reader::new(bytes, depth).element() else {
        assert!(survey.is_err());
        return;
    };
    let Ok(survey) = survey else { return };
    assert_eq!(survey.length, element.raw.len());
    if let Ok(der) = ber::to_der(element.raw, depth) {
        assert_eq!(ber::to_der(&der, depth).as_deref(), Ok(&der[..]));
        assert!(asn1::parse(&der).is_ok());
        assert_eq!(ber::survey(&der, depth).map(|seen| seen.not_der), Ok(None));
    }
}

/// A public key and an algorithm identifier.
pub fn spki(bytes: &[u8]) {
    if let Ok(key) = PublicKey::from_spki(bytes) {
        assert!(key.same_key(&key) && key.spki() == bytes);
        let digest = DigestAlgorithm::Sha256;
        for algorithm in [
            SignatureAlgorithm::RsaPkcs1 { digest },
            SignatureAlgorithm::Ecdsa { digest },
            SignatureAlgorithm::Dsa { digest },
            SignatureAlgorithm::Ed25519,
            SignatureAlgorithm::Ed448,
        ] {
            let message = crate::crypto::Message::Bytes(b"m");
            let value = [0x30, 6, 2, 1, 1, 2, 1, 1];
            for signature in [&value[..], bytes] {
                let _ = crate::crypto::verify(&key, &algorithm, message, signature);
            }
        }
    }
    let _ = DigestAlgorithm::from_der(bytes);
    let _ = SignatureAlgorithm::for_cms(bytes, None);
    if let Ok(algorithm) = SignatureAlgorithm::from_der(bytes)
        && let Ok(der) = algorithm.to_der()
    {
        assert_eq!(SignatureAlgorithm::from_der(&der), Ok(algorithm));
    }
}
