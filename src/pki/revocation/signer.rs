//! Who may have signed an answer → the certificate that did, with a path of its own that holds.

use std::cell::OnceCell;
use std::rc::Rc;

use super::scope::same;
use super::{
    Answers, Parameters, Refusal, Signer, SignerStatus, Source, SourceKind, Sources, Status, Why,
    declared, judge,
};
use crate::crypto::{Outcome, PublicKey};
use crate::limits::LimitReached;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::extension::KeyUsage;
use crate::pki::path::{
    self, Nesting, PathFailureKind, Period, PolicySettings, Purpose, VerifiedPath,
};
use crate::pki::pool::Pool;
use crate::pki::trust::Trust;
use crate::time::UtcTime;

/// Signers of answers about signers of answers: an indirect CRL and the responder of its issuer
/// need two.
const DEPTH: usize = 4;

/// One question with everything that it leads to.
pub(super) struct Search<'a> {
    pub(super) sources: &'a Sources<'a>,
    pub(super) parameters: &'a Parameters,
    /// Certificates whose status is being asked, the first question first.
    asked: Vec<[u8; 32]>,
    /// Every certificate that is known, for paths outside the asked one.
    all: OnceCell<Rc<Pool>>,
}

impl From<LimitReached> for Why {
    fn from(limit: LimitReached) -> Self {
        Self::Limit {
            name: limit.name,
            max: limit.max,
        }
    }
}

impl<'a> Search<'a> {
    pub(super) fn new(sources: &'a Sources<'a>, parameters: &'a Parameters) -> Self {
        Self {
            sources,
            parameters,
            asked: Vec::new(),
            all: OnceCell::new(),
        }
    }

    /// Everything about the certificate at `index` of `path`.
    pub(super) fn answers(&mut self, path: &VerifiedPath, index: usize) -> Answers {
        let mut found = Answers::default();
        let refusal = match path.certificates().get(index).zip(path.issuer(index)) {
            None => Some(Why::Anchor),
            Some((certificate, _)) if self.asked.contains(certificate.sha256()) => Some(Why::Loop),
            Some(_) if self.asked.len() >= DEPTH => Some(Why::Depth),
            Some((certificate, issuer)) => {
                self.asked.push(*certificate.sha256());
                self.crls(path, index, certificate, &mut found);
                self.ocsps(path, index, certificate, &issuer, &mut found);
                self.asked.pop();
                (found.answers.is_empty() && found.refusals.is_empty()).then_some(Why::NoEvidence)
            }
        };
        if let Some(why) = refusal {
            found.refusals.push(Refusal { source: None, why });
        }
        found
    }

    pub(super) fn source(&self, kind: SourceKind, sha256: [u8; 32]) -> Source {
        Source {
            kind,
            sha256,
            origins: self.sources.evidence.origins(&sha256),
        }
    }

    /// Who signed `crl`, with the key: a certificate above `index` on `path`, or another one that
    /// has the CRL's issuer as its subject and a path to the same anchor.
    ///
    /// Source: RFC 5280 §6.3.3 (f), (g); validation rules 2.4, 2.10, V041.
    pub(super) fn crl_signer(
        &mut self,
        crl: &Crl,
        path: &VerifiedPath,
        index: usize,
    ) -> Result<(Signer, PublicKey), Why> {
        let mut failure = Why::SignerNotFound;
        let mut above = index;
        while let Some(issuer) = path.issuer(above) {
            above += 1;
            if !same(issuer.name, crl.issuer()) {
                continue;
            }
            if !issuer.certificate.is_none_or(may_sign_crls) {
                failure = NO_CRL_SIGN;
                continue;
            }
            match crl.verify_within(issuer.key, self.sources.budget)? {
                Outcome::Verified => {
                    return Ok((Signer::OnPath { index: above }, issuer.key.clone()));
                }
                other => failure = other.into(),
            }
        }
        for candidate in self.candidates(crl, path, index) {
            if !may_sign_crls(&candidate) {
                failure = NO_CRL_SIGN;
                continue;
            }
            let outcome = crl.verify_within(candidate.public_key(), self.sources.budget)?;
            if !outcome.is_verified() {
                failure = outcome.into();
                continue;
            }
            let pool = Rc::clone(self.all(path));
            match self.path(
                &candidate,
                Purpose::CrlSigning,
                crl.this_update(),
                &pool,
                path,
            ) {
                Ok(found) => {
                    let key = candidate.public_key().clone();
                    return Ok((Signer::Other(Box::new(found)), key));
                }
                Err(limit @ Why::Limit { .. }) => return Err(limit),
                Err(why) => failure = why,
            }
        }
        Err(failure)
    }

    /// Certificates off the path whose subject issued `crl`; those with its key identifier first.
    fn candidates(&self, crl: &Crl, path: &VerifiedPath, index: usize) -> Vec<Certificate> {
        let wanted = crl
            .authority_key_identifier()
            .and_then(|identifier| identifier.key_identifier.as_deref());
        let mut found: Vec<Certificate> = self
            .all(path)
            .by_subject(crl.issuer())
            .filter(|candidate| {
                let mut above = path.certificates().iter().skip(index + 1);
                !above.any(|known| known == *candidate)
            })
            .cloned()
            .collect();
        found.sort_by_key(|candidate| {
            wanted.is_some() && candidate.subject_key_identifier() != wanted
        });
        found.truncate(self.parameters.path.limits.path_candidates);
        found
    }

