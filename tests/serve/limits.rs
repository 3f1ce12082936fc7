//! Room and time: what is past them is told so, and what was accepted is answered.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use kyso::Language;
use kyso::error::ErrorKind;
use kyso::report::message;
use kyso::serve::Settings;

use super::{Demo, Running, cases};

const START: &[u8] = b"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\n";

fn announce(length: usize) -> Vec<u8> {
    [
        START,
        format!("Content-Length: {length}\r\n\r\n").as_bytes(),
    ]
    .concat()
}

/// Past the number of uploads: 503 with the time to wait, while the accepted one is answered.
#[test]
fn ok_past_the_limit_load_is_shed_and_nothing_accepted_is_lost() {
    let document = &Demo::get().passing;
    let running = Running::of_demo(|settings| settings.uploads = 1);
    let mut first = running.client();
    first.write(&announce(document.len()));
    first.write(&document[..1000]);
    // It is counted before its body is there.
    let until = |line: &str| {
        while !running
            .client()
            .get("/metrics")
            .text()
            .lines()
            .any(|one| one == line)
        {
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    until("kyso_uploads 1");
    for _ in 0..3 {
        let answer = running.post(document);
        assert_eq!(answer.status, 503);
        assert_eq!(answer.header("retry-after"), Some("2"));
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(answer.json()["code"], "busy");
    }
    // Other addresses are not affected.
    assert_eq!(running.client().get("/healthz").status, 200);
    first.write(&document[1000..]);
    assert_eq!(first.answer().unwrap().json()["indication"], "TOTAL-PASSED");
    until("kyso_uploads 0");
    until("kyso_turned_away_total 3");
    assert_eq!(running.post(document).status, 200);
    running.finish().unwrap();
}

/// Memory is set aside by what is announced; without an announcement, for the largest upload.
#[test]
fn ok_memory_is_settled_before_bodies_are_read() {
    let running = Running::of_demo(|settings| {
        settings.upload_bytes = 100 << 10;
        settings.memory = 150 << 10;
    });
    let chunked =
        b"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut unknown = running.client();
    unknown.write(chunked);
    unknown.write(b"5\r\n%PDF-\r\n");
    let taken = |line: &str| {
        running
            .client()
            .get("/metrics")
            .text()
            .lines()
            .any(|one| one == line)
    };
    while !taken(&format!("kyso_upload_bytes {}", 100 << 10)) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(running.post(&[0; 51 << 10]).status, 503);
    assert_eq!(running.post(&[0; 50 << 10]).status, 422);
    unknown.write(b"0\r\n\r\n");
    assert_eq!(unknown.answer().unwrap().status, 422);
    // A body in pieces is held to the limit as it grows.
    let mut growing = running.client();
    growing.write(chunked);
    let piece = [b"4000\r\n".as_slice(), &[7; 0x4000], b"\r\n"].concat();
    let mut pieces = 0;
    while pieces < 1000 && growing.try_write(&piece) {
        pieces += 1;
    }
    assert_eq!(growing.answer().unwrap().status, 413);
    // The rest of it is not taken without end.
    assert!(pieces < 1000, "{pieces}");
    running.finish().unwrap();
}

/// Clients that send nothing, drop by drop, or no end of it, meet a time limit.
#[test]
fn ok_slow_clients_are_given_up() {
    let running = Running::of_demo(|settings| {
        settings.idle = Duration::from_millis(300);
        settings.receive = Duration::from_millis(900);
    });
    // Nothing at all, and half a head.
    for start in [
        b"".as_slice(),
        b"POST /v1/ver",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: ",
    ] {
        let mut client = running.client();
        client.write(start);
        assert!(client.ended(), "{}", String::from_utf8_lossy(start));
    }
    // A head that comes drop by drop.
    let mut client = running.client();
    let dropped = START.iter().cycle().all(|octet| {
        std::thread::sleep(Duration::from_millis(50));
        client.try_write(&[*octet])
    });
    assert!(!dropped);
    // A body that stops.
    let mut client = running.client();
    client.write(&announce(1000));
    client.write(b"%PDF-");
    let answer = client.answer().unwrap();
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (408, Some("too-slow"))
    );
    // A body that comes drop by drop, each in time.
    let mut client = running.client();
    client.write(&announce(1000));
    for _ in 0..20 {
        client.try_write(b"%");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(client.answer().unwrap().status, 408);
    // An idle connection between two requests.
    let mut client = running.client();
    client.get("/healthz");
    assert!(client.ended());
    running.finish().unwrap();
}

/// A client that never takes its answer does not keep the connection.
#[test]
fn ok_clients_that_do_not_read_are_given_up() {
    let running = Running::of_demo(|settings| {
        settings.idle = Duration::from_millis(300);
        settings.connections = 1;
    });
    let mut deaf = running.client();
    // Many requests at once, for more answers than all buffers on the way can hold.
    let request = b"GET /portal.css HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2000);
    let mut taken = 0;
    for _ in 0..100 {
        deaf.try_write(&request).then(|| taken += 1);
    }
    // The only place is free again.
    loop {
        let mut client = running.client();
        client.try_write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
        if client.answer().is_some_and(|answer| answer.status == 200) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // It was given up amid its answers, not after them.
    let answers = deaf
        .rest()
        .windows(9)
        .filter(|w| *w == b"HTTP/1.1 ")
        .count();
    assert!(
        (1..2000 * taken).contains(&answers),
        "{answers} of 2000 * {taken}"
    );
    running.finish().unwrap();
}

/// Past the number of connections: 503 at once, with the time to wait.
#[test]
fn ok_past_the_connections_answers_say_so() {
    let running = Running::of_demo(|settings| settings.connections = 2);
    let (mut first, mut second) = (running.client(), running.client());
    first.get("/healthz");
    second.get("/healthz");
    let answer = running.post(b"%PDF-");
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("2"))
    );
    drop(second);
    while running.client().answer_soon() {}
    first.get("/healthz");
    running.finish().unwrap();
}

impl super::Client {
    /// Whether this connection is one too many.
    fn answer_soon(&mut self) -> bool {
        self.try_write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
        self.answer().is_none_or(|answer| answer.status == 503)
    }
}

/// The answer that a client is turned away with arrives, although its whole body is on the way.
#[test]
fn ok_refusals_reach_clients_that_are_still_sending() {
    let running = Running::of_demo(|settings| settings.upload_bytes = 8 << 20);
    for _ in 0..20 {
        // The client writes all of it before it reads.
        let answer = running.post(&vec![0; (8 << 20) + 1]);
        assert_eq!(answer.status, 413);
    }
    running.finish().unwrap();
}

/// Stopped in the middle of uploads: they are answered, and only then does the service end.
#[test]
fn ok_accepted_uploads_are_answered_before_the_end() {
    let document = &Demo::get().passing;
    let running = Running::of_demo(|_| ());
    let mut idle = running.client();
    idle.get("/healthz");
    let mut uploads: Vec<_> = (0..8).map(|_| running.client()).collect();
    for upload in &mut uploads {
        upload.write(&announce(document.len()));
        upload.write(&document[..5000]);
    }
    while !running
        .client()
        .get("/metrics")
        .text()
        .contains("\nkyso_uploads 8\n")
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.stop.store(true, Ordering::SeqCst);
    // Those that wait for nothing are sent away, and nobody new comes in.
    assert!(idle.ended());
    assert!(std::net::TcpStream::connect(running.address).is_err());
    for upload in &mut uploads {
        upload.write(&document[5000..]);
        let answer = upload.answer().unwrap();
        assert_eq!(answer.json()["indication"], "TOTAL-PASSED");
        assert!(upload.ended());
    }
    running.finish().unwrap();
}

/// A service whose verifications say that they begin, and then wait until they are let go.
fn held(change: impl FnOnce(&mut Settings)) -> (Running, Receiver<()>, Sender<()>) {
    let (begin, begun) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let mut settings = Settings::default();
    settings.language = Language::En;
    change(&mut settings);
    let running = Running::with_clock(Demo::get().verifier.clone(), settings, move || {
        begin.send(()).unwrap();
        released.lock().unwrap().recv().unwrap();
        cases::at()
    });
    (running, begun, release)
}

/// Past the time of a connection, what is in work is answered: an upload that is not whole yet, and
/// one that is being verified. Only then, or when nothing is in work, does the connection end.
#[test]
fn ok_the_end_of_a_connection_waits_for_its_request() {
    let document = &Demo::get().passing;
    let connection = Duration::from_millis(300);
    let (running, begun, release) = held(|settings| {
        settings.connection = connection;
        settings.jobs = 2;
    });
    let mut idle = running.client();
    idle.get("/healthz");
    let mut sending = running.client();
    sending.write(&announce(document.len()));
    sending.write(&document[..5000]);
    let mut waiting = running.client();
    waiting.write(&announce(document.len()));
    waiting.write(document);
    begun.recv().unwrap();
    assert!(idle.ended());
    std::thread::sleep(connection);
    sending.write(&document[5000..]);
    begun.recv().unwrap();
    for _ in 0..2 {
        release.send(()).unwrap();
    }
    for mut client in [waiting, sending] {
        let answer = client.answer().unwrap();
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(answer.json()["indication"], "TOTAL-PASSED");
        assert!(client.ended());
    }
    running.finish().unwrap();
}

/// An upload whose turn does not come in time is told to come back, and keeps nothing.
#[test]
fn ok_the_wait_for_a_turn_has_an_end() {
    let document = &Demo::get().passing;
    let (running, begun, release) = held(|settings| {
        settings.jobs = 1;
        settings.turn = Duration::from_millis(200);
    });
    let mut first = running.client();
    first.write(&announce(document.len()));
    first.write(document);
    begun.recv().unwrap();
    let answer = running.post(document);
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (503, Some("busy"))
    );
    assert_eq!(answer.header("retry-after"), Some("2"));
    let metrics = running.client().get("/metrics").text();
    assert!(metrics.contains("\nkyso_uploads 1\n"), "{metrics}");
    release.send(()).unwrap();
    assert_eq!(first.answer().unwrap().json()["indication"], "TOTAL-PASSED");
    running.finish().unwrap();
}

