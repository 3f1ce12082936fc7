//! The head of page 1 → where number and date go in it, and the text there.

use unicode_normalization::UnicodeNormalization;

use super::super::Corner;
use super::super::text::{DocumentNumber, date_parts, date_text};
use super::{Desk, HEAD_SIZE, MM, Mark, Stamp, measure};
use crate::error::{Error, ReleaseFault};
use crate::signing::appearance::anchor::{Found, Glyph, Spot};
use crate::signing::appearance::{Area, Face};
use crate::time::UtcTime;

/// What is told of a page that prints its number.
pub(super) const NUMBER_STANDS: &str = "the number stands on the page already";
/// What is told of a page that prints its date.
pub(super) const DATE_STANDS: &str = "the date stands on the page already";

/// Part of a line where something is to be written.
#[derive(Clone, Copy)]
struct Blank {
    left: f64,
    right: f64,
    /// Dots or a rule mark it: what is written stands a little above them, as by hand.
    marked: bool,
}

impl Blank {
    /// From `left` to `right` with `marks` in it.
    fn new(left: f64, right: f64, marks: &[Glyph]) -> Self {
        Self {
            left,
            right,
            marked: !marks.is_empty(),
        }
    }

    /// `text` in the middle of the blank, or at its left.
    fn mark(
        &self,
        text: String,
        face: Face,
        line: &Found,
        centred: bool,
        narrow: &'static str,
    ) -> Result<Mark, Error> {
        let width = measure(face, line.size, &text)?;
        let room = self.right - self.left;
        if width > room {
            return Err(ReleaseFault::Place(narrow).into());
        }
        let left = match centred {
            true => self.left + (room - width) / 2.0,
            false => self.left + (line.size * 0.25).min(room - width),
        };
        let above = if self.marked { line.size * 0.14 } else { 0.0 };
        Ok(Mark {
            text,
            face,
            size: line.size,
            left,
            baseline: line.baseline - above,
        })
    }
}

/// Dots, ellipses and rules, which templates put where something is to be written.
fn marks_blank(glyph: &Glyph) -> bool {
    matches!(glyph.character, '.' | '…' | '‥' | '․' | '_')
}

/// How many of `glyphs` belong together from the start: each satisfies `wanted` and follows the
/// one before it, or `from`, by no more than `gap`.
fn run(glyphs: &[Glyph], from: f64, gap: f64, wanted: impl Fn(&Glyph) -> bool) -> usize {
    let mut right = from;
    glyphs
        .iter()
        .take_while(|glyph| {
            let near = glyph.left - right <= gap;
            right = glyph.right;
            near && wanted(glyph)
        })
        .count()
}

fn text_of(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|glyph| glyph.character).collect()
}

/// A symbol without spaces, with one kind of hyphen and one Đ of those that look alike.
fn comparable(symbol: &str) -> String {
    let same = |character| match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{00AD}' => '-',
        'Ð' | 'Ɖ' => 'Đ',
        other => other,
    };
    symbol
        .nfc()
        .filter(|c| !c.is_whitespace())
        .map(same)
        .collect()
}

