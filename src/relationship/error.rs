//! What can be wrong with a name, an id or a relationship's text.

use std::fmt;

/// Which kind of string failed its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// A definition's name, such as `agent` or `acme/agent`.
    Definition,
    /// A relation's or permission's name.
    Relation,
    /// A caveat's name.
    Caveat,
    /// The id of an object.
    ObjectId,
    /// The beginning of object ids, in a filter.
    ObjectIdPrefix,
    /// A counter's name.
    Counter,
}

impl NameKind {
    /// The rule that a string of this kind keeps, in words.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Definition => {
                "3 to 64 lower-case letters, digits and underscores, beginning with a letter and ending with a \
                 letter or digit, optionally after prefixes of the same form and a slash; at most 128 bytes"
            }
            Self::Relation | Self::Counter => {
                "3 to 64 lower-case letters, digits and underscores, beginning with a letter and ending with a \
                 letter or digit"
            }
            Self::Caveat => {
                "1 to 128 letters, digits and any of `/_|-`, beginning with a letter, digit or underscore"
            }
            Self::ObjectId => "1 to 1024 letters, digits and any of `/_|-=+.:@%~,`",
            Self::ObjectIdPrefix => "at most 1024 letters, digits and any of `/_|-=+.:@%~,`",
        }
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Definition => "definition name",
            Self::Relation => "relation or permission name",
            Self::Caveat => "caveat name",
            Self::ObjectId => "object id",
            Self::ObjectIdPrefix => "object id prefix",
            Self::Counter => "counter name",
        })
    }
}

/// A string that breaks the rule of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {kind} `{}`: must be {}", shortened(.value), .kind.rule())]
pub struct MalformedValue {
    /// The kind whose rule is broken.
    pub kind: NameKind,
    /// The string as given.
    pub value: String,
}

/// The text is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no time: write it as `2026-01-31T12:00:00Z`", shortened(.text))]
pub struct MalformedTime {
    /// The text as given.
    pub text: String,
}

/// The text is no relationship.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseRelationshipError {
    /// A part of the form `type:id#relation@type:id` is absent.
    #[error("`{}` is no relationship: missing {missing}; the form is `type:id#relation@type:id`", shortened(.text))]
    Incomplete {
        /// The text as given.
        text: String,
        /// What was looked for and not found.
        missing: &'static str,
    },
    /// A part is there but breaks its rule.
    #[error(transparent)]
    Malformed(#[from] MalformedValue),
    /// A wildcard subject cannot have a relation.
    #[error("`{}` is no relationship: the wildcard `*` takes no relation", shortened(.text))]
    WildcardWithRelation {
        /// The text as given.
        text: String,
    },
    /// The trait in square brackets is neither a caveat nor an expiration.
    #[error("`{}` is no relationship: {problem}", shortened(.text))]
    Trait {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// At most 128 characters of user input, so that no message grows with what was sent.
pub(crate) fn shortened(text: &str) -> String {
    const CHARACTERS_MAX: usize = 128;
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
