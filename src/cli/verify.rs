//! `kyso verify`: files → verdicts, as text or JSON, and an exit code.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Exit, Stop, input, online};
use crate::error::{Error, ErrorKind, FileOperation};
use crate::limits::Limits;
use crate::online::Session;
use crate::report::{FileReport, Language, Report, message};
use crate::run::output::{Readers, write_new};
use crate::time::UtcTime;
use crate::verify::Record;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// PDFs to verify; `-` reads their paths from standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// With `-`: paths end with NUL instead of a line end
    #[arg(short = '0')]
    nul: bool,
    #[command(flatten)]
    basis: input::Basis,
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
    /// Keep what the verdict rests on, for `kyso judge`: a new file, or, always for several
    /// documents, a folder that gets one file for each, named by its SHA-256 and the moment
    #[arg(long, value_name = "FILE|DIR")]
    evidence_out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Sentences
    Text,
    /// One JSON object a file, indented
    Json,
    /// One JSON object a file, each on a line of its own
    Jsonl,
    /// One self-contained HTML page, for one file
    Html,
}

impl Format {
    /// `report` in this form.
    pub(super) fn write(self, report: &FileReport, language: Language, verbose: bool) -> String {
        match self {
            Self::Text => report.text(language, verbose),
            Self::Json => report.json_pretty() + "\n",
            Self::Jsonl => report.json() + "\n",
            Self::Html => report.html(language),
        }
    }
}

/// How a run ends that gives this answer.
pub(super) fn exit_of(report: &FileReport) -> Exit {
    match &report.report {
        Ok(report) => Exit::from(report.indication),
        Err(error) if matches!(error.kind(), ErrorKind::Misuse(_)) => Exit::Internal,
        Err(_) => Exit::Input,
    }
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    let one_file =
        arguments.files.len() == 1 && arguments.files.iter().all(|file| file.as_os_str() != "-");
    if arguments.format == Format::Html && !one_file {
        return Err(Stop::usage(message::one_file_for_html(language)));
    }
    if let Some(to) = arguments
        .evidence_out
        .as_deref()
        .filter(|to| !one_file && !to.is_dir())
    {
        // Several records need a folder; a file of that name is no place for them.
        std::fs::create_dir(to).map_err(|error| {
            let kind = ErrorKind::io(FileOperation::MakeFolder, to, &error);
            Stop::input(language, &to.display().to_string(), &Error::new(kind))
        })?;
    }
    let verifier = arguments
        .basis
        .verifier(language)?
        .with_lint()
        .with_passwords(input::passwords(arguments.passwords.as_deref(), language)?);
    let at = arguments.at.unwrap_or_else(input::now);
    let network = arguments.online.open();
    let mut session = network
        .as_ref()
        .map(|(rules, transport)| Session::new(rules.clone(), transport));
    let mut verify = |bytes: &[u8]| {
        let seen = verifier.observe(bytes)?;
        let (report, used) = match &mut session {
            None => (verifier.judge(&seen, at)?, None),
            Some(session) => online::judge(session, &verifier, &seen)?,
        };
        if let Some(to) = &arguments.evidence_out {
            let used = used.as_ref().unwrap_or(&verifier);
            keep(&used.record(seen, &report), &report, to)?;
        }
        Ok(report)
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
        let this = exit_of(&report);
        exit = Some(exit.map_or(this, |exit| exit.worst(this)));
        let text = arguments.format.write(&report, language, arguments.verbose);
        output
            .write_all(text.as_bytes())
            .map_err(|error| Stop::output(language, &error))
    };
    for file in &arguments.files {
        if file.as_os_str() == "-" {
            for path in input::listed(Path::new("-"), arguments.nul, language)? {
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

/// Writes `record` to a new file: `to`, or one in the folder `to` that is named by the document's
/// SHA-256 and the moment. Copies of one document give one record.
fn keep(record: &Record, report: &Report, to: &Path) -> Result<(), Error> {
    let json = record.to_json();
    if !to.is_dir() {
        return write_new(to, json.as_bytes(), Readers::Owner);
    }
    let moment = report.validation_time.rfc3339(0).replace(['-', ':'], "");
    let path = to.join(format!("{}-{moment}.kyso.json", report.sha256));
    if std::fs::read(&path).is_ok_and(|there| there == json.as_bytes()) {
        return Ok(());
    }
    write_new(&path, json.as_bytes(), Readers::Owner)
}
