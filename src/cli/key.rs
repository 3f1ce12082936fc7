//! `--key` and what belongs to it → a key source; the one place where the program opens keys.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Stop, input};
use crate::error::{Error, ErrorKind, KeyFault};
use crate::limits::Limits;
use crate::report::Language;
use crate::report::message;
use crate::signing::KeySource;
use crate::signing::key::{LocalKey, pem, pkcs12};

/// Which key signs, and the secret that opens it.
#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Private key: PKCS#12, or PKCS#8/PKCS#1/SEC1 in PEM or DER
    #[arg(short, long, value_name = "FILE")]
    key: PathBuf,
    /// The signer's certificate and its chain, when the key has none with it
    #[arg(short, long, value_name = "FILE")]
    certificate: Vec<PathBuf>,
    /// File whose first line is the key's password; otherwise KYSO_KEY_PASSWORD, otherwise asked
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// The key that the arguments name, ready to sign any number of documents.
pub(super) fn open(arguments: &Arguments, language: Language) -> Result<Box<dyn KeySource>, Stop> {
    Ok(Box::new(local(arguments, language)?))
}

/// A key in a file, whichever form it has; a password is asked only when one is needed.
fn local(arguments: &Arguments, language: Language) -> Result<LocalKey, Stop> {
    let path = &arguments.key;
    let stop = |error: Error| Stop::input(language, &path.display().to_string(), &error);
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
    let given = match &arguments.password_file {
        Some(path) => Some(first_line(path, language)?),
        None => std::env::var_os("KYSO_KEY_PASSWORD")
            .map(|value| Zeroizing::new(value.into_encoded_bytes())),
    };
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

/// The first line of a file, without its end.
fn first_line(path: &Path, language: Language) -> Result<Zeroizing<Vec<u8>>, Stop> {
    let text = Zeroizing::new(
        input::read(path, 64 << 10)
            .map_err(|error| Stop::input(language, &path.display().to_string(), &error))?,
    );
    let line = text.split(|c| *c == b'\n').next().unwrap_or_default();
    Ok(Zeroizing::new(
        line.strip_suffix(b"\r").unwrap_or(line).to_vec(),
    ))
}

/// Asks on the terminal, without echo; an error when there is none.
fn ask(prompt: &str) -> std::io::Result<Zeroizing<Vec<u8>>> {
    rpassword::prompt_password(prompt).map(|text| Zeroizing::new(text.into_bytes()))
}
