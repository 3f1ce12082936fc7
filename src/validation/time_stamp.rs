//! Tokens on a signature → the times that they prove, each validated as a signature of its own.
//!
//! Source: EN 319 102-1 §5.4.

use super::basic::{self, Context};
use super::chain::Chain;
use super::proof::Proofs;
use super::signature_verdict::TimeStampSummary;
use super::verdict::{Indication, conclude};
use super::wanted::Wanted;
use super::{CheckId, Checks, Reason, SubIndication};
use crate::crypto::{DigestAlgorithm, DigestValue};
use crate::pki::timestamp::{Imprint, TimeStampToken, TstInfo};
use crate::pki::{Certificate, Pool};
use crate::signature::Form;
use crate::time::UtcTime;

/// A token that was looked at.
pub(super) struct Stamp {
    pub(super) summary: TimeStampSummary,
    /// What it says, when it verifies.
    pub(super) proven: Option<TstInfo>,
    /// SHA-256 of the authority's certificate, to know tokens of one authority.
    pub(super) authority: Option<[u8; 32]>,
    /// Evidence that could decide what is open.
    pub(super) wanted: Wanted,
}

impl Stamp {
    /// The time that it proves.
    pub(super) fn time(&self) -> Option<UtcTime> {
        self.proven.as_ref().map(TstInfo::proven_at)
    }
}

/// Why `certificate` was not in force at `time`, the time of a token by its key, whatever proves it.
pub(super) fn outside(certificate: &Certificate, time: UtcTime) -> Option<SubIndication> {
    let validity = certificate.validity();
    if time < validity.not_before {
        return Some(SubIndication::NotYetValid);
    }
    (time > validity.not_after).then_some(SubIndication::Expired)
}

/// Validates a token; `stamped`: the digest of what it stamps, where it can be had.
pub(super) fn validate(
    token: &[u8],
    stamped: impl Fn(DigestAlgorithm) -> Option<DigestValue>,
    proofs: &Proofs,
    context: &Context<'_>,
) -> Stamp {
    let failed = |why: String, sub: SubIndication| Stamp {
        summary: TimeStampSummary {
            time: None,
            authority: None,
            indication: sub.main(),
            sub_indication: Some(sub),
            why: Some(why),
        },
        proven: None,
        authority: None,
        wanted: Wanted::default(),
    };
    let parsed = match TimeStampToken::parse(token, context.limits) {
        Ok(parsed) => parsed,
        Err(error) => return failed(error.to_string(), SubIndication::FormatFailure),
    };
    let info = parsed.info();
    let algorithm = info.imprint_algorithm.unwrap_or(DigestAlgorithm::Sha256);
    let Some(digest) = stamped(algorithm) else {
        let why = "the digest of what it stamps was not computed".to_owned();
        return failed(why, SubIndication::SignedDataNotFound);
    };
    let own = basic::with_own_evidence(parsed.data(), context);
    let context = &Context {
        evidence: &own,
        ..*context
    };
    let carried = basic::embedded(parsed.data(), context);
    let pool: Pool = carried
        .iter()
        .chain(context.evidence.certificates())
        .cloned()
        .collect();
    let verification = parsed.check(&digest, &pool, context.limits, context.budget);
    let mut stamp = failed(String::new(), SubIndication::NoCertificateChainFound);
    stamp.summary.time = Some(info.gen_time);
    stamp.summary.authority = verification.signer.as_ref().map(|c| c.subject().rfc4514());
    stamp.authority = verification.signer.as_ref().map(|c| *c.sha256());
    if let Some(fault) = verification.faults.first() {
        let sub = match verification.imprint {
            Imprint::Differs => SubIndication::HashFailure,
            _ => SubIndication::SigCryptoFailure,
        };
        (stamp.summary.indication, stamp.summary.sub_indication) = (sub.main(), Some(sub));
        stamp.summary.why = Some(fault.to_string());
        return stamp;
    }
    if info.earliest() > context.at {
        let sub = SubIndication::TimestampOrderFailure;
        (stamp.summary.indication, stamp.summary.sub_indication) = (sub.main(), Some(sub));
        stamp.summary.why = Some("its time lies after the moment of the validation".to_owned());
        return stamp;
    }
    let Some(signer) = &verification.signer else {
        return stamp;
    };
    if let Some(sub) = outside(signer, info.gen_time) {
        (stamp.summary.indication, stamp.summary.sub_indication) = (sub.main(), Some(sub));
        stamp.summary.why = Some("its certificate was not in force at its own time".to_owned());
        return stamp;
    }
    let known = context
        .recall
        .chain(signer, Form::TimeStamp, &carried, context, || {
            Chain::find(signer, Form::TimeStamp, &pool, context)
        });
    let chain = &known.value;
    // The token is as old as whatever newer time-stamp covers it.
    let exists = proofs.of(&basic::sha256(token));
    let mut checks = Checks::new();
    chain.judge(exists, proofs, context, &mut checks);
    stamp.wanted = chain.wanted(&checks, proofs, context);
    const ALGORITHMS: CheckId = CheckId::Algorithms;
    checks.pass(ALGORITHMS);
    let calendar = &context.policy.calendar;
    let mut judge = |name: String, used: &'static str, strong: bool| {
        if !strong {
            checks.fail(
                ALGORITHMS,
                Reason::Weak {
                    name,
                    used,
                    until: None,
                },
            );
        }
    };
    if let Some(algorithm) = &verification.algorithm {
        let strength = calendar.signature(algorithm, signer.public_key().kind());
        judge(algorithm.name(), "time-stamp", strength.holds_at(exists));
    }
    for link in chain.path().into_iter().flat_map(|path| path.links()) {
        let strength = calendar.signature(link.algorithm, link.issuer_key.kind());
        judge(
            link.algorithm.name(),
            "certificate of the time-stamp",
            strength.holds_at(exists),
        );
    }
    judge(
        algorithm.name().to_owned(),
        "imprint of the time-stamp",
        calendar.digest(algorithm).holds_at(exists),
    );
    let mandatory = [
        CheckId::Path,
        CheckId::Period,
        CheckId::Revocation,
        ALGORITHMS,
    ];
    let conclusion = conclude(&mandatory, &checks);
    stamp.summary.indication = conclusion.indication();
    stamp.summary.sub_indication = conclusion.sub_indication();
    stamp.summary.why = None;
    if conclusion.indication() == Indication::TotalPassed {
        stamp.proven = Some(info.clone());
    } else {
        let failing = checks.iter().find(|check| !checks.passed(check.id));
        stamp.summary.why = failing.map(|check| check.id.code().to_owned());
    }
    stamp
}
