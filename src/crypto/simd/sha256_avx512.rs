//! States + blocks → states: SHA-256 of sixteen streams in the lanes of AVX-512.
//!
//! Register `i` of a state holds word `i` of all sixteen streams. Two chains of additions decide
//! the speed, through `a` and `e`; what is late (the rotations of the last round's result) is
//! added last. LLVM would reassociate the sums, so each intermediate one passes [`keep!`].

use std::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi32, _mm512_loadu_si512, _mm512_ror_epi32,
    _mm512_set1_epi32, _mm512_set4_epi32, _mm512_setzero_si512, _mm512_shuffle_epi8,
    _mm512_shuffle_i32x4, _mm512_srli_epi32, _mm512_storeu_si512, _mm512_ternarylogic_epi32,
    _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::sha256_portable::K;

/// Streams side by side.
pub(super) const LANES: usize = 16;
/// Octets ahead of the block that are asked for.
const AHEAD: usize = 256;
/// Truth tables for `_mm512_ternarylogic_epi32`.
const XOR: i32 = 0x96;
const CHOICE: i32 = 0xca;
const MAJORITY: i32 = 0xe8;

/// Whether [`compress`] may be called.
pub(super) fn detected() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")
}

/// A value that the optimiser takes as new: sums before and after it are not merged.
macro_rules! keep {
    ($value:expr) => {{
        let mut value: __m512i = $value;
        // SAFETY: no instruction at all; the register comes out as it went in.
        unsafe {
            std::arch::asm!("/* {0} */", inout(zmm_reg) value,
                options(pure, nomem, nostack, preserves_flags));
        }
        value
    }};
}

/// `$value` rotated right by three amounts, combined by exclusive or.
macro_rules! rotations {
    ($value:expr, $a:literal, $b:literal, $c:literal) => {
        _mm512_ternarylogic_epi32::<XOR>(
            _mm512_ror_epi32::<$a>($value),
            _mm512_ror_epi32::<$b>($value),
            _mm512_ror_epi32::<$c>($value),
        )
    };
}

/// Two rotations and a shift to the right, as the message schedule has them.
macro_rules! rotations_and_shift {
    ($value:expr, $a:literal, $b:literal, $c:literal) => {
        _mm512_ternarylogic_epi32::<XOR>(
            _mm512_ror_epi32::<$a>($value),
            _mm512_ror_epi32::<$b>($value),
            _mm512_srli_epi32::<$c>($value),
        )
    };
}

