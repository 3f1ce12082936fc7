//! A digest → the DER of a time-stamp request; bytes of an answer → [`TimeStampResponse`], checked against it.

use super::TimeStampToken;
use crate::asn1::{self, Tag, write};
use crate::crypto::DigestValue;
use crate::error::{Error, PkiFault};
use crate::limits::Limits;
use crate::oid::Oid;
use crate::pki::timestamp::Imprint;

/// What is asked of a time-stamping authority.
///
/// ```text
/// TimeStampReq ::= SEQUENCE { version INTEGER { v1(1) }, messageImprint MessageImprint,
///     reqPolicy OBJECT IDENTIFIER OPTIONAL, nonce INTEGER OPTIONAL,
///     certReq BOOLEAN DEFAULT FALSE, extensions [0] IMPLICIT Extensions OPTIONAL }
/// ```
///
/// Source: RFC 3161 §2.4.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampRequest {
    /// Digest of what is to be stamped.
    pub imprint: DigestValue,
    /// The policy that is wanted.
    pub policy: Option<Oid>,
    /// Octets that nobody can guess, read as one non-negative number; 8 or more.
    pub nonce: Option<Vec<u8>>,
    /// Whether the authority's certificate is wanted in the token.
    pub certificate: bool,
}

impl TimeStampRequest {
    /// The request as DER.
    ///
    /// # Errors
    /// None in practice; see [`write::element`].
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        let null = write::element(Tag::NULL, &[])?;
        let algorithm = write::oid(&self.imprint.algorithm().oid())?;
        let imprint = write::sequence(&[
            &write::sequence(&[&algorithm, &null])?,
            &write::element(Tag::OCTET_STRING, &[self.imprint.as_bytes()])?,
        ])?;
        let policy = match &self.policy {
            Some(policy) => write::oid(policy)?,
            None => Vec::new(),
        };
        let nonce = match &self.nonce {
            Some(nonce) => write::unsigned(nonce)?,
            None => Vec::new(),
        };
        let certificate = match self.certificate {
            true => write::element(Tag::BOOLEAN, &[&[0xff]])?,
            false => Vec::new(),
        };
        write::sequence(&[&write::small(1)?, &imprint, &policy, &nonce, &certificate])
    }
}

/// What an authority says of a request.
///
/// Source: RFC 3161 §2.4.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PkiStatus {
    /// A token is there.
    Granted,
    /// A token is there, not quite as asked.
    GrantedWithMods,
    /// There will be no token.
    Rejection,
    /// Not yet.
    Waiting,
    /// No token; a revocation is near.
    RevocationWarning,
    /// No token; a revocation has happened.
    RevocationNotification,
}

/// Why a request is refused.
///
/// Source: RFC 3161 §2.4.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureInfo {
    /// The hash algorithm is not served.
    BadAlg,
    /// The transaction is not permitted.
    BadRequest,
    /// The request is malformed.
    BadDataFormat,
    /// The authority has no time.
    TimeNotAvailable,
    /// The policy is not served.
    UnacceptedPolicy,
    /// The extension is not served.
    UnacceptedExtension,
    /// Additional information is not available.
    AddInfoNotAvailable,
    /// The authority has an internal problem.
    SystemFailure,
    /// A bit that the standard does not name.
    Other(u16),
}

impl FailureInfo {
    fn from_bit(bit: u16) -> Self {
        match bit {
            0 => Self::BadAlg,
            2 => Self::BadRequest,
            5 => Self::BadDataFormat,
            14 => Self::TimeNotAvailable,
            15 => Self::UnacceptedPolicy,
            16 => Self::UnacceptedExtension,
            17 => Self::AddInfoNotAvailable,
            25 => Self::SystemFailure,
            other => Self::Other(other),
        }
    }
}

/// The answer of a time-stamping authority.
///
/// ```text
/// TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken ContentInfo OPTIONAL }
/// PKIStatusInfo ::= SEQUENCE { status INTEGER, statusString SEQUENCE OF UTF8String OPTIONAL,
///     failInfo BIT STRING OPTIONAL }
/// ```
///
/// Source: RFC 3161 §2.4.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampResponse<'a> {
    /// What became of the request.
    pub status: PkiStatus,
    /// The authority's words.
    pub texts: Vec<String>,
    /// Why it refuses.
    pub failures: Vec<FailureInfo>,
    /// The token's octets, unread.
    pub token: Option<&'a [u8]>,
}

