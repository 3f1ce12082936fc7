//! `kyso demo`: nothing → a folder with a PKI, a decision at each step of its release, annex, copy, a tampered file, and reports.

mod exchange;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Exit, Stop, input, note};
use crate::error::{Error, ErrorKind, FileOperation};
use crate::report::{FileReport, Language, message};
use crate::run::output::{self, Readers};
use crate::signing::demo;
use crate::time::UtcTime;
use crate::validation::{Indication, Policy};
use crate::verify::Verifier;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Folder to make; it must not exist, or be empty
    dir: PathBuf,
    /// Moment of the demonstration, RFC 3339; otherwise now
    #[arg(long, value_parser = input::time, value_name = "TIME")]
    at: Option<UtcTime>,
    /// Also send the decision to another agency as an edXML message, good and changed on the way;
    /// verify, answer and file it there
    #[arg(long)]
    exchange: bool,
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    let at = arguments.at.unwrap_or_else(input::now);
    let dir = arguments.dir.display().to_string();
    let (exit, text) = show(&arguments.dir, at, arguments.exchange, language)
        .map_err(|error| Stop::input(language, &dir, &error))?;
    // The files are complete before anything is printed.
    note(&message::demo_made(language, &dir));
    let mut output = std::io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(|error| Stop::output(language, &error))?;
    Ok(exit)
}

fn show(
    dir: &Path,
    at: UtcTime,
    exchange: bool,
    language: Language,
) -> Result<(Exit, String), Error> {
    make_folder(dir)?;
    let pki = demo::Pki::generate(at)?;
    for file in pki.files()? {
        let readers = if file.secret {
            Readers::Owner
        } else {
            Readers::Everyone
        };
        output::write_new(&dir.join(file.name), &file.content, readers)?;
    }
    write(dir, "trust.json", demo::trust(&pki)?.to_json().as_bytes())?;
    write(dir, "chu-ky.png", &demo::signature_image()?)?;
    write(dir, "dau.png", &demo::seal_image()?)?;
    let decision = demo::document(at)?;
    let made = demo::sign(&pki, &decision, at)?;
    write(dir, "quyet-dinh.pdf", &made.document)?;
    write(dir, "quyet-dinh.lanh-dao.pdf", &made.approved)?;
    write(dir, "quyet-dinh.so.pdf", &made.numbered)?;
    write(dir, "quyet-dinh.ngay.pdf", &made.dated)?;
    let released = write(dir, "quyet-dinh.phat-hanh.pdf", &made.released)?;
    write(dir, "quyet-dinh.den.pdf", &made.received)?;
    write(dir, "phu-luc.pdf", &made.annex)?;
    write(dir, "phu-luc.phat-hanh.pdf", &made.signed_annex)?;
    write(dir, "ban-quet.pdf", &made.scan)?;
    write(dir, "ban-quet.sao-y.pdf", &made.copy)?;

    let verifier =
        Verifier::new(demo::trust(&pki)?, Policy::official()).with_evidence(demo::evidence(&pki)?);
    // Every file of the release passes, or the demonstration does not.
    for file in [&made.received, &made.signed_annex, &made.copy] {
        if verifier.verify(file, at)?.indication != Indication::TotalPassed {
            return Err(Error::new(ErrorKind::Misuse(
                "a file of the demonstration does not verify",
            )));
        }
    }
    let (good, mut text) = verify(
        dir,
        "bao-cao",
        &released,
        &made.released,
        &verifier,
        at,
        language,
    )?;
    let tampered = tamper(&decision, &made.released)?;
    let changed = write(dir, "quyet-dinh.bi-sua.pdf", &tampered)?;
    let (bad, more) = verify(
        dir,
        "bao-cao.bi-sua",
        &changed,
        &tampered,
        &verifier,
        at,
        language,
    )?;

    text.push('\n');
    text += &more;
    if exchange {
        text.push('\n');
        text += &exchange::show(dir, &pki, &made, &tampered, &verifier, at, language)?;
    }
    // The demonstration passes when it shows what it promises.
    let exit = if good == Indication::TotalPassed && bad == Indication::TotalFailed {
        Exit::Passed
    } else {
        Exit::Internal
    };
    Ok((exit, text))
}

/// Verifies one file, stores the report as text and JSON, and gives its short form.
fn verify(
    dir: &Path,
    name: &str,
    path: &Path,
    bytes: &[u8],
    verifier: &Verifier,
    at: UtcTime,
    language: Language,
) -> Result<(Indication, String), Error> {
    let report = verifier.verify(bytes, at)?;
    let indication = report.indication;
    let file = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let report = FileReport::new(file, Ok(report));
    write(
        dir,
        &format!("{name}.txt"),
        report.text(language, true).as_bytes(),
    )?;
    write(
        dir,
        &format!("{name}.html"),
        report.html(language).as_bytes(),
    )?;
    write(
        dir,
        &format!("{name}.json"),
        (report.json_pretty() + "\n").as_bytes(),
    )?;
    Ok((indication, report.text(language, false)))
}

/// Changes one byte of the page's content, as someone would who changes a number.
///
/// The byte is the middle of the longest stream of the unsigned document, so that it lies on the
/// page and inside the signed bytes.
fn tamper(document: &[u8], signed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut best = 0..0;
    let mut from = 0;
    while let Some(start) =
        memchr::memmem::find(document.get(from..).unwrap_or_default(), b"stream\n")
    {
        let start = from + start + b"stream\n".len();
        let Some(length) =
            memchr::memmem::find(document.get(start..).unwrap_or_default(), b"endstream")
        else {
            break;
        };
        if length > best.len() {
            best = start..start + length;
        }
        from = start + length + b"endstream".len();
    }
    let mut tampered = signed.to_vec();
    match tampered.get_mut(best.start + best.len() / 2) {
        Some(byte) if !best.is_empty() => *byte ^= 1,
        _ => {
            return Err(Error::new(ErrorKind::Misuse(
                "the demonstration's document has no content",
            )));
        }
    }
    Ok(tampered)
}

fn make_folder(dir: &Path) -> Result<(), Error> {
    let io =
        |error: std::io::Error| Error::new(ErrorKind::io(FileOperation::MakeFolder, dir, &error));
    std::fs::create_dir_all(dir).map_err(io)?;
    if std::fs::read_dir(dir).map_err(io)?.next().is_some() {
        return Err(io(std::io::Error::from(
            std::io::ErrorKind::DirectoryNotEmpty,
        )));
    }
    Ok(())
}

fn write(dir: &Path, name: &str, content: &[u8]) -> Result<PathBuf, Error> {
    let path = dir.join(name);
    output::write_new(&path, content, Readers::Everyone)?;
    Ok(path)
}
