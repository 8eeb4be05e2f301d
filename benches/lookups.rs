//! Lookups of resources and subjects on a million relationships: whole, and in pages of 100; in process, and over gRPC.
//!
//! `cargo bench --bench lookups`. Each graph is loaded for itself, over a journal that forgets.

#![expect(clippy::unwrap_used, reason = "what fails here is a bench that cannot run")]
#![expect(clippy::print_stdout, reason = "the tables are what a bench is for")]
#![expect(clippy::cast_precision_loss, reason = "figures are shown with few digits")]

#[path = "support/journal.rs"]
mod journal;
#[path = "support/table.rs"]
mod table;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrowroot::engine::{
    Consistency, Engine, EngineOptions, IdText, LookupResources, LookupSubjects, View, WriteRelationships,
};
use arrowroot::relationship::{RelationshipUpdate, UpdateOperation};
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::{Server, ServerOptions};
use tokio::sync::oneshot;
use tonic::transport::Endpoint;

use journal::ForgettingJournal;
use table::Table;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SCHEMA: &str = "
caveat open(is_open bool) { is_open }
definition user {}
definition group {
    relation member: user | group#member
}
definition org {
    relation member: user
}
definition folder {
    relation viewer: user
    permission view = viewer
}
definition doc {
    relation org: org
    relation parent: folder
    relation viewer: user | user:* | group#member | user with open
    relation banned: user
    permission view = viewer + parent->view
    permission read = view & org->member
    permission see = viewer - banned
}";

/// Relationships of each graph, more or less.
const RELATIONSHIPS: usize = 1_000_000;
const PAGE: usize = 100;
/// Results taken at once in a whole lookup.
const BATCH: usize = 1024;
/// Each figure is the median of so many rounds.
const ROUNDS: usize = 5;

/// A graph and what is looked up in it.
struct Shape {
    name: &'static str,
    relationships: fn(usize) -> Vec<String>,
    lookup: Lookup,
}

enum Lookup {
    /// Permission on documents, of a user.
    Resources(&'static str, &'static str),
    /// Permission on a document.
    Subjects(&'static str, &'static str),
}

const SHAPES: [Shape; 11] = [
    Shape {
        name: "a viewer of 1,000,000 documents",
        relationships: |number| vec![format!("doc:d{number}#viewer@user:ana")],
        lookup: Lookup::Resources("view", "ana"),
    },
    Shape {
        name: "a viewer of the folder of 1,000,000",
        relationships: |number| match number {
            0 => vec!["folder:f#viewer@user:ana".to_owned()],
            _ => vec![format!("doc:d{number}#parent@folder:f")],
        },
        lookup: Lookup::Resources("view", "ana"),
    },
    Shape {
        name: "a member of a viewing group",
        relationships: |number| match number {
            0 => vec!["group:g#member@user:ana".to_owned()],
            _ => vec![format!("doc:d{number}#viewer@group:g#member")],
        },
        lookup: Lookup::Resources("view", "ana"),
    },
    Shape {
        name: "one document in ten",
        relationships: |number| vec![format!("doc:d{number}#viewer@user:u{}", number % 10)],
        lookup: Lookup::Resources("view", "u3"),
    },
    Shape {
        name: "one document in a thousand",
        relationships: |number| vec![format!("doc:d{number}#viewer@user:u{}", number % 1000)],
        lookup: Lookup::Resources("view", "u3"),
    },
    Shape {
        name: "viewer and member of the org",
        relationships: |number| match (number % 2, number / 2) {
            (0, 0) => vec!["org:o#member@user:ana".to_owned()],
            (0, doc) => vec![format!("doc:d{doc}#org@org:o")],
            (_, doc) => vec![format!("doc:d{doc}#viewer@user:ana")],
        },
        lookup: Lookup::Resources("read", "ana"),
    },
    Shape {
        name: "conditionally, 1,000,000",
        relationships: |number| vec![format!("doc:d{number}#viewer@user:ana[open]")],
        lookup: Lookup::Resources("view", "ana"),
    },
    Shape {
        name: "1,000,000 viewers",
        relationships: |number| vec![format!("doc:d#viewer@user:u{number}")],
        lookup: Lookup::Subjects("view", "d"),
    },
    Shape {
        name: "1,000,000 members of a viewing group",
        relationships: |number| match number {
            0 => vec!["doc:d#viewer@group:g#member".to_owned()],
            _ => vec![format!("group:g#member@user:u{number}")],
        },
        lookup: Lookup::Subjects("view", "d"),
    },
    Shape {
        name: "1,000,000 viewers, none banned",
        relationships: |number| vec![format!("doc:d#viewer@user:u{number}")],
        lookup: Lookup::Subjects("see", "d"),
    },
    Shape {
        name: "100 viewers of a document in 10,000",
        relationships: |number| vec![format!("doc:d{}#viewer@user:u{number}", number % 10_000)],
        lookup: Lookup::Subjects("view", "d7"),
    },
];

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let mut table = Table::new(&[
        "lookup",
        "results",
        "whole, results/s",
        "first page, ms",
        "a later page, ms",
        "gRPC, results/s",
    ]);
    for shape in SHAPES.iter().filter(|shape| shape.name.contains(&only)) {
        let engine = load(shape);
        let view = engine.at(&Consistency::FullyConsistent).unwrap();
        let (count, whole) = median(|| shape.whole(&view, None, usize::MAX).0);
        let after = shape.whole(&view, None, count / 2).1;
        let (_, first) = median(|| shape.whole(&view, None, PAGE).0);
        let (_, later) = median(|| shape.whole(&view, after.as_deref(), PAGE).0);
        drop(view);
        let over_grpc = shape.over_grpc(engine);
        let per_second =
            |count: usize, duration: Duration| format!("{:.0}", count as f64 / duration.as_secs_f64());
        let millis = |duration: Duration| format!("{:.2}", duration.as_secs_f64() * 1000.0);
        table.add(&[
            shape.name.to_owned(),
            count.to_string(),
            per_second(count, whole),
            millis(first),
            millis(later),
            per_second(count, over_grpc),
        ]);
        println!("measured: {}", shape.name);
    }
    table.print("Lookups on 1,000,000 relationships");
}

