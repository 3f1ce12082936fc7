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
use crate::run::input::files;
pub(super) use crate::run::input::read;
use crate::run::manifest::{self, Separator};
use crate::time::UtcTime;
use crate::validation::Policy;
use crate::verify::Verifier;

/// What a verification rests on, apart from its moment.
#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Basis {
    /// Certificates to trust: PEM, DER, PKCS#7 or a trust file; a folder stands for its files
    #[arg(long, value_name = "FILE|DIR")]
    trust: Vec<PathBuf>,
    /// CRLs, OCSP responses and certificates that help to decide
    #[arg(long, value_name = "FILE|DIR")]
    evidence: Vec<PathBuf>,
    /// Certificates between signer and trust anchor
    #[arg(long, value_name = "FILE|DIR")]
    pool: Vec<PathBuf>,
    /// Profile (official, vn-2025, vn-legacy, strict) or policy file
    #[arg(long, default_value = "official", value_name = "NAME|FILE")]
    policy: String,
}

impl Basis {
    /// The verifier with all of it.
    pub(super) fn verifier(&self, language: Language) -> Result<Verifier, Stop> {
        let policy = policy(&self.policy, language)?;
        let trust = trust(&self.trust, language)?;
        let evidence = evidence(&self.evidence, &self.pool, language)?;
        Ok(Verifier::new(trust, policy).with_evidence(evidence))
    }
}

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

/// Calls `take` with the bytes of each file that `paths` name.
pub(super) fn each(
    paths: &[PathBuf],
    max: u64,
    language: Language,
    mut take: impl FnMut(&[u8], &Path) -> Result<(), Error>,
) -> Result<(), Stop> {
    let stop =
        |path: &Path, error: &Error| Stop::input(language, &path.display().to_string(), error);
    for path in paths {
        let inside = files(std::slice::from_ref(path)).map_err(|error| stop(path, &error))?;
        for path in inside {
            read(&path, max)
                .and_then(|bytes| take(&bytes, &path))
                .map_err(|error| stop(&path, &error))?;
        }
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
