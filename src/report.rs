//! Verdicts of one document → text, JSON and HTML, in Vietnamese or English.

pub mod certificate;
pub mod certificate_check;
pub mod compared;
pub(crate) mod html;
pub mod message;
mod reading;
mod request;
mod text;
pub mod token;
pub mod trust;

pub use crate::crypto::hex;
pub use message::Language;
pub use request::{RequestKind, RequestRecord};

use std::sync::Arc;

use serde::Serialize;

use crate::error::Error;
use crate::limits::Limits;
use crate::pdf::{Oddity, OddityKind};
use crate::signature::{Lint, LintKind};
use crate::time::UtcTime;
use crate::validation::policy::ClaimedTimeUse;
use crate::validation::{Indication, Policy, Remark, SignatureVerdict, SubIndication, Wanted};

/// The format of the JSON form; [`SCHEMA`] describes it.
pub const FORMAT: &str = "kyso-report-1";

/// JSON Schema of what [`FileReport::json`] gives. Within one format keys may be added; none is
/// removed, and none changes its meaning.
pub const SCHEMA: &str = include_str!("report/schema/kyso-report-1.json");

/// Everything that was found about one document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// SHA-256 of the document, hexadecimal.
    pub sha256: String,
    /// Length of the document, in bytes.
    pub size: u64,
    /// Pages in the latest revision; `None` when they cannot be counted.
    pub pages: Option<u64>,
    /// The worst of all signatures.
    pub indication: Indication,
    /// Why; `None` when passed or without signatures.
    pub sub_indication: Option<SubIndication>,
    /// The signatures, in the order in which they were made.
    pub signatures: Vec<SignatureVerdict>,
    /// What a reader in the trade should know; decides nothing. Warnings come first.
    pub remarks: Vec<Remark>,
    /// The document itself.
    pub document: DocumentFacts,
    /// The policy that was applied.
    pub policy: Arc<PolicySummary>,
    /// The moment for which the document was verified.
    pub validation_time: UtcTime,
    /// Evidence that was given, in its order.
    pub evidence: Arc<[EvidenceSummary]>,
    /// Every request that was made over the network for this report; none unless asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestRecord>,
    /// Evidence that could decide what is open, for a caller that fetches.
    #[serde(skip)]
    pub wanted: Wanted,
    /// The limits that were in force.
    pub limits: Limits,
    /// Program and version.
    pub tool: &'static str,
}

/// Facts about the document that do not belong to one signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentFacts {
    /// PDF version of the header and catalog, such as `1.7`; `None` when the file is not readable.
    pub version: Option<String>,
    /// Number of revisions.
    pub revisions: usize,
    /// Where each revision ends, in bytes from the start of the file, oldest first.
    pub revision_ends: Vec<u64>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Whether its cross-reference had to be rebuilt; never so with a signature.
    pub recovered: bool,
    /// Oddities of the structure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// Something that a reader should know and that decides nothing by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable name for machines.
    pub code: &'static str,
    /// The details, in English.
    pub text: String,
    /// Where, in bytes from the start of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
}

impl From<&Oddity> for Finding {
    fn from(oddity: &Oddity) -> Self {
        let (code, text) = match oddity.kind {
            OddityKind::BytesBeforeHeader => (
                "bytes-before-header",
                "the header is not at the first byte".to_owned(),
            ),
            OddityKind::Hybrid => (
                "hybrid",
                "a cross-reference table with a stream beside it".to_owned(),
            ),
            OddityKind::ImpreciseOffset => (
                "imprecise-offset",
                "an offset points at white space before its target".to_owned(),
            ),
            OddityKind::Linearized => ("linearized", "the file is linearised".to_owned()),
            OddityKind::Size => (
                "size",
                "a section lists objects beyond its /Size".to_owned(),
            ),
            OddityKind::TrailingBytes { length, blank } => (
                "trailing-bytes",
                format!(
                    "{length} bytes{} follow the last revision",
                    if blank { " of white space" } else { "" }
                ),
            ),
        };
        Self {
            code,
            text,
            position: Some(oddity.position),
        }
    }
}

