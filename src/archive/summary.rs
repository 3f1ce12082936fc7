//! Records → the figures of an archive: counts, shares, periods, certificates, what must be done before when.
//!
//! Months and half-years are those of Vietnam's clock. A signature is counted under the time that
//! the signer claims, or under the proven one where that is earlier or alone; a document under that
//! of its first signature. The fields of the JSON are described in [`crate::manual::record`].

mod chart;
pub mod html;

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use serde::Serialize;

use super::record::{Record, SignatureRecord};
use super::state::Settings;
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::validation::{Indication, Level};

/// Version of the fields of the JSON.
pub const SCHEMA: u32 = 1;

/// A certificate that signs in so many different months is in regular use.
const REGULAR_MONTHS: usize = 3;
/// Days before the end of a certificate at which it is called near.
pub const NEAR_DAYS: i64 = 90;
/// Documents whose protection is most urgent that are listed one by one.
const URGENT: usize = 100;

/// Documents or signatures by what was concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Verdicts {
    /// TOTAL-PASSED.
    pub passed: u64,
    /// TOTAL-FAILED.
    pub failed: u64,
    /// INDETERMINATE.
    pub indeterminate: u64,
}

impl Verdicts {
    fn add(&mut self, indication: Indication) {
        match indication {
            Indication::TotalPassed => self.passed += 1,
            Indication::TotalFailed => self.failed += 1,
            Indication::Indeterminate => self.indeterminate += 1,
            Indication::NoSignatureFound => {}
        }
    }

    /// All of them.
    pub fn total(self) -> u64 {
        self.passed + self.failed + self.indeterminate
    }
}

/// Figures of all documents.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Documents {
    /// Records.
    pub total: u64,
    /// Bytes of those that could be read.
    pub bytes: u64,
    /// With at least one signature.
    pub signed: u64,
    /// Without a signature.
    pub unsigned: u64,
    /// That could not be checked.
    pub unchecked: u64,
    /// Verdicts on those with signatures.
    #[serde(flatten)]
    pub verdicts: Verdicts,
}

/// Figures of all signatures, document time-stamps not counted.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Signatures {
    /// All.
    pub total: u64,
    /// Verdicts.
    #[serde(flatten)]
    pub verdicts: Verdicts,
    /// By baseline level; `-` where there is none.
    pub levels: BTreeMap<String, u64>,
    /// By algorithm and key.
    pub algorithms: BTreeMap<String, u64>,
    /// By form (`/SubFilter`).
    pub forms: BTreeMap<String, u64>,
}

/// Figures of one month.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Month {
    /// Documents first signed in it.
    pub documents: u64,
    /// Signatures made in it.
    pub signatures: u64,
    /// Verdicts on its documents.
    #[serde(flatten)]
    pub verdicts: Verdicts,
}

/// Figures of one agency.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Agency {
    /// Documents with a signature of it.
    pub documents: u64,
    /// Its signatures.
    pub signatures: u64,
    /// Verdicts on its signatures.
    #[serde(flatten)]
    pub verdicts: Verdicts,
    /// Its certificates.
    pub certificates: u64,
    /// Those in regular use.
    pub regular: u64,
    /// First signature.
    pub first: Option<UtcTime>,
    /// Last signature.
    pub last: Option<UtcTime>,
}

/// Figures of one signer's certificate.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Certificate {
    /// Common name.
    pub signer: Option<String>,
    /// Agency.
    pub agency: Option<String>,
    /// `person` or `organisation`, as identifiers in the name suggest.
    pub holder: Option<String>,
    /// Issuer's common name.
    pub issuer: Option<String>,
    /// First second.
    pub begin: Option<UtcTime>,
    /// Last second.
    pub end: Option<UtcTime>,
    /// Signatures by it.
    pub signatures: u64,
    /// Verdicts on them.
    #[serde(flatten)]
    pub verdicts: Verdicts,
    /// Signatures by month.
    pub months: BTreeMap<String, u64>,
    /// First signature.
    pub first: Option<UtcTime>,
    /// Last signature.
    pub last: Option<UtcTime>,
}

impl Certificate {
    /// Whether it signed in at least three different months.
    pub fn is_regular(&self) -> bool {
        self.months.len() >= REGULAR_MONTHS
    }
}

/// What a half-yearly report asks for.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HalfYear {
    /// Documents first signed in it.
    pub documents: u64,
    /// Signatures made in it.
    pub signatures: u64,
    /// Certificates known from the archive that were in force in it.
    pub certificates: u64,
    /// Those that began in it.
    pub begun: u64,
    /// Those that signed in it.
    pub used: u64,
    /// Those that signed in at least three of its months.
    pub regular: u64,
}

/// Good signatures without a time stamp over everything that a later validation needs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Unprotected {
    /// All of them.
    pub total: u64,
    /// Those that have a proof of their time: they hold as long as that does.
    pub with_time: u64,
    /// The others by the month in which the first certificate of their path ends.
    pub by_month: BTreeMap<String, u64>,
    /// The most urgent documents, the first end first.
    pub urgent: Vec<Urgent>,
}

