//! Eight numbers in radix 2^52, one to a lane: Montgomery multiplication by AVX-512 IFMA.
//!
//! A number is an array of registers, one for each limb, and a register holds that limb of eight
//! numbers, each with a modulus of its own. Limbs come in tiles of eight. The product is made
//! column of tiles by column of tiles: sixteen accumulators stay in registers while all pairs of
//! tiles of the column are multiplied into them, first of `a * b`, then of `m * n`.
//!
//! An accumulator sums at most 4 · 80 products below 2^52 and a carry: below 2^61.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_loadu_si512, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_mask_blend_epi64, _mm512_movepi64_mask, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_srli_epi64, _mm512_storeu_si512, _mm512_sub_epi64,
};

use super::rsa_portable::{Limbs, MASK, MOST, Modulus, RADIX};

/// Numbers side by side.
pub(super) const LANES: usize = 8;
/// Limbs of a tile.
const TILE: usize = 8;
/// Bits of a limb, as the shift takes them.
const SHIFT: u32 = RADIX as u32;

type Tile = [__m512i; TILE];
type Number<const TILES: usize> = [Tile; TILES];
type Accumulators = [__m512i; 2 * TILE];

/// Whether [`power`] may be called.
pub(super) fn detected() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512ifma")
}

/// The body eight times, with a constant that counts: an index that is known when compiling keeps
/// an array in registers.
macro_rules! eight_times {
    ($i:ident, $body:block) => {{
        {
            const $i: usize = 0;
            $body
        }
        {
            const $i: usize = 1;
            $body
        }
        {
            const $i: usize = 2;
            $body
        }
        {
            const $i: usize = 3;
            $body
        }
        {
            const $i: usize = 4;
            $body
        }
        {
            const $i: usize = 5;
            $body
        }
        {
            const $i: usize = 6;
            $body
        }
        {
            const $i: usize = 7;
            $body
        }
    }};
}

/// `$sums += $x * $y`, tile by tile.
macro_rules! add_product {
    ($sums:ident, $x:expr, $y:expr) => {{
        let (x, y): (&Tile, Tile) = ($x, *$y);
        eight_times!(I, {
            let x = x[I];
            eight_times!(J, {
                $sums[I + J] = _mm512_madd52lo_epu64($sums[I + J], x, y[J])
            });
            eight_times!(J, {
                $sums[I + J + 1] = _mm512_madd52hi_epu64($sums[I + J + 1], x, y[J])
            });
        });
    }};
}

/// What a multiplication needs of eight moduli.
struct Moduli<const TILES: usize> {
    n: Number<TILES>,
    r_squared: Number<TILES>,
    negative_inverse: __m512i,
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(lanes: &[u64; LANES]) -> __m512i {
    // SAFETY: the reference is to 64 octets; no alignment is asked for.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(lanes: &mut [u64; LANES], value: __m512i) {
    // SAFETY: the reference is to 64 octets; no alignment is asked for.
    unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), value) }
}

/// Eight numbers → their limbs side by side.
#[target_feature(enable = "avx512f")]
fn gather<const TILES: usize>(numbers: [&[u64]; LANES]) -> Number<TILES> {
    let mut gathered = [[_mm512_setzero_si512(); TILE]; TILES];
    for (t, tile) in gathered.iter_mut().enumerate() {
        for (i, limb) in tile.iter_mut().enumerate() {
            let place = t * TILE + i;
            let lanes = numbers.map(|number| number.get(place).copied().unwrap_or(0));
            *limb = load(&lanes);
        }
    }
    gathered
}

/// Adds `m * n` to the accumulators of column `column` for every tile of `m` that is known, then
/// either makes the next tile of `m` or writes a tile of the result.
macro_rules! reduce {
    ($sums:ident, $column:ident, $m:ident, $moduli:ident, $out:ident) => {{
        let zero = _mm512_setzero_si512();
        let mask = _mm512_set1_epi64(MASK.cast_signed());
        let first = ($column + 1).saturating_sub(TILES);
        for i in first..$column.min(TILES) {
            add_product!($sums, &$m[i], &$moduli.n[$column - i]);
        }
        if $column < TILES {
            let n = $moduli.n[0];
            let mut tile = [zero; TILE];
            eight_times!(I, {
                let m = _mm512_madd52lo_epu64(zero, $sums[I], $moduli.negative_inverse);
                tile[I] = m;
                // The next limb waits for these three and the carry, so they come first.
                $sums[I] = _mm512_madd52lo_epu64($sums[I], m, n[0]);
                $sums[I + 1] = _mm512_madd52lo_epu64($sums[I + 1], m, n[1]);
                $sums[I + 1] = _mm512_madd52hi_epu64($sums[I + 1], m, n[0]);
                let carry = _mm512_srli_epi64::<SHIFT>($sums[I]);
                $sums[I + 1] = _mm512_add_epi64($sums[I + 1], carry);
                eight_times!(J, {
                    if J > 1 {
                        $sums[I + J] = _mm512_madd52lo_epu64($sums[I + J], m, n[J]);
                    }
                });
                eight_times!(J, {
                    if J > 0 {
                        $sums[I + J + 1] = _mm512_madd52hi_epu64($sums[I + J + 1], m, n[J]);
                    }
                });
            });
            $m[$column] = tile;
        } else {
            let out = &mut $out[$column - TILES];
            eight_times!(I, {
                out[I] = _mm512_and_si512($sums[I], mask);
                let carry = _mm512_srli_epi64::<SHIFT>($sums[I]);
                $sums[I + 1] = _mm512_add_epi64($sums[I + 1], carry);
            });
        }
    }};
}

