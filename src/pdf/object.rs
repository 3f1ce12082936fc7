//! The eight kinds of PDF objects, borrowed from the input, each with its place in the file.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Object number and generation. Number 0 is never an object of its own.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct ObjectId {
    /// Object number.
    pub number: u32,
    /// Generation number; 0 for objects inside object streams.
    pub generation: u16,
}

impl ObjectId {
    /// An id from its two numbers.
    pub const fn new(number: u32, generation: u16) -> Self {
        Self { number, generation }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.generation)
    }
}

/// Half-open byte range in the file; nothing for what lies inside an object stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u64,
    end: u64,
}

impl Span {
    /// Not in the file itself.
    pub const NONE: Self = Self {
        start: u64::MAX,
        end: 0,
    };

    pub(crate) const fn new(start: u64, end: u64) -> Self {
        Self { start, end }
    }

    /// Bytes from file start, end exclusive; `None` inside an object stream.
    pub fn range(self) -> Option<Range<u64>> {
        (self.start <= self.end).then_some(self.start..self.end)
    }

    /// First byte, from file start; `None` inside an object stream.
    pub fn start(self) -> Option<u64> {
        self.range().map(|range| range.start)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.range().fmt(f)
    }
}

/// One object. Containers keep the place of what they hold: [`Entry`], [`Item`].
///
/// Source: ISO 32000-2 §7.3.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Object<'d> {
    /// `null`, and what a missing object reads as.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// A number with a decimal point, or too large for an integer.
    Real(f64),
    /// `/Name`.
    Name(Name<'d>),
    /// `(literal)` or `<hexadecimal>`.
    String(PdfString<'d>),
    /// `[ … ]`.
    Array(Array<'d>),
    /// `<< … >>`.
    Dictionary(Dictionary<'d>),
    /// A dictionary with bytes.
    Stream(Box<Stream<'d>>),
    /// `n g R`.
    Reference(ObjectId),
}

impl<'d> Object<'d> {
    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The boolean, if it is one.
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, if it is one; a real is never taken for one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// Integer or real, as a real.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            _ => None,
        }
    }

    /// The name's bytes, escapes decoded, without slash.
    pub fn as_name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name.as_bytes()),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_string(&self) -> Option<&PdfString<'d>> {
        match self {
            Self::String(string) => Some(string),
            _ => None,
        }
    }

    /// The array, if it is one.
    pub fn as_array(&self) -> Option<&Array<'d>> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The dictionary; of a stream, the stream's dictionary.
    pub fn as_dictionary(&self) -> Option<&Dictionary<'d>> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            Self::Stream(stream) => Some(stream.dictionary()),
            _ => None,
        }
    }

    /// The dictionary by value; of a stream, the stream's dictionary.
    pub fn into_dictionary(self) -> Option<Dictionary<'d>> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            Self::Stream(stream) => Some(stream.dictionary),
            _ => None,
        }
    }

    /// The stream, if it is one.
    pub fn as_stream(&self) -> Option<&Stream<'d>> {
        match self {
            Self::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    /// The id that a reference names.
    pub fn as_reference(&self) -> Option<ObjectId> {
        match self {
            Self::Reference(id) => Some(*id),
            _ => None,
        }
    }
}

/// A name: raw as in the file, and with `#xx` decoded.
#[derive(Clone)]
pub struct Name<'d> {
    raw: &'d [u8],
    decoded: Option<Box<[u8]>>,
}

