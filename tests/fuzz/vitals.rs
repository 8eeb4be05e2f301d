//! What must hold whatever the input: no panic in any thread, an answer in time, and no more memory than a bound.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use crate::memory;
use crate::targets::Target;

/// How long one input may take. Most take less than a millisecond; the machine may be busy with other things.
pub(crate) const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// Panics so far that nobody expects.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Has panics noted from now on, in all threads, and forgets those before. What sled asserts about damaged files is not among them: the journal
/// takes it for what it is, the report of a fault.
pub(crate) fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.location().is_some_and(|location| location.file().contains("/sled-0.34")) {
                return;
            }
            PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
            before(panic);
        }));
    });
    PANICS.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Runs a target with an input. What did not hold, if anything.
pub(crate) fn probe(target: &Target, input: &[u8]) -> Result<(), String> {
    let bytes_before = memory::begin();
    let begin = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let duration = begin.elapsed();
    let bytes = memory::peak().saturating_sub(bytes_before);
    let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner));
    if !panics.is_empty() || outcome.is_err() {
        return Err(panics.join("\n"));
    }
    if duration > ANSWER_TIME_MAX {
        return Err(format!("it took {duration:?}"));
    }
    if bytes > target.memory_bytes_max {
        return Err(format!("it took {bytes} bytes of memory"));
    }
    Ok(())
}
