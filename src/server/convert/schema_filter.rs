//! Which parts of a schema are asked for.

use std::fmt::Write as _;

use crate::schema::SchemaFilter;
use crate::server::wire::v1;

/// A filter; an empty field says nothing.
pub(in crate::server) fn schema_filter(message: v1::ReflectionSchemaFilter) -> SchemaFilter {
    let v1::ReflectionSchemaFilter {
        optional_definition_name_filter,
        optional_caveat_name_filter,
        optional_relation_name_filter,
        optional_permission_name_filter,
    } = message;
    SchemaFilter {
        definition: given(optional_definition_name_filter),
        caveat: given(optional_caveat_name_filter),
        relation: given(optional_relation_name_filter),
        permission: given(optional_permission_name_filter),
    }
}

/// A string, unless it is empty.
pub(in crate::server) fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// A filter in protobuf's text form, such as `optional_caveat_name_filter:"on_"`.
pub(in crate::server) fn schema_filter_text(filter: &SchemaFilter) -> String {
    let fields = [
        ("definition", &filter.definition),
        ("caveat", &filter.caveat),
        ("relation", &filter.relation),
        ("permission", &filter.permission),
    ];
    let mut text = String::new();
    for (kind, prefix) in fields.into_iter().filter_map(|(kind, prefix)| Some((kind, prefix.as_ref()?))) {
        let separator = if text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}optional_{kind}_name_filter:\"{}\"", escaped(prefix));
    }
    text
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ if character.is_ascii_control() => {
                let _ = write!(escaped, "\\x{:02x}", u32::from(character));
            }
            _ if character.is_control() => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}