impl<'d> Name<'d> {
    pub(crate) fn from_raw(raw: &'d [u8]) -> Self {
        let decoded = memchr::memchr(b'#', raw).map(|first| {
            let mut bytes = raw.get(..first).unwrap_or_default().to_vec();
            let mut rest = raw.get(first..).unwrap_or_default();
            while let Some((&byte, after)) = rest.split_first() {
                let escape = match (byte, after.split_at_checked(2)) {
                    (b'#', Some(([high, low], after))) => {
                        hex_digit(*high).zip(hex_digit(*low)).map(|d| (d, after))
                    }
                    _ => None,
                };
                if let Some(((high, low), after)) = escape {
                    bytes.push(high << 4 | low);
                    rest = after;
                } else {
                    // NOTE: PDF 1.1 had no escapes; a lone number sign stands for itself.
                    bytes.push(byte);
                    rest = after;
                }
            }
            bytes.into_boxed_slice()
        });
        Self { raw, decoded }
    }

    /// The bytes that the name means, without slash.
    pub fn as_bytes(&self) -> &[u8] {
        self.decoded.as_deref().unwrap_or(self.raw)
    }

    /// The bytes in the file, without slash.
    pub fn raw(&self) -> &'d [u8] {
        self.raw
    }

    /// Whether a number sign occurs, so that programs may read different names.
    pub fn has_escapes(&self) -> bool {
        self.decoded.is_some()
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Name<'_> {}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.as_bytes().escape_ascii())
    }
}

/// A string: its bytes in the file, and what they mean.
#[derive(Clone)]
pub struct PdfString<'d> {
    raw: &'d [u8],
    span: Span,
    decrypted: Option<Box<[u8]>>,
}

impl<'d> PdfString<'d> {
    pub(crate) fn new(raw: &'d [u8], span: Span) -> Self {
        Self {
            raw,
            span,
            decrypted: None,
        }
    }

    pub(crate) fn set_decrypted(&mut self, bytes: Vec<u8>) {
        self.decrypted = Some(bytes.into_boxed_slice());
    }

    /// The token in the file with its delimiters, never decrypted.
    pub fn raw(&self) -> &'d [u8] {
        self.raw
    }

    /// Where the token stands, delimiters included.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether it is written in hexadecimal.
    pub fn is_hexadecimal(&self) -> bool {
        self.raw.first() == Some(&b'<')
    }

    /// Whether the token follows the grammar to the letter. A hexadecimal string with anything
    /// but digits and white space, or with an odd number of digits, does not.
    pub fn is_well_formed(&self) -> bool {
        if !self.is_hexadecimal() {
            return true;
        }
        let mut digits = 0_usize;
        for &byte in self.inner() {
            if hex_digit(byte).is_some() {
                digits += 1;
            } else if !super::lexer::is_white_space(byte) {
                return false;
            }
        }
        digits.is_multiple_of(2)
    }

    /// What the string means: escapes or hexadecimal decoded, and decrypted where the file is
    /// encrypted (never `/Contents` of a signature). Characters that are not hexadecimal are
    /// passed over and a missing last digit is 0: see [`Self::is_well_formed`].
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.decrypted {
            Some(bytes) => Cow::Borrowed(bytes),
            None => self.decoded(),
        }
    }

    /// As [`Self::bytes`], without decryption.
    pub(crate) fn decoded(&self) -> Cow<'d, [u8]> {
        let inner = self.inner();
        if self.is_hexadecimal() {
            Cow::Owned(decode_hexadecimal(inner))
        } else if memchr::memchr2(b'\\', b'\r', inner).is_none() {
            Cow::Borrowed(inner)
        } else {
            Cow::Owned(decode_literal(inner))
        }
    }

    /// The text: UTF-16 or UTF-8 with a byte order mark, else PDFDocEncoding.
    ///
    /// Source: ISO 32000-2 §7.9.2.2.
    pub fn text(&self) -> String {
        super::text::decode(&self.bytes())
    }

    fn inner(&self) -> &'d [u8] {
        let end = self.raw.len().saturating_sub(1);
        self.raw.get(1..end).unwrap_or_default()
    }
}

impl PartialEq for PdfString<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for PdfString<'_> {}

impl fmt::Debug for PdfString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.bytes().escape_ascii())
    }
}

