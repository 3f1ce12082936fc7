//! The rows of a finished run → `records.jsonl`, `records.csv`, `records.parquet`, `summary.json`, `summary.html`.
//!
//! Each file appears whole or not at all, and replaces the one of an earlier run. A table that an
//! earlier run left and that is not asked for now is written too: no file of a folder is out of date.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::csv::CsvWriter;
#[cfg(feature = "parquet")]
use super::parquet::ParquetWriter;
use super::record::{Place, Record};
use super::state::{Settings, State};
use super::summary::{Summary, html};
use crate::error::{Error, ErrorKind, FileOperation};
use crate::report::Language;
use crate::run::journal::Span;
use crate::run::output::{Existing, Pending, Readers};
use crate::validation::Indication;

/// What to write beside `records.jsonl` and `summary.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outputs {
    /// `records.csv`.
    pub csv: bool,
    /// `records.parquet`; needs the feature `parquet`.
    pub parquet: bool,
    /// Language of `summary.html`.
    pub language: Language,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Records.
    pub documents: u64,
    /// Documents that could not be checked.
    pub errors: u64,
    /// Those of them at which the program itself failed.
    pub internal: u64,
    /// The worst indication.
    pub worst: Option<Indication>,
}

/// Where the record of one file is.
#[derive(Debug, Clone)]
pub(super) enum Row {
    /// Not there yet.
    Open,
    /// A document.
    One(Span),
    /// A container: its documents in order.
    Many(Vec<Span>),
    /// Something that could not be looked at.
    Unreadable(Error),
}

/// Writes the tables of a run; every row is there.
///
/// # Errors
/// [`ErrorKind::Io`]; tables that were not finished are as they were.
pub(super) fn publish(
    files: &[(PathBuf, Option<Error>)],
    rows: &[Row],
    state: &mut State,
    settings: &Settings,
    passed_over: u64,
    out: &Path,
    outputs: Outputs,
) -> Result<Counts, Error> {
    let mut tables = Tables::create(out, settings, outputs)?;
    tables.summary().passed_over = passed_over;
    let mut line = String::new();
    for ((path, _), row) in files.iter().zip(rows) {
        match row {
            Row::Open => {}
            Row::One(span) => {
                state.record(*span, &mut line)?;
                tables.add_line(&line)?;
            }
            Row::Many(spans) => {
                for span in spans {
                    state.record(*span, &mut line)?;
                    tables.add_line(&line)?;
                }
            }
            Row::Unreadable(error) => {
                let record = Record::unreadable(Place::new(path, None), error);
                tables.add(&record.json(), &record)?;
            }
        }
    }
    tables.finish()
}

/// The files of a run while they are written, record by record.
pub(super) struct Tables {
    out: PathBuf,
    language: Language,
    summary: Summary,
    counts: Counts,
    jsonl: Pending,
    csv: Option<CsvWriter<Pending>>,
    #[cfg(feature = "parquet")]
    parquet: Option<ParquetWriter<Pending>>,
}

impl Tables {
    pub(super) fn create(out: &Path, settings: &Settings, outputs: Outputs) -> Result<Self, Error> {
        let pending =
            |name: &str| Pending::create(&out.join(name), Existing::Replace, Readers::Everyone);
        let asked = |flag: bool, name: &str| flag || out.join(name).exists();
        let csv = if asked(outputs.csv, "records.csv") {
            let path = out.join("records.csv");
            Some(CsvWriter::new(pending("records.csv")?).map_err(|error| failed(&path, &error))?)
        } else {
            None
        };
        #[cfg(feature = "parquet")]
        let parquet = if asked(outputs.parquet, "records.parquet") {
            Some(ParquetWriter::new(
                pending("records.parquet")?,
                &out.join("records.parquet"),
            )?)
        } else {
            None
        };
        Ok(Self {
            out: out.to_owned(),
            language: outputs.language,
            summary: Summary::new(settings.clone()),
            counts: Counts::default(),
            jsonl: pending("records.jsonl")?,
            csv,
            #[cfg(feature = "parquet")]
            parquet,
        })
    }

    /// The summary so far.
    pub(super) fn summary(&mut self) -> &mut Summary {
        &mut self.summary
    }

    /// Adds a record that stands as JSON in `line`.
    pub(super) fn add_line(&mut self, line: &str) -> Result<(), Error> {
        let record = Record::from_json(line).map_err(|_| {
            Error::new(ErrorKind::Misuse(
                "a stored record is not one; run again with --rehash",
            ))
        })?;
        self.add(line, &record)
    }

    /// Adds `record`, whose JSON is `line`.
    pub(super) fn add(&mut self, line: &str, record: &Record) -> Result<(), Error> {
        self.counts.documents += 1;
        self.counts.errors += u64::from(record.error.is_some());
        self.counts.internal += u64::from(record.error.as_deref() == Some("misuse"));
        self.counts.worst = self.counts.worst.max(record.indication);
        self.summary.add(record);
        let written = self
            .jsonl
            .write_all(line.as_bytes())
            .and_then(|()| self.jsonl.write_all(b"\n"));
        written.map_err(|error| self.jsonl.failed(&error))?;
        if let Some(csv) = &mut self.csv {
            csv.write(record)
                .map_err(|error| failed(&self.out.join("records.csv"), &error))?;
        }
        #[cfg(feature = "parquet")]
        if let Some(parquet) = &mut self.parquet {
            parquet.write(record)?;
        }
        Ok(())
    }

    /// Gives every file its name.
    pub(super) fn finish(self) -> Result<Counts, Error> {
        let mut json = self.summary.json();
        json.push('\n');
        let page = html::page(&self.summary, self.language);
        self.jsonl.publish()?;
        if let Some(csv) = self.csv {
            let path = self.out.join("records.csv");
            csv.finish()
                .map_err(|error| failed(&path, &error))?
                .publish()?;
        }
        #[cfg(feature = "parquet")]
        if let Some(parquet) = self.parquet {
            parquet.finish()?.publish()?;
        }
        for (name, text) in [("summary.json", json), ("summary.html", page)] {
            let path = self.out.join(name);
            let mut file = Pending::create(&path, Existing::Replace, Readers::Everyone)?;
            file.write_all(text.as_bytes())
                .map_err(|error| failed(&path, &error))?;
            file.publish()?;
        }
        Ok(self.counts)
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::io(FileOperation::Write, path, error))
}
