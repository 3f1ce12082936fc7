//! `kyso verify`: files → verdicts, as text or JSON, and an exit code.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use super::{Exit, Stop, input, online};
use crate::error::{Error, ErrorKind, FileOperation};
use crate::limits::Limits;
use crate::online::Session;
use crate::pdf::Password;
use crate::report::{FileReport, Language, message};
use crate::time::UtcTime;
use crate::verify::Verifier;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// PDFs to verify; `-` reads their paths from standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// With `-`: paths end with NUL instead of a line end
    #[arg(short = '0')]
    nul: bool,
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
    /// Moment to verify for, RFC 3339; otherwise now
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    at: Option<UtcTime>,
    #[command(flatten)]
    online: online::OnlineArguments,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Passwords to try on encrypted files, one a line; otherwise KYSO_PASSWORDS from the environment
    #[arg(long, value_name = "FILE")]
    passwords: Option<PathBuf>,
    /// In text: every check, not only those that matter
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Sentences
    Text,
    /// One JSON object a file, indented
    Json,
    /// One JSON object a file, each on a line of its own
    Jsonl,
    /// One self-contained HTML page, for one file
    Html,
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    let one_file =
        arguments.files.len() == 1 && arguments.files.iter().all(|file| file.as_os_str() != "-");
    if arguments.format == Format::Html && !one_file {
        return Err(Stop::usage(message::one_file_for_html(language)));
    }
    let policy = input::policy(&arguments.policy, language)?;
    let trust = input::trust(&arguments.trust, language)?;
    let evidence = input::evidence(&arguments.evidence, &arguments.pool, language)?;
    let verifier = Verifier::new(trust, policy)
        .with_evidence(evidence)
        .with_passwords(passwords(arguments.passwords.as_deref(), language)?);
    let at = arguments.at.unwrap_or_else(input::now);
    let network = arguments.online.open();
    let mut session = network
        .as_ref()
        .map(|(rules, transport)| Session::new(rules.clone(), transport));
    let mut verify = |bytes: &[u8]| match &mut session {
        None => verifier.verify(bytes, at),
        Some(session) => online::verify(session, &verifier, bytes),
    };

    let mut output = std::io::stdout().lock();
    let mut exit: Option<Exit> = None;
    let mut one = |path: &Path| -> Result<(), Stop> {
        let name = path.to_string_lossy().into_owned();
        let report = FileReport::new(
            name,
            input::read(path, Limits::default().file).and_then(|bytes| {
                // A panic on one file must neither stop the run nor pass for an answer.
                let run = std::panic::AssertUnwindSafe(|| verify(&bytes));
                std::panic::catch_unwind(run).unwrap_or_else(|_| {
                    Err(Error::new(ErrorKind::Misuse(
                        "internal error: the check panicked",
                    )))
                })
            }),
        );
        let this = match &report.report {
            Ok(report) => Exit::from(report.indication),
            Err(error) if matches!(error.kind(), ErrorKind::Misuse(_)) => Exit::Internal,
            Err(_) => Exit::Input,
        };
        exit = Some(exit.map_or(this, |exit| exit.worst(this)));
        let text = match arguments.format {
            Format::Text => report.text(language, arguments.verbose),
            Format::Json => report.json_pretty() + "\n",
            Format::Jsonl => report.json() + "\n",
            Format::Html => report.html(language),
        };
        output
            .write_all(text.as_bytes())
            .map_err(|error| Stop::output(language, &error))
    };
    for file in &arguments.files {
        if file.as_os_str() == "-" {
            for path in listed(arguments.nul, language)? {
                one(&path)?;
            }
        } else {
            one(file)?;
        }
    }
    output
        .flush()
        .map_err(|error| Stop::output(language, &error))?;
    // An empty list is no pass.
    Ok(exit.unwrap_or(Exit::NoSignature))
}

/// The paths on standard input, one a line or each ended by NUL.
fn listed(nul: bool, language: Language) -> Result<Vec<PathBuf>, Stop> {
    let stop = |error: std::io::Error| {
        let kind = ErrorKind::io(FileOperation::StandardInput, Path::new(""), &error);
        Stop::input(language, "-", &Error::new(kind))
    };
    let mut paths = Vec::new();
    for part in std::io::stdin().lock().split(if nul { 0 } else { b'\n' }) {
        let mut part = part.map_err(stop)?;
        if !nul && part.last() == Some(&b'\r') {
            part.pop();
        }
        if !part.is_empty() {
            paths.push(path_from_bytes(part));
        }
    }
    Ok(paths)
}

#[cfg(unix)]
fn path_from_bytes(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_from_bytes(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// Candidates for encrypted files, in the order of the file (or of the variable).
fn passwords(path: Option<&Path>, language: Language) -> Result<Vec<Password>, Stop> {
    let text = zeroize::Zeroizing::new(match path {
        Some(path) => input::read(path, 1 << 20)
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
