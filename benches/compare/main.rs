//! arrowroot and a real SpiceDB side by side: the nine shapes, cascades of 1 to 45 hops, growing graphs, and lookups.
//!
//! `cargo bench --bench compare` fetches SpiceDB as a shared library from npm, builds the program that calls it, asks
//! both the same questions in turn, prints tables of ratios, and draws `docs/cascade.svg`. It fails where an answer is
//! not the same.

#![expect(clippy::unwrap_used, reason = "what fails here is a bench that cannot run")]
#![expect(clippy::print_stdout, reason = "the tables are what a bench is for")]
#![expect(clippy::cast_precision_loss, reason = "figures are shown with few digits")]

mod cascade;
mod in_process;
mod lookups;
#[path = "../support/no_op.rs"]
mod no_op;
mod over_grpc;
mod picture;
mod question;
mod report;
#[path = "../support/served.rs"]
mod served;
#[path = "../shapes/graphs.rs"]
mod shapes;
mod spicedb;
#[path = "../support/table.rs"]
mod table;
mod turns;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use in_process::InProcess;
use over_grpc::{Kind, OverGrpc};
use question::Question;
use report::Row;
use shapes::{SHAPES, Shape};
use spicedb::SpiceDb;
use turns::{System, nanoseconds};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EMPTY_CALLS: u32 = 100_000;
const REFUSED_CALLS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    match served::kind() {
        Some(kind) => over_grpc::serve(&kind),
        None => compare(),
    }
}

/// All that are compared.
struct Systems {
    spicedb: SpiceDb,
    in_process: InProcess,
    over_grpc: OverGrpc,
    no_op: OverGrpc,
}

impl Systems {
    fn new() -> Result<Self, Box<dyn Error>> {
        let runtime = Rc::new(tokio::runtime::Builder::new_current_thread().enable_all().build()?);
        Ok(Self {
            spicedb: SpiceDb::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare"))?,
            in_process: InProcess::default(),
            over_grpc: OverGrpc::new(Kind::Arrowroot, Rc::clone(&runtime))?,
            no_op: OverGrpc::new(Kind::NoOp, runtime)?,
        })
    }

    fn load(&mut self, schema: &str, relationships: &[String]) {
        let Self { spicedb, in_process, over_grpc, no_op } = self;
        for system in [spicedb as &mut dyn System, in_process, over_grpc, no_op] {
            system.load(schema, relationships);
        }
    }

    fn measure(&mut self, name: String, question: &Question) -> Row {
        let Self { spicedb, in_process, over_grpc, no_op } = self;
        let figures = turns::measure(&mut [spicedb, in_process, over_grpc, no_op], question);
        Row { name, is_granted: question.is_granted, figures }
    }

    /// Without SpiceDB, where it looks no deeper.
    fn measure_alone(&mut self, name: String, question: &Question) -> Row {
        let Self { in_process, over_grpc, no_op, .. } = self;
        let figures = turns::measure(&mut [in_process, over_grpc, no_op], question);
        Row { name, is_granted: question.is_granted, figures }
    }
}

fn compare() -> Result<(), Box<dyn Error>> {
    print_load();
    let mut systems = Systems::new()?;
    let shapes: Vec<_> = SHAPES.iter().flat_map(|shape| measure_shape(&mut systems, shape)).collect();
    report::print_checks("shapes", &shapes);

    let chain = cascade::relationships(cascade::SHARED_CHAIN_HOPS, 0);
    systems.load(cascade::SCHEMA, &chain);
    print_calls(&mut systems.spicedb);
    assert_limit(&mut systems.spicedb);
    let cascades = cascade::HOPS.iter().flat_map(|hops| [(*hops, true), (*hops, false)]);
    let cascades: Vec<_> = cascades
        .map(|(hops, is_granted)| systems.measure(hops.to_string(), &cascade::question(hops, is_granted)))
        .collect();
    report::print_checks("cascades, by hops", &cascades);
    report::print_hops(&cascades);
    report::print_no_op(&cascades);

    let deeper = measure_deeper(&mut systems);
    report::print_alone("deeper cascades, which SpiceDB refuses, by hops", &deeper);
    let sizes: Vec<_> = cascade::OTHERS.iter().map(|others| measure_among(&mut systems, *others)).collect();
    report::print_checks("10 hops, by other agents in the graph", &sizes);
    let lookups: Vec<_> = SHAPES.iter().map(|shape| measure_lookup(&mut systems, shape)).collect();
    report::print_lookups(&lookups);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cascade.svg");
    fs::write(&path, picture::draw(&report::series(&cascades, &deeper)))?;
    println!("\ndrew {}", path.display());
    print_load();
    Ok(())
}

