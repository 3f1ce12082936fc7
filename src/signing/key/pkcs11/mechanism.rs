//! What a token can do → signature algorithms; an algorithm and a message → mechanism and input.
//!
//! Source: PKCS #11 Specification 3.1, sections on RSA, ECDSA and EdDSA mechanisms.

use std::borrow::Cow;

use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::types::Ulong;

use super::super::absent::pss;
use super::super::value::digest_info;
use crate::crypto::{Curve, DigestAlgorithm, KeyKind, SignatureAlgorithm};
use crate::error::{Error, KeyFault};

/// Who computes the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hashing {
    /// The program; the token signs the digest alone.
    Program,
    /// The token, which gets the whole message.
    Token,
}

const DIGESTS: [DigestAlgorithm; 3] = [
    DigestAlgorithm::Sha256,
    DigestAlgorithm::Sha384,
    DigestAlgorithm::Sha512,
];

/// How a key of this kind can sign on a token that `can` do these mechanisms; the preferred
/// first. Hashing by the token is preferred: some tokens refuse to sign what they did not hash.
pub(super) fn offered(
    kind: &KeyKind,
    can: impl Fn(MechanismType) -> bool,
) -> Vec<(SignatureAlgorithm, Hashing)> {
    let algorithms: Vec<SignatureAlgorithm> = match kind {
        KeyKind::Rsa { pss_only: true, .. } => DIGESTS.map(pss).to_vec(),
        KeyKind::Rsa { .. } => DIGESTS
            .map(|digest| SignatureAlgorithm::RsaPkcs1 { digest })
            .into_iter()
            .chain(DIGESTS.map(pss))
            .collect(),
        // RFC 5753 §2.1.1 leaves the digest free; the one that suits the curve comes first.
        KeyKind::Ec { curve } => {
            let first = match curve {
                Curve::P256 => DigestAlgorithm::Sha256,
                Curve::P384 => DigestAlgorithm::Sha384,
                Curve::P521 => DigestAlgorithm::Sha512,
            };
            std::iter::once(first)
                .chain(DIGESTS.into_iter().filter(|digest| *digest != first))
                .map(|digest| SignatureAlgorithm::Ecdsa { digest })
                .collect()
        }
        KeyKind::Ed25519 => vec![SignatureAlgorithm::Ed25519],
        _ => Vec::new(),
    };
    algorithms
        .into_iter()
        .filter_map(|algorithm| {
            let hashing = [Hashing::Token, Hashing::Program]
                .into_iter()
                .find(|hashing| kinds(&algorithm, *hashing).is_some_and(&can))?;
            Some((algorithm, hashing))
        })
        .collect()
}

/// The mechanism's name alone.
fn kinds(algorithm: &SignatureAlgorithm, hashing: Hashing) -> Option<MechanismType> {
    mechanism(algorithm, hashing).map(|mechanism| mechanism.mechanism_type())
}

fn mechanism(algorithm: &SignatureAlgorithm, hashing: Hashing) -> Option<Mechanism<'static>> {
    use DigestAlgorithm as D;
    use SignatureAlgorithm as S;
    Some(match (hashing, algorithm, algorithm.digest()) {
        (Hashing::Token, S::RsaPkcs1 { .. }, Some(D::Sha256)) => Mechanism::Sha256RsaPkcs,
        (Hashing::Token, S::RsaPkcs1 { .. }, Some(D::Sha384)) => Mechanism::Sha384RsaPkcs,
        (Hashing::Token, S::RsaPkcs1 { .. }, Some(D::Sha512)) => Mechanism::Sha512RsaPkcs,
        (Hashing::Program, S::RsaPkcs1 { .. }, _) => Mechanism::RsaPkcs,
        (Hashing::Token, S::RsaPss { .. }, Some(D::Sha256)) => {
            Mechanism::Sha256RsaPkcsPss(parameters(algorithm)?)
        }
        (Hashing::Token, S::RsaPss { .. }, Some(D::Sha384)) => {
            Mechanism::Sha384RsaPkcsPss(parameters(algorithm)?)
        }
        (Hashing::Token, S::RsaPss { .. }, Some(D::Sha512)) => {
            Mechanism::Sha512RsaPkcsPss(parameters(algorithm)?)
        }
        (Hashing::Program, S::RsaPss { .. }, _) => Mechanism::RsaPkcsPss(parameters(algorithm)?),
        (Hashing::Token, S::Ecdsa { .. }, Some(D::Sha256)) => Mechanism::EcdsaSha256,
        (Hashing::Token, S::Ecdsa { .. }, Some(D::Sha384)) => Mechanism::EcdsaSha384,
        (Hashing::Token, S::Ecdsa { .. }, Some(D::Sha512)) => Mechanism::EcdsaSha512,
        (Hashing::Program, S::Ecdsa { .. }, _) => Mechanism::Ecdsa,
        // The whole message goes in either way.
        (Hashing::Token, S::Ed25519, _) => {
            Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure))
        }
        _ => return None,
    })
}

