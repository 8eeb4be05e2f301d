//! The rules of the API's string fields, as `authzed.api.v1` words them. A well-formed string never comes here: the
//! domain's names check themselves, and only what they refuse is looked at again, to say which rules it breaks.

use super::violation::{Path, Violations};

/// What a field of this kind may hold. The patterns are for messages; nothing interprets them.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Rule {
    pattern: &'static str,
    bytes_max: usize,
    matches: fn(&str) -> bool,
}

/// An object's or a subject's type.
pub(in crate::server) const TYPE: Rule = Rule {
    pattern: "^([a-z][a-z0-9_]{1,61}[a-z0-9]/)*[a-z][a-z0-9_]{1,62}[a-z0-9]$",
    bytes_max: 128,
    matches: is_type,
};
/// A type in a filter, where empty means any.
pub(in crate::server) const OPTIONAL_TYPE: Rule = Rule {
    pattern: "^(([a-z][a-z0-9_]{1,61}[a-z0-9]/)*[a-z][a-z0-9_]{1,62}[a-z0-9])?$",
    bytes_max: 128,
    matches: |value| value.is_empty() || is_type(value),
};
/// The type of a watched object.
pub(in crate::server) const WATCHED_TYPE: Rule = Rule {
    pattern: "^([a-z][a-z0-9_]{1,62}[a-z0-9]/)*[a-z][a-z0-9_]{1,62}[a-z0-9]$",
    bytes_max: 128,
    matches: is_type,
};
/// A relation that is written.
pub(in crate::server) const RELATION: Rule =
    Rule { pattern: "^[a-z][a-z0-9_]{1,62}[a-z0-9]$", bytes_max: 64, matches: is_relation };
/// A relation or permission that may be empty.
pub(in crate::server) const OPTIONAL_RELATION: Rule = Rule {
    pattern: "^([a-z][a-z0-9_]{1,62}[a-z0-9])?$",
    bytes_max: 64,
    matches: |value| value.is_empty() || is_relation(value),
};
/// An object's id or `*`.
pub(in crate::server) const OBJECT_ID: Rule = Rule {
    pattern: r"^(([a-zA-Z0-9/_|\-=+.:@%~,]{1,})|\*)$",
    bytes_max: 1024,
    matches: |value| value == "*" || (!value.is_empty() && has_id_characters(value)),
};
/// An object's id, or what it begins with, in a filter, where empty means any.
pub(in crate::server) const OPTIONAL_OBJECT_ID: Rule =
    Rule { pattern: r"^([a-zA-Z0-9/_|\-=+.:@%~,]{1,})?$", bytes_max: 1024, matches: has_id_characters };
/// A subject's id in a filter, where `*` means the wildcard and empty means any.
pub(in crate::server) const OPTIONAL_SUBJECT_ID: Rule = Rule {
    pattern: r"^(([a-zA-Z0-9/_|\-=+.:@%~,]{1,})|\*)?$",
    bytes_max: 1024,
    matches: |value| value == "*" || has_id_characters(value),
};
/// A caveat's name.
pub(in crate::server) const CAVEAT: Rule =
    Rule { pattern: "^([a-zA-Z0-9_][a-zA-Z0-9/_|-]{0,127})$", bytes_max: 128, matches: is_caveat };

impl Rule {
    /// The rule as a regular expression.
    pub(in crate::server) const fn pattern(&self) -> &'static str {
        self.pattern
    }

    /// Bytes at the most.
    pub(in crate::server) const fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Whether a string has the rule's form, whatever its length.
    pub(in crate::server) fn matches(&self, value: &str) -> bool {
        (self.matches)(value)
    }

    /// Says which of the rule's two parts a string breaks, the length first.
    #[cold]
    pub(super) fn report(&self, value: &str, path: &Path<'_>, violations: &mut Violations) {
        let is_too_long = value.len() > self.bytes_max;
        if is_too_long {
            violations.push(path, &format!("must be at most {} bytes", self.bytes_max));
        }
        // A string that the domain refuses breaks one part at least.
        if !(self.matches)(value) || !is_too_long {
            violations.push(path, &format!("does not match regex pattern `{}`", self.pattern));
        }
    }
}

fn is_type(value: &str) -> bool {
    let mut segments = value.split('/');
    let last_matches = segments.next_back().is_some_and(is_relation);
    last_matches && segments.all(|prefix| prefix.len() <= 63 && is_relation(prefix))
}

fn is_relation(value: &str) -> bool {
    let bytes = value.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    (3..=64).contains(&bytes.len())
        && first.is_ascii_lowercase()
        && *last != b'_'
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_')
}

fn has_id_characters(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_|-=+.:@%~,".contains(&byte))
}

fn is_caveat(value: &str) -> bool {
    let bytes = value.as_bytes();
    (1..=128).contains(&bytes.len())
        && (bytes[0].is_ascii_alphanumeric() || bytes[0] == b'_')
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/_|-".contains(byte))
}
