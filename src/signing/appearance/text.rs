//! Lines of text + an area → text of a form, wrapped at words and shrunk until it fits.

use super::font::{self, EmbeddedFont, Face};
use super::{Colour, Form, Placement};
use crate::error::{Error, SigningFault};
use crate::time::{UtcTime, VIETNAM_OFFSET};

/// Distance of two base lines, in font sizes: room for Ễ below a g.
const LEADING: f64 = 1.15;

/// Size of the text of a [`TextAppearance`], in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TextSize {
    /// This size, or an error where the text does not fit.
    Fixed(f64),
    /// The largest size from `most` down to `least`, in steps of a quarter point, at which the text
    /// fits, words unbroken where any size allows it.
    Shrink {
        /// Largest size.
        most: f64,
        /// Smallest size.
        least: f64,
    },
}

/// The text of a visible signature: left aligned, wrapped at words.
#[derive(Debug, Clone, PartialEq)]
pub struct TextAppearance {
    /// The lines; a long one is wrapped. Any Unicode normalization form.
    pub lines: Vec<String>,
    /// Face of the font.
    pub face: Face,
    /// Size of the text.
    pub size: TextSize,
    /// Colour of text and border.
    pub colour: Colour,
    /// Thickness of a border just inside the area, in points; none where absent.
    pub border: Option<f64>,
}

impl TextAppearance {
    /// Black upright text, 10 points or smaller down to 5, without border.
    pub fn new(lines: Vec<String>) -> Self {
        Self {
            lines,
            face: Face::Regular,
            size: TextSize::Shrink {
                most: 10.0,
                least: 5.0,
            },
            colour: Colour::BLACK,
            border: None,
        }
    }

    /// The usual block in Vietnamese: signer, agency, time at +07:00, reason; what is absent is
    /// left out.
    pub fn signer(name: &str, agency: Option<&str>, at: UtcTime, reason: Option<&str>) -> Self {
        let mut lines = vec![format!("Người ký: {name}")];
        lines.extend(agency.map(|agency| format!("Cơ quan: {agency}")));
        lines.push(format!("Thời gian ký: {}", signing_time(at)));
        lines.extend(reason.map(|reason| format!("Lý do: {reason}")));
        Self::new(lines)
    }
}

/// The time of signing as signatures of the field show it: `23.11.2026 14:30:05 +07:00`.
pub fn signing_time(at: UtcTime) -> String {
    let (year, month, day, hour, minute, second) = at.civil(VIETNAM_OFFSET);
    format!("{day:02}.{month:02}.{year:04} {hour:02}:{minute:02}:{second:02} +07:00")
}

/// Sets `text` into `placement`.
///
/// # Errors
/// [`SigningFault::Character`]: the font lacks a character. [`SigningFault::Appearance`]: the text
/// does not fit, a size or a colour is no sensible number.
pub fn draw(text: &TextAppearance, placement: &Placement) -> Result<Form, Error> {
    let mut form = Form::new(placement);
    let whole = [0.0, 0.0, placement.width, placement.height];
    set(&mut form, text, whole)?;
    Ok(form)
}

/// Sets `text` into a part of a form: left, bottom, width, height in points.
pub(crate) fn set(
    form: &mut Form,
    text: &TextAppearance,
    [left, bottom, width, height]: [f64; 4],
) -> Result<(), Error> {
    let (most, least) = match text.size {
        TextSize::Fixed(size) => (size, size),
        TextSize::Shrink { most, least } => (most, least),
    };
    // Written so that NaN fails.
    if !(least >= 1.0 && most >= least && most <= 1000.0) {
        return Err(SigningFault::Appearance("the size of the text is not from 1 to 1000").into());
    }
    if !text.colour.0.iter().all(|part| (0.0..=1.0).contains(part)) {
        return Err(SigningFault::Appearance("a part of the colour is not from 0 to 1").into());
    }
    let border = text.border.unwrap_or(0.0);
    if !(0.0..=20.0).contains(&border) {
        return Err(SigningFault::Appearance("the border is not from 0 to 20 points").into());
    }
    let inset = if border > 0.0 { border + 2.0 } else { 0.0 };
    let room = Room {
        width: width - 2.0 * inset,
        height: height - 2.0 * inset,
    };
    let font = EmbeddedFont::new(text.face);
    let (size, lines) = fit(&font, text, &room, most, least)?;
    if border > 0.0 {
        form.frame(border, text.colour, [left, bottom, width, height]);
    }
    form.set_text_size(size);
    let mut baseline = bottom + height - inset;
    for (index, line) in lines.iter().enumerate() {
        baseline -= if index == 0 {
            font.extent(line)?.top / 1000.0 * size
        } else {
            LEADING * size
        };
        form.text(text.face, size, text.colour, (left + inset, baseline), line)?;
    }
    Ok(())
}

