//! Documents with known object numbers, raw incremental updates, and signatures put in by hand.

use std::collections::BTreeMap;
use std::ops::Range;

use kyso::signing::plan::{Field, Plan};

use super::pki::{Cms, PKI, at, signer};

/// Object numbers of the base document.
pub const CATALOG: u32 = 1;
pub const PAGES: u32 = 2;
pub const PAGE: u32 = 3;
pub const CONTENT: u32 = 4;
pub const FORM: u32 = 5;
pub const FONT: u32 = 6;
pub const INFO: u32 = 7;
pub const TEXT_FIELD: u32 = 8;
pub const EMPTY_FIELD: u32 = 9;
pub const IMAGE: u32 = 10;
pub const XOBJECT: u32 = 11;
pub const METADATA: u32 = 12;
pub const ANNOTATION: u32 = 13;
pub const OC_PROPERTIES: u32 = 14;
pub const OC_CONFIG: u32 = 16;
pub const OVERLAY: u32 = 17;
pub const WIDTHS: u32 = 18;
pub const DESCRIPTOR: u32 = 19;
pub const TO_UNICODE: u32 = 20;
pub const FONT_FILE: u32 = 21;
pub const TEXT_LOOK: u32 = 22;
/// The first number that is free.
pub const FREE: u32 = 23;

pub const XMP: &str = "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'></rdf:RDF></x:xmpmeta><?xpacket end='w'?>";

pub fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("<< {dictionary} /Length {} >>\nstream\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\nendstream");
    out
}

fn text(body: &str) -> Vec<u8> {
    body.as_bytes().to_vec()
}

/// The objects of the base document: page, font, form with a text field and an empty signature
/// field, layers, metadata, an annotation, an overlay button.
pub fn objects() -> BTreeMap<u32, Vec<u8>> {
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 100 20]";
    BTreeMap::from([
        (
            CATALOG,
            text(
                "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R /Metadata 12 0 R /OCProperties 14 0 R >>",
            ),
        ),
        (
            PAGES,
            text("<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>"),
        ),
        (
            PAGE,
            text(
                "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 6 0 R >> /XObject << /Im 10 0 R /DSS 11 0 R /Extensions 11 0 R >> /Properties << /L 15 0 R >> >> /Annots [8 0 R 9 0 R 13 0 R 17 0 R] >>",
            ),
        ),
        (
            CONTENT,
            stream(
                "",
                b"BT /F1 12 Tf 72 700 Td (Pay 100 VND) Tj ET /Im Do /DSS Do",
            ),
        ),
        (
            FORM,
            text(
                "<< /Fields [8 0 R 9 0 R 17 0 R] /DR << /Font << /F1 6 0 R >> >> /DA (/F1 10 Tf) >>",
            ),
        ),
        (
            FONT,
            text(
                "<< /Type /Font /Subtype /TrueType /BaseFont /Base /FirstChar 32 /LastChar 33 /Widths 18 0 R /FontDescriptor 19 0 R /ToUnicode 20 0 R >>",
            ),
        ),
        (INFO, text("<< /Title (Decision) /Producer (tests) >>")),
        (
            TEXT_FIELD,
            text(
                "<< /Type /Annot /Subtype /Widget /FT /Tx /T (so) /V (15) /Rect [72 600 172 620] /F 4 /P 3 0 R /AP << /N 22 0 R >> >>",
            ),
        ),
        (
            EMPTY_FIELD,
            text(
                "<< /Type /Annot /Subtype /Widget /FT /Sig /T (ky) /Rect [72 500 172 520] /F 4 /P 3 0 R >>",
            ),
        ),
        (
            IMAGE,
            stream(
                "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8",
                b"\x7f",
            ),
        ),
        (XOBJECT, stream(form, b"0 0 10 10 re f")),
        (
            METADATA,
            stream("/Type /Metadata /Subtype /XML", XMP.as_bytes()),
        ),
        (
            ANNOTATION,
            text("<< /Type /Annot /Subtype /Square /Rect [10 10 20 20] /F 4 /P 3 0 R >>"),
        ),
        (OC_PROPERTIES, text("<< /OCGs [15 0 R] /D 16 0 R >>")),
        (15, text("<< /Type /OCG /Name (L) >>")),
        (OC_CONFIG, text("<< /Order [15 0 R] /OFF [15 0 R] >>")),
        (
            OVERLAY,
            text(
                "<< /Type /Annot /Subtype /Widget /FT /Btn /Ff 65536 /T (anh) /Rect [72 690 272 720] /F 4 /P 3 0 R /AP << /N 11 0 R >> >>",
            ),
        ),
        (WIDTHS, text("[500 500]")),
        (
            DESCRIPTOR,
            text(
                "<< /Type /FontDescriptor /FontName /Base /Flags 32 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 /FontFile2 21 0 R >>",
            ),
        ),
        (
            TO_UNICODE,
            stream("", b"/CIDInit /ProcSet findresource begin end"),
        ),
        (FONT_FILE, stream("/Length1 4", b"\0\x01\0\0")),
        (TEXT_LOOK, stream(form, b"BT (15) Tj ET")),
    ])
}

