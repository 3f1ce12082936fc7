//! What goes wrong on the way is recorded and never ends a run.

use serde_json::Value;

use crate::support::{ARCHIVE, command, exits, records, reused, tables};

fn by_name<'r>(records: &'r [Value], name: &str) -> &'r Value {
    let mut found = records.iter().filter(|one| {
        one["path"]
            .as_str()
            .is_some_and(|path| path.ends_with(name))
    });
    let one = found
        .next()
        .unwrap_or_else(|| panic!("no record of {name}"));
    assert!(found.next().is_none(), "one record each");
    one
}

/// Files that are missing, links that lead nowhere or in circles, things that are no files.
#[cfg(unix)]
#[test]
fn err_what_cannot_be_read_is_recorded_and_passed_over() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let (files, out) = (folder.path().join("files"), folder.path().join("run"));
    std::fs::create_dir_all(files.join("inner")).unwrap();
    let good = &ARCHIVE
        .table
        .iter()
        .find(|one| one.fault.is_none())
        .unwrap()
        .file;
    std::fs::copy(ARCHIVE.files().join(good), files.join("good.pdf")).unwrap();
    symlink(&files, files.join("inner/loop")).unwrap();
    symlink("nowhere", files.join("dead.pdf")).unwrap();
    std::fs::create_dir(files.join("folder.pdf")).unwrap();
    std::fs::write(files.join("other.txt"), b"x").unwrap();
    let fifo = std::process::Command::new("mkfifo")
        .arg(files.join("pipe.pdf"))
        .status();
    assert!(fifo.unwrap().success());
    let list = folder.path().join("list");
    std::fs::write(
        &list,
        format!(
            "{}\n{}\n",
            files.join("missing.pdf").display(),
            files.display()
        ),
    )
    .unwrap();

    let run =
        |code, more: &[&str]| exits(command(&out).args(more).arg("--manifest").arg(&list), code);
    run(0, &[]);
    let found = records(&out);
    for name in ["missing.pdf", "dead.pdf", "pipe.pdf", "inner/loop"] {
        let record = by_name(&found, name);
        assert_eq!(record["error"], "io", "{name}");
        assert!(record["indication"].is_null());
        assert!(
            record["error_text"]
                .as_str()
                .is_some_and(|text| text.contains("reading"))
        );
    }
    assert_eq!(by_name(&found, "good.pdf")["indication"], "TOTAL-PASSED");
    assert_eq!(found.len(), 5);
    let summary: Value = serde_json::from_slice(&tables(&out)["summary.json"]).unwrap();
    assert_eq!(summary["passed_over"], 1);
    assert_eq!(summary["errors"]["io"], 4);
    // With --strict-exit the worst counts; and what could not be read is tried again.
    std::fs::copy(ARCHIVE.files().join(good), files.join("missing.pdf")).unwrap();
    let again = run(4, &["--strict-exit"]);
    assert_eq!(reused(&again), 2, "the good file and the loop");
    assert_eq!(
        by_name(&records(&out), "missing.pdf")["indication"],
        "TOTAL-PASSED"
    );
}

/// Files that grow, shrink and vanish while the run reads them have records, and the run ends.
#[test]
fn err_files_that_change_meanwhile() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    std::fs::create_dir(&files).unwrap();
    let good = &ARCHIVE
        .table
        .iter()
        .find(|one| one.fault.is_none())
        .unwrap()
        .file;
    let bytes = std::fs::read(ARCHIVE.files().join(good)).unwrap();
    let names: Vec<_> = (0..30).map(|n| files.join(format!("{n:02}.pdf"))).collect();
    for name in &names {
        std::fs::write(name, &bytes).unwrap();
    }
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut turn = 0usize;
            while !end.load(Ordering::Relaxed) {
                let name = &names[turn * 7 % 20];
                match turn % 3 {
                    0 => std::fs::write(name, &bytes[..bytes.len() / 2]).unwrap(),
                    1 => std::fs::write(name, [&bytes[..], b"\nmore"].concat()).unwrap(),
                    _ => drop(std::fs::remove_file(name)),
                }
                turn += 1;
            }
        });
        for round in 0..3 {
            let out = folder.path().join(format!("run-{round}"));
            exits(command(&out).arg(&files), 0);
            let found = records(&out);
            assert!(found.len() >= 10);
            for record in &found {
                assert!(record["indication"].is_string() != record["error"].is_string());
            }
            // Those that nobody touched.
            let passed = found.iter().rev().take(10);
            assert_eq!(
                passed
                    .filter(|one| one["indication"] == "TOTAL-PASSED")
                    .count(),
                10
            );
        }
        end.store(true, Ordering::Relaxed);
    });
}

/// A full disk ends the run with an error, leaves nothing half-written, and the next run goes on.
#[cfg(unix)]
#[test]
fn err_a_full_disk_leaves_what_was_and_the_next_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (out, whole) = (folder.path().join("run"), folder.path().join("whole"));
    exits(command(&whole).arg(ARCHIVE.files()), 0);
    let run = |limit: &str| {
        // A limit on the size of files: the state cannot grow beyond it.
        let mut inner = command(&out);
        inner.arg(ARCHIVE.files());
        let mut shell = std::process::Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\""))
            .arg("sh");
        shell.arg(inner.get_program()).args(inner.get_args());
        shell.output().unwrap()
    };
    // Blocks of 512 octets: a part of the records fits, then more of them.
    for limit in ["20", "40"] {
        let output = run(limit);
        assert_eq!(
            output.status.code(),
            Some(4),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let names: Vec<_> = tables(&out).into_keys().collect();
        assert!(names.is_empty(), "nothing but the state: {names:?}");
    }
    let last = exits(command(&out).arg(ARCHIVE.files()), 0);
    assert!(reused(&last) > 0);
    assert!(tables(&out) == tables(&whole));
}

/// Two processes in one folder: the second says so and touches nothing.
#[test]
fn err_a_folder_in_use_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    std::fs::create_dir(&out).unwrap();
    let state = std::fs::File::create(out.join("state.jsonl")).unwrap();
    state.lock().unwrap();
    let output = exits(command(&out).arg(ARCHIVE.files()), 4);
    assert!(String::from_utf8_lossy(&output.stderr).contains("another process"));
    drop(state);
    exits(command(&out).arg(ARCHIVE.files()), 0);
}

#[test]
fn err_arguments_that_make_no_sense() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    exits(&mut command(&out), 5);
    exits(
        command(&out).args(["--shard", "3/2"]).arg(ARCHIVE.files()),
        5,
    );
    exits(
        command(&out).args(["--include", "["]).arg(ARCHIVE.files()),
        5,
    );
    assert!(!out.exists());
}
