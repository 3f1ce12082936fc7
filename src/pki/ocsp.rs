//! OCSP response bytes → [`OcspResponse`], its answers one by one; requests are written in [`request`].

pub mod request;

use crate::asn1::{self, Element, Reader, Tag};
use crate::crypto::{
    self, Budget, DigestAlgorithm, Memo, Message, Outcome, PublicKey, SignatureAlgorithm,
};
use crate::error::{Error, PkiFault};
use crate::limits::{LimitReached, Limits};
use crate::oid::{self, Oid};
use crate::pki::certificate::Certificate;
use crate::pki::crl::{Reason, sha256};
use crate::pki::extension::{Extension, SerialNumber};
use crate::pki::moment::moment;
use crate::pki::name::{Name, NameMatch};
use crate::time::UtcTime;
use std::ops::Range;

/// id-pkix-ocsp-archive-cutoff, 1.3.6.1.5.5.7.48.1.6.
const ARCHIVE_CUTOFF: Oid =
    Oid::from_static(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x06]);
/// id-pkix-ocsp-crl, 1.3.6.1.5.5.7.48.1.3.
const CRL_REFERENCE: Oid =
    Oid::from_static(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x03]);
/// id-pkix-ocsp-extended-revoke, 1.3.6.1.5.5.7.48.1.9.
const EXTENDED_REVOKE: Oid =
    Oid::from_static(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x09]);
/// id-commonpki-at-certHash, 1.3.36.8.3.13.
const CERTIFICATE_HASH: Oid = Oid::from_static(&[0x2b, 0x24, 0x08, 0x03, 0x0d]);

/// What a responder says of the request as a whole.
///
/// Source: RFC 6960 §4.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub enum ResponseStatus {
    /// The request broke the protocol.
    MalformedRequest,
    /// The responder has an internal problem.
    InternalError,
    /// Ask again later.
    TryLater,
    /// The request must be signed.
    SignatureRequired,
    /// The responder does not serve this client or this certificate.
    Unauthorized,
}

/// What a responder sends back.
#[derive(Debug)]
pub enum Reply {
    /// A signed response.
    Answered(Box<OcspResponse>),
    /// No response, only a word.
    Refused(ResponseStatus),
}

/// A basic OCSP response, checked for form; its signature is not yet checked.
///
/// ```text
/// OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED,
///     responseBytes [0] EXPLICIT SEQUENCE { responseType OID, response OCTET STRING } OPTIONAL }
/// BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm,
///     signature BIT STRING, certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
/// ResponseData ::= SEQUENCE { version [0] EXPLICIT INTEGER DEFAULT v1, responderID ResponderID,
///     producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse,
///     responseExtensions [1] EXPLICIT Extensions OPTIONAL }
/// ```
///
/// Source: RFC 6960 §4.2.1.
pub struct OcspResponse {
    der: Box<[u8]>,
    sha256: [u8; 32],
    tbs: Range<usize>,
    signature: Range<usize>,
    algorithm: SignatureAlgorithm,
    responder: ResponderId,
    produced_at: UtcTime,
    answers: Vec<SingleResponse>,
    nonce: Option<Box<[u8]>>,
    unusable: Option<Oid>,
    certificates: Vec<Certificate>,
    unreadable_certificates: usize,
    memo: Memo,
}

/// Who signed the response.
///
/// Source: RFC 6960 §4.2.2.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponderId {
    /// The subject of the responder's certificate.
    Name(Name),
    /// SHA-1 of the responder's public key, without tag, length and unused bits.
    KeyHash(Box<[u8]>),
}

impl ResponderId {
    /// Whether a responder with this subject and key is meant.
    pub fn matches(&self, subject: &Name, key: &PublicKey) -> bool {
        match self {
            Self::Name(name) => name.matches(subject) != NameMatch::Different,
            Self::KeyHash(hash) => key_bits(key.spki())
                .is_ok_and(|bits| DigestAlgorithm::Sha1.digest(&[bits]).as_bytes() == &**hash),
        }
    }
}

/// The octets of a public key inside SubjectPublicKeyInfo, as OCSP hashes them.
///
/// Source: RFC 6960 §4.1.1.
fn key_bits(spki: &[u8]) -> Result<&[u8], Error> {
    let mut reader = asn1::parse(spki)?.expect(Tag::SEQUENCE)?.reader();
    reader.expect(Tag::SEQUENCE)?;
    let (bits, _) = reader.expect(Tag::BIT_STRING)?.bit_string()?;
    Ok(bits)
}

