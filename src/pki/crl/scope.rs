//! IssuingDistributionPoint → [`Scope`], and whether it covers a certificate.

use crate::asn1::{Element, Reader, Tag};
use crate::error::Error;
use crate::pki::extension::{DistributionPointName, ReasonFlags};

/// What a CRL says about its own scope.
///
/// ```text
/// IssuingDistributionPoint ::= SEQUENCE {
///     distributionPoint          [0] DistributionPointName OPTIONAL,
///     onlyContainsUserCerts      [1] BOOLEAN DEFAULT FALSE,
///     onlyContainsCACerts        [2] BOOLEAN DEFAULT FALSE,
///     onlySomeReasons            [3] ReasonFlags OPTIONAL,
///     indirectCRL                [4] BOOLEAN DEFAULT FALSE,
///     onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
/// ```
///
/// Source: RFC 5280 §5.2.5.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// The point for which the CRL is issued.
    pub name: Option<DistributionPointName>,
    /// Only certificates of end entities are listed.
    pub only_user_certificates: bool,
    /// Only certificates of authorities are listed.
    pub only_authority_certificates: bool,
    /// Only revocations for these reasons are listed.
    pub only_some_reasons: Option<ReasonFlags>,
    /// Certificates of other issuers are listed.
    pub indirect: bool,
    /// Only attribute certificates are listed.
    pub only_attribute_certificates: bool,
}

impl Scope {
    pub(super) fn read(element: &Element<'_>) -> Result<Self, Error> {
        let mut reader = element.expect(Tag::SEQUENCE)?.reader();
        let mut scope = Self::default();
        if let Some(outer) = reader.optional(Tag::context(0))? {
            scope.name = Some(DistributionPointName::from_element(&outer.only()?)?);
        }
        let flag = |number: u8, reader: &mut Reader<'_>| -> Result<bool, Error> {
            match reader.optional(Tag::context_primitive(number))? {
                Some(element) => element.boolean(),
                None => Ok(false),
            }
        };
        scope.only_user_certificates = flag(1, &mut reader)?;
        scope.only_authority_certificates = flag(2, &mut reader)?;
        if let Some(flags) = reader.optional(Tag::context_primitive(3))? {
            scope.only_some_reasons = Some(ReasonFlags::from_element(&flags)?);
        }
        scope.indirect = flag(4, &mut reader)?;
        scope.only_attribute_certificates = flag(5, &mut reader)?;
        reader.finish()?;
        Ok(scope)
    }

    /// At most one of the three marks may be set.
    pub(super) fn is_contradictory(&self) -> bool {
        u8::from(self.only_user_certificates)
            + u8::from(self.only_authority_certificates)
            + u8::from(self.only_attribute_certificates)
            > 1
    }
}
