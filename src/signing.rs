//! `Plan` → `Prepared` (storable, resumable) → `Signed`: documents are signed in exactly one
//! revision each, and only what verifies comes out.

#[cfg(feature = "visual")]
pub mod appearance;
#[cfg(feature = "visual")]
pub mod demo;
pub mod key;
pub mod plan;

pub use plan::Plan;
