//! A signing service with the CSC API on loopback, that can delay, refuse and lie.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::crypto::{DigestAlgorithm, DigestValue, SignatureAlgorithm};
use kyso::online::{AllowedHost, HttpTransport, Rules};
use kyso::signing::key::remote::csc::Service;
use kyso::signing::key::{KeySource, LocalKey, Secret};
use serde_json::{Value, json};

pub const TOKEN: &str = "access-token-7f3e";
pub const SAD: &str = "activation-data-51c0";

/// What the service does other than right.
#[derive(Clone, Default)]
pub struct Behaviour {
    /// How often it is asked before the signer has confirmed; 0: at once.
    pub authorize_later: usize,
    /// How often it is asked before the signature is there; 0: at once.
    pub sign_later: usize,
    pub line_breaks: bool,
    pub wrong_signature: bool,
    /// The authorisation is no longer in force when it is used.
    pub expired: bool,
    /// What signHash answers.
    pub garbage: Option<&'static str>,
    /// signHash answers with status 500.
    pub fails: bool,
    /// Status that the first authorizeCheck is answered with.
    pub busy: Option<u16>,
    /// A folder that goes while the service signs.
    pub removes: Option<PathBuf>,
}

struct State {
    key: LocalKey,
    behaviour: Behaviour,
    checks: usize,
    polls: usize,
    pending: Option<Value>,
    signed: usize,
}

pub struct CscServer {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl CscServer {
    pub fn new(key: LocalKey, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            key,
            behaviour,
            checks: 0,
            polls: 0,
            pending: None,
            signed: 0,
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(&state, stream.unwrap()));
            }
        });
        Self { port, state }
    }

    /// How many signatures it has made.
    pub fn signed(&self) -> usize {
        self.state.lock().unwrap().signed
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn service(&self, token: &str) -> Service {
        let rules = Rules::new().allow(AllowedHost::from_text(&self.host()).unwrap());
        let transport = HttpTransport::new(&rules);
        let base = format!("http://{}/csc/v2/", self.host());
        Service::new(
            &base,
            Secret::new(token.as_bytes().to_vec()),
            rules,
            transport,
        )
    }
}

