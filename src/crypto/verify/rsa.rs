//! RSASSA-PKCS1-v1_5 and RSASSA-PSS.

use ring::signature as ring;

use super::{Source, outcome};
use crate::crypto::algorithm::PssParameters;
use crate::crypto::key::{Rsa, bits};
use crate::crypto::{Broken, DigestAlgorithm, Outcome, SignatureAlgorithm, Unknown};

/// Bits of the moduli that are computed with.
const BITS: std::ops::RangeInclusive<u32> = 1024..=8192;
/// Octets of the longest salt that is accepted.
const LONGEST_SALT: u32 = 64;

pub(super) fn pkcs1(
    key: &Rsa,
    digest: DigestAlgorithm,
    message: &Source<'_>,
    signature: &[u8],
) -> Outcome {
    if key.pss.is_some() {
        return Outcome::Broken(Broken::KeyMismatch);
    }
    if let Some(outcome) = unusual(key, signature) {
        return outcome;
    }
    let Some(prefix) = digest_info_prefix(digest) else {
        return Outcome::Unknown(Unknown::Combination {
            algorithm: SignatureAlgorithm::RsaPkcs1 { digest }.name(),
        });
    };
    let strong = bits(&key.modulus) >= 2048;
    let parameters = match digest {
        DigestAlgorithm::Sha1 => Some(&ring::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
        DigestAlgorithm::Sha256 => Some(&ring::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        DigestAlgorithm::Sha384 if strong => Some(&ring::RSA_PKCS1_2048_8192_SHA384),
        DigestAlgorithm::Sha512 => Some(&ring::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
        _ => None,
    };
    if let (Source::Bytes(bytes), Some(parameters)) = (message, parameters) {
        return by_ring(key, parameters, bytes, signature);
    }
    let Some(prepared) = key.prepared() else {
        return unprepared(key);
    };
    let scheme = rsa::Pkcs1v15Sign {
        hash_len: Some(digest.output_len()),
        prefix: prefix.into(),
    };
    // The crate builds the whole block and compares; it parses nothing.
    outcome(
        prepared
            .verify(scheme, message.digest(digest).as_bytes(), signature)
            .is_ok(),
    )
}

pub(super) fn pss(
    key: &Rsa,
    parameters: PssParameters,
    message: &Source<'_>,
    signature: &[u8],
) -> Outcome {
    if let Some(Some(allowed)) = key.pss
        && (allowed.digest != parameters.digest
            || allowed.mgf_digest != parameters.mgf_digest
            || allowed.salt_len > parameters.salt_len
            || allowed.trailer != parameters.trailer)
    {
        return Outcome::Broken(Broken::KeyMismatch);
    }
    let digest = parameters.digest;
    // NOTE: RFC 4055 §3.1 only recommends one digest for both; real files have no other, and a
    // second digest would be one more thing to forge with.
    if parameters.mgf_digest != digest || parameters.trailer != 1 {
        return Outcome::Broken(Broken::Parameters);
    }
    if let Some(outcome) = unusual(key, signature) {
        return outcome;
    }
    let block = u64::from((bits(&key.modulus) - 1).div_ceil(8));
    let salt = parameters.salt_len;
    if u64::from(salt) + digest.output_len() as u64 + 2 > block {
        return Outcome::Broken(Broken::Parameters);
    }
    if salt > LONGEST_SALT {
        return Outcome::Unknown(Unknown::SaltLength { octets: salt });
    }
    // At most 64, so it fits.
    let salt = salt as usize;
    let by_ring_too = salt == digest.output_len() && bits(&key.modulus) >= 2048;
    let ring_parameters = match digest {
        DigestAlgorithm::Sha256 if by_ring_too => Some(&ring::RSA_PSS_2048_8192_SHA256),
        DigestAlgorithm::Sha384 if by_ring_too => Some(&ring::RSA_PSS_2048_8192_SHA384),
        DigestAlgorithm::Sha512 if by_ring_too => Some(&ring::RSA_PSS_2048_8192_SHA512),
        _ => None,
    };
    if let (Source::Bytes(bytes), Some(parameters)) = (message, ring_parameters) {
        return by_ring(key, parameters, bytes, signature);
    }
    let Some(prepared) = key.prepared() else {
        return unprepared(key);
    };
    let value = message.digest(digest);
    let value = value.as_bytes();
    macro_rules! with {
        ($digest:ty) => {
            prepared
                .verify(rsa::Pss::<$digest>::new_with_salt(salt), value, signature)
                .is_ok()
        };
    }
    outcome(match digest {
        DigestAlgorithm::Md5 => with!(md5::Md5),
        DigestAlgorithm::Sha1 => with!(sha1::Sha1),
        DigestAlgorithm::Sha224 => with!(sha2::Sha224),
        DigestAlgorithm::Sha256 => with!(sha2::Sha256),
        DigestAlgorithm::Sha384 => with!(sha2::Sha384),
        DigestAlgorithm::Sha512 => with!(sha2::Sha512),
        DigestAlgorithm::Sha512_224 => with!(sha2::Sha512_224),
        DigestAlgorithm::Sha512_256 => with!(sha2::Sha512_256),
        DigestAlgorithm::Sha3_224 => with!(sha3::Sha3_224),
        DigestAlgorithm::Sha3_256 => with!(sha3::Sha3_256),
        DigestAlgorithm::Sha3_384 => with!(sha3::Sha3_384),
        DigestAlgorithm::Sha3_512 => with!(sha3::Sha3_512),
        DigestAlgorithm::Shake128 | DigestAlgorithm::Shake256 => {
            return Outcome::Unknown(Unknown::Combination {
                algorithm: format!("RSASSA-PSS with {digest}"),
            });
        }
    })
}

/// The outcome for keys that are not computed with and for signatures of another length.
fn unusual(key: &Rsa, signature: &[u8]) -> Option<Outcome> {
    let bits = bits(&key.modulus);
    if !BITS.contains(&bits) || key.exponent.len() > 5 {
        return Some(Outcome::Unknown(Unknown::KeySize { bits }));
    }
    (signature.len() != key.modulus.len()).then_some(Outcome::Broken(Broken::Encoding))
}

fn unprepared(key: &Rsa) -> Outcome {
    Outcome::Unknown(Unknown::KeySize {
        bits: bits(&key.modulus),
    })
}

fn by_ring(
    key: &Rsa,
    parameters: &'static ring::RsaParameters,
    message: &[u8],
    signature: &[u8],
) -> Outcome {
    let exponent_bits = bits(&key.exponent);
    if exponent_bits > 33 {
        return unprepared(key);
    }
    let components = ring::RsaPublicKeyComponents {
        n: &key.modulus,
        e: &key.exponent,
    };
    outcome(components.verify(parameters, message, signature).is_ok())
}

/// What stands before the digest in a DER `DigestInfo`: parameters are NULL.
///
/// Source: RFC 8017 §9.2; RFC 9688 §2.
fn digest_info_prefix(digest: DigestAlgorithm) -> Option<Vec<u8>> {
    if matches!(
        digest,
        DigestAlgorithm::Shake128 | DigestAlgorithm::Shake256
    ) {
        return None;
    }
    let oid = digest.oid();
    let oid = oid.content();
    // Both are below 65, so every sum fits an octet.
    let (oid_len, value_len) = (oid.len() as u8, digest.output_len() as u8);
    let mut prefix = vec![
        0x30,
        oid_len + 8 + value_len,
        0x30,
        oid_len + 4,
        0x06,
        oid_len,
    ];
    prefix.extend_from_slice(oid);
    prefix.extend_from_slice(&[0x05, 0x00, 0x04, value_len]);
    Some(prefix)
}

/// The block that an RSASSA-PKCS1-v1_5 signature of `digest` must decrypt to, `length` octets;
/// `None` when it does not fit or the digest has no `DigestInfo`.
///
/// Source: RFC 8017 §9.2.
pub fn pkcs1_block(digest: &crate::crypto::DigestValue, length: usize) -> Option<Vec<u8>> {
    let prefix = digest_info_prefix(digest.algorithm())?;
    let fixed = prefix.len().checked_add(digest.as_bytes().len())?;
    let padding = length.checked_sub(fixed)?.checked_sub(3)?;
    if padding < 8 {
        return None;
    }
    let mut block = vec![0x00, 0x01];
    block.resize(2 + padding, 0xff);
    block.push(0x00);
    block.extend_from_slice(&prefix);
    block.extend_from_slice(digest.as_bytes());
    Some(block)
}
