//! An answer and the caller's calendar of algorithms → whether the signatures under it are strong enough.

use super::{Answer, Signer};
use crate::crypto::{PublicKey, SignatureAlgorithm};
use crate::pki::path::Link;

/// Says whether an answer is signed strongly enough to count as "not revoked"; a revocation
/// counts however it is signed.
pub trait Strength {
    /// The algorithm that is too weak; `None` when all of [`Answer::signatures`] are strong enough.
    fn weak(&self, answer: &Answer) -> Option<String>;
}

/// [`Strength`] that takes every algorithm, for callers that judge strength themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyStrength;

impl Strength for AnyStrength {
    fn weak(&self, _: &Answer) -> Option<String> {
        None
    }
}

impl Answer {
    /// Every signature on which the answer rests, with the key that made it: its own, that of its
    /// delta CRL, and those on the certificates of a signer with a path of its own.
    pub fn signatures(&self) -> impl Iterator<Item = (&SignatureAlgorithm, &PublicKey)> {
        let path = match &self.signer {
            Signer::OnPath { .. } => None,
            Signer::Other(path) => Some(path),
        };
        let own = std::iter::once(&self.algorithm).chain(&self.delta_algorithm);
        own.map(|algorithm| (algorithm, &self.key)).chain(
            path.into_iter()
                .flat_map(|path| path.links())
                .map(|link: Link<'_>| (link.algorithm, link.issuer_key)),
        )
    }
}
