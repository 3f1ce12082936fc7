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
//! | `pki` | name of the PKI that the anchor belongs to, free text, such as `"public service"`: anchors with the same name are one PKI; an anchor without a name is a PKI of its own |
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
//! first rule that holds decides, and no rule means that nobody has said. Nothing else decides it,
//! neither words nor identifiers in a name; verification and signing ask the same rules:
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

mod file;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::crypto::{PublicKey, hex};
use crate::error::Error;
use crate::oid::Oid;
use crate::pki::certificate::Certificate;
use crate::pki::extension::NameConstraints;
use crate::pki::name::{Name, NameMatch};
use crate::time::UtcTime;

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
    pki: String,
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
        let issuer = self
            .issuer
            .as_ref()
            .is_none_or(|name| certificate.issuer().matches(name) != NameMatch::Different);
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
            pki: String::new(),
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

    /// As one of the anchors of the PKI that the caller calls so; empty: a PKI of its own.
    #[must_use]
    pub fn with_pki(mut self, name: impl Into<String>) -> Self {
        self.pki = name.into();
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

    /// The PKI that it belongs to, in the caller's words; empty when nobody has said.
    pub fn pki(&self) -> &str {
        &self.pki
    }

    /// What tells its PKI from others: the caller's word, else the anchor itself.
    pub fn pki_or_own(&self) -> String {
        if !self.pki.is_empty() {
            return self.pki.clone();
        }
        match (self.sha256(), self.name()) {
            (Some(digest), _) => hex(digest),
            (None, name) => name.map(Name::rfc4514).unwrap_or_default(),
        }
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

    /// Adds an anchor, unless the same certificate, pin, or name and key is there already; tells
    /// whether it was new.
    pub fn add(&mut self, anchor: TrustAnchor) -> bool {
        let new = !self.anchors.iter().any(|known| known.is_same(&anchor));
        if new {
            self.anchors.push(anchor);
        }
        new
    }

    /// Adds a rule after the others, unless the same one is there already; tells whether it was new.
    pub fn add_rule(&mut self, rule: HolderRule) -> bool {
        let new = !self.rules.contains(&rule);
        if new {
            self.rules.push(rule);
        }
        new
    }

    /// Adds what another trust has: anchors that are new, and all rules after the own ones.
    pub fn merge(&mut self, other: Self) {
        for anchor in other.anchors {
            self.add(anchor);
        }
        for rule in other.rules {
            self.add_rule(rule);
        }
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
                    "{:?}{:?}{}{}",
                    anchor.until, anchor.constraints, anchor.source, anchor.pki
                ));
            }
        }
        hasher.finalize().into()
    }
}
