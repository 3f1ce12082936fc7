//! An iterable of documents → an iterator of answers, by the batch engine in threads of its own.
//!
//! The engine's threads never touch Python. Documents are taken from the iterable, and answers are
//! given, in the thread that asks for the next one; it releases the interpreter while it waits. So
//! a generator may use whatever is bound to its thread, its exceptions come out where they belong,
//! and nothing hangs when the interpreter ends.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyIterator;

use super::error::{misuse, not_forked, raised};
use super::input::Named;
use super::report::Report;
use super::verifier::in_flight;
use crate::archive::record::Place;
use crate::archive::{Engine, Input, Outcome};
use crate::error::{Error, ErrorKind};
use crate::report;
use crate::time::UtcTime;

/// How long is waited before signals, such as that of Ctrl-C, are looked for.
const PATIENCE: Duration = Duration::from_millis(100);

/// A run of the engine; `T` is what its workers make of each outcome.
pub(super) struct Feed<T> {
    documents: Option<Py<PyIterator>>,
    send: Option<Sender<Input>>,
    receive: Receiver<(u64, T)>,
    thread: Option<JoinHandle<Result<(), Error>>>,
    /// Documents without an answer: where they are, and their bytes in memory.
    open: HashMap<u64, (Place, u64)>,
    octets: u64,
    next: u64,
    ahead: usize,
    /// The process in which the threads are.
    process: u32,
}

impl<T: Send + 'static> Feed<T> {
    pub(super) fn new(
        engine: Engine,
        at: UtcTime,
        documents: &Bound<'_, PyAny>,
        ahead: usize,
        record: impl Fn(Outcome) -> T + Send + Sync + 'static,
    ) -> PyResult<Self> {
        if ahead == 0 {
            return Err(PyValueError::new_err("ahead is at least 1"));
        }
        let documents = documents.try_iter()?.unbind();
        let (send, inputs) = channel();
        let (answer, receive) = channel();
        let run = move || {
            let record = |outcome: Outcome| (outcome.tag, record(outcome));
            // Nobody listens any more when the iterator is gone: the rest is answered to nobody.
            let sink = |one| drop(answer.send(one));
            engine.run(inputs.into_iter(), at, record, sink).map(|_| ())
        };
        let thread = std::thread::Builder::new()
            .name("kyso".to_owned())
            .spawn(run)?;
        Ok(Self {
            documents: Some(documents),
            send: Some(send),
            receive,
            thread: Some(thread),
            open: HashMap::new(),
            octets: 0,
            next: 0,
            ahead,
            process: std::process::id(),
        })
    }

    /// The next answer, and where its document is. `signals` looks for them while it waits.
    pub(super) fn next(
        &mut self,
        py: Python<'_>,
        signals: bool,
    ) -> PyResult<Option<(u64, Place, T)>> {
        not_forked(py, self.process, "Verifier and a new iterator")?;
        // Half of it at a time, so that the engine is not called for each document.
        if self.open.len() <= self.ahead / 2 {
            self.fill(py)?;
        }
        if self.open.is_empty() {
            self.send = None;
            return self.end(py).map(|()| None);
        }
        loop {
            let received = match self.receive.try_recv() {
                Ok(one) => Ok(one),
                Err(_) => {
                    // Borrowed for this thread alone, which `detach` asks for.
                    let receive = &mut self.receive;
                    py.detach(move || receive.recv_timeout(PATIENCE))
                }
            };
            match received {
                Ok((tag, one)) => {
                    let (place, octets) = self.open.remove(&tag).ok_or_else(|| lost(py))?;
                    self.octets = self.octets.saturating_sub(octets);
                    return Ok(Some((tag, place, one)));
                }
                Err(RecvTimeoutError::Timeout) if signals => py.check_signals()?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    // The engine ended before its time, and says why.
                    self.documents = None;
                    self.open.clear();
                    self.end(py)?;
                    return Err(lost(py));
                }
            }
        }
    }

    /// Takes documents from the iterable: as many as may be ahead, and fit into memory.
    fn fill(&mut self, py: Python<'_>) -> PyResult<()> {
        while self.open.len() < self.ahead && (self.octets < in_flight() || self.open.is_empty()) {
            let Some(documents) = &self.documents else {
                return Ok(());
            };
            let Some(document) = documents.bind(py).clone().next() else {
                self.documents = None;
                self.send = None;
                return Ok(());
            };
            let document = Named::new(&document?)?;
            let octets = document.octets();
            let tag = self.next;
            let (place, input) = document.into_input(tag);
            let sent = self.send.as_ref().map(|send| send.send(input));
            if sent.is_none_or(|sent| sent.is_err()) {
                // The engine ended: waiting for an answer tells why.
                self.open.insert(tag, (place, octets));
                return Ok(());
            }
            self.next = tag.saturating_add(1);
            self.octets = self.octets.saturating_add(octets);
            self.open.insert(tag, (place, octets));
        }
        Ok(())
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.documents)
    }

    /// Asks for no more documents.
    pub(super) fn clear(&mut self) {
        self.documents = None;
        self.send = None;
    }

    /// Waits for the engine's end, which is near.
    fn end(&mut self, py: Python<'_>) -> PyResult<()> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let result = py.detach(|| thread.join()).unwrap_or_else(|_| {
            Err(ErrorKind::Misuse("internal error: the engine panicked").into())
        });
        result.map_err(|error| raised(py, &error, None))
    }
}

