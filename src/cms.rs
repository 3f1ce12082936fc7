//! Bytes → [`SignedData`] with the signed attributes as sent; and the DER writer.
//!
//! Real signatures are BER, padded with zeros and unsorted: all of that is read and reported.
//! Nothing here decides what is acceptable.

pub mod attribute;
mod signed_data;
pub mod write;

pub use attribute::Attribute;
pub use signed_data::{
    DigestField, Encoding, Padding, SignedAttributes, SignedData, SignerIdentifier, SignerInfo,
};

#[cfg(test)]
mod tests;

/// For fuzzing: everything that can be read from `bytes`, with what must hold of it.
#[doc(hidden)]
pub fn exercise(bytes: &[u8]) {
    let limits = crate::limits::Limits::new();
    let Ok(data) = SignedData::parse(bytes, &limits) else {
        return;
    };
    assert!(data.length <= bytes.len() && data.raw.len() == data.length);
    for signer in &data.signers {
        let _ = signer.algorithm();
        exercise_attributes(signer.signed());
        exercise_attributes(&signer.unsigned_attributes);
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

/// For fuzzing: every attribute reader over `attributes`.
#[doc(hidden)]
pub fn exercise_attributes(attributes: &[Attribute<'_>]) {
    let _ = attribute::content_type(attributes);
    let _ = attribute::message_digest(attributes);
    let _ = attribute::signing_time(attributes);
    let _ = attribute::signing_certificate(attributes);
    let _ = attribute::signing_certificate_v2(attributes);
    let _ = attribute::algorithm_protection(attributes);
    let _ = attribute::adobe_revocation_info(attributes);
    let _ = attribute::signature_policy(attributes);
    let _ = attribute::commitment_types(attributes);
    let _ = attribute::content_time_stamps(attributes);
    let _ = attribute::signature_time_stamps(attributes);
    let _ = attribute::revocation_values(attributes);
    let _ = attribute::certificate_values(attributes);
}

/// For fuzzing: `bytes` as the signed attributes of an otherwise plain signature.
#[doc(hidden)]
pub fn exercise_signed_attributes(bytes: &[u8]) {
    use crate::asn1::{Tag, write::element};
    use crate::crypto::{DigestAlgorithm, SignatureAlgorithm};
    let digest = DigestAlgorithm::Sha256;
    let set = element(Tag::SET, &[bytes]).ok();
    let parts = write::Signature {
        content_type: &crate::oid::DATA,
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
        exercise(&cms);
    }
}
