//! A root, issuing authorities, an OCSP responder, a time-stamping authority: all that a level needs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kyso::crypto::DigestValue;
use kyso::error::{Error, SigningFault};
use kyso::limits::Limits;
use kyso::oid;
use kyso::pki::issue::{
    Answer, Authority, CertificateStatus, CrlTemplate, ExtensionValue, Key, KeyType, OcspTemplate,
    RevokedEntry, StampTemplate, Subject, Template,
};
use kyso::signing::key::{self, LocalKey};
use kyso::signing::{Services, TimeStampSource};
use kyso::{Evidence, Origin, Policy, Trust, UtcTime, Verifier};

pub const DAY: i64 = 86_400;

/// The moment of signing.
pub fn now() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T02:00:00Z").unwrap()
}

fn name(common: &str) -> Subject {
    Subject::new()
        .with(oid::AT_COUNTRY, "VN")
        .with(oid::AT_COMMON_NAME, common)
}

/// Keys and certificates; statuses are issued when they are asked for.
pub struct Authorities {
    /// The moment around which certificates hold.
    pub now: UtcTime,
    pub root: Authority,
    pub issuing: Authority,
    /// Answers for the issuing authority, and need not be asked about itself.
    pub responder: Authority,
    pub signer: Authority,
    pub stamping: Arc<Authority>,
    /// Issued the time-stamping authority.
    pub stamp_issuer: Authority,
}

impl Authorities {
    pub fn new(kind: KeyType) -> Self {
        Self::around(now(), kind)
    }

    pub fn around(now: UtcTime, kind: KeyType) -> Self {
        let (from, until) = (now.plus(-400 * DAY), now.plus(4000 * DAY));
        let key = || Key::generate(KeyType::P256).unwrap();
        let root =
            Authority::root(key(), &Template::root(&[1], name("Root"), from, until)).unwrap();
        let below = |serial: u8, common: &str| {
            let template = Template::issuing(&[serial], name(common), from, until);
            root.subordinate(key(), &template).unwrap()
        };
        let (issuing, stamp_issuer) = (below(2, "Issuing"), below(3, "Stamp Issuing"));
        let mut template = Template::signer(&[11], name("Leader"), from, now.plus(300 * DAY));
        template.extensions.push(
            ExtensionValue::authority_info_access(&["http://ocsp.example.invalid/"], &[]).unwrap(),
        );
        let signer = issuing
            .subordinate(Key::generate(kind).unwrap(), &template)
            .unwrap();
        let template = Template::ocsp_responder(&[21], name("Responder"), from, until);
        let responder = issuing.subordinate(key(), &template).unwrap();
        let template = Template::time_stamping(&[31], name("Stamper"), from, now.plus(3000 * DAY));
        let stamping = Arc::new(stamp_issuer.subordinate(key(), &template).unwrap());
        Self {
            now,
            root,
            issuing,
            responder,
            signer,
            stamping,
            stamp_issuer,
        }
    }

    /// CRL of `authority`, a minute old at `at`.
    pub fn crl(&self, authority: &Authority, at: UtcTime, revoked: Vec<RevokedEntry>) -> Vec<u8> {
        authority
            .crl(&CrlTemplate {
                number: Some(at.unix() as u64),
                this_update: at.plus(-60),
                next_update: Some(at.plus(30 * DAY)),
                entries: revoked,
                extensions: Vec::new(),
            })
            .unwrap()
    }

    /// OCSP answer of the responder about the signer, a minute old at `at`.
    pub fn ocsp(&self, at: UtcTime, status: CertificateStatus) -> Vec<u8> {
        let template = OcspTemplate::new(Answer {
            serial: vec![11],
            status,
            this_update: at.plus(-60),
            next_update: Some(at.plus(7 * DAY)),
        });
        self.responder.ocsp(&self.issuing, &template).unwrap()
    }

    /// Everything that can be known at `at`.
    pub fn evidence(&self, at: UtcTime) -> Evidence {
        let mut evidence = Evidence::new();
        let pieces = [
            self.crl(&self.root, at, Vec::new()),
            self.crl(&self.issuing, at, Vec::new()),
            self.crl(&self.stamp_issuer, at, Vec::new()),
            self.ocsp(at, CertificateStatus::Good),
            self.issuing.certificate().to_vec(),
            self.stamp_issuer.certificate().to_vec(),
        ];
        for piece in pieces {
            let limits = Limits::default();
            evidence.add_bytes(&piece, Origin::Caller, &limits).unwrap();
        }
        evidence
    }

    pub fn trust(&self) -> Trust {
        Trust::from_bytes(self.root.certificate()).unwrap()
    }

    /// Official policy, no evidence.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(self.trust(), Policy::official())
    }

    /// Evidence of `at`, and a time-stamping authority whose clock says what the caller says.
    pub fn services(&self, at: UtcTime) -> Services {
        Services::new(self.verifier().with_evidence(self.evidence(at)))
            .with_time_stamps(Stamper::of(&self.stamping))
    }

    /// The signer's key, with its issuer.
    pub fn key(&self) -> LocalKey {
        let chain = [&self.signer, &self.issuing]
            .map(|one| one.certificate_pem().unwrap())
            .concat();
        let pkcs8 = self.signer.key().pkcs8();
        key::pem::load(pkcs8, chain.as_bytes(), None, &Limits::default()).unwrap()
    }
}

/// What becomes of a token on its way; `None` when it is lost.
type Alter = dyn FnMut(Vec<u8>) -> Option<Vec<u8>> + Send;

/// A time-stamping authority in this process.
pub struct Stamper {
    authority: Arc<Authority>,
    serial: AtomicU64,
    /// What happens to tokens on their way, for those that must go wrong.
    alter: Mutex<Box<Alter>>,
}

impl Stamper {
    pub fn of(authority: &Arc<Authority>) -> Self {
        Self::altered(authority, Some)
    }

    pub fn altered(
        authority: &Arc<Authority>,
        alter: impl FnMut(Vec<u8>) -> Option<Vec<u8>> + Send + 'static,
    ) -> Self {
        Self {
            authority: Arc::clone(authority),
            serial: AtomicU64::new(1),
            alter: Mutex::new(Box::new(alter)),
        }
    }
}

impl TimeStampSource for Stamper {
    fn token(&self, digest: &DigestValue, now: UtcTime) -> Result<Vec<u8>, Error> {
        let serial = self.serial.fetch_add(1, Ordering::SeqCst);
        let template = StampTemplate::new(now, &serial.to_be_bytes());
        let token = self.authority.time_stamp(digest, &template)?;
        let mut alter = self.alter.lock().unwrap();
        alter(token).ok_or_else(|| SigningFault::TimeStamp("the line is dead".to_owned()).into())
    }
}
