//! `/Encrypt` and passwords → decrypted strings and streams; new ones encrypted alike.

mod cipher;
mod key;
mod prepare;

use std::borrow::Cow;
use std::fmt;

use md5::{Digest, Md5};

use self::cipher::{aes_decrypt, aes_encrypt, rc4};
use self::key::{Handler, Key};
use super::filter::Filter;
use super::object::{Dictionary, Object, ObjectId, Stream};
use super::view::View;
use super::{Password, XrefKind};
use crate::error::{Error, PdfFault};

/// A cipher of PDF encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// AES-128 in CBC mode.
    Aes128,
    /// AES-256 in CBC mode.
    Aes256,
    /// Nothing is encrypted.
    Identity,
    /// RC4 with the file's key length.
    Rc4,
}

/// How a file is encrypted, with the key that opened it. The key is never shown.
///
/// Source: ISO 32000-2 §7.6.
pub struct Encryption {
    version: u8,
    revision: u8,
    permissions: i32,
    encrypt_metadata: bool,
    owner: bool,
    strings: Method,
    streams: Method,
    embedded_files: Method,
    filters: Vec<(Vec<u8>, Method)>,
    key: Key,
    dictionary: Option<ObjectId>,
    strict: bool,
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encryption")
            .field("version", &self.version)
            .field("revision", &self.revision)
            .field("strings", &self.strings)
            .field("streams", &self.streams)
            .finish_non_exhaustive()
    }
}

impl Encryption {
    /// `/V`: 1, 2, 3 RC4; 4 crypt filters; 5 AES-256.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// `/R` of the standard security handler: 2 to 6.
    pub fn revision(&self) -> u8 {
        self.revision
    }

    /// `/P`: what the user password permits, ISO 32000-2 table 22.
    pub fn permissions(&self) -> i32 {
        self.permissions
    }

    /// Whether metadata streams are encrypted.
    pub fn encrypt_metadata(&self) -> bool {
        self.encrypt_metadata
    }

    /// Whether the owner password opened the file, so that everything is permitted.
    pub fn opened_as_owner(&self) -> bool {
        self.owner
    }

    /// Cipher of strings.
    pub fn strings(&self) -> Method {
        self.strings
    }

    /// Cipher of streams that name no other.
    pub fn streams(&self) -> Method {
        self.streams
    }

    /// Encrypts a string of object `id`. `iv` must be random and new for each call; RC4 does not
    /// use it. Never for `/Contents` of a signature.
    pub fn encrypt_string(&self, id: ObjectId, plain: &[u8], iv: [u8; 16]) -> Vec<u8> {
        self.encrypt(self.strings, id, plain, iv)
    }

    /// Encrypts the data of stream `id` after its filters. `iv` as in [`Self::encrypt_string`].
    /// Never for cross-reference streams, nor for a stream with a crypt filter of its own.
    pub fn encrypt_stream(&self, id: ObjectId, plain: &[u8], iv: [u8; 16]) -> Vec<u8> {
        self.encrypt(self.streams, id, plain, iv)
    }

    fn encrypt(&self, method: Method, id: ObjectId, plain: &[u8], iv: [u8; 16]) -> Vec<u8> {
        let mut data = plain.to_vec();
        match method {
            Method::Identity => data,
            Method::Rc4 => {
                rc4(&self.object_key(method, id), &mut data);
                data
            }
            Method::Aes128 | Method::Aes256 => {
                // 1 to 16 bytes, each the number of them.
                let padding = 16 - plain.len() % 16;
                data.extend(std::iter::repeat_n(padding as u8, padding));
                let encrypted = aes_encrypt(&self.object_key(method, id), &iv, data);
                let mut output = iv.to_vec();
                output.extend(encrypted.unwrap_or_default());
                output
            }
        }
    }

    /// Algorithm 1: the key of one object; AES-256 uses the file's key.
    fn object_key(&self, method: Method, id: ObjectId) -> Key {
        if method == Method::Aes256 {
            return self.key.clone();
        }
        let [a, b, c, _] = id.number.to_le_bytes();
        let mut hash = Md5::new();
        hash.update(&*self.key);
        hash.update([a, b, c]);
        hash.update(id.generation.to_le_bytes());
        if method == Method::Aes128 {
            hash.update(b"sAlT");
        }
        let mut key = Key::new(hash.finalize().to_vec());
        key.truncate(self.key.len().saturating_add(5).min(16));
        key
    }

    fn decrypt(&self, method: Method, id: ObjectId, data: &[u8]) -> Result<Vec<u8>, Error> {
        match method {
            Method::Identity => Ok(data.to_vec()),
            Method::Rc4 => {
                let mut data = data.to_vec();
                rc4(&self.object_key(method, id), &mut data);
                Ok(data)
            }
            Method::Aes128 | Method::Aes256 => self
                .decrypt_aes(&self.object_key(method, id), data)
                .ok_or_else(|| Error::new(PdfFault::Malformed("encrypted data is damaged"))),
        }
    }

