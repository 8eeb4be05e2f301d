//! Small histories that are right, and at least one for each property that is wrong.

use super::checker::Property::{self, *};
use super::checker::check;
use super::script::history;

const RIGHT: &[(&str, &str)] = &[
    ("nothing", ""),
    ("a server that nobody asks", "start 0 head 0"),
    (
        "one after the other, in every mode",
        "start 0 head 0
         p1 1-2 write +a => 1
         p2 3-4 check a full => 1 yes
         p2 5-6 write -a => 2
         p1 7-8 check a latency => 2 no
         p1 9-10 check a fresh:1 => 2 no
         p1 11-12 check a exact:1 => 1 yes
         p1 13-14 read a exact:2 => 2",
    ),
    (
        "an answer from before or after a write at the same time",
        "start 0 head 0
         p1 1-9 write +a => 1
         p2 2-3 check a full => 0 no
         p2 4-5 check a full => 1 yes
         p3 2-8 check a full => 0 no",
    ),
    (
        "a write that is seen before it is acknowledged, which it never is",
        "start 0 head 0
         p1 1-9 write +a => ?
         p2 2-3 check a full => 1 yes",
    ),
    (
        "an unknown write that did not happen",
        "start 0 head 0
         p1 1-9 write +a => ?
         start 10 head 0
         p2 12-13 check a full => 0 no
         p2 14-15 write +b => 1",
    ),
    (
        "two unknown writes, of which the reads tell which came first, late",
        "start 0 head 0
         p1 1-9 write +a -b => ?
         p2 1-9 write +b -a => ?
         start 10 head 2
         p2 12-13 check a b full => 2 yes no
         p3 14-15 check a b exact:1 => 1 no yes",
    ),
    (
        "an unknown write below acknowledged ones",
        "start 0 head 0
         p1 1-9 write +a => ?
         p2 2-3 write +b => 2
         p3 4-5 write -a => 3
         start 10 head 3
         p2 12-13 read a full => 3
         p2 14-15 read a exact:2 => 2 a",
    ),
    (
        "of three unknown writes, one happened",
        "start 0 head 0
         p1 1-9 write +a => ?
         p2 1-9 write +b => ?
         p3 1-9 write +c => ?
         start 10 head 1
         p1 11-12 check a b c full => 1 no yes no",
    ),
    (
        "a permission by way of a group",
        "start 0 head 0
         p1 1-2 write +g +m => 1
         p2 3-4 check g&m|u full => 1 yes
         p1 5-6 write -m => 2
         p2 7-8 check g&m|u full => 2 no",
    ),
    (
        "a state that is older than the window",
        "window 200000000
         start 0 head 0
         p1 1-2 write +a => 1
         p1 3-4 write -a => 2
         p2 300000000-300000001 check a exact:1 => old
         p2 300000002-300000003 check a exact:2 => 2 no",
    ),
    (
        "what requires, after what is required; and a refusal",
        "start 0 head 0
         p1 1-2 write +a if -a => 1
         p2 3-4 write +a if -a => refused
         p1 5-6 write +b if +a => 2",
    ),
];

