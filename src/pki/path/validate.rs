//! A chain of certificates up to an anchor → [`VerifiedPath`], by RFC 5280 §6.1. The only maker of one.

use std::collections::BTreeSet;

use super::build::Work;
use super::name_constraints::{Constraints, NameConstraintFault};
use super::policy::{PolicySet, PolicyState};
use super::{
    AnchorPeriod, Dsa, ExplicitPolicy, Nesting, Nonconforming, PathFailure, PathFailureKind,
    PathParameters, Period, PolicySettings, Purpose,
};
use crate::crypto::{KeyKind, Outcome, PublicKey, SignatureAlgorithm, Unknown};
use crate::limits::LimitReached;
use crate::oid::Oid;
use crate::pki::certificate::{Certificate, Oddity};
use crate::pki::extension::KeyUsage;
use crate::pki::name::{Name, NameMatch};
use crate::pki::trust::{OwnConstraints, TrustAnchor};
use crate::time::UtcTime;

/// Certificates from a leaf up to an anchor that hold by RFC 5280 §6.1 under given parameters,
/// revocation and the age of algorithms excepted.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedPath {
    certificates: Vec<Certificate>,
    /// The working key of each certificate: its own, with inherited DSA parameters.
    keys: Vec<PublicKey>,
    anchor: TrustAnchor,
    anchor_name: Name,
    anchor_key: PublicKey,
    at: UtcTime,
    authority_policies: PolicySet,
    user_policies: PolicySet,
    interval: Option<Interval>,
    stable: Interval,
    findings: Vec<PathFinding>,
}

/// A stretch of time; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Interval {
    /// First second.
    pub first: UtcTime,
    /// Last second.
    pub last: UtcTime,
}

/// Who issued a certificate of a path.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    /// The issuer's name.
    pub name: &'a Name,
    /// The issuer's key.
    pub key: &'a PublicKey,
    /// The issuer's certificate; `None` for an anchor that is a name and a key only.
    pub certificate: Option<&'a Certificate>,
}

/// One signature of a path.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The signed certificate.
    pub certificate: &'a Certificate,
    /// The algorithm of the signature.
    pub algorithm: &'a SignatureAlgorithm,
    /// The key that made it.
    pub issuer_key: &'a PublicKey,
}

/// What is worth knowing of a path that holds. `index`: 0 is the leaf; one more than the last
/// certificate is the anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathFinding {
    /// The asked time is after the anchor's `until` ([`Period::AllowOutOfPeriod`]).
    AnchorExpired {
        /// That date.
        until: UtcTime,
    },
    /// The issuer's name fits only by the comparison of RFC 5280 §7.1, not by octets.
    NameNormalised {
        /// Which certificate.
        index: usize,
    },
    /// The certificate breaks RFC 5280 where it does no harm.
    Oddity {
        /// Which certificate.
        index: usize,
        /// What it does.
        oddity: Oddity,
    },
    /// The asked time is outside the certificate's period ([`Period::AllowOutOfPeriod`]).
    OutOfPeriod {
        /// Which certificate.
        index: usize,
    },
    /// A CA whose extended key usage lacks the leaf's purpose.
    PurposeNotNested {
        /// Which certificate.
        index: usize,
    },
}

impl VerifiedPath {
    /// The certificates, leaf first, without the anchor. Never empty. A leaf that is itself an
    /// anchor stands alone.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The certificate at the beginning.
    pub fn leaf(&self) -> Option<&Certificate> {
        self.certificates.first()
    }