    fn decrypt_aes(&self, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        if data.is_empty() {
            return Some(Vec::new());
        }
        let (iv, data) = data.split_at_checked(16)?;
        let whole = data.len() - data.len() % 16;
        if self.strict && whole != data.len() {
            return None;
        }
        let mut plain = aes_decrypt(key, iv, data.get(..whole)?.to_vec())?;
        let Some(&padding) = plain.last() else {
            return Some(plain);
        };
        let length = plain.len().checked_sub(usize::from(padding));
        let tail = length.and_then(|length| plain.get(length..));
        let right = (1..=16).contains(&padding)
            && tail.is_some_and(|tail| tail.iter().all(|byte| *byte == padding));
        match length {
            Some(length) if right => plain.truncate(length),
            _ if self.strict => return None,
            _ => {}
        }
        Some(plain)
    }

    /// Decrypts the strings of an object that was read from the file itself.
    ///
    /// `/Contents` of a signature stays as it is (rule R9), also when the dictionary is direct.
    pub(crate) fn decrypt_strings(
        &self,
        id: ObjectId,
        object: &mut Object<'_>,
    ) -> Result<(), Error> {
        if self.strings == Method::Identity || self.dictionary == Some(id) {
            return Ok(());
        }
        let mut stack = vec![object];
        while let Some(object) = stack.pop() {
            match object {
                Object::String(string) => {
                    let position = string.span().start().unwrap_or_default();
                    let plain = self
                        .decrypt(self.strings, id, &string.decoded())
                        .map_err(|error| error.within(position))?;
                    string.set_decrypted(plain);
                }
                Object::Array(array) => {
                    stack.extend(array.values_mut());
                }
                Object::Dictionary(dictionary) => push(dictionary, &mut stack),
                Object::Stream(stream) => {
                    if stream.dictionary.is_name(b"Type", b"XRef") {
                        return Ok(());
                    }
                    push(&mut stream.dictionary, &mut stack);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The data of `stream`, decrypted; `filters` are its own.
    pub(crate) fn decrypt_stream<'d>(
        &self,
        stream: &Stream<'d>,
        filters: &[Filter],
    ) -> Result<Cow<'d, [u8]>, Error> {
        let dictionary = &stream.dictionary;
        let own = filters.iter().find_map(|filter| match filter {
            Filter::Crypt(name) => Some(name),
            _ => None,
        });
        let method = if dictionary.is_name(b"Type", b"XRef") {
            Method::Identity
        } else if let Some(name) = own {
            self.filters
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, method)| *method)
                .ok_or_else(|| {
                    Error::new(PdfFault::Malformed("unknown crypt filter"))
                        .within(stream.span().start().unwrap_or_default())
                })?
        } else if dictionary.is_name(b"Type", b"Metadata") && !self.encrypt_metadata {
            Method::Identity
        } else if dictionary.is_name(b"Type", b"EmbeddedFile") {
            self.embedded_files
        } else {
            self.streams
        };
        if method == Method::Identity {
            return Ok(Cow::Borrowed(stream.raw));
        }
        self.decrypt(method, stream.id, stream.raw)
            .map(Cow::Owned)
            .map_err(|error| error.within(stream.span().start().unwrap_or_default()))
    }
}

/// Puts the values of `dictionary` on the stack, except `/Contents` of a signature.
fn push<'s, 'd>(dictionary: &'s mut Dictionary<'d>, stack: &mut Vec<&'s mut Object<'d>>) {
    let signature = is_signature(dictionary);
    stack.extend(
        dictionary
            .entries_mut()
            .iter_mut()
            .filter(|entry| !(signature && entry.key.as_bytes() == b"Contents"))
            .map(|entry| &mut entry.value),
    );
}

/// `/Type` is optional in a signature dictionary, ISO 32000-1 table 252.
fn is_signature(dictionary: &Dictionary<'_>) -> bool {
    let kind = dictionary.get(b"Type").map(Object::as_name);
    dictionary.contains(b"ByteRange") && matches!(kind, None | Some(Some(b"Sig" | b"DocTimeStamp")))
}

fn unsupported(what: impl Into<String>) -> Error {
    Error::new(PdfFault::Unsupported(what.into()))
}

