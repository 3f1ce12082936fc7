//! Whole archives: the batch engine beside a plain engine, and the ceilings of the same run.
//!
//! `cargo bench --features cli --bench batch -- [--case NAME]… [--rounds 9] [--full] [--cores]
//! [--cold]`, best under `taskset -c 0` where the row is of one core.
//!
//! Every engine takes its turn in one process, and each turn is timed by the processor time of all
//! its threads, page cache warm. The plain engine reads a file, locates, hashes with `sha2`, asks
//! `ring`, and judges with the same verdict function and the same caches, one document at a time.
//! All write the same record for each document. A round counts only when every document has the
//! verdict that the table of its archive expects; the ratio printed is that of the medians.
//!
//! `--cores` compares two workers with one, `--cold` the engine with its readers alone on files that
//! the page cache was told to forget; both by the clock on the wall.

#[path = "support/corpus.rs"]
mod corpus;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use corpus::{Corpus, Expected, KeyForm, Options};
use kyso::archive::{Engine, EngineOptions, Input, Order, Source};
use kyso::crypto::simd::{Backend, Job, Sha256Lanes, Stream};
use kyso::error::Error;
use kyso::pki::{Evidence, Trust};
use kyso::report::Report;
use kyso::validation::Level;
use kyso::{UtcTime, Verifier};

/// Processor time of all threads of this process.
fn process_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// An archive on disk, and what must come of it.
#[derive(Clone)]
struct Archive {
    /// Knows what it met in earlier turns, as in the midst of a long run; `None`: every turn begins
    /// with a new one.
    known: Option<Arc<Verifier>>,
    trust: Trust,
    evidence: Evidence,
    paths: Vec<PathBuf>,
    expected: Vec<Expected>,
    bytes: u64,
    at: UtcTime,
    /// How often each file is there.
    passes: usize,
}

