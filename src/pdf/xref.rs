//! Cross-reference sections → where an object lives; rows are looked up in place.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::filter::{self, Budget, Decoder, Filter};
use super::lexer::{Lexer, Origin};
use super::object::{Dictionary, Object, ObjectId};
use super::parser::{self, Ending};
use crate::error::{Error, PdfFault};
use crate::limits::Limits;

/// Bytes of a row of a cross-reference table, line end included. ISO 32000-2 §7.5.4.
const ROW: usize = 20;

/// What a cross-reference section says about one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Location {
    /// There is no such object (any more).
    Free {
        /// Generation number that a new object of this number would have.
        generation: u16,
    },
    /// In the file.
    Offset {
        /// Position of `n g obj`, in bytes from file start.
        offset: u64,
        /// Generation number.
        generation: u16,
    },
    /// In an object stream.
    InStream {
        /// Object number of the object stream (generation 0).
        stream: u32,
        /// Index among its objects, from 0.
        index: u32,
    },
}

impl Location {
    /// Whether there is an object.
    pub fn is_used(self) -> bool {
        !matches!(self, Self::Free { .. })
    }

    /// Generation number; 0 inside object streams.
    pub fn generation(self) -> u16 {
        match self {
            Self::Free { generation } | Self::Offset { generation, .. } => generation,
            Self::InStream { .. } => 0,
        }
    }
}

/// Which form a cross-reference section has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XrefKind {
    /// A table and a table in a stream beside it, which may disagree.
    Hybrid,
    /// Rebuilt by [`super::Document::recover`], because the file has none that can be used.
    Recovered,
    /// `/Type /XRef`, PDF 1.5.
    Stream,
    /// `xref`.
    Table,
}

/// A run of consecutive object numbers.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: u32,
    count: u32,
    /// Tables: position of the first row in the file. Streams: number of the first row.
    start: usize,
}

/// Sorts `runs` and refuses object numbers that are given twice.
fn sorted(mut runs: Vec<Run>, position: u64) -> Result<Vec<Run>, Error> {
    runs.retain(|run| run.count > 0);
    runs.sort_by_key(|run| run.first);
    let overlap = runs.windows(2).any(|pair| match pair {
        [a, b] => a.first.saturating_add(a.count) > b.first,
        _ => false,
    });
    if overlap {
        return Err(Error::at(
            PdfFault::Malformed("cross-reference section lists an object twice"),
            position,
        ));
    }
    Ok(runs)
}

/// The row of `number`: the run's start, and the index in the run.
fn find(runs: &[Run], number: u32) -> Option<(usize, usize)> {
    let after = runs.partition_point(|run| run.first <= number);
    let run = runs.get(after.checked_sub(1)?)?;
    let index = number - run.first;
    (index < run.count).then_some((run.start, index as usize))
}

/// A cross-reference table: row positions only.
#[derive(Debug)]
struct Table<'a> {
    bytes: &'a [u8],
    runs: Vec<Run>,
}

impl Table<'_> {
    fn lookup(&self, number: u32) -> Result<Option<Location>, Error> {
        let Some((start, index)) = find(&self.runs, number) else {
            return Ok(None);
        };
        let at = start.saturating_add(index.saturating_mul(ROW));
        let row = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
        row.and_then(parse_row).map(Some).ok_or_else(|| {
            Error::at(
                PdfFault::Malformed("malformed row of a cross-reference table"),
                at as u64,
            )
        })
    }
}

/// `nnnnnnnnnn ggggg n` and two characters of line end.
fn parse_row(row: &[u8; ROW]) -> Option<Location> {
    fn digits(bytes: &[u8]) -> Option<u64> {
        bytes.iter().try_fold(0_u64, |value, byte| {
            byte.is_ascii_digit()
                .then(|| value * 10 + u64::from(byte - b'0'))
        })
    }
    let (offset, rest) = row.split_at_checked(10)?;
    let (generation, rest) = rest.strip_prefix(b" ")?.split_at_checked(5)?;
    let offset = digits(offset)?;
    let generation = digits(generation)?;
    let [b' ', kind @ (b'n' | b'f'), end @ ..] = rest else {
        return None;
    };
    if !matches!(end, b" \n" | b" \r" | b"\r\n") {
        return None;
    }
    Some(if *kind == b'n' {
        let generation = u16::try_from(generation).ok()?;
        Location::Offset { offset, generation }
    } else {
        // NOTE: programs write 65536 in free rows; no object can have that generation either way.
        let generation = u16::try_from(generation).unwrap_or(u16::MAX);
        Location::Free { generation }
    })
}

