//! Two neighbouring revisions, written by hand → how far the later one goes.

#[allow(dead_code)] // shared with tests that need more of it
#[path = "common/pdf.rs"]
mod documents;

use documents::{Form, build};
use kyso::limits::Limits;
use kyso::pdf::{Document, OpenOptions};
use kyso::signature::ChangeLevel;
use kyso::signature::changes::between;

/// A form without fields; object 6 is a signature dictionary to which nothing refers.
const BASE: [&str; 6] = [
    "<</Type /Catalog /Pages 2 0 R /AcroForm 4 0 R>>",
    "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792]>>",
    "<</Type /Page /Parent 2 0 R /Resources <<>>>>",
    "<</Fields [] /SigFlags 3>>",
    "<<>>",
    "<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /Contents <00>>>",
];

/// `base` with one more revision of `objects`, numbers and texts in order.
fn update(base: &[u8], objects: &[(u32, &str)]) -> Vec<u8> {
    let previous = base.windows(9).rposition(|w| w == b"startxref").unwrap();
    let previous = std::str::from_utf8(&base[previous + 9..]).unwrap();
    let previous: usize = previous.split_whitespace().next().unwrap().parse().unwrap();
    let (mut out, mut table) = (base.to_vec(), "xref\n".to_owned());
    for (number, text) in objects {
        table += &format!("{number} 1\n{:010} 00000 n \n", out.len());
        out.extend(format!("{number} 0 obj\n{text}\nendobj\n").bytes());
    }
    let start = out.len();
    out.extend(format!("{table}trailer\n<</Root 1 0 R /Size 20 /Prev {previous} /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]>>\nstartxref\n{start}\n%%EOF\n").bytes());
    out
}

/// The level of a revision that adds a visible signature field with this value.
fn field_with_value(value: &str, more: &[(u32, &str)]) -> ChangeLevel {
    let widget = format!(
        "<</Type /Annot /Subtype /Widget /FT /Sig /T (late) /V {value} /Rect [0 0 99 99] /P 3 0 R /F 132>>"
    );
    let mut objects = vec![
        (
            3,
            "<</Type /Page /Parent 2 0 R /Resources <<>> /Annots [7 0 R]>>",
        ),
        (4, "<</Fields [7 0 R] /SigFlags 3>>"),
        (7, widget.as_str()),
    ];
    objects.extend_from_slice(more);
    let bytes = update(&build(Form::Table, &BASE), &objects);
    let document = Document::open(&bytes, &OpenOptions::default()).unwrap();
    assert_eq!(document.revisions().len(), 2);
    between(&document, 1, &Limits::default()).unwrap().level
}

#[test]
fn ok_a_new_field_with_a_new_signature_is_signing() {
    assert_eq!(
        field_with_value("8 0 R", &[(8, BASE[5])]),
        ChangeLevel::Signing
    );
}

/// A signature object that an earlier revision left behind is not signed anew by a new field.
#[test]
fn err_a_new_field_with_an_old_signature_is_explained_by_no_rule() {
    assert_eq!(field_with_value("6 0 R", &[]), ChangeLevel::Other);
}
