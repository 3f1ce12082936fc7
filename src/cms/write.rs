//! Signed attributes, certificates and a signature value → DER of a CMS signature.
//!
//! The steps: [`signed_attributes`] gives the octets to sign, the key signs them, [`signed_data`]
//! puts everything together. [`size`] tells before that how many octets it will be at most, and
//! [`with_signature_time_stamp`] adds a time stamp to the finished value.

use std::borrow::Cow;

use super::SignerIdentifier;
use crate::asn1::write::{element, oid as write_oid, sequence, set_of, small, time};
use crate::asn1::{self, Tag, ber};
use crate::crypto::{DigestAlgorithm, SignatureAlgorithm};
use crate::error::{CmsFault, Error};
use crate::limits::Limits;
use crate::oid::{self, Oid};
use crate::time::UtcTime;

/// What the signed attributes say.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    /// content-type; [`oid::DATA`] in a PDF signature.
    pub content_type: &'a Oid,
    /// message-digest: octets of the content's digest.
    pub message_digest: &'a [u8],
    /// signing-certificate-v2: DER of the signer's certificate and the digest that names it.
    pub signing_certificate: Option<(&'a [u8], DigestAlgorithm)>,
    /// signing-time; PAdES forbids it.
    pub signing_time: Option<UtcTime>,
    /// CMSAlgorithmProtection of these two algorithms.
    pub algorithm_protection: Option<(DigestAlgorithm, &'a SignatureAlgorithm)>,
    /// Further attributes, each made by [`attribute`].
    pub more: &'a [Vec<u8>],
}

/// The DER SET OF the signed attributes: the octets that are signed.
///
/// # Errors
/// [`crate::error::ErrorKind::Misuse`]: an algorithm without an identifier.
///
/// Source: RFC 5652 §5.4.
pub fn signed_attributes(attributes: &Attributes<'_>) -> Result<Vec<u8>, Error> {
    let mut members = vec![
        attribute(&oid::CONTENT_TYPE, &[&write_oid(attributes.content_type)?])?,
        attribute(
            &oid::MESSAGE_DIGEST,
            &[&element(Tag::OCTET_STRING, &[attributes.message_digest])?],
        )?,
    ];
    if let Some((certificate, digest)) = attributes.signing_certificate {
        members.push(signing_certificate_v2(certificate, digest)?);
    }
    if let Some(moment) = attributes.signing_time {
        members.push(attribute(&oid::SIGNING_TIME, &[&time(moment)?])?);
    }
    if let Some((digest, signature)) = attributes.algorithm_protection {
        let signature = signature.to_der()?;
        let inside = asn1::parse(&signature)?.content;
        let value = sequence(&[&digest.to_der()?, &element(Tag::context(1), &[inside])?])?;
        members.push(attribute(&oid::CMS_ALGORITHM_PROTECTION, &[&value])?);
    }
    members.extend_from_slice(attributes.more);
    set_of(Tag::SET, &members)
}

/// One `Attribute` with values that are DER.
///
/// # Errors
/// None in practice; see [`element`].
pub fn attribute(kind: &Oid, values: &[&[u8]]) -> Result<Vec<u8>, Error> {
    sequence(&[&write_oid(kind)?, &set_of(Tag::SET, values)?])
}

/// The attribute signing-certificate-v2 with one certificate; SHA-256 is left out, as DER asks
/// of a default.
///
/// # Errors
/// None in practice; see [`element`].
///
/// Source: RFC 5035 §3, §4.
pub fn signing_certificate_v2(
    certificate: &[u8],
    digest: DigestAlgorithm,
) -> Result<Vec<u8>, Error> {
    let hash = element(
        Tag::OCTET_STRING,
        &[digest.digest(&[certificate]).as_bytes()],
    )?;
    let algorithm = match digest {
        DigestAlgorithm::Sha256 => Vec::new(),
        other => other.to_der()?,
    };
    let identifier = sequence(&[&algorithm, &hash])?;
    let value = sequence(&[&sequence(&[&identifier])?])?;
    attribute(&oid::SIGNING_CERTIFICATE_V2, &[&value])
}

/// Issuer and serial number of a certificate (DER), to name its holder as the signer.
///
/// # Errors
/// [`crate::error::Asn1Fault`]: not a certificate.
pub fn issuer_and_serial(certificate: &[u8]) -> Result<SignerIdentifier<'_>, Error> {
    let mut outer = asn1::parse(certificate)?.expect(Tag::SEQUENCE)?.reader();
    let mut body = outer.expect(Tag::SEQUENCE)?.reader();
    body.optional(Tag::context(0))?;
    let serial = body.expect(Tag::INTEGER)?.content;
    body.expect(Tag::SEQUENCE)?;
    let issuer = body.expect(Tag::SEQUENCE)?.raw;
    Ok(SignerIdentifier::IssuerAndSerial {
        issuer: Cow::Borrowed(issuer),
        serial,
    })
}

