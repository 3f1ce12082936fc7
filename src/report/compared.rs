//! A comparison of two documents → lines for a terminal.

use std::fmt::Write;

use super::Language;
use super::message::compare as say;
use crate::signature::compare::Comparison;

/// As sentences; `issued` and `returned` are the names of the files.
pub fn text(found: &Comparison, issued: &str, returned: &str, language: Language) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{issued} → {returned}: {}",
        say::outcome(language, found.outcome)
    );
    for field in &found.signatures_added {
        let _ = writeln!(out, "  + {}", say::signature_added(language, field));
    }
    for field in &found.time_stamps_added {
        let _ = writeln!(out, "  + {}", say::time_stamp_added(language, field));
    }
    for difference in &found.differences {
        let _ = writeln!(out, "  ✗ {}", say::difference(language, difference));
    }
    let _ = writeln!(out, "  → {}", say::advice(language, found.outcome));
    out
}
