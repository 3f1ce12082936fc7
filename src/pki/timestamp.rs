//! Bytes → [`TimeStampToken`] with its [`TstInfo`]; [`verify`] checks it, [`exchange`] talks to an authority.

pub mod exchange;
pub mod verify;

use crate::asn1::{self, Element, Tag};
use crate::cms::{SignedData, SignerInfo};
use crate::crypto::{DigestAlgorithm, DigestValue};
use crate::error::{Error, PkiFault};
use crate::limits::Limits;
use crate::oid::{self, Oid};
use crate::pki::certificate::{Certificate, SerialNumber};
use crate::pki::extension::{Extension, GeneralName};
use crate::pki::moment::moment;
use crate::pki::pool::Pool;
use crate::time::UtcTime;

pub use verify::{Fault, Imprint, Verification};

/// A time-stamp token, checked for form; nothing in it is verified yet.
///
/// Source: RFC 3161 §2.4.2.
#[derive(Debug, Clone)]
pub struct TimeStampToken<'a> {
    data: SignedData<'a>,
    info: TstInfo,
}

/// What a time-stamping authority says.
///
/// ```text
/// TSTInfo ::= SEQUENCE { version INTEGER { v1(1) }, policy OBJECT IDENTIFIER,
///     messageImprint SEQUENCE { hashAlgorithm AlgorithmIdentifier, hashedMessage OCTET STRING },
///     serialNumber INTEGER, genTime GeneralizedTime, accuracy Accuracy OPTIONAL,
///     ordering BOOLEAN DEFAULT FALSE, nonce INTEGER OPTIONAL,
///     tsa [0] GeneralName OPTIONAL, extensions [1] IMPLICIT Extensions OPTIONAL }
/// ```
///
/// Source: RFC 3161 §2.4.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TstInfo {
    /// Under which policy.
    pub policy: Oid,
    /// Which hash algorithm the imprint has.
    pub imprint_oid: Oid,
    /// The same, when it is known. SHA-1 is read; whether it counts is for the caller to judge.
    pub imprint_algorithm: Option<DigestAlgorithm>,
    /// The hash of what is stamped.
    pub imprint: Vec<u8>,
    /// Number of the token.
    pub serial: SerialNumber,
    /// The time, its fraction cut off.
    pub gen_time: UtcTime,
    /// The fraction of `gen_time`, in microseconds, rounded up.
    pub gen_time_micros: u32,
    /// How exact the time is.
    pub accuracy: Option<Accuracy>,
    /// Whether tokens of this authority are ordered by time, whatever the accuracy.
    pub ordering: bool,
    /// The nonce of the request: content octets of the INTEGER.
    pub nonce: Option<Vec<u8>>,
    /// A name of the authority.
    pub tsa: Option<GeneralName>,
    /// The first critical extension; none is defined, so that the token must not be used.
    pub critical_extension: Option<Oid>,
}

/// How far the real time may be from genTime, both ways.
///
/// ```text
/// Accuracy ::= SEQUENCE { seconds INTEGER OPTIONAL, millis [0] INTEGER (1..999) OPTIONAL,
///     micros [1] INTEGER (1..999) OPTIONAL }
/// ```
///
/// Source: RFC 3161 §2.4.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Accuracy {
    /// Whole seconds.
    pub seconds: u64,
    /// Microseconds beside them, below 1,000,000.
    pub micros: u32,
}

