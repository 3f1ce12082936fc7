//! `kyso extend`: signed PDFs → the same at a higher level, or with their archive renewed.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::Digest as _;

use super::level::{LevelName, Opened, Queued, ServiceArguments};
use super::sign::publish;
use super::{Exit, Stop, input, note};
use crate::error::{Error, ErrorKind, FileOperation, FileReason};
use crate::limits::Limits;
use crate::report::message::{self, signing as words};
use crate::report::{Language, hex};
use crate::run::queue;
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
    #[arg(long, conflicts_with = "pending")]
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
            publish(
                out,
                raised.bytes(),
                arguments.overwrite,
                &[input],
                || Ok(()),
            )
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

/// What became of a file in a queue.
#[derive(Clone, Copy)]
enum Outcome {
    /// It was raised.
    Raised,
    /// It has the level already.
    Unchanged,
    /// Its place holds another file or none: it was never published, or replaced or removed since.
    Replaced,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Unchanged => "unchanged",
            Self::Replaced => "replaced",
        }
    }
}

/// Raises what a queue lists. A line stays until its file is done, so that a run may be killed
/// and started again; lines that come meanwhile stay for the next run.
///
/// Whoever publishes a file holds the queue from its line to its name. So the files of the lines
/// that are read while nobody holds it have their names, unless their process died over them.
fn pending(
    queue: &Path,
    arguments: &Arguments,
    opened: &Opened,
    language: Language,
) -> Result<Exit, Stop> {
    let stop = |error: Error| Stop::input(language, &queue.display().to_string(), &error);
    let bytes = queue::read(queue, 1 << 30).map_err(stop)?;
    let text = String::from_utf8_lossy(&bytes);
    // With what an editor may have put at their ends: a line is taken off as it stands.
    let lines: Vec<&str> = text
        .split('\n')
        .filter(|line| !line.trim().is_empty())
        .collect();
    // The list is written anew each time; a long one not for each of its lines.
    let at_once = lines.len() / 256 + 1;
    let mut done: Vec<&str> = Vec::new();
    let mut exit = Exit::Passed;
    let mut output = std::io::stdout().lock();
    for line in lines {
        let result = one(line, queue, arguments, opened);
        opened.list_requests(language);
        let outcome = match &result {
            Ok((file, outcome)) => json!({
                "file": file.to_string_lossy(),
                "outcome": outcome.name(),
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
        match result {
            Ok(_) => done.push(line),
            Err(_) => exit = Exit::Input,
        }
        if done.len() >= at_once {
            queue::take_off(queue, &std::mem::take(&mut done)).map_err(stop)?;
        }
        writeln!(output, "{outcome}").map_err(|error| Stop::output(language, &error))?;
    }
    queue::take_off(queue, &done).map_err(stop)?;
    Ok(exit)
}

/// Raises the file of one line in its place.
fn one(
    line: &str,
    queue: &Path,
    arguments: &Arguments,
    opened: &Opened,
) -> Result<(PathBuf, Outcome), (PathBuf, Error)> {
    let queued: Queued = serde_json::from_str(line).map_err(|_| {
        let kind = ErrorKind::Misuse("a line of the queue that is not understood");
        (PathBuf::from(line), Error::new(kind))
    })?;
    let raise = || -> Result<Outcome, Error> {
        let mut levels = Level::ALL.into_iter();
        let level = levels.find(|it| it.name() == queued.level);
        let level = level.ok_or(ErrorKind::Misuse(
            "a line of the queue with an unknown level",
        ))?;
        let Some(document) = standing(&queued)? else {
            return Ok(Outcome::Replaced);
        };
        let how = arguments.extension(level);
        let Extended::Raised(raised) = opened.services.extend(&document, &how, input::now())?
        else {
            return Ok(Outcome::Unchanged);
        };
        // What is replaced is an exact prefix of what replaces it: nobody who holds the queue
        // publishes between this look and the new name.
        let mut replaced = false;
        let published = publish(&queued.file, raised.bytes(), true, &[], || {
            let held = queue::hold(queue)?;
            let now = standing(&queued)?;
            replaced = now.is_none();
            if now.is_some_and(|now| now == document) {
                return Ok(held);
            }
            Err(Error::new(ErrorKind::Io {
                operation: FileOperation::Write,
                path: queued.file.display().to_string(),
                reason: FileReason::Changed,
            }))
        });
        match published {
            Err(_) if replaced => Ok(Outcome::Replaced),
            published => published.map(|()| Outcome::Raised),
        }
    };
    match raise() {
        Ok(outcome) => Ok((queued.file, outcome)),
        Err(error) => Err((queued.file, error)),
    }
}

/// The file that `queued` speaks of, perhaps with more behind it; `None` when its place holds
/// nothing or something else. A folder that is not there says nothing of the file: it may lie on a
/// disk that is not connected.
fn standing(queued: &Queued) -> Result<Option<Vec<u8>>, Error> {
    let document = match input::read(&queued.file, Limits::default().file) {
        Ok(document) => document,
        Err(error) => {
            let folder = queued.file.parent();
            return match is_not_found(&error) && folder.is_some_and(Path::is_dir) {
                true => Ok(None),
                false => Err(error),
            };
        }
    };
    let length = usize::try_from(queued.length).ok();
    let first = length.and_then(|length| document.get(..length));
    let same = first.is_some_and(|first| hex(&sha2::Sha256::digest(first)) == queued.sha256);
    Ok(same.then_some(document))
}

fn is_not_found(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Io {
            reason: FileReason::System {
                kind: io::ErrorKind::NotFound,
                ..
            },
            ..
        }
    )
}
