//! A small PKI and one signed file for each combination of algorithm, sub filter and input.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kyso::crypto::DigestAlgorithm;
use kyso::limits::Limits;
use kyso::oid;
use kyso::pki::Certificate;
use kyso::pki::issue::{
    Authority, CrlTemplate, ExtensionValue, Key, KeyType, Subject, Template, pem,
};
use kyso::signing::appearance::{Area, PageGeometry, TextAppearance, draw};
use kyso::signing::key::{LocalKey, pem as key_file};
use kyso::signing::plan::{Field, Permission, RsaPadding, SubFilter};
use kyso::signing::{Plan, Signed, Signer};
use kyso::time::UtcTime;

use crate::documents::{FORM, Form, PLAIN, build};

const DAY: i64 = 86_400;

/// The moment of signing, and of every check.
pub fn now() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T02:00:00Z").unwrap()
}

/// What a signer signs with.
pub struct Algorithm {
    pub name: &'static str,
    /// Bits of an RSA key to be made, or the name of a key of `testdata/keys`.
    key: Source,
    digest: Option<DigestAlgorithm>,
    padding: RsaPadding,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Made(&'static str),
    Stored(&'static str),
}

const fn rsa(name: &'static str, key: Source, digest: DigestAlgorithm) -> Algorithm {
    Algorithm {
        name,
        key,
        digest: Some(digest),
        padding: RsaPadding::Pkcs1,
    }
}

const fn pss(name: &'static str, digest: DigestAlgorithm) -> Algorithm {
    Algorithm {
        padding: RsaPadding::Pss,
        ..rsa(name, Source::Stored("rsa"), digest)
    }
}

const fn stored(name: &'static str, key: &'static str) -> Algorithm {
    Algorithm {
        name,
        key: Source::Stored(key),
        digest: None,
        padding: RsaPadding::Pkcs1,
    }
}

const R2048: Source = Source::Stored("rsa");
const R3072: Source = Source::Made("3072");
const R4096: Source = Source::Made("4096");

pub const ALGORITHMS: [Algorithm; 15] = [
    rsa("rsa-2048-sha256", R2048, DigestAlgorithm::Sha256),
    rsa("rsa-2048-sha384", R2048, DigestAlgorithm::Sha384),
    rsa("rsa-2048-sha512", R2048, DigestAlgorithm::Sha512),
    rsa("rsa-3072-sha256", R3072, DigestAlgorithm::Sha256),
    rsa("rsa-3072-sha384", R3072, DigestAlgorithm::Sha384),
    rsa("rsa-3072-sha512", R3072, DigestAlgorithm::Sha512),
    rsa("rsa-4096-sha256", R4096, DigestAlgorithm::Sha256),
    rsa("rsa-4096-sha384", R4096, DigestAlgorithm::Sha384),
    rsa("rsa-4096-sha512", R4096, DigestAlgorithm::Sha512),
    pss("pss-2048-sha256", DigestAlgorithm::Sha256),
    pss("pss-2048-sha384", DigestAlgorithm::Sha384),
    pss("pss-2048-sha512", DigestAlgorithm::Sha512),
    stored("p256", "p256"),
    stored("p384", "p384"),
    stored("ed25519", "ed25519"),
];

pub const SUB_FILTERS: [SubFilter; 2] =
    [SubFilter::EtsiCadesDetached, SubFilter::AdbePkcs7Detached];

/// What is signed, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A cross-reference table.
    Table,
    /// A cross-reference stream.
    Stream,
    /// A cross-reference stream, and objects in an object stream.
    ObjectStream,
    /// Three signatures in a row.
    Three,
    /// An empty field of the document is filled.
    ExistingField,
    /// Text on the second page.
    Visible,
    /// A certification with P = 2, and a signature after it.
    Certified,
}

pub const INPUTS: [Input; 7] = [
    Input::Table,
    Input::Stream,
    Input::ObjectStream,
    Input::Three,
    Input::ExistingField,
    Input::Visible,
    Input::Certified,
];

/// One signed file of the matrix.
pub struct Cell {
    pub algorithm: &'static str,
    pub sub_filter: &'static str,
    pub input: Input,
    pub signatures: usize,
    pub bytes: Vec<u8>,
    /// Of the last signature.
    pub byte_range: [u64; 4],
    /// Of the last signature.
    pub cms: Vec<u8>,
    /// Where the bytes lie.
    pub path: PathBuf,
}

impl Cell {
    pub fn name(&self) -> String {
        format!("{} {} {:?}", self.algorithm, self.sub_filter, self.input)
    }

