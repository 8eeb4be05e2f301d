//! What was found as `JUnit` XML: a suite a file, a test case for each expectation.

use std::path::Path;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::cli::explanation::draw;
use crate::cli::schema::replace;

use super::running::{Case, Checked, Failed};

/// Columns of explanations.
const COLUMNS: usize = 120;

/// Suites so far.
#[derive(Default)]
pub(super) struct Junit {
    suites: Vec<TestSuite>,
}

impl Junit {
    /// Adds a file, whose cases are taken out of it.
    pub(super) fn add(&mut self, checked: &mut Checked) {
        let file = checked.file.display().to_string();
        let mut suite = TestSuite::new(file.clone());
        suite.set_time(checked.time);
        for Case { kind, name, failure } in std::mem::take(&mut checked.cases) {
            let status = failure.map_or_else(TestCaseStatus::success, |failed| unmet(&file, &failed));
            let mut case = TestCase::new(format!("{kind}: {name}"), status);
            case.set_classname(file.clone());
            suite.add_test_case(case);
        }
        if checked.problem_count > 0 {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            let (count, noun) =
                (checked.problem_count, if checked.problem_count == 1 { "problem" } else { "problems" });
            let at_least = if checked.is_cut { "at least " } else { "" };
            status.set_message(format!("the file cannot be used: {at_least}{count} {noun}"));
            status.set_description(checked.problems.join("\n"));
            let mut case = TestCase::new("loads", status);
            case.set_classname(file);
            suite.add_test_case(case);
        }
        self.suites.push(suite);
    }

    /// Writes the report, in one step.
    pub(super) fn write(self, file: &Path) -> Result<(), String> {
        let mut report = Report::new("arrowroot validate");
        report.add_test_suites(self.suites);
        let text =
            report.to_string().map_err(|error| format!("the JUnit report cannot be written: {error}"))?;
        replace(file, text.as_bytes())
            .map_err(|error| format!("{}: cannot be written: {error}", file.display()))
    }
}

fn unmet(file: &str, failed: &Failed) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(failed.message.clone());
    let tree = failed.explanation.iter().flat_map(|explanation| draw(explanation, COLUMNS));
    let tree = tree.map(|line| anstream::adapter::strip_str(&line).to_string());
    let place = format!("{file}:{}", failed.line);
    status.set_description([place].into_iter().chain(tree).collect::<Vec<_>>().join("\n"));
    status
}
