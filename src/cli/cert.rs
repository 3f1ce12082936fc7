//! `kyso cert`: what certificates say, and whether one holds, as text or JSON.

use std::io::Write;
use std::path::PathBuf;

use super::{Exit, Stop, input, note, online};
use crate::limits::Limits;
use crate::oid::Oid;
use crate::online::Session;
use crate::pki::Certificate;
use crate::pki::evidence::Origin;
use crate::report::certificate::{CertificateFacts, PeriodState, period};
use crate::report::certificate_check::{CertificateConclusion, CertificateReport};
use crate::report::message::Expected;
use crate::report::{Language, message};
use crate::time::UtcTime;
use crate::validation::policy::RevocationMode;
use crate::verify::{CertificateOptions, CertificatePurpose, check_certificate};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show everything that certificates say
    Show(Show),
    /// Check the path and the status of one certificate
    Check(Check),
}

#[derive(clap::Args)]
struct Show {
    /// Certificates: PEM, DER or PKCS#7; a folder stands for its files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Moment for which the period is commented, RFC 3339; otherwise now
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    at: Option<UtcTime>,
    /// Warn when a certificate ends within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    warn_days: u32,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(clap::Args)]
struct Check {
    /// The certificate; further ones in the file are candidates for its path
    leaf: PathBuf,
    /// Certificates to trust: PEM, DER, PKCS#7 or a trust file; a folder stands for its files
    #[arg(long, value_name = "FILE|DIR")]
    trust: Vec<PathBuf>,
    /// Certificates between the certificate and a trust anchor
    #[arg(long, value_name = "FILE|DIR")]
    pool: Vec<PathBuf>,
    /// CRLs, OCSP responses and certificates that help to decide
    #[arg(long, value_name = "FILE|DIR")]
    evidence: Vec<PathBuf>,
    /// How much must be known about revocation
    #[arg(long, value_enum, default_value_t = Revocation::Require)]
    revocation: Revocation,
    /// What the certificate is for
    #[arg(long, value_enum, default_value_t = Purpose::DocumentSigning)]
    purpose: Purpose,
    /// Certificate policies of which one must be valid on the path
    #[arg(long, value_name = "OID", value_parser = oid)]
    policy: Vec<Oid>,
    /// Profile that says which algorithms are strong enough
    #[arg(long, default_value = "official", value_name = "NAME|FILE")]
    profile: String,
    /// Moment to check for, RFC 3339; otherwise now
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    at: Option<UtcTime>,
    #[command(flatten)]
    online: online::OnlineArguments,
    /// Warn when a certificate ends within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    warn_days: u32,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Sentences
    Text,
    /// JSON, indented
    Json,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Revocation {
    /// Known for every certificate below the anchor
    Require,
    /// Known for every certificate that says where its status is published
    IfDeclared,
    /// Unknown is a warning
    SoftFail,
    /// Not asked
    None,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Purpose {
    /// Signing documents
    DocumentSigning,
    /// Making time stamps
    TimeStamping,
    /// Any
    Any,
}

fn oid(text: &str) -> Result<Oid, Expected> {
    Oid::from_dotted(text).ok_or(Expected::ObjectIdentifier)
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    match &arguments.command {
        Command::Show(arguments) => show(arguments, language),
        Command::Check(arguments) => check(arguments, language),
    }
}

#[derive(serde::Serialize)]
struct Shown<'a> {
    file: &'a str,
    period: PeriodState,
    #[serde(flatten)]
    facts: &'a CertificateFacts,
}

fn show(arguments: &Show, language: Language) -> Result<Exit, Stop> {
    let at = arguments.at.unwrap_or_else(input::now);
    let mut found = Vec::new();
    input::each(&arguments.files, 64 << 20, language, |bytes, path| {
        for certificate in Certificate::from_pem_or_der(bytes)? {
            found.push((
                path.display().to_string(),
                CertificateFacts::new(&certificate),
            ));
        }
        Ok(())
    })?;
    let text = match arguments.format {
        Format::Text => found
            .iter()
            .enumerate()
            .map(|(index, (file, facts))| {
                let gap = if index == 0 { "" } else { "\n" };
                let body = facts.text(language, at, arguments.warn_days);
                format!("{gap}{file}:\n{body}")
            })
            .collect(),
        Format::Json => {
            let shown = found.iter().map(|(file, facts)| Shown {
                file,
                period: period(facts.not_before, facts.not_after, at, arguments.warn_days),
                facts,
            });
            json(&shown.collect::<Vec<_>>())
        }
    };
    print(language, &text)?;
    Ok(Exit::Passed)
}

fn check(arguments: &Check, language: Language) -> Result<Exit, Stop> {
    let mut options = CertificateOptions::new(arguments.at.unwrap_or_else(input::now));
    options.policy = input::policy(&arguments.profile, language)?;
    options.policy.revocation = match arguments.revocation {
        Revocation::Require => RevocationMode::Require,
        Revocation::IfDeclared => RevocationMode::IfDeclared,
        Revocation::SoftFail => RevocationMode::SoftFail,
        Revocation::None => RevocationMode::None,
    };
    options.purpose = match arguments.purpose {
        Purpose::DocumentSigning => CertificatePurpose::DocumentSigning,
        Purpose::TimeStamping => CertificatePurpose::TimeStamping,
        Purpose::Any => CertificatePurpose::Any,
    };
    options.policies.clone_from(&arguments.policy);
    options.warn_days = arguments.warn_days;

    let trust = input::trust(&arguments.trust, language)?;
    let mut evidence = input::evidence(&arguments.evidence, &arguments.pool, language)?;
    let about = arguments.leaf.display().to_string();
    let certificates = input::read(&arguments.leaf, 64 << 20)
        .and_then(|bytes| Certificate::from_pem_or_der(&bytes))
        .map_err(|error| Stop::input(language, &about, &error))?;
    let Some((leaf, others)) = certificates.split_first() else {
        return Err(Stop::usage(message::internal(language)));
    };
    if !others.is_empty() {
        let count = certificates.len();
        let line = message::certificate::one_certificate(language, &about, count);
        note(&format!("kyso: {line}"));
    }
    for certificate in others {
        evidence.add_certificate(certificate.clone(), Origin::Caller);
    }
    options.limits = Limits::default();
    let report = match arguments.online.open() {
        None => check_certificate(leaf, &trust, &evidence, &options),
        Some((rules, transport)) => {
            let asked = online::ask(
                &mut Session::new(rules, &transport),
                &evidence,
                |more, at| {
                    let options = CertificateOptions {
                        at,
                        ..options.clone()
                    };
                    let evidence = more.unwrap_or(&evidence);
                    Ok(check_certificate(leaf, &trust, evidence, &options))
                },
                |report: &CertificateReport| &report.wanted,
            );
            let (mut report, requests) =
                asked.map_err(|error| Stop::input(language, &about, &error))?;
            report.requests = requests;
            report
        }
    };
    print(
        language,
        &match arguments.format {
            Format::Text => format!("{about}: {}", report.text(language)),
            Format::Json => json(&report),
        },
    )?;
    Ok(match report.conclusion {
        CertificateConclusion::Passed => Exit::Passed,
        CertificateConclusion::Indeterminate => Exit::Indeterminate,
        CertificateConclusion::Failed => Exit::Failed,
    })
}

/// Indented, with a line end.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    // A struct of strings, numbers and lists always serialises.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

pub(super) fn print(language: Language, text: &str) -> Result<(), Stop> {
    std::io::stdout()
        .lock()
        .write_all(text.as_bytes())
        .map_err(|error| Stop::output(language, &error))
}
