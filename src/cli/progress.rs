//! What a long command shows while it runs: a bar on a terminal, nothing elsewhere.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whether a bar is shown.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ProgressFlag {
    /// Show no progress; by itself it is shown on a terminal
    #[arg(long, env = "ARROWROOT_NO_PROGRESS")]
    no_progress: bool,
}

const BAR: &str = "{wide_bar} {percent:>3}%  {msg}  {bytes} of {total_bytes}  {eta} left";
const SPINNER: &str = "{spinner} {msg}  {bytes}  {elapsed}";
/// How often a bar moves where nothing is told.
const TICK: Duration = Duration::from_millis(200);

/// A bar, and what goes beside it.
pub(super) struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl ProgressFlag {
    /// Begins, with the bytes that there will be if that is known. Draws nothing where standard error is no terminal.
    pub(super) fn start(self, bytes: Option<u64>) -> Progress {
        let target =
            if self.no_progress { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let (bar, template) = match bytes {
            Some(bytes) => (ProgressBar::with_draw_target(Some(bytes), target), BAR),
            None => (ProgressBar::with_draw_target(None, target), SPINNER),
        };
        // The templates are right, or the bar looks otherwise.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Progress { bar, start: Instant::now() }
    }
}

impl Progress {
    /// So many bytes, and so many of what a word says.
    pub(super) fn advance(&self, bytes: u64, count: u64, what: &str) {
        let rate = rate(count, self.start.elapsed());
        self.bar.set_message(format!("{} {what}  {}/s", HumanCount(count), HumanCount(rate)));
        self.bar.set_position(bytes);
    }

    /// A line on standard error, above the bar.
    pub(super) fn say(&self, line: &str) {
        self.bar.suspend(|| {
            // There is nobody to tell if the terminal is gone.
            let _ = writeln!(io::stderr(), "arrowroot: {line}");
        });
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// How long it has taken, and how many a second that was.
    pub(super) fn pace(&self, count: u64) -> String {
        let elapsed = self.start.elapsed();
        format!("{:.1} s, {} a second", elapsed.as_secs_f64(), HumanCount(rate(count, elapsed)))
    }
}

/// How many there were in a second.
fn rate(count: u64, elapsed: Duration) -> u64 {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1000) / milliseconds
}
