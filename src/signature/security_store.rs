//! The document security store → certificates, CRLs and OCSP responses as bytes, with their revision.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::scan;
use crate::error::Error;
use crate::limits::Limits;
use crate::pdf::{Dictionary, Document, Object};

/// What one stream of the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Material {
    /// A certificate.
    Certificate,
    /// A certificate revocation list.
    Crl,
    /// An OCSP response.
    Ocsp,
}

/// One stream of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreEntry {
    /// What it holds.
    pub material: Material,
    /// The bytes, one DER value by the standard; not checked here.
    #[serde(with = "super::encoded::octets")]
    pub bytes: Vec<u8>,
    /// The revision in which the stream was written, counted from 0.
    pub revision: usize,
}

/// Everything that the store of the latest revision holds; carries no trust and no time by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityStore {
    /// The streams, each once.
    pub entries: Vec<StoreEntry>,
    /// Members that are not streams or do not decode; passed over, and told.
    pub unreadable: usize,
}

/// Reads `/DSS` with its `/VRI`.
///
/// # Errors
/// The limits `security_store_streams` and `security_store_bytes`; an unreadable member is none.
///
/// Source: ISO 32000-2 §12.8.4.3.
pub fn read(document: &Document<'_>, limits: &Limits) -> Result<SecurityStore, Error> {
    let mut store = SecurityStore::default();
    let view = document.latest();
    let catalog = view.catalog()?;
    let Some(dss) = catalog.get(b"DSS") else {
        return Ok(store);
    };
    let Ok(dss) = view.resolve(dss) else {
        store.unreadable += 1;
        return Ok(store);
    };
    let Some(dss) = dss.as_dictionary() else {
        store.unreadable += 1;
        return Ok(store);
    };
    let mut seen = BTreeSet::new();
    let mut bytes = 0u64;
    let mut collect = |dictionary: &Dictionary<'_>, names: [&[u8]; 3]| -> Result<(), Error> {
        let materials = [Material::Certificate, Material::Crl, Material::Ocsp];
        for (name, material) in names.into_iter().zip(materials) {
            let Some(list) = dictionary.get(name) else {
                continue;
            };
            let list = view.resolve(list).unwrap_or(Object::Null);
            let Some(list) = list.as_array() else {
                store.unreadable += 1;
                continue;
            };
            for item in list.iter() {
                let Some(id) = item.as_reference() else {
                    store.unreadable += 1;
                    continue;
                };
                if !seen.insert(id) {
                    continue;
                }
                if seen.len() > limits.security_store_streams {
                    return Err(Error::limit(
                        "security_store_streams",
                        limits.security_store_streams as u64,
                    ));
                }
                let decoded = match view.get(id) {
                    Ok(Some(Object::Stream(stream))) => view.decode(&stream),
                    _ => {
                        store.unreadable += 1;
                        continue;
                    }
                };
                match decoded {
                    Ok(decoded) => {
                        bytes = bytes.saturating_add(decoded.len() as u64);
                        if bytes > limits.security_store_bytes {
                            return Err(Error::limit(
                                "security_store_bytes",
                                limits.security_store_bytes,
                            ));
                        }
                        let revision = scan::written_in(document, id)?.unwrap_or(0);
                        store.entries.push(StoreEntry {
                            material,
                            bytes: decoded,
                            revision,
                        });
                    }
                    Err(_) => store.unreadable += 1,
                }
            }
        }
        Ok(())
    };
    collect(dss, [b"Certs", b"CRLs", b"OCSPs"])?;
    if let Some(vri) = dss.get(b"VRI") {
        let vri = view.resolve(vri).unwrap_or(Object::Null);
        if let Some(vri) = vri.as_dictionary() {
            for entry in vri.iter() {
                let one = view.resolve(&entry.value).unwrap_or(Object::Null);
                if let Some(one) = one.as_dictionary() {
                    collect(one, [b"Cert", b"CRL", b"OCSP"])?;
                }
            }
        }
    }
    Ok(store)
}
