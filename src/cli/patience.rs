//! How long a server that does not answer is asked again.

use std::time::{Duration, Instant};

use super::client::CallError;

/// How long is waited before the second attempt; twice as long before each further one, up to the bound.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The attempts at one call.
#[derive(Debug)]
pub(super) struct Patience {
    end: Instant,
    pause: Duration,
}

impl Patience {
    /// Begins with the first attempt.
    pub(super) fn new(patience: Duration) -> Self {
        let now = Instant::now();
        Self { end: now.checked_add(patience).unwrap_or(now), pause: FIRST_PAUSE }
    }

    /// Waits for the next attempt; gives the error back where there is none.
    pub(super) async fn wait(&mut self, error: CallError) -> Result<(), CallError> {
        if !error.is_temporary() || Instant::now() + self.pause > self.end {
            return Err(error);
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        Ok(())
    }
}
