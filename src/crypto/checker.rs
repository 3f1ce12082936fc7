//! Who computes a signature check, how many one document may ask for, and what it was told already.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::{KeyKind, Message, Outcome, PublicKey, SignatureAlgorithm};
use crate::limits::{LimitReached, Limits};

/// Answers whether signatures are right: computes, or looks up what was computed elsewhere.
///
/// An answer depends on nothing but the octets of the four arguments. One that cannot be given is
/// [`Outcome::Unknown`], never a guess.
pub trait Checker {
    /// Whether `signature` is the signature of `message` by `key`.
    fn verify(
        &self,
        key: &PublicKey,
        algorithm: &SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Outcome;

    /// As [`Checker::verify`], for a signature that other documents may ask about too: on a
    /// certificate, a CRL or an OCSP response.
    fn verify_common(
        &self,
        key: &PublicKey,
        algorithm: &SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Outcome {
        self.verify(key, algorithm, message, signature)
    }

    /// Whether answers are assumptions that are confirmed later. Such answers stay with the
    /// document.
    fn is_guess(&self) -> bool {
        false
    }
}

/// [`Checker`] that computes every check: [`super::verify()`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Direct;

impl Checker for Direct {
    fn verify(
        &self,
        key: &PublicKey,
        algorithm: &SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Outcome {
        super::verify(key, algorithm, message, signature)
    }
}

/// The signature checks of one document: a [`Checker`] and how often it may still be asked.
///
/// Everything that checks a signature while a document is validated asks here, so that the limit
/// counts all of them. A certificate, CRL or OCSP response is asked once for each key.
pub struct Budget<'c> {
    checker: &'c dyn Checker,
    max: usize,
    left: Cell<usize>,
    over: Cell<bool>,
    /// By the SHA-256 of the signed object.
    known: RefCell<HashMap<[u8; 32], Answers>>,
    trace: RefCell<Option<Trace>>,
}

/// The answers about objects that some work needed: it comes out the same whenever they are the
/// same.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Trace(Vec<([u8; 32], PublicKey, Outcome)>);

impl Trace {
    /// How many answers.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'c> Budget<'c> {
    /// With [`Limits::document_signature_checks`] checks by `checker`.
    pub fn new(checker: &'c dyn Checker, limits: &Limits) -> Self {
        Self {
            checker,
            max: limits.document_signature_checks,
            left: Cell::new(limits.document_signature_checks),
            over: Cell::new(false),
            known: RefCell::new(HashMap::new()),
            trace: RefCell::new(None),
        }
    }

    /// Does `work`, and tells which answers about objects it rests on; `None` when it rests on
    /// something else as well: a limit, another check, an assumption that is not about an object.
    pub(crate) fn traced<T>(&self, work: impl FnOnce() -> T) -> (T, Option<Trace>) {
        self.trace.replace(Some(Trace::default()));
        let done = work();
        let trace = self.trace.take().filter(|_| !self.over.get());
        (done, trace)
    }

    /// Counts what work with this trace would ask, without doing it; false, and nothing counted,
    /// when the budget does not allow it or has other answers.
    pub(crate) fn replay(&self, trace: &Trace) -> bool {
        let mut known = self.known.borrow_mut();
        let mut new = Vec::new();
        for one @ (object, key, outcome) in &trace.0 {
            let answers = known.get(object).map(Vec::as_slice).unwrap_or_default();
            match answers.iter().find(|(seen, _)| seen.spki() == key.spki()) {
                Some((_, seen)) if seen == outcome => {}
                Some(_) => return false,
                None => new.push(one),
            }
        }
        let Some(left) = self.left.get().checked_sub(new.len()) else {
            return false;
        };
        self.left.set(left);
        for (object, key, outcome) in new {
            let answers = known.entry(*object).or_default();
            answers.push((key.clone(), outcome.clone()));
        }
        true
    }

    /// Whether the checker's answers are confirmed later.
    pub(crate) fn is_guess(&self) -> bool {
        self.checker.is_guess()
    }

    fn note(&self, object: &[u8; 32], key: &PublicKey, outcome: &Outcome) {
        if let Some(trace) = self.trace.borrow_mut().as_mut()
            && !trace
                .0
                .iter()
                .any(|(seen, of, _)| seen == object && of.spki() == key.spki())
        {
            trace.0.push((*object, key.clone(), outcome.clone()));
        }
    }

    /// Asks the checker.
    ///
    /// # Errors
    /// Nothing is left of the budget.
    pub fn verify(
        &self,
        key: &PublicKey,
        algorithm: &SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<Outcome, LimitReached> {
        self.trace.take();
        self.take()?;
        Ok(self.checker.verify(key, algorithm, message, signature))
    }

    /// What was answered before for the object with this SHA-256 and `key`; costs nothing.
    pub fn known(&self, object: &[u8; 32], key: &PublicKey) -> Option<Outcome> {
        if is_incomplete(key) {
            return None;
        }
        let known = self.known.borrow();
        let mut answers = known.get(object)?.iter();
        let (_, outcome) = answers.find(|(seen, _)| seen.spki() == key.spki())?;
        self.note(object, key, outcome);
        Some(outcome.clone())
    }

    /// As [`Budget::verify`], for a signed object that may be asked about again: `object` is the
    /// SHA-256 of all its octets.
    ///
    /// `memo`: answers that stay with the object when the document is done. They are counted all
    /// the same: what a document costs does not depend on those before it.
    ///
    /// # Errors
    /// As [`Budget::verify`].
    pub(crate) fn verify_object(
        &self,
        object: &[u8; 32],
        memo: Option<&Memo>,
        key: &PublicKey,
        algorithm: &SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<Outcome, LimitReached> {
        if let Some(outcome) = self.known(object, key) {
            return Ok(outcome);
        }
        self.take()?;
        let ask = || {
            self.checker
                .verify_common(key, algorithm, message, signature)
        };
        if is_incomplete(key) {
            self.trace.take();
            return Ok(ask());
        }
        let outcome = match memo {
            Some(memo) if !self.is_guess() => memo.ask(key, ask),
            Some(memo) => memo.answer(key).unwrap_or_else(ask),
            None => ask(),
        };
        self.note(object, key, &outcome);
        self.known
            .borrow_mut()
            .entry(*object)
            .or_default()
            .push((key.clone(), outcome.clone()));
        Ok(outcome)
    }

    /// The limit, when it was reached: something was left unchecked.
    pub fn exhausted(&self) -> Option<LimitReached> {
        self.over.get().then(|| self.limit())
    }

    fn limit(&self) -> LimitReached {
        LimitReached {
            name: "document_signature_checks",
            max: self.max as u64,
        }
    }

    fn take(&self) -> Result<(), LimitReached> {
        match self.left.get().checked_sub(1) {
            Some(fewer) => {
                self.left.set(fewer);
                Ok(())
            }
            None => {
                self.over.set(true);
                Err(self.limit())
            }
        }
    }
}

impl fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Budget({} of {} left)", self.left.get(), self.max)
    }
}

/// Answers for one signed object, by key.
type Answers = Vec<(PublicKey, Outcome)>;

/// A DSA key may have its parameters from its issuer: the same octets are then another key elsewhere.
fn is_incomplete(key: &PublicKey) -> bool {
    matches!(key.kind(), KeyKind::Dsa { .. })
}

/// Answers by key, for one signed object. An answer is a pure function of the object's octets and
/// the key, so that sharing the object between documents and threads changes no verdict.
#[derive(Default)]
pub(crate) struct Memo(Mutex<Answers>);

/// Keys remembered for one object; an issuer has one, or two while it changes.
const KEYS: usize = 4;

impl Memo {
    /// The answer for `key`, computed by `verify` the first time. What could not be computed is
    /// not kept.
    pub(crate) fn ask(&self, key: &PublicKey, verify: impl FnOnce() -> Outcome) -> Outcome {
        if let Some(outcome) = self.answer(key) {
            return outcome;
        }
        let outcome = verify();
        let known = |(seen, _): &&(PublicKey, Outcome)| seen.spki() == key.spki();
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(outcome, Outcome::Unknown(_))
            && answers.len() < KEYS
            && !answers.iter().any(|answer| known(&answer))
        {
            answers.push((key.clone(), outcome.clone()));
        }
        outcome
    }

    /// The answer for `key`, if there is one.
    fn answer(&self, key: &PublicKey) -> Option<Outcome> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, outcome) = answers.iter().find(|(seen, _)| seen.spki() == key.spki())?;
        Some(outcome.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{DigestAlgorithm, Unknown};

    /// Says yes, and counts.
    #[derive(Default)]
    struct Yes(Cell<usize>);

    impl Checker for Yes {
        fn verify(
            &self,
            _: &PublicKey,
            _: &SignatureAlgorithm,
            _: Message<'_>,
            _: &[u8],
        ) -> Outcome {
            self.0.set(self.0.get() + 1);
            Outcome::Verified
        }
    }

    fn key() -> PublicKey {
        // Ed25519, RFC 8410 §10.1.
        let mut spki = vec![
            0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
        ];
        spki.extend_from_slice(&[
            0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc,
            0x3b, 0x96, 0xc8, 0x50, 0x86, 0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad,
            0x70, 0x31, 0x66, 0xe1,
        ]);
        PublicKey::from_spki(&spki).unwrap()
    }

    /// V032, V071: at the limit all are answered, one more is an error that names the limit.
    #[test]
    fn err_more_checks_than_the_budget() {
        let yes = Yes::default();
        let mut limits = Limits::new();
        limits.document_signature_checks = 2;
        let budget = Budget::new(&yes, &limits);
        let algorithm = SignatureAlgorithm::Ed25519;
        let ask = || budget.verify(&key(), &algorithm, Message::Bytes(b""), b"");
        assert!(ask().is_ok() && ask().is_ok() && budget.exhausted().is_none());
        let limit = ask().unwrap_err();
        assert_eq!((limit.name, limit.max), ("document_signature_checks", 2));
        assert_eq!(budget.exhausted(), Some(limit));
        assert_eq!(yes.0.get(), 2);
    }

    /// An object is asked about once in a document; a memo saves work and not the count.
    #[test]
    fn ok_an_object_is_asked_about_once_for_each_key() {
        let (yes, limits, memo) = (Yes::default(), Limits::new(), Memo::default());
        let algorithm = SignatureAlgorithm::RsaPkcs1 {
            digest: DigestAlgorithm::Sha256,
        };
        let left: Vec<usize> = (0..2)
            .map(|_| {
                let budget = Budget::new(&yes, &limits);
                for _ in 0..3 {
                    let message = Message::Bytes(b"");
                    let outcome = budget
                        .verify_object(&[7; 32], Some(&memo), &key(), &algorithm, message, b"")
                        .unwrap();
                    assert_eq!(outcome, Outcome::Verified);
                }
                budget.left.get()
            })
            .collect();
        assert_eq!(yes.0.get(), 1);
        assert_eq!(left, [1999, 1999]);
        let unknown = || Outcome::Unknown(Unknown::MessageForm);
        let fresh = Memo::default();
        assert_eq!(fresh.ask(&key(), unknown), unknown());
        assert!(fresh.ask(&key(), || Outcome::Verified).is_verified());
    }
}
