//! Trust, evidence and sources of time stamps → tokens, validation material and the last check of a signature.
//!
//! Nothing here opens a connection by itself: where tokens and missing revocation data come from
//! are arguments, as the time is.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::signed::Note;
use crate::crypto::{Budget, DigestAlgorithm, DigestValue, Direct};
use crate::error::{Error, ErrorKind, SigningFault};
use crate::limits::Limits;
use crate::pki::path::{self, PathFailureKind, PathParameters, Purpose, VerifiedPath};
use crate::pki::revocation::{self, Closure, Count, Sources, Status};
use crate::pki::timestamp::TimeStampToken;
use crate::pki::{Certificate, Evidence, Pool};
use crate::report::Report;
use crate::time::UtcTime;
use crate::validation::policy::{Freshness, RevocationMode};
use crate::validation::{self, AnswerStrength, Indication, Integrity};
use crate::verify::Verifier;

/// Gives time-stamp tokens.
///
/// What comes back is checked against the digest by whoever asks; a source checks what only it
/// can, such as a nonce.
pub trait TimeStampSource: Send + Sync {
    /// A token over `digest`, DER without anything behind it. `now` is the moment of asking.
    ///
    /// # Errors
    /// [`SigningFault::TimeStamp`]: none could be had.
    fn token(&self, digest: &DigestValue, now: UtcTime) -> Result<Vec<u8>, Error>;
}

/// Finds revocation data and certificates that are not at hand. What it does not find stays
/// missing; that is no error here.
pub trait EvidenceSource: Send + Sync {
    /// Adds to `evidence` what makes the status of the certificates of `path` known.
    fn revocation(
        &self,
        path: &VerifiedPath,
        evidence: &mut Evidence,
        pool: &Pool,
        parameters: &revocation::Parameters,
    );

    /// Certificates that may have issued `certificate`; only candidates.
    fn issuers(&self, certificate: &Certificate) -> Vec<Certificate>;
}

/// A certificate whose path is to be judged from the file alone.
pub(super) struct Leaf {
    pub(super) certificate: Certificate,
    pub(super) purpose: Purpose,
    /// Answers about it must not be older.
    pub(super) since: Option<UtcTime>,
}

/// Everything beside the key: with whom to trust, what is known, and whom to ask. Made once,
/// shared by threads, used for many documents.
pub struct Services {
    verifier: Verifier,
    stamps: Option<Box<dyn TimeStampSource>>,
    source: Option<Box<dyn EvidenceSource>>,
    clock: Option<Box<dyn Fn() -> UtcTime + Send + Sync>>,
    limits: Limits,
    /// The largest token so far: the next one will be about as long.
    sample: Mutex<Option<Arc<[u8]>>>,
    /// What the source found in this run.
    fetched: Mutex<Arc<Evidence>>,
    /// The status of own certificates, and when it was asked.
    own: Mutex<HashMap<[u8; 32], (UtcTime, OwnStatus)>>,
}

/// How long a status of the own certificate is not asked again, in seconds.
const OWN_STATUS: i64 = 600;

/// Octets by which tokens of one authority may differ: serial number, fraction of the second,
/// integers of a signature; and a second authority with a longer name.
const TOKEN_SLACK: usize = 256;

/// What is known of the signer's own certificate.
#[derive(Debug, Clone)]
enum OwnStatus {
    Good,
    Revoked(UtcTime),
    /// Not known, and why.
    Unknown(String),
}

impl Services {
    /// Trust, policy and evidence of `verifier`; nothing to ask yet.
    pub fn new(verifier: Verifier) -> Self {
        Self {
            verifier,
            stamps: None,
            source: None,
            clock: None,
            limits: Limits::new(),
            sample: Mutex::new(None),
            fetched: Mutex::new(Arc::new(Evidence::new())),
            own: Mutex::new(HashMap::new()),
        }
    }

    /// Time stamps come from `source`.
    #[must_use]
    pub fn with_time_stamps(mut self, source: impl TimeStampSource + 'static) -> Self {
        self.stamps = Some(Box::new(source));
        self
    }

