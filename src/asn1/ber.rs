//! BER as real signatures use it → elements with their spans, and their DER.
//!
//! Read are indefinite lengths, lengths with leading zeros and strings in pieces; depth is
//! bounded and nothing is recursive. An element keeps its octets and its position in the input.

use std::borrow::Cow;
use std::ops::Deref;

use super::header::{Cursor, Header, truncated};
use super::{Tag, write};
use crate::error::{Asn1Fault, Error};

/// One element of BER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Identifier octet.
    pub tag: Tag,
    /// Header, content and end marker, as they stand in the input.
    pub raw: &'a [u8],
    /// Content octets, without the end marker.
    pub content: &'a [u8],
    /// Position of `raw` in the outermost input, in bytes.
    pub offset: u64,
    header: usize,
    depth: usize,
    max_depth: usize,
    /// A survey of something around it saw nothing but DER.
    known_der: bool,
}

impl<'a> Element<'a> {
    /// Position of `content` in the outermost input, in bytes.
    pub fn content_offset(&self) -> u64 {
        self.offset + self.header as u64
    }

    /// A reader over the elements inside.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Limit`]: nested too deep.
    pub fn reader(&self) -> Result<Reader<'a>, Error> {
        let depth = self.depth + 1;
        if depth > self.max_depth {
            return Err(too_deep(self.max_depth, self.offset));
        }
        Ok(Reader {
            cursor: Cursor::at(self.content, self.content_offset()),
            depth,
            max_depth: self.max_depth,
            // No survey looks inside primitive values.
            known_der: self.known_der && self.tag.is_constructed(),
        })
    }

    /// The one element inside an EXPLICIT tag.
    ///
    /// # Errors
    /// [`Asn1Fault`]: nothing inside, more than one, or malformed.
    pub fn only(&self) -> Result<Element<'a>, Error> {
        let mut reader = self.reader()?;
        let element = reader.element()?;
        reader.finish()?;
        Ok(element)
    }

    /// The octets of an OCTET STRING, whole or in pieces.
    ///
    /// `tag` is the primitive tag: [`Tag::OCTET_STRING`] or an IMPLICIT one in its place.
    ///
    /// # Errors
    /// [`Asn1Fault`]: another tag, or a piece that is no OCTET STRING.
    ///
    /// Source: X.690 §8.7.
    pub fn octets(&self, tag: Tag) -> Result<Cow<'a, [u8]>, Error> {
        if self.tag == tag {
            return Ok(Cow::Borrowed(self.content));
        }
        if self.tag != Tag(tag.0 | 0x20) {
            return Err(super::unexpected(tag, self.tag, self.offset));
        }
        let mut octets = Vec::new();
        let mut open = vec![self.reader()?];
        while let Some(reader) = open.last_mut() {
            if reader.is_empty() {
                open.pop();
                continue;
            }
            let piece = reader.element()?;
            match piece.tag {
                Tag::OCTET_STRING => octets.extend_from_slice(piece.content),
                Tag(0x24) => open.push(piece.reader()?),
                other => {
                    return Err(super::unexpected(Tag::OCTET_STRING, other, piece.offset));
                }
            }
        }
        Ok(Cow::Owned(octets))
    }

    /// The DER of this element: the input itself when it is DER already.
    ///
    /// # Errors
    /// As [`to_der`].
    pub fn der(&self) -> Result<Cow<'a, [u8]>, Error> {
        if self.is_der()? {
            return Ok(Cow::Borrowed(self.raw));
        }
        to_der(self.raw, self.max_depth)
            .map(Cow::Owned)
            .map_err(|error| error.within(self.offset))
    }

    /// Whether every header in it is DER: see [`Survey::not_der`].
    ///
    /// # Errors
    /// As [`survey`].
    pub fn is_der(&self) -> Result<bool, Error> {
        if self.known_der {
            return Ok(true);
        }
        let survey = survey(self.raw, self.max_depth).map_err(|error| error.within(self.offset))?;
        Ok(survey.not_der.is_none())
    }

    /// This element as DER, without a look at what is inside.
    ///
    /// # Errors
    /// [`Asn1Fault::NotDer`]: the header is not DER.
    pub fn strict(&self) -> Result<super::Element<'a>, Error> {
        let mut reader = super::Reader::at(self.raw, self.offset);
        let element = reader.element()?;
        reader.finish()?;
        Ok(element)
    }

    /// This element when it has the expected tag.
    ///
    /// # Errors
    /// [`Asn1Fault::UnexpectedTag`].
    pub fn expect(self, expected: Tag) -> Result<Self, Error> {
        if self.tag == expected {
            Ok(self)
        } else {
            Err(super::unexpected(expected, self.tag, self.offset))
        }
    }
}

