//! A moment → the PKI, the document and the plans of a demonstration that looks like the real thing.
//!
//! Nothing here has legal value, and every certificate and the page say so: the keys are made for
//! one demonstration, names and numbers are invented.

mod document;
mod pki;
mod sheet;

use super::Signer;
use super::appearance::{Colour, TextAppearance, TextSize, draw};
use super::plan::{Field, Plan};
use crate::error::Error;
use crate::time::UtcTime;

pub use document::Decision;
pub use pki::{Pki, PkiFile};

/// Name of the leader's signature field.
pub const LEADER_FIELD: &str = "ChuKyLanhDao";
/// Name of the agency's signature field.
pub const AGENCY_FIELD: &str = "ChuKyCoQuan";

/// The document of the demonstration, dated `at`.
///
/// # Errors
/// As [`Decision::new`].
pub fn document(at: UtcTime) -> Result<Decision, Error> {
    Decision::new(at)
}

/// How the leader signs `document` at `at`: visibly, in blue, between post and name.
///
/// # Errors
/// As [`draw`].
pub fn leader_plan(document: &Decision, at: UtcTime) -> Result<Plan, Error> {
    let text = TextAppearance {
        colour: Colour::BLUE,
        ..block(
            document::LEADER,
            Some(document::AGENCY),
            at,
            "Phê duyệt văn bản",
        )
    };
    let form = draw(&text, &document.geometry()?.place(&document.leader)?)?;
    Ok(Plan {
        field: Field::New(LEADER_FIELD.to_owned()),
        visible: Some(form.visible(0)?),
        reason: Some("Phê duyệt văn bản".to_owned()),
        location: Some(document::AGENCY.to_owned()),
        name: Some(document::LEADER.to_owned()),
        ..Plan::default()
    })
}

/// How the agency signs after the leader: visibly, in red, at the left of the leader's signature.
///
/// # Errors
/// As [`draw`].
pub fn agency_plan(document: &Decision, at: UtcTime) -> Result<Plan, Error> {
    let text = TextAppearance {
        colour: Colour::RED,
        border: Some(0.75),
        ..block(document::AGENCY, None, at, "Phát hành văn bản")
    };
    let form = draw(&text, &document.geometry()?.place(&document.agency)?)?;
    Ok(Plan {
        field: Field::New(AGENCY_FIELD.to_owned()),
        visible: Some(form.visible(0)?),
        reason: Some("Phát hành văn bản".to_owned()),
        location: Some(document::AGENCY.to_owned()),
        name: Some(document::AGENCY.to_owned()),
        ..Plan::default()
    })
}

/// The document after each of its two signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedDecision {
    /// The file with the leader's signature alone.
    pub approved: Vec<u8>,
    /// The file with the leader's and the agency's signature, each in its own revision.
    pub released: Vec<u8>,
}

/// Signs `document` as the leader and then as the agency, both at `at`.
///
/// # Errors
/// As [`Signer::sign`], [`leader_plan`], [`agency_plan`].
pub fn sign(pki: &Pki, document: &Decision, at: UtcTime) -> Result<SignedDecision, Error> {
    let approved = Signer::new(pki.leader_key()?)
        .sign(&document.bytes, &leader_plan(document, at)?, at)?
        .into_bytes();
    let released = Signer::new(pki.agency_key()?)
        .sign(&approved, &agency_plan(document, at)?, at)?
        .into_bytes();
    Ok(SignedDecision { approved, released })
}

fn block(name: &str, agency: Option<&str>, at: UtcTime, reason: &str) -> TextAppearance {
    TextAppearance {
        size: TextSize::Shrink {
            most: 7.75,
            least: 6.0,
        },
        ..TextAppearance::signer(name, agency, at, Some(reason))
    }
}

#[cfg(test)]
mod tests;
