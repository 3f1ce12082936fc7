//! DER of certificate extensions → typed values, owned.

mod general_name;
mod known;

use crate::asn1::{Element, Reader, Tag, write};
use crate::error::{Asn1Fault, Error};
use crate::oid::Oid;

pub use general_name::{
    AccessDescription, DistributionPoint, DistributionPointName, GeneralName, ReasonFlags,
};
pub(crate) use known::{Known, is_processed};

/// One extension as it stands in a certificate, CRL or response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Which.
    pub kind: Oid,
    /// Whether who does not understand it must refuse the whole.
    pub critical: bool,
    /// Content of the OCTET STRING: for nearly all kinds one DER value.
    pub value: Box<[u8]>,
    /// Position of that content in the outermost input, in bytes.
    pub offset: u64,
    /// Whether `critical` was written although it is the default.
    pub explicit_default: bool,
}

impl Extension {
    /// From one `SEQUENCE { OID, BOOLEAN DEFAULT FALSE, OCTET STRING }`.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    ///
    /// Source: RFC 5280 §4.1.
    pub fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        let mut inside = element.expect(Tag::SEQUENCE)?.reader();
        let kind = inside.expect(Tag::OID)?.oid()?;
        let critical = match inside.optional(Tag::BOOLEAN)? {
            None => None,
            Some(flag) => Some(flag.boolean()?),
        };
        let value = inside.expect(Tag::OCTET_STRING)?;
        inside.finish()?;
        Ok(Self {
            kind,
            critical: critical.unwrap_or(false),
            value: value.content.into(),
            offset: value.content_offset(),
            explicit_default: critical == Some(false),
        })
    }

    /// All of a `SEQUENCE OF Extension`, in order, duplicates kept.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn all(sequence: &Element<'_>) -> Result<Vec<Self>, Error> {
        let mut found = Vec::new();
        let mut inside = sequence.expect(Tag::SEQUENCE)?.reader();
        while !inside.is_empty() {
            found.push(Self::from_element(&inside.element()?)?);
        }
        Ok(found)
    }

    /// What kinds say that no check uses, for people: certificate transparency, Netscape's
    /// extensions, access to what the subject offers. `None` for all other kinds and for content
    /// that is malformed.
    pub fn describe(&self) -> Option<String> {
        use x509_parser::extensions::{ParsedExtension, X509Extension};
        use x509_parser::prelude::FromDer as _;
        let flag: &[u8] = if self.critical { &[1, 1, 0xff] } else { &[] };
        let value = write::element(Tag::OCTET_STRING, &[&self.value]).ok()?;
        let der = write::sequence(&[&write::oid(&self.kind).ok()?, flag, &value]).ok()?;
        let (_, read) = X509Extension::from_der(&der).ok()?;
        match read.parsed_extension() {
            ParsedExtension::NSCertType(kinds) => Some(kinds.to_string()),
            ParsedExtension::NsCertComment(comment) => Some((*comment).to_owned()),
            ParsedExtension::SCT(stamps) => Some(format!("{} log entries", stamps.len())),
            ParsedExtension::SubjectInfoAccess(access) => {
                let places = access.accessdescs.iter();
                let places = places.map(|place| place.access_location.to_string());
                Some(places.collect::<Vec<_>>().join(", "))
            }
            _ => None,
        }
    }

    /// The one element that the value is.
    pub(crate) fn element(&self) -> Result<Element<'_>, Error> {
        let mut reader = Reader::at(&self.value, self.offset);
        let element = reader.element()?;
        reader.finish()?;
        Ok(element)
    }
}