/// A cross-reference stream; decoded at the first look-up.
#[derive(Debug)]
struct Rows<'a> {
    raw: &'a [u8],
    filters: Vec<Filter>,
    widths: [usize; 3],
    runs: Vec<Run>,
    count: usize,
    position: u64,
    shared: Arc<Shared>,
    decoded: OnceLock<Result<Box<[u8]>, Error>>,
}

impl Rows<'_> {
    fn decoded(&self) -> Result<&[u8], Error> {
        let decode = || {
            let decoder = Decoder {
                limits: &self.shared.limits,
                budget: &self.shared.budget,
                strict: true,
            };
            let data = decoder.decode(self.raw, &self.filters)?;
            let needed = self.count.checked_mul(self.widths.iter().sum());
            if needed.is_none_or(|needed| needed > data.len()) {
                return Err(Error::new(PdfFault::Malformed(
                    "cross-reference stream is shorter than it says",
                )));
            }
            Ok(data.into_boxed_slice())
        };
        match self.decoded.get_or_init(decode) {
            Ok(data) => Ok(data),
            Err(error) => Err(error.clone().within(self.position)),
        }
    }

    fn lookup(&self, number: u32) -> Result<Option<Location>, Error> {
        let Some((start, index)) = find(&self.runs, number) else {
            return Ok(None);
        };
        self.row(start.saturating_add(index))
    }

    fn row(&self, row: usize) -> Result<Option<Location>, Error> {
        let fault = |what| Error::at(PdfFault::Malformed(what), self.position);
        let [kind, second, third] = self.widths;
        let width = kind + second + third;
        let data = self.decoded()?;
        let mut rest = row
            .checked_mul(width)
            .and_then(|at| data.get(at..))
            .ok_or_else(|| fault("cross-reference stream is shorter than it says"))?;
        let mut field = |width: usize| -> Result<u64, Error> {
            let (field, after) = rest
                .split_at_checked(width)
                .ok_or_else(|| fault("cross-reference stream is shorter than it says"))?;
            rest = after;
            Ok(field
                .iter()
                .fold(0, |value, byte| value << 8 | u64::from(*byte)))
        };
        // ISO 32000-2 table 17: the type is 1 when its width is 0.
        let kind = if kind == 0 { 1 } else { field(kind)? };
        let (second, third) = (field(second)?, field(third)?);
        let generation =
            || u16::try_from(third).map_err(|_| fault("generation number is above 65535"));
        Ok(match kind {
            0 => Some(Location::Free {
                // Some writers put more than 16 bits here, and nothing depends on it.
                generation: u16::try_from(third).unwrap_or(u16::MAX),
            }),
            1 => Some(Location::Offset {
                offset: second,
                generation: generation()?,
            }),
            2 => Some(Location::InStream {
                stream: u32::try_from(second)
                    .map_err(|_| fault("object number of an object stream is too large"))?,
                index: u32::try_from(third)
                    .map_err(|_| fault("index in an object stream is too large"))?,
            }),
            // Unknown types read as null objects, ISO 32000-2 §7.5.8.3.
            _ => Some(Location::Free { generation: 0 }),
        })
    }
}

/// What every part of a document uses.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
}

#[derive(Debug)]
enum Body<'a> {
    Table(Table<'a>),
    Stream(Rows<'a>),
    Hybrid(Table<'a>, Rows<'a>),
    Recovered(HashMap<u32, Location>),
}

/// One cross-reference section with its trailer.
#[derive(Debug)]
pub struct Section<'a> {
    offset: u64,
    end: u64,
    trailer: Dictionary<'a>,
    body: Body<'a>,
    stream_offset: Option<u64>,
    highest: Option<u32>,
}

