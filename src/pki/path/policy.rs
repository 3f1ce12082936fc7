//! Policies and mappings of a path → the policies that hold for it, by the graph of RFC 9618.
//!
//! The graph has at most one node for each policy at each level, where the tree of RFC 5280
//! grows exponentially; the number of nodes and edges is bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::build::reached;
use super::{ExplicitPolicy, PathFailureKind, PolicySettings};
use crate::limits::{LimitReached, Limits};
use crate::oid::{self, Oid};
use crate::pki::certificate::Certificate;

/// Policies that hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicySet {
    /// Any policy.
    Any,
    /// These; none at all when empty.
    These(BTreeSet<Oid>),
}

impl PolicySet {
    /// Whether `policy` holds.
    pub fn has(&self, policy: &Oid) -> bool {
        match self {
            Self::Any => true,
            Self::These(policies) => policies.contains(policy),
        }
    }
}

/// What is wrong with the policies of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub enum PolicyFault {
    /// anyPolicy is mapped (RFC 5280 §6.1.4 (a)).
    AnyPolicyMapped,
    /// A valid policy is necessary, and none is left.
    NoValidPolicy,
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnyPolicyMapped => "anyPolicy is mapped",
            Self::NoValidPolicy => "a valid policy is necessary and none is left",
        })
    }
}

/// One level: the policies that the certificates down to here agree on.
#[derive(Debug, Clone, Default)]
struct Level {
    /// By policy; each with the policies of the level above that lead to it, none when only
    /// anyPolicy does.
    nodes: BTreeMap<Oid, Vec<Oid>>,
    /// Whether anyPolicy is among them.
    any: bool,
}

impl Level {
    fn is_empty(&self) -> bool {
        self.nodes.is_empty() && !self.any
    }
}

/// The policy part of the state of RFC 5280 §6.1.2, with the graph of RFC 9618 §5.
pub(super) struct PolicyState {
    above: Vec<Level>,
    /// Expected policies before a certificate is read, its valid policies afterwards.
    current: Level,
    explicit_policy: u64,
    policy_mapping: u64,
    inhibit_any_policy: u64,
    initial: Option<BTreeSet<Oid>>,
    size: usize,
    max: usize,
}

impl PolicyState {
    /// For a path of `length` certificates.
    ///
    /// Source: RFC 5280 §6.1.2 (a), (d)–(f).
    pub(super) fn new(settings: &PolicySettings, length: usize, limits: &Limits) -> Self {
        let start = |now: bool| if now { 0 } else { length as u64 + 1 };
        Self {
            above: Vec::new(),
            current: Level {
                nodes: BTreeMap::new(),
                any: true,
            },
            // NOTE RFC 5280 would let a path without any policy pass a user who named some; by
            // default, naming them switches the check on (validation rule 2.15).
            explicit_policy: start(match settings.explicit {
                ExplicitPolicy::Always => true,
                ExplicitPolicy::ByCertificates => false,
                ExplicitPolicy::WhenNamed => settings.initial.is_some(),
            }),
            policy_mapping: start(settings.inhibit_mapping),
            inhibit_any_policy: start(settings.inhibit_any),
            initial: settings.initial.clone(),
            size: 0,
            max: limits.policy_nodes,
        }
    }

    fn grow(&mut self) -> Result<(), LimitReached> {
        self.size += 1;
        if self.size > self.max {
            return Err(reached("policy_nodes", self.max));
        }
        Ok(())
    }

    /// Reads the policies of one certificate; `is_last`: of the leaf.
    ///
    /// Source: RFC 5280 §6.1.3 (d)–(f); RFC 9618 §5.3.
    pub(super) fn certificate(
        &mut self,
        certificate: &Certificate,
        is_last: bool,
    ) -> Result<(), PathFailureKind> {
        match certificate.policies() {
            None => self.current = Level::default(),
            Some(policies) => {
                let policies: BTreeSet<&Oid> = policies.iter().collect();
                let any_counts =
                    self.inhibit_any_policy > 0 || (!is_last && certificate.is_self_issued());
                let any_above = self.current.any;
                if !(any_counts && policies.contains(&oid::ANY_POLICY)) {
                    self.current
                        .nodes
                        .retain(|policy, _| policies.contains(policy));
                    self.current.any = false;
                }
                if any_above {
                    for policy in policies.into_iter().filter(|p| **p != oid::ANY_POLICY) {
                        if !self.current.nodes.contains_key(policy) {
                            self.grow().map_err(limit)?;
                            self.current.nodes.insert(policy.clone(), Vec::new());
                        }
                    }
                }
            }
        }
        if self.explicit_policy == 0 && self.current.is_empty() {
            return Err(PathFailureKind::Policy(PolicyFault::NoValidPolicy));
        }
        Ok(())
    }

