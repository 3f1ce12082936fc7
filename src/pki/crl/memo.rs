//! A signature check → the same answer again, without computing it again.

use crate::crypto::{Outcome, PublicKey};
use std::sync::{Mutex, PoisonError};

/// Answers by key, for one signed object. An answer is a pure function of the object's octets and
/// the key, so that sharing the object between documents and threads changes no verdict.
#[derive(Default)]
pub(crate) struct Memo(Mutex<Vec<(PublicKey, Outcome)>>);

/// Keys remembered for one object; an issuer has one, or two while it changes.
const KEYS: usize = 4;

impl Memo {
    /// The answer for `key`, computed by `verify` the first time.
    pub(crate) fn ask(&self, key: &PublicKey, verify: impl FnOnce() -> Outcome) -> Outcome {
        let known = |(seen, _): &&(PublicKey, Outcome)| seen.spki() == key.spki();
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, outcome)) = lock().iter().find(known) {
            return outcome.clone();
        }
        let outcome = verify();
        let mut answers = lock();
        if answers.len() < KEYS && !answers.iter().any(|answer| known(&answer)) {
            answers.push((key.clone(), outcome.clone()));
        }
        outcome
    }
}
