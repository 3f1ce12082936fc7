//! Where a document is + the [`Outcome`] of its verification → one small [`Record`], a line of JSON.
//!
//! A record says what became of one document and of each of its signatures: enough to sort, count
//! and find, without the certificates and the checks that a full report lists. It is a function of
//! the document's bytes, its path, trust, evidence, policy and time. The fields are described in
//! [`crate::manual::record`]; a field that is not known is `null`, and all of them are always there.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::engine::Outcome;
use crate::error::Error;
use crate::pki::Name;
use crate::pki::holder::{Holder, HolderHint};
use crate::report::{Report, hex};
use crate::time::UtcTime;
use crate::validation::{
    Indication, Integrity, Level, SignatureVerdict, Status, SubIndication, TimeSource,
};

/// Version of the fields below; grows when one of them changes its meaning or goes.
pub const SCHEMA: u32 = 1;

/// What became of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The document's path, as the caller wrote it or the folder that it was found in; octets that
    /// are not UTF-8 are shown as U+FFFD.
    pub path: String,
    /// All octets of the path, hexadecimal, where they are not UTF-8.
    pub path_octets: Option<String>,
    /// Name inside the container (ZIP, tar) that the path names.
    pub member: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// SHA-256 of the whole document, hexadecimal.
    pub sha256: Option<String>,
    /// The worst of all signatures; `null` when no check could be run.
    pub indication: Option<Indication>,
    /// Why.
    pub sub_indication: Option<SubIndication>,
    /// Stable word for what prevented the check.
    pub error: Option<String>,
    /// The same as a sentence, in English.
    pub error_text: Option<String>,
    /// What the signatures' checks found wrong or open, sorted: `check:reason`.
    pub reasons: Vec<String>,
    /// Pages in the latest revision.
    pub pages: Option<u64>,
    /// Number of revisions.
    pub revisions: Option<u64>,
    /// Whether the document is encrypted.
    pub encrypted: Option<bool>,
    /// Oddities of the structure, sorted.
    pub findings: Vec<String>,
    /// Number of signatures, document time-stamps not counted.
    pub signature_count: u64,
    /// Common names of the signers, in order of signing, separated by `; `.
    pub signers: Option<String>,
    /// Agencies of the signers, each once, separated by `; `.
    pub agencies: Option<String>,
    /// Lowest level of the signatures.
    pub level: Option<String>,
    /// Time of the first signature: claimed, or proven where that is earlier or alone.
    pub signed_at: Option<UtcTime>,
    /// Earliest end of the signers' certificates.
    pub certificate_end: Option<UtcTime>,
    /// Each signature and document time-stamp, in order of signing.
    pub signatures: Vec<SignatureRecord>,
}

/// What became of one signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureRecord {
    /// Full name of the field.
    pub field: Option<String>,
    /// `approval`, `certification`, `document_timestamp`.
    pub kind: String,
    /// `/SubFilter`.
    pub sub_filter: Option<String>,
    /// The conclusion.
    pub indication: Indication,
    /// Why.
    pub sub_indication: Option<SubIndication>,
    /// What its checks found wrong or open, sorted: `check:reason`.
    pub reasons: Vec<String>,
    /// `intact`, `broken`, `unknown`: digest and signature value alone.
    pub integrity: String,
    /// Whether it covers the file to its end.
    pub whole_document: Option<bool>,
    /// How far later revisions go.
    pub changes: Option<String>,
    /// Common name of the signer.
    pub signer: Option<String>,
    /// The signer's agency: its own name for an agency's certificate, else the highest unit.
    pub agency: Option<String>,
    /// `person`, `organisation`, or `null`: what identifiers in the name suggest; no proof.
    pub holder: Option<String>,
    /// Common name of the certificate's issuer.
    pub issuer: Option<String>,
    /// SHA-256 of the signer's certificate, hexadecimal.
    pub certificate: Option<String>,
    /// First second of the certificate.
    pub certificate_begin: Option<UtcTime>,
    /// Last second of the certificate.
    pub certificate_end: Option<UtcTime>,
    /// Earliest end in the certificate's path, the anchor counted.
    pub path_end: Option<UtcTime>,
    /// When the signer says that it was made.
    pub claimed_time: Option<UtcTime>,
    /// Since when it is proven to exist.
    pub proven_time: Option<UtcTime>,
    /// `B-B`, `B-T`, `B-LT`, `B-LTA`.
    pub level: Option<String>,
    /// Signature algorithm, digest and key.
    pub algorithm: Option<String>,
    /// Revocation of the signer's certificate: `good`, `revoked`, `unknown`.
    pub revocation: Option<String>,
}

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path, for people.
    pub path: String,
    /// Its octets, where they are not UTF-8.
    pub octets: Option<Vec<u8>>,
    /// Name inside a container.
    pub member: Option<String>,
}

