//! Caveats: name, parameters, and the body as text with balanced braces.

use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Span};
use crate::schema::token::TokenKind;
use crate::schema::tree::{Caveat, Parameter, ParameterType};

use super::cursor::{Parsed, Parser};

/// How deep the type of a caveat's parameter may be nested.
const TYPE_DEPTH_MAX: usize = 32;

impl Parser<'_> {
    pub(super) fn parse_caveat(&mut self) -> Parsed<Caveat> {
        let keyword = self.advance();
        let name = self.expect_path()?;
        self.expect(TokenKind::LeftParenthesis, "(")?;
        let mut parameters = vec![self.parse_parameter()?];
        while self.eat(TokenKind::Comma) {
            parameters.push(self.parse_parameter()?);
        }
        self.expect(TokenKind::RightParenthesis, ")")?;
        self.expect(TokenKind::LeftBrace, "{")?;
        let expression = self.parse_body()?;
        self.expect(TokenKind::RightBrace, "}")?;
        Ok(Caveat {
            comments: keyword.comments,
            name,
            parameters,
            expression,
            span: self.span_from(keyword.span.start),
        })
    }

    fn parse_parameter(&mut self) -> Parsed<Parameter> {
        let name = self.expect_name()?;
        let kind = self.parse_type(1)?;
        Ok(Parameter { name, kind })
    }

    fn parse_type(&mut self, depth: usize) -> Parsed<ParameterType> {
        if depth > TYPE_DEPTH_MAX {
            let message = format!("the type is nested more than {TYPE_DEPTH_MAX} deep");
            let span = self.current.span;
            return Err(self.report(Diagnostic::new(DiagnosticCode::NestedTooDeeply, span, message)));
        }
        let name = self.expect_name()?;
        let mut arguments = Vec::new();
        if self.eat(TokenKind::LessThan) {
            arguments.push(self.parse_type(depth + 1)?);
            while self.eat(TokenKind::Comma) {
                arguments.push(self.parse_type(depth + 1)?);
            }
            self.expect(TokenKind::GreaterThan, ">")?;
        }
        let span = self.span_from(name.span.start);
        Ok(ParameterType { name, arguments, span })
    }

    /// Everything up to the `}` that closes the caveat, the end of its last line included; braces in strings and
    /// comments do not count.
    fn parse_body(&mut self) -> Parsed<Span> {
        let first = self.current.span;
        let mut braces = 0_usize;
        let mut end = first.start;
        loop {
            match self.current.kind {
                TokenKind::LeftBrace => braces += 1,
                TokenKind::RightBrace if braces > 0 => braces -= 1,
                TokenKind::RightBrace | TokenKind::End => break,
                TokenKind::UnknownCharacter
                | TokenKind::UnterminatedString
                | TokenKind::UnterminatedComment => {
                    let found = self.found();
                    return Err(self.unexpected(format!("Expected one of: [`}}`], found: {found}")));
                }
                _ => {}
            }
            end = self.current.span.end;
            self.advance();
        }
        if end == first.start && self.is_at(TokenKind::RightBrace) {
            let diagnostic =
                self.diagnostic(DiagnosticCode::ExpectedExpression, "Expected caveat expression, found: `}`");
            return Err(self.report(diagnostic));
        }
        Ok(Span { start: first.start, end })
    }
}