/// A whole file with a table.
pub fn file(objects: &BTreeMap<u32, Vec<u8>>) -> Vec<u8> {
    file_with(objects, "")
}

/// A whole file with a table and more keys in its trailer.
pub fn file_with(objects: &BTreeMap<u32, Vec<u8>>, trailer: &str) -> Vec<u8> {
    let mut tail = Tail::new();
    tail.objects = objects.iter().map(|(n, body)| (*n, body.clone())).collect();
    tail.first = true;
    tail.trailer = format!(
        "/Root 1 0 R /Info 7 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] {trailer}"
    );
    tail.build(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
}

/// The base document, not signed.
pub fn base() -> Vec<u8> {
    file(&objects())
}

/// The base document, signed invisibly by the product itself in a new field `A`.
pub fn signed() -> Vec<u8> {
    sign_new(&base(), "A")
}

/// `document` with one more invisible signature by the leader, in the new field `name`.
pub fn sign_new(document: &[u8], name: &str) -> Vec<u8> {
    sign(document, &in_new_field(name))
}

/// An invisible approval signature in the new field `name`.
pub fn in_new_field(name: &str) -> Plan {
    let mut plan = Plan::default();
    plan.field = Field::New(name.to_owned());
    plan
}

pub fn sign(document: &[u8], plan: &Plan) -> Vec<u8> {
    signer(&PKI.leader)
        .sign(document, plan, at())
        .unwrap()
        .into_bytes()
}

pub fn sign_second(document: &[u8], plan: &Plan) -> Vec<u8> {
    signer(&PKI.agency)
        .sign(document, plan, at())
        .unwrap()
        .into_bytes()
}

pub fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}

pub fn rfind(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(bytes, needle)
}

/// `bytes` with the only (or last) `from` replaced.
pub fn patched(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = rfind(bytes, from.as_bytes()).unwrap_or_else(|| panic!("{from} is not there"));
    [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

/// The text of the latest object `number` that is written as such in the file.
pub fn current(bytes: &[u8], number: u32) -> Vec<u8> {
    let header = format!("\n{number} 0 obj");
    let at = rfind(bytes, header.as_bytes()).unwrap_or_else(|| panic!("no object {number}"));
    let start = at + header.len();
    let end = start + find(&bytes[start..], b"endobj").unwrap();
    bytes[start..end].trim_ascii().to_vec()
}

/// The text of an object with `from` replaced by `to`.
pub fn edited(bytes: &[u8], number: u32, from: &str, to: &str) -> Vec<u8> {
    patched(&current(bytes, number), from, to)
}

/// The object numbers that the trailers leave free.
pub fn size(bytes: &[u8]) -> u32 {
    memchr::memmem::find_iter(bytes, b"/Size ")
        .map(|at| number_at(bytes, at + 6))
        .max()
        .unwrap_or(1) as u32
}

pub fn number_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..]
        .iter()
        .take_while(|c| c.is_ascii_digit())
        .fold(0, |n, c| n * 10 + u64::from(c - b'0'))
}

pub fn startxref(bytes: &[u8]) -> u64 {
    let at = rfind(bytes, b"startxref").unwrap();
    let digits = at + 9 + bytes[at + 9..].iter().position(u8::is_ascii_digit).unwrap();
    number_at(bytes, digits)
}

/// A raw incremental update; nothing in it is checked.
#[derive(Clone)]
pub struct Tail {
    pub objects: Vec<(u32, Vec<u8>)>,
    /// Numbers that are freed.
    pub free: Vec<u32>,
    /// Numbers that point to a place, whatever stands there.
    pub point: Vec<(u32, u64)>,
    /// Numbers that live in an object stream: number, stream, index.
    pub inside: Vec<(u32, u32, u16)>,
    /// Keys of the trailer, without `/Size` and `/Prev`.
    pub trailer: String,
    /// `/Prev`, when it is not the last section of the file.
    pub prev: Option<u64>,
    /// No `/Prev` at all.
    pub first: bool,
    /// A cross-reference stream of this number instead of a table.
    pub xref_stream: Option<u32>,
}

