//! Where boxes stand: in columns, so that lines lead to the right where they can, and pass between boxes.
//!
//! The usual four steps for layered drawings (Sugiyama): leave out lines that would close a circle, put each box as far to
//! the right as the longest way to it, reserve lanes for lines that pass by, and sort columns by the middle of what their
//! items are connected to.

use std::collections::{BTreeSet, HashMap};

use super::content::Content;

pub(super) const TITLE_HEIGHT: usize = 26;
pub(super) const ROW_HEIGHT: usize = 19;
pub(super) const MARGIN: usize = 24;
/// Height above the boxes, for the picture's own heading.
pub(super) const HEADING: usize = 44;
const CHARACTER_WIDTH: usize = 8;
const PADDING: usize = 24;
const BOX_WIDTH_MIN: usize = 110;
const BOX_GAP: usize = 26;
const COLUMN_GAP: usize = 96;
const LANE_HEIGHT: usize = 8;
const LANE_GAP: usize = 8;
/// Times that all columns are sorted.
const SWEEPS: usize = 6;
/// Lanes of a picture, at most: in a larger one, lines pass behind boxes.
const LANES_MAX: usize = 20_000;

/// Where everything stands, in pixels from the top left.
pub(super) struct Layout {
    pub(super) boxes: Vec<Place>,
    /// By box that a line leads to, and column that it passes: the height at which it does.
    lanes: HashMap<(usize, usize), usize>,
    /// Where columns begin and how wide they are.
    columns: Vec<(usize, usize)>,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Where a box stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) column: usize,
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Item {
    Box(usize),
    /// The lane of all lines to this box.
    Lane(usize),
}

impl Layout {
    pub(super) fn of(content: &Content) -> Self {
        let count = content.boxes.len();
        let pairs: BTreeSet<(usize, usize)> = content
            .lines
            .iter()
            .filter(|line| line.from != line.to)
            .map(|line| (line.from, line.to))
            .collect();
        let pairs: Vec<_> = pairs.into_iter().collect();
        let column_by_box = columns_of(count, &pairs);
        let mut items = items_of(&column_by_box, &pairs);
        let mut links = links_of(&column_by_box, &pairs, &items);
        sort(&mut items, &mut links);
        place(content, &items)
    }

    /// Where a column ends.
    pub(super) fn column_end(&self, column: usize) -> usize {
        self.columns.get(column).map_or(0, |(x, width)| x + width)
    }

    /// Where the lane of all lines to a box passes a column: from where to where, and at which height.
    pub(super) fn lane(&self, to: usize, column: usize) -> Option<(usize, usize, usize)> {
        let (x, width) = self.columns.get(column)?;
        self.lanes.get(&(to, column)).map(|y| (*x, x + width, *y))
    }
}

/// The column of each box: after every one that leads to it, circles aside.
fn columns_of(count: usize, pairs: &[(usize, usize)]) -> Vec<usize> {
    let starts = starts_of(count, pairs);
    let next = |from: usize| pairs[starts[from]..starts[from + 1]].iter().map(|(_, to)| *to);
    // 0: not met, 1: open, 2: done.
    let mut state = vec![0_u8; count];
    let mut order = Vec::with_capacity(count);
    let mut forward = vec![Vec::new(); count];
    for root in 0..count {
        if state[root] != 0 {
            continue;
        }
        state[root] = 1;
        let mut open = vec![(root, next(root))];
        while let Some((from, rest)) = open.last_mut() {
            let from = *from;
            let Some(to) = rest.next() else {
                state[from] = 2;
                order.push(from);
                open.pop();
                continue;
            };
            if state[to] != 1 {
                forward[from].push(to);
            }
            if state[to] == 0 {
                state[to] = 1;
                open.push((to, next(to)));
            }
        }
    }
    let mut column = vec![0; count];
    for from in order.into_iter().rev() {
        for to in &forward[from] {
            column[*to] = column[*to].max(column[from] + 1);
        }
    }
    column
}

/// For each box where its pairs begin, which are in order.
fn starts_of(count: usize, pairs: &[(usize, usize)]) -> Vec<usize> {
    let mut starts = vec![0; count + 1];
    for (from, _) in pairs {
        starts[from + 1] += 1;
    }
    for index in 0..count {
        starts[index + 1] += starts[index];
    }
    starts
}

/// The boxes and lanes of each column.
fn items_of(column_by_box: &[usize], pairs: &[(usize, usize)]) -> Vec<Vec<Item>> {
    let columns = column_by_box.iter().max().map_or(0, |last| last + 1);
    let mut items = vec![Vec::new(); columns];
    for (index, column) in column_by_box.iter().enumerate() {
        items[*column].push(Item::Box(index));
    }
    // For each box, lanes begin at the first column from which a line leads to it.
    let mut first = HashMap::new();
    for (from, to) in pairs {
        let column = column_by_box[*from];
        first.entry(*to).and_modify(|first: &mut usize| *first = (*first).min(column)).or_insert(column);
    }
    let mut targets: Vec<_> = first.into_iter().collect();
    targets.sort_unstable();
    let mut lanes = 0;
    for (to, first) in targets {
        for column in first + 1..column_by_box[to].max(first + 1) {
            lanes += 1;
            if lanes > LANES_MAX {
                return items;
            }
            items[column].push(Item::Lane(to));
        }
    }
    items
}

