//! Sizes and dice → unsigned documents; and what is done to signed ones to break them.

use std::fmt::Write as _;
use std::io::Write as _;

use super::keys::Dice;

/// One page with a line of text, `noise` bytes that do not compress, and `more` small objects;
/// with a table, or with a cross-reference stream and an object stream. Also gives a place inside
/// the noise.
pub fn document(
    dice: &mut Dice,
    index: usize,
    noise: usize,
    more: usize,
    table: bool,
) -> (Vec<u8>, usize) {
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let line = format!("BT /F1 11 Tf 72 770 Td (Van ban mau so {index}/QD-MAU) Tj ET");
    let mut small: Vec<(usize, String)> = vec![
        (1, "<</Type/Catalog/Pages 2 0 R>>".to_owned()),
        (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned()),
        (
            3,
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R\
             /Resources<</Font<</F1 4 0 R>>/XObject<</Im1 6 0 R>>>>>>"
                .to_owned(),
        ),
        (
            4,
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
        ),
    ];
    for number in 0..more {
        let text = format!(
            "<</Type/StructElem/S/P/P 2 0 R/K {number}/T(doan {:08x})>>",
            dice.next() as u32
        );
        small.push((7 + number, text));
    }
    let size = 7 + more + if table { 0 } else { 2 };
    // Kind, place or container, index in it.
    let mut rows = vec![(0u8, 0u32, 0u16); size];
    let object =
        |bytes: &mut Vec<u8>, rows: &mut Vec<(u8, u32, u16)>, number: usize, text: &[&[u8]]| {
            rows[number] = (1, bytes.len() as u32, 0);
            bytes.extend(format!("{number} 0 obj\n").bytes());
            text.iter().for_each(|part| bytes.extend(*part));
            bytes.extend(b"\nendobj\n");
        };
    let content = format!("<</Length {}>>\nstream\n{line}\nendstream", line.len());
    object(&mut bytes, &mut rows, 5, &[content.as_bytes()]);
    let mut data = Vec::with_capacity(noise + 8);
    while data.len() < noise {
        data.extend(dice.next().to_le_bytes());
    }
    data.truncate(noise);
    let head = format!(
        "<</Type/XObject/Subtype/Image/Width {noise}/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Length {noise}>>\nstream\n"
    );
    object(
        &mut bytes,
        &mut rows,
        6,
        &[head.as_bytes(), &data, b"\nendstream"],
    );
    let inside = rows[6].1 as usize + 8 + head.len() + noise / 2;
    if table {
        for (number, text) in &small {
            object(&mut bytes, &mut rows, *number, &[text.as_bytes()]);
        }
        let start = bytes.len();
        let mut text = format!("xref\n0 {size}\n0000000000 65535 f \n");
        for (_, place, _) in &rows[1..] {
            let _ = writeln!(text, "{place:010} 00000 n ");
        }
        let _ = write!(
            text,
            "trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
        );
        bytes.extend(text.bytes());
        return (bytes, inside);
    }
    let (container, section) = (size - 2, size - 1);
    let (mut numbers, mut body) = (String::new(), String::new());
    for (at, (number, text)) in small.iter().enumerate() {
        let _ = write!(numbers, "{number} {} ", body.len());
        body.push_str(text);
        body.push(' ');
        rows[*number] = (2, container as u32, at as u16);
    }
    let packed = deflated((numbers.clone() + &body).as_bytes());
    let head = format!(
        "<</Type/ObjStm/N {}/First {}/Filter/FlateDecode/Length {}>>\nstream\n",
        small.len(),
        numbers.len(),
        packed.len()
    );
    object(
        &mut bytes,
        &mut rows,
        container,
        &[head.as_bytes(), &packed, b"\nendstream"],
    );
    let start = bytes.len();
    rows[section] = (1, start as u32, 0);
    rows[0] = (0, 0, 65535);
    let octets: Vec<u8> = rows
        .iter()
        .flat_map(|(kind, a, b)| [&[*kind][..], &a.to_be_bytes(), &b.to_be_bytes()].concat())
        .collect();
    let packed = deflated(&octets);
    let head = format!(
        "<</Type/XRef/W[1 4 2]/Size {size}/Root 1 0 R/Filter/FlateDecode/Length {}>>\nstream\n",
        packed.len()
    );
    object(
        &mut bytes,
        &mut rows,
        section,
        &[head.as_bytes(), &packed, b"\nendstream"],
    );
    bytes.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    (bytes, inside)
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

/// Turns one digit of the last signature's value, which is the last thing in its CMS.
pub fn flip_in_value(bytes: &mut [u8]) {
    let start = memchr::memmem::rfind(bytes, b"/Contents <30").expect("a signature");
    let end = start + memchr::memchr(b'>', &bytes[start..]).expect("an end");
    let last = bytes[..end]
        .iter()
        .rposition(|c| *c != b'0')
        .expect("a value");
    let at = last - 40;
    bytes[at] = if bytes[at] == b'7' { b'3' } else { b'7' };
}

/// A later revision in which the page shows something else.
pub fn append_page(bytes: &mut Vec<u8>) {
    let previous = memchr::memmem::rfind(bytes, b"startxref\n").expect("a revision") + 10;
    let previous: String = bytes[previous..]
        .iter()
        .take_while(|c| c.is_ascii_digit())
        .map(|c| char::from(*c))
        .collect();
    let line = "BT /F1 11 Tf 72 770 Td (Van ban khac) Tj ET";
    let place = bytes.len();
    bytes.extend(
        format!(
            "5 0 obj\n<</Length {}>>\nstream\n{line}\nendstream\nendobj\n",
            line.len()
        )
        .bytes(),
    );
    let start = bytes.len();
    bytes.extend(
        format!(
            "xref\n5 1\n{place:010} 00000 n \ntrailer\n<</Size 100/Root 1 0 R/Prev {previous}>>\nstartxref\n{start}\n%%EOF\n"
        )
        .bytes(),
    );
}
