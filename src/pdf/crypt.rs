//! `/Encrypt` and passwords → decrypted strings and streams.

use std::borrow::Cow;

use super::Password;
use super::filter::Filter;
use super::object::{Object, ObjectId, Stream};
use super::view::View;
use crate::error::{Error, PdfFault};

/// How a file is encrypted.
#[derive(Debug)]
pub struct Encryption {}

/// A cipher of PDF encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Nothing is encrypted.
    Identity,
}

impl Encryption {
    pub(crate) fn decrypt_strings(&self, _: ObjectId, _: &mut Object<'_>) -> Result<(), Error> {
        Err(Error::new(PdfFault::Unsupported("encryption".into())))
    }

    pub(crate) fn decrypt_stream<'d>(
        &self,
        _: &Stream<'d>,
        _: &[Filter],
    ) -> Result<Cow<'d, [u8]>, Error> {
        Err(Error::new(PdfFault::Unsupported("encryption".into())))
    }
}

/// Reads `/Encrypt` of the trailer and finds the password that opens the file.
pub(crate) fn open(view: &View<'_, '_>, _: &[Password]) -> Result<Option<Encryption>, Error> {
    if view.trailer().contains(b"Encrypt") {
        return Err(Error::new(PdfFault::Unsupported("encryption".into())));
    }
    Ok(None)
}