/// Reads BER elements one after the other.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    max_depth: usize,
    known_der: bool,
}

impl<'a> Deref for Reader<'a> {
    type Target = Cursor<'a>;

    fn deref(&self) -> &Cursor<'a> {
        &self.cursor
    }
}

impl<'a> Reader<'a> {
    /// Over `input`, which stands at position 0; values nest at most `max_depth` deep.
    pub fn new(input: &'a [u8], max_depth: usize) -> Self {
        Self {
            cursor: Cursor::at(input, 0),
            depth: 0,
            max_depth,
            known_der: false,
        }
    }

    /// As [`Reader::new`], with what a look at the whole first element shows.
    ///
    /// # Errors
    /// As [`survey`].
    pub fn surveyed(input: &'a [u8], max_depth: usize) -> Result<(Self, Survey), Error> {
        let survey = survey(input, max_depth)?;
        let mut reader = Self::new(input, max_depth);
        reader.known_der = survey.not_der.is_none();
        Ok((reader, survey))
    }

    /// The next element.
    ///
    /// # Errors
    /// [`Asn1Fault`]; [`crate::error::ErrorKind::Limit`]: nested too deep.
    pub fn element(&mut self) -> Result<Element<'a>, Error> {
        let offset = self.offset();
        let rest = self.rest();
        let header = Header::read(rest).map_err(|fault| Error::at(fault, offset))?;
        let (content_end, end) = match header.length {
            Some(length) => {
                let end = header.octets.saturating_add(length);
                (end, end)
            }
            None => {
                let allowed = self.max_depth.saturating_sub(self.depth);
                let end = end_of_indefinite(rest, header.octets, allowed, self.max_depth)
                    .map_err(|error| error.within(offset))?;
                (end - 2, end)
            }
        };
        let (Some(raw), Some(content)) = (rest.get(..end), rest.get(header.octets..content_end))
        else {
            return Err(Error::at(truncated(end, rest), offset));
        };
        self.cursor.advance(end);
        Ok(Element {
            tag: header.tag,
            raw,
            content,
            offset,
            header: header.octets,
            depth: self.depth,
            max_depth: self.max_depth,
            known_der: self.known_der,
        })
    }

    /// The next element, which must have the tag `expected`.
    ///
    /// # Errors
    /// [`Asn1Fault::Missing`], [`Asn1Fault::UnexpectedTag`], or malformed.
    pub fn expect(&mut self, expected: Tag) -> Result<Element<'a>, Error> {
        self.stands_before(expected)?;
        self.element()
    }

    /// The next element when it has the tag `wanted`.
    ///
    /// # Errors
    /// It has the tag and is malformed.
    pub fn optional(&mut self, wanted: Tag) -> Result<Option<Element<'a>>, Error> {
        if self.peek() == Some(wanted) {
            self.element().map(Some)
        } else {
            Ok(None)
        }
    }
}

/// What a look at a whole encoding shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survey {
    /// Octets of the element.
    pub length: usize,
    /// The first thing that DER does not allow, with its position in the input, in bytes.
    ///
    /// Seen are headers and strings in pieces; not the order of sets, and nothing inside
    /// primitive values. A constructed value of definite length whose inside is no ASN.1 counts
    /// too.
    pub not_der: Option<(&'static str, u64)>,
}