/// Which certificate is meant.
///
/// ```text
/// CertID ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING,
///     issuerKeyHash OCTET STRING, serialNumber CertificateSerialNumber }
/// ```
///
/// Source: RFC 6960 §4.1.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertId {
    /// Hash of both hashes; `None` when it is not known, then nothing matches.
    pub algorithm: Option<DigestAlgorithm>,
    /// Hash of the DER of the issuer's name.
    pub issuer_name_hash: Box<[u8]>,
    /// Hash of the issuer's key, as in [`ResponderId::KeyHash`].
    pub issuer_key_hash: Box<[u8]>,
    /// Serial number of the certificate.
    pub serial: SerialNumber,
}

/// The part in which a [`CertId`] differs from a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Mismatch {
    /// The hash algorithm is not known.
    #[error("unknown hash algorithm")]
    Algorithm,
    /// Another issuer key.
    #[error("another issuer key")]
    IssuerKey,
    /// Another issuer name.
    #[error("another issuer name")]
    IssuerName,
    /// Another serial number.
    #[error("another serial number")]
    Serial,
}

impl CertId {
    /// Of the certificate `serial` of the issuer with this name and key.
    ///
    /// # Errors
    /// The key is not a SubjectPublicKeyInfo.
    pub fn new(
        algorithm: DigestAlgorithm,
        issuer: &Name,
        key: &PublicKey,
        serial: SerialNumber,
    ) -> Result<Self, Error> {
        Ok(Self {
            algorithm: Some(algorithm),
            issuer_name_hash: algorithm.digest(&[issuer.der()]).as_bytes().into(),
            issuer_key_hash: algorithm.digest(&[key_bits(key.spki())?]).as_bytes().into(),
            serial,
        })
    }

    /// Whether it means the certificate `serial` of the issuer with this name and key: all four
    /// parts count. `names`: the ways in which the issuer's name is written, usually the issuer
    /// field of the certificate and the subject of its issuer.
    ///
    /// # Errors
    /// The first part that differs; the serial number is looked at first.
    ///
    /// Source: RFC 6960 §4.1.1; validation rule 2.9.
    pub fn check(
        &self,
        names: &[&Name],
        key: &PublicKey,
        serial: &SerialNumber,
    ) -> Result<(), Mismatch> {
        if self.serial != *serial {
            return Err(Mismatch::Serial);
        }
        let Some(algorithm) = self.algorithm else {
            return Err(Mismatch::Algorithm);
        };
        let same = |part: &[u8], hash: &[u8]| algorithm.digest(&[part]).as_bytes() == hash;
        if !names
            .iter()
            .any(|name| same(name.der(), &self.issuer_name_hash))
        {
            return Err(Mismatch::IssuerName);
        }
        match key_bits(key.spki()) {
            Ok(bits) if same(bits, &self.issuer_key_hash) => Ok(()),
            _ => Err(Mismatch::IssuerKey),
        }
    }

    fn read(element: &Element<'_>) -> Result<Self, Error> {
        let mut reader = element.expect(Tag::SEQUENCE)?.reader();
        let algorithm = reader.expect(Tag::SEQUENCE)?;
        let name = reader.expect(Tag::OCTET_STRING)?;
        let key = reader.expect(Tag::OCTET_STRING)?;
        let serial = SerialNumber::from_content(&reader.expect(Tag::INTEGER)?)?;
        reader.finish()?;
        Ok(Self {
            algorithm: DigestAlgorithm::from_der(algorithm.raw)
                .map_err(|error| error.within(algorithm.offset))?,
            issuer_name_hash: name.content.into(),
            issuer_key_hash: key.content.into(),
            serial,
        })
    }
}

/// What the responder says of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertStatus {
    /// Not revoked.
    Good,
    /// Revoked, or on hold.
    Revoked {
        /// Since when.
        at: UtcTime,
        /// Why, as far as told.
        reason: Reason,
    },
    /// The responder does not know the certificate. This is never good.
    Unknown,
}

