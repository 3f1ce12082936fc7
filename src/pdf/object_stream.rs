//! Object streams → the objects in them; each is decoded once.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::document::Document;
use super::lexer::{Lexer, Origin};
use super::object::{Object, ObjectId};
use super::parser::{self, not_there};
use super::view;
use super::xref::Location;
use crate::error::{Error, PdfFault};
use crate::limits::Limits;

/// A decoded object stream.
///
/// Source: ISO 32000-2 §7.5.7.
#[derive(Debug)]
pub(crate) struct ObjectStream {
    data: Box<[u8]>,
    /// Object number and position in `data`, as the head lists them.
    head: Vec<(u32, usize)>,
    /// Position of the stream's object in the file.
    position: u64,
}

impl ObjectStream {
    /// `count` is `/N`, `first` is `/First`.
    pub(crate) fn new(
        data: Vec<u8>,
        count: u64,
        first: usize,
        position: u64,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let fault = |what| Error::at(PdfFault::Malformed(what), position);
        let most = limits.object_stream_items as u64;
        if count > most {
            return Err(Error::limit("object_stream_items", most).within(position));
        }
        let front = data
            .get(..first)
            .ok_or_else(|| fault("object stream is shorter than its head"))?;
        // Two numbers and the blanks behind them take four bytes at least.
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut head = Vec::with_capacity(count.min(first / 4 + 1));
        let mut lexer = Lexer::new(front, 0, Origin::Stream(position));
        for _ in 0..count {
            let mut number = || {
                lexer.skip_blank();
                lexer.take_unsigned()
            };
            let pair = number()
                .and_then(|number| u32::try_from(number).ok())
                .zip(number().and_then(|offset| usize::try_from(offset).ok()))
                .and_then(|(number, offset)| Some((number, first.checked_add(offset)?)));
            head.push(pair.ok_or_else(|| fault("malformed head of an object stream"))?);
        }
        Ok(Self {
            data: data.into_boxed_slice(),
            head,
            position,
        })
    }

    /// The numbers of its objects, in order.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.head.iter().map(|(number, _)| *number)
    }

    pub(crate) fn object(
        &self,
        id: ObjectId,
        index: u32,
        limits: &Limits,
    ) -> Result<Object<'_>, Error> {
        let at = usize::try_from(index)
            .ok()
            .and_then(|index| self.head.get(index))
            .filter(|(number, at)| *number == id.number && *at < self.data.len())
            .map(|(_, at)| *at)
            .ok_or_else(|| not_there(id, self.position))?;
        let mut lexer = Lexer::new(&self.data, at, Origin::Stream(self.position));
        parser::parse(&mut lexer, limits).map(|(object, _)| object)
    }
}

/// Segments double in size, so that what is in them never moves.
const SEGMENTS: usize = 32;
type Segment = Box<[OnceLock<ObjectStream>]>;

/// The object streams that were decoded so far.
#[derive(Debug, Default)]
pub(crate) struct ObjectStreams {
    index: Mutex<Index>,
    segments: [OnceLock<Segment>; SEGMENTS],
}

#[derive(Debug, Default)]
struct Index {
    /// By revision of the asker and object number. A stream's data can depend on the revision,
    /// because its `/Length` may be an object of its own.
    by_number: HashMap<(usize, u32), usize>,
    /// By range of the data in the file.
    by_range: HashMap<(u64, u64), usize>,
    count: usize,
}

impl ObjectStreams {
    fn slot(&self, index: usize) -> Option<&OnceLock<ObjectStream>> {
        let segment = (index + 1).ilog2() as usize;
        let size = 1_usize << segment;
        let slots = self
            .segments
            .get(segment)?
            .get_or_init(|| (0..size).map(|_| OnceLock::new()).collect());
        slots.get(index + 1 - size)
    }

    pub(crate) fn object<'d>(
        &'d self,
        document: &'d Document<'_>,
        revision: usize,
        id: ObjectId,
        stream: u32,
        index: u32,
        depth: usize,
    ) -> Result<Object<'d>, Error> {
        self.stream(document, revision, stream, depth)?
            .object(id, index, document.limits())
    }

    /// The object stream with object number `number`.
    pub(crate) fn stream<'d>(
        &'d self,
        document: &'d Document<'_>,
        revision: usize,
        number: u32,
        depth: usize,
    ) -> Result<&'d ObjectStream, Error> {
        let known = self.lock().by_number.get(&(revision, number)).copied();
        if let Some(stream) = known.and_then(|index| self.slot(index)?.get()) {
            return Ok(stream);
        }
        let id = ObjectId::new(number, 0);
        let fault = |what, position| Error::at(PdfFault::Malformed(what), position);
        let Some(Location::Offset { offset, .. }) = document.locate_id(revision, id)? else {
            // Also an object stream in an object stream.
            return Err(not_there(id, 0));
        };
        let object = document.object_at(revision, id, offset, depth + 1)?;
        let Object::Stream(stream) = object else {
            return Err(fault("object stream is not a stream", offset));
        };
        let number_of = |key: &[u8]| -> Result<u64, Error> {
            let value = match stream.dictionary().get(key) {
                Some(Object::Integer(value)) => u64::try_from(*value).ok(),
                _ => None,
            };
            value.ok_or_else(|| fault("object stream without /N or /First", offset))
        };
        if !stream.dictionary().is_name(b"Type", b"ObjStm") {
            return Err(fault("object stream has another type", offset));
        }
        let range = stream.span().range().unwrap_or_default();
        let range = (range.start, range.end);
        {
            let mut index = self.lock();
            if let Some(&known) = index.by_range.get(&range) {
                index.by_number.insert((revision, number), known);
                drop(index);
                if let Some(stream) = self.slot(known).and_then(OnceLock::get) {
                    return Ok(stream);
                }
            }
        }
        let count = number_of(b"N")?;
        let first = usize::try_from(number_of(b"First")?).unwrap_or(usize::MAX);
        let data = view::decode_direct(document, &stream, offset)?;
        let decoded = ObjectStream::new(data, count, first, offset, document.limits())?;
        let slot = {
            let mut index = self.lock();
            let new = index.count;
            index.count += 1;
            index.by_number.insert((revision, number), new);
            index.by_range.insert(range, new);
            new
        };
        match self.slot(slot) {
            Some(slot) => Ok(slot.get_or_init(|| decoded)),
            None => Err(Error::limit("objects", document.limits().objects)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
