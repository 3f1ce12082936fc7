//! Many documents from C → a call back for each, made by the batch engine.

use std::ffi::{c_char, c_void};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::code::{Code, call, remember};
use super::memory::{self, Refused, array, bytes, time};
use super::{Report, Verifier, handle};
use crate::archive::{Engine, EngineOptions, Input, Order, Source};

/// One document: a path, or bytes in memory.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// Path of a regular file, ended by a zero byte; null when the bytes are given.
    pub path: *const c_char,
    /// The whole document; not used when there is a path.
    pub data: *const u8,
    /// How many bytes.
    pub length: usize,
}

/// Called in the thread of `kyso_verify_many`, once for each document. `index` is its place.
/// `code` is 0 and `report` what was found; or `code` says why there is no report, which is null
/// then, and `kyso_last_error` has the text until the next call. The report is freed when the
/// function returns. It returns 0 to go on and anything else to stop. It may call every function
/// of this library; it must not throw an exception and not jump out.
pub type Answered = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        index: usize,
        code: i32,
        report: *const Report,
    ) -> i32,
>;

/// What [`Document`] says, checked.
enum Place<'a> {
    Path(&'a Path),
    Bytes(&'a [u8]),
}

/// Verifies many documents with all cores and calls `answered` with each report. Answers are those
/// of `kyso_verify`, whatever the number of threads. `jobs` is the number of workers, 0 one for
/// each core. `ordered` other than 0 keeps the order of the documents, 0 takes them as they are
/// ready. `context` is handed through. Gives `KYSO_CODE_STOPPED` when `answered` stopped it, and
/// `KYSO_CODE_DISAGREEMENT` when two computations of one thing differ: then rely on no answer.
///
/// # Safety
/// `count` documents can be read at `documents`, and what they point at, until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_verify_many(
    verifier: *const Verifier,
    documents: *const Document,
    count: usize,
    at: i64,
    jobs: usize,
    ordered: i32,
    answered: Answered,
    context: *mut c_void,
) -> Code {
    call(|| {
        let answered = answered.ok_or_else(|| Refused::null("the callback"))?;
        let verifier = handle::get(verifier)?.built();
        let at = time(at)?;
        if jobs > EngineOptions::MOST_JOBS {
            let most = EngineOptions::MOST_JOBS;
            return Err(Refused::misuse(format!("more than {most} workers")));
        }
        // SAFETY: what the caller promises.
        let documents = unsafe { array("the documents", documents, count) }?;
        let places = documents
            .iter()
            .map(|one| match one.path.is_null() {
                // SAFETY: what the caller promises.
                true => unsafe { bytes("a document", one.data, one.length) }.map(Place::Bytes),
                // SAFETY: what the caller promises.
                false => unsafe { memory::path("a path", one.path) }.map(Place::Path),
            })
            .collect::<Result<Vec<_>, _>>()?;

        let stopped = AtomicBool::new(false);
        let inputs = (0..)
            .zip(&places)
            .take_while(|_| !stopped.load(Ordering::Relaxed))
            .map(|(tag, place)| Input {
                tag,
                source: match place {
                    Place::Path(path) => Source::Path(path.to_path_buf()),
                    Place::Bytes(bytes) => Source::Bytes(bytes.to_vec()),
                },
            });
        let options = EngineOptions {
            jobs,
            order: match ordered {
                0 => Order::Ready,
                _ => Order::Input,
            },
            ..EngineOptions::default()
        };
        let mut refused = None;
        let one = |outcome: crate::archive::Outcome| (outcome.tag, outcome.answer);
        Engine::new(verifier, options).run(inputs, at, one, |(tag, answer)| {
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            let index = usize::try_from(tag).unwrap_or(usize::MAX);
            let given = answer
                .map_err(Refused::from)
                .and_then(|report| handle::give(Report::from(report)));
            let (code, report) = match given {
                Ok(report) => {
                    remember(None);
                    (Code::Ok, report)
                }
                Err(refused) => {
                    let code = refused.code;
                    remember(Some(refused));
                    (code, std::ptr::null_mut())
                }
            };
            // SAFETY: the caller gave a function of this type, for this context.
            let wish = unsafe { answered(context, index, code as i32, report) };
            // The callback may have freed it, which is recognised.
            let _ = handle::free(report);
            if wish != 0 {
                stopped.store(true, Ordering::Relaxed);
                let text = format!("the callback returned {wish} for document {index}");
                refused = Some(Refused::new(Code::Stopped, text));
            }
        })?;
        refused.map_or(Ok(()), Err)
    })
}
