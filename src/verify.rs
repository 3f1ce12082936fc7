//! The one call: document bytes + time → [`Report`], with trust, policy and evidence given before.

mod certificate;
#[doc(hidden)]
pub mod fuzz;
mod record;

use std::sync::Arc;

use crate::crypto::{Budget, Checker, Direct};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::pdf::{OpenOptions, Password};
use crate::pki::evidence::Origin;
use crate::pki::{Evidence, Trust};
use crate::report::{DocumentFacts, EvidenceSummary, Finding, PolicySummary, Report, hex};
use crate::signature::observation::{Reading, Trouble};
use crate::signature::{self, Kind, Linting, Observation};
use crate::time::UtcTime;
use crate::validation::{
    self, Context, Fresh, Indication, Memo, Policy, Recall, SignatureVerdict, SubIndication, Wanted,
};

pub use certificate::{
    CertificateOptions, CertificatePurpose, check_certificate, check_first_certificate,
};
pub use record::Record;

/// Verifies documents: built once, used for many, shared by threads.
#[derive(Debug, Clone)]
pub struct Verifier {
    trust: Trust,
    policy: Policy,
    evidence: Arc<Evidence>,
    options: OpenOptions,
    linting: Linting,
    /// The same for every report.
    summaries: Arc<[EvidenceSummary]>,
    policy_summary: Arc<PolicySummary>,
    /// Pure functions of bytes under this trust, policy, evidence and these limits.
    memo: Arc<Memo>,
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
        let policy_summary = Arc::new(PolicySummary::new(&policy));
        let mut verifier = Self {
            trust,
            policy,
            evidence: Arc::new(Evidence::new()),
            options: OpenOptions::default(),
            linting: Linting::Skip,
            summaries: Arc::default(),
            policy_summary,
            memo: Arc::default(),
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
        self.memo = Arc::default();
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
        self.memo = Arc::default();
        self
    }

    /// Also looks for what a signer should have known: stock for a later exchange, overlays, hidden
    /// layers, scripts. Findings of the report, no part of the verdict; reads the whole document.
    #[must_use]
    pub fn with_lint(mut self) -> Self {
        self.linting = Linting::Whole;
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
    /// [`crate::error::PdfFault`]: empty, not a PDF, no password fits, not supported, unreadable and nothing in
    /// it speaks of a signature; [`ErrorKind::Limit`].
    pub fn verify(&self, document: &[u8], at: UtcTime) -> Result<Report, Error> {
        self.judge(&self.observe(document)?, at)
    }

    /// Observes `document`, a whole PDF file: everything that [`Verifier::judge`] needs of it,
    /// digests included. Trust, policy, evidence and time play no part.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    pub fn observe(&self, document: &[u8]) -> Result<Observation, Error> {
        let mut seen = self.observe_undigested(document)?;
        seen.digests.fill(document);
        Ok(seen)
    }

    /// As [`Verifier::observe`], with all digests still wanted.
    pub(crate) fn observe_undigested(&self, document: &[u8]) -> Result<Observation, Error> {
        signature::observe(document, &self.options, self.linting)
    }

    /// The report on an observed document for the moment `at`.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`]: the digests were not computed; [`ErrorKind::Limit`].
    pub fn judge(&self, seen: &Observation, at: UtcTime) -> Result<Report, Error> {
        self.judge_with(seen, at, &Direct)
    }

    /// As [`Verifier::judge`], with signature checks answered by `checker`: from lanes or caches.
    ///
    /// # Errors
    /// As [`Verifier::judge`].
    pub fn judge_with(
        &self,
        seen: &Observation,
        at: UtcTime,
        checker: &dyn Checker,
    ) -> Result<Report, Error> {
        let (report, fresh) = self.judge_apart(seen, at, checker);
        if !checker.is_guess() {
            self.keep(fresh);
        }
        report
    }

    /// As [`Verifier::judge_with`]; what was made for the first time is not kept, but handed over.
    pub(crate) fn judge_apart(
        &self,
        seen: &Observation,
        at: UtcTime,
        checker: &dyn Checker,
    ) -> (Result<Report, Error>, Fresh) {
        let recall = Recall::new(&self.memo, &self.evidence);
        let report = self.report(seen, at, checker, &recall);
        (report, recall.into_fresh())
    }

    /// Keeps what [`Verifier::judge_apart`] made, when every answer of its checker is certain.
    pub(crate) fn keep(&self, fresh: Fresh) {
        self.memo.keep(fresh);
    }

    fn report(
        &self,
        seen: &Observation,
        at: UtcTime,
        checker: &dyn Checker,
        recall: &Recall<'_>,
    ) -> Result<Report, Error> {
        let Some(sha256) = seen.digests.file() else {
            return Err(ErrorKind::Misuse("the digests of the document are not computed").into());
        };
        let limits = &self.options.limits;
        let context = Context {
            trust: &self.trust,
            policy: &self.policy,
            evidence: &self.evidence,
            at,
            limits,
            budget: &Budget::new(checker, limits),
            recall,
        };
        let validation::Validated {
            mut signatures,
            mut wanted,
        } = validation::validate(seen, &context)?;
        let (mut indication, mut sub_indication) = worst(&signatures);
        let mut findings: Vec<Finding> = seen.oddities.iter().map(Finding::from).collect();
        findings.extend(seen.lints.iter().flatten().map(Finding::from));
        let mut fail = || {
            indication = Indication::TotalFailed;
            sub_indication = Some(SubIndication::FormatFailure);
        };
        if signatures.is_empty()
            && let Some(position) = seen.cut_off
        {
            // Signed, and cut short inside the revision of the signature: not "no signature".
            fail();
            findings.push(Finding {
                code: "cut-off-signature",
                text: "a signature dictionary stands behind the last whole revision".to_owned(),
                position: Some(position),
            });
        }
        match &seen.reading {
            Reading::Strict => {}
            Reading::Unreadable(trouble) => {
                fail();
                findings.push(finding("unreadable", trouble));
            }
            Reading::Recovered(trouble) => {
                findings.push(finding("recovered", trouble));
                if !signatures.is_empty() || seen.cut_off.is_some() {
                    // A signature came to light in a file that had to be repaired.
                    fail();
                    signatures.clear();
                    wanted = Wanted::default();
                }
            }
        }
        if indication == Indication::TotalPassed
            && signatures.iter().all(|s| s.kind == Kind::DocumentTimeStamp)
        {
            // Anyone can have any document stamped.
            indication = Indication::NoSignatureFound;
            findings.push(Finding {
                code: "only-time-stamps",
                text:
                    "document time-stamps alone: they prove when it existed, and nobody signed it"
                        .to_owned(),
                position: None,
            });
        }
        Ok(Report {
            sha256: hex(&sha256),
            size: seen.size,
            pages: seen.pages,
            indication,
            sub_indication,
            remarks: validation::remarks(&signatures, &self.policy, at),
            signatures,
            document: DocumentFacts {
                version: seen.version.clone(),
                revisions: seen.revisions,
                revision_ends: seen.revision_ends.clone(),
                encrypted: seen.encrypted,
                recovered: matches!(seen.reading, Reading::Recovered(_)),
                findings,
            },
            policy: self.policy_summary.clone(),
            validation_time: at,
            evidence: self.summaries.clone(),
            requests: Vec::new(),
            wanted,
            limits: limits.clone(),
            tool: concat!("kyso ", env!("CARGO_PKG_VERSION")),
        })
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

fn finding(code: &'static str, trouble: &Trouble) -> Finding {
    Finding {
        code,
        text: trouble.text.clone(),
        position: trouble.position,
    }
}
