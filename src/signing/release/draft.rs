//! A document and a step → the plan: field, place and what is drawn there.

use super::order::Standing;
use super::text::{date_parts, date_text};
use super::{
    Act, Approval, ApprovalPlace, Attachment, Certification, Copying, Corner, Incoming, Kind,
    Office, Sealing,
};
use crate::error::{AnchorProblem, Error, ErrorKind, ReleaseFault, SigningFault};
use crate::pdf::{Document, View};
use crate::report::message::release::ReleaseFinding as Finding;
use crate::signing::appearance::anchor::{self, Spot, Words};
use crate::signing::appearance::{
    Area, Colour, EmbeddedFont, Face, Form as Drawing, Image, ImageSize, Ink, PageGeometry, PdfA,
    TextAppearance, TextSize, fill_text,
};
use crate::signing::form::Form;
use crate::signing::plan::{EmptyField, Field, Permission, Plan};
use crate::time::UtcTime;

/// Points in a millimetre.
const MM: f64 = 72.0 / 25.4;
/// Size of number and date, where the page does not show another beside them.
const HEAD_SIZE: f64 = 13.0;
/// Size of the texts of an agency.
const TEXT_SIZE: f64 = 10.0;
/// Distance of two base lines of those.
const LEADING: f64 = 11.5;
/// Distance of the agency's text from the sides of the page, in millimetres.
const MARGIN: f64 = 10.0;
/// The widest such text, in millimetres.
const WIDEST: f64 = 85.0;

/// A plan and what was found while it was drawn.
pub(super) struct Drawn {
    pub(super) plan: Plan,
    pub(super) findings: Vec<Finding>,
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
    };
    let kind = act.kind();
    if matches!(kind, Kind::Number | Kind::Date)
        && let Some(field) = standing.agencies.iter().find(|name| {
            // The clerk's own stamps are the agency's signatures, too.
            name.starts_with(Kind::Seal.field())
        })
    {
        desk.findings.push(Finding::AfterSeal {
            field: field.clone(),
        });
    }
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
            let written = (number.number(), number.text());
            let stamp = desk.number(numbering.place, Some(&written))?;
            desk.stamp(kind, stamp, &number.text(), Face::Regular)?
        }
        Act::Seal(sealing) => desk.seal(sealing, standing)?,
    };
    Ok(Drawn {
        plan,
        findings: desk.findings,
    })
}

struct Desk<'d, 'a> {
    view: View<'d, 'a>,
    form: Form<'d>,
    archive: Option<PdfA>,
    findings: Vec<Finding>,
    /// Of page 1.
    words: Option<Words>,
}

