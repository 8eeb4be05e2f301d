//! One statement: in one line if it fits, otherwise broken after its operators.

use crate::schema::token::TokenKind;

use super::comments;
use super::page::indented;
use super::{LINE_COLUMNS_MAX, TAB_COLUMNS};

/// Tabs that parentheses add to a line within them, at most.
const DEPTH_TABS_MAX: usize = 8;

/// A word of a statement.
pub(super) struct Word<'t> {
    pub(super) kind: TokenKind,
    pub(super) text: &'t str,
    /// The comments between the word before and this one.
    pub(super) comments: Vec<&'t str>,
}

/// The lines of a statement, the first after `indent` tabs and the others after one more.
pub(super) fn lines(words: &[Word<'_>], indent: usize) -> Vec<String> {
    let line = Line::of(words);
    if !words.iter().any(Word::needs_break) && width(indent, &line.text) <= LINE_COLUMNS_MAX {
        return vec![indented(indent, &line.text)];
    }
    broken(words, indent)
}

impl Word<'_> {
    /// Whether a line has to end between the word before and this one.
    fn needs_break(&self) -> bool {
        self.comments.iter().any(|comment| comment.starts_with("//"))
    }

    /// Whether a line may end after this word: only after a word that cannot end a statement.
    fn may_break_after(&self) -> bool {
        matches!(
            self.kind,
            TokenKind::Plus
                | TokenKind::Minus
                | TokenKind::Ampersand
                | TokenKind::Pipe
                | TokenKind::Equals
                | TokenKind::Comma
        )
    }
}

/// Words put together in one line.
#[derive(Default)]
struct Line {
    text: String,
    last: Option<TokenKind>,
    /// Whether a comment has ended the line.
    is_over: bool,
}

