//! The macros over the elements of a list or the keys of a map.

use std::borrow::Cow;
use std::sync::Arc;

use super::evaluate::{Evaluator, Outcome, owned};
use super::expression::{Expression, Macro, MacroCall};
use super::logic::Fold;
use super::stop::Stop;
use super::value::Value;

/// Runs a macro.
pub(super) fn run<'a>(evaluator: &mut Evaluator<'a, '_>, call: &'a MacroCall) -> Outcome<'a> {
    let range = evaluator.value(&call.range)?;
    debug_assert_eq!(
        evaluator.variables.len(),
        usize::from(call.variable),
        "one variable for each macro around"
    );
    match range {
        Cow::Borrowed(Value::List(elements)) => {
            over(evaluator, call, &mut elements.iter().map(Cow::Borrowed))
        }
        Cow::Owned(Value::List(elements)) => {
            over(evaluator, call, &mut elements.iter().map(|element| Cow::Owned(element.clone())))
        }
        Cow::Borrowed(Value::Map(entries)) => {
            over(evaluator, call, &mut entries.iter().map(|(key, _)| Cow::Owned(key.value())))
        }
        Cow::Owned(Value::Map(ref entries)) => {
            let entries = Arc::clone(entries);
            over(evaluator, call, &mut entries.iter().map(|(key, _)| Cow::Owned(key.value())))
        }
        other => Err(Stop::failed(format!("got '{}', expected iterable type", other.type_name()))),
    }
}

/// The elements or keys that a macro goes over.
type Range<'r, 'a> = &'r mut dyn Iterator<Item = Cow<'a, Value>>;

fn over<'a>(evaluator: &mut Evaluator<'a, '_>, call: &'a MacroCall, range: Range<'_, 'a>) -> Outcome<'a> {
    match call.name {
        Macro::All => decide(evaluator, call, range, false),
        Macro::Exists => decide(evaluator, call, range, true),
        Macro::ExistsOne => exists_one(evaluator, call, range),
        Macro::Map | Macro::Filter => collect(evaluator, call, range),
    }
}

/// `all` is `&&` over the elements, `exists` is `||`.
fn decide<'a>(
    evaluator: &mut Evaluator<'a, '_>,
    call: &'a MacroCall,
    range: Range<'_, 'a>,
    decisive: bool,
) -> Outcome<'a> {
    let mut fold = Fold::new(decisive);
    for element in range {
        if fold.add(with(evaluator, element, |evaluator| holds(evaluator, call.predicate.as_ref())))? {
            break;
        }
    }
    owned(fold.finish()?)
}

/// Counts in strictly: the last predicate without a value takes the place of what was counted before.
fn exists_one<'a>(
    evaluator: &mut Evaluator<'a, '_>,
    call: &'a MacroCall,
    range: Range<'_, 'a>,
) -> Outcome<'a> {
    let mut count = Ok(0_usize);
    for element in range {
        match with(evaluator, element, |evaluator| holds(evaluator, call.predicate.as_ref())) {
            Ok(holds) => count = count.map(|count| count + usize::from(holds)),
            Err(stop @ Stop::Exhausted(_)) => return Err(stop),
            Err(stop) => count = Err(stop),
        }
    }
    owned(count? == 1)
}

/// `map` and `filter`: the first result without a value counts, but the last predicate without one before it.
fn collect<'a>(evaluator: &mut Evaluator<'a, '_>, call: &'a MacroCall, range: Range<'_, 'a>) -> Outcome<'a> {
    let mut results = Ok(Vec::new());
    for element in range {
        let result = with(evaluator, element, |evaluator| {
            let is_stopped = results.is_err();
            let is_in = holds(evaluator, call.predicate.as_ref()).map_err(|stop| (stop, true))?;
            if !is_in || is_stopped {
                return Ok(None);
            }
            let result = match &call.result {
                Some(result) => evaluator.value(result),
                None => Ok(evaluator.variables[usize::from(call.variable)].clone()),
            };
            result.map(Some).map_err(|stop| (stop, false))
        });
        match (result, &mut results) {
            (Err((stop @ Stop::Exhausted(_), _)), _) => return Err(stop),
            (Err((stop, _)), results) => *results = Err(stop),
            (Ok(Some(result)), Ok(results)) => results.push(result.into_owned()),
            (Ok(_), _) => {}
        }
        if results.is_err() && call.predicate.is_none() {
            break;
        }
    }
    owned(Value::list(results?))
}

/// Evaluates with an element as the innermost variable.
fn with<'a, 'b, T>(
    evaluator: &mut Evaluator<'a, 'b>,
    element: Cow<'a, Value>,
    evaluate: impl FnOnce(&mut Evaluator<'a, 'b>) -> T,
) -> T {
    evaluator.variables.push(element);
    let result = evaluate(evaluator);
    evaluator.variables.pop();
    result
}

/// Whether a predicate holds; one that is not there always does.
fn holds<'a>(evaluator: &mut Evaluator<'a, '_>, predicate: Option<&'a Expression>) -> Result<bool, Stop> {
    predicate.map_or(Ok(true), |predicate| evaluator.truth(predicate))
}
