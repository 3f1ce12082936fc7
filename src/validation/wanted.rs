//! Paths whose revocation is open, and certificates without an issuer → what a caller may fetch before it asks again.

use crate::pki::revocation::Parameters;
use crate::pki::{Certificate, VerifiedPath};

/// What evidence is missing. The core fetches nothing; `online` may, when the caller says so.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    statuses: Vec<WantedStatus>,
    issuers: Vec<Certificate>,
}

/// One verified path on which the status of some certificates is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedStatus {
    /// The path.
    pub path: VerifiedPath,
    /// Which of its certificates, 0 = leaf.
    pub certificates: Vec<usize>,
    /// How the status is asked.
    pub parameters: Parameters,
}

impl Wanted {
    /// The paths, in the order in which they were looked at.
    pub fn statuses(&self) -> &[WantedStatus] {
        &self.statuses
    }

    /// Certificates whose issuer is not known; the last one of a path that was sought in vain.
    pub fn issuers(&self) -> &[Certificate] {
        &self.issuers
    }

    /// Whether nothing is missing that could be fetched.
    pub fn is_empty(&self) -> bool {
        self.statuses.is_empty() && self.issuers.is_empty()
    }

    pub(crate) fn status(&mut self, status: WantedStatus) {
        if !status.certificates.is_empty() && !self.statuses.contains(&status) {
            self.statuses.push(status);
        }
    }

    pub(crate) fn issuer_of(&mut self, certificate: &Certificate) {
        if !self.issuers.contains(certificate) {
            self.issuers.push(certificate.clone());
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        for status in other.statuses {
            self.status(status);
        }
        for certificate in &other.issuers {
            self.issuer_of(certificate);
        }
    }
}
