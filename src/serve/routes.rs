//! Addresses and methods → what answers them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::middleware::map_response_with_state;
use axum::routing::{get, post};

use super::admission::Ticket;
use super::answer::{Form, HTML, Protection, Refusal, respond};
use super::request::{Shape, Wish, announced, body};
use super::{OPENAPI, Shared, multipart, page};
use crate::error::{Error, ErrorKind, PdfFault};
use crate::report::message::portal as say;
use crate::report::{FileReport, SCHEMA, html};

type Reply = Response<Body>;

/// All addresses of the service.
pub(super) fn router(shared: &Arc<Shared>) -> Router {
    let protection = Arc::new(Protection::new());
    let finish = |State((shared, protection)): State<(Arc<Shared>, Arc<Protection>)>,
                  mut response: Reply| async move {
        protection.apply(&mut response);
        shared.metrics.response(response.status().as_u16());
        response
    };
    Router::new()
        .route("/", get(portal))
        .route(
            "/portal.css",
            get(async || text("text/css; charset=utf-8", page::style())),
        )
        .route(
            "/portal.js",
            get(async || text("text/javascript; charset=utf-8", page::SCRIPT)),
        )
        .route("/v1/verify", post(verify))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .route(
            "/openapi.json",
            get(async || text("application/json", OPENAPI)),
        )
        .route(
            "/schema/kyso-report-1.json",
            get(async || text("application/schema+json", SCHEMA)),
        )
        .fallback(async |State(shared), request| refuse(&shared, &request, Refusal::NotFound))
        .method_not_allowed_fallback(async |State(shared), request| {
            refuse(&shared, &request, Refusal::Method)
        })
        .layer(map_response_with_state(
            (Arc::clone(shared), protection),
            finish,
        ))
        .with_state(Arc::clone(shared))
}

fn wish(shared: &Shared, request: &Request) -> Wish {
    Wish::new(request.uri(), request.headers(), shared.settings.language)
}

fn refuse(shared: &Arc<Shared>, request: &Request, refusal: Refusal) -> Reply {
    refusal.response(wish(shared, request))
}

fn text(content_type: &'static str, content: impl Into<Body>) -> Reply {
    respond(StatusCode::OK, content_type, content)
}

async fn portal(State(shared): State<Arc<Shared>>, request: Request) -> Reply {
    let language = wish(&shared, &request).language;
    let anchors = shared.verifier.trust().anchors().len();
    let policy = &shared.verifier.policy().name;
    text(
        HTML,
        page::page(language, &shared.settings, policy, anchors > 0),
    )
}

/// That the service runs, and how many trust anchors it has: without one, nothing can pass.
async fn health(State(shared): State<Arc<Shared>>) -> Reply {
    let anchors = shared.verifier.trust().anchors().len();
    let json = format!("{{\"status\":\"ok\",\"trust_anchors\":{anchors}}}\n");
    text("application/json", json)
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Reply {
    let type_of_version_4 = "text/plain; version=0.0.4; charset=utf-8";
    text(type_of_version_4, shared.metrics.text(&shared.gate))
}

async fn verify(State(shared): State<Arc<Shared>>, request: Request) -> Reply {
    let wish = wish(&shared, &request);
    match verified(&shared, request, wish).await {
        Ok(reply) => reply,
        Err(refusal) => {
            if matches!(refusal, Refusal::Busy { .. }) {
                shared.metrics.turned_away();
            }
            refusal.response(wish)
        }
    }
}

async fn verified(shared: &Arc<Shared>, request: Request, wish: Wish) -> Result<Reply, Refusal> {
    let settings = &shared.settings;
    let (head, content) = request.into_parts();
    let shape = Shape::new(&head.uri, &head.headers)?;
    let most = settings.upload_bytes;
    let announced = announced(&head.headers);
    if announced.is_some_and(|length| length > most) {
        return Err(Refusal::TooLarge { most });
    }
    let busy = Refusal::Busy {
        retry_after: settings.retry_after,
    };
    // From here on the upload is accepted: there is room for all of it.
    let ticket = shared.gate.admit(announced.unwrap_or(most)).ok_or(busy)?;
    let bytes = body(content, most, settings.idle, settings.receive).await?;
    shared.metrics.received(bytes.len());
    // Nothing was done for one that waits in vain: it may come back.
    let turn = tokio::time::timeout(settings.turn, Arc::clone(&shared.jobs).acquire_owned());
    let turn = turn.await.map_err(|_| busy)?;
    let shared = Arc::clone(shared);
    let deadline = settings.verification;
    let work = tokio::task::spawn_blocking(move || {
        let reply = answer(&shared, &shape, bytes, wish, ticket);
        drop(turn);
        reply
    });
    match tokio::time::timeout(deadline, work).await {
        Ok(Ok(reply)) => reply,
        // The answer could not even be written.
        Ok(Err(_)) => Ok(respond(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "")),
        // It goes on, and keeps its place until it ends.
        Err(_) => Err(Refusal::Unanswered),
    }
}

/// The report on one upload, written; on a thread that may take its time.
fn answer(
    shared: &Shared,
    shape: &Shape,
    bytes: Vec<u8>,
    wish: Wish,
    ticket: Ticket,
) -> Result<Reply, Refusal> {
    let (name, document) = match shape {
        Shape::Raw(name) => (name.clone(), bytes.as_slice()),
        Shape::Form(boundary) => multipart::file(&bytes, boundary)?,
    };
    let begun = Instant::now();
    let verify = || shared.verifier.verify(document, (shared.clock)());
    // A panic on one file must neither stop the service nor pass for an answer.
    let report = catch_unwind(AssertUnwindSafe(verify)).unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Misuse(
            "internal error: the check panicked",
        )))
    });
    let indication = report.as_ref().ok().map(|report| report.indication);
    shared.metrics.verified(indication, begun.elapsed());
    drop(bytes);
    drop(ticket);
    let status = match &report {
        Ok(_) => StatusCode::OK,
        Err(error) if matches!(error.kind(), ErrorKind::Misuse(_)) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Err(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let needs_password = matches!(&report, Err(error)
        if *error.kind() == ErrorKind::Pdf(PdfFault::Password));
    let report = FileReport::new(name, report);
    Ok(match wish.form {
        // What the report advises here is for the program's users.
        Form::Html if needs_password => {
            let l = wish.language;
            respond(
                status,
                HTML,
                html::notice(l, say::refused(l), say::password(l)),
            )
        }
        Form::Html => respond(status, HTML, report.html(wish.language)),
        Form::Json => respond(status, "application/json", report.json() + "\n"),
    })
}
