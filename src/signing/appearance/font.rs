//! Text → glyph numbers and widths of the embedded font; the glyphs used → the font objects of a PDF.

use std::collections::BTreeMap;
use std::io::Write as _;

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};
use sha2::{Digest, Sha256};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use subsetter::GlyphRemapper;
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, SigningFault};

/// A face of the embedded font, Liberation Serif (the widths of Times New Roman).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Face {
    /// Bold upright.
    Bold,
    /// Italic.
    Italic,
    /// Upright, of normal weight.
    Regular,
}

impl Face {
    fn data(self) -> &'static [u8] {
        match self {
            Self::Bold => include_bytes!("font/LiberationSerif-Bold.ttf"),
            Self::Italic => include_bytes!("font/LiberationSerif-Italic.ttf"),
            Self::Regular => include_bytes!("font/LiberationSerif-Regular.ttf"),
        }
    }

    fn post_script_name(self) -> &'static str {
        match self {
            Self::Bold => "LiberationSerif-Bold",
            Self::Italic => "LiberationSerif-Italic",
            Self::Regular => "LiberationSerif",
        }
    }
}

/// Takes objects of a PDF in and answers with their numbers.
pub(crate) trait ObjectSink {
    /// Adds one indirect object.
    fn add(&mut self, object: Object) -> ObjectId;
}

/// One face as one PDF uses it: glyphs are numbered in the order of their first use.
#[derive(Debug, Clone)]
pub(crate) struct EmbeddedFont {
    face: Face,
    glyphs: GlyphRemapper,
    /// New glyph number → the text that it stands for.
    characters: BTreeMap<u16, char>,
}

/// One line of text as glyph numbers of an [`EmbeddedFont`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    /// New glyph numbers.
    pub(crate) glyphs: Vec<u16>,
    /// Size.
    pub(crate) extent: Extent,
}

/// Size of one line of text, in thousandths of the font size.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Extent {
    /// Advance.
    pub(crate) width: f64,
    /// Highest point of the outlines above the base line.
    pub(crate) top: f64,
    /// Lowest point, negative below the base line.
    pub(crate) bottom: f64,
}

impl Run {
    /// The glyphs as a PDF hexadecimal string, two octets each.
    pub(crate) fn hex(&self) -> String {
        let mut hex = String::from("<");
        for glyph in &self.glyphs {
            hex.push_str(&format!("{glyph:04X}"));
        }
        hex.push('>');
        hex
    }
}

impl EmbeddedFont {
    pub(crate) fn new(face: Face) -> Self {
        Self {
            face,
            glyphs: GlyphRemapper::new(),
            characters: BTreeMap::new(),
        }
    }

    /// Takes one line of text, in any Unicode normalization form, into use.
    ///
    /// # Errors
    /// [`SigningFault::Character`]: the font has no glyph for a character. Nothing replaces it.
    pub(crate) fn run(&mut self, text: &str) -> Result<Run, Error> {
        let (extent, glyphs) = self.measure(text)?;
        let glyphs = glyphs
            .into_iter()
            .map(|(old, character)| {
                let new = self.glyphs.remap(old);
                self.characters.entry(new).or_insert(character);
                new
            })
            .collect();
        Ok(Run { glyphs, extent })
    }

