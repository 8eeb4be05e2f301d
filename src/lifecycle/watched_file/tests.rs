//! When a changed file is taken over, and what is kept when it cannot be.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use super::*;

#[derive(Debug, thiserror::Error)]
enum NumberError {
    #[error(transparent)]
    File(#[from] ReadFileError),
    #[error("{}: `{text}` is no number", .path.display())]
    NoNumber { path: PathBuf, text: String },
}

fn parse(path: &Path, text: &str) -> Result<u32, NumberError> {
    text.trim().parse().map_err(|_| NumberError::NoNumber { path: path.to_owned(), text: text.to_owned() })
}

/// A directory with the file `number`, and that file opened; every change is one that is seen from outside.
fn open(text: &str) -> (TempDir, WatchedFile<u32>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("number");
    fs::write(&path, text).unwrap();
    let file = WatchedFile::open_settling(path, Duration::ZERO, parse).unwrap();
    (directory, file)
}

/// Puts another file in the place of the first, as editors and deployment tools do.
fn replace(file: &WatchedFile<u32>, text: &str) {
    let beside = file.path().with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, file.path()).unwrap();
}

#[test]
fn a_replaced_file_is_taken_over_and_an_untouched_one_is_not_read() {
    let (_directory, file) = open("1");
    assert_eq!((file.refresh(), *file.current()), (Refreshed::Unchanged, 1));
    replace(&file, "2");
    assert_eq!(*file.current(), 1, "nobody has looked yet");
    assert_eq!((file.refresh(), *file.current()), (Refreshed::Taken, 2));
    assert_eq!((file.refresh(), *file.current()), (Refreshed::Unchanged, 2));
}

#[test]
fn changes_within_one_tick_of_the_clock_are_seen() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("number");
    fs::write(&path, "10").unwrap();
    let file = WatchedFile::open(&path, parse).unwrap();
    for number in 11..60_u32 {
        // Same file, same length, and as likely as not the same time.
        fs::write(&path, number.to_string()).unwrap();
        assert_eq!((file.refresh(), *file.current()), (Refreshed::Taken, number));
    }
}

#[test]
fn a_link_that_leads_elsewhere_is_a_change() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    for (version, text) in [("v1", "1"), ("v2", "2")] {
        fs::create_dir(at(version)).unwrap();
        fs::write(at(version).join("number"), text).unwrap();
    }
    symlink("v1", at("data")).unwrap();
    symlink("data/number", at("number")).unwrap();
    let file = WatchedFile::open_settling(at("number"), Duration::ZERO, parse).unwrap();
    assert_eq!(file.refresh(), Refreshed::Unchanged);

    symlink("v2", at("data.new")).unwrap();
    fs::rename(at("data.new"), at("data")).unwrap();
    assert_eq!((file.refresh(), *file.current()), (Refreshed::Taken, 2));
}

#[test]
fn what_cannot_be_used_changes_nothing() {
    let (directory, file) = open("1");
    let path = file.path().to_owned();
    let refused = || {
        assert_eq!((file.refresh(), *file.current()), (Refreshed::Refused, 1));
        assert_eq!((file.refresh(), *file.current()), (Refreshed::Refused, 1), "at the second look");
        assert_eq!((file.reload(), *file.current()), (Refreshed::Refused, 1));
    };
    replace(&file, "one");
    refused();
    fs::write(directory.path().join("binary"), [0xff, 0xfe]).unwrap();
    fs::rename(directory.path().join("binary"), &path).unwrap();
    refused();
    fs::remove_file(&path).unwrap();
    refused();
    fs::create_dir(&path).unwrap();
    refused();
    fs::remove_dir(&path).unwrap();
    let large = File::create(&path).unwrap();
    large.set_len(FILE_BYTES_MAX + 1).unwrap();
    refused();

    replace(&file, "1");
    assert_eq!((file.refresh(), *file.current()), (Refreshed::Unchanged, 1));
    replace(&file, "2");
    assert_eq!((file.refresh(), *file.current()), (Refreshed::Taken, 2));
}

#[test]
fn a_file_that_cannot_be_used_at_first_is_the_callers_error() {
    let directory = tempfile::tempdir().unwrap();
    let message = |name: &str| {
        let path = directory.path().join(name);
        WatchedFile::open(path, parse)
            .err()
            .unwrap()
            .to_string()
            .replace(directory.path().to_str().unwrap(), "")
    };
    fs::write(directory.path().join("word"), "one").unwrap();
    assert_eq!(message("word"), "/word: `one` is no number");
    assert_eq!(message("absent"), "/absent: cannot be read: No such file or directory (os error 2)");
    assert_eq!(message("."), "/.: is not a regular file");
}

#[test]
fn the_same_content_is_parsed_once() {
    static PARSED: AtomicUsize = AtomicUsize::new(0);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("number");
    let parse = |path: &Path, text: &str| {
        PARSED.fetch_add(1, Ordering::Relaxed);
        parse(path, text)
    };
    fs::write(&path, "1").unwrap();
    let file = WatchedFile::open(&path, parse).unwrap();
    for text in ["1", "1", "one", "one", "1"] {
        fs::write(&path, text).unwrap();
        file.refresh();
        file.refresh();
    }
    assert_eq!(PARSED.load(Ordering::Relaxed), 2, "`1` and `one`");
    file.reload();
    assert_eq!(PARSED.load(Ordering::Relaxed), 2);
}

#[test]
fn all_that_is_registered_is_refreshed() {
    let ((_one, first), (_two, second)) = (open("1"), open("1"));
    let (first, second) = (Arc::new(first), Arc::new(second));
    let reloads = Reloads::default();
    reloads.add(Arc::clone(&first) as Arc<dyn Refresh>);
    reloads.clone().add(Arc::clone(&second) as Arc<dyn Refresh>);
    replace(&first, "2");
    replace(&second, "3");
    reloads.refresh();
    assert_eq!((*first.current(), *second.current()), (2, 3));
    replace(&first, "4");
    reloads.reload();
    assert_eq!((*first.current(), *second.current()), (4, 3));
}
