//! `--key` and what belongs to it → a key source, the one place where the program opens keys; and
//! `kyso key`.

pub(super) mod remote;

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::cert::Format;
use super::{Exit, Stop, input};
use crate::error::{Error, ErrorKind, KeyFault, PinTries, TokenFault};
use crate::limits::Limits;
use crate::pki::Certificate;
use crate::report::Language;
use crate::report::message::{self, token};
use crate::signing::KeySource;
use crate::signing::key::pkcs11::{Module, PinEntry, TokenUri};
use crate::signing::key::{LocalKey, Secret, pem, pkcs12};
use crate::time::UtcTime;

/// Which key signs, and the secret that opens it.
#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Private key: a file (PKCS#12, or PKCS#8/PKCS#1/SEC1 in PEM or DER), a pkcs11: URI,
    /// csc:FILE (configuration of a remote signing service) or external:PROGRAM
    #[arg(short, long, value_name = "KEY")]
    key: PathBuf,
    /// The signer's certificate and its chain, when the key has none with it
    #[arg(short, long, value_name = "FILE")]
    certificate: Vec<PathBuf>,
    #[command(flatten)]
    secret: SecretArguments,
    #[command(flatten)]
    driver: DriverArguments,
    /// How long an external: program may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    external_seconds: u64,
}

/// Where a PIN or password comes from; never from an argument itself.
#[derive(clap::Args)]
pub(super) struct SecretArguments {
    /// File whose first line is the key's password or PIN; otherwise KYSO_KEY_PASSWORD (not for
    /// tokens), otherwise asked
    #[arg(long, alias = "pin-file", value_name = "FILE", group = "secret")]
    password_file: Option<PathBuf>,
    /// Number of an open file descriptor whose first line is the password or PIN
    #[arg(long, value_name = "NUMBER", group = "secret")]
    pin_fd: Option<u32>,
    /// Name of an environment variable that holds the password or PIN
    #[arg(long, value_name = "NAME", group = "secret")]
    pin_env: Option<String>,
}

/// How tokens are reached.
#[derive(clap::Args)]
struct DriverArguments {
    /// PKCS#11 driver of the token; otherwise module-path of the URI, otherwise KYSO_PKCS11_MODULE
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
    /// Try the PIN although one more mistake locks the token
    #[arg(long)]
    allow_last_try: bool,
}

/// The key that the arguments name, ready to sign any number of documents.
pub(super) fn open(arguments: &Arguments, language: Language) -> Result<Box<dyn KeySource>, Stop> {
    let text = arguments.key.to_str().unwrap_or_default();
    if text.starts_with("pkcs11:") {
        on_token(text, arguments, language)
    } else if let Some(path) = text.strip_prefix("csc:") {
        Ok(Box::new(remote::csc(
            path,
            Some(&arguments.secret),
            language,
        )?))
    } else if let Some(program) = text.strip_prefix("external:") {
        remote::external(program, arguments, language)
    } else {
        Ok(Box::new(local(arguments, language)?))
    }
}

fn on_token(
    text: &str,
    arguments: &Arguments,
    language: Language,
) -> Result<Box<dyn KeySource>, Stop> {
    let stop = |error: Error| Stop::input(language, &TokenUri::shown(text), &error);
    let uri = TokenUri::from_text(text).map_err(stop)?;
    let certificates = certificates(arguments, language)?;
    let certificates = if certificates.is_empty() {
        Vec::new()
    } else {
        Certificate::from_pem_or_der(&certificates).map_err(stop)?
    };
    let module = driver(&arguments.driver, &uri).map_err(stop)?;
    let token = module.token(&uri.token).map_err(stop)?;
    let mut allow_last_try = arguments.driver.allow_last_try;
    let pin = match (given(&arguments.secret, language)?, &uri.pin_source) {
        _ if token.pin_entry() != PinEntry::Program => None,
        (Some(pin), _) => Some(pin),
        (None, Some(path)) => Some(first_line(Path::new(path), language)?),
        (None, None) => {
            // Who is asked sees the warning in the prompt.
            allow_last_try = true;
            let prompt = token::prompt(language, token.label(), token.tries());
            let asked = if token.tries() == PinTries::None {
                Err(TokenFault::Locked)
            } else {
                ask(&prompt).map_err(|_| TokenFault::PinNeeded)
            };
            Some(asked.map_err(|fault| stop(fault.into()))?)
        }
    };
    let key = token.key(
        &uri.key,
        pin.map(Secret::new),
        &certificates,
        allow_last_try,
    );
    Ok(Box::new(key.map_err(stop)?))
}

fn driver(arguments: &DriverArguments, uri: &TokenUri) -> Result<Module, Error> {
    let path = arguments
        .module
        .clone()
        .or_else(|| uri.module.as_ref().map(PathBuf::from))
        .or_else(|| std::env::var_os("KYSO_PKCS11_MODULE").map(PathBuf::from))
        .ok_or(TokenFault::Uri(
            "it names no driver; add --module or module-path",
        ))?;
    Module::load(&path)
}

