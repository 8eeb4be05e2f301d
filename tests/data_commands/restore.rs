//! `arrowroot restore`: what is refused before anything is written, and what becomes of what was there.

use std::process::Command;

use super::process::Server;
use super::support::{Place, SCHEMA, kinds, many, names_in};

fn backup(place: &Place, text: &str) -> Vec<u8> {
    place.write("in.txt", text);
    place.run(&["import", "in.txt"]).done();
    place.run(&["backup", "a.backup"]).done();
    place.bytes("a.backup")
}

#[test]
fn a_backup_that_was_cut_short_or_altered_is_refused_and_nothing_is_written() {
    let whole = backup(&Place::new(), &(kinds() + &many(300)));
    let place = Place::empty();
    let cut = (0..whole.len()).step_by(whole.len() / 12).map(|length| whole[..length].to_vec());
    let flipped = (0..whole.len()).step_by(whole.len() / 12).map(|at| {
        let mut altered = whole.clone();
        altered[at] ^= 0x10;
        altered
    });
    let longer = [whole.clone(), vec![0]].concat();
    for altered in cut.chain(flipped).chain([longer]) {
        place.write("b.backup", &altered);
        place.run(&["restore", "b.backup"]).failed("b.backup: it ");
        place.run(&["restore", "b.backup", "--datastore-path", "copy"]).failed("b.backup: it ");
    }
    let mut newer = whole.clone();
    newer[12] = 9;
    place.write("b.backup", &newer);
    place.run(&["restore", "b.backup"]).failed("it has backup format 9, and this arrowroot reads up to 1");
    place.write("b.backup", kinds());
    place.run(&["restore", "b.backup"]).failed("it is no backup of arrowroot");
    place.run(&["restore", "none.backup"]).failed("none.backup: ");
    place.run(&["restore", "."]).failed(".: ");
    assert_eq!(place.exported(), "");
    assert_eq!(place.names(), ["b.backup"]);
    // The server has not even a schema: the whole one goes in.
    place.write("b.backup", &whole);
    place.run(&["restore", "b.backup"]).done();
    assert_eq!(place.exported().lines().count(), 306);
}

#[test]
fn only_an_empty_server_takes_a_backup() {
    let whole = backup(&Place::new(), "doc:a#viewer@user:ana\n");
    let place = Place::new();
    place.write("a.backup", &whole);
    place.write("other.txt", "doc:other#viewer@user:ana\n");
    place.run(&["import", "other.txt"]).done();
    place.run(&["restore", "a.backup"]).failed("the server is not empty: it has relationships");
    assert_eq!(place.exported(), "doc:other#viewer@user:ana\n");

    // The same schema is what a restore leaves that was broken off.
    let place = Place::new();
    place.write("a.backup", &whole);
    place.run(&["restore", "a.backup"]).done();
    assert_eq!(place.exported(), "doc:a#viewer@user:ana\n");

    let mut place = Place::without_server();
    place.write("other.zed", SCHEMA.replace("on_day", "on_night"));
    let flags = ["--datastore-bootstrap-files".to_owned(), place.path("other.zed")];
    place.server = Some(Server::start(place.directory.path(), &flags));
    place.write("a.backup", &whole);
    place.run(&["restore", "a.backup"]).failed("the server is not empty: it has another schema");
}

#[test]
fn a_restore_that_is_broken_off_leaves_everything_or_nothing_and_can_be_repeated() {
    let whole = backup(&Place::new(), &many(60_000));
    for signal in ["-KILL", "-INT"] {
        let place = Place::empty();
        place.write("a.backup", &whole);
        let mut child = place.command(&["restore", "a.backup"]).spawn().unwrap();
        while place.run(&["schema", "read"]).status != 0 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it could be broken off");
        }
        // It may have ended by itself.
        let _ = Command::new("kill").args([signal, &child.id().to_string()]).status();
        child.wait().unwrap();
        let count = place.exported().lines().count();
        if count == 0 {
            place.run(&["restore", "a.backup"]).done();
        }
        assert!([0, 60_000].contains(&count), "{signal}: {count}");
        assert_eq!(place.exported(), many(60_000));
    }
}

