//! Folders of complete runs over parts of an archive → one folder with the tables and the summary of all.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::publish::{Counts, Outputs, Tables};
use super::record::Record;
use super::state::{FILE, Settings, last_settings};
use crate::error::{Error, ErrorKind, FileOperation};

/// Why runs cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeError {
    /// This folder holds no complete run.
    NoRun(PathBuf),
    /// This one was made under another policy, trust, evidence or time than the first.
    OtherSettings(PathBuf),
    /// Something cannot be read or written.
    Error(Error),
}

impl From<Error> for MergeError {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The records of one run, in the order of their paths.
struct Part {
    folder: PathBuf,
    lines: BufReader<File>,
    /// The next one.
    line: String,
    record: Option<Record>,
}

impl Part {
    fn open(folder: &Path) -> Result<Self, MergeError> {
        let file = File::open(folder.join("records.jsonl"))
            .map_err(|_| MergeError::NoRun(folder.to_owned()))?;
        let mut part = Self {
            folder: folder.to_owned(),
            lines: BufReader::with_capacity(1 << 16, file),
            line: String::new(),
            record: None,
        };
        part.advance()?;
        Ok(part)
    }

    fn advance(&mut self) -> Result<(), MergeError> {
        self.line.clear();
        let path = self.folder.join("records.jsonl");
        let read = self.lines.read_line(&mut self.line);
        let length =
            read.map_err(|error| Error::new(ErrorKind::io(FileOperation::Read, &path, &error)))?;
        self.record = None;
        if length > 0 {
            let line = self.line.trim_end_matches('\n');
            let record = Record::from_json(line);
            self.record = Some(record.map_err(|_| MergeError::NoRun(self.folder.clone()))?);
        }
        Ok(())
    }
}

/// What the records of all runs are sorted by.
fn key(record: &Record) -> Vec<u8> {
    let octets = record.path_octets.as_deref().and_then(|hex| {
        let pairs = hex.as_bytes().chunks(2);
        pairs
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect()
    });
    octets.unwrap_or_else(|| record.path.clone().into_bytes())
}

/// Files passed over, as the summary of a run says.
pub(super) fn passed_over(folder: &Path) -> Result<u64, MergeError> {
    let no_run = || MergeError::NoRun(folder.to_owned());
    let json = std::fs::read(folder.join("summary.json")).map_err(|_| no_run())?;
    let value: serde_json::Value = serde_json::from_slice(&json).map_err(|_| no_run())?;
    value
        .get("passed_over")
        .and_then(serde_json::Value::as_u64)
        .ok_or_else(no_run)
}

/// Writes the tables of `runs` together into `out`, as one run over all their documents would.
///
/// A file that several runs verified counts once.
///
/// # Errors
/// [`MergeError`].
pub fn merge(runs: &[PathBuf], out: &Path, outputs: Outputs) -> Result<Counts, MergeError> {
    let mut settings: Option<Settings> = None;
    let mut parts = Vec::new();
    let mut passed = 0u64;
    for run in runs {
        let last = last_settings(&run.join(FILE))?.ok_or_else(|| MergeError::NoRun(run.clone()))?;
        if settings.as_ref().is_some_and(|first| *first != last) {
            return Err(MergeError::OtherSettings(run.clone()));
        }
        settings = Some(last);
        passed = passed.saturating_add(passed_over(run)?);
        parts.push(Part::open(run)?);
    }
    let Some(settings) = settings else {
        return Err(Error::new(ErrorKind::Misuse("no run to merge")).into());
    };
    std::fs::create_dir_all(out)
        .map_err(|error| Error::new(ErrorKind::io(FileOperation::MakeFolder, out, &error)))?;
    let mut tables = Tables::create(out, &settings, outputs)?;
    tables.summary().passed_over = passed;
    while let Some((first, path)) = parts
        .iter()
        .enumerate()
        .filter_map(|(index, part)| Some((index, key(part.record.as_ref()?))))
        .min_by(|(_, a), (_, b)| a.cmp(b))
    {
        // All records of this path: of a container there are many.
        for (index, part) in parts.iter_mut().enumerate() {
            while let Some(record) = part.record.take() {
                if key(&record) != path {
                    part.record = Some(record);
                    break;
                }
                if index == first {
                    tables.add(part.line.trim_end_matches('\n'), &record)?;
                }
                part.advance()?;
            }
        }
    }
    Ok(tables.finish()?)
}
