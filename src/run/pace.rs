//! Work done and time spent → rate and time left.

use std::time::Duration;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// Documents that are finished, those of an earlier run counted.
    pub done: u64,
    /// All documents.
    pub total: u64,
    /// Documents that this run need not look at again.
    pub reused: u64,
}

impl Pace {
    /// Documents a second; `None` at the start.
    pub fn rate(self, spent: Duration) -> Option<f64> {
        let fresh = self.done.saturating_sub(self.reused);
        // Counts of documents are far below 2^52.
        (fresh > 0 && !spent.is_zero()).then(|| fresh as f64 / spent.as_secs_f64())
    }

    /// Time left at the rate so far; `None` at the start.
    pub fn left(self, spent: Duration) -> Option<Duration> {
        let left = self.total.saturating_sub(self.done) as f64;
        Duration::try_from_secs_f64(left / self.rate(spent)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_was_done_before_says_nothing_about_the_rate() {
        let pace = Pace {
            done: 600,
            total: 1000,
            reused: 400,
        };
        let spent = Duration::from_secs(10);
        assert_eq!(pace.rate(spent), Some(20.0));
        assert_eq!(pace.left(spent), Some(Duration::from_secs(20)));
        assert_eq!(Pace::default().left(spent), None);
        assert_eq!(pace.rate(Duration::ZERO), None);
    }
}
