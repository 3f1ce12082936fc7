//! A document + a step of the workflow of Nghị định 30/2020 → the document with that step's signature.
//!
//! The steps, each one signature in one revision of its own: the leader approves, the clerk stamps
//! number and date, the agency seals; separate attachments and copies get the agency's text at the
//! top right of page 1; who receives the document stamps it as incoming. Number and date are
//! appearances of signatures, as the tools of the public service make them: the content of a
//! page is never edited.
//!
//! An [`Office`] knows whom to trust. Before a step it checks the signer's certificate with its
//! status, who has signed already, and who may sign now; afterwards, that every earlier signature
//! still holds. What it finds comes as [`ReleaseFinding`]s; those that refuse stop the step unless
//! it is overridden with a reason, which is a finding too.
//!
//! Source: Nghị định 30/2020/NĐ-CP, điều 13, 14, 25, 32, phụ lục I và III.

mod draft;
mod order;
mod text;

use crate::error::{Error, ReleaseFault};
use crate::limits::Limits;
use crate::pdf::{Document, OpenOptions};
use crate::pki::{Certificate, Evidence, Trust};
use crate::report::Language;
use crate::report::message::release as say;
use crate::signing::appearance::anchor::Spot;
use crate::signing::appearance::{Image, ImageSize};
use crate::signing::key::KeySource;
use crate::signing::plan::{Permission, Plan};
use crate::signing::{Signed, Signer};
use crate::time::UtcTime;
use crate::validation::Policy;

pub use crate::report::message::release::ReleaseFinding;
pub use text::{Clock, CopyForm, DocumentNumber, date_parts, date_text};

/// A place for the upper left corner of a stamp.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corner {
    /// Index of the page, from 0.
    pub page: usize,
    /// Millimetres from the left of the page as it is displayed.
    pub left: f64,
    /// Millimetres from its top.
    pub top: f64,
}

/// Where the leader's image goes.
#[derive(Debug, Clone, PartialEq)]
pub enum ApprovalPlace {
    /// Centred between two texts of a page: the signer's post and name.
    Between {
        /// The last line of the post.
        post: String,
        /// The name.
        name: String,
    },
    /// At this place.
    Corner(Corner),
    /// Into an empty signature field, centred, at its own size.
    Field(String),
}

/// The leader approves.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// The handwritten signature: blue, PNG, transparent. Without one, name and time are shown.
    pub image: Option<Image>,
    /// How large it is shown.
    pub size: ImageSize,
    /// Where it goes.
    pub place: ApprovalPlace,
    /// Makes this a certification that permits the later steps, and makes their fields.
    pub certify: Option<Certification>,
}

/// The certification of a document by its leader, and the empty fields for what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Certification {
    /// What is permitted later; anything but [`Permission::FormFilling`] is refused.
    pub permission: Permission,
    /// Place of the number; otherwise behind `Số:` on page 1.
    pub number: Option<Corner>,
    /// Place of the date; otherwise in the blanks of `ngày … tháng … năm` on page 1.
    pub date: Option<Corner>,
    /// Width and height of the seal, in millimetres.
    pub seal: (f64, f64),
    /// Whether to make a field for the stamp of who receives the document; its place is that of
    /// [`Incoming`].
    pub incoming: bool,
}

/// The clerk stamps the number.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbering {
    /// Number and symbol.
    pub number: DocumentNumber,
    /// The place of `Số: 15/QĐ-UBND` written out; otherwise the number goes behind `Số:` on
    /// page 1, before the symbol when the page has it.
    pub place: Option<Corner>,
}

/// The clerk stamps the date.
#[derive(Debug, Clone, PartialEq)]
pub struct Dating {
    /// Any moment of the day (at +07:00).
    pub date: UtcTime,
    /// The place of the date written out, and the name of the locality before it; otherwise the
    /// date goes into the blanks of `ngày … tháng … năm` on page 1.
    pub place: Option<(Corner, String)>,
}

/// The agency seals.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealing {
    /// The seal: red, PNG, transparent, of the real size.
    pub image: Image,
    /// How large it is shown.
    pub size: ImageSize,
    /// The field of the leader's signature, whose left third it overlaps; otherwise it is found.
    pub over: Option<String>,
    /// A place instead.
    pub place: Option<Corner>,
}

