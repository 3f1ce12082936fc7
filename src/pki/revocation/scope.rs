//! A CRL and a certificate → the reasons for which the CRL speaks of it.

use crate::pki::certificate::Certificate;
use crate::pki::crl::{Crl, Scope};
use crate::pki::extension::{DistributionPoint, DistributionPointName, GeneralName, ReasonFlags};
use crate::pki::name::{Name, NameMatch};

/// Why a CRL does not speak of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum ScopeMismatch {
    /// It lists only attribute certificates.
    #[error("it lists only attribute certificates")]
    AttributeCertificates,
    /// It lists only certificates of authorities.
    #[error("it lists only certificates of authorities")]
    AuthorityCertificates,
    /// It is for another distribution point.
    #[error("it is for another distribution point")]
    DistributionPoint,
    /// It is of another issuer and does not say that it is indirect.
    #[error("it is of another issuer and not indirect")]
    NotIndirect,
    /// It covers no reason.
    #[error("it covers no reason")]
    Reasons,
    /// It lists only certificates of end entities.
    #[error("it lists only certificates of end entities")]
    UserCertificates,
}

/// The reasons for which `crl` speaks of `certificate`: through any of its distribution points,
/// or as the CRL of its issuer.
///
/// Source: RFC 5280 §6.3.3 (b), (d); validation rules 2.10, V038.
pub(super) fn covered(crl: &Crl, certificate: &Certificate) -> Result<ReasonFlags, ScopeMismatch> {
    const EVERYTHING: &Scope = &Scope {
        name: None,
        only_user_certificates: false,
        only_authority_certificates: false,
        only_some_reasons: None,
        indirect: false,
        only_attribute_certificates: false,
    };
    let scope = crl.scope().unwrap_or(EVERYTHING);
    if scope.only_attribute_certificates {
        return Err(ScopeMismatch::AttributeCertificates);
    }
    if scope.only_user_certificates && certificate.is_authority() {
        return Err(ScopeMismatch::UserCertificates);
    }
    if scope.only_authority_certificates && !certificate.is_authority() {
        return Err(ScopeMismatch::AuthorityCertificates);
    }
    // A certificate without distribution points, or beside them: the CRL of its issuer, at the
    // issuer's name.
    let implied = DistributionPoint {
        name: Some(DistributionPointName::Full(vec![GeneralName::Directory(
            certificate.issuer().clone(),
        )])),
        reasons: None,
        crl_issuer: Vec::new(),
    };
    let mut flags = 0;
    let mut mismatch = ScopeMismatch::DistributionPoint;
    let points = certificate.crl_distribution_points().iter();
    for point in points.chain([&implied]) {
        match through(point, scope, crl, certificate) {
            Ok(found) => flags |= found.0,
            Err(ScopeMismatch::NotIndirect) => mismatch = ScopeMismatch::NotIndirect,
            Err(_) => {}
        }
    }
    match flags & ReasonFlags::ALL.0 {
        0 if flags_asked(scope) == 0 => Err(ScopeMismatch::Reasons),
        0 => Err(mismatch),
        found => Ok(ReasonFlags(found)),
    }
}

fn flags_asked(scope: &Scope) -> u16 {
    scope.only_some_reasons.unwrap_or(ReasonFlags::ALL).0 & ReasonFlags::ALL.0
}

fn through(
    point: &DistributionPoint,
    scope: &Scope,
    crl: &Crl,
    certificate: &Certificate,
) -> Result<ReasonFlags, ScopeMismatch> {
    // (b) (1): who issues the CRL.
    let issuer = if point.crl_issuer.is_empty() {
        if !same(crl.issuer(), certificate.issuer()) {
            return Err(ScopeMismatch::DistributionPoint);
        }
        certificate.issuer()
    } else {
        let named = point.crl_issuer.iter().find_map(|name| match name {
            GeneralName::Directory(name) if same(name, crl.issuer()) => Some(name),
            _ => None,
        });
        let Some(named) = named else {
            return Err(ScopeMismatch::DistributionPoint);
        };
        if !scope.indirect {
            return Err(ScopeMismatch::NotIndirect);
        }
        named
    };
    // (b) (2) (i): for which point it is issued.
    if let Some(of_crl) = &scope.name {
        let of_crl = full(of_crl, crl.issuer());
        let of_point = match &point.name {
            Some(name) => full(name, issuer),
            None => point.crl_issuer.clone(),
        };
        let meet = of_crl
            .iter()
            .any(|name| of_point.iter().any(|other| equal(name, other)));
        if !meet {
            return Err(ScopeMismatch::DistributionPoint);
        }
    }
    // (d): for which reasons.
    let of_point = point.reasons.unwrap_or(ReasonFlags::ALL).0;
    Ok(ReasonFlags(flags_asked(scope) & of_point))
}

fn full(name: &DistributionPointName, issuer: &Name) -> Vec<GeneralName> {
    match name {
        DistributionPointName::Full(names) => names.clone(),
        DistributionPointName::Relative(rdn) => issuer
            .with_relative(rdn)
            .map(GeneralName::Directory)
            .into_iter()
            .collect(),
    }
}

fn equal(a: &GeneralName, b: &GeneralName) -> bool {
    match (a, b) {
        (GeneralName::Directory(a), GeneralName::Directory(b)) => same(a, b),
        _ => a == b,
    }
}

pub(super) fn same(a: &Name, b: &Name) -> bool {
    a.matches(b) != NameMatch::Different
}
