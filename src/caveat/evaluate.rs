//! Three-valued evaluation of a checked expression.
//!
//! An operation has a value, or depends on parameters that were not given, or fails. Strict operations take over the
//! first of their operands that has no value; `&&`, `||` and the macros `all` and `exists` may not need it. Which
//! unknown or failed operand counts is as in cel-go, so that the same parameters are reported missing.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::bindings::Bindings;
use super::budget::Budget;
use super::caveat::{Missing, Verdict};
use super::comprehension;
use super::entries::{Entries, MapKey};
use super::error::EvaluationError;
use super::expression::{Expression, ExpressionKind, Function, Macro};
use super::functions;
use super::logic::Fold;
use super::stop::Stop;
use super::value::Value;

/// Evaluates a boolean expression.
pub(super) fn evaluate(
    expression: &Expression,
    stored: Option<&Bindings>,
    request: Option<&Bindings>,
    budget: &mut Budget,
) -> Result<Verdict, EvaluationError> {
    let mut evaluator = Evaluator { stored, request, variables: SmallVec::new(), budget };
    match evaluator.truth(expression) {
        Ok(true) => Ok(Verdict::True),
        Ok(false) => Ok(Verdict::False),
        Err(Stop::Unknown(missing)) => Ok(Verdict::Unknown(missing)),
        Err(Stop::Failed(error)) => Err(error),
        Err(Stop::Exhausted(exhausted)) => Err(exhausted.into()),
    }
}

/// The value of an operation, borrowed from the expression or a context where that is possible.
pub(super) type Outcome<'a> = Result<Cow<'a, Value>, Stop>;

/// A container and a key into it.
pub(super) type Indexed<'a> = (Cow<'a, Value>, Cow<'a, Value>);

/// One evaluation.
pub(super) struct Evaluator<'a, 'b> {
    stored: Option<&'a Bindings>,
    request: Option<&'a Bindings>,
    /// Of the macros around, the outermost first.
    pub(super) variables: SmallVec<[Cow<'a, Value>; 4]>,
    pub(super) budget: &'b mut Budget,
}

impl<'a> Evaluator<'a, '_> {
    /// The value of a boolean expression.
    #[inline]
    pub(super) fn truth(&mut self, expression: &'a Expression) -> Result<bool, Stop> {
        self.budget.take(1)?;
        let value = match &expression.kind {
            ExpressionKind::Literal(value) => Cow::Borrowed(value),
            ExpressionKind::Parameter(parameter) => Cow::Borrowed(self.parameter(*parameter)?),
            kind if is_test(kind) => return self.test(kind),
            kind => self.operation(kind)?,
        };
        match value.as_ref() {
            Value::Bool(value) => Ok(*value),
            _ => Err(Stop::no_overload()),
        }
    }

