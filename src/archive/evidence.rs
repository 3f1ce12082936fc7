//! What was observed of each document ↔ one journal, from which a run is judged again without its files.
//!
//! The journal (`evidence.jsonl` in the folder of a run) is written by option. Its lines:
//!
//! - `#policy {…}`, `#trust {…}`: what the run was made under;
//! - `#blob SHA256 DATA`: octets that several documents have in common: certificates out of
//!   signatures, the CRLs and OCSP responses of security stores;
//! - `#evidence SHA256`: a blob that is evidence of the caller;
//! - `SHA256 DATA`: what was observed of the document with this digest, with references to blobs.
//!
//! DATA is base64 of DEFLATE. As in a record of one document, what the journal proves is that whoever
//! wrote it saw documents with these digests; keep it where only you write.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::cms::SignedData;
use crate::error::{Error, RecordFault};
use crate::limits::Limits;
use crate::pki::evidence::Origin;
use crate::pki::{Evidence, Trust};
use crate::report::hex;
use crate::run::journal::{Journal, Span};
use crate::signature::Observation;
use crate::validation::Policy;

/// Name of the journal in the folder of a run.
pub const FILE: &str = "evidence.jsonl";

/// Texts that are shorter stay where they are.
const LONG: usize = 1024;

/// Most octets that one line may hold, unpacked.
const MOST: u64 = 512 << 20;

/// What was observed of a document, ready to be written.
pub(super) struct Packed {
    sha256: String,
    data: String,
    blobs: Vec<(String, Vec<u8>)>,
}

impl Packed {
    /// Packs `seen`; `None` when the digest of its file was not computed.
    pub(super) fn new(seen: &Observation, limits: &Limits) -> Option<Self> {
        let sha256 = hex(&seen.digests.file()?);
        // Owned plain data always serialises.
        let mut value = serde_json::to_value(seen).ok()?;
        let mut blobs = Vec::new();
        let mut open = vec![&mut value];
        while let Some(value) = open.pop() {
            match value {
                Value::Array(list) => open.extend(list.iter_mut()),
                Value::Object(map) => open.extend(map.values_mut()),
                Value::String(text) if text.len() >= LONG => {
                    if let Ok(octets) = STANDARD.decode(text.as_bytes()) {
                        *value = parts(&octets, limits, &mut blobs);
                    }
                }
                _ => {}
            }
        }
        Some(Self {
            sha256,
            data: pack(value.to_string().as_bytes()),
            blobs,
        })
    }
}

/// Octets → a list of pieces, in base64 or as `#SHA256` of a blob. Certificates in a CMS structure
/// and everything that is none are blobs.
fn parts(octets: &[u8], limits: &Limits, blobs: &mut Vec<(String, Vec<u8>)>) -> Value {
    let mut list = vec![Value::String(OCTETS.to_owned())];
    let mut blob = |octets: &[u8]| {
        let sha256 = hex(&Sha256::digest(octets));
        blobs.push((sha256.clone(), octets.to_vec()));
        Value::String(format!("#{sha256}"))
    };
    let Ok(cms) = SignedData::parse(octets, limits) else {
        list.push(blob(octets));
        return Value::Array(list);
    };
    let mut rest = octets;
    for certificate in &cms.certificates {
        // In their order; one that was sent in another form stays where it is.
        let Some(at) = memchr::memmem::find(rest, certificate) else {
            continue;
        };
        let (before, after) = rest.split_at(at);
        list.push(Value::String(STANDARD.encode(before)));
        list.push(blob(certificate));
        rest = after.get(certificate.len()..).unwrap_or_default();
    }
    list.push(Value::String(STANDARD.encode(rest)));
    Value::Array(list)
}

/// First item of a list that stands for octets.
const OCTETS: &str = "#octets";

fn pack(octets: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    // Memory takes everything.
    let _ = encoder.write_all(octets);
    STANDARD.encode(encoder.finish().unwrap_or_default())
}

