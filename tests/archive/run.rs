//! Runs: the same tables for any number of jobs, for parts merged, and after an interruption.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::maker::Fault;
use crate::support::{ARCHIVE, command, command_at, exits, records, reused, state_lines, tables};

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or("")
}

/// Every record says what the table of the archive says; the tables do not depend on threads.
#[test]
fn ok_records_are_those_of_the_table_for_any_number_of_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for jobs in ["1", "2", "4"] {
        let out = folder.path().join(jobs);
        exits(
            command(&out)
                .args(["--csv", "--parquet", "--jobs", jobs])
                .arg(ARCHIVE.files()),
            0,
        );
        all.push(tables(&out));
    }
    assert_eq!(all[0].len(), 5, "{:?}", all[0].keys());
    assert!(all[0] == all[1] && all[0] == all[2]);

    let found = records(&folder.path().join("1"));
    assert_eq!(found.len(), ARCHIVE.table.len());
    let by_path: BTreeMap<&str, &Value> =
        found.iter().map(|one| (text(one, "path"), one)).collect();
    for expected in &ARCHIVE.table {
        let path = ARCHIVE.files().join(&expected.file);
        let record = by_path[path.to_str().unwrap()];
        let why = format!(
            "{}{}",
            text(record, "sub_indication"),
            text(record, "error")
        );
        assert_eq!(
            text(record, "indication"),
            expected.indication,
            "{expected:?}"
        );
        assert_eq!(why, expected.why, "{expected:?}");
        assert_eq!(record["size"], expected.size);
        if expected.fault.is_none() || expected.fault == Some(Fault::Content) {
            assert_eq!(text(record, "signers"), expected.signers.join("; "));
            assert_eq!(text(record, "signed_at"), expected.time.to_string());
            assert_eq!(record["signature_count"], expected.signers.len());
            for (one, agency) in record["signatures"]
                .as_array()
                .unwrap()
                .iter()
                .zip(&expected.agencies)
            {
                assert_eq!(text(one, "agency"), agency);
            }
        }
        // A few hundred bytes for each signature.
        let bytes = record.to_string().len();
        assert!(bytes < 800 + 900 * expected.signers.len(), "{bytes}");
    }
    // In the order of the paths, octet by octet.
    assert!(found.is_sorted_by(|a, b| text(a, "path").as_bytes() < text(b, "path").as_bytes()));
}

/// The figures of the summary are those that the table of the archive gives.
#[test]
fn ok_the_summary_counts_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    exits(command(&out).arg(ARCHIVE.files()), 0);
    let summary: Value =
        serde_json::from_slice(&std::fs::read(out.join("summary.json")).unwrap()).unwrap();
    let count = |indication: &str| {
        let lines = ARCHIVE.table.iter();
        lines.filter(|one| one.indication == indication).count()
    };
    let documents = &summary["documents"];
    assert_eq!(documents["total"], ARCHIVE.table.len());
    assert_eq!(documents["passed"], count("TOTAL-PASSED"));
    assert_eq!(documents["failed"], count("TOTAL-FAILED"));
    assert_eq!(documents["indeterminate"], count("INDETERMINATE"));
    assert_eq!(documents["unsigned"], count("NO_SIGNATURE_FOUND"));
    assert_eq!(documents["unchecked"], count(""));
    let signed = ARCHIVE.table.len() - count("NO_SIGNATURE_FOUND") - count("");
    assert_eq!(documents["signed"], signed);
    let share = signed as f64 / (ARCHIVE.table.len() - count("")) as f64;
    assert!((summary["signed_share"].as_f64().unwrap() - share).abs() < 1e-9);
    let seen = ARCHIVE.table.iter();
    let signatures: usize = seen.clone().map(|one| one.signers.len()).sum();
    assert_eq!(summary["signatures"]["total"], signatures);
    let agencies: std::collections::BTreeSet<_> = seen.flat_map(|one| &one.agencies).collect();
    assert_eq!(
        summary["agencies"].as_object().unwrap().len(),
        agencies.len()
    );
    let months = summary["months"].as_object().unwrap();
    let in_months: u64 = months
        .values()
        .map(|one| one["signatures"].as_u64().unwrap())
        .sum();
    assert_eq!(in_months as usize, signatures);
    let page = std::fs::read_to_string(out.join("summary.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    assert!(!page.contains("http"), "nothing comes from the network");
}

/// Parts by path, merged, are the whole: records, tables, summary and page.
#[test]
fn ok_shards_merged_are_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    exits(
        command(&whole)
            .args(["--csv", "--parquet"])
            .arg(ARCHIVE.files()),
        0,
    );
    let mut parts = Vec::new();
    for part in ["1/3", "2/3", "3/3"] {
        let out = folder.path().join(part.replace('/', "-"));
        exits(
            command(&out).args(["--shard", part]).arg(ARCHIVE.files()),
            0,
        );
        assert!(!records(&out).is_empty());
        parts.push(out);
    }
    let merged = folder.path().join("merged");
    let merge = || {
        let mut merge = std::process::Command::new(env!("CARGO_BIN_EXE_kyso"));
        merge.args(["--lang", "en", "archive", "merge", "--csv", "--parquet"]);
        merge
    };
    // In any order, and one part twice.
    parts.reverse();
    exits(
        merge()
            .args(&parts)
            .arg(&parts[0])
            .arg("--out")
            .arg(&merged),
        0,
    );
    let (whole_tables, merged_tables) = (tables(&whole), tables(&merged));
    // One part twice counts its passed-over files twice; here there are none.
    for (name, bytes) in &whole_tables {
        assert!(merged_tables[name] == *bytes, "{name}");
    }
    // Parts under another policy do not belong to them.
    let other = folder.path().join("other");
    exits(
        command(&other)
            .args(["--policy", "strict"])
            .arg(ARCHIVE.files()),
        0,
    );
    exits(
        merge()
            .arg(&parts[0])
            .arg(&other)
            .arg("--out")
            .arg(folder.path().join("no")),
        5,
    );
    assert!(!folder.path().join("no").exists());
}

