//! Bytes that the caller trusts → [`Trust`]: anchors with their dates, sources and constraints, and who is who.
//!
//! Nothing is compiled in and nothing is read from the system; a certificate found in a document
//! is never an anchor, except when its SHA-256 is pinned here. Three forms are read:
//! PEM bundles, single DER certificates or PKCS#7 bundles ([`Trust::from_pem`]), and the trust
//! file ([`Trust::from_json`]), which can say more.
//!
//! # The trust file
//!
//! One JSON object, UTF-8; a field that is not named here is an error.
//!
//! | field | what |
//! |---|---|
//! | `format` | `"kyso-trust-1"` |
//! | `anchors` | list, see below |
//! | `rules` | list, may be absent, see below |
//!
//! An anchor:
//!
//! | field | what |
//! |---|---|
//! | `certificate` | the certificate, PEM or base64 of DER; or absent when `sha256` alone pins one that comes with the documents |
//! | `sha256` | 64 hexadecimal digits (colons allowed): SHA-256 of the DER; compared when `certificate` is there too |
//! | `source` | where it came from and how it was checked, free text |
//! | `until` | RFC 3339: paths to this anchor hold up to this moment, whatever its certificate says |
//! | `own_constraints` | `"apply"` (default): extensions of the anchor's own certificate bind as if it were a CA certificate; `"ignore"`: it is a name and a key only |
//! | `constraints` | object, may be absent: what RFC 5937 lets a caller add |
//!
//! Constraints: `path_length` (number of intermediate CAs), `policies` (list of dotted OIDs),
//! `require_explicit_policy`, `inhibit_policy_mapping`, `inhibit_any_policy` (booleans),
//! `permitted` and `excluded` (lists of texts: `dns:gov.vn`, `email:.gov.vn`, `uri:.gov.vn`,
//! `ip:10.0.0.0/8`, `ip:fd00::/8`, `dn:O=Ban Co yeu Chinh phu,C=VN`).
//!
//! A rule says who the holder of a certificate is. The conditions of one rule must all hold, the
//! first rule that holds decides, and no rule means that nobody has said:
//!
//! | field | what |
//! |---|---|
//! | `is` | `"person"` or `"agency"` |
//! | `issuer` | RFC 4514 text: the name of the direct issuer |
//! | `policy` | dotted OID: one of the policies in the certificate |
//! | `certificate` | SHA-256 of this very certificate |
//!
//! ```
//! let file = br#"{
//!   "format": "kyso-trust-1",
//!   "anchors": [{
//!     "sha256": "f7bc89054cec7f12730d7b8cd3eb7955b163835087e5eb873edfb584763b3f90",
//!     "source": "http://ca.gov.vn/pki/pub/cert/rootca.crt, fetched and compared by hand",
//!     "until": "2030-03-05T00:00:00Z"
//!   }],
//!   "rules": [{ "is": "agency", "policy": "1.2.3.4" }]
//! }"#;
//! let trust = kyso::pki::Trust::from_json(file)?;
//! assert_eq!(trust.anchors().len(), 1);
//! # Ok::<(), kyso::error::Error>(())
//! ```

use std::collections::BTreeSet;
use std::net::IpAddr;

use base64::Engine as _;
use serde::{Deserialize, Serialize};

use crate::crypto::PublicKey;
use crate::error::{Error, PkiFault};
use crate::oid::Oid;
use crate::pki::certificate::Certificate;
use crate::pki::extension::{GeneralName, GeneralSubtree, NameConstraints};
use crate::pki::name::{Name, from_hex};
use crate::time::UtcTime;

/// The `format` of the trust file.
const FORMAT: &str = "kyso-trust-1";

/// Whom the caller trusts, and whom the caller knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trust {
    anchors: Vec<TrustAnchor>,
    rules: Vec<HolderRule>,
}

