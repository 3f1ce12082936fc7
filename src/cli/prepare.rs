//! `kyso prepare` and `kyso finish`: a signature in two steps, for a key that is somewhere else.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::key::{SecretArguments, remote};
use super::level::{LevelArguments, ServiceArguments, enqueue, say, tell};
use super::sign::{PlanArguments, publish, warn};
use super::{Exit, Stop, input, note, sign};
use crate::error::{Error, ErrorKind, KeyFault, Refusal, RemoteFault};
use crate::limits::Limits;
use crate::pki::Certificate;
use crate::report::Language;
use crate::report::hex;
use crate::report::message::{self, signing as words};
use crate::run::output::{self, Existing, Readers};
use crate::signing::key::AbsentKey;
use crate::signing::key::remote::csc::{RemoteKey, Ticket};
use crate::signing::plan::Shortfall;
use crate::signing::{KeySource, Prepared, Signer};

/// Largest state file: the document in base64, and some more.
const STATE: u64 = 1 << 30;

#[derive(clap::Args)]
pub(super) struct PrepareArguments {
    /// PDF to sign; it is read and never written
    input: PathBuf,
    /// File for what `kyso finish` needs; it holds no secret
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// The signer's certificate, then its chain
    #[arg(short, long, value_name = "FILE", required_unless_present = "key")]
    certificate: Vec<PathBuf>,
    /// Or csc:FILE, the configuration of a remote signing service, which has the certificate;
    /// `kyso finish --key` with the same file asks it for the signature
    #[arg(short, long, value_name = "KEY", conflicts_with = "certificate")]
    key: Option<String>,
    #[command(flatten)]
    plan: PlanArguments,
    #[command(flatten)]
    level: LevelArguments,
}

#[derive(clap::Args)]
pub(super) struct FinishArguments {
    /// The PDF that was prepared, unchanged
    input: PathBuf,
    /// What `kyso prepare` wrote
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// The signature value: as it is, in base64 or in hexadecimal; `-` reads it from standard input
    #[arg(long, value_name = "FILE", required_unless_present = "key")]
    signature: Option<PathBuf>,
    /// Or csc:FILE: the service is asked for the value. Its answer may take longer than this
    /// waits, or a later step may fail: run it again, and it goes on where it was
    #[arg(short, long, value_name = "KEY", conflicts_with = "signature")]
    key: Option<String>,
    #[command(flatten)]
    secret: SecretArguments,
    /// Signed PDF to write
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    services: ServiceArguments,
    /// Sign although the level cannot be reached now, and note the file here for
    /// `kyso extend --pending`
    #[arg(long, value_name = "FILE")]
    queue: Option<PathBuf>,
    /// Replace the output when it exists
    #[arg(long)]
    overwrite: bool,
}

/// Writes the state file, and what is to be signed as one JSON object to standard output.
pub(super) fn prepare(arguments: &PrepareArguments, language: Language) -> Result<Exit, Stop> {
    let stop =
        |path: &Path, error: Error| Stop::input(language, &path.display().to_string(), &error);
    let now = input::now();
    let document = input::read(&arguments.input, Limits::default().file)
        .map_err(|error| stop(&arguments.input, error))?;
    warn(&document, language);
    let mut signer = match &arguments.key {
        Some(key) => Signer::new(service(key, None, language)?),
        None => Signer::new(absent(&arguments.certificate, language)?),
    };
    let opened = arguments.level.open(language)?;
    if let Some(opened) = &opened {
        signer = signer.with_services(std::sync::Arc::clone(&opened.services));
    }
    let image = arguments.plan.image(language)?;
    let prepared = arguments
        .plan
        .plan(
            &document,
            &arguments.level,
            image.as_ref(),
            signer.key(),
            now,
        )
        .and_then(|plan| signer.prepare(&document, &plan, now));
    if let Some(opened) = &opened {
        opened.list_requests(language);
    }
    let prepared = prepared.map_err(|error| stop(&arguments.input, error))?;
    for one in prepared.notes() {
        note(&say(one, language));
    }
    let state =
        serde_json::to_vec(&prepared).map_err(|_| Stop::usage(message::internal(language)))?;
    output::write_new(&arguments.state, &state, Readers::Owner)
        .map_err(|error| stop(&arguments.state, error))?;
    let digest = prepared.message_digest();
    let algorithm = prepared.signature_algorithm();
    let wanted = json!({
        "field": prepared.field(),
        "level": prepared.level().name(),
        "certificate_sha256": hex(prepared.certificate().sha256()),
        "input_sha256": hex(prepared.input_sha256()),
        "algorithm": algorithm.name(),
        "digest_algorithm": digest.as_ref().map(|digest| digest.algorithm().name()),
        "signed_attributes": {
            "base64": STANDARD.encode(prepared.message()),
            "hex": hex(prepared.message()),
        },
        "digest": digest.as_ref().map(|digest| json!({
            "base64": STANDARD.encode(digest.as_bytes()),
            "hex": hex(digest.as_bytes()),
        })),
    });
    writeln!(std::io::stdout(), "{wanted:#}").map_err(|error| Stop::output(language, &error))?;
    Ok(Exit::Passed)
}

