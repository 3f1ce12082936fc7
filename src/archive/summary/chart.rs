//! Figures → SVG inside a page: bars that need no script, fit any width and print.

use std::fmt::Write;

use super::Verdicts;
use crate::report::html::escape;

/// Colours of passed, indeterminate, failed: told apart by lightness too, for print without colour.
pub(super) const COLOURS: [&str; 3] = ["#2f7d4f", "#e0a030", "#a1121f"];

/// One column of [`columns`].
pub(super) struct Bar {
    pub(super) label: String,
    /// In the order of [`COLOURS`].
    pub(super) parts: [u64; 3],
}

impl Bar {
    pub(super) fn new(label: String, verdicts: Verdicts) -> Self {
        let Verdicts {
            passed,
            failed,
            indeterminate,
        } = verdicts;
        Self {
            label,
            parts: [passed, indeterminate, failed],
        }
    }

    fn total(&self) -> u64 {
        self.parts.iter().sum()
    }
}

/// Stacked columns side by side, with the largest value as the scale; `title` for those who do not see it.
pub(super) fn columns(out: &mut String, title: &str, bars: &[Bar], number: &dyn Fn(u64) -> String) {
    const HEIGHT: f64 = 150.0;
    const WIDTH: f64 = 760.0;
    const LEFT: f64 = 58.0;
    // Half of the last label stands beyond its column.
    const RIGHT: f64 = 18.0;
    let most = bars.iter().map(Bar::total).max().unwrap_or(0).max(1);
    let (step, top) = scale(most);
    let each = (WIDTH - LEFT - RIGHT) / bars.len().max(1) as f64;
    let _ = write!(
        out,
        "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 {WIDTH} {:.0}\"><title>{}</title>",
        HEIGHT + 46.0,
        escape(title)
    );
    let mut tick = 0;
    while tick <= top {
        let y = 12.0 + HEIGHT - HEIGHT * tick as f64 / top as f64;
        let _ = write!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#c9ccd1\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            y + 4.0,
            number(tick)
        );
        tick += step;
    }
    // Labels that would run into each other are left out, evenly.
    let every = (58.0 / each).ceil().max(1.0) as usize;
    for (index, bar) in bars.iter().enumerate() {
        let x = LEFT + each * index as f64 + each * 0.14;
        let mut y = 12.0 + HEIGHT;
        let _ = write!(
            out,
            "<g><title>{}: {}</title>",
            escape(&bar.label),
            number(bar.total())
        );
        for (part, colour) in bar.parts.iter().zip(COLOURS) {
            let height = HEIGHT * *part as f64 / top as f64;
            y -= height;
            if *part > 0 {
                let _ = write!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>",
                    each * 0.72
                );
            }
        }
        out.push_str("</g>");
        if index % every == 0 {
            let _ = write!(
                out,
                "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                x + each * 0.36,
                HEIGHT + 30.0,
                escape(&bar.label)
            );
        }
    }
    out.push_str("</svg>");
}

/// A bar in a cell: the parts of `parts` in the length that `most` would fill.
pub(super) fn cell(parts: [u64; 3], most: u64) -> String {
    let mut out = String::from(
        "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
    );
    let mut x = 0.0;
    for (part, colour) in parts.into_iter().zip(COLOURS) {
        let width = 100.0 * part as f64 / most.max(1) as f64;
        if part > 0 {
            let _ = write!(
                out,
                "<rect x=\"{x:.2}\" width=\"{width:.2}\" height=\"10\" fill=\"{colour}\"/>"
            );
        }
        x += width;
    }
    out.push_str("</svg>");
    out
}

/// A bar of one plain colour in a cell.
pub(super) fn plain(part: u64, most: u64) -> String {
    let width = 100.0 * part as f64 / most.max(1) as f64;
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{width:.2}\" height=\"10\" fill=\"#3b5b8c\"/></svg>"
    )
}

/// The distance of lines (1, 2 or 5 times a power of ten) and the top of a scale for `most`.
fn scale(most: u64) -> (u64, u64) {
    let mut step = 1u64;
    for factor in [2u64, 5, 10].iter().cycle() {
        if most.div_ceil(step) <= 5 {
            break;
        }
        let power = 10u64.pow(step.ilog10());
        step = power.saturating_mul(*factor);
    }
    (step, most.div_ceil(step).saturating_mul(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_scales_have_at_most_five_round_steps() {
        for (most, expected) in [
            (1, (1, 1)),
            (5, (1, 5)),
            (6, (2, 6)),
            (11, (5, 15)),
            (26, (10, 30)),
            (101, (50, 150)),
            (999, (200, 1000)),
            (1001, (500, 1500)),
        ] {
            assert_eq!(scale(most), expected, "{most}");
        }
    }
}
