//! The program as its users meet it: exact words, exit codes, JSON lines, and no file after failure.
//!
//! `tests/cli/*.case` are the exact cases (see tests/cli/README.md); what needs a system, a pipe or
//! a killed process is written out here.
#![cfg(all(feature = "cli", unix))]

#[path = "common/encrypted.rs"]
mod encrypted;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use encrypted::encrypted;
use serde_json::Value;

const AT: &str = "2026-11-23T07:00:00Z";
const TRUST: [&str; 8] = [
    "--trust",
    "demo/trust.json",
    "--evidence",
    "demo/root.crl",
    "--evidence",
    "demo/issuing.crl",
    "--at",
    AT,
];
const RELEASED: &str = "demo/quyet-dinh.phat-hanh.pdf";
const TAMPERED: &str = "demo/quyet-dinh.bi-sua.pdf";
const UNSIGNED: &str = "demo/quyet-dinh.pdf";

/// The program, in `folder`, without variables that change what it says.
fn kyso(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kyso"));
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null());
    for name in [
        "KYSO_PASSWORDS",
        "KYSO_KEY_PASSWORD",
        "LC_ALL",
        "LC_MESSAGES",
        "LANG",
    ] {
        command.env_remove(name);
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    kyso(folder, arguments).output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("ended by itself")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Whether a line of standard output has these words and no others.
fn says(output: &Output, words: &str) -> bool {
    let of = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text(&output.stdout).lines().any(|line| of(line) == words)
}

fn quiet(output: &Output) {
    let said = text(&output.stderr);
    assert!(
        !said.contains("panicked") && !said.contains("RUST_BACKTRACE"),
        "{said}"
    );
}

/// The folder in which the cases run; nothing in it is changed.
fn files() -> &'static Path {
    static FILES: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FILES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let made = run(&path, &["demo", "demo", "--at", AT, "--lang", "en"]);
        assert_eq!(status(&made), 0, "{}", text(&made.stderr));
        fs::create_dir(path.join("keys")).unwrap();
        let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys");
        for entry in fs::read_dir(keys).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), path.join("keys").join(entry.file_name())).unwrap();
        }
        let unsigned = fs::read(path.join(UNSIGNED)).unwrap();
        let released = fs::read(path.join(RELEASED)).unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(path.join(name), bytes).unwrap();
        write("empty.pdf", b"");
        write("text.pdf", b"hello\n");
        write("header.pdf", b"%PDF-1.7\n");
        write("truncated.pdf", &unsigned[..30_000]);
        let first = memchr::memmem::find(&released, b"/ByteRange").unwrap();
        write("cut.pdf", &released[..first + 40]);
        write("no-end.pdf", &released[..released.len() - 3]);
        write("encrypted.pdf", &encrypted(b"secret"));
        write("passwords", b"first\nsecret\r\nlast\n");
        write("wrong-passwords", b"first\nlast\n");
        write("key-password", b"throwaway\n");
        write("wrong-key-password", b"mistaken\n");
        fs::create_dir(path.join("folder")).unwrap();
        (folder, path)
    });
    path
}

/// Whether `found` is `expected`, where `[..]` stands for anything within one line.
fn fits(expected: &str, found: &str) -> bool {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    expected.len() == found.len()
        && expected.iter().zip(&found).all(|(expected, found)| {
            let mut parts = expected.split("[..]");
            let first = parts.next().unwrap_or_default();
            let Some(mut rest) = found.strip_prefix(first) else {
                return false;
            };
            let mut open = false;
            for part in parts {
                open = part.is_empty();
                match rest.find(part) {
                    Some(at) => rest = &rest[at + part.len()..],
                    None => return false,
                }
            }
            open || rest.is_empty()
        })
}

#[test]
fn ok_the_pattern_of_cases_is_strict() {
    assert!(fits("a[..]c\n", "abc\n") && fits("a[..]", "abc") && fits("a", "a\n"));
    assert!(
        !fits("a", "ab") && !fits("a[..]c", "abcd") && !fits("a", "a\nb") && !fits("a\nb", "a")
    );
}

struct Case {
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
    status: i32,
    input: String,
    stdout: String,
    stderr: String,
}

