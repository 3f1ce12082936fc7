//! `kyso exchange`: edXML messages → verdicts, files; files → messages.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::cert::Format;
use super::{Exit, Stop, input, note};
use crate::error::{Error, ErrorKind, FileOperation};
use crate::exchange::{Message, Options, Outgoing, Package, verify, write_document, write_status};
use crate::report::Language;
use crate::report::message::exchange as say;
use crate::run::output::{Readers, write_new};
use crate::time::UtcTime;

#[derive(clap::Args)]
pub(super) struct ExchangeArguments {
    #[command(subcommand)]
    command: ExchangeCommand,
}

#[derive(clap::Subcommand)]
enum ExchangeCommand {
    /// Write a message from its data (JSON, as unpack writes it) and its attachments
    Pack(Pack),
    /// Write out the data and the attachments of a message
    Unpack(Unpack),
    /// Verify every PDF of a message, and say which status to answer with
    Verify(Box<Verify>),
}

#[derive(clap::Args)]
struct Pack {
    /// What the message says: JSON
    message: PathBuf,
    /// Attachments of a document
    attachments: Vec<PathBuf>,
    /// Message to write; it must not exist
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Put each attachment into an archive of one entry
    #[arg(long)]
    zip: bool,
}

#[derive(clap::Args)]
struct Unpack {
    /// The message
    message: PathBuf,
    /// Folder to make; it must not exist
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    reading: Reading,
}

#[derive(clap::Args)]
struct Reading {
    /// Accept the namespaces of senders from before the regulation
    #[arg(long)]
    allow_legacy_namespaces: bool,
}

#[derive(clap::Args)]
struct Verify {
    /// The message
    message: PathBuf,
    #[command(flatten)]
    basis: input::Basis,
    /// Moment to verify for, RFC 3339; otherwise now
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    at: Option<UtcTime>,
    /// Write the status message that fits: received, or refused with the reason
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    reading: Reading,
}

pub(super) fn run(arguments: &ExchangeArguments, language: Language) -> Result<Exit, Stop> {
    match &arguments.command {
        ExchangeCommand::Pack(arguments) => pack(arguments, language),
        ExchangeCommand::Unpack(arguments) => unpack(arguments, language),
        ExchangeCommand::Verify(arguments) => verified(arguments, language),
    }
}

fn io(operation: FileOperation, path: &Path, error: &std::io::Error) -> Error {
    ErrorKind::io(operation, path, error).into()
}

fn open(path: &Path) -> Result<BufReader<File>, Error> {
    let file = File::open(path).map_err(|error| io(FileOperation::Read, path, &error))?;
    Ok(BufReader::with_capacity(64 << 10, file))
}

fn read(path: &Path, reading: &Reading, folder: Option<PathBuf>) -> Result<Package, Error> {
    let options = Options {
        allow_legacy_namespaces: reading.allow_legacy_namespaces,
        folder,
        ..Options::default()
    };
    Package::read(open(path)?, &options)
}

fn pack(arguments: &Pack, language: Language) -> Result<Exit, Stop> {
    let stop =
        |path: &Path, error: Error| Stop::input(language, &path.display().to_string(), &error);
    let json = input::read(&arguments.message, 4 << 20).map_err(|e| stop(&arguments.message, e))?;
    let message: Message = serde_json::from_slice(&json).map_err(|_| {
        let error = crate::error::ExchangeFault::NotEdxml("not the JSON that unpack writes");
        stop(&arguments.message, error.into())
    })?;
    let mut attachments = Vec::new();
    for path in &arguments.attachments {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        attachments.push(Outgoing {
            content_type: media_type(&name).to_owned(),
            name: name.into_owned(),
            description: None,
            content: open(path).map_err(|e| stop(path, e))?,
        });
    }
    let out = &arguments.out;
    // Too large for memory: it is streamed into its new file, which goes when anything fails.
    let file =
        File::create_new(out).map_err(|error| stop(out, io(FileOperation::Write, out, &error)))?;
    let mut file = BufWriter::with_capacity(64 << 10, file);
    let written = match &message {
        Message::Document(document) => {
            write_document(document, &mut attachments, arguments.zip, &mut file)
        }
        Message::Status(status) => write_status(status, &mut file),
    };
    let written = written.and_then(|()| {
        file.flush()
            .and_then(|()| file.get_ref().sync_all())
            .map_err(|error| io(FileOperation::Write, out, &error))
    });
    if let Err(error) = written {
        // The message about the failure is what matters.
        let _ = std::fs::remove_file(out);
        return Err(stop(out, error));
    }
    note(&say::written(language, &out.display().to_string()));
    Ok(Exit::Passed)
}

