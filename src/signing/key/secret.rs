//! A PIN, a password or an access token on its way to whoever asks for it.

use std::fmt;

use zeroize::Zeroizing;

/// Octets that nobody may read: wiped when dropped, not `Clone`, and `Debug` hides them.
///
/// Copies that others make (a driver, the system's own buffers, a terminal) are out of reach.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the octets over; nothing is copied.
    pub fn new(octets: impl Into<Zeroizing<Vec<u8>>>) -> Self {
        Self(octets.into())
    }

    /// The octets, for the one call that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V082.
    #[test]
    fn ok_debug_shows_nothing() {
        let secret = Secret::new(b"246813".to_vec());
        assert_eq!(secret.expose(), b"246813");
        assert_eq!(
            format!("{secret:?} {secret:#?}"),
            "Secret([redacted]) Secret([redacted])"
        );
    }
}
