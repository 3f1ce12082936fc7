//! A certificate, a [`Pool`] and [`Trust`] → a [`VerifiedPath`], or the most specific reason why there is none.
//!
//! [`build`](self) searches; `validate` judges by RFC 5280 §6.1 and is the only maker of a
//! [`VerifiedPath`]. Revocation is not asked here: it takes a finished path. Algorithms are not
//! judged by date here: the path shows them ([`VerifiedPath::links`]) and the algorithm calendar
//! of `validation` decides.

mod build;
mod name_constraints;
mod policy;
mod purpose;
mod validate;

use std::collections::BTreeSet;
use std::fmt;

use crate::crypto::{Broken, Budget, Direct, Unknown};
use crate::limits::{LimitReached, Limits};
use crate::oid::Oid;
use crate::pki::certificate::{Certificate, Oddity};
use crate::pki::extension::KeyUsage;
use crate::pki::pool::Pool;
use crate::pki::trust::{Trust, TrustAnchor};
use crate::time::UtcTime;

pub use name_constraints::NameConstraintFault;
pub use policy::{PolicyFault, PolicySet};
pub use purpose::{DocumentSigningRules, Purpose, Requirement, SignerKeyUsage};
pub use validate::{Interval, Issuer, Link, PathFinding, VerifiedPath};

/// Finds a path from `leaf` to an anchor of `trust` that holds under `parameters`.
///
/// Certificates of `pool` are only candidates. Every candidate is tried, the likely ones first,
/// until a path holds or a limit is reached.
///
/// # Errors
/// The most specific failure met; [`PathFailureKind::Limit`] when something was left untried.
///
/// Source: RFC 5280 §6.1; RFC 4158 §3.
pub fn find(
    leaf: &Certificate,
    pool: &Pool,
    trust: &Trust,
    parameters: &PathParameters,
) -> Result<VerifiedPath, PathFailure> {
    let budget = Budget::new(&Direct, &parameters.limits);
    find_within(leaf, pool, trust, parameters, &budget)
}

/// As [`find`], with the signature checks asked of `budget`.
///
/// # Errors
/// As [`find`].
pub fn find_within(
    leaf: &Certificate,
    pool: &Pool,
    trust: &Trust,
    parameters: &PathParameters,
    budget: &Budget<'_>,
) -> Result<VerifiedPath, PathFailure> {
    build::Search::new(pool, trust, parameters, budget).run(leaf)
}

/// What a path must satisfy.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PathParameters {
    /// The time at which the path must hold.
    pub at: UtcTime,
    /// What the leaf is for.
    pub purpose: Purpose,
    /// Policies.
    pub policies: PolicySettings,
    /// Non-self-issued CA certificates between anchor and leaf; `None` = any number (the bound
    /// on work is [`Limits::path_length`]).
    pub max_path_length: Option<u64>,
    /// Smallest RSA modulus, in bits.
    pub minimum_rsa_bits: u32,
    /// DSA keys.
    pub dsa: Dsa,
    /// Validity periods of certificates, and dates of anchors.
    pub period: Period,
    /// The period in an anchor's own certificate.
    pub anchor_period: AnchorPeriod,
    /// Whether CA certificates with extended key usage must have the leaf's; `None` = as usual
    /// for the purpose: required for time-stamping and OCSP, else a finding.
    pub nesting: Option<Nesting>,
    /// What RFC 5280 forbids and real issuers do.
    pub nonconforming: Nonconforming,
    /// Bounds on work.
    pub limits: Limits,
}

impl PathParameters {
    /// Strict defaults: RSA from 2048 bits, no DSA, all periods enforced, any policy.
    pub fn new(at: UtcTime, purpose: Purpose) -> Self {
        Self {
            at,
            purpose,
            policies: PolicySettings::default(),
            max_path_length: None,
            minimum_rsa_bits: 2048,
            dsa: Dsa::Refuse,
            period: Period::Enforce,
            anchor_period: AnchorPeriod::Enforce,
            nesting: None,
            nonconforming: Nonconforming::Record,
            limits: Limits::new(),
        }
    }
}