    /// The value of an expression. The parser bounds how deep expressions are.
    #[inline]
    pub(super) fn value(&mut self, expression: &'a Expression) -> Outcome<'a> {
        self.budget.take(1)?;
        match &expression.kind {
            ExpressionKind::Literal(value) => Ok(Cow::Borrowed(value)),
            ExpressionKind::Parameter(parameter) => self.parameter(*parameter).map(Cow::Borrowed),
            kind => self.operation(kind),
        }
    }

    /// What always is true or false. It has a path of its own since moving values around costs more than they do.
    #[inline(never)]
    fn test(&mut self, kind: &'a ExpressionKind) -> Result<bool, Stop> {
        match kind {
            ExpressionKind::Not(operand) => Ok(!self.truth(operand)?),
            ExpressionKind::All(operands) => self.fold(operands, false),
            ExpressionKind::Any(operands) => self.fold(operands, true),
            ExpressionKind::Has(operand, field) => functions::has(&*self.value(operand)?, field),
            ExpressionKind::Matches(operand, pattern) => {
                let operand = self.value(operand)?;
                functions::matches(&operand, pattern, self.budget)
            }
            ExpressionKind::InCidr(operand, network) => {
                functions::is_in_network(&*self.value(operand)?, network)
            }
            ExpressionKind::Macro(call) => comprehension::test(self, call),
            ExpressionKind::Call(function, arguments) => {
                let [left, right] = arguments.as_slice() else { return Err(Stop::no_overload()) };
                let left = self.value(left)?;
                let right = self.value(right)?;
                functions::test(*function, &left, &right, self.budget)
            }
            _ => Err(Stop::no_overload()),
        }
    }

    #[inline(never)]
    fn operation(&mut self, kind: &'a ExpressionKind) -> Outcome<'a> {
        match kind {
            kind if is_test(kind) => owned(self.test(kind)?),
            ExpressionKind::Literal(value) => Ok(Cow::Borrowed(value)),
            ExpressionKind::Parameter(parameter) => self.parameter(*parameter).map(Cow::Borrowed),
            ExpressionKind::Variable(variable) => self.variable(*variable),
            ExpressionKind::Conditional(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                if self.truth(condition)? { self.value(then) } else { self.value(otherwise) }
            }
            ExpressionKind::Select(operand, field) => self.select(operand, field),
            ExpressionKind::Call(function, arguments) => self.call(*function, arguments),
            ExpressionKind::List(elements) => self.list(elements),
            ExpressionKind::Map(entries) => self.map(entries),
            ExpressionKind::OptionalSelect(operand, field) => self.optional_select(operand, field),
            ExpressionKind::Message(message, fields) => self.message(*message, fields),
            ExpressionKind::Macro(call) if call.name == Macro::OptionalMap => self.optional_map(call),
            ExpressionKind::Macro(call) => comprehension::collect(self, call),
            _ => Err(Stop::no_overload()),
        }
    }

    fn parameter(&self, parameter: u16) -> Result<&'a Value, Stop> {
        let stored = self.stored.and_then(|bindings| bindings.get(parameter));
        let value = stored.or_else(|| self.request.and_then(|bindings| bindings.get(parameter)));
        value.ok_or_else(|| Stop::Unknown(Missing::from_slice(&[parameter])))
    }

    pub(super) fn variable(&self, variable: u16) -> Outcome<'a> {
        let value = self.variables.get(usize::from(variable));
        debug_assert!(value.is_some(), "the checker numbers variables by the macros around them");
        value.cloned().ok_or_else(|| Stop::failed("no such variable"))
    }

    #[inline(never)]
    fn fold(&mut self, operands: &'a [Expression], decisive: bool) -> Result<bool, Stop> {
        let mut fold = Fold::new(decisive);
        for operand in operands {
            if fold.add(self.truth(operand))? {
                break;
            }
        }
        fold.finish()
    }

    #[inline(never)]
    fn select(&mut self, operand: &'a Expression, field: &str) -> Outcome<'a> {
        let container = self.value(operand)?;
        if let Value::Optional(_) = container.as_ref() {
            return owned(functions::optional_select(&container, field)?);
        }
        if let Value::Message(message) = container.as_ref() {
            return owned(functions::field(message, field)?);
        }
        inside(&container, |value| functions::select(value, field))
    }

    fn call(&mut self, function: Function, arguments: &'a [Expression]) -> Outcome<'a> {
        match (function, arguments) {
            (Function::Index, [container, key]) => self.index(container, key),
            (Function::OptionalIndex, [container, key]) => self.optional_index(container, key),
            (Function::OptionalOr | Function::OptionalOrValue, [optional, other]) => {
                self.optional_or(function, optional, other)
            }
            (Function::OptionalNone, []) => owned(Value::Optional(None)),
            (Function::ToDynamic, [operand]) => self.value(operand),
            (_, [operand]) => {
                let operand = self.value(operand)?;
                functions::call_one(function, &operand, self.budget).map(Cow::Owned)
            }
            (_, [left, right]) => {
                let left = self.value(left)?;
                let right = self.value(right)?;
                functions::call_two(function, &left, &right, self.budget).map(Cow::Owned)
            }
            _ => Err(Stop::no_overload()),
        }
    }

    #[inline(never)]
    fn index(&mut self, container: &'a Expression, key: &'a Expression) -> Outcome<'a> {
        let Some((found, key)) = self.indexed(container, key)? else {
            return owned(Value::Optional(None));
        };
        if let Value::Optional(_) = found.as_ref() {
            return owned(functions::optional_index(&found, &key)?);
        }
        if let (Value::Message(message), Value::String(field)) = (found.as_ref(), key.as_ref()) {
            return owned(functions::field(message, field)?);
        }
        inside(&found, |value| functions::index(value, &key))
    }

    /// A container and a key into it. Into what is absent, the key is not looked at.
    #[inline]
    pub(super) fn indexed(
        &mut self,
        container: &'a Expression,
        key: &'a Expression,
    ) -> Result<Option<Indexed<'a>>, Stop> {
        let found = match self.value(container) {
            Ok(found) => found,
            Err(Stop::Unknown(missing)) => return Err(self.index_into_unknown(container, missing, key)),
            Err(stop) => return Err(stop),
        };
        match found.as_ref() {
            Value::Optional(None) => Ok(None),
            _ => Ok(Some((found, self.value(key)?))),
        }
    }

