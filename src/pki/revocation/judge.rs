//! Authentic answers and a moment → the [`Status`] of the certificate then.

use super::{
    AfterExpiry, Answer, Answers, Freshness, Parameters, Refusal, Retroactive, Revocation, Signer,
    Source, Status, Strength, Why,
};
use crate::pki::certificate::Certificate;
use crate::pki::extension::ReasonFlags;
use crate::time::UtcTime;

/// The status of `certificate` by `found`, which must be about it, at [`Parameters::at`].
///
/// A revocation counts whatever its age, and wins; only a hold is lifted, by a newer answer that
/// counts. Good needs fresh answers for all reasons, signed strongly enough for `strength`, and
/// that nothing was left untried.
///
/// Source: RFC 5280 §6.3.3; RFC 6960 §3.2; EN 319 102-1 §5.2.5, §5.2.6.
pub fn judge(
    found: &Answers,
    certificate: &Certificate,
    parameters: &Parameters,
    strength: &dyn Strength,
) -> Status {
    let told: Vec<(&Answer, Revocation)> = found
        .answers
        .iter()
        .filter_map(|answer| Some((answer, answer.revocation?)))
        .filter(|(answer, revocation)| {
            parameters.retroactive == Retroactive::Accept
                || answer.this_update <= latest(parameters)
                || revocation.since() <= latest(parameters)
        })
        .collect();
    let final_ones = told.iter().filter(|(_, revocation)| !revocation.is_hold());
    if let Some(first) = final_ones.min_by_key(|(_, revocation)| revocation.since()) {
        return revoked(first);
    }
    let mut why = found.refusals.clone();
    let mut counting = Vec::new();
    for answer in &found.answers {
        if answer.revocation.is_some() {
            continue;
        }
        let refused = match counts(answer, certificate, parameters) {
            Ok(()) => strength
                .weak(answer)
                .map(|algorithm| Why::Weak { algorithm }),
            Err(reason) => Some(reason),
        };
        match refused {
            None => counting.push(answer),
            Some(reason) => why.push(Refusal {
                source: Some(answer.source.clone()),
                why: reason,
            }),
        }
    }
    if let Some(hold) = told.iter().max_by_key(|(answer, _)| answer.this_update) {
        counting.retain(|answer| answer.this_update > hold.0.this_update);
        if !cover_everything(&counting) {
            return revoked(hold);
        }
    }
    let untried = |refusal: &Refusal| matches!(refusal.why, Why::Limit { .. });
    let tried_all = !found.refusals.iter().any(untried);
    if let Some(good) = good(&counting).filter(|_| tried_all) {
        return good;
    }
    if !counting.is_empty() && !cover_everything(&counting) {
        why.push(Refusal {
            source: None,
            why: Why::Reasons,
        });
    }
    if why.is_empty() {
        why.push(Refusal {
            source: None,
            why: Why::NoEvidence,
        });
    }
    Status::Unknown { why }
}

fn revoked((answer, revocation): &(&Answer, Revocation)) -> Status {
    Status::Revoked {
        at: revocation.since(),
        reason: revocation.reason,
        invalidity_date: revocation.invalidity_date,
        source: answer.delta.as_ref().unwrap_or(&answer.source).clone(),
        this_update: answer.this_update,
    }
}

/// Good, when `counting` covers all reasons. The newest answer that does so alone is named;
/// without one, the oldest of all, since the certificate is known to be good only up to its time.
fn good(counting: &[&Answer]) -> Option<Status> {
    let alone = counting.iter().filter(|one| cover_everything(&[**one]));
    let (named, others) = match alone.max_by_key(|answer| answer.this_update) {
        Some(answer) => (*answer, &[][..]),
        None if cover_everything(counting) => {
            let oldest = counting.iter().min_by_key(|answer| answer.this_update)?;
            (*oldest, counting)
        }
        None => return None,
    };
    let mut also: Vec<Source> = Vec::new();
    also.extend(named.delta.clone());
    for other in others.iter().filter(|other| other.source != named.source) {
        also.push(other.source.clone());
        also.extend(other.delta.clone());
    }
    Some(Status::Good {
        source: named.source.clone(),
        this_update: named.this_update,
        next_update: named.next_update,
        also,
    })
}

fn cover_everything(answers: &[&Answer]) -> bool {
    let covered = answers.iter().fold(0, |sum, answer| sum | answer.reasons.0);
    covered & ReasonFlags::ALL.0 == ReasonFlags::ALL.0
}

/// The latest thisUpdate of an answer that is not from the future.
///
/// RFC 6960 §4.2.2.1 calls an answer unreliable whose thisUpdate is later than the own clock. Clocks
/// differ, for which RFC 5019 §4 has a small tolerance behind nextUpdate; here it stands before
/// thisUpdate.
fn latest(parameters: &Parameters) -> UtcTime {
    let ahead = parameters.tolerance.max(parameters.ahead);
    parameters.at.plus(i64::from(ahead))
}

/// Whether "not revoked" of `answer` counts at the asked moment.
fn counts(answer: &Answer, certificate: &Certificate, parameters: &Parameters) -> Result<(), Why> {
    let this_update = answer.this_update;
    let tolerance = i64::from(parameters.tolerance);
    if answer.next_update.is_some_and(|next| next < this_update)
        || this_update > answer.produced_at.plus(tolerance)
    {
        return Err(Why::Times);
    }
    if this_update > latest(parameters) && parameters.retroactive == Retroactive::Reject {
        return Err(Why::FromTheFuture { this_update });
    }
    let earliest = parameters.at.plus(-tolerance);
    match parameters.freshness {
        Freshness::NextUpdate => match answer.next_update {
            None => return Err(Why::NoNextUpdate),
            Some(next_update) if next_update < earliest => return Err(Why::Stale { next_update }),
            Some(_) => {}
        },
        Freshness::MaxAge(age) if this_update < earliest.plus(-i64::from(age)) => {
            return Err(Why::TooOld { this_update });
        }
        Freshness::IssuedSince(moment) if this_update < moment.plus(-tolerance) => {
            return Err(Why::TooOld { this_update });
        }
        Freshness::MaxAge(_) | Freshness::IssuedSince(_) | Freshness::AllowAnyAge => {}
    }
    let end = certificate.validity().not_after;
    if this_update > end
        && parameters.after_expiry == AfterExpiry::Reject
        && !answer.names_certificate
        && answer.keeps_expired_since.is_none_or(|since| since > end)
    {
        return Err(Why::AfterExpiry { this_update });
    }
    if let Signer::Other(path) = &answer.signer {
        // An answer of a moment ago is asked about now; one from later speaks for itself.
        let asked = parameters.at.max(answer.produced_at);
        let holds = path
            .interval()
            .is_some_and(|time| time.first <= asked && asked <= time.last);
        if !holds {
            return Err(Why::SignerOutOfPeriod);
        }
    }
    Ok(())
}