    /// The same file with one letter of its first page changed, written to `path`.
    pub fn with_another_page(&self, path: &Path) -> Self {
        let mut bytes = self.bytes.clone();
        let at = bytes.windows(8).position(|w| w == b"Page one").unwrap();
        bytes[at] = b'R';
        std::fs::write(path, &bytes).unwrap();
        Self {
            bytes,
            path: path.to_owned(),
            cms: self.cms.clone(),
            ..*self
        }
    }
}

/// A root, an authority below it, and a CRL of each.
pub struct Pki {
    pub root: Vec<u8>,
    issuing: Authority,
    pub crls: [Vec<u8>; 2],
}

impl Pki {
    fn new() -> Self {
        let name = |text| {
            Subject::new()
                .with(oid::AT_COUNTRY, "VN")
                .with(oid::AT_COMMON_NAME, text)
        };
        let (from, until) = (now().plus(-700 * DAY), now().plus(3650 * DAY));
        let template = Template::root(&[1], name("Interop Root"), from, until);
        let root = Authority::root(Key::generate(KeyType::P256).unwrap(), &template).unwrap();
        let mut template = Template::issuing(&[2], name("Interop Issuing"), from, until);
        template.extensions.push(point("root"));
        let issuing = root
            .subordinate(Key::generate(KeyType::P256).unwrap(), &template)
            .unwrap();
        let crl = CrlTemplate {
            number: Some(1),
            this_update: now().plus(-60),
            next_update: Some(now().plus(7 * DAY)),
            entries: Vec::new(),
            extensions: Vec::new(),
        };
        Self {
            crls: [root.crl(&crl).unwrap(), issuing.crl(&crl).unwrap()],
            root: root.certificate().to_vec(),
            issuing,
        }
    }

    /// Root and CRLs as PEM, as openssl wants them.
    pub fn store(&self) -> String {
        self.crls
            .iter()
            .fold(pem("CERTIFICATE", &self.root).unwrap(), |store, crl| {
                store + &pem("X509 CRL", crl).unwrap()
            })
    }

    /// A signer with a key on P-256.
    pub fn signer(&self) -> Signer {
        let (key, spki) = read(Source::Stored("p256")).unwrap();
        Signer::new(self.key(&key, &spki, 99))
    }

