//! A signature's CMS → the evidence that it brings beside its list of certificates: answers about
//! revocation, and the values that attributes hold.

use super::{SignedData, attribute};

impl SignedData<'_> {
    /// CRLs, OCSP responses (whole or basic) and certificates, each the octets of one value: of
    /// the `crls` field, of adbe-revocationInfoArchival, and of the unsigned attributes
    /// revocation-values and certificate-values. In the order sent; an attribute that cannot be
    /// read brings nothing.
    ///
    /// Anyone can have put unsigned attributes there: what they hold is material to judge, and
    /// proves nothing by being there. NOTE: complete-certificate-references and
    /// complete-revocation-references name evidence and are none.
    ///
    /// Source: RFC 5652 §5.1; ISO 32000-2 §12.8.3.3.2; EN 319 122-1 Annex A.1.1, Annex A.1.2.
    pub fn brought(&self) -> Vec<&[u8]> {
        let mut pieces: Vec<&[u8]> = Vec::new();
        pieces.extend(self.crls.iter().chain(&self.ocsp_responses));
        let Some(signer) = self.signers.first() else {
            return pieces;
        };
        let unsigned = &signer.unsigned_attributes;
        let lists = [
            attribute::adobe_revocation_info(signer.signed()),
            attribute::revocation_values(unsigned),
        ];
        for values in lists.into_iter().flatten().flatten() {
            pieces.extend(values.crls.into_iter().chain(values.ocsps));
        }
        if let Ok(Some(certificates)) = attribute::certificate_values(unsigned) {
            pieces.extend(certificates);
        }
        pieces
    }
}
