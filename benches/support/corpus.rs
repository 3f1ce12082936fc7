//! A seed and a few numbers → an archive of signed files, with the table of what must be found in it.
//!
//! Everything is invented and made here: a root, issuing authorities, agencies, signers, documents.
//! The same [`Options`] give the same bytes, on every machine (RSA PKCS#1 v1.5 has no chance in it;
//! with [`KeyForm::P256`] keys and signatures are new each time). Each file is a function of its index
//! alone, so files can be made in any order and by several threads.
//!
//! RSA keys are pairs out of a small pool of primes: 330 primes give 54,285 different moduli in the
//! time of 165 keys. Keys that share primes protect nothing, which is right for files like these.

// Each user takes what it needs.
#![allow(dead_code)]

#[path = "corpus/document.rs"]
mod document;
#[path = "corpus/keys.rs"]
mod keys;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use kyso::crypto::{DigestValue, SignatureAlgorithm};
use kyso::limits::Limits;
use kyso::oid::{self, Oid};
use kyso::pki::evidence::Origin;
use kyso::pki::issue::{
    Authority, CrlTemplate, ExtensionValue, Key, KeyType, RevokedEntry, StampTemplate, Subject,
    Template, pem,
};
use kyso::pki::{Certificate, Evidence, Trust};
use kyso::signing::{KeySource, Plan, Services, Signer, TimeStampSource};
use kyso::time::UtcTime;
use kyso::validation::Level;
use kyso::{Policy, Verifier};

use document::{append_page, document, flip_in_value};
use keys::{Dice, Pool};

/// What to make.
#[derive(Debug, Clone)]
pub struct Options {
    /// Another seed, another archive.
    pub seed: u64,
    /// Number of files.
    pub files: usize,
    /// Number of signers, the broken ones not counted. With as many as files, each file has a leader
    /// of its own; with fewer, some sign often.
    pub signers: usize,
    /// Number of agencies; each has at least one signer when there are as many signers.
    pub agencies: usize,
    /// Sizes to aim at, in bytes, each with its weight; many signatures may make a file larger.
    pub sizes: Vec<(usize, u32)>,
    /// Weights of one, two, three and four signatures.
    pub signatures: [u32; 4],
    /// Further small objects in each file.
    pub objects: usize,
    /// Of a thousand files, how many are broken or open in one of the known ways.
    pub faulty: u32,
    /// Signers' keys.
    pub keys: KeyForm,
    /// Level of every signature. Above B-B nothing is faulty, and all is signed in the half hour
    /// before [`Options::at`], when the CRLs are there.
    pub level: Level,
    /// The moment to verify for; documents are dated in the sixteen months before it.
    pub at: UtcTime,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            files: 100,
            signers: 53,
            agencies: 415,
            sizes: vec![(20_000, 1)],
            signatures: [50, 30, 15, 5],
            objects: 0,
            faulty: 60,
            keys: KeyForm::Rsa(2048),
            level: Level::B,
            at: UtcTime::from_civil(2026, 11, 23, 7, 0, 0).expect("a moment"),
        }
    }
}

/// Kind of the signers' keys; authorities have RSA keys of 2048 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// RSA with a modulus of so many bits.
    Rsa(usize),
    /// ECDSA on P-256.
    P256,
}

/// What is wrong with a file, or open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// One bit of the signed bytes is another.
    Content,
    /// One bit of the signature value is another.
    Value,
    /// A later revision shows another page.
    LaterPage,
    /// The last bytes are missing.
    Cut,
    /// Nobody signed.
    Unsigned,
    /// Something else than a PDF.
    NotPdf,
    /// No bytes at all.
    Empty,
    /// The signer's certificate is revoked.
    Revoked,
    /// The signer's certificate is over.
    Expired,
    /// The signer's root is not trusted.
    Untrusted,
    /// The issuing authority publishes no CRL.
    NoStatus,
}

