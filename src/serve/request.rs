//! Head and body of a request → what the client wants, and the bytes of its upload or why they are refused.

use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Uri, header};
use hyper::body::Body as _;
use tokio::time::{Instant, timeout_at};

use super::answer::{Form, Refusal};
use super::multipart;
use crate::report::Language;

/// Longest file name that is shown, in characters.
const NAME: usize = 200;

/// What a client wants of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) form: Form,
    pub(super) language: Language,
}

/// How the document lies in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// The body is the document; with the name that the address gives it.
    Raw(String),
    /// In one part of a form, between these boundaries.
    Form(String),
}

/// The value of a parameter of the address, decoded.
fn parameter(uri: &Uri, name: &str) -> Option<String> {
    uri.query()?.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| percent_decoded(&value.replace('+', " ")))
    })
}

/// `%XX` → octets → text; what is no UTF-8 is replaced.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| {
            let octet = after.get(at).copied()?;
            char::from(octet).to_digit(16)
        };
        let pair = digit(0).zip(digit(1));
        match pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(decoded) if *first == b'%' => {
                octets.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                octets.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// A name from a client: without folders, without control characters, not endless.
pub(super) fn file_name(stated: &str) -> String {
    let last = stated.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars()
        .filter(|c| !c.is_control())
        .take(NAME)
        .collect()
}

/// The weights of a header like `Accept`: each item with its `q`, in thousandths.
fn weighted<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Vec<(&'h str, u32)> {
    let mut found = Vec::new();
    for value in headers.get_all(name) {
        let Ok(text) = value.to_str() else { continue };
        for item in text.split(',') {
            let mut parts = item.split(';').map(str::trim);
            let what = parts.next().unwrap_or_default();
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(Some(1.0), |weight| weight.parse::<f32>().ok())
                .map_or(0.0, |weight| (weight * 1000.0).clamp(0.0, 1000.0));
            // Between 0 and 1000.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            found.push((what, weight as u32));
        }
    }
    found
}

/// HTML where the client prefers it to JSON, as browsers do.
fn form(headers: &HeaderMap) -> Form {
    let accepted = weighted(headers, &header::ACCEPT);
    let weight = |names: [&str; 3]| {
        // The most exact range counts (RFC 9110 §12.5.1).
        names.iter().find_map(|name| {
            accepted
                .iter()
                .find(|(range, _)| range.eq_ignore_ascii_case(name))
                .map(|(_, weight)| *weight)
        })
    };
    let html = weight(["text/html", "text/*", "*/*"]).unwrap_or(0);
    let json = weight(["application/json", "application/*", "*/*"]).unwrap_or(0);
    match html > json {
        true => Form::Html,
        false => Form::Json,
    }
}

impl Wish {
    /// By `lang` and `Accept-Language`, else `default`; by `Accept`.
    pub(super) fn new(uri: &Uri, headers: &HeaderMap, default: Language) -> Self {
        let named = |tag: &str| {
            let primary = tag.split('-').next().unwrap_or_default();
            match () {
                () if primary.eq_ignore_ascii_case("vi") => Some(Language::Vi),
                () if primary.eq_ignore_ascii_case("en") => Some(Language::En),
                () => None,
            }
        };
        let stated = parameter(uri, "lang").and_then(|tag| named(&tag));
        let preferred = || {
            // The first of the heaviest.
            weighted(headers, &header::ACCEPT_LANGUAGE)
                .into_iter()
                .filter_map(|(tag, weight)| Some((named(tag)?, weight)))
                .filter(|(_, weight)| *weight > 0)
                .reduce(|best, next| if next.1 > best.1 { next } else { best })
                .map(|(language, _)| language)
        };
        Self {
            form: form(headers),
            language: stated.or_else(preferred).unwrap_or(default),
        }
    }
}

impl Shape {
    /// By the type of the body.
    pub(super) fn new(uri: &Uri, headers: &HeaderMap) -> Result<Self, Refusal> {
        if headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Refusal::MediaType);
        }
        let mut types = headers.get_all(header::CONTENT_TYPE).iter();
        let stated = match (types.next(), types.next()) {
            (None, _) => "",
            (Some(one), None) => one.to_str().map_err(|_| Refusal::MediaType)?,
            (Some(_), Some(_)) => return Err(Refusal::MediaType),
        };
        let essence = stated.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "" | "application/pdf" | "application/octet-stream" => {
                let name = parameter(uri, "name").unwrap_or_default();
                Ok(Self::Raw(file_name(&name)))
            }
            "multipart/form-data" => multipart::boundary(stated)
                .map(Self::Form)
                .ok_or(Refusal::Malformed),
            _ => Err(Refusal::MediaType),
        }
    }
}

