//! Leaf, pool and trust → chains of names and signatures, likely ones first, until one is valid.

use super::validate::{self, Interval, Step};
use super::{PathFailure, PathFailureKind, PathParameters, VerifiedPath};
use crate::crypto::{Budget, KeyKind, Message, Outcome, PublicKey};
use crate::limits::LimitReached;
use crate::pki::certificate::Certificate;
use crate::pki::name::NameMatch;
use crate::pki::pool::Pool;
use crate::pki::trust::{Trust, TrustAnchor};
use crate::time::UtcTime;

/// Work done so far in one search, against the limits.
pub(super) struct Work<'a> {
    parameters: &'a PathParameters,
    budget: &'a Budget<'a>,
    steps: usize,
    signature_checks: usize,
    name_comparisons: usize,
}

impl Work<'_> {
    /// Counts `steps` of the search.
    fn step(&mut self, steps: usize) -> Result<(), LimitReached> {
        self.steps = self.steps.saturating_add(steps);
        let max = self.parameters.limits.path_steps;
        if self.steps > max {
            return Err(reached("path_steps", max));
        }
        Ok(())
    }

    /// Counts `comparisons` of names with constraints.
    pub(super) fn compare(&mut self, comparisons: usize) -> Result<(), LimitReached> {
        self.name_comparisons = self.name_comparisons.saturating_add(comparisons);
        let max = self.parameters.limits.name_constraint_comparisons;
        if self.name_comparisons > max {
            return Err(reached("name_constraint_comparisons", max));
        }
        Ok(())
    }

    /// Whether `key` made the signature on `certificate`; each pair counts once.
    pub(super) fn verify(
        &mut self,
        certificate: &Certificate,
        key: &PublicKey,
    ) -> Result<Outcome, LimitReached> {
        if let Some(outcome) = self.budget.known(certificate.sha256(), key) {
            return Ok(outcome);
        }
        self.signature_checks += 1;
        let max = self.parameters.limits.path_signature_checks;
        if self.signature_checks > max {
            return Err(reached("path_signature_checks", max));
        }
        self.budget.verify_object(
            certificate.sha256(),
            None,
            key,
            certificate.signature_algorithm(),
            Message::Bytes(certificate.tbs()),
            certificate.signature(),
        )
    }
}

/// `max` as the error tells it.
pub(super) fn reached(name: &'static str, max: usize) -> LimitReached {
    LimitReached {
        name,
        max: max as u64,
    }
}

/// One search for one leaf: depth first over an explicit stack, with a budget for the whole.
pub(super) struct Search<'a> {
    pool: &'a Pool,
    trust: &'a Trust,
    parameters: &'a PathParameters,
    work: Work<'a>,
    best: Option<PathFailure>,
    /// The first limit that left candidates untried.
    untried: Option<LimitReached>,
    /// Around the asked time: no date that the search looked at lies inside.
    stable: Interval,
}

/// Candidates for the issuer of one certificate of the chain.
struct Frame {
    candidates: std::vec::IntoIter<Candidate>,
}

enum Candidate {
    Anchor(Box<TrustAnchor>),
    Intermediate(Certificate),
}

impl<'a> Search<'a> {
    pub(super) fn new(
        pool: &'a Pool,
        trust: &'a Trust,
        parameters: &'a PathParameters,
        budget: &'a Budget<'a>,
    ) -> Self {
        Self {
            pool,
            trust,
            parameters,
            work: Work {
                parameters,
                budget,
                steps: 0,
                signature_checks: 0,
                name_comparisons: 0,
            },
            best: None,
            untried: None,
            stable: Interval {
                first: UtcTime::MIN,
                last: UtcTime::MAX,
            },
        }
    }

    pub(super) fn run(mut self, leaf: &Certificate) -> Result<VerifiedPath, PathFailure> {
        self.look_at(leaf);
        match self.search(leaf) {
            Ok(Some(path)) => Ok(path.with_stable(self.stable)),
            Ok(None) => Err(match self.untried {
                Some(limit) => PathFailure::limit(limit).of(leaf),
                None => self
                    .best
                    .unwrap_or_else(|| PathFailure::new(PathFailureKind::NoIssuer).of(leaf)),
            }),
            Err(limit) => Err(PathFailure::limit(limit).of(leaf)),
        }
    }

