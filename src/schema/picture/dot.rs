//! The picture as text for Graphviz.

use std::fmt::Write as _;

use super::content::{Content, Line, LineKind};

pub(super) fn write(content: &Content) -> String {
    let mut dot = String::from(
        "digraph schema {\n  rankdir=LR;\n  bgcolor=\"transparent\";\n  node [shape=plain, fontname=\"monospace\", \
         fontsize=11];\n  edge [arrowsize=0.7, color=\"#57606a\"];\n",
    );
    // Writing to a string does not fail.
    let _ = lines(content, &mut dot);
    dot.push_str("}\n");
    dot
}

fn lines(content: &Content, dot: &mut String) -> std::fmt::Result {
    for (index, type_box) in content.boxes.iter().enumerate() {
        let name = escaped(&type_box.name);
        write!(
            dot,
            "  n{index} [label=<<TABLE BORDER=\"0\" CELLBORDER=\"1\" CELLSPACING=\"0\" CELLPADDING=\"4\" \
             COLOR=\"#57606a\" BGCOLOR=\"white\"><TR><TD PORT=\"title\" BGCOLOR=\"#ddf4ff\"><B>{name}</B></TD></TR>"
        )?;
        for (row, content) in type_box.rows.iter().enumerate() {
            let color = if content.is_permission { "#1a7f37" } else { "#24292f" };
            let text = escaped(&content.text);
            write!(
                dot,
                "<TR><TD PORT=\"r{row}\" ALIGN=\"LEFT\"><FONT COLOR=\"{color}\">{text}</FONT></TD></TR>"
            )?;
        }
        dot.push_str("</TABLE>>];\n");
    }
    for Line { from, from_row, to, to_row, kind } in &content.lines {
        let port = to_row.map_or_else(|| "title".to_owned(), |row| format!("r{row}"));
        let style = match kind {
            LineKind::Subject => "",
            LineKind::Arrow => ", style=dashed, color=\"#1a7f37\", constraint=false",
        };
        writeln!(dot, "  n{from}:r{from_row}:e -> n{to}:{port}:w [class=\"{}\"{style}];", class(*kind))?;
    }
    Ok(())
}

fn class(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Subject => "subject",
        LineKind::Arrow => "arrow",
    }
}

/// Text that stands for itself in HTML-like labels.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