impl Place {
    /// A path as records show it; `member` is a name inside the container that it names.
    pub fn new(path: &Path, member: Option<String>) -> Self {
        let octets = path.as_os_str().as_encoded_bytes();
        Self {
            path: path.to_string_lossy().into_owned(),
            octets: path.to_str().is_none().then(|| octets.to_vec()),
            member,
        }
    }
}

impl Record {
    /// The record of what came of a document.
    pub fn new(place: Place, outcome: &Outcome) -> Self {
        let mut record = Self::empty(place);
        record.size = outcome.size;
        record.sha256 = outcome.sha256.as_ref().map(|digest| hex(digest));
        match &outcome.answer {
            Ok(report) => record.fill(report),
            Err(error) => record.fail(error),
        }
        record
    }

    /// The record of something that could not be checked.
    pub fn unreadable(place: Place, error: &Error) -> Self {
        let mut record = Self::empty(place);
        record.fail(error);
        record
    }

    /// Says where the document is, in place of what was said before.
    pub fn put(&mut self, place: Place) {
        self.path = place.path;
        self.path_octets = place.octets.as_deref().map(hex);
        self.member = place.member;
    }

    pub(super) fn empty(place: Place) -> Self {
        Self {
            schema: SCHEMA,
            path: place.path,
            path_octets: place.octets.as_deref().map(hex),
            member: place.member,
            size: None,
            sha256: None,
            indication: None,
            sub_indication: None,
            error: None,
            error_text: None,
            reasons: Vec::new(),
            pages: None,
            revisions: None,
            encrypted: None,
            findings: Vec::new(),
            signature_count: 0,
            signers: None,
            agencies: None,
            level: None,
            signed_at: None,
            certificate_end: None,
            signatures: Vec::new(),
        }
    }

    fn fail(&mut self, error: &Error) {
        self.error = Some(error.kind().code().to_owned());
        self.error_text = Some(error.to_string());
    }

    /// Takes the verdict of `report`; size and digest too, which a judgement of stored facts brings.
    pub fn fill(&mut self, report: &Report) {
        self.size = Some(report.size);
        self.sha256 = Some(report.sha256.clone());
        self.indication = Some(report.indication);
        self.sub_indication = report.sub_indication;
        self.pages = report.pages;
        self.revisions = Some(report.document.revisions as u64);
        self.encrypted = Some(report.document.encrypted);
        self.findings = sorted(
            report
                .document
                .findings
                .iter()
                .map(|finding| finding.code.to_owned()),
        );
        self.signatures = report.signatures.iter().map(SignatureRecord::new).collect();
        self.reasons = sorted(
            self.signatures
                .iter()
                .flat_map(|signature| signature.reasons.iter().cloned()),
        );
        let signers = || self.signatures.iter().filter(|one| one.is_signature());
        self.signature_count = signers().count() as u64;
        let mut agencies: Vec<&str> = Vec::new();
        for agency in signers().filter_map(|one| one.agency.as_deref()) {
            if !agencies.contains(&agency) {
                agencies.push(agency);
            }
        }
        let names: Vec<&str> = signers().filter_map(|one| one.signer.as_deref()).collect();
        let joined = |texts: Vec<&str>| (!texts.is_empty()).then(|| texts.join("; "));
        let rank = |level: &str| Level::ALL.iter().position(|known| known.name() == level);
        let level = signers()
            .filter_map(|one| one.level.as_deref())
            .min_by_key(|level| rank(level))
            .map(str::to_owned);
        let signed_at = signers().find_map(SignatureRecord::time);
        let certificate_end = signers().filter_map(|one| one.certificate_end).min();
        self.signers = joined(names);
        self.agencies = joined(agencies);
        self.level = level;
        self.signed_at = signed_at;
        self.certificate_end = certificate_end;
    }

