//! Caveats over boolean parameters, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use super::value::{Doubt, Value};

/// A caveat; its parameters are those that its logic names.
#[derive(Debug, Clone)]
pub(crate) struct Caveat {
    pub(crate) name: String,
    pub(crate) logic: Logic,
}

#[derive(Debug, Clone)]
pub(crate) enum Logic {
    Parameter(String),
    Not(Box<Logic>),
    All(Vec<Logic>),
    Any(Vec<Logic>),
    /// `a == b`: needs both.
    Same(Box<[Logic; 2]>),
    /// `a ? b : c`: needs the first.
    Choice(Box<[Logic; 3]>),
}

/// What a request says of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    Value(bool),
    WrongType,
}

/// A request's context.
pub(crate) type Context = BTreeMap<String, Given>;

type Known = BTreeMap<String, bool>;

impl Caveat {
    /// The parameters, sorted.
    pub(crate) fn parameters(&self) -> BTreeSet<String> {
        let mut parameters = BTreeSet::new();
        self.logic.collect(&mut parameters);
        parameters
    }

    /// Whether the condition holds.
    pub(super) fn decide(&self, stored: &Known, context: &Context) -> Value {
        match self.known(stored, context).map(|known| self.logic.value(&known)) {
            Some(Ok(value)) => Value::from(value),
            Some(Err(missing)) => Value::Undecided(Doubt { missing, has_failed: false }),
            None => Value::Undecided(Doubt { has_failed: true, ..Doubt::default() }),
        }
    }

    /// What an undecided condition still hangs on, a parameter as often as it counts.
    pub(super) fn open_parameters(&self, stored: &Known, context: &Context) -> Vec<String> {
        let mut open = Vec::new();
        if let Some(known) = self.known(stored, context) {
            self.logic.collect_open(&known, &mut open);
        }
        open
    }

    /// The stored values, and for other parameters those of the request; nothing if one of these has a wrong type.
    fn known(&self, stored: &Known, context: &Context) -> Option<Known> {
        let mut known = stored.clone();
        for parameter in self.parameters() {
            match context.get(&parameter) {
                _ if stored.contains_key(&parameter) => {}
                None => {}
                Some(Given::Value(value)) => _ = known.insert(parameter, *value),
                Some(Given::WrongType) => return None,
            }
        }
        Some(known)
    }
}

impl Logic {
    /// Whether what it names is needed even where it makes no difference.
    pub(crate) fn is_strict(&self) -> bool {
        match self {
            Self::Parameter(_) => false,
            Self::Not(part) => part.is_strict(),
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::is_strict),
            Self::Same(_) | Self::Choice(_) => true,
        }
    }

    /// Its value, or what is missing to tell.
    fn value(&self, known: &Known) -> Result<bool, BTreeSet<String>> {
        match self {
            Self::Parameter(name) => known.get(name).copied().ok_or_else(|| BTreeSet::from([name.clone()])),
            Self::Not(part) => part.value(known).map(|value| !value),
            Self::All(parts) => fold(parts, known, false),
            Self::Any(parts) => fold(parts, known, true),
            Self::Same(parts) => Ok(parts[0].value(known)? == parts[1].value(known)?),
            Self::Choice(parts) => {
                if parts[0].value(known)? {
                    parts[1].value(known)
                } else {
                    parts[2].value(known)
                }
            }
        }
    }

    fn collect(&self, parameters: &mut BTreeSet<String>) {
        match self {
            Self::Parameter(name) => _ = parameters.insert(name.clone()),
            Self::Not(part) => part.collect(parameters),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect(parameters)),
            Self::Same(parts) => parts.iter().for_each(|part| part.collect(parameters)),
            Self::Choice(parts) => parts.iter().for_each(|part| part.collect(parameters)),
        }
    }

    fn collect_open(&self, known: &Known, open: &mut Vec<String>) {
        if self.value(known).is_ok() {
            return;
        }
        let mut collect = |parts: &[Self]| parts.iter().for_each(|part| part.collect_open(known, open));
        match self {
            Self::Parameter(name) => open.push(name.clone()),
            Self::Not(part) => part.collect_open(known, open),
            Self::All(parts) | Self::Any(parts) => collect(parts),
            Self::Same(parts) => collect(&parts[..]),
            Self::Choice(parts) => match parts[0].value(known) {
                Ok(true) => parts[1].collect_open(known, open),
                Ok(false) => parts[2].collect_open(known, open),
                Err(_) => {
                    collect(&parts[..]);
                    // Where both ways lead to the same, the first part makes no difference: it counts twice.
                    if parts[1].value(known).is_ok() && parts[1].value(known) == parts[2].value(known) {
                        parts[0].collect_open(known, open);
                    }
                }
            },
        }
    }
}

fn fold(parts: &[Logic], known: &Known, decisive: bool) -> Result<bool, BTreeSet<String>> {
    let values: Vec<_> = parts.iter().map(|part| part.value(known)).collect();
    if values.contains(&Ok(decisive)) {
        return Ok(decisive);
    }
    let missing: BTreeSet<_> = values.into_iter().filter_map(Result::err).flatten().collect();
    if missing.is_empty() { Ok(!decisive) } else { Err(missing) }
}
