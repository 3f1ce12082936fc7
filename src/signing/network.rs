//! Addresses of time-stamping authorities + leave to use the network → sources of tokens and of missing evidence.
//!
//! Both ask through [`online`](crate::online), under its rules; every request is listed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::services::{EvidenceSource, TimeStampSource};
use crate::crypto::DigestValue;
use crate::error::{Error, SigningFault};
use crate::limits::Limits;
use crate::online::{Fault, RequestRecord, Rules, Session, Transport};
use crate::pki::path::{PathParameters, Purpose, VerifiedPath};
use crate::pki::revocation;
use crate::pki::{Certificate, Evidence, Pool, Trust};
use crate::time::UtcTime;

/// The network for one run, shared by threads and by both sources.
pub struct Network<T> {
    rules: Rules,
    transport: T,
    /// Authorities that asked to be left alone, and until when by the transport's clock.
    resting: Mutex<HashMap<String, Duration>>,
    requests: Mutex<Vec<RequestRecord>>,
}

/// How long an authority is left alone that asks for it without saying how long.
const REST: Duration = Duration::from_secs(60);

impl<T: Transport> Network<T> {
    /// Requests go out by `transport`, as `rules` permit.
    pub fn new(rules: Rules, transport: T) -> Self {
        Self {
            rules,
            transport,
            resting: Mutex::new(HashMap::new()),
            requests: Mutex::new(Vec::new()),
        }
    }

    /// The requests since the last call, in order (V086).
    pub fn take_requests(&self) -> Vec<RequestRecord> {
        std::mem::take(&mut lock(&self.requests))
    }

    fn ask<R>(&self, with: impl FnOnce(&mut Session<'_>) -> R) -> R {
        let mut session = Session::new(self.rules.clone(), &self.transport);
        let result = with(&mut session);
        lock(&self.requests).extend_from_slice(session.requests());
        result
    }
}

/// Tokens from the first of several authorities that gives one.
pub struct NetworkStamps<T> {
    network: Arc<Network<T>>,
    urls: Vec<String>,
    trust: Trust,
    pool: Pool,
    limits: Limits,
}

impl<T: Transport> NetworkStamps<T> {
    /// The authorities at `urls`, asked in this order. Their certificates must lead to an anchor
    /// of `trust`, with those of `pool` between; without any anchor only the token itself is
    /// checked, by [`Services`](super::Services).
    pub fn new(network: Arc<Network<T>>, urls: Vec<String>, trust: Trust, pool: Pool) -> Self {
        Self {
            network,
            urls,
            trust,
            pool,
            limits: Limits::new(),
        }
    }
}

impl<T: Transport + Send + Sync> TimeStampSource for NetworkStamps<T> {
    fn token(&self, digest: &DigestValue, now: UtcTime) -> Result<Vec<u8>, Error> {
        let network = &self.network;
        let elapsed = network.transport.elapsed();
        let awake = |url: &&String| {
            let until = lock(&network.resting).get(url.as_str()).copied();
            until.is_none_or(|until| until <= elapsed)
        };
        let urls: Vec<&str> = self.urls.iter().filter(awake).map(String::as_str).collect();
        if urls.is_empty() {
            let why = "every authority asked to be left alone for now".to_owned();
            return Err(SigningFault::TimeStamp(why).into());
        }
        let mut parameters = PathParameters::new(now, Purpose::TimeStamping);
        parameters.limits = self.limits.clone();
        let trust = (!self.trust.anchors().is_empty()).then_some(&self.trust);
        let result = network
            .ask(|session| session.time_stamp(&urls, None, digest, trust, &self.pool, &parameters));
        let tried = match &result {
            Ok(_) => &[][..],
            Err(failure) => &failure.tried,
        };
        for (url, fault) in tried {
            if let Fault::RateLimited { seconds, .. } = fault {
                let rest = seconds.map_or(REST, Duration::from_secs);
                let until = elapsed.saturating_add(rest);
                lock(&network.resting).insert(url.clone(), until);
            }
        }
        result
            .map(|token| token.der)
            .map_err(|failure| SigningFault::TimeStamp(failure.to_string()).into())
    }
}

/// Revocation data and issuers from where certificates point.
pub struct NetworkEvidence<T> {
    network: Arc<Network<T>>,
    limits: Limits,
}

impl<T: Transport> NetworkEvidence<T> {
    /// Asks by `network`.
    pub fn new(network: Arc<Network<T>>) -> Self {
        Self {
            network,
            limits: Limits::new(),
        }
    }
}

impl<T: Transport + Send + Sync> EvidenceSource for NetworkEvidence<T> {
    fn revocation(
        &self,
        path: &VerifiedPath,
        evidence: &mut Evidence,
        pool: &Pool,
        parameters: &revocation::Parameters,
    ) {
        self.network.ask(|session| {
            session.revocation(path, evidence, pool, parameters);
        });
    }

    fn issuers(&self, certificate: &Certificate) -> Vec<Certificate> {
        self.network
            .ask(|session| session.issuers(certificate, &self.limits))
    }
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> fmt::Debug for Network<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

impl<T> fmt::Debug for NetworkStamps<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkStamps")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for NetworkEvidence<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkEvidence")
    }
}
