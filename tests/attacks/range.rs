//! A01 to A16: the signature dictionary, its byte range and its gap.

use super::build::*;
use super::expect::{Expect, FORMAT, Row, S};
use super::pki::{Cms, PKI};

/// What all cases below start from passes: the faults are theirs alone.
#[test]
fn ok_the_files_without_a_fault_pass() {
    let mut row = Row::new("A00");
    row.case("by hand", &ByHand::new().build(), Expect::Pass);
    row.case("by the product", &signed(), Expect::Pass);
    row.finish();
}

/// V053.
#[test]
fn a01_contents_missing() {
    let mut row = Row::new("A01");
    let file = ByHand::new()
        .dictionary("/Contents {CONTENTS} ", "")
        .build();
    row.case("missing", &file, FORMAT);
    row.finish();
}

/// V053.
#[test]
fn a02_contents_is_no_signature() {
    let mut row = Row::new("A02");
    for text in [
        "null",
        "<>",
        "()",
        "[<00>]",
        "/Name",
        "41 0 R",
        "(literal string, no hexadecimal)",
    ] {
        let file = ByHand::new().dictionary("{CONTENTS}", text).build();
        row.case(text, &file, FORMAT);
    }
    let mut zeros = ByHand::new();
    zeros.token = |_| format!("<{}>", "0".repeat(2 * ROOM)).into_bytes();
    row.case("all zeros", &zeros.build(), FORMAT);
    let mut literal = ByHand::new();
    literal.token = |cms| {
        let mut out = b"(".to_vec();
        for byte in cms {
            out.extend_from_slice(format!("\\{byte:03o}").as_bytes());
        }
        out.resize(2 * ROOM + 1, b' ');
        out.push(b')');
        out
    };
    row.case("octal string", &literal.build(), FORMAT);
    let mut indirect = ByHand::new().dictionary("{CONTENTS}", "42 0 R");
    indirect.tail = indirect.tail.object(42, "<00>");
    row.case("indirect", &indirect.build(), FORMAT);
    row.finish();
}

/// V053.
#[test]
fn a03_byte_range_is_not_four_numbers() {
    let mut row = Row::new("A03");
    let missing = ByHand::new().dictionary("/ByteRange {RANGE} ", "").build();
    // Nothing in the file says /ByteRange any more; the field has a value all the same.
    row.case("missing", &missing, FORMAT);
    for text in [
        "null",
        "[]",
        "[0 10]",
        "[0 10 20 10 30 10]",
        "(0 1 2 3)",
        "[0 null 1 2]",
    ] {
        let file = ByHand::new().range(|gap| (text.to_owned(), good_range(gap).1));
        row.case(text, &file.build(), FORMAT);
    }
    let reals = ByHand::new().range(|gap| {
        let (_, spans) = good_range(gap);
        let text = format!(
            "[0 {}.0 {}.0 {}.0]",
            gap.start,
            gap.end,
            gap.length - gap.end
        );
        (text, spans)
    });
    row.case("reals", &reals.build(), FORMAT);
    let six = ByHand::new().range(|gap| {
        let (_, spans) = good_range(gap);
        let text = format!("[0 {} {} {} 9 0]", gap.start, gap.end, gap.length - gap.end);
        (text, spans)
    });
    row.case("six", &six.build(), FORMAT);
    let mut indirect = ByHand::new().dictionary("{RANGE}", "42 0 R");
    indirect.tail = indirect.tail.object(42, RANGE);
    row.case("indirect", &indirect.build(), FORMAT);
    let mut inside = ByHand::new().range(|gap| {
        (
            format!("[0 42 0 R {} {}]", gap.end, gap.length - gap.end),
            good_range(gap).1,
        )
    });
    inside.tail = inside.tail.object(42, "1000");
    row.case("a reference inside", &inside.build(), FORMAT);
    row.finish();
}

