//! Text and rules in millimetres from the top left of an A4 page → a PDF of that one page.

use lopdf::{Dictionary, Object, ObjectId, StringFormat, Writer, dictionary};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, PdfFault};
use crate::signing::appearance::font::{compressed, number};
use crate::signing::appearance::{EmbeddedFont, Face, ObjectSink};
use crate::time::{UtcTime, VIETNAM_OFFSET};

/// A4, in points.
pub(super) const PAGE: [f64; 4] = [0.0, 0.0, 595.28, 841.89];
/// Points in a millimetre.
const POINTS: f64 = 72.0 / 25.4;

/// A page that is being written.
pub(super) struct Sheet {
    content: String,
    fonts: [(&'static str, Face, EmbeddedFont); 3],
}

/// A piece of a paragraph in one face.
pub(super) type Span<'a> = (Face, &'a str);

/// Where and how a paragraph is set; millimetres, and points for `size`.
pub(super) struct Paragraph {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) indent: f64,
    pub(super) size: f64,
    /// Distance of base lines, in font sizes.
    pub(super) leading: f64,
}

/// One word as it stands on a line.
struct Word<'a> {
    face: Face,
    text: &'a str,
    /// In points.
    width: f64,
}

impl Sheet {
    pub(super) fn new() -> Self {
        let font = |name, face| (name, face, EmbeddedFont::new(face));
        Self {
            content: String::new(),
            fonts: [
                font("FB", Face::Bold),
                font("FI", Face::Italic),
                font("FR", Face::Regular),
            ],
        }
    }

    fn font(&mut self, face: Face) -> &mut (&'static str, Face, EmbeddedFont) {
        let [bold, italic, regular] = &mut self.fonts;
        match face {
            Face::Bold => bold,
            Face::Italic => italic,
            Face::Regular => regular,
        }
    }

    /// Width of a line, in millimetres.
    pub(super) fn width(&mut self, face: Face, size: f64, text: &str) -> Result<f64, Error> {
        let extent = self.font(face).2.extent(text)?;
        Ok(extent.width / 1000.0 * size / POINTS)
    }

    /// One line whose left end is at `x` and whose base line is at `y`.
    pub(super) fn text(
        &mut self,
        face: Face,
        size: f64,
        (x, y): (f64, f64),
        text: &str,
    ) -> Result<(), Error> {
        self.slanted(face, size, (x, y), 0.0, text)
    }

    /// As [`Self::text`], leaning by `slant` (1 is 45 degrees): bold italic from the bold face.
    pub(super) fn slanted(
        &mut self,
        face: Face,
        size: f64,
        (x, y): (f64, f64),
        slant: f64,
        text: &str,
    ) -> Result<(), Error> {
        let (name, _, font) = self.font(face);
        let run = font.run(text)?;
        let line = format!(
            "BT /{name} {} Tf 1 0 {} 1 {} {} Tm {} Tj ET\n",
            number(size),
            number(slant),
            number(x * POINTS),
            number(up(y)),
            run.hex()
        );
        self.content.push_str(&line);
        Ok(())
    }

    /// One line centred on `x`; gives its width.
    pub(super) fn centred(
        &mut self,
        face: Face,
        size: f64,
        (x, y): (f64, f64),
        text: &str,
    ) -> Result<f64, Error> {
        let width = self.width(face, size, text)?;
        self.text(face, size, (x - width / 2.0, y), text)?;
        Ok(width)
    }

    /// A horizontal rule of `length` centred on `x`.
    pub(super) fn rule(&mut self, (x, y): (f64, f64), length: f64) {
        let half = length / 2.0;
        self.content.push_str(&format!(
            "0.75 w {} {} m {} {} l S\n",
            number((x - half) * POINTS),
            number(up(y)),
            number((x + half) * POINTS),
            number(up(y))
        ));
    }

