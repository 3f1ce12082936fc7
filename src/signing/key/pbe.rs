//! Password and parameters of PKCS#5 and PKCS#12 → keys, MACs and decrypted octets, within one
//! budget of iterations.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, InnerIvInit, KeyIvInit};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha2::Digest;
use zeroize::{Zeroize, Zeroizing};

use crate::asn1::{Element, Tag};
use crate::error::{Error, KeyFault};
use crate::limits::Limits;

/// Iterations that one key file may still ask for, all its parts together.
pub(super) struct Budget {
    left: u64,
    max: u32,
}

impl Budget {
    /// [`Limits::key_derivation_iterations`] for the whole file.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            left: u64::from(limits.key_derivation_iterations),
            max: limits.key_derivation_iterations,
        }
    }

    /// Takes `count` iterations, before they are done.
    fn spend(&mut self, count: u64) -> Result<u32, Error> {
        if count == 0 {
            return Err(KeyFault::Format("key derivation with no iteration").into());
        }
        self.left = self
            .left
            .checked_sub(count)
            .ok_or_else(|| Error::limit("key_derivation_iterations", u64::from(self.max)))?;
        u32::try_from(count)
            .map_err(|_| Error::limit("key_derivation_iterations", u64::from(self.max)))
    }
}

/// A password in the two forms that the standards use; wiped when dropped.
pub(super) struct Passphrase {
    octets: Zeroizing<Vec<u8>>,
    bmp: Zeroizing<Vec<u8>>,
}

impl Passphrase {
    /// `password`: UTF-8 for PKCS#12, any octets for PKCS#8.
    ///
    /// Source: RFC 7292 §B.1 (big-endian UTF-16 with two closing zero octets).
    pub(super) fn new(password: &[u8]) -> Self {
        let mut bmp = Zeroizing::new(Vec::with_capacity(password.len() * 2 + 2));
        match std::str::from_utf8(password) {
            Ok(text) => text
                .encode_utf16()
                .for_each(|unit| bmp.extend_from_slice(&unit.to_be_bytes())),
            // Octets that are no UTF-8 can only have been typed in an 8-bit character set.
            Err(_) => password
                .iter()
                .for_each(|octet| bmp.extend_from_slice(&[0, *octet])),
        }
        bmp.extend_from_slice(&[0, 0]);
        Self {
            octets: Zeroizing::new(password.to_vec()),
            bmp,
        }
    }

    /// No password at all, which PKCS#12 tells apart from an empty one.
    pub(super) fn absent() -> Self {
        Self {
            octets: Zeroizing::default(),
            bmp: Zeroizing::default(),
        }
    }
}

