//! Connections → requests, each within its time; and an end in which nothing accepted is lost.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Sleep, sleep, timeout};

use super::{Settings, Shared, routes};

/// How often it is looked whether the service shall stop.
const TICK: Duration = Duration::from_millis(50);
/// Bytes of the head of a request.
const HEAD: usize = 32 << 10;
/// Bytes that one connection holds of what was sent and not yet read as a request or a body.
const BUFFER: usize = 64 << 10;
/// Headers of a request.
const HEADERS: usize = 64;
/// How long a client that was given its last answer may be silent before the connection is cut.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long it may go on sending what is not wanted.
const LONG_FAREWELL: Duration = Duration::from_secs(30);
/// Connections past the limit that are told so at one time; more are just closed.
const TURNED_AWAY: usize = 64;

/// Takes connections until `stop` is set, then waits until all are done; whether they were, in time.
pub(super) async fn accept(listener: TcpListener, shared: &Arc<Shared>, stop: &AtomicBool) -> bool {
    let settings = &shared.settings;
    let router = routes::router(shared);
    let connections = settings.connections.min(u32::MAX as usize >> 3);
    let room = Arc::new(Semaphore::new(connections));
    let farewells = Arc::new(Semaphore::new(TURNED_AWAY));
    let (stopping, stopped) = watch::channel(false);
    while !stop.load(Ordering::SeqCst) {
        let stream = match timeout(TICK, listener.accept()).await {
            Err(_) => continue,
            Ok(Ok((stream, _))) => stream,
            Ok(Err(_)) => {
                // Out of file descriptors, or gone again: others may go on meanwhile.
                sleep(TICK).await;
                continue;
            }
        };
        let shared = Arc::clone(shared);
        if let Ok(place) = Arc::clone(&room).try_acquire_owned() {
            let (router, stopped) = (router.clone(), stopped.clone());
            tokio::spawn(async move {
                serve(stream, router, &shared, stopped).await;
                drop(place);
            });
            continue;
        }
        shared.metrics.turned_away();
        if let Ok(place) = Arc::clone(&farewells).try_acquire_owned() {
            tokio::spawn(async move {
                let _ = timeout(FAREWELL, turn_away(stream, shared.settings.retry_after)).await;
                drop(place);
            });
        }
    }
    drop(listener);
    // Nobody listens to it when there are no connections.
    let _ = stopping.send(true);
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    timeout(settings.grace, room.acquire_many(all))
        .await
        .is_ok()
}

/// When a connection is cut: after its time, a request that came at the last moment still has what
/// its own limits give it, and for taking its answer as long as for an upload.
fn end(settings: &Settings) -> Duration {
    [
        settings.idle,
        settings.receive,
        settings.turn,
        settings.verification,
        settings.receive,
    ]
    .into_iter()
    .fold(settings.connection, Duration::saturating_add)
}

/// Answers the requests of one connection; past its time, or when the service stops, only the one
/// that is in work.
async fn serve(
    stream: TcpStream,
    router: Router,
    shared: &Shared,
    mut stopped: watch::Receiver<bool>,
) {
    let settings = &shared.settings;
    let idle = settings.idle;
    // Small answers are not held back.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |request| Box::pin(service.call(request)));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .max_header_size(HEAD)
        .max_headers(HEADERS)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Impatient::new(stream, idle)), service);
    let mut last = pin!(timeout(settings.connection, stopped.wait_for(|stop| *stop)));
    let mut told = false;
    let answered = std::future::poll_fn(|context| {
        if !told && last.as_mut().poll(context).is_ready() {
            told = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        connection.poll_without_shutdown(context)
    });
    // Broken or impolite clients are no news.
    if timeout(end(settings), answered).await.is_err() {
        return;
    }
    let stream = connection.into_parts().io.into_inner().stream;
    let longest = LONG_FAREWELL.min(settings.receive);
    let _ = timeout(longest, farewell(stream, settings.upload_bytes)).await;
}

/// Ends a connection so that the last answer arrives: what the client still sends is taken and
/// dropped for a while. Closed at once, the system would send a reset that overtakes the answer.
async fn farewell(mut stream: TcpStream, most: u64) {
    let _ = stream.shutdown().await;
    let mut left = most;
    let mut waste = vec![0; 16 << 10];
    while let Ok(Ok(length)) = timeout(FAREWELL, stream.read(&mut waste)).await {
        left = left.saturating_sub(length as u64);
        if length == 0 || left == 0 {
            break;
        }
    }
}

/// Says that there is no room, without a word about it in return.
async fn turn_away(mut stream: TcpStream, retry_after: u32) {
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: {retry_after}\r\nconnection: close\r\n\
         content-length: 0\r\n\r\n"
    );
    if stream.write_all(answer.as_bytes()).await.is_ok() {
        farewell(stream, 64 << 10).await;
    }
}

/// A stream whose reader must take what is written within a time.
struct Impatient {
    stream: TcpStream,
    patience: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            waiting: None,
        }
    }

    /// `result`, unless it has been pending for too long.
    fn watched<T>(
        &mut self,
        context: &mut Context<'_>,
        result: Poll<std::io::Result<T>>,
    ) -> Poll<std::io::Result<T>> {
        if result.is_ready() {
            self.waiting = None;
            return result;
        }
        let patience = self.patience;
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        match waiting.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(Err(std::io::ErrorKind::TimedOut.into())),
        }
    }
}

impl AsyncRead for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, buffer);
        self.watched(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.watched(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        self.watched(context, result)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