/// Everything in a signature but its value.
#[derive(Debug, Clone)]
pub struct Signature<'a> {
    /// `eContentType`; [`oid::DATA`] in a PDF signature.
    pub content_type: &'a Oid,
    /// `eContent`; `None` for a detached signature, as in a PDF.
    pub content: Option<&'a [u8]>,
    /// Certificates, DER each.
    pub certificates: &'a [&'a [u8]],
    /// CRLs, DER each.
    pub crls: &'a [&'a [u8]],
    /// Who signs; see [`issuer_and_serial`].
    pub signer: &'a SignerIdentifier<'a>,
    /// Digest of the content and of the signed attributes.
    pub digest_algorithm: DigestAlgorithm,
    /// Signature algorithm.
    pub signature_algorithm: &'a SignatureAlgorithm,
    /// What [`signed_attributes`] gave; `None` when the content itself is signed.
    pub signed_attributes: Option<&'a [u8]>,
    /// Unsigned attributes, each made by [`attribute`].
    pub unsigned_attributes: &'a [Vec<u8>],
}

/// The DER `ContentInfo` of a signature with one signer.
///
/// # Errors
/// [`crate::error::ErrorKind::Misuse`]: an algorithm without an identifier;
/// [`crate::error::Asn1Fault`]: signed attributes that are not what [`signed_attributes`] gives.
///
/// Source: RFC 5652 §5.1, §5.3.
pub fn signed_data(parts: &Signature<'_>, value: &[u8]) -> Result<Vec<u8>, Error> {
    let digest = parts.digest_algorithm.to_der()?;
    let (version, identifier) = match parts.signer {
        SignerIdentifier::IssuerAndSerial { issuer, serial } => {
            (1, sequence(&[issuer, &element(Tag::INTEGER, &[serial])?])?)
        }
        SignerIdentifier::SubjectKeyIdentifier(key) => {
            (3, element(Tag::context_primitive(0), &[key])?)
        }
    };
    let signed = match parts.signed_attributes {
        Some(set) => {
            let inside = asn1::parse(set)?.expect(Tag::SET)?.content;
            element(Tag::context(0), &[inside])?
        }
        None => Vec::new(),
    };
    let unsigned = match parts.unsigned_attributes {
        [] => Vec::new(),
        members => set_of(Tag::context(1), members)?,
    };
    let signer = sequence(&[
        &small(version)?,
        &identifier,
        &digest,
        &signed,
        &parts.signature_algorithm.to_der()?,
        &element(Tag::OCTET_STRING, &[value])?,
        &unsigned,
    ])?;
    let content = match parts.content {
        Some(octets) => element(Tag::context(0), &[&element(Tag::OCTET_STRING, &[octets])?])?,
        None => Vec::new(),
    };
    let many = |tag, members: &[&[u8]]| match members {
        [] => Ok(Vec::new()),
        members => set_of(tag, members),
    };
    let plain = *parts.content_type == oid::DATA && version == 1;
    let body = sequence(&[
        &small(if plain { 1 } else { 3 })?,
        &element(Tag::SET, &[&digest])?,
        &sequence(&[&write_oid(parts.content_type)?, &content])?,
        &many(Tag::context(0), parts.certificates)?,
        &many(Tag::context(1), parts.crls)?,
        &element(Tag::SET, &[&signer])?,
    ])?;
    sequence(&[
        &write_oid(&oid::SIGNED_DATA)?,
        &element(Tag::context(0), &[&body])?,
    ])
}

