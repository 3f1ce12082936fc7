//! Paths and runs: what comes out of the upper rows → files that are whole or not there.

pub mod input;
pub mod journal;
pub mod manifest;
pub mod output;
pub mod pace;
pub mod queue;
pub mod walk;
