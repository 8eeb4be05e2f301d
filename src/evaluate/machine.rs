//! The evaluation of one question, on a stack of its own.
//!
//! A frame is one operation that waits for a part of its answer. Entering an operation either answers at once, or puts
//! a frame on the stack and enters a part; an answer goes to the topmost frame, which answers in turn or enters its
//! next part. The last part is not waited for. So depth is heap, and a hop allocates nothing once the stacks have grown
//! to their size.

use std::ops::Range;

use crate::index::{ObjectKey, PostingsAt, RelationKey, Snapshot};
use crate::schema::{ArrowFunction, NodeId, NodeSet};

use super::error::EvaluateError;
use super::limits::Meter;
use super::program::{Leaf, NodePlan, Operation, OperationId, Program, Walk};
use super::questions::{Known, Question, Questions};

/// Subjects copied out of the index at once.
const CHUNK: usize = 64;

/// Who is looked for.
#[derive(Debug)]
pub(super) struct Goal<'run> {
    /// The subject's type and relation.
    pub(super) form: RelationKey,
    /// The subject's relation, if it is a userset.
    pub(super) node: Option<NodeId>,
    /// The subject's object.
    pub(super) object: ObjectKey,
    /// The wildcard of the subject's type, as subject relation and object, if it occurs.
    pub(super) wildcard: Option<(RelationKey, ObjectKey)>,
    /// The nodes that can hold such a subject.
    pub(super) possible: &'run NodeSet,
    /// Whether it is one object without relation.
    pub(super) is_object: bool,
}

impl Goal<'_> {
    /// Whether a relation of an object holds the subject itself, or everyone of its type.
    pub(super) fn is_in(&self, snapshot: Snapshot<'_>, object: ObjectKey, relation: RelationKey) -> bool {
        snapshot.read(object, |postings| self.is_among(postings, relation))
    }

    /// Whether one of some relations of an object does, or is what is looked for.
    pub(super) fn is_in_any(&self, snapshot: Snapshot<'_>, object: ObjectKey, leaves: &[Leaf]) -> bool {
        if self.object == object && leaves.iter().any(|leaf| self.node == Some(leaf.node)) {
            return true;
        }
        snapshot.read(object, |postings| {
            let mut possible = leaves.iter().filter(|leaf| self.possible.contains(leaf.node));
            possible.any(|leaf| self.is_among(postings, leaf.relation))
        })
    }

    fn is_among(&self, postings: PostingsAt<'_>, relation: RelationKey) -> bool {
        let has_wildcard = |(form, object)| postings.has_subject(relation, form, object);
        postings.has_subject(relation, self.form, self.object) || self.wildcard.is_some_and(has_wildcard)
    }
}

/// Why the machine stopped without an answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// There is none.
    Error(EvaluateError),
    /// A negation depends on a question that is still open: the exact evaluation decides.
    Negated,
}

impl From<EvaluateError> for Stop {
    fn from(error: EvaluateError) -> Self {
        Self::Error(error)
    }
}

/// The memory of an evaluation.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    questions: Questions,
    frames: Vec<Frame>,
    subjects: Vec<ObjectKey>,
}

/// An operation that waits for an answer.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// A question, to be remembered once its body answers. The question around it is `outer`.
    Question { outer: Option<u32> },
    /// The operands from `next` on are still to be asked; an answer that equals `decisive` ends it.
    Operands { next: u32, end: u32, object: ObjectKey, decisive: bool },
    /// The base of an exclusion is being asked; if it holds, what is subtracted comes next.
    Base { subtract: OperationId, object: ObjectKey },
    /// What an exclusion subtracts is being asked.
    Subtract,
    /// The subjects of a relation are being asked, one after another.
    Walk(WalkFrame),
}

