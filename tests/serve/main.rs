//! Promises of the service: the library's answers, within limits, and nothing accepted is lost.
#![cfg(all(feature = "cli", unix))]

#[path = "../common/cases.rs"]
mod cases;
mod client;
#[path = "../common/encrypted.rs"]
mod encrypted;
mod hostile;
mod limits;
mod process;

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use client::{Answer, Client};
use kyso::pki::issue::{Key, KeyType};
use kyso::report::FileReport;
use kyso::serve::{OPENAPI, Service, Settings};
use kyso::signing::demo;
use kyso::{Error, Language, Policy, UtcTime, Verifier};
use serde_json::Value;

/// A service in this process, on a free port; it stops when this is dropped.
struct Running {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl Running {
    fn new(verifier: Verifier, settings: Settings, at: UtcTime) -> Self {
        Self::with_clock(verifier, settings, move || at)
    }

    fn with_clock(
        verifier: Verifier,
        settings: Settings,
        clock: impl Fn() -> UtcTime + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let service = Service::new(verifier, settings, clock);
        let flag = Arc::clone(&stop);
        let thread = std::thread::spawn(move || service.run(listener, &flag));
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    /// With a trust that the demonstration's files pass.
    fn of_demo(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        settings.language = Language::En;
        change(&mut settings);
        Self::new(Demo::get().verifier.clone(), settings, cases::at())
    }

    fn client(&self) -> Client {
        Client::new(self.address)
    }

    fn post(&self, document: &[u8]) -> Answer {
        self.client().post("/v1/verify", &[], document)
    }

    fn finish(mut self) -> Result<(), Error> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

/// A file that passes, the same with one byte changed, and who is trusted.
struct Demo {
    verifier: Verifier,
    passing: Vec<u8>,
    tampered: Vec<u8>,
}

impl Demo {
    fn get() -> &'static Self {
        static DEMO: OnceLock<Demo> = OnceLock::new();
        DEMO.get_or_init(|| {
            let at = cases::at();
            let key = || Key::generate(KeyType::P256).unwrap();
            let pki = demo::Pki::with_keys([key(), key(), key(), key()], at).unwrap();
            let document = demo::document(at).unwrap();
            let passing = demo::sign(&pki, &document, at).unwrap().released;
            let mut tampered = passing.clone();
            let place = document.windows(7).position(|w| w == b"stream\n").unwrap();
            tampered[place + 40] ^= 1;
            let verifier = Verifier::new(demo::trust(&pki).unwrap(), Policy::official())
                .with_evidence(demo::evidence(&pki).unwrap());
            Self {
                verifier,
                passing,
                tampered,
            }
        })
    }
}

/// The description, with the schema of reports in the place of the reference to it.
fn schema_of(running: &Running, name: &str) -> jsonschema::Validator {
    let described = running.client().get("/openapi.json").json();
    let openapi: Value = serde_json::from_str(OPENAPI).unwrap();
    assert_eq!(described, openapi, "what is served is what is checked in");
    let mut schema = described["components"]["schemas"][name].clone();
    if let Some(elsewhere) = schema["$ref"].as_str() {
        schema = running.client().get(&format!("/{elsewhere}")).json();
        assert_eq!(
            schema,
            serde_json::from_str::<Value>(kyso::report::SCHEMA).unwrap()
        );
    }
    jsonschema::draft202012::new(&schema).unwrap()
}

/// The shared table: over HTTP every file gets, byte for byte, what the library says.
#[test]
fn ok_answers_equal_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = std::collections::BTreeMap::new();
    for group in cases::groups(folder.path()) {
        let verifier = group.verifier();
        let mut settings = Settings::default();
        settings.upload_bytes = 64 << 20;
        let running = Running::new(verifier.clone(), settings, cases::at());
        let schema = schema_of(&running, "Report");
        // One connection for all of them.
        let mut client = running.client();
        for path in &group.files {
            let bytes = std::fs::read(path).unwrap();
            let (name, path) = (path.file_name().unwrap(), path.display());
            let name = name.to_str().unwrap();
            let expected = verifier.verify(&bytes, cases::at());
            let expected = FileReport::new(name.to_owned(), expected);
            let answer = client.send_form(name, &bytes);
            let status = if expected.report.is_ok() { 200 } else { 422 };
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(answer.text(), expected.json() + "\n", "{path}");
            assert!(schema.is_valid(&answer.json()), "{path}");
            let kind = match &expected.report {
                Ok(report) => report.indication.name(),
                Err(_) => "error",
            };
            *seen.entry(kind).or_insert(0) += 1;
        }
        running.finish().unwrap();
    }
    println!("equal answers: {seen:?}");
    assert_eq!(
        seen.len(),
        5,
        "all conclusions and errors are among them: {seen:?}"
    );
}

/// A passing, a tampered and an unsigned file; as the body and in a form; as JSON and as HTML.
#[test]
fn ok_verdicts_come_in_both_forms_and_languages() {
    let demo = Demo::get();
    let running = Running::of_demo(|_| ());
    let schema = schema_of(&running, "Report");
    let unsigned = demo::document(cases::at()).unwrap();
    for (document, indication) in [
        (&demo.passing, "TOTAL-PASSED"),
        (&demo.tampered, "TOTAL-FAILED"),
        (&unsigned, "NO_SIGNATURE_FOUND"),
    ] {
        let expected = demo.verifier.verify(document, cases::at());
        let expected = FileReport::new("văn bản.pdf".to_owned(), expected);
        let address = "/v1/verify?name=v%C4%83n+b%E1%BA%A3n.pdf";
        let answer = running.client().post(address, &[], document);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("application/json"))
        );
        assert_eq!(answer.text(), expected.json() + "\n");
        assert_eq!(answer.json()["indication"], indication);
        assert!(schema.is_valid(&answer.json()));
        assert_eq!(
            running.client().send_form("văn bản.pdf", document).text(),
            answer.text()
        );
        for (language, tag) in [(Language::Vi, "vi"), (Language::En, "en")] {
            let address = format!("{address}&lang={tag}");
            let accept = [("accept", "text/html")];
            let answer = running.client().post(&address, &accept, document);
            assert_eq!(
                answer.header("content-type"),
                Some("text/html; charset=utf-8")
            );
            assert_eq!(answer.text(), expected.html(language));
        }
    }
    running.finish().unwrap();
}