/// V053; the class of CVE-2026-97892.
#[test]
fn a04_byte_range_outside_of_the_file() {
    let mut row = Row::new("A04");
    let max = i64::MAX;
    for numbers in [
        "-1 10 20 10".to_owned(),
        "0 -10 20 10".to_owned(),
        "0 10 20 -10".to_owned(),
        format!("0 10 {max} {max}"),
        format!("0 {max} 20 10"),
        "0 10 9223372036854775808 10".to_owned(),
        "0 10 18446744073709551615 2".to_owned(),
        "0 10 4294967296 10".to_owned(),
    ] {
        let file = ByHand::new().range(|gap| (format!("[{numbers}]"), good_range(gap).1));
        row.case(&numbers, &file.build(), FORMAT);
    }
    let beyond = ByHand::new().range(|gap| {
        let text = format!("[0 {} {} {}]", gap.start, gap.end, gap.length - gap.end + 1);
        (text, good_range(gap).1)
    });
    row.case("one byte beyond the end", &beyond.build(), FORMAT);
    row.finish();
}

/// V053.
#[test]
fn a05_byte_range_does_not_start_at_the_first_byte() {
    let mut row = Row::new("A05");
    let one = ByHand::new().range(|gap| {
        let text = format!("[1 {} {} {}]", gap.start - 1, gap.end, gap.length - gap.end);
        (text, vec![1..gap.start, gap.end..gap.length])
    });
    row.case("first offset 1", &one.build(), FORMAT);
    let zero = ByHand::new().range(|_| ("[0 0 0 0]".to_owned(), Vec::new()));
    row.case("all zero", &zero.build(), FORMAT);
    let nothing = ByHand::new().range(|gap| {
        (
            format!("[0 0 0 {}]", gap.length),
            std::iter::once(0..gap.length).collect(),
        )
    });
    row.case("empty first part", &nothing.build(), FORMAT);
    row.finish();
}

/// A signature whose gap begins `left` bytes before the token and ends `right` bytes after it;
/// the dictionary has that many spaces on both sides.
fn wide(left: usize, right: usize) -> Vec<u8> {
    ByHand::new()
        .dictionary(
            "{CONTENTS}",
            &format!("{}{{CONTENTS}}{}", " ".repeat(left), " ".repeat(right)),
        )
        .range(|gap| {
            let (start, end) = (gap.start - left, gap.end + right);
            (
                format!("[0 {start} {end} {}]", gap.length - end),
                vec![0..start, end..gap.length],
            )
        })
        .build()
}

/// V053.
#[test]
fn a06_gap_larger_than_the_value() {
    let mut row = Row::new("A06");
    for (left, right) in [(1, 0), (0, 1), (4096, 0), (0, 4096), (1, 1)] {
        row.case(
            &format!("{left} left, {right} right"),
            &wide(left, right),
            FORMAT,
        );
    }
    let inner = ByHand::new().range(|gap| {
        let text = format!(
            "[0 {} {} {}]",
            gap.start + 1,
            gap.end - 1,
            gap.length - gap.end + 1
        );
        (text, vec![0..gap.start + 1, gap.end - 1..gap.length])
    });
    row.case("gap without the delimiters", &inner.build(), FORMAT);
    row.finish();
}

/// V053.
#[test]
fn a07_parts_overlap() {
    let mut row = Row::new("A07");
    let overlap = ByHand::new().range(|gap| {
        let from = gap.start - 10;
        let text = format!("[0 {} {from} {}]", gap.start, gap.length - from);
        (text, vec![0..gap.start, from..gap.length])
    });
    row.case("overlap", &overlap.build(), FORMAT);
    let no_gap = ByHand::new().range(|gap| {
        let text = format!("[0 {} {} {}]", gap.start, gap.start, gap.length - gap.start);
        (text, vec![0..gap.start, gap.start..gap.length])
    });
    row.case("no gap", &no_gap.build(), FORMAT);
    row.finish();
}

