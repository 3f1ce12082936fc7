//! DSA, for test suites and explanations of old files.

use ::dsa::signature::hazmat::PrehashVerifier;

use super::{Source, outcome, two_numbers};
use crate::crypto::key::{Dsa, bits};
use crate::crypto::{Broken, DigestAlgorithm, Outcome, Unknown};

pub(super) fn dsa(
    key: &Dsa,
    digest: DigestAlgorithm,
    message: &Source<'_>,
    signature: &[u8],
) -> Outcome {
    let Some((r, s)) = two_numbers(signature) else {
        return Outcome::Broken(Broken::Encoding);
    };
    let Some(prepared) = key.prepared() else {
        return Outcome::Unknown(Unknown::KeySize {
            bits: key.parameters.as_ref().map_or(0, |group| bits(&group.p)),
        });
    };
    let width = key.parameters.as_ref().map_or(0, |group| bits(&group.q));
    let number = |octets| ::dsa::BoxedUint::from_be_slice(octets, width).ok();
    let (Some(r), Some(s)) = (number(r), number(s)) else {
        return Outcome::Broken(Broken::Encoding);
    };
    let Some(signature) = ::dsa::Signature::from_components(r, s) else {
        return Outcome::Broken(Broken::Encoding);
    };
    outcome(
        prepared
            .verify_prehash(message.digest(digest).as_bytes(), &signature)
            .is_ok(),
    )
}