/// `$ [NAME=VALUE…] kyso ARGUMENT…`, `? STATUS`, lines that begin with `> ` (stdout), `! `
/// (stderr), `< ` (stdin), `#` (comment); a case ends at the next `$`.
fn cases(file: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in file.lines() {
        let (mark, rest) = match line.split_once(' ') {
            Some(parts) => parts,
            None => (line, ""),
        };
        if mark == "$" {
            let words: Vec<&str> = rest.split(' ').collect();
            let program = words.iter().position(|word| *word == "kyso").unwrap();
            cases.push(Case {
                variables: words[..program]
                    .iter()
                    .map(|word| word.split_once('=').unwrap())
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                arguments: words[program + 1..]
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
                status: -1,
                input: String::new(),
                stdout: String::new(),
                stderr: String::new(),
            });
            continue;
        }
        let to = match (mark, cases.last_mut()) {
            ("?", Some(case)) => {
                case.status = rest.parse().unwrap();
                continue;
            }
            (">", Some(case)) => &mut case.stdout,
            ("!", Some(case)) => &mut case.stderr,
            ("<", Some(case)) => &mut case.input,
            _ => {
                assert!(line.is_empty() || line.starts_with('#'), "{line}");
                continue;
            }
        };
        to.push_str(rest);
        to.push('\n');
    }
    cases
}

fn tree(folder: &Path) -> BTreeSet<(PathBuf, u64)> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                waiting.push(entry.path());
            }
            found.insert((entry.path(), metadata.len()));
        }
    }
    found
}

