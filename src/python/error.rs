//! An error → a Python exception that carries kind and position.

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::error;

create_exception!(
    kyso,
    Error,
    PyException,
    "A check or an operation could not be run: see `kind` and `position`."
);

/// The exception for `error`; `about` is the file that it is about, where there are several.
pub(super) fn raised(py: Python<'_>, error: &error::Error, about: Option<&str>) -> PyErr {
    let text = match about {
        Some(about) => format!("{about}: {error}"),
        None => error.to_string(),
    };
    refused(py, error.kind().code(), text, error.position())
}

/// The exception for arguments that mean nothing here.
pub(super) fn misuse(py: Python<'_>, text: impl Into<String>) -> PyErr {
    refused(py, "misuse", text.into(), None)
}

/// Refuses what was made before the process was forked: the threads of the other process are not
/// here, and with them whatever would open the locks that they held.
pub(super) fn not_forked(py: Python<'_>, process: u32, what: &str) -> PyResult<()> {
    match process == std::process::id() {
        true => Ok(()),
        false => Err(misuse(
            py,
            format!("the process was forked since: make a new {what} in this one"),
        )),
    }
}

fn refused(py: Python<'_>, kind: &str, text: String, position: Option<u64>) -> PyErr {
    let exception = Error::new_err(text);
    let value = exception.value(py);
    let set = value
        .setattr("kind", kind)
        .and_then(|()| value.setattr("position", position));
    match set {
        Ok(()) => exception,
        Err(other) => other,
    }
}
