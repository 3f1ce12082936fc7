//! The parts of a certificate → what it does against RFC 5280.

use std::fmt;

use crate::asn1::Tag;
use crate::oid::{self, Oid};
use crate::pki::extension::{Extension, KeyUsage, Known, SerialNumber};
use crate::pki::name::{Name, NameMatch};

/// What a certificate does against RFC 5280.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub enum Oddity {
    /// The algorithm inside the signed part is another than the one outside (RFC 5280 §4.1.1.2).
    AlgorithmMismatch,
    /// No authority key identifier although the certificate is not self-issued (RFC 5280 §4.2.1.1).
    AuthorityKeyIdentifierMissing,
    /// A certificate with the right to issue has no subject name (RFC 5280 §4.1.2.6).
    AuthorityWithoutName,
    /// keyCertSign without the right to issue, or a path length without it (RFC 5280 §4.2.1.9).
    ContradictoryAuthority,
    /// An extension that must not be critical is (RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.2.1).
    CriticalNotAllowed(Oid),
    /// An extension that must be critical is not (RFC 5280 §4.2.1.6, §4.2.1.9, §4.2.1.10).
    CriticalMissing(Oid),
    /// The same extension twice (RFC 5280 §4.2).
    DuplicateExtension(Oid),
    /// No issuer name (RFC 5280 §4.1.2.4).
    EmptyIssuer,
    /// A default value is written out, which DER forbids.
    ExplicitDefault,
    /// Extensions in a certificate of version 1 or 2 (RFC 5280 §4.1.2.9).
    ExtensionsBeforeVersion3,
    /// A date before 2050 as GeneralizedTime (RFC 5280 §4.1.2.5).
    GeneralizedTimeBefore2050,
    /// An extension that is understood has content that is not (with its kind).
    MalformedExtension(Oid),
    /// An attribute of a name is not text of its own string type.
    MalformedString,
    /// Name constraints in a certificate that may not issue (RFC 5280 §4.2.1.10).
    NameConstraintsWithoutAuthority,
    /// More than 20 octets of serial number (RFC 5280 §4.1.2.2), with their number.
    SerialLong(usize),
    /// A negative serial number (RFC 5280 §4.1.2.2).
    SerialNegative,
    /// A serial number with more octets than DER needs.
    SerialPadded,
    /// Serial number zero (RFC 5280 §4.1.2.2).
    SerialZero,
    /// No subject key identifier in a certificate that may issue (RFC 5280 §4.2.1.2).
    SubjectKeyIdentifierMissing,
    /// Neither a subject name nor a critical alternative name (RFC 5280 §4.1.2.6).
    SubjectMissing,
    /// Unused bits or DER rules of the signature are broken.
    SignatureNotOctets,
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlgorithmMismatch => f.write_str("signed and outer signature algorithm differ"),
            Self::AuthorityKeyIdentifierMissing => f.write_str("no authority key identifier"),
            Self::AuthorityWithoutName => f.write_str("an issuing certificate without a name"),
            Self::ContradictoryAuthority => {
                f.write_str("rights of an issuer in a certificate that may not issue")
            }
            Self::CriticalNotAllowed(kind) => write!(f, "extension {kind} must not be critical"),
            Self::CriticalMissing(kind) => write!(f, "extension {kind} must be critical"),
            Self::DuplicateExtension(kind) => write!(f, "extension {kind} stands there twice"),
            Self::EmptyIssuer => f.write_str("no issuer name"),
            Self::ExplicitDefault => f.write_str("a default value is written out"),
            Self::ExtensionsBeforeVersion3 => f.write_str("extensions before version 3"),
            Self::GeneralizedTimeBefore2050 => f.write_str("a date before 2050 is no UTCTime"),
            Self::MalformedExtension(kind) => write!(f, "extension {kind} is malformed"),
            Self::MalformedString => f.write_str("a string of a name is not of its type"),
            Self::NameConstraintsWithoutAuthority => {
                f.write_str("name constraints in a certificate that may not issue")
            }
            Self::SerialLong(octets) => write!(f, "serial number of {octets} octets"),
            Self::SerialNegative => f.write_str("negative serial number"),
            Self::SerialPadded => f.write_str("serial number is not minimal"),
            Self::SerialZero => f.write_str("serial number zero"),
            Self::SubjectKeyIdentifierMissing => f.write_str("no subject key identifier"),
            Self::SubjectMissing => f.write_str("no subject name"),
            Self::SignatureNotOctets => f.write_str("signature is not whole octets"),
        }
    }
}

