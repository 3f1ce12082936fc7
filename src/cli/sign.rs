//! `kyso sign`: PDFs and a key → each with one more signature, published whole or not at all.

mod bulk;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::level::{self, LevelArguments};
use super::{Exit, Stop, input, key, note};
use crate::crypto::DigestAlgorithm;
use crate::error::{Error, ErrorKind, FileOperation, FileReason, SigningFault};
use crate::limits::Limits;
use crate::pdf::{Document, OpenOptions};
use crate::pki::Trust;
use crate::report::message::{self, Expected};
use crate::report::{Finding, Language};
use crate::run::output::{self, Existing};
use crate::signature::lint::lint;
use crate::signing::KeySource;
use crate::signing::appearance::{
    Area, Image, Look, PageGeometry, PdfA, TextAppearance, code_text,
};
use crate::signing::plan::{Field, Permission, RsaPadding, Shortfall, SubFilter, Visible};
use crate::signing::{Plan, Signed, Signer};
use crate::time::UtcTime;
use crate::validation::{Indication, Policy};
use crate::verify::Verifier;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// PDF to sign; it is read and never written
    #[arg(required_unless_present_any = ["bulk", "manifest"], conflicts_with_all = ["bulk", "manifest"])]
    input: Option<PathBuf>,
    /// Signed PDF to write; the folder for all of them with --bulk or --manifest
    #[arg(short, long, value_name = "FILE|DIR")]
    out: PathBuf,
    #[command(flatten)]
    bulk: bulk::BulkArguments,
    #[command(flatten)]
    key: key::Arguments,
    #[command(flatten)]
    plan: PlanArguments,
    #[command(flatten)]
    level: LevelArguments,
    /// Replace the output when it exists
    #[arg(long)]
    overwrite: bool,
}

