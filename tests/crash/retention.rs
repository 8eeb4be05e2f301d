//! A server that forgets the past at once and writes checkpoints all the time, and is killed: what was deleted and
//! what has expired stays away, what was created again is there, and of what lies still nothing is lost.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::relationship_update::Operation;
use tonic::Status;

use super::client::Client;
use super::number::Random;
use super::process::{self, Server};
use super::rounds;

const ROUNDS: u64 = 10;
const WRITERS: usize = 4;
/// Places that each writer fills and empties in turn.
const SLOTS: usize = 12;
/// Relationships that are there from the beginning to the end, and make checkpoints take a while.
const STILL: usize = 6_000;
/// Written with each full slot: one that ends soon, one that outlives the test.
const LEASES_MS: [u64; 2] = [400, 86_400_000];
const PARTS: usize = 3;
const LIFE_MS_MAX: usize = 700;
const WINDOW: &str = "50ms";
const CHECKPOINT_AFTER_BYTES: u32 = 4_000;

const SCHEMA: &str = "
    use expiration
    definition user {}
    definition still {
        relation part: user
    }
    definition slot {
        relation part: user
        relation lease: user with expiration
    }";

/// What a slot has: until when its leases are, by their number, in milliseconds since 1970. Nothing if it is empty.
type Slot = Option<[u64; LEASES_MS.len()]>;

#[test]
fn what_is_forgotten_stays_away_and_all_else_is_there_after_kill_9() {
    let mut random = Random(process::seed("retention"));
    let directory = tempfile::tempdir().unwrap();
    let flags = process::forgetful(WINDOW, CHECKPOINT_AFTER_BYTES);
    let mut server = Server::start(directory.path(), &flags);
    Client::connect(&server).write_schema(SCHEMA);
    import_still(&server);
    let mut writers: Vec<Writer> = (0..WRITERS).map(Writer::new).collect();
    let (mut acknowledged, mut ended) = (0, 0);
    for round in 0..rounds(ROUNDS) {
        let is_killed = AtomicBool::new(false);
        thread::scope(|scope| {
            let is_killed = &is_killed;
            let writing: Vec<_> = writers
                .iter_mut()
                .map(|writer| (writer, Client::connect(&server)))
                .map(|(writer, mut client)| {
                    scope.spawn(move || writer.write_until_error(&mut client, is_killed))
                })
                .collect();
            thread::sleep(Duration::from_millis(random.below(LIFE_MS_MAX) as u64));
            is_killed.store(true, Ordering::SeqCst);
            server.kill();
            acknowledged += writing.into_iter().map(|writing| writing.join().unwrap()).sum::<usize>();
        });
        let before = server.head();
        server = Server::start(directory.path(), &flags);
        assert!(server.head() >= before, "round {round}: revisions went back");
        let mut client = Client::connect(&server);
        for writer in &mut writers {
            ended += writer.compare(round, &mut client);
        }
        let still = client.found(&filter("still", ""));
        assert_eq!(still.len(), STILL, "round {round}: of what lies still");
    }
    // By now whatever was leased for a short time is over, however quick the rounds were.
    thread::sleep(Duration::from_millis(LEASES_MS[0]));
    let mut client = Client::connect(&server);
    ended += writers.iter_mut().map(|writer| writer.compare(rounds(ROUNDS), &mut client)).sum::<usize>();
    let entries = std::fs::read_dir(directory.path().join("data")).unwrap();
    let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.any(|name| name.starts_with("generation-")), "no checkpoint was written");
    println!("{acknowledged} acknowledged writes, {ended} leases had ended");
    assert!(acknowledged > 0 && ended > 0);
}

/// Fills and empties slots of its own, one after the other.
struct Writer {
    number: usize,
    slots: Vec<Slot>,
    /// The next slot, and what an unanswered write would have made of it.
    place: usize,
    unanswered: Option<Slot>,
}

impl Writer {
    fn new(number: usize) -> Self {
        Self { number, slots: vec![None; SLOTS], place: 0, unanswered: None }
    }

    /// How many writes were acknowledged.
    fn write_until_error(&mut self, client: &mut Client, is_killed: &AtomicBool) -> usize {
        for count in 0.. {
            let slot = match self.slots[self.place] {
                Some(_) => None,
                None => Some(LEASES_MS.map(|lease| now_ms() + lease)),
            };
            match client.write(self.updates(slot)) {
                Ok(_) => self.slots[self.place] = slot,
                Err(status) => {
                    assert!(is_killed.load(Ordering::SeqCst), "a write failed before the kill: {status}");
                    self.unanswered = Some(slot);
                    return count;
                }
            }
            self.place = (self.place + 1) % SLOTS;
        }
        0
    }

    /// Fills the slot, or empties it.
    fn updates(&self, slot: Slot) -> Vec<v1::RelationshipUpdate> {
        let id = self.id(self.place);
        let rows = match slot.or(self.slots[self.place]) {
            Some(leases) => rows(&id, leases),
            None => Vec::new(),
        };
        let operation = if slot.is_some() { Operation::Touch } else { Operation::Delete };
        let update = |relationship| v1::RelationshipUpdate {
            operation: operation.into(),
            relationship: Some(relationship),
        };
        rows.into_iter().map(update).collect()
    }

