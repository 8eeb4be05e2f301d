//! The record codec, the assembly of groups, and the marker.

mod formats;
mod group;
mod marker;
mod record;
mod staged_group;
