//! Tokens → one object, with its place; nested containers are kept on a stack of our own.

use super::lexer::{Lexer, Origin, Token};
use super::object::{Array, Dictionary, Entry, Item, Name, Object, ObjectId, PdfString, Span};
use crate::error::{Error, PdfFault};
use crate::limits::Limits;

/// Whatever `Limits::nesting` says, this depth keeps dropping and comparing objects off the end
/// of the stack.
const NESTING_CEILING: usize = 500;

/// Room that a dictionary begins with: most are not larger.
const USUAL_ENTRIES: usize = 8;

enum Frame<'d> {
    Array {
        start: usize,
        items: Vec<Item<'d>>,
    },
    Dictionary {
        start: usize,
        entries: Vec<Entry<'d>>,
        key: Option<(Name<'d>, Span)>,
    },
}

fn span(origin: Origin, start: usize, end: usize) -> Span {
    match origin {
        Origin::File => Span::new(start as u64, end as u64),
        Origin::Stream(_) => Span::NONE,
    }
}

/// Reads one object that is not a stream.
///
/// `Limits::container_items` holds for the object with all that it contains.
pub(crate) fn parse<'d>(
    lexer: &mut Lexer<'d>,
    limits: &Limits,
) -> Result<(Object<'d>, Span), Error> {
    let origin = lexer.origin();
    let nesting = limits.nesting.min(NESTING_CEILING);
    let mut stack: Vec<Frame<'d>> = Vec::new();
    let mut values = 0_usize;
    loop {
        let (token, start) = lexer.next()?;
        let (value, start) = match token {
            Token::ArrayOpen | Token::DictionaryOpen => {
                if stack.len() >= nesting {
                    return Err(limit("nesting", nesting, start));
                }
                if let Some(Frame::Dictionary { key: None, .. }) = stack.last() {
                    return Err(lexer.error("dictionary key is not a name", start));
                }
                stack.push(if token == Token::ArrayOpen {
                    Frame::Array {
                        start,
                        items: Vec::new(),
                    }
                } else {
                    Frame::Dictionary {
                        start,
                        entries: Vec::with_capacity(USUAL_ENTRIES),
                        key: None,
                    }
                });
                continue;
            }
            Token::ArrayClose => match stack.pop() {
                Some(Frame::Array { start, items }) => {
                    let span = span(origin, start, lexer.position());
                    (Object::Array(Array::new(items, span)), start)
                }
                _ => return Err(lexer.error("array closed where none is open", start)),
            },
            Token::DictionaryClose => match stack.pop() {
                Some(Frame::Dictionary {
                    start,
                    entries,
                    key: None,
                }) => {
                    let span = span(origin, start, lexer.position());
                    (Object::Dictionary(Dictionary::new(entries, span)), start)
                }
                Some(Frame::Dictionary { .. }) => {
                    return Err(lexer.error("dictionary key without value", start));
                }
                _ => return Err(lexer.error("dictionary closed where none is open", start)),
            },
            Token::Name(raw) => {
                let name = Name::from_raw(raw);
                if let Some(Frame::Dictionary {
                    key: key @ None, ..
                }) = stack.last_mut()
                {
                    *key = Some((name, span(origin, start, lexer.position())));
                    continue;
                }
                (Object::Name(name), start)
            }
            Token::Integer(value) => (integer_or_reference(lexer, value, start)?, start),
            Token::Real(value) => (Object::Real(value), start),
            Token::String(raw) => {
                if raw.len() > limits.string {
                    return Err(limit("string", limits.string, start));
                }
                let place = span(origin, start, lexer.position());
                (Object::String(PdfString::new(raw, place)), start)
            }
            Token::Keyword(b"null") => (Object::Null, start),
            Token::Keyword(b"true") => (Object::Boolean(true), start),
            Token::Keyword(b"false") => (Object::Boolean(false), start),
            Token::Keyword(_) => return Err(lexer.error("unknown keyword", start)),
            Token::End => return Err(lexer.error("object is cut short", start)),
        };
        let place = span(origin, start, lexer.position());
        values += 1;
        if values > limits.container_items {
            return Err(limit("container_items", limits.container_items, start));
        }
        match stack.last_mut() {
            None => return Ok((value, place)),
            Some(Frame::Array { items, .. }) => items.push(Item { value, span: place }),
            Some(Frame::Dictionary { entries, key, .. }) => match key.take() {
                Some((key, key_span)) => entries.push(Entry {
                    key,
                    key_span,
                    value,
                    value_span: place,
                }),
                None => return Err(lexer.error("dictionary key is not a name", start)),
            },
        }
    }
}

fn limit(name: &'static str, max: usize, position: usize) -> Error {
    Error::limit(name, max as u64).within(position as u64)
}

