//! What became of certificates → DER CRL or OCSP response.

use super::certificate::extensions;
use super::{Authority, ExtensionValue, explicit, generalized_time, signed, time};
use crate::asn1::{Tag, write};
use crate::crypto::DigestAlgorithm;
use crate::error::Error;
use crate::oid;
use crate::time::UtcTime;

/// What a CRL says, apart from its issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlTemplate {
    /// CRL number; left out where absent.
    pub number: Option<u64>,
    /// Time of issue.
    pub this_update: UtcTime,
    /// Time by which the next one comes; left out where absent.
    pub next_update: Option<UtcTime>,
    /// Entries in this order.
    pub entries: Vec<RevokedEntry>,
    /// Extensions after the authority key identifier and the number, such as an issuing
    /// distribution point.
    pub extensions: Vec<ExtensionValue>,
}

/// One entry of a CRL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedEntry {
    /// Serial number of the certificate, big-endian.
    pub serial: Vec<u8>,
    /// Time of the revocation.
    pub at: UtcTime,
    /// Number of the reason (1 is keyCompromise, 6 certificateHold); left out where absent.
    pub reason: Option<u8>,
    /// Since when the key is known or suspected to be in other hands; left out where absent.
    pub invalidity_date: Option<UtcTime>,
}

/// What an OCSP response says, apart from who gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspTemplate {
    /// Time at which the response is signed.
    pub produced_at: UtcTime,
    /// Answers in this order.
    pub answers: Vec<Answer>,
    /// Nonce of the request, its octets as an extension of the response; left out where absent.
    pub nonce: Option<Vec<u8>>,
    /// Whether the responder is named by its subject; else by the hash of its key.
    pub by_name: bool,
    /// Digest of the certificate identifiers; SHA-1 is what all responders use.
    pub digest: DigestAlgorithm,
}

impl OcspTemplate {
    /// One answer, produced when it became true, responder by key hash, identifier by SHA-1.
    pub fn new(answer: Answer) -> Self {
        Self {
            produced_at: answer.this_update,
            answers: vec![answer],
            nonce: None,
            by_name: false,
            digest: DigestAlgorithm::Sha1,
        }
    }
}

/// One answer of an OCSP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Serial number of the certificate, big-endian.
    pub serial: Vec<u8>,
    /// Its status.
    pub status: CertificateStatus,
    /// Time at which the status was known to be true.
    pub this_update: UtcTime,
    /// Time by which newer information comes; left out where absent.
    pub next_update: Option<UtcTime>,
}

/// Status of a certificate in an OCSP answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateStatus {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked {
        /// Time of the revocation.
        at: UtcTime,
        /// Number of the reason; left out where absent.
        reason: Option<u8>,
    },
    /// The responder does not know the certificate.
    Unknown,
}

impl Authority {
    /// DER CRL signed by this authority.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`].
    ///
    /// Source: RFC 5280 §5.1.
    pub fn crl(&self, template: &CrlTemplate) -> Result<Vec<u8>, Error> {
        let mut entries = Vec::new();
        for entry in &template.entries {
            entries.extend(entry.to_der()?);
        }
        let entries = if entries.is_empty() {
            entries
        } else {
            write::sequence(&[&entries])?
        };
        let mut all = vec![ExtensionValue::authority_key_identifier(
            &self.key_identifier(),
        )?];
        if let Some(number) = template.number {
            all.push(ExtensionValue::new(
                oid::CRL_NUMBER,
                false,
                write::small(number)?,
            ));
        }
        all.extend(template.extensions.iter().cloned());
        let tbs = write::sequence(&[
            &write::small(1)?,
            &self.key().algorithm().to_der()?,
            self.name(),
            &time(template.this_update)?,
            &template.next_update.map_or(Ok(Vec::new()), time)?,
            &entries,
            &explicit(0, &[&extensions(&all)?])?,
        ])?;
        signed(self.key(), &tbs, &[])
    }

