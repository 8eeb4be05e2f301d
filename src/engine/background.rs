//! Threads whose work can wait for a moment.

/// How much lower than others their priority is, in the scheduler's steps of a quarter: with both at work on a core, a
/// tenth of it is left to them, and they have all of it as soon as the others wait.
const NICENESS: i32 = 10;

/// Has the calling thread, and those that it starts, step back behind the other threads of the process. There is no way
/// back. Where the system does not know this, or does not allow it, nothing happens.
pub fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "a thread cannot step back");
    }
}
