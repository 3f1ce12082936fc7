//! `kyso serve` as a process: where it listens, how it stops, what it leaves.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Client, Demo, cases};

struct Process {
    child: Child,
    address: SocketAddr,
}

fn command(arguments: &[&str], temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kyso"));
    command
        .args(["--lang", "en", "serve", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .current_dir(temporary)
        .env("TMPDIR", temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Process {
    fn start(arguments: &[&str], temporary: &Path) -> Self {
        let mut child = command(arguments, temporary).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("http://").unwrap();
        let address = address.strip_suffix('/').unwrap().parse().unwrap();
        Self { child, address }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }
}

/// Stopped by either signal, with an upload half sent: it is answered, the exit code is 0, and
/// nothing of it lies anywhere.
#[test]
fn ok_signals_stop_it_and_nothing_is_left() {
    let document = &Demo::get().passing;
    for signal in ["TERM", "INT"] {
        let temporary = tempfile::tempdir().unwrap();
        let mut process = Process::start(&["--at", "2026-11-23T07:00:00Z"], temporary.path());
        assert!(process.address.ip().is_loopback());
        let mut client = Client::new(process.address);
        let head = format!(
            "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
            document.len()
        );
        client.write(head.as_bytes());
        client.write(&document[..4000]);
        while !Client::new(process.address)
            .get("/metrics")
            .text()
            .contains("\nkyso_uploads 1\n")
        {}
        process.signal(signal);
        while std::net::TcpStream::connect(process.address).is_ok() {}
        client.write(&document[4000..]);
        let answer = client.answer().unwrap().json();
        // The program says what the page says: without trust, nothing passes.
        assert_eq!(answer["indication"], "INDETERMINATE");
        assert_eq!(answer["validation_time"], cases::at().rfc3339(0));
        drop(client);
        assert_eq!(process.child.wait().unwrap().code(), Some(0));
        let mut said = String::new();
        process
            .child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert!(
            said.contains("no --trust was given: no signature can pass"),
            "{said}"
        );
        assert!(
            said.ends_with("stopped: all that was accepted is answered\n"),
            "{said}"
        );
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
    }
}

/// Addresses that cannot be had, and files that cannot be read, are said before anything is served.
#[test]
fn err_what_it_cannot_start_with() {
    let temporary = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (arguments, code, words) in [
        (vec!["--listen", &address], 4, "taking connections"),
        (vec!["--trust", "missing.pem"], 4, "missing.pem"),
        (vec!["--policy", "unknown"], 5, "unknown"),
        (vec!["--upload", "0"], 5, "--upload"),
        (
            vec!["--upload", "64", "--memory", "63"],
            5,
            "--memory 63 (MiB) is below --upload 64",
        ),
    ] {
        let arguments: Vec<&str> = arguments.into_iter().collect();
        let mut command = command(&[], temporary.path());
        let output = match arguments[0] {
            "--listen" => Command::new(env!("CARGO_BIN_EXE_kyso"))
                .args(["--lang", "en", "serve"])
                .args(&arguments)
                .output(),
            _ => command.args(&arguments).output(),
        }
        .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(output.stdout.is_empty());
    }
}