impl<'a> Section<'a> {
    /// Position of `xref` or of the stream's `n g obj`, in bytes from file start.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Just after the trailer dictionary, or the `endobj` of the stream.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The trailer dictionary, or that of the stream. Never decrypted.
    pub fn trailer(&self) -> &Dictionary<'a> {
        &self.trailer
    }

    /// Which form it has.
    pub fn kind(&self) -> XrefKind {
        match self.body {
            Body::Hybrid(..) => XrefKind::Hybrid,
            Body::Recovered(_) => XrefKind::Recovered,
            Body::Stream(_) => XrefKind::Stream,
            Body::Table(_) => XrefKind::Table,
        }
    }

    /// Position of the stream of a hybrid section, in bytes from file start.
    pub fn stream_offset(&self) -> Option<u64> {
        self.stream_offset
    }

    /// The highest object number that is listed.
    pub fn highest(&self) -> Option<u32> {
        self.highest
    }

    /// Where the section says that `number` lives; `None` when it is silent.
    pub(crate) fn lookup(&self, number: u32) -> Result<Option<Location>, Error> {
        match &self.body {
            Body::Table(table) => table.lookup(number),
            Body::Stream(rows) => rows.lookup(number),
            Body::Recovered(map) => Ok(map.get(&number).copied()),
            // ISO 32000-2 §7.5.8.4: objects that are free in the table may be in the stream.
            Body::Hybrid(table, rows) => match table.lookup(number)? {
                Some(location) if location.is_used() => Ok(Some(location)),
                free => match rows.lookup(number)? {
                    Some(location) if location.is_used() => Ok(Some(location)),
                    other => Ok(free.or(other)),
                },
            },
        }
    }

    /// As [`Self::lookup`], for a program that does not know `/XRefStm`.
    pub(crate) fn lookup_shown(&self, number: u32) -> Result<Option<Location>, Error> {
        match &self.body {
            Body::Hybrid(table, _) => table.lookup(number),
            _ => self.lookup(number),
        }
    }

    /// What the stream of a hybrid section lists; nothing in other sections.
    pub(crate) fn hidden(
        &self,
    ) -> impl Iterator<Item = Result<(u32, Option<Location>), Error>> + '_ {
        let rows = match &self.body {
            Body::Hybrid(_, rows) => Some(rows),
            _ => None,
        };
        rows.into_iter().flat_map(|rows| {
            let numbers = rows
                .runs
                .iter()
                .flat_map(|run| run.first..run.first.saturating_add(run.count));
            numbers.map(|number| Ok((number, rows.lookup(number)?)))
        })
    }

    /// The object numbers that are listed, with repetitions in hybrid sections.
    pub(crate) fn numbers(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        fn all(runs: &[Run]) -> impl Iterator<Item = u32> {
            runs.iter()
                .flat_map(|run| run.first..run.first.saturating_add(run.count))
        }
        match &self.body {
            Body::Table(table) => Box::new(all(&table.runs)),
            Body::Stream(rows) => Box::new(all(&rows.runs)),
            Body::Hybrid(table, rows) => Box::new(all(&table.runs).chain(all(&rows.runs))),
            Body::Recovered(map) => Box::new(map.keys().copied()),
        }
    }

    /// How many entries are present.
    pub(crate) fn count(&self) -> u64 {
        let sum = |runs: &[Run]| runs.iter().map(|run| u64::from(run.count)).sum();
        match &self.body {
            Body::Table(table) => sum(&table.runs),
            Body::Stream(rows) => sum(&rows.runs),
            Body::Hybrid(table, rows) => sum(&table.runs) + sum(&rows.runs),
            Body::Recovered(map) => map.len() as u64,
        }
    }

    pub(crate) fn recovered(
        map: HashMap<u32, Location>,
        trailer: Dictionary<'a>,
        end: u64,
    ) -> Self {
        Self {
            offset: 0,
            end,
            trailer,
            highest: map.keys().max().copied(),
            body: Body::Recovered(map),
            stream_offset: None,
        }
    }

    /// Reads the section at `offset`: its head and its trailer, not its rows.
    pub(crate) fn read(bytes: &'a [u8], offset: u64, shared: &Arc<Shared>) -> Result<Self, Error> {
        let position = usize::try_from(offset)
            .ok()
            .filter(|position| *position < bytes.len())
            .ok_or_else(|| {
                Error::at(
                    PdfFault::Malformed("cross-reference section lies outside the file"),
                    offset,
                )
            })?;
        let mut lexer = Lexer::new(bytes, position, Origin::File);
        lexer.skip_white_space();
        // NOTE: some writers count one byte too many and point into the keyword. There is only one
        // way to read that; the caller records it.
        if lexer.rest().starts_with(b"ref")
            && position.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'x')
        {
            lexer.set_position(position - 1);
        }
        let offset = lexer.position() as u64;
        if lexer.take_keyword(b"xref") {
            return read_table(bytes, lexer, offset, shared);
        }
        let (rows, trailer, end) = read_stream(bytes, lexer.position(), shared)?;
        let section = Self {
            offset,
            end,
            trailer,
            highest: highest(&rows.runs),
            body: Body::Stream(rows),
            stream_offset: None,
        };
        section.checked(shared)
    }

    fn checked(self, shared: &Shared) -> Result<Self, Error> {
        if self.count() > shared.limits.objects {
            return Err(Error::limit("objects", shared.limits.objects).within(self.offset));
        }
        Ok(self)
    }
}

