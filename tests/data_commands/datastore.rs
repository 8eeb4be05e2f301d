//! `arrowroot datastore verify|compact|info`.

use super::support::{Place, kinds, many, names_in};

fn filled() -> Place {
    let place = Place::new();
    place.write("in.txt", kinds() + &many(300));
    place.run(&["import", "in.txt", "--batch-size", "100"]).done();
    place
}

#[test]
fn a_store_is_told_of_while_a_server_has_it_and_in_full_when_none_has() {
    let mut place = filled();
    let info = ["datastore", "info", "--datastore-path", "data"];
    let said = place.run(&info).done();
    let process = place.server.as_ref().unwrap().id();
    assert!(said.out.contains(&format!("by another process ({process}): stop it")), "{}", said.out);
    for command in ["verify", "compact"] {
        place.run(&["datastore", command, "--datastore-path", "data"]).failed("is in use by process");
    }
    place.stop();
    let said = place.run(&info).done();
    for line in [
        "format          2",
        "generation      0",
        "checkpoint      none",
        "revision        5",
        "counters        0",
        "relationships   306, of which 2 expire",
        "definitions, 1 caveats",
    ] {
        assert!(said.out.contains(line), "`{line}` is not in: {}", said.out);
    }
    let said = place.run(&[&info[..], &["--output", "json"]].concat()).done();
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["relationships_by_type"], serde_json::json!({"doc": 306}));
    assert_eq!(told["is_open"], false);
}

#[test]
fn compacting_begins_a_generation_and_keeps_everything() {
    let mut place = filled();
    let exported = place.exported();
    place.stop();
    let verify = ["datastore", "verify", "--datastore-path", "data"];
    let said = place.run(&verify).done();
    let expected = "whole: revision 5, 306 relationships, 5 transactions with 306 changes\n";
    assert_eq!(said.out, expected);
    let said = place.run(&["datastore", "compact", "--datastore-path", "data"]).done();
    assert!(said.out.starts_with("compacted at revision 5: "), "{}", said.out);
    assert!(names_in(&place.directory.path().join("data")).contains(&"generation-1".to_owned()));
    let said = place.run(&[&verify[..], &["--output", "json"]].concat()).done();
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((told["outcome"].as_str(), told["checkpoint_revision"].as_u64()), (Some("whole"), Some(5)));
    // The past can be left behind.
    place.run(&["datastore", "compact", "--datastore-path", "data", "--datastore-gc-window", "0s"]).done();
    let said = place.run(&verify).done();
    assert_eq!(said.out, "whole: revision 5, 306 relationships, 0 transactions with 0 changes\n");
    place.server = Some(super::process::Server::start(place.directory.path(), &[]));
    assert_eq!(place.exported(), exported);
}

#[test]
fn damage_is_an_answer_and_what_is_no_store_is_an_error() {
    let mut place = filled();
    place.stop();
    place.run(&["datastore", "compact", "--datastore-path", "data"]).done();
    let database = place.directory.path().join("data/generation-1/db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.iter().rposition(|byte| *byte != 0).unwrap() / 2;
    for byte in &mut bytes[middle..middle + 64] {
        *byte ^= 0x55;
    }
    std::fs::write(&database, bytes).unwrap();
    let said = place.run(&["datastore", "verify", "--datastore-path", "data", "--output", "json"]);
    assert_eq!(said.status, 1, "{}{}", said.out, said.err);
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["outcome"], "damaged");

    std::fs::create_dir(place.path("mine")).unwrap();
    for command in ["verify", "compact", "info"] {
        place.run(&["datastore", command, "--datastore-path", "none"]).failed("there is no such directory");
        place.run(&["datastore", command, "--datastore-path", "mine"]).failed("no file of one is there");
    }
    assert!(!place.has("none"));
    assert!(names_in(&place.directory.path().join("mine")).is_empty());
}
