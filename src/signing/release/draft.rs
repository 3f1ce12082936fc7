//! A document and a step → the plan: field, place and what is drawn there.

mod agency;
mod head;
mod image;
mod occupied;

use super::order::Standing;
use super::text::date_text;
use super::{Act, Attachment, Copying, Corner, Kind, Office};
use crate::error::Error;
use crate::pdf::{Document, View};
use crate::report::message::release::ReleaseFinding as Finding;
use crate::signing::appearance::anchor::{self, Spot, Words};
use crate::signing::appearance::{
    Area, Colour, EmbeddedFont, Face, Form as Drawing, PageGeometry, PdfA, TextAppearance,
    TextSize, fill_text,
};
use crate::signing::form::Form;
use crate::signing::plan::{Field, Plan};
use crate::time::UtcTime;

/// Points in a millimetre.
const MM: f64 = 72.0 / 25.4;
/// Size of number and date, where the page does not show another beside them.
const HEAD_SIZE: f64 = 13.0;
/// Size of the texts of an agency.
const TEXT_SIZE: f64 = 10.0;

/// A plan and what was found while it was drawn.
pub(super) struct Drawn {
    pub(super) plan: Plan,
    pub(super) findings: Vec<Finding>,
    /// Where the stamp stands.
    pub(super) place: Option<Spot>,
}

/// A line of text at a place of the displayed page, in points.
struct Mark {
    text: String,
    face: Face,
    size: f64,
    left: f64,
    baseline: f64,
}

/// Text and the area around it.
struct Stamp {
    spot: Spot,
    marks: Vec<Mark>,
    frame: bool,
}

pub(super) fn draw(
    document: &Document<'_>,
    act: &Act,
    office: &Office,
    standing: &Standing,
    signer: String,
    now: UtcTime,
) -> Result<Drawn, Error> {
    let view = document.latest();
    let mut desk = Desk {
        view,
        form: Form::read(&view)?,
        archive: PdfA::declared(&view)?,
        findings: Vec::new(),
        words: None,
        place: None,
        leaders: standing.persons.clone(),
        agencies: standing.agencies.clone(),
    };
    let kind = act.kind();
    if let Act::Seal(sealing) = act {
        desk.leaders.extend(sealing.over.clone());
    }
    desk.look_at_order(kind, !office.trust.rules().is_empty());
    let plan = match act {
        Act::Approve(approval) => desk.approve(approval, signer, office, now)?,
        Act::Attachment(Attachment { number, place }) => {
            let parts = [format!("Số: {}", number.text()), office.clock.text(now)];
            desk.corner_text(kind, &parts, *place)?
        }
        Act::Copy(Copying {
            form,
            agency,
            place,
        }) => {
            let parts = [
                form.text().to_owned(),
                agency.clone(),
                office.clock.text(now),
            ];
            desk.corner_text(kind, &parts, *place)?
        }
        Act::Date(dating) => {
            let stamp = desk.date(dating.place.as_ref(), Some(dating.date))?;
            let whole = match &dating.place {
                Some((_, locality)) => format!("{locality}, {}", date_text(dating.date)),
                None => date_text(dating.date),
            };
            desk.stamp(kind, stamp, &whole, Face::Italic)?
        }
        Act::Incoming(incoming) => desk.incoming(incoming, office, now)?,
        Act::Number(numbering) => {
            let number = &numbering.number;
            let stamp = desk.number(numbering.place, Some(number))?;
            desk.stamp(kind, stamp, &number.text(), Face::Regular)?
        }
        Act::Seal(sealing) => desk.seal(sealing, standing)?,
    };
    Ok(Drawn {
        plan,
        findings: desk.findings,
        place: desk.place,
    })
}

struct Desk<'d, 'a> {
    view: View<'d, 'a>,
    form: Form<'d>,
    archive: Option<PdfA>,
    findings: Vec<Finding>,
    /// Of page 1.
    words: Option<Words>,
    /// Where the stamp stands, once it is drawn.
    place: Option<Spot>,
    /// Fields of signatures that a seal may stand on.
    leaders: Vec<String>,
    /// Fields of valid signatures of agencies.
    agencies: Vec<String>,
}

impl Desk<'_, '_> {
    /// The empty field that waits for a step of this kind, or the name for a new one.
    fn field(&self, kind: Kind) -> (Field, bool) {
        let base = kind.field();
        let names = std::iter::once(base.to_owned())
            .chain((2..=1000).map(|number| format!("{base}{number}")));
        for name in names {
            let known = self.form.fields.iter().find(|field| field.is_named(&name));
            match known {
                Some(field) if field.is_signature() && !self.form.is_signed_in(&name) => {
                    return (Field::Existing(name), true);
                }
                None if !self.form.has_name(&name) => return (Field::New(name), false),
                _ => {}
            }
        }
        (Field::Automatic, false)
    }