    /// Size of one line of text, which is not taken into use.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(crate) fn extent(&self, text: &str) -> Result<Extent, Error> {
        Ok(self.measure(text)?.0)
    }

    /// Whether any glyph was taken into use.
    pub(crate) fn is_used(&self) -> bool {
        !self.characters.is_empty()
    }

    /// Size, and the glyph numbers of the whole font with their characters.
    fn measure(&self, text: &str) -> Result<(Extent, Vec<(u16, char)>), Error> {
        let font = parse(self.face)?;
        let map = font.charmap();
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let per_mille = per_mille(&font);
        let mut extent = Extent::default();
        let mut glyphs = Vec::new();
        for character in text.nfc() {
            let old = map
                .map(character)
                .filter(|glyph| *glyph != GlyphId::NOTDEF)
                .and_then(|glyph| u16::try_from(glyph.to_u32()).ok())
                .ok_or(SigningFault::Character { character })?;
            let glyph = GlyphId::from(old);
            extent.width += f64::from(metrics.advance_width(glyph).unwrap_or(0.0)) * per_mille;
            if let Some(bounds) = metrics.bounds(glyph) {
                extent.top = extent.top.max(f64::from(bounds.y_max) * per_mille);
                extent.bottom = extent.bottom.min(f64::from(bounds.y_min) * per_mille);
            }
            glyphs.push((old, character));
        }
        Ok((extent, glyphs))
    }

    /// Adds the font with the glyphs used so far; gives the number of its Type0 dictionary. With
    /// `list_glyphs` the descriptor has a CIDSet, as PDF/A-1 asks.
    ///
    /// Source: ISO 32000-2 §9.7; ISO 19005-1 §6.3.5.
    ///
    /// # Errors
    /// [`SigningFault::Font`]: the font cannot be cut down.
    pub(crate) fn write(
        &self,
        sink: &mut dyn ObjectSink,
        list_glyphs: bool,
    ) -> Result<ObjectId, Error> {
        let font = parse(self.face)?;
        let subset = subsetter::subset(self.face.data(), 0, &self.glyphs)
            .map_err(|_| SigningFault::Font("it cannot be cut down to the glyphs used"))?;
        let name = format!("{}+{}", tag(&subset), self.face.post_script_name());
        let length = integer(subset.len());
        let file =
            sink.add(compressed(dictionary! { "Length1" => length }, &subset).map(Object::Stream)?);
        let mut descriptor = self.descriptor(&font, &name, file);
        if list_glyphs {
            // Every glyph of the subset, from 0 on, the highest bit first.
            let count = usize::from(self.glyphs.num_gids());
            let bits: Vec<u8> = (0..count.div_ceil(8))
                .map(|at| {
                    0xff_u8
                        .checked_shl(
                            8_u32.saturating_sub(u32::try_from(count - at * 8).unwrap_or(8).min(8)),
                        )
                        .unwrap_or(0)
                })
                .collect();
            let list = compressed(Dictionary::new(), &bits)?;
            descriptor.set("CIDSet", sink.add(Object::Stream(list)));
        }
        let descriptor = sink.add(Object::Dictionary(descriptor));
        let descendant = sink.add(Object::Dictionary(dictionary! {
            "Type" => "Font",
            "Subtype" => "CIDFontType2",
            "BaseFont" => name.as_str(),
            "CIDSystemInfo" => dictionary! {
                "Registry" => Object::string_literal("Adobe"),
                "Ordering" => Object::string_literal("Identity"),
                "Supplement" => 0,
            },
            "FontDescriptor" => descriptor,
            "DW" => 0,
            "W" => vec![Object::Integer(0), Object::Array(self.widths(&font))],
            "CIDToGIDMap" => "Identity",
        }));
        let unicode = sink
            .add(compressed(Dictionary::new(), self.to_unicode().as_bytes()).map(Object::Stream)?);
        Ok(sink.add(Object::Dictionary(dictionary! {
            "Type" => "Font",
            "Subtype" => "Type0",
            "BaseFont" => name.as_str(),
            "Encoding" => "Identity-H",
            "DescendantFonts" => vec![Object::Reference(descendant)],
            "ToUnicode" => unicode,
        })))
    }

    /// Source: ISO 32000-2 §9.8.
    fn descriptor(&self, font: &FontRef<'_>, name: &str, file: ObjectId) -> Dictionary {
        let metrics = font.metrics(Size::unscaled(), LocationRef::default());
        let per_mille = per_mille(font);
        let rounded = |value: f32| integer((f64::from(value) * per_mille).round());
        let bounds = metrics.bounds.unwrap_or_default();
        // Symbolic (the encoding is the font's own) and serif; italic where it leans.
        let flags = 2 | 4 | if self.face == Face::Italic { 64 } else { 0 };
        dictionary! {
            "Type" => "FontDescriptor",
            "FontName" => name,
            "Flags" => flags,
            "FontBBox" => vec![
                rounded(bounds.x_min), rounded(bounds.y_min), rounded(bounds.x_max), rounded(bounds.y_max),
            ],
            "ItalicAngle" => integer(f64::from(metrics.italic_angle).round()),
            "Ascent" => rounded(metrics.ascent),
            "Descent" => rounded(metrics.descent),
            "CapHeight" => rounded(metrics.cap_height.unwrap_or(metrics.ascent)),
            "StemV" => if self.face == Face::Bold { 140 } else { 80 },
            "FontFile2" => file,
        }
    }

    /// Widths in the order of the new glyph numbers, from 0.
    fn widths(&self, font: &FontRef<'_>) -> Vec<Object> {
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let per_mille = per_mille(font);
        self.glyphs
            .remapped_gids()
            .map(|old| {
                let width = metrics.advance_width(GlyphId::from(old)).unwrap_or(0.0);
                // To a hundredth, so that whole lines stay exact.
                let exact = f64::from(width) * per_mille;
                real((exact * 100.0).round() / 100.0)
            })
            .collect()
    }

    /// Source: ISO 32000-2 §9.10.3.
    fn to_unicode(&self) -> String {
        let mut map = String::from(
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
             /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
             /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
             1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
        );
        let pairs: Vec<_> = self.characters.iter().collect();
        // At most 100 entries stand in one block.
        for block in pairs.chunks(100) {
            map.push_str(&format!("{} beginbfchar\n", block.len()));
            for (glyph, character) in block {
                map.push_str(&format!("<{glyph:04X}> <"));
                for unit in character.encode_utf16(&mut [0; 2]) {
                    map.push_str(&format!("{unit:04X}"));
                }
                map.push_str(">\n");
            }
            map.push_str("endbfchar\n");
        }
        map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
        map
    }
}

