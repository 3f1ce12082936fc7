//! Key and bytes → bytes: RC4 and AES-CBC as PDF uses them.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};

/// RC4, in place; encryption and decryption are the same. An empty key changes nothing.
pub(super) fn rc4(key: &[u8], data: &mut [u8]) {
    if key.is_empty() {
        return;
    }
    let mut state = [0_u8; 256];
    for (slot, value) in state.iter_mut().zip(0..=255) {
        *slot = value;
    }
    let at = |state: &[u8; 256], index: u8| state.get(usize::from(index)).copied().unwrap_or(0);
    let mut j = 0_u8;
    for (i, key) in (0..=255).zip(key.iter().cycle()) {
        j = j.wrapping_add(at(&state, i)).wrapping_add(*key);
        state.swap(usize::from(i), usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    for byte in data {
        i = i.wrapping_add(1);
        j = j.wrapping_add(at(&state, i));
        state.swap(usize::from(i), usize::from(j));
        *byte ^= at(&state, at(&state, i).wrapping_add(at(&state, j)));
    }
}

/// AES-CBC without padding; `key` has 16 or 32 bytes, `data` whole blocks. `None` otherwise.
pub(super) fn aes_decrypt(key: &[u8], iv: &[u8], mut data: Vec<u8>) -> Option<Vec<u8>> {
    let length = if key.len() == 16 {
        cbc::Decryptor::<aes::Aes128>::new_from_slices(key, iv)
            .ok()?
            .decrypt_padded::<NoPadding>(&mut data)
            .ok()?
            .len()
    } else {
        cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv)
            .ok()?
            .decrypt_padded::<NoPadding>(&mut data)
            .ok()?
            .len()
    };
    data.truncate(length);
    Some(data)
}

/// The inverse of [`aes_decrypt`].
pub(super) fn aes_encrypt(key: &[u8], iv: &[u8], mut data: Vec<u8>) -> Option<Vec<u8>> {
    let length = data.len();
    if key.len() == 16 {
        cbc::Encryptor::<aes::Aes128>::new_from_slices(key, iv)
            .ok()?
            .encrypt_padded::<NoPadding>(&mut data, length)
            .ok()?;
    } else {
        cbc::Encryptor::<aes::Aes256>::new_from_slices(key, iv)
            .ok()?
            .encrypt_padded::<NoPadding>(&mut data, length)
            .ok()?;
    }
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6229 §2, first 16 bytes of the key streams.
    #[test]
    fn ok_rc4_key_streams() {
        for (key, stream) in [
            (
                &[1, 2, 3, 4, 5][..],
                [
                    0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27, 0xcc, 0xc3, 0x52, 0x4a, 0x0a,
                    0x11, 0x18, 0xa8,
                ],
            ),
            (
                &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
                [
                    0x9a, 0xc7, 0xcc, 0x9a, 0x60, 0x9d, 0x1e, 0xf7, 0xb2, 0x93, 0x28, 0x99, 0xcd,
                    0xe4, 0x1b, 0x97,
                ],
            ),
        ] {
            let mut data = [0; 16];
            rc4(key, &mut data);
            assert_eq!(data, stream);
        }
    }

    #[test]
    fn aes_round_trip_and_refusal_of_partial_blocks() {
        for key in [&[7; 16][..], &[7; 32]] {
            let data: Vec<u8> = (0..48).collect();
            let encrypted = aes_encrypt(key, &[3; 16], data.clone()).unwrap();
            assert_ne!(encrypted, data);
            assert_eq!(aes_decrypt(key, &[3; 16], encrypted), Some(data));
        }
        assert_eq!(aes_decrypt(&[7; 16], &[3; 16], vec![0; 17]), None);
        assert_eq!(aes_decrypt(&[7; 24], &[3; 16], vec![0; 16]), None);
    }
}
