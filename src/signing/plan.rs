//! What to sign and how: the caller's wishes → [`Plan`], plain data.

mod json;

use crate::crypto::DigestAlgorithm;
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::validation::Level;

/// One signature to be: where it goes and what it says. [`Plan::default`] is an invisible
/// approval signature in a new field.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// Form of the signature value.
    pub sub_filter: SubFilter,
    /// Digest of the document; `None` takes the one that suits the key (SHA-256 for RSA).
    pub digest: Option<DigestAlgorithm>,
    /// Padding of RSA signatures; other keys ignore it.
    pub padding: RsaPadding,
    /// The signature field.
    pub field: Field,
    /// What the reader of a page sees; `None` makes the signature invisible.
    pub visible: Option<Visible>,
    /// The same signature shown in more places, on this or other pages: one new field with a
    /// widget for `visible` and for each of these.
    pub repeated: Vec<Visible>,
    /// `/Reason`.
    pub reason: Option<String>,
    /// `/Location`.
    pub location: Option<String>,
    /// `/ContactInfo`.
    pub contact: Option<String>,
    /// `/Name`.
    pub name: Option<String>,
    /// The time that the signer claims (`/M`; in `adbe.pkcs7.detached` the signing-time attribute
    /// too). `None` takes the time of signing.
    pub claimed_time: Option<UtcTime>,
    /// Clock on which `/M` is written, in seconds east of Greenwich, whole minutes.
    pub utc_offset: i32,
    /// Makes this the certification signature, which must be the first of the document.
    pub certify: Option<Permission>,
    /// Empty signature fields to create in the same revision, for signatures to come.
    pub empty_fields: Vec<EmptyField>,
    /// The baseline level to reach; above B-B it needs [`super::Services`].
    pub level: Level,
    /// What happens when time stamp or material of the level cannot be had.
    pub shortfall: Shortfall,
    /// Bytes to keep free for a time-stamp token that is added to the CMS before the file is
    /// finished; 0 for none, or for as many as the level needs.
    pub time_stamp_space: usize,
    /// Signs although the certificate is outside its period. The verdict will say so.
    pub allow_certificate_outside_its_period: bool,
    /// Signs although key usage or extended key usage do not permit document signing.
    pub allow_certificate_of_another_purpose: bool,
    /// Signs although the certificate is revoked. The verdict will say so.
    pub allow_revoked_certificate: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            sub_filter: SubFilter::default(),
            digest: None,
            padding: RsaPadding::default(),
            field: Field::default(),
            visible: None,
            repeated: Vec::new(),
            reason: None,
            location: None,
            contact: None,
            name: None,
            claimed_time: None,
            utc_offset: VIETNAM_OFFSET,
            certify: None,
            empty_fields: Vec::new(),
            level: Level::B,
            shortfall: Shortfall::default(),
            time_stamp_space: 0,
            allow_certificate_outside_its_period: false,
            allow_certificate_of_another_purpose: false,
            allow_revoked_certificate: false,
        }
    }
}

/// What happens when a level cannot be reached because somebody else does not deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shortfall {
    /// Nothing is signed.
    #[default]
    Fail,
    /// The signature keeps the level that it has, and says what is missing; it can be raised
    /// later by [`super::Services::extend`].
    KeepLower,
}

/// Form of the signature value.
///
/// Source: ISO 32000-2 §12.8.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubFilter {
    /// `adbe.pkcs7.detached`, with a signing-time attribute.
    AdbePkcs7Detached,
    /// `ETSI.CAdES.detached`, without one.
    #[default]
    EtsiCadesDetached,
}

impl SubFilter {
    /// The name in the signature dictionary.
    pub fn name(self) -> &'static str {
        match self {
            Self::AdbePkcs7Detached => "adbe.pkcs7.detached",
            Self::EtsiCadesDetached => "ETSI.CAdES.detached",
        }
    }
}

/// Padding of RSA signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RsaPadding {
    /// PKCS#1 v1.5, which every program in the field reads.
    #[default]
    Pkcs1,
    /// RSASSA-PSS, salt as long as the digest.
    Pss,
}

/// The signature field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field {
    /// A new field with the first free name of the form `Signature1`.
    #[default]
    Automatic,
    /// An existing, empty signature field, by its full name (parts joined by full stops).
    Existing(String),
    /// The field of this name: filled when there is one, else made.
    Named(String),
    /// A new field of this name, which must be free and without a full stop.
    New(String),
}

/// What later changes a certification permits.
///
/// Source: ISO 32000-2 §12.8.2.2, table 257.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// P = 1: none but the security store and document time stamps.
    NoChanges = 1,
    /// P = 2: filling forms and signing, too.
    FormFilling = 2,
    /// P = 3: annotations, too.
    Annotations = 3,
}

/// A rectangle in PDF user space of the unrotated page, in points: left, bottom, right, top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rectangle {
    /// Smallest x.
    pub left: f64,
    /// Smallest y.
    pub bottom: f64,
    /// Largest x.
    pub right: f64,
    /// Largest y.
    pub top: f64,
}

impl Rectangle {
    /// The rectangle of an invisible signature.
    pub const NONE: Self = Self {
        left: 0.0,
        bottom: 0.0,
        right: 0.0,
        top: 0.0,
    };
}

/// A signature that the reader of a page sees.
#[derive(Debug, Clone, PartialEq)]
pub struct Visible {
    /// Index of the page, from 0.
    pub page: usize,
    /// Where on the page; an existing field keeps its own page and rectangle, and these are not
    /// used.
    pub rectangle: Rectangle,
    /// What is drawn there.
    pub appearance: Appearance,
}

/// An empty signature field to create.
#[derive(Debug, Clone, PartialEq)]
pub struct EmptyField {
    /// Name, free in the document, without a full stop.
    pub name: String,
    /// Index of the page, from 0.
    pub page: usize,
    /// Where on the page.
    pub rectangle: Rectangle,
}

/// A finished form XObject with everything that it needs; made by the `signing::appearance`
/// module (feature `visual`).
#[derive(Debug, Clone, PartialEq)]
pub struct Appearance {
    objects: Vec<lopdf::Object>,
    form: u32,
}

impl Appearance {
    /// `objects` are the indirect objects to write, streams encoded; a reference `(n, 0)` in
    /// them means `objects[n]`, and they refer to nothing else. `form` is the index of the form
    /// XObject.
    #[cfg(feature = "visual")]
    pub(crate) fn new(objects: Vec<lopdf::Object>, form: u32) -> Self {
        Self { objects, form }
    }

    /// The indirect objects, references as indices.
    pub(super) fn objects(&self) -> &[lopdf::Object] {
        &self.objects
    }

    /// Index of the form XObject.
    pub(super) fn form(&self) -> u32 {
        self.form
    }
}
