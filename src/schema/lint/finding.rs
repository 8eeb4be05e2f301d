//! What was found, and what to do about it.

use crate::schema::diagnostic::Span;
use crate::schema::excerpt::{Excerpt, LineIndex};

use super::code::LintCode;

/// Findings that are told, at most; the others are counted.
pub const FINDINGS_MAX: usize = 1_000;
/// Findings that are kept until it is known which are allowed, at most.
const KEPT_MAX: usize = 100 * FINDINGS_MAX;

/// One thing that is probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub code: LintCode,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to do about it.
    pub help: String,
    /// The same, for a program.
    pub fix: Option<Fix>,
    /// The line with the place.
    pub excerpt: Excerpt,
}

/// A change of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// In order of their places, apart from each other.
    pub edits: Vec<Edit>,
    /// Whether the schema means the same afterwards.
    pub is_safe: bool,
}

/// Text in place of other text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty where text is only added.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Lints {
    /// In order of places, at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub omitted: usize,
}

/// The text with the fixes of findings that keep its meaning. Of two that meet in one place, the first.
pub fn applied(text: &str, findings: &[Finding]) -> String {
    let safe = findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(|fix| fix.is_safe);
    let mut fixed = String::with_capacity(text.len());
    let mut edits: Vec<&Edit> = Vec::new();
    let mut end = 0;
    for fix in safe {
        if fix.edits.first().is_some_and(|edit| edit.span.start >= end) {
            end = fix.edits.last().map_or(end, |edit| edit.span.end);
            edits.extend(&fix.edits);
        }
    }
    let mut at = 0;
    for Edit { span, replacement } in edits {
        fixed.push_str(text.get(at..span.start).unwrap_or_default());
        fixed.push_str(replacement);
        at = span.end;
    }
    fixed.push_str(text.get(at..).unwrap_or_default());
    fixed
}

/// A finding whose line has not been looked up yet.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) code: LintCode,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: String,
    pub(super) fix: Option<Fix>,
}

/// Findings while they are being collected.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Found>,
    dropped: usize,
}

impl Findings {
    pub(super) fn push(&mut self, code: LintCode, span: Span, message: String, help: impl Into<String>) {
        self.push_with(code, span, message, help, None);
    }

    pub(super) fn push_with(
        &mut self,
        code: LintCode,
        span: Span,
        message: String,
        help: impl Into<String>,
        fix: Option<Fix>,
    ) {
        if self.list.len() < KEPT_MAX {
            self.list.push(Found { code, span, message, help: help.into(), fix });
        } else {
            self.dropped += 1;
        }
    }

    /// Those that are not allowed, in order.
    pub(super) fn finish(mut self, lines: &LineIndex<'_>, is_allowed: impl Fn(&Found) -> bool) -> Lints {
        self.list.retain(|found| !is_allowed(found));
        self.list.sort_by_key(|found| (found.span.start, found.span.end, found.code));
        let omitted = self.list.len().saturating_sub(FINDINGS_MAX) + self.dropped;
        let findings = self.list.into_iter().take(FINDINGS_MAX).map(|found| {
            let Found { code, span, message, help, fix } = found;
            Finding { code, message, span, help, fix, excerpt: lines.excerpt(span) }
        });
        Lints { findings: findings.collect(), omitted }
    }
}
