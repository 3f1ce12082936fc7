//! Cross-reference sections, newest first → revisions, oldest first, each with its end.

use std::sync::{Arc, OnceLock};

use super::lexer::{Lexer, Origin, is_white_space};
use super::object::{Dictionary, Object, ObjectId};
use super::parser;
use super::xref::{Location, Section, Shared, XrefKind, id_of};
use super::{Oddity, OddityKind};
use crate::error::{Error, PdfFault};

/// What one update added to the file: bytes, sections, a trailer.
///
/// A linearised file is one revision with two sections.
///
/// Source: ISO 32000-2 §7.5.6.
#[derive(Debug)]
pub struct Revision<'a> {
    /// Index, from 0 for the oldest.
    pub index: usize,
    /// First byte: the end of the revision before, or 0.
    pub start: u64,
    /// Just after `%%EOF` and the line end that may follow it.
    pub end: u64,
    /// What `startxref` says, in bytes from file start.
    pub startxref: u64,
    /// Position of the keyword `startxref`; the file's end when the file was rebuilt.
    pub startxref_position: u64,
    sections: Vec<Section<'a>>,
    /// See [`Self::reach`]; every signature of a later revision asks.
    reach: OnceLock<u64>,
}

impl<'a> Revision<'a> {
    pub(crate) fn recovered(section: Section<'a>, end: u64) -> Self {
        Self {
            index: 0,
            start: 0,
            end,
            startxref: 0,
            startxref_position: end,
            sections: vec![section],
            reach: OnceLock::new(),
        }
    }

    /// The sections in the order in which they are looked at.
    pub fn sections(&self) -> &[Section<'a>] {
        &self.sections
    }

    /// The form of the first section.
    pub fn kind(&self) -> XrefKind {
        self.sections
            .first()
            .map_or(XrefKind::Recovered, Section::kind)
    }

    /// Whether a section has a table with a stream beside it.
    pub fn is_hybrid(&self) -> bool {
        let mut kinds = self.sections.iter().map(Section::kind);
        kinds.any(|kind| kind == XrefKind::Hybrid)
    }

    /// The trailer of the first section; strings in it are never encrypted.
    pub fn trailer(&self) -> Option<&Dictionary<'a>> {
        self.sections.first().map(Section::trailer)
    }

    /// Where this revision says that object `number` lives; `None` when it is silent.
    ///
    /// # Errors
    /// Malformed sections, limits.
    pub fn lookup(&self, number: u32) -> Result<Option<Location>, Error> {
        for section in &self.sections {
            if let Some(location) = section.lookup(number)? {
                return Ok(Some(location));
            }
        }
        Ok(None)
    }

    /// The highest position at which an object that this revision lists, or a section of it, begins.
    ///
    /// # Errors
    /// As [`Self::entries`].
    pub fn reach(&self) -> Result<u64, Error> {
        if let Some(reach) = self.reach.get() {
            return Ok(*reach);
        }
        let offset = |(_, location)| match location {
            Location::Offset { offset, .. } => Some(offset),
            _ => None,
        };
        let objects = self.entries()?.filter_map(offset).max();
        let sections = self.sections.iter().flat_map(|section| {
            let stream = section.stream_offset();
            std::iter::once(section.offset()).chain(stream)
        });
        let reach = sections.chain(objects).max().unwrap_or(0);
        Ok(*self.reach.get_or_init(|| reach))
    }

    /// What this revision alone lists, once per object number, in order of the sections.
    ///
    /// # Errors
    /// Malformed sections, limits: all rows are looked at before the first is handed over.
    pub fn entries(&self) -> Result<impl Iterator<Item = (ObjectId, Location)> + '_, Error> {
        for section in &self.sections {
            for number in section.numbers() {
                section.lookup(number)?;
            }
        }
        let listed = |index: usize, number: u32| {
            let earlier = self.sections.get(..index).unwrap_or_default();
            earlier
                .iter()
                .any(|section| matches!(section.lookup(number), Ok(Some(_))))
        };
        Ok(self
            .sections
            .iter()
            .enumerate()
            .flat_map(move |(index, section)| {
                let hybrid = section.kind() == XrefKind::Hybrid;
                let mut seen = std::collections::HashSet::new();
                section.numbers().filter_map(move |number| {
                    if listed(index, number) || (hybrid && !seen.insert(number)) {
                        return None;
                    }
                    let location = section.lookup(number).ok()??;
                    Some((id_of(number, location), location))
                })
            }))
    }
}

/// What the end of the file says: value and position of the last `startxref`, and its end.
#[derive(Debug, Clone, Copy)]
struct Marker {
    value: u64,
    position: u64,
    end: u64,
}

