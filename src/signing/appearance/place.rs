//! Area as a reader sees it on the displayed page → rectangle and matrix in PDF user space.

use crate::error::{Error, SigningFault};
use crate::pdf::{Object, Page, View};
use crate::signing::plan::Rectangle;

/// Points in a millimetre.
pub(crate) const POINTS_PER_MILLIMETRE: f64 = 72.0 / 25.4;

/// A rectangle of the page as it is displayed (turned, cropped), in points of 1/72 inch from the
/// top left corner, whatever the page's /UserUnit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Distance of the left side from the left of the page.
    pub left: f64,
    /// Distance of the upper side from the top of the page.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// From points.
    pub const fn points(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self {
            left,
            top,
            width,
            height,
        }
    }

    /// From millimetres.
    pub const fn millimetres(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self::points(
            left * POINTS_PER_MILLIMETRE,
            top * POINTS_PER_MILLIMETRE,
            width * POINTS_PER_MILLIMETRE,
            height * POINTS_PER_MILLIMETRE,
        )
    }

    /// Left, top, width, height in millimetres.
    pub fn in_millimetres(&self) -> [f64; 4] {
        [self.left, self.top, self.width, self.height].map(|side| side / POINTS_PER_MILLIMETRE)
    }

    /// Right side.
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Lower side.
    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// An area of `width` × `height` points that reaches from the left over the left third of this
    /// one: where a seal goes on a leader's signature. The middles are level.
    ///
    /// Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, phần II, mục 8.
    pub fn over_left_third(&self, width: f64, height: f64) -> Self {
        Self {
            left: self.left + self.width / 3.0 - width,
            top: self.top + (self.height - height) / 2.0,
            width,
            height,
        }
    }

    /// An area of `width` × `height` points in the middle between this one and `below`: between
    /// the post and the name of a signer.
    ///
    /// Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, phần II, mục 7.
    pub fn between(&self, below: &Self, width: f64, height: f64) -> Self {
        let middle = (self.left + self.right() + below.left + below.right()) / 4.0;
        Self {
            left: middle - width / 2.0,
            top: (self.bottom() + below.top - height) / 2.0,
            width,
            height,
        }
    }

    /// Whether any point is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right()
            && other.left < self.right()
            && self.top < other.bottom()
            && other.top < self.bottom()
    }
}

/// How a page is displayed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageGeometry {
    /// Visible part in user space: left, bottom, right, top.
    visible: [f64; 4],
    /// Quarter turns clockwise, 0 to 3.
    turns: u8,
    /// Points in a unit of user space.
    unit: f64,
}

/// Where an appearance goes: what its widget and its form XObject must say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// /Rect of the widget.
    pub rectangle: Rectangle,
    /// /Matrix of the form, which turns it upright and scales it from points to user space.
    pub matrix: [f64; 6],
    /// Width of the form's /BBox (which starts at 0 0), in points.
    pub width: f64,
    /// Height of the form's /BBox, in points.
    pub height: f64,
}

impl PageGeometry {
    /// From the page's (inherited) entries: /MediaBox, /CropBox, /Rotate in degrees, /UserUnit
    /// (PDF 1.6; 1 where absent). Boxes may name any two opposite corners.
    ///
    /// # Errors
    /// [`SigningFault::Appearance`]: an empty or infinite box, a rotation that is no multiple of
    /// 90, a unit that is not positive.
    ///
    /// Source: ISO 32000-2 §7.7.3.3, §14.11.2.
    pub fn new(
        media_box: [f64; 4],
        crop_box: Option<[f64; 4]>,
        rotate: i64,
        user_unit: f64,
    ) -> Result<Self, Error> {
        let media = ordered(media_box)?;
        let visible = match crop_box {
            None => media,
            Some(crop) => {
                let [a, b, c, d] = ordered(crop)?;
                let [left, bottom, right, top] = media;
                ordered_part([a.max(left), b.max(bottom), c.min(right), d.min(top)])?
            }
        };
        if !user_unit.is_finite() || user_unit <= 0.0 {
            return Err(SigningFault::Appearance("the page's /UserUnit is not positive").into());
        }
        let turns = match rotate.rem_euclid(360) {
            0 => 0,
            90 => 1,
            180 => 2,
            270 => 3,
            _ => {
                return Err(
                    SigningFault::Appearance("the page's /Rotate is no multiple of 90").into(),
                );
            }
        };
        Ok(Self {
            visible,
            turns,
            unit: user_unit,
        })
    }