    /// A justified paragraph whose first base line is at `y`; gives the `y` of the line after it.
    pub(super) fn paragraph(
        &mut self,
        spans: &[Span<'_>],
        how: &Paragraph,
        mut y: f64,
    ) -> Result<f64, Error> {
        let size = how.size;
        let step = size * how.leading / POINTS;
        let space = self.width(Face::Regular, size, " ")? * POINTS;
        let mut room = (how.right - how.left - how.indent) * POINTS;
        let mut x = how.left + how.indent;
        let mut line: Vec<Word<'_>> = Vec::new();
        let mut used = 0.0;
        for (face, text) in spans {
            for word in text.split(' ').filter(|word| !word.is_empty()) {
                let width = self.width(*face, size, word)? * POINTS;
                if !line.is_empty() && used + space + width > room {
                    self.line(&line, size, (x, y), Some(room - used), space)?;
                    (line, used) = (Vec::new(), 0.0);
                    y += step;
                    x = how.left;
                    room = (how.right - how.left) * POINTS;
                }
                used += width + if line.is_empty() { 0.0 } else { space };
                line.push(Word {
                    face: *face,
                    text: word,
                    width,
                });
            }
        }
        self.line(&line, size, (x, y), None, space)?;
        Ok(y + step)
    }

    /// Words one after the other; `slack` points are shared by the gaps.
    fn line(
        &mut self,
        words: &[Word<'_>],
        size: f64,
        (x, y): (f64, f64),
        slack: Option<f64>,
        space: f64,
    ) -> Result<(), Error> {
        let gaps = words.len().saturating_sub(1).max(1) as f64;
        let extra = slack.unwrap_or(0.0) / gaps;
        let mut at = x * POINTS;
        let last = words.len().saturating_sub(1);
        for (index, word) in words.iter().enumerate() {
            // The space belongs to the word before, so that copied text keeps it.
            let with_space = if index == last {
                word.text.to_owned()
            } else {
                format!("{} ", word.text)
            };
            self.text(word.face, size, (at / POINTS, y), &with_space)?;
            at += word.width + space + extra;
        }
        Ok(())
    }

    /// The colour of what follows, as a grey from 0 (black) to 1.
    pub(super) fn grey(&mut self, grey: f64) {
        self.content.push_str(&format!("{} g\n", number(grey)));
    }

    /// The finished file, PDF 1.7 with a classic cross-reference table; the same bytes for the
    /// same page, title and time.
    ///
    /// Source: ISO 32000-1 §7.5.
    pub(super) fn finish(self, title: &str, at: UtcTime) -> Result<Vec<u8>, Error> {
        let mut file = File::new();
        let mut fonts = Dictionary::new();
        for (name, _, font) in self.fonts.iter().filter(|(.., font)| font.is_used()) {
            fonts.set(*name, font.write(&mut file, false)?);
        }
        let content = file.add(Object::Stream(compressed(
            Dictionary::new(),
            self.content.as_bytes(),
        )?));
        // The tree of pages follows the page, two numbers on.
        let page_number = file.next();
        let pages_id = (page_number.saturating_add(1), 0);
        let page = file.add(Object::Dictionary(dictionary! {
            "Type" => "Page",
            "Parent" => pages_id,
            "MediaBox" => PAGE.map(|side| Object::Real(side as f32)).to_vec(),
            "Resources" => dictionary! { "Font" => fonts },
            "Contents" => content,
        }));
        file.add(Object::Dictionary(dictionary! {
            "Type" => "Pages",
            "Kids" => vec![Object::Reference(page)],
            "Count" => 1,
        }));
        let catalog = file.add(Object::Dictionary(dictionary! {
            "Type" => "Catalog",
            "Pages" => pages_id,
            "Lang" => Object::string_literal("vi-VN"),
            "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
        }));
        let date = at.pdf_date(VIETNAM_OFFSET);
        let information = file.add(Object::Dictionary(dictionary! {
            "Title" => text_string(title),
            "Producer" => Object::string_literal("kyso"),
            "CreationDate" => Object::string_literal(date.as_str()),
            "ModDate" => Object::string_literal(date.as_str()),
        }));
        file.finish(catalog, information)
    }
}

/// Points from the bottom of the page, of `y` millimetres from its top.
fn up(y: f64) -> f64 {
    let [_, _, _, top] = PAGE;
    top - y * POINTS
}

/// A text string in UTF-16BE.
///
/// Source: ISO 32000-1 §7.9.2.2.
fn text_string(text: &str) -> Object {
    let mut octets = vec![0xfe, 0xff];
    for unit in text.encode_utf16() {
        octets.extend(unit.to_be_bytes());
    }
    Object::String(octets, StringFormat::Hexadecimal)
}

/// Objects numbered from 1.
struct File {
    objects: Vec<Object>,
}

impl ObjectSink for File {
    fn add(&mut self, object: Object) -> ObjectId {
        let number = self.next();
        self.objects.push(object);
        (number, 0)
    }
}

impl File {
    fn new() -> Self {
        Self {
            objects: Vec::new(),
        }
    }

    fn next(&self) -> u32 {
        // A page has two dozen objects.
        u32::try_from(self.objects.len()).map_or(u32::MAX, |count| count.saturating_add(1))
    }

    fn finish(self, catalog: ObjectId, information: ObjectId) -> Result<Vec<u8>, Error> {
        let unwritten = |_| Error::new(PdfFault::Malformed("an object cannot be written"));
        let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut table = String::from("0000000000 65535 f \n");
        for (number, object) in (1u32..).zip(&self.objects) {
            table.push_str(&format!("{:010} 00000 n \n", file.len()));
            file.extend(format!("{number} 0 obj\n").into_bytes());
            Writer::write_object(&mut file, object).map_err(unwritten)?;
            file.extend(b"\nendobj\n");
        }
        let start = file.len();
        let identifier: Vec<u8> = Sha256::digest(&file).iter().take(16).copied().collect();
        let identifier = Object::String(identifier, StringFormat::Hexadecimal);
        let trailer = dictionary! {
            "Size" => i64::from(self.next()),
            "Root" => catalog,
            "Info" => information,
            "ID" => vec![identifier.clone(), identifier],
        };
        file.extend(format!("xref\n0 {}\n{table}trailer\n", self.next()).into_bytes());
        Writer::write_object(&mut file, &Object::Dictionary(trailer)).map_err(unwritten)?;
        file.extend(format!("\nstartxref\n{start}\n%%EOF\n").into_bytes());
        Ok(file)
    }
}