/// One digest throughout, the salt as the algorithm says.
fn parameters(algorithm: &SignatureAlgorithm) -> Option<PkcsPssParams> {
    let SignatureAlgorithm::RsaPss {
        digest,
        mgf_digest,
        salt_len,
        ..
    } = algorithm
    else {
        return None;
    };
    let (hash_alg, mgf) = match digest {
        DigestAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        DigestAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
        DigestAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
        _ => return None,
    };
    (digest == mgf_digest).then_some(PkcsPssParams {
        hash_alg,
        mgf,
        s_len: Ulong::new((*salt_len).into()),
    })
}

/// The mechanism for `algorithm`, and what it is given of `message`.
pub(super) fn operation<'m>(
    algorithm: &SignatureAlgorithm,
    hashing: Hashing,
    message: &'m [u8],
) -> Result<(Mechanism<'static>, Cow<'m, [u8]>), Error> {
    let unsupported = || KeyFault::Unsupported(format!("no mechanism for {}", algorithm.name()));
    let mechanism = mechanism(algorithm, hashing).ok_or_else(unsupported)?;
    let input = match (hashing, algorithm, algorithm.digest()) {
        (Hashing::Token, ..) => Cow::Borrowed(message),
        (Hashing::Program, SignatureAlgorithm::RsaPkcs1 { .. }, Some(digest)) => {
            Cow::Owned(digest_info(&digest.digest(&[message]))?)
        }
        (Hashing::Program, _, Some(digest)) => {
            Cow::Owned(digest.digest(&[message]).as_bytes().to_vec())
        }
        _ => return Err(unsupported().into()),
    };
    Ok((mechanism, input))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_token_that_cannot_hash_gets_digests() {
        let rsa = KeyKind::Rsa {
            bits: 2048,
            exponent: 65_537,
            pss_only: false,
        };
        let raw = offered(&rsa, |one| one == MechanismType::RSA_PKCS);
        assert_eq!(raw.len(), 3);
        assert!(raw.iter().all(|(algorithm, hashing)| {
            matches!(algorithm, SignatureAlgorithm::RsaPkcs1 { .. }) && *hashing == Hashing::Program
        }));
        let message = b"m";
        let (_, input) = operation(&raw[0].0, Hashing::Program, message).unwrap();
        // The prefix that RFC 8017 §9.2 note 1 prints for SHA-256.
        let prefix = [
            0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x01, 0x05, 0x00, 0x04, 0x20,
        ];
        assert_eq!(input[..19], prefix);
        assert_eq!(
            input[19..],
            *DigestAlgorithm::Sha256.digest(&[message]).as_bytes()
        );
    }

    #[test]
    fn ok_pss_comes_with_the_digest_of_the_mechanism() {
        let rsa = KeyKind::Rsa {
            bits: 2048,
            exponent: 65_537,
            pss_only: true,
        };
        let found = offered(&rsa, |one| one == MechanismType::SHA384_RSA_PKCS_PSS);
        assert_eq!(found, [(pss(DigestAlgorithm::Sha384), Hashing::Token)]);
        assert!(offered(&rsa, |one| one == MechanismType::SHA256_RSA_PKCS).is_empty());
    }

    #[test]
    fn ok_the_digest_of_the_curve_comes_first() {
        let curve = |curve| KeyKind::Ec { curve };
        let found = offered(&curve(Curve::P384), |_| true);
        assert_eq!(found[0].0.digest(), Some(DigestAlgorithm::Sha384));
        let found = offered(&curve(Curve::P256), |one| one == MechanismType::ECDSA);
        assert_eq!(found[0].0.digest(), Some(DigestAlgorithm::Sha256));
        assert_eq!(found[0].1, Hashing::Program);
    }
}
