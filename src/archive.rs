//! Many documents → a stream of outcomes, each the answer that [`crate::Verifier`] gives for one;
//! and runs over whole archives, with records, tables and a summary.

mod checker;
pub mod columns;
mod container;
pub mod csv;
pub mod engine;
pub mod evidence;
mod job;
#[cfg(test)]
mod lie;
pub mod merge;
#[cfg(feature = "parquet")]
pub mod parquet;
mod publish;
mod queue;
mod reader;
pub mod record;
pub mod rejudge;
pub mod run;
mod self_test;
mod state;
pub mod summary;
mod unpack;
mod worker;

pub use engine::{Engine, EngineOptions, FileStamp, Input, Order, Outcome, Source, Totals};
pub use publish::{Counts, Outputs};
pub use record::Record;
pub use run::{Ended, RunOptions, Shard, run};
pub use state::{FILE as STATE_FILE, Settings, last_settings};
pub use summary::Summary;
