//! A finished file → [`Signed`], made only when the file verifies.

use std::ops::Range;

use super::form::Form;
use super::plan::SubFilter;
use super::prepared;
use crate::cms::{Encoding, Padding, SignedData, SignerIdentifier, attribute};
use crate::crypto::{DigestAlgorithm, Message, verify};
use crate::error::{Error, SigningFault};
use crate::limits::Limits;
use crate::oid;
use crate::pdf::{Dictionary, Document, Object, OpenOptions};
use crate::pki::Certificate;
use crate::time::UtcTime;
use crate::validation::{Indication, Level, SubIndication};

/// A signed document that has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    parts: Parts,
    level: Level,
    shortfall: Option<Error>,
    notes: Vec<Note>,
}

/// A file and what is known of the signature in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) bytes: Vec<u8>,
    /// SHA-256 of them.
    pub(super) sha256: [u8; 32],
    pub(super) input_sha256: [u8; 32],
    pub(super) field: String,
    pub(super) byte_range: [u64; 4],
    pub(super) cms: Vec<u8>,
}

/// Something that whoever signs must be told; it does not prevent the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The certificate is outside its period, which was overridden.
    OutsidePeriod,
    /// The certificate is for something else, which was overridden.
    OtherPurpose,
    /// The certificate is revoked, which was overridden.
    Revoked {
        /// Since when.
        since: UtcTime,
    },
    /// Whether the certificate is revoked is not known.
    StatusUnknown {
        /// What was there and why it does not count.
        why: String,
    },
    /// The verdict on the finished signature is no pass, for want of trust or revocation data.
    Verdict {
        /// The verdict.
        indication: Indication,
        /// Why.
        sub_indication: Option<SubIndication>,
    },
    /// No time stamp covers the last revision, which holds the material of B-LT.
    LastRevisionOpen,
}

impl Signed {
    /// Only for what [`check`] has passed.
    pub(super) fn new(parts: Parts, level: Level, notes: Vec<Note>) -> Self {
        Self {
            parts,
            level,
            shortfall: None,
            notes,
        }
    }

    /// The file with later revisions, which have been verified.
    pub(super) fn raised(mut self, bytes: Vec<u8>, level: Level) -> Self {
        self.parts.sha256 = prepared::sha256(&bytes);
        self.parts.bytes = bytes;
        self.reached(level)
    }

    /// The same file, which has this level.
    pub(super) fn reached(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    pub(super) fn fell_short(mut self, why: Option<Error>) -> Self {
        self.shortfall = why;
        self
    }

    pub(super) fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// The level that was reached.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Why it is not the level that was asked for; `None` when it is.
    pub fn shortfall(&self) -> Option<&Error> {
        self.shortfall.as_ref()
    }

    /// What whoever signs must be told.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The whole file; what was given is its exact prefix.
    pub fn bytes(&self) -> &[u8] {
        &self.parts.bytes
    }

    /// The whole file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.parts.bytes
    }

    /// SHA-256 of the whole file.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.parts.sha256
    }

    /// SHA-256 of what was given.
    pub fn input_sha256(&self) -> &[u8; 32] {
        &self.parts.input_sha256
    }

    /// Full name of the signature field.
    pub fn field(&self) -> &str {
        &self.parts.field
    }

    /// The four numbers of `/ByteRange`.
    pub fn byte_range(&self) -> [u64; 4] {
        self.parts.byte_range
    }

    /// The CMS signature, DER, without padding.
    pub fn cms(&self) -> &[u8] {
        &self.parts.cms
    }
}

fn fault(text: &str) -> Error {
    SigningFault::SelfCheck(text.to_owned()).into()
}

/// What the finished file must be.
pub(super) struct Expected<'e> {
    pub(super) bytes: &'e [u8],
    pub(super) input_length: u64,
    pub(super) input_sha256: &'e [u8; 32],
    pub(super) field: &'e str,
    pub(super) sub_filter: SubFilter,
    pub(super) byte_range: [u64; 4],
    pub(super) gap: &'e Range<u64>,
    pub(super) digest_algorithm: DigestAlgorithm,
    pub(super) certificate: &'e Certificate,
    pub(super) limits: &'e Limits,
}

