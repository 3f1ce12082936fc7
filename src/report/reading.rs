//! A report → the plain answers that the terminal and the page both show: who, when, as signed, why, what now.

use super::message::page::{self as say, Label, label};
use super::message::{self, Language, change_level, compare, verdict};
use super::{PolicySummary, Report};
use crate::signature::{ChangeLevel, Difference, Kind};
use crate::validation::policy::ClaimedTimeUse;
use crate::validation::remark::Weight;
use crate::validation::{
    CertificateSummary, CheckId, Indication, Integrity, Reason, SignatureVerdict, Status,
    TimeSource,
};

/// The name that a person would use: the common name, else the whole name.
pub(super) fn name(certificate: &CertificateSummary) -> &str {
    certificate
        .common_name
        .as_deref()
        .unwrap_or(&certificate.subject)
}

/// The issuing CA by the name that a person would use.
pub(super) fn issuer(certificate: &CertificateSummary) -> &str {
    certificate
        .issuer_common_name
        .as_deref()
        .unwrap_or(&certificate.issuer)
}

/// Name, title and the lowest unit: who signed, in one line.
pub(super) fn signer(l: Language, s: &SignatureVerdict) -> String {
    let Some(certificate) = &s.certificate else {
        return label(l, Label::UnknownSigner).to_owned();
    };
    let mut text = name(certificate).to_owned();
    if let Some(title) = &certificate.title {
        text += ", ";
        text += title;
    }
    // The lowest unit alone: the whole chain stands in the signature's own part.
    if let Some(unit) = certificate.organization.last()
        && unit != name(certificate)
    {
        text += " — ";
        text += unit;
    }
    text
}

/// The managing unit: from the lowest unit up to the organisation.
pub(super) fn unit(certificate: &CertificateSummary) -> String {
    let units: Vec<&str> = certificate
        .organization
        .iter()
        .rev()
        .map(String::as_str)
        .collect();
    units.join(", ")
}

/// A moment, and where it comes from.
pub(super) struct When {
    pub(super) time: Option<String>,
    pub(super) source: &'static str,
}

/// When it was signed, and how that is known. With a proof the proven time comes first.
pub(super) fn when(l: Language, s: &SignatureVerdict) -> Vec<When> {
    let mut all = Vec::new();
    let proof = match s.best_signature_time.source {
        TimeSource::ValidationTime => None,
        TimeSource::SignatureTimeStamp => Some(Label::TimeStampProof),
        TimeSource::DocumentTimeStamp => Some(Label::DocumentTimeStampProof),
    };
    if let Some(proof) = proof {
        all.push(When {
            time: Some(say::moment(s.best_signature_time.time)),
            source: label(l, proof),
        });
    }
    if let Some(claimed) = s.claimed_time {
        let own = s.kind == Kind::DocumentTimeStamp;
        all.push(When {
            time: Some(say::moment(claimed)),
            source: match own {
                true => label(l, Label::OwnTimeStamp),
                false => label(l, Label::ClaimedUnproven),
            },
        });
    }
    if all.is_empty() {
        all.push(When {
            time: None,
            source: label(l, Label::NoTime),
        });
    }
    all
}

/// As [`when`], in one line.
pub(super) fn when_line(l: Language, s: &SignatureVerdict) -> String {
    let parts: Vec<String> = when(l, s)
        .into_iter()
        .map(|when| match when.time {
            Some(time) => format!("{time} — {}", when.source),
            None => when.source.to_owned(),
        })
        .collect();
    parts.join("; ")
}

