//! The images of leader and agency → the plans that show them, and the empty fields of a certification.

use super::super::order::Standing;
use super::super::{Approval, ApprovalPlace, Certification, Kind, Office, Sealing};
use super::{Desk, MM, TEXT_SIZE};
use crate::error::{Error, ReleaseFault};
use crate::report::message::release::ReleaseFinding as Finding;
use crate::signing::appearance::anchor::{self, Spot, Words};
use crate::signing::appearance::{
    Area, Colour, Form as Drawing, Image, ImageSize, Ink, PageGeometry, TextAppearance, TextSize,
    fill_text,
};
use crate::signing::plan::{EmptyField, Field, Permission, Plan};
use crate::time::UtcTime;

/// How many places of post and name a message lists.
const SHOWN: usize = 8;

impl Desk<'_, '_> {
    /// The leader's image, centred between post and name.
    pub(super) fn approve(
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
        let mut plan =
            self.plan_in(
                Kind::Approve,
                (field, exists),
                spot,
                |drawing, area, _| match &image {
                    Some(image) => centred(drawing, image, area, width, height),
                    None => fill_text(drawing, &text, [0.0, 0.0, area.width, area.height]),
                },
            )?;
        self.look_behind(approval.image.as_ref());
        if let Some(certification) = &approval.certify {
            if certification.permission != Permission::FormFilling {
                return Err(ReleaseFault::Permission.into());
            }
            plan.certify = Some(certification.permission);
            plan.empty_fields = self.empty_fields(certification, &plan)?;
        }
        Ok(plan)
    }

    /// Between post and name, where one place alone bears both: a block of the same names on an
    /// annex is not told from the document's own.
    fn between(&self, post: &str, name: &str, width: f64, height: f64) -> Result<Spot, Error> {
        let mut pages = 0;
        let (mut found, mut unread, mut failure) = (Vec::new(), None, None);
        let (mut has_post, mut has_name) = (false, false);
        for (page, words) in Words::each(&self.view).enumerate() {
            pages = page.saturating_add(1);
            let words = match words {
                Ok(words) => words,
                // It counts where the place is on no other page.
                Err(error) => {
                    failure = failure.or(Some(error));
                    continue;
                }
            };
            let pairs = words.pairs(post, name);
            found.extend(pairs.into_iter().map(|(above, below)| Spot {
                page,
                area: above.area.between(&below.area, width, height),
            }));
            has_post |= !words.all(post).is_empty();
            has_name |= !words.all(name).is_empty();
            let why = words.unread().map(|why| (pages, why));
            unread = unread.or(why);
        }
        match found[..] {
            [spot] => Ok(spot),
            [] => Err(failure.unwrap_or_else(|| {
                ReleaseFault::NoBlock {
                    pages,
                    missing: match (has_post, has_name) {
                        (false, _) => Some(post.to_owned()),
                        (_, false) => Some(name.to_owned()),
                        _ => None,
                    },
                    unread,
                }
                .into()
            })),
            _ => {
                let place = |spot: &Spot| {
                    let [left, top, ..] = spot.area.in_millimetres();
                    format!("{},{left:.1},{top:.1}", spot.page.saturating_add(1))
                };
                let places = found.iter().take(SHOWN).map(place).collect();
                Err(ReleaseFault::SeveralBlocks { places }.into())
            }
        }
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
            places.push((Kind::Incoming, self.incoming_spot(None)));
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

    /// The seal over the left third of the leader's signature.
    pub(super) fn seal(&mut self, sealing: &Sealing, standing: &Standing) -> Result<Plan, Error> {
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
        let plan = self.plan(Kind::Seal, spot, |drawing, area, _| {
            centred(drawing, &image, area, width, height)
        })?;
        self.look_behind(Some(&image));
        Ok(plan)
    }

    /// Where the leader's signature stands.
    fn leader(&self, sealing: &Sealing, standing: &Standing) -> Result<Spot, Error> {
        if let Some(name) = &sealing.over {
            return anchor::field(&self.view, name);
        }
        let by_name = self.form.fields.iter().rev().find_map(|field| {
            let name = field.name.as_ref()?;
            let signed = field.is_signature() && self.form.is_signed_in(name);
            (signed && name.starts_with(Kind::Approve.field())).then_some(name)
        });
        let name = match (standing.persons.last(), by_name) {
            (Some(name), _) | (None, Some(name)) => name,
            (None, None) => {
                return Err(ReleaseFault::Place(
                    "the leader's signature is not found; name its field or give the place",
                )
                .into());
            }
        };
        anchor::field(&self.view, name)
    }

    /// Tells when an image that is not transparent hides words.
    fn look_behind(&mut self, image: Option<&Image>) {
        if image.is_some_and(|image| !image.is_transparent())
            && self.place.is_some_and(|place| self.stands_on_words(&place))
        {
            self.findings.push(Finding::HidesText);
        }
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
}

fn points(image: &Image, size: ImageSize) -> Result<(f64, f64), Error> {
    let (width, height) = image.shown(size)?;
    Ok((width * MM, height * MM))
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
