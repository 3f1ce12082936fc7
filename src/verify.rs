//! The one call: document bytes + time → [`Report`], with trust, policy and evidence given before.

mod certificate;
#[doc(hidden)]
pub mod fuzz;

use std::sync::Arc;

use crate::error::{Error, ErrorKind, PdfFault};
use crate::limits::Limits;
use crate::pdf::{self, Document, OpenOptions, Password};
use crate::pki::evidence::Origin;
use crate::pki::{Evidence, Trust};
use crate::report::{DocumentFacts, EvidenceSummary, Finding, PolicySummary, Report, hex};
use crate::time::UtcTime;
use crate::validation::{
    self, Context, Indication, Policy, SignatureVerdict, SubIndication, Wanted,
};

pub use certificate::{CertificateOptions, CertificatePurpose, check_certificate};

/// Verifies documents: built once, used for many, shared by threads.
#[derive(Debug, Clone)]
pub struct Verifier {
    trust: Trust,
    policy: Policy,
    evidence: Arc<Evidence>,
    options: OpenOptions,
    /// The same for every report.
    summaries: Vec<EvidenceSummary>,
    policy_summary: PolicySummary,
}

/// Verifies one document in memory.
///
/// # Errors
/// As [`Verifier::verify`].
pub fn verify(
    document: &[u8],
    trust: &Trust,
    policy: &Policy,
    at: UtcTime,
) -> Result<Report, Error> {
    Verifier::new(trust.clone(), policy.clone()).verify(document, at)
}

impl Verifier {
    /// With whom to trust and what to ask; no evidence yet.
    pub fn new(trust: Trust, policy: Policy) -> Self {
        let policy_summary = PolicySummary::new(&policy);
        let mut verifier = Self {
            trust,
            policy,
            evidence: Arc::new(Evidence::new()),
            options: OpenOptions::default(),
            summaries: Vec::new(),
            policy_summary,
        };
        verifier.summarise();
        verifier
    }

    /// Adds CRLs, OCSP responses and certificates that help to decide.
    #[must_use]
    pub fn with_evidence(mut self, evidence: Evidence) -> Self {
        let mut all = Evidence::clone(&self.evidence);
        all.merge(&evidence);
        self.evidence = Arc::new(all);
        self.summarise();
        self
    }

    /// Passwords to try on encrypted documents, in this order; the empty one is always tried first.
    #[must_use]
    pub fn with_passwords(mut self, passwords: Vec<Password>) -> Self {
        self.options.passwords = passwords;
        self
    }

    /// Other limits than the default.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Whom it trusts.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The evidence that was given.
    pub fn evidence(&self) -> &Arc<Evidence> {
        &self.evidence
    }

    /// Verifies every signature of `document`, a whole PDF file, for the moment `at`.
    ///
    /// A bad signature is a verdict, not an error. A file without signatures gives
    /// [`Indication::NoSignatureFound`], never a pass.
    ///
    /// # Errors
    /// [`PdfFault`]: empty, not a PDF, no password fits, not supported, unreadable and nothing in
    /// it speaks of a signature; [`ErrorKind::Limit`].
    pub fn verify(&self, document: &[u8], at: UtcTime) -> Result<Report, Error> {
        if document.len() as u64 > self.options.limits.file {
            return Err(Error::limit("file", self.options.limits.file));
        }
        match Document::open(document, &self.options) {
            Ok(open) => match self.judge(&open, at) {
                Err(error) if !is_final(&error) && pdf::mentions_byte_range(document) => {
                    Ok(self.unreadable(document, &error, at))
                }
                other => other,
            },
            Err(error) if is_final(&error) => Err(error),
            // Signed and not readable strictly: no repair, a failure.
            Err(error) if pdf::mentions_byte_range(document) => {
                Ok(self.unreadable(document, &error, at))
            }
            Err(strict) => {
                // When nothing can be rebuilt, the first fault and its place say more.
                let open = Document::recover(document, &self.options).map_err(|error| {
                    if is_final(&error) {
                        error
                    } else {
                        strict.clone()
                    }
                })?;
                let mut report = self.judge(&open, at)?;
                report.document.findings.push(finding("recovered", &strict));
                if report.indication != Indication::NoSignatureFound {
                    // A signature came to light in a file that had to be repaired.
                    report.indication = Indication::TotalFailed;
                    report.sub_indication = Some(SubIndication::FormatFailure);
                    report.signatures.clear();
                    report.wanted = Wanted::default();
                }
                Ok(report)
            }
        }
    }

