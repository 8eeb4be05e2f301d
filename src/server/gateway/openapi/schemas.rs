//! Messages as JSON schemas. Requests and answers differ: a request may leave out what it likes, give null, and write
//! numbers as text; an answer has every field. So a message that occurs in both has two schemas.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Comments;
use super::rules::{self, Constraint};

/// Which way a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Answer,
}

/// The schemas that are needed, by name. Referring to one adds it and all that it refers to.
#[derive(Debug)]
pub(super) struct Schemas<'a> {
    comments: &'a Comments,
    named: BTreeMap<String, Value>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(comments: &'a Comments) -> Self {
        Self { comments, named: BTreeMap::new() }
    }

    pub(super) fn into_named(self) -> BTreeMap<String, Value> {
        self.named
    }

    /// A message's schema: a reference to it, unless it has a form of its own in JSON.
    pub(super) fn message(&mut self, message: &MessageDescriptor, direction: Direction) -> Value {
        match message.full_name() {
            "google.protobuf.Struct" => json!({"type": "object"}),
            "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
            "google.protobuf.Duration" => {
                json!({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?s$"})
            }
            "google.protobuf.Any" => json!({
                "type": "object",
                "properties": {"@type": {"type": "string"}},
                "required": ["@type"],
            }),
            _ => self.reference(message, direction),
        }
    }

    /// Whether a request of this kind must have a field. Its schema has been made.
    pub(super) fn requires_fields(&self, message: &MessageDescriptor) -> bool {
        let schema = self.named.get(&schema_name(message, Direction::Request));
        schema.is_some_and(|schema| schema.get("required").is_some())
    }

    fn reference(&mut self, message: &MessageDescriptor, direction: Direction) -> Value {
        let name = schema_name(message, direction);
        if !self.named.contains_key(&name) {
            // First the name, since a message may hold itself.
            self.named.insert(name.clone(), Value::Null);
            let schema = self.object(message, direction);
            self.named.insert(name.clone(), schema);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    fn object(&mut self, message: &MessageDescriptor, direction: Direction) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in message.fields() {
            let constraint = rules::constraint(message.name(), field.name());
            let is_choice = field.containing_oneof().is_some();
            let is_required = match direction {
                Direction::Request => !field.is_list() && constraint.is_some_and(is_needed),
                Direction::Answer => !is_choice,
            };
            if is_required && !is_choice {
                required.push(field.json_name().to_owned());
            }
            let mut schema = match direction {
                Direction::Request => {
                    let schema = self.requested(&field, constraint);
                    if is_required || is_choice { schema } else { or_null(&schema) }
                }
                Direction::Answer => {
                    let schema = self.answered(&field);
                    let is_message = matches!(field.kind(), Kind::Message(_)) && !field.is_list();
                    if is_message && !is_choice { or_null(&schema) } else { schema }
                }
            };
            if let (Some(text), Value::Object(schema)) = (self.comments.of_field(&field), &mut schema) {
                schema.insert("description".to_owned(), text.into());
            }
            properties.insert(field.json_name().to_owned(), schema);
        }
        let mut object = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            object["required"] = required.into();
        }
        if direction == Direction::Request && rules::is_choice(message.name()) {
            let one = |field: FieldDescriptor| json!({"required": [field.json_name()]});
            object["oneOf"] = message.fields().map(one).collect();
        }
        if let Some(excluded) = rules::excluded(message.name()).filter(|_| direction == Direction::Request) {
            object["not"] = excluded;
        }
        if let Some(text) = self.comments.of_message(message) {
            object["description"] = text.into();
        }
        object
    }

    fn requested(&mut self, field: &FieldDescriptor, constraint: Option<Constraint>) -> Value {
        let schema = match field.kind() {
            Kind::Message(message) => {
                let schema = self.message(&message, Direction::Request);
                match constraint {
                    Some(Constraint::Resource) => {
                        let is_one = json!({"properties": {"objectId": {"not": {"const": "*"}}}});
                        json!({"allOf": [schema, is_one]})
                    }
                    _ => schema,
                }
            }
            Kind::Enum(names) => {
                self.enumeration(&names, Direction::Request, constraint.is_some_and(is_needed))
            }
            Kind::Bool if matches!(constraint, Some(Constraint::True)) => json!({"const": true}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Uint32 | Kind::Int32 | Kind::Uint64 | Kind::Int64 => {
                let most = match constraint {
                    Some(Constraint::Most(most)) => most,
                    _ => u32::MAX,
                };
                // As text, too, like every number of JSON's mapping.
                json!({"anyOf": [
                    {"type": "integer", "minimum": 0, "maximum": most},
                    {"type": "string", "pattern": "^(0|[1-9][0-9]{0,2})$"},
                ]})
            }
            _ => text(constraint),
        };
        if field.is_list() { json!({"type": "array", "items": schema}) } else { schema }
    }

    fn answered(&mut self, field: &FieldDescriptor) -> Value {
        let schema = match field.kind() {
            Kind::Message(message) => self.message(&message, Direction::Answer),
            Kind::Enum(names) => self.enumeration(&names, Direction::Answer, false),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Uint32 | Kind::Int32 => json!({"type": "integer"}),
            Kind::Uint64 | Kind::Int64 => json!({"type": "string", "pattern": "^-?[0-9]+$"}),
            _ => json!({"type": "string"}),
        };
        if field.is_list() { json!({"type": "array", "items": schema}) } else { schema }
    }

    fn enumeration(&self, names: &EnumDescriptor, direction: Direction, is_first_excluded: bool) -> Value {
        let values = names.values().filter(|value| value.number() != 0 || !is_first_excluded);
        let (texts, numbers): (Vec<_>, Vec<_>) =
            values.map(|value| (Value::from(value.name()), Value::from(value.number()))).unzip();
        let mut schema = match direction {
            Direction::Request => {
                let both = [texts, numbers].concat();
                json!({"enum": both})
            }
            Direction::Answer => json!({"type": "string", "enum": texts}),
        };
        if let Some(text) = self.comments.of_enum(names) {
            schema["description"] = text.into();
        }
        schema
    }
}

/// Whether a field that is held to this has to be there.
fn is_needed(constraint: Constraint) -> bool {
    match constraint {
        Constraint::Given | Constraint::Resource => true,
        Constraint::Text(rule) => !rule.matches(""),
        Constraint::Bytes(least, _) => least > 0,
        Constraint::Most(_) | Constraint::True => false,
    }
}

fn text(constraint: Option<Constraint>) -> Value {
    let mut schema = json!({"type": "string"});
    match constraint {
        Some(Constraint::Text(rule)) => {
            schema["pattern"] = rule.pattern().into();
            // Whatever matches is ASCII, so that bytes are characters.
            schema["maxLength"] = rule.bytes_max().into();
        }
        Some(Constraint::Bytes(least, most)) => {
            if least > 0 {
                schema["minLength"] = least.into();
            }
            if most < usize::MAX {
                schema["maxLength"] = most.into();
            }
        }
        _ => {}
    }
    schema
}

fn or_null(schema: &Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// `CheckPermissionRequest`, `SubjectFilter.RelationFilter`; what occurs in both directions tells them apart.
fn schema_name(message: &MessageDescriptor, direction: Direction) -> String {
    let name = message.full_name();
    let name = name.strip_prefix(message.package_name()).unwrap_or(name).trim_start_matches('.');
    let is_request = name.ends_with("Request");
    match direction {
        Direction::Request if !is_request => format!("{name}.Given"),
        _ => name.to_owned(),
    }
}