const WRONG: &[(&str, Property, &str)] = &[
    ("an answer before its question", WellFormed, "start 0 head 0\n p1 2-1 write +a => 1"),
    ("a question before the server", WellFormed, "start 5 head 0\n p1 2-7 write +a => 1"),
    ("no server", WellFormed, "p1 2-7 write +a => 1"),
    ("too few answers", WellFormed, "start 0 head 0\n p1 2-7 check a b full => 0 no"),
    (
        "two questions of one process at once",
        WellFormed,
        "start 0 head 0\n p1 2-7 check a full => 0 no\n p1 3-4 check a full => 0 no",
    ),
    (
        "one token for two writes",
        TokensGrow,
        "start 0 head 0
         p1 1-2 write +a => 1
         p2 1-2 write +b => 1",
    ),
    (
        "a token that is lower than an earlier one",
        TokensGrow,
        "start 0 head 0
         p1 1-2 write +a => 2
         p2 3-4 write +b => 1",
    ),
    (
        "a write in the past of an answer",
        TokensGrow,
        "start 0 head 0
         p3 1-9 write +b => ?
         p1 1-2 check a full => 1 no
         p2 3-4 write +a => 1",
    ),
    (
        "a read from before an acknowledged write",
        NoStaleRead,
        "start 0 head 0
         p1 1-2 write +a => 1
         p2 3-4 check a full => 0 no",
    ),
    (
        "a read from before what another read showed",
        NoStaleRead,
        "start 0 head 0
         p1 1-9 write +a => 1
         p2 2-3 check a latency => 1 yes
         p3 4-5 check a latency => 0 no",
    ),
    (
        "a read from before its token",
        NoStaleReadAtToken,
        "start 0 head 0
         p1 1-9 write +a => 1
         p2 2-5 check a fresh:1 => 0 no",
    ),
    (
        "a read at a token that sees no write of it, at the right revision",
        NoLostWrite,
        "start 0 head 0
         p1 1-2 write +a => 1
         p2 3-5 check a fresh:1 => 1 no",
    ),
    (
        "a snapshot of another time",
        SnapshotsRepeat,
        "start 0 head 0
         p1 1-2 write +a => 1
         p1 3-4 write +b => 2
         p2 5-6 check a exact:1 => 2 yes",
    ),
    (
        "a snapshot that has changed after a restart",
        SnapshotsRepeat,
        "start 0 head 0
         p1 1-2 write +a => 1
         p2 3-4 check a exact:1 => 1 yes
         start 10 head 1
         p2 13-14 check a exact:1 => 1 no",
    ),
    (
        "a snapshot that has lost a row",
        SnapshotsRepeat,
        "start 0 head 0
         p1 1-2 write +ax => 1
         p1 3-4 write +ay => 2
         p2 5-6 read a exact:2 => 2 ax ay
         p2 7-8 read a exact:2 => 2 ax",
    ),
    (
        "a restart without the last write",
        NoLostWrite,
        "start 0 head 0
         p1 1-2 write +a => 1
         start 10 head 0",
    ),
    (
        "a restart without what was only read",
        NoLostWrite,
        "start 0 head 0
         p1 1-9 write +a => ?
         p2 2-3 check a full => 1 yes
         start 10 head 0",
    ),
    (
        "a restart without what was told late",
        NoLostWrite,
        "start 0 head 0
         p1 1-12 write +a => 1
         start 10 head 0",
    ),
    (
        "a write that is gone after a restart, though its revision is there",
        NoLostWrite,
        "start 0 head 0
         p1 1-2 write +a => 1
         start 10 head 1
         p2 11-12 check a full => 1 no",
    ),
    (
        "a write that is gone after another",
        NoLostWrite,
        "start 0 head 0
         p1 1-2 write +a => 1
         p1 3-4 write +b => 2
         p2 5-6 read a full => 2",
    ),
    (
        "an unknown write that was seen, and then not",
        NoLostWrite,
        "start 0 head 0
         p1 1-9 write +a => ?
         p2 2-3 check a full => 1 yes
         p2 4-5 write +b => 2
         p2 6-7 check a full => 2 no",
    ),
    (
        "an unknown write that was not there, and then is",
        NothingUnasked,
        "start 0 head 0
         p1 1-9 write +a => ?
         start 10 head 0
         p2 11-12 check a full => 0 no
         p2 13-14 write +b => 1
         p2 15-16 check a full => 1 yes",
    ),
    (
        "an unknown write that happens on the next server",
        NothingUnasked,
        "start 0 head 0
         p1 1-9 write +a => ?
         start 10 head 0
         p2 13-14 check a full => 1 yes",
    ),
    (
        "an unknown write that happens twice",
        NothingUnasked,
        "start 0 head 0
         p1 1-9 write +a => ?
         p2 2-3 write -a => 2
         start 10 head 3",
    ),
    (
        "an unknown write that happens before it was asked for",
        NothingUnasked,
        "start 0 head 0
         p2 1-2 write +b => 2
         p1 3-9 write +a => ?",
    ),
    (
        "a permission after its revocation",
        NoRevokedPermission,
        "start 0 head 0
         p1 1-2 write +a => 1
         p1 3-4 write -a => 2
         p2 5-6 check a fresh:2 => 2 yes",
    ),
    (
        "a permission after its group's revocation, and a write",
        NoRevokedPermission,
        "start 0 head 0
         p1 1-2 write +g +m => 1
         p1 3-4 write -m => 2
         p1 5-6 write +x => 3
         p2 7-8 check g&m full => 3 yes",
    ),
    (
        "a row that rises after a restart",
        NoRevokedPermission,
        "start 0 head 0
         p1 1-2 write +a => 1
         p1 3-4 write -a => 2
         start 10 head 2
         p2 11-12 read a latency => 2 a",
    ),
    (
        "a permission that nobody gave",
        NothingUnasked,
        "start 0 head 0
         p2 7-8 check a full => 0 yes",
    ),
    (
        "a revision that nobody made",
        NothingUnasked,
        "start 0 head 0
         p1 1-2 write +a => 2",
    ),
    (
        "half a batch in a read",
        NoTornBatch,
        "start 0 head 0
         p1 1-2 write +bx +by => 1
         p2 3-4 read b full => 1 bx",
    ),
    (
        "half a batch of unknown outcome after a restart",
        NoTornBatch,
        "start 0 head 0
         p1 1-2 write +bx +by => ?
         start 10 head 1
         p2 11-12 read b full => 1 by",
    ),
    (
        "half a batch in checks",
        NoTornBatch,
        "start 0 head 0
         p1 1-2 write +a +b => 1
         p1 3-4 write -a -b => 2
         p2 5-6 check a b exact:1 => 1 yes no",
    ),
    (
        "half a batch in two answers",
        NoLostWrite,
        "start 0 head 0
         p1 1-2 write +a +b => ?
         p2 3-4 check a full => 1 yes
         p2 5-6 check b full => 1 no",
    ),
    (
        "a write without what it requires",
        RequirementsHold,
        "start 0 head 0
         p1 1-2 write +a => 1
         p1 3-4 write +a if -a => 2",
    ),
    (
        "two that both were first",
        RequirementsHold,
        "start 0 head 0
         p1 1-5 write +a if -a => 1
         p2 1-5 write +a if -a => 2",
    ),
    (
        "a state that is refused within the window",
        WindowIsKept,
        "window 200000000
         start 0 head 0
         p1 1-2 write +a => 1
         p1 250000000-250000001 write -a => 2
         p2 300000000-300000001 check a exact:1 => old",
    ),
    (
        "the newest state is refused",
        WindowIsKept,
        "window 1
         start 0 head 0
         p1 1-2 write +a => 1
         p2 300000000-300000001 check a exact:1 => old",
    ),
    (
        "a token of an acknowledged write that is said to be ahead",
        WindowIsKept,
        "start 0 head 0
         p1 1-2 write +a => 1
         p2 3-4 check a fresh:1 => old",
    ),
];