impl Desk<'_, '_> {
    /// The empty field that waits for a step of this kind, or the name for a new one.
    fn field(&self, kind: Kind) -> (Field, bool) {
        let base = kind.field();
        let names = std::iter::once(base.to_owned())
            .chain((2..=1000).map(|number| format!("{base}{number}")));
        for name in names {
            let known = self.form.fields.iter().find(|field| field.name == name);
            match known {
                Some(field) if field.is_signature() && !field.filled => {
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
        self.plan_in(field, exists, spot, draw)
    }

    fn plan_in(
        &mut self,
        field: Field,
        exists: bool,
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

    /// The leader's image, centred between post and name.
    fn approve(
        &mut self,
        approval: &Approval,
        signer: String,
        office: &Office,
        now: UtcTime,
    ) -> Result<Plan, Error> {
        let (width, height) = match &approval.image {
            Some(image) => {
                self.look_at(image, Ink::Blue);
                points(image, approval.size)?
            }
            None => (60.0 * MM, 18.0 * MM),
        };
        let (field, exists) = match &approval.place {
            ApprovalPlace::Field(name) => (Field::Existing(name.clone()), true),
            _ => self.field(Kind::Approve),
        };
        let spot = match &approval.place {
            _ if exists => Spot {
                page: 0,
                area: Area::points(0.0, 0.0, width, height),
            },
            ApprovalPlace::Corner(corner) => self.at(*corner, width, height),
            ApprovalPlace::Between { post, name } => self.between(post, name, width, height)?,
            ApprovalPlace::Field(_) => {
                return Err(ReleaseFault::Place("the field is not there").into());
            }
        };
        let text = TextAppearance {
            size: TextSize::Shrink {
                most: TEXT_SIZE,
                least: 6.0,
            },
            colour: Colour::BLUE,
            ..TextAppearance::new(vec![signer, office.clock.text(now)])
        };
        let image = approval.image.clone();
        let mut plan = self.plan_in(field, exists, spot, |drawing, area, _| match &image {
            Some(image) => centred(drawing, image, area, width, height),
            None => fill_text(drawing, &text, [0.0, 0.0, area.width, area.height]),
        })?;
        if let Some(certification) = &approval.certify {
            if certification.permission != Permission::FormFilling {
                return Err(ReleaseFault::Permission.into());
            }
            plan.certify = Some(certification.permission);
            plan.empty_fields = self.empty_fields(certification, &plan)?;
        }
        Ok(plan)
    }

    /// The last page on which the post stands above the name.
    fn between(&self, post: &str, name: &str, width: f64, height: f64) -> Result<Spot, Error> {
        let count = usize::try_from(self.view.page_count()?).unwrap_or(usize::MAX);
        let mut failure = None;
        for page in (0..count).rev() {
            match Words::read(&self.view, page).and_then(|words| words.pair(post, name)) {
                Ok((above, below)) => {
                    let area = above.area.between(&below.area, width, height);
                    return Ok(Spot { page, area });
                }
                Err(error) => {
                    // What cannot be read says more than text that is not there.
                    let missing = matches!(
                        error.kind(),
                        ErrorKind::Signing(SigningFault::Anchor {
                            problem: AnchorProblem::Missing { .. },
                            ..
                        })
                    );
                    if failure.is_none() || !missing {
                        failure = Some(error);
                    }
                }
            }
        }
        Err(failure
            .unwrap_or_else(|| SigningFault::Appearance("the document has no such page").into()))
    }

    /// Fields for the steps that follow a certification.
    fn empty_fields(
        &mut self,
        certification: &Certification,
        plan: &Plan,
    ) -> Result<Vec<EmptyField>, Error> {
        let leader = match (&plan.field, &plan.visible) {
            (Field::Existing(name), _) => anchor::field(&self.view, name)?,
            (_, Some(visible)) => Spot {
                page: visible.page,
                area: PageGeometry::of(&self.view, visible.page)?.area(&visible.rectangle),
            },
            (_, None) => return Err(ReleaseFault::Place("the leader's signature has none").into()),
        };
        let number = self.number(certification.number, None)?.spot;
        let date = certification.date.map(|corner| (corner, String::new()));
        let date = self.date(date.as_ref(), None)?.spot;
        let (width, height) = certification.seal;
        let seal = Spot {
            page: leader.page,
            area: leader.area.over_left_third(width * MM, height * MM),
        };
        let mut places = vec![
            (Kind::Number, number),
            (Kind::Date, date),
            (Kind::Seal, seal),
        ];
        if certification.incoming {
            let area = Area::points(
                MARGIN * MM,
                INCOMING_TOP * MM,
                INCOMING_WIDTH * MM,
                incoming_height(),
            );
            places.push((Kind::Incoming, Spot { page: 0, area }));
        }
        let mut fields = Vec::new();
        for (kind, spot) in places {
            let (Field::New(name), false) = self.field(kind) else {
                // It is there already.
                continue;
            };
            let placement = PageGeometry::of(&self.view, spot.page)?.place(&spot.area)?;
            fields.push(EmptyField {
                name,
                page: spot.page,
                rectangle: placement.rectangle,
            });
        }
        Ok(fields)
    }

    /// Where the number goes. `written` is the number alone, and with its symbol.
    fn number(
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
    fn date(
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

    /// The agency's text at the top right of page 1: upright, black, 10 points.
    fn corner_text(
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

    /// The receiver's stamp: agency, number and moment of arrival in a frame.
    fn incoming(
        &mut self,
        incoming: &Incoming,
        office: &Office,
        now: UtcTime,
    ) -> Result<Plan, Error> {
        let (_, exists) = self.field(Kind::Incoming);
        let corner = incoming.place.unwrap_or(Corner {
            page: 0,
            left: MARGIN,
            top: INCOMING_TOP,
        });
        let mut spot = self.at(corner, INCOMING_WIDTH * MM, incoming_height());
        if exists && let (Field::Existing(name), _) = self.field(Kind::Incoming) {
            spot = anchor::field(&self.view, &name)?;
        }
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

    /// The seal over the left third of the leader's signature.
    fn seal(&mut self, sealing: &Sealing, standing: &Standing) -> Result<Plan, Error> {
        self.look_at(&sealing.image, Ink::Red);
        let (width, height) = points(&sealing.image, sealing.size)?;
        let (_, exists) = self.field(Kind::Seal);
        let spot = match (sealing.place, exists) {
            (_, true) => Spot {
                page: 0,
                area: Area::points(0.0, 0.0, width, height),
            },
            (Some(corner), _) => self.at(corner, width, height),
            (None, _) => {
                let leader = self.leader(sealing, standing)?;
                Spot {
                    page: leader.page,
                    area: leader.area.over_left_third(width, height),
                }
            }
        };
        let image = sealing.image.clone();
        self.plan(Kind::Seal, spot, |drawing, area, _| {
            centred(drawing, &image, area, width, height)
        })
    }

    /// Where the leader's signature stands.
    fn leader(&self, sealing: &Sealing, standing: &Standing) -> Result<Spot, Error> {
        if let Some(name) = &sealing.over {
            return anchor::field(&self.view, name);
        }
        let by_name = self.form.fields.iter().rev().find(|field| {
            field.filled && field.is_signature() && field.name.starts_with(Kind::Approve.field())
        });
        let name = match (standing.persons.last(), by_name) {
            (Some(name), _) => name,
            (None, Some(field)) => &field.name,
            (None, None) => {
                return Err(ReleaseFault::Place(
                    "the leader's signature is not found; name its field or give the place",
                )
                .into());
            }
        };
        anchor::field(&self.view, name)
    }

    fn look_at(&mut self, image: &Image, wanted: Ink) {
        if !image.is_png() {
            self.findings.push(Finding::ImageNotPng);
        }
        if !image.is_transparent() {
            self.findings.push(Finding::ImageNotTransparent);
        } else if self.archive.is_some_and(|archive| archive.part == 1) {
            self.findings.push(Finding::TransparencyReduced);
        }
        if image.ink().is_some_and(|ink| ink != wanted) {
            self.findings.push(match wanted {
                Ink::Red => Finding::InkNotRed,
                _ => Finding::InkNotBlue,
            });
        }
    }

    /// Tells when words stand where a stamp goes; a page that cannot be read tells nothing.
    fn look_below(&mut self, spot: &Spot) {
        let covered =
            Words::read(&self.view, spot.page).is_ok_and(|words| words.covers(&inner(&spot.area)));
        if covered {
            self.findings.push(Finding::CoversText);
        }
    }
}

/// Top of the receiver's stamp, in millimetres: above what stands in the head of a page.
const INCOMING_TOP: f64 = 5.0;
/// Its width, in millimetres.
const INCOMING_WIDTH: f64 = 62.0;

fn incoming_height() -> f64 {
    3.0 * LEADING + 4.5
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

fn points(image: &Image, size: ImageSize) -> Result<(f64, f64), Error> {
    let (width, height) = image.shown(size)?;
    Ok((width * MM, height * MM))
}

fn measure(face: Face, size: f64, text: &str) -> Result<f64, Error> {
    Ok(EmbeddedFont::new(face).extent(text)?.width / 1000.0 * size)
}

fn wrapped(text: &str) -> Result<Vec<String>, Error> {
    let font = EmbeddedFont::new(Face::Regular);
    let width = WIDEST * MM * 1000.0 / TEXT_SIZE;
    crate::signing::appearance::wrap(&font, text, width, true)?
        .ok_or_else(|| SigningFault::Appearance("the text does not fit into the area").into())
}

/// An image of this size in the middle of an area, never scaled.
fn centred(
    drawing: &mut Drawing,
    image: &Image,
    area: &Area,
    width: f64,
    height: f64,
) -> Result<(), Error> {
    // A tenth of a millimetre is rounding.
    let edge = 0.1 * MM;
    if width > area.width + edge || height > area.height + edge {
        return Err(ReleaseFault::Place(
            "the image is larger than its field; images are not scaled to fit",
        )
        .into());
    }
    drawing.image(
        image,
        [
            (area.width - width) / 2.0,
            (area.height - height) / 2.0,
            width,
            height,
        ],
    );
    Ok(())
}
