//! Questions about RSA signatures → assumed answers now, the lanes' answers later.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use crate::crypto::simd::{Backend, RsaCheck, RsaPadding, RsaSize, verify_rsa};
use crate::crypto::{self, Checker, DigestValue, Message, Outcome, PublicKey, SignatureAlgorithm};
use crate::error::{Error, ErrorKind};

/// Answers that are kept; then all are forgotten, which costs work and changes nothing.
const KEPT: usize = 1 << 16;

/// Whether `signature` is the signature of a message with this digest by `key`: a question for
/// the lanes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    digest: DigestValue,
    signature: Box<[u8]>,
    size: RsaSize,
    /// Whether other documents may ask the same.
    common: bool,
}

impl Eq for Question {}

impl Hash for Question {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Octets of a signature are as good as random; equality compares everything.
        self.signature.first_chunk::<16>().hash(state);
    }
}

impl Question {
    /// `None` when the lanes do not serve.
    fn new(
        key: &PublicKey,
        algorithm: &SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
        common: bool,
    ) -> Option<Self> {
        let size = key.prepared_rsa()?.size();
        let digest = match message {
            Message::Bytes(bytes) => algorithm.digest()?.digest(&[bytes]),
            Message::Digest(value) => value.clone(),
        };
        RsaPadding::new(algorithm, &digest)?;
        (signature.len() == size.octets()).then(|| Self {
            key: key.clone(),
            algorithm: algorithm.clone(),
            digest,
            signature: signature.into(),
            size,
            common,
        })
    }

    pub(super) fn size(&self) -> RsaSize {
        self.size
    }

    /// The lanes' answers, as many and in the same order.
    ///
    /// # Errors
    /// [`ErrorKind::Disagreement`]: the lanes do not serve what they served when it was asked.
    pub(super) fn answer<'q>(
        backend: Backend,
        questions: impl Iterator<Item = &'q Self>,
    ) -> Result<Vec<bool>, Error> {
        let checks: Option<Vec<RsaCheck<'_>>> = questions
            .map(|question| {
                Some(RsaCheck {
                    key: question.key.prepared_rsa()?,
                    padding: RsaPadding::new(&question.algorithm, &question.digest)?,
                    signature: &question.signature,
                })
            })
            .collect();
        let checks = checks.ok_or(ErrorKind::Disagreement { what: "RSA" })?;
        let answers = verify_rsa(backend, &checks);
        #[cfg(test)]
        let answers = super::lie::altered(&checks, answers);
        match answers.len() == checks.len() {
            true => Ok(answers),
            false => Err(ErrorKind::Disagreement { what: "RSA" }.into()),
        }
    }

    /// The answer without the lanes.
    pub(super) fn answer_directly(&self) -> bool {
        let message = Message::Digest(&self.digest);
        crypto::verify(&self.key, &self.algorithm, message, &self.signature).is_verified()
    }
}

/// Signatures on what many documents have in common that were found right: pure functions of the
/// octets of key, digest and signature.
#[derive(Default)]
pub(super) struct Answers(Mutex<HashSet<Question>>);

impl Answers {
    /// Keeps that the answer to `question` is yes, when others may ask it.
    pub(super) fn keep(&self, question: Question) {
        if !question.common {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(question);
    }

    fn has(&self, question: &Question) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.contains(question)
    }
}

/// Says that every signature is right which the lanes can check, and notes the question; computes
/// the others. What is said must be confirmed before it counts.
pub(super) struct Guess<'a> {
    answers: &'a Answers,
    asked: RefCell<Vec<Question>>,
}

impl<'a> Guess<'a> {
    pub(super) fn new(answers: &'a Answers) -> Self {
        Self {
            answers,
            asked: RefCell::default(),
        }
    }

    /// The questions that were answered by assumption.
    pub(super) fn asked(self) -> Vec<Question> {
        self.asked.into_inner()
    }

    fn ask(
        &self,
        key: &PublicKey,
        algorithm: &SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
        common: bool,
    ) -> Outcome {
        match Question::new(key, algorithm, message, signature, common) {
            Some(question) => {
                if !(common && self.answers.has(&question)) {
                    self.asked.borrow_mut().push(question);
                }
                Outcome::Verified
            }
            None => crypto::verify(key, algorithm, message, signature),
        }
    }
}

impl Checker for Guess<'_> {
    fn verify(
        &self,
        key: &PublicKey,
        algorithm: &SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Outcome {
        self.ask(key, algorithm, message, signature, false)
    }

    fn verify_common(
        &self,
        key: &PublicKey,
        algorithm: &SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Outcome {
        self.ask(key, algorithm, message, signature, true)
    }

    fn is_guess(&self) -> bool {
        true
    }
}
