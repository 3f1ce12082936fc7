//! A [`VerifiedPath`] and [`Evidence`] → the status of one of its certificates: good, revoked or unknown.
//!
//! Two steps, usable apart: [`answers`] lists every CRL and OCSP answer that is authentic and about
//! the certificate, whatever its age, and why others are not; [`judge`] makes a [`Status`] of
//! them for one moment. What an unknown status means is for the caller's policy to say; here it
//! is never good.

pub mod closure;
mod crl;
mod judge;
mod ocsp;
mod scope;
mod signer;
mod strength;

use crate::crypto::{Broken, Budget, Direct, Outcome, PublicKey, SignatureAlgorithm, Unknown};
use crate::pki::certificate::Certificate;
use crate::pki::crl::{Reason, Unusable};
use crate::pki::evidence::{Evidence, Origin};
use crate::pki::extension::ReasonFlags;
use crate::pki::ocsp::Mismatch;
use crate::pki::path::{Interval, PathFailure, PathParameters, Purpose, VerifiedPath};
use crate::pki::pool::Pool;
use crate::time::{CLOCKS, UtcTime};

pub use closure::{Closure, Count};
pub use judge::judge;
pub use scope::ScopeMismatch;
pub use strength::{AnyStrength, Strength};

/// How the status is asked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Parameters {
    /// The moment for which the status is asked.
    pub at: UtcTime,
    /// How fresh an answer must be for the certificate to be good.
    pub freshness: Freshness,
    /// How much is added to every period of an answer at both of its ends, in seconds.
    pub tolerance: u32,
    /// How long after `at` an answer may be made and still counts as one of `at`, in seconds:
    /// clocks differ.
    pub ahead: u32,
    /// Whether answers from after `at` count.
    pub retroactive: Retroactive,
    /// Whether answers from after the certificate's end count.
    pub after_expiry: AfterExpiry,
    /// How the certificates of CRL issuers and OCSP responders are checked for revocation.
    pub signers: SignerStatus,
    /// The nonce of an OCSP request of a moment ago.
    pub nonce: Nonce,
    /// How paths of CRL issuers and OCSP responders are checked; `at`, `purpose` and policies in
    /// it are replaced.
    pub path: PathParameters,
}

impl Parameters {
    /// Strict defaults: answers until their nextUpdate, not from after `at` by more than the
    /// clocks of honest machines differ ([`CLOCKS`]), no nonce.
    pub fn new(at: UtcTime) -> Self {
        Self {
            at,
            freshness: Freshness::NextUpdate,
            tolerance: 0,
            ahead: CLOCKS,
            retroactive: Retroactive::Reject,
            after_expiry: AfterExpiry::Reject,
            signers: SignerStatus::IfDeclared,
            nonce: Nonce::Ignore,
            path: PathParameters::new(at, Purpose::Any),
        }
    }
}

/// How fresh an answer must be for the certificate to be good. A revocation counts at any age.
///
/// Source: EN 319 102-1 §5.2.5; validation rule V040.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// `at` must not be later than nextUpdate; an answer without nextUpdate is stale.
    NextUpdate,
    /// thisUpdate must not be earlier than this many seconds before `at`; nextUpdate is not asked.
    MaxAge(u32),
    /// thisUpdate must not be earlier than this moment, for instance that of a signature.
    IssuedSince(UtcTime),
    /// Any age: only for callers that judge the age themselves.
    AllowAnyAge,
}

/// Whether answers count whose thisUpdate is after the moment that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retroactive {
    /// They count: who was not revoked later was not revoked before.
    Accept,
    /// They do not, except to tell of a revocation.
    Reject,
}

/// Whether "not listed" counts when the answer was made after the certificate's end, when an
/// issuer may have dropped it, and does not say that it keeps such entries.
///
/// Source: RFC 5280 §3.3; RFC 6960 §4.4.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterExpiry {
    /// It counts.
    AllowDroppedEntries,
    /// It does not.
    Reject,
}

/// How the certificates of CRL issuers and OCSP responders outside the path are checked for
/// revocation. One that is known to be revoked never counts, except under `Ignore`.
///
/// Source: RFC 6960 §4.2.2.2.1; validation rules 2.8, V041.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignerStatus {
    /// They must be known to be good when they say where to ask.
    IfDeclared,
    /// They are not checked.
    Ignore,
    /// They must be known to be good.
    Require,
}