impl Tail {
    pub fn new() -> Self {
        Self {
            objects: Vec::new(),
            free: Vec::new(),
            point: Vec::new(),
            inside: Vec::new(),
            trailer: "/Root 1 0 R /Info 7 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]".to_owned(),
            prev: None,
            first: false,
            xref_stream: None,
        }
    }

    pub fn object(mut self, number: u32, body: impl AsRef<[u8]>) -> Self {
        self.objects.push((number, body.as_ref().to_vec()));
        self
    }

    pub fn free(mut self, number: u32) -> Self {
        self.free.push(number);
        self
    }

    pub fn point(mut self, number: u32, offset: u64) -> Self {
        self.point.push((number, offset));
        self
    }

    pub fn trailer(mut self, text: &str) -> Self {
        self.trailer = text.to_owned();
        self
    }

    pub fn xref_stream(mut self, number: u32) -> Self {
        self.xref_stream = Some(number);
        self
    }

    /// `document` with this update behind it.
    pub fn build(&self, document: &[u8]) -> Vec<u8> {
        let mut out = document.to_vec();
        if !out.ends_with(b"\n") {
            out.push(b'\n');
        }
        let mut rows: BTreeMap<u32, (u64, u16, u8)> = BTreeMap::new();
        for (number, body) in &self.objects {
            rows.insert(*number, (out.len() as u64, 0, 1));
            out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            out.extend_from_slice(body);
            out.extend_from_slice(b"\nendobj\n");
        }
        for number in &self.free {
            rows.insert(*number, (0, 1, 0));
        }
        for (number, offset) in &self.point {
            rows.insert(*number, (*offset, 0, 1));
        }
        for (number, container, index) in &self.inside {
            rows.insert(*number, (u64::from(*container), *index, 2));
        }
        if self.first {
            rows.insert(0, (0, 65535, 0));
        }
        let place = out.len() as u64;
        if let Some(number) = self.xref_stream {
            rows.insert(number, (place, 0, 1));
        }
        let highest = rows.keys().next_back().map_or(1, |n| n + 1);
        let size = if self.first {
            highest
        } else {
            highest.max(size(document))
        };
        let prev = match (self.first, self.prev) {
            (true, _) => String::new(),
            (false, Some(prev)) => format!("/Prev {prev}"),
            (false, None) => format!("/Prev {}", startxref(document)),
        };
        let groups = groups(&rows);
        if let Some(number) = self.xref_stream {
            let mut data = Vec::new();
            let mut index = String::new();
            for group in &groups {
                index.push_str(&format!("{} {} ", group[0].0, group.len()));
                for (_, (offset, generation, used)) in group {
                    data.push(*used);
                    data.extend_from_slice(&(*offset as u32).to_be_bytes());
                    data.extend_from_slice(&generation.to_be_bytes());
                }
            }
            let dictionary = format!(
                "/Type /XRef /W [1 4 2] /Index [{index}] /Size {size} {} {prev}",
                self.trailer
            );
            out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            out.extend_from_slice(&stream(&dictionary, &data));
            out.extend_from_slice(b"\nendobj\n");
        } else {
            out.extend_from_slice(b"xref\n");
            if groups.is_empty() {
                out.extend_from_slice(b"0 0\n");
            }
            for group in &groups {
                out.extend_from_slice(format!("{} {}\n", group[0].0, group.len()).as_bytes());
                for (_, (offset, generation, used)) in group {
                    let letter = if *used == 1 { 'n' } else { 'f' };
                    out.extend_from_slice(
                        format!("{offset:010} {generation:05} {letter} \n").as_bytes(),
                    );
                }
            }
            out.extend_from_slice(
                format!("trailer\n<< /Size {size} {} {prev} >>\n", self.trailer).as_bytes(),
            );
        }
        out.extend_from_slice(format!("startxref\n{place}\n%%EOF\n").as_bytes());
        out
    }
}

type Row = (u32, (u64, u16, u8));

/// Rows with neighbouring numbers together.
fn groups(rows: &BTreeMap<u32, (u64, u16, u8)>) -> Vec<Vec<Row>> {
    let mut groups: Vec<Vec<Row>> = Vec::new();
    for (number, row) in rows {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|(last, _)| last + 1 == *number) => {
                group.push((*number, *row));
            }
            _ => groups.push(vec![(*number, *row)]),
        }
    }
    groups
}

/// Octets that are kept for a CMS value put in by hand.
pub const ROOM: usize = 4000;
/// The place of the byte range in a dictionary by hand: as long as any range that fits there.
pub const RANGE: &str = "[0 0000000000 0000000000 0000000000]                    ";

