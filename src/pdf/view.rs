//! A document and one of its revisions → the objects that this revision shows.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::document::Document;
use super::filter;
use super::object::{Dictionary, Object, ObjectId, Stream};
use super::revision::Revision;
use super::xref::Location;
use crate::error::{Error, PdfFault};

/// The document as one revision shows it. Costs nothing to make or copy.
#[derive(Debug, Clone, Copy)]
pub struct View<'d, 'a> {
    document: &'d Document<'a>,
    revision: usize,
}

impl<'d, 'a> View<'d, 'a> {
    pub(crate) fn new(document: &'d Document<'a>, revision: usize) -> Self {
        Self { document, revision }
    }

    /// The whole document.
    pub fn document(&self) -> &'d Document<'a> {
        self.document
    }

    /// The revision's index, from 0.
    pub fn revision_index(&self) -> usize {
        self.revision
    }

    /// The revision.
    pub fn revision(&self) -> Option<&'d Revision<'a>> {
        self.document.revisions().get(self.revision)
    }

    /// The revision's trailer; strings in it are never encrypted.
    pub fn trailer(&self) -> &'d Dictionary<'a> {
        static EMPTY: LazyLock<Dictionary<'static>> = LazyLock::new(Dictionary::empty);
        let own = self.revision().and_then(Revision::trailer);
        own.unwrap_or_else(|| &EMPTY)
    }

    /// Where object `id` lives; `None` when it does not exist.
    ///
    /// # Errors
    /// Malformed sections, limits; the generation is another one.
    pub fn entry(&self, id: ObjectId) -> Result<Option<Location>, Error> {
        self.document.locate_id(self.revision, id)
    }

    /// Where the object with this number lives, whatever its generation, free ones included;
    /// `None` when no section lists it.
    ///
    /// # Errors
    /// Malformed sections, limits.
    pub fn locate(&self, number: u32) -> Result<Option<Location>, Error> {
        self.document.locate(self.revision, number)
    }

    /// Reads object `id`; `None` when it does not exist, which means the same as `null`.
    ///
    /// # Errors
    /// [`PdfFault::ObjectNotThere`], [`PdfFault::Malformed`], limits.
    pub fn get(&self, id: ObjectId) -> Result<Option<Object<'d>>, Error> {
        self.document.object(self.revision, id, 0)
    }

    /// What `object` stands for: follows references, a missing object is `null`.
    ///
    /// # Errors
    /// As [`Self::get`]; `Limits::reference_hops`.
    pub fn resolve(&self, object: &Object<'d>) -> Result<Object<'d>, Error> {
        let Some(mut id) = object.as_reference() else {
            return Ok(object.clone());
        };
        let hops = self.document.limits().reference_hops;
        for _ in 0..hops {
            match self.get(id)? {
                None => return Ok(Object::Null),
                Some(Object::Reference(next)) => id = next,
                Some(object) => return Ok(object),
            }
        }
        Err(Error::limit("reference_hops", hops as u64))
    }

    /// The value of `key`, references followed; `null` when there is none.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn value(&self, dictionary: &Dictionary<'d>, key: &[u8]) -> Result<Object<'d>, Error> {
        match dictionary.get(key) {
            Some(object) => self.resolve(object),
            None => Ok(Object::Null),
        }
    }

    /// The catalog.
    ///
    /// # Errors
    /// As [`Self::resolve`]; the trailer names no dictionary as `/Root`.
    pub fn catalog(&self) -> Result<Dictionary<'d>, Error> {
        let trailer: &'d Dictionary<'d> = self.trailer();
        self.value(trailer, b"Root")?
            .into_dictionary()
            .ok_or_else(|| {
                let section = self
                    .revision()
                    .and_then(|revision| revision.sections().first());
                Error::at(
                    PdfFault::Malformed("there is no catalog"),
                    section.map_or(0, |section| section.offset()),
                )
            })
    }

    /// The data of `stream`, decrypted, still encoded.
    ///
    /// # Errors
    /// [`PdfFault::Malformed`] for damaged encryption.
    pub fn data(&self, stream: &Stream<'d>) -> Result<Cow<'d, [u8]>, Error> {
        let filters = self.filters(stream)?;
        self.decrypted(stream, &filters)
    }

    /// The data of `stream`, decrypted and decoded.
    ///
    /// # Errors
    /// [`PdfFault::Filter`], [`PdfFault::Unsupported`] (image filters), limits. The position is
    /// that of the data in the file.
    pub fn decode(&self, stream: &Stream<'d>) -> Result<Vec<u8>, Error> {
        let filters = self.filters(stream)?;
        let data = self.decrypted(stream, &filters)?;
        let position = stream.span().start().unwrap_or_default();
        self.document
            .decoder()
            .decode(&data, &filters)
            .map_err(|error| error.within(position))
    }

    fn filters(&self, stream: &Stream<'d>) -> Result<Vec<filter::Filter>, Error> {
        filter::chain(stream.dictionary(), self.document.limits(), &|object| {
            self.resolve(object)
        })
    }

    fn decrypted(
        &self,
        stream: &Stream<'d>,
        filters: &[filter::Filter],
    ) -> Result<Cow<'d, [u8]>, Error> {
        match self.document.encryption() {
            Some(encryption) => encryption.decrypt_stream(stream, filters),
            None => Ok(Cow::Borrowed(stream.raw())),
        }
    }
}

impl<'d> Stream<'d> {
    /// The data, decrypted and decoded: [`View::decode`].
    ///
    /// # Errors
    /// As there.
    pub fn decode(&self, view: &View<'d, '_>) -> Result<Vec<u8>, Error> {
        view.decode(self)
    }
}

/// Decodes a stream whose filters are direct objects, as object streams must have them.
pub(crate) fn decode_direct(
    document: &Document<'_>,
    stream: &Stream<'_>,
    position: u64,
) -> Result<Vec<u8>, Error> {
    let direct = |object: &Object<'_>| match object {
        Object::Reference(_) => Err(Error::new(PdfFault::Filter(
            "filters of an object stream are not direct",
        ))),
        _ => Ok(()),
    };
    let chain = filter::chain(stream.dictionary(), document.limits(), &|object| {
        direct(object).map(|()| object.clone())
    });
    let decode = |filters: Vec<filter::Filter>| {
        let data = match document.encryption() {
            Some(encryption) => encryption.decrypt_stream(stream, &filters)?,
            None => Cow::Borrowed(stream.raw()),
        };
        document.decoder().decode(&data, &filters)
    };
    chain
        .and_then(decode)
        .map_err(|error| error.within(position))
}
