//! Arguments → calls of the library → text or JSON on stdout, an exit code, everything else on stderr.

mod demo;
mod input;
mod sign;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;
use crate::report::{Language, message};
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
    /// Make a PKI and a document, sign it twice, verify, tamper, verify again
    Demo(demo::Arguments),
    /// Sign a PDF by appending to it
    Sign(sign::Arguments),
    /// Verify every signature of PDFs
    Verify(verify::Arguments),
}

fn language(text: &str) -> Result<Language, String> {
    match text {
        "vi" => Ok(Language::Vi),
        "en" => Ok(Language::En),
        _ => Err("vi or en".to_owned()),
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
}

/// Runs the program on the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let usage = error.use_stderr();
            // Nothing sensible is left to do when the terminal cannot be written to.
            let _ = error.print();
            return ExitCode::from(if usage { Exit::Internal.code() } else { 0 });
        }
    };
    let language = arguments.lang.unwrap_or_else(locale_language);
    let run = std::panic::catch_unwind(|| match &arguments.command {
        Command::Demo(arguments) => demo::run(arguments, language),
        Command::Sign(arguments) => sign::run(arguments, language),
        Command::Verify(arguments) => verify::run(arguments, language),
    });
    let exit = match run {
        Ok(Ok(exit)) => exit,
        Ok(Err(stop)) => {
            for line in &stop.lines {
                eprintln!("kyso: {line}");
            }
            stop.exit
        }
        Err(_) => {
            eprintln!("kyso: {}", message::internal(language));
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