/// Every `.case` file: exact stdout, stderr and status, and no file more than before.
#[test]
fn ok_cases() {
    let folder = files();
    let before = tree(folder);
    let mut wrong = String::new();
    let mut count = 0;
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    for entry in fs::read_dir(all).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "case") {
            continue;
        }
        for case in cases(&fs::read_to_string(&path).unwrap()) {
            count += 1;
            let arguments: Vec<&str> = case.arguments.iter().map(String::as_str).collect();
            // No terminal: a password that is missing is an error, not a question.
            let mut command = Command::new("setsid");
            command.arg("-w").arg(env!("CARGO_BIN_EXE_kyso"));
            let plain = kyso(folder, &[]);
            for (name, value) in plain.get_envs() {
                match value {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
            let mut child = command
                .current_dir(folder)
                .args(&arguments)
                .envs(case.variables.iter().cloned())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut input = child.stdin.take().unwrap();
            // A program that does not read its input closes it.
            let given = match case.input.replace("\\0", "\0") {
                nul if nul.contains('\0') => nul.trim_end().to_owned(),
                lines => lines,
            };
            let _ = input.write_all(given.as_bytes());
            drop(input);
            let output = child.wait_with_output().unwrap();
            quiet(&output);
            let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
            if output.status.code() != Some(case.status)
                || !fits(&case.stdout, stdout)
                || !fits(&case.stderr, stderr)
            {
                let marked = |mark: &str, text: &str| {
                    text.lines().fold(String::new(), |mut all, line| {
                        writeln!(all, "{}", format!("{mark} {line}").trim_end()).unwrap();
                        all
                    })
                };
                write!(
                    wrong,
                    "\n{}, found:\n$ kyso {}\n? {:?}\n{}{}",
                    path.display(),
                    arguments.join(" "),
                    output.status.code(),
                    marked(">", stdout),
                    marked("!", stderr)
                )
                .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 40, "{count} cases");
    assert_eq!(tree(folder), before, "a case left or changed a file");
}

fn verify(more: &[&str]) -> Output {
    let arguments: Vec<&str> = ["verify", "--lang", "en"]
        .iter()
        .chain(&TRUST)
        .chain(more)
        .copied()
        .collect();
    run(files(), &arguments)
}

/// One object a file, in the order of the arguments, with every key of the contract.
#[test]
fn ok_json_lines_keep_their_contract() {
    let names = [
        RELEASED,
        "missing.pdf",
        TAMPERED,
        UNSIGNED,
        "empty.pdf",
        "truncated.pdf",
        "cut.pdf",
        "folder",
        "encrypted.pdf",
    ];
    let output = verify(&[&["--format", "jsonl"][..], &names].concat());
    assert_eq!(status(&output), 4);
    assert_eq!(text(&output.stderr), "");
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), names.len());
    for (line, name) in lines.iter().zip(names) {
        assert_eq!(line["file"], name);
        for key in ["sha256", "pages", "indication", "error", "signatures"] {
            assert!(line.get(key).is_some(), "{name} lacks {key}");
        }
        let failed = !line["error"].is_null();
        assert_eq!(failed, line["indication"].is_null(), "{name}");
        if failed {
            assert!(line["error"]["kind"].is_string() && line["error"]["text"].is_string());
            assert_eq!(line["signatures"], serde_json::json!([]));
        } else {
            assert_eq!(line["sha256"].as_str().unwrap().len(), 64);
        }
        for signature in line["signatures"].as_array().unwrap() {
            let one_of = |key: &str, words: &[&str]| {
                let word = signature[key].as_str().unwrap();
                assert!(words.contains(&word), "{key}: {word}");
            };
            one_of("kind", &["approval", "certification", "document_timestamp"]);
            one_of("integrity", &["intact", "broken", "unknown"]);
            one_of(
                "indication",
                &["TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"],
            );
            for key in ["field", "sub_filter", "signer", "claimed_time"] {
                assert!(signature[key].is_string(), "{key}");
            }
            assert!(signature.get("sub_indication").is_some());
            let range = signature["byte_range"].as_array().unwrap();
            assert!(range.len() == 4 && range.iter().all(Value::is_u64));
            assert!(signature["whole_document"].is_boolean());
            assert!(signature["changes"]["level"].is_string());
            assert!(signature["changes"]["permitted"].is_boolean());
            assert!(!signature["checks"].as_array().unwrap().is_empty());
            assert!(
                kyso::time::UtcTime::from_rfc3339(signature["claimed_time"].as_str().unwrap())
                    .is_some()
            );
        }
    }
    let indications: Vec<&Value> = lines.iter().map(|line| &line["indication"]).collect();
    assert_eq!(
        serde_json::json!(indications),
        serde_json::json!([
            "TOTAL-PASSED",
            null,
            "TOTAL-FAILED",
            "NO_SIGNATURE_FOUND",
            null,
            null,
            "TOTAL-FAILED",
            null,
            null
        ])
    );
    let kinds: Vec<&Value> = lines
        .iter()
        .filter_map(|line| line["error"].get("kind"))
        .collect();
    assert_eq!(
        serde_json::json!(kinds),
        serde_json::json!(["io", "empty", "pdf", "io", "password"])
    );
    // Where the file is cut short, the byte is named.
    assert!(lines[5]["error"]["position"].is_u64(), "{}", lines[5]);
    let [first, _, _, second] = &lines[0]["signatures"].as_array().unwrap()[..] else {
        panic!("four signatures");
    };
    assert_eq!(first["field"], "ChuKyLanhDao");
    assert_eq!(first["whole_document"], false);
    assert_eq!(first["changes"]["level"], "Signing");
    assert_eq!(second["whole_document"], true);
    assert_eq!(
        second["signer"].as_str().unwrap().split(',').next_back(),
        Some("C=VN")
    );
    assert_eq!(second["claimed_time"], AT);
    assert_eq!(lines[2]["signatures"][0]["integrity"], "broken");
    assert_eq!(lines[2]["signatures"][0]["sub_indication"], "HASH_FAILURE");
}

/// 5, 4, 1, 2, 3, 0: the worst file decides, whatever the order.
#[test]
fn ok_the_worst_file_decides() {
    let code = |files: &[&str]| status(&verify(files));
    assert_eq!(code(&[RELEASED]), 0);
    assert_eq!(code(&[UNSIGNED]), 3);
    assert_eq!(code(&[TAMPERED]), 1);
    assert_eq!(code(&["missing.pdf"]), 4);
    assert_eq!(code(&[RELEASED, UNSIGNED]), 3);
    assert_eq!(code(&[UNSIGNED, RELEASED]), 3);
    assert_eq!(code(&[UNSIGNED, TAMPERED, RELEASED]), 1);
    assert_eq!(code(&["missing.pdf", TAMPERED, RELEASED]), 4);
    assert_eq!(code(&[RELEASED, TAMPERED, "empty.pdf"]), 4);
    // Without trust nothing can be decided: worse than no signature, better than a failure.
    let blind = |names: &[&str]| status(&run(files(), &[&["verify"][..], names].concat()));
    assert_eq!(blind(&[RELEASED]), 2);
    assert_eq!(blind(&[RELEASED, UNSIGNED]), 2);
    assert_eq!(blind(&[RELEASED, TAMPERED]), 1);
}