/// Hash functions of key derivation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// From the object identifier of the plain hash, as in `DigestInfo`.
    pub(super) fn from_digest(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            [0x2b, 0x0e, 0x03, 0x02, 0x1a] => Self::Sha1,
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last] => match last {
                1 => Self::Sha256,
                2 => Self::Sha384,
                3 => Self::Sha512,
                4 => Self::Sha224,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// From the object identifier of its HMAC (`hmacWithSHA…`).
    fn from_hmac(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, last] => match last {
                7 => Self::Sha1,
                8 => Self::Sha224,
                9 => Self::Sha256,
                10 => Self::Sha384,
                11 => Self::Sha512,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Whether `expected` is the HMAC of `parts`; constant time in the content.
    pub(super) fn verify_hmac(self, key: &[u8], message: &[u8], expected: &[u8]) -> bool {
        fn check<D: EagerHash>(key: &[u8], message: &[u8], expected: &[u8]) -> bool {
            let Ok(mut mac) = <Hmac<D> as KeyInit>::new_from_slice(key) else {
                return false;
            };
            mac.update(message);
            mac.verify_slice(expected).is_ok()
        }
        match self {
            Self::Sha1 => check::<sha1::Sha1>(key, message, expected),
            Self::Sha224 => check::<sha2::Sha224>(key, message, expected),
            Self::Sha256 => check::<sha2::Sha256>(key, message, expected),
            Self::Sha384 => check::<sha2::Sha384>(key, message, expected),
            Self::Sha512 => check::<sha2::Sha512>(key, message, expected),
        }
    }

    /// Length of its output in octets.
    pub(super) fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// What a key derived by the PKCS#12 function is for.
#[derive(Clone, Copy)]
pub(super) enum Diversifier {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// PBKDF2.
///
/// Source: RFC 8018 §5.2.
fn pbkdf2(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    fn derive<D: EagerHash>(
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        out: &mut [u8],
        step: usize,
    ) {
        let Ok(keyed) = <Hmac<D> as KeyInit>::new_from_slice(password) else {
            return; // HMAC takes keys of any length.
        };
        for (index, block) in (1u32..).zip(out.chunks_mut(step)) {
            let mut mac = keyed.clone();
            mac.update(salt);
            mac.update(&index.to_be_bytes());
            let mut last = mac.finalize().into_bytes();
            let mut sum = last.clone();
            for _ in 1..iterations {
                let mut mac = keyed.clone();
                mac.update(&last);
                last = mac.finalize().into_bytes();
                sum.iter_mut().zip(&last).for_each(|(s, l)| *s ^= l);
            }
            block.iter_mut().zip(&sum).for_each(|(b, s)| *b = *s);
            last.as_mut_slice().zeroize();
            sum.as_mut_slice().zeroize();
        }
    }
    let mut out = Zeroizing::new(vec![0; length]);
    let step = hash.output_len();
    match hash {
        Hash::Sha1 => derive::<sha1::Sha1>(password, salt, iterations, &mut out, step),
        Hash::Sha224 => derive::<sha2::Sha224>(password, salt, iterations, &mut out, step),
        Hash::Sha256 => derive::<sha2::Sha256>(password, salt, iterations, &mut out, step),
        Hash::Sha384 => derive::<sha2::Sha384>(password, salt, iterations, &mut out, step),
        Hash::Sha512 => derive::<sha2::Sha512>(password, salt, iterations, &mut out, step),
    }
    out
}

/// The key derivation of PKCS#12.
///
/// Source: RFC 7292 §B.2.
pub(super) fn pkcs12_kdf(
    hash: Hash,
    purpose: Diversifier,
    passphrase: &Passphrase,
    salt: &[u8],
    iterations: u64,
    length: usize,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    fn derive<D: Digest>(
        block: usize,
        purpose: Diversifier,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        length: usize,
    ) -> Zeroizing<Vec<u8>> {
        let repeated = |octets: &[u8]| -> Zeroizing<Vec<u8>> {
            let total = octets.len().div_ceil(block) * block;
            Zeroizing::new(octets.iter().copied().cycle().take(total).collect())
        };
        let diversifier = vec![purpose as u8; block];
        let mut input = repeated(salt);
        input.extend_from_slice(&repeated(password));
        let mut out = Zeroizing::new(Vec::with_capacity(length + 64));
        while out.len() < length {
            let mut a = D::new()
                .chain_update(&diversifier)
                .chain_update(&input)
                .finalize();
            for _ in 1..iterations {
                a = D::digest(&a);
            }
            out.extend_from_slice(&a);
            for chunk in input.chunks_mut(block) {
                // chunk = chunk + (A repeated) + 1, as big-endian numbers of `block` octets.
                let added: Vec<u8> = a.iter().copied().cycle().take(block).collect();
                let mut carry = 1u16;
                for (octet, add) in chunk.iter_mut().zip(&added).rev() {
                    let sum = u16::from(*octet) + u16::from(*add) + carry;
                    *octet = (sum & 0xff) as u8; // masked
                    carry = sum >> 8;
                }
            }
            a.as_mut_slice().zeroize();
        }
        out.truncate(length);
        out
    }
    let count = budget.spend(iterations)?;
    let password = passphrase.bmp.as_slice();
    Ok(match hash {
        Hash::Sha1 => derive::<sha1::Sha1>(64, purpose, password, salt, count, length),
        Hash::Sha224 => derive::<sha2::Sha224>(64, purpose, password, salt, count, length),
        Hash::Sha256 => derive::<sha2::Sha256>(64, purpose, password, salt, count, length),
        Hash::Sha384 => derive::<sha2::Sha384>(128, purpose, password, salt, count, length),
        Hash::Sha512 => derive::<sha2::Sha512>(128, purpose, password, salt, count, length),
    })
}

/// Parameters of PBKDF2, read and bounded.
struct Pbkdf2<'a> {
    salt: &'a [u8],
    iterations: u32,
    key_length: Option<usize>,
    hash: Hash,
}

impl<'a> Pbkdf2<'a> {
    /// ```asn1
    /// PBKDF2-params ::= SEQUENCE {
    ///     salt CHOICE { specified OCTET STRING, otherSource AlgorithmIdentifier },
    ///     iterationCount INTEGER (1..MAX),
    ///     keyLength INTEGER (1..MAX) OPTIONAL,
    ///     prf AlgorithmIdentifier DEFAULT algid-hmacWithSHA1 }
    /// ```
    ///
    /// Source: RFC 8018 §A.2.
    fn read(algorithm: Element<'a>, budget: &mut Budget) -> Result<Self, Error> {
        let mut reader = algorithm.expect(Tag::SEQUENCE)?.reader();
        let oid = reader.expect(Tag::OID)?;
        if !matches!(oid.content, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12]) {
            let name = match oid.content {
                [0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 11] => "scrypt".to_owned(),
                _ => oid.oid()?.to_string(),
            };
            return Err(KeyFault::Unsupported(format!("key derivation {name}")).into());
        }
        let mut reader = reader.expect(Tag::SEQUENCE)?.reader();
        let salt = reader.expect(Tag::OCTET_STRING)?.content;
        let iterations = budget.spend(reader.expect(Tag::INTEGER)?.small()?)?;
        let key_length = match reader.optional(Tag::INTEGER)? {
            // No key or MAC in use is longer; the number is otherwise without a bound.
            Some(length) => match length.small()? {
                length @ 1..=128 => usize::try_from(length).ok(),
                _ => return Err(KeyFault::Format("derived key length out of bounds").into()),
            },
            None => None,
        };
        let hash = match reader.optional(Tag::SEQUENCE)? {
            Some(prf) => {
                let oid = prf.reader().expect(Tag::OID)?;
                Hash::from_hmac(oid.content).ok_or_else(|| {
                    KeyFault::Unsupported(format!(
                        "key derivation with {}",
                        oid.oid().map(|oid| oid.to_string()).unwrap_or_default()
                    ))
                })?
            }
            None => Hash::Sha1,
        };
        reader.finish()?;
        Ok(Self {
            salt,
            iterations,
            key_length,
            hash,
        })
    }

    fn derive(&self, passphrase: &Passphrase, length: usize) -> Zeroizing<Vec<u8>> {
        pbkdf2(
            self.hash,
            &passphrase.octets,
            self.salt,
            self.iterations,
            length,
        )
    }
}

/// Decrypts `data` as the `AlgorithmIdentifier` says: PBES2 with AES or triple DES, or the
/// password-based encryption of PKCS#12 with triple DES or RC2.
///
/// # Errors
/// [`KeyFault::Password`] when the padding is wrong, which nearly always means that;
/// [`KeyFault::Unsupported`]; malformed parameters; the limit on iterations.
///
/// Source: RFC 8018 §6.2, RFC 7292 §C.
pub(super) fn decrypt(
    algorithm: Element<'_>,
    passphrase: &Passphrase,
    data: &[u8],
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut reader = algorithm.expect(Tag::SEQUENCE)?.reader();
    let oid = reader.expect(Tag::OID)?;
    match oid.content {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13] => {
            let mut parameters = reader.expect(Tag::SEQUENCE)?.reader();
            let derivation = Pbkdf2::read(parameters.expect(Tag::SEQUENCE)?, budget)?;
            let mut scheme = parameters.expect(Tag::SEQUENCE)?.reader();
            let cipher_oid = scheme.expect(Tag::OID)?;
            let cipher = match cipher_oid.content {
                [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2] => Cipher::Aes128,
                [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22] => Cipher::Aes192,
                [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42] => Cipher::Aes256,
                [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7] => Cipher::TripleDes,
                _ => {
                    return Err(
                        KeyFault::Unsupported(format!("encryption {}", cipher_oid.oid()?)).into(),
                    );
                }
            };
            let iv = scheme.expect(Tag::OCTET_STRING)?.content;
            if derivation
                .key_length
                .is_some_and(|length| length != cipher.key_len())
            {
                return Err(KeyFault::Format("derived key length does not fit the cipher").into());
            }
            let key = derivation.derive(passphrase, cipher.key_len());
            cipher.decrypt(&key, iv, data)
        }
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, scheme] => {
            let cipher = match scheme {
                3 => Cipher::TripleDes,
                4 => Cipher::TwoKeyTripleDes,
                5 => Cipher::Rc2 { octets: 16 },
                6 => Cipher::Rc2 { octets: 5 },
                _ => {
                    return Err(KeyFault::Unsupported(format!("encryption {}", oid.oid()?)).into());
                }
            };
            let mut parameters = reader.expect(Tag::SEQUENCE)?.reader();
            let salt = parameters.expect(Tag::OCTET_STRING)?.content;
            let iterations = parameters.expect(Tag::INTEGER)?.small()?;
            let mut derive = |purpose, length| {
                pkcs12_kdf(
                    Hash::Sha1,
                    purpose,
                    passphrase,
                    salt,
                    iterations,
                    length,
                    budget,
                )
            };
            let key = derive(Diversifier::Key, cipher.key_len())?;
            let iv = derive(Diversifier::Iv, 8)?;
            cipher.decrypt(&key, &iv, data)
        }
        _ => Err(KeyFault::Unsupported(format!("encryption {}", oid.oid()?)).into()),
    }
}

