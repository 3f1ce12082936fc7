//! One worker: documents → digests and signature checks by its own lanes → outcomes → results.
//!
//! A document is observed, hashed in the lanes while others are, and judged under the assumption
//! that the RSA signatures it asks about are right ([`Guess`]). Those questions are answered eight
//! at a time. Where all assumptions hold, the report stands: it is what it would be with each
//! answer computed first. Where one does not, ring is asked too, and the document is judged again
//! with every check computed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Sender;

use super::checker::{Answers, Guess, Question};
use super::engine::{FileStamp, Input, Outcome};
use super::job;
use super::queue::{Queue, StopOnPanic, Work};
use super::reader::{self, Buffer, Loaded};
use crate::crypto::Direct;
use crate::crypto::simd::{Backend, RsaSize, Sha256Lanes};
use crate::error::{Error, ErrorKind};
use crate::report::Report;
use crate::signature::Observation;
use crate::time::UtcTime;
use crate::validation::Fresh;
use crate::verify::Verifier;

/// Results that are handed over at once, unless there is nothing else to do.
const HANDED_OVER: usize = 32;
/// Documents that a worker reads before it looks at them, while they have fewer octets than this
/// together.
const READ_TOGETHER: usize = 8;
const READ_OCTETS: u64 = 256 << 10;
/// Signatures that are checked at once: the lanes take eight of one size.
const TOGETHER: usize = 8;
/// Documents that may be judged before a question is answered, however few wait with it.
const DEADLINE: u64 = 256;
/// Of so many documents one, by its digest, is computed again without the lanes.
const SAMPLE: u16 = 1024;

/// What all workers of a run share.
pub(super) struct Run<'r> {
    pub(super) verifier: &'r Verifier,
    pub(super) at: UtcTime,
    pub(super) backend: Backend,
    pub(super) observations: bool,
    pub(super) queue: &'r Queue,
    pub(super) answers: &'r Answers,
}

/// A document while it is hashed.
struct Hashing {
    number: u64,
    tag: u64,
    file: Option<FileStamp>,
    reserved: u64,
    seen: Result<Observation, Error>,
    wanted: job::Wanted,
}

/// A document that is judged, and whose assumptions are not confirmed.
struct Waiting {
    number: u64,
    outcome: Outcome,
    seen: Observation,
    fresh: Fresh,
    /// Questions without an answer.
    open: usize,
    /// Whether an assumption was wrong.
    refuted: bool,
}

/// A question with the place of its document.
struct Asked {
    place: usize,
    question: Question,
}

/// Questions of one size of keys.
#[derive(Default)]
struct Asking {
    asked: Vec<Asked>,
    /// Number of documents that were judged when the first was asked.
    since: u64,
}

pub(super) struct Worker<'r, R, T> {
    run: &'r Run<'r>,
    record: &'r R,
    send: Sender<Vec<(u64, T)>>,
    lanes: Sha256Lanes<Buffer, Box<Hashing>>,
    asking: [Asking; RsaSize::ALL.len()],
    waiting: Vec<Option<Waiting>>,
    /// Free places of `waiting`.
    free: Vec<usize>,
    judged: u64,
    done: Vec<(u64, T)>,
}

impl<'r, R: Fn(Outcome) -> T, T> Worker<'r, R, T> {
    pub(super) fn new(run: &'r Run<'r>, record: &'r R, send: Sender<Vec<(u64, T)>>) -> Self {
        Self {
            run,
            record,
            send,
            lanes: Sha256Lanes::new(run.backend),
            asking: Default::default(),
            waiting: Vec::new(),
            free: Vec::new(),
            judged: 0,
            done: Vec::new(),
        }
    }

    /// Works until the queue ends.
    ///
    /// # Errors
    /// [`ErrorKind::Disagreement`]; the queue is stopped then.
    pub(super) fn work(mut self) -> Result<(), Error> {
        let queue = self.run.queue;
        let _stop = StopOnPanic(queue);
        let result = self.loop_over(queue);
        if result.is_err() {
            queue.stop();
        }
        result
    }

