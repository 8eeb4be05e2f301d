//! What is exported, in pages and with writes going on between them, and imported into an empty engine: the same
//! relationships, and the same answers, also after a restart and when time has passed.

use arrowroot::engine::{Consistency, Engine, RelationshipReader, View};
use arrowroot::relationship::Relationship;

use crate::ask::Seen;
use crate::history::{self, History};
use crate::naive::Case;
use crate::random::{self, Random};
use crate::{TRANSACTIONS, cases, compare_case, ids};

#[test]
fn what_is_exported_in_pages_and_imported_again_has_the_same_relationships_and_answers() {
    let (mut seen, mut relationship_count) = (Seen::default(), 0);
    for (number, mut random) in cases("bulk") {
        let mut history = History::random(&mut random, TRANSACTIONS, false);
        // The clock of a new engine has seen nothing yet.
        history.pass_time(&mut random);
        let back = random.below(4.min(history.states.len()));
        let state = history.states[history.states.len() - 1 - back].clone();
        let relationships = exported(&mut random, &mut history, &state);
        relationship_count += relationships.len();
        let expected = history.expected_rows(&state);
        assert_eq!(relationships.len(), expected.len(), "{history}");

        let directory = (number % 12 == 0).then(|| tempfile::tempdir().unwrap());
        let path = directory.as_ref().map(|directory| directory.path().join("graph"));
        let mut copy = history.beside(path.as_deref());
        import(&mut random, &copy, &relationships);
        if path.is_some() {
            drop(copy);
            copy = history.beside(path.as_deref());
        }
        history.pass_time(&mut random);
        let view = copy.at(&Consistency::FullyConsistent).unwrap();
        assert_eq!(history::read(&view, &history.model), history.expected_rows(&state), "{history}");
        for subject in random::subjects(&mut random, &history.model) {
            let context = random::context(&mut random);
            let case = Case {
                model: &history.model,
                rows: &state.rows,
                now: history.now,
                ids: &ids(),
                subject: &subject,
                context: &context,
            };
            compare_case(&case, &view, &history, &mut seen);
        }
    }
    println!("{relationship_count} relationships, {seen:?}");
    seen.assert_enough();
}

/// Everything of a state, in pages, between which the graph goes on to change.
fn exported(random: &mut Random, history: &mut History, state: &history::State) -> Vec<Relationship> {
    let mut relationships: Vec<Relationship> = Vec::new();
    loop {
        let view: View = history.view(state);
        let after = relationships.last().map(RelationshipReader::position_of);
        let reader = view.export_relationships(None, after.as_deref()).unwrap();
        let page: Vec<_> = reader.take(1 + random.below(7)).collect();
        if page.is_empty() {
            return relationships;
        }
        relationships.extend(page);
        history.write(random);
    }
}

fn import(random: &mut Random, engine: &Engine, relationships: &[Relationship]) {
    let before = engine.head();
    let mut import = engine.import_relationships().unwrap();
    for message in relationships.chunks(1 + random.below(9)) {
        import.add_all(message).unwrap();
    }
    let imported = engine.commit_import(import).unwrap();
    assert_eq!(imported.count, relationships.len() as u64);
    let is_revision = !relationships.is_empty();
    assert_eq!(engine.head(), if is_revision { before.next() } else { before });
}