/// The agency signs a separate attachment.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// Number and symbol of the document that it belongs to.
    pub number: DocumentNumber,
    /// A place instead of the top right of page 1.
    pub place: Option<Corner>,
}

/// The agency signs a copy that it made.
#[derive(Debug, Clone, PartialEq)]
pub struct Copying {
    /// What kind of copy.
    pub form: CopyForm,
    /// The agency.
    pub agency: String,
    /// A place instead of the top right of page 1.
    pub place: Option<Corner>,
}

/// Who receives the document stamps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The agency.
    pub agency: String,
    /// Number in the register of incoming documents.
    pub number: u32,
    /// A place instead of the top left of page 1, or beside what is stamped there.
    pub place: Option<Corner>,
}

/// One step. Where its field ([`Act::field`]) waits empty in the document, the step goes there,
/// whatever place it names.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Act {
    /// See [`Approval`].
    Approve(Approval),
    /// See [`Attachment`].
    Attachment(Attachment),
    /// See [`Copying`].
    Copy(Copying),
    /// See [`Dating`].
    Date(Dating),
    /// See [`Incoming`].
    Incoming(Incoming),
    /// See [`Numbering`].
    Number(Numbering),
    /// See [`Sealing`].
    Seal(Sealing),
}

/// Which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Approve,
    Attachment,
    Copy,
    Date,
    Incoming,
    Number,
    Seal,
}

impl Act {
    fn kind(&self) -> Kind {
        match self {
            Self::Approve(_) => Kind::Approve,
            Self::Attachment(_) => Kind::Attachment,
            Self::Copy(_) => Kind::Copy,
            Self::Date(_) => Kind::Date,
            Self::Incoming(_) => Kind::Incoming,
            Self::Number(_) => Kind::Number,
            Self::Seal(_) => Kind::Seal,
        }
    }

    /// Name of the step's signature field; a second one of its kind gets a 2 behind it.
    pub fn field(&self) -> &'static str {
        self.kind().field()
    }
}

impl Kind {
    const fn field(self) -> &'static str {
        match self {
            Self::Approve => "ChuKyLanhDao",
            Self::Attachment => "ChuKyKemTheo",
            Self::Copy => "ChuKySao",
            Self::Date => "NgayVanBan",
            Self::Incoming => "VanBanDen",
            Self::Number => "SoVanBan",
            Self::Seal => "ChuKyCoQuan",
        }
    }

    /// Whether a field of this name is of a step of this kind.
    fn names(self, field: &str) -> bool {
        field
            .strip_prefix(self.field())
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::Approve => "Phê duyệt văn bản",
            Self::Attachment => "Ký văn bản kèm theo",
            Self::Copy => "Ký bản sao",
            Self::Date => "Ghi ngày, tháng, năm văn bản",
            Self::Incoming => "Tiếp nhận văn bản",
            Self::Number => "Ghi số, ký hiệu văn bản",
            Self::Seal => "Phát hành văn bản",
        }
    }
}

/// Whom an office trusts, and how it stamps. Made once, used for many documents.
#[derive(Debug, Clone)]
pub struct Office {
    trust: Trust,
    evidence: Evidence,
    policy: Policy,
    limits: Limits,
    clock: Clock,
    override_reason: Option<String>,
}

/// A step that was checked and drawn, before it is signed.
#[derive(Debug)]
pub struct Draft {
    /// What to sign; it may be changed (level, form of the signature) before it is used.
    pub plan: Plan,
    /// What was found.
    pub findings: Vec<ReleaseFinding>,
    /// Where the stamp stands on the displayed page.
    pub place: Option<Spot>,
    standing: order::Standing,
    overridden: bool,
}

impl Draft {
    /// Whether the step is refused: something refuses and no reason overrides it.
    pub fn is_refused(&self) -> bool {
        !self.overridden && self.findings.iter().any(ReleaseFinding::refuses)
    }
}

/// A document with one more step.
#[derive(Debug)]
pub struct Released {
    /// The signed document.
    pub signed: Signed,
    /// What was found before and after signing.
    pub findings: Vec<ReleaseFinding>,
}

impl Office {
    /// Trusts `trust`, knows `evidence`, judges earlier signatures and certificates under
    /// `policy`. Without anchors nothing can be checked, and every step says so.
    pub fn new(trust: Trust, evidence: Evidence, policy: Policy) -> Self {
        Self {
            trust,
            evidence,
            policy,
            limits: Limits::new(),
            clock: Clock::default(),
            override_reason: None,
        }
    }

