//! One certificate + trust, evidence, time → [`CertificateReport`]: path, status, what failed, what is missing.

use crate::crypto::{Budget, Direct};
use crate::limits::Limits;
use crate::oid::Oid;
use crate::pki::evidence::Origin;
use crate::pki::path::{self, Period, PolicySet};
use crate::pki::revocation::{self, Status, declared};
use crate::pki::{
    Certificate, Evidence, PathFailure, PathFailureKind, PathParameters, Pool, Purpose, Trust,
    TrustAnchor, VerifiedPath,
};
use crate::report::certificate::{PeriodState, period};
use crate::report::certificate_check::{
    BrokenRule, CertificateConclusion, CertificateReport, CertificateWarning, Missing, PathMember,
    Place, Why, rule,
};
use crate::report::hex;
use crate::time::UtcTime;
use crate::validation::policy::{Freshness, RevocationMode};
use crate::validation::{self, Policy, Wanted, WantedStatus};

/// What a certificate is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificatePurpose {
    /// Anything.
    Any,
    /// To sign documents, as the policy asks it.
    DocumentSigning,
    /// To make time stamps.
    TimeStamping,
}

/// How a certificate is checked.
#[derive(Debug, Clone)]
pub struct CertificateOptions {
    /// The moment.
    pub at: UtcTime,
    /// What for.
    pub purpose: CertificatePurpose,
    /// Certificate policies of which one must be valid; empty = any.
    pub policies: Vec<Oid>,
    /// Revocation mode, freshness, purposes and calendar of algorithms.
    pub policy: Policy,
    /// How many days before its end a certificate gets a warning.
    pub warn_days: u32,
    /// Bounds on work.
    pub limits: Limits,
}

impl CertificateOptions {
    /// For signing documents under the official policy, with a warning 30 days before the end.
    pub fn new(at: UtcTime) -> Self {
        Self {
            at,
            purpose: CertificatePurpose::DocumentSigning,
            policies: Vec::new(),
            policy: Policy::official(),
            warn_days: 30,
            limits: Limits::new(),
        }
    }

    fn path_parameters(&self) -> PathParameters {
        let purpose = match self.purpose {
            CertificatePurpose::Any => Purpose::Any,
            CertificatePurpose::DocumentSigning => validation::document_signing(&self.policy),
            CertificatePurpose::TimeStamping => Purpose::TimeStamping,
        };
        let mut parameters = PathParameters::new(self.at, purpose);
        parameters.limits = self.limits.clone();
        // The calendar knows the time; what it says is reported by certificate.
        parameters.minimum_rsa_bits = 1024;
        if !self.policies.is_empty() {
            parameters.policies.initial = Some(self.policies.iter().cloned().collect());
        }
        parameters
    }
}

/// Checks one certificate; `evidence` also holds the certificates that may stand between.
///
/// A rule that is broken makes it fail; what is missing leaves it indeterminate.
pub fn check_certificate(
    leaf: &Certificate,
    trust: &Trust,
    evidence: &Evidence,
    options: &CertificateOptions,
) -> CertificateReport {
    let mut parameters = options.path_parameters();
    let mut pool = Pool::new();
    for certificate in evidence.certificates() {
        pool.add(certificate.clone());
    }
    let mut report = CertificateReport {
        conclusion: CertificateConclusion::Indeterminate,
        at: options.at,
        purpose: parameters.purpose.name(),
        policy: options.policy.name.clone(),
        path: Vec::new(),
        policies: None,
        failures: Vec::new(),
        missing: Vec::new(),
        warnings: Vec::new(),
        requests: Vec::new(),
        wanted: Wanted::default(),
    };
    let found = match path::find(leaf, &pool, trust, &parameters) {
        Ok(path) => Some(path),
        Err(failure) => {
            let only_time = matches!(
                failure.kind(),
                PathFailureKind::OutOfPeriod { .. } | PathFailureKind::AnchorExpired { .. }
            );
            explain(leaf, &failure, &mut report);
            // The rest of the path is still worth telling.
            parameters.period = Period::AllowOutOfPeriod;
            let path = only_time.then(|| path::find(leaf, &pool, trust, &parameters).ok());
            path.flatten()
        }
    };
    match found {
        Some(path) => on_path(&path, &pool, evidence, options, &mut report),
        None if report.path.is_empty() => report.path.push(member(leaf, Place::Leaf, options)),
        None => {}
    }
    report.conclusion = if !report.failures.is_empty() {
        CertificateConclusion::Failed
    } else if !report.missing.is_empty() {
        CertificateConclusion::Indeterminate
    } else {
        CertificateConclusion::Passed
    };
    report
}