/// A name and a key that the caller trusts to issue.
///
/// Source: RFC 5280 §6.1.1 (d); RFC 5937.
#[derive(Debug, Clone, PartialEq)]
pub struct TrustAnchor {
    identity: Identity,
    constraints: AnchorConstraints,
    own_constraints: OwnConstraints,
    until: Option<UtcTime>,
    source: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Identity {
    Certificate(Certificate),
    Key(Name, PublicKey),
    Pin([u8; 32]),
}

/// What a caller adds to an anchor.
///
/// Source: RFC 5937 §3; RFC 5914 §2.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnchorConstraints {
    /// Non-self-issued CA certificates below the anchor; `None` = any number.
    pub path_length: Option<u64>,
    /// Only these policies; `None` = all. Setting them makes a valid policy necessary.
    pub policies: Option<BTreeSet<Oid>>,
    /// A valid policy is necessary.
    pub require_explicit_policy: bool,
    /// Policy mappings do not count.
    pub inhibit_policy_mapping: bool,
    /// anyPolicy does not count.
    pub inhibit_any_policy: bool,
    /// Names that certificates below may have.
    pub names: NameConstraints,
}

/// Whether extensions of the anchor's own certificate bind the paths below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnConstraints {
    /// They bind as those of a CA certificate, and so does its period (default). A certificate of version 1
    /// has none.
    #[default]
    Apply,
    /// The anchor is a name and a key, no more.
    Ignore,
}

/// Who the holder of a certificate is, as the caller's rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// An organisation: its signature is the seal.
    Agency,
    /// A natural person.
    Person,
}

/// One rule of the trust file; see the module's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HolderRule {
    /// What follows.
    pub is: Role,
    /// The direct issuer's name.
    pub issuer: Option<Name>,
    /// One of the policies in the certificate.
    pub policy: Option<Oid>,
    /// SHA-256 of the certificate.
    #[serde(skip)]
    pub certificate: Option<[u8; 32]>,
}

impl HolderRule {
    fn holds(&self, certificate: &Certificate) -> bool {
        let issuer = self.issuer.as_ref().is_none_or(|name| {
            certificate.issuer().matches(name) != crate::pki::name::NameMatch::Different
        });
        let policy = self
            .policy
            .as_ref()
            .is_none_or(|oid| certificate.policies().unwrap_or(&[]).contains(oid));
        let pin = self
            .certificate
            .as_ref()
            .is_none_or(|pin| pin == certificate.sha256());
        issuer && policy && pin
    }
}

impl TrustAnchor {
    fn new(identity: Identity) -> Self {
        Self {
            identity,
            constraints: AnchorConstraints::default(),
            own_constraints: OwnConstraints::Apply,
            until: None,
            source: String::new(),
        }
    }

    /// From a certificate; its signature is not looked at.
    pub fn from_certificate(certificate: Certificate) -> Self {
        Self::new(Identity::Certificate(certificate))
    }

    /// From a name and a key.
    pub fn from_key(name: Name, key: PublicKey) -> Self {
        Self::new(Identity::Key(name, key))
    }

    /// From the SHA-256 of a certificate that comes with the documents.
    pub fn from_sha256(digest: [u8; 32]) -> Self {
        Self::new(Identity::Pin(digest))
    }

    /// With more constraints.
    #[must_use]
    pub fn with_constraints(mut self, constraints: AnchorConstraints) -> Self {
        self.constraints = constraints;
        self
    }

    /// With or without the extensions of its own certificate.
    #[must_use]
    pub fn with_own_constraints(mut self, own: OwnConstraints) -> Self {
        self.own_constraints = own;
        self
    }

    /// Paths to it hold up to this moment.
    #[must_use]
    pub fn with_until(mut self, until: UtcTime) -> Self {
        self.until = Some(until);
        self
    }

