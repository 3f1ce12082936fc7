//! A signature field's widget → the line that it shows in the top right corner of page 1, if it does.
//!
//! That is where agencies place the text of a certified copy and of a separate attachment, without
//! a picture (Nghị định 30/2020/NĐ-CP, Phụ lục I). What is found serves findings alone; nothing
//! that decides rests on it, so what cannot be read is no error.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::error::Error;
use crate::pdf::content::{self, Shown};
use crate::pdf::{Dictionary, Object, ObjectId, View};

/// What a signature shows in the top right corner of page 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CornerMark {
    /// The text, in NFC; at most some hundreds of characters.
    pub text: String,
    /// Whether a picture stands there too.
    pub picture: bool,
}

/// Characters of the text that are kept.
const CHARACTERS: usize = 400;

/// The mark of the first of `widgets` that stands in the corner; `view` is the revision that was
/// signed.
pub(super) fn read<'d>(
    view: View<'d, '_>,
    widgets: &[(Option<ObjectId>, Dictionary<'d>)],
) -> Option<CornerMark> {
    widgets
        .iter()
        .find_map(|(id, widget)| mark(view, *id, widget).ok().flatten())
}

fn mark<'d>(
    view: View<'d, '_>,
    id: Option<ObjectId>,
    widget: &Dictionary<'d>,
) -> Result<Option<CornerMark>, Error> {
    // The widget as it was signed; later revisions are judged elsewhere.
    let own = match id {
        Some(id) => view.get(id)?.and_then(Object::into_dictionary),
        None => Some(widget.clone()),
    };
    let Some(widget) = own else { return Ok(None) };
    let Some(rectangle) = numbers(&view, &widget, b"Rect")? else {
        return Ok(None);
    };
    let Some(page) = view.pages().next().transpose()? else {
        return Ok(None);
    };
    let on_page = match widget.get(b"P").and_then(Object::as_reference) {
        Some(of) => Some(of) == page.id,
        None => {
            let annotations = view.value(&page.dictionary, b"Annots")?;
            let mut all = annotations.as_array().into_iter().flat_map(|a| a.iter());
            id.is_some() && all.any(|one| one.as_reference() == id)
        }
    };
    if !on_page {
        return Ok(None);
    }
    let boxed = [b"CropBox".as_slice(), b"MediaBox"]
        .into_iter()
        .find_map(|key| {
            let array = page.inherited(&view, key).ok()?;
            corners(&view, &array)
        });
    let Some(page_box) = boxed else {
        return Ok(None);
    };
    let turn = page.inherited(&view, b"Rotate")?.as_integer().unwrap_or(0);
    if !is_top_right(rectangle, page_box, turn) {
        return Ok(None);
    }
    let appearances = view.value(&widget, b"AP")?;
    let Some(appearances) = appearances.as_dictionary() else {
        return Ok(None);
    };
    let normal = view.value(appearances, b"N")?;
    let Some(form) = normal.as_stream() else {
        return Ok(None);
    };
    let content = content::form_text(&view, form)?;
    Ok(Some(CornerMark {
        text: joined(&content.shown).nfc().take(CHARACTERS).collect(),
        picture: content.picture,
    }))
}

/// The characters as one line: a space where the base line changes or a gap is left.
fn joined(shown: &[Shown]) -> String {
    let mut text = String::new();
    let mut before: Option<&Shown> = None;
    for one in shown.iter().take(4 * CHARACTERS) {
        let apart = before.is_some_and(|before| {
            let size = (one.up.0 - one.start.0).hypot(one.up.1 - one.start.1);
            let gap = (one.start.0 - before.end.0).hypot(one.start.1 - before.end.1);
            gap > 0.2 * size
        });
        if apart {
            text.push(' ');
        }
        text.push_str(&one.text);
        before = Some(one);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lower left and upper right corner of a rectangle that is a key of `dictionary`.
fn numbers<'d>(
    view: &View<'d, '_>,
    dictionary: &Dictionary<'d>,
    key: &[u8],
) -> Result<Option<[f64; 4]>, Error> {
    Ok(corners(view, &view.value(dictionary, key)?))
}

fn corners<'d>(view: &View<'d, '_>, array: &Object<'d>) -> Option<[f64; 4]> {
    let array = array.as_array()?;
    let mut found = [0.0; 4];
    if array.len() != found.len() {
        return None;
    }
    for (number, object) in found.iter_mut().zip(array.iter()) {
        *number = view.resolve(object).ok()?.as_number()?;
    }
    let [a, b, c, d] = found;
    Some([a.min(c), b.min(d), a.max(c), b.max(d)])
}

/// Whether the middle of `rectangle` lies in the right half and in the top fifth of the page, as a
/// reader sees it who turns it by `turn` degrees.
fn is_top_right(rectangle: [f64; 4], page: [f64; 4], turn: i64) -> bool {
    let [left, bottom, right, top] = page;
    let (width, height) = (right - left, top - bottom);
    if !(width > 0.0 && height > 0.0) {
        return false;
    }
    let [a, b, c, d] = rectangle;
    let x = ((a + c) / 2.0 - left) / width;
    let y = ((b + d) / 2.0 - bottom) / height;
    let (x, y) = match turn.rem_euclid(360) {
        90 => (y, 1.0 - x),
        180 => (1.0 - x, 1.0 - y),
        270 => (1.0 - y, x),
        _ => (x, y),
    };
    (0.5..=1.0).contains(&x) && (0.8..=1.0).contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A4: [f64; 4] = [0.0, 0.0, 595.0, 842.0];

    /// The corner is the one that the reader sees, however the page is stored.
    #[test]
    fn ok_the_corner_turns_with_the_page() {
        let top_right = [420.0, 790.0, 580.0, 820.0];
        let top_left = [20.0, 790.0, 180.0, 820.0];
        let bottom_left = [20.0, 20.0, 50.0, 180.0];
        let bottom_right = [560.0, 20.0, 590.0, 180.0];
        assert!(is_top_right(top_right, A4, 0));
        assert!(!is_top_right(top_left, A4, 0));
        assert!(is_top_right(top_left, A4, 90));
        assert!(is_top_right(bottom_left, A4, 180));
        assert!(is_top_right(bottom_right, A4, -90));
        assert!(!is_top_right([300.0, 300.0, 500.0, 400.0], A4, 0));
        assert!(!is_top_right(top_right, [0.0; 4], 0));
    }
}
