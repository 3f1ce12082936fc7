//! A moment → the PKI, the documents and every step of a release that looks like the real thing.
//!
//! Nothing here has legal value, and every certificate and page say so: the keys are made for one
//! demonstration, names and numbers are invented, signature and seal are drawn by a program.

mod document;
mod picture;
mod pki;
mod sheet;

use super::Signer;
use super::appearance::{Image, ImageSize};
use super::plan::Permission;
use super::release::{
    Act, Approval, ApprovalPlace, Attachment, Certification, CopyForm, Copying, Dating,
    DocumentNumber, Incoming, Numbering, Office, Sealing,
};
use crate::error::Error;
use crate::limits::Limits;
use crate::oid::Oid;
use crate::pki::evidence::Origin;
use crate::pki::trust::{HolderRule, Role};
use crate::pki::{Evidence, Trust};
use crate::time::UtcTime;
use crate::validation::Policy;

pub use document::{AGENCY, LEADER, SYMBOL, TITLE};
pub use picture::{seal_image, signature_image};
pub use pki::{Pki, PkiFile};

/// Name of the leader's signature field.
pub const LEADER_FIELD: &str = "ChuKyLanhDao";
/// Name of the agency's signature field.
pub const AGENCY_FIELD: &str = "ChuKyCoQuan";

/// Diameter of the seal, in millimetres.
const SEAL: f64 = 36.0;
/// Who receives the decision, invented.
pub const RECEIVER: &str = "Sở Nội vụ tỉnh Mẫu";

/// The document of the demonstration, dated `at`, with blanks for number and date.
///
/// # Errors
/// None in practice: the text is fixed and the font has all of it.
pub fn document(at: UtcTime) -> Result<Vec<u8>, Error> {
    document::decision(at)
}

/// The files of one release, in the order in which they come to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The decision, not signed.
    pub document: Vec<u8>,
    /// After the leader's signature.
    pub approved: Vec<u8>,
    /// After the number.
    pub numbered: Vec<u8>,
    /// After the date.
    pub dated: Vec<u8>,
    /// After the agency's seal: released.
    pub released: Vec<u8>,
    /// After the receiver's stamp.
    pub received: Vec<u8>,
    /// The annex in a file of its own, not signed.
    pub annex: Vec<u8>,
    /// The annex with the agency's text.
    pub signed_annex: Vec<u8>,
    /// A page in place of a scan, not signed.
    pub scan: Vec<u8>,
    /// The scan as a certified copy.
    pub copy: Vec<u8>,
}

/// Signs `document` (of [`document()`]) through the whole workflow, each step at `at`. With
/// `certify` the leader's signature is a certification that has fields for the later ones.
///
/// # Errors
/// As [`Office::sign`].
pub fn release(pki: &Pki, document: &[u8], at: UtcTime, certify: bool) -> Result<Release, Error> {
    let office = office(pki)?;
    let leader = Signer::new(pki.leader_key()?);
    let agency = Signer::new(pki.agency_key()?);
    let sign = |document: &[u8], act: &Act, signer: &Signer| {
        let released = office.sign(document, act, signer, at)?;
        Ok::<_, Error>(released.signed.into_bytes())
    };
    let limits = Limits::new();
    let number = DocumentNumber::new(15, document::SYMBOL)?;
    let approve = Act::Approve(Approval {
        image: Some(Image::from_bytes(&signature_image()?, &limits)?),
        size: ImageSize::Native,
        place: ApprovalPlace::Between {
            post: document::POST.to_owned(),
            name: document::LEADER.to_owned(),
        },
        certify: certify.then_some(Certification {
            permission: Permission::FormFilling,
            number: None,
            date: None,
            seal: (SEAL, SEAL),
            incoming: true,
        }),
    });
    let approved = sign(document, &approve, &leader)?;
    let numbering = Act::Number(Numbering {
        number: number.clone(),
        place: None,
    });
    let numbered = sign(&approved, &numbering, &agency)?;
    let dating = Act::Date(Dating {
        date: at,
        place: None,
    });
    let dated = sign(&numbered, &dating, &agency)?;
    let seal = Act::Seal(Sealing {
        image: Image::from_bytes(&seal_image()?, &limits)?,
        size: ImageSize::Native,
        over: None,
        place: None,
    });
    let released = sign(&dated, &seal, &agency)?;
    let incoming = Act::Incoming(Incoming {
        agency: RECEIVER.to_owned(),
        number: 7,
        place: None,
    });
    let received = sign(&released, &incoming, &agency)?;
    let annex = document::annex(at)?;
    let attachment = Act::Attachment(Attachment {
        number,
        place: None,
    });
    let signed_annex = sign(&annex, &attachment, &agency)?;
    let scan = document::scan(at)?;
    let copying = Act::Copy(Copying {
        form: CopyForm::SaoY,
        agency: document::AGENCY.to_owned(),
        place: None,
    });
    let copy = sign(&scan, &copying, &agency)?;
    Ok(Release {
        document: document.to_vec(),
        approved,
        numbered,
        dated,
        released,
        received,
        annex,
        signed_annex,
        scan,
        copy,
    })
}

/// As [`release`], without a certification.
///
/// # Errors
/// As there.
pub fn sign(pki: &Pki, document: &[u8], at: UtcTime) -> Result<Release, Error> {
    release(pki, document, at, false)
}

/// Whom the demonstration trusts: its root; leaders and agencies are told by the policies of
/// their certificates.
///
/// # Errors
/// None in practice.
pub fn trust(pki: &Pki) -> Result<Trust, Error> {
    let mut trust = Trust::from_pem(pki.root.certificate_pem()?.as_bytes())?;
    for (is, policy) in [
        (Role::Person, pki::PERSON_POLICY),
        (Role::Agency, pki::AGENCY_POLICY),
    ] {
        trust.add_rule(HolderRule {
            is,
            issuer: None,
            policy: Oid::from_dotted(policy),
            certificate: None,
        });
    }
    Ok(trust)
}

/// The CRLs of the demonstration.
///
/// # Errors
/// None in practice.
pub fn evidence(pki: &Pki) -> Result<Evidence, Error> {
    let mut evidence = Evidence::new();
    for crl in [&pki.root_crl, &pki.issuing_crl] {
        evidence.add_bytes(crl, Origin::Caller, &Limits::new())?;
    }
    Ok(evidence)
}

/// The office that makes the steps, under the official policy.
///
/// # Errors
/// None in practice.
pub fn office(pki: &Pki) -> Result<Office, Error> {
    Ok(Office::new(trust(pki)?, evidence(pki)?, Policy::official()))
}

#[cfg(test)]
mod tests;