    /// The anchor, with its certificate when there is one.
    pub fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }

    /// Whether the leaf itself is the anchor.
    pub fn is_direct(&self) -> bool {
        self.anchor.certificate() == self.leaf()
    }

    /// Who issued the certificate at `index` (0 = leaf); `None` past the end, and for a leaf that
    /// is itself the anchor.
    pub fn issuer(&self, index: usize) -> Option<Issuer<'_>> {
        if self.is_direct() {
            return None;
        }
        self.certificates.get(index)?;
        let above = index.checked_add(1)?;
        Some(match (self.certificates.get(above), self.keys.get(above)) {
            (Some(certificate), Some(key)) => Issuer {
                name: certificate.subject(),
                key,
                certificate: Some(certificate),
            },
            _ => Issuer {
                name: &self.anchor_name,
                key: &self.anchor_key,
                certificate: self.anchor.certificate(),
            },
        })
    }

    /// The key of the certificate at `index`, DSA parameters inherited.
    pub fn key(&self, index: usize) -> Option<&PublicKey> {
        self.keys.get(index)
    }

    /// All signatures, the leaf's first. Empty for a leaf that is itself the anchor.
    pub fn links(&self) -> impl Iterator<Item = Link<'_>> {
        self.certificates
            .iter()
            .enumerate()
            .filter_map(|(index, certificate)| {
                Some(Link {
                    certificate,
                    algorithm: certificate.signature_algorithm(),
                    issuer_key: self.issuer(index)?.key,
                })
            })
    }

    /// The time that was asked.
    pub fn at(&self) -> UtcTime {
        self.at
    }

    /// The time in which the path holds: inside the period of every certificate, and before the
    /// dates of the anchor. `None` when there is no such time ([`Period::AllowOutOfPeriod`]).
    pub fn interval(&self) -> Option<Interval> {
        self.interval
    }

    /// The time in which the same search, asked for another moment, gives this very path: no
    /// certificate that it looked at begins or ends inside. It contains [`VerifiedPath::at`] and
    /// is what a cache may rely on.
    pub fn stable_interval(&self) -> Interval {
        self.stable
    }

    /// The same path, from a search whose answer is the same throughout `stable`.
    pub(super) fn with_stable(mut self, stable: Interval) -> Self {
        self.stable = stable;
        self
    }

    /// The policies that all authorities of the path allow.
    pub fn authority_policies(&self) -> &PolicySet {
        &self.authority_policies
    }

    /// Those of them that the user wants.
    pub fn user_policies(&self) -> &PolicySet {
        &self.user_policies
    }

    /// What is worth knowing, the anchor's side first.
    pub fn findings(&self) -> &[PathFinding] {
        &self.findings
    }
}

/// How a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The anchor issued the last certificate.
    Issued,
    /// The one certificate is the anchor.
    LeafIsAnchor,
}

/// Judges `chain` (leaf first) under `anchor`.
///
/// Order: the anchor's own constraints; all signatures and names, from the anchor down; all keys;
/// then certificate by certificate what RFC 5280 §6.1.3, §6.1.4, §6.1.5 ask; time last, so that
/// [`PathFailureKind::OutOfPeriod`] means that all the rest holds.
pub(super) fn validate(
    chain: &[Certificate],
    anchor: &TrustAnchor,
    step: Step,
    parameters: &PathParameters,
    work: &mut Work<'_>,
) -> Result<VerifiedPath, PathFailure> {
    let mut run = Run {
        chain,
        anchor,
        own: anchor
            .certificate()
            .filter(|_| anchor.own_constraints() == OwnConstraints::Apply),
        direct: step == Step::LeafIsAnchor,
        parameters,
        findings: Vec::new(),
    };
    let (Some(anchor_name), Some(anchor_key)) = (anchor.name(), anchor.key()) else {
        return Err(run.fail(PathFailureKind::NotTrusted, None));
    };
    run.anchor()?;
    let keys = run.signatures(anchor_name, anchor_key, work)?;
    run.keys(anchor_key, &keys)?;
    let (authority_policies, user_policies) = run.certificates(work)?;
    let interval = run.time()?;
    Ok(VerifiedPath {
        certificates: chain.to_vec(),
        keys,
        anchor: anchor.clone(),
        anchor_name: anchor_name.clone(),
        anchor_key: anchor_key.clone(),
        at: parameters.at,
        authority_policies,
        user_policies,
        interval,
        stable: Interval {
            first: parameters.at,
            last: parameters.at,
        },
        findings: run.findings,
    })
}

struct Run<'a> {
    chain: &'a [Certificate],
    anchor: &'a TrustAnchor,
    /// The anchor's certificate, when its extensions bind.
    own: Option<&'a Certificate>,
    /// The leaf is the anchor.
    direct: bool,
    parameters: &'a PathParameters,
    findings: Vec<PathFinding>,
}

