//! Imports and exports that are killed, or ended by Ctrl-C, and then go on.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use super::support::{Place, Said, many};

const PATIENCE: Duration = Duration::from_mins(2);

/// Waits until a file says so, or the command has ended.
fn wait(path: &Path, child: &mut Child, is_so: impl Fn(&str) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !std::fs::read_to_string(path).is_ok_and(|text| is_so(&text)) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be broken off");
        assert!(Instant::now() < deadline);
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

fn has_begun(text: &str) -> bool {
    let kept: serde_json::Value = serde_json::from_str(text).unwrap();
    kept["records"].as_u64().or(kept["count"].as_u64()).unwrap() > 0
}

#[test]
fn an_import_that_was_killed_goes_on_and_creates_everything_once() {
    let place = Place::new();
    place.write("a.txt", many(30_000));
    let arguments = ["import", "a.txt", "--batch-size", "300"];
    for _ in 0..3 {
        let mut command = place.command(&arguments);
        if place.has("a.txt.progress") {
            command.arg("--resume");
        }
        let mut child = command.spawn().unwrap();
        let before = std::fs::read_to_string(place.path("a.txt.progress")).unwrap_or_default();
        let progress = place.directory.path().join("a.txt.progress");
        wait(&progress, &mut child, |text| text != before && has_begun(text));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    place.run(&arguments).failed("go on with --resume, or begin anew with --from-start");
    let said = place.run(&["import", "a.txt", "--resume"]).done();
    assert_eq!(said.out, "created 30000, touched 0, skipped 0\n");
    assert_eq!(place.exported(), many(30_000));
    assert_eq!(place.names(), ["a.txt"]);
}

#[test]
fn a_batch_whose_answer_was_lost_is_not_created_twice() {
    let place = Place::new();
    place.write("a.txt", many(2_500));
    place.run(&["import", "a.txt", "--batch-size", "1000"]).done();
    // As if the answers to all batches but the first had been lost.
    let kept = kept(&place, 1_000, 1_000);
    place.write("a.txt.progress", kept);
    place.run(&["import", "a.txt", "--resume"]).done();
    assert_eq!(place.exported(), many(2_500));
}

#[test]
fn what_others_have_created_meanwhile_is_a_conflict_all_the_same() {
    let place = Place::new();
    place.write("a.txt", many(2_500));
    place.write("begun.txt", many(1_000));
    place.run(&["import", "begun.txt"]).done();
    place.write("other.txt", "doc:d0001500#viewer@user:u500\n");
    place.run(&["import", "other.txt"]).done();
    place.write("a.txt.progress", kept(&place, 1_000, 1_000));
    place.run(&["import", "a.txt", "--resume"]).failed("a.txt, lines 1001 to 2000: ");
    let said = place.run(&["import", "a.txt", "--from-start", "--on-conflict", "skip"]).done();
    assert_eq!(said.out, "created 1499, touched 0, skipped 1001\n");
}

/// What is kept of an import of `a.txt` that has come so far.
fn kept(place: &Place, records: u64, batch_size: u64) -> String {
    let (endpoint, text) = (place.server.as_ref().unwrap().address(), place.read("a.txt"));
    let done = text.split_inclusive('\n').take(usize::try_from(records).unwrap()).collect::<String>();
    serde_json::json!({
        "target": format!("http://{endpoint}"), "form": "text", "on_conflict": "fail", "batch_size": batch_size,
        "records": records, "line": records, "checksum": crc32fast::hash(done.as_bytes()),
        "counts": {"created": records, "touched": 0, "skipped": 0}, "is_done": false,
    })
    .to_string()
}

#[test]
fn an_import_does_not_go_on_with_a_file_that_was_changed_or_elsewhere() {
    let place = Place::new();
    place.write("a.txt", many(2_500));
    place.write("a.txt.progress", kept(&place, 1_000, 1_000));
    place.run(&["import", "a.txt", "--resume", "--on-conflict", "skip"]).failed("had another --on-conflict");
    place.run(&["import", "a.txt", "--resume", "--format", "jsonl"]).failed("read the file in another way");
    place.write("a.txt", many(2_500).replacen("d0000007", "d9999999", 1));
    place
        .run(&["import", "a.txt", "--resume"])
        .failed("is not what was imported up to line 1000: it was changed");
    place.write("a.txt", many(999));
    place.run(&["import", "a.txt", "--resume"]).failed("it was changed");
    place.run_with(&["import", "-", "--resume"], "").failed("standard input cannot be resumed");
    assert_eq!(place.exported(), "");
}

#[test]
fn an_export_that_was_killed_goes_on_at_its_revision() {
    let place = Place::new();
    let all = many(60_000);
    place.write("a.txt", &all);
    place.run(&["import", "a.txt"]).done();
    for name in ["out.txt", "out.txt.zst", "out.csv"] {
        let before = place
            .run(&["export", "-", "--format", if name == "out.csv" { "csv" } else { "text" }])
            .done()
            .out;
        let mut child = place.command(&["export", name]).spawn().unwrap();
        let progress = place.directory.path().join(format!("{name}.progress"));
        wait(&progress, &mut child, has_begun);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!place.has(name), "it is not complete");
        // What is written meanwhile is of a later revision.
        let later = format!("doc:later{}#viewer@user:u\n", name.len());
        place.run_with(&["import", "-", "--on-conflict", "skip"], &later).done();
        place.run(&["export", name]).failed("was broken off: go on with --resume");
        let said = place.run(&["export", name, "--resume"]).done();
        assert!(said.err.contains(" relationships, "), "{}", said.err);
        let written = if name == "out.txt.zst" {
            String::from_utf8(zstd::decode_all(&*place.bytes(name)).unwrap()).unwrap()
        } else {
            place.read(name)
        };
        assert!(written == before, "{name}: {} bytes instead of {}", written.len(), before.len());
        assert!(!place.has(&format!("{name}.progress")) && !place.has(&format!("{name}.partial")));
    }
}

#[test]
fn ctrl_c_tells_how_to_go_on() {
    let place = Place::new();
    place.write("a.txt", many(60_000));
    let mut child = place.command(&["import", "a.txt", "--batch-size", "300"]).spawn().unwrap();
    wait(&place.directory.path().join("a.txt.progress"), &mut child, has_begun);
    let said = interrupted(child);
    assert_eq!(said.status, 130, "{}", said.err);
    assert!(said.err.contains("are imported; run the command again with --resume to go on"), "{}", said.err);
    place.run(&["import", "a.txt", "--resume"]).done();

    let mut child = place.command(&["export", "out.jsonl"]).spawn().unwrap();
    wait(&place.directory.path().join("out.jsonl.progress"), &mut child, has_begun);
    let said = interrupted(child);
    assert_eq!(said.status, 130, "{}", said.err);
    assert!(said.err.contains("are exported; run the command again with --resume to go on"), "{}", said.err);
    place.run(&["export", "out.jsonl", "--resume"]).done();
    assert_eq!(place.read("out.jsonl").lines().count(), 60_000);
    assert_eq!(place.exported(), many(60_000));
}

fn interrupted(child: Child) -> Said {
    let signal = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    Said::of(child.wait_with_output().unwrap())
}

#[test]
fn an_export_whose_revision_is_gone_says_so() {
    let place = Place::with(&["--datastore-gc-window", "0s"]);
    place.write("a.txt", many(60_000));
    place.run(&["import", "a.txt"]).done();
    let mut child = place.command(&["export", "out.txt"]).spawn().unwrap();
    wait(&place.directory.path().join("out.txt.progress"), &mut child, has_begun);
    child.kill().unwrap();
    child.wait().unwrap();
    place.run_with(&["import", "-"], "doc:later#viewer@user:u\n").done();
    place.run_with(&["import", "-"], "doc:latest#viewer@user:u\n").done();
    place.run(&["export", "out.txt", "--resume"]).failed("begin anew with --overwrite");
    place.run(&["export", "out.txt", "--overwrite"]).done();
    assert_eq!(place.read("out.txt").lines().count(), 60_002);
}
