//! The evaluation of one question, on a stack of its own.
//!
//! A frame is one operation that waits for a part of its answer. Entering an operation either answers at once, or puts
//! a frame on the stack and enters a part; an answer goes to the topmost frame, which answers in turn or enters its
//! next part. The last part is not waited for. So depth is heap, and a hop allocates nothing once the stacks have grown
//! to their size.

use std::ops::Range;

use crate::index::{ObjectKey, Snapshot};
use crate::schema::ArrowFunction;

use super::answer::Answer;
use super::conditions::Conditions;
use super::error::EvaluateError;
use super::goal::Goal;
use super::limits::Meter;
use super::program::{NodePlan, Operation, OperationId, Program, Walk};
use super::questions::{Entangled, Known, Question, Questions};
use super::subjects::Subjects;

/// Subjects copied out of the index at once.
const CHUNK: usize = 64;

/// Why the machine stopped without an answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// There is none.
    Error(EvaluateError),
    /// A negation, or an undecided answer, depends on a question that is still open: the exact evaluation decides.
    Entangled,
}

impl From<Entangled> for Stop {
    fn from(_: Entangled) -> Self {
        Self::Entangled
    }
}

impl From<EvaluateError> for Stop {
    fn from(error: EvaluateError) -> Self {
        Self::Error(error)
    }
}

/// The memory of an evaluation: what was answered, for the next question about the same subject.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    questions: Questions,
    frames: Vec<Frame>,
    subjects: Subjects,
}

impl Scratch {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.questions.clear();
        self.frames.clear();
        self.subjects.truncate(0, 0);
    }

    /// Forgets what was under way. Answers are kept.
    pub(super) fn abandon(&mut self) {
        self.questions.abandon();
        self.frames.clear();
        self.subjects.truncate(0, 0);
    }

    /// Takes note of an answer that was found elsewhere.
    pub(super) fn remember(&mut self, question: Question, answer: Answer) {
        self.questions.remember(question, answer);
    }

    /// How many questions it remembers.
    pub(super) fn remembered(&self) -> usize {
        self.questions.len()
    }
}

/// An operation that waits for an answer.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// A question, to be remembered once its body answers. The question around it is `outer`; `direct` is what is
    /// known without the body.
    Question { outer: Option<u32>, direct: Answer },
    /// The operands from `next` on are still to be asked: any of them is enough, or all are needed. Those before come
    /// to `answer`.
    Operands { next: u32, end: u32, object: ObjectKey, is_any: bool, answer: Answer },
    /// The base of an exclusion is being asked; if it holds, what is subtracted comes next.
    Base { subtract: OperationId, object: ObjectKey },
    /// What an exclusion subtracts is being asked.
    Subtract { base: Answer },
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
    /// Where this frame's part of the conditions' stack begins.
    conditions_start: usize,
    /// What the subjects asked so far come to.
    answer: Answer,
    /// Whether the subject that is being asked is one.
    condition: Answer,
    /// Whether one subject is enough; otherwise all are needed, and there must be one.
    is_any: bool,
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
    Answer(Answer),
}

/// Evaluates one question for one goal.
#[derive(Debug)]
pub(super) struct Machine<'run, 'data, 'caller> {
    program: &'run Program,
    snapshot: Snapshot<'run>,
    goal: &'run Goal<'run>,
    meter: &'run mut Meter<'caller>,
    questions: &'run mut Questions,
    conditions: &'run mut Conditions<'data>,
    frames: &'run mut Vec<Frame>,
    subjects: &'run mut Subjects,
    depth: usize,
}

impl<'run, 'data, 'caller> Machine<'run, 'data, 'caller> {
    /// A machine that knows what the memory holds, which must be of the same subject, snapshot and context.
    pub(super) fn new(
        program: &'run Program,
        snapshot: Snapshot<'run>,
        goal: &'run Goal<'run>,
        conditions: &'run mut Conditions<'data>,
        meter: &'run mut Meter<'caller>,
        scratch: &'run mut Scratch,
    ) -> Self {
        let Scratch { questions, frames, subjects } = scratch;
        Self { program, snapshot, goal, meter, questions, conditions, frames, subjects, depth: 0 }
    }

