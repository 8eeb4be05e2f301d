//! A trace, level by level: what is near to the question matters more than what is far, if it cannot have both.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::caveat::Context;
use crate::evaluate::check::{Check, Membership};
use crate::evaluate::error::EvaluateError;
use crate::evaluate::goal::Goal;
use crate::evaluate::program::Program;
use crate::evaluate::questions::Question;
use crate::evaluate::trace::{Trace, TraceAnswer, TraceCondition};
use crate::index::Snapshot;
use crate::relationship::Object;
use crate::schema::NodeKind;

use super::answers::{Answered, Answers, told};
use super::formula::{Formula, Spelled, Speller};
use super::gathering::Gathering;

/// Levels of a trace, at most. Each makes two messages within each other, of which many clients decode no more than a
/// hundred; contexts nest as well.
const LEVELS_MAX: u32 = 40;
/// Questions in a trace, at most.
const QUESTIONS_MAX: usize = 4_000;
/// What a question costs beside the names of its objects: relations, ids, times and tags.
const QUESTION_BYTES: usize = 240;

/// Builds a trace.
pub(super) struct Unfolding<'run, 'answers> {
    pub(super) program: &'run Program,
    pub(super) snapshot: Snapshot<'run>,
    pub(super) goal: &'run Goal<'run>,
    pub(super) asked: Check<'run>,
    pub(super) answers: Answers<'answers>,
    /// When the question was asked.
    pub(super) start: Instant,
}

/// A question of the trace. Those below it come later.
struct Item {
    answered: Answered,
    object: Object,
    level: u32,
    parts: Range<usize>,
    is_cut: bool,
}

/// The items so far, and room for more.
struct Items {
    root: Item,
    others: Vec<Item>,
    bytes_left: usize,
    /// Whether there was something that had no room.
    are_full: bool,
}

impl Unfolding<'_, '_> {
    pub(super) fn unfold(
        mut self,
        question: Question,
        membership: &Membership,
        bytes_max: usize,
    ) -> Result<Trace, EvaluateError> {
        let answer = told(Ok(membership.clone()));
        let is_conditional = self.answers.is_conditional(question, &answer)?;
        let duration = self.start.elapsed();
        let answered = Answered { question, answer, is_conditional, duration };
        let object = self.asked.resource.clone();
        let root = Item { answered, object, level: 0, parts: 0..0, is_cut: false };
        // The other half is for conditions.
        let mut items = Items { root, others: Vec::new(), bytes_left: bytes_max / 2, are_full: false };
        let mut formulas = HashMap::new();
        let mut unfolded = HashSet::new();
        let mut next = 0;
        while next < items.len() {
            let is_new = unfolded.insert(items.get(next).answered.question);
            let is_whole = is_new && self.unfold_item(next, &mut items, &mut formulas)?;
            items.get_mut(next).is_cut = !is_whole;
            next += 1;
        }
        let schema = self.program.schema();
        let writer = Speller { schema, context: self.asked.context, formulas: &formulas };
        let spelled = writer.spell(question);
        let mut bytes_left = bytes_max / 2;
        let conditions: Vec<_> = (0..items.len())
            .map(|place| condition(&items.get(place).answered, &spelled, &mut bytes_left))
            .collect();
        Ok(self.tree(0, &items, &conditions))
    }

