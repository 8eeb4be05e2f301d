//! The evaluation of one question, on a stack of its own.
//!
//! A frame is one operation that waits for a part of its answer. Entering an operation either answers at once or puts
//! a frame on the stack; an answer goes to the frame below, which answers in turn or enters its next part. So depth
//! is heap, and a hop allocates nothing once the stacks have grown to their size.

use std::ops::Range;
use std::sync::Arc;

use crate::index::{ObjectKey, RelationKey, Snapshot};
use crate::schema::{ArrowFunction, NodeId, NodeSet};

use super::error::EvaluateError;
use super::limits::Meter;
use super::program::{NodePlan, Operation, OperationId, Program, Walk};
use super::questions::{Known, Question, Questions};

/// Subjects copied out of the index at once.
const CHUNK: usize = 64;

/// Who is looked for.
#[derive(Debug)]
pub(super) struct Goal {
    /// The subject's type and relation.
    pub(super) form: RelationKey,
    /// The subject's relation, if it is a userset.
    pub(super) node: Option<NodeId>,
    /// The subject's object.
    pub(super) object: ObjectKey,
    /// The wildcard of the subject's type, as subject relation and object, if it occurs.
    pub(super) wildcard: Option<(RelationKey, ObjectKey)>,
    /// The nodes that can hold such a subject.
    pub(super) possible: Arc<NodeSet>,
    /// Whether it is one object without relation.
    pub(super) is_object: bool,
}

