//! Bytes → bounded DER elements, with the offset of each; BER lives in [`ber`].

pub mod ber;
mod header;
pub mod write;

use std::ops::Deref;

pub use header::Cursor;
use header::{Header, truncated};

use crate::error::{Asn1Fault, Error};
use crate::oid::Oid;
use crate::time::UtcTime;

/// An identifier octet. Tag numbers above 30 do not occur in the structures of this field and
/// are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag(pub u8);

impl Tag {
    /// BOOLEAN.
    pub const BOOLEAN: Self = Self(0x01);
    /// INTEGER.
    pub const INTEGER: Self = Self(0x02);
    /// BIT STRING.
    pub const BIT_STRING: Self = Self(0x03);
    /// OCTET STRING.
    pub const OCTET_STRING: Self = Self(0x04);
    /// NULL.
    pub const NULL: Self = Self(0x05);
    /// OBJECT IDENTIFIER.
    pub const OID: Self = Self(0x06);
    /// ENUMERATED.
    pub const ENUMERATED: Self = Self(0x0a);
    /// UTF8String.
    pub const UTF8_STRING: Self = Self(0x0c);
    /// PrintableString.
    pub const PRINTABLE_STRING: Self = Self(0x13);
    /// TeletexString (T61String).
    pub const TELETEX_STRING: Self = Self(0x14);
    /// IA5String.
    pub const IA5_STRING: Self = Self(0x16);
    /// UTCTime.
    pub const UTC_TIME: Self = Self(0x17);
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: Self = Self(0x18);
    /// BMPString.
    pub const BMP_STRING: Self = Self(0x1e);
    /// SEQUENCE.
    pub const SEQUENCE: Self = Self(0x30);
    /// SET.
    pub const SET: Self = Self(0x31);

    /// `[number]`, constructed: EXPLICIT, or IMPLICIT of a constructed type. `number` is 0 to 30.
    pub const fn context(number: u8) -> Self {
        Self(0xa0 | number)
    }

    /// `[number] IMPLICIT` of a primitive type. `number` is 0 to 30.
    pub const fn context_primitive(number: u8) -> Self {
        Self(0x80 | number)
    }

    /// Whether the content is made of elements.
    pub const fn is_constructed(self) -> bool {
        self.0 & 0x20 != 0
    }
}

/// One element: header and content, borrowed from the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Identifier octet.
    pub tag: Tag,
    /// Header and content, as they stand in the input.
    pub raw: &'a [u8],
    /// Content octets.
    pub content: &'a [u8],
    /// Position of `raw` in the outermost input, in bytes.
    pub offset: u64,
}

impl<'a> Element<'a> {
    /// Position of `content` in the outermost input, in bytes.
    pub fn content_offset(&self) -> u64 {
        self.offset + (self.raw.len() - self.content.len()) as u64
    }