/// One answer of a response.
///
/// ```text
/// SingleResponse ::= SEQUENCE { certID CertID, certStatus CHOICE { good [0] IMPLICIT NULL,
///     revoked [1] IMPLICIT SEQUENCE { revocationTime GeneralizedTime,
///         revocationReason [0] EXPLICIT CRLReason OPTIONAL }, unknown [2] IMPLICIT NULL },
///     thisUpdate GeneralizedTime, nextUpdate [0] EXPLICIT GeneralizedTime OPTIONAL,
///     singleExtensions [1] EXPLICIT Extensions OPTIONAL }
/// ```
///
/// Source: RFC 6960 §4.2.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleResponse {
    /// Which certificate.
    pub id: CertId,
    /// Its status.
    pub status: CertStatus,
    /// The status was known to be right at this moment.
    pub this_update: UtcTime,
    /// Newer information is there at this moment at the latest.
    pub next_update: Option<UtcTime>,
    /// The responder keeps revocations of certificates that expired after this moment.
    ///
    /// Source: RFC 6960 §4.4.4.
    pub archive_cutoff: Option<UtcTime>,
    /// The moment since when the key is suspected, where the responder tells.
    pub invalidity_date: Option<UtcTime>,
    /// Hash of the certificate that is meant, so that the responder surely knows it.
    ///
    /// Source: Common PKI 2.0, part 4, 3.1.2.
    pub certificate_hash: Option<(Option<DigestAlgorithm>, Box<[u8]>)>,
    /// An unknown critical extension: the answer must not be used.
    pub unusable: Option<Oid>,
}

impl OcspResponse {
    /// Reads one response: a whole OCSPResponse, or the BasicOCSPResponse alone.
    ///
    /// `der`: one DER value, no trailing bytes.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Limit`] above [`Limits::ocsp`]; [`PkiFault::Ocsp`] or
    /// [`crate::error::Asn1Fault`] for what breaks the form; [`PkiFault::OcspRefused`] when the
    /// responder sent a status other than `successful`.
    pub fn from_der(der: &[u8], limits: &Limits) -> Result<Self, Error> {
        match read(der, limits)? {
            Reply::Answered(response) => Ok(*response),
            Reply::Refused(status) => Err(PkiFault::OcspRefused(status.name()).into()),
        }
    }

    fn basic(der: &[u8], basic: &Element<'_>, limits: &Limits) -> Result<Self, Error> {
        let mut reader = basic.expect(Tag::SEQUENCE)?.reader();
        let tbs = reader.expect(Tag::SEQUENCE)?;
        let algorithm = reader.expect(Tag::SEQUENCE)?;
        let signature = reader.expect(Tag::BIT_STRING)?;
        let signature_octets = signature.bit_string_octets()?;
        let certs = reader.optional(Tag::context(0))?;
        reader.finish()?;

        let mut certificates = Vec::new();
        let mut unreadable_certificates = 0usize;
        if let Some(certs) = certs {
            let mut inside = certs.only()?.expect(Tag::SEQUENCE)?.reader();
            while !inside.is_empty() {
                if certificates.len() + unreadable_certificates >= limits.cms_certificates {
                    let max = limits.cms_certificates as u64;
                    return Err(Error::limit("cms_certificates", max));
                }
                match Certificate::from_der_within(inside.element()?.raw, limits) {
                    Ok(certificate) => certificates.push(certificate),
                    Err(_) => unreadable_certificates += 1,
                }
            }
        }

        let mut reader = tbs.reader();
        if let Some(version) = reader.optional(Tag::context(0))? {
            let number = version.only()?.expect(Tag::INTEGER)?.small()?;
            if number != 0 {
                return Err(Error::at(PkiFault::Ocsp("version"), version.offset));
            }
        }
        let responder = reader.element()?;
        let responder = match responder.tag.0 {
            0xa1 => ResponderId::Name(Name::from_element(&responder.only()?)?),
            0xa2 => {
                let hash = responder.only()?.expect(Tag::OCTET_STRING)?;
                ResponderId::KeyHash(hash.content.into())
            }
            _ => return Err(Error::at(PkiFault::Ocsp("responder id"), responder.offset)),
        };
        let (produced_at, _) = moment(&reader.element()?)?;
        let mut inside = reader.expect(Tag::SEQUENCE)?.reader();
        let mut answers = Vec::new();
        while !inside.is_empty() {
            answers.push(SingleResponse::read(&inside.element()?)?);
        }
        let (mut nonce, mut unusable) = (None, None);
        for extension in extensions(&mut reader)? {
            if extension.kind == oid::OCSP_NONCE {
                // RFC 9654 §2.1: an OCTET STRING inside the value; older responders put the bare
                // octets there.
                let value = asn1::parse(&extension.value)
                    .and_then(|element| element.expect(Tag::OCTET_STRING))
                    .map_or(&*extension.value, |element| element.content);
                nonce = Some(value.into());
            } else if extension.critical && extension.kind != EXTENDED_REVOKE {
                unusable = Some(extension.kind);
            }
        }
        reader.finish()?;

        Ok(Self {
            sha256: sha256(der),
            tbs: range(&tbs, tbs.raw.len()),
            signature: range(&signature, signature_octets.len()),
            algorithm: SignatureAlgorithm::from_der(algorithm.raw)
                .map_err(|error| error.within(algorithm.offset))?,
            responder,
            produced_at,
            answers,
            nonce,
            unusable,
            certificates,
            unreadable_certificates,
            memo: Memo::default(),
            der: der.into(),
        })
    }