fn integer_or_reference<'d>(
    lexer: &mut Lexer<'d>,
    value: i64,
    start: usize,
) -> Result<Object<'d>, Error> {
    let Ok(number) = u64::try_from(value) else {
        return Ok(Object::Integer(value));
    };
    let Some(generation) = lexer.take_reference() else {
        return Ok(Object::Integer(value));
    };
    match (u32::try_from(number), u16::try_from(generation)) {
        (Ok(number), Ok(generation)) => Ok(Object::Reference(ObjectId { number, generation })),
        (Err(_), _) => Err(lexer.error("object number of a reference is too large", start)),
        (_, Err(_)) => Err(lexer.error("generation number of a reference is above 65535", start)),
    }
}

/// What `n g obj` introduces.
#[derive(Debug, Clone)]
pub(crate) struct Indirect<'d> {
    pub(crate) id: ObjectId,
    pub(crate) value: Object<'d>,
    pub(crate) ending: Ending,
    /// Where the header starts, white space before it not counted.
    pub(crate) start: usize,
}

/// What follows the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// `endobj`; the position is just after it.
    EndObject(usize),
    /// `stream` with its end of line; the position is the first byte of data.
    Stream(usize),
    /// Neither; the position is where it should stand. Only in recovery.
    Missing(usize),
}

/// Reads `n g obj` at `position` (white space before it is allowed).
pub(crate) fn parse_header(lexer: &mut Lexer<'_>) -> Result<(ObjectId, usize), Error> {
    lexer.skip_white_space();
    let start = lexer.position();
    let read = |lexer: &mut Lexer<'_>| {
        let number = u32::try_from(lexer.take_unsigned()?).ok()?;
        lexer.skip_blank();
        let generation = u16::try_from(lexer.take_unsigned()?).ok()?;
        lexer.skip_blank();
        lexer
            .take_keyword(b"obj")
            .then_some(ObjectId { number, generation })
    };
    match read(lexer) {
        Some(id) => Ok((id, start)),
        None => Err(lexer.error("expected an object header", start)),
    }
}

/// Reads an object of the file up to `endobj` or the data of its stream.
pub(crate) fn parse_indirect<'d>(
    data: &'d [u8],
    position: usize,
    limits: &Limits,
    strict: bool,
) -> Result<Indirect<'d>, Error> {
    let mut lexer = Lexer::new(data, position, Origin::File);
    let (id, start) = parse_header(&mut lexer)?;
    let value = {
        let mut ahead = lexer;
        ahead.skip_blank();
        // An empty object reads as null; programs write it, and no reader takes it otherwise.
        if !strict && ahead.take_keyword(b"endobj") {
            Object::Null
        } else {
            parse(&mut lexer, limits)?.0
        }
    };
    lexer.skip_blank();
    let at = lexer.position();
    let ending = if lexer.take_keyword(b"endobj") {
        Ending::EndObject(lexer.position())
    } else if matches!(value, Object::Dictionary(_)) && lexer.rest().starts_with(b"stream") {
        let data_at = |extra: usize| at.saturating_add(6 + extra);
        match lexer.rest().get(6..).unwrap_or_default() {
            [b'\r', b'\n', ..] => Ending::Stream(data_at(2)),
            [b'\n', ..] => Ending::Stream(data_at(1)),
            [b'\r', ..] if !strict => Ending::Stream(data_at(1)),
            [b' ' | b'\t', ..] if !strict => {
                lexer.set_position(data_at(0));
                let blank = lexer
                    .rest()
                    .iter()
                    .take_while(|b| matches!(b, b' ' | b'\t'));
                let blank = blank.count();
                lexer.set_position(data_at(blank));
                if lexer.peek() == Some(b'\r') {
                    lexer.set_position(lexer.position() + 1);
                }
                if lexer.peek() == Some(b'\n') {
                    lexer.set_position(lexer.position() + 1);
                }
                Ending::Stream(lexer.position())
            }
            _ if !strict => Ending::Stream(data_at(0)),
            _ => {
                return Err(lexer.error("keyword stream is not followed by a line end", at));
            }
        }
    } else if strict {
        return Err(lexer.error("expected endobj", at));
    } else {
        Ending::Missing(at)
    };
    Ok(Indirect {
        id,
        value,
        ending,
        start,
    })
}

/// Reads one value that fills `data` up to white space and comments.
///
/// # Errors
/// Malformed input, also when something follows; limits.
pub(crate) fn parse_value<'d>(data: &'d [u8], limits: &Limits) -> Result<Object<'d>, Error> {
    let mut lexer = Lexer::new(data, 0, Origin::File);
    let (value, _) = parse(&mut lexer, limits)?;
    lexer.skip_blank();
    match lexer.peek() {
        None => Ok(value),
        Some(_) => Err(lexer.error("something follows the object", lexer.position())),
    }
}

