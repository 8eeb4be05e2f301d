//! `ExpandPermissionTree`.

use tonic::{Request, Response, Status};

use crate::engine::{ExpandPermissionTree, ExpandPermissionTreeError};
use crate::evaluate::{EvaluateError, ExpandError, Limits, PermissionTree, SetOperation, TreeSubjects};
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations};
use crate::server::deadline::deadline;
use crate::server::wire::v1;
use crate::server::wire::v1::algebraic_subject_set::Operation;
use crate::server::wire::v1::permission_relationship_tree::TreeType;

/// Visits that an expansion may make on the thread that also serves others; each makes a part of the answer. What
/// needs more starts again in the pool.
const INLINE_VISITS_MAX: u64 = 1_000;

pub(super) async fn expand_permission_tree(
    backend: &Backend,
    request: Request<v1::ExpandPermissionTreeRequest>,
) -> Result<Response<v1::ExpandPermissionTreeResponse>, Status> {
    let deadline = deadline(request.metadata());
    let mut message = request.into_inner();
    let consistency = convert::consistency(message.consistency.take())?;
    let view = backend.engine.at(&consistency)?;
    let question = question(message)?;

    let expanded_at = view.token();
    let limits = Limits { visits_max: INLINE_VISITS_MAX.min(view.limits().visits_max), ..view.limits() };
    let root = match view.expand_permission_tree(&question, limits) {
        Err(error) if is_too_much(&error) => {
            let work = move |cancelled: &_| {
                let limits = Limits { deadline, cancelled: Some(cancelled), ..view.limits() };
                view.expand_permission_tree(&question, limits).map(tree)
            };
            backend.pool.run(work).await?
        }
        answer => answer.map(tree),
    };
    Ok(Response::new(v1::ExpandPermissionTreeResponse {
        expanded_at: Some(v1::ZedToken { token: expanded_at.0 }),
        tree_root: Some(root?),
    }))
}

fn question(message: v1::ExpandPermissionTreeRequest) -> Result<ExpandPermissionTree, Status> {
    let mut violations = Violations::default();
    let resource = convert::resource(message.resource, &Path::of("resource"), &mut violations);
    let permission = convert::permission(message.permission, &Path::of("permission"), &mut violations);
    violations.check()?;
    match (resource, permission) {
        (Some(resource), Some(permission)) => Ok(ExpandPermissionTree { resource, permission }),
        _ => Err(InvalidFields::unexplained().into()),
    }
}

fn is_too_much(error: &ExpandPermissionTreeError) -> bool {
    matches!(
        error,
        ExpandPermissionTreeError::Expand(ExpandError::Evaluate(EvaluateError::VisitsExceeded { .. }))
    )
}

/// Recursion is bounded by the tree's levels.
fn tree(tree: PermissionTree) -> v1::PermissionRelationshipTree {
    let tree_type = match tree.subjects {
        TreeSubjects::Leaf(subjects) => TreeType::Leaf(v1::DirectSubjectSet {
            subjects: subjects.into_iter().map(convert::subject_to_wire).collect(),
        }),
        TreeSubjects::Combined(operation, children) => TreeType::Intermediate(v1::AlgebraicSubjectSet {
            operation: match operation {
                SetOperation::Union => Operation::Union,
                SetOperation::Intersection => Operation::Intersection,
                SetOperation::Exclusion => Operation::Exclusion,
            }
            .into(),
            children: children.into_iter().map(self::tree).collect(),
        }),
    };
    v1::PermissionRelationshipTree {
        expanded_object: Some(convert::object_to_wire(tree.object)),
        expanded_relation: tree.relation.into(),
        tree_type: Some(tree_type),
    }
}
