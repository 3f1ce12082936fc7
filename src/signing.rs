//! `Plan` → `Prepared` (storable, resumable) → `Signed`: documents are signed in exactly one
//! revision each, and only what verifies comes out.

pub mod key;
pub mod plan;

pub use plan::Plan;
