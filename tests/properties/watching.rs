//! A graph rebuilt from what a watch tells.

use std::collections::{BTreeMap, BTreeSet};

use arrowroot::engine::{Engine, Step, Watch, ZedToken};
use arrowroot::relationship::{Relationship, RelationshipUpdate, UpdateOperation};

/// Relationships by resource, relation and subject.
pub(crate) type Graph = BTreeMap<String, Relationship>;

pub(crate) fn graph(relationships: impl Iterator<Item = Relationship>) -> Graph {
    relationships.map(|relationship| (key(&relationship), relationship)).collect()
}

/// Applies everything that has happened since a token to the graph as it was then.
pub(crate) fn replay(engine: &Engine, after: &ZedToken, graph: &mut Graph) {
    let mut watcher = engine.watch(Watch { after: Some(after.clone()), ..Watch::default() }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    loop {
        match watcher.step() {
            Step::Changes(changes) => changes.updates.into_iter().for_each(|update| apply(update, graph)),
            Step::Skipped => {}
            Step::CaughtUp => return,
            Step::InJournal => {
                let turn = runtime.block_on(watcher.journal_turn()).unwrap();
                watcher.read_journal(turn).unwrap();
            }
        }
    }
}

fn apply(update: RelationshipUpdate, graph: &mut Graph) {
    let RelationshipUpdate { operation, relationship } = update;
    match operation {
        UpdateOperation::Touch => {
            let before = graph.insert(key(&relationship), relationship.clone());
            // What has expired is absent, so that writing it once more is a change.
            let is_change = relationship.expires_at.is_some() || before != Some(relationship);
            assert!(is_change, "a touch that changes nothing");
        }
        UpdateOperation::Delete => {
            let deleted = graph.remove(&key(&relationship));
            assert_eq!(deleted, Some(relationship), "a delete tells what was there");
        }
        UpdateOperation::Create => panic!("{relationship} was told of as created"),
    }
}

/// What holds at a time, as text.
pub(crate) fn rows_at(graph: &Graph, now: i64) -> BTreeSet<String> {
    let holds = |relationship: &&Relationship| relationship.expires_at.is_none_or(|end| end.seconds > now);
    graph.values().filter(holds).map(ToString::to_string).collect()
}

fn key(relationship: &Relationship) -> String {
    let Relationship { resource, relation, subject, .. } = relationship;
    format!("{resource}#{relation}@{subject}")
}
