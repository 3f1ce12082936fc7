//! The program with `--online`, and servers that OpenSSL runs: everything on loopback.

use std::collections::HashMap;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use super::*;
use kyso::Indication;
use kyso::signing::key::pem;
use kyso::signing::{Plan, Signer};

#[allow(dead_code)]
#[path = "../common/pdf.rs"]
mod documents;

/// Root, issuing authority and leaf, whose certificates point to one server; a signed document.
struct World {
    server: Server,
    served: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    folder: tempfile::TempDir,
    issuing: Authority,
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }
}

/// Codes of the requests in a JSON report.
fn codes(report: &serde_json::Value) -> Vec<String> {
    let list = report["requests"].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|request| request["code"].as_str().unwrap().to_owned())
        .collect()
}

fn crl(authority: &Authority, revoked: &[u8]) -> Vec<u8> {
    let entries = match revoked {
        [] => Vec::new(),
        serial => vec![RevokedEntry {
            serial: serial.to_vec(),
            at: now().plus(-3600),
            reason: Some(1),
            invalidity_date: None,
        }],
    };
    let template = CrlTemplate {
        number: Some(1),
        this_update: now().plus(-60),
        next_update: Some(now().plus(3600)),
        entries,
        extensions: Vec::new(),
    };
    authority.crl(&template).unwrap()
}

impl World {
    /// `chain`: whether the signature brings the issuing authority's certificate along.
    fn new(chain: bool) -> Self {
        let served: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
        let inside = Arc::clone(&served);
        let server = Server::new(move |asked, stream| {
            let path = asked.0.split(' ').nth(1).unwrap_or_default().to_owned();
            match inside.lock().unwrap().get(&path) {
                Some(body) => respond(stream, "200 OK", body),
                None => respond(stream, "404 Not Found", b""),
            }
        });
        let (from, until) = (now().plus(-86_400), now().plus(864_000));
        let key = || Key::generate(KeyType::P256).unwrap();
        let template = Template::root(&[1], name("Root"), from, until);
        let root = Authority::root(key(), &template).unwrap();
        let points =
            |path: &str| ExtensionValue::crl_distribution_points(&[&server.url(path)]).unwrap();
        let mut template = Template::issuing(&[2], name("Issuing"), from, until);
        template.extensions.push(points("/root.crl"));
        let issuing = root.subordinate(key(), &template).unwrap();
        let mut template = Template::signer(&[0x12, 0x34], name("Leaf"), from, until);
        template.extensions.push(points("/issuing.crl"));
        let access = ExtensionValue::authority_info_access(&[], &[&server.url("/issuing.cer")]);
        template.extensions.push(access.unwrap());
        let leaf = issuing.subordinate(key(), &template).unwrap();

        let mut certificates = leaf.certificate_pem().unwrap();
        if chain {
            certificates += &issuing.certificate_pem().unwrap();
        }
        let source = pem::load(
            leaf.key().pkcs8(),
            certificates.as_bytes(),
            None,
            &Limits::default(),
        );
        let signed = Signer::new(source.unwrap())
            .sign(
                &documents::build(documents::Form::Table, &documents::FORM),
                &Plan::default(),
                now(),
            )
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        };
        write("signed.pdf", signed.bytes());
        write("root.pem", root.certificate_pem().unwrap().as_bytes());
        write("leaf.pem", leaf.certificate_pem().unwrap().as_bytes());
        let world = Self {
            server,
            served,
            folder,
            issuing,
        };
        world.serve("/root.crl", crl(&root, &[]));
        world.serve("/issuing.crl", crl(&world.issuing, &[]));
        world.serve("/issuing.cer", world.issuing.certificate().to_vec());
        world
    }

    fn serve(&self, path: &str, body: Vec<u8>) {
        self.served.lock().unwrap().insert(path.to_owned(), body);
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_kyso"))
            .args(arguments)
            .args(["--lang", "en"])
            // A proxy of the environment is never used.
            .env("http_proxy", "http://127.0.0.1:9")
            .env("HTTP_PROXY", "http://127.0.0.1:9")
            .env("ALL_PROXY", "http://127.0.0.1:9")
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// `kyso verify` with JSON.
    fn verify(&self, more: &[&str]) -> Ran {
        let first = ["verify", "--trust", "root.pem", "--format", "jsonl"];
        self.run(&[&first, more].concat())
    }

    fn allowed(&self) -> String {
        format!("127.0.0.1:{}", self.server.port)
    }
}