/// A document that must be raised to B-LTA before a moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Urgent {
    /// The first end of a certificate in the path.
    pub before: UtcTime,
    /// Where it is.
    pub path: String,
    /// Name inside a container.
    pub member: Option<String>,
    /// Signer.
    pub signer: Option<String>,
    /// When it was signed.
    pub signed_at: Option<UtcTime>,
}

/// The figures of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Under what the records were made.
    pub settings: Settings,
    /// Files that no pattern meant.
    pub passed_over: u64,
    /// Documents.
    pub documents: Documents,
    /// Documents by sub-indication.
    pub sub_indications: BTreeMap<String, u64>,
    /// Documents by what a check found.
    pub reasons: BTreeMap<String, u64>,
    /// Documents that could not be checked, by the kind of error.
    pub errors: BTreeMap<String, u64>,
    /// Signatures.
    pub signatures: Signatures,
    /// By month, `2026-03`.
    pub months: BTreeMap<String, Month>,
    /// By agency.
    pub agencies: BTreeMap<String, Agency>,
    /// By SHA-256 of the certificate.
    pub certificates: BTreeMap<String, Certificate>,
    /// What must be protected.
    pub unprotected: Unprotected,
    #[serde(skip)]
    urgent: BinaryHeap<Urgent>,
}

/// What is counted together at the end.
#[derive(Serialize)]
struct Whole<'s> {
    #[serde(flatten)]
    summary: &'s Summary,
    /// Share of the documents with a signature in those that could be checked; 0 to 1.
    signed_share: f64,
    certificates_in_regular_use: u64,
    certificates_near_end: Vec<&'s str>,
    half_years: BTreeMap<String, HalfYear>,
}

