//! Backups that the server makes by itself.

use std::time::{Duration, Instant};

use super::support::{Place, many, names_in};

const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn the_server_keeps_the_newest_and_each_is_whole() {
    let backups = tempfile::tempdir().unwrap();
    let directory = backups.path();
    let flags =
        ["--backup-dir", directory.to_str().unwrap(), "--backup-interval", "1s", "--backup-keep", "2"];
    let mut place = Place::with(&flags);
    let newest = || {
        let revision = |name: &String| {
            name.strip_suffix(".backup").and_then(|name| name.rsplit_once("-r")?.1.parse::<u64>().ok())
        };
        names_in(directory).iter().filter_map(revision).max()
    };
    for revision in 2..5 {
        place.write("a.txt", format!("doc:d{revision}#viewer@user:u\n"));
        place.run(&["import", "a.txt"]).done();
        let deadline = Instant::now() + PATIENCE;
        while newest() != Some(revision) {
            assert!(Instant::now() < deadline, "{:?}", names_in(directory));
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
    let exported = place.exported();
    place.stop();
    let names = names_in(directory);
    assert_eq!(names.len(), 2, "{names:?}");
    let last = directory.join(names.last().unwrap()).display().to_string();
    let other = Place::empty();
    other.run(&["restore", &last]).done();
    assert_eq!(other.exported(), exported);
}

#[test]
fn the_end_comes_at_once_and_leaves_no_half_file() {
    let mut place = Place::new();
    place.write("a.txt", many(30_000));
    place.run(&["import", "a.txt"]).done();
    place.stop();
    let flags = ["--backup-dir".to_owned(), place.path("backups")];
    place.server = Some(super::process::Server::start(place.directory.path(), &flags));
    place.stop();
    let names = names_in(&place.directory.path().join("backups"));
    assert!(names.iter().all(|name| name.ends_with("-r3.backup")), "{names:?}");
}

#[test]
fn a_directory_that_cannot_be_is_told_at_the_start() {
    let place = Place::without_server();
    place.write("file", "");
    let serve = ["serve", "--grpc-no-auth", "--grpc-addr", "127.0.0.1:0", "--datastore-engine", "memory"];
    let said = place.run(&[&serve[..], &["--backup-dir", "file/inside"]].concat());
    assert_eq!(said.status, 1, "{}", said.err);
    assert!(said.err.contains("backups cannot be made in file/inside"), "{}", said.err);
}
