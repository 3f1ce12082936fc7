//! A [`VerifiedPath`] whose status is not known → CRLs, OCSP responses and issuers from where its certificates point.

use std::sync::Arc;

use super::session::{Ask, Kind, Remembered, Session};
use super::{Fault, random};
use crate::crypto::{self, Budget, DigestAlgorithm, Direct, Message, Outcome};
use crate::limits::Limits;
use crate::pki::evidence::{Evidence, Origin};
use crate::pki::ocsp::{self, CertId, OcspResponse, Reply};
use crate::pki::revocation::{self, AnyStrength, Nonce, Parameters, Sources, Status};
use crate::pki::{Certificate, Crl, NameMatch, Pool, VerifiedPath};
use crate::validation::Wanted;

/// What is asked of the nonce in an OCSP response to a request that had one.
///
/// Source: RFC 6960 §4.4.1; RFC 9654; V089.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceRule {
    /// A nonce that comes back must be the same; responders that serve made-up answers give none.
    IfThere,
    /// It must come back.
    Require,
}

impl Session<'_> {
    /// Fetches what is missing for the status of every certificate of `path`, and adds to
    /// `evidence` what is authentic and about that certificate; nothing else is kept (V088).
    ///
    /// Only for paths that were verified: their certificates name the addresses. OCSP is asked
    /// first, then CRLs, until the status is known. Returns the number of objects that were added.
    /// What went wrong stands in [`Session::requests`]; it leaves the status unknown.
    pub fn revocation(
        &mut self,
        path: &VerifiedPath,
        evidence: &mut Evidence,
        pool: &Pool,
        parameters: &Parameters,
    ) -> usize {
        let mut added = 0usize;
        for index in 0..path.certificates().len() {
            if !is_known(path, index, evidence, pool, parameters) {
                let found = self.certificate(path, index, evidence, pool, parameters);
                added = added.saturating_add(found);
            }
        }
        added
    }

    /// Fetches what `wanted` lacks, and adds to `evidence` what is authentic. Returns the number of
    /// objects that were added: when there are some, the caller verifies again.
    ///
    /// CRLs and OCSP responses are asked for certificates on verified paths alone. The certificate
    /// of an issuer is asked before there is a path, by an address that nobody vouches for: so
    /// only from hosts that the rules name ([`Rules::allow`](super::Rules::allow)).
    pub fn gather(&mut self, wanted: &Wanted, evidence: &mut Evidence) -> usize {
        let mut added = 0usize;
        for status in wanted.statuses() {
            let pool: Pool = evidence.certificates().cloned().collect();
            for index in &status.certificates {
                let (path, parameters) = (&status.path, &status.parameters);
                let found = self.certificate(path, *index, evidence, &pool, parameters);
                added = added.saturating_add(found);
            }
        }
        for certificate in wanted.issuers() {
            for issuer in self.issuers_from(certificate, &Limits::default(), true) {
                evidence.add_certificate(issuer, Origin::Fetched);
                added = added.saturating_add(1);
            }
        }
        added
    }

    fn certificate(
        &mut self,
        path: &VerifiedPath,
        index: usize,
        evidence: &mut Evidence,
        pool: &Pool,
        parameters: &Parameters,
    ) -> usize {
        // The anchor, and who stands alone, has no issuer who could answer.
        let (Some(certificate), Some(_)) = (path.certificates().get(index), path.issuer(index))
        else {
            return 0;
        };
        let mut added = 0usize;
        let mut left = self.rules.per_certificate;
        let places = certificate
            .ocsp_urls()
            .into_iter()
            .map(|url| (Kind::Ocsp, url));
        let lists = certificate
            .crl_urls()
            .into_iter()
            .map(|url| (Kind::Crl, url));
        let deltas = certificate
            .freshest_crl()
            .iter()
            .flat_map(|point| point.urls());
        let deltas = deltas.map(|url| (Kind::Crl, url));
        for (kind, url) in places.chain(lists).chain(deltas) {
            if left == 0 || (added > 0 && is_known(path, index, evidence, pool, parameters)) {
                break;
            }
            let question = (url.to_owned(), *certificate.sha256());
            if !self.asked.insert(question.clone()) {
                continue;
            }
            left -= 1;
            let result = match (self.memory.get(&question).cloned(), kind) {
                (Some(remembered), _) => self.remembered(
                    kind, url, remembered, path, index, evidence, pool, parameters,
                ),
                (None, Kind::Ocsp) => self.ocsp(url, path, index, evidence, pool, parameters),
                (None, _) => self.crl(url, path, index, evidence, pool, parameters),
            };
            if result.is_ok() {
                added = added.saturating_add(1);
            }
        }
        added
    }

    /// What an earlier document fetched, judged for this path.
    #[expect(
        clippy::too_many_arguments,
        reason = "one question, asked in one place"
    )]
    fn remembered(
        &mut self,
        kind: Kind,
        url: &str,
        remembered: Remembered,
        path: &VerifiedPath,
        index: usize,
        evidence: &mut Evidence,
        pool: &Pool,
        parameters: &Parameters,
    ) -> Result<(), Fault> {
        match remembered {
            Remembered::Crl(crl) => {
                self.recall(kind, url, &crl.sha256());
                let result = self.take_crl(&crl, path, index, evidence, pool, parameters);
                result.inspect_err(|fault| self.conclude(&Err(fault.clone())))
            }
            Remembered::Ocsp(response) => {
                self.recall(kind, url, &response.sha256());
                let result = self.keep_ocsp(&response, path, index, evidence, pool, parameters);
                result.inspect_err(|fault| self.conclude(&Err(fault.clone())))
            }
        }
    }

    fn ocsp(
        &mut self,
        url: &str,
        path: &VerifiedPath,
        index: usize,
        evidence: &mut Evidence,
        pool: &Pool,
        parameters: &Parameters,
    ) -> Result<(), Fault> {
        let limits = &parameters.path.limits;
        let (certificate, issuer) = match (path.certificates().get(index), path.issuer(index)) {
            (Some(certificate), Some(issuer)) => (certificate, issuer),
            _ => return Err(Fault::Url("no issuer")),
        };
        let content = |error: crate::error::Error| Fault::Content(error.to_string());
        let nonce = random::<32>()?;
        // SHA-1 is what every responder understands; it identifies, it protects nothing here.
        let id = CertId::new(
            DigestAlgorithm::Sha1,
            issuer.name,
            issuer.key,
            certificate.serial().clone(),
        )
        .map_err(content)?;
        let request = ocsp::request::write(&[id], Some(&nonce)).map_err(content)?;
        let answer = self.fetch(&Ask {
            kind: Kind::Ocsp,
            url,
            post: Some(("application/ocsp-request", &request)),
            accept: "application/ocsp-response",
            max_bytes: limits.ocsp,
        })?;
        let result = self.take_ocsp(
            &answer.body,
            &nonce,
            path,
            index,
            evidence,
            pool,
            parameters,
        );
        self.conclude(&result.as_ref().map(|_| ()).map_err(Clone::clone));
        let response = result?;
        let question = (url.to_owned(), *certificate.sha256());
        self.memory.insert(question, Remembered::Ocsp(response));
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn take_ocsp(
        &mut self,
        body: &[u8],
        nonce: &[u8],
        path: &VerifiedPath,
        index: usize,
        evidence: &mut Evidence,
        pool: &Pool,
        parameters: &Parameters,
    ) -> Result<Arc<OcspResponse>, Fault> {
        let read = ocsp::read(body, &parameters.path.limits);
        let response = match read.map_err(|error| Fault::Content(error.to_string()))? {
            Reply::Answered(response) => Arc::new(*response),
            Reply::Refused(word) => return Err(Fault::Content(word.name().to_owned())),
        };
        match (response.nonce(), self.rules.nonce) {
            (Some(given), _) if given != nonce => {
                return Err(Fault::NotAuthentic("another nonce".to_owned()));
            }
            (None, NonceRule::Require) => {
                return Err(Fault::NotAuthentic("no nonce".to_owned()));
            }
            _ => {}
        }
        self.keep_ocsp(&response, path, index, evidence, pool, parameters)?;
        Ok(response)
    }

    fn keep_ocsp(
        &mut self,
        response: &Arc<OcspResponse>,
        path: &VerifiedPath,
        index: usize,
        evidence: &mut Evidence,
        pool: &Pool,
        parameters: &Parameters,
    ) -> Result<(), Fault> {
        let mut alone = Evidence::new();
        alone.add_ocsp(Arc::clone(response), Origin::Fetched);
        accept(
            path,
            index,
            &alone,
            evidence,
            pool,
            parameters,
            &response.sha256(),
        )?;
        evidence.add_ocsp(Arc::clone(response), Origin::Fetched);
        let times = response.answers().iter().map(|answer| answer.this_update);
        self.newest = self.newest.max(times.max());
        Ok(())
    }

    fn crl(
        &mut self,
        url: &str,
        path: &VerifiedPath,
        index: usize,
        evidence: &mut Evidence,
        pool: &Pool,
        parameters: &Parameters,
    ) -> Result<(), Fault> {
        let limits = &parameters.path.limits;
        let answer = self.fetch(&Ask {
            kind: Kind::Crl,
            url,
            post: None,
            accept: "application/pkix-crl",
            max_bytes: limits.crl,
        })?;
        let result = Crl::from_der(&answer.body, limits)
            .map(Arc::new)
            .map_err(|error| Fault::Content(error.to_string()))
            .and_then(|crl| {
                self.take_crl(&crl, path, index, evidence, pool, parameters)?;
                Ok(crl)
            });
        self.conclude(&result.as_ref().map(|_| ()).map_err(Clone::clone));
        let crl = result?;
        if let Some(certificate) = path.certificates().get(index) {
            let question = (url.to_owned(), *certificate.sha256());
            self.memory.insert(question, Remembered::Crl(crl));
        }
        Ok(())
    }

    fn take_crl(
        &mut self,
        crl: &Arc<Crl>,
        path: &VerifiedPath,
        index: usize,
        evidence: &mut Evidence,
        pool: &Pool,
        parameters: &Parameters,
    ) -> Result<(), Fault> {
        // A delta CRL counts only with the CRL that it continues.
        let mut trial = Evidence::new();
        trial.merge(evidence);
        trial.add_crl(Arc::clone(crl), Origin::Fetched);
        let digest = crl.sha256();
        accept(path, index, &trial, evidence, pool, parameters, &digest)?;
        evidence.add_crl(Arc::clone(crl), Origin::Fetched);
        self.newest = self.newest.max(Some(crl.this_update()));
        Ok(())
    }

    /// Fetches the certificate of the issuer of `certificate`, and gives back those that have the
    /// issuer's name and whose key made its signature; whether one is trusted is for a path to say.
    ///
    /// This is the one fetch that no verified path precedes, and it never happens by itself.
    pub fn issuers(&mut self, certificate: &Certificate, limits: &Limits) -> Vec<Certificate> {
        self.issuers_from(certificate, limits, false)
    }

    fn issuers_from(
        &mut self,
        certificate: &Certificate,
        limits: &Limits,
        listed_hosts_only: bool,
    ) -> Vec<Certificate> {
        let mut found = Vec::new();
        let left = self.rules.per_certificate;
        for url in certificate.ca_issuer_urls().into_iter().take(left) {
            let ask = Ask {
                kind: Kind::Issuer,
                url,
                post: None,
                accept: "application/pkix-cert, application/pkcs7-mime",
                max_bytes: limits.certificate.saturating_mul(16),
            };
            if listed_hosts_only {
                if !self.asked.insert((url.to_owned(), *certificate.sha256())) {
                    continue;
                }
                if self
                    .rules
                    .check(url)
                    .is_ok_and(|target| !target.is_listed())
                {
                    self.refuse(&ask, Fault::HostNotAllowed);
                    continue;
                }
            }
            let Ok(answer) = self.fetch(&ask) else {
                continue;
            };
            let result = Certificate::from_pem_or_der(&answer.body)
                .map_err(|error| Fault::Content(error.to_string()))
                .and_then(|candidates| {
                    let issuer = candidates.into_iter().find(|c| is_issuer(c, certificate));
                    issuer.ok_or_else(|| Fault::NotAuthentic("not the issuer".to_owned()))
                });
            self.conclude(&result.as_ref().map(|_| ()).map_err(Clone::clone));
            if let Ok(issuer) = result {
                found.push(issuer);
                break;
            }
        }
        found
    }
}

