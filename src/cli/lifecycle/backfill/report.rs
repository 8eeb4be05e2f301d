//! What the operator sees: a bar while it runs, what is wrong with which line, and what became of all.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::position::{Counts, Position};

/// Lines whose faults are shown; the others are counted.
const COMPLAINTS_MAX: u64 = 50;
const BAR: &str = "{wide_bar} {percent:>3}%  {msg} lines  {bytes_per_sec}  {eta} left";
const SPINNER: &str = "{spinner} {msg} lines  {bytes_per_sec}  {elapsed}";

pub(super) struct Report {
    file: String,
    is_dry_run: bool,
    /// The byte at which this run began.
    begin: u64,
    /// Draws nothing where standard error is no terminal.
    bar: ProgressBar,
    complaint_count: u64,
    has_warned: bool,
}

impl Report {
    pub(super) fn new(file: &Path, is_dry_run: bool, position: &Position) -> Self {
        let target = ProgressDrawTarget::stderr();
        let length = position.length().or_else(|| std::fs::metadata(file).ok().map(|file| file.len()));
        let (bar, template) = match length {
            // What is left for this run, so that rate and time left are right.
            Some(length) => {
                let left = length.saturating_sub(position.place.0);
                (ProgressBar::with_draw_target(Some(left), target), BAR)
            }
            None => (ProgressBar::with_draw_target(None, target), SPINNER),
        };
        // The templates are right, or the bar looks otherwise.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(position.place.1.to_string());
        let file =
            if file.as_os_str() == "-" { "standard input".to_owned() } else { file.display().to_string() };
        let report =
            Self { file, is_dry_run, begin: position.place.0, bar, complaint_count: 0, has_warned: false };
        if position.place.0 > 0 {
            report.say(&format!("{}: going on behind line {}", report.file, position.place.1));
        }
        report
    }

    /// The position has moved.
    pub(super) fn advance(&self, (byte, line): (u64, u64)) {
        self.bar.set_position(byte.saturating_sub(self.begin));
        self.bar.set_message(line.to_string());
    }

    /// Tells what is wrong with a line.
    pub(super) fn complain(&mut self, line: u64, message: &str) {
        self.complaint_count += 1;
        if self.complaint_count <= COMPLAINTS_MAX {
            self.say(&format!("{}:{line}: {message}", self.file));
        }
    }

    /// Tells once that the position is not kept.
    pub(super) fn warn_unkept(&mut self, error: &dyn Display) {
        if !std::mem::replace(&mut self.has_warned, true) {
            self.say(&format!(
                "the position cannot be kept, so a run that is broken off begins anew: {error}"
            ));
        }
    }

    /// Clears the bar, and tells what became of all lines.
    pub(super) fn finish(&self, position: &Position) {
        self.bar.finish_and_clear();
        if let Some(more) = self.complaint_count.checked_sub(COMPLAINTS_MAX).filter(|more| *more > 0) {
            self.say(&format!("{}: {more} more lines with faults", self.file));
        }
        let Counts { registered, unchanged, kept, deregistered, refused, invalid } = position.counts;
        let would = if self.is_dry_run { "dry run: " } else { "" };
        // There is nobody to tell if the terminal is gone.
        let _ = writeln!(
            io::stdout(),
            "{would}registered {registered}, unchanged {unchanged}, kept {kept}, deregistered {deregistered}, \
             refused {refused}, invalid {invalid}"
        );
    }

    /// A line on standard error, above the bar.
    pub(super) fn say(&self, message: &str) {
        self.bar.suspend(|| {
            // There is nobody to tell if the terminal is gone.
            let _ = writeln!(io::stderr(), "arrowroot: {message}");
        });
    }
}
