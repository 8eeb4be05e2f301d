//! Watches: every change once, in order, from any state that is kept.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrowroot::engine::{
    Changes, ConsistencyError, Engine, EngineOptions, Step, Unwritable, Watch, WatchError, Watcher,
    WriteRelationships, ZedToken,
};
use arrowroot::journal::{AppendError, Journal, JournalError, JournalIdentity, MemoryJournal, Transaction};
use arrowroot::relationship::{Revision, UpdateOperation};

use crate::durability::Failing;
use crate::support::{SCHEMA, engine, filter, head, read, try_write, update, write};

fn watch(engine: &Engine) -> Watcher {
    engine.watch(Watch::default()).unwrap()
}

fn watch_after(engine: &Engine, token: &ZedToken) -> Watcher {
    engine.watch(Watch { after: Some(token.clone()), ..Watch::default() }).unwrap()
}

/// Everything that is told up to now.
fn rest(watcher: &mut Watcher) -> Vec<Changes> {
    let mut told = Vec::new();
    loop {
        match watcher.step() {
            Step::Changes(changes) => told.push(changes),
            Step::Skipped => {}
            Step::CaughtUp => return told,
            Step::InJournal => {
                let turn = pollster(watcher.journal_turn()).unwrap();
                watcher.read_journal(turn).unwrap();
            }
        }
    }
}

/// Waits for a future on this thread.
fn pollster<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The updates of changes as text, `~` for a touch and `-` for a delete; one text each.
fn texts(told: &[Changes]) -> Vec<String> {
    told.iter().map(text).collect()
}

fn text(changes: &Changes) -> String {
    let update = |update: &arrowroot::relationship::RelationshipUpdate| {
        let sign = if update.operation == UpdateOperation::Delete { '-' } else { '~' };
        format!("{sign}{}", update.relationship)
    };
    let mut words: Vec<_> = changes.updates.iter().map(update).collect();
    words.extend(changes.is_schema_changed.then(|| "schema".to_owned()));
    words.extend(changes.metadata_json.clone());
    words.join(" ")
}

/// A write of so many relationships with long names.
fn large(prefix: &str, count: usize) -> WriteRelationships {
    let id = "x".repeat(900);
    let updates = (0..count).map(|number| update(&format!("+doc:{prefix}{number}{id}#owner@user:ana")));
    WriteRelationships { updates: updates.collect(), ..Default::default() }
}

fn unlimited() -> EngineOptions {
    let mut options = EngineOptions::default();
    options.limits.updates_max = usize::MAX;
    options
}

#[test]
fn each_change_is_told_once_in_the_order_of_the_write_and_what_changes_nothing_is_not() {
    let engine = engine();
    let mut watcher = watch(&engine);
    write(&engine, &["+doc:b#owner@user:ana", "~doc:a#viewer@user:*", "+doc:c#viewer@group:g#member"]);
    write(&engine, &["~doc:b#owner@user:ana"]);
    write(&engine, &["-doc:none#owner@user:ana"]);
    write(&engine, &[]);
    write(&engine, &["~doc:d#owner@user:ana", "-doc:b#owner@user:ana", "~doc:e#owner@user:ana"]);
    let request =
        WriteRelationships { metadata_json: Some("{\"by\":\"ana\"}".to_owned()), ..Default::default() };
    engine.write_relationships(request.clone()).unwrap();
    let updates = vec![update("-doc:a#viewer@user:*")];
    engine.write_relationships(WriteRelationships { updates, ..request }).unwrap();
    assert_eq!(
        texts(&rest(&mut watcher)),
        [
            "~doc:b#owner@user:ana ~doc:a#viewer@user:* ~doc:c#viewer@group:g#member",
            "~doc:d#owner@user:ana -doc:b#owner@user:ana ~doc:e#owner@user:ana",
            "-doc:a#viewer@user:* {\"by\":\"ana\"}",
        ]
    );
}

