//! Extensions one by one → all that is understood, in one place.

use super::general_name::access;
use super::{
    AccessDescription, AuthorityKeyIdentifier, BasicConstraints, DistributionPoint, Extension,
    GeneralName, KeyUsage, NameConstraints, PolicyConstraints, PolicyMapping, capped,
};
use crate::asn1::{Element, Tag};
use crate::error::{Asn1Fault, Error};
use crate::oid::{self, Oid};

/// Every extension that this crate understands, read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub basic_constraints: Option<BasicConstraints>,
    pub key_usage: Option<KeyUsage>,
    pub extended_key_usage: Option<Vec<Oid>>,
    pub subject_key_identifier: Option<Box<[u8]>>,
    pub authority_key_identifier: Option<AuthorityKeyIdentifier>,
    pub subject_alt_names: Option<Vec<GeneralName>>,
    pub name_constraints: Option<NameConstraints>,
    pub policies: Option<Vec<Oid>>,
    pub policy_mappings: Option<Vec<PolicyMapping>>,
    pub policy_constraints: Option<PolicyConstraints>,
    pub inhibit_any_policy: Option<u64>,
    pub crl_distribution_points: Vec<DistributionPoint>,
    pub freshest_crl: Vec<DistributionPoint>,
    pub authority_info_access: Vec<AccessDescription>,
    pub no_rev_avail: bool,
    pub ocsp_no_check: bool,
    pub qualified_statements: Vec<Oid>,
}

/// Whether path validation processes extensions of this kind, so that they may be critical.
///
/// Revocation pointers count: `revocation` processes them on the finished path.
pub(crate) fn is_processed(kind: &Oid) -> bool {
    const PROCESSED: &[Oid] = &[
        oid::BASIC_CONSTRAINTS,
        oid::KEY_USAGE,
        oid::EXTENDED_KEY_USAGE,
        oid::SUBJECT_ALT_NAME,
        oid::NAME_CONSTRAINTS,
        oid::CERTIFICATE_POLICIES,
        oid::POLICY_MAPPINGS,
        oid::POLICY_CONSTRAINTS,
        oid::INHIBIT_ANY_POLICY,
        oid::CRL_DISTRIBUTION_POINTS,
        oid::FRESHEST_CRL,
        oid::AUTHORITY_INFO_ACCESS,
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::ISSUER_ALT_NAME,
        oid::NO_REV_AVAIL,
        oid::OCSP_NO_CHECK,
        oid::QC_STATEMENTS,
    ];
    PROCESSED.contains(kind)
}

impl Known {
    /// Reads `extension` into its place; unknown kinds are left alone.
    pub(crate) fn read(&mut self, extension: &Extension) -> Result<(), Error> {
        let kind = &extension.kind;
        if *kind == oid::NO_REV_AVAIL || *kind == oid::OCSP_NO_CHECK {
            let null = extension.element()?.expect(Tag::NULL)?;
            if !null.content.is_empty() {
                return Err(null.fault(Asn1Fault::Value("null with content")));
            }
            if *kind == oid::NO_REV_AVAIL {
                self.no_rev_avail = true;
            } else {
                self.ocsp_no_check = true;
            }
            return Ok(());
        }
        if !is_processed(kind) {
            return Ok(());
        }
        let element = extension.element()?;
        if *kind == oid::BASIC_CONSTRAINTS {
            self.basic_constraints = Some(BasicConstraints::from_element(&element)?);
        } else if *kind == oid::KEY_USAGE {
            self.key_usage = Some(KeyUsage::from_element(&element)?);
        } else if *kind == oid::EXTENDED_KEY_USAGE {
            let purposes = oids(&element)?;
            if purposes.is_empty() {
                return Err(element.fault(Asn1Fault::Value("empty extended key usage")));
            }
            self.extended_key_usage = Some(purposes);
        } else if *kind == oid::SUBJECT_KEY_IDENTIFIER {
            self.subject_key_identifier = Some(element.expect(Tag::OCTET_STRING)?.content.into());
        } else if *kind == oid::AUTHORITY_KEY_IDENTIFIER {
            self.authority_key_identifier = Some(AuthorityKeyIdentifier::from_element(&element)?);
        } else if *kind == oid::SUBJECT_ALT_NAME {
            self.subject_alt_names = Some(GeneralName::all(&element.expect(Tag::SEQUENCE)?)?);
        } else if *kind == oid::ISSUER_ALT_NAME {
            GeneralName::all(&element.expect(Tag::SEQUENCE)?)?;
        } else if *kind == oid::NAME_CONSTRAINTS {
            self.name_constraints = Some(NameConstraints::from_element(&element)?);
        } else if *kind == oid::CERTIFICATE_POLICIES {
            self.policies = Some(policies(&element)?);
        } else if *kind == oid::POLICY_MAPPINGS {
            self.policy_mappings = Some(mappings(&element)?);
        } else if *kind == oid::POLICY_CONSTRAINTS {
            self.policy_constraints = Some(policy_constraints(&element)?);
        } else if *kind == oid::INHIBIT_ANY_POLICY {
            self.inhibit_any_policy = Some(capped(&element.expect(Tag::INTEGER)?)?);
        } else if *kind == oid::CRL_DISTRIBUTION_POINTS {
            self.crl_distribution_points = DistributionPoint::all(&element)?;
        } else if *kind == oid::FRESHEST_CRL {
            self.freshest_crl = DistributionPoint::all(&element)?;
        } else if *kind == oid::AUTHORITY_INFO_ACCESS {
            self.authority_info_access = access(&element)?;
        } else if *kind == oid::QC_STATEMENTS {
            let mut inside = element.expect(Tag::SEQUENCE)?.reader();
            while !inside.is_empty() {
                let mut statement = inside.expect(Tag::SEQUENCE)?.reader();
                self.qualified_statements
                    .push(statement.expect(Tag::OID)?.oid()?);
            }
        }
        Ok(())
    }
}