/// The same files, policy, evidence and time give the same bytes.
#[test]
fn ok_reports_are_the_same_every_time() {
    for format in ["text", "json", "jsonl"] {
        let arguments = ["--format", format, "-v", RELEASED, TAMPERED, "cut.pdf"];
        let (first, second) = (verify(&arguments), verify(&arguments));
        assert_eq!(status(&first), 1);
        assert!(first.stdout.len() > 1000);
        assert_eq!(first.stdout, second.stdout, "{format}");
    }
    // The stored report of the demonstration is the one that a second verification gives.
    let stored = fs::read_to_string(files().join("demo/bao-cao.json")).unwrap();
    let stored: Value = serde_json::from_str(&stored).unwrap();
    let again = verify(&["--format", "json", RELEASED]);
    let again: Value = serde_json::from_str(text(&again.stdout)).unwrap();
    for key in [
        "sha256",
        "indication",
        "signatures",
        "policy",
        "validation_time",
    ] {
        assert_eq!(stored[key], again[key], "{key}");
    }
}

/// What a verdict rests on is kept, and judged again when the document is gone: the same, or
/// otherwise under other rules; not by the record's own trust unless that is asked for.
#[test]
fn ok_a_record_is_judged_again_without_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.json");
    let (record, directory) = (record.to_str().unwrap(), folder.path().to_str().unwrap());
    let first = verify(&["--format", "json", "--evidence-out", record, RELEASED]);
    assert_eq!((status(&first), text(&first.stderr)), (0, ""));
    let said: Value = serde_json::from_str(text(&first.stdout)).unwrap();
    let judge = |more: &[&str]| {
        let output = run(
            files(),
            &[&["judge", "--format", "json", record], more].concat(),
        );
        assert_eq!(text(&output.stderr), "");
        let report: Value = serde_json::from_str(text(&output.stdout)).unwrap();
        (status(&output), report)
    };
    let (exit, again) = judge(&["--trust", "demo/trust.json"]);
    assert_eq!((exit, &again["file"]), (0, &Value::from(record)));
    for key in said
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| *key != "file")
    {
        assert_eq!(again[key], said[key], "{key}");
    }
    // The writer's trust file also says who is a person and who an agency.
    let (exit, own) = judge(&["--trust-as-recorded"]);
    assert_eq!((exit, &own["from_record"]), (0, &Value::Bool(true)));
    let roles = |report: &Value| -> Vec<Value> {
        let all = report["signatures"].as_array().unwrap().iter();
        all.map(|signature| signature["role"].clone()).collect()
    };
    assert_eq!(roles(&own)[..2], ["person", "agency"]);
    assert_eq!(roles(&own), roles(&said));
    assert_eq!(own["remarks"], said["remarks"]);
    assert_eq!(judge(&[]).0, 2);
    let (_, other) = judge(&["--trust", "demo/root.pem", "--policy", "vn-2025"]);
    assert_eq!(other["policy"]["name"], "vn-2025");
    let late = ["--trust", "demo/root.pem", "--at", "2036-01-01"];
    assert_eq!(judge(&late).0, 2);
    // A file that is there is kept; a folder gets one file for each document and moment.
    let second = verify(&["--evidence-out", record, RELEASED]);
    assert_eq!(status(&second), 4);
    for _ in 0..2 {
        let many = verify(&["--evidence-out", directory, RELEASED, TAMPERED, RELEASED]);
        assert_eq!(status(&many), 1);
    }
    assert_eq!(fs::read_dir(directory).unwrap().count(), 3);
    // Several documents need a folder: it is made, or what is in its place is named at once.
    let new = folder.path().join("new");
    let two = verify(&["--evidence-out", new.to_str().unwrap(), RELEASED, TAMPERED]);
    assert_eq!((status(&two), fs::read_dir(new).unwrap().count()), (1, 2));
    let no_folder = verify(&["--evidence-out", record, RELEASED, TAMPERED]);
    assert_eq!((status(&no_folder), text(&no_folder.stdout)), (4, ""));
    let name = format!(
        "{}-20261123T070000Z.kyso.json",
        said["sha256"].as_str().unwrap()
    );
    let there = fs::read(folder.path().join(name)).unwrap();
    assert_eq!(there, fs::read(record).unwrap());
    // A changed record is refused.
    let changed = text(&there).replace("TOTAL-PASSED", "TOTAL-FAILED");
    fs::write(record, changed).unwrap();
    let output = run(files(), &["judge", "--lang", "en", record]);
    assert_eq!(status(&output), 4);
    let said = [text(&output.stdout), text(&output.stderr)].concat();
    assert!(said.contains("its digest does not fit"), "{said}");
}

