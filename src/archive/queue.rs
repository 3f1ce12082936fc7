//! Inputs → documents in memory → workers: the one place where threads wait for each other.
//!
//! Bounded three ways: bytes in memory, documents that no worker has taken yet, and (where results
//! are wanted in input order) how far reading may run ahead of the first result that is missing.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::engine::{Input, Order, Source};
use super::reader::{Buffer, Loaded};

/// Inputs that may wait to be read.
const LISTED: usize = 256;
/// Documents that may wait for each worker.
const WAITING: usize = 48;
/// How many documents reading may be ahead of the first missing result.
const AHEAD: u64 = 1 << 16;
/// How long opening and reading take from memory, one nanosecond for each octet not counted.
const QUICK: Duration = Duration::from_micros(200);
/// What one document counts that took longer, against those that did not: readers help from
/// [`HELP_FROM`], so that a worker that was interrupted now and then calls nobody.
const SLOW: usize = 16;
const HELP_FROM: usize = 64;
const HELP_MOST: usize = 256;
/// Buffers that are kept for the next document. Their octets count against the cap.
const KEPT: usize = 64;

/// What all threads of a run share.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Something to verify or to read, or the end: for workers.
    work: Condvar,
    /// Something to read, or the end: for readers.
    read: Condvar,
    /// Room for what a reader is at.
    room: Condvar,
    /// Room for more inputs: for the thread that lists them.
    list: Condvar,
    most_ready: usize,
    in_flight: u64,
    ordered: bool,
}

struct State {
    inputs: VecDeque<(u64, Input)>,
    ready: VecDeque<Loaded>,
    /// Whether more inputs may come.
    listing: bool,
    /// Readers that are at a document.
    reading: usize,
    /// How much reading makes workers wait; see [`Queue::was_read`].
    slow: usize,
    /// Nobody waits any longer, nothing new is begun.
    stopped: bool,
    /// Bytes of documents that were let in and are not given back.
    bytes: u64,
    /// Bytes of all documents so far.
    total: u64,
    /// Number of the first result that the sink has not taken.
    taken: u64,
    buffers: Vec<Buffer>,
    /// Octets of `buffers`.
    kept: u64,
    /// Threads that wait, so that nobody is called who does not.
    waiting: [usize; 4],
}

/// Places of [`State::waiting`].
const WORKERS: usize = 0;
const READERS: usize = 1;
const LISTER: usize = 2;
const ROOM: usize = 3;

/// What a worker has to do next.
pub(super) enum Work {
    /// A document is there.
    Verify(Loaded),
    /// Nothing is there; this input could be read.
    Read(u64, Input),
    /// Nothing at the moment.
    Nothing,
    /// Nothing any more.
    End,
}

impl Queue {
    pub(super) fn new(workers: usize, in_flight: u64, order: Order) -> Self {
        Self {
            state: Mutex::new(State {
                inputs: VecDeque::with_capacity(LISTED),
                ready: VecDeque::new(),
                listing: true,
                reading: 0,
                slow: 0,
                stopped: false,
                bytes: 0,
                total: 0,
                taken: 0,
                buffers: Vec::new(),
                kept: 0,
                waiting: [0; 4],
            }),
            work: Condvar::new(),
            read: Condvar::new(),
            room: Condvar::new(),
            list: Condvar::new(),
            most_ready: WAITING.saturating_mul(workers),
            in_flight,
            ordered: order == Order::Input,
        }
    }

