//! `kyso release`: a PDF, a key, a step of the release workflow → the PDF with that step's signature.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::level::{self, LevelName, ServiceArguments};
use super::{Exit, Stop, input, key, note, online, sign};
use crate::error::{Error, ErrorKind, FileOperation};
use crate::limits::Limits;
use crate::online::{HttpTransport, Session};
use crate::pki::Evidence;
use crate::pki::evidence::Origin;
use crate::report::message::{self, Expected, release as say};
use crate::report::{Language, hex};
use crate::run::{output, queue};
use crate::signing::appearance::{Image, ImageSize};
use crate::signing::plan::{Permission, Shortfall};
use crate::signing::release::{
    Act, Approval, ApprovalPlace, Attachment, Certification, Clock, CopyForm, Copying, Corner,
    Dating, DocumentNumber, Incoming, Numbering, Office, ReleaseFinding, Sealing,
};
use crate::signing::{KeySource, Signer};
use crate::time::UtcTime;
use crate::verify::{CertificateOptions, Verifier, check_certificate};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(clap::Subcommand)]
enum Step {
    /// The leader approves: blue image between post and name
    Approve(Approve),
    /// The clerk stamps the document's number
    Number(Number),
    /// The clerk stamps the document's date
    Date(Date),
    /// The agency seals: red image over the left third of the leader's
    Seal(Seal),
    /// The agency signs a separate attachment: text at the top right of page 1
    Attachment(AttachmentStep),
    /// The agency signs a copy that it made: text at the top right of page 1
    Copy(Copy),
    /// Who receives the document stamps it
    Incoming(IncomingStep),
}