/// The bits of a key usage extension.
///
/// Source: RFC 5280 §4.2.1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// digitalSignature.
    pub const DIGITAL_SIGNATURE: Self = Self(1 << 0);
    /// contentCommitment, earlier called nonRepudiation.
    pub const CONTENT_COMMITMENT: Self = Self(1 << 1);
    /// keyEncipherment.
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 2);
    /// dataEncipherment.
    pub const DATA_ENCIPHERMENT: Self = Self(1 << 3);
    /// keyAgreement.
    pub const KEY_AGREEMENT: Self = Self(1 << 4);
    /// keyCertSign.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// cRLSign.
    pub const CRL_SIGN: Self = Self(1 << 6);
    /// encipherOnly.
    pub const ENCIPHER_ONLY: Self = Self(1 << 7);
    /// decipherOnly.
    pub const DECIPHER_ONLY: Self = Self(1 << 8);

    const NAMES: [&'static str; 9] = [
        "digitalSignature",
        "contentCommitment",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// Whether any of the bits of `wanted` is set.
    pub const fn has(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }

    /// Whether no other bit than those of `allowed` is set.
    pub const fn is_within(self, allowed: Self) -> bool {
        self.0 & !allowed.0 == 0
    }

    /// The bits of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Names of the bits that are set, in the order of RFC 5280.
    pub fn names(self) -> Vec<&'static str> {
        Self::NAMES
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.0 >> bit & 1 == 1)
            .map(|(_, name)| *name)
            .collect()
    }

    fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        let bits = named_bits(&element.expect(Tag::BIT_STRING)?)?;
        // At least one bit must be set (RFC 5280 §4.2.1.3).
        if bits == 0 {
            return Err(element.fault(Asn1Fault::Value("key usage without any bit")));
        }
        Ok(Self(bits))
    }
}

/// The first 16 bits of a BIT STRING, bit 0 of the standard as the lowest.
///
/// Trailing zero bits, which DER forbids in named bit lists, do not change the meaning.
fn named_bits(element: &Element<'_>) -> Result<u16, Error> {
    let (octets, _) = element.bit_string()?;
    let low = u16::from(octets.first().copied().unwrap_or(0).reverse_bits());
    let high = u16::from(octets.get(1).copied().unwrap_or(0).reverse_bits());
    Ok(low | high << 8)
}

/// Basic constraints.
///
/// Source: RFC 5280 §4.2.1.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct BasicConstraints {
    /// Whether the subject may issue certificates.
    pub ca: bool,
    /// Non-self-issued certificates that may stand between this one and the last; `None` = any
    /// number. Numbers above 2^64 cannot be met and are read as `u64::MAX`.
    pub path_length: Option<u64>,
}

impl BasicConstraints {
    fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        let mut inside = element.expect(Tag::SEQUENCE)?.reader();
        let ca = match inside.optional(Tag::BOOLEAN)? {
            Some(flag) => flag.boolean()?,
            None => false,
        };
        let path_length = match inside.optional(Tag::INTEGER)? {
            Some(number) => Some(capped(&number)?),
            None => None,
        };
        inside.finish()?;
        Ok(Self { ca, path_length })
    }
}

/// A non-negative number; what does not fit becomes the largest.
fn capped(number: &Element<'_>) -> Result<u64, Error> {
    let octets = number.unsigned()?;
    Ok(if octets.len() > 8 {
        u64::MAX
    } else {
        octets
            .iter()
            .fold(0, |sum, octet| sum << 8 | u64::from(*octet))
    })
}

/// Authority key identifier: all three parts are hints.
///
/// Source: RFC 5280 §4.2.1.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityKeyIdentifier {
    /// Key identifier of the issuer.
    pub key_identifier: Option<Box<[u8]>>,
    /// Names of the issuer of the issuer's certificate.
    pub issuer: Vec<GeneralName>,
    /// Serial number of the issuer's certificate.
    pub serial: Option<SerialNumber>,
}

impl AuthorityKeyIdentifier {
    /// From the extension's element.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        let mut inside = element.expect(Tag::SEQUENCE)?.reader();
        let key_identifier = inside
            .optional(Tag::context_primitive(0))?
            .map(|id| id.content.into());
        let issuer = match inside.optional(Tag::context(1))? {
            Some(names) => GeneralName::all(&names)?,
            None => Vec::new(),
        };
        let serial = match inside.optional(Tag::context_primitive(2))? {
            Some(number) => Some(SerialNumber::from_content(&number)?),
            None => None,
        };
        inside.finish()?;
        Ok(Self {
            key_identifier,
            issuer,
            serial,
        })
    }
}

