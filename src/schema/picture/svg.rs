//! The picture as a drawing that stands by itself.

use std::fmt::Write as _;

use super::content::{Content, Line, LineKind};
use super::layout::{HEADING, Layout, MARGIN, Place, ROW_HEIGHT, TITLE_HEIGHT};

/// How far a line goes out before it turns back.
const TURN: usize = 42;
/// How far a loop's ends are from the middle of its row.
const LOOP: usize = 4;

const STYLE: &str = "\
.page{fill:#ffffff}.box{fill:#ffffff;stroke:#57606a}.head{fill:#ddf4ff;stroke:#57606a}\
text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#24292f}\
.name{font-weight:bold}.permission{fill:#116329}.note{fill:#57606a}\
.line{fill:none;stroke:#57606a;stroke-width:1.1;stroke-opacity:.75}\
.arrow{stroke:#1a7f37;stroke-dasharray:5 3}.tip{fill:#57606a}.tip-arrow{fill:#1a7f37}\
@media (prefers-color-scheme:dark){.page{fill:#0d1117}.box{fill:#161b22;stroke:#8b949e}\
.head{fill:#0c2d6b;stroke:#8b949e}text{fill:#e6edf3}.permission{fill:#7ee787}.note{fill:#8b949e}\
.line{stroke:#8b949e}.arrow{stroke:#3fb950}.tip{fill:#8b949e}.tip-arrow{fill:#3fb950}}";

pub(super) fn write(content: &Content) -> String {
    let layout = Layout::of(content);
    let mut svg = String::new();
    // Writing to a string does not fail.
    let _ = document(content, &layout, &mut svg);
    svg
}

fn document(content: &Content, layout: &Layout, svg: &mut String) -> std::fmt::Result {
    let (width, height) = (layout.width, layout.height);
    let count = content.boxes.len();
    let noun = if count == 1 { "definition" } else { "definitions" };
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-labelledby=\"title desc\">"
    )?;
    writeln!(svg, "<title id=\"title\">Schema: {count} {noun}</title>")?;
    writeln!(
        svg,
        "<desc id=\"desc\">A box for each definition, with its relations and permissions. Solid lines lead from a relation \
         to what may be its subject, dashed ones from a permission to what its arrows ask for.</desc>"
    )?;
    writeln!(svg, "<style>{STYLE}</style>")?;
    svg.push_str("<defs>");
    for (id, class) in [("tip", "tip"), ("tip-arrow", "tip-arrow")] {
        write!(
            svg,
            "<marker id=\"{id}\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
             orient=\"auto\"><path class=\"{class}\" d=\"M0 0L8 4L0 8z\"/></marker>"
        )?;
    }
    svg.push_str("</defs>\n");
    writeln!(svg, "<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>")?;
    let note = "solid: may be a subject · dashed: an arrow asks there";
    writeln!(svg, "<text class=\"note\" x=\"{MARGIN}\" y=\"{}\">{note}</text>", HEADING - 20)?;
    for line in &content.lines {
        draw_line(content, layout, line, svg)?;
    }
    for (type_box, place) in content.boxes.iter().zip(&layout.boxes) {
        let Place { x, y, width, height, .. } = place;
        let name = escaped(&type_box.name);
        writeln!(svg, "<g><title>{name}</title>")?;
        writeln!(
            svg,
            "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\"/>"
        )?;
        writeln!(
            svg,
            "<rect class=\"head\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{TITLE_HEIGHT}\" rx=\"4\"/>"
        )?;
        writeln!(svg, "<text class=\"name\" x=\"{}\" y=\"{}\">{name}</text>", x + 12, y + 17)?;
        for (index, row) in type_box.rows.iter().enumerate() {
            let class = if row.is_permission { "permission" } else { "relation" };
            let (x, y) = (x + 12, y + TITLE_HEIGHT + index * ROW_HEIGHT + 17);
            writeln!(svg, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(&row.text))?;
        }
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    Ok(())
}

/// The middle of a row, or of the title.
fn row_middle(place: &Place, row: Option<usize>) -> usize {
    place.y + row.map_or(TITLE_HEIGHT / 2, |row| TITLE_HEIGHT + row * ROW_HEIGHT + ROW_HEIGHT / 2 + 4)
}

fn draw_line(content: &Content, layout: &Layout, line: &Line, svg: &mut String) -> std::fmt::Result {
    debug_assert!(line.from < content.boxes.len() && line.to < content.boxes.len(), "a line without an end");
    let (from, to) = (&layout.boxes[line.from], &layout.boxes[line.to]);
    let (start_x, mut start_y) = (from.x + from.width, row_middle(from, Some(line.from_row)));
    let mut end_y = row_middle(to, line.to_row);
    if line.from == line.to && start_y == end_y {
        // A row that leads to itself has a loop that can be seen.
        (start_y, end_y) = (start_y - LOOP, end_y + LOOP);
    }
    let mut path = format!("M{start_x} {start_y}");
    if from.column < to.column {
        // Past the column first: wider boxes of it may stand in the way.
        let column_end = layout.column_end(from.column).max(start_x);
        let _ = write!(path, "H{column_end}");
        let (mut x, mut y) = (column_end, start_y);
        let mut curve = |to_x: usize, to_y: usize| {
            let middle = usize::midpoint(x, to_x);
            let curve = format!("C{middle} {y} {middle} {to_y} {to_x} {to_y}");
            (x, y) = (to_x, to_y);
            curve
        };
        let mut rest = String::new();
        for (left, right, y) in layout.points(line) {
            rest.push_str(&curve(left, y));
            rest.extend(["H", &right.to_string()]);
            // The next curve begins where the lane ends.
            curve(right, y);
        }
        rest.push_str(&curve(to.x, end_y));
        path.push_str(&rest);
    } else {
        // Back, or within a column: out on the right, and in on the right.
        let end_x = to.x + to.width;
        let (out, back) = (start_x + TURN, end_x + TURN);
        let _ = write!(path, "C{out} {start_y} {back} {end_y} {end_x} {end_y}");
    }
    let (class, tip) = match line.kind {
        LineKind::Subject => ("line", "tip"),
        LineKind::Arrow => ("line arrow", "tip-arrow"),
    };
    writeln!(svg, "<path class=\"{class}\" marker-end=\"url(#{tip})\" d=\"{path}\"/>")
}

/// Text that stands for itself in XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