/// Whether the certificate was in force when it signed.
///
/// With a time-stamp: as judged for the proven time. Without: not known, unless the policy shows
/// the state at the claimed time here, marked unproven.
pub(super) fn valid_then(l: Language, s: &SignatureVerdict, policy: &PolicySummary) -> String {
    if s.best_signature_time.source != TimeSource::ValidationTime {
        let status = |id| {
            s.checks
                .iter()
                .find(|check| check.id == id)
                .map(|check| check.status)
        };
        let both = [status(CheckId::Period), status(CheckId::Revocation)];
        let word = if both.contains(&Some(Status::Failed)) {
            // A failed revocation check may also mean that nothing is known.
            match s.revocation.iter().any(|one| one.status == "revoked")
                || status(CheckId::Period) == Some(Status::Failed)
            {
                true => Label::NotValidProven,
                false => Label::ValidUnknown,
            }
        } else if both
            .iter()
            .all(|status| matches!(status, Some(Status::Passed | Status::Warned)))
        {
            Label::ValidProven
        } else {
            Label::ValidUnknown
        };
        let time = say::moment(s.best_signature_time.time);
        return format!(
            "{} ({time}, {})",
            label(l, word),
            when(l, s).first().map_or("", |w| w.source)
        );
    }
    match (policy.claimed_time, at_claimed_time(l, s)) {
        (ClaimedTimeUse::AsSigningTime, Some(state)) => {
            format!("{state} ({})", label(l, Label::ClaimedUnproven))
        }
        _ => label(l, Label::UnknownWithoutTimeStamp).to_owned(),
    }
}

/// The state at the claimed time; `None` without a claimed time.
pub(super) fn at_claimed_time(l: Language, s: &SignatureVerdict) -> Option<String> {
    let claimed = s.at_claimed_time.as_ref()?;
    let period = match claimed.in_period {
        true => label(l, Label::InPeriod),
        false => label(l, Label::OutOfPeriod),
    };
    let status = claimed.revocation.as_ref().map_or("unknown", |r| r.status);
    let time = s.claimed_time.map(say::moment).unwrap_or_default();
    Some(format!(
        "{time}: {period}, {}",
        message::revocation(l, status)
    ))
}

/// What the signature covers.
pub(super) fn covers(l: Language, s: &SignatureVerdict) -> &'static str {
    label(
        l,
        match s.whole_document {
            Some(true) => Label::CoversAll,
            Some(false) => Label::CoversEarlier,
            None => Label::CoversUnknown,
        },
    )
}

/// What came after the signature, and whether that is permitted.
pub(super) fn later(l: Language, s: &SignatureVerdict) -> Option<String> {
    let level = s.changes.level?;
    if level == ChangeLevel::None {
        return Some(label(l, Label::NothingAfter).to_owned());
    }
    let permitted = label(
        l,
        match s.changes.permitted {
            Some(true) => Label::Permitted,
            Some(false) => Label::NotPermitted,
            None => Label::NotJudged,
        },
    );
    Some(format!("{} ({permitted})", change_level(l, level)))
}

/// Whether what came after is permitted, in a word or two.
pub(super) fn permission(l: Language, s: &SignatureVerdict) -> String {
    let word = match (s.changes.permitted, s.indication) {
        (Some(false), _) => Label::NotPermitted,
        (Some(true), Indication::TotalFailed) if deciding(s) == Some(CheckId::LaterSignatures) => {
            Label::NotPermitted
        }
        (Some(true), _) => Label::Permitted,
        (None, _) => Label::NotJudged,
    };
    format!("{}: {}", label(l, Label::CameAfter), label(l, word))
}

/// The check that decided the signature's conclusion.
fn deciding(s: &SignatureVerdict) -> Option<CheckId> {
    let sub = s.sub_indication?;
    let failed = |check: &&crate::validation::Check| {
        check.status == Status::Failed && check.sub_indication == Some(sub)
    };
    let open = |check: &&crate::validation::Check| check.status == Status::NotRun;
    s.checks
        .iter()
        .find(failed)
        .or_else(|| s.checks.iter().find(open))
        .map(|check| check.id)
}

/// Why the signature does not pass; `None` when it does.
pub(super) fn why(l: Language, s: &SignatureVerdict) -> Option<String> {
    let check = deciding(s);
    let mut text = verdict::why(l, s.sub_indication?, check).to_owned();
    if check == Some(CheckId::LaterChanges) {
        let seen: Vec<String> = s
            .changes
            .seen
            .iter()
            .take(3)
            .map(|difference| compare::difference(l, difference))
            .collect();
        if !seen.is_empty() {
            text += " — ";
            text += &seen.join("; ");
        }
    }
    Some(text)
}