/// A key in a file, whichever form it has; a password is asked only when one is needed.
fn local(arguments: &Arguments, language: Language) -> Result<LocalKey, Stop> {
    let path = &arguments.key;
    let shown = TokenUri::shown(&path.display().to_string());
    let stop = |error: Error| Stop::input(language, &shown, &error);
    let bytes = Zeroizing::new(input::read(path, 16 << 20).map_err(stop)?);
    let certificates = certificates(arguments, language)?;
    let limits = Limits::default();
    let load = |password: Option<&[u8]>| {
        if certificates.is_empty() {
            // A PEM file often holds both; PKCS#12 always does.
            match pkcs12::load(&bytes, password, &limits) {
                Err(error) if matches!(error.kind(), ErrorKind::Key(KeyFault::Format(_))) => {
                    let text = bytes.trim_ascii_start().starts_with(b"-----");
                    pem::load(&bytes, &bytes, password, &limits).map_err(|other| {
                        match other.kind() {
                            // The key alone can be read.
                            ErrorKind::Pki(_) | ErrorKind::Asn1(_) => {
                                KeyFault::CertificateNeeded.into()
                            }
                            _ if text => other,
                            ErrorKind::Key(KeyFault::Password | KeyFault::PasswordNeeded) => other,
                            _ => error,
                        }
                    })
                }
                other => other,
            }
        } else {
            pem::load(&bytes, &certificates, password, &limits)
        }
    };
    let given = given(&arguments.secret, language)?.or_else(|| {
        std::env::var_os("KYSO_KEY_PASSWORD")
            .map(|value| Zeroizing::new(value.into_encoded_bytes()))
    });
    match load(given.as_ref().map(|p| p.as_slice())) {
        Err(error)
            if given.is_none() && error.kind() == &ErrorKind::Key(KeyFault::PasswordNeeded) =>
        {
            let asked = ask(message::password_prompt(language)).map_err(|_| stop(error))?;
            load(Some(&asked)).map_err(stop)
        }
        other => other.map_err(stop),
    }
}

/// The bytes of all `--certificate` files, one after the other.
fn certificates(arguments: &Arguments, language: Language) -> Result<Vec<u8>, Stop> {
    let mut all = Vec::new();
    for path in &arguments.certificate {
        all.extend(
            input::read(path, 16 << 20)
                .map_err(|error| Stop::input(language, &path.display().to_string(), &error))?,
        );
        all.push(b'\n');
    }
    Ok(all)
}

/// The secret that the arguments point to.
fn given(
    arguments: &SecretArguments,
    language: Language,
) -> Result<Option<Zeroizing<Vec<u8>>>, Stop> {
    if let Some(path) = &arguments.password_file {
        return first_line(path, language).map(Some);
    }
    if let Some(number) = arguments.pin_fd {
        return first_line(&PathBuf::from(format!("/dev/fd/{number}")), language).map(Some);
    }
    match &arguments.pin_env {
        Some(name) => variable(name, language).map(Some),
        None => Ok(None),
    }
}

/// The value of an environment variable.
fn variable(name: &str, language: Language) -> Result<Zeroizing<Vec<u8>>, Stop> {
    match std::env::var_os(name) {
        Some(value) => Ok(Zeroizing::new(value.into_encoded_bytes())),
        None => Err(Stop::usage(message::no_variable(language, name))),
    }
}

/// The first line of a file, without its end.
fn first_line(path: &Path, language: Language) -> Result<Zeroizing<Vec<u8>>, Stop> {
    let text = Zeroizing::new(
        input::read(path, 64 << 10)
            .map_err(|error| Stop::input(language, &path.display().to_string(), &error))?,
    );
    let line = text.split(|c| *c == b'\n').next().unwrap_or_default();
    // What some editors put before a text is no part of a password.
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    Ok(Zeroizing::new(
        line.strip_suffix(b"\r").unwrap_or(line).to_vec(),
    ))
}

/// Asks on the terminal, without echo; an error when there is none.
fn ask(prompt: &str) -> std::io::Result<Zeroizing<Vec<u8>>> {
    rpassword::prompt_password(prompt).map(|text| Zeroizing::new(text.into_bytes()))
}

/// `kyso key`.
#[derive(clap::Args)]
pub(super) struct KeyArguments {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(clap::Subcommand)]
enum KeyCommand {
    /// Explain what a token offers, what is missing and what to do next
    Doctor(Doctor),
}

#[derive(clap::Args)]
struct Doctor {
    /// Which token, when several are inserted
    #[arg(value_name = "URI", default_value = "pkcs11:")]
    uri: String,
    #[command(flatten)]
    driver: DriverArguments,
    #[command(flatten)]
    secret: SecretArguments,
    /// Ask for the PIN, to see the private keys as well
    #[arg(long, conflicts_with = "secret")]
    login: bool,
    /// Moment for which periods are judged, RFC 3339; otherwise now
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    at: Option<UtcTime>,
    /// Warn when a certificate ends within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    warn_days: u32,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &KeyArguments, language: Language) -> Result<Exit, Stop> {
    let KeyCommand::Doctor(arguments) = &arguments.command;
    let stop = |error: Error| Stop::input(language, &TokenUri::shown(&arguments.uri), &error);
    let uri = TokenUri::from_text(&arguments.uri).map_err(stop)?;
    let module = driver(&arguments.driver, &uri).map_err(stop)?;
    let mut pin = given(&arguments.secret, language)?;
    if let (None, Some(path)) = (&pin, &uri.pin_source) {
        pin = Some(first_line(Path::new(path), language)?);
    }
    if arguments.login {
        let token = module.token(&uri.token).map_err(stop)?;
        let prompt = token::prompt(language, token.label(), token.tries());
        pin = Some(ask(&prompt).map_err(|_| stop(TokenFault::PinNeeded.into()))?);
    }
    let facts = module
        .inspect(
            &uri.token,
            pin.map(Secret::new).as_ref(),
            arguments.driver.allow_last_try || arguments.login,
            arguments.at.unwrap_or_else(input::now),
            arguments.warn_days,
        )
        .map_err(stop)?;
    let text = match arguments.format {
        Format::Text => facts.text(language),
        Format::Json => super::cert::json(&facts),
    };
    super::cert::print(language, &text)?;
    Ok(Exit::Passed)
}
