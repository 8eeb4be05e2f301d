//! A server's trace as a tree of questions that decided an answer.

use std::collections::HashMap;

use crate::cli::client;
use crate::cli::explanation::{Explained, Outcome};
use crate::schema::Reflection;
use crate::server::wire::v1;
use crate::server::wire::v1::caveat_eval_info::Result as Evaluated;
use crate::server::wire::v1::check_debug_trace::{PermissionType, Permissionship, Resolution};

/// Permissions and what they are computed from, by the names of definition and permission.
type Expressions = HashMap<(String, String), String>;

/// The tree of a trace.
pub(super) fn explained(information: v1::DebugInformation) -> Explained {
    let teller = Teller { expressions: expressions(&information.schema_used), asker: asker(&information) };
    match information.check {
        Some(check) => teller.tell(&check),
        None => Explained::new("the server does not say why", Outcome::Unanswered),
    }
}

fn asker(information: &v1::DebugInformation) -> String {
    let subject = information.check.as_ref().and_then(|check| check.subject.as_ref());
    client::subject_text(subject)
}

/// What permissions are computed from; nothing if the schema is not told, or of a newer language.
fn expressions(schema: &str) -> Expressions {
    let definitions = Reflection::read(schema).map(|schema| schema.definitions).unwrap_or_default();
    let permissions = definitions.into_iter().flat_map(|definition| definition.permissions);
    let entry = |permission: crate::schema::ReflectedPermission| {
        ((permission.definition.to_string(), permission.name.to_string()), permission.expression)
    };
    permissions.map(entry).collect()
}

struct Teller {
    expressions: Expressions,
    /// Who the whole question is about; questions about others say so.
    asker: String,
}

impl Teller {
    /// Recursion is bounded by the decoder, which takes messages nested 100 deep.
    fn tell(&self, trace: &v1::CheckDebugTrace) -> Explained {
        let answer = outcome(trace);
        let expression = self.expression(trace);
        let parts = match &trace.resolution {
            Some(Resolution::SubProblems(problems)) => problems.traces.as_slice(),
            _ => &[],
        };
        // Where something is taken away, a yes below can be what makes a no.
        let is_alike = expression.is_none_or(|expression| !expression.contains(" - "));
        let parts = parts.iter().map(|part| {
            let mut told = self.tell(part);
            if is_alike && answer != Outcome::Unanswered && told.answer != answer {
                add(&mut told.reason, "did not decide");
            }
            told
        });
        let parts: Vec<_> = parts.collect();
        let is_cached = trace.resolution == Some(Resolution::WasCachedResult(true));
        // arrowroot marks so what stands elsewhere in the trace, or would make it too large.
        let is_cut = is_cached && trace.source.split(':').next() == Some("arrowroot");
        let mut reason = String::new();
        if let Some(expression) = expression {
            add(&mut reason, &format!("= {expression}"));
        }
        if let Some(info) = &trace.caveat_evaluation_info {
            add(&mut reason, &condition(info));
        }
        if is_cached && !is_cut {
            add(&mut reason, "cached");
        }
        Explained { question: self.question(trace), answer, reason, is_cut, parts }
    }

    fn question(&self, trace: &v1::CheckDebugTrace) -> String {
        let resource = client::object_text(trace.resource.as_ref());
        let subject = client::subject_text(trace.subject.as_ref());
        if subject == self.asker {
            format!("{resource}#{}", trace.permission)
        } else {
            format!("{resource}#{}@{subject}", trace.permission)
        }
    }

    fn expression(&self, trace: &v1::CheckDebugTrace) -> Option<&str> {
        if trace.permission_type() != PermissionType::Permission {
            return None;
        }
        let definition = trace.resource.as_ref()?.object_type.clone();
        let expression = self.expressions.get(&(definition, trace.permission.clone()))?;
        Some(expression)
    }
}

fn add(reason: &mut String, more: &str) {
    if !reason.is_empty() && !more.is_empty() {
        reason.push_str(", ");
    }
    reason.push_str(more);
}

/// A question's answer. What rests on a condition is told as conditional, with what the condition came to beside it.
fn outcome(trace: &v1::CheckDebugTrace) -> Outcome {
    let evaluated = trace.caveat_evaluation_info.as_ref().map(v1::CaveatEvalInfo::result);
    match (trace.result(), evaluated) {
        (Permissionship::HasPermission, _)
        | (Permissionship::ConditionalPermission, Some(Evaluated::True)) => Outcome::Yes,
        (Permissionship::NoPermission, _)
        | (Permissionship::ConditionalPermission, Some(Evaluated::False)) => Outcome::No,
        (Permissionship::ConditionalPermission, _) => Outcome::Conditional,
        (Permissionship::Unspecified, _) => Outcome::Unanswered,
    }
}

/// `under in_tier: tier in tiers, which is false with {"tier":1}`.
fn condition(info: &v1::CaveatEvalInfo) -> String {
    let what = [info.caveat_name.as_str(), info.expression.as_str()];
    let what: Vec<_> = what.into_iter().filter(|text| !text.is_empty()).collect();
    let came_to = match info.result() {
        Evaluated::True => ", which is true",
        Evaluated::False => ", which is false",
        Evaluated::MissingSomeContext => ", which is open",
        Evaluated::Unevaluated | Evaluated::Unspecified => "",
    };
    let missing = match client::missing(info.partial_caveat_info.as_ref()).join(", ").as_str() {
        "" => String::new(),
        missing => format!(" without {missing}"),
    };
    let context = info.context.as_ref().filter(|context| !context.fields.is_empty());
    let context = context.map(|context| format!(" with {}", client::context_json(context)));
    format!("under {}{came_to}{missing}{}", what.join(": "), context.unwrap_or_default())
}