/// V053: pyHanko's shortcut compares lengths alone.
#[test]
fn a08_lengths_fit_and_the_second_part_is_shifted() {
    let mut row = Row::new("A08");
    let shifted = ByHand::new().range(|gap| {
        let (from, count) = (gap.end - 20, gap.length - gap.end);
        let text = format!("[0 {} {from} {count}]", gap.start);
        (text, vec![0..gap.start, from..from + count])
    });
    row.case("shifted into the value", &shifted.build(), FORMAT);
    row.finish();
}

/// V053: signature wrapping with the value elsewhere.
#[test]
fn a09_gap_holds_a_copy_and_the_value_is_elsewhere() {
    let mut row = Row::new("A09");
    // The gap is a token of its own under another key; /Contents has the same octets outside.
    let place = "0".repeat(2 * ROOM);
    let file = ByHand::new().dictionary(
        "/Contents {CONTENTS}",
        &format!(
            "/Contents <{}> /Copy {{CONTENTS}}",
            place.replacen('0', "1", 1)
        ),
    );
    let mut bytes = file.build();
    let copy = rfind(&bytes, b"/Copy <").unwrap() + 6;
    let own = rfind(&bytes, b"/Contents <").unwrap() + 10;
    let token = bytes[copy..copy + 2 * ROOM + 2].to_vec();
    // The CMS is over the first part with the stand-in, so that only the gap is at fault when the
    // stand-in is what /Contents holds; with the copy in its place the digest breaks as well.
    row.case("stand-in as /Contents", &bytes, FORMAT);
    bytes[own..own + token.len()].copy_from_slice(&token);
    row.case("copy as /Contents", &bytes, FORMAT);
    row.finish();
}

/// V053: signature wrapping with objects in the gap.
#[test]
fn a10_objects_and_a_table_inside_the_gap() {
    let mut row = Row::new("A10");
    let evil = "\n4 0 obj\n<< /Length 0 >>\nstream\n\nendstream\nendobj\nxref\n4 1\n0000000000 00000 n \ntrailer\n<< /Size 42 /Root 1 0 R >>\n";
    let place = "{CONTENTS} >>\nendobj\n".to_owned() + evil + "99 0 obj\n<< /X 0";
    let file = ByHand::new().dictionary("{CONTENTS}", &place).range(|gap| {
        let end = gap.end + evil.len() + 20;
        (
            format!("[0 {} {end} {}]", gap.start, gap.length - end),
            vec![0..gap.start, end..gap.length],
        )
    });
    row.case("objects in the gap", &file.build(), FORMAT);
    row.finish();
}

/// V053, V055: the signed end is the end of a revision.
#[test]
fn a11_range_ends_inside_of_a_revision() {
    let mut row = Row::new("A11");
    let ends_before = |what: &'static [u8]| {
        let plain = ByHand::new().build();
        let short = plain.len() - rfind(&plain, what).unwrap();
        ByHand::new()
            .range(move |gap| {
                let end = gap.length - short;
                (
                    format!("[0 {} {} {}]", gap.start, gap.end, end - gap.end),
                    vec![0..gap.start, gap.end..end],
                )
            })
            .build()
    };
    row.case("before %%EOF", &ends_before(b"%%EOF"), FORMAT);
    row.case("before startxref", &ends_before(b"startxref"), FORMAT);
    row.case("before the table", &ends_before(b"xref\n3"), FORMAT);
    row.case(
        "inside of the object",
        &ends_before(b" >>\nendobj\nxref"),
        FORMAT,
    );
    // V055: a range to the middle of a *later* revision.
    let later = Tail::new().object(60, "null").build(&ByHand::new().build());
    let extra = later.len() - ByHand::new().build().len() - 10;
    let mut file = ByHand::new();
    file.after = later[later.len() - extra..].to_vec();
    row.case("rubbish behind, covered", &file.build(), FORMAT);
    row.finish();
}