/// For each column but the first, which items of the one before are connected to which of it, as places.
type Links = Vec<Vec<(usize, usize)>>;

fn links_of(column_by_box: &[usize], pairs: &[(usize, usize)], items: &[Vec<Item>]) -> Links {
    let places: Vec<HashMap<Item, usize>> =
        items.iter().map(|column| column.iter().copied().zip(0..).collect()).collect();
    let mut links: Vec<BTreeSet<(usize, usize)>> = vec![BTreeSet::new(); items.len()];
    let mut link = |column: usize, before: Item, after: Item| {
        if let (Some(before), Some(after)) = (places[column - 1].get(&before), places[column].get(&after)) {
            links[column].insert((*before, *after));
        }
    };
    let item_in =
        |to: usize, column: usize| if column_by_box[to] == column { Item::Box(to) } else { Item::Lane(to) };
    for (from, to) in pairs {
        let column = column_by_box[*from] + 1;
        if column <= column_by_box[*to] {
            link(column, Item::Box(*from), item_in(*to, column));
        }
    }
    for (column, items) in items.iter().enumerate() {
        for item in items {
            if let Item::Lane(to) = item {
                link(column + 1, *item, item_in(*to, column + 1));
            }
        }
    }
    links.into_iter().map(|links| links.into_iter().collect()).collect()
}

/// Sorts each column by the middle of what its items are connected to, to the left and to the right in turn.
fn sort(items: &mut [Vec<Item>], links: &mut Links) {
    for sweep in 0..SWEEPS {
        for step in 1..items.len() {
            let (column, is_left) =
                if sweep % 2 == 0 { (step, true) } else { (items.len() - 1 - step, false) };
            let mut sums = vec![(0_usize, 0_usize); items[column].len()];
            let used = if is_left { &links[column] } else { &links[column + 1] };
            for (before, after) in used {
                let (own, other) = if is_left { (*after, *before) } else { (*before, *after) };
                sums[own].0 += other;
                sums[own].1 += 1;
            }
            let neighbours = if is_left { items[column - 1].len() } else { items[column + 1].len() };
            let own_count = items[column].len().max(1);
            // In thousandths; what is connected to nothing keeps its place.
            let middle = |place: usize| match sums[place] {
                (_, 0) => place * 1_000 * neighbours / own_count,
                (sum, count) => sum * 1_000 / count,
            };
            let mut order: Vec<usize> = (0..items[column].len()).collect();
            order.sort_by_key(|place| (middle(*place), *place));
            let mut new_place = vec![0; order.len()];
            for (new, old) in order.iter().enumerate() {
                new_place[*old] = new;
            }
            items[column] = order.iter().map(|place| items[column][*place]).collect();
            links[column].iter_mut().for_each(|(_, after)| *after = new_place[*after]);
            if let Some(links) = links.get_mut(column + 1) {
                for (before, _) in links {
                    *before = new_place[*before];
                }
            }
        }
    }
}

fn place(content: &Content, items: &[Vec<Item>]) -> Layout {
    let size = |index: usize| {
        let type_box = &content.boxes[index];
        let texts = type_box.rows.iter().map(|row| &row.text).chain([&type_box.name]);
        let characters = texts.map(|text| text.chars().count()).max().unwrap_or_default();
        let rows = type_box.rows.len() * ROW_HEIGHT + if type_box.rows.is_empty() { 0 } else { 8 };
        ((characters * CHARACTER_WIDTH + PADDING).max(BOX_WIDTH_MIN), TITLE_HEIGHT + rows)
    };
    let heights: Vec<usize> = items
        .iter()
        .map(|column| {
            let height = |item: &Item| match item {
                Item::Box(index) => size(*index).1 + BOX_GAP,
                Item::Lane(_) => LANE_HEIGHT + LANE_GAP,
            };
            column.iter().map(height).sum()
        })
        .collect();
    let tallest = heights.iter().copied().max().unwrap_or_default();
    let mut boxes = vec![Place::default(); content.boxes.len()];
    let (mut lanes, mut columns) = (HashMap::new(), Vec::new());
    let mut x = MARGIN;
    for (column, column_items) in items.iter().enumerate() {
        let mut y = HEADING + (tallest - heights[column]) / 2;
        let mut widest = 0;
        for item in column_items {
            match item {
                Item::Box(index) => {
                    let (width, height) = size(*index);
                    boxes[*index] = Place { column, x, y, width, height };
                    widest = widest.max(width);
                    y += height + BOX_GAP;
                }
                Item::Lane(to) => {
                    lanes.insert((*to, column), y + LANE_HEIGHT / 2);
                    y += LANE_HEIGHT + LANE_GAP;
                }
            }
        }
        columns.push((x, widest));
        x += widest + COLUMN_GAP;
    }
    // The last column's lines may turn on its right.
    let width = (x + MARGIN).max(480);
    Layout { boxes, lanes, columns, width, height: HEADING + tallest + MARGIN }
}