/// What the user wants of policies.
///
/// Source: RFC 5280 §6.1.1 (c), (e), (f), (g).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicySettings {
    /// user-initial-policy-set; `None` = any-policy.
    pub initial: Option<BTreeSet<Oid>>,
    /// initial-explicit-policy.
    pub explicit: ExplicitPolicy,
    /// initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any: bool,
}

/// When a path without any valid policy fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExplicitPolicy {
    /// Always.
    Always,
    /// Only when a certificate of the path asks for it: the letter of RFC 5280, under which a
    /// path passes although none of the policies that the user names is valid.
    ByCertificates,
    /// When the user, or the anchor's constraints, name policies, or a certificate asks for it.
    #[default]
    WhenNamed,
}

/// Whether DSA keys may stand on a path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dsa {
    /// For test suites and explanations only: no profile passes DSA.
    AllowForSuites,
    /// They may not.
    #[default]
    Refuse,
}

/// Whether certificates must be inside their periods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Period {
    /// They need not, nor need anchors be before their `until`. What is outside is a
    /// [`PathFinding`], and [`VerifiedPath::interval`] tells the truth. Only for validation in
    /// the past (EN 319 102-1 §5.6.2.1), which slides the time itself.
    AllowOutOfPeriod,
    /// They must.
    #[default]
    Enforce,
}

/// Whether the period in an anchor's own certificate binds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AnchorPeriod {
    /// It does, when the anchor's own constraints do.
    #[default]
    Enforce,
    /// It does not; `until` still does.
    Ignore,
}

/// What happens when a CA certificate has extended key usage without the leaf's purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// The path fails.
    Enforce,
    /// The path gets a finding.
    Warn,
}

/// What happens with certificates that break RFC 5280 in ways that do no harm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Nonconforming {
    /// The path gets findings.
    #[default]
    Record,
    /// The path fails.
    Reject,
}

/// Why there is no path. The most specific failure of all that were met.
#[derive(Debug, Clone, PartialEq)]
pub struct PathFailure(Box<FailureParts>);

#[derive(Debug, Clone, PartialEq)]
struct FailureParts {
    kind: PathFailureKind,
    certificate: Option<Certificate>,
    near_miss: Option<Certificate>,
    chain: Vec<Certificate>,
    anchor: Option<TrustAnchor>,
}

impl PathFailure {
    fn new(kind: PathFailureKind) -> Self {
        Self(Box::new(FailureParts {
            kind,
            certificate: None,
            near_miss: None,
            chain: Vec::new(),
            anchor: None,
        }))
    }

    fn limit(limit: LimitReached) -> Self {
        Self::new(PathFailureKind::Limit {
            name: limit.name,
            max: limit.max,
        })
    }

    fn of(mut self, certificate: &Certificate) -> Self {
        self.0.certificate = Some(certificate.clone());
        self
    }

    fn near(mut self, certificate: &Certificate) -> Self {
        self.0.near_miss = Some(certificate.clone());
        self
    }

    fn on(mut self, chain: &[Certificate], anchor: Option<&TrustAnchor>) -> Self {
        self.0.chain = chain.to_vec();
        self.0.anchor = anchor.cloned();
        self
    }

    /// What failed.
    pub fn kind(&self) -> &PathFailureKind {
        &self.0.kind
    }

    /// The certificate that failed.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.0.certificate.as_ref()
    }

    /// The candidate that nearly fitted as its issuer.
    pub fn near_miss(&self) -> Option<&Certificate> {
        self.0.near_miss.as_ref()
    }

    /// The certificates of the path that was tried, leaf first. For
    /// [`PathFailureKind::OutOfPeriod`] and [`PathFailureKind::AnchorExpired`] it is complete,
    /// up to [`PathFailure::anchor`], and nothing but the time is wrong with it.
    pub fn chain(&self) -> &[Certificate] {
        &self.0.chain
    }

    /// The anchor at the end of the path that was tried, when it got that far.
    pub fn anchor(&self) -> Option<&TrustAnchor> {
        self.0.anchor.as_ref()
    }
}

impl fmt::Display for PathFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)?;
        if let Some(certificate) = &self.0.certificate {
            let place = self.0.chain.iter().position(|c| c == certificate);
            match place {
                Some(index) => write!(
                    f,
                    ": certificate {} of {}, {certificate}",
                    index + 1,
                    self.0.chain.len()
                )?,
                None => write!(f, ": {certificate}")?,
            }
        }
        if let Some(near) = &self.0.near_miss {
            write!(f, "; nearly fitted: {near}, serial {}", near.serial())?;
        }
        Ok(())
    }
}