/// As [`check_certificate`] for the first of `certificates`; the others may stand in its path
/// beside those of `evidence`. `None`: there is no certificate.
pub fn check_first_certificate(
    certificates: &[Certificate],
    trust: &Trust,
    evidence: &Evidence,
    options: &CertificateOptions,
) -> Option<CertificateReport> {
    let (leaf, others) = certificates.split_first()?;
    let mut evidence = evidence.clone();
    for certificate in others {
        evidence.add_certificate(certificate.clone(), Origin::Caller);
    }
    Some(check_certificate(leaf, trust, &evidence, options))
}

/// Why there is no path: a broken rule, or something missing.
fn explain(leaf: &Certificate, failure: &PathFailure, report: &mut CertificateReport) {
    let options = CertificateOptions::new(report.at);
    for (index, certificate) in failure.chain().iter().enumerate() {
        let place = if index == 0 {
            Place::Leaf
        } else {
            Place::Intermediate
        };
        report.path.push(member(certificate, place, &options));
    }
    let last = failure.chain().last().unwrap_or(leaf);
    let about = failure.certificate().unwrap_or(last);
    let name = about.subject().rfc4514();
    match (failure.kind(), rule(failure.kind())) {
        (kind, Some((code, clause))) => report.failures.push(BrokenRule {
            rule: code,
            clause,
            certificate: Some(name),
            serial: Some(about.serial().to_string()),
            text: kind.to_string(),
            near_miss: failure
                .near_miss()
                .map(|near| format!("{near}, serial {}", near.serial())),
            why: Why::Path(Box::new(kind.clone())),
        }),
        (PathFailureKind::NotTrusted, None) => {
            report.missing.push(Missing::Anchor { certificate: name });
        }
        (PathFailureKind::NoIssuer, None) => {
            report.missing.push(Missing::IssuerCertificate {
                issuer: about.issuer().rfc4514(),
                certificate: name,
                places: owned(about.ca_issuer_urls()),
            });
            report.wanted.issuer_of(about);
        }
        // A limit, or an algorithm that nothing here knows: no rule is broken, nothing is known.
        (kind, None) => {
            report.warnings.push(CertificateWarning::Oddity {
                certificate: name.clone(),
                text: kind.to_string(),
            });
            report.missing.push(Missing::Anchor { certificate: name });
        }
    }
}

fn on_path(
    path: &VerifiedPath,
    pool: &Pool,
    evidence: &Evidence,
    options: &CertificateOptions,
    report: &mut CertificateReport,
) {
    report.path.clear();
    for (index, certificate) in path.certificates().iter().enumerate() {
        let place = match (path.is_direct(), index) {
            (true, _) => Place::Anchor,
            (false, 0) => Place::Leaf,
            _ => Place::Intermediate,
        };
        let mut member = member(certificate, place, options);
        if path.is_direct() {
            member.source = Some(path.anchor().source().to_owned());
            member.until = path.anchor().until();
        } else {
            member.revocation = status(path, index, pool, evidence, options, report);
        }
        report.path.push(member);
    }
    if !path.is_direct() {
        report.path.push(anchor(path.anchor(), options));
    }
    for member in &report.path {
        if let (Some(PeriodState::EndsIn { days }), Some(not_after)) =
            (member.period, member.not_after)
        {
            report.warnings.push(CertificateWarning::EndsSoon {
                certificate: member.subject.clone(),
                days,
                not_after,
            });
        }
    }
    for link in path.links() {
        let strength = options
            .policy
            .calendar
            .signature(link.algorithm, link.issuer_key.kind());
        if !strength.holds_at(options.at) {
            let name = link.algorithm.name();
            let algorithm = format!("{name}, {}", link.issuer_key.kind().name());
            report.failures.push(BrokenRule {
                rule: "algorithm-strength",
                clause: "EN 319 102-1 §5.2.8",
                certificate: Some(link.certificate.subject().rfc4514()),
                serial: Some(link.certificate.serial().to_string()),
                text: format!("{algorithm} is not strong enough"),
                near_miss: None,
                why: Why::Weak { algorithm },
            });
        }
    }
    for certificate in path.certificates() {
        for oddity in certificate.oddities() {
            report.warnings.push(CertificateWarning::Oddity {
                certificate: certificate.subject().rfc4514(),
                text: oddity.to_string(),
            });
        }
    }
    report.policies = match path.user_policies() {
        PolicySet::Any => None,
        PolicySet::These(found) => Some(found.iter().map(ToString::to_string).collect()),
    };
    if options.policy.revocation == RevocationMode::None {
        report.warnings.push(CertificateWarning::RevocationNotAsked);
    }
}

