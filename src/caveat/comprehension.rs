//! The macros over the elements of a list or the keys of a map.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::evaluate::{Evaluator, Outcome, owned};
use super::expression::{Expression, Macro, MacroCall};
use super::logic::Fold;
use super::stop::Stop;
use super::value::Value;

/// `all`, `exists` and `exists_one`.
pub(super) fn test<'a>(evaluator: &mut Evaluator<'a, '_>, call: &'a MacroCall) -> Result<bool, Stop> {
    match call.name {
        Macro::All => decide(evaluator, call, false),
        Macro::Exists => decide(evaluator, call, true),
        _ => exists_one(evaluator, call),
    }
}

/// `all` is `&&` over the elements, `exists` is `||`.
fn decide<'a>(evaluator: &mut Evaluator<'a, '_>, call: &'a MacroCall, decisive: bool) -> Result<bool, Stop> {
    let mut fold = Fold::new(decisive);
    for_each(evaluator, call, |evaluator| {
        let is_decided = fold.add(holds(evaluator, call.predicate.as_ref()))?;
        Ok(if is_decided { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    fold.finish()
}

/// Counts in strictly: the last predicate without a value takes the place of what was counted before.
fn exists_one<'a>(evaluator: &mut Evaluator<'a, '_>, call: &'a MacroCall) -> Result<bool, Stop> {
    let mut count = Ok(0_usize);
    for_each(evaluator, call, |evaluator| {
        match holds(evaluator, call.predicate.as_ref()) {
            Ok(holds) => count.iter_mut().for_each(|count| *count += usize::from(holds)),
            Err(stop @ Stop::Exhausted(_)) => return Err(stop),
            Err(stop) => count = Err(stop),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(count? == 1)
}

/// `map` and `filter`: the first result without a value counts, but the last predicate without one before it.
pub(super) fn collect<'a>(evaluator: &mut Evaluator<'a, '_>, call: &'a MacroCall) -> Outcome<'a> {
    let mut results = Vec::new();
    let mut stopped = None;
    for_each(evaluator, call, |evaluator| {
        match holds(evaluator, call.predicate.as_ref()) {
            Ok(true) if stopped.is_none() => match result(evaluator, call) {
                Ok(result) => results.push(result.into_owned()),
                Err(stop @ Stop::Exhausted(_)) => return Err(stop),
                Err(stop) => stopped = Some(stop),
            },
            Ok(_) => {}
            Err(stop @ Stop::Exhausted(_)) => return Err(stop),
            Err(stop) => stopped = Some(stop),
        }
        // Without predicates, nothing behind it can take its place.
        let is_over = stopped.is_some() && call.predicate.is_none();
        Ok(if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    stopped.map_or_else(|| owned(Value::list(results)), Err)
}

/// What an element is mapped to; itself for `filter`.
fn result<'a>(evaluator: &mut Evaluator<'a, '_>, call: &'a MacroCall) -> Outcome<'a> {
    match &call.result {
        Some(result) => evaluator.value(result),
        None => evaluator.variable(call.variable),
    }
}

/// Goes over the elements of a list or the keys of a map, each in turn the innermost variable.
fn for_each<'a, 'b, F>(
    evaluator: &mut Evaluator<'a, 'b>,
    call: &'a MacroCall,
    mut body: F,
) -> Result<(), Stop>
where
    F: FnMut(&mut Evaluator<'a, 'b>) -> Result<ControlFlow<()>, Stop>,
{
    let range = evaluator.value(&call.range)?;
    debug_assert_eq!(
        evaluator.variables.len(),
        usize::from(call.variable),
        "one variable for each macro around"
    );
    let mut step = |element| {
        evaluator.variables.push(element);
        let flow = body(evaluator);
        evaluator.variables.pop();
        flow
    };
    match &range {
        Cow::Borrowed(Value::List(elements)) => all(elements.iter().map(Cow::Borrowed), &mut step),
        Cow::Owned(Value::List(elements)) => {
            all(elements.iter().map(|element| Cow::Owned(element.clone())), &mut step)
        }
        Cow::Borrowed(Value::Map(entries)) | Cow::Owned(Value::Map(entries)) => {
            all(entries.iter().map(|(key, _)| Cow::Owned(key.value())), &mut step)
        }
        other => Err(Stop::failed(format!("got '{}', expected iterable type", other.type_name()))),
    }
}

/// Takes the steps of a range until one of them ends it.
fn all<'a>(
    range: impl Iterator<Item = Cow<'a, Value>>,
    step: &mut impl FnMut(Cow<'a, Value>) -> Result<ControlFlow<()>, Stop>,
) -> Result<(), Stop> {
    for element in range {
        if step(element)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Whether a predicate holds; one that is not there always does.
fn holds<'a>(evaluator: &mut Evaluator<'a, '_>, predicate: Option<&'a Expression>) -> Result<bool, Stop> {
    predicate.map_or(Ok(true), |predicate| evaluator.truth(predicate))
}
