//! A digest + time-stamping authorities → a token that verifies, from the first authority that gives one.

use super::session::{Ask, Kind, Session};
use super::{Fault, random};
use crate::crypto::{Budget, DigestValue, Direct};
use crate::oid::Oid;
use crate::pki::timestamp::Imprint;
use crate::pki::timestamp::exchange::{TimeStampRequest, TimeStampResponse};
use crate::pki::{PathParameters, Pool, Trust};

/// A token, as it came, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedToken {
    /// The octets.
    pub der: Vec<u8>,
    /// The authority that gave it.
    pub url: String,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no time-stamping authority gave a token: {}", self.words())]
pub struct TimeStampFailure {
    /// Each authority that was tried, and what went wrong there.
    pub tried: Vec<(String, Fault)>,
}

impl TimeStampFailure {
    fn words(&self) -> String {
        let each = self
            .tried
            .iter()
            .map(|(url, fault)| format!("{url}: {fault}"));
        each.collect::<Vec<_>>().join("; ")
    }
}

/// How far the time of a token may lie from the time of the request, in seconds.
const TOLERANCE: i64 = 300;

impl Session<'_> {
    /// Asks the authorities at `urls` in this order for a time stamp over `digest`, until one
    /// gives a token with the imprint and the nonce of the request, whose signature and path
    /// verify under `trust`, and whose time is near `parameters.at`. Without trust the path is
    /// left to whoever relies on the token.
    ///
    /// # Errors
    /// [`TimeStampFailure`], with what each authority did.
    ///
    /// Source: RFC 3161 §2.4; V089.
    pub fn time_stamp(
        &mut self,
        urls: &[&str],
        policy: Option<&Oid>,
        digest: &DigestValue,
        trust: Option<&Trust>,
        pool: &Pool,
        parameters: &PathParameters,
    ) -> Result<FetchedToken, TimeStampFailure> {
        let mut tried = Vec::new();
        for url in urls {
            match self.ask(url, policy, digest, trust, pool, parameters) {
                Ok(der) => {
                    return Ok(FetchedToken {
                        der,
                        url: (*url).to_owned(),
                    });
                }
                Err(fault) => tried.push(((*url).to_owned(), fault)),
            }
        }
        Err(TimeStampFailure { tried })
    }

    fn ask(
        &mut self,
        url: &str,
        policy: Option<&Oid>,
        digest: &DigestValue,
        trust: Option<&Trust>,
        pool: &Pool,
        parameters: &PathParameters,
    ) -> Result<Vec<u8>, Fault> {
        let limits = &parameters.limits;
        let request = TimeStampRequest {
            imprint: digest.clone(),
            policy: policy.cloned(),
            nonce: Some(random::<16>()?.to_vec()),
            certificate: true,
        };
        let der = request
            .to_der()
            .map_err(|error| Fault::Content(error.to_string()))?;
        let answer = self.fetch(&Ask {
            kind: Kind::TimeStamp,
            url,
            post: Some(("application/timestamp-query", &der)),
            accept: "application/timestamp-reply",
            max_bytes: limits.timestamp.saturating_add(4096),
        })?;
        let result = check(&answer.body, &request, trust, pool, parameters);
        self.conclude(&result.as_ref().map(|_| ()).map_err(Clone::clone));
        result
    }
}

fn check(
    body: &[u8],
    request: &TimeStampRequest,
    trust: Option<&Trust>,
    pool: &Pool,
    parameters: &PathParameters,
) -> Result<Vec<u8>, Fault> {
    let limits = &parameters.limits;
    let response = TimeStampResponse::parse(body, limits)
        .map_err(|error| Fault::Content(error.to_string()))?;
    let token = response
        .answer_to(request, limits)
        .map_err(|fault| Fault::NotAuthentic(fault.to_string()))?;
    let budget = Budget::new(&Direct, limits);
    let nobody = Trust::new();
    let anchors = trust.unwrap_or(&nobody);
    let verification = token.verify(&request.imprint, pool, anchors, parameters, &budget);
    let sound = match trust {
        Some(_) => verification.verified().is_some(),
        None => verification.faults.is_empty() && verification.imprint == Imprint::Matches,
    };
    if !sound {
        let why = match (verification.faults.first(), &verification.path) {
            (Some(fault), _) => fault.to_string(),
            (None, Some(Err(failure))) => failure.to_string(),
            _ => "the token does not verify".to_owned(),
        };
        return Err(Fault::NotAuthentic(why));
    }
    let distance = token
        .info()
        .latest()
        .unix()
        .saturating_sub(parameters.at.unix());
    if distance.saturating_abs() > TOLERANCE {
        return Err(Fault::NotAuthentic(
            "the time of the token is far from now".to_owned(),
        ));
    }
    Ok(token.der().to_vec())
}
