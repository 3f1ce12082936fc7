//! New and changed objects → one incremental update after the untouched bytes of a document.
//!
//! Values that are new are lopdf objects, written by lopdf's serialiser. What the file has already
//! is copied as it stands there, token by token, so that a page whose annotations change keeps
//! every other octet. The frame (object headers, cross-reference, trailer) is written here:
//! lopdf's counts offsets with 32 bits, keeps the second `/ID`, lists object 0 again, ends
//! without a line end and does not tell where it puts things.
//!
//! Source: ISO 32000-2 §7.5.6.

use std::collections::BTreeMap;
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::{Array, Dictionary, Document, Object, ObjectId, View, XrefKind};
use crate::error::{Error, PdfFault};

/// The largest file that is written: offsets in tables and peers count with 32 bits.
const LARGEST: u64 = u32::MAX as u64;

/// One update to be. Nothing is written before [`Update::finish`].
#[derive(Debug)]
pub struct Update<'d, 'a> {
    document: &'d Document<'a>,
    objects: BTreeMap<u32, Written>,
    next: u32,
}

/// One object to write.
#[derive(Debug)]
struct Written {
    generation: u16,
    body: Vec<u8>,
    /// Places in `body` whose position in the file is wanted.
    marks: Vec<Range<usize>>,
}

/// A file with its update.
#[derive(Debug)]
pub struct Updated {
    /// The whole file; the bytes of the document are its exact prefix.
    pub bytes: Vec<u8>,
    /// Where the marked places are, in bytes from file start: those of the lowest object number
    /// first, each object's in the order given.
    pub marks: Vec<Range<u64>>,
}

impl<'d, 'a> Update<'d, 'a> {
    /// An empty update of `document`.
    ///
    /// # Errors
    /// [`PdfFault::NotUpdatable`]: the document was recovered, has bytes before its header, is
    /// encrypted, or has hybrid cross-references that contradict each other; [`PdfFault::Malformed`].
    pub fn new(document: &'d Document<'a>) -> Result<Self, Error> {
        let refuse = |why| Err(Error::new(PdfFault::NotUpdatable(why)));
        if document.is_recovered() {
            return refuse("its structure needs repair; save it anew first");
        }
        if document.encryption().is_some() || document.latest().trailer().contains(b"Encrypt") {
            return refuse("encrypted input is refused");
        }
        // ISO/TS 32004: an appended revision would need a new code, and the old one is then gone.
        let has_code = |trailer: &Dictionary<'_>| trailer.contains(b"AuthCode");
        let mut revisions = document.revisions().iter();
        if revisions.any(|revision| revision.trailer().is_some_and(has_code)) {
            return refuse("its integrity is guarded by a document MAC (/AuthCode)");
        }
        if document.header_offset() != 0 {
            return refuse("bytes stand before its %PDF- header; save it anew first");
        }
        let sections = || document.revisions().iter().flat_map(|r| r.sections());
        match document.latest().revision().map(|latest| latest.kind()) {
            Some(XrefKind::Table | XrefKind::Stream | XrefKind::Hybrid) => {}
            Some(XrefKind::Recovered) | None => {
                return refuse("its structure needs repair; save it anew first");
            }
        }
        for revision in document.revisions().iter().filter(|one| one.is_hybrid()) {
            if !document.is_sound_hybrid(revision.index)? {
                let why = "its hybrid cross-references contradict each other; save it anew first";
                return refuse(why);
            }
        }
        // Above everything that any revision lists or reserves.
        let mut next = 1u32;
        for section in sections() {
            let size = match section.trailer().get(b"Size") {
                Some(Object::Integer(size)) => u32::try_from(*size).ok(),
                _ => None,
            };
            let above = section.highest().map_or(Some(0), |n| n.checked_add(1));
            let (Some(size), Some(above)) = (size, above) else {
                return Err(PdfFault::Malformed("/Size of a trailer is no object count").into());
            };
            next = next.max(size).max(above);
        }
        if u64::from(next) > document.limits().objects {
            return Err(Error::limit("objects", document.limits().objects));
        }
        Ok(Self {
            document,
            objects: BTreeMap::new(),
            next,
        })
    }

    /// The document as its last revision shows it.
    pub fn view(&self) -> View<'d, 'a> {
        self.document.latest()
    }

    /// A new object number, generation 0. The object must be [`Update::put`] later.
    pub fn reserve(&mut self) -> ObjectId {
        let id = ObjectId::new(self.next, 0);
        // Bounded by `Limits::objects` at the start, and by memory since.
        self.next = self.next.saturating_add(1);
        id
    }

