//! A certificate, evidence and a proven time → path, period and revocation, now or in the past.
//!
//! What is wrong now may have been right when the signature was made. [`Chain::judge`] first asks
//! for now; when that does not pass and the signature is proven to be older, it slides the time
//! back as EN 319 102-1 §5.6.2.2 does and asks again.

use std::sync::{Arc, OnceLock};

use super::basic::{self, Context, summarise};
use super::policy::{Freshness, ProvenFreshness, RevocationMode, Strength};
use super::proof::Proofs;
use super::signature_verdict::{CertificateSummary, RevocationSummary};
use super::strength::AnswerStrength;
use super::wanted::{Wanted, WantedStatus};
use super::{CheckId, Checks, Reason, Recall, SubIndication, verdict};
use crate::pki::crl::Reason as RevocationReason;
use crate::pki::path::{self, PathFailure, PathFailureKind, PathParameters, Period, VerifiedPath};
use crate::pki::revocation::{self, Answer, Answers, Sources, Status, Why};
use crate::pki::{Certificate, Pool};
use crate::signature::Form;
use crate::time::UtcTime;

/// The path of one certificate and everything that is known of the revocation on it.
pub(super) struct Chain {
    leaf: Certificate,
    /// Why there is no path at the moment of the validation; `None` when there is one.
    failure: Option<PathFailure>,
    /// The path, when one exists apart from the periods.
    path: Option<VerifiedPath>,
    /// For each certificate of the path.
    answers: Vec<Answers>,
    parameters: revocation::Parameters,
    /// What does not depend on the signature, made when it is first asked for.
    path_summaries: OnceLock<Arc<[Arc<CertificateSummary>]>>,
    /// Without any proof, for the moment of the validation.
    now: OnceLock<Checks>,
    revocation_now: OnceLock<Arc<[RevocationSummary]>>,
}

impl Chain {
    /// Seeks the path of `leaf` and lists the answers about its certificates.
    pub(super) fn find(leaf: &Certificate, form: Form, pool: &Pool, context: &Context<'_>) -> Self {
        let mut parameters = PathParameters::new(context.at, basic::purpose(form, context.policy));
        parameters.limits = context.limits.clone();
        // Weak keys are a matter of the calendar, which knows the time.
        parameters.minimum_rsa_bits = 1024;
        let (failure, path) =
            match path::find_within(leaf, pool, context.trust, &parameters, context.budget) {
                Ok(path) => (None, Some(path)),
                Err(failure) => {
                    let timely = matches!(
                        failure.kind(),
                        PathFailureKind::OutOfPeriod { .. } | PathFailureKind::AnchorExpired { .. }
                    );
                    let anyway = PathParameters {
                        period: Period::AllowOutOfPeriod,
                        ..parameters.clone()
                    };
                    let path = timely
                        .then(|| {
                            path::find_within(leaf, pool, context.trust, &anyway, context.budget)
                                .ok()
                        })
                        .flatten();
                    (Some(failure), path)
                }
            };
        let mut asked = revocation::Parameters::new(context.at);
        asked.path = PathParameters {
            purpose: path::Purpose::Any,
            ..parameters
        };
        asked.freshness = match context.policy.freshness {
            Freshness::NextUpdate => revocation::Freshness::NextUpdate,
            Freshness::MaxAge(seconds) => revocation::Freshness::MaxAge(seconds),
        };
        let answers = match &path {
            Some(path) if context.policy.revocation != RevocationMode::None => {
                let sources = Sources {
                    evidence: context.evidence,
                    pool,
                    budget: context.budget,
                    strength: &AnswerStrength::new(&context.policy.calendar, context.at),
                };
                (0..path.certificates().len())
                    .map(|index| match path.issuer(index) {
                        Some(_) => revocation::answers(path, index, &sources, &asked),
                        None => Answers::default(),
                    })
                    .collect()
            }
            _ => Vec::new(),
        };
        Self {
            leaf: leaf.clone(),
            failure,
            path,
            answers,
            parameters: asked,
            path_summaries: OnceLock::new(),
            now: OnceLock::new(),
            revocation_now: OnceLock::new(),
        }
    }

    /// What a report shows of the path; empty when there is none.
    pub(super) fn path_summaries(&self, recall: &Recall<'_>) -> Arc<[Arc<CertificateSummary>]> {
        let make = || {
            let path = self.path.as_ref();
            let anchor = path
                .filter(|path| !path.is_direct())
                .and_then(|path| path.anchor().certificate());
            let certificates = path.into_iter().flat_map(|path| path.certificates());
            certificates
                .chain(anchor)
                .map(|certificate| recall.summary(certificate))
                .collect()
        };
        Arc::clone(self.path_summaries.get_or_init(make))
    }

