//! How far a run is → one line of the terminal, written over and over; nothing where none is.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::report::Language;
use crate::report::message::archive;
use crate::run::pace::Pace;

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(200);

/// The line.
pub(super) struct Line {
    language: Language,
    terminal: bool,
    begun: Instant,
    shown: Option<Instant>,
}

impl Line {
    pub(super) fn new(language: Language) -> Self {
        Self {
            language,
            terminal: std::io::stderr().is_terminal(),
            begun: Instant::now(),
            shown: None,
        }
    }

    /// Shows how far the run is, unless it was shown just now.
    pub(super) fn show(&mut self, pace: Pace) {
        if !self.terminal || self.shown.is_some_and(|shown| shown.elapsed() < EVERY) {
            return;
        }
        self.shown = Some(Instant::now());
        let spent = self.begun.elapsed();
        let text = archive::progress(
            self.language,
            (pace.done, pace.total),
            pace.rate(spent),
            pace.left(spent),
        );
        // To the start of the line, the text, and nothing of an older one behind it.
        let _ = write!(std::io::stderr(), "\r{text}\x1b[K");
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