/// The revocation of one certificate of the path; what it means goes to `report`.
fn status(
    path: &VerifiedPath,
    index: usize,
    pool: &Pool,
    evidence: &Evidence,
    options: &CertificateOptions,
    report: &mut CertificateReport,
) -> Option<validation::RevocationSummary> {
    let mode = options.policy.revocation;
    let certificate = path.certificates().get(index)?;
    if mode == RevocationMode::None {
        return None;
    }
    let mut parameters = revocation::Parameters::new(options.at);
    parameters.path.limits = options.limits.clone();
    parameters.path.minimum_rsa_bits = 1024;
    parameters.freshness = match options.policy.freshness {
        Freshness::NextUpdate => revocation::Freshness::NextUpdate,
        Freshness::MaxAge(seconds) => revocation::Freshness::MaxAge(seconds),
    };
    let budget = Budget::new(&Direct, &parameters.path.limits);
    let sources = revocation::Sources {
        evidence,
        pool,
        budget: &budget,
        strength: &validation::AnswerStrength::new(&options.policy.calendar, options.at),
    };
    let status = revocation::status_from(path, index, &sources, &parameters);
    let name = certificate.subject().rfc4514();
    let summary = validation::summarise(&name, &status);
    match status {
        Status::Good { .. } => {}
        Status::Revoked { at, .. } if at > options.at => {
            report.warnings.push(CertificateWarning::RevokedLater {
                certificate: name,
                since: at,
            });
        }
        Status::Revoked { at, .. } => report.failures.push(BrokenRule {
            rule: "revoked",
            clause: "RFC 5280 §6.1.3 (a)(3)",
            certificate: Some(name),
            serial: Some(certificate.serial().to_string()),
            text: format!("revoked since {at} ({})", summary.why.join("; ")),
            near_miss: None,
            why: Why::Revoked {
                since: at,
                reason: summary.why.join("; "),
            },
        }),
        Status::Unknown { .. } => {
            report.wanted.status(WantedStatus {
                path: path.clone(),
                certificates: vec![index],
                parameters,
            });
            let why = summary.why.clone();
            let needed = match mode {
                RevocationMode::Require => true,
                RevocationMode::IfDeclared => declared(certificate).anything(),
                _ => false,
            };
            if needed {
                let mut places = owned(certificate.ocsp_urls());
                places.extend(owned(certificate.crl_urls()));
                report.missing.push(Missing::Revocation {
                    certificate: name,
                    why,
                    places,
                });
            } else {
                report.warnings.push(CertificateWarning::RevocationUnknown {
                    certificate: name,
                    why,
                });
            }
        }
    }
    Some(summary)
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

fn member(certificate: &Certificate, place: Place, options: &CertificateOptions) -> PathMember {
    let validity = certificate.validity();
    PathMember {
        place,
        subject: certificate.subject().rfc4514(),
        serial: Some(certificate.serial().to_string()),
        sha256: Some(hex(certificate.sha256())),
        not_before: Some(validity.not_before),
        not_after: Some(validity.not_after),
        period: Some(period(
            validity.not_before,
            validity.not_after,
            options.at,
            options.warn_days,
        )),
        source: None,
        until: None,
        revocation: None,
    }
}

fn anchor(anchor: &TrustAnchor, options: &CertificateOptions) -> PathMember {
    let mut found = match anchor.certificate() {
        Some(certificate) => member(certificate, Place::Anchor, options),
        None => PathMember {
            place: Place::Anchor,
            subject: anchor.name().map(|n| n.rfc4514()).unwrap_or_default(),
            serial: None,
            sha256: anchor.sha256().map(|digest| hex(digest)),
            not_before: None,
            not_after: None,
            period: None,
            source: None,
            until: None,
            revocation: None,
        },
    };
    found.source = Some(anchor.source().to_owned());
    found.until = anchor.until();
    found
}
