//! Schema and relationships → the subjects of a relation or permission.

use std::collections::HashMap;
use std::rc::Rc;

use crate::relationship::{Object, RelationName, Relationship, Subject, Timestamp};
use crate::schema::{Arrow, ArrowFunction, Expression, NodeId, NodeKind, Schema};

use super::set::Set;

/// Relations and permissions of objects that all questions together may lead to.
const PLACES_MAX: usize = 1_000_000;
/// Subjects of all their sets together, at most.
const SUBJECTS_MAX: usize = 4_000_000;
/// How often the sets of a circle are worked out anew, at most: as often as it has members, where all is well.
const ROUNDS_MAX: usize = 10_000;

/// Why there is no set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::scenario) enum MembershipError {
    /// There are too many to be laid out.
    #[error("leads to more subjects than can be compared")]
    TooLarge,
    /// Its subjects depend on not being its subjects.
    #[error("hangs on its own negation")]
    Unstable,
}

/// The sets of one file, each worked out once.
pub(in crate::scenario) struct Evaluator<'s> {
    schema: &'s Schema,
    related: HashMap<&'s Object, HashMap<&'s RelationName, Vec<&'s Relationship>>>,
    place_by_key: HashMap<(Object, NodeId), usize>,
    places: Vec<Place>,
    subjects: usize,
}

/// A relation or permission of an object.
struct Place {
    object: Object,
    node: NodeId,
    resource: Rc<str>,
    set: Rc<Set>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// What it is put together from is being looked for.
    Open,
    /// It is being worked out.
    Ordered,
    Done,
}

impl<'s> Evaluator<'s> {
    /// Relationships that have expired by `now` are none.
    pub(in crate::scenario) fn new(
        schema: &'s Schema,
        relationships: impl IntoIterator<Item = &'s Relationship>,
        now: Timestamp,
    ) -> Self {
        let mut related: HashMap<_, HashMap<_, Vec<_>>> = HashMap::new();
        for relationship in relationships {
            if relationship.expires_at.is_none_or(|expires_at| expires_at > now) {
                let of_resource = related.entry(&relationship.resource).or_default();
                of_resource.entry(&relationship.relation).or_default().push(relationship);
            }
        }
        Self { schema, related, place_by_key: HashMap::new(), places: Vec::new(), subjects: 0 }
    }

    /// The subjects of a relation or permission of an object of its definition.
    pub(in crate::scenario) fn subjects(
        &mut self,
        object: &Object,
        node: NodeId,
    ) -> Result<Rc<Set>, MembershipError> {
        let set = self.look_up(object, node);
        if set.is_err() {
            // What is half worked out is no ground to go on from.
            self.places.clear();
            self.place_by_key.clear();
            self.subjects = 0;
        }
        set
    }

    fn look_up(&mut self, object: &Object, node: NodeId) -> Result<Rc<Set>, MembershipError> {
        let place = self.place(object, node)?;
        let (order, is_circular) = self.order(place)?;
        for round in 0.. {
            let mut is_changed = false;
            for place in &order {
                let set = self.work_out(*place)?;
                if set != *self.places[*place].set {
                    self.subjects += set.len();
                    if self.subjects > SUBJECTS_MAX {
                        return Err(MembershipError::TooLarge);
                    }
                    self.subjects -= self.places[*place].set.len();
                    self.places[*place].set = Rc::new(set);
                    is_changed = true;
                }
            }
            if !is_changed || !is_circular {
                break;
            }
            if round == ROUNDS_MAX {
                return Err(MembershipError::Unstable);
            }
        }
        for place in order {
            self.places[place].state = State::Done;
        }
        Ok(Rc::clone(&self.places[place].set))
    }

    fn place(&mut self, object: &Object, node: NodeId) -> Result<usize, MembershipError> {
        if let Some(place) = self.place_by_key.get(&(object.clone(), node)) {
            return Ok(*place);
        }
        if self.places.len() >= PLACES_MAX {
            return Err(MembershipError::TooLarge);
        }
        let place = self.places.len();
        let resource = format!("{object}#{}", self.schema.node(node).name).into();
        self.places.push(Place {
            object: object.clone(),
            node,
            resource,
            set: Rc::default(),
            state: State::New,
        });
        self.place_by_key.insert((object.clone(), node), place);
        Ok(place)
    }

    /// The places that one leads to and that are not worked out yet, parts before what they are part of; and whether some
    /// lead back.
    fn order(&mut self, root: usize) -> Result<(Vec<usize>, bool), MembershipError> {
        let (mut order, mut is_circular) = (Vec::new(), false);
        let mut open = Vec::new();
        if self.places[root].state == State::New {
            self.places[root].state = State::Open;
            open.push((root, self.parts(root)?));
        }
        while let Some((place, parts)) = open.last_mut() {
            let Some(part) = parts.pop() else {
                self.places[*place].state = State::Ordered;
                order.push(*place);
                open.pop();
                continue;
            };
            match self.places[part].state {
                State::New => {
                    self.places[part].state = State::Open;
                    let parts = self.parts(part)?;
                    open.push((part, parts));
                }
                State::Open => is_circular = true,
                State::Ordered | State::Done => {}
            }
        }
        Ok((order, is_circular))
    }