/// Source: RFC 5280 §4.1.2.2; validation rule 2.21.
pub(super) fn note_serial(serial: &SerialNumber, oddities: &mut Vec<Oddity>) {
    if serial.is_zero() {
        oddities.push(Oddity::SerialZero);
    }
    if serial.is_negative() {
        oddities.push(Oddity::SerialNegative);
    }
    if serial.is_padded() {
        oddities.push(Oddity::SerialPadded);
    }
    // Octets of the encoding, as every checker counts them.
    if serial.as_bytes().len() > 20 {
        oddities.push(Oddity::SerialLong(serial.as_bytes().len()));
    }
}

pub(super) fn note_names(
    issuer: &Name,
    subject: &Name,
    known: &Known,
    extensions: &[Extension],
    oddities: &mut Vec<Oddity>,
) {
    if issuer.is_empty() {
        oddities.push(Oddity::EmptyIssuer);
    }
    let is_string = |tag: Tag| matches!(tag.0, 0x0c | 0x12..=0x14 | 0x16 | 0x1a | 0x1c | 0x1e);
    let malformed = |name: &Name| {
        name.attributes()
            .iter()
            .any(|a| is_string(a.value.tag) && a.text().is_none())
    };
    if malformed(issuer) || malformed(subject) {
        oddities.push(Oddity::MalformedString);
    }
    if subject.is_empty() {
        if known.basic_constraints.is_some_and(|b| b.ca) {
            oddities.push(Oddity::AuthorityWithoutName);
        }
        match extensions.iter().find(|e| e.kind == oid::SUBJECT_ALT_NAME) {
            None => oddities.push(Oddity::SubjectMissing),
            Some(names) if !names.critical => {
                oddities.push(Oddity::CriticalMissing(oid::SUBJECT_ALT_NAME));
            }
            Some(_) => {}
        }
    }
}

pub(super) fn note_authority(
    issuer: &Name,
    subject: &Name,
    known: &Known,
    extensions: &[Extension],
    oddities: &mut Vec<Oddity>,
) {
    let ca = known.basic_constraints.is_some_and(|b| b.ca);
    let critical = |kind: &Oid| {
        extensions
            .iter()
            .find(|e| e.kind == *kind)
            .map(|e| e.critical)
    };
    for kind in [
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::AUTHORITY_INFO_ACCESS,
    ] {
        if critical(&kind) == Some(true) {
            oddities.push(Oddity::CriticalNotAllowed(kind));
        }
    }
    if ca && critical(&oid::BASIC_CONSTRAINTS) == Some(false) {
        oddities.push(Oddity::CriticalMissing(oid::BASIC_CONSTRAINTS));
    }
    if critical(&oid::NAME_CONSTRAINTS) == Some(false) {
        oddities.push(Oddity::CriticalMissing(oid::NAME_CONSTRAINTS));
    }
    if known.name_constraints.is_some() && !ca {
        oddities.push(Oddity::NameConstraintsWithoutAuthority);
    }
    let signs = known.key_usage.map(|u| u.has(KeyUsage::KEY_CERT_SIGN));
    let length = known.basic_constraints.and_then(|b| b.path_length);
    if (!ca && (signs == Some(true) || length.is_some()))
        || (ca && length.is_some() && signs == Some(false))
    {
        oddities.push(Oddity::ContradictoryAuthority);
    }
    let identifier = known.authority_key_identifier.as_ref();
    if identifier.is_none_or(|a| a.key_identifier.is_none())
        && subject.matches(issuer) == NameMatch::Different
    {
        oddities.push(Oddity::AuthorityKeyIdentifierMissing);
    }
    if ca && known.subject_key_identifier.is_none() {
        oddities.push(Oddity::SubjectKeyIdentifierMissing);
    }
}

/// What makes a certificate useless on any path.
pub(super) fn is_fatal(oddity: &Oddity) -> bool {
    matches!(
        oddity,
        Oddity::AlgorithmMismatch
            | Oddity::AuthorityWithoutName
            | Oddity::DuplicateExtension(_)
            | Oddity::EmptyIssuer
            | Oddity::ExtensionsBeforeVersion3
            | Oddity::MalformedExtension(_)
            | Oddity::SignatureNotOctets
    )
}
