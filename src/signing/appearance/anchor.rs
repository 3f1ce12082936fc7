//! A document and words on its pages, or fields in them → areas, as the reader sees the page.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use super::{Area, PageGeometry};
use crate::error::{AnchorProblem, Error, Refusal, SigningFault};
use crate::pdf::content::{self, Shown};
use crate::pdf::{Dictionary, Object, ObjectId, Page, View};
use crate::signing::form::{Form, only_widget};
use crate::signing::plan::Rectangle;

/// An area of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// Index of the page, from 0.
    pub page: usize,
    /// Where on the page.
    pub area: Area,
}

/// The words of one page, in lines as the reader sees them.
#[derive(Debug, Clone)]
pub struct Words {
    page: usize,
    geometry: PageGeometry,
    lines: Vec<Line>,
    unread: Option<&'static str>,
}

/// Characters on one base line, from left to right, with no wide gap between them.
#[derive(Debug, Clone)]
struct Line {
    /// Composed, runs of white space as one space.
    text: Vec<char>,
    /// Left and right of each character of `text`, in points of the displayed page.
    places: Vec<(f64, f64)>,
    baseline: f64,
    size: f64,
}

/// A text that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// From the top of capitals with marks to below the base line.
    pub area: Area,
    /// Distance of the base line from the top of the page, in points.
    pub baseline: f64,
    /// Size of the font, in points.
    pub size: f64,
    /// Whether it is all that stands on its line, up to the next wide gap.
    pub alone: bool,
}

/// A character on a line, in points from the left of the displayed page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glyph {
    /// Which.
    pub character: char,
    /// Its left side.
    pub left: f64,
    /// Its right side.
    pub right: f64,
}

impl Words {
    /// Reads the page of index `page`, from 0.
    ///
    /// # Errors
    /// There is no such page; content that breaks the grammar; limits.
    pub fn read(view: &View<'_, '_>, page: usize) -> Result<Self, Error> {
        let missing = || Error::new(SigningFault::Appearance("the document has no such page"));
        let tree = view.pages().nth(page).ok_or_else(missing)??;
        Self::of_page(view, page, &tree)
    }