    /// The path, when one exists apart from the periods.
    pub(super) fn path(&self) -> Option<&VerifiedPath> {
        self.path.as_ref()
    }

    /// Results of path, period and revocation for a signature that is proven to exist at `best`.
    ///
    /// Source: EN 319 102-1 §5.2.6, §5.5.4, §5.6.2.4.
    pub(super) fn judge(
        &self,
        best: UtcTime,
        proofs: &Proofs,
        context: &Context<'_>,
        checks: &mut Checks,
    ) {
        if best == context.at && proofs.is_empty() {
            let now = self
                .now
                .get_or_init(|| self.judge_now(best, proofs, context));
            return checks.absorb(now.clone());
        }
        let now = self.judge_now(best, proofs, context);
        let ids = [CheckId::Path, CheckId::Period, CheckId::Revocation];
        let repairable = self.path.is_some() && ids.iter().any(|id| !now.passed(*id));
        if repairable && (best < context.at || !proofs.is_empty()) {
            let mut past = Checks::new();
            if self.in_the_past(best, proofs, context, &mut past) {
                checks.absorb(past);
                return;
            }
        }
        let is_revocation = |reason: &Reason| matches!(reason, Reason::Revoked { .. });
        let revoked = now
            .get(CheckId::Revocation)
            .is_some_and(|check| check.reasons.iter().any(is_revocation));
        if revoked && now.passed(CheckId::Path) && best < context.at && self.was_in_period(best) {
            // The proof serves for the period; what remains is the revocation.
            let mut then = now.without(&[CheckId::Period]);
            self.in_period_then(best, context, &mut then);
            return checks.absorb(then);
        }
        checks.absorb(now);
    }

    /// Whether every certificate of the path was in its period at `at`.
    fn was_in_period(&self, at: UtcTime) -> bool {
        let contains = |certificate: &Certificate| certificate.validity().contains(at);
        let path = self.path.as_ref();
        contains(&self.leaf) && path.is_some_and(|path| path.certificates().iter().all(contains))
    }

    /// The period is passed for `best`, and a warning says which certificates are out of it now.
    fn in_period_then(&self, best: UtcTime, context: &Context<'_>, checks: &mut Checks) {
        checks.pass(CheckId::Period);
        for certificate in self.path.iter().flat_map(|path| path.certificates()) {
            let validity = certificate.validity();
            if !validity.contains(context.at) {
                checks.warn(
                    CheckId::Period,
                    Reason::InPeriodThen {
                        certificate: certificate.subject().rfc4514(),
                        not_before: validity.not_before,
                        not_after: validity.not_after,
                        at: best,
                    },
                );
            }
        }
    }

    fn judge_now(&self, best: UtcTime, proofs: &Proofs, context: &Context<'_>) -> Checks {
        let mut now = Checks::new();
        self.path_now(proofs, context, &mut now);
        self.revocation_now(best, proofs, context, &mut now);
        now
    }

    fn path_now(&self, proofs: &Proofs, context: &Context<'_>, checks: &mut Checks) {
        let Some(failure) = &self.failure else {
            checks.pass(CheckId::Path);
            checks.pass(CheckId::Period);
            return;
        };
        if let PathFailureKind::OutOfPeriod {
            not_before,
            not_after,
        } = *failure.kind()
        {
            checks.pass(CheckId::Path);
            let certificate = failure
                .certificate()
                .map(|c| c.subject().rfc4514())
                .unwrap_or_default();
            let reason = Reason::OutOfPeriod {
                certificate,
                not_before,
                not_after,
                at: context.at,
            };
            let known_good = matches!(
                self.status(0, context.at.min(not_after), proofs, context),
                Some(Status::Good { .. })
            );
            let meaning = if known_good {
                SubIndication::OutOfBoundsNotRevoked
            } else {
                SubIndication::OutOfBoundsNoPoe
            };
            checks.fail_as(CheckId::Period, meaning, reason);
            return;
        }
        let reason = Reason::Path {
            failure: basic::said_of_path(failure.kind()),
            certificate: failure.certificate().map(|c| c.subject().rfc4514()),
            near_miss: failure.near_miss().map(|c| c.subject().rfc4514()),
        };
        checks.fail_as(CheckId::Path, basic::meaning(failure.kind()), reason);
        checks.not_run(CheckId::Period, Reason::Earlier);
    }

