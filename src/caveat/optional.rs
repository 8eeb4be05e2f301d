//! Evaluation of what has to do with values that may be absent, and of messages, whose fields may be.

use std::borrow::Cow;

use super::evaluate::{Evaluator, Outcome, owned};
use super::expression::{Expression, ExpressionKind, Function, MacroCall};
use super::functions;
use super::message::{Field, MessageType};
use super::stop::Stop;
use super::value::Value;

impl<'a> Evaluator<'a, '_> {
    /// `operand.?field`.
    #[inline(never)]
    pub(super) fn optional_select(&mut self, operand: &'a Expression, field: &str) -> Outcome<'a> {
        let container = self.value(operand)?;
        owned(functions::optional_select(&container, field)?)
    }

    /// `container[?key]`.
    #[inline(never)]
    pub(super) fn optional_index(&mut self, container: &'a Expression, key: &'a Expression) -> Outcome<'a> {
        let Some((container, key)) = self.indexed(container, key)? else {
            return owned(Value::Optional(None));
        };
        owned(functions::optional_index(&container, &key)?)
    }

    /// `or` and `orValue`. A value that is not optional stands for itself, as in cel-go.
    #[inline(never)]
    pub(super) fn optional_or(
        &mut self,
        function: Function,
        optional: &'a Expression,
        other: &'a Expression,
    ) -> Outcome<'a> {
        let optional = self.value(optional)?;
        match optional.as_ref() {
            Value::Optional(None) => self.value(other),
            Value::Optional(Some(value)) if function == Function::OptionalOrValue => {
                owned(value.as_ref().clone())
            }
            _ => Ok(optional),
        }
    }

    /// `optional.optMap(variable, result)`.
    #[inline(never)]
    pub(super) fn optional_map(&mut self, call: &'a MacroCall) -> Outcome<'a> {
        let optional = self.value(&call.range)?;
        let value = match optional.as_ref() {
            Value::Optional(None) => return Ok(optional),
            Value::Optional(Some(value)) => value.as_ref().clone(),
            other => return Err(Stop::no_function("hasValue", &[other])),
        };
        let Some(result) = &call.result else { return Err(Stop::no_overload()) };
        self.variables.push(Cow::Owned(value));
        let result = self.value(result);
        self.variables.pop();
        owned(functions::optional_of(result?.into_owned()))
    }

    /// `?operand` where some part of a value is written: nothing if it is absent.
    pub(super) fn spread(&mut self, operand: &'a Expression, place: &str) -> Result<Option<Value>, Stop> {
        let value = self.value(operand)?;
        match value.as_ref() {
            Value::Optional(value) => Ok(value.as_deref().cloned()),
            other => {
                let found = other.type_name();
                Err(Stop::failed(format!(
                    "cannot initialize optional {place} from non-optional value of type '{found}'"
                )))
            }
        }
    }

    /// `Type{field: value}`. A field that is absent takes back what was written for it before.
    #[inline(never)]
    pub(super) fn message(&mut self, message: MessageType, fields: &'a [(Field, Expression)]) -> Outcome<'a> {
        let mut written: Vec<(Field, Value)> = Vec::with_capacity(fields.len());
        for (field, value) in fields {
            let value = match &value.kind {
                ExpressionKind::Spread(operand) => self.spread(operand, "entry")?,
                _ => Some(self.value(value)?.into_owned()),
            };
            if let Some(value) = value {
                written.push((*field, value));
            } else {
                self.budget.take_elements(written.len())?;
                written.retain(|(other, _)| other != field);
            }
        }
        owned(functions::construct(message, written, self.budget)?)
    }
}
