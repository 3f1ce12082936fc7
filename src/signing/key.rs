//! Where signatures come from: a message → a signature value, with the certificate that belongs
//! to the key. Files with keys are read here; tokens and remote services implement the same trait.

mod absent;
mod pbe;
pub mod pem;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
pub mod pkcs12;
mod private;
pub mod remote;
mod secret;
mod value;

pub use absent::AbsentKey;
pub use secret::Secret;

use std::fmt;

use crate::crypto::{KeyKind, SignatureAlgorithm};
use crate::error::Error;
use crate::limits::Limits;
use crate::pki::Certificate;

/// A private key that can be used, wherever it is.
///
/// The trait is object safe; implementations are shared by threads. No secret passes through it:
/// a PIN or password is given when the implementation is made.
pub trait KeySource: Send + Sync {
    /// The certificate of the key.
    fn certificate(&self) -> &Certificate;

    /// Certificates that lead from the issuer towards the root, as far as they are known; the
    /// issuer of [`KeySource::certificate`] first.
    fn chain(&self) -> &[Certificate];

    /// What the key can sign with, the preferred first, never empty.
    fn algorithms(&self) -> Vec<SignatureAlgorithm>;

    /// Signs `message`, which is whole and not hashed.
    ///
    /// The value has the form that CMS and certificates use: octets of the modulus' length for
    /// RSA, DER `ECDSA-Sig-Value` for ECDSA, 64 octets for Ed25519.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`]: the algorithm is not offered, or the operation failed. Never
    /// carries secret material.
    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error>;
}

/// A private key in memory with its certificate; made by [`pem::load`] and [`pkcs12::load`].
///
/// Not `Clone`; `Debug` shows the certificate's subject alone.
pub struct LocalKey {
    key: private::PrivateKey,
    certificate: Certificate,
    chain: Vec<Certificate>,
}

impl LocalKey {
    /// `key` with the one of `certificates` that belongs to it; the others become the chain.
    /// `None`: none belongs to it.
    fn assemble(key: private::PrivateKey, mut certificates: Vec<Certificate>) -> Option<Self> {
        let own = certificates
            .iter()
            .position(|one| key.belongs_to(one.public_key().spki()))?;
        let certificate = certificates.remove(own);
        let chain = ordered(&certificate, certificates);
        Some(Self {
            key,
            certificate,
            chain,
        })
    }
}

/// Reads a private key alone, for fuzzing.
pub(super) fn read_private_key(bytes: &[u8], password: Option<&[u8]>, limits: &Limits) {
    let _ = pem::private_key(bytes, password, limits);
}

/// Those of `others` that lead from `leaf` to the root, in this order; they are taken out.
fn linked(leaf: &Certificate, others: &mut Vec<Certificate>) -> Vec<Certificate> {
    let mut chain: Vec<Certificate> = Vec::with_capacity(others.len());
    loop {
        let last = chain.last().unwrap_or(leaf);
        let Some(next) = others
            .iter()
            .position(|one| one != last && one.subject().der() == last.issuer().der())
        else {
            return chain;
        };
        let next = others.remove(next);
        if next != *leaf && !chain.contains(&next) {
            chain.push(next);
        }
    }
}

/// `others` without repetition, those on the way to the root first and in that order.
fn ordered(leaf: &Certificate, mut others: Vec<Certificate>) -> Vec<Certificate> {
    let mut chain = linked(leaf, &mut others);
    for other in others {
        if other != *leaf && !chain.contains(&other) {
            chain.push(other);
        }
    }
    chain
}

impl KeySource for LocalKey {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        let mut algorithms = self.key.algorithms();
        if let KeyKind::Rsa { pss_only: true, .. } = self.certificate.public_key().kind() {
            algorithms.retain(|one| matches!(one, SignatureAlgorithm::RsaPss { .. }));
        }
        algorithms
    }

    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.sign(algorithm, message)
    }
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey")
            .field("key", &"[redacted]")
            .field("certificate", &self.certificate.subject().rfc4514())
            .finish_non_exhaustive()
    }
}

impl<K: KeySource + ?Sized> KeySource for Box<K> {
    fn certificate(&self) -> &Certificate {
        (**self).certificate()
    }

    fn chain(&self) -> &[Certificate] {
        (**self).chain()
    }

    fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        (**self).algorithms()
    }

    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
        (**self).sign(algorithm, message)
    }
}

impl<K: KeySource + ?Sized> KeySource for &K {
    fn certificate(&self) -> &Certificate {
        (**self).certificate()
    }

    fn chain(&self) -> &[Certificate] {
        (**self).chain()
    }

    fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        (**self).algorithms()
    }

    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
        (**self).sign(algorithm, message)
    }
}

#[cfg(test)]
mod tests;