/// A verification that takes longer than allowed gives no verdict, and the service goes on.
#[test]
fn err_no_verdict_when_the_time_for_it_is_over() {
    let (running, _begun, release) =
        held(|settings| settings.verification = Duration::from_millis(50));
    let answer = running.post(&Demo::get().passing);
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (503, Some("unanswered"))
    );
    assert_eq!(answer.header("retry-after"), None);
    assert_eq!(running.client().get("/healthz").status, 200);
    // Its place is kept until it ends.
    let metrics = running.client().get("/metrics").text();
    assert!(metrics.contains("\nkyso_uploads 1\n"), "{metrics}");
    release.send(()).unwrap();
    while !running
        .client()
        .get("/metrics")
        .text()
        .contains("\nkyso_uploads 0\n")
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.finish().unwrap();
}

/// When the time for that is over, the service ends and says that it was not enough.
#[test]
fn err_the_end_does_not_wait_for_ever() {
    let running = Running::of_demo(|settings| settings.grace = Duration::from_secs(1));
    let mut upload = running.client();
    upload.write(&announce(1000));
    while !running
        .client()
        .get("/metrics")
        .text()
        .contains("\nkyso_uploads 1\n")
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    let error = running.finish().unwrap_err();
    let kind = ErrorKind::Limit {
        name: "grace",
        max: 1,
    };
    assert_eq!(*error.kind(), kind);
    for (language, expected) in [
        (Language::En, "before all uploads were answered"),
        (Language::Vi, "còn tệp chưa được trả lời"),
    ] {
        let said = message::error(language, &error);
        assert!(said.contains("1 ") && said.contains(expected), "{said}");
        let remedy = message::remedy(language, &error).unwrap();
        assert!(remedy.contains("--grace"), "{remedy}");
    }
}
