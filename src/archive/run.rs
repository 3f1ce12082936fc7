//! Files, folders or lists + an [`Engine`] → a folder with records, tables, a summary and the state.
//!
//! Every document gets exactly one record, whatever happens to it; the run itself ends early only
//! when its own folder cannot be written, or when it is asked to stop. Then it can be started again
//! and goes on where it was. The tables are written at the end, in the order of the paths, so that
//! they do not depend on threads, on interruptions or on the order in which a system lists names.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use super::container::Form;
use super::engine::{Engine, FileStamp, Input, Outcome, Source};
use super::evidence::{self, Packed, Store};
use super::publish::{self, Outputs, Row};
use super::reader;
use super::record::{Place, Record};
use super::state::{self, Key, Known, Settings, State};
use super::unpack::Unpacking;
use crate::error::{Error, ErrorKind, FileOperation};
use crate::run::journal::Span;
use crate::run::pace::Pace;
use crate::run::walk::{Found, Patterns};

/// What a run is asked to do, beside verifying.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The folder of the run; made when it is not there.
    pub out: PathBuf,
    /// Reads every document, also those that were not touched since they were read last.
    pub rehash: bool,
    /// Looks into ZIP and tar files for documents with these names.
    pub unpack: Option<Patterns>,
    /// What to write at the end, beside `records.jsonl` and `summary.json`.
    pub outputs: Outputs,
}

/// One of several parts of an archive: each document belongs to exactly one, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Default for Shard {
    fn default() -> Self {
        Self { number: 1, of: 1 }
    }
}

impl Shard {
    /// Part `number` of `of`, counted from 1; `None` when there is no such part.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    /// Whether the file at `path` belongs to this part.
    pub fn has(self, path: &Path) -> bool {
        self.of == 1 || Key::new(path).part(self.of) + 1 == self.number
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Whether every document has its record and the tables are written; else it was stopped.
    pub complete: bool,
    /// How far it came.
    pub pace: Pace,
    /// What was counted in the tables; empty when not complete.
    pub counts: publish::Counts,
}

/// What a worker makes of an outcome.
struct Line {
    tag: u64,
    record: String,
    stamp: Option<FileStamp>,
    /// Whether another attempt would say the same.
    lasting: bool,
    packed: Option<Packed>,
}

/// Runs `engine` over the files of `found`.
///
/// Where the engine's outcomes carry what was observed, it is kept too ([`evidence`]), so that the
/// run can be judged again.
///
/// `stop`, once set, ends the run as soon as the documents that are in work are finished. `progress`
/// is called after each document.
///
/// # Errors
/// [`ErrorKind::Io`]: the folder of the run cannot be used or is full. What was written is whole,
/// and the next run goes on from there.
pub fn run(
    engine: &Engine,
    found: Found,
    settings: &Settings,
    options: &RunOptions,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Pace),
) -> Result<Ended, Error> {
    std::fs::create_dir_all(&options.out).map_err(|error| {
        Error::new(ErrorKind::io(
            FileOperation::MakeFolder,
            &options.out,
            &error,
        ))
    })?;
    let mut state = State::open(&options.out.join(state::FILE), settings)?;
    let mut store = None;
    if engine.options().observations {
        let mut opened = Store::open(&options.out.join(evidence::FILE))?;
        let verifier = engine.verifier();
        opened.begin(verifier.policy(), verifier.trust(), verifier.evidence())?;
        store = Some(opened);
    }
    let files: Vec<(PathBuf, Option<Error>)> = found.files;

    let mut rows: Vec<Row> = Vec::with_capacity(files.len());
    let mut pace = Pace {
        total: files.len() as u64,
        ..Pace::default()
    };
    for (path, error) in &files {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let row = match error {
            Some(error) => Row::Unreadable(error.clone()),
            None => state
                .take(path)
                .filter(|_| !options.rehash)
                .and_then(|known| reuse(path, known))
                .map_or(Ok(Row::Open), |row| kept(row, &mut state, store.as_ref()))?,
        };
        pace.done += u64::from(!matches!(row, Row::Open));
        rows.push(row);
    }
    rows.resize(files.len(), Row::Open);
    state.forget();
    pace.reused = pace.done;
    progress(pace);

    let failure = work(
        engine, &files, settings, options, stop, &mut state, &mut store, &mut rows, &mut pace,
        progress,
    );
    if let Some(store) = &mut store {
        store.sync()?;
    }
    state.sync()?;
    failure?;
    if rows.iter().any(|row| matches!(row, Row::Open)) {
        return Ok(Ended {
            complete: false,
            pace,
            counts: publish::Counts::default(),
        });
    }
    let counts = publish::publish(
        &files,
        &rows,
        &mut state,
        settings,
        found.passed_over,
        &options.out,
        options.outputs,
    )?;
    Ok(Ended {
        complete: true,
        pace,
        counts,
    })
}

/// The row of a file that was not touched since its record was made.
fn reuse(path: &Path, known: Known) -> Option<Row> {
    let stamp = reader::stamp(&std::fs::metadata(path).ok()?);
    match known {
        Known::One(of, span) if of == stamp => Some(Row::One(span)),
        Known::Many(of, members, true) if of == stamp => Some(Row::Many(
            members.into_iter().map(|(_, span)| span).collect(),
        )),
        _ => None,
    }
}