/// Checks a PBMAC1 over `message`.
///
/// Source: RFC 9579 §4, RFC 8018 §7.1.
pub(super) fn verify_pbmac1(
    parameters: Element<'_>,
    passphrase: &Passphrase,
    message: &[u8],
    expected: &[u8],
    budget: &mut Budget,
) -> Result<bool, Error> {
    let mut reader = parameters.expect(Tag::SEQUENCE)?.reader();
    let derivation = Pbkdf2::read(reader.expect(Tag::SEQUENCE)?, budget)?;
    let scheme = reader.expect(Tag::SEQUENCE)?.reader().expect(Tag::OID)?;
    let hash = Hash::from_hmac(scheme.content)
        .ok_or_else(|| KeyFault::Unsupported("PBMAC1 with another MAC than HMAC".to_owned()))?;
    // RFC 9579 asks for the length; shorter than 20 octets is refused as too weak to be a MAC.
    let length = match derivation.key_length {
        Some(length) if length >= 20 => length,
        Some(_) => return Err(KeyFault::Format("PBMAC1 key shorter than 20 octets").into()),
        None => return Err(KeyFault::Format("PBMAC1 without a key length").into()),
    };
    if expected.len() != hash.output_len() {
        return Err(KeyFault::Format("MAC of another length than its algorithm's").into());
    }
    let key = derivation.derive(passphrase, length);
    Ok(hash.verify_hmac(&key, message, expected))
}

