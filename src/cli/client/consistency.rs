//! Flags: how fresh an answer must be.

use clap::Args;

use crate::server::wire::v1;
use crate::server::wire::v1::consistency::Requirement;

/// How fresh an answer must be.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
#[expect(clippy::struct_field_names, reason = "fields have the names of their flags")]
pub(in crate::cli) struct ConsistencyFlags {
    /// Answer from the newest state there is
    #[arg(long, help_heading = "Consistency")]
    consistency_full: bool,
    /// Answer from a state that is at least as new as this token
    #[arg(long, value_name = "TOKEN", help_heading = "Consistency")]
    consistency_at_least: Option<String>,
    /// Answer from exactly the state of this token
    #[arg(long, value_name = "TOKEN", help_heading = "Consistency")]
    consistency_at_exactly: Option<String>,
    /// Answer from the state that is quickest to read, as it is by itself
    #[arg(long, help_heading = "Consistency")]
    consistency_min_latency: bool,
}

impl ConsistencyFlags {
    /// As the API writes it; none leaves it to the server.
    pub(in crate::cli) fn to_wire(&self) -> Option<v1::Consistency> {
        let token = |token: &String| v1::ZedToken { token: token.clone() };
        let requirement = if self.consistency_full {
            Some(Requirement::FullyConsistent(true))
        } else if self.consistency_min_latency {
            Some(Requirement::MinimizeLatency(true))
        } else if let Some(at_least) = &self.consistency_at_least {
            Some(Requirement::AtLeastAsFresh(token(at_least)))
        } else {
            self.consistency_at_exactly.as_ref().map(|exactly| Requirement::AtExactSnapshot(token(exactly)))
        };
        requirement.map(|requirement| v1::Consistency { requirement: Some(requirement) })
    }
}

/// Exactly the state of a token.
pub(in crate::cli) fn exactly_at(token: v1::ZedToken) -> v1::Consistency {
    v1::Consistency { requirement: Some(Requirement::AtExactSnapshot(token)) }
}
