//! What an agency writes (attachment, copy, arrival) → the plans that show it.

use super::super::{Corner, Incoming, Kind, Office};
use super::{Desk, MM, Mark, Stamp, TEXT_SIZE, measure};
use crate::error::{Error, SigningFault};
use crate::signing::appearance::anchor::{self, Spot};
use crate::signing::appearance::{EmbeddedFont, Face, PageGeometry, wrap};
use crate::signing::plan::{Field, Plan};
use crate::time::UtcTime;

/// Distance of two base lines of the agency's text, in points.
const LEADING: f64 = 11.5;
/// Distance of the agency's text from the sides of the page, in millimetres.
const MARGIN: f64 = 10.0;
/// The widest such text, in millimetres.
const WIDEST: f64 = 85.0;
/// Top of the receiver's stamp, in millimetres: above what stands in the head of a page.
const INCOMING_TOP: f64 = 5.0;
/// Its width, in millimetres.
const INCOMING_WIDTH: f64 = 62.0;

impl Desk<'_, '_> {
    /// The agency's text at the top right of page 1: upright, black, 10 points.
    pub(super) fn corner_text(
        &mut self,
        kind: Kind,
        parts: &[String],
        place: Option<Corner>,
    ) -> Result<Plan, Error> {
        let mut lines: Vec<String> = Vec::new();
        let fits =
            |text: &str| Ok::<_, Error>(measure(Face::Regular, TEXT_SIZE, text)? <= WIDEST * MM);
        for part in parts {
            match lines.last_mut() {
                Some(line) if fits(&format!("{line}; {part}"))? => {
                    line.push_str("; ");
                    line.push_str(part);
                }
                Some(line) => {
                    line.push(';');
                    lines.extend(wrapped(part)?);
                }
                None => lines.extend(wrapped(part)?),
            }
        }
        let mut width: f64 = 0.0;
        for line in &lines {
            width = width.max(measure(Face::Regular, TEXT_SIZE, line)?);
        }
        // Room for marks above the first line and for tails below the last.
        let height = lines.len() as f64 * LEADING + 2.0;
        let spot = match place {
            Some(corner) => self.at(corner, width, height),
            None => Spot {
                page: 0,
                area: PageGeometry::of(&self.view, 0)?.top_right(width, height, MARGIN * MM),
            },
        };
        let marks = (1..).zip(lines).map(|(number, text)| Mark {
            text,
            face: Face::Regular,
            size: TEXT_SIZE,
            left: spot.area.left,
            baseline: spot.area.top + f64::from(number) * LEADING - 1.2,
        });
        let stamp = Stamp {
            spot,
            marks: marks.collect(),
            frame: false,
        };
        self.look_below(&spot);
        let whole = parts.join("; ");
        self.stamp(kind, stamp, &whole, Face::Regular)
    }

    /// Where the receiver's stamp goes.
    pub(super) fn incoming_spot(&self, place: Option<Corner>) -> Spot {
        let corner = place.unwrap_or(Corner {
            page: 0,
            left: MARGIN,
            top: INCOMING_TOP,
        });
        self.at(corner, INCOMING_WIDTH * MM, 3.0 * LEADING + 4.5)
    }

    /// The receiver's stamp: agency, number and moment of arrival in a frame.
    pub(super) fn incoming(
        &mut self,
        incoming: &Incoming,
        office: &Office,
        now: UtcTime,
    ) -> Result<Plan, Error> {
        let (field, exists) = self.field(Kind::Incoming);
        let spot = match &field {
            Field::Existing(name) => anchor::field(&self.view, name)?,
            _ => self.incoming_spot(incoming.place),
        };
        let lines = [
            (Face::Bold, incoming.agency.clone()),
            (Face::Regular, format!("ĐẾN  Số: {:02}", incoming.number)),
            (Face::Regular, format!("Ngày: {}", office.clock.text(now))),
        ];
        let inset = 4.0;
        let mut marks = Vec::new();
        for (number, (face, text)) in (1..).zip(lines) {
            let room = spot.area.width - 2.0 * inset;
            let width = measure(face, TEXT_SIZE, &text)?;
            // A long name is set smaller, down to what is still read.
            let size = TEXT_SIZE * (room / width).min(1.0);
            if size < 6.0 {
                return Err(SigningFault::Appearance("the text does not fit into the area").into());
            }
            marks.push(Mark {
                text,
                face,
                size,
                left: spot.area.left + inset,
                baseline: spot.area.top + f64::from(number) * LEADING + 0.5,
            });
        }
        if !exists {
            self.look_below(&spot);
        }
        let whole = format!("ĐẾN Số: {:02}", incoming.number);
        let stamp = Stamp {
            spot,
            marks,
            frame: true,
        };
        self.stamp(Kind::Incoming, stamp, &whole, Face::Regular)
    }
}

fn wrapped(text: &str) -> Result<Vec<String>, Error> {
    let font = EmbeddedFont::new(Face::Regular);
    let width = WIDEST * MM * 1000.0 / TEXT_SIZE;
    wrap(&font, text, width, true)?
        .ok_or_else(|| SigningFault::Appearance("the text does not fit into the area").into())
}
