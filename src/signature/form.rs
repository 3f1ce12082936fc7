//! `/SubFilter` → the form of a signature: what lies in `/Contents` and what of it is signed.

use super::EmbeddedSignature;

/// The known forms of signature.
///
/// Source: ISO 32000-2 §12.8.3.1, table 260.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `ETSI.CAdES.detached`.
    Cades,
    /// `adbe.pkcs7.detached`.
    Pkcs7Detached,
    /// `adbe.pkcs7.sha1`: the CMS holds a SHA-1 digest as its content.
    Pkcs7Sha1,
    /// `ETSI.RFC3161`: a time-stamp token.
    TimeStamp,
    /// `adbe.x509.rsa_sha1`: a bare RSA signature, certificates beside it.
    X509RsaSha1,
    /// Another one; read as a detached CMS to show its integrity, never passed.
    Unknown,
}

impl Form {
    /// The form of `signature`.
    pub fn of(signature: &EmbeddedSignature) -> Self {
        match signature.sub_filter.as_deref() {
            Some("ETSI.CAdES.detached") => Self::Cades,
            Some("adbe.pkcs7.detached") => Self::Pkcs7Detached,
            Some("adbe.pkcs7.sha1") => Self::Pkcs7Sha1,
            Some("ETSI.RFC3161") => Self::TimeStamp,
            Some("adbe.x509.rsa_sha1") => Self::X509RsaSha1,
            _ => Self::Unknown,
        }
    }

    /// Whether the signed attributes must be there whatever the policy says.
    pub fn needs_signed_attributes(self) -> bool {
        matches!(self, Self::Cades | Self::TimeStamp)
    }
}
