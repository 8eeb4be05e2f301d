//! The tree of an answer that this process found.

use crate::engine::{Trace, TraceAnswer, TraceCondition};

use super::{Explained, Outcome};

/// The tree of a trace. As deep as the trace, which is bounded.
pub(in crate::cli) fn explained(trace: &Trace) -> Explained {
    let (answer, missing) = match &trace.answer {
        TraceAnswer::Member => (Outcome::Yes, String::new()),
        TraceAnswer::NotMember => (Outcome::No, String::new()),
        TraceAnswer::Conditional(missing) => {
            (Outcome::Conditional, format!("without {}", missing.join(", ")))
        }
        TraceAnswer::Unanswered => (Outcome::Unanswered, "there is no answer".to_owned()),
    };
    let condition = trace.condition.as_ref().map(condition).unwrap_or_default();
    let reasons = [condition, missing].into_iter().filter(|reason| !reason.is_empty());
    Explained {
        question: format!("{}#{}", trace.resource, trace.relation),
        answer,
        reason: reasons.collect::<Vec<_>>().join(", "),
        is_cut: trace.is_cut,
        parts: trace.parts.iter().map(explained).collect(),
    }
}

/// `in_tier: tier in tiers`.
fn condition(condition: &TraceCondition) -> String {
    let TraceCondition { expression, caveat, .. } = condition;
    match caveat {
        Some(caveat) if expression.is_empty() => format!("under {caveat}"),
        Some(caveat) => format!("under {caveat}: {expression}"),
        None if expression.is_empty() => String::new(),
        None => format!("under {expression}"),
    }
}