    /// Shows moments in this form.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Works within other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes steps that would be refused, for this reason. Both are findings of the step.
    #[must_use]
    pub fn override_refusals(mut self, reason: impl Into<String>) -> Self {
        self.override_reason = Some(reason.into());
        self
    }

    /// Checks and draws `act` on `document`, one whole PDF, for the certificate of `source`.
    ///
    /// # Errors
    /// [`ReleaseFault`]; [`crate::error::SigningFault`]: places, images, texts; malformed
    /// documents; limits.
    pub fn draft(
        &self,
        document: &[u8],
        act: &Act,
        source: &dyn KeySource,
        now: UtcTime,
    ) -> Result<Draft, Error> {
        let options = OpenOptions {
            limits: self.limits.clone(),
            ..OpenOptions::default()
        };
        let open = Document::open(document, &options)?;
        let standing = self.standing(&open, now)?;
        let certificate = source.certificate();
        let mut findings =
            self.check_signer(act.kind(), &standing, certificate, source.chain(), now)?;
        let stopped =
            self.override_reason.is_none() && findings.iter().any(ReleaseFinding::refuses);
        let drawn = draft::draw(&open, act, self, &standing, signer(certificate), now);
        let drawn = match drawn {
            // A seal without a leader has no place; that there is no leader says more.
            Err(_) if stopped => return Err(refusal(&findings)),
            drawn => drawn?,
        };
        findings.extend(drawn.findings);
        let refused = findings.iter().any(ReleaseFinding::refuses);
        let overridden = match &self.override_reason {
            Some(reason) if refused => {
                findings.push(ReleaseFinding::Overridden {
                    reason: reason.clone(),
                });
                true
            }
            _ => false,
        };
        // Only what was overridden: a seal without a leader opens no expired certificate.
        let failing = overridden
            && findings
                .iter()
                .any(|finding| matches!(finding, ReleaseFinding::CertificateFailed { .. }));
        let plan = Plan {
            reason: Some(act.kind().reason().to_owned()),
            name: Some(signer(certificate)),
            allow_certificate_outside_its_period: failing,
            allow_certificate_of_another_purpose: failing,
            allow_revoked_certificate: failing,
            ..drawn.plan
        };
        Ok(Draft {
            plan,
            findings,
            place: drawn.place,
            standing,
            overridden,
        })
    }

    /// Checks that the signatures that stood on the document before `draft` still hold in
    /// `signed`; gives what was found.
    ///
    /// # Errors
    /// [`ReleaseFault::EarlierWouldFail`]: one of them would fail.
    pub fn check(
        &self,
        draft: &Draft,
        signed: &Signed,
        now: UtcTime,
    ) -> Result<Vec<ReleaseFinding>, Error> {
        self.check_after(&draft.standing, signed.bytes(), now)
    }

    /// Makes one step: [`Office::draft`], [`Signer::sign`], [`Office::check`].
    ///
    /// # Errors
    /// As those; [`ReleaseFault::Refused`].
    pub fn sign(
        &self,
        document: &[u8],
        act: &Act,
        signer: &Signer,
        now: UtcTime,
    ) -> Result<Released, Error> {
        let draft = self.draft(document, act, signer.key(), now)?;
        if draft.is_refused() {
            return Err(refusal(&draft.findings));
        }
        let signed = signer.sign(document, &draft.plan, now)?;
        let mut findings = self.check(&draft, &signed, now)?;
        findings.splice(0..0, draft.findings);
        Ok(Released { signed, findings })
    }
}

/// The findings that refuse, as an error.
fn refusal(findings: &[ReleaseFinding]) -> Error {
    let all = |language| {
        let refusing = findings.iter().filter(|finding| finding.refuses());
        let texts: Vec<String> = refusing.map(|one| say::finding(language, one)).collect();
        texts.join("; ")
    };
    ReleaseFault::Refused {
        why: all(Language::En),
        why_vi: all(Language::Vi),
    }
    .into()
}

/// The name of a certificate's holder.
fn signer(certificate: &Certificate) -> String {
    let subject = certificate.subject();
    subject.common_name().unwrap_or_else(|| subject.rfc4514())
}
