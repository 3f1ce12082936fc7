//! Prepared RSA keys + signature values → the blocks that they open to, and whether those are right.

use super::{Backend, rsa_portable};
use crate::crypto::key::{Material, bits};
use crate::crypto::{DigestAlgorithm, DigestValue, PublicKey, SignatureAlgorithm, pkcs1_block};
use rsa_portable::{Modulus, from_octets, to_octets};

/// Octets of the longest modulus.
const MOST_OCTETS: usize = 512;
/// Octets of the longest PSS salt that is checked.
const LONGEST_SALT: u32 = 64;

/// A size of modulus that has lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RsaSize {
    /// 2048 bits.
    Rsa2048,
    /// 3072 bits.
    Rsa3072,
    /// 4096 bits.
    Rsa4096,
}

impl RsaSize {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];

    /// Octets of the modulus, of a signature and of a block.
    pub const fn octets(self) -> usize {
        match self {
            Self::Rsa2048 => 256,
            Self::Rsa3072 => 384,
            Self::Rsa4096 => 512,
        }
    }

    /// Limbs of 52 bits, in tiles of eight; four times the modulus fits.
    const fn limbs(self) -> usize {
        match self {
            Self::Rsa2048 => 40,
            Self::Rsa3072 => 64,
            Self::Rsa4096 => 80,
        }
    }
}

/// An RSA key with what its lane needs; worth keeping for as long as the key comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedRsa {
    size: RsaSize,
    octets: Box<[u8]>,
    modulus: Modulus,
}

impl PreparedRsa {
    /// Prepares a key; `None` when it is not one for the lanes, and [`crate::crypto::verify`] has
    /// to serve.
    ///
    /// For the lanes: `rsaEncryption`, modulus odd, of exactly 2048, 3072 or 4096 bits, exponent
    /// 65537.
    pub fn new(key: &PublicKey) -> Option<Self> {
        match key.material() {
            Material::Rsa(rsa) if rsa.pss.is_none() => {
                Self::from_components(&rsa.modulus, &rsa.exponent)
            }
            _ => None,
        }
    }

    /// As [`PreparedRsa::new`], from magnitudes, big-endian, without leading zeros.
    pub fn from_components(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let size = RsaSize::ALL
            .into_iter()
            .find(|size| size.octets() == modulus.len())?;
        let odd = modulus.last()? & 1 == 1;
        let full = usize::try_from(bits(modulus)).ok()? == size.octets() * 8;
        (odd && full && exponent == [1, 0, 1]).then(|| Self {
            size,
            octets: modulus.into(),
            modulus: Modulus::new(modulus, size.limbs()),
        })
    }

    /// The size of the modulus.
    pub fn size(&self) -> RsaSize {
        self.size
    }
}

/// How the digest stands in the block.
#[derive(Debug, Clone, Copy)]
pub enum RsaPadding<'a> {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1 {
        /// The digest of the message.
        digest: &'a DigestValue,
    },
    /// RSASSA-PSS, trailer 1, mask by the digest algorithm of the message.
    Pss {
        /// The digest of the message.
        digest: &'a DigestValue,
        /// Octets of the salt.
        salt_len: usize,
    },
}

impl<'a> RsaPadding<'a> {
    /// The padding of a signature algorithm; `None` when the algorithm is not one for the lanes
    /// or the digest is of another algorithm, and [`crate::crypto::verify`] has to serve.
    pub fn new(algorithm: &SignatureAlgorithm, value: &'a DigestValue) -> Option<Self> {
        let extendable = matches!(
            value.algorithm(),
            DigestAlgorithm::Shake128 | DigestAlgorithm::Shake256
        );
        if extendable || algorithm.digest() != Some(value.algorithm()) {
            return None;
        }
        match algorithm {
            SignatureAlgorithm::RsaPkcs1 { .. } => Some(Self::Pkcs1 { digest: value }),
            SignatureAlgorithm::RsaPss {
                digest,
                mgf_digest,
                salt_len,
                trailer: 1,
            } if digest == mgf_digest && *salt_len <= LONGEST_SALT => Some(Self::Pss {
                digest: value,
                salt_len: usize::try_from(*salt_len).ok()?,
            }),
            _ => None,
        }
    }

    /// Whether `block` is what a signature with this padding must open to.
    fn fits(self, block: &[u8]) -> bool {
        match self {
            // The whole block is compared; nothing of it is parsed.
            Self::Pkcs1 { digest } => {
                pkcs1_block(digest, block.len()).is_some_and(|expected| expected == block)
            }
            Self::Pss { digest, salt_len } => is_pss_block(block, digest, salt_len).is_some(),
        }
    }
}

/// A signature to check.
#[derive(Debug, Clone, Copy)]
pub struct RsaCheck<'a> {
    /// The key.
    pub key: &'a PreparedRsa,
    /// How the digest stands in the block, and the digest.
    pub padding: RsaPadding<'a>,
    /// The signature value.
    pub signature: &'a [u8],
}

