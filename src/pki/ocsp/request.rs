//! Certificates and their issuers → the DER of an OCSP request.

use super::CertId;
use crate::asn1::{Tag, write};
use crate::error::{Error, ErrorKind};
use crate::oid;

/// Writes an unsigned request for one or more certificates.
///
/// `nonce`: 1 to 128 octets that nobody can guess; 32 are usual, and the response must give them
/// back. `None` asks for whatever the responder has ready.
///
/// ```text
/// OCSPRequest ::= SEQUENCE { tbsRequest SEQUENCE { requestList SEQUENCE OF SEQUENCE { CertID },
///     requestExtensions [2] EXPLICIT Extensions OPTIONAL } }
/// ```
///
/// # Errors
/// [`ErrorKind::Misuse`]: no certificate, an unknown hash algorithm, or a nonce of another length.
///
/// Source: RFC 6960 §4.1.1; RFC 9654 §2.1.
pub fn write(ids: &[CertId], nonce: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    if ids.is_empty() {
        return Err(ErrorKind::Misuse("OCSP request for no certificate").into());
    }
    let mut requests = Vec::new();
    for id in ids {
        requests.extend(write::sequence(&[&id.to_der()?])?);
    }
    let list = write::sequence(&[&requests])?;
    let extensions = match nonce {
        None => Vec::new(),
        Some(nonce) if !(1..=128).contains(&nonce.len()) => {
            return Err(ErrorKind::Misuse("OCSP nonce of no or over 128 octets").into());
        }
        Some(nonce) => {
            let inner = write::element(Tag::OCTET_STRING, &[nonce])?;
            let value = write::element(Tag::OCTET_STRING, &[&inner])?;
            let extension = write::sequence(&[&write::oid(&oid::OCSP_NONCE)?, &value])?;
            write::element(Tag::context(2), &[&write::sequence(&[&extension])?])?
        }
    };
    let tbs = write::sequence(&[&list, &extensions])?;
    write::sequence(&[&tbs])
}

impl CertId {
    /// This value as DER. SHA-1 is written with NULL parameters, as every client does, because
    /// some responders compare octets.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`]: the hash algorithm is not known.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        let Some(algorithm) = self.algorithm else {
            return Err(ErrorKind::Misuse("OCSP request with an unknown hash").into());
        };
        let null = write::element(Tag::NULL, &[])?;
        let algorithm = write::sequence(&[&write::oid(&algorithm.oid())?, &null])?;
        write::sequence(&[
            &algorithm,
            &write::element(Tag::OCTET_STRING, &[&self.issuer_name_hash])?,
            &write::element(Tag::OCTET_STRING, &[&self.issuer_key_hash])?,
            &write::element(Tag::INTEGER, &[self.serial.as_bytes()])?,
        ])
    }
}
