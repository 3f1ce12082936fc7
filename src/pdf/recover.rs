//! A file whose cross-reference cannot be used → one made by looking for objects everywhere.

use std::collections::HashMap;
use std::ops::Range;

use memchr::memmem;

use super::OpenOptions;
use super::document::Document;
use super::lexer::{Lexer, Origin, is_white_space};
use super::object::{Dictionary, Entry, Name, Object, ObjectId, Span};
use super::parser;
use super::revision::Revision;
use super::xref::{Location, Section};
use crate::error::{Error, PdfFault};
use crate::limits::Limits;

/// How many trailers are looked at, from the end of the file.
const TRAILERS: usize = 64;

/// Where streams end when their `/Length` is wrong.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    /// Position of `stream`, and the end of the data; ascending.
    streams: Vec<Range<usize>>,
}

impl Ends {
    /// The data of the stream that starts at `start`, up to the line end before `endstream`.
    pub(crate) fn data<'a>(&self, bytes: &'a [u8], start: usize) -> &'a [u8] {
        let after = self.streams.partition_point(|range| range.start < start);
        let range = after
            .checked_sub(1)
            .and_then(|index| self.streams.get(index));
        let data = range.and_then(|range| bytes.get(start..range.end));
        let data = data.unwrap_or_default();
        let data = data.strip_suffix(b"\n").unwrap_or(data);
        data.strip_suffix(b"\r").unwrap_or(data)
    }
}

/// What a walk over the bytes finds.
#[derive(Default)]
struct Scan {
    objects: HashMap<u32, Location>,
    /// Object streams in file order.
    containers: Vec<(u32, u64)>,
    /// Position of the last cross-reference stream.
    xref_stream: Option<u64>,
    /// The last object that looks like a catalog.
    catalog: Option<ObjectId>,
    ends: Ends,
}

/// Fills `document`, which has bytes and limits only.
pub(crate) fn rebuild<'a>(document: &mut Document<'a>, options: &OpenOptions) -> Result<(), Error> {
    let bytes = document.bytes();
    let limits = &options.limits;
    let scan = scan(bytes, limits)?;
    let trailer = match find_trailer(bytes, scan.xref_stream, limits) {
        Some(trailer) => Some(trailer),
        None => scan.catalog.map(trailer_for),
    };
    let empty = Dictionary::empty();
    install(
        document,
        scan.objects.clone(),
        trailer.clone().unwrap_or(empty),
        scan.ends,
    );
    document.open_encryption(options)?;
    let mut objects = scan.objects;
    let mut catalog = None;
    for (number, offset) in scan.containers {
        let view = document.latest();
        let current = matches!(
            view.locate(number)?,
            Some(Location::Offset { offset: at, .. }) if at == offset
        );
        if !current {
            continue;
        }
        let stream = match document.object_stream(number) {
            Ok(stream) => stream,
            Err(error) if matches!(error.kind(), crate::error::ErrorKind::Limit { .. }) => {
                return Err(error);
            }
            Err(_) => continue,
        };
        for (index, inner) in (0_u32..).zip(stream.numbers()) {
            let old = objects.get(&inner).copied();
            // An object that stands behind the object stream is newer.
            if matches!(old, Some(Location::Offset { offset: at, .. }) if at > offset) {
                continue;
            }
            objects.insert(
                inner,
                Location::InStream {
                    stream: number,
                    index,
                },
            );
            let id = ObjectId::new(inner, 0);
            if trailer.is_none()
                && let Ok(Object::Dictionary(dictionary)) = stream.object(id, index, limits)
                && dictionary.is_name(b"Type", b"Catalog")
            {
                catalog = Some(id);
            }
        }
        check_count(&objects, limits)?;
    }
    let Some(trailer) = trailer.or_else(|| catalog.map(trailer_for)) else {
        return Err(Error::new(PdfFault::Malformed("there is no catalog")));
    };
    let ends = document.recovered.take().unwrap_or_default();
    install(document, objects, trailer, ends);
    Ok(())
}

fn install<'a>(
    document: &mut Document<'a>,
    objects: HashMap<u32, Location>,
    trailer: Dictionary<'a>,
    ends: Ends,
) {
    let end = document.bytes().len() as u64;
    let section = Section::recovered(objects, trailer, end);
    document.set_recovered(Revision::recovered(section, end), ends);
}

fn check_count(objects: &HashMap<u32, Location>, limits: &Limits) -> Result<(), Error> {
    if objects.len() as u64 > limits.objects {
        return Err(Error::limit("objects", limits.objects));
    }
    Ok(())
}