    /// Reads every page, from the first; what cannot be read is an error in its place.
    pub fn each<'v>(view: &'v View<'_, '_>) -> impl Iterator<Item = Result<Self, Error>> + 'v {
        let pages = view.pages().enumerate();
        pages.map(move |(index, page)| Self::of_page(view, index, &page?))
    }

    fn of_page(view: &View<'_, '_>, page: usize, tree: &Page<'_>) -> Result<Self, Error> {
        let geometry = PageGeometry::of_page(view, tree)?;
        let text = content::page_text(view, tree)?;
        Ok(Self {
            page,
            geometry,
            lines: lines(&geometry, &text.shown),
            unread: text.unread,
        })
    }

    /// How the page is displayed.
    pub fn geometry(&self) -> PageGeometry {
        self.geometry
    }

    /// Every place of `text`, in any Unicode normalization form, from top to bottom. White space
    /// counts as one space.
    pub fn all(&self, text: &str) -> Vec<Found> {
        let wanted = normal(text);
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for line in &self.lines {
            for (at, window) in line.text.windows(wanted.len()).enumerate() {
                if window == wanted
                    && let Some(places) = line.places.get(at..at + wanted.len())
                    && let (Some((left, _)), Some((_, right))) = (places.first(), places.last())
                {
                    found.push(line.found(*left, *right, wanted.len()));
                }
            }
        }
        found
    }

    /// The one place of `text`: the only one that stands alone on its line, or the only one.
    ///
    /// # Errors
    /// [`SigningFault::Anchor`].
    pub fn one(&self, text: &str) -> Result<Found, Error> {
        let all = self.all(text);
        let alone: Vec<&Found> = all.iter().filter(|found| found.alone).collect();
        match (alone.as_slice(), all.as_slice()) {
            ([one], _) => Ok(**one),
            (_, [one]) => Ok(*one),
            (_, []) => Err(self.missing(text)),
            (_, several) => Err(self.problem(
                text,
                AnchorProblem::Several {
                    count: several.len(),
                    page: self.page.saturating_add(1),
                },
            )),
        }
    }

    /// The places of a post and of the name below it, from top to bottom: every name that stands
    /// below a post, each with the post nearest above it, where no other name is nearer to that
    /// post. Those that stand alone on their lines count, where any do.
    pub fn pairs(&self, post: &str, name: &str) -> Vec<(Found, Found)> {
        let candidates = |text: &str| {
            let all = self.all(text);
            let alone: Vec<Found> = all.iter().copied().filter(|found| found.alone).collect();
            if alone.is_empty() { all } else { alone }
        };
        let (posts, names) = (candidates(post), candidates(name));
        let middle = |found: &Found| found.area.left + found.area.width / 2.0;
        let gap = |post: &Found, name: &Found| {
            let reach = post.area.width.max(name.area.width);
            let below = name.area.top - post.area.bottom();
            let aligned = (middle(post) - middle(name)).abs() < reach;
            (below >= 0.0 && aligned).then_some(below)
        };
        let mut pairs = Vec::new();
        for name in &names {
            let nearest = posts
                .iter()
                .filter_map(|post| Some((post, gap(post, name)?)))
                .min_by(|a, b| a.1.total_cmp(&b.1));
            let Some((post, distance)) = nearest else {
                continue;
            };
            let another = |other: &Found| gap(post, other).is_some_and(|gap| gap < distance);
            if !names.iter().any(another) {
                pairs.push((*post, *name));
            }
        }
        pairs
    }

    /// Why part of the page cannot be read, where that is so.
    pub fn unread(&self) -> Option<&'static str> {
        self.unread
    }

    /// What stands to the right of `found` on its base line, spaces left out, across any gap.
    pub fn behind(&self, found: &Found) -> Vec<Glyph> {
        let mut glyphs: Vec<Glyph> = self
            .lines
            .iter()
            .filter(|line| (line.baseline - found.baseline).abs() < found.size * 0.3)
            .flat_map(|line| line.text.iter().zip(&line.places))
            .map(|(character, (left, right))| Glyph {
                character: *character,
                left: *left,
                right: *right,
            })
            .filter(|glyph| {
                glyph.character != ' ' && glyph.left >= found.area.right() - found.size * 0.1
            })
            .collect();
        glyphs.sort_by(|a, b| a.left.total_cmp(&b.left));
        glyphs
    }

    /// The rest of the line behind `found`: the first place of each of `texts` to the right on
    /// the same base line, one after the other; `None` where one is missing.
    pub fn after(&self, found: &Found, texts: &[&str]) -> Option<Vec<Found>> {
        let mut from = found.area.right();
        let mut places = Vec::new();
        for text in texts {
            let next = self
                .all(text)
                .into_iter()
                .filter(|next| {
                    (next.baseline - found.baseline).abs() < found.size * 0.3
                        && next.area.left >= from - found.size * 0.1
                })
                .min_by(|a, b| a.area.left.total_cmp(&b.area.left))?;
            from = next.area.right();
            places.push(next);
        }
        Some(places)
    }

    /// Whether any character but a space stands in `area`.
    pub fn covers(&self, area: &Area) -> bool {
        self.lines.iter().any(|line| {
            let top = line.baseline - line.size * 0.6;
            line.text
                .iter()
                .zip(&line.places)
                .filter(|(character, _)| **character != ' ')
                .any(|(_, (left, right))| {
                    let glyph = Area::points(*left, top, right - left, line.size * 0.6);
                    glyph.overlaps(area)
                })
        })
    }

    fn missing(&self, text: &str) -> Error {
        let page = self.page.saturating_add(1);
        self.problem(
            text,
            match self.unread {
                Some(why) => AnchorProblem::Unreadable { page, why },
                None => AnchorProblem::Missing { page },
            },
        )
    }

    fn problem(&self, text: &str, problem: AnchorProblem) -> Error {
        SigningFault::Anchor {
            text: text.to_owned(),
            problem,
        }
        .into()
    }
}

