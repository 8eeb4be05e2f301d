//! The parser's place in the tokens: what it looks at, moves over, and asks for.

use crate::relationship::shortened;
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::schema::lexer::Lexer;
use crate::schema::token::{Keyword, Token, TokenKind};
use crate::schema::tree::{Name, Path};

/// A diagnostic has been recorded; the caller skips to where it can go on.
#[derive(Debug)]
pub(super) struct Broken;

/// The result of parsing one thing.
pub(super) type Parsed<T> = Result<T, Broken>;

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) lexer: Lexer<'t>,
    /// The token looked at.
    pub(super) current: Token,
    /// Where the token before it ends.
    pub(super) previous_end: usize,
    pub(super) diagnostics: Diagnostics,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut lexer = Lexer::new(text);
        let current = lexer.next_token();
        Self { text, lexer, current, previous_end: 0, diagnostics: Diagnostics::default() }
    }

    /// Moves over the current token.
    pub(super) fn advance(&mut self) -> Token {
        let next = self.lexer.next_token();
        self.previous_end = self.current.span.end;
        std::mem::replace(&mut self.current, next)
    }

    pub(super) fn is_at(&self, kind: TokenKind) -> bool {
        self.current.kind == kind
    }

    pub(super) fn is_at_keyword(&self, keyword: Keyword) -> bool {
        self.is_at(TokenKind::Keyword(keyword))
    }

    /// Moves over a token of this kind if it is the current one.
    pub(super) fn eat(&mut self, kind: TokenKind) -> bool {
        let is_here = self.is_at(kind);
        if is_here {
            self.advance();
        }
        is_here
    }

    pub(super) fn expect(&mut self, kind: TokenKind, spelling: &str) -> Parsed<Token> {
        if self.is_at(kind) {
            return Ok(self.advance());
        }
        let found = self.found();
        Err(self.unexpected(format!("Expected one of: [`{spelling}`], found: {found}")))
    }

    pub(super) fn expect_name(&mut self) -> Parsed<Name> {
        if self.is_at(TokenKind::Identifier) {
            return Ok(Name { span: self.advance().span });
        }
        let message = format!("Expected identifier, found token {}", self.found());
        let diagnostic = self.diagnostic(DiagnosticCode::ExpectedIdentifier, message);
        Err(self.report(match self.current.kind {
            TokenKind::Keyword(_) => diagnostic.help("this is a reserved word; choose another name"),
            _ => diagnostic,
        }))
    }

    /// `abc/def`.
    pub(super) fn expect_path(&mut self) -> Parsed<Path> {
        let first = self.expect_name()?;
        let mut rest = Vec::new();
        while self.eat(TokenKind::Slash) {
            rest.push(self.expect_name()?);
        }
        Ok(Path { first, rest })
    }

    /// From a start to the end of the last token.
    pub(super) fn span_from(&self, start: usize) -> Span {
        Span { start, end: self.previous_end }
    }

    /// The current token as messages name it.
    pub(super) fn found(&self) -> String {
        match self.current.kind {
            TokenKind::End => "end of file".to_owned(),
            TokenKind::LineEnd => "end of line".to_owned(),
            TokenKind::UnterminatedComment => "`/*`".to_owned(),
            TokenKind::UnknownCharacter => {
                let text = self.current.span.of(self.text);
                let is_visible =
                    |character: char| character.is_ascii_graphic() || character.is_alphanumeric();
                match text.chars().next().filter(|character| !is_visible(*character)) {
                    Some(character) => format!("`{text}` (U+{:04X})", u32::from(character)),
                    None => format!("`{text}`"),
                }
            }
            _ => format!("`{}`", shortened(self.current.span.of(self.text))),
        }
    }

    /// A diagnostic about the current token. What is wrong with the token itself goes before `code`.
    pub(super) fn diagnostic(&self, code: DiagnosticCode, message: impl Into<String>) -> Diagnostic {
        let span = self.current.span;
        match self.current.kind {
            TokenKind::UnknownCharacter => Diagnostic::new(DiagnosticCode::UnknownCharacter, span, message)
                .help("the schema language does not use this character"),
            TokenKind::UnterminatedString => {
                Diagnostic::new(DiagnosticCode::UnterminatedString, span, message)
                    .help("the string has no closing quote")
            }
            TokenKind::UnterminatedComment => {
                Diagnostic::new(DiagnosticCode::UnterminatedComment, span, message)
                    .help("the comment has no closing `*/`")
            }
            _ => Diagnostic::new(code, span, message),
        }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) -> Broken {
        self.diagnostics.push(diagnostic);
        Broken
    }

    pub(super) fn unexpected(&mut self, message: impl Into<String>) -> Broken {
        let diagnostic = self.diagnostic(DiagnosticCode::UnexpectedToken, message);
        let is_line_end = self.is_at(TokenKind::LineEnd);
        self.report(if is_line_end {
            diagnostic
                .help("the line cannot end here; it may after an operator, `:`, `|`, `=`, `,`, `(` or `{`")
        } else {
            diagnostic
        })
    }
}