    fn id(&self, place: usize) -> String {
        format!("{}-{place}", self.number)
    }

    /// Each slot has what it should have, or what an unanswered write makes of it. How many leases are there no longer.
    fn compare(&mut self, round: u64, client: &mut Client) -> usize {
        let mut ended = 0;
        for place in 0..SLOTS {
            let begun = now_ms();
            let found = client.found(&filter("slot", &self.id(place)));
            let done = now_ms();
            let allowed = match self.unanswered {
                Some(unanswered) if place == self.place => vec![self.slots[place], unanswered],
                _ => vec![self.slots[place]],
            };
            let Some(slot) = allowed.iter().find(|slot| is_as(**slot, &found, begun, done)) else {
                panic!(
                    "round {round}: slot {} has {found:?}, not one of {allowed:?} at {begun}",
                    self.id(place)
                );
            };
            self.slots[place] = *slot;
            ended += slot.iter().flatten().filter(|until| **until <= begun).count();
        }
        self.unanswered = None;
        ended
    }
}

/// Whether what was found in a slot between two times is what it has.
fn is_as(slot: Slot, found: &BTreeMap<String, Option<u64>>, begun: u64, done: u64) -> bool {
    let Some(leases) = slot else { return found.is_empty() };
    let parts = (0..PARTS).all(|part| found.get(&format!("part {part}")) == Some(&None));
    let mut count = PARTS;
    let has_leases = leases.iter().enumerate().all(|(number, until)| {
        let lease = found.get(&format!("lease {number}"));
        count += usize::from(lease.is_some());
        match lease {
            Some(Some(found)) => *found == *until && *until > begun,
            Some(None) => false,
            None => *until <= done,
        }
    });
    parts && has_leases && found.len() == count
}

fn rows(id: &str, leases: [u64; LEASES_MS.len()]) -> Vec<v1::Relationship> {
    let leases = leases.iter().enumerate().map(|(number, until)| v1::Relationship {
        optional_expires_at: Some(prost_types::Timestamp {
            seconds: i64::try_from(until / 1000).unwrap(),
            nanos: i32::try_from(until % 1000 * 1_000_000).unwrap(),
        }),
        ..row("slot", id, "lease", number)
    });
    (0..PARTS).map(|number| row("slot", id, "part", number)).chain(leases).collect()
}

fn row(kind: &str, id: &str, relation: &str, user: usize) -> v1::Relationship {
    let object =
        |kind: &str, id: String| Some(v1::ObjectReference { object_type: kind.to_owned(), object_id: id });
    v1::Relationship {
        resource: object(kind, id.to_owned()),
        relation: relation.to_owned(),
        subject: Some(v1::SubjectReference {
            object: object("user", user.to_string()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn filter(kind: &str, id: &str) -> v1::RelationshipFilter {
    v1::RelationshipFilter {
        resource_type: kind.to_owned(),
        optional_resource_id: id.to_owned(),
        ..Default::default()
    }
}

fn import_still(server: &Server) {
    let rows: Vec<_> =
        (0..STILL).map(|number| row("still", &number.to_string(), "part", number % 7)).collect();
    let messages: Vec<_> = rows
        .chunks(1000)
        .map(|rows| v1::ImportBulkRelationshipsRequest { relationships: rows.to_vec() })
        .collect();
    let answer = Client::connect(server).call(async |mut permissions| {
        permissions.import_bulk_relationships(tokio_stream::iter(messages)).await
    });
    assert_eq!(answer.unwrap().into_inner().num_loaded, STILL as u64);
}

impl Client {
    fn write(&mut self, updates: Vec<v1::RelationshipUpdate>) -> Result<String, Status> {
        let request = v1::WriteRelationshipsRequest { updates, ..Default::default() };
        let answer = self.call(async |mut permissions| permissions.write_relationships(request).await)?;
        Ok(answer.into_inner().written_at.unwrap().token)
    }

    /// The relationships of a filter, by resource if it has none, relation and subject, with their ends in
    /// milliseconds.
    fn found(&mut self, filter: &v1::RelationshipFilter) -> BTreeMap<String, Option<u64>> {
        let request = v1::ExportBulkRelationshipsRequest {
            optional_relationship_filter: Some(filter.clone()),
            ..Default::default()
        };
        let is_one = !filter.optional_resource_id.is_empty();
        self.call(async |mut permissions| {
            let mut found = BTreeMap::new();
            let mut messages = permissions.export_bulk_relationships(request).await.unwrap().into_inner();
            while let Some(message) = messages.message().await.unwrap() {
                for relationship in message.relationships {
                    let user = relationship.subject.unwrap().object.unwrap().object_id;
                    let id = relationship.resource.unwrap().object_id;
                    let relation = relationship.relation;
                    let name =
                        if is_one { format!("{relation} {user}") } else { format!("{id} {relation} {user}") };
                    let end = relationship.optional_expires_at.map(|end| {
                        u64::try_from(end.seconds * 1000 + i64::from(end.nanos / 1_000_000)).unwrap()
                    });
                    assert!(found.insert(name, end).is_none(), "read twice");
                }
            }
            found
        })
    }
}

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}
