//! A [`VerifiedPath`] and [`Evidence`] → [`Closure`]: everything that is needed to judge the path again, and what is missing.

use std::collections::HashSet;
use std::sync::Arc;

use super::{
    Answer, Answers, Parameters, Refusal, Signer, Source, SourceKind, Sources, Status, Strength,
    answers, declared, judge,
};
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::evidence::Evidence;
use crate::pki::extension::ReasonFlags;
use crate::pki::ocsp::OcspResponse;
use crate::pki::path::VerifiedPath;
use crate::pki::pool::Pool;

/// What an answer must be to count for a [`Closure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Any authentic answer, whatever its age: whether the material is there at all.
    Authentic,
    /// An answer that makes the status known at [`Parameters::at`].
    Known,
}

/// Certificates, CRLs and OCSP responses with which paths can be judged without anything else:
/// every certificate of the paths, the anchor's among them when it has one, an answer about each
/// that somebody can revoke, and the same again for who signed the answers.
///
/// Everything is kept once, in the order in which it was met.
#[derive(Debug, Clone, Default)]
pub struct Closure {
    certificates: Pool,
    crls: Vec<Arc<Crl>>,
    ocsps: Vec<Arc<OcspResponse>>,
    taken: HashSet<[u8; 32]>,
    asked: HashSet<[u8; 32]>,
    missing: Vec<MissingAnswer>,
}

/// A certificate about which nothing counts.
#[derive(Debug, Clone, PartialEq)]
pub struct MissingAnswer {
    /// The certificate.
    pub certificate: Certificate,
    /// What was there and why it does not count.
    pub why: Vec<Refusal>,
}

impl Closure {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what `path` needs.
    ///
    /// Responders that say that nobody need ask about them (id-pkix-ocsp-nocheck), and signers of
    /// answers that do not say where to ask, need no answer.
    ///
    /// Source: EN 319 142-1 §6.3; RFC 6960 §4.2.2.2.1.
    pub fn add(
        &mut self,
        path: &VerifiedPath,
        sources: &Sources<'_>,
        parameters: &Parameters,
        count: Count,
    ) {
        let mut waiting = vec![(path.clone(), false)];
        while let Some((path, signs_answers)) = waiting.pop() {
            for (index, certificate) in path.certificates().iter().enumerate() {
                self.certificates.add(certificate.clone());
                if path.issuer(index).is_none() || !self.asked.insert(*certificate.sha256()) {
                    continue;
                }
                if signs_answers && index == 0 && certificate.ocsp_no_check() {
                    continue;
                }
                let found = answers(&path, index, sources, parameters);
                let chosen = match count {
                    Count::Authentic => authentic(&found),
                    Count::Known => known(&found, certificate, parameters, sources.strength),
                };
                match chosen {
                    Ok(chosen) => {
                        for answer in &found.answers {
                            let used = chosen.contains(&answer.source);
                            if let (true, Signer::Other(signer)) = (used, &answer.signer) {
                                waiting.push(((**signer).clone(), true));
                            }
                        }
                        chosen
                            .iter()
                            .for_each(|source| self.take(source, sources.evidence));
                    }
                    Err(_) if signs_answers && !declared(certificate).anything() => {}
                    Err(why) => self.missing.push(MissingAnswer {
                        certificate: certificate.clone(),
                        why,
                    }),
                }
            }
            if let Some(anchor) = path.anchor().certificate() {
                self.certificates.add(anchor.clone());
            }
        }
    }

    fn take(&mut self, source: &Source, evidence: &Evidence) {
        if !self.taken.insert(source.sha256) {
            return;
        }
        match source.kind {
            SourceKind::Crl | SourceKind::DeltaCrl => {
                let found = evidence.crls().map(|piece| &piece.value);
                let found = found.into_iter().find(|it| it.sha256() == source.sha256);
                self.crls.extend(found.cloned());
            }
            SourceKind::Ocsp => {
                let found = evidence.ocsps().map(|piece| &piece.value);
                let found = found.into_iter().find(|it| it.sha256() == source.sha256);
                self.ocsps.extend(found.cloned());
            }
        }
    }

    /// The certificates.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.certificates.iter()
    }

    /// The CRLs.
    pub fn crls(&self) -> &[Arc<Crl>] {
        &self.crls
    }

    /// The OCSP responses.
    pub fn ocsps(&self) -> &[Arc<OcspResponse>] {
        &self.ocsps
    }

    /// Certificates about which nothing counts; empty when the closure is complete.
    pub fn missing(&self) -> &[MissingAnswer] {
        &self.missing
    }
}

fn sources_of(answer: &Answer) -> impl Iterator<Item = Source> + use<> {
    [Some(answer.source.clone()), answer.delta.clone()]
        .into_iter()
        .flatten()
}

/// The newest answer that speaks of all reasons; without one, all that together do.
fn authentic(found: &Answers) -> Result<Vec<Source>, Vec<Refusal>> {
    let whole = |answer: &&Answer| answer.reasons.0 & ReasonFlags::ALL.0 == ReasonFlags::ALL.0;
    let alone = found.answers.iter().filter(whole);
    if let Some(newest) = alone.max_by_key(|answer| answer.this_update) {
        return Ok(sources_of(newest).collect());
    }
    let reasons = found.answers.iter().fold(0, |sum, it| sum | it.reasons.0);
    if reasons & ReasonFlags::ALL.0 == ReasonFlags::ALL.0 {
        return Ok(found.answers.iter().flat_map(sources_of).collect());
    }
    Err(found.refusals.clone())
}

/// What makes the status known, a revocation as well.
fn known(
    found: &Answers,
    certificate: &Certificate,
    parameters: &Parameters,
    strength: &dyn Strength,
) -> Result<Vec<Source>, Vec<Refusal>> {
    match judge(found, certificate, parameters, strength) {
        Status::Good { source, also, .. } => Ok(std::iter::once(source).chain(also).collect()),
        Status::Revoked { source, .. } => {
            // A delta is nothing without the CRL that it continues.
            let whole = found
                .answers
                .iter()
                .find(|it| it.source == source || it.delta.as_ref() == Some(&source));
            Ok(whole.map_or_else(|| vec![source.clone()], |it| sources_of(it).collect()))
        }
        Status::Unknown { why } => Err(why),
    }
}
