//! `kyso trust`: a trust file is written, shown and checked.

use std::path::{Path, PathBuf};

use super::cert::{Format, json, print};
use super::{Exit, Stop, input};
use crate::error::{Error, ErrorKind, FileOperation, FileReason};
use crate::pki::{Certificate, Trust, TrustAnchor};
use crate::report::message::certificate as say;
use crate::report::trust::AnchorFacts;
use crate::report::{Language, hex};
use crate::run::output::{self, Existing};
use crate::time::UtcTime;
use crate::validation::Policy;

/// Longest trust file that is read, in bytes.
const MAX: u64 = 64 << 20;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Add anchors to a trust file, which is made when it is not there
    Add(Add),
    /// Show the anchors of trust files or certificates
    List(List),
    /// Say which anchors can be used at a moment, and which end soon
    Check(List),
}

#[derive(clap::Args)]
struct Add {
    /// The trust file
    file: PathBuf,
    /// Certificates to trust: PEM, DER or PKCS#7
    certificates: Vec<PathBuf>,
    /// SHA-256 of a certificate: each given certificate must have one of these; without
    /// certificates, the anchor is this pin alone
    #[arg(long, value_name = "HEX")]
    sha256: Vec<String>,
    /// Trust it up to this moment, RFC 3339, whatever its certificate says
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    until: Option<UtcTime>,
    /// Where it came from and how it was checked
    #[arg(long, default_value = "", value_name = "TEXT")]
    source: String,
}

#[derive(clap::Args)]
struct List {
    /// Trust files, or certificates; a folder stands for its files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Moment to check for, RFC 3339; otherwise now
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    at: Option<UtcTime>,
    /// Warn when an anchor ends within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    warn_days: u32,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    match &arguments.command {
        Command::Add(arguments) => add(arguments, language),
        Command::List(arguments) => list(arguments, false, language),
        Command::Check(arguments) => list(arguments, true, language),
    }
}

fn add(arguments: &Add, language: Language) -> Result<Exit, Stop> {
    let about = |path: &Path| path.display().to_string();
    let stop = |path: &Path, error: &Error| Stop::input(language, &about(path), error);
    let pins = arguments
        .sha256
        .iter()
        .map(|text| digest(text).ok_or_else(|| Stop::usage(say::not_a_digest(language, text))))
        .collect::<Result<Vec<_>, _>>()?;
    if pins.is_empty() && arguments.certificates.is_empty() {
        return Err(Stop::usage(say::nothing_to_add(language)));
    }
    let mut trust = match arguments.file.try_exists() {
        Ok(false) => Trust::new(),
        _ => input::read(&arguments.file, MAX)
            .and_then(|bytes| Trust::from_json(&bytes))
            .map_err(|error| stop(&arguments.file, &error))?,
    };
    let mut anchors = Vec::new();
    for path in &arguments.certificates {
        let found = input::read(path, MAX)
            .and_then(|bytes| Certificate::from_pem_or_der(&bytes))
            .map_err(|error| stop(path, &error))?;
        for certificate in found {
            if !pins.is_empty() && !pins.contains(certificate.sha256()) {
                let (subject, digest) = (certificate.subject().rfc4514(), certificate.sha256());
                let line = say::not_pinned(language, &about(path), &subject, &hex(digest));
                return Err(Stop {
                    exit: Exit::Failed,
                    lines: vec![line],
                });
            }
            anchors.push(TrustAnchor::from_certificate(certificate));
        }
    }
    if anchors.is_empty() {
        anchors.extend(pins.into_iter().map(TrustAnchor::from_sha256));
    }
    let mut lines = Vec::new();
    let mut changed = false;
    for mut anchor in anchors {
        if let Some(until) = arguments.until {
            anchor = anchor.with_until(until);
        }
        let anchor = anchor.with_source(arguments.source.clone());
        let facts = AnchorFacts::new(&anchor);
        let new = trust.add(anchor);
        changed |= new;
        let subject = facts
            .subject
            .unwrap_or_else(|| say::pin_only(language).to_owned());
        let digest = facts.sha256.unwrap_or_default();
        lines.push(say::anchor_added(language, new, &digest, &subject));
    }
    if changed {
        let text = trust.to_json() + "\n";
        let inputs: Vec<&Path> = arguments
            .certificates
            .iter()
            .map(PathBuf::as_path)
            .collect();
        output::write(
            &arguments.file,
            text.as_bytes(),
            Existing::Replace,
            &inputs,
            |written| match Trust::from_json(&input::read(written, MAX)?)? == trust {
                true => Ok(()),
                false => Err(Error::new(ErrorKind::Io {
                    operation: FileOperation::ReadBack,
                    path: about(written),
                    reason: FileReason::OtherBytes,
                })),
            },
        )
        .map_err(|error| stop(&arguments.file, &error))?;
    }
    print(language, &(lines.join("\n") + "\n"))?;
    Ok(Exit::Passed)
}

fn list(arguments: &List, check: bool, language: Language) -> Result<Exit, Stop> {
    let trust = input::trust(&arguments.files, language)?;
    let at = arguments.at.unwrap_or_else(input::now);
    let policy = Policy::official();
    let facts: Vec<AnchorFacts> = trust
        .anchors()
        .iter()
        .map(|anchor| match check {
            true => AnchorFacts::checked(anchor, &policy, at, arguments.warn_days),
            false => AnchorFacts::new(anchor),
        })
        .collect();
    print(
        language,
        &match arguments.format {
            Format::Json => json(&facts),
            Format::Text => facts
                .iter()
                .enumerate()
                .map(|(index, anchor)| anchor.text(language, index + 1, check))
                .collect(),
        },
    )?;
    Ok(match facts.iter().all(AnchorFacts::is_usable) {
        // Nobody to trust is no pass.
        true if check && facts.is_empty() => Exit::Indeterminate,
        true => Exit::Passed,
        false => Exit::Failed,
    })
}

/// 64 hexadecimal digits, colons and spaces allowed.
fn digest(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| *c != ':' && *c != ' ')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let octets: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| Some(pair.first()? << 4 | pair.get(1)?))
        .collect();
    (digits.len() == 64)
        .then(|| octets.try_into().ok())
        .flatten()
}