impl Desk<'_, '_> {
    /// Where the number goes: behind `Số:`, before the symbol where the page prints it.
    pub(super) fn number(
        &mut self,
        place: Option<Corner>,
        number: Option<&DocumentNumber>,
    ) -> Result<Stamp, Error> {
        if let Some(corner) = place {
            let text = number.map(|number| format!("Số: {}", number.text()));
            return self.line_at(corner, text, Face::Regular, 60.0);
        }
        let words = self.words()?;
        let (across, down) = words.geometry().displayed_size();
        let head = words
            .all("Số:")
            .into_iter()
            .find(|found| found.area.top < down * 0.4 && found.area.left < across / 2.0);
        let Some(head) = head else {
            words.one("Số:")?;
            return Err(ReleaseFault::Place(
                "\"Số:\" does not stand in the head of page 1; give the place",
            )
            .into());
        };
        let narrow = "the blank behind \"Số:\" is too narrow for the number; give the place";
        let (from, size) = (head.area.right(), head.size);
        // As far as nothing else stands on the line, and no further than a number is wide.
        let until = |left: f64, marks: &[Glyph], next: Option<&Glyph>| {
            let right = marks.last().map_or(left, |mark| mark.right);
            let end = right.max(left + 50.0 * MM);
            next.map_or(end, |next| end.min(next.left))
        };
        let rest = words.behind(&head);
        let dots = run(&rest, from, f64::INFINITY, marks_blank);
        let (marks, behind) = rest.split_at(dots);
        let mut written = Vec::new();
        let right = match behind {
            [slash, behind @ ..] if slash.character == '/' => {
                let blank = Blank::new(from, slash.left, marks);
                if let Some(number) = number {
                    let text = number.number();
                    written.push(blank.mark(text, Face::Regular, &head, true, narrow)?);
                }
                let printed = run(behind, slash.right, size * 0.6, |_| true);
                let (symbol, next) = behind.split_at(printed);
                if symbol.iter().all(marks_blank) {
                    let right = until(slash.right, symbol, next.first());
                    let blank = Blank::new(slash.right, right, symbol);
                    if let Some(number) = number {
                        let text = number.symbol().to_owned();
                        written.push(blank.mark(text, Face::Regular, &head, false, narrow)?);
                    }
                    right
                } else {
                    let printed = text_of(symbol);
                    if let Some(number) = number
                        && comparable(&printed) != comparable(number.symbol())
                    {
                        return Err(ReleaseFault::Symbol {
                            printed,
                            given: number.symbol().to_owned(),
                        }
                        .into());
                    }
                    slash.left
                }
            }
            _ => {
                let last = marks.last().map_or(from, |mark| mark.right);
                if let Some(next) = behind.first()
                    && next.left - last < size
                {
                    return Err(ReleaseFault::Place(match next.character.is_numeric() {
                        true => NUMBER_STANDS,
                        false => "what stands behind \"Số:\" is no blank; give the place",
                    })
                    .into());
                }
                let right = until(from, marks, behind.first());
                let blank = Blank::new(from, right, marks);
                if let Some(number) = number {
                    let text = number.text();
                    written.push(blank.mark(text, Face::Regular, &head, false, narrow)?);
                }
                right
            }
        };
        Ok(Stamp {
            spot: Spot {
                page: 0,
                area: row(&head, from, right),
            },
            marks: written,
            frame: false,
        })
    }

