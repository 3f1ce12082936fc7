//! Python objects → the crate's types, and back: the module `kyso._kyso` (feature `python`).
//!
//! The package around it is in `src/python/kyso`; its stubs are the reference for callers. The
//! interpreter is released while documents are read, verified and signed; Python objects are only
//! touched in the thread that calls.

mod batch;
mod error;
mod input;
mod report;
mod signing;
mod table;
mod verifier;

use pyo3::prelude::*;

/// What the package imports.
#[pymodule]
fn _kyso(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Error", module.py().get_type::<error::Error>())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<verifier::Verifier>()?;
    module.add_class::<report::Report>()?;
    module.add_class::<batch::Answer>()?;
    module.add_class::<batch::Answers>()?;
    module.add_class::<table::RecordBatches>()?;
    module.add_class::<signing::Prepared>()?;
    module.add_function(wrap_pyfunction!(signing::prepare, module)?)?;
    module.add_function(wrap_pyfunction!(verifier::certificates, module)?)?;
    Ok(())
}
