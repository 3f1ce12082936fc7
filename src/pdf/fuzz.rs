//! Any bytes → nothing: the entries for fuzzing, one call for each target of `fuzz/`.
//!
//! They are public so that the fuzz workspace and the replay of its seeds call the same code.
//! What they check beyond "no panic" are facts that must hold for every input.

use super::filter;
use super::lexer::{Lexer, Origin};
use super::object::ObjectId;
use super::object_stream::ObjectStream;
use super::{Document, Object, OpenOptions, View, parser};
use crate::limits::Limits;

/// A whole file, strictly and by recovery.
pub fn pdf_open(bytes: &[u8]) {
    let options = OpenOptions::default();
    for document in [
        Document::open(bytes, &options),
        Document::recover(bytes, &options),
    ]
    .into_iter()
    .flatten()
    {
        for index in 0..document.revisions().len() {
            let view = document.as_of(index);
            let _ = view.catalog();
            for change in document.changes(index).into_iter().flatten().take(1000) {
                if let Ok(Some(Object::Stream(stream))) = view.get(change.id) {
                    let _ = view.decode(&stream);
                }
            }
        }
        let _ = document.latest().page_tree();
    }
}

/// A file whose objects are fixed: the input is what stands between them and `startxref`.
pub fn xref_table(bytes: &[u8]) {
    let file = [
        &b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]>>endobj\n"[..],
        bytes,
        b"\nstartxref\n86\n%%EOF\n",
    ]
    .concat();
    pdf_open(&file);
}

/// The first line is put into the dictionary of a cross-reference stream, the rest is its data.
pub fn xref_stream(bytes: &[u8]) {
    let (dictionary, data) = split_line(bytes);
    let file = [
        b"%PDF-1.7\n1 0 obj<</Type/XRef/Length ",
        data.len().to_string().as_bytes(),
        dictionary,
        b">>stream\n",
        data,
        b"\nendstream endobj\nstartxref\n9\n%%EOF\n",
    ]
    .concat();
    pdf_open(&file);
}

/// One object. What is read twice is equal, and places lie inside the input.
pub fn object_parser(bytes: &[u8]) {
    let limits = Limits::new();
    let mut lexer = Lexer::new(bytes, 0, Origin::File);
    if let Ok((object, span)) = parser::parse(&mut lexer, &limits) {
        let range = span.range().unwrap_or_default();
        assert!(range.start < range.end && range.end <= bytes.len() as u64);
        if !format!("{object:?}").contains("NaN") {
            let again = parser::parse(&mut Lexer::new(bytes, 0, Origin::File), &limits);
            assert_eq!(again.map(|(object, _)| object), Ok(object));
        }
    }
    for strict in [true, false] {
        let _ = parser::parse_indirect(bytes, 0, &limits, strict);
    }
}

/// `/N` and `/First` from the first line, then the decoded data of an object stream.
pub fn objstm(bytes: &[u8]) {
    let (head, data) = split_line(bytes);
    let mut lexer = Lexer::new(head, 0, Origin::File);
    let mut number = || {
        lexer.skip_blank();
        lexer.take_unsigned().unwrap_or(1)
    };
    let (count, first) = (number(), number());
    let limits = Limits::new();
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    let Ok(stream) = ObjectStream::new(data.to_vec(), count, first, 0, &limits) else {
        return;
    };
    for (index, number) in (0..).zip(stream.numbers()).take(100) {
        let _ = stream.object(ObjectId::new(number, 0), index, &limits);
    }
}

/// Zlib data.
pub fn filter_flate(bytes: &[u8]) {
    let _ = filter::decode_with("<</Filter/FlateDecode>>", bytes);
}

/// LZW data, with and without early change.
pub fn filter_lzw(bytes: &[u8]) {
    for change in 0..2 {
        let dictionary = format!("<</Filter/LZWDecode/DecodeParms<</EarlyChange {change}>>>>");
        let _ = filter::decode_with(&dictionary, bytes);
    }
}

