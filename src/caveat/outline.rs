//! A compiled caveat as text: what the compiler has understood, for tests and for people.

use std::fmt::{Display, Formatter, Result, Write};

use super::caveat::Caveat;
use super::expression::{Expression, ExpressionKind, Macro, MacroCall};
use super::formats;
use super::value::Value;

/// Writes a caveat's expression with every operation in parentheses, operator first. Parameters stand by name, and the
/// variable of the outermost macro is `%0`.
#[derive(Debug, Clone, Copy)]
pub struct Outline<'c>(pub &'c Caveat);

impl Display for Outline<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        self.expression(formatter, self.0.expression())
    }
}

impl Outline<'_> {
    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn expression(self, formatter: &mut Formatter<'_>, expression: &Expression) -> Result {
        match &expression.kind {
            ExpressionKind::Literal(value) => literal(formatter, value),
            ExpressionKind::Parameter(number) => {
                let parameter = self.0.parameters().get(usize::from(*number));
                formatter.write_str(parameter.map_or("?", |parameter| &parameter.name))
            }
            ExpressionKind::Variable(number) => write!(formatter, "%{number}"),
            ExpressionKind::Not(operand) => self.operation(formatter, &"Not", [operand.as_ref()]),
            ExpressionKind::All(operands) => self.operation(formatter, &"All", operands),
            ExpressionKind::Any(operands) => self.operation(formatter, &"Any", operands),
            ExpressionKind::Conditional(operands) => {
                self.operation(formatter, &"Conditional", operands.as_ref())
            }
            ExpressionKind::Select(operand, field) => {
                self.operation(formatter, &format_args!("Select .{field}"), [operand.as_ref()])
            }
            ExpressionKind::Has(operand, field) => {
                self.operation(formatter, &format_args!("Has .{field}"), [operand.as_ref()])
            }
            ExpressionKind::OptionalSelect(operand, field) => {
                self.operation(formatter, &format_args!("Select .?{field}"), [operand.as_ref()])
            }
            ExpressionKind::Spread(operand) => self.operation(formatter, &"?", [operand.as_ref()]),
            ExpressionKind::Message(message, fields) => {
                write!(formatter, "({}", message.name())?;
                for (field, value) in fields {
                    write!(formatter, " {}: ", field.name)?;
                    self.expression(formatter, value)?;
                }
                formatter.write_char(')')
            }
            ExpressionKind::Call(function, arguments) => {
                self.operation(formatter, &format_args!("{function:?}"), arguments)
            }
            ExpressionKind::Matches(subject, pattern) => {
                self.operation(formatter, &format_args!("Matches /{pattern}/"), [subject.as_ref()])
            }
            ExpressionKind::InCidr(address, network) => {
                self.operation(formatter, &format_args!("InCidr {network}"), [address.as_ref()])
            }
            ExpressionKind::List(elements) => self.operation(formatter, &"List", elements),
            ExpressionKind::Map(entries) => {
                let entries = entries.iter().flat_map(|(key, value)| [key, value]);
                self.operation(formatter, &"Map", entries)
            }
            ExpressionKind::Macro(call) => self.macro_call(formatter, call),
        }
    }

    fn operation<'e>(
        self,
        formatter: &mut Formatter<'_>,
        name: &dyn Display,
        operands: impl IntoIterator<Item = &'e Expression>,
    ) -> Result {
        write!(formatter, "({name}")?;
        for operand in operands {
            formatter.write_char(' ')?;
            self.expression(formatter, operand)?;
        }
        formatter.write_char(')')
    }

    fn macro_call(self, formatter: &mut Formatter<'_>, call: &MacroCall) -> Result {
        let name = match call.name {
            Macro::All => "all",
            Macro::Exists => "exists",
            Macro::ExistsOne => "exists_one",
            Macro::Map => "map",
            Macro::Filter => "filter",
            Macro::OptionalMap => "optMap",
        };
        let parts = [Some(&call.range), call.predicate.as_ref(), call.result.as_ref()];
        let variable = call.variable;
        self.operation(formatter, &format_args!("{name} %{variable}"), parts.into_iter().flatten())
    }
}

fn literal(formatter: &mut Formatter<'_>, value: &Value) -> Result {
    match value {
        Value::Null => formatter.write_str("null"),
        Value::Bool(value) => write!(formatter, "{value}"),
        Value::Int(value) => write!(formatter, "{value}"),
        Value::Uint(value) => write!(formatter, "{value}u"),
        Value::Double(value) => write!(formatter, "{value:?}"),
        Value::String(value) => write!(formatter, "{value:?}"),
        Value::Bytes(value) => write!(formatter, "b\"{}\"", value.escape_ascii()),
        Value::Type(name) => write!(formatter, "<{name}>"),
        Value::List(values) => {
            formatter.write_str("(List")?;
            for value in values.iter() {
                formatter.write_char(' ')?;
                literal(formatter, value)?;
            }
            formatter.write_char(')')
        }
        Value::Map(entries) => {
            formatter.write_str("(Map")?;
            for (key, value) in entries.iter() {
                formatter.write_char(' ')?;
                literal(formatter, &key.value())?;
                formatter.write_char(' ')?;
                literal(formatter, value)?;
            }
            formatter.write_char(')')
        }
        Value::Optional(None) => formatter.write_str("(Optional)"),
        Value::Optional(Some(value)) => {
            formatter.write_str("(Optional ")?;
            literal(formatter, value)?;
            formatter.write_char(')')
        }
        Value::Message(_)
        | Value::Duration(_)
        | Value::Timestamp(_)
        | Value::IpAddress(_)
        | Value::ZonedAddress(_) => formatter.write_str(&formats::shown(value)),
    }
}