    /// What is missing is asked of `source`.
    #[must_use]
    pub fn with_evidence_source(mut self, source: impl EvidenceSource + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// `clock` tells the moment after something was asked of others, which may take long: what they
    /// answer is judged then. Without a clock it is judged at the moment of the call.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> UtcTime + Send + Sync + 'static) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// The moment, which was `now` before others were asked.
    pub(super) fn moment(&self, now: UtcTime) -> UtcTime {
        self.clock.as_ref().map_or(now, |clock| clock().max(now))
    }

    /// Whether what is missing can be asked for.
    pub(super) fn can_ask(&self) -> bool {
        self.source.is_some()
    }

    /// Works within other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.verifier = self.verifier.with_limits(limits.clone());
        self.limits = limits;
        self
    }

    /// The verifier, without what was fetched.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether there is anybody to trust, so that a verdict can be more than technical.
    pub(super) fn has_trust(&self) -> bool {
        !self.verifier.trust().anchors().is_empty()
    }

    /// A token over `digest` that verifies, and its time.
    pub(super) fn stamp(
        &self,
        digest: &DigestValue,
        now: UtcTime,
    ) -> Result<(Vec<u8>, UtcTime), Error> {
        let source = self.stamps.as_ref();
        let source = source.ok_or(ErrorKind::Misuse("no time-stamping authority is given"))?;
        let der = source.token(digest, now)?;
        let broken = |why: String| Error::new(SigningFault::TimeStamp(why));
        let token =
            TimeStampToken::parse(&der, &self.limits).map_err(|it| broken(it.to_string()))?;
        if token.der().len() != der.len() {
            return Err(broken("something follows the token".to_owned()));
        }
        let pool = self.pool();
        let parameters = self.parameters(now, Purpose::TimeStamping);
        let trust = self.verifier.trust();
        let budget = Budget::new(&Direct, &self.limits);
        let seen = token.verify(digest, &pool, trust, &parameters, &budget);
        if let Some(fault) = seen.faults.first() {
            return Err(broken(fault.to_string()));
        }
        if let (true, Some(Err(failure))) = (self.has_trust(), &seen.path) {
            return Err(broken(failure.to_string()));
        }
        let time = token.info().gen_time;
        let mut sample = lock(&self.sample);
        if sample.as_ref().is_none_or(|known| known.len() < der.len()) {
            *sample = Some(Arc::from(der.as_slice()));
        }
        Ok((der, time))
    }

    /// A token of the authority, to know its length and its certificates; asked for once.
    pub(super) fn sample(&self, now: UtcTime) -> Result<Arc<[u8]>, Error> {
        if let Some(sample) = lock(&self.sample).clone() {
            return Ok(sample);
        }
        let digest = DigestAlgorithm::Sha256.digest(&[b"how long is a token?"]);
        let (der, _) = self.stamp(&digest, now)?;
        Ok(Arc::from(der))
    }

    /// Octets to keep free for a token.
    ///
    /// # Errors
    /// As [`TimeStampSource::token`]; a token that does not verify.
    pub fn token_space(&self, now: UtcTime) -> Result<usize, Error> {
        Ok(self.sample(now)?.len().saturating_add(TOKEN_SLACK))
    }

    /// Certificates that are known without any document.
    fn pool(&self) -> Pool {
        let mut pool = Pool::new();
        pool.extend(self.verifier.evidence().certificates().cloned());
        pool.extend(lock(&self.fetched).certificates().cloned());
        pool
    }

    pub(super) fn parameters(&self, at: UtcTime, purpose: Purpose) -> PathParameters {
        let mut parameters = PathParameters::new(at, purpose);
        parameters.limits = self.limits.clone();
        // Weak keys are a matter of the policy's calendar.
        parameters.minimum_rsa_bits = 1024;
        parameters
    }

    fn revocation_parameters(&self, at: UtcTime) -> revocation::Parameters {
        let mut parameters = revocation::Parameters::new(at);
        parameters.path = self.parameters(at, Purpose::Any);
        parameters.freshness = match self.verifier.policy().freshness {
            Freshness::NextUpdate => revocation::Freshness::NextUpdate,
            Freshness::MaxAge(seconds) => revocation::Freshness::MaxAge(seconds),
        };
        parameters
    }

