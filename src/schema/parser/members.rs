//! Definitions and partials, and what stands in them: relations, permissions and splats.

use crate::schema::code::DiagnosticCode;
use crate::schema::token::{Keyword, TokenKind};
use crate::schema::tree::{AllowedSubject, Definition, Member, Name, Permission, Relation, SubjectForm};

use super::cursor::{Broken, Parsed, Parser};

impl Parser<'_> {
    /// `definition name { … }`, and the same of a partial. With errors in its members it is still a definition.
    pub(super) fn parse_definition(&mut self) -> Parsed<Definition> {
        let keyword = self.advance();
        let name = self.expect_path()?;
        self.expect(TokenKind::LeftBrace, "{")?;
        let mut members = Vec::new();
        while !self.eat(TokenKind::RightBrace) {
            let member = match self.parse_member() {
                Ok(member) => self.expect_terminator().map(|()| member),
                Err(broken) => Err(broken),
            };
            match member {
                Ok(member) => members.extend(member),
                Err(broken) if self.diagnostics.is_full() => return Err(broken),
                Err(broken) => self.skip_to_member(broken)?,
            }
        }
        Ok(Definition { comments: keyword.comments, name, members, span: self.span_from(keyword.span.start) })
    }

    /// One statement, or nothing if a terminator stands here.
    fn parse_member(&mut self) -> Parsed<Option<Member>> {
        match self.current.kind {
            TokenKind::Keyword(Keyword::Relation) => Ok(Some(Member::Relation(self.parse_relation()?))),
            TokenKind::Keyword(Keyword::Permission) => Ok(Some(Member::Permission(self.parse_permission()?))),
            TokenKind::Ellipsis => {
                self.advance();
                Ok(Some(Member::Splat(self.expect_name()?)))
            }
            _ => Ok(None),
        }
    }

    fn expect_terminator(&mut self) -> Parsed<()> {
        if self.eat_terminator() {
            return Ok(());
        }
        let message = format!("Expected end of statement or definition, found: {}", self.found());
        let diagnostic = self.diagnostic(DiagnosticCode::ExpectedTerminator, message);
        let help = match self.current.kind {
            TokenKind::RightBrace => "a statement ends with a line break or `;`, also before `}`",
            TokenKind::Keyword(Keyword::Relation | Keyword::Permission) => {
                "statements are separated by a line break or `;`"
            }
            TokenKind::Plus
            | TokenKind::Minus
            | TokenKind::Ampersand
            | TokenKind::Pipe
            | TokenKind::Arrow
                if self.is_first_in_line() =>
            {
                "an operator ends a line, it cannot begin one"
            }
            TokenKind::Arrow | TokenKind::Dot => "the left side of an arrow must be the name of a relation",
            TokenKind::Pipe => "permissions are united with `+`",
            TokenKind::End | TokenKind::Keyword(Keyword::Definition | Keyword::Caveat) => {
                "the definition has no closing `}`"
            }
            _ => return Err(self.report(diagnostic)),
        };
        Err(self.report(diagnostic.help(help)))
    }

    fn is_first_in_line(&self) -> bool {
        self.text[self.previous_end..self.current.span.start].contains('\n')
    }

    /// Whether the token before the current one ended a statement.
    pub(super) fn is_after_terminator(&self) -> bool {
        self.text[..self.previous_end].ends_with(['\n', '\r', ';'])
    }

    /// Moves to where the next statement seems to start; fails where the definition seems to be over.
    fn skip_to_member(&mut self, broken: Broken) -> Parsed<()> {
        loop {
            match self.current.kind {
                TokenKind::LineEnd | TokenKind::Semicolon => {
                    self.advance();
                    return Ok(());
                }
                TokenKind::RightBrace | TokenKind::Keyword(Keyword::Permission | Keyword::Relation) => {
                    return Ok(());
                }
                TokenKind::End | TokenKind::Keyword(Keyword::Definition | Keyword::Caveat) => {
                    return Err(broken);
                }
                _ => {
                    self.advance();
                }
            }
        }
    }

    fn parse_relation(&mut self) -> Parsed<Relation> {
        let keyword = self.advance();
        let name = self.expect_name()?;
        self.expect(TokenKind::Colon, ":")?;
        let mut subjects = vec![self.parse_subject()?];
        while self.eat(TokenKind::Pipe) {
            subjects.push(self.parse_subject()?);
        }
        Ok(Relation { comments: keyword.comments, name, subjects, span: self.span_from(keyword.span.start) })
    }

    fn parse_subject(&mut self) -> Parsed<AllowedSubject> {
        let definition = self.expect_path()?;
        let form = if self.eat(TokenKind::Colon) {
            self.expect(TokenKind::Star, "*")?;
            SubjectForm::Wildcard
        } else if self.eat(TokenKind::Hash) {
            self.parse_subject_relation()?
        } else {
            SubjectForm::Object
        };
        let (mut caveat, mut expiration) = (None, None);
        if self.eat(TokenKind::Keyword(Keyword::With)) {
            if !self.is_at_keyword(Keyword::Expiration) {
                caveat = Some(self.expect_path()?);
            }
            // After a caveat, SpiceDB takes `and` without `expiration` for nothing; what else follows is refused below.
            let is_and = caveat.is_some() && self.eat(TokenKind::Keyword(Keyword::And));
            if caveat.is_none() || is_and && self.is_at_keyword(Keyword::Expiration) {
                let keyword = self.expect(TokenKind::Keyword(Keyword::Expiration), "expiration")?;
                expiration = Some(keyword.span);
                self.refuse_after_expiration()?;
            }
        }
        let span = self.span_from(definition.first.span.start);
        Ok(AllowedSubject { definition, form, caveat, expiration, span })
    }

    fn parse_subject_relation(&mut self) -> Parsed<SubjectForm> {
        match self.current.kind {
            TokenKind::Identifier => Ok(SubjectForm::Userset(self.expect_name()?)),
            TokenKind::Ellipsis => {
                self.advance();
                Ok(SubjectForm::Ellipsis)
            }
            _ => {
                let found = self.found();
                Err(self.unexpected(format!("Expected one of: [identifier `...`], found: {found}")))
            }
        }
    }

    fn refuse_after_expiration(&mut self) -> Parsed<()> {
        if !self.is_at_keyword(Keyword::And) {
            return Ok(());
        }
        let message = "Unexpected keyword after expiration: the caveat must come before expiration, e.g. \
                       `with <caveat_name> and expiration`";
        let diagnostic = self.diagnostic(DiagnosticCode::MisplacedExpiration, message);
        Err(self.report(diagnostic))
    }

    fn parse_permission(&mut self) -> Parsed<Permission> {
        let keyword = self.advance();
        let name = self.expect_name()?;
        let annotation = if self.eat(TokenKind::Colon) { Some(self.parse_annotation()?) } else { None };
        self.expect(TokenKind::Equals, "=")?;
        let expression = self.parse_expression()?;
        Ok(Permission {
            comments: keyword.comments,
            name,
            annotation,
            expression,
            span: self.span_from(keyword.span.start),
        })
    }

    /// `user | team`.
    fn parse_annotation(&mut self) -> Parsed<Vec<Name>> {
        let mut names = vec![self.expect_name()?];
        while self.eat(TokenKind::Pipe) {
            names.push(self.expect_name()?);
        }
        Ok(names)
    }
}
