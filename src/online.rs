//! A verified path or a digest + leave to use the network → revocation data or a time-stamp token, verified, and the list of requests.
//!
//! Off unless the caller builds a [`Session`]. Every request passes [`Rules`]: http and https
//! only, no redirects, no credentials, no proxy; the name is resolved once, all addresses are
//! checked, and the connection goes to the checked address. What comes back is evidence with
//! [`Origin::Fetched`](crate::pki::evidence::Origin::Fetched), kept only after its signature was
//! verified; it proves nothing about any time before it was fetched. Time for validation is an
//! argument; the only clock is that of the [`Transport`], for deadlines and back-off.
//!
//! ```no_run
//! use kyso::online::{HttpTransport, Rules, Session};
//! let rules = Rules::new();
//! let transport = HttpTransport::new(&rules);
//! let mut session = Session::new(rules, &transport);
//! // session.revocation(&path, &mut evidence, &pool, &parameters);
//! for request in session.requests() {
//!     println!("{} {}", request.url, request.result);
//! }
//! ```

mod http;
mod revocation;
mod rules;
mod session;
mod timestamp;

pub use http::{HttpTransport, Resolve};
pub use revocation::NonceRule;
pub use rules::{AllowedHost, Rules, Target, is_public};
pub use session::{Kind, RequestRecord, Session};
pub use timestamp::{FetchedToken, TimeStampFailure};

use std::time::Duration;

/// Sends one request, once.
pub trait Transport {
    /// Sends `request` to the checked address of its target.
    ///
    /// # Errors
    /// [`Fault`]; a status of whatever kind is no error here.
    fn send(&self, request: &Request<'_>) -> Result<Response, Fault>;

    /// Time since some fixed moment; never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits.
    fn wait(&self, time: Duration);
}

/// An access token; `Debug` hides it.
///
/// Source: RFC 6750 §2.1.
#[derive(Clone, Copy)]
pub struct Bearer<'a>(&'a str);

impl<'a> Bearer<'a> {
    /// From the token's text; `None` when it cannot stand in a header.
    pub fn new(token: &'a str) -> Option<Self> {
        let fits = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+/=".contains(&octet);
        (!token.is_empty() && token.bytes().all(fits)).then_some(Self(token))
    }
}

impl std::fmt::Debug for Bearer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bearer([redacted])")
    }
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Where, checked by [`Rules::check`].
    pub target: &'a Target,
    /// Media type and body of a POST; `None` = GET.
    pub post: Option<(&'static str, &'a [u8])>,
    /// Access token of the caller at the service; such requests get the body of every answer.
    pub bearer: Option<Bearer<'a>>,
    /// Media type that is asked for.
    pub accept: &'static str,
    /// Octets of body that are read at most.
    pub max_bytes: usize,
    /// Time for everything.
    pub deadline: Duration,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Retry-After in seconds, as far as it is a number.
    pub retry_after: Option<u64>,
    /// Media type without parameters, lower case; empty when absent.
    pub media_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing usable came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The address breaks the network rules.
    #[error("address refused: {0}")]
    Url(&'static str),
    /// The name leads to an address that is not public.
    #[error("{address} is not a public address")]
    Address {
        /// The address.
        address: std::net::IpAddr,
    },
    /// The host is not on the list of allowed hosts.
    #[error("the host is not allowed")]
    HostNotAllowed,
    /// The name cannot be resolved.
    #[error("the host is not found")]
    HostNotFound,
    /// No connection, or it broke.
    #[error("connection failed: {0}")]
    Connection(String),
    /// Too slow.
    #[error("timed out")]
    Timeout,
    /// The answer points elsewhere.
    #[error("redirect (HTTP {0}) is not followed")]
    Redirect(u16),
    /// Another status than 200.
    #[error("HTTP {0}")]
    Status(u16),
    /// The server asks to come later.
    #[error("the server asks to wait (HTTP {status})")]
    RateLimited {
        /// 429 or 503.
        status: u16,
        /// Seconds, as far as told.
        seconds: Option<u64>,
    },
    /// More octets than allowed.
    #[error("more than {0} bytes")]
    TooLarge(usize),
    /// A bound on the number of requests or on the time of the run was reached.
    #[error("limit reached: {0}")]
    Limit(&'static str),
    /// The body is not what was asked for.
    #[error("not usable: {0}")]
    Content(String),
    /// It is not authentic, or not about what was asked.
    #[error("not accepted: {0}")]
    NotAuthentic(String),
    /// No random numbers.
    #[error("no random numbers")]
    Random,
}

impl Fault {
    /// Stable name for machines and for the catalogue of messages.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "address",
            Self::Address { .. } => "address-not-public",
            Self::HostNotAllowed => "host-not-allowed",
            Self::HostNotFound => "host-not-found",
            Self::Connection(_) => "connection",
            Self::Timeout => "timeout",
            Self::Redirect(_) => "redirect",
            Self::Status(_) => "http-status",
            Self::RateLimited { .. } => "rate-limited",
            Self::TooLarge(_) => "too-large",
            Self::Limit(_) => "limit",
            Self::Content(_) => "not-usable",
            Self::NotAuthentic(_) => "not-accepted",
            Self::Random => "random",
        }
    }
}

/// Octets that nobody can guess.
fn random<const N: usize>() -> Result<[u8; N], Fault> {
    use ring::rand::SecureRandom as _;
    let mut octets = [0; N];
    ring::rand::SystemRandom::new()
        .fill(&mut octets)
        .map_err(|_| Fault::Random)?;
    Ok(octets)
}