impl Line {
    fn found(&self, left: f64, right: f64, length: usize) -> Found {
        Found {
            area: Area::points(
                left,
                self.baseline - self.size * 0.9,
                right - left,
                self.size * 1.12,
            ),
            baseline: self.baseline,
            size: self.size,
            alone: length == self.text.len(),
        }
    }
}

fn normal(text: &str) -> Vec<char> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").nfc().collect()
}

/// One character in points of the displayed page.
struct Placed<'t> {
    text: &'t str,
    left: f64,
    right: f64,
    baseline: f64,
    size: f64,
}

/// Upright characters, put together to lines.
fn lines(geometry: &PageGeometry, shown: &[Shown]) -> Vec<Line> {
    let mut placed: Vec<Placed<'_>> = shown
        .iter()
        .filter_map(|one| {
            let start = geometry.displayed(one.start.0, one.start.1);
            let end = geometry.displayed(one.end.0, one.end.1);
            let up = geometry.displayed(one.up.0, one.up.1);
            let size = start.1 - up.1;
            // Upright as displayed; a slant of the letters does not matter.
            let upright = size > 0.1
                && (end.1 - start.1).abs() < 0.05 * size
                && end.0 >= start.0 - 1e-6
                && (up.0 - start.0).abs() < size;
            let finite = [start.0, start.1, end.0, size]
                .iter()
                .all(|n| n.is_finite());
            (upright && finite).then_some(Placed {
                text: &one.text,
                left: start.0,
                right: end.0,
                baseline: start.1,
                size,
            })
        })
        .collect();
    placed.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let mut lines = Vec::new();
    let mut rest = placed.as_mut_slice();
    while let Some(first) = rest.first() {
        let (baseline, tolerance) = (first.baseline, first.size * 0.2);
        let count = rest.partition_point(|one| one.baseline <= baseline + tolerance);
        let (row, more) = std::mem::take(&mut rest).split_at_mut(count.max(1));
        rest = more;
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
        split(row, &mut lines);
    }
    lines
}

