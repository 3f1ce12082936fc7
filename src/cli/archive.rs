//! `kyso archive`: folders, files and lists → a folder with a record of each document, tables and a summary.

mod progress;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Exit, Stop, input, note};
use crate::archive::merge::{self, MergeError};
use crate::archive::rejudge::Stored;
use crate::archive::{
    Counts, Engine, EngineOptions, Order, Outputs, RunOptions, STATE_FILE, Settings, Shard,
    last_settings, record, run as run_archive,
};
use crate::crypto::simd::Backend;
use crate::error::{Error, ErrorKind, FileOperation};
use crate::limits::Limits;
use crate::pki::{Evidence, Trust};
use crate::report::message::Expected;
use crate::report::message::archive as say;
use crate::report::{Language, hex};
use crate::run::walk::{Patterns, Questions, walk};
use crate::time::UtcTime;
use crate::validation::Policy;
use crate::verify::Verifier;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Subcommand>,
    #[command(flatten)]
    verify: VerifyArguments,
}

#[derive(clap::Subcommand)]
enum Subcommand {
    /// Make one folder of tables from those of several parts (see --shard)
    Merge(MergeArguments),
}

#[derive(clap::Args)]
struct MergeArguments {
    /// Folders of complete runs
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Folder for the tables
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    tables: TableArguments,
}

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct TableArguments {
    /// Also write records.csv
    #[arg(long)]
    csv: bool,
    /// Also write records.parquet
    #[arg(long)]
    parquet: bool,
    /// Exit code of the worst document, as `kyso verify` has it; otherwise 0 when the run is complete
    #[arg(long)]
    strict_exit: bool,
}

impl TableArguments {
    fn outputs(&self, language: Language) -> Outputs {
        Outputs {
            csv: self.csv,
            parquet: self.parquet,
            language,
        }
    }
}

#[derive(clap::Args)]
struct VerifyArguments {
    /// Folders (with everything below them) and files; `-` reads paths from standard input
    #[arg(value_name = "DIR|FILE")]
    inputs: Vec<PathBuf>,
    /// List of files, one path a line
    #[arg(long, value_name = "LIST")]
    manifest: Option<PathBuf>,
    /// With a list: paths end with NUL instead of a line end
    #[arg(short = '0')]
    nul: bool,
    /// Folder for records, tables and summary; the same folder again goes on where it was
    #[arg(long, required = true, value_name = "RUN")]
    out: Option<PathBuf>,
    /// Names of files to take from folders, such as `*.pdf` or `2026/**/*.pdf`
    #[arg(long, default_value = "*.pdf", value_name = "PATTERN")]
    include: Vec<String>,
    /// Names of files and folders to leave out
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Look into ZIP and tar files for documents
    #[arg(long)]
    unpack: bool,
    /// Number of workers; otherwise one for each core
    #[arg(long, default_value_t = 0, value_name = "N", hide_default_value = true)]
    jobs: usize,
    /// Only part i of n, by path; merge the parts with `kyso archive merge`
    #[arg(long, value_name = "i/n", value_parser = shard)]
    shard: Option<Shard>,
    /// Keep what a later `kyso judge RUN` needs: certificates, revocation data, what was seen
    #[arg(long)]
    keep_evidence: bool,
    /// Read every document again, also those that were not touched
    #[arg(long)]
    rehash: bool,
    #[command(flatten)]
    basis: input::Basis,
    /// Moment to verify for, RFC 3339; otherwise that of the earlier run in the folder, or now
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    at: Option<UtcTime>,
    /// Passwords to try on encrypted files, one a line; otherwise KYSO_PASSWORDS from the environment
    #[arg(long, value_name = "FILE")]
    passwords: Option<PathBuf>,
    #[command(flatten)]
    tables: TableArguments,
}

fn shard(text: &str) -> Result<Shard, Expected> {
    let part = || {
        let (number, of) = text.split_once('/')?;
        Shard::new(number.parse().ok()?, of.parse().ok()?)
    };
    part().ok_or(Expected::Part)
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    match &arguments.command {
        Some(Subcommand::Merge(arguments)) => merge(arguments, language),
        None => verify(&arguments.verify, language),
    }
}

