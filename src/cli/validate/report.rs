//! What is told of the files: what is not so, and why; at the end, how many there were.

use std::io::Write as _;

use serde::Serialize;

use crate::cli::explanation::{Explained, draw};
use crate::cli::output::{Output, OutputError, OutputFormat, styles};
use crate::cli::problems::PROBLEMS_MAX;

use super::junit::Junit;
use super::running::{Checked, Failed};

/// Columns before an explanation.
const INDENT: usize = 4;

/// How many there were.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Summary {
    pub(super) files: usize,
    pub(super) passed: usize,
    pub(super) failed: usize,
    /// Files that cannot be used.
    pub(super) broken: usize,
}

/// Tells of one file after the other.
pub(super) struct Reporter {
    output: Output,
    junit: Option<Junit>,
    summary: Summary,
    /// Problems and unmet expectations that were shown.
    problems_shown: usize,
    problems: usize,
    /// Whether there may be more problems than that.
    is_cut: bool,
    failures_shown: usize,
}

impl Reporter {
    pub(super) fn new(output: Output, has_junit: bool) -> Self {
        let (junit, summary) = (has_junit.then(Junit::default), Summary::default());
        Self { output, junit, summary, problems_shown: 0, problems: 0, is_cut: false, failures_shown: 0 }
    }

    pub(super) fn take(&mut self, mut checked: Checked) -> Result<(), OutputError> {
        if checked.is_other {
            return Ok(());
        }
        self.summary.files += 1;
        self.summary.passed += checked.passed;
        self.summary.failed += checked.failed;
        self.summary.broken += usize::from(checked.problem_count > 0);
        self.problems += checked.problem_count;
        self.is_cut |= checked.is_cut;
        if let Some(junit) = &mut self.junit {
            junit.add(&mut checked);
        }
        self.print_problems(&checked);
        match self.output.format() {
            OutputFormat::Json => self.output.json(&Told::of(&checked))?,
            OutputFormat::Text => self.text(&checked)?,
        }
        Ok(())
    }

    fn print_problems(&mut self, checked: &Checked) {
        let mut stderr = anstream::stderr().lock();
        let (style, end) = (styles::ERROR, styles::ERROR.render_reset());
        for problem in checked.problems.iter().take(PROBLEMS_MAX - self.problems_shown.min(PROBLEMS_MAX)) {
            self.problems_shown += 1;
            // There is nobody to tell if the terminal is gone.
            let _ = writeln!(stderr, "{style}error:{end} {problem}");
        }
    }

    fn text(&mut self, checked: &Checked) -> Result<(), OutputError> {
        let file = checked.file.display();
        for failed in &checked.failures {
            if self.failures_shown == PROBLEMS_MAX {
                break;
            }
            self.failures_shown += 1;
            let (heading, denied) = (styles::HEADING, styles::DENIED);
            let Failed { line, kind, name, message, explanation } = failed;
            self.output.line(format!(
                "{heading}{file}:{line}:{heading:#} {denied}{kind}{denied:#} `{name}` {message}"
            ))?;
            if let Some(explanation) = explanation {
                let columns = self.output.columns().saturating_sub(INDENT);
                for line in draw(explanation, columns) {
                    self.output.line(format!("{:INDENT$}{line}", ""))?;
                }
            }
        }
        Ok(())
    }

    /// What there is for other tools.
    pub(super) fn junit(&mut self) -> Junit {
        self.junit.take().unwrap_or_default()
    }

    pub(super) fn finish(mut self) -> Result<Summary, OutputError> {
        let Summary { files, passed, failed, broken } = self.summary;
        if self.problems > self.problems_shown {
            // There is nobody to tell if the terminal is gone.
            let at_least = if self.is_cut { "at least " } else { "" };
            let more = self.problems - self.problems_shown;
            let _ = writeln!(anstream::stderr(), "… and {at_least}{more} more");
        }
        if self.output.format() == OutputFormat::Json {
            self.output.json(&self.summary)?;
        } else {
            if failed > self.failures_shown {
                self.output.line(format!("… and {} more", failed - self.failures_shown))?;
            }
            let counted = |count: usize, one: &str, many: &str| {
                format!("{count} {}", if count == 1 { one } else { many })
            };
            let (granted, denied, error) = (styles::GRANTED, styles::DENIED, styles::ERROR);
            let mut line =
                format!("{}: {granted}{passed} passed{granted:#}", counted(files, "file", "files"));
            if failed > 0 {
                line.extend([", ", &format!("{denied}{failed} failed{denied:#}")]);
            }
            if broken > 0 {
                let broken = counted(broken, "file", "files");
                line.extend([", ", &format!("{error}{broken} cannot be used{error:#}")]);
            }
            self.output.line(line)?;
        }
        self.output.flush()?;
        Ok(self.summary)
    }
}

/// A file for programs.
#[derive(Serialize)]
struct Told<'c> {
    file: String,
    passed: usize,
    failed: usize,
    failures: Vec<ToldFailure<'c>>,
    problems: &'c [String],
    problem_count: usize,
}

#[derive(Serialize)]
struct ToldFailure<'c> {
    line: usize,
    kind: &'static str,
    name: &'c str,
    message: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'c Explained>,
}

impl<'c> Told<'c> {
    fn of(checked: &'c Checked) -> Self {
        let failure = |failed: &'c Failed| ToldFailure {
            line: failed.line,
            kind: failed.kind,
            name: &failed.name,
            message: &failed.message,
            explanation: failed.explanation.as_ref(),
        };
        Self {
            file: checked.file.display().to_string(),
            passed: checked.passed,
            failed: checked.failed,
            failures: checked.failures.iter().map(failure).collect(),
            problems: &checked.problems,
            problem_count: checked.problem_count,
        }
    }
}
