//! Certificates → a key source for [`crate::signing::Prepared`] whose private key is elsewhere: on
//! a token, with a service, on another machine.

use super::{KeySource, ordered};
use crate::crypto::{Curve, DigestAlgorithm, KeyKind, SignatureAlgorithm};
use crate::error::{Error, ErrorKind, KeyFault};
use crate::pki::Certificate;

/// A certificate without its private key; prepares signatures, does not sign.
#[derive(Debug, Clone)]
pub struct AbsentKey {
    certificate: Certificate,
    chain: Vec<Certificate>,
    algorithms: Vec<SignatureAlgorithm>,
}

impl AbsentKey {
    /// `certificates`: the signer's first, then those of its issuers, in any order. `algorithms`:
    /// what the key's holder can sign with, the preferred first; `None` for everything that fits
    /// the kind of key.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`]: no certificate; [`KeyFault::Unsupported`]: a kind of key that
    /// signs in no way known here, or an empty list of algorithms.
    pub fn new(
        mut certificates: Vec<Certificate>,
        algorithms: Option<Vec<SignatureAlgorithm>>,
    ) -> Result<Self, Error> {
        if certificates.is_empty() {
            return Err(ErrorKind::Misuse("a signature needs the signer's certificate").into());
        }
        let certificate = certificates.remove(0);
        let algorithms = algorithms.unwrap_or_else(|| fitting(certificate.public_key().kind()));
        if algorithms.is_empty() {
            return Err(KeyFault::Unsupported("no algorithm fits it".to_owned()).into());
        }
        let chain = ordered(&certificate, certificates);
        Ok(Self {
            certificate,
            chain,
            algorithms,
        })
    }
}

impl KeySource for AbsentKey {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        self.algorithms.clone()
    }

    fn sign(&self, _: &SignatureAlgorithm, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(KeyFault::Unsupported("its private key is elsewhere".to_owned()).into())
    }
}

/// PSS as it is written here: one digest throughout, salt as long as it.
pub(super) fn pss(digest: DigestAlgorithm) -> SignatureAlgorithm {
    SignatureAlgorithm::RsaPss {
        digest,
        mgf_digest: digest,
        salt_len: digest.output_len() as u32, // at most 64
        trailer: 1,
    }
}

fn fitting(kind: &KeyKind) -> Vec<SignatureAlgorithm> {
    let digests = [
        DigestAlgorithm::Sha256,
        DigestAlgorithm::Sha384,
        DigestAlgorithm::Sha512,
    ];
    let ecdsa = |first: DigestAlgorithm| {
        let others = digests.into_iter().filter(move |digest| *digest != first);
        std::iter::once(first)
            .chain(others)
            .map(|digest| SignatureAlgorithm::Ecdsa { digest })
            .collect()
    };
    match kind {
        KeyKind::Rsa { pss_only: true, .. } => digests.map(pss).to_vec(),
        KeyKind::Rsa { .. } => digests
            .map(|digest| SignatureAlgorithm::RsaPkcs1 { digest })
            .into_iter()
            .chain(digests.map(pss))
            .collect(),
        KeyKind::Ec {
            curve: Curve::P256, ..
        } => ecdsa(DigestAlgorithm::Sha256),
        KeyKind::Ec {
            curve: Curve::P384, ..
        } => ecdsa(DigestAlgorithm::Sha384),
        KeyKind::Ec {
            curve: Curve::P521, ..
        } => ecdsa(DigestAlgorithm::Sha512),
        KeyKind::Ed25519 => vec![SignatureAlgorithm::Ed25519],
        KeyKind::Ed448 => vec![SignatureAlgorithm::Ed448],
        _ => Vec::new(),
    }
}