    /// How the page of index `page`, from 0, of `view` is displayed.
    ///
    /// # Errors
    /// [`SigningFault::Appearance`]: there is no such page, it has no box of four numbers, or as
    /// [`Self::new`]; a malformed document.
    pub fn of(view: &View<'_, '_>, page: usize) -> Result<Self, Error> {
        let missing = || Error::new(SigningFault::Appearance("the document has no such page"));
        let page = view.pages().nth(page).ok_or_else(missing)??;
        Self::of_page(view, &page)
    }

    /// As [`Self::of`], of a page that is at hand.
    pub(super) fn of_page(view: &View<'_, '_>, page: &Page<'_>) -> Result<Self, Error> {
        let media_box = side_numbers(view, page, b"MediaBox")?
            .ok_or(SigningFault::Appearance("the page has no /MediaBox"))?;
        let crop_box = side_numbers(view, page, b"CropBox")?;
        let rotate = match page.inherited(view, b"Rotate")? {
            Object::Null => 0,
            other => other
                .as_integer()
                .ok_or(SigningFault::Appearance("the page's /Rotate is no integer"))?,
        };
        // Not inheritable.
        let unit = match view.value(&page.dictionary, b"UserUnit")? {
            Object::Null => 1.0,
            other => other.as_number().ok_or(SigningFault::Appearance(
                "the page's /UserUnit is no number",
            ))?,
        };
        Self::new(media_box, crop_box, rotate, unit)
    }

    /// Width and height of the displayed page, in points.
    pub fn displayed_size(&self) -> (f64, f64) {
        let [left, bottom, right, top] = self.visible;
        let (across, up) = ((right - left) * self.unit, (top - bottom) * self.unit);
        if self.turns.is_multiple_of(2) {
            (across, up)
        } else {
            (up, across)
        }
    }

    /// An area of `width` × `height` points at the top right of the page, `margin` points from
    /// both sides: where the text of attachments and copies goes.
    ///
    /// Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, phần II, mục 8.
    pub fn top_right(&self, width: f64, height: f64, margin: f64) -> Area {
        let (across, _) = self.displayed_size();
        Area::points(across - margin - width, margin, width, height)
    }

    /// The area that a rectangle of user space takes on the displayed page.
    pub fn area(&self, rectangle: &Rectangle) -> Area {
        let first = self.displayed(rectangle.left, rectangle.bottom);
        let second = self.displayed(rectangle.right, rectangle.top);
        Area {
            left: first.0.min(second.0),
            top: first.1.min(second.1),
            width: (first.0 - second.0).abs(),
            height: (first.1 - second.1).abs(),
        }
    }

    /// Points from the left and from the top of the displayed page, of a point of user space.
    pub(super) fn displayed(&self, x: f64, y: f64) -> (f64, f64) {
        let [left, bottom, right, top] = self.visible;
        let (across, down) = match self.turns {
            0 => (x - left, top - y),
            1 => (y - bottom, x - left),
            2 => (right - x, y - bottom),
            _ => (top - y, right - x),
        };
        (across * self.unit, down * self.unit)
    }

    /// Maps `area` to user space, so that what is drawn upright in a form of
    /// `width` × `height` points is upright on the displayed page.
    ///
    /// # Errors
    /// [`SigningFault::Appearance`]: an empty area, or one that is not wholly on the page.
    ///
    /// Source: ISO 32000-2 §12.5.5 (algorithm: appearance streams).
    pub fn place(&self, area: &Area) -> Result<Placement, Error> {
        let Area {
            left,
            top,
            width,
            height,
        } = *area;
        // Written so that NaN fails.
        let positive = width > 0.0 && height > 0.0;
        let (page_width, page_height) = self.displayed_size();
        // A ten-thousandth of a point absorbs the rounding of millimetres.
        let edge = 1e-4;
        let inside = left >= -edge
            && top >= -edge
            && left + width <= page_width + edge
            && top + height <= page_height + edge;
        if !positive {
            return Err(SigningFault::Appearance("the area is empty").into());
        }
        if !inside {
            return Err(SigningFault::Appearance("the area is not wholly on the page").into());
        }
        let first = self.user_space(left, top);
        let second = self.user_space(left + width, top + height);
        let rectangle = Rectangle {
            left: first.0.min(second.0),
            bottom: first.1.min(second.1),
            right: first.0.max(second.0),
            top: first.1.max(second.1),
        };
        let (w, h, s) = (width / self.unit, height / self.unit, 1.0 / self.unit);
        // Each puts the turned box at the origin, so that the viewer only has to move it to /Rect.
        let matrix = match self.turns {
            0 => [s, 0.0, 0.0, s, 0.0, 0.0],
            1 => [0.0, s, -s, 0.0, h, 0.0],
            2 => [-s, 0.0, 0.0, -s, w, h],
            _ => [0.0, -s, s, 0.0, 0.0, w],
        };
        Ok(Placement {
            rectangle,
            matrix,
            width,
            height,
        })
    }

