//! A form as browsers send it (`multipart/form-data`) → the one file in it, in place.
//!
//! The body lies in memory as a whole, so that reading it takes one pass and no copy. RFC 7578,
//! with the syntax of RFC 2046 §5.1.1.

use memchr::memmem;

use super::answer::Refusal;
use super::request::{file_name, percent_decoded};

/// Longest head of one part, in bytes.
const HEAD: usize = 16 << 10;
/// Parts of one form.
const PARTS: usize = 64;
/// Name of the field that holds the document.
const FIELD: &str = "file";

/// The boundary that a type states; 1 to 70 characters (RFC 2046 §5.1.1).
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (_, parameters) = content_type.split_once(';')?;
    let boundary = parameter(parameters, "boundary")?;
    let fits = |octet: u8| octet.is_ascii_graphic() || octet == b' ';
    ((1..=70).contains(&boundary.len()) && boundary.bytes().all(fits) && !boundary.ends_with(' '))
        .then_some(boundary)
}

/// The value of a parameter among `a=b; c="d"`.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t']);
        let (key, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
}

/// A token or a quoted text, and what follows it.
///
/// NOTE: browsers do not escape backslashes in names, so only `\"` and `\\` are escapes.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (token, rest) = text.split_at(end);
        return Some((token.trim_end().to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            c => value.push(c),
        }
    }
    // The quotes never end.
    None
}

/// The head of one part.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head {
    field: Option<String>,
    file: Option<String>,
}

impl Head {
    fn new(octets: &[u8]) -> Result<Self, Refusal> {
        let text = String::from_utf8_lossy(octets);
        let mut head = Self::default();
        for line in text.split("\r\n").filter(|line| !line.is_empty()) {
            let (name, content) = line.split_once(':').ok_or(Refusal::Malformed)?;
            let content = content.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-disposition" => {
                    let (kind, parameters) = content.split_once(';').unwrap_or((content, ""));
                    if !kind.trim().eq_ignore_ascii_case("form-data") {
                        return Err(Refusal::Malformed);
                    }
                    head.field = parameter(parameters, "name");
                    head.file = parameter(parameters, "filename*")
                        .as_deref()
                        .and_then(extended)
                        .or_else(|| parameter(parameters, "filename"));
                }
                // Deprecated by RFC 7578 §4.7; a document must not change on its way.
                "content-transfer-encoding" => {
                    let plain = ["binary", "8bit", "7bit"];
                    if !plain.iter().any(|one| content.eq_ignore_ascii_case(one)) {
                        return Err(Refusal::Malformed);
                    }
                }
                _ => {}
            }
        }
        Ok(head)
    }

    /// Whether the part is a file, by its field or by having a file's name.
    fn is_file(&self) -> bool {
        self.file.is_some() || self.field.as_deref() == Some(FIELD)
    }
}

/// `UTF-8''na%C3%AFve.pdf`, as some programs send it.
fn extended(text: &str) -> Option<String> {
    let (charset, rest) = text.split_once('\'')?;
    let (_, name) = rest.split_once('\'')?;
    charset
        .eq_ignore_ascii_case("utf-8")
        .then(|| percent_decoded(name))
}

/// The one file of a form: its name and its bytes, as a part of `body`.
///
/// A field for a file that was left empty (no name, no content) is none.
///
/// # Errors
/// [`Refusal::Malformed`]: not such a form, or cut short; [`Refusal::NoFile`];
/// [`Refusal::SeveralFiles`].
pub(super) fn file<'b>(body: &'b [u8], boundary: &str) -> Result<(String, &'b [u8]), Refusal> {
    let delimiter = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(delimiter.as_bytes());
    // The first one may stand at the very start.
    let opening = delimiter.as_bytes().get(2..).unwrap_or_default();
    let mut rest = match body.strip_prefix(opening) {
        Some(rest) => rest,
        None => after(body, &finder, delimiter.len())?.1,
    };
    let mut found: Option<(String, &[u8])> = None;
    for _ in 0..PARTS {
        if rest.starts_with(b"--") {
            return found.ok_or(Refusal::NoFile);
        }
        let blanks = rest
            .iter()
            .take_while(|octet| matches!(octet, b' ' | b'\t'))
            .count();
        // The line end stays: a head without lines ends at once.
        let part = rest.get(blanks..).unwrap_or_default();
        let window = part.get(..HEAD.min(part.len())).unwrap_or_default();
        let end = memmem::find(window, b"\r\n\r\n").ok_or(Refusal::Malformed)?;
        let lines = part.get(..end).unwrap_or_default();
        if !part.starts_with(b"\r\n") {
            return Err(Refusal::Malformed);
        }
        let head = Head::new(lines)?;
        // From its second line end on, so that an empty part ends where it begins.
        let from = part.get(end + 2..).unwrap_or_default();
        let (content, next) = after(from, &finder, delimiter.len())?;
        let content = content.get(2..).unwrap_or_default();
        rest = next;
        let name = head.file.as_deref().unwrap_or_default();
        let left_empty = name.is_empty() && content.is_empty();
        if head.is_file() && !left_empty && found.replace((file_name(name), content)).is_some() {
            return Err(Refusal::SeveralFiles);
        }
    }
    Err(Refusal::Malformed)
}