/// `out = a * b / R mod n`, below 2n when `a` and `b` are.
#[target_feature(enable = "avx512f,avx512ifma")]
fn multiply<const TILES: usize>(
    out: &mut Number<TILES>,
    a: &Number<TILES>,
    b: &Number<TILES>,
    moduli: &Moduli<TILES>,
) {
    let zero = _mm512_setzero_si512();
    let mut m = [[zero; TILE]; TILES];
    let mut sums: Accumulators = [zero; 2 * TILE];
    for column in 0..2 * TILES {
        let first = (column + 1).saturating_sub(TILES);
        for i in first..TILES.min(column + 1) {
            add_product!(sums, &a[i], &b[column - i]);
        }
        reduce!(sums, column, m, moduli, out);
        eight_times!(I, {
            sums[I] = sums[I + TILE];
            sums[I + TILE] = zero;
        });
    }
}

/// `a = a * a / R mod n`, below 2n when `a` is.
///
/// Products of two different limbs are made once and doubled.
#[target_feature(enable = "avx512f,avx512ifma")]
#[allow(
    clippy::absurd_extreme_comparisons,
    reason = "I < J, for each constant in turn"
)]
fn square<const TILES: usize>(a: &mut Number<TILES>, moduli: &Moduli<TILES>) {
    let zero = _mm512_setzero_si512();
    let mut m = [[zero; TILE]; TILES];
    // What a column hands to the next: of the products that are yet to be doubled, of the rest.
    let mut once = [zero; TILE];
    let mut rest = [zero; TILE];
    for column in 0..2 * TILES {
        let mut doubled: Accumulators = [zero; 2 * TILE];
        eight_times!(I, { doubled[I] = once[I] });
        let first = (column + 1).saturating_sub(TILES);
        for i in first..column.div_ceil(2) {
            add_product!(doubled, &a[i], &a[column - i]);
        }
        let mut sums: Accumulators = [zero; 2 * TILE];
        eight_times!(I, { sums[I] = rest[I] });
        if column % 2 == 0 {
            let x = a[column / 2];
            eight_times!(I, {
                eight_times!(J, {
                    if I < J {
                        doubled[I + J] = _mm512_madd52lo_epu64(doubled[I + J], x[I], x[J]);
                        doubled[I + J + 1] = _mm512_madd52hi_epu64(doubled[I + J + 1], x[I], x[J]);
                    }
                });
                sums[2 * I] = _mm512_madd52lo_epu64(sums[2 * I], x[I], x[I]);
                sums[2 * I + 1] = _mm512_madd52hi_epu64(sums[2 * I + 1], x[I], x[I]);
            });
        }
        eight_times!(I, {
            let twice = _mm512_add_epi64(doubled[I], doubled[I]);
            sums[I] = _mm512_add_epi64(sums[I], twice);
            once[I] = doubled[I + TILE];
        });
        // Tile `column - TILES` of `a` is written here, and columns to come read only later ones.
        reduce!(sums, column, m, moduli, a);
        eight_times!(I, { rest[I] = sums[I + TILE] });
    }
}

/// A number below 2n → the same modulo n, below n, as eight numbers.
#[target_feature(enable = "avx512f,avx512dq")]
fn canonical<const TILES: usize>(value: &Number<TILES>, n: &Number<TILES>) -> [Limbs; LANES] {
    let mask = _mm512_set1_epi64(MASK.cast_signed());
    let mut difference = *value;
    let mut borrow = _mm512_setzero_si512();
    for (tile, n) in difference.iter_mut().zip(n) {
        for (limb, n) in tile.iter_mut().zip(n) {
            let value = _mm512_sub_epi64(_mm512_sub_epi64(*limb, *n), borrow);
            borrow = _mm512_srli_epi64::<63>(value);
            *limb = _mm512_and_si512(value, mask);
        }
    }
    let negative = _mm512_movepi64_mask(_mm512_sub_epi64(_mm512_setzero_si512(), borrow));
    let mut numbers = [[0; MOST]; LANES];
    let limbs = value.iter().flatten().zip(difference.iter().flatten());
    for (place, (value, difference)) in limbs.enumerate() {
        let mut lanes = [0; LANES];
        store(
            &mut lanes,
            _mm512_mask_blend_epi64(negative, *difference, *value),
        );
        for (number, limb) in numbers.iter_mut().zip(lanes) {
            number[place] = limb;
        }
    }
    numbers
}

/// `value^65537 mod n` of each lane, below n, for values below their n; each modulus has
/// `8 * TILES` limbs.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn power<const TILES: usize>(
    moduli: [&Modulus; LANES],
    values: &[Limbs; LANES],
) -> [Limbs; LANES] {
    let inverses = moduli.map(|modulus| modulus.negative_inverse);
    let moduli = Moduli::<TILES> {
        n: gather(moduli.map(|modulus| &*modulus.n)),
        r_squared: gather(moduli.map(|modulus| &*modulus.r_squared)),
        negative_inverse: load(&inverses),
    };
    let values: Number<TILES> = gather(values.each_ref().map(|value| &value[..]));
    let mut power = [[_mm512_setzero_si512(); TILE]; TILES];
    multiply(&mut power, &values, &moduli.r_squared, &moduli);
    for _ in 0..16 {
        square(&mut power, &moduli);
    }
    // By the value itself, which has no factor R: the result has none either.
    let mut result = [[_mm512_setzero_si512(); TILE]; TILES];
    multiply(&mut result, &power, &values, &moduli);
    canonical(&result, &moduli.n)
}