#[test]
fn a_directory_is_replaced_only_if_asked_and_what_was_there_stays() {
    let mut place = Place::new();
    backup(&place, "doc:a#viewer@user:ana\n");
    let restore = ["restore", "a.backup", "--datastore-path", "data"];
    let replace = ["restore", "a.backup", "--datastore-path", "data", "--replace"];
    place.run(&replace).failed("is in use by process");
    place.stop();
    place
        .run(&restore)
        .failed("holds a store already: choose another directory, or put that store aside with --replace");
    let said = place.run(&replace).done();
    let aside: Vec<_> = place.names().into_iter().filter(|name| name.starts_with("data.before-")).collect();
    assert_eq!(aside.len(), 1);
    assert!(said.err.contains(&aside[0]), "{}", said.err);
    for directory in ["data", &aside[0]] {
        place.run(&["backup", "b.backup", "--overwrite", "--datastore-path", directory]).done();
        let said = place.run(&["restore", "b.backup", "--verify-only"]).done();
        assert!(said.out.contains("relationships  1\n"), "{}", said.out);
    }
    // An empty directory is as good as none; one that is somebody else's is not touched.
    std::fs::create_dir(place.path("empty")).unwrap();
    place.run(&["restore", "a.backup", "--datastore-path", "empty"]).done();
    std::fs::create_dir(place.path("mine")).unwrap();
    place.write("mine/letter.txt", "mine");
    for flags in [&[][..], &["--replace"]] {
        place
            .run(&[&["restore", "a.backup", "--datastore-path", "mine"], flags].concat())
            .failed("holds something that is no store");
    }
    assert_eq!(names_in(&place.directory.path().join("mine")), ["letter.txt"]);
    assert!(!place.names().iter().any(|name| name.starts_with('.')), "{:?}", place.names());
}

#[test]
fn contexts_that_only_their_server_took_come_back_into_a_directory() {
    let flags = ["--max-relationship-context-size", "2000000", "--max-message-bytes", "16777216"];
    let mut place = Place::with(&flags);
    let context = "x".repeat(1_000_000);
    backup(&place, &format!("doc:a#viewer@user:eve[on_day:{{\"day\":\"{context}\"}}]\n"));
    let exported = place.exported();
    assert!(exported.len() > 1_000_000);
    place.run(&["restore", "a.backup", "--datastore-path", "copy"]).done();
    place.stop();
    place.run(&["restore", "a.backup", "--datastore-path", "data", "--replace"]).done();
    place.server = Some(Server::start(place.directory.path(), &[]));
    assert_eq!(place.exported(), exported);
}

#[test]
fn a_store_that_cannot_be_put_aside_stays() {
    let mut place = Place::new();
    backup(&place, &many(3));
    place.write("more.txt", "doc:more#viewer@user:ana\n");
    place.run(&["import", "more.txt"]).done();
    place.stop();
    // Whichever name it would get is taken.
    let now = jiff::Timestamp::now();
    for seconds in 0..120 {
        let time = (now + jiff::Span::new().seconds(seconds)).strftime("%Y%m%dT%H%M%SZ").to_string();
        let name = place.path(&format!("data.before-{time}"));
        std::fs::create_dir(&name).unwrap();
        std::fs::write(format!("{name}/mine"), "mine").unwrap();
    }
    let replace = ["restore", "a.backup", "--datastore-path", "data", "--replace"];
    place.run(&replace).failed("cannot be put aside");
    assert!(!place.names().iter().any(|name| name.starts_with('.')), "{:?}", place.names());
    place.server = Some(Server::start(place.directory.path(), &[]));
    assert_eq!(place.exported(), many(3) + "doc:more#viewer@user:ana\n");
}

#[test]
fn a_damaged_store_is_put_aside_as_its_message_says() {
    let mut place = Place::new();
    backup(&place, &many(500));
    let exported = place.exported();
    place.stop();
    let database = place.directory.path().join("data/db");
    let length = std::fs::metadata(&database).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&database).unwrap().set_len(length / 2).unwrap();
    let said = place.run(&["datastore", "verify", "--datastore-path", "data"]);
    assert_eq!(said.status, 1, "{}{}", said.out, said.err);
    assert!(said.out.contains("damaged") && said.out.contains("`arrowroot restore`"), "{}", said.out);
    place.run(&["restore", "a.backup", "--datastore-path", "data", "--replace"]).done();
    place.server = Some(Server::start(place.directory.path(), &[]));
    assert_eq!(place.exported(), exported);
}
