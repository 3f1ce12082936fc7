//! The batch engine answers as the verifier does for each document alone: whatever the order, the
//! threads, the neighbours and the kernels (promise 5 of the design; V071, V090).

use std::path::Path;
use std::sync::{Arc, OnceLock, mpsc};

use kyso::archive::{Engine, EngineOptions, Input, Order, Outcome, Source};
use kyso::crypto::simd::Backend;
use kyso::error::{Error, ErrorKind, FileReason};
use kyso::report::Report;
use kyso::{Evidence, Indication, Policy, Trust, UtcTime, Verifier};

use crate::maker::{Corpus, KeyForm, Options};

/// Pseudo-random numbers that are the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("below a usize")
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Documents, and what serves to judge them.
struct Shelf {
    documents: Vec<Vec<u8>>,
    trust: Trust,
    evidence: Evidence,
    at: UtcTime,
}

impl Shelf {
    fn verifier(&self) -> Verifier {
        Verifier::new(self.trust.clone(), Policy::official()).with_evidence(self.evidence.clone())
    }

    /// What a verifier says that has seen no other document.
    fn alone(&self, document: &[u8]) -> Result<Report, Error> {
        self.verifier().verify(document, self.at)
    }
}

fn corpus(keys: KeyForm, files: usize, seed: u64) -> Corpus {
    Corpus::new(Options {
        seed,
        files,
        signers: 7,
        agencies: 3,
        faulty: 350,
        keys,
        ..Options::default()
    })
}

/// Good, broken and open documents of several keys and signatures, tampered ones among them, and
/// where they are at hand the documents of the outside corpora.
fn shelf() -> &'static Shelf {
    static SHELF: OnceLock<Shelf> = OnceLock::new();
    SHELF.get_or_init(|| {
        let first = corpus(KeyForm::Rsa(2048), 60, 1);
        let mut shelf = Shelf {
            documents: Vec::new(),
            trust: first.trust(),
            evidence: first.evidence(),
            at: first.options().at,
        };
        let others = [
            corpus(KeyForm::P256, 8, 1),
            corpus(KeyForm::Rsa(3072), 10, 1),
            corpus(KeyForm::Rsa(4096), 6, 1),
        ];
        for corpus in [&first].into_iter().chain(&others) {
            let files = 0..corpus.options().files;
            shelf
                .documents
                .extend(files.map(|index| corpus.file(index).bytes));
        }
        let mut dice = Dice(7);
        for place in 0..40 {
            let mut document = shelf.documents[place].clone();
            if let Some(last) = document.len().checked_sub(1) {
                match place % 3 {
                    0 => document.truncate(dice.below(last)),
                    1 => document[dice.below(last)] ^= 1 << dice.below(8),
                    _ => document.extend_from_slice(b"\n%%EOF trailing"),
                }
            }
            shelf.documents.push(document);
        }
        shelf.documents.extend(outside());
        shelf
    })
}

/// Small documents of the outside corpora.
fn outside() -> Vec<Vec<u8>> {
    let Some(folder) = std::env::var_os("KYSO_CORPORA") else {
        println!("NOT RUN: KYSO_CORPORA is not set, only documents made here were compared");
        return Vec::new();
    };
    let text = std::fs::read_to_string(Path::new(&folder).join("expected.json"));
    let list: serde_json::Value =
        serde_json::from_str(&text.expect("the table of the corpora")).expect("JSON");
    let files = list.as_array().expect("a list").iter();
    files
        .filter_map(|one| std::fs::read(Path::new(&folder).join(one["file"].as_str()?)).ok())
        .filter(|bytes| bytes.len() < 1 << 20)
        .step_by(5)
        .collect()
}

fn run(
    verifier: Verifier,
    at: UtcTime,
    inputs: Vec<Input>,
    options: EngineOptions,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let count = inputs.len() as u64;
    let totals = Engine::new(Arc::new(verifier), options)
        .run(inputs.into_iter(), at, |one| one, |one| outcomes.push(one))
        .expect("lanes and library agree");
    assert_eq!(totals.documents, count);
    outcomes
}

fn options(jobs: usize, readers: usize, backend: Backend, order: Order) -> EngineOptions {
    let mut options = EngineOptions::default();
    (options.jobs, options.readers) = (jobs, Some(readers));
    (options.backend, options.order) = (backend, order);
    options
}

fn bytes(tag: usize, document: &[u8]) -> Input {
    Input {
        tag: tag as u64,
        source: Source::Bytes(document.to_vec()),
    }
}

