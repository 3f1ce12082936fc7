//! The program, with a time-stamping authority on loopback: levels, the queue, two steps, many documents.
#![cfg(feature = "cli")]

#[allow(dead_code)] // shared with tests that need more of it
#[path = "common/authorities.rs"]
mod authorities;
#[allow(dead_code)]
#[path = "common/pdf.rs"]
mod documents;
#[allow(dead_code)]
#[path = "common/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use authorities::Authorities;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use documents::{FORM, Form, PLAIN, build};
use kyso::online::{AllowedHost, HttpTransport, Rules};
use kyso::pki::Pool;
use kyso::pki::issue::{CertificateStatus, KeyType, pem};
use kyso::signing::network::{Network, NetworkStamps};
use kyso::signing::plan::Shortfall;
use kyso::signing::{Plan, Services, Signer};
use kyso::validation::Level;
use kyso::{Indication, Report, UtcTime};
use serde_json::Value;
use server::{Manner, TsaServer};

fn now() -> UtcTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UtcTime::from_unix(since.unwrap().as_secs() as i64).unwrap()
}

/// Keys, statuses and documents in a folder.
struct Bench {
    pki: Authorities,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(kind: KeyType) -> Self {
        let bench = Self {
            pki: Authorities::around(now(), kind),
            folder: tempfile::tempdir().unwrap(),
        };
        let pki = &bench.pki;
        bench.write("key.pem", pki.signer.key().pkcs8_pem().unwrap().as_bytes());
        let chain = [&pki.signer, &pki.issuing].map(|one| one.certificate_pem().unwrap());
        bench.write("chain.pem", chain.concat().as_bytes());
        bench.write("root.pem", pki.root.certificate_pem().unwrap().as_bytes());
        for (name, authority) in [
            ("root.crl", &pki.root),
            ("issuing.crl", &pki.issuing),
            ("stamp.crl", &pki.stamp_issuer),
        ] {
            let crl = pki.crl(authority, now(), Vec::new());
            let name = format!("evidence/{name}");
            bench.write(&name, pem("X509 CRL", &crl).unwrap().as_bytes());
        }
        bench.write(
            "evidence/ocsp.der",
            &pki.ocsp(now(), CertificateStatus::Good),
        );
        let issuer = pki.stamp_issuer.certificate();
        bench.write("evidence/stamp.cer", issuer);
        bench.write("in.pdf", &build(Form::Table, &FORM));
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kyso"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LC_ALL", "C.UTF-8");
        command
    }

    fn kyso(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// As [`Bench::kyso`], and the code must be `code`.
    fn expect(&self, code: i32, arguments: &[&str]) -> Output {
        let output = self.kyso(arguments);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {words}");
        output
    }

    /// The verdict of somebody who has the root and nothing else.
    fn alone(&self, name: &str) -> Report {
        let at = now().plus(2);
        self.pki.verifier().verify(&self.read(name), at).unwrap()
    }

    /// Starts the program and kills it; what it said by then.
    fn killed(&self, arguments: &[&str], moment: Duration) -> String {
        let path = self.path("said");
        let mut command = self.command(arguments);
        let said = std::fs::File::create(&path).unwrap();
        let mut child = command.stdout(said).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    /// When to kill: spread from the start to a quarter past the end of the shortest of three
    /// whole runs, which `fresh` makes possible; `KYSO_KILLS` says how often.
    fn moments(&self, arguments: &[&str], fresh: impl Fn()) -> Vec<Duration> {
        let length = (0..3).map(|_| {
            fresh();
            let start = std::time::Instant::now();
            self.kyso(arguments);
            start.elapsed()
        });
        let length = length.min().unwrap();
        let count = std::env::var("KYSO_KILLS").ok();
        let count: u32 = count.and_then(|text| text.parse().ok()).unwrap_or(6);
        (0..count)
            .map(|index| length * 5 * (2 * index + 1) / (8 * count))
            .collect()
    }

    fn tsa(&self, manner: Manner) -> TsaServer {
        TsaServer::new(&self.pki.stamping, manner, now)
    }
}

const KEY: [&str; 4] = ["--key", "key.pem", "--certificate", "chain.pem"];
const TRUST: [&str; 4] = ["--trust", "root.pem", "--evidence", "evidence"];

fn level(report: &Report) -> Option<Level> {
    report.signatures[0].baseline.as_ref().unwrap().level
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// V079 by the program: every level, then in steps.
#[test]
fn ok_v079_the_program_reaches_every_level() {
    let bench = Bench::new(KeyType::Rsa2048);
    let tsa = bench.tsa(Manner::Good);
    let url = tsa.url();
    for (name, wanted) in [
        ("b-b", Level::B),
        ("b-t", Level::T),
        ("b-lt", Level::Lt),
        ("b-lta", Level::Lta),
    ] {
        let out = format!("{name}.pdf");
        let mut arguments = vec![
            "sign", "in.pdf", "--out", &out, "--level", name, "--tsa", &url,
        ];
        arguments.extend(KEY.iter().chain(&TRUST));
        bench.expect(0, &arguments);
        let informed = bench.pki.verifier();
        let informed = informed.with_evidence(bench.pki.evidence(now()));
        let report = informed.verify(&bench.read(&out), now().plus(2)).unwrap();
        assert_eq!(report.indication, Indication::TotalPassed, "{name}");
        assert_eq!(level(&report), Some(wanted));
    }
    let mut before = "b-b.pdf".to_owned();
    for name in ["b-t", "b-lt", "b-lta"] {
        let out = format!("raised-{name}.pdf");
        let mut arguments = vec![
            "extend", &before, "--out", &out, "--level", name, "--tsa", &url,
        ];
        arguments.extend(TRUST);
        bench.expect(0, &arguments);
        assert!(bench.read(&out).starts_with(&bench.read(&before)));
        let again = [
            "extend",
            &out,
            "--out",
            "again.pdf",
            "--level",
            name,
            "--tsa",
            &url,
        ];
        let arguments: Vec<&str> = again.into_iter().chain(TRUST).collect();
        bench.expect(0, &arguments);
        assert!(!bench.path("again.pdf").exists());
        before = out;
    }
    assert_eq!(
        bench.alone("raised-b-lta.pdf").indication,
        Indication::TotalPassed
    );
    // `verify` says the level, and that the file stands on its own.
    let output = bench.kyso(&["verify", "b-lta.pdf", "--trust", "root.pem", "--lang", "en"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("B-LTA; self-contained: yes"), "{text}");
    let output = bench.kyso(&["verify", "b-t.pdf", "--trust", "root.pem", "--lang", "vi"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("tệp chưa tự đủ dữ liệu"), "{text}");
}

/// Steps of the release workflow at every level: one revision a signature, one more where material is
/// added, and every signature before still passes.
#[test]
fn ok_the_steps_of_the_workflow_reach_every_level() {
    let bench = Bench::new(KeyType::P256);
    let tsa = bench.tsa(Manner::Good);
    let url = tsa.url();
    let ends = |name: &str| memchr::memmem::find_iter(&bench.read(name), b"%%EOF").count();
    let step = |input: &str, out: &str, level: &str, step: &[&str]| {
        let mut arguments = vec!["release", step[0], input, "--out", out, "--level", level];
        arguments.extend(&step[1..]);
        arguments.extend(["--tsa", &url, "--log", "log"]);
        arguments.extend(KEY.iter().chain(&TRUST));
        bench.expect(0, &arguments);
    };
    // What a process wrote that died over it stays a line of its own.
    bench.write("log", b"{\"time");
    let number = ["--number", "15", "--symbol", "QĐ-UBND"];
    let steps: [(&str, usize, Vec<&str>); 4] = [
        ("b-t", 1, vec!["approve", "--place", "1,20,40"]),
        (
            "b-lt",
            2,
            [&["number", "--place", "1,20,20"], &number[..]].concat(),
        ),
        ("b-lta", 2, [&["attachment"], &number[..]].concat()),
        (
            "b-lta",
            2,
            vec!["incoming", "--agency", "Sở Mẫu", "--number", "7"],
        ),
    ];
    let mut before = "in.pdf".to_owned();
    for (index, (level, revisions, arguments)) in steps.iter().enumerate() {
        let out = format!("{index}.pdf");
        step(&before, &out, level, arguments);
        assert!(bench.read(&out).starts_with(&bench.read(&before)));
        assert_eq!(ends(&out), ends(&before) + revisions, "{arguments:?}");
        let informed = bench.pki.verifier();
        let informed = informed.with_evidence(bench.pki.evidence(now()));
        let report = informed.verify(&bench.read(&out), now().plus(2)).unwrap();
        assert_eq!(report.indication, Indication::TotalPassed, "{arguments:?}");
        before = out;
    }
    let report = bench.alone(&before);
    assert_eq!(report.indication, Indication::TotalPassed);
    assert_eq!(report.signatures.len(), 6);
    let log = String::from_utf8(bench.read("log")).unwrap();
    let (torn, log) = log.split_once('\n').unwrap();
    assert_eq!(torn, "{\"time");
    let logged: Vec<Value> = log
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let levels: Vec<_> = logged.iter().map(|it| &it["level"]).collect();
    assert_eq!(levels, ["B-T", "B-LT", "B-LTA", "B-LTA"]);
    // Without an authority that answers: nothing, or a lower level and a place in the queue.
    let bad = bench.tsa(Manner::Refuses).url();
    let mut arguments = vec!["release", "approve", "in.pdf", "--out", "short.pdf"];
    arguments.extend(["--place", "1,20,40", "--level", "b-t", "--tsa", &bad]);
    arguments.extend(KEY.iter().chain(&TRUST));
    bench.expect(4, &arguments);
    assert!(!bench.path("short.pdf").exists());
    arguments.extend(["--queue", "queue"]);
    bench.expect(0, &arguments);
    let line: Value = serde_json::from_slice(&bench.read("queue")).unwrap();
    assert_eq!(line["sha256"], bench.alone("short.pdf").sha256.as_str());
}

/// What a level needs and was not given is a matter of usage, and nothing is written.
#[test]
fn err_levels_without_what_they_need() {
    let bench = Bench::new(KeyType::P256);
    for level in ["b-t", "b-lt", "b-lta"] {
        let mut arguments = vec!["sign", "in.pdf", "--out", "out.pdf", "--level", level];
        arguments.extend(KEY);
        bench.expect(5, &arguments);
        bench.expect(
            5,
            &["extend", "in.pdf", "--out", "out.pdf", "--level", level],
        );
    }
    let mut arguments = vec!["sign", "in.pdf", "--out", "out.pdf", "--tsa", "no address"];
    arguments.extend(KEY);
    bench.expect(5, &arguments);
    assert!(!bench.path("out.pdf").exists());
}

/// V089: an authority that misbehaves gives no time stamp: no file, or one in the queue, which is
/// raised later.
#[test]
fn err_v089_authorities_that_misbehave() {
    let bench = Bench::new(KeyType::P256);
    let good = bench.tsa(Manner::Good);
    let input = bench.read("in.pdf");
    for manner in [
        Manner::Delays,
        Manner::Refuses,
        Manner::Rejects,
        Manner::Garbage,
        Manner::WrongNonce,
        Manner::WrongImprint,
        Manner::RateLimits,
    ] {
        let bad = bench.tsa(manner);
        let services = |servers: &[&TsaServer]| {
            let mut rules = Rules::new();
            rules.attempts = 1;
            rules.request = Duration::from_millis(1000);
            for server in servers {
                let host = format!("127.0.0.1:{}", server.port);
                rules = rules.allow(AllowedHost::from_text(&host).unwrap());
            }
            let transport = HttpTransport::new(&rules);
            let network = Arc::new(Network::new(rules, transport));
            let urls = servers.iter().map(|server| server.url()).collect();
            let mut pool = Pool::new();
            pool.extend(bench.pki.evidence(now()).certificates().cloned());
            let stamps = NetworkStamps::new(network, urls, bench.pki.trust(), pool);
            let verifier = bench.pki.verifier();
            Services::new(verifier.with_evidence(bench.pki.evidence(now())))
                .with_time_stamps(stamps)
        };
        let mut plan = Plan::default();
        plan.level = Level::T;
        let signer =
            |services: Services| Signer::new(bench.pki.key()).with_services(Arc::new(services));
        let error = signer(services(&[&bad])).sign(&input, &plan, now());
        let error = error.unwrap_err().to_string();
        assert!(error.contains("no time stamp"), "{manner:?}: {error}");
        assert_eq!(bad.count(), 1, "{manner:?}");
        plan.shortfall = Shortfall::KeepLower;
        let signer_of_two = signer(services(&[&bad]));
        for _ in 0..2 {
            let signed = signer_of_two.sign(&input, &plan, now()).unwrap();
            assert_eq!(signed.level(), Level::B, "{manner:?}");
            assert!(signed.shortfall().is_some(), "{manner:?}");
        }
        // One that asks to be left alone is left alone.
        let asked = if manner == Manner::RateLimits { 2 } else { 3 };
        assert_eq!(bad.count(), asked, "{manner:?}");
        // And the next authority is asked. Loopback is one host, which then rests as a whole.
        if manner != Manner::RateLimits {
            let signed = signer(services(&[&bad, &good])).sign(&input, &plan, now());
            assert_eq!(signed.unwrap().level(), Level::T, "{manner:?}");
        }
    }
}

/// Signed now, raised later; what is done is taken off the list.
#[test]
fn ok_the_queue_is_worked_off() {
    let bench = Bench::new(KeyType::P256);
    let bad = bench.tsa(Manner::Refuses).url();
    for out in ["one.pdf", "two.pdf"] {
        let mut arguments = vec!["sign", "in.pdf", "--out", out, "--level", "b-lta"];
        arguments.extend(["--tsa", &bad, "--queue", "queue.jsonl"]);
        arguments.extend(KEY.iter().chain(&TRUST));
        let output = bench.expect(0, &arguments);
        assert!(
            words(&output).contains("only B-B was reached"),
            "{}",
            words(&output)
        );
    }
    let queue = String::from_utf8(bench.read("queue.jsonl")).unwrap();
    assert_eq!(queue.lines().count(), 2);
    let pending = |url: &str| -> Vec<String> {
        let head = ["extend", "--pending", "queue.jsonl", "--tsa", url];
        head.iter()
            .chain(&TRUST)
            .map(|it| (*it).to_owned())
            .collect()
    };
    let still_bad = pending(&bad);
    let arguments: Vec<&str> = still_bad.iter().map(String::as_str).collect();
    bench.expect(4, &arguments);
    assert_eq!(String::from_utf8(bench.read("queue.jsonl")).unwrap(), queue);
    // A file that is gone is no work any more. One on a disk that is not there may come back; and
    // an editor may have been at the list.
    std::fs::remove_file(bench.path("two.pdf")).unwrap();
    let elsewhere = queue
        .lines()
        .next()
        .unwrap()
        .replace("one.pdf", "off/one.pdf");
    let edited = queue.replace('\n', "\r\n") + &elsewhere + "\nno line\n";
    bench.write("queue.jsonl", edited.as_bytes());
    let good = bench.tsa(Manner::Good);
    let now_good = pending(&good.url());
    let arguments: Vec<&str> = now_good.iter().map(String::as_str).collect();
    bench.expect(5, &[&arguments[..], &["--overwrite"]].concat());
    let output = bench.expect(4, &arguments);
    let outcomes: Vec<_> = lines(&output)
        .iter()
        .map(|line| line["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["raised", "replaced", "failed", "failed"]);
    let left = String::from_utf8(bench.read("queue.jsonl")).unwrap();
    assert_eq!(left, elsewhere + "\nno line\n");
    let report = bench.alone("one.pdf");
    assert_eq!(
        report.indication,
        Indication::TotalPassed,
        "{}",
        report.json()
    );
    assert_eq!(level(&report), Some(Level::Lta));
}

/// Whoever publishes holds the queue from the line to the name of the file: a run that works the
/// queue off in between waits, and then finds both. Neither the line nor the file is lost.
#[test]
fn ok_a_file_that_is_being_published_is_waited_for() {
    let bench = Bench::new(KeyType::P256);
    let tsa = bench.tsa(Manner::Good).url();
    let mut arguments = vec!["sign", "in.pdf", "--out", "old.pdf"];
    arguments.extend(["--level", "b-t", "--tsa", &tsa]);
    arguments.extend(KEY.iter().chain(&TRUST));
    bench.expect(0, &arguments);
    let old = bench.read("old.pdf");
    let mut pending = vec!["extend", "--pending", "queue"];
    pending.extend(TRUST);
    let line = serde_json::json!({
        "file": bench.path("out.pdf"),
        "level": "B-LT",
        "length": old.len(),
        "sha256": bench.alone("old.pdf").sha256,
    });
    // Nothing, or what is being replaced.
    for there in [None, Some(bench.read("in.pdf"))] {
        let _ = std::fs::remove_file(bench.path("out.pdf"));
        if let Some(there) = there {
            bench.write("out.pdf", &there);
        }
        bench.write("queue", format!("{line}\n").as_bytes());
        let held = std::fs::File::open(bench.path("queue")).unwrap();
        held.lock().unwrap();
        let mut command = bench.command(&pending);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(500));
        assert!(child.try_wait().unwrap().is_none());
        bench.write("temporary", &old);
        std::fs::rename(bench.path("temporary"), bench.path("out.pdf")).unwrap();
        drop(held);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(lines(&output)[0]["outcome"], "raised");
        assert!(bench.read("out.pdf").len() > old.len());
        assert!(bench.read("out.pdf").starts_with(&old));
        assert!(bench.read("queue").is_empty());
    }
}

/// What `prepare` shows, signed elsewhere and given back in several forms, to another process.
#[test]
fn ok_two_steps_and_what_is_signed_between_them() {
    for kind in [KeyType::P256, KeyType::Rsa2048] {
        let bench = Bench::new(kind);
        let tsa = bench.tsa(Manner::Good).url();
        let mut arguments = vec!["prepare", "in.pdf", "--state", "state.json"];
        arguments.extend(["--certificate", "chain.pem", "--reason", "Duyệt"]);
        arguments.extend(["--level", "b-lta", "--tsa", &tsa]);
        arguments.extend(TRUST);
        let output = bench.expect(0, &arguments);
        let wanted: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let message = STANDARD
            .decode(text(&wanted["signed_attributes"]["base64"]))
            .unwrap();
        let digest = STANDARD.decode(text(&wanted["digest"]["base64"])).unwrap();
        let sha256 = kyso::crypto::DigestAlgorithm::Sha256;
        assert_eq!(sha256.digest(&[&message]).as_bytes(), digest);
        // No secret, and nothing of the key but its certificate.
        let state = String::from_utf8(bench.read("state.json")).unwrap();
        let key = bench.pki.signer.key().pkcs8();
        assert!(!state.contains(&STANDARD.encode(key)[40..80]));

        let value = bench.pki.signer.key().sign(&message).unwrap();
        let base64 = STANDARD.encode(&value);
        let folded: String = base64
            .as_bytes()
            .chunks(64)
            .map(|line| format!("{}\r\n", String::from_utf8_lossy(line)))
            .collect();
        let hex: String = value.iter().map(|octet| format!("{octet:02X}")).collect();
        bench.write("value.bin", &value);
        bench.write("value.b64", base64.as_bytes());
        bench.write("value.txt", folded.as_bytes());
        bench.write("value.hex", format!("{hex}\n").as_bytes());
        for form in ["bin", "b64", "txt", "hex"] {
            let (value, out) = (format!("value.{form}"), format!("{form}.pdf"));
            let mut arguments = vec!["finish", "in.pdf", "--state", "state.json"];
            arguments.extend(["--signature", &value, "--out", &out, "--tsa", &tsa]);
            arguments.extend(TRUST);
            bench.expect(0, &arguments);
            let report = bench.alone(&out);
            assert_eq!(report.indication, Indication::TotalPassed, "{form}");
            assert_eq!(level(&report), Some(Level::Lta), "{form}");
            assert_eq!(report.signatures[0].reason.as_deref(), Some("Duyệt"));
        }
    }
}

/// Whatever does not fit makes no file: another signature, another document, another state.
#[test]
fn err_two_steps_that_do_not_fit() {
    let bench = Bench::new(KeyType::P256);
    bench.write("in.pdf", &build(Form::Table, &PLAIN));
    let prepare = [
        "prepare",
        "in.pdf",
        "--state",
        "state.json",
        "--certificate",
        "chain.pem",
    ];
    let output = bench.expect(0, &prepare);
    let wanted: Value = serde_json::from_slice(&output.stdout).unwrap();
    let message = STANDARD
        .decode(wanted["signed_attributes"]["base64"].as_str().unwrap())
        .unwrap();
    let good = bench.pki.signer.key().sign(&message).unwrap();
    bench.write("good", &good);
    bench.write(
        "other-key",
        &bench.pki.issuing.key().sign(&message).unwrap(),
    );
    bench.write("other-text", &bench.pki.signer.key().sign(b"else").unwrap());
    bench.write("empty", b"");
    bench.write("words", b"the signature service is not available");
    let finish = |input: &str, state: &str, value: &str, code: i32| {
        let arguments = ["finish", input, "--state", state, "--signature", value];
        let arguments: Vec<&str> = arguments.into_iter().chain(["--out", "out.pdf"]).collect();
        let output = bench.expect(code, &arguments);
        assert_eq!(bench.path("out.pdf").exists(), code == 0, "{value}");
        words(&output)
    };
    for value in ["other-key", "other-text", "empty", "words"] {
        let says = finish("in.pdf", "state.json", value, 4);
        assert!(says.contains("not by the key of the certificate"), "{says}");
    }
    let mut changed = bench.read("in.pdf");
    let at = changed.windows(8).position(|it| it == b"Page one").unwrap();
    changed[at] = b'R';
    bench.write("changed.pdf", &changed);
    let says = finish("changed.pdf", "state.json", "good", 4);
    assert!(says.contains("not the file that was prepared"), "{says}");
    let state = String::from_utf8(bench.read("state.json")).unwrap();
    let version = state.replacen("\"version\":2", "\"version\":3", 1);
    assert_ne!(version, state);
    let mut json: Value = serde_json::from_str(&state).unwrap();
    json["gap"] = serde_json::json!([0, 10]);
    let half = &state[..state.len() / 2];
    for (name, text) in [
        ("version.json", version.as_str()),
        ("gap.json", &json.to_string()),
        ("half.json", half),
        ("garbage.json", "\u{0}garbage"),
        ("array.json", "[[[[]]]]"),
    ] {
        bench.write(name, text.as_bytes());
        finish("in.pdf", name, "good", 4);
    }
    // A state is not written over.
    bench.expect(4, &prepare);
    finish("in.pdf", "state.json", "good", 0);
}

/// Minutes between the two steps: the claimed time stays, the time stamp is that of the end.
#[test]
fn ok_the_claimed_time_stays_when_the_signer_takes_five_minutes() {
    let pki = Authorities::new(KeyType::P256);
    let (then, later) = (authorities::now(), authorities::now().plus(300));
    let services = Arc::new(pki.services(then));
    let signer = Signer::new(pki.key()).with_services(Arc::clone(&services));
    let mut plan = Plan::default();
    plan.level = Level::T;
    let prepared = signer
        .prepare(&build(Form::Stream, &PLAIN), &plan, then)
        .unwrap();
    let stored = serde_json::to_string(&prepared).unwrap();
    let prepared: kyso::signing::Prepared = serde_json::from_str(&stored).unwrap();
    let value = signer
        .key()
        .sign(prepared.signature_algorithm(), prepared.message())
        .unwrap();
    let signed = services
        .finish(prepared, &value, Shortfall::Fail, later)
        .unwrap();
    let verifier = pki.verifier().with_evidence(pki.evidence(later));
    let report = verifier.verify(signed.bytes(), later.plus(1)).unwrap();
    assert_eq!(report.indication, Indication::TotalPassed);
    let one = &report.signatures[0];
    assert_eq!(one.claimed_time, Some(then));
    assert_eq!(one.best_signature_time.time, later);
}

fn folder_of_documents(bench: &Bench) -> usize {
    for index in 0..12 {
        let form = [Form::Table, Form::Stream, Form::ObjectStream][index % 3];
        let name = match index % 4 {
            0 => format!("many/below/{index:02}.pdf"),
            _ => format!("many/{index:02}.PDF"),
        };
        bench.write(&name, &build(form, &PLAIN));
    }
    bench.write("many/broken.pdf", b"%PDF-1.7 and nothing else");
    bench.write("many/notes.txt", b"not a PDF, and not asked for");
    12
}

/// Many documents: an outcome each, one failure stops nothing, and a second run signs nothing.
#[test]
fn ok_many_documents_with_one_key() {
    let bench = Bench::new(KeyType::P256);
    let count = folder_of_documents(&bench);
    for (jobs, out) in [("1", "out"), ("4", "out4")] {
        let mut arguments = vec!["sign", "--bulk", "many", "--out", out, "--jobs", jobs];
        arguments.extend(KEY);
        let tally = |output: &Output| {
            let mut tally = [0; 3];
            for line in lines(output) {
                let index = match line["outcome"].as_str().unwrap() {
                    "signed" => 0,
                    "already-signed" => 1,
                    _ => 2,
                };
                tally[index] += 1;
            }
            tally
        };
        let first = bench.expect(4, &arguments);
        assert_eq!(tally(&first), [count, 0, 1]);
        let again = bench.expect(4, &arguments);
        assert_eq!(tally(&again), [0, count, 1]);
        for line in lines(&first) {
            let Some(path) = line["out"].as_str().filter(|_| line["outcome"] == "signed") else {
                assert!(line["file"].as_str().unwrap().ends_with("broken.pdf"));
                assert!(line["error"]["kind"].is_string());
                continue;
            };
            let (input, output) = (line["file"].as_str().unwrap(), bench.read(path));
            assert!(output.starts_with(&bench.read(input)));
            let report = bench.alone(path);
            assert_eq!(line["sha256"], report.sha256.as_str());
            assert_ne!(report.indication, Indication::TotalFailed);
        }
        // What is there and is not ours is kept, and told.
        bench.write(&format!("{out}/01.PDF"), b"something else");
        let third = bench.expect(4, &arguments);
        assert_eq!(tally(&third), [0, count - 1, 2]);
        assert_eq!(bench.read(&format!("{out}/01.PDF")), b"something else");
    }
}

/// A list with names of outputs; one that leads elsewhere is refused.
#[test]
fn ok_many_documents_by_a_list() {
    let bench = Bench::new(KeyType::P256);
    folder_of_documents(&bench);
    bench.write(
        "list",
        "# two good ones\nmany/01.PDF\n\nmany/below/00.pdf\tarchive/zero.pdf\n\
         many/02.PDF\t../elsewhere.pdf\nmany/missing.pdf\n"
            .as_bytes(),
    );
    let mut arguments = vec!["sign", "--manifest", "list", "--out", "out"];
    arguments.extend(KEY);
    let output = bench.expect(4, &arguments);
    let outcomes: Vec<_> = lines(&output)
        .iter()
        .map(|line| line["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["signed", "signed", "failed", "failed"]);
    assert!(bench.path("out/01.PDF").exists() && bench.path("out/archive/zero.pdf").exists());
    assert!(!bench.path("elsewhere.pdf").exists());
}

/// Two documents with one output: nothing is signed, not even the first. A list that an editor
/// marked as Unicode is a list.
#[test]
fn err_two_documents_of_a_list_with_one_output() {
    let bench = Bench::new(KeyType::P256);
    folder_of_documents(&bench);
    let document = bench.read("in.pdf");
    bench.write("a/x.pdf", &document);
    bench.write("b/x.pdf", &document);
    for list in [
        "a/x.pdf\nb/x.pdf\n",
        "a/x.pdf\ty//z.pdf\nb/x.pdf\ty/z.pdf\n",
    ] {
        bench.write("list", list.as_bytes());
        let mut arguments = vec!["sign", "--manifest", "list", "--out", "out", "--overwrite"];
        arguments.extend(KEY);
        let output = bench.expect(5, &arguments);
        assert!(words(&output).contains("z.pdf") || words(&output).contains("x.pdf"));
        assert!(!bench.path("out").exists());
    }
    bench.write("list", "\u{feff}a/x.pdf\nb/x.pdf\ty.pdf\n".as_bytes());
    let mut arguments = vec!["sign", "--manifest", "list", "--out", "out"];
    arguments.extend(KEY);
    bench.expect(0, &arguments);
    assert!(bench.path("out/x.pdf").exists() && bench.path("out/y.pdf").exists());
}

/// Outputs below the folder of the inputs are no inputs, in this run and in the next.
#[test]
fn ok_outputs_below_the_inputs_are_not_signed() {
    let bench = Bench::new(KeyType::P256);
    let count = folder_of_documents(&bench);
    let mut arguments = vec!["sign", "--bulk", "many", "--out", "many/below/signed"];
    arguments.extend(KEY);
    for _ in 0..2 {
        let output = bench.expect(4, &arguments);
        assert_eq!(lines(&output).len(), count + 1);
        let files = signed_files(&bench.path("many/below/signed"));
        assert_eq!(files.len(), count);
    }
}

/// An output that may not be written is told before the key signs.
#[test]
fn err_an_output_that_exists_is_told_before_the_key_is_opened() {
    let bench = Bench::new(KeyType::P256);
    bench.write("out.pdf", b"something else");
    for out in ["out.pdf", "nowhere/out.pdf", "in.pdf"] {
        let arguments = ["sign", "in.pdf", "--out", out, "--key", "no-such-key.pem"];
        let said = words(&bench.expect(4, &arguments));
        assert!(
            said.contains(out) && !said.contains("no-such-key"),
            "{said}"
        );
    }
}

/// V084: a run that is killed anywhere leaves whole files, says nothing of a file that is not there,
/// and the next run does the rest.
#[test]
fn ok_v084_a_killed_run_is_simply_started_again() {
    let bench = Bench::new(KeyType::P256);
    let count = folder_of_documents(&bench);
    let mut arguments = vec!["sign", "--bulk", "many", "--out", "out", "--jobs", "2"];
    arguments.extend(KEY);
    let fresh = || {
        let _ = std::fs::remove_dir_all(bench.path("out"));
    };
    let (mut partly, mut whole) = (0, 0);
    for moment in bench.moments(&arguments, fresh) {
        fresh();
        let said = bench.killed(&arguments, moment);
        let files = signed_files(&bench.path("out"));
        for path in &files {
            let bytes = std::fs::read(path).unwrap();
            let report = bench.pki.verifier().verify(&bytes, now()).unwrap();
            assert_eq!(report.signatures.len(), 1, "{}", path.display());
            assert_ne!(report.indication, Indication::TotalFailed);
        }
        for line in said.split_inclusive('\n').filter(|it| it.ends_with('\n')) {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["outcome"] == "signed" {
                let report = bench.alone(line["out"].as_str().unwrap());
                assert_eq!(line["sha256"], report.sha256.as_str());
            }
        }
        let before: Vec<_> = files
            .iter()
            .map(|path| std::fs::read(path).unwrap())
            .collect();
        let output = bench.expect(4, &arguments);
        let tally = |outcome: &str| {
            let lines = lines(&output);
            lines.iter().filter(|it| it["outcome"] == outcome).count()
        };
        assert_eq!(tally("failed"), 1);
        assert_eq!(tally("already-signed"), files.len());
        assert_eq!(tally("signed"), count - files.len());
        assert_eq!(signed_files(&bench.path("out")).len(), count);
        for (path, bytes) in files.iter().zip(before) {
            assert_eq!(std::fs::read(path).unwrap(), bytes);
        }
        partly += usize::from(!files.is_empty() && files.len() < count);
        whole += usize::from(files.len() == count);
    }
    println!("{partly} runs killed among the files, {whole} after the last one");
}

/// V084: a file that was published below its level is in the queue, whenever the program is killed.
#[test]
fn ok_v084_no_file_is_published_and_not_queued() {
    let bench = Bench::new(KeyType::P256);
    let tsa = bench.tsa(Manner::Rejects);
    let url = tsa.url();
    let mut arguments = vec![
        "sign", "in.pdf", "--out", "out.pdf", "--level", "b-t", "--tsa", &url, "--queue", "queue",
    ];
    arguments.extend(KEY);
    let fresh = || {
        for name in ["out.pdf", "queue"] {
            let _ = std::fs::remove_file(bench.path(name));
        }
    };
    let (mut absent, mut published, mut too_many) = (0, 0, 0);
    let moments = bench.moments(&arguments, fresh);
    // Over the whole run, and once more in the milliseconds after the line is there.
    let after_line = (0..moments.len()).map(|index| Duration::from_micros(100 * index as u64));
    let after_line: Vec<Duration> = after_line.collect();
    let whole_run = moments.iter().map(|moment| (false, *moment));
    for (wait, moment) in whole_run.chain(after_line.into_iter().map(|it| (true, it))) {
        fresh();
        if wait {
            let mut command = bench.command(&arguments);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().unwrap();
            while !bench.path("queue").exists() && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_micros(100));
            }
            std::thread::sleep(moment);
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            bench.killed(&arguments, moment);
        }
        let queue = std::fs::read_to_string(bench.path("queue")).unwrap_or_default();
        if !bench.path("out.pdf").exists() {
            absent += 1;
            too_many += usize::from(!queue.is_empty());
            continue;
        }
        published += 1;
        let line: Value = serde_json::from_str(queue.lines().next().unwrap()).unwrap();
        assert_eq!(line["sha256"], bench.alone("out.pdf").sha256.as_str());
        assert_eq!(line["level"], "B-T");
    }
    println!("{absent} without a file ({too_many} with a line), {published} with file and line");
    // However the moments fell: a run that is left alone has both.
    fresh();
    bench.expect(0, &arguments);
    let line: Value = serde_json::from_slice(&bench.read("queue")).unwrap();
    assert_eq!(line["sha256"], bench.alone("out.pdf").sha256.as_str());
    // A line whose file was not published, or replaced since, changes nothing and goes.
    let other = bench.read("in.pdf");
    bench.write("out.pdf", &other);
    let good = bench.tsa(Manner::Good).url();
    let mut pending = vec!["extend", "--pending", "queue", "--tsa", &good];
    pending.extend(TRUST);
    let output = bench.expect(0, &pending);
    assert_eq!(lines(&output)[0]["outcome"], "replaced");
    assert_eq!(bench.read("out.pdf"), other);
    assert!(bench.read("queue").is_empty());
}

/// V084: killed while it raises a file: the old one is as it was, and the new one whole or absent;
/// in a queue the file is the old one or the new one.
#[test]
fn ok_v084_killed_while_it_extends() {
    let bench = Bench::new(KeyType::P256);
    let tsa = bench.tsa(Manner::Good).url();
    let mut arguments = vec![
        "sign", "in.pdf", "--out", "old.pdf", "--level", "b-t", "--tsa", &tsa,
    ];
    arguments.extend(KEY.iter().chain(&TRUST));
    bench.expect(0, &arguments);
    let old = bench.read("old.pdf");
    let mut extend = vec!["extend", "old.pdf", "--out", "new.pdf", "--level", "b-lt"];
    extend.extend(TRUST);
    bench.expect(0, &extend);
    // The same evidence gives the same bytes.
    let new = bench.read("new.pdf");
    let mut pending = vec!["extend", "--pending", "queue.jsonl"];
    pending.extend(TRUST);
    let line = serde_json::json!({
        "file": bench.path("queued.pdf"),
        "level": "B-LT",
        "length": old.len(),
        "sha256": bench.alone("old.pdf").sha256,
    });
    let line = format!("{line}\n");
    let (mut whole, mut worked_off) = (0, 0);
    let fresh = || {
        let _ = std::fs::remove_file(bench.path("new.pdf"));
    };
    for moment in bench.moments(&extend, fresh) {
        let _ = std::fs::remove_file(bench.path("new.pdf"));
        bench.killed(&extend, moment);
        assert_eq!(bench.read("old.pdf"), old);
        if bench.path("new.pdf").exists() {
            assert_eq!(bench.read("new.pdf"), new);
            whole += 1;
        }
        bench.write("queued.pdf", &old);
        bench.write("queue.jsonl", line.as_bytes());
        bench.killed(&pending, moment);
        let (file, queue) = (bench.read("queued.pdf"), bench.read("queue.jsonl"));
        assert!(file == old || file == new);
        // A line goes only after its file is done.
        assert!(queue == line.as_bytes() || (queue.is_empty() && file == new));
        worked_off += usize::from(queue.is_empty());
    }
    println!("{whole} new files, {worked_off} queues worked off");
    // However the moments fell: a run that is left alone raises the file, and the next finds it so.
    for (before, outcome) in [(&old, "raised"), (&new, "unchanged")] {
        bench.write("queued.pdf", before);
        bench.write("queue.jsonl", line.as_bytes());
        let output = bench.expect(0, &pending);
        assert_eq!(lines(&output)[0]["outcome"], outcome);
        assert_eq!(bench.read("queued.pdf"), new);
        assert!(bench.read("queue.jsonl").is_empty());
    }
}

/// Finished files; what a killed process was writing has another ending.
fn signed_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(signed_files(&path));
        } else if path
            .extension()
            .is_some_and(|it| it.eq_ignore_ascii_case("pdf"))
        {
            found.push(path);
        }
    }
    found
}
