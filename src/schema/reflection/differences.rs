//! What is different between two texts.

use std::collections::{BTreeMap, HashSet};

use crate::caveat::ParameterType;

use super::model::{
    ReflectedCaveat, ReflectedDefinition, ReflectedParameter, ReflectedPermission, ReflectedRelation,
    ReflectedSubject, Reflection,
};

/// Kinds of subject that the relations in the differences have together, at most: a relation is told once for each
/// kind of subject that it gains or loses, with all that it has.
const SUBJECTS_MAX: usize = 200_000;

/// One thing that is different. What is there in both texts is told as it is afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A definition is new.
    DefinitionAdded(ReflectedDefinition),
    /// A definition is gone.
    DefinitionRemoved(ReflectedDefinition),
    /// A definition has another comment.
    DefinitionCommentChanged(ReflectedDefinition),
    /// A relation is new in a definition.
    RelationAdded(ReflectedRelation),
    /// A relation is gone from a definition.
    RelationRemoved(ReflectedRelation),
    /// A relation has another comment.
    RelationCommentChanged(ReflectedRelation),
    /// A relation allows another kind of subject.
    SubjectAdded(ReflectedRelation, ReflectedSubject),
    /// A relation no longer allows a kind of subject.
    SubjectRemoved(ReflectedRelation, ReflectedSubject),
    /// A permission is new in a definition.
    PermissionAdded(ReflectedPermission),
    /// A permission is gone from a definition.
    PermissionRemoved(ReflectedPermission),
    /// A permission has another comment.
    PermissionCommentChanged(ReflectedPermission),
    /// A permission is computed from other operands, or in another order.
    PermissionExpressionChanged(ReflectedPermission),
    /// A caveat is new.
    CaveatAdded(ReflectedCaveat),
    /// A caveat is gone.
    CaveatRemoved(ReflectedCaveat),
    /// A caveat has another comment.
    CaveatCommentChanged(ReflectedCaveat),
    /// A caveat's expression is written differently, or of other types.
    CaveatExpressionChanged(ReflectedCaveat),
    /// A parameter is new in a caveat.
    ParameterAdded(ReflectedParameter),
    /// A parameter is gone from a caveat.
    ParameterRemoved(ReflectedParameter),
    /// A parameter has another type; the one that it had comes second.
    ParameterTypeChanged(ReflectedParameter, ParameterType),
}

/// More is different than can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the relations whose subjects are different allow more than {SUBJECTS_MAX} kinds of subject together, each \
     counted once for each that is different"
)]
pub struct DifferencesExceeded;

/// Everything that is different: what is new or gone first, then what has changed, each by name.
pub fn differences(before: &Reflection, after: &Reflection) -> Result<Vec<Difference>, DifferencesExceeded> {
    let mut comparison = Comparison { differences: Vec::new(), subjects: 0 };
    let definitions = Pairs::new(&before.definitions, &after.definitions, |definition| &definition.name);
    let caveats = Pairs::new(&before.caveats, &after.caveats, |caveat| &caveat.name);
    comparison.added(&definitions, Difference::DefinitionAdded);
    comparison.removed(&definitions, Difference::DefinitionRemoved);
    comparison.added(&caveats, Difference::CaveatAdded);
    comparison.removed(&caveats, Difference::CaveatRemoved);
    for (before, after) in definitions.in_both() {
        comparison.definition(before, after)?;
    }
    for (before, after) in caveats.in_both() {
        comparison.caveat(before, after);
    }
    Ok(comparison.differences)
}

/// What has one name, before and after.
struct Pairs<'r, N, T>(BTreeMap<&'r N, (Option<&'r T>, Option<&'r T>)>);

impl<'r, N: Ord, T> Pairs<'r, N, T> {
    fn new(before: &'r [T], after: &'r [T], name: fn(&T) -> &N) -> Self {
        let mut pairs: BTreeMap<&N, (Option<&T>, Option<&T>)> = BTreeMap::new();
        for declaration in before {
            pairs.entry(name(declaration)).or_default().0 = Some(declaration);
        }
        for declaration in after {
            pairs.entry(name(declaration)).or_default().1 = Some(declaration);
        }
        Self(pairs)
    }

    fn in_both(&self) -> impl Iterator<Item = (&'r T, &'r T)> {
        self.0.values().filter_map(|(before, after)| before.zip(*after))
    }
}