impl Summary {
    /// Nothing counted yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            schema: SCHEMA,
            settings,
            passed_over: 0,
            documents: Documents::default(),
            sub_indications: BTreeMap::new(),
            reasons: BTreeMap::new(),
            errors: BTreeMap::new(),
            signatures: Signatures::default(),
            months: BTreeMap::new(),
            agencies: BTreeMap::new(),
            certificates: BTreeMap::new(),
            unprotected: Unprotected::default(),
            urgent: BinaryHeap::new(),
        }
    }

    /// Counts one document.
    pub fn add(&mut self, record: &Record) {
        self.documents.total += 1;
        self.documents.bytes += record.size.unwrap_or(0);
        let Some(indication) = record.indication else {
            self.documents.unchecked += 1;
            count(&mut self.errors, record.error.as_deref().unwrap_or("-"));
            return;
        };
        if indication == Indication::NoSignatureFound {
            self.documents.unsigned += 1;
        } else {
            // A torn signature is one too: its document was signed.
            self.documents.signed += 1;
            self.documents.verdicts.add(indication);
        }
        if let Some(sub) = record.sub_indication {
            count(&mut self.sub_indications, sub.name());
        }
        for reason in &record.reasons {
            count(&mut self.reasons, reason);
        }
        if let Some(at) = record.signed_at {
            let month = self.months.entry(month(at)).or_default();
            month.documents += 1;
            month.verdicts.add(indication);
        }
        let mut agencies: BTreeSet<&str> = BTreeSet::new();
        for signature in record.signatures.iter().filter(|one| one.is_signature()) {
            self.signature(record, signature);
            agencies.extend(signature.agency.as_deref());
        }
        for agency in agencies {
            if let Some(agency) = self.agencies.get_mut(agency) {
                agency.documents += 1;
            }
        }
        self.protection(record);
    }

    fn signature(&mut self, record: &Record, one: &SignatureRecord) {
        let all = &mut self.signatures;
        all.total += 1;
        all.verdicts.add(one.indication);
        count(&mut all.levels, one.level.as_deref().unwrap_or("-"));
        count(&mut all.algorithms, one.algorithm.as_deref().unwrap_or("-"));
        count(&mut all.forms, one.sub_filter.as_deref().unwrap_or("-"));
        let time = one.time().or(record.signed_at);
        let month = time.map(month);
        if let Some(month) = &month {
            self.months.entry(month.clone()).or_default().signatures += 1;
        }
        let name = one.agency.as_deref().unwrap_or("-");
        let agency = self.agencies.entry(name.to_owned()).or_default();
        agency.signatures += 1;
        agency.verdicts.add(one.indication);
        spread(&mut agency.first, &mut agency.last, time);
        let Some(sha256) = &one.certificate else {
            return;
        };
        let certificate = self
            .certificates
            .entry(sha256.clone())
            .or_insert_with(|| Certificate {
                signer: one.signer.clone(),
                agency: one.agency.clone(),
                holder: one.holder.clone(),
                issuer: one.issuer.clone(),
                begin: one.certificate_begin,
                end: one.certificate_end,
                ..Certificate::default()
            });
        if certificate.signatures == 0 {
            agency.certificates += 1;
        }
        certificate.signatures += 1;
        certificate.verdicts.add(one.indication);
        spread(&mut certificate.first, &mut certificate.last, time);
        if let Some(month) = month {
            let was = certificate.is_regular();
            count(&mut certificate.months, &month);
            agency.regular += u64::from(certificate.is_regular() && !was);
        }
    }

    /// What protects the good signatures of a document, and until when.
    fn protection(&mut self, record: &Record) {
        let open = record.signatures.iter().filter(|one| {
            one.is_signature()
                && one.indication == Indication::TotalPassed
                && one.level.as_deref() != Some(Level::Lta.name())
        });
        let mut first: Option<(UtcTime, &SignatureRecord)> = None;
        for one in open {
            self.unprotected.total += 1;
            match one.path_end {
                Some(end) if one.proven_time.is_none() => {
                    count(&mut self.unprotected.by_month, &month(end));
                    if first.is_none_or(|(before, _)| end < before) {
                        first = Some((end, one));
                    }
                }
                _ => self.unprotected.with_time += 1,
            }
        }
        if let Some((before, one)) = first {
            self.urgent.push(Urgent {
                before,
                path: record.path.clone(),
                member: record.member.clone(),
                signer: one.signer.clone(),
                signed_at: one.time(),
            });
            // The latest end is on top.
            if self.urgent.len() > URGENT {
                self.urgent.pop();
            }
        }
    }

    /// The most urgent documents, the first end first.
    pub fn urgent(&self) -> Vec<Urgent> {
        self.urgent.clone().into_sorted_vec()
    }

    /// Share of the documents with a signature in those that could be checked; 0 to 1.
    pub fn signed_share(&self) -> f64 {
        let checked = self.documents.signed + self.documents.unsigned;
        // Counts of documents are far below 2^52.
        if checked == 0 {
            0.0
        } else {
            self.documents.signed as f64 / checked as f64
        }
    }

    /// Certificates that end within [`NEAR_DAYS`] days after the moment of the run, the first end
    /// first.
    pub fn near_end(&self) -> Vec<(&str, &Certificate)> {
        let from = self.settings.at;
        let until = from.plus(NEAR_DAYS * 86_400);
        let mut near: Vec<(&str, &Certificate)> = self
            .certificates
            .iter()
            .filter(|(_, one)| one.end.is_some_and(|end| from <= end && end <= until))
            .map(|(sha256, one)| (sha256.as_str(), one))
            .collect();
        near.sort_by_key(|(sha256, one)| (one.end, *sha256));
        near
    }

    /// Certificates in regular use.
    pub fn regular(&self) -> u64 {
        self.certificates
            .values()
            .filter(|one| one.is_regular())
            .count() as u64
    }

    /// The figures of each half-year in which something was signed, `2026-H1`.
    pub fn half_years(&self) -> BTreeMap<String, HalfYear> {
        let mut all: BTreeMap<String, HalfYear> = BTreeMap::new();
        for (month, figures) in &self.months {
            let half = all.entry(half_year(month)).or_default();
            half.documents += figures.documents;
            half.signatures += figures.signatures;
        }
        for certificate in self.certificates.values() {
            let begin = certificate.begin.map(|at| half_year(&month(at)));
            let end = certificate.end.map(|at| half_year(&month(at)));
            let mut months: BTreeMap<String, usize> = BTreeMap::new();
            for month in certificate.months.keys() {
                *months.entry(half_year(month)).or_default() += 1;
            }
            for (name, half) in &mut all {
                let begun = begin.as_ref().is_some_and(|begin| begin <= name);
                if begun && end.as_ref().is_some_and(|end| name <= end) {
                    half.certificates += 1;
                }
                half.begun += u64::from(begin.as_ref() == Some(name));
                let months = months.get(name).copied().unwrap_or(0);
                half.used += u64::from(months > 0);
                half.regular += u64::from(months >= REGULAR_MONTHS);
            }
        }
        all
    }

    /// The figures as JSON, indented.
    pub fn json(&self) -> String {
        let mut summary = self.clone();
        summary.unprotected.urgent = self.urgent();
        let whole = Whole {
            summary: &summary,
            signed_share: self.signed_share(),
            certificates_in_regular_use: self.regular(),
            certificates_near_end: self.near_end().iter().map(|(sha256, _)| *sha256).collect(),
            half_years: self.half_years(),
        };
        // Strings, numbers and maps with names always serialise.
        serde_json::to_string_pretty(&whole).unwrap_or_default()
    }
}

fn count(map: &mut BTreeMap<String, u64>, key: &str) {
    match map.get_mut(key) {
        Some(number) => *number += 1,
        None => {
            map.insert(key.to_owned(), 1);
        }
    }
}

fn spread(first: &mut Option<UtcTime>, last: &mut Option<UtcTime>, time: Option<UtcTime>) {
    let Some(time) = time else { return };
    *first = Some(first.map_or(time, |first| first.min(time)));
    *last = Some(last.map_or(time, |last| last.max(time)));
}

/// `2026-03`.
fn month(at: UtcTime) -> String {
    let (year, month, ..) = at.civil(VIETNAM_OFFSET);
    format!("{year:04}-{month:02}")
}

/// `2026-H1` of `2026-03`.
fn half_year(month: &str) -> String {
    let (year, month) = month.split_once('-').unwrap_or((month, "01"));
    format!("{year}-H{}", if month <= "06" { 1 } else { 2 })
}
