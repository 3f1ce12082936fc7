//! Several states + whole blocks for each → states, by the kernels of a back end.

use super::{Backend, sha256_portable};

/// From so many live lanes the kernel of sixteen beats the SHA extensions: it runs at full cost
/// whatever its fill, 3.7 times one stream, and they reach twice one stream.
#[cfg(target_arch = "x86_64")]
const SIXTEEN_FROM: usize = 9;

/// Takes as many blocks into each state as the shortest of `data` has, and says how many.
///
/// `states` and `data` are as long as one another.
pub(super) fn compress(backend: Backend, states: &mut [[u32; 8]], data: &[&[[u8; 64]]]) -> usize {
    let blocks = data.iter().map(|d| d.len()).min().unwrap_or(0);
    #[cfg(target_arch = "x86_64")]
    {
        let from = if backend.sha_ni { SIXTEEN_FROM } else { 2 };
        if backend.avx512 && states.len() >= from {
            return by_sixteen(states, data, blocks);
        }
        if backend.sha_ni {
            return by_sha_ni(states, data, blocks);
        }
    }
    for (state, data) in states.iter_mut().zip(data) {
        let data = data.get(..blocks).unwrap_or_default();
        if backend.library {
            sha2::block_api::compress256(state, data);
        } else {
            sha256_portable::compress(state, data);
        }
    }
    blocks
}

/// Sixteen at a time; an empty lane repeats the data of the first.
#[cfg(target_arch = "x86_64")]
fn by_sixteen(states: &mut [[u32; 8]], data: &[&[[u8; 64]]], blocks: usize) -> usize {
    use super::sha256_avx512::{LANES, compress};
    for (states, data) in states.chunks_mut(LANES).zip(data.chunks(LANES)) {
        let mut all = [[0; 8]; LANES];
        let mut streams = [data.first().copied().unwrap_or_default(); LANES];
        for (lane, state) in all.iter_mut().zip(&*states) {
            *lane = *state;
        }
        for (lane, stream) in streams.iter_mut().zip(data) {
            *lane = stream;
        }
        // SAFETY: a back end with `avx512` is only made where the features were detected.
        unsafe { compress(&mut all, &streams, blocks) };
        for (state, lane) in states.iter_mut().zip(all) {
            *state = lane;
        }
    }
    blocks
}

/// Eight, four, two, then one at a time.
#[cfg(target_arch = "x86_64")]
fn by_sha_ni(mut states: &mut [[u32; 8]], mut data: &[&[[u8; 64]]], blocks: usize) -> usize {
    use super::sha256_shani::compress;
    macro_rules! groups_of {
        ($($n:literal)*) => {$(
            while let Some((now, later)) = data.split_first_chunk::<$n>() {
                let Some((these, rest)) = std::mem::take(&mut states).split_first_chunk_mut()
                else {
                    return blocks;
                };
                // SAFETY: a back end with `sha_ni` is only made where the features were detected.
                unsafe { compress::<$n>(these, now, blocks) };
                (states, data) = (rest, later);
            }
        )*};
    }
    groups_of!(8 4 2 1);
    blocks
}