/// Walks the first element of `input` with all that is inside.
///
/// # Errors
/// [`Asn1Fault`]: cut short, or malformed where no length tells how to go on;
/// [`crate::error::ErrorKind::Limit`]: values nest deeper than `max_depth`.
pub fn survey(input: &[u8], max_depth: usize) -> Result<Survey, Error> {
    let not_der = None;
    match length_of_der(input, max_depth) {
        Some(length) => Ok(Survey { length, not_der }),
        None => survey_of_any(input, max_depth),
    }
}

/// As [`survey`], also of what is not DER.
fn survey_of_any(input: &[u8], max_depth: usize) -> Result<Survey, Error> {
    // End of each open value; `None` is indefinite.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut position = 0usize;
    let mut not_der = None;
    let mut note = |why, at: usize| {
        if not_der.is_none() {
            not_der = Some((why, at as u64));
        }
    };
    loop {
        let inner_end = open.iter().rev().find_map(|end| *end);
        let visible = input
            .get(..inner_end.unwrap_or(input.len()))
            .unwrap_or(input);
        let rest = visible.get(position..).unwrap_or_default();
        if open.last() == Some(&None) && rest.starts_with(&[0, 0]) {
            open.pop();
            position += 2;
        } else {
            match Header::read(rest).and_then(|header| {
                let end = header.octets.saturating_add(header.length.unwrap_or(0));
                if end > rest.len() {
                    Err(truncated(end, rest))
                } else {
                    Ok((header, end))
                }
            }) {
                Ok((header, end)) => {
                    if let Some(why) = header.not_der {
                        note(why, position);
                    }
                    if is_string_in_pieces(header.tag) {
                        note("string in pieces", position);
                    }
                    if header.tag.is_constructed() {
                        if open.len() >= max_depth {
                            return Err(too_deep(max_depth, position as u64));
                        }
                        let end = header.length.map(|_| position + end);
                        position += header.octets;
                        open.push(end);
                    } else {
                        position += end;
                    }
                }
                Err(fault) => match (inner_end, open.last()) {
                    // The inside of a value whose end is known: skipped.
                    (Some(end), Some(Some(_))) => {
                        note("constructed value holds no ASN.1", position);
                        position = end;
                    }
                    _ => return Err(Error::at(fault, position as u64)),
                },
            }
        }
        while open.last().is_some_and(|end| *end == Some(position)) {
            open.pop();
        }
        if open.is_empty() {
            return Ok(Survey {
                length: position,
                not_der,
            });
        }
    }
}

/// Octets of the first element of `input`, when a [`survey`] would find nothing wrong with it:
/// the common case, without a word about what is wrong in the others.
fn length_of_der(input: &[u8], max_depth: usize) -> Option<usize> {
    let mut ends: Vec<usize> = Vec::with_capacity(16);
    let mut position = 0usize;
    loop {
        let end = ends.last().copied().unwrap_or(input.len());
        let rest = input.get(position..end)?;
        let (tag, octets, length) = match *rest {
            [tag, length @ 0..=0x7f, ..] => (tag, 2, usize::from(length)),
            [tag, 0x81, length @ 0x80..=0xff, ..] => (tag, 3, usize::from(length)),
            [tag, 0x82, high @ 1..=0xff, low, ..] => {
                (tag, 4, usize::from(u16::from_be_bytes([high, low])))
            }
            [tag, 0x83, high @ 1..=0xff, middle, low, ..] => {
                let length = u32::from_be_bytes([0, high, middle, low]);
                (tag, 5, usize::try_from(length).ok()?)
            }
            _ => return None,
        };
        let tag = Tag(tag);
        if tag.0 == 0 || tag.0 & 0x1f == 0x1f || is_string_in_pieces(tag) {
            return None;
        }
        if octets + length > rest.len() {
            return None;
        }
        if tag.is_constructed() {
            if ends.len() >= max_depth {
                return None;
            }
            ends.push(position + octets + length);
            position += octets;
        } else {
            position += octets + length;
        }
        while ends.pop_if(|end| *end == position).is_some() {}
        if ends.is_empty() {
            return Some(position);
        }
    }
}