/// The dictionary of a faultless signature; `{RANGE}` and `{CONTENTS}` are put in later.
pub const DICTIONARY: &str = "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:20260504100201+07'00') /ByteRange {RANGE} /Contents {CONTENTS} >>";

/// Where the value stands and how long the file is.
#[derive(Clone, Copy)]
pub struct Gap {
    /// First byte of the token, `<`.
    pub start: usize,
    /// After the token.
    pub end: usize,
    /// Length of the file.
    pub length: usize,
}

type RangeOf<'a> = Box<dyn Fn(Gap) -> (String, Vec<Range<usize>>) + 'a>;
type CmsOf<'a> = Box<dyn Fn(&[u8]) -> Vec<u8> + 'a>;

/// A signature put in by hand, in the new field `A` (objects 40 and 41).
pub struct ByHand<'a> {
    pub document: Vec<u8>,
    pub dictionary: String,
    /// The text of the byte range, and what is hashed.
    pub range: RangeOf<'a>,
    /// The CMS value over the signed bytes.
    pub cms: CmsOf<'a>,
    /// The token for the CMS octets, delimiters included, of the length of the place.
    pub token: fn(&[u8]) -> Vec<u8>,
    /// Object number of the signature dictionary.
    pub value: u32,
    /// What the update is besides the signature.
    pub tail: Tail,
    /// Bytes behind the revision that the range covers.
    pub after: Vec<u8>,
}

pub fn hex_token(cms: &[u8]) -> Vec<u8> {
    let mut digits: String = cms.iter().map(|b| format!("{b:02x}")).collect();
    while digits.len() < 2 * ROOM {
        digits.push('0');
    }
    format!("<{digits}>").into_bytes()
}

pub fn good_range(gap: Gap) -> (String, Vec<Range<usize>>) {
    (
        format!("[0 {} {} {}]", gap.start, gap.end, gap.length - gap.end),
        vec![0..gap.start, gap.end..gap.length],
    )
}

impl<'a> ByHand<'a> {
    pub fn new() -> Self {
        let document = base();
        let annots = edited(&document, PAGE, "17 0 R]", "17 0 R 40 0 R]");
        let form = edited(&document, FORM, "17 0 R]", "17 0 R 40 0 R] /SigFlags 3");
        let tail = Tail::new()
            .object(PAGE, annots)
            .object(FORM, form)
            .object(40, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (A) /Rect [0 0 0 0] /F 132 /P 3 0 R /V 41 0 R >>");
        Self {
            document,
            dictionary: DICTIONARY.to_owned(),
            range: Box::new(good_range),
            cms: Box::new(|content| Cms::new(&PKI.leader, content).der(content)),
            token: hex_token,
            value: 41,
            tail,
            after: Vec::new(),
        }
    }

    pub fn dictionary(mut self, from: &str, to: &str) -> Self {
        assert!(self.dictionary.contains(from));
        self.dictionary = self.dictionary.replace(from, to);
        self
    }

    pub fn range(mut self, range: impl Fn(Gap) -> (String, Vec<Range<usize>>) + 'a) -> Self {
        self.range = Box::new(range);
        self
    }

    pub fn cms(mut self, cms: impl Fn(&[u8]) -> Vec<u8> + 'a) -> Self {
        self.cms = Box::new(cms);
        self
    }

    pub fn build(self) -> Vec<u8> {
        let place = "0".repeat(2 * ROOM);
        let body = self
            .dictionary
            .replace("{CONTENTS}", &format!("<{place}>"))
            .replace("{RANGE}", RANGE);
        let mut out = self
            .tail
            .clone()
            .object(self.value, body)
            .build(&self.document);
        out.extend_from_slice(&self.after);
        let marker = format!("<{place}>");
        let (start, end) = match rfind(&out, marker.as_bytes()) {
            Some(start) => (start, start + marker.len()),
            None => {
                let at = rfind(&out, b"/Filter").unwrap();
                (at, at)
            }
        };
        let gap = Gap {
            start,
            end,
            length: out.len(),
        };
        let (text, spans) = (self.range)(gap);
        for at in memchr::memmem::find_iter(&out.clone(), RANGE.as_bytes()) {
            let padded = format!("{text:<width$}", width = RANGE.len());
            assert_eq!(padded.len(), RANGE.len(), "{text}");
            out[at..at + RANGE.len()].copy_from_slice(padded.as_bytes());
        }
        let content: Vec<u8> = spans
            .into_iter()
            .flat_map(|span| out.get(span).unwrap_or_default().to_vec())
            .collect();
        if end > start {
            let token = (self.token)(&(self.cms)(&content));
            assert_eq!(token.len(), end - start);
            out[start..end].copy_from_slice(&token);
        }
        out
    }
}
