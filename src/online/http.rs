//! One request → one answer over HTTP/1.1: the name is resolved once, checked, and that address is connected to.

use std::fmt;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use ureq::http::{Response as Answer, Uri};
use ureq::tls::{Certificate as TlsCertificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, config::Config};

use super::{Fault, Request, Response, Rules, Target, Transport};

/// Names → addresses. The system's, unless a test or a closed network brings its own.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host`.
    ///
    /// # Errors
    /// What the resolver says.
    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

struct System;

impl Resolve for System {
    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        use std::net::ToSocketAddrs as _;
        Ok((host, 0)
            .to_socket_addrs()?
            .map(|address| address.ip())
            .collect())
    }
}

/// The network: no proxies, cookies, credentials, redirects, and no connection used twice.
pub struct HttpTransport {
    started: Instant,
    connect: Duration,
    resolve: Arc<dyn Resolve>,
    /// Whom to trust for https, DER; `None` = the public authorities.
    web_roots: Option<Vec<Vec<u8>>>,
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpTransport")
    }
}

impl HttpTransport {
    /// With the connect timeout of `rules` and the system's resolver.
    pub fn new(rules: &Rules) -> Self {
        Self {
            started: Instant::now(),
            connect: rules.connect,
            resolve: Arc::new(System),
            web_roots: None,
        }
    }

    /// Trusts these certificates, each DER, for https, and no public authority: for closed
    /// networks. It says nothing about whom to trust for signatures.
    #[must_use]
    pub fn with_web_roots(mut self, roots: Vec<Vec<u8>>) -> Self {
        self.web_roots = Some(roots);
        self
    }

    /// With another resolver; what it answers is checked all the same.
    #[must_use]
    pub fn with_resolver(mut self, resolve: impl Resolve) -> Self {
        self.resolve = Arc::new(resolve);
        self
    }

    fn agent(&self, request: &Request<'_>, refusal: &Arc<Mutex<Option<Fault>>>) -> Agent {
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .max_idle_connections(0)
            .max_response_header_size(16 << 10)
            .timeout_global(Some(request.deadline))
            .timeout_connect(Some(self.connect.min(request.deadline)))
            .user_agent(concat!("kyso/", env!("CARGO_PKG_VERSION")))
            .accept(request.accept)
            .tls_config(self.tls())
            .build();
        let resolver = Checked {
            target: request.target.clone(),
            resolve: Arc::clone(&self.resolve),
            refusal: Arc::clone(refusal),
        };
        Agent::with_parts(config, DefaultConnector::new(), resolver)
    }
}

impl HttpTransport {
    fn tls(&self) -> TlsConfig {
        match &self.web_roots {
            None => TlsConfig::default(),
            Some(roots) => {
                let roots: Vec<_> = roots
                    .iter()
                    .map(|der| TlsCertificate::from_der(der).to_owned())
                    .collect();
                TlsConfig::builder()
                    .root_certs(RootCerts::new_with_certs(&roots))
                    .build()
            }
        }
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &Request<'_>) -> Result<Response, Fault> {
        let refusal = Arc::new(Mutex::new(None));
        let agent = self.agent(request, &refusal);
        let url = request.target.url();
        let sent = match request.post {
            Some((media_type, body)) => {
                let mut post = agent.post(url).header("Content-Type", media_type);
                if let Some(bearer) = &request.bearer {
                    let value = Zeroizing::new(format!("Bearer {}", bearer.0));
                    post = post.header("Authorization", value.as_str());
                }
                post.send(body)
            }
            None => agent.get(url).call(),
        };
        // What the check of the addresses said is more exact than what the client makes of it.
        if let Some(fault) = refusal.lock().ok().and_then(|mut fault| fault.take()) {
            return Err(fault);
        }
        let answer = sent.map_err(|error| fault(&error))?;
        read(answer, request.max_bytes, request.bearer.is_some())
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn wait(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

fn read(mut answer: Answer<Body>, max: usize, always: bool) -> Result<Response, Fault> {
    let header = |name: &str| {
        let value = answer.headers().get(name)?.to_str().ok()?;
        Some(value.trim().to_owned())
    };
    let media_type = header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let mut response = Response {
        status: answer.status().as_u16(),
        retry_after: header("retry-after").and_then(|seconds| seconds.parse().ok()),
        media_type: media_type.to_ascii_lowercase(),
        body: Vec::new(),
    };
    // Bodies of other answers say nothing that is used.
    if response.status != 200 && !always {
        return Ok(response);
    }
    let cap = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    answer
        .body_mut()
        .as_reader()
        .take(cap)
        .read_to_end(&mut response.body)
        .map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => Fault::Timeout,
            _ => match error.downcast::<ureq::Error>() {
                Ok(inner) => fault(&inner),
                Err(error) => Fault::Connection(error.to_string()),
            },
        })?;
    if response.body.len() > max {
        return Err(Fault::TooLarge(max));
    }
    Ok(response)
}

fn fault(error: &ureq::Error) -> Fault {
    match error {
        ureq::Error::Timeout(_) => Fault::Timeout,
        ureq::Error::HostNotFound => Fault::HostNotFound,
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Fault::Timeout,
        other => Fault::Connection(other.to_string()),
    }
}

/// Resolves the host of one target once and hands on only addresses that were checked; the
/// connection goes to exactly these.
struct Checked {
    target: Target,
    resolve: Arc<dyn Resolve>,
    refusal: Arc<Mutex<Option<Fault>>>,
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)
    }
}

impl Checked {
    fn addresses(&self, timeout: Duration) -> Result<Vec<IpAddr>, Fault> {
        let found = match self.target.host().parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => {
                // The system's resolver knows no deadline.
                let (send, receive) = mpsc::sync_channel(1);
                let (resolve, host) = (Arc::clone(&self.resolve), self.target.host().to_owned());
                std::thread::spawn(move || {
                    // Nobody listens any more after the deadline.
                    let _ = send.send(resolve.resolve(&host));
                });
                match receive.recv_timeout(timeout) {
                    Ok(Ok(found)) => found,
                    Ok(Err(_)) => return Err(Fault::HostNotFound),
                    Err(_) => return Err(Fault::Timeout),
                }
            }
        };
        self.target.check(&found)?;
        Ok(found)
    }
}

impl Resolver for Checked {
    fn resolve(
        &self,
        uri: &Uri,
        _config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let refuse = |fault: Fault| {
            if let Ok(mut place) = self.refusal.lock() {
                *place = Some(fault);
            }
            ureq::Error::HostNotFound
        };
        // What the client understood must be what was checked.
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let usual = if uri.scheme_str() == Some("https") {
            443
        } else {
            80
        };
        if host != self.target.host() || uri.port_u16().unwrap_or(usual) != self.target.port() {
            return Err(refuse(Fault::Url("read in two ways")));
        }
        let found = self.addresses(*timeout.after).map_err(refuse)?;
        let mut out = self.empty();
        for address in found.into_iter().take(16) {
            out.push(SocketAddr::new(address, self.target.port()));
        }
        Ok(out)
    }
}
