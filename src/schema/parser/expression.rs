//! Permission expressions.
//!
//! `+` binds tightest, then `&`, then `-`, each from the left: `a - b & c + d` is `a - (b & (c + d))`. Parentheses
//! are kept on a stack of our own, so that no nesting of the text can overflow the thread's.

use crate::relationship::shortened;
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Span};
use crate::schema::token::{Keyword, TokenKind};
use crate::schema::tree::{Arrow, ArrowSpelling, Expression, ExpressionKind, Name};

use super::cursor::{Parsed, Parser};

/// How deep an expression may be: nested parentheses and the left-hand chain of `-` count one a level. All who walk
/// over expressions recurse at most this deep, which fits a thread's stack many times over.
pub(crate) const EXPRESSION_DEPTH_MAX: usize = 1_000;

/// What has been read since one `(`: the operands of the three operators that may still be open there.
#[derive(Default)]
struct Level {
    /// Where the parenthesis is; absent at the outermost level.
    parenthesis: Option<Span>,
    /// The left side of a `-`.
    minuend: Option<Expression>,
    /// The operands of `&` so far.
    factors: Vec<Expression>,
    /// The operands of `+` so far.
    terms: Vec<Expression>,
}

impl Level {
    fn has_operand(&self) -> bool {
        !self.terms.is_empty() || !self.factors.is_empty() || self.minuend.is_some()
    }

    /// An operator of this kind follows: what binds tighter is complete.
    fn close(&mut self, operator: TokenKind) {
        if operator == TokenKind::Plus {
            return;
        }
        if let Some(union) = combined(std::mem::take(&mut self.terms), ExpressionKind::Union) {
            self.factors.push(union);
        }
        if operator == TokenKind::Ampersand {
            return;
        }
        let subtrahend = combined(std::mem::take(&mut self.factors), ExpressionKind::Intersection);
        self.minuend = match (self.minuend.take(), subtrahend) {
            (Some(base), Some(subtrahend)) => Some(exclusion(base, subtrahend)),
            (None, only) | (only, None) => only,
        };
    }

    /// The whole level is read. Nothing only if it has no operand.
    fn finish(mut self) -> Option<Expression> {
        self.close(TokenKind::Minus);
        self.minuend
    }
}

fn combined(
    mut operands: Vec<Expression>,
    kind: impl FnOnce(Vec<Expression>) -> ExpressionKind,
) -> Option<Expression> {
    if operands.len() < 2 {
        return operands.pop();
    }
    let span = operands[0].span.to(operands[operands.len() - 1].span);
    let depth = 1 + operands.iter().map(|operand| operand.depth).max().unwrap_or_default();
    Some(Expression { kind: kind(operands), span, depth })
}

fn exclusion(base: Expression, subtrahend: Expression) -> Expression {
    Expression {
        span: base.span.to(subtrahend.span),
        depth: 1 + base.depth.max(subtrahend.depth),
        kind: ExpressionKind::Exclusion(Box::new(base), Box::new(subtrahend)),
    }
}

