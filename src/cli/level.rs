//! `--level` and what it needs → the level, and [`Services`] with trust, evidence and the network that was permitted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Stop, input, note};
use crate::error::{Error, ErrorKind, FileOperation};
use crate::online::{AllowedHost, HttpTransport, RequestRecord, Rules};
use crate::pki::Pool;
use crate::report::message::{self, network, signing as words};
use crate::report::{Language, hex};
use crate::run::queue::{self, Held};
use crate::signing::network::{Network, NetworkEvidence, NetworkStamps};
use crate::signing::{Note, Services, Signed};
use crate::validation::Level;
use crate::verify::Verifier;

/// With whom to trust, what is known, and whom to ask.
#[derive(clap::Args)]
pub(super) struct ServiceArguments {
    /// Time-stamping authority, RFC 3161 over HTTP; may be repeated, the first that answers counts
    #[arg(long, value_name = "URL")]
    tsa: Vec<String>,
    /// Certificates to trust: PEM, DER, PKCS#7 or a trust file; a folder stands for its files.
    /// With trust the result is verified as `kyso verify` does, else only what can be without
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) trust: Vec<PathBuf>,
    /// CRLs, OCSP responses and certificates that are known
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) evidence: Vec<PathBuf>,
    /// Profile (official, vn-2025, vn-legacy, strict) or policy file
    #[arg(long, default_value = "official", value_name = "NAME|FILE")]
    pub(super) policy: String,
    /// Fetch what is missing from where the certificates point
    #[arg(long)]
    pub(super) online: bool,
    /// With --online or --tsa: also this host, which may have a private address
    #[arg(long, value_name = "HOST[:PORT]", value_parser = host)]
    online_allow: Vec<AllowedHost>,
}

/// The level of a new signature.
#[derive(clap::Args)]
pub(super) struct LevelArguments {
    /// PAdES level to reach
    #[arg(long, value_enum, default_value_t = LevelName::BB)]
    pub(super) level: LevelName,
    #[command(flatten)]
    pub(super) services: ServiceArguments,
    /// Sign although the level cannot be reached now, and note the file here for
    /// `kyso extend --pending`
    #[arg(long, value_name = "FILE")]
    pub(super) queue: Option<PathBuf>,
    /// Sign although the certificate is revoked
    #[arg(long)]
    pub(super) allow_revoked_certificate: bool,
}

/// Names of the levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LevelName {
    /// The signature alone
    #[value(name = "b-b")]
    BB,
    /// With a time stamp
    #[value(name = "b-t")]
    BT,
    /// With all validation material; its last revision is covered by no time stamp
    #[value(name = "b-lt")]
    BLt,
    /// With all validation material under a time stamp over the whole file
    #[value(name = "b-lta")]
    BLta,
}

impl LevelName {
    pub(super) fn level(self) -> Level {
        match self {
            Self::BB => Level::B,
            Self::BT => Level::T,
            Self::BLt => Level::Lt,
            Self::BLta => Level::Lta,
        }
    }
}

fn host(text: &str) -> Result<AllowedHost, message::Expected> {
    AllowedHost::from_text(text).map_err(|_| message::Expected::Host)
}

/// Services, and the network behind them.
pub(super) struct Opened {
    pub(super) services: Arc<Services>,
    network: Option<Arc<Network<HttpTransport>>>,
}

impl LevelArguments {
    /// As [`ServiceArguments::for_level`].
    pub(super) fn open(&self, language: Language) -> Result<Option<Opened>, Stop> {
        self.services.for_level(self.level, language)
    }
}

impl ServiceArguments {
    /// As [`ServiceArguments::open`], for a new signature of this level, which needs an authority
    /// above B-B.
    pub(super) fn for_level(
        &self,
        level: LevelName,
        language: Language,
    ) -> Result<Option<Opened>, Stop> {
        match level {
            LevelName::BB => self.open(language),
            _ => self.with_authority(language).map(Some),
        }
    }

    /// As [`ServiceArguments::required`], with an authority among them.
    pub(super) fn with_authority(&self, language: Language) -> Result<Opened, Stop> {
        if self.tsa.is_empty() {
            return Err(Stop::usage(words::services_needed(language)));
        }
        self.required(language)
    }

    /// Whether anything was given with which a result can be judged, or raised.
    fn is_empty(&self) -> bool {
        self.tsa.is_empty() && self.trust.is_empty() && self.evidence.is_empty() && !self.online
    }

    /// What the arguments name, opened; `None` when they name nothing.
    pub(super) fn open(&self, language: Language) -> Result<Option<Opened>, Stop> {
        // Also a policy that is not needed must be one.
        let verifier = self.verifier(language)?;
        if self.is_empty() {
            return Ok(None);
        }
        let trust = verifier.trust().clone();
        let mut pool = Pool::new();
        pool.extend(verifier.evidence().certificates().cloned());
        let mut services = Services::new(verifier).with_clock(input::now);
        let mut network = None;
        if self.online || !self.tsa.is_empty() {
            let rules = self.rules(language)?;
            let transport = HttpTransport::new(&rules);
            let shared = Arc::new(Network::new(rules, transport));
            if !self.tsa.is_empty() {
                let network = Arc::clone(&shared);
                let stamps = NetworkStamps::new(network, self.tsa.clone(), trust, pool);
                services = services.with_time_stamps(stamps);
            }
            if self.online {
                let source = NetworkEvidence::new(Arc::clone(&shared));
                services = services.with_evidence_source(source);
            }
            network = Some(shared);
        }
        Ok(Some(Opened {
            services: Arc::new(services),
            network,
        }))
    }