/// V086: nothing is sent unless asked; then each request is in the report, in every form of it.
#[test]
fn ok_v086_the_program_fetches_when_asked_and_lists_each_request() {
    let world = World::new(true);
    let offline = world.verify(&["signed.pdf"]);
    assert_eq!(offline.code, 2, "{}", offline.out);
    assert!(offline.json().get("requests").is_none());
    assert_eq!(world.server.count(), 0);

    // V087: loopback is not public, so nothing is sent there unless it is named.
    let refused = world.verify(&["--online", "signed.pdf"]);
    assert_eq!((refused.code, world.server.count()), (2, 0));
    let report = refused.json();
    assert!(!codes(&report).is_empty(), "{report}");
    for (request, code) in report["requests"]
        .as_array()
        .unwrap()
        .iter()
        .zip(codes(&report))
    {
        assert!(
            matches!(code.as_str(), "address" | "address-not-public"),
            "{request}"
        );
    }

    let allowed = world.allowed();
    let online = ["--online", "--online-allow", allowed.as_str(), "signed.pdf"];
    let good = world.verify(&online);
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    let report = good.json();
    assert_eq!(codes(&report), ["accepted", "accepted"]);
    let urls: Vec<_> = report["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| request["url"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        urls,
        [
            world.server.url("/issuing.crl"),
            world.server.url("/root.crl")
        ]
    );
    assert_eq!(world.server.count(), 2);
    let fetched = report["evidence"].as_array().unwrap().iter();
    assert_eq!(
        fetched.filter(|item| item["origin"] == "fetched").count(),
        2
    );
    for request in report["requests"].as_array().unwrap() {
        let same = |item: &&serde_json::Value| item["sha256"] == request["sha256"];
        let evidence = report["evidence"].as_array().unwrap();
        assert!(evidence.iter().any(|item| same(&item)), "{request}");
    }
    for format in ["text", "html"] {
        let arguments = ["verify", "--trust", "root.pem", "--format", format];
        let shown = world.run(&[&arguments[..], &online].concat());
        assert_eq!(shown.code, 0);
        for words in ["Requests over the network", urls[0].as_str(), "accepted"] {
            assert!(shown.out.contains(words), "{words}: {}", shown.out);
        }
    }
    // The second file of a run asks nothing again, and says so.
    let before = world.server.count();
    let both = world.verify(&[&online[..], &["signed.pdf"]].concat());
    assert_eq!((both.code, world.server.count()), (0, before + 2));
    let second = both.out.lines().nth(1).unwrap();
    let second: serde_json::Value = serde_json::from_str(second).unwrap();
    assert_eq!(codes(&second), ["remembered", "remembered"]);
}

