//! Every signed PDF of the outside corpora → integrity, coverage, later changes and trust, against
//! what their owners and four other programs say.
//!
//! Where we answer otherwise, `corpora/exceptions.json` says so with a reason; an entry that no
//! longer fits fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use kyso::error::Error;
use kyso::limits::Limits;
use kyso::pdf::Password;
use kyso::pki::evidence::{Evidence, Origin};
use kyso::pki::{Certificate, Trust, trust::TrustAnchor};
use kyso::report::Report;
use kyso::signature::{ByteRange, ChangeLevel};
use kyso::time::UtcTime;
use kyso::validation::policy::{ChangeAllowance, ContentCommitment, Reaction, RevocationMode};
use kyso::validation::{CheckId, Indication, Integrity, Policy, SignatureVerdict, Status};
use kyso::verify::{Record, Verifier};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The folder of the corpora; `None`, said plainly, when it is not given.
fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("KYSO_CORPORA").map(PathBuf::from);
    if folder.is_none() {
        println!("NOT RUN: KYSO_CORPORA is not set");
    }
    folder
}

fn read_json<T: DeserializeOwned>(path: &Path) -> T {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

// ---------------------------------------------------------------------------------------------
// What others say

#[derive(Deserialize)]
struct ExpectedFile {
    file: String,
    #[serde(default)]
    password: Option<String>,
    sigs: Vec<ExpectedSignature>,
    #[serde(default)]
    owner: Vec<Owner>,
}

#[derive(Deserialize)]
struct ExpectedSignature {
    field: String,
    /// Four numbers, `null`, or a word when they cannot be read.
    byte_range: serde_json::Value,
    /// `intact`, `broken` or nothing.
    expect: Option<String>,
    tier: String,
    #[serde(default)]
    coverage: Option<Coverage>,
    #[serde(default)]
    modification: Option<Modification>,
}

#[derive(Deserialize)]
struct Coverage {
    #[serde(default)]
    pdfsig_total: bool,
    range_ends_at_eof: Option<bool>,
    #[serde(default)]
    starts_at_0: bool,
}

#[derive(Deserialize)]
struct Modification {
    pyhanko: Option<String>,
    docmdp_ok: Option<bool>,
}

/// What a test of the file's owner asserts.
#[derive(Deserialize)]
struct Owner {
    field: String,
    default_policy: bool,
    modification_level: Option<String>,
    docmdp_ok: Option<bool>,
}

impl ExpectedSignature {
    fn byte_range(&self) -> Option<ByteRange> {
        let numbers: Vec<u64> = self
            .byte_range
            .as_array()?
            .iter()
            .filter_map(|number| number.as_u64())
            .collect();
        Some(ByteRange::new(numbers.try_into().ok()?))
    }

    /// The verdict on this signature: the same byte range; the same field where several share one.
    fn find<'r>(&self, report: &'r Report) -> Option<&'r SignatureVerdict> {
        let range = self.byte_range()?;
        let mut same = report
            .signatures
            .iter()
            .filter(|verdict| verdict.byte_range == Some(range));
        let first = same.clone().next();
        same.find(|verdict| verdict.field.as_deref() == Some(&self.field))
            .or(first)
    }
}

// ---------------------------------------------------------------------------------------------
// Exceptions

/// Disagreements that have one reason.
#[derive(Deserialize)]
struct ExceptionGroup {
    reason: String,
    rows: Vec<Difference>,
}

/// One answer of ours that is not the expected one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    file: String,
    field: String,
    /// `integrity`, `whole_document`, `changes`, `permitted`, or `trust:` and a fact.
    fact: String,
    expected: String,
    actual: String,
}

/// Differences found, held against the listed ones of the same facts.
struct Differences {
    facts: &'static [&'static str],
    found: BTreeSet<Difference>,
    agreed: BTreeMap<String, usize>,
}