/// Reads `/Encrypt` of the trailer and finds the password that opens the file.
///
/// # Errors
/// [`PdfFault::Password`]; [`PdfFault::Unsupported`] for other handlers than the standard one.
pub(crate) fn open(
    view: &View<'_, '_>,
    passwords: &[Password],
) -> Result<Option<Encryption>, Error> {
    let trailer = view.trailer();
    let Some(entry) = trailer.get(b"Encrypt") else {
        return Ok(None);
    };
    let position = trailer.span().start().unwrap_or_default();
    let fault = |what| Error::at(PdfFault::Malformed(what), position);
    let dictionary = match view.resolve(entry)? {
        Object::Null => return Ok(None),
        Object::Dictionary(dictionary) => dictionary,
        _ => return Err(fault("/Encrypt is not a dictionary")),
    };
    let handler = view.value(&dictionary, b"Filter")?;
    match handler.as_name() {
        Some(b"Standard") => {}
        Some(b"Adobe.PubSec") => {
            return Err(unsupported("public-key encryption (/Adobe.PubSec)"));
        }
        Some(other) => {
            return Err(unsupported(format!(
                "encryption with the handler {}",
                other.escape_ascii()
            )));
        }
        None => return Err(fault("/Encrypt names no handler")),
    }
    let integer = |key: &[u8], default: Option<i64>| -> Result<i64, Error> {
        match view.value(&dictionary, key)? {
            Object::Null => default,
            other => other.as_integer(),
        }
        .ok_or_else(|| fault("/Encrypt lacks a number"))
    };
    let string = |key: &[u8]| -> Result<Vec<u8>, Error> {
        Ok(match view.value(&dictionary, key)? {
            Object::String(string) => string.bytes().into_owned(),
            _ => Vec::new(),
        })
    };
    let version = integer(b"V", Some(0))?;
    let revision = integer(b"R", None)?;
    let (version, revision) = match (version, revision) {
        (1..=3, 2..=4) | (4, 2..=4) | (5, 5 | 6) => (version as u8, revision as u8),
        _ => {
            return Err(unsupported(format!(
                "encryption of version {version}, revision {revision}"
            )));
        }
    };
    let length = match version {
        1 => 5,
        4 => 16,
        5 => 32,
        _ => match integer(b"Length", Some(40))? {
            bits @ 40..=128 if bits % 8 == 0 => (bits / 8) as usize,
            _ => return Err(fault("/Length of /Encrypt is out of range")),
        },
    };
    let encrypt_metadata = view
        .value(&dictionary, b"EncryptMetadata")?
        .as_boolean()
        .unwrap_or(true);
    let filters = crypt_filters(view, &dictionary, version)?;
    let method = |key: &[u8], default: Method| -> Result<Method, Error> {
        if version < 4 {
            return Ok(Method::Rc4);
        }
        let name = view.value(&dictionary, key)?;
        let Some(name) = name.as_name() else {
            return Ok(default);
        };
        filters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, method)| *method)
            .ok_or_else(|| fault("unknown crypt filter"))
    };
    let strings = method(b"StrF", Method::Identity)?;
    let streams = method(b"StmF", Method::Identity)?;
    let embedded_files = method(b"EFF", streams)?;
    let id = view.value(trailer, b"ID")?;
    let id = id
        .as_array()
        .and_then(|array| array.get(0))
        .map(|first| view.resolve(first))
        .transpose()?;
    let permissions = integer(b"P", None)?;
    let handler = Handler {
        revision,
        length,
        owner: string(b"O")?,
        user: string(b"U")?,
        owner_key: string(b"OE")?,
        user_key: string(b"UE")?,
        // Written as a signed or an unsigned number of 32 bits.
        permissions: i32::try_from(permissions)
            .or_else(|_| u32::try_from(permissions).map(u32::cast_signed))
            .map_err(|_| fault("/P of /Encrypt is out of range"))?,
        encrypt_metadata,
        id: id
            .as_ref()
            .and_then(Object::as_string)
            .map_or_else(Vec::new, |id| id.bytes().into_owned()),
    };
    let (key, owner) = std::iter::once(&b""[..])
        .chain(passwords.iter().map(Password::as_bytes))
        .find_map(|password| handler.open(password))
        .ok_or(PdfFault::Password)?;
    let strict = view
        .revision()
        .is_none_or(|revision| revision.kind() != XrefKind::Recovered);
    Ok(Some(Encryption {
        version,
        revision,
        permissions: handler.permissions,
        encrypt_metadata,
        owner,
        strings,
        streams,
        embedded_files,
        filters,
        key,
        dictionary: entry.as_reference(),
        strict,
    }))
}

/// `/CF`, ISO 32000-2 §7.6.6; `Identity` is always there.
fn crypt_filters<'d>(
    view: &View<'d, '_>,
    dictionary: &Dictionary<'d>,
    version: u8,
) -> Result<Vec<(Vec<u8>, Method)>, Error> {
    let mut filters = vec![(b"Identity".to_vec(), Method::Identity)];
    if version < 4 {
        return Ok(filters);
    }
    let table = view.value(dictionary, b"CF")?;
    for entry in table.as_dictionary().iter().flat_map(|table| table.iter()) {
        let filter = view.resolve(&entry.value)?;
        let method = match filter.as_dictionary() {
            Some(filter) => view.value(filter, b"CFM")?,
            None => Object::Null,
        };
        let method = match (method.as_name(), version) {
            (Some(b"None") | None, _) => Method::Identity,
            (Some(b"V2"), 4) => Method::Rc4,
            (Some(b"AESV2"), 4) => Method::Aes128,
            (Some(b"AESV3"), 5) => Method::Aes256,
            (Some(other), _) => {
                return Err(unsupported(format!(
                    "crypt filter method {} in version {version}",
                    other.escape_ascii()
                )));
            }
        };
        // `Identity` cannot be redefined.
        filters.push((entry.key.as_bytes().to_vec(), method));
    }
    Ok(filters)
}
