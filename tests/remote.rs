//! Keys elsewhere: a CSC service on loopback, and external programs that answer, delay and lie.
#![cfg(all(feature = "cli", feature = "net", unix))]

#[path = "common/pdf.rs"]
#[allow(dead_code)]
mod documents;
#[path = "remote/service.rs"]
mod service;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use documents::{Form, PLAIN, build};
use kyso::error::{ErrorKind, KeyFault, RemoteFault};
use kyso::limits::Limits;
use kyso::pki::Certificate;
use kyso::signing::key::remote::csc::{AuthorizationData, Progress, RemoteKey, Service, Ticket};
use kyso::signing::key::remote::external::ExternalKey;
use kyso::signing::key::{KeySource, LocalKey, Secret, pem};
use kyso::signing::plan::RsaPadding;
use kyso::signing::{Plan, Prepared, Signer};
use kyso::{Error, UtcTime};
use service::{Behaviour, CscServer, TOKEN};

fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/keys/throwaway-{name}"))
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(key_file(name)).unwrap()
}

fn certificates(name: &str) -> Vec<Certificate> {
    let mut all = Certificate::from_pem_or_der(&read(&format!("{name}.crt.pem"))).unwrap();
    all.extend(Certificate::from_pem_or_der(&read("chain.pem")).unwrap());
    all
}

/// The key that the service and the programs hold.
fn local(name: &str) -> LocalKey {
    let certificates = [read(&format!("{name}.crt.pem")), read("chain.pem")].concat();
    let key = read(&format!("{name}.key.pem"));
    pem::load(&key, &certificates, None, &Limits::new()).unwrap()
}

fn now() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T02:00:00Z").unwrap()
}

fn document() -> Vec<u8> {
    build(Form::Table, &PLAIN)
}

