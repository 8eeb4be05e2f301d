//! What a watch is asked for.

use std::collections::HashSet;

use crate::engine::error::WatchError;
use crate::engine::names;
use crate::engine::read_relationships::{check_not_contradictory, check_not_empty};
use crate::engine::token::ZedToken;
use crate::relationship::{DefinitionName, Relationship, RelationshipFilter};
use crate::schema::Schema;

/// Filters of one watch.
const FILTERS_MAX: usize = 10_000;

/// Which changes to tell of, and from where on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watch {
    /// The state to begin after; the newest if there is none.
    pub after: Option<ZedToken>,
    /// The types that resources may have; any if there are none. They need not be in the schema.
    pub definitions: HashSet<DefinitionName>,
    /// What relationships may match; all are told of if there are none.
    pub filters: Vec<RelationshipFilter>,
}

impl Watch {
    /// Checks the filters against the schema where the watch begins.
    pub(super) fn check_filters(&self, schema: Option<&Schema>) -> Result<(), WatchError> {
        let (count, count_max) = (self.filters.len(), FILTERS_MAX);
        if count > count_max {
            return Err(WatchError::TooManyFilters { count, count_max });
        }
        for filter in &self.filters {
            check_not_empty(filter)?;
            names::check_filter(schema, filter)?;
            check_not_contradictory(filter)?;
        }
        Ok(())
    }

    /// Whether a relationship's changes are told of.
    pub(super) fn selects(&self, relationship: &Relationship) -> bool {
        let Self { definitions, filters, .. } = self;
        (definitions.is_empty() || definitions.contains(&relationship.resource.definition))
            && (filters.is_empty() || filters.iter().any(|filter| filter.matches(relationship.key())))
    }

    /// What it costs to find that out, in comparisons.
    pub(super) fn cost(&self) -> usize {
        self.filters.len() + 1
    }
}
