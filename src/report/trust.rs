//! Anchors of a trust file → their facts and problems, as JSON and as sentences.

use std::fmt::Write;

use serde::Serialize;

use super::certificate::{PeriodState, period, plain};
use super::hex;
use super::message::certificate as say;
use super::message::{Language, certificate::Label};
use crate::crypto::{DigestAlgorithm, KeyKind, SignatureAlgorithm};
use crate::pki::TrustAnchor;
use crate::pki::name::NameMatch;
use crate::pki::trust::{HolderRule, Role};
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::validation::Policy;

/// One anchor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnchorFacts {
    /// RFC 4514 subject; `None` for an anchor that is only a pin.
    pub subject: Option<String>,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: Option<String>,
    /// The key, such as `RSA 4096`.
    pub key: Option<String>,
    /// First second of the certificate's validity.
    pub not_before: Option<UtcTime>,
    /// Last second of the certificate's validity.
    pub not_after: Option<UtcTime>,
    /// Until when it is trusted.
    pub until: Option<UtcTime>,
    /// Where it came from, in the caller's words.
    pub source: String,
    /// The PKI that it belongs to, in the caller's words; empty when nobody has said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pki: String,
    /// Whether it is only a pin, and the certificate has to come with the documents.
    pub pin_only: bool,
    /// What was found when it was checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<AnchorProblem>,
}

/// Something about an anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum AnchorProblem {
    /// It was trusted until an earlier moment.
    UntilPassed {
        /// That moment.
        until: UtcTime,
    },
    /// Trust in it ends soon.
    UntilNear {
        /// Days that are left.
        days: i64,
    },
    /// The certificate is outside its period, or ends soon.
    Period {
        /// Which of these.
        state: PeriodState,
    },
    /// It may not issue certificates.
    NotAuthority,
    /// Somebody else issued it.
    NotSelfIssued {
        /// Who.
        issuer: String,
    },
    /// Its key is too weak for the official calendar.
    Weak {
        /// The key.
        algorithm: String,
    },
    /// No path can use it.
    Unusable {
        /// Why, in English.
        why: String,
    },
    /// Nobody said where it came from.
    NoSource,
}

impl AnchorProblem {
    /// Whether no path can end at the anchor.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::UntilPassed { .. } | Self::Unusable { .. } | Self::Weak { .. } => true,
            Self::Period { state } => matches!(state, PeriodState::NotYet | PeriodState::Over),
            _ => false,
        }
    }
}

impl AnchorFacts {
    /// Reads them off.
    pub fn new(anchor: &TrustAnchor) -> Self {
        let certificate = anchor.certificate();
        Self {
            subject: anchor.name().map(|name| name.rfc4514()),
            sha256: anchor.sha256().map(|digest| hex(digest)),
            key: anchor.key().map(|key| key.kind().name()),
            not_before: certificate.map(|c| c.validity().not_before),
            not_after: certificate.map(|c| c.validity().not_after),
            until: anchor.until(),
            source: anchor.source().to_owned(),
            pki: anchor.pki().to_owned(),
            pin_only: anchor.key().is_none(),
            problems: Vec::new(),
        }
    }

    /// With the problems that the anchor has at `at`; ends within `warn_days` days are near.
    pub fn checked(anchor: &TrustAnchor, policy: &Policy, at: UtcTime, warn_days: u32) -> Self {
        let mut facts = Self::new(anchor);
        let problems = &mut facts.problems;
        if let Some(until) = anchor.until() {
            match period(UtcTime::MIN, until, at, warn_days) {
                PeriodState::Over => problems.push(AnchorProblem::UntilPassed { until }),
                PeriodState::EndsIn { days } => problems.push(AnchorProblem::UntilNear { days }),
                _ => {}
            }
        }
        if let Some(certificate) = anchor.certificate() {
            let validity = certificate.validity();
            match period(validity.not_before, validity.not_after, at, warn_days) {
                PeriodState::Inside => {}
                state => problems.push(AnchorProblem::Period { state }),
            }
            if let Some(why) = certificate.unusable() {
                problems.push(AnchorProblem::Unusable {
                    why: why.to_string(),
                });
            }
            if !certificate.is_authority() && certificate.version() == 3 {
                problems.push(AnchorProblem::NotAuthority);
            }
            if certificate.subject().matches(certificate.issuer()) == NameMatch::Different {
                problems.push(AnchorProblem::NotSelfIssued {
                    issuer: certificate.issuer().rfc4514(),
                });
            }
        }
        if let Some(key) = anchor.key() {
            // The anchor's signature on itself says nothing; what counts is the key.
            let strength = policy.calendar.signature(&usual(key.kind()), key.kind());
            if !strength.holds_at(at) {
                problems.push(AnchorProblem::Weak {
                    algorithm: key.kind().name(),
                });
            }
        }
        if anchor.source().is_empty() {
            problems.push(AnchorProblem::NoSource);
        }
        facts
    }

