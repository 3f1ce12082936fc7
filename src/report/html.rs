//! A report → one self-contained HTML page: opens offline, prints on A4, needs no script.

mod answers;
mod facts;
mod picture;
mod signature;

use std::fmt::Write;

use super::message::page::{self as say, Label, label};
use super::message::{self, Language, remark};
use super::{FileReport, Report, reading};
use crate::validation::Indication;
use crate::validation::remark::Weight;
#[cfg(feature = "fs")]
pub(crate) use say::moment as local;

/// The look of every page.
pub(crate) const STYLE: &str = include_str!("html/style.css");

/// `text` between tags or inside an attribute: no markup, no marks that turn the direction of writing.
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

/// The page under construction. Writing to a string cannot fail, so results are dropped here, in
/// one place.
struct Page {
    out: String,
    language: Language,
}

impl Page {
    /// Markup, as it is.
    fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    /// Text, escaped.
    fn text(&mut self, text: &str) {
        let text = escape(text);
        self.out.push_str(&text);
    }

    /// The words of a label, escaped.
    fn label(&mut self, label: Label) {
        self.text(say::label(self.language, label));
    }

    /// An element with text inside; `attributes` are markup.
    fn element(&mut self, name: &str, attributes: &str, text: &str) {
        let space = if attributes.is_empty() { "" } else { " " };
        let _ = write!(
            self.out,
            "<{name}{space}{attributes}>{}</{name}>",
            escape(text)
        );
    }

    fn heading(&mut self, label: Label) {
        let words = say::label(self.language, label);
        self.element("h2", "", words);
    }

    /// A row of a table of facts; nothing for an empty value.
    fn row(&mut self, label: Label, value: &str) {
        if value.is_empty() {
            return;
        }
        let words = say::label(self.language, label);
        self.raw("<tr>");
        self.element("th", "scope=\"row\"", words);
        self.element("td", "", value);
        self.raw("</tr>");
    }

    /// A row whose value is for machines.
    fn code_row(&mut self, label: Label, value: &str) {
        let words = say::label(self.language, label);
        self.raw("<tr>");
        self.element("th", "scope=\"row\"", words);
        self.element("td", "class=\"mono\"", value);
        self.raw("</tr>");
    }

    /// A list, one item a line; a paragraph for one line alone.
    fn lines(&mut self, lines: &[String]) {
        match lines {
            [] => {}
            [one] => self.element("p", "", one),
            many => {
                self.raw("<ul>");
                for line in many {
                    self.element("li", "", line);
                }
                self.raw("</ul>");
            }
        }
    }
}

/// The class that gives the colours of a result.
fn tone(indication: Indication) -> &'static str {
    match indication {
        Indication::TotalPassed => "good",
        Indication::TotalFailed => "bad",
        Indication::Indeterminate | Indication::NoSignatureFound => "open",
    }
}

/// The sign of a result, for those who do not see colours.
fn sign(indication: Indication) -> &'static str {
    match indication {
        Indication::TotalPassed => "✓",
        Indication::TotalFailed => "✗",
        Indication::Indeterminate | Indication::NoSignatureFound => "?",
    }
}

pub(super) fn page(file: &FileReport, language: Language) -> String {
    let l = language;
    let mut page = Page {
        out: String::with_capacity(64 << 10),
        language,
    };
    let name = file.file.rsplit(['/', '\\']).next().unwrap_or(&file.file);
    let (headline, class) = match &file.report {
        Ok(report) => (reading::headline(l, report), tone(report.indication)),
        Err(_) => (say::not_checked(l).to_owned(), "open"),
    };
    begin(&mut page, &format!("{headline} — {name}"));
    page.element("p", "class=\"name\"", name);
    if let Ok(report) = &file.report {
        let line = format!(
            "{}; {} {}",
            say::file_line(l, report.pages, report.size, report.document.revisions),
            label(l, Label::CheckedFor).to_lowercase(),
            say::moment(report.validation_time),
        );
        page.element("p", "class=\"small soft\"", &line);
        if file.from_record {
            page.element("p", "class=\"small\"", say::from_record(l));
        }
    }
    page.raw("</header><main>");
    let (why, now) = match &file.report {
        Ok(report) => (reading::reasons(l, report), reading::what_now(l, report)),
        Err(error) => (
            vec![capital(&message::error(l, error))],
            message::remedy(l, error).map(capital).into_iter().collect(),
        ),
    };
    banner(&mut page, class, &headline, &why, &now);
    if let Ok(report) = &file.report {
        body(&mut page, report, name);
    }
    page.raw("</main></body></html>\n");
    page.out
}

