//! A signing service of the Cloud Signature Consortium (CSC API v2) → a key source.
//!
//! The service signs digests. Authorisation may need a PIN or one-time password that the caller
//! gives, or the signer's word in an app, minutes later: then [`RemoteKey::begin`] gives a
//! [`Ticket`] that can be stored (it holds no secret) and [`RemoteKey::resume`] asks again, also
//! in another process. [`KeySource::sign`] does both and waits.
//!
//! Source: Architectures and protocols for remote signature applications, CSC API v2.0:
//! credentials/list, credentials/info, credentials/authorize, credentials/authorizeCheck,
//! signatures/signHash, signatures/signPolling.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::super::{AbsentKey, KeySource, Secret};
use super::{base64, checked, short};
use crate::asn1::{self, Tag};
use crate::crypto::SignatureAlgorithm;
use crate::error::{Error, KeyFault, RemoteFault};
use crate::oid;
use crate::online::{Bearer, RequestRecord, Rules, Session, Transport};
use crate::pki::Certificate;
use crate::report::hex;

/// Octets of an answer that are read at most.
const ANSWER: usize = 1 << 20;

/// A service, and who asks there.
pub struct Service {
    base: String,
    token: Secret,
    rules: Rules,
    transport: Box<dyn Transport + Send + Sync>,
    records: Mutex<Vec<RequestRecord>>,
}

