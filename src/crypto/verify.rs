//! Key + algorithm + message + signature value → [`Outcome`].
//!
//! ring computes what it can from whole messages; the RustCrypto crates compute the rest and
//! everything that starts from a digest.

mod dsa;
mod ec;
mod rsa;

pub(super) use self::ec::is_canonical_ed448_point;
pub use self::rsa::pkcs1_block;

use super::key::Material;
use super::{
    Broken, DigestAlgorithm, DigestValue, KeyKind, Message, Outcome, PublicKey, SignatureAlgorithm,
    Unknown,
};
use std::borrow::Cow;

/// Checks that `signature` is the signature of `message` by `key`.
///
/// RSA is computed from 1024 to 8192 bits with exponents of at most 33 bits; policy decides what
/// is strong enough.
///
/// Source: RFC 8017 §8.1.2, §8.2.2; FIPS 186-5 §6.4.2; RFC 8032 §5.1.7, §5.2.7.
pub fn verify(
    key: &PublicKey,
    algorithm: &SignatureAlgorithm,
    message: Message<'_>,
    signature: &[u8],
) -> Outcome {
    if let SignatureAlgorithm::Unsupported { oid } = algorithm {
        return Outcome::Unknown(Unknown::Algorithm { oid: oid.clone() });
    }
    let message = match (message, algorithm.digest()) {
        (Message::Bytes(bytes), _) => Source::Bytes(bytes),
        (Message::Digest(value), Some(expected)) if value.algorithm() == expected => {
            Source::Digest(value)
        }
        (Message::Digest(_), _) => return Outcome::Unknown(Unknown::MessageForm),
    };
    match (key.material(), algorithm) {
        (Material::Rsa(key), SignatureAlgorithm::RsaPkcs1 { digest }) => {
            rsa::pkcs1(key, *digest, &message, signature)
        }
        (
            Material::Rsa(key),
            SignatureAlgorithm::RsaPss {
                digest,
                mgf_digest,
                salt_len,
                trailer,
            },
        ) => {
            let parameters = super::algorithm::PssParameters {
                digest: *digest,
                mgf_digest: *mgf_digest,
                salt_len: *salt_len,
                trailer: *trailer,
            };
            rsa::pss(key, parameters, &message, signature)
        }
        (Material::Ec(key), SignatureAlgorithm::Ecdsa { digest }) => {
            ec::ecdsa(key, *digest, &message, signature)
        }
        (Material::Ed25519(key), SignatureAlgorithm::Ed25519) => {
            ec::ed25519(key, &message, signature)
        }
        (Material::Ed448(key), SignatureAlgorithm::Ed448) => ec::ed448(key, &message, signature),
        (Material::Dsa(key), SignatureAlgorithm::Dsa { digest }) => {
            dsa::dsa(key, *digest, &message, signature)
        }
        (Material::Unsupported, _) => match key.kind() {
            KeyKind::Unsupported { oid } => Outcome::Unknown(Unknown::Key { oid: oid.clone() }),
            _ => Outcome::Broken(Broken::KeyMismatch),
        },
        _ => Outcome::Broken(Broken::KeyMismatch),
    }
}

/// The message, its digest already known to be of the right algorithm.
enum Source<'a> {
    Bytes(&'a [u8]),
    Digest(&'a DigestValue),
}

impl Source<'_> {
    fn digest(&self, algorithm: DigestAlgorithm) -> Cow<'_, DigestValue> {
        match self {
            Self::Bytes(bytes) => Cow::Owned(algorithm.digest(&[bytes])),
            Self::Digest(value) => Cow::Borrowed(value),
        }
    }
}

fn outcome(verified: bool) -> Outcome {
    if verified {
        Outcome::Verified
    } else {
        Outcome::Broken(Broken::Mismatch)
    }
}

/// The two numbers of an ECDSA or DSA signature, as magnitudes; strict DER, both above zero.
///
/// ```text
/// Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
/// ```
///
/// Source: RFC 3279 §2.2.3.
fn two_numbers(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    use crate::asn1::{self, Tag};
    let mut numbers = asn1::parse(signature)
        .ok()?
        .expect(Tag::SEQUENCE)
        .ok()?
        .reader();
    let r = numbers.expect(Tag::INTEGER).ok()?.unsigned().ok()?;
    let s = numbers.expect(Tag::INTEGER).ok()?.unsigned().ok()?;
    numbers.finish().ok()?;
    (r != [0] && s != [0]).then_some((r, s))
}
