//! A folder or a list of PDFs and one key → a signed file for each, an outcome as one JSON line each.
//!
//! What is signed already is known by its bytes, so that a run that was cut off is simply started
//! again. One failure stops nothing.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use sha2::Digest as _;

use super::super::{Exit, Stop, input, level};
use super::{Job, warnings};
use crate::error::{Error, ErrorKind, FileOperation};
use crate::pki::Trust;
use crate::report::message::{self, signing as words};
use crate::report::{Language, hex};
use crate::run::output;
use crate::signing::Signed;
use crate::validation::{Integrity, Policy};
use crate::verify::Verifier;

/// Many documents at once.
#[derive(clap::Args)]
pub(in crate::cli) struct BulkArguments {
    /// Sign every PDF of this folder and the folders in it; --out is a folder
    #[arg(long, value_name = "DIR", conflicts_with = "manifest")]
    pub(super) bulk: Option<PathBuf>,
    /// Sign the PDFs that this list names, a path a line, or path, tab, name of the output below
    /// --out; `-` reads it from standard input
    #[arg(long, value_name = "LIST")]
    pub(super) manifest: Option<PathBuf>,
    /// With --bulk or --manifest: threads
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256), value_name = "N")]
    pub(super) jobs: u16,
}

/// One document of the run: where it is, and the name of its output below the folder; or the place
/// that is not understood, and why.
type Item = Result<(PathBuf, PathBuf), (PathBuf, Error)>;

/// What became of one document.
enum Outcome {
    /// It was signed in an earlier run.
    Already,
    Signed(Box<Signed>, Vec<String>),
}

/// Signs everything that the arguments name into the folder `out`.
pub(super) fn run(
    arguments: &BulkArguments,
    job: &Job<'_>,
    out: &Path,
    language: Language,
) -> Result<Exit, Stop> {
    let stop =
        |path: &Path, error: Error| Stop::input(language, &path.display().to_string(), &error);
    let list = match &arguments.manifest {
        Some(list) => Some(whole(list, language)?),
        None => None,
    };
    std::fs::create_dir_all(out).map_err(|error| {
        let kind = ErrorKind::io(FileOperation::Write, out, &error);
        stop(out, Error::new(kind))
    })?;
    let items: Box<dyn Iterator<Item = Item> + Send> = match (&arguments.bulk, list) {
        (Some(folder), _) => Box::new(Walk::new(folder, out).map_err(|error| stop(folder, error))?),
        (None, Some(list)) => Box::new(list.into_iter()),
        (None, None) => return Ok(Exit::Passed),
    };
    let run = Run {
        job,
        out,
        language,
        items: Mutex::new(items),
        output: Mutex::new(()),
        closed: AtomicBool::new(false),
        done: [const { AtomicUsize::new(0) }; 3],
        show: std::io::stderr().is_terminal(),
    };
    std::thread::scope(|scope| {
        for _ in 1..arguments.jobs {
            scope.spawn(|| run.work());
        }
        run.work();
    });
    let [signed, already, failed] = run.done.map(AtomicUsize::into_inner);
    if run.show {
        let _ = write!(std::io::stderr(), "\r");
    }
    super::super::note(&words::bulk_done(language, signed, already, failed));
    Ok(match (run.closed.into_inner(), failed) {
        (false, 0) => Exit::Passed,
        _ => Exit::Input,
    })
}

struct Run<'r> {
    job: &'r Job<'r>,
    out: &'r Path,
    language: Language,
    items: Mutex<Box<dyn Iterator<Item = Item> + Send>>,
    output: Mutex<()>,
    /// Nobody reads the outcomes any more.
    closed: AtomicBool,
    /// Signed, signed before, failed.
    done: [AtomicUsize; 3],
    show: bool,
}

