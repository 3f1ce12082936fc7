//! Signature values as devices and services give them → the form that CMS uses; digests → what
//! raw RSA operations take.

use crate::asn1::{self, Tag, write};
use crate::crypto::{Curve, KeyKind, PublicKey, SignatureAlgorithm};
use crate::error::{Error, KeyFault};

/// ```asn1
/// DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }
/// ```
///
/// Parameters are NULL, as signers must write them.
///
/// Source: RFC 8017 §9.2.
#[cfg(any(feature = "fs", feature = "pkcs11"))]
pub(super) fn digest_info(digest: &crate::crypto::DigestValue) -> Result<Vec<u8>, Error> {
    let name = write::oid(&digest.algorithm().oid())?;
    let algorithm = write::sequence(&[&name, &write::element(Tag::NULL, &[])?])?;
    let value = write::element(Tag::OCTET_STRING, &[digest.as_bytes()])?;
    write::sequence(&[&algorithm, &value])
}

/// `value` by `key` as CMS wants it: RSA as long as the modulus (some services drop leading
/// zeros), ECDSA as DER (tokens give r and s side by side).
///
/// # Errors
/// [`KeyFault::Backend`]: it cannot be such a value.
///
/// Source: RFC 8017 §8.1.1, §8.2.1; RFC 3279 §2.2.3; RFC 8410 §6.
pub(super) fn normalized(
    key: &PublicKey,
    algorithm: &SignatureAlgorithm,
    value: &[u8],
) -> Result<Vec<u8>, Error> {
    let wrong = || Error::new(KeyFault::Backend("the signature value has a wrong length"));
    match algorithm {
        SignatureAlgorithm::RsaPkcs1 { .. } | SignatureAlgorithm::RsaPss { .. } => {
            let zeros = key.signature_len().checked_sub(value.len());
            let zeros = zeros.filter(|_| !value.is_empty()).ok_or_else(wrong)?;
            let mut out = vec![0; zeros];
            out.extend_from_slice(value);
            Ok(out)
        }
        SignatureAlgorithm::Ecdsa { .. } => {
            let field = match key.kind() {
                KeyKind::Ec { curve: Curve::P256 } => 32,
                KeyKind::Ec { curve: Curve::P384 } => 48,
                KeyKind::Ec { curve: Curve::P521 } => 66,
                _ => return Err(wrong()),
            };
            match value.split_at_checked(field) {
                Some((r, s)) if s.len() == field => {
                    write::sequence(&[&write::unsigned(r)?, &write::unsigned(s)?])
                }
                _ if is_pair(value) => Ok(value.to_vec()),
                _ => Err(wrong()),
            }
        }
        _ if value.len() == key.signature_len() => Ok(value.to_vec()),
        _ => Err(wrong()),
    }
}

/// Whether it is DER of two numbers already.
fn is_pair(value: &[u8]) -> bool {
    let read = || {
        let mut reader = asn1::parse(value)?.expect(Tag::SEQUENCE)?.reader();
        reader.expect(Tag::INTEGER)?.unsigned()?;
        reader.expect(Tag::INTEGER)?.unsigned()?;
        reader.finish()
    };
    read().is_ok()
}

/// An elliptic curve point as tokens store it (in an OCTET STRING, by some bare).
///
/// Source: PKCS #11 Specification 3.1, CKA_EC_POINT.
#[cfg(feature = "pkcs11")]
pub(super) fn point(stored: &[u8]) -> &[u8] {
    match asn1::parse(stored).and_then(|outer| outer.expect(Tag::OCTET_STRING)) {
        Ok(inner) => inner.content,
        Err(_) => stored,
    }
}
