//! Requests → bodies, within the rules: budgets, repetition with back-off, pauses that servers ask for, a list of all requests.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::{Bearer, Fault, Request, Response, Rules, Target, Transport, random};
use crate::crypto::DigestAlgorithm;
use crate::pki::Crl;
use crate::pki::ocsp::OcspResponse;
use crate::report::hex;
pub use crate::report::{RequestKind as Kind, RequestRecord};
use crate::time::UtcTime;

/// An address, and the SHA-256 of the certificate for which it is asked.
pub(super) type Question = (String, [u8; 32]);

/// What was fetched and verified before; it is judged anew for every path.
#[derive(Clone)]
pub(super) enum Remembered {
    Crl(Arc<Crl>),
    Ocsp(Arc<OcspResponse>),
}

/// One use of the network: its rules, budgets and the list of its requests.
pub struct Session<'t> {
    pub(super) rules: Rules,
    transport: &'t dyn Transport,
    started: Duration,
    sent: usize,
    records: Vec<RequestRecord>,
    /// Hosts that asked to be left alone, and until when.
    resting: HashMap<String, Duration>,
    /// Questions of this document, each asked once.
    pub(super) asked: HashSet<Question>,
    /// Answers to questions of earlier documents.
    pub(super) memory: HashMap<Question, Remembered>,
    /// The newest thisUpdate of what was accepted for this document.
    pub(super) newest: Option<UtcTime>,
}

/// What is asked, before the address is checked.
pub(super) struct Ask<'a> {
    pub(super) kind: Kind,
    pub(super) url: &'a str,
    pub(super) post: Option<(&'static str, &'a [u8])>,
    pub(super) accept: &'static str,
    pub(super) max_bytes: usize,
}

impl<'t> Session<'t> {
    /// A new session with fresh budgets.
    pub fn new(rules: Rules, transport: &'t dyn Transport) -> Self {
        Self {
            rules,
            transport,
            started: transport.elapsed(),
            sent: 0,
            records: Vec::new(),
            resting: HashMap::new(),
            asked: HashSet::new(),
            memory: HashMap::new(),
            newest: None,
        }
    }

    /// Begins the next document: budgets and the list of requests start anew. What was verified
    /// for earlier ones is remembered, and hosts that asked to be left alone are.
    pub fn begin(&mut self) {
        self.started = self.transport.elapsed();
        self.sent = 0;
        self.records.clear();
        self.asked.clear();
        self.newest = None;
    }

    /// Every request, in order: for the report (V086).
    pub fn requests(&self) -> &[RequestRecord] {
        &self.records
    }

    /// Says what became of the last request.
    pub(super) fn conclude(&mut self, result: &Result<(), Fault>) {
        if let Some(last) = self.records.last_mut() {
            (last.code, last.result) = match result {
                Ok(()) => ("accepted", "accepted".to_owned()),
                Err(fault) => (fault.code(), fault.to_string()),
            };
        }
    }

    /// Lists what needed no request, because an earlier document asked the same.
    pub(super) fn recall(&mut self, kind: Kind, url: &str, sha256: &[u8; 32]) {
        self.records.push(RequestRecord {
            kind,
            url: url.to_owned(),
            sent: false,
            attempt: 1,
            status: None,
            bytes: 0,
            sha256: Some(hex(sha256)),
            code: "remembered",
            result: "accepted, fetched before in this run".to_owned(),
        });
    }

    /// The newest thisUpdate of what was accepted since [`Session::begin`]: a verification for an
    /// earlier moment finds it from the future.
    pub fn newest(&self) -> Option<UtcTime> {
        self.newest
    }

    /// Lists a request that is refused before the address is looked at.
    pub(super) fn refuse(&mut self, ask: &Ask<'_>, fault: Fault) {
        self.record(ask, 1, false, &Err(fault));
    }

    /// The body of the answer, with repetition where that may help.
    pub(super) fn fetch(&mut self, ask: &Ask<'_>) -> Result<Response, Fault> {
        let target = match self.rules.check(ask.url) {
            Ok(target) => target,
            Err(fault) => {
                self.record(ask, 1, false, &Err(fault.clone()));
                return Err(fault);
            }
        };
        let mut attempt = 1;
        loop {
            let result = self.once(ask, &target, attempt);
            let wanted = match &result {
                Err(Fault::RateLimited { seconds, .. }) => seconds.map(Duration::from_secs),
                Err(Fault::Timeout | Fault::Connection(_) | Fault::Status(500..=599)) => None,
                _ => return result,
            };
            let pause = match wanted {
                Some(wanted) => wanted,
                None => self.pause(attempt)?,
            };
            if let Some(wanted) = wanted {
                let until = self.transport.elapsed().saturating_add(wanted);
                self.resting.insert(target.host().to_owned(), until);
            }
            if attempt >= self.rules.attempts
                || pause > self.rules.longest_pause
                || pause >= self.left()
            {
                return result;
            }
            self.transport.wait(pause);
            attempt = attempt.saturating_add(1);
        }
    }

