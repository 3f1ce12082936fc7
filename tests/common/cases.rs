//! The one table of files through which every way to the verifier goes: their answers must be equal.

use std::path::{Path, PathBuf};

use kyso::{Policy, Trust, UtcTime, Verifier};

/// A file, of any content.
pub struct Case {
    /// Its place below its folder.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The moment for which all of them are verified.
pub fn at() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T07:00:00Z").unwrap()
}

/// The anchor of all of them, in PEM.
pub fn roots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys/throwaway-root.crt.pem")
}

/// Who is asked: the throw-away root, `official`, no evidence.
pub fn verifier() -> Verifier {
    let trust = Trust::from_pem(&std::fs::read(roots()).unwrap()).unwrap();
    Verifier::new(trust, Policy::official())
}

/// Every seed of every fuzz target (most are no PDFs), and every PDF of the outside corpora, when
/// `KYSO_CORPORA` names them. In the order of their names.
pub fn cases() -> impl Iterator<Item = Case> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut files = below(&seeds, |_| true);
    match std::env::var_os("KYSO_CORPORA") {
        Some(corpora) => {
            let is_pdf = |path: &Path| path.extension().is_some_and(|end| end == "pdf");
            files.extend(below(Path::new(&corpora), is_pdf));
        }
        None => println!("NOT RUN: the corpora (KYSO_CORPORA is not set)"),
    }
    files.into_iter().map(|(path, name)| Case {
        bytes: std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        name,
    })
}

/// All files below `folder` that are wanted, with their places in it.
fn below(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if wanted(&path) {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.push((path, name));
            }
        }
    }
    files.sort();
    files
}
