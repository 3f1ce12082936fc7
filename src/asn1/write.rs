//! Tags and contents → DER octets.

use der::{Encode, Length, SliceWriter};

use super::Tag;
use crate::error::Error;
use crate::oid::Oid;

/// The longest content that is written, in bytes.
const LONGEST: u64 = 0x0fff_ffff;

/// One element: `tag`, the length, then the octets of `content` one after the other.
///
/// # Errors
/// [`crate::error::ErrorKind::Limit`]: content of 256 MiB or more.
pub fn element(tag: Tag, content: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let total = content
        .iter()
        .fold(0usize, |sum, part| sum.saturating_add(part.len()));
    let mut out = header(tag, total)?;
    out.reserve(total);
    for part in content {
        out.extend_from_slice(part);
    }
    Ok(out)
}

/// Identifier and length octets of an element whose content has `length` octets.
///
/// # Errors
/// [`crate::error::ErrorKind::Limit`]: `length` is 256 MiB or more.
pub fn header(tag: Tag, length: usize) -> Result<Vec<u8>, Error> {
    let too_long = || Error::limit("DER content", LONGEST);
    let length = u64::try_from(length)
        .ok()
        .filter(|length| *length <= LONGEST)
        .and_then(|length| u32::try_from(length).ok())
        .ok_or_else(too_long)?;
    let mut buffer = [0; 8];
    let mut writer = SliceWriter::new(&mut buffer);
    Length::from(length)
        .encode(&mut writer)
        .map_err(|_| too_long())?;
    let mut out = vec![tag.0];
    out.extend_from_slice(writer.finish().map_err(|_| too_long())?);
    Ok(out)
}

/// SEQUENCE of the given elements.
///
/// # Errors
/// As [`element`].
pub fn sequence(content: &[&[u8]]) -> Result<Vec<u8>, Error> {
    element(Tag::SEQUENCE, content)
}

/// `elements` in the order that DER asks of a SET OF, under `tag` ([`Tag::SET`] or an IMPLICIT
/// tag in its place).
///
/// # Errors
/// As [`element`].
///
/// Source: X.690 §11.6.
pub fn set_of<T: AsRef<[u8]>>(tag: Tag, elements: &[T]) -> Result<Vec<u8>, Error> {
    let mut sorted: Vec<&[u8]> = elements.iter().map(AsRef::as_ref).collect();
    sorted.sort_unstable();
    element(tag, &sorted)
}

/// OBJECT IDENTIFIER.
///
/// # Errors
/// As [`element`].
pub fn oid(oid: &Oid) -> Result<Vec<u8>, Error> {
    element(Tag::OID, &[oid.content()])
}

/// INTEGER of a non-negative number given as big-endian octets, leading zeros allowed.
///
/// # Errors
/// As [`element`].
pub fn unsigned(octets: &[u8]) -> Result<Vec<u8>, Error> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let octets = octets.get(zeros..).unwrap_or_default();
    match octets.first() {
        None => element(Tag::INTEGER, &[&[0]]),
        Some(first) if first & 0x80 != 0 => element(Tag::INTEGER, &[&[0], octets]),
        Some(_) => element(Tag::INTEGER, &[octets]),
    }
}

/// INTEGER of a small number.
///
/// # Errors
/// As [`element`].
pub fn small(number: u64) -> Result<Vec<u8>, Error> {
    unsigned(&number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::parse;

    #[test]
    fn ok_headers_are_minimal_at_every_length_boundary() {
        for length in [0usize, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let written = element(Tag::OCTET_STRING, &[&vec![7; length]]).unwrap();
            assert_eq!(parse(&written).unwrap().content.len(), length);
        }
        assert!(header(Tag::SET, 1 << 28).is_err());
    }

    #[test]
    fn ok_integers_are_minimal_and_not_negative() {
        for (number, der) in [
            (0u64, &[2u8, 1, 0][..]),
            (127, &[2, 1, 127]),
            (128, &[2, 2, 0, 128]),
            (256, &[2, 2, 1, 0]),
        ] {
            assert_eq!(small(number).unwrap(), der);
            assert_eq!(parse(der).unwrap().small().unwrap(), number);
        }
    }

    #[test]
    fn ok_set_members_are_sorted() {
        let set = set_of(Tag::SET, &[&[2u8, 1, 5][..], &[2, 1, 3], &[1, 1, 0]]).unwrap();
        assert_eq!(set, [0x31, 9, 1, 1, 0, 2, 1, 3, 2, 1, 5]);
    }
}