impl<'a> TimeStampToken<'a> {
    /// Reads a token: a CMS ContentInfo with one signer over a TSTInfo. Octets may follow it, as
    /// in the /Contents of a document time stamp; see [`SignedData::padding`].
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Limit`] above [`Limits::timestamp`] (the padding not counted);
    /// [`PkiFault::TimeStamp`], [`crate::error::CmsFault`] or [`crate::error::Asn1Fault`] for what
    /// breaks the form.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let data = SignedData::parse(bytes, limits)?;
        if data.length > limits.timestamp {
            return Err(Error::limit("timestamp", limits.timestamp as u64));
        }
        if data.content_type != oid::TST_INFO {
            return Err(PkiFault::TimeStamp("content is not a TSTInfo").into());
        }
        if data.signers.len() != 1 {
            return Err(PkiFault::TimeStamp("not exactly one signer").into());
        }
        let content = match &data.content {
            Some(content) if !data.content_is_pkcs7 => content,
            _ => return Err(PkiFault::TimeStamp("no content").into()),
        };
        let info = TstInfo::from_der(content)?;
        Ok(Self { data, info })
    }

    /// What the authority says.
    pub fn info(&self) -> &TstInfo {
        &self.info
    }

    /// The CMS, with its encoding, padding, certificates and attributes.
    pub fn data(&self) -> &SignedData<'a> {
        &self.data
    }

    /// The token's octets, without what follows it.
    pub fn der(&self) -> &'a [u8] {
        self.data.raw
    }

    /// The one signer.
    pub fn signer(&self) -> Option<&SignerInfo<'a>> {
        self.data.signers.first()
    }

    /// The certificates that came with it, those that can be read: hints, not trusted.
    pub fn certificates(&self, limits: &Limits) -> Vec<Certificate> {
        self.certificates_in(&Pool::new(), limits)
    }

    /// As [`Self::certificates`]; those that are in `pool` are not read again.
    pub(crate) fn certificates_in(&self, pool: &Pool, limits: &Limits) -> Vec<Certificate> {
        let certificates = self.data.certificates.iter();
        certificates
            .filter_map(|der| {
                let known = pool.by_octets(der).cloned();
                known.or_else(|| Certificate::from_der_within(der, limits).ok())
            })
            .collect()
    }
}

impl TstInfo {
    /// From one DER value without trailing bytes.
    ///
    /// # Errors
    /// [`PkiFault::TimeStamp`] or [`crate::error::Asn1Fault`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let fault =
            |text, element: &Element<'_>| Error::at(PkiFault::TimeStamp(text), element.offset);
        let outer = asn1::parse(der)?.expect(Tag::SEQUENCE)?;
        let mut reader = outer.reader();
        let version = reader.expect(Tag::INTEGER)?;
        if version.small()? != 1 {
            return Err(fault("version", &version));
        }
        let policy = reader.expect(Tag::OID)?.oid()?;
        let mut imprint = reader.expect(Tag::SEQUENCE)?.reader();
        let algorithm = imprint.expect(Tag::SEQUENCE)?;
        let hash = imprint.expect(Tag::OCTET_STRING)?;
        imprint.finish()?;
        let imprint_oid = algorithm.reader().expect(Tag::OID)?.oid()?;
        let imprint_algorithm = DigestAlgorithm::from_der(algorithm.raw)
            .map_err(|error| error.within(algorithm.offset))?;
        if imprint_algorithm.is_some_and(|known| known.output_len() != hash.content.len()) {
            return Err(fault(
                "imprint of another length than its algorithm's",
                &hash,
            ));
        }
        let serial = SerialNumber::from_content(&reader.expect(Tag::INTEGER)?)?;
        let (gen_time, gen_time_micros) = moment(&reader.expect(Tag::GENERALIZED_TIME)?)?;
        let accuracy = match reader.optional(Tag::SEQUENCE)? {
            Some(element) => Some(Accuracy::read(&element)?),
            None => None,
        };
        let ordering = match reader.optional(Tag::BOOLEAN)? {
            Some(flag) => flag.boolean()?,
            None => false,
        };
        let nonce = match reader.optional(Tag::INTEGER)? {
            Some(nonce) => Some(nonce.integer()?.to_vec()),
            None => None,
        };
        let tsa = match reader.optional(Tag::context(0))? {
            Some(explicit) => Some(GeneralName::from_element(&explicit.only()?)?),
            None => None,
        };
        let mut critical_extension = None;
        if let Some(list) = reader.optional(Tag::context(1))? {
            let mut inside = list.reader();
            while !inside.is_empty() {
                let extension = Extension::from_element(&inside.element()?)?;
                if extension.critical && critical_extension.is_none() {
                    critical_extension = Some(extension.kind);
                }
            }
        }
        reader.finish()?;
        Ok(Self {
            policy,
            imprint_oid,
            imprint_algorithm,
            imprint: hash.content.to_vec(),
            serial,
            gen_time,
            gen_time_micros,
            accuracy,
            ordering,
            nonce,
            tsa,
            critical_extension,
        })
    }

    /// The first whole second that is surely not before genTime: what was stamped existed then.
    /// The accuracy is not added, see [`TstInfo::latest`].
    pub fn proven_at(&self) -> UtcTime {
        self.gen_time.plus(i64::from(self.gen_time_micros > 0))
    }

    /// The last moment at which the token may have been made: genTime and accuracy, rounded up.
    pub fn latest(&self) -> UtcTime {
        let accuracy = self.accuracy.unwrap_or(Accuracy::NONE);
        let micros = u64::from(self.gen_time_micros) + u64::from(accuracy.micros);
        let seconds = accuracy.seconds.saturating_add(micros.div_ceil(1_000_000));
        self.gen_time
            .plus(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    /// The first moment at which the token may have been made: genTime without accuracy, rounded
    /// down.
    pub fn earliest(&self) -> UtcTime {
        let accuracy = self.accuracy.unwrap_or(Accuracy::NONE);
        let borrowed = u64::from(accuracy.micros > self.gen_time_micros);
        let seconds = accuracy.seconds.saturating_add(borrowed);
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.gen_time.plus(-seconds)
    }

    /// Whether this token was made before `other`, as far as the two tell. `None`: it cannot be
    /// told. Without `ordering` the times must differ by more than both accuracies. Both tokens
    /// must be of the same authority when `ordering` is used; else pass `false`.
    ///
    /// Source: RFC 3161 §2.4.2.
    pub fn is_before(&self, other: &Self, same_authority: bool) -> Option<bool> {
        let exact = |info: &Self| (info.gen_time, info.gen_time_micros);
        if same_authority && self.ordering && other.ordering && exact(self) != exact(other) {
            return Some(exact(self) < exact(other));
        }
        if self.latest() < other.earliest() {
            Some(true)
        } else if other.latest() < self.earliest() {
            Some(false)
        } else {
            None
        }
    }

    /// How the imprint compares with `digest`, which must be made by
    /// [`TstInfo::imprint_algorithm`].
    pub fn compare(&self, digest: &DigestValue) -> Imprint {
        match self.imprint_algorithm {
            None => Imprint::UnknownAlgorithm,
            Some(algorithm)
                if algorithm == digest.algorithm() && *digest.as_bytes() == *self.imprint =>
            {
                Imprint::Matches
            }
            Some(_) => Imprint::Differs,
        }
    }
}

impl Accuracy {
    const NONE: Self = Self {
        seconds: 0,
        micros: 0,
    };

    fn read(element: &Element<'_>) -> Result<Self, Error> {
        let mut reader = element.reader();
        let seconds = match reader.optional(Tag::INTEGER)? {
            Some(seconds) => seconds.small()?,
            None => 0,
        };
        let mut part = |number| -> Result<u32, Error> {
            match reader.optional(Tag::context_primitive(number))? {
                None => Ok(0),
                Some(part) => match u32::try_from(part.small()?) {
                    Ok(value) if value <= 999 => Ok(value),
                    _ => Err(Error::at(PkiFault::TimeStamp("accuracy"), part.offset)),
                },
            }
        };
        let (millis, micros) = (part(0)?, part(1)?);
        reader.finish()?;
        Ok(Self {
            seconds,
            micros: millis * 1000 + micros,
        })
    }
}

#[cfg(test)]
mod tests;
