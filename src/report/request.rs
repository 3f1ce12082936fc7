//! Requests over the network, made or refused → their records in a report.

use serde::Serialize;

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// A CRL.
    Crl,
    /// The certificate of an issuer.
    Issuer,
    /// An OCSP response.
    Ocsp,
    /// A signature by a remote key, or what leads to it.
    Signature,
    /// A time-stamp token.
    TimeStamp,
}

/// One request that was made, or refused before it was made (V086).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestRecord {
    /// What for.
    pub kind: RequestKind,
    /// The address as it stood in the certificate or in the configuration.
    pub url: String,
    /// Whether anything was sent.
    pub sent: bool,
    /// Which attempt this was, from 1.
    pub attempt: u32,
    /// HTTP status, when there was an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Octets of the body.
    pub bytes: usize,
    /// SHA-256 of the body, hexadecimal, when there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Stable name of the result: `accepted`, `remembered`, `received`, or why not.
    pub code: &'static str,
    /// The result in English, with its details.
    pub result: String,
}
