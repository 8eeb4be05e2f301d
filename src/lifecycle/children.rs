//! Children that were registered before their parent. Whoever registers that in another account must not come to them by
//! it in theirs.

use std::sync::atomic::AtomicBool;

use crate::engine::{ReplaceRelationships, View};
use crate::relationship::{Object, Relationship, Subject};

use super::error::LifecycleError;
use super::principal::Principal;
use super::registry::{Lifecycle, Plan};
use super::resource::{Resource, exactly, of_resource};
use super::standing::is_there;

/// What names a resource as its parent.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// Whether there is anything.
    pub(super) is_any: bool,
    /// The relationships by which resources of other accounts do.
    pub(super) foreign: Vec<Relationship>,
}

impl Lifecycle {
    /// What names a resource as its parent, as an account sees it.
    pub(super) fn children(
        &self,
        parent: &Resource<'_>,
        tenant: &Object,
        view: &View,
    ) -> Result<Children, LifecycleError> {
        let never = AtomicBool::new(false);
        let mut reader = view.read_relationships(&parent.filter_as_subject(), None)?;
        let mut children = Children::default();
        while let Some(relationship) = reader.next_unless(&never) {
            children.is_any = true;
            if self.is_foreign(&relationship, tenant, view)? {
                children.foreign.push(relationship);
            }
        }
        Ok(children)
    }

    /// Parts a resource that was just registered from what another account has hung under it meanwhile.
    pub(super) async fn part_from_foreign_children(
        &self,
        resource: &Resource<'_>,
        principal: &Principal,
    ) -> Result<(), LifecycleError> {
        let plan = |view: &View| {
            let foreign = self.children(resource, &principal.tenant, view)?.foreign;
            if foreign.is_empty() {
                return Ok(Plan::Nothing);
            }
            let deletions = foreign.iter().map(exactly).collect();
            Ok(Plan::write(ReplaceRelationships { deletions, ..ReplaceRelationships::default() }))
        };
        self.plan_and_write(&plan).await.map(drop)
    }

    /// Whether a resource of another account names its parent by a relationship.
    fn is_foreign(
        &self,
        relationship: &Relationship,
        tenant: &Object,
        view: &View,
    ) -> Result<bool, LifecycleError> {
        let Relationship { resource: child, relation, .. } = relationship;
        let kinds = self.profile.resources.values().filter(|kind| kind.definition == child.definition);
        for kind in kinds {
            let is_parent = kind.parents.iter().any(|parent| parent.relation == *relation);
            let here = Relationship::new(child.clone(), kind.tenant.clone(), Subject::Object(tenant.clone()));
            if is_parent && !is_there(view, &here) {
                let in_any_tenant = of_resource(child, Some(&kind.tenant));
                return Ok(!view.first_relationships(&in_any_tenant, 1)?.is_empty());
            }
        }
        Ok(false)
    }
}