/// Files of the demonstration: all there, keys for the owner alone.
#[test]
fn ok_demo_makes_its_files() {
    let folder = files().join("demo");
    let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().mode() & 0o777;
    for name in ["leader.key", "agency.key"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    for name in [
        "root.pem",
        "issuing.pem",
        "leader.pem",
        "agency.pem",
        "root.crl",
        "issuing.crl",
    ] {
        assert_eq!(mode(name) & 0o600, 0o600, "{name}");
        assert_eq!(mode(name) & 0o133, 0, "{name}");
        let content = fs::read_to_string(folder.join(name)).unwrap();
        assert!(!content.contains("PRIVATE KEY"), "{name}");
    }
    for name in [
        "quyet-dinh.pdf",
        "quyet-dinh.lanh-dao.pdf",
        "quyet-dinh.so.pdf",
        "quyet-dinh.ngay.pdf",
        "quyet-dinh.phat-hanh.pdf",
        "quyet-dinh.den.pdf",
        "phu-luc.phat-hanh.pdf",
        "ban-quet.sao-y.pdf",
        "trust.json",
        "chu-ky.png",
        "dau.png",
        "quyet-dinh.bi-sua.pdf",
        "bao-cao.txt",
        "bao-cao.json",
        "bao-cao.bi-sua.txt",
        "bao-cao.bi-sua.json",
    ] {
        assert!(
            fs::metadata(folder.join(name)).unwrap().len() > 500,
            "{name}"
        );
    }
    let unsigned = fs::read(folder.join("quyet-dinh.pdf")).unwrap();
    let released = fs::read(folder.join("quyet-dinh.phat-hanh.pdf")).unwrap();
    assert!(released.starts_with(&unsigned));
}

/// Each step of a release by the program: it verifies, and the log tells what was done.
#[test]
fn ok_a_release_step_by_step() {
    let folder = tempfile::tempdir().unwrap();
    symlink(files().join("demo"), folder.path().join("demo")).unwrap();
    let step = |step: &str, input: &str, out: &str, who: &str, more: &[&str]| {
        let (key, certificate) = (format!("demo/{who}.key"), format!("demo/{who}.pem"));
        let mut arguments = vec!["release", step, input, "--out", out, "--lang", "en"];
        arguments.extend(["--key", &key, "--certificate", &certificate]);
        arguments.extend(["--trust", "demo/trust.json", "--evidence", "demo/root.crl"]);
        arguments.extend(["--evidence", "demo/issuing.crl", "--time", AT]);
        arguments.extend(["--log", "log.jsonl"]);
        arguments.extend(more);
        let output = run(folder.path(), &arguments);
        assert_eq!(status(&output), 0, "{step}: {}", text(&output.stderr));
        text(&output.stderr).to_owned()
    };
    let between = ["--post", "CHỦ TỊCH", "--name", "Nguyễn Văn A", "--certify"];
    let image = ["--image", "demo/chu-ky.png"];
    let said = step(
        "approve",
        UNSIGNED,
        "1.pdf",
        "leader",
        &[&image[..], &between].concat(),
    );
    // Between post and name, 32 mm apart, centred on 158 mm: the image is 45 mm wide.
    assert!(
        said.starts_with("place: page 1, 135 mm from the left, "),
        "{said}"
    );
    assert!(
        said.ends_with("45 × 20 mm\nsigned in field ChuKyLanhDao: 1.pdf\n"),
        "{said}"
    );
    let number = ["--number", "15", "--symbol", "QĐ-UBND"];
    step("number", "1.pdf", "2.pdf", "agency", &number);
    step("date", "2.pdf", "3.pdf", "agency", &["--clock", "iso"]);
    step(
        "seal",
        "3.pdf",
        "4.pdf",
        "agency",
        &["--image", "demo/dau.png"],
    );
    step("attachment", "demo/phu-luc.pdf", "5.pdf", "agency", &number);
    let form = [
        "--form",
        "trich-sao",
        "--agency",
        "Sở Mẫu",
        "--clock",
        "vgca",
    ];
    step("copy", "demo/ban-quet.pdf", "6.pdf", "agency", &form);
    // A new field after a certification is told.
    let received = ["--agency", "Sở Mẫu", "--number", "7"];
    let said = step("incoming", "4.pdf", "7.pdf", "agency", &received);
    assert!(
        said.contains("a new field in a certified document"),
        "{said}"
    );
    for file in ["1.pdf", "4.pdf", "5.pdf", "6.pdf", "7.pdf"] {
        let arguments = [&["verify"][..], &TRUST, &[file]].concat();
        assert_eq!(status(&run(folder.path(), &arguments)), 0, "{file}");
    }
    // Refused without a reason; with one it is loud.
    let blank = "demo/phu-luc.pdf";
    let anyway = [
        "--image",
        "demo/dau.png",
        "--place",
        "1,20,60",
        "--override",
        "bản giấy",
    ];
    let said = step("seal", blank, "8.pdf", "agency", &anyway);
    assert!(
        said.contains("WARNING: the refusal above is overridden, reason: bản giấy"),
        "{said}"
    );
    let log = fs::read_to_string(folder.path().join("log.jsonl")).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 8);
    assert_eq!(lines[0]["field"], "ChuKyLanhDao");
    assert_eq!(
        lines[7]["findings"],
        serde_json::json!([
            { "finding": "no-leader" },
            { "finding": "head-unseen" },
            { "finding": "overridden", "reason": "bản giấy" }
        ])
    );
    // V082: nothing of a key is in the log.
    assert!(!log.contains("PRIVATE"));
}

