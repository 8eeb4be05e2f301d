//! The nine shapes of graph, for the benches that ask them.

#[path = "check_wide_direct.rs"]
mod check_wide_direct;
#[path = "check_wide_groups.rs"]
mod check_wide_groups;
#[path = "deep_arrow.rs"]
mod deep_arrow;
#[path = "double_wide_arrow.rs"]
mod double_wide_arrow;
#[path = "lookup_intersection.rs"]
mod lookup_intersection;
#[path = "lookup_same_types.rs"]
mod lookup_same_types;
#[path = "share_with.rs"]
mod share_with;
#[path = "wide_arrow.rs"]
mod wide_arrow;
#[path = "wide_groups.rs"]
mod wide_groups;

/// A graph and what is asked of it.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) schema: &'static str,
    /// In text form.
    pub(crate) relationships: fn() -> Vec<String>,
    /// Resource, permission and subject of the question whose answer is yes.
    pub(crate) question: [&'static str; 3],
    /// A subject of the same type for whom the answer is no.
    pub(crate) denied: &'static str,
}

pub(crate) const SHAPES: [Shape; 9] = [
    check_wide_direct::SHAPE,
    check_wide_groups::SHAPE,
    deep_arrow::SHAPE,
    wide_arrow::SHAPE,
    double_wide_arrow::SHAPE,
    lookup_intersection::SHAPE,
    lookup_same_types::SHAPE,
    share_with::SHAPE,
    wide_groups::SHAPE,
];
