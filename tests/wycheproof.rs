//! V052: verification against the vectors of Project Wycheproof: nothing invalid is accepted, nothing
//! valid is refused, and a digest in place of the message never changes the answer.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use kyso::crypto::simd::{Backend, PreparedRsa, RsaCheck, RsaPadding, verify_rsa};
use kyso::crypto::{
    Broken, DigestAlgorithm, KeyKind, Message, Outcome, PublicKey, SignatureAlgorithm, Unknown,
    verify,
};
use serde_json::Value;

/// Vectors on which we differ on purpose: a flag, what Wycheproof says, why.
const DIFFERENT: &[(&str, &str, &str)] = &[
    (
        "DistinctHash",
        "valid",
        "a PSS mask digest other than the message digest is refused (validation 3.9)",
    ),
    (
        "MissingNull",
        "acceptable",
        "a DigestInfo without NULL is not the block of RFC 8017 §9.2 (validation 3.8)",
    ),
];

fn digest(name: &str) -> DigestAlgorithm {
    DigestAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.name() == name)
        .unwrap_or_else(|| panic!("digest {name}"))
}

fn algorithm(group: &Value) -> SignatureAlgorithm {
    let text = |key: &str| group[key].as_str().unwrap();
    match text("type") {
        "EcdsaVerify" => SignatureAlgorithm::Ecdsa {
            digest: digest(text("sha")),
        },
        "EddsaVerify" if group["publicKey"]["curve"] == "edwards25519" => {
            SignatureAlgorithm::Ed25519
        }
        "EddsaVerify" => SignatureAlgorithm::Ed448,
        "RsassaPkcs1Verify" => SignatureAlgorithm::RsaPkcs1 {
            digest: digest(text("sha")),
        },
        "RsassaPssVerify" | "RsassaPssWithParametersVerify" => SignatureAlgorithm::RsaPss {
            digest: digest(text("sha")),
            mgf_digest: digest(text("mgfSha")),
            salt_len: u32::try_from(group["sLen"].as_u64().unwrap()).unwrap(),
            trailer: 1,
        },
        other => panic!("type {other}"),
    }
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len() / 2)
        .map(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).unwrap())
        .collect()
}

#[derive(Default, Debug)]
struct Count {
    valid: usize,
    invalid: usize,
    unsupported: usize,
    different: BTreeMap<&'static str, usize>,
}

fn run(path: &Path) -> Count {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let suite: Value = serde_json::from_str(&text).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut count = Count::default();
    for group in suite["testGroups"].as_array().unwrap() {
        let key = PublicKey::from_spki(&hex(&group["publicKeyDer"]))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let algorithm = algorithm(group);
        for test in group["tests"].as_array().unwrap() {
            let id = format!("{name} {} {}", test["tcId"], test["comment"]);
            let message = hex(&test["msg"]);
            let signature = hex(&test["sig"]);
            let outcome = verify(&key, &algorithm, Message::Bytes(&message), &signature);
            if let Some(digest) = algorithm.digest() {
                let value = digest.digest(&[&message]);
                let again = verify(&key, &algorithm, Message::Digest(&value), &signature);
                assert_eq!(outcome, again, "{id}: message and digest differ");
            }
            if matches!(outcome, Outcome::Unknown(_)) {
                // Only curves that are not ours.
                assert!(matches!(key.kind(), KeyKind::Unsupported { .. }), "{id}");
                assert!(matches!(outcome, Outcome::Unknown(Unknown::Key { .. })));
                count.unsupported += 1;
                continue;
            }
            let expected = test["result"].as_str().unwrap();
            let different = DIFFERENT.iter().find(|(flag, result, _)| {
                expected == *result && test["flags"].as_array().unwrap().iter().any(|f| f == flag)
            });
            if let Some((flag, ..)) = different {
                assert!(!outcome.is_verified(), "{id}: {flag} is listed as refused");
                *count.different.entry(*flag).or_default() += 1;
                continue;
            }
            match expected {
                "valid" => {
                    assert_eq!(outcome, Outcome::Verified, "{id}");
                    count.valid += 1;
                }
                "invalid" => {
                    assert!(
                        matches!(
                            outcome,
                            Outcome::Broken(Broken::Encoding | Broken::Mismatch)
                        ),
                        "{id}: {outcome:?}"
                    );
                    count.invalid += 1;
                }
                other => panic!("{id}: {other} without a reason in the list"),
            }
        }
    }
    count
}

#[test]
fn nothing_invalid_is_accepted_and_nothing_valid_is_refused() {
    let Ok(root) = std::env::var("KYSO_CORPORA") else {
        println!("NOT RUN: KYSO_CORPORA is not set");
        return;
    };
    let folder = Path::new(&root).join("crypto/wycheproof");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "gz"))
        .collect();
    paths.sort();
    let mut total = Count::default();
    for path in &paths {
        let count = run(path);
        total.valid += count.valid;
        total.invalid += count.invalid;
        total.unsupported += count.unsupported;
        for (flag, seen) in count.different {
            *total.different.entry(flag).or_default() += seen;
        }
    }
    println!("{} files: {total:?}", paths.len());
    for (flag, _, reason) in DIFFERENT {
        assert!(
            total.different.contains_key(flag),
            "stale entry: {flag}, {reason}"
        );
    }
    assert!(total.valid > 2000 && total.invalid > 4000, "{total:?}");
}

/// The RSA vectors once more, all signatures of all keys at once through the lanes of every back
/// end of this CPU: the answer is that of the single verification.
#[test]
fn rsa_lanes_answer_as_the_single_verification() {
    let Ok(root) = std::env::var("KYSO_CORPORA") else {
        println!("NOT RUN: KYSO_CORPORA is not set");
        return;
    };
    let folder = Path::new(&root).join("crypto/wycheproof");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("rsa_") || !name.ends_with(".gz") {
            continue;
        }
        let mut text = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(&path).unwrap())
            .read_to_string(&mut text)
            .unwrap();
        let suite: Value = serde_json::from_str(&text).unwrap();
        for group in suite["testGroups"].as_array().unwrap() {
            let public = PublicKey::from_spki(&hex(&group["publicKeyDer"])).unwrap();
            let algorithm = algorithm(group);
            let Some(key) = PreparedRsa::new(&public) else {
                continue;
            };
            for test in group["tests"].as_array().unwrap() {
                let value = algorithm.digest().unwrap().digest(&[&hex(&test["msg"])]);
                let signature = hex(&test["sig"]);
                let single = verify(&public, &algorithm, Message::Digest(&value), &signature);
                let id = format!("{name} {}", test["tcId"]);
                if RsaPadding::new(&algorithm, &value).is_some() {
                    cases.push((key.clone(), algorithm.clone(), value, signature, single, id));
                }
            }
        }
    }
    // Neighbours are of other files, keys and answers.
    cases.sort_by_key(|(.., id)| id.bytes().rev().collect::<Vec<_>>());
    let checks: Vec<_> = cases
        .iter()
        .map(|(key, algorithm, value, signature, ..)| RsaCheck {
            key,
            padding: RsaPadding::new(algorithm, value).unwrap(),
            signature,
        })
        .collect();
    for backend in Backend::available() {
        let answers = verify_rsa(backend, &checks);
        assert_eq!(answers.len(), cases.len());
        for ((.., single, id), answer) in cases.iter().zip(&answers) {
            assert_eq!(*answer, single.is_verified(), "{} {id}", backend.name());
        }
        let right = answers.iter().filter(|answer| **answer).count();
        println!("{}: {right} of {} are right", backend.name(), answers.len());
        assert!(right > 500 && answers.len() - right > 1000);
    }
}
