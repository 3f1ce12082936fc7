//! A report of any kind → its conclusion, and its forms as Python has them.

use pyo3::prelude::*;

use super::error::misuse;
use super::input;
use crate::exchange::ExchangeReport;
use crate::report::certificate_check::CertificateReport;
use crate::report::{self, FileReport, Language};

/// What was found about a document, a certificate or an exchange message.
#[pyclass(frozen, module = "kyso")]
pub(super) struct Report(Found);

enum Found {
    Document(Box<report::Report>),
    Certificate(Box<CertificateReport>),
    Exchange(Box<ExchangeReport>),
}

impl From<report::Report> for Report {
    fn from(report: report::Report) -> Self {
        Self(Found::Document(Box::new(report)))
    }
}

impl From<CertificateReport> for Report {
    fn from(report: CertificateReport) -> Self {
        Self(Found::Certificate(Box::new(report)))
    }
}

impl From<ExchangeReport> for Report {
    fn from(report: ExchangeReport) -> Self {
        Self(Found::Exchange(Box::new(report)))
    }
}

#[pymethods]
impl Report {
    /// The main conclusion; of a certificate `PASSED`, `FAILED` or `INDETERMINATE`.
    #[getter]
    fn indication(&self) -> &'static str {
        match &self.0 {
            Found::Document(report) => report.indication.name(),
            Found::Certificate(report) => report.conclusion.name(),
            Found::Exchange(report) => report.indication.name(),
        }
    }

    /// Why, such as `HASH_FAILURE`; None when it passed or has no such word.
    #[getter]
    fn sub_indication(&self) -> Option<&'static str> {
        match &self.0 {
            Found::Document(report) => report.sub_indication.map(|sub| sub.name()),
            _ => None,
        }
    }

    /// Everything; for a document the members of the format kyso-report-1, but for schema, file and
    /// error, which belong to one answer among many.
    fn json(&self, py: Python<'_>) -> String {
        py.detach(|| match &self.0 {
            Found::Document(report) => report.json(),
            Found::Certificate(report) => report.json(),
            Found::Exchange(report) => report.json(),
        })
    }

    /// The JSON as a dictionary.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        input::from_json(py, &self.json(py))
    }

    /// Sentences, in `vi` or `en`.
    #[pyo3(signature = (language = "en"))]
    fn text(&self, py: Python<'_>, language: &str) -> PyResult<String> {
        let language = input::language(language)?;
        Ok(py.detach(|| self.sentences(language)))
    }

    /// One page that opens offline and prints; of documents only.
    #[pyo3(signature = (language = "en", *, name = ""))]
    fn html(&self, py: Python<'_>, language: &str, name: &str) -> PyResult<String> {
        let language = input::language(language)?;
        let Found::Document(report) = &self.0 else {
            return Err(misuse(py, "only the report on a document is also a page"));
        };
        let report = FileReport::new(name.to_owned(), Ok(report::Report::clone(report)));
        Ok(py.detach(|| report.html(language)))
    }

    fn __str__(&self, py: Python<'_>) -> String {
        py.detach(|| self.sentences(Language::En))
    }

    fn __repr__(&self) -> String {
        match self.sub_indication() {
            Some(why) => format!("<kyso.Report {} {why}>", self.indication()),
            None => format!("<kyso.Report {}>", self.indication()),
        }
    }
}

impl Report {
    fn sentences(&self, language: Language) -> String {
        match &self.0 {
            Found::Document(report) => report.text(language),
            Found::Certificate(report) => report.text(language),
            Found::Exchange(report) => report.text(language),
        }
    }
}
