//! A signed document + [`Services`] → the same with material and time stamps of a higher level, or the archive renewed.
//!
//! Existing bytes stay as they are: a time stamp that is added later stands over the document, never
//! inside an existing `/Contents`.
//!
//! Source: EN 319 142-1 §6.3, §5.4; EN 319 102-1 §5.6.

use std::fmt;

use super::embed::Embedded;
use super::prepared::{digest_around, fill};
use super::services::{Leaf, Services};
use super::store::{self, Material};
use crate::cms::{SignedData, attribute};
use crate::crypto::{Budget, DigestAlgorithm, Direct};
use crate::error::{Error, ErrorKind, Refusal, SigningFault};
use crate::pdf::{Document, OpenOptions};
use crate::pki::evidence::Origin;
use crate::pki::path::Purpose;
use crate::pki::timestamp::TimeStampToken;
use crate::pki::{Certificate, Evidence, Pool, revocation};
use crate::report::{Report, hex};
use crate::signature::{self, EmbeddedSignature, Kind, security_store};
use crate::time::UtcTime;
use crate::validation::policy::RevocationMode;
use crate::validation::{self, Baseline, Indication, Lack, Level, SignatureVerdict};

/// How a document is raised.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extension {
    /// The level to reach; B-LT leaves a last revision that no time stamp covers.
    pub level: Level,
    /// Adds an archive time stamp although one is there and lasts.
    pub renew: bool,
    /// An archive time stamp lasts when its certificate holds at least this many days more.
    pub lasts_days: u32,
    /// Digest of document time stamps.
    pub digest: DigestAlgorithm,
    /// Takes only answers about the signer that are newer than the signature is proven to be, as
    /// qualified signatures want it: a revocation that was under way then is in them.
    pub answers_after_signature: bool,
    /// Raises the signature in this field alone; others are left as they are.
    pub field: Option<String>,
}

impl Extension {
    /// To `level`, all signatures; archives are renewed when their last time stamp has less than
    /// a year.
    pub fn to(level: Level) -> Self {
        Self {
            level,
            renew: false,
            lasts_days: 365,
            digest: DigestAlgorithm::Sha256,
            answers_after_signature: false,
            field: None,
        }
    }
}

/// What became of the document.
#[derive(Debug, Clone, PartialEq)]
pub enum Extended {
    /// It has what was asked for; nothing is to be written.
    Unchanged,
    /// It was raised.
    Raised(Box<Raised>),
}

/// A document that was raised and verified.
#[derive(Clone, PartialEq)]
pub struct Raised {
    bytes: Vec<u8>,
    report: Report,
    covered: bool,
}

impl Raised {
    /// The whole file; what was given is its exact prefix.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The whole file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The verdict on it.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Whether the last revision is covered by a document time-stamp; false for B-LT alone.
    pub fn is_covered(&self) -> bool {
        self.covered
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raised")
            .field("bytes", &self.bytes.len())
            .field("indication", &self.report.indication)
            .field("covered", &self.covered)
            .finish()
    }
}

/// Whose certificates are looked for, and whether that of the authority of the next time stamp is
/// among them.
#[derive(Clone, Copy)]
enum Whose {
    Everybody { next: bool },
    Authorities { next: bool },
}

/// A document while it is raised.
struct Work<'s> {
    services: &'s Services,
    how: &'s Extension,
    now: UtcTime,
    bytes: Vec<u8>,
    /// Signatures that were added.
    added: usize,
    /// The time of the newest token.
    stamped: Option<UtcTime>,
}

