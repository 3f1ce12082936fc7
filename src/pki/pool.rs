//! Certificates from anywhere → [`Pool`]: found by subject, by issuer and serial, by key identifier.

use std::collections::HashMap;

use crate::crypto::DigestAlgorithm;
use crate::pki::certificate::{Certificate, SerialNumber};
use crate::pki::name::{Name, NameMatch};

/// Certificates that may stand on a path: never trusted for being here.
///
/// Order is kept, so that the same input gives the same path.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    all: Vec<Certificate>,
    by_digest: HashMap<[u8; 32], usize>,
    by_subject: HashMap<Box<[u8]>, Vec<usize>>,
}

impl Pool {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `certificate` unless the same octets are there; tells whether it was new.
    pub fn add(&mut self, certificate: Certificate) -> bool {
        let index = self.all.len();
        match self.by_digest.entry(*certificate.sha256()) {
            std::collections::hash_map::Entry::Occupied(_) => return false,
            std::collections::hash_map::Entry::Vacant(place) => place.insert(index),
        };
        self.by_subject
            .entry(certificate.subject().normal_form().into())
            .or_default()
            .push(index);
        self.all.push(certificate);
        true
    }

    /// Number of certificates.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All, in the order in which they were added.
    pub fn iter(&self) -> std::slice::Iter<'_, Certificate> {
        self.all.iter()
    }

    /// The certificate whose octets have this SHA-256.
    pub fn by_sha256(&self, digest: &[u8; 32]) -> Option<&Certificate> {
        self.all.get(*self.by_digest.get(digest)?)
    }

    /// The certificate with these octets.
    pub(crate) fn by_octets(&self, der: &[u8]) -> Option<&Certificate> {
        if self.all.is_empty() {
            return None;
        }
        let digest = DigestAlgorithm::Sha256.digest(&[der]);
        let digest = digest.as_bytes().first_chunk()?;
        self.by_sha256(digest)
    }

    /// Certificates with this subject, compared as RFC 5280 §7.1 asks.
    pub fn by_subject<'a>(
        &'a self,
        subject: &Name,
    ) -> impl Iterator<Item = &'a Certificate> + use<'a> {
        self.by_subject
            .get(subject.normal_form())
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .filter_map(|index| self.all.get(*index))
    }

    /// Certificates with this issuer and serial number; two CAs of one name can make more than
    /// one.
    pub fn by_issuer_and_serial<'a>(
        &'a self,
        issuer: &'a Name,
        serial: &'a SerialNumber,
    ) -> impl Iterator<Item = &'a Certificate> {
        self.all.iter().filter(move |certificate| {
            certificate.serial() == serial
                && certificate.issuer().matches(issuer) != NameMatch::Different
        })
    }

    /// Certificates with this subject key identifier.
    pub fn by_key_identifier<'a>(
        &'a self,
        identifier: &'a [u8],
    ) -> impl Iterator<Item = &'a Certificate> {
        self.all
            .iter()
            .filter(move |certificate| certificate.subject_key_identifier() == Some(identifier))
    }
}

impl Extend<Certificate> for Pool {
    fn extend<I: IntoIterator<Item = Certificate>>(&mut self, certificates: I) {
        for certificate in certificates {
            self.add(certificate);
        }
    }
}

impl FromIterator<Certificate> for Pool {
    fn from_iter<I: IntoIterator<Item = Certificate>>(certificates: I) -> Self {
        let mut pool = Self::new();
        pool.extend(certificates);
        pool
    }
}

impl<'a> IntoIterator for &'a Pool {
    type Item = &'a Certificate;
    type IntoIter = std::slice::Iter<'a, Certificate>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