impl Run<'_> {
    fn fail(&self, kind: PathFailureKind, certificate: Option<&Certificate>) -> PathFailure {
        let failure = PathFailure::new(kind).on(self.chain, Some(self.anchor));
        match certificate {
            Some(certificate) => failure.of(certificate),
            None => failure,
        }
    }

    fn limit(&self, limit: LimitReached) -> PathFailure {
        PathFailure::limit(limit)
    }

    /// The certificates from the anchor's side down, with their index.
    fn downwards(&self) -> impl Iterator<Item = (usize, &Certificate)> + use<'_> {
        self.chain.iter().enumerate().rev()
    }

    /// That the anchor's own certificate lets it issue.
    ///
    /// Source: RFC 5937 §3; validation rules 2.1, 2.2.
    fn anchor(&mut self) -> Result<(), PathFailure> {
        let Some(own) = self.own else {
            return Ok(());
        };
        if self.direct {
            // Judged as the leaf.
            return Ok(());
        }
        let index = self.chain.len();
        self.oddities(index, own)?;
        // Versions 1 and 2 cannot say that they are a CA; the caller said it.
        if own.version() == 3 {
            self.authority(own)?;
        }
        if let Some(extension) = own.unknown_critical_extension() {
            let kind = PathFailureKind::CriticalExtension(extension.kind.clone());
            return Err(self.fail(kind, Some(own)));
        }
        Ok(())
    }

    /// Source: RFC 5280 §6.1.4 (k), (n).
    fn authority(&self, certificate: &Certificate) -> Result<(), PathFailure> {
        if !certificate.is_authority() {
            return Err(self.fail(PathFailureKind::NotAuthority, Some(certificate)));
        }
        let usage = certificate.key_usage();
        if usage.is_some_and(|usage| !usage.has(KeyUsage::KEY_CERT_SIGN)) {
            let kind = PathFailureKind::KeyUsage {
                purpose: "signing certificates",
                found: usage,
            };
            return Err(self.fail(kind, Some(certificate)));
        }
        Ok(())
    }

    /// Names and signatures, from the anchor down; gives the working key of each certificate.
    ///
    /// Source: RFC 5280 §6.1.3 (a) (1), (4); §6.1.4 (c)–(f).
    fn signatures(
        &mut self,
        anchor_name: &Name,
        anchor_key: &PublicKey,
        work: &mut Work<'_>,
    ) -> Result<Vec<PublicKey>, PathFailure> {
        if self.direct {
            return Ok(vec![anchor_key.clone()]);
        }
        let mut keys = Vec::with_capacity(self.chain.len());
        let (mut name, mut key) = (anchor_name.clone(), anchor_key.clone());
        let mut normalised = Vec::new();
        for (index, certificate) in self.downwards() {
            match certificate.issuer().matches(&name) {
                NameMatch::Identical => {}
                NameMatch::Normalised => normalised.push(PathFinding::NameNormalised { index }),
                NameMatch::Different => {
                    return Err(self.fail(PathFailureKind::NoIssuer, Some(certificate)));
                }
            }
            let verified = work
                .verify(certificate, &key)
                .map_err(|limit| self.limit(limit))?;
            let kind = match verified {
                Outcome::Verified => None,
                Outcome::Broken(why) => Some(PathFailureKind::BadSignature(why)),
                Outcome::Unknown(what) => Some(PathFailureKind::AlgorithmUnsupported(what)),
            };
            if let Some(kind) = kind {
                return Err(self.fail(kind, Some(certificate)));
            }
            name = certificate.subject().clone();
            let own = certificate.public_key();
            key = own
                .with_inherited_parameters(&key)
                .unwrap_or_else(|| own.clone());
            keys.push(key.clone());
        }
        keys.reverse();
        self.findings.extend(normalised);
        Ok(keys)
    }

    /// That every key is strong enough and of a kind that is allowed.
    fn keys(&self, anchor_key: &PublicKey, keys: &[PublicKey]) -> Result<(), PathFailure> {
        let minimum = self.parameters.minimum_rsa_bits;
        let judge = |key: &PublicKey| match key.kind() {
            KeyKind::Rsa { bits, .. } if *bits < minimum => Some(PathFailureKind::WeakKey {
                bits: *bits,
                minimum,
            }),
            KeyKind::Dsa { .. } if self.parameters.dsa == Dsa::Refuse => {
                Some(PathFailureKind::AlgorithmRefused {
                    algorithm: "DSA".to_owned(),
                })
            }
            KeyKind::Unsupported { oid } => {
                Some(PathFailureKind::AlgorithmUnsupported(Unknown::Key {
                    oid: oid.clone(),
                }))
            }
            _ => None,
        };
        if let Some(kind) = judge(anchor_key) {
            return Err(self.fail(kind, self.anchor.certificate()));
        }
        for (certificate, key) in self.chain.iter().zip(keys).rev() {
            if let Some(kind) = judge(key) {
                return Err(self.fail(kind, Some(certificate)));
            }
        }
        Ok(())
    }

    /// Everything that RFC 5280 asks of certificates beside signatures, keys and time.
    fn certificates(&mut self, work: &mut Work<'_>) -> Result<(PolicySet, PolicySet), PathFailure> {
        let parameters = self.parameters;
        let mut names = Constraints::default();
        let mut policies = PolicyState::new(
            &self.policy_settings(),
            self.chain.len(),
            &parameters.limits,
        );
        let mut below = self.anchor_state(&mut names, &mut policies)?;
        let chain = self.chain;
        for (index, certificate) in chain.iter().enumerate().rev() {
            let is_last = index == 0;
            self.oddities(index, certificate)?;
            if is_last || !certificate.is_self_issued() {
                names
                    .check(certificate, work)
                    .map_err(|kind| self.fail(kind, Some(certificate)))?;
            }
            policies
                .certificate(certificate, is_last)
                .map_err(|kind| self.fail(kind, Some(certificate)))?;
            if !is_last {
                self.prepare(index, certificate, &mut names, &mut policies, &mut below)?;
            }
            if let Some(extension) = certificate.unknown_critical_extension() {
                let kind = PathFailureKind::CriticalExtension(extension.kind.clone());
                return Err(self.fail(kind, Some(certificate)));
            }
        }
        let Some(leaf) = chain.first() else {
            return Err(self.fail(PathFailureKind::NoIssuer, None));
        };
        if leaf.name_constraints().is_some() && !leaf.is_authority() {
            let kind = PathFailureKind::NameConstraint(NameConstraintFault::InLeaf);
            return Err(self.fail(kind, Some(leaf)));
        }
        parameters
            .purpose
            .check(leaf)
            .map_err(|kind| self.fail(kind, Some(leaf)))?;
        policies
            .finish(leaf)
            .map_err(|kind| self.fail(kind, Some(leaf)))
    }

    /// The user's settings, narrowed by the anchor's constraints.
    ///
    /// Source: RFC 5937 §3.2.
    fn policy_settings(&self) -> PolicySettings {
        let user = &self.parameters.policies;
        let anchor = self.anchor.constraints();
        let initial: Option<BTreeSet<Oid>> = match (&user.initial, &anchor.policies) {
            (Some(user), Some(anchor)) => Some(user.intersection(anchor).cloned().collect()),
            (user, anchor) => user.clone().or_else(|| anchor.clone()),
        };
        PolicySettings {
            initial,
            explicit: if anchor.require_explicit_policy {
                ExplicitPolicy::Always
            } else {
                user.explicit
            },
            inhibit_mapping: user.inhibit_mapping || anchor.inhibit_policy_mapping,
            inhibit_any: user.inhibit_any || anchor.inhibit_any_policy,
        }
    }

    /// Starts names, policies and path length from the anchor; gives max_path_length.
    ///
    /// Source: RFC 5280 §6.1.2 (b), (c), (k); RFC 5937 §3.2.
    fn anchor_state(
        &self,
        names: &mut Constraints,
        policies: &mut PolicyState,
    ) -> Result<Option<u64>, PathFailure> {
        let failed = |kind| self.fail(kind, self.anchor.certificate());
        names
            .add(&self.anchor.constraints().names)
            .map_err(failed)?;
        let mut below = narrowed(
            self.parameters.max_path_length,
            self.anchor.constraints().path_length,
        );
        if let Some(own) = self.own.filter(|_| !self.direct) {
            if let Some(constraints) = own.name_constraints() {
                names.add(constraints).map_err(failed)?;
            }
            policies.constrain(own);
            below = narrowed(below, own.basic_constraints().and_then(|b| b.path_length));
        }
        Ok(below)
    }

    /// Makes ready for the certificate below the CA at `index`.
    ///
    /// Source: RFC 5280 §6.1.4.
    fn prepare(
        &mut self,
        index: usize,
        certificate: &Certificate,
        names: &mut Constraints,
        policies: &mut PolicyState,
        below: &mut Option<u64>,
    ) -> Result<(), PathFailure> {
        policies
            .prepare(certificate)
            .map_err(|kind| self.fail(kind, Some(certificate)))?;
        if let Some(constraints) = certificate.name_constraints() {
            names
                .add(constraints)
                .map_err(|kind| self.fail(kind, Some(certificate)))?;
        }
        self.authority(certificate)?;
        if !certificate.is_self_issued()
            && let Some(left) = *below
        {
            *below = Some(left.checked_sub(1).ok_or_else(|| {
                self.fail(
                    PathFailureKind::PathTooLong {
                        limit: self.allowed_below(index),
                    },
                    Some(certificate),
                )
            })?);
        }
        *below = narrowed(
            *below,
            certificate.basic_constraints().and_then(|b| b.path_length),
        );
        if !self.parameters.purpose.is_nested(certificate) {
            let nesting = self
                .parameters
                .nesting
                .unwrap_or(match self.parameters.purpose {
                    Purpose::OcspSigning | Purpose::TimeStamping => Nesting::Enforce,
                    _ => Nesting::Warn,
                });
            if nesting == Nesting::Enforce {
                let kind = self.parameters.purpose.extended_failure(certificate);
                return Err(self.fail(kind, Some(certificate)));
            }
            self.findings.push(PathFinding::PurposeNotNested { index });
        }
        Ok(())
    }

    /// The path length that the CA at `index` breaks: the smallest of those above it.
    fn allowed_below(&self, index: usize) -> u64 {
        let above = self
            .chain
            .iter()
            .skip(index.saturating_add(1))
            .chain(self.own);
        above
            .filter_map(|certificate| certificate.basic_constraints()?.path_length)
            .chain(self.parameters.max_path_length)
            .chain(self.anchor.constraints().path_length)
            .min()
            .unwrap_or(0)
    }

    /// Notes what the certificate does against RFC 5280, and refuses what no path may contain.
    fn oddities(&mut self, index: usize, certificate: &Certificate) -> Result<(), PathFailure> {
        let reject = self.parameters.nonconforming == Nonconforming::Reject;
        let fatal = certificate
            .unusable()
            .or_else(|| certificate.oddities().first().filter(|_| reject));
        if let Some(oddity) = fatal {
            let kind = PathFailureKind::Nonconforming(oddity.clone());
            return Err(self.fail(kind, Some(certificate)));
        }
        for oddity in certificate.oddities() {
            self.findings.push(PathFinding::Oddity {
                index,
                oddity: oddity.clone(),
            });
        }
        Ok(())
    }

    /// The periods of all certificates and the dates of the anchor.
    ///
    /// Source: RFC 5280 §6.1.3 (a) (2); validation rule 2.1.
    fn time(&mut self) -> Result<Option<Interval>, PathFailure> {
        let at = self.parameters.at;
        let enforce = self.parameters.period == Period::Enforce;
        let anchor = self
            .own
            .filter(|_| !self.direct && self.parameters.anchor_period == AnchorPeriod::Enforce);
        let mut interval = Interval {
            first: UtcTime::MIN,
            last: self.anchor.until().unwrap_or(UtcTime::MAX),
        };
        let chain = self.chain;
        for (index, certificate) in chain.iter().chain(anchor).enumerate() {
            let validity = certificate.validity();
            interval.first = interval.first.max(validity.not_before);
            interval.last = interval.last.min(validity.not_after);
            if validity.contains(at) {
                continue;
            }
            if enforce {
                let kind = PathFailureKind::OutOfPeriod {
                    not_before: validity.not_before,
                    not_after: validity.not_after,
                };
                return Err(self.fail(kind, Some(certificate)));
            }
            self.findings.push(PathFinding::OutOfPeriod { index });
        }
        if let Some(until) = self.anchor.until().filter(|until| *until < at) {
            if enforce {
                let kind = PathFailureKind::AnchorExpired { until };
                return Err(self.fail(kind, self.anchor.certificate()));
            }
            self.findings.push(PathFinding::AnchorExpired { until });
        }
        Ok((interval.first <= interval.last).then_some(interval))
    }
}

/// The smaller of two bounds, none being no bound.
fn narrowed(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