impl Differences {
    fn new(facts: &'static [&'static str]) -> Self {
        Self {
            facts,
            found: BTreeSet::new(),
            agreed: BTreeMap::new(),
        }
    }

    fn compare(&mut self, file: &str, field: &str, fact: &str, expected: &str, actual: &str) {
        assert!(self.facts.contains(&fact), "{fact}");
        if expected == actual {
            *self.agreed.entry(fact.to_owned()).or_default() += 1;
            return;
        }
        self.found.insert(Difference {
            file: file.to_owned(),
            field: field.to_owned(),
            fact: fact.to_owned(),
            expected: expected.to_owned(),
            actual: actual.to_owned(),
        });
    }

    fn finish(self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/exceptions.json");
        let groups: Vec<ExceptionGroup> = read_json(&path);
        let mut listed = BTreeSet::new();
        for group in groups {
            assert!(group.reason.len() > 20, "a reason says something");
            for row in group.rows {
                if self.facts.contains(&row.fact.as_str()) {
                    assert!(listed.insert(row.clone()), "listed twice: {row:?}");
                }
            }
        }
        for (fact, count) in &self.agreed {
            println!("{fact}: {count} agree");
        }
        println!("{} differ, {} listed", self.found.len(), listed.len());
        let mut wrong = 0;
        for row in self.found.difference(&listed) {
            println!(
                "NOT LISTED {}",
                serde_json::json!({"file": row.file, "field": row.field, "fact": row.fact,
                    "expected": row.expected, "actual": row.actual})
            );
            wrong += 1;
        }
        for row in listed.difference(&self.found) {
            println!("STALE {row:?}");
            wrong += 1;
        }
        assert_eq!(wrong, 0, "exceptions.json does not fit");
    }
}

// ---------------------------------------------------------------------------------------------
// What we say

/// Everything that pyHanko lets pass by default, in our words.
fn tolerant() -> Policy {
    Policy {
        name: "corpora".to_owned(),
        revocation: RevocationMode::SoftFail,
        changes: ChangeAllowance::FormFilling,
        hybrid: Reaction::Warn,
        cms_trailing: Reaction::Warn,
        no_signed_attributes: Reaction::Warn,
        no_signing_certificate_attribute: Reaction::Warn,
        content_commitment: ContentCommitment::Required,
        ..Policy::official()
    }
}

fn passwords(password: Option<&str>) -> Vec<Password> {
    password
        .map(|password| Password::new(password.as_bytes()))
        .into_iter()
        .collect()
}

type Answer = Result<Report, Error>;

/// Each file of `expected.json` with our answer; made once for all tests.
fn answers() -> Option<&'static Vec<(ExpectedFile, Answer)>> {
    static ANSWERS: OnceLock<Vec<(ExpectedFile, Answer)>> = OnceLock::new();
    let folder = corpora()?;
    Some(ANSWERS.get_or_init(|| {
        let files: Vec<ExpectedFile> = read_json(&folder.join("expected.json"));
        let at = UtcTime::from_civil(2024, 1, 1, 0, 0, 0).unwrap();
        let mut panics = Vec::new();
        let answers = files
            .into_iter()
            .filter_map(|file| {
                let bytes = std::fs::read(folder.join(&file.file)).unwrap();
                let verifier = Verifier::new(Trust::new(), tolerant())
                    .with_passwords(passwords(file.password.as_deref()));
                match catch_unwind(AssertUnwindSafe(|| verifier.verify(&bytes, at))) {
                    Ok(answer) => Some((file, answer)),
                    Err(_) => {
                        panics.push(file.file);
                        None
                    }
                }
            })
            .collect();
        assert!(panics.is_empty(), "panic: {panics:?}");
        answers
    }))
}

fn integrity(verdict: Option<&SignatureVerdict>) -> &'static str {
    match verdict.map(|verdict| verdict.integrity) {
        Some(Integrity::Intact) => "intact",
        Some(Integrity::Broken) => "broken",
        Some(Integrity::Unknown) => "unknown",
        None => "missing",
    }
}

