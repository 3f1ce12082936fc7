//! What a request announces → a ticket for its upload, or none: settled before a body is read.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Memory is counted in pieces of this many bytes.
const PIECE: u64 = 1 << 10;

/// The uploads that may be here at one time.
pub(super) struct Gate {
    uploads: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    most_uploads: usize,
    most_memory: usize,
}

/// Leave for one upload; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    _upload: OwnedSemaphorePermit,
    _memory: OwnedSemaphorePermit,
}

fn pieces(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX)
}

impl Gate {
    pub(super) fn new(uploads: usize, memory: u64) -> Self {
        let most_uploads = uploads.min(Semaphore::MAX_PERMITS);
        let most_memory = usize::try_from(pieces(memory)).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            uploads: Arc::new(Semaphore::new(most_uploads)),
            memory: Arc::new(Semaphore::new(most_memory)),
            most_uploads,
            most_memory,
        }
    }

    /// Leave for an upload of at most `bytes`; `None` when there is no room now.
    pub(super) fn admit(&self, bytes: u64) -> Option<Ticket> {
        let upload = Arc::clone(&self.uploads).try_acquire_owned().ok()?;
        let memory = Arc::clone(&self.memory)
            .try_acquire_many_owned(pieces(bytes))
            .ok()?;
        Some(Ticket {
            _upload: upload,
            _memory: memory,
        })
    }

    /// Uploads that are here, and bytes that are set aside for them.
    pub(super) fn taken(&self) -> (usize, u64) {
        let uploads = self
            .most_uploads
            .saturating_sub(self.uploads.available_permits());
        let memory = self
            .most_memory
            .saturating_sub(self.memory.available_permits());
        (uploads, (memory as u64).saturating_mul(PIECE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Neither more uploads nor more bytes than there is room for; what ends makes room again.
    #[test]
    fn ok_room_is_given_and_taken_back() {
        let gate = Gate::new(2, 10 << 10);
        let first = gate.admit(1).expect("room");
        assert_eq!(gate.taken(), (1, 1 << 10));
        assert!(gate.admit((9 << 10) + 1).is_none(), "too many bytes");
        assert_eq!(gate.taken(), (1, 1 << 10), "nothing is kept of a refusal");
        let second = gate.admit(9 << 10).expect("room");
        assert!(gate.admit(0).is_none(), "too many uploads");
        drop((first, second));
        assert_eq!(gate.taken(), (0, 0));
    }
}
