//! Records → a Parquet file, one row a document; the signatures are a list of structures.
//!
//! Columns and names are those of the JSON. Moments are timestamps in milliseconds, UTC; lists of
//! codes are one text, separated by spaces. Every column may be null.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::basic::{Compression, GzipLevel};
use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::ByteArray;
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::parser::parse_message_type;

use super::columns::{Column, DOCUMENT, Kind, SIGNATURE, Value};
use super::record::Record;
use crate::error::{Error, ErrorKind, FileOperation, FileReason};

/// Rows that are held in memory and written as one group.
const GROUP: usize = 8192;

/// Writes a table.
pub struct ParquetWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    path: PathBuf,
    rows: Vec<Record>,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Starts a table in `out`; `path` is its name in errors.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn new(out: W, path: &Path) -> Result<Self, Error> {
        let failed = |error| failed(path, error);
        let schema = parse_message_type(&schema()).map_err(failed)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::GZIP(GzipLevel::default()))
            .set_created_by(concat!("kyso ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))
            .map_err(failed)?;
        Ok(Self {
            file,
            path: path.to_owned(),
            rows: Vec::new(),
        })
    }

    /// Adds one row.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn write(&mut self, record: &Record) -> Result<(), Error> {
        self.rows.push(record.clone());
        if self.rows.len() >= GROUP {
            self.group()?;
        }
        Ok(())
    }

    /// The output, when all is written.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn finish(mut self) -> Result<W, Error> {
        self.group()?;
        let path = self.path;
        self.file.into_inner().map_err(|error| failed(&path, error))
    }

    fn group(&mut self) -> Result<(), Error> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let written = write_group(&mut self.file, &self.rows);
        self.rows.clear();
        written.map_err(|error| failed(&self.path, error))
    }
}

fn failed(path: &Path, error: ParquetError) -> Error {
    let (kind, text) = match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(io) => (io.kind(), io.to_string()),
            Err(other) => (std::io::ErrorKind::Other, other.to_string()),
        },
        other => (std::io::ErrorKind::Other, other.to_string()),
    };
    Error::new(ErrorKind::Io {
        operation: FileOperation::Write,
        path: path.display().to_string(),
        reason: FileReason::System { kind, text },
    })
}

/// The types of the columns, in Parquet's own words.
fn schema() -> String {
    fn columns<R>(columns: &[Column<R>]) -> String {
        columns
            .iter()
            .map(|column| {
                let (physical, logical) = match column.kind {
                    Kind::Text => ("binary", " (STRING)"),
                    Kind::Number => ("int64", " (INTEGER(64,false))"),
                    Kind::Truth => ("boolean", ""),
                    Kind::Time => ("int64", " (TIMESTAMP(MILLIS,true))"),
                };
                format!("optional {physical} {}{logical};\n", column.name)
            })
            .collect()
    }
    format!(
        "message record {{\n{}required group signatures (LIST) {{ repeated group list {{ required group element {{\n{}}} }} }}\n}}",
        columns(DOCUMENT),
        columns(SIGNATURE)
    )
}

fn write_group<W: Write + Send>(
    file: &mut SerializedFileWriter<W>,
    rows: &[Record],
) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    let missing = || ParquetError::General("a column is missing".to_owned());
    for column in DOCUMENT {
        let mut levels = Levels::default();
        let values: Vec<Value<'_>> = rows
            .iter()
            .map(|row| (column.value)(row))
            .inspect(|value| levels.definition.push(i16::from(*value != Value::Null)))
            .collect();
        let mut writer = group.next_column()?.ok_or_else(missing)?;
        write_column(&mut writer, &values, &levels.definition, None)?;
        writer.close()?;
    }
    for column in SIGNATURE {
        let mut levels = Levels::default();
        let mut values = Vec::new();
        for row in rows {
            if row.signatures.is_empty() {
                levels.definition.push(0);
                levels.repetition.push(0);
            }
            for (index, signature) in row.signatures.iter().enumerate() {
                let value = (column.value)(signature);
                levels.definition.push(1 + i16::from(value != Value::Null));
                levels.repetition.push(i16::from(index > 0));
                values.push(value);
            }
        }
        let mut writer = group.next_column()?.ok_or_else(missing)?;
        write_column(
            &mut writer,
            &values,
            &levels.definition,
            Some(&levels.repetition),
        )?;
        writer.close()?;
    }
    group.close()?;
    Ok(())
}

/// Which values are null, and which begin a new row.
#[derive(Default)]
struct Levels {
    definition: Vec<i16>,
    repetition: Vec<i16>,
}

fn write_column(
    writer: &mut SerializedColumnWriter<'_>,
    values: &[Value<'_>],
    definition: &[i16],
    repetition: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let definition = Some(definition);
    match writer.untyped() {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let texts: Vec<ByteArray> = values
                .iter()
                .filter_map(|value| match value {
                    Value::Text(text) => Some(ByteArray::from(text.as_bytes().to_vec())),
                    _ => None,
                })
                .collect();
            writer.write_batch(&texts, definition, repetition)?;
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            let numbers: Vec<i64> = values
                .iter()
                .filter_map(|value| match value {
                    // The column is unsigned: the same 64 bits.
                    Value::Number(number) => Some(number.cast_signed()),
                    Value::Time(time) => Some(time.unix().saturating_mul(1000)),
                    _ => None,
                })
                .collect();
            writer.write_batch(&numbers, definition, repetition)?;
        }
        ColumnWriter::BoolColumnWriter(writer) => {
            let truths: Vec<bool> = values
                .iter()
                .filter_map(|value| match value {
                    Value::Truth(truth) => Some(*truth),
                    _ => None,
                })
                .collect();
            writer.write_batch(&truths, definition, repetition)?;
        }
        _ => return Err(ParquetError::General("a column of another type".to_owned())),
    }
    Ok(())
}