    /// A panic elsewhere leaves counters and lists whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(
        &self,
        mut state: MutexGuard<'s, State>,
        who: usize,
        until: &Condvar,
    ) -> MutexGuard<'s, State> {
        count(&mut state, who, 1);
        let mut state = until.wait(state).unwrap_or_else(PoisonError::into_inner);
        count(&mut state, who, -1);
        state
    }

    /// For the thread that owns the iterator: lists all inputs.
    pub(super) fn list(&self, inputs: impl Iterator<Item = Input>) {
        /// The others must learn of the end, also when the caller's iterator panics.
        struct End<'q>(&'q Queue);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.lock().listing = false;
                self.0.work.notify_all();
                self.0.read.notify_all();
            }
        }
        let _end = End(self);
        for (number, input) in (0..).zip(inputs) {
            let octets = match &input.source {
                Source::Bytes(bytes) => bytes.len() as u64,
                Source::Path(_) | Source::Unreadable(_) => 0,
            };
            let mut state = self.lock();
            loop {
                let early = self.ordered && number > state.taken.saturating_add(AHEAD);
                let full = state.inputs.len() >= LISTED || state.ready.len() >= self.most_ready;
                if state.stopped || (!early && !full && self.has_room(&state, octets)) {
                    break;
                }
                state = self.wait(state, LISTER, &self.list);
            }
            if state.stopped {
                return;
            }
            match input.source {
                Source::Bytes(bytes) => {
                    take_in(&mut state, octets);
                    state
                        .ready
                        .push_back(Loaded::of_bytes(number, input.tag, bytes));
                }
                Source::Path(_) | Source::Unreadable(_) => {
                    state.inputs.push_back((number, input));
                }
            }
            self.call(&state, WORKERS);
            self.call(&state, READERS);
        }
    }

    /// For readers: the next input; `None` at the end. [`Queue::push`] must follow.
    pub(super) fn input(&self) -> Option<(u64, Input)> {
        let mut state = self.lock();
        loop {
            if state.stopped || (state.inputs.is_empty() && !state.listing) {
                return None;
            }
            if state.slow >= HELP_FROM
                && state.ready.len() < self.most_ready
                && let Some(input) = state.inputs.pop_front()
            {
                state.reading += 1;
                self.call_lister(&state);
                return Some(input);
            }
            state = self.wait(state, READERS, &self.read);
        }
    }

    /// For readers: waits until `octets` more may be in memory; gives a buffer for them.
    /// [`Queue::give_back`] must follow.
    pub(super) fn reserve(&self, octets: u64) -> Buffer {
        let mut state = self.lock();
        while !state.stopped && !self.has_room(&state, octets) {
            state = self.wait(state, ROOM, &self.room);
        }
        take_in(&mut state, octets);
        buffer(&mut state)
    }

    /// As [`Queue::reserve`] for a worker, which never waits: others may wait for what it holds.
    pub(super) fn reserve_at_once(&self, octets: u64) -> Buffer {
        let mut state = self.lock();
        take_in(&mut state, octets);
        buffer(&mut state)
    }

    /// Documents may be in memory up to the cap; one that is larger, alone.
    fn has_room(&self, state: &State, octets: u64) -> bool {
        state.bytes == 0 || state.bytes.saturating_add(octets) <= self.in_flight
    }

    /// For workers and readers: reading so many octets took so long. Where the disk lets a worker
    /// wait, the readers help for a while; where files lie in memory, they would only be in the way.
    pub(super) fn was_read(&self, octets: u64, took: Duration) {
        let quick = QUICK + Duration::from_nanos(octets);
        let mut state = self.lock();
        state.slow = match took > quick {
            true => (state.slow + SLOW).min(HELP_MOST),
            false => state.slow.saturating_sub(1),
        };
        self.call(&state, READERS);
    }

    /// For readers: a document is there.
    pub(super) fn push(&self, loaded: Loaded) {
        let mut state = self.lock();
        state.reading = state.reading.saturating_sub(1);
        if !state.stopped {
            state.ready.push_back(loaded);
        }
        self.call(&state, WORKERS);
    }

    /// For workers: what to do next. With nothing in hand (`idle`) a worker waits for it.
    pub(super) fn next(&self, idle: bool) -> Work {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return Work::End;
            }
            if let Some(loaded) = state.ready.pop_front() {
                if state.ready.len() <= self.most_ready / 2 {
                    self.call(&state, READERS);
                    self.call_lister(&state);
                }
                return Work::Verify(loaded);
            }
            if (state.bytes < self.in_flight || idle)
                && let Some((number, input)) = state.inputs.pop_front()
            {
                self.call_lister(&state);
                return Work::Read(number, input);
            }
            if !idle {
                return Work::Nothing;
            }
            if !state.listing && state.reading == 0 {
                // Readers that did not help still wait, and so do workers that waited for what a
                // reader was at: of them the last document called one.
                self.read.notify_all();
                self.work.notify_all();
                return Work::End;
            }
            state = self.wait(state, WORKERS, &self.work);
        }
    }

    /// For workers that have read one: another input to be read at once, when there is room and
    /// the disk lets nobody wait.
    pub(super) fn another(&self) -> Option<(u64, Input)> {
        let mut state = self.lock();
        if state.bytes >= self.in_flight || state.slow >= HELP_FROM {
            return None;
        }
        let next = state.inputs.pop_front()?;
        self.call_lister(&state);
        Some(next)
    }

    /// For workers: a document is done with.
    pub(super) fn give_back(&self, buffer: Buffer, octets: u64) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(octets);
        let room = buffer.room() as u64;
        let keeps = state.kept.saturating_add(room) <= self.in_flight;
        if room > 0 && state.buffers.len() < KEPT && keeps {
            state.kept += room;
            state.buffers.push(buffer);
        }
        self.call(&state, ROOM);
        self.call_lister(&state);
    }

    /// For the sink: every result before `number` was taken.
    pub(super) fn taken(&self, number: u64) {
        let mut state = self.lock();
        state.taken = number;
        self.call_lister(&state);
    }

    /// Ends the run early: what no worker has taken is dropped.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.ready.clear();
        state.inputs.clear();
        self.work.notify_all();
        self.read.notify_all();
        self.room.notify_all();
        self.list.notify_all();
    }

    /// Bytes of all documents so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.lock().total
    }

    /// Calls those of one kind who wait; readers only when they are to help.
    fn call(&self, state: &State, who: usize) {
        if state.waiting.get(who).is_some_and(|count| *count > 0) {
            match who {
                READERS if state.slow >= HELP_FROM => self.read.notify_one(),
                READERS => {}
                // Each waits for another amount.
                ROOM => self.room.notify_all(),
                _ => self.work.notify_one(),
            }
        }
    }

    /// Calls the lister when half of the list is read: not for every input.
    fn call_lister(&self, state: &State) {
        if state.waiting.get(LISTER).is_some_and(|count| *count > 0)
            && state.inputs.len() <= LISTED / 2
        {
            self.list.notify_one();
        }
    }
}

