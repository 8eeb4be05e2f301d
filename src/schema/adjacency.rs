//! A graph as two arrays: for each place a run of items. As large as its items, whatever their spread.

/// For each of a number of places a slice of items.
#[derive(Debug)]
pub(super) struct Adjacency<T> {
    /// Where the items of each place start, and the end of the last.
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy> Adjacency<T> {
    /// Groups items by place, keeping their order within each.
    pub(super) fn new(places: usize, mut items: Vec<(u32, T)>) -> Self {
        items.sort_by_key(|(place, _)| *place);
        let mut starts = vec![0; places + 1];
        for (place, _) in &items {
            starts[*place as usize + 1] += 1;
        }
        for place in 0..places {
            starts[place + 1] += starts[place];
        }
        Self { starts, items: items.into_iter().map(|(_, item)| item).collect() }
    }

    /// The items of a place.
    pub(super) fn of(&self, place: u32) -> &[T] {
        let place = place as usize;
        &self.items[self.starts[place] as usize..self.starts[place + 1] as usize]
    }
}