impl Fault {
    pub const ALL: [Self; 11] = [
        Self::Content,
        Self::Value,
        Self::LaterPage,
        Self::Cut,
        Self::Unsigned,
        Self::NotPdf,
        Self::Empty,
        Self::Revoked,
        Self::Expired,
        Self::Untrusted,
        Self::NoStatus,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Value => "value",
            Self::LaterPage => "later-page",
            Self::Cut => "cut",
            Self::Unsigned => "unsigned",
            Self::NotPdf => "not-pdf",
            Self::Empty => "empty",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Untrusted => "untrusted",
            Self::NoStatus => "no-status",
        }
    }

    /// What a verifier must say under `official` with the evidence of the archive; or the error.
    pub const fn expected(self) -> (&'static str, &'static str) {
        match self {
            Self::Content => ("TOTAL-FAILED", "HASH_FAILURE"),
            Self::Value => ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE"),
            Self::LaterPage | Self::Cut => ("TOTAL-FAILED", "FORMAT_FAILURE"),
            Self::Unsigned => ("NO_SIGNATURE_FOUND", ""),
            Self::NotPdf => ("", "not-pdf"),
            Self::Empty => ("", "empty"),
            Self::Revoked => ("INDETERMINATE", "REVOKED_NO_POE"),
            Self::Expired => ("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE"),
            Self::Untrusted => ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND"),
            Self::NoStatus => ("INDETERMINATE", "TRY_LATER"),
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Path below the folder of the files, with `/`.
    pub file: String,
    /// Bytes.
    pub size: usize,
    /// What was done to it.
    pub fault: Option<Fault>,
    /// The indication; empty for an error.
    pub indication: &'static str,
    /// The sub-indication, the kind of error, or empty.
    pub why: &'static str,
    /// Common names of the signers, in order.
    pub signers: Vec<String>,
    /// Their agencies.
    pub agencies: Vec<String>,
    /// When the signers say they signed.
    pub time: UtcTime,
}

impl Expected {
    pub fn json(&self) -> String {
        serde_json::json!({
            "file": self.file,
            "size": self.size,
            "fault": self.fault.map(Fault::name),
            "indication": self.indication,
            "why": self.why,
            "signers": self.signers,
            "agencies": self.agencies,
            "time": self.time,
        })
        .to_string()
    }
}

/// One file of the archive.
pub struct Made {
    pub bytes: Vec<u8>,
    pub expected: Expected,
}

/// Runs `work` for 0 to `count` on all cores.
pub fn parallel(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores.min(count) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    work(index);
                }
            });
        }
    });
}

/// A key with its certificates, as a source of signatures.
struct Holder {
    key: Key,
    certificate: Certificate,
    chain: Vec<Certificate>,
    name: String,
    agency: String,
}

impl KeySource for &'static Holder {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        vec![self.key.algorithm().clone()]
    }

    fn sign(&self, _: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, kyso::Error> {
        self.key.sign(message)
    }
}

/// A time-stamping authority in this process: the same digest at the same time gets the same token.
struct Stamps {
    authority: Authority,
    chain: Vec<Vec<u8>>,
}

impl TimeStampSource for Stamps {
    fn token(&self, digest: &DigestValue, now: UtcTime) -> Result<Vec<u8>, kyso::Error> {
        let mut template = StampTemplate::new(now, &digest.as_bytes()[..8]);
        template.chain.clone_from(&self.chain);
        self.authority.time_stamp(digest, &template)
    }
}

