//! Which subjects have a permission on a resource?

use std::mem::discriminant;
use std::sync::Arc;

use crate::caveat::Context;
use crate::evaluate::asker::Asker;
use crate::evaluate::check::Membership;
use crate::evaluate::error::EvaluateError;
use crate::evaluate::goal::Goal;
use crate::evaluate::limits::{Limits, Meter};
use crate::evaluate::program::Program;
use crate::evaluate::questions::Question;
use crate::index::{IdText, ObjectKey, Snapshot, WILDCARD};
use crate::relationship::Object;
use crate::schema::{DefinitionId, NodeId};

use super::forward::{Forward, Route};
use super::ordered::{Found, Ordered, Progress, Search};
use super::sets::Share;

/// Bytes of those who are excepted from a wildcard, at most: the wildcard is one answer, and one message. Each counts
/// for what it takes there, once by its id alone and once with how it is excepted.
const EXCEPTED_BYTES_MAX: usize = 8 << 20;
/// What one of them costs beside its id, twice, and the names of missing parameters; and what each such name costs.
const ENTRY_BYTES: usize = 12;
const NAME_BYTES: usize = 4;

/// A question, its names found in the schema.
#[derive(Debug, Clone, Copy)]
pub struct SubjectQuestion<'question> {
    /// The resource, of the definition that `node` belongs to.
    pub resource: &'question Object,
    /// The relation or permission.
    pub node: NodeId,
    /// The definition of the subjects.
    pub subject_definition: DefinitionId,
    /// The relation of the subjects, if they are to be usersets.
    pub subject_node: Option<NodeId>,
    /// What caveats are evaluated with, where their relationships do not store it.
    pub context: &'question Context,
}

/// A subject that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSubject {
    /// Its id, or `*` for everyone of the type.
    pub id: IdText,
    /// Never [`Membership::NotMember`].
    pub membership: Membership,
    /// Of the wildcard, those that are excepted, in order of their ids: for certain, or on conditions.
    pub excluded: Vec<Found>,
}

/// A lookup of subjects under way. It holds nothing of the index, so that it can wait for whoever reads its answers;
/// each time it must be given the same program, question, and a snapshot at the same revision.
#[derive(Debug)]
pub struct SubjectLookup {
    ordered: Ordered,
    forward: Forward,
}

impl SubjectLookup {
    /// Begins after a subject's id.
    pub fn new(after: Option<&str>) -> Self {
        Self { ordered: Ordered::new(after), forward: Forward::default() }
    }

    /// Bytes of memory that are held from one step to the next, about.
    pub fn held_bytes(&self) -> usize {
        self.ordered.held_bytes() + self.forward.held_bytes()
    }

