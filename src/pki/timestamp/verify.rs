//! A [`TimeStampToken`], the digest of what it stamps, trust → [`Verification`]: every fault found, and the path.

use super::TimeStampToken;
use crate::cms::attribute::{self, EssCertId};
use crate::cms::{SignerIdentifier, SignerInfo};
use crate::crypto::{
    Budget, DigestAlgorithm, DigestValue, Message, Outcome, SignatureAlgorithm, Unknown,
};
use crate::limits::Limits;
use crate::oid::{self, Oid};
use crate::pki::certificate::Certificate;
use crate::pki::extension::GeneralName;
use crate::pki::name::{Name, NameMatch};
use crate::pki::path::{self, PathFailure, PathParameters, Purpose, VerifiedPath};
use crate::pki::pool::Pool;
use crate::pki::trust::Trust;

/// How an imprint compares with the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Imprint {
    /// It is the digest of other data, or made by another algorithm.
    Differs,
    /// It is the digest of the data.
    Matches,
    /// Its algorithm is not known, so that nothing can be said.
    UnknownAlgorithm,
}

/// Something wrong with a token. Any of them makes it useless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The imprint is not that of the data.
    #[error("the imprint is that of other data")]
    Imprint,
    /// The imprint's algorithm is not known.
    #[error("the algorithm {0} of the imprint is not known")]
    ImprintAlgorithm(Oid),
    /// A critical extension; none is defined.
    #[error("critical extension {0} is not understood")]
    CriticalExtension(Oid),
    /// There are no signed attributes.
    #[error("no signed attributes")]
    NoSignedAttributes,
    /// An attribute is missing, there twice, or malformed.
    #[error("attribute {0} is missing, there twice or malformed")]
    Attribute(&'static str),
    /// The content-type attribute names another type.
    #[error("content-type is not that of a time stamp")]
    ContentType,
    /// The digest algorithm is not known.
    #[error("the digest algorithm is not known")]
    DigestAlgorithm,
    /// The message-digest attribute is not the digest of the TSTInfo.
    #[error("message-digest is not that of the TSTInfo")]
    MessageDigest,
    /// Digest algorithm and signature algorithm do not fit, or CMSAlgorithmProtection names others.
    #[error("algorithms of the signer contradict each other")]
    Algorithms,
    /// No certificate of the signer is there.
    #[error("no certificate of the signer is there")]
    SignerNotFound,
    /// Neither signing-certificate nor signing-certificate-v2 is there.
    #[error("no signing-certificate attribute")]
    NoSigningCertificate,
    /// The certificate is not the one that signing-certificate(-v2) names.
    #[error("signing-certificate names another certificate")]
    SigningCertificate,
    /// The signature value is broken, or cannot be checked.
    #[error("the signature does not verify")]
    Signature(Outcome),
}

/// What is known of a token after every check that could be made.
#[derive(Debug, Clone)]
pub struct Verification {
    /// How the imprint compares.
    pub imprint: Imprint,
    /// The imprint is made with SHA-1, which the caller's calendar judges.
    pub imprint_is_sha1: bool,
    /// Everything wrong, in the order of the checks; the path is not part of it.
    pub faults: Vec<Fault>,
    /// The signature fits the sorted attributes and not those sent.
    pub sorted_attributes: bool,
    /// The authority's name in the token is none of the names of its certificate, or cannot be
    /// compared; worth a warning.
    pub tsa_name_differs: bool,
    /// The signer's certificate.
    pub signer: Option<Certificate>,
    /// Its signature algorithm.
    pub algorithm: Option<SignatureAlgorithm>,
    /// Its digest algorithm.
    pub digest: Option<DigestAlgorithm>,
    /// Its path, for time-stamping; `None` without a certificate.
    pub path: Option<Result<VerifiedPath, PathFailure>>,
}

impl Verification {
    /// The path, when there is no fault at all; revocation is still to be asked.
    pub fn verified(&self) -> Option<&VerifiedPath> {
        match &self.path {
            Some(Ok(path)) if self.faults.is_empty() && self.imprint == Imprint::Matches => {
                Some(path)
            }
            _ => None,
        }
    }
}

