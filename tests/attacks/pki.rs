//! One small PKI for all cases: root, issuing authority, signers, CRLs; and CMS values by hand.

use std::sync::LazyLock;

use kyso::asn1::Tag;
use kyso::asn1::write::{element, oid as write_oid, sequence, set_of, small};
use kyso::cms::write::{self, Signature};
use kyso::crypto::{DigestAlgorithm, SignatureAlgorithm};
use kyso::limits::Limits;
use kyso::oid::{self, Oid};
use kyso::pki::issue::{
    Authority, CrlTemplate, ExtensionValue, Key, KeyType, RevokedEntry, Subject, Template,
};
use kyso::signing::key::{self, LocalKey};
use kyso::{Evidence, Origin, Policy, Signer, Trust, UtcTime, Verifier};

/// The moment of signing and of every validation that names no other.
pub fn at() -> UtcTime {
    UtcTime::from_civil(2026, 5, 4, 3, 2, 1).unwrap()
}

pub const DAY: i64 = 86_400;

pub struct Pki {
    pub root: Authority,
    pub issuing: Authority,
    /// Signs most files.
    pub leader: Authority,
    /// Signs second.
    pub agency: Authority,
    /// RSA of 2048 bits.
    pub rsa: Authority,
    /// Signs its own certificate; nobody trusts it.
    pub stranger: Authority,
    pub root_crl: Vec<u8>,
    pub issuing_crl: Vec<u8>,
}

pub fn name(common: &str) -> Subject {
    Subject::new()
        .with(oid::AT_COUNTRY, "VN")
        .with(oid::AT_COMMON_NAME, common)
}

pub fn crl_template(entries: Vec<RevokedEntry>) -> CrlTemplate {
    CrlTemplate {
        number: Some(1),
        this_update: at().plus(-60),
        next_update: Some(at().plus(30 * DAY)),
        entries,
        extensions: Vec::new(),
    }
}

pub fn signer_template(serial: u8, common: &str) -> Template {
    let mut template = Template::signer(
        &[serial],
        name(common),
        at().plus(-30 * DAY),
        at().plus(300 * DAY),
    );
    template.extensions.push(
        ExtensionValue::crl_distribution_points(&["http://crl.example.invalid/issuing.crl"])
            .unwrap(),
    );
    template
}

pub fn p256() -> Key {
    Key::generate(KeyType::P256).unwrap()
}

pub static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let (from, until) = (at().plus(-400 * DAY), at().plus(4000 * DAY));
    let root = Authority::root(p256(), &Template::root(&[1], name("Root"), from, until)).unwrap();
    let issuing = root
        .subordinate(
            p256(),
            &Template::issuing(&[2], name("Issuing"), from, until),
        )
        .unwrap();
    let holder = |key, serial, common| {
        issuing
            .subordinate(key, &signer_template(serial, common))
            .unwrap()
    };
    Pki {
        root_crl: root.crl(&crl_template(Vec::new())).unwrap(),
        issuing_crl: issuing.crl(&crl_template(Vec::new())).unwrap(),
        leader: holder(p256(), 11, "Leader"),
        agency: holder(p256(), 12, "Agency"),
        rsa: holder(Key::generate(KeyType::Rsa2048).unwrap(), 13, "Rsa"),
        stranger: Authority::root(p256(), &signer_template(14, "Stranger")).unwrap(),
        root,
        issuing,
    }
});

/// A source of signatures with the chain up to the root.
pub fn local_key(holder: &Authority) -> LocalKey {
    let chain = [holder, &PKI.issuing, &PKI.root]
        .map(|one| one.certificate_pem().unwrap())
        .concat();
    key::pem::load(
        holder.key().pkcs8(),
        chain.as_bytes(),
        None,
        &Limits::default(),
    )
    .unwrap()
}

pub fn signer(holder: &Authority) -> Signer {
    Signer::new(local_key(holder))
}

pub fn trust() -> Trust {
    Trust::from_bytes(PKI.root.certificate()).unwrap()
}

pub fn evidence(pieces: &[&[u8]]) -> Evidence {
    let mut evidence = Evidence::new();
    for piece in pieces {
        evidence
            .add_bytes(piece, Origin::Caller, &Limits::default())
            .unwrap();
    }
    evidence
}

/// Policy `official`, the root trusted, both CRLs given.
pub fn verifier() -> Verifier {
    with_policy(Policy::official())
}

pub fn with_policy(policy: Policy) -> Verifier {
    Verifier::new(trust(), policy).with_evidence(evidence(&[&PKI.root_crl, &PKI.issuing_crl]))
}