    /// Adds the questions below an item. Whether there was any room for them.
    fn unfold_item(
        &mut self,
        place: usize,
        items: &mut Items,
        formulas: &mut HashMap<Question, Formula>,
    ) -> Result<bool, EvaluateError> {
        let Item { answered: Answered { question, .. }, level, .. } = *items.get(place);
        let has_room = level + 1 < LEVELS_MAX && !items.are_full && items.len() < QUESTIONS_MAX;
        let start = Instant::now();
        let mut gathering = Gathering {
            program: self.program,
            snapshot: self.snapshot,
            goal: self.goal,
            subject_definition: self.asked.subject_definition,
            answers: &mut self.answers,
            parts_max: if has_room { QUESTIONS_MAX - items.len() } else { 1 },
        };
        let gathered = match gathering.gather(question) {
            Ok(gathered) => gathered,
            // The answer is known, only not by which way.
            Err(EvaluateError::VisitsExceeded { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let asking: Duration = gathered.parts.iter().map(|part| part.duration).sum();
        items.get_mut(place).answered.duration += start.elapsed().saturating_sub(asking);
        let is_leaf = gathered.parts.is_empty();
        if is_leaf || has_room {
            formulas.insert(question, gathered.formula);
        }
        let from = items.len();
        if has_room {
            let mut seen = HashSet::new();
            for answered in gathered.parts.into_iter().filter(|part| seen.insert(part.question)) {
                let Some(object) = self.object(place, answered.question, items) else { continue };
                let item = Item { answered, object, level: level + 1, parts: 0..0, is_cut: false };
                if !items.has_room(&item, self.asked) {
                    break;
                }
                items.others.push(item);
            }
        }
        let parts = from..items.len();
        let is_whole = is_leaf || !parts.is_empty();
        items.get_mut(place).parts = parts;
        Ok(is_whole)
    }

    /// The object of a question below an item.
    fn object(&self, place: usize, question: Question, items: &Items) -> Option<Object> {
        let above = items.get(place);
        if question.object == above.answered.question.object {
            return Some(above.object.clone());
        }
        let definition = self.program.schema().node(question.node).definition;
        self.program.object(self.snapshot, definition, question.object)
    }

    /// An item with those below it, of which there are few levels.
    fn tree(&self, place: usize, items: &Items, conditions: &[Option<TraceCondition>]) -> Trace {
        let Item { answered, object, parts, is_cut, .. } = items.get(place);
        let node = self.program.schema().node(answered.question.node);
        let parts: Vec<_> = parts.clone().map(|part| self.tree(part, items, conditions)).collect();
        let duration = answered.duration + parts.iter().map(|part| part.duration).sum::<Duration>();
        Trace {
            resource: object.clone(),
            relation: node.name.clone(),
            is_permission: matches!(node.kind, NodeKind::Permission(_)),
            answer: answered.answer.clone(),
            condition: conditions.get(place).cloned().flatten(),
            is_cut: *is_cut,
            parts,
            duration,
        }
    }
}

impl Items {
    fn len(&self) -> usize {
        self.others.len() + 1
    }

    fn get(&self, place: usize) -> &Item {
        place.checked_sub(1).map_or(&self.root, |place| &self.others[place])
    }

    fn get_mut(&mut self, place: usize) -> &mut Item {
        match place.checked_sub(1) {
            Some(place) => &mut self.others[place],
            None => &mut self.root,
        }
    }

    /// Whether there is room for one more, which is then taken.
    fn has_room(&mut self, item: &Item, asked: Check<'_>) -> bool {
        let subject = asked.subject;
        let names = item.object.definition.as_str().len()
            + item.object.id.as_str().len()
            + subject.definition().as_str().len()
            + subject.id().len();
        let left = self.bytes_left.checked_sub(QUESTION_BYTES + names);
        if let Some(left) = left.filter(|_| self.len() < QUESTIONS_MAX) {
            self.bytes_left = left;
        } else {
            self.are_full = true;
        }
        !self.are_full
    }
}

/// The conditions that an answer rests on, as far as there is room for them.
fn condition(
    answered: &Answered,
    spelled: &HashMap<Question, Spelled>,
    bytes_left: &mut usize,
) -> Option<TraceCondition> {
    let is_failed = answered.answer == TraceAnswer::Unanswered;
    if !answered.is_conditional || is_failed && spelled.is_empty() {
        return None;
    }
    let nothing = TraceCondition { expression: String::new(), caveat: None, context: Context::default() };
    let Some(Spelled::If(conditions)) = spelled.get(&answered.question) else { return Some(nothing) };
    let context = conditions.context();
    let bytes =
        conditions.expression.len() + serde_json::to_string(&context).map_or(0, |text| text.len() * 2);
    let Some(left) = bytes_left.checked_sub(bytes) else { return Some(nothing) };
    *bytes_left = left;
    Some(TraceCondition {
        expression: conditions.expression.clone(),
        caveat: conditions.caveat.clone(),
        context: Context::from(context),
    })
}
