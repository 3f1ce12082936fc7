//! Zlib data → bytes, capped.

use std::cell::Cell;

use flate2::{Decompress, FlushDecompress, Status};

use super::Cap;
use crate::error::{Error, PdfFault};

/// Source: ISO 32000-2 §7.4.4, RFC 1950.
pub(super) fn decode(data: &[u8], cap: Cap, strict: bool) -> Result<Vec<u8>, Error> {
    // NOTE: writers leave empty streams without even a zlib header.
    if data.is_empty() {
        return Ok(Vec::new());
    }
    // Its tables take longer to make than most cross-reference streams to decode.
    let mut inflater = INFLATER.take().unwrap_or_else(|| Decompress::new(true));
    inflater.reset(true);
    let output = inflate(&mut inflater, data, cap, strict);
    INFLATER.set(Some(inflater));
    output
}

thread_local! {
    /// One for each thread, used again; reset before each use.
    static INFLATER: Cell<Option<Decompress>> = const { Cell::new(None) };
}

fn inflate(
    inflater: &mut Decompress,
    data: &[u8],
    cap: Cap,
    strict: bool,
) -> Result<Vec<u8>, Error> {
    let most = cap.bytes().saturating_add(1);
    let mut output = Vec::with_capacity(data.len().saturating_mul(4).clamp(64, 1 << 20).min(most));
    loop {
        let read = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        let before = output.len();
        let rest = data.get(read..).unwrap_or_default();
        let status = inflater.decompress_vec(rest, &mut output, FlushDecompress::None);
        cap.check(output.len())?;
        match status {
            Ok(Status::StreamEnd) => return Ok(output),
            Ok(_) if output.len() == output.capacity() => {
                let more = output.len().min(most.saturating_sub(output.len())).max(1);
                output.reserve_exact(more);
            }
            // Room is left and nothing moves: the data is cut short.
            Ok(_) if output.len() == before && inflater.total_in() == read as u64 => {
                return end(output, strict, "deflated data is cut short");
            }
            Ok(_) => {}
            Err(_) => return end(output, strict, "deflated data is damaged"),
        }
    }
}

fn end(output: Vec<u8>, strict: bool, why: &'static str) -> Result<Vec<u8>, Error> {
    if strict {
        return Err(Error::new(PdfFault::Filter(why)));
    }
    Ok(output)
}
