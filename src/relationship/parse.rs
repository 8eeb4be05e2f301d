//! Reading the text form: `type:id`, `type:id#relation`, `type:id#relation@type:id#relation`.

use std::str::FromStr;

use super::error::{MalformedTime, ParseRelationshipError};
use super::name::{CaveatName, DefinitionName, ObjectId, RelationName};
use super::object::{Object, Subject};
use super::value::{ContextualizedCaveat, Relationship, Timestamp};

impl FromStr for Object {
    type Err = ParseRelationshipError;

    fn from_str(text: &str) -> Result<Self, ParseRelationshipError> {
        let (definition, id) = split(text, text, ':', "the `:` between type and id")?;
        Ok(Self { definition: DefinitionName::new(definition)?, id: ObjectId::new(id)? })
    }
}

impl FromStr for Subject {
    type Err = ParseRelationshipError;

    fn from_str(text: &str) -> Result<Self, ParseRelationshipError> {
        let (object, relation) = match text.split_once('#') {
            Some((object, relation)) => (object, Some(relation)),
            None => (text, None),
        };
        let relation = relation.filter(|relation| *relation != "...");
        if let Some(definition) = object.strip_suffix(":*") {
            if relation.is_some() {
                return Err(ParseRelationshipError::WildcardWithRelation { text: text.to_owned() });
            }
            return Ok(Self::Wildcard(DefinitionName::new(definition)?));
        }
        let object = object.parse()?;
        Ok(match relation {
            Some(relation) => Self::Userset(object, RelationName::new(relation)?),
            None => Self::Object(object),
        })
    }
}

impl FromStr for Relationship {
    type Err = ParseRelationshipError;

    fn from_str(text: &str) -> Result<Self, ParseRelationshipError> {
        // `@` and `[` may occur in ids and contexts; `#` in neither, so the resource ends at the first `#`, and the
        // relation, which has no `@`, at the first `@` after it.
        let (resource, rest) = split(text, text, '#', "the `#` before the relation")?;
        let (relation, rest) = split(text, rest, '@', "the `@` before the subject")?;
        let (subject, traits) = match rest.find('[') {
            Some(start) => rest.split_at(start),
            None => (rest, ""),
        };
        let mut relationship = Self::new(resource.parse()?, RelationName::new(relation)?, subject.parse()?);
        parse_traits(text, traits, &mut relationship)?;
        Ok(relationship)
    }
}

/// Reads `[name]`, `[name:{…}]` and `[expiration:…]`, the caveat first where there are both.
fn parse_traits(
    text: &str,
    traits: &str,
    relationship: &mut Relationship,
) -> Result<(), ParseRelationshipError> {
    let problem =
        |problem: &str| ParseRelationshipError::Trait { text: text.to_owned(), problem: problem.to_owned() };
    let mut rest = traits;
    while !rest.is_empty() {
        let inside = rest.strip_prefix('[').ok_or_else(|| problem("expected `[` after the subject"))?;
        let (name, after_name) =
            inside.split_at(inside.find([':', ']']).ok_or_else(|| problem("missing `]` after the trait"))?);
        let (value, after) = if let Some(value) = after_name.strip_prefix(':') {
            let end = end_of_trait(value).ok_or_else(|| problem("missing `]` after the trait"))?;
            (&value[..end], &value[end + 1..])
        } else {
            ("", &after_name[1..])
        };
        if relationship.expires_at.is_some() {
            return Err(problem("nothing may follow the expiration"));
        }
        if name == "expiration" {
            let expires_at =
                parse_timestamp(value).ok_or_else(|| problem("the expiration must be an RFC 3339 time"))?;
            relationship.expires_at = Some(expires_at);
        } else {
            if relationship.caveat.is_some() {
                return Err(problem("there can be only one caveat"));
            }
            let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(value).is_ok();
            if !value.is_empty() && !is_object {
                return Err(problem("a caveat's context must be a JSON object"));
            }
            relationship.caveat =
                Some(ContextualizedCaveat { name: CaveatName::new(name)?, context_json: value.to_owned() });
        }
        rest = after;
    }
    Ok(())
}

/// Where the `]` of a trait's value is: the first outside of JSON strings and nested brackets.
fn end_of_trait(value: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut is_string = false;
    let mut is_escaped = false;
    for (position, byte) in value.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b'[' | b'{' => depth += 1,
            b']' if depth == 0 => return Some(position),
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

impl FromStr for Timestamp {
    type Err = MalformedTime;

    /// Reads an RFC 3339 time, such as `2026-01-31T12:00:00Z`.
    fn from_str(text: &str) -> Result<Self, MalformedTime> {
        parse_timestamp(text).ok_or_else(|| MalformedTime { text: text.to_owned() })
    }
}

/// Seconds of 0000-01-01T00:00:00Z: earlier times have no RFC 3339 form, though an offset can lead there.
const FIRST_SECOND: i64 = -62_167_219_200;

/// Reads an RFC 3339 time, such as `2026-01-31T12:00:00Z`.
fn parse_timestamp(value: &str) -> Option<Timestamp> {
    let (seconds, nanoseconds) = if let Ok(timestamp) = value.parse::<jiff::Timestamp>() {
        (timestamp.as_second(), timestamp.subsec_nanosecond())
    } else {
        // The last day of the calendar is beyond the range of an instant.
        let time: jiff::civil::DateTime = value.strip_suffix('Z')?.parse().ok()?;
        let since = time.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
        (since.as_secs(), since.subsec_nanos())
    };
    // Before 1970 both are negative; nanoseconds count from the second before.
    let (seconds, nanoseconds) = if nanoseconds < 0 {
        (seconds.checked_sub(1)?, nanoseconds + 1_000_000_000)
    } else {
        (seconds, nanoseconds)
    };
    let nanoseconds = u32::try_from(nanoseconds).ok()?;
    (seconds >= FIRST_SECOND).then_some(Timestamp { seconds, nanoseconds })
}

fn split<'a>(
    whole: &str,
    text: &'a str,
    separator: char,
    missing: &'static str,
) -> Result<(&'a str, &'a str), ParseRelationshipError> {
    text.split_once(separator)
        .ok_or_else(|| ParseRelationshipError::Incomplete { text: whole.to_owned(), missing })
}