    /// The next subjects in order of their ids, at most so many, and whether there may be more. The wildcard is one of
    /// them. It does not stand for usersets: of those, the ones are listed that relationships lead to.
    pub fn next(
        &mut self,
        program: &Program,
        snapshot: Snapshot<'_>,
        asked: SubjectQuestion<'_>,
        count_max: usize,
        limits: Limits<'_>,
    ) -> Result<(Vec<FoundSubject>, bool), EvaluateError> {
        let SubjectQuestion { resource, node, subject_definition, subject_node, context } = asked;
        let possible = program.reachability().nodes_for(subject_definition, subject_node);
        if !possible.contains(node) {
            return Ok((Vec::new(), false));
        }
        let goal = Goal::of_nobody(program, snapshot, subject_definition, subject_node, &possible);
        let definition = program.schema().node(node).definition;
        let object = snapshot.find_object(program.definition(definition).key, resource.id.as_str());
        let root = Question { node, object: object.unwrap_or(ObjectKey::NONE) };
        let asking = Asking { program, snapshot, context, limits, root };
        let everyone = match goal.wildcard {
            Some(_) => asking.ask(&goal),
            None => Ok(Membership::NotMember),
        };
        let is_everyone = match everyone {
            // Usersets are not listed as everyone: whether they are does not matter.
            Err(EvaluateError::Caveat(_)) if subject_node.is_some() => true,
            everyone => everyone? != Membership::NotMember,
        };
        let may_be_itself = definition == subject_definition && self.ordered.is_starting();
        if may_be_itself && snapshot.is_bare(root.object) {
            // No relationship has the resource, but it may be its own subject.
            match asking.ask(&Goal { object: root.object, wildcard: None, ..goal })? {
                Membership::NotMember => {}
                membership => self.ordered.add(Found { id: resource.id.as_str().into(), membership }),
            }
        }
        let mut search = SubjectSearch {
            asking,
            goal,
            subject_definition,
            is_everyone,
            meter: Meter::new(limits),
            forward: &mut self.forward,
        };
        if search.is_everyone && self.ordered.is_starting() {
            // Only those are listed by name, or excepted, that are followed.
            if self.ordered.follow_all(&mut search, snapshot)? == Progress::TooLarge {
                return Err(EvaluateError::VisitsExceeded { visits_max: limits.visits_max });
            }
        }
        let key = program.definition(subject_definition).key;
        let (found, has_more) = self.ordered.next(&mut search, snapshot, key, count_max)?;
        let mut subjects = Vec::with_capacity(found.len());
        for Found { id, membership } in found {
            let excluded = if &*id == WILDCARD { search.excluded()? } else { Vec::new() };
            subjects.push(FoundSubject { id, membership, excluded });
        }
        Ok((subjects, has_more))
    }
}

/// What is asked about each subject.
#[derive(Clone, Copy)]
struct Asking<'run> {
    program: &'run Program,
    snapshot: Snapshot<'run>,
    context: &'run Context,
    limits: Limits<'run>,
    root: Question,
}

impl Asking<'_> {
    /// Whether a subject is a member.
    fn ask(self, goal: &Goal<'_>) -> Result<Membership, EvaluateError> {
        self.with(goal, |asker, root| {
            let answer = asker.ask(root)?;
            asker.membership(answer)
        })
    }

    fn with<T>(self, goal: &Goal<'_>, work: impl FnOnce(&mut Asker<'_, '_, '_>, Question) -> T) -> T {
        let Self { program, snapshot, context, limits, root } = self;
        Asker::with(program, snapshot, goal, context, limits, |asker| work(asker, root))
    }
}

struct SubjectSearch<'search, 'run> {
    asking: Asking<'run>,
    /// Of nobody in particular.
    goal: Goal<'run>,
    subject_definition: DefinitionId,
    /// Whether he is a member, or may be.
    is_everyone: bool,
    meter: Meter<'run>,
    forward: &'search mut Forward,
}

impl SubjectSearch<'_, '_> {
    /// Whether the wildcard is one of the subjects.
    fn has_wildcard(&self) -> bool {
        self.is_everyone && self.goal.node.is_none()
    }

    /// Who is excepted from the wildcard.
    fn excluded(&mut self) -> Result<Vec<Found>, EvaluateError> {
        let mut excluded = Vec::new();
        let mut bytes_left = EXCEPTED_BYTES_MAX;
        let candidates = self.forward.candidates.iter().filter(|(_, is_certain)| !**is_certain);
        let candidates: Vec<_> = candidates.map(|(object, _)| *object).collect();
        for object in candidates {
            let membership = self.share(object, Part::Excluded)?;
            if membership != Membership::NotMember
                && let Some((_, id)) = self.asking.snapshot.object_name(object)
            {
                let left = bytes_left.checked_sub(excepted_bytes(&id, &membership));
                let bytes_max = EXCEPTED_BYTES_MAX;
                bytes_left = left.ok_or(EvaluateError::ExceptionsTooLarge { bytes_max })?;
                excluded.push(Found { id, membership });
            }
        }
        excluded.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        Ok(excluded)
    }