/// pyHanko's word for one of our levels; it has none between these.
fn level(verdict: &SignatureVerdict) -> &'static str {
    match verdict.changes.level {
        Some(ChangeLevel::None) => "NONE",
        Some(ChangeLevel::LtaUpdates) => "LTA_UPDATES",
        Some(ChangeLevel::Signing | ChangeLevel::FormFilling) => "FORM_FILLING",
        Some(ChangeLevel::Annotations) => "ANNOTATIONS",
        Some(ChangeLevel::Other) => "OTHER",
        None => "unknown",
    }
}

fn word(fact: Option<bool>) -> &'static str {
    match fact {
        Some(true) => "true",
        Some(false) => "false",
        None => "unknown",
    }
}

/// An expected-broken signature may also be unknown; never intact, and an intact one is intact.
#[test]
fn integrity_is_what_the_owners_and_the_tools_agree_on() {
    let Some(answers) = answers() else { return };
    let mut differences = Differences::new(&["integrity"]);
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for (file, answer) in answers {
        if let Err(error) = answer {
            println!("{}: {error}", file.file);
        }
        for signature in &file.sigs {
            let verdict = answer.as_ref().ok().and_then(|r| signature.find(r));
            let said = integrity(verdict);
            if !matches!(signature.tier.as_str(), "A" | "B") {
                let expect = signature.expect.as_deref().unwrap_or("nothing");
                let row = format!("tier {}: {expect}, ours {said}", signature.tier);
                *others.entry(row).or_default() += 1;
                continue;
            }
            let expect = signature.expect.as_deref().unwrap();
            let said = match (expect, said) {
                ("broken", "unknown" | "missing") => "broken",
                (_, said) => said,
            };
            differences.compare(&file.file, &signature.field, "integrity", expect, said);
        }
    }
    for (row, count) in others {
        println!("not gated, {row}: {count}");
    }
    assert_eq!(answers.len(), 424);
    differences.finish();
}

#[test]
fn whole_document_is_what_the_byte_range_and_pdfsig_say() {
    let Some(answers) = answers() else { return };
    let mut differences = Differences::new(&["whole_document"]);
    for (file, answer) in answers {
        for signature in &file.sigs {
            let verdict = answer.as_ref().ok().and_then(|r| signature.find(r));
            let (Some(verdict), Some(coverage)) = (verdict, &signature.coverage) else {
                continue;
            };
            let Some(at_end) = coverage.range_ends_at_eof else {
                continue;
            };
            if verdict.whole_document.is_none() || !matches!(signature.tier.as_str(), "A" | "B") {
                continue;
            }
            let truth = coverage.pdfsig_total && at_end && coverage.starts_at_0;
            differences.compare(
                &file.file,
                &signature.field,
                "whole_document",
                word(Some(truth)),
                word(verdict.whole_document),
            );
        }
    }
    differences.finish();
}

/// Levels and permission against pyHanko under a policy that lets forms be filled, as its own does.
#[test]
fn later_changes_are_judged_as_by_pyhanko_or_for_a_reason() {
    let Some(answers) = answers() else { return };
    let mut differences = Differences::new(&["changes", "permitted"]);
    let mut asserted = 0;
    for (file, answer) in answers {
        for signature in &file.sigs {
            let verdict = answer.as_ref().ok().and_then(|r| signature.find(r));
            let (Some(verdict), Some(opinion)) = (verdict, &signature.modification) else {
                continue;
            };
            let owner = file.owner.iter().find(|owner| {
                owner.default_policy
                    && owner.field == signature.field
                    && owner.modification_level.is_some()
            });
            // What a test asserts goes before what the tool says.
            let (expected, permitted) = match owner {
                Some(owner) => (owner.modification_level.as_deref(), owner.docmdp_ok),
                None => (opinion.pyhanko.as_deref(), opinion.docmdp_ok),
            };
            let Some(expected) = expected else { continue };
            asserted += usize::from(owner.is_some());
            let (name, field) = (&file.file, &signature.field);
            differences.compare(name, field, "changes", expected, level(verdict));
            if let Some(permitted) = permitted {
                let ours = word(verdict.changes.permitted);
                differences.compare(name, field, "permitted", word(Some(permitted)), ours);
            }
        }
    }
    println!("{asserted} levels asserted by a test of their owner");
    assert!(asserted > 200);
    differences.finish();
}

