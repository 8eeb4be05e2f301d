//! Why a check answered what it did, as the API tells it.
//!
//! As in SpiceDB, an answer that rests on conditions is CONDITIONAL in a trace even where the conditions are decided:
//! what they came to stands beside it.

use std::hash::{BuildHasher, RandomState};

use tonic::metadata::MetadataMap;

use crate::engine::{CheckPermission, CheckPermissionError, Explanation, Permissionship, View};
use crate::evaluate::{Limits, TRACE_BYTES_MAX, Trace, TraceAnswer, TraceCondition};
use crate::relationship::Subject;
use crate::server::convert;
use crate::server::wire::v1;
use crate::server::wire::v1::caveat_eval_info::Result as Evaluated;
use crate::server::wire::v1::check_debug_trace::{
    PermissionType, Permissionship as Told, Resolution, SubProblems,
};

/// The header by which older clients ask for a trace, whatever its value.
const REQUEST_HEADER: &str = "io.spicedb.requestdebuginfo";
/// Who answered. Clients show the part before a colon.
const SOURCE: &str = "arrowroot";
/// Bytes of a schema that is told with a trace, at most: both must fit into the 4 MiB that clients take.
const SCHEMA_BYTES_MAX: usize = 1 << 20;

/// Bytes of what is told of one check, at most.
pub(super) const BYTES_MAX: usize = TRACE_BYTES_MAX + SCHEMA_BYTES_MAX;

/// A check's answer, with the reason if it was asked for.
pub(super) type Answer = (Permissionship, Option<v1::DebugInformation>);

/// Whether a request's headers ask for a trace.
pub(super) fn is_requested(metadata: &MetadataMap) -> bool {
    metadata.contains_key(REQUEST_HEADER)
}

/// Checks, and tells why in as many bytes as there may be.
pub(super) fn check(
    view: &View,
    question: &CheckPermission,
    limits: Limits<'_>,
    bytes_max: usize,
) -> Result<Answer, CheckPermissionError> {
    let schema = view.read_schema().unwrap_or_default();
    let schema = if schema.len() <= SCHEMA_BYTES_MAX.min(bytes_max) { schema } else { "" };
    let trace_bytes_max = (bytes_max - schema.len()).min(TRACE_BYTES_MAX);
    let Explanation { permissionship, trace } = view.explain_permission(question, limits, trace_bytes_max)?;
    let teller = Teller { subject: &question.subject, ids: RandomState::new() };
    let mut told = 0;
    let check = Some(Box::new(teller.tell(trace, &mut told)));
    Ok((permissionship, Some(v1::DebugInformation { check, schema_used: schema.to_owned() })))
}

struct Teller<'question> {
    subject: &'question Subject,
    /// Makes ids that no other trace has.
    ids: RandomState,
}

impl Teller<'_> {
    /// Recursion is bounded by the trace's levels.
    fn tell(&self, trace: Trace, told: &mut u64) -> v1::CheckDebugTrace {
        *told += 1;
        let trace_operation_id = self.id(*told);
        let result = match (&trace.answer, &trace.condition) {
            (TraceAnswer::Unanswered, _) => Told::Unspecified,
            (TraceAnswer::Conditional(_), _) | (_, Some(_)) => Told::ConditionalPermission,
            (TraceAnswer::Member, None) => Told::HasPermission,
            (TraceAnswer::NotMember, None) => Told::NoPermission,
        };
        let permission_type =
            if trace.is_permission { PermissionType::Permission } else { PermissionType::Relation };
        let resolution = if trace.parts.is_empty() {
            Resolution::WasCachedResult(trace.is_cut)
        } else {
            let traces = trace.parts.into_iter().map(|part| self.tell(part, told)).collect();
            Resolution::SubProblems(SubProblems { traces })
        };
        v1::CheckDebugTrace {
            resource: Some(convert::object_to_wire(trace.resource)),
            permission: trace.relation.into(),
            permission_type: permission_type.into(),
            subject: Some(convert::subject_to_wire(self.subject.clone())),
            result: result.into(),
            caveat_evaluation_info: trace.condition.map(|condition| evaluation(condition, trace.answer)),
            duration: prost_types::Duration::try_from(trace.duration).ok(),
            optional_expires_at: None,
            trace_operation_id,
            source: SOURCE.to_owned(),
            resolution: Some(resolution),
        }
    }

    /// A UUID of random bits.
    fn id(&self, number: u64) -> String {
        let bits = |half: u8| self.ids.hash_one((number, half));
        let (high, low) = (bits(0), bits(1));
        let version = high & 0xffff_ffff_ffff_0fff | 0x4000;
        let variant = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            version >> 32,
            version >> 16 & 0xffff,
            version & 0xffff,
            variant >> 48,
            variant & 0xffff_ffff_ffff
        )
    }
}

fn evaluation(condition: TraceCondition, answer: TraceAnswer) -> v1::CaveatEvalInfo {
    let TraceCondition { expression, caveat, context } = condition;
    let result = match answer {
        TraceAnswer::Member => Evaluated::True,
        TraceAnswer::NotMember => Evaluated::False,
        TraceAnswer::Conditional(_) => Evaluated::MissingSomeContext,
        TraceAnswer::Unanswered => Evaluated::Unevaluated,
    };
    let partial_caveat_info = match answer {
        TraceAnswer::Conditional(missing) => {
            let missing_required_context = missing.iter().map(ToString::to_string).collect();
            Some(v1::PartialCaveatInfo { missing_required_context })
        }
        _ => None,
    };
    v1::CaveatEvalInfo {
        expression,
        result: result.into(),
        context: Some(convert::context_to_wire(context)),
        partial_caveat_info,
        caveat_name: caveat.map(String::from).unwrap_or_default(),
    }
}