struct SignerCell {
    cell: OnceLock<(&'static Holder, Signer)>,
}

/// Makes the files of one archive.
pub struct Corpus {
    options: Options,
    root: Authority,
    /// The first two serve everybody; then one without CRL, then one below another root.
    issuing: Vec<Authority>,
    foreign_root: Authority,
    crls: Vec<Vec<u8>>,
    keys: Option<Pool>,
    signers: Vec<SignerCell>,
    special: BTreeMap<Fault, SignerCell>,
    /// For levels above B-B.
    services: Option<Arc<Services>>,
}

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;
const ORGANIZATION: &str = "DEMO – không có giá trị pháp lý";
const SURNAMES: [&str; 8] = ["Nguyễn", "Trần", "Lê", "Phạm", "Võ", "Huỳnh", "Đặng", "Bùi"];
const MIDDLES: [&str; 6] = ["Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thanh"];
const STAMPS_KEY: usize = 6;
const FIRST_SIGNER_KEY: usize = 7;

impl Corpus {
    pub fn new(options: Options) -> Self {
        assert!(
            options.signers > 0 && options.agencies > 0,
            "somebody must sign"
        );
        assert!(
            options.level == Level::B || options.faulty == 0,
            "nobody time-stamps what is broken"
        );
        let at = options.at;
        let authorities = Pool::new(options.seed, 2048, FIRST_SIGNER_KEY + 1);
        let keys = match options.keys {
            KeyForm::Rsa(bits) => Some(Pool::new(
                options.seed,
                bits,
                FIRST_SIGNER_KEY + options.signers + 16,
            )),
            KeyForm::P256 => None,
        };
        let (from, until) = (at.plus(-5 * YEAR), at.plus(15 * YEAR));
        let root = |number: usize, name: &str| {
            let template = Template::root(
                &[number as u8 + 1],
                subject(&[(oid::AT_COMMON_NAME, name)]),
                from,
                until,
            );
            Authority::root(authorities.key(number), &template).expect("a root")
        };
        let (trusted, foreign_root) = (root(0, "DEMO Root CA"), root(1, "DEMO Root CA khác"));
        let issuing = |number: usize, name: &str, above: &Authority| {
            let mut template = Template::issuing(
                &[number as u8 + 1],
                subject(&[(oid::AT_COMMON_NAME, name)]),
                from,
                at.plus(10 * YEAR),
            );
            template.extensions.push(distribution("root"));
            above
                .subordinate(authorities.key(number), &template)
                .expect("an authority")
        };
        let issuing = vec![
            issuing(2, "DEMO CA phục vụ cơ quan nhà nước 1", &trusted),
            issuing(3, "DEMO CA phục vụ cơ quan nhà nước 2", &trusted),
            issuing(4, "DEMO CA không có CRL", &trusted),
            issuing(5, "DEMO CA khác", &foreign_root),
        ];
        let crl = |authority: &Authority, entries: Vec<RevokedEntry>| {
            let template = CrlTemplate {
                number: Some(7),
                this_update: at.plus(-3600),
                next_update: Some(at.plus(YEAR)),
                entries,
                extensions: Vec::new(),
            };
            authority.crl(&template).expect("a CRL")
        };
        let revoked = |serial: Vec<u8>| RevokedEntry {
            serial,
            at: at.plus(-20 * DAY),
            reason: Some(4),
            invalidity_date: None,
        };
        let others = (0..200u64).map(|n| revoked(serial(0x70_0000 + n)));
        let mut entries: Vec<_> = others.collect();
        entries.push(revoked(serial(SPECIAL + Fault::Revoked as u64)));
        let crls = vec![
            crl(&trusted, Vec::new()),
            crl(&issuing[0], entries.clone()),
            crl(&issuing[1], entries),
        ];
        let cell = || SignerCell {
            cell: OnceLock::new(),
        };
        let stamps = (options.level != Level::B).then(|| {
            let name = subject(&[(oid::AT_COMMON_NAME, "DEMO TSA")]);
            let template =
                Template::time_stamping(&serial(SPECIAL - 1), name, from, at.plus(3 * YEAR));
            let key = authorities.key(STAMPS_KEY);
            Stamps {
                authority: issuing[0]
                    .subordinate(key, &template)
                    .expect("an authority for time stamps"),
                chain: vec![issuing[0].certificate().to_vec()],
            }
        });
        let mut corpus = Self {
            services: None,
            signers: (0..options.signers).map(|_| cell()).collect(),
            special: Fault::ALL
                .into_iter()
                .map(|fault| (fault, cell()))
                .collect(),
            options,
            root: trusted,
            issuing,
            foreign_root,
            crls,
            keys,
        };
        if let Some(stamps) = stamps {
            let verifier =
                Verifier::new(corpus.trust(), Policy::official()).with_evidence(corpus.evidence());
            corpus.services = Some(Arc::new(Services::new(verifier).with_time_stamps(stamps)));
        }
        corpus
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The root, as trust.
    pub fn trust(&self) -> Trust {
        Trust::from_json(self.trust_file().as_bytes()).expect("a trust file")
    }

    /// The trust file: the root, and by which policies persons and agencies are told apart.
    pub fn trust_file(&self) -> String {
        let pem = self.root.certificate_pem().expect("a certificate");
        serde_json::json!({
            "format": "kyso-trust-1",
            "anchors": [{"certificate": pem, "source": "made for this archive"}],
            "rules": [{"is": "person", "policy": PERSON}, {"is": "agency", "policy": AGENCY}],
        })
        .to_string()
    }

    /// The CRLs that make revocation known.
    pub fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::new();
        for crl in &self.crls {
            let added = evidence.add_bytes(crl, Origin::Caller, &Limits::default());
            added.expect("a CRL");
        }
        evidence
    }

