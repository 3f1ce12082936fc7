//! A report → lines for a terminal.

use std::fmt::Write;

use super::certificate::plain;
use super::message::{self, Language, network};
use super::{FileReport, Report, RequestRecord};
use crate::time::VIETNAM_OFFSET;
use crate::validation::{SignatureVerdict, Status, TimeSource};

pub(super) fn file(file: &FileReport, language: Language, every_check: bool) -> String {
    match &file.report {
        Ok(report) => format!(
            "{}: {}",
            file.file,
            self::report(report, language, every_check)
        ),
        Err(error) => {
            let mut out = format!(
                "{}: {}: {}\n",
                file.file,
                language.pick("LỖI", "ERROR"),
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
    let pages = report
        .pages
        .map_or_else(|| "?".to_owned(), |pages| pages.to_string());
    let _ = writeln!(
        out,
        "  {} {pages}; {} {}; SHA-256 {}",
        l.pick("số trang", "pages"),
        l.pick("số phiên bản", "revisions"),
        report.document.revisions,
        report.sha256,
    );
    let _ = writeln!(
        out,
        "  {} {}; {} {}",
        l.pick("chính sách", "policy"),
        report.policy.name,
        l.pick("kiểm tra cho thời điểm", "verified for"),
        local(report.validation_time),
    );
    for finding in &report.document.findings {
        let place = finding
            .position
            .map_or_else(String::new, |at| format!(" (byte {at})"));
        let text = message::finding(l, finding);
        let _ = writeln!(out, "  ! {}{place}: {text}", finding.code);
    }
    for (index, signature) in report.signatures.iter().enumerate() {
        self::signature(&mut out, index + 1, signature, l, every_check);
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

fn local(time: crate::time::UtcTime) -> String {
    time.rfc3339(VIETNAM_OFFSET)
}

fn signature(
    out: &mut String,
    number: usize,
    s: &SignatureVerdict,
    l: Language,
    every_check: bool,
) {
    let kind = message::kind(l, s.kind);
    let field = s.field.as_deref().unwrap_or("—");
    let sub = s
        .sub_indication
        .map_or_else(String::new, |sub| format!(" / {sub}"));
    let _ = writeln!(out, "\n  {number}. {field} ({kind}): {}{sub}", s.indication);
    let mut row = |name: &str, value: &str| {
        let pad = 20usize.saturating_sub(name.chars().count());
        let _ = writeln!(out, "     {name}{:pad$} {value}", "");
    };
    if let Some(signer) = &s.signer {
        row(l.pick("người ký", "signer"), signer);
    }
    if let Some(certificate) = &s.certificate {
        row(l.pick("cơ quan cấp", "issued by"), &certificate.issuer);
        let period = format!(
            "{} – {}, {} {}",
            local(certificate.not_before),
            local(certificate.not_after),
            l.pick("số hiệu", "serial"),
            certificate.serial
        );
        row(l.pick("hiệu lực chứng thư", "certificate"), &period);
    }
    match s.best_signature_time.source {
        TimeSource::ValidationTime => match s.claimed_time {
            Some(time) => {
                let note = l.pick(
                    "theo lời người ký, chưa được chứng minh",
                    "claimed by the signer, not proven",
                );
                row(
                    l.pick("thời điểm ký", "signed"),
                    &format!("{} ({note})", local(time)),
                );
            }
            None => row(
                l.pick("thời điểm ký", "signed"),
                l.pick("không rõ", "not known"),
            ),
        },
        TimeSource::SignatureTimeStamp | TimeSource::DocumentTimeStamp => {
            let note = l.pick("dấu thời gian", "time-stamp");
            let time = local(s.best_signature_time.time);
            row(
                l.pick("có từ trước", "exists since"),
                &format!("{time} ({note})"),
            );
        }
    }
    row(
        l.pick("tính toàn vẹn", "integrity"),
        message::integrity(l, s.integrity),
    );
    let covers = match s.whole_document {
        Some(true) => l.pick("toàn bộ tệp", "the whole file"),
        Some(false) => l.pick("một phiên bản trước", "an earlier revision"),
        None => l.pick("không xác định", "cannot be determined"),
    };
    row(l.pick("phạm vi", "covers"), covers);
    if let Some(baseline) = &s.baseline {
        let text = message::signing::baseline(l, baseline);
        row(l.pick("mức chữ ký", "level"), &text);
    }
    if let Some(level) = s.changes.level {
        let permitted = match s.changes.permitted {
            Some(true) => l.pick("được phép", "permitted"),
            Some(false) => l.pick("KHÔNG được phép", "NOT permitted"),
            None => l.pick("chưa kết luận", "not judged"),
        };
        row(
            l.pick("thay đổi sau khi ký", "later changes"),
            &format!("{} ({permitted})", message::change_level(l, level)),
        );
    }
    for check in &s.checks {
        let mark = match check.status {
            Status::Passed if !every_check => continue,
            Status::Passed => "✓",
            Status::Warned => "!",
            Status::Failed => "✗",
            Status::NotRun if !every_check => continue,
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
    if let Some(sub) = s.sub_indication {
        let _ = writeln!(out, "     → {}", message::advice(l, sub));
    }
}
