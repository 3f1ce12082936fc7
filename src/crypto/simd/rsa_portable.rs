//! Numbers in radix 2^52, one at a time: Montgomery multiplication in plain Rust, and its constants.
//!
//! "Almost Montgomery": with R above 4n, factors below 2n give a product below 2n, and nothing is
//! subtracted on the way. The kernel with eight lanes computes the same numbers, limb by limb.

/// Bits of a limb.
pub(super) const RADIX: usize = 52;
/// The low bits that a limb has.
pub(super) const MASK: u64 = (1 << RADIX) - 1;
/// Limbs of the longest number, of 4096 bits.
pub(super) const MOST: usize = 80;

/// A number; limbs from the lowest, those beyond the modulus' number of limbs are zero.
pub(super) type Limbs = [u64; MOST];

/// The number of big-endian `octets`, of which as many count as fit 80 limbs.
pub(super) fn from_octets(octets: &[u8]) -> Limbs {
    let mut limbs = [0; MOST];
    // Thirteen octets are two limbs.
    for (pair, octets) in limbs
        .as_chunks_mut::<2>()
        .0
        .iter_mut()
        .zip(octets.rchunks(13))
    {
        let mut value = [0; 16];
        for (value, octet) in value.iter_mut().rev().zip(octets.iter().rev()) {
            *value = *octet;
        }
        let value = u128::from_be_bytes(value);
        *pair = [value as u64 & MASK, (value >> RADIX) as u64];
    }
    limbs
}

/// The low `octets.len()` octets of a number, big-endian.
pub(super) fn to_octets(limbs: &[u64], octets: &mut [u8]) {
    for (pair, octets) in limbs.as_chunks::<2>().0.iter().zip(octets.rchunks_mut(13)) {
        let value = u128::from(pair[0]) | u128::from(pair[1]) << RADIX;
        for (octet, value) in octets.iter_mut().rev().zip(value.to_le_bytes()) {
            *octet = value;
        }
    }
}

/// `a - b` when that is not negative.
fn subtract(a: &[u64], b: &[u64]) -> Option<Limbs> {
    let mut difference = [0; MOST];
    let mut borrow = 0;
    for ((difference, a), b) in difference.iter_mut().zip(a).zip(b) {
        let value = a.wrapping_sub(*b).wrapping_sub(borrow);
        *difference = value & MASK;
        borrow = value >> 63;
    }
    (borrow == 0).then_some(difference)
}

/// A modulus, odd, with as many limbs as its size has, and what multiplication by it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Modulus {
    /// n.
    pub n: Box<[u64]>,
    /// R² mod n, where R is 2 to the bits of all limbs; below 2n.
    pub r_squared: Box<[u64]>,
    /// -1/n mod 2^52.
    pub negative_inverse: u64,
}

impl Modulus {
    /// `octets`: an odd number, big-endian, whose top bit is set; two octets at least less than
    /// `limbs` limbs have.
    pub fn new(octets: &[u8], limbs: usize) -> Self {
        let all = from_octets(octets);
        let n = all.get(..limbs).unwrap_or(&all);
        let lowest = n.first().copied().unwrap_or(1);
        // Each step doubles the bits that are right, from the three of an odd number itself.
        let mut inverse = lowest;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(lowest.wrapping_mul(inverse)));
        }
        let mut modulus = Self {
            n: n.into(),
            r_squared: Box::default(),
            negative_inverse: inverse.wrapping_neg() & MASK,
        };
        modulus.r_squared = modulus.square_of_r(octets.len() * 8);
        modulus
    }

    fn square_of_r(&self, bits: usize) -> Box<[u64]> {
        let of_r = self.n.len() * RADIX;
        // 2^bits - n: the top bit of n is set, so it is below n.
        let mut power = [0; MOST];
        if let Some(limb) = power.get_mut(bits / RADIX) {
            *limb = 1 << (bits % RADIX);
        }
        let mut power = subtract(&power, &self.n).unwrap_or(power);
        // R·2^k, from which squaring makes R·2^2k, R·2^4k … to R·R.
        let squarings = of_r.trailing_zeros();
        for _ in 0..(of_r - bits) + (of_r >> squarings) {
            let mut carry = 0;
            for limb in power.iter_mut().take(self.n.len()) {
                let value = *limb << 1 | carry;
                *limb = value & MASK;
                carry = value >> RADIX;
            }
            power = subtract(&power, &self.n).unwrap_or(power);
        }
        for _ in 0..squarings {
            power = self.multiply(&power, &power);
        }
        power.iter().take(self.n.len()).copied().collect()
    }

    /// `a * b / R mod n`, below 2n when `a` and `b` are.
    pub fn multiply(&self, a: &[u64], b: &[u64]) -> Limbs {
        let n = &*self.n;
        let length = n.len();
        let (a, b) = (&a[..length], &b[..length]);
        let mut product = [0; MOST];
        // The multiple of n that makes the lower half zero.
        let mut m = [0; MOST];
        // A column sums at most 320 products of 104 bits and the carry.
        let mut sum = 0u128;
        for column in 0..2 * length {
            let first = (column + 1).saturating_sub(length);
            let last = column.min(length - 1);
            for (a, b) in a[first..=last].iter().zip(b[first..=last].iter().rev()) {
                sum += u128::from(*a) * u128::from(*b);
            }
            let known = column.min(length);
            let of_n = column + 1 - known..=column - first;
            for (m, n) in m[first..known].iter().zip(n[of_n].iter().rev()) {
                sum += u128::from(*m) * u128::from(*n);
            }
            if column < length {
                m[column] = (sum as u64).wrapping_mul(self.negative_inverse) & MASK;
                sum += u128::from(m[column]) * u128::from(n[0]);
            } else {
                product[column - length] = sum as u64 & MASK;
            }
            sum >>= RADIX;
        }
        product
    }

    /// `value^65537 mod n`, below n, for a value below n.
    pub fn power(&self, value: &Limbs) -> Limbs {
        let mut power = self.multiply(value, &self.r_squared);
        for _ in 0..16 {
            power = self.multiply(&power, &power);
        }
        // By the value itself, which has no factor R: the result has none either.
        let power = self.multiply(&power, value);
        subtract(&power, &self.n).unwrap_or(power)
    }
}
