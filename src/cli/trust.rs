//! `kyso trust`: a trust file is written, shown and checked.

use std::path::{Path, PathBuf};

use super::cert::{Format, json, print};
use super::{Exit, Stop, input};
use crate::error::{Error, ErrorKind, FileOperation, FileReason};
use crate::oid::Oid;
use crate::pki::trust::{HolderRule, Role};
use crate::pki::{Certificate, Name, Trust, TrustAnchor};
use crate::report::message::Expected;
use crate::report::message::certificate as say;
use crate::report::trust::{AnchorFacts, RuleFacts, TrustFacts};
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
    /// Add a rule to a trust file: whose certificates are a person's, and whose an agency's
    Rule(Rule),
    /// Show the anchors and rules of trust files or certificates
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
    /// PKI that it belongs to; anchors with the same name are one PKI
    #[arg(long, default_value = "", value_name = "TEXT")]
    pki: String,
}

#[derive(clap::Args)]
struct Rule {
    /// The trust file, which is made when it is not there
    file: PathBuf,
    /// Who the holder is; all conditions given must hold
    #[arg(long, value_enum)]
    is: Holder,
    /// RFC 4514 name of the direct issuer
    #[arg(long, value_name = "NAME", value_parser = issuer)]
    issuer: Option<Name>,
    /// A certificate policy, a dotted identifier
    #[arg(long, value_name = "OID", value_parser = policy)]
    policy: Option<Oid>,
    /// This very certificate: its SHA-256
    #[arg(long, value_name = "HEX")]
    certificate: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Holder {
    /// An organisation: its signature is the seal
    Agency,
    /// A natural person
    Person,
}

fn issuer(text: &str) -> Result<Name, Expected> {
    Name::from_rfc4514(text).map_err(|_| Expected::Name)
}

fn policy(text: &str) -> Result<Oid, Expected> {
    Oid::from_dotted(text).ok_or(Expected::ObjectIdentifier)
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
        Command::Rule(arguments) => rule(arguments, language),
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
    let mut trust = existing(&arguments.file, language)?;
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
        let anchor = anchor
            .with_source(arguments.source.clone())
            .with_pki(arguments.pki.clone());
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
        let inputs: Vec<&Path> = arguments
            .certificates
            .iter()
            .map(PathBuf::as_path)
            .collect();
        store(&arguments.file, &trust, &inputs, language)?;
    }
    print(language, &(lines.join("\n") + "\n"))?;
    Ok(Exit::Passed)
}

fn rule(arguments: &Rule, language: Language) -> Result<Exit, Stop> {
    let certificate = match &arguments.certificate {
        Some(text) => {
            Some(digest(text).ok_or_else(|| Stop::usage(say::not_a_digest(language, text)))?)
        }
        None => None,
    };
    if arguments.issuer.is_none() && arguments.policy.is_none() && certificate.is_none() {
        return Err(Stop::usage(say::rule_needs_condition(language)));
    }
    let rule = HolderRule {
        is: match arguments.is {
            Holder::Agency => Role::Agency,
            Holder::Person => Role::Person,
        },
        issuer: arguments.issuer.clone(),
        policy: arguments.policy.clone(),
        certificate,
    };
    let mut trust = existing(&arguments.file, language)?;
    let line = RuleFacts::new(&rule).text(language);
    let new = trust.add_rule(rule);
    if new {
        store(&arguments.file, &trust, &[], language)?;
    }
    print(language, &say::rule_added(language, new, &line))?;
    Ok(Exit::Passed)
}

/// The trust file, or an empty trust where there is none yet.
fn existing(file: &Path, language: Language) -> Result<Trust, Stop> {
    match file.try_exists() {
        Ok(false) => Ok(Trust::new()),
        _ => input::read(file, MAX)
            .and_then(|bytes| Trust::from_json(&bytes))
            .map_err(|error| Stop::input(language, &file.display().to_string(), &error)),
    }
}

/// Writes the trust file and reads it back.
fn store(file: &Path, trust: &Trust, inputs: &[&Path], language: Language) -> Result<(), Stop> {
    let text = trust.to_json() + "\n";
    output::write(
        file,
        text.as_bytes(),
        Existing::Replace,
        inputs,
        |written| match Trust::from_json(&input::read(written, MAX)?)? == *trust {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Io {
                operation: FileOperation::ReadBack,
                path: written.display().to_string(),
                reason: FileReason::OtherBytes,
            })),
        },
    )
    .map_err(|error| Stop::input(language, &file.display().to_string(), &error))
}

fn list(arguments: &List, check: bool, language: Language) -> Result<Exit, Stop> {
    let trust = input::trust(&arguments.files, language)?;
    let at = arguments.at.unwrap_or_else(input::now);
    let policy = Policy::official();
    let facts = TrustFacts {
        anchors: trust
            .anchors()
            .iter()
            .map(|anchor| match check {
                true => AnchorFacts::checked(anchor, &policy, at, arguments.warn_days),
                false => AnchorFacts::new(anchor),
            })
            .collect(),
        rules: trust.rules().iter().map(RuleFacts::new).collect(),
    };
    print(
        language,
        &match arguments.format {
            Format::Json => json(&facts),
            Format::Text => facts.text(language, check),
        },
    )?;
    let facts = facts.anchors;
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
