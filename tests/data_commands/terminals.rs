//! What is seen on a terminal of 80 columns, with colour and without.

use super::support::{Place, many};
use super::terminal;

#[test]
fn a_bar_is_shown_while_it_runs_and_gone_at_the_end() {
    let place = Place::new();
    place.write("a.txt", many(30_000));
    let seen = terminal::run(&mut place.command(&["import", "a.txt", "--batch-size", "300"]), 80);
    assert!(seen.status.success());
    assert!(
        seen.written.contains(" relationships  ") && seen.written.contains(" left"),
        "{:?}",
        seen.written
    );
    assert_eq!(seen.lines.len(), 2, "{:?}", seen.lines);
    assert!(seen.lines[0].starts_with("arrowroot: a.txt: 30000 relationships in "), "{:?}", seen.lines);
    assert_eq!(seen.lines[1], "created 30000, touched 0, skipped 0");

    let seen = terminal::run(&mut place.command(&["export", "b.txt"]), 80);
    assert!(seen.written.contains(" relationships  "), "{:?}", seen.written);
    assert_eq!(seen.lines.len(), 1, "{:?}", seen.lines);

    let quiet = ["export", "c.txt", "--no-progress"];
    let seen = terminal::run(&mut place.command(&quiet), 80);
    assert!(!seen.written.contains('\u{1b}'), "{:?}", seen.written);
    assert!(seen.lines[0].starts_with("arrowroot: 30000 relationships, "), "{:?}", seen.lines);
}

#[test]
fn no_bar_is_shown_where_standard_error_is_no_terminal() {
    let place = Place::new();
    place.write("a.txt", many(3_000));
    let said = place.run(&["import", "a.txt"]).done();
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
}

#[test]
fn damage_has_a_colour_where_colours_are() {
    let mut place = Place::new();
    place.stop();
    let verify = ["datastore", "verify", "--datastore-path", "data"];
    let seen = terminal::run(&mut place.command(&verify), 80);
    assert!(seen.written.contains("\u{1b}[1m\u{1b}[32mwhole"), "{:?}", seen.written);
    let seen = terminal::run(&mut place.command(&[&verify[..], &["--color", "never"]].concat()), 80);
    assert_eq!(seen.lines, ["whole: revision 1, 0 relationships, 1 transactions with 0 changes"]);
    assert!(!seen.written.contains("[32m"), "{:?}", seen.written);
}