/// What stands before and after the next delimiter.
fn after<'b>(
    body: &'b [u8],
    finder: &memmem::Finder<'_>,
    length: usize,
) -> Result<(&'b [u8], &'b [u8]), Refusal> {
    let at = finder.find(body).ok_or(Refusal::Malformed)?;
    let rest = body.get(at + length..).unwrap_or_default();
    Ok((body.get(..at).unwrap_or_default(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(head: &str, content: &str) -> String {
        format!("--b\r\n{head}\r\n\r\n{content}\r\n")
    }

    const FILE: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"";

    fn read(text: &str) -> Result<(String, String), Refusal> {
        file(text.as_bytes(), "b")
            .map(|(name, content)| (name, String::from_utf8_lossy(content).into_owned()))
    }

    fn found(name: &str, content: &str) -> Result<(String, String), Refusal> {
        Ok((name.to_owned(), content.to_owned()))
    }

    #[test]
    fn ok_the_one_file_is_found() {
        let text = part(FILE, "%PDF\r\n-\r\n--c");
        let field = part("Content-Disposition: form-data; name=\"lang\"", "vi");
        for whole in [
            format!("{text}--b--"),
            format!("{text}--b--\r\nepilogue"),
            format!("preamble\r\n{text}--b--\r\n"),
            format!("{field}{text}--b--"),
            format!("{text}{field}--b--"),
            text.replace("--b\r\n", "--b \t\r\n") + "--b--",
        ] {
            assert_eq!(read(&whole), found("a.pdf", "%PDF\r\n-\r\n--c"), "{whole}");
        }
    }

    #[test]
    fn ok_files_without_content_or_name() {
        assert_eq!(read(&(part(FILE, "") + "--b--")), found("a.pdf", ""));
        let unnamed = "Content-Disposition: form-data; name=\"file\"";
        assert_eq!(read(&(part(unnamed, "x") + "--b--")), found("", "x"));
        let nameless = "Content-Disposition: form-data; filename=\"a.pdf\"";
        assert_eq!(read(&(part(nameless, "x") + "--b--")), found("a.pdf", "x"));
    }

    #[test]
    fn err_no_file_and_several_files() {
        let field = part("Content-Disposition: form-data; name=\"lang\"", "vi");
        let empty = part(&FILE.replace("a.pdf", ""), "");
        let bare = part("Content-Type: application/pdf", "x");
        for none in [
            "--b--",
            &(field + "--b--"),
            &(empty + "--b--"),
            &(bare + "--b--"),
        ] {
            assert_eq!(read(none), Err(Refusal::NoFile), "{none}");
        }
        let two = part(FILE, "1") + &part(FILE, "2") + "--b--";
        assert_eq!(read(&two), Err(Refusal::SeveralFiles));
    }

    #[test]
    fn err_what_is_no_form() {
        let whole = part(FILE, "x") + "--b--";
        // No prefix of a form is one.
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        let encoded = format!("{FILE}\r\nContent-Transfer-Encoding: base64");
        for text in [
            String::new(),
            "x".repeat(100),
            whole.replace("--b", "--c"),
            part("no colon", "x") + "--b--",
            part(&FILE.replace("form-data", "attachment"), "x") + "--b--",
            part(&encoded, "x") + "--b--",
            part(&format!("X: {}", "a".repeat(HEAD)), "x") + "--b--",
            part("Content-Disposition: form-data; name=\"a\"", "x").repeat(PARTS + 1) + "--b--",
        ] {
            assert_eq!(read(&text), Err(Refusal::Malformed), "{text:.80}");
        }
    }

    /// Names as browsers and programs write them, and as attackers do.
    #[test]
    fn ok_names_of_files() {
        for (stated, expected) in [
            ("filename=a.pdf", "a.pdf"),
            ("filename=\"a;b=c.pdf\"", "a;b=c.pdf"),
            ("filename=\"a\\\"b.pdf\"", "a\"b.pdf"),
            ("filename=\"C:\\tmp\\a.pdf\"", "a.pdf"),
            ("filename=\"../../etc/passwd\"", "passwd"),
            ("filename=\"công văn.pdf\"", "công văn.pdf"),
            (
                "filename=\"x.pdf\"; filename*=UTF-8''c%C3%B4ng.pdf",
                "công.pdf",
            ),
            ("filename*=latin1''x; filename=\"y.pdf\"", "y.pdf"),
            ("filename=\"<img src=x>.pdf\"", "<img src=x>.pdf"),
        ] {
            let head = format!("Content-Disposition: form-data; name=\"file\"; {stated}");
            assert_eq!(
                read(&(part(&head, "x") + "--b--")),
                found(expected, "x"),
                "{stated}"
            );
        }
        let mut octets = (part(FILE, "x") + "--b--").into_bytes();
        let at = memmem::find(&octets, b"a.pdf").unwrap();
        octets[at] = 0xff;
        assert_eq!(file(&octets, "b").unwrap().0, "\u{fffd}.pdf");
    }

    #[test]
    fn ok_boundaries_are_read_from_the_type() {
        for (stated, expected) in [
            ("multipart/form-data; boundary=abc", Some("abc")),
            (
                "multipart/form-data; charset=x; Boundary=\"a b\"; y=z",
                Some("a b"),
            ),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=\"a", None),
            ("multipart/form-data; boundary=\"a \"", None),
            ("multipart/form-data; boundary=\"\u{e9}\"", None),
        ] {
            assert_eq!(boundary(stated).as_deref(), expected, "{stated}");
        }
        assert_eq!(boundary(&format!("m; boundary={}", "a".repeat(71))), None);
    }
}
