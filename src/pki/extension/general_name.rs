//! DER of names of any form, and of the extensions made of them → owned values.

use super::named_bits;
use crate::asn1::{Element, Tag};
use crate::error::{Asn1Fault, Error};
use crate::oid::Oid;
use crate::pki::name::Name;

/// A name of any form.
///
/// Source: RFC 5280 §4.2.1.6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName {
    /// directoryName.
    Directory(Name),
    /// dNSName, ASCII.
    Dns(String),
    /// ediPartyName, content octets.
    EdiParty(Box<[u8]>),
    /// rfc822Name, ASCII.
    Email(String),
    /// iPAddress, the octets as they came.
    Ip(Box<[u8]>),
    /// otherName: its kind, and the octets of the value's element.
    Other(Oid, Box<[u8]>),
    /// registeredID.
    RegisteredId(Oid),
    /// uniformResourceIdentifier, ASCII.
    Uri(String),
    /// x400Address, content octets.
    X400(Box<[u8]>),
}

impl GeneralName {
    /// From one element with a context tag 0 to 8.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        Ok(match element.tag.0 {
            0xa0 => {
                let mut inside = element.reader();
                let kind = inside.expect(Tag::OID)?.oid()?;
                let value = inside.expect(Tag::context(0))?.only()?;
                inside.finish()?;
                Self::Other(kind, value.raw.into())
            }
            0x81 => Self::Email(ascii(element)?),
            0x82 => Self::Dns(ascii(element)?),
            0xa3 => Self::X400(element.content.into()),
            0xa4 => Self::Directory(Name::from_element(&element.only()?)?),
            0xa5 => Self::EdiParty(element.content.into()),
            0x86 => Self::Uri(ascii(element)?),
            0x87 => Self::Ip(element.content.into()),
            0x88 => Self::RegisteredId(element.oid()?),
            actual => {
                return Err(element.fault(Asn1Fault::UnexpectedTag {
                    expected: 0xa4,
                    actual,
                }));
            }
        })
    }

    /// All elements inside `sequence`, whatever its own tag; at least one.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn all(sequence: &Element<'_>) -> Result<Vec<Self>, Error> {
        let mut inside = sequence.reader();
        let mut names = Vec::new();
        while !inside.is_empty() {
            names.push(Self::from_element(&inside.element()?)?);
        }
        if names.is_empty() {
            return Err(sequence.fault(Asn1Fault::Value("empty list of general names")));
        }
        Ok(names)
    }
}

fn ascii(element: &Element<'_>) -> Result<String, Error> {
    match std::str::from_utf8(element.content) {
        Ok(text) if text.is_ascii() => Ok(text.to_owned()),
        _ => Err(element.fault(Asn1Fault::Value("IA5String that is not ASCII"))),
    }
}

/// The reasons that a distribution point covers; the bit numbers are those of the standard.
///
/// Source: RFC 5280 §4.2.1.13.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonFlags(pub u16);

impl ReasonFlags {
    /// All reasons that the standard names: bits 1 to 8.
    pub const ALL: Self = Self(0x01fe);

    /// From the content of a BIT STRING, whatever its tag.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        named_bits(element).map(Self)
    }
}

/// The name of a distribution point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DistributionPointName {
    /// fullName.
    Full(Vec<GeneralName>),
    /// nameRelativeToCRLIssuer: content octets of the SET, see [`Name::with_relative`].
    Relative(Box<[u8]>),
}

impl DistributionPointName {
    /// From the CHOICE element (inside the EXPLICIT tag).
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        match element.tag.0 {
            0xa0 => GeneralName::all(element).map(Self::Full),
            0xa1 if !element.content.is_empty() => Ok(Self::Relative(element.content.into())),
            actual => Err(element.fault(Asn1Fault::UnexpectedTag {
                expected: 0xa0,
                actual,
            })),
        }
    }
}

/// Where revocation information of a certificate lies.
///
/// Source: RFC 5280 §4.2.1.13.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionPoint {
    /// distributionPoint.
    pub name: Option<DistributionPointName>,
    /// reasons; `None` = all.
    pub reasons: Option<ReasonFlags>,
    /// cRLIssuer; empty = the issuer of the certificate.
    pub crl_issuer: Vec<GeneralName>,
}

impl DistributionPoint {
    pub(crate) fn all(element: &Element<'_>) -> Result<Vec<Self>, Error> {
        let mut found = Vec::new();
        let mut points = element.expect(Tag::SEQUENCE)?.reader();
        while !points.is_empty() {
            let point = points.expect(Tag::SEQUENCE)?;
            let mut inside = point.reader();
            let name = match inside.optional(Tag::context(0))? {
                Some(explicit) => Some(DistributionPointName::from_element(&explicit.only()?)?),
                None => None,
            };
            let reasons = match inside.optional(Tag::context_primitive(1))? {
                Some(bits) => Some(ReasonFlags::from_element(&bits)?),
                None => None,
            };
            let crl_issuer = match inside.optional(Tag::context(2))? {
                Some(names) => GeneralName::all(&names)?,
                None => Vec::new(),
            };
            inside.finish()?;
            if name.is_none() && crl_issuer.is_empty() {
                return Err(point.fault(Asn1Fault::Value("distribution point without a name")));
            }
            found.push(Self {
                name,
                reasons,
                crl_issuer,
            });
        }
        if found.is_empty() {
            return Err(element.fault(Asn1Fault::Value("empty list of distribution points")));
        }
        Ok(found)
    }

    /// The addresses of the point.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        let names = match &self.name {
            Some(DistributionPointName::Full(names)) => names.as_slice(),
            _ => &[],
        };
        names.iter().filter_map(|name| match name {
            GeneralName::Uri(url) => Some(url.as_str()),
            _ => None,
        })
    }
}

/// One entry of authority information access.
///
/// Source: RFC 5280 §4.2.2.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessDescription {
    /// How, e.g. [`crate::oid::AD_OCSP`].
    pub method: Oid,
    /// Where.
    pub location: GeneralName,
}

pub(super) fn access(element: &Element<'_>) -> Result<Vec<AccessDescription>, Error> {
    let mut inside = element.expect(Tag::SEQUENCE)?.reader();
    let mut found = Vec::new();
    while !inside.is_empty() {
        let mut description = inside.expect(Tag::SEQUENCE)?.reader();
        found.push(AccessDescription {
            method: description.expect(Tag::OID)?.oid()?,
            location: GeneralName::from_element(&description.element()?)?,
        });
        description.finish()?;
    }
    if found.is_empty() {
        return Err(element.fault(Asn1Fault::Value("empty authority information access")));
    }
    Ok(found)
}
