//! Data flows one way: every `crate::` and `super::` path names a row below its own, or its own module.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rows of the design: a module may name modules of a smaller row, or itself.
///
/// The design has `asn1` and `crypto` in one row; keys and parameters of algorithms are ASN.1, so
/// `crypto` stands half a row above. The program starts the service, so `cli` stands half a row
/// above `serve`; neither decides anything.
const ROWS: &[(u32, &[&str])] = &[
    (0, &["error", "limits", "time", "oid"]),
    (1, &["asn1"]),
    (2, &["crypto"]),
    (3, &["pdf", "cms"]),
    (4, &["pki"]),
    (5, &["signature"]),
    (6, &["validation"]),
    (7, &["report"]),
    (8, &["verify", "online", "run"]),
    (9, &["signing", "archive", "exchange"]),
    (10, &["ffi", "python", "serve"]),
    (11, &["cli"]),
];

/// Doc modules: text only, they may link anywhere and nobody names them.
const TEXT_ONLY: &[&str] = &["lib", "main", "manual"];

fn row(module: &str) -> Option<u32> {
    ROWS.iter()
        .find(|(_, names)| names.contains(&module))
        .map(|(row, _)| *row)
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![src()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("src is readable") {
            let path = entry.expect("entry is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a file without comment lines, so that links in documentation are free.
fn code(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// `text`, as rustfmt writes it, without the items that are for tests alone: what stands behind
/// such an item counts.
fn without_tests(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let (mut kept, mut lines) = (String::new(), text.lines());
    while let Some(line) = lines.next() {
        if !line.trim_start().starts_with("#[cfg(test)]") {
            kept += line;
            kept.push('\n');
            continue;
        }
        // The item ends at the first line of its own depth that closes it.
        let ends = |it: &str| indent(it) == indent(line) && it.ends_with([';', '}']);
        lines.find(|it| ends(it));
    }
    kept
}

#[test]
fn ok_code_behind_a_test_item_is_looked_at() {
    let text = "a();\n#[cfg(test)]\nmod lie;\nb();\n    #[cfg(test)]\n    #[derive(X)]\n    \
                fn t() {\n        hidden();\n    }\n    c();\n#[cfg(test)]\nmod tests {\n    \
                hidden();\n}\nd();\n";
    assert_eq!(without_tests(text), "a();\nb();\n    c();\nd();\n");
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Modules of the crate root that `text` names by `crate::…`, also inside `crate::{a, b::c}`.
fn named(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, path) in text.match_indices("crate::") {
        if text[..at].ends_with(|c: char| is_word(c) || c == '$') {
            continue;
        }
        let rest = &text[at + path.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(rest.chars().take_while(|c| is_word(*c)).collect());
            continue;
        };
        // The first word of each item at depth one of the braces.
        let (mut depth, mut word, mut first) = (1, String::new(), true);
        for c in group.chars() {
            if is_word(c) {
                if first && depth == 1 {
                    word.push(c);
                }
                continue;
            }
            if !word.is_empty() {
                names.push(std::mem::take(&mut word));
                first = false;
            }
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => first = true,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

#[test]
fn ok_every_module_names_only_rows_below() {
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for file in sources() {
        let relative = file.strip_prefix(src()).expect("below src").to_owned();
        let module = relative
            .iter()
            .next()
            .map(|part| part.to_string_lossy().trim_end_matches(".rs").to_owned())
            .expect("a file has a name");
        if TEXT_ONLY.contains(&module.as_str()) {
            continue;
        }
        let Some(own) = row(&module) else {
            wrong.push(format!(
                "{}: module {module} has no row",
                relative.display()
            ));
            continue;
        };
        let text = code(&std::fs::read_to_string(&file).expect("source is UTF-8"));
        for name in named(&text) {
            if name == module {
                continue;
            }
            match row(&name) {
                Some(other) if other < own => {}
                Some(other) => wrong.push(format!(
                    "{}: row {own} names crate::{name} of row {other}",
                    relative.display()
                )),
                None => wrong.push(format!(
                    "{}: crate::{name} is no module of a row",
                    relative.display()
                )),
            }
            *seen.entry(name).or_default() += 1;
        }
        // `super::super::…` must stay inside the module; a test module is one level deeper.
        let depth = relative.iter().count();
        for run in text.split(|c: char| !is_word(c) && c != ':') {
            let steps = run.matches("super::").count();
            if steps > depth {
                wrong.push(format!("{}: {run} leaves the module", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.contains_key("error"), "the scan found no path at all");
}

#[test]
fn ok_the_scan_sees_grouped_and_single_paths() {
    assert_eq!(
        named("use crate::pdf::Object; crate::cms::x()"),
        ["pdf", "cms"]
    );
    assert_eq!(
        named("use crate::{asn1::{Reader, Tag}, error::Error, time}"),
        ["asn1", "error", "time"]
    );
    assert_eq!(named("$crate::x; my_crate::y"), Vec::<String>::new());
}

#[test]
fn ok_every_module_begins_with_what_comes_in_and_out() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|file| file.file_name().is_none_or(|name| name != "tests.rs"))
        .filter(|file| {
            !std::fs::read_to_string(file)
                .expect("source is UTF-8")
                .starts_with("//!")
        })
        .collect();
    assert!(silent.is_empty(), "no //! line: {silent:?}");
}

/// V083: private operations are `ring`'s, which are constant time and check an RSA signature before
/// they give it out, or a token's. Other crates know public keys, and make keys, and no more.
#[test]
fn v083_private_operations_are_those_of_ring_and_of_tokens() {
    // Names of private operations in the crates that know RSA and the curves.
    let private = [
        "SigningKey",
        "sign_with_rng",
        "try_sign",
        "rsa::Oaep",
        "Pkcs1v15Encrypt",
        "DecryptingKey",
    ];
    let mut signers = Vec::new();
    for path in sources() {
        let text = code(&std::fs::read_to_string(&path).expect("source is readable"));
        // Tests make signatures that ring would not make, to verify them.
        let text = without_tests(&text);
        let name = path
            .strip_prefix(src())
            .expect("below src")
            .display()
            .to_string();
        if name.ends_with("tests.rs") {
            continue;
        }
        for word in private {
            assert!(!text.contains(word), "{name} names {word}");
        }
        if [
            "RsaKeyPair",
            "EcdsaKeyPair",
            "Ed25519KeyPair",
            "session.sign(",
        ]
        .iter()
        .any(|word| text.contains(word))
        {
            signers.push(name);
        }
    }
    assert_eq!(signers, WHO_SIGNS);
}

/// Where private keys of files and tokens sign, and where keys for tests and demonstrations are made.
const WHO_SIGNS: [&str; 3] = [
    "pki/issue/key.rs",
    "signing/key/pkcs11.rs",
    "signing/key/private.rs",
];
