//! Python's strings, paths, bytes and times → documents, trust, evidence, policy, moments.

use std::path::{Path, PathBuf};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyInt, PyMemoryView, PyString, PyTuple};

use super::error::{misuse, raised};
use crate::archive::record::Place;
use crate::archive::{Input, Source};
use crate::error::Error;
use crate::limits::Limits;
use crate::pki::evidence::Origin;
use crate::pki::{Certificate, Evidence, Trust};
use crate::report::Language;
use crate::run::input;
use crate::time::UtcTime;
use crate::validation::Policy;

/// Largest file of certificates or trust, in bytes.
const CERTIFICATES: u64 = 64 << 20;

/// Something that a path names, or bytes that are there.
pub(super) enum Content {
    Path(PathBuf),
    Bytes(PyBackedBytes),
}

impl Content {
    /// From `bytes`, `bytearray`, `memoryview`, or a path.
    pub(super) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() {
            return Ok(Self::Bytes(object.extract()?));
        }
        if object.is_instance_of::<PyMemoryView>() {
            return Ok(Self::Bytes(object.call_method0("tobytes")?.extract()?));
        }
        object.extract().map(Self::Path).map_err(|_| {
            let kind = object.get_type().name().map(|name| name.to_string());
            let kind = kind.unwrap_or_default();
            PyTypeError::new_err(format!("expected bytes or a path, not {kind}"))
        })
    }

    /// The bytes: those of a regular file of at most `max`, or those that are there. Callers release
    /// the interpreter.
    pub(super) fn with<T>(
        &self,
        max: u64,
        what: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self {
            Self::Path(path) => what(&input::read_regular(path, max)?),
            Self::Bytes(bytes) => what(bytes),
        }
    }

    /// The path, for messages.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Path(path) => Some(path.display().to_string()),
            Self::Bytes(_) => None,
        }
    }
}

/// One document of many: `(name, content)`, or a content alone.
pub(super) struct Named {
    pub(super) place: Place,
    content: Content,
}

impl Named {
    pub(super) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let Ok(pair) = object.cast::<PyTuple>() else {
            let content = Content::new(object)?;
            let path = match &content {
                Content::Path(path) => path.as_path(),
                Content::Bytes(_) => Path::new(""),
            };
            return Ok(Self {
                place: Place::new(path, None),
                content,
            });
        };
        let (name, content): (PathBuf, Bound<'_, PyAny>) = pair.extract()?;
        Ok(Self {
            place: Place::new(&name, None),
            content: Content::new(&content)?,
        })
    }

    /// Bytes in memory that it stands for.
    pub(super) fn octets(&self) -> u64 {
        match &self.content {
            Content::Path(_) => 0,
            Content::Bytes(bytes) => bytes.len() as u64,
        }
    }

    pub(super) fn into_input(self, tag: u64) -> (Place, Input) {
        let source = match self.content {
            Content::Path(path) => Source::Path(path),
            Content::Bytes(bytes) => Source::Bytes(bytes.to_vec()),
        };
        (self.place, Input { tag, source })
    }
}

