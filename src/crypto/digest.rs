//! Bytes → digest values, streamed; a clone of a hasher forks its midstate.

use std::fmt;

use sha2::digest::{Digest, ExtendableOutput, Update, XofReader};

use crate::asn1::{self, Reader, Tag, write};
use crate::error::{Asn1Fault, Error};
use crate::oid::{self, Oid};

/// A digest algorithm that this crate computes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum DigestAlgorithm {
    /// MD5; broken, computed to tell what a signature is worth without it.
    #[serde(rename = "MD5")]
    Md5,
    /// SHA-1; for old files only.
    #[serde(rename = "SHA-1")]
    Sha1,
    /// SHA-224.
    #[serde(rename = "SHA-224")]
    Sha224,
    /// SHA-256.
    #[serde(rename = "SHA-256")]
    Sha256,
    /// SHA-384.
    #[serde(rename = "SHA-384")]
    Sha384,
    /// SHA-512.
    #[serde(rename = "SHA-512")]
    Sha512,
    /// SHA-512/224.
    #[serde(rename = "SHA-512/224")]
    Sha512_224,
    /// SHA-512/256.
    #[serde(rename = "SHA-512/256")]
    Sha512_256,
    /// SHA3-224.
    #[serde(rename = "SHA3-224")]
    Sha3_224,
    /// SHA3-256.
    #[serde(rename = "SHA3-256")]
    Sha3_256,
    /// SHA3-384.
    #[serde(rename = "SHA3-384")]
    Sha3_384,
    /// SHA3-512.
    #[serde(rename = "SHA3-512")]
    Sha3_512,
    /// SHAKE128 with 32 octets of output.
    #[serde(rename = "SHAKE128")]
    Shake128,
    /// SHAKE256 with 64 octets of output.
    #[serde(rename = "SHAKE256")]
    Shake256,
}

