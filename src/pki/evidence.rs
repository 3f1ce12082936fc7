//! Certificates, CRLs and OCSP responses from anywhere → [`Evidence`]: found by issuer or serial number.

use std::collections::HashMap;
use std::sync::Arc;

use crate::asn1::{self, Tag};
use crate::cms::SignedData;
use crate::error::{Error, PkiFault};
use crate::limits::Limits;
use crate::pki::certificate::{Certificate, SerialNumber};
use crate::pki::crl::Crl;
use crate::pki::name::Name;
use crate::pki::ocsp::OcspResponse;
use crate::pki::pem;
use crate::pki::pool::Pool;

/// Where a piece of evidence comes from. It tells nothing of its worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum Origin {
    /// The caller gave it.
    Caller,
    /// The CMS of the signature, signed or unsigned attributes included.
    Cms,
    /// The network.
    Fetched,
    /// The document security store of the file.
    SecurityStore {
        /// Index of the revision in which it first stands.
        revision: usize,
    },
}

/// One CRL or OCSP response with its origins.
#[derive(Debug)]
pub struct Piece<T> {
    /// The object; shared, because others verify against it too.
    pub value: Arc<T>,
    /// Everywhere it was found, each once, sorted.
    pub origins: Vec<Origin>,
}

impl<T> Clone for Piece<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            origins: self.origins.clone(),
        }
    }
}

/// What [`Evidence::add_bytes`] found; numbers count what was there, known before or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Certificates.
    pub certificates: usize,
    /// CRLs.
    pub crls: usize,
    /// OCSP responses.
    pub ocsps: usize,
}

/// Certificates, CRLs and OCSP responses: material to judge, never trusted for being here.
///
/// The same octets are kept once. Order is kept, so that the same input gives the same answer.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    base: Option<Arc<Evidence>>,
    pool: Pool,
    certificate_origins: HashMap<[u8; 32], Vec<Origin>>,
    crls: Vec<Piece<Crl>>,
    crl_by_digest: HashMap<[u8; 32], usize>,
    crl_by_issuer: HashMap<Box<[u8]>, Vec<usize>>,
    ocsps: Vec<Piece<OcspResponse>>,
    ocsp_by_digest: HashMap<[u8; 32], usize>,
    ocsp_by_serial: HashMap<SerialNumber, Vec<usize>>,
}

impl Evidence {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything of `base`, which stays shared, and room for more: how one document adds its
    /// own evidence to that of a whole run.
    pub fn over(base: Arc<Evidence>) -> Self {
        Self {
            base: Some(base),
            ..Self::default()
        }
    }

    /// Adds whatever `bytes` are: one certificate, CRL or OCSP response (whole or basic) in DER;
    /// a PKCS#7 or CMS bundle of them; or PEM text with any number of these.
    ///
    /// # Errors
    /// [`PkiFault::Evidence`] when they are none of that; the fault of the kind that they seem to
    /// be when they are malformed; [`crate::error::ErrorKind::Limit`]. Then nothing is added.
    pub fn add_bytes(
        &mut self,
        bytes: &[u8],
        origin: Origin,
        limits: &Limits,
    ) -> Result<Found, Error> {
        let parts = Parts::read(bytes, limits)?;
        self.add_parts(&parts, origin);
        Ok(parts.found())
    }

    /// Adds what was read before.
    pub(crate) fn add_parts(&mut self, parts: &Parts, origin: Origin) {
        for certificate in &parts.certificates {
            self.add_certificate(certificate.clone(), origin);
        }
        for crl in &parts.crls {
            self.add_crl(Arc::clone(crl), origin);
        }
        for ocsp in &parts.ocsps {
            self.add_ocsp(Arc::clone(ocsp), origin);
        }
    }

    /// The SHA-256 of everything that was added over `base`, in order, with its origins; `None`
    /// when this does not rest on `base`.
    pub(crate) fn added_to(&self, base: &Evidence) -> Option<Vec<([u8; 32], Vec<Origin>)>> {
        let is_base = |layer: &Evidence| std::ptr::eq(layer, base);
        self.layers()
            .any(is_base)
            .then(|| Self::listed(self.layers().take_while(|layer| !is_base(layer))))
    }

