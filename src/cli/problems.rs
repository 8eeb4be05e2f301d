//! What is wrong with a file, on standard error: the first problems in words, the others by their number.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::Path;

/// Problems that are shown; the others are counted.
pub(super) const PROBLEMS_MAX: usize = 50;

/// The first problems of one run, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Problems {
    shown: Vec<String>,
    count: u64,
}

impl Problems {
    /// Takes one up. What it says is only put into words if it is shown.
    pub(super) fn add(&mut self, file: &Path, line: u64, problem: impl Display) {
        if self.shown.len() < PROBLEMS_MAX {
            self.shown.push(format!("{}:{line}: {problem}", name(file)));
        }
        self.count += 1;
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// What is to be shown: each problem on a line, and how many more there are.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let more = self.count - self.shown.len() as u64;
        self.shown.iter().cloned().chain((more > 0).then(|| format!("… and {more} more")))
    }

    /// Shows them on standard error.
    pub(super) fn print(&self) {
        for line in self.lines() {
            // There is nobody to tell if the terminal is gone.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }
}

/// The file, as messages name it.
pub(super) fn name(file: &Path) -> String {
    if file.as_os_str() == "-" { "standard input".to_owned() } else { file.display().to_string() }
}

/// Says something of the command on standard error, which is no error.
pub(super) fn say(message: &str) {
    // There is nobody to tell if the terminal is gone.
    let _ = writeln!(io::stderr(), "arrowroot: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fifty_are_shown_and_the_others_counted() {
        let shown = |count: u64| {
            let mut problems = Problems::default();
            (1..=count).for_each(|line| problems.add(Path::new("a.txt"), line, "is bad"));
            assert_eq!(problems.count(), count);
            problems.lines().collect::<Vec<_>>()
        };
        assert!(shown(0).is_empty());
        assert_eq!(shown(1), ["a.txt:1: is bad"]);
        assert_eq!(shown(50).len(), 50);
        let many = shown(1_000_000);
        assert_eq!((many.len(), &*many[49], &*many[50]), (51, "a.txt:50: is bad", "… and 999950 more"));
    }

    #[test]
    fn standard_input_has_a_name() {
        assert_eq!(name(Path::new("-")), "standard input");
        assert_eq!(name(Path::new("b/a.txt")), "b/a.txt");
    }
}
