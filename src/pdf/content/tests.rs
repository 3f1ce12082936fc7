use super::*;
use crate::pdf::Document;

/// A page with `content` whose resources are `resources`, and more objects from number 5 on.
fn file(resources: &str, content: &str, more: &[&str]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 500 700] /Contents 4 0 R \
             /Resources << {resources} >> >>"
        ),
        stream("", content),
    ];
    objects.extend(more.iter().map(|object| (*object).to_owned()));
    let mut file = String::from("%PDF-1.7\n");
    let size = objects.len() + 1;
    let mut table = format!("xref\n0 {size}\n0000000000 65535 f \n");
    for (number, object) in (1..).zip(&objects) {
        table += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let start = file.len();
    file += &format!("{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    file.into_bytes()
}

fn stream(dictionary: &str, data: &str) -> String {
    format!(
        "<< {dictionary} /Length {} >>\nstream\n{data}\nendstream",
        data.len()
    )
}

const LATIN: &str = "<< /Type /Font /Subtype /TrueType /Encoding /WinAnsiEncoding /FirstChar 65 \
                     /LastChar 67 /Widths [500 250 1000] >>";

fn read(bytes: &[u8]) -> Result<PageText, Error> {
    let document = Document::open(bytes, &Default::default())?;
    let view = document.latest();
    let page = view.pages().next().unwrap()?;
    page_text(&view, &page)
}

fn shown(text: &PageText) -> Vec<(&str, f64, f64)> {
    text.shown
        .iter()
        .map(|one| (one.text.as_str(), one.start.0, one.start.1))
        .collect()
}

#[test]
fn ok_every_operator_that_moves_or_shows() {
    let content = "q 2 0 0 2 10 20 cm BT /F 10 Tf 5 7 Td (AB) Tj 1 Tc [(A) -500 (B)] TJ 0 Tc \
                   12 TL T* (A) Tj (B) ' 0 0 (C) \" 1 0 0 1 50 60 Tm 50 Tz (AA) Tj ET Q \
                   BT /F 1 Tf 3 Ts (A) Tj ET";
    let text = read(&file("/Font << /F 5 0 R >>", content, &[LATIN])).unwrap();
    assert_eq!(text.unread, None);
    assert_eq!(
        shown(&text),
        [
            ("A", 20.0, 34.0),
            ("B", 30.0, 34.0),
            // After 5 and 2.5 units, times two.
            ("A", 35.0, 34.0),
            // 5 and the spacing of 1, then 5 more from the array.
            ("B", 57.0, 34.0),
            ("A", 20.0, 10.0),
            ("B", 20.0, -14.0),
            ("C", 20.0, -38.0),
            ("A", 110.0, 140.0),
            ("A", 115.0, 140.0),
            ("A", 0.0, 3.0),
        ]
    );
    let first = text.shown.first().unwrap();
    assert_eq!((first.end, first.up), ((30.0, 34.0), (20.0, 54.0)));
}

#[test]
fn ok_forms_are_read_in_their_place() {
    let form = stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Matrix [1 0 0 1 100 0]",
        "BT /F 10 Tf (C) Tj ET",
    );
    let bytes = file(
        "/Font << /F 5 0 R >> /XObject << /X 6 0 R >>",
        "1 0 0 1 7 8 cm /X Do BT /F 10 Tf (A) Tj ET",
        &[LATIN, &form],
    );
    assert_eq!(
        shown(&read(&bytes).unwrap()),
        [("C", 107.0, 8.0), ("A", 7.0, 8.0)]
    );
}

#[test]
fn ok_composite_fonts_speak_by_their_map() {
    let map = stream("", "1 beginbfchar <0001> <1EC4> endbfchar");
    let font = "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 6 0 R \
                /DescendantFonts [<< /DW 700 /W [1 [600] 3 4 250] >>] >>";
    let bytes = file(
        "/Font << /F 5 0 R >>",
        "BT /F 10 Tf <0001000200030001> Tj ET",
        &[font, &map],
    );
    let text = read(&bytes).unwrap();
    assert_eq!(
        shown(&text),
        [
            ("Ễ", 0.0, 0.0),
            ("\u{fffd}", 6.0, 0.0),
            ("\u{fffd}", 13.0, 0.0),
            ("Ễ", 15.5, 0.0),
        ]
    );
    assert!(text.unread.is_some());
}

#[test]
fn ok_what_cannot_be_placed_is_said_and_left_out() {
    for (resources, font) in [
        (
            "/Font << /F 5 0 R >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ),
        (
            "/Font << /F 5 0 R >>",
            "<< /Type /Font /Subtype /Type0 /Encoding /UniGB-UCS2-H >>",
        ),
        ("", "null"),
    ] {
        let text = read(&file(resources, "BT /F 10 Tf (A) Tj ET", &[font])).unwrap();
        assert!(text.shown.is_empty() && text.unread.is_some(), "{font}");
    }
}

#[test]
fn ok_inline_images_are_passed_over() {
    let content = "BI /W 1 /H 1 /BPC 8 /CS /G ID \u{1}EIx( EI BT /F 1 Tf (A) Tj ET";
    let text = read(&file("/Font << /F 5 0 R >>", content, &[LATIN])).unwrap();
    assert_eq!(shown(&text), [("A", 0.0, 0.0)]);
}

#[test]
fn err_forms_that_show_themselves_and_content_without_end() {
    let form = |data: &str| {
        stream(
            "/Subtype /Form /Resources << /XObject << /X 5 0 R /Y 6 0 R >> >>",
            data,
        )
    };
    let bytes = file(
        "/XObject << /X 5 0 R >>",
        "/X Do",
        &[&form("/Y Do"), &form("/X Do")],
    );
    assert!(read(&bytes).is_err());
    assert!(read(&file("", "BT (A", &[])).is_err());
    let many = "1 ".repeat(100) + "m";
    assert!(read(&file("", &many, &[])).is_err());
}

/// V001: the number of operators is bounded.
#[test]
fn err_more_operators_than_the_limit() {
    let bytes = file("", &"q Q ".repeat(50), &[]);
    let mut options = crate::pdf::OpenOptions::default();
    options.limits.content_operations = 99;
    let document = Document::open(&bytes, &options).unwrap();
    let view = document.latest();
    let page = view.pages().next().unwrap().unwrap();
    let error = page_text(&view, &page).unwrap_err();
    assert!(matches!(
        error.kind(),
        crate::error::ErrorKind::Limit {
            name: "content_operations",
            max: 99
        }
    ));
}