    /// As [`Self::added_to`], of everything.
    pub(crate) fn all(&self) -> Vec<([u8; 32], Vec<Origin>)> {
        Self::listed(self.layers())
    }

    fn listed<'e>(layers: impl Iterator<Item = &'e Self>) -> Vec<([u8; 32], Vec<Origin>)> {
        let mut added = Vec::new();
        for layer in layers {
            for certificate in layer.pool.iter() {
                let digest = certificate.sha256();
                let origins = layer.certificate_origins.get(digest);
                added.push((*digest, origins.cloned().unwrap_or_default()));
            }
            let crls = layer.crls.iter();
            added.extend(crls.map(|piece| (piece.value.sha256(), piece.origins.clone())));
            let ocsps = layer.ocsps.iter();
            added.extend(ocsps.map(|piece| (piece.value.sha256(), piece.origins.clone())));
        }
        added
    }

    /// Adds a certificate.
    pub fn add_certificate(&mut self, certificate: Certificate, origin: Origin) {
        note(
            self.certificate_origins
                .entry(*certificate.sha256())
                .or_default(),
            &[origin],
        );
        self.pool.add(certificate);
    }

    /// Adds a CRL.
    pub fn add_crl(&mut self, crl: Arc<Crl>, origin: Origin) {
        self.add_crl_piece(&crl, &[origin]);
    }

    /// Adds an OCSP response.
    pub fn add_ocsp(&mut self, response: Arc<OcspResponse>, origin: Origin) {
        self.add_ocsp_piece(&response, &[origin]);
    }

    /// Adds everything of `other`, origins included.
    pub fn merge(&mut self, other: &Evidence) {
        for layer in other.layers() {
            for certificate in layer.pool.iter() {
                let origins = layer.certificate_origins.get(certificate.sha256());
                let known = self
                    .certificate_origins
                    .entry(*certificate.sha256())
                    .or_default();
                note(known, origins.map_or(&[], Vec::as_slice));
                self.pool.add(certificate.clone());
            }
            for piece in &layer.crls {
                self.add_crl_piece(&piece.value, &piece.origins);
            }
            for piece in &layer.ocsps {
                self.add_ocsp_piece(&piece.value, &piece.origins);
            }
        }
    }

    fn add_crl_piece(&mut self, crl: &Arc<Crl>, origins: &[Origin]) {
        let next = self.crls.len();
        let index = *self.crl_by_digest.entry(crl.sha256()).or_insert(next);
        if index == next {
            self.crl_by_issuer
                .entry(crl.issuer().normal_form().into())
                .or_default()
                .push(index);
            self.crls.push(Piece {
                value: Arc::clone(crl),
                origins: Vec::new(),
            });
        }
        if let Some(piece) = self.crls.get_mut(index) {
            note(&mut piece.origins, origins);
        }
    }

    fn add_ocsp_piece(&mut self, response: &Arc<OcspResponse>, origins: &[Origin]) {
        let next = self.ocsps.len();
        let digest = response.sha256();
        let index = *self.ocsp_by_digest.entry(digest).or_insert(next);
        if index == next {
            for answer in response.answers() {
                let list = self
                    .ocsp_by_serial
                    .entry(answer.id.serial.clone())
                    .or_default();
                // A response may answer twice for one number; it is listed once.
                if list.last() != Some(&index) {
                    list.push(index);
                }
            }
            self.ocsps.push(Piece {
                value: Arc::clone(response),
                origins: Vec::new(),
            });
        }
        if let Some(piece) = self.ocsps.get_mut(index) {
            note(&mut piece.origins, origins);
        }
    }

    /// The certificates added here, without those of the base.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// All certificates, those of the base last; one that is in both comes twice.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.layers().flat_map(|layer| layer.pool.iter())
    }

    /// Certificates with this subject.
    pub fn certificates_by_subject<'a>(
        &'a self,
        subject: &Name,
    ) -> impl Iterator<Item = &'a Certificate> + use<'a> {
        let found: Vec<&Certificate> = self
            .layers()
            .flat_map(|layer| layer.pool.by_subject(subject))
            .collect();
        found.into_iter()
    }

    /// All CRLs; one that is in the base too comes twice.
    pub fn crls(&self) -> impl Iterator<Item = &Piece<Crl>> {
        self.layers().flat_map(|layer| &layer.crls)
    }

    /// All OCSP responses; one that is in the base too comes twice.
    pub fn ocsps(&self) -> impl Iterator<Item = &Piece<OcspResponse>> {
        self.layers().flat_map(|layer| &layer.ocsps)
    }

    /// CRLs that `issuer` issued, compared as RFC 5280 §7.1 asks; each once.
    pub fn crls_by_issuer<'a>(&'a self, issuer: &Name) -> impl Iterator<Item = &'a Arc<Crl>> {
        self.layers().enumerate().flat_map(move |(depth, layer)| {
            let indices = layer.crl_by_issuer.get(issuer.normal_form());
            let pieces = indices.map_or(&[][..], Vec::as_slice).iter();
            pieces
                .filter_map(|index| layer.crls.get(*index))
                .map(|piece| &piece.value)
                .filter(move |crl| {
                    let digest = crl.sha256();
                    let mut above = self.layers().take(depth);
                    !above.any(|layer| layer.crl_by_digest.contains_key(&digest))
                })
        })
    }

    /// OCSP responses that answer for a certificate with this serial number; each once.
    pub fn ocsps_by_serial<'a>(
        &'a self,
        serial: &SerialNumber,
    ) -> impl Iterator<Item = &'a Arc<OcspResponse>> {
        self.layers().enumerate().flat_map(move |(depth, layer)| {
            let indices = layer.ocsp_by_serial.get(serial);
            let pieces = indices.map_or(&[][..], Vec::as_slice).iter();
            pieces
                .filter_map(|index| layer.ocsps.get(*index))
                .map(|piece| &piece.value)
                .filter(move |response| {
                    let digest = response.sha256();
                    let mut above = self.layers().take(depth);
                    !above.any(|layer| layer.ocsp_by_digest.contains_key(&digest))
                })
        })
    }

    /// Everywhere the object with this SHA-256 was found, sorted; empty when it is not here.
    pub fn origins(&self, sha256: &[u8; 32]) -> Vec<Origin> {
        let mut origins = Vec::new();
        for layer in self.layers() {
            if let Some(found) = layer.certificate_origins.get(sha256) {
                note(&mut origins, found);
            }
            let crl = layer.crl_by_digest.get(sha256);
            if let Some(piece) = crl.and_then(|index| layer.crls.get(*index)) {
                note(&mut origins, &piece.origins);
            }
            let ocsp = layer.ocsp_by_digest.get(sha256);
            if let Some(piece) = ocsp.and_then(|index| layer.ocsps.get(*index)) {
                note(&mut origins, &piece.origins);
            }
        }
        origins
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.layers()
            .all(|layer| layer.pool.is_empty() && layer.crls.is_empty() && layer.ocsps.is_empty())
    }

    /// This and what lies below it.
    fn layers(&self) -> impl Iterator<Item = &Evidence> {
        std::iter::successors(Some(self), |layer| layer.base.as_deref())
    }
}