    fn key(&self, key: &[u8], spki: &[u8], serial: u8) -> LocalKey {
        let name = Subject::new()
            .with(oid::AT_COUNTRY, "VN")
            .with(oid::AT_COMMON_NAME, "Nguyễn Thị Thử Nghiệm");
        let (from, until) = (now().plus(-30 * DAY), now().plus(365 * DAY));
        let mut template = Template::signer(&[serial], name, from, until);
        template.extensions.push(point("issuing"));
        let certificate = self.issuing.issue(spki, &template).unwrap();
        let chain = pem("CERTIFICATE", &certificate).unwrap()
            + &self.issuing.certificate_pem().unwrap()
            + &pem("CERTIFICATE", &self.root).unwrap();
        key_file::load(key, chain.as_bytes(), None, &Limits::default()).unwrap()
    }
}

fn point(name: &str) -> ExtensionValue {
    let url = format!("http://crl.interop.invalid/{name}.crl");
    ExtensionValue::crl_distribution_points(&[&url]).unwrap()
}

/// Private key (PEM) and DER `SubjectPublicKeyInfo`; `None` when the key cannot be made here.
fn read(source: Source) -> Option<(Vec<u8>, Vec<u8>)> {
    match source {
        Source::Stored(name) => {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys");
            let read = |end| std::fs::read(folder.join(format!("throwaway-{name}.{end}"))).unwrap();
            let certificate = Certificate::from_pem_or_der(&read("crt.pem")).unwrap();
            let spki = certificate[0].public_key().spki().to_vec();
            Some((read("key.pem"), spki))
        }
        Source::Made(bits) => {
            let bits = format!("rsa_keygen_bits:{bits}");
            let key = openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", &bits], b"")?;
            let spki = openssl(&["pkey", "-pubout", "-outform", "DER"], &key)?;
            Some((key, spki))
        }
    }
}

fn openssl(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    use std::io::Write;
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    Some(output.stdout)
}

/// The whole matrix, written to `folder`.
pub fn matrix(folder: &Path) -> (Pki, Vec<Cell>) {
    let pki = Pki::new();
    let mut cells = Vec::new();
    let mut signer: Option<(Source, Signer)> = None;
    let mut serial = 2;
    for algorithm in &ALGORITHMS {
        if signer
            .as_ref()
            .is_none_or(|(source, _)| *source != algorithm.key)
        {
            let Some((key, spki)) = read(algorithm.key) else {
                println!("NOT RUN: {}: openssl is not installed", algorithm.name);
                continue;
            };
            serial += 1;
            signer = Some((algorithm.key, Signer::new(pki.key(&key, &spki, serial))));
        }
        let (_, signer) = signer.as_ref().unwrap();
        for sub_filter in SUB_FILTERS {
            for input in INPUTS {
                let (signatures, signed) = sign(signer, algorithm, sub_filter, input);
                let path = folder.join(format!("{}.pdf", cells.len()));
                std::fs::write(&path, signed.bytes()).unwrap();
                cells.push(Cell {
                    algorithm: algorithm.name,
                    sub_filter: sub_filter.name(),
                    input,
                    signatures,
                    byte_range: signed.byte_range(),
                    cms: signed.cms().to_vec(),
                    bytes: signed.into_bytes(),
                    path,
                });
            }
        }
    }
    (pki, cells)
}

/// The number of signatures, and the last one.
fn sign(
    signer: &Signer,
    algorithm: &Algorithm,
    sub_filter: SubFilter,
    input: Input,
) -> (usize, Signed) {
    let document = match input {
        Input::Table | Input::Three | Input::Certified => build(Form::Table, &PLAIN),
        Input::Stream => build(Form::Stream, &PLAIN),
        Input::ObjectStream | Input::Visible => build(Form::ObjectStream, &PLAIN),
        Input::ExistingField => build(Form::Table, &FORM),
    };
    let mut plan = Plan::default();
    plan.sub_filter = sub_filter;
    plan.digest = algorithm.digest;
    plan.padding = algorithm.padding;
    plan.reason = Some("Phê duyệt".to_owned());
    let mut later = Vec::new();
    match input {
        Input::Three => later.extend([plan.clone(), plan.clone()]),
        Input::ExistingField => plan.field = Field::Existing("approval".to_owned()),
        Input::Visible => plan.visible = Some(visible(&document)),
        Input::Certified => {
            later.push(plan.clone());
            plan.certify = Some(Permission::FormFilling);
        }
        _ => {}
    }
    let mut signed = signer.sign(&document, &plan, now()).unwrap();
    for plan in &later {
        signed = signer.sign(signed.bytes(), plan, now()).unwrap();
    }
    (1 + later.len(), signed)
}

fn visible(document: &[u8]) -> kyso::signing::plan::Visible {
    let document = kyso::pdf::Document::open(document, &Default::default()).unwrap();
    let geometry = PageGeometry::of(&document.latest(), 1).unwrap();
    let area = Area {
        left: 100.0,
        top: 100.0,
        width: 200.0,
        height: 80.0,
    };
    let text = TextAppearance::signer("Nguyễn Thị Thử Nghiệm", None, now(), Some("Phê duyệt"));
    let form = draw(&text, &geometry.place(&area).unwrap()).unwrap();
    form.visible(1).unwrap()
}