fn highest(runs: &[Run]) -> Option<u32> {
    let last = runs.last()?;
    Some(last.first.saturating_add(last.count).saturating_sub(1))
}

fn read_table<'a>(
    bytes: &'a [u8],
    mut lexer: Lexer<'a>,
    offset: u64,
    shared: &Arc<Shared>,
) -> Result<Section<'a>, Error> {
    let mut runs = Vec::new();
    loop {
        lexer.skip_blank();
        if lexer.take_keyword(b"trailer") {
            break;
        }
        let head = lexer.position();
        let run = |lexer: &mut Lexer<'_>| {
            let first = u32::try_from(lexer.take_unsigned()?).ok()?;
            lexer.skip_white_space();
            let count = u32::try_from(lexer.take_unsigned()?).ok()?;
            lexer.skip_white_space();
            let start = lexer.position();
            let end = start.checked_add(ROW.checked_mul(count as usize)?)?;
            (end <= bytes.len() && first.checked_add(count).is_some()).then(|| {
                lexer.set_position(end);
                Run {
                    first,
                    count,
                    start,
                }
            })
        };
        match run(&mut lexer) {
            Some(run) => runs.push(run),
            None => return Err(lexer.error("malformed cross-reference table", head)),
        }
    }
    let runs = sorted(runs, offset)?;
    let at = lexer.position();
    let (trailer, _) = parser::parse(&mut lexer, &shared.limits)?;
    let Object::Dictionary(trailer) = trailer else {
        return Err(lexer.error("trailer is not a dictionary", at));
    };
    let end = lexer.position() as u64;
    let mut top = highest(&runs);
    let table = Table { bytes, runs };
    let (body, stream_offset) = match trailer.get(b"XRefStm") {
        None => (Body::Table(table), None),
        Some(object) => {
            let stream = object.as_integer().and_then(|at| usize::try_from(at).ok());
            let Some(stream) = stream.filter(|at| *at < bytes.len()) else {
                return Err(lexer.error("/XRefStm does not point into the file", at));
            };
            let (rows, _, _) = read_stream(bytes, stream, shared)?;
            top = top.max(highest(&rows.runs));
            (Body::Hybrid(table, rows), Some(stream as u64))
        }
    };
    Section {
        offset,
        end,
        trailer,
        body,
        stream_offset,
        highest: top,
    }
    .checked(shared)
}

