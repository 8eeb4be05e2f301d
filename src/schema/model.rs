//! The compiled schema: definitions, their relations and permissions as numbered nodes, names resolved.
//!
//! A node is one relation or permission of one definition. Nodes and definitions are dense numbers in source order,
//! so that whoever evaluates can keep arrays beside them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::caveat::Caveat;
use crate::relationship::{CaveatName, DefinitionName, RelationName};

use super::diagnostic::Span;

/// A definition, by its place in [`Schema::definitions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionId(pub u32);

/// A relation or permission of a definition, by its place in [`Schema::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A schema that has passed every check.
#[derive(Debug)]
pub struct Schema {
    pub(super) text: String,
    pub(super) definitions: Vec<Definition>,
    pub(super) nodes: Vec<Node>,
    pub(super) caveats: Vec<CaveatDeclaration>,
    pub(super) definition_by_name: HashMap<DefinitionName, DefinitionId, foldhash::fast::RandomState>,
    pub(super) caveat_by_name: HashMap<CaveatName, usize, foldhash::fast::RandomState>,
}

/// One object type.
#[derive(Debug)]
pub struct Definition {
    /// The type's name.
    pub name: DefinitionName,
    /// The doc comment before it, delimiters kept, each line trimmed; empty if there is none.
    pub comment: String,
    /// Its relations and permissions, in source order.
    pub nodes: Vec<NodeId>,
    /// The same by name.
    pub(super) node_by_name: HashMap<RelationName, NodeId, foldhash::fast::RandomState>,
    /// Where it stands in the text.
    pub span: Span,
}

/// One relation or permission.
#[derive(Debug)]
pub struct Node {
    /// The definition that it belongs to.
    pub definition: DefinitionId,
    /// Its name.
    pub name: RelationName,
    /// The doc comment before it.
    pub comment: String,
    /// What it is.
    pub kind: NodeKind,
    /// Where it stands in the text.
    pub span: Span,
}

/// What a node is.
#[derive(Debug)]
pub enum NodeKind {
    /// Stored: relationships with these kinds of subject.
    Relation(Vec<AllowedSubject>),
    /// Computed.
    Permission(Expression),
}

/// One kind of subject that a relation may hold. The four parts together are unique within a relation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AllowedSubject {
    /// The subject's type.
    pub definition: DefinitionId,
    /// Objects, everyone of the type, or usersets.
    pub form: SubjectForm,
    /// The caveat that the relationship must carry.
    pub caveat: Option<CaveatName>,
    /// Whether the relationship must carry an expiration.
    pub has_expiration: bool,
}

/// The form of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectForm {
    /// `user`: one object (also written `user#...`).
    Object,
    /// `user:*`: everyone of the type.
    Wildcard,
    /// `group#member`: whoever has this relation or permission.
    Userset(NodeId),
}

/// What a permission computes: a set of subjects for each resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// `nil`: nobody.
    Nil,
    /// `self`: the resource itself, as a subject without relation.
    SelfObject,
    /// The name of a relation or permission of the same definition: whoever has that.
    Node(NodeId),
    /// `tupleset->target`, `tupleset.any(target)` or `tupleset.all(target)`.
    Arrow(Arrow),
    /// `a + b + …`: whoever is in any. At least two operands, flattened.
    Union(Vec<Expression>),
    /// `a & b & …`: whoever is in all. At least two operands, flattened.
    Intersection(Vec<Expression>),
    /// `a - b`: whoever is in the first and not in the second.
    Exclusion(Box<Expression>, Box<Expression>),
}

/// A walk over a relation: the target is asked of each subject's object, whatever the subject's own relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// The relation whose subjects are walked to; of the same definition, without wildcards.
    pub tupleset: NodeId,
    /// Whether one walk must succeed or all.
    pub function: ArrowFunction,
    /// The relation or permission that is asked there.
    pub target: RelationName,
    /// The target in each subject type of the tupleset that has it, once a type. A type that lacks it
    /// contributes nothing.
    pub targets: Vec<(DefinitionId, NodeId)>,
}

/// How an arrow combines its walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrowFunction {
    /// In at least one.
    Any,
    /// In every one, and there is at least one.
    All,
}

/// A caveat's declaration.
#[derive(Debug, Clone)]
pub struct CaveatDeclaration {
    /// The caveat's name.
    pub name: CaveatName,
    /// The doc comment before it.
    pub comment: String,
    /// Its parameters in source order: name and type as written, such as `list<string>`.
    pub parameters: Vec<(String, String)>,
    /// The source of the expression, trimmed.
    pub expression: String,
    /// The caveat, ready to be evaluated.
    pub compiled: Arc<Caveat>,
    /// Where it stands in the text.
    pub span: Span,
}

impl Schema {
    /// The text that it was compiled from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every definition, in source order.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Every relation and permission, those of one definition side by side.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Every caveat, in source order.
    pub fn caveats(&self) -> &[CaveatDeclaration] {
        &self.caveats
    }

    /// The definition of this name.
    pub fn find_definition(&self, name: &str) -> Option<DefinitionId> {
        self.definition_by_name.get(name).copied()
    }

    /// The relation or permission of this name in a definition.
    pub fn find_node(&self, definition: DefinitionId, name: &str) -> Option<NodeId> {
        self.definition(definition).node_by_name.get(name).copied()
    }

    /// The caveat of this name.
    pub fn find_caveat(&self, name: &str) -> Option<&CaveatDeclaration> {
        self.caveat_by_name.get(name).map(|place| &self.caveats[*place])
    }

    /// A definition.
    pub fn definition(&self, id: DefinitionId) -> &Definition {
        &self.definitions[id.0 as usize]
    }

    /// A relation or permission.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A relation or permission as messages name it: `group#member`.
    pub fn node_text(&self, id: NodeId) -> String {
        let node = self.node(id);
        format!("{}#{}", self.definition(node.definition).name, node.name)
    }

    /// A kind of subject as it is written in a schema: `user:* with on_weekdays and expiration`.
    pub fn subject_text(&self, subject: &AllowedSubject) -> String {
        let definition = &self.definition(subject.definition).name;
        let kind = match subject.form {
            SubjectForm::Object => definition.to_string(),
            SubjectForm::Wildcard => format!("{definition}:*"),
            SubjectForm::Userset(userset) => self.node_text(userset),
        };
        match (&subject.caveat, subject.has_expiration) {
            (None, false) => kind,
            (None, true) => format!("{kind} with expiration"),
            (Some(caveat), false) => format!("{kind} with {caveat}"),
            (Some(caveat), true) => format!("{kind} with {caveat} and expiration"),
        }
    }
}
