//! Requests of an attacker who has only the manual: each gets an answer or an end, and the service goes on.

use std::time::Duration;

use super::{Answer, Demo, Running};

/// The answers to `request`, until the connection ends or nothing more comes.
fn answers(running: &Running, request: &[u8]) -> Vec<Answer> {
    let mut client = running.client();
    client.try_write(request);
    std::iter::from_fn(|| client.answer()).collect()
}

fn statuses(running: &Running, request: &[u8]) -> Vec<u16> {
    answers(running, request)
        .iter()
        .map(|answer| answer.status)
        .collect()
}

fn service() -> Running {
    Running::of_demo(|settings| settings.idle = Duration::from_millis(500))
}

#[test]
fn ok_odd_requests_get_an_answer_or_an_end() {
    let running = service();
    let post = "POST /v1/verify HTTP/1.1\r\nHost: a\r\n";
    let long = "a".repeat(40 << 10);
    let mut wrong = Vec::new();
    let many = (0..100)
        .map(|n| format!("X-{n}: 1\r\n"))
        .collect::<String>();
    for (name, request, expected) in [
        ("no HTTP", "hello\r\n\r\n".to_owned(), &[400][..]),
        (
            "TLS",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}".to_owned(),
            &[400],
        ),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[]),
        (
            "another version",
            "GET / HTTP/3.7\r\n\r\n".to_owned(),
            &[400],
        ),
        (
            "HTTP/1.0",
            "GET /healthz HTTP/1.0\r\n\r\n".to_owned(),
            &[200],
        ),
        (
            "an absolute address",
            "GET http://b/healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            &[200],
        ),
        (
            "a path trick",
            "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            &[404],
        ),
        (
            "an encoded trick",
            "GET /%2e%2e/portal.js HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            &[404],
        ),
        (
            "a double slash",
            "GET //healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            &[404],
        ),
        (
            "all of it",
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            &[404],
        ),
        (
            "a tunnel",
            "CONNECT b:443 HTTP/1.1\r\nHost: b\r\n\r\n".to_owned(),
            &[404],
        ),
        (
            "an own method",
            "BREW /v1/verify HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            &[405],
        ),
        (
            "deletion",
            "DELETE /v1/verify HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            &[405],
        ),
        (
            "writing",
            "PUT /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx".to_owned(),
            &[405],
        ),
        (
            "a long address",
            format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"),
            &[431],
        ),
        (
            "a long header",
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"),
            &[431],
        ),
        (
            "many headers",
            format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
            &[431],
        ),
        (
            "a negative length",
            format!("{post}Content-Length: -1\r\n\r\n"),
            &[400],
        ),
        (
            "a signed length",
            format!("{post}Content-Length: +1\r\n\r\nx"),
            &[400],
        ),
        (
            "a length beyond all",
            format!("{post}Content-Length: 99999999999999999999\r\n\r\n"),
            &[400],
        ),
        (
            "a huge length",
            format!("{post}Content-Length: 18446744073709551613\r\n\r\n"),
            &[413],
        ),
        (
            "two lengths",
            format!("{post}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
            &[400],
        ),
        (
            "length and pieces",
            format!(
                "{post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
            ),
            &[422],
        ),
        (
            "an unknown coding",
            format!("{post}Transfer-Encoding: gzip\r\n\r\nx"),
            &[400],
        ),
        (
            "a compressed body",
            format!("{post}Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"),
            &[415],
        ),
        (
            "two types",
            format!(
                "{post}Content-Type: application/pdf\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx"
            ),
            &[415],
        ),
        (
            "a piece without a size",
            format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n"),
            &[400],
        ),
        (
            "a piece of a huge size",
            format!("{post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n"),
            &[400],
        ),
        (
            "less than announced",
            format!("{post}Content-Length: 9\r\n\r\nx"),
            &[408],
        ),
        (
            "an expectation",
            format!("{post}Content-Length: 1\r\nExpect: 100-continue\r\n\r\nx"),
            &[100, 422],
        ),
        (
            "an expectation that is refused",
            format!("{post}Content-Length: 999999999\r\nExpect: 100-continue\r\n\r\n"),
            &[413],
        ),
        (
            "a header over two lines",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n".to_owned(),
            &[400],
        ),
        (
            "bare line feeds",
            "GET /healthz HTTP/1.1\nHost: a\n\n".to_owned(),
            &[200],
        ),
        (
            "a space before a colon",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n".to_owned(),
            &[400],
        ),
    ] {
        let found = statuses(&running, request.as_bytes());
        if found != expected {
            wrong.push(format!("{name}: {found:?} instead of {expected:?}"));
        }
        assert_eq!(running.client().get("/healthz").status, 200, "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    running.finish().unwrap();
}

/// Several requests at once are answered in their order; what follows a refusal is not a request.
#[test]
fn ok_requests_in_a_row() {
    let running = service();
    let document = &Demo::get().passing;
    let upload = |kind: &str| {
        let head = format!(
            "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            document.len()
        );
        [head.as_bytes(), document].concat()
    };
    let health = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".as_slice();
    let row = [health, &upload("application/pdf"), health].concat();
    assert_eq!(statuses(&running, &row), [200, 200, 200]);
    // The body of the refused one holds a request, which must not be taken for one.
    let smuggled = b"POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\n";
    let row = [smuggled.as_slice(), health, health].concat();
    assert_eq!(statuses(&running, &row), [415]);
    assert_eq!(
        statuses(&running, &[&upload("text/plain"), health].concat()),
        [415]
    );
    running.finish().unwrap();
}

/// `HEAD` has the headers of `GET` and no body; what an address takes is told.
#[test]
fn ok_heads_and_methods() {
    let running = service();
    for address in ["/", "/healthz", "/metrics", "/openapi.json"] {
        let mut client = running.client();
        client.write(
            format!("HEAD {address} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes(),
        );
        let head = client.answer_to("HEAD").unwrap();
        assert_eq!(head.status, 200, "{address}");
        let get = running.client().get(address);
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert!(client.ended(), "{address}");
    }
    let mut client = running.client();
    client.write(b"OPTIONS /v1/verify HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = client.answer().unwrap();
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    // Nobody else's page may read answers.
    let origin = [("origin", "https://elsewhere.example")];
    let answer = running.client().post("/v1/verify", &origin, b"x");
    assert_eq!(answer.header("access-control-allow-origin"), None);
    running.finish().unwrap();
}

/// Names of files come back as text, never as markup, a header or a path.
#[test]
fn ok_names_come_back_as_text() {
    let running = service();
    let name = "<img src=x onerror=alert(1)>&\u{202e}fdp.exe";
    let query = "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%26%E2%80%AEfdp.exe%0d%0aSet-Cookie:%20a";
    for document in [&Demo::get().passing[..], b"no pdf"] {
        let address = format!("/v1/verify?name={query}");
        let answer = running
            .client()
            .post(&address, &[("accept", "text/html")], document);
        assert!(
            answer
                .text()
                .contains("&lt;img src=x onerror=alert(1)&gt;&amp;\u{fffd}fdp.exe")
        );
        assert!(!answer.text().contains("<img"));
        assert_eq!(answer.header("set-cookie"), None);
        let answer = running.client().post(&address, &[], document);
        assert_eq!(answer.json()["file"], format!("{name}Set-Cookie: a"));
    }
    // In a language parameter, a path or a header nothing comes back at all.
    for request in [
        "GET /?lang=<script>x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /<script>x HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: <script>x\r\nAccept-Language: <script>x\r\n\r\n",
    ] {
        for answer in answers(&running, request.as_bytes()) {
            assert!(!answer.text().contains("<script>x"), "{request}");
        }
    }
    running.finish().unwrap();
}

/// Forms at the edges; each is answered with a problem or a report.
#[test]
fn ok_odd_forms() {
    let running = service();
    let form = |content: &[u8], kind: &str| {
        let head = [("content-type", kind)];
        running.client().post("/v1/verify", &head, content)
    };
    let kind = "multipart/form-data; boundary=b";
    let part = |head: &str, content: &str| format!("--b\r\n{head}\r\n\r\n{content}\r\n");
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"";
    for (name, content, status, code) in [
        ("no part", "--b--\r\n".to_owned(), 400, "no-file"),
        ("nothing", String::new(), 400, "malformed"),
        (
            "a field only",
            part("Content-Disposition: form-data; name=\"x\"", "y") + "--b--",
            400,
            "no-file",
        ),
        (
            "a part without a name",
            part("Content-Type: application/pdf", "%PDF") + "--b--",
            400,
            "no-file",
        ),
        (
            "two files",
            part(file, "1") + &part(file, "2") + "--b--",
            400,
            "several-files",
        ),
        (
            "thousands of parts",
            part("Content-Disposition: form-data; name=\"x\"", "y").repeat(5000) + "--b--",
            400,
            "malformed",
        ),
        ("cut short", part(file, "%PDF-1.7"), 400, "malformed"),
        (
            "an endless head",
            format!("--b\r\nX: {}", "a".repeat(1 << 20)),
            400,
            "malformed",
        ),
        (
            "base64",
            part(
                &format!("{file}\r\nContent-Transfer-Encoding: base64"),
                "eA==",
            ) + "--b--",
            400,
            "malformed",
        ),
    ] {
        let answer = form(content.as_bytes(), kind);
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (status, Some(code)),
            "{name}"
        );
    }
    let empty = form((part(file, "") + "--b--").as_bytes(), kind);
    assert_eq!(
        (empty.status, &empty.json()["error"]["kind"]),
        (422, &"empty".into())
    );
    // A file name that is no UTF-8.
    let octets = (part(&file.replace("a.pdf", "\u{1}.pdf"), "x") + "--b--").into_bytes();
    let octets: Vec<u8> = octets
        .iter()
        .map(|octet| if *octet == 1 { 0xff } else { *octet })
        .collect();
    assert_eq!(form(&octets, kind).json()["file"], "\u{fffd}.pdf");
    for kind in [
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"unfinished",
        "multipart/form-data; bound=b",
    ] {
        assert_eq!(form(b"--b--", kind).status, 400, "{kind}");
    }
    running.finish().unwrap();
}