/// V011: without trust nothing passes, and the service says why, to programs and on its page.
#[test]
fn ok_without_trust_nothing_passes() {
    let verifier = Verifier::new(kyso::Trust::new(), Policy::official());
    let running = Running::new(verifier, Settings::default(), cases::at());
    let answer = running.post(&Demo::get().passing).json();
    assert_eq!(answer["indication"], "INDETERMINATE");
    assert_eq!(running.client().get("/healthz").json()["trust_anchors"], 0);
    let page = running.client().get("/?lang=en").text();
    assert!(page.contains("no signature can pass here"), "{page}");
    let trusting = Running::of_demo(|_| ());
    assert_eq!(trusting.client().get("/healthz").json()["trust_anchors"], 1);
    let page = trusting.client().get("/?lang=en").text();
    assert!(!page.contains("no signature can pass here"));
}

/// What the description promises about each address is what comes.
#[test]
fn ok_problems_fit_their_description() {
    let running = Running::of_demo(|settings| settings.upload_bytes = 1 << 10);
    let problem = schema_of(&running, "Problem");
    let form = |content: &str| {
        let head = [("content-type", "multipart/form-data; boundary=b")];
        running
            .client()
            .post("/v1/verify", &head, content.as_bytes())
    };
    let typed = |value: &str| {
        let head = [("content-type", value)];
        running.client().post("/v1/verify", &head, b"%PDF-")
    };
    let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n";
    for (answer, status, code) in [
        (form("--b--"), 400, "no-file"),
        (form(&format!("{part}{part}--b--")), 400, "several-files"),
        (form("--b"), 400, "malformed"),
        (typed("multipart/form-data"), 400, "malformed"),
        (typed("text/plain"), 415, "media-type"),
        (
            typed("application/x-www-form-urlencoded"),
            415,
            "media-type",
        ),
        (running.post(&[0; 1025]), 413, "too-large"),
        (running.client().get("/nothing"), 404, "not-found"),
        (running.client().get("/v1/verify"), 405, "method"),
        (running.client().post("/", &[], b""), 405, "method"),
    ] {
        assert_eq!(answer.status, status, "{code}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        let json = answer.json();
        assert!(problem.is_valid(&json), "{json}");
        assert_eq!(
            (&json["code"], &json["status"]),
            (&code.into(), &status.into())
        );
    }
    // For people: a page, in their language.
    let head = [("accept", "text/html"), ("accept-language", "vi")];
    let answer = running.client().post("/v1/verify", &head, &[0; 1025]);
    assert_eq!(answer.status, 413);
    assert!(answer.text().contains("Tệp quá lớn"), "{}", answer.text());
    // An empty body and one that is no PDF are files that cannot be checked.
    let report = schema_of(&running, "Report");
    for (content, kind) in [(b"".as_slice(), "empty"), (b"x", "not-pdf")] {
        let answer = running.post(content);
        assert_eq!(
            (answer.status, &answer.json()["error"]["kind"]),
            (422, &kind.into())
        );
        assert!(report.is_valid(&answer.json()));
    }
    running.finish().unwrap();
}

/// Every answer, of whatever kind, forbids what a browser could do with it.
#[test]
fn ok_every_answer_is_protected() {
    let running = Running::of_demo(|_| ());
    let head = [("accept", "text/html")];
    let pages = [
        running.client().get("/"),
        running.client().get("/portal.js"),
        running.client().get("/portal.css"),
        running.client().get("/healthz"),
        running.client().get("/metrics"),
        running.client().get("/nothing"),
        running.client().get("/v1/verify"),
        running
            .client()
            .post("/v1/verify", &head, &Demo::get().passing),
        running.client().post("/v1/verify", &head, b"no pdf"),
    ];
    for answer in &pages {
        let policy = answer.header("content-security-policy").unwrap();
        for rule in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        // What the policy forbids is not even there.
        if answer
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
        {
            let text = answer.text().replace("url(#", "");
            for inline in [
                " style=", "<script>", " onclick", " onload", "http:", "https:", "url(",
            ] {
                assert!(!text.contains(inline), "{inline}");
            }
        }
    }
    running.finish().unwrap();
}

/// The counters tell what was done, in lines that Prometheus reads.
#[test]
fn ok_metrics_count() {
    let demo = Demo::get();
    let running = Running::of_demo(|_| ());
    running.post(&demo.passing);
    running.post(&demo.tampered);
    running.post(b"no pdf");
    let answer = running.client().get("/metrics");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let text = answer.text();
    for line in [
        "kyso_documents_total{indication=\"TOTAL-PASSED\"} 1",
        "kyso_documents_total{indication=\"TOTAL-FAILED\"} 1",
        "kyso_documents_total{indication=\"error\"} 1",
        "kyso_http_responses_total{status=\"200\"} 2",
        "kyso_http_responses_total{status=\"422\"} 1",
        "kyso_uploads 0",
        "kyso_upload_bytes 0",
        "kyso_turned_away_total 0",
        "kyso_verification_seconds_count 3",
        "kyso_verification_seconds_bucket{le=\"+Inf\"} 3",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    let sent = demo.passing.len() + demo.tampered.len() + 6;
    assert!(text.contains(&format!("kyso_received_bytes_total {sent}\n")));
    // Each metric is described once, and all lines are comments or `name{labels} number`.
    let mut described = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            assert!(described.insert(help.split(' ').next().unwrap()), "{line}");
        } else if !line.starts_with("# TYPE ") {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(
                described.iter().any(|known| name.starts_with(known)),
                "{line}"
            );
        }
    }
    running.finish().unwrap();
}
