//! States + blocks → states: SHA-256 by the SHA extensions, several streams interleaved.
//!
//! One stream waits for the latency of `sha256rnds2`; a second and a fourth fill the gaps.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_loadu_si128, _mm_set_epi64x, _mm_setzero_si128,
    _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8,
    _mm_shuffle_epi32, _mm_storeu_si128,
};

use super::sha256_portable::K;

/// Whether [`compress`] may be called.
pub(super) fn detected() -> bool {
    is_x86_feature_detected!("sha")
        && is_x86_feature_detected!("sse4.1")
        && is_x86_feature_detected!("ssse3")
        && is_x86_feature_detected!("avx")
}

fn load(words: &[u32; 4]) -> __m128i {
    // SAFETY: the reference is to 16 octets; SSE2 is part of x86_64; no alignment is asked for.
    unsafe { _mm_loadu_si128(words.as_ptr().cast()) }
}

fn load_octets(octets: &[u8; 16]) -> __m128i {
    // SAFETY: the reference is to 16 octets; SSE2 is part of x86_64; no alignment is asked for.
    unsafe { _mm_loadu_si128(octets.as_ptr().cast()) }
}

fn store(words: &mut [u32; 4], value: __m128i) {
    // SAFETY: the reference is to 16 octets; SSE2 is part of x86_64; no alignment is asked for.
    unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), value) }
}

/// The two halves of a state in the order of `sha256rnds2`: A B E F and C D G H, from high to low.
#[target_feature(enable = "sha,sse4.1,ssse3,avx")]
fn to_registers(state: &[u32; 8]) -> (__m128i, __m128i) {
    let [a, b, c, d, e, f, g, h] = *state;
    (load(&[f, e, b, a]), load(&[h, g, d, c]))
}

#[target_feature(enable = "sha,sse4.1,ssse3,avx")]
fn from_registers(state: &mut [u32; 8], abef: __m128i, cdgh: __m128i) {
    let (mut low, mut high) = ([0; 4], [0; 4]);
    store(&mut low, abef);
    store(&mut high, cdgh);
    let ([f, e, b, a], [h, g, d, c]) = (low, high);
    *state = [a, b, c, d, e, f, g, h];
}

/// Takes the first `blocks` blocks of each stream into its state, or as many as the shortest has.
///
/// Source: FIPS 180-4 §6.2.2; Intel SDM, SHA256RNDS2, SHA256MSG1, SHA256MSG2.
#[target_feature(enable = "sha,sse4.1,ssse3,avx")]
#[allow(
    clippy::needless_range_loop,
    reason = "one place of several arrays, and of the streams inside"
)]
pub(super) fn compress<const N: usize>(
    states: &mut [[u32; 8]; N],
    data: &[&[[u8; 64]]; N],
    blocks: usize,
) {
    let blocks = data.iter().map(|d| d.len()).fold(blocks, usize::min);
    let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let mut abef = [_mm_setzero_si128(); N];
    let mut cdgh = abef;
    for i in 0..N {
        (abef[i], cdgh[i]) = to_registers(&states[i]);
    }
    for block in 0..blocks {
        let (abef_before, cdgh_before) = (abef, cdgh);
        // The last sixteen words of the schedule, four to a register.
        let mut w = [[_mm_setzero_si128(); 4]; N];
        for i in 0..N {
            for (w, octets) in w[i].iter_mut().zip(data[i][block].as_chunks::<16>().0) {
                *w = _mm_shuffle_epi8(load_octets(octets), swap);
            }
        }
        macro_rules! four_rounds {
            ($($group:literal)*) => {$({
                const G: usize = $group;
                let k = load(&[K[4 * G], K[4 * G + 1], K[4 * G + 2], K[4 * G + 3]]);
                for i in 0..N {
                    let wk = _mm_add_epi32(w[i][G % 4], k);
                    cdgh[i] = _mm_sha256rnds2_epu32(cdgh[i], abef[i], wk);
                    abef[i] = _mm_sha256rnds2_epu32(abef[i], cdgh[i], _mm_shuffle_epi32(wk, 0x0e));
                }
                if G < 12 {
                    for i in 0..N {
                        let [w0, w1, w2, w3] =
                            [w[i][G % 4], w[i][(G + 1) % 4], w[i][(G + 2) % 4], w[i][(G + 3) % 4]];
                        let sum = _mm_add_epi32(
                            _mm_sha256msg1_epu32(w0, w1),
                            _mm_alignr_epi8(w3, w2, 4),
                        );
                        w[i][G % 4] = _mm_sha256msg2_epu32(sum, w3);
                    }
                }
            })*};
        }
        four_rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        for i in 0..N {
            abef[i] = _mm_add_epi32(abef[i], abef_before[i]);
            cdgh[i] = _mm_add_epi32(cdgh[i], cdgh_before[i]);
        }
    }
    for i in 0..N {
        from_registers(&mut states[i], abef[i], cdgh[i]);
    }
}