fn load(shape: &Shape) -> Engine {
    let mut options = EngineOptions::default();
    options.limits.updates_max = 20_000;
    let engine = Engine::with_journal(Arc::new(ForgettingJournal::default()), options).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let numbers: Vec<usize> = (0..RELATIONSHIPS).collect();
    for chunk in numbers.chunks(10_000) {
        let texts = chunk.iter().flat_map(|number| (shape.relationships)(*number));
        let updates = texts.map(|text| RelationshipUpdate {
            operation: UpdateOperation::Touch,
            relationship: text.parse().unwrap(),
        });
        let updates = updates.collect();
        engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
    }
    engine
}

fn median(mut work: impl FnMut() -> usize) -> (usize, Duration) {
    let mut count = 0;
    let mut durations: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            count = work();
            start.elapsed()
        })
        .collect();
    durations.sort_unstable();
    (count, durations[ROUNDS / 2])
}

impl Shape {
    /// Looks up at most so many. How many there were, and the last one's id.
    fn whole(&self, view: &View, after: Option<&str>, count_max: usize) -> (usize, Option<String>) {
        let mut count = 0;
        let mut last = None;
        let mut take = |ids: Vec<IdText>| {
            count += ids.len();
            last = ids.last().map(ToString::to_string).or(last.take());
            count
        };
        match self.lookup {
            Lookup::Resources(permission, user) => {
                let question =
                    LookupResources::new("doc", permission, format!("user:{user}").parse().unwrap());
                let mut reader = view.lookup_resources(question, after).unwrap();
                let mut has_more = true;
                let mut taken = 0;
                while has_more && taken < count_max {
                    let (found, more) =
                        reader.next(BATCH.min(count_max - taken), view.lookup_limits()).unwrap();
                    has_more = more;
                    taken = take(found.into_iter().map(|found| found.id).collect());
                }
            }
            Lookup::Subjects(permission, doc) => {
                let question = LookupSubjects::new(format!("doc:{doc}").parse().unwrap(), permission, "user");
                let mut reader = view.lookup_subjects(question, after).unwrap();
                let mut has_more = true;
                let mut taken = 0;
                while has_more && taken < count_max {
                    let (found, more) =
                        reader.next(BATCH.min(count_max - taken), view.lookup_limits()).unwrap();
                    has_more = more;
                    taken = take(found.into_iter().map(|found| found.id).collect());
                }
            }
        }
        (count, last)
    }

    /// How long a client on the same machine takes to get everything.
    fn over_grpc(&self, engine: Engine) -> Duration {
        let mut options = ServerOptions::default();
        options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Server::bind(options, Arc::new(engine)).unwrap();
        let address = server.local_address();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || server.run(async { drop(stopped.await) }).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (_, duration) = median(|| runtime.block_on(self.stream(address)));
        drop(stop);
        drop(runtime);
        thread.join().unwrap();
        duration
    }

    async fn stream(&self, address: SocketAddr) -> usize {
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let mut client = PermissionsServiceClient::new(channel);
        let object = |kind: &str, id: &str| {
            Some(v1::ObjectReference { object_type: kind.to_owned(), object_id: id.to_owned() })
        };
        let mut count = 0;
        match self.lookup {
            Lookup::Resources(permission, user) => {
                let request = v1::LookupResourcesRequest {
                    resource_object_type: "doc".to_owned(),
                    permission: permission.to_owned(),
                    subject: Some(v1::SubjectReference {
                        object: object("user", user),
                        optional_relation: String::new(),
                    }),
                    ..Default::default()
                };
                let mut stream = client.lookup_resources(request).await.unwrap().into_inner();
                while stream.message().await.unwrap().is_some() {
                    count += 1;
                }
            }
            Lookup::Subjects(permission, doc) => {
                let request = v1::LookupSubjectsRequest {
                    resource: object("doc", doc),
                    permission: permission.to_owned(),
                    subject_object_type: "user".to_owned(),
                    ..Default::default()
                };
                let mut stream = client.lookup_subjects(request).await.unwrap().into_inner();
                while stream.message().await.unwrap().is_some() {
                    count += 1;
                }
            }
        }
        count
    }
}
