//! Reason codes ↔ [`Reason`].

use crate::asn1::{Element, Tag};
use crate::error::{Error, PkiFault};

/// Why a certificate was revoked.
///
/// ```text
/// CRLReason ::= ENUMERATED { unspecified(0), keyCompromise(1), cACompromise(2),
///     affiliationChanged(3), superseded(4), cessationOfOperation(5), certificateHold(6),
///     removeFromCRL(8), privilegeWithdrawn(9), aACompromise(10) }
/// ```
///
/// Source: RFC 5280 §5.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Reason {
    /// No reason is given, or it is not told.
    Unspecified,
    /// The holder's key is, or may be, in other hands.
    KeyCompromise,
    /// The key of an authority is, or may be, in other hands.
    CaCompromise,
    /// Name or other particulars changed.
    AffiliationChanged,
    /// Replaced by another certificate.
    Superseded,
    /// Not needed any more.
    CessationOfOperation,
    /// Suspended; may be released again.
    CertificateHold,
    /// In a delta CRL: released, or expired.
    RemoveFromCrl,
    /// A right that the certificate states is withdrawn.
    PrivilegeWithdrawn,
    /// The key of an attribute authority is, or may be, in other hands.
    AaCompromise,
    /// A number that the standard does not define; the certificate is revoked all the same.
    Other(u8),
}

impl Reason {
    /// From the number of the standard.
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            other => Self::Other(other),
        }
    }

    /// From an ENUMERATED element.
    pub(crate) fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        let code = element.expect(Tag::ENUMERATED)?.small()?;
        u8::try_from(code)
            .map(Self::from_code)
            .map_err(|_| Error::at(PkiFault::Crl("reason code above 255"), element.offset))
    }
}