fn is_known(
    path: &VerifiedPath,
    index: usize,
    evidence: &Evidence,
    pool: &Pool,
    parameters: &Parameters,
) -> bool {
    let status = revocation::status(path, index, evidence, pool, parameters);
    !matches!(status, Status::Unknown { .. })
}

fn is_issuer(candidate: &Certificate, certificate: &Certificate) -> bool {
    candidate.subject().matches(certificate.issuer()) != NameMatch::Different
        && crypto::verify(
            candidate.public_key(),
            certificate.signature_algorithm(),
            Message::Bytes(certificate.tbs()),
            certificate.signature(),
        ) == Outcome::Verified
}

/// Whether the object with this digest is an authentic answer about the certificate.
fn accept(
    path: &VerifiedPath,
    index: usize,
    trial: &Evidence,
    evidence: &Evidence,
    pool: &Pool,
    parameters: &Parameters,
    digest: &[u8; 32],
) -> Result<(), Fault> {
    let mut parameters = parameters.clone();
    parameters.nonce = Nonce::Ignore;
    let mut all = Pool::new();
    for certificate in pool.iter().chain(evidence.certificates()) {
        all.add(certificate.clone());
    }
    // Evidence about the certificates of responders and CRL issuers counts as well.
    let mut sources = Evidence::new();
    sources.merge(evidence);
    sources.merge(trial);
    let budget = Budget::new(&Direct, &parameters.path.limits);
    let found = revocation::answers(
        path,
        index,
        &Sources {
            evidence: &sources,
            pool: &all,
            budget: &budget,
            strength: &AnyStrength,
        },
        &parameters,
    );
    let is_it = |source: &revocation::Source| source.sha256 == *digest;
    let answered = found
        .answers
        .iter()
        .any(|answer| is_it(&answer.source) || answer.delta.as_ref().is_some_and(is_it));
    if answered {
        return Ok(());
    }
    let why = found
        .refusals
        .iter()
        .find(|refusal| refusal.source.as_ref().is_some_and(is_it))
        .map_or_else(
            || "not about this certificate".to_owned(),
            |refusal| refusal.why.to_string(),
        );
    Err(Fault::NotAuthentic(why))
}