    /// Point of user space that is displayed `across` points from the left and `down` from the top.
    fn user_space(&self, across: f64, down: f64) -> (f64, f64) {
        let [left, bottom, right, top] = self.visible;
        let (across, down) = (across / self.unit, down / self.unit);
        match self.turns {
            0 => (left + across, top - down),
            1 => (left + down, bottom + across),
            2 => (right - across, bottom + down),
            _ => (right - down, top - across),
        }
    }
}

/// The four numbers of an inheritable box; `None` where there is none.
fn side_numbers<'d>(
    view: &View<'d, '_>,
    page: &Page<'d>,
    key: &[u8],
) -> Result<Option<[f64; 4]>, Error> {
    let found = page.inherited(view, key)?;
    if found.is_null() {
        return Ok(None);
    }
    let malformed = SigningFault::Appearance("a box of the page is not made of four numbers");
    let array = found.as_array().ok_or_else(|| malformed.clone())?;
    let mut sides = Vec::new();
    for side in array.iter().take(5) {
        let side = view.resolve(side)?.as_number();
        sides.push(side.ok_or_else(|| malformed.clone())?);
    }
    <[f64; 4]>::try_from(sides)
        .map(Some)
        .map_err(|_| malformed.into())
}

fn ordered([a, b, c, d]: [f64; 4]) -> Result<[f64; 4], Error> {
    ordered_part([a.min(c), b.min(d), a.max(c), b.max(d)])
}