pub(crate) const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Whether all are hexadecimal digits. Without branches, so that the compiler takes many at once:
/// the room for a signature's value is tens of thousands of digits.
pub(crate) fn are_hex_digits(digits: &[u8]) -> bool {
    digits.chunks(1 << 12).all(|part| {
        part.iter().fold(true, |all, byte| {
            let letter = (byte | 0x20).wrapping_sub(b'a') < 6;
            all & (letter | (byte.wrapping_sub(b'0') < 10))
        })
    })
}

fn decode_hexadecimal(inner: &[u8]) -> Vec<u8> {
    let (pairs, rest) = inner.as_chunks::<2>();
    if rest.is_empty() {
        // Most of the room for a signature's value is zeros behind it.
        const PART: usize = 32;
        let (_, parts) = pairs.as_rchunks::<PART>();
        let zeros = parts
            .iter()
            .rev()
            .take_while(|part| **part == [*b"00"; PART]);
        let (value, zeros) = pairs.split_at(pairs.len() - zeros.count() * PART);
        if are_hex_digits(value.as_flattened()) {
            // The letters of both cases have bit 6, and their low four bits count from 1. Both
            // digits of a pair at once, and many pairs: the compiler takes eight.
            let octet = |pair: &[u8; 2]| {
                let digits = u16::from_le_bytes(*pair);
                let values = (digits & 0x0f0f) + 9 * (digits >> 6 & 0x0101);
                (values << 4 | values >> 8).to_le_bytes()[0]
            };
            let mut bytes = Vec::with_capacity(pairs.len());
            let (parts, rest) = value.as_chunks::<PART>();
            for part in parts {
                bytes.extend_from_slice(&part.map(|pair| octet(&pair)));
            }
            bytes.extend(rest.iter().map(octet));
            bytes.resize(value.len() + zeros.len(), 0);
            return bytes;
        }
    }
    let mut bytes = Vec::with_capacity(inner.len() / 2 + 1);
    let mut high = None;
    for digit in inner.iter().copied().filter_map(hex_digit) {
        match high.take() {
            Some(high) => bytes.push(high << 4 | digit),
            None => high = Some(digit),
        }
    }
    bytes.extend(high.map(|high: u8| high << 4));
    bytes
}

/// ISO 32000-2 §7.3.4.2 with table 3.
fn decode_literal(inner: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' => {
                rest.next_if_eq(&b'\n');
                bytes.push(b'\n');
            }
            b'\\' => match rest.next() {
                Some(b'n') => bytes.push(b'\n'),
                Some(b'r') => bytes.push(b'\r'),
                Some(b't') => bytes.push(b'\t'),
                Some(b'b') => bytes.push(8),
                Some(b'f') => bytes.push(12),
                Some(b'\r') => {
                    rest.next_if_eq(&b'\n');
                }
                Some(b'\n') | None => {}
                Some(digit @ b'0'..=b'7') => {
                    let mut value = u16::from(digit - b'0');
                    for _ in 0..2 {
                        let Some(digit) = rest.next_if(|next| matches!(next, b'0'..=b'7')) else {
                            break;
                        };
                        value = value << 3 | u16::from(digit - b'0');
                    }
                    // High-order overflow is ignored, as the standard says.
                    bytes.push((value & 0xff) as u8);
                }
                Some(other) => bytes.push(other),
            },
            other => bytes.push(other),
        }
    }
    bytes
}

/// A value in an array, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Item<'d> {
    /// The value.
    pub value: Object<'d>,
    /// Its place; a reference spans `n g R`.
    pub span: Span,
}

/// `[ … ]`.
#[derive(Debug, Clone)]
pub struct Array<'d> {
    items: Arc<Vec<Item<'d>>>,
    pub(crate) span: Span,
}

impl<'d> Array<'d> {
    pub(crate) fn new(items: Vec<Item<'d>>, span: Span) -> Self {
        let items = Arc::new(items);
        Self { items, span }
    }

