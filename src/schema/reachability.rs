//! Which nodes can hold which subjects, whatever is stored: for a check, what need not be looked at; for a search
//! from the subject's side, where to go next.
//!
//! Everything here is as large as the schema, but for the sets of nodes, whose number is bounded.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::adjacency::Adjacency;
use super::model::{ArrowFunction, DefinitionId, Expression, NodeId, NodeKind, Schema, SubjectForm};

/// Sets of nodes kept, at most. Further ones are worked out each time.
const CACHED_SETS_MAX: usize = 4_096;
/// Bytes that the kept sets may have together, at most.
const CACHED_BYTES_MAX: usize = 32 << 20;

/// A step from a node to one that holds what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The node that the step leads to.
    pub node: NodeId,
    /// By which words of the schema.
    pub way: Way,
    /// Whether whoever is in the first is also in the second, without looking further: not if the way leads through
    /// an intersection, the base of an exclusion, or `.all()`. Caveats and expirations are not considered.
    pub is_certain: bool,
}

/// How one node uses another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A relation allows its userset: go to the resources of such relationships.
    Userset,
    /// A permission of the same definition names it: stay on the object.
    Computed,
    /// An arrow of a permission ends in it: go to the resources whose tupleset relation holds the object, whatever
    /// the relation of that subject.
    Arrow {
        /// The relation that the arrow goes over.
        tupleset: NodeId,
    },
}

/// A node that holds objects of some type directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The node.
    pub node: NodeId,
    /// In which form.
    pub form: EntryForm,
    /// As in [`Use::is_certain`].
    pub is_certain: bool,
}

/// How a node holds objects directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryForm {
    /// A relation allows single objects.
    Object,
    /// A relation allows everyone of the type, usersets of the type included.
    Wildcard,
    /// A permission of the type holds the object itself.
    SelfObject,
}

/// A set of nodes, a bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSet {
    words: Box<[u64]>,
}

impl NodeSet {
    fn new(nodes: usize) -> Self {
        Self { words: vec![0; nodes.div_ceil(64)].into() }
    }

    /// Whether a node is in the set.
    pub fn contains(&self, node: NodeId) -> bool {
        let word = self.words.get(node.0 as usize / 64);
        word.is_some_and(|word| word & (1 << (node.0 % 64)) != 0)
    }

    /// Adds a node; whether it is new.
    fn insert(&mut self, node: NodeId) -> bool {
        let word = &mut self.words[node.0 as usize / 64];
        let before = *word;
        *word |= 1 << (node.0 % 64);
        *word != before
    }
}

/// The ways through a schema, from subjects towards resources.
#[derive(Debug)]
pub struct Reachability {
    nodes: usize,
    uses: Adjacency<Use>,
    /// By node, those that it uses.
    parts: Adjacency<NodeId>,
    entries: Adjacency<Entry>,
    /// By definition, then by node: the nodes that can hold its objects, or its usersets; then by node again: the nodes
    /// that lead to it.
    sets: Box<[OnceLock<NodeSet>]>,
    definitions: usize,
    cached: AtomicUsize,
    cached_max: usize,
}

impl Reachability {
    /// Reads the ways from a schema, in time and memory proportional to it.
    pub fn new(schema: &Schema) -> Self {
        let mut collector = Collector::default();
        for (node, id) in schema.nodes().iter().zip((0..).map(NodeId)) {
            collector.node(id, node.definition, &node.kind);
        }
        let (nodes, definitions) = (schema.nodes().len(), schema.definitions().len());
        let set_bytes = nodes.div_ceil(8).max(1);
        let uses = collector.uses();
        let from = |(from, usage): &(u32, Use)| (usage.node.0, NodeId(*from));
        let parts = Adjacency::new(nodes, uses.iter().map(from).collect());
        Self {
            nodes,
            parts,
            uses: Adjacency::new(nodes, uses),
            entries: collector.entries(definitions),
            sets: (0..definitions + 2 * nodes).map(|_| OnceLock::new()).collect(),
            definitions,
            cached: AtomicUsize::new(0),
            cached_max: CACHED_SETS_MAX.min(CACHED_BYTES_MAX / set_bytes),
        }
    }

    /// The nodes that hold what a node holds, one step on: each way once, a certain one rather than an uncertain one.
    pub fn used_by(&self, node: NodeId) -> &[Use] {
        self.uses.of(node.0)
    }

    /// The nodes that hold objects of a definition directly. Usersets of it are held by the nodes that use them
    /// ([`Way::Userset`]) and by wildcards.
    pub fn entries(&self, definition: DefinitionId) -> &[Entry] {
        self.entries.of(definition.0)
    }