    /// Writes trust, CRLs, the table and all files below `out`: `trust.json`, `crl/`, `files/`,
    /// `expected.jsonl`.
    pub fn write(&self, out: &Path) -> std::io::Result<Vec<Expected>> {
        std::fs::create_dir_all(out.join("crl"))?;
        std::fs::write(out.join("trust.json"), self.trust_file())?;
        for (index, crl) in self.crls.iter().enumerate() {
            let text = pem("X509 CRL", crl).expect("PEM");
            std::fs::write(out.join(format!("crl/{index}.crl")), text)?;
        }
        let table: Vec<OnceLock<std::io::Result<Expected>>> =
            (0..self.options.files).map(|_| OnceLock::new()).collect();
        parallel(self.options.files, |index| {
            let made = self.file(index);
            let path: PathBuf = out.join("files").join(&made.expected.file);
            let written = std::fs::create_dir_all(path.parent().expect("a folder"))
                .and_then(|()| std::fs::write(&path, &made.bytes))
                .map(|()| made.expected);
            let _ = table[index].set(written);
        });
        let table: Vec<Expected> = table
            .into_iter()
            .filter_map(OnceLock::into_inner)
            .collect::<Result<_, _>>()?;
        let mut lines = std::io::BufWriter::new(std::fs::File::create(out.join("expected.jsonl"))?);
        for line in &table {
            writeln!(lines, "{}", line.json())?;
        }
        lines.flush()?;
        Ok(table)
    }