impl Services {
    /// Raises the signatures of `document`, one whole PDF, as `how` says.
    ///
    /// # Errors
    /// [`SigningFault::Refused`]: no signature, or one that is broken;
    /// [`SigningFault::Material`], [`SigningFault::TimeStamp`]: what the level needs cannot be
    /// had; [`SigningFault::SelfCheck`]: the result does not hold; malformed documents; limits.
    pub fn extend(
        &self,
        document: &[u8],
        how: &Extension,
        now: UtcTime,
    ) -> Result<Extended, Error> {
        let mut before = self.judge(document, now)?;
        if before.signatures.is_empty() {
            return Err(Refusal::NothingToRaise.into());
        }
        for one in &before.signatures {
            if one.indication == Indication::TotalFailed {
                let field = one.field.clone().unwrap_or_else(|| "?".to_owned());
                return Err(Refusal::Broken { field }.into());
            }
        }
        let mut work = Work {
            services: self,
            how,
            now,
            bytes: document.to_vec(),
            added: 0,
            stamped: None,
        };
        if self.can_ask() && lacks_time(&before) && work.gather(&before)? {
            before = self.judge(document, self.moment(now))?;
        }
        let wanted: Vec<(usize, &Baseline)> = before
            .signatures
            .iter()
            .enumerate()
            .filter(|(_, one)| how.field.is_none() || one.field == how.field)
            .filter_map(|(index, one)| Some((index, one.baseline.as_ref()?)))
            .collect();
        if wanted.is_empty() {
            return Err(Refusal::NothingToRaise.into());
        }
        let all = |lack: &Lack| wanted.iter().all(|(_, one)| !one.missing.contains(lack));
        let timed = all(&Lack::TimeStamp);
        let contained = wanted.iter().all(|(_, one)| one.self_contained);
        match how.level {
            Level::B => return Err(ErrorKind::Misuse("B-B is what every signature is").into()),
            Level::T if timed => return Ok(Extended::Unchanged),
            Level::T => {
                work.expect_to_hold(&before)?;
                work.stamp(&Material::default())?;
            }
            Level::Lt if timed && contained => return Ok(Extended::Unchanged),
            Level::Lt => {
                if !timed {
                    // A token is not spent on what will fail for want of something else.
                    work.material(&before, true)?;
                    work.stamp(&Material::default())?;
                }
                let material = work.material(&before, false)?;
                if !material.is_empty() {
                    let opened = open(&work.bytes, self)?;
                    work.bytes = store::append(&opened, &material)?;
                } else if timed {
                    return Ok(Extended::Unchanged);
                }
            }
            Level::Lta => {
                if all(&Lack::ArchiveTimeStamp) && !how.renew && work.lasts()? {
                    return Ok(Extended::Unchanged);
                }
                let material = work.material(&before, true)?;
                work.stamp(&material)?;
            }
        }
        let at = self.moment(now);
        let at = work.stamped.map_or(at, |time| time.max(at));
        let report = self.confirm(&before, &work.bytes, work.added, at)?;
        let indices: Vec<usize> = wanted.iter().map(|(index, _)| *index).collect();
        self.reached(&report, &indices, how.level)?;
        Ok(Extended::Raised(Box::new(Raised {
            covered: report
                .signatures
                .last()
                .is_some_and(|last| last.whole_document == Some(true)),
            bytes: work.bytes,
            report,
        })))
    }

    /// That the signatures have what `level` asks for.
    fn reached(&self, report: &Report, indices: &[usize], level: Level) -> Result<(), Error> {
        if !self.has_trust() {
            // Nothing is proven without trust; B-T is all that can be asked for then.
            return Ok(());
        }
        for index in indices {
            let Some(one) = report.signatures.get(*index) else {
                continue;
            };
            let missing = one.baseline.as_ref().map_or(&[][..], |it| &it.missing);
            let open = missing.iter().find(|lack| match lack {
                // An older form stays what it is, and gets the material all the same.
                Lack::Form { .. } => false,
                Lack::TimeStamp => true,
                Lack::Path { .. } | Lack::Revocation { .. } => level >= Level::Lt,
                Lack::ArchiveTimeStamp => level >= Level::Lta,
            });
            if let Some(lack) = open {
                let name = one.field.as_deref().unwrap_or("?");
                return Err(SigningFault::SelfCheck(format!(
                    "the signature in field \"{name}\" has not reached {level}: {}",
                    text_of(lack, report)
                ))
                .into());
            }
        }
        Ok(())
    }
}

/// What is missing, and for a time stamp why the one that was added is none.
fn text_of(lack: &Lack, report: &Report) -> String {
    match lack {
        Lack::Form { rule } => format!("form: {rule:?}"),
        Lack::TimeStamp => {
            let newest = report.signatures.iter().rev();
            let mut newest = newest.filter(|one| one.kind == Kind::DocumentTimeStamp);
            let why = newest.next().map_or("none is there".to_owned(), |stamp| {
                let sub = stamp.sub_indication.map(|sub| format!(", {sub}"));
                let sub = sub.unwrap_or_default();
                format!("the newest is {}{sub}", stamp.indication)
            });
            format!("no time stamp that verifies ({why})")
        }
        Lack::Path { certificate } => format!("path of {certificate}"),
        Lack::Revocation { certificate } => format!("revocation of {certificate}"),
        Lack::ArchiveTimeStamp => "no time stamp over the validation material".to_owned(),
    }
}

/// Whether a signature has no proof of its time that holds by what is known.
fn lacks_time(report: &Report) -> bool {
    let baselines = report
        .signatures
        .iter()
        .filter_map(|one| one.baseline.as_ref());
    baselines
        .into_iter()
        .any(|one| one.missing.contains(&Lack::TimeStamp))
}