    /// Since when the leaf is revoked for good, by what is known now.
    pub(super) fn leaf_revoked_since(
        &self,
        proofs: &Proofs,
        context: &Context<'_>,
    ) -> Option<UtcTime> {
        match self.status(0, context.at, proofs, context) {
            Some(Status::Revoked { at, reason, .. })
                if reason != RevocationReason::CertificateHold =>
            {
                Some(at)
            }
            _ => None,
        }
    }

    /// What is known of the certificate at `index` at `at`; `None` for an anchor.
    fn status(
        &self,
        index: usize,
        at: UtcTime,
        proofs: &Proofs,
        context: &Context<'_>,
    ) -> Option<Status> {
        let path = self.path.as_ref()?;
        path.issuer(index)?;
        let parameters = revocation::Parameters {
            at,
            ..self.parameters.clone()
        };
        Some(revocation::judge(
            self.answers.get(index)?,
            path.certificates().get(index)?,
            &parameters,
            &strength(proofs, context),
        ))
    }

    fn revocation_now(
        &self,
        best: UtcTime,
        proofs: &Proofs,
        context: &Context<'_>,
        checks: &mut Checks,
    ) {
        const ID: CheckId = CheckId::Revocation;
        let Some(path) = &self.path else {
            checks.not_run(ID, Reason::Earlier);
            return;
        };
        checks.pass(ID);
        if context.policy.revocation == RevocationMode::None {
            checks.warn(ID, Reason::RevocationNotAsked);
            return;
        }
        for (index, certificate) in path.certificates().iter().enumerate() {
            let name = certificate.subject().rfc4514();
            match self.status(index, context.at, proofs, context) {
                None => {}
                Some(Status::Good {
                    source,
                    this_update,
                    ..
                }) => {
                    if this_update < best && self.wants_later_data(best, context) {
                        let reason = Reason::RevocationBeforeSignature {
                            certificate: name,
                            this_update,
                            at: best,
                        };
                        checks.fail(ID, reason);
                        continue;
                    }
                    let answers = self.answers.get(index).into_iter();
                    let weak = answers
                        .flat_map(|found| &found.answers)
                        .filter(|answer| answer.source == source)
                        .find_map(|answer| strength(proofs, context).accepted_by_proof(answer));
                    if let Some(name) = weak {
                        let used = "CRL or OCSP response";
                        checks.warn(ID, Reason::WeakAccepted { name, used });
                    }
                }
                // Proven to be signed before the revocation, while the certificate was in force.
                Some(Status::Revoked { at, .. })
                    if at > best && certificate.validity().contains(best) =>
                {
                    checks.warn(
                        ID,
                        Reason::RevokedLater {
                            certificate: name,
                            since: at,
                        },
                    );
                }
                Some(Status::Revoked {
                    at,
                    reason,
                    invalidity_date,
                    ..
                }) => {
                    let meaning = match (reason == RevocationReason::CertificateHold, index) {
                        (true, _) => SubIndication::TryLater,
                        (false, 0) => SubIndication::RevokedNoPoe,
                        (false, _) => SubIndication::RevokedCaNoPoe,
                    };
                    let mut why = basic::reason_text(reason);
                    if invalidity_date == Some(at) {
                        // Revoked later, and for what was so since then.
                        why += ", invalidityDate";
                    }
                    checks.fail_as(
                        ID,
                        meaning,
                        Reason::Revoked {
                            certificate: name,
                            since: at,
                            why,
                        },
                    );
                }
                Some(Status::Unknown { why }) => {
                    // Nothing says "revoked", however old; was it known to be good then?
                    if best < context.at
                        && context.policy.proven_freshness == ProvenFreshness::FreshThen
                        && let Some(Status::Good { this_update, .. }) =
                            self.status(index, best, proofs, context)
                    {
                        let reason = Reason::RevocationFreshThen {
                            certificate: name,
                            this_update,
                            at: best,
                        };
                        checks.warn(ID, reason);
                        continue;
                    }
                    let weak =
                        |refusal: &revocation::Refusal| matches!(refusal.why, Why::Weak { .. });
                    let meaning = if why.iter().any(weak) {
                        SubIndication::CryptoConstraintsFailureNoPoe
                    } else {
                        ID.on_fail()
                    };
                    let why = why
                        .iter()
                        .map(|refusal| basic::said_of_revocation(&refusal.why))
                        .collect();
                    let reason = Reason::RevocationUnknown {
                        certificate: name,
                        why,
                    };
                    if self.must_be_known(certificate, context) {
                        checks.fail_as(ID, meaning, reason);
                    } else {
                        checks.warn(ID, reason);
                    }
                }
            }
        }
    }

