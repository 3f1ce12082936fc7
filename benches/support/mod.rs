//! Files for the benches, made here because they are too large to keep; and the memory of the process.

// Each bench takes what it needs.
#![allow(dead_code)]

use std::fmt::Write as _;
use std::io::Write as _;

const HEAD: [&str; 6] = [
    "<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[5 0 R]>>",
    "<</Fields[5 0 R]/SigFlags 3>>",
    "<</FT/Sig/T(Signature1)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R/V 6 0 R>>",
    "",
];

fn signature() -> String {
    let contents = "30".repeat(8192);
    format!(
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached\
         /ByteRange[0 1000 17386 2000]/Contents<{contents}>/M(D:20260101000000Z)>>"
    )
}

/// A file with a classic table: the head, then `filler(number)` up to `count` objects.
pub fn with_table(count: usize, filler: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut rows = String::from("0000000000 65535 f \n");
    let signature = signature();
    for number in 1..=count {
        let _ = writeln!(rows, "{:010} 00000 n ", bytes.len());
        bytes.extend(format!("{number} 0 obj\n").bytes());
        match number {
            6 => bytes.extend(signature.bytes()),
            1..6 => bytes.extend(HEAD[number - 1].bytes()),
            _ => bytes.extend(filler(number)),
        }
        bytes.extend(b"\nendobj\n");
    }
    let start = bytes.len();
    let size = count + 1;
    bytes.extend(
        format!(
            "xref\n0 {size}\n{rows}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
        )
        .bytes(),
    );
    bytes
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

/// A file whose objects lie in object streams of 100, with a cross-reference stream.
pub fn with_object_streams(count: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut rows = vec![(0_u8, 0_u32, 65535_u16); count + 1];
    let mut next = count + 1;
    let mut stream = |bytes: &mut Vec<u8>,
                      rows: &mut Vec<(u8, u32, u16)>,
                      dictionary: &str,
                      data: &[u8]| {
        rows.push((1, bytes.len() as u32, 0));
        let data = deflated(data);
        let length = data.len();
        bytes.extend(
            format!("{next} 0 obj\n<<{dictionary}/Filter/FlateDecode/Length {length}>>\nstream\n")
                .bytes(),
        );
        bytes.extend(data);
        bytes.extend(b"\nendstream\nendobj\n");
        next += 1;
        next - 1
    };
    rows[6] = (1, bytes.len() as u32, 0);
    bytes.extend(format!("6 0 obj\n{}\nendobj\n", signature()).bytes());
    let numbers: Vec<usize> = (1..=count).filter(|number| *number != 6).collect();
    for chunk in numbers.chunks(100) {
        let (mut head, mut body) = (String::new(), String::new());
        for &number in chunk {
            let _ = write!(head, "{number} {} ", body.len());
            match HEAD.get(number - 1) {
                Some(text) => body.push_str(text),
                None => {
                    let _ = write!(
                        body,
                        "<</Type/StructElem/S/P/P {} 0 R/K {}/Pg 3 0 R/T({:016x})>>",
                        number / 10 + 1,
                        number % 977,
                        (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    );
                }
            }
            body.push(' ');
        }
        let dictionary = format!("/Type/ObjStm/N {}/First {}", chunk.len(), head.len());
        let container = stream(
            &mut bytes,
            &mut rows,
            &dictionary,
            (head + &body).as_bytes(),
        );
        for (index, &number) in chunk.iter().enumerate() {
            rows[number] = (2, container as u32, index as u16);
        }
    }
    let start = bytes.len();
    let number = rows.len();
    rows.push((1, start as u32, 0));
    let data: Vec<u8> = rows
        .iter()
        .flat_map(|(kind, a, b)| [&[*kind][..], &a.to_be_bytes(), &b.to_be_bytes()].concat())
        .collect();
    let data = deflated(&data);
    bytes.extend(
        format!(
            "{number} 0 obj\n<</Type/XRef/W[1 4 2]/Size {}/Root 1 0 R/Filter/FlateDecode/Length {}>>\nstream\n",
            number + 1,
            data.len()
        )
        .bytes(),
    );
    bytes.extend(data);
    bytes.extend(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
    bytes
}

pub fn text_object(number: usize) -> Vec<u8> {
    format!("<</Type/StructElem/S/P/P 2 0 R/K {number}/Pg 3 0 R/T(paragraph {number})>>")
        .into_bytes()
}

pub fn image(number: usize) -> Vec<u8> {
    let mut state = number as u64;
    let mut data = b"<</Type/XObject/Subtype/Image/Length 1048576>>\nstream\n".to_vec();
    for _ in 0..1 << 17 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        data.extend((state ^ state >> 29).to_le_bytes());
    }
    data.extend(b"\nendstream");
    data
}

/// Megabytes of the process: now, and at most.
pub fn memory() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
        number.unwrap_or_default() / 1024.0
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// An unsigned document of one page, with `streams` as further objects.
pub fn with_streams(streams: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut rows = String::from("0000000000 65535 f \n");
    let head = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ];
    let mut object = |bytes: &mut Vec<u8>, number: usize, parts: &[&[u8]]| {
        let _ = writeln!(rows, "{:010} 00000 n ", bytes.len());
        bytes.extend(format!("{number} 0 obj\n").bytes());
        for part in parts {
            bytes.extend(*part);
        }
        bytes.extend(b"\nendobj\n");
    };
    for (index, text) in head.iter().enumerate() {
        object(&mut bytes, index + 1, &[text.as_bytes()]);
    }
    for (index, data) in streams.iter().enumerate() {
        let open = format!("<</Length {}>>\nstream\n", data.len());
        let parts = [open.as_bytes(), data, b"\nendstream"];
        object(&mut bytes, head.len() + 1 + index, &parts);
    }
    let start = bytes.len();
    let size = head.len() + streams.len() + 1;
    bytes.extend(
        format!(
            "xref\n0 {size}\n{rows}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
        )
        .bytes(),
    );
    bytes
}
