//! An archive of signed files for benches and trials, on disk.
//!
//! `cargo bench --features cli --bench corpus -- --out DIR [--files 10000] [--signers 800]
//! [--agencies 415] [--sizes 20000:8,200000:2] [--signatures 50,30,15,5] [--faulty 60]
//! [--objects 0] [--keys rsa2048|rsa3072|rsa4096|p256] [--level B-B|B-T|B-LT|B-LTA]
//! [--seed 1]`
//!
//! DIR gets `trust.json`, `crl/`, `files/` and the table `expected.jsonl`. Without `--out` nothing
//! is made.

#[path = "support/corpus.rs"]
mod corpus;

use std::path::PathBuf;
use std::time::Instant;

use corpus::{Corpus, KeyForm, Options};
use kyso::validation::Level;

fn main() {
    let mut options = Options {
        files: 10_000,
        signers: 800,
        ..Options::default()
    };
    let mut out: Option<PathBuf> = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--bench" {
            continue;
        }
        let value = arguments
            .next()
            .unwrap_or_else(|| panic!("{name} needs a value"));
        let number = || {
            value
                .parse::<usize>()
                .unwrap_or_else(|_| panic!("{name}: a number"))
        };
        match name.as_str() {
            "--out" => out = Some(value.into()),
            "--files" => options.files = number(),
            "--signers" => options.signers = number(),
            "--agencies" => options.agencies = number(),
            "--faulty" => options.faulty = number() as u32,
            "--objects" => options.objects = number(),
            "--seed" => options.seed = number() as u64,
            "--sizes" => {
                let pair = |text: &str| {
                    let (size, weight) = text.split_once(':').unwrap_or((text, "1"));
                    (
                        size.parse().expect("bytes"),
                        weight.parse().expect("a weight"),
                    )
                };
                options.sizes = value.split(',').map(pair).collect();
            }
            "--signatures" => {
                let weights: Vec<u32> = value
                    .split(',')
                    .map(|w| w.parse().expect("a weight"))
                    .collect();
                options.signatures = weights.try_into().expect("four weights");
            }
            "--keys" => {
                options.keys = match value.as_str() {
                    "p256" => KeyForm::P256,
                    "rsa2048" => KeyForm::Rsa(2048),
                    "rsa3072" => KeyForm::Rsa(3072),
                    "rsa4096" => KeyForm::Rsa(4096),
                    _ => panic!("--keys: rsa2048, rsa3072, rsa4096 or p256"),
                }
            }
            "--level" => {
                let named = |level: &Level| level.name() == value;
                options.level = *Level::ALL
                    .iter()
                    .find(|level| named(level))
                    .expect("a level");
            }
            _ => panic!("unknown argument {name}"),
        }
    }
    let Some(out) = out else {
        println!("corpus: nothing to do without --out");
        return;
    };
    let start = Instant::now();
    let corpus = Corpus::new(options);
    let table = corpus.write(&out).expect("the archive can be written");
    let bytes: usize = table.iter().map(|line| line.size).sum();
    println!(
        "corpus: {} files, {} bytes, {} not passed, in {:.1} s",
        table.len(),
        bytes,
        table.iter().filter(|line| line.fault.is_some()).count(),
        start.elapsed().as_secs_f64()
    );
}