/// What every step takes.
#[derive(clap::Args)]
struct Common {
    /// PDF to sign; it is read and never written
    input: PathBuf,
    /// Signed PDF to write
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    key: key::Arguments,
    /// PAdES level to reach; from B-LT on in a revision of its own behind the step's
    #[arg(long, value_enum, default_value_t = LevelName::BB)]
    level: LevelName,
    #[command(flatten)]
    services: ServiceArguments,
    /// Sign although the level cannot be reached now, and note the file here for
    /// `kyso extend --pending`
    #[arg(long, value_name = "FILE")]
    queue: Option<PathBuf>,
    /// How the moment of signing is shown
    #[arg(long, value_enum, default_value_t = ClockForm::Annex)]
    clock: ClockForm,
    /// Moment of signing, RFC 3339; otherwise now
    #[arg(long, value_parser = input::time, value_name = "TIME")]
    time: Option<UtcTime>,
    /// Replace the output when it exists
    #[arg(long)]
    overwrite: bool,
    /// Append what was done and found, one JSON object a line
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Make the step although it is refused, for this reason; needs --log, where the reason is kept
    #[arg(long = "override", value_name = "REASON", requires = "log", value_parser = filled)]
    override_reason: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum ClockForm {
    /// 05/01/2026; 09:30:00 +07:00
    Annex,
    /// 2026-01-05T09:30:00+07:00
    Iso,
    /// 05.01.2026 09:30:00 +07:00
    Vgca,
}

#[derive(clap::Args)]
struct Approve {
    #[command(flatten)]
    common: Common,
    /// The handwritten signature: blue PNG with a transparent background; otherwise name and time
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Width of the image, in millimetres; otherwise as its file says
    #[arg(long, value_name = "MM")]
    width: Option<f64>,
    /// Last line of the signer's post, as it stands on the page
    #[arg(long, value_name = "TEXT", requires = "name", required_unless_present_any = ["place", "field"])]
    post: Option<String>,
    /// The signer's name, as it stands on the page
    #[arg(long, value_name = "TEXT", requires = "post")]
    name: Option<String>,
    /// Upper left corner instead: page from 1, left, top, in millimetres as displayed
    #[arg(long, value_name = "PAGE,LEFT,TOP", value_parser = corner, conflicts_with_all = ["post", "field"])]
    place: Option<Corner>,
    /// An empty signature field instead
    #[arg(long, value_name = "NAME", conflicts_with = "post")]
    field: Option<String>,
    /// Certify, and make the fields of the later steps; only P = 2 lets them be signed
    #[arg(long, value_name = "P", num_args = 0..=1, default_missing_value = "2", value_parser = sign::permission)]
    certify: Option<Permission>,
    /// With --certify: place of the number, otherwise behind "Số:"
    #[arg(long, value_name = "PAGE,LEFT,TOP", value_parser = corner, requires = "certify")]
    number_place: Option<Corner>,
    /// With --certify: place of the date, otherwise in the blanks of "ngày … tháng … năm"
    #[arg(long, value_name = "PAGE,LEFT,TOP", value_parser = corner, requires = "certify")]
    date_place: Option<Corner>,
    /// With --certify: width and height of the seal, in millimetres
    #[arg(long, value_name = "WIDTH,HEIGHT", value_parser = size, requires = "certify", default_value = "36,36")]
    seal_size: (f64, f64),
    /// With --certify: a field for the stamp of who receives the document
    #[arg(long, requires = "certify")]
    incoming_field: bool,
}

#[derive(clap::Args)]
struct NumberAndSymbol {
    /// Number of the document
    #[arg(long, value_name = "N")]
    number: u32,
    /// Its symbol, like QĐ-UBND
    #[arg(long)]
    symbol: String,
}

#[derive(clap::Args)]
struct Number {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    number: NumberAndSymbol,
    /// Place of the whole text instead of the blank behind "Số:"
    #[arg(long, value_name = "PAGE,LEFT,TOP", value_parser = corner)]
    place: Option<Corner>,
}

#[derive(clap::Args)]
struct Date {
    #[command(flatten)]
    common: Common,
    /// Date of the document, as 2026-11-26 or 26/11/2026; otherwise the day of signing
    #[arg(long, value_parser = day, value_name = "DATE")]
    date: Option<UtcTime>,
    /// Place of the whole text instead of the blanks of "ngày … tháng … năm"
    #[arg(long, value_name = "PAGE,LEFT,TOP", value_parser = corner, requires = "locality")]
    place: Option<Corner>,
    /// Locality before the date, when a place is given
    #[arg(long, requires = "place")]
    locality: Option<String>,
}

#[derive(clap::Args)]
struct Seal {
    #[command(flatten)]
    common: Common,
    /// The seal: red PNG with a transparent background
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// Width of the seal, in millimetres; otherwise as its file says
    #[arg(long, value_name = "MM")]
    width: Option<f64>,
    /// Field of the leader's signature; otherwise it is found
    #[arg(long, value_name = "NAME", conflicts_with = "place")]
    over: Option<String>,
    /// Upper left corner instead
    #[arg(long, value_name = "PAGE,LEFT,TOP", value_parser = corner)]
    place: Option<Corner>,
}

#[derive(clap::Args)]
struct AttachmentStep {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    number: NumberAndSymbol,
    /// Upper left corner instead of the top right of page 1
    #[arg(long, value_name = "PAGE,LEFT,TOP", value_parser = corner)]
    place: Option<Corner>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum CopyKind {
    /// SAO LỤC
    SaoLuc,
    /// SAO Y
    SaoY,
    /// TRÍCH SAO
    TrichSao,
}

#[derive(clap::Args)]
struct Copy {
    #[command(flatten)]
    common: Common,
    /// Kind of copy
    #[arg(long, value_enum)]
    form: CopyKind,
    /// The agency that copies
    #[arg(long, value_name = "NAME", value_parser = filled)]
    agency: String,
    /// Upper left corner instead of the top right of page 1
    #[arg(long, value_name = "PAGE,LEFT,TOP", value_parser = corner)]
    place: Option<Corner>,
}

#[derive(clap::Args)]
struct IncomingStep {
    #[command(flatten)]
    common: Common,
    /// The agency that receives
    #[arg(long, value_name = "NAME", value_parser = filled)]
    agency: String,
    /// Number in its register
    #[arg(long, value_name = "N")]
    number: u32,
    /// Upper left corner instead of the top left of page 1
    #[arg(long, value_name = "PAGE,LEFT,TOP", value_parser = corner)]
    place: Option<Corner>,
}

fn corner(text: &str) -> Result<Corner, Expected> {
    let numbers = numbers(text).ok_or(Expected::Corner)?;
    let [page, left, top] = numbers[..] else {
        return Err(Expected::Corner);
    };
    if !(1.0..=1e6).contains(&page) || page.fract() != 0.0 {
        return Err(Expected::Corner);
    }
    Ok(Corner {
        // A whole number from 1 to a million.
        page: page as usize - 1,
        left,
        top,
    })
}

/// A text that says something.
fn filled(text: &str) -> Result<String, Expected> {
    match text.trim() {
        "" => Err(Expected::Text),
        text => Ok(text.to_owned()),
    }
}

/// A day, also with the day first, as documents write it.
fn day(text: &str) -> Result<UtcTime, Expected> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts[..] {
        [day, month, year] => input::time(&format!("{year}-{month:0>2}-{day:0>2}")),
        _ => input::time(text),
    }
}

fn size(text: &str) -> Result<(f64, f64), Expected> {
    match numbers(text).ok_or(Expected::Size)?[..] {
        [width, height] if width > 0.0 && height > 0.0 => Ok((width, height)),
        _ => Err(Expected::Size),
    }
}

fn numbers(text: &str) -> Option<Vec<f64>> {
    let number = |part: &str| part.trim().parse().ok().filter(|n: &f64| n.is_finite());
    text.split(',').map(number).collect()
}

impl Step {
    fn common(&self) -> &Common {
        match self {
            Self::Approve(Approve { common, .. })
            | Self::Number(Number { common, .. })
            | Self::Date(Date { common, .. })
            | Self::Seal(Seal { common, .. })
            | Self::Attachment(AttachmentStep { common, .. })
            | Self::Copy(Copy { common, .. })
            | Self::Incoming(IncomingStep { common, .. }) => common,
        }
    }

