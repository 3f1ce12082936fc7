//! Octets → where the next element begins, its tag and its length, for DER and BER alike.

use super::{Tag, unexpected};
use crate::error::{Asn1Fault, Error};

/// A place in an encoding that is read element by element.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    input: &'a [u8],
    position: usize,
    base: u64,
}

impl<'a> Cursor<'a> {
    /// Before the first octet of `input`, which stands at `base` of the outermost input.
    pub(super) fn at(input: &'a [u8], base: u64) -> Self {
        Self {
            input,
            position: 0,
            base,
        }
    }

    /// Passes over `octets`, at most as many as are left.
    pub(super) fn advance(&mut self, octets: usize) {
        self.position = self.position.saturating_add(octets).min(self.input.len());
    }

    /// Position of the next element in the outermost input, in bytes.
    pub fn offset(&self) -> u64 {
        self.base + self.position as u64
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.position >= self.input.len()
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.input.get(self.position..).unwrap_or_default()
    }

    /// The next identifier octet.
    pub fn peek(&self) -> Option<Tag> {
        self.input.get(self.position).map(|octet| Tag(*octet))
    }

    /// That an element with the tag `expected` comes next.
    pub(super) fn stands_before(&self, expected: Tag) -> Result<(), Error> {
        match self.peek() {
            Some(actual) if actual == expected => Ok(()),
            Some(actual) => Err(unexpected(expected, actual, self.offset())),
            None => {
                let expected = expected.0;
                Err(Error::at(Asn1Fault::Missing { expected }, self.offset()))
            }
        }
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// [`Asn1Fault::TrailingData`].
    pub fn finish(&self) -> Result<(), Error> {
        match self.rest().len() {
            0 => Ok(()),
            left => Err(Error::at(
                Asn1Fault::TrailingData(left as u64),
                self.offset(),
            )),
        }
    }
}

/// Identifier and length octets.
pub(super) struct Header {
    pub(super) tag: Tag,
    /// Number of identifier and length octets.
    pub(super) octets: usize,
    /// `None`: indefinite.
    pub(super) length: Option<usize>,
    /// What in it DER does not allow.
    pub(super) not_der: Option<&'static str>,
}

impl Header {
    pub(super) fn read(rest: &[u8]) -> Result<Self, Asn1Fault> {
        let [tag, first, more @ ..] = rest else {
            return Err(truncated(2, rest));
        };
        let tag = Tag(*tag);
        if tag.0 & 0x1f == 0x1f {
            return Err(Asn1Fault::Value("tag number above 30"));
        }
        if tag.0 == 0 {
            return Err(Asn1Fault::Value("end marker without a beginning"));
        }
        let (octets, length, not_der) = match *first {
            short @ 0..=0x7f => (2, Some(usize::from(short)), None),
            0x80 if tag.is_constructed() => (2, None, Some("indefinite length")),
            0x80 => return Err(Asn1Fault::Value("primitive value of indefinite length")),
            0xff => return Err(Asn1Fault::Value("reserved length octet")),
            long => {
                let count = usize::from(long & 0x7f);
                let octets = more
                    .get(..count)
                    .ok_or_else(|| truncated(2 + count, rest))?;
                let zeros = octets.iter().take_while(|octet| **octet == 0).count();
                let significant = octets.get(zeros..).unwrap_or_default();
                if significant.len() > 8 {
                    return Err(Asn1Fault::Value("length above 64 bits"));
                }
                let length = significant
                    .iter()
                    .fold(0u64, |sum, octet| sum << 8 | u64::from(*octet));
                let minimal = zeros == 0 && length >= 0x80;
                (
                    2 + count,
                    Some(usize::try_from(length).unwrap_or(usize::MAX)),
                    (!minimal).then_some("length is not minimal"),
                )
            }
        };
        Ok(Self {
            tag,
            octets,
            length,
            not_der,
        })
    }
}

pub(super) fn truncated(needed: usize, rest: &[u8]) -> Asn1Fault {
    Asn1Fault::Truncated {
        needed: needed as u64,
        available: rest.len() as u64,
    }
}