fn unpack(data: &str) -> Option<Vec<u8>> {
    let packed = STANDARD.decode(data).ok()?;
    let mut octets = Vec::new();
    let mut reader = ZlibDecoder::new(&packed[..]).take(MOST + 1);
    reader.read_to_end(&mut octets).ok()?;
    (octets.len() as u64 <= MOST).then_some(octets)
}

fn malformed(text: &str) -> Error {
    RecordFault::Malformed(text.to_owned()).into()
}

/// The open journal of a run.
pub(super) struct Store {
    journal: Journal,
    blobs: HashMap<String, Span>,
    documents: HashMap<String, Span>,
    evidence: HashSet<String>,
    policy: Option<String>,
    trust: Option<String>,
}

impl Store {
    /// Opens the journal at `path`, or makes it.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let (mut blobs, mut documents) = (HashMap::new(), HashMap::new());
        let mut evidence = HashSet::new();
        let (mut policy, mut trust) = (None, None);
        let journal = Journal::open(path, |span, line| {
            let Some((first, rest)) = line.split_once(' ') else {
                return false;
            };
            match first {
                "#policy" => policy = Some(rest.to_owned()),
                "#trust" => trust = Some(rest.to_owned()),
                "#blob" => {
                    let sha256 = rest.split(' ').next().unwrap_or_default();
                    blobs.insert(sha256.to_owned(), span);
                }
                "#evidence" => {
                    evidence.insert(rest.to_owned());
                }
                sha256 => {
                    documents.insert(sha256.to_owned(), span);
                }
            }
            true
        })?;
        Ok(Self {
            journal,
            blobs,
            documents,
            evidence,
            policy,
            trust,
        })
    }

    /// Writes down what the run is made under, where that is not there yet.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub(super) fn begin(
        &mut self,
        policy: &Policy,
        trust: &Trust,
        evidence: &Evidence,
    ) -> Result<(), Error> {
        // Plain data always serialises.
        let policy = serde_json::to_string(policy).unwrap_or_default();
        if self.policy.as_ref() != Some(&policy) {
            self.journal.append(&format!("#policy {policy}"))?;
            self.policy = Some(policy);
        }
        let trust = trust.to_json().replace(['\n', '\r'], " ");
        if self.trust.as_ref() != Some(&trust) {
            self.journal.append(&format!("#trust {trust}"))?;
            self.trust = Some(trust);
        }
        let certificates = evidence.certificates().map(|one| one.der().to_vec());
        let crls = evidence.crls().map(|piece| piece.value.der().to_vec());
        let ocsps = evidence.ocsps().map(|piece| piece.value.der().to_vec());
        for octets in certificates.chain(crls).chain(ocsps) {
            let sha256 = hex(&Sha256::digest(&octets));
            self.blob(&sha256, &octets)?;
            if self.evidence.insert(sha256.clone()) {
                self.journal.append(&format!("#evidence {sha256}"))?;
            }
        }
        self.journal.flush()
    }

    /// Whether the document with this digest is there.
    pub(super) fn has(&self, sha256: &str) -> bool {
        self.documents.contains_key(sha256)
    }

    /// Adds what was observed of a document; it is safe from the death of the process afterwards.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub(super) fn add(&mut self, packed: &Packed) -> Result<(), Error> {
        if self.has(&packed.sha256) {
            return Ok(());
        }
        for (sha256, octets) in &packed.blobs {
            self.blob(sha256, octets)?;
        }
        let line = format!("{} {}", packed.sha256, packed.data);
        let span = self.journal.append(&line)?;
        self.documents.insert(packed.sha256.clone(), span);
        self.journal.flush()
    }

    fn blob(&mut self, sha256: &str, octets: &[u8]) -> Result<(), Error> {
        if !self.blobs.contains_key(sha256) {
            let line = format!("#blob {sha256} {}", pack(octets));
            let span = self.journal.append(&line)?;
            self.blobs.insert(sha256.to_owned(), span);
        }
        Ok(())
    }

    /// The policy of the run that wrote last.
    ///
    /// # Errors
    /// As [`Policy::from_json`]; there is none.
    pub(super) fn policy(&self) -> Result<Policy, Error> {
        let json = self
            .policy
            .as_deref()
            .ok_or_else(|| malformed("no policy"))?;
        Policy::from_json(json.as_bytes())
    }

    /// Whom the run that wrote last trusted.
    ///
    /// # Errors
    /// As [`Trust::from_json`]; there is none.
    pub(super) fn trust(&self) -> Result<Trust, Error> {
        let json = self.trust.as_deref().ok_or_else(|| malformed("no trust"))?;
        Trust::from_json(json.as_bytes())
    }

    /// The evidence of the caller in the runs that wrote here.
    ///
    /// # Errors
    /// [`RecordFault`]; a piece that is none.
    pub(super) fn evidence(&mut self, limits: &Limits) -> Result<Evidence, Error> {
        let mut pieces: Vec<String> = self.evidence.iter().cloned().collect();
        pieces.sort();
        let mut evidence = Evidence::new();
        for sha256 in pieces {
            let octets = self.octets(&sha256)?;
            evidence.add_bytes(&octets, Origin::Caller, limits)?;
        }
        Ok(evidence)
    }

    /// What was observed of the document with this digest; `None` when it is not there.
    ///
    /// # Errors
    /// [`RecordFault`]: what is there is not what was written.
    pub(super) fn observation(
        &mut self,
        sha256: &str,
        limits: &Limits,
    ) -> Result<Option<Observation>, Error> {
        let Some(span) = self.documents.get(sha256).copied() else {
            return Ok(None);
        };
        let json = self.data(span)?;
        let mut value: Value =
            serde_json::from_slice(&json).map_err(|error| malformed(&error.to_string()))?;
        let mut open = vec![&mut value];
        while let Some(value) = open.pop() {
            match value {
                Value::Array(list) if list.first().is_some_and(|first| first == OCTETS) => {
                    let mut octets = Vec::new();
                    for piece in list.iter().skip(1) {
                        let piece = piece.as_str().unwrap_or_default();
                        match piece.strip_prefix('#') {
                            Some(sha256) => octets.extend(self.octets(sha256)?),
                            None => octets.extend(
                                STANDARD
                                    .decode(piece)
                                    .map_err(|_| malformed("not base64"))?,
                            ),
                        }
                    }
                    *value = Value::String(STANDARD.encode(octets));
                }
                Value::Array(list) => open.extend(list.iter_mut()),
                Value::Object(map) => open.extend(map.values_mut()),
                _ => {}
            }
        }
        let seen: Observation =
            serde_json::from_value(value).map_err(|error| malformed(&error.to_string()))?;
        seen.check(limits)?;
        if seen
            .digests
            .file()
            .is_none_or(|digest| hex(&digest) != sha256)
        {
            return Err(RecordFault::Digest.into());
        }
        Ok(Some(seen))
    }

    /// The blob with this digest, which is checked.
    fn octets(&mut self, sha256: &str) -> Result<Vec<u8>, Error> {
        let span = self.blobs.get(sha256).copied();
        let octets = self.data(span.ok_or_else(|| malformed("a blob is missing"))?)?;
        if hex(&Sha256::digest(&octets)) == sha256 {
            Ok(octets)
        } else {
            Err(RecordFault::Digest.into())
        }
    }

    fn data(&mut self, span: Span) -> Result<Vec<u8>, Error> {
        let mut line = String::new();
        self.journal.read(span, &mut line)?;
        let data = line.rsplit(' ').next().unwrap_or_default();
        unpack(data).ok_or_else(|| malformed("data cannot be unpacked"))
    }

    /// Gets everything onto the disk.
    ///
    /// # Errors
    /// As [`Journal::sync`].
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        self.journal.sync()
    }
}
