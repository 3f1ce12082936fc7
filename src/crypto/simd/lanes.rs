//! Jobs (octets, ranges of them, places where a digest is wanted) → SHA-256 digests.
//!
//! The lanes persist: a lane that ends its stream takes the next one while the others go on, so
//! documents of unequal length keep all lanes busy. A stream can fork: what two digests have in
//! common is computed once.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;

use super::{Backend, sha256, sha256_portable};

/// Octets of a block.
const BLOCK: usize = 64;
/// The most lanes that a back end has.
const MOST_LANES: usize = 16;

/// A stream of a [`Job`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream(usize);

impl Stream {
    /// The stream that every job begins with, empty.
    pub const FIRST: Self = Self(0);
}

/// A range outside the octets of its job, or a stream of another job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutsideJob;

impl fmt::Display for OutsideJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("range or stream outside the hash job")
    }
}

impl std::error::Error for OutsideJob {}

#[derive(Debug, Clone)]
enum Step {
    Append(Range<usize>),
    Digest(usize),
    Fork(usize),
}

/// Digests that are wanted of one sequence of octets.
///
/// A document with one signature, its own digest and the digest of the signed ranges, each octet
/// before the gap hashed once:
///
/// ```
/// use kyso::crypto::simd::{Backend, Job, Sha256Lanes, Stream};
///
/// let file = b"signed <gap> signed";
/// let mut job = Job::new(&file[..], "document 1");
/// job.append(Stream::FIRST, 0..7)?;
/// let signed = job.fork(Stream::FIRST)?;
/// job.append(signed, 12..19)?;
/// job.append(Stream::FIRST, 7..19)?;
/// let (of_ranges, of_file) = (job.digest(signed)?, job.digest(Stream::FIRST)?);
///
/// let mut lanes = Sha256Lanes::new(Backend::best());
/// lanes.submit(job);
/// lanes.run();
/// let done = lanes.finished().expect("it was the only job");
/// assert_eq!(done.tag, "document 1");
/// assert_eq!(done.digests[of_ranges][..2], [0xf8, 0x8d]);
/// assert_eq!(done.digests[of_file][..2], [0x18, 0x67]);
/// # Ok::<(), kyso::crypto::simd::OutsideJob>(())
/// ```
#[derive(Debug, Clone)]
pub struct Job<B, T> {
    bytes: B,
    tag: T,
    streams: Vec<Vec<Step>>,
    digests: usize,
}

impl<B: AsRef<[u8]>, T> Job<B, T> {
    /// A job on `bytes` with the one stream [`Stream::FIRST`]; `tag` comes back with the result.
    pub fn new(bytes: B, tag: T) -> Self {
        Self {
            bytes,
            tag,
            streams: vec![Vec::new()],
            digests: 0,
        }
    }

    /// This job with another tag.
    pub fn tagged<U>(self, tag: impl FnOnce(T) -> U) -> Job<B, U> {
        Job {
            bytes: self.bytes,
            tag: tag(self.tag),
            streams: self.streams,
            digests: self.digests,
        }
    }

    /// Adds a half-open range of octets to the end of `stream`.
    ///
    /// # Errors
    /// [`OutsideJob`]: the range does not lie in the octets, or the stream is not of this job.
    pub fn append(&mut self, stream: Stream, range: Range<usize>) -> Result<(), OutsideJob> {
        if self.bytes.as_ref().get(range.clone()).is_none() {
            return Err(OutsideJob);
        }
        self.push(stream, Step::Append(range))
    }

    /// A new stream that begins with all that `stream` has now.
    ///
    /// # Errors
    /// [`OutsideJob`]: the stream is not of this job.
    pub fn fork(&mut self, stream: Stream) -> Result<Stream, OutsideJob> {
        let new = self.streams.len();
        self.push(stream, Step::Fork(new))?;
        self.streams.push(Vec::new());
        Ok(Stream(new))
    }

    /// Asks for the digest of all that `stream` has now; the stream can go on. The answer is the
    /// place in [`Digested::digests`].
    ///
    /// # Errors
    /// [`OutsideJob`]: the stream is not of this job.
    pub fn digest(&mut self, stream: Stream) -> Result<usize, OutsideJob> {
        let place = self.digests;
        self.push(stream, Step::Digest(place))?;
        self.digests += 1;
        Ok(place)
    }

    fn push(&mut self, stream: Stream, step: Step) -> Result<(), OutsideJob> {
        self.streams.get_mut(stream.0).ok_or(OutsideJob)?.push(step);
        Ok(())
    }
}