/// What was not touched is not read again; another policy, trust or moment verifies all again.
#[test]
fn ok_a_second_run_reads_only_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let (files, out) = (folder.path().join("files"), folder.path().join("run"));
    std::fs::create_dir(&files).unwrap();
    let mut copied = Vec::new();
    for line in ARCHIVE
        .table
        .iter()
        .filter(|one| one.fault.is_none())
        .take(5)
    {
        let to = files.join(line.file.replace('/', "-"));
        std::fs::copy(ARCHIVE.files().join(&line.file), &to).unwrap();
        copied.push(to);
    }
    let run = |more: &[&str], code| exits(command(&out).args(more).arg(&files), code);
    assert_eq!(reused(&run(&[], 0)), 0);
    let first = tables(&out);
    assert_eq!(reused(&run(&[], 0)), 5);
    assert!(tables(&out) == first);
    assert_eq!(reused(&run(&["--rehash"], 0)), 0);
    assert!(tables(&out) == first);
    // Without --at: the moment of the run before.
    let mut again = std::process::Command::new(env!("CARGO_BIN_EXE_kyso"));
    again
        .args(["--lang", "en", "archive"])
        .arg(&files)
        .arg("--out")
        .arg(&out);
    again.arg("--trust").arg(ARCHIVE.folder.join("trust.json"));
    again.arg("--evidence").arg(ARCHIVE.folder.join("crl"));
    let said = exits(&mut again, 0);
    assert!(String::from_utf8_lossy(&said.stderr).contains("2026-11-23T07:00:00Z"));
    assert_eq!(reused(&said), 5);

    assert_eq!(reused(&run(&["--policy", "strict"], 0)), 0);
    let mut later = command_at(&out, "2026-11-24T00:00:00Z");
    assert_eq!(reused(&exits(later.arg(&files), 0)), 0);
    let untrusted = |out: &Path| {
        let mut bare = std::process::Command::new(env!("CARGO_BIN_EXE_kyso"));
        bare.args([
            "--lang",
            "en",
            "archive",
            "--at",
            "2026-11-23T07:00:00Z",
            "--strict-exit",
        ]);
        bare.arg(&files).arg("--out").arg(out);
        exits(&mut bare, 2)
    };
    assert_eq!(reused(&untrusted(&out)), 0);
    // Nobody is trusted: nothing passes any more.
    let wrong = records(&out);
    assert!(
        wrong
            .iter()
            .all(|one| text(one, "indication") == "INDETERMINATE")
    );
    // And back: what was found under these settings is still known.
    assert_eq!(reused(&run(&[], 0)), 5);
    assert!(tables(&out) == first);

    // One file is changed, one comes, one goes.
    let mut bytes = std::fs::read(&copied[0]).unwrap();
    bytes.truncate(bytes.len() - 200);
    std::fs::write(&copied[0], bytes).unwrap();
    std::fs::rename(&copied[1], files.join("renamed.pdf")).unwrap();
    let before = state_lines(&out);
    assert_eq!(reused(&run(&["--strict-exit"], 1)), 3);
    assert_eq!(state_lines(&out), before + 2);
    assert_eq!(records(&out).len(), 5);
}