/// The first line holds the parameters of a predictor, the rest is data before compression. The
/// result is never longer than the data.
pub fn filter_predictor(bytes: &[u8]) {
    let (parameters, data) = split_line(bytes);
    let mut numbers = std::str::from_utf8(parameters)
        .unwrap_or_default()
        .split_ascii_whitespace()
        .map(|number| number.parse().unwrap_or(1));
    let mut number = || numbers.next().unwrap_or(1);
    if let Ok(Some(predictor)) = filter::Predictor::new(number(), number(), number(), number())
        && let Ok(output) = predictor.undo(data.to_vec())
    {
        assert!(output.len() <= data.len());
    }
}

/// ASCII85, ASCIIHex and run-length data.
pub fn filter_ascii(bytes: &[u8]) {
    for name in ["ASCII85Decode", "ASCIIHexDecode", "RunLengthDecode"] {
        let _ = filter::decode_with(&format!("<</Filter/{name}>>"), bytes);
    }
}

/// A whole file: its revisions follow each other without gap, and no section of a revision lies
/// beyond its end.
pub fn revision_split(bytes: &[u8]) {
    let Ok(document) = Document::open(bytes, &OpenOptions::default()) else {
        return;
    };
    let mut start = 0;
    for revision in document.revisions() {
        assert_eq!(revision.start, start);
        assert!(revision.start < revision.end && revision.end <= bytes.len() as u64);
        for section in revision.sections() {
            assert!(section.end() <= revision.startxref_position);
        }
        start = revision.end;
        let _ = document.changes(revision.index);
    }
    let latest: View<'_, '_> = document.latest();
    assert_eq!(latest.revision_index() + 1, document.revisions().len());
}

/// The content of a page, a line `%%map`, and the ToUnicode map of one of its three fonts: what is
/// shown is bounded by what the content says.
pub fn page_text(bytes: &[u8]) {
    let at = memchr::memmem::find(bytes, b"\n%%map\n");
    let (content, map) = match at.and_then(|at| bytes.split_at_checked(at)) {
        Some((content, rest)) => (content, rest.get(7..).unwrap_or_default()),
        None => (bytes, &[][..]),
    };
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    let mut put = |head: &str, data: Option<&[u8]>| {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n{head}", places.len()).bytes());
        if let Some(data) = data {
            file.extend(format!(" /Length {}>>\nstream\n", data.len()).bytes());
            file.extend(data);
            file.extend(b"\nendstream");
        }
        file.extend(b"\nendobj\n");
    };
    put("<</Type/Catalog/Pages 2 0 R>>", None);
    put("<</Type/Pages/Kids[3 0 R]/Count 1>>", None);
    put(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<<\
         /A<</Subtype/Type0/Encoding/Identity-H/ToUnicode 5 0 R/DescendantFonts[<</W[0[1 2]9 20 3]>>]>>\
         /B<</Subtype/TrueType/Encoding/WinAnsiEncoding/FirstChar 0/Widths[1 2 3]>>\
         /C<</Subtype/Type1>>>>/XObject<</X 6 0 R>>>>>>",
        None,
    );
    put("<<", Some(content));
    put("<<", Some(map));
    put("<</Subtype/Form/Matrix[0 1 2 3 4 5]", Some(content));
    let start = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).bytes());
    for place in &places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    file.extend(
        format!(
            "trailer<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n",
            places.len() + 1
        )
        .bytes(),
    );
    let mut options = OpenOptions::default();
    options.limits.content_operations = 20_000;
    let Ok(document) = Document::open(&file, &options) else {
        return;
    };
    let view = document.latest();
    for page in view.pages().flatten() {
        if let Ok(text) = super::content::page_text(&view, &page) {
            assert!(text.shown.len() <= 20_000);
        }
    }
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'\n', bytes).and_then(|at| bytes.split_at_checked(at)) {
        Some((line, rest)) => (line, rest.get(1..).unwrap_or_default()),
        None => (bytes, &[]),
    }
}
