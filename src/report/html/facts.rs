//! A report → what the answer rests on: the file, the policy, the evidence, and the words used.

use super::super::Report;
use super::super::message::network;
use super::super::message::page::{self as say, Label, label};
use super::Page;

pub(super) fn basis(page: &mut Page, report: &Report, name: &str) {
    let l = page.language;
    page.heading(Label::Basis);
    page.raw("<table class=\"facts\"><tbody>");
    page.row(Label::FileName, name);
    page.code_row(Label::Sha256, &report.sha256);
    page.row(
        Label::Size,
        &say::file_line(l, report.pages, report.size, report.document.revisions),
    );
    page.row(Label::CheckedFor, &say::moment(report.validation_time));
    page.row(
        Label::Conclusion,
        &match report.sub_indication {
            Some(sub) => format!("{} / {sub}", report.indication),
            None => report.indication.to_string(),
        },
    );
    page.row(
        Label::Policy,
        &format!("{} ({})", report.policy.name, report.policy.calendar),
    );
    page.code_row(Label::PolicyDigest, &report.policy.sha256);
    page.row(Label::Program, report.tool);
    page.raw("</tbody></table>");
    if !report.evidence.is_empty() {
        page.element("h3", "", label(l, Label::Evidence));
        page.raw("<table class=\"small\"><tbody>");
        for item in report.evidence.iter() {
            page.raw("<tr>");
            page.element("th", "scope=\"row\"", say::evidence(l, item.kind));
            page.raw("<td><span class=\"mono\">");
            page.text(&item.sha256);
            page.raw("</span>");
            if !item.origin.is_empty() {
                page.text(&format!(" ({})", say::origin(l, &item.origin)));
            }
            page.raw("</td></tr>");
        }
        page.raw("</tbody></table>");
    }
    requests(page, report);
    page.raw("<footer class=\"small\">");
    page.element("h3", "", label(l, Label::Words));
    page.raw("<dl class=\"words\">");
    for (word, meaning) in say::glossary(l) {
        page.raw("<div>");
        page.element("dt", "", word);
        page.raw(": ");
        page.element("dd", "", meaning);
        page.raw("</div>");
    }
    page.raw("</dl>");
    page.element("p", "", label(l, Label::CheckedAgain));
    page.raw("</footer>");
}

/// Every request over the network; nothing when none was made.
fn requests(page: &mut Page, report: &Report) {
    if report.requests.is_empty() {
        return;
    }
    let l = page.language;
    page.element("h3", "", network::title(l));
    page.raw("<table class=\"small\"><tbody>");
    for request in &report.requests {
        page.raw("<tr>");
        page.element("th", "scope=\"row\"", network::kind(l, request.kind));
        let line = format!("{}: {}", request.url, network::result(l, request));
        page.element("td", "", &line);
        page.raw("</tr>");
    }
    page.raw("</tbody></table>");
}
