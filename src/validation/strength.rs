//! A calendar and what is proven to exist → how long the signatures under an answer about revocation are trusted.

use super::policy::{Calendar, Strength};
use super::proof::Proofs;
use crate::pki::revocation::{self, Answer, Signer};
use crate::time::UtcTime;

/// Holds CRLs and OCSP responses, and the certificates of their signers, to a calendar.
///
/// Source: EN 319 102-1 §5.2.6, §5.6.2.2.
pub(crate) struct AnswerStrength<'a> {
    calendar: &'a Calendar,
    /// `None`: nothing is proven to be older than the validation.
    proofs: Option<&'a Proofs>,
    at: UtcTime,
}

impl<'a> AnswerStrength<'a> {
    /// For a validation at `at` without proofs.
    pub(crate) fn new(calendar: &'a Calendar, at: UtcTime) -> Self {
        Self {
            calendar,
            proofs: None,
            at,
        }
    }

    pub(super) fn with_proofs(self, proofs: &'a Proofs) -> Self {
        Self {
            proofs: Some(proofs),
            ..self
        }
    }

    /// Until when the weakest signature under `answer` is trusted, and its algorithm.
    pub(super) fn weakest(&self, answer: &Answer) -> (Strength, String) {
        let unproven = self.proven(answer) >= self.at;
        let mut weakest = (Strength::Until(None), String::new());
        for (algorithm, key) in answer.signatures() {
            let mut strength = self.calendar.signature(algorithm, key.kind());
            let needs_proof = |digest| self.calendar.needs_proof(digest);
            if unproven && algorithm.digest().is_some_and(needs_proof) {
                strength = Strength::Never;
            }
            let sum = weakest.0.weaker(strength);
            if sum != weakest.0 {
                weakest = (sum, format!("{}, {}", algorithm.name(), key.kind().name()));
            }
        }
        weakest
    }

    /// The algorithm under `answer` that counts only because a time-stamp proves the answer.
    pub(super) fn accepted_by_proof(&self, answer: &Answer) -> Option<String> {
        let needs_proof = |digest| self.calendar.needs_proof(digest);
        answer
            .signatures()
            .find(|(algorithm, _)| algorithm.digest().is_some_and(needs_proof))
            .map(|(algorithm, key)| format!("{}, {}", algorithm.name(), key.kind().name()))
    }

    /// When everything that `answer` rests on is proven to exist.
    fn proven(&self, answer: &Answer) -> UtcTime {
        let Some(proofs) = self.proofs else {
            return self.at;
        };
        let delta = answer.delta.iter().map(|delta| &delta.sha256);
        let signer = match &answer.signer {
            Signer::OnPath { .. } => &[],
            Signer::Other(path) => path.certificates(),
        };
        std::iter::once(&answer.source.sha256)
            .chain(delta)
            .chain(signer.iter().map(|certificate| certificate.sha256()))
            .map(|sha256| proofs.of(sha256))
            .max()
            .unwrap_or(self.at)
    }
}

impl revocation::Strength for AnswerStrength<'_> {
    fn weak(&self, answer: &Answer) -> Option<String> {
        let (strength, algorithm) = self.weakest(answer);
        (!strength.holds_at(self.at)).then_some(algorithm)
    }
}