    /// Doubled with every attempt, between half and all of it.
    fn pause(&self, attempt: u32) -> Result<Duration, Fault> {
        let factor = 1u32
            .checked_shl(attempt.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let whole = self
            .rules
            .pause
            .saturating_mul(factor)
            .min(self.rules.longest_pause);
        let [random] = random::<1>()?;
        Ok(whole / 2 + (whole / 2).saturating_mul(u32::from(random)) / 255)
    }

    fn left(&self) -> Duration {
        let used = self.transport.elapsed().saturating_sub(self.started);
        self.rules.session.saturating_sub(used)
    }

    /// One POST of JSON to a service where the caller is known by `bearer`; sent once, never
    /// repeated, since services count. The answer has its status, whichever, and its body.
    ///
    /// # Errors
    /// [`Fault`]: refused by the rules (an access token goes over https, or to allowed hosts),
    /// or nothing came back.
    pub fn post_json(
        &mut self,
        url: &str,
        bearer: Bearer<'_>,
        body: &[u8],
        max_bytes: usize,
    ) -> Result<Response, Fault> {
        let ask = Ask {
            kind: Kind::Signature,
            url,
            post: Some(("application/json", body)),
            accept: "application/json",
            max_bytes,
        };
        let target = self.rules.check(url).and_then(|target| {
            if target.may_see_secrets() {
                Ok(target)
            } else {
                Err(Fault::Url("an access token goes over https only"))
            }
        });
        let target = match target {
            Ok(target) => target,
            Err(fault) => {
                self.refuse(&ask, fault.clone());
                return Err(fault);
            }
        };
        let response = self.send(&ask, &target, 1, Some(bearer))?;
        match response.status {
            _ if response.body.len() > max_bytes => Err(Fault::TooLarge(max_bytes)),
            status @ 300..=399 => Err(Fault::Redirect(status)),
            _ => Ok(response),
        }
    }

    fn once(&mut self, ask: &Ask<'_>, target: &Target, attempt: u32) -> Result<Response, Fault> {
        let response = self.send(ask, target, attempt, None)?;
        let fault = match response.status {
            200 if response.body.len() > ask.max_bytes => Fault::TooLarge(ask.max_bytes),
            200 => return Ok(response),
            status @ 300..=399 => Fault::Redirect(status),
            status @ (429 | 503) => Fault::RateLimited {
                status,
                seconds: response.retry_after,
            },
            status => Fault::Status(status),
        };
        self.conclude(&Err(fault.clone()));
        Err(fault)
    }

    /// Sends within the budgets and lists what was sent.
    fn send(
        &mut self,
        ask: &Ask<'_>,
        target: &Target,
        attempt: u32,
        bearer: Option<Bearer<'_>>,
    ) -> Result<Response, Fault> {
        let now = self.transport.elapsed();
        let refused = if self.sent >= self.rules.per_session {
            Some(Fault::Limit("per_session"))
        } else if self.left().is_zero() {
            Some(Fault::Limit("session"))
        } else {
            let resting = self
                .resting
                .get(target.host())
                .filter(|until| **until > now);
            resting.map(|until| Fault::RateLimited {
                status: 429,
                seconds: Some(until.saturating_sub(now).as_secs().saturating_add(1)),
            })
        };
        if let Some(fault) = refused {
            self.record(ask, attempt, false, &Err(fault.clone()));
            // The host rests already: nothing is sent, and nothing is repeated.
            return Err(match fault {
                Fault::RateLimited { .. } => Fault::Limit("the server asked to wait"),
                other => other,
            });
        }
        self.sent = self.sent.saturating_add(1);
        let result = self.transport.send(&Request {
            target,
            post: ask.post,
            bearer,
            accept: ask.accept,
            max_bytes: ask.max_bytes,
            deadline: self.rules.request.min(self.left()),
        });
        self.record(ask, attempt, true, &result);
        result
    }

    fn record(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        sent: bool,
        result: &Result<Response, Fault>,
    ) {
        self.records.push(RequestRecord {
            kind: ask.kind,
            url: ask.url.to_owned(),
            sent,
            attempt,
            status: result.as_ref().ok().map(|response| response.status),
            bytes: result.as_ref().map_or(0, |response| response.body.len()),
            sha256: result
                .as_ref()
                .ok()
                .filter(|response| !response.body.is_empty())
                .map(|response| hex(DigestAlgorithm::Sha256.digest(&[&response.body]).as_bytes())),
            code: result.as_ref().map_or_else(Fault::code, |_| "received"),
            result: match result {
                Ok(_) => "received".to_owned(),
                Err(fault) => fault.to_string(),
            },
        });
    }
}
