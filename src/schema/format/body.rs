//! The expression of a caveat: its lines as they are, moved below the caveat.

use crate::schema::diagnostic::Span;

use super::comments::{BLANKS, common};
use super::page::indented;

/// The lines of an expression, a tab before those that stand furthest left. `within` is what stands between the braces;
/// lines that begin inside of one of `fixed`, strings and comments in order, stay as they are.
pub(super) fn lines(text: &str, within: Span, fixed: &[Span]) -> Vec<String> {
    let all = within.of(text);
    let start = within.start + (all.len() - all.trim_start_matches(is_space).len());
    let body = text[start..within.end].trim_end_matches(is_space);
    let head = &text[within.start..start];
    let lines = split(body, start, fixed);
    let own = head.rfind('\n').map(|at| &head[at + 1..]);
    let movable =
        || lines.iter().skip(1).filter(|line| !line.is_fixed && !line.text.trim_matches(BLANKS).is_empty());
    let mut margin = own.or_else(|| movable().next().map(|line| blanks_of(line.text))).unwrap_or_default();
    for line in movable() {
        margin = &margin[..common(margin, line.text)];
    }
    let first_extra = own.map_or("", |own| &own[margin.len()..]);
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| match (index, line.is_fixed) {
            (0, _) => indented(1, &format!("{first_extra}{}", line.text)),
            (_, true) => line.text.to_owned(),
            (_, false) => indented(1, line.text.get(margin.len()..).unwrap_or_default()),
        })
        .collect()
}

struct Line<'t> {
    text: &'t str,
    /// Whether it begins inside of a string or a comment.
    is_fixed: bool,
}

fn split<'t>(body: &'t str, start: usize, fixed: &[Span]) -> Vec<Line<'t>> {
    let mut lines = Vec::new();
    let mut fixed = fixed.iter().peekable();
    let mut is_inside = |offset: usize| {
        while fixed.next_if(|span| span.end <= offset).is_some() {}
        fixed.peek().is_some_and(|span| span.start < offset)
    };
    let (mut at, mut is_fixed) = (start, false);
    for text in body.split('\n') {
        let end = at + text.len();
        let ends_inside = is_inside(end);
        let text = if ends_inside { text } else { text.trim_end_matches(is_space) };
        lines.push(Line { text, is_fixed });
        at = end + 1;
        is_fixed = ends_inside;
    }
    lines
}

fn blanks_of(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches(BLANKS).len()]
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}