/// `startxref`, number, `%%EOF` and the line end that may follow.
fn read_marker(bytes: &[u8], position: usize) -> Option<Marker> {
    let mut lexer = Lexer::new(bytes, position, Origin::File);
    if !lexer.take_keyword(b"startxref") {
        return None;
    }
    lexer.skip_white_space();
    let value = lexer.take_unsigned()?;
    lexer.skip_white_space();
    let rest = lexer.rest().strip_prefix(b"%%EOF")?;
    let line_end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    };
    Some(Marker {
        value,
        position: position as u64,
        end: (lexer.position() + 5 + line_end) as u64,
    })
}

/// The last `startxref` of the file; what follows it is looked at by the caller.
fn last_marker(bytes: &[u8]) -> Result<Marker, Error> {
    const NEAR: usize = 2048;
    let fault = |what, at: usize| Error::at(PdfFault::Malformed(what), at as u64);
    let near = bytes.len().saturating_sub(NEAR);
    let keyword = b"startxref";
    let position = bytes
        .get(near..)
        .and_then(|end| memchr::memmem::rfind(end, keyword))
        .map(|found| near + found)
        .or_else(|| memchr::memmem::rfind(bytes, keyword))
        .ok_or_else(|| fault("no startxref", bytes.len()))?;
    read_marker(bytes, position).ok_or_else(|| fault("malformed startxref or no %%EOF", position))
}

/// Reads the chain of sections that ends the file, and groups it.
pub(crate) fn read<'a>(
    bytes: &'a [u8],
    shared: &Arc<Shared>,
    oddities: &mut Vec<Oddity>,
) -> Result<Vec<Revision<'a>>, Error> {
    let last = last_marker(bytes)?;
    let sections = read_chain(bytes, last.value, shared, oddities)?;
    let mut revisions: Vec<Revision<'a>> = Vec::with_capacity(sections.len());
    let mut sections = sections.into_iter().peekable();
    // Everything of an older revision lies below this.
    let mut ceiling = last.end;
    while let Some((startxref, section)) = sections.next() {
        let mut low = section.offset();
        let mut high = section.end();
        let mut group = vec![section];
        // A linearised file: the section at its front names the one at its end.
        if let Some((_, next)) = sections.next_if(|(_, next)| next.offset() > low) {
            let Some(position) = linearized(bytes, shared).filter(|_| sections.peek().is_none())
            else {
                return Err(Error::at(
                    PdfFault::Malformed("/Prev points forward"),
                    next.offset(),
                ));
            };
            oddities.push(Oddity::new(OddityKind::Linearized, position));
            low = low.min(next.offset());
            high = high.max(next.end());
            group.push(next);
        }
        let marker = if revisions.is_empty() {
            last
        } else {
            find_marker(bytes, high, ceiling, startxref, group.first())?
        };
        if marker.position < high {
            return Err(Error::at(
                PdfFault::Malformed("startxref stands before the section that it names"),
                marker.position,
            ));
        }
        ceiling = low;
        revisions.push(Revision {
            index: 0,
            start: 0,
            end: marker.end,
            startxref,
            startxref_position: marker.position,
            sections: group,
            reach: OnceLock::new(),
        });
    }
    revisions.reverse();
    let mut start = 0;
    for (index, revision) in revisions.iter_mut().enumerate() {
        revision.index = index;
        revision.start = start;
        start = revision.end;
    }
    note_trailing_bytes(bytes, last.end, oddities);
    Ok(revisions)
}

fn note_trailing_bytes(bytes: &[u8], end: u64, oddities: &mut Vec<Oddity>) {
    let rest = usize::try_from(end).ok().and_then(|end| bytes.get(end..));
    let rest = rest.unwrap_or_default();
    if !rest.is_empty() {
        oddities.push(Oddity::new(
            OddityKind::TrailingBytes {
                length: rest.len() as u64,
                blank: rest.iter().copied().all(is_white_space),
            },
            end,
        ));
    }
}

