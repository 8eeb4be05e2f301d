//! Facts about backups: what goes in comes out, and what was altered is noticed.

mod damage;
mod round_trip;
mod schedule;

use crate::engine::{Consistency, Engine, EngineOptions, RegisterCounter, View};
use crate::relationship::Relationship;

use super::{BackupReader, Header, Part, ReadBackupError, Summary, capture, header_of};

const SCHEMA: &str = r#"use expiration

caveat on_day(day string, of map<any>) { day == "monday" && of != {} }

definition user {}

definition doc {
    relation viewer: user | user:* | doc#viewer | user with on_day | user with expiration | user with on_day and expiration
}
"#;

fn engine_with(relationships: &[&str]) -> Engine {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let mut import = engine.import_relationships().unwrap();
    import.add_all(relationships.iter().map(|text| text.parse::<Relationship>().unwrap())).unwrap();
    engine.commit_import(import).unwrap();
    engine
}

fn view(engine: &Engine) -> View {
    engine.at(&Consistency::FullyConsistent).unwrap()
}

fn register(engine: &Engine, name: &str) {
    let filter = crate::relationship::RelationshipFilter {
        resource_definition: Some("doc".parse().unwrap()),
        ..Default::default()
    };
    engine.register_counter(RegisterCounter { name: name.parse().unwrap(), filter }).unwrap();
}

fn backup_of(engine: &Engine) -> Vec<u8> {
    let view = view(engine);
    capture(&view, &header(&view), Vec::new(), &false.into(), &mut |_| {}).unwrap().0
}

fn header(view: &View) -> Header {
    header_of(view, "a test")
}

/// Everything that a view has.
fn all(engine: &Engine) -> Vec<Relationship> {
    view(engine).export_relationships(None, None).unwrap().collect()
}

/// All parts, and what is known at the end.
fn read(bytes: &[u8]) -> Result<(Vec<Part>, Summary), ReadBackupError> {
    let mut reader = BackupReader::open(bytes)?;
    let mut parts = Vec::new();
    while let Some(part) = reader.next_part()? {
        parts.push(part);
    }
    Ok((parts, reader.summary().unwrap()))
}