const SIGN: [&str; 7] = [
    "sign",
    "--lang",
    "en",
    "--key",
    "keys/throwaway-rsa.key.pem",
    "--certificate",
    "keys/throwaway-rsa.crt.pem",
];

fn sign(folder: &Path, input: &str, out: &str, more: &[&str]) -> Output {
    let arguments: Vec<&str> = SIGN
        .iter()
        .chain(&["--out", out, input])
        .chain(more)
        .copied()
        .collect();
    run(folder, &arguments)
}

/// A folder of its own for tests that write, with keys and the unsigned document in `in.pdf`.
fn own_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(files().join(UNSIGNED), folder.path().join("in.pdf")).unwrap();
    symlink(files().join("keys"), folder.path().join("keys")).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn throwaway_trust(file: &str) -> [&str; 6] {
    [
        "verify",
        "--trust",
        "keys/throwaway-root.crt.pem",
        "--pool",
        "keys/throwaway-issuer.crt.pem",
        file,
    ]
}

#[test]
fn ok_signed_files_have_the_permissions_of_the_input_and_verify() {
    let folder = own_folder();
    let path = folder.path();
    fs::set_permissions(path.join("in.pdf"), fs::Permissions::from_mode(0o640)).unwrap();
    let output = sign(path, "in.pdf", "out.pdf", &[]);
    assert_eq!(
        text(&output.stderr),
        "signed in field Signature1: out.pdf\n"
    );
    assert_eq!(status(&output), 0);
    assert_eq!(
        fs::metadata(path.join("out.pdf")).unwrap().mode() & 0o777,
        0o640
    );
    let output = run(path, &throwaway_trust("out.pdf"));
    // No CRL is given: the path is found, revocation is not known.
    assert_eq!(status(&output), 2);
    assert!(text(&output.stdout).contains("INDETERMINATE / TRY_LATER"));
    assert!(says(&output, "integrity intact"));
}