/// Checks any number of signatures, of any keys; the answers stand in the same order.
///
/// False also when the signature value is not as long as the modulus, or not below it.
/// Signatures of one size are computed eight at a time where the back end can: a batch of eight
/// costs what a batch of two does.
///
/// Source: RFC 8017 §8.1.2, §8.2.2.
#[must_use]
pub fn verify_rsa(backend: Backend, checks: &[RsaCheck<'_>]) -> Vec<bool> {
    let mut right = vec![false; checks.len()];
    for_each_block(
        backend,
        checks.len(),
        |place| checks.get(place).map(|c| (c.key, c.signature)),
        |place, block| {
            if let (Some(right), Some(check)) = (right.get_mut(place), checks.get(place)) {
                *right = check.padding.fits(block);
            }
        },
    );
    right
}

/// `signature^65537 mod n` for any number of keys and signature values, as blocks as long as the
/// modulus; `None` for a value that is not as long as the modulus or not below it.
///
/// Source: RFC 8017 §5.2.2.
#[must_use]
pub fn public_op(backend: Backend, values: &[(&PreparedRsa, &[u8])]) -> Vec<Option<Vec<u8>>> {
    let mut blocks = vec![None; values.len()];
    for_each_block(
        backend,
        values.len(),
        |place| values.get(place).copied(),
        |place, block| {
            if let Some(slot) = blocks.get_mut(place) {
                *slot = Some(block.to_vec());
            }
        },
    );
    blocks
}

/// Calls `use_block` with the block of every value that is in range.
fn for_each_block<'a>(
    backend: Backend,
    count: usize,
    value: impl Fn(usize) -> Option<(&'a PreparedRsa, &'a [u8])>,
    mut use_block: impl FnMut(usize, &[u8]),
) {
    for size in RsaSize::ALL {
        let mut lanes = Vec::with_capacity(8);
        for place in 0..count {
            if let Some((key, signature)) = value(place)
                && key.size == size
                && signature.len() == size.octets()
                // Equally long, so the order of the octets is that of the numbers.
                && *signature < *key.octets
            {
                lanes.push((place, key, signature));
            }
            if lanes.len() == 8 {
                open(backend, size, &lanes, &mut use_block);
                lanes.clear();
            }
        }
        open(backend, size, &lanes, &mut use_block);
    }
}

/// Opens up to eight signature values of one size.
fn open(
    backend: Backend,
    size: RsaSize,
    lanes: &[(usize, &PreparedRsa, &[u8])],
    use_block: &mut impl FnMut(usize, &[u8]),
) {
    let mut block = [0; MOST_OCTETS];
    let Some(block) = block.get_mut(..size.octets()) else {
        return;
    };
    #[cfg(target_arch = "x86_64")]
    if backend.ifma
        && let Some((_, first, _)) = lanes.first()
    {
        use super::rsa_ifma::{LANES, power};
        // A lane without work raises zero.
        let mut moduli = [&first.modulus; LANES];
        let mut values = [from_octets(&[]); LANES];
        for ((modulus, value), (_, key, signature)) in moduli.iter_mut().zip(&mut values).zip(lanes)
        {
            *modulus = &key.modulus;
            *value = from_octets(signature);
        }
        // SAFETY: a back end with `ifma` is only made where the features were detected.
        let powers = unsafe {
            match size {
                RsaSize::Rsa2048 => power::<5>(moduli, &values),
                RsaSize::Rsa3072 => power::<8>(moduli, &values),
                RsaSize::Rsa4096 => power::<10>(moduli, &values),
            }
        };
        for ((place, ..), power) in lanes.iter().zip(&powers) {
            to_octets(power, block);
            use_block(*place, block);
        }
        return;
    }
    let _ = backend;
    for (place, key, signature) in lanes {
        to_octets(&key.modulus.power(&from_octets(signature)), block);
        use_block(*place, block);
    }
}

/// `Some` when `block` encodes `digest` with a salt of `salt_len` octets.
///
/// Source: RFC 8017 §9.1.2, where the modulus has a multiple of eight bits; RFC 8017 §B.2.1 for the mask.
fn is_pss_block(block: &[u8], digest: &DigestValue, salt_len: usize) -> Option<()> {
    let algorithm = digest.algorithm();
    let (inner, trailer) = block.split_at_checked(block.len().checked_sub(1)?)?;
    let at = inner.len().checked_sub(algorithm.output_len())?;
    let (masked, seed) = inner.split_at_checked(at)?;
    let padding = masked.len().checked_sub(salt_len)?.checked_sub(1)?;
    if trailer != [0xbc] || masked.first()? & 0x80 != 0 {
        return None;
    }
    let mut data = masked.to_vec();
    for (counter, octets) in (0u32..).zip(data.chunks_mut(algorithm.output_len())) {
        let mask = algorithm.digest(&[seed, &counter.to_be_bytes()]);
        for (octet, mask) in octets.iter_mut().zip(mask.as_bytes()) {
            *octet ^= mask;
        }
    }
    *data.first_mut()? &= 0x7f;
    let (zeros, rest) = data.split_at_checked(padding)?;
    let (one, salt) = rest.split_first()?;
    if zeros.iter().any(|octet| *octet != 0) || *one != 1 {
        return None;
    }
    let again = algorithm.digest(&[&[0; 8], digest.as_bytes(), salt]);
    (again.as_bytes() == seed).then_some(())
}