    fn loop_over(&mut self, queue: &Queue) -> Result<(), Error> {
        let max = self.run.verifier.limits().file;
        loop {
            let busy = !self.lanes.is_idle();
            if !busy || self.lanes.is_hungry() {
                let next = match queue.next(false) {
                    Work::Nothing if !busy => {
                        // Nobody waits for what could be answered.
                        self.answer_all()?;
                        self.hand_over();
                        queue.next(true)
                    }
                    next => next,
                };
                match next {
                    Work::Verify(loaded) => {
                        self.take(loaded)?;
                        continue;
                    }
                    Work::Read(number, input) => {
                        for loaded in read_some(queue, max, number, input) {
                            self.take(loaded)?;
                        }
                        continue;
                    }
                    Work::Nothing => {}
                    Work::End => return Ok(()),
                }
            }
            self.lanes.run();
            while let Some(done) = self.lanes.finished() {
                self.judge(done.bytes, *done.tag, &done.digests)?;
            }
        }
    }

    /// A document is observed, and its hash job begins.
    fn take(&mut self, loaded: Loaded) -> Result<(), Error> {
        let buffer = match loaded.bytes {
            Ok(buffer) => buffer,
            Err(error) => {
                self.run.queue.give_back(Buffer::default(), loaded.reserved);
                let outcome = Outcome {
                    tag: loaded.tag,
                    sha256: None,
                    size: None,
                    file: loaded.file,
                    observation: None,
                    answer: Err(error),
                };
                self.finish(loaded.number, outcome);
                return Ok(());
            }
        };
        let verifier = self.run.verifier;
        // A panic on one file must neither stop the run nor pass for an answer.
        let observe = AssertUnwindSafe(|| verifier.observe_undigested(buffer.as_ref()));
        let seen = catch_unwind(observe).unwrap_or_else(|_| Err(panicked()));
        let (job, wanted) = job::new(buffer, seen.as_ref().ok());
        self.lanes.submit(job.tagged(|()| {
            Box::new(Hashing {
                number: loaded.number,
                tag: loaded.tag,
                file: loaded.file,
                reserved: loaded.reserved,
                seen,
                wanted,
            })
        }));
        Ok(())
    }

    /// A document is hashed: it is judged, and what it asks is put to the lanes.
    fn judge(
        &mut self,
        buffer: Buffer,
        hashing: Hashing,
        digests: &[[u8; 32]],
    ) -> Result<(), Error> {
        let Run {
            verifier,
            at,
            answers,
            ..
        } = *self.run;
        self.judged += 1;
        let sha256 = job::digest_of_file(digests);
        let mut outcome = Outcome {
            tag: hashing.tag,
            sha256,
            size: Some(buffer.as_ref().len() as u64),
            file: hashing.file,
            observation: None,
            answer: Err(panicked()),
        };
        let mut seen = match hashing.seen {
            Ok(seen) => seen,
            Err(error) => {
                outcome.answer = Err(error);
                self.run.queue.give_back(buffer, hashing.reserved);
                self.finish(hashing.number, outcome);
                return Ok(());
            }
        };
        job::take(&mut seen, &hashing.wanted, digests);
        if !seen.digests.is_complete() {
            // What the lanes do not serve.
            seen.digests.fill(buffer.as_ref());
        }
        let by_lanes = self.run.backend.answers_rsa();
        let guess = Guess::new(answers);
        let (answer, fresh) = catch_unwind(AssertUnwindSafe(|| {
            if by_lanes {
                verifier.judge_apart(&seen, at, &guess)
            } else {
                verifier.judge_apart(&seen, at, &Direct)
            }
        }))
        .unwrap_or_else(|_| (Err(panicked()), Fresh::default()));
        let sampled = is_sampled(sha256);
        if sampled || answer.as_ref().is_ok_and(has_broken_digest) {
            let mut again = seen.clone();
            again.digests.fill(buffer.as_ref());
            if again.digests != seen.digests {
                return Err(ErrorKind::Disagreement { what: "SHA-256" }.into());
            }
        }
        self.run.queue.give_back(buffer, hashing.reserved);
        outcome.answer = answer;
        let asked = guess.asked();
        let waiting = Waiting {
            number: hashing.number,
            outcome,
            seen,
            fresh,
            open: asked.len(),
            refuted: false,
        };
        if asked.is_empty() {
            return self.conclude(waiting);
        }
        let place = self.free.pop().unwrap_or(self.waiting.len());
        match self.waiting.get_mut(place) {
            Some(free) => *free = Some(waiting),
            None => self.waiting.push(Some(waiting)),
        }
        for question in asked {
            let size = question.size() as usize;
            let Some(asking) = self.asking.get_mut(size) else {
                return Err(ErrorKind::Disagreement { what: "RSA" }.into());
            };
            if asking.asked.is_empty() {
                asking.since = self.judged;
            }
            asking.asked.push(Asked { place, question });
        }
        for size in 0..self.asking.len() {
            let is_due = self.asking.get(size).is_some_and(|asking| {
                asking.asked.len() >= TOGETHER
                    || (!asking.asked.is_empty() && self.judged - asking.since >= DEADLINE)
            });
            if is_due {
                self.answer(size)?;
            }
        }
        Ok(())
    }