    /// File number `index`; always the same for the same options.
    pub fn file(&self, index: usize) -> Made {
        let options = &self.options;
        let mut dice = Dice::new(options.seed, 1, index as u64);
        let fault = (dice.roll(1000) < options.faulty as usize)
            .then(|| Fault::ALL[dice.roll(Fault::ALL.len())]);
        let time = options
            .at
            .plus(-DAY - (dice.next() % (480 * DAY as u64)) as i64);
        let time = match options.level {
            Level::B => time,
            _ => options.at.plus(-1800 + index as i64 % 1000),
        };
        let size = options.sizes[dice.weighted(options.sizes.iter().map(|(_, w)| *w))].0;
        let wanted = 1 + dice.weighted(options.signatures.iter().copied());
        let table = fault == Some(Fault::LaterPage) || dice.roll(2) == 0;

        let signers: Vec<&(&'static Holder, Signer)> = match fault {
            Some(Fault::Unsigned | Fault::NotPdf | Fault::Empty) => Vec::new(),
            Some(
                fault @ (Fault::Revoked | Fault::Expired | Fault::Untrusted | Fault::NoStatus),
            ) => {
                vec![self.special(fault)]
            }
            Some(_) => vec![self.signer(dice.skewed(options.signers))],
            None => {
                // The leader first, then others of the agency.
                let leader = match options.signers >= options.files {
                    true => index,
                    false => dice.skewed(options.signers),
                };
                let colleagues = options
                    .signers
                    .saturating_sub(leader % self.agencies())
                    .div_ceil(self.agencies());
                (0..wanted)
                    .map(|number| match number {
                        0 => self.signer(leader),
                        _ => self.signer(
                            leader % self.agencies() + dice.roll(colleagues) * self.agencies(),
                        ),
                    })
                    .collect()
            }
        };
        // What the signatures take, roughly; the rest is noise in the document.
        let overhead = match options.level {
            Level::B => 900 + 8_100 * signers.len(),
            _ => 14_000 + 18_000 * signers.len(),
        };
        let (mut bytes, noise) = document(
            &mut dice,
            index,
            size.saturating_sub(overhead).max(512),
            options.objects,
            table,
        );
        let mut plan = Plan::default();
        plan.level = options.level;
        let mut signed = time;
        for (_, signer) in &signers {
            bytes = signer
                .sign(&bytes, &plan, signed)
                .expect("the document can be signed")
                .into_bytes();
            signed = signed.plus(60);
        }
        match fault {
            Some(Fault::Content) => bytes[noise] ^= 0x10,
            Some(Fault::Value) => flip_in_value(&mut bytes),
            Some(Fault::LaterPage) => append_page(&mut bytes),
            Some(Fault::Cut) => bytes.truncate(bytes.len() - 120),
            Some(Fault::NotPdf) => bytes = b"PK\x03\x04 not a PDF".repeat(8),
            Some(Fault::Empty) => bytes.clear(),
            _ => {}
        }
        let agency = signers
            .first()
            .map_or("khong-ky".to_owned(), |(holder, _)| {
                // Folders have plain names: the agency's number.
                holder.agency.chars().filter(char::is_ascii_digit).collect()
            });
        let (year, month, ..) = time.civil(kyso::time::VIETNAM_OFFSET);
        let (indication, why) = fault.map_or(("TOTAL-PASSED", ""), Fault::expected);
        Made {
            expected: Expected {
                file: format!("{agency}/{year}-{month:02}/{index:07}.pdf"),
                size: bytes.len(),
                fault,
                indication,
                why,
                signers: signers
                    .iter()
                    .map(|(holder, _)| holder.name.clone())
                    .collect(),
                agencies: signers
                    .iter()
                    .map(|(holder, _)| holder.agency.clone())
                    .collect(),
                time,
            },
            bytes,
        }
    }

    fn agencies(&self) -> usize {
        self.options.agencies.min(self.options.signers)
    }

    fn signer(&self, number: usize) -> &(&'static Holder, Signer) {
        self.signers[number].cell.get_or_init(|| {
            let mut dice = Dice::new(self.options.seed, 2, number as u64);
            // One certificate in twelve ends within three months.
            let end = if dice.roll(12) == 0 {
                (5 + dice.roll(85)) as i64 * DAY
            } else {
                (200 + dice.roll(900)) as i64 * DAY
            };
            let until = self.options.at.plus(end);
            self.make(number, number as u64 + 1, number % 2, until)
        })
    }

    fn special(&self, fault: Fault) -> &(&'static Holder, Signer) {
        self.special[&fault].cell.get_or_init(|| {
            let issuing = match fault {
                Fault::NoStatus => 2,
                Fault::Untrusted => 3,
                _ => 0,
            };
            let until = match fault {
                Fault::Expired => -DAY / 2,
                _ => YEAR,
            };
            let number = self.options.signers + fault as usize;
            self.make(
                number,
                SPECIAL + fault as u64,
                issuing,
                self.options.at.plus(until),
            )
        })
    }

