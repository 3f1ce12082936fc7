//! What the service has done → numbers in the text form that Prometheus reads.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::admission::Gate;
use crate::validation::Indication;

/// Statuses that the service answers with.
const STATUSES: [u16; 11] = [200, 400, 404, 405, 408, 413, 415, 422, 500, 503, 0];
/// Upper ends of the classes of durations, in thousandths of a second.
const CLASSES: [u64; 9] = [5, 10, 25, 50, 100, 250, 1000, 5000, 30_000];

/// Counters; they only grow.
#[derive(Default)]
pub(super) struct Metrics {
    responses: [AtomicU64; STATUSES.len()],
    passed: AtomicU64,
    failed: AtomicU64,
    indeterminate: AtomicU64,
    unsigned: AtomicU64,
    errors: AtomicU64,
    turned_away: AtomicU64,
    received: AtomicU64,
    classes: [AtomicU64; CLASSES.len()],
    microseconds: AtomicU64,
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Metrics {
    /// One response was given.
    pub(super) fn response(&self, status: u16) {
        let known = STATUSES.iter().position(|one| *one == status);
        if let Some(counter) = self.responses.get(known.unwrap_or(STATUSES.len() - 1)) {
            add(counter, 1);
        }
    }

    /// A request or a connection was turned away for want of room.
    pub(super) fn turned_away(&self) {
        add(&self.turned_away, 1);
    }

    /// A body was received.
    pub(super) fn received(&self, bytes: usize) {
        add(&self.received, bytes as u64);
    }

    /// A document was verified, or could not be.
    pub(super) fn verified(&self, indication: Option<Indication>, took: Duration) {
        let counter = match indication {
            Some(Indication::TotalPassed) => &self.passed,
            Some(Indication::TotalFailed) => &self.failed,
            Some(Indication::Indeterminate) => &self.indeterminate,
            Some(Indication::NoSignatureFound) => &self.unsigned,
            None => &self.errors,
        };
        add(counter, 1);
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        add(&self.microseconds, took);
        let class = CLASSES
            .iter()
            .position(|end| took <= end.saturating_mul(1000));
        if let Some(counter) = class.and_then(|class| self.classes.get(class)) {
            add(counter, 1);
        }
    }

    /// All of it, with what is here now.
    pub(super) fn text(&self, gate: &Gate) -> String {
        let mut out = String::new();
        let name = "kyso_http_responses_total";
        head(&mut out, name, "counter", "Responses, by status.");
        for (status, counter) in STATUSES.iter().zip(&self.responses) {
            let status = match status {
                0 => "other".to_owned(),
                status => status.to_string(),
            };
            value(
                &mut out,
                name,
                &format!("{{status=\"{status}\"}}"),
                read(counter),
            );
        }
        let name = "kyso_documents_total";
        let help = "Documents, by indication; error: could not be verified.";
        head(&mut out, name, "counter", help);
        for (indication, counter) in [
            (Indication::TotalPassed.to_string(), &self.passed),
            (Indication::TotalFailed.to_string(), &self.failed),
            (Indication::Indeterminate.to_string(), &self.indeterminate),
            (Indication::NoSignatureFound.to_string(), &self.unsigned),
            ("error".to_owned(), &self.errors),
        ] {
            let label = format!("{{indication=\"{indication}\"}}");
            value(&mut out, name, &label, read(counter));
        }
        let (uploads, bytes) = gate.taken();
        for (name, kind, help, now) in [
            (
                "kyso_turned_away_total",
                "counter",
                "Requests and connections that found no room.",
                read(&self.turned_away),
            ),
            (
                "kyso_received_bytes_total",
                "counter",
                "Bytes of the bodies that were received.",
                read(&self.received),
            ),
            (
                "kyso_uploads",
                "gauge",
                "Uploads that are received, wait or are verified now.",
                uploads as u64,
            ),
            (
                "kyso_upload_bytes",
                "gauge",
                "Bytes that are set aside for them.",
                bytes,
            ),
        ] {
            head(&mut out, name, kind, help);
            value(&mut out, name, "", now);
        }
        let name = "kyso_verification_seconds";
        head(
            &mut out,
            name,
            "histogram",
            "Time of verifying one document.",
        );
        let mut sum = 0_u64;
        for (end, counter) in CLASSES.iter().zip(&self.classes) {
            sum = sum.saturating_add(read(counter));
            let (whole, part) = (end / 1000, end % 1000);
            value(
                &mut out,
                name,
                &format!("_bucket{{le=\"{whole}.{part:03}\"}}"),
                sum,
            );
        }
        let count = [
            &self.passed,
            &self.failed,
            &self.indeterminate,
            &self.unsigned,
            &self.errors,
        ]
        .into_iter()
        .fold(0_u64, |sum, counter| sum.saturating_add(read(counter)));
        value(&mut out, name, "_bucket{le=\"+Inf\"}", count);
        let micro = read(&self.microseconds);
        let seconds = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
        value(&mut out, name, "_sum", seconds);
        value(&mut out, name, "_count", count);
        let name = "kyso_build_info";
        head(&mut out, name, "gauge", "Version.");
        let label = concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
        value(&mut out, name, label, 1);
        out
    }
}

/// What a number is, before its lines.
fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// One line: the name with `more` (labels, or an ending with them), and its value.
fn value(out: &mut String, name: &str, more: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "{name}{more} {value}");
}