#[derive(Clone, Copy)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
    TwoKeyTripleDes,
    Rc2 { octets: usize },
}

impl Cipher {
    /// Octets of key to derive.
    fn key_len(self) -> usize {
        match self {
            Self::Aes128 | Self::TwoKeyTripleDes => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
            Self::Rc2 { octets } => octets,
        }
    }

    /// CBC with PKCS#7 padding. The key has the length of [`Self::key_len`].
    fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut buffer = Zeroizing::new(data.to_vec());
        let bad_iv = || Error::new(KeyFault::Format("initialisation vector of a wrong length"));
        let plain = match self {
            Self::Aes128 => cbc::Decryptor::<aes::Aes128>::new_from_slices(key, iv)
                .map_err(|_| bad_iv())?
                .decrypt_padded::<Pkcs7>(&mut buffer),
            Self::Aes192 => cbc::Decryptor::<aes::Aes192>::new_from_slices(key, iv)
                .map_err(|_| bad_iv())?
                .decrypt_padded::<Pkcs7>(&mut buffer),
            Self::Aes256 => cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv)
                .map_err(|_| bad_iv())?
                .decrypt_padded::<Pkcs7>(&mut buffer),
            Self::TripleDes => cbc::Decryptor::<des::TdesEde3>::new_from_slices(key, iv)
                .map_err(|_| bad_iv())?
                .decrypt_padded::<Pkcs7>(&mut buffer),
            Self::TwoKeyTripleDes => cbc::Decryptor::<des::TdesEde2>::new_from_slices(key, iv)
                .map_err(|_| bad_iv())?
                .decrypt_padded::<Pkcs7>(&mut buffer),
            Self::Rc2 { octets } => cbc::Decryptor::<rc2::Rc2>::inner_iv_slice_init(
                rc2::Rc2::new_with_eff_key_len(key, octets * 8),
                iv,
            )
            .map_err(|_| bad_iv())?
            .decrypt_padded::<Pkcs7>(&mut buffer),
        };
        let length = plain.map_err(|_| KeyFault::Password)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2)
            .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn ok_pbkdf2_known_answers() {
        // RFC 6070 and the same inputs under HMAC-SHA-256.
        assert_eq!(
            *pbkdf2(Hash::Sha1, b"password", b"salt", 4096, 20),
            hex("4b007901b765489abead49d926f721d065a429c1")
        );
        assert_eq!(
            *pbkdf2(
                Hash::Sha1,
                b"passwordPASSWORDpassword",
                b"saltSALTsaltSALTsaltSALTsaltSALTsalt",
                4096,
                25
            ),
            hex("3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038")
        );
        assert_eq!(
            *pbkdf2(Hash::Sha256, b"password", b"salt", 4096, 32),
            hex("c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a")
        );
    }

    #[test]
    fn err_iterations_are_counted_before_they_are_done() {
        let mut limits = Limits::new();
        limits.key_derivation_iterations = 5000;
        let mut budget = Budget::new(&limits);
        let passphrase = Passphrase::new(b"x");
        let mut derive = |count| {
            pkcs12_kdf(
                Hash::Sha256,
                Diversifier::Mac,
                &passphrase,
                b"salt",
                count,
                32,
                &mut budget,
            )
        };
        assert_eq!(derive(3000).unwrap().len(), 32);
        assert_eq!(
            derive(2001).unwrap_err().kind(),
            &ErrorKind::Limit {
                name: "key_derivation_iterations",
                max: 5000
            }
        );
        assert!(derive(2000).is_ok());
        assert!(derive(u64::MAX).is_err());
        assert!(derive(0).is_err());
    }

    #[test]
    fn ok_passwords_become_utf16_with_a_closing_zero() {
        assert_eq!(
            *Passphrase::new("ký".as_bytes()).bmp,
            [0, 0x6b, 0, 0xfd, 0, 0]
        );
        assert_eq!(*Passphrase::new(b"").bmp, [0, 0]);
        assert!(Passphrase::absent().bmp.is_empty());
    }
}