    fn make(
        &self,
        number: usize,
        serial_number: u64,
        issuing: usize,
        until: UtcTime,
    ) -> (&'static Holder, Signer) {
        let key = match &self.keys {
            Some(pool) => pool.key(FIRST_SIGNER_KEY + number),
            None => Key::generate(KeyType::P256).expect("a key"),
        };
        let agency = format!("Cơ quan Mẫu {:03}", number % self.agencies() + 1);
        // The first holder in each agency is the agency itself.
        let is_agency = number < self.agencies() && number.is_multiple_of(3);
        let (name, subject, policy) = if is_agency {
            let subject = subject(&[
                (oid::AT_ORGANIZATIONAL_UNIT, "Tỉnh Mẫu"),
                (oid::AT_COMMON_NAME, &agency),
                (oid::AT_USER_ID, &format!("MST:{number:010}")),
            ]);
            (agency.clone(), subject, AGENCY)
        } else {
            let name = format!(
                "{} {} Mẫu {number}",
                SURNAMES[number % SURNAMES.len()],
                MIDDLES[number / SURNAMES.len() % MIDDLES.len()]
            );
            let subject = subject(&[
                (oid::AT_ORGANIZATIONAL_UNIT, &agency),
                (oid::AT_COMMON_NAME, &name),
                (oid::AT_USER_ID, &format!("CCCD:{number:012}")),
            ]);
            (name, subject, PERSON)
        };
        let from = self.options.at.plus(-2 * YEAR);
        let mut template = Template::signer(&serial(serial_number), subject, from, until);
        let policy = Oid::from_dotted(policy).expect("an identifier");
        let purpose = ExtensionValue::extended_key_usage(&[oid::KP_DOCUMENT_SIGNING]);
        template.extensions.push(purpose.expect("an extension"));
        let policies = ExtensionValue::certificate_policies(&[policy]);
        template.extensions.push(policies.expect("an extension"));
        template.extensions.push(distribution(&issuing.to_string()));
        let authority = &self.issuing[issuing];
        let der = authority
            .issue(key.spki(), &template)
            .expect("a certificate");
        let root = if issuing == 3 {
            &self.foreign_root
        } else {
            &self.root
        };
        let read = |der: &[u8]| Certificate::from_der(der).expect("a certificate");
        // Signers live as long as the process: a source of signatures owns what it shows.
        let holder: &'static Holder = Box::leak(Box::new(Holder {
            certificate: read(&der),
            chain: vec![read(authority.certificate()), read(root.certificate())],
            key,
            name,
            agency,
        }));
        let signer = Signer::new(holder);
        match &self.services {
            Some(services) => (holder, signer.with_services(Arc::clone(services))),
            None => (holder, signer),
        }
    }
}

/// Serial numbers of signers with something wrong.
const SPECIAL: u64 = 0x60_0000;
/// Policies of the arc for examples.
const PERSON: &str = "2.999.1.1";
const AGENCY: &str = "2.999.1.2";

fn serial(number: u64) -> Vec<u8> {
    let mut octets = vec![0x4b];
    octets.extend(number.to_be_bytes());
    octets
}

fn subject(attributes: &[(Oid, &str)]) -> Subject {
    let start = Subject::new()
        .with(oid::AT_COUNTRY, "VN")
        .with(oid::AT_ORGANIZATION, ORGANIZATION);
    attributes.iter().fold(start, |subject, (kind, text)| {
        subject.with(kind.clone(), text)
    })
}

fn distribution(name: &str) -> ExtensionValue {
    let url = format!("http://crl.demo.invalid/{name}.crl");
    ExtensionValue::crl_distribution_points(&[&url]).expect("an extension")
}