fn ordered_part(part: [f64; 4]) -> Result<[f64; 4], Error> {
    let [left, bottom, right, top] = part;
    if part.iter().all(|side| side.is_finite()) && left < right && bottom < top {
        Ok(part)
    } else {
        Err(SigningFault::Appearance("the page has no visible part").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(placement: &Placement) -> [f64; 4] {
        let one = placement.rectangle;
        [one.left, one.bottom, one.right, one.top]
    }

    /// What a viewer does: the form's box through /Matrix, moved and scaled onto /Rect.
    ///
    /// Source: ISO 32000-2 §12.5.5.
    fn shown(placement: &Placement, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = placement.matrix;
        let through = |x: f64, y: f64| (a * x + c * y + e, b * x + d * y + f);
        let corners = [
            through(0.0, 0.0),
            through(placement.width, 0.0),
            through(0.0, placement.height),
            through(placement.width, placement.height),
        ];
        let least =
            |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::MAX, f64::min);
        let most = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::MIN, f64::max);
        let (left, right) = (least(|p| p.0), most(|p| p.0));
        let (bottom, top) = (least(|p| p.1), most(|p| p.1));
        let [rl, rb, rr, rt] = sides(placement);
        let (x, y) = through(x, y);
        (
            rl + (x - left) * (rr - rl) / (right - left),
            rb + (y - bottom) * (rt - rb) / (top - bottom),
        )
    }

    /// What a viewer does with the page: user space to points from the displayed top left.
    fn displayed(visible: [f64; 4], rotate: i64, unit: f64, (x, y): (f64, f64)) -> (f64, f64) {
        let [left, bottom, right, top] = visible;
        // Unturned picture, origin top left.
        let (px, py, w, h) = (x - left, top - y, right - left, top - bottom);
        let (across, down) = match rotate {
            0 => (px, py),
            90 => (h - py, px),
            180 => (w - px, h - py),
            _ => (py, w - px),
        };
        (across * unit, down * unit)
    }

    fn close(a: (f64, f64), b: (f64, f64)) -> bool {
        (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6
    }

    #[test]
    fn ok_the_form_is_upright_and_in_place_for_every_turn_crop_and_unit() {
        let media = [0.0, 0.0, 595.0, 842.0];
        for rotate in [0, 90, 180, 270] {
            for crop in [
                None,
                Some([30.0, 50.0, 560.0, 800.0]),
                Some([560.0, 800.0, -9.0, 50.0]),
            ] {
                for unit in [1.0, 2.0, 0.5] {
                    let geometry = PageGeometry::new(media, crop, rotate, unit).unwrap();
                    let area = Area::points(20.0, 30.0, 170.0, 60.0);
                    let placement = geometry.place(&area).unwrap();
                    let case = format!("{rotate} {crop:?} {unit}");
                    let back = geometry.area(&placement.rectangle);
                    assert!(
                        close((back.left, back.top), (20.0, 30.0))
                            && close((back.width, back.height), (170.0, 60.0)),
                        "{case}: back"
                    );
                    let on_page =
                        |x, y| displayed(geometry.visible, rotate, unit, shown(&placement, x, y));
                    assert!(close(on_page(0.0, 60.0), (20.0, 30.0)), "{case}: top left");
                    assert!(
                        close(on_page(170.0, 60.0), (190.0, 30.0)),
                        "{case}: top right"
                    );
                    assert!(
                        close(on_page(0.0, 0.0), (20.0, 90.0)),
                        "{case}: bottom left"
                    );
                    assert!(close(on_page(50.0, 10.0), (70.0, 80.0)), "{case}: inside");
                    let (w, h) = (
                        sides(&placement)[2] - sides(&placement)[0],
                        sides(&placement)[3] - sides(&placement)[1],
                    );
                    let (w, h) = if rotate % 180 == 0 { (w, h) } else { (h, w) };
                    assert!(close((w * unit, h * unit), (170.0, 60.0)), "{case}: size");
                }
            }
        }
    }

    #[test]
    fn ok_numbers_of_an_upright_and_a_turned_page() {
        let upright = PageGeometry::new([0.0, 0.0, 595.0, 842.0], None, 0, 1.0).unwrap();
        let placed = upright
            .place(&Area::points(100.0, 42.0, 200.0, 50.0))
            .unwrap();
        assert_eq!(sides(&placed), [100.0, 750.0, 300.0, 800.0]);
        assert_eq!(placed.matrix, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

        let turned = PageGeometry::new([0.0, 0.0, 595.0, 842.0], None, -270, 1.0).unwrap();
        assert_eq!(turned.displayed_size(), (842.0, 595.0));
        let placed = turned
            .place(&Area::points(100.0, 42.0, 200.0, 50.0))
            .unwrap();
        assert_eq!(sides(&placed), [42.0, 100.0, 92.0, 300.0]);
        assert_eq!(placed.matrix, [0.0, 1.0, -1.0, 0.0, 50.0, 0.0]);

        let cropped = PageGeometry::new(
            [0.0, 0.0, 595.0, 842.0],
            Some([10.0, 20.0, 510.0, 720.0]),
            180,
            2.0,
        )
        .unwrap();
        assert_eq!(cropped.displayed_size(), (1000.0, 1400.0));
        let placed = cropped
            .place(&Area::points(100.0, 42.0, 200.0, 50.0))
            .unwrap();
        assert_eq!(sides(&placed), [360.0, 41.0, 460.0, 66.0]);
        assert_eq!(placed.matrix, [-0.5, 0.0, 0.0, -0.5, 100.0, 25.0]);
    }

    /// The third is exact, and the middle is between the facing sides.
    #[test]
    fn ok_relative_places() {
        let leader = Area::millimetres(100.0, 200.0, 60.0, 20.0);
        let seal = leader.over_left_third(90.0, 90.0);
        assert!((seal.right() - leader.left - leader.width / 3.0).abs() < 1e-9);
        let middle = |area: &Area| area.top + area.height / 2.0;
        assert!((middle(&seal) - middle(&leader)).abs() < 1e-9);
        assert!(seal.overlaps(&leader));
        let post = Area::points(100.0, 500.0, 50.0, 14.0);
        let name = Area::points(80.0, 600.0, 90.0, 14.0);
        let placed = post.between(&name, 60.0, 40.0);
        assert_eq!(placed, Area::points(95.0, 537.0, 60.0, 40.0));
        let page = PageGeometry::new([0.0, 0.0, 595.0, 842.0], None, 90, 1.0).unwrap();
        let corner = page.top_right(100.0, 20.0, 10.0);
        assert_eq!(corner, Area::points(732.0, 10.0, 100.0, 20.0));
    }

    #[test]
    fn ok_a_whole_page_in_millimetres_fits() {
        let a4 = [
            0.0,
            0.0,
            210.0 * POINTS_PER_MILLIMETRE,
            297.0 * POINTS_PER_MILLIMETRE,
        ];
        let geometry = PageGeometry::new(a4, None, 0, 1.0).unwrap();
        assert!(
            geometry
                .place(&Area::millimetres(0.0, 0.0, 210.0, 297.0))
                .is_ok()
        );
    }

    /// A page whose entries are partly inherited and partly references.
    fn file(root: &str, page: &str) -> Vec<u8> {
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            format!("<< /Type /Pages /Kids [3 0 R] /Count 1 {root} >>"),
            format!("<< /Type /Page /Parent 2 0 R {page} >>"),
            "700".to_owned(),
        ];
        let mut file = String::from("%PDF-1.7\n");
        let mut table = String::from("xref\n0 5\n0000000000 65535 f \n");
        for (number, object) in (1..).zip(&objects) {
            table += &format!("{:010} 00000 n \n", file.len());
            file += &format!("{number} 0 obj\n{object}\nendobj\n");
        }
        let start = file.len();
        file += &format!("{table}trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
        file.into_bytes()
    }

    fn geometry(root: &str, page: &str, index: usize) -> Result<PageGeometry, Error> {
        let bytes = file(root, page);
        let document = crate::pdf::Document::open(&bytes, &Default::default()).unwrap();
        PageGeometry::of(&document.latest(), index)
    }

    #[test]
    fn ok_the_entries_of_a_page_are_read_inherited_or_by_reference() {
        let read = geometry(
            "/MediaBox [0 0 500 4 0 R] /Rotate 90",
            "/CropBox [10 20 490 690.5] /UserUnit 1.5",
            0,
        );
        let crop = Some([10.0, 20.0, 490.0, 690.5]);
        let expected = PageGeometry::new([0.0, 0.0, 500.0, 700.0], crop, 90, 1.5);
        assert_eq!(read.unwrap(), expected.unwrap());
        let own = geometry("/MediaBox [0 0 9 9] /UserUnit 3", "/MediaBox [0 0 5 7]", 0);
        let expected = PageGeometry::new([0.0, 0.0, 5.0, 7.0], None, 0, 1.0);
        assert_eq!(own.unwrap(), expected.unwrap());
    }

    #[test]
    fn err_pages_whose_entries_are_missing_or_odd() {
        for (page, index) in [
            ("", 0),
            ("/MediaBox [0 0 5 7]", 1),
            ("/MediaBox [0 0 5]", 0),
            ("/MediaBox [0 0 5 7 9]", 0),
            ("/MediaBox [0 0 5 /A]", 0),
            ("/MediaBox 5", 0),
            ("/MediaBox [0 0 5 7] /Rotate /A", 0),
            ("/MediaBox [0 0 5 7] /UserUnit [1]", 0),
        ] {
            assert!(geometry("", page, index).is_err(), "{page}");
        }
    }

    #[test]
    fn err_off_the_page_or_empty() {
        let geometry = PageGeometry::new([0.0, 0.0, 595.0, 842.0], None, 90, 1.0).unwrap();
        for (left, top, width, height) in [
            (-1.0, 0.0, 10.0, 10.0),
            (0.0, -1.0, 10.0, 10.0),
            (840.0, 0.0, 10.0, 10.0),
            (0.0, 590.0, 10.0, 10.0),
            (0.0, 0.0, 0.0, 10.0),
            (0.0, 0.0, 10.0, -1.0),
            (f64::NAN, 0.0, 10.0, 10.0),
            (0.0, 0.0, f64::NAN, 10.0),
            (0.0, 0.0, f64::INFINITY, 10.0),
        ] {
            assert!(
                geometry
                    .place(&Area::points(left, top, width, height))
                    .is_err(),
                "{left} {top} {width} {height}"
            );
        }
    }

    #[test]
    fn err_pages_that_show_nothing() {
        let media = [0.0, 0.0, 595.0, 842.0];
        assert!(PageGeometry::new([0.0, 0.0, 0.0, 842.0], None, 0, 1.0).is_err());
        assert!(PageGeometry::new([0.0, 0.0, f64::NAN, 842.0], None, 0, 1.0).is_err());
        assert!(PageGeometry::new(media, Some([600.0, 0.0, 700.0, 100.0]), 0, 1.0).is_err());
        assert!(PageGeometry::new(media, None, 45, 1.0).is_err());
        assert!(PageGeometry::new(media, None, 0, 0.0).is_err());
        assert!(PageGeometry::new(media, None, 0, f64::NAN).is_err());
    }
}