    /// On a path from a parameter, such as `m.a[key]`, a key that fails counts before what is not known, and an
    /// unknown key before an unknown one to the left of it.
    #[cold]
    fn index_into_unknown(
        &mut self,
        container: &'a Expression,
        missing: Missing,
        key: &'a Expression,
    ) -> Stop {
        let Some(root) = root(container) else { return Stop::Unknown(missing) };
        match self.value(key) {
            Err(Stop::Unknown(key)) if self.parameter(root).is_ok() => Stop::Unknown(key),
            Err(stop @ (Stop::Failed(_) | Stop::Exhausted(_))) => stop,
            _ => Stop::Unknown(missing),
        }
    }

    #[inline(never)]
    fn list(&mut self, elements: &'a [Expression]) -> Outcome<'a> {
        let values = elements.iter().filter_map(|element| match &element.kind {
            ExpressionKind::Spread(operand) => self.spread(operand, "list element").transpose(),
            _ => Some(self.value(element).map(Cow::into_owned)),
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        owned(Value::list(values))
    }

    #[inline(never)]
    fn map(&mut self, entries: &'a [(Expression, Expression)]) -> Outcome<'a> {
        let mut found = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = self.value(key)?;
            let value = match &value.kind {
                ExpressionKind::Spread(operand) => self.spread(operand, "entry")?,
                _ => Some(self.value(value)?.into_owned()),
            };
            let no_key = || Stop::failed(format!("unsupported key type '{}' in map", key.type_name()));
            let key = MapKey::of(&key).ok_or_else(no_key)?;
            if let Some(value) = value {
                found.push((key, value));
            } else {
                self.budget.take_elements(found.len())?;
                found.retain(|(other, _)| *other != key);
            }
        }
        let entries: Entries = found.into_iter().collect();
        owned(Value::Map(entries.into()))
    }
}

/// Whether an operation always is true or false, or has no value.
fn is_test(kind: &ExpressionKind) -> bool {
    match kind {
        ExpressionKind::Not(_)
        | ExpressionKind::All(_)
        | ExpressionKind::Any(_)
        | ExpressionKind::Has(..)
        | ExpressionKind::Matches(..)
        | ExpressionKind::InCidr(..) => true,
        ExpressionKind::Call(function, _) => functions::is_test(*function),
        ExpressionKind::Macro(call) => !matches!(call.name, Macro::Map | Macro::Filter | Macro::OptionalMap),
        _ => false,
    }
}

/// The parameter that a path such as `m.a[key].b` starts from.
fn root(path: &Expression) -> Option<u16> {
    match &path.kind {
        ExpressionKind::Parameter(parameter) => Some(*parameter),
        ExpressionKind::Select(operand, _) | ExpressionKind::OptionalSelect(operand, _) => root(operand),
        ExpressionKind::Call(Function::Index | Function::OptionalIndex, arguments) => {
            arguments.first().and_then(root)
        }
        _ => None,
    }
}

/// A value that was just made.
#[expect(clippy::unnecessary_wraps, reason = "what evaluates an operation ends with this")]
#[inline]
pub(super) fn owned<'a>(value: impl Into<Value>) -> Outcome<'a> {
    Ok(Cow::Owned(value.into()))
}

/// A part of a value: borrowed if the whole is.
fn inside<'a, F>(whole: &Cow<'a, Value>, part: F) -> Outcome<'a>
where
    F: for<'v> FnOnce(&'v Value) -> Result<&'v Value, Stop>,
{
    match whole {
        Cow::Borrowed(whole) => part(whole).map(Cow::Borrowed),
        Cow::Owned(whole) => part(whole).map(|part| Cow::Owned(part.clone())),
    }
}