    /// One line of JSON, without its end.
    pub fn json(&self) -> String {
        // Strings, numbers and lists always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads one line of JSON.
    ///
    /// # Errors
    /// The text of what is wrong with it.
    pub fn from_json(line: &str) -> Result<Self, String> {
        let record: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if record.schema == SCHEMA {
            Ok(record)
        } else {
            Err(format!("schema {} is not known here", record.schema))
        }
    }
}

/// [`SignatureRecord::kind`] of a document time-stamp.
const TIME_STAMP: &str = "document_timestamp";

impl SignatureRecord {
    /// From the verdict on one signature.
    fn new(verdict: &SignatureVerdict) -> Self {
        let holder = verdict
            .signer
            .as_deref()
            .and_then(|name| Name::from_rfc4514(name).ok())
            .map(|name| Holder::from_name(&name));
        let certificate = verdict.certificate.as_ref();
        let issuer = certificate
            .and_then(|certificate| Name::from_rfc4514(&certificate.issuer).ok())
            .and_then(|name| Holder::from_name(&name).common_name);
        let proven = verdict.best_signature_time.source != TimeSource::ValidationTime;
        Self {
            field: verdict.field.clone(),
            kind: verdict.kind.name().to_owned(),
            sub_filter: verdict.sub_filter.clone(),
            indication: verdict.indication,
            sub_indication: verdict.sub_indication,
            reasons: reasons(verdict),
            integrity: match verdict.integrity {
                Integrity::Intact => "intact",
                Integrity::Broken => "broken",
                Integrity::Unknown => "unknown",
            }
            .to_owned(),
            whole_document: verdict.whole_document,
            changes: verdict.changes.level.map(|level| word(&level)),
            signer: holder.as_ref().and_then(|one| one.common_name.clone()),
            agency: holder.as_ref().and_then(agency),
            holder: holder.as_ref().and_then(|one| match one.hint() {
                HolderHint::Person => Some("person".to_owned()),
                HolderHint::Organisation => Some("organisation".to_owned()),
                HolderHint::Unknown => None,
            }),
            issuer,
            certificate: certificate.map(|one| one.sha256.clone()),
            certificate_begin: certificate.map(|one| one.not_before),
            certificate_end: certificate.map(|one| one.not_after),
            path_end: verdict.path.iter().map(|one| one.not_after).min(),
            claimed_time: verdict.claimed_time,
            proven_time: proven.then_some(verdict.best_signature_time.time),
            level: verdict
                .baseline
                .as_ref()
                .and_then(|baseline| baseline.level)
                .map(|level| level.name().to_owned()),
            algorithm: verdict.algorithm.clone(),
            revocation: verdict.revocation.first().map(|one| one.status.to_owned()),
        }
    }

    /// Whether somebody signed, other than a time-stamping authority.
    pub fn is_signature(&self) -> bool {
        self.kind != TIME_STAMP
    }

    /// The time to count it under: claimed, or proven where that is earlier or alone.
    pub fn time(&self) -> Option<UtcTime> {
        match (self.proven_time, self.claimed_time) {
            // A proof is an upper bound; a claim before it is when the signer says it was.
            (Some(proven), Some(claimed)) => Some(claimed.min(proven)),
            (proven, claimed) => claimed.or(proven),
        }
    }
}

/// The agency of a holder: the own name of an agency, else the highest unit, else the last
/// organisation.
fn agency(holder: &Holder) -> Option<String> {
    let own = holder.common_name.as_ref();
    own.filter(|_| holder.hint() == HolderHint::Organisation)
        .or(holder.units.first())
        .or(holder.organizations.last())
        .cloned()
}

/// What failed, is open, or was warned about; what follows from something earlier is left out.
fn reasons(verdict: &SignatureVerdict) -> Vec<String> {
    sorted(
        verdict
            .checks
            .iter()
            .filter(|check| check.status != Status::Passed)
            .flat_map(|check| {
                check.reasons.iter().filter_map(|reason| {
                    let code = word_of_tagged(reason)?;
                    (code != "earlier").then(|| format!("{}:{code}", check.id.code()))
                })
            }),
    )
}

/// The name under which a plain enum value serialises.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The code under which a value with data serialises.
fn word_of_tagged(value: &impl Serialize) -> Option<String> {
    let value = serde_json::to_value(value).ok()?;
    value.get("code")?.as_str().map(str::to_owned)
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts.dedup();
    texts
}