/// Why an answer is not an answer to the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeFault {
    /// The authority gives no token.
    #[error("the time-stamping authority gives no token")]
    Refused {
        /// What it says.
        status: PkiStatus,
        /// Why.
        failures: Vec<FailureInfo>,
    },
    /// It says that it gives a token, and there is none.
    #[error("the answer has no token")]
    NoToken,
    /// The token cannot be read.
    #[error("{0}")]
    Malformed(Error),
    /// The token stamps something else.
    #[error("the token stamps other data")]
    Imprint,
    /// The nonce is another, or missing, or there without being asked.
    #[error("the token has another nonce")]
    Nonce,
    /// The policy is another than asked.
    #[error("the token is under policy {found}")]
    Policy {
        /// The token's.
        found: Oid,
    },
    /// The authority's certificate was asked for and is not there.
    #[error("the token comes without certificates")]
    NoCertificate,
}

impl<'a> TimeStampResponse<'a> {
    /// Reads an answer.
    ///
    /// `der`: one DER value, no trailing bytes; the token inside may be BER.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Limit`] above [`Limits::timestamp`]; [`PkiFault::TimeStamp`] or
    /// [`crate::error::Asn1Fault`].
    pub fn parse(der: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        // The status is a few hundred octets at most.
        let max = limits.timestamp.saturating_add(4096);
        if der.len() > max {
            return Err(Error::limit("timestamp", limits.timestamp as u64));
        }
        let mut reader = asn1::parse(der)?.expect(Tag::SEQUENCE)?.reader();
        let mut info = reader.expect(Tag::SEQUENCE)?.reader();
        let number = info.expect(Tag::INTEGER)?;
        let status = match number.small()? {
            0 => PkiStatus::Granted,
            1 => PkiStatus::GrantedWithMods,
            2 => PkiStatus::Rejection,
            3 => PkiStatus::Waiting,
            4 => PkiStatus::RevocationWarning,
            5 => PkiStatus::RevocationNotification,
            _ => return Err(Error::at(PkiFault::TimeStamp("status"), number.offset)),
        };
        let mut texts = Vec::new();
        if let Some(list) = info.optional(Tag::SEQUENCE)? {
            let mut inside = list.reader();
            while !inside.is_empty() {
                let text = inside.element()?.expect(Tag::UTF8_STRING)?;
                texts.push(String::from_utf8_lossy(text.content).into_owned());
            }
        }
        let mut failures = Vec::new();
        if let Some(bits) = info.optional(Tag::BIT_STRING)? {
            let (octets, _) = bits.bit_string()?;
            let all = octets.iter().take(8).zip(0u16..);
            for (octet, at) in all {
                let set = (0..8u16).filter(|bit| octet & (0x80 >> bit) != 0);
                failures.extend(set.map(|bit| FailureInfo::from_bit(at * 8 + bit)));
            }
        }
        info.finish()?;
        let token = match reader.is_empty() {
            true => None,
            false => Some(reader.rest()),
        };
        Ok(Self {
            status,
            texts,
            failures,
            token,
        })
    }

    /// The token, when it answers `request`: granted, over the imprint, with the nonce and the
    /// policy. Its signature is not checked here.
    ///
    /// # Errors
    /// [`ExchangeFault`].
    ///
    /// Source: RFC 3161 §2.2, §2.4.2.
    pub fn answer_to(
        &self,
        request: &TimeStampRequest,
        limits: &Limits,
    ) -> Result<TimeStampToken<'a>, ExchangeFault> {
        if !matches!(self.status, PkiStatus::Granted | PkiStatus::GrantedWithMods) {
            return Err(ExchangeFault::Refused {
                status: self.status,
                failures: self.failures.clone(),
            });
        }
        let octets = self.token.ok_or(ExchangeFault::NoToken)?;
        let token = TimeStampToken::parse(octets, limits).map_err(ExchangeFault::Malformed)?;
        if token.der().len() != octets.len() {
            let fault = PkiFault::TimeStamp("something follows the token");
            return Err(ExchangeFault::Malformed(fault.into()));
        }
        let info = token.info();
        if info.compare(&request.imprint) != Imprint::Matches {
            return Err(ExchangeFault::Imprint);
        }
        let asked = request.nonce.as_deref().map(number);
        // What comes back must be the same number, not negative.
        let given = info.nonce.as_deref();
        if given.is_some_and(|octets| octets.first().is_some_and(|first| first & 0x80 != 0))
            || given.map(number) != asked
        {
            return Err(ExchangeFault::Nonce);
        }
        if request
            .policy
            .as_ref()
            .is_some_and(|policy| *policy != info.policy)
        {
            return Err(ExchangeFault::Policy {
                found: info.policy.clone(),
            });
        }
        if request.certificate && token.data().certificates.is_empty() {
            return Err(ExchangeFault::NoCertificate);
        }
        Ok(token)
    }
}

/// Octets of a number without leading zeros.
fn number(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.get(zeros..).unwrap_or_default()
}