    /// A reader over the elements inside.
    pub fn reader(&self) -> Reader<'a> {
        Reader::at(self.content, self.content_offset())
    }

    /// This element when it has the expected tag.
    ///
    /// # Errors
    /// [`Asn1Fault::UnexpectedTag`].
    pub fn expect(self, expected: Tag) -> Result<Self, Error> {
        if self.tag == expected {
            Ok(self)
        } else {
            Err(unexpected(expected, self.tag, self.offset))
        }
    }

    /// The one element inside an EXPLICIT tag.
    ///
    /// # Errors
    /// [`Asn1Fault`]: nothing inside, more than one, or malformed.
    pub fn only(&self) -> Result<Element<'a>, Error> {
        let mut reader = self.reader();
        let element = reader.element()?;
        reader.finish()?;
        Ok(element)
    }

    /// The value of a BOOLEAN; DER allows 0x00 and 0xFF.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn boolean(&self) -> Result<bool, Error> {
        match self.content {
            [0x00] => Ok(false),
            [0xff] => Ok(true),
            [_] => Err(self.fault(Asn1Fault::NotDer("boolean is neither 00 nor FF"))),
            _ => Err(self.fault(Asn1Fault::Value("boolean of another length than 1"))),
        }
    }

    /// The octets of an INTEGER or ENUMERATED, two's complement, minimal.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn integer(&self) -> Result<&'a [u8], Error> {
        match self.content {
            [] => Err(self.fault(Asn1Fault::Value("empty integer"))),
            [0x00, next, ..] if next & 0x80 == 0 => {
                Err(self.fault(Asn1Fault::NotDer("integer is not minimal")))
            }
            [0xff, next, ..] if next & 0x80 != 0 => {
                Err(self.fault(Asn1Fault::NotDer("integer is not minimal")))
            }
            octets => Ok(octets),
        }
    }

    /// The magnitude of a non-negative INTEGER, without the leading zero octet; zero gives `[0]`.
    ///
    /// # Errors
    /// [`Asn1Fault`]: malformed or negative.
    pub fn unsigned(&self) -> Result<&'a [u8], Error> {
        match self.integer()? {
            [0x00, rest @ ..] if !rest.is_empty() => Ok(rest),
            octets @ [first, ..] if first & 0x80 == 0 => Ok(octets),
            _ => Err(self.fault(Asn1Fault::Value("negative integer"))),
        }
    }

    /// A non-negative INTEGER or ENUMERATED that fits 64 bits.
    ///
    /// # Errors
    /// [`Asn1Fault`]: malformed, negative or larger.
    pub fn small(&self) -> Result<u64, Error> {
        let octets = self.unsigned()?;
        if octets.len() > 8 {
            return Err(self.fault(Asn1Fault::Value("integer above 64 bits")));
        }
        Ok(octets
            .iter()
            .fold(0, |sum, octet| sum << 8 | u64::from(*octet)))
    }

    /// The value of an OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn oid(&self) -> Result<Oid, Error> {
        Oid::from_content(self.content)
            .ok_or_else(|| self.fault(Asn1Fault::Value("malformed object identifier")))
    }

    /// Octets and number of unused bits of a BIT STRING; DER: unused bits are zero.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn bit_string(&self) -> Result<(&'a [u8], u8), Error> {
        match self.content {
            [unused @ 0..=7, octets @ ..] => {
                let mask = (1u8 << unused) - 1;
                match octets.last() {
                    None if *unused != 0 => {
                        Err(self.fault(Asn1Fault::Value("empty bit string with unused bits")))
                    }
                    Some(last) if last & mask != 0 => {
                        Err(self.fault(Asn1Fault::NotDer("unused bits are set")))
                    }
                    _ => Ok((octets, *unused)),
                }
            }
            _ => Err(self.fault(Asn1Fault::Value("malformed bit string"))),
        }
    }

    /// The octets of a BIT STRING that is a whole number of octets.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn bit_string_octets(&self) -> Result<&'a [u8], Error> {
        match self.bit_string()? {
            (octets, 0) => Ok(octets),
            _ => Err(self.fault(Asn1Fault::Value("bit string is not whole octets"))),
        }
    }

    /// The moment of a UTCTime or GeneralizedTime as RFC 5280 restricts them.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    ///
    /// Source: RFC 5280 §4.1.2.5.
    pub fn time(&self) -> Result<UtcTime, Error> {
        match self.tag {
            Tag::UTC_TIME => UtcTime::from_utc_time(self.content),
            Tag::GENERALIZED_TIME => UtcTime::from_generalized_time(self.content),
            actual => return Err(unexpected(Tag::UTC_TIME, actual, self.offset)),
        }
        .ok_or_else(|| self.fault(Asn1Fault::Value("malformed time")))
    }

    /// `fault` at the position of this element.
    pub fn fault(&self, fault: Asn1Fault) -> Error {
        Error::at(fault, self.offset)
    }
}

/// Reads DER elements one after the other; never recursive, never ahead.
#[derive(Debug, Clone)]
pub struct Reader<'a>(Cursor<'a>);

impl<'a> Deref for Reader<'a> {
    type Target = Cursor<'a>;

    fn deref(&self) -> &Cursor<'a> {
        &self.0
    }
}

impl<'a> Reader<'a> {
    /// Over `input`, which stands at position 0.
    pub fn new(input: &'a [u8]) -> Self {
        Self::at(input, 0)
    }

    /// Over `input`, which stands at `base` of the outermost input.
    pub fn at(input: &'a [u8], base: u64) -> Self {
        Self(Cursor::at(input, base))
    }

