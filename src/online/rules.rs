//! Text of an address → [`Target`], or why it is refused; resolved addresses → whether they are public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::Fault;
use super::revocation::NonceRule;

/// What the network may be used for, and how much.
///
/// Source: validation rules, section 5 "Network"; V086–V089.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// Hosts that may have addresses that are not public, and their ports.
    pub allowed: Vec<AllowedHost>,
    /// Whether only these hosts may be asked.
    pub only_allowed: bool,
    /// Time for name and connection.
    pub connect: Duration,
    /// Time for one request, body included.
    pub request: Duration,
    /// Time for the whole session.
    pub session: Duration,
    /// Requests for one certificate, repetitions not counted.
    pub per_certificate: usize,
    /// Requests of the whole session, repetitions counted.
    pub per_session: usize,
    /// How often one request is sent at most.
    pub attempts: u32,
    /// Pause before the first repetition; doubled each time, with jitter.
    pub pause: Duration,
    /// Longest pause; a server that asks for more is given up.
    pub longest_pause: Duration,
    /// What is asked of the nonce of OCSP responses.
    pub nonce: NonceRule,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            allowed: Vec::new(),
            only_allowed: false,
            connect: Duration::from_secs(5),
            request: Duration::from_secs(15),
            session: Duration::from_secs(60),
            per_certificate: 6,
            per_session: 40,
            attempts: 3,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(10),
            nonce: NonceRule::IfThere,
        }
    }
}

/// A host that the caller allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    host: String,
    port: Option<u16>,
}

impl AllowedHost {
    /// From `host`, `host:port`, `[address]` or `[address]:port`. Without a port, 80 and 443.
    ///
    /// # Errors
    /// [`Fault::Url`].
    pub fn from_text(text: &str) -> Result<Self, Fault> {
        let (host, port) = authority(text)?;
        Ok(Self { host, port })
    }
}

/// An address that passed [`Rules::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: String,
    host: String,
    port: u16,
    allowed: bool,
}

impl Target {
    /// The whole address, without fragment.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Name or address of the host, lower case, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether a secret may be sent there: encrypted, or to a host that the caller allowed.
    pub(super) fn may_see_secrets(&self) -> bool {
        self.allowed || self.url.starts_with("https://")
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the caller named this host.
    pub fn is_listed(&self) -> bool {
        self.allowed
    }

    /// Checks what the name was resolved to: all of it must be public, unless the caller allows
    /// the host.
    ///
    /// # Errors
    /// [`Fault::Address`]; [`Fault::HostNotFound`] when there is none.
    pub fn check(&self, addresses: &[IpAddr]) -> Result<(), Fault> {
        if addresses.is_empty() {
            return Err(Fault::HostNotFound);
        }
        match addresses.iter().find(|address| !is_public(**address)) {
            Some(address) if !self.allowed => Err(Fault::Address { address: *address }),
            _ => Ok(()),
        }
    }
}

impl Rules {
    /// The defaults: any public host, at most 15 seconds a request and 60 in all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows a host at whatever address.
    #[must_use]
    pub fn allow(mut self, host: AllowedHost) -> Self {
        self.allowed.push(host);
        self
    }

    /// Checks the text of an address; the addresses of its host are checked later.
    ///
    /// # Errors
    /// [`Fault::Url`], [`Fault::HostNotAllowed`].
    pub fn check(&self, url: &str) -> Result<Target, Fault> {
        if url.len() > 2048 {
            return Err(Fault::Url("longer than 2048 bytes"));
        }
        if !url.bytes().all(|octet| octet.is_ascii_graphic()) || url.contains('\\') {
            return Err(Fault::Url("not printable ASCII"));
        }
        let (scheme, rest) = url.split_once("://").ok_or(Fault::Url("no scheme"))?;
        let usual = match scheme.to_ascii_lowercase().as_str() {
            "http" => 80,
            "https" => 443,
            _ => return Err(Fault::Url("neither http nor https")),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (before, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let (host, port) = authority(before)?;
        let port = port.unwrap_or(usual);
        let known = |entry: &&AllowedHost| entry.host == host;
        let allowed = self.allowed.iter().filter(known).any(|entry| {
            entry
                .port
                .map_or(port == 80 || port == 443, |own| own == port)
        });
        if self.only_allowed && !allowed {
            return Err(Fault::HostNotAllowed);
        }
        if !allowed && port != 80 && port != 443 {
            return Err(Fault::Url("a port other than 80 and 443"));
        }
        let path = after.split('#').next().unwrap_or_default();
        let slash = if path.starts_with('/') { "" } else { "/" };
        let shown = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.clone()
        };
        let scheme = scheme.to_ascii_lowercase();
        Ok(Target {
            url: format!("{scheme}://{shown}:{port}{slash}{path}"),
            host,
            port,
            allowed,
        })
    }
}

/// Host, lower case and without brackets, and port.
fn authority(text: &str) -> Result<(String, Option<u16>), Fault> {
    if text.contains('@') {
        return Err(Fault::Url("user information"));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or(Fault::Url("malformed host"))?;
            host.parse::<Ipv6Addr>()
                .map_err(|_| Fault::Url("malformed host"))?;
            let port = match after {
                "" => None,
                more => Some(more.strip_prefix(':').ok_or(Fault::Url("malformed host"))?),
            };
            (host, port)
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if host.is_empty() || host.len() > 253 || !(text.starts_with('[') || host.chars().all(fits)) {
        return Err(Fault::Url("malformed host"));
    }
    let port = match port {
        None => None,
        Some(digits) if digits.bytes().all(|c| c.is_ascii_digit()) => Some(
            digits
                .parse::<u16>()
                .ok()
                .filter(|port| *port != 0)
                .ok_or(Fault::Url("malformed port"))?,
        ),
        Some(_) => return Err(Fault::Url("malformed port")),
    };
    let host = host.to_ascii_lowercase();
    // One spelling of a name and of an address, so that the list of allowed hosts cannot be missed.
    let host = match host.parse::<Ipv6Addr>() {
        Ok(address) => address.to_string(),
        Err(_) => host.strip_suffix('.').unwrap_or(&host).to_owned(),
    };
    Ok((host, port))
}

/// Whether an address is one of the public internet. IPv6 addresses that carry an IPv4 address
/// are not.
///
/// Source: IANA special-purpose address registries; RFC 6890.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => is_public_four(four),
        IpAddr::V6(six) => is_public_six(six),
    }
}

fn is_public_four(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, _, _)
    )
}

fn is_public_six(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Global unicast is 2000::/3; what lies outside is loopback, mapped, local, multicast, NAT64.
    (0x2000..=0x3fff).contains(&first)
        // 2001::/23 (Teredo and others), 2001:db8::/32, 6to4, 3fff::/20.
        && !(first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        && first != 0x2002
        && !(first == 0x3fff && second < 0x1000)
}
