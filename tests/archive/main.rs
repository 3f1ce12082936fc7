//! Archives: what is made for tests has the verdicts that its table says.

mod corpus;
#[path = "../../benches/support/corpus.rs"]
mod maker;
