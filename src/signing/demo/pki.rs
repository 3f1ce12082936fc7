//! A moment → root, issuing authority, leader, agency and CRLs of one demonstration.

use zeroize::Zeroizing;

use super::document::{AGENCY, LEADER};
use crate::error::Error;
use crate::limits::Limits;
use crate::oid::{self, Oid};
use crate::pki::issue::{
    Authority, CrlTemplate, ExtensionValue, Key, KeyType, Subject, Template, pem, random_serial,
};
use crate::signing::key::{self, LocalKey};
use crate::time::UtcTime;

/// Policy of persons' certificates, from the arc for examples (2.999).
pub(super) const PERSON_POLICY: &str = "2.999.1.1";
/// Policy of agencies' certificates.
pub(super) const AGENCY_POLICY: &str = "2.999.1.2";
const ORGANIZATION: &str = "DEMO – không có giá trị pháp lý";
const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;

/// The throw-away PKI of one demonstration; its certificates say "DEMO – không có giá trị pháp
/// lý". The keys of the authorities are gone when it is dropped.
#[derive(Debug)]
pub struct Pki {
    /// The root.
    pub root: Authority,
    /// The authority that issued the signers' certificates.
    pub issuing: Authority,
    /// The leader: a person, with a citizen's number of zeros.
    pub leader: Authority,
    /// The agency.
    pub agency: Authority,
    /// DER CRL of the root, without entries.
    pub root_crl: Vec<u8>,
    /// DER CRL of the issuing authority, without entries.
    pub issuing_crl: Vec<u8>,
}

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PkiFile {
    /// Name, without a folder.
    pub name: &'static str,
    /// Content.
    pub content: Zeroizing<Vec<u8>>,
    /// Whether only the owner may read it (mode 0600): it holds a private key.
    pub secret: bool,
}

impl Pki {
    /// New RSA keys of 2048 bits, certificates valid at `at` (signers for three years), CRLs for a
    /// year from `at`. Takes about a second.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`].
    pub fn generate(at: UtcTime) -> Result<Self, Error> {
        let key = || Key::generate(KeyType::Rsa2048);
        Self::with_keys([key()?, key()?, key()?, key()?], at)
    }

    /// As [`Self::generate`], with the keys of root, issuing authority, leader and agency given.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`].
    pub fn with_keys(keys: [Key; 4], at: UtcTime) -> Result<Self, Error> {
        let [root, issuing, leader, agency] = keys;
        let from = at.plus(-YEAR);
        let root_name = name().with(oid::AT_COMMON_NAME, "DEMO Root CA");
        let template = Template::root(&random_serial()?, root_name, from, at.plus(20 * YEAR));
        let root = Authority::root(root, &template)?;

        let issuing_name = name().with(oid::AT_COMMON_NAME, "DEMO CA phục vụ cơ quan nhà nước");
        let serial = random_serial()?;
        let mut template = Template::issuing(&serial, issuing_name, from, at.plus(10 * YEAR));
        template
            .extensions
            .extend(pointers("http://crl.demo.invalid/root.crl")?);
        let issuing = root.subordinate(issuing, &template)?;

        let from = at.plus(-30 * DAY);
        let until = at.plus(3 * YEAR);
        let person = name()
            .with(oid::AT_ORGANIZATIONAL_UNIT, AGENCY)
            .with(oid::AT_TITLE, "Chủ tịch")
            .with(oid::AT_COMMON_NAME, LEADER)
            .with(oid::AT_USER_ID, "CCCD:000000000000");
        let person = Template::signer(&random_serial()?, person, from, until);
        let leader = issuing.subordinate(leader, &signer(person, PERSON_POLICY)?)?;
        let body = name()
            .with(oid::AT_ORGANIZATIONAL_UNIT, "Tỉnh Mẫu")
            .with(oid::AT_COMMON_NAME, AGENCY)
            .with(oid::AT_USER_ID, "MST:0000000000")
            .with(oid::AT_USER_ID, "MNS:0000000");
        let body = Template::signer(&random_serial()?, body, from, until);
        let agency = issuing.subordinate(agency, &signer(body, AGENCY_POLICY)?)?;

        let crl = CrlTemplate {
            number: Some(1),
            this_update: at.plus(-60),
            next_update: Some(at.plus(YEAR)),
            entries: Vec::new(),
            extensions: Vec::new(),
        };
        Ok(Self {
            root_crl: root.crl(&crl)?,
            issuing_crl: issuing.crl(&crl)?,
            root,
            issuing,
            leader,
            agency,
        })
    }