/// V059.
#[test]
fn a12_ranges_that_are_equal_or_cross() {
    let mut row = Row::new("A12");
    let second_field = |value: &str| {
        format!(
            "<< /Type /Annot /Subtype /Widget /FT /Sig /T (B) /Rect [0 0 0 0] /F 132 /P 3 0 R /V {value} >>"
        )
    };
    let mut shared = ByHand::new();
    shared.tail = shared.tail.object(43, second_field("41 0 R"));
    for (number, body) in &mut shared.tail.objects {
        if *number == PAGE || *number == FORM {
            *body = patched(body, "40 0 R]", "40 0 R 43 0 R]");
        }
    }
    row.case("two fields, one value", &shared.build(), FORMAT);
    // A second dictionary with the same numbers, in the same revision.
    let mut equal = ByHand::new();
    equal.tail = equal.tail.object(43, second_field("44 0 R")).object(
        44,
        format!("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange {RANGE} /Contents <00> >>"),
    );
    for (number, body) in &mut equal.tail.objects {
        if *number == PAGE || *number == FORM {
            *body = patched(body, "40 0 R]", "40 0 R 43 0 R]");
        }
    }
    row.all("equal ranges", &equal.build(), FORMAT, 2);
    // A second dictionary whose own gap lies before that of the first: each range covers the other.
    let crossing = |range: &str| {
        let mut file = ByHand::new();
        file.tail = file.tail.object(43, second_field("44 0 R")).object(
            44,
            format!("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [{range:<40}] /Contents <{}> >>", "00".repeat(40)),
        );
        for (number, body) in &mut file.tail.objects {
            if *number == PAGE || *number == FORM {
                *body = patched(body, "40 0 R]", "40 0 R 43 0 R]");
            }
        }
        file.build()
    };
    let first = crossing("0 1 2 3");
    let token = format!("<{}>", "00".repeat(40));
    let start = memchr::memmem::find(&first, token.as_bytes()).unwrap();
    let end = start + token.len();
    let numbers = format!("0 {start} {end} {}", first.len() - end);
    row.all("crossing ranges", &crossing(&numbers), FORMAT, 2);
    row.finish();
}

/// V053, V058.
#[test]
fn a13_keys_twice_and_dictionary_in_an_object_stream() {
    let mut row = Row::new("A13");
    let twice = ByHand::new().dictionary(
        "/Contents {CONTENTS}",
        "/Contents <00> /Contents {CONTENTS}",
    );
    row.case("/Contents twice", &twice.build(), FORMAT);
    let after = ByHand::new().dictionary(
        "/Contents {CONTENTS}",
        "/Contents {CONTENTS} /Contents <00>",
    );
    row.case("/Contents twice, good one first", &after.build(), FORMAT);
    let range = ByHand::new().dictionary(
        "/ByteRange {RANGE}",
        "/ByteRange {RANGE} /ByteRange {RANGE}",
    );
    row.case("/ByteRange twice", &range.build(), FORMAT);
    let other = ByHand::new().dictionary(
        "/ByteRange {RANGE}",
        "/ByteRange [0 1 2 3] /ByteRange {RANGE}",
    );
    row.case("/ByteRange twice, another first", &other.build(), FORMAT);
    let escaped = ByHand::new().dictionary(
        "/Contents {CONTENTS}",
        "/Con#74ents <00> /Contents {CONTENTS}",
    );
    row.case("/Contents twice, one escaped", &escaped.build(), FORMAT);

    // The dictionary inside an object stream, entries by a cross-reference stream of type 2.
    let inside = "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 100 200 300] /Contents <3000> >>";
    let head = "41 0 ";
    let container = stream(
        &format!("/Type /ObjStm /N 1 /First {}", head.len()),
        format!("{head}{inside}").as_bytes(),
    );
    let file = ByHand::new();
    let mut tail = file.tail.object(42, container).xref_stream(45);
    tail.inside.push((41, 42, 0));
    row.case("in an object stream", &tail.build(&file.document), FORMAT);
    row.finish();
}

