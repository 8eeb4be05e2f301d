//! What lints look at: the tree of a text beside the schema that it compiles to.

use std::collections::HashMap;

use crate::schema::lexer::Lexer;
use crate::schema::model::{NodeId, Schema};
use crate::schema::token::TokenKind;
use crate::schema::tree::{Definition, Expression, ExpressionKind, File, Item, Member};

/// A text, its tree and its schema.
pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    pub(super) file: &'t File,
    pub(super) schema: &'t Schema,
    /// By the place of a relation or permission in the text, what it is in the schema: of a partial's, one in each
    /// definition that inlines it.
    nodes: HashMap<usize, Vec<NodeId>, foldhash::fast::RandomState>,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str, file: &'t File, schema: &'t Schema) -> Self {
        let mut nodes: HashMap<usize, Vec<NodeId>, _> = HashMap::default();
        for (node, id) in schema.nodes().iter().zip((0..).map(NodeId)) {
            nodes.entry(node.span.start).or_default().push(id);
        }
        Self { text, file, schema, nodes }
    }

    /// Every definition and partial.
    pub(super) fn definitions(&self) -> impl Iterator<Item = &'t Definition> {
        self.file.items.iter().filter_map(|item| match item {
            Item::Definition(definition) | Item::Partial(definition) => Some(definition),
            Item::Use(_) | Item::Import(_) | Item::Caveat(_) => None,
        })
    }

    /// Every relation and permission of definitions and partials.
    pub(super) fn members(&self) -> impl Iterator<Item = &'t Member> {
        self.definitions().flat_map(|definition| &definition.members)
    }

    /// What a relation or permission of the text is in the schema; nothing in a partial that nobody inlines.
    pub(super) fn nodes(&self, member: &Member) -> &[NodeId] {
        let start = match member {
            Member::Relation(relation) => relation.span.start,
            Member::Permission(permission) => permission.span.start,
            Member::Splat(_) => return &[],
        };
        self.nodes.get(&start).map_or(&[], Vec::as_slice)
    }
}

/// An expression in one line, without its comments: a space where there was anything between two words.
pub(super) fn in_one_line(text: &str) -> String {
    let (mut lexer, mut line, mut end) = (Lexer::new(text), String::new(), 0);
    loop {
        let token = lexer.next_token();
        match token.kind {
            TokenKind::End => return line,
            TokenKind::LineEnd => {}
            _ => {
                if token.span.start > end && !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(token.span.of(text));
                end = token.span.end;
            }
        }
    }
}

/// Calls for an expression and everything in it.
///
/// INVARIANT: recursion is bounded by the depth that the parser allows.
pub(super) fn walk<'t>(expression: &'t Expression, look: &mut impl FnMut(&'t Expression)) {
    look(expression);
    match &expression.kind {
        ExpressionKind::Nil
        | ExpressionKind::SelfObject
        | ExpressionKind::Name
        | ExpressionKind::Arrow(_) => {}
        ExpressionKind::Union(operands) | ExpressionKind::Intersection(operands) => {
            for operand in operands {
                walk(operand, look);
            }
        }
        ExpressionKind::Exclusion(base, subtrahend) => {
            walk(base, look);
            walk(subtrahend, look);
        }
        ExpressionKind::Parenthesized(inside) => walk(inside, look),
    }
}