fn open<'a>(bytes: &'a [u8], services: &Services) -> Result<Document<'a>, Error> {
    let options = OpenOptions {
        limits: services.limits().clone(),
        ..OpenOptions::default()
    };
    Document::open(bytes, &options)
}

impl Work<'_> {
    /// Adds a revision with `material` and a document time-stamp over everything.
    fn stamp(&mut self, material: &Material) -> Result<(), Error> {
        let mut space = self.services.token_space(self.now)?;
        // A second round only when the token of another authority is longer than the sample.
        for _ in 0..2 {
            let opened = open(&self.bytes, self.services)?;
            let Embedded { mut bytes, gap, .. } =
                store::append_with_stamp(&opened, material, space)?;
            let digest = digest_around(self.how.digest, &bytes, &gap)?;
            let (token, time) = self.services.stamp(&digest, self.now)?;
            if token.len() <= space {
                fill(&mut bytes, &gap, &token)?;
                self.bytes = bytes;
                self.added = self.added.saturating_add(1);
                self.stamped = Some(time);
                return Ok(());
            }
            space = token.len().saturating_add(1024);
        }
        Err(SigningFault::TimeStamp("tokens of changing length".to_owned()).into())
    }

    /// Asks for what the time stamps of the document lack; whether there are any.
    fn gather(&self, before: &Report) -> Result<bool, Error> {
        let (leaves, known) = self.leaves(before, Whose::Authorities { next: false })?;
        // What is not found stays missing, and is said where it is needed.
        let _ = self.services.closure(&leaves, &known, self.now);
        Ok(!leaves.is_empty())
    }

    /// That a token of the authority will verify with the trust that is given: its path, and the
    /// status of the certificates in it, which is asked for and not written.
    fn expect_to_hold(&self, before: &Report) -> Result<(), Error> {
        let must = match self.services.verifier().policy().revocation {
            RevocationMode::Require => true,
            RevocationMode::IfDeclared => false,
            RevocationMode::SoftFail | RevocationMode::None => return Ok(()),
        };
        if !self.services.has_trust() {
            return Ok(());
        }
        let (leaves, known) = self.leaves(before, Whose::Authorities { next: true })?;
        let says = |leaf: &Leaf| revocation::declared(&leaf.certificate).anything();
        let Some(next) = leaves.last() else {
            return Ok(());
        };
        let seen = self
            .services
            .closure(std::slice::from_ref(next), &known, self.now);
        match seen {
            Err(error) if must || says(next) => Err(error),
            _ => Ok(()),
        }
    }

    /// What the store must get so that the signatures can be judged from the file alone: their
    /// own paths and those of their time stamps; for an archive also what the time stamp to come
    /// and the one that it relieves need.
    fn material(&self, before: &Report, archive: bool) -> Result<Material, Error> {
        let (leaves, known) = self.leaves(before, Whose::Everybody { next: archive })?;
        let closure = self.services.closure(&leaves, &known, self.now)?;
        let opened = open(&self.bytes, self.services)?;
        Material::lacking(&opened, &closure, self.services.limits())
    }

    /// The certificates whose paths are to be judged, and what lies in the file; the authority of
    /// the time stamp to come is the last one.
    fn leaves(&self, before: &Report, whose: Whose) -> Result<(Vec<Leaf>, Evidence), Error> {
        let limits = self.services.limits();
        let (signers, next) = match whose {
            Whose::Everybody { next } => (true, next),
            Whose::Authorities { next } => (false, next),
        };
        let opened = open(&self.bytes, self.services)?;
        let found = signature::find(&opened, limits)?;
        let mut known = Evidence::new();
        let mut add = |bytes: &[u8], origin| {
            // What cannot be read helps nobody.
            let _ = known.add_bytes(bytes, origin, limits);
        };
        for entry in &security_store::read(&opened, limits)?.entries {
            let origin = Origin::SecurityStore {
                revision: entry.revision,
            };
            add(&entry.bytes, origin);
        }
        let tokens: Vec<Vec<u8>> = found.iter().flat_map(|one| tokens(one, limits)).collect();
        let sample = next
            .then(|| self.services.sample(self.now))
            .transpose()?
            .map(|sample| sample.to_vec());
        let contents = found.iter().map(|one| one.contents.as_slice());
        let inner = tokens.iter().chain(&sample).map(Vec::as_slice);
        for cms in contents.chain(inner) {
            let Ok(data) = SignedData::parse(cms, limits) else {
                continue;
            };
            let all = data.certificates.iter().chain(&data.crls);
            all.chain(&data.ocsp_responses)
                .for_each(|der| add(der, Origin::Cms));
        }
        let mut leaves = Vec::new();
        // Time stamps that were added in this very run are not in the report.
        let newest_stamp = found
            .iter()
            .rposition(|one| one.kind == Kind::DocumentTimeStamp);
        let own = |one: &EmbeddedSignature| self.how.field.is_none() || one.field == self.how.field;
        for (index, one) in found.iter().enumerate() {
            let verdict = before.signatures.get(index);
            if one.kind == Kind::DocumentTimeStamp {
                // Older ones are covered by this one, or lie under a signature that covers them.
                if Some(index) == newest_stamp {
                    leaves.extend(self.authority(&one.contents, &known));
                }
                continue;
            }
            let done = verdict.is_some_and(is_covered);
            if !own(one) || done {
                continue;
            }
            if signers {
                leaves.extend(verdict.and_then(|verdict| self.signer(verdict, &known)));
            }
            for token in tokens_of(one, limits) {
                leaves.extend(self.authority(&token, &known));
            }
        }
        if let Some(sample) = &sample {
            leaves.extend(self.authority(sample, &known));
        }
        Ok((leaves, known))
    }

    fn signer(&self, verdict: &SignatureVerdict, known: &Evidence) -> Option<Leaf> {
        let wanted = &verdict.certificate.as_ref()?.sha256;
        let evidence = self.services.evidence(known);
        let certificate = evidence
            .certificates()
            .find(|it| hex(it.sha256()) == *wanted)?
            .clone();
        let policy = self.services.verifier().policy();
        Some(Leaf {
            certificate,
            purpose: validation::document_signing(policy),
            since: self
                .how
                .answers_after_signature
                .then_some(verdict.best_signature_time.time),
        })
    }

    /// The authority that made a token.
    fn authority(&self, token: &[u8], known: &Evidence) -> Option<Leaf> {
        let certificate = authority(token, known, self.services, self.now)?;
        Some(Leaf {
            certificate,
            purpose: Purpose::TimeStamping,
            since: None,
        })
    }

    /// Whether the newest document time-stamp lasts.
    fn lasts(&self) -> Result<bool, Error> {
        let limits = self.services.limits();
        let opened = open(&self.bytes, self.services)?;
        let found = signature::find(&opened, limits)?;
        let newest = found.iter().rev();
        let mut newest = newest.filter(|one| one.kind == Kind::DocumentTimeStamp);
        let Some(newest) = newest.next() else {
            return Ok(false);
        };
        let mut known = Evidence::new();
        for entry in &security_store::read(&opened, limits)?.entries {
            let _ = known.add_bytes(&entry.bytes, Origin::Cms, limits);
        }
        let by = authority(&newest.contents, &known, self.services, self.now);
        let until = self.now.plus(i64::from(self.how.lasts_days) * 86_400);
        Ok(by.is_some_and(|by| by.validity().not_after >= until))
    }
}

