//! Past one machine: archives under Spark, and how long 70 TB take.
//!
//! Where an archive lies on many machines, the engine that already runs there reads it, and
//! `kyso.spark`, a part of the Python package, verifies:
//!
//! ```python
//! import kyso.spark
//! files = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load("hdfs:///archive")
//! verdicts = kyso.spark.verify(files, trust="roots.pem", evidence="crls", at="2026-11-23T07:00:00Z")
//! verdicts.write.parquet("hdfs:///verdicts")
//! ```
//!
//! A frame of paths alone does as well, where every executor can open them; that spares sending the
//! bytes through Java. The driver reads trust and evidence once and sends them with the work; each
//! Python process of an executor makes one verifier and keeps it. One row a document comes out, in
//! the columns of `records.parquet` (see [`crate::manual::record`]); Spark has no unsigned numbers,
//! so they are signed. A document that cannot be checked is a row with `error`, never a failed task.
//! A row is a function of its document, so what a lost machine had is simply done again.
//!
//! Driver and executors need the package with its extra `spark` (pandas, pyarrow, pyspark). One
//! thread a task is the default (`jobs=1`), since Spark gives each task one core.
//!
//! Where one or a few machines can see the archive as folders, `kyso archive --shard i/n` needs no
//! engine, is resumable by itself, and costs less than half for each document.
//!
//! # Measured
//!
//! 300 files of 200 KB with one signature, each 20 times: 6,000 rows of paths; Spark 4.3 in
//! `local-cluster` mode, one core and 1 GB an executor, OpenJDK 17, files in the page cache; two
//! virtual cores of an AMD EPYC (Zen 4) that had ten other runnable tasks. The best of three runs.
//! Made by `tests/python/spark.py`, which `.ci/full` runs: it also compares the table with that of
//! `kyso archive`, and kills a Python worker and an executor in the midst.
//!
//! | workers | rows a second | processor time a row: Python | Java |
//! |---|---|---|---|
//! | 1 | 734 | 297 µs | 257 µs |
//! | 2 | 1,066 (1.45 times) | 330 µs | 328 µs |
//!
//! How much of the time in Python is the verification was not measured in these runs; for such files
//! `benches/README.md` has 317 µs for the engine called from Rust under a like load, and 150 µs on a
//! core of its own. The time in Java is that of a small job, start-up of its compiler included.
//!
//! # What 70 TB take
//!
//! At 200 KB a document, 70 TB are 350 million documents. From the figures above, with `c` cores:
//!
//! - processor time: 350,000,000 × 658 µs (two workers) = 64 hours of one core, so 64 h / `c`;
//! - at the speed that was seen on cores shared with other work, 533 rows a second and core:
//!   350,000,000 / 533 = 182 hours, so 182 h / `c`;
//! - reading: 70 TB / total speed of the disks, at the same time. One core that is not shared asks
//!   for 200 KB / 658 µs = 304 MB/s.
//!
//! | machines × cores | cores free | cores shared as measured | reading at 150 MB/s a machine |
//! |---|---|---|---|
//! | 1 × 16 | 4.0 h | 11.4 h | 130 h |
//! | 10 × 8 | 0.8 h | 2.3 h | 13 h |
//! | 120 × 2 | 16 min | 46 min | 65 min |
//!
//! So the disks decide, and a plain disk keeps less than one core busy: spread the work over the
//! machines that hold the files. What is not measured: more than two workers, cold disks, a network
//! between machines; the table takes the cores as adding up.