/// V090: field for field the same, for every kernel of this machine.
#[test]
fn ok_batch_equals_single_whatever_the_order_the_threads_and_the_kernels() {
    let shelf = shelf();
    let alone: Vec<_> = shelf.documents.iter().map(|d| shelf.alone(d)).collect();
    let verdicts = |wanted: Indication| {
        let has = |one: &&Result<Report, Error>| one.as_ref().is_ok_and(|r| r.indication == wanted);
        alone.iter().filter(has).count()
    };
    for indication in [
        Indication::TotalPassed,
        Indication::TotalFailed,
        Indication::Indeterminate,
        Indication::NoSignatureFound,
    ] {
        assert!(verdicts(indication) > 0, "no document is {indication}");
    }
    assert!(alone.iter().any(Result::is_err));
    let mut dice = Dice(11);
    let mut turns = Vec::new();
    for backend in Backend::available() {
        turns.push(options(1, 0, backend, Order::Ready));
    }
    turns.push(options(2, 3, Backend::best(), Order::Input));
    turns.push(options(5, 1, Backend::best(), Order::Ready));
    let mut narrow = options(3, 2, Backend::best(), Order::Input);
    narrow.in_flight = 1;
    turns.push(narrow);
    for turn in turns {
        let mut inputs: Vec<_> = shelf
            .documents
            .iter()
            .enumerate()
            .map(|(tag, document)| bytes(tag, document))
            .collect();
        dice.shuffle(&mut inputs);
        // The neighbours too: some documents are not there, some twice.
        let repeated: Vec<_> = inputs.iter().take(20).cloned().collect();
        inputs.truncate(inputs.len() - 5);
        inputs.extend(repeated);
        let order: Vec<u64> = inputs.iter().map(|input| input.tag).collect();
        let outcomes = run(shelf.verifier(), shelf.at, inputs, turn.clone());
        if turn.order == Order::Input {
            let tags: Vec<u64> = outcomes.iter().map(|outcome| outcome.tag).collect();
            assert_eq!(tags, order);
        }
        for outcome in outcomes {
            let place = usize::try_from(outcome.tag).expect("small");
            let expected = &alone[place];
            assert_eq!(&outcome.answer, expected, "document {place}, {turn:?}");
            if let (Ok(report), Ok(expected)) = (&outcome.answer, expected) {
                assert_eq!(report.json(), expected.json());
            }
            let sha256 = <sha2::Sha256 as sha2::Digest>::digest(&shelf.documents[place]);
            assert_eq!(outcome.sha256, Some(sha256.into()));
            assert_eq!(outcome.size, Some(shelf.documents[place].len() as u64));
        }
    }
}

/// What was observed in a batch is judged again as the document was.
#[test]
fn ok_observations_of_a_batch_give_the_same_verdict_again() {
    let shelf = shelf();
    let inputs = (0..40)
        .map(|tag| bytes(tag, &shelf.documents[tag]))
        .collect();
    let mut options = options(2, 0, Backend::best(), Order::Ready);
    options.observations = true;
    let verifier = shelf.verifier();
    for outcome in run(verifier.clone(), shelf.at, inputs, options) {
        if let Some(seen) = &outcome.observation {
            assert_eq!(verifier.judge(seen, shelf.at), outcome.answer);
        } else {
            assert!(outcome.answer.is_err());
        }
    }
}

/// A01, V012: no changed bit of what is signed passes, in any lane, beside any neighbour; and the
/// batch says of each what the verifier says.
#[test]
fn err_ten_thousand_changed_bits_in_a_batch() {
    const CHANGES: usize = 10_000;
    let shelf = shelf();
    let good: Vec<_> = shelf
        .documents
        .iter()
        .filter_map(|document| {
            let report = shelf.alone(document).ok()?;
            let last = report.signatures.last()?;
            let passed = report.indication == Indication::TotalPassed;
            let whole = last.whole_document == Some(true) && document.len() < 40_000;
            (passed && whole).then(|| (document, last.byte_range.expect("a range").numbers()))
        })
        .take(12)
        .collect();
    assert!(good.len() >= 10, "too few good documents");
    let mut dice = Dice(23);
    let (mut changed, mut covered) = (Vec::new(), Vec::new());
    for _ in 0..CHANGES {
        let (document, [_, gap, behind, _]) = &good[dice.below(good.len())];
        let mut document = (*document).clone();
        let place = dice.below(document.len());
        document[place] ^= 1 << dice.below(8);
        covered.push((place as u64) < *gap || place as u64 >= *behind);
        changed.push(document);
    }
    let inputs = changed
        .iter()
        .enumerate()
        .map(|(tag, d)| bytes(tag, d))
        .collect();
    let turn = options(2, 0, Backend::best(), Order::Input);
    let outcomes = run(shelf.verifier(), shelf.at, inputs, turn);
    let verifier = shelf.verifier();
    let mut caught = 0;
    for ((outcome, document), covered) in outcomes.iter().zip(&changed).zip(&covered) {
        assert_eq!(outcome.answer, verifier.verify(document, shelf.at));
        let passed = outcome
            .answer
            .as_ref()
            .is_ok_and(|report| report.indication == Indication::TotalPassed);
        assert!(!(passed && *covered), "document {} passed", outcome.tag);
        caught += usize::from(*covered);
    }
    assert!(
        caught > CHANGES / 10,
        "only {caught} changes in signed bytes"
    );
}

