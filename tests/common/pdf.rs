//! Objects as text → small PDF files with each form of cross-reference.

/// How the file lists its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `xref`.
    Table,
    /// A cross-reference stream; all objects stand in the file itself.
    Stream,
    /// A cross-reference stream, and everything but streams in an object stream.
    ObjectStream,
    /// A table, and a stream beside it.
    Hybrid,
}

pub const FORMS: [Form; 3] = [Form::Table, Form::Stream, Form::ObjectStream];

/// A file whose object 1 is the catalog; `objects[i]` is the text of object `i + 1`.
pub fn build(form: Form, objects: &[&str]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut rows: Vec<(u8, u64, u16)> = vec![(0, 0, 65535)];
    let pack = |text: &str| form == Form::ObjectStream && !text.contains("stream\n");
    let own = objects.len() as u64 + 1; // the object stream, or the cross-reference stream
    let mut packed = Vec::new();
    for (index, text) in objects.iter().enumerate() {
        if pack(text) {
            rows.push((2, own, packed.len() as u16));
            packed.push((index + 1, *text));
        } else {
            rows.push((1, out.len() as u64, 0));
            out.extend(format!("{} 0 obj\n{text}\nendobj\n", index + 1).bytes());
        }
    }
    if form == Form::ObjectStream {
        let (mut head, mut body) = (String::new(), String::new());
        for (number, text) in &packed {
            head += &format!("{number} {} ", body.len());
            body += &format!("{text}\n");
        }
        rows.push((1, out.len() as u64, 0));
        out.extend(
            format!(
                "{own} 0 obj\n<</Type /ObjStm /N {} /First {} /Length {}>>\nstream\n{head}{body}\nendstream\nendobj\n",
                packed.len(),
                head.len(),
                head.len() + body.len()
            )
            .bytes(),
        );
    }
    let id = "/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]";
    let start = out.len();
    match form {
        Form::Table | Form::Hybrid => {
            out.extend(format!("xref\n0 {}\n", rows.len()).bytes());
            for (kind, offset, generation) in &rows {
                let kind = if *kind == 0 { 'f' } else { 'n' };
                out.extend(format!("{offset:010} {generation:05} {kind} \n").bytes());
            }
            let mut beside = String::new();
            if form == Form::Hybrid {
                beside = format!("/XRefStm {start}");
            }
            let size = rows.len();
            let trailer = format!("trailer\n<</Root 1 0 R /Size {size} {id} {beside}>>\n");
            if form == Form::Hybrid {
                // The stream must stand before the table that names it.
                let table = out.split_off(start);
                out.extend(
                    format!("{size} 0 obj\n<</Type /XRef /W [1 4 2] /Index [{size} 1] /Size {} /Length 7>>\nstream\n", size + 1).bytes(),
                );
                out.push(1);
                out.extend((start as u32).to_be_bytes());
                out.extend([0, 0]);
                out.extend(b"\nendstream\nendobj\n");
                let table_start = out.len();
                out.extend(table);
                out.extend(trailer.bytes());
                out.extend(format!("startxref\n{table_start}\n%%EOF\n").bytes());
                return out;
            }
            out.extend(trailer.bytes());
        }
        Form::Stream | Form::ObjectStream => {
            rows.push((1, start as u64, 0));
            let mut data = Vec::new();
            for (kind, second, third) in &rows {
                data.push(*kind);
                data.extend((*second as u32).to_be_bytes());
                data.extend(third.to_be_bytes());
            }
            out.extend(
                format!(
                    "{} 0 obj\n<</Type /XRef /Root 1 0 R /Size {} /W [1 4 2] {id} /Length {}>>\nstream\n",
                    rows.len() - 1,
                    rows.len(),
                    data.len()
                )
                .bytes(),
            );
            out.extend(data);
            out.extend(b"\nendstream\nendobj\n");
        }
    }
    out.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    out
}

/// Two pages with inherited attributes and a text each.
pub const PLAIN: [&str; 7] = [
    "<</Type /Catalog /Pages 2 0 R /Lang (vi)>>",
    "<</Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 595.27559 841.88976] /Resources <</Font <</F1 5 0 R>>>>>>",
    "<</Type /Page /Parent 2 0 R /Contents 6 0 R /UserUnit 1.0000001>>",
    "<</Type /Page /Parent 2 0 R /Contents 7 0 R>>",
    "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
    "<</Length 41>>\nstream\nBT /F1 24 Tf 72 700 Td (Page one.) Tj ET  \nendstream",
    "<</Length 41>>\nstream\nBT /F1 24 Tf 72 700 Td (Page two.) Tj ET  \nendstream",
];

/// A form with an indirect `/Fields`, an empty signature field with a lock, a text field, and
/// `/Annots` as an indirect array.
pub const FORM: [&str; 10] = [
    "<</Type /Catalog /Pages 2 0 R /AcroForm 5 0 R>>",
    "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792]>>",
    "<</Type /Page /Parent 2 0 R /Annots 4 0 R /Resources <<>>>>",
    "[7 0 R 9 0 R]",
    "<</Fields 6 0 R /DA (/Helv 0 Tf)>>",
    "[7 0 R 9 0 R]",
    "<</Type /Annot /Subtype /Widget /FT /Sig /T (approval) /Rect [100 100 200.5 150.25] /P 3 0 R /F 132 /Lock 8 0 R>>",
    "<</Type /SigFieldLock /Action /Include /Fields [(note)]>>",
    "<</Type /Annot /Subtype /Widget /FT /Tx /T (note) /V (text) /Rect [100 200 300 220] /P 3 0 R>>",
    "<<>>",
];