struct Comparison {
    differences: Vec<Difference>,
    subjects: usize,
}

impl Comparison {
    fn push(&mut self, difference: Difference) {
        self.differences.push(difference);
    }

    fn added<N, T: Clone>(&mut self, pairs: &Pairs<'_, N, T>, tell: fn(T) -> Difference) {
        for after in pairs.0.values().filter(|(before, _)| before.is_none()).filter_map(|(_, after)| *after) {
            self.push(tell(after.clone()));
        }
    }

    fn removed<N, T: Clone>(&mut self, pairs: &Pairs<'_, N, T>, tell: fn(T) -> Difference) {
        for before in pairs.0.values().filter(|(_, after)| after.is_none()).filter_map(|(before, _)| *before)
        {
            self.push(tell(before.clone()));
        }
    }

    fn definition(
        &mut self,
        before: &ReflectedDefinition,
        after: &ReflectedDefinition,
    ) -> Result<(), DifferencesExceeded> {
        if before.comment != after.comment {
            self.push(Difference::DefinitionCommentChanged(after.clone()));
        }
        let relations = Pairs::new(&before.relations, &after.relations, |relation| &relation.name);
        let permissions = Pairs::new(&before.permissions, &after.permissions, |permission| &permission.name);
        self.removed(&relations, Difference::RelationRemoved);
        self.added(&relations, Difference::RelationAdded);
        self.removed(&permissions, Difference::PermissionRemoved);
        self.added(&permissions, Difference::PermissionAdded);
        for (before, after) in permissions.in_both() {
            if before.expression != after.expression {
                self.push(Difference::PermissionExpressionChanged(after.clone()));
            }
            if before.comment != after.comment {
                self.push(Difference::PermissionCommentChanged(after.clone()));
            }
        }
        for (before, after) in relations.in_both() {
            self.relation(before, after)?;
        }
        Ok(())
    }

    fn relation(
        &mut self,
        before: &ReflectedRelation,
        after: &ReflectedRelation,
    ) -> Result<(), DifferencesExceeded> {
        if before.comment != after.comment {
            self.push(Difference::RelationCommentChanged(after.clone()));
        }
        self.subjects(before, after, after, Difference::SubjectRemoved)?;
        self.subjects(after, before, after, Difference::SubjectAdded)
    }

    /// Tells of the kinds of subject that one relation allows and another does not, each with a relation.
    fn subjects(
        &mut self,
        has: &ReflectedRelation,
        lacks: &ReflectedRelation,
        told: &ReflectedRelation,
        tell: fn(ReflectedRelation, ReflectedSubject) -> Difference,
    ) -> Result<(), DifferencesExceeded> {
        let mut known: HashSet<&ReflectedSubject> = lacks.subjects.iter().collect();
        for subject in &has.subjects {
            if known.insert(subject) {
                self.subjects += told.subjects.len();
                if self.subjects > SUBJECTS_MAX {
                    return Err(DifferencesExceeded);
                }
                self.push(tell(told.clone(), subject.clone()));
            }
        }
        Ok(())
    }

    fn caveat(&mut self, before: &ReflectedCaveat, after: &ReflectedCaveat) {
        if before.comment != after.comment {
            self.push(Difference::CaveatCommentChanged(after.clone()));
        }
        let parameters = Pairs::new(&before.parameters, &after.parameters, |parameter| &parameter.name);
        self.removed(&parameters, Difference::ParameterRemoved);
        self.added(&parameters, Difference::ParameterAdded);
        let mut is_other_type = false;
        for (before, after) in parameters.in_both() {
            if before.kind != after.kind {
                self.push(Difference::ParameterTypeChanged(after.clone(), before.kind.clone()));
                is_other_type |= checked_type(&before.kind) != checked_type(&after.kind);
            }
        }
        if is_other_type || before.source != after.source {
            self.push(Difference::CaveatExpressionChanged(after.clone()));
        }
    }
}

/// The type that expressions are checked with, where `uint` is `int`.
fn checked_type(kind: &ParameterType) -> ParameterType {
    match kind {
        ParameterType::Uint => ParameterType::Int,
        ParameterType::List(element) => ParameterType::List(Box::new(checked_type(element))),
        ParameterType::Map(value) => ParameterType::Map(Box::new(checked_type(value))),
        other => other.clone(),
    }
}