    fn all(&self, path: &VerifiedPath) -> &Rc<Pool> {
        self.all.get_or_init(|| {
            let mut pool = self.sources.pool.clone();
            pool.extend(self.sources.evidence.certificates().cloned());
            pool.extend(path.certificates().iter().cloned());
            Rc::new(pool)
        })
    }

    /// A path of `signer` that held at `when`, to the anchor of `main`, with certificates that
    /// are not revoked.
    pub(super) fn path(
        &mut self,
        signer: &Certificate,
        purpose: Purpose,
        when: UtcTime,
        pool: &Pool,
        main: &VerifiedPath,
    ) -> Result<VerifiedPath, Why> {
        if self.asked.last() == Some(signer.sha256()) {
            return Err(Why::OwnAnswer);
        }
        if self.asked.contains(signer.sha256()) {
            return Err(Why::Loop);
        }
        // The anchor must be the same, RFC 5280 §6.3.3 (f).
        let mut trust = Trust::new();
        trust.add(main.anchor().clone());
        let mut parameters = self.parameters.path.clone();
        parameters.at = when;
        parameters.purpose = purpose.clone();
        parameters.policies = PolicySettings::default();
        parameters.max_path_length = None;
        parameters.period = Period::Enforce;
        // NOTE: rule 2.6 wants the purpose in every authority's extended key usage. For OCSP that
        // guards nothing, since the issuer may answer itself and only names its substitute; and
        // authorities for web servers are forbidden to have it (OpenSSL's case D1).
        if purpose == Purpose::OcspSigning && parameters.nesting.is_none() {
            parameters.nesting = Some(Nesting::Warn);
        }
        let budget = self.sources.budget;
        let mut found = path::find_within(signer, pool, &trust, &parameters, budget);
        if let Err(failure) = &found
            && matches!(
                failure.kind(),
                PathFailureKind::OutOfPeriod { .. } | PathFailureKind::AnchorExpired { .. }
            )
        {
            // The answer is authentic; `judge` looks at the period.
            parameters.period = Period::AllowOutOfPeriod;
            found = path::find_within(signer, pool, &trust, &parameters, budget);
        }
        let found = found.map_err(|failure| match failure.kind() {
            PathFailureKind::Limit { name, max } => Why::Limit { name, max: *max },
            _ => Why::SignerPath(failure),
        })?;
        self.signers_are_good(&found, &purpose, main)?;
        Ok(found)
    }

    /// That no certificate of `found` is revoked, those of `main` excepted, whose status is the
    /// caller's next question.
    fn signers_are_good(
        &mut self,
        found: &VerifiedPath,
        purpose: &Purpose,
        main: &VerifiedPath,
    ) -> Result<(), Why> {
        if self.parameters.signers == SignerStatus::Ignore {
            return Ok(());
        }
        for (index, certificate) in found.certificates().iter().enumerate() {
            let exempt = index == 0 && *purpose == Purpose::OcspSigning;
            if (exempt && certificate.ocsp_no_check())
                || main.certificates().contains(certificate)
                || found.issuer(index).is_none()
            {
                continue;
            }
            let answers = self.answers(found, index);
            match judge(
                &answers,
                certificate,
                self.parameters,
                self.sources.strength,
            ) {
                Status::Good { .. } => {}
                Status::Revoked { at, .. } if at <= self.parameters.at => {
                    return Err(Why::SignerRevoked { at });
                }
                Status::Revoked { .. } => {}
                Status::Unknown { why } => {
                    let mut why: Vec<Why> = why.into_iter().map(|refusal| refusal.why).collect();
                    if let Some(at) = why.iter().position(|it| matches!(it, Why::Limit { .. })) {
                        return Err(why.swap_remove(at));
                    }
                    // NOTE: a CRL issuer whose certificate points to its own CRL declares nothing
                    // that could tell of it (PKITS 4.14.30); whether that CRL lists its own
                    // signer is looked at in `crl`.
                    let only_itself = *purpose == Purpose::CrlSigning
                        && why.iter().all(|it| *it == Why::OwnAnswer);
                    let needed = match self.parameters.signers {
                        SignerStatus::Require => true,
                        _ => declared(certificate).anything() && !only_itself,
                    };
                    if needed {
                        return Err(Why::SignerUnknown);
                    }
                }
            }
        }
        Ok(())
    }
}

const NO_CRL_SIGN: Why = Why::NotAuthorised("key usage without cRLSign");

/// Key usage, when it is there, must have cRLSign.
///
/// Source: RFC 5280 §6.3.3 (f); validation rule 2.4.
fn may_sign_crls(certificate: &Certificate) -> bool {
    certificate
        .key_usage()
        .is_none_or(|usage| usage.has(KeyUsage::CRL_SIGN))
}