/// What to do about the signature; `None` when it passes.
pub(super) fn advice(l: Language, s: &SignatureVerdict) -> Option<&'static str> {
    Some(verdict::advice(l, s.sub_indication?, deciding(s)))
}

/// Numbers, from 1, of the signatures that fit.
fn numbers(report: &Report, fits: impl Fn(&SignatureVerdict) -> bool) -> Vec<usize> {
    (1..)
        .zip(&report.signatures)
        .filter(|(_, s)| fits(s))
        .map(|(number, _)| number)
        .collect()
}

/// The big words.
pub(super) fn headline(l: Language, report: &Report) -> String {
    let bad = numbers(report, |s| s.indication == report.indication).len();
    say::headline(l, report.indication, report.signatures.len(), bad)
}

/// Why the document has this answer, one line for each signature that does not pass.
pub(super) fn reasons(l: Language, report: &Report) -> Vec<String> {
    if report.signatures.is_empty() && report.indication == Indication::TotalFailed {
        return report
            .document
            .findings
            .iter()
            .filter(|finding| {
                matches!(
                    finding.code,
                    "unreadable" | "recovered" | "cut-off-signature"
                )
            })
            .map(|finding| message::finding(l, finding))
            .collect();
    }
    let mut groups: Vec<(Vec<usize>, String)> = Vec::new();
    for (number, s) in (1..).zip(&report.signatures) {
        let Some(why) = why(l, s) else { continue };
        match groups.iter_mut().find(|(_, known)| *known == why) {
            Some((numbers, _)) => numbers.push(number),
            None => groups.push((vec![number], why)),
        }
    }
    groups
        .into_iter()
        .map(|(numbers, why)| format!("{}: {why}", say::signatures(l, &numbers)))
        .collect()
}

/// What to do with the document.
pub(super) fn what_now(l: Language, report: &Report) -> Vec<String> {
    let mut steps = vec![verdict::next_step(l, report.indication).to_owned()];
    match report.indication {
        // Signed content that later revisions spoiled can still be had.
        Indication::TotalFailed => {
            let spoiled = report.signatures.iter().position(|s| {
                s.integrity == Integrity::Intact
                    && matches!(
                        deciding(s),
                        Some(CheckId::LaterChanges | CheckId::LaterSignatures)
                    )
            });
            steps.extend(spoiled.map(|index| verdict::extract_hint(l, index + 1)));
        }
        Indication::Indeterminate => {
            let open = report
                .signatures
                .iter()
                .filter(|s| s.indication == Indication::Indeterminate);
            for advice in open.filter_map(|s| advice(l, s)) {
                if !steps.iter().any(|step| step == advice) {
                    steps.push(advice.to_owned());
                }
            }
        }
        Indication::TotalPassed => {
            let warned = report
                .remarks
                .iter()
                .any(|remark| remark.weight() == Weight::Warning);
            if warned {
                steps.push(verdict::read_remarks(l).to_owned());
            }
        }
        Indication::NoSignatureFound => {}
    }
    steps
}

/// Whether the document is as its signers saw it.
pub(super) fn as_issued(l: Language, report: &Report) -> Vec<String> {
    if report.signatures.is_empty() {
        return vec![match report.indication {
            Indication::TotalFailed => label(l, Label::CoversUnknown).to_owned(),
            _ => say::nothing_signed(l).to_owned(),
        }];
    }
    let mut lines = Vec::new();
    let broken = numbers(report, |s| s.integrity == Integrity::Broken);
    let changed = numbers(report, |s| {
        s.integrity == Integrity::Intact && s.changes.permitted == Some(false)
    });
    let unknown = numbers(report, |s| {
        s.integrity == Integrity::Unknown
            || (s.integrity == Integrity::Intact && s.changes.permitted.is_none())
    });
    if !broken.is_empty() {
        lines.push(say::not_as_signed(l, &broken));
    }
    if !changed.is_empty() {
        lines.push(say::changed_after(l, &changed));
    }
    if !unknown.is_empty() {
        lines.push(say::as_signed_unknown(l, &unknown));
    }
    let later = signatures_that_break(report);
    if lines.is_empty() && !later.is_empty() {
        lines.push(say::changed_after(l, &later));
    }
    if lines.is_empty() {
        let level = report
            .signatures
            .iter()
            .filter_map(|s| s.changes.level)
            .max()
            .unwrap_or(ChangeLevel::None);
        lines.push(match level {
            ChangeLevel::None => say::as_signed(l, false).to_owned(),
            ChangeLevel::LtaUpdates | ChangeLevel::Signing => say::as_signed(l, true).to_owned(),
            other => say::as_signed_with(l, change_level(l, other)),
        });
    }
    let seen: Vec<String> = seen(report)
        .iter()
        .map(|difference| compare::difference(l, difference))
        .collect();
    if !seen.is_empty() {
        lines.push(say::what_differs(l, &seen.join("; ")));
    }
    lines
}

