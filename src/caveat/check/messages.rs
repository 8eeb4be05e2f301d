//! Messages of well-known types, and names of types.

use std::ops::Range;

use crate::caveat::expression::{Expression, ExpressionKind, Function};
use crate::caveat::message::{Field, FieldKind, MessageType};
use crate::caveat::syntax::{Name, Node};
use crate::caveat::value::Value;
use crate::relationship::shortened;

use super::checker::Checker;
use super::nodes::{Meaning, REFUSED, qualified_name};
use super::suggestion::did_you_mean;
use super::types::{Type, type_named};

/// What a name means that belongs to no parameter and no variable: a type, or the one constant.
pub(super) fn type_or_constant(name: &str, span: &Range<usize>) -> Option<Meaning> {
    if name == "google.protobuf.NullValue.NULL_VALUE" {
        return Some((ExpressionKind::Literal(Value::Int(0)), Type::Int));
    }
    if let Some((name, kind)) = type_named(name) {
        return Some((ExpressionKind::Literal(Value::Type(name)), Type::Metatype(kind.into())));
    }
    let message = MessageType::named(name)?;
    let kind = Type::Metatype(Type::from(message).into());
    if matches!(message, MessageType::Empty | MessageType::StructEntry) {
        return Some((ExpressionKind::Literal(Value::Type(message.name())), kind));
    }
    let name = ExpressionKind::Literal(Value::from(message.name()));
    let name = Expression { kind: name, span: span.clone() };
    Some((ExpressionKind::Call(Function::UndefinedType, vec![name]), kind))
}

impl<'a> Checker<'a> {
    /// `Type{field: value}`.
    pub(super) fn message(&mut self, name: &'a Node<'a>, fields: &'a [(Name<'a>, Node<'a>)]) -> Meaning {
        let message = self.message_type(name);
        let mut checked = Vec::with_capacity(fields.len());
        for (field_name, value) in fields {
            let value = self.part(value);
            let Some(message) = message else { continue };
            let Some(field) = message.field(field_name.text) else {
                self.undefined_field(message, field_name);
                continue;
            };
            let expected = field_type(field.kind);
            if !self.inference.fit(&expected, &value.kind) {
                let found = shortened(&self.inference.resolve(&value.kind).to_string());
                let text = format!("the field `{}` is of type `{expected}`, but found `{found}`", field.name);
                self.report(value.expression.span.clone(), text);
            }
            checked.push((field, value.expression));
        }
        match message {
            Some(message) => (ExpressionKind::Message(message, checked), Type::from(message)),
            None => REFUSED,
        }
    }

    /// The type of messages that a name means; what else it means is reported.
    fn message_type(&mut self, node: &'a Node<'a>) -> Option<MessageType> {
        let name = qualified_name(node)?;
        let is_variable = self.variables.iter().any(|variable| variable.name == name);
        let is_value = is_variable || self.parameters.contains_key(name.as_str());
        if !is_value && let Some(message) = MessageType::named(&name) {
            return Some(message);
        }
        let name = shortened(&name);
        let message = if is_value {
            format!("`{name}` is not a type")
        } else if type_named(&name).is_some() {
            format!("`{name}` is not a message type")
        } else {
            format!("undeclared reference to `{name}`; a map is written `{{\"key\": value}}`")
        };
        self.report(node.span.clone(), message);
        None
    }

    /// Reports that a message has no such field.
    pub(super) fn undefined_field(&mut self, message: MessageType, field: &Name<'_>) -> Type {
        let known = message.fields().iter().map(|field: &Field| field.name);
        let hint = did_you_mean(field.text, known);
        let text = format!("undefined field `{}`{hint}", shortened(field.text));
        self.report(field.span.clone(), text);
        Type::Error
    }
}

/// What a message stands for.
impl From<MessageType> for Type {
    fn from(message: MessageType) -> Self {
        let wrapper = |kind: Type| Self::Wrapper(kind.into());
        match message {
            MessageType::Any | MessageType::Value => Self::Dynamic,
            MessageType::BoolValue => wrapper(Self::Bool),
            MessageType::BytesValue => wrapper(Self::Bytes),
            MessageType::DoubleValue | MessageType::FloatValue => wrapper(Self::Double),
            MessageType::Duration => Self::Duration,
            MessageType::Empty | MessageType::StructEntry => Self::Message(message),
            MessageType::Int32Value | MessageType::Int64Value => wrapper(Self::Int),
            MessageType::ListValue => Self::list(Self::Dynamic),
            MessageType::StringValue => wrapper(Self::String),
            MessageType::Struct => Self::map(Self::String, Self::Dynamic),
            MessageType::Timestamp => Self::Timestamp,
            MessageType::UInt32Value | MessageType::UInt64Value => wrapper(Self::Uint),
            MessageType::Null => Self::Null,
        }
    }
}

/// The type of what a field takes and gives.
pub(super) fn field_type(kind: FieldKind) -> Type {
    match kind {
        FieldKind::Bool => Type::Bool,
        FieldKind::Bytes => Type::Bytes,
        FieldKind::Double | FieldKind::Float => Type::Double,
        FieldKind::Int32 | FieldKind::Int64 | FieldKind::Null => Type::Int,
        FieldKind::String => Type::String,
        FieldKind::Uint32 | FieldKind::Uint64 => Type::Uint,
        FieldKind::List => Type::list(Type::Dynamic),
        FieldKind::Map => Type::map(Type::String, Type::Dynamic),
        FieldKind::Json => Type::Dynamic,
    }
}
