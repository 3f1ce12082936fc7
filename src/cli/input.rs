//! Paths and variables of the command line → bytes, trust, evidence, policy, time.

use std::path::{Path, PathBuf};

use super::Stop;
use crate::error::{Error, ErrorKind, FileOperation};
use crate::limits::Limits;
use crate::pdf::Password;
use crate::pki::evidence::Origin;
use crate::pki::{Certificate, Evidence, Trust};
use crate::report::Language;
use crate::report::message::{self, Expected};
use crate::run::manifest::{self, Separator};
use crate::time::UtcTime;
use crate::validation::Policy;

/// The clock of the machine; read here and nowhere below.
pub(super) fn now() -> UtcTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since
        .map(|d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
        .unwrap_or(0);
    UtcTime::from_unix(seconds).unwrap_or(UtcTime::MAX)
}

/// A moment from the command line.
pub(super) fn time(text: &str) -> Result<UtcTime, Expected> {
    UtcTime::from_rfc3339(text).ok_or(Expected::Time)
}

/// The bytes of a file that may have at most `max` bytes; a longer one is not read.
pub(super) fn read(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    use std::io::Read;
    let io = |error: std::io::Error| Error::new(ErrorKind::io(FileOperation::Read, path, &error));
    let mut file = std::fs::File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if metadata.is_dir() {
        return Err(io(std::io::Error::from(std::io::ErrorKind::IsADirectory)));
    }
    if metadata.len() > max {
        return Err(Error::limit("file", max));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // A file that grows while it is read (or a pipe) is held to the limit as well.
    (&mut file)
        .take(max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > max {
        return Err(Error::limit("file", max));
    }
    Ok(bytes)
}

/// The files that `paths` name; a folder stands for the files in it, sorted, not deeper.
fn files(paths: &[PathBuf], language: Language) -> Result<Vec<PathBuf>, Stop> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let stop = |error: std::io::Error| {
            let kind = ErrorKind::io(FileOperation::Read, path, &error);
            Stop::input(language, &path.display().to_string(), &Error::new(kind))
        };
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(stop)? {
            let entry = entry.map_err(stop)?.path();
            if entry.is_file() {
                inside.push(entry);
            }
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

/// Calls `take` with the bytes of each file that `paths` name.
pub(super) fn each(
    paths: &[PathBuf],
    max: u64,
    language: Language,
    mut take: impl FnMut(&[u8], &Path) -> Result<(), Error>,
) -> Result<(), Stop> {
    for path in files(paths, language)? {
        read(&path, max)
            .and_then(|bytes| take(&bytes, &path))
            .map_err(|error| Stop::input(language, &path.display().to_string(), &error))?;
    }
    Ok(())
}

/// The trust that the files hold.
pub(super) fn trust(paths: &[PathBuf], language: Language) -> Result<Trust, Stop> {
    let mut trust = Trust::new();
    each(paths, 64 << 20, language, |bytes, _| {
        trust.merge(Trust::from_bytes(bytes)?);
        Ok(())
    })?;
    Ok(trust)
}

/// Evidence (CRLs, OCSP responses, certificates) and further certificates that the files hold.
pub(super) fn evidence(
    evidence: &[PathBuf],
    pool: &[PathBuf],
    language: Language,
) -> Result<Evidence, Stop> {
    let limits = Limits::default();
    let mut found = Evidence::new();
    each(evidence, limits.crl as u64, language, |bytes, _| {
        found.add_bytes(bytes, Origin::Caller, &limits).map(|_| ())
    })?;
    each(pool, 64 << 20, language, |bytes, _| {
        for certificate in Certificate::from_pem_or_der(bytes)? {
            found.add_certificate(certificate, Origin::Caller);
        }
        Ok(())
    })?;
    Ok(found)
}

/// A profile by name, or a policy file.
pub(super) fn policy(name: &str, language: Language) -> Result<Policy, Stop> {
    if let Some(policy) = Policy::named(name) {
        return Ok(policy);
    }
    let path = Path::new(name);
    if !path.exists() {
        return Err(Stop::usage(message::unknown_policy(
            language,
            name,
            Policy::NAMES,
        )));
    }
    read(path, 1 << 20)
        .and_then(|json| Policy::from_json(&json))
        .map_err(|error| Stop::input(language, name, &error))
}

/// The paths in the list `file`, one a line or each ended by NUL; `-` is standard input.
pub(super) fn listed(file: &Path, nul: bool, language: Language) -> Result<Vec<PathBuf>, Stop> {
    let separator = if nul { Separator::Nul } else { Separator::Line };
    let stop = |operation, error: &std::io::Error| {
        let kind = ErrorKind::io(operation, file, error);
        Stop::input(language, &file.display().to_string(), &Error::new(kind))
    };
    if file.as_os_str() == "-" {
        manifest::read(std::io::stdin().lock(), separator)
            .map_err(|error| stop(FileOperation::StandardInput, &error))
    } else {
        std::fs::File::open(file)
            .and_then(|list| manifest::read(std::io::BufReader::new(list), separator))
            .map_err(|error| stop(FileOperation::Read, &error))
    }
}

/// Candidates for encrypted files, in the order of the file (or of the variable).
pub(super) fn passwords(path: Option<&Path>, language: Language) -> Result<Vec<Password>, Stop> {
    let text = zeroize::Zeroizing::new(match path {
        Some(path) => read(path, 1 << 20)
            .map_err(|error| Stop::input(language, &path.display().to_string(), &error))?,
        None => std::env::var_os("KYSO_PASSWORDS")
            .map(std::ffi::OsString::into_encoded_bytes)
            .unwrap_or_default(),
    });
    Ok(text
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .map(Password::new)
        .collect())
}
