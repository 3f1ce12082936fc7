//! `kyso sign`: a PDF and a key → the PDF with one more signature, published whole or not at all.

use std::path::{Path, PathBuf};

use super::{Exit, Stop, input, key, note};
use crate::crypto::DigestAlgorithm;
use crate::error::{Error, ErrorKind, FileOperation, FileReason};
use crate::limits::Limits;
use crate::pdf::{Document, OpenOptions};
use crate::report::Language;
use crate::report::message::{self, Expected};
use crate::run::output::{self, Existing};
use crate::signing::KeySource;
use crate::signing::appearance::{Area, PageGeometry, TextAppearance, draw};
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
    #[arg(long, value_name = "PAGE,LEFT,TOP,WIDTH,HEIGHT", value_parser = place)]
    visible: Option<Place>,
    /// Text of the visible signature, a line each; otherwise signer, time and reason
    #[arg(long, value_name = "LINE")]
    text: Vec<String>,
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

fn permission(text: &str) -> Result<Permission, Expected> {
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
    if let Some(place) = arguments.visible {
        plan.visible = Some(
            visible(
                &document,
                place,
                arguments,
                signer.key(),
                plan.claimed_time.unwrap_or(now),
            )
            .map_err(|e| stop(&arguments.input, e))?,
        );
    }
    let signed = signer
        .sign(&document, &plan, now)
        .map_err(|e| stop(&arguments.input, e))?;
    let existing = if arguments.overwrite {
        Existing::Replace
    } else {
        Existing::Keep
    };
    output::write(
        &arguments.out,
        signed.bytes(),
        existing,
        &[&arguments.input],
        |written| {
            // What lies on the disk is what was verified in memory.
            if input::read(written, limits.file.saturating_mul(2))? == signed.bytes() {
                Ok(())
            } else {
                Err(Error::new(ErrorKind::Io {
                    operation: FileOperation::ReadBack,
                    path: about(written),
                    reason: FileReason::OtherBytes,
                }))
            }
        },
    )
    .map_err(|e| stop(&arguments.out, e))?;
    note(&message::signed(
        language,
        signed.field(),
        &about(&arguments.out),
    ));
    Ok(Exit::Passed)
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

fn visible(
    document: &[u8],
    place: Place,
    arguments: &Arguments,
    key: &dyn KeySource,
    at: UtcTime,
) -> Result<Visible, Error> {
    let open = Document::open(document, &OpenOptions::default())?;
    let geometry = PageGeometry::of(&open.latest(), place.page)?;
    let text = if arguments.text.is_empty() {
        let subject = key.certificate().subject();
        let name = subject.common_name().unwrap_or_else(|| subject.rfc4514());
        TextAppearance::signer(&name, None, at, arguments.reason.as_deref())
    } else {
        TextAppearance::new(arguments.text.clone())
    };
    draw(&text, &geometry.place(&place.area)?)?.visible(place.page)
}
