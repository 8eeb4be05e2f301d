//! The picture as a drawing that stands by itself.

mod lines;

use std::fmt::Write as _;

use super::content::Content;
use super::layout::{HEADING, Layout, MARGIN, Place, ROW_HEIGHT, TITLE_HEIGHT};

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
    lines::draw(content, layout, svg)?;
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

/// Text that stands for itself in XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