    fn answer_all(&mut self) -> Result<(), Error> {
        (0..self.asking.len()).try_for_each(|size| self.answer(size))
    }

    /// Answers every question of one size.
    fn answer(&mut self, size: usize) -> Result<(), Error> {
        let Some(asking) = self.asking.get_mut(size) else {
            return Ok(());
        };
        let asked = std::mem::take(&mut asking.asked);
        let questions = asked.iter().map(|one| &one.question);
        let right = Question::answer(self.run.backend, questions)?;
        for (Asked { place, question }, right) in asked.into_iter().zip(right) {
            let Some(waiting) = self.waiting.get_mut(place).and_then(Option::as_mut) else {
                continue;
            };
            waiting.open -= 1;
            if !right || is_sampled(waiting.outcome.sha256) {
                // "Invalid" is never said by the lanes alone, and "valid" is asked now and then.
                if question.answer_directly() != right {
                    return Err(ErrorKind::Disagreement { what: "RSA" }.into());
                }
            }
            waiting.refuted |= !right;
            if right {
                self.run.answers.keep(question);
            }
            if waiting.open == 0
                && let Some(waiting) = self.waiting.get_mut(place).and_then(Option::take)
            {
                self.free.push(place);
                self.conclude(waiting)?;
            }
        }
        Ok(())
    }

    /// All assumptions about a document are answered.
    fn conclude(&mut self, mut waiting: Waiting) -> Result<(), Error> {
        let Run { verifier, at, .. } = *self.run;
        if waiting.refuted {
            let again = AssertUnwindSafe(|| verifier.judge(&waiting.seen, at));
            waiting.outcome.answer = catch_unwind(again).unwrap_or_else(|_| Err(panicked()));
        } else {
            verifier.keep(waiting.fresh);
        }
        if self.run.observations {
            waiting.outcome.observation = Some(Box::new(waiting.seen));
        }
        self.finish(waiting.number, waiting.outcome);
        Ok(())
    }

    fn finish(&mut self, number: u64, outcome: Outcome) {
        self.done.push((number, (self.record)(outcome)));
        if self.done.len() >= HANDED_OVER {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        if !self.done.is_empty() {
            // The receiver lives until every sender is gone.
            let _ = self.send.send(std::mem::take(&mut self.done));
        }
    }
}

/// The documents of this input and the next ones, as long as they are small: the code that reads
/// and the code that observes would drive each other from the caches in turn.
fn read_some(queue: &Queue, max: u64, number: u64, input: Input) -> Vec<Loaded> {
    let mut some = Vec::new();
    let mut octets = 0;
    let mut next = Some((number, input));
    while let Some((number, input)) = next {
        let reserve = |octets| queue.reserve_at_once(octets);
        let loaded = reader::read_timed(number, input, max, queue, reserve);
        octets += loaded.reserved;
        some.push(loaded);
        next = (some.len() < READ_TOGETHER && octets < READ_OCTETS)
            .then(|| queue.another())
            .flatten();
    }
    some
}

/// One document in [`SAMPLE`], whatever its neighbours.
fn is_sampled(sha256: Option<[u8; 32]>) -> bool {
    sha256.is_none_or(|[a, b, ..]| u16::from_be_bytes([a, b]) % SAMPLE == 0)
}

/// Whether the report rests on a digest that differs.
fn has_broken_digest(report: &Report) -> bool {
    use crate::validation::Integrity;
    let broken = |integrity| integrity == Integrity::Broken;
    report.signatures.iter().any(|one| broken(one.integrity))
}

fn panicked() -> Error {
    Error::new(ErrorKind::Misuse("internal error: the check panicked"))
}