/// The composed characters (NFC) of `text`.
pub(crate) fn composed(text: &str) -> impl Iterator<Item = char> {
    text.nfc()
}

/// `text` in NFD.
#[cfg(test)]
pub(crate) fn decomposed(text: &str) -> String {
    text.nfd().collect()
}

/// A Flate stream.
///
/// # Errors
/// [`SigningFault::Font`]: never for a buffer in memory.
pub(crate) fn compressed(mut dictionary: Dictionary, content: &[u8]) -> Result<Stream, Error> {
    let failed = |_| Error::new(SigningFault::Font("a stream cannot be compressed"));
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(9));
    encoder.write_all(content).map_err(failed)?;
    let packed = encoder.finish().map_err(failed)?;
    dictionary.set("Filter", "FlateDecode");
    Ok(Stream::new(dictionary, packed).with_compression(false))
}

/// A number with at most three decimals, as PDF writes it.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

/// A number object: an integer where nothing is lost.
pub(crate) fn real(value: f64) -> Object {
    if value.fract() == 0.0 {
        integer(value)
    } else {
        // Rounding to f32 keeps more digits than a page can show.
        Object::Real(value as f32)
    }
}

/// What becomes a PDF integer.
trait ToInteger {
    fn to_integer(self) -> i64;
}

impl ToInteger for usize {
    fn to_integer(self) -> i64 {
        i64::try_from(self).unwrap_or(i64::MAX)
    }
}

impl ToInteger for f64 {
    fn to_integer(self) -> i64 {
        // `as` saturates, and gives 0 for NaN.
        self as i64
    }
}

fn integer(value: impl ToInteger) -> Object {
    Object::Integer(value.to_integer())
}

fn parse(face: Face) -> Result<FontRef<'static>, Error> {
    FontRef::new(face.data()).map_err(|_| SigningFault::Font("it cannot be read").into())
}

/// Factor from design units to thousandths of the font size.
fn per_mille(font: &FontRef<'_>) -> f64 {
    let units = font
        .metrics(Size::unscaled(), LocationRef::default())
        .units_per_em;
    1000.0 / f64::from(units.max(1))
}