#[test]
fn err_an_output_that_exists_is_kept() {
    let folder = own_folder();
    let path = folder.path();
    fs::write(path.join("out.pdf"), b"mine").unwrap();
    let output = sign(path, "in.pdf", "out.pdf", &[]);
    assert_eq!(
        text(&output.stderr),
        "kyso: out.pdf: writing out.pdf failed: the file exists; choose another output or allow it to be overwritten\n"
    );
    assert_eq!(status(&output), 4);
    assert_eq!(fs::read(path.join("out.pdf")).unwrap(), b"mine");
    let output = sign(path, "in.pdf", "out.pdf", &["--overwrite"]);
    assert_eq!(status(&output), 0);
    assert!(
        fs::read(path.join("out.pdf"))
            .unwrap()
            .starts_with(b"%PDF-")
    );
}

#[test]
fn err_the_input_is_no_output_by_any_name() {
    let folder = own_folder();
    let path = folder.path();
    let before = fs::read(path.join("in.pdf")).unwrap();
    fs::hard_link(path.join("in.pdf"), path.join("hard.pdf")).unwrap();
    symlink("in.pdf", path.join("soft.pdf")).unwrap();
    let all = names(path);
    for name in ["in.pdf", "./in.pdf", "hard.pdf", "soft.pdf"] {
        for more in [&[][..], &["--overwrite"]] {
            let output = sign(path, "in.pdf", name, more);
            assert_eq!(
                text(&output.stderr),
                format!(
                    "kyso: {name}: writing {name} failed: it is the input itself, which is never changed; choose another output\n"
                )
            );
            assert_eq!(status(&output), 4);
        }
    }
    let mut vi = SIGN;
    vi[2] = "vi";
    let output = run(path, &[&vi[..], &["--out", "hard.pdf", "in.pdf"]].concat());
    assert_eq!(
        text(&output.stderr),
        "kyso: hard.pdf: không ghi được hard.pdf: đó chính là tệp đầu vào, không bao giờ bị sửa; hãy chọn tên khác\n"
    );
    assert_eq!(fs::read(path.join("in.pdf")).unwrap(), before);
    assert_eq!(names(path), all);
}

#[test]
fn err_a_folder_that_cannot_be_written_to() {
    let folder = own_folder();
    let path = folder.path();
    let locked = path.join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    // Nothing is locked for the administrator, except what the kernel itself keeps.
    let (out, all) = if fs::write(locked.join("probe"), b"").is_ok() {
        fs::remove_file(locked.join("probe")).unwrap();
        ("/sys/out.pdf", names(Path::new("/sys")))
    } else {
        ("locked/out.pdf", Vec::new())
    };
    let output = sign(path, "in.pdf", out, &[]);
    let said = text(&output.stderr);
    assert!(
        said.starts_with(&format!(
            "kyso: {out}: creating a file beside {out} failed: "
        )),
        "{said}"
    );
    assert_eq!(status(&output), 4);
    assert!(!path.join(out).exists());
    if out.starts_with('/') {
        assert_eq!(names(Path::new("/sys")), all);
    } else {
        assert!(names(&locked).is_empty());
    }
}

/// Space ends in the middle of the output: by a limit on file size, which acts as a full disk.
#[test]
fn err_no_space_leaves_nothing() {
    let folder = own_folder();
    let path = folder.path();
    let script = format!(
        "trap '' XFSZ; ulimit -f 40; exec '{}' {} --out out.pdf in.pdf",
        env!("CARGO_BIN_EXE_kyso"),
        SIGN.join(" ")
    );
    let output = Command::new("sh")
        .current_dir(path)
        .args(["-c", &script])
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert!(
        said.starts_with("kyso: out.pdf: writing out.pdf failed: File too large"),
        "{said}"
    );
    assert_eq!(status(&output), 4);
    assert_eq!(names(path), ["in.pdf", "keys"]);
}