    fn search(&mut self, leaf: &Certificate) -> Result<Option<VerifiedPath>, LimitReached> {
        let mut chain = vec![leaf.clone()];
        if let Some(anchor) = self.anchor_of(leaf) {
            // The caller trusts this very certificate: a path without any issuer.
            if let Some(until) = anchor.until() {
                self.turns_at(until.plus(1));
            }
            if let Some(path) = self.complete(&chain, &anchor, Step::LeafIsAnchor)? {
                return Ok(Some(path));
            }
        }
        let mut frames = vec![self.frame(&chain, leaf)?];
        while let Some(frame) = frames.last_mut() {
            let Some(child) = chain.last().cloned() else {
                break;
            };
            let Some(candidate) = frame.candidates.next() else {
                frames.pop();
                chain.pop();
                continue;
            };
            self.work.step(1)?;
            match candidate {
                Candidate::Anchor(anchor) => {
                    let Some(key) = anchor.key().cloned() else {
                        continue;
                    };
                    if self.fits(&chain, &child, &key, anchor.certificate())?
                        && let Some(path) = self.complete(&chain, &anchor, Step::Issued)?
                    {
                        return Ok(Some(path));
                    }
                }
                Candidate::Intermediate(issuer) => {
                    if chain.len() >= self.parameters.limits.path_length {
                        let max = self.parameters.limits.path_length;
                        self.untried.get_or_insert(reached("path_length", max));
                        continue;
                    }
                    let key = issuer.public_key().clone();
                    if !self.fits(&chain, &child, &key, Some(&issuer))? {
                        continue;
                    }
                    if !issuer.is_authority() {
                        self.note(
                            PathFailure::new(PathFailureKind::NotAuthority)
                                .of(&issuer)
                                .on(&chain, None),
                        );
                        continue;
                    }
                    chain.push(issuer.clone());
                    frames.push(self.frame(&chain, &issuer)?);
                }
            }
        }
        Ok(None)
    }

    /// The candidates for the issuer of `child`, the last of `chain`.
    fn frame(&mut self, chain: &[Certificate], child: &Certificate) -> Result<Frame, LimitReached> {
        let mut candidates = self.candidates(child);
        // Listing costs little, but not nothing: as many as are tried count as one step.
        let max = self.parameters.limits.path_candidates;
        self.work.step(candidates.len() / max.max(1))?;
        candidates.retain(|candidate| !repeats(chain, candidate));
        if candidates.is_empty() {
            self.dead_end(chain, child);
        }
        for candidate in &candidates {
            match candidate {
                Candidate::Intermediate(certificate) => self.look_at(certificate),
                Candidate::Anchor(anchor) => {
                    if let Some(certificate) = anchor.certificate() {
                        self.look_at(certificate);
                    }
                    if let Some(until) = anchor.until() {
                        self.turns_at(until.plus(1));
                    }
                }
            }
        }
        if candidates.len() > max {
            candidates.truncate(max);
            self.untried.get_or_insert(reached("path_candidates", max));
        }
        Ok(Frame {
            candidates: candidates.into_iter(),
        })
    }

    /// Notes the period of a certificate: the answer may change where it begins and ends.
    fn look_at(&mut self, certificate: &Certificate) {
        let validity = certificate.validity();
        self.turns_at(validity.not_before);
        self.turns_at(validity.not_after.plus(1));
    }

    /// Notes that the answer may change at the second `turn`.
    fn turns_at(&mut self, turn: UtcTime) {
        if turn <= self.parameters.at {
            self.stable.first = self.stable.first.max(turn);
        } else {
            self.stable.last = self.stable.last.min(turn.plus(-1));
        }
    }

    fn dead_end(&mut self, chain: &[Certificate], child: &Certificate) {
        let kind = if child.is_self_issued() || chain.len() > 1 && self.is_known_issuer(child) {
            PathFailureKind::NotTrusted
        } else {
            PathFailureKind::NoIssuer
        };
        self.note(PathFailure::new(kind).of(child).on(chain, None));
    }

    /// Whether the pool has the issuer of `child`: then the search stopped for loops.
    fn is_known_issuer(&self, child: &Certificate) -> bool {
        self.pool.by_subject(child.issuer()).next().is_some()
    }

    /// Keeps the failure that came nearest; the first of equals.
    fn note(&mut self, failure: PathFailure) {
        let better = self
            .best
            .as_ref()
            .is_none_or(|best| failure.kind().rank() > best.kind().rank());
        if better {
            self.best = Some(failure);
        }
    }