impl<T> Drop for Feed<T> {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // To close them could wait for threads that the fork did not copy.
            let (_, none) = channel();
            std::mem::forget(std::mem::replace(&mut self.receive, none));
            std::mem::forget((self.send.take(), self.thread.take()));
        }
    }
}

fn lost(py: Python<'_>) -> PyErr {
    misuse(py, "internal error: an answer was lost")
}

/// What came of one document of many.
#[pyclass(frozen, get_all, module = "kyso")]
pub(super) struct Answer {
    /// Its place among the documents, from 0.
    index: u64,
    /// Its path or name.
    path: String,
    /// What was found.
    report: Option<Py<Report>>,
    /// Or why it could not be checked.
    error: Option<Py<PyAny>>,
}

#[pymethods]
impl Answer {
    // An exception that was raised knows the frame in which its answer is. The collector breaks such
    // a cycle at the exception or the frame: an answer never changes.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.report)?;
        visit.call(&self.error)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let what = match (&self.report, &self.error) {
            (Some(report), _) => report.bind(py).repr()?.to_string(),
            (None, Some(error)) => error.bind(py).repr()?.to_string(),
            (None, None) => String::new(),
        };
        Ok(format!(
            "<kyso.Answer {} {:?} {what}>",
            self.index, self.path
        ))
    }
}

/// The answers, one by one.
#[pyclass(frozen, module = "kyso")]
pub(super) struct Answers(Mutex<Feed<Result<report::Report, Error>>>);

impl Answers {
    pub(super) fn new(
        engine: Engine,
        at: UtcTime,
        documents: &Bound<'_, PyAny>,
        ahead: usize,
    ) -> PyResult<Self> {
        let feed = Feed::new(engine, at, documents, ahead, |outcome| outcome.answer)?;
        Ok(Self(Mutex::new(feed)))
    }
}

#[pymethods]
impl Answers {
    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    // Documents that come from a generator which knows this iterator are a cycle.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock() {
            Ok(feed) => feed.traverse(&visit),
            Err(_) => Ok(()),
        }
    }

    fn __clear__(&self) {
        if let Ok(mut feed) = self.0.try_lock() {
            feed.clear();
        }
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Answer>> {
        // Never waited for: whoever holds it needs the interpreter to go on.
        let mut feed = self.0.try_lock().map_err(|_| busy())?;
        let Some((index, place, answer)) = feed.next(py, true)? else {
            return Ok(None);
        };
        let (report, error) = match answer {
            Ok(report) => (Some(Py::new(py, Report::from(report))?), None),
            Err(error) => {
                let exception = raised(py, &error, None);
                (None, Some(exception.into_value(py).into_any()))
            }
        };
        Ok(Some(Answer {
            index,
            path: place.path,
            report,
            error,
        }))
    }
}

/// As Python says it of a generator.
pub(super) fn busy() -> PyErr {
    PyRuntimeError::new_err("another thread is at this iterator, or its own documents ask it")
}