impl Run<'_> {
    fn work(&self) {
        while !self.closed.load(Ordering::Relaxed) {
            // The lock is held while the next name is found, never while a document is signed.
            let next = match self.items.lock() {
                Ok(mut items) => items.next(),
                Err(_) => None,
            };
            match next {
                None => return,
                Some(Ok((path, name))) => self.one(&path, &self.out.join(name)),
                Some(Err((path, error))) => {
                    let text = message::error(self.language, &error);
                    let kind = error.kind().code();
                    let line = json!({
                        "file": path.to_string_lossy(),
                        "outcome": "failed",
                        "error": { "kind": kind, "text": text },
                    });
                    self.tell(2, line);
                }
            }
        }
    }

    fn one(&self, path: &Path, out: &Path) {
        // A panic over one document must not stop the others.
        let result =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.sign(path, out)))
                .unwrap_or_else(|_| {
                    let kind = ErrorKind::Misuse("internal error: the signer panicked");
                    Err(Error::new(kind))
                });
        let mut line = json!({
            "file": path.to_string_lossy(),
            "out": out.to_string_lossy(),
        });
        let Some(fields) = line.as_object_mut() else {
            return;
        };
        let index = match result {
            Ok((Outcome::Already, input)) => {
                fields.insert("outcome".to_owned(), json!("already-signed"));
                fields.insert("input_sha256".to_owned(), json!(input));
                1
            }
            Ok((Outcome::Signed(signed, mut told), input)) => {
                told.extend(level::tell(&signed, self.language));
                fields.insert("outcome".to_owned(), json!("signed"));
                fields.insert("field".to_owned(), json!(signed.field()));
                fields.insert("level".to_owned(), json!(signed.level().name()));
                fields.insert("input_sha256".to_owned(), json!(input));
                fields.insert("sha256".to_owned(), json!(hex(signed.sha256())));
                if !told.is_empty() {
                    fields.insert("notes".to_owned(), json!(told));
                }
                0
            }
            Err(error) => {
                let text = message::error(self.language, &error);
                let error = json!({ "kind": error.kind().code(), "text": text });
                fields.insert("outcome".to_owned(), json!("failed"));
                fields.insert("error".to_owned(), error);
                2
            }
        };
        self.tell(index, line);
    }

    fn sign(&self, path: &Path, out: &Path) -> Result<(Outcome, String), Error> {
        let limit = crate::limits::Limits::default().file;
        let document = input::read(path, limit)?;
        if std::fs::symlink_metadata(out).is_ok() && !self.job.overwrite {
            // Its own signature over these very bytes: an earlier run has been here.
            let there = input::read(out, limit.saturating_mul(2))?;
            if self.is_ours(&document, &there) {
                let digest = hex(&sha2::Sha256::digest(&document));
                return Ok((Outcome::Already, digest));
            }
        }
        if let Some(folder) = out.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| Error::new(ErrorKind::io(FileOperation::Write, folder, &error)))?;
        }
        let existing = self.job.existing();
        output::permitted(out, existing, &[path])?;
        let warnings = warnings(&document, self.language);
        let signed = self.job.sign(&document, input::now())?;
        self.job.publish(&signed, out, path)?;
        let digest = hex(signed.input_sha256());
        Ok((Outcome::Signed(Box::new(signed), warnings), digest))
    }

    /// Whether `there` is `document` with an intact signature of this key behind it.
    fn is_ours(&self, document: &[u8], there: &[u8]) -> bool {
        let own = hex(self.job.signer.key().certificate().sha256());
        let length = document.len() as u64;
        there.len() > document.len()
            && there.starts_with(document)
            && Verifier::new(Trust::new(), Policy::official())
                .verify(there, input::now())
                .is_ok_and(|report| {
                    report.signatures.iter().any(|one| {
                        one.integrity == Integrity::Intact
                            && one.certificate.as_ref().is_some_and(|it| it.sha256 == own)
                            && one.byte_range.is_some_and(|range| range.end() > length)
                    })
                })
    }

    fn tell(&self, index: usize, line: serde_json::Value) {
        if let Some(count) = self.done.get(index) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let _one_at_a_time = self.output.lock();
        let mut output = std::io::stdout().lock();
        if writeln!(output, "{line}")
            .and_then(|()| output.flush())
            .is_err()
        {
            self.closed.store(true, Ordering::Relaxed);
        }
        if self.show {
            let [signed, already, failed] = &self.done;
            let text = words::bulk_progress(
                self.language,
                signed.load(Ordering::Relaxed),
                already.load(Ordering::Relaxed),
                failed.load(Ordering::Relaxed),
            );
            let _ = write!(std::io::stderr(), "\r{text}");
        }
    }
}

