//! `kyso compare`: the issued and the returned file → whether only signatures were added.

use std::path::PathBuf;

use super::cert::{json, print};
use super::input::passwords;
use super::{Exit, Stop, input};
use crate::limits::Limits;
use crate::pdf::OpenOptions;
use crate::report::{Language, compared};
use crate::signature::compare::{Outcome, compare};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file as it was issued
    issued: PathBuf,
    /// The file that came back
    returned: PathBuf,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = super::cert::Format::Text)]
    format: super::cert::Format,
    /// Passwords to try on encrypted files, one a line; otherwise KYSO_PASSWORDS from the environment
    #[arg(long, value_name = "FILE")]
    passwords: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    let options = OpenOptions {
        limits: Limits::default(),
        passwords: passwords(arguments.passwords.as_deref(), language)?,
    };
    let stop = |path: &PathBuf, error| Stop::input(language, &path.display().to_string(), &error);
    let read =
        |path: &PathBuf| input::read(path, options.limits.file).map_err(|error| stop(path, error));
    let (issued, returned) = (read(&arguments.issued)?, read(&arguments.returned)?);
    let found =
        compare(&issued, &returned, &options).map_err(|error| stop(&arguments.issued, error))?;
    let text = match arguments.format {
        super::cert::Format::Json => json(&found),
        super::cert::Format::Text => {
            let name = |path: &PathBuf| path.display().to_string();
            let (issued, returned) = (name(&arguments.issued), name(&arguments.returned));
            compared::text(&found, &issued, &returned, language)
        }
    };
    print(language, &text)?;
    Ok(match found.outcome {
        Outcome::Identical | Outcome::SignaturesAdded | Outcome::EvidenceAdded => Exit::Passed,
        Outcome::Changed => Exit::Failed,
    })
}