    /// The leader as a source of signatures, with the chain up to the root.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`].
    pub fn leader_key(&self) -> Result<LocalKey, Error> {
        self.local_key(&self.leader)
    }

    /// The agency as a source of signatures, with the chain up to the root.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`].
    pub fn agency_key(&self) -> Result<LocalKey, Error> {
        self.local_key(&self.agency)
    }

    /// A new agency, [`super::RECEIVER`], as a source of signatures, with the chain up to the root.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`].
    pub fn receiver_key(&self, at: UtcTime) -> Result<LocalKey, Error> {
        let body = name()
            .with(oid::AT_ORGANIZATIONAL_UNIT, "Tỉnh Mẫu")
            .with(oid::AT_COMMON_NAME, super::RECEIVER)
            .with(oid::AT_USER_ID, "MNS:0000001");
        let (from, until) = (at.plus(-30 * DAY), at.plus(3 * YEAR));
        let body = Template::signer(&random_serial()?, body, from, until);
        let key = Key::generate(KeyType::Rsa2048)?;
        self.local_key(
            &self
                .issuing
                .subordinate(key, &signer(body, AGENCY_POLICY)?)?,
        )
    }

    fn local_key(&self, holder: &Authority) -> Result<LocalKey, Error> {
        let chain = self.chain(holder)?;
        let key = holder.key().pkcs8();
        key::pem::load(key, chain.as_bytes(), None, &Limits::default())
    }

    /// PEM of `holder`'s certificate and those above it, the root included.
    fn chain(&self, holder: &Authority) -> Result<String, Error> {
        Ok(holder.certificate_pem()?
            + &self.issuing.certificate_pem()?
            + &self.root.certificate_pem()?)
    }

    /// The files of the demonstration: trust anchor, chains, CRLs and the two signers' keys. The
    /// authorities' keys are not among them.
    ///
    /// # Errors
    /// None in practice; see [`pem`].
    pub fn files(&self) -> Result<Vec<PkiFile>, Error> {
        let open = |name, content: String| PkiFile {
            name,
            content: Zeroizing::new(content.into_bytes()),
            secret: false,
        };
        let secret = |name, holder: &Authority| {
            let key = holder.key().pkcs8_pem()?;
            Ok::<_, Error>(PkiFile {
                name,
                content: Zeroizing::new(key.as_bytes().to_vec()),
                secret: true,
            })
        };
        Ok(vec![
            open("root.pem", self.root.certificate_pem()?),
            open("issuing.pem", self.issuing.certificate_pem()?),
            open("root.crl", pem("X509 CRL", &self.root_crl)?),
            open("issuing.crl", pem("X509 CRL", &self.issuing_crl)?),
            open("leader.pem", self.chain(&self.leader)?),
            secret("leader.key", &self.leader)?,
            open("agency.pem", self.chain(&self.agency)?),
            secret("agency.key", &self.agency)?,
        ])
    }
}

fn name() -> Subject {
    Subject::new()
        .with(oid::AT_COUNTRY, "VN")
        .with(oid::AT_ORGANIZATION, ORGANIZATION)
}

fn pointers(crl: &str) -> Result<[ExtensionValue; 1], Error> {
    Ok([ExtensionValue::crl_distribution_points(&[crl])?])
}

/// A signer of documents under `policy`, from the arc for examples (2.999), by which a trust file
/// can tell persons and agencies.
fn signer(mut template: Template, policy: &str) -> Result<Template, Error> {
    let purpose = [oid::KP_DOCUMENT_SIGNING];
    template
        .extensions
        .push(ExtensionValue::extended_key_usage(&purpose)?);
    if let Some(policy) = Oid::from_dotted(policy) {
        template
            .extensions
            .push(ExtensionValue::certificate_policies(&[policy])?);
    }
    template
        .extensions
        .extend(pointers("http://crl.demo.invalid/issuing.crl")?);
    Ok(template)
}