fn count(state: &mut State, who: usize, change: isize) {
    if let Some(count) = state.waiting.get_mut(who) {
        *count = count.saturating_add_signed(change);
    }
}

/// The buffer that was given back last: the likeliest to be in the cache.
fn buffer(state: &mut State) -> Buffer {
    let buffer = state.buffers.pop().unwrap_or_default();
    state.kept = state.kept.saturating_sub(buffer.room() as u64);
    buffer
}

fn take_in(state: &mut State, octets: u64) {
    state.bytes = state.bytes.saturating_add(octets);
    state.total = state.total.saturating_add(octets);
}

/// Stops the queue when a thread that others wait for ends by a panic.
pub(super) struct StopOnPanic<'q>(pub(super) &'q Queue);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::{Arc, mpsc};

    use super::*;

    /// A reader brings the last document while all workers wait: one of them gets it, and every
    /// one of them ends.
    #[test]
    fn ok_every_worker_learns_of_the_end() {
        const MANY: usize = 3;
        let queue = Arc::new(Queue::new(MANY, 1 << 20, Order::Ready));
        // Reading is slow, so that readers help.
        while queue.lock().slow < HELP_FROM {
            queue.was_read(0, Duration::from_secs(1));
        }
        queue.list(std::iter::once(Input {
            tag: 7,
            source: Source::Path(PathBuf::from("a file")),
        }));
        let (number, input) = queue.input().unwrap();
        let (send, receive) = mpsc::channel();
        for _ in 0..MANY {
            let (queue, send) = (Arc::clone(&queue), send.clone());
            std::thread::spawn(move || {
                let mut documents = 0;
                while let Work::Verify(_) = queue.next(true) {
                    documents += 1;
                }
                send.send(documents).unwrap();
            });
        }
        while queue.lock().waiting[WORKERS] < MANY {
            std::thread::yield_now();
        }
        queue.push(Loaded::of_bytes(number, input.tag, b"text".to_vec()));
        // Long enough for any machine; a worker that is forgotten waits for ever.
        let ended = || receive.recv_timeout(Duration::from_secs(60));
        let documents: Vec<i32> = (0..MANY).map_while(|_| ended().ok()).collect();
        assert_eq!(documents.len(), MANY);
        assert_eq!(documents.iter().sum::<i32>(), 1);
        assert!(queue.input().is_none());
    }
}