/// Documents in ZIP and tar files have the verdicts that they have outside.
#[test]
fn ok_documents_in_containers() {
    let folder = tempfile::tempdir().unwrap();
    let (files, out) = (folder.path().join("files"), folder.path().join("run"));
    std::fs::create_dir(&files).unwrap();
    let lines: Vec<_> = ARCHIVE.table.iter().take(12).collect();
    let read = |file: &str| std::fs::read(ARCHIVE.files().join(file)).unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(files.join("a.ZIP")).unwrap());
    let mut tar = tar::Builder::new(std::fs::File::create(files.join("b.tar")).unwrap());
    for line in &lines {
        let (bytes, name) = (read(&line.file), &line.file);
        zip.start_file(
            name,
            zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Stored),
        )
        .unwrap();
        std::io::Write::write_all(&mut zip, &bytes).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        tar.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    zip.finish().unwrap();
    tar.finish().unwrap();
    drop(tar);
    std::fs::write(files.join("c.zip"), b"no container").unwrap();

    exits(command(&out).arg(&files), 0);
    assert!(records(&out).is_empty(), "not asked for");
    let run = || {
        exits(
            command(&out).args(["--unpack", "--jobs", "2"]).arg(&files),
            0,
        )
    };
    assert_eq!(reused(&run()), 0);
    let found = records(&out);
    assert_eq!(found.len(), 2 * lines.len() + 1);
    for (record, line) in found.iter().zip(lines.iter().chain(&lines)) {
        assert_eq!(text(record, "member"), line.file);
        assert_eq!(text(record, "indication"), line.indication);
        assert_eq!(record["size"], line.size);
    }
    let last = found.last().unwrap();
    assert_eq!(
        (text(last, "error"), last["member"].is_null()),
        ("io", true)
    );
    // Containers are known again; the broken one is tried again.
    let first = tables(&out);
    assert_eq!(reused(&run()), 2);
    assert!(tables(&out) == first);
}

/// A run that kept its evidence is judged again without its files: under the same terms it is the
/// same, octet by octet; under others it is what a run under those says.
#[test]
fn ok_judged_again_without_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    let copy = std::process::Command::new("cp")
        .arg("-r")
        .args([ARCHIVE.files(), files.clone()])
        .status();
    assert!(copy.unwrap().success());
    let (run, strict, later) = (
        folder.path().join("run"),
        folder.path().join("strict"),
        folder.path().join("later"),
    );
    // What a run without evidence knows is verified again by one that keeps it.
    exits(command(&run).arg(&files), 0);
    let kept = exits(
        command(&run).args(["--csv", "--keep-evidence"]).arg(&files),
        0,
    );
    let errors = ARCHIVE.table.iter().filter(|one| one.indication.is_empty());
    assert_eq!(reused(&kept), errors.count());
    let again = exits(
        command(&run).args(["--csv", "--keep-evidence"]).arg(&files),
        0,
    );
    assert_eq!(reused(&again), ARCHIVE.table.len());
    exits(command(&strict).args(["--policy", "strict"]).arg(&files), 0);
    let moment = "2027-03-01T00:00:00Z";
    exits(command_at(&later, moment).arg(&files), 0);
    std::fs::remove_dir_all(&files).unwrap();

    let judge = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let mut judge = std::process::Command::new(env!("CARGO_BIN_EXE_kyso"));
        judge
            .args(["--lang", "en", "judge"])
            .args(more)
            .arg("--out")
            .arg(&out)
            .arg(&run);
        exits(&mut judge, 0);
        tables(&out)
    };
    let whole = tables(&run);
    for (name, bytes) in judge("same", &["--csv", "--trust-as-recorded"]) {
        assert!(whole[&name] == bytes, "{name}");
    }
    for (name, more, expected) in [
        ("again-strict", ["--policy", "strict"], &strict),
        ("again-later", ["--at", moment], &later),
    ] {
        let more = [&more[..], &["--trust-as-recorded"]].concat();
        let found = judge(name, &more);
        for (file, bytes) in tables(expected) {
            assert!(found[&file] == bytes, "{name} {file}");
        }
    }
    // Nobody is trusted unless somebody says so.
    judge("untrusted", &[]);
    let untrusted = records(&folder.path().join("untrusted"));
    assert!(
        untrusted
            .iter()
            .all(|one| text(one, "indication") != "TOTAL-PASSED")
    );
    // Certificates and CRLs are there once: far less than the files.
    let bytes = std::fs::metadata(run.join("evidence.jsonl")).unwrap().len();
    let all: usize = ARCHIVE.table.iter().map(|one| one.size).sum();
    println!("evidence: {bytes} bytes for {all} bytes of files");
    assert!(bytes < all as u64 / 5, "{bytes} of {all}");
}
