//! The syntax tree: what stands in the text, with the place of everything and all comments, names not yet resolved.
//!
//! Names are ranges of the text, so that the tree stays small beside it.

use std::ops::Range;

use super::diagnostic::Span;
use super::token::UseFlag;

/// A whole text.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// What stands at the top level, in source order.
    pub(crate) items: Vec<Item>,
    /// Every comment, delimiters included, in source order.
    pub(crate) comments: Vec<Span>,
}

/// One thing at the top level.
#[derive(Debug)]
pub(crate) enum Item {
    Use(Use),
    Import(Import),
    Definition(Definition),
    /// `partial name { … }`: members to be inlined elsewhere.
    Partial(Definition),
    Caveat(Caveat),
}

/// `use self`.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) flag: UseFlag,
    #[expect(dead_code, reason = "everything in the tree says where it stands")]
    pub(crate) span: Span,
}

/// `import "path"`.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) span: Span,
}

/// A definition or a partial.
#[derive(Debug)]
pub(crate) struct Definition {
    /// The comments before it, as places in [`File::comments`].
    pub(crate) comments: Range<usize>,
    pub(crate) name: Path,
    pub(crate) members: Vec<Member>,
    pub(crate) span: Span,
}

/// One statement of a definition.
#[derive(Debug)]
pub(crate) enum Member {
    Relation(Relation),
    Permission(Permission),
    /// `...partial`.
    Splat(Name),
}

/// `relation viewer: user | group#member`.
#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) comments: Range<usize>,
    pub(crate) name: Name,
    /// At least one.
    pub(crate) subjects: Vec<AllowedSubject>,
    pub(crate) span: Span,
}

/// `user`, `user:*`, `group#member`, each possibly `with` traits.
#[derive(Debug)]
pub(crate) struct AllowedSubject {
    pub(crate) definition: Path,
    pub(crate) form: SubjectForm,
    pub(crate) caveat: Option<Path>,
    pub(crate) expiration: Option<Span>,
    pub(crate) span: Span,
}

/// What follows the type of a subject.
#[derive(Debug)]
pub(crate) enum SubjectForm {
    Object,
    /// `#...`, which means the same as nothing.
    Ellipsis,
    Wildcard,
    Userset(Name),
}

/// `permission view: user = viewer + owner`.
#[derive(Debug)]
pub(crate) struct Permission {
    pub(crate) comments: Range<usize>,
    pub(crate) name: Name,
    /// The types that it is said to contain at most.
    pub(crate) annotation: Option<Vec<Name>>,
    pub(crate) expression: Expression,
    pub(crate) span: Span,
}

/// What a permission computes.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) kind: ExpressionKind,
    pub(crate) span: Span,
    /// How many expressions deep it is, itself included; bounded by the parser.
    pub(crate) depth: usize,
}

/// The forms of expression.
#[derive(Debug)]
pub(crate) enum ExpressionKind {
    Nil,
    SelfObject,
    Name,
    Arrow(Arrow),
    /// At least two operands.
    Union(Vec<Expression>),
    /// At least two operands.
    Intersection(Vec<Expression>),
    Exclusion(Box<Expression>, Box<Expression>),
    Parenthesized(Box<Expression>),
}

/// `parent->view`, `parent.any(view)` or `parent.all(view)`.
#[derive(Debug)]
pub(crate) struct Arrow {
    pub(crate) tupleset: Name,
    pub(crate) spelling: ArrowSpelling,
    pub(crate) target: Name,
    /// Further arrows after the first, which mean nothing yet.
    pub(crate) rest: Option<Span>,
}

/// How an arrow is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArrowSpelling {
    /// `parent->view`.
    Sign,
    /// `parent.any(view)`, which means the same.
    Any,
    /// `parent.all(view)`.
    All,
}

/// `caveat name(parameter type, …) { expression }`.
#[derive(Debug)]
pub(crate) struct Caveat {
    pub(crate) comments: Range<usize>,
    pub(crate) name: Path,
    /// At least one.
    pub(crate) parameters: Vec<Parameter>,
    /// The expression without the braces and the space around it.
    pub(crate) expression: Span,
    pub(crate) span: Span,
}

/// One parameter of a caveat.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Name,
    pub(crate) kind: ParameterType,
}

/// `list<string>`.
#[derive(Debug)]
pub(crate) struct ParameterType {
    pub(crate) name: Name,
    pub(crate) arguments: Vec<ParameterType>,
    pub(crate) span: Span,
}

/// One identifier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name {
    pub(crate) span: Span,
}

impl Name {
    pub(crate) fn of(self, text: &str) -> &str {
        self.span.of(text)
    }
}

/// Identifiers joined by `/`, possibly with space around the slashes.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) first: Name,
    pub(crate) rest: Vec<Name>,
}

impl Path {
    /// The identifiers joined by `/` alone.
    pub(crate) fn joined(&self, text: &str) -> String {
        let mut joined = self.first.of(text).to_owned();
        for name in &self.rest {
            joined.push('/');
            joined.push_str(name.of(text));
        }
        joined
    }

    /// Where it stands.
    pub(crate) fn span(&self) -> Span {
        self.first.span.to(self.rest.last().unwrap_or(&self.first).span)
    }
}