    /// The places that one is put together from.
    fn parts(&mut self, place: usize) -> Result<Vec<usize>, MembershipError> {
        let (object, node) = (self.places[place].object.clone(), self.places[place].node);
        let schema = self.schema;
        let mut keys = Vec::new();
        match &schema.node(node).kind {
            NodeKind::Relation(_) => {
                for relationship in self.of(&object, node) {
                    if let Subject::Userset(group, relation) = &relationship.subject {
                        keys.extend(self.find(group, relation.as_str()).map(|node| (group.clone(), node)));
                    }
                }
            }
            NodeKind::Permission(expression) => self.operands(&object, expression, &mut keys),
        }
        keys.iter().map(|(object, node)| self.place(object, *node)).collect()
    }

    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn operands(&self, object: &Object, expression: &Expression, keys: &mut Vec<(Object, NodeId)>) {
        match expression {
            Expression::Nil | Expression::SelfObject => {}
            Expression::Node(node) => keys.push((object.clone(), *node)),
            Expression::Arrow(arrow) => {
                let walks = self.walks(object, arrow);
                keys.extend(walks.filter_map(|(_, object, node)| Some((object.clone(), node?))));
            }
            Expression::Union(operands) | Expression::Intersection(operands) => {
                for operand in operands {
                    self.operands(object, operand, keys);
                }
            }
            Expression::Exclusion(base, subtrahend) => {
                self.operands(object, base, keys);
                self.operands(object, subtrahend, keys);
            }
        }
    }

    fn of(&self, object: &Object, node: NodeId) -> &[&'s Relationship] {
        let of_object = self.related.get(object);
        let related = of_object.and_then(|of_object| of_object.get(&self.schema.node(node).name));
        related.map_or(&[], Vec::as_slice)
    }

    fn find(&self, object: &Object, relation: &str) -> Option<NodeId> {
        self.schema.find_node(self.schema.find_definition(object.definition.as_str())?, relation)
    }

    /// Where an arrow leads: whether on a condition, to which object, and to what of it if it has that.
    fn walks(
        &self,
        object: &Object,
        arrow: &Arrow,
    ) -> impl Iterator<Item = (bool, &'s Object, Option<NodeId>)> {
        self.of(object, arrow.tupleset).iter().filter_map(move |relationship| match &relationship.subject {
            Subject::Object(to) | Subject::Userset(to, _) => {
                Some((relationship.caveat.is_some(), to, self.find(to, arrow.target.as_str())))
            }
            Subject::Wildcard(_) => None,
        })
    }

    /// The set of a place, from what the sets of its parts are now.
    fn work_out(&self, place: usize) -> Result<Set, MembershipError> {
        let Place { object, node, resource, .. } = &self.places[place];
        let expression = match &self.schema.node(*node).kind {
            NodeKind::Permission(expression) => expression,
            NodeKind::Relation(_) => {
                let mut set = Set::default();
                for relationship in self.of(object, *node) {
                    let (subject, is_caveated) = (&relationship.subject, relationship.caveat.is_some());
                    set.add(&Set::of(subject, is_caveated, Rc::clone(resource)));
                    if let Subject::Userset(group, relation) = subject
                        && let Some(node) = self.find(group, relation.as_str())
                    {
                        set.add(&self.set_of(group, node).as_ref().clone().caveated(is_caveated));
                    }
                }
                return Ok(set);
            }
        };
        self.evaluate(object, resource, expression)
    }

    fn set_of(&self, object: &Object, node: NodeId) -> Rc<Set> {
        let place = self.place_by_key.get(&(object.clone(), node));
        place.map(|place| Rc::clone(&self.places[*place].set)).unwrap_or_default()
    }

    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn evaluate(
        &self,
        object: &Object,
        resource: &Rc<str>,
        expression: &Expression,
    ) -> Result<Set, MembershipError> {
        let set = match expression {
            Expression::Nil => Set::default(),
            Expression::SelfObject => Set::of(&Subject::Object(object.clone()), false, Rc::clone(resource)),
            Expression::Node(node) => self.set_of(object, *node).as_ref().clone(),
            Expression::Arrow(arrow) => self.arrow(object, arrow),
            Expression::Union(operands) => {
                let mut union = Set::default();
                for operand in operands {
                    union.add(&self.evaluate(object, resource, operand)?);
                }
                union
            }
            Expression::Intersection(operands) => {
                let mut all: Option<Set> = None;
                for operand in operands {
                    let set = self.evaluate(object, resource, operand)?;
                    match &mut all {
                        Some(all) => all.keep(&set),
                        None => all = Some(set),
                    }
                }
                all.unwrap_or_default()
            }
            Expression::Exclusion(base, subtrahend) => {
                let mut set = self.evaluate(object, resource, base)?;
                set.remove(&self.evaluate(object, resource, subtrahend)?);
                set
            }
        };
        if set.len() > SUBJECTS_MAX { Err(MembershipError::TooLarge) } else { Ok(set) }
    }

    fn arrow(&self, object: &Object, arrow: &Arrow) -> Set {
        let mut all: Option<Set> = None;
        for (is_caveated, to, node) in self.walks(object, arrow) {
            let set = node
                .map(|node| self.set_of(to, node).as_ref().clone().caveated(is_caveated))
                .unwrap_or_default();
            match (&mut all, arrow.function) {
                (None, _) => all = Some(set),
                (Some(all), ArrowFunction::Any) => all.add(&set),
                (Some(all), ArrowFunction::All) => all.keep(&set),
            }
        }
        all.unwrap_or_default()
    }
}
