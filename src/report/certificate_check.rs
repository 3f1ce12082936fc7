//! The check of one certificate: path, status, what failed, what is missing → text and JSON.

use std::fmt::Write;

use serde::Serialize;

use super::certificate::{PeriodState, plain};
use super::message::certificate as say;
use super::message::{Language, certificate::Label};
use super::{RequestRecord, text, to_json};
use crate::pki::path::PathFailureKind;
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::validation::{RevocationSummary, Wanted};

/// What a certificate check comes to, in the words of EN 319 102-1 for one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CertificateConclusion {
    /// Everything that was asked holds.
    Passed,
    /// Something is missing.
    Indeterminate,
    /// A rule is broken.
    Failed,
}

impl CertificateConclusion {
    /// The word of the standard.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::Failed => "FAILED",
        }
    }
}

/// Everything that was found about one certificate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CertificateReport {
    /// Failed when a rule is broken; indeterminate when something is missing.
    pub conclusion: CertificateConclusion,
    /// The moment for which it was checked.
    pub at: UtcTime,
    /// What for.
    pub purpose: &'static str,
    /// Name of the policy whose calendar of algorithms was used.
    pub policy: String,
    /// The path, leaf first, anchor last; as far as it was found.
    pub path: Vec<PathMember>,
    /// Policies that are valid for the path; `None` = any, or no path.
    pub policies: Option<Vec<String>>,
    /// Rules that are broken.
    pub failures: Vec<BrokenRule>,
    /// What is missing for an answer.
    pub missing: Vec<Missing>,
    /// What deserves attention and decides nothing.
    pub warnings: Vec<CertificateWarning>,
    /// Every request that was made over the network for this report; none unless asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestRecord>,
    /// Evidence that could decide what is open, for a caller that fetches.
    #[serde(skip)]
    pub wanted: Wanted,
}

/// Where a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// It is the one that was asked.
    Leaf,
    /// Between the two.
    Intermediate,
    /// It is trusted by itself.
    Anchor,
}

/// One certificate of the path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathMember {
    /// Where it stands.
    pub place: Place,
    /// RFC 4514 subject.
    pub subject: String,
    /// Serial number, hexadecimal; `None` for an anchor that is a name and a key only.
    pub serial: Option<String>,
    /// SHA-256 of the DER, hexadecimal.
    pub sha256: Option<String>,
    /// First second of validity.
    pub not_before: Option<UtcTime>,
    /// Last second of validity.
    pub not_after: Option<UtcTime>,
    /// Where the asked moment lies in its period.
    pub period: Option<PeriodState>,
    /// The anchor's source, in the caller's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Until when the caller trusts the anchor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<UtcTime>,
    /// What is known of its revocation; `None` = not asked.
    pub revocation: Option<RevocationSummary>,
}

/// One rule that one certificate breaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BrokenRule {
    /// Stable name for machines.
    pub rule: &'static str,
    /// The clause that says it.
    pub clause: &'static str,
    /// RFC 4514 subject of the certificate.
    pub certificate: Option<String>,
    /// Its serial number, hexadecimal.
    pub serial: Option<String>,
    /// What is wrong, in English.
    pub text: String,
    /// The candidate that nearly fitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_miss: Option<String>,
    /// What is wrong, for sentences.
    #[serde(skip)]
    pub why: Why,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// There is no path.
    Path(Box<PathFailureKind>),
    /// It was revoked.
    Revoked {
        /// Since when.
        since: UtcTime,
        /// Why, as RFC 5280 §5.3.1 names it.
        reason: String,
    },
    /// Its signature is too weak.
    Weak {
        /// The algorithm and the key.
        algorithm: String,
    },
}

impl Why {
    /// As a sentence.
    pub fn sentence(&self, language: Language) -> String {
        match self {
            Self::Path(kind) => say::path_failure(language, kind),
            Self::Revoked { since, reason } => {
                say::revoked(language, &since.rfc3339(VIETNAM_OFFSET), reason)
            }
            Self::Weak { algorithm } => say::weak(language, algorithm),
        }
    }
}

/// Something without which there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Missing {
    /// The certificate of an issuer.
    IssuerCertificate {
        /// Subject of the certificate that it issued.
        certificate: String,
        /// Its name.
        issuer: String,
        /// Where the certificate says that it lies.
        places: Vec<String>,
    },
    /// Trust in somebody at the end of the path.
    Anchor {
        /// Subject of the last certificate.
        certificate: String,
    },
    /// A CRL or OCSP answer.
    Revocation {
        /// Subject of the certificate.
        certificate: String,
        /// What was there and why it does not count.
        why: Vec<String>,
        /// Where the certificate says that answers lie.
        places: Vec<String>,
    },
}

/// Something that decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum CertificateWarning {
    /// The certificate ends soon.
    EndsSoon {
        /// Subject.
        certificate: String,
        /// Days that are left.
        days: i64,
        /// The last second.
        not_after: UtcTime,
    },
    /// It breaks RFC 5280 where it does no harm, or the path has something odd.
    Oddity {
        /// Subject.
        certificate: String,
        /// What.
        text: String,
    },
    /// Revoked, but only after the moment that was asked.
    RevokedLater {
        /// Subject.
        certificate: String,
        /// Since when.
        since: UtcTime,
    },
    /// Revocation is not known, and the mode accepts that.
    RevocationUnknown {
        /// Subject.
        certificate: String,
        /// Why.
        why: Vec<String>,
    },
    /// Revocation was not asked.
    RevocationNotAsked,
}

