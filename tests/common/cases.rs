//! The one table of files through which every way to the verifier goes: their answers must be equal.

use std::path::{Path, PathBuf};

use super::encrypted::encrypted;
use kyso::pdf::Password;
use kyso::pki::Certificate;
use kyso::signing::key::{AbsentKey, KeySource};
use kyso::signing::{Plan, Signer, demo};
use kyso::{Evidence, Origin, Policy, Trust, UtcTime, Verifier};

/// The moment for which all of them are verified.
pub const AT: &str = "2026-11-23T07:00:00Z";

/// The moment for which all of them are verified.
pub fn at() -> UtcTime {
    UtcTime::from_rfc3339(AT).expect("a moment")
}

/// Files, of any content, that share trust, evidence, policy, pool and passwords.
#[derive(Clone)]
pub struct Group {
    pub trust: Vec<PathBuf>,
    pub evidence: Vec<PathBuf>,
    pub policy: &'static str,
    /// Certificates between signers and anchors.
    pub pool: Vec<PathBuf>,
    pub passwords: Vec<&'static str>,
    pub files: Vec<PathBuf>,
}

impl Group {
    /// The verifier of the Rust API that the others are held against.
    pub fn verifier(&self) -> Verifier {
        let read = |path: &PathBuf| std::fs::read(path).expect("a file");
        let mut trust = Trust::new();
        for path in &self.trust {
            trust.merge(Trust::from_bytes(&read(path)).expect("trust"));
        }
        let mut evidence = Evidence::new();
        for path in &self.evidence {
            let added = evidence.add_bytes(&read(path), Origin::Caller, &Default::default());
            added.expect("evidence");
        }
        for path in &self.pool {
            for one in Certificate::from_pem_or_der(&read(path)).expect("certificates") {
                evidence.add_certificate(one, Origin::Caller);
            }
        }
        let passwords = self.passwords.iter();
        let passwords = passwords.map(|one| Password::new(one.as_bytes())).collect();
        let policy = Policy::named(self.policy).expect("a profile");
        Verifier::new(trust, policy)
            .with_evidence(evidence)
            .with_passwords(passwords)
    }
}

/// A demonstration, written to `folder`, with all conclusions, and what needs a pool or passwords;
/// the seeds that are whole files, under each profile; all other seeds, most of which are no PDFs;
/// and every PDF of the outside corpora, when `KYSO_CORPORA` names them.
pub fn groups(folder: &Path) -> Vec<Group> {
    let mut groups = demonstration(folder);
    let untrusting = |policy, files| Group {
        trust: Vec::new(),
        evidence: Vec::new(),
        policy,
        pool: Vec::new(),
        passwords: Vec::new(),
        files,
    };
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for policy in Policy::NAMES {
        let names = ["verify_whole_file", "pdf_open", "xref_table"];
        let files = names.iter().flat_map(|name| below(&seeds.join(name)));
        groups.push(untrusting(policy, files.collect()));
    }
    groups.push(untrusting("official", below(&seeds)));
    match std::env::var_os("KYSO_CORPORA") {
        Some(corpora) => {
            let mut files = below(Path::new(&corpora));
            files.retain(|path| path.extension().is_some_and(|end| end == "pdf"));
            groups.push(untrusting("official", files));
        }
        None => println!("NOT RUN: KYSO_CORPORA is not set"),
    }
    groups
}

/// All files below `folder`, in the order of their names.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    files
}

/// The file that passes only with its pool.
pub const ALONE: &str = "alone.pdf";
/// The file that opens only with its password.
pub const LOCKED: &str = "locked.pdf";

/// The files of a release, one of them changed, and their trust and evidence on disk. The first
/// group also has the files of the others, without pool and passwords.
fn demonstration(folder: &Path) -> Vec<Group> {
    let pki = demo::Pki::generate(at()).expect("keys");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    };
    let document = demo::document(at()).expect("a document");
    let made = demo::sign(&pki, &document, at()).expect("a release");
    let mut changed = made.released.clone();
    let middle = document.len() / 2;
    changed[middle] ^= 1;
    let trust = demo::trust(&pki).expect("trust").to_json();
    let alone = write(ALONE, &without_issuers(&pki, &document));
    let locked = write(LOCKED, &encrypted("mật khẩu".as_bytes()));
    let issuing = pki.issuing.certificate_pem().expect("a certificate");
    let mut plain = Group {
        trust: vec![write("trust.json", trust.as_bytes())],
        evidence: vec![
            write("root.crl", &pki.root_crl),
            write("issuing.crl", &pki.issuing_crl),
        ],
        policy: "official",
        pool: Vec::new(),
        passwords: Vec::new(),
        files: vec![
            write("document.pdf", &made.document),
            write("approved.pdf", &made.approved),
            write("released.pdf", &made.released),
            write("received.pdf", &made.received),
            write("copy.pdf", &made.copy),
            write("changed.pdf", &changed),
            write("cut.pdf", &made.released[..made.released.len() - 40]),
        ],
    };
    let pool = Group {
        pool: vec![write("issuing.pem", issuing.as_bytes())],
        files: vec![alone.clone()],
        ..plain.clone()
    };
    let passwords = Group {
        passwords: vec!["first", "mật khẩu"],
        files: vec![locked.clone()],
        ..plain.clone()
    };
    plain.files.extend([alone, locked]);
    vec![plain, pool, passwords]
}

/// `document` signed by the leader, without the certificates of the issuers.
fn without_issuers(pki: &demo::Pki, document: &[u8]) -> Vec<u8> {
    let key = pki.leader_key().expect("a key");
    let absent = AbsentKey::new(vec![key.certificate().clone()], None).expect("a certificate");
    let prepared = Signer::new(absent).prepare(document, &Plan::default(), at());
    let prepared = prepared.expect("a document to sign");
    let value = key.sign(prepared.signature_algorithm(), prepared.message());
    let signed = prepared.finish(&value.expect("a value"), None, &Default::default());
    signed.expect("a signature").into_bytes()
}