impl Archive {
    /// Made once in the folder of the build; its files stay for the next run.
    fn new(name: &str, options: Options, passes: usize) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("batch")
            .join(name);
        let at = options.at;
        let corpus = Corpus::new(options);
        let expected = corpus.write(&folder).expect("the archive can be written");
        let paths: Vec<_> = expected
            .iter()
            .map(|line| folder.join("files").join(&line.file))
            .collect();
        // With a signer for each file, nothing is to be known from an earlier turn.
        let always_new = corpus.options().signers >= corpus.options().files;
        let mut archive = Self {
            known: None,
            trust: corpus.trust(),
            evidence: corpus.evidence(),
            bytes: passes as u64 * expected.iter().map(|line| line.size as u64).sum::<u64>(),
            passes,
            paths,
            expected,
            at,
        };
        if !always_new {
            archive.known = Some(archive.verifier());
        }
        archive
    }

    fn verifier(&self) -> Arc<Verifier> {
        let new = || {
            let verifier = Verifier::new(self.trust.clone(), kyso::Policy::official());
            Arc::new(verifier.with_evidence(self.evidence.clone()))
        };
        self.known.clone().unwrap_or_else(new)
    }

    fn files(&self) -> impl Iterator<Item = (u64, &PathBuf)> + Send {
        (0..self.passes).flat_map(|_| (0..).zip(&self.paths))
    }

    fn count(&self) -> usize {
        self.passes * self.paths.len()
    }

    fn inputs(&self) -> impl Iterator<Item = Input> + Send {
        self.files().map(|(tag, path)| Input {
            tag,
            source: Source::Path(path.clone()),
        })
    }

    /// The record of one document, when its verdict is the expected one.
    fn record(&self, tag: u64, sha256: Option<[u8; 32]>, answer: &Result<Report, Error>) -> String {
        let place = usize::try_from(tag).expect("a small archive");
        let expected = &self.expected[place];
        let (indication, why) = match answer {
            Ok(report) => (
                report.indication.to_string(),
                report.sub_indication.map_or("", |sub| sub.name()),
            ),
            Err(error) => (String::new(), error.kind().code()),
        };
        assert_eq!(
            (indication.as_str(), why),
            (expected.indication, expected.why),
            "{}",
            expected.file
        );
        record(&expected.file, sha256, answer)
    }

    fn engine(&self, options: EngineOptions) -> usize {
        let mut lines = Vec::new();
        let record = |outcome: kyso::archive::Outcome| {
            self.record(outcome.tag, outcome.sha256, &outcome.answer)
        };
        let totals = Engine::new(self.verifier(), options)
            .run(self.inputs(), self.at, record, |line: String| {
                lines.extend_from_slice(line.as_bytes());
            })
            .expect("no disagreement");
        assert_eq!(totals.documents, self.count() as u64);
        lines.len()
    }

    /// One document after the other, without lanes.
    fn plain(&self) -> usize {
        let mut lines = Vec::new();
        let mut buffer = Vec::new();
        let verifier = self.verifier();
        for (tag, path) in self.files() {
            read(path, &mut buffer);
            let answer = verifier.verify(&buffer, self.at);
            // The digest stands in the report; a document that has none is hashed for its record.
            let sha256 = match &answer {
                Ok(_) => None,
                Err(_) => Some(<sha2::Sha256 as sha2::Digest>::digest(&buffer).into()),
            };
            lines.extend_from_slice(self.record(tag, sha256, &answer).as_bytes());
        }
        lines.len()
    }

    /// Two workers against one, by the wall clock.
    fn two_workers(&self, name: &str, rounds: usize) {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (jobs, times) in (1..).zip(&mut times) {
                let start = Instant::now();
                self.engine(options(jobs, Backend::best()));
                times.push(start.elapsed().as_secs_f64());
            }
        }
        let [one, two] = times.map(median);
        println!(
            "{name}: one worker {:.0} documents/s, two {:.0}: {:.2} times",
            self.count() as f64 / one,
            self.count() as f64 / two,
            one / two
        );
    }

    /// The engine against as many threads that only read, on files that are not in memory.
    fn cold(&self, name: &str, rounds: usize) {
        let forget = || {
            for path in &self.paths {
                let file = std::fs::File::open(path).expect("a file");
                // Only what is on the disk is forgotten.
                file.sync_all().expect("a disk");
                let all = rustix::fs::Advice::DontNeed;
                rustix::fs::fadvise(&file, 0, None, all).expect("advice");
            }
        };
        let threads = 8 * std::thread::available_parallelism().map_or(1, usize::from);
        let readers = || {
            let next = std::sync::atomic::AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for _ in 0..threads.min(32) {
                    scope.spawn(|| {
                        let mut buffer = Vec::new();
                        loop {
                            let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                            let Some(path) = self.paths.get(index) else {
                                break;
                            };
                            read(path, &mut buffer);
                        }
                    });
                }
            });
        };
        let once = Self {
            passes: 1,
            ..self.clone()
        };
        let engine = || {
            let mut options = EngineOptions::default();
            options.order = Order::Ready;
            once.engine(options);
        };
        let mut times = [Vec::new(), Vec::new()];
        let timed = |work: &dyn Fn()| {
            forget();
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        };
        for round in 0..rounds {
            // In turns first: the device below may remember.
            let turns: [(usize, &dyn Fn()); 2] = [(0, &readers), (1, &engine)];
            for (place, work) in [turns[round % 2], turns[(round + 1) % 2]] {
                times[place].push(timed(work));
            }
        }
        let [readers, engine] = times.map(median);
        println!(
            "{name}, cold: readers alone {:.0} documents/s, engine {:.0}: {:.2} of it",
            once.count() as f64 / readers,
            once.count() as f64 / engine,
            readers / engine
        );
    }

    /// Reading, and hashing each whole file with `sha2`: what the plain engine cannot go below.
    fn floor(&self) -> usize {
        let mut buffer = Vec::new();
        for (_, path) in self.files() {
            read(path, &mut buffer);
            let digest = <sha2::Sha256 as sha2::Digest>::digest(&buffer);
            std::hint::black_box(digest);
        }
        self.count()
    }

    /// Reading, and hashing each whole file in the lanes: nothing else.
    fn ceiling(&self, backend: Backend) -> usize {
        let mut lanes: Sha256Lanes<Vec<u8>, ()> = Sha256Lanes::new(backend);
        let mut buffers = Vec::new();
        let mut digests = 0;
        for (_, path) in self.files() {
            let mut buffer: Vec<u8> = buffers.pop().unwrap_or_default();
            read(path, &mut buffer);
            let length = buffer.len();
            let mut job = Job::new(buffer, ());
            job.append(Stream::FIRST, 0..length)
                .and_then(|()| job.digest(Stream::FIRST))
                .expect("the whole document");
            lanes.submit(job);
            if !lanes.is_hungry() {
                lanes.run();
            }
            while let Some(done) = lanes.finished() {
                digests += 1;
                buffers.push(done.bytes);
            }
        }
        lanes.run_all();
        while lanes.finished().is_some() {
            digests += 1;
        }
        assert_eq!(digests, self.count());
        digests
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn read(path: &Path, buffer: &mut Vec<u8>) {
    use std::io::Read;
    let mut file = std::fs::File::open(path).expect("a file");
    let length = file.metadata().expect("its length").len() as usize;
    // As the engine does: no octet is cleared that will be read over.
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    buffer.truncate(length);
    file.read_exact(buffer).expect("the whole file");
}

/// A line of JSON with what an archive is asked about.
fn record(file: &str, sha256: Option<[u8; 32]>, answer: &Result<Report, Error>) -> String {
    #[derive(serde::Serialize)]
    struct Line<'a> {
        file: &'a str,
        sha256: &'a str,
        size: u64,
        indication: String,
        why: &'a str,
        signatures: Vec<Signature<'a>>,
    }
    #[derive(serde::Serialize)]
    struct Signature<'a> {
        field: Option<&'a str>,
        signer: Option<&'a str>,
        time: Option<UtcTime>,
        indication: String,
        why: &'a str,
        integrity: String,
        serial: Option<&'a str>,
    }
    let hex = sha256.map(|digest| kyso::report::hex(&digest));
    let mut line = Line {
        file,
        sha256: hex.as_deref().unwrap_or_default(),
        size: 0,
        indication: String::new(),
        why: "",
        signatures: Vec::new(),
    };
    match answer {
        Ok(report) => {
            line.sha256 = &report.sha256;
            line.size = report.size;
            line.indication = report.indication.to_string();
            line.why = report.sub_indication.map_or("", |sub| sub.name());
            line.signatures
                .extend(report.signatures.iter().map(|one| Signature {
                    field: one.field.as_deref(),
                    signer: one.signer.as_deref(),
                    time: one.claimed_time,
                    indication: one.indication.to_string(),
                    why: one.sub_indication.map_or("", |sub| sub.name()),
                    integrity: format!("{:?}", one.integrity),
                    serial: one.certificate.as_ref().map(|c| c.serial.as_str()),
                }));
        }
        Err(error) => line.why = error.kind().code(),
    }
    serde_json::to_string(&line).expect("plain data") + "\n"
}