/// The content octets of a serial number, two's complement, as they came; equal as octets.
///
/// Source: RFC 5280 §4.1.2.2; validation rule 2.21.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber(Box<[u8]>);

impl SerialNumber {
    /// Octets that are still read; the standard allows 20.
    pub const MAX_OCTETS: usize = 64;

    /// From content octets.
    ///
    /// # Errors
    /// [`Asn1Fault::Value`]: empty, or more than [`SerialNumber::MAX_OCTETS`].
    pub fn from_bytes(octets: &[u8]) -> Result<Self, Error> {
        if octets.is_empty() || octets.len() > Self::MAX_OCTETS {
            return Err(Asn1Fault::Value("serial number of no or more than 64 octets").into());
        }
        Ok(Self(octets.into()))
    }

    /// From the content of an INTEGER element, whatever its tag.
    ///
    /// # Errors
    /// As [`SerialNumber::from_bytes`], with the position.
    pub fn from_content(element: &Element<'_>) -> Result<Self, Error> {
        Self::from_bytes(element.content).map_err(|error| error.within(element.offset))
    }

    /// The content octets of the INTEGER.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the number is below zero.
    pub fn is_negative(&self) -> bool {
        self.0.first().is_some_and(|octet| octet & 0x80 != 0)
    }

    /// Whether the number is zero.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|octet| *octet == 0)
    }

    /// Whether DER would write the number shorter.
    pub fn is_padded(&self) -> bool {
        matches!(&*self.0, [0x00, next, ..] if next & 0x80 == 0)
            || matches!(&*self.0, [0xff, next, ..] if next & 0x80 != 0)
    }
}

impl std::fmt::Display for SerialNumber {
    /// Hexadecimal, upper case, without a leading `00` of the sign.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let octets = match &*self.0 {
            [0, rest @ ..] if !rest.is_empty() => rest,
            all => all,
        };
        octets.iter().try_for_each(|octet| write!(f, "{octet:02X}"))
    }
}

impl serde::Serialize for SerialNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One base of a name constraint.
///
/// Source: RFC 5280 §4.2.1.10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneralSubtree {
    /// The base; for IP addresses 8 or 32 octets, address and mask.
    pub base: GeneralName,
    /// Whether `minimum` is not 0 or `maximum` is there, which the standard forbids.
    pub bounded: bool,
}

/// Name constraints.
///
/// Source: RFC 5280 §4.2.1.10.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameConstraints {
    /// Names of a form that stands here must fall under one of its bases.
    pub permitted: Vec<GeneralSubtree>,
    /// Names must not fall under any of these.
    pub excluded: Vec<GeneralSubtree>,
}

impl NameConstraints {
    /// From the extension's element.
    ///
    /// # Errors
    /// [`Asn1Fault`].
    pub fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        let mut inside = element.expect(Tag::SEQUENCE)?.reader();
        let mut part = |number| match inside.optional(Tag::context(number))? {
            Some(subtrees) => Self::subtrees(&subtrees),
            None => Ok(Vec::new()),
        };
        let constraints = Self {
            permitted: part(0)?,
            excluded: part(1)?,
        };
        inside.finish()?;
        if constraints.permitted.is_empty() && constraints.excluded.is_empty() {
            return Err(element.fault(Asn1Fault::Value("empty name constraints")));
        }
        Ok(constraints)
    }

    fn subtrees(element: &Element<'_>) -> Result<Vec<GeneralSubtree>, Error> {
        let mut found = Vec::new();
        let mut inside = element.reader();
        while !inside.is_empty() {
            let mut subtree = inside.expect(Tag::SEQUENCE)?.reader();
            let base = GeneralName::from_element(&subtree.element()?)?;
            let minimum = match subtree.optional(Tag::context_primitive(0))? {
                Some(number) => capped(&number)?,
                None => 0,
            };
            let maximum = subtree.optional(Tag::context_primitive(1))?;
            subtree.finish()?;
            found.push(GeneralSubtree {
                base,
                bounded: minimum != 0 || maximum.is_some(),
            });
        }
        if found.is_empty() {
            return Err(element.fault(Asn1Fault::Value("empty list of subtrees")));
        }
        Ok(found)
    }
}

