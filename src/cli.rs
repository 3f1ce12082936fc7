//! Arguments → calls of the library → text or JSON on stdout, an exit code, everything else on stderr.

mod archive;
mod cert;
mod compare;
mod demo;
mod exchange;
mod extend;
mod extract;
mod input;
mod judge;
mod key;
mod level;
mod online;
mod prepare;
mod release;
mod serve;
mod sign;
mod trust;
mod verify;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::{Error, ErrorKind, FileOperation};
use crate::report::Language;
use crate::report::message::{self, Expected, Usage};
use crate::validation::Indication;

/// How a run of the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Passed,
    Failed,
    Indeterminate,
    NoSignature,
    Input,
    Internal,
}

impl Exit {
    const fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Indeterminate => 2,
            Self::NoSignature => 3,
            Self::Input => 4,
            Self::Internal => 5,
        }
    }

    /// The worse of two files: 5, 4, 1, 2, 3, 0.
    fn worst(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Internal => 5,
            Self::Input => 4,
            Self::Failed => 3,
            Self::Indeterminate => 2,
            Self::NoSignature => 1,
            Self::Passed => 0,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }
}

impl From<Indication> for Exit {
    fn from(indication: Indication) -> Self {
        match indication {
            Indication::TotalPassed => Self::Passed,
            Indication::TotalFailed => Self::Failed,
            Indication::Indeterminate => Self::Indeterminate,
            Indication::NoSignatureFound => Self::NoSignature,
        }
    }
}

#[derive(Parser)]
#[command(
    name = "kyso",
    version,
    about = "Sign official PDFs and verify them",
    after_help = "Exit codes: 0 passed, 1 failed, 2 indeterminate, 3 no signature, 4 input or limit error, 5 usage or internal error.\nWith several files the worst counts, in the order 5, 4, 1, 2, 3, 0."
)]
struct Arguments {
    /// Language of messages: vi or en; otherwise as the locale says
    #[arg(long, global = true, value_parser = language)]
    lang: Option<Language>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Verify whole archives, with tables and a summary
    Archive(archive::Arguments),
    /// Show certificates, or check one
    Cert(cert::Arguments),
    /// Compare the file that came back with the one that was issued
    Compare(compare::Arguments),
    /// Make a PKI and documents, release them step by step, verify, tamper, verify again
    Demo(demo::Arguments),
    /// Raise signed PDFs to B-T, B-LT or B-LTA, or renew their archive
    Extend(Box<extend::Arguments>),
    /// Put a signature value into what was prepared
    Finish(Box<prepare::FinishArguments>),
    /// Document exchange between agencies (edXML)
    Exchange(exchange::ExchangeArguments),
    /// Explain keys on tokens
    Key(key::KeyArguments),
    /// Judge stored records again, under another policy, trust or time
    Judge(judge::Arguments),
    /// Sign in two steps: write what `finish` needs, and show what is to be signed
    Prepare(Box<prepare::PrepareArguments>),
    /// Make one step of the release of a document: approve, number, date, seal, …
    Release(Box<release::Arguments>),
    /// Write out what one signature signed, byte for byte
    Extract(extract::Arguments),
    /// Verify what comes over HTTP, and show citizens a page for it
    Serve(serve::Arguments),
    /// Sign PDFs by appending to them
    Sign(Box<sign::Arguments>),
    /// Write, show and check trust files
    Trust(trust::Arguments),
    /// Verify every signature of PDFs
    Verify(verify::Arguments),
}

fn language(text: &str) -> Result<Language, Expected> {
    match text {
        "vi" => Ok(Language::Vi),
        "en" => Ok(Language::En),
        _ => Err(Expected::Language),
    }
}

/// The language that the locale asks for.
fn locale_language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    if locale
        .is_some_and(|value| value == "vi" || value.starts_with("vi_") || value.starts_with("vi."))
    {
        Language::Vi
    } else {
        Language::En
    }
}

/// What stops a command: a sentence in the user's language, and how the run ends.
struct Stop {
    exit: Exit,
    lines: Vec<String>,
}

impl Stop {
    fn usage(line: impl Into<String>) -> Self {
        Self {
            exit: Exit::Internal,
            lines: vec![line.into()],
        }
    }

    fn input(language: Language, about: &str, error: &Error) -> Self {
        let mut lines = vec![format!("{about}: {}", message::error(language, error))];
        lines.extend(message::remedy(language, error).map(str::to_owned));
        Self {
            exit: Exit::Input,
            lines,
        }
    }

    /// Standard output does not take what it is given.
    ///
    /// A reader that went away (a closed pipe) wants no more, and no complaint either; the run is
    /// still not complete.
    fn output(language: Language, error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self {
                exit: Exit::Input,
                lines: Vec::new(),
            };
        }
        let kind = ErrorKind::io(FileOperation::StandardOutput, Path::new(""), error);
        Self {
            exit: Exit::Input,
            lines: vec![message::error(language, &Error::new(kind))],
        }
    }
}