    /// Draws into the field of this kind: the empty one that is there, or a new one at `spot`.
    fn plan(
        &mut self,
        kind: Kind,
        spot: Spot,
        draw: impl FnOnce(&mut Drawing, &Area, bool) -> Result<(), Error>,
    ) -> Result<Plan, Error> {
        let (field, exists) = self.field(kind);
        self.plan_in(kind, (field, exists), spot, draw)
    }

    fn plan_in(
        &mut self,
        kind: Kind,
        (field, exists): (Field, bool),
        spot: Spot,
        draw: impl FnOnce(&mut Drawing, &Area, bool) -> Result<(), Error>,
    ) -> Result<Plan, Error> {
        let spot = match &field {
            Field::Existing(name) => anchor::field(&self.view, name)?,
            _ => spot,
        };
        if !exists && self.form.is_certified() {
            self.findings.push(Finding::NewFieldAfterCertification);
        }
        self.place = Some(spot);
        self.look_at_signatures(kind, &spot)?;
        let placement = PageGeometry::of(&self.view, spot.page)?.place(&spot.area)?;
        let mut drawing = Drawing::new(&placement).archival(self.archive);
        draw(&mut drawing, &spot.area, exists)?;
        Ok(Plan {
            field,
            visible: Some(drawing.visible(spot.page)?),
            ..Plan::default()
        })
    }

    /// Words of page 1, read once.
    fn words(&mut self) -> Result<Words, Error> {
        if let Some(words) = &self.words {
            return Ok(words.clone());
        }
        let words = Words::read(&self.view, 0)?;
        self.words = Some(words.clone());
        Ok(words)
    }

    fn at(&self, corner: Corner, width: f64, height: f64) -> Spot {
        Spot {
            page: corner.page,
            area: Area::points(corner.left * MM, corner.top * MM, width, height),
        }
    }

    /// Puts a stamp into its field. An empty field that stands elsewhere than the stamp would
    /// gets the `whole` text, as large as it fits.
    fn stamp(&mut self, kind: Kind, stamp: Stamp, whole: &str, face: Face) -> Result<Plan, Error> {
        let Stamp { spot, marks, frame } = stamp;
        self.plan(kind, spot, |drawing, area, exists| {
            let there = [
                area.left - spot.area.left,
                area.top - spot.area.top,
                area.right() - spot.area.right(),
                area.bottom() - spot.area.bottom(),
            ];
            let starts = there.iter().take(2).all(|side| side.abs() < MM);
            if exists && !(starts && area.right() + 0.1 >= spot.area.right()) {
                let text = TextAppearance {
                    face,
                    size: TextSize::Shrink {
                        most: HEAD_SIZE,
                        least: 6.0,
                    },
                    ..TextAppearance::new(vec![whole.to_owned()])
                };
                return fill_text(drawing, &text, [0.0, 0.0, area.width, area.height]);
            }
            if frame {
                let whole = [0.0, 0.0, area.width, area.height];
                drawing.frame(0.75, Colour::BLACK, whole);
            }
            for mark in &marks {
                let at = (mark.left - area.left, area.bottom() - mark.baseline);
                drawing.text(mark.face, mark.size, Colour::BLACK, at, &mark.text)?;
            }
            Ok(())
        })
    }

    /// Tells when words stand where a stamp goes.
    fn look_below(&mut self, spot: &Spot) {
        if self.stands_on_words(spot) {
            self.findings.push(Finding::CoversText);
        }
    }

    /// Whether words stand at `spot`; a page that cannot be read tells nothing.
    fn stands_on_words(&self, spot: &Spot) -> bool {
        Words::read(&self.view, spot.page).is_ok_and(|words| words.covers(&inner(&spot.area)))
    }
}

/// `area` without a hair's breadth, so that what only touches it does not count.
fn inner(area: &Area) -> Area {
    let edge = 0.5;
    Area::points(
        area.left + edge,
        area.top + edge,
        (area.width - 2.0 * edge).max(0.0),
        (area.height - 2.0 * edge).max(0.0),
    )
}

fn measure(face: Face, size: f64, text: &str) -> Result<f64, Error> {
    Ok(EmbeddedFont::new(face).extent(text)?.width / 1000.0 * size)
}
