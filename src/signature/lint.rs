//! One revision → what a signer should not sign without knowing: stock for a later exchange, things
//! that cover or hide the page, scripts.
//!
//! Nothing here is a fault by itself, and no verdict depends on it. The whole revision is read, so
//! this is done when asked for, not for every document of an archive.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::scan;
use crate::error::Error;
use crate::limits::Limits;
use crate::pdf::{Dictionary, Object, Page, View};

/// What was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LintKind {
    /// A page, page tree or catalog to which nothing leads: a later update could show it instead.
    ShadowStock,
    /// An annotation or field that covers much of its page: removing it later shows what is below.
    Overlay,
    /// Layers that are hidden, or that switch by themselves.
    HiddenLayer,
    /// A text field whose value is not what its appearance shows.
    ValueAppearance,
    /// A script, or an action that runs by itself.
    Script,
    /// A stream whose content is not in the file: what it shows can change without any trace.
    Outside,
    /// An XFA form, which some programs show instead of the pages.
    Xfa,
}

impl LintKind {
    /// Stable name for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ShadowStock => "shadow-stock",
            Self::Overlay => "overlay",
            Self::HiddenLayer => "hidden-layer",
            Self::ValueAppearance => "value-appearance-mismatch",
            Self::Script => "script",
            Self::Outside => "content-outside",
            Self::Xfa => "xfa",
        }
    }
}

/// Something noticed, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lint {
    /// What.
    pub kind: LintKind,
    /// Object number; 0 when it is inside another object that has none.
    pub object: u32,
}

/// Share of a page, in percent, from which an annotation counts as covering it.
const COVERING: f64 = 25.0;

/// Everything noticed in `view`, sorted, each once.
///
/// # Errors
/// An object cannot be read, or a limit: then nothing is known.
pub fn lint(view: View<'_, '_>, limits: &Limits) -> Result<Vec<Lint>, Error> {
    let mut found = BTreeSet::new();
    let reached = scan::reachable(view, 0, limits)?;
    for number in scan::numbers(view, limits)? {
        let Some(object) = scan::object(view, number)? else {
            continue;
        };
        let mut note = |kind| {
            found.insert(Lint {
                kind,
                object: number,
            });
        };
        if reached.contains(&number) {
            if has_script(&object) {
                note(LintKind::Script);
            }
            // ISO 32000-2 §7.3.8.2, table 5: the file specification of a stream.
            if matches!(&object, Object::Stream(stream) if stream.dictionary().contains(b"F")) {
                note(LintKind::Outside);
            }
            if let Some(field) = object.as_dictionary()
                && shows_another_value(view, field)?
            {
                note(LintKind::ValueAppearance);
            }
        } else if is_page_structure(&object) {
            note(LintKind::ShadowStock);
        }
    }
    let catalog = view.catalog()?;
    if hides_layers(view, &catalog)? {
        let object = root(view);
        let kind = LintKind::HiddenLayer;
        found.insert(Lint { kind, object });
    }
    let form = view.value(&catalog, b"AcroForm")?;
    if form
        .as_dictionary()
        .is_some_and(|form| form.contains(b"XFA"))
    {
        let object = catalog.get(b"AcroForm").and_then(Object::as_reference);
        found.insert(Lint {
            kind: LintKind::Xfa,
            object: object.map_or_else(|| root(view), |id| id.number),
        });
    }
    for page in view.pages() {
        overlays(view, &page?, &mut found)?;
    }
    Ok(found.into_iter().collect())
}

fn root(view: View<'_, '_>) -> u32 {
    let root = view.trailer().get(b"Root").and_then(Object::as_reference);
    root.map_or(0, |id| id.number)
}

fn is_page_structure(object: &Object<'_>) -> bool {
    let kind = object
        .as_dictionary()
        .and_then(|dictionary| dictionary.get(b"Type"))
        .and_then(Object::as_name);
    matches!(kind, Some(b"Page" | b"Pages" | b"Catalog"))
}

/// A script, or an action that starts without anybody asking, anywhere inside `object`.
///
/// Source: ISO 32000-2 §12.6.3, §12.6.4.
fn has_script(object: &Object<'_>) -> bool {
    let mut stack = vec![object];
    while let Some(object) = stack.pop() {
        let dictionary = match object {
            Object::Array(array) => {
                stack.extend(array.iter());
                continue;
            }
            Object::Dictionary(dictionary) => dictionary,
            Object::Stream(stream) => stream.dictionary(),
            _ => continue,
        };
        if dictionary.is_name(b"S", b"JavaScript")
            || dictionary.is_name(b"S", b"Launch")
            || dictionary.contains(b"JS")
            || dictionary.contains(b"JavaScript")
            || dictionary.contains(b"AA")
        {
            return true;
        }
        stack.extend(dictionary.iter().map(|entry| &entry.value));
    }
    false
}