/// Adds `new` to `origins`, sorted, each once.
fn note(origins: &mut Vec<Origin>, new: &[Origin]) {
    for origin in new {
        if let Err(place) = origins.binary_search(origin) {
            origins.insert(place, *origin);
        }
    }
}

/// Everything that some octets hold.
#[derive(Default)]
pub(crate) struct Parts {
    certificates: Vec<Certificate>,
    crls: Vec<Arc<Crl>>,
    ocsps: Vec<Arc<OcspResponse>>,
}

impl Parts {
    /// As [`Evidence::add_bytes`] reads them.
    pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let mut parts = Self::default();
        // DER first: the words that begin a PEM block may stand in a name.
        let blocks = match kind(bytes) {
            Some(_) => Vec::new(),
            None => pem::blocks(bytes)?,
        };
        if blocks.is_empty() {
            parts.add(bytes, limits)?;
        }
        for block in &blocks {
            match block.label.as_str() {
                // OpenSSL appends its own trust settings, which are not ours.
                "TRUSTED CERTIFICATE" => {
                    let first = asn1::Reader::new(&block.content).element()?;
                    parts.add(first.raw, limits)?;
                }
                label if label.ends_with("PRIVATE KEY") || label.ends_with("PARAMETERS") => {}
                _ => parts.add(&block.content, limits)?,
            }
        }
        match parts.found() == Found::default() {
            true => Err(PkiFault::Evidence.into()),
            false => Ok(parts),
        }
    }

    fn found(&self) -> Found {
        Found {
            certificates: self.certificates.len(),
            crls: self.crls.len(),
            ocsps: self.ocsps.len(),
        }
    }

    fn add_crl(&mut self, der: &[u8], limits: &Limits) -> Result<(), Error> {
        self.crls.push(Arc::new(Crl::from_der(der, limits)?));
        Ok(())
    }

    fn add_ocsp(&mut self, der: &[u8], limits: &Limits) -> Result<(), Error> {
        let read = OcspResponse::from_der(der, limits)?;
        self.ocsps.push(Arc::new(read));
        Ok(())
    }

    fn add(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), Error> {
        match kind(bytes) {
            Some(Kind::Certificate) => self
                .certificates
                .push(Certificate::from_der_within(bytes, limits)?),
            Some(Kind::Crl) => self.add_crl(bytes, limits)?,
            Some(Kind::Ocsp) => self.add_ocsp(bytes, limits)?,
            Some(Kind::Bundle) => {
                let bundle = SignedData::parse(bytes, limits)?;
                for der in &bundle.certificates {
                    self.certificates
                        .push(Certificate::from_der_within(der, limits)?);
                }
                for der in &bundle.crls {
                    self.add_crl(der, limits)?;
                }
                for der in &bundle.ocsp_responses {
                    self.add_ocsp(der, limits)?;
                }
            }
            None => return Err(PkiFault::Evidence.into()),
        }
        Ok(())
    }
}

