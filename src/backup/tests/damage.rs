//! What was altered is noticed, wherever it was.

use super::super::{FORMAT, ReadBackupError};
use super::{backup_of, engine_with, read};

fn small() -> Vec<u8> {
    backup_of(&engine_with(&["doc:a#viewer@user:ana", "doc:b#viewer@user:*"]))
}

#[test]
fn a_file_that_was_cut_short_is_refused_at_every_byte() {
    let bytes = small();
    read(&bytes).unwrap();
    for length in 0..bytes.len() {
        let problem = read(&bytes[..length]).unwrap_err();
        let is_told = match problem {
            ReadBackupError::NotABackup => length < 20,
            ReadBackupError::Damaged { .. } => length >= 20,
            _ => false,
        };
        assert!(is_told, "{length}: {problem}");
    }
}

#[test]
fn a_flipped_bit_is_noticed_wherever_it_is() {
    let bytes = small();
    for place in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[place / 8] ^= 1 << (place % 8);
        assert!(read(&altered).is_err(), "bit {place}");
    }
}

#[test]
fn what_follows_the_end_is_noticed() {
    let mut bytes = small();
    bytes.push(0);
    let problem = read(&bytes).unwrap_err().to_string();
    assert!(problem.starts_with("it is damaged: something follows its end"), "{problem}");
}

#[test]
fn other_files_and_newer_formats_are_told_apart() {
    assert!(matches!(read(b"definition user {}\nand so on and so on"), Err(ReadBackupError::NotABackup)));
    assert!(matches!(read(b"defi"), Err(ReadBackupError::NotABackup)));
    let mut bytes = small();
    bytes[12..16].copy_from_slice(&(FORMAT + 1).to_le_bytes());
    let problem = read(&bytes).unwrap_err();
    assert!(matches!(problem, ReadBackupError::TooNew { format: 2, supported: 1 }), "{problem}");
}

#[test]
fn parts_that_were_moved_are_noticed_though_each_is_whole() {
    let texts: Vec<String> =
        (0..60_000).map(|number| format!("doc:d{number:06}#viewer@user:u{number:06}")).collect();
    let bytes = backup_of(&engine_with(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
    // Frames from behind the header on: schema, relationships, relationships, ….
    let header = u32::from_le_bytes(bytes[16..20].try_into().unwrap()) as usize + 24;
    let end_of =
        |at: usize| at + 17 + u32::from_le_bytes(bytes[at + 9..at + 13].try_into().unwrap()) as usize;
    let first = end_of(header);
    let second = end_of(first);
    let third = end_of(second);
    let swapped = [&bytes[..first], &bytes[second..third], &bytes[first..second], &bytes[third..]].concat();
    let left_out = [&bytes[..first], &bytes[second..]].concat();
    let twice = [&bytes[..second], &bytes[first..]].concat();
    for altered in [swapped, left_out, twice] {
        assert!(matches!(read(&altered), Err(ReadBackupError::Damaged { .. })));
    }
}

#[test]
fn lengths_that_nothing_has_take_no_memory() {
    let bytes = small();
    let header = u32::from_le_bytes(bytes[16..20].try_into().unwrap()) as usize + 24;
    for (at, value) in
        [(header + 5, u32::MAX), (header + 9, u32::MAX), (header + 9, 64 << 20), (16, u32::MAX)]
    {
        let mut altered = bytes.clone();
        altered[at..at + 4].copy_from_slice(&value.to_le_bytes());
        assert!(matches!(read(&altered), Err(ReadBackupError::Damaged { .. })), "{at} {value}");
    }
}
