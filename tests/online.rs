//! The network: rules, budgets, OCSP, CRL and time-stamp clients, against servers on loopback.
#![cfg(feature = "net")]

#[cfg(feature = "cli")]
#[path = "online/live.rs"]
mod live;

use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kyso::UtcTime;
use kyso::crypto::DigestAlgorithm;
use kyso::limits::Limits;
use kyso::oid;
use kyso::online::{
    AllowedHost, Fault, HttpTransport, NonceRule, Request, Resolve, Response, Rules, Session,
    Transport, is_public,
};
use kyso::pki::evidence::Origin;
use kyso::pki::issue::{
    Answer, Authority, CertificateStatus, CrlTemplate, ExtensionValue, Key, KeyType, OcspTemplate,
    RevokedEntry, Subject, Template,
};
use kyso::pki::revocation::{self, Parameters, Status};
use kyso::pki::{
    Certificate, Evidence, PathParameters, Pool, Purpose, Trust, TrustAnchor, VerifiedPath, path,
};

fn now() -> UtcTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UtcTime::from_unix(since.unwrap().as_secs() as i64).unwrap()
}

/// Method and path, and the body.
type Asked = (String, Vec<u8>);

/// A server on loopback; `serve` writes the whole answer.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    fn new(serve: impl Fn(&Asked, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (serve, list) = (Arc::new(serve), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (serve, list) = (Arc::clone(&serve), Arc::clone(&list));
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    if let Some(asked) = read_request(&mut stream) {
                        list.lock().unwrap().push(asked.clone());
                        serve(&asked, &mut stream);
                    }
                });
            }
        });
        Self { port, asked }
    }

    /// Always the same status, headers and body.
    fn fixed(status: &'static str, body: Vec<u8>) -> Self {
        Self::new(move |_, stream| respond(stream, status, &body))
    }

    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut octet = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut octet).ok()? == 0 {
            return None;
        }
        bytes.push(octet[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(0, |text| text.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

fn respond(stream: &mut TcpStream, status: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}

fn quick() -> Rules {
    let mut rules = Rules::new();
    rules.pause = Duration::from_millis(10);
    rules
}

fn allow(rules: Rules, port: u16) -> Rules {
    rules.allow(AllowedHost::from_text(&format!("127.0.0.1:{port}")).unwrap())
}

/// One GET under `rules`.
fn get(rules: &Rules, transport: &HttpTransport, url: &str) -> Result<Response, Fault> {
    let target = rules.check(url)?;
    transport.send(&Request {
        target: &target,
        post: None,
        bearer: None,
        accept: "*/*",
        max_bytes: 1000,
        deadline: rules.request,
    })
}

/// A resolver that gives the same addresses and counts.
struct Names(Vec<IpAddr>, Arc<AtomicUsize>);

impl Resolve for Names {
    fn resolve(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(self.0.clone())
    }
}

/// V087: loopback, private, link-local, metadata, mapped and odd spellings.
#[test]
fn err_v087_addresses_that_are_not_public_are_refused_before_anything_is_sent() {
    let rules = Rules::new();
    let transport = HttpTransport::new(&rules);
    for host in [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:8.8.8.8]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:db8::1]",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "localhost",
        "LOCALHOST.",
    ] {
        let result = get(
            &rules,
            &transport,
            &format!("http://{host}/latest/meta-data"),
        );
        let refused = matches!(
            result,
            Err(Fault::Address { .. } | Fault::HostNotFound | Fault::Url(_))
        );
        assert!(refused, "{host}: {result:?}");
    }
    for address in [
        "8.8.8.8",
        "1.1.1.1",
        "2606:4700::1111",
        "172.32.0.1",
        "11.0.0.1",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

/// V087: schemes, ports, user information, control characters.
#[test]
fn err_v087_addresses_of_another_form_are_refused() {
    let rules = Rules::new();
    for url in [
        "ftp://a.example/",
        "file:///etc/passwd",
        "ldap://a.example/",
        "gopher://a.example",
        "http:/a.example",
        "http://",
        "http:///x",
        "http://a.example:8080/",
        "https://a.example:22/",
        "http://user@a.example/",
        "http://user:word@a.example/",
        "http://a.example:80@b.example/",
        "http://a.example\\@b.example/",
        "http://a.example/\r\nX: y",
        "http://a example/",
        "http://a.example:0/",
        "http://a.example:99999/",
        "http://a.example:+80/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://a%2eexample/",
        "//a.example/",
        "",
    ] {
        assert!(matches!(rules.check(url), Err(Fault::Url(_))), "{url}");
    }
    let target = rules.check("HTTP://Ca.Example./a?b#c").unwrap();
    assert_eq!(target.url(), "http://ca.example:80/a?b");
    let mut closed = Rules::new().allow(AllowedHost::from_text("ca.example").unwrap());
    closed.only_allowed = true;
    assert!(closed.check("http://CA.example/x").is_ok());
    assert!(closed.check("https://ca.example./x").is_ok());
    assert_eq!(
        closed.check("http://b.example/"),
        Err(Fault::HostNotAllowed)
    );
    assert!(closed.check("http://ca.example:81/").is_err());
}

/// V087: a name is resolved once, all of its addresses count, and the connection goes there.
#[test]
fn err_v087_a_name_that_leads_inside_is_refused_and_never_resolved_twice() {
    let rules = Rules::new();
    for addresses in [
        ["127.0.0.1", "127.0.0.1"],
        ["8.8.8.8", "10.0.0.1"],
        ["8.8.8.8", "::1"],
    ] {
        let calls = Arc::new(AtomicUsize::new(0));
        let addresses = addresses.map(|text| text.parse().unwrap()).to_vec();
        let transport = HttpTransport::new(&rules).with_resolver(Names(addresses, calls.clone()));
        let result = get(&rules, &transport, "http://rebind.example/");
        assert!(matches!(result, Err(Fault::Address { .. })), "{result:?}");
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
    let server = Server::fixed("200 OK", b"hello".to_vec());
    let host = AllowedHost::from_text(&format!("inside.example:{}", server.port)).unwrap();
    let rules = quick().allow(host);
    let calls = Arc::new(AtomicUsize::new(0));
    let names = Names(vec!["127.0.0.1".parse().unwrap()], calls.clone());
    let transport = HttpTransport::new(&rules).with_resolver(names);
    let url = format!("http://inside.example:{}/x", server.port);
    assert_eq!(get(&rules, &transport, &url).unwrap().body, b"hello");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    let asked = server.asked.lock().unwrap()[0].0.clone();
    assert!(asked.contains("host: inside.example"), "{asked}");
    for secret in ["cookie", "authorization", "proxy"] {
        assert!(!asked.contains(secret), "{asked}");
    }
}

/// V087: no redirect is followed, and no proxy of the environment is used.
#[test]
fn err_v087_redirects_are_not_followed() {
    let inside = Server::fixed("200 OK", b"secret".to_vec());
    let there = inside.url("/");
    let server = Server::new(move |_, stream| {
        let head = format!("HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
    });
    let pki = TestPki::new(&[], &[], &[&server.url("/issuer.cer")]);
    let rules = allow(allow(quick(), server.port), inside.port);
    let transport = HttpTransport::new(&rules);
    let mut session = Session::new(rules, &transport);
    assert!(session.issuers(&pki.leaf, &Limits::new()).is_empty());
    assert_eq!(session.requests()[0].status, Some(302));
    assert_eq!((server.count(), inside.count()), (1, 0));
}

/// V088: octets and time are capped while the body comes in.
#[test]
fn err_v088_endless_and_slow_answers_end() {
    let endless = Server::new(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[0; 1000]).is_ok() {}
    });
    let mut rules = allow(quick(), endless.port);
    let transport = HttpTransport::new(&rules);
    let result = get(&rules, &transport, &endless.url("/"));
    assert_eq!(result, Err(Fault::TooLarge(1000)));
    let slow = Server::new(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    rules = allow(rules, slow.port);
    rules.request = Duration::from_millis(600);
    let started = Instant::now();
    assert_eq!(get(&rules, &transport, &slow.url("/")), Err(Fault::Timeout));
    assert!(started.elapsed() < Duration::from_secs(4));
}

/// Root and leaf, with addresses in the leaf.
struct TestPki {
    root: Authority,
    leaf: Certificate,
    path: VerifiedPath,
}

fn name(text: &str) -> Subject {
    Subject::new().with(oid::AT_COMMON_NAME, text)
}

impl TestPki {
    fn new(ocsp: &[&str], crl: &[&str], issuers: &[&str]) -> Self {
        let (from, until) = (now().plus(-86_400), now().plus(864_000));
        let key = || Key::generate(KeyType::P256).unwrap();
        let template = Template::root(&[1], name("Root"), from, until);
        let root = Authority::root(key(), &template).unwrap();
        let mut template = Template::signer(&[0x12, 0x34], name("Leaf"), from, until);
        if !crl.is_empty() {
            let points = ExtensionValue::crl_distribution_points(crl).unwrap();
            template.extensions.push(points);
        }
        if !ocsp.is_empty() || !issuers.is_empty() {
            let access = ExtensionValue::authority_info_access(ocsp, issuers).unwrap();
            template.extensions.push(access);
        }
        let leaf = root.issue(key().spki(), &template).unwrap();
        let leaf = Certificate::from_der(&leaf).unwrap();
        let mut trust = Trust::new();
        let anchor = Certificate::from_der(root.certificate()).unwrap();
        trust.add(TrustAnchor::from_certificate(anchor));
        let parameters = PathParameters::new(now(), Purpose::Any);
        let path = path::find(&leaf, &Pool::new(), &trust, &parameters).unwrap();
        Self { root, leaf, path }
    }

    fn crl(&self, revoked: bool) -> Vec<u8> {
        let entry = RevokedEntry {
            serial: vec![0x12, 0x34],
            at: now().plus(-3600),
            reason: Some(1),
            invalidity_date: None,
        };
        let template = CrlTemplate {
            number: Some(1),
            this_update: now().plus(-60),
            next_update: Some(now().plus(3600)),
            entries: if revoked { vec![entry] } else { Vec::new() },
            extensions: Vec::new(),
        };
        self.root.crl(&template).unwrap()
    }

    fn ocsp(&self, nonce: Option<Vec<u8>>) -> Vec<u8> {
        let mut template = OcspTemplate::new(Answer {
            serial: vec![0x12, 0x34],
            status: CertificateStatus::Good,
            this_update: now().plus(-60),
            next_update: Some(now().plus(3600)),
        });
        template.nonce = nonce;
        self.root.ocsp(&self.root, &template).unwrap()
    }

    fn status(&self, evidence: &Evidence) -> Status {
        let parameters = Parameters::new(now());
        revocation::status(&self.path, 0, evidence, &Pool::new(), &parameters)
    }
}

/// What a session fetches for the leaf.
fn fetch(pki: &TestPki, rules: Rules) -> (Evidence, Vec<kyso::online::RequestRecord>) {
    let transport = HttpTransport::new(&rules);
    let mut session = Session::new(rules, &transport);
    let mut evidence = Evidence::new();
    let parameters = Parameters::new(now());
    session.revocation(&pki.path, &mut evidence, &Pool::new(), &parameters);
    (evidence, session.requests().to_vec())
}

/// A PKI whose leaf points to a server that answers with what `make` gives.
fn served(
    kind: &str,
    make: impl Fn(&TestPki, &Asked) -> Vec<u8> + Send + Sync + 'static,
) -> (Arc<TestPki>, Server) {
    let place: Arc<Mutex<Option<Arc<TestPki>>>> = Arc::default();
    let inside = Arc::clone(&place);
    let server = Server::new(move |asked, stream| {
        let pki = inside.lock().unwrap().clone().unwrap();
        respond(stream, "200 OK", &make(&pki, asked));
    });
    let url = server.url("/x");
    let pki = Arc::new(match kind {
        "ocsp" => TestPki::new(&[&url], &[], &[]),
        _ => TestPki::new(&[], &[&url], &[]),
    });
    *place.lock().unwrap() = Some(Arc::clone(&pki));
    (pki, server)
}

/// V086: without a session nothing is sent; with one, each request is listed.
#[test]
fn ok_v086_a_crl_is_fetched_only_when_asked_and_each_request_is_listed() {
    for revoked in [false, true] {
        let (pki, server) = served("crl", move |pki, _| pki.crl(revoked));
        assert!(matches!(
            pki.status(&Evidence::new()),
            Status::Unknown { .. }
        ));
        assert_eq!(server.count(), 0, "nothing is sent unless asked");
        let (evidence, requests) = fetch(&pki, allow(quick(), server.port));
        assert_eq!(server.count(), 1);
        match pki.status(&evidence) {
            Status::Good { source, .. } if !revoked => {
                assert_eq!(source.origins, [Origin::Fetched]);
            }
            Status::Revoked { .. } if revoked => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].url, server.url("/x"));
        assert_eq!((requests[0].status, requests[0].sent), (Some(200), true));
        assert_eq!(requests[0].result, "accepted");
    }
}

/// V088: what is not authentic is not kept; caps on the number of requests hold.
#[test]
fn err_v088_nothing_is_kept_before_its_signature_is_verified() {
    let other = TestPki::new(&[], &[], &[]);
    let forged = other.crl(false);
    let (pki, server) = served("crl", move |_, _| forged.clone());
    let (evidence, requests) = fetch(&pki, allow(quick(), server.port));
    assert!(evidence.is_empty());
    assert!(
        requests[0].result.starts_with("not accepted"),
        "{requests:?}"
    );
    let (pki, server) = served("crl", |_, _| b"garbage".to_vec());
    let (evidence, requests) = fetch(&pki, allow(quick(), server.port));
    assert!(evidence.is_empty());
    assert!(requests[0].result.starts_with("not usable"), "{requests:?}");
}

/// V088: caps on the number of requests.
#[test]
fn err_v088_requests_are_counted() {
    let server = Server::fixed("404 Not Found", Vec::new());
    let urls: Vec<String> = (0..20).map(|n| server.url(&format!("/{n}"))).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let pki = TestPki::new(&[], &urls, &[]);
    let (_, requests) = fetch(&pki, allow(quick(), server.port));
    assert_eq!((server.count(), requests.len()), (6, 6));
    let mut rules = allow(quick(), server.port);
    rules.per_session = 2;
    let (_, requests) = fetch(&pki, rules);
    assert_eq!(server.count(), 8);
    assert!(requests[2..].iter().all(|request| !request.sent));
}

/// The nonce inside an OCSP request: the last 32 octets.
fn nonce(asked: &Asked) -> Vec<u8> {
    asked.1[asked.1.len() - 32..].to_vec()
}

/// V089: a nonce that comes back must be that of the request.
#[test]
fn err_v089_an_ocsp_response_with_another_nonce_is_refused() {
    let (pki, server) = served("ocsp", |pki, asked| pki.ocsp(Some(nonce(asked))));
    let mut rules = allow(quick(), server.port);
    rules.nonce = NonceRule::Require;
    assert!(pki.status(&fetch(&pki, rules).0).is_good());

    let (pki, server) = served("ocsp", |pki, _| pki.ocsp(Some(vec![7; 32])));
    let (evidence, requests) = fetch(&pki, allow(quick(), server.port));
    assert!(evidence.is_empty());
    assert_eq!(requests[0].result, "not accepted: another nonce");

    let (pki, server) = served("ocsp", |pki, _| pki.ocsp(None));
    let mut rules = allow(quick(), server.port);
    assert!(pki.status(&fetch(&pki, rules.clone()).0).is_good());
    rules.nonce = NonceRule::Require;
    assert!(fetch(&pki, rules).0.is_empty());
}

/// V090: what was fetched now says nothing about whether it was known in the past.
#[test]
fn err_v090_fetched_data_proves_nothing_about_an_earlier_time() {
    let (pki, server) = served("crl", |pki, _| pki.crl(false));
    let (evidence, _) = fetch(&pki, allow(quick(), server.port));
    assert!(pki.status(&evidence).is_good());
    let earlier = Parameters::new(now().plus(-7200));
    let status = revocation::status(&pki.path, 0, &evidence, &Pool::new(), &earlier);
    assert!(matches!(status, Status::Unknown { .. }), "{status:?}");
}

#[test]
fn ok_an_issuer_is_kept_only_when_its_key_made_the_signature() {
    let place: Arc<Mutex<Vec<u8>>> = Arc::default();
    let body = Arc::clone(&place);
    let server = Server::new(move |_, stream| {
        let body = body.lock().unwrap().clone();
        respond(stream, "200 OK", &body);
    });
    let pki = TestPki::new(&[], &[], &[&server.url("/root.cer")]);
    let other = TestPki::new(&[], &[], &[]);
    let rules = allow(quick(), server.port);
    let transport = HttpTransport::new(&rules);
    let mut session = Session::new(rules, &transport);
    *place.lock().unwrap() = other.root.certificate().to_vec();
    assert!(session.issuers(&pki.leaf, &Limits::new()).is_empty());
    *place.lock().unwrap() = pki.root.certificate().to_vec();
    assert_eq!(session.issuers(&pki.leaf, &Limits::new()).len(), 1);
}

#[test]
fn ok_a_server_that_fails_once_is_asked_again_and_one_that_asks_to_wait_is_left_alone() {
    let failures = Arc::new(AtomicUsize::new(0));
    let place: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
    let (count, body) = (Arc::clone(&failures), Arc::clone(&place));
    let server = Server::new(
        move |_, stream| match count.fetch_add(1, Ordering::SeqCst) {
            0 => respond(stream, "500 Internal Server Error", b""),
            1 => respond(stream, "503 Service Unavailable\r\nRetry-After: 1", b""),
            _ => respond(stream, "200 OK", body.lock().unwrap().as_ref().unwrap()),
        },
    );
    let pki = TestPki::new(&[], &[&server.url("/crl")], &[]);
    *place.lock().unwrap() = Some(pki.crl(false));
    let started = Instant::now();
    let (evidence, requests) = fetch(&pki, allow(quick(), server.port));
    assert!(pki.status(&evidence).is_good(), "{requests:?}");
    assert_eq!(requests.len(), 3);
    assert!(
        started.elapsed() >= Duration::from_secs(1),
        "Retry-After is kept"
    );

    let server = Server::fixed("429 Too Many Requests\r\nRetry-After: 3600", Vec::new());
    let pki = TestPki::new(&[], &[&server.url("/a"), &server.url("/b")], &[]);
    let (_, requests) = fetch(&pki, allow(quick(), server.port));
    assert_eq!(server.count(), 1, "the host is left alone: {requests:?}");
    assert!(!requests[1].sent);
}

/// A folder in which `openssl` runs; `None`, said plainly, when there is no such program.
struct Openssl(tempfile::TempDir, Option<Child>);

impl Openssl {
    fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("NOT RUN: there is no openssl program");
            return None;
        }
        Some(Self(tempfile::tempdir().unwrap(), None))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }
}

impl Drop for Openssl {
    fn drop(&mut self) {
        if let Some(child) = &mut self.1 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn ok_an_openssl_responder_answers_good_and_revoked_with_the_nonce() {
    let Some(mut openssl) = Openssl::new() else {
        return;
    };
    for (mark, revoked) in [("V", false), ("R", true)] {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let pki = TestPki::new(&[&format!("http://127.0.0.1:{port}/")], &[], &[]);
        openssl.write("ca.pem", pki.root.certificate_pem().unwrap());
        openssl.write("ca.key", pki.root.key().pkcs8_pem().unwrap().as_bytes());
        let day = |time: UtcTime| {
            let (year, month, day, ..) = time.civil(0);
            format!("{:02}{month:02}{day:02}000000Z", year % 100)
        };
        let since = if revoked {
            day(now().plus(-86_400))
        } else {
            String::new()
        };
        let until = day(now().plus(864_000));
        openssl.write(
            "index.txt",
            format!("{mark}\t{until}\t{since}\t1234\tunknown\t/CN=Leaf\n"),
        );
        let child = Command::new("openssl")
            .args([
                "ocsp",
                "-index",
                "index.txt",
                "-CA",
                "ca.pem",
                "-rsigner",
                "ca.pem",
            ])
            .args(["-rkey", "ca.key", "-nmin", "10", "-port", &port.to_string()])
            .current_dir(openssl.0.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(openssl.1.replace(child).map(|mut old| old.kill()));
        let mut rules = allow(quick(), port);
        rules.nonce = NonceRule::Require;
        // The program takes a moment before it listens.
        rules.attempts = 8;
        rules.pause = Duration::from_millis(100);
        let (evidence, requests) = fetch(&pki, rules);
        match pki.status(&evidence) {
            Status::Good { .. } if !revoked => {}
            Status::Revoked { .. } if revoked => {}
            other => panic!("{other:?} {requests:?}"),
        }
    }
}

/// A time-stamp server that runs `openssl ts -reply`, after `alter` has changed the request.
struct Stamper {
    folder: Arc<Openssl>,
    trust: Trust,
}

impl Stamper {
    fn new() -> Option<Self> {
        let folder = Openssl::new()?;
        let (from, until) = (now().plus(-86_400), now().plus(864_000));
        let key = || Key::generate(KeyType::P256).unwrap();
        let template = Template::root(&[1], name("TSA Root"), from, until);
        let root = Authority::root(key(), &template).unwrap();
        let template = Template::time_stamping(&[2], name("TSA"), from, until);
        let tsa = root.subordinate(key(), &template).unwrap();
        folder.write("tsa.pem", tsa.certificate_pem().unwrap());
        folder.write("tsa.key", tsa.key().pkcs8_pem().unwrap().as_bytes());
        folder.write("serial", "01\n");
        folder.write(
            "ts.cnf",
            "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\ndefault_policy = 1.2.3.4.1\n\
             digests = sha256\nsigner_digest = sha256\ness_cert_id_chain = no\n\
             ess_cert_id_alg = sha256\n",
        );
        let trust = Trust::from_pem(root.certificate()).unwrap();
        Some(Self {
            folder: Arc::new(folder),
            trust,
        })
    }

    fn server(&self, alter: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> Server {
        let folder = Arc::clone(&self.folder);
        let one = Mutex::new(());
        Server::new(move |asked, stream| {
            let _alone = one.lock().unwrap();
            let mut query = asked.1.clone();
            alter(&mut query);
            folder.write("query", &query);
            let output = Command::new("openssl")
                .args(["ts", "-reply", "-config", "ts.cnf", "-queryfile", "query"])
                .args(["-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "reply"])
                .current_dir(folder.0.path())
                .output()
                .unwrap();
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{words}");
            respond(
                stream,
                "200 OK",
                &std::fs::read(folder.path("reply")).unwrap(),
            );
        })
    }
}

/// V089: imprint and nonce come back, or there is no token; the next authority is asked.
#[test]
fn err_v089_time_stamps_are_checked_and_the_next_authority_is_asked() {
    let Some(stamper) = Stamper::new() else {
        return;
    };
    let digest = DigestAlgorithm::Sha256.digest(&[b"what is stamped"]);
    let octets = digest.as_bytes().to_vec();
    let good = stamper.server(|_| {});
    let wrong_imprint = stamper.server(move |query| {
        let at = query.windows(32).position(|part| part == octets).unwrap();
        query[at] ^= 1;
    });
    // The nonce is the last number before the BOOLEAN that asks for certificates.
    let wrong_nonce = stamper.server(|query| {
        let at = query.len() - 4;
        query[at] ^= 1;
    });
    let garbage = Server::fixed("200 OK", b"no token".to_vec());
    let refuses = Server::fixed("403 Forbidden", Vec::new());
    let limited = Server::fixed("429 Too Many Requests\r\nRetry-After: 900", Vec::new());
    let delays = Server::new(|_, _| std::thread::sleep(Duration::from_secs(3)));
    let servers = [
        &wrong_imprint,
        &wrong_nonce,
        &garbage,
        &refuses,
        &limited,
        &delays,
        &good,
    ];
    // Every server is a host of its own, so that one that rests does not silence the others.
    let name = |index: usize, server: &Server| format!("tsa{index}.example:{}", server.port);
    let mut rules = quick();
    rules.attempts = 2;
    rules.request = Duration::from_millis(1500);
    for (index, server) in servers.iter().enumerate() {
        rules = rules.allow(AllowedHost::from_text(&name(index, server)).unwrap());
    }
    let urls: Vec<String> = servers
        .iter()
        .enumerate()
        .map(|(index, server)| format!("http://{}/tsa", name(index, server)))
        .collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let names = Names(vec!["127.0.0.1".parse().unwrap()], Arc::default());
    let transport = HttpTransport::new(&rules).with_resolver(names);
    let parameters = PathParameters::new(now(), Purpose::TimeStamping);
    let stamp = |trust: &Trust, urls: &[&str]| {
        let mut session = Session::new(rules.clone(), &transport);
        let result =
            session.time_stamp(urls, None, &digest, Some(trust), &Pool::new(), &parameters);
        (result, session.requests().to_vec())
    };
    let (token, requests) = stamp(&stamper.trust, &urls);
    let token = token.unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(token.url, urls[6], "{requests:#?}");
    assert_eq!(requests.last().unwrap().result, "accepted");
    let (failure, _) = stamp(&stamper.trust, &urls[..6]);
    let tried = failure.unwrap_err().tried;
    let words: Vec<String> = tried.iter().map(|(_, fault)| fault.to_string()).collect();
    assert!(words[0].contains("stamps other data"), "{words:?}");
    assert!(words[1].contains("another nonce"), "{words:?}");
    assert!(words[2].starts_with("not usable"), "{words:?}");
    assert_eq!(tried[3].1, Fault::Status(403));
    assert!(
        matches!(tried[4].1, Fault::RateLimited { status: 429, .. }),
        "{words:?}"
    );
    assert_eq!(tried[5].1, Fault::Timeout, "{words:?}");
    // A token of an authority that nobody trusts is no token.
    let (failure, _) = stamp(&Trust::new(), &urls[6..]);
    assert!(matches!(
        failure.unwrap_err().tried[0].1,
        Fault::NotAuthentic(_)
    ));
}
