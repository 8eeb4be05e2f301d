//! Where one can go from a node on the way to another: the schema's ways in the index's numbers.

use std::collections::HashMap;
use std::sync::Arc;

use crate::evaluate::program::Program;
use crate::index::RelationKey;
use crate::schema::{NodeId, NodeKind, NodeSet, Use, Way};

/// One step from the members of a node to those of another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// The node that it leads to.
    pub(super) node: NodeId,
    /// To which objects: the same one, or those that have it as a subject of this form by this relation.
    pub(super) through: Option<(RelationKey, RelationKey)>,
    /// Whether members of the first are members of the second, as far as the schema is concerned.
    pub(super) is_certain: bool,
}

/// The steps towards one node, worked out when they are first needed.
#[derive(Debug, Default)]
pub(super) struct Steps {
    by_node: HashMap<NodeId, Arc<[Step]>, foldhash::fast::RandomState>,
}

impl Steps {
    /// The steps from a node to those in `towards`.
    pub(super) fn from(&mut self, node: NodeId, program: &Program, towards: &NodeSet) -> Arc<[Step]> {
        let steps = self.by_node.entry(node).or_insert_with(|| {
            let uses = program.reachability().used_by(node).iter();
            let useful = uses.filter(|usage| towards.contains(usage.node));
            useful.flat_map(|usage| steps_of(node, *usage, program)).collect()
        });
        Arc::clone(steps)
    }
}

fn steps_of(node: NodeId, usage: Use, program: &Program) -> Vec<Step> {
    let Use { node: next, way, is_certain } = usage;
    let step = |through| Step { node: next, through, is_certain };
    match way {
        Way::Computed => vec![step(None)],
        Way::Userset => vec![step(Some((program.node_key(node), program.node_key(next))))],
        Way::Arrow { tupleset } => {
            let schema = program.schema();
            let NodeKind::Relation(allowed) = &schema.node(tupleset).kind else { return Vec::new() };
            let definition = schema.node(node).definition;
            let mut forms: Vec<_> = allowed
                .iter()
                .filter(|allowed| allowed.definition == definition)
                .map(|allowed| program.form_key(allowed.definition, allowed.form))
                .collect();
            forms.sort_unstable();
            forms.dedup();
            let relation = program.node_key(tupleset);
            forms.into_iter().map(|form| step(Some((form, relation)))).collect()
        }
    }
}