/// Six letters that tell subsets apart, the same for the same subset.
///
/// Source: ISO 32000-2 §9.9.2.
fn tag(subset: &[u8]) -> String {
    Sha256::digest(subset)
        .iter()
        .take(6)
        .map(|octet| char::from(b'A' + octet % 26))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The 134 accented letters, composed: 67 in each case.
    fn vietnamese_letters() -> Vec<char> {
        let mut letters = vec!['đ', 'Đ'];
        for base in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY".chars() {
            for tone in ["", "\u{300}", "\u{301}", "\u{303}", "\u{309}", "\u{323}"] {
                let mut composed = base.to_string();
                composed.push_str(tone);
                let composed: Vec<char> = composed.nfc().collect();
                assert_eq!(composed.len(), 1, "{base} {tone}");
                if !composed[0].is_ascii() {
                    letters.push(composed[0]);
                }
            }
        }
        letters
    }

    #[test]
    fn ok_the_files_are_those_of_the_readme_with_their_licence() {
        let readme = include_str!("font/README.md");
        let licence = include_bytes!("font/LICENSE-OFL.txt");
        for (name, file) in [
            ("LiberationSerif-Bold.ttf", Face::Bold.data()),
            ("LiberationSerif-Italic.ttf", Face::Italic.data()),
            ("LiberationSerif-Regular.ttf", Face::Regular.data()),
            ("LICENSE-OFL.txt", &licence[..]),
        ] {
            let digest: String = Sha256::digest(file)
                .iter()
                .map(|octet| format!("{octet:02x}"))
                .collect();
            assert!(
                readme.contains(&format!("| `{name}` | `{digest}` |")),
                "{name}"
            );
        }
        for face in [Face::Bold, Face::Italic, Face::Regular] {
            let font = parse(face).unwrap();
            let licence: String = font
                .localized_strings(skrifa::string::StringId::LICENSE_DESCRIPTION)
                .english_or_first()
                .unwrap()
                .chars()
                .collect();
            assert!(
                licence.contains("SIL Open Font License, Version 1.1"),
                "{licence}"
            );
        }
    }

    #[derive(Default)]
    struct List(Vec<Object>);

    impl ObjectSink for List {
        fn add(&mut self, object: Object) -> ObjectId {
            self.0.push(object);
            (u32::try_from(self.0.len()).unwrap(), 0)
        }
    }

    #[test]
    fn ok_every_vietnamese_letter_has_a_glyph_of_its_own_in_every_face() {
        let letters = vietnamese_letters();
        assert_eq!(letters.len(), 134);
        for face in [Face::Regular, Face::Bold, Face::Italic] {
            let mut font = EmbeddedFont::new(face);
            let text: String = letters.iter().collect();
            let run = font.run(&text).unwrap();
            let mut glyphs = run.glyphs.clone();
            glyphs.sort_unstable();
            glyphs.dedup();
            assert_eq!(glyphs.len(), 134, "{face:?}");
            assert!(!glyphs.contains(&0));
            assert!(
                run.extent.top > 891.0,
                "stacked marks rise above the ascent: {}",
                run.extent.top
            );
            assert_eq!(font.characters.len(), 134);
        }
    }

    #[test]
    fn ok_the_subset_holds_an_outline_for_every_letter_used() {
        let letters: String = vietnamese_letters().into_iter().collect();
        for face in [Face::Regular, Face::Bold, Face::Italic] {
            let mut font = EmbeddedFont::new(face);
            let run = font.run(&letters).unwrap();
            let subset = subsetter::subset(face.data(), 0, &font.glyphs).unwrap();
            assert!(subset.len() < face.data().len() / 4);
            let (whole, cut) = (parse(face).unwrap(), FontRef::new(&subset).unwrap());
            let (whole_metrics, cut_metrics) = (
                whole.glyph_metrics(Size::unscaled(), LocationRef::default()),
                cut.glyph_metrics(Size::unscaled(), LocationRef::default()),
            );
            for (character, glyph) in letters.chars().zip(&run.glyphs) {
                let old = whole.charmap().map(character).unwrap();
                let new = GlyphId::from(*glyph);
                assert_eq!(
                    whole_metrics.bounds(old),
                    cut_metrics.bounds(new),
                    "{character}"
                );
                assert!(cut_metrics.bounds(new).unwrap().y_max > 0.0);
                assert_eq!(
                    whole_metrics.advance_width(old),
                    cut_metrics.advance_width(new)
                );
            }
        }
    }

    #[test]
    fn ok_decomposed_text_gives_the_glyphs_of_composed_text() {
        let text = "Nguyễn Thị Ngọc Ánh, TRƯỞNG PHÒNG Kỹ THUẬT Ễ Ự Ậ Ỡ";
        let decomposed: String = text.nfd().collect();
        assert_ne!(text, decomposed);
        let (mut one, mut two) = (
            EmbeddedFont::new(Face::Regular),
            EmbeddedFont::new(Face::Regular),
        );
        assert_eq!(one.run(text).unwrap(), two.run(&decomposed).unwrap());
        let (mut first, mut second) = (List::default(), List::default());
        one.write(&mut first, false).unwrap();
        two.write(&mut second, false).unwrap();
        assert_eq!(format!("{:?}", first.0), format!("{:?}", second.0));
    }

    #[test]
    fn err_a_character_that_the_font_lacks_is_named() {
        let mut font = EmbeddedFont::new(Face::Regular);
        for (text, character) in [
            ("Số 漢", '漢'),
            ("a\tb", '\t'),
            ("a\nb", '\n'),
            ("😀", '😀'),
        ] {
            let error = font.run(text).unwrap_err();
            assert_eq!(
                error.kind(),
                &SigningFault::Character { character }.into(),
                "{text:?}"
            );
        }
        assert_eq!(
            font.run("漢").unwrap_err().to_string(),
            "the embedded font has no glyph for '漢' (U+6F22)"
        );
    }

    #[test]
    fn ok_widths_are_those_of_times() {
        let font = EmbeddedFont::new(Face::Regular);
        // Times: A 722, space 250, full stop 250, m 778.
        for (text, width) in [("A", 722.0), (" ", 250.0), (".", 250.0), ("m", 778.0)] {
            assert!(
                (font.extent(text).unwrap().width - width).abs() < 1.0,
                "{text}"
            );
        }
        assert_eq!(
            font.glyphs.num_gids(),
            1,
            "measuring takes nothing into use"
        );
    }

    #[test]
    fn ok_text_can_be_copied_back() {
        let mut font = EmbeddedFont::new(Face::Regular);
        font.run("Đỗ").unwrap();
        let map = font.to_unicode();
        assert!(
            map.contains("2 beginbfchar\n<0001> <0110>\n<0002> <1ED7>\nendbfchar"),
            "{map}"
        );
    }

    #[test]
    fn ok_numbers_are_short_and_never_have_an_exponent() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0001, "0"),
            (12.5, "12.5"),
            (100.0, "100"),
            (1e-7, "0"),
            (595.275_59, "595.276"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
