//! Tokens → tree: what every part of the grammar is read with.
//!
//! The parser goes on after what does not hide the structure (a number out of range, a reserved name), and stops at
//! the first token that has no place.

use std::ops::Range;

use crate::caveat::error::CompileError;
use crate::caveat::problems::Problems;
use crate::relationship::shortened;

use super::lexer;
use super::token::{Token, TokenKind};
use super::tree::{Literal, Node, NodeKind, Tree};

/// Length of an expression without the space around it, at most, in bytes.
const EXPRESSION_BYTES_MAX: usize = 100_000;

/// How deep an expression may nest: brackets, arguments and conditions within each other, and operations upon the
/// results of operations. 250 as in cel-go. Everything that walks a tree relies on it.
pub(super) const DEPTH_MAX: u16 = 250;

/// The parser cannot go on; the reason is among the problems.
pub(super) struct Stop;

pub(super) type Parsed<T> = Result<T, Stop>;

/// Parses an expression.
pub(in crate::caveat) fn parse(text: &str) -> Result<Tree<'_>, Vec<CompileError>> {
    let mut problems = Problems::default();
    if text.trim().len() > EXPRESSION_BYTES_MAX {
        let message = format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes");
        problems.add(0..0, message);
        return Err(problems.into_sorted());
    }
    let tokens = lexer::tokens(text, &mut problems);
    if !problems.is_empty() {
        return Err(problems.into_sorted());
    }
    let mut parser = Parser { text, tokens, position: 0, nesting: 0, problems };
    let root = parser.whole();
    match root {
        Ok(root) if parser.problems.is_empty() => Ok(Tree { root }),
        _ => Err(parser.problems.into_sorted()),
    }
}

/// The state of reading.
pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    tokens: Vec<Token>,
    position: usize,
    nesting: u16,
    pub(super) problems: Problems,
}

impl<'t> Parser<'t> {
    fn whole(&mut self) -> Parsed<Node<'t>> {
        let root = self.expression()?;
        match self.peek().kind {
            TokenKind::End => Ok(root),
            _ => Err(self.unexpected("an operator or the end")),
        }
    }

    /// An expression, one level deeper than what surrounds it. What calls it again is kept small: a level takes a frame
    /// of each function on the way.
    pub(super) fn expression(&mut self) -> Parsed<Node<'t>> {
        if self.nesting == DEPTH_MAX {
            return Err(self.too_deep(self.peek().span()));
        }
        self.nesting += 1;
        let mut node = self.operators()?;
        if self.peek().kind == TokenKind::Question {
            node = self.conditional(node)?;
        }
        self.nesting -= 1;
        Ok(node)
    }

    /// The rest of `condition ? then : otherwise`. Between `?` and `:`, another one needs parentheses.
    fn conditional(&mut self, condition: Node<'t>) -> Parsed<Node<'t>> {
        let question = self.advance();
        let then = self.operators()?;
        let nested_hint = "`:` (a condition before it needs parentheses)";
        let is_nested = self.peek().kind == TokenKind::Question;
        self.expect(TokenKind::Colon, if is_nested { nested_hint } else { "`:`" })?;
        let otherwise = self.expression()?;
        let span = condition.span.start..otherwise.span.end;
        self.node(NodeKind::Conditional(question.span(), [condition, then, otherwise]), span)
    }

    /// A node, if the tree does not become too deep.
    pub(super) fn node(&mut self, kind: NodeKind<'t>, span: Range<usize>) -> Parsed<Node<'t>> {
        let depth = kind.depth_below().map_or(0, |below| below + 1);
        if depth > DEPTH_MAX {
            return Err(self.too_deep(span));
        }
        Ok(Node { kind: Box::new(kind), span, depth })
    }

    /// What stands for a part that was refused, so that what comes after it can be read.
    pub(super) fn placeholder(span: Range<usize>) -> Node<'t> {
        Node { kind: Box::new(NodeKind::Literal(Literal::Null)), span, depth: 0 }
    }

    fn too_deep(&mut self, span: Range<usize>) -> Stop {
        self.problems.add(span, format!("the expression nests deeper than {DEPTH_MAX} levels"));
        Stop
    }

    /// The token that comes next.
    pub(super) fn peek(&self) -> Token {
        self.peek_at(0)
    }

    /// The token that comes after some others.
    pub(super) fn peek_at(&self, ahead: usize) -> Token {
        let end = Token { kind: TokenKind::End, start: self.text.len(), end: self.text.len() };
        self.tokens.get(self.position + ahead).copied().unwrap_or(end)
    }

    /// Moves over the token that comes next.
    pub(super) fn advance(&mut self) -> Token {
        let token = self.peek();
        self.position += 1;
        token
    }

    /// Moves over a token of this kind, if it comes next.
    pub(super) fn take(&mut self, kind: TokenKind) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.advance())
    }

    /// Moves over a token of this kind, which must come next.
    pub(super) fn expect(&mut self, kind: TokenKind, description: &str) -> Parsed<Token> {
        self.take(kind).ok_or_else(|| self.unexpected(description))
    }

    /// Reports the token that comes next as not the expected one.
    pub(super) fn unexpected(&mut self, expected: &str) -> Stop {
        let token = self.peek();
        let message = match token.kind {
            TokenKind::End => format!("expected {expected}, but the expression ends"),
            _ => format!("expected {expected}, found `{}`", shortened(self.slice(token))),
        };
        self.problems.add(token.span(), message);
        Stop
    }

    /// Where the token before the next one ends.
    pub(super) fn previous_end(&self) -> usize {
        let previous = self.position.checked_sub(1).and_then(|position| self.tokens.get(position));
        previous.map_or(0, |token| token.end)
    }

    /// The text of a token.
    pub(super) fn slice(&self, token: Token) -> &'t str {
        &self.text[token.span()]
    }
}
