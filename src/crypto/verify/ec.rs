//! ECDSA and EdDSA.

use ring::signature as ring;

use super::{Source, outcome, two_numbers};
use crate::crypto::key::{Ec, EcKey};
use crate::crypto::{Broken, DigestAlgorithm, Outcome, Unknown};

pub(super) fn ecdsa(
    key: &Ec,
    digest: DigestAlgorithm,
    message: &Source<'_>,
    signature: &[u8],
) -> Outcome {
    let Some((r, s)) = two_numbers(signature) else {
        return Outcome::Broken(Broken::Encoding);
    };
    use DigestAlgorithm as D;
    let parameters: Option<&'static ring::EcdsaVerificationAlgorithm> = match (&key.key, digest) {
        (EcKey::P256(_), D::Sha256) => Some(&ring::ECDSA_P256_SHA256_ASN1),
        (EcKey::P256(_), D::Sha384) => Some(&ring::ECDSA_P256_SHA384_ASN1),
        (EcKey::P384(_), D::Sha256) => Some(&ring::ECDSA_P384_SHA256_ASN1),
        (EcKey::P384(_), D::Sha384) => Some(&ring::ECDSA_P384_SHA384_ASN1),
        _ => None,
    };
    macro_rules! with {
        ($curve:ident, $key:expr, $size:literal) => {{
            use $curve::ecdsa::{Signature, signature::hazmat::PrehashVerifier};
            let (Some(r), Some(s)) = (padded::<$size>(r), padded::<$size>(s)) else {
                return Outcome::Broken(Broken::Encoding);
            };
            // Refuses numbers of the curve's order and above.
            let Ok(numbers) = Signature::from_scalars(r, s) else {
                return Outcome::Broken(Broken::Encoding);
            };
            if let (Source::Bytes(bytes), Some(parameters)) = (message, parameters) {
                ring::UnparsedPublicKey::new(parameters, &key.point)
                    .verify(bytes, signature)
                    .is_ok()
            } else {
                let value = message.digest(digest);
                $key.verify_prehash(value.as_bytes(), &numbers).is_ok()
            }
        }};
    }
    outcome(match &key.key {
        EcKey::P256(key) => with!(p256, key, 32),
        EcKey::P384(key) => with!(p384, key, 48),
        EcKey::P521(key) => with!(p521, key, 66),
    })
}

pub(super) fn ed25519(key: &[u8; 32], message: &Source<'_>, signature: &[u8]) -> Outcome {
    let Source::Bytes(bytes) = message else {
        return Outcome::Unknown(Unknown::MessageForm);
    };
    if signature.len() != 64 {
        return Outcome::Broken(Broken::Encoding);
    }
    let key = ring::UnparsedPublicKey::new(&ring::ED25519, key);
    outcome(key.verify(bytes, signature).is_ok())
}

pub(super) fn ed448(
    key: &ed448_goldilocks::VerifyingKey,
    message: &Source<'_>,
    signature: &[u8],
) -> Outcome {
    let Source::Bytes(bytes) = message else {
        return Outcome::Unknown(Unknown::MessageForm);
    };
    let Ok(signature) = ed448_goldilocks::Signature::try_from(signature) else {
        return Outcome::Broken(Broken::Encoding);
    };
    if !is_canonical_ed448_point(signature.r_bytes()) {
        return Outcome::Broken(Broken::Encoding);
    }
    outcome(key.verify_raw(&signature, bytes).is_ok())
}

/// Whether these octets are the one encoding of an Ed448 point: the y coordinate, little-endian,
/// below the prime 2^448 - 2^224 - 1, then the sign in the top bit of an otherwise empty octet.
///
/// NOTE: the curve crate ignores the empty bits.
///
/// Source: RFC 8032 §5.2.2, §5.2.3.
pub(in crate::crypto) fn is_canonical_ed448_point(octets: &[u8; 57]) -> bool {
    let [y @ .., sign] = octets;
    let prime = |index: usize| if index == 28 { 0xfe } else { 0xff };
    let below = y
        .iter()
        .enumerate()
        .rev()
        .find(|(index, octet)| **octet != prime(*index))
        .is_some_and(|(index, octet)| *octet < prime(index));
    sign & 0x7f == 0 && below
}

/// A magnitude as exactly `N` octets; `None` when it is longer.
fn padded<const N: usize>(magnitude: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    let start = N.checked_sub(magnitude.len())?;
    out.get_mut(start..)?.copy_from_slice(magnitude);
    Some(out)
}
