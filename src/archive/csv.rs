//! Records → lines of CSV, one a document: RFC 4180, UTF-8 with a byte order mark, as spreadsheets want it.
//!
//! Text that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`, tab or carriage return
//! first) gets an apostrophe before it: names come from files of unknown origin. The last column
//! holds the signatures as JSON.

use std::io::{self, Write};

use super::columns::{DOCUMENT, Value};
use super::record::Record;

/// Writes a table.
pub struct CsvWriter<W: Write> {
    out: W,
}

impl<W: Write> CsvWriter<W> {
    /// Writes the byte order mark and the names of the columns.
    ///
    /// # Errors
    /// What `out` says.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        for column in DOCUMENT {
            write!(out, "{},", column.name)?;
        }
        out.write_all(b"signatures\r\n")?;
        Ok(Self { out })
    }

    /// Writes one line.
    ///
    /// # Errors
    /// What the output says.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        for column in DOCUMENT {
            match (column.value)(record) {
                Value::Null => {}
                Value::Text(text) => cell(&mut self.out, &text)?,
                Value::Number(number) => write!(self.out, "{number}")?,
                Value::Truth(truth) => write!(self.out, "{truth}")?,
                Value::Time(time) => write!(self.out, "{time}")?,
            }
            self.out.write_all(b",")?;
        }
        // Records always serialise.
        let signatures = serde_json::to_string(&record.signatures).unwrap_or_default();
        cell(&mut self.out, &signatures)?;
        self.out.write_all(b"\r\n")
    }

    /// The output, when all is written.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// One cell of text, quoted where it must be.
fn cell(out: &mut impl Write, text: &str) -> io::Result<()> {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    if guard.is_empty() && !text.contains(['"', ',', '\r', '\n']) {
        return out.write_all(text.as_bytes());
    }
    write!(out, "\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_cells_are_quoted_and_formulas_are_disarmed() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("-1", "\"'-1\""),
            ("@x", "\"'@x\""),
            ("", ""),
        ] {
            let mut out = Vec::new();
            cell(&mut out, text).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
