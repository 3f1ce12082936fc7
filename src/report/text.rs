//! A report → lines for a terminal.

use std::fmt::Write;

use super::certificate::plain;
use super::message::page::{self as say, Label, label};
use super::message::{self, Language, network, remark};
use super::{FileReport, Report, RequestRecord, reading};
use crate::time::VIETNAM_OFFSET;
use crate::validation::remark::Weight;
use crate::validation::{Reason, SignatureVerdict, Status};

/// Column in which values begin, in characters after the indentation.
const COLUMN: usize = 28;

pub(super) fn file(file: &FileReport, language: Language, every_check: bool) -> String {
    match &file.report {
        Ok(report) => {
            let mut text = self::report(report, language, every_check);
            if file.from_record {
                let line = format!("  ! {}\n", say::from_record(language));
                let at = text.find('\n').map_or(text.len(), |end| end + 1);
                text.insert_str(at, &line);
            }
            format!("{}: {text}", file.file)
        }
        Err(error) => {
            let mut out = format!(
                "{}: {}: {}\n",
                file.file,
                label(language, Label::Error),
                message::error(language, error)
            );
            if let Some(remedy) = message::remedy(language, error) {
                out += &format!("  → {remedy}\n");
            }
            out
        }
    }
}

pub(super) fn report(report: &Report, language: Language, every_check: bool) -> String {
    let l = language;
    let mut out = String::new();
    // Writing to a string cannot fail; the results below are dropped for that reason.
    let _ = writeln!(
        out,
        "{} — {}",
        report.indication,
        message::indication(l, report.indication)
    );
    for reason in reading::reasons(l, report) {
        let _ = writeln!(out, "  ✗ {reason}");
    }
    if let Some(step) = reading::what_now(l, report).first() {
        let _ = writeln!(out, "  → {step}");
    }
    let pages = report
        .pages
        .map_or_else(|| "?".to_owned(), |pages| pages.to_string());
    let _ = writeln!(
        out,
        "  {} {pages}; {} {}; SHA-256 {}",
        label(l, Label::Pages).to_lowercase(),
        label(l, Label::RevisionCount).to_lowercase(),
        report.document.revisions,
        report.sha256,
    );
    let _ = writeln!(
        out,
        "  {} {}; {} {}",
        label(l, Label::Policy).to_lowercase(),
        report.policy.name,
        label(l, Label::CheckedFor).to_lowercase(),
        report.validation_time.rfc3339(VIETNAM_OFFSET),
    );
    for finding in &report.document.findings {
        let place = finding
            .position
            .map_or_else(String::new, |at| format!(" (byte {at})"));
        let text = message::finding(l, finding);
        let _ = writeln!(out, "  ! {}{place}: {text}", finding.code);
    }
    for one in &report.remarks {
        let mark = match one.weight() {
            Weight::Warning => "!",
            Weight::Information => "·",
        };
        let _ = writeln!(out, "  {mark} {}", remark::text(l, one));
    }
    for index in 0..report.signatures.len() {
        signature(&mut out, report, index, l, every_check);
    }
    requests(&mut out, &report.requests, l);
    out
}

/// The list of requests; nothing when none was made.
pub(super) fn requests(out: &mut String, requests: &[RequestRecord], l: Language) {
    if requests.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n  {}:", network::title(l));
    for request in requests {
        let _ = writeln!(
            out,
            "     {} {}: {}",
            network::kind(l, request.kind),
            plain(&request.url),
            plain(&network::result(l, request))
        );
    }
}

fn signature(out: &mut String, report: &Report, index: usize, l: Language, every_check: bool) {
    let Some(s) = report.signatures.get(index) else {
        return;
    };
    let kind = message::kind(l, s.kind);
    let field = s.field.as_deref().unwrap_or("—");
    let sub = s
        .sub_indication
        .map_or_else(String::new, |sub| format!(" / {sub}"));
    let number = index + 1;
    let _ = writeln!(out, "\n  {number}. {field} ({kind}): {}{sub}", s.indication);
    rows(out, report, s, l);
    checks(out, s, l, every_check);
    if let Some(advice) = reading::advice(l, s) {
        let _ = writeln!(out, "     → {advice}");
    }
}

/// The minimum fields of Thông tư 15/2025/TT-BKHCN, Điều 6 khoản 4, and what the signature covers.
fn rows(out: &mut String, report: &Report, s: &SignatureVerdict, l: Language) {
    let mut row = |name: Label, value: &str| {
        if value.is_empty() {
            return;
        }
        let name = label(l, name).to_lowercase();
        let pad = COLUMN.saturating_sub(name.chars().count());
        let _ = writeln!(out, "     {name}{:pad$} {value}", "");
    };
    if let Some(certificate) = &s.certificate {
        row(Label::Signer, &certificate.subject);
        row(Label::ManagingUnit, &reading::unit(certificate));
        row(Label::Issuer, &certificate.issuer);
        let period = format!(
            "{} – {}",
            say::moment(certificate.not_before),
            say::moment(certificate.not_after)
        );
        row(Label::Period, &period);
        row(Label::Serial, &certificate.serial);
    }
    row(Label::Time, &reading::when_line(l, s));
    row(Label::Integrity, message::integrity(l, s.integrity));
    row(Label::ValidThen, &reading::valid_then(l, s, &report.policy));
    row(Label::Covers, reading::covers(l, s));
    if let Some(baseline) = &s.baseline {
        row(Label::Level, &message::signing::baseline(l, baseline));
    }
    if !s.unprocessed.is_empty() {
        row(Label::Unprocessed, &s.unprocessed.join(", "));
    }
    if let Some(later) = reading::later(l, s) {
        row(Label::LaterChanges, &later);
    }
}

fn checks(out: &mut String, s: &SignatureVerdict, l: Language, every_check: bool) {
    for check in &s.checks {
        let mark = match check.status {
            Status::Passed if !every_check => continue,
            Status::Passed => "✓",
            Status::Warned => "!",
            Status::Failed => "✗",
            // Something else failed before; that is what matters.
            Status::NotRun if !every_check && is_earlier(&check.reasons) => continue,
            Status::NotRun => "·",
        };
        let title = message::check(l, check.id);
        let clause = check.id.clause();
        if check.reasons.is_empty() {
            let _ = writeln!(out, "     {mark} {title} [{clause}]");
        }
        for reason in &check.reasons {
            let _ = writeln!(
                out,
                "     {mark} {title}: {} [{clause}]",
                message::reason(l, reason)
            );
        }
    }
}

fn is_earlier(reasons: &[Reason]) -> bool {
    reasons
        .iter()
        .all(|reason| matches!(reason, Reason::Earlier))
}
