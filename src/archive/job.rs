//! The digests that an observation wants → one hash job with a cut at every gap, and back.

use super::reader::Buffer;
use crate::crypto::simd::{Job, OutsideJob, Stream};
use crate::crypto::{DigestAlgorithm, DigestValue};
use crate::signature::digests::Covered;
use crate::signature::{ByteRange, Observation};

/// What each digest of a job is of, the whole file excepted, which comes first.
pub(super) type Wanted = Vec<ByteRange>;

/// The job for a document and what was observed of it; without an observation, the digest of the
/// whole file alone.
///
/// Ranges begin with the document, so that each octet before a gap is hashed once for all of them;
/// each range has what stands between its own gap and its end to itself.
pub(super) fn new(document: Buffer, seen: Option<&Observation>) -> (Job<Buffer, ()>, Wanted) {
    let length = document.as_ref().len();
    let mut wanted: Wanted = seen
        .iter()
        .flat_map(|seen| seen.digests.iter())
        .filter(|one| one.algorithm == DigestAlgorithm::Sha256)
        .filter_map(|one| match one.of {
            Covered::Range(range) => range.parts(document.as_ref()).and(Some(range)),
            Covered::File => None,
        })
        .collect();
    wanted.sort_by_key(|range| range.gap().start);
    let mut job = Job::new(document, ());
    let mut steps = || -> Result<(), OutsideJob> {
        let mut done = 0;
        for range in &wanted {
            let place = |octet: u64| usize::try_from(octet).map_err(|_| OutsideJob);
            let gap = place(range.gap().start)?..place(range.gap().end)?;
            let end = place(range.end())?;
            job.append(Stream::FIRST, done..gap.start)?;
            done = gap.start;
            let own = job.fork(Stream::FIRST)?;
            job.append(own, gap.end..end)?;
            job.digest(own)?;
        }
        job.append(Stream::FIRST, done..length)?;
        job.digest(Stream::FIRST)?;
        Ok(())
    };
    if steps().is_err() {
        // Every range was looked at above.
        wanted.clear();
    }
    (job, wanted)
}

/// The digest of the whole file.
pub(super) fn digest_of_file(digests: &[[u8; 32]]) -> Option<[u8; 32]> {
    digests.last().copied()
}

/// Gives the digests of a finished job to the observation that wanted them.
pub(super) fn take(seen: &mut Observation, wanted: &Wanted, digests: &[[u8; 32]]) {
    let of = wanted.iter().map(|range| Covered::Range(*range));
    for (of, digest) in of.chain([Covered::File]).zip(digests) {
        if let Some(value) = DigestValue::from_bytes(DigestAlgorithm::Sha256, digest.to_vec()) {
            seen.digests.set(of, &value);
        }
    }
}
