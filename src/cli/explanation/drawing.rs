//! A tree as lines of text: a mark for each answer, guides from a question to those that decided it.

use anstyle::Style;

use super::super::output::styles;
use super::{Explained, Outcome};

/// Columns of one level's guides.
const GUIDE_COLUMNS: usize = 3;
/// Columns that a question has for itself at least, however deep it stands: guides are cut on their left.
const QUESTION_COLUMNS_MIN: usize = 32;

/// The lines of a tree, none longer than `columns` (at least 40 are taken), with [`styles`].
///
/// The tree is walked with a stack of its own, so it may be as deep as it likes.
pub(in crate::cli) fn draw(tree: &Explained, columns: usize) -> Vec<String> {
    let columns = columns.max(QUESTION_COLUMNS_MIN + 8);
    let mut lines = Vec::new();
    let mut waiting = vec![(tree, Guides::default(), Place::Root)];
    while let Some((explained, guides, place)) = waiting.pop() {
        let below = guides.below(place);
        let has_parts = !explained.parts.is_empty() || explained.is_cut;
        write(&mut lines, explained, &guides.at(place), &below.following(has_parts), columns);
        let count = explained.parts.len();
        if explained.is_cut {
            let mark = if count == 0 { "└─ " } else { "├─ " };
            let guides = cut(&format!("{}{mark}", below.text), columns);
            lines.push(format!("{}{guides}… more is not shown{:#}", styles::MUTED, styles::MUTED));
        }
        for (index, part) in explained.parts.iter().enumerate().rev() {
            let place = if index + 1 == count { Place::Last } else { Place::Inner };
            waiting.push((part, below.clone(), place));
        }
    }
    lines
}

/// Where a question stands among those that decide the same answer.
#[derive(Clone, Copy)]
enum Place {
    Root,
    Inner,
    Last,
}

/// What stands left of the questions below one.
#[derive(Clone, Default)]
struct Guides {
    text: String,
}

impl Guides {
    /// What stands left of a question.
    fn at(&self, place: Place) -> String {
        let own = match place {
            Place::Root => "",
            Place::Inner => "├─ ",
            Place::Last => "└─ ",
        };
        format!("{}{own}", self.text)
    }

    /// What stands left of those below it.
    fn below(&self, place: Place) -> Self {
        let own = match place {
            Place::Root => "",
            Place::Inner => "│  ",
            Place::Last => "   ",
        };
        Self { text: format!("{}{own}", self.text) }
    }

    /// What stands left of a question's further lines.
    fn following(&self, has_parts: bool) -> String {
        format!("{}{}", self.text, if has_parts { "│ " } else { "  " })
    }
}

/// Guides so short that a question fits beside them.
fn cut(guides: &str, columns: usize) -> String {
    let count = guides.chars().count();
    let count_max = columns - QUESTION_COLUMNS_MIN;
    if count <= count_max {
        return guides.to_owned();
    }
    // Whole levels are left out, so that the guides of those that stay are still below each other.
    let levels = (count - count_max).div_ceil(GUIDE_COLUMNS);
    let kept: String = guides.chars().skip(levels * GUIDE_COLUMNS + 1).collect();
    format!("…{kept}")
}

fn write(lines: &mut Vec<String>, explained: &Explained, first: &str, following: &str, columns: usize) {
    let (mark, style) = look(explained.answer);
    let (muted, first, following) = (styles::MUTED, cut(first, columns), cut(following, columns));
    let indent = first.chars().count() + 2;
    let question = printable(&explained.question);
    let reason = printable(&explained.reason);
    let mut pieces = broken(&question, columns - indent).into_iter();
    let mut column = indent;
    if let Some(piece) = pieces.next() {
        column += piece.chars().count();
        lines.push(format!("{muted}{first}{muted:#}{style}{mark}{style:#} {piece}"));
    }
    for piece in pieces {
        column = indent + piece.chars().count();
        lines.push(format!("{muted}{following}{muted:#}{piece}"));
    }
    if reason.is_empty() {
        return;
    }
    let fits = column + 2 + reason.chars().count() <= columns;
    match lines.last_mut() {
        Some(line) if fits => line.extend(["  ", &format!("{muted}{reason}{muted:#}")]),
        _ => {
            for piece in broken(&reason, columns - indent) {
                lines.push(format!("{muted}{following}{piece}{muted:#}"));
            }
        }
    }
}

/// The mark of an answer, and its style.
fn look(answer: Outcome) -> (char, Style) {
    match answer {
        Outcome::Yes => ('✓', styles::GRANTED),
        Outcome::No => ('✗', styles::DENIED),
        Outcome::Conditional => ('?', styles::CONDITIONAL),
        Outcome::Unanswered => ('!', styles::ERROR),
    }
}

/// Text in one line, without what a terminal would obey.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.extend(
            word.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }),
        );
    }
    shown
}

/// Text in pieces of a width, at spaces where there are some.
fn broken(text: &str, columns: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest: &str = text;
    loop {
        let Some((end, _)) = rest.char_indices().nth(columns) else {
            pieces.push(rest.to_owned());
            return pieces;
        };
        let at = rest[..end].rfind(' ').filter(|at| *at > 0).unwrap_or(end);
        pieces.push(rest[..at].to_owned());
        rest = rest[at..].trim_start();
    }
}