/// What the signature says, and where it goes.
#[derive(clap::Args)]
pub(super) struct PlanArguments {
    /// Signature field: an empty one that exists, or the name of a new one
    #[arg(long, value_name = "NAME")]
    field: Option<String>,
    /// Form of the signature
    #[arg(long, value_enum, default_value_t = Form::Cades)]
    sub_filter: Form,
    /// Digest of the document
    #[arg(long, value_enum)]
    digest: Option<Digest>,
    /// RSA with PSS padding instead of PKCS#1 v1.5
    #[arg(long)]
    pss: bool,
    /// Why the document is signed
    #[arg(long)]
    reason: Option<String>,
    /// Where it is signed
    #[arg(long)]
    location: Option<String>,
    /// How to reach the signer
    #[arg(long)]
    contact: Option<String>,
    /// Certify, first signature only: 1 no changes, 2 forms and signatures, 3 also annotations (kyso
    /// accepts these only where its policy permits them too)
    #[arg(long, value_parser = permission, value_name = "P")]
    certify: Option<Permission>,
    /// Show the signature: page from 1, then left, top, width, height in millimetres as displayed
    /// (give it again to show the same signature in more places)
    #[arg(long, value_name = "PAGE,LEFT,TOP,WIDTH,HEIGHT", value_parser = place)]
    visible: Vec<Place>,
    /// Text of the visible signature, a line each; otherwise signer, time and reason, or only an
    /// image
    #[arg(long, value_name = "LINE")]
    text: Vec<String>,
    /// Image of the visible signature, PNG or JPEG
    #[arg(long, value_name = "FILE", requires = "visible")]
    image: Option<PathBuf>,
    /// QR code in the visible signature: the document's number, if given, and the file's digest
    #[arg(long, value_name = "NUMBER", num_args = 0..=1, require_equals = true, requires = "visible")]
    code: Option<Option<String>>,
    /// Time of signing that is claimed, RFC 3339; otherwise now
    #[arg(long, value_parser = input::time, value_name = "TIME")]
    time: Option<UtcTime>,
    /// Sign although the certificate is outside its period
    #[arg(long)]
    allow_certificate_outside_its_period: bool,
    /// Sign although the certificate is not for signing documents
    #[arg(long)]
    allow_certificate_of_another_purpose: bool,
    /// Sign although a signature that stands on the document already fails
    #[arg(long)]
    allow_failed_signature: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Form {
    /// ETSI.CAdES.detached, PAdES
    Cades,
    /// adbe.pkcs7.detached
    Pkcs7,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

/// Where a visible signature goes.
#[derive(Clone, Copy)]
struct Place {
    page: usize,
    area: Area,
}

pub(super) fn permission(text: &str) -> Result<Permission, Expected> {
    match text {
        "1" => Ok(Permission::NoChanges),
        "2" => Ok(Permission::FormFilling),
        "3" => Ok(Permission::Annotations),
        _ => Err(Expected::Permission),
    }
}

fn place(text: &str) -> Result<Place, Expected> {
    let shape = || Expected::Place;
    let (page, rest) = text.split_once(',').ok_or_else(shape)?;
    let page: usize = page.trim().parse().map_err(|_| shape())?;
    let numbers: Vec<f64> = rest
        .split(',')
        .filter_map(|n| n.trim().parse().ok())
        .collect();
    match (page.checked_sub(1), numbers.as_slice()) {
        (Some(page), [left, top, width, height]) if numbers.iter().all(|n| n.is_finite()) => {
            Ok(Place {
                page,
                area: Area::millimetres(*left, *top, *width, *height),
            })
        }
        _ => Err(shape()),
    }
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    let about = |path: &Path| path.display().to_string();
    let stop = |path: &Path, error: Error| Stop::input(language, &about(path), &error);
    let opened = arguments.level.open(language)?;
    // Before the key is opened: a PIN, a consent and a signature are not to be wasted.
    let document = match &arguments.input {
        Some(input) => {
            let document =
                input::read(input, Limits::default().file).map_err(|e| stop(input, e))?;
            output::permitted(&arguments.out, existing(arguments.overwrite), &[input])
                .map_err(|error| stop(&arguments.out, error))?;
            Some((input, document))
        }
        None => None,
    };
    let mut signer = Signer::new(key::open(&arguments.key, language)?);
    if let Some(opened) = &opened {
        signer = signer.with_services(Arc::clone(&opened.services));
    }
    let job = Job {
        signer: &signer,
        plan: &arguments.plan,
        level: &arguments.level,
        image: arguments.plan.image(language)?,
        overwrite: arguments.overwrite,
    };
    let Some((input, document)) = document else {
        let exit = bulk::run(&arguments.bulk, &job, &arguments.out, language);
        if let Some(opened) = &opened {
            opened.list_requests(language);
        }
        return exit;
    };
    warn(&document, language);
    let signed = job.sign(&document, input::now());
    if let Some(opened) = &opened {
        opened.list_requests(language);
    }
    let signed = signed.map_err(|error| stop(input, error))?;
    for line in level::tell(&signed, language) {
        note(&line);
    }
    job.publish(&signed, &arguments.out, input)
        .map_err(|error| stop(&arguments.out, error))?;
    note(&message::signed(
        language,
        signed.field(),
        &about(&arguments.out),
    ));
    Ok(Exit::Passed)
}

/// Says what a signer should know of a document before signing; it stops nothing.
pub(super) fn warn(document: &[u8], language: Language) {
    for line in warnings(document, language) {
        note(&line);
    }
}

/// What a signer should know of a document before signing, a line each.
fn warnings(document: &[u8], language: Language) -> Vec<String> {
    let lints = Document::open(document, &OpenOptions::default())
        .and_then(|open| lint(open.latest(), &Limits::default()));
    // A document that cannot be read is not signed either, which says why.
    let lints = lints.unwrap_or_default();
    lints
        .iter()
        .map(|one| message::finding(language, &Finding::from(one)))
        .collect()
}

/// Refuses a document on which a signature stands that fails whomever one trusts.
fn refuse_failed(document: &[u8], now: UtcTime) -> Result<(), Error> {
    // What cannot be read is not signed either, which says why.
    let Ok(report) = Verifier::new(Trust::new(), Policy::official()).verify(document, now) else {
        return Ok(());
    };
    let mut signatures = report.signatures.into_iter();
    match signatures.find(|one| one.indication == Indication::TotalFailed) {
        Some(failed) => Err(SigningFault::EarlierFailed {
            field: failed.field.unwrap_or_else(|| "?".to_owned()),
        }
        .into()),
        None => Ok(()),
    }
}

/// What may happen to an output that exists.
pub(super) fn existing(overwrite: bool) -> Existing {
    match overwrite {
        true => Existing::Replace,
        false => Existing::Keep,
    }
}

/// Writes a finished file: what lies on the disk is what was verified in memory. `before` is done
/// when everything but the name is there; what it gives is held until the name is there too.
pub(super) fn publish<T>(
    out: &Path,
    bytes: &[u8],
    overwrite: bool,
    inputs: &[&Path],
    before: impl FnOnce() -> Result<T, Error>,
) -> Result<(), Error> {
    let existing = existing(overwrite);
    let limit = Limits::default().file.saturating_mul(2);
    output::write(out, bytes, existing, inputs, |written| {
        if input::read(written, limit)? == bytes {
            return before();
        }
        Err(Error::new(ErrorKind::Io {
            operation: FileOperation::ReadBack,
            path: written.display().to_string(),
            reason: FileReason::OtherBytes,
        }))
    })
}

/// One key and one way to sign, for any number of documents.
struct Job<'j> {
    signer: &'j Signer,
    plan: &'j PlanArguments,
    level: &'j LevelArguments,
    image: Option<Image>,
    overwrite: bool,
}

impl Job<'_> {
    fn sign(&self, document: &[u8], now: UtcTime) -> Result<Signed, Error> {
        let key = self.signer.key();
        let image = self.image.as_ref();
        let plan = self.plan.plan(document, self.level, image, key, now)?;
        self.signer.sign(document, &plan, now)
    }

