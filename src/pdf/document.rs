//! Bytes → document: header, revisions, encryption; objects are read when asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::crypt::{self, Encryption};
use super::filter::{Budget, Decoder};
use super::object::{Object, ObjectId};
use super::object_stream::{ObjectStream, ObjectStreams};
use super::parser::{self, Ending, Indirect, not_there};
use super::revision::{self, Change, Revision};
use super::view::View;
use super::xref::{Location, Shared, stream_data};
use super::{Oddity, OddityKind, OpenOptions, recover};
use crate::error::{Error, ErrorKind, PdfFault};
use crate::limits::Limits;

/// How deep reading one object may lead into others: a stream's `/Length`, which lies in an
/// object stream, whose `/Length` …
const DEPTH: usize = 6;

/// Objects that are kept for the next question, then all are forgotten; a signature leads to a few
/// dozen.
const KEPT: usize = 256;

/// A PDF: borrowed bytes, and what was needed to find objects in them.
///
/// Opening costs time by revisions, not by objects.
#[derive(Debug)]
pub struct Document<'a> {
    bytes: &'a [u8],
    shared: Arc<Shared>,
    revisions: Vec<Revision<'a>>,
    oddities: Vec<Oddity>,
    header_offset: u64,
    version: (u8, u8),
    pub(crate) recovered: Option<recover::Ends>,
    encryption: Option<Encryption>,
    object_streams: ObjectStreams,
    /// What was read before, by position: the same few objects are asked for again and again.
    read: Mutex<HashMap<usize, Indirect<'a>>>,
}

impl<'a> Document<'a> {
    /// Opens `bytes`, one whole file, and repairs nothing.
    ///
    /// # Errors
    /// [`PdfFault`] with the position in the file, or a limit.
    pub fn open(bytes: &'a [u8], options: &OpenOptions) -> Result<Self, Error> {
        let mut document = Self::new(bytes, options)?;
        let mut oddities = std::mem::take(&mut document.oddities);
        document.revisions = revision::read(bytes, &document.shared, &mut oddities)?;
        document.oddities = oddities;
        document.open_encryption(options)?;
        Ok(document)
    }

    /// Opens `bytes` without their cross-reference, by looking for objects everywhere.
    ///
    /// The result has one revision. Nothing that it shows may be taken for what the file means
    /// to other programs.
    ///
    /// # Errors
    /// [`PdfFault::NotPdf`], [`PdfFault::Malformed`] when no catalog is found, limits.
    pub fn recover(bytes: &'a [u8], options: &OpenOptions) -> Result<Self, Error> {
        let mut document = Self::new(bytes, options)?;
        recover::rebuild(&mut document, options)?;
        Ok(document)
    }

    fn new(bytes: &'a [u8], options: &OpenOptions) -> Result<Self, Error> {
        let limits = &options.limits;
        if bytes.is_empty() {
            return Err(Error::new(PdfFault::Empty));
        }
        if bytes.len() as u64 > limits.file {
            return Err(Error::limit("file", limits.file));
        }
        let (header_offset, version) = header(bytes)?;
        let mut oddities = Vec::new();
        if header_offset > 0 {
            oddities.push(Oddity::new(OddityKind::BytesBeforeHeader, 0));
        }
        Ok(Self {
            bytes,
            shared: Arc::new(Shared {
                limits: limits.clone(),
                budget: Budget::default(),
            }),
            revisions: Vec::new(),
            oddities,
            header_offset,
            version,
            recovered: None,
            encryption: None,
            object_streams: ObjectStreams::default(),
            read: Mutex::default(),
        })
    }

    pub(crate) fn open_encryption(&mut self, options: &OpenOptions) -> Result<(), Error> {
        let encryption = crypt::open(&self.latest(), &options.passwords)?;
        self.encryption = encryption;
        Ok(())
    }

    pub(crate) fn set_recovered(&mut self, revision: Revision<'a>, ends: recover::Ends) {
        self.revisions = vec![revision];
        self.recovered = Some(ends);
        // What could not be read strictly may be readable now, and differently.
        self.read = Mutex::default();
    }

    /// The whole file.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether the cross-reference was rebuilt.
    pub fn is_recovered(&self) -> bool {
        self.recovered.is_some()
    }

    /// Position of `%PDF-`.
    pub fn header_offset(&self) -> u64 {
        self.header_offset
    }

    /// Major and minor version of the header; the catalog's `/Version` is not looked at.
    pub fn version(&self) -> (u8, u8) {
        self.version
    }

    /// The revisions, oldest first; never empty.
    pub fn revisions(&self) -> &[Revision<'a>] {
        &self.revisions
    }

    /// The document as its last revision shows it.
    pub fn latest(&self) -> View<'_, 'a> {
        self.as_of(usize::MAX)
    }

