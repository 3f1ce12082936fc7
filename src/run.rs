//! Paths and runs: what comes out of the upper rows → files that are whole or not there.

pub mod output;
