//! Documents made on the spot: revisions, hybrids, linearisation, and what must end in an error.

use super::*;
use crate::error::{Error, ErrorKind, PdfFault};

/// Builds files piece by piece and remembers where objects stand.
struct Builder {
    bytes: Vec<u8>,
    offsets: Vec<(u32, usize)>,
    previous: Option<usize>,
    size: u32,
}

impl Builder {
    fn new() -> Self {
        Self {
            bytes: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(),
            offsets: Vec::new(),
            previous: None,
            size: 1,
        }
    }

    /// A catalog and one page.
    fn with_page() -> Self {
        let mut builder = Self::new();
        builder.object(1, "<</Type/Catalog/Pages 2 0 R>>");
        builder.object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
        builder.object(3, "<</Type/Page/Parent 2 0 R>>");
        builder
    }

    fn raw(&mut self, text: impl AsRef<[u8]>) -> &mut Self {
        self.bytes.extend_from_slice(text.as_ref());
        self
    }

    fn object(&mut self, number: u32, text: impl AsRef<[u8]>) -> &mut Self {
        self.offsets.push((number, self.bytes.len()));
        self.size = self.size.max(number + 1);
        self.raw(format!("{number} 0 obj\n"))
            .raw(text)
            .raw("\nendobj\n")
    }

    fn stream(&mut self, number: u32, dictionary: &str, data: &[u8]) -> &mut Self {
        let head = format!("<<{dictionary}/Length {}>>\nstream\n", data.len());
        self.object(number, [head.as_bytes(), data, b"\nendstream"].concat())
    }

    /// Ends a revision with a table; `extra` goes into the trailer.
    fn table(&mut self, extra: &str) -> &mut Self {
        let start = self.bytes.len();
        self.raw("xref\n");
        if self.previous.is_none() {
            self.raw("0 1\n0000000000 65535 f \n");
        }
        for (number, offset) in std::mem::take(&mut self.offsets) {
            self.raw(format!("{number} 1\n{offset:010} 00000 n \n"));
        }
        self.trailer(start, extra)
    }

    fn trailer(&mut self, start: usize, extra: &str) -> &mut Self {
        let previous = self.previous.replace(start);
        let previous = previous.map_or(String::new(), |at| format!("/Prev {at}"));
        let size = self.size;
        self.raw(format!("trailer\n<</Size {size}{previous}{extra}>>\n"));
        self.raw(format!("startxref\n{start}\n%%EOF\n"))
    }

    /// Ends a revision with a stream of rows `[kind, a (4 bytes), b (2 bytes)]`.
    fn xref_stream(&mut self, number: u32, more: &[(u32, [u64; 3])], extra: &str) -> &mut Self {
        let start = self.bytes.len();
        self.size = self.size.max(number + 1);
        let mut rows: Vec<(u32, [u64; 3])> = self
            .offsets
            .drain(..)
            .map(|(number, offset)| (number, [1, offset as u64, 0]))
            .collect();
        rows.push((number, [1, start as u64, 0]));
        rows.extend_from_slice(more);
        rows.sort();
        let index: String = rows
            .iter()
            .map(|(number, _)| format!("{number} 1 "))
            .collect();
        let mut data = Vec::new();
        for (_, [kind, a, b]) in rows {
            data.push(kind as u8);
            data.extend((a as u32).to_be_bytes());
            data.extend((b as u16).to_be_bytes());
        }
        let previous = self.previous.replace(start);
        let previous = previous.map_or(String::new(), |at| format!("/Prev {at}"));
        let dictionary = format!(
            "/Type/XRef/W[1 4 2]/Index[{index}]/Size {}{previous}{extra}",
            self.size
        );
        self.stream(number, &dictionary, &data);
        self.offsets.clear();
        self.raw(format!("startxref\n{start}\n%%EOF\n"))
    }
}

fn open(bytes: &[u8]) -> Result<Document<'_>, Error> {
    Document::open(bytes, &OpenOptions::default())
}