impl Line {
    fn of(words: &[Word<'_>]) -> Self {
        let mut line = Self::default();
        for word in words {
            line.push(word);
        }
        line
    }

    fn push(&mut self, word: &Word<'_>) {
        for comment in &word.comments {
            self.comment(comment);
        }
        let is_after_comment = !word.comments.is_empty();
        if !self.text.is_empty()
            && (is_after_comment || self.last.is_some_and(|last| is_spaced(last, word.kind)))
        {
            self.text.push(' ');
        }
        self.text.push_str(word.text);
        self.last = Some(word.kind);
    }

    fn comment(&mut self, comment: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(&comments::inline(comment));
        self.is_over = comment.starts_with("//");
    }
}

/// A line is ended after each of the operators that bind loosest, or each parameter; and elsewhere where it would be too
/// long.
fn broken(words: &[Word<'_>], indent: usize) -> Vec<String> {
    let breaker = loosest(words);
    let is_caveat = words.first().is_some_and(|word| word.text == "caveat");
    let mut lines = Vec::new();
    let (mut line, mut tabs) = (Line::default(), indent);
    let mut depth: usize = 0;
    let mut must_break = false;
    let mut at = 0;
    while at < words.len() {
        let run = run_of(&words[at..]);
        let first = &run[0];
        let tabs_below = indent + 1 + if is_caveat { 0 } else { depth.min(DEPTH_TABS_MAX) };
        if first.needs_break() {
            // Comments go to the line before, each that ends a line with a line of its own.
            for comment in &first.comments {
                if line.is_over {
                    lines.push(indented(tabs, &std::mem::take(&mut line).text));
                    tabs = tabs_below;
                }
                line.comment(comment);
            }
            let is_over = line.is_over;
            let last = line.last;
            if is_over {
                lines.push(indented(tabs, &std::mem::take(&mut line).text));
                tabs = tabs_below;
            } else if !line.text.is_empty() {
                line.text.push(' ');
            }
            let bare: Vec<_> = std::iter::once(Word { comments: Vec::new(), ..*first })
                .chain(run[1..].iter().map(Word::borrowed))
                .collect();
            let joined = Line::of(&bare);
            line.text.push_str(&joined.text);
            line.last = joined.last.or(last);
        } else {
            let joined = Line::of(run);
            let is_spaced =
                !first.comments.is_empty() || line.last.is_some_and(|last| is_spaced(last, first.kind));
            let space = if is_spaced { " " } else { "" };
            let is_too_long =
                width(tabs, &line.text) + space.len() + first_width(&joined.text) > LINE_COLUMNS_MAX;
            let may_break = at > 0
                && (words[at - 1].may_break_after() || words[at - 1].kind == TokenKind::LeftParenthesis);
            if !line.text.is_empty() && may_break && (must_break || is_too_long) {
                lines.push(indented(tabs, &std::mem::take(&mut line).text));
                tabs = tabs_below;
            } else if !line.text.is_empty() {
                line.text.push_str(space);
            }
            line.text.push_str(&joined.text);
            line.last = joined.last;
        }
        for word in run {
            match word.kind {
                TokenKind::LeftParenthesis => depth += 1,
                TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        at += run.len();
        let last = words[at - 1].kind;
        must_break = if is_caveat {
            last == TokenKind::LeftParenthesis || last == TokenKind::Comma && depth == 1
        } else {
            depth == 0 && Some(last) == breaker
        };
    }
    if !line.text.is_empty() {
        lines.push(indented(tabs, &line.text));
    }
    lines
}

impl<'t> Word<'t> {
    fn borrowed(&self) -> Word<'t> {
        Word { kind: self.kind, text: self.text, comments: self.comments.clone() }
    }
}

/// The words up to the next place where a line may or must end.
fn run_of<'w, 't>(words: &'w [Word<'t>]) -> &'w [Word<'t>] {
    let is_caveat_parenthesis = |at: usize| words[at].kind == TokenKind::LeftParenthesis;
    let end = (0..words.len()).find(|at| {
        words[*at].may_break_after()
            || is_caveat_parenthesis(*at)
            || words.get(at + 1).is_some_and(Word::needs_break)
    });
    &words[..end.map_or(words.len(), |end| end + 1)]
}

/// The operator outside of parentheses that binds loosest.
fn loosest(words: &[Word<'_>]) -> Option<TokenKind> {
    let mut depth: usize = 0;
    let mut found = Vec::new();
    for word in words {
        match word.kind {
            TokenKind::LeftParenthesis => depth += 1,
            TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
            kind if depth == 0 => found.push(kind),
            _ => {}
        }
    }
    let order = [TokenKind::Minus, TokenKind::Ampersand, TokenKind::Plus, TokenKind::Pipe];
    order.into_iter().find(|operator| found.contains(operator))
}

/// Whether there is space between two words.
fn is_spaced(before: TokenKind, after: TokenKind) -> bool {
    use TokenKind::{
        Arrow, Colon, Comma, Dot, Ellipsis, GreaterThan, Hash, Identifier, Keyword, LeftParenthesis,
        LessThan, RightParenthesis, Semicolon, Slash, Star,
    };

    let is_tight_after = matches!(before, LeftParenthesis | Dot | Arrow | Hash | Slash | LessThan);
    let is_tight_before = matches!(
        after,
        Comma | RightParenthesis | Semicolon | Dot | Arrow | Hash | Slash | Colon | GreaterThan | LessThan
    );
    let is_call = after == LeftParenthesis && matches!(before, Identifier | Keyword(_));
    let is_wildcard = before == Colon && after == Star;
    let is_splat = before == Ellipsis && after == Identifier;
    let is_explicit = before == Hash && after == Ellipsis;
    !(is_tight_after || is_tight_before || is_call || is_wildcard || is_splat || is_explicit)
}

/// Columns of the last line of a text after some tabs.
fn width(tabs: usize, text: &str) -> usize {
    match text.rsplit_once('\n') {
        Some((_, last)) => last.chars().count(),
        None => tabs * TAB_COLUMNS + text.chars().count(),
    }
}

/// Columns of the first line of a text.
fn first_width(text: &str) -> usize {
    text.split('\n').next().unwrap_or_default().chars().count()
}
