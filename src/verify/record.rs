//! Observation, evidence, trust, policy, time and report of one document ↔ one file that can be judged again.

mod relevant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::Verifier;
use crate::error::{Error, RecordFault};
use crate::limits::Limits;
use crate::pki::evidence::Origin;
use crate::pki::{Evidence, Trust};
use crate::report::{Report, hex};
use crate::signature::Observation;
use crate::time::UtcTime;
use crate::validation::Policy;

/// The `format` of the file.
const FORMAT: &str = "kyso-record-1";

/// What was found about one document, with all that the verdict rests on; the document itself is
/// not needed to judge again, and not inside.
///
/// What a record proves: that whoever wrote it read a document with this SHA-256, and saw these
/// facts. Whoever has the document can compare the digest, and observe again. Without the
/// document, the signatures, certificates and revocation data inside can still be checked, because
/// they are signed themselves; which bytes they cover and what later revisions changed is the
/// word of the writer. The digest over the record shows accidents and careless edits, not a forger,
/// who can compute it too: keep records where only you write, or sign them.
///
/// Source: Thông tư 15/2025/TT-BKHCN art. 5.4, 6.2.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    observation: Observation,
    evidence: Vec<Piece>,
    trust: Trust,
    policy: Policy,
    at: UtcTime,
    report: serde_json::Value,
}

/// One certificate, CRL or OCSP response of the caller's evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Piece {
    kind: Kind,
    /// SHA-256 of the octets, hexadecimal.
    sha256: String,
    /// DER in base64.
    octets: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Certificate,
    Crl,
    Ocsp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    format: String,
    tool: String,
    validation_time: UtcTime,
    policy: Policy,
    trust: serde_json::Value,
    evidence: Vec<Piece>,
    observation: Observation,
    report: serde_json::Value,
}

impl Verifier {
    /// The record of a judgement: `report` is what [`Verifier::judge`] of this verifier said of
    /// `observation`. Of the evidence, the record keeps what could speak of this document.
    pub fn record(&self, observation: Observation, report: &Report) -> Record {
        Record {
            evidence: relevant::pieces(&observation, &self.evidence, &self.options.limits),
            observation,
            trust: self.trust.clone(),
            policy: self.policy.clone(),
            at: report.validation_time,
            // A struct of strings, numbers and lists always serialises.
            report: serde_json::to_value(report).unwrap_or_default(),
        }
    }
}

impl Record {
    /// As JSON, one line; the last key is the SHA-256 of the rest.
    pub fn to_json(&self) -> String {
        let file = File {
            format: FORMAT.to_owned(),
            tool: concat!("kyso ", env!("CARGO_PKG_VERSION")).to_owned(),
            validation_time: self.at,
            policy: self.policy.clone(),
            trust: serde_json::from_str(&self.trust.to_json()).unwrap_or_default(),
            evidence: self.evidence.clone(),
            observation: self.observation.clone(),
            report: self.report.clone(),
        };
        let mut value = serde_json::to_value(&file).unwrap_or_default();
        let digest = digest(&value);
        if let Some(object) = value.as_object_mut() {
            object.insert("sha256".to_owned(), digest.into());
        }
        value.to_string()
    }

    /// From what [`Record::to_json`] wrote.
    ///
    /// # Errors
    /// [`RecordFault`]: not a record, of another format, or changed since it was written: its
    /// digest, or that of a piece of evidence, does not fit. What [`Trust::from_json`] says.
    pub fn from_json(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let malformed = |error: serde_json::Error| RecordFault::Malformed(error.to_string());
        let mut value: serde_json::Value = serde_json::from_slice(bytes).map_err(malformed)?;
        let format = value.get("format").and_then(serde_json::Value::as_str);
        if format != Some(FORMAT) {
            return Err(RecordFault::Format(format.unwrap_or("none").to_owned()).into());
        }
        let told = value
            .as_object_mut()
            .and_then(|object| object.remove("sha256"));
        if told.as_ref().and_then(serde_json::Value::as_str) != Some(&digest(&value)) {
            return Err(RecordFault::Digest.into());
        }
        let file: File = serde_json::from_value(value).map_err(malformed)?;
        file.observation.check(limits)?;
        let record = Self {
            observation: file.observation,
            evidence: file.evidence,
            trust: Trust::from_json(file.trust.to_string().as_bytes())?,
            policy: file.policy,
            at: file.validation_time,
            report: file.report,
        };
        record.evidence(limits)?;
        Ok(record)
    }

    /// What was observed of the document.
    pub fn observation(&self) -> &Observation {
        &self.observation
    }

    /// The evidence, as it was when the record was written.
    ///
    /// # Errors
    /// [`RecordFault::Evidence`]: a piece is not what its digest and kind say; a limit.
    pub fn evidence(&self, limits: &Limits) -> Result<Evidence, Error> {
        let mut evidence = Evidence::new();
        for (index, piece) in self.evidence.iter().enumerate() {
            let fault = || RecordFault::Evidence { index };
            let octets = STANDARD.decode(&piece.octets).map_err(|_| fault())?;
            if hex(&sha2::Sha256::digest(&octets)) != piece.sha256 {
                return Err(fault().into());
            }
            let found = evidence.add_bytes(&octets, Origin::Caller, limits)?;
            let fits = match piece.kind {
                Kind::Certificate => found.certificates == 1,
                Kind::Crl => found.crls == 1,
                Kind::Ocsp => found.ocsps == 1,
            };
            if !fits {
                return Err(fault().into());
            }
        }
        Ok(evidence)
    }

    /// Whom the writer trusted. To judge by it is to trust the writer: see [`Record`].
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The policy that was applied.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The moment for which the document was verified.
    pub fn validation_time(&self) -> UtcTime {
        self.at
    }

    /// The report that was made then, as JSON.
    pub fn report(&self) -> &serde_json::Value {
        &self.report
    }
}

/// A JSON object with the digest that belongs to it, whatever it had: anyone can do this.
pub(super) fn seal(bytes: &[u8]) -> Option<String> {
    let mut value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    value.as_object_mut()?.remove("sha256");
    let digest = digest(&value);
    let object = value.as_object_mut()?;
    object.insert("sha256".to_owned(), digest.into());
    Some(value.to_string())
}

/// SHA-256 of a JSON value: keys sorted, nothing between tokens.
fn digest(value: &serde_json::Value) -> String {
    hex(&sha2::Sha256::digest(value.to_string()))
}
