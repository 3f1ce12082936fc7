//! A file whose cross-reference cannot be used → one made by looking for objects everywhere.

use super::OpenOptions;
use super::document::Document;
use crate::error::{Error, PdfFault};

/// Where streams end.
#[derive(Debug, Default)]
pub(crate) struct Ends {}

impl Ends {
    pub(crate) fn data<'a>(&self, _: &'a [u8], _: usize) -> &'a [u8] {
        &[]
    }
}

pub(crate) fn rebuild(_: &mut Document<'_>, _: &OpenOptions) -> Result<(), Error> {
    Err(Error::new(PdfFault::Unsupported("recovery".into())))
}
