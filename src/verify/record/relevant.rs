//! An observation and evidence → the pieces of it that can speak of this document.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Kind, Piece};
use crate::cms::{SignedData, SignerIdentifier, attribute};
use crate::limits::Limits;
use crate::pki::evidence::Origin;
use crate::pki::extension::GeneralName;
use crate::pki::{Certificate, Evidence, OcspResponse, SerialNumber};
use crate::report::hex;
use crate::signature::Observation;

/// What the search knows of so far.
#[derive(Default)]
struct Known {
    /// Issuers of certificates, and the CRL issuers that these name, in normal form.
    issuers: HashSet<Box<[u8]>>,
    serials: HashSet<SerialNumber>,
    /// Serial numbers and key identifiers by which signers are named.
    signers: HashSet<Box<[u8]>>,
}

impl Known {
    fn certificate(&mut self, certificate: &Certificate) {
        self.serials.insert(certificate.serial().clone());
        self.issuers
            .insert(certificate.issuer().normal_form().into());
        for point in certificate.crl_distribution_points() {
            for name in &point.crl_issuer {
                if let GeneralName::Directory(name) = name {
                    self.issuers.insert(name.normal_form().into());
                }
            }
        }
    }

    /// A signature or a time-stamp token, with the tokens inside it.
    fn cms(&mut self, bytes: &[u8], limits: &Limits, depth: usize) {
        let Ok(data) = SignedData::parse(bytes, limits) else {
            return;
        };
        let mut own = Evidence::new();
        for der in data.certificates.iter().copied().chain(data.brought()) {
            let _ = own.add_bytes(der, Origin::Cms, limits);
        }
        self.evidence(&own);
        for signer in &data.signers {
            self.signers.insert(match &signer.identifier {
                SignerIdentifier::IssuerAndSerial { serial, .. } => Box::from(*serial),
                SignerIdentifier::SubjectKeyIdentifier(id) => Box::from(id.as_ref()),
            });
            let tokens = [
                attribute::signature_time_stamps(&signer.unsigned_attributes),
                attribute::content_time_stamps(signer.signed()),
            ];
            for (token, _) in tokens.into_iter().flatten().flatten() {
                if depth > 0 {
                    self.cms(token, limits, depth - 1);
                }
            }
        }
    }

    /// Certificates of the document, those inside its OCSP responses among them.
    fn evidence(&mut self, evidence: &Evidence) {
        for certificate in evidence.certificates() {
            self.certificate(certificate);
        }
        for response in evidence.ocsps() {
            self.response(&response.value);
        }
    }

    fn response(&mut self, response: &OcspResponse) {
        for certificate in response.certificates() {
            self.certificate(certificate);
        }
    }

    fn names(&self, certificate: &Certificate) -> bool {
        self.issuers.contains(certificate.subject().normal_form())
            || self.signers.contains(certificate.serial().as_bytes())
            || certificate
                .subject_key_identifier()
                .is_some_and(|id| self.signers.contains(id))
    }
}

/// The pieces of `evidence` that can speak of the document, in their order: certificates that
/// signers mean, or that can stand above another one, or that answer; CRLs and OCSP responses
/// about any of them and about those inside the document.
pub(super) fn pieces(seen: &Observation, evidence: &Evidence, limits: &Limits) -> Vec<Piece> {
    let mut known = Known::default();
    let mut own = Evidence::new();
    for signature in &seen.signatures {
        known.cms(&signature.contents, limits, 1);
        for der in &signature.certificates {
            let _ = own.add_bytes(der, Origin::Cms, limits);
        }
    }
    for entry in &seen.store.entries {
        let _ = own.add_bytes(&entry.bytes, Origin::Cms, limits);
    }
    known.evidence(&own);

    let certificates: Vec<&Certificate> = evidence.certificates().collect();
    let (mut taken, mut answers) = (HashSet::new(), HashSet::new());
    // Each round takes at least one piece, so that there are no more rounds than pieces.
    loop {
        let before = (taken.len(), answers.len());
        for piece in evidence.ocsps() {
            let mut about = piece.value.answers().iter().map(|answer| &answer.id.serial);
            if about.any(|serial| known.serials.contains(serial))
                && answers.insert(piece.value.sha256())
            {
                known.response(&piece.value);
            }
        }
        let responds = |certificate: &Certificate| {
            evidence.ocsps().any(|piece| {
                answers.contains(&piece.value.sha256())
                    && piece
                        .value
                        .responder()
                        .matches(certificate.subject(), certificate.public_key())
            })
        };
        for certificate in &certificates {
            if !taken.contains(certificate.sha256())
                && (known.names(certificate) || responds(certificate))
            {
                taken.insert(*certificate.sha256());
                known.certificate(certificate);
            }
        }
        if before == (taken.len(), answers.len()) {
            break;
        }
    }

    let piece = |kind, sha256: &[u8; 32], der: &[u8]| Piece {
        kind,
        sha256: hex(sha256),
        octets: STANDARD.encode(der),
    };
    let mut found: Vec<Piece> = Vec::new();
    for certificate in certificates {
        // One that is in the base too comes twice.
        if taken.remove(certificate.sha256()) {
            let der = certificate.der();
            found.push(piece(Kind::Certificate, certificate.sha256(), der));
        }
    }
    for crl in evidence.crls().map(|crl| &crl.value) {
        let sha256 = crl.sha256();
        if known.issuers.contains(crl.issuer().normal_form()) && taken.insert(sha256) {
            found.push(piece(Kind::Crl, &sha256, crl.der()));
        }
    }
    for response in evidence.ocsps().map(|response| &response.value) {
        if answers.remove(&response.sha256()) {
            found.push(piece(Kind::Ocsp, &response.sha256(), response.der()));
        }
    }
    found
}