fn verify(arguments: &VerifyArguments, language: Language) -> Result<Exit, Stop> {
    // The parser asks for it.
    let out = arguments.out.as_deref().unwrap_or(Path::new(""));
    if arguments.inputs.is_empty() && arguments.manifest.is_none() {
        return Err(Stop::usage(say::nothing_to_verify(language)));
    }
    let patterns = |include: &[String]| {
        Patterns::new(include, &arguments.exclude)
            .map_err(|pattern| Stop::usage(say::bad_pattern(language, &pattern)))
    };
    let documents = patterns(&arguments.include)?;
    let mut include = arguments.include.clone();
    if arguments.unpack {
        include.extend(["*.zip", "*.tar", "*.tar.gz", "*.tgz"].map(str::to_owned));
    }
    let walked = patterns(&include)?;

    let verifier = arguments.basis.verifier(language)?;
    let failed = |error: &Error| Stop::input(language, &out.display().to_string(), error);
    let at = moment(arguments.at, out, language)?;
    let settings = settings(verifier.policy(), verifier.trust(), verifier.evidence(), at);
    let passwords = input::passwords(arguments.passwords.as_deref(), language)?;
    let verifier = verifier.with_passwords(passwords);

    let stop = interrupt().map_err(|error| {
        failed(&Error::new(ErrorKind::io(
            FileOperation::StandardInput,
            Path::new(""),
            &error,
        )))
    })?;
    let mut roots = Vec::new();
    for path in &arguments.inputs {
        if path.as_os_str() == "-" {
            roots.extend(input::listed(path, arguments.nul, language)?);
        } else {
            roots.push(path.clone());
        }
    }
    if let Some(list) = &arguments.manifest {
        roots.extend(input::listed(list, arguments.nul, language)?);
    }
    let shard = arguments.shard.unwrap_or_default();
    let found = walk(
        &roots,
        &walked,
        &Questions {
            wanted: &|path| shard.has(path),
            stop: &|| stop.load(Ordering::Relaxed),
        },
    );
    drop(roots);

    let engine = EngineOptions {
        backend: backend(language)?,
        jobs: arguments.jobs,
        order: Order::Ready,
        observations: arguments.keep_evidence,
        ..EngineOptions::default()
    };
    let engine = Engine::new(Arc::new(verifier), engine);
    let options = RunOptions {
        out: out.to_owned(),
        rehash: arguments.rehash,
        unpack: arguments.unpack.then_some(documents),
        outputs: arguments.tables.outputs(language),
    };
    let mut line = progress::Line::new(language);
    let ended = run_archive(&engine, found, &settings, &options, &stop, &mut |pace| {
        line.show(pace);
    });
    line.clear();
    let ended = ended.map_err(|error| failed(&error))?;
    if !ended.complete {
        note(&format!(
            "kyso: {}",
            say::stopped(language, (ended.pace.done, ended.pace.total))
        ));
        return Ok(Exit::Input);
    }
    finish(
        &ended.counts,
        ended.pace.reused,
        out,
        &arguments.tables,
        language,
    )
}

fn merge(arguments: &MergeArguments, language: Language) -> Result<Exit, Stop> {
    let outputs = arguments.tables.outputs(language);
    let counts = merge::merge(&arguments.runs, &arguments.out, outputs).map_err(|error| {
        let name = |path: &Path| path.display().to_string();
        match error {
            MergeError::NoRun(run) => Stop {
                exit: Exit::Input,
                lines: vec![say::no_run(language, &name(&run))],
            },
            MergeError::OtherSettings(run) => {
                Stop::usage(say::other_settings(language, &name(&run)))
            }
            MergeError::Error(error) => Stop::input(language, &name(&arguments.out), &error),
        }
    })?;
    finish(
        &counts,
        counts.documents,
        &arguments.out,
        &arguments.tables,
        language,
    )
}

fn finish(
    counts: &Counts,
    reused: u64,
    out: &Path,
    tables: &TableArguments,
    language: Language,
) -> Result<Exit, Stop> {
    let out = out.display().to_string();
    let text = say::complete(language, counts.documents, reused, counts.errors, &out);
    note(&format!("kyso: {text}"));
    if !tables.strict_exit {
        return Ok(Exit::Passed);
    }
    let mut exit = counts.worst.map_or(Exit::NoSignature, Exit::from);
    if counts.errors > 0 {
        exit = exit.worst(Exit::Input);
    }
    if counts.internal > 0 {
        exit = exit.worst(Exit::Internal);
    }
    Ok(exit)
}

