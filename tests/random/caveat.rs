//! Random caveats and contexts.

use crate::naive::{Caveat, Context, Given, Logic};

use super::number::Random;
use super::schema::PARAMETERS;

/// A caveat over some of the parameters.
pub(super) fn caveat(random: &mut Random, name: &str) -> Caveat {
    // What needs an operand even where it makes no difference is rarer than what does not.
    let is_strict = random.is(35);
    Caveat { name: name.to_owned(), logic: logic(random, 2, is_strict) }
}

fn logic(random: &mut Random, depth: usize, is_strict: bool) -> Logic {
    if depth == 0 || random.is(25) {
        return Logic::Parameter((*random.pick(&PARAMETERS)).to_owned());
    }
    let mut part = || logic(random, depth - 1, is_strict);
    let [one, other, third] = [part(), part(), part()];
    match random.below(if is_strict { 7 } else { 5 }) {
        0 => Logic::Not(Box::new(one)),
        1 => Logic::All(vec![one, other]),
        2 => Logic::Any(vec![one, other]),
        3 => Logic::All(vec![one, other, third]),
        4 => Logic::Any(vec![one, other, third]),
        5 => Logic::Same(Box::new([one, other])),
        _ => Logic::Choice(Box::new([one, other, third])),
    }
}

/// The caveat's declaration.
pub(super) fn caveat_text(caveat: &Caveat) -> String {
    let parameters: Vec<_> = caveat.parameters().iter().map(|name| format!("{name} bool")).collect();
    let (name, parameters) = (&caveat.name, parameters.join(", "));
    format!("caveat {name}({parameters}) {{\n\t{}\n}}", logic_text(&caveat.logic))
}

fn logic_text(logic: &Logic) -> String {
    let join = |parts: &[Logic], operator: &str| {
        let parts: Vec<_> = parts.iter().map(logic_text).collect();
        format!("({})", parts.join(operator))
    };
    match logic {
        Logic::Parameter(name) => name.clone(),
        Logic::Not(part) => format!("!{}", logic_text(part)),
        Logic::All(parts) => join(parts, " && "),
        Logic::Any(parts) => join(parts, " || "),
        Logic::Same(parts) => join(&parts[..], " == "),
        Logic::Choice(parts) => {
            let [one, other, third] = parts.each_ref().map(logic_text);
            format!("({one} ? {other} : {third})")
        }
    }
}

/// A request's context: nothing, something or everything, rarely of a wrong type.
pub(crate) fn context(random: &mut Random) -> Context {
    let percent = *random.pick(&[0, 0, 30, 60, 100]);
    let mut context = Context::new();
    for name in PARAMETERS {
        if random.is(percent) {
            let is_wrong = random.is(3);
            let value = Given::Value(random.is(50));
            context.insert(name.to_owned(), if is_wrong { Given::WrongType } else { value });
        }
    }
    context
}

/// The context as a JSON object.
pub(crate) fn context_text(context: &Context) -> String {
    let value = |given: &Given| match given {
        Given::Value(value) => value.to_string(),
        Given::WrongType => "\"yes\"".to_owned(),
    };
    let fields: Vec<_> = context.iter().map(|(name, given)| format!("\"{name}\":{}", value(given))).collect();
    format!("{{{}}}", fields.join(","))
}