fn is_covered(verdict: &SignatureVerdict) -> bool {
    let missing = verdict.baseline.as_ref().map(|it| &it.missing);
    missing.is_some_and(|missing| missing.iter().all(|lack| matches!(lack, Lack::Form { .. })))
}

/// The tokens on a signature's value, as they stand.
fn tokens_of(one: &EmbeddedSignature, limits: &crate::limits::Limits) -> Vec<Vec<u8>> {
    let Ok(data) = SignedData::parse(&one.contents, limits) else {
        return Vec::new();
    };
    let signer = data.signers.first();
    let tokens = signer.map(|it| attribute::signature_time_stamps(&it.unsigned_attributes));
    tokens
        .and_then(Result::ok)
        .unwrap_or_default()
        .into_iter()
        .map(|(token, _)| token.to_vec())
        .collect()
}

/// As [`tokens_of`]; none for a document time-stamp, which is a token itself.
fn tokens(one: &EmbeddedSignature, limits: &crate::limits::Limits) -> Vec<Vec<u8>> {
    match one.kind {
        Kind::DocumentTimeStamp => Vec::new(),
        _ => tokens_of(one, limits),
    }
}

fn authority(
    token: &[u8],
    known: &Evidence,
    services: &Services,
    now: UtcTime,
) -> Option<Certificate> {
    let token = TimeStampToken::parse(token, services.limits()).ok()?;
    let mut pool = Pool::new();
    pool.extend(services.evidence(known).certificates().cloned());
    let digest = DigestAlgorithm::Sha256.digest(&[]);
    let parameters = services.parameters(now, Purpose::TimeStamping);
    // Whose token it is does not depend on what it stamps.
    let trust = services.verifier().trust();
    let budget = Budget::new(&Direct, services.verifier().limits());
    token
        .verify(&digest, &pool, trust, &parameters, &budget)
        .signer
}
