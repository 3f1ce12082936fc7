//! `kyso sign`: a PDF and a key → the PDF with one more signature, published whole or not at all.

use std::path::{Path, PathBuf};

use super::{Exit, Stop, input, key, note};
use crate::crypto::DigestAlgorithm;
use crate::error::{Error, ErrorKind, FileOperation, FileReason};
use crate::limits::Limits;
use crate::pdf::{Document, OpenOptions};
use crate::report::message::{self, Expected};
use crate::report::{Finding, Language};
use crate::run::output::{self, Existing};
use crate::signature::lint::lint;
use crate::signing::KeySource;
use crate::signing::appearance::{
    Area, Image, Look, PageGeometry, PdfA, TextAppearance, code_text,
};
use crate::signing::plan::{Field, Permission, RsaPadding, SubFilter, Visible};
use crate::signing::{Plan, Signer};
use crate::time::UtcTime;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// PDF to sign; it is read and never written
    input: PathBuf,
    /// Signed PDF to write
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    key: key::Arguments,
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
    /// Certify, first signature only: 1 no changes, 2 forms and signatures, 3 also annotations
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
    /// Replace the output when it exists
    #[arg(long)]
    overwrite: bool,
    /// Sign although the certificate is outside its period
    #[arg(long)]
    allow_certificate_outside_its_period: bool,
    /// Sign although the certificate is not for signing documents
    #[arg(long)]
    allow_certificate_of_another_purpose: bool,
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
    let now = input::now();
    let limits = Limits::default();
    let document =
        input::read(&arguments.input, limits.file).map_err(|e| stop(&arguments.input, e))?;
    let signer = Signer::new(key::open(&arguments.key, language)?);
    let mut plan = plan(arguments, now);
    if !arguments.visible.is_empty() {
        let image = arguments.image.as_ref().map(|path| {
            input::read(path, limits.image as u64)
                .and_then(|bytes| Image::from_bytes(&bytes, &limits))
                .map_err(|error| stop(path, error))
        });
        let claimed = plan.claimed_time.unwrap_or(now);
        let look = look(
            &document,
            image.transpose()?,
            arguments,
            signer.key(),
            claimed,
        );
        let mut places = visible(&document, &look, &arguments.visible)
            .map_err(|e| stop(&arguments.input, e))?
            .into_iter();
        plan.visible = places.next();
        plan.repeated = places.collect();
    }
    // What a signer should know before signing; it stops nothing.
    if let Ok(open) = Document::open(&document, &OpenOptions::default())
        && let Ok(lints) = lint(open.latest(), &limits)
    {
        for one in &lints {
            note(&message::finding(language, &Finding::from(one)));
        }
    }
    let signed = signer
        .sign(&document, &plan, now)
        .map_err(|e| stop(&arguments.input, e))?;
    publish(
        &arguments.out,
        signed.bytes(),
        arguments.overwrite,
        &arguments.input,
    )
    .map_err(|e| stop(&arguments.out, e))?;
    note(&message::signed(
        language,
        signed.field(),
        &about(&arguments.out),
    ));
    Ok(Exit::Passed)
}

/// Writes a signed document, whole or not at all, and reads it back.
pub(super) fn publish(
    out: &Path,
    signed: &[u8],
    overwrite: bool,
    given: &Path,
) -> Result<(), Error> {
    let existing = if overwrite {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let limit = Limits::default().file.saturating_mul(2);
    output::write(out, signed, existing, &[given], |written| {
        // What lies on the disk is what was verified in memory.
        if input::read(written, limit)? == signed {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::Io {
                operation: FileOperation::ReadBack,
                path: written.display().to_string(),
                reason: FileReason::OtherBytes,
            }))
        }
    })
}

fn plan(arguments: &Arguments, now: UtcTime) -> Plan {
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
    arguments: &Arguments,
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