/// PDFs of a folder and those below it, by name, one folder at a time; not those in the folder of
/// the outputs.
struct Walk {
    root: PathBuf,
    /// The folder of the outputs, links resolved, unless it is the root itself.
    outputs: Option<PathBuf>,
    /// Folders to come, and the files of the folder that is read.
    folders: Vec<PathBuf>,
    files: VecDeque<PathBuf>,
}

impl Walk {
    fn new(root: &Path, out: &Path) -> Result<Self, Error> {
        let plain = |path: &Path| std::fs::canonicalize(path).ok();
        let mut walk = Self {
            root: root.to_owned(),
            outputs: plain(out).filter(|out| plain(root).as_ref() != Some(out)),
            folders: Vec::new(),
            files: VecDeque::new(),
        };
        walk.read(root)?;
        Ok(walk)
    }

    fn read(&mut self, folder: &Path) -> Result<(), Error> {
        let io =
            |error: std::io::Error| Error::new(ErrorKind::io(FileOperation::Read, folder, &error));
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for entry in std::fs::read_dir(folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let kind = entry.file_type().map_err(io)?;
            let path = entry.path();
            let is_pdf = path
                .extension()
                .is_some_and(|it| it.eq_ignore_ascii_case("pdf"));
            // Links to folders are not followed: they may lead back.
            if kind.is_dir() {
                if self.outputs.is_none() || std::fs::canonicalize(&path).ok() != self.outputs {
                    folders.push(path);
                }
            } else if is_pdf && path.is_file() {
                files.push(path);
            }
        }
        folders.sort();
        files.sort();
        self.folders.extend(folders.into_iter().rev());
        self.files = files.into();
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(file) = self.files.pop_front() {
                let name = file.strip_prefix(&self.root).unwrap_or(&file).to_owned();
                return Some(Ok((file, name)));
            }
            let folder = self.folders.pop()?;
            if let Err(error) = self.read(&folder) {
                return Some(Err((folder, error)));
            }
        }
    }
}

/// A list, whole before anything is signed: two of its lines may not write one file.
fn whole(list: &Path, language: Language) -> Result<Vec<Item>, Stop> {
    let lines = manifest(list)
        .map_err(|error| Stop::input(language, &list.display().to_string(), &error))?;
    let lines: Vec<Item> = lines.collect();
    let mut names = HashSet::new();
    let mut good = lines.iter().flatten();
    if let Some((_, twice)) = good.find(|(_, name)| !names.insert(name)) {
        let name = twice.display().to_string();
        return Err(Stop::usage(words::one_output(language, &name)));
    }
    Ok(lines)
}

/// The documents of a list.
fn manifest(list: &Path) -> Result<impl Iterator<Item = Item> + Send + use<>, Error> {
    let list = list.to_owned();
    let read = move |error: std::io::Error, list: &Path| {
        Error::new(ErrorKind::io(FileOperation::Read, list, &error))
    };
    let source: Box<dyn BufRead + Send> = match list.as_os_str() == "-" {
        true => Box::new(BufReader::new(std::io::stdin())),
        false => Box::new(BufReader::new(
            File::open(&list).map_err(|error| read(error, &list))?,
        )),
    };
    let lines = source.lines().filter(|line| {
        !line.as_ref().is_ok_and(|text| {
            let text = text.trim_start_matches('\u{feff}');
            text.trim().is_empty() || text.starts_with('#')
        })
    });
    Ok(lines.map(move |line| {
        let line = line.map_err(|error| (list.clone(), read(error, &list)))?;
        // What some editors put before a text is no part of a name.
        let line = line.trim_start_matches('\u{feff}');
        let (path, name) = match line.split_once('\t') {
            Some((path, name)) => (PathBuf::from(path), Some(PathBuf::from(name))),
            None => (PathBuf::from(line), None),
        };
        let name = name.or_else(|| path.file_name().map(PathBuf::from));
        let inside = name.as_ref().is_some_and(|name| {
            name.components()
                .all(|part| matches!(part, std::path::Component::Normal(_)))
        });
        match name.filter(|_| inside) {
            Some(name) => Ok((path, name)),
            None => {
                let kind = ErrorKind::Misuse("a name of an output that leads elsewhere");
                Err((path, Error::new(kind)))
            }
        }
    }))
}
