//! `--key csc:FILE` and `--key external:PROGRAM` → key sources whose keys are elsewhere.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::super::{Stop, input};
use super::{Arguments, SecretArguments, certificates, first_line};
use crate::error::{Error, RemoteFault};
use crate::online::{AllowedHost, HttpTransport, Rules};
use crate::pki::Certificate;
use crate::report::Language;
use crate::signing::KeySource;
use crate::signing::key::Secret;
use crate::signing::key::remote::csc::{AuthorizationData, RemoteKey, Service};
use crate::signing::key::remote::external::ExternalKey;

/// The file behind `csc:`. Secrets are not in it; it says where they are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    /// Address of the API, such as `https://service.example/csc/v2`.
    service: String,
    /// Which credential; otherwise the only one.
    credential: Option<String>,
    /// File whose first line is the access token.
    token_file: Option<PathBuf>,
    /// Variable that holds the access token.
    token_env: Option<String>,
    /// What the service asks the caller for.
    #[serde(default)]
    authorization: Vec<Asked>,
    /// How long an answer is waited for.
    #[serde(default = "wait")]
    wait_seconds: u64,
    /// How often it is asked again.
    #[serde(default = "poll")]
    poll_seconds: u64,
    /// Hosts that may have addresses that are not public, or be asked without encryption.
    #[serde(default)]
    allow: Vec<String>,
}

/// One object of the authorisation, and where its value is; `{"id": "OTP"}` alone takes what
/// `--pin-file`, `--pin-fd` or `--pin-env` give.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    id: String,
    file: Option<PathBuf>,
    env: Option<String>,
}

fn wait() -> u64 {
    300
}

fn poll() -> u64 {
    2
}

/// The key that the file at `path` describes; without `secret` one that shows its certificate and
/// is not authorised to sign.
pub(in crate::cli) fn csc(
    path: &str,
    secret: Option<&SecretArguments>,
    language: Language,
) -> Result<RemoteKey, Stop> {
    let stop = |error: Error| Stop::input(language, path, &error);
    let wrong = |what| stop(RemoteFault::Configuration(what).into());
    let bytes = input::read(Path::new(path), 1 << 20).map_err(stop)?;
    let configuration: Configuration = serde_json::from_slice(&bytes)
        .map_err(|_| wrong("the file is not the JSON that the manual describes"))?;
    let named = |file: &Option<PathBuf>, env: &Option<String>| match (file, env) {
        (Some(file), None) => first_line(file, language).map(Some),
        (None, Some(name)) => super::variable(name, language).map(Some),
        (None, None) => Ok(None),
        _ => Err(wrong("a secret is named in two places")),
    };
    let token = named(&configuration.token_file, &configuration.token_env)?
        .ok_or_else(|| wrong("token_file or token_env is missing"))?;
    let mut authorization = Vec::new();
    if let Some(secret) = secret {
        for asked in &configuration.authorization {
            let value = match named(&asked.file, &asked.env)? {
                Some(value) => value,
                None => super::given(secret, language)?
                    .ok_or_else(|| wrong("an authorization has no value; add --pin-file"))?,
            };
            authorization.push(AuthorizationData {
                id: asked.id.clone(),
                value: Secret::new(value),
            });
        }
    }
    let mut rules = Rules::new();
    for host in &configuration.allow {
        let host = AllowedHost::from_text(host).map_err(|_| wrong("allow: no such host"))?;
        rules = rules.allow(host);
    }
    let transport = HttpTransport::new(&rules);
    let service = Service::new(&configuration.service, Secret::new(token), rules, transport);
    let id = match &configuration.credential {
        Some(id) => id.clone(),
        None => match service.credentials().map_err(stop)?.as_slice() {
            [one] => one.clone(),
            _ => return Err(wrong("credential is missing, and there is not exactly one")),
        },
    };
    let credential = service.credential(&id).map_err(stop)?;
    Ok(RemoteKey::new(
        service,
        credential,
        authorization,
        Duration::from_secs(configuration.wait_seconds),
        Duration::from_secs(configuration.poll_seconds),
    ))
}

pub(super) fn external(
    program: &str,
    arguments: &Arguments,
    language: Language,
) -> Result<Box<dyn KeySource>, Stop> {
    let stop = |error: Error| Stop::input(language, program, &error);
    let bytes = certificates(arguments, language)?;
    if bytes.is_empty() {
        return Err(stop(crate::error::KeyFault::CertificateNeeded.into()));
    }
    let certificates = Certificate::from_pem_or_der(&bytes).map_err(stop)?;
    let deadline = Duration::from_secs(arguments.external_seconds);
    let key = ExternalKey::new(program.into(), Vec::new(), certificates, None, deadline);
    Ok(Box::new(key.map_err(stop)?))
}
