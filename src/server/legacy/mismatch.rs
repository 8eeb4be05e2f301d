//! How the answers of the graph and of the legacy backend differ.

use std::collections::HashSet;

use super::answer::{LegacyFound, LegacyVerdict};

/// What the graph says to a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum GraphVerdict {
    /// Yes.
    Allowed,
    /// No.
    Denied(DeniedBecause),
    /// There is no answer.
    Failed,
}

/// Why the graph says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum DeniedBecause {
    /// The resource is not registered in the account.
    Unregistered,
    /// The resource is registered, and lacks the parent that its type should have.
    MissingParent,
    /// Nobody gave the permission.
    Other,
}

/// What the graph says to a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) enum GraphFound {
    /// These selectors.
    Items(Vec<String>),
    /// There is no answer.
    Failed,
}

/// A kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::server) enum MismatchKind {
    /// Allowed there; here the resource is unknown: it was never registered, or not backfilled.
    Unregistered,
    /// Allowed there; here the resource lacks its parent.
    MissingParent,
    /// Allowed there; denied here although the resource is complete.
    ExtraLegacyGrant,
    /// Allowed here; denied there.
    ExtraGraphGrant,
    /// A search finds something there that it does not find here.
    SearchOnlyLegacy,
    /// A search finds something here that it does not find there.
    SearchOnlyGraph,
    /// A search is not bounded there.
    SearchUnscoped,
}

impl MismatchKind {
    /// Every kind.
    pub(super) const ALL: [Self; 7] = [
        Self::Unregistered,
        Self::MissingParent,
        Self::ExtraLegacyGrant,
        Self::ExtraGraphGrant,
        Self::SearchOnlyLegacy,
        Self::SearchOnlyGraph,
        Self::SearchUnscoped,
    ];

    /// Its name in counts and logs.
    pub(in crate::server) fn as_str(self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::MissingParent => "missing_parent",
            Self::ExtraLegacyGrant => "extra_legacy_grant",
            Self::ExtraGraphGrant => "extra_graph_grant",
            Self::SearchOnlyLegacy => "search_only_legacy",
            Self::SearchOnlyGraph => "search_only_graph",
            Self::SearchUnscoped => "search_unscoped",
        }
    }
}

/// A difference, with an example where a search has several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) kind: MismatchKind,
    /// A selector in which the answers differ; none if the question names the only one.
    pub(super) example: Option<String>,
    /// Selectors in which they differ in this way.
    pub(super) count: usize,
}

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Compared {
    /// At least one side has no answer.
    Failed { is_graph_failed: bool, is_legacy_failed: bool },
    /// Both have. They agree if there is no mismatch.
    Answered(Vec<Mismatch>),
}

/// Compares the answers to a check.
pub(super) fn compare_check(graph: GraphVerdict, legacy: LegacyVerdict) -> Compared {
    let kind = match (graph, legacy) {
        (GraphVerdict::Failed, _) | (_, LegacyVerdict::Failed) => {
            return Compared::Failed {
                is_graph_failed: graph == GraphVerdict::Failed,
                is_legacy_failed: legacy == LegacyVerdict::Failed,
            };
        }
        (GraphVerdict::Allowed, LegacyVerdict::Allowed)
        | (GraphVerdict::Denied(_), LegacyVerdict::Denied) => {
            return Compared::Answered(Vec::new());
        }
        (GraphVerdict::Allowed, LegacyVerdict::Denied) => MismatchKind::ExtraGraphGrant,
        (GraphVerdict::Denied(because), LegacyVerdict::Allowed) => match because {
            DeniedBecause::Unregistered => MismatchKind::Unregistered,
            DeniedBecause::MissingParent => MismatchKind::MissingParent,
            DeniedBecause::Other => MismatchKind::ExtraLegacyGrant,
        },
    };
    Compared::Answered(vec![Mismatch { kind, example: None, count: 1 }])
}

/// Compares the answers to a search, as sets.
pub(super) fn compare_search(graph: &GraphFound, legacy: &LegacyFound) -> Compared {
    let (graph_items, legacy_items) = match (graph, legacy) {
        (GraphFound::Items(graph), LegacyFound::Items(legacy)) => (graph, legacy),
        (GraphFound::Items(_), LegacyFound::Unscoped) => {
            let unscoped = Mismatch { kind: MismatchKind::SearchUnscoped, example: None, count: 1 };
            return Compared::Answered(vec![unscoped]);
        }
        (GraphFound::Failed, _) | (_, LegacyFound::Failed) => {
            return Compared::Failed {
                is_graph_failed: *graph == GraphFound::Failed,
                is_legacy_failed: *legacy == LegacyFound::Failed,
            };
        }
    };
    let sides = [
        (MismatchKind::SearchOnlyLegacy, legacy_items, graph_items),
        (MismatchKind::SearchOnlyGraph, graph_items, legacy_items),
    ];
    let differences = sides.into_iter().filter_map(|(kind, here, there)| only_here(kind, here, there));
    Compared::Answered(differences.collect())
}

/// What is found on one side only, with the first in order as an example: the same for the same difference.
fn only_here(kind: MismatchKind, here: &[String], there: &[String]) -> Option<Mismatch> {
    let there: HashSet<&String> = there.iter().collect();
    let only: HashSet<&String> = here.iter().filter(|item| !there.contains(item)).collect();
    let example = only.iter().min()?;
    Some(Mismatch { kind, example: Some((**example).clone()), count: only.len() })
}
