//! The metadata of a document → the part of PDF/A that it declares, and what that part forbids a stamp.

use lopdf::{Object as New, dictionary};

use crate::error::Error;
use crate::pdf::{Object, View};

/// A part of PDF/A, as a document declares it.
///
/// A stamp must not take the conformance away. In every part its fonts are embedded, its widget is
/// printed and its colours do not depend on a device (CalRGB with the primaries of sRGB, so that
/// no output intent is needed). Part 1 (PDF 1.4) also has no soft masks: the transparency of an
/// image becomes a mask of one bit, and what is partly transparent is mixed with white; and its
/// subset fonts list their glyphs (CIDSet).
///
/// Source: ISO 19005-1 §6.2.3, §6.3.5, §6.4, §6.5.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PdfA {
    /// 1 to 4.
    pub part: u8,
}

impl PdfA {
    /// What the document declares in its metadata, true or not; `None` where it declares nothing.
    /// Metadata that cannot be decoded are taken for the strictest part.
    ///
    /// # Errors
    /// Objects that cannot be read.
    ///
    /// Source: ISO 19005-1 §6.7.11.
    pub fn declared(view: &View<'_, '_>) -> Result<Option<Self>, Error> {
        let Object::Stream(metadata) = view.value(&view.catalog()?, b"Metadata")? else {
            return Ok(None);
        };
        Ok(match view.decode(&metadata) {
            Ok(bytes) => part(&text(&bytes)).map(|part| Self { part }),
            Err(_) => Some(Self { part: 1 }),
        })
    }

    /// Whether an image may have a soft mask.
    pub(super) fn has_soft_masks(self) -> bool {
        self.part > 1
    }

    /// Whether a subset font lists its glyphs.
    pub(super) fn lists_glyphs(self) -> bool {
        self.part == 1
    }

    /// sRGB as a colour space that needs no profile.
    ///
    /// Source: ISO 32000-2 §8.6.5.3; primaries of IEC 61966-2-1.
    pub(super) fn rgb_colour_space() -> New {
        let reals = |values: &[f32]| values.iter().map(|v| New::Real(*v)).collect::<Vec<_>>();
        New::Array(vec![
            "CalRGB".into(),
            dictionary! {
                "WhitePoint" => reals(&[0.9505, 1.0, 1.089]),
                "Gamma" => reals(&[2.2, 2.2, 2.2]),
                "Matrix" => reals(&[
                    0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505,
                ]),
            }
            .into(),
        ])
    }

    /// Grey that needs no profile.
    ///
    /// Source: ISO 32000-2 §8.6.5.2.
    pub(super) fn grey_colour_space() -> New {
        let white: Vec<New> = [0.9505, 1.0, 1.089].map(New::Real).to_vec();
        New::Array(vec![
            "CalGray".into(),
            dictionary! { "WhitePoint" => white, "Gamma" => New::Real(2.2) }.into(),
        ])
    }
}

/// XMP is UTF-8, or UTF-16 with a mark.
fn text(bytes: &[u8]) -> String {
    let units = |read: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| read(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The value of `part` under whichever prefix stands for the namespace of PDF/A identification,
/// as an attribute or as an element. Namespace without a value is taken for the strictest part.
fn part(xmp: &str) -> Option<u8> {
    let at = xmp.find("http://www.aiim.org/pdfa/ns/id")?;
    let declaration = xmp.get(..at)?;
    let from = declaration.rfind("xmlns:")? + "xmlns:".len();
    let prefix = declaration.get(from..)?.split('=').next()?.trim();
    let name = format!("{prefix}:part");
    let value = xmp.match_indices(&name).find_map(|(at, name)| {
        let rest = xmp.get(at + name.len()..)?.trim_start();
        rest.trim_start_matches(['=', '>', '"', '\'', ' ', '\t', '\r', '\n'])
            .chars()
            .next()?
            .to_digit(10)
    });
    match value.and_then(|value| u8::try_from(value).ok()) {
        Some(part @ 1..=9) => Some(part),
        _ => Some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn ok_the_declared_part_in_both_forms() {
        let id = "http://www.aiim.org/pdfa/ns/id/";
        for (xmp, expected) in [
            (
                format!("<a xmlns:pdfaid=\"{id}\" pdfaid:part=\"1\"/>"),
                Some(1),
            ),
            (
                format!("<a xmlns:pdfaid='{id}'><pdfaid:part>2</pdfaid:part></a>"),
                Some(2),
            ),
            (
                format!("<a xmlns:q=\"{id}\"><q:part> 3 </q:part></a>"),
                Some(3),
            ),
            (format!("<a xmlns:pdfaid=\"{id}\"/>"), Some(1)),
            (
                "<a xmlns:dc=\"http://purl.org/dc/elements/1.1/\"/>".to_owned(),
                None,
            ),
            (String::new(), None),
        ] {
            assert_eq!(part(&xmp), expected, "{xmp}");
        }
    }
}