impl Goal {
    /// Whether a relation of an object holds the subject itself, or everyone of its type.
    pub(super) fn is_in(&self, snapshot: Snapshot<'_>, object: ObjectKey, relation: RelationKey) -> bool {
        snapshot.read(object, |postings| {
            let has_wildcard = |(form, object)| postings.has_subject(relation, form, object);
            postings.has_subject(relation, self.form, self.object) || self.wildcard.is_some_and(has_wildcard)
        })
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

/// An operation that waits.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// A question, to be remembered once its body answers.
    Question { body: OperationId, object: ObjectKey, outer: Option<u32> },
    /// The operands from `next` on are still to be asked; one that equals `decisive` ends it.
    Operands { next: u32, end: u32, object: ObjectKey, decisive: bool },
    /// The base of an exclusion is being asked; if it holds, what is subtracted comes next.
    Base { base: OperationId, subtract: OperationId, object: ObjectKey },
    /// What an exclusion subtracts is being asked.
    Subtract { subtract: OperationId, object: ObjectKey },
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

/// Evaluates one question for one goal.
#[derive(Debug)]
pub(super) struct Machine<'run, 'caller> {
    program: &'run Program,
    snapshot: Snapshot<'run>,
    goal: &'run Goal,
    meter: &'run mut Meter<'caller>,
    questions: &'run mut Questions,
    frames: &'run mut Vec<Frame>,
    subjects: &'run mut Vec<ObjectKey>,
    depth: usize,
}

/// An answer, or none yet: a frame was put on the stack, to be resumed without an answer first.
type Progress = Result<Option<bool>, Stop>;

impl<'run, 'caller> Machine<'run, 'caller> {
    pub(super) fn new(
        program: &'run Program,
        snapshot: Snapshot<'run>,
        goal: &'run Goal,
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
        let mut answer = self.enter_node(question)?;
        while let Some(frame) = self.frames.last().copied() {
            answer = match frame {
                Frame::Question { body, object, outer } => {
                    self.resume_question(body, object, outer, answer)?
                }
                Frame::Operands { next, end, object, decisive } => {
                    self.resume_operands(next..end, object, decisive, answer)?
                }
                Frame::Base { base, subtract, object } => self.resume_base(base, subtract, object, answer)?,
                Frame::Subtract { subtract, object } => self.resume_subtract(subtract, object, answer)?,
                Frame::Walk(walk) => self.resume_walk(walk, answer)?,
            };
        }
        Ok(answer == Some(true))
    }

    /// Asks one question: answers it from one search or from memory, or puts it on the stack.
    fn enter_node(&mut self, question: Question) -> Progress {
        self.meter.visit(1)?;
        if self.goal.node == Some(question.node) && self.goal.object == question.object {
            return Ok(Some(true));
        }
        if !self.goal.possible.contains(question.node) {
            return Ok(Some(false));
        }
        let (relation, body) = match self.program.node(question.node) {
            NodePlan::Leaf(relation) => {
                return Ok(Some(self.goal.is_in(self.snapshot, question.object, relation)));
            }
            NodePlan::Relation(relation, body) => (Some(relation), body),
            NodePlan::Permission(body) => (None, body),
        };
        let (known, outer) = self.questions.ask(question);
        match known {
            Known::Final(answer) => return Ok(Some(answer)),
            Known::Provisional => return Ok(Some(false)),
            Known::Negated => return Err(Stop::Negated),
            Known::Asked => {}
        }
        if relation.is_some_and(|relation| self.goal.is_in(self.snapshot, question.object, relation)) {
            self.questions.close(true, outer);
            return Ok(Some(true));
        }
        self.meter.check_depth(self.depth)?;
        self.depth += 1;
        self.push(Frame::Question { body, object: question.object, outer })
    }

    fn enter(&mut self, operation: OperationId, object: ObjectKey) -> Progress {
        match self.program.operation(operation) {
            Operation::Nil => Ok(Some(false)),
            Operation::SelfObject => Ok(Some(self.goal.is_object && self.goal.object == object)),
            Operation::Node(node) => self.enter_node(Question { node, object }),
            Operation::Walk(walk) => {
                self.push(Frame::Walk(WalkFrame::new(walk, object, self.subjects.len())))
            }
            Operation::Any(next, end) => self.push(Frame::Operands { next, end, object, decisive: true }),
            Operation::All(next, end) => self.push(Frame::Operands { next, end, object, decisive: false }),
            Operation::Exclusion(base, subtract) => self.push(Frame::Base { base, subtract, object }),
        }
    }

    fn resume_question(
        &mut self,
        body: OperationId,
        object: ObjectKey,
        outer: Option<u32>,
        answer: Option<bool>,
    ) -> Progress {
        let answer = match answer {
            Some(answer) => answer,
            None => match self.enter(body, object)? {
                Some(answer) => answer,
                None => return Ok(None),
            },
        };
        self.depth -= 1;
        self.questions.close(answer, outer);
        self.pop(answer)
    }

    fn resume_operands(
        &mut self,
        operands: Range<u32>,
        object: ObjectKey,
        decisive: bool,
        mut answer: Option<bool>,
    ) -> Progress {
        let end = operands.end;
        for operand in operands {
            if answer == Some(decisive) {
                return self.pop(decisive);
            }
            self.replace(Frame::Operands { next: operand + 1, end, object, decisive });
            answer = self.enter(self.program.operand(operand), object)?;
            if answer.is_none() {
                return Ok(None);
            }
        }
        self.pop(answer == Some(true))
    }

    fn resume_base(
        &mut self,
        base: OperationId,
        subtract: OperationId,
        object: ObjectKey,
        answer: Option<bool>,
    ) -> Progress {
        let answer = match answer {
            Some(answer) => Some(answer),
            None => self.enter(base, object)?,
        };
        match answer {
            None => Ok(None),
            Some(false) => self.pop(false),
            Some(true) => {
                self.replace(Frame::Subtract { subtract, object });
                self.questions.enter_negation();
                Ok(None)
            }
        }
    }

    fn resume_subtract(
        &mut self,
        subtract: OperationId,
        object: ObjectKey,
        answer: Option<bool>,
    ) -> Progress {
        let answer = match answer {
            Some(answer) => Some(answer),
            None => self.enter(subtract, object)?,
        };
        let Some(answer) = answer else { return Ok(None) };
        self.questions.leave_negation();
        self.pop(!answer)
    }

    fn resume_walk(&mut self, mut frame: WalkFrame, mut answer: Option<bool>) -> Progress {
        let walk = self.program.walk(frame.walk);
        let is_any = walk.function == ArrowFunction::Any;
        loop {
            if answer == Some(is_any) {
                self.subjects.truncate(frame.start);
                return self.pop(is_any);
            }
            if frame.next == self.subjects.len() && !self.fill(walk, &mut frame)? {
                return self.pop(!is_any && frame.has_subject);
            }
            let (_, target) = walk.steps[frame.step];
            let Some(node) = target else {
                // Only `.all()` walks to subjects that lack the target, and there they decide.
                answer = Some(false);
                continue;
            };
            let object = self.subjects[frame.next];
            frame.next += 1;
            self.replace(Frame::Walk(frame));
            answer = self.enter_node(Question { node, object })?;
            if answer.is_none() {
                return Ok(None);
            }
        }
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

    #[expect(clippy::unnecessary_wraps, reason = "it is what every step answers")]
    fn push(&mut self, frame: Frame) -> Progress {
        self.frames.push(frame);
        Ok(None)
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is what every step answers")]
    fn pop(&mut self, answer: bool) -> Progress {
        self.frames.pop();
        Ok(Some(answer))
    }

    fn replace(&mut self, frame: Frame) {
        if let Some(top) = self.frames.last_mut() {
            *top = frame;
        }
    }
}

impl WalkFrame {
    fn new(walk: u32, object: ObjectKey, start: usize) -> Self {
        Self {
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
