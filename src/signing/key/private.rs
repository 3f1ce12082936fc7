//! Private key octets (PKCS#8, PKCS#1, SEC1) → a key that signs, through ring alone.
//!
//! ring's private operations are constant time, and each RSA signature is checked before it is
//! handed out. The octets that come in are wiped by their owner; what ring keeps inside its key
//! pairs is freed without being wiped, which is outside our reach.

use p256::elliptic_curve::sec1::ToSec1Point;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use zeroize::Zeroizing;

use super::absent::pss;
use crate::asn1::{self, Element, Reader, Tag};
use crate::crypto::{DigestAlgorithm, SignatureAlgorithm};
use crate::error::{Error, KeyFault};
use crate::oid::{self, Oid};

/// A private key held in memory. No `Clone`, no `Debug`, nothing readable.
pub(super) struct PrivateKey {
    pair: Pair,
    /// The key may sign with PSS only (its algorithm is id-RSASSA-PSS).
    pss_only: bool,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl PrivateKey {
    /// From one DER `PrivateKeyInfo` or `OneAsymmetricKey`.
    ///
    /// ```asn1
    /// OneAsymmetricKey ::= SEQUENCE { version INTEGER, privateKeyAlgorithm AlgorithmIdentifier,
    ///     privateKey OCTET STRING, attributes [0] Attributes OPTIONAL, publicKey [1] BIT STRING OPTIONAL }
    /// ```
    ///
    /// Source: RFC 5958 §2.
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, Error> {
        let malformed = |_| Error::new(KeyFault::Format("malformed PKCS#8 structure"));
        let mut reader = asn1::parse(der)
            .and_then(|outer| outer.expect(Tag::SEQUENCE))
            .map_err(malformed)?
            .reader();
        let version = reader.expect(Tag::INTEGER).and_then(|v| v.small());
        if version.map_err(malformed)? > 1 {
            return Err(KeyFault::Format("PKCS#8 structure of an unknown version").into());
        }
        let mut algorithm = reader.expect(Tag::SEQUENCE).map_err(malformed)?.reader();
        let name = algorithm
            .expect(Tag::OID)
            .and_then(|name| name.oid())
            .map_err(malformed)?;
        let key = reader.expect(Tag::OCTET_STRING).map_err(malformed)?.content;
        if name == oid::RSA_ENCRYPTION {
            Self::from_pkcs1(key)
        } else if name == oid::RSA_PSS {
            if !algorithm.is_empty() {
                return Err(KeyFault::Unsupported(
                    "RSA-PSS key with parameters of its own".to_owned(),
                )
                .into());
            }
            let mut key = Self::from_pkcs1(key)?;
            key.pss_only = true;
            Ok(key)
        } else if name == oid::EC_PUBLIC_KEY {
            let curve = algorithm.element().map_err(malformed)?;
            Self::from_ec_private_key(key, Some(curve))
        } else if name == oid::ED25519 {
            let seed = asn1::parse(key)
                .and_then(|seed| seed.expect(Tag::OCTET_STRING))
                .map_err(malformed)?;
            Ed25519KeyPair::from_seed_unchecked(seed.content)
                .map(|pair| Pair::Ed25519(pair).into())
                .map_err(|_| KeyFault::Format("Ed25519 key of a wrong length").into())
        } else {
            Err(unsupported_key(&name))
        }
    }

    /// From one DER `RSAPrivateKey`.
    ///
    /// Source: RFC 8017 §A.1.2.
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, Error> {
        let modulus = asn1::parse(der)
            .and_then(|outer| outer.expect(Tag::SEQUENCE))
            .and_then(|outer| {
                let mut reader = outer.reader();
                reader.expect(Tag::INTEGER)?;
                reader.expect(Tag::INTEGER)?.unsigned()
            })
            .map_err(|_| KeyFault::Format("malformed RSA private key"))?;
        let bits = modulus.len() as u64 * 8
            - u64::from(modulus.first().map_or(0, |octet| octet.leading_zeros()));
        if !(2048..=4096).contains(&bits) {
            return Err(KeyFault::Unsupported(format!(
                "RSA key of {bits} bits; 2048 to 4096 are supported"
            ))
            .into());
        }
        RsaKeyPair::from_der(der)
            .map(|pair| Pair::Rsa(Box::new(pair)).into())
            .map_err(|_| KeyFault::Format("the parts of the RSA key do not fit together").into())
    }

    /// From one DER `ECPrivateKey`; `curve` is the parameters element outside of it, if any.
    ///
    /// ```asn1
    /// ECPrivateKey ::= SEQUENCE { version INTEGER (1), privateKey OCTET STRING,
    ///     parameters [0] ECParameters OPTIONAL, publicKey [1] BIT STRING OPTIONAL }
    /// ```
    ///
    /// Source: RFC 5915 §3.
    pub(super) fn from_ec_private_key(
        der: &[u8],
        curve: Option<Element<'_>>,
    ) -> Result<Self, Error> {
        let malformed = |_| Error::new(KeyFault::Format("malformed EC private key"));
        let mut reader = asn1::parse(der)
            .and_then(|outer| outer.expect(Tag::SEQUENCE))
            .map_err(malformed)?
            .reader();
        reader.expect(Tag::INTEGER).map_err(malformed)?;
        let scalar = reader.expect(Tag::OCTET_STRING).map_err(malformed)?.content;
        let inner = match reader.optional(Tag::context(0)).map_err(malformed)? {
            Some(parameters) => Some(parameters.only().map_err(malformed)?),
            None => None,
        };
        let curve = match (curve, inner) {
            (Some(outer), Some(inner)) if outer.raw != inner.raw => {
                return Err(KeyFault::Format("EC private key names two curves").into());
            }
            (Some(curve), _) | (None, Some(curve)) => curve,
            (None, None) => return Err(KeyFault::Format("EC private key without a curve").into()),
        };
        if curve.tag != Tag::OID {
            return Err(KeyFault::Unsupported("EC key with explicit curve".to_owned()).into());
        }
        let curve = curve.oid().map_err(malformed)?;
        let stated = match reader.optional(Tag::context(1)).map_err(malformed)? {
            Some(public) => Some(
                public
                    .only()
                    .and_then(|bits| bits.expect(Tag::BIT_STRING)?.bit_string_octets())
                    .map_err(malformed)?,
            ),
            None => None,
        };
        if curve == oid::P256 {
            let scalar = padded(scalar, 32)?;
            let public = p256::SecretKey::from_slice(&scalar)
                .map_err(|_| KeyFault::Format("EC private key out of range"))?
                .public_key()
                .to_sec1_point(false);
            ecdsa(
                &ECDSA_P256_SHA256_ASN1_SIGNING,
                &scalar,
                public.as_bytes(),
                stated,
            )
            .map(|pair| Pair::P256(pair).into())
        } else if curve == oid::P384 {
            let scalar = padded(scalar, 48)?;
            let public = p384::SecretKey::from_slice(&scalar)
                .map_err(|_| KeyFault::Format("EC private key out of range"))?
                .public_key()
                .to_sec1_point(false);
            ecdsa(
                &ECDSA_P384_SHA384_ASN1_SIGNING,
                &scalar,
                public.as_bytes(),
                stated,
            )
            .map(|pair| Pair::P384(pair).into())
        } else {
            Err(KeyFault::Unsupported(format!(
                "EC key on curve {curve}; P-256 and P-384 are supported"
            ))
            .into())
        }
    }

    /// The public key as it stands in the BIT STRING of a `SubjectPublicKeyInfo`.
    fn public_octets(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.public().as_ref(),
            Pair::P256(pair) | Pair::P384(pair) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    /// Whether `spki`, one DER `SubjectPublicKeyInfo`, is the public half of this key.
    ///
    /// Source: RFC 5280 §4.1.2.7.
    pub(super) fn belongs_to(&self, spki: &[u8]) -> bool {
        let read = || -> Result<bool, Error> {
            let mut reader = asn1::parse(spki)?.expect(Tag::SEQUENCE)?.reader();
            let mut algorithm = reader.expect(Tag::SEQUENCE)?.reader();
            let name = algorithm.expect(Tag::OID)?.oid()?;
            let bits = reader.expect(Tag::BIT_STRING)?.bit_string_octets()?;
            let own = self.public_octets();
            let curve = |expected: &Oid, mut parameters: Reader<'_>| -> Result<bool, Error> {
                Ok(parameters.expect(Tag::OID)?.oid()? == *expected)
            };
            Ok(match &self.pair {
                Pair::Rsa(_) => {
                    (name == oid::RSA_ENCRYPTION || name == oid::RSA_PSS) && bits == own
                }
                Pair::P256(_) => {
                    name == oid::EC_PUBLIC_KEY
                        && curve(&oid::P256, algorithm)?
                        && same_point(own, bits)
                }
                Pair::P384(_) => {
                    name == oid::EC_PUBLIC_KEY
                        && curve(&oid::P384, algorithm)?
                        && same_point(own, bits)
                }
                Pair::Ed25519(_) => name == oid::ED25519 && bits == own,
            })
        };
        read().unwrap_or(false)
    }

    /// What this key can sign with, the preferred first.
    pub(super) fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        let digests = [
            DigestAlgorithm::Sha256,
            DigestAlgorithm::Sha384,
            DigestAlgorithm::Sha512,
        ];
        let pss = digests.map(pss);
        match &self.pair {
            Pair::Rsa(_) if self.pss_only => pss.to_vec(),
            Pair::Rsa(_) => digests
                .map(|digest| SignatureAlgorithm::RsaPkcs1 { digest })
                .into_iter()
                .chain(pss)
                .collect(),
            Pair::P256(_) => vec![SignatureAlgorithm::Ecdsa {
                digest: DigestAlgorithm::Sha256,
            }],
            Pair::P384(_) => vec![SignatureAlgorithm::Ecdsa {
                digest: DigestAlgorithm::Sha384,
            }],
            Pair::Ed25519(_) => vec![SignatureAlgorithm::Ed25519],
        }
    }