impl DigestAlgorithm {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Sha512_224,
        Self::Sha512_256,
        Self::Sha3_224,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
        Self::Shake128,
        Self::Shake256,
    ];

    /// The algorithm of a digest OID; `None` when it is not one of these.
    ///
    /// `id-shake256-len` and `id-shake128-len` are known only with their parameter, see
    /// [`DigestAlgorithm::from_der`].
    pub fn from_oid(oid: &Oid) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.oid() == *oid)
    }

    /// Its OID.
    pub fn oid(self) -> Oid {
        match self {
            Self::Md5 => oid::MD5,
            Self::Sha1 => oid::SHA1,
            Self::Sha224 => oid::SHA224,
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
            Self::Sha512_224 => oid::SHA512_224,
            Self::Sha512_256 => oid::SHA512_256,
            Self::Sha3_224 => oid::SHA3_224,
            Self::Sha3_256 => oid::SHA3_256,
            Self::Sha3_384 => oid::SHA3_384,
            Self::Sha3_512 => oid::SHA3_512,
            Self::Shake128 => oid::SHAKE128,
            Self::Shake256 => oid::SHAKE256,
        }
    }

    /// Octets of a digest value.
    pub const fn output_len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512_224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha512_256 | Self::Sha3_256 | Self::Shake128 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 | Self::Shake256 => 64,
        }
    }

    /// Its usual name, such as `SHA-256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha512_224 => "SHA-512/224",
            Self::Sha512_256 => "SHA-512/256",
            Self::Sha3_224 => "SHA3-224",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
            Self::Shake128 => "SHAKE128",
            Self::Shake256 => "SHAKE256",
        }
    }

    /// Reads one DER `AlgorithmIdentifier` of a digest; `None` when the algorithm, or its output
    /// length, is unknown.
    ///
    /// Parameters are absent or NULL; `id-shake256-len` has the output length in bits, of which
    /// only 512 (and 256 for `id-shake128-len`) is known.
    ///
    /// # Errors
    /// [`Asn1Fault`]: malformed, or parameters that a known algorithm does not have.
    ///
    /// Source: RFC 5754 §2; RFC 8702 §3.1; RFC 8419 §2.3.
    pub fn from_der(algorithm_identifier: &[u8]) -> Result<Option<Self>, Error> {
        let mut reader = asn1::parse(algorithm_identifier)?
            .expect(Tag::SEQUENCE)?
            .reader();
        let oid = reader.expect(Tag::OID)?.oid()?;
        if oid == oid::SHAKE256_LEN || oid == oid::SHAKE128_LEN {
            let bits = reader.expect(Tag::INTEGER)?.small()?;
            reader.finish()?;
            return Ok(match bits {
                512 if oid == oid::SHAKE256_LEN => Some(Self::Shake256),
                256 if oid == oid::SHAKE128_LEN => Some(Self::Shake128),
                _ => None,
            });
        }
        match Self::from_oid(&oid) {
            None => Ok(None),
            Some(known) => {
                absent_or_null(&mut reader)?;
                Ok(Some(known))
            }
        }
    }

    /// A DER `AlgorithmIdentifier` without parameters.
    ///
    /// # Errors
    /// None in practice; see [`write::element`].
    ///
    /// Source: RFC 5754 §2.
    pub fn to_der(self) -> Result<Vec<u8>, Error> {
        write::sequence(&[&write::oid(&self.oid())?])
    }

    /// A hasher that has seen nothing yet.
    pub fn hasher(self) -> Hasher {
        Hasher {
            algorithm: self,
            state: match self {
                Self::Md5 => State::Md5(Default::default()),
                Self::Sha1 => State::Sha1(Default::default()),
                Self::Sha224 => State::Sha224(Default::default()),
                Self::Sha256 => State::Sha256(Default::default()),
                Self::Sha384 => State::Sha384(Default::default()),
                Self::Sha512 => State::Sha512(Default::default()),
                Self::Sha512_224 => State::Sha512_224(Default::default()),
                Self::Sha512_256 => State::Sha512_256(Default::default()),
                Self::Sha3_224 => State::Sha3_224(Default::default()),
                Self::Sha3_256 => State::Sha3_256(Default::default()),
                Self::Sha3_384 => State::Sha3_384(Default::default()),
                Self::Sha3_512 => State::Sha3_512(Default::default()),
                Self::Shake128 => State::Shake128(Default::default()),
                Self::Shake256 => State::Shake256(Default::default()),
            },
        }
    }

    /// The digest of `parts`, one after the other.
    pub fn digest(self, parts: &[&[u8]]) -> DigestValue {
        let mut hasher = self.hasher();
        for part in parts {
            hasher.update(part);
        }
        hasher.finish()
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// That the parameters of an `AlgorithmIdentifier` are absent or NULL and nothing follows.
pub(super) fn absent_or_null(reader: &mut Reader<'_>) -> Result<(), Error> {
    if let Some(null) = reader.optional(Tag::NULL)?
        && !null.content.is_empty()
    {
        return Err(null.fault(Asn1Fault::Value("NULL with content")));
    }
    reader.finish()
}

/// A running digest. `Clone` forks the midstate.
#[derive(Clone)]
pub struct Hasher {
    algorithm: DigestAlgorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha224(sha2::Sha224),
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
    Sha512_224(sha2::Sha512_224),
    Sha512_256(sha2::Sha512_256),
    Sha3_224(sha3::Sha3_224),
    Sha3_256(sha3::Sha3_256),
    Sha3_384(sha3::Sha3_384),
    Sha3_512(sha3::Sha3_512),
    Shake128(shake::Shake128),
    Shake256(shake::Shake256),
}

impl Hasher {
    /// Which digest this is.
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Takes in the next octets.
    pub fn update(&mut self, octets: &[u8]) {
        match &mut self.state {
            State::Md5(state) => Update::update(state, octets),
            State::Sha1(state) => Update::update(state, octets),
            State::Sha224(state) => Update::update(state, octets),
            State::Sha256(state) => Update::update(state, octets),
            State::Sha384(state) => Update::update(state, octets),
            State::Sha512(state) => Update::update(state, octets),
            State::Sha512_224(state) => Update::update(state, octets),
            State::Sha512_256(state) => Update::update(state, octets),
            State::Sha3_224(state) => Update::update(state, octets),
            State::Sha3_256(state) => Update::update(state, octets),
            State::Sha3_384(state) => Update::update(state, octets),
            State::Sha3_512(state) => Update::update(state, octets),
            State::Shake128(state) => state.update(octets),
            State::Shake256(state) => state.update(octets),
        }
    }

    /// The digest of all octets taken in.
    pub fn finish(self) -> DigestValue {
        let bytes = match self.state {
            State::Md5(state) => state.finalize().to_vec(),
            State::Sha1(state) => state.finalize().to_vec(),
            State::Sha224(state) => state.finalize().to_vec(),
            State::Sha256(state) => state.finalize().to_vec(),
            State::Sha384(state) => state.finalize().to_vec(),
            State::Sha512(state) => state.finalize().to_vec(),
            State::Sha512_224(state) => state.finalize().to_vec(),
            State::Sha512_256(state) => state.finalize().to_vec(),
            State::Sha3_224(state) => state.finalize().to_vec(),
            State::Sha3_256(state) => state.finalize().to_vec(),
            State::Sha3_384(state) => state.finalize().to_vec(),
            State::Sha3_512(state) => state.finalize().to_vec(),
            State::Shake128(state) => {
                let mut out = vec![0; 32];
                state.finalize_xof().read(&mut out);
                out
            }
            State::Shake256(state) => {
                let mut out = vec![0; 64];
                state.finalize_xof().read(&mut out);
                out
            }
        };
        DigestValue {
            algorithm: self.algorithm,
            bytes,
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hasher({})", self.algorithm)
    }
}

/// A digest and the algorithm that made it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DigestValue {
    algorithm: DigestAlgorithm,
    bytes: Vec<u8>,
}

impl DigestValue {
    /// From octets that were computed elsewhere; `None` unless their number fits the algorithm.
    pub fn from_bytes(algorithm: DigestAlgorithm, bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() == algorithm.output_len()).then_some(Self { algorithm, bytes })
    }

    /// The algorithm.
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Display for DigestValue {
    /// Lower-case hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes
            .iter()
            .try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for DigestValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{self}", self.algorithm)
    }
}

