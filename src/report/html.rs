//! A report → one self-contained HTML page: opens offline, prints on A4, needs no script.

use std::fmt::Write;

use super::message::{self, Language, network};
use super::{FileReport, Report};
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::validation::{Indication, SignatureVerdict, Status, TimeSource};

/// The look of every page.
pub(crate) const STYLE: &str = "
:root{color-scheme:light;--good:#14632b;--bad:#a1121f;--open:#8a5200;--line:#c9ccd1;--soft:#f4f5f7}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:58rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.4rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{margin:.25rem 0}.muted{color:#57606a}.mono{font-family:ui-monospace,monospace;font-size:.85em;overflow-wrap:anywhere}
.verdict{border:2px solid;border-radius:.5rem;padding:.9rem 1.1rem;margin:1rem 0}
.verdict strong{font-size:1.2rem}
.good{border-color:var(--good)}.good strong,.good .mark{color:var(--good)}
.bad{border-color:var(--bad)}.bad strong,.bad .mark{color:var(--bad)}
.open{border-color:var(--open)}.open strong,.open .mark{color:var(--open)}
section{border:1px solid var(--line);border-radius:.5rem;padding:.25rem 1.1rem 1rem;margin:1.25rem 0}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .5rem .3rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600;width:13rem}td{overflow-wrap:anywhere}
details{margin-top:.75rem}summary{cursor:pointer;font-weight:600}
ol.line{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;padding:0;margin:1rem 0}
ol.line li{border:1px solid var(--line);border-radius:.4rem;padding:.35rem .7rem;background:var(--soft)}
.mark{font-weight:700;display:inline-block;width:1.4em}
@media print{body{font-size:10.5pt;padding:0;max-width:none}section,.verdict{break-inside:avoid}details>*{display:block}@page{size:A4;margin:18mm}}
";

/// `text` inside a page: no markup, no marks that turn the direction of writing.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Marks that turn the direction of writing could hide what a name really is.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn class(indication: Indication) -> &'static str {
    match indication {
        Indication::TotalPassed => "good",
        Indication::TotalFailed => "bad",
        Indication::Indeterminate | Indication::NoSignatureFound => "open",
    }
}

/// `time` on Vietnam's clock.
pub(crate) fn local(time: UtcTime) -> String {
    let (year, month, day, hour, minute, second) = time.civil(VIETNAM_OFFSET);
    format!("{day:02}/{month:02}/{year:04} {hour:02}:{minute:02}:{second:02} +07:00")
}

/// A table row; `value` is escaped.
fn row(out: &mut String, name: &str, value: &str) {
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        out,
        "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
        escape(name),
        escape(value)
    );
}

pub(super) fn page(file: &FileReport, language: Language) -> String {
    let l = language;
    let mut out = String::new();
    let title = l.pick(
        "Kết quả kiểm tra chữ ký số",
        "Result of checking digital signatures",
    );
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{}: {}</title><style>{STYLE}</style></head><body><header><h1>{title}</h1><p class=\"mono\">{}</p></header><main>",
        l.pick("vi", "en"),
        escape(&file.file),
        title,
        escape(&file.file),
    );
    match &file.report {
        Ok(report) => body(&mut out, report, l),
        Err(error) => {
            let _ = write!(
                out,
                "<div class=\"verdict bad\"><strong>{}</strong><p>{}</p><p>{}</p></div>",
                l.pick("Không kiểm tra được", "Could not be checked"),
                escape(&message::error(l, error)),
                escape(message::remedy(l, error).unwrap_or_default()),
            );
        }
    }
    out.push_str("</main></body></html>\n");
    out
}

fn body(out: &mut String, report: &Report, l: Language) {
    let sub = report
        .sub_indication
        .map_or_else(String::new, |sub| format!(" / {sub}"));
    let _ = write!(
        out,
        "<div class=\"verdict {}\" role=\"status\"><strong>{}</strong> <span class=\"muted\">{}{sub}</span>",
        class(report.indication),
        escape(&capital(message::indication(l, report.indication))),
        report.indication,
    );
    if let Some(sub) = report.sub_indication {
        let _ = write!(out, "<p>{}</p>", escape(message::advice(l, sub)));
    }
    out.push_str("</div>");
    timeline(out, report, l);
    for (index, signature) in report.signatures.iter().enumerate() {
        self::signature(out, index + 1, signature, l);
    }
    document(out, report, l);
    requests(out, report, l);
}