/// What a CMS signature says; each field is what one case changes.
pub struct Cms<'a> {
    pub holder: &'a Authority,
    pub chain: Vec<Vec<u8>>,
    pub content_type: Oid,
    pub content: Option<Vec<u8>>,
    pub digest: DigestAlgorithm,
    pub algorithm: SignatureAlgorithm,
    /// The signed attributes, made from the digest of the signed bytes; `None` for none at all.
    pub attributes: Option<Vec<Vec<u8>>>,
    /// How the attributes are sent: `true` as listed, not in the order of DER.
    pub as_listed: bool,
    /// Whether the octets that are signed are sorted although they are sent as listed.
    pub sign_sorted: bool,
    /// The unsigned attributes.
    pub unsigned: Vec<Vec<u8>>,
}

pub fn content_type_attribute(kind: &Oid) -> Vec<u8> {
    write::attribute(&oid::CONTENT_TYPE, &[&write_oid(kind).unwrap()]).unwrap()
}

pub fn message_digest_attribute(digest: &[u8]) -> Vec<u8> {
    let value = element(Tag::OCTET_STRING, &[digest]).unwrap();
    write::attribute(&oid::MESSAGE_DIGEST, &[&value]).unwrap()
}

pub fn ess_attribute(certificate: &[u8]) -> Vec<u8> {
    write::signing_certificate_v2(certificate, DigestAlgorithm::Sha256).unwrap()
}

impl<'a> Cms<'a> {
    /// A faultless one over `content`, the signed bytes.
    pub fn new(holder: &'a Authority, content: &[u8]) -> Self {
        let digest = DigestAlgorithm::Sha256;
        let value = digest.digest(&[content]);
        Self {
            holder,
            chain: vec![
                holder.certificate().to_vec(),
                PKI.issuing.certificate().to_vec(),
            ],
            content_type: oid::DATA,
            content: None,
            digest,
            algorithm: holder.key().algorithm().clone(),
            attributes: Some(vec![
                content_type_attribute(&oid::DATA),
                message_digest_attribute(value.as_bytes()),
                ess_attribute(holder.certificate()),
            ]),
            as_listed: false,
            sign_sorted: false,
            unsigned: Vec::new(),
        }
    }

    /// The signed attributes, outer tag SET.
    fn set(&self) -> Option<Vec<u8>> {
        let members = self.attributes.as_ref()?;
        Some(if self.as_listed {
            element(Tag::SET, &[&members.concat()]).unwrap()
        } else {
            set_of(Tag::SET, members).unwrap()
        })
    }

    /// The value over the signed attributes, or over `content` when there are none.
    pub fn value(&self, content: &[u8]) -> Vec<u8> {
        let message = match (&self.attributes, self.sign_sorted) {
            (Some(members), true) => set_of(Tag::SET, members).unwrap(),
            (Some(_), false) => self.set().unwrap(),
            (None, _) => content.to_vec(),
        };
        self.holder.key().sign(&message).unwrap()
    }

    /// The DER (apart from the order of attributes) with `value` as the signature value.
    pub fn with_value(&self, value: &[u8]) -> Vec<u8> {
        let signer = write::issuer_and_serial(self.holder.certificate()).unwrap();
        let certificates: Vec<&[u8]> = self.chain.iter().map(Vec::as_slice).collect();
        let set = self.set();
        write::signed_data(
            &Signature {
                content_type: &self.content_type,
                content: self.content.as_deref(),
                certificates: &certificates,
                crls: &[],
                signer: &signer,
                digest_algorithm: self.digest,
                signature_algorithm: &self.algorithm,
                signed_attributes: set.as_deref(),
                unsigned_attributes: &self.unsigned,
            },
            value,
        )
        .unwrap()
    }

    pub fn der(&self, content: &[u8]) -> Vec<u8> {
        self.with_value(&self.value(content))
    }

    /// One SignerInfo by itself.
    pub fn signer_info(&self, content: &[u8]) -> Vec<u8> {
        let whole = self.der(content);
        let info = kyso::asn1::parse(&whole).unwrap();
        let mut fields = info.reader();
        fields.expect(Tag::OID).unwrap();
        let body = fields.expect(Tag::context(0)).unwrap().only().unwrap();
        let mut fields = body.reader();
        let mut last = Vec::new();
        while !fields.is_empty() {
            last = fields.element().unwrap().content.to_vec();
        }
        last
    }

    /// With these SignerInfos instead of its own.
    pub fn with_signers(&self, signers: &[Vec<u8>]) -> Vec<u8> {
        let digest = self.digest.to_der().unwrap();
        let body = sequence(&[
            &small(1).unwrap(),
            &element(Tag::SET, &[&digest]).unwrap(),
            &sequence(&[&write_oid(&self.content_type).unwrap()]).unwrap(),
            &set_of(Tag::context(0), &self.chain).unwrap(),
            &element(Tag::SET, &[&signers.concat()]).unwrap(),
        ])
        .unwrap();
        sequence(&[
            &write_oid(&oid::SIGNED_DATA).unwrap(),
            &element(Tag::context(0), &[&body]).unwrap(),
        ])
        .unwrap()
    }
}