    /// Whether `key` signed `child`, as far as it can be known before the path is complete.
    fn fits(
        &mut self,
        chain: &[Certificate],
        child: &Certificate,
        key: &PublicKey,
        issuer: Option<&Certificate>,
    ) -> Result<bool, LimitReached> {
        if matches!(key.kind(), KeyKind::Dsa { bits: 0 }) {
            // Its parameters come from further up; `validate` verifies.
            return Ok(true);
        }
        let kind = match self.work.verify(child, key)? {
            Outcome::Verified => return Ok(true),
            // A key of the same name that the child does not even point to is no issuer at all.
            Outcome::Broken(_) if issuer.is_some_and(|i| key_hint(child, i) == Hint::Other) => {
                PathFailureKind::NoIssuer
            }
            Outcome::Broken(why) => PathFailureKind::BadSignature(why),
            Outcome::Unknown(what) => PathFailureKind::AlgorithmUnsupported(what),
        };
        let mut failure = PathFailure::new(kind).of(child).on(chain, None);
        if let Some(issuer) = issuer {
            failure = failure.near(issuer);
        }
        self.note(failure);
        Ok(false)
    }

    fn complete(
        &mut self,
        chain: &[Certificate],
        anchor: &TrustAnchor,
        step: Step,
    ) -> Result<Option<VerifiedPath>, LimitReached> {
        match validate::validate(chain, anchor, step, self.parameters, &mut self.work) {
            Ok(path) => Ok(Some(path)),
            Err(failure) => {
                if let PathFailureKind::Limit { name, max } = failure.kind() {
                    return Err(LimitReached { name, max: *max });
                }
                self.note(failure);
                Ok(None)
            }
        }
    }

    /// The anchor that is this very certificate.
    fn anchor_of(&self, certificate: &Certificate) -> Option<TrustAnchor> {
        self.trust
            .anchors()
            .iter()
            .find(|anchor| anchor.sha256() == Some(certificate.sha256()))
            .map(|anchor| anchor.filled(certificate))
    }

    /// Everything that could have issued `child`: anchors first, then certificates of the pool by
    /// how well their key identifier and period fit.
    fn candidates(&self, child: &Certificate) -> Vec<Candidate> {
        let issuer = child.issuer();
        let mut found: Vec<Candidate> = self
            .trust
            .anchors()
            .iter()
            .filter(|anchor| {
                anchor
                    .name()
                    .is_some_and(|name| name.matches(issuer) != NameMatch::Different)
            })
            .map(|anchor| Candidate::Anchor(Box::new(anchor.clone())))
            .collect();
        let mut intermediates = Vec::new();
        for certificate in self.pool.by_subject(issuer) {
            match self.anchor_of(certificate) {
                // Anchors that are certificates stand there already; a pin is filled here.
                Some(anchor) => {
                    let known = found.iter().any(|candidate| {
                        matches!(candidate, Candidate::Anchor(a) if a.sha256() == anchor.sha256())
                    });
                    if !known {
                        found.push(Candidate::Anchor(Box::new(anchor)));
                    }
                }
                None => intermediates.push(certificate),
            }
        }
        let at = self.parameters.at;
        intermediates.sort_by_key(|candidate| {
            (
                key_hint(child, candidate),
                !candidate.validity().contains(at),
                candidate.is_self_issued(),
            )
        });
        found.extend(
            intermediates
                .into_iter()
                .map(|candidate| Candidate::Intermediate(candidate.clone())),
        );
        found
    }
}

/// Whether the candidate's name and key stand on the chain already.
///
/// Source: validation rule 2.17.
fn repeats(chain: &[Certificate], candidate: &Candidate) -> bool {
    let Candidate::Intermediate(candidate) = candidate else {
        return false;
    };
    chain.iter().any(|on_chain| {
        on_chain.public_key().same_key(candidate.public_key())
            && on_chain.subject().matches(candidate.subject()) != NameMatch::Different
    })
}

/// What the key identifiers say about a candidate: a hint for the order, never a reason to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hint {
    Same,
    Silent,
    Other,
}

/// Source: RFC 4158 §3.5.12; validation rule 2.24.
fn key_hint(child: &Certificate, issuer: &Certificate) -> Hint {
    let wanted = child
        .authority_key_identifier()
        .and_then(|a| a.key_identifier.as_deref());
    match (wanted, issuer.subject_key_identifier()) {
        (Some(wanted), Some(found)) if wanted == found => Hint::Same,
        (Some(_), Some(_)) => Hint::Other,
        _ => Hint::Silent,
    }
}