/// Row `i`, word `j` → row `j`, word `i`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn transpose(rows: [__m512i; 16]) -> [__m512i; 16] {
    let mut pairs = rows;
    for i in 0..8 {
        pairs[2 * i] = _mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
        pairs[2 * i + 1] = _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
    }
    // quads[4 * i + j]: words j, j + 4, j + 8, j + 12 of rows 4 * i to 4 * i + 3.
    let mut quads = pairs;
    for i in (0..16).step_by(4) {
        quads[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
        quads[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
        quads[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        quads[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    let mut columns = rows;
    for j in 0..4 {
        let even_low = _mm512_shuffle_i32x4::<0x88>(quads[j], quads[4 + j]);
        let odd_low = _mm512_shuffle_i32x4::<0xdd>(quads[j], quads[4 + j]);
        let even_high = _mm512_shuffle_i32x4::<0x88>(quads[8 + j], quads[12 + j]);
        let odd_high = _mm512_shuffle_i32x4::<0xdd>(quads[8 + j], quads[12 + j]);
        columns[j] = _mm512_shuffle_i32x4::<0x88>(even_low, even_high);
        columns[4 + j] = _mm512_shuffle_i32x4::<0x88>(odd_low, odd_high);
        columns[8 + j] = _mm512_shuffle_i32x4::<0xdd>(even_low, even_high);
        columns[12 + j] = _mm512_shuffle_i32x4::<0xdd>(odd_low, odd_high);
    }
    columns
}

/// Takes the first `blocks` blocks of each stream into its state, or as many as the shortest has.
///
/// Source: FIPS 180-4 §6.2.2.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn compress(states: &mut [[u32; 8]; 16], data: &[&[[u8; 64]]; 16], blocks: usize) {
    let blocks = data.iter().map(|d| d.len()).fold(blocks, usize::min);
    let swap = _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203);
    let mut state = [_mm512_setzero_si512(); 8];
    for (word, register) in state.iter_mut().enumerate() {
        let lanes: [u32; 16] = std::array::from_fn(|lane| states[lane][word]);
        // SAFETY: 64 octets that live here.
        *register = unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) };
    }
    let mut next: [*const u8; 16] = std::array::from_fn(|lane| data[lane].as_ptr().cast());
    for _ in 0..blocks {
        let mut w = [_mm512_setzero_si512(); 16];
        for (w, next) in w.iter_mut().zip(&mut next) {
            // SAFETY: `next` has advanced by fewer blocks than the slice has, so a block of 64
            // octets is there; a prefetch may name any address.
            let block = unsafe {
                _mm_prefetch::<_MM_HINT_T0>(next.wrapping_add(AHEAD).cast());
                _mm512_loadu_si512((*next).cast())
            };
            *w = _mm512_shuffle_epi8(block, swap);
            *next = next.wrapping_add(64);
        }
        w = transpose(w);
        // `v[(8 - t) % 8]` is `a` of round `t`: the variables stay, their names move.
        let mut v = state;
        macro_rules! rounds {
            ($($round:literal)*) => {$({
                const T: usize = $round;
                const A: usize = (64 - T) % 8;
                let [a, b, c, d] = [v[A], v[(A + 1) % 8], v[(A + 2) % 8], v[(A + 3) % 8]];
                let [e, f, g, h] = [v[(A + 4) % 8], v[(A + 5) % 8], v[(A + 6) % 8], v[(A + 7) % 8]];
                if T >= 16 {
                    let small0 = rotations_and_shift!(w[(T + 1) % 16], 7, 18, 3);
                    let small1 = rotations_and_shift!(w[(T + 14) % 16], 17, 19, 10);
                    w[T % 16] = _mm512_add_epi32(
                        _mm512_add_epi32(w[T % 16], small0),
                        _mm512_add_epi32(w[(T + 9) % 16], small1),
                    );
                }
                let wk = _mm512_add_epi32(w[T % 16], _mm512_set1_epi32(K[T].cast_signed()));
                let early = keep!(_mm512_add_epi32(h, wk));
                let early_d = keep!(_mm512_add_epi32(d, early));
                let choice = _mm512_ternarylogic_epi32::<CHOICE>(e, f, g);
                let late = rotations!(e, 6, 11, 25);
                let to_e = keep!(_mm512_add_epi32(early_d, choice));
                let to_a = keep!(_mm512_add_epi32(early, choice));
                v[(A + 3) % 8] = keep!(_mm512_add_epi32(to_e, late));
                let majority = _mm512_ternarylogic_epi32::<MAJORITY>(a, b, c);
                let latest = rotations!(a, 2, 13, 22);
                let to_a = keep!(_mm512_add_epi32(to_a, late));
                let to_a = keep!(_mm512_add_epi32(to_a, majority));
                v[(A + 7) % 8] = keep!(_mm512_add_epi32(to_a, latest));
            })*};
        }
        rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        rounds!(16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
        rounds!(32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47);
        rounds!(48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63);
        for (state, v) in state.iter_mut().zip(v) {
            *state = _mm512_add_epi32(*state, v);
        }
    }
    for (word, register) in state.iter().enumerate() {
        let mut lanes = [0u32; 16];
        // SAFETY: 64 octets that live here.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), *register) };
        for (state, value) in states.iter_mut().zip(lanes) {
            state[word] = value;
        }
    }
}
