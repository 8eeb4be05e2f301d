//! Sets of subjects as SpiceDB's development tools put them together: by name, and everyone of a type but for some.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::relationship::Subject;

/// The relations that a subject was found in, as text: `document:plan#viewer`.
pub(in crate::scenario) type Resources = BTreeSet<Rc<str>>;

/// A set of subjects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::scenario) struct Set {
    /// By definition and relation, which is empty of objects.
    kinds: BTreeMap<(String, String), Members>,
}

/// A subject of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::scenario) struct Member {
    /// Whether it is one on a condition only.
    pub(in crate::scenario) is_caveated: bool,
    /// Where it was found.
    pub(in crate::scenario) resources: Resources,
    /// Of everyone of a type, the ids of those that are not: for certain, or on a condition.
    pub(in crate::scenario) excluded: BTreeMap<String, bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Members {
    named: BTreeMap<String, Member>,
    everyone: Option<Member>,
}

impl Set {
    /// A set of one subject.
    pub(in crate::scenario) fn of(subject: &Subject, is_caveated: bool, resource: Rc<str>) -> Self {
        let mut members = Members::default();
        let member = Member { is_caveated, resources: [resource].into(), excluded: BTreeMap::new() };
        match subject {
            Subject::Wildcard(_) => members.everyone = Some(member),
            Subject::Object(object) | Subject::Userset(object, _) => {
                members.named.insert(object.id.as_str().to_owned(), member);
            }
        }
        Self { kinds: [(kind(subject), members)].into() }
    }

    /// How many subjects it has.
    pub(in crate::scenario) fn len(&self) -> usize {
        let count = |members: &Members| {
            members.named.len() + members.everyone.as_ref().map_or(0, |everyone| 1 + everyone.excluded.len())
        };
        self.kinds.values().map(count).sum()
    }

    /// A subject of the set, everyone of a type taken as one of its own.
    pub(in crate::scenario) fn find(&self, subject: &Subject) -> Option<&Member> {
        let members = self.kinds.get(&kind(subject))?;
        match subject {
            Subject::Wildcard(_) => members.everyone.as_ref(),
            Subject::Object(_) | Subject::Userset(..) => members.named.get(subject.id()),
        }
    }

    /// Every subject, as text, with what there is to know of it; in order.
    pub(in crate::scenario) fn subjects(&self) -> impl Iterator<Item = (String, &Member)> {
        self.kinds.iter().flat_map(|((definition, relation), members)| {
            let text = move |id: &str| match relation.as_str() {
                "" => format!("{definition}:{id}"),
                relation => format!("{definition}:{id}#{relation}"),
            };
            let everyone = members.everyone.iter().map(move |member| (text("*"), member));
            everyone.chain(members.named.iter().map(move |(id, member)| (text(id), member)))
        })
    }

    /// The same subjects, on a condition.
    pub(in crate::scenario) fn caveated(mut self, is_caveated: bool) -> Self {
        for members in self.kinds.values_mut().filter(|_| is_caveated) {
            members
                .named
                .values_mut()
                .chain(&mut members.everyone)
                .for_each(|member| member.is_caveated = true);
        }
        self
    }

    /// Whoever is in any.
    pub(in crate::scenario) fn add(&mut self, other: &Self) {
        for (kind, others) in &other.kinds {
            self.kinds.entry(kind.clone()).or_default().add(others);
        }
    }

    /// Whoever is in both.
    pub(in crate::scenario) fn keep(&mut self, other: &Self) {
        self.kinds.retain(|kind, _| other.kinds.contains_key(kind));
        for (kind, members) in &mut self.kinds {
            if let Some(others) = other.kinds.get(kind) {
                members.keep(others);
            }
        }
        self.forget_empty();
    }

    /// Whoever is in this and not in the other.
    pub(in crate::scenario) fn remove(&mut self, other: &Self) {
        for (kind, members) in &mut self.kinds {
            if let Some(others) = other.kinds.get(kind) {
                members.remove(others);
            }
        }
        self.forget_empty();
    }

    fn forget_empty(&mut self) {
        self.kinds.retain(|_, members| !members.named.is_empty() || members.everyone.is_some());
    }
}

fn kind(subject: &Subject) -> (String, String) {
    let relation = subject.relation().map(|relation| relation.as_str().to_owned());
    (subject.definition().as_str().to_owned(), relation.unwrap_or_default())
}

