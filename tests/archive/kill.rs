//! Killed at any moment and started again: the tables are those of a run that nobody disturbed.
//!
//! `KYSO_KILLS` sets how often (default 6; `.ci/full` takes 50).

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{ARCHIVE, command, exits, reused, state_lines, tables};

fn start(command: &mut Command) -> Child {
    command
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs")
}

/// Another number each time, without a source of chance that would have to be named.
fn random(below: u64) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
        % below
}

#[test]
fn ok_killed_at_random_moments_and_resumed() {
    let kills: usize = std::env::var("KYSO_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(6);
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let begun = std::time::Instant::now();
    exits(command(&whole).args(["--csv"]).arg(ARCHIVE.files()), 0);
    let mut length = begun.elapsed().as_micros() as u64;
    let expected = tables(&whole);
    let (mut round, mut done) = (0, 0);
    while done < kills {
        // Some runs are killed several times before they may end.
        let out = folder.path().join(format!("run-{round}"));
        round += 1;
        let mut before = 0;
        for _ in 0..3 {
            let mut child = start(command(&out).args(["--csv"]).arg(ARCHIVE.files()));
            std::thread::sleep(Duration::from_micros(random(length)));
            child.kill().unwrap();
            let code = child.wait().unwrap().code();
            // One that came too late says that runs are shorter than was thought.
            match code {
                None => done += 1,
                Some(_) => length = (length * 3 / 4).max(1000),
            }
            let now = state_lines(&out);
            assert!(now >= before, "what was recorded stays");
            before = now;
        }
        let last = exits(command(&out).args(["--csv"]).arg(ARCHIVE.files()), 0);
        // Everything that had a whole line is not done again.
        assert!(
            reused(&last) >= before.saturating_sub(1),
            "{} of {before}",
            reused(&last)
        );
        assert_eq!(state_lines(&out), ARCHIVE.table.len(), "nothing twice");
        let found = tables(&out);
        for (name, bytes) in &expected {
            assert!(found[name] == *bytes, "{name}");
        }
        // A kill while the tables are written may leave a temporary file, never a partial table.
        assert!(
            found
                .keys()
                .all(|name| expected.contains_key(name) || name.starts_with('.'))
        );
    }
}

/// The first interrupt ends the run cleanly; it goes on later.
#[test]
fn ok_an_interrupt_stops_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    // The list comes from a pipe that stays open until the interrupt is there.
    let mut child = command(&out)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    for line in &ARCHIVE.table {
        use std::io::Write;
        writeln!(pipe, "{}", ARCHIVE.files().join(&line.file).display()).unwrap();
    }
    // The handler is there before the list is read.
    std::thread::sleep(Duration::from_millis(1500));
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    std::thread::sleep(Duration::from_millis(100));
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("run the same command again"), "{text}");
    assert!(tables(&out).is_empty());
    exits(command(&out).arg(ARCHIVE.files()), 0);
}