    /// The values, to be changed; in this copy of the array alone.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Object<'d>> {
        let items = Arc::make_mut(&mut self.items);
        items.iter_mut().map(|item| &mut item.value)
    }

    /// How many values.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The value at `index`.
    pub fn get(&self, index: usize) -> Option<&Object<'d>> {
        self.items.get(index).map(|item| &item.value)
    }

    /// The values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Object<'d>> + DoubleEndedIterator {
        self.items.iter().map(|item| &item.value)
    }

    /// The values in order, with their places.
    pub fn items(&self) -> &[Item<'d>] {
        &self.items
    }

    /// From `[` to `]`.
    pub fn span(&self) -> Span {
        self.span
    }
}

impl PartialEq for Array<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// One key with its value, and where both stand.
#[derive(Debug, Clone)]
pub struct Entry<'d> {
    /// The key.
    pub key: Name<'d>,
    /// Place of the key, slash included.
    pub key_span: Span,
    /// The value.
    pub value: Object<'d>,
    /// Place of the value.
    pub value_span: Span,
}

/// `<< … >>`, entries in file order.
#[derive(Debug, Clone)]
pub struct Dictionary<'d> {
    entries: Arc<Vec<Entry<'d>>>,
    pub(crate) span: Span,
}

impl<'d> Dictionary<'d> {
    pub(crate) fn new(entries: Vec<Entry<'d>>, span: Span) -> Self {
        let entries = Arc::new(entries);
        Self { entries, span }
    }

    pub(crate) fn empty() -> Self {
        Self::new(Vec::new(), Span::NONE)
    }

    /// The entries, to be changed; in this copy of the dictionary alone.
    pub(crate) fn entries_mut(&mut self) -> &mut Vec<Entry<'d>> {
        Arc::make_mut(&mut self.entries)
    }

    /// The value of `key` (without slash). Of a key that occurs twice the last one counts, as in
    /// most programs: see [`Self::duplicates`].
    pub fn get(&self, key: &[u8]) -> Option<&Object<'d>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`; the last one when it occurs twice.
    pub fn entry(&self, key: &[u8]) -> Option<&Entry<'d>> {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.key.as_bytes() == key)
    }

    /// The entry of `key` by value.
    pub fn take(&mut self, key: &[u8]) -> Option<Object<'d>> {
        self.entries_mut()
            .iter_mut()
            .rev()
            .find(|entry| entry.key.as_bytes() == key)
            .map(|entry| std::mem::replace(&mut entry.value, Object::Null))
    }

    /// Whether `key` occurs.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.entry(key).is_some()
    }

    /// Whether the value of `key` is the name `name`, direct.
    pub fn is_name(&self, key: &[u8], name: &[u8]) -> bool {
        self.get(key).and_then(Object::as_name) == Some(name)
    }

    /// The entries in file order, duplicates included.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Entry<'d>> + DoubleEndedIterator {
        self.entries.iter()
    }

    /// How many entries, duplicates included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Entries whose key was given before in the same dictionary (the second, third, …),
    /// ordered by key.
    pub fn duplicates(&self) -> Vec<&Entry<'d>> {
        let mut sorted: Vec<_> = self.entries.iter().collect();
        sorted.sort_by(|a, b| a.key.as_bytes().cmp(b.key.as_bytes()));
        sorted
            .windows(2)
            .filter_map(|pair| match pair {
                [first, second] if first.key == second.key => Some(*second),
                _ => None,
            })
            .collect()
    }

    /// From `<<` to `>>`.
    pub fn span(&self) -> Span {
        self.span
    }
}