    /// Whether a path can end here.
    pub fn is_usable(&self) -> bool {
        !self.problems.iter().any(AnchorProblem::is_fatal)
    }

    /// As sentences. `checked`: says also that nothing was found.
    pub fn text(&self, language: Language, number: usize, checked: bool) -> String {
        let l = language;
        let mut out = String::new();
        let subject = match &self.subject {
            Some(subject) => plain(subject),
            None => say::pin_only(l).to_owned(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{number}. {subject}");
        let mut line = |label, value: &str| {
            let _ = writeln!(out, "  {}: {}", say::label(l, label), plain(value));
        };
        if let Some(digest) = &self.sha256 {
            line(Label::Sha256, digest);
        }
        if let Some(key) = &self.key {
            line(Label::Key, key);
        }
        if let (Some(from), Some(until)) = (self.not_before, self.not_after) {
            let (from, until) = (from.rfc3339(VIETNAM_OFFSET), until.rfc3339(VIETNAM_OFFSET));
            line(Label::Period, &format!("{from} – {until}"));
        }
        if let Some(until) = self.until {
            line(Label::Until, &until.rfc3339(VIETNAM_OFFSET));
        }
        if !self.source.is_empty() {
            line(Label::Source, &self.source);
        }
        if !self.pki.is_empty() {
            line(Label::Pki, &self.pki);
        }
        for problem in &self.problems {
            let mark = if problem.is_fatal() { "✗" } else { "!" };
            let _ = writeln!(out, "  {mark} {}", plain(&say::anchor_problem(l, problem)));
        }
        if checked && self.problems.is_empty() {
            let _ = writeln!(out, "  ✓ {}", say::anchor_fine(l));
        }
        out
    }
}

/// One rule that says who is who.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleFacts {
    /// What follows.
    pub is: Role,
    /// RFC 4514 name of the direct issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Dotted identifier of a policy in the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// SHA-256 of the certificate, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

impl RuleFacts {
    /// Reads them off.
    pub fn new(rule: &HolderRule) -> Self {
        Self {
            is: rule.is,
            issuer: rule.issuer.as_ref().map(|name| name.rfc4514()),
            policy: rule.policy.as_ref().map(ToString::to_string),
            certificate: rule.certificate.as_ref().map(|digest| hex(digest)),
        }
    }

    /// As one line.
    pub fn text(&self, language: Language) -> String {
        let l = language;
        let conditions = [
            (Label::Issuer, &self.issuer),
            (Label::Policies, &self.policy),
            (Label::Sha256, &self.certificate),
        ];
        let conditions: Vec<String> = conditions
            .into_iter()
            .filter_map(|(label, value)| Some((label, value.as_ref()?)))
            .map(|(label, value)| format!("{} {}", say::label(l, label), plain(value)))
            .collect();
        format!("{}: {}\n", say::role(l, self.is), conditions.join("; "))
    }
}

/// Everything that a trust file says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrustFacts {
    /// Whom to trust.
    pub anchors: Vec<AnchorFacts>,
    /// Who is who.
    pub rules: Vec<RuleFacts>,
}

impl TrustFacts {
    /// As sentences. `checked`: says also of which anchors nothing was found.
    pub fn text(&self, language: Language, checked: bool) -> String {
        let anchors = self
            .anchors
            .iter()
            .enumerate()
            .map(|(index, anchor)| anchor.text(language, index + 1, checked));
        anchors
            .chain(self.rules.iter().map(|rule| rule.text(language)))
            .collect()
    }
}

/// How a key of this kind signs at its best: then only the key itself can be too weak.
fn usual(kind: &KeyKind) -> SignatureAlgorithm {
    let digest = DigestAlgorithm::Sha256;
    match kind {
        KeyKind::Rsa { .. } => SignatureAlgorithm::RsaPkcs1 { digest },
        KeyKind::Ec { .. } => SignatureAlgorithm::Ecdsa { digest },
        KeyKind::Ed25519 => SignatureAlgorithm::Ed25519,
        KeyKind::Ed448 => SignatureAlgorithm::Ed448,
        KeyKind::Dsa { .. } => SignatureAlgorithm::Dsa { digest },
        KeyKind::Unsupported { oid } => SignatureAlgorithm::Unsupported { oid: oid.clone() },
    }
}
