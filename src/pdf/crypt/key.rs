//! `/Encrypt` values and a password → the file's key, if the password is right.

use md5::{Digest, Md5};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::cipher::{aes_decrypt, aes_encrypt, rc4};
use super::prepare;

pub(super) type Key = Zeroizing<Vec<u8>>;

/// ISO 32000-2 §7.6.4.3.2, algorithm 2 step (a).
const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08,
    0x2e, 0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];

/// What the standard security handler keeps in `/Encrypt`.
pub(super) struct Handler {
    pub(super) revision: u8,
    /// Bytes of the key.
    pub(super) length: usize,
    pub(super) owner: Vec<u8>,
    pub(super) user: Vec<u8>,
    pub(super) owner_key: Vec<u8>,
    pub(super) user_key: Vec<u8>,
    pub(super) permissions: i32,
    pub(super) encrypt_metadata: bool,
    /// First string of the trailer's `/ID`.
    pub(super) id: Vec<u8>,
}

impl Handler {
    /// The key and whether `password` is the owner's; `None` when it is neither password.
    pub(super) fn open(&self, password: &[u8]) -> Option<(Key, bool)> {
        if self.revision >= 5 {
            return prepare::candidates(password).iter().find_map(|password| {
                self.open_aes_256(password, &self.user, &self.user_key, &[])
                    .map(|key| (key, false))
                    .or_else(|| {
                        let user = self.user.get(..48)?;
                        self.open_aes_256(password, &self.owner, &self.owner_key, user)
                            .map(|key| (key, true))
                    })
            });
        }
        self.open_user(&padded(password))
            .map(|key| (key, false))
            .or_else(|| Some((self.open_user(&self.user_password(password)?)?, true)))
    }

    /// Algorithms 2 and 6: key from the padded user password, if it is the right one.
    fn open_user(&self, padded: &[u8]) -> Option<Key> {
        let mut hash = Md5::new();
        hash.update(padded);
        hash.update(self.owner.get(..32)?);
        hash.update(self.permissions.to_le_bytes());
        hash.update(&self.id);
        if self.revision >= 4 && !self.encrypt_metadata {
            hash.update([0xff; 4]);
        }
        let mut digest = Zeroizing::new(hash.finalize().to_vec());
        if self.revision >= 3 {
            for _ in 0..50 {
                digest = Zeroizing::new(Md5::digest(digest.get(..self.length)?).to_vec());
            }
        }
        digest.truncate(self.length);
        let expected = if self.revision == 2 {
            let mut check = PADDING.to_vec();
            rc4(&digest, &mut check);
            check
        } else {
            let mut hash = Md5::new();
            hash.update(PADDING);
            hash.update(&self.id);
            let mut check = hash.finalize().to_vec();
            for round in 0..20 {
                rc4(&changed(&digest, round), &mut check);
            }
            check
        };
        (self.user.get(..expected.len()) == Some(expected.as_slice())).then_some(digest)
    }

    /// Algorithm 7: the padded user password, from the owner password.
    fn user_password(&self, owner: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut digest = Zeroizing::new(Md5::digest(&*padded(owner)).to_vec());
        if self.revision >= 3 {
            for _ in 0..50 {
                digest = Zeroizing::new(Md5::digest(&*digest).to_vec());
            }
        }
        digest.truncate(self.length);
        let mut user = Zeroizing::new(self.owner.get(..32)?.to_vec());
        if self.revision == 2 {
            rc4(&digest, &mut user);
        } else {
            for round in (0..20).rev() {
                rc4(&changed(&digest, round), &mut user);
            }
        }
        Some(user)
    }

    /// Algorithm 2.A. `check`: hash (32), validation salt (8), key salt (8).
    fn open_aes_256(
        &self,
        password: &[u8],
        check: &[u8],
        wrapped: &[u8],
        user: &[u8],
    ) -> Option<Key> {
        let (hash, salts) = check.get(..48)?.split_at_checked(32)?;
        let (validation, key_salt) = salts.split_at_checked(8)?;
        if *self.hash(password, validation, user)? != hash {
            return None;
        }
        let key = self.hash(password, key_salt, user)?;
        let wrapped = wrapped.get(..32)?.to_vec();
        Some(Zeroizing::new(aes_decrypt(&key, &[0; 16], wrapped)?))
    }

    /// Algorithm 2.B for revision 6; one SHA-256 for revision 5.
    fn hash(&self, password: &[u8], salt: &[u8], user: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut first = Sha256::new();
        first.update(password);
        first.update(salt);
        first.update(user);
        let mut key = Zeroizing::new(first.finalize().to_vec());
        if self.revision == 5 {
            return Some(key);
        }
        // At most 288 rounds: the last byte of a round is at most 255.
        for round in 0_u16.. {
            let once = [password, &key, user].concat();
            let data = once.repeat(64);
            let data = aes_encrypt(key.get(..16)?, key.get(16..32)?, data)?;
            // The first 16 bytes as a number modulo 3; 256 is 1 modulo 3.
            let sum: u16 = data.iter().take(16).map(|byte| u16::from(*byte)).sum();
            let last = u16::from(*data.last()?);
            *key = match sum % 3 {
                0 => Sha256::digest(&data).to_vec(),
                1 => Sha384::digest(&data).to_vec(),
                _ => Sha512::digest(&data).to_vec(),
            };
            if round >= 63 && last + 32 <= round + 1 {
                break;
            }
        }
        key.truncate(32);
        Some(key)
    }
}

/// The first 32 bytes of password and padding.
fn padded(password: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(password.to_vec());
    bytes.extend(PADDING);
    bytes.truncate(32);
    bytes
}

/// `key` with every byte XORed with the number of the round.
fn changed(key: &[u8], round: u8) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(key.iter().map(|byte| byte ^ round).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written with the prepared password, opened with what another keyboard sends for it; and
    /// written by a program that does not prepare it.
    #[test]
    fn ok_an_aes_256_password_opens_in_either_form() {
        let (composed, decomposed) = ("kh\u{1ea9}u", "kha\u{302}\u{309}u");
        for (written, typed, opens) in [
            (composed, composed, true),
            (composed, decomposed, true),
            (decomposed, decomposed, true),
            (decomposed, composed, false),
        ] {
            let mut handler = Handler {
                revision: 6,
                length: 32,
                owner: vec![0; 48],
                user: Vec::new(),
                owner_key: vec![0; 32],
                user_key: vec![7; 32],
                permissions: -4,
                encrypt_metadata: true,
                id: Vec::new(),
            };
            handler.user = handler
                .hash(written.as_bytes(), b"validate", &[])
                .unwrap()
                .to_vec();
            handler.user.extend(b"validatekey salt");
            assert_eq!(handler.open(typed.as_bytes()).is_some(), opens, "{typed}");
        }
    }
}
