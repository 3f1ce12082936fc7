//! A seed → numbers and RSA keys that depend on it alone.

use std::convert::Infallible;
use std::sync::OnceLock;

use kyso::pki::issue::Key;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::traits::PrivateKeyParts as _;
use sha2::{Digest as _, Sha256};

use super::parallel;

/// Numbers that depend on a seed alone (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64, what: u64, index: u64) -> Self {
        let mut dice =
            Self(seed ^ what.rotate_left(32) ^ index.wrapping_mul(0xd134_2543_de82_ef95));
        dice.next();
        dice
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// From 0 to `below`, which is not 0.
    pub fn roll(&mut self, below: usize) -> usize {
        (self.next() % below as u64) as usize
    }

    /// As `roll`, small numbers far more often: few sign much.
    pub fn skewed(&mut self, below: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((unit * unit * unit * below as f64) as usize).min(below - 1)
    }

    pub fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut at = self.roll(weights.clone().map(|w| w as usize).sum::<usize>().max(1));
        for (index, weight) in weights.enumerate() {
            if at < weight as usize {
                return index;
            }
            at -= weight as usize;
        }
        0
    }
}

/// Octets that depend on a seed alone, as the `rsa` crate wants them.
struct Octets {
    seed: [u8; 32],
    counter: u64,
}

impl TryRng for Octets {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| number as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        for chunk in octets.chunks_mut(32) {
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(self.counter.to_le_bytes());
            self.counter += 1;
            chunk.copy_from_slice(&hash.finalize()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Octets {}

/// Different keys out of few primes.
pub struct Pool {
    primes: Vec<OnceLock<[rsa::BoxedUint; 2]>>,
    bits: usize,
    seed: u64,
}

impl Pool {
    pub fn new(seed: u64, bits: usize, keys: usize) -> Self {
        // n primes make n (n - 1) / 2 pairs.
        let mut primes = 4;
        while primes * (primes - 1) / 2 < keys {
            primes += 2;
        }
        let pool = Self {
            primes: (0..primes / 2).map(|_| OnceLock::new()).collect(),
            bits,
            seed,
        };
        parallel(primes / 2, |index| {
            pool.pair(index);
        });
        pool
    }

    fn pair(&self, index: usize) -> &[rsa::BoxedUint; 2] {
        self.primes[index].get_or_init(|| {
            let text = format!("kyso corpus {} {} {index}", self.seed, self.bits);
            let mut octets = Octets {
                seed: Sha256::digest(text).into(),
                counter: 0,
            };
            let key = rsa::PrivateKey::new(&mut octets, self.bits).expect("a key");
            let prime = |at: usize| key.primes()[at].as_ref().clone();
            [prime(0), prime(1)]
        })
    }

    /// Pair number `number` of (1, 0), (2, 0), (2, 1), (3, 0), …
    pub fn key(&self, number: usize) -> Key {
        let (mut high, mut rest) = (1, number);
        while rest >= high {
            rest -= high;
            high += 1;
        }
        let prime = |at: usize| self.pair(at / 2)[at % 2].clone();
        let key =
            rsa::PrivateKey::from_p_q(prime(high), prime(rest), rsa::BoxedUint::from(65_537u64));
        let pkcs8 = key.expect("two primes").to_pkcs8_der().expect("a key");
        Key::from_pkcs8(pkcs8.as_bytes()).expect("a key")
    }
}
