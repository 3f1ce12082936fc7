//! A password → a PDF that asks for it.

use std::fmt::Write as _;

fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: Vec<u8> = (0..=255).collect();
    let mut j = 0_u8;
    for i in 0..256 {
        j = j.wrapping_add(state[i]).wrapping_add(key[i % key.len()]);
        state.swap(i, usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    data.iter()
        .map(|byte| {
            i = i.wrapping_add(1);
            j = j.wrapping_add(state[usize::from(i)]);
            state.swap(usize::from(i), usize::from(j));
            let sum = state[usize::from(i)].wrapping_add(state[usize::from(j)]);
            byte ^ state[usize::from(sum)]
        })
        .collect()
}

/// A page that needs `password`: RC4 with 40 bits, revision 2 (ISO 32000-1 §7.6.3.3).
pub fn encrypted(password: &[u8]) -> Vec<u8> {
    use md5::Digest as _;
    const PAD: [u8; 32] = [
        0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01,
        0x08, 0x2e, 0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53,
        0x69, 0x7a,
    ];
    let (owner, id) = ([0x41_u8; 32], [0x42_u8; 16]);
    let padded: Vec<u8> = password.iter().chain(&PAD).copied().take(32).collect();
    let mut hash = md5::Md5::new();
    for part in [&padded[..], &owner, &(-4_i32).to_le_bytes(), &id] {
        hash.update(part);
    }
    let user = rc4(&hash.finalize()[..5], &PAD);
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string");
            text
        })
    };
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>".to_owned(),
        format!(
            "<</Filter/Standard/V 1/R 2/P -4/O<{}>/U<{}>>>",
            hex(&owner),
            hex(&user)
        ),
    ];
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", pdf.len()).unwrap();
        write!(pdf, "{} 0 obj\n{object}\nendobj\n", index + 1).unwrap();
    }
    let start = pdf.len();
    let id = hex(&id);
    write!(
        pdf,
        "xref\n0 5\n{table}trailer\n<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<{id}><{id}>]>>\nstartxref\n{start}\n%%EOF\n"
    )
    .unwrap();
    pdf.into_bytes()
}
