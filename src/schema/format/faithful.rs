//! Whether two texts have the same words and the same comments.

use crate::schema::lexer::Lexer;
use crate::schema::token::{Token, TokenKind};

/// Whether the words are the same, ends of statements aside, and every comment is before the same word.
pub(super) fn is_faithful(before: &str, after: &str) -> bool {
    let (mut one, mut other) = (Words::new(before), Words::new(after));
    loop {
        let (left, right) = (one.next(), other.next());
        if left != right {
            return false;
        }
        if left.is_none() {
            return true;
        }
    }
}

/// The words and comments of a text.
struct Words<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    comments_told: usize,
    waiting: Option<Token>,
    is_over: bool,
}

impl<'t> Words<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, lexer: Lexer::new(text), comments_told: 0, waiting: None, is_over: false }
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            if let Some(comment) = self.lexer.comments.get(self.comments_told) {
                self.comments_told += 1;
                return Some(trimmed(comment.of(self.text)));
            }
            if let Some(token) = self.waiting.take() {
                return Some(token.span.of(self.text).replace("\r\n", "\n"));
            }
            if self.is_over {
                return None;
            }
            let token = self.lexer.next_token();
            self.is_over = token.kind == TokenKind::End;
            if !matches!(token.kind, TokenKind::LineEnd | TokenKind::Semicolon | TokenKind::End) {
                self.waiting = Some(token);
            }
        }
    }
}

/// A comment without the space at both ends of its lines.
fn trimmed(comment: &str) -> String {
    comment.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}
