//! A report → a picture of the file's revisions and of what each signature covers, with a table that says the same.

use std::fmt::Write;

use super::super::message::page::{self as say, Label, label};
use super::super::reading::{self, Story};
use super::super::{Report, message};
use super::{Page, escape, sign, tone};
use crate::validation::SignatureVerdict;

/// Width of the picture, and where its bars begin and end.
const WIDTH: f64 = 900.0;
const LEFT: f64 = 210.0;
const RIGHT: f64 = 890.0;
/// Height of one signature's row.
const ROW: f64 = 30.0;
const TOP: f64 = 62.0;

pub(super) fn picture(page: &mut Page, report: &Report) {
    let l = page.language;
    let stories = reading::revisions(report);
    if stories.is_empty() || report.signatures.is_empty() {
        return;
    }
    page.heading(Label::Picture);
    page.raw("<figure>");
    drawing(page, report, &stories);
    page.raw("<figcaption><ul class=\"key\">");
    for (swatch, words) in [
        (
            "<rect width=\"34\" height=\"16\" fill=\"var(--bar)\"/>",
            Label::LegendCovered,
        ),
        (
            "<rect x=\".75\" y=\".75\" width=\"32.500\" height=\"14.500\" fill=\"url(#later)\" stroke=\"var(--quiet)\" stroke-width=\"1.500\"/>",
            Label::LegendLater,
        ),
        (
            "<rect width=\"34\" height=\"16\" fill=\"var(--bad)\"/>",
            Label::LegendForbidden,
        ),
    ] {
        page.raw("<li><svg viewBox=\"0 0 34 16\" aria-hidden=\"true\">");
        page.raw(swatch);
        page.raw("</svg>");
        page.label(words);
        page.raw("</li>");
    }
    page.raw("</ul></figcaption></figure>");
    page.element("h3", "", label(l, Label::Revisions));
    table(page, report, &stories);
}

/// Where each revision begins and ends in the picture: half by size, half in equal parts, so that
/// a small one can still be seen.
fn edges(stories: &[Story]) -> Vec<f64> {
    let total = stories.last().map_or(1, |story| story.end.max(1)) as f64;
    let parts = stories.len() as f64;
    let width = RIGHT - LEFT;
    let mut edges = vec![LEFT];
    let mut x = LEFT;
    for story in stories {
        let share = story.end.saturating_sub(story.start) as f64 / total;
        x += width * (0.4 * share + 0.6 / parts);
        edges.push(x);
    }
    edges
}

fn drawing(page: &mut Page, report: &Report, stories: &[Story]) {
    let l = page.language;
    let edges = edges(stories);
    let height = TOP + ROW * report.signatures.len() as f64 + 8.0;
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        svg,
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"pt\"><title id=\"pt\">{}</title><defs><pattern id=\"later\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"7\" height=\"7\" fill=\"var(--soft)\"/><rect width=\"2\" height=\"7\" fill=\"var(--line)\"/></pattern></defs>",
        escape(label(l, Label::Picture))
    );
    let _ = write!(
        svg,
        "<text x=\"0\" y=\"38\" font-size=\"14\" font-weight=\"700\">{}</text>",
        escape(label(l, Label::FileName))
    );
    for (story, edge) in stories.iter().zip(edges.windows(2)) {
        let [from, to] = edge else { continue };
        let middle = (from + to) / 2.0;
        let fill = match story.forbidden {
            true => "var(--bad)",
            false => "var(--soft)",
        };
        let ink = match story.forbidden {
            true => "var(--mark)",
            false => "var(--ink)",
        };
        let short = match to - from > 95.0 {
            true => format!("{} {}", label(l, Label::Revision), story.number),
            false => story.number.to_string(),
        };
        let cross = if story.forbidden { "✗ " } else { "" };
        let _ = write!(
            svg,
            "<rect x=\"{from:.1}\" y=\"20\" width=\"{:.1}\" height=\"28\" fill=\"{fill}\" stroke=\"var(--quiet)\"/><text x=\"{middle:.1}\" y=\"39\" font-size=\"14\" text-anchor=\"middle\"><tspan fill=\"{ink}\">{cross}{}</tspan></text><text class=\"st\" x=\"{to:.1}\" y=\"13\" font-size=\"11.500\" text-anchor=\"end\">{}</text>",
            to - from,
            escape(&short),
            say::figures(l, story.end)
        );
    }
    for (index, s) in report.signatures.iter().enumerate() {
        let y = TOP + ROW * index as f64;
        signature(&mut svg, page, s, index, y, &edges);
    }
    for edge in edges.iter().skip(1).take(stories.len().saturating_sub(1)) {
        let _ = write!(
            svg,
            "<line x1=\"{edge:.1}\" x2=\"{edge:.1}\" y1=\"48\" y2=\"{:.1}\" stroke=\"var(--line)\" stroke-dasharray=\"2 3\"/>",
            height - 4.0
        );
    }
    svg.push_str("</svg>");
    page.raw(&svg);
}