/// The DER of one BER element, without trailing octets: definite minimal lengths, strings in one
/// piece, the members of every SET sorted. The octets of primitive values stay.
///
/// # Errors
/// [`Asn1Fault`]; [`crate::error::ErrorKind::Limit`]: values nest deeper than `max_depth`.
pub fn to_der(input: &[u8], max_depth: usize) -> Result<Vec<u8>, Error> {
    let mut top = Reader::new(input, max_depth);
    let element = top.element()?;
    top.finish()?;
    if !element.tag.is_constructed() {
        return write::element(element.tag, &[element.content]);
    }
    let mut open = vec![(element.tag, element.reader()?, Vec::new())];
    while let Some((_, reader, members)) = open.last_mut() {
        if !reader.is_empty() {
            let next = reader.element()?;
            if next.tag.is_constructed() {
                let inside = next.reader()?;
                open.push((next.tag, inside, Vec::new()));
            } else {
                members.push((next.tag, write::element(next.tag, &[next.content])?));
            }
            continue;
        }
        let Some((tag, _, members)) = open.pop() else {
            break;
        };
        let done = closed(tag, members)?;
        match open.last_mut() {
            Some((.., members)) => members.push((Tag(done.first().copied().unwrap_or(0)), done)),
            None => return Ok(done),
        }
    }
    Err(Error::new(Asn1Fault::Value("no element")))
}

/// Whether a value of this tag is a universal string type in constructed form.
///
/// Source: X.690 §8.6, §8.7, §8.23, §8.25.
fn is_string_in_pieces(tag: Tag) -> bool {
    matches!(tag.0, 0x23 | 0x24 | 0x2c | 0x32..=0x3c | 0x3e)
}

/// A constructed value from the DER of its members.
fn closed(tag: Tag, members: Vec<(Tag, Vec<u8>)>) -> Result<Vec<u8>, Error> {
    if is_string_in_pieces(tag) {
        let primitive = Tag(tag.0 & !0x20);
        let bits = primitive == Tag::BIT_STRING;
        let mut content = Vec::new();
        for (index, (piece_tag, piece)) in members.iter().enumerate() {
            if *piece_tag != primitive && *piece_tag != Tag::OCTET_STRING {
                return Err(Error::new(Asn1Fault::Value("piece of another string type")));
            }
            let inside = super::parse(piece)?.content;
            match (bits, inside) {
                (true, [_, octets @ ..]) if index > 0 => {
                    content.extend_from_slice(octets);
                    // The count of unused bits is that of the last piece.
                    if let (Some(first), Some(unused)) = (content.first_mut(), inside.first()) {
                        *first = *unused;
                    }
                }
                _ => content.extend_from_slice(inside),
            }
        }
        return write::element(primitive, &[&content]);
    }
    let members: Vec<Vec<u8>> = members.into_iter().map(|(_, member)| member).collect();
    if tag == Tag::SET {
        return write::set_of(tag, &members);
    }
    let members: Vec<&[u8]> = members.iter().map(Vec::as_slice).collect();
    write::element(tag, &members)
}

/// Where the value of indefinite length that `input` starts with ends, its end marker included;
/// its content begins at `start`. At most `allowed` values of indefinite length inside each other.
fn end_of_indefinite(
    input: &[u8],
    start: usize,
    allowed: usize,
    max_depth: usize,
) -> Result<usize, Error> {
    let mut position = start;
    let mut open = 1usize;
    loop {
        let rest = input.get(position..).unwrap_or_default();
        if rest.starts_with(&[0, 0]) {
            position += 2;
            open -= 1;
            if open == 0 {
                return Ok(position);
            }
            continue;
        }
        let header = Header::read(rest).map_err(|fault| Error::at(fault, position as u64))?;
        match header.length {
            None => {
                open += 1;
                if open > allowed {
                    return Err(too_deep(max_depth, position as u64));
                }
                position += header.octets;
            }
            Some(length) => {
                let end = header.octets.saturating_add(length);
                if end > rest.len() {
                    return Err(Error::at(truncated(end, rest), position as u64));
                }
                position += end;
            }
        }
    }
}