    /// The next element, definite length, minimal header.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn element(&mut self) -> Result<Element<'a>, Error> {
        let offset = self.offset();
        let rest = self.rest();
        let header = Header::read(rest).map_err(|fault| Error::at(fault, offset))?;
        let length = match (header.not_der, header.length) {
            (None, Some(length)) => length,
            (why, _) => {
                let fault = Asn1Fault::NotDer(why.unwrap_or("indefinite length"));
                return Err(Error::at(fault, offset));
            }
        };
        let total = header.octets.saturating_add(length);
        let raw = rest
            .get(..total)
            .ok_or_else(|| Error::at(truncated(total, rest), offset))?;
        self.0.advance(total);
        // The header is at most `total`, so the split is inside.
        Ok(Element {
            tag: header.tag,
            raw,
            content: raw.get(header.octets..).unwrap_or_default(),
            offset,
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
    /// [`Asn1Fault`]: it has the tag and is malformed.
    pub fn optional(&mut self, wanted: Tag) -> Result<Option<Element<'a>>, Error> {
        if self.peek() == Some(wanted) {
            self.element().map(Some)
        } else {
            Ok(None)
        }
    }
}

/// The one element that `input` is.
///
/// # Errors
/// [`Asn1Fault`]: malformed, or something follows.
pub fn parse(input: &[u8]) -> Result<Element<'_>, Error> {
    let mut reader = Reader::new(input);
    let element = reader.element()?;
    reader.finish()?;
    Ok(element)
}

fn unexpected(expected: Tag, actual: Tag, offset: u64) -> Error {
    Error::at(
        Asn1Fault::UnexpectedTag {
            expected: expected.0,
            actual: actual.0,
        },
        offset,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn ok_nested_elements_keep_their_offsets() {
        let outer = parse(&[0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 0xaa]).unwrap();
        let mut inside = outer.reader();
        assert_eq!(inside.expect(Tag::INTEGER).unwrap().small().unwrap(), 5);
        let octets = inside.expect(Tag::OCTET_STRING).unwrap();
        assert_eq!(
            (octets.offset, octets.content_offset(), octets.content),
            (5, 7, &[0xaa][..])
        );
        inside.finish().unwrap();
    }

    #[test]
    fn err_every_header_that_is_not_der() {
        let cases: &[(&[u8], Asn1Fault)] = &[
            (
                &[],
                Asn1Fault::Truncated {
                    needed: 2,
                    available: 0,
                },
            ),
            (
                &[0x30],
                Asn1Fault::Truncated {
                    needed: 2,
                    available: 1,
                },
            ),
            (
                &[0x30, 0x02, 0x05],
                Asn1Fault::Truncated {
                    needed: 4,
                    available: 3,
                },
            ),
            (&[0x30, 0x80, 0, 0], Asn1Fault::NotDer("indefinite length")),
            (
                &[0x04, 0x81, 0x01, 0xaa],
                Asn1Fault::NotDer("length is not minimal"),
            ),
            (
                &[0x04, 0x82, 0x00, 0x80],
                Asn1Fault::NotDer("length is not minimal"),
            ),
            (
                &[0x04, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1],
                Asn1Fault::Value("length above 64 bits"),
            ),
            (
                &[0x1f, 0x81, 0x01, 0x00],
                Asn1Fault::Value("tag number above 30"),
            ),
            (&[0x05, 0x00, 0x00], Asn1Fault::TrailingData(1)),
            (
                &[0x04, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                Asn1Fault::Truncated {
                    needed: u64::MAX,
                    available: 10,
                },
            ),
        ];
        for (input, fault) in cases {
            assert_eq!(
                parse(input).unwrap_err().kind(),
                &ErrorKind::Asn1(fault.clone()),
                "{input:02x?}"
            );
        }
    }

    #[test]
    fn err_integers_that_are_not_minimal_or_negative() {
        let small = |content: &[u8]| {
            let mut raw = vec![2, content.len() as u8];
            raw.extend_from_slice(content);
            parse(&raw).unwrap().small()
        };
        assert_eq!(small(&[0]).unwrap(), 0);
        assert_eq!(small(&[0, 0x80]).unwrap(), 128);
        assert_eq!(
            small(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).unwrap(),
            u64::MAX
        );
        for content in [
            &[][..],
            &[0, 1],
            &[0xff, 0x80],
            &[0x80],
            &[1, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(small(content).is_err(), "{content:02x?}");
        }
    }
}