/// A page that says why there is no report: a headline and a sentence.
#[cfg(feature = "serve")]
pub(crate) fn notice(language: Language, headline: &str, detail: &str) -> String {
    let mut page = Page {
        out: String::with_capacity(STYLE.len() + 2048),
        language,
    };
    begin(&mut page, headline);
    page.raw("</header><main>");
    banner(&mut page, "open", headline, &[detail.to_owned()], &[]);
    page.raw("</main></body></html>\n");
    page.out
}

/// The head of a page, up to its first heading.
fn begin(page: &mut Page, title: &str) {
    page.raw("<!DOCTYPE html>\n<html lang=\"");
    page.raw(page.language.pick("vi", "en"));
    page.raw("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    page.text(title);
    page.raw("</title><style>");
    page.raw(STYLE);
    page.raw("</style></head><body><header>");
    let words = label(page.language, Label::Title);
    page.element("h1", "", words);
}

/// The answer, before everything else: is it valid, why, what now.
fn banner(page: &mut Page, class: &str, headline: &str, why: &[String], now: &[String]) {
    page.raw("<div class=\"verdict ");
    page.raw(class);
    page.raw("\">");
    page.raw(match class {
        "good" => {
            "<svg viewBox=\"0 0 48 48\" aria-hidden=\"true\"><circle cx=\"24\" cy=\"24\" r=\"21\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"4\"/><path d=\"M14 25l7 7 13-15\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"5\"/></svg>"
        }
        "bad" => {
            "<svg viewBox=\"0 0 48 48\" aria-hidden=\"true\"><circle cx=\"24\" cy=\"24\" r=\"21\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"4\"/><path d=\"M16 16l16 16M32 16L16 32\" stroke=\"currentColor\" stroke-width=\"5\"/></svg>"
        }
        _ => {
            "<svg viewBox=\"0 0 48 48\" aria-hidden=\"true\"><circle cx=\"24\" cy=\"24\" r=\"21\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"4\"/><path d=\"M17.500 19a6.500 6.500 0 1 1 9.500 5.800c-2 1-3 2.200-3 4.700\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"4.500\"/><circle cx=\"24\" cy=\"35\" r=\"2.800\" fill=\"currentColor\"/></svg>"
        }
    });
    page.element("p", "class=\"big\"", headline);
    page.lines(why);
    if let Some(first) = now.first() {
        page.element("p", "class=\"now\"", &format!("→ {first}"));
    }
    page.raw("</div>");
}

fn body(page: &mut Page, report: &Report, name: &str) {
    answers::six(page, report, name);
    picture::picture(page, report);
    remarks(page, report);
    for index in 0..report.signatures.len() {
        signature::section(page, report, index);
    }
    facts::basis(page, report, name);
}

fn remarks(page: &mut Page, report: &Report) {
    let l = page.language;
    let findings = &report.document.findings;
    if report.remarks.is_empty() && findings.is_empty() {
        return;
    }
    page.heading(Label::Remarks);
    page.raw("<ul class=\"remarks\">");
    for one in &report.remarks {
        page.raw(match one.weight() {
            Weight::Warning => "<li class=\"open\">",
            Weight::Information => "<li>",
        });
        page.element("strong", "", &capital(&remark::text(l, one)));
        page.raw(". ");
        page.text(remark::advice(l, one));
        page.raw("</li>");
    }
    for finding in findings {
        page.raw("<li>");
        let place = finding
            .position
            .map_or_else(String::new, |at| format!(" (byte {})", say::figures(l, at)));
        page.text(&format!(
            "{}{place}",
            capital(&message::finding(l, finding))
        ));
        page.raw(".</li>");
    }
    page.raw("</ul>");
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

    /// The page brings everything with it.
    #[test]
    fn ok_the_style_asks_for_nothing_outside() {
        for outside in ["url(", "@import", "http:", "https:", "</"] {
            assert!(!STYLE.contains(outside), "{outside}");
        }
    }
}