    /// What the arguments trust and know, and the policy that they name.
    pub(super) fn verifier(&self, language: Language) -> Result<Verifier, Stop> {
        let policy = input::policy(&self.policy, language)?;
        let trust = input::trust(&self.trust, language)?;
        let evidence = input::evidence(&self.evidence, &[], language)?;
        Ok(Verifier::new(trust, policy).with_evidence(evidence))
    }

    /// Whom the network may ask.
    pub(super) fn rules(&self, language: Language) -> Result<Rules, Stop> {
        let mut rules = Rules::new();
        for host in &self.online_allow {
            rules = rules.allow(host.clone());
        }
        for url in &self.tsa {
            // Who names an authority means it, wherever it is.
            let place = place(url).ok_or_else(|| bad_address(language, url))?;
            rules = rules.allow(place);
        }
        Ok(rules)
    }

    /// As [`ServiceArguments::open`], for what cannot do without.
    pub(super) fn required(&self, language: Language) -> Result<Opened, Stop> {
        self.open(language)?
            .ok_or_else(|| Stop::usage(words::services_needed(language)))
    }
}

impl Opened {
    /// The requests since the last call.
    pub(super) fn requests(&self) -> Vec<RequestRecord> {
        self.network
            .as_ref()
            .map(|network| network.take_requests())
            .unwrap_or_default()
    }

    /// Lists the requests since the last call on standard error.
    pub(super) fn list_requests(&self, language: Language) {
        list(&self.requests(), language);
    }
}

/// Lists requests on standard error.
pub(super) fn list(requests: &[RequestRecord], language: Language) {
    for request in requests {
        let result = network::result(language, request);
        note(&format!("kyso: {}: {result}", request.url));
    }
}

fn bad_address(language: Language, url: &str) -> Stop {
    let expected = message::expected(language, message::Expected::Address);
    Stop::usage(message::usage(
        language,
        &message::Usage::Value {
            argument: "--tsa".to_owned(),
            value: url.to_owned(),
            expected: expected.to_owned(),
        },
    ))
}

/// Host and port of an address.
fn place(url: &str) -> Option<AllowedHost> {
    let rest = url.split_once("://").map(|(_, rest)| rest)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    AllowedHost::from_text(rest.get(..end)?).ok()
}

/// What whoever signs must be told, a line each.
pub(super) fn tell(signed: &Signed, language: Language) -> Vec<String> {
    let mut lines: Vec<String> = signed.notes().iter().map(|it| say(it, language)).collect();
    if let Some(why) = signed.shortfall() {
        let why = message::error(language, why);
        lines.push(words::fell_short(language, signed.level(), &why));
    }
    lines
}

/// A note in words.
pub(super) fn say(note: &Note, language: Language) -> String {
    match note {
        Note::OutsidePeriod => words::outside_period(language).to_owned(),
        Note::OtherPurpose => words::other_purpose(language).to_owned(),
        Note::Revoked { since } => words::revoked(language, *since),
        Note::StatusUnknown { why } => words::status_unknown(language, why),
        Note::Verdict {
            indication,
            sub_indication,
        } => words::verdict(language, *indication, *sub_indication),
        Note::LastRevisionOpen => words::last_revision_open(language).to_owned(),
    }
}

/// A file in a queue, as it was when it got there.
#[derive(Serialize, Deserialize)]
pub(super) struct Queued {
    /// Its absolute path.
    pub(super) file: PathBuf,
    /// The level that was asked for, by name.
    pub(super) level: String,
    /// Length and SHA-256 of the file that is published under this name.
    pub(super) length: u64,
    pub(super) sha256: String,
}

/// Notes when `signed`, which is about to be published as `file`, fell short of `level`: one JSON
/// object in the queue, on the disk before the file gets its name, so that no file that was
/// published is missing there.
///
/// The queue is held by what comes back, until the file has its name: a run that raises what is
/// queued finds a line and its file, or neither, and never replaces a file that came meanwhile.
/// Nothing is noted without a queue, or when the level was reached.
pub(super) fn enqueue(
    queue: Option<&Path>,
    file: &Path,
    signed: &Signed,
    level: Level,
) -> Result<Option<Held>, Error> {
    let Some(queue) = queue else {
        return Ok(None);
    };
    if signed.shortfall().is_none() {
        return queue::hold(queue);
    }
    let io = |error: std::io::Error| {
        let kind = ErrorKind::io(FileOperation::Write, queue, &error);
        Error::new(kind)
    };
    let queued = Queued {
        file: std::path::absolute(file).map_err(io)?,
        level: level.name().to_owned(),
        length: signed.bytes().len() as u64,
        sha256: hex(signed.sha256()),
    };
    // A name that is not Unicode has no place in JSON.
    let line = serde_json::to_string(&queued).map_err(|error| io(error.into()))?;
    queue::append(queue, &line).map(Some)
}
