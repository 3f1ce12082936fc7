//! One form of citation: document, `§`, clause — `RFC 5280 §4.2.1.9`, `EN 319 142-1 §6.3`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Documents that the sources cite, as they are written before the clause.
fn is_document(words: &[&str]) -> bool {
    let digits = |word: &str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_digit());
    let part = |word: &str| {
        let mut halves = word.split('-');
        halves.next().is_some_and(digits) && halves.all(digits)
    };
    match words {
        [.., "RFC", number] => digits(number),
        [.., "EN" | "TS" | "TR", series, number] => digits(series) && part(number),
        [.., "ISO", number] => part(number),
        [.., "FIPS", number] => part(number),
        [.., "SP", number] => part(number),
        [.., "SEC", number] => digits(number),
        [.., "X.509" | "X.520" | "X.680" | "X.690" | "PNG"] => true,
        _ => false,
    }
}

fn is_clause(clause: &str) -> bool {
    let clause = clause.trim_end_matches(['.', ',', ';', ':', ')', '`', '(']);
    !clause.is_empty()
        && clause.split('.').enumerate().all(|(level, part)| {
            let digits = !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
            let annex =
                level == 0 && part.len() == 1 && part.bytes().all(|c| c.is_ascii_uppercase());
            let lettered = part.len() == 1 && part.bytes().all(|c| c.is_ascii_uppercase());
            digits || annex || (level > 0 && lettered)
        })
}

/// The citations of one text that are not in the one form.
fn wrong_citations(text: &str) -> (usize, Vec<String>) {
    // A citation may run over a line break inside a comment.
    let flat: String = text
        .lines()
        .map(|line| {
            line.trim()
                .trim_start_matches(['/', '!'])
                .trim_end_matches('\\')
                .trim()
        })
        .collect::<Vec<_>>()
        .join(" ");
    let (mut count, mut wrong) = (0, Vec::new());
    let mut last_end = 0;
    for (at, _) in flat.match_indices('§') {
        count += 1;
        let clause = flat[at + '§'.len_utf8()..]
            .split([' ', '"', '(', '–'])
            .next()
            .unwrap_or_default();
        let before: Vec<&str> = flat[..at]
            .trim_end()
            .rsplit([' ', '(', '"', '`', '['])
            .take(3)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        // "RFC 5280 §6.1.3, §6.1.4 and §6.1.5" continue the document of the first.
        // Items of a clause, "(a) (1), (4);", stand between.
        let between: String = flat[last_end..at]
            .split(['(', ')'])
            .filter(|part| !(part.len() <= 2 && part.bytes().all(|c| c.is_ascii_alphanumeric())))
            .collect();
        let between = between.split_whitespace().collect::<String>();
        let continued = count > 1
            && matches!(
                between.trim_start_matches(',').trim_start_matches('–'),
                "" | "," | "and" | ";" | "or"
            );
        if !(is_clause(clause) && (is_document(&before) || continued)) {
            wrong.push(format!("{} §{clause}", before.join(" ")));
        }
        let end = at + '§'.len_utf8() + clause.trim_end_matches([',', '.', ';', ')', '`']).len();
        last_end = end;
    }
    (count, wrong)
}

fn sources() -> Vec<PathBuf> {
    files("src")
}

/// The Rust files below `folder` of the package.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("folder is readable") {
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

#[test]
fn ok_every_citation_has_the_one_form() {
    let (mut total, mut wrong) = (0, Vec::new());
    for file in sources() {
        let (count, bad) =
            wrong_citations(&std::fs::read_to_string(&file).expect("source is UTF-8"));
        total += count;
        wrong.extend(
            bad.into_iter()
                .map(|text| format!("{}: {text}", file.display())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        total > 20,
        "only {total} citations found: the scan is broken"
    );
}

#[test]
fn err_other_forms_are_seen() {
    for good in [
        "RFC 5280 §4.2.1.9",
        "RFC 5280 §6.1.3, §6.1.4",
        "EN 319 142-1 §6.3.",
        "(ISO 32000-2 §12.8.1)",
        "EN 319 102-1 §B.2",
    ] {
        assert_eq!(wrong_citations(good).1, Vec::<String>::new(), "{good}");
    }
    for bad in [
        "RFC5280 §4.2",
        "rfc 5280 §4",
        "RFC 5280 § 4.2",
        "see §4.2",
        "ETSI §5",
        "RFC 5280 §x.y",
    ] {
        assert_eq!(wrong_citations(bad).1.len(), 1, "{bad}");
    }
}

/// The numbers behind `letter` in the comments of `files`, such as 17 of `V017`.
fn numbers(letter: char, digits: usize, files: &[PathBuf]) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).expect("source is UTF-8");
        for comment in text
            .lines()
            .filter_map(|line| line.split_once("//").map(|(_, comment)| comment))
        {
            let words = comment.split(|c: char| !c.is_ascii_alphanumeric());
            let numbers = words
                .filter_map(|word| word.strip_prefix(letter))
                .filter(|number| number.len() == digits)
                .filter_map(|number| number.parse::<u32>().ok());
            found.extend(numbers);
        }
    }
    found
}

/// Every requirement of verdict, process, CMS, PDF structure and later changes has a test that cites
/// it, and every row of the attack catalogue one that makes it.
#[test]
fn ok_every_requirement_of_the_verdict_has_a_test_that_cites_it() {
    let tests = [files("tests"), files("src")].concat();
    let cited = numbers('V', 3, &tests);
    let asked = (1..=22).chain(43..=70).chain(75..=76);
    let missing: Vec<u32> = asked.filter(|number| !cited.contains(number)).collect();
    assert_eq!(missing, [], "requirements without a test");
    let text: String = files("tests/attacks")
        .iter()
        .map(|file| std::fs::read_to_string(file).expect("source is UTF-8"))
        .collect();
    let missing: Vec<u32> = (1..=74)
        .filter(|row| !text.contains(&format!("fn a{row:02}_")))
        .collect();
    assert_eq!(missing, [], "rows of the catalogue without a test");
}