    /// Every node that can hold a subject: an object of the definition, or with a relation its userset. A userset is
    /// held by its own node first of all: `group:eng#member` is a member of `group:eng`.
    ///
    /// Borrowed where it is kept: a count of borrowers would be written by every check on every core.
    pub fn nodes_for(&self, definition: DefinitionId, relation: Option<NodeId>) -> Cow<'_, NodeSet> {
        let place = relation.map_or(definition.0 as usize, |node| self.definitions + node.0 as usize);
        self.cached(place, || self.find_nodes_for(definition, relation))
    }

    /// Every node whose members may be members of a node because of that, and the node itself.
    pub fn nodes_towards(&self, node: NodeId) -> Cow<'_, NodeSet> {
        self.cached(self.definitions + self.nodes + node.0 as usize, || {
            let mut found = NodeSet::new(self.nodes);
            let mut waiting = vec![node];
            found.insert(node);
            while let Some(node) = waiting.pop() {
                let parts = self.parts.of(node.0).iter().copied();
                waiting.extend(parts.filter(|part| found.insert(*part)));
            }
            found
        })
    }

    fn cached(&self, place: usize, find: impl FnOnce() -> NodeSet) -> Cow<'_, NodeSet> {
        let slot = &self.sets[place];
        if let Some(set) = slot.get() {
            return Cow::Borrowed(set);
        }
        let set = find();
        if self.cached.load(Ordering::Relaxed) >= self.cached_max {
            return Cow::Owned(set);
        }
        Cow::Borrowed(slot.get_or_init(|| {
            self.cached.fetch_add(1, Ordering::Relaxed);
            set
        }))
    }

    fn find_nodes_for(&self, definition: DefinitionId, relation: Option<NodeId>) -> NodeSet {
        let mut found = NodeSet::new(self.nodes);
        let mut waiting = Vec::new();
        let holds = |entry: &&Entry| relation.is_none() || entry.form == EntryForm::Wildcard;
        let entries = self.entries(definition).iter().filter(holds).map(|entry| entry.node);
        waiting.extend(relation.into_iter().chain(entries).filter(|node| found.insert(*node)));
        while let Some(node) = waiting.pop() {
            let users = self.used_by(node).iter().map(|usage| usage.node);
            waiting.extend(users.filter(|user| found.insert(*user)));
        }
        found
    }
}

/// Steps and entries while they are being collected, each with the number of the place that it starts from.
#[derive(Default)]
struct Collector {
    uses: Vec<(u32, Use)>,
    entries: Vec<(u32, Entry)>,
}

impl Collector {
    fn node(&mut self, id: NodeId, definition: DefinitionId, kind: &NodeKind) {
        match kind {
            NodeKind::Permission(expression) => self.expression(id, definition, expression, true),
            NodeKind::Relation(subjects) => {
                for subject in subjects {
                    let form = match subject.form {
                        SubjectForm::Object => EntryForm::Object,
                        SubjectForm::Wildcard => EntryForm::Wildcard,
                        SubjectForm::Userset(userset) => {
                            self.step(userset, id, Way::Userset, true);
                            continue;
                        }
                    };
                    let entry = Entry { node: id, form, is_certain: true };
                    self.entries.push((subject.definition.0, entry));
                }
            }
        }
    }

    fn step(&mut self, from: NodeId, to: NodeId, way: Way, is_certain: bool) {
        self.uses.push((from.0, Use { node: to, way, is_certain }));
    }

    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn expression(&mut self, id: NodeId, own: DefinitionId, expression: &Expression, is_certain: bool) {
        match expression {
            Expression::Nil => {}
            Expression::SelfObject => {
                let entry = Entry { node: id, form: EntryForm::SelfObject, is_certain };
                self.entries.push((own.0, entry));
            }
            Expression::Node(node) => self.step(*node, id, Way::Computed, is_certain),
            Expression::Arrow(arrow) => {
                let is_certain = is_certain && arrow.function == ArrowFunction::Any;
                let way = Way::Arrow { tupleset: arrow.tupleset };
                for (_, target) in &arrow.targets {
                    self.step(*target, id, way, is_certain);
                }
            }
            Expression::Union(operands) => {
                for operand in operands {
                    self.expression(id, own, operand, is_certain);
                }
            }
            Expression::Intersection(operands) => {
                for operand in operands {
                    self.expression(id, own, operand, false);
                }
            }
            // Nobody is held because of what is subtracted.
            Expression::Exclusion(base, _) => self.expression(id, own, base, false),
        }
    }

    fn uses(&mut self) -> Vec<(u32, Use)> {
        let mut uses = std::mem::take(&mut self.uses);
        uses.sort_unstable_by_key(|(from, usage)| (*from, usage.node, usage.way, !usage.is_certain));
        uses.dedup_by_key(|(from, usage)| (*from, usage.node, usage.way));
        uses
    }

    fn entries(&mut self, definitions: usize) -> Adjacency<Entry> {
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_unstable_by_key(|(of, entry)| (*of, entry.node, entry.form, !entry.is_certain));
        entries.dedup_by_key(|(of, entry)| (*of, entry.node, entry.form));
        Adjacency::new(definitions, entries)
    }
}