/// A row: what is timed, and how it is called.
type Row<'a> = (String, Box<dyn FnMut() -> usize + 'a>);

/// Times the rows in turns and prints them; ratios are to the row `plain`.
fn measure(name: &str, archive: &Archive, rounds: usize, mut rows: Vec<Row<'_>>) {
    let mut times = vec![Vec::new(); rows.len()];
    for round in 0..rounds + 1 {
        for ((_, row), times) in rows.iter_mut().zip(&mut times) {
            let start = process_time();
            std::hint::black_box(row());
            let time = process_time() - start;
            // The first round warms caches.
            if round > 0 {
                times.push(time.as_secs_f64());
            }
        }
    }
    let count = archive.count() as f64;
    let median = |times: &Vec<f64>| {
        let mut sorted = times.clone();
        sorted.sort_by(f64::total_cmp);
        (sorted[sorted.len() / 2], sorted[0])
    };
    let plain = rows
        .iter()
        .zip(&times)
        .find(|((name, _), _)| name == "plain")
        .map_or(1.0, |(_, times)| median(times).0);
    println!(
        "{name}: {count} files, {:.0} bytes each, {} rounds",
        archive.bytes as f64 / count,
        rounds
    );
    for ((row, _), times) in rows.iter().zip(&times) {
        let (middle, best) = median(times);
        println!(
            "  {row:<26} {:>9.2} µs a document  best {:>9.2}  spread {:>4.1} %  {:>8.0} documents/s  {:>5.2} GB/s  × plain {:>5.2}",
            1e6 * middle / count,
            1e6 * best / count,
            100.0 * (middle / best - 1.0),
            count / middle,
            archive.bytes as f64 / middle / 1e9,
            plain / middle,
        );
    }
}

fn options(jobs: usize, backend: Backend) -> EngineOptions {
    let mut options = EngineOptions::default();
    options.jobs = jobs;
    options.readers = Some(0);
    options.backend = backend;
    options.order = Order::Ready;
    options
}

