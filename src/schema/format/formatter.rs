//! Walks over the words of a text that has been parsed, statement by statement.

use crate::schema::diagnostic::Span;
use crate::schema::lexer::Lexer;
use crate::schema::token::{Token, TokenKind};

use super::body;
use super::comments::{self, breaks};
use super::page::{Page, indented};
use super::statement::{self, Word};

/// What stood last at the top level.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    /// `use`, `import`.
    Head,
    /// `definition user {}`.
    Short,
    /// What has lines of its own between braces.
    Long,
}

pub(super) struct Formatter<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    comments: Vec<Span>,
    at: usize,
    /// Where what was written last ends in the text.
    previous_end: usize,
    previous: Kind,
    page: Page,
}

impl<'t> Formatter<'t> {
    /// INVARIANT: the parser has accepted the text.
    pub(super) fn new(text: &'t str) -> Self {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::new();
        loop {
            let token = lexer.next_token();
            let is_end = token.kind == TokenKind::End;
            tokens.push(token);
            if is_end {
                break;
            }
        }
        let (comments, page) = (lexer.comments, Page::default());
        Self { text, tokens, comments, at: 0, previous_end: 0, previous: Kind::Nothing, page }
    }

    pub(super) fn run(mut self) -> String {
        loop {
            match self.token().kind {
                TokenKind::End => {
                    self.leading(0, false);
                    return self.page.finish();
                }
                TokenKind::LineEnd => self.at += 1,
                TokenKind::Semicolon => self.lone_terminator(0),
                _ => self.item(),
            }
        }
    }

    /// The current token; the last is [`TokenKind::End`].
    fn token(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn item(&mut self) {
        let word = self.token().span.of(self.text);
        let is_head = matches!(word, "use" | "import");
        let end = if is_head || word == "caveat" { None } else { self.empty_block_end() };
        let kind = match end {
            _ if is_head => Kind::Head,
            Some(_) => Kind::Short,
            None => Kind::Long,
        };
        let is_apart = self.previous == Kind::Long
            || kind == Kind::Long && self.previous != Kind::Nothing
            || (self.previous == Kind::Head) != (kind == Kind::Head) && self.previous != Kind::Nothing;
        let is_caveat = word == "caveat";
        self.leading(0, is_apart);
        self.previous = kind;
        if kind == Kind::Head {
            let end = self.at + 2;
            self.statement(0, end);
            self.terminator(0);
            return;
        }
        let brace = self.find(TokenKind::LeftBrace);
        self.statement(0, brace + 1);
        if let Some(end) = end {
            self.at = end + 1;
            self.page.append("}");
        } else {
            self.page.open_block();
            if is_caveat {
                self.body();
            } else {
                self.members();
            }
            self.page.lines([indented(0, "}")]);
        }
        self.previous_end = self.tokens[self.at - 1].span.end;
        self.terminator(0);
    }

    /// The place of the next token of a kind, from the current one.
    fn find(&self, kind: TokenKind) -> usize {
        let place = self.tokens[self.at..].iter().position(|token| token.kind == kind);
        self.at + place.unwrap_or_default()
    }

    /// The `}` of the current item, if it has nothing between its braces.
    fn empty_block_end(&self) -> Option<usize> {
        let after = self.find(TokenKind::LeftBrace) + 1;
        let is_nothing = |token: &&Token| token.kind == TokenKind::Semicolon && token.comments.is_empty();
        let end = after + self.tokens.iter().skip(after).take_while(is_nothing).count();
        let is_empty = |token: &&Token| token.kind == TokenKind::RightBrace && token.comments.is_empty();
        self.tokens.get(end).filter(is_empty).map(|_| end)
    }

    /// Everything up to the `}`, which is passed.
    fn members(&mut self) {
        loop {
            match self.token().kind {
                TokenKind::LineEnd => self.at += 1,
                TokenKind::Semicolon => self.lone_terminator(1),
                TokenKind::RightBrace | TokenKind::End => {
                    self.leading(1, false);
                    self.at += 1;
                    return;
                }
                _ => {
                    self.leading(1, false);
                    let is_end = |token: &Token| {
                        matches!(token.kind, TokenKind::LineEnd | TokenKind::Semicolon | TokenKind::End)
                    };
                    let end = self.tokens[self.at..].iter().position(is_end).unwrap_or_default();
                    self.statement(1, self.at + end);
                    self.terminator(1);
                }
            }
        }
    }

    /// The words up to a place, as a statement.
    fn statement(&mut self, indent: usize, end: usize) {
        let words: Vec<_> = (self.at..end).map(|place| self.word(place, place == self.at)).collect();
        self.page.lines(statement::lines(&words, indent));
        self.at = end;
        self.previous_end = self.tokens[end - 1].span.end;
    }

    /// A word; the comments before a statement's first stand on lines of their own.
    fn word(&self, place: usize, is_first: bool) -> Word<'t> {
        let token = &self.tokens[place];
        let comments = if is_first { 0..0 } else { token.comments.clone() };
        let comments = self.comments[comments].iter().map(|comment| comment.of(self.text)).collect();
        Word { kind: token.kind, text: token.span.of(self.text), comments }
    }