/// One row: the signature's name, what it covers, and what came after.
fn signature(
    svg: &mut String,
    page: &Page,
    s: &SignatureVerdict,
    index: usize,
    y: f64,
    edges: &[f64],
) {
    let l = page.language;
    let name = s
        .field
        .as_deref()
        .unwrap_or_else(|| label(l, Label::NotKnown));
    let colour = match tone(s.indication) {
        "good" => "var(--good)",
        "bad" => "var(--bad)",
        _ => "var(--open)",
    };
    let base = y + 17.0;
    let _ = write!(
        svg,
        "<text x=\"0\" y=\"{base:.1}\" font-size=\"14\"><tspan fill=\"{colour}\" font-weight=\"700\">{}</tspan> {}. {}</text>",
        sign(s.indication),
        index + 1,
        escape(&short(name, 20))
    );
    let end = s.revision.and_then(|revision| edges.get(revision + 1));
    let right = edges.last().copied().unwrap_or(RIGHT);
    let Some(end) = end.copied() else {
        let _ = write!(
            svg,
            "<rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"20\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.500\" stroke-dasharray=\"6 4\"/><text x=\"{:.1}\" y=\"{base:.1}\" font-size=\"13\">{}</text>",
            y + 2.0,
            right - LEFT,
            LEFT + 8.0,
            escape(label(l, Label::CoversUnknown))
        );
        return;
    };
    let _ = write!(
        svg,
        "<rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"20\" fill=\"var(--bar)\"/><text x=\"{:.1}\" y=\"{base:.1}\" font-size=\"13\"><tspan fill=\"var(--mark)\">{}</tspan></text>",
        y + 2.0,
        end - LEFT,
        LEFT + 8.0,
        escape(&match s.whole_document {
            Some(true) => label(l, Label::WholeFile).to_owned(),
            _ => say::up_to_revision(l, s.revision.map_or(0, |revision| revision + 1)),
        })
    );
    if right - end > 1.0 {
        let words = reading::permission(l, s);
        let room = right - end;
        let _ = write!(
            svg,
            "<rect x=\"{end:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"19\" fill=\"url(#later)\" stroke=\"var(--quiet)\"/>",
            y + 2.5,
            room - 0.5,
        );
        // A word that does not fit stands in the table below.
        if room > 7.2 * words.chars().count() as f64 + 12.0 {
            let _ = write!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"15\" fill=\"var(--paper)\"/><text x=\"{:.1}\" y=\"{base:.1}\" font-size=\"13\">{}</text>",
                end + 5.0,
                y + 4.5,
                7.0 * words.chars().count() as f64 + 4.0,
                end + 8.0,
                escape(&words)
            );
        }
    }
}

/// The first characters of a long name.
fn short(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars()
        .take(most.saturating_sub(1))
        .chain(['…'])
        .collect()
}

fn table(page: &mut Page, report: &Report, stories: &[Story]) {
    let l = page.language;
    page.raw("<table class=\"revisions\"><thead><tr>");
    for words in [
        Label::Revision,
        Label::Bytes,
        Label::Brought,
        Label::SignedBy,
    ] {
        page.element("th", "scope=\"col\" class=\"fix\"", label(l, words));
    }
    page.raw("</tr></thead><tbody>");
    for story in stories {
        page.raw(match story.forbidden {
            true => "<tr class=\"bad\">",
            false => "<tr>",
        });
        page.element("th", "scope=\"row\"", &story.number.to_string());
        let bytes = format!(
            "{} – {}",
            say::figures(l, story.start),
            say::figures(l, story.end)
        );
        page.element("td", "class=\"fix\"", &bytes);
        page.raw("<td>");
        if story.forbidden {
            page.element("span", "class=\"word\"", "✗ ");
        }
        page.text(&reading::brought(l, report, story));
        page.raw("</td><td>");
        match story
            .signature
            .and_then(|index| Some((index, report.signatures.get(index)?)))
        {
            Some((index, s)) => {
                let kind = message::kind(l, s.kind);
                let line = format!("{}. {} ({kind})", index + 1, reading::signer(l, s));
                page.text(&line);
            }
            None => page.text("—"),
        }
        page.raw("</td></tr>");
    }
    page.raw("</tbody></table>");
}
