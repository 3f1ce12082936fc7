//! A font dictionary → codes of a shown string, their widths and what they stand for.

use std::collections::HashMap;

use super::{character_map, encoding, numbers};
use crate::error::Error;
use crate::pdf::object::{Dictionary, Object};
use crate::pdf::view::View;

/// How a font is used to show text; nothing of its outlines.
pub(super) struct Font {
    /// Octets of a code: 1 or 2.
    width_of_code: usize,
    widths: HashMap<u32, f64>,
    /// Width of codes that `widths` lacks; `None` when nobody has said.
    default_width: Option<f64>,
    unicode: HashMap<u32, String>,
    problem: Option<&'static str>,
}

impl Font {
    /// # Errors
    /// Objects that cannot be read; limits.
    ///
    /// Source: ISO 32000-2 §9.6, §9.7.
    pub(super) fn read<'d>(view: &View<'d, '_>, font: &Dictionary<'d>) -> Result<Self, Error> {
        let subtype = view.value(font, b"Subtype")?;
        let mut read = if subtype.as_name() == Some(b"Type0") {
            composite(view, font)?
        } else {
            simple(view, font)?
        };
        if let Object::Stream(stream) = view.value(font, b"ToUnicode")? {
            let limits = view.document().limits();
            let map = character_map::read(&view.decode(&stream)?, limits)?;
            read.unicode.extend(map);
        }
        Ok(read)
    }

    /// Why its text cannot be read at all, or not placed.
    pub(super) fn problem(&self) -> Option<&'static str> {
        self.problem
    }

    pub(super) fn codes<'b>(&self, bytes: &'b [u8]) -> impl Iterator<Item = u32> + use<'b> {
        bytes.chunks(self.width_of_code).map(|octets| {
            octets
                .iter()
                .fold(0, |code, octet| code << 8 | u32::from(*octet))
        })
    }

    /// Advance, in font sizes; `None` where it is not known.
    pub(super) fn width(&self, code: u32) -> Option<f64> {
        if self.problem.is_some() {
            return None;
        }
        self.widths.get(&code).copied().or(self.default_width)
    }

    pub(super) fn text(&self, code: u32) -> String {
        match self.unicode.get(&code) {
            Some(text) => text.clone(),
            None => String::from(char::REPLACEMENT_CHARACTER),
        }
    }

    /// Whether word spacing applies.
    ///
    /// Source: ISO 32000-2 §9.3.3.
    pub(super) fn is_space(&self, code: u32) -> bool {
        self.width_of_code == 1 && code == 32
    }
}

fn simple<'d>(view: &View<'d, '_>, font: &Dictionary<'d>) -> Result<Font, Error> {
    let mut widths = HashMap::new();
    let matrix = numbers::<6>(view, &view.value(font, b"FontMatrix")?)?;
    // Glyph space of Type 3 fonts is their own.
    let scale = matrix.map_or(0.001, |[a, ..]| a);
    let first = view.value(font, b"FirstChar")?.as_integer();
    let listed = view.value(font, b"Widths")?;
    if let (Some(first), Some(list)) = (first, listed.as_array()) {
        for (code, width) in (0..=255_u32).zip(list.iter()) {
            let Some(code) = u32::try_from(first)
                .ok()
                .and_then(|first| first.checked_add(code))
            else {
                break;
            };
            if let Some(width) = view.resolve(width)?.as_number() {
                widths.insert(code, width * scale);
            }
        }
    }
    let descriptor = view.value(font, b"FontDescriptor")?;
    let missing = match descriptor.as_dictionary() {
        Some(descriptor) => view.value(descriptor, b"MissingWidth")?.as_number(),
        None => None,
    };
    let problem = widths
        .is_empty()
        .then_some("a font does not tell the widths of its characters");
    Ok(Font {
        width_of_code: 1,
        default_width: Some(missing.unwrap_or(0.0) * scale),
        widths,
        unicode: simple_encoding(view, font)?,
        problem,
    })
}