    /// Writes `body`, the text of one object without `n g obj`, as `id`. The positions of `marks`,
    /// byte ranges in `body`, are told by [`Updated::marks`].
    ///
    /// # Errors
    /// [`PdfFault::Malformed`]: the object is written already, which happens where a document
    /// uses one object for two things.
    pub fn put(
        &mut self,
        id: ObjectId,
        body: Vec<u8>,
        marks: Vec<Range<usize>>,
    ) -> Result<(), Error> {
        let written = Written {
            generation: id.generation,
            body,
            marks,
        };
        match self.objects.insert(id.number, written) {
            None => Ok(()),
            Some(_) => Err(PdfFault::Malformed("one object serves two purposes").into()),
        }
    }

    /// Appends the update to the bytes of the document.
    ///
    /// The cross-reference has the form of the document's last one; `/Prev` names that section,
    /// `/Size` covers every number in use, and the other entries of the trailer are copied. The
    /// first string of `/ID` is kept and the second is new; a missing `/ID` is made when
    /// `make_id`.
    ///
    /// # Errors
    /// [`PdfFault::Unsupported`]: the file would be larger than 4 GiB.
    pub fn finish(mut self, make_id: bool) -> Result<Updated, Error> {
        let document = self.document;
        let view = document.latest();
        let latest = view
            .revision()
            .ok_or(PdfFault::Malformed("there is no cross-reference"))?;
        // The number that `startxref` has, also where it points at white space before the
        // section: readers that accept the one must find the other.
        let (kind, previous) = (latest.kind(), latest.startxref);
        let total = self.objects.values().fold(0usize, |sum, object| {
            sum.saturating_add(object.body.len().saturating_add(64))
        });
        let input = document.bytes();
        let mut bytes = Vec::with_capacity(input.len().saturating_add(total).saturating_add(1024));
        bytes.extend_from_slice(input);
        if !matches!(input.last(), Some(b'\n' | b'\r')) {
            bytes.push(b'\n');
        }

        let id = self.file_id(make_id)?;
        let mut offsets: BTreeMap<u32, (u64, u16)> = BTreeMap::new();
        let mut marks = Vec::new();
        for (number, object) in &self.objects {
            offsets.insert(*number, (bytes.len() as u64, object.generation));
            bytes.extend_from_slice(format!("{number} {} obj\n", object.generation).as_bytes());
            let start = bytes.len() as u64;
            marks.extend(
                object
                    .marks
                    .iter()
                    .map(|mark| start + mark.start as u64..start + mark.end as u64),
            );
            bytes.extend_from_slice(&object.body);
            bytes.extend_from_slice(b"\nendobj\n");
        }

        let start = bytes.len() as u64;
        let mut trailer = Vec::new();
        let mut entry = |key: &[u8], value: &[u8]| {
            trailer.push(b'/');
            trailer.extend_from_slice(key);
            trailer.push(b' ');
            trailer.extend_from_slice(value);
            trailer.push(b'\n');
        };
        for old in view.trailer().iter() {
            // Of a key that is given twice, the one that counts.
            let counts = view.trailer().entry(old.key.as_bytes());
            if !SECTION_KEYS.contains(&old.key.as_bytes())
                && counts.is_some_and(|entry| std::ptr::eq(entry, old))
            {
                entry(
                    old.key.raw(),
                    &self.text(&old.value, old.value_span.range()),
                );
            }
        }
        entry(b"Prev", previous.to_string().as_bytes());
        if let Some(id) = id {
            entry(b"ID", &id);
        }
        if kind == XrefKind::Stream {
            let own = self.reserve();
            offsets.insert(own.number, (start, 0));
            entry(b"Size", self.next.to_string().as_bytes());
            entry(b"Type", b"/XRef");
            let rows = Rows::of(&offsets);
            entry(b"Index", &rows.index);
            entry(b"W", &rows.widths);
            entry(b"Length", rows.data.len().to_string().as_bytes());
            bytes.extend_from_slice(format!("{} 0 obj\n<<\n", own.number).as_bytes());
            bytes.extend_from_slice(&trailer);
            bytes.extend_from_slice(b">>\nstream\n");
            bytes.extend_from_slice(&rows.data);
            bytes.extend_from_slice(b"\nendstream\nendobj\n");
        } else {
            entry(b"Size", self.next.to_string().as_bytes());
            bytes.extend_from_slice(&table(&offsets));
            bytes.extend_from_slice(b"trailer\n<<\n");
            bytes.extend_from_slice(&trailer);
            bytes.extend_from_slice(b">>\n");
        }
        bytes.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        if bytes.len() as u64 > LARGEST {
            return Err(PdfFault::Unsupported("files above 4 GiB".to_owned()).into());
        }
        Ok(Updated { bytes, marks })
    }

