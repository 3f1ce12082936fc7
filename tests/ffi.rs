//! The C ABI as a C program sees it: header, library, pkg-config file, example, and careless callers.
#![cfg(all(feature = "capi", feature = "cli", target_os = "linux"))]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

const AT: &str = "2026-11-23T07:00:00Z";
/// The same moment in seconds.
const SECONDS: &str = "1795417200";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The library as `src/ffi/install` puts it somewhere, made once.
static INSTALLED: LazyLock<PathBuf> = LazyLock::new(|| {
    let prefix = Path::new(env!("CARGO_TARGET_TMPDIR")).join("capi");
    let mut install = Command::new("sh");
    install.arg(root().join("src/ffi/install")).arg(&prefix);
    // What the tests were built with, so that no dependency is compiled again.
    install.env("CARGO", env!("CARGO")).env("PROFILE", "dev");
    install.env("FEATURES", "cli").env("SHARED_ONLY", "1");
    let output = install.output().expect("sh runs");
    assert!(output.status.success(), "{}", said(&output));
    prefix
});

/// The files of `kyso demo`, made once.
static DEMO: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("capi-demo");
    let _ = std::fs::remove_dir_all(&folder);
    let output = Command::new(env!("CARGO_BIN_EXE_kyso"))
        .args(["demo", "--at", AT])
        .arg(&folder)
        .output()
        .expect("kyso runs");
    assert!(output.status.success(), "{}", said(&output));
    folder
});

fn said(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn pkg_config() -> Vec<String> {
    let output = Command::new("pkg-config")
        .args(["--cflags", "--libs", "kyso"])
        .env("PKG_CONFIG_PATH", INSTALLED.join("lib/pkgconfig"))
        .output()
        .expect("pkg-config runs");
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8_lossy(&output.stdout)
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

/// Compiles `tests/ffi/NAME.c` as the README says.
fn compile(name: &str) -> PathBuf {
    let program = INSTALLED.join(name);
    let output = Command::new("cc")
        .args([
            "-std=c99",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pedantic",
            "-pthread",
        ])
        .arg(root().join(format!("tests/ffi/{name}.c")))
        .args(pkg_config())
        .arg(format!("-Wl,-rpath,{}", INSTALLED.join("lib").display()))
        .arg("-o")
        .arg(&program)
        .output()
        .expect("cc runs");
    assert!(output.status.success(), "{}", said(&output));
    program
}

fn is_missing(tool: &str) -> bool {
    let missing = Command::new(tool).arg("--version").output().is_err();
    if missing {
        println!("NOT RUN: {tool} is not installed");
    }
    missing
}

#[test]
fn ok_the_header_is_what_the_module_makes() {
    if is_missing("cbindgen") {
        return;
    }
    let output = Command::new("sh")
        .arg(root().join("src/ffi/header"))
        .output()
        .expect("sh runs");
    assert!(output.status.success(), "{}", said(&output));
    let made = String::from_utf8(output.stdout).expect("the header is UTF-8");
    let there = std::fs::read_to_string(root().join("src/ffi/kyso.h")).expect("the header");
    assert_eq!(there, made, "make src/ffi/kyso.h again");
}

#[test]
fn ok_the_example_says_what_the_program_says() {
    if is_missing("cc") || is_missing("pkg-config") {
        return;
    }
    let example = compile("example");
    for (file, code) in [
        ("quyet-dinh.phat-hanh.pdf", 0),
        ("quyet-dinh.bi-sua.pdf", 1),
        ("quyet-dinh.pdf", 3),
        ("dau.png", 4),
    ] {
        let file = DEMO.join(file);
        let by_c = Command::new(&example)
            .arg("-e")
            .arg(DEMO.join("root.crl"))
            .arg("-e")
            .arg(DEMO.join("issuing.crl"))
            .arg(DEMO.join("trust.json"))
            .arg(SECONDS)
            .arg(&file)
            .output()
            .expect("the example runs");
        assert_eq!(by_c.status.code(), Some(code), "{}", said(&by_c));
        let by_program = Command::new(env!("CARGO_BIN_EXE_kyso"))
            .args(["--lang", "en", "verify", "--at", AT, "--evidence"])
            .arg(DEMO.join("root.crl"))
            .arg("--evidence")
            .arg(DEMO.join("issuing.crl"))
            .arg("--trust")
            .arg(DEMO.join("trust.json"))
            .arg(&file)
            .output()
            .expect("kyso runs");
        assert_eq!(
            by_program.status.code(),
            Some(code),
            "{}",
            said(&by_program)
        );
        if code != 4 {
            let (c, program) = (said(&by_c), said(&by_program));
            for line in c.lines().skip(2) {
                assert!(program.contains(line), "{line}\n{program}");
            }
        }
    }
}

#[test]
fn err_careless_callers_get_codes() {
    if is_missing("cc") || is_missing("pkg-config") {
        return;
    }
    let output = Command::new(compile("misuse"))
        .arg(DEMO.join("quyet-dinh.phat-hanh.pdf"))
        .arg(DEMO.join("trust.json"))
        .arg(DEMO.join("leader.pem"))
        .arg(DEMO.join("quyet-dinh.pdf"))
        .arg(SECONDS)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
}

/// The symbols are ours alone, so that nothing clashes in the caller's program.
#[test]
fn ok_only_our_functions_are_exported() {
    if is_missing("nm") {
        return;
    }
    let output = Command::new("nm")
        .args(["--dynamic", "--defined-only", "--format=just-symbols"])
        .arg(INSTALLED.join("lib/libkyso.so"))
        .output()
        .expect("nm runs");
    let exported = String::from_utf8_lossy(&output.stdout).into_owned();
    let exported: BTreeSet<_> = exported.lines().collect();
    let header = std::fs::read_to_string(root().join("src/ffi/kyso.h")).expect("the header");
    let code: String = header
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let declared: BTreeSet<_> = code
        .split('(')
        .filter_map(|before| before.rsplit([' ', '*', ';']).next())
        .filter(|name| name.starts_with("kyso_") && !name.ends_with(')'))
        .collect();
    assert_eq!(exported, declared);
    assert!(declared.len() > 30);
}
