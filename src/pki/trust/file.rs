//! The trust file ↔ [`Trust`]; the format stands in the module above.

use std::collections::BTreeSet;
use std::net::IpAddr;

use base64::Engine as _;
use serde::{Deserialize, Serialize};

use super::{AnchorConstraints, HolderRule, OwnConstraints, Role, Trust, TrustAnchor};
use crate::crypto::hex;
use crate::error::{Error, PkiFault};
use crate::oid::Oid;
use crate::pki::certificate::Certificate;
use crate::pki::extension::{GeneralName, GeneralSubtree, NameConstraints};
use crate::pki::name::{Name, from_hex};
use crate::time::UtcTime;

/// The `format` of the trust file.
const FORMAT: &str = "kyso-trust-1";

impl Trust {
    /// From a trust file.
    ///
    /// # Errors
    /// [`PkiFault::Trust`] with the field; what [`Certificate::from_pem_or_der`] says of a
    /// certificate.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        let file: File = serde_json::from_slice(bytes).map_err(|e| trust_fault(e.to_string()))?;
        if file.format != FORMAT {
            return Err(trust_fault(format!("format is not {FORMAT}")));
        }
        let mut trust = Self::new();
        for (index, anchor) in file.anchors.into_iter().enumerate() {
            if !trust.add(anchor.read(index)?) {
                return Err(trust_fault(format!("anchor {index} stands there twice")));
            }
        }
        for (index, rule) in file.rules.into_iter().enumerate() {
            if !trust.add_rule(rule.read(index)?) {
                return Err(trust_fault(format!("rule {index} stands there twice")));
            }
        }
        Ok(trust)
    }

    /// The trust file that says the same; reading it gives an equal value.
    pub fn to_json(&self) -> String {
        let file = File {
            format: FORMAT.to_owned(),
            anchors: self.anchors.iter().filter_map(FileAnchor::write).collect(),
            rules: self.rules.iter().map(FileRule::write).collect(),
        };
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    anchors: Vec<FileAnchor>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<FileRule>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAnchor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    source: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pki: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<UtcTime>,
    #[serde(default)]
    own_constraints: OwnConstraints,
    #[serde(default, skip_serializing_if = "FileConstraints::is_empty")]
    constraints: FileConstraints,
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileConstraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    path_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policies: Option<BTreeSet<Oid>>,
    require_explicit_policy: bool,
    inhibit_policy_mapping: bool,
    inhibit_any_policy: bool,
    permitted: Vec<String>,
    excluded: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    is: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Oid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
}

impl FileAnchor {
    fn read(self, index: usize) -> Result<TrustAnchor, Error> {
        let pin = match &self.sha256 {
            Some(text) => Some(digest_from_text(text).ok_or_else(|| {
                trust_fault(format!("sha256 of anchor {index} is not 64 digits"))
            })?),
            None => None,
        };
        let mut anchor = match (&self.certificate, pin) {
            (Some(text), pin) => {
                let certificate = certificate_from_text(text, index)?;
                if pin.is_some_and(|pin| pin != *certificate.sha256()) {
                    return Err(trust_fault(format!(
                        "the certificate of anchor {index} has another sha256"
                    )));
                }
                TrustAnchor::from_certificate(certificate)
            }
            (None, Some(pin)) => TrustAnchor::from_sha256(pin),
            (None, None) => {
                return Err(trust_fault(format!(
                    "anchor {index} has neither certificate nor sha256"
                )));
            }
        };
        anchor.until = self.until;
        anchor.source = self.source;
        anchor.pki = self.pki;
        anchor.own_constraints = self.own_constraints;
        anchor.constraints = self.constraints.read()?;
        Ok(anchor)
    }

    fn write(anchor: &TrustAnchor) -> Option<Self> {
        Some(Self {
            certificate: anchor
                .certificate()
                .map(|c| base64::engine::general_purpose::STANDARD.encode(c.der())),
            sha256: Some(hex(anchor.sha256()?)),
            source: anchor.source.clone(),
            pki: anchor.pki.clone(),
            until: anchor.until,
            own_constraints: anchor.own_constraints,
            constraints: FileConstraints::write(&anchor.constraints),
        })
    }
}

impl FileConstraints {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn read(self) -> Result<AnchorConstraints, Error> {
        let subtrees = |texts: &[String]| -> Result<Vec<GeneralSubtree>, Error> {
            texts.iter().map(|text| subtree_from_text(text)).collect()
        };
        Ok(AnchorConstraints {
            names: NameConstraints {
                permitted: subtrees(&self.permitted)?,
                excluded: subtrees(&self.excluded)?,
            },
            path_length: self.path_length,
            policies: self.policies,
            require_explicit_policy: self.require_explicit_policy,
            inhibit_policy_mapping: self.inhibit_policy_mapping,
            inhibit_any_policy: self.inhibit_any_policy,
        })
    }