struct Room {
    width: f64,
    height: f64,
}

/// The largest size that fits, and the wrapped lines at that size.
fn fit(
    font: &EmbeddedFont,
    text: &TextAppearance,
    room: &Room,
    most: f64,
    least: f64,
) -> Result<(f64, Vec<String>), Error> {
    for broken_words in [false, true] {
        let mut size = most;
        loop {
            if let Some(lines) = layout(font, text, room, size, broken_words)? {
                return Ok((size, lines));
            }
            if size <= least {
                break;
            }
            size = (size - 0.25).max(least);
        }
    }
    Err(SigningFault::Appearance("the text does not fit into the area").into())
}

/// The wrapped lines at `size`; `None` where they do not fit.
fn layout(
    font: &EmbeddedFont,
    text: &TextAppearance,
    room: &Room,
    size: f64,
    broken_words: bool,
) -> Result<Option<Vec<String>>, Error> {
    // In thousandths of the font size, as the font measures.
    let width = room.width * 1000.0 / size;
    let mut lines = Vec::new();
    for line in &text.lines {
        let Some(wrapped) = wrap(font, line, width, broken_words)? else {
            return Ok(None);
        };
        lines.extend(wrapped);
    }
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Ok(Some(lines));
    };
    let (top, bottom) = (font.extent(first)?.top, font.extent(last)?.bottom);
    let between = lines.len().saturating_sub(1) as f64 * LEADING;
    let height = ((top - bottom) / 1000.0 + between) * size;
    Ok((height <= room.height).then_some(lines))
}

/// Wraps one line at `width`; `None` where a single word (or, with `broken_words`, a single
/// character) is wider.
pub(crate) fn wrap(
    font: &EmbeddedFont,
    line: &str,
    width: f64,
    broken_words: bool,
) -> Result<Option<Vec<String>>, Error> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split(' ') {
        let longer = if current.is_empty() {
            word.to_owned()
        } else {
            format!("{current} {word}")
        };
        if font.extent(&longer)?.width <= width {
            current = longer;
            continue;
        }
        if !current.is_empty() {
            lines.push(std::mem::take(&mut current));
        }
        if font.extent(word)?.width <= width {
            current = word.to_owned();
            continue;
        }
        if !broken_words {
            return Ok(None);
        }
        // Composed first, so that no mark is parted from its letter.
        for character in font::composed(word) {
            let mut longer = current.clone();
            longer.push(character);
            if font.extent(&longer)?.width <= width {
                current = longer;
                continue;
            }
            if current.is_empty() {
                return Ok(None);
            }
            lines.push(std::mem::take(&mut current));
            current.push(character);
            if font.extent(&current)?.width > width {
                return Ok(None);
            }
        }
    }
    lines.push(current);
    Ok(Some(lines))
}

#[cfg(test)]
mod tests {
    use super::super::{Area, PageGeometry};
    use super::*;

    fn placement(width: f64, height: f64) -> Placement {
        PageGeometry::new([0.0, 0.0, 595.0, 842.0], None, 0, 1.0)
            .unwrap()
            .place(&Area::points(50.0, 50.0, width, height))
            .unwrap()
    }

    fn long() -> TextAppearance {
        TextAppearance::signer(
            "NGUYỄN VĂN A",
            Some("Ủy ban nhân dân tỉnh Mẫu"),
            UtcTime::from_civil(2026, 11, 23, 7, 30, 5).unwrap(),
            Some("Phê duyệt văn bản"),
        )
    }

    fn shows(form: &Form) -> usize {
        form.texts().count()
    }

    #[test]
    fn ok_the_block_is_that_of_the_field() {
        assert_eq!(
            long().lines,
            [
                "Người ký: NGUYỄN VĂN A",
                "Cơ quan: Ủy ban nhân dân tỉnh Mẫu",
                "Thời gian ký: 23.11.2026 14:30:05 +07:00",
                "Lý do: Phê duyệt văn bản",
            ]
        );
    }

    #[test]
    fn ok_room_enough_keeps_the_size_and_the_lines() {
        let form = draw(&long(), &placement(300.0, 80.0)).unwrap();
        assert!((form.text_size() - 10.0).abs() < 1e-9);
        assert_eq!(shows(&form), 4);
    }

