//! Archives: what is made for tests has the verdicts that its table says; runs over them end in the
//! same tables whatever happens on the way.

#![cfg(feature = "cli")]

mod corpus;
mod engine;
#[cfg(unix)]
mod kill;
#[path = "../../benches/support/corpus.rs"]
mod maker;
mod run;
mod support;
mod tables;
mod trouble;
