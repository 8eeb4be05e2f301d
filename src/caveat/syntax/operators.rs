//! Operators before and between operands, by precedence: `!` and `-` bind tightest, then `* / %`, `+ -`, the
//! relations and `in`, `&&`, and `||`. All group from the left.
//!
//! Operators and operands wait on stacks of their own, so that a long chain takes no recursion.

use super::parser::{Parsed, Parser};
use super::token::{Token, TokenKind};
use super::tree::{BinaryOperator, Node, NodeKind, UnaryOperator};

/// An operator between operands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Binary(BinaryOperator),
}

impl Operator {
    fn of(kind: TokenKind) -> Option<Self> {
        Some(Self::Binary(match kind {
            TokenKind::Or => return Some(Self::Or),
            TokenKind::And => return Some(Self::And),
            TokenKind::Equal => BinaryOperator::Equal,
            TokenKind::NotEqual => BinaryOperator::NotEqual,
            TokenKind::Less => BinaryOperator::Less,
            TokenKind::LessOrEqual => BinaryOperator::LessOrEqual,
            TokenKind::Greater => BinaryOperator::Greater,
            TokenKind::GreaterOrEqual => BinaryOperator::GreaterOrEqual,
            TokenKind::In => BinaryOperator::In,
            TokenKind::Plus => BinaryOperator::Add,
            TokenKind::Minus => BinaryOperator::Subtract,
            TokenKind::Star => BinaryOperator::Multiply,
            TokenKind::Slash => BinaryOperator::Divide,
            TokenKind::Percent => BinaryOperator::Remainder,
            _ => return None,
        }))
    }

    fn precedence(self) -> u8 {
        match self {
            Self::Or => 0,
            Self::And => 1,
            Self::Binary(BinaryOperator::Add | BinaryOperator::Subtract) => 3,
            Self::Binary(BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Remainder) => 4,
            Self::Binary(_) => 2,
        }
    }
}

/// What waits for its right operand to be complete.
#[derive(Default)]
struct Waiting<'t> {
    operators: Vec<(Operator, Token)>,
    operands: Vec<Node<'t>>,
}

impl<'t> Parser<'t> {
    /// Operands with operators between them.
    pub(super) fn operators(&mut self) -> Parsed<Node<'t>> {
        let first = self.unary()?;
        match Operator::of(self.peek().kind) {
            Some(_) => self.chain(first),
            None => Ok(first),
        }
    }

    /// The first operand, and at least one more.
    fn chain(&mut self, first: Node<'t>) -> Parsed<Node<'t>> {
        let mut waiting = Waiting { operands: vec![first], ..Waiting::default() };
        while let Some(operator) = Operator::of(self.peek().kind) {
            self.reduce_before(&mut waiting, operator)?;
            let token = self.advance();
            waiting.operators.push((operator, token));
            let operand = self.unary()?;
            waiting.operands.push(operand);
        }
        while !waiting.operators.is_empty() {
            self.reduce(&mut waiting)?;
        }
        waiting.operands.pop().ok_or_else(|| self.unexpected("an expression"))
    }

    /// Builds what binds before the next operator. A chain of `&&` or `||` is left until it is complete.
    fn reduce_before(&mut self, waiting: &mut Waiting<'t>, next: Operator) -> Parsed<()> {
        while let Some((last, _)) = waiting.operators.last().copied() {
            let is_chain = last == next && !matches!(next, Operator::Binary(_));
            if is_chain || last.precedence() < next.precedence() {
                return Ok(());
            }
            self.reduce(waiting)?;
        }
        Ok(())
    }

    /// Builds the node of the last operator, or of the last chain.
    fn reduce(&mut self, waiting: &mut Waiting<'t>) -> Parsed<()> {
        let Some((operator, token)) = waiting.operators.pop() else {
            return Ok(());
        };
        let node = if let Operator::Binary(operator) = operator {
            let (Some(right), Some(left)) = (waiting.operands.pop(), waiting.operands.pop()) else {
                return Err(self.unexpected("an expression"));
            };
            let span = left.span.start..right.span.end;
            self.node(NodeKind::Binary(operator, token.span(), [left, right]), span)?
        } else {
            let mut count = 2;
            while waiting.operators.pop_if(|(last, _)| *last == operator).is_some() {
                count += 1;
            }
            let operands = waiting.operands.split_off(waiting.operands.len().saturating_sub(count));
            let start = operands.first().map_or(token.start, |first| first.span.start);
            let end = operands.last().map_or(token.end, |last| last.span.end);
            let is_and = operator == Operator::And;
            self.node(if is_and { NodeKind::All(operands) } else { NodeKind::Any(operands) }, start..end)?
        };
        waiting.operands.push(node);
        Ok(())
    }

    /// An operand, with or without signs before it.
    fn unary(&mut self) -> Parsed<Node<'t>> {
        match self.peek().kind {
            TokenKind::Not => self.signs(UnaryOperator::Not),
            TokenKind::Minus if !self.is_negative_number() => self.signs(UnaryOperator::Negate),
            _ => self.member(),
        }
    }

    /// Any number of the same sign before an operand. An even number of them is none.
    fn signs(&mut self, operator: UnaryOperator) -> Parsed<Node<'t>> {
        let first = self.peek();
        let mut is_even = true;
        while self.take(first.kind).is_some() {
            is_even = !is_even;
        }
        let mut operand = self.member()?;
        operand.span.start = first.start;
        if is_even {
            return Ok(operand);
        }
        let span = operand.span.clone();
        self.node(NodeKind::Unary(operator, first.span(), operand), span)
    }

    /// Whether a sign comes next that belongs to the number after it.
    pub(super) fn is_negative_number(&self) -> bool {
        self.peek().kind == TokenKind::Minus
            && matches!(self.peek_at(1).kind, TokenKind::Int | TokenKind::Double)
    }
}