impl std::error::Error for PathFailure {}

/// The kinds of [`PathFailure`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PathFailureKind {
    /// The parameters exclude this algorithm.
    #[error("{algorithm} is not allowed")]
    AlgorithmRefused {
        /// Its name.
        algorithm: String,
    },
    /// The signature or the key uses something that is not supported; not a bad signature.
    #[error("{0}")]
    AlgorithmUnsupported(Unknown),
    /// The anchor was trusted only up to an earlier time.
    #[error("the trust anchor was trusted until {until}")]
    AnchorExpired {
        /// That time.
        until: UtcTime,
    },
    /// The signature on the certificate is broken.
    #[error("bad signature: {0}")]
    BadSignature(Broken),
    /// A critical extension that is not understood.
    #[error("critical extension {0} is not understood")]
    CriticalExtension(Oid),
    /// The extended key usage does not allow the purpose.
    #[error("extended key usage does not allow {purpose}")]
    ExtendedKeyUsage {
        /// The purpose, by name.
        purpose: &'static str,
        /// What the certificate has; `None` = nothing.
        found: Option<Vec<Oid>>,
    },
    /// The key usage does not allow the purpose.
    #[error("key usage does not allow {purpose}")]
    KeyUsage {
        /// The purpose, by name.
        purpose: &'static str,
        /// What the certificate has; `None` = nothing.
        found: Option<KeyUsage>,
    },
    /// A limit was reached before all candidates were tried.
    #[error("limit reached while a path was sought: {name} is {max}")]
    Limit {
        /// Name of the limit's field.
        name: &'static str,
        /// Its value.
        max: u64,
    },
    /// A name is outside what an issuer may name.
    #[error("name constraints: {0}")]
    NameConstraint(NameConstraintFault),
    /// No certificate of the issuer is known.
    #[error("no certificate of the issuer was found")]
    NoIssuer,
    /// The certificate breaks RFC 5280.
    #[error("not acceptable on a path: {0}")]
    Nonconforming(Oddity),
    /// The issuer has no right to issue: not version 3, or not a CA.
    #[error("the issuer is no certification authority")]
    NotAuthority,
    /// The path ends in a certificate that nobody trusts.
    #[error("the path ends in a certificate that is not trusted")]
    NotTrusted,
    /// The certificate is outside its period; the rest of the path holds.
    #[error("the certificate is valid from {not_before} to {not_after}, not at the asked time")]
    OutOfPeriod {
        /// First second.
        not_before: UtcTime,
        /// Last second.
        not_after: UtcTime,
    },
    /// More CA certificates than an issuer allows below itself.
    #[error("path length constraint: {limit} CA certificates are allowed below")]
    PathTooLong {
        /// What the issuer, the anchor or the caller allows.
        limit: u64,
    },
    /// No policy is left, or policies contradict the standard.
    #[error("certificate policies: {0}")]
    Policy(PolicyFault),
    /// The key is too short.
    #[error("key of {bits} bits, {minimum} are required")]
    WeakKey {
        /// Bits of the key.
        bits: u32,
        /// Bits that the parameters ask for.
        minimum: u32,
    },
}

impl PathFailureKind {
    /// How near to a valid path the failure came.
    fn rank(&self) -> u8 {
        match self {
            Self::NoIssuer => 0,
            Self::NotTrusted => 1,
            Self::BadSignature(_) => 2,
            Self::AlgorithmUnsupported(_) => 3,
            Self::NotAuthority => 4,
            Self::AlgorithmRefused { .. }
            | Self::CriticalExtension(_)
            | Self::ExtendedKeyUsage { .. }
            | Self::KeyUsage { .. }
            | Self::NameConstraint(_)
            | Self::Nonconforming(_)
            | Self::PathTooLong { .. }
            | Self::Policy(_)
            | Self::WeakKey { .. } => 5,
            Self::AnchorExpired { .. } => 6,
            Self::OutOfPeriod { .. } => 7,
            Self::Limit { .. } => 8,
        }
    }
}