/// The sections, newest first, each with the offset by which it is named.
fn read_chain<'a>(
    bytes: &'a [u8],
    startxref: u64,
    shared: &Arc<Shared>,
    oddities: &mut Vec<Oddity>,
) -> Result<Vec<(u64, Section<'a>)>, Error> {
    let limits = &shared.limits;
    let mut sections: Vec<(u64, Section<'a>)> = Vec::new();
    let mut next = Some(startxref);
    let mut objects = 0_u64;
    while let Some(offset) = next {
        if sections.len() >= limits.xref_sections {
            return Err(Error::limit("xref_sections", limits.xref_sections as u64));
        }
        let section = Section::read(bytes, offset, shared)?;
        if sections
            .iter()
            .any(|(_, old)| old.offset() == section.offset())
        {
            return Err(Error::at(
                PdfFault::Malformed("/Prev runs in a circle"),
                offset,
            ));
        }
        if section.offset() != offset {
            oddities.push(Oddity::new(OddityKind::ImpreciseOffset, offset));
        }
        if let Some(stream) = section.stream_offset() {
            oddities.push(Oddity::new(OddityKind::Hybrid, stream));
        }
        note_size(&section, oddities);
        objects = objects.saturating_add(section.count());
        if objects > limits.objects {
            return Err(Error::limit("objects", limits.objects).within(offset));
        }
        next = match section.trailer().entry(b"Prev") {
            None => None,
            Some(entry) => match entry.value.as_integer().map(u64::try_from) {
                Some(Ok(previous)) => Some(previous),
                _ => {
                    return Err(Error::at(
                        PdfFault::Malformed("/Prev is not an offset"),
                        entry.value_span.start().unwrap_or(offset),
                    ));
                }
            },
        };
        sections.push((offset, section));
    }
    Ok(sections)
}

/// Entries at or above `/Size` do not exist for some readers, ISO 32000-2 table 15.
fn note_size(section: &Section<'_>, oddities: &mut Vec<Oddity>) {
    let size = section.trailer().get(b"Size").and_then(Object::as_integer);
    let fits = match (size, section.highest()) {
        (Some(size), Some(highest)) => size > i64::from(highest),
        (size, None) => size.is_some(),
        (None, _) => false,
    };
    if !fits {
        oddities.push(Oddity::new(OddityKind::Size, section.offset()));
    }
}

/// The marker of an older revision: usually right behind its last section.
fn find_marker(
    bytes: &[u8],
    from: u64,
    ceiling: u64,
    startxref: u64,
    section: Option<&Section<'_>>,
) -> Result<Marker, Error> {
    let offset = section.map_or(startxref, Section::offset);
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let ceiling = usize::try_from(ceiling).unwrap_or(usize::MAX);
    let fits = |marker: &Marker| {
        (marker.value == startxref || marker.value == offset) && marker.end <= ceiling as u64
    };
    let mut lexer = Lexer::new(bytes, from, Origin::File);
    lexer.skip_blank();
    if let Some(marker) = read_marker(bytes, lexer.position()).filter(fits) {
        return Ok(marker);
    }
    let region = bytes.get(from..ceiling).unwrap_or_default();
    memchr::memmem::find_iter(region, b"startxref")
        .filter_map(|found| read_marker(bytes, from.saturating_add(found)))
        .find(fits)
        .ok_or_else(|| {
            Error::at(
                PdfFault::Malformed("revision has no startxref and %%EOF of its own"),
                from as u64,
            )
        })
}

/// Position of the first object when it is a linearisation dictionary.
///
/// Source: ISO 32000-2 annex F.3.3.
fn linearized(bytes: &[u8], shared: &Shared) -> Option<u64> {
    const FRONT: usize = 1024;
    let front = bytes.get(..bytes.len().min(FRONT))?;
    let key = memchr::memmem::find(front, b"/Linearized")?;
    let object = memchr::memmem::rfind(front.get(..key)?, b"obj")?;
    let mut lexer = Lexer::new(bytes, object + 3, Origin::File);
    let (object, span) = parser::parse(&mut lexer, &shared.limits).ok()?;
    object.as_dictionary()?.get(b"Linearized")?.as_number()?;
    span.start()
}

/// How one object number fares in a revision, compared with all revisions before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there, or was free.
    Added,
    /// It was there and is free now.
    Freed,
    /// It was there and lives elsewhere now.
    Replaced,
    /// It is listed again and lives where it lived, or is free as before.
    Unchanged,
}

/// One entry of a revision, and what it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The object, with its generation in this revision.
    pub id: ObjectId,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Where it lived before.
    pub before: Option<Location>,
    /// Where it lives now.
    pub after: Location,
}

/// What `revisions[index]` changes, ordered by object number.
pub(crate) fn changes(revisions: &[Revision<'_>], index: usize) -> Result<Vec<Change>, Error> {
    let Some(revision) = revisions.get(index) else {
        return Err(Error::new(crate::error::ErrorKind::Misuse(
            "no such revision",
        )));
    };
    let older = revisions.get(..index).unwrap_or_default();
    let mut changes = Vec::new();
    for (id, after) in revision.entries()? {
        let mut before = None;
        for revision in older.iter().rev() {
            before = revision.lookup(id.number)?;
            if before.is_some() {
                break;
            }
        }
        let kind = match (before.is_some_and(Location::is_used), after.is_used()) {
            (false, true) => ChangeKind::Added,
            (true, false) => ChangeKind::Freed,
            (false, false) => ChangeKind::Unchanged,
            (true, true) if before == Some(after) => ChangeKind::Unchanged,
            (true, true) => ChangeKind::Replaced,
        };
        changes.push(Change {
            id,
            kind,
            before,
            after,
        });
    }
    changes.sort_by_key(|change| change.id.number);
    Ok(changes)
}