/// A finished [`Job`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digested<B, T> {
    /// The octets of the job.
    pub bytes: B,
    /// The tag of the job.
    pub tag: T,
    /// The digests, in the order in which they were asked for. Empty only if `bytes` shrank while
    /// the job ran.
    pub digests: Vec<[u8; 32]>,
}

/// A stream while it is computed.
struct Lane {
    job: usize,
    steps: std::vec::IntoIter<Step>,
    /// What is left of the range that was begun.
    run: Range<usize>,
    hash: Midstate,
}

/// A job while it is computed.
struct Active<B, T> {
    result: Digested<B, T>,
    streams: Vec<Vec<Step>>,
    /// Streams that have not ended.
    open: usize,
    failed: bool,
}

/// SHA-256 of many streams side by side. See [`Job`] for an example.
///
/// A worker submits jobs while [`Sha256Lanes::is_hungry`], runs, takes what is finished, and
/// repeats. Results come in the order in which they are ready.
pub struct Sha256Lanes<B, T> {
    backend: Backend,
    jobs: Vec<Option<Active<B, T>>>,
    /// Free places of `jobs`.
    free: Vec<usize>,
    waiting: VecDeque<Lane>,
    live: Vec<Lane>,
    finished: VecDeque<Digested<B, T>>,
}

impl<B: AsRef<[u8]>, T> Sha256Lanes<B, T> {
    /// Empty lanes of `backend`.
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            jobs: Vec::new(),
            free: Vec::new(),
            waiting: VecDeque::new(),
            live: Vec::new(),
            finished: VecDeque::new(),
        }
    }

    /// Queues a job.
    pub fn submit(&mut self, job: Job<B, T>) {
        let mut streams = job.streams;
        let first = streams.first_mut().map(std::mem::take).unwrap_or_default();
        let active = Active {
            open: streams.len(),
            streams,
            result: Digested {
                bytes: job.bytes,
                tag: job.tag,
                digests: vec![[0; 32]; job.digests],
            },
            failed: false,
        };
        let place = self.free.pop().unwrap_or(self.jobs.len());
        match self.jobs.get_mut(place) {
            Some(free) => *free = Some(active),
            None => self.jobs.push(Some(active)),
        }
        self.waiting.push_back(Lane {
            job: place,
            steps: first.into_iter(),
            run: 0..0,
            hash: Midstate::new(),
        });
    }

    /// Whether a lane would stay empty for want of work.
    pub fn is_hungry(&self) -> bool {
        self.live.len() + self.waiting.len() < self.backend.sha256_lanes()
    }

    /// Whether no job is queued or running; finished ones may wait to be taken.
    pub fn is_idle(&self) -> bool {
        self.live.is_empty() && self.waiting.is_empty()
    }

    /// The next finished job.
    pub fn finished(&mut self) -> Option<Digested<B, T>> {
        self.finished.pop_front()
    }

    /// Computes until the lanes are hungry; at least one step, so that repeating it ends every
    /// job.
    pub fn run(&mut self) {
        loop {
            self.refill();
            self.step();
            self.refill();
            if self.is_hungry() && (self.live.is_empty() || !self.finished.is_empty()) {
                return;
            }
        }
    }

    /// Computes until every queued job is finished.
    pub fn run_all(&mut self) {
        while !self.is_idle() {
            self.run();
        }
    }

    /// Waiting streams move into empty lanes.
    fn refill(&mut self) {
        while self.live.len() < self.backend.sha256_lanes()
            && let Some(lane) = self.waiting.pop_front()
        {
            let settled = self.settle(lane);
            self.live.extend(settled);
        }
    }

    /// All live lanes take in as many blocks as the shortest run has.
    fn step(&mut self) {
        let mut states = [[0; 8]; MOST_LANES];
        let mut data: [&[[u8; BLOCK]]; MOST_LANES] = [&[]; MOST_LANES];
        for ((lane, state), data) in self.live.iter().zip(&mut states).zip(&mut data) {
            *state = lane.hash.state;
            *data = octets(&self.jobs, lane).as_chunks().0;
        }
        let live = self.live.len();
        let (Some(states), Some(data)) = (states.get_mut(..live), data.get(..live)) else {
            return;
        };
        let octets_each = sha256::compress(self.backend, states, data).saturating_mul(BLOCK);
        for (lane, state) in self.live.iter_mut().zip(states) {
            lane.hash.state = *state;
            lane.hash.length = lane.hash.length.wrapping_add(octets_each as u64);
            lane.run.start = lane.run.start.saturating_add(octets_each);
        }
        // Downwards: what takes the place of a removed lane was looked at before.
        for place in (0..live).rev() {
            let ended = self
                .live
                .get(place)
                .is_some_and(|lane| octets(&self.jobs, lane).len() < BLOCK);
            if ended {
                let lane = self.live.swap_remove(place);
                let settled = self.settle(lane);
                self.live.extend(settled);
            }
        }
    }

    /// Takes the steps of a stream up to its next whole block; `None` when the stream has ended.
    fn settle(&mut self, mut lane: Lane) -> Option<Lane> {
        let job = self.jobs.get_mut(lane.job)?.as_mut()?;
        loop {
            if !lane.run.is_empty() {
                let room = BLOCK - lane.hash.pending();
                let taken = room.min(lane.run.len());
                let end = lane.run.start.saturating_add(taken);
                let left = job.result.bytes.as_ref().get(lane.run.clone());
                let Some(octets) = left.and_then(|left| left.get(..taken)) else {
                    // Shorter than when the job was made.
                    job.failed = true;
                    lane.run = 0..0;
                    continue;
                };
                if taken == BLOCK {
                    return Some(lane);
                }
                lane.hash.take(self.backend, octets);
                lane.run.start = end;
                continue;
            }
            match lane.steps.next() {
                Some(Step::Append(range)) => lane.run = range,
                Some(Step::Digest(place)) => {
                    if let Some(digest) = job.result.digests.get_mut(place) {
                        *digest = lane.hash.clone().finish(self.backend);
                    }
                }
                Some(Step::Fork(stream)) => {
                    let steps = job.streams.get_mut(stream).map(std::mem::take);
                    // Before what waits: jobs that are begun end first.
                    self.waiting.push_front(Lane {
                        job: lane.job,
                        steps: steps.unwrap_or_default().into_iter(),
                        run: 0..0,
                        hash: lane.hash.clone(),
                    });
                }
                None => break,
            }
        }
        job.open = job.open.saturating_sub(1);
        if job.open == 0 {
            let done = self.jobs.get_mut(lane.job).and_then(Option::take);
            self.free.push(lane.job);
            self.finished.extend(done.map(|mut job| {
                if job.failed {
                    job.result.digests.clear();
                }
                job.result
            }));
        }
        None
    }
}

