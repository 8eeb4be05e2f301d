//! `CheckBulkPermissions`: many checks at one revision, each with an answer or an error of its own.

use std::time::{Duration, Instant};

use prost::Message as _;
use tonic::{Request, Response, Status};

use crate::engine::{CheckPermission, CheckPermissionError, Permissionship, View};
use crate::evaluate::{EvaluateError, Limits};
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations};
use crate::server::deadline::deadline;
use crate::server::error::RequestError;
use crate::server::outbox::{OutboxFull, RequestShare, SMALL_BYTES};
use crate::server::status;
use crate::server::trailers::Operations;
use crate::server::weight;
use crate::server::wire::v1;
use crate::server::wire::v1::check_bulk_permissions_pair::Response as Answer;

use super::check_permission::{
    INLINE_VISITS_MAX, check_context, is_too_much, partial_caveat_info, permissionship,
};
use super::debug_trace;

/// Checks that are made on the thread that also serves others; they share the visits of one check.
const INLINE_CHECKS_MAX: usize = 64;
/// How long all checks of a bulk may take together.
const DURATION_MAX: Duration = Duration::from_mins(1);
/// Bytes of what is told of the checks of a bulk, at most, all together; the checks after that have no traces. Clients
/// take messages of 4 MiB.
const TRACES_BYTES_MAX: usize = 2 << 20;
/// How often an item is there: as it came, as a question, and with its answer.
const COPIES: usize = 3;

pub(in crate::server) async fn check_bulk_permissions(
    backend: &Backend,
    request: Request<v1::CheckBulkPermissionsRequest>,
) -> Result<Response<v1::CheckBulkPermissionsResponse>, Status> {
    let latest = Instant::now() + DURATION_MAX;
    let deadline = deadline(request.metadata()).map_or(latest, |deadline| deadline.min(latest));
    let message = request.into_inner();
    let consistency = convert::consistency(message.consistency)?;
    let view = backend.engine.at(&consistency)?;
    let (items, is_traced) = (message.items, message.with_tracing);
    let questions = questions(&items)?;
    check_limits(&items, backend)?;

    let share = room(&items, backend)?;
    let checked_at = view.token();
    let operations = Operations(questions.len());
    let mut answers = Vec::with_capacity(questions.len());
    if questions.len() <= INLINE_CHECKS_MAX && !is_traced {
        let visits_max = (INLINE_VISITS_MAX / questions.len().max(1) as u64).min(view.limits().visits_max);
        for question in &questions {
            match question.ask(&view, Limits { visits_max, ..view.limits() }) {
                Err(error) if is_too_much(&error) => break,
                answer => answers.push(answer.map(|answer| (answer, None))),
            }
        }
    }
    if answers.len() < questions.len() {
        let rest = questions.into_iter().skip(answers.len());
        let work = move |cancelled: &_| {
            let limits = Limits { deadline: Some(deadline), cancelled: Some(cancelled), ..view.limits() };
            ask_all(rest, &view, limits, is_traced)
        };
        answers.extend(backend.pool.run(work).await??);
    }
    let pairs = items.into_iter().zip(answers).map(|(item, answer)| pair(item, answer)).collect();
    let checked_at = Some(v1::ZedToken { token: checked_at.0 });
    let mut response = Response::new(v1::CheckBulkPermissionsResponse { checked_at, pairs });
    response.extensions_mut().insert(operations);
    share.map(|share| response.extensions_mut().insert(share));
    Ok(response)
}

/// One check of a bulk. A bulk takes wildcards that a single check refuses.
#[derive(Debug)]
struct Question {
    asked: CheckPermission,
    /// Nobody has a permission on the resource `*`.
    is_resource_wildcard: bool,
    /// The subject is a wildcard with a relation.
    is_userset_wildcard: bool,
}

impl Question {
    fn ask(&self, view: &View, limits: Limits<'_>) -> Result<Permissionship, CheckPermissionError> {
        let answer = view.check_permission(&self.asked, limits);
        match answer {
            Ok(_) | Err(CheckPermissionError::Evaluate(_)) if self.is_userset_wildcard => {
                Err(CheckPermissionError::WildcardSubject)
            }
            Ok(_) | Err(CheckPermissionError::Evaluate(_)) if self.is_resource_wildcard => {
                Ok(Permissionship::NoPermission)
            }
            answer => answer,
        }
    }

    /// Tells why as well, while there is room for it. There is no more to say where a wildcard decides.
    fn ask_why(
        &self,
        view: &View,
        limits: Limits<'_>,
        bytes_left: &mut usize,
    ) -> Result<debug_trace::Answer, CheckPermissionError> {
        if self.is_resource_wildcard || self.is_userset_wildcard || *bytes_left == 0 {
            return Ok((self.ask(view, limits)?, None));
        }
        let (answer, debug_trace) = debug_trace::check(view, &self.asked, limits, *bytes_left)?;
        let bytes = debug_trace.as_ref().map_or(0, v1::DebugInformation::encoded_len);
        let left = bytes_left.checked_sub(bytes);
        *bytes_left = left.unwrap_or(0);
        Ok((answer, debug_trace.filter(|_| left.is_some())))
    }
}