/// The holder of these certificates, whose key is elsewhere.
fn absent(paths: &[PathBuf], language: Language) -> Result<AbsentKey, Stop> {
    let stop =
        |path: &Path, error: Error| Stop::input(language, &path.display().to_string(), &error);
    let mut certificates = Vec::new();
    for path in paths {
        let read = input::read(path, 16 << 20);
        let found = read.and_then(|bytes| Certificate::from_pem_or_der(&bytes));
        certificates.extend(found.map_err(|error| stop(path, error))?);
    }
    let first = paths.first().map_or(Path::new(""), PathBuf::as_path);
    AbsentKey::new(certificates, None).map_err(|error| stop(first, error))
}

/// The key at a service.
fn service(
    key: &str,
    secret: Option<&SecretArguments>,
    language: Language,
) -> Result<RemoteKey, Stop> {
    match key.strip_prefix("csc:") {
        Some(path) => remote::csc(path, secret, language),
        None => Err(Stop::usage(words::only_services(language))),
    }
}

/// What lies in the state file.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    prepared: Prepared,
    /// The service was asked, and has not answered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket: Option<Ticket>,
    /// What the service answered, in base64: it is not asked twice, whatever fails after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl Stored {
    /// The value that the service gave to an earlier run.
    fn known(&self) -> Option<Vec<u8>> {
        let value = STANDARD.decode(self.value.as_ref()?).ok()?;
        self.prepared.accepts(&value).then_some(value)
    }
}

/// The value, from the service; what is to be remembered for another try is in the state file.
fn collect(
    stored: &mut Stored,
    key: &RemoteKey,
    about: &str,
    state: &Path,
    language: Language,
) -> Result<Vec<u8>, Stop> {
    if key.certificate() != stored.prepared.certificate() {
        return Err(Stop::input(
            language,
            about,
            &Refusal::OtherCertificate.into(),
        ));
    }
    let known = stored.ticket.take();
    let message = stored.prepared.message().to_vec();
    let algorithm = stored.prepared.signature_algorithm().clone();
    let result = key.collect(known.as_ref(), &algorithm, &message, |ticket| {
        stored.ticket = Some(ticket.clone());
        save(stored, state)
    });
    let failed = match &result {
        Ok(value) => {
            stored.ticket = None;
            stored.value = Some(STANDARD.encode(value));
            save(stored, state).err()
        }
        // What the service refused is asked anew next time.
        Err(error) if is_spent(error) => {
            stored.ticket = None;
            save(stored, state).err()
        }
        Err(_) => None,
    };
    if let Some(error) = failed {
        // A value that is here is used all the same.
        note(&format!(
            "kyso: {}: {}",
            state.display(),
            message::error(language, &error)
        ));
    }
    result.map_err(|error| Stop::input(language, about, &error))
}

/// Whether what was asked for is lost: the service said so, or gave what is no signature.
fn is_spent(error: &Error) -> bool {
    let ErrorKind::Key(KeyFault::Remote(fault)) = error.kind() else {
        return false;
    };
    matches!(
        fault,
        RemoteFault::Authorization(_)
            | RemoteFault::Configuration(_)
            | RemoteFault::Refused(_)
            | RemoteFault::WrongSignature
    )
}

fn save(stored: &Stored, state: &Path) -> Result<(), Error> {
    let bytes = serde_json::to_vec(stored)
        .map_err(|_| ErrorKind::Misuse("a state that cannot be written"))?;
    output::write(state, &bytes, Existing::Replace, &[], |_| Ok(()))
}

