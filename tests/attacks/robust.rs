//! A72 to A74: files that want to exhaust the reader. Each ends in time, and none passes.
//!
//! NOTE: the catalogue has an error for all of them. That is the answer where a limit is reached in
//! reading what every answer needs. Two kinds give a verdict instead: a structure that is broken
//! beside a signature is a failure of format, not an error (DESIGN §5); and a limit that stops only
//! the comparison of a later revision leaves that check not run (V069), because all else is known of
//! the signatures before it, and an error would hide it.

use std::time::{Duration, Instant};

use super::build::*;
use super::expect::{Expect, FORMAT, Row, S};

struct Timed(Row);

impl Timed {
    /// Broken beside a signature.
    fn case(&mut self, name: &str, file: &[u8]) {
        self.expect(name, file, FORMAT);
    }

    /// This limit is reached in reading what every answer needs.
    fn limit(&mut self, name: &str, file: &[u8], limit: &'static str) {
        self.expect(name, file, Expect::Limit(limit));
    }

    /// The later revision meets a limit: it could not be compared (V069).
    fn open(&mut self, name: &str, file: &[u8]) {
        self.expect(name, file, Expect::Open(S::SignedDataNotFound));
    }

    fn expect(&mut self, name: &str, file: &[u8], expect: Expect) {
        let started = Instant::now();
        self.0.case(name, file, expect);
        let took = started.elapsed();
        // The slowest of them takes a tenth of this when nothing else runs.
        assert!(took < Duration::from_secs(20), "{name}: {took:?}");
    }
}

/// The signed file with one more revision that has these objects.
fn later(objects: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut tail = Tail::new();
    tail.objects = objects.to_vec();
    tail.build(&signed())
}

fn nested(open: &str, close: &str, depth: usize) -> Vec<u8> {
    format!("{}{}", open.repeat(depth), close.repeat(depth)).into_bytes()
}

/// V071, V072.
#[test]
fn a72_nesting_and_circles() {
    let mut timed = Timed(Row::new("A72"));
    for depth in [10_380, 200_000] {
        timed.open(
            &format!("arrays {depth}"),
            &later(&[(CONTENT, nested("[", "]", depth))]),
        );
        timed.limit(
            &format!("dictionaries {depth}"),
            &later(&[(CATALOG, nested("<</A", ">>", depth))]),
            "nesting",
        );
        timed.case(
            &format!("strings {depth}"),
            &later(&[(INFO, nested("(", ")", depth))]),
        );
    }
    let file = signed();
    let mut circle = Tail::new().object(CONTENT, "null");
    circle.prev = Some(file.len() as u64);
    timed.case("/Prev to itself", &circle.build(&file));
    let own = b"<< /Length 4 0 R >>\nstream\nx\nendstream".to_vec();
    timed.case("own /Length", &later(&[(CONTENT, own)]));
    let form = edited(&file, FORM, "/Fields [", "/Fields [60 0 R ");
    let field = b"<< /T (x) /Kids [60 0 R 60 0 R] >>".to_vec();
    timed.case("field tree", &later(&[(FORM, form.clone()), (60, field)]));
    let pair = |kid: u32| format!("<< /T (x) /Kids [{kid} 0 R {kid} 0 R] >>").into_bytes();
    let chain: Vec<(u32, Vec<u8>)> = (60..160).map(|n| (n, pair(n + 1))).collect();
    timed.limit(
        "field tree that doubles",
        &later(&[&[(FORM, form)][..], &chain].concat()),
        "tree_depth",
    );
    timed.case(
        "page tree",
        &later(&[(
            PAGES,
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>".to_vec(),
        )]),
    );
    timed.limit(
        "reference to itself",
        &later(&[(CATALOG, b"1 0 R".to_vec())]),
        "reference_hops",
    );
    // An object stream that lives in itself, and one in another that lives in it.
    for (a, b) in [(60, 60), (60, 61)] {
        let mut tail = Tail::new().xref_stream(70);
        tail.inside = vec![(a, b, 0), (b, a, 0), (CONTENT, a, 0)];
        timed.case(&format!("object streams {a} {b}"), &tail.build(&file));
    }
    timed.0.finish();
}