fn too_deep(max_depth: usize, offset: u64) -> Error {
    Error::limit("asn1_depth", max_depth as u64).within(offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;

    const DEPTH: usize = 32;

    /// SEQUENCE { INTEGER 5, OCTET STRING aabb } in indefinite form, the string in pieces.
    const LOOSE: &[u8] = &[
        0x30, 0x80, 0x02, 0x01, 0x05, 0x24, 0x80, 0x04, 0x81, 0x01, 0xaa, 0x24, 0x03, 0x04, 0x01,
        0xbb, 0x00, 0x00, 0x00, 0x00,
    ];
    const TIGHT: &[u8] = &[0x30, 0x07, 0x02, 0x01, 0x05, 0x04, 0x02, 0xaa, 0xbb];

    #[test]
    fn ok_indefinite_lengths_and_pieces() {
        let mut padded = LOOSE.to_vec();
        padded.extend_from_slice(&[0, 0, 0]);
        let mut reader = Reader::new(&padded, DEPTH);
        let outer = reader.element().unwrap();
        assert_eq!((outer.raw, reader.rest().len()), (LOOSE, 3));
        let mut inside = outer.reader().unwrap();
        assert_eq!(inside.element().unwrap().content, [5]);
        let string = inside.element().unwrap();
        assert_eq!((string.offset, string.content_offset()), (5, 7));
        assert_eq!(string.octets(Tag::OCTET_STRING).unwrap()[..], [0xaa, 0xbb]);
        inside.finish().unwrap();
    }

    #[test]
    fn ok_der_of_loose_and_tight_forms() {
        assert_eq!(to_der(LOOSE, DEPTH).unwrap(), TIGHT);
        assert_eq!(to_der(TIGHT, DEPTH).unwrap(), TIGHT);
        // A SET is sorted; a BIT STRING in pieces keeps the last count of unused bits.
        let set = [0x31, 0x06, 0x02, 0x01, 0x07, 0x02, 0x01, 0x03];
        let sorted = [0x31, 0x06, 0x02, 0x01, 0x03, 0x02, 0x01, 0x07];
        assert_eq!(to_der(&set, DEPTH).unwrap(), sorted);
        let bits = [
            0x23, 0x80, 0x03, 0x02, 0x00, 0xaa, 0x03, 0x02, 0x04, 0xb0, 0, 0,
        ];
        assert_eq!(
            to_der(&bits, DEPTH).unwrap(),
            [0x03, 0x03, 0x04, 0xaa, 0xb0]
        );
    }

    #[test]
    fn ok_a_survey_finds_the_first_thing_that_is_not_der() {
        let seen = |input: &[u8]| survey(input, DEPTH).unwrap();
        assert_eq!(
            seen(TIGHT),
            Survey {
                length: 9,
                not_der: None
            }
        );
        assert_eq!(
            seen(LOOSE),
            Survey {
                length: 20,
                not_der: Some(("indefinite length", 0))
            }
        );
        assert_eq!(
            seen(&[0x30, 0x04, 0x04, 0x81, 0x01, 0xaa]).not_der,
            Some(("length is not minimal", 2))
        );
        assert_eq!(
            seen(&[0x30, 0x05, 0x24, 0x03, 0x04, 0x01, 0xaa]).not_der,
            Some(("string in pieces", 2))
        );
        assert_eq!(
            seen(&[0x30, 0x04, 0x30, 0x02, 0x05, 0x44, 0xff]),
            Survey {
                length: 6,
                not_der: Some(("constructed value holds no ASN.1", 4))
            }
        );
    }

    const SOUND: &[&[u8]] = &[
        &[0x05, 0x00],
        &[0x02, 0x01, 0x05],
        &[0x04, 0x03, 1, 2, 3],
        &[0x30, 0x00],
        &[0xa0, 0x04, 0x30, 0x02, 0x05, 0x00],
        &[0x80, 0x01, 0xff],
    ];

    proptest! {
        /// The quick way finds a length exactly where the slow way finds nothing wrong: in sound
        /// DER, and where one octet of it is another.
        #[test]
        fn ok_the_quick_way_is_the_slow_way(
            elements in proptest::collection::vec(
                proptest::sample::select(SOUND),
                0..8,
            ),
            wrap in 0usize..5,
            depth in 3usize..7,
            long in proptest::option::of(120usize..70_000),
            changed in proptest::option::of((any::<proptest::sample::Index>(), any::<u8>())),
        ) {
            let mut input = elements.concat();
            if let Some(length) = long {
                input.extend(write::element(Tag::OCTET_STRING, &[&vec![1; length]]).unwrap());
            }
            for _ in 0..wrap {
                input = write::sequence(&[&input]).unwrap();
            }
            if let Some((place, octet)) = changed && !input.is_empty() {
                // Near the front, where the headers are.
                let place = place.index(input.len().min(24));
                input[place] = octet;
            } else if wrap > 0 && wrap + 2 < depth {
                prop_assert_eq!(length_of_der(&input, depth), Some(input.len()));
            }
            let quick = length_of_der(&input, depth);
            let slow = survey_of_any(&input, depth).ok();
            let slow = slow.filter(|seen| seen.not_der.is_none()).map(|seen| seen.length);
            prop_assert_eq!(quick, slow);
        }
    }

    #[test]
    fn err_every_cut_of_a_loose_form() {
        for length in 0..LOOSE.len() {
            let cut = LOOSE.get(..length).unwrap();
            assert!(Reader::new(cut, DEPTH).element().is_err(), "{length}");
            assert!(survey(cut, DEPTH).is_err(), "{length}");
            assert!(to_der(cut, DEPTH).is_err(), "{length}");
        }
    }

    /// A74.
    #[test]
    fn err_ten_thousand_levels_and_lengths_of_two_to_the_63() {
        let is_limit = |error: Error| {
            matches!(
                error.kind(),
                ErrorKind::Limit {
                    name: "asn1_depth",
                    max: 32
                }
            )
        };
        let indefinite = [0x30, 0x80].repeat(10_000);
        assert!(is_limit(
            Reader::new(&indefinite, DEPTH).element().unwrap_err()
        ));
        assert!(is_limit(survey(&indefinite, DEPTH).unwrap_err()));
        let mut definite = vec![0x05, 0x00];
        for _ in 0..10_000 {
            definite = write::sequence(&[&definite]).unwrap();
        }
        assert!(is_limit(survey(&definite, DEPTH).unwrap_err()));
        assert!(is_limit(to_der(&definite, DEPTH).unwrap_err()));
        let huge = [0x30, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x05, 0x00];
        for error in [
            Reader::new(&huge, DEPTH).element().unwrap_err(),
            survey(&huge, DEPTH).unwrap_err(),
        ] {
            assert!(matches!(
                error.kind(),
                ErrorKind::Asn1(Asn1Fault::Truncated { .. })
            ));
        }
    }

    #[test]
    fn err_primitive_of_indefinite_length_and_stray_end_marker() {
        for input in [
            &[0x04, 0x80, 0, 0][..],
            &[0x00, 0x00],
            &[0x30, 0x80, 0x00, 0x01, 0x00, 0x00],
            &[0x1f, 0x81, 0x01, 0x00],
            &[0x30, 0xff, 0x00],
        ] {
            assert!(Reader::new(input, DEPTH).element().is_err(), "{input:02x?}");
        }
    }
}