impl From<&Lint> for Finding {
    fn from(lint: &Lint) -> Self {
        let text = match lint.kind {
            LintKind::ShadowStock => "a page or catalog to which nothing leads",
            LintKind::Overlay => "an annotation or field that covers much of its page",
            LintKind::HiddenLayer => "layers that are hidden or switch by themselves",
            LintKind::ValueAppearance => "a field whose value is not what it shows",
            LintKind::Script => "a script or an action that runs by itself",
            LintKind::Outside => "a stream whose content is not in the file",
            LintKind::Xfa => "an XFA form, which some programs show instead of the pages",
        };
        Self {
            code: lint.kind.code(),
            text: format!("object {}: {text}", lint.object),
            position: None,
        }
    }
}

/// The policy that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicySummary {
    /// Its name.
    pub name: String,
    /// SHA-256 of its JSON form, hexadecimal.
    pub sha256: String,
    /// Version of its calendar of algorithms.
    pub calendar: String,
    /// What the state of things at the claimed time is called.
    pub claimed_time: ClaimedTimeUse,
}

impl PolicySummary {
    /// The summary of `policy`.
    pub fn new(policy: &Policy) -> Self {
        Self {
            name: policy.name.clone(),
            sha256: hex(&policy.digest()),
            calendar: policy.calendar.version.clone(),
            claimed_time: policy.claimed_time,
        }
    }
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceSummary {
    /// `trust-anchor`, `certificate`, `crl` or `ocsp`.
    pub kind: &'static str,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Where it came from.
    pub origin: String,
}

impl Report {
    /// The report as sentences; what needs no attention is left out.
    pub fn text(&self, language: Language) -> String {
        text::report(self, language, false)
    }

    /// The report as JSON, one line.
    pub fn json(&self) -> String {
        to_json(self)
    }
}

/// The answer for one file: a report, or the error that prevented one.
#[derive(Debug, Clone, PartialEq)]
pub struct FileReport {
    /// The file's name as the caller gave it.
    pub file: String,
    /// The answer.
    pub report: Result<Report, Error>,
    /// Whether a stored record was judged and not the document: what its bytes are and what later
    /// revisions changed is then the word of whoever wrote the record.
    pub from_record: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    file: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    from_record: bool,
    #[serde(flatten)]
    answer: Answer<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Report {
        error: (),
        #[serde(flatten)]
        report: &'a Report,
    },
    Error {
        sha256: (),
        pages: (),
        indication: (),
        error: ErrorLine<'a>,
        signatures: [(); 0],
    },
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    kind: &'a str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
}

impl FileReport {
    /// From a file's name and its answer.
    pub fn new(file: String, report: Result<Report, Error>) -> Self {
        Self {
            file,
            report,
            from_record: false,
        }
    }

    /// From a record's name and the answer about what is in it.
    pub fn of_record(file: String, report: Result<Report, Error>) -> Self {
        Self {
            from_record: true,
            ..Self::new(file, report)
        }
    }

    /// As sentences; `every_check` shows also what passed.
    pub fn text(&self, language: Language, every_check: bool) -> String {
        text::file(self, language, every_check)
    }

    /// As one HTML page that opens offline and prints.
    pub fn html(&self, language: Language) -> String {
        html::page(self, language)
    }

    /// As JSON, one line.
    pub fn json(&self) -> String {
        to_json(&self.line())
    }

    /// As JSON, indented.
    pub fn json_pretty(&self) -> String {
        // A struct of strings, numbers and lists always serialises.
        serde_json::to_string_pretty(&self.line()).unwrap_or_default()
    }

    fn line(&self) -> Line<'_> {
        let answer = match &self.report {
            Ok(report) => Answer::Report { error: (), report },
            Err(error) => Answer::Error {
                sha256: (),
                pages: (),
                indication: (),
                error: ErrorLine {
                    kind: error.kind().code(),
                    text: error.to_string(),
                    position: error.position(),
                },
                signatures: [],
            },
        };
        Line {
            schema: FORMAT,
            file: &self.file,
            from_record: self.from_record,
            answer,
        }
    }
}

fn to_json(value: &impl Serialize) -> String {
    // A struct of strings, numbers and lists always serialises.
    serde_json::to_string(value).unwrap_or_default()
}