fn pages(bytes: &[u8]) -> Result<u64, Error> {
    open(bytes)?.latest().page_count()
}

fn fault(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Pdf(PdfFault::Malformed(what) | PdfFault::Filter(what)) => what,
        ErrorKind::Pdf(PdfFault::ObjectNotThere { .. }) => "not there",
        ErrorKind::Limit { name, .. } => name,
        other => panic!("{other}"),
    }
}

#[test]
fn ok_revisions_have_their_bytes_trailers_and_changes() {
    let mut file = Builder::with_page();
    file.object(4, "(one)")
        .object(5, "(five)")
        .table("/Root 1 0 R");
    let first = file.bytes.len() as u64;
    let four = file.bytes.len() as u64;
    file.object(4, "(two)").object(6, "(six)");
    let start = file.bytes.len();
    file.raw("xref\n4 3\n");
    let six = file.offsets[1].1;
    file.raw(format!(
        "{four:010} 00000 n \n0000000000 00001 f \n{six:010} 00000 n \n"
    ));
    file.size = 7;
    file.trailer(start, "/Root 1 0 R/New true");
    let document = open(&file.bytes).unwrap();
    assert!(document.oddities().is_empty(), "{:?}", document.oddities());
    let [old, new] = document.revisions() else {
        panic!("two revisions");
    };
    assert_eq!((old.start, old.end), (0, first));
    assert_eq!((new.start, new.end), (first, file.bytes.len() as u64));
    assert_eq!(new.startxref, start as u64);
    assert_eq!(new.kind(), XrefKind::Table);
    assert!(document.latest().trailer().contains(b"New"));
    assert!(!document.as_of(0).trailer().contains(b"New"));
    let text = |revision, number| {
        let object = document
            .as_of(revision)
            .get(ObjectId::new(number, 0))
            .unwrap();
        object.map(|object| object.as_string().unwrap().text())
    };
    assert_eq!(text(0, 4).as_deref(), Some("one"));
    assert_eq!(text(1, 4).as_deref(), Some("two"));
    assert_eq!(text(0, 5).as_deref(), Some("five"));
    assert_eq!(text(1, 5), None);
    assert_eq!(text(0, 6), None);
    let kinds: Vec<_> = document
        .changes(1)
        .unwrap()
        .iter()
        .map(|change| (change.id.number, change.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            (4, ChangeKind::Replaced),
            (5, ChangeKind::Freed),
            (6, ChangeKind::Added)
        ]
    );
    assert_eq!(document.changes(0).unwrap().len(), 6);
    assert!(document.changes(2).is_err());
}