/// One policy mapping.
///
/// Source: RFC 5280 §4.2.1.5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyMapping {
    /// issuerDomainPolicy.
    pub issuer: Oid,
    /// subjectDomainPolicy.
    pub subject: Oid,
}

/// Policy constraints: after how many more certificates they begin.
///
/// Source: RFC 5280 §4.2.1.11.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// requireExplicitPolicy.
    pub require_explicit_policy: Option<u64>,
    /// inhibitPolicyMapping.
    pub inhibit_policy_mapping: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oid;

    fn read(kind: Oid, value: &[u8]) -> Result<Known, Error> {
        let mut known = Known::default();
        known.read(&Extension {
            kind,
            critical: false,
            value: value.into(),
            offset: 0,
            explicit_default: false,
        })?;
        Ok(known)
    }

    #[test]
    fn ok_key_usage_bits_by_name() {
        let known = read(oid::KEY_USAGE, &[3, 2, 6, 0xc0]).unwrap();
        assert_eq!(
            known.key_usage.unwrap().names(),
            ["digitalSignature", "contentCommitment"]
        );
        let known = read(oid::KEY_USAGE, &[3, 3, 7, 0x06, 0x80]).unwrap();
        assert_eq!(
            known.key_usage.unwrap().names(),
            ["keyCertSign", "cRLSign", "decipherOnly"]
        );
    }

    #[test]
    fn err_extensions_whose_content_says_nothing() {
        for (kind, value) in [
            (oid::KEY_USAGE, &[3u8, 1, 0][..]),
            (oid::KEY_USAGE, &[3, 2, 7, 0]),
            (oid::EXTENDED_KEY_USAGE, &[0x30, 0]),
            (oid::CERTIFICATE_POLICIES, &[0x30, 0]),
            (oid::POLICY_MAPPINGS, &[0x30, 0]),
            (oid::POLICY_CONSTRAINTS, &[0x30, 0]),
            (oid::NAME_CONSTRAINTS, &[0x30, 0]),
            (oid::NAME_CONSTRAINTS, &[0x30, 2, 0xa0, 0]),
            (oid::SUBJECT_ALT_NAME, &[0x30, 0]),
            (oid::SUBJECT_ALT_NAME, &[0x30, 3, 0x82, 1, 0xff]),
            (oid::CRL_DISTRIBUTION_POINTS, &[0x30, 2, 0x30, 0]),
            (oid::AUTHORITY_INFO_ACCESS, &[0x30, 0]),
            (oid::BASIC_CONSTRAINTS, &[0x30, 3, 2, 1, 0xff]),
            (oid::INHIBIT_ANY_POLICY, &[2, 1, 0x80]),
            (oid::OCSP_NO_CHECK, &[5, 1, 0]),
        ] {
            assert!(read(kind.clone(), value).is_err(), "{kind} {value:02x?}");
        }
    }

    #[test]
    fn ok_a_huge_path_length_is_no_limit() {
        let known = read(
            oid::BASIC_CONSTRAINTS,
            &[0x30, 14, 1, 1, 0xff, 2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        );
        assert_eq!(
            known.unwrap().basic_constraints.unwrap().path_length,
            Some(u64::MAX)
        );
    }

    #[test]
    fn ok_serial_numbers_keep_their_octets() {
        let serial = |octets: &[u8]| SerialNumber::from_bytes(octets).unwrap();
        assert_eq!(serial(&[0, 0xf2]).to_string(), "F2");
        assert_eq!(serial(&[0]).to_string(), "00");
        assert_ne!(serial(&[0, 1]), serial(&[1]));
        assert!(serial(&[0, 1]).is_padded() && !serial(&[0, 0x81]).is_padded());
        assert!(serial(&[0x80]).is_negative() && serial(&[0, 0]).is_zero());
        assert!(SerialNumber::from_bytes(&[1; 65]).is_err());
        assert!(SerialNumber::from_bytes(&[]).is_err());
    }
}