/// Signatures that fail although their own bytes are intact and later changes are of a kind that is
/// permitted: what a later signature added is not accepted.
fn signatures_that_break(report: &Report) -> Vec<usize> {
    numbers(report, |s| {
        s.indication == Indication::TotalFailed && deciding(s) == Some(CheckId::LaterSignatures)
    })
}

/// What a reader sees of changes that are not permitted, for the first signature that tells.
fn seen(report: &Report) -> &[Difference] {
    report
        .signatures
        .iter()
        .filter(|s| s.changes.permitted == Some(false))
        .map(|s| s.changes.seen.as_slice())
        .find(|seen| !seen.is_empty())
        .map_or(&[], |seen| seen.get(..seen.len().min(4)).unwrap_or(seen))
}

/// One revision of the file.
pub(super) struct Story {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) start: u64,
    pub(super) end: u64,
    /// Index of the signature that signs it.
    pub(super) signature: Option<usize>,
    /// How far its changes go, where a signature before it tells.
    pub(super) level: Option<ChangeLevel>,
    /// Whether some signature before it fails because of it.
    pub(super) forbidden: bool,
}

/// The revisions of the file, oldest first.
pub(super) fn revisions(report: &Report) -> Vec<Story> {
    let mut start = 0;
    report
        .document
        .revision_ends
        .iter()
        .enumerate()
        .map(|(index, end)| {
            let signature = report
                .signatures
                .iter()
                .position(|s| s.revision == Some(index));
            let before = || {
                report
                    .signatures
                    .iter()
                    .filter(|s| s.revision < Some(index) && s.revision.is_some())
            };
            let level = before()
                .flat_map(|s| &s.changes.objects)
                .filter(|object| object.revision == index)
                .map(|object| object.level)
                .max()
                .or_else(|| before().next().map(|_| ChangeLevel::None));
            let forbidden = before().any(|s| forbids(s, index));
            let story = Story {
                number: index + 1,
                start,
                end: *end,
                signature,
                level,
                forbidden,
            };
            start = *end;
            story
        })
        .collect()
}

/// Whether the signature fails because of what `revision` changed.
fn forbids(s: &SignatureVerdict, revision: usize) -> bool {
    s.checks
        .iter()
        .filter(|check| check.id == CheckId::LaterChanges && check.status == Status::Failed)
        .flat_map(|check| &check.reasons)
        .any(|reason| matches!(reason, Reason::Changed { revision: own, .. } if *own == revision))
}

/// What a revision brought, in one line.
pub(super) fn brought(l: Language, report: &Report, story: &Story) -> String {
    let mut parts = Vec::new();
    if story.number == 1 {
        parts.push(label(l, Label::OriginalContent).to_owned());
    }
    if story.forbidden {
        parts.push(label(l, Label::ForbiddenRevision).to_owned());
        parts.extend(
            seen(report)
                .iter()
                .map(|difference| compare::difference(l, difference)),
        );
    }
    if let Some(index) = story.signature {
        parts.push(say::signatures(l, &[index + 1]).to_lowercase());
    } else if !story.forbidden && story.number > 1 {
        match story.level {
            Some(ChangeLevel::None) => parts.push(label(l, Label::NoChange).to_owned()),
            Some(level) => parts.push(change_level(l, level).to_owned()),
            None => {}
        }
    }
    if parts.is_empty() {
        parts.push("—".to_owned());
    }
    parts.join("; ")
}