// ---------------------------------------------------------------------------------------------
// Trust

#[derive(Deserialize)]
struct TrustCase {
    file: String,
    password: Option<String>,
    test: String,
    field: String,
    roots: Vec<String>,
    extra_certs: Vec<String>,
    crls: Vec<String>,
    ocsps: Vec<String>,
    moment: String,
    revocation_policy: [String; 2],
    key_usage_settings: Option<String>,
    expect: TrustExpectation,
    timestamp: Option<ExpectedTimeStamp>,
}

/// The time-stamp of a signature, judged with the same roots.
#[derive(Deserialize)]
struct ExpectedTimeStamp {
    intact: bool,
    valid: bool,
    trusted: bool,
    timestamp: String,
}

#[derive(Deserialize)]
struct TrustExpectation {
    intact: bool,
    valid: bool,
    trusted: bool,
    revoked: bool,
    docmdp_ok: Option<bool>,
}

/// The bytes of an object by its SHA-256, whatever its ending.
fn object(folder: &Path, sha256: &str) -> Vec<u8> {
    let entry = std::fs::read_dir(folder.join("objects"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_stem().is_some_and(|stem| stem == sha256))
        .unwrap_or_else(|| panic!("no object {sha256}"));
    std::fs::read(entry).unwrap()
}

impl TrustCase {
    fn policy(&self) -> Policy {
        let revocation = |word: &str| match word {
            "CHECK_IF_DECLARED_SOFT" => RevocationMode::SoftFail,
            "CHECK_IF_DECLARED" => RevocationMode::IfDeclared,
            "NO_CHECK" => RevocationMode::None,
            other => panic!("revocation policy {other}"),
        };
        let [end_entity, authority] = &self.revocation_policy;
        assert_eq!(end_entity, authority);
        Policy {
            revocation: revocation(end_entity),
            content_commitment: match &self.key_usage_settings {
                None => ContentCommitment::Required,
                Some(text) => {
                    assert!(text.contains("(key_usage=None"), "{text}");
                    ContentCommitment::Optional
                }
            },
            ..tolerant()
        }
    }

    fn verifier(&self, folder: &Path) -> Verifier {
        let mut trust = Trust::new();
        for root in &self.roots {
            let certificate = Certificate::from_der(&object(folder, root)).unwrap();
            trust.add(TrustAnchor::from_certificate(certificate));
        }
        let (mut evidence, limits) = (Evidence::new(), Limits::default());
        for piece in self.extra_certs.iter().chain(&self.crls).chain(&self.ocsps) {
            evidence
                .add_bytes(&object(folder, piece), Origin::Caller, &limits)
                .unwrap();
        }
        Verifier::new(trust, self.policy())
            .with_evidence(evidence)
            .with_passwords(passwords(self.password.as_deref()))
    }

    fn bytes(&self, folder: &Path) -> Vec<u8> {
        std::fs::read(folder.join(&self.file)).unwrap()
    }

    fn moment(&self) -> UtcTime {
        UtcTime::from_rfc3339(&self.moment).unwrap()
    }
}

/// Path, period, revocation and strength of algorithms: what pyHanko sums up as trust.
fn trusted(verdict: &SignatureVerdict) -> bool {
    [
        CheckId::Path,
        CheckId::Period,
        CheckId::Revocation,
        CheckId::Algorithms,
    ]
    .iter()
    .all(|id| outcome(verdict, *id) == Some(true))
}

/// Whether a check is satisfied; `None` when it did not run.
fn outcome(verdict: &SignatureVerdict, id: CheckId) -> Option<bool> {
    let check = verdict.checks.iter().find(|check| check.id == id)?;
    match check.status {
        Status::Passed | Status::Warned => Some(true),
        Status::Failed => Some(false),
        Status::NotRun => None,
    }
}

#[test]
fn trust_is_what_pyhanko_says_or_otherwise_for_a_reason() {
    const FACTS: &[&str] = &[
        "trust:intact",
        "trust:valid",
        "trust:trusted",
        "trust:revoked",
        "trust:docmdp_ok",
        "trust:time_stamp",
        "trust:time_stamp_time",
    ];
    let Some(folder) = corpora() else { return };
    let cases: Vec<TrustCase> = read_json(&folder.join("trust_cases.json"));
    assert_eq!(cases.len(), 271);
    let mut differences = Differences::new(FACTS);
    for case in &cases {
        let report = case
            .verifier(&folder)
            .verify(&case.bytes(&folder), case.moment())
            .unwrap_or_else(|error| panic!("{}: {error}", case.file));
        let verdict = report
            .signatures
            .iter()
            .find(|verdict| verdict.field.as_deref() == Some(&case.field))
            .unwrap_or_else(|| panic!("{}: no field {}", case.file, case.field));
        let (name, expect) = (&format!("{} ({})", case.file, case.test), &case.expect);
        let mut compare = |fact, expected, ours| {
            differences.compare(name, &case.field, fact, word(Some(expected)), word(ours));
        };
        let (digest, value) = (CheckId::Digest, CheckId::SignatureValue);
        compare("trust:intact", expect.intact, outcome(verdict, digest));
        compare("trust:valid", expect.valid, outcome(verdict, value));
        compare("trust:trusted", expect.trusted, Some(trusted(verdict)));
        let revoked = verdict.revocation.iter().any(|row| row.status == "revoked");
        compare("trust:revoked", expect.revoked, Some(revoked));
        if let Some(permitted) = expect.docmdp_ok {
            compare("trust:docmdp_ok", permitted, verdict.changes.permitted);
        }
        if let Some(expected) = &case.timestamp {
            let stamp = verdict.time_stamps.first();
            let time = stamp.and_then(|stamp| stamp.time);
            let time = time.map_or("unknown".to_owned(), |time| time.rfc3339(0));
            let (fact, wanted) = ("trust:time_stamp_time", &expected.timestamp);
            let wanted = wanted.replace(' ', "T").replace("+00:00", "Z");
            differences.compare(name, &case.field, fact, &wanted, &time);
            let wanted = match (expected.intact && expected.valid, expected.trusted) {
                (true, true) => "trusted",
                (true, false) => "intact",
                (false, _) => "broken",
            };
            let ours = match stamp.map(|stamp| stamp.indication) {
                Some(Indication::TotalPassed) => "trusted",
                Some(Indication::Indeterminate) => "intact",
                Some(Indication::TotalFailed) => "broken",
                Some(Indication::NoSignatureFound) | None => "missing",
            };
            differences.compare(name, &case.field, "trust:time_stamp", wanted, ours);
        }
    }
    differences.finish();
}

/// A stored record gives, field for field, what the file gave, with no more evidence than it keeps.
#[test]
fn a_record_is_judged_as_the_file_was() {
    let Some(folder) = corpora() else { return };
    let limits = Limits::default();
    let cases: Vec<TrustCase> = read_json(&folder.join("trust_cases.json"));
    let (mut kept, mut given) = (0, 0);
    for case in &cases {
        let (verifier, moment) = (case.verifier(&folder), case.moment());
        let seen = verifier.observe(&case.bytes(&folder)).unwrap();
        let report = verifier.judge(&seen, moment).unwrap();
        let json = verifier.record(seen, &report).to_json();
        let record = Record::from_json(json.as_bytes(), &limits).unwrap();
        let again = Verifier::new(record.trust().clone(), record.policy().clone())
            .with_evidence(record.evidence(&limits).unwrap())
            .judge(record.observation(), record.validation_time())
            .unwrap();
        (kept, given) = (kept + again.evidence.len(), given + report.evidence.len());
        // In any order, since certificates may come before CRLs in the record.
        assert!(
            again
                .evidence
                .iter()
                .all(|one| report.evidence.contains(one))
        );
        let told = |report: &Report| {
            let mut value = serde_json::to_value(report).unwrap();
            value.as_object_mut().unwrap().remove("evidence").unwrap();
            value
        };
        assert_eq!(told(&again), told(&report), "{} ({})", case.file, case.test);
    }
    println!("{} records; {kept} of {given} pieces kept", cases.len());
}