fn oids(element: &Element<'_>) -> Result<Vec<Oid>, Error> {
    let mut inside = element.expect(Tag::SEQUENCE)?.reader();
    let mut found = Vec::new();
    while !inside.is_empty() {
        found.push(inside.expect(Tag::OID)?.oid()?);
    }
    Ok(found)
}

/// Policies without their qualifiers; a policy may stand there only once.
///
/// Source: RFC 5280 §4.2.1.4.
fn policies(element: &Element<'_>) -> Result<Vec<Oid>, Error> {
    let mut inside = element.expect(Tag::SEQUENCE)?.reader();
    let mut found = Vec::new();
    while !inside.is_empty() {
        let mut information = inside.expect(Tag::SEQUENCE)?.reader();
        found.push(information.expect(Tag::OID)?.oid()?);
        information.optional(Tag::SEQUENCE)?;
        information.finish()?;
    }
    let mut sorted = found.clone();
    sorted.sort();
    sorted.dedup();
    if found.is_empty() || sorted.len() != found.len() {
        return Err(element.fault(Asn1Fault::Value("no policies, or one of them twice")));
    }
    Ok(found)
}

fn mappings(element: &Element<'_>) -> Result<Vec<PolicyMapping>, Error> {
    let mut inside = element.expect(Tag::SEQUENCE)?.reader();
    let mut found = Vec::new();
    while !inside.is_empty() {
        let mut pair = inside.expect(Tag::SEQUENCE)?.reader();
        found.push(PolicyMapping {
            issuer: pair.expect(Tag::OID)?.oid()?,
            subject: pair.expect(Tag::OID)?.oid()?,
        });
        pair.finish()?;
    }
    if found.is_empty() {
        return Err(element.fault(Asn1Fault::Value("empty policy mappings")));
    }
    Ok(found)
}

fn policy_constraints(element: &Element<'_>) -> Result<PolicyConstraints, Error> {
    let mut inside = element.expect(Tag::SEQUENCE)?.reader();
    let mut part = |number| match inside.optional(Tag::context_primitive(number))? {
        Some(value) => capped(&value).map(Some),
        None => Ok(None),
    };
    let constraints = PolicyConstraints {
        require_explicit_policy: part(0)?,
        inhibit_policy_mapping: part(1)?,
    };
    inside.finish()?;
    if constraints.require_explicit_policy.is_none() && constraints.inhibit_policy_mapping.is_none()
    {
        return Err(element.fault(Asn1Fault::Value("empty policy constraints")));
    }
    Ok(constraints)
}