/// Writes one line to standard error; nothing is left to do when that fails.
fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The language that the arguments ask for, also when the rest of them is wrong.
fn argument_language() -> Option<Language> {
    let mut arguments = std::env::args_os().skip(1);
    let mut found = None;
    while let Some(argument) = arguments.next() {
        let value = match argument.to_str() {
            Some("--") => break,
            Some("--lang") => arguments.next().and_then(|value| value.into_string().ok()),
            Some(other) => other.strip_prefix("--lang=").map(str::to_owned),
            None => None,
        };
        found = value.and_then(|value| language(&value).ok()).or(found);
    }
    found
}

/// What the parser of arguments complains about, in words of the catalogue.
fn usage(error: &clap::Error, language: Language) -> Usage {
    use clap::error::{ContextKind, ContextValue, ErrorKind as K};
    use std::error::Error as _;
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(one)) => one.clone(),
        Some(ContextValue::Strings(many)) => many.join(", "),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    let value = text(ContextKind::InvalidValue);
    match error.kind() {
        K::ArgumentConflict => Usage::Conflict { argument },
        K::InvalidSubcommand => Usage::UnknownCommand {
            name: text(ContextKind::InvalidSubcommand),
        },
        K::InvalidValue | K::NoEquals | K::TooFewValues | K::WrongNumberOfValues
            if value.is_empty() =>
        {
            Usage::NoValue { argument }
        }
        K::InvalidValue => Usage::Value {
            argument,
            value,
            expected: text(ContextKind::ValidValue),
        },
        K::MissingRequiredArgument => Usage::Missing {
            arguments: argument,
        },
        K::UnknownArgument => Usage::Unknown { argument },
        K::ValueValidation => Usage::Value {
            argument,
            value,
            expected: match error.source().and_then(|source| source.downcast_ref()) {
                Some(expected) => message::expected(language, *expected).to_owned(),
                None => error.source().map(ToString::to_string).unwrap_or_default(),
            },
        },
        other => Usage::Other {
            text: other.to_string(),
        },
    }
}

/// Runs the program on the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            use clap::error::ErrorKind as K;
            let exit = if error.use_stderr() {
                Exit::Internal
            } else {
                Exit::Passed
            };
            match error.kind() {
                K::DisplayHelp
                | K::DisplayHelpOnMissingArgumentOrSubcommand
                | K::DisplayVersion => {
                    // Nothing sensible is left to do when the terminal cannot be written to.
                    let _ = error.print();
                }
                _ => {
                    let language = argument_language().unwrap_or_else(locale_language);
                    let usage = usage(&error, language);
                    note(&format!("kyso: {}", message::usage(language, &usage)));
                    note(&format!("kyso: {}", message::see_help(language)));
                }
            }
            return ExitCode::from(exit.code());
        }
    };
    let language = arguments.lang.unwrap_or_else(locale_language);
    let run = std::panic::catch_unwind(|| match &arguments.command {
        Command::Archive(arguments) => archive::run(arguments, language),
        Command::Cert(arguments) => cert::run(arguments, language),
        Command::Compare(arguments) => compare::run(arguments, language),
        Command::Extract(arguments) => extract::run(arguments, language),
        Command::Demo(arguments) => demo::run(arguments, language),
        Command::Exchange(arguments) => exchange::run(arguments, language),
        Command::Key(arguments) => key::run(arguments, language),
        Command::Judge(arguments) => judge::run(arguments, language),
        Command::Release(arguments) => release::run(arguments, language),
        Command::Extend(arguments) => extend::run(arguments, language),
        Command::Finish(arguments) => prepare::finish(arguments, language),
        Command::Prepare(arguments) => prepare::prepare(arguments, language),
        Command::Serve(arguments) => serve::run(arguments, language),
        Command::Sign(arguments) => sign::run(arguments, language),
        Command::Trust(arguments) => trust::run(arguments, language),
        Command::Verify(arguments) => verify::run(arguments, language),
    });
    let exit = match run {
        Ok(Ok(exit)) => exit,
        Ok(Err(stop)) => {
            for line in &stop.lines {
                note(&format!("kyso: {line}"));
            }
            stop.exit
        }
        Err(_) => {
            note(&format!("kyso: {}", message::internal(language)));
            Exit::Internal
        }
    };
    ExitCode::from(exit.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V011: with several files the worst counts, in the order 5, 4, 1, 2, 3, 0.
    #[test]
    fn ok_the_worst_exit_wins() {
        let order = [
            Exit::Passed,
            Exit::NoSignature,
            Exit::Indeterminate,
            Exit::Failed,
            Exit::Input,
            Exit::Internal,
        ];
        assert_eq!(order.map(Exit::code), [0, 3, 2, 1, 4, 5]);
        for (i, a) in order.iter().enumerate() {
            for b in &order[i..] {
                assert_eq!(a.worst(*b), *b);
                assert_eq!(b.worst(*a), *b);
            }
        }
    }

    #[test]
    fn ok_arguments_are_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