/// What is asked of the nonce in OCSP responses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nonce {
    /// A response that has one must have this.
    IfThere(Vec<u8>),
    /// Nothing: stored responses answer other requests.
    Ignore,
    /// The response must have this.
    Require(Vec<u8>),
}

/// Everything that answers are taken from. Nothing else is read.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// CRLs, OCSP responses and certificates.
    pub evidence: &'a Evidence,
    /// More certificates, for the paths of CRL issuers and responders.
    pub pool: &'a Pool,
    /// Makes the signature checks.
    pub budget: &'a Budget<'a>,
    /// Judges how answers about the certificates of other signers are signed; those about the
    /// asked certificate are listed however they are signed.
    pub strength: &'a dyn Strength,
}

/// One object that says something about the certificate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// SHA-256 of its octets as they came.
    #[serde(serialize_with = "hexadecimal")]
    pub sha256: [u8; 32],
    /// Everywhere it was found.
    pub origins: Vec<Origin>,
}

fn hexadecimal<S: serde::Serializer>(octets: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
    let text: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    to.serialize_str(&text)
}

/// What a [`Source`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A CRL.
    Crl,
    /// A CRL that continues another one.
    DeltaCrl,
    /// An OCSP response.
    Ocsp,
}

/// One authentic answer about the certificate, of any age.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The object that says it.
    pub source: Source,
    /// The delta CRL that continues the CRL of `source`; both are needed.
    pub delta: Option<Source>,
    /// The answer was right at this moment.
    pub this_update: UtcTime,
    /// A newer answer is there at this moment at the latest.
    pub next_update: Option<UtcTime>,
    /// When it was signed: producedAt of an OCSP response, thisUpdate of a CRL.
    pub produced_at: UtcTime,
    /// The revocation that it tells of; `None`: not revoked for any of `reasons`.
    pub revocation: Option<Revocation>,
    /// Reasons that it covers.
    pub reasons: ReasonFlags,
    /// Certificates that expired after this moment are still covered.
    pub keeps_expired_since: Option<UtcTime>,
    /// It proves by hash that the issuer knows the certificate.
    pub names_certificate: bool,
    /// Who signed it.
    pub signer: Signer,
    /// How it is signed; [`judge`] asks the caller's [`Strength`] about it.
    pub algorithm: SignatureAlgorithm,
    /// How the delta CRL is signed.
    pub delta_algorithm: Option<SignatureAlgorithm>,
    /// The key that signed it, and its delta CRL.
    pub key: PublicKey,
}

/// Who signed an [`Answer`].
#[derive(Debug, Clone, PartialEq)]
pub enum Signer {
    /// A certificate above the asked one on its own path; the number behind the last is the
    /// anchor.
    OnPath {
        /// Index on the path.
        index: usize,
    },
    /// Another certificate, with its own path, which held when the answer was signed, periods
    /// excepted: see [`VerifiedPath::interval`].
    Other(Box<VerifiedPath>),
}

impl Signer {
    /// When the signer's own path holds; `None`: on the path of the certificate, or never.
    pub fn interval(&self) -> Option<Interval> {
        match self {
            Self::OnPath { .. } => None,
            Self::Other(path) => path.interval(),
        }
    }
}

/// That, when and why a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Revocation {
    /// When it was revoked.
    pub at: UtcTime,
    /// Why, as far as told.
    pub reason: Reason,
    /// Since when the key is suspected, as far as told; can be earlier than `at`.
    pub invalidity_date: Option<UtcTime>,
}

impl Revocation {
    /// Since when the certificate is not to be relied on: it was revoked, or is invalid by what its
    /// issuer says, whichever is earlier.
    ///
    /// Source: RFC 5280 §5.3.2.
    pub fn since(&self) -> UtcTime {
        self.invalidity_date
            .map_or(self.at, |invalid| invalid.min(self.at))
    }

    /// Whether it may be taken back.
    pub fn is_hold(&self) -> bool {
        self.reason == Reason::CertificateHold
    }
}

/// Everything that is known of a certificate.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Authentic answers, CRLs first, in the order of the evidence.
    pub answers: Vec<Answer>,
    /// Objects that seem to be about the certificate and do not count.
    pub refusals: Vec<Refusal>,
}