/// V053.
#[test]
fn a14_odd_digits_and_white_space_in_the_value() {
    let mut row = Row::new("A14");
    let mut odd = ByHand::new();
    odd.token = |cms| {
        let mut token = hex_token(cms);
        let last = token.len() - 2;
        token[last] = b' ';
        token
    };
    row.case("odd number of digits", &odd.build(), FORMAT);
    let mut spaced = ByHand::new();
    spaced.token = |cms| {
        let mut token = b"<\n".to_vec();
        token.extend(cms.iter().flat_map(|b| format!("{b:02x} ").into_bytes()));
        token.resize(2 * ROOM + 1, b'\n');
        token.push(b'>');
        token
    };
    row.case("white space", &spaced.build(), Expect::Warn);
    let mut letter = ByHand::new();
    letter.token = |cms| {
        let mut token = hex_token(cms);
        let last = token.len() - 2;
        token[last] = b'g';
        token
    };
    row.case("a letter that is no digit", &letter.build(), FORMAT);
    row.finish();
}

/// V053, R6.
#[test]
fn a15_bytes_before_the_header() {
    let mut row = Row::new("A15");
    let file = ByHand::new().build();
    let junk = [vec![b'x'; 300], file.clone()].concat();
    row.case("offsets from the file's start broken", &junk, FORMAT);
    // Everything shifted consistently: the base document has the junk already.
    let mut shifted = ByHand::new();
    let objects = objects();
    let mut tail = Tail::new();
    tail.objects = objects.into_iter().collect();
    tail.first = true;
    let mut head = vec![b'%'; 300];
    head.extend_from_slice(b"\n%PDF-1.7\n");
    shifted.document = tail.build(&head);
    row.case("offsets right", &shifted.build(), FORMAT);
    row.finish();
}

/// V053, R6.
#[test]
fn a16_bytes_after_the_end() {
    let mut row = Row::new("A16");
    let with = |tail: &[u8]| [signed(), tail.to_vec()].concat();
    row.case("CR LF", &with(b"\r\n"), Expect::Pass);
    row.case("LF", &with(b"\n"), Expect::Pass);
    row.case("100 zeros", &with(&[0; 100]), Expect::Warn);
    row.case("1025 zeros", &with(&[0; 1025]), FORMAT);
    row.case("comment", &with(b"%x\n"), FORMAT);
    row.case(
        "stray object",
        &with(b"50 0 obj\n<< /A 1 >>\nendobj\n"),
        FORMAT,
    );
    row.case("second end marker", &with(b"%%EOF\n"), FORMAT);
    row.finish();
}

/// A56, first half, and V068: the signed bytes are those of the range, exactly.
#[test]
fn a56_one_byte_changed() {
    let mut row = Row::new("A56");
    let file = signed();
    let mut changed = file.clone();
    let at = find(&changed, b"Pay 100").unwrap() + 4;
    changed[at] = b'9';
    row.case("document", &changed, Expect::Fail(S::HashFailure));
    let wrong = ByHand::new().cms(|content| {
        let cms = Cms::new(&PKI.leader, content);
        let other = cms.value(b"");
        let mut value = other.clone();
        let last = value.len() - 1;
        value[last] ^= 1;
        cms.with_value(&value)
    });
    row.case(
        "signature value",
        &wrong.build(),
        Expect::Fail(S::SigCryptoFailure),
    );
    row.finish();

    let report = super::pki::verifier()
        .verify(&file, super::pki::at())
        .unwrap();
    let range = report.signatures[0].byte_range.unwrap();
    let [first, second] = range.parts(&file).unwrap();
    let token = &file[first.len()..file.len() - second.len()];
    assert!(token.starts_with(b"<") && token.ends_with(b">"));
    assert_eq!([first, token, second].concat(), file);
}
