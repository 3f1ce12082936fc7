//! Any bytes → nothing: the entry for fuzzing of messages.

use super::{Options, Package};
use crate::limits::ExchangeLimits;

/// A message: read within small limits; what is read is written and read again.
pub fn envelope(bytes: &[u8]) {
    let options = Options {
        limits: ExchangeLimits {
            message: 1 << 20,
            attachment: 1 << 20,
            ..ExchangeLimits::default()
        },
        allow_legacy_namespaces: bytes.first().is_some_and(|octet| octet & 1 == 1),
        folder: None,
    };
    let Ok(package) = Package::read(bytes, &options) else {
        return;
    };
    let mut written = Vec::new();
    let again = match &package.message {
        super::Message::Document(document) => {
            super::write_document::<&[u8]>(document, &mut [], false, &mut written)
        }
        super::Message::Status(status) => super::write_status(status, &mut written),
    };
    if again.is_ok() {
        let read = Package::read(written.as_slice(), &Options::default());
        assert_eq!(read.ok().map(|read| read.message), Some(package.message));
    }
}