    /// A part of a subject's share where there is a wildcard.
    ///
    /// The parts together are what a check says. Where they are not, since circles lead through exceptions, or do not
    /// settle, the subject is by itself what the check says, and excepted from the wildcard.
    fn share(&mut self, object: ObjectKey, part: Part) -> Result<Membership, EvaluateError> {
        let everyone = self.goal;
        let (checked, visits) = self.check(object);
        self.meter.visit(visits)?;
        let checked = checked?;
        let goal = Goal { object, wildcard: None, ..everyone };
        let (membership, visits) = self.asking.with(&goal, |asker, root| {
            let share = Share::find(asker, &everyone, root);
            let membership = share.and_then(|share| {
                let Some(share) = share else { return Ok(None) };
                let member = share.member(&mut asker.conditions.doubts);
                let member = asker.membership(member)?;
                if discriminant(&member) != discriminant(&checked) {
                    return Ok(None);
                }
                let part = match part {
                    Part::Named => share.named,
                    Part::Excluded => share.excluded,
                };
                asker.membership(part).map(Some)
            });
            (membership, asker.meter.visits())
        });
        self.meter.visit(visits)?;
        Ok(match (membership?, part) {
            (Some(membership), _) => membership,
            (None, Part::Named) => checked,
            (None, Part::Excluded) => Membership::Member,
        })
    }

    /// What a check says of a subject, and the visits that it took.
    fn check(&self, object: ObjectKey) -> (Result<Membership, EvaluateError>, u64) {
        let goal = Goal { object, ..self.goal };
        self.asking.with(&goal, |asker, root| {
            let answer = asker.ask(root);
            (answer.and_then(|answer| asker.membership(answer)), asker.meter.visits())
        })
    }
}

/// What is asked of a subject's share.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// Whether it is in the set by itself.
    Named,
    /// Whether it is excepted from everyone.
    Excluded,
}

impl Search for SubjectSearch<'_, '_> {
    fn decide(&mut self, object: ObjectKey) -> Result<Option<Membership>, EvaluateError> {
        let (membership, visits) = self.check(object);
        self.meter.visit(visits)?;
        Ok(Some(membership?).filter(|membership| *membership != Membership::NotMember))
    }

    fn follow(&mut self, visits: u64) -> Result<Progress, EvaluateError> {
        let mut route = Route {
            program: self.asking.program,
            snapshot: self.asking.snapshot,
            goal: &self.goal,
            meter: &mut self.meter,
            root: self.asking.root,
            subject_definition: self.subject_definition,
            is_subtracted_followed: self.goal.wildcard.is_some(),
        };
        self.forward.follow(&mut route, visits)
    }

    fn found(&self) -> Vec<ObjectKey> {
        let wildcard = self.goal.wildcard.filter(|_| self.has_wildcard()).map(|(_, object)| object);
        self.forward.candidates.keys().copied().chain(wildcard).collect()
    }

    fn recall(&mut self, object: ObjectKey) -> Result<Option<Membership>, EvaluateError> {
        if self.forward.candidates.get(&object) == Some(&true) {
            return Ok(Some(Membership::Member));
        }
        if !self.has_wildcard() {
            return self.decide(object);
        }
        let membership = if self.goal.wildcard.is_some_and(|(_, wildcard)| wildcard == object) {
            self.asking.ask(&self.goal)?
        } else {
            self.share(object, Part::Named)?
        };
        Ok(Some(membership).filter(|membership| *membership != Membership::NotMember))
    }

    fn visits(&self) -> u64 {
        self.meter.visits()
    }
}

/// What one who is excepted from the wildcard counts for.
fn excepted_bytes(id: &str, membership: &Membership) -> usize {
    let names: &[Arc<str>] = match membership {
        Membership::Conditional(missing) => missing,
        Membership::Member | Membership::NotMember => &[],
    };
    2 * id.len() + ENTRY_BYTES + names.iter().map(|name| name.len() + NAME_BYTES).sum::<usize>()
}
