//! A report, a refusal or a page → an HTTP response, with the headers that keep browsers from harm.

use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::request::Wish;
use crate::report::html;
use crate::report::message::portal as say;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A whole page.
    Html,
    /// JSON: a report, or a problem.
    Json,
}

/// Why a request gets no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no room; the client is told to come back after this many seconds.
    Busy { retry_after: u32 },
    /// The body is not what its type says, or it ended early.
    Malformed,
    /// The type of the body is none that is taken.
    MediaType,
    /// The address knows no such method.
    Method,
    /// A form without a file.
    NoFile,
    /// No such address.
    NotFound,
    /// A form with several files.
    SeveralFiles,
    /// More than this many bytes.
    TooLarge { most: u64 },
    /// The client took too long.
    TooSlow,
    /// The verification took too long.
    Unanswered,
}

/// RFC 9457 §3.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
}

impl Refusal {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Busy { .. } | Self::Unanswered => StatusCode::SERVICE_UNAVAILABLE,
            Self::Malformed | Self::NoFile | Self::SeveralFiles => StatusCode::BAD_REQUEST,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// Stable name for programs.
    const fn code(self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::Malformed => "malformed",
            Self::MediaType => "media-type",
            Self::Method => "method",
            Self::NoFile => "no-file",
            Self::NotFound => "not-found",
            Self::SeveralFiles => "several-files",
            Self::TooLarge { .. } => "too-large",
            Self::TooSlow => "too-slow",
            Self::Unanswered => "unanswered",
        }
    }

    /// As a response.
    pub(super) fn response(self, wish: Wish) -> Response<Body> {
        let l = wish.language;
        let detail = match self {
            Self::Busy { retry_after } => say::busy(l, retry_after),
            Self::Malformed => say::malformed(l).to_owned(),
            Self::MediaType => say::media_type(l).to_owned(),
            Self::Method => say::method(l).to_owned(),
            Self::NoFile => say::no_file(l).to_owned(),
            Self::NotFound => say::not_found(l).to_owned(),
            Self::SeveralFiles => say::several_files(l).to_owned(),
            Self::TooLarge { most } => say::too_large(l, most),
            Self::TooSlow => say::too_slow(l).to_owned(),
            Self::Unanswered => say::unanswered(l).to_owned(),
        };
        let status = self.status();
        let mut response = match wish.form {
            Form::Html => {
                let page = html::notice(l, say::refused(l), &detail);
                respond(status, HTML, page)
            }
            Form::Json => {
                let problem = Problem {
                    r#type: "about:blank",
                    title: status.canonical_reason().unwrap_or_default(),
                    status: status.as_u16(),
                    code: self.code(),
                    detail: &detail,
                };
                // A struct of texts and numbers always serialises.
                let json = serde_json::to_string(&problem).unwrap_or_default();
                respond(status, "application/problem+json", json + "\n")
            }
        };
        let headers = response.headers_mut();
        if let Self::Busy { retry_after } = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
        }
        if !matches!(self, Self::Method | Self::NotFound | Self::Unanswered) {
            // The rest of the body is not read as a request.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Type of a page.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// A response that may be read and is kept nowhere.
pub(super) fn respond(
    status: StatusCode,
    content_type: &'static str,
    content: impl Into<Body>,
) -> Response<Body> {
    let mut response = Response::new(content.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What browsers are told about every answer of the service.
pub(super) struct Protection(Vec<(HeaderName, HeaderValue)>);

impl Protection {
    /// Own scripts and styles only; the style inside a report is named by its digest.
    pub(super) fn new() -> Self {
        let style = STANDARD.encode(Sha256::digest(html::STYLE));
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{style}'; \
             connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        let mut headers = vec![
            (
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ),
            (
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            ),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static("same-origin"),
            ),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("same-origin"),
            ),
            (
                HeaderName::from_static("permissions-policy"),
                HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
            ),
        ];
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.push((header::CONTENT_SECURITY_POLICY, policy));
        }
        Self(headers)
    }

    /// Adds the headers.
    pub(super) fn apply(&self, response: &mut Response<Body>) {
        for (name, value) in &self.0 {
            response.headers_mut().insert(name, value.clone());
        }
    }
}
