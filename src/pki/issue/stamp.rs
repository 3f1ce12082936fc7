//! A digest or a time-stamp request + a time → DER of a token, or of the answer that carries it.

use super::{Authority, generalized_time};
use crate::asn1::{self, Tag, write};
use crate::cms::write as cms;
use crate::crypto::{DigestAlgorithm, DigestValue};
use crate::error::{Error, PkiFault};
use crate::oid::{self, Oid};
use crate::time::UtcTime;

/// What a token says, apart from who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampTemplate {
    /// The time.
    pub time: UtcTime,
    /// Number of the token, big-endian.
    pub serial: Vec<u8>,
    /// Policy of the authority.
    pub policy: Oid,
    /// How exact the time is, in seconds; left out where absent.
    pub accuracy: Option<u64>,
    /// Nonce of the request; left out where absent.
    pub nonce: Option<Vec<u8>>,
    /// Certificates beside the authority's own, DER.
    pub chain: Vec<Vec<u8>>,
}

impl StampTemplate {
    /// A token for `time` with this number, under a policy of the arc for examples.
    ///
    /// Source: RFC 3161 §2.4.2.
    pub fn new(time: UtcTime, serial: &[u8]) -> Self {
        Self {
            time,
            serial: serial.to_vec(),
            policy: EXAMPLE_POLICY,
            accuracy: None,
            nonce: None,
            chain: Vec::new(),
        }
    }
}

/// 2.999.1, an arc for examples.
const EXAMPLE_POLICY: Oid = Oid::from_static(&[0x88, 0x37, 0x01]);

impl Authority {
    /// DER of a token over `digest`, signed by this authority, whose certificate must be for time
    /// stamps and is put into the token.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`].
    ///
    /// Source: RFC 3161 §2.4.2; RFC 5816 §2.2.
    pub fn time_stamp(
        &self,
        digest: &DigestValue,
        template: &StampTemplate,
    ) -> Result<Vec<u8>, Error> {
        let imprint = write::sequence(&[
            &digest.algorithm().to_der()?,
            &write::element(Tag::OCTET_STRING, &[digest.as_bytes()])?,
        ])?;
        let accuracy = match template.accuracy {
            Some(seconds) => write::sequence(&[&write::small(seconds)?])?,
            None => Vec::new(),
        };
        let nonce = match &template.nonce {
            Some(nonce) => write::unsigned(nonce)?,
            None => Vec::new(),
        };
        let info = write::sequence(&[
            &write::small(1)?,
            &write::oid(&template.policy)?,
            &imprint,
            &write::unsigned(&template.serial)?,
            &generalized_time(template.time)?,
            &accuracy,
            &nonce,
        ])?;
        let algorithm = self.key().algorithm();
        let own = algorithm.digest().unwrap_or(DigestAlgorithm::Sha512);
        let attributes = cms::signed_attributes(&cms::Attributes {
            content_type: &oid::TST_INFO,
            message_digest: own.digest(&[&info]).as_bytes(),
            signing_certificate: Some((self.certificate(), DigestAlgorithm::Sha256)),
            signing_time: None,
            algorithm_protection: None,
            more: &[],
        })?;
        let signer = cms::issuer_and_serial(self.certificate())?;
        let mut certificates = vec![self.certificate()];
        certificates.extend(template.chain.iter().map(Vec::as_slice));
        let parts = cms::Signature {
            content_type: &oid::TST_INFO,
            content: Some(&info),
            certificates: &certificates,
            crls: &[],
            signer: &signer,
            digest_algorithm: own,
            signature_algorithm: algorithm,
            signed_attributes: Some(&attributes),
            unsigned_attributes: &[],
        };
        cms::signed_data(&parts, &self.key().sign(&attributes)?)
    }

    /// DER of the answer to `request`, one time-stamp request in DER: granted, with the nonce that
    /// is asked for.
    ///
    /// # Errors
    /// [`crate::error::Asn1Fault`], [`PkiFault::TimeStamp`]: not a request that is understood;
    /// [`crate::error::KeyFault`].
    ///
    /// Source: RFC 3161 §2.4.1, §2.4.2.
    pub fn time_stamp_answer(
        &self,
        request: &[u8],
        template: &StampTemplate,
    ) -> Result<Vec<u8>, Error> {
        let mut fields = asn1::parse(request)?.expect(Tag::SEQUENCE)?.reader();
        fields.expect(Tag::INTEGER)?;
        let mut imprint = fields.expect(Tag::SEQUENCE)?.reader();
        let algorithm = DigestAlgorithm::from_der(imprint.expect(Tag::SEQUENCE)?.raw)?;
        let octets = imprint.expect(Tag::OCTET_STRING)?.content.to_vec();
        let digest = algorithm
            .and_then(|algorithm| DigestValue::from_bytes(algorithm, octets))
            .ok_or(PkiFault::TimeStamp("imprint"))?;
        let mut template = template.clone();
        if let Some(policy) = fields.optional(Tag::OID)? {
            template.policy = policy.oid()?;
        }
        if let Some(nonce) = fields.optional(Tag::INTEGER)? {
            template.nonce = Some(nonce.content.to_vec());
        }
        let status = write::sequence(&[&write::small(0)?])?;
        write::sequence(&[&status, &self.time_stamp(&digest, &template)?])
    }
}
