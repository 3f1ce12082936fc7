//! Signatures that a document shows → what a stamp would stand on, and where there is room beside them.

use super::super::Kind;
use super::head::{DATE_STANDS, NUMBER_STANDS};
use super::{Desk, MM, inner};
use crate::error::{Error, ErrorKind, ReleaseFault, SigningFault};
use crate::report::message::release::ReleaseFinding as Finding;
use crate::signing::appearance::anchor::{self, Spot, Words};
use crate::signing::appearance::{Area, PageGeometry};

/// Distance of two stamps, in points.
const GAP: f64 = MM;
/// How many stamps of a page are tried for a place beside them.
const TRIED: usize = 100;

impl Desk<'_, '_> {
    /// What was made already, and what should have been, before a step of this kind. `known`: the
    /// trust file says who is who.
    pub(super) fn look_at_order(&mut self, kind: Kind, known: bool) {
        // The clerk's own stamps are the agency's signatures, too.
        let sealed = self.agencies.iter().find(|name| Kind::Seal.names(name));
        if let (Kind::Approve | Kind::Date | Kind::Number, Some(field)) = (kind, sealed) {
            let field = field.clone();
            self.findings.push(Finding::AfterSeal { field });
        }
        if let (Kind::Date | Kind::Number, Some(field)) = (kind, self.made(kind)) {
            let number = kind == Kind::Number;
            self.findings.push(Finding::AlreadyMade { number, field });
        }
        if kind == Kind::Seal && known {
            let number = self.head_finding(Kind::Number, Finding::NoNumber);
            let date = self.head_finding(Kind::Date, Finding::NoDate);
            self.findings.extend(number);
            if !self.findings.contains(&Finding::HeadUnseen) || date != Some(Finding::HeadUnseen) {
                self.findings.extend(date);
            }
        }
    }

    /// The field of a signed step of this kind.
    fn made(&self, kind: Kind) -> Option<String> {
        self.form.fields.iter().find_map(|field| {
            let name = field.name.as_ref()?;
            let made = field.is_signature() && kind.names(name) && self.form.is_signed_in(name);
            made.then(|| name.clone())
        })
    }

    /// Whether page 1 lacks its number or its date: `lacking` where their blank is empty, another
    /// finding where neither they nor a blank are seen.
    fn head_finding(&mut self, kind: Kind, lacking: Finding) -> Option<Finding> {
        if self.made(kind).is_some() {
            return None;
        }
        let (blank, stands) = match kind {
            Kind::Number => (self.number(None, None), NUMBER_STANDS),
            _ => (self.date(None, None), DATE_STANDS),
        };
        match blank {
            Ok(stamp) => {
                // A stamp of another program may fill it.
                let taken = anchor::signatures(&self.view, &self.form, 0).unwrap_or_default();
                let area = inner(&stamp.spot.area);
                let filled = taken.iter().any(|(_, other)| area.overlaps(other));
                (!filled).then_some(lacking)
            }
            Err(error) => match error.kind() {
                ErrorKind::Signing(SigningFault::Release(ReleaseFault::Place(why)))
                    if *why == stands =>
                {
                    None
                }
                _ => Some(Finding::HeadUnseen),
            },
        }
    }

    /// Tells which visible signatures a stamp of this kind at `spot` would stand on.
    pub(super) fn look_at_signatures(&mut self, kind: Kind, spot: &Spot) -> Result<(), Error> {
        let page = spot.page.saturating_add(1);
        for (field, area) in anchor::signatures(&self.view, &self.form, spot.page)? {
            if !inner(&area).overlaps(&inner(&spot.area)) {
                continue;
            }
            let leader = self.leaders.contains(&field) || Kind::Approve.names(&field);
            if kind == Kind::Seal && leader {
                continue;
            }
            let told = self.findings.iter().any(
                |finding| matches!(finding, Finding::AlreadyMade { field: made, .. } if *made == field),
            );
            if !told {
                self.findings.push(Finding::CoversSignature {
                    permitted: kind == Kind::Seal && !self.is_agency(&field),
                    field,
                    page,
                });
            }
        }
        Ok(())
    }

    /// Whether the signature in `field` is an agency's, by its certificate or by its name.
    fn is_agency(&self, field: &str) -> bool {
        let kinds = [
            Kind::Attachment,
            Kind::Copy,
            Kind::Date,
            Kind::Incoming,
            Kind::Number,
            Kind::Seal,
        ];
        self.agencies.iter().any(|agency| agency == field)
            || kinds.iter().any(|kind| kind.names(field))
    }

    /// `spot`, or where a signature stands there the nearest place beside or below one, on which
    /// nothing stands; `left` goes to the left instead of the right.
    ///
    /// # Errors
    /// [`ReleaseFault::Place`]: there is none.
    pub(super) fn beside(&self, spot: Spot, left: bool) -> Result<Spot, Error> {
        let taken = anchor::signatures(&self.view, &self.form, spot.page)?;
        let free = |area: &Area| !taken.iter().any(|(_, other)| inner(area).overlaps(other));
        if free(&spot.area) {
            return Ok(spot);
        }
        let (across, down) = PageGeometry::of(&self.view, spot.page)?.displayed_size();
        let words = Words::read(&self.view, spot.page).ok();
        let own = spot.area;
        let places = taken.iter().take(TRIED).flat_map(|(_, other)| {
            let beside = match left {
                true => other.left - GAP - own.width,
                false => other.right() + GAP,
            };
            [
                Area {
                    left: beside,
                    ..own
                },
                Area {
                    top: other.bottom() + GAP,
                    ..own
                },
            ]
        });
        // The same row counts most: what is below the head's margin is the page's own.
        let far = |area: &Area| (area.left - own.left).abs() + 5.0 * (area.top - own.top).abs();
        places
            .filter(|area| area.left >= 0.0 && area.right() <= across && area.bottom() <= down)
            .filter(|area| {
                let covers = words
                    .as_ref()
                    .is_some_and(|words| words.covers(&inner(area)));
                free(area) && !covers
            })
            .min_by(|a, b| far(a).total_cmp(&far(b)))
            .map(|area| Spot { area, ..spot })
            .ok_or_else(|| {
                ReleaseFault::Place("no room beside the earlier stamps; give the place").into()
            })
    }
}