    /// What could be fetched, when `checks`, the results of [`Chain::judge`], leave something open.
    pub(super) fn wanted(&self, checks: &Checks, proofs: &Proofs, context: &Context<'_>) -> Wanted {
        let mut wanted = Wanted::default();
        let settled = checks
            .get(CheckId::Revocation)
            .is_some_and(|check| check.status == verdict::Status::Passed);
        if let Some(path) = self.path.as_ref().filter(|_| !settled)
            && context.policy.revocation != RevocationMode::None
        {
            let unknown = |index: &usize| {
                matches!(
                    self.status(*index, context.at, proofs, context),
                    Some(Status::Unknown { .. })
                )
            };
            wanted.status(WantedStatus {
                path: path.clone(),
                certificates: (0..path.certificates().len()).filter(unknown).collect(),
                parameters: self.parameters.clone(),
            });
        }
        if let Some(failure) = &self.failure
            && matches!(failure.kind(), PathFailureKind::NoIssuer)
        {
            let last = failure.certificate().or(failure.chain().last());
            wanted.issuer_of(last.unwrap_or(&self.leaf));
        }
        wanted
    }

    /// Whether data from before `best`, a proven time, does not count.
    fn wants_later_data(&self, best: UtcTime, context: &Context<'_>) -> bool {
        best < context.at && context.policy.proven_freshness == ProvenFreshness::IssuedAfter
    }

    fn must_be_known(&self, certificate: &Certificate, context: &Context<'_>) -> bool {
        let declared = !certificate.crl_distribution_points().is_empty()
            || !certificate.ocsp_urls().is_empty();
        match context.policy.revocation {
            RevocationMode::Require => true,
            RevocationMode::IfDeclared => declared,
            RevocationMode::SoftFail | RevocationMode::None => false,
        }
    }

    /// Whether the signature, proven to exist at `best`, was made while everything was in force;
    /// then the checks say so.
    ///
    /// Source: EN 319 102-1 §5.6.2.4.
    fn in_the_past(
        &self,
        best: UtcTime,
        proofs: &Proofs,
        context: &Context<'_>,
        checks: &mut Checks,
    ) -> bool {
        let Some(path) = &self.path else { return false };
        let Some(control) = self.slide(path, best, proofs, context) else {
            return false;
        };
        if best > control || !self.was_in_period(best) {
            return false;
        }
        checks.pass(CheckId::Path);
        self.in_period_then(best, context, checks);
        checks.pass(CheckId::Revocation);
        let at = context.at;
        for (index, certificate) in path.certificates().iter().enumerate() {
            let name = certificate.subject().rfc4514();
            match (
                self.status(index, at, proofs, context),
                self.status(index, best, proofs, context),
            ) {
                (Some(Status::Revoked { at: since, .. }), _) => checks.warn(
                    CheckId::Revocation,
                    Reason::RevokedLater {
                        certificate: name,
                        since,
                    },
                ),
                (Some(Status::Unknown { .. }), Some(Status::Good { this_update, .. }))
                    if this_update < best =>
                {
                    checks.warn(
                        CheckId::Revocation,
                        Reason::RevocationFreshThen {
                            certificate: name,
                            this_update,
                            at: best,
                        },
                    );
                }
                _ => {}
            }
        }
        true
    }

