//! `kyso extend`: signed PDFs → the same at a higher level, or with their archive renewed.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use super::level::{LevelName, Opened, ServiceArguments};
use super::sign::publish;
use super::{Exit, Stop, input, note};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::report::Language;
use crate::report::message::{self, signing as words};
use crate::signing::{Extended, Extension, Raised};
use crate::validation::Level;

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Signed PDF; it is read and never written
    #[arg(required_unless_present = "pending", conflicts_with = "pending")]
    input: Option<PathBuf>,
    /// PDF to write; nothing is written when nothing is to be raised
    #[arg(
        short,
        long,
        value_name = "FILE",
        required_unless_present = "pending",
        conflicts_with = "pending"
    )]
    out: Option<PathBuf>,
    /// Raise, each in its place, the files that `kyso sign --queue` noted here; what is done is
    /// taken off the list
    #[arg(long, value_name = "FILE")]
    pending: Option<PathBuf>,
    /// PAdES level to reach; with --pending each file has its own
    #[arg(long, value_enum, default_value_t = LevelName::BLta, conflicts_with = "pending")]
    level: LevelName,
    #[command(flatten)]
    services: ServiceArguments,
    /// Add an archive time stamp although the last one still lasts for a year
    #[arg(long)]
    renew: bool,
    /// Take only revocation data that are newer than the signature is proven to be
    #[arg(long)]
    answers_after_signature: bool,
    /// Replace the output when it exists
    #[arg(long)]
    overwrite: bool,
}

impl Arguments {
    fn extension(&self, level: Level) -> Extension {
        let mut how = Extension::to(level);
        how.renew = self.renew;
        how.answers_after_signature = self.answers_after_signature;
        how
    }
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    let opened = arguments.services.required(language)?;
    if let Some(queue) = &arguments.pending {
        return pending(queue, arguments, &opened, language);
    }
    let (Some(input), Some(out)) = (&arguments.input, &arguments.out) else {
        return Err(Stop::usage(message::see_help(language)));
    };
    if arguments.level == LevelName::BB {
        return Err(Stop::usage(words::nothing_below(language)));
    }
    let stop =
        |path: &Path, error: Error| Stop::input(language, &path.display().to_string(), &error);
    let how = arguments.extension(arguments.level.level());
    let extended = extend(input, &how, &opened);
    opened.list_requests(language);
    match extended.map_err(|error| stop(input, error))? {
        Extended::Unchanged => note(&words::unchanged(language, how.level)),
        Extended::Raised(raised) => {
            publish(out, raised.bytes(), arguments.overwrite, &[input])
                .map_err(|error| stop(out, error))?;
            tell(&raised, how.level, out, language);
        }
    }
    Ok(Exit::Passed)
}

fn extend(path: &Path, how: &Extension, opened: &Opened) -> Result<Extended, Error> {
    let document = input::read(path, Limits::default().file)?;
    opened.services.extend(&document, how, input::now())
}

fn tell(raised: &Raised, level: Level, out: &Path, language: Language) {
    note(&words::raised(language, level, &out.display().to_string()));
    if !raised.is_covered() {
        note(words::last_revision_open(language));
    }
}

/// One line of a queue.
#[derive(Deserialize)]
struct Pending {
    file: PathBuf,
    level: String,
}

/// Raises what a queue lists. A line stays until its file is done, so that a run may be killed
/// and started again.
fn pending(
    queue: &Path,
    arguments: &Arguments,
    opened: &Opened,
    language: Language,
) -> Result<Exit, Stop> {
    let about = queue.display().to_string();
    let bytes = input::read(queue, 1 << 30).map_err(|e| Stop::input(language, &about, &e))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut left = String::new();
    let mut exit = Exit::Passed;
    let mut output = std::io::stdout().lock();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    for (index, line) in lines.iter().enumerate() {
        let result = one(line, arguments, opened);
        opened.list_requests(language);
        let outcome = match &result {
            Ok((file, changed)) => json!({
                "file": file.to_string_lossy(),
                "outcome": if *changed { "raised" } else { "unchanged" },
            }),
            Err((file, error)) => json!({
                "file": file.to_string_lossy(),
                "outcome": "failed",
                "error": {
                    "kind": error.kind().code(),
                    "text": message::error(language, error),
                },
            }),
        };
        if result.is_err() {
            left.push_str(line);
            left.push('\n');
            exit = Exit::Input;
        }
        let rest: String = lines
            .iter()
            .skip(index + 1)
            .map(|line| format!("{line}\n"))
            .collect();
        publish(queue, (left.clone() + &rest).as_bytes(), true, &[])
            .map_err(|error| Stop::input(language, &about, &error))?;
        writeln!(output, "{outcome}").map_err(|error| Stop::output(language, &error))?;
    }
    Ok(exit)
}

/// Raises the file of one line in its place; whether it changed.
fn one(
    line: &str,
    arguments: &Arguments,
    opened: &Opened,
) -> Result<(PathBuf, bool), (PathBuf, Error)> {
    let pending: Pending = serde_json::from_str(line).map_err(|_| {
        let kind = ErrorKind::Misuse("a line of the queue that is not understood");
        (PathBuf::from(line), Error::new(kind))
    })?;
    let fail = |error: Error| (pending.file.clone(), error);
    let level = Level::ALL.into_iter().find(|it| it.name() == pending.level);
    let level = level.ok_or_else(|| {
        let kind = ErrorKind::Misuse("a line of the queue with an unknown level");
        fail(Error::new(kind))
    })?;
    let how = arguments.extension(level);
    match extend(&pending.file, &how, opened).map_err(fail)? {
        Extended::Unchanged => Ok((pending.file.clone(), false)),
        Extended::Raised(raised) => {
            // What is replaced is an exact prefix of what replaces it.
            publish(&pending.file, raised.bytes(), true, &[]).map_err(fail)?;
            Ok((pending.file.clone(), true))
        }
    }
}
