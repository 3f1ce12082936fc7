//! A document and a signer + trust, evidence, moment → who has signed, and whether this one may now.

use std::collections::HashMap;

use super::{Kind, Office};
use crate::cms::SignedData;
use crate::error::{Error, ReleaseFault};
use crate::limits::Limits;
use crate::pdf::Document;
use crate::pki::Certificate;
use crate::pki::evidence::Origin;
use crate::pki::trust::Role;
use crate::report::certificate_check::{CertificateConclusion, Missing};
use crate::report::message::release::ReleaseFinding as Finding;
use crate::report::{Language, Report, hex};
use crate::signature;
use crate::time::UtcTime;
use crate::validation::{Indication, Integrity};
use crate::verify::{CertificateOptions, Verifier, check_certificate};

/// The signatures on a document, as far as the workflow asks.
#[derive(Debug)]
pub(super) struct Standing {
    /// Fields of valid signatures of persons, in order.
    pub(super) persons: Vec<String>,
    /// Fields of valid signatures of agencies, in order.
    pub(super) agencies: Vec<String>,
    report: Report,
}

impl Office {
    fn verifier(&self) -> Verifier {
        Verifier::new(self.trust.clone(), self.policy.clone())
            .with_evidence(self.evidence.clone())
            .with_limits(self.limits.clone())
    }

    /// Verifies what stands on the document.
    pub(super) fn standing(
        &self,
        document: &Document<'_>,
        now: UtcTime,
    ) -> Result<Standing, Error> {
        let report = self.verifier().verify(document.bytes(), now)?;
        let certificates = certificates(document, &self.limits)?;
        let mut standing = Standing {
            persons: Vec::new(),
            agencies: Vec::new(),
            report,
        };
        for verdict in &standing.report.signatures {
            let certificate = verdict
                .certificate
                .as_ref()
                .and_then(|summary| certificates.get(&summary.sha256));
            let (Some(field), Some(certificate)) = (&verdict.field, certificate) else {
                continue;
            };
            if verdict.indication != Indication::TotalPassed {
                continue;
            }
            match self.trust.role(certificate) {
                Some(Role::Person) => standing.persons.push(field.clone()),
                Some(Role::Agency) => standing.agencies.push(field.clone()),
                None => {}
            }
        }
        Ok(standing)
    }

    /// What speaks against `certificate` signing a step of this kind now.
    ///
    /// Source: Nghị định 30/2020/NĐ-CP, điều 32; Thông tư 15/2025/TT-BKHCN, điều 5 và phụ lục II.
    pub(super) fn check_signer(
        &self,
        kind: Kind,
        standing: &Standing,
        certificate: &Certificate,
        chain: &[Certificate],
        now: UtcTime,
    ) -> Result<Vec<Finding>, Error> {
        let mut findings = self.check_certificate(certificate, chain, now)?;
        for verdict in &standing.report.signatures {
            if verdict.indication == Indication::TotalFailed {
                findings.push(Finding::EarlierFails {
                    field: verdict.field.clone().unwrap_or_default(),
                });
            }
        }
        if self.trust.rules().is_empty() {
            findings.push(Finding::OrderNotEnforced);
            return Ok(findings);
        }
        let wanted = match kind {
            Kind::Approve => Role::Person,
            _ => Role::Agency,
        };
        match self.trust.role(certificate) {
            Some(role) if role == wanted => {}
            Some(_) => findings.push(Finding::WrongHolder {
                person: wanted == Role::Person,
            }),
            None => findings.push(Finding::HolderUnknown),
        }
        if matches!(kind, Kind::Date | Kind::Number | Kind::Seal) && standing.persons.is_empty() {
            findings.push(Finding::NoLeader);
        }
        Ok(findings)
    }

    /// Path, period, purpose and status of the signer's own certificate (V081).
    fn check_certificate(
        &self,
        certificate: &Certificate,
        chain: &[Certificate],
        now: UtcTime,
    ) -> Result<Vec<Finding>, Error> {
        if self.trust.anchors().is_empty() {
            return Ok(vec![Finding::CertificateNotChecked]);
        }
        let mut evidence = self.evidence.clone();
        for above in chain {
            evidence.add_bytes(above.der(), Origin::Caller, &self.limits)?;
        }
        let mut options = CertificateOptions::new(now);
        options.policy = self.policy.clone();
        options.limits = self.limits.clone();
        let report = check_certificate(certificate, &self.trust, &evidence, &options);
        let mut findings = Vec::new();
        if report.conclusion == CertificateConclusion::Failed {
            let why = |language| {
                let first = report.failures.first();
                first.map_or_else(String::new, |rule| rule.why.sentence(language))
            };
            findings.push(Finding::CertificateFailed {
                why: why(Language::En),
                why_vi: why(Language::Vi),
            });
        }
        for missing in &report.missing {
            findings.push(match missing {
                Missing::Revocation { certificate, .. } => Finding::StatusUnknown {
                    certificate: certificate.clone(),
                },
                _ => Finding::CertificateNotTrusted,
            });
        }
        Ok(findings)
    }

    /// Verifies the signed file: whatever stood on the document before still does (V077).
    pub(super) fn check_after(
        &self,
        before: &Standing,
        signed: &[u8],
        now: UtcTime,
    ) -> Result<Vec<Finding>, Error> {
        let after = self.verifier().verify(signed, now)?;
        let mut findings = Vec::new();
        for old in &before.report.signatures {
            let field = || old.field.clone().unwrap_or_default();
            let new = after
                .signatures
                .iter()
                .find(|new| new.field == old.field && new.byte_range == old.byte_range);
            let broken = new.is_none_or(|new| {
                (old.integrity == Integrity::Intact && new.integrity != Integrity::Intact)
                    || (new.indication == Indication::TotalFailed
                        && old.indication != Indication::TotalFailed)
            });
            if broken {
                return Err(ReleaseFault::EarlierWouldFail { field: field() }.into());
            }
            if old.indication == Indication::TotalPassed
                && new.is_some_and(|new| new.indication != Indication::TotalPassed)
            {
                findings.push(Finding::EarlierIndeterminate { field: field() });
            }
        }
        Ok(findings)
    }
}

/// The certificates in the signatures of a document, by the SHA-256 that reports show.
fn certificates(
    document: &Document<'_>,
    limits: &Limits,
) -> Result<HashMap<String, Certificate>, Error> {
    let mut found = HashMap::new();
    for signature in signature::find(document, limits)? {
        // What cannot be read has no verdict that counts.
        let Ok(data) = SignedData::parse(&signature.contents, limits) else {
            continue;
        };
        for der in &data.certificates {
            if let Ok(certificate) = Certificate::from_der(der) {
                found.insert(hex(certificate.sha256()), certificate);
            }
        }
    }
    Ok(found)
}