fn questions(items: &[v1::CheckBulkPermissionsRequestItem]) -> Result<Vec<Question>, Status> {
    let mut violations = Violations::default();
    let questions: Vec<_> = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| question(item, &Path::element("items", index), &mut violations))
        .collect();
    violations.check()?;
    if questions.len() < items.len() {
        return Err(InvalidFields::unexplained().into());
    }
    Ok(questions)
}

fn question(
    item: &v1::CheckBulkPermissionsRequestItem,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Question> {
    let (mut resource, mut subject) = (item.resource.clone(), item.subject.clone());
    let is_resource_wildcard = resource.as_mut().is_some_and(convert::stand_in);
    let is_userset_wildcard = subject
        .as_mut()
        .filter(|subject| !subject.optional_relation.is_empty())
        .and_then(|subject| subject.object.as_mut())
        .is_some_and(convert::stand_in);
    let resource = convert::resource(resource, &path.field("resource"), violations);
    let permission = convert::permission(item.permission.clone(), &path.field("permission"), violations);
    let subject = convert::subject(subject, &path.field("subject"), violations);
    let context = convert::context(item.context.clone(), &path.field("context"), violations);
    let asked = CheckPermission {
        resource: resource?,
        permission: permission?,
        subject: subject?,
        context: context?,
    };
    Some(Question { asked, is_resource_wildcard, is_userset_wildcard })
}

fn check_limits(
    items: &[v1::CheckBulkPermissionsRequestItem],
    backend: &Backend,
) -> Result<(), RequestError> {
    let (count, count_max) = (items.len(), backend.limits.bulk_checks_max);
    if count > count_max {
        return Err(RequestError::TooManyChecks { count, count_max });
    }
    let bytes_max = backend.limits.caveat_context_bytes_max;
    let context_bytes = |item: &v1::CheckBulkPermissionsRequestItem| {
        item.context.as_ref().map(prost_types::Struct::encoded_len)
    };
    items.iter().try_for_each(|item| check_context(context_bytes(item), bytes_max))
}

/// Room for a bulk that is not small, from here until its answer is a message: bulks wait in line for the pool.
fn room(
    items: &[v1::CheckBulkPermissionsRequestItem],
    backend: &Backend,
) -> Result<Option<RequestShare>, OutboxFull> {
    let context_bytes =
        |item: &v1::CheckBulkPermissionsRequestItem| item.context.as_ref().map_or(0, weight::structure);
    let bytes_of = |item| weight::message(item) + context_bytes(item);
    let bytes = COPIES * items.iter().map(bytes_of).sum::<usize>();
    let is_small = bytes <= SMALL_BYTES * COPIES;
    if is_small { Ok(None) } else { backend.pool.outbox().take_for_request(bytes).map(Some) }
}

type Answers = Vec<Result<debug_trace::Answer, CheckPermissionError>>;

/// Answers until time is up or nobody waits any more, which ends the whole call.
fn ask_all(
    questions: impl Iterator<Item = Question>,
    view: &View,
    limits: Limits<'_>,
    is_traced: bool,
) -> Result<Answers, EvaluateError> {
    let mut bytes_left = if is_traced { TRACES_BYTES_MAX } else { 0 };
    questions
        .map(|question| {
            check_time(limits)?;
            match question.ask_why(view, limits, &mut bytes_left) {
                Err(CheckPermissionError::Evaluate(
                    error @ (EvaluateError::DeadlineExceeded | EvaluateError::Cancelled),
                )) => Err(error),
                answer => Ok(answer),
            }
        })
        .collect()
}

fn check_time(limits: Limits<'_>) -> Result<(), EvaluateError> {
    use std::sync::atomic::Ordering;

    if limits.cancelled.is_some_and(|cancelled| cancelled.load(Ordering::Relaxed)) {
        return Err(EvaluateError::Cancelled);
    }
    if limits.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
        return Err(EvaluateError::DeadlineExceeded);
    }
    Ok(())
}

fn pair(
    request: v1::CheckBulkPermissionsRequestItem,
    answer: Result<debug_trace::Answer, CheckPermissionError>,
) -> v1::CheckBulkPermissionsPair {
    let answer = match answer {
        Ok((answer, debug_trace)) => Answer::Item(v1::CheckBulkPermissionsResponseItem {
            permissionship: permissionship(&answer).into(),
            partial_caveat_info: partial_caveat_info(&answer),
            debug_trace,
        }),
        Err(error) => Answer::Error(status::to_message(&error.into())),
    };
    v1::CheckBulkPermissionsPair { request: Some(request), response: Some(answer) }
}
