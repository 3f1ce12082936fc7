//! OCSP responses of the evidence → answers about one certificate.

use super::scope::same;
use super::signer::Search;
use super::{Answer, Answers, Nonce, Refusal, Revocation, Signer, SourceKind, Why};
use crate::crypto::{Outcome, PublicKey};
use crate::oid;
use crate::pki::certificate::Certificate;
use crate::pki::extension::ReasonFlags;
use crate::pki::ocsp::{CertStatus, Mismatch, OcspResponse, ResponderId, SingleResponse};
use crate::pki::path::{Issuer, Purpose, VerifiedPath};
use crate::pki::pool::Pool;

impl Search<'_> {
    /// Adds to `found` what OCSP responses say of `certificate`, which `issuer` issued.
    ///
    /// Source: RFC 6960 §3.2.
    pub(super) fn ocsps(
        &mut self,
        path: &VerifiedPath,
        index: usize,
        certificate: &Certificate,
        issuer: &Issuer<'_>,
        found: &mut Answers,
    ) {
        let evidence = self.sources.evidence;
        for response in evidence.ocsps_by_serial(certificate.serial()) {
            let source = self.source(SourceKind::Ocsp, response.sha256());
            let mut signed_by = None;
            for answer in response.answers() {
                let about = answer.id.check(
                    &[certificate.issuer(), issuer.name],
                    issuer.key,
                    certificate.serial(),
                );
                let result = match about {
                    Err(Mismatch::Serial) => continue,
                    Err(mismatch) => Err(Why::OtherCertificate(mismatch)),
                    Ok(()) => {
                        self.acceptable(response, answer, certificate)
                            .and_then(|revocation| {
                                let signer = match &signed_by {
                                    Some(known) => Clone::clone(known),
                                    None => self.responder(response, path, index, issuer)?,
                                };
                                signed_by = Some(signer.clone());
                                Ok((revocation, signer))
                            })
                    }
                };
                match result {
                    Ok((revocation, (signer, key))) => found.answers.push(Answer {
                        source: source.clone(),
                        delta: None,
                        this_update: answer.this_update,
                        next_update: answer.next_update,
                        produced_at: response.produced_at(),
                        revocation,
                        reasons: ReasonFlags::ALL,
                        keeps_expired_since: answer.archive_cutoff,
                        names_certificate: answer.certificate_hash.is_some(),
                        signer,
                        algorithm: response.signature_algorithm().clone(),
                        delta_algorithm: None,
                        key,
                    }),
                    Err(why) => {
                        let over = matches!(why, Why::Limit { .. });
                        found.refusals.push(Refusal {
                            source: Some(source.clone()),
                            why,
                        });
                        if over {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// What the answer says, before anyone asks who signed it.
    fn acceptable(
        &self,
        response: &OcspResponse,
        answer: &SingleResponse,
        certificate: &Certificate,
    ) -> Result<Option<Revocation>, Why> {
        if let Some(unknown) = response.unusable().or(answer.unusable.as_ref()) {
            return Err(Why::CriticalExtension(unknown.clone()));
        }
        let nonce_fits = match &self.parameters.nonce {
            Nonce::Ignore => true,
            Nonce::IfThere(nonce) => response.nonce().is_none_or(|given| given == nonce),
            Nonce::Require(nonce) => response.nonce() == Some(nonce),
        };
        if !nonce_fits {
            return Err(Why::Nonce);
        }
        if answer.certificate_hash.is_some() && answer.hash_matches(certificate.der()) != Some(true)
        {
            return Err(Why::CertificateHash);
        }
        match answer.status {
            CertStatus::Good => Ok(None),
            CertStatus::Unknown => Err(Why::ResponderDoesNotKnow),
            CertStatus::Revoked { at, reason } => Ok(Some(Revocation {
                at,
                reason,
                invalidity_date: answer.invalidity_date,
            })),
        }
    }

    /// Who signed `response`, with the key: the issuer itself, or a responder whose certificate
    /// that issuer's key signed for the purpose.
    ///
    /// Source: RFC 6960 §4.2.2.2, §4.2.2.3; validation rule 2.8.
    fn responder(
        &mut self,
        response: &OcspResponse,
        path: &VerifiedPath,
        index: usize,
        issuer: &Issuer<'_>,
    ) -> Result<(Signer, PublicKey), Why> {
        let mut failure = Why::SignerNotFound;
        if response.responder().matches(issuer.name, issuer.key) {
            match response.verify_within(issuer.key, self.sources.budget)? {
                Outcome::Verified => {
                    let signer = Signer::OnPath { index: index + 1 };
                    return Ok((signer, issuer.key.clone()));
                }
                other => failure = other.into(),
            }
        }
        // Nothing but the path above may stand between responder and anchor.
        let pool: Pool = path
            .certificates()
            .iter()
            .skip(index + 1)
            .cloned()
            .collect();
        for candidate in self.responders(response) {
            if candidate.public_key().same_key(issuer.key) {
                continue;
            }
            if !same(candidate.issuer(), issuer.name) {
                failure = Why::NotAuthorised("responder has another issuer");
                continue;
            }
            if !candidate
                .extended_key_usage()
                .is_some_and(|purposes| purposes.contains(&oid::KP_OCSP_SIGNING))
            {
                failure = Why::NotAuthorised("responder without the purpose OCSPSigning");
                continue;
            }
            let outcome = response.verify_within(candidate.public_key(), self.sources.budget)?;
            if !outcome.is_verified() {
                failure = outcome.into();
                continue;
            }
            let when = response.produced_at();
            match self.path(&candidate, Purpose::OcspSigning, when, &pool, path) {
                Ok(found) => {
                    let direct = found
                        .issuer(0)
                        .is_some_and(|above| above.key.same_key(issuer.key));
                    if direct {
                        let key = candidate.public_key().clone();
                        return Ok((Signer::Other(Box::new(found)), key));
                    }
                    failure = Why::NotAuthorised("responder has another issuer");
                }
                Err(limit @ Why::Limit { .. }) => return Err(limit),
                Err(why) => failure = why,
            }
        }
        Err(failure)
    }

    /// Certificates that the response may mean as its responder, its own first.
    fn responders(&self, response: &OcspResponse) -> Vec<Certificate> {
        let mut found: Vec<Certificate> = response.certificates().to_vec();
        let evidence = self.sources.evidence;
        match response.responder() {
            ResponderId::Name(name) => {
                found.extend(self.sources.pool.by_subject(name).cloned());
                found.extend(evidence.certificates_by_subject(name).cloned());
            }
            ResponderId::KeyHash(hash) => {
                found.extend(self.sources.pool.by_key_identifier(hash).cloned());
                let more = evidence.certificates();
                found.extend(
                    more.filter(|certificate| {
                        certificate.subject_key_identifier() == Some(&**hash)
                    })
                    .cloned(),
                );
            }
        }
        let meant = |certificate: &Certificate| {
            let id = response.responder();
            id.matches(certificate.subject(), certificate.public_key())
        };
        let mut distinct = Pool::new();
        distinct.extend(found.into_iter().filter(meant));
        let max = self.parameters.path.limits.path_candidates;
        distinct.iter().take(max).cloned().collect()
    }
}
