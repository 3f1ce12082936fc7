//! A time-stamping authority on loopback that does what a test wants, good or bad.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use kyso::UtcTime;
use kyso::pki::issue::{Authority, StampTemplate};

/// How the authority answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Good,
    /// Nothing for three seconds, then nothing.
    Delays,
    /// HTTP 403.
    Refuses,
    /// An answer that says no.
    Rejects,
    Garbage,
    WrongNonce,
    WrongImprint,
    /// HTTP 429.
    RateLimits,
}

pub struct TsaServer {
    pub port: u16,
    asked: Arc<AtomicUsize>,
}

impl TsaServer {
    /// `clock` tells the time of tokens.
    pub fn new(
        authority: &Arc<Authority>,
        manner: Manner,
        clock: impl Fn() -> UtcTime + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let (authority, count) = (Arc::clone(authority), Arc::clone(&asked));
        let serial = AtomicU64::new(1);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let Some(query) = body(&mut stream) else {
                    continue;
                };
                count.fetch_add(1, Ordering::SeqCst);
                let number = serial.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                let template = StampTemplate::new(clock(), &number);
                let authority = Arc::clone(&authority);
                // One that waits must not keep the next one waiting.
                std::thread::spawn(move || {
                    serve(&mut stream, query, manner, &authority, &template);
                });
            }
        });
        Self { port, asked }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/tsa", self.port)
    }

    /// Requests so far.
    pub fn count(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(
    stream: &mut TcpStream,
    mut query: Vec<u8>,
    manner: Manner,
    authority: &Authority,
    template: &StampTemplate,
) {
    let answer = |query: &[u8]| authority.time_stamp_answer(query, template).unwrap();
    match manner {
        Manner::Good => respond(stream, "200 OK", &answer(&query)),
        Manner::Delays => std::thread::sleep(std::time::Duration::from_secs(3)),
        Manner::Refuses => respond(stream, "403 Forbidden", b""),
        // SEQUENCE { SEQUENCE { INTEGER 2 } }: rejection.
        Manner::Rejects => respond(stream, "200 OK", &[0x30, 5, 0x30, 3, 2, 1, 2]),
        Manner::Garbage => respond(stream, "200 OK", b"<html>no token here</html>"),
        Manner::WrongNonce => {
            // The nonce is the last number before the BOOLEAN that asks for certificates.
            let at = query.len() - 4;
            query[at] ^= 1;
            respond(stream, "200 OK", &answer(&query));
        }
        Manner::WrongImprint => {
            // OCTET STRING of 32 octets.
            let at = query.windows(2).position(|it| it == [4, 32]).unwrap();
            query[at + 2] ^= 1;
            respond(stream, "200 OK", &answer(&query));
        }
        Manner::RateLimits => {
            respond(
                stream,
                "429 Too Many Requests\r\nRetry-After: 900",
                b"later",
            );
        }
    }
}

fn body(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut octet).ok()? == 0 {
            return None;
        }
        head.push(octet[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))?;
    let mut body = vec![0; length.trim().parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

fn respond(stream: &mut TcpStream, status: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}