    /// DER `OCSPResponse` about certificates of `issuer`, signed by this authority, which is the
    /// issuer itself or a responder with a certificate of its own; that one is put into the
    /// response.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`].
    ///
    /// Source: RFC 6960 §4.2.1.
    pub fn ocsp(&self, issuer: &Authority, template: &OcspTemplate) -> Result<Vec<u8>, Error> {
        let responder = if template.by_name {
            explicit(1, &[self.name()])?
        } else {
            explicit(
                2,
                &[&write::element(
                    Tag::OCTET_STRING,
                    &[&self.key_identifier()],
                )?],
            )?
        };
        let mut answers = Vec::new();
        for answer in &template.answers {
            answers.extend(answer.to_der(issuer, template.digest)?);
        }
        let nonce = match &template.nonce {
            None => Vec::new(),
            Some(nonce) => {
                let value = write::element(Tag::OCTET_STRING, &[nonce])?;
                let nonce = ExtensionValue::new(oid::OCSP_NONCE, false, value);
                explicit(1, &[&extensions(&[nonce])?])?
            }
        };
        let data = write::sequence(&[
            &responder,
            &generalized_time(template.produced_at)?,
            &write::sequence(&[&answers])?,
            &nonce,
        ])?;
        let certificates = if self.certificate() == issuer.certificate() {
            Vec::new()
        } else {
            explicit(0, &[&write::sequence(&[self.certificate()])?])?
        };
        let basic = signed(self.key(), &data, &certificates)?;
        let bytes = write::sequence(&[
            &write::oid(&oid::OCSP_BASIC)?,
            &write::element(Tag::OCTET_STRING, &[&basic])?,
        ])?;
        // Status 0: successful.
        write::sequence(&[
            &write::element(Tag::ENUMERATED, &[&[0]])?,
            &explicit(0, &[&bytes])?,
        ])
    }
}

impl RevokedEntry {
    fn to_der(&self) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        if let Some(reason) = self.reason {
            let value = write::element(Tag::ENUMERATED, &[&[reason]])?;
            all.push(ExtensionValue::new(oid::CRL_REASON, false, value));
        }
        if let Some(date) = self.invalidity_date {
            let value = generalized_time(date)?;
            all.push(ExtensionValue::new(oid::INVALIDITY_DATE, false, value));
        }
        let all = if all.is_empty() {
            Vec::new()
        } else {
            extensions(&all)?
        };
        write::sequence(&[&write::unsigned(&self.serial)?, &time(self.at)?, &all])
    }
}

impl Answer {
    fn to_der(&self, issuer: &Authority, digest: DigestAlgorithm) -> Result<Vec<u8>, Error> {
        let hashed = |octets: &[u8]| {
            write::element(Tag::OCTET_STRING, &[digest.digest(&[octets]).as_bytes()])
        };
        let identifier = write::sequence(&[
            &write::sequence(&[&write::oid(&digest.oid())?, &[Tag::NULL.0, 0]])?,
            &hashed(issuer.name())?,
            &hashed(issuer.key().subject_public_key())?,
            &write::unsigned(&self.serial)?,
        ])?;
        let status = match self.status {
            CertificateStatus::Good => write::element(Tag::context_primitive(0), &[])?,
            CertificateStatus::Unknown => write::element(Tag::context_primitive(2), &[])?,
            CertificateStatus::Revoked { at, reason } => {
                let reason = match reason {
                    None => Vec::new(),
                    Some(reason) => {
                        explicit(0, &[&write::element(Tag::ENUMERATED, &[&[reason]])?])?
                    }
                };
                explicit(1, &[&generalized_time(at)?, &reason])?
            }
        };
        let next = match self.next_update {
            None => Vec::new(),
            Some(next) => explicit(0, &[&generalized_time(next)?])?,
        };
        write::sequence(&[
            &identifier,
            &status,
            &generalized_time(self.this_update)?,
            &next,
        ])
    }
}
