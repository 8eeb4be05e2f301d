//! The syntax tree.

use std::ops::Range;
use std::sync::Arc;

use crate::caveat::expression::Macro;

/// A parsed expression. Its depth is bounded, so that walking it by recursion is safe.
#[derive(Debug)]
pub(crate) struct Tree<'t> {
    pub(crate) root: Node<'t>,
}

/// One part of an expression and where it stands in the text, in bytes, parentheses around it included.
#[derive(Debug)]
pub(crate) struct Node<'t> {
    /// Boxed: small nodes keep the parser's frames small.
    pub(crate) kind: Box<NodeKind<'t>>,
    pub(crate) span: Range<usize>,
    /// Nodes on the longest way down to a leaf, without the leaf.
    pub(super) depth: u16,
}

/// A name and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Name<'t> {
    pub(crate) text: &'t str,
    pub(crate) span: Range<usize>,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum NodeKind<'t> {
    Literal(Literal),
    /// A name. A dot before it, which means that it is not relative to a container, changes nothing here.
    Identifier(&'t str),
    /// An operator and where it stands.
    Unary(UnaryOperator, Range<usize>, Node<'t>),
    Binary(BinaryOperator, Range<usize>, [Node<'t>; 2]),
    /// `a && b && …`, as many as follow each other without parentheses.
    All(Vec<Node<'t>>),
    /// `a || b || …`, likewise.
    Any(Vec<Node<'t>>),
    /// `condition ? then : otherwise`, and where the question mark stands.
    Conditional(Range<usize>, [Node<'t>; 3]),
    Select(Node<'t>, Name<'t>),
    /// `has(operand.field)`.
    Has(Node<'t>, Name<'t>),
    /// `container[key]`, and where the brackets stand.
    Index(Range<usize>, [Node<'t>; 2]),
    /// `function(arguments)` or `receiver.function(arguments)`.
    Call {
        function: Name<'t>,
        receiver: Option<Node<'t>>,
        arguments: Vec<Node<'t>>,
    },
    /// `operand.?field`.
    OptionalSelect(Node<'t>, Name<'t>),
    /// `container[?key]`.
    OptionalIndex(Range<usize>, [Node<'t>; 2]),
    /// `?operand`: an element of a list, or the value of a map's entry or of a message's field, that may be absent.
    Spread(Node<'t>),
    List(Vec<Node<'t>>),
    Map(Vec<(Node<'t>, Node<'t>)>),
    /// `Type{field: value}`.
    Message(Node<'t>, Vec<(Name<'t>, Node<'t>)>),
    Macro(MacroNode<'t>),
}

/// A macro over a range.
#[derive(Debug)]
pub(crate) struct MacroNode<'t> {
    pub(crate) name: Macro,
    pub(crate) name_span: Range<usize>,
    pub(crate) range: Node<'t>,
    pub(crate) variable: Name<'t>,
    /// As in [`MacroCall`](crate::caveat::expression::MacroCall).
    pub(crate) predicate: Option<Node<'t>>,
    /// As in [`MacroCall`](crate::caveat::expression::MacroCall).
    pub(crate) result: Option<Node<'t>>,
}

/// A value that is written out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
}

/// An operator before its operand. Two of the same kind in a row cancel each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Not,
    Negate,
}

/// An operator between two operands, except for `&&` and `||`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Node<'_> {
    /// Whether it is a name, or names joined by dots.
    pub(super) fn is_qualified_name(&self) -> bool {
        let mut node = self;
        while let NodeKind::Select(operand, _) = node.kind.as_ref() {
            node = operand;
        }
        matches!(*node.kind, NodeKind::Identifier(_))
    }
}

impl NodeKind<'_> {
    /// The greatest depth of the nodes directly below; nothing for a leaf.
    pub(super) fn depth_below(&self) -> Option<u16> {
        let deepest = |nodes: &[Node<'_>]| nodes.iter().map(|node| node.depth).max().unwrap_or(0);
        Some(match self {
            Self::Literal(_) | Self::Identifier(_) => return None,
            Self::Unary(_, _, operand)
            | Self::Select(operand, _)
            | Self::OptionalSelect(operand, _)
            | Self::Spread(operand)
            | Self::Has(operand, _) => operand.depth,
            Self::Binary(_, _, operands) | Self::Index(_, operands) | Self::OptionalIndex(_, operands) => {
                deepest(operands)
            }
            Self::Conditional(_, operands) => deepest(operands),
            Self::All(nodes) | Self::Any(nodes) | Self::List(nodes) => deepest(nodes),
            Self::Call { receiver, arguments, .. } => {
                receiver.as_ref().map_or(0, |receiver| receiver.depth).max(deepest(arguments))
            }
            Self::Map(entries) => {
                entries.iter().map(|(key, value)| key.depth.max(value.depth)).max().unwrap_or(0)
            }
            Self::Message(_, fields) => fields.iter().map(|(_, value)| value.depth).max().unwrap_or(0),
            Self::Macro(call) => {
                let optional = |node: &Option<Node<'_>>| node.as_ref().map_or(0, |node| node.depth);
                call.range.depth.max(optional(&call.predicate)).max(optional(&call.result))
            }
        })
    }
}