/// Name, what to make, whether it is measured only with `--full`.
fn cases() -> Vec<(&'static str, Options, bool)> {
    let one = |size: usize, files: usize| Options {
        files,
        sizes: vec![(size, 1)],
        signatures: [1, 0, 0, 0],
        faulty: 0,
        ..Options::default()
    };
    let keys = |keys: KeyForm| Options {
        keys,
        ..one(20_000, 400)
    };
    vec![
        ("20KB", one(20_000, 1000), false),
        ("200KB", one(200_000, 300), false),
        ("2MB", one(2_000_000, 60), false),
        (
            "200KB-three-signatures",
            Options {
                signatures: [0, 0, 1, 0],
                ..one(200_000, 300)
            },
            false,
        ),
        (
            "2MB-three-signatures",
            Options {
                signatures: [0, 0, 1, 0],
                ..one(2_000_000, 60)
            },
            true,
        ),
        (
            "200KB-B-LT",
            Options {
                level: Level::Lt,
                ..one(200_000, 300)
            },
            true,
        ),
        (
            "20KB-mixed-faulty",
            Options {
                signatures: [50, 30, 15, 5],
                faulty: 60,
                ..one(20_000, 1000)
            },
            true,
        ),
        (
            "20KB-every-signer-new",
            Options {
                signers: 3000,
                ..one(20_000, 3000)
            },
            true,
        ),
        (
            "objects-21000",
            Options {
                objects: 21_000,
                signers: 5,
                ..one(20_000, 20)
            },
            true,
        ),
        ("20KB-rsa3072", keys(KeyForm::Rsa(3072)), true),
        ("20KB-rsa4096", keys(KeyForm::Rsa(4096)), true),
        ("20KB-p256", keys(KeyForm::P256), true),
    ]
}

fn main() {
    let (mut wanted, mut rounds, mut full, mut profile) = (Vec::new(), 9, false, None);
    let (mut cores, mut cold) = (false, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .unwrap_or_else(|| panic!("{name} needs a value"))
        };
        match name.as_str() {
            "--bench" => {}
            "--case" => wanted.push(value()),
            "--rounds" => rounds = value().parse().expect("a number"),
            "--full" => full = true,
            "--cores" => cores = true,
            "--cold" => cold = true,
            // One engine alone, for a profiler.
            "--profile" => profile = Some(value()),
            _ => panic!("unknown argument {name}"),
        }
    }
    let backends = Backend::available();
    println!(
        "back ends of this CPU: {}",
        backends
            .iter()
            .map(|b| b.name())
            .collect::<Vec<_>>()
            .join(", ")
    );
    let own = std::thread::available_parallelism().map_or(1, usize::from);
    println!("cores for this process: {own}");
    for (name, make, only_full) in cases() {
        let named = wanted.iter().any(|one| one == name);
        if !(named || wanted.is_empty() && (full || !only_full)) {
            continue;
        }
        // Few large files come several times: what a run sets up is not what is asked.
        let passes = match make.sizes[0].0 {
            _ if make.signers >= make.files => 1,
            1_000_000.. => 5,
            size => 60_000_000 / (make.files * size) + 1,
        };
        let archive = &Archive::new(name, make, passes);
        if let Some(engine) = &profile {
            for _ in 0..rounds {
                match engine.as_str() {
                    "plain" => archive.plain(),
                    "ceiling" => archive.ceiling(Backend::best()),
                    _ => archive.engine(options(1, Backend::best())),
                };
            }
            continue;
        }
        if cores || cold {
            match own {
                1 if cores => println!("skipped: two workers need two cores"),
                _ if cores => archive.two_workers(name, rounds),
                _ => {}
            }
            if cold {
                archive.cold(name, rounds);
            }
            continue;
        }
        let mut rows: Vec<Row<'_>> = vec![
            ("plain".to_owned(), Box::new(|| archive.plain())),
            (
                format!("engine, {}", Backend::best().name()),
                Box::new(|| archive.engine(options(1, Backend::best()))),
            ),
        ];
        match Backend::named("sha-ni") {
            Some(backend) => rows.push((
                "engine, sha-ni".to_owned(),
                Box::new(move || archive.engine(options(1, backend))),
            )),
            None => println!("skipped: this CPU has no SHA-NI"),
        }
        rows.push((
            "engine, with readers".to_owned(),
            Box::new(|| {
                let mut options = options(1, Backend::best());
                options.readers = None;
                archive.engine(options)
            }),
        ));
        rows.push((
            "floor of plain: read, sha2".to_owned(),
            Box::new(|| archive.floor()),
        ));
        rows.push((
            "ceiling: read, lanes".to_owned(),
            Box::new(|| archive.ceiling(Backend::best())),
        ));
        measure(name, archive, rounds, rows);
    }
}
