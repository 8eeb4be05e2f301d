//! Killed processes and lost power: what was acknowledged is there, and what was not is there whole or not at all.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use arrowroot::journal::{Journal, SledJournal, Transaction};
use arrowroot::relationship::Revision;

use super::support::{
    SEED, append_each, bulky, checkpoint, copy_files, head, large, names, random, read, seed, segments,
    single, singles, write_checkpoint,
};

/// Set for a process that writes to this directory until it is killed.
const WRITE_UNTIL_KILLED: &str = "ARROWROOT_TEST_WRITE_UNTIL_KILLED";

/// Set for a process that writes one checkpoint after another to this directory until it is killed.
const CHECKPOINT_UNTIL_KILLED: &str = "ARROWROOT_TEST_CHECKPOINT_UNTIL_KILLED";

/// Groups of all sizes: one record, many records, many windows.
fn group_after(head: u64) -> Vec<Transaction> {
    match head % 7 {
        3 => vec![bulky(head + 1, 500_000)],
        5 => singles(head + 1..=head + 300),
        _ => singles(head + 1..=head + 2),
    }
}

/// The transactions of the first groups, up to a head.
fn written_up_to(head: u64) -> Vec<Transaction> {
    let mut written = Vec::new();
    while (written.len() as u64) < head {
        written.extend(group_after(written.len() as u64));
    }
    assert_eq!(written.len() as u64, head, "a group was appended in part");
    written
}

#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    for lines in [1, 12, 40] {
        let (mut child, output) = spawn("crash::write_until_killed", WRITE_UNTIL_KILLED, directory.path());
        let mut acknowledged =
            output.filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok());
        let last = acknowledged.by_ref().take(lines).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let last = acknowledged.last().unwrap_or(last);
        let journal = SledJournal::open(directory.path()).unwrap();
        assert!(head(&journal) >= last);
        assert!(read(&journal, 0).unwrap() == written_up_to(head(&journal)));
    }
}

/// The process that is killed; nothing when run as a test.
#[test]
fn write_until_killed() {
    let Ok(path) = std::env::var(WRITE_UNTIL_KILLED) else {
        return;
    };
    let journal = SledJournal::open(path).unwrap();
    loop {
        let head = head(&journal);
        journal.append(Revision(head), &group_after(head)).unwrap();
        println!("\nacknowledged {}", self::head(&journal));
    }
}

/// The lines that a process prints until it is killed, one of these tests of its own.
fn spawn(test: &str, variable: &str, directory: &Path) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(variable, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    (child, lines)
}

/// It appends beside its checkpoints and says so, which makes each line a moment of one of them.
#[test]
fn a_process_killed_in_a_checkpoint_loses_nothing_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let mut checkpoints = 0;
    let seed = seed();
    for number in random(seed).take(14) {
        let (mut child, mut lines) =
            spawn("crash::checkpoint_until_killed", CHECKPOINT_UNTIL_KILLED, directory.path());
        let said = lines.by_ref().take(5 + number % 60).collect::<Vec<_>>();
        child.kill().unwrap();
        child.wait().unwrap();
        let said: Vec<_> = said.into_iter().chain(lines).collect();
        let last = |what| said.iter().filter_map(|line| line.strip_prefix(what)?.parse::<u64>().ok()).max();
        let case = format!("{SEED}={seed}, after {:?}", said.last());

        let journal = SledJournal::open(directory.path()).unwrap();
        assert!(head(&journal) >= last("acknowledged ").unwrap_or_default(), "{case}: transactions are lost");
        let found = checkpoint(&journal).unwrap();
        let written = found.as_ref().map_or(0, |(revision, _)| *revision);
        assert!(written >= last("checkpoint ").unwrap_or_default(), "{case}: the checkpoint is lost");
        assert!(found.is_none_or(|(_, found)| found == segments(written)), "{case}: other segments");
        let trimmed_to = trimmed_to(written);
        let transactions = read(&journal, trimmed_to).unwrap();
        assert!(transactions == written_after(trimmed_to, head(&journal)), "{case}: other transactions");
        let generations = names(directory.path()).into_iter().filter(|name| name.starts_with("generation-"));
        let is_first = usize::from(directory.path().join("db").exists());
        assert_eq!(generations.count() + is_first, 1, "{case}: {:?}", names(directory.path()));
        checkpoints = checkpoints.max(written);
    }
    assert!(checkpoints > 0, "no checkpoint was ever finished");
}