fn fault(error: &Error) -> &RemoteFault {
    match error.kind() {
        ErrorKind::Key(KeyFault::Remote(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec())
}

fn remote(server: &CscServer) -> RemoteKey {
    let service = server.service(TOKEN);
    let credential = service.credential("key-1").unwrap();
    let authorization = vec![AuthorizationData {
        id: "PIN".to_owned(),
        value: secret("24681357"),
    }];
    let (wait, poll) = (Duration::from_millis(400), Duration::from_millis(20));
    RemoteKey::new(service, credential, authorization, wait, poll)
}

fn refused(behaviour: Behaviour) -> Error {
    let server = CscServer::new(local("rsa"), behaviour);
    let signer = Signer::new(remote(&server));
    signer
        .sign(&document(), &Plan::default(), now())
        .unwrap_err()
}

#[test]
fn ok_a_service_signs_documents() {
    for (name, padding, algorithm) in [
        ("rsa", RsaPadding::Pkcs1, "RSASSA-PKCS1-v1_5 with SHA-256"),
        ("rsa", RsaPadding::Pss, "RSASSA-PSS with SHA-256"),
        ("p256", RsaPadding::Pkcs1, "ECDSA with SHA-256"),
    ] {
        let server = CscServer::new(local(name), Behaviour::default());
        let service = server.service(TOKEN);
        assert_eq!(service.credentials().unwrap(), ["key-1"]);
        let signer = Signer::new(remote(&server));
        let mut plan = Plan::default();
        plan.padding = padding;
        let prepared = signer.prepare(&document(), &plan, now()).unwrap();
        assert_eq!(prepared.signature_algorithm().name(), algorithm);
        // `sign` verifies what comes out.
        signer.sign(&document(), &plan, now()).unwrap();
    }
}

/// V086: every request is listed; V082: none of the list, the key and the errors shows a secret.
#[test]
fn ok_requests_are_listed_without_secrets() {
    let server = CscServer::new(local("p256"), Behaviour::default());
    let key = remote(&server);
    key.sign(&key.algorithms()[0], b"message").unwrap();
    let list = key.service().requests();
    let names: Vec<_> = list
        .iter()
        .map(|one| one.url.rsplit_once("/v2/").unwrap().1)
        .collect();
    assert_eq!(
        names,
        [
            "credentials/info",
            "credentials/authorize",
            "signatures/signHash"
        ]
    );
    let shown = format!("{key:?} {list:?}");
    for word in [TOKEN, "24681357", service::SAD] {
        assert!(!shown.contains(word), "{shown}");
    }
}

/// Base64 with line breaks; an RSA value without its leading zeros.
#[test]
fn ok_line_breaks_in_the_answer() {
    let behaviour = Behaviour {
        line_breaks: true,
        ..Behaviour::default()
    };
    let server = CscServer::new(local("rsa"), behaviour);
    let signer = Signer::new(remote(&server));
    signer.sign(&document(), &Plan::default(), now()).unwrap();
}

/// The signer confirms later: the call waits; or a ticket and the prepared document are stored,
/// and another process ends it. Neither holds a secret.
#[test]
fn ok_the_signer_answers_later() {
    let behaviour = || Behaviour {
        authorize_later: 2,
        sign_later: 2,
        ..Behaviour::default()
    };
    let server = CscServer::new(local("rsa"), behaviour());
    let signer = Signer::new(remote(&server));
    signer.sign(&document(), &Plan::default(), now()).unwrap();

    let server = CscServer::new(local("rsa"), behaviour());
    let signer = Signer::new(remote(&server));
    let prepared = signer
        .prepare(&document(), &Plan::default(), now())
        .unwrap();
    let key = remote(&server);
    let begun = key.begin(prepared.signature_algorithm(), prepared.message());
    let Progress::Waiting(ticket) = begun.unwrap() else {
        panic!("signed at once");
    };
    let stored = (
        serde_json::to_string(&prepared).unwrap(),
        serde_json::to_string(&ticket).unwrap(),
    );
    drop((key, prepared, ticket));
    for word in [TOKEN, "24681357", service::SAD] {
        assert!(!stored.0.contains(word) && !stored.1.contains(word));
    }
    // Another process, with no more than the stored forms.
    let prepared: Prepared = serde_json::from_str(&stored.0).unwrap();
    let mut ticket: Ticket = serde_json::from_str(&stored.1).unwrap();
    let key = remote(&server);
    let error = key.resume(&ticket, b"another message").unwrap_err();
    assert!(matches!(fault(&error), RemoteFault::Configuration(_)));
    let mut rounds = 0;
    let value = loop {
        rounds += 1;
        match key.resume(&ticket, prepared.message()).unwrap() {
            Progress::Signed(value) => break value,
            Progress::Waiting(next) => ticket = next,
        }
    };
    assert!(rounds > 2, "{rounds}");
    prepared.finish(&value, None, &Limits::new()).unwrap();
}

#[test]
fn err_nobody_confirms() {
    let error = refused(Behaviour {
        authorize_later: usize::MAX,
        ..Behaviour::default()
    });
    assert!(matches!(fault(&error), RemoteFault::Waiting { .. }));
}

#[test]
fn err_a_wrong_signature_is_found() {
    let error = refused(Behaviour {
        wrong_signature: true,
        ..Behaviour::default()
    });
    assert_eq!(fault(&error), &RemoteFault::WrongSignature);
}

#[test]
fn err_expired_authorisation() {
    let error = refused(Behaviour {
        expired: true,
        ..Behaviour::default()
    });
    let RemoteFault::Authorization(words) = fault(&error) else {
        panic!("{error}");
    };
    assert!(words.contains("expired"), "{words}");
    let server = CscServer::new(local("p256"), Behaviour::default());
    let error = server.service("another-token").credentials().unwrap_err();
    assert!(matches!(fault(&error), RemoteFault::Authorization(_)));
    assert!(!error.to_string().contains("another-token"));
}

#[test]
fn err_answers_that_are_none() {
    for body in ["", "[]", "{}", "not json", "{\"signatures\": []}"] {
        let error = refused(Behaviour {
            garbage: Some(body),
            ..Behaviour::default()
        });
        assert!(
            matches!(fault(&error), RemoteFault::Answer(_)),
            "{body}: {error}"
        );
    }
    let error = refused(Behaviour {
        fails: true,
        ..Behaviour::default()
    });
    // It may answer tomorrow.
    assert!(
        matches!(fault(&error), RemoteFault::Connection(_)),
        "{error}"
    );
}

/// V087: an access token does not go in the clear to hosts that are not allowed, nor to addresses
/// that are not public.
#[test]
fn err_the_network_rules_hold() {
    use kyso::online::{HttpTransport, Rules};
    let service = |base: &str| {
        let transport = HttpTransport::new(&Rules::new());
        Service::new(base, secret(TOKEN), Rules::new(), transport)
    };
    for base in [
        "http://service.example/csc/v2",
        "https://127.0.0.1/csc/v2",
        "ftp://a/",
    ] {
        let service = service(base);
        let error = service.credentials().unwrap_err();
        assert!(
            matches!(fault(&error), RemoteFault::Connection(_)),
            "{base}: {error}"
        );
        assert_eq!(service.requests().len(), 1);
    }
}

/// A program of three lines.
struct Program {
    folder: tempfile::TempDir,
}

impl Program {
    fn new(body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sign");
        std::fs::write(
            &path,
            format!("#!/bin/sh\ncd '{}'\n{body}\n", folder.path().display()),
        )
        .unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::copy(key_file("rsa.key.pem"), folder.path().join("key.pem")).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("sign")
    }

    fn key(&self, seconds: u64) -> ExternalKey {
        let certificates = certificates("rsa");
        ExternalKey::new(
            self.path(),
            Vec::new(),
            certificates,
            None,
            Duration::from_secs(seconds),
        )
        .unwrap()
    }

    fn fault(&self) -> RemoteFault {
        let key = self.key(20);
        fault(&key.sign(&key.algorithms()[0], b"message").unwrap_err()).clone()
    }
}

/// The worked form of the manual, with openssl in the place of the service: the digest in
/// hexadecimal goes in, a base64 with line breaks comes out.
const OPENSSL: &str = r#"
cat > question
hex=$(tr ',' '\n' < question | sed -n 's/.*"hex":"\([0-9a-f]*\)".*/\1/p')
printf "$(printf %s "$hex" | sed 's/../\\x&/g')" > digest 2>/dev/null || true
printf %s "$hex" | xxd -r -p > digest 2>/dev/null || perl -e 'print pack "H*", shift' "$hex" > digest
openssl pkeyutl -sign -inkey key.pem -pkeyopt digest:sha256 -in digest -out value || exit 1
printf '{"signature_base64": "'
openssl base64 -in value | sed 's/$/\\r\\n/' | tr -d '\n'
printf '"}'
"#;

#[test]
fn ok_an_external_program_signs() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("NOT RUN: there is no openssl program");
        return;
    }
    let program = Program::new(OPENSSL);
    let signer = Signer::new(program.key(60));
    signer.sign(&document(), &Plan::default(), now()).unwrap();
    let question = std::fs::read(program.folder.path().join("question")).unwrap();
    let question: serde_json::Value = serde_json::from_slice(&question).unwrap();
    assert_eq!(question["version"], 1);
    assert_eq!(question["algorithm"]["scheme"], "rsa-pkcs1-v1_5");
    assert_eq!(question["digest"]["oid"], "2.16.840.1.101.3.4.2.1");

    // The same through the program `kyso`.
    let folder = program.folder.path();
    std::fs::write(folder.join("a.pdf"), document()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_kyso"))
        .current_dir(folder)
        .args(["--lang", "en", "sign", "a.pdf", "-o", "b.pdf"])
        .arg("--allow-certificate-outside-its-period")
        .arg("--key")
        .arg(format!("external:{}", program.path().display()))
        .arg("--certificate")
        .arg(key_file("rsa.crt.pem"))
        .arg("--certificate")
        .arg(key_file("chain.pem"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(folder.join("b.pdf").exists());
}

#[test]
fn err_external_programs_that_do_not_sign() {
    for (body, expected) in [
        (
            "cat >/dev/null; echo '{\"error\": \"the signer refused\"}'",
            "Refused",
        ),
        ("echo '{\"error\": \"no input wanted\"}'; exit 3", "Refused"),
        ("cat >/dev/null; exit 3", "Program"),
        ("cat >/dev/null; echo hello", "Answer"),
        ("cat >/dev/null; echo '{}'", "Answer"),
        (
            "cat >/dev/null; echo '{\"signature_hex\": \"xyz\"}'",
            "Answer",
        ),
        (
            "cat >/dev/null; echo '{\"signature_hex\": \"00\"}'",
            "WrongSignature",
        ),
        ("cat >/dev/null; head -c 100000 /dev/zero", "Answer"),
    ] {
        let found = format!("{:?}", Program::new(body).fault());
        assert!(found.starts_with(expected), "{body}: {found}");
    }
    let error = ExternalKey::new(
        "/nowhere/sign".into(),
        Vec::new(),
        certificates("rsa"),
        None,
        Duration::from_secs(1),
    )
    .unwrap();
    let error = error.sign(&error.algorithms()[0], b"message").unwrap_err();
    assert!(matches!(fault(&error), RemoteFault::Program(_)), "{error}");
}

/// A program that never answers is ended; nothing of the command line is read by a shell.
#[test]
fn err_external_programs_have_a_deadline() {
    let program = Program::new("exec sleep 600");
    let key = program.key(1);
    let started = Instant::now();
    let error = key.sign(&key.algorithms()[0], b"message").unwrap_err();
    assert_eq!(fault(&error), &RemoteFault::Waiting { seconds: 1 });
    assert!(started.elapsed() < Duration::from_secs(300));

    let marker = program.folder.path().join("marker");
    let hostile = format!("/bin/true; touch {}", marker.display());
    let key = ExternalKey::new(
        hostile.into(),
        Vec::new(),
        certificates("rsa"),
        None,
        Duration::from_secs(5),
    )
    .unwrap();
    let error = key.sign(&key.algorithms()[0], b"message").unwrap_err();
    assert!(matches!(fault(&error), RemoteFault::Program(_)));
    assert!(!marker.exists());
}

#[test]
fn ok_the_program_signs_at_a_service() {
    let server = CscServer::new(local("p256"), Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
    std::fs::write(path("a.pdf"), document()).unwrap();
    write("token", TOKEN);
    write("pin", "24681357\n");
    let host = server.host();
    write(
        "service.json",
        &format!(
            r#"{{"service": "http://{host}/csc/v2", "token_file": "token", "allow": ["{host}"],
                "authorization": [{{"id": "PIN"}}], "wait_seconds": 5, "poll_seconds": 1}}"#
        ),
    );
    let sign = |pin: &str| {
        Command::new(env!("CARGO_BIN_EXE_kyso"))
            .current_dir(folder.path())
            .args([
                "--lang",
                "en",
                "sign",
                "a.pdf",
                "-o",
                "b.pdf",
                "--key",
                "csc:service.json",
            ])
            .args(["--allow-certificate-outside-its-period", "--pin-file", pin])
            .output()
            .unwrap()
    };
    write("other", "13579\n");
    let output = sign("other");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(
        said.contains("sign in at the service again") && !said.contains("13579"),
        "{said}"
    );
    assert!(!path("b.pdf").exists());
    let output = sign("pin");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(path("b.pdf").exists());
}

/// Prepared with the certificate of the service, authorised and collected later by processes of
/// their own, each of which goes on where the one before stopped.
#[test]
fn ok_the_program_signs_at_a_service_in_two_steps() {
    let steps = TwoSteps::new(Behaviour {
        authorize_later: 2,
        sign_later: 2,
        ..Behaviour::default()
    });
    let said = steps.finish(4, &["--pin-file", "other"]);
    assert!(said.contains("PIN is not correct"), "{said}");
    // Asked for; confirmed at the second question after that; signed at the second after that.
    steps.finish(4, &["--pin-file", "pin"]);
    for _ in 0..3 {
        let said = steps.finish(4, &[]);
        assert!(said.contains("no answer after 0 seconds"), "{said}");
        assert!(!steps.path("b.pdf").exists());
    }
    let state = steps.state();
    assert!(state.contains("\"ticket\""));
    for secret in [TOKEN, "24681357", service::SAD] {
        assert!(!state.contains(secret));
    }
    steps.finish(0, &[]);
    let signed = std::fs::read(steps.path("b.pdf")).unwrap();
    assert!(signed.starts_with(&document()));
}

/// A service that cannot answer now has refused nothing: the signer is not asked anew. One that
/// says that the authorisation is over, has.
#[test]
fn ok_what_was_authorised_outlives_a_busy_service() {
    for status in [429, 500, 503] {
        let steps = TwoSteps::new(Behaviour {
            authorize_later: 1,
            busy: Some(status),
            ..Behaviour::default()
        });
        steps.finish(4, &["--pin-file", "pin"]);
        let said = steps.finish(4, &[]);
        assert!(said.contains(&format!("later (HTTP {status})")), "{said}");
        assert!(steps.state().contains("\"ticket\""));
        steps.finish(0, &[]);
        assert_eq!(steps.server.signed(), 1);
    }
    for (busy, expired) in [(Some(401), false), (Some(400), false), (None, true)] {
        let steps = TwoSteps::new(Behaviour {
            authorize_later: 1,
            busy,
            expired,
            ..Behaviour::default()
        });
        steps.finish(4, &["--pin-file", "pin"]);
        steps.finish(4, &[]);
        assert!(!steps.state().contains("\"ticket\""));
    }
}

/// What can be wrong before is found before the service is asked; what goes wrong after it costs no
/// second signature.
#[test]
fn ok_a_value_of_a_service_is_asked_for_once() {
    let mut behaviour = Behaviour::default();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    behaviour.removes = Some(out.clone());
    std::fs::create_dir(&out).unwrap();
    let steps = TwoSteps::new(behaviour);
    let out_file = out.join("b.pdf");
    let out_file = out_file.to_str().unwrap();
    let pin = ["--pin-file", "pin", "--out", out_file];
    for (code, wrong) in [
        (4, ["--trust", "missing.pem"]),
        (4, ["--evidence", "missing"]),
        (5, ["--policy", "missing"]),
        (5, ["--tsa", "no address"]),
    ] {
        steps.finish_to(code, &[&pin[..], &wrong].concat());
        assert_eq!(steps.server.signed(), 0, "{wrong:?}");
    }
    steps.finish_to(4, &pin);
    assert_eq!(steps.server.signed(), 1);
    std::fs::create_dir(&out).unwrap();
    // Without PIN, token or service.
    std::fs::remove_file(steps.path("token")).unwrap();
    steps.finish_to(0, &["--out", out_file]);
    assert_eq!(steps.server.signed(), 1);
    assert!(std::fs::read(out_file).unwrap().starts_with(&document()));
}

/// A document that was prepared for a signature at a service.
struct TwoSteps {
    server: CscServer,
    folder: tempfile::TempDir,
}

impl TwoSteps {
    fn new(behaviour: Behaviour) -> Self {
        let steps = Self {
            server: CscServer::new(local("p256"), behaviour),
            folder: tempfile::tempdir().unwrap(),
        };
        let write = |name: &str, text: &str| std::fs::write(steps.path(name), text).unwrap();
        std::fs::write(steps.path("a.pdf"), document()).unwrap();
        write("token", TOKEN);
        write("pin", "24681357\n");
        write("other", "13579\n");
        let host = steps.server.host();
        write(
            "service.json",
            &format!(
                r#"{{"service": "http://{host}/csc/v2", "token_file": "token", "allow": ["{host}"],
                    "authorization": [{{"id": "PIN"}}], "wait_seconds": 0}}"#
            ),
        );
        let prepare = ["prepare", "a.pdf", "--state", "state"];
        let period = ["--allow-certificate-outside-its-period"];
        steps.kyso(0, &[&prepare[..], &SERVICE, &period].concat());
        steps
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn state(&self) -> String {
        std::fs::read_to_string(self.path("state")).unwrap()
    }

    fn kyso(&self, code: i32, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_kyso"))
            .current_dir(self.folder.path())
            .args(["--lang", "en"])
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said
    }

    fn finish(&self, code: i32, more: &[&str]) -> String {
        self.finish_to(code, &[&["--out", "b.pdf"], more].concat())
    }

    fn finish_to(&self, code: i32, more: &[&str]) -> String {
        let finish = ["finish", "a.pdf", "--state", "state"];
        self.kyso(code, &[&finish[..], &SERVICE, more].concat())
    }
}

const SERVICE: [&str; 2] = ["--key", "csc:service.json"];