/// One object that does not count, or what is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The object; `None` when none is there.
    pub source: Option<Source>,
    /// Why it does not count.
    pub why: Why,
}

/// Why an answer does not count.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// The certificate is the anchor, or not on the path: nobody answers for it.
    #[error("nobody can revoke a trust anchor")]
    Anchor,
    /// There is no CRL of its issuer and no OCSP answer.
    #[error("no CRL and no OCSP answer for the certificate")]
    NoEvidence,
    /// The CRL is for other certificates.
    #[error("CRL is not for this certificate: {0}")]
    Scope(ScopeMismatch),
    /// The CRL or an entry has something that must be understood and is not.
    #[error("CRL must not be used: {0}")]
    Unusable(Unusable),
    /// A delta CRL without the CRL that it continues.
    #[error("delta CRL without its complete CRL")]
    DeltaWithoutBase,
    /// An entry cannot be read.
    #[error("CRL entry cannot be read")]
    Entry,
    /// No certificate of the signer is there.
    #[error("no certificate of the signer is there")]
    SignerNotFound,
    /// The signature is broken.
    #[error("signature is broken: {0}")]
    BrokenSignature(Broken),
    /// The signature could not be checked.
    #[error("signature could not be checked: {0}")]
    UncheckedSignature(Unknown),
    /// The signer has no right to sign CRLs, or OCSP responses for this issuer.
    #[error("signer is not authorised: {0}")]
    NotAuthorised(&'static str),
    /// The signer's own path does not hold.
    #[error("signer: {0}")]
    SignerPath(PathFailure),
    /// The signer's certificate is revoked.
    #[error("signer's certificate was revoked at {at}")]
    SignerRevoked {
        /// Since when.
        at: UtcTime,
    },
    /// The status of the signer's certificate is not known.
    #[error("status of the signer's certificate is not known")]
    SignerUnknown,
    /// The signer's certificate is outside its period at the moment that is asked.
    #[error("signer's certificate is outside its period")]
    SignerOutOfPeriod,
    /// The answer depends on itself.
    #[error("answer depends on the certificate that it is about")]
    Loop,
    /// The certificate signed it itself.
    #[error("answer is signed by the certificate that it is about")]
    OwnAnswer,
    /// Signers of answers about signers, too many deep.
    #[error("too many signers of answers about signers")]
    Depth,
    /// Too many signature checks; something was left untried.
    #[error("limit reached while revocation was checked: {name} is {max}")]
    Limit {
        /// Name of the limit's field.
        name: &'static str,
        /// Its value.
        max: u64,
    },
    /// The OCSP answer has the serial number and another issuer.
    #[error("OCSP answer is for another certificate: {0}")]
    OtherCertificate(Mismatch),
    /// The hash of the certificate in the OCSP answer is another.
    #[error("OCSP answer is for another certificate with this serial number")]
    CertificateHash,
    /// The responder does not know the certificate.
    #[error("OCSP responder does not know the certificate")]
    ResponderDoesNotKnow,
    /// A critical extension of the OCSP response that is not understood.
    #[error("critical extension {0} of the OCSP response is not understood")]
    CriticalExtension(crate::oid::Oid),
    /// The OCSP response has not the nonce of the request.
    #[error("OCSP response has not the nonce of the request")]
    Nonce,
    /// Its times contradict each other.
    #[error("times of the answer contradict each other")]
    Times,
    /// It is from after the moment that is asked.
    #[error("answer of {this_update} is from after the asked moment")]
    FromTheFuture {
        /// Its thisUpdate.
        this_update: UtcTime,
    },
    /// It does not say how long it holds.
    #[error("answer does not say how long it holds")]
    NoNextUpdate,
    /// A newer one had to be there.
    #[error("answer held until {next_update}")]
    Stale {
        /// Its nextUpdate.
        next_update: UtcTime,
    },
    /// It is older than the caller allows.
    #[error("answer of {this_update} is too old")]
    TooOld {
        /// Its thisUpdate.
        this_update: UtcTime,
    },
    /// It is from after the certificate's end, when entries may be dropped.
    #[error("answer of {this_update} is from after the certificate's end")]
    AfterExpiry {
        /// Its thisUpdate.
        this_update: UtcTime,
    },
    /// The answers that count leave some reasons open.
    #[error("answers do not cover all reasons")]
    Reasons,
    /// A signature under it is made with an algorithm that is too weak.
    #[error("answer is signed with {algorithm}, which is too weak")]
    Weak {
        /// The algorithm, by name.
        algorithm: String,
    },
}