    /// The new value of `/ID`. Its second string depends on the document and the update alone.
    ///
    /// Source: ISO 32000-2 §14.4.
    fn file_id(&self, make_id: bool) -> Result<Option<Vec<u8>>, Error> {
        let view = self.document.latest();
        let old = view.value(view.trailer(), b"ID")?;
        let strings = old
            .as_array()
            .and_then(|array| match (array.get(0), array.get(1)) {
                (Some(Object::String(first)), Some(Object::String(second))) => {
                    Some((first.raw().to_vec(), second.raw().to_vec()))
                }
                _ => None,
            });
        if strings.is_none() && !make_id {
            return Ok(None);
        }
        let mut hasher = Sha256::new();
        hasher.update((self.document.bytes().len() as u64).to_be_bytes());
        if let Some((_, second)) = &strings {
            hasher.update(second);
        }
        for (number, object) in &self.objects {
            hasher.update(number.to_be_bytes());
            hasher.update(&object.body);
        }
        let fresh: String = hasher
            .finalize()
            .iter()
            .take(16)
            .map(|octet| format!("{octet:02x}"))
            .collect();
        let first = strings.map_or_else(|| format!("<{fresh}>").into_bytes(), |(first, _)| first);
        let mut id = vec![b'['];
        id.extend_from_slice(&first);
        id.extend_from_slice(format!(" <{fresh}>]").as_bytes());
        Ok(Some(id))
    }

    /// The text of `value`: copied from `range` of the file, or written anew when it stands in an
    /// object stream.
    fn text(&self, value: &Object<'_>, range: Option<Range<u64>>) -> Vec<u8> {
        let copied = range.and_then(|range| {
            let start = usize::try_from(range.start).ok()?;
            let end = usize::try_from(range.end).ok()?;
            self.document.bytes().get(start..end)
        });
        match copied {
            Some(text) => text.to_vec(),
            None => text_of(value),
        }
    }

    /// `dictionary` with some entries replaced, added (`Some`, the text of the value) or removed
    /// (`None`); all others are copied.
    pub fn edited(
        &self,
        dictionary: &Dictionary<'_>,
        changes: &[(&[u8], Option<Vec<u8>>)],
    ) -> Vec<u8> {
        let mut out = b"<<\n".to_vec();
        let mut line = |key: &[u8], value: &[u8]| {
            out.push(b'/');
            out.extend_from_slice(key);
            out.push(b' ');
            out.extend_from_slice(value);
            out.push(b'\n');
        };
        for entry in dictionary.iter() {
            if !changes.iter().any(|(key, _)| *key == entry.key.as_bytes()) {
                let value = self.text(&entry.value, entry.value_span.range());
                line(entry.key.raw(), &value);
            }
        }
        for (key, value) in changes {
            if let Some(value) = value {
                line(key, value);
            }
        }
        out.extend_from_slice(b">>");
        out
    }

    /// `array` with `added` behind its values.
    pub fn appended(&self, array: Option<&Array<'_>>, added: &[ObjectId]) -> Vec<u8> {
        let mut out = vec![b'['];
        for item in array.map(|array| array.items()).unwrap_or_default() {
            out.extend_from_slice(&self.text(&item.value, item.span.range()));
            out.push(b'\n');
        }
        for id in added {
            out.extend_from_slice(format!("{id} R\n").as_bytes());
        }
        if out.last() == Some(&b'\n') {
            out.pop();
        }
        out.push(b']');
        out
    }
}

/// Entries of a trailer that belong to its own section, and those that are written anew.
const SECTION_KEYS: [&[u8]; 15] = [
    b"DecodeParms",
    b"DL",
    b"F",
    b"FDecodeParms",
    b"FFilter",
    b"Filter",
    b"ID",
    b"Index",
    b"Length",
    b"Prev",
    b"Size",
    b"Type",
    b"W",
    b"XRefStm",
    b"Encrypt",
];

/// Runs of consecutive numbers.
fn runs(offsets: &BTreeMap<u32, (u64, u16)>) -> Vec<(u32, Vec<(u64, u16)>)> {
    let mut runs: Vec<(u32, Vec<(u64, u16)>)> = Vec::new();
    let mut expected = None;
    for (number, entry) in offsets {
        match runs.last_mut() {
            Some((_, run)) if expected == Some(*number) => run.push(*entry),
            _ => runs.push((*number, vec![*entry])),
        }
        expected = number.checked_add(1);
    }
    runs
}