#[derive(Debug, Clone, Copy)]
struct WalkFrame {
    walk: u32,
    object: ObjectKey,
    /// The form of subject that is being walked over.
    step: usize,
    /// Where this frame's part of the subjects' stack begins, and how far it has been asked.
    start: usize,
    next: usize,
    /// Whether any form has been looked at.
    is_started: bool,
    /// Whether the index has more subjects of this form than were copied.
    has_more: bool,
    /// Whether any subject has been seen.
    has_subject: bool,
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Step {
    Ask(Question),
    Enter(OperationId, ObjectKey),
    Answer(bool),
}

/// Evaluates one question for one goal.
#[derive(Debug)]
pub(super) struct Machine<'run, 'caller> {
    program: &'run Program,
    snapshot: Snapshot<'run>,
    goal: &'run Goal<'run>,
    meter: &'run mut Meter<'caller>,
    questions: &'run mut Questions,
    frames: &'run mut Vec<Frame>,
    subjects: &'run mut Vec<ObjectKey>,
    depth: usize,
}

impl<'run, 'caller> Machine<'run, 'caller> {
    pub(super) fn new(
        program: &'run Program,
        snapshot: Snapshot<'run>,
        goal: &'run Goal<'run>,
        meter: &'run mut Meter<'caller>,
        scratch: &'run mut Scratch,
    ) -> Self {
        let Scratch { questions, frames, subjects } = scratch;
        questions.clear();
        frames.clear();
        subjects.clear();
        Self { program, snapshot, goal, meter, questions, frames, subjects, depth: 0 }
    }

    pub(super) fn run(&mut self, question: Question) -> Result<bool, Stop> {
        let mut step = Step::Ask(question);
        loop {
            step = match step {
                Step::Ask(question) => self.ask(question)?,
                Step::Enter(operation, object) => self.enter(operation, object)?,
                Step::Answer(answer) => match self.frames.pop() {
                    Some(frame) => self.resume(frame, answer)?,
                    None => return Ok(answer),
                },
            };
        }
    }

    /// Answers a question from one search or from memory, or opens it and enters its body.
    fn ask(&mut self, question: Question) -> Result<Step, Stop> {
        self.meter.visit(1)?;
        if self.goal.node == Some(question.node) && self.goal.object == question.object {
            return Ok(Step::Answer(true));
        }
        if !self.goal.possible.contains(question.node) {
            return Ok(Step::Answer(false));
        }
        let (relation, body) = match self.program.node(question.node) {
            NodePlan::Leaves(from, to) => return Ok(Step::Answer(self.look(from, to, question.object)?)),
            NodePlan::Relation(relation, body) => (Some(relation), body),
            NodePlan::Arrow(body) | NodePlan::Permission(body) => (None, body),
        };
        let (known, outer) = self.questions.ask(question);
        match known {
            Known::Final(answer) => return Ok(Step::Answer(answer)),
            Known::Provisional => return Ok(Step::Answer(false)),
            Known::Negated => return Err(Stop::Negated),
            Known::Asked => {}
        }
        if relation.is_some_and(|relation| self.goal.is_in(self.snapshot, question.object, relation)) {
            self.questions.close(true, outer);
            return Ok(Step::Answer(true));
        }
        self.meter.check_depth(self.depth)?;
        self.depth += 1;
        self.frames.push(Frame::Question { outer });
        Ok(Step::Enter(body, question.object))
    }

    fn enter(&mut self, operation: OperationId, object: ObjectKey) -> Result<Step, Stop> {
        Ok(match self.program.operation(operation) {
            Operation::Nil => Step::Answer(false),
            Operation::SelfObject => Step::Answer(self.goal.is_object && self.goal.object == object),
            Operation::Node(node) => match self.program.node(node) {
                NodePlan::Arrow(body) if self.goal.node.is_none() && self.goal.possible.contains(node) => {
                    Step::Enter(body, object)
                }
                _ => Step::Ask(Question { node, object }),
            },
            Operation::Leaves(from, to) => Step::Answer(self.look(from, to, object)?),
            Operation::Walk(walk) => self.walk_on(self.new_walk(walk, object))?,
            Operation::Any(next, end) => self.enter_next(next..end, object, true)?,
            Operation::All(next, end) => self.enter_next(next..end, object, false)?,
            Operation::Exclusion(base, subtract) => {
                self.frames.push(Frame::Base { subtract, object });
                Step::Enter(base, object)
            }
        })
    }

