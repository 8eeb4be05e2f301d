//! Tokens → tree, by recursive descent, in the grammar of SpiceDB's schema language.
//!
//! Knows nothing of what names mean. After an error the parser goes on at the next statement, so that one run finds
//! what is wrong in all of them; it never recurses with the nesting of the text.

mod caveat;
mod cursor;
mod expression;
mod file;
mod members;

#[cfg(test)]
pub(crate) use expression::EXPRESSION_DEPTH_MAX;
pub(crate) use file::parse;
