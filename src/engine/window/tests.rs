//! The oldest revision that is kept, with few commits and with many.

use std::time::Duration;

use super::{SAMPLES_MAX, Window};
use crate::relationship::{Revision, Timestamp};

fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanoseconds: 0 }
}

#[test]
fn the_oldest_is_the_one_that_was_the_newest_when_the_window_began() {
    let window = Window::new(Duration::from_secs(100_000));
    assert_eq!(window.oldest(at(0)), Revision::ZERO);
    for (revision, seconds) in [(1, 1_000), (2, 2_000), (3, 9_000)] {
        window.record(at(seconds), Revision(revision));
    }
    let cases = [(0, 0), (100_999, 0), (101_000, 1), (101_999, 1), (102_000, 2), (108_999, 2), (109_000, 3)];
    for (now, oldest) in cases {
        assert_eq!(window.oldest(at(now)), Revision(oldest), "at {now}");
    }
}

#[test]
fn commits_near_each_other_are_kept_a_little_longer_and_many_take_no_more_memory() {
    let retention = 10_240;
    let window = Window::new(Duration::from_secs(retention));
    let spacing = i64::try_from(retention / u64::from(SAMPLES_MAX)).unwrap();
    for seconds in 0..50_000 {
        window.record(at(seconds), Revision(seconds.unsigned_abs()));
        let oldest = i64::try_from(window.oldest(at(seconds)).0).unwrap();
        let exact = (seconds - 10_240).max(0);
        assert!((exact - spacing..=exact).contains(&oldest), "{oldest} at {seconds}");
    }
    assert!(window.samples.lock().kept.len() <= SAMPLES_MAX as usize + 2);
}

#[test]
fn a_clock_that_went_back_keeps_rather_more() {
    let window = Window::new(Duration::from_secs(1_000));
    window.record(at(5_000), Revision(1));
    window.record(at(100), Revision(2));
    assert_eq!(window.oldest(at(5_999)), Revision::ZERO);
    assert_eq!(window.oldest(at(6_000)), Revision(2));
}

#[test]
fn without_a_window_only_the_newest_is_kept() {
    let window = Window::new(Duration::ZERO);
    for revision in 1..5_000 {
        window.record(at(0), Revision(revision));
        assert_eq!(window.oldest(at(0)), Revision(revision));
    }
    assert!(window.samples.lock().kept.len() <= 2);
    assert_eq!(Window::new(Duration::MAX).oldest(at(i64::MAX)), Revision::ZERO);
}

#[test]
fn when_a_revision_was_committed_is_known_closely_within_the_window_and_coarsely_before() {
    let window = Window::new(Duration::from_secs(1_024));
    assert_eq!(window.committed_by(Revision(1)), None);
    for seconds in 0..200_000 {
        window.record(at(seconds), Revision(seconds.unsigned_abs() + 1));
    }
    for committed_at in 0..200_000_i64 {
        let by = window.committed_by(Revision(committed_at.unsigned_abs() + 1)).unwrap();
        let (error, age) = (by.seconds - committed_at, 200_000 - committed_at);
        let error_max = if age <= 1_024 { 1 } else { 200 };
        assert!((0..=error_max).contains(&error), "{error} for one of {age} seconds ago");
    }
    assert!(window.samples.lock().past.samples.len() <= super::PAST_SAMPLES_MAX + 1);
    assert_eq!(window.committed_by(Revision(200_001)), None);
}