    fn resume(&mut self, frame: Frame, answer: bool) -> Result<Step, Stop> {
        Ok(match frame {
            Frame::Question { outer } => {
                self.depth -= 1;
                self.questions.close(answer, outer);
                Step::Answer(answer)
            }
            Frame::Operands { decisive, .. } if answer == decisive => Step::Answer(answer),
            Frame::Operands { next, end, object, decisive } => {
                self.enter_next(next..end, object, decisive)?
            }
            Frame::Base { .. } if !answer => Step::Answer(false),
            Frame::Base { subtract, object } => {
                self.questions.enter_negation();
                self.frames.push(Frame::Subtract);
                Step::Enter(subtract, object)
            }
            Frame::Subtract => {
                self.questions.leave_negation();
                Step::Answer(!answer)
            }
            Frame::Walk(walk) if answer == self.is_any(walk.walk) => {
                self.subjects.truncate(walk.start);
                Step::Answer(answer)
            }
            Frame::Walk(walk) => self.walk_on(walk)?,
        })
    }

    /// Enters the first of the operands that are left and not answered at once. Nothing waits for the last one: its
    /// answer is theirs.
    fn enter_next(&mut self, operands: Range<u32>, object: ObjectKey, decisive: bool) -> Result<Step, Stop> {
        let end = operands.end;
        for place in operands {
            let operand = self.program.operand(place);
            let is_last = place + 1 == end;
            if let Operation::Leaves(from, to) = self.program.operation(operand) {
                let answer = self.look(from, to, object)?;
                if answer == decisive || is_last {
                    return Ok(Step::Answer(answer));
                }
                continue;
            }
            if !is_last {
                self.frames.push(Frame::Operands { next: place + 1, end, object, decisive });
            }
            return Ok(Step::Enter(operand, object));
        }
        Ok(Step::Answer(false))
    }

    /// Looks for the subject in some relations of an object.
    fn look(&mut self, from: u32, to: u32, object: ObjectKey) -> Result<bool, Stop> {
        let leaves = self.program.leaves(from, to);
        self.meter.visit(leaves.len() as u64)?;
        Ok(self.goal.is_in_any(self.snapshot, object, leaves))
    }

    /// Asks the next subject of a walk. Nothing waits for the last one: its answer is the walk's.
    fn walk_on(&mut self, mut frame: WalkFrame) -> Result<Step, Stop> {
        let walk = self.program.walk(frame.walk);
        if frame.next == self.subjects.len() && !self.fill(walk, &mut frame)? {
            return Ok(Step::Answer(walk.function == ArrowFunction::All && frame.has_subject));
        }
        let (_, target) = walk.steps[frame.step];
        let Some(node) = target else {
            // Only `.all()` walks to subjects that lack the target, and there they decide.
            self.subjects.truncate(frame.start);
            return Ok(Step::Answer(false));
        };
        let object = self.subjects[frame.next];
        frame.next += 1;
        let is_last = frame.next == self.subjects.len() && !frame.has_more;
        if is_last && frame.step + 1 == walk.steps.len() {
            self.subjects.truncate(frame.start);
        } else {
            self.frames.push(Frame::Walk(frame));
        }
        Ok(Step::Ask(Question { node, object }))
    }

    /// Copies the next subjects of a walk out of the index. Whether there are any.
    fn fill(&mut self, walk: &Walk, frame: &mut WalkFrame) -> Result<bool, Stop> {
        let mut after = frame.has_more.then(|| self.subjects.last().copied()).flatten();
        self.subjects.truncate(frame.start);
        frame.next = frame.start;
        if !frame.is_started {
            frame.is_started = true;
        } else if after.is_none() {
            frame.step += 1;
        }
        while let Some((form, target)) = walk.steps.get(frame.step) {
            let is_worthwhile = walk.function == ArrowFunction::All
                || target.is_some_and(|target| self.goal.possible.contains(target));
            if is_worthwhile {
                let subjects = &mut *self.subjects;
                frame.has_more = self.snapshot.read(frame.object, |postings| {
                    postings.subjects(walk.relation, *form, after, CHUNK, subjects)
                });
                if self.subjects.len() > frame.start {
                    frame.has_subject = true;
                    self.meter.visit((self.subjects.len() - frame.start) as u64)?;
                    return Ok(true);
                }
            }
            frame.step += 1;
            after = None;
        }
        Ok(false)
    }

    /// Whether a yes ends a walk; otherwise, a no does.
    fn is_any(&self, walk: u32) -> bool {
        self.program.walk(walk).function == ArrowFunction::Any
    }

    fn new_walk(&self, walk: u32, object: ObjectKey) -> WalkFrame {
        let start = self.subjects.len();
        WalkFrame {
            walk,
            object,
            step: 0,
            start,
            next: start,
            is_started: false,
            has_more: false,
            has_subject: false,
        }
    }
}
