//! A report → the answers to six questions, for a reader who has only the page.

use super::super::message::Language;
use super::super::message::page::{self as say, Label, label};
use super::super::{Report, reading};
use super::{Page, capital, sign, tone};
use crate::validation::{Indication, SignatureVerdict};

pub(super) fn six(page: &mut Page, report: &Report, name: &str) {
    page.heading(Label::SixAnswers);
    page.raw("<table class=\"answers\"><tbody>");
    question(page, 1, Label::WhatWasSigned, |page| {
        what(page, report, name)
    });
    question(page, 2, Label::ByWhom, |page| who(page, report));
    question(page, 3, Label::When, |page| when(page, report));
    question(page, 4, Label::AsIssued, |page| {
        let lines: Vec<String> = reading::as_issued(page.language, report)
            .iter()
            .map(|line| capital(line))
            .collect();
        page.lines(&lines);
    });
    question(page, 5, Label::WhyNot, |page| why(page, report));
    question(page, 6, Label::WhatNow, |page| {
        let lines = reading::what_now(page.language, report);
        page.lines(&lines);
    });
    page.raw("</tbody></table>");
}

fn question(page: &mut Page, number: usize, words: Label, answer: impl FnOnce(&mut Page)) {
    page.raw("<tr><th scope=\"row\"><b class=\"n\">");
    page.text(&format!("{number}."));
    page.raw("</b>");
    page.label(words);
    page.raw("</th><td>");
    answer(page);
    page.raw("</td></tr>");
}

fn what(page: &mut Page, report: &Report, name: &str) {
    let l = page.language;
    page.raw("<p>");
    page.element("strong", "", name);
    let line = say::file_line(l, report.pages, report.size, report.document.revisions);
    page.text(&format!(" — {line}"));
    page.raw("</p><p class=\"mono\">");
    page.text(&format!("SHA-256 {}", report.sha256));
    page.raw("</p>");
    let mut parts = Vec::new();
    for (number, s) in (1..).zip(&report.signatures) {
        let (Some(revision), Some(range)) = (s.revision, s.byte_range) else {
            continue;
        };
        let whole = s.whole_document == Some(true);
        let part = say::signed_part(l, revision + 1, range.end(), whole);
        parts.push(format!("{} {part}", say::signatures(l, &[number])));
    }
    if !parts.is_empty() {
        page.lines(&parts);
    }
}

fn who(page: &mut Page, report: &Report) {
    let l = page.language;
    if report.signatures.is_empty() {
        // A file that is torn may have lost its signers with its signatures.
        let words = match report.indication {
            Indication::TotalFailed => Label::UnknownSigner,
            _ => Label::Unsigned,
        };
        page.element("p", "", &capital(label(l, words)));
        return;
    }
    // Signatures of one signer with one result share a line.
    let mut groups: Vec<(Vec<usize>, String, &SignatureVerdict)> = Vec::new();
    for (number, s) in (1..).zip(&report.signatures) {
        let signer = reading::signer(l, s);
        let same = |(_, name, other): &&mut (Vec<usize>, String, &SignatureVerdict)| {
            *name == signer && other.indication == s.indication
        };
        match groups.iter_mut().find(same) {
            Some((numbers, ..)) => numbers.push(number),
            None => groups.push((vec![number], signer, s)),
        }
    }
    page.raw("<ul>");
    for (numbers, signer, s) in groups {
        page.raw("<li>");
        page.element("strong", "", &signer);
        page.text(&format!(
            " ({}) ",
            say::signatures(l, &numbers).to_lowercase()
        ));
        result(page, l, s);
        page.raw("</li>");
    }
    page.raw("</ul>");
}

/// Sign and word of a result, in its colour.
fn result(page: &mut Page, l: Language, s: &SignatureVerdict) {
    page.raw("<span class=\"word ");
    page.raw(tone(s.indication));
    page.raw("\">");
    page.text(&format!(
        "{} {}",
        sign(s.indication),
        say::result(l, s.indication)
    ));
    page.raw("</span>");
}

fn when(page: &mut Page, report: &Report) {
    let l = page.language;
    if report.signatures.is_empty() {
        page.element("p", "", "—");
        return;
    }
    // Signatures with the same answer share a line.
    let mut groups: Vec<(Vec<usize>, String)> = Vec::new();
    for (number, s) in (1..).zip(&report.signatures) {
        let line = reading::when_line(l, s);
        match groups.iter_mut().find(|(_, known)| *known == line) {
            Some((numbers, _)) => numbers.push(number),
            None => groups.push((vec![number], line)),
        }
    }
    let lines: Vec<String> = groups
        .into_iter()
        .map(|(numbers, line)| format!("{}: {line}", say::signatures(l, &numbers)))
        .collect();
    page.lines(&lines);
}

fn why(page: &mut Page, report: &Report) {
    let l = page.language;
    let reasons = reading::reasons(l, report);
    if reasons.is_empty() {
        let words = super::super::message::indication(l, report.indication);
        let all = match report.signatures.is_empty() {
            true => capital(words),
            false => say::every_check_passed(l).to_owned(),
        };
        page.element("p", "", &all);
    } else {
        let reasons: Vec<String> = reasons.iter().map(|one| capital(one)).collect();
        page.lines(&reasons);
    }
}
