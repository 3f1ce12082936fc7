//! `kyso extract`: a signed file and one of its signatures → the revision that was signed, byte for byte.

use std::path::{Path, PathBuf};

use super::input::passwords;
use super::{Exit, Stop, cert, input};
use crate::error::{Error, ErrorKind, FileOperation, FileReason};
use crate::limits::Limits;
use crate::pdf::{Document, OpenOptions};
use crate::report::{Language, message};
use crate::run::output::{self, Existing};
use crate::signature;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The signed file
    file: PathBuf,
    /// Which signature: its number in the report, from 1, or the name of its field
    #[arg(long, value_name = "NUMBER|FIELD")]
    signature: String,
    /// Where the signed revision is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the output when it exists
    #[arg(long)]
    overwrite: bool,
    /// Passwords to try on encrypted files, one a line; otherwise KYSO_PASSWORDS from the environment
    #[arg(long, value_name = "FILE")]
    passwords: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    let about = |path: &Path| path.display().to_string();
    let stop = |path: &Path, error: Error| Stop::input(language, &about(path), &error);
    let options = OpenOptions {
        limits: Limits::default(),
        passwords: passwords(arguments.passwords.as_deref(), language)?,
    };
    let bytes = input::read(&arguments.file, options.limits.file)
        .map_err(|error| stop(&arguments.file, error))?;
    let document =
        Document::open(&bytes, &options).map_err(|error| stop(&arguments.file, error))?;
    let found = signature::find(&document, &options.limits)
        .map_err(|error| stop(&arguments.file, error))?;
    let refuse = |exit, line: String| Stop {
        exit,
        lines: vec![format!("{}: {line}", about(&arguments.file))],
    };
    if found.is_empty() {
        let line = message::indication(language, crate::validation::Indication::NoSignatureFound);
        return Err(refuse(Exit::NoSignature, line.to_owned()));
    }
    let wanted = &arguments.signature;
    let by_name = || found.iter().find(|one| one.field.as_ref() == Some(wanted));
    let by_number = || found.get(wanted.parse::<usize>().ok()?.checked_sub(1)?);
    let Some(one) = by_name().or_else(by_number) else {
        let names: Vec<String> = found
            .iter()
            .enumerate()
            .map(|(index, one)| match &one.field {
                Some(field) => format!("{} ({field})", index + 1),
                None => (index + 1).to_string(),
            })
            .collect();
        let line = message::no_such_signature(language, wanted, &names.join(", "));
        return Err(refuse(Exit::Internal, line));
    };
    let Some(signed) = one.signed_revision(&bytes) else {
        return Err(refuse(
            Exit::Failed,
            message::no_signed_revision(language, wanted),
        ));
    };
    let existing = match arguments.overwrite {
        true => Existing::Replace,
        false => Existing::Keep,
    };
    output::write(
        &arguments.out,
        signed,
        existing,
        &[&arguments.file],
        |written| match input::read(written, options.limits.file)? == signed {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Io {
                operation: FileOperation::ReadBack,
                path: about(written),
                reason: FileReason::OtherBytes,
            })),
        },
    )
    .map_err(|error| stop(&arguments.out, error))?;
    let line = message::extracted(language, wanted, signed.len(), &about(&arguments.out));
    cert::print(language, &(line + "\n"))?;
    Ok(Exit::Passed)
}