/// Lower-case hexadecimal.
pub fn hex(octets: &[u8]) -> String {
    let digit = |value: u8| match value {
        0..=9 => b'0' + value,
        _ => b'a' - 10 + value,
    };
    let mut text = String::with_capacity(octets.len() * 2);
    for octet in octets {
        text.push(char::from(digit(octet >> 4)));
        text.push(char::from(digit(octet & 0x0f)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests of "abc" by `openssl dgst`.
    const ABC: &[(DigestAlgorithm, &str)] = &[
        (DigestAlgorithm::Md5, "90015098"),
        (DigestAlgorithm::Sha1, "a9993e36"),
        (DigestAlgorithm::Sha224, "23097d22"),
        (DigestAlgorithm::Sha256, "ba7816bf"),
        (DigestAlgorithm::Sha384, "cb00753f"),
        (DigestAlgorithm::Sha512, "ddaf35a1"),
        (DigestAlgorithm::Sha512_224, "4634270f"),
        (DigestAlgorithm::Sha512_256, "53048e26"),
        (DigestAlgorithm::Sha3_224, "e642824c"),
        (DigestAlgorithm::Sha3_256, "3a985da7"),
        (DigestAlgorithm::Sha3_384, "ec01498288"),
        (DigestAlgorithm::Sha3_512, "b751850b"),
        (DigestAlgorithm::Shake128, "5881092d"),
        (DigestAlgorithm::Shake256, "483366601360a877"),
    ];

    #[test]
    fn ok_every_algorithm_against_a_known_digest_whole_and_in_parts() {
        assert_eq!(ABC.len(), DigestAlgorithm::ALL.len());
        for (algorithm, start) in ABC {
            let whole = algorithm.digest(&[b"abc"]);
            assert!(whole.to_string().starts_with(start), "{whole:?}");
            assert_eq!(whole.as_bytes().len(), algorithm.output_len());
            assert_eq!(algorithm.digest(&[b"", b"a", b"bc"]), whole);
        }
    }

    #[test]
    fn ok_a_clone_forks_the_midstate() {
        for algorithm in DigestAlgorithm::ALL {
            let mut one = algorithm.hasher();
            one.update(&[7; 200]);
            let mut two = one.clone();
            one.update(b"x");
            two.update(b"y");
            assert_eq!(one.finish(), algorithm.digest(&[&[7; 200], b"x"]));
            assert_eq!(two.finish(), algorithm.digest(&[&[7; 200], b"y"]));
        }
    }

    #[test]
    fn ok_identifiers_round_trip_with_null_or_without() {
        for algorithm in DigestAlgorithm::ALL {
            let der = algorithm.to_der().unwrap();
            assert_eq!(DigestAlgorithm::from_der(&der).unwrap(), Some(algorithm));
            let null = write::sequence(&[&write::oid(&algorithm.oid()).unwrap(), &[5, 0]]).unwrap();
            assert_eq!(DigestAlgorithm::from_der(&null).unwrap(), Some(algorithm));
            let json = serde_json::to_string(&algorithm).unwrap();
            assert_eq!(json, format!("\"{}\"", algorithm.name()));
        }
    }

    #[test]
    fn ok_shake256_len_is_known_with_512_bits_only() {
        let identifier = |bits: u64| {
            write::sequence(&[
                &write::oid(&oid::SHAKE256_LEN).unwrap(),
                &write::small(bits).unwrap(),
            ])
            .unwrap()
        };
        assert_eq!(
            DigestAlgorithm::from_der(&identifier(512)).unwrap(),
            Some(DigestAlgorithm::Shake256)
        );
        assert_eq!(DigestAlgorithm::from_der(&identifier(256)).unwrap(), None);
        let without = write::sequence(&[&write::oid(&oid::SHAKE256_LEN).unwrap()]).unwrap();
        assert!(DigestAlgorithm::from_der(&without).is_err());
    }

    #[test]
    fn err_parameters_that_no_digest_has() {
        for parameters in [&[0x02, 1, 1][..], &[0x05, 1, 0], &[0x05, 0, 0x05, 0]] {
            let der = write::sequence(&[&write::oid(&oid::SHA256).unwrap(), parameters]).unwrap();
            assert!(DigestAlgorithm::from_der(&der).is_err(), "{parameters:?}");
        }
    }
}
