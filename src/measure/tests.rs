//! What is counted where.

use std::time::Duration;

use super::*;

#[test]
fn a_value_is_counted_at_the_first_bound_that_it_does_not_exceed() {
    let histogram = Histogram::new(&[10, 20]);
    for value in [0, 10, 11, 20, 21, 1000] {
        histogram.observe(value);
    }
    let read = histogram.read();
    assert_eq!((read.counts.as_slice(), read.sum, read.count()), (&[2, 2, 2][..], 1062, 6));
}

#[test]
fn durations_are_nanoseconds() {
    let histogram = Histogram::of_latencies();
    histogram.observe_duration(Duration::from_micros(50));
    histogram.observe_duration(Duration::MAX);
    let read = histogram.read();
    assert_eq!((read.counts[0], read.counts[LATENCY_BOUNDS_NS.len()]), (1, 1));
}

#[test]
fn distributions_add_up() {
    let histogram = Histogram::of_sizes();
    histogram.observe(3);
    let mut sum = Distribution::empty(SIZE_BOUNDS);
    sum.add(&histogram.read());
    sum.add(&histogram.read());
    assert_eq!((sum.count(), sum.sum, sum.counts[2]), (2, 6, 2));
}

#[test]
fn many_threads_count_together() {
    let counter = Counter::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1000).for_each(|_| counter.increment()));
        }
    });
    counter.add(5);
    assert_eq!(counter.get(), 4005);
}