    fn judge(&self, document: &Document<'_>, at: UtcTime) -> Result<Report, Error> {
        let context = Context {
            trust: &self.trust,
            policy: &self.policy,
            evidence: &self.evidence,
            at,
            limits: &self.options.limits,
        };
        let validated = validation::validate(document, &context)?;
        let mut report = self.empty(document.bytes(), at);
        report.pages = document.latest().page_count().ok();
        let (major, minor) = document.version();
        report.document = DocumentFacts {
            version: Some(format!("{major}.{minor}")),
            revisions: document.revisions().len(),
            encrypted: document.encryption().is_some(),
            recovered: document.is_recovered(),
            findings: document.oddities().iter().map(Finding::from).collect(),
        };
        (report.indication, report.sub_indication) = worst(&validated.signatures);
        report.signatures = validated.signatures;
        report.wanted = validated.wanted;
        if report.signatures.is_empty()
            && let Some(position) = pdf::cut_off_signature(document)
        {
            // Signed, and cut short inside the revision of the signature: not "no signature".
            report.indication = Indication::TotalFailed;
            report.sub_indication = Some(SubIndication::FormatFailure);
            report.document.findings.push(Finding {
                code: "cut-off-signature",
                text: "a signature dictionary stands behind the last whole revision".to_owned(),
                position: Some(position),
            });
        }
        Ok(report)
    }

    /// A file that speaks of a signature and cannot be read strictly.
    fn unreadable(&self, document: &[u8], error: &Error, at: UtcTime) -> Report {
        let mut report = self.empty(document, at);
        report.indication = Indication::TotalFailed;
        report.sub_indication = Some(SubIndication::FormatFailure);
        report.document.findings.push(finding("unreadable", error));
        report
    }

    fn empty(&self, document: &[u8], at: UtcTime) -> Report {
        use sha2::Digest;
        Report {
            sha256: hex(&sha2::Sha256::digest(document)),
            size: document.len() as u64,
            pages: None,
            indication: Indication::NoSignatureFound,
            sub_indication: None,
            signatures: Vec::new(),
            document: DocumentFacts {
                version: None,
                revisions: 0,
                encrypted: false,
                recovered: false,
                findings: Vec::new(),
            },
            policy: self.policy_summary.clone(),
            validation_time: at,
            evidence: self.summaries.clone(),
            requests: Vec::new(),
            wanted: Wanted::default(),
            limits: self.options.limits.clone(),
            tool: concat!("kyso ", env!("CARGO_PKG_VERSION")),
        }
    }

    fn summarise(&mut self) {
        let anchors = self.trust.anchors().iter().map(|anchor| EvidenceSummary {
            kind: "trust-anchor",
            sha256: anchor
                .sha256()
                .map(|digest| hex(digest))
                .unwrap_or_default(),
            origin: anchor.source().to_owned(),
        });
        let item = |kind: &'static str, sha256: &[u8; 32]| EvidenceSummary {
            kind,
            sha256: hex(sha256),
            origin: if self.evidence.origins(sha256) == [Origin::Fetched] {
                "fetched".to_owned()
            } else {
                "caller".to_owned()
            },
        };
        let items = self
            .evidence
            .certificates()
            .map(|certificate| item("certificate", certificate.sha256()))
            .chain(
                self.evidence
                    .crls()
                    .map(|piece| item("crl", &piece.value.sha256())),
            )
            .chain(
                self.evidence
                    .ocsps()
                    .map(|piece| item("ocsp", &piece.value.sha256())),
            );
        self.summaries = anchors.chain(items).collect();
    }
}

fn worst(signatures: &[SignatureVerdict]) -> (Indication, Option<SubIndication>) {
    signatures
        .iter()
        .map(|s| (s.indication, s.sub_indication))
        .reduce(|worst, next| if next.0 > worst.0 { next } else { worst })
        .unwrap_or((Indication::NoSignatureFound, None))
}

fn finding(code: &'static str, error: &Error) -> Finding {
    Finding {
        code,
        text: error.kind().to_string(),
        position: error.position(),
    }
}

/// Errors that say something about the input as a whole, signed or not.
fn is_final(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Pdf(
            PdfFault::Empty | PdfFault::NotPdf | PdfFault::Password | PdfFault::Unsupported(_)
        ) | ErrorKind::Limit { .. }
    )
}