impl TimeStampToken<'_> {
    /// Checks everything but revocation and the age of algorithms.
    ///
    /// `digest`: of the stamped data, by the imprint's algorithm. `pool`: certificates beside
    /// those in the token. `parameters`: the purpose in it is replaced by time-stamping.
    ///
    /// Source: RFC 3161 §2.4.2; RFC 5652 §5.6; RFC 5816 §2.2; validation rules 2.7, 3.13, V051.
    pub fn verify(
        &self,
        digest: &DigestValue,
        pool: &Pool,
        trust: &Trust,
        parameters: &PathParameters,
        budget: &Budget<'_>,
    ) -> Verification {
        let mut out = self.check(digest, pool, &parameters.limits, budget);
        if let Some(certificate) = &out.signer {
            let mut all = pool.clone();
            all.extend(self.certificates_in(pool, &parameters.limits));
            let mut parameters = parameters.clone();
            parameters.purpose = Purpose::TimeStamping;
            out.path = Some(path::find_within(
                certificate,
                &all,
                trust,
                &parameters,
                budget,
            ));
        }
        out
    }

    /// As [`Self::verify`], without a path.
    pub(crate) fn check(
        &self,
        digest: &DigestValue,
        pool: &Pool,
        limits: &Limits,
        budget: &Budget<'_>,
    ) -> Verification {
        let info = self.info();
        let mut out = Verification {
            imprint: info.compare(digest),
            imprint_is_sha1: info.imprint_algorithm == Some(DigestAlgorithm::Sha1),
            faults: Vec::new(),
            sorted_attributes: false,
            tsa_name_differs: false,
            signer: None,
            algorithm: None,
            digest: None,
            path: None,
        };
        match out.imprint {
            Imprint::Matches => {}
            Imprint::Differs => out.faults.push(Fault::Imprint),
            Imprint::UnknownAlgorithm => {
                let algorithm = info.imprint_oid.clone();
                out.faults.push(Fault::ImprintAlgorithm(algorithm));
            }
        }
        if let Some(kind) = &info.critical_extension {
            out.faults.push(Fault::CriticalExtension(kind.clone()));
        }
        let Some(signer) = self.signer() else {
            // `parse` lets exactly one through.
            out.faults.push(Fault::SignerNotFound);
            return out;
        };
        self.attributes(signer, &mut out);
        self.signature(signer, pool, limits, budget, &mut out);
        if let Some(certificate) = &out.signer {
            out.tsa_name_differs = info
                .tsa
                .as_ref()
                .is_some_and(|name| !names(certificate, name));
        }
        out
    }

    /// What the signed attributes must say of the content and the algorithms.
    fn attributes(&self, signer: &SignerInfo<'_>, out: &mut Verification) {
        if signer.signed_attributes.is_none() {
            out.faults.push(Fault::NoSignedAttributes);
            return;
        }
        let signed = signer.signed();
        match attribute::content_type(signed) {
            Ok(Some(kind)) if kind == oid::TST_INFO => {}
            Ok(Some(_)) => out.faults.push(Fault::ContentType),
            _ => out.faults.push(Fault::Attribute("content-type")),
        }
        out.digest = signer.digest_algorithm.algorithm;
        let content = self.data().content.as_deref().unwrap_or_default();
        match (attribute::message_digest(signed), out.digest) {
            (_, None) => out.faults.push(Fault::DigestAlgorithm),
            (Ok(Some(claimed)), Some(algorithm)) => {
                if algorithm.digest(&[content]).as_bytes() != claimed {
                    out.faults.push(Fault::MessageDigest);
                }
            }
            _ => out.faults.push(Fault::Attribute("message-digest")),
        }
        match attribute::algorithm_protection(signed) {
            Ok(None) => {}
            Ok(Some(protection)) if protection.matches(signer) => {}
            Ok(Some(_)) => out.faults.push(Fault::Algorithms),
            Err(_) => out.faults.push(Fault::Attribute("CMSAlgorithmProtection")),
        }
    }

    /// The signer's certificate, bound by signing-certificate, and the signature.
    fn signature(
        &self,
        signer: &SignerInfo<'_>,
        pool: &Pool,
        limits: &Limits,
        budget: &Budget<'_>,
        out: &mut Verification,
    ) {
        let signed = signer.signed();
        let named = [
            attribute::signing_certificate(signed),
            attribute::signing_certificate_v2(signed),
        ];
        // The first identifier of each attribute is the signer (RFC 5035 §4).
        let mut identifiers = Vec::new();
        let mut malformed = false;
        for list in &named {
            match list {
                Ok(Some(list)) => identifiers.extend(list.first()),
                Ok(None) => {}
                Err(_) => malformed = true,
            }
        }
        if malformed {
            out.faults.push(Fault::Attribute("signing-certificate"));
        } else if identifiers.is_empty() {
            out.faults.push(Fault::NoSigningCertificate);
        }
        let Some((certificate, is_named)) = self.chosen(signer, &identifiers, pool, limits) else {
            out.faults.push(Fault::SignerNotFound);
            return;
        };
        if !is_named {
            out.faults.push(Fault::SigningCertificate);
        }
        let certificate = &certificate;
        out.signer = Some(certificate.clone());
        let Ok(algorithm) = signer.algorithm() else {
            out.faults.push(Fault::Algorithms);
            return;
        };
        if algorithm
            .digest()
            .is_some_and(|own| out.digest.is_some_and(|it| it != own))
        {
            out.faults.push(Fault::Algorithms);
        }
        if let Some(attributes) = &signer.signed_attributes {
            let check = |octets: &[u8]| {
                let key = certificate.public_key();
                let message = Message::Bytes(octets);
                budget
                    .verify(key, &algorithm, message, &signer.signature)
                    .unwrap_or(Outcome::Unknown(Unknown::Budget))
            };
            let mut outcome = check(&attributes.octets_as_sent());
            // As sent first; once more as DER wants them (validation rule 3.1).
            if !outcome.is_verified() && !attributes.is_der() {
                let sorted = check(&attributes.octets_sorted());
                if sorted.is_verified() {
                    out.sorted_attributes = true;
                    outcome = sorted;
                }
            }
            if !outcome.is_verified() {
                out.faults.push(Fault::Signature(outcome));
            }
        }
        out.algorithm = Some(algorithm);
    }

    /// The certificate of whoever made the token, as [`Self::verify`] chooses it.
    pub(crate) fn signer_certificate(&self, pool: &Pool, limits: &Limits) -> Option<Certificate> {
        let signer = self.signer()?;
        let named = [
            attribute::signing_certificate(signer.signed()),
            attribute::signing_certificate_v2(signer.signed()),
        ];
        let named = named.iter().filter_map(|list| list.as_ref().ok()?.as_ref());
        let identifiers: Vec<_> = named.filter_map(|list| list.first()).collect();
        let (certificate, _) = self.chosen(signer, &identifiers, pool, limits)?;
        Some(certificate)
    }

    /// The first certificate that the signer may mean and that `identifiers` name, else the first
    /// that it may mean; and whether they name it.
    fn chosen(
        &self,
        signer: &SignerInfo<'_>,
        identifiers: &[&EssCertId<'_>],
        pool: &Pool,
        limits: &Limits,
    ) -> Option<(Certificate, bool)> {
        let is_named = |certificate: &Certificate| {
            identifiers.iter().all(|identifier| {
                identifier.matches(certificate.der()) == Some(true)
                    && identifier.issuer_serial.as_ref().is_none_or(|pair| {
                        pair.serial == certificate.serial().as_bytes()
                            && pair
                                .directory_name
                                .is_some_and(|name| is_name(name, certificate.issuer()))
                    })
            })
        };
        let candidates = self.candidates(signer, pool, limits);
        let named = candidates.iter().find(|candidate| is_named(candidate));
        match named {
            Some(certificate) => Some((certificate.clone(), true)),
            None => Some((candidates.first()?.clone(), false)),
        }
    }

    /// Certificates that the signer identifier means, those of the token first.
    fn candidates(
        &self,
        signer: &SignerInfo<'_>,
        pool: &Pool,
        limits: &Limits,
    ) -> Vec<Certificate> {
        let meant = |certificate: &&Certificate| match &signer.identifier {
            SignerIdentifier::IssuerAndSerial { issuer, serial } => {
                certificate.serial().as_bytes() == *serial && is_name(issuer, certificate.issuer())
            }
            SignerIdentifier::SubjectKeyIdentifier(identifier) => {
                certificate.subject_key_identifier() == Some(identifier)
            }
        };
        let own = self.certificates_in(pool, limits);
        let mut distinct = Pool::new();
        distinct.extend(own.iter().chain(pool.iter()).filter(meant).cloned());
        distinct
            .iter()
            .take(limits.path_candidates)
            .cloned()
            .collect()
    }
}

fn is_name(der: &[u8], name: &Name) -> bool {
    der == name.der()
        || Name::from_der(der).is_ok_and(|other| other.matches(name) != NameMatch::Different)
}

/// Whether `name` is one of the certificate's.
///
/// Source: RFC 3161 §2.4.2.
fn names(certificate: &Certificate, name: &GeneralName) -> bool {
    match name {
        GeneralName::Directory(directory)
            if directory.matches(certificate.subject()) != NameMatch::Different =>
        {
            true
        }
        _ => certificate.subject_alt_names().contains(name),
    }
}