/// `row`, or an open one when a document of it was not kept and should have been.
fn kept(row: Row, state: &mut State, store: Option<&Store>) -> Result<Row, Error> {
    let Some(store) = store else { return Ok(row) };
    let spans: &[Span] = match &row {
        Row::One(span) => std::slice::from_ref(span),
        Row::Many(spans) => spans,
        Row::Open | Row::Unreadable(_) => &[],
    };
    let mut line = String::new();
    for span in spans {
        state.record(*span, &mut line)?;
        let there = Record::from_json(&line).is_ok_and(|record| {
            record.error.is_some() || record.sha256.is_some_and(|sha256| store.has(&sha256))
        });
        if !there {
            return Ok(Row::Open);
        }
    }
    Ok(row)
}

/// Verifies what is open and writes its records to the state.
#[allow(clippy::too_many_arguments)] // The parts of one loop, each used and changed on its own.
fn work(
    engine: &Engine,
    files: &[(PathBuf, Option<Error>)],
    settings: &Settings,
    options: &RunOptions,
    stop: &AtomicBool,
    state: &mut State,
    store: &mut Option<Store>,
    rows: &mut [Row],
    pace: &mut Pace,
    progress: &mut dyn FnMut(Pace),
) -> Result<(), Error> {
    let open: Vec<usize> = rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| matches!(row, Row::Open).then_some(index))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    // Set when the state cannot be written any more: nothing new is begun.
    let failed = AtomicBool::new(false);
    let mut failure = None;
    let unpacking = Unpacking::default();
    // Small: what waits here may be whole documents out of containers.
    let (send, receive) = mpsc::sync_channel::<Input>(16);
    std::thread::scope(|scope| -> Result<(), Error> {
        let (unpacking, failed) = (&unpacking, &failed);
        scope.spawn(move || {
            let halted = || stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed);
            for index in open {
                if halted() {
                    break;
                }
                let Some((path, _)) = files.get(index) else {
                    break;
                };
                let form = options.unpack.as_ref().and(Form::of(path));
                let (Some(form), Some(patterns)) = (form, &options.unpack) else {
                    let source = Source::Path(path.clone());
                    let tag = index as u64;
                    if send.send(Input { tag, source }).is_err() {
                        break;
                    }
                    continue;
                };
                let sent = |input| !halted() && send.send(input).is_ok();
                unpacking.read(
                    index,
                    (path, form),
                    patterns,
                    engine.verifier().limits(),
                    &sent,
                );
            }
        });
        let record = |outcome: Outcome| {
            let (file, member) = unpacking.place(outcome.tag);
            let path = files.get(file).map_or(Path::new(""), |(path, _)| path);
            let record = Record::new(Place::new(path, member), &outcome);
            // What another attempt, another right or another password may change is tried again.
            let again = ["io", "password", "misuse"];
            let lasting = !record
                .error
                .as_deref()
                .is_some_and(|code| again.contains(&code));
            Line {
                tag: outcome.tag,
                record: record.json(),
                stamp: outcome.file.filter(|_| lasting),
                lasting,
                packed: outcome
                    .observation
                    .and_then(|seen| Packed::new(&seen, engine.verifier().limits())),
            }
        };
        let sink = |line: Line| {
            let (file, member) = unpacking.arrived(line.tag);
            let Some((row, (path, _))) = rows.get_mut(file).zip(files.get(file)) else {
                return;
            };
            let key = Key::new(path);
            let mut take = || -> Result<(), Error> {
                // Before its record: what has a record can be judged again.
                if let (Some(store), Some(packed)) = (store.as_mut(), &line.packed) {
                    store.add(packed)?;
                }
                let Some(member) = member else {
                    let span = state.add(&line.record, key, line.stamp.as_ref(), None)?;
                    *row = Row::One(span);
                    return Ok(());
                };
                let stamp = unpacking.stamp(file, line.lasting);
                let span = state.add(&line.record, key, stamp.as_ref(), Some(member))?;
                if let Some(whole) = unpacking.took(file, member, span) {
                    *row = whole.end(key, state)?;
                }
                Ok(())
            };
            if failed.load(Ordering::Relaxed) {
                return;
            }
            if let Err(error) = take() {
                failed.store(true, Ordering::Relaxed);
                failure = Some(error);
                return;
            }
            pace.done += u64::from(!matches!(row, Row::Open));
            progress(*pace);
        };
        engine
            .run(receive.into_iter(), settings.at, record, sink)
            .map(|_| ())
    })?;
    failure.map_or(Ok(()), Err)?;
    // Containers that are empty, or whose end came after their last record.
    for (file, whole) in unpacking.rest() {
        if let Some((row, (path, _))) = rows.get_mut(file).zip(files.get(file)) {
            *row = whole.end(Key::new(path), state)?;
            pace.done += 1;
        }
    }
    progress(*pace);
    Ok(())
}