/// The rule and the clause of a path failure; `None`: something is missing instead.
pub fn rule(kind: &PathFailureKind) -> Option<(&'static str, &'static str)> {
    use PathFailureKind as K;
    Some(match kind {
        K::NoIssuer | K::NotTrusted | K::Limit { .. } | K::AlgorithmUnsupported(_) => return None,
        K::AlgorithmRefused { .. } => ("algorithm", "RFC 5280 §6.1.3 (a)(1)"),
        K::AnchorExpired { .. } => ("anchor-until", "RFC 5280 §6.1.1 (d)"),
        K::BadSignature(_) => ("signature", "RFC 5280 §6.1.3 (a)(1)"),
        K::CriticalExtension(_) => ("critical-extension", "RFC 5280 §6.1.4 (o), §6.1.5 (f)"),
        K::ExtendedKeyUsage { .. } => ("extended-key-usage", "RFC 5280 §4.2.1.12"),
        K::KeyUsage { .. } => ("key-usage", "RFC 5280 §4.2.1.3, §6.1.4 (n)"),
        K::NameConstraint(_) => ("name-constraints", "RFC 5280 §6.1.3 (b), (c)"),
        K::Nonconforming(_) => ("nonconforming", "RFC 5280 §4.1, §4.2"),
        K::NotAuthority => ("not-authority", "RFC 5280 §6.1.4 (k)"),
        K::OutOfPeriod { .. } => ("period", "RFC 5280 §6.1.3 (a)(2)"),
        K::PathTooLong { .. } => ("path-length", "RFC 5280 §6.1.4 (l), (m)"),
        K::Policy(_) => ("policies", "RFC 5280 §6.1.3 (d)–(f), §6.1.5 (g)"),
        K::WeakKey { .. } => ("weak-key", "EN 319 102-1 §5.2.8"),
    })
}

impl CertificateReport {
    /// As JSON, one line.
    pub fn json(&self) -> String {
        to_json(self)
    }

    /// As sentences.
    pub fn text(&self, language: Language) -> String {
        let l = language;
        let mut out = format!(
            "{} — {}\n",
            self.conclusion.name(),
            say::conclusion(l, self.conclusion)
        );
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "  {} {}; {}; {} {}",
            l.pick("kiểm tra cho thời điểm", "checked for"),
            self.at.rfc3339(VIETNAM_OFFSET),
            self.purpose,
            l.pick("chính sách", "policy"),
            self.policy,
        );
        for (index, member) in self.path.iter().enumerate() {
            member.text(&mut out, index + 1, l);
        }
        if let Some(policies) = &self.policies {
            let label = say::label(l, Label::Policies);
            let _ = writeln!(out, "  {label}: {}", policies.join(", "));
        }
        for failure in &self.failures {
            let who = failure.certificate.as_deref().unwrap_or("—");
            let _ = writeln!(
                out,
                "  ✗ {}: {} [{}]",
                plain(who),
                plain(&failure.why.sentence(l)),
                failure.clause
            );
            if let Some(near) = &failure.near_miss {
                let words = l.pick("gần khớp nhất", "the nearest candidate");
                let _ = writeln!(out, "    {words}: {}", plain(near));
            }
        }
        for missing in &self.missing {
            let _ = writeln!(out, "  ? {}", plain(&say::missing(l, missing)));
        }
        for warning in &self.warnings {
            let _ = writeln!(out, "  ! {}", plain(&say::warning(l, warning)));
        }
        text::requests(&mut out, &self.requests, l);
        out
    }
}

impl PathMember {
    fn text(&self, out: &mut String, number: usize, l: Language) {
        let place = match self.place {
            Place::Leaf => l.pick("chứng thư", "certificate"),
            Place::Intermediate => l.pick("trung gian", "intermediate"),
            Place::Anchor => l.pick("gốc tin cậy", "trust anchor"),
        };
        let _ = write!(out, "  {number}. {place}: {}", plain(&self.subject));
        if let Some(serial) = &self.serial {
            let words = say::label(l, Label::Serial);
            let _ = write!(out, "; {words} {serial}");
        }
        if let (Some(from), Some(until)) = (self.not_before, self.not_after) {
            let (from, until) = (from.rfc3339(VIETNAM_OFFSET), until.rfc3339(VIETNAM_OFFSET));
            let _ = write!(out, "; {from} – {until}");
        }
        if let Some(until) = self.until {
            let words = say::label(l, Label::Until);
            let _ = write!(out, "; {words} {}", until.rfc3339(VIETNAM_OFFSET));
        }
        if let Some(source) = self.source.as_deref().filter(|text| !text.is_empty()) {
            let words = say::label(l, Label::Source);
            let _ = write!(out, "; {words}: {}", plain(source));
        }
        if let Some(revocation) = &self.revocation {
            let words = l.pick("thu hồi", "revocation");
            let _ = write!(out, "; {words}: {}", say::status(l, revocation));
        }
        out.push('\n');
    }
}