    /// The response as it came, whole or basic.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of [`OcspResponse::der`].
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The signed octets.
    pub fn tbs(&self) -> &[u8] {
        self.der.get(self.tbs.clone()).unwrap_or_default()
    }

    /// The signature value.
    pub fn signature(&self) -> &[u8] {
        self.der.get(self.signature.clone()).unwrap_or_default()
    }

    /// The algorithm of the signature.
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.algorithm
    }

    /// Whether `key` signed it; computed once for each key.
    pub fn verify(&self, key: &PublicKey) -> Outcome {
        self.memo.ask(key, || {
            let message = Message::Bytes(self.tbs());
            crypto::verify(key, &self.algorithm, message, self.signature())
        })
    }

    /// As [`OcspResponse::verify`], asked of `budget`.
    ///
    /// # Errors
    /// Nothing is left of the budget.
    pub fn verify_within(
        &self,
        key: &PublicKey,
        budget: &Budget<'_>,
    ) -> Result<Outcome, LimitReached> {
        budget.verify_object(
            &self.sha256,
            Some(&self.memo),
            key,
            &self.algorithm,
            Message::Bytes(self.tbs()),
            self.signature(),
        )
    }

    /// Who signed it, by its own words.
    pub fn responder(&self) -> &ResponderId {
        &self.responder
    }

    /// When it was signed.
    pub fn produced_at(&self) -> UtcTime {
        self.produced_at
    }

    /// The answers.
    pub fn answers(&self) -> &[SingleResponse] {
        &self.answers
    }

    /// The nonce of the request, given back.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// An unknown critical extension: the response must not be used.
    pub fn unusable(&self) -> Option<&Oid> {
        self.unusable.as_ref()
    }

    /// The certificates that came with it: hints, not trusted.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// How many certificates came with it that cannot be read.
    pub fn unreadable_certificates(&self) -> usize {
        self.unreadable_certificates
    }
}

impl std::fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OcspResponse")
            .field("responder", &self.responder)
            .field("produced_at", &self.produced_at)
            .field("answers", &self.answers)
            .finish_non_exhaustive()
    }
}

impl ResponseStatus {
    /// The word of the standard.
    pub fn name(self) -> &'static str {
        match self {
            Self::MalformedRequest => "malformedRequest",
            Self::InternalError => "internalError",
            Self::TryLater => "tryLater",
            Self::SignatureRequired => "sigRequired",
            Self::Unauthorized => "unauthorized",
        }
    }
}

/// Reads what a responder sends back: a whole OCSPResponse, or a BasicOCSPResponse alone.
///
/// # Errors
/// As [`OcspResponse::from_der`], without the refusals.
pub fn read(der: &[u8], limits: &Limits) -> Result<Reply, Error> {
    if der.len() > limits.ocsp {
        return Err(Error::limit("ocsp", limits.ocsp as u64));
    }
    let outer = asn1::parse(der)?.expect(Tag::SEQUENCE)?;
    let mut reader = outer.reader();
    if reader.peek() == Some(Tag::SEQUENCE) {
        return OcspResponse::basic(der, &outer, limits).map(|r| Reply::Answered(Box::new(r)));
    }
    let status = reader.expect(Tag::ENUMERATED)?;
    let bytes = reader.optional(Tag::context(0))?;
    reader.finish()?;
    let refused = match status.small()? {
        0 => None,
        1 => Some(ResponseStatus::MalformedRequest),
        2 => Some(ResponseStatus::InternalError),
        3 => Some(ResponseStatus::TryLater),
        5 => Some(ResponseStatus::SignatureRequired),
        6 => Some(ResponseStatus::Unauthorized),
        _ => return Err(Error::at(PkiFault::Ocsp("unknown status"), status.offset)),
    };
    match (refused, bytes) {
        (Some(status), None) => Ok(Reply::Refused(status)),
        (Some(_), Some(bytes)) => Err(Error::at(
            PkiFault::Ocsp("a refusal that carries a response"),
            bytes.offset,
        )),
        (None, None) => Err(Error::at(
            PkiFault::Ocsp("successful without a response"),
            status.offset,
        )),
        (None, Some(bytes)) => {
            let mut inside = bytes.only()?.expect(Tag::SEQUENCE)?.reader();
            let kind = inside.expect(Tag::OID)?;
            let value = inside.expect(Tag::OCTET_STRING)?;
            inside.finish()?;
            if kind.oid()? != oid::OCSP_BASIC {
                return Err(Error::at(PkiFault::Ocsp("response type"), kind.offset));
            }
            OcspResponse::basic(der, &value.only()?, limits).map(|r| Reply::Answered(Box::new(r)))
        }
    }
}

