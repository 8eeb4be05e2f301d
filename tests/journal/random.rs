//! Random transactions in random groups come back the same from every journal, and survive reopening.

use arrowroot::journal::{
    CounterChange, Journal, MemoryJournal, RelationshipChange, SledJournal, Transaction,
};
use arrowroot::relationship::{
    CaveatName, ContextualizedCaveat, CounterName, DefinitionName, Object, ObjectId, RelationName,
    Relationship, RelationshipFilter, Revision, Subject, SubjectFilter, SubjectIdFilter,
    SubjectRelationFilter, Timestamp,
};
use proptest::prelude::*;

use super::support::read;

fn object() -> impl Strategy<Value = Object> {
    ("[a-z][a-z0-9_]{1,8}[a-z0-9]", "[a-zA-Z0-9/_|=+.:@%~,-]{1,40}").prop_map(|(definition, id)| Object {
        definition: DefinitionName::new(definition).unwrap(),
        id: ObjectId::new(id).unwrap(),
    })
}

fn relation() -> impl Strategy<Value = RelationName> {
    "[a-z][a-z0-9_]{1,8}[a-z0-9]".prop_map(|name| RelationName::new(name).unwrap())
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (any::<i64>(), 0..1_000_000_000_u32).prop_map(|(seconds, nanoseconds)| Timestamp { seconds, nanoseconds })
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        object().prop_map(Subject::Object),
        (object(), relation()).prop_map(|(object, relation)| Subject::Userset(object, relation)),
        object().prop_map(|object| Subject::Wildcard(object.definition)),
    ]
}

fn change() -> impl Strategy<Value = RelationshipChange> {
    let caveat = ("[a-z][a-z0-9/_|-]{0,20}", any::<String>()).prop_map(|(name, context_json)| {
        ContextualizedCaveat { name: CaveatName::new(name).unwrap(), context_json }
    });
    let relationship =
        (object(), relation(), subject(), prop::option::of(caveat), prop::option::of(timestamp())).prop_map(
            |(resource, relation, subject, caveat, expires_at)| Relationship {
                caveat,
                expires_at,
                ..Relationship::new(resource, relation, subject)
            },
        );
    (relationship, any::<bool>()).prop_map(|(relationship, is_deleted)| {
        if is_deleted {
            RelationshipChange::Delete(relationship)
        } else {
            RelationshipChange::Touch(relationship)
        }
    })
}

fn filter() -> impl Strategy<Value = RelationshipFilter> {
    let id = prop_oneof![
        Just(None),
        Just(Some(SubjectIdFilter::Wildcard)),
        object().prop_map(|object| Some(SubjectIdFilter::Object(object.id))),
    ];
    let subject_relation = prop_oneof![
        Just(SubjectRelationFilter::Any),
        Just(SubjectRelationFilter::Ellipsis),
        relation().prop_map(SubjectRelationFilter::Named),
    ];
    let subject = (object(), id, subject_relation).prop_map(|(object, id, relation)| SubjectFilter {
        definition: object.definition,
        id,
        relation,
    });
    (prop::option::of(object()), prop::option::of(relation()), prop::option::of(subject)).prop_map(
        |(object, relation, subject)| RelationshipFilter {
            resource_definition: object.clone().map(|object| object.definition),
            resource_id: None,
            resource_id_prefix: object.map(|object| object.id.into()),
            relation,
            subject,
        },
    )
}

fn counter() -> impl Strategy<Value = CounterChange> {
    let name = || "[a-z][a-z0-9_]{1,20}[a-z0-9]".prop_map(|name| CounterName::new(name).unwrap());
    prop_oneof![
        (name(), filter()).prop_map(|(name, filter)| CounterChange::Register { name, filter }),
        name().prop_map(|name| CounterChange::Unregister { name }),
    ]
}

fn transaction() -> impl Strategy<Value = Transaction> {
    let text = || prop::option::of(prop_oneof![any::<String>(), "[a-z ]{20000,40000}"]);
    let changes = prop::collection::vec(change(), 0..20);
    (timestamp(), text(), changes, text(), prop::option::of(counter())).prop_map(
        |(committed_at, schema, changes, metadata_json, counter)| Transaction {
            revision: Revision::ZERO,
            committed_at,
            schema,
            changes,
            metadata_json,
            counter,
        },
    )
}

fn groups() -> impl Strategy<Value = Vec<Vec<Transaction>>> {
    prop::collection::vec(prop::collection::vec(transaction(), 1..6), 1..6).prop_map(|mut groups| {
        for (transaction, revision) in groups.iter_mut().flatten().zip(1..) {
            transaction.revision = Revision(revision);
        }
        groups
    })
}

fn append_groups(journal: &dyn Journal, groups: &[Vec<Transaction>]) {
    for group in groups {
        journal.append(journal.head().unwrap(), group).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_appended_comes_back(groups in groups()) {
        let transactions = groups.concat();
        let memory = MemoryJournal::new();
        append_groups(&memory, &groups);
        prop_assert_eq!(read(&memory, 0).unwrap(), &*transactions);

        let directory = tempfile::tempdir().unwrap();
        let journal = SledJournal::open(directory.path()).unwrap();
        append_groups(&journal, &groups);
        prop_assert_eq!(read(&journal, 0).unwrap(), &*transactions);
        drop(journal);
        let journal = SledJournal::open(directory.path()).unwrap();
        for after in 0..transactions.len() {
            prop_assert_eq!(read(&journal, after as u64).unwrap(), &transactions[after..]);
        }
    }
}