/// A caller that waits for each answer before it gives the next document is not kept waiting.
#[test]
fn ok_an_answer_comes_although_no_other_document_does() {
    let shelf = shelf();
    let (answered, wait) = mpsc::channel::<()>();
    answered.send(()).expect("the first needs no answer before");
    let wait = std::sync::Mutex::new(wait);
    let inputs = shelf
        .documents
        .iter()
        .take(6)
        .enumerate()
        .map(|(tag, document)| {
            let wait = wait.lock().expect("one thread");
            wait.recv().expect("an answer to the one before");
            bytes(tag, document)
        });
    let mut seen = 0;
    Engine::new(
        Arc::new(shelf.verifier()),
        options(2, 2, Backend::best(), Order::Input),
    )
    .run(
        inputs,
        shelf.at,
        |outcome| outcome.tag,
        |tag| {
            assert_eq!(tag, seen);
            seen += 1;
            let _ = answered.send(());
        },
    )
    .expect("lanes and library agree");
    assert_eq!(seen, 6);
}

/// V071: files that cannot be read are recorded and passed over; one of 2 GB holds up nobody.
#[test]
fn err_files_that_cannot_be_read_among_good_ones() {
    let shelf = shelf();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("good.pdf"), &shelf.documents[0]).expect("a file");
    std::fs::create_dir(path("folder.pdf")).expect("a folder");
    let large = std::fs::File::create(path("large.pdf")).expect("a file");
    large.set_len(2 << 30).expect("a file with a hole");
    let names = [
        "good.pdf",
        "missing.pdf",
        "folder.pdf",
        "large.pdf",
        "good.pdf",
    ];
    for (jobs, readers) in [(1, 0), (2, 4)] {
        let inputs = (0..)
            .zip(names)
            .map(|(tag, name)| Input {
                tag,
                source: Source::Path(path(name)),
            })
            .collect();
        let turn = options(jobs, readers, Backend::best(), Order::Input);
        let outcomes = run(shelf.verifier(), shelf.at, inputs, turn);
        let [good, missing, directory, large, again] = outcomes.as_slice() else {
            panic!("five outcomes");
        };
        let expected = shelf.alone(&shelf.documents[0]);
        assert_eq!(good.answer, expected);
        assert_eq!(again.answer, expected);
        let stamp = good.file.expect("facts about the file");
        assert_eq!(Some(stamp.size), good.size);
        assert!(stamp.modified > 0);
        for (outcome, kind) in [
            (missing, std::io::ErrorKind::NotFound),
            (directory, std::io::ErrorKind::IsADirectory),
        ] {
            let Err(error) = &outcome.answer else {
                panic!("{:?}", outcome.answer);
            };
            let ErrorKind::Io { reason, .. } = error.kind() else {
                panic!("{error}");
            };
            assert!(matches!(reason, FileReason::System { kind: seen, .. } if *seen == kind));
            assert_eq!((outcome.sha256, outcome.size), (None, None));
        }
        let error = large.answer.as_ref().expect_err("too large");
        assert!(matches!(
            error.kind(),
            ErrorKind::Limit { name: "file", .. }
        ));
    }
}

/// A panic of the caller's own code ends the run instead of leaving threads that wait.
#[test]
fn err_a_panic_of_the_caller_ends_the_run() {
    let shelf = shelf();
    let engine = Engine::new(
        Arc::new(shelf.verifier()),
        options(2, 2, Backend::best(), Order::Input),
    );
    for place in 0..3 {
        let inputs = (0..50).map(|tag| {
            assert!(place != 0 || tag < 20, "the inputs panic");
            bytes(tag, &shelf.documents[tag % 10])
        });
        let record = |outcome: Outcome| {
            assert!(place != 1 || outcome.tag != 20, "the record panics");
            outcome.tag
        };
        let sink = |tag: u64| assert!(place != 2 || tag != 20, "the sink panics");
        let run = std::panic::AssertUnwindSafe(|| engine.run(inputs, shelf.at, record, sink));
        assert!(std::panic::catch_unwind(run).is_err());
    }
}

/// The program writes the same tables with every kernel that `KYSO_BACKEND` forces, and refuses one
/// that this processor has not got.
#[test]
fn ok_the_program_writes_the_same_with_each_kernel() {
    use crate::support::{ARCHIVE, command, exits, records};
    let folder = tempfile::tempdir().expect("a folder");
    let mut seen = Vec::new();
    for backend in Backend::available() {
        let out = folder.path().join(backend.name());
        let mut command = command(&out);
        command.env("KYSO_BACKEND", backend.name());
        exits(command.arg(ARCHIVE.files()), 0);
        seen.push(records(&out));
    }
    assert!(!seen[0].is_empty());
    assert!(seen.iter().all(|records| *records == seen[0]));
    let mut command = command(&folder.path().join("none"));
    command.env("KYSO_BACKEND", "abacus");
    let output = exits(command.arg(ARCHIVE.files()), 5);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("KYSO_BACKEND") && text.contains("portable"),
        "{text}"
    );
}
