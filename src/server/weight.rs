//! How much memory messages take, at the most, while they wait to be sent.

use prost::Message;
use prost_types::value::Kind;
use prost_types::{Struct, Value};

use super::wire::v1;

/// Fields of one node of a B-tree, and what such a node takes with them, at the most.
const NODE_FIELDS_MIN: usize = 5;
const NODE_BYTES: usize = 11 * (size_of::<String>() + size_of::<Value>()) + 32;

/// A message without structures: its texts, each with where it is kept, take at most twice their bytes on the wire.
pub(super) fn message<M: Message>(message: &M) -> usize {
    size_of::<M>() + 2 * message.encoded_len()
}

/// What a relationship's context takes.
pub(super) fn context(relationship: &v1::Relationship) -> usize {
    let context = relationship.optional_caveat.as_ref().and_then(|caveat| caveat.context.as_ref());
    context.map_or(0, structure)
}

/// A structure, of which a few bytes on the wire may be a node of a tree. Recursion is as deep as it was when it was read.
pub(super) fn structure(structure: &Struct) -> usize {
    if structure.fields.is_empty() {
        return 0;
    }
    let nodes = structure.fields.len() / NODE_FIELDS_MIN + 1;
    nodes * NODE_BYTES
        + structure.fields.iter().map(|(name, value)| name.len() + inside(value)).sum::<usize>()
}

/// What a value takes beside itself.
fn inside(value: &Value) -> usize {
    match &value.kind {
        Some(Kind::StructValue(fields)) => structure(fields),
        // A vector grows by doubling.
        Some(Kind::ListValue(list)) => {
            2 * list.values.len() * size_of::<Value>() + list.values.iter().map(inside).sum::<usize>()
        }
        Some(Kind::StringValue(text)) => text.len(),
        _ => 0,
    }
}
