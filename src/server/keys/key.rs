//! Keys by their hashes.

use std::collections::HashMap;
use std::sync::Arc;

use crate::lifecycle::identity::ApiKeyHash;

use super::meter::Meter;
use super::role::Role;

/// What is known of a key.
#[derive(Debug)]
pub(in crate::server) struct Key {
    pub(in crate::server) role: Role,
    pub(in crate::server) meter: Arc<Meter>,
}

/// Some keys.
///
/// They are looked up by the hash of what a client shows. How long that takes may tell how much of that hash agrees with
/// a listed one, but nobody can choose the hash of what they show, and a part of a hash leads to no key.
#[derive(Debug, Default)]
pub(in crate::server) struct Keys(HashMap<ApiKeyHash, Arc<Key>, foldhash::fast::RandomState>);

impl Keys {
    /// Adds a key; false if it is there already, and then it stays as it was.
    pub(in crate::server) fn add(&mut self, hash: ApiKeyHash, key: Key) -> bool {
        let is_new = !self.0.contains_key(&hash);
        if is_new {
            self.0.insert(hash, Arc::new(key));
        }
        is_new
    }

    pub(in crate::server) fn find(&self, hash: &ApiKeyHash) -> Option<Arc<Key>> {
        self.0.get(hash).cloned()
    }

    pub(in crate::server) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::server) fn len(&self) -> usize {
        self.0.len()
    }
}
