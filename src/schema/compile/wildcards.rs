//! Which relations hold a wildcard, themselves or through the usersets that they allow.

use crate::schema::adjacency::Adjacency;
use crate::schema::model::{DefinitionId, NodeId, NodeKind, Schema, SubjectForm};

/// For each node the relation whose wildcard it includes, if any.
pub(super) struct Wildcards {
    origins: Vec<Option<Origin>>,
}

/// Where a wildcard comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// The relation that allows it.
    pub(super) relation: NodeId,
    /// The type that it is a wildcard of.
    pub(super) definition: DefinitionId,
}

impl Wildcards {
    /// Spreads from every relation that allows a wildcard to those that allow its userset, nearest first.
    pub(super) fn find(schema: &Schema) -> Self {
        let mut origins: Vec<Option<Origin>> = vec![None; schema.nodes.len()];
        let mut includers = Vec::new();
        let mut reached = Vec::new();
        for (node, id) in schema.nodes.iter().zip((0..).map(NodeId)) {
            let NodeKind::Relation(subjects) = &node.kind else {
                continue;
            };
            for subject in subjects {
                match subject.form {
                    SubjectForm::Object => {}
                    SubjectForm::Userset(userset) => includers.push((userset.0, id)),
                    SubjectForm::Wildcard if origins[id.0 as usize].is_some() => {}
                    SubjectForm::Wildcard => {
                        let definition = subject.definition;
                        origins[id.0 as usize] = Some(Origin { relation: id, definition });
                        reached.push(id);
                    }
                }
            }
        }
        let includers = Adjacency::new(schema.nodes.len(), includers);
        let mut next = 0;
        while let Some(node) = reached.get(next).copied() {
            next += 1;
            for includer in includers.of(node.0) {
                if origins[includer.0 as usize].is_none() {
                    origins[includer.0 as usize] = origins[node.0 as usize];
                    reached.push(*includer);
                }
            }
        }
        Self { origins }
    }

    /// The wildcard that a node includes.
    pub(super) fn origin(&self, node: NodeId) -> Option<Origin> {
        self.origins[node.0 as usize]
    }
}