/// V086, V090: what is fetched now cannot speak for another moment, so the two do not go together.
#[test]
fn err_v090_online_does_not_go_with_another_moment() {
    let world = World::new(true);
    let ran = world.verify(&["--online", "--at", "2026-01-01T00:00:00Z", "signed.pdf"]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    let ran = world.verify(&["--online-allow", "127.0.0.1", "signed.pdf"]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    let ran = world.verify(&["--online", "--online-allow", "http://x/", "signed.pdf"]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(ran.err.contains("name or address of a host"), "{}", ran.err);
    assert_eq!(world.server.count(), 0);
}

/// V086: only for certificates on a path that verifies, below a signature that does.
#[test]
fn err_v086_nothing_is_fetched_for_a_broken_signature_or_without_a_trusted_path() {
    let world = World::new(true);
    let allowed = world.allowed();
    let online = ["--online", "--online-allow", allowed.as_str()];
    let path = world.folder.path().join("signed.pdf");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes
        .windows(9)
        .position(|part| part == b"/MediaBox")
        .unwrap();
    bytes[at + 1] ^= 0x20;
    std::fs::write(world.folder.path().join("broken.pdf"), &bytes).unwrap();
    let broken = world.verify(&[&online[..], &["broken.pdf"]].concat());
    assert_eq!(
        (broken.code, world.server.count()),
        (1, 0),
        "{}",
        broken.out
    );
    let untrusted = world.run(&[&["verify"][..], &online, &["signed.pdf"]].concat());
    assert_eq!((untrusted.code, world.server.count()), (2, 0));
}

/// V090: a fetched revocation counts, and what the signer claims of the time does not help.
#[test]
fn err_v090_a_fetched_revocation_counts_and_proves_no_earlier_time() {
    let world = World::new(true);
    world.serve("/issuing.crl", crl(&world.issuing, &[0x12, 0x34]));
    let allowed = world.allowed();
    let ran = world.verify(&["--online", "--online-allow", &allowed, "signed.pdf"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    let verdict = &ran.json()["signatures"][0];
    assert_eq!(verdict["sub_indication"], "REVOKED_NO_POE");
    assert_eq!(verdict["best_signature_time"]["source"], "validation-time");
}

/// V086, V088: the issuer's certificate is fetched before there is a path, so only from a host
/// that the caller names; the path that it completes is then asked for as any other.
#[test]
fn ok_an_issuer_is_fetched_from_a_named_host_alone() {
    let world = World::new(false);
    let ran = world.verify(&["--online", "signed.pdf"]);
    assert_eq!((ran.code, world.server.count()), (2, 0), "{}", ran.out);
    let allowed = world.allowed();
    let online = ["--online", "--online-allow", allowed.as_str()];
    let ran = world.verify(&[&online[..], &["signed.pdf"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.out);
    let kinds: Vec<_> = ran.json()["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| request["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["issuer", "crl", "crl"]);
    // `cert check` asks the same.
    let check = [
        "cert", "check", "leaf.pem", "--trust", "root.pem", "--format", "json",
    ];
    let ran = world.run(&check);
    assert_eq!(ran.code, 2, "{}", ran.out);
    let ran = world.run(&[&check[..], &online].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(codes(&ran.json()), ["accepted"; 3]);
    let text = ["cert", "check", "leaf.pem", "--trust", "root.pem"];
    let ran = world.run(&[&text[..], &online].concat());
    assert!(ran.out.contains("Requests over the network"), "{}", ran.out);
    // An issuer that did not sign the certificate is not kept.
    let other = World::new(true);
    world.serve("/issuing.cer", other.issuing.certificate().to_vec());
    let ran = world.verify(&[&online[..], &["signed.pdf"]].concat());
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert_eq!(codes(&ran.json()), ["not-accepted"]);
}

/// A free port of loopback.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A CRL that `openssl ca` makes, signed with `digest`; nothing or serial 1234 is revoked.
fn openssl_crl(openssl: &Openssl, root: &Authority, digest: &str, revoked: bool) -> Vec<u8> {
    openssl.write("ca.pem", root.certificate_pem().unwrap());
    openssl.write("ca.key", root.key().pkcs8_pem().unwrap().as_bytes());
    let day = |time: UtcTime| {
        let (year, month, day, ..) = time.civil(0);
        format!("{:02}{month:02}{day:02}000000Z", year % 100)
    };
    let (until, since) = (day(now().plus(864_000)), day(now().plus(-86_400)));
    let line = match revoked {
        true => format!("R\t{until}\t{since},keyCompromise\t1234\tunknown\t/CN=Leaf\n"),
        false => format!("V\t{until}\t\t1234\tunknown\t/CN=Leaf\n"),
    };
    openssl.write("index.txt", line);
    openssl.write("crlnumber", "01\n");
    openssl.write(
        "ca.cnf",
        "[ca]\ndefault_ca = c\n[c]\ndatabase = index.txt\ncrlnumber = crlnumber\n\
         crl_extensions = x\n[x]\nauthorityKeyIdentifier = keyid\n",
    );
    let output = Command::new("openssl")
        .args(["ca", "-gencrl", "-config", "ca.cnf", "-cert", "ca.pem"])
        .args(["-keyfile", "ca.key", "-crldays", "2", "-md", digest])
        .args(["-out", "crl.pem"])
        .current_dir(openssl.0.path())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
    let output = Command::new("openssl")
        .args(["crl", "-in", "crl.pem", "-outform", "DER"])
        .current_dir(openssl.0.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}

/// A root that signs with SHA-256, and its leaf, which points to `url`; the signed document.
fn openssl_world(url: &str) -> (Authority, Trust, Vec<u8>) {
    let (from, until) = (now().plus(-86_400), now().plus(864_000));
    let template = Template::root(&[1], name("Root"), from, until);
    let root = Authority::root(Key::generate(KeyType::Rsa2048).unwrap(), &template).unwrap();
    let mut template = Template::signer(&[0x12, 0x34], name("Leaf"), from, until);
    let points = ExtensionValue::crl_distribution_points(&[url]).unwrap();
    template.extensions.push(points);
    let leaf = root
        .subordinate(Key::generate(KeyType::P256).unwrap(), &template)
        .unwrap();
    let source = pem::load(
        leaf.key().pkcs8(),
        leaf.certificate_pem().unwrap().as_bytes(),
        None,
        &Limits::default(),
    );
    let document = documents::build(documents::Form::Table, &documents::FORM);
    let signed = Signer::new(source.unwrap())
        .sign(&document, &Plan::default(), now())
        .unwrap();
    let trust = Trust::from_pem(root.certificate_pem().unwrap().as_bytes()).unwrap();
    (root, trust, signed.into_bytes())
}

/// What a verification comes to with what `session` fetches.
fn verify_online(
    session: &mut Session<'_>,
    trust: &Trust,
    signed: &[u8],
) -> (kyso::Report, Vec<String>) {
    let verifier = kyso::Verifier::new(trust.clone(), kyso::Policy::official());
    let report = verifier.verify(signed, now()).unwrap();
    assert_eq!(report.indication, Indication::Indeterminate);
    let mut evidence = Evidence::new();
    session.begin();
    session.gather(&report.wanted, &mut evidence);
    let report = verifier
        .with_evidence(evidence)
        .verify(signed, now())
        .unwrap();
    let results = session.requests().iter().map(|one| one.result.clone());
    (report, results.collect())
}

/// V038, V088: CRLs made by `openssl ca`, served on loopback: good, revoked, and one that is
/// signed with SHA-1, which is authentic and too weak to tell that nothing was revoked.
#[test]
fn ok_a_crl_server_with_crls_of_openssl() {
    let Some(openssl) = Openssl::new() else {
        return;
    };
    let body: Arc<Mutex<Vec<u8>>> = Arc::default();
    let served = Arc::clone(&body);
    let server = Server::new(move |_, stream| {
        respond(stream, "200 OK", &served.lock().unwrap().clone());
    });
    let (root, trust, signed) = openssl_world(&server.url("/ca.crl"));
    let rules = allow(quick(), server.port);
    let transport = HttpTransport::new(&rules);
    let mut session = Session::new(rules.clone(), &transport);
    let weak = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE";
    for (digest, revoked, expected) in [
        ("sha256", false, None),
        ("sha256", true, Some("REVOKED_NO_POE")),
        ("sha1", false, Some(weak)),
        ("sha1", true, Some("REVOKED_NO_POE")),
    ] {
        *body.lock().unwrap() = openssl_crl(&openssl, &root, digest, revoked);
        // A session of its own: an earlier answer would be remembered.
        let mut session = std::mem::replace(&mut session, Session::new(rules.clone(), &transport));
        let (report, results) = verify_online(&mut session, &trust, &signed);
        assert_eq!(results, ["accepted"], "{digest}");
        let sub = report.signatures[0].sub_indication.map(|sub| sub.name());
        assert_eq!(
            sub,
            expected,
            "{digest} {}",
            report.text(kyso::Language::En)
        );
    }
}

/// https with an authority of our own: trusted, not trusted, and for another name.
#[test]
fn ok_v087_https_checks_the_server_against_the_roots_that_were_given() {
    let Some(mut openssl) = Openssl::new() else {
        return;
    };
    let port = free_port();
    let url = format!("https://crl.example:{port}/ca.crl");
    let (root, trust, signed) = openssl_world(&url);
    openssl.write("ca.crl", openssl_crl(&openssl, &root, "sha256", false));
    let (from, until) = (now().plus(-86_400), now().plus(864_000));
    let key = || Key::generate(KeyType::P256).unwrap();
    let template = Template::root(&[1], name("Web Root"), from, until);
    let web = Authority::root(key(), &template).unwrap();
    let mut template = Template::new(&[2], name("crl.example"), from, until);
    let purpose =
        ExtensionValue::extended_key_usage(&[oid::Oid::from_dotted("1.3.6.1.5.5.7.3.1").unwrap()]);
    template.extensions.push(purpose.unwrap());
    // subjectAltName: dNSName crl.example.
    let names = [&[0x30, 13, 0x82, 11][..], b"crl.example"].concat();
    let names = ExtensionValue::new(oid::SUBJECT_ALT_NAME, false, names);
    template.extensions.push(names);
    let host = web.subordinate(key(), &template).unwrap();
    openssl.write("web.pem", host.certificate_pem().unwrap());
    openssl.write("web.key", host.key().pkcs8_pem().unwrap().as_bytes());
    let child = Command::new("openssl")
        .args([
            "s_server", "-WWW", "-quiet", "-cert", "web.pem", "-key", "web.key",
        ])
        .args(["-accept", &format!("127.0.0.1:{port}")])
        .current_dir(openssl.0.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    openssl.1 = Some(child);
    let names = || Names(vec!["127.0.0.1".parse().unwrap()], Arc::default());
    let allowed = AllowedHost::from_text(&format!("crl.example:{port}")).unwrap();
    let mut rules = quick().allow(allowed);
    // The program takes a moment before it listens.
    rules.attempts = 8;
    rules.pause = Duration::from_millis(100);
    let transport = HttpTransport::new(&rules)
        .with_resolver(names())
        .with_web_roots(vec![web.certificate().to_vec()]);
    let mut session = Session::new(rules.clone(), &transport);
    let (report, results) = verify_online(&mut session, &trust, &signed);
    assert_eq!(report.indication, Indication::TotalPassed, "{results:?}");

    // The public roots do not know this authority.
    rules.attempts = 1;
    let transport = HttpTransport::new(&rules).with_resolver(names());
    let mut session = Session::new(rules, &transport);
    let (report, results) = verify_online(&mut session, &trust, &signed);
    assert_eq!(report.indication, Indication::Indeterminate);
    assert!(results[0].starts_with("connection failed"), "{results:?}");

    // The certificate is for another name.
    let allowed = AllowedHost::from_text(&format!("other.example:{port}")).unwrap();
    let mut rules = quick().allow(allowed);
    rules.attempts = 1;
    let transport = HttpTransport::new(&rules)
        .with_resolver(names())
        .with_web_roots(vec![web.certificate().to_vec()]);
    let result = get(
        &rules,
        &transport,
        &format!("https://other.example:{port}/ca.crl"),
    );
    assert!(matches!(result, Err(Fault::Connection(_))), "{result:?}");
}
