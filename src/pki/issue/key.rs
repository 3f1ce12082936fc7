//! Kind of key → a throw-away private key that signs through ring.

use std::fmt;

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use crate::asn1::{Tag, write};
use crate::crypto::{DigestAlgorithm, SignatureAlgorithm};
use crate::error::{Error, KeyFault};
use crate::oid;

/// Kinds of keys that can be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// ECDSA on P-256, with SHA-256.
    P256,
    /// ECDSA on P-384, with SHA-384.
    P384,
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
}

/// A private key for demonstrations and tests, held in memory; its octets can be written out.
pub struct Key {
    pkcs8: Zeroizing<Vec<u8>>,
    pair: Pair,
    spki: Vec<u8>,
    subject_public_key: Vec<u8>,
    algorithm: SignatureAlgorithm,
}

enum Pair {
    Ecdsa(Box<EcdsaKeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl Key {
    /// Makes a key.
    ///
    /// # Errors
    /// [`KeyFault::Backend`].
    pub fn generate(kind: KeyType) -> Result<Self, Error> {
        let bits = match kind {
            KeyType::P256 | KeyType::P384 => {
                let algorithm = match kind {
                    KeyType::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
                    _ => &ECDSA_P384_SHA384_ASN1_SIGNING,
                };
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new())
                    .map_err(|_| KeyFault::Backend("the key cannot be generated"))?;
                return Self::from_pkcs8(pkcs8.as_ref());
            }
            KeyType::Rsa2048 => 2048,
            KeyType::Rsa3072 => 3072,
            KeyType::Rsa4096 => 4096,
        };
        let key = rsa::PrivateKey::new(&mut Random(SystemRandom::new()), bits)
            .map_err(|_| KeyFault::Backend("the key cannot be generated"))?;
        let pkcs8 = key
            .to_pkcs8_der()
            .map_err(|_| KeyFault::Backend("the key cannot be encoded"))?;
        Self::from_pkcs8(pkcs8.as_bytes())
    }

    /// From one DER `PrivateKeyInfo` without encryption: RSA of 2048 to 4096 bits, P-256, P-384.
    /// An EC key must bring its public key along, as those made here do.
    ///
    /// # Errors
    /// [`KeyFault::Format`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, Error> {
        let random = SystemRandom::new();
        let ecdsa = |algorithm| EcdsaKeyPair::from_pkcs8(algorithm, der, &random);
        let (pair, algorithm, parameters) = if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
            (
                Pair::Rsa(Box::new(pair)),
                SignatureAlgorithm::RsaPkcs1 {
                    digest: DigestAlgorithm::Sha256,
                },
                [write::oid(&oid::RSA_ENCRYPTION)?, vec![Tag::NULL.0, 0]],
            )
        } else if let Ok(pair) = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING) {
            (
                Pair::Ecdsa(Box::new(pair)),
                SignatureAlgorithm::Ecdsa {
                    digest: DigestAlgorithm::Sha256,
                },
                [write::oid(&oid::EC_PUBLIC_KEY)?, write::oid(&oid::P256)?],
            )
        } else if let Ok(pair) = ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING) {
            (
                Pair::Ecdsa(Box::new(pair)),
                SignatureAlgorithm::Ecdsa {
                    digest: DigestAlgorithm::Sha384,
                },
                [write::oid(&oid::EC_PUBLIC_KEY)?, write::oid(&oid::P384)?],
            )
        } else {
            return Err(KeyFault::Format("no PKCS#8 key of RSA, P-256 or P-384").into());
        };
        let subject_public_key = match &pair {
            Pair::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
        };
        let [name, rest] = &parameters;
        let spki = write::sequence(&[
            &write::sequence(&[name, rest])?,
            &super::bit_string(&subject_public_key)?,
        ])?;
        Ok(Self {
            pkcs8: Zeroizing::new(der.to_vec()),
            pair,
            spki,
            subject_public_key,
            algorithm,
        })
    }

    /// This key, signing with `algorithm` from now on: for RSA, PKCS#1 v1.5 or PSS (salt as long
    /// as the digest) with SHA-256, SHA-384 or SHA-512.
    ///
    /// # Errors
    /// [`KeyFault::Unsupported`]: anything else.
    pub fn with_algorithm(mut self, algorithm: SignatureAlgorithm) -> Result<Self, Error> {
        let known = match &self.pair {
            Pair::Ecdsa(_) => algorithm == self.algorithm,
            Pair::Rsa(_) => encoding(&algorithm).is_some(),
        };
        if !known {
            return Err(KeyFault::Unsupported(algorithm.name()).into());
        }
        self.algorithm = algorithm;
        Ok(self)
    }

    /// What [`Key::sign`] signs with: PKCS#1 v1.5 with SHA-256 unless told otherwise, ECDSA with
    /// the digest of the curve's size.
    pub fn algorithm(&self) -> &SignatureAlgorithm {
        &self.algorithm
    }

    /// DER `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Content of the BIT STRING in [`Key::spki`], without the octet of unused bits.
    pub fn subject_public_key(&self) -> &[u8] {
        &self.subject_public_key
    }

    /// DER `PrivateKeyInfo`, not encrypted.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// PEM `PRIVATE KEY`, not encrypted.
    ///
    /// # Errors
    /// [`KeyFault::Backend`].
    pub fn pkcs8_pem(&self) -> Result<Zeroizing<String>, Error> {
        super::pem("PRIVATE KEY", &self.pkcs8).map(Zeroizing::new)
    }

    /// Signs `message`, which is whole and not hashed.
    ///
    /// # Errors
    /// [`KeyFault::Backend`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        let failed = |_| Error::new(KeyFault::Backend("the key does not sign"));
        match &self.pair {
            Pair::Ecdsa(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
            Pair::Rsa(pair) => {
                let encoding = encoding(&self.algorithm)
                    .ok_or_else(|| KeyFault::Unsupported(self.algorithm.name()))?;
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(encoding, &random, message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn encoding(algorithm: &SignatureAlgorithm) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1 { digest } => match digest {
            DigestAlgorithm::Sha256 => Some(&RSA_PKCS1_SHA256),
            DigestAlgorithm::Sha384 => Some(&RSA_PKCS1_SHA384),
            DigestAlgorithm::Sha512 => Some(&RSA_PKCS1_SHA512),
            _ => None,
        },
        SignatureAlgorithm::RsaPss {
            digest,
            mgf_digest,
            salt_len,
            trailer: 1,
        } if digest == mgf_digest => match (digest, salt_len) {
            (DigestAlgorithm::Sha256, 32) => Some(&RSA_PSS_SHA256),
            (DigestAlgorithm::Sha384, 48) => Some(&RSA_PSS_SHA384),
            (DigestAlgorithm::Sha512, 64) => Some(&RSA_PSS_SHA512),
            _ => None,
        },
        _ => None,
    }
}

/// Random octets of the system, as the `rsa` crate wants them.
struct Random(SystemRandom);

impl TryRng for Random {
    type Error = ring::error::Unspecified;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut octets = [0; 4];
        self.0.fill(&mut octets)?;
        Ok(u32::from_ne_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut octets = [0; 8];
        self.0.fill(&mut octets)?;
        Ok(u64::from_ne_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(octets)
    }
}

impl TryCryptoRng for Random {}