/// Puts the value in, verifies and publishes.
pub(super) fn finish(arguments: &FinishArguments, language: Language) -> Result<Exit, Stop> {
    let stop =
        |path: &Path, error: Error| Stop::input(language, &path.display().to_string(), &error);
    let state = input::read(&arguments.state, STATE).map_err(|e| stop(&arguments.state, e))?;
    let mut stored: Stored = serde_json::from_slice(&state).map_err(|error| {
        // Where it is no state file at all, the place in it says nothing.
        note(&format!("kyso: {error}"));
        let kind = ErrorKind::Misuse("not a prepared signature of this version of the program");
        stop(&arguments.state, Error::new(kind))
    })?;
    let document = input::read(&arguments.input, Limits::default().file)
        .map_err(|error| stop(&arguments.input, error))?;
    if document != stored.prepared.input() {
        return Err(stop(&arguments.input, Refusal::OtherFile.into()));
    }
    let out = sign::existing(arguments.overwrite);
    output::permitted(&arguments.out, out, &[&arguments.input])
        .map_err(|error| stop(&arguments.out, error))?;
    // Everything that can be wrong here is looked at before the service is asked for what costs a
    // consent, and perhaps money.
    let level = stored.prepared.level();
    let opened = match stored.prepared.needs_services() {
        false => arguments.services.open(language)?,
        true => Some(arguments.services.with_authority(language)?),
    };
    let value = match (&arguments.key, &arguments.signature, stored.known()) {
        (Some(_), _, Some(known)) => known,
        (Some(key), _, None) => {
            // What was authorised already is only asked for again.
            let secret = stored.ticket.is_none().then_some(&arguments.secret);
            let open = service(key, secret, language)?;
            collect(&mut stored, &open, key, &arguments.state, language)?
        }
        (None, Some(path), _) => given(path)
            .and_then(|given| value(&stored.prepared, &given))
            .map_err(|error| stop(path, error))?,
        (None, None, _) => return Err(Stop::usage(message::see_help(language))),
    };
    let prepared = stored.prepared;
    let shortfall = match &arguments.queue {
        Some(_) => Shortfall::KeepLower,
        None => Shortfall::Fail,
    };
    let signed = match &opened {
        Some(opened) => opened
            .services
            .finish(prepared, &value, shortfall, input::now()),
        None => prepared.finish(&value, None, &Limits::default()),
    };
    if let Some(opened) = &opened {
        opened.list_requests(language);
    }
    let signed = signed.map_err(|error| stop(&arguments.input, error))?;
    for line in tell(&signed, language) {
        note(&line);
    }
    publish(
        &arguments.out,
        signed.bytes(),
        arguments.overwrite,
        &[&arguments.input],
        || enqueue(arguments.queue.as_deref(), &arguments.out, &signed, level),
    )
    .map_err(|error| stop(&arguments.out, error))?;
    let out = arguments.out.display().to_string();
    note(&message::signed(language, signed.field(), &out));
    Ok(Exit::Passed)
}

/// What lies at `path`, or comes on standard input.
fn given(path: &Path) -> Result<Vec<u8>, Error> {
    if path.as_os_str() != "-" {
        return input::read(path, 1 << 20);
    }
    let mut bytes = Vec::new();
    let input = std::io::stdin().lock();
    input
        .take(1 << 20)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            let kind = ErrorKind::io(crate::error::FileOperation::Read, path, &error);
            Error::new(kind)
        })?;
    Ok(bytes)
}

/// The signature value in `given`, whichever of the forms it has: the one that verifies counts, so
/// that no form is mistaken for another.
fn value(prepared: &Prepared, given: &[u8]) -> Result<Vec<u8>, Error> {
    let text: Vec<u8> = given
        .iter()
        .copied()
        .filter(|octet| !octet.is_ascii_whitespace())
        .collect();
    let base64 = STANDARD.decode(&text).ok();
    let forms = [Some(given.to_vec()), base64, unhex(&text)];
    forms
        .into_iter()
        .flatten()
        .find(|value| prepared.accepts(value))
        .ok_or_else(|| {
            KeyFault::Value("it is not by the key of the certificate, over what was prepared")
                .into()
        })
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |octet: &u8| char::from(*octet).to_digit(16);
    text.chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        })
        .collect()
}