enum Kind {
    Bundle,
    Certificate,
    Crl,
    Ocsp,
}

/// What the first elements look like; `None` when like nothing known.
fn kind(bytes: &[u8]) -> Option<Kind> {
    let outer = match asn1::parse(bytes) {
        Ok(outer) => outer.expect(Tag::SEQUENCE).ok()?,
        // Bundles may be BER, or padded.
        Err(_) => return is_content_info(bytes).then_some(Kind::Bundle),
    };
    let mut reader = outer.reader();
    match reader.peek()? {
        Tag::OID => Some(Kind::Bundle),
        Tag::ENUMERATED => Some(Kind::Ocsp),
        Tag::SEQUENCE => {
            let mut to_be_signed = reader.element().ok()?.reader();
            let tags: Vec<Tag> = std::iter::from_fn(|| to_be_signed.element().ok())
                .take(4)
                .map(|element| element.tag)
                .collect();
            let (first, second, fourth) = (tags.first()?, tags.get(1)?, tags.get(3));
            match (first.0, second.0) {
                (0xa0, 0xa1 | 0xa2) | (0xa1 | 0xa2, _) => Some(Kind::Ocsp),
                (0xa0, _) => Some(Kind::Certificate),
                // Version 1: a certificate begins with its serial number, a CRL with its algorithm.
                (0x02, _) if fourth == Some(&Tag::SEQUENCE) => Some(Kind::Certificate),
                (0x02 | 0x30, _) => Some(Kind::Crl),
                _ => None,
            }
        }
        _ => None,
    }
}