/// What the name suggests, for the field's receivers.
fn media_type(name: &str) -> &'static str {
    match name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase())
    {
        Some(extension) if extension == "pdf" => "application/pdf",
        Some(extension) if extension == "docx" => {
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        }
        Some(extension) if extension == "doc" => "application/msword",
        Some(extension) if extension == "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

fn unpack(arguments: &Unpack, language: Language) -> Result<Exit, Stop> {
    let path = &arguments.message;
    let stop = |error: Error| Stop::input(language, &path.display().to_string(), &error);
    let out = &arguments.out;
    std::fs::create_dir(out).map_err(|error| stop(io(FileOperation::MakeFolder, out, &error)))?;
    let mut package = match read(path, &arguments.reading, Some(out.clone())) {
        Ok(package) => package,
        Err(error) => {
            // It is empty: attachments have no names before all is well.
            let _ = std::fs::remove_dir(out);
            return Err(stop(error));
        }
    };
    let json = super::cert::json(&package.message);
    write_new(&out.join("message.json"), json.as_bytes(), Readers::Owner).map_err(stop)?;
    for (index, attachment) in package.attachments.iter_mut().enumerate() {
        let name = file_name(index.saturating_add(1), &attachment.name);
        let target = out.join(&name);
        let mut reader = attachment.reader().map_err(stop)?;
        File::create_new(&target)
            .and_then(|mut file| std::io::copy(&mut reader, &mut file))
            .map_err(|error| stop(io(FileOperation::Write, &target, &error)))?;
        note(&say::written(language, &target.display().to_string()));
    }
    Ok(Exit::Passed)
}

/// A name of our own: the number, and of the stated name what is harmless.
fn file_name(number: usize, stated: &str) -> String {
    let kept: String = stated
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') {
                c
            } else {
                '_'
            }
        })
        .take(100)
        .collect();
    format!("{number:02}-{}", kept.trim_matches(['.', ' ']))
}

fn verified(arguments: &Verify, language: Language) -> Result<Exit, Stop> {
    let path = &arguments.message;
    let stop = |error: Error| Stop::input(language, &path.display().to_string(), &error);
    let verifier = arguments.basis.verifier(language)?;
    let now = input::now();
    let at = arguments.at.unwrap_or(now);
    let mut package = read(path, &arguments.reading, None).map_err(stop)?;
    let report = verify(&mut package, &verifier, at).map_err(stop)?;
    let text = match arguments.format {
        Format::Text => report.text(language),
        Format::Json => report.json(),
    };
    super::cert::print(language, &text)?;
    if let (Some(out), Some(status)) = (&arguments.answer, report.answer(now, language)) {
        let mut bytes = Vec::new();
        write_status(&status, &mut bytes).map_err(stop)?;
        write_new(out, &bytes, Readers::Owner)
            .map_err(|error| Stop::input(language, &out.display().to_string(), &error))?;
        note(&say::written(language, &out.display().to_string()));
    }
    let exit = Exit::from(report.indication);
    Ok(if report.has_unreadable() {
        exit.worst(Exit::Input)
    } else {
        exit
    })
}