/// Opens the finished file as any reader would and checks the new signature in it: input bytes
/// as prefix, exactly one new revision, byte range and gap, digest, CMS, signature value, signer.
/// Gives back the SHA-256 of the file.
///
/// # Errors
/// [`SigningFault::SelfCheck`] with the rule that is broken.
///
/// Source: ISO 32000-2 §12.8.1, EN 319 142-1 §6.3.
pub(super) fn check(expected: &Expected<'_>) -> Result<[u8; 32], Error> {
    let rule = |holds: bool, text: &str| if holds { Ok(()) } else { Err(fault(text)) };
    let unreadable =
        |error: Error| Error::new(SigningFault::SelfCheck(format!("cannot be read: {error}")));
    let options = OpenOptions {
        limits: expected.limits.clone(),
        ..OpenOptions::default()
    };
    let bytes = expected.bytes;
    let digests = prepared::digests(
        expected.digest_algorithm,
        bytes,
        expected.input_length,
        expected.gap,
    );
    let Ok(digests) = digests else {
        return Err(fault("the byte range is outside the file"));
    };
    rule(
        expected.input_length > 0 && digests.input == *expected.input_sha256,
        "the input is not a prefix of the output",
    )?;
    let document = Document::open(bytes, &options).map_err(unreadable)?;
    // A line end that was added belongs to the revision before.
    let old = expected.input_length.saturating_add(1);
    let added = document
        .revisions()
        .iter()
        .filter(|revision| revision.end > old);
    rule(added.count() == 1, "not exactly one revision was added")?;
    let end = document.revisions().last().map(|revision| revision.end);
    rule(
        end == Some(bytes.len() as u64),
        "the revision does not end with the file",
    )?;

    let view = document.latest();
    let form = Form::read(&view).map_err(unreadable)?;
    let mut fields = form.fields.iter().filter(|f| f.is_named(expected.field));
    let field = fields.next();
    rule(
        field.is_some_and(|field| field.is_signature()) && fields.next().is_none(),
        "the signature field is not there once",
    )?;
    let value = match field {
        Some(field) => view.value(&field.dictionary, b"V").map_err(unreadable)?,
        None => Object::Null,
    };
    let Object::Dictionary(signature) = value else {
        return Err(fault("the signature field is empty"));
    };
    let contents = check_dictionary(expected, &signature, &rule)?;

    let cms = SignedData::parse(&contents, expected.limits).map_err(unreadable)?;
    rule(cms.encoding == Encoding::Der, "the CMS is not DER")?;
    rule(
        matches!(cms.padding, Padding::None | Padding::Zeros(_)),
        "something but zeros follows the CMS",
    )?;
    rule(
        cms.content.is_none() && cms.content_type == oid::DATA,
        "the CMS is not detached",
    )?;
    let [signer] = cms.signers.as_slice() else {
        return Err(fault("the CMS has not exactly one signer"));
    };
    let certificate = expected.certificate;
    rule(
        matches!(&signer.identifier, SignerIdentifier::IssuerAndSerial { issuer, serial }
            if **issuer == *certificate.issuer().der() && *serial == certificate.serial().as_bytes()),
        "the CMS names another signer",
    )?;
    rule(
        cms.certificates.contains(&certificate.der()),
        "the CMS lacks the signer's certificate",
    )?;

    let signed = signer.signed();
    let content_type = attribute::content_type(signed).map_err(unreadable)?;
    rule(content_type == Some(oid::DATA), "the content type is wrong")?;
    let message_digest = attribute::message_digest(signed).map_err(unreadable)?;
    rule(
        signer.digest_algorithm.algorithm == Some(expected.digest_algorithm)
            && message_digest == Some(digests.signed.as_bytes()),
        "the digest of the document differs",
    )?;
    let named = attribute::signing_certificate_v2(signed).map_err(unreadable)?;
    let named = named.and_then(|names| names.into_iter().next());
    rule(
        named.is_some_and(|name| {
            name.digest
                .is_some_and(|d| d.digest(&[certificate.der()]).as_bytes() == name.hash)
        }),
        "the signing-certificate attribute names another certificate",
    )?;
    let time = attribute::signing_time(signed).map_err(unreadable)?;
    rule(
        time.is_some() == expected.sub_filter.has_signing_time(),
        "the signing time is where it must not be, or missing",
    )?;
    let algorithm = signer.algorithm().map_err(unreadable)?;
    let octets = match &signer.signed_attributes {
        Some(attributes) => attributes.octets_as_sent(),
        None => return Err(fault("there are no signed attributes")),
    };
    let outcome = verify(
        certificate.public_key(),
        &algorithm,
        Message::Bytes(&octets),
        &signer.signature,
    );
    rule(
        outcome.is_verified(),
        "the signature value is not by the key of the certificate",
    )?;
    digests.whole(bytes, expected.gap)
}

/// The rules of the signature dictionary; gives back the octets of `/Contents`.
fn check_dictionary(
    expected: &Expected<'_>,
    signature: &Dictionary<'_>,
    rule: &impl Fn(bool, &str) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let sub_filter = expected.sub_filter.name().as_bytes();
    rule(
        signature.duplicates().is_empty()
            && signature.is_name(b"Type", b"Sig")
            && signature.is_name(b"Filter", b"Adobe.PPKLite")
            && signature.is_name(b"SubFilter", sub_filter),
        "the signature dictionary is malformed",
    )?;
    let numbers: Option<Vec<u64>> =
        signature
            .get(b"ByteRange")
            .and_then(Object::as_array)
            .map(|array| {
                array
                    .iter()
                    .map_while(|number| u64::try_from(number.as_integer()?).ok())
                    .collect()
            });
    rule(
        numbers.as_deref() == Some(&expected.byte_range),
        "the byte range is not the one that was planned",
    )?;
    let [zero, first, second, rest] = expected.byte_range;
    rule(
        zero == 0
            && first > expected.input_length
            && second > first
            && second.checked_add(rest) == Some(expected.bytes.len() as u64),
        "the byte range does not cover the file",
    )?;
    let contents = signature.entry(b"Contents");
    rule(
        contents.and_then(|entry| entry.value_span.range()) == Some(first..second),
        "the gap is not the /Contents of the signature",
    )?;
    let contents = contents
        .and_then(|entry| entry.value.as_string())
        .filter(|string| string.is_hexadecimal() && string.is_well_formed());
    match contents {
        Some(string) => Ok(string.bytes().into_owned()),
        None => Err(fault("/Contents is not hexadecimal")),
    }
}