    /// Where the date goes: into the blanks of `ngày … tháng … năm`. A year that the page prints,
    /// whole or in part, must be that of the date.
    pub(super) fn date(
        &mut self,
        place: Option<&(Corner, String)>,
        date: Option<UtcTime>,
    ) -> Result<Stamp, Error> {
        if let Some((corner, locality)) = place {
            let text = date.map(|date| format!("{locality}, {}", date_text(date)));
            return self.line_at(*corner, text, Face::Italic, 90.0);
        }
        let words = self.words()?;
        let (_, down) = words.geometry().displayed_size();
        let blanks = words
            .all("ngày")
            .into_iter()
            .filter(|found| found.area.top < down * 0.4)
            .find_map(|day| match words.after(&day, &["tháng", "năm"])?[..] {
                [month, year] => Some((day, month, year)),
                _ => None,
            });
        let Some((day, month, year)) = blanks else {
            return Err(ReleaseFault::Place(
                "page 1 has no \"ngày … tháng … năm\"; give the place and the locality",
            )
            .into());
        };
        let between = |from: &Found, to: &Found| {
            let mut inside = words.behind(from);
            inside.retain(|glyph| glyph.left < to.area.left - day.size * 0.1);
            match inside.iter().all(marks_blank) {
                true => Ok(Blank::new(from.area.right(), to.area.left, &inside)),
                false => Err(ReleaseFault::Place(DATE_STANDS)),
            }
        };
        let mut gaps = vec![between(&day, &month)?, between(&month, &year)?];
        let mut texts = date.map(|date| date_parts(date).to_vec());
        let (printed, behind) = year_behind(&words.behind(&year), &year)?;
        if let Some([_, _, year]) = texts.as_deref_mut()
            && let Some(missing) = year.strip_prefix(&printed)
            && (behind.is_some() || missing.is_empty())
        {
            *year = missing.to_owned();
        } else if let Some([_, _, year]) = texts.as_deref() {
            return Err(ReleaseFault::Year {
                printed,
                given: year.clone(),
            }
            .into());
        }
        gaps.extend(behind);
        let narrow = "the blanks of the date are too narrow; give the place and the locality";
        let mut marks = Vec::new();
        for ((gap, text), number) in gaps.iter().zip(texts.into_iter().flatten()).zip(0..) {
            // The rest of a year stands at its beginning.
            let centred = number < 2 || printed.is_empty();
            let mut mark = gap.mark(text, Face::Italic, &day, centred, narrow)?;
            if !centred {
                mark.left = gap.left;
            }
            marks.push(mark);
        }
        let right = gaps.last().map_or(0.0, |gap| gap.right);
        Ok(Stamp {
            spot: Spot {
                page: 0,
                area: row(&day, day.area.right(), right),
            },
            marks,
            frame: false,
        })
    }

    /// One line at a corner; without a text an area of `width` millimetres.
    fn line_at(
        &mut self,
        corner: Corner,
        text: Option<String>,
        face: Face,
        width: f64,
    ) -> Result<Stamp, Error> {
        let measured = match &text {
            Some(text) => measure(face, HEAD_SIZE, text)?,
            None => width * MM,
        };
        let spot = self.at(corner, measured, HEAD_SIZE * 1.4);
        if text.is_some() {
            self.look_below(&spot);
        }
        let marks = text.into_iter().map(|text| Mark {
            text,
            face,
            size: HEAD_SIZE,
            left: spot.area.left,
            baseline: spot.area.top + HEAD_SIZE * 1.05,
        });
        Ok(Stamp {
            spot,
            marks: marks.collect(),
            frame: false,
        })
    }
}

/// The line of `found` from `left` to `right`.
fn row(found: &Found, left: f64, right: f64) -> Area {
    let (baseline, size) = (found.baseline, found.size);
    Area::points(left, baseline - size, right - left, size * 1.3)
}

/// The digits of a year that stand behind `năm`, and the blank for what lacks of four.
fn year_behind(rest: &[Glyph], year: &Found) -> Result<(String, Option<Blank>), Error> {
    let (from, size) = (year.area.right(), year.size);
    let digit = |glyph: &Glyph| glyph.character.is_ascii_digit();
    // The first may stand anywhere: a year far behind its word is a year still.
    let digits = match rest.first().filter(|glyph| digit(glyph)) {
        Some(first) => run(rest, first.left, size * 0.6, digit),
        None => 0,
    };
    let (printed, rest) = rest.split_at(digits);
    if digits >= 4 {
        return Ok((text_of(printed), None));
    }
    let left = printed.last().map_or(from, |last| last.right);
    let dots = run(rest, left, size * 2.6, marks_blank);
    let (marks, rest) = rest.split_at(dots);
    // Room for four digits, or for those that lack.
    let lacking = 4usize.saturating_sub(digits) as f64;
    let end = left + size * (0.6 + 0.5 * lacking);
    let end = marks.last().map_or(end, |mark| end.max(mark.right));
    if rest.first().is_some_and(|next| next.left < end) {
        return Err(ReleaseFault::Place(
            "what stands behind \"năm\" is neither a year nor a blank; give the place and the locality",
        )
        .into());
    }
    Ok((text_of(printed), Some(Blank::new(left, end, marks))))
}
