//! Text → tokens, one at a time.
//!
//! A line break ends a statement if the token before it is an identifier, a keyword, `}`, `)` or `*`; elsewhere it
//! is space. So a binary operator must end a line, never begin one, even inside parentheses.

use super::diagnostic::Span;
use super::token::{Token, TokenKind, UseFlags};

/// Reads tokens from a text.
pub(super) struct Lexer<'t> {
    text: &'t str,
    position: usize,
    /// Words are keywords or not, depending on these.
    pub(super) flags: UseFlags,
    /// Every comment so far, delimiters included.
    pub(super) comments: Vec<Span>,
    previous: TokenKind,
    previous_span: Span,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            position: 0,
            flags: UseFlags::default(),
            comments: Vec::new(),
            previous: TokenKind::Semicolon,
            previous_span: Span::default(),
        }
    }

    /// The next token; [`TokenKind::End`] for ever at the end.
    pub(super) fn next_token(&mut self) -> Token {
        let first_comment = self.comments.len();
        let (kind, start) = loop {
            let start = self.position;
            if let Some(kind) = self.scan() {
                break (kind, start);
            }
        };
        let span = Span { start, end: self.position };
        self.previous = kind;
        self.previous_span = span;
        Token { kind, span, comments: first_comment..self.comments.len() }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    /// Moves over `expected` if it comes next.
    fn eat(&mut self, expected: &str) -> bool {
        let is_next = self.rest().starts_with(expected);
        if is_next {
            self.position += expected.len();
        }
        is_next
    }

    /// Moves over one token, or over space or a comment, which are none.
    fn scan(&mut self) -> Option<TokenKind> {
        let Some(character) = self.rest().chars().next() else {
            return Some(TokenKind::End);
        };
        match character {
            ' ' | '\t' => {
                self.position += 1;
                None
            }
            '\n' | '\r' => {
                self.position += 1;
                ends_statement(self.previous).then_some(TokenKind::LineEnd)
            }
            '/' if self.rest().starts_with("//") => {
                self.line_comment();
                None
            }
            '/' if self.rest().starts_with("/*") => self.block_comment(),
            '\'' | '"' => Some(self.string(character)),
            _ if is_word(character) => Some(self.word()),
            _ => Some(self.punctuation(character)),
        }
    }

    fn word(&mut self) -> TokenKind {
        let rest = self.rest();
        let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
        self.position += length;
        match self.flags.keyword(&rest[..length]) {
            Some(keyword) => TokenKind::Keyword(keyword),
            None => TokenKind::Identifier,
        }
    }

    fn line_comment(&mut self) {
        let rest = self.rest();
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        self.comment(length);
    }

    fn block_comment(&mut self) -> Option<TokenKind> {
        let rest = self.rest();
        if let Some(end) = rest[2..].find("*/") {
            self.comment(end + 4);
            return None;
        }
        self.position = self.text.len();
        Some(TokenKind::UnterminatedComment)
    }

    fn comment(&mut self, length: usize) {
        let start = self.position;
        self.position += length;
        self.comments.push(Span { start, end: self.position });
    }

    /// A string as CEL has them: of one or three quotes, the latter over lines; `\` escapes unless it is raw.
    fn string(&mut self, quote: char) -> TokenKind {
        let is_raw = self.is_after_raw_prefix();
        let triple = [quote; 3].iter().collect::<String>();
        let is_long = self.eat(&triple);
        if !is_long {
            self.position += 1;
        }
        loop {
            let Some(character) = self.rest().chars().next() else {
                return TokenKind::UnterminatedString;
            };
            match character {
                '\n' | '\r' if !is_long => return TokenKind::UnterminatedString,
                '\\' if !is_raw => {
                    self.position += 1;
                    let escaped =
                        self.rest().chars().next().filter(|next| is_long || !"\r\n".contains(*next));
                    self.position += escaped.map_or(0, char::len_utf8);
                }
                _ if character == quote && (!is_long || self.rest().starts_with(&triple)) => {
                    self.position += if is_long { 3 } else { 1 };
                    return TokenKind::String;
                }
                _ => self.position += character.len_utf8(),
            }
        }
    }

    /// Whether the word that touches this quote makes the string raw: `r"…"`, `bR'…'`.
    fn is_after_raw_prefix(&self) -> bool {
        let prefix = self.previous_span.of(self.text);
        self.previous == TokenKind::Identifier
            && self.previous_span.end == self.position
            && prefix.len() <= 2
            && prefix.bytes().all(|byte| b"rRbB".contains(&byte))
            && prefix.contains(['r', 'R'])
    }

    fn punctuation(&mut self, character: char) -> TokenKind {
        const LONG: [(&str, TokenKind); 8] = [
            ("->", TokenKind::Arrow),
            ("...", TokenKind::Ellipsis),
            ("||", TokenKind::Other),
            ("&&", TokenKind::Other),
            ("!=", TokenKind::Other),
            ("==", TokenKind::Other),
            ("<=", TokenKind::Other),
            (">=", TokenKind::Other),
        ];
        if let Some((_, kind)) = LONG.into_iter().find(|(spelling, _)| self.eat(spelling)) {
            return kind;
        }
        self.position += character.len_utf8();
        match character {
            '{' => TokenKind::LeftBrace,
            '}' => TokenKind::RightBrace,
            '(' => TokenKind::LeftParenthesis,
            ')' => TokenKind::RightParenthesis,
            '<' => TokenKind::LessThan,
            '>' => TokenKind::GreaterThan,
            '|' => TokenKind::Pipe,
            '+' => TokenKind::Plus,
            '-' => TokenKind::Minus,
            '&' => TokenKind::Ampersand,
            '/' => TokenKind::Slash,
            '=' => TokenKind::Equals,
            ':' => TokenKind::Colon,
            ',' => TokenKind::Comma,
            '.' => TokenKind::Dot,
            '#' => TokenKind::Hash,
            '*' => TokenKind::Star,
            ';' => TokenKind::Semicolon,
            '?' | '!' | '[' | ']' | '%' => TokenKind::Other,
            _ => TokenKind::UnknownCharacter,
        }
    }
}

fn ends_statement(previous: TokenKind) -> bool {
    matches!(
        previous,
        TokenKind::Identifier
            | TokenKind::Keyword(_)
            | TokenKind::RightBrace
            | TokenKind::RightParenthesis
            | TokenKind::Star
    )
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}