    pub(super) fn run(&mut self, question: Question) -> Result<Answer, Stop> {
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
            return Ok(Step::Answer(Answer::YES));
        }
        if !self.goal.possible.contains(question.node) {
            return Ok(Step::Answer(Answer::NO));
        }
        let (relation, body) = match self.program.node(question.node) {
            NodePlan::Leaves(from, to) => return Ok(Step::Answer(self.look(from, to, question.object)?)),
            NodePlan::Relation(relation, body) => (Some(relation), body),
            NodePlan::Arrow(body) | NodePlan::Permission(body) => (None, body),
        };
        let (known, outer) = self.questions.ask(question);
        match known {
            Known::Final(answer) => return Ok(Step::Answer(answer)),
            Known::Provisional => return Ok(Step::Answer(Answer::NO)),
            Known::Negated => return Err(Stop::Entangled),
            Known::Asked => {}
        }
        let mut direct = Answer::NO;
        if let Some(relation) = relation {
            direct =
                self.goal.is_in(self.snapshot, question.object, relation, self.conditions, self.meter)?;
            if direct == Answer::YES {
                self.questions.close(direct, outer)?;
                return Ok(Step::Answer(direct));
            }
        }
        self.meter.check_depth(self.depth)?;
        self.depth += 1;
        self.frames.push(Frame::Question { outer, direct });
        Ok(Step::Enter(body, question.object))
    }

    fn enter(&mut self, operation: OperationId, object: ObjectKey) -> Result<Step, Stop> {
        Ok(match self.program.operation(operation) {
            Operation::Nil => Step::Answer(Answer::NO),
            Operation::SelfObject => {
                Step::Answer(Answer::from(self.goal.is_object && self.goal.object == object))
            }
            Operation::Node(node) => match self.program.node(node) {
                NodePlan::Arrow(body) if self.goal.node.is_none() && self.goal.possible.contains(node) => {
                    Step::Enter(body, object)
                }
                _ => Step::Ask(Question { node, object }),
            },
            Operation::Leaves(from, to) => Step::Answer(self.look(from, to, object)?),
            Operation::Walk(walk) => self.walk_on(self.new_walk(walk, object))?,
            Operation::Any(next, end) => self.enter_next(next..end, object, true, Answer::NO)?,
            Operation::All(next, end) => self.enter_next(next..end, object, false, Answer::YES)?,
            Operation::Exclusion(base, subtract) => {
                self.frames.push(Frame::Base { subtract, object });
                Step::Enter(base, object)
            }
        })
    }

    fn resume(&mut self, frame: Frame, answer: Answer) -> Result<Step, Stop> {
        Ok(match frame {
            Frame::Question { outer, direct } => {
                self.depth -= 1;
                let answer = self.conditions.doubts.either(direct, answer);
                self.questions.close(answer, outer)?;
                Step::Answer(answer)
            }
            Frame::Operands { next, end, object, is_any, answer: before } => {
                let answer = self.conditions.doubts.join(is_any, before, answer);
                if answer == decisive(is_any) {
                    Step::Answer(answer)
                } else {
                    self.enter_next(next..end, object, is_any, answer)?
                }
            }
            Frame::Base { .. } if answer == Answer::NO => Step::Answer(Answer::NO),
            Frame::Base { subtract, object } => {
                self.questions.enter_negation();
                self.frames.push(Frame::Subtract { base: answer });
                Step::Enter(subtract, object)
            }
            Frame::Subtract { base } => {
                self.questions.leave_negation();
                Step::Answer(self.conditions.doubts.both(base, answer.negated()))
            }
            Frame::Walk(mut walk) => {
                let answer = self.conditions.doubts.both(walk.condition, answer);
                walk.answer = self.conditions.doubts.join(walk.is_any, walk.answer, answer);
                if walk.answer == decisive(walk.is_any) {
                    self.end_walk(&walk, walk.answer)
                } else {
                    self.walk_on(walk)?
                }
            }
        })
    }

    /// Enters the first of the operands that are left and not answered at once. Nothing waits for the last one if its
    /// answer is theirs.
    fn enter_next(
        &mut self,
        operands: Range<u32>,
        object: ObjectKey,
        is_any: bool,
        mut answer: Answer,
    ) -> Result<Step, Stop> {
        let end = operands.end;
        for place in operands {
            let operand = self.program.operand(place);
            if let Operation::Leaves(from, to) = self.program.operation(operand) {
                let leaves = self.look(from, to, object)?;
                answer = self.conditions.doubts.join(is_any, answer, leaves);
                if answer == decisive(is_any) {
                    return Ok(Step::Answer(answer));
                }
                continue;
            }
            if place + 1 < end || answer != decisive(!is_any) {
                self.frames.push(Frame::Operands { next: place + 1, end, object, is_any, answer });
            }
            return Ok(Step::Enter(operand, object));
        }
        Ok(Step::Answer(answer))
    }

    /// Looks for the subject in some relations of an object.
    fn look(&mut self, from: u32, to: u32, object: ObjectKey) -> Result<Answer, Stop> {
        let leaves = self.program.leaves(from, to);
        self.meter.visit(leaves.len() as u64)?;
        Ok(self.goal.is_in_any(self.snapshot, object, leaves, self.conditions, self.meter)?)
    }

    /// Asks the next subject of a walk. Nothing waits for the last one if its answer is the walk's.
    fn walk_on(&mut self, mut frame: WalkFrame) -> Result<Step, Stop> {
        let walk = self.program.walk(frame.walk);
        loop {
            if frame.next == self.subjects.len() && !self.fill(walk, &mut frame)? {
                let is_empty = !frame.is_any && !frame.has_subject;
                return Ok(Step::Answer(if is_empty { Answer::NO } else { frame.answer }));
            }
            let (_, target) = walk.steps[frame.step];
            let (object, condition) = self.subjects.get(frame.next);
            frame.next += 1;
            frame.condition = match condition {
                Some(condition) => self.conditions.decide(condition, self.meter)?,
                None => Answer::YES,
            };
            // Only `.all()` walks to subjects that lack the target, and there they decide.
            let Some(node) = target.filter(|_| frame.condition != Answer::NO) else {
                if frame.is_any {
                    continue;
                }
                return Ok(self.end_walk(&frame, Answer::NO));
            };
            let is_last =
                frame.next == self.subjects.len() && !frame.has_more && frame.step + 1 == walk.steps.len();
            let is_neutral = frame.condition == Answer::YES && frame.answer == decisive(!frame.is_any);
            if is_last && is_neutral {
                self.subjects.truncate(frame.start, frame.conditions_start);
            } else {
                self.frames.push(Frame::Walk(frame));
            }
            return Ok(Step::Ask(Question { node, object }));
        }
    }

    /// Copies the next subjects of a walk out of the index. Whether there are any.
    fn fill(&mut self, walk: &Walk, frame: &mut WalkFrame) -> Result<bool, Stop> {
        let mut after = self.subjects.last().filter(|_| frame.has_more);
        self.subjects.truncate(frame.start, frame.conditions_start);
        // At first, nothing of this form has been asked yet.
        if frame.next > frame.start && after.is_none() {
            frame.step += 1;
        }
        frame.next = frame.start;
        while let Some((form, target)) = walk.steps.get(frame.step) {
            let is_worthwhile =
                !frame.is_any || target.is_some_and(|target| self.goal.possible.contains(target));
            if is_worthwhile {
                let subjects = &mut *self.subjects;
                frame.has_more = self.snapshot.read(frame.object, |postings| {
                    let push = |subject, condition| subjects.push(subject, condition);
                    postings.subjects(walk.relation, *form, after, CHUNK, push)
                });
                let count = self.subjects.len() - frame.start;
                if count > 0 {
                    frame.has_subject = true;
                    self.meter.visit(count as u64)?;
                    return Ok(true);
                }
            }
            frame.step += 1;
            after = None;
        }
        Ok(false)
    }

    fn end_walk(&mut self, frame: &WalkFrame, answer: Answer) -> Step {
        self.subjects.truncate(frame.start, frame.conditions_start);
        Step::Answer(answer)
    }

    fn new_walk(&self, walk: u32, object: ObjectKey) -> WalkFrame {
        let start = self.subjects.len();
        let is_any = self.program.walk(walk).function == ArrowFunction::Any;
        WalkFrame {
            walk,
            object,
            step: 0,
            start,
            next: start,
            conditions_start: self.subjects.conditions_len(),
            answer: decisive(!is_any),
            condition: Answer::YES,
            is_any,
            has_more: false,
            has_subject: false,
        }
    }
}

/// The answer of one part that decides the whole: yes if any part is enough, no if all are needed. The other one changes
/// nothing.
fn decisive(is_any: bool) -> Answer {
    Answer::from(is_any)
}