/// What else the machine does.
fn print_load() {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<_> = load.split(' ').take(3).collect();
    println!("load of the machine over 1, 5 and 15 minutes: {}", load.join(", "));
}

fn measure_shape(systems: &mut Systems, shape: &Shape) -> [Row; 2] {
    systems.load(shape.schema, &(shape.relationships)());
    [true, false].map(|is_granted| systems.measure(shape.name.to_owned(), &question(shape, is_granted)))
}

fn question(shape: &Shape, is_granted: bool) -> Question {
    let [resource, permission, subject] = shape.question;
    let subject = if is_granted { subject } else { shape.denied };
    Question { resource: resource.to_owned(), permission, subject: subject.to_owned(), is_granted }
}

/// Fails if SpiceDB looks deeper, or less deep, than is said of it.
fn assert_limit(spicedb: &mut SpiceDb) {
    spicedb.check(&cascade::question(cascade::SPICEDB_HOPS_MAX, true), 1);
    let question = cascade::question(cascade::SPICEDB_HOPS_MAX + 1, true);
    assert!(spicedb.is_too_deep(&question), "SpiceDB looks deeper than {}", cascade::SPICEDB_HOPS_MAX);
}

/// What is in every figure of SpiceDB without being a check.
fn print_calls(spicedb: &mut SpiceDb) {
    let empty_ns = spicedb.empty_call_ns(EMPTY_CALLS);
    let mut refused: Vec<_> = (0..REFUSED_CALLS).map(|_| spicedb.refused(REFUSED_CALLS)).collect();
    refused.sort();
    let (wall, cpu) = refused[REFUSED_CALLS / 2];
    let [wall, cpu] = [wall, cpu].map(|time| nanoseconds(time, REFUSED_CALLS) / 1e3);
    println!("\na call into SpiceDB's library that does nothing takes {empty_ns:.0} ns");
    println!("a question that SpiceDB refuses before it looks takes {wall:.0} µs, and {cpu:.0} µs of CPU");
}

fn measure_deeper(systems: &mut Systems) -> Vec<Row> {
    let hops_max = cascade::DEEPER_HOPS.into_iter().max().unwrap_or_default();
    let chain = cascade::relationships(hops_max, 0);
    systems.in_process.load(cascade::SCHEMA, &chain);
    systems.over_grpc.load(cascade::SCHEMA, &chain);
    let rows = cascade::DEEPER_HOPS.iter().flat_map(|hops| [(*hops, true), (*hops, false)]);
    rows.map(|(hops, is_granted)| {
        systems.measure_alone(hops.to_string(), &cascade::question(hops, is_granted))
    })
    .collect()
}

fn measure_among(systems: &mut Systems, others: usize) -> Row {
    systems.load(cascade::SCHEMA, &cascade::relationships(cascade::SHARED_CHAIN_HOPS, others));
    systems.measure(others.to_string(), &cascade::question(cascade::HOPS_AMONG_OTHERS, true))
}

fn measure_lookup(systems: &mut Systems, shape: &Shape) -> (&'static str, usize, [turns::Figure; 2]) {
    systems.load(shape.schema, &(shape.relationships)());
    let (found, figures) = lookups::measure(&mut systems.spicedb, &systems.over_grpc, &question(shape, true));
    (shape.name, found, figures)
}
