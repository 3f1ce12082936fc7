//! Inputs (paths or bytes, each with a tag) + a [`Verifier`] → one [`Outcome`] each, by many threads.
//!
//! Reader threads read whole files into buffers that are used again; workers, one per core, verify:
//! each has its own lanes, in which the digests of many documents and the RSA signatures of many
//! are computed side by side. What is then judged, and how, is what [`Verifier`] does for one.
//!
//! What the caller makes of an outcome ([`Engine::run`]'s `record`) is made by the worker too, so
//! that the one thread that takes the results only has to write them down.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;

use super::checker::Answers;
use super::queue::{Queue, StopOnPanic};
use super::worker::{Run, Worker};
use super::{reader, self_test};
use crate::crypto::simd::Backend;
use crate::error::Error;
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::report::Report;
use crate::signature::Observation;
use crate::time::UtcTime;
use crate::verify::Verifier;

/// One document to verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Comes back with the outcome; the engine gives it no meaning.
    pub tag: u64,
    /// Where the document is.
    pub source: Source,
}

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, read by a reader thread. Anything but a regular file is an error of the outcome.
    Path(PathBuf),
    /// The whole document.
    Bytes(Vec<u8>),
    /// A document that could not be had, for this reason: its outcome says so.
    Unreadable(Error),
}

/// What came of one input.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The tag of the input.
    pub tag: u64,
    /// SHA-256 of the whole document; `None` when it could not be read.
    pub sha256: Option<[u8; 32]>,
    /// Length of the document in bytes; `None` when it could not be read.
    pub size: Option<u64>,
    /// Facts about the file, taken while it was open; `None` for [`Source::Bytes`] and for what
    /// cannot be opened.
    pub file: Option<FileStamp>,
    /// What was observed of the document, with its digests, where [`EngineOptions::observations`]
    /// asks for it and the document could be observed.
    pub observation: Option<Box<Observation>>,
    /// What [`Verifier::verify`] answers for these bytes; or why they could not be read
    /// ([`ErrorKind::Io`], [`ErrorKind::Limit`]).
    pub answer: Result<Report, Error>,
}

/// By what a later run can tell that a file was not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileStamp {
    /// Length in bytes.
    pub size: u64,
    /// Last change, in nanoseconds since 1970; 0 where the system does not say.
    pub modified: i128,
    /// Number of the file on its device; 0 where the system has none.
    pub inode: u64,
    /// The device; 0 where the system has none.
    pub device: u64,
}

/// In which order outcomes reach the sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// As the inputs came.
    #[default]
    Input,
    /// As they are ready; one slow document holds up nobody.
    Ready,
}

/// How much of the machine a run may use. Never changes an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Workers; 0 is one for each core.
    pub jobs: usize,
    /// Threads that read ahead; `None` is eight for each worker, at most 32. Workers read too when
    /// nothing is there for them, so that `Some(0)` serves where files lie in memory already.
    pub readers: Option<usize>,
    /// Bytes of documents in memory at one time. A document that is larger is let in alone, and
    /// each worker may read one above it.
    pub in_flight: u64,
    /// The kernels.
    pub backend: Backend,
    /// The order of outcomes.
    pub order: Order,
    /// Whether outcomes carry what was observed, to be judged again later.
    pub observations: bool,
}

impl EngineOptions {
    /// More workers than these are a mistake of the caller, not a wish; callers refuse them.
    pub const MOST_JOBS: usize = 1024;
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            jobs: 0,
            readers: None,
            in_flight: 64 << 20,
            backend: Backend::best(),
            order: Order::Input,
            observations: false,
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Inputs that were taken, each of which had an outcome.
    pub documents: u64,
    /// Bytes that were read.
    pub bytes: u64,
}

/// Verifies many documents: made once, runs as often as one likes.
///
/// ```
/// use std::sync::Arc;
/// use kyso::archive::{Engine, EngineOptions, Input, Source};
/// use kyso::{Policy, Trust, UtcTime, Verifier};
///
/// let verifier = Arc::new(Verifier::new(Trust::new(), Policy::official()));
/// let engine = Engine::new(verifier, EngineOptions::default());
/// let inputs = (0..3).map(|tag| Input { tag, source: Source::Bytes(b"no PDF".to_vec()) });
/// let mut seen = Vec::new();
/// let at = UtcTime::from_rfc3339("2026-11-23T07:00:00Z").unwrap();
/// engine.run(inputs, at, |outcome| (outcome.tag, outcome.answer.is_err()), |one| seen.push(one))?;
/// assert_eq!(seen, [(0, true), (1, true), (2, true)]);
/// # Ok::<(), kyso::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Engine {
    verifier: Arc<Verifier>,
    options: EngineOptions,
}

impl Engine {
    /// An engine that answers as `verifier` does.
    pub fn new(verifier: Arc<Verifier>, options: EngineOptions) -> Self {
        Self { verifier, options }
    }

    /// The verifier.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// How much of the machine it may use, and what its outcomes carry.
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// Verifies every input for the moment `at`; returns when the last result was taken.
    ///
    /// `record` makes of each outcome what is to be kept, in a worker thread; `sink` takes that in
    /// the calling thread, in the order of [`EngineOptions::order`]. A run ends early when `inputs`
    /// ends: what was taken from it is finished. Answers are those of [`Verifier::verify`],
    /// whatever the order, the number of threads and the neighbours.
    ///
    /// # Errors
    /// [`ErrorKind::Disagreement`]: lanes and library compute different things, at the start with
    /// fixed values or later; results that were taken by then are not to be relied on. A document
    /// never ends the run: what is wrong with it stands in its outcome.
    pub fn run<T: Send>(
        &self,
        inputs: impl Iterator<Item = Input> + Send,
        at: UtcTime,
        record: impl Fn(Outcome) -> T + Sync,
        mut sink: impl FnMut(T),
    ) -> Result<Totals, Error> {
        let jobs = match self.options.jobs {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            jobs => jobs,
        };
        let ahead = jobs.saturating_mul(8).min(32);
        let readers = self.options.readers.unwrap_or(ahead);
        let max = self.verifier.limits().file;
        self_test::run(self.options.backend)?;
        let queue = &Queue::new(jobs, self.options.in_flight, self.options.order);
        let run = &Run {
            verifier: &self.verifier,
            at,
            backend: self.options.backend,
            observations: self.options.observations,
            queue,
            answers: &Answers::default(),
        };
        let record = &record;
        let (send, receive) = mpsc::channel::<Vec<(u64, T)>>();
        let mut totals = Totals::default();
        std::thread::scope(|scope| {
            scope.spawn(move || queue.list(inputs));
            for _ in 0..readers {
                scope.spawn(move || reader::read_all(queue, max));
            }
            let workers: Vec<_> = (0..jobs)
                .map(|_| {
                    let send = send.clone();
                    scope.spawn(move || Worker::new(run, record, send).work())
                })
                .collect();
            drop(send);
            let _stop = StopOnPanic(queue);
            let mut waiting = BTreeMap::new();
            let mut next = 0;
            for batch in receive {
                totals.documents += batch.len() as u64;
                match self.options.order {
                    Order::Ready => batch.into_iter().for_each(|(_, one)| sink(one)),
                    Order::Input => {
                        waiting.extend(batch);
                        while let Some(one) = waiting.remove(&next) {
                            next += 1;
                            sink(one);
                        }
                        queue.taken(next);
                    }
                }
            }
            for worker in workers {
                match worker.join() {
                    Ok(result) => result?,
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok::<(), Error>(())
        })?;
        totals.bytes = queue.bytes_read();
        Ok(totals)
    }
}
