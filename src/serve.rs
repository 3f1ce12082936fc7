//! HTTP requests with a PDF → its report as JSON or HTML; and a page from which a citizen sends one.
//!
//! The service decides nothing: every answer is [`FileReport`] of one [`Verifier`], for the moment
//! that the caller's clock tells. It stores nothing, not even for a moment: an upload lies in
//! memory until its answer is made. How much it takes in is settled before the first byte of a body
//! is read; past that it answers 503 and says when to come back, so that what was taken in is
//! always answered, within the limits of [`Settings`]. See [`crate::manual::serving`] for how it is
//! run.

mod admission;
mod answer;
mod connection;
#[doc(hidden)]
pub mod fuzz;
mod metrics;
mod multipart;
mod page;
mod request;
mod routes;

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::error::{Error, ErrorKind, FileOperation};
#[cfg(doc)]
use crate::report::FileReport;
use crate::report::Language;
use crate::time::UtcTime;
use crate::verify::Verifier;
use admission::Gate;
use metrics::Metrics;

/// The OpenAPI description of the service; its schema of answers is [`crate::report::SCHEMA`].
pub const OPENAPI: &str = include_str!("serve/openapi.json");

/// How much the service takes on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Uploads at one time: being received, waiting or being verified. The next one gets 503.
    pub uploads: usize,
    /// Bytes of one request's body.
    pub upload_bytes: u64,
    /// Bytes of all uploads at one time, by what their requests announce. The next one gets 503. At
    /// least `upload_bytes`: below that, the largest uploads never find room.
    pub memory: u64,
    /// Connections at one time, idle ones included.
    pub connections: usize,
    /// Documents that are verified at one time; 0 stands for one for each core.
    pub jobs: usize,
    /// How long a client may take for one upload.
    pub receive: Duration,
    /// How long a client may take for the head of a request, between two pieces of an upload, and
    /// for taking the next piece of an answer.
    pub idle: Duration,
    /// How long an upload may wait for its turn to be verified; then it gets 503.
    pub turn: Duration,
    /// How long the verification of one document may take.
    pub verification: Duration,
    /// How long one connection is kept; a request that is in work then is still answered.
    pub connection: Duration,
    /// How long accepted uploads are waited for when the service is stopped.
    pub grace: Duration,
    /// What a client that is turned away is told to wait for, in seconds.
    pub retry_after: u32,
    /// The language of answers for clients that ask for none.
    pub language: Language,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            uploads: 256,
            upload_bytes: 32 << 20,
            memory: 1 << 30,
            connections: 512,
            jobs: 0,
            receive: Duration::from_secs(120),
            idle: Duration::from_secs(10),
            turn: Duration::from_secs(300),
            verification: Duration::from_secs(60),
            connection: Duration::from_secs(900),
            grace: Duration::from_secs(60),
            retry_after: 2,
            language: Language::Vi,
        }
    }
}

/// A verifier behind a port.
pub struct Service {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service")
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}

/// What all requests share.
struct Shared {
    verifier: Verifier,
    settings: Settings,
    clock: Box<dyn Fn() -> UtcTime + Send + Sync>,
    gate: Gate,
    /// One permit for each document that may be verified now.
    jobs: Arc<Semaphore>,
    metrics: Metrics,
}

impl Service {
    /// A service that answers with `verifier`, for the moments that `clock` tells: it is read once
    /// for each upload.
    pub fn new(
        verifier: Verifier,
        settings: Settings,
        clock: impl Fn() -> UtcTime + Send + Sync + 'static,
    ) -> Self {
        let jobs = match settings.jobs {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            jobs => jobs,
        };
        let shared = Shared {
            verifier,
            gate: Gate::new(settings.uploads, settings.memory),
            jobs: Arc::new(Semaphore::new(jobs.min(Semaphore::MAX_PERMITS))),
            metrics: Metrics::default(),
            settings,
            clock: Box::new(clock),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Answers what comes to `listener` until `stop` is set, then finishes what it has accepted.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]: the listener cannot be used; [`ErrorKind::Limit`] called `grace`:
    /// uploads were still unanswered when [`Settings::grace`] (told in seconds) was over.
    pub fn run(&self, listener: TcpListener, stop: &AtomicBool) -> Result<(), Error> {
        let io = |error| Error::new(ErrorKind::io(FileOperation::Listen, Path::new(""), &error));
        listener.set_nonblocking(true).map_err(io)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(io)?;
        let answered = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(io)?;
            Ok::<_, Error>(connection::accept(listener, &self.shared, stop).await)
        });
        // A verification that outlived its deadline is not waited for.
        runtime.shutdown_background();
        if !answered? {
            return Err(Error::limit("grace", self.shared.settings.grace.as_secs()));
        }
        Ok(())
    }
}
