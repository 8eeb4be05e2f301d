//! Comments, moved to another column.

use super::page::indented;

/// What is no end of a line.
pub(super) const BLANKS: [char; 2] = [' ', '\t'];

/// How many line breaks a text has.
pub(super) fn breaks(text: &str) -> usize {
    let all = text.matches(['\n', '\r']).count();
    all - text.matches("\r\n").count()
}

/// The lines of a comment that stands on lines of its own, after `indent` tabs. `before` is what stands before it in its
/// line: a comment's further lines keep their place relative to the first, or below its star.
pub(super) fn own_lines(comment: &str, before: &str, indent: usize) -> Vec<String> {
    let mut lines = comment.lines();
    let first = lines.next().unwrap_or_default().trim_end_matches(BLANKS);
    let rest: Vec<&str> = lines.map(|line| line.trim_end_matches(BLANKS)).collect();
    let is_starred = rest
        .iter()
        .map(|line| line.trim_start_matches(BLANKS))
        .all(|line| line.is_empty() || line.starts_with('*'));
    let margin = if before.trim_matches(BLANKS).is_empty() { before } else { "" };
    let mut out = vec![indented(indent, first)];
    for line in rest {
        if line.is_empty() {
            out.push(String::new());
        } else if is_starred {
            out.push(indented(indent, &format!(" {}", line.trim_start_matches(BLANKS))));
        } else {
            out.push(indented(indent, &line[common(margin, line)..]));
        }
    }
    out
}

/// A comment within a line: only the blanks at the ends of its lines go.
pub(super) fn inline(comment: &str) -> String {
    comment.lines().map(|line| line.trim_end_matches(BLANKS)).collect::<Vec<_>>().join("\n")
}

/// Bytes of blanks that two lines begin with alike.
pub(super) fn common(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other && b" \t".contains(one)).count()
}
