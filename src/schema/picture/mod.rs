//! A schema as a picture: definitions with their relations and permissions, and where these lead.
//!
//! `dot` leaves the layout to Graphviz; `svg` has its own, in layers from left to right. The same schema gives the same
//! bytes, in time nearly proportional to it.

mod content;
mod dot;
mod layout;
mod svg;

use super::model::Schema;
use content::Content;

/// The text of a graph for Graphviz.
pub fn dot(schema: &Schema) -> String {
    dot::write(&Content::of(schema))
}

/// A drawing that stands by itself: its own style, for light and for dark pages.
pub fn svg(schema: &Schema) -> String {
    svg::write(&Content::of(schema))
}

#[cfg(test)]
mod tests;