/// Source: ISO 32000-2 §8.11.4.3, table 99.
fn hides_layers<'d>(view: View<'d, '_>, catalog: &Dictionary<'d>) -> Result<bool, Error> {
    let properties = view.value(catalog, b"OCProperties")?;
    let Some(properties) = properties.as_dictionary() else {
        return Ok(false);
    };
    let configuration = view.value(properties, b"D")?;
    let Some(configuration) = configuration.as_dictionary() else {
        return Ok(false);
    };
    let filled = |key: &[u8]| -> Result<bool, Error> {
        let list = view.value(configuration, key)?;
        Ok(list.as_array().is_some_and(|list| !list.is_empty()))
    };
    let base = view.value(configuration, b"BaseState")?;
    let base_hides = !matches!(base.as_name(), None | Some(b"ON"));
    Ok(base_hides || filled(b"OFF")? || filled(b"AS")?)
}

/// Annotations that draw over much of the page. Links and pop-ups draw nothing.
fn overlays<'d>(
    view: View<'d, '_>,
    page: &Page<'d>,
    found: &mut BTreeSet<Lint>,
) -> Result<(), Error> {
    let annotations = view.value(&page.dictionary, b"Annots")?;
    let Some(annotations) = annotations.as_array() else {
        return Ok(());
    };
    let area = area(view, &page.inherited(&view, b"MediaBox")?)?;
    for item in annotations.iter() {
        let annotation = view.resolve(item)?;
        let Some(annotation) = annotation.as_dictionary() else {
            continue;
        };
        let draws = !annotation.is_name(b"Subtype", b"Link")
            && !annotation.is_name(b"Subtype", b"Popup")
            && annotation.contains(b"AP");
        let own = view.value(annotation, b"Rect")?;
        if let (true, Some(page), Some(own)) = (draws, area, self::area(view, &own)?)
            && own * 100.0 >= page * COVERING
        {
            found.insert(Lint {
                kind: LintKind::Overlay,
                object: item.as_reference().map_or(0, |id| id.number),
            });
        }
    }
    Ok(())
}

fn area<'d>(view: View<'d, '_>, rectangle: &Object<'d>) -> Result<Option<f64>, Error> {
    let Some(array) = rectangle.as_array() else {
        return Ok(None);
    };
    let mut numbers = Vec::with_capacity(4);
    for item in array.iter().take(5) {
        numbers.extend(view.resolve(item)?.as_number());
    }
    Ok(match numbers.as_slice() {
        [x0, y0, x1, y1] => Some(((x1 - x0) * (y1 - y0)).abs()),
        _ => None,
    })
}

/// Whether a text field's appearance shows text, and not its value.
///
/// Only plain text is compared: a value in ASCII against the literal strings of the appearance.
/// Where an appearance encodes its text otherwise, nothing is said.
fn shows_another_value<'d>(view: View<'d, '_>, field: &Dictionary<'d>) -> Result<bool, Error> {
    if !field.is_name(b"FT", b"Tx") {
        return Ok(false);
    }
    let value = view.value(field, b"V")?;
    let Some(value) = value.as_string().map(|string| string.text()) else {
        return Ok(false);
    };
    let appearance = view.value(field, b"AP")?;
    let Some(appearance) = appearance.as_dictionary() else {
        return Ok(false);
    };
    let Object::Stream(stream) = view.value(appearance, b"N")? else {
        return Ok(false);
    };
    let Ok(content) = view.decode(&stream) else {
        return Ok(false);
    };
    let squeezed = |text: &[u8]| -> Vec<u8> {
        let kept = text.iter().filter(|c| !c.is_ascii_whitespace());
        kept.copied().collect()
    };
    let (shown, value) = (
        squeezed(&literal_text(&content)),
        squeezed(value.as_bytes()),
    );
    let plain = |text: &[u8]| text.iter().all(u8::is_ascii_graphic);
    Ok(!shown.is_empty() && plain(&shown) && plain(&value) && shown != value)
}

/// The literal strings of a content stream, one after the other.
fn literal_text(content: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let (mut depth, mut escaped) = (0usize, false);
    for byte in content {
        match (byte, escaped) {
            (_, true) => {
                escaped = false;
                text.push(*byte);
            }
            (b'\\', _) if depth > 0 => escaped = true,
            (b'(', _) => {
                if depth > 0 {
                    text.push(b'(');
                }
                depth += 1;
            }
            (b')', _) => {
                depth = depth.saturating_sub(1);
                if depth > 0 {
                    text.push(b')');
                }
            }
            _ if depth > 0 => text.push(*byte),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_literal_strings_nest_and_escape() {
        assert_eq!(
            literal_text(b"BT (a\\)b) Tj (c(d)) Tj <00> Tj ET"),
            b"a)bc(d)"
        );
        assert_eq!(literal_text(b"q Q"), b"");
    }
}