/// Equal when the same keys have equal values, in whatever order; a key given twice counts as
/// [`Dictionary::get`] reads it, and the number of entries must be the same.
impl PartialEq for Dictionary<'_> {
    fn eq(&self, other: &Self) -> bool {
        fn sorted<'e, 'd>(dictionary: &'e Dictionary<'d>) -> Vec<&'e Entry<'d>> {
            let mut entries: Vec<_> = dictionary.entries.iter().collect();
            entries.sort_by(|a, b| a.key.as_bytes().cmp(b.key.as_bytes()));
            entries
        }
        self.len() == other.len()
            && sorted(self)
                .iter()
                .zip(sorted(other))
                .all(|(a, b)| a.key == b.key && a.value == b.value)
    }
}

/// A dictionary with bytes that follow it.
#[derive(Debug, Clone)]
pub struct Stream<'d> {
    pub(crate) dictionary: Dictionary<'d>,
    pub(crate) raw: &'d [u8],
    pub(crate) span: Span,
    pub(crate) id: ObjectId,
}

impl<'d> Stream<'d> {
    /// The dictionary.
    pub fn dictionary(&self) -> &Dictionary<'d> {
        &self.dictionary
    }

    /// The bytes in the file: encoded, and encrypted in an encrypted file.
    pub fn raw(&self) -> &'d [u8] {
        self.raw
    }

    /// Place of [`Self::raw`].
    pub fn span(&self) -> Span {
        self.span
    }

    /// The object that it is.
    pub fn id(&self) -> ObjectId {
        self.id
    }
}

/// Equal dictionaries and equal bytes as they stand in the file.
impl PartialEq for Stream<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw && self.dictionary == other.dictionary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_name_escapes_are_decoded_and_raw_is_kept() {
        let name = Name::from_raw(b"A#42#2FC#G1#4");
        assert_eq!(name.as_bytes(), b"AB/C#G1#4");
        assert_eq!(name.raw(), b"A#42#2FC#G1#4");
        assert!(name.has_escapes());
        assert!(!Name::from_raw(b"AB").has_escapes());
    }

    #[test]
    fn ok_literal_string_escapes() {
        let raw = b"(a\\n\\r\\t\\b\\f\\(\\)\\\\\\101\\7x\\\r\nb\rc\r\nd\\777\\z)";
        let string = PdfString::new(raw, Span::NONE);
        assert_eq!(
            string.bytes().as_ref(),
            b"a\n\r\t\x08\x0c()\\A\x07xb\nc\nd\xffz"
        );
        assert!(string.is_well_formed());
    }

    #[test]
    fn ok_hexadecimal_string_and_its_oddities() {
        let string = |raw| PdfString::new(raw, Span::NONE);
        assert_eq!(string(b"<4a 4B>").bytes().as_ref(), b"JK");
        assert!(string(b"<4a 4B>").is_well_formed());
        assert_eq!(string(b"<4a7>").bytes().as_ref(), b"Jp");
        assert!(!string(b"<4a7>").is_well_formed());
        assert!(!string(b"<4ag7>").is_well_formed());
    }

    #[test]
    fn equality_ignores_order_of_keys_and_places() {
        let read = |text: &'static [u8]| {
            super::super::parser::parse_value(text, &crate::limits::Limits::new()).unwrap()
        };
        assert_eq!(read(b"<</A 1/B (x)>>"), read(b"  <</B <78> /#41 1>>"));
        assert_ne!(read(b"<</A 1>>"), read(b"<</A 1.0>>"));
        assert_ne!(read(b"<</A 1>>"), read(b"<</A 1/B 2>>"));
    }

    #[test]
    fn duplicates_are_found_and_the_last_counts() {
        let object =
            super::super::parser::parse_value(b"<</A 1/B 2/#41 3>>", &crate::limits::Limits::new())
                .unwrap();
        let dictionary = object.as_dictionary().unwrap();
        assert_eq!(dictionary.get(b"A"), Some(&Object::Integer(3)));
        let duplicates = dictionary.duplicates();
        assert_eq!(duplicates.len(), 1);
        assert_eq!(duplicates[0].key.raw(), b"#41");
        assert_eq!(duplicates[0].key_span.range(), Some(10..14));
    }
}
