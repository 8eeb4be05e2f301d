//! The lines of a drawing. What many have in common, the way past other columns, is drawn once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use crate::schema::picture::content::{Content, Line, LineKind};
use crate::schema::picture::layout::{Layout, Place, ROW_HEIGHT, TITLE_HEIGHT};

/// How far a line goes out before it turns back.
const TURN: usize = 42;
/// How far a loop's ends are from the middle of its row.
const LOOP: usize = 4;

pub(super) fn draw(content: &Content, layout: &Layout, svg: &mut String) -> fmt::Result {
    let mut drawing = Drawing { layout, svg, first_column: BTreeMap::new(), ends: BTreeSet::new() };
    content.lines.iter().try_for_each(|line| drawing.line(line))?;
    drawing.shared()
}

struct Drawing<'d> {
    layout: &'d Layout,
    svg: &'d mut String,
    /// By box and kind, the first column whose lane is used.
    first_column: BTreeMap<(usize, LineKind), usize>,
    /// Where lanes end: boxes, and their rows.
    ends: BTreeSet<(usize, Option<usize>, LineKind)>,
}

impl Drawing<'_> {
    fn line(&mut self, line: &Line) -> fmt::Result {
        let (from, to) = (&self.layout.boxes[line.from], &self.layout.boxes[line.to]);
        let (start_x, mut start_y) = (from.x + from.width, row_middle(from, Some(line.from_row)));
        let mut end_y = row_middle(to, line.to_row);
        if from.column >= to.column {
            if line.from == line.to && start_y == end_y {
                // A row that leads to itself has a loop that can be seen.
                (start_y, end_y) = (start_y - LOOP, end_y + LOOP);
            }
            // Back, or within a column: out on the right, and in on the right.
            let end_x = to.x + to.width;
            let (out, back) = (start_x + TURN, end_x + TURN);
            let path = format!("M{start_x} {start_y}C{out} {start_y} {back} {end_y} {end_x} {end_y}");
            return self.path(line.kind, true, &path);
        }
        // Past the column first: wider boxes of it may stand in the way.
        let column_end = self.layout.column_end(from.column).max(start_x);
        let mut path = format!("M{start_x} {start_y}H{column_end}");
        let next = from.column + 1;
        let last_lane = self.layout.lane(line.to, to.column - 1);
        if let (true, Some((x, end, y)), Some(_)) =
            (next < to.column, self.layout.lane(line.to, next), last_lane)
        {
            curve(&mut path, (column_end, start_y), (x, y));
            write!(path, "H{end}")?;
            let first = self.first_column.entry((line.to, line.kind)).or_insert(next);
            *first = next.min(*first);
            self.ends.insert((line.to, line.to_row, line.kind));
            return self.path(line.kind, false, &path);
        }
        curve(&mut path, (column_end, start_y), (to.x, end_y));
        self.path(line.kind, true, &path)
    }

    /// Lanes from the first column in which they are used to the last, and from there to where they lead.
    fn shared(&mut self) -> fmt::Result {
        for ((to, kind), first) in std::mem::take(&mut self.first_column) {
            let lanes =
                (first..self.layout.boxes[to].column).filter_map(|column| self.layout.lane(to, column));
            let (mut path, mut end) = (String::new(), None);
            for (x, lane_end, y) in lanes {
                match end {
                    None => write!(path, "M{lane_end} {y}")?,
                    Some(end) => {
                        curve(&mut path, end, (x, y));
                        write!(path, "H{lane_end}")?;
                    }
                }
                end = Some((lane_end, y));
            }
            self.path(kind, false, &path)?;
        }
        for (to, row, kind) in std::mem::take(&mut self.ends) {
            let place = &self.layout.boxes[to];
            if let Some((_, end, y)) = self.layout.lane(to, place.column - 1) {
                let mut path = format!("M{end} {y}");
                curve(&mut path, (end, y), (place.x, row_middle(place, row)));
                self.path(kind, true, &path)?;
            }
        }
        Ok(())
    }

    fn path(&mut self, kind: LineKind, has_tip: bool, path: &str) -> fmt::Result {
        let (class, tip) = match kind {
            LineKind::Subject => ("line", "tip"),
            LineKind::Arrow => ("line arrow", "tip-arrow"),
        };
        let marker = if has_tip { format!(" marker-end=\"url(#{tip})\"") } else { String::new() };
        writeln!(self.svg, "<path class=\"{class}\"{marker} d=\"{path}\"/>")
    }
}

/// From one point to another, level at both ends.
fn curve(path: &mut String, (from_x, from_y): (usize, usize), (to_x, to_y): (usize, usize)) {
    let middle = usize::midpoint(from_x, to_x);
    // Writing to a string does not fail.
    let _ = write!(path, "C{middle} {from_y} {middle} {to_y} {to_x} {to_y}");
}

/// The middle of a row, or of the title.
fn row_middle(place: &Place, row: Option<usize>) -> usize {
    place.y + row.map_or(TITLE_HEIGHT / 2, |row| TITLE_HEIGHT + row * ROW_HEIGHT + ROW_HEIGHT / 2 + 4)
}
