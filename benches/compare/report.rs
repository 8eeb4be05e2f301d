//! The tables, and the lines of the picture.

use crate::picture::Series;
use crate::served::median;
use crate::table::Table;
use crate::turns::Figure;

/// The places of the systems among the figures of a row; those without SpiceDB lack the first.
const SPICEDB: usize = 0;
const IN_PROCESS: usize = 1;
const OVER_GRPC: usize = 2;
const NO_OP: usize = 3;
/// How many figures of a row without SpiceDB are arrowroot's.
const ALONE: usize = 2;

/// A question and what it took each system.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) is_granted: bool,
    pub(crate) figures: Vec<Figure>,
}

impl Row {
    fn answer(&self) -> String {
        if self.is_granted { "granted" } else { "denied" }.to_owned()
    }
}

/// A table by the clock and one of CPU time, with how many times as long SpiceDB takes.
pub(crate) fn print_checks(title: &str, rows: &[Row]) {
    let headings = ["", "answer", "SpiceDB", "±", "in process", "±", "ratio", "over gRPC", "±", "ratio"];
    let mut table = Table::new(&headings);
    for row in rows {
        let figure = |place: usize| row.figures[place];
        let ratio = |place: usize| ratio(figure(SPICEDB).wall_ns, figure(place).wall_ns);
        let timed = |place: usize| [time(figure(place).wall_ns), time(figure(place).deviation_ns)];
        let mut cells = vec![row.name.clone(), row.answer()];
        cells.extend(timed(SPICEDB));
        cells.extend(timed(IN_PROCESS));
        cells.push(ratio(IN_PROCESS));
        cells.extend(timed(OVER_GRPC));
        cells.push(ratio(OVER_GRPC));
        table.add(&cells);
    }
    table.print(&format!("{title}: time of a check"));

    let mut table = Table::new(&["", "answer", "SpiceDB", "in process", "ratio", "over gRPC", "ratio"]);
    for row in rows {
        let cpu = |place: usize| row.figures[place].cpu_ns;
        let ratio = |place: usize| ratio(cpu(SPICEDB), cpu(place));
        table.add(&[
            row.name.clone(),
            row.answer(),
            time(cpu(SPICEDB)),
            time(cpu(IN_PROCESS)),
            ratio(IN_PROCESS),
            time(cpu(OVER_GRPC)),
            ratio(OVER_GRPC),
        ]);
    }
    table.print(&format!("{title}: CPU of a check"));
}

/// What one more hop costs: what all calls have in common is not in it.
pub(crate) fn print_hops(rows: &[Row]) {
    let mut table = Table::new(&["one more hop", "SpiceDB", "in process", "ratio"]);
    let granted: Vec<_> = rows.iter().filter(|row| row.is_granted).collect();
    let (Some(first), Some(last)) = (granted.first(), granted.last()) else { return };
    let hops = |row: &Row| row.name.parse::<f64>().unwrap_or_default();
    for (name, pick) in [("time", wall as fn(&Figure) -> f64), ("CPU", cpu)] {
        let [spicedb, in_process] = [SPICEDB, IN_PROCESS].map(|place| {
            (pick(&last.figures[place]) - pick(&first.figures[place])) / (hops(last) - hops(first))
        });
        table.add(&[name.to_owned(), time(spicedb), time(in_process), ratio(spicedb, in_process)]);
    }
    table.print("a hop, from the shallowest and the deepest granted cascade");
}

/// Those without SpiceDB.
pub(crate) fn print_alone(title: &str, rows: &[Row]) {
    let headings = ["", "answer", "in process", "CPU", "over gRPC", "CPU"];
    let mut table = Table::new(&headings);
    for row in rows {
        let figures =
            row.figures[..ALONE].iter().flat_map(|figure| [time(figure.wall_ns), time(figure.cpu_ns)]);
        table.add(&[row.name.clone(), row.answer()].into_iter().chain(figures).collect::<Vec<_>>());
    }
    table.print(title);
}

/// What an RPC takes that is answered without looking. The questions do not matter to it, so that it is one figure.
pub(crate) fn print_no_op(rows: &[Row]) {
    let [wall_ns, cpu_ns] = [wall as fn(&Figure) -> f64, cpu].map(|pick| no_op_ns(rows, pick));
    println!(
        "\nan RPC that is answered without looking takes {}, and {} of CPU",
        time(wall_ns),
        time(cpu_ns)
    );
}

/// The median over rows with SpiceDB.
fn no_op_ns(rows: &[Row], pick: fn(&Figure) -> f64) -> f64 {
    median(rows.iter().map(|row| pick(&row.figures[NO_OP])).collect())
}

/// Lookups: shape, answers, what they took SpiceDB and arrowroot.
pub(crate) fn print_lookups(rows: &[(&'static str, usize, [Figure; 2])]) {
    let headings =
        ["", "found", "SpiceDB", "±", "arrowroot", "±", "ratio", "CPU SpiceDB", "CPU arrowroot", "ratio"];
    let mut table = Table::new(&headings);
    for (name, found, [spicedb, arrowroot]) in rows {
        table.add(&[
            (*name).to_owned(),
            found.to_string(),
            time(spicedb.wall_ns),
            time(spicedb.deviation_ns),
            time(arrowroot.wall_ns),
            time(arrowroot.deviation_ns),
            ratio(spicedb.wall_ns, arrowroot.wall_ns),
            time(spicedb.cpu_ns),
            time(arrowroot.cpu_ns),
            ratio(spicedb.cpu_ns, arrowroot.cpu_ns),
        ]);
    }
    table.print("lookups of resources, both over gRPC");
}

/// The lines of the picture: CPU time of granted cascades, which neighbours on the machine change least.
pub(crate) fn series(cascades: &[Row], deeper: &[Row]) -> Vec<Series> {
    let points = |place: usize| {
        let shared = cascades.iter().filter(|row| row.is_granted).map(move |row| (row, place));
        let alone = deeper.iter().filter(|row| row.is_granted);
        let alone = alone.filter_map(move |row| Some((row, place.checked_sub(1)?)));
        let points = shared
            .chain(alone)
            .map(|(row, place)| (row.name.parse().unwrap_or_default(), row.figures[place].cpu_ns));
        points.collect::<Vec<_>>()
    };
    let no_op_ns = no_op_ns(cascades, cpu);
    let no_op = points(OVER_GRPC).into_iter().map(|(hops, _)| (hops, no_op_ns)).collect();
    vec![
        Series { name: "SpiceDB, in process", class: "spicedb", points: points(SPICEDB) },
        Series { name: "arrowroot, over gRPC", class: "grpc", points: points(OVER_GRPC) },
        Series { name: "no-op server, over gRPC", class: "no-op", points: no_op },
        Series { name: "arrowroot, in process", class: "arrowroot", points: points(IN_PROCESS) },
    ]
}

fn wall(figure: &Figure) -> f64 {
    figure.wall_ns
}

fn cpu(figure: &Figure) -> f64 {
    figure.cpu_ns
}

/// How many times one is the other.
fn ratio(one: f64, other: f64) -> String {
    let ratio = one / other;
    if ratio < 10.0 { format!("{ratio:.1}") } else { format!("{ratio:.0}") }
}

/// Nanoseconds in a unit that fits.
pub(crate) fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e4 => format!("{:.1} µs", ns / 1e3),
        ns if ns < 1e6 => format!("{:.0} µs", ns / 1e3),
        ns if ns < 1e7 => format!("{:.1} ms", ns / 1e6),
        ns => format!("{:.0} ms", ns / 1e6),
    }
}