/// The length that a request announces; `None` when it does not.
pub(super) fn announced(headers: &HeaderMap) -> Option<u64> {
    // The server has refused requests that announce several.
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// The whole body, of at most `most` bytes; between two pieces `idle` may pass, in all `whole`.
pub(super) async fn body(
    mut body: Body,
    most: u64,
    idle: Duration,
    whole: Duration,
) -> Result<Vec<u8>, Refusal> {
    let end = Instant::now() + whole;
    // Allocation follows what is present: an announcement alone costs nothing.
    let mut bytes = Vec::new();
    loop {
        let until = end.min(Instant::now() + idle);
        let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let frame = match timeout_at(until, next).await {
            Err(_) => return Err(Refusal::TooSlow),
            Ok(None) => return Ok(bytes),
            Ok(Some(Err(_))) => return Err(Refusal::Malformed),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else {
            // Trailers say nothing about a document.
            continue;
        };
        let length = (bytes.len() as u64).saturating_add(data.len() as u64);
        if length > most {
            return Err(Refusal::TooLarge { most });
        }
        bytes.extend_from_slice(&data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    /// Programs get JSON unless they ask for HTML; browsers get HTML.
    #[test]
    fn ok_the_form_of_the_answer_is_negotiated() {
        for (accept, expected) in [
            ("", Form::Json),
            ("*/*", Form::Json),
            ("application/json", Form::Json),
            ("text/html", Form::Html),
            ("text/html;q=0.5, application/json", Form::Json),
            ("application/json;q=0.1, text/*;q=0.2", Form::Html),
            ("text/html, */*;q=0.8", Form::Html),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                Form::Html,
            ),
            ("image/png", Form::Json),
            ("text/html;q=x", Form::Json),
        ] {
            assert_eq!(
                form(&headers(&[(header::ACCEPT, accept)])),
                expected,
                "{accept}"
            );
        }
    }

    #[test]
    fn ok_the_language_of_the_answer_is_negotiated() {
        for (address, stated, expected) in [
            ("/", "", Language::Vi),
            ("/", "fr, en;q=0.5", Language::En),
            ("/", "en;q=0.2, vi-VN;q=0.9", Language::Vi),
            ("/", "en;q=0", Language::Vi),
            ("/?lang=en", "vi", Language::En),
            ("/?lang=xx", "en", Language::En),
            ("/?name=lang=en", "vi", Language::Vi),
        ] {
            let headers = headers(&[(header::ACCEPT_LANGUAGE, stated)]);
            let wish = Wish::new(&address.parse().unwrap(), &headers, Language::Vi);
            assert_eq!(wish.language, expected, "{address} {stated}");
        }
    }

    /// Names are no paths and hold no control characters, whatever a client sends.
    #[test]
    fn ok_names_are_only_names() {
        for (address, expected) in [
            ("/", ""),
            ("/?name=a.pdf", "a.pdf"),
            ("/?name=..%2F..%2Fetc%2Fpasswd", "passwd"),
            ("/?name=C%3A%5Ca+b.pdf", "a b.pdf"),
            ("/?name=%E1%BB%87%0d%0aX%00.pdf", "ệX.pdf"),
            ("/?name=%ff%zz%2", "\u{fffd}%zz%2"),
            ("/?name=%+f", "% f"),
        ] {
            let shape = Shape::new(&address.parse().unwrap(), &HeaderMap::new());
            assert_eq!(shape, Ok(Shape::Raw(expected.to_owned())), "{address}");
        }
        assert_eq!(file_name(&"ộ".repeat(1000)).chars().count(), NAME);
    }
}