impl Member {
    /// As one of either.
    fn or(&mut self, other: &Self) {
        self.is_caveated &= other.is_caveated;
        self.resources.extend(other.resources.iter().cloned());
    }

    /// As one of both.
    fn and(&self, other: &Self) -> Self {
        let resources = self.resources.union(&other.resources).cloned().collect();
        Self { is_caveated: self.is_caveated || other.is_caveated, resources, excluded: BTreeMap::new() }
    }

    /// A named subject that is also one of everyone, if it is not excluded.
    fn within(&self, id: &str, everyone: &Self) -> Option<Self> {
        let mut both = self.and(everyone);
        match everyone.excluded.get(id) {
            Some(false) => return None,
            Some(true) => both.is_caveated = true,
            None => {}
        }
        Some(both)
    }
}

impl Members {
    fn add(&mut self, other: &Self) {
        if let Some(everyone) = &other.everyone {
            match &mut self.everyone {
                None => self.everyone = Some(everyone.clone()),
                Some(own) => {
                    own.or(everyone);
                    // Who is excluded from one of them only is in the other.
                    own.excluded.retain(|id, is_caveated| match everyone.excluded.get(id) {
                        Some(other) => {
                            *is_caveated |= other;
                            true
                        }
                        None => false,
                    });
                }
            }
        }
        for (id, member) in &other.named {
            match self.named.get_mut(id) {
                Some(own) => own.or(member),
                None => {
                    self.named.insert(id.clone(), member.clone());
                }
            }
        }
        if let Some(everyone) = &mut self.everyone {
            let named = &self.named;
            everyone.excluded.retain(|id, is_caveated| match named.get(id) {
                Some(member) if !member.is_caveated => false,
                Some(_) => {
                    *is_caveated = true;
                    true
                }
                None => true,
            });
        }
    }

    fn keep(&mut self, other: &Self) {
        let mut named: BTreeMap<String, Member> = BTreeMap::new();
        let mut add = |id: &String, member: Option<Member>| {
            let Some(member) = member else { return };
            match named.get_mut(id) {
                Some(own) => own.or(&member),
                None => {
                    named.insert(id.clone(), member);
                }
            }
        };
        for (id, member) in &self.named {
            add(id, other.named.get(id).map(|other| member.and(other)));
            add(id, other.everyone.as_ref().and_then(|everyone| member.within(id, everyone)));
        }
        for (id, member) in &other.named {
            add(id, self.everyone.as_ref().and_then(|everyone| member.within(id, everyone)));
        }
        self.everyone = match (&self.everyone, &other.everyone) {
            (Some(own), Some(other)) => {
                let mut both = own.and(other);
                both.excluded.clone_from(&own.excluded);
                for (id, is_caveated) in &other.excluded {
                    both.excluded
                        .entry(id.clone())
                        .and_modify(|own| *own &= is_caveated)
                        .or_insert(*is_caveated);
                }
                Some(both)
            }
            _ => None,
        };
        self.named = named;
    }

    fn remove(&mut self, other: &Self) {
        for (id, removed) in &other.named {
            if let Some(member) = self.named.get_mut(id) {
                member.is_caveated = true;
                if !removed.is_caveated {
                    self.named.remove(id);
                }
            }
            if let Some(everyone) = &mut self.everyone {
                let is_caveated = removed.is_caveated;
                everyone
                    .excluded
                    .entry(id.clone())
                    .and_modify(|own| *own &= is_caveated)
                    .or_insert(is_caveated);
            }
        }
        let Some(everyone) = &other.everyone else { return };
        self.named.retain(|id, member| match everyone.excluded.get(id) {
            Some(false) => true,
            Some(true) => {
                member.is_caveated = true;
                true
            }
            None => {
                member.is_caveated = true;
                everyone.is_caveated
            }
        });
        let Some(mut own) = self.everyone.take() else { return };
        // Whom the other excludes is left by name.
        for (id, is_caveated) in &everyone.excluded {
            let own_exclusion = own.excluded.get(id);
            if own_exclusion != Some(&false) {
                let is_caveated = own.is_caveated || *is_caveated || own_exclusion == Some(&true);
                let left =
                    Member { is_caveated, resources: own.resources.clone(), excluded: BTreeMap::new() };
                self.named.entry(id.clone()).and_modify(|member| member.or(&left)).or_insert(left);
            }
        }
        if everyone.is_caveated {
            own.is_caveated = true;
            self.everyone = Some(own);
        }
    }
}
