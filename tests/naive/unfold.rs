//! What an answer hangs on, counted: a question written out as a tree.

use super::formula::{Case, Formula, Formulas};
use super::model::Question;

/// Parts of a tree that are looked at, at the most.
const PARTS_MAX: usize = 5000;

/// The parameters that an undecided answer hangs on, each as often as it counts; those of what is decided by its other
/// parts do not. Nothing if the question comes back to itself, or its tree is large.
pub(crate) fn open_parameters(case: &Case<'_>, question: &Question) -> Option<Vec<String>> {
    let formulas = Formulas::of(case);
    let place = formulas.places[question];
    let mut tree = Tree { formulas: &formulas.formulas, path: Vec::new(), parts: 0 };
    tree.question(place).map(|part| part.open)
}

struct Tree<'a> {
    formulas: &'a [Formula],
    path: Vec<usize>,
    parts: usize,
}

/// Whether it holds, or what that hangs on.
struct Part {
    decided: Option<bool>,
    open: Vec<String>,
}

impl Tree<'_> {
    fn question(&mut self, place: usize) -> Option<Part> {
        if self.path.contains(&place) {
            return None;
        }
        self.path.push(place);
        let part = self.part(&self.formulas[place]);
        self.path.pop();
        part
    }

    fn part(&mut self, formula: &Formula) -> Option<Part> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return None;
        }
        match formula {
            Formula::Constant(value, open) => {
                let decided = if value.rank() == 1 { None } else { Some(value.rank() == 2) };
                Some(Part { decided, open: open.clone() })
            }
            Formula::Question(place) => self.question(*place),
            Formula::Not(place) => {
                let part = self.question(*place)?;
                Some(Part { decided: part.decided.map(|value| !value), ..part })
            }
            Formula::Any(parts) => self.join(parts, true),
            Formula::All(parts) => self.join(parts, false),
        }
    }

    fn join(&mut self, parts: &[Formula], decisive: bool) -> Option<Part> {
        let parts: Vec<_> = parts.iter().map(|part| self.part(part)).collect::<Option<_>>()?;
        if parts.iter().any(|part| part.decided == Some(decisive)) {
            return Some(Part { decided: Some(decisive), open: Vec::new() });
        }
        let decided = parts.iter().all(|part| part.decided.is_some()).then_some(!decisive);
        Some(Part { decided, open: parts.into_iter().flat_map(|part| part.open).collect() })
    }
}
