//! The head of page 1 → where number and date go in it, and the text there.

use super::super::Corner;
use super::super::text::{date_parts, date_text};
use super::{Desk, HEAD_SIZE, MM, Mark, Stamp, inner, measure};
use crate::error::{Error, ReleaseFault};
use crate::signing::appearance::anchor::Spot;
use crate::signing::appearance::{Area, Face};
use crate::time::UtcTime;

impl Desk<'_, '_> {
    /// Where the number goes. `written` is the number alone, and with its symbol.
    pub(super) fn number(
        &mut self,
        place: Option<Corner>,
        written: Option<&(String, String)>,
    ) -> Result<Stamp, Error> {
        if let Some(corner) = place {
            let text = written.map(|(_, whole)| format!("Số: {whole}"));
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
        let from = head.area.right();
        let row = |left: f64, width: f64| {
            Area::points(left, head.baseline - head.size, width, head.size * 1.3)
        };
        let slash = words
            .after(&head, &["/"])
            .and_then(|found| found.first().copied())
            .filter(|slash| slash.area.left < across / 2.0 + from);
        let (area, text) = match slash {
            Some(slash) => (
                row(from, slash.area.left - from),
                written.map(|(number, _)| number.clone()),
            ),
            None => {
                // As far as nothing else stands on the line.
                let mut width = 50.0 * MM;
                while width > 15.0 * MM && words.covers(&row(from, width)) {
                    width -= MM;
                }
                (row(from, width), written.map(|(_, whole)| whole.clone()))
            }
        };
        if words.covers(&inner(&area)) {
            return Err(ReleaseFault::Place("the number stands on the page already").into());
        }
        let mut marks = Vec::new();
        if let Some(text) = text {
            let width = measure(Face::Regular, head.size, &text)?;
            let left = match slash {
                Some(_) => from + (area.width - width) / 2.0,
                None => from + head.size * 0.25,
            };
            if left < from || left + width > area.right() {
                return Err(ReleaseFault::Place(
                    "the blank behind \"Số:\" is too narrow for the number; give the place",
                )
                .into());
            }
            marks.push(Mark {
                text,
                face: Face::Regular,
                size: head.size,
                left,
                baseline: head.baseline,
            });
        }
        Ok(Stamp {
            spot: Spot { page: 0, area },
            marks,
            frame: false,
        })
    }

    /// Where the date goes.
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
        let size = day.size;
        let row = |left: f64, right: f64| {
            Area::points(left, day.baseline - size, right - left, size * 1.3)
        };
        let behind = row(year.area.right(), year.area.right() + size * 2.6);
        let with_year = !words.covers(&inner(&behind));
        let mut gaps = vec![
            row(day.area.right(), month.area.left),
            row(month.area.right(), year.area.left),
        ];
        if with_year {
            gaps.push(behind);
        }
        if gaps.iter().take(2).any(|gap| words.covers(&inner(gap))) {
            return Err(ReleaseFault::Place("the date stands on the page already").into());
        }
        let right = gaps.last().map_or(0.0, Area::right);
        let mut marks = Vec::new();
        for (gap, text) in gaps
            .iter()
            .zip(date.iter().flat_map(|date| date_parts(*date)))
        {
            let width = measure(Face::Italic, size, &text)?;
            if width > gap.width {
                return Err(ReleaseFault::Place(
                    "the blanks of the date are too narrow; give the place and the locality",
                )
                .into());
            }
            marks.push(Mark {
                text,
                face: Face::Italic,
                size,
                left: gap.left + (gap.width - width) / 2.0,
                baseline: day.baseline,
            });
        }
        Ok(Stamp {
            spot: Spot {
                page: 0,
                area: row(day.area.right(), right),
            },
            marks,
            frame: false,
        })
    }

    /// One line at a corner; without a text an area of `width` millimetres.
    fn line_at(
        &self,
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
