//! Guides and tables: text only, no code.

pub mod trust;