/// Whether a certificate is revoked.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// Known not to be revoked.
    Good {
        /// The newest answer that says so.
        source: Source,
        /// Its thisUpdate.
        this_update: UtcTime,
        /// Its nextUpdate.
        next_update: Option<UtcTime>,
        /// Other objects without which it is not known: a delta CRL, CRLs for other reasons.
        also: Vec<Source>,
    },
    /// Revoked, or on hold. `at` can be later than the moment that was asked: then the
    /// certificate was not yet revoked.
    Revoked {
        /// Since when; see [`Revocation::since`].
        at: UtcTime,
        /// Why, as far as told.
        reason: Reason,
        /// Since when the key is suspected, as far as told.
        invalidity_date: Option<UtcTime>,
        /// The object that says so.
        source: Source,
        /// Its thisUpdate.
        this_update: UtcTime,
    },
    /// Not known. This is never good.
    Unknown {
        /// What was there and why it does not count; never empty.
        why: Vec<Refusal>,
    },
}

impl Status {
    /// Whether the certificate is known not to be revoked.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Good { .. })
    }
}

/// What a certificate says about asking for its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Declared {
    /// It names CRL distribution points.
    pub crl: bool,
    /// It names OCSP responders.
    pub ocsp: bool,
    /// It says that there is no information (noRevAvail, RFC 9608 §2). In a CA it is forbidden.
    pub none_available: bool,
}

impl Declared {
    /// Whether it says where to ask.
    pub fn anything(self) -> bool {
        self.crl || self.ocsp
    }
}

/// What `certificate` says about asking for its status.
///
/// Source: RFC 5280 §4.2.1.13, §4.2.2.1; RFC 9608 §2.
pub fn declared(certificate: &Certificate) -> Declared {
    Declared {
        crl: !certificate.crl_distribution_points().is_empty(),
        ocsp: !certificate.ocsp_urls().is_empty(),
        none_available: certificate.no_rev_avail(),
    }
}

/// The status of the certificate at `index` of `path` (0 = leaf).
///
/// A revocation wins over every "good". Answers come from `evidence` alone; certificates of CRL
/// issuers and responders from `evidence`, `pool` and the path; their paths must end at the
/// anchor of `path`. Every algorithm counts: [`status_from`] takes a calendar.
///
/// Source: RFC 5280 §6.3.3; RFC 6960 §3.2.
pub fn status(
    path: &VerifiedPath,
    index: usize,
    evidence: &Evidence,
    pool: &Pool,
    parameters: &Parameters,
) -> Status {
    let budget = Budget::new(&Direct, &parameters.path.limits);
    let sources = Sources {
        evidence,
        pool,
        budget: &budget,
        strength: &AnyStrength,
    };
    status_from(path, index, &sources, parameters)
}

/// As [`status`], with everything that is read given in `sources`.
pub fn status_from(
    path: &VerifiedPath,
    index: usize,
    sources: &Sources<'_>,
    parameters: &Parameters,
) -> Status {
    match path.certificates().get(index) {
        Some(certificate) => {
            let found = answers(path, index, sources, parameters);
            judge(&found, certificate, parameters, sources.strength)
        }
        None => Status::Unknown {
            why: vec![Refusal {
                source: None,
                why: Why::Anchor,
            }],
        },
    }
}

/// Every authentic answer about the certificate at `index` of `path` (0 = leaf), of any age, and
/// why other objects do not count. Of `parameters`, `freshness`, `retroactive` and `after_expiry`
/// matter only for the certificates of other signers.
pub fn answers(
    path: &VerifiedPath,
    index: usize,
    sources: &Sources<'_>,
    parameters: &Parameters,
) -> Answers {
    signer::Search::new(sources, parameters).answers(path, index)
}

impl From<Outcome> for Why {
    /// Of a check that did not verify; a verified one has no reason and must not come here.
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Broken(broken) => Self::BrokenSignature(broken),
            Outcome::Unknown(unknown) => Self::UncheckedSignature(unknown),
            Outcome::Verified => Self::SignerNotFound,
        }
    }
}

#[cfg(test)]
mod tests;
