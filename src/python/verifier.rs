//! Trust, evidence, policy and time from Python → a [`Verifier`], and its answers.

use std::io::{BufReader, Cursor};
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::batch::Answers;
use super::error::{not_forked, raised};
use super::input::{self, Content};
use super::report::Report;
use super::table::RecordBatches;
use crate::archive::{Engine, EngineOptions, Order};
use crate::error::Error;
use crate::exchange::{self, Options, Package};
use crate::limits::Limits;
use crate::pdf::Password;
use crate::report::certificate::CertificateFacts;
use crate::time::UtcTime;
use crate::verify::{self, CertificateOptions, CertificatePurpose, check_first_certificate};

/// Whom to trust, what to ask, what is known, and for which moment; made once, used for many.
#[pyclass(frozen, module = "kyso")]
pub(super) struct Verifier {
    verifier: Arc<verify::Verifier>,
    at: UtcTime,
    /// The process whose threads may hold its locks.
    process: u32,
}

impl Verifier {
    /// What does the work, in the process in which it was made.
    fn here(&self, py: Python<'_>) -> PyResult<&Arc<verify::Verifier>> {
        not_forked(py, self.process, "Verifier")?;
        Ok(&self.verifier)
    }

    fn at(&self, at: Option<&Bound<'_, PyAny>>) -> PyResult<UtcTime> {
        match at.filter(|at| !at.is_none()) {
            Some(at) => input::moment(at),
            None => Ok(self.at),
        }
    }