/// V071, V072.
#[test]
fn a73_streams_and_tables() {
    use std::io::Write as _;
    let mut timed = Timed(Row::new("A73"));
    let mut data = vec![b' '; 1 << 20];
    for _ in 0..3 {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&data).unwrap();
        data = encoder.finish().unwrap();
    }
    let metadata = "/Type /Metadata /Subtype /XML";
    for count in [3, 30] {
        let filters = "/FlateDecode ".repeat(count);
        let body = stream(&format!("{metadata} /Filter [{filters}]"), &data);
        let file = later(&[(METADATA, body)]);
        match count {
            30 => timed.open("30 filters", &file),
            _ => timed.case(&format!("{count} filters"), &file),
        }
    }
    let body = stream(
        &format!(
            "{metadata} /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 2147483648 /Colors 4 /BitsPerComponent 16 >>"
        ),
        &data,
    );
    timed.case("columns", &later(&[(METADATA, body)]));
    let file = signed();
    let trailer = Tail::new().trailer;
    let big = Tail::new()
        .object(CONTENT, "null")
        .trailer(&format!("{trailer} /Size 2147483648"));
    timed.case("/Size", &big.build(&file));
    for (name, keys) in [
        (
            "/W [8 8 8]",
            "/W [8 8 8] /Index [0 4294967295] /Size 4294967295",
        ),
        ("/W huge", "/W [2147483647 2147483647 2147483647] /Size 9"),
        (
            "/W [0 0 0]",
            "/W [0 0 0] /Index [0 2147483647] /Size 2147483647",
        ),
        ("/Index negative", "/W [1 4 2] /Index [-5 10] /Size 9"),
    ] {
        let mut out = file.clone();
        let place = out.len();
        let prev = startxref(&file);
        out.extend_from_slice(b"90 0 obj\n");
        out.extend_from_slice(&stream(
            &format!("/Type /XRef {keys} {trailer} /Prev {prev}"),
            &[0; 48],
        ));
        out.extend_from_slice(format!("\nendobj\nstartxref\n{place}\n%%EOF\n").as_bytes());
        match name {
            "/W [8 8 8]" => timed.limit(name, &out, "objects"),
            _ => timed.case(name, &out),
        }
    }
    let mut rows = file.clone();
    let place = rows.len();
    rows.extend_from_slice(format!("xref\n0 4294967295\n0000000000 65535 f \ntrailer\n<< /Size 4294967295 {trailer} /Prev {} >>\nstartxref\n{place}\n%%EOF\n", startxref(&file)).as_bytes());
    timed.case("table with 2^32 rows", &rows);
    let mut tail = Tail::new()
        .object(
            60,
            stream("/Type /ObjStm /N 2147483648 /First 4", b"4 0 null"),
        )
        .xref_stream(61);
    tail.inside = vec![(CONTENT, 60, 0)];
    timed.open("/N", &tail.build(&file));
    timed.0.finish();
}

/// V071, V072.
#[test]
fn a74_asn1_and_long_lists() {
    let mut timed = Timed(Row::new("A74"));
    let deep = || {
        let mut out = Vec::new();
        for _ in 0..600 {
            out.extend_from_slice(&[0x30, 0x80]);
        }
        out
    };
    timed.case(
        "indefinite, 600 deep",
        &ByHand::new().cms(|_| deep()).build(),
    );
    for (name, head) in [
        ("length 2^63", vec![0x30, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        (
            "length 2^64-1",
            vec![0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255],
        ),
        (
            "length of 126 octets",
            [vec![0x30, 0xfe], vec![255; 126]].concat(),
        ),
        ("tag without end", vec![0x3f; 3000]),
        ("empty sequence", vec![0x30, 0]),
    ] {
        timed.case(name, &ByHand::new().cms(|_| head.clone()).build());
    }
    // A store with very many members; each is the same stream.
    let file = signed();
    let number = size(&file);
    let catalog = edited(
        &file,
        CATALOG,
        "/Pages 2 0 R",
        &format!(
            "/Pages 2 0 R /DSS << /Certs [{}] >>",
            format!("{number} 0 R ").repeat(200_000)
        ),
    );
    // Listed ever so often, it is one stream: what a store may hold.
    let body = stream("", super::pki::PKI.root.certificate());
    let tail = Tail::new().object(CATALOG, catalog).object(number, body);
    timed.expect(
        "one member, 200 000 times",
        &tail.build(&file),
        Expect::Pass,
    );
    let streams: Vec<(u32, Vec<u8>)> = (0..20_000)
        .map(|n| (number + n, stream("", b"0\0")))
        .collect();
    let members: String = (0..20_000)
        .map(|n| format!("{} 0 R ", number + n))
        .collect();
    let catalog = edited(
        &file,
        CATALOG,
        "/Pages 2 0 R",
        &format!("/Pages 2 0 R /DSS << /Certs [{members}] >>"),
    );
    timed.limit(
        "20 000 members",
        &later(&[&[(CATALOG, catalog)][..], &streams].concat()),
        "security_store_streams",
    );
    timed.0.finish();
}
