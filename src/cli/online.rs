//! `--online`: what a first answer lacks → requests to the places that certificates name, and a second answer.

use std::time::Duration;

use super::input;
use crate::error::Error;
use crate::online::{AllowedHost, HttpTransport, Rules, Session};
use crate::pki::Evidence;
use crate::report::message::Expected;
use crate::report::{Report, RequestRecord};
use crate::signature::Observation;
use crate::time::UtcTime;
use crate::validation::Wanted;
use crate::verify::Verifier;

#[derive(clap::Args)]
pub(super) struct OnlineArguments {
    /// Fetch CRLs and OCSP responses that are missing from where the certificates point; the
    /// report lists every request. Only for now, so it does not go with --at
    #[arg(long, conflicts_with = "at")]
    online: bool,
    /// With --online: ask only this host, which may have a private address; may be repeated.
    /// The certificate of an unknown issuer is fetched from hosts named here alone
    #[arg(long, value_name = "HOST[:PORT]", requires = "online", value_parser = host)]
    online_allow: Vec<AllowedHost>,
}

fn host(text: &str) -> Result<AllowedHost, Expected> {
    AllowedHost::from_text(text).map_err(|_| Expected::Host)
}

/// How often it is asked again: an issuer that was fetched may lead to the next one.
const ROUNDS: usize = 5;

/// How far the clock of a server may be ahead of ours; it is waited for.
const AHEAD: i64 = 10;

impl OnlineArguments {
    /// Rules and transport; `None` without `--online`.
    pub(super) fn open(&self) -> Option<(Rules, HttpTransport)> {
        if !self.online {
            return None;
        }
        let mut rules = Rules::new();
        for host in &self.online_allow {
            rules = rules.allow(host.clone());
        }
        rules.only_allowed = !self.online_allow.is_empty();
        let transport = HttpTransport::new(&rules);
        Some((rules, transport))
    }
}

/// Asks, fetches what is missing and asks again, until nothing more comes. `ask` gets all evidence
/// and the moment, which is read from the clock each time: what was fetched is not proven to be
/// older than its fetching.
pub(super) fn ask<T>(
    session: &mut Session<'_>,
    given: &Evidence,
    ask: impl Fn(Option<&Evidence>, UtcTime) -> Result<T, Error>,
    wanted: impl Fn(&T) -> &Wanted,
) -> Result<(T, Vec<RequestRecord>), Error> {
    session.begin();
    let mut answer = ask(None, input::now())?;
    let mut evidence = given.clone();
    for _ in 0..ROUNDS {
        if wanted(&answer).is_empty() || session.gather(wanted(&answer), &mut evidence) == 0 {
            break;
        }
        if let Some(newest) = session.newest() {
            let ahead = newest.unix().saturating_sub(input::now().unix());
            if (1..=AHEAD).contains(&ahead) {
                std::thread::sleep(Duration::from_secs(ahead.unsigned_abs()));
            }
        }
        answer = ask(Some(&evidence), input::now())?;
    }
    Ok((answer, session.requests().to_vec()))
}

/// As [`Verifier::judge`], with what the network gives; and the verifier that has it, when
/// something came.
pub(super) fn judge(
    session: &mut Session<'_>,
    verifier: &Verifier,
    seen: &Observation,
) -> Result<(Report, Option<Verifier>), Error> {
    let ((mut report, used), requests) = ask(
        session,
        verifier.evidence(),
        |evidence, at| {
            let used = evidence.map(|more| verifier.clone().with_evidence(more.clone()));
            let report = used.as_ref().unwrap_or(verifier).judge(seen, at)?;
            Ok((report, used))
        },
        |(report, _): &(Report, Option<Verifier>)| &report.wanted,
    )?;
    report.requests = requests;
    Ok((report, used))
}