    /// What the policy's calendar says of the signatures under answers.
    fn strength(&self, at: UtcTime) -> AnswerStrength<'_> {
        AnswerStrength::new(&self.verifier.policy().calendar, at)
    }

    /// Everything that is known: given, fetched, and `more`, that of a document.
    pub(super) fn evidence(&self, more: &Evidence) -> Evidence {
        let mut evidence = Evidence::over(Arc::clone(self.verifier.evidence()));
        evidence.merge(&lock(&self.fetched));
        evidence.merge(more);
        evidence
    }

    /// What is needed to judge `leaves` from the file alone, `known` being what lies in the file;
    /// what is missing is asked for.
    ///
    /// # Errors
    /// [`SigningFault::Material`] with everything that cannot be had.
    pub(super) fn closure(
        &self,
        leaves: &[Leaf],
        known: &Evidence,
        now: UtcTime,
    ) -> Result<Closure, Error> {
        let mut evidence = self.evidence(known);
        let mut now = now;
        let mut closure = Closure::new();
        let mut missing = Vec::new();
        for leaf in leaves {
            let Some(path) = self.path(leaf, &mut evidence, now, &mut missing) else {
                continue;
            };
            let mut pool = Pool::new();
            pool.extend(evidence.certificates().cloned());
            let attempt = |evidence: &Evidence, pool: &Pool, now: UtcTime| {
                let parameters = self.revocation_parameters(now);
                let budget = Budget::new(&Direct, &self.limits);
                let sources = Sources {
                    evidence,
                    pool,
                    budget: &budget,
                    strength: &self.strength(now),
                };
                let mut next = closure.clone();
                next.add(&path, &sources, &parameters, Count::Known);
                let stale = leaf.since.is_some_and(|since| {
                    let strict = revocation::Parameters {
                        freshness: revocation::Freshness::IssuedSince(since),
                        ..parameters.clone()
                    };
                    !revocation::status_from(&path, 0, &sources, &strict).is_good()
                });
                (next, stale)
            };
            let before = closure.missing().len();
            let (mut next, mut stale) = attempt(&evidence, &pool, now);
            if (stale || next.missing().len() > before)
                && let Some(source) = &self.source
            {
                let mut asked = self.revocation_parameters(now);
                if let Some(since) = leaf.since {
                    asked.freshness = revocation::Freshness::IssuedSince(since);
                }
                let mut fetched = Evidence::over(Arc::new(evidence.clone()));
                source.revocation(&path, &mut fetched, &pool, &asked);
                self.remember(&fetched, &evidence);
                evidence.merge(&lock(&self.fetched));
                pool.extend(evidence.certificates().cloned());
                now = self.moment(now);
                (next, stale) = attempt(&evidence, &pool, now);
            }
            closure = next;
            if stale {
                missing.push(format!(
                    "revocation of {} since its signature",
                    leaf.certificate.subject().rfc4514()
                ));
            }
        }
        missing.extend(closure.missing().iter().map(|gap| {
            let why = gap.why.first().map(|refusal| refusal.why.to_string());
            format!(
                "revocation of {}: {}",
                gap.certificate.subject().rfc4514(),
                why.unwrap_or_default()
            )
        }));
        if missing.is_empty() {
            Ok(closure)
        } else {
            Err(SigningFault::Material(missing).into())
        }
    }

    /// The path of `leaf`, issuers that are not at hand asked for.
    fn path(
        &self,
        leaf: &Leaf,
        evidence: &mut Evidence,
        now: UtcTime,
        missing: &mut Vec<String>,
    ) -> Option<VerifiedPath> {
        let parameters = self.parameters(now, leaf.purpose.clone());
        let mut last = None;
        for _ in 0..=self.limits.path_length {
            let mut pool = Pool::new();
            pool.extend(evidence.certificates().cloned());
            let trust = self.verifier.trust();
            let failure = match path::find(&leaf.certificate, &pool, trust, &parameters) {
                Ok(path) => return Some(path),
                Err(failure) => failure,
            };
            let open = failure.chain().last().unwrap_or(&leaf.certificate).clone();
            let wants = matches!(failure.kind(), PathFailureKind::NoIssuer);
            last = Some(failure);
            let source = self.source.as_ref().filter(|_| wants);
            let mut fetched = Evidence::new();
            for issuer in source.iter().flat_map(|source| source.issuers(&open)) {
                if pool.by_sha256(issuer.sha256()).is_none() {
                    fetched.add_certificate(issuer, crate::pki::evidence::Origin::Fetched);
                }
            }
            if fetched.is_empty() {
                break;
            }
            self.remember(&fetched, &Evidence::new());
            evidence.merge(&fetched);
        }
        let why = last.map(|failure| failure.to_string()).unwrap_or_default();
        missing.push(format!(
            "path of {}: {why}",
            leaf.certificate.subject().rfc4514()
        ));
        None
    }

    /// Keeps what was fetched for the documents to come; not what was there before.
    fn remember(&self, found: &Evidence, before: &Evidence) {
        let mut fresh = Evidence::new();
        let origin = crate::pki::evidence::Origin::Fetched;
        for certificate in found.certificates() {
            if before.origins(certificate.sha256()).is_empty() {
                fresh.add_certificate(certificate.clone(), origin);
            }
        }
        for piece in found.crls() {
            if before.origins(&piece.value.sha256()).is_empty() {
                fresh.add_crl(Arc::clone(&piece.value), origin);
            }
        }
        for piece in found.ocsps() {
            if before.origins(&piece.value.sha256()).is_empty() {
                fresh.add_ocsp(Arc::clone(&piece.value), origin);
            }
        }
        let mut all = lock(&self.fetched);
        fresh.merge(&all);
        *all = Arc::new(fresh);
    }

    /// What is to be said of the signer's own certificate before it signs.
    ///
    /// # Errors
    /// [`SigningFault::CertificateRevoked`].
    ///
    /// Source: validation rule V081.
    pub(super) fn own_certificate(
        &self,
        certificate: &Certificate,
        chain: &[Certificate],
        allow_revoked: bool,
        now: UtcTime,
    ) -> Result<Option<Note>, Error> {
        let policy = self.verifier.policy();
        if !self.has_trust() || policy.revocation == RevocationMode::None {
            return Ok(None);
        }
        let known = lock(&self.own).get(certificate.sha256()).cloned();
        let recent = |(asked, _): &(UtcTime, OwnStatus)| {
            (0..OWN_STATUS).contains(&now.unix().saturating_sub(asked.unix()))
        };
        let status = match known.filter(recent) {
            Some((_, status)) => status,
            None => {
                let status = self.ask_own(certificate, chain, now);
                lock(&self.own).insert(*certificate.sha256(), (now, status.clone()));
                status
            }
        };
        match status {
            OwnStatus::Good => Ok(None),
            OwnStatus::Revoked(since) if allow_revoked => Ok(Some(Note::Revoked { since })),
            OwnStatus::Revoked(since) => Err(SigningFault::CertificateRevoked {
                since: since.to_string(),
            }
            .into()),
            OwnStatus::Unknown(why) => Ok(Some(Note::StatusUnknown { why })),
        }
    }

    /// Asks for what a verdict on a signature of `certificate` needs; what is not found stays
    /// missing, and the verdict says so.
    pub(super) fn gather(&self, certificate: &Certificate, chain: &[Certificate], now: UtcTime) {
        let mut known = Evidence::new();
        for issuer in chain {
            known.add_certificate(issuer.clone(), crate::pki::evidence::Origin::Caller);
        }
        let leaf = Leaf {
            certificate: certificate.clone(),
            purpose: Purpose::Any,
            since: None,
        };
        let _ = self.closure(&[leaf], &known, now);
    }

    fn ask_own(&self, certificate: &Certificate, chain: &[Certificate], now: UtcTime) -> OwnStatus {
        let mut known = Evidence::new();
        for issuer in chain {
            known.add_certificate(issuer.clone(), crate::pki::evidence::Origin::Caller);
        }
        let mut evidence = self.evidence(&known);
        let leaf = Leaf {
            certificate: certificate.clone(),
            // What it is for is checked apart, and may be overridden.
            purpose: Purpose::Any,
            since: None,
        };
        let mut missing = Vec::new();
        let Some(path) = self.path(&leaf, &mut evidence, now, &mut missing) else {
            return OwnStatus::Unknown(missing.join("; "));
        };
        let mut pool = Pool::new();
        pool.extend(evidence.certificates().cloned());
        let ask = |evidence: &Evidence, now: UtcTime| {
            let budget = Budget::new(&Direct, &self.limits);
            let sources = Sources {
                evidence,
                pool: &pool,
                budget: &budget,
                strength: &self.strength(now),
            };
            revocation::status_from(&path, 0, &sources, &self.revocation_parameters(now))
        };
        let mut now = now;
        let mut status = ask(&evidence, now);
        if let (Status::Unknown { .. }, Some(source)) = (&status, &self.source) {
            let mut fetched = Evidence::over(Arc::new(evidence.clone()));
            source.revocation(&path, &mut fetched, &pool, &self.revocation_parameters(now));
            self.remember(&fetched, &evidence);
            now = self.moment(now);
            status = ask(&fetched, now);
        }
        match status {
            Status::Good { .. } => OwnStatus::Good,
            Status::Revoked { at, .. } if at <= now => OwnStatus::Revoked(at),
            Status::Revoked { .. } => OwnStatus::Good,
            Status::Unknown { why } => OwnStatus::Unknown(
                why.first()
                    .map(|refusal| refusal.why.to_string())
                    .unwrap_or_default(),
            ),
        }
    }

    /// The verdict on a document, with everything that was fetched.
    pub(super) fn judge(&self, document: &[u8], at: UtcTime) -> Result<Report, Error> {
        let fetched = Arc::clone(&lock(&self.fetched));
        if fetched.is_empty() {
            return self.verifier.verify(document, at);
        }
        let verifier = self.verifier.clone();
        verifier
            .with_evidence((*fetched).clone())
            .verify(document, at)
    }

    /// That `document` holds, as far as a verdict is possible, and that none of the signatures
    /// of `before` became worse (V077).
    ///
    /// # Errors
    /// [`SigningFault::SelfCheck`].
    pub(super) fn confirm(
        &self,
        before: &Report,
        document: &[u8],
        added: usize,
        at: UtcTime,
    ) -> Result<Report, Error> {
        let fault = |text: String| Error::new(SigningFault::SelfCheck(text));
        let after = self.judge(document, at)?;
        if after.signatures.len() != before.signatures.len().saturating_add(added) {
            return Err(fault("not all signatures are found again".to_owned()));
        }
        for (old, new) in before.signatures.iter().zip(&after.signatures) {
            if new.indication > old.indication || new.byte_range != old.byte_range {
                let name = new.field.as_deref().unwrap_or("?");
                return Err(fault(format!(
                    "the signature in field \"{name}\" was {} and would be {}",
                    old.indication, new.indication
                )));
            }
        }
        for new in after.signatures.iter().skip(before.signatures.len()) {
            let sound = new.integrity == Integrity::Intact
                && new.indication != Indication::TotalFailed
                && new.whole_document.is_some();
            if !sound {
                let name = new.field.as_deref().unwrap_or("?");
                let failed = new.checks.iter().find(|it| {
                    matches!(
                        it.status,
                        validation::Status::Failed | validation::Status::NotRun
                    )
                });
                return Err(fault(format!(
                    "the signature in field \"{name}\" is {} ({})",
                    new.indication,
                    failed.map_or("?", |check| check.id.code())
                )));
            }
        }
        Ok(after)
    }
}

/// What a thread that panicked left behind is whole: nothing is written in steps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services")
            .field("policy", &self.verifier.policy().name)
            .field("time_stamps", &self.stamps.is_some())
            .field("evidence_source", &self.source.is_some())
            .finish_non_exhaustive()
    }
}