    /// Makes ready for the certificate below `certificate`.
    ///
    /// Source: RFC 5280 §6.1.4 (a), (b), (h)–(j); RFC 9618 §5.4.
    pub(super) fn prepare(&mut self, certificate: &Certificate) -> Result<(), PathFailureKind> {
        self.map(certificate)?;
        if !certificate.is_self_issued() {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any_policy = self.inhibit_any_policy.saturating_sub(1);
        }
        self.constrain(certificate);
        Ok(())
    }

    /// Lowers the counters by the policy constraints of a CA.
    ///
    /// Source: RFC 5280 §6.1.4 (i), (j).
    pub(super) fn constrain(&mut self, certificate: &Certificate) {
        if let Some(constraints) = certificate.policy_constraints() {
            if let Some(skip) = constraints.require_explicit_policy {
                self.explicit_policy = self.explicit_policy.min(skip);
            }
            if let Some(skip) = constraints.inhibit_policy_mapping {
                self.policy_mapping = self.policy_mapping.min(skip);
            }
        }
        if let Some(skip) = certificate.inhibit_any_policy() {
            self.inhibit_any_policy = self.inhibit_any_policy.min(skip);
        }
    }

    fn map(&mut self, certificate: &Certificate) -> Result<(), PathFailureKind> {
        let mappings = certificate.policy_mappings();
        if mappings
            .iter()
            .any(|m| m.issuer == oid::ANY_POLICY || m.subject == oid::ANY_POLICY)
        {
            return Err(PathFailureKind::Policy(PolicyFault::AnyPolicyMapped));
        }
        let mut next = Level {
            nodes: BTreeMap::new(),
            any: self.current.any,
        };
        let mut mapped: BTreeSet<&Oid> = BTreeSet::new();
        if self.policy_mapping == 0 {
            for mapping in mappings {
                self.current.nodes.remove(&mapping.issuer);
            }
        } else {
            for mapping in mappings {
                if !self.current.nodes.contains_key(&mapping.issuer) {
                    if !self.current.any {
                        continue;
                    }
                    self.grow().map_err(limit)?;
                    self.current
                        .nodes
                        .insert(mapping.issuer.clone(), Vec::new());
                }
                mapped.insert(&mapping.issuer);
                self.grow().map_err(limit)?;
                let parents = next.nodes.entry(mapping.subject.clone()).or_default();
                parents.push(mapping.issuer.clone());
            }
        }
        let unmapped: Vec<Oid> = self
            .current
            .nodes
            .keys()
            .filter(|policy| !mapped.contains(policy))
            .cloned()
            .collect();
        for policy in unmapped {
            self.grow().map_err(limit)?;
            let parents = next.nodes.entry(policy.clone()).or_default();
            parents.push(policy);
        }
        self.above.push(std::mem::replace(&mut self.current, next));
        Ok(())
    }

    /// The policies of the whole path, once the leaf is read: those that the authorities allow,
    /// and those of them that the user wants.
    ///
    /// Source: RFC 5280 §6.1.5 (a), (b), (g); RFC 9618 §5.5.
    pub(super) fn finish(
        mut self,
        leaf: &Certificate,
    ) -> Result<(PolicySet, PolicySet), PathFailureKind> {
        self.explicit_policy = self.explicit_policy.saturating_sub(1);
        if leaf
            .policy_constraints()
            .is_some_and(|c| c.require_explicit_policy == Some(0))
        {
            self.explicit_policy = 0;
        }
        let authority = self.authority_constrained();
        let user = match (&self.initial, &authority) {
            (None, authority) => authority.clone(),
            (Some(initial), PolicySet::Any) => PolicySet::These(initial.clone()),
            (Some(initial), PolicySet::These(found)) => {
                PolicySet::These(initial.intersection(found).cloned().collect())
            }
        };
        let none = PolicySet::These(BTreeSet::new());
        if self.explicit_policy == 0 && user == none {
            return Err(PathFailureKind::Policy(PolicyFault::NoValidPolicy));
        }
        Ok((authority, user))
    }

    /// Policies, in the terms of the anchor, that some certificate names first and every later
    /// one carries on.
    fn authority_constrained(&self) -> PolicySet {
        if self.current.any {
            return PolicySet::Any;
        }
        let mut found = BTreeSet::new();
        let mut reachable: BTreeSet<&Oid> = self.current.nodes.keys().collect();
        for level in std::iter::once(&self.current).chain(self.above.iter().rev()) {
            let mut parents = BTreeSet::new();
            for policy in reachable {
                match level.nodes.get(policy).map(Vec::as_slice) {
                    None => {}
                    Some([]) => {
                        found.insert(policy.clone());
                    }
                    Some(above) => parents.extend(above),
                }
            }
            reachable = parents;
        }
        PolicySet::These(found)
    }
}

fn limit(reached: LimitReached) -> PathFailureKind {
    PathFailureKind::Limit {
        name: reached.name,
        max: reached.max,
    }
}