/// Source: ISO 32000-2 §7.5.4.
fn table(offsets: &BTreeMap<u32, (u64, u16)>) -> Vec<u8> {
    let mut out = b"xref\n".to_vec();
    for (first, run) in runs(offsets) {
        out.extend_from_slice(format!("{first} {}\n", run.len()).as_bytes());
        for (offset, generation) in run {
            out.extend_from_slice(format!("{offset:010} {generation:05} n \n").as_bytes());
        }
    }
    out
}

/// Source: ISO 32000-2 §7.5.8.3.
struct Rows {
    index: Vec<u8>,
    widths: Vec<u8>,
    data: Vec<u8>,
}

impl Rows {
    fn of(offsets: &BTreeMap<u32, (u64, u16)>) -> Self {
        let mut index = Vec::new();
        let mut data = Vec::new();
        for (first, run) in runs(offsets) {
            let separator = if index.is_empty() { "[" } else { " " };
            index.extend_from_slice(format!("{separator}{first} {}", run.len()).as_bytes());
            for (offset, generation) in run {
                data.push(1);
                // Below 4 GiB, so that the upper half is zero.
                data.extend(offset.to_be_bytes().iter().skip(4));
                data.extend_from_slice(&generation.to_be_bytes());
            }
        }
        index.push(b']');
        Self {
            index,
            widths: b"[1 4 2]".to_vec(),
            data,
        }
    }
}

/// The text of an lopdf object.
///
/// # Errors
/// [`PdfFault::Unsupported`]: a number that PDF cannot write.
pub(crate) fn text_of_new(object: &lopdf::Object) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    lopdf::Writer::write_object(&mut out, object)
        .map_err(|_| PdfFault::Unsupported("this object in an update".to_owned()))?;
    Ok(out)
}

/// A text string: PDFDocEncoding for ASCII, else UTF-16 with a byte order mark; in hexadecimal,
/// so that nothing needs an escape.
///
/// Source: ISO 32000-2 §7.9.2.2.
pub fn text_string(text: &str) -> Vec<u8> {
    let mut out = vec![b'<'];
    let mut push = |octet: u8| out.extend_from_slice(format!("{octet:02X}").as_bytes());
    if text.bytes().all(|c| matches!(c, b' '..=b'~')) {
        text.bytes().for_each(push);
    } else {
        [0xfe, 0xff].into_iter().for_each(&mut push);
        text.encode_utf16()
            .flat_map(u16::to_be_bytes)
            .for_each(push);
    }
    out.push(b'>');
    out
}

/// The text of a value that was read from an object stream. Not recursive.
fn text_of(value: &Object<'_>) -> Vec<u8> {
    enum Step<'v, 'd> {
        Text(&'static [u8]),
        Key(&'d [u8]),
        Value(&'v Object<'d>),
    }
    let mut out = Vec::new();
    let mut steps = vec![Step::Value(value)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Text(text) => out.extend_from_slice(text),
            Step::Key(raw) => {
                out.push(b'/');
                out.extend_from_slice(raw);
                out.push(b' ');
            }
            Step::Value(value) => match value {
                Object::Null => out.extend_from_slice(b"null"),
                Object::Boolean(true) => out.extend_from_slice(b"true"),
                Object::Boolean(false) => out.extend_from_slice(b"false"),
                Object::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
                Object::Real(number) => out.extend_from_slice(real(*number).as_bytes()),
                Object::Name(name) => {
                    out.push(b'/');
                    out.extend_from_slice(name.raw());
                }
                Object::String(string) => out.extend_from_slice(string.raw()),
                Object::Reference(id) => out.extend_from_slice(format!("{id} R").as_bytes()),
                Object::Array(array) => {
                    out.push(b'[');
                    steps.push(Step::Text(b"]"));
                    for item in array.iter().rev() {
                        steps.push(Step::Text(b" "));
                        steps.push(Step::Value(item));
                    }
                }
                Object::Dictionary(dictionary) => {
                    out.extend_from_slice(b"<<");
                    steps.push(Step::Text(b">>"));
                    for entry in dictionary.iter().rev() {
                        steps.push(Step::Text(b" "));
                        steps.push(Step::Value(&entry.value));
                        steps.push(Step::Key(entry.key.raw()));
                    }
                }
                // Streams are never inside other values.
                Object::Stream(_) => out.extend_from_slice(b"null"),
            },
        }
    }
    out
}

/// A number with a point and without an exponent, every digit that matters.
pub fn real(number: f64) -> String {
    let text = number.to_string();
    if text.contains('.') {
        text
    } else {
        text + ".0"
    }
}