    /// The end of a statement. A `;` goes unless it is needed: after `...`, and before a comment on its line, which would
    /// otherwise no longer be of the statement that follows.
    fn terminator(&mut self, indent: usize) {
        let token = self.token().clone();
        let (is_semicolon, is_line_end) =
            (token.kind == TokenKind::Semicolon, token.kind == TokenKind::LineEnd);
        if !is_semicolon && !is_line_end {
            return;
        }
        let is_after_ellipsis = self.at > 0 && self.tokens[self.at - 1].kind == TokenKind::Ellipsis;
        let mut is_line_over = false;
        for comment in &self.comments[token.comments.clone()] {
            let text = comments::inline(comment.of(self.text));
            if is_line_over {
                self.page.lines([indented(indent + 1, &text)]);
            } else {
                self.page.append(&format!(" {text}"));
            }
            is_line_over = text.starts_with("//");
            self.previous_end = comment.end;
        }
        self.at += 1;
        if is_semicolon {
            self.previous_end = token.span.end;
            if is_line_over {
                self.page.lines([indented(indent + 1, ";")]);
            } else if is_after_ellipsis || self.trailing() > 0 {
                self.page.append(";");
            }
        }
    }

    /// A `;` that ends nothing, which only matters for the comments before it.
    fn lone_terminator(&mut self, indent: usize) {
        if !self.token().comments.is_empty() {
            self.leading(indent, false);
            self.page.lines([indented(indent, ";")]);
        }
        self.previous_end = self.token().span.end;
        self.at += 1;
    }

    /// How many of the comments before the current token belong to the line of what was written last.
    fn trailing(&self) -> usize {
        if self.page.is_empty() {
            return 0;
        }
        let token = self.token();
        let comments = &self.comments[token.comments.clone()];
        let (mut end, mut count) = (self.previous_end, 0);
        while let Some(comment) = comments.get(count)
            && breaks(&self.text[end..comment.start]) == 0
        {
            (end, count) = (comment.end, count + 1);
        }
        let next = comments.get(count).map_or(token.span.start, |comment| comment.start);
        let is_line_over = breaks(&self.text[end..next]) > 0 || token.kind == TokenKind::End;
        if is_line_over { count } else { 0 }
    }

    /// The comments before the current token, and the blank line before it.
    fn leading(&mut self, indent: usize, mut is_apart: bool) {
        let trailing = self.trailing();
        let token = self.token().clone();
        for (index, place) in token.comments.clone().enumerate() {
            let comment = self.comments[place];
            let text = comment.of(self.text);
            if index < trailing {
                self.page.append(&format!(" {}", comments::inline(text)));
            } else {
                self.blank(comment.start, std::mem::take(&mut is_apart));
                let line_start = self.text[..comment.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
                let before = &self.text[line_start..comment.start];
                self.page.lines(comments::own_lines(text, before, indent));
            }
            self.previous_end = comment.end;
        }
        if !matches!(token.kind, TokenKind::End | TokenKind::RightBrace) {
            self.blank(token.span.start, is_apart);
        }
    }

    /// A blank line if one has to be, or there is one before a place of the text.
    fn blank(&mut self, next: usize, is_apart: bool) {
        if is_apart || breaks(&self.text[self.previous_end.min(next)..next]) > 1 {
            self.page.blank();
        }
    }

    /// The expression of a caveat, up to its `}`, which is passed. The comments before the `}` are none of the expression,
    /// and stay so.
    fn body(&mut self) {
        let start = self.tokens[self.at - 1].span.end;
        let mut within = Span { start, end: start };
        let mut braces: usize = 0;
        let mut fixed = Vec::new();
        loop {
            let token = self.token();
            match token.kind {
                TokenKind::LeftBrace => braces += 1,
                TokenKind::RightBrace if braces > 0 => braces -= 1,
                TokenKind::RightBrace | TokenKind::End => break,
                _ => {}
            }
            fixed.extend_from_slice(&self.comments[token.comments.clone()]);
            if token.kind == TokenKind::String {
                fixed.push(token.span);
            }
            within.end = token.span.end;
            self.at += 1;
        }
        self.page.lines(body::lines(self.text, within, &fixed));
        self.previous_end = start + within.of(self.text).trim_end().len();
        self.leading(1, false);
        self.at += 1;
    }
}