impl SingleResponse {
    fn read(element: &Element<'_>) -> Result<Self, Error> {
        let mut reader = element.expect(Tag::SEQUENCE)?.reader();
        let id = CertId::read(&reader.element()?)?;
        let status = reader.element()?;
        let mut status = match status.tag.0 {
            0x80 if status.content.is_empty() => CertStatus::Good,
            0x82 if status.content.is_empty() => CertStatus::Unknown,
            0xa1 => {
                let mut inside = status.reader();
                let (at, _) = moment(&inside.element()?)?;
                let reason = match inside.optional(Tag::context(0))? {
                    Some(explicit) => Reason::from_element(&explicit.only()?)?,
                    None => Reason::Unspecified,
                };
                inside.finish()?;
                CertStatus::Revoked { at, reason }
            }
            _ => return Err(Error::at(PkiFault::Ocsp("status"), status.offset)),
        };
        let (this_update, _) = moment(&reader.element()?)?;
        let next_update = match reader.optional(Tag::context(0))? {
            Some(explicit) => Some(moment(&explicit.only()?)?.0),
            None => None,
        };
        let (mut archive_cutoff, mut invalidity_date) = (None, None);
        let (mut certificate_hash, mut unusable) = (None, None);
        for extension in extensions(&mut reader)? {
            let kind = &extension.kind;
            if *kind == ARCHIVE_CUTOFF {
                archive_cutoff = Some(moment(&extension.element()?)?.0);
            } else if *kind == CERTIFICATE_HASH {
                let mut inside = extension.element()?.expect(Tag::SEQUENCE)?.reader();
                let algorithm = inside.expect(Tag::SEQUENCE)?;
                let hash = inside.expect(Tag::OCTET_STRING)?;
                inside.finish()?;
                let algorithm = DigestAlgorithm::from_der(algorithm.raw)
                    .map_err(|error| error.within(algorithm.offset))?;
                certificate_hash = Some((algorithm, hash.content.into()));
            } else if *kind == oid::INVALIDITY_DATE {
                invalidity_date = Some(moment(&extension.element()?)?.0);
            } else if *kind == oid::CRL_REASON {
                let told = Reason::from_element(&extension.element()?)?;
                if let CertStatus::Revoked { reason, .. } = &mut status
                    && *reason == Reason::Unspecified
                {
                    *reason = told;
                }
            } else if extension.critical && *kind != CRL_REFERENCE {
                unusable = Some(extension.kind);
            }
        }
        reader.finish()?;
        Ok(Self {
            id,
            status,
            this_update,
            next_update,
            archive_cutoff,
            invalidity_date,
            certificate_hash,
            unusable,
        })
    }

    /// Whether the certificate hash, if there is one, is that of `certificate`.
    ///
    /// `None`: there is none, or its algorithm is not known.
    pub fn hash_matches(&self, certificate: &[u8]) -> Option<bool> {
        let (algorithm, hash) = self.certificate_hash.as_ref()?;
        let digest = (*algorithm)?.digest(&[certificate]);
        Some(digest.as_bytes() == &**hash)
    }
}

/// `[1] EXPLICIT Extensions OPTIONAL`, each kind once.
fn extensions(reader: &mut Reader<'_>) -> Result<Vec<Extension>, Error> {
    let Some(outer) = reader.optional(Tag::context(1))? else {
        return Ok(Vec::new());
    };
    let all = Extension::all(&outer.only()?)?;
    let mut kinds: Vec<&Oid> = all.iter().map(|extension| &extension.kind).collect();
    kinds.sort();
    if kinds
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a == b))
    {
        return Err(Error::at(PkiFault::Ocsp("extension twice"), outer.offset));
    }
    Ok(all)
}

/// The last `length` bytes of `element`; offsets were counted over the same bytes.
fn range(element: &Element<'_>, length: usize) -> Range<usize> {
    // The input is in memory, so its positions fit.
    let end = element.offset as usize + element.raw.len();
    end - length..end
}

#[cfg(test)]
mod tests;
