//! An iterable of documents → record batches of Arrow, handed over by its C interface.
//!
//! One row a document, in the columns that the archive's Parquet has: names, order and types are
//! those that a reader of that file sees.

use std::sync::{Arc, Mutex};

use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    ArrayRef, BooleanArray, ListArray, RecordBatch, RecordBatchReader, StringArray, StructArray,
    TimestampMillisecondArray, UInt64Array,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::batch::{Feed, busy};
use super::error::misuse;
use crate::archive::Engine;
use crate::archive::Record;
use crate::archive::columns::{Column, DOCUMENT, Kind, SIGNATURE, Value};
use crate::archive::record::Place;
use crate::time::UtcTime;

/// Most rows of one batch.
const MOST_ROWS: usize = 1 << 20;

fn kind(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Number => DataType::UInt64,
        Kind::Truth => DataType::Boolean,
        Kind::Time => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
    }
}

fn fields<R>(columns: &[Column<R>]) -> Fields {
    columns
        .iter()
        .map(|column| Field::new(column.name, kind(column.kind), true))
        .collect()
}

fn element() -> Field {
    Field::new("element", DataType::Struct(fields(SIGNATURE)), false)
}

fn schema() -> SchemaRef {
    let mut all: Vec<_> = fields(DOCUMENT).iter().cloned().collect();
    let list = DataType::List(Arc::new(element()));
    all.push(Arc::new(Field::new("signatures", list, false)));
    Arc::new(Schema::new(all))
}

/// One column of `rows`.
fn column<R>(column: &Column<R>, rows: &[&R]) -> ArrayRef {
    let values = rows.iter().map(|row| (column.value)(row));
    match column.kind {
        Kind::Text => {
            let texts = values.map(|value| match value {
                Value::Text(text) => Some(text),
                _ => None,
            });
            Arc::new(texts.collect::<StringArray>())
        }
        Kind::Number => {
            let numbers = values.map(|value| match value {
                Value::Number(number) => Some(number),
                _ => None,
            });
            Arc::new(numbers.collect::<UInt64Array>())
        }
        Kind::Truth => {
            let truths = values.map(|value| match value {
                Value::Truth(truth) => Some(truth),
                _ => None,
            });
            Arc::new(truths.collect::<BooleanArray>())
        }
        Kind::Time => {
            let times = values.map(|value| match value {
                Value::Time(time) => Some(time.unix().saturating_mul(1000)),
                _ => None,
            });
            let times: TimestampMillisecondArray = times.collect();
            Arc::new(times.with_timezone("UTC"))
        }
    }
}

fn batch(schema: &SchemaRef, records: &[Record]) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<&Record> = records.iter().collect();
    let mut arrays: Vec<ArrayRef> = DOCUMENT.iter().map(|one| column(one, &rows)).collect();
    let inner: Vec<_> = records.iter().flat_map(|row| &row.signatures).collect();
    let structs = StructArray::try_new(
        fields(SIGNATURE),
        SIGNATURE.iter().map(|one| column(one, &inner)).collect(),
        None,
    )?;
    let offsets = OffsetBuffer::from_lengths(records.iter().map(|row| row.signatures.len()));
    let list = ListArray::try_new(Arc::new(element()), offsets, Arc::new(structs), None)?;
    arrays.push(Arc::new(list));
    RecordBatch::try_new(Arc::clone(schema), arrays)
}

/// The table, batch by batch: something that `pyarrow`, `polars` or `duckdb` reads.
#[pyclass(frozen, module = "kyso")]
pub(super) struct RecordBatches {
    schema: SchemaRef,
    reader: Mutex<Option<Reader>>,
}

/// What the consumer of the stream draws from.
struct Reader {
    schema: SchemaRef,
    feed: Feed<Record>,
    rows: usize,
    ended: bool,
}

impl RecordBatches {
    pub(super) fn new(
        engine: Engine,
        at: UtcTime,
        documents: &Bound<'_, PyAny>,
        ahead: usize,
        rows: usize,
    ) -> PyResult<Self> {
        if rows == 0 || rows > MOST_ROWS {
            let text = format!("rows is between 1 and {MOST_ROWS}");
            return Err(PyValueError::new_err(text));
        }
        let nowhere = || Place {
            path: String::new(),
            octets: None,
            member: None,
        };
        let record = move |outcome| Record::new(nowhere(), &outcome);
        let feed = Feed::new(engine, at, documents, ahead, record)?;
        let schema = schema();
        let reader = Reader {
            schema: Arc::clone(&schema),
            feed,
            rows,
            ended: false,
        };
        Ok(Self {
            schema,
            reader: Mutex::new(Some(reader)),
        })
    }
}

#[pymethods]
impl RecordBatches {
    /// Source: Arrow PyCapsule interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(&*self.schema)
            .map_err(|error| misuse(py, error.to_string()))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    /// The stream, once. Another schema is not made: the consumer casts.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let mut slot = self.reader.try_lock().map_err(|_| busy())?;
        let reader = slot
            .take()
            .ok_or_else(|| misuse(py, "the table was read already: verify again"))?;
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.reader.try_lock().as_deref() {
            Ok(Some(reader)) => reader.feed.traverse(&visit),
            _ => Ok(()),
        }
    }

    fn __clear__(&self) {
        if let Ok(mut reader) = self.reader.try_lock() {
            *reader = None;
        }
    }

    /// A `pyarrow.RecordBatchReader` over it.
    fn to_arrow<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        this.py()
            .import("pyarrow")?
            .getattr("RecordBatchReader")?
            .call_method1("from_stream", (this,))
    }
}

impl Reader {
    fn next_batch(&mut self, py: Python<'_>) -> PyResult<Option<RecordBatch>> {
        let mut records = Vec::with_capacity(self.rows.min(4096));
        while records.len() < self.rows {
            // Signals are left to the consumer: an exception of theirs could not come out as such.
            let Some((_, place, mut record)) = self.feed.next(py, false)? else {
                self.ended = true;
                break;
            };
            record.put(place);
            records.push(record);
        }
        if records.is_empty() {
            return Ok(None);
        }
        let schema = &self.schema;
        py.detach(|| batch(schema, &records))
            .map(Some)
            .map_err(|error| misuse(py, error.to_string()))
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        // The consumer may have released the interpreter, or be outside of it.
        let batch = Python::try_attach(|py| {
            self.next_batch(py).map_err(|error| {
                let text = error.to_string();
                ArrowError::ExternalError(text.into())
            })
        });
        let batch = batch.unwrap_or_else(|| {
            let text = "the Python interpreter has ended".to_owned();
            Err(ArrowError::ExternalError(text.into()))
        });
        if batch.is_err() {
            self.ended = true;
        }
        batch.transpose()
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
