//! CSV and Parquet hold what the JSON holds, read back by programs that we did not write.

use std::process::Command;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row, RowAccessor};
use serde_json::Value;

use kyso::archive::columns::{DOCUMENT, SIGNATURE};

use crate::support::{ARCHIVE, command, exits, records};

/// The text that a column of a table has for a value of the JSON; `None` for null.
fn flat(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(codes) => Some(
            codes
                .iter()
                .map(|code| code.as_str().unwrap())
                .collect::<Vec<_>>()
                .join(" "),
        ),
        other => Some(other.to_string()),
    }
}

/// RFC 4180.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

#[test]
fn ok_csv_and_parquet_hold_what_the_records_hold() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    exits(
        command(&out)
            .args(["--csv", "--parquet"])
            .arg(ARCHIVE.files()),
        0,
    );
    let records = records(&out);
    let keys: Vec<_> = DOCUMENT
        .iter()
        .map(|column| column.name)
        .chain(["signatures"])
        .collect();
    for record in &records {
        // The columns are all the fields that there are, in both.
        let fields = record.as_object().unwrap();
        assert_eq!(fields.len(), keys.len());
        assert!(keys.iter().all(|key| fields.contains_key(*key)));
        for signature in record["signatures"].as_array().unwrap() {
            let fields = signature.as_object().unwrap();
            assert_eq!(fields.len(), SIGNATURE.len());
            assert!(
                SIGNATURE
                    .iter()
                    .all(|column| fields.contains_key(column.name))
            );
        }
    }

    let text = std::fs::read_to_string(out.join("records.csv")).unwrap();
    let rows = csv(text.strip_prefix('\u{feff}').expect("a byte order mark"));
    assert_eq!(rows[0], keys);
    assert_eq!(rows.len(), records.len() + 1);
    for (row, record) in rows[1..].iter().zip(&records) {
        for (key, cell) in keys.iter().zip(row) {
            if *key == "signatures" {
                assert_eq!(
                    serde_json::from_str::<Value>(cell).unwrap(),
                    record["signatures"]
                );
            } else {
                assert_eq!(*cell, flat(&record[*key]).unwrap_or_default(), "{key}");
            }
        }
    }

    let file = std::fs::File::open(out.join("records.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let rows: Vec<Row> = reader
        .get_row_iter(None)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(rows.len(), records.len());
    for (row, record) in rows.iter().zip(&records) {
        compare(row, record, DOCUMENT.iter().map(|column| column.name));
        let list = row.get_list(DOCUMENT.len()).unwrap();
        let signatures = record["signatures"].as_array().unwrap();
        assert_eq!(list.len(), signatures.len());
        for (element, signature) in list.elements().iter().zip(signatures) {
            let Field::Group(group) = element else {
                panic!("a signature is a structure");
            };
            compare(group, signature, SIGNATURE.iter().map(|column| column.name));
        }
    }
}

fn compare<'n>(row: &Row, record: &Value, names: impl Iterator<Item = &'n str>) {
    for (name, (column, field)) in names.zip(row.get_column_iter()) {
        assert_eq!(name, column);
        let found = match field {
            Field::Null => None,
            Field::Str(text) => Some(text.clone()),
            Field::Bool(truth) => Some(truth.to_string()),
            Field::ULong(number) => Some(number.to_string()),
            Field::TimestampMillis(time) => {
                let time = kyso::UtcTime::from_unix(time.div_euclid(1000)).unwrap();
                Some(time.to_string())
            }
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(found, flat(&record[name]), "{name}");
    }
}

/// The same by Arrow, where Python has it.
#[test]
fn ok_pyarrow_reads_the_tables() {
    let Some(python) = std::env::var_os("KYSO_PYTHON") else {
        println!("NOT RUN: KYSO_PYTHON is not set");
        return;
    };
    let has = Command::new(&python)
        .args(["-c", "import pyarrow.parquet"])
        .output();
    if !has.is_ok_and(|output| output.status.success()) {
        println!("NOT RUN: pyarrow is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    exits(
        command(&out)
            .args(["--csv", "--parquet"])
            .arg(ARCHIVE.files()),
        0,
    );
    let script = r#"
import csv, datetime, json, sys
import pyarrow.parquet as pq
csv.field_size_limit(1 << 30)
out = sys.argv[1]
def flat(value):
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, list):
        return " ".join(value)
    return value
records = [json.loads(line) for line in open(out + "/records.jsonl", encoding="utf-8")]
table = pq.read_table(out + "/records.parquet").to_pylist()
rows = list(csv.DictReader(open(out + "/records.csv", encoding="utf-8-sig", newline="")))
assert len(records) == len(table) == len(rows) > 0
for record, parquet, row in zip(records, table, rows):
    assert list(record) == list(parquet) == list(row), "columns"
    for key, value in record.items():
        if key == "signatures":
            assert json.loads(row[key]) == value
            assert len(parquet[key]) == len(value)
            for one, other in zip(value, parquet[key]):
                for name in one:
                    assert flat(one[name]) == flat(other[name]), name
        else:
            assert flat(value) == flat(parquet[key]), key
            text = "" if value is None else str(flat(value)).lower() if isinstance(value, bool) else str(flat(value))
            assert row[key] == text, key
print("ok", len(records))
"#;
    let output = Command::new(&python)
        .arg("-c")
        .arg(script)
        .arg(&out)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(output.stdout.starts_with(b"ok"));
}
