//! The marker file.

use super::super::marker::{FoundMarker, Marker};
use crate::journal::JournalIdentity;
use crate::relationship::Revision;

#[test]
fn a_marker_is_found_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(Marker::find(directory.path(), 2).unwrap(), FoundMarker::Nothing);
    let first = Marker {
        format: 1,
        identity: JournalIdentity(0x00ab_cdef_0123_4567),
        head: Revision(42),
        generation: 0,
    };
    let second = Marker { format: 2, generation: 7, ..first };
    let text = "identity 00abcdef01234567\nhead 42\n";
    for (marker, expected) in [
        (first, format!("arrowroot journal\nformat 1\n{text}")),
        (second, format!("arrowroot journal\nformat 2\n{text}generation 7\n")),
    ] {
        marker.write(directory.path()).unwrap();
        assert_eq!(Marker::find(directory.path(), 2).unwrap(), FoundMarker::Known(marker));
        let text = std::fs::read_to_string(directory.path().join("arrowroot.journal")).unwrap();
        assert_eq!(text, expected);
    }
}

#[test]
fn a_prepared_marker_does_not_count() {
    let directory = tempfile::tempdir().unwrap();
    let identity = JournalIdentity(5);
    let marker = |generation| Marker { format: 2, identity, head: Revision(1), generation };
    marker(3).write(directory.path()).unwrap();
    marker(4).prepare(directory.path()).unwrap();
    assert_eq!(Marker::find(directory.path(), 2).unwrap(), FoundMarker::Known(marker(3)));
    Marker::put_in_place(directory.path()).unwrap();
    assert_eq!(Marker::find(directory.path(), 2).unwrap(), FoundMarker::Known(marker(4)));
}

#[test]
fn a_newer_format_may_say_anything_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("arrowroot.journal");
    std::fs::write(path, "arrowroot journal\nformat 7\nname ünï\n").unwrap();
    assert_eq!(Marker::find(directory.path(), 1).unwrap(), FoundMarker::TooNew { format: 7 });
}

#[test]
fn anything_else_is_unreadable() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("arrowroot.journal");
    let good = "arrowroot journal\nformat 2\nidentity 00abcdef01234567\nhead 42\ngeneration 3\n";
    for text in [
        "",
        "head 3",
        &good[..good.len() - 1],
        &good.replace("abc", "xyz"),
        &good.replace("42", "-1"),
        &good.replace("generation 3\n", ""),
        &good.replace("generation 3", "generation 03"),
        &good.replace("format 2", "format 1"),
    ] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(Marker::find(directory.path(), 2).unwrap(), FoundMarker::Unreadable, "{text:?}");
    }
}
