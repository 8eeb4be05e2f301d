//! The marker file.

use super::super::marker::{FoundMarker, Marker};
use crate::journal::JournalIdentity;
use crate::relationship::Revision;

#[test]
fn a_marker_is_found_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(Marker::find(directory.path(), 1).unwrap(), FoundMarker::Nothing);
    let marker = Marker { format: 1, identity: JournalIdentity(0x00ab_cdef_0123_4567), head: Revision(42) };
    marker.write(directory.path()).unwrap();
    assert_eq!(Marker::find(directory.path(), 1).unwrap(), FoundMarker::Known(marker));
    let text = std::fs::read_to_string(directory.path().join("arrowroot.journal")).unwrap();
    assert_eq!(text, "arrowroot journal\nformat 1\nidentity 00abcdef01234567\nhead 42\n");
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
    let good = "arrowroot journal\nformat 1\nidentity 00abcdef01234567\nhead 42\n";
    for text in
        ["", "head 3", &good[..good.len() - 1], &good.replace("abc", "xyz"), &good.replace("42", "-1")]
    {
        std::fs::write(&path, text).unwrap();
        assert_eq!(Marker::find(directory.path(), 1).unwrap(), FoundMarker::Unreadable, "{text:?}");
    }
}