/// The most octets that the finished signature can have: with a signature value of
/// `signature_len` octets (see [`crate::crypto::PublicKey::signature_len`]) and, when
/// `time_stamp_len` is given, a signature-time-stamp whose token has that many.
///
/// # Errors
/// As [`signed_data`].
pub fn size(
    parts: &Signature<'_>,
    signature_len: usize,
    time_stamp_len: Option<usize>,
) -> Result<usize, Error> {
    let mut unsigned = parts.unsigned_attributes.to_vec();
    if let Some(length) = time_stamp_len {
        unsigned.push(attribute(&oid::SIGNATURE_TIME_STAMP, &[&vec![0; length]])?);
    }
    let parts = Signature {
        unsigned_attributes: &unsigned,
        ..parts.clone()
    };
    Ok(signed_data(&parts, &vec![0; signature_len])?.len())
}

/// `cms` with `token`, one time-stamp token, added to the unsigned attributes of its only signer.
/// All other parts keep their octets; the headers around them become DER.
///
/// `cms`: one `ContentInfo`; zeros after it are dropped.
///
/// # Errors
/// [`CmsFault`], [`crate::error::Asn1Fault`]: malformed, or not exactly one signer.
///
/// Source: RFC 3161 Appendix A.
pub fn with_signature_time_stamp(
    cms: &[u8],
    token: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, Error> {
    let stamp = attribute(&oid::SIGNATURE_TIME_STAMP, &[token])?;
    let mut top = ber::Reader::new(cms, limits.asn1_depth);
    let mut info = top.expect(Tag::SEQUENCE)?.reader()?;
    let kind = info.expect(Tag::OID)?;
    let mut fields = info
        .expect(Tag::context(0))?
        .only()?
        .expect(Tag::SEQUENCE)?
        .reader()?;
    // The signers are the last field.
    let mut before = Vec::new();
    let mut last = fields.element()?;
    while !fields.is_empty() {
        before.push(last.raw);
        last = fields.element()?;
    }
    let one = |fault| Error::at(CmsFault::Malformed(fault), last.offset);
    let mut signers = last.expect(Tag::SET)?.reader()?;
    if signers.is_empty() {
        return Err(one("no signer"));
    }
    let signer = signers.expect(Tag::SEQUENCE)?;
    if !signers.is_empty() {
        return Err(one("more than one signer"));
    }
    let mut fields = signer.reader()?;
    let mut kept = Vec::new();
    let mut unsigned = vec![stamp];
    while !fields.is_empty() {
        let field = fields.element()?;
        if field.tag == Tag::context(1) {
            let mut members = field.reader()?;
            while !members.is_empty() {
                unsigned.push(members.element()?.raw.to_vec());
            }
        } else {
            kept.push(field.raw);
        }
    }
    let unsigned = set_of(Tag::context(1), &unsigned)?;
    kept.push(&unsigned);
    let signers = element(Tag::SET, &[&sequence(&kept)?])?;
    before.push(&signers);
    sequence(&[kind.raw, &element(Tag::context(0), &[&sequence(&before)?])?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cms::{Encoding, Padding, SignedData, attribute as read};

    fn name() -> Vec<u8> {
        sequence(&[]).unwrap()
    }

    fn algorithms() -> (DigestAlgorithm, SignatureAlgorithm) {
        let digest = DigestAlgorithm::Sha256;
        (digest, SignatureAlgorithm::Ecdsa { digest })
    }

    fn attributes(algorithm: &SignatureAlgorithm) -> Vec<u8> {
        signed_attributes(&Attributes {
            content_type: &oid::DATA,
            message_digest: &[7; 32],
            signing_certificate: Some((b"certificate", DigestAlgorithm::Sha512)),
            signing_time: UtcTime::from_unix(1_700_000_000),
            algorithm_protection: Some((DigestAlgorithm::Sha256, algorithm)),
            more: &[],
        })
        .unwrap()
    }

    #[test]
    fn ok_what_is_written_is_read_again() {
        let (digest, algorithm) = algorithms();
        let issuer = name();
        let signer = SignerIdentifier::IssuerAndSerial {
            issuer: Cow::Borrowed(&issuer),
            serial: &[0, 0x99],
        };
        let signed = attributes(&algorithm);
        let parts = Signature {
            content_type: &oid::DATA,
            content: None,
            certificates: &[&[0x30, 3, 2, 1, 9], &[0x30, 3, 2, 1, 1]],
            crls: &[&[0x30, 0]],
            signer: &signer,
            digest_algorithm: digest,
            signature_algorithm: &algorithm,
            signed_attributes: Some(&signed),
            unsigned_attributes: &[],
        };
        let token = sequence(&[&small(5).unwrap()]).unwrap();
        let plain = signed_data(&parts, &[0xaa; 71]).unwrap();
        let stamped = with_signature_time_stamp(&plain, &token, &Limits::new()).unwrap();
        assert_eq!(
            stamped.len(),
            size(&parts, 71, Some(token.len())).unwrap(),
            "the size is exact for a signature of the greatest length"
        );
        assert!(size(&parts, 72, None).unwrap() > plain.len());

        let mut padded = stamped.clone();
        padded.extend_from_slice(&[0; 9]);
        let data = SignedData::parse(&padded, &Limits::new()).unwrap();
        assert_eq!(
            (data.encoding, data.padding, data.length),
            (Encoding::Der, Padding::Zeros(9), stamped.len())
        );
        assert_eq!((data.version, data.content.is_none()), (1, true));
        assert_eq!(data.certificates.len(), 2);
        assert_eq!(data.crls, [&[0x30, 0][..]]);
        let [one] = data.signers.as_slice() else {
            panic!("one signer");
        };
        assert_eq!(one.identifier, signer);
        assert_eq!(one.algorithm().unwrap(), algorithm);
        assert_eq!(one.signature[..], [0xaa; 71]);
        let set = one.signed_attributes.as_ref().unwrap();
        assert!(set.is_der());
        assert_eq!(set.octets_as_sent(), signed);
        let list = set.as_slice();
        assert_eq!(read::content_type(list).unwrap(), Some(oid::DATA));
        assert_eq!(read::message_digest(list).unwrap(), Some(&[7; 32][..]));
        assert_eq!(
            read::signing_time(list).unwrap(),
            UtcTime::from_unix(1_700_000_000)
        );
        let named = read::signing_certificate_v2(list).unwrap().unwrap();
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].digest, Some(DigestAlgorithm::Sha512));
        assert_eq!(named[0].matches(b"certificate"), Some(true));
        assert_eq!(named[0].matches(b"certificatf"), Some(false));
        assert!(
            read::algorithm_protection(list)
                .unwrap()
                .unwrap()
                .matches(one)
        );
        let stamps = read::signature_time_stamps(&one.unsigned_attributes).unwrap();
        assert_eq!(stamps.len(), 1);
        assert_eq!(stamps[0].0, token);
        let at = usize::try_from(stamps[0].1).unwrap();
        assert_eq!(&stamped[at..at + token.len()], token);
    }

    #[test]
    fn ok_a_key_identifier_makes_version_3_and_a_second_stamp_keeps_the_first() {
        let (digest, algorithm) = algorithms();
        let signer = SignerIdentifier::SubjectKeyIdentifier(Cow::Borrowed(b"key"));
        let parts = Signature {
            content_type: &oid::TST_INFO,
            content: Some(b"info"),
            certificates: &[],
            crls: &[],
            signer: &signer,
            digest_algorithm: digest,
            signature_algorithm: &algorithm,
            signed_attributes: None,
            unsigned_attributes: &[],
        };
        let mut cms = signed_data(&parts, b"value").unwrap();
        for number in [1, 2] {
            let token = sequence(&[&small(number).unwrap()]).unwrap();
            cms = with_signature_time_stamp(&cms, &token, &Limits::new()).unwrap();
        }
        let data = SignedData::parse(&cms, &Limits::new()).unwrap();
        assert_eq!(data.version, 3);
        assert_eq!(data.content.as_deref(), Some(&b"info"[..]));
        assert_eq!(data.content_type, oid::TST_INFO);
        let one = &data.signers[0];
        assert_eq!((one.version, &one.identifier), (3, &signer));
        assert!(one.signed_attributes.is_none());
        let stamps = read::signature_time_stamps(&one.unsigned_attributes).unwrap();
        assert_eq!(stamps.len(), 2);
    }

    #[test]
    fn ok_sha_256_is_the_default_of_signing_certificate_v2() {
        let written = signing_certificate_v2(b"c", DigestAlgorithm::Sha256).unwrap();
        let oid = write_oid(&oid::SHA256).unwrap();
        assert!(!written.windows(oid.len()).any(|window| window == oid));
    }
}