#[test]
fn ok_line_end_after_the_last_marker_belongs_to_the_revision() {
    for (tail, kept, oddity) in [
        (&b""[..], 0, None),
        (b"\n", 1, None),
        (b"\r\n", 2, None),
        (b"\r", 1, None),
        (b"\n\n", 1, Some(true)),
        (b"\n\0\0", 1, Some(true)),
        (b"\n%x", 1, Some(false)),
    ] {
        let mut file = Builder::with_page();
        file.table("/Root 1 0 R");
        file.bytes.pop();
        let end = file.bytes.len() + kept;
        file.raw(tail);
        let document = open(&file.bytes).unwrap();
        assert_eq!(document.revisions()[0].end, end as u64);
        let trailing = document.oddities().first().map(|oddity| match oddity.kind {
            OddityKind::TrailingBytes { blank, length } => {
                assert_eq!(oddity.position + length, file.bytes.len() as u64);
                blank
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(trailing, oddity, "{}", tail.escape_ascii());
    }
}

#[test]
fn ok_object_streams_are_read_in_their_revision() {
    let mut file = Builder::new();
    let inside =
        b"1 0 2 29 4 64 <</Type/Catalog/Pages 2 0 R>><</Type/Pages/Kids[3 0 R]/Count 1>> (in)";
    let first = inside.iter().position(|byte| *byte == b'<').unwrap();
    file.object(3, "<</Type/Page/Parent 2 0 R>>");
    file.stream(5, &format!("/Type/ObjStm/N 3/First {first}"), inside);
    let rows = [(1, [2, 5, 0]), (2, [2, 5, 1]), (4, [2, 5, 2])];
    file.xref_stream(6, &rows, "/Root 1 0 R");
    file.object(4, "(out)").xref_stream(7, &[], "/Root 1 0 R");
    let document = open(&file.bytes).unwrap();
    assert_eq!(document.latest().page_count(), Ok(1));
    let text = |revision| {
        let object = document
            .as_of(revision)
            .get(ObjectId::new(4, 0))
            .unwrap()
            .unwrap();
        let string = object.as_string().unwrap().clone();
        (string.text(), string.span().range().is_some())
    };
    assert_eq!(text(0), ("in".to_owned(), false));
    assert_eq!(text(1), ("out".to_owned(), true));
    assert_eq!(
        document.as_of(0).entry(ObjectId::new(4, 0)),
        Ok(Some(Location::InStream {
            stream: 5,
            index: 2
        }))
    );
    let recovered = Document::recover(&file.bytes, &OpenOptions::default()).unwrap();
    assert!(recovered.is_recovered());
    assert_eq!(recovered.revisions().len(), 1);
    let object = recovered
        .latest()
        .get(ObjectId::new(4, 0))
        .unwrap()
        .unwrap();
    assert_eq!(object.as_string().unwrap().text(), "out");
    assert_eq!(recovered.latest().page_count(), Ok(1));
}

#[test]
fn hybrid_is_an_oddity_and_its_stream_fills_free_rows() {
    // A48.
    let mut file = Builder::with_page();
    file.object(4, "(table)");
    file.stream(5, "/Type/ObjStm/N 1/First 4", b"6 0 (hidden)");
    let offset = |file: &Builder, number| {
        let found = file.offsets.iter().find(|(other, _)| *other == number);
        found.unwrap().1
    };
    let stream = file.bytes.len();
    let four = offset(&file, 1) as u32;
    let data = [&[1][..], &four.to_be_bytes(), &[0, 2], &[0, 0, 0, 5, 0]].concat();
    file.stream(7, "/Type/XRef/W[1 4 1]/Index[4 1 6 1]/Size 8", &data);
    file.offsets.pop();
    file.offsets.push((7, stream));
    file.table(&format!("/Root 1 0 R/XRefStm {stream}"));
    let document = open(&file.bytes).unwrap();
    assert_eq!(document.revisions()[0].kind(), XrefKind::Hybrid);
    assert_eq!(
        document.oddities(),
        [Oddity::new(OddityKind::Hybrid, stream as u64)]
    );
    let text = |number| {
        let object = document
            .latest()
            .get(ObjectId::new(number, 0))
            .unwrap()
            .unwrap();
        object.as_string().unwrap().text()
    };
    assert_eq!(text(4), "table");
    assert_eq!(text(6), "hidden");
    let entries = document.revisions()[0].entries().unwrap();
    assert_eq!(entries.filter(|(id, _)| id.number == 4).count(), 1);
}

#[test]
fn linearised_file_is_one_revision() {
    let mut file = Builder::new();
    file.object(4, "<</Linearized 1/L 1/H[0 0]/O 3/E 0/N 1/T 0>>");
    file.object(3, "<</Type/Page/Parent 2 0 R>>");
    let front = file.bytes.len();
    let rows: String = [3, 4]
        .map(|number| {
            let found = file.offsets.iter().find(|(other, _)| *other == number);
            format!("{:010} 00000 n \n", found.unwrap().1)
        })
        .concat();
    file.raw(format!(
        "xref\n3 2\n{rows}trailer\n<</Size 5/Root 1 0 R/Prev "
    ));
    let place = file.bytes.len();
    file.raw("0000000000>>\nstartxref\n0\n%%EOF\n");
    file.offsets.clear();
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
    let main = file.bytes.len();
    file.bytes
        .splice(place..place + 10, format!("{main:010}").into_bytes());
    file.table("");
    let end = memchr::memmem::rfind(&file.bytes, b"startxref").unwrap();
    file.bytes.truncate(end);
    file.raw(format!("startxref\n{front}\n%%EOF\n"));
    let end = file.bytes.len() as u64;
    let check = |bytes: &[u8], revisions: usize| {
        let document = open(bytes).unwrap();
        assert_eq!(document.latest().page_count(), Ok(1));
        assert_eq!(document.revisions().len(), revisions);
        assert_eq!(document.revisions()[0].sections().len(), 2);
        assert_eq!(document.revisions()[0].end, end);
        assert_eq!(document.oddities()[0].kind, OddityKind::Linearized);
        assert_eq!(document.revisions()[0].entries().unwrap().count(), 5);
    };
    check(&file.bytes, 1);
    file.previous = Some(front);
    file.object(5, "(later)").table("/Root 1 0 R");
    check(&file.bytes, 2);
    // The same without the dictionary at the front.
    let mut bytes = file.bytes.clone();
    let key = memchr::memmem::find(&bytes, b"/Linearized").unwrap();
    bytes[key + 1] = b'X';
    assert_eq!(fault(&open(&bytes).unwrap_err()), "/Prev points forward");
}

#[test]
fn bytes_before_the_header_are_an_oddity() {
    let mut file = Builder::new();
    file.bytes.splice(0..0, b"junk\n".iter().copied());
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, "<</Type/Pages/Kids[]/Count 0>>");
    file.table("/Root 1 0 R");
    let document = open(&file.bytes).unwrap();
    assert_eq!(document.header_offset(), 5);
    assert_eq!(document.version(), (1, 7));
    assert_eq!(document.oddities()[0].kind, OddityKind::BytesBeforeHeader);
}

#[test]
fn err_what_is_not_there() {
    for (bytes, expected) in [
        (&b""[..], PdfFault::Empty),
        (b"hello", PdfFault::NotPdf),
        (b"%PDF-1.7", PdfFault::Malformed("no startxref")),
    ] {
        assert_eq!(open(bytes).unwrap_err().kind(), &expected.into());
        assert!(Document::recover(bytes, &OpenOptions::default()).is_err());
    }
}

#[test]
fn err_object_under_another_number_or_generation() {
    // A25, A52.
    let mut file = Builder::with_page();
    let place = file.offsets[0].1;
    file.offsets.push((4, place));
    file.object(5, "[1 1 R]").table("/Root 1 0 R");
    let document = open(&file.bytes).unwrap();
    let view = document.latest();
    let error = view.get(ObjectId::new(4, 0)).unwrap_err();
    assert_eq!(fault(&error), "not there");
    assert_eq!(error.position(), Some(place as u64));
    assert!(view.get(ObjectId::new(1, 1)).is_err());
    assert!(view.get(ObjectId::new(99, 0)).unwrap().is_none());
    // Two entries with one offset are seen by whoever compares them.
    let entries: Vec<_> = document.revisions()[0].entries().unwrap().collect();
    let same = entries
        .iter()
        .filter(|(_, at)| matches!(at, Location::Offset { offset, .. } if *offset == place as u64));
    assert_eq!(same.count(), 2);
}

#[test]
fn err_previous_sections_that_cannot_be_followed() {
    // A72.
    let mut file = Builder::with_page();
    let start = file.bytes.len();
    file.table(&format!("/Root 1 0 R/Prev {start}"));
    assert_eq!(
        fault(&open(&file.bytes).unwrap_err()),
        "/Prev runs in a circle"
    );
    for (value, expected) in [
        ("-1", "/Prev is not an offset"),
        ("1.5", "/Prev is not an offset"),
        ("3 0 R", "/Prev is not an offset"),
        ("99999999", "cross-reference section lies outside the file"),
        (
            "9223372036854775807",
            "cross-reference section lies outside the file",
        ),
        ("0", "expected an object header"),
    ] {
        let mut file = Builder::with_page();
        file.table(&format!("/Root 1 0 R/Prev {value}"));
        assert_eq!(fault(&open(&file.bytes).unwrap_err()), expected, "{value}");
    }
    let mut file = Builder::with_page();
    file.table("/Root 1 0 R");
    for _ in 0..255 {
        file.table("/Root 1 0 R");
    }
    assert_eq!(open(&file.bytes).unwrap().revisions().len(), 256);
    file.table("/Root 1 0 R");
    assert_eq!(fault(&open(&file.bytes).unwrap_err()), "xref_sections");
}

#[test]
fn err_revision_without_an_end_of_its_own() {
    // A23: the trailer names a section that no startxref ends.
    let mut file = Builder::with_page();
    file.table("/Root 1 0 R");
    let marker = memchr::memmem::find(&file.bytes, b"startxref").unwrap();
    let mut cut = Builder {
        bytes: file.bytes[..marker].to_vec(),
        ..file
    };
    cut.object(4, "()").table("/Root 1 0 R");
    assert_eq!(
        fault(&open(&cut.bytes).unwrap_err()),
        "revision has no startxref and %%EOF of its own"
    );
}

#[test]
fn err_rows_and_heads_that_break_the_grammar() {
    for (from, to, expected) in [
        (
            "xref\n0 1\n",
            "xref\n0 2\n",
            "malformed cross-reference table",
        ),
        (
            "xref\n0 1\n",
            "xref\n0 4294967295\n",
            "malformed cross-reference table",
        ),
        (
            "xref\n0 1\n",
            "xref\n1 1\n",
            "cross-reference section lists an object twice",
        ),
        ("65535 f \n", "65535 f\n", "malformed cross-reference table"),
        ("%%EOF", "%EOF", "malformed startxref or no %%EOF"),
        ("trailer\n<<", "trailer\n[<<", "unknown keyword"),
    ] {
        let mut file = Builder::with_page();
        file.table("/Root 1 0 R");
        let at = memchr::memmem::find(&file.bytes, from.as_bytes()).unwrap();
        file.bytes.splice(at..at + from.len(), to.bytes());
        let error = open(&file.bytes).unwrap_err();
        assert_eq!(fault(&error), expected, "{to}");
    }
    // A row is looked at when it is needed.
    let mut file = Builder::with_page();
    file.table("/Root 1 0 R");
    let at = memchr::memmem::find(&file.bytes, b" 00000 n").unwrap();
    file.bytes[at + 1] = b'x';
    let document = open(&file.bytes).unwrap();
    assert_eq!(
        fault(&document.latest().catalog().unwrap_err()),
        "malformed row of a cross-reference table"
    );
    assert!(document.changes(0).is_err());
}

#[test]
fn err_cross_reference_streams_that_declare_too_much() {
    // A73.
    let with = |dictionary: &str, data: &[u8]| {
        let mut file = Builder::with_page();
        let start = file.bytes.len();
        file.stream(4, &format!("/Type/XRef/Root 1 0 R{dictionary}"), data);
        file.raw(format!("startxref\n{start}\n%%EOF\n"));
        file.bytes
    };
    for (dictionary, expected) in [
        ("/W[1 4 2]/Size 2147483647", "objects"),
        (
            "/W[1 4 2]/Size 1999999",
            "cross-reference stream is shorter than it says",
        ),
        (
            "/W[8 8 8]/Size 5",
            "cross-reference stream is shorter than it says",
        ),
        (
            "/W[1 4 2]/Size 5/Index[0 2147483647 5 2147483647]",
            "objects",
        ),
        (
            "/W[1 4 2]/Size 5/Index[4294967295 2]",
            "/Index of a cross-reference stream is malformed",
        ),
        (
            "/W[1 4 2]/Size 5/Index[0 2 1 2]",
            "cross-reference section lists an object twice",
        ),
        (
            "/W[1 4 2]/Size 5/Index[0]",
            "/Index of a cross-reference stream is malformed",
        ),
        (
            "/W[9 4 2]/Size 5",
            "/W of a cross-reference stream is malformed",
        ),
        (
            "/W[0 0 0]/Size 5",
            "/W of a cross-reference stream is malformed",
        ),
        (
            "/W[1 2147483648 2]/Size 5",
            "/W of a cross-reference stream is malformed",
        ),
        (
            "/W[1 4]/Size 5",
            "/W of a cross-reference stream is malformed",
        ),
        (
            "/W[1 4 2]/Size -1",
            "/Size of a cross-reference stream is malformed",
        ),
        (
            "/W[1 4 2]/Size 5/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 2147483648>>",
            "deflated data is damaged",
        ),
        (
            "/W[1 4 2]/Size 5/Filter 9 0 R",
            "cross-reference stream uses a reference",
        ),
        (
            "/W 3 0 R/Size 5",
            "/W of a cross-reference stream is malformed",
        ),
    ] {
        let bytes = with(dictionary, &[1; 20]);
        let error = pages(&bytes).unwrap_err();
        assert!(
            fault(&error).ends_with(expected) || fault(&error).starts_with("/W or /Index"),
            "{dictionary}: {error}"
        );
    }
}

#[test]
fn err_streams_that_lead_to_themselves() {
    // A72.
    let mut file = Builder::with_page();
    file.object(4, "<</Length 4 0 R>>\nstream\nx\nendstream");
    file.object(5, "<</Length 6 0 R>>\nstream\nx\nendstream");
    file.object(6, "<</Length 5 0 R>>\nstream\nx\nendstream");
    file.object(7, "<</Length 77>>\nstream\nx\nendstream");
    file.object(8, "<</Length -1>>\nstream\nx\nendstream");
    file.object(9, "<</Length 9223372036854775807>>\nstream\nx\nendstream");
    file.object(10, "10 0 R");
    file.table("/Root 1 0 R");
    let document = open(&file.bytes).unwrap();
    let view = document.latest();
    for (number, expected) in [
        (4, "/Length is not a number"),
        (5, "/Length is not a number"),
        (7, "stream does not end where /Length says"),
        (8, "/Length is negative"),
        (9, "stream is longer than the file"),
    ] {
        let error = view.get(ObjectId::new(number, 0)).unwrap_err();
        assert_eq!(fault(&error), expected, "{number}");
    }
    let error = view
        .resolve(&Object::Reference(ObjectId::new(10, 0)))
        .unwrap_err();
    assert_eq!(fault(&error), "reference_hops");
}

#[test]
fn err_object_streams_that_lie() {
    // A72, A73.
    let with = |dictionary: &str, rows: &[(u32, [u64; 3])]| {
        let mut file = Builder::with_page();
        file.stream(5, dictionary, b"4 0 7 3 (a)(b)");
        file.xref_stream(6, rows, "/Root 1 0 R");
        file.bytes
    };
    let good = "/Type/ObjStm/N 2/First 8";
    let four = [(4, [2, 5, 0])];
    for (dictionary, rows, expected) in [
        (good, &four[..], ""),
        (good, &[(4, [2, 5, 1])], "not there"),
        (good, &[(4, [2, 5, 2])], "not there"),
        (good, &[(4, [2, 3, 0])], "object stream is not a stream"),
        (good, &[(4, [2, 99, 0])], "not there"),
        // In an object stream that lies in an object stream, and in itself.
        (good, &[(4, [2, 7, 0]), (7, [2, 5, 1])], "not there"),
        (good, &[(4, [2, 4, 0])], "not there"),
        (
            "/Type/ObjStm/N 2147483648/First 8",
            &four,
            "object_stream_items",
        ),
        (
            "/Type/ObjStm/N 99999/First 8",
            &four,
            "malformed head of an object stream",
        ),
        (
            "/Type/ObjStm/N 2/First 99",
            &four,
            "object stream is shorter than its head",
        ),
        (
            "/Type/ObjStm/N -2/First 8",
            &four,
            "object stream without /N or /First",
        ),
        (
            "/Type/ObjStm/N 2",
            &four,
            "object stream without /N or /First",
        ),
        (
            "/Type/Other/N 2/First 8",
            &four,
            "object stream has another type",
        ),
    ] {
        let bytes = with(dictionary, rows);
        let document = open(&bytes).unwrap();
        match document.latest().get(ObjectId::new(4, 0)) {
            Ok(object) => {
                assert_eq!(expected, "");
                assert_eq!(object.unwrap().as_string().unwrap().text(), "a");
            }
            Err(error) => assert_eq!(fault(&error), expected, "{dictionary} {rows:?}"),
        }
    }
}

#[test]
fn err_length_of_an_object_stream_inside_itself() {
    let mut file = Builder::with_page();
    file.object(
        5,
        "<</Type/ObjStm/N 1/First 4/Length 4 0 R>>\nstream\n4 0 6\nendstream",
    );
    file.xref_stream(6, &[(4, [2, 5, 0])], "/Root 1 0 R");
    let document = open(&file.bytes).unwrap();
    let error = document.latest().get(ObjectId::new(4, 0)).unwrap_err();
    assert_eq!(fault(&error), "/Length refers to itself");
}

#[test]
fn err_page_trees_that_do_not_end() {
    // A72.
    let tree = |second: &str, third: &str| {
        let mut file = Builder::new();
        file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
        file.object(2, second).object(3, third).table("/Root 1 0 R");
        file.bytes
    };
    let circle = "page tree runs in a circle or shares a node";
    for (second, third, expected) in [
        ("<</Type/Pages/Kids[2 0 R]>>", "null", circle),
        (
            "<</Type/Pages/Kids[3 0 R]>>",
            "<</Type/Pages/Kids[2 0 R]>>",
            circle,
        ),
        (
            "<</Type/Pages/Kids[3 0 R 3 0 R]>>",
            "<</Type/Pages/Kids[]>>",
            circle,
        ),
        (
            "<</Type/Pages/Kids[3 0 R]>>",
            "null",
            "node of the page tree is not a dictionary",
        ),
        (
            "<</Type/Pages/Kids 3 0 R>>",
            "7",
            "/Kids of a page tree node is not an array",
        ),
    ] {
        assert_eq!(fault(&pages(&tree(second, third)).unwrap_err()), expected);
    }
    let deep = |depth: u32| {
        let mut file = Builder::new();
        file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
        for number in 2..depth + 1 {
            file.object(
                number,
                format!("<</Type/Pages/Kids[{} 0 R]/Count 1>>", number + 1),
            );
        }
        file.object(depth + 1, "<</Type/Page>>")
            .table("/Root 1 0 R");
        file.bytes
    };
    assert_eq!(pages(&deep(64)), Ok(1));
    assert_eq!(fault(&pages(&deep(65)).unwrap_err()), "tree_depth");
}

#[test]
fn page_count_is_of_leaves_and_count_may_disagree() {
    let mut file = Builder::new();
    file.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    file.object(2, "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 7/Rotate 90>>");
    file.object(3, "<</Type/Page/Parent 2 0 R>>")
        .table("/Root 1 0 R");
    let document = open(&file.bytes).unwrap();
    let tree = document.latest().page_tree().unwrap();
    assert_eq!((tree.pages, tree.declared, tree.repeated), (2, Some(7), 1));
    assert!(!tree.count_agrees());
    let page = document.latest().pages().next().unwrap().unwrap();
    assert_eq!(page.id, Some(ObjectId::new(3, 0)));
    let rotate = page.inherited(&document.latest(), b"Rotate").unwrap();
    assert_eq!(rotate, Object::Integer(90));
}

#[test]
fn startxref_one_byte_into_the_keyword_is_an_oddity() {
    let mut file = Builder::with_page();
    file.table("/Root 1 0 R");
    let start = memchr::memmem::find(&file.bytes, b"xref\n").unwrap();
    let mut moved = file.bytes.clone();
    let marker = memchr::memmem::rfind(&moved, b"startxref").unwrap();
    moved.truncate(marker);
    moved.extend(format!("startxref\n{}\n%%EOF\n", start + 1).bytes());
    let document = open(&moved).unwrap();
    assert_eq!(document.latest().page_count(), Ok(1));
    assert_eq!(document.oddities()[0].kind, OddityKind::ImpreciseOffset);
    moved.truncate(marker);
    moved.extend(format!("startxref\n{}\n%%EOF\n", start + 2).bytes());
    assert!(open(&moved).is_err());
}

#[test]
fn entries_above_size_are_an_oddity() {
    let mut file = Builder::with_page();
    file.size = 2;
    file.table("/Root 1 0 R");
    let document = open(&file.bytes).unwrap();
    assert_eq!(document.oddities()[0].kind, OddityKind::Size);
    assert_eq!(document.latest().page_count(), Ok(1));
}

#[test]
fn recovery_reads_without_table_length_and_trailer() {
    let mut file = Builder::with_page();
    file.object(
        4,
        "<</Length 999>>\nstream\n5 0 obj (inside) endobj\r\nendstream",
    );
    file.object(6, "<</Length 999>>\nstream\nno end");
    let document = Document::recover(&file.bytes, &OpenOptions::default()).unwrap();
    assert!(document.is_recovered());
    let view = document.latest();
    assert_eq!(view.page_count(), Ok(1));
    let object = view.get(ObjectId::new(4, 0)).unwrap().unwrap();
    let stream = object.as_stream().unwrap();
    assert_eq!(stream.raw(), b"5 0 obj (inside) endobj");
    assert_eq!(view.decode(stream).unwrap(), stream.raw());
    assert!(view.get(ObjectId::new(5, 0)).unwrap().is_none());
    assert_eq!(document.revisions()[0].kind(), XrefKind::Recovered);
    assert_eq!(document.revisions()[0].end, file.bytes.len() as u64);
}

#[test]
fn recovery_is_linear() {
    // Each of these is quadratic for a reader that looks for the end of everything it starts.
    for piece in [
        &b"1 0 obj<<>>stream\n"[..],
        b"1 0 obj",
        b"trailer<<(",
        b"trailer<</A[",
        b"startxref 0 ",
        b"9 9 9 9 obj ",
        b"1 0 obj<</Type/ObjStm/N 9/First 0/Length 3>>stream\n",
    ] {
        let bytes = [b"%PDF-1.7\n", &piece.repeat((4 << 20) / piece.len())[..]].concat();
        let _ = open(&bytes);
        let _ = Document::recover(&bytes, &OpenOptions::default());
    }
}

proptest::proptest! {
    #[test]
    fn changed_bytes_never_panic(
        changes in proptest::collection::vec((0_usize..2000, 0_u8..=255), 1..12)
    ) {
        let mut file = Builder::with_page();
        file.object(4, "(one)").table("/Root 1 0 R");
        file.stream(5, "/Type/ObjStm/N 2/First 8", b"4 0 7 3 (a)(b)");
        file.xref_stream(6, &[(4, [2, 5, 0]), (7, [2, 5, 1])], "/Root 1 0 R");
        let length = file.bytes.len();
        for (at, byte) in changes {
            file.bytes[at % length] = byte;
        }
        fuzz::pdf_open(&file.bytes);
        fuzz::revision_split(&file.bytes);
    }
}

#[test]
fn documents_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Document<'static>>();
    shared::<View<'static, 'static>>();
    shared::<Object<'static>>();
}
