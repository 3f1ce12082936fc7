//! `kyso judge`: stored records → verdicts again, under another policy, trust, time or more evidence.

use std::io::Write;
use std::path::PathBuf;

use super::archive::{self, Again, TableArguments};
use super::verify::{Format, exit_of};
use super::{Exit, Stop, input};
use crate::limits::Limits;
use crate::pki::Trust;
use crate::report::{FileReport, Language, message};
use crate::time::UtcTime;
use crate::verify::{Record, Verifier};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Records that `kyso verify --evidence-out` wrote; or the folder of one run of `kyso archive`
    /// --keep-evidence
    #[arg(required = true, value_name = "RECORD|RUN")]
    records: Vec<PathBuf>,
    /// For a run: folder for the new tables
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    tables: TableArguments,
    /// Certificates to trust: PEM, DER, PKCS#7 or a trust file; a folder stands for its files
    #[arg(long, value_name = "FILE|DIR")]
    trust: Vec<PathBuf>,
    /// Trust whom the record says its writer trusted; only for records that you wrote yourself
    #[arg(long)]
    trust_as_recorded: bool,
    /// CRLs, OCSP responses and certificates beside those of the record
    #[arg(long, value_name = "FILE|DIR")]
    evidence: Vec<PathBuf>,
    /// Certificates between signer and trust anchor
    #[arg(long, value_name = "FILE|DIR")]
    pool: Vec<PathBuf>,
    /// Profile (official, vn-2025, vn-legacy, strict) or policy file; otherwise as recorded
    #[arg(long, value_name = "NAME|FILE")]
    policy: Option<String>,
    /// Moment to judge for, RFC 3339; otherwise as recorded
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    at: Option<UtcTime>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// In text: every check, not only those that matter
    #[arg(short, long)]
    verbose: bool,
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    if arguments.format == Format::Html && arguments.records.len() != 1 {
        return Err(Stop::usage(message::one_file_for_html(language)));
    }
    let policy = arguments.policy.as_deref();
    let policy = policy
        .map(|name| input::policy(name, language))
        .transpose()?;
    let trust = input::trust(&arguments.trust, language)?;
    let evidence = input::evidence(&arguments.evidence, &arguments.pool, language)?;
    if arguments.out.is_some() || arguments.records.iter().any(|path| path.is_dir()) {
        let ([run], Some(out)) = (arguments.records.as_slice(), &arguments.out) else {
            return Err(Stop::usage(message::archive::out_for_a_run(language)));
        };
        let again = Again {
            policy,
            trust,
            trust_as_recorded: arguments.trust_as_recorded,
            evidence,
            at: arguments.at,
            out,
            tables: &arguments.tables,
        };
        return archive::judge(run, again, language);
    }
    let limits = Limits::default();

    let mut output = std::io::stdout().lock();
    let mut exit: Option<Exit> = None;
    for path in &arguments.records {
        let judged = input::read(path, limits.file).and_then(|bytes| {
            let record = Record::from_json(&bytes, &limits)?;
            let mut trust = Trust::clone(&trust);
            if arguments.trust_as_recorded {
                trust.merge(record.trust().clone());
            }
            let policy = policy.as_ref().unwrap_or(record.policy()).clone();
            Verifier::new(trust, policy)
                .with_evidence(record.evidence(&limits)?)
                .with_evidence(evidence.clone())
                .judge(
                    record.observation(),
                    arguments.at.unwrap_or(record.validation_time()),
                )
        });
        let report = FileReport::of_record(path.to_string_lossy().into_owned(), judged);
        let this = exit_of(&report);
        exit = Some(exit.map_or(this, |exit| exit.worst(this)));
        let text = arguments.format.write(&report, language, arguments.verbose);
        output
            .write_all(text.as_bytes())
            .map_err(|error| Stop::output(language, &error))?;
    }
    output
        .flush()
        .map_err(|error| Stop::output(language, &error))?;
    Ok(exit.unwrap_or(Exit::NoSignature))
}