    /// The document as `revision` shows it, by index from 0; past the end, the last one.
    pub fn as_of(&self, revision: usize) -> View<'_, 'a> {
        View::new(self, revision.min(self.revisions.len().saturating_sub(1)))
    }

    /// What `revision` (index from 0) changes, ordered by object number.
    ///
    /// # Errors
    /// Malformed sections, limits, no such revision.
    pub fn changes(&self, revision: usize) -> Result<Vec<Change>, Error> {
        revision::changes(&self.revisions, revision)
    }

    /// How the file is encrypted, if it is.
    pub fn encryption(&self) -> Option<&Encryption> {
        self.encryption.as_ref()
    }

    /// What is unusual about the structure, in order of discovery.
    pub fn oddities(&self) -> &[Oddity] {
        &self.oddities
    }

    /// The limits that hold for this document.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.recovered.is_none()
    }

    pub(crate) fn decoder(&self) -> Decoder<'_> {
        Decoder {
            limits: &self.shared.limits,
            budget: &self.shared.budget,
            strict: self.is_strict(),
        }
    }

    /// The object stream with object number `number`, as of `revision`.
    pub(crate) fn object_stream_as_of(
        &self,
        revision: usize,
        number: u32,
    ) -> Result<&ObjectStream, Error> {
        self.object_streams.stream(self, revision, number, 0)
    }

    /// The object stream with object number `number`, as the last revision shows it.
    pub(crate) fn object_stream(&self, number: u32) -> Result<&ObjectStream, Error> {
        let last = self.revisions.len().saturating_sub(1);
        self.object_stream_as_of(last, number)
    }

    /// Where `number` lives in the eyes of `revision`.
    pub(crate) fn locate(&self, revision: usize, number: u32) -> Result<Option<Location>, Error> {
        let visible = self.revisions.get(..=revision).unwrap_or(&self.revisions);
        for revision in visible.iter().rev() {
            if let Some(location) = revision.lookup(number)? {
                return Ok(Some(location));
            }
        }
        Ok(None)
    }

    /// Whether a program that does not know `/XRefStm` sees the same object wherever it sees one,
    /// as far as the hybrid sections of `revision` go. Objects that it does not see at all are what
    /// hybrid files are for.
    ///
    /// # Errors
    /// Malformed sections; [`crate::error::ErrorKind::Limit`]: more than `objects` to compare.
    ///
    /// Source: ISO 32000-2 §7.5.8.4.
    pub(crate) fn is_sound_hybrid(&self, revision: usize) -> Result<bool, Error> {
        let visible = self.revisions.get(..=revision).unwrap_or(&self.revisions);
        let sections: Vec<_> = visible.iter().rev().flat_map(Revision::sections).collect();
        let own = visible.last().map_or(0, |own| own.sections().len());
        let mut steps = 0u64;
        for (place, section) in sections.iter().take(own).enumerate() {
            for hidden in section.hidden() {
                let (number, hidden) = hidden?;
                for shown in sections.iter().skip(place) {
                    steps += 1;
                    if steps > self.limits().objects {
                        return Err(Error::limit("objects", self.limits().objects));
                    }
                    let Some(shown) = shown.lookup_shown(number)? else {
                        continue;
                    };
                    if shown.is_used() && Some(shown) != hidden {
                        return Ok(false);
                    }
                    break;
                }
            }
        }
        Ok(true)
    }

    /// Where `id` lives; `None` when it does not exist.
    ///
    /// A reference with another generation than the entry is an error in a strict document:
    /// programs disagree on what it means.
    pub(crate) fn locate_id(
        &self,
        revision: usize,
        id: ObjectId,
    ) -> Result<Option<Location>, Error> {
        match self.locate(revision, id.number)? {
            Some(location) if location.is_used() => {
                if location.generation() == id.generation {
                    return Ok(Some(location));
                }
                if self.is_strict() {
                    let position = match location {
                        Location::Offset { offset, .. } => offset,
                        _ => 0,
                    };
                    return Err(not_there(id, position));
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Reads `id`; `None` when it does not exist. `depth` counts how objects lead to others.
    pub(crate) fn object(
        &self,
        revision: usize,
        id: ObjectId,
        depth: usize,
    ) -> Result<Option<Object<'_>>, Error> {
        match self.locate_id(revision, id)? {
            None | Some(Location::Free { .. }) => Ok(None),
            Some(Location::Offset { offset, .. }) => {
                let mut object = self.object_at(revision, id, offset, depth)?;
                if let Some(encryption) = &self.encryption {
                    encryption.decrypt_strings(id, &mut object)?;
                }
                Ok(Some(object))
            }
            Some(Location::InStream { stream, index }) => self
                .object_streams
                .object(self, revision, id, stream, index, depth)
                .map(Some),
        }
    }

    /// Reads what stands at `position`.
    fn indirect(&self, position: usize) -> Result<Indirect<'a>, Error> {
        // A map is whole between calls.
        let known = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(&position) {
            return Ok(known.clone());
        }
        let limits = &self.shared.limits;
        let read = parser::parse_indirect(self.bytes, position, limits, self.is_strict())?;
        let mut known = known();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(position, read.clone());
        Ok(read)
    }

    /// Reads the object at `offset`, which must be `id`; strings are not decrypted.
    pub(crate) fn object_at(
        &self,
        revision: usize,
        id: ObjectId,
        offset: u64,
        depth: usize,
    ) -> Result<Object<'a>, Error> {
        let position = usize::try_from(offset)
            .ok()
            .filter(|position| *position < self.bytes.len())
            .ok_or_else(|| not_there(id, offset))?;
        let object = self
            .indirect(position)
            .map_err(|error| match error.kind() {
                ErrorKind::Pdf(PdfFault::Malformed("expected an object header")) => {
                    not_there(id, offset)
                }
                _ => error,
            })?;
        if object.id != id {
            return Err(not_there(id, offset));
        }
        let Ending::Stream(start) = object.ending else {
            return Ok(object.value);
        };
        let Object::Dictionary(dictionary) = object.value else {
            return Ok(object.value);
        };
        let data = match dictionary.get(b"Length") {
            Some(Object::Integer(length)) => Ok(*length),
            Some(Object::Reference(length)) => self.length(revision, *length, depth + 1),
            _ => Err(Error::at(
                PdfFault::Malformed("stream without /Length"),
                object.start as u64,
            )),
        }
        .and_then(|length| {
            let length = usize::try_from(length).map_err(|_| {
                Error::at(
                    PdfFault::Malformed("/Length is negative"),
                    object.start as u64,
                )
            })?;
            stream_data(self.bytes, start, length)
        });
        let raw = match (data, &self.recovered) {
            (Ok((raw, _)), _) => raw,
            (Err(_), Some(ends)) => ends.data(self.bytes, start),
            (Err(error), None) => return Err(error),
        };
        Ok(Object::Stream(Box::new(super::Stream {
            dictionary,
            raw,
            span: super::Span::new(start as u64, (start + raw.len()) as u64),
            id,
        })))
    }

    /// Where object `id` stands as `revision` shows it, from its header to its `endobj`; `None`
    /// inside an object stream, or when it does not exist.
    ///
    /// # Errors
    /// As [`super::View::get`].
    pub fn object_span(
        &self,
        revision: usize,
        id: ObjectId,
    ) -> Result<Option<std::ops::Range<u64>>, Error> {
        let Some(Location::Offset { offset, .. }) = self.locate_id(revision, id)? else {
            return Ok(None);
        };
        let position = usize::try_from(offset).map_err(|_| not_there(id, offset))?;
        let object = self.indirect(position)?;
        let end = match object.ending {
            Ending::EndObject(end) | Ending::Missing(end) => end,
            Ending::Stream(start) => match self.object_at(revision, id, offset, 0)? {
                Object::Stream(stream) => stream_data(self.bytes, start, stream.raw().len())?.1,
                _ => start,
            },
        };
        Ok(Some(object.start as u64..end as u64))
    }

    /// The number that a stream's `/Length` refers to.
    fn length(&self, revision: usize, id: ObjectId, depth: usize) -> Result<i64, Error> {
        if depth > DEPTH {
            return Err(Error::new(PdfFault::Malformed("/Length refers to itself")));
        }
        let fault = |offset| Error::at(PdfFault::Malformed("/Length is not a number"), offset);
        match self.locate_id(revision, id)? {
            Some(Location::Offset { offset, .. }) => {
                let position = usize::try_from(offset).unwrap_or(usize::MAX);
                // A stream is refused before its own length is asked for.
                let object = self.indirect(position)?;
                match object.value {
                    Object::Integer(length) if object.id == id => Ok(length),
                    _ => Err(fault(offset)),
                }
            }
            Some(Location::InStream { .. }) => self
                .object(revision, id, depth)?
                .and_then(|object| object.as_integer())
                .ok_or_else(|| fault(0)),
            _ => Err(Error::new(PdfFault::Malformed("/Length does not exist"))),
        }
    }
}

/// Position and version of `%PDF-M.N`, sought in the first 1024 bytes.
fn header(bytes: &[u8]) -> Result<(u64, (u8, u8)), Error> {
    const FRONT: usize = 1024;
    let front = bytes.get(..bytes.len().min(FRONT)).unwrap_or_default();
    let offset = memchr::memmem::find(front, b"%PDF-").ok_or(PdfFault::NotPdf)?;
    let version = match front.get(offset + 5..).unwrap_or_default() {
        [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9', ..] => (major - b'0', minor - b'0'),
        _ => (0, 0),
    };
    Ok((offset as u64, version))
}
