//! Time against depth as a picture, both on logarithmic scales, for light and dark surroundings.

use std::fmt::Write as _;

use crate::cascade::SPICEDB_HOPS_MAX;

/// A line of the picture.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    /// Which colour it has.
    pub(crate) class: &'static str,
    /// Hops, and nanoseconds.
    pub(crate) points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 470.0;
/// The area of the lines: left, right, top, bottom. Names stand to its right.
const AREA: [f64; 4] = [96.0, 616.0, 66.0, 404.0];
const HOPS: [f64; 2] = [1.0, 1000.0];
const TIME_NS: [f64; 2] = [1e2, 1e8];
const HOP_MARKS: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 20.0, 45.0, 100.0, 1000.0];
const TIME_MARKS: [(f64, &str); 7] = [
    (1e2, "100 ns"),
    (1e3, "1 µs"),
    (1e4, "10 µs"),
    (1e5, "100 µs"),
    (1e6, "1 ms"),
    (1e7, "10 ms"),
    (1e8, "100 ms"),
];
/// Names of lines stand at least so far from each other.
const NAME_STEP: f64 = 18.0;

const STYLE: &str = "
    text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .small { font-size: 12px; fill: #59636e; }
    .paper { fill: #ffffff; stroke: #d1d9e0; }
    .grid { stroke: #d1d9e0; stroke-width: 1; }
    polyline { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
    polyline.spicedb { stroke: #bc4c00; } circle.spicedb, text.spicedb { fill: #bc4c00; }
    polyline.grpc { stroke: #0969da; } circle.grpc, text.grpc { fill: #0969da; }
    polyline.arrowroot { stroke: #1a7f37; } circle.arrowroot, text.arrowroot { fill: #1a7f37; }
    polyline.no-op { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 6 4; }
    circle.no-op { fill: none; } text.no-op { fill: #59636e; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .small, text.no-op { fill: #9198a1; }
      .paper { fill: #0d1117; stroke: #3d444d; }
      .grid { stroke: #2a313c; }
      polyline.no-op { stroke: #9198a1; }
      polyline.spicedb { stroke: #f0883e; } circle.spicedb, text.spicedb { fill: #f0883e; }
      polyline.grpc { stroke: #58a6ff; } circle.grpc, text.grpc { fill: #58a6ff; }
      polyline.arrowroot { stroke: #3fb950; } circle.arrowroot, text.arrowroot { fill: #3fb950; }
    }";

/// The picture as SVG.
pub(crate) fn draw(series: &[Series]) -> String {
    let mut svg = String::new();
    // Writing to a string does not fail.
    let _ = write_picture(&mut svg, series);
    svg
}

fn write_picture(svg: &mut String, series: &[Series]) -> std::fmt::Result {
    writeln!(svg, r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">"#)?;
    writeln!(
        svg,
        "  <title>CPU time of a check by the depth of its cascade</title>\n  <style>{STYLE}\n  </style>"
    )?;
    let (width, height) = (WIDTH - 1.0, HEIGHT - 1.0);
    writeln!(svg, r#"  <rect class="paper" x="0.5" y="0.5" width="{width}" height="{height}" rx="8"/>"#)?;
    let [left, right, top, bottom] = AREA;
    writeln!(
        svg,
        r#"  <text class="title" x="{left}" y="28">CPU time of one check, by the depth of its cascade</text>"#
    )?;
    let below = "read = owner + parent_agent-&gt;read, granted by the owner of the first agent; both scales logarithmic";
    writeln!(svg, r#"  <text class="small" x="{left}" y="48">{below}</text>"#)?;
    for (time_ns, mark) in TIME_MARKS {
        let y = vertical(time_ns);
        writeln!(svg, r#"  <line class="grid" x1="{left}" x2="{right}" y1="{y:.1}" y2="{y:.1}"/>"#)?;
        let (x, y) = (left - 10.0, y + 4.0);
        writeln!(svg, r#"  <text class="small" x="{x}" y="{y:.1}" text-anchor="end">{mark}</text>"#)?;
    }
    for hops in HOP_MARKS {
        let x = horizontal(hops);
        writeln!(svg, r#"  <line class="grid" x1="{x:.1}" x2="{x:.1}" y1="{top}" y2="{bottom}"/>"#)?;
        let y = bottom + 20.0;
        writeln!(svg, r#"  <text class="small" x="{x:.1}" y="{y}" text-anchor="middle">{hops}</text>"#)?;
    }
    let (middle, y) = (f64::midpoint(left, right), bottom + 46.0);
    writeln!(
        svg,
        r#"  <text x="{middle}" y="{y}" text-anchor="middle">hops from the agent asked about to its owner</text>"#
    )?;
    let y = f64::midpoint(top, bottom);
    writeln!(
        svg,
        r#"  <text transform="translate(24 {y}) rotate(-90)" text-anchor="middle">CPU time of one check</text>"#
    )?;
    let mut names = Vec::new();
    for series in series {
        write_line(svg, series)?;
        if let Some((_, time_ns)) = series.points.last() {
            names.push((vertical(*time_ns) + 4.0, series));
        }
    }
    write_names(svg, names)?;
    writeln!(svg, "</svg>")
}

fn write_line(svg: &mut String, series: &Series) -> std::fmt::Result {
    let class = series.class;
    let places = series.points.iter().map(|(hops, time_ns)| (horizontal(*hops), vertical(*time_ns)));
    let text: Vec<_> = places.clone().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    writeln!(svg, r#"  <polyline class="{class}" points="{}"/>"#, text.join(" "))?;
    for (x, y) in places {
        writeln!(svg, r#"  <circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="3.5"/>"#)?;
    }
    Ok(())
}

/// Names beside the last points, from the top, without covering each other. A line that ends early says why.
fn write_names(svg: &mut String, mut names: Vec<(f64, &Series)>) -> std::fmt::Result {
    names.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut free_from = 0.0;
    for (y, series) in names {
        let y = f64::max(y, free_from);
        free_from = y + NAME_STEP;
        let (class, name) = (series.class, series.name);
        let last_hops = series.points.last().map_or(HOPS[1], |point| point.0);
        let x = horizontal(last_hops) + 12.0;
        writeln!(svg, r#"  <text class="{class}" x="{x:.1}" y="{y:.1}">{name}</text>"#)?;
        if last_hops < HOPS[1] {
            let y = y + NAME_STEP;
            let end = format!("deeper than {SPICEDB_HOPS_MAX} hops it refuses");
            writeln!(svg, r#"  <text class="small" x="{x:.1}" y="{y:.1}">{end}</text>"#)?;
        }
    }
    Ok(())
}

fn horizontal(hops: f64) -> f64 {
    AREA[0] + (AREA[1] - AREA[0]) * share(hops, HOPS)
}

fn vertical(time_ns: f64) -> f64 {
    AREA[3] - (AREA[3] - AREA[2]) * share(time_ns, TIME_NS)
}

/// How far a value is from the lower bound to the upper, on a logarithmic scale.
fn share(value: f64, [lower, upper]: [f64; 2]) -> f64 {
    (value / lower).ln() / (upper / lower).ln()
}
