//! What a case is expected to give, and the one place where it is compared.

use std::fmt::Write as _;

use kyso::error::ErrorKind;
use kyso::signature::ChangeLevel;
use kyso::validation::Indication;
pub use kyso::validation::SubIndication as S;
use kyso::{Report, UtcTime, Verifier};

use super::pki::{at, verifier};

/// Expected of the affected signature, or of the file when no signature can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// TOTAL-PASSED.
    Pass,
    /// TOTAL-PASSED, and some check warned.
    Warn,
    /// TOTAL-FAILED for this reason.
    Fail(S),
    /// INDETERMINATE for this reason.
    Open(S),
    /// A typed error and no verdict: this limit was reached.
    Limit(&'static str),
    /// A typed error of this kind and no verdict.
    Error(&'static str),
}

pub const FORMAT: Expect = Expect::Fail(S::FormatFailure);

/// The cases of one row of the catalogue; all are run before the first complaint.
pub struct Row {
    id: &'static str,
    complaints: String,
    verifier: Verifier,
    moment: UtcTime,
    count: usize,
}

impl Row {
    pub fn new(id: &'static str) -> Self {
        Self::with(id, verifier())
    }

    pub fn with(id: &'static str, verifier: Verifier) -> Self {
        Self {
            id,
            complaints: String::new(),
            verifier,
            moment: at(),
            count: 0,
        }
    }

    /// Validates for `moment`.
    pub fn at(mut self, moment: UtcTime) -> Self {
        self.moment = moment;
        self
    }

    /// The first signature of `file` gives `expect`.
    pub fn case(&mut self, name: &str, file: &[u8], expect: Expect) {
        self.signature(name, file, 0, expect, None);
    }

    /// The first signature gives `expect`, and later changes go as far as `level`.
    pub fn level(&mut self, name: &str, file: &[u8], expect: Expect, level: ChangeLevel) {
        self.signature(name, file, 0, expect, Some(level));
    }

    /// Every signature gives `expect`.
    pub fn all(&mut self, name: &str, file: &[u8], expect: Expect, count: usize) {
        let report = self.verifier.verify(file, self.moment);
        let found = report.as_ref().map_or(0, |r| r.signatures.len());
        if found != count {
            let _ = writeln!(
                self.complaints,
                "{} {name}: {found} signatures, not {count}",
                self.id
            );
        }
        for index in 0..count {
            self.signature(name, file, index, expect, None);
        }
    }

    /// Signature `index`, counted from 0 in the order of signing.
    pub fn signature(
        &mut self,
        name: &str,
        file: &[u8],
        index: usize,
        expect: Expect,
        level: Option<ChangeLevel>,
    ) {
        self.count += 1;
        dump(self.id, name, file);
        let report = self.verifier.verify(file, self.moment);
        let (indication, sub, warned, found) = match &report {
            Err(error) => {
                let fits = match (expect, error.kind()) {
                    (Expect::Limit(wanted), ErrorKind::Limit { name, .. }) => wanted == *name,
                    (Expect::Error(wanted), kind) => wanted == kind.code(),
                    _ => false,
                };
                if !fits {
                    let _ = writeln!(
                        self.complaints,
                        "{} {name}: error {} {error}, not {expect:?}",
                        self.id,
                        error.kind().code()
                    );
                }
                return;
            }
            Ok(report) => match report.signatures.get(index) {
                None => (report.indication, report.sub_indication, false, None),
                Some(one) => {
                    let warned = one
                        .checks
                        .iter()
                        .any(|c| c.status == kyso::validation::Status::Warned);
                    (
                        one.indication,
                        one.sub_indication,
                        warned,
                        one.changes.level,
                    )
                }
            },
        };
        let fits = match expect {
            Expect::Pass => indication == Indication::TotalPassed,
            Expect::Warn => indication == Indication::TotalPassed && warned,
            Expect::Fail(reason) => indication == Indication::TotalFailed && sub == Some(reason),
            Expect::Open(reason) => indication == Indication::Indeterminate && sub == Some(reason),
            Expect::Limit(_) | Expect::Error(_) => false,
        };
        if !fits || level.is_some_and(|level| found != Some(level)) {
            let _ = writeln!(
                self.complaints,
                "{} {name}: {indication:?} {sub:?} warned {warned} level {found:?}; expected {expect:?} {level:?}{}",
                self.id,
                report.as_ref().map_or_else(|_| String::new(), why)
            );
        }
    }

    pub fn finish(self) {
        assert!(self.complaints.is_empty(), "\n{}", self.complaints);
        println!("{}: {} cases", self.id, self.count);
    }
}

/// The checks that did not pass.
pub fn why(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.document.findings {
        let _ = write!(
            out,
            "\n      {} {:?} {:?}",
            finding.code, finding.text, finding.position
        );
    }
    for (index, signature) in report.signatures.iter().enumerate() {
        for check in &signature.checks {
            if check.status != kyso::validation::Status::Passed {
                let _ = write!(
                    out,
                    "\n      [{index}] {:?} {:?} {:?}",
                    check.id, check.status, check.reasons
                );
            }
        }
    }
    out
}

/// Writes the file where `KYSO_ATTACKS_DIR` says, to look at it with other programs.
fn dump(id: &str, name: &str, file: &[u8]) {
    if let Some(dir) = std::env::var_os("KYSO_ATTACKS_DIR") {
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let _ = std::fs::write(
            std::path::Path::new(&dir).join(format!("{id}-{name}.pdf")),
            file,
        );
    }
}
