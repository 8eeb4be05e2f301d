//! What stands by itself, and what follows a dot or an opening bracket.

use std::sync::Arc;

use super::literal::{self, BadLiteral};
use super::parser::{Parsed, Parser};
use super::token::{Token, TokenKind, is_reserved};
use super::tree::{Literal, Name, Node, NodeKind};

impl<'t> Parser<'t> {
    /// A primary and what is selected from it, called on it, or looked up in it.
    pub(super) fn member(&mut self) -> Parsed<Node<'t>> {
        let first = self.peek();
        let mut node = self.primary()?;
        loop {
            node = match self.peek().kind {
                TokenKind::Dot => self.select_or_call(node, first.start)?,
                TokenKind::LeftBracket => self.index(node, first.start)?,
                TokenKind::LeftBrace if can_be_message(first, &node) => self.message(node)?,
                _ => return Ok(node),
            };
        }
    }

    fn select_or_call(&mut self, operand: Node<'t>, start: usize) -> Parsed<Node<'t>> {
        self.advance();
        let question = self.take(TokenKind::Question);
        let field = self.expect(TokenKind::Identifier, "a field or a method")?;
        let name = Name { text: self.slice(field), span: field.span() };
        if question.is_some() {
            return self.node(NodeKind::OptionalSelect(operand, name), start..field.end);
        }
        if self.take(TokenKind::LeftParenthesis).is_none() {
            return self.node(NodeKind::Select(operand, name), start..field.end);
        }
        let arguments = self.arguments()?;
        let span = start..self.previous_end();
        self.method_call(operand, name, arguments, span)
    }

    fn index(&mut self, operand: Node<'t>, start: usize) -> Parsed<Node<'t>> {
        let open = self.advance();
        let question = self.take(TokenKind::Question);
        let key = self.expression()?;
        let close = self.expect(TokenKind::RightBracket, "`]`")?;
        let brackets = open.start..close.end;
        let operands = [operand, key];
        let kind = match question {
            Some(_) => NodeKind::OptionalIndex(brackets, operands),
            None => NodeKind::Index(brackets, operands),
        };
        self.node(kind, start..close.end)
    }

    fn primary(&mut self) -> Parsed<Node<'t>> {
        match self.peek().kind {
            TokenKind::LeftParenthesis => self.parenthesised(),
            TokenKind::LeftBracket => self.list(),
            TokenKind::LeftBrace => self.map(),
            TokenKind::Identifier | TokenKind::Dot => self.identifier_or_call(),
            _ => self.literal(),
        }
    }

    fn parenthesised(&mut self) -> Parsed<Node<'t>> {
        let open = self.advance();
        let mut node = self.expression()?;
        let close = self.expect(TokenKind::RightParenthesis, "`)`")?;
        node.span = open.start..close.end;
        Ok(node)
    }

    /// A literal, with the sign that belongs to a number.
    fn literal(&mut self) -> Parsed<Node<'t>> {
        let first = self.peek();
        let is_negative = self.is_negative_number();
        let token = if is_negative { self.peek_at(1) } else { first };
        let Some(literal) = self.literal_of(token, is_negative) else {
            return Err(self.unexpected("an expression"));
        };
        self.advance();
        if is_negative {
            self.advance();
        }
        self.node(NodeKind::Literal(literal), first.start..token.end)
    }

    fn identifier_or_call(&mut self) -> Parsed<Node<'t>> {
        let start = self.peek().start;
        let has_leading_dot = self.take(TokenKind::Dot).is_some();
        let token = self.expect(TokenKind::Identifier, "a name")?;
        let name = Name { text: self.slice(token), span: token.span() };
        if is_reserved(name.text) {
            self.problems.add(token.span(), format!("`{}` is reserved and cannot be a name here", name.text));
        }
        if self.take(TokenKind::LeftParenthesis).is_none() {
            return self.node(NodeKind::Identifier(name.text), start..token.end);
        }
        let arguments = self.arguments()?;
        let span = start..self.previous_end();
        if !has_leading_dot && name.text == "has" {
            return self.has(arguments, span);
        }
        self.node(NodeKind::Call { function: name, receiver: None, arguments }, span)
    }

    /// What stands between the parentheses of a call, from the first argument to the closing parenthesis.
    fn arguments(&mut self) -> Parsed<Vec<Node<'t>>> {
        let mut arguments = Vec::new();
        if self.take(TokenKind::RightParenthesis).is_some() {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.take(TokenKind::Comma).is_none() {
                self.expect(TokenKind::RightParenthesis, "`,` or `)`")?;
                return Ok(arguments);
            }
        }
    }

    /// `[a, b]`; a comma may follow the last element, or stand alone.
    fn list(&mut self) -> Parsed<Node<'t>> {
        let open = self.advance();
        let mut elements = Vec::new();
        let close = self.separated(TokenKind::RightBracket, "`,` or `]`", |parser| {
            let question = parser.take(TokenKind::Question);
            let element = parser.expression()?;
            elements.push(Self::part(question, element));
            Ok(())
        })?;
        self.node(NodeKind::List(elements), open.start..close.end)
    }

    /// `{a: b, c: d}`; commas as in a list.
    fn map(&mut self) -> Parsed<Node<'t>> {
        let open = self.advance();
        let mut entries = Vec::new();
        let close = self.separated(TokenKind::RightBrace, "`,` or `}`", |parser| {
            let question = parser.take(TokenKind::Question);
            let key = parser.expression()?;
            parser.expect(TokenKind::Colon, "`:`")?;
            let value = parser.expression()?;
            entries.push((key, Self::part(question, value)));
            Ok(())
        })?;
        self.node(NodeKind::Map(entries), open.start..close.end)
    }

    /// `Type{field: value}`; commas as in a list.
    fn message(&mut self, name: Node<'t>) -> Parsed<Node<'t>> {
        self.advance();
        let mut fields = Vec::new();
        let start = name.span.start;
        let close = self.separated(TokenKind::RightBrace, "`,` or `}`", |parser| {
            let question = parser.take(TokenKind::Question);
            let token = parser.expect(TokenKind::Identifier, "a field")?;
            let field = Name { text: parser.slice(token), span: token.span() };
            parser.expect(TokenKind::Colon, "`:`")?;
            let value = parser.expression()?;
            fields.push((field, Self::part(question, value)));
            Ok(())
        })?;
        self.node(NodeKind::Message(name, fields), start..close.end)
    }

    /// A part with its question mark, if it has one. That adds nothing to how deep the tree is.
    fn part(question: Option<Token>, value: Node<'t>) -> Node<'t> {
        match question {
            Some(_) => {
                let (span, depth) = (value.span.clone(), value.depth);
                Node { kind: Box::new(NodeKind::Spread(value)), span, depth }
            }
            None => value,
        }
    }

    /// Reads items up to the closing token. Commas stand between them, and one may stand before the end.
    fn separated(
        &mut self,
        close: TokenKind,
        description: &str,
        mut item: impl FnMut(&mut Self) -> Parsed<()>,
    ) -> Parsed<Token> {
        if self.take(TokenKind::Comma).is_some() {
            return self.expect(close, description);
        }
        loop {
            if let Some(token) = self.take(close) {
                return Ok(token);
            }
            item(self)?;
            if self.take(TokenKind::Comma).is_none() {
                return self.expect(close, description);
            }
        }
    }

    /// What a literal stands for, if the token is one; what is wrong with it is reported.
    fn literal_of(&mut self, token: Token, is_negative: bool) -> Option<Literal> {
        let text = self.slice(token);
        Some(match token.kind {
            TokenKind::Null => Literal::Null,
            TokenKind::True => Literal::Bool(true),
            TokenKind::False => Literal::Bool(false),
            TokenKind::Int => {
                let value = literal::magnitude(text);
                let value = if is_negative {
                    value.and_then(|magnitude| 0_i64.checked_sub_unsigned(magnitude))
                } else {
                    value.and_then(|magnitude| i64::try_from(magnitude).ok())
                };
                Literal::Int(self.in_range(value, token, "an int"))
            }
            TokenKind::Uint => {
                let value = literal::magnitude(text.trim_end_matches(['u', 'U']));
                Literal::Uint(self.in_range(value, token, "a uint"))
            }
            TokenKind::Double => {
                let value = text.parse().ok().filter(|value: &f64| value.is_finite());
                let value = self.in_range(value, token, "a double");
                Literal::Double(if is_negative { -value } else { value })
            }
            TokenKind::String => Literal::String(Arc::from(self.decoded(token, literal::string(text)))),
            TokenKind::Bytes => Literal::Bytes(Arc::from(self.decoded(token, literal::bytes(text)))),
            _ => return None,
        })
    }

    fn in_range<T: Default>(&mut self, value: Option<T>, token: Token, kind: &str) -> T {
        value.unwrap_or_else(|| {
            self.problems.add(token.span(), format!("the number does not fit {kind}"));
            T::default()
        })
    }

    fn decoded<T: Default>(&mut self, token: Token, decoded: Result<T, BadLiteral>) -> T {
        decoded.unwrap_or_else(|bad| {
            self.problems.add(token.start + bad.span.start..token.start + bad.span.end, bad.message);
            T::default()
        })
    }
}

/// Whether a brace after a member can be the one of `Type{…}`.
fn can_be_message(first: Token, member: &Node<'_>) -> bool {
    first.kind != TokenKind::LeftParenthesis && member.is_qualified_name()
}
