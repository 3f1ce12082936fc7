//! Many documents → a stream of outcomes, each the answer that [`crate::Verifier`] gives for one.

pub mod engine;
mod queue;
mod reader;

pub use engine::{Engine, EngineOptions, FileStamp, Input, Order, Outcome, Source, Totals};