/// Reads the cross-reference stream at `position`: rows, dictionary, just after `endobj`.
///
/// All its values must be direct, ISO 32000-2 §7.5.8.2.
fn read_stream<'a>(
    bytes: &'a [u8],
    position: usize,
    shared: &Arc<Shared>,
) -> Result<(Rows<'a>, Dictionary<'a>, u64), Error> {
    let limits = &shared.limits;
    let object = parser::parse_indirect(bytes, position, limits, true)?;
    let fault = |what| Error::at(PdfFault::Malformed(what), object.start as u64);
    let (Object::Dictionary(dictionary), Ending::Stream(start)) = (object.value, object.ending)
    else {
        return Err(fault("expected a cross-reference section"));
    };
    if !dictionary.is_name(b"Type", b"XRef") {
        return Err(fault("expected a cross-reference section"));
    }
    let length = dictionary
        .get(b"Length")
        .and_then(Object::as_integer)
        .and_then(|length| usize::try_from(length).ok())
        .ok_or_else(|| fault("/Length of a cross-reference stream is not a number"))?;
    let (raw, end) = stream_data(bytes, start, length)?;
    let direct = |object: &Object<'a>| match object {
        Object::Reference(_) => Err(fault("cross-reference stream uses a reference")),
        other => Ok(other.clone()),
    };
    let filters = filter::chain(&dictionary, limits, &direct)
        .map_err(|error| error.within(object.start as u64))?;
    let numbers = |key: &[u8]| -> Result<Option<Vec<u64>>, Error> {
        let Some(value) = dictionary.get(key) else {
            return Ok(None);
        };
        value
            .as_array()
            .and_then(|array| {
                array
                    .iter()
                    .map(|item| u64::try_from(item.as_integer()?).ok())
                    .collect()
            })
            .map(Some)
            .ok_or_else(|| fault("/W or /Index of a cross-reference stream is malformed"))
    };
    let widths = match numbers(b"W")?.as_deref() {
        // Eight bytes fill the numbers that an offset is held in.
        Some(&[a @ 0..=8, b @ 0..=8, c @ 0..=8]) if a + b + c > 0 => {
            [a as usize, b as usize, c as usize]
        }
        _ => return Err(fault("/W of a cross-reference stream is malformed")),
    };
    let size = dictionary
        .get(b"Size")
        .and_then(Object::as_integer)
        .and_then(|size| u32::try_from(size).ok())
        .ok_or_else(|| fault("/Size of a cross-reference stream is malformed"))?;
    let index = numbers(b"Index")?.unwrap_or_else(|| vec![0, u64::from(size)]);
    let (pairs, rest) = index.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(fault("/Index of a cross-reference stream is malformed"));
    }
    let mut runs = Vec::with_capacity(pairs.len());
    let mut count = 0_usize;
    for &[first, length] in pairs {
        let run = u32::try_from(first).ok().zip(u32::try_from(length).ok());
        let Some((first, length)) = run.filter(|(first, n)| first.checked_add(*n).is_some()) else {
            return Err(fault("/Index of a cross-reference stream is malformed"));
        };
        runs.push(Run {
            first,
            count: length,
            start: count,
        });
        count = count.saturating_add(length as usize);
    }
    if count as u64 > limits.objects {
        return Err(Error::limit("objects", limits.objects).within(object.start as u64));
    }
    let runs = sorted(runs, object.start as u64)?;
    let rows = Rows {
        raw,
        filters,
        widths,
        runs,
        count,
        position: object.start as u64,
        shared: Arc::clone(shared),
        decoded: OnceLock::new(),
    };
    Ok((rows, dictionary, end as u64))
}

/// The data of a stream that starts at `start`, and the position just after `endobj`.
///
/// White space between the data and `endstream` is accepted, as every reader does.
pub(crate) fn stream_data(
    bytes: &[u8],
    start: usize,
    length: usize,
) -> Result<(&[u8], usize), Error> {
    let fault = |what, at: usize| Error::at(PdfFault::Malformed(what), at as u64);
    let end = start.checked_add(length).filter(|end| *end <= bytes.len());
    let Some((end, data)) = end.and_then(|end| Some((end, bytes.get(start..end)?))) else {
        return Err(fault("stream is longer than the file", start));
    };
    let mut lexer = Lexer::new(bytes, end, Origin::File);
    lexer.skip_white_space();
    if !lexer.take_keyword(b"endstream") {
        return Err(fault("stream does not end where /Length says", end));
    }
    lexer.skip_blank();
    if !lexer.take_keyword(b"endobj") {
        return Err(fault("expected endobj", lexer.position()));
    }
    Ok((data, lexer.position()))
}

/// An object of a section with its place.
pub(crate) fn id_of(number: u32, location: Location) -> ObjectId {
    ObjectId::new(number, location.generation())
}
