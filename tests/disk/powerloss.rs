//! Power is lost at every sync of a run, and between them, in many ways: whatever the disk has then, the store opens with
//! everything that was acknowledged, goes on, and has nothing that was never submitted, and no group in part.
//!
//! `DISK_TEST_IMAGES` says how many directories are tried, `DISK_TEST_ROUNDS` makes the recorded run longer, `DISK_TEST_SEED`
//! has other losses, and `DISK_TEST_EVENTS=FROM-TO` those at some events only. What threads do differs from run to run;
//! `DISK_TEST_KEEP` names a directory for what does not open as it should.

use std::sync::OnceLock;

use super::medium::{Loss, Medium, Syncs};
use super::recording::Event;
use super::simulation::{Case, Outcome, Recording, SEED, Simulation, simulate};

/// How many images are tried if nobody says otherwise.
const IMAGES: u64 = 300;
/// Of these, how many make up a run for another loss.
const IMAGES_FOR_ONE_RUN: u64 = 100;
/// How many directories are tried of each such run.
const IMAGES_OF_ONE_RUN: u64 = 40;
/// How many failures are shown.
const FAILURES: usize = 20;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

/// One run for all tests.
fn recording() -> &'static Recording {
    static RECORDING: OnceLock<Recording> = OnceLock::new();
    RECORDING.get_or_init(|| Recording::of_work(number("DISK_TEST_ROUNDS", 1)))
}

fn simulation() -> Simulation {
    Simulation {
        seed: number(SEED, 1),
        images_max: number("DISK_TEST_IMAGES", IMAGES),
        failures_max: FAILURES,
        syncs: Syncs::All,
        are_acknowledgements_early: false,
    }
}

#[test]
fn the_record_has_everything_that_reached_the_files() {
    let recording = recording();
    let mut medium = Medium::new(&recording.root, &recording.before, Syncs::All);
    recording.events.iter().for_each(|event| medium.apply(event));
    let found = medium.after(Loss::Nothing);
    assert!(found == recording.after, "{}\n{}", found.describe(), recording.after.describe());
    let count = |is_meant: fn(&&Event) -> bool| recording.events.iter().filter(is_meant).count();
    let syncs = count(|event| matches!(event, Event::EndSync { .. }));
    let ranges = count(|event| matches!(event, Event::SyncRange));
    println!("{} events, {syncs} syncs, {ranges} of a range", recording.events.len());
    assert!(syncs > 100 && ranges > 50);
}

#[test]
fn whatever_a_loss_of_power_leaves_has_everything_that_was_acknowledged() {
    let simulation = simulation();
    let Outcome { tried, failures } = simulate(recording(), simulation);
    println!("{tried} directories opened");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(tried > simulation.images_max / 4, "only {tried} of {} differ", simulation.images_max);
}

/// What the next start does to make good for the loss is not durable at once either.
#[test]
fn power_may_be_lost_again_while_a_store_recovers_and_goes_on() {
    let simulation = simulation();
    let mut random = fastrand::Rng::with_seed(simulation.seed);
    let mut cases: Vec<Case> = Vec::new();
    let runs = simulation.images_max.div_ceil(IMAGES_FOR_ONE_RUN);
    recording().cases(Simulation { seed: random.u64(..), images_max: runs, ..simulation }, &mut |case| {
        cases.push(case);
        true
    });
    let mut tried = 0;
    for case in cases {
        let again = Recording::after(recording(), &case);
        let again_simulation =
            Simulation { seed: random.u64(..), images_max: IMAGES_OF_ONE_RUN, ..simulation };
        let Outcome { tried: tried_now, failures } = simulate(&again, again_simulation);
        assert!(failures.is_empty(), "{}, and then\n{}", case.name, failures.join("\n"));
        tried += tried_now;
    }
    println!("{tried} directories opened");
    assert!(tried > 0);
}

/// Whether one of them is what must not be, and no other fault.
fn has_loss(failures: &[String]) -> bool {
    failures.iter().any(|failure| failure.contains("was acknowledged"))
}

#[test]
fn without_syncs_of_data_the_simulation_finds_losses() {
    let Outcome { tried, failures } =
        simulate(recording(), Simulation { syncs: Syncs::WithoutData, ..simulation() });
    assert!(has_loss(&failures), "{tried} directories are whole: {failures:?}");
}

#[test]
fn with_acknowledgements_before_the_sync_the_simulation_finds_losses() {
    let Outcome { tried, failures } =
        simulate(recording(), Simulation { are_acknowledgements_early: true, ..simulation() });
    assert!(has_loss(&failures), "{tried} directories are whole: {failures:?}");
}
