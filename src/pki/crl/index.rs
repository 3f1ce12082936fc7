//! The entries of a CRL → their positions, ordered by serial number.

use super::{Reason, Unusable};
use crate::asn1::{Element, Reader, Tag};
use crate::error::{Error, PkiFault};
use crate::oid::{self, Oid};
use std::ops::Range;

/// One extension, borrowed: a CRL can have a million of them in its entries.
///
/// Source: RFC 5280 §4.1.2.9.
pub(super) struct BorrowedExtension<'a> {
    pub(super) kind: Element<'a>,
    pub(super) critical: bool,
    pub(super) value: Element<'a>,
}

impl<'a> BorrowedExtension<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut inside = reader.expect(Tag::SEQUENCE)?.reader();
        let kind = inside.expect(Tag::OID)?;
        let critical = match inside.optional(Tag::BOOLEAN)? {
            Some(flag) => flag.boolean()?,
            None => false,
        };
        let value = inside.expect(Tag::OCTET_STRING)?;
        inside.finish()?;
        Ok(Self {
            kind,
            critical,
            value,
        })
    }

    pub(super) fn is(&self, oid: &Oid) -> bool {
        self.kind.content == oid.content()
    }

    /// The one element that the value is.
    pub(super) fn element(&self) -> Result<Element<'a>, Error> {
        self.value.only()
    }
}

/// Reads every entry once and remembers where it stands.
#[derive(Default)]
pub(super) struct Indexer {
    /// First eight octets of the serial number, and position of the entry.
    keys: Vec<(u64, u32)>,
    /// Where a certificateIssuer begins to hold; see [`super::Crl`].
    pub(super) issuers: Vec<(u32, Range<u32>)>,
    /// The first critical entry extension that is not understood.
    pub(super) unusable: Option<Unusable>,
}

impl Indexer {
    pub(super) fn read(&mut self, mut reader: Reader<'_>, version: u8) -> Result<(), Error> {
        while !reader.is_empty() {
            let entry = reader.expect(Tag::SEQUENCE)?;
            let mut inside = entry.reader();
            let serial = inside.expect(Tag::INTEGER)?;
            if serial.content.is_empty() {
                return Err(Error::at(
                    PkiFault::Crl("empty serial number"),
                    serial.offset,
                ));
            }
            inside.element()?.time()?;
            let position = position(entry.offset)?;
            if let Some(extensions) = inside.optional(Tag::SEQUENCE)? {
                if version == 1 {
                    return Err(Error::at(
                        PkiFault::Crl("entry extensions in a version 1 CRL"),
                        extensions.offset,
                    ));
                }
                self.extensions(extensions.reader(), position)?;
            }
            inside.finish()?;
            self.keys.push((key(serial.content), position));
        }
        Ok(())
    }

    fn extensions(&mut self, mut reader: Reader<'_>, entry: u32) -> Result<(), Error> {
        let mut seen = 0u8;
        while !reader.is_empty() {
            let extension = BorrowedExtension::read(&mut reader)?;
            let at = extension.kind.offset;
            let bit = if extension.is(&oid::CRL_REASON) {
                Reason::from_element(&extension.element()?)?;
                1
            } else if extension.is(&oid::INVALIDITY_DATE) {
                extension.element()?.expect(Tag::GENERALIZED_TIME)?.time()?;
                2
            } else if extension.is(&oid::CERTIFICATE_ISSUER) {
                let names = extension.element()?.expect(Tag::SEQUENCE)?;
                let start = position(names.offset)?;
                let end = position(names.offset.saturating_add(names.raw.len() as u64))?;
                self.issuers.push((entry, start..end));
                4
            } else {
                if extension.critical && self.unusable.is_none() {
                    self.unusable = Some(Unusable::CriticalEntryExtension(extension.kind.oid()?));
                }
                0
            };
            if seen & bit != 0 {
                return Err(Error::at(PkiFault::Crl("entry extension twice"), at));
            }
            seen |= bit;
        }
        Ok(())
    }

    /// The positions in the order of the serial numbers, equal ones in file order.
    pub(super) fn finish(mut self, der: &[u8]) -> Box<[u32]> {
        self.keys.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0)
                .then_with(|| serial_at(der, a.1).cmp(serial_at(der, b.1)))
                .then(a.1.cmp(&b.1))
        });
        self.keys.iter().map(|(_, position)| *position).collect()
    }
}

/// Orders as the octets do, as far as eight of them reach.
fn key(serial: &[u8]) -> u64 {
    (0..8).fold(0, |key, at| {
        key << 8 | u64::from(serial.get(at).copied().unwrap_or(0))
    })
}

pub(super) fn entry_reader(der: &[u8], position: u32) -> Result<Reader<'_>, Error> {
    // A position inside `der`.
    let at = position as usize;
    let mut reader = Reader::at(der.get(at..).unwrap_or_default(), u64::from(position));
    Ok(reader.expect(Tag::SEQUENCE)?.reader())
}

/// Content octets of the serial number of the entry at `position`.
pub(super) fn serial_at(der: &[u8], position: u32) -> &[u8] {
    entry_reader(der, position)
        .and_then(|mut entry| entry.expect(Tag::INTEGER))
        .map_or(&[], |serial| serial.content)
}

fn position(offset: u64) -> Result<u32, Error> {
    u32::try_from(offset).map_err(|_| Error::limit("crl", u64::from(u32::MAX)))
}
