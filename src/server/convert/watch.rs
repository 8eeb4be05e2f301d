//! What a watch is asked for.

use std::collections::HashSet;

use crate::engine::{Watch, ZedToken};
use crate::server::wire::v1;

use super::filter::{WildcardRule, filter};
use super::name;
use super::violation::{InvalidFields, Path, Violations};

/// A watch, without the kinds of updates that it is to tell of.
pub(in crate::server) fn watch(message: v1::WatchRequest) -> Result<Watch, InvalidFields> {
    let mut violations = Violations::default();
    let mut definitions = HashSet::new();
    for (index, definition) in message.optional_object_types.into_iter().enumerate() {
        let path = Path::element("optional_object_types", index);
        definitions.extend(name::watched_definition(definition, &path, &mut violations));
    }
    let after = message.optional_start_cursor.map(|token| {
        if token.token.is_empty() {
            let path = Path::of("optional_start_cursor");
            violations.push(&path.field("token"), "must be at least 1 bytes");
        }
        ZedToken(token.token)
    });
    let mut filters = Vec::with_capacity(message.optional_relationship_filters.len());
    for (index, message) in message.optional_relationship_filters.into_iter().enumerate() {
        let path = Path::element("optional_relationship_filters", index);
        filters.extend(filter(Some(message), WildcardRule::Unchecked, &path, &mut violations));
    }
    violations.check()?;
    Ok(Watch { after, definitions, filters })
}