/// The revisions of the file in order, each with the signature that closes it.
fn timeline(out: &mut String, report: &Report, l: Language) {
    if report.document.revisions < 2 && report.signatures.len() < 2 {
        return;
    }
    let _ = write!(
        out,
        "<h2>{}</h2><ol class=\"line\">",
        l.pick("Các phiên bản trong tệp", "Revisions in the file")
    );
    for revision in 0..report.document.revisions {
        let signer = report
            .signatures
            .iter()
            .find(|s| s.revision == Some(revision));
        let label = match signer {
            Some(s) => {
                let mark = match s.indication {
                    Indication::TotalPassed => "✓",
                    Indication::TotalFailed => "✗",
                    _ => "?",
                };
                format!("{mark} {}", s.field.as_deref().unwrap_or("—"))
            }
            None => l.pick("không ký", "not signed").to_owned(),
        };
        let _ = write!(out, "<li>{}. {}</li>", revision + 1, escape(&label));
    }
    out.push_str("</ol>");
}

fn signature(out: &mut String, number: usize, s: &SignatureVerdict, l: Language) {
    let field = s.field.as_deref().unwrap_or("—");
    let sub = s
        .sub_indication
        .map_or_else(String::new, |sub| format!(" / {sub}"));
    let _ = write!(
        out,
        "<section class=\"{}\"><h2><span class=\"mark\">{}</span>{number}. {} <span class=\"muted\">{}{sub}</span></h2>",
        class(s.indication),
        match s.indication {
            Indication::TotalPassed => "✓",
            Indication::TotalFailed => "✗",
            _ => "?",
        },
        escape(field),
        s.indication,
    );
    if let Some(sub) = s.sub_indication {
        let _ = write!(out, "<p><b>{}</b></p>", escape(message::advice(l, sub)));
    }
    out.push_str("<table>");
    row(out, l.pick("Loại chữ ký", "Kind"), message::kind(l, s.kind));
    if let Some(signer) = &s.signer {
        row(out, l.pick("Người ký", "Signer"), signer);
    }
    if let Some(certificate) = &s.certificate {
        row(
            out,
            l.pick("Cơ quan cấp chứng thư", "Issued by"),
            &certificate.issuer,
        );
        row(
            out,
            l.pick("Thời hạn chứng thư", "Certificate period"),
            &format!(
                "{} – {}",
                local(certificate.not_before),
                local(certificate.not_after)
            ),
        );
        row(
            out,
            l.pick("Số hiệu chứng thư", "Certificate serial"),
            &certificate.serial,
        );
    }
    row(out, l.pick("Thời điểm ký", "Time"), &time(s, l));
    row(
        out,
        l.pick("Tính toàn vẹn", "Integrity"),
        message::integrity(l, s.integrity),
    );
    let covers = match s.whole_document {
        Some(true) => l.pick("toàn bộ tệp", "the whole file"),
        Some(false) => l.pick("một phiên bản trước", "an earlier revision"),
        None => l.pick("không xác định", "cannot be determined"),
    };
    row(out, l.pick("Phạm vi được ký", "Covers"), covers);
    if let Some(baseline) = &s.baseline {
        let text = message::signing::baseline(l, baseline);
        row(out, l.pick("Mức chữ ký", "Level"), &text);
    }
    if let Some(level) = s.changes.level {
        let permitted = match s.changes.permitted {
            Some(true) => l.pick("được phép", "permitted"),
            Some(false) => l.pick("KHÔNG được phép", "NOT permitted"),
            None => l.pick("chưa kết luận", "not judged"),
        };
        row(
            out,
            l.pick("Thay đổi sau khi ký", "Later changes"),
            &format!("{} ({permitted})", message::change_level(l, level)),
        );
    }
    if let Some(claimed) = &s.at_claimed_time {
        let period = if claimed.in_period {
            l.pick("chứng thư còn thời hạn", "certificate in force")
        } else {
            l.pick("chứng thư ngoài thời hạn", "certificate not in force")
        };
        let status = claimed
            .revocation
            .as_ref()
            .map_or("—", |r| message::revocation(l, r.status));
        row(
            out,
            l.pick(
                "Hiệu lực tại thời điểm ký (chưa chứng minh)",
                "At the claimed time (unproven)",
            ),
            &format!("{period}; {status}"),
        );
    }
    out.push_str("</table>");
    let _ = write!(
        out,
        "<details open><summary>{}</summary><table>",
        l.pick("Từng bước kiểm tra", "Each check"),
    );
    for check in &s.checks {
        let mark = match check.status {
            Status::Passed => "✓",
            Status::Warned => "!",
            Status::Failed => "✗",
            Status::NotRun => "·",
        };
        let reasons: Vec<String> = check
            .reasons
            .iter()
            .map(|reason| message::reason(l, reason))
            .collect();
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{mark} {}</th><td>{}</td><td class=\"muted\">{}</td></tr>",
            escape(message::check(l, check.id)),
            escape(&reasons.join("; ")),
            escape(check.id.clause()),
        );
    }
    out.push_str("</table></details></section>");
}

