//! Tags and contents → DER octets.

use der::{Encode, Length, SliceWriter};

use super::Tag;
use crate::error::Error;
use crate::oid::Oid;
use crate::time::UtcTime;

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

/// Time as certificates and CMS write it: UTCTime up to 2049, GeneralizedTime after that.
///
/// # Errors
/// As [`element`].
///
/// Source: RFC 5280 §4.1.2.5; RFC 5652 §11.3.
pub fn time(time: UtcTime) -> Result<Vec<u8>, Error> {
    let (year, month, day, hour, minute, second) = time.civil(0);
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    if (1950..2050).contains(&year) {
        let text = format!("{:02}{rest}", year % 100);
        element(Tag::UTC_TIME, &[text.as_bytes()])
    } else {
        generalized_time(time)
    }
}

/// GeneralizedTime with seconds, without fraction.
///
/// # Errors
/// As [`element`].
pub fn generalized_time(time: UtcTime) -> Result<Vec<u8>, Error> {
    let (year, month, day, hour, minute, second) = time.civil(0);
    let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    element(Tag::GENERALIZED_TIME, &[text.as_bytes()])
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
    fn ok_times_change_their_type_in_2050() {
        for (text, tag) in [
            ("1950-01-01T00:00:00Z", Tag::UTC_TIME),
            ("2049-12-31T23:59:59Z", Tag::UTC_TIME),
            ("2050-01-01T00:00:00Z", Tag::GENERALIZED_TIME),
            ("1949-12-31T23:59:59Z", Tag::GENERALIZED_TIME),
        ] {
            let moment = UtcTime::from_rfc3339(text).unwrap();
            let written = time(moment).unwrap();
            let read = parse(&written).unwrap();
            assert_eq!((read.tag, read.time().unwrap()), (tag, moment), "{text}");
        }
    }

    #[test]
    fn ok_set_members_are_sorted() {
        let set = set_of(Tag::SET, &[&[2u8, 1, 5][..], &[2, 1, 3], &[1, 1, 0]]).unwrap();
        assert_eq!(set, [0x31, 9, 1, 1, 0, 2, 1, 3, 2, 1, 5]);
    }
}