    #[test]
    fn ok_a_narrow_place_wraps_and_a_small_one_shrinks() {
        let narrow = draw(&long(), &placement(90.0, 200.0)).unwrap();
        assert!(shows(&narrow) > 4);
        assert!((narrow.text_size() - 10.0).abs() < 1e-9);
        let small = draw(&long(), &placement(160.0, 34.0)).unwrap();
        assert!(small.text_size() < 10.0 && small.text_size() >= 5.0);
    }

    #[test]
    fn ok_a_long_word_shrinks_before_it_is_broken() {
        let mut text = TextAppearance::new(vec!["ABCDEFGHIJKLMNOP".into()]);
        let form = draw(&text, &placement(80.0, 100.0)).unwrap();
        assert_eq!(shows(&form), 1);
        assert!(form.text_size() < 10.0);
        text.size = TextSize::Fixed(10.0);
        assert_eq!(shows(&draw(&text, &placement(80.0, 100.0)).unwrap()), 2);
    }

    #[test]
    fn ok_nothing_is_drawn_outside_the_box() {
        for (width, height) in [(300.0, 80.0), (90.0, 200.0), (160.0, 34.0), (60.0, 50.0)] {
            let mut text = long();
            text.border = Some(0.5);
            let Ok(form) = draw(&text, &placement(width, height)) else {
                panic!("{width} {height}");
            };
            for (x, y) in form.texts() {
                assert!(x >= 0.0);
                // Descenders of the face reach 216 thousandths down.
                assert!(y - 0.22 * form.text_size() >= 0.0, "{width} {height}: {y}");
                assert!(y + 0.66 * form.text_size() <= height);
            }
        }
    }

    #[test]
    fn err_text_that_does_not_fit() {
        for (text, width, height) in [
            (long(), 20.0, 10.0),
            (TextAppearance::new(vec!["m".into()]), 2.0, 100.0),
        ] {
            assert_eq!(
                draw(&text, &placement(width, height))
                    .unwrap_err()
                    .to_string(),
                "visible signature: the text does not fit into the area"
            );
        }
    }

    #[test]
    fn err_numbers_that_make_no_sense() {
        let place = placement(200.0, 80.0);
        for size in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            let mut text = long();
            text.size = TextSize::Fixed(size);
            assert!(draw(&text, &place).is_err(), "{size}");
        }
        let mut text = long();
        text.colour = Colour([0.0, 2.0, 0.0]);
        assert!(draw(&text, &place).is_err());
        let mut text = long();
        text.border = Some(f64::NAN);
        assert!(draw(&text, &place).is_err());
        let mut text = long();
        text.lines.push("漢".into());
        assert!(draw(&text, &place).is_err());
    }

    #[test]
    fn ok_decomposed_lines_give_the_same_stream() {
        let place = placement(60.0, 60.0);
        let mut decomposed = long();
        for line in &mut decomposed.lines {
            *line = font::decomposed(line);
        }
        assert_ne!(decomposed, long());
        assert_eq!(
            draw(&decomposed, &place).unwrap().visible(0).unwrap(),
            draw(&long(), &place).unwrap().visible(0).unwrap()
        );
    }

    proptest::proptest! {
        #[test]
        fn ok_whatever_is_drawn_keeps_every_word_inside_the_width(
            lines in proptest::collection::vec("[ A-Za-zĐđỄỰậỡ./-]{0,60}", 0..6),
            width in 5.0..400.0f64,
            height in 5.0..400.0f64,
            border in proptest::option::of(0.0..5.0f64),
        ) {
            let text = TextAppearance { border, ..TextAppearance::new(lines.clone()) };
            let Ok(form) = draw(&text, &placement(width, height)) else {
                return Ok(());
            };
            let inset = border.filter(|border| *border > 0.0).map_or(0.0, |border| border + 2.0);
            let font = EmbeddedFont::new(Face::Regular);
            let room = (width - 2.0 * inset) * 1000.0 / form.text_size();
            let wrapped: Vec<String> = lines
                .iter()
                .flat_map(|line| wrap(&font, line, room, true).unwrap().unwrap())
                .collect();
            for line in &wrapped {
                proptest::prop_assert!(font.extent(line).unwrap().width <= room);
            }
            let letters = |text: &[String]| text.concat().replace(' ', "");
            proptest::prop_assert_eq!(letters(&wrapped), letters(&lines), "nothing is lost");
        }
    }
}