/// What a checkpoint forgets.
fn trimmed_to(revision: u64) -> u64 {
    revision.saturating_sub(20)
}

fn written_after(trimmed_to: u64, head: u64) -> Vec<Transaction> {
    (trimmed_to + 1..=head).map(appended_at).collect()
}

fn appended_at(revision: u64) -> Transaction {
    if revision % 10 == 3 { large(revision, 2000) } else { single(revision) }
}

/// The process that is killed; nothing when run as a test.
#[test]
fn checkpoint_until_killed() {
    let Ok(path) = std::env::var(CHECKPOINT_UNTIL_KILLED) else {
        return;
    };
    let journal = SledJournal::open(path).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                append_each(&journal, &[appended_at(head(&journal) + 1)]);
                println!("\nacknowledged {}", head(&journal));
            }
        });
        loop {
            let revision = head(&journal);
            write_checkpoint(&journal, (revision, trimmed_to(revision)), &segments(revision)).unwrap();
            println!("\ncheckpoint {revision}");
        }
    });
}

/// A file of which each sector is either as it was at the last sync, or as it was written since.
fn with_some_sectors_lost(synced: &[u8], written: &[u8], sector_bytes: usize, seed: u64) -> Vec<u8> {
    let mut random = random(seed);
    // The file's length is metadata, and lost or kept on its own.
    let is_grown = random.next().unwrap().is_multiple_of(2);
    let mut mixed = written.to_vec();
    if !is_grown {
        mixed.truncate(synced.len().max(1));
    }
    for (position, sector) in mixed.chunks_mut(sector_bytes).enumerate() {
        if random.next().unwrap().is_multiple_of(2) {
            let start = position * sector_bytes;
            let old = synced.get(start..).unwrap_or_default();
            let kept = old.len().min(sector.len());
            sector[..kept].copy_from_slice(&old[..kept]);
            sector[kept..].fill(0);
        }
    }
    mixed
}

/// Opens what a loss of power may have left, and reads it.
fn after_power_loss(directory: &Path, database: &[u8]) -> Vec<Transaction> {
    let copy = tempfile::tempdir().unwrap();
    copy_files(directory, copy.path());
    fs::write(copy.path().join("db"), database).unwrap();
    let journal = SledJournal::open(copy.path()).unwrap();
    let mut found = read(&journal, 0).unwrap();
    // It goes on from there, and keeps both.
    found.push(single(head(&journal) + 1));
    append_each(&journal, &found[found.len() - 1..]);
    drop(journal);
    let journal = SledJournal::open(copy.path()).unwrap();
    assert!(read(&journal, 0).unwrap() == found);
    found.pop();
    found
}

#[test]
fn lost_power_loses_nothing_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let mut transactions = vec![single(1), single(2), single(3)];
    for transaction in &mut transactions {
        transaction.schema = Some("definition user {}\n".repeat((3 << 20) / 20));
    }
    append_each(&SledJournal::open(directory.path()).unwrap(), &transactions);
    // Opened again, sled has segments to clean, and does so with the next writes.
    let journal = SledJournal::open(directory.path()).unwrap();
    let seed = seed();
    for (round, (size, sector_bytes)) in
        (0..).zip([(1, 512), (250_000, 4096), (1, 4096), (150_000, 512), (250_000, 512)])
    {
        let synced = fs::read(directory.path().join("db")).unwrap();
        let acknowledged = transactions.len();
        transactions.push(bulky(acknowledged as u64 + 1, size));
        append_each(&journal, &transactions[acknowledged..]);
        let written = fs::read(directory.path().join("db")).unwrap();
        let mixed = with_some_sectors_lost(&synced, &written, sector_bytes, seed + round);
        let found = after_power_loss(directory.path(), &mixed);
        let case = format!("{SEED}={seed}, round {round}");
        assert!(found.len() >= acknowledged, "{case}: only {} transactions", found.len());
        assert!(found == transactions[..found.len()], "{case}: other transactions");
    }
}
