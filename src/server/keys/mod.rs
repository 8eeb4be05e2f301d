//! The keys that open the door: whose they are, what each may do and how much of it, from flags and from files that
//! change without a restart. No key is kept, shown or logged; a key is known by its SHA-256.

mod error;
mod files;
mod key;
mod key_file;
mod lines;
mod meter;
mod role;

pub use error::{KeyFileError, KeyFileProblem};
pub use files::{KeyFilePaths, KeyFiles};
pub use meter::KeyLimits;
pub use role::Role;

pub(super) use files::warn_if_open_to_all;
pub(super) use key::{Key, Keys};
pub(super) use meter::{Busy, Meter, take_place};

#[cfg(test)]
mod tests;