    /// With the words that say where it came from.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// The certificate, when the anchor is more than a name and a key or a pin.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.identity {
            Identity::Certificate(certificate) => Some(certificate),
            _ => None,
        }
    }

    /// The name; `None` for an anchor that is only a pin.
    pub fn name(&self) -> Option<&Name> {
        match &self.identity {
            Identity::Certificate(certificate) => Some(certificate.subject()),
            Identity::Key(name, _) => Some(name),
            Identity::Pin(_) => None,
        }
    }

    /// The key; `None` for an anchor that is only a pin.
    pub fn key(&self) -> Option<&PublicKey> {
        match &self.identity {
            Identity::Certificate(certificate) => Some(certificate.public_key()),
            Identity::Key(_, key) => Some(key),
            Identity::Pin(_) => None,
        }
    }

    /// SHA-256 of the certificate; `None` for a name and a key.
    pub fn sha256(&self) -> Option<&[u8; 32]> {
        match &self.identity {
            Identity::Certificate(certificate) => Some(certificate.sha256()),
            Identity::Key(..) => None,
            Identity::Pin(digest) => Some(digest),
        }
    }

    /// What the caller added.
    pub fn constraints(&self) -> &AnchorConstraints {
        &self.constraints
    }

    /// Whether the certificate's own extensions bind.
    pub fn own_constraints(&self) -> OwnConstraints {
        self.own_constraints
    }

    /// Up to when paths to it hold.
    pub fn until(&self) -> Option<UtcTime> {
        self.until
    }

    /// Where it came from, in the caller's words.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// This pin with the certificate that has its digest.
    pub(crate) fn filled(&self, certificate: &Certificate) -> Self {
        Self {
            identity: Identity::Certificate(certificate.clone()),
            ..self.clone()
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (&self.identity, &other.identity) {
            (Identity::Key(name, key), Identity::Key(other_name, other_key)) => {
                name == other_name && key.same_key(other_key)
            }
            _ => self.sha256().is_some() && self.sha256() == other.sha256(),
        }
    }
}

impl Trust {
    /// No anchors: nothing will be trusted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every certificate of a PEM bundle, a DER certificate or a PKCS#7 bundle becomes an anchor.
    ///
    /// # Errors
    /// As [`Certificate::from_pem_or_der`].
    pub fn from_pem(bytes: &[u8]) -> Result<Self, Error> {
        let mut trust = Self::new();
        for certificate in Certificate::from_pem_or_der(bytes)? {
            trust.add(TrustAnchor::from_certificate(certificate));
        }
        Ok(trust)
    }

    /// Either form: a trust file when the first visible octet is `{`, else as
    /// [`Trust::from_pem`].
    ///
    /// # Errors
    /// As those two.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        match bytes.iter().find(|octet| !octet.is_ascii_whitespace()) {
            Some(b'{') => Self::from_json(bytes),
            _ => Self::from_pem(bytes),
        }
    }

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
            trust.add_rule(rule.read(index)?);
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

    /// Adds an anchor, unless the same certificate, pin, or name and key is there already; tells
    /// whether it was new.
    pub fn add(&mut self, anchor: TrustAnchor) -> bool {
        let new = !self.anchors.iter().any(|known| known.is_same(&anchor));
        if new {
            self.anchors.push(anchor);
        }
        new
    }

    /// Adds a rule after the others.
    pub fn add_rule(&mut self, rule: HolderRule) {
        self.rules.push(rule);
    }

    /// Adds what another trust has: anchors that are new, and all rules after the own ones.
    pub fn merge(&mut self, other: Self) {
        for anchor in other.anchors {
            self.add(anchor);
        }
        self.rules.extend(other.rules);
    }

    /// The anchors.
    pub fn anchors(&self) -> &[TrustAnchor] {
        &self.anchors
    }

    /// The rules.
    pub fn rules(&self) -> &[HolderRule] {
        &self.rules
    }

    /// Who holds `certificate`, by the first rule that holds; `None`: nobody has said.
    ///
    /// Ask it only of a certificate whose path is verified: a rule on the issuer's name compares
    /// names, and the path is what makes the name true.
    pub fn role(&self, certificate: &Certificate) -> Option<Role> {
        self.rules
            .iter()
            .find(|rule| rule.holds(certificate))
            .map(|rule| rule.is)
    }

    /// SHA-256 over everything that trust decisions depend on: the trust file of
    /// [`Trust::to_json`] and every anchor that is only a name and a key.
    pub fn digest(&self) -> [u8; 32] {
        use sha2::Digest as _;
        let mut hasher = sha2::Sha256::new();
        hasher.update(self.to_json());
        for anchor in &self.anchors {
            if let Identity::Key(name, key) = &anchor.identity {
                hasher.update(name.der());
                hasher.update(key.spki());
                hasher.update(format!(
                    "{:?}{:?}{}",
                    anchor.until, anchor.constraints, anchor.source
                ));
            }
        }
        hasher.finalize().into()
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

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
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