/// Looks at every `obj` once; what lies in streams is passed over.
fn scan(bytes: &[u8], limits: &Limits) -> Result<Scan, Error> {
    let find_object = memmem::Finder::new(b"obj");
    let find_end = memmem::Finder::new(b"endstream");
    let find = |finder: &memmem::Finder<'_>, from: usize| {
        let found = finder.find(bytes.get(from..)?)?;
        Some(from + found)
    };
    let mut scan = Scan::default();
    let mut next = find(&find_object, 0);
    let mut endless = false;
    while let Some(at) = next {
        let after = at + 3;
        next = find(&find_object, after);
        let regular = |byte: u8| super::lexer::is_regular(byte);
        let Some((id, start)) = header_before(bytes, at) else {
            continue;
        };
        if bytes.get(after).copied().is_some_and(regular) {
            continue;
        }
        let location = Location::Offset {
            offset: start as u64,
            generation: id.generation,
        };
        scan.objects.insert(id.number, location);
        check_count(&scan.objects, limits)?;
        let until = next.unwrap_or(bytes.len());
        let body = bytes.get(after..until).unwrap_or_default();
        let stream = stream_keyword(body);
        let body = body.get(..stream.unwrap_or(body.len())).unwrap_or_default();
        let has = |name: &[u8]| memmem::find(body, name).is_some();
        if let Some(keyword) = stream {
            let keyword = after + keyword;
            let end = if endless {
                None
            } else {
                find(&find_end, keyword)
            };
            endless |= end.is_none();
            scan.ends.streams.push(keyword..end.unwrap_or(until));
            if let Some(end) = end {
                next = find(&find_object, end);
            }
            if has(b"/ObjStm") {
                scan.containers.push((id.number, start as u64));
            }
            if has(b"/XRef") {
                scan.xref_stream = Some(start as u64);
            }
        } else if has(b"/Catalog") {
            scan.catalog = Some(id);
        }
    }
    Ok(scan)
}

/// The `n g ` that ends at `end`, and where it starts.
fn header_before(bytes: &[u8], end: usize) -> Option<(ObjectId, usize)> {
    // More than enough blanks and figures; keeps the walk linear.
    const NEAR: usize = 48;
    let near = end.saturating_sub(NEAR);
    let mut text = bytes.get(near..end)?;
    let mut number = |limit: usize| -> Option<u64> {
        let trimmed = text.len()
            - text
                .iter()
                .rev()
                .take_while(|b| is_white_space(**b))
                .count();
        if trimmed == text.len() {
            return None;
        }
        text = text.get(..trimmed)?;
        let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 || digits > limit {
            return None;
        }
        let (rest, digits) = text.split_at_checked(trimmed - digits)?;
        text = rest;
        std::str::from_utf8(digits).ok()?.parse().ok()
    };
    let generation = u16::try_from(number(5)?).ok()?;
    let number = u32::try_from(number(10)?).ok()?;
    let id = ObjectId::new(number, generation);
    (number > 0).then_some((id, near + text.len()))
}

/// Position of the keyword `stream` in the text of an object.
fn stream_keyword(body: &[u8]) -> Option<usize> {
    memmem::find_iter(body, b"stream").find(|&at| {
        let before = at.checked_sub(1).and_then(|at| body.get(at)).copied();
        let after = body.get(at + 6).copied();
        before.is_none_or(|byte| is_white_space(byte) || byte == b'>')
            && after.is_none_or(is_white_space)
    })
}

/// The last trailer that names a catalog, else that of the last cross-reference stream.
fn find_trailer<'a>(
    bytes: &'a [u8],
    xref_stream: Option<u64>,
    limits: &Limits,
) -> Option<Dictionary<'a>> {
    let usable = |object: Object<'a>| {
        let dictionary = object.into_dictionary()?;
        let root = dictionary.get(b"Root")?.as_reference();
        root.is_some().then_some(dictionary)
    };
    let table = memmem::rfind_iter(bytes, b"trailer")
        .take(TRAILERS)
        .find_map(|at| {
            let mut lexer = Lexer::new(bytes, at + 7, Origin::File);
            let (object, _) = parser::parse(&mut lexer, limits).ok()?;
            usable(object)
        });
    let stream = || {
        let at = usize::try_from(xref_stream?).ok()?;
        let object = parser::parse_indirect(bytes, at, limits, false).ok()?;
        usable(object.value)
    };
    table.or_else(stream)
}

/// A trailer that names `catalog`, for files that have none.
fn trailer_for<'a>(catalog: ObjectId) -> Dictionary<'a> {
    let root = Entry {
        key: Name::from_raw(b"Root"),
        key_span: Span::NONE,
        value: Object::Reference(catalog),
        value_span: Span::NONE,
    };
    Dictionary::new(vec![root], Span::NONE)
}