impl Parser<'_> {
    pub(super) fn parse_expression(&mut self) -> Parsed<Expression> {
        let mut outer: Vec<Level> = Vec::new();
        let mut level = Level::default();
        loop {
            if self.is_at(TokenKind::LeftParenthesis) {
                self.check_depth(outer.len() + 1)?;
                let parenthesis = Some(self.advance().span);
                let inner = Level { parenthesis, ..Level::default() };
                outer.push(std::mem::replace(&mut level, inner));
                continue;
            }
            level.terms.push(self.parse_operand(level.has_operand())?);
            while let (Some(parenthesis), true) = (level.parenthesis, self.is_at(TokenKind::RightParenthesis))
            {
                let end = self.advance().span;
                let Some(outside) = outer.pop() else { break };
                let inside = std::mem::replace(&mut level, outside).finish();
                if let Some(inside) = inside {
                    self.check_depth(inside.depth)?;
                    level.terms.push(parenthesized(inside, parenthesis.to(end)));
                }
            }
            match self.current.kind {
                operator @ (TokenKind::Plus | TokenKind::Ampersand | TokenKind::Minus) => {
                    level.close(operator);
                    self.check_depth(level.minuend.as_ref().map_or(0, |minuend| minuend.depth))?;
                    self.advance();
                }
                _ if level.parenthesis.is_some() => {
                    self.expect(TokenKind::RightParenthesis, ")")?;
                }
                _ => break,
            }
        }
        match level.finish() {
            Some(expression) => {
                self.check_depth(expression.depth)?;
                Ok(expression)
            }
            None => Err(self.unexpected("Expected compute expression for permission")),
        }
    }

    fn check_depth(&mut self, depth: usize) -> Parsed<()> {
        if depth <= EXPRESSION_DEPTH_MAX {
            return Ok(());
        }
        let message = format!("the expression is nested more than {EXPRESSION_DEPTH_MAX} deep");
        let diagnostic = Diagnostic::new(DiagnosticCode::NestedTooDeeply, self.current.span, message)
            .help("name a part of it as a permission of its own");
        Err(self.report(diagnostic))
    }

    fn parse_operand(&mut self, is_right_hand: bool) -> Parsed<Expression> {
        let kind = match self.current.kind {
            TokenKind::Identifier => return self.parse_name_or_arrow(),
            TokenKind::Keyword(Keyword::Nil) => ExpressionKind::Nil,
            TokenKind::Keyword(Keyword::SelfObject) => ExpressionKind::SelfObject,
            _ => {
                let message = if is_right_hand {
                    format!("Expected right hand expression, found: {}", self.found())
                } else {
                    "Expected compute expression for permission".to_owned()
                };
                let diagnostic = self.diagnostic(DiagnosticCode::ExpectedExpression, message);
                return Err(self.report(diagnostic));
            }
        };
        let span = self.advance().span;
        Ok(Expression { kind, span, depth: 1 })
    }

    fn parse_name_or_arrow(&mut self) -> Parsed<Expression> {
        let name = self.expect_name()?;
        let mut kind = ExpressionKind::Name;
        while matches!(self.current.kind, TokenKind::Arrow | TokenKind::Dot) {
            let start = self.current.span;
            let (spelling, target) = self.parse_arrow_end()?;
            match &mut kind {
                ExpressionKind::Arrow(arrow) => arrow.rest = Some(start.to(self.span_from(start.start))),
                _ => {
                    kind = ExpressionKind::Arrow(Arrow { tupleset: name, spelling, target, rest: None });
                }
            }
        }
        let span = self.span_from(name.span.start);
        Ok(Expression { kind, span, depth: 1 })
    }

    /// `->target`, `.any(target)` or `.all(target)`: which of them, and the target.
    fn parse_arrow_end(&mut self) -> Parsed<(ArrowSpelling, Name)> {
        if self.advance().kind == TokenKind::Arrow {
            return Ok((ArrowSpelling::Sign, self.expect_target()?));
        }
        let function = self.expect_name()?;
        let spelling = match function.of(self.text) {
            "any" => ArrowSpelling::Any,
            "all" => ArrowSpelling::All,
            other => {
                let found = shortened(other);
                let message = format!("Expected 'any' or 'all' for arrow function, found: {found}");
                let diagnostic =
                    Diagnostic::new(DiagnosticCode::UnknownArrowFunction, function.span, message);
                return Err(self.report(diagnostic));
            }
        };
        self.expect(TokenKind::LeftParenthesis, "(")?;
        let target = self.expect_target()?;
        self.expect(TokenKind::RightParenthesis, ")")?;
        Ok((spelling, target))
    }

    fn expect_target(&mut self) -> Parsed<Name> {
        if self.is_at(TokenKind::Identifier) {
            return self.expect_name();
        }
        let message = format!("Expected right hand expression, found: {}", self.found());
        let diagnostic = self.diagnostic(DiagnosticCode::ExpectedExpression, message);
        Err(self.report(diagnostic))
    }
}

fn parenthesized(inside: Expression, span: Span) -> Expression {
    Expression { span, depth: 1 + inside.depth, kind: ExpressionKind::Parenthesized(Box::new(inside)) }
}