fn serve(state: &Mutex<State>, mut stream: TcpStream) -> Option<()> {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut octet).ok()? == 0 {
            return None;
        }
        head.push(octet[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let length = header("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let method = head.split_whitespace().nth(1)?.strip_prefix("/csc/v2/")?;
    let (status, answer) = if header("authorization") != Some(format!("Bearer {TOKEN}")) {
        (401, json!({"error": "invalid_token"}).to_string())
    } else {
        let question: Value = serde_json::from_slice(&body).unwrap();
        answer(&mut state.lock().unwrap(), method, &question)
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    stream
        .write_all(&[head.as_bytes(), answer.as_bytes()].concat())
        .ok()
}

fn answer(state: &mut State, method: &str, question: &Value) -> (u16, String) {
    let ok = |value: Value| (200, value.to_string());
    match method {
        "credentials/list" => ok(json!({"credentialIDs": ["key-1"]})),
        "credentials/info" => {
            assert_eq!(question["credentialID"], "key-1");
            let certificates: Vec<String> = std::iter::once(state.key.certificate())
                .chain(state.key.chain())
                .map(|one| STANDARD.encode(one.der()))
                .collect();
            ok(json!({
                "key": {"status": "enabled", "algo": [
                    "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.4.3.2"]},
                "cert": {"status": "valid", "certificates": certificates},
                "auth": {"mode": "explicit"},
                "multisign": 1,
            }))
        }
        "credentials/authorize" => {
            if question["authData"] != json!([{"id": "PIN", "value": "24681357"}]) {
                let text = json!({"error": "invalid_request",
                    "error_description": "PIN is not correct"});
                return (400, text.to_string());
            }
            assert_eq!(question["numSignatures"], 1);
            if state.behaviour.authorize_later > 0 {
                return ok(json!({"handle": "handle-1"}));
            }
            ok(json!({"SAD": SAD, "expiresIn": 300}))
        }
        "credentials/authorizeCheck" => {
            assert_eq!(question["handle"], "handle-1");
            if let Some(status) = state.behaviour.busy.take() {
                return (status, json!({"error": "later"}).to_string());
            }
            state.checks += 1;
            if state.checks < state.behaviour.authorize_later {
                return ok(json!({}));
            }
            ok(json!({"SAD": SAD, "expiresIn": 300}))
        }
        "signatures/signHash" => {
            assert_eq!(question["SAD"], SAD);
            if state.behaviour.expired {
                let text = json!({"error": "invalid_request",
                    "error_description": "the SAD has expired"});
                return (400, text.to_string());
            }
            if state.behaviour.fails {
                return (500, "broken".to_owned());
            }
            if let Some(text) = state.behaviour.garbage {
                return (200, text.to_owned());
            }
            let signed = signed(state, question);
            state.signed += 1;
            if let Some(folder) = &state.behaviour.removes {
                std::fs::remove_dir_all(folder).unwrap();
            }
            if state.behaviour.sign_later > 0 {
                state.pending = Some(signed);
                return ok(json!({"responseID": "response-1"}));
            }
            ok(signed)
        }
        "signatures/signPolling" => {
            assert_eq!(question["responseID"], "response-1");
            state.polls += 1;
            if state.polls < state.behaviour.sign_later {
                return ok(json!({"responseID": "response-1"}));
            }
            ok(state.pending.clone().unwrap())
        }
        other => panic!("{other}"),
    }
}

/// Signs the digest as it came, with the raw key.
fn signed(state: &State, question: &Value) -> Value {
    let digest = STANDARD
        .decode(question["hashes"][0].as_str().unwrap())
        .unwrap();
    assert_eq!(question["hashAlgorithmOID"], "2.16.840.1.101.3.4.2.1");
    let digest = DigestValue::from_bytes(DigestAlgorithm::Sha256, digest).unwrap();
    let algorithm = match question["signAlgo"].as_str().unwrap() {
        "1.2.840.113549.1.1.10" => {
            assert!(question["signAlgoParams"].is_string());
            state.key.algorithms().into_iter().find(|one| {
                matches!(
                    one,
                    SignatureAlgorithm::RsaPss {
                        digest: DigestAlgorithm::Sha256,
                        ..
                    }
                )
            })
        }
        _ => state.key.algorithms().into_iter().next(),
    };
    let mut value = sign_digest(&algorithm.unwrap(), &digest);
    if state.behaviour.wrong_signature {
        value[10] ^= 1;
    }
    let mut text = STANDARD.encode(value);
    if state.behaviour.line_breaks {
        text = text
            .as_bytes()
            .chunks(64)
            .map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap()))
            .collect();
    }
    json!({"signatures": [text]})
}

/// The service gets digests alone, which no local key signs; the parts of the keys are at hand.
fn sign_digest(algorithm: &SignatureAlgorithm, digest: &DigestValue) -> Vec<u8> {
    use p256::ecdsa::signature::hazmat::PrehashSigner as _;
    use p256::pkcs8::DecodePrivateKey as _;
    let path = |name: &str| {
        let root = env!("CARGO_MANIFEST_DIR");
        std::fs::read_to_string(format!("{root}/testdata/keys/throwaway-{name}.key.pem")).unwrap()
    };
    match algorithm {
        SignatureAlgorithm::Ecdsa { .. } => {
            let key = p256::ecdsa::SigningKey::from_pkcs8_pem(&path("p256")).unwrap();
            let value: p256::ecdsa::Signature = key.sign_prehash(digest.as_bytes()).unwrap();
            // r and s side by side, as services give them.
            value.to_bytes().to_vec()
        }
        SignatureAlgorithm::RsaPss { .. } => {
            let key = rsa::PrivateKey::from_pkcs8_pem(&path("rsa")).unwrap();
            let scheme = rsa::Pss::<sha2::Sha256>::new();
            let mut random = Counter(7);
            key.sign_with_rng(&mut random, scheme, digest.as_bytes())
                .unwrap()
        }
        _ => {
            let key = rsa::PrivateKey::from_pkcs8_pem(&path("rsa")).unwrap();
            let scheme = rsa::Pkcs1v15Sign::new::<sha2::Sha256>();
            key.sign(scheme, digest.as_bytes()).unwrap()
        }
    }
}

/// The salt of a test may be foreseen.
struct Counter(u64);

impl rsa::rand_core::TryRng for Counter {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for octet in out {
            *octet = (self.try_next_u64()? >> 56) as u8;
        }
        Ok(())
    }
}

impl rsa::rand_core::TryCryptoRng for Counter {}