/// SEQUENCE of whatever length, then an object identifier.
fn is_content_info(bytes: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = bytes else {
        return false;
    };
    let skip = match length {
        0x81..=0x88 => usize::from(length & 0x7f),
        _ => 0,
    };
    rest.get(skip) == Some(&Tag::OID.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::pki::issue::{
        Answer, Authority, CertificateStatus, CrlTemplate, Key, KeyType, OcspTemplate, Subject,
        Template, pem,
    };
    use crate::time::UtcTime;

    fn objects() -> [(&'static str, Vec<u8>); 3] {
        let (from, until) = (UtcTime::MIN.plus(1 << 36), UtcTime::MAX);
        let subject = Subject::new().with(crate::oid::AT_COMMON_NAME, "CA");
        let template = Template::root(&[1], subject, from, until);
        let ca = Authority::root(Key::generate(KeyType::P256).unwrap(), &template).unwrap();
        let crl = ca.crl(&CrlTemplate {
            number: None,
            this_update: from,
            next_update: None,
            entries: Vec::new(),
            extensions: Vec::new(),
        });
        let ocsp = OcspTemplate::new(Answer {
            serial: vec![5],
            status: CertificateStatus::Good,
            this_update: from,
            next_update: None,
        });
        [
            ("CERTIFICATE", ca.certificate().to_vec()),
            ("X509 CRL", crl.unwrap()),
            ("OCSP RESPONSE", ca.ocsp(&ca, &ocsp).unwrap()),
        ]
    }

    #[test]
    fn ok_everything_is_known_by_its_octets() {
        let limits = Limits::new();
        let mut evidence = Evidence::new();
        let mut text = String::new();
        for (label, der) in objects() {
            evidence.add_bytes(&der, Origin::Cms, &limits).unwrap();
            text += &pem(label, &der).unwrap();
        }
        let all = Found {
            certificates: 1,
            crls: 1,
            ocsps: 1,
        };
        let origin = Origin::SecurityStore { revision: 2 };
        assert_eq!(
            evidence.add_bytes(text.as_bytes(), origin, &limits),
            Ok(all)
        );
        // The same octets from two places are one object with two origins.
        assert_eq!(evidence.pool().len(), 1);
        assert_eq!((evidence.crls().count(), evidence.ocsps().count()), (1, 1));
        let digests = [
            *evidence.pool().iter().next().unwrap().sha256(),
            evidence.crls().next().unwrap().value.sha256(),
            evidence.ocsps().next().unwrap().value.sha256(),
        ];
        for digest in digests {
            assert_eq!(evidence.origins(&digest), [Origin::Cms, origin]);
        }
        assert_eq!(evidence.origins(&[0; 32]), []);
        let serial = SerialNumber::from_bytes(&[5]).unwrap();
        assert_eq!(evidence.ocsps_by_serial(&serial).count(), 1);
    }

    #[test]
    fn err_what_is_no_evidence_adds_nothing() {
        let limits = Limits::new();
        let [_, (_, crl), _] = objects();
        let mut cut = crl.clone();
        cut.truncate(crl.len() / 2);
        let two = [
            pem("X509 CRL", &crl).unwrap(),
            pem("CERTIFICATE", &cut).unwrap(),
        ];
        for bad in [
            &b""[..],
            b"hello",
            &[0x30, 0],
            &[0x30, 2, 5, 0],
            &[0x04, 1, 0],
            &cut,
            two.concat().as_bytes(),
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ] {
            let mut evidence = Evidence::new();
            assert!(evidence.add_bytes(bad, Origin::Caller, &limits).is_err());
            assert!(evidence.is_empty());
        }
        let mut evidence = Evidence::new();
        let error = evidence.add_bytes(b"hello", Origin::Caller, &limits);
        assert_eq!(
            error.unwrap_err().kind(),
            &ErrorKind::Pki(PkiFault::Evidence)
        );
        let mut small = Limits::new();
        small.crl = 10;
        let error = evidence.add_bytes(&crl, Origin::Caller, &small);
        assert!(matches!(
            error.unwrap_err().kind(),
            ErrorKind::Limit { name: "crl", .. }
        ));
    }
}
