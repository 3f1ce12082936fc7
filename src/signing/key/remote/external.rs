//! A program that signs, whatever is behind it: JSON on its standard input → JSON on its output.
//!
//! The form is described, with examples for the services in use, in
//! [`manual::keys`](crate::manual::keys). No shell is between: the program is started as named,
//! with the arguments given, and gets nothing else.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::super::value::digest_info;
use super::super::{AbsentKey, KeySource};
use super::{base64, checked, hexadecimal};
use crate::crypto::SignatureAlgorithm;
use crate::error::{Error, RemoteFault};
use crate::pki::Certificate;
use crate::report::hex;

/// Octets of an answer that are read at most.
const ANSWER: u64 = 64 << 10;

/// A key behind a program.
#[derive(Debug)]
pub struct ExternalKey {
    program: PathBuf,
    arguments: Vec<String>,
    deadline: Duration,
    certificates: AbsentKey,
}

impl ExternalKey {
    /// `program`: its path; `arguments`: given to it as they are; no secret belongs there.
    /// `certificates`: the signer's first. `algorithms`: what the key can do, the preferred
    /// first; `None` for all that fit it. `deadline`: the program is ended after it.
    ///
    /// # Errors
    /// As [`AbsentKey::new`].
    pub fn new(
        program: PathBuf,
        arguments: Vec<String>,
        certificates: Vec<Certificate>,
        algorithms: Option<Vec<SignatureAlgorithm>>,
        deadline: Duration,
    ) -> Result<Self, Error> {
        Ok(Self {
            program,
            arguments,
            deadline,
            certificates: AbsentKey::new(certificates, algorithms)?,
        })
    }

    fn ask(&self, question: Vec<u8>) -> Result<Vec<u8>, Error> {
        let fault = |what: String| Error::new(RemoteFault::Program(what));
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| fault(format!("cannot be started: {error}")))?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(fault("has no input or no output".to_owned()));
        };
        // Both ends move at once: a program may answer before it has read everything, or never
        // read at all.
        std::thread::spawn(move || {
            // A program that does not listen says so by its answer.
            let _ = input.write_all(&question);
        });
        let (send, receive) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let result = output
                .take(ANSWER.saturating_add(1))
                .read_to_end(&mut bytes);
            // Nobody waits any more after the deadline.
            let _ = send.send(result.map(|_| bytes));
        });
        let until = Instant::now().checked_add(self.deadline);
        let answer = receive.recv_timeout(self.deadline);
        let status = match answer {
            Ok(_) => waited(&mut child, until),
            Err(_) => None,
        };
        let Some(status) = status else {
            // What is ended already cannot be ended again, and that is all that can go wrong.
            let _ = child.kill();
            let _ = child.wait();
            return Err(RemoteFault::Waiting {
                seconds: self.deadline.as_secs(),
            }
            .into());
        };
        let bytes = match answer {
            Ok(Ok(bytes)) => bytes,
            _ => return Err(fault("gave no answer".to_owned())),
        };
        if bytes.len() as u64 > ANSWER {
            return Err(RemoteFault::Answer("longer than 64 KiB").into());
        }
        // A refusal in words says more than a number.
        if !status.success() && !bytes.trim_ascii().starts_with(b"{") {
            return Err(fault(format!("failed ({status})")));
        }
        Ok(bytes)
    }
}

/// The status of a program that has closed its output; `None` when it does not end in time.
fn waited(child: &mut Child, until: Option<Instant>) -> Option<std::process::ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if until.is_none_or(|until| Instant::now() < until) => {
                std::thread::sleep(Duration::from_millis(5));
            }
            _ => return None,
        }
    }
}

#[derive(Serialize)]
struct Question<'a> {
    /// Version of this form.
    version: u32,
    operation: &'static str,
    algorithm: Algorithm,
    /// DER of the signer's certificate.
    certificate: String,
    /// The octets that are signed, whole.
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest<'a>>,
}

#[derive(Serialize)]
struct Algorithm {
    name: String,
    scheme: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    salt_length: Option<u32>,
}

#[derive(Serialize)]
struct Digest<'a> {
    algorithm: &'a str,
    oid: String,
    hex: String,
    base64: String,
    /// For RSA v1.5 alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest_info: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    signature_base64: Option<String>,
    signature_hex: Option<String>,
    error: Option<String>,
}

impl KeySource for ExternalKey {
    fn certificate(&self) -> &Certificate {
        self.certificates.certificate()
    }

    fn chain(&self) -> &[Certificate] {
        self.certificates.chain()
    }

    fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        self.certificates.algorithms()
    }

    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
        let digest = algorithm.digest().map(|digest| digest.digest(&[message]));
        let info = match (algorithm, &digest) {
            (SignatureAlgorithm::RsaPkcs1 { .. }, Some(digest)) => Some(digest_info(digest)?),
            _ => None,
        };
        let question = Question {
            version: 1,
            operation: "sign",
            algorithm: Algorithm {
                name: algorithm.name(),
                scheme: match algorithm {
                    SignatureAlgorithm::RsaPkcs1 { .. } => "rsa-pkcs1-v1_5",
                    SignatureAlgorithm::RsaPss { .. } => "rsa-pss",
                    SignatureAlgorithm::Ecdsa { .. } => "ecdsa",
                    _ => "eddsa",
                },
                salt_length: match algorithm {
                    SignatureAlgorithm::RsaPss { salt_len, .. } => Some(*salt_len),
                    _ => None,
                },
            },
            certificate: STANDARD.encode(self.certificate().der()),
            message: STANDARD.encode(message),
            digest: digest.as_ref().map(|digest| Digest {
                algorithm: digest.algorithm().name(),
                oid: digest.algorithm().oid().to_string(),
                hex: hex(digest.as_bytes()),
                base64: STANDARD.encode(digest.as_bytes()),
                digest_info: info.map(|info| STANDARD.encode(info)),
            }),
        };
        // A struct of strings and numbers always serialises.
        let question = serde_json::to_vec(&question).unwrap_or_default();
        let answer: Answer = serde_json::from_slice(&self.ask(question)?)
            .map_err(|_| RemoteFault::Answer("not the JSON that the manual describes"))?;
        if let Some(error) = answer.error {
            return Err(RemoteFault::Refused(super::short(&error)).into());
        }
        let value = match (answer.signature_base64, answer.signature_hex) {
            (Some(text), None) => base64(&text)?,
            (None, Some(text)) => hexadecimal(&text)?,
            _ => {
                return Err(RemoteFault::Answer(
                    "neither signature_base64 nor signature_hex, or both",
                )
                .into());
            }
        };
        checked(self.certificate().public_key(), algorithm, message, &value)
    }
}