    fn engine(&self, py: Python<'_>, jobs: usize, ordered: bool) -> PyResult<Engine> {
        let verifier = self.here(py)?;
        if jobs > EngineOptions::MOST_JOBS {
            let text = format!("jobs is at most {}", EngineOptions::MOST_JOBS);
            return Err(PyValueError::new_err(text));
        }
        let options = EngineOptions {
            jobs,
            order: if ordered { Order::Input } else { Order::Ready },
            ..EngineOptions::default()
        };
        Ok(Engine::new(Arc::clone(verifier), options))
    }
}

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(signature = (trust = None, evidence = None, policy = None, at = None, *, pool = None, passwords = Vec::new(), lint = false))]
    #[allow(clippy::too_many_arguments)] // Named ones, for the caller.
    fn new(
        py: Python<'_>,
        trust: Option<&Bound<'_, PyAny>>,
        evidence: Option<&Bound<'_, PyAny>>,
        policy: Option<&Bound<'_, PyAny>>,
        at: Option<&Bound<'_, PyAny>>,
        pool: Option<&Bound<'_, PyAny>>,
        passwords: Vec<String>,
        lint: bool,
    ) -> PyResult<Self> {
        let Some(at) = at.filter(|at| !at.is_none()) else {
            let text = "at: the moment to verify for is needed; no clock is read";
            return Err(pyo3::exceptions::PyTypeError::new_err(text));
        };
        let at = input::moment(at)?;
        let trust = input::trust(py, trust)?;
        let policy = input::policy(policy)?;
        let evidence = input::evidence(py, evidence, pool)?;
        let passwords = passwords
            .iter()
            .map(|password| Password::new(password.as_bytes()))
            .collect();
        let verifier = py.detach(|| {
            let verifier = verify::Verifier::new(trust, policy)
                .with_evidence(evidence)
                .with_passwords(passwords);
            if lint { verifier.with_lint() } else { verifier }
        });
        Ok(Self {
            verifier: Arc::new(verifier),
            at,
            process: std::process::id(),
        })
    }

    /// Name of the policy.
    #[getter]
    fn policy(&self) -> String {
        self.verifier.policy().name.clone()
    }

    /// Verifies every signature of one document: bytes, or a path.
    #[pyo3(signature = (document, *, at = None))]
    fn verify(
        &self,
        py: Python<'_>,
        document: &Bound<'_, PyAny>,
        at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Report> {
        let document = Content::new(document)?;
        let at = self.at(at)?;
        let verifier = self.here(py)?;
        let max = verifier.limits().file;
        py.detach(|| document.with(max, |bytes| verifier.verify(bytes, at)))
            .map(Report::from)
            .map_err(|error| raised(py, &error, None))
    }

    /// Verifies many documents (bytes, paths, or names with either) with all cores: an iterator of
    /// answers. Up to `ahead` documents are taken before their answers are.
    #[pyo3(signature = (documents, *, at = None, jobs = 0, ordered = true, ahead = 512))]
    fn verify_many(
        &self,
        py: Python<'_>,
        documents: &Bound<'_, PyAny>,
        at: Option<&Bound<'_, PyAny>>,
        jobs: usize,
        ordered: bool,
        ahead: usize,
    ) -> PyResult<Answers> {
        let engine = self.engine(py, jobs, ordered)?;
        Answers::new(engine, self.at(at)?, documents, ahead)
    }

    /// As `verify_many`, as a table in batches of so many rows.
    #[pyo3(signature = (documents, *, at = None, jobs = 0, ordered = true, ahead = 512, rows = 1024))]
    #[allow(clippy::too_many_arguments)] // Named ones, for the caller.
    fn record_batches(
        &self,
        py: Python<'_>,
        documents: &Bound<'_, PyAny>,
        at: Option<&Bound<'_, PyAny>>,
        jobs: usize,
        ordered: bool,
        ahead: usize,
        rows: usize,
    ) -> PyResult<RecordBatches> {
        let engine = self.engine(py, jobs, ordered)?;
        RecordBatches::new(engine, self.at(at)?, documents, ahead, rows)
    }

    /// Checks path and status of the first certificate; the others may stand in its path.
    #[pyo3(signature = (certificate, *, purpose = "document-signing", at = None))]
    fn check_certificate(
        &self,
        py: Python<'_>,
        certificate: &Bound<'_, PyAny>,
        purpose: &str,
        at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Report> {
        let mut options = CertificateOptions::new(self.at(at)?);
        options.purpose = match purpose {
            "any" => CertificatePurpose::Any,
            "document-signing" => CertificatePurpose::DocumentSigning,
            "time-stamping" => CertificatePurpose::TimeStamping,
            other => {
                return Err(PyValueError::new_err(format!(
                    "the purpose is any, document-signing or time-stamping, not {other:?}"
                )));
            }
        };
        let verifier = self.here(py)?;
        options.policy = verifier.policy().clone();
        let certificates = input::certificates(py, certificate)?;
        let (trust, evidence) = (verifier.trust(), verifier.evidence());
        py.detach(|| check_first_certificate(&certificates, trust, evidence, &options))
            .map(Report::from)
            .ok_or_else(|| PyValueError::new_err("there is no certificate"))
    }

    /// Verifies every PDF of one edXML message: bytes, or a path.
    #[pyo3(signature = (message, *, at = None, allow_legacy_namespaces = false))]
    fn verify_exchange(
        &self,
        py: Python<'_>,
        message: &Bound<'_, PyAny>,
        at: Option<&Bound<'_, PyAny>>,
        allow_legacy_namespaces: bool,
    ) -> PyResult<Report> {
        let message = Content::new(message)?;
        let at = self.at(at)?;
        let verifier = self.here(py)?;
        let options = Options {
            allow_legacy_namespaces,
            ..Options::default()
        };
        let read = || {
            let mut package = match &message {
                Content::Bytes(bytes) => Package::read(Cursor::new(&**bytes), &options)?,
                // A stream: a message may be larger than memory should hold.
                Content::Path(path) => {
                    let (file, _) = crate::run::input::open(path)?;
                    Package::read(BufReader::with_capacity(64 << 10, file), &options)?
                }
            };
            exchange::verify(&mut package, verifier, at)
        };
        py.detach(read)
            .map(Report::from)
            .map_err(|error: Error| raised(py, &error, None))
    }

    fn __repr__(&self) -> String {
        format!(
            "<kyso.Verifier policy={} anchors={} at={}>",
            self.verifier.policy().name,
            self.verifier.trust().anchors().len(),
            self.at
        )
    }
}

/// What certificates say, one dictionary each.
#[pyfunction]
pub(super) fn certificates<'py>(
    py: Python<'py>,
    source: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let facts: Vec<_> = input::certificates(py, source)?
        .iter()
        .map(CertificateFacts::new)
        .collect();
    // A struct of strings, numbers and lists always serialises.
    input::from_json(py, &serde_json::to_string(&facts).unwrap_or_default())
}

/// Bytes that may be in memory at a time, as the engine has it.
pub(super) fn in_flight() -> u64 {
    EngineOptions::default().in_flight
}

/// Largest document in bytes.
pub(super) fn largest() -> u64 {
    Limits::default().file
}
