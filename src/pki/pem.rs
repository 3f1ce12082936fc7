//! Text with PEM blocks → the octets of each block with its label.

use base64::Engine as _;

use crate::error::{Error, PkiFault};

/// One block.
pub(crate) struct Block {
    /// The words between `-----BEGIN ` and `-----`.
    pub label: String,
    /// The decoded octets.
    pub content: Vec<u8>,
}

/// All blocks of `bytes`; none when there is no `-----BEGIN `. Lines before and between blocks
/// are passed over, header lines (RFC 1421) are not allowed.
///
/// # Errors
/// [`PkiFault::Certificate`]: a block without end, or not base64.
///
/// Source: RFC 7468 §2, §3.
pub(crate) fn blocks(bytes: &[u8]) -> Result<Vec<Block>, Error> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = find(bytes, BEGIN, from) {
        let fault = |text| Error::at(PkiFault::Certificate(text), start as u64);
        let label_start = start + BEGIN.len();
        let label_end = find(bytes, b"-----", label_start)
            .filter(|end| end - label_start <= 64)
            .ok_or_else(|| fault("PEM block without a label"))?;
        let label = bytes.get(label_start..label_end).unwrap_or_default();
        let label = String::from_utf8_lossy(label).into_owned();
        let end_line = format!("-----END {label}-----");
        let end = find(bytes, end_line.as_bytes(), label_end + 5)
            .ok_or_else(|| fault("PEM block without an end"))?;
        let text: Vec<u8> = bytes
            .get(label_end + 5..end)
            .unwrap_or_default()
            .iter()
            .copied()
            .filter(|octet| !octet.is_ascii_whitespace())
            .collect();
        let content = base64::engine::general_purpose::STANDARD
            .decode(text)
            .map_err(|_| fault("PEM block is not base64"))?;
        found.push(Block { label, content });
        from = end + end_line.len();
    }
    Ok(found)
}

fn find(bytes: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    memchr::memmem::find(bytes.get(from..)?, wanted).map(|at| at + from)
}