    fn act(&self, now: UtcTime, language: Language) -> Result<Act, Stop> {
        let number = |given: &NumberAndSymbol| {
            DocumentNumber::new(given.number, &given.symbol)
                .map_err(|error| Stop::input(language, &given.symbol, &error))
        };
        let image = |path: &PathBuf| {
            let limits = Limits::default();
            input::read(path, limits.image as u64)
                .and_then(|bytes| Image::from_bytes(&bytes, &limits))
                .map_err(|error| Stop::input(language, &path.display().to_string(), &error))
        };
        let sized = |width: Option<f64>| width.map_or(ImageSize::Native, ImageSize::Width);
        Ok(match self {
            Self::Approve(step) => Act::Approve(Approval {
                image: step.image.as_ref().map(image).transpose()?,
                size: sized(step.width),
                place: match (step.place, &step.field, &step.post, &step.name) {
                    (Some(corner), ..) => ApprovalPlace::Corner(corner),
                    (_, Some(field), ..) => ApprovalPlace::Field(field.clone()),
                    (_, _, post, name) => ApprovalPlace::Between {
                        post: post.clone().unwrap_or_default(),
                        name: name.clone().unwrap_or_default(),
                    },
                },
                certify: step.certify.map(|permission| Certification {
                    permission,
                    number: step.number_place,
                    date: step.date_place,
                    seal: step.seal_size,
                    incoming: step.incoming_field,
                }),
            }),
            Self::Number(step) => Act::Number(Numbering {
                number: number(&step.number)?,
                place: step.place,
            }),
            Self::Date(step) => Act::Date(Dating {
                date: step.date.unwrap_or(now),
                place: step.place.zip(step.locality.clone()),
            }),
            Self::Seal(step) => Act::Seal(Sealing {
                image: image(&step.image)?,
                size: sized(step.width),
                over: step.over.clone(),
                place: step.place,
            }),
            Self::Attachment(step) => Act::Attachment(Attachment {
                number: number(&step.number)?,
                place: step.place,
            }),
            Self::Copy(step) => Act::Copy(Copying {
                form: match step.form {
                    CopyKind::SaoLuc => CopyForm::SaoLuc,
                    CopyKind::SaoY => CopyForm::SaoY,
                    CopyKind::TrichSao => CopyForm::TrichSao,
                },
                agency: step.agency.clone(),
                place: step.place,
            }),
            Self::Incoming(step) => Act::Incoming(Incoming {
                agency: step.agency.clone(),
                number: step.number,
                place: step.place,
            }),
        })
    }
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    let common = arguments.step.common();
    let about = |path: &Path| path.display().to_string();
    let stop = |path: &Path, error: Error| Stop::input(language, &about(path), &error);
    let moment = || common.time.unwrap_or_else(input::now);
    let level = common.level.level();
    let services = common.services.for_level(common.level, language)?;
    let mut verifier = match &services {
        Some(opened) => opened.services.verifier().clone(),
        None => common.services.verifier(language)?,
    };
    let document = input::read(&common.input, Limits::default().file)
        .map_err(|error| stop(&common.input, error))?;
    output::permitted(
        &common.out,
        sign::existing(common.overwrite),
        &[&common.input],
    )
    .map_err(|error| stop(&common.out, error))?;
    let mut act = arguments.step.act(moment(), language)?;
    let mut signer = Signer::new(key::open(&common.key, language)?);
    if common.services.online {
        let evidence = fetched(
            common,
            &verifier,
            &document,
            signer.key(),
            moment(),
            language,
        )?;
        verifier = verifier.with_evidence(evidence);
    }
    // A PIN that is typed and what the network is asked for take their time: the moment of signing
    // is after them, and the day that is stamped is that of the moment.
    let now = moment();
    if let (Act::Date(dating), Step::Date(Date { date: None, .. })) = (&mut act, &arguments.step) {
        dating.date = now;
    }
    let mut office = Office::new(
        verifier.trust().clone(),
        Evidence::clone(verifier.evidence()),
        verifier.policy().clone(),
    )
    .with_clock(match common.clock {
        ClockForm::Annex => Clock::Annex,
        ClockForm::Iso => Clock::Iso8601,
        ClockForm::Vgca => Clock::Vgca,
    });
    if let Some(reason) = &common.override_reason {
        office = office.override_refusals(reason);
    }
    if let Some(services) = &services {
        signer = signer.with_services(Arc::clone(&services.services));
    }
    let mut draft = office
        .draft(&document, &act, signer.key(), now)
        .map_err(|error| stop(&common.input, error))?;
    tell(&draft.findings, language);
    if draft.is_refused() {
        return Err(Stop {
            exit: Exit::Input,
            lines: vec![message::release::refused(language, &about(&common.input))],
        });
    }
    draft.plan.level = level;
    if common.queue.is_some() {
        draft.plan.shortfall = Shortfall::KeepLower;
    }
    let signed = signer.sign(&document, &draft.plan, now);
    if let Some(services) = &services {
        services.list_requests(language);
    }
    let signed = signed.map_err(|error| stop(&common.input, error))?;
    for line in level::tell(&signed, language) {
        note(&line);
    }
    let after = office
        .check(&draft, &signed, now)
        .map_err(|error| stop(&common.input, error))?;
    tell(&after, language);
    if let Some(log) = &common.log {
        // Before the document is there: a step that is not logged is not published.
        let findings: Vec<&ReleaseFinding> = draft.findings.iter().chain(&after).collect();
        let record = Record {
            time: now,
            field: signed.field(),
            input: &about(&common.input),
            input_sha256: hex(signed.input_sha256()),
            output: &about(&common.out),
            output_sha256: hex(signed.sha256()),
            level: signed.level().name(),
            signer: signer.key().certificate().subject().rfc4514(),
            certificate_sha256: hex(signer.key().certificate().sha256()),
            findings,
        };
        record.append_to(log).map_err(|error| stop(log, error))?;
    }
    sign::publish(
        &common.out,
        signed.bytes(),
        common.overwrite,
        &[&common.input],
        || level::enqueue(common.queue.as_deref(), &common.out, &signed, level),
    )
    .map_err(|error| stop(&common.out, error))?;
    if let Some(spot) = draft.place {
        let area = spot.area.in_millimetres();
        note(&say::stamped(language, spot.page.saturating_add(1), area));
    }
    note(&message::signed(
        language,
        signed.field(),
        &about(&common.out),
    ));
    Ok(Exit::Passed)
}

/// What `verifier` knows, and what the network has of the signatures on `document` and of the
/// certificate of `key`.
fn fetched(
    common: &Common,
    verifier: &Verifier,
    document: &[u8],
    key: &dyn KeySource,
    now: UtcTime,
    language: Language,
) -> Result<Evidence, Stop> {
    let rules = common.services.rules(language)?;
    let transport = HttpTransport::new(&rules);
    let mut session = Session::new(rules, &transport);
    let failed = |error: Error| Stop::input(language, &common.input.display().to_string(), &error);
    let ((_, more), requests) = online::ask(
        &mut session,
        verifier.evidence(),
        |more, _| {
            let used = more.map(|more| verifier.clone().with_evidence(more.clone()));
            let report = used.as_ref().unwrap_or(verifier).verify(document, now)?;
            Ok((report.wanted, more.cloned()))
        },
        |(wanted, _)| wanted,
    )
    .map_err(failed)?;
    level::list(&requests, language);
    let mut evidence = more.unwrap_or_else(|| Evidence::clone(verifier.evidence()));
    for issuer in key.chain() {
        evidence.add_certificate(issuer.clone(), Origin::Caller);
    }
    let mut options = CertificateOptions::new(now);
    options.policy = verifier.policy().clone();
    let ((_, more), requests) = online::ask(
        &mut session,
        &evidence,
        |more, _| {
            let known = more.unwrap_or(&evidence);
            let report = check_certificate(key.certificate(), verifier.trust(), known, &options);
            Ok((report.wanted, more.cloned()))
        },
        |(wanted, _)| wanted,
    )
    .map_err(failed)?;
    level::list(&requests, language);
    Ok(more.unwrap_or(evidence))
}

/// One line of the log.
#[derive(Serialize)]
struct Record<'r> {
    time: UtcTime,
    field: &'r str,
    input: &'r str,
    input_sha256: String,
    output: &'r str,
    output_sha256: String,
    level: &'static str,
    signer: String,
    certificate_sha256: String,
    findings: Vec<&'r ReleaseFinding>,
}

impl Record<'_> {
    /// Adds the line to the log at `path`, which several processes may share.
    fn append_to(&self, path: &Path) -> Result<(), Error> {
        let line = serde_json::to_string(self)
            .map_err(|error| ErrorKind::io(FileOperation::Write, path, &error.into()))?;
        queue::append(path, &line).map(drop)
    }
}

fn tell(findings: &[ReleaseFinding], language: Language) {
    for finding in findings {
        note(&format!("kyso: {}", say::finding(language, finding)));
    }
}