/// Source: ISO 32000-2 §9.6.5.
fn simple_encoding<'d>(
    view: &View<'d, '_>,
    font: &Dictionary<'d>,
) -> Result<HashMap<u32, String>, Error> {
    let mut map = HashMap::new();
    let entry = view.value(font, b"Encoding")?;
    let base = match &entry {
        Object::Name(_) => entry.clone(),
        Object::Dictionary(dictionary) => view.value(dictionary, b"BaseEncoding")?,
        _ => Object::Null,
    };
    // Without an encoding a font has its own, which is not read here.
    let base = match (base.as_name(), &entry) {
        (Some(name), _) => Some(name.to_vec()),
        (None, Object::Dictionary(_)) => Some(b"StandardEncoding".to_vec()),
        _ => None,
    };
    if let Some(base) = base {
        for code in 0..=255_u8 {
            if let Some(character) = encoding::character(&base, code) {
                map.insert(u32::from(code), character.to_string());
            }
        }
    }
    let differences = match &entry {
        Object::Dictionary(dictionary) => view.value(dictionary, b"Differences")?,
        _ => Object::Null,
    };
    let mut code = 0_u32;
    for item in differences.as_array().iter().flat_map(|list| list.iter()) {
        match view.resolve(item)? {
            Object::Integer(next) => match u8::try_from(next) {
                Ok(next) => code = u32::from(next),
                Err(_) => break,
            },
            Object::Name(name) => {
                match encoding::glyph(name.as_bytes()) {
                    Some(text) => map.insert(code, text),
                    None => map.remove(&code),
                };
                code = code.saturating_add(1);
            }
            _ => break,
        }
    }
    Ok(map)
}

/// Source: ISO 32000-2 §9.7.4.3, §9.7.5.
fn composite<'d>(view: &View<'d, '_>, font: &Dictionary<'d>) -> Result<Font, Error> {
    let encoding = view.value(font, b"Encoding")?;
    let problem = match encoding.as_name() {
        Some(b"Identity-H") => None,
        _ => Some("a font has another encoding than Identity-H"),
    };
    let descendants = view.value(font, b"DescendantFonts")?;
    let descendant = match descendants.as_array().and_then(|list| list.get(0)) {
        Some(descendant) => view.resolve(descendant)?.into_dictionary(),
        None => None,
    };
    let (mut widths, mut default) = (HashMap::new(), 1000.0);
    if let Some(descendant) = &descendant {
        if let Some(width) = view.value(descendant, b"DW")?.as_number() {
            default = width;
        }
        if let Some(list) = view.value(descendant, b"W")?.as_array() {
            let items: Vec<Object<'d>> = list
                .iter()
                .map(|item| view.resolve(item))
                .collect::<Result<_, _>>()?;
            composite_widths(view, &items, &mut widths)?;
        }
    }
    Ok(Font {
        width_of_code: 2,
        widths,
        default_width: Some(default / 1000.0),
        unicode: HashMap::new(),
        problem,
    })
}

/// `first [w w …]` and `first last w`.
fn composite_widths<'d>(
    view: &View<'d, '_>,
    items: &[Object<'d>],
    widths: &mut HashMap<u32, f64>,
) -> Result<(), Error> {
    let limits = view.document().limits();
    let mut budget = limits.content_operations;
    let mut rest = items;
    let code = |object: &Object<'_>| {
        let code = object.as_integer()?;
        u16::try_from(code).ok().map(u32::from)
    };
    loop {
        match rest {
            [first, Object::Array(list), more @ ..] => {
                let Some(first) = code(first) else { break };
                for (code, width) in (first..=0xffff).zip(list.iter()) {
                    if let Some(width) = view.resolve(width)?.as_number() {
                        widths.insert(code, width / 1000.0);
                    }
                }
                rest = more;
            }
            [first, last, width, more @ ..] => {
                let (Some(first), Some(last), Some(width)) =
                    (code(first), code(last), width.as_number())
                else {
                    break;
                };
                let count = usize::try_from(last.saturating_sub(first)).unwrap_or(usize::MAX);
                budget = budget.checked_sub(count).ok_or_else(|| {
                    Error::limit("content_operations", limits.content_operations as u64)
                })?;
                widths.extend((first..=last).map(|code| (code, width / 1000.0)));
                rest = more;
            }
            _ => break,
        }
    }
    Ok(())
}