#[test]
fn right_histories_are_accepted() {
    for (name, script) in RIGHT {
        let history = history(script);
        check(&history).unwrap_or_else(|violation| panic!("{name}: {}", violation.report(&history)));
    }
}

#[test]
fn wrong_histories_are_refused_for_what_is_wrong() {
    for (name, property, script) in WRONG {
        let history = history(script);
        let violation = check(&history).expect_err(name);
        assert_eq!(violation.property, *property, "{name}: {}", violation.report(&history));
    }
}

#[test]
fn the_report_shows_the_operations_that_contradict_each_other_and_no_others() {
    let history = history(
        "start 0 head 0
         p1 1-2 write +a => 1
         p3 3-4 write +b => 2
         p1 5-6 write -a => 3
         p3 7-8 write -b => 4
         p2 9-10 check a fresh:3 => 4 yes",
    );
    let violation = check(&history).unwrap_err();
    assert_eq!(violation.operations, [2, 4]);
    let report = violation.report(&history);
    assert_eq!(report.lines().count(), 4, "{report}");
    assert!(report.contains(r#""written":{"revision":3}"#), "{report}");
}

#[test]
fn too_many_unknown_writes_are_given_up_on() {
    use std::fmt::Write as _;
    // Any 30 of 60 writes may have happened.
    let mut script = "start 0 head 0\n".to_owned();
    for process in 0..60 {
        writeln!(script, "p{process} 1-9 write +f{process} => ?").unwrap();
    }
    let violation = check(&history(&format!("{script}start 10 head 30"))).unwrap_err();
    assert_eq!(violation.property, Property::Decidable);
}

#[test]
fn a_history_is_the_same_after_it_was_written_to_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.jsonl");
    for script in RIGHT.iter().map(|right| right.1).chain(WRONG.iter().map(|wrong| wrong.2)) {
        let history = history(script);
        history.write(&path);
        assert_eq!(super::history::History::read(&path), history);
    }
}