    fn write(constraints: &AnchorConstraints) -> Self {
        let texts = |subtrees: &[GeneralSubtree]| subtrees.iter().map(subtree_text).collect();
        Self {
            path_length: constraints.path_length,
            policies: constraints.policies.clone(),
            require_explicit_policy: constraints.require_explicit_policy,
            inhibit_policy_mapping: constraints.inhibit_policy_mapping,
            inhibit_any_policy: constraints.inhibit_any_policy,
            permitted: texts(&constraints.names.permitted),
            excluded: texts(&constraints.names.excluded),
        }
    }
}

impl FileRule {
    fn read(self, index: usize) -> Result<HolderRule, Error> {
        if self.issuer.is_none() && self.policy.is_none() && self.certificate.is_none() {
            return Err(trust_fault(format!("rule {index} has no condition")));
        }
        let certificate = match &self.certificate {
            Some(text) => Some(digest_from_text(text).ok_or_else(|| {
                trust_fault(format!("certificate of rule {index} is not 64 digits"))
            })?),
            None => None,
        };
        Ok(HolderRule {
            is: self.is,
            issuer: self.issuer.as_deref().map(Name::from_rfc4514).transpose()?,
            policy: self.policy,
            certificate,
        })
    }

    fn write(rule: &HolderRule) -> Self {
        Self {
            is: rule.is,
            issuer: rule.issuer.as_ref().map(Name::rfc4514),
            policy: rule.policy.clone(),
            certificate: rule.certificate.as_ref().map(|digest| hex(digest)),
        }
    }
}

fn trust_fault(text: String) -> Error {
    PkiFault::Trust(text).into()
}

fn digest_from_text(text: &str) -> Option<[u8; 32]> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    from_hex(&digits)?.try_into().ok()
}

fn certificate_from_text(text: &str, index: usize) -> Result<Certificate, Error> {
    let fault = |what| trust_fault(format!("the certificate of anchor {index} is {what}"));
    let certificates = if text.contains("-----BEGIN ") {
        Certificate::from_pem_or_der(text.as_bytes())?
    } else {
        let digits: String = text.split_ascii_whitespace().collect();
        let der = base64::engine::general_purpose::STANDARD
            .decode(digits)
            .map_err(|_| fault("neither PEM nor base64"))?;
        vec![Certificate::from_der(&der)?]
    };
    match <[Certificate; 1]>::try_from(certificates) {
        Ok([certificate]) => Ok(certificate),
        Err(_) => Err(fault("more than one")),
    }
}

fn subtree_from_text(text: &str) -> Result<GeneralSubtree, Error> {
    let fault = || trust_fault(format!("not a constraint: `{text}`"));
    let (form, value) = text.split_once(':').ok_or_else(fault)?;
    if form != "dn" && !value.is_ascii() {
        return Err(fault());
    }
    let base = match form {
        "dn" => GeneralName::Directory(Name::from_rfc4514(value)?),
        "dns" => GeneralName::Dns(value.to_owned()),
        "email" => GeneralName::Email(value.to_owned()),
        "ip" => GeneralName::Ip(network_from_text(value).ok_or_else(fault)?.into()),
        "uri" => GeneralName::Uri(value.to_owned()),
        _ => return Err(fault()),
    };
    Ok(GeneralSubtree {
        base,
        bounded: false,
    })
}

/// Address and mask, 8 or 32 octets.
fn network_from_text(text: &str) -> Option<Vec<u8>> {
    let (address, bits) = text.split_once('/')?;
    let bits: usize = bits.parse().ok()?;
    let mut octets = match address.parse().ok()? {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    };
    let length = octets.len();
    if bits > length * 8 {
        return None;
    }
    let mask = (0..length).map(|octet| match bits.saturating_sub(octet * 8) {
        0 => 0u8,
        left if left >= 8 => 0xff,
        left => !(0xff >> left),
    });
    octets.extend(mask.collect::<Vec<u8>>());
    Some(octets)
}

fn subtree_text(subtree: &GeneralSubtree) -> String {
    match &subtree.base {
        GeneralName::Directory(name) => format!("dn:{name}"),
        GeneralName::Dns(name) => format!("dns:{name}"),
        GeneralName::Email(name) => format!("email:{name}"),
        GeneralName::Uri(name) => format!("uri:{name}"),
        GeneralName::Ip(octets) => {
            let (address, mask) = octets.split_at(octets.len() / 2);
            let bits: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
            let address = match (<[u8; 4]>::try_from(address), <[u8; 16]>::try_from(address)) {
                (Ok(four), _) => IpAddr::from(four).to_string(),
                (_, Ok(six)) => IpAddr::from(six).to_string(),
                _ => String::new(),
            };
            format!("ip:{address}/{bits}")
        }
        // No text form: such constraints are made by code, and reading them back is refused.
        other => format!("unsupported:{other:?}"),
    }
}