    /// Signs `message`, whole and not hashed.
    ///
    /// # Errors
    /// [`KeyFault::Unsupported`]: not one of [`Self::algorithms`]; [`KeyFault::Backend`].
    pub(super) fn sign(
        &self,
        algorithm: &SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, Error> {
        if !self.algorithms().contains(algorithm) {
            return Err(KeyFault::Unsupported(format!(
                "algorithm {} is not offered by it",
                algorithm.name()
            ))
            .into());
        }
        let random = SystemRandom::new();
        let refused = |_| Error::new(KeyFault::Backend("the operation was refused"));
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding: &'static dyn RsaEncoding = match algorithm {
                    SignatureAlgorithm::RsaPkcs1 { digest } => match digest {
                        DigestAlgorithm::Sha256 => &RSA_PKCS1_SHA256,
                        DigestAlgorithm::Sha384 => &RSA_PKCS1_SHA384,
                        _ => &RSA_PKCS1_SHA512,
                    },
                    _ => match algorithm.digest() {
                        Some(DigestAlgorithm::Sha256) => &RSA_PSS_SHA256,
                        Some(DigestAlgorithm::Sha384) => &RSA_PSS_SHA384,
                        _ => &RSA_PSS_SHA512,
                    },
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(encoding, &random, message, &mut signature)
                    .map_err(refused)?;
                Ok(signature)
            }
            Pair::P256(pair) | Pair::P384(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(refused),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl From<Pair> for PrivateKey {
    fn from(pair: Pair) -> Self {
        Self {
            pair,
            pss_only: false,
        }
    }
}

fn ecdsa(
    algorithm: &'static EcdsaSigningAlgorithm,
    scalar: &[u8],
    public: &[u8],
    stated: Option<&[u8]>,
) -> Result<EcdsaKeyPair, Error> {
    if stated.is_some_and(|stated| !same_point(public, stated)) {
        return Err(KeyFault::Format("the halves of the EC key do not fit together").into());
    }
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, public, &SystemRandom::new())
        .map_err(|_| KeyFault::Format("the halves of the EC key do not fit together").into())
}

/// Whether `other`, compressed or not, is the point `uncompressed`.
///
/// Source: RFC 5480 §2.2.
fn same_point(uncompressed: &[u8], other: &[u8]) -> bool {
    match (uncompressed, other) {
        (own, [0x04, ..]) => own == other,
        ([0x04, coordinates @ ..], [form @ (0x02 | 0x03), x @ ..]) => {
            coordinates.get(..coordinates.len() / 2) == Some(x)
                && coordinates.last().is_some_and(|last| last & 1 == form & 1)
        }
        _ => false,
    }
}

/// `scalar` as `length` octets: some writers drop leading zeros, some add one.
fn padded(scalar: &[u8], length: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let start = scalar.iter().take_while(|octet| **octet == 0).count();
    let digits = scalar.get(start..).unwrap_or_default();
    let zeros = length
        .checked_sub(digits.len())
        .ok_or(KeyFault::Format("EC private key out of range"))?;
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    out.resize(zeros, 0);
    out.extend_from_slice(digits);
    Ok(out)
}

fn unsupported_key(name: &Oid) -> Error {
    let kind = if *name == oid::DSA {
        "DSA key".to_owned()
    } else if *name == oid::ED448 {
        "Ed448 key".to_owned()
    } else {
        format!("key of algorithm {name}")
    };
    KeyFault::Unsupported(format!(
        "{kind}; RSA, EC P-256, EC P-384 and Ed25519 are supported"
    ))
    .into()
}