impl Service {
    /// `base`: address of the API, such as `https://service.example/csc/v2`; `token`: the OAuth
    /// access token; every request passes `rules`.
    pub fn new(
        base: &str,
        token: Secret,
        rules: Rules,
        transport: impl Transport + Send + Sync + 'static,
    ) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            token,
            rules,
            transport: Box::new(transport),
            records: Mutex::new(Vec::new()),
        }
    }

    /// Every request that was made, in order (V086).
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.locked().clone()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Vec<RequestRecord>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Identifiers of the caller's credentials.
    ///
    /// # Errors
    /// [`RemoteFault`].
    pub fn credentials(&self) -> Result<Vec<String>, Error> {
        let answer = self.call("credentials/list", &json!({}))?;
        let list = answer
            .get("credentialIDs")
            .and_then(Value::as_array)
            .ok_or(RemoteFault::Answer("credentials/list has no credentialIDs"))?;
        Ok(list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }

    /// What the service tells about one credential.
    ///
    /// # Errors
    /// [`RemoteFault`]; malformed certificates.
    pub fn credential(&self, id: &str) -> Result<Credential, Error> {
        let question = json!({
            "credentialID": id,
            "certificates": "chain",
            "certInfo": true,
            "authInfo": true,
        });
        Credential::read(id, &self.call("credentials/info", &question)?)
    }

    fn call(&self, method: &str, body: &Value) -> Result<Value, Error> {
        let token = std::str::from_utf8(self.token.expose()).ok();
        let bearer = token
            .and_then(Bearer::new)
            .ok_or(RemoteFault::Configuration("the access token is malformed"))?;
        let body = Zeroizing::new(serde_json::to_vec(body).unwrap_or_default());
        let mut session = Session::new(self.rules.clone(), &*self.transport);
        let url = format!("{}/{method}", self.base);
        let result = session.post_json(&url, bearer, &body, ANSWER);
        self.locked().extend_from_slice(session.requests());
        let response = result.map_err(|fault| RemoteFault::Connection(fault.to_string()))?;
        let answer: Option<Value> = serde_json::from_slice(&response.body).ok();
        if (200..300).contains(&response.status) {
            return answer
                .filter(Value::is_object)
                .ok_or_else(|| RemoteFault::Answer("not JSON").into());
        }
        Err(refusal(response.status, answer.as_ref()).into())
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// The service's own words, and whether they are about authorisation. A service that is too busy
/// or broken has refused nothing: what is under way there may still be asked for.
fn refusal(status: u16, answer: Option<&Value>) -> RemoteFault {
    let text = |name| answer.and_then(|answer| answer.get(name)?.as_str());
    let code = text("error").unwrap_or_default();
    let words = match (code, text("error_description")) {
        ("", None) => format!("HTTP {status}"),
        (code, None) => format!("{code} (HTTP {status})"),
        (code, Some(more)) => format!("{code}: {more} (HTTP {status})"),
    };
    let words = short(&words);
    if matches!(status, 408 | 429 | 500..) {
        return RemoteFault::Connection(words);
    }
    let about = text("error_description").unwrap_or_default();
    let authorization = status == 401
        || matches!(
            code,
            "invalid_token"
                | "access_denied"
                | "authorization_expired"
                | "invalid_otp"
                | "invalid_pin"
        )
        || (code == "invalid_request"
            && ["SAD", "OTP", "PIN"]
                .iter()
                .any(|word| about.contains(word)));
    if authorization {
        RemoteFault::Authorization(words)
    } else {
        RemoteFault::Refused(words)
    }
}

/// A key at a service.
#[derive(Debug, Clone)]
pub struct Credential {
    id: String,
    certificates: AbsentKey,
    /// Identifier by which the service wants each algorithm.
    names: Vec<(SignatureAlgorithm, String)>,
    mode: String,
}

impl Credential {
    fn read(id: &str, info: &Value) -> Result<Self, Error> {
        let at = |path: &[&str]| path.iter().try_fold(info, |value, name| value.get(name));
        let status = at(&["key", "status"]).and_then(Value::as_str);
        if status != Some("enabled") {
            let status = status.unwrap_or("unknown");
            return Err(RemoteFault::Credential(format!("its key is {}", short(status))).into());
        }
        let list = at(&["cert", "certificates"])
            .and_then(Value::as_array)
            .ok_or(RemoteFault::Answer("credentials/info has no certificates"))?;
        let certificates = list
            .iter()
            .filter_map(Value::as_str)
            .map(|text| Certificate::from_der(&base64(text)?))
            .collect::<Result<Vec<_>, Error>>()?;
        let offered: Vec<&str> = at(&["key", "algo"])
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let all = AbsentKey::new(certificates.clone(), None)?.algorithms();
        let mut names = Vec::new();
        for algorithm in all {
            let own = identifier(&algorithm)?.0;
            // The key's own identifier means: any digest.
            let general = match algorithm {
                SignatureAlgorithm::RsaPkcs1 { .. } => Some(oid::RSA_ENCRYPTION.to_string()),
                SignatureAlgorithm::Ecdsa { .. } => Some(oid::EC_PUBLIC_KEY.to_string()),
                _ => None,
            };
            let name = [Some(own), general]
                .into_iter()
                .flatten()
                .find(|name| offered.contains(&name.as_str()));
            if let Some(name) = name {
                names.push((algorithm, name));
            }
        }
        let algorithms = names.iter().map(|(algorithm, _)| algorithm.clone());
        let certificates = AbsentKey::new(certificates, Some(algorithms.collect()))?;
        let mode = at(&["auth", "mode"]).or_else(|| at(&["authMode"]));
        Ok(Self {
            id: id.to_owned(),
            certificates,
            names,
            mode: mode
                .and_then(Value::as_str)
                .unwrap_or("explicit")
                .to_owned(),
        })
    }

    /// Its identifier at the service.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How signatures are authorised: `implicit`, `explicit` or `oauth2code`.
    pub fn authorization_mode(&self) -> &str {
        &self.mode
    }
}

/// Identifier of an algorithm, and its parameters in base64 when it has some.
fn identifier(algorithm: &SignatureAlgorithm) -> Result<(String, Option<String>), Error> {
    let der = algorithm.to_der()?;
    let mut reader = asn1::parse(&der)?.reader();
    let name = reader.expect(Tag::OID)?.oid()?.to_string();
    let parameters = match algorithm {
        SignatureAlgorithm::RsaPss { .. } => Some(STANDARD.encode(reader.element()?.raw)),
        _ => None,
    };
    Ok((name, parameters))
}

/// One object of the authorisation that the caller answers, such as `PIN` or `OTP`.
#[derive(Debug)]
pub struct AuthorizationData {
    /// Its identifier at the service.
    pub id: String,
    /// What was typed.
    pub value: Secret,
}

/// A signature that is asked for and not there yet. It can be stored; it holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Version of this form.
    version: u32,
    credential: String,
    algorithm: SignatureAlgorithm,
    /// SHA-256 of the message, hexadecimal: another message is refused.
    message_sha256: String,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// The signer is asked for the authorisation.
    Authorizing { handle: String },
    /// The service signs.
    Signing { response: String },
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The value, checked, in the form of CMS.
    Signed(Vec<u8>),
    /// Not yet.
    Waiting(Ticket),
}

/// A credential with what authorises it.
pub struct RemoteKey {
    service: Service,
    credential: Credential,
    authorization: Vec<AuthorizationData>,
    wait: Duration,
    poll: Duration,
}

impl RemoteKey {
    /// `authorization`: what the service asks the caller for; empty when it asks the signer by
    /// itself. `wait`: how long [`KeySource::sign`] waits, asking every `poll`.
    pub fn new(
        service: Service,
        credential: Credential,
        authorization: Vec<AuthorizationData>,
        wait: Duration,
        poll: Duration,
    ) -> Self {
        Self {
            service,
            credential,
            authorization,
            wait,
            poll: poll.max(Duration::from_millis(1)),
        }
    }

    /// The service, with the list of its requests.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Asks for a signature of `message`, which is whole.
    ///
    /// # Errors
    /// [`RemoteFault`]; [`KeyFault::Unsupported`].
    pub fn begin(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Progress, Error> {
        let ticket = |stage| self.ticket(algorithm, message, stage);
        if self.credential.mode == "implicit" {
            return self.sign_hash(algorithm, message, None);
        }
        let (digest, digest_oid) = digest(algorithm, message)?;
        let mut question = Map::new();
        question.insert("credentialID".into(), self.credential.id.clone().into());
        question.insert("numSignatures".into(), 1.into());
        question.insert("hashes".into(), json!([digest]));
        question.insert("hashAlgorithmOID".into(), digest_oid.into());
        if !self.authorization.is_empty() {
            let data = self.authorization.iter().map(|one| {
                let value = String::from_utf8_lossy(one.value.expose());
                json!({ "id": one.id, "value": value })
            });
            question.insert("authData".into(), Value::Array(data.collect()));
        }
        let mut question = Value::Object(question);
        let answer = self.service.call("credentials/authorize", &question);
        wipe(&mut question);
        let mut answer = answer?;
        match (text(&answer, "SAD"), text(&answer, "handle")) {
            (Some(sad), _) => {
                let sad = Secret::new(sad.into_bytes());
                wipe(&mut answer);
                self.sign_hash(algorithm, message, Some(&sad))
            }
            (None, Some(handle)) => Ok(Progress::Waiting(ticket(Stage::Authorizing { handle }))),
            _ => {
                Err(RemoteFault::Answer("credentials/authorize has neither SAD nor handle").into())
            }
        }
    }

    /// Asks again for what [`RemoteKey::begin`] began, perhaps in another process.
    ///
    /// # Errors
    /// As [`RemoteKey::begin`]; [`RemoteFault::Configuration`]: the ticket is for another message
    /// or another credential.
    pub fn resume(&self, ticket: &Ticket, message: &[u8]) -> Result<Progress, Error> {
        let fits = ticket.version == 1
            && ticket.credential == self.credential.id
            && ticket.message_sha256 == sha256(message);
        if !fits {
            return Err(RemoteFault::Configuration(
                "the ticket is for another message or another credential",
            )
            .into());
        }
        match &ticket.stage {
            Stage::Authorizing { handle } => {
                let question = json!({ "handle": handle });
                let mut answer = self.service.call("credentials/authorizeCheck", &question)?;
                match text(&answer, "SAD") {
                    Some(sad) => {
                        let sad = Secret::new(sad.into_bytes());
                        wipe(&mut answer);
                        self.sign_hash(&ticket.algorithm, message, Some(&sad))
                    }
                    None => Ok(Progress::Waiting(ticket.clone())),
                }
            }
            Stage::Signing { response } => {
                let question = json!({ "responseID": response });
                let answer = self.service.call("signatures/signPolling", &question)?;
                match answer.get("signatures") {
                    Some(_) => self.value(&ticket.algorithm, message, &answer),
                    None => Ok(Progress::Waiting(ticket.clone())),
                }
            }
        }
    }

    /// Begins, or goes on with `ticket`, and asks until the value is there or the time is over.
    /// `keep` gets each new ticket, so that another process can go on with it.
    ///
    /// # Errors
    /// As [`RemoteKey::resume`]; [`RemoteFault::Waiting`]; what `keep` says.
    pub fn collect(
        &self,
        ticket: Option<&Ticket>,
        algorithm: &SignatureAlgorithm,
        message: &[u8],
        mut keep: impl FnMut(&Ticket) -> Result<(), Error>,
    ) -> Result<Vec<u8>, Error> {
        let transport = &self.service.transport;
        let started = transport.elapsed();
        let mut known = ticket.cloned();
        let mut progress = match ticket {
            Some(ticket) => self.resume(ticket, message)?,
            None => self.begin(algorithm, message)?,
        };
        loop {
            let ticket = match progress {
                Progress::Signed(value) => return Ok(value),
                Progress::Waiting(ticket) => ticket,
            };
            if known.as_ref() != Some(&ticket) {
                keep(&ticket)?;
            }
            if transport.elapsed().saturating_sub(started) >= self.wait {
                return Err(RemoteFault::Waiting {
                    seconds: self.wait.as_secs(),
                }
                .into());
            }
            transport.wait(self.poll);
            progress = self.resume(&ticket, message)?;
            known = Some(ticket);
        }
    }

    fn ticket(&self, algorithm: &SignatureAlgorithm, message: &[u8], stage: Stage) -> Ticket {
        Ticket {
            version: 1,
            credential: self.credential.id.clone(),
            algorithm: algorithm.clone(),
            message_sha256: sha256(message),
            stage,
        }
    }

    fn sign_hash(
        &self,
        algorithm: &SignatureAlgorithm,
        message: &[u8],
        sad: Option<&Secret>,
    ) -> Result<Progress, Error> {
        let (digest, digest_oid) = digest(algorithm, message)?;
        let names = self.credential.names.iter();
        let (_, name) = names
            .clone()
            .find(|(own, _)| own == algorithm)
            .ok_or_else(|| {
                KeyFault::Unsupported(format!(
                    "algorithm {} is not offered by it",
                    algorithm.name()
                ))
            })?;
        let mut question = json!({
            "credentialID": self.credential.id,
            "hashes": [digest],
            "hashAlgorithmOID": digest_oid,
            "signAlgo": name,
        });
        if let Some(object) = question.as_object_mut() {
            if let Some(parameters) = identifier(algorithm)?.1 {
                object.insert("signAlgoParams".into(), parameters.into());
            }
            if let Some(sad) = sad {
                let sad = String::from_utf8_lossy(sad.expose()).into_owned();
                object.insert("SAD".into(), sad.into());
            }
        }
        let answer = self.service.call("signatures/signHash", &question);
        wipe(&mut question);
        let answer = answer?;
        match text(&answer, "responseID") {
            Some(response) if answer.get("signatures").is_none() => Ok(Progress::Waiting(
                self.ticket(algorithm, message, Stage::Signing { response }),
            )),
            _ => self.value(algorithm, message, &answer),
        }
    }

    fn value(
        &self,
        algorithm: &SignatureAlgorithm,
        message: &[u8],
        answer: &Value,
    ) -> Result<Progress, Error> {
        let list = answer.get("signatures").and_then(Value::as_array);
        let Some([Value::String(text)]) = list.map(Vec::as_slice) else {
            return Err(RemoteFault::Answer("not exactly one signature").into());
        };
        let key = self.certificate().public_key();
        checked(key, algorithm, message, &base64(text)?).map(Progress::Signed)
    }
}

/// The digest to sign, in base64, and the identifier of its algorithm.
fn digest(algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<(String, String), Error> {
    let digest = algorithm
        .digest()
        .ok_or_else(|| KeyFault::Unsupported("the service signs digests alone".to_owned()))?;
    let value = STANDARD.encode(digest.digest(&[message]).as_bytes());
    Ok((value, digest.oid().to_string()))
}

fn sha256(message: &[u8]) -> String {
    let digest = crate::crypto::DigestAlgorithm::Sha256.digest(&[message]);
    hex(digest.as_bytes())
}

fn text(answer: &Value, name: &str) -> Option<String> {
    answer
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// Overwrites every string of `value`, which carried secrets; what stands two levels down is all
/// that is made here.
fn wipe(value: &mut Value) {
    use zeroize::Zeroize as _;
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => text.zeroize(),
            Value::Array(items) => waiting.extend(items),
            Value::Object(object) => waiting.extend(object.values_mut()),
            _ => {}
        }
    }
}

impl fmt::Debug for RemoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKey")
            .field("service", &self.service)
            .field("credential", &self.credential.id)
            .finish_non_exhaustive()
    }
}

impl KeySource for RemoteKey {
    fn certificate(&self) -> &Certificate {
        self.credential.certificates.certificate()
    }

    fn chain(&self) -> &[Certificate] {
        self.credential.certificates.chain()
    }

    fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        self.credential.certificates.algorithms()
    }

    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.collect(None, algorithm, message, |_| Ok(()))
    }
}
