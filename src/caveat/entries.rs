//! What a map holds.

use std::sync::Arc;

use super::value::Value;

/// What a map is keyed by. Whole numbers are one key whatever their type, as CEL has them equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MapKey {
    Bool(bool),
    Int(i64),
    /// Only above the range of `Int`.
    Uint(u64),
    String(Arc<str>),
}

impl MapKey {
    /// The key that a value stands for; none if maps cannot hold it.
    pub(super) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(key) => Self::Bool(*key),
            Value::Int(key) => Self::Int(*key),
            Value::Uint(key) => i64::try_from(*key).map_or(Self::Uint(*key), Self::Int),
            Value::Double(key) => Self::of_double(*key)?,
            Value::String(key) => Self::String(Arc::clone(key)),
            _ => return None,
        })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the ranges are looked at first"
    )]
    fn of_double(key: f64) -> Option<Self> {
        /// The first doubles that `i64` and `u64` cannot hold.
        const INT_END: f64 = 9_223_372_036_854_775_808.0;
        const UINT_END: f64 = 18_446_744_073_709_551_616.0;
        if key.fract() != 0.0 {
            None
        } else if (-INT_END..INT_END).contains(&key) {
            Some(Self::Int(key as i64))
        } else {
            (INT_END..UINT_END).contains(&key).then_some(Self::Uint(key as u64))
        }
    }

    /// The key as a value.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Bool(key) => Value::Bool(*key),
            Self::Int(key) => Value::Int(*key),
            Self::Uint(key) => Value::Uint(*key),
            Self::String(key) => Value::String(Arc::clone(key)),
        }
    }
}

/// Values by key.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    /// INVARIANT: in order of keys, each once.
    entries: Box<[(MapKey, Value)]>,
}

impl Entries {
    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &MapKey) -> Option<&Value> {
        let place = self.entries.binary_search_by(|(entry, _)| entry.cmp(key)).ok()?;
        Some(&self.entries[place].1)
    }

    /// The value of a key that is text.
    pub(super) fn get_text(&self, key: &str) -> Option<&Value> {
        let order = |(entry, _): &(MapKey, Value)| match entry {
            MapKey::String(entry) => entry.as_ref().cmp(key),
            _ => std::cmp::Ordering::Less,
        };
        let place = self.entries.binary_search_by(order).ok()?;
        Some(&self.entries[place].1)
    }

    /// Keys and values, in order of keys.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&MapKey, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }
}

/// Of several values of a key, the last counts.
impl FromIterator<(MapKey, Value)> for Entries {
    fn from_iter<I: IntoIterator<Item = (MapKey, Value)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        // A stable order keeps the last value of a key behind the others.
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        entries.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                std::mem::swap(&mut later.1, &mut earlier.1);
            }
            is_same
        });
        Self { entries: entries.into_boxed_slice() }
    }
}