#[test]
fn a_delete_tells_the_terms_that_were_stored() {
    let schema = "use expiration
        definition user {}
        caveat ca(a bool) { a }
        definition doc { relation owner: user | user with ca and expiration\n}";
    let engine = crate::support::with_schema(schema);
    let mut watcher = watch(&engine);
    let row = "doc:a#owner@user:ana[ca:{\"a\":true}][expiration:2100-01-01T00:00:00Z]";
    for delete_by_filter in [false, true] {
        write(&engine, &[&format!("+{row}")]);
        if delete_by_filter {
            engine.delete_relationships(crate::support::deletion("doc:a")).unwrap();
        } else {
            write(&engine, &["-doc:a#owner@user:ana"]);
        }
        assert_eq!(texts(&rest(&mut watcher)), [format!("~{row}"), format!("-{row}")]);
    }
}

#[test]
fn the_schema_is_told_of_when_it_changes() {
    let engine = engine();
    let mut watcher = watch(&engine);
    engine.write_schema(SCHEMA).unwrap();
    engine.write_schema(&format!("{SCHEMA}\ndefinition other {{}}")).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    assert_eq!(texts(&rest(&mut watcher)), ["schema", "schema"]);
    assert!(rest(&mut watch(&engine)).is_empty(), "a watch begins after what there is");
}

#[test]
fn after_any_token_exactly_the_rest_is_told_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let engine = Engine::open(&path, unlimited()).unwrap();
    let first = head(&engine).token();
    let mut early = watch(&engine);
    engine.write_schema(SCHEMA).unwrap();
    for number in 0..12 {
        write(&engine, &[&format!("+doc:{number}#owner@user:ana"), &format!("+doc:{number}#viewer@user:*")]);
        if number % 5 == 0 {
            engine.write_relationships(large(&format!("n{number}"), 1200)).unwrap();
        }
    }
    let all = rest(&mut early);
    assert_eq!(rest(&mut watch_after(&engine, &first)), all);
    drop((engine, early));
    let engine = Engine::open(&path, EngineOptions::default()).unwrap();
    assert_eq!(rest(&mut watch_after(&engine, &first)), all);
    for (place, Changes { through, .. }) in all.iter().enumerate() {
        let told = rest(&mut watch_after(&engine, through));
        let begin = all.len() - told.len();
        assert_eq!(told, all[begin..], "after {place}");
        assert!(begin <= place + 1, "something was lost after {place}");
        // Only the parts of the transaction that had not been told to its end come again.
        assert!(all[begin..=place].iter().all(|part| part.through == *through), "after {place}");
    }
    write(&engine, &["+doc:late#owner@user:ana"]);
    let told = rest(&mut watch_after(&engine, &all[all.len() - 1].through));
    assert_eq!(texts(&told), ["~doc:late#owner@user:ana"]);
}