    /// Slides the time back from now until the status of every certificate of the path is proven
    /// for it; `None` when a proof is missing.
    ///
    /// Source: EN 319 102-1 §5.6.2.2.
    fn slide(
        &self,
        path: &VerifiedPath,
        best: UtcTime,
        proofs: &Proofs,
        context: &Context<'_>,
    ) -> Option<UtcTime> {
        let mut control = path
            .anchor()
            .until()
            .map_or(context.at, |until| context.at.min(until));
        let calendar = &context.policy.calendar;
        let strength = strength(proofs, context);
        let links: Vec<_> = path.links().collect();
        for index in (0..path.certificates().len()).rev() {
            let certificate = path.certificates().get(index)?;
            if path.issuer(index).is_none() {
                continue;
            }
            if proofs.of(certificate.sha256()) > control {
                return None;
            }
            let later = self.wants_later_data(best, context);
            let end = certificate.validity().not_after;
            // An issuer may drop expired certificates from its lists (RFC 5280 §3.3): "not listed"
            // after the end says nothing, unless the issuer says that it keeps them.
            let speaks = |answer: &Answer| {
                answer.revocation.is_some()
                    || answer.this_update <= end
                    || answer.names_certificate
                    || answer.keeps_expired_since.is_some_and(|since| since <= end)
            };
            let usable = |answer: &&Answer| {
                speaks(answer)
                    && (!later || answer.this_update >= best)
                    && answer.this_update <= control
                    && proofs.of(&answer.source.sha256) <= control
                    && (answer.revocation.is_some()
                        || strength.weakest(answer).0 != Strength::Never)
            };
            let answers = self
                .answers
                .get(index)
                .map(|found| found.answers.as_slice())
                .unwrap_or_default();
            let newest = answers
                .iter()
                .filter(usable)
                .max_by_key(|answer| answer.this_update);
            // A revocation for good counts however old the answer and whatever says otherwise later.
            let revoked = answers.iter().filter_map(|answer| answer.revocation);
            if let Some(since) = revoked
                .filter(|one| !one.is_hold())
                .map(|one| one.since())
                .min()
            {
                control = control.min(since);
            }
            match newest {
                Some(answer) => {
                    match answer.revocation {
                        // Shell model: what is revoked later was in force before.
                        Some(revocation) => control = control.min(revocation.since()),
                        None if !self.is_fresh(answer, control, context) => {
                            // Fresh at the proven time of the signature, it speaks for that time.
                            let then = context.policy.proven_freshness
                                == ProvenFreshness::FreshThen
                                && answer.this_update <= best
                                && self.is_fresh(answer, best, context);
                            control = control.min(if then { best } else { answer.this_update });
                        }
                        None => {}
                    }
                    if answer.revocation.is_none() {
                        control = limited(control, strength.weakest(answer).0)?;
                    }
                }
                None if self.must_be_known(certificate, context) => return None,
                None => {}
            }
            if let Some(link) = links.get(index) {
                control = limited(
                    control,
                    calendar.signature(link.algorithm, link.issuer_key.kind()),
                )?;
            }
        }
        Some(control)
    }

    fn is_fresh(&self, answer: &Answer, at: UtcTime, context: &Context<'_>) -> bool {
        match context.policy.freshness {
            Freshness::NextUpdate => answer.next_update.is_some_and(|next| at <= next),
            Freshness::MaxAge(seconds) => at <= answer.this_update.plus(i64::from(seconds)),
        }
    }

    /// What a report shows of the revocation at `at`.
    pub(super) fn revocation_summaries(
        &self,
        at: UtcTime,
        proofs: &Proofs,
        context: &Context<'_>,
    ) -> Arc<[RevocationSummary]> {
        if at == context.at && proofs.is_empty() {
            let make = || self.summarise_all(at, proofs, context);
            return Arc::clone(self.revocation_now.get_or_init(make));
        }
        self.summarise_all(at, proofs, context)
    }

    /// As [`Chain::revocation_summaries`], of the leaf alone.
    pub(super) fn leaf_summary(
        &self,
        at: UtcTime,
        proofs: &Proofs,
        context: &Context<'_>,
    ) -> Option<RevocationSummary> {
        let path = self.path.as_ref()?;
        // The first that anybody answers for.
        let index = (0..path.certificates().len()).find(|index| path.issuer(*index).is_some())?;
        let name = path.certificates().get(index)?.subject().rfc4514();
        Some(summarise(&name, &self.status(index, at, proofs, context)?))
    }

    fn summarise_all(
        &self,
        at: UtcTime,
        proofs: &Proofs,
        context: &Context<'_>,
    ) -> Arc<[RevocationSummary]> {
        let certificates = self
            .path
            .iter()
            .flat_map(|path| path.certificates().iter().enumerate());
        certificates
            .filter_map(|(index, certificate)| {
                Some(summarise(
                    &certificate.subject().rfc4514(),
                    &self.status(index, at, proofs, context)?,
                ))
            })
            .collect()
    }
}

fn strength<'a>(proofs: &'a Proofs, context: &'a Context<'_>) -> AnswerStrength<'a> {
    AnswerStrength::new(&context.policy.calendar, context.at).with_proofs(proofs)
}

/// `control`, held to what an algorithm allows; `None` when it was never strong enough.
fn limited(control: UtcTime, strength: Strength) -> Option<UtcTime> {
    match strength {
        Strength::Until(None) => Some(control),
        Strength::Until(Some(until)) => Some(control.min(until)),
        Strength::Never => None,
    }
}