/// `None`, one content, or an iterable of them; a folder stands for the files in it.
fn contents(object: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<Content>> {
    let Some(object) = object.filter(|object| !object.is_none()) else {
        return Ok(Vec::new());
    };
    let one = |content: Content| match content {
        Content::Path(path) => input::files(std::slice::from_ref(&path))
            .map(|files| files.into_iter().map(Content::Path).collect())
            .map_err(|error| raised(object.py(), &error, None)),
        bytes @ Content::Bytes(_) => Ok(vec![bytes]),
    };
    if let Ok(content) = Content::new(object) {
        return one(content);
    }
    let mut all = Vec::new();
    for item in object.try_iter()? {
        all.extend(one(Content::new(&item?)?)?);
    }
    Ok(all)
}

/// Calls `take` with the bytes of every content, without the interpreter.
fn each(
    py: Python<'_>,
    object: Option<&Bound<'_, PyAny>>,
    max: u64,
    mut take: impl FnMut(&[u8]) -> Result<(), Error> + Send,
) -> PyResult<()> {
    for content in contents(object)? {
        // A revocation list may have many megabytes.
        py.detach(|| content.with(max, &mut take))
            .map_err(|error| raised(py, &error, content.name().as_deref()))?;
    }
    Ok(())
}

/// Whom to trust.
pub(super) fn trust(py: Python<'_>, object: Option<&Bound<'_, PyAny>>) -> PyResult<Trust> {
    let mut trust = Trust::new();
    each(py, object, CERTIFICATES, |bytes| {
        trust.merge(Trust::from_bytes(bytes)?);
        Ok(())
    })?;
    Ok(trust)
}

/// What helps to decide, and certificates between signers and anchors.
pub(super) fn evidence(
    py: Python<'_>,
    evidence: Option<&Bound<'_, PyAny>>,
    pool: Option<&Bound<'_, PyAny>>,
) -> PyResult<Evidence> {
    let limits = Limits::default();
    let mut found = Evidence::new();
    each(py, evidence, limits.crl as u64, |bytes| {
        found.add_bytes(bytes, Origin::Caller, &limits).map(|_| ())
    })?;
    each(py, pool, CERTIFICATES, |bytes| {
        for certificate in Certificate::from_pem_or_der(bytes)? {
            found.add_certificate(certificate, Origin::Caller);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Certificates, in their order.
pub(super) fn certificates(
    py: Python<'_>,
    object: &Bound<'_, PyAny>,
) -> PyResult<Vec<Certificate>> {
    let mut found = Vec::new();
    each(py, Some(object), CERTIFICATES, |bytes| {
        found.extend(Certificate::from_pem_or_der(bytes)?);
        Ok(())
    })?;
    Ok(found)
}

/// A profile by name, or a policy as a dictionary.
pub(super) fn policy(object: Option<&Bound<'_, PyAny>>) -> PyResult<Policy> {
    let Some(object) = object.filter(|object| !object.is_none()) else {
        return Ok(Policy::official());
    };
    let py = object.py();
    if let Ok(name) = object.extract::<String>() {
        return Policy::named(&name).ok_or_else(|| {
            let names = Policy::NAMES.join(", ");
            misuse(
                py,
                format!("no profile is called {name:?}; there are {names}"),
            )
        });
    }
    let json = to_json(object)?;
    Policy::from_json(json.as_bytes()).map_err(|error| raised(py, &error, None))
}

/// JSON of a dictionary.
pub(super) fn to_json(object: &Bound<'_, PyAny>) -> PyResult<String> {
    object
        .py()
        .import("json")?
        .call_method1("dumps", (object,))?
        .extract()
}

/// The dictionary that JSON stands for.
pub(super) fn from_json<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (json,))
}

/// Keyword arguments as JSON, with a moment written as the reader of JSON wants it.
pub(super) fn options(py: Python<'_>, options: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
    let Some(options) = options else {
        return Ok("{}".to_owned());
    };
    let copy = options.copy()?;
    let time = copy.get_item("claimed_time")?;
    if let Some(time) = time.filter(|time| !time.is_none()) {
        copy.set_item("claimed_time", moment(&time)?.to_string())?;
    }
    // What is not asked for may be written as None.
    for (key, value) in options.iter() {
        if value.is_none() {
            copy.del_item(key)?;
        }
    }
    to_json(copy.as_any()).map_err(|error| {
        // Values that JSON has no word for.
        misuse(py, error.value(py).to_string())
    })
}

/// An aware `datetime`, RFC 3339 text, or seconds since 1970.
pub(super) fn moment(object: &Bound<'_, PyAny>) -> PyResult<UtcTime> {
    let bad = |text: &str| PyValueError::new_err(text.to_owned());
    if let Ok(text) = object.cast::<PyString>() {
        return UtcTime::from_rfc3339(text.to_cow()?.as_ref())
            .ok_or_else(|| bad("a time as text is RFC 3339, such as 2026-11-23T07:00:00Z"));
    }
    let years = || bad("the time is outside the years 1 to 9999");
    if object.is_instance_of::<PyInt>() {
        let seconds = object.extract().map_err(|_| years())?;
        return UtcTime::from_unix(seconds).ok_or_else(years);
    }
    let zone = object
        .getattr("tzinfo")
        .map_err(|_| PyTypeError::new_err("expected a datetime, RFC 3339 text or seconds"))?;
    if zone.is_none() {
        return Err(bad("the datetime has no time zone"));
    }
    let seconds: f64 = object.call_method0("timestamp")?.extract()?;
    // A whole second; the years of `datetime` fit.
    #[allow(clippy::cast_possible_truncation)]
    let seconds = seconds.floor() as i64;
    UtcTime::from_unix(seconds).ok_or_else(years)
}

/// `vi` or `en`.
pub(super) fn language(name: &str) -> PyResult<Language> {
    match name {
        "vi" => Ok(Language::Vi),
        "en" => Ok(Language::En),
        other => Err(PyValueError::new_err(format!(
            "the language is vi or en, not {other:?}"
        ))),
    }
}
