//! Algorithm + key + bytes → verified or not; digests.
//!
//! Nothing here knows what is strong enough: SHA-1, RSA with 1024 bits and DSA are computed, and
//! policy decides. What cannot be computed is [`Outcome::Unknown`], never [`Outcome::Broken`].

mod algorithm;
mod checker;
mod digest;
mod key;
pub mod simd;
mod verify;

#[cfg(test)]
mod tests;

pub use algorithm::SignatureAlgorithm;
pub use checker::{Budget, Checker, Direct};
pub(crate) use checker::{Memo, Trace};
pub use digest::{DigestAlgorithm, DigestValue, Hasher, hex};
pub use key::{Curve, KeyKind, PublicKey, RSA_BITS_READ};
pub use verify::{pkcs1_block, verify};

use crate::oid::Oid;

/// What was signed.
#[derive(Debug, Clone, Copy)]
pub enum Message<'a> {
    /// The octets themselves.
    Bytes(&'a [u8]),
    /// Their digest, by the algorithm that the signature algorithm names. EdDSA cannot use it.
    Digest(&'a DigestValue),
}

/// The answer of [`verify`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[must_use]
pub enum Outcome {
    /// The signature is of this message, by this key.
    Verified,
    /// It is not.
    Broken(Broken),
    /// It could not be computed.
    Unknown(Unknown),
}

impl Outcome {
    /// Whether the signature was verified.
    pub fn is_verified(&self) -> bool {
        *self == Self::Verified
    }
}

/// Why a signature is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Broken {
    /// The signature value has not the form of its algorithm: another length, not DER, a number
    /// out of range.
    Encoding,
    /// The key is of another kind, or restricted to other parameters.
    KeyMismatch,
    /// The value does not fit message and key.
    Mismatch,
    /// The parameters are such that no signature is right: another PSS mask digest or trailer, a
    /// salt longer than the block.
    Parameters,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Encoding => "the signature value is malformed",
            Self::KeyMismatch => "the key is not for this signature algorithm",
            Self::Mismatch => "the signature value does not fit message and key",
            Self::Parameters => "the signature parameters are not allowed",
        })
    }
}

/// Why a signature could not be checked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Unknown {
    /// No check may be made any more for this document.
    Budget,
    /// The signature algorithm is not known.
    Algorithm {
        /// Its OID.
        oid: Oid,
    },
    /// The combination of known parts is not supported.
    Combination {
        /// The signature algorithm, by name.
        algorithm: String,
    },
    /// The key is of an unknown kind.
    Key {
        /// Its OID.
        oid: Oid,
    },
    /// The key has a size or numbers that are not computed with.
    KeySize {
        /// Bits of the key.
        bits: u32,
    },
    /// The message was given as a digest that the algorithm cannot use.
    MessageForm,
    /// The PSS salt is longer than 64 octets.
    SaltLength {
        /// Octets of the salt.
        octets: u32,
    },
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Budget => f.write_str("the limit of signature checks is reached"),
            Self::Algorithm { oid } => write!(f, "signature algorithm {oid} is not supported"),
            Self::Combination { algorithm } => write!(f, "{algorithm} is not supported"),
            Self::Key { oid } => write!(f, "key algorithm {oid} is not supported"),
            Self::KeySize { bits } => write!(f, "a key of {bits} bits is not supported"),
            Self::MessageForm => f.write_str("the algorithm cannot work from this digest"),
            Self::SaltLength { octets } => {
                write!(f, "a PSS salt of {octets} octets is not supported")
            }
        }
    }
}