/// What is left of the range that a lane has begun.
fn octets<'a, B: AsRef<[u8]>, T>(jobs: &'a [Option<Active<B, T>>], lane: &Lane) -> &'a [u8] {
    jobs.get(lane.job)
        .and_then(Option::as_ref)
        .and_then(|job| job.result.bytes.as_ref().get(lane.run.clone()))
        .unwrap_or_default()
}

impl<B, T> fmt::Debug for Sha256Lanes<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sha256Lanes")
            .field("backend", &self.backend.name())
            .field("live", &self.live.len())
            .field("waiting", &self.waiting.len())
            .field("finished", &self.finished.len())
            .finish()
    }
}

/// A hash that has taken in `length` octets; those after the last whole block are in `tail`.
#[derive(Clone)]
struct Midstate {
    state: [u32; 8],
    length: u64,
    tail: [u8; BLOCK],
}

impl Midstate {
    fn new() -> Self {
        Self {
            state: sha256_portable::INITIAL,
            length: 0,
            tail: [0; BLOCK],
        }
    }

    /// How many octets of `tail` count; below [`BLOCK`].
    fn pending(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }

    /// Takes in octets, not more than fill the tail.
    fn take(&mut self, backend: Backend, octets: &[u8]) {
        let pending = self.pending();
        for (tail, octet) in self.tail.iter_mut().skip(pending).zip(octets) {
            *tail = *octet;
        }
        self.length = self.length.wrapping_add(octets.len() as u64);
        if self.pending() == 0 {
            self.compress(backend);
        }
    }

    fn compress(&mut self, backend: Backend) {
        sha256::compress(
            backend,
            std::slice::from_mut(&mut self.state),
            &[&[self.tail]],
        );
    }

    /// Source: FIPS 180-4 §5.1.1, §6.2.
    fn finish(mut self, backend: Backend) -> [u8; 32] {
        let pending = self.pending();
        let bits = self.length.wrapping_mul(8);
        for (place, octet) in self.tail.iter_mut().enumerate().skip(pending) {
            *octet = if place == pending { 0x80 } else { 0 };
        }
        // No room for the length after the mark.
        if pending + 9 > BLOCK {
            self.compress(backend);
            self.tail.fill(0);
        }
        if let Some(length) = self.tail.last_chunk_mut::<8>() {
            *length = bits.to_be_bytes();
        }
        self.compress(backend);
        let mut digest = [0; 32];
        for (octets, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(self.state) {
            *octets = word.to_be_bytes();
        }
        digest
    }
}