/// The moment to verify for. A run that goes on keeps its own.
fn moment(at: Option<UtcTime>, out: &Path, language: Language) -> Result<UtcTime, Stop> {
    if let Some(at) = at {
        return Ok(at);
    }
    let last = last_settings(&out.join(STATE_FILE))
        .map_err(|error| Stop::input(language, &out.display().to_string(), &error))?;
    Ok(match last {
        Some(last) => {
            let text = say::same_moment(language, &last.at.to_string());
            note(&format!("kyso: {text}"));
            last.at
        }
        None => input::now(),
    })
}

/// Everything apart from the documents that a record depends on.
fn settings(policy: &Policy, trust: &Trust, evidence: &Evidence, at: UtcTime) -> Settings {
    let certificates = evidence.certificates().map(|one| hex(one.sha256()));
    let crls = evidence.crls().map(|piece| hex(&piece.value.sha256()));
    let ocsps = evidence.ocsps().map(|piece| hex(&piece.value.sha256()));
    let mut evidence: Vec<String> = certificates.chain(crls).chain(ocsps).collect();
    evidence.sort();
    Settings {
        schema: record::SCHEMA,
        tool: concat!("kyso ", env!("CARGO_PKG_VERSION")).to_owned(),
        policy: policy.name.clone(),
        policy_sha256: hex(&policy.digest()),
        trust_sha256: hex(&trust.digest()),
        evidence_sha256: evidence,
        at,
    }
}

/// What `kyso judge RUN` is asked for, beside the run.
pub(super) struct Again<'a> {
    pub(super) policy: Option<Policy>,
    pub(super) trust: Trust,
    pub(super) trust_as_recorded: bool,
    pub(super) evidence: Evidence,
    pub(super) at: Option<UtcTime>,
    pub(super) out: &'a Path,
    pub(super) tables: &'a TableArguments,
}

/// Judges the documents of a run again.
pub(super) fn judge(run: &Path, again: Again<'_>, language: Language) -> Result<Exit, Stop> {
    let name = |path: &Path| path.display().to_string();
    let failed = |error: &Error| Stop::input(language, &name(run), error);
    let limits = Limits::default();
    let mut stored = Stored::open(run).map_err(|error| match error {
        MergeError::Error(error) => failed(&error),
        _ => Stop {
            exit: Exit::Input,
            lines: vec![say::no_evidence(language, &name(run))],
        },
    })?;
    let policy = match again.policy {
        Some(policy) => policy,
        None => stored.policy().map_err(|error| failed(&error))?,
    };
    let mut trust = again.trust;
    if again.trust_as_recorded {
        trust.merge(stored.trust().map_err(|error| failed(&error))?);
    }
    let mut evidence = stored.evidence(&limits).map_err(|error| failed(&error))?;
    evidence.merge(&again.evidence);
    let settings = settings(&policy, &trust, &evidence, again.at.unwrap_or(stored.at()));
    let verifier = Verifier::new(trust, policy).with_evidence(evidence);
    let outputs = again.tables.outputs(language);
    let counts = stored
        .judge(&verifier, &settings, again.out, outputs)
        .map_err(|error| failed(&error))?;
    finish(&counts, counts.documents, again.out, again.tables, language)
}

/// A flag that the first interrupt sets; the second ends the process at once, with the usual code.
pub(super) fn interrupt() -> std::io::Result<Arc<AtomicBool>> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the shutdown looks at what the flag was before.
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// The kernels that `KYSO_BACKEND` names, to compare or to rule out one; otherwise the fastest.
/// Answers are the same with all of them.
fn backend(language: Language) -> Result<Backend, Stop> {
    let Some(name) = std::env::var_os("KYSO_BACKEND") else {
        return Ok(Backend::best());
    };
    let name = name.to_string_lossy();
    Backend::named(&name).ok_or_else(|| {
        let there: Vec<_> = Backend::available().iter().map(|one| one.name()).collect();
        Stop::usage(say::no_backend(language, &name, &there.join(", ")))
    })
}
