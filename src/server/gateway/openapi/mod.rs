//! The API as an `OpenAPI` document, made from the descriptors and from the rules that requests are held to.

mod comments;
mod document;
mod rules;
mod schemas;

pub(super) use document::{PATH, document};

#[cfg(test)]
mod tests;
