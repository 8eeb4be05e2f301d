//! Which types fit each other, and what that says about types that are not known yet.

use super::types::Type;

/// Steps that inference may take for one expression. Types can double with every macro (`{x: x}`), so that their size
/// is no bound.
const STEPS_MAX: u32 = 1_000_000;

/// What is known of the variables so far.
#[derive(Default)]
pub(super) struct Inference {
    /// What each variable stands for.
    bound: Vec<Option<Type>>,
    /// Variables and what they stood for before, to take changes back.
    trail: Vec<(u32, Option<Type>)>,
    steps: u32,
}

impl Inference {
    /// A variable that nothing is known of.
    pub(super) fn variable(&mut self) -> Type {
        let number = u32::try_from(self.bound.len()).unwrap_or(u32::MAX);
        self.bound.push(None);
        Type::Variable(number)
    }

    /// Whether the bound on steps was hit. What is inferred then is not to be trusted.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps > STEPS_MAX
    }

    /// Whether every one of some types fits its place. What they say about variables is kept only if all do.
    pub(super) fn fit_all<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a Type, &'a Type)>) -> bool {
        self.trail.clear();
        let fits = pairs.into_iter().all(|(found, expected)| self.fits(found, expected));
        if !fits {
            while let Some((number, before)) = self.trail.pop() {
                if let Some(bound) = self.bound.get_mut(number as usize) {
                    *bound = before;
                }
            }
        }
        fits
    }

    /// Whether a type fits a place of some type.
    pub(super) fn fit(&mut self, found: &Type, expected: &Type) -> bool {
        self.fit_all([(found, expected)])
    }

    fn take_step(&mut self) -> bool {
        self.steps = self.steps.saturating_add(1);
        !self.is_exhausted()
    }

    fn find(&self, number: u32) -> Option<Type> {
        self.bound.get(number as usize)?.clone()
    }

    fn bind(&mut self, number: u32, to: Type) {
        if let Some(bound) = self.bound.get_mut(number as usize) {
            self.trail.push((number, bound.replace(to)));
        }
    }

    fn fits(&mut self, found: &Type, expected: &Type) -> bool {
        if !self.take_step() {
            return false;
        }
        if let Type::Variable(number) = expected {
            let was_bound = self.find(*number).is_some();
            if self.substitutes(found, *number) {
                return true;
            }
            if was_bound {
                return false;
            }
        }
        if let Type::Variable(number) = found {
            return self.substitutes(expected, *number);
        }
        if found.is_wildcard() || expected.is_wildcard() {
            return true;
        }
        match (found, expected) {
            (Type::Null, other) | (other, Type::Null) => other.is_nullable(),
            (Type::List(found), Type::List(expected)) | (Type::Optional(found), Type::Optional(expected)) => {
                self.fits(found, expected)
            }
            (Type::Map(found), Type::Map(expected)) => {
                self.fits(&found[0], &expected[0]) && self.fits(&found[1], &expected[1])
            }
            (Type::Metatype(_), Type::Metatype(_)) => true,
            _ => found == expected,
        }
    }

    /// Whether a variable can stand for a type, or for something more general.
    fn substitutes(&mut self, kind: &Type, number: u32) -> bool {
        let Some(bound) = self.find(number) else {
            let is_free = !self.contains(kind, number);
            if is_free {
                self.bind(number, kind.clone());
            }
            return is_free;
        };
        if *kind == bound {
            return true;
        }
        if !self.fits(kind, &bound) {
            return false;
        }
        let general = self.more_general(kind, &bound);
        // A variable that stood for itself would never end.
        if !self.contains(&general, number) {
            self.bind(number, general);
        }
        true
    }

    /// Of two types that fit each other, the one that says less; the second if neither does.
    pub(super) fn more_general(&mut self, first: &Type, second: &Type) -> Type {
        if self.is_general(first, second) { first.clone() } else { second.clone() }
    }

    fn is_general(&mut self, first: &Type, second: &Type) -> bool {
        if !self.take_step() {
            return false;
        }
        match (first, second) {
            (Type::Dynamic | Type::Variable(_), _) | (Type::Metatype(_), Type::Metatype(_)) => true,
            (_, Type::Dynamic | Type::Variable(_)) => false,
            (Type::List(first), Type::List(second)) | (Type::Optional(first), Type::Optional(second)) => {
                self.is_general(first, second)
            }
            (Type::Map(first), Type::Map(second)) => {
                self.is_general(&first[0], &second[0]) && self.is_general(&first[1], &second[1])
            }
            _ => first == second,
        }
    }

    /// Whether a variable occurs in a type.
    fn contains(&mut self, kind: &Type, number: u32) -> bool {
        if !self.take_step() {
            return true;
        }
        match kind {
            Type::Variable(other) if *other == number => true,
            Type::Variable(other) => self.find(*other).is_some_and(|bound| self.contains(&bound, number)),
            Type::List(inner) | Type::Optional(inner) => self.contains(inner, number),
            Type::Map(entry) => self.contains(&entry[0], number) || self.contains(&entry[1], number),
            _ => false,
        }
    }

    /// A type with everything put in that is known.
    pub(super) fn resolve(&mut self, kind: &Type) -> Type {
        if !self.take_step() {
            return Type::Dynamic;
        }
        match kind {
            Type::Variable(number) => match self.find(*number) {
                Some(bound) => self.resolve(&bound),
                None => kind.clone(),
            },
            Type::List(element) => Type::list(self.resolve(element)),
            Type::Optional(value) => Type::optional(self.resolve(value)),
            Type::Map(entry) => Type::map(self.resolve(&entry[0]), self.resolve(&entry[1])),
            Type::Metatype(inner) => Type::Metatype(self.resolve(inner).into()),
            other => other.clone(),
        }
    }
}