#[test]
fn a_large_transaction_comes_in_parts_from_whose_tokens_nothing_is_lost() {
    let engine = Engine::in_memory(unlimited()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let before = write(&engine, &["+doc:one#owner@user:ana"]).written_at;
    let mut watcher = watch(&engine);
    let written = engine.write_relationships(large("n", 3000)).unwrap().written_at;
    let parts = rest(&mut watcher);
    assert!(parts.len() > 5, "{} parts", parts.len());
    let (last, earlier) = parts.split_last().unwrap();
    assert_eq!(last.through, written);
    let is_of_before = |part: &Changes| part.through == before;
    assert!(earlier.iter().all(is_of_before));
    assert_eq!(parts.iter().map(|part| part.updates.len()).sum::<usize>(), 3000);
    assert!(parts.iter().all(|part| part.updates.len() < 400));
    assert_eq!(rest(&mut watch_after(&engine, &before)), parts);
}

#[test]
fn filters_and_types_select_and_several_filters_add_up() {
    let engine = engine();
    let before = head(&engine).token();
    write(
        &engine,
        &[
            "+doc:one#owner@user:ana",
            "+doc:one#viewer@user:*",
            "+doc:two#viewer@group:g#member",
            "+doc:other#parent@doc:one",
            "+group:g#member@user:ana",
        ],
    );
    let [one, everyone, two, other, group] = [
        "~doc:one#owner@user:ana",
        "~doc:one#viewer@user:*",
        "~doc:two#viewer@group:g#member",
        "~doc:other#parent@doc:one",
        "~group:g#member@user:ana",
    ];
    let cases: [(&[&str], &[&str], &[&str]); 17] = [
        (&[], &[], &[one, everyone, two, other, group]),
        (&["doc"], &[], &[one, everyone, two, other]),
        (&["group", "doc"], &[], &[one, everyone, two, other, group]),
        (&["nothing"], &[], &[]),
        (&["doc"], &["@user:ana"], &[one]),
        (&[], &["doc:one"], &[one, everyone]),
        (&[], &["doc:o%"], &[one, everyone, other]),
        (&[], &["doc#viewer"], &[everyone, two]),
        (&[], &["#viewer"], &[everyone, two]),
        (&[], &["@user"], &[one, everyone, group]),
        (&[], &["@user#"], &[one, everyone, group]),
        (&[], &["@user:*"], &[everyone]),
        (&[], &["@group"], &[two]),
        (&[], &["@group#"], &[]),
        (&[], &["@group:g#member"], &[two]),
        (&[], &["doc:two", "group"], &[two, group]),
        (&[], &["doc#view"], &[]),
    ];
    for (definitions, filters, expected) in cases {
        let request = Watch {
            after: Some(before.clone()),
            definitions: definitions.iter().map(|name| name.parse().unwrap()).collect(),
            filters: filters.iter().map(|text| filter(text)).collect(),
        };
        let told = texts(&rest(&mut engine.watch(request).unwrap()));
        if let (&[], &[filter]) = (definitions, filters)
            && filter != "doc#view"
        {
            let read = read(&head(&engine), filter).into_iter().map(|row| format!("~{row}"));
            let read: HashSet<_> = read.collect();
            let expected: HashSet<_> = expected.iter().map(|row| (*row).to_owned()).collect();
            assert_eq!(read, expected, "a read with the same filter");
        }
        let expected = expected.join(" ");
        let expected: Vec<_> = (!expected.is_empty()).then_some(expected).into_iter().collect();
        assert_eq!(told, expected, "{definitions:?} {filters:?}");
    }
}

/// A journal that counts how often it is read.
#[derive(Debug, Default)]
struct Counting {
    journal: MemoryJournal,
    reads: AtomicUsize,
}

impl Journal for Counting {
    /// Always the same, as if one were a copy of the other.
    fn identity(&self) -> JournalIdentity {
        JournalIdentity(7)
    }

    fn head(&self) -> Result<Revision, JournalError> {
        self.journal.head()
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        self.journal.append(expected_head, transactions)
    }

    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.journal.read(after, visit)
    }
}

