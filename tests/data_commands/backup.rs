//! `arrowroot backup`, and what `restore --verify-only` says of the file.

use super::support::{Place, SCHEMA, arrowroot, kinds, many, names_in};

fn filled() -> Place {
    let place = Place::new();
    place.write("in.txt", kinds() + &many(2_000));
    place.run(&["import", "in.txt"]).done();
    place
}

#[test]
fn a_backup_of_a_server_restores_to_the_same() {
    let place = filled();
    let said = place.run(&["backup", "a.backup"]).done();
    assert!(said.err.contains("a.backup: 2006 relationships at revision 2, "), "{}", said.err);
    let other = Place::empty();
    other.write("a.backup", place.bytes("a.backup"));
    let said = other.run(&["restore", "a.backup", "--output", "json"]).done();
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((told["outcome"].as_str(), told["relationships"].as_u64()), (Some("restored"), Some(2006)));
    assert_eq!((told["revision"].as_u64(), told["counters"].as_u64()), (Some(2), None));
    assert_eq!(other.exported(), place.exported());
    // Which has the schema, too: a backup of it is the same but for its header.
    other.run(&["backup", "b.backup"]).done();
    let verified = other.run(&["restore", "b.backup", "--verify-only"]).done();
    assert!(verified.out.contains(&format!("schema         {} bytes", SCHEMA.len())), "{}", verified.out);
}

#[test]
fn a_backup_of_a_directory_has_counters_and_restores_to_a_directory() {
    let mut place = filled();
    place.run(&["backup", "b.backup", "--datastore-path", "data"]).failed("is in use by process");
    let exported = place.exported();
    place.stop();
    place.run(&["backup", "b.backup", "--datastore-path", "data"]).done();
    let said = place.run(&["restore", "b.backup", "--verify-only", "--output", "json"]).done();
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((told["outcome"].as_str(), told["counters"].as_u64()), (Some("a whole backup"), Some(0)));
    let mut other = Place::without_server();
    let backup = place.path("b.backup");
    other.run(&["restore", &backup, "--datastore-path", "data"]).done();
    other.server = Some(super::process::Server::start(other.directory.path(), &[]));
    assert_eq!(other.exported(), exported);
}

#[test]
fn the_file_is_only_its_owners_and_is_not_replaced_unasked() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = filled();
    place.run(&["backup", "a.backup"]).done();
    let mode = std::fs::metadata(place.path("a.backup")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    place.run(&["backup", "a.backup"]).failed("choose another name, or replace it with --overwrite");
    place.run(&["backup", "a.backup", "--overwrite"]).done();
    assert_eq!(place.names(), ["a.backup", "in.txt"]);
}

#[test]
fn a_server_that_has_nothing_has_a_backup() {
    let place = Place::empty();
    place.run(&["backup", "a.backup"]).done();
    let other = Place::empty();
    other.write("a.backup", place.bytes("a.backup"));
    other.run(&["restore", "a.backup"]).done();
    assert_eq!(other.exported(), "");
}

#[test]
fn what_cannot_be_leaves_no_file() {
    let place = Place::without_server();
    let nobody = ["--endpoint", "http://127.0.0.1:1", "--retry-for", "0s"];
    place.run(&[&["backup", "a.backup"], &nobody[..]].concat()).failed("does not answer");
    place.run(&["backup", "a.backup", "--datastore-path", "none"]).failed("there is no such directory");
    place.run(&["backup", "no/a.backup", "--datastore-path", "none"]).failed("no/a.backup cannot be written");
    place.run(&["backup", ".", "--datastore-path", "none"]).failed("cannot be written");
    assert!(names_in(place.directory.path()).is_empty(), "and makes no store");
    assert_eq!(arrowroot(&["backup"]).output().unwrap().status.code(), Some(2));
}
