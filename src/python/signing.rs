//! A document, certificates and wishes from Python → what is to be signed elsewhere; its value → the
//! signed document.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::error::{misuse, raised};
use super::input::{self, Content};
use super::verifier::largest;
use crate::error::Error;
use crate::limits::Limits;
use crate::signing::key::AbsentKey;
use crate::signing::plan::Plan;
use crate::signing::{self, Signer};

/// A document in which only the signature value is missing. It holds no secret.
#[pyclass(frozen, module = "kyso")]
pub(super) struct Prepared(signing::Prepared);

/// Prepares a signature for a key that is elsewhere.
#[pyfunction]
#[pyo3(signature = (document, certificate, *, now, **options))]
pub(super) fn prepare(
    py: Python<'_>,
    document: &Bound<'_, PyAny>,
    certificate: &Bound<'_, PyAny>,
    now: &Bound<'_, PyAny>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Prepared> {
    let document = Content::new(document)?;
    let now = input::moment(now)?;
    let options = input::options(py, options)?;
    let certificates = input::certificates(py, certificate)?;
    py.detach(|| {
        let plan = Plan::from_json(options.as_bytes())?;
        let signer = Signer::new(AbsentKey::new(certificates, None)?);
        document.with(largest(), |bytes| signer.prepare(bytes, &plan, now))
    })
    .map(Prepared)
    .map_err(|error: Error| raised(py, &error, None))
}

#[pymethods]
impl Prepared {
    /// What `state` gave, perhaps in another process.
    #[staticmethod]
    fn restore(py: Python<'_>, state: &[u8]) -> PyResult<Self> {
        py.detach(|| serde_json::from_slice(state))
            .map(Self)
            .map_err(|error| misuse(py, format!("not a prepared signature: {error}")))
    }

    /// All of it, to store until the value comes.
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        // Strings and numbers always serialise.
        let state = py.detach(|| serde_json::to_vec(&self.0).unwrap_or_default());
        PyBytes::new(py, &state)
    }

    /// The octets to sign: the DER of the signed attributes.
    #[getter]
    fn message<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.message())
    }

    /// Their digest, for services that sign a digest.
    #[getter]
    fn digest<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        let digest = self.0.message_digest()?;
        Some(PyBytes::new(py, digest.as_bytes()))
    }

    /// Name of the signature algorithm.
    #[getter]
    fn algorithm(&self) -> String {
        self.0.signature_algorithm().name()
    }

    /// Name of the signature field.
    #[getter]
    fn field(&self) -> &str {
        self.0.field()
    }

    /// The signed PDF, checked; an error when the value is not by the certificate's key.
    fn finish<'py>(&self, py: Python<'py>, value: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let signed = py
            .detach(|| self.0.clone().finish(value, None, &Limits::default()))
            .map_err(|error| raised(py, &error, None))?;
        Ok(PyBytes::new(py, signed.bytes()))
    }

    fn __repr__(&self) -> String {
        format!("<kyso.Prepared {} {}>", self.0.field(), self.algorithm())
    }
}