#[test]
fn who_keeps_up_never_reads_the_journal_and_a_large_transaction_is_in_memory_once() {
    let journal = Arc::new(Counting::default());
    let engine = Engine::with_journal(Arc::clone(&journal) as _, unlimited()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let reads = || journal.reads.swap(0, Ordering::Relaxed);
    reads();
    let mut watchers: Vec<_> = (0..5).map(|_| watch(&engine)).collect();
    for number in 0..2000 {
        write(&engine, &[&format!("+doc:{number}#owner@user:ana")]);
        if number % 500 == 0 {
            for watcher in &mut watchers {
                assert!(!rest(watcher).is_empty());
            }
        }
    }
    let told: usize = watchers.iter_mut().map(|watcher| rest(watcher).len()).sum();
    assert_eq!(told, 499 * 5);
    assert_eq!(reads(), 0);
    engine.write_relationships(large("n", 1500)).unwrap();
    write(&engine, &["+doc:late#owner@user:ana"]);
    // All begin before any ends.
    for watcher in &mut watchers {
        while watcher.step() == Step::InJournal {
            let turn = pollster(watcher.journal_turn()).unwrap();
            watcher.read_journal(turn).unwrap();
        }
    }
    assert_eq!(reads(), 2, "once to learn that it is large, once to keep it");
    for watcher in &mut watchers {
        assert_eq!(texts(&rest(watcher)).last().unwrap(), "~doc:late#owner@user:ana");
    }
    assert_eq!(reads(), 0);
}

#[test]
fn nothing_is_told_of_a_write_that_is_not_durable() {
    let journal = Arc::new(Failing::default());
    let engine = Engine::with_journal(Arc::clone(&journal) as _, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let mut watcher = watch(&engine);
    journal.failures.store(1, Ordering::Relaxed);
    try_write(&engine, &["+doc:one#owner@user:ana"]).unwrap_err();
    write(&engine, &["+doc:two#owner@user:ana"]);
    assert_eq!(texts(&rest(&mut watcher)), ["~doc:two#owner@user:ana"]);
}

#[test]
fn a_watcher_waits_for_what_comes_and_ends_with_the_engine_when_all_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let engine = Engine::open(&path, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let mut watcher = watch(&engine);
    let waiting = std::thread::spawn(move || {
        let told = watcher.next_changes().unwrap();
        (text(&told), watcher)
    });
    write(&engine, &["+doc:one#owner@user:ana"]);
    let (told, mut watcher) = waiting.join().unwrap();
    assert_eq!(told, "~doc:one#owner@user:ana");
    write(&engine, &["+doc:two#owner@user:ana"]);
    engine.close();
    let refused = try_write(&engine, &["+doc:three#owner@user:ana"]).unwrap_err();
    assert_eq!(refused.to_string(), Unwritable::Closing.to_string());
    assert_eq!(text(&watcher.next_changes().unwrap()), "~doc:two#owner@user:ana");
    assert!(matches!(watcher.next_changes(), Err(WatchError::Closing)));
    // The watcher does not hold the directory.
    drop(engine);
    Engine::open(&path, EngineOptions::default()).unwrap();
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let engine = engine();
    let refusal = |after: Option<&ZedToken>, filters: &[&str]| {
        let filters = filters.iter().map(|text| filter(text)).collect();
        let request = Watch { after: after.cloned(), filters, ..Watch::default() };
        engine.watch(request).unwrap_err().to_string()
    };
    let foreign = head(&crate::support::engine()).token();
    let garbled = ZedToken("garbled".to_owned());
    assert_eq!(refusal(Some(&garbled), &["nothing"]), "invalid revision requested");
    assert_eq!(refusal(Some(&foreign), &["nothing"]), "the token was made by another store");
    assert_eq!(refusal(None, &["nothing"]), "object definition `nothing` not found");
    assert!(refusal(None, &["doc", ""]).ends_with("at least one field must be set"));
    assert!(refusal(None, &vec!["doc"; 10_001]).starts_with("filter count of 10001"));
    assert_eq!(engine.watcher_count(), 0);

    let copied = || Engine::with_journal(Arc::new(Counting::default()), EngineOptions::default()).unwrap();
    let (ahead, behind) = (copied(), copied());
    ahead.write_schema(SCHEMA).unwrap();
    let request = Watch { after: Some(head(&ahead).token()), ..Watch::default() };
    let refused = behind.watch(request).unwrap_err();
    assert!(matches!(refused, WatchError::Start(ConsistencyError::Future { .. })), "{refused:?}");
}

#[test]
fn a_replay_gives_the_graph() {
    let engine = engine();
    let before = head(&engine).token();
    write(&engine, &["+doc:a#owner@user:ana", "+doc:b#owner@user:ana"]);
    write(&engine, &["-doc:a#owner@user:ana", "+doc:c#owner@user:ben"]);
    let mut rows = std::collections::BTreeSet::new();
    for update in rest(&mut watch_after(&engine, &before)).into_iter().flat_map(|changes| changes.updates) {
        let row = update.relationship.to_string();
        match update.operation {
            UpdateOperation::Delete => assert!(rows.remove(&row)),
            _ => assert!(rows.insert(row)),
        }
    }
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), read(&head(&engine), "doc"));
}
