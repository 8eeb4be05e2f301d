//! What is wrong with the fields of a request: every violation is collected, each with the path of its field.

use std::fmt;
use std::fmt::Write as _;

/// Violations that a message spells out; it travels in an HTTP header, which clients bound.
const VIOLATIONS_SHOWN_MAX: usize = 16;

/// Where a field stands in a request, such as `updates[0].relationship.subject`. Costs nothing until it is printed.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Path<'parent> {
    parent: Option<&'parent Path<'parent>>,
    name: &'static str,
    index: Option<usize>,
}

impl Path<'static> {
    /// A field of the request itself.
    pub(in crate::server) const fn of(name: &'static str) -> Self {
        Self { parent: None, name, index: None }
    }

    /// An element of a repeated field of the request itself.
    pub(in crate::server) const fn element(name: &'static str, index: usize) -> Self {
        Self { parent: None, name, index: Some(index) }
    }
}

impl Path<'_> {
    /// A field of the message at this path.
    pub(in crate::server) const fn field(&self, name: &'static str) -> Path<'_> {
        Path { parent: Some(self), name, index: None }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(formatter, "{parent}.")?;
        }
        formatter.write_str(self.name)?;
        match self.index {
            Some(index) => write!(formatter, "[{index}]"),
            None => Ok(()),
        }
    }
}

/// A wildcard that keeps the rules of its field but not those between fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::server) enum MisplacedWildcard {
    /// `*` as the id of a resource.
    #[error("invalid ObjectReference.ObjectId: alphanumeric value is required")]
    Resource,
    /// `*` as the id of a subject that has a relation.
    #[error(
        "invalid SubjectReference.OptionalRelation: optionalrelation must be empty on subject if object ID is a \
         wildcard"
    )]
    Userset,
    /// The same in a filter.
    #[error(
        "invalid SubjectFilter.OptionalRelation: optionalrelation must be empty on subject if object ID is a wildcard"
    )]
    UsersetFilter,
}

/// Why a request was refused before it was looked at any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::server) enum InvalidFields {
    /// Fields break their rules.
    #[error("{}", listed(.violations, *.count))]
    Violations {
        /// The first of them, each a field's path and its rule.
        violations: Vec<String>,
        /// How many there are.
        count: usize,
    },
    /// Each field keeps its rule, but a wildcard stands where none may be.
    #[error(transparent)]
    Wildcard(#[from] MisplacedWildcard),
}

impl InvalidFields {
    /// Of a request that could not be converted although nothing was found wrong with it, which cannot be.
    pub(in crate::server) fn unexplained() -> Self {
        Self::Violations { violations: vec!["the request is malformed".to_owned()], count: 1 }
    }
}

fn listed(violations: &[String], count: usize) -> String {
    match violations {
        [only] if count == 1 => format!("validation error: {only}"),
        _ => {
            let mut text = "validation errors:".to_owned();
            for violation in violations {
                text.push_str("\n - ");
                text.push_str(violation);
            }
            if count > violations.len() {
                // Writing to a string cannot fail.
                let _ = write!(text, "\n - … and {} more", count - violations.len());
            }
            text
        }
    }
}

/// Collects what is wrong while a request is converted.
#[derive(Debug, Default)]
pub(in crate::server) struct Violations {
    shown: Vec<String>,
    count: usize,
    wildcard: Option<MisplacedWildcard>,
}

impl Violations {
    /// The field at this path breaks a rule.
    #[cold]
    pub(super) fn push(&mut self, path: &Path<'_>, rule: &str) {
        self.count += 1;
        if self.shown.len() < VIOLATIONS_SHOWN_MAX {
            self.shown.push(format!("{path}: {rule}"));
        }
    }

    /// A wildcard stands where none may be; the first one found is reported.
    #[cold]
    pub(super) fn misplace(&mut self, wildcard: MisplacedWildcard) {
        self.wildcard.get_or_insert(wildcard);
    }

    /// Adds what another part of the request breaks: its fields come after these, its wildcards before.
    pub(in crate::server) fn append(&mut self, later: Self) {
        let room = VIOLATIONS_SHOWN_MAX - self.shown.len();
        self.count += later.count;
        self.shown.extend(later.shown.into_iter().take(room));
        self.wildcard = later.wildcard.or(self.wildcard);
    }

    /// Nothing if nothing is wrong; else every violation, or the first misplaced wildcard.
    pub(in crate::server) fn check(self) -> Result<(), InvalidFields> {
        if self.count > 0 {
            return Err(InvalidFields::Violations { violations: self.shown, count: self.count });
        }
        match self.wildcard {
            Some(wildcard) => Err(wildcard.into()),
            None => Ok(()),
        }
    }
}