fn time(s: &SignatureVerdict, l: Language) -> String {
    let proven = s.best_signature_time.source != TimeSource::ValidationTime;
    let mut parts = Vec::new();
    if proven {
        let note = l.pick(
            "đã được dấu thời gian chứng minh là có từ trước",
            "proven by a time-stamp to exist",
        );
        parts.push(format!("{} ({note})", local(s.best_signature_time.time)));
    }
    if let Some(claimed) = s.claimed_time {
        let note = l.pick(
            "theo lời người ký, chưa được chứng minh",
            "claimed by the signer, not proven",
        );
        parts.push(format!("{} ({note})", local(claimed)));
    }
    if parts.is_empty() {
        l.pick("không rõ", "not known").to_owned()
    } else {
        parts.join("; ")
    }
}

fn document(out: &mut String, report: &Report, l: Language) {
    let _ = write!(
        out,
        "<h2>{}</h2><table>",
        l.pick(
            "Tệp và căn cứ kiểm tra",
            "The file, and what the answer rests on"
        )
    );
    row(out, "SHA-256", &report.sha256);
    row(
        out,
        l.pick("Kích thước (byte)", "Size (bytes)"),
        &report.size.to_string(),
    );
    if let Some(pages) = report.pages {
        row(out, l.pick("Số trang", "Pages"), &pages.to_string());
    }
    row(
        out,
        l.pick("Kiểm tra cho thời điểm", "Checked for"),
        &local(report.validation_time),
    );
    row(
        out,
        l.pick("Chính sách", "Policy"),
        &format!(
            "{} ({}, SHA-256 {})",
            report.policy.name, report.policy.calendar, report.policy.sha256
        ),
    );
    for item in &report.evidence {
        row(
            out,
            item.kind,
            &format!("{} ({})", item.sha256, item.origin),
        );
    }
    for finding in &report.document.findings {
        row(out, finding.code, &finding.text);
    }
    row(out, l.pick("Phần mềm", "Program"), report.tool);
    out.push_str("</table>");
}

/// Every request over the network; nothing when none was made.
fn requests(out: &mut String, report: &Report, l: Language) {
    if report.requests.is_empty() {
        return;
    }
    let _ = write!(out, "<h2>{}</h2><table>", escape(network::title(l)));
    for request in &report.requests {
        row(
            out,
            network::kind(l, request.kind),
            &format!("{}: {}", request.url, network::result(l, request)),
        );
    }
    out.push_str("</table>");
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names come from certificates and files of unknown origin.
    #[test]
    fn markup_and_direction_marks_in_names_are_harmless() {
        assert_eq!(
            escape("<b a=\"&\">\u{202e}x\u{0}"),
            "&lt;b a=&quot;&amp;&quot;&gt;\u{fffd}x\u{fffd}"
        );
    }
}
