//! Systems that take turns: short batches of the same question, so that what happens on the machine happens to all.

use std::time::Duration;

use crate::question::Question;
use crate::served::median;

/// Batches of each system that a figure is the median of.
const ROUNDS: usize = 41;
/// Batches that are not counted, before all others.
const WARM_UP_ROUNDS: usize = 6;
const BATCH_CALLS_MAX: usize = 10_000;

/// One of those that are compared.
pub(crate) trait System {
    /// Forgets everything, and takes up a graph.
    fn load(&mut self, schema: &str, relationships: &[String]);
    /// Asks so many times, and fails if an answer is not the right one. The time that it took.
    fn check(&mut self, question: &Question, count: usize) -> Duration;
    /// CPU time of checks so far; differences count.
    fn cpu(&self) -> Duration;
    /// How long a batch is to take: short enough that some are not disturbed.
    fn batch(&self) -> Duration {
        Duration::from_millis(3)
    }
}

/// What a call took.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "the unit comes last in every name")]
pub(crate) struct Figure {
    /// The median of the batches, by the clock on the wall.
    pub(crate) wall_ns: f64,
    /// The median distance of a batch from that.
    pub(crate) deviation_ns: f64,
    /// CPU time, the mean of all batches, so that a collector of garbage is in it.
    pub(crate) cpu_ns: f64,
}

/// Asks all systems in turn. A figure for each, in their order.
pub(crate) fn measure(systems: &mut [&mut dyn System], question: &Question) -> Vec<Figure> {
    let counts: Vec<_> = systems.iter_mut().map(|system| warm_up(*system, question)).collect();
    let before: Vec<_> = systems.iter().map(|system| system.cpu()).collect();
    let mut samples = vec![Vec::with_capacity(ROUNDS); systems.len()];
    for round in 0..ROUNDS {
        for turn in 0..systems.len() {
            let place = (round + turn) % systems.len();
            let wall = systems[place].check(question, counts[place]);
            samples[place].push(nanoseconds(wall, counts[place]));
        }
    }
    let cpu = systems.iter().zip(before).map(|(system, before)| system.cpu().saturating_sub(before));
    cpu.zip(samples)
        .zip(counts)
        .map(|((cpu, walls), count)| figure(&walls, nanoseconds(cpu, count * ROUNDS)))
        .collect()
}

/// The figure of batches and of the CPU time of a call.
pub(crate) fn figure(samples_ns: &[f64], cpu_ns: f64) -> Figure {
    let wall_ns = median(samples_ns.to_vec());
    let deviation_ns = median(samples_ns.iter().map(|sample| (sample - wall_ns).abs()).collect());
    Figure { wall_ns, deviation_ns, cpu_ns }
}

/// How many calls make a batch, found while warming up.
fn warm_up(system: &mut dyn System, question: &Question) -> usize {
    let mut count = 1;
    for _ in 0..WARM_UP_ROUNDS {
        let wall = system.check(question, count);
        let call_ns = nanoseconds(wall, count).max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive number, bounded below"
        )]
        let fitting = (nanoseconds(system.batch(), 1) / call_ns) as usize;
        count = fitting.clamp(count, BATCH_CALLS_MAX).min(count * 10);
    }
    count
}

/// Nanoseconds of each of so many.
pub(crate) fn nanoseconds(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e9 / count as f64
}