/// The position that an error about object `id` carries.
pub(crate) fn not_there(id: ObjectId, position: u64) -> Error {
    Error::at(
        PdfFault::ObjectNotThere {
            number: id.number,
            generation: id.generation,
        },
        position,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Result<Object<'_>, Error> {
        parse_value(text, &Limits::new())
    }

    #[test]
    fn ok_places_are_file_positions() {
        let text = b" << /Contents <00ff> /ByteRange [0 12 3 4] /P 7 0 R >>";
        let object = read(text).unwrap();
        let dictionary = object.as_dictionary().unwrap();
        assert_eq!(dictionary.span().range(), Some(1..text.len() as u64));
        let contents = dictionary.entry(b"Contents").unwrap();
        assert_eq!(contents.key_span.range(), Some(4..13));
        assert_eq!(contents.value_span.range(), Some(14..20));
        let range = dictionary.get(b"ByteRange").unwrap().as_array().unwrap();
        assert_eq!(range.items()[1].span.range(), Some(35..37));
        assert_eq!(
            dictionary.get(b"P"),
            Some(&Object::Reference(ObjectId::new(7, 0)))
        );
        let place = dictionary.entry(b"P").unwrap().value_span.range().unwrap();
        assert_eq!(&text[place.start as usize..place.end as usize], b"7 0 R");
    }

    #[test]
    fn err_references_out_of_range() {
        assert!(read(b"7 65535 R").is_ok());
        assert!(read(b"7 65536 R").is_err());
        assert!(read(b"4294967296 0 R").is_err());
        assert!(read(b"[7 -1 R]").is_err());
        assert!(read(b"[7 R]").is_err());
    }

    #[test]
    fn err_broken_containers() {
        for text in [
            &b"<</A>>"[..],
            b"<<1 2>>",
            b"<<[1] 2>>",
            b"<</A 1]",
            b"[1>>",
            b"]",
            b">>",
            b"[1",
            b"<</A 1",
            b"",
            b"foo",
            b"1 2",
        ] {
            assert!(read(text).is_err(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn nesting_ends_at_the_limit() {
        // A72, RUSTSEC-2026-0187.
        let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        assert!(read(&nested(100)).is_ok());
        for text in [
            nested(101),
            nested(10_380),
            nested(100_000),
            b"[".repeat(100_000),
            b"<</A".repeat(100_000),
        ] {
            let error = read(&text).unwrap_err();
            assert!(
                matches!(
                    error.kind(),
                    ErrorKind::Limit {
                        name: "nesting",
                        max: 100
                    }
                ),
                "{error}"
            );
        }
    }

    #[test]
    fn items_and_strings_end_at_the_limit() {
        let limits = Limits {
            container_items: 10,
            string: 5,
            ..Limits::new()
        };
        assert!(parse_value(b"[1 2 3 4 5 6 7 8 9]", &limits).is_ok());
        assert!(parse_value(b"[1 2 3 4 5 6 7 8 9 10]", &limits).is_err());
        assert!(parse_value(b"(abc)", &limits).is_ok());
        assert!(parse_value(b"(abcd)", &limits).is_err());
    }

    #[test]
    fn err_object_without_end() {
        let limits = Limits::new();
        let strict = |text| parse_indirect(text, 0, &limits, true).map(|object| object.ending);
        assert_eq!(strict(b"1 0 obj 5 endobj"), Ok(Ending::EndObject(16)));
        assert_eq!(strict(b"1 0 obj<<>>stream\r\n"), Ok(Ending::Stream(19)));
        assert!(strict(b"1 0 obj<<>>stream\rx").is_err());
        assert!(strict(b"1 0 obj 5 2 0 obj").is_err());
        assert!(strict(b"1 0 obj endobj").is_err());
        assert!(strict(b"1 65536 obj 5 endobj").is_err());
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            for strict in [true, false] {
                let _ = parse_indirect(&bytes, 0, &Limits::new(), strict);
            }
        }

        #[test]
        fn random_tokens_never_panic(parts in proptest::collection::vec(0_usize..16, 0..60)) {
            const TOKENS: [&[u8]; 16] = [
                b"<<", b">>", b"[", b"]", b"(", b")", b"/A", b"/", b"1 ", b"0 ", b"R ", b"obj ",
                b"endobj ", b"<4", b"%", b"\n",
            ];
            let text: Vec<u8> = parts.iter().flat_map(|&i| TOKENS[i]).copied().collect();
            if let Ok(object) = read(&text) {
                prop_assert_eq!(&object, &object.clone());
            }
            let _ = parse_indirect(&text, 0, &Limits::new(), false);
        }
    }
}