/// Cuts a row at wide gaps.
fn split(row: &[Placed<'_>], lines: &mut Vec<Line>) {
    let mut current: Option<(Line, f64)> = None;
    for one in row {
        let blank = one.text.chars().all(char::is_whitespace);
        // Blanks are told by the gap that they leave.
        if blank {
            continue;
        }
        if let Some((line, right)) = &mut current {
            let gap = one.left - *right;
            let same = line.text.last().copied() == one.text.chars().last();
            let again = line
                .places
                .last()
                .is_some_and(|(left, _)| same && (one.left - left).abs() < one.size * 0.1);
            if again {
                // Shown twice, to look bold.
                continue;
            }
            if gap > one.size * 2.0 {
                if let Some((line, _)) = current.take() {
                    lines.push(compose(line));
                }
            } else if gap > one.size * 0.12 {
                line.text.push(' ');
                line.places.push((*right, one.left));
            }
        }
        let (line, right) = current.get_or_insert_with(|| {
            let line = Line {
                text: Vec::new(),
                places: Vec::new(),
                baseline: one.baseline,
                size: one.size,
            };
            (line, one.left)
        });
        line.size = line.size.max(one.size);
        for character in one.text.chars() {
            line.text.push(character);
            line.places.push((one.left, one.right));
        }
        *right = right.max(one.right);
    }
    lines.extend(current.map(|(line, _)| compose(line)));
}

/// Marks that a font shows as characters of their own are put on their letters.
fn compose(line: Line) -> Line {
    let mut text = Vec::new();
    let mut places: Vec<(f64, f64)> = Vec::new();
    for (character, place) in line.text.iter().zip(&line.places) {
        if let Some(last) = text.last().copied()
            && let Some(both) = unicode_normalization::char::compose(last, *character)
        {
            text.pop();
            text.push(both);
            continue;
        }
        text.push(*character);
        places.push(*place);
    }
    Line {
        text,
        places,
        ..line
    }
}

/// Where the widget of the field `name` stands.
///
/// # Errors
/// [`SigningFault::Refused`]: no such field, or one without a place on a page, or with several.
pub fn field(view: &View<'_, '_>, name: &str) -> Result<Spot, Error> {
    let form = Form::read(view)?;
    let mut found = form.fields.iter().filter(|field| field.is_named(name));
    let field = match (found.next(), found.next()) {
        (Some(field), None) => field,
        (None, _) => {
            return Err(Refusal::FieldMissing {
                field: name.to_owned(),
            }
            .into());
        }
        _ => {
            return Err(Refusal::FieldsOfOneName {
                field: name.to_owned(),
            }
            .into());
        }
    };
    let placeless = || {
        Error::from(Refusal::FieldPlace {
            field: name.to_owned(),
        })
    };
    let (id, dictionary) = only_widget(field).ok_or_else(placeless)?;
    let rectangle = rectangle(view, dictionary)?.ok_or_else(placeless)?;
    let page = page_of(view, id)?.ok_or_else(placeless)?;
    let area = PageGeometry::of(view, page)?.area(&rectangle);
    if area.width > 0.0 && area.height > 0.0 {
        Ok(Spot { page, area })
    } else {
        Err(placeless())
    }
}

/// /Rect of a widget, where it is one.
fn rectangle<'d>(view: &View<'d, '_>, widget: &Dictionary<'d>) -> Result<Option<Rectangle>, Error> {
    let sides = view.value(widget, b"Rect")?;
    let sides: Vec<f64> = sides
        .as_array()
        .iter()
        .flat_map(|sides| sides.iter())
        .filter_map(Object::as_number)
        .collect();
    Ok(match sides[..] {
        [x0, y0, x1, y1] => Some(Rectangle {
            left: x0.min(x1),
            bottom: y0.min(y1),
            right: x0.max(x1),
            top: y0.max(y1),
        }),
        _ => None,
    })
}

/// Fields and areas of the signatures that are shown on the page of index `page`, from 0.
pub(in crate::signing) fn signatures(
    view: &View<'_, '_>,
    form: &Form<'_>,
    page: usize,
) -> Result<Vec<(String, Area)>, Error> {
    let missing = || Error::new(SigningFault::Appearance("the document has no such page"));
    let tree = view.pages().nth(page).ok_or_else(missing)??;
    let geometry = PageGeometry::of_page(view, &tree)?;
    let annotations = view.value(&tree.dictionary, b"Annots")?;
    let shown: HashSet<ObjectId> = annotations
        .as_array()
        .iter()
        .flat_map(|list| list.iter())
        .filter_map(Object::as_reference)
        .collect();
    let mut found = Vec::new();
    for field in form.fields.iter().filter(|field| field.is_signature()) {
        let name = field.name.clone().unwrap_or_default();
        if !form.is_signed_in(&name) {
            continue;
        }
        for (id, widget) in &field.widgets {
            if !id.is_some_and(|id| shown.contains(&id)) {
                continue;
            }
            let Some(rectangle) = rectangle(view, widget)? else {
                continue;
            };
            let area = geometry.area(&rectangle);
            if area.width > 0.0 && area.height > 0.0 {
                found.push((name.clone(), area));
            }
        }
    }
    Ok(found)
}

/// The page among whose annotations the widget is.
fn page_of(view: &View<'_, '_>, widget: ObjectId) -> Result<Option<usize>, Error> {
    for (index, page) in view.pages().enumerate() {
        let page: Page<'_> = page?;
        let annotations = view.value(&page.dictionary, b"Annots")?;
        let holds = annotations
            .as_array()
            .is_some_and(|list| list.iter().any(|one| one.as_reference() == Some(widget)));
        if holds {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
