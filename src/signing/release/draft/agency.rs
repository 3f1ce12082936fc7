//! What an agency writes (attachment, copy, arrival) → the plans that show it.

use super::super::{Corner, Incoming, Kind, Office};
use super::{Desk, MM, Mark, Stamp, TEXT_SIZE, measure};
use crate::error::{Error, SigningFault};
use crate::signing::appearance::anchor::{self, Spot};
use crate::signing::appearance::{Area, EmbeddedFont, Face, PageGeometry, wrap};
use crate::signing::plan::{Field, Plan};
use crate::time::UtcTime;

/// Distance of two base lines of the agency's text, in points.
const LEADING: f64 = 11.5;
/// Distance of the agency's text from the sides of the page, in millimetres.
const MARGIN: f64 = 10.0;
/// Where the head of a page begins, in millimetres from its top.
const HEAD: f64 = 20.0;
/// As near to the top of the page as a text goes, in millimetres.
const HIGHEST: f64 = 3.0;
/// The widest such text, in millimetres.
const WIDEST: f64 = 85.0;
/// Top of the receiver's stamp, in millimetres: above what stands in the head of a page.
const INCOMING_TOP: f64 = 5.0;
/// Its width, in millimetres; a long name makes it as wide as [`WIDEST`].
const INCOMING_WIDTH: f64 = 62.0;
/// How tall it may be, in millimetres: it ends where the head of a page begins.
const INCOMING_HEIGHT: f64 = 15.5;
/// Distance of its text from its frame, in points.
const INSET: f64 = 4.0;
/// Distance of two of its base lines, in sizes of its text.
const SPACED: f64 = 1.15;

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
            None => {
                let page = PageGeometry::of(&self.view, 0)?;
                let area = page.top_right(width, height, MARGIN * MM);
                // Several lines begin higher, so that they end above the page's own head.
                let top = area.top.min(HEAD * MM - height).max(HIGHEST * MM);
                let area = Area { top, ..area };
                self.beside(Spot { page: 0, area }, true)?
            }
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
        self.incoming_at(place, INCOMING_WIDTH * MM, height(3, TEXT_SIZE))
    }

    fn incoming_at(&self, place: Option<Corner>, width: f64, height: f64) -> Spot {
        let corner = place.unwrap_or(Corner {
            page: 0,
            left: MARGIN,
            top: INCOMING_TOP,
        });
        self.at(corner, width, height)
    }

    /// The receiver's stamp: agency, number and moment of arrival in a frame.
    pub(super) fn incoming(
        &mut self,
        incoming: &Incoming,
        office: &Office,
        now: UtcTime,
    ) -> Result<Plan, Error> {
        let (field, exists) = self.field(Kind::Incoming);
        let below = [
            format!("ĐẾN  Số: {:02}", incoming.number),
            format!("Ngày: {}", office.clock.text(now)),
        ];
        let (spot, set) = match &field {
            Field::Existing(name) => {
                let spot = anchor::field(&self.view, name)?;
                let set = Set::within(
                    &incoming.agency,
                    &below,
                    &[spot.area.width],
                    spot.area.height,
                )?;
                (spot, set)
            }
            _ => {
                let widths = [INCOMING_WIDTH * MM, WIDEST * MM];
                let set = Set::within(&incoming.agency, &below, &widths, INCOMING_HEIGHT * MM)?;
                let tall = height(set.agency.len() + below.len(), set.size);
                let spot = self.incoming_at(incoming.place, set.width, tall);
                let spot = match incoming.place {
                    Some(_) => spot,
                    None => self.beside(spot, false)?,
                };
                (spot, set)
            }
        };
        let agency = set.agency.into_iter().map(|line| (Face::Bold, line));
        let lines = agency.chain(below.map(|line| (Face::Regular, line)));
        let marks = (1..)
            .zip(lines)
            .map(|(number, (face, text))| Mark {
                text,
                face,
                size: set.size,
                left: spot.area.left + INSET,
                baseline: spot.area.top + f64::from(number) * set.size * SPACED + 0.5,
            })
            .collect();
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

/// How tall a frame around lines of this size is, in points.
fn height(lines: usize, size: f64) -> f64 {
    lines as f64 * size * SPACED + 4.5
}

/// The lines of a frame, broken so that they fit.
struct Set {
    size: f64,
    width: f64,
    agency: Vec<String>,
}

impl Set {
    /// The largest size, and of `widths` the first, at which the name of the agency, wrapped, and
    /// the lines `below` it fit into a frame of `most` points in height.
    fn within(agency: &str, below: &[String], widths: &[f64], most: f64) -> Result<Self, Error> {
        let font = EmbeddedFont::new(Face::Bold);
        let sizes = (0..=8u8).map(|step| TEXT_SIZE - 0.5 * f64::from(step));
        for (size, width) in sizes.flat_map(|size| widths.iter().map(move |width| (size, *width))) {
            let room = width - 2.0 * INSET;
            let mut fits = true;
            for line in below {
                fits &= measure(Face::Regular, size, line)? <= room;
            }
            if !fits {
                continue;
            }
            if let Some(agency) = wrap(&font, agency, room * 1000.0 / size, false)?
                && height(agency.len() + below.len(), size) <= most + 0.1
            {
                return Ok(Self {
                    size,
                    width,
                    agency,
                });
            }
        }
        Err(SigningFault::Appearance("the text does not fit into the area").into())
    }
}

fn wrapped(text: &str) -> Result<Vec<String>, Error> {
    let font = EmbeddedFont::new(Face::Regular);
    let width = WIDEST * MM * 1000.0 / TEXT_SIZE;
    wrap(&font, text, width, true)?
        .ok_or_else(|| SigningFault::Appearance("the text does not fit into the area").into())
}
