//! The folder of a run that kept its evidence → a new folder of tables, judged under another policy,
//! trust, time or with more evidence; the documents themselves are not touched.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::evidence::{FILE, Store};
use super::merge::MergeError;
use super::publish::{Counts, Outputs, Tables};
use super::record::{Place, Record};
use super::state::{self, Settings, last_settings};
use crate::error::{Error, ErrorKind, FileOperation, RecordFault};
use crate::limits::Limits;
use crate::pki::{Evidence, Trust};
use crate::signature::Observation;
use crate::time::UtcTime;
use crate::validation::Policy;
use crate::verify::Verifier;

/// Documents that are judged at one go, by all cores.
const TOGETHER: usize = 512;

/// A run whose documents can be judged again.
pub struct Stored {
    store: Store,
    lines: BufReader<File>,
    settings: Settings,
    passed_over: u64,
}

impl Stored {
    /// Opens the run in `folder`.
    ///
    /// # Errors
    /// [`MergeError::NoRun`]: there is no complete run, or it kept no evidence.
    pub fn open(folder: &Path) -> Result<Self, MergeError> {
        let no_run = || MergeError::NoRun(folder.to_owned());
        let records = File::open(folder.join("records.jsonl")).map_err(|_| no_run())?;
        if !folder.join(FILE).exists() {
            return Err(no_run());
        }
        Ok(Self {
            settings: last_settings(&folder.join(state::FILE))?.ok_or_else(no_run)?,
            passed_over: super::merge::passed_over(folder)?,
            store: Store::open(&folder.join(FILE))?,
            lines: BufReader::with_capacity(1 << 16, records),
        })
    }

    /// Its policy.
    ///
    /// # Errors
    /// As [`Policy::from_json`].
    pub fn policy(&self) -> Result<Policy, Error> {
        self.store.policy()
    }

    /// Whom it trusted.
    ///
    /// # Errors
    /// As [`Trust::from_json`].
    pub fn trust(&self) -> Result<Trust, Error> {
        self.store.trust()
    }

    /// The evidence that its caller gave.
    ///
    /// # Errors
    /// [`crate::error::RecordFault`].
    pub fn evidence(&mut self, limits: &Limits) -> Result<Evidence, Error> {
        self.store.evidence(limits)
    }

    /// Its moment.
    pub fn at(&self) -> UtcTime {
        self.settings.at
    }

    /// Judges every document by `verifier`, under `settings`, and writes the tables into `out`.
    ///
    /// What could not be checked then cannot be checked now, and keeps its record.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; [`crate::error::RecordFault`]: a document of the run was not kept, or is
    /// not what was written.
    pub fn judge(
        mut self,
        verifier: &Verifier,
        settings: &Settings,
        out: &Path,
        outputs: Outputs,
    ) -> Result<Counts, Error> {
        std::fs::create_dir_all(out)
            .map_err(|error| Error::new(ErrorKind::io(FileOperation::MakeFolder, out, &error)))?;
        let mut tables = Tables::create(out, settings, outputs)?;
        tables.summary().passed_over = self.passed_over;
        loop {
            let batch = self.batch(verifier.limits())?;
            if batch.is_empty() {
                break;
            }
            for record in judged(batch, verifier, settings.at) {
                tables.add(&record.json(), &record)?;
            }
        }
        tables.finish()
    }

    /// The next records with what was observed of their documents.
    fn batch(&mut self, limits: &Limits) -> Result<Vec<(Record, Option<Observation>)>, Error> {
        let mut batch = Vec::new();
        let mut line = String::new();
        while batch.len() < TOGETHER {
            line.clear();
            let read = self.lines.read_line(&mut line).map_err(|error| {
                Error::new(ErrorKind::io(
                    FileOperation::Read,
                    Path::new("records.jsonl"),
                    &error,
                ))
            })?;
            if read == 0 {
                break;
            }
            let record =
                Record::from_json(line.trim_end_matches('\n')).map_err(RecordFault::Malformed)?;
            let seen =
                match &record.sha256 {
                    Some(sha256) if record.error.is_none() => {
                        let seen = self.store.observation(sha256, limits)?;
                        Some(seen.ok_or_else(|| {
                            RecordFault::Malformed(format!("{sha256} was not kept"))
                        })?)
                    }
                    _ => None,
                };
            batch.push((record, seen));
        }
        Ok(batch)
    }
}

/// The records of a batch, judged again, in their order.
fn judged(
    batch: Vec<(Record, Option<Observation>)>,
    verifier: &Verifier,
    at: UtcTime,
) -> Vec<Record> {
    let one = |(record, seen): (Record, Option<Observation>)| {
        let Some(seen) = seen else { return record };
        let place = Place {
            path: record.path.clone(),
            octets: None,
            member: record.member.clone(),
        };
        let mut new = match verifier.judge(&seen, at) {
            Ok(report) => {
                let mut new = Record::empty(place);
                new.fill(&report);
                new
            }
            Err(error) => Record::unreadable(place, &error),
        };
        new.size = record.size;
        new.sha256 = record.sha256;
        new.path_octets = record.path_octets;
        new
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = batch.len().div_ceil(cores).max(1);
    let mut parts: Vec<Vec<_>> = Vec::new();
    for (index, item) in batch.into_iter().enumerate() {
        if index.is_multiple_of(share) {
            parts.push(Vec::with_capacity(share));
        }
        if let Some(part) = parts.last_mut() {
            part.push(item);
        }
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(|| part.into_iter().map(one).collect::<Vec<_>>()))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| match thread.join() {
                Ok(records) => records,
                // The same panic, in the thread that asked.
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}