    fn existing(&self) -> Existing {
        existing(self.overwrite)
    }

    /// Publishes `signed` as `out`, noted in the queue when it did not reach its level.
    fn publish(&self, signed: &Signed, out: &Path, input: &Path) -> Result<(), Error> {
        let wanted = self.level.level.level();
        publish(out, signed.bytes(), self.overwrite, &[input], || {
            level::enqueue(self.level.queue.as_deref(), out, signed, wanted)
        })
    }
}

impl PlanArguments {
    /// The plan for `document`.
    pub(super) fn plan(
        &self,
        document: &[u8],
        level: &LevelArguments,
        image: Option<&Image>,
        key: &dyn KeySource,
        now: UtcTime,
    ) -> Result<Plan, Error> {
        if !self.allow_failed_signature {
            refuse_failed(document, now)?;
        }
        let mut plan = plan(self, now);
        plan.level = level.level.level();
        plan.allow_revoked_certificate = level.allow_revoked_certificate;
        if level.queue.is_some() {
            plan.shortfall = Shortfall::KeepLower;
        }
        if !self.visible.is_empty() {
            let claimed = plan.claimed_time.unwrap_or(now);
            let look = look(document, image.cloned(), self, key, claimed);
            let mut places = visible(document, &look, &self.visible)?.into_iter();
            plan.visible = places.next();
            plan.repeated = places.collect();
        }
        Ok(plan)
    }

    /// The image of the visible signature, read once for all documents.
    pub(super) fn image(&self, language: Language) -> Result<Option<Image>, Stop> {
        let limits = Limits::default();
        let read = |path: &PathBuf| {
            input::read(path, limits.image as u64)
                .and_then(|bytes| Image::from_bytes(&bytes, &limits))
                .map_err(|error| Stop::input(language, &path.display().to_string(), &error))
        };
        self.image.as_ref().map(read).transpose()
    }
}

fn plan(arguments: &PlanArguments, now: UtcTime) -> Plan {
    Plan {
        sub_filter: match arguments.sub_filter {
            Form::Cades => SubFilter::EtsiCadesDetached,
            Form::Pkcs7 => SubFilter::AdbePkcs7Detached,
        },
        digest: arguments.digest.map(|digest| match digest {
            Digest::Sha256 => DigestAlgorithm::Sha256,
            Digest::Sha384 => DigestAlgorithm::Sha384,
            Digest::Sha512 => DigestAlgorithm::Sha512,
        }),
        padding: if arguments.pss {
            RsaPadding::Pss
        } else {
            RsaPadding::default()
        },
        field: match &arguments.field {
            Some(name) => Field::Named(name.clone()),
            None => Field::default(),
        },
        reason: arguments.reason.clone(),
        location: arguments.location.clone(),
        contact: arguments.contact.clone(),
        claimed_time: Some(arguments.time.unwrap_or(now)),
        certify: arguments.certify,
        allow_certificate_outside_its_period: arguments.allow_certificate_outside_its_period,
        allow_certificate_of_another_purpose: arguments.allow_certificate_of_another_purpose,
        ..Plan::default()
    }
}

fn look(
    document: &[u8],
    image: Option<Image>,
    arguments: &PlanArguments,
    key: &dyn KeySource,
    at: UtcTime,
) -> Look {
    let text = if !arguments.text.is_empty() {
        Some(TextAppearance::new(arguments.text.clone()))
    } else if image.is_none() {
        let subject = key.certificate().subject();
        let name = subject.common_name().unwrap_or_else(|| subject.rfc4514());
        let reason = arguments.reason.as_deref();
        Some(TextAppearance::signer(&name, None, at, reason))
    } else {
        None
    };
    let code = arguments.code.as_ref().map(|number| {
        use sha2::Digest as _;
        code_text(number.as_deref(), &sha2::Sha256::digest(document).into())
    });
    Look { image, text, code }
}

fn visible(document: &[u8], look: &Look, places: &[Place]) -> Result<Vec<Visible>, Error> {
    let open = Document::open(document, &OpenOptions::default())?;
    let view = open.latest();
    let archive = PdfA::declared(&view)?;
    let draw = |place: &Place| {
        let placement = PageGeometry::of(&view, place.page)?.place(&place.area)?;
        look.draw(&placement, archive)?.visible(place.page)
    };
    places.iter().map(draw).collect()
}