/// A file system of 64 KiB that is really full.
#[test]
fn err_a_full_disk_leaves_nothing() {
    let folder = own_folder();
    let path = folder.path();
    let disk = path.join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=32k", "tmpfs"])
        .arg(&disk)
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("NOT RUN: a file system cannot be mounted here");
        return;
    }
    let output = sign(path, "in.pdf", "disk/out.pdf", &[]);
    let left = names(&disk);
    let unmounted = Command::new("umount").arg(&disk).status().unwrap();
    assert!(unmounted.success());
    let said = text(&output.stderr);
    assert!(
        said.starts_with(
            "kyso: disk/out.pdf: writing disk/out.pdf failed: No space left on device"
        ),
        "{said}"
    );
    assert_eq!(status(&output), 4);
    assert!(left.is_empty(), "{left:?}");
}

/// A reader that goes away, and an output that takes nothing, end the run without a panic.
#[test]
fn err_standard_output_that_takes_nothing() {
    let folder = own_folder();
    let demo = folder.path().join("demo");
    let demo = demo.to_str().unwrap();
    for arguments in [
        &["verify", "--lang", "en", RELEASED][..],
        &["demo", demo, "--lang", "en"],
    ] {
        let closed = {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            kyso(files(), arguments).stdout(writer).output().unwrap()
        };
        quiet(&closed);
        assert_eq!(status(&closed), 4);
        assert!(
            !text(&closed.stderr).contains("kyso:"),
            "{}",
            text(&closed.stderr)
        );
        if arguments[0] == "demo" {
            assert!(Path::new(demo).join("bao-cao.bi-sua.json").exists());
            fs::remove_dir_all(demo).unwrap();
        }
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let full = kyso(files(), arguments).stdout(full).output().unwrap();
        quiet(&full);
        assert_eq!(status(&full), 4);
        assert!(
            text(&full.stderr)
                .contains("kyso: writing standard output failed: No space left on device"),
            "{}",
            text(&full.stderr)
        );
    }
    // Standard error that takes nothing must not change the answer.
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = kyso(files(), &["verify"]).stderr(full).output().unwrap();
    assert_eq!(status(&output), 5);
}

/// A process that is killed leaves the whole output or none.
#[test]
fn ok_a_killed_process_leaves_no_partial_output() {
    let folder = own_folder();
    let path = folder.path();
    let out = path.join("out.pdf");
    let start = Instant::now();
    assert_eq!(status(&sign(path, "in.pdf", "out.pdf", &[])), 0);
    let whole = start.elapsed();
    let input = fs::read(path.join("in.pdf")).unwrap();
    fs::remove_file(&out).unwrap();
    let mut seed = u64::from(std::process::id()) | 1;
    let (mut killed, mut finished) = (0, 0);
    for round in 0..20 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // The time in which it runs by itself and a little more, in uneven steps.
        let part = (f64::from(round) + (seed >> 40) as f64 / (1_u64 << 24) as f64) / 18.0;
        let arguments: Vec<&str> = SIGN
            .iter()
            .chain(&["--out", "out.pdf", "in.pdf"])
            .copied()
            .collect();
        let mut child = kyso(path, &arguments)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * part));
        let _ = child.kill();
        let ended = child.wait().unwrap();
        assert_eq!(fs::read(path.join("in.pdf")).unwrap(), input);
        if ended.success() {
            finished += 1;
            assert!(out.exists());
        } else {
            killed += 1;
        }
        if out.exists() {
            assert!(fs::read(&out).unwrap().starts_with(&input));
            let output = run(path, &throwaway_trust("out.pdf"));
            assert_eq!(status(&output), 2);
            assert!(says(&output, "integrity intact"));
            fs::remove_file(&out).unwrap();
        }
        for name in names(path) {
            // What may stay behind is named so that nobody takes it for a result.
            if name.starts_with(".out.pdf.") && name.ends_with(".tmp") {
                fs::remove_file(path.join(name)).unwrap();
            } else {
                assert!(["in.pdf", "keys"].contains(&name.as_str()), "{name}");
            }
        }
    }
    println!("{killed} killed, {finished} finished first");
    assert!(killed > 0);
}
