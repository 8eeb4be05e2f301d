//! Resources that are registered and should no longer be.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::engine::{RelationshipReader, View};
use crate::relationship::{
    Object, Relationship, RelationshipFilter, Subject, SubjectFilter, SubjectIdFilter, SubjectRelationFilter,
    Timestamp,
};

use super::audit::{Verb, Who};
use super::deregister::AbsentRule;
use super::error::{InvalidRequest, LifecycleError, Trouble};
use super::profile::{Profile, ResourceProfile};
use super::registry::{Act, Change, Lifecycle};
use super::resource::{Resource, ResourceName, kind, resource};
use super::selector;
use super::standing::is_there;

/// Which registered resources are looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection<'request> {
    /// Their type.
    pub kind: &'request str,
    /// Their account; any if none is given.
    pub account: Option<&'request str>,
    /// How many seconds ago they must have been registered, at the least.
    pub age_seconds_min: u64,
}

/// The resources that an application still has. Eight bytes each: two of a million collide with a chance of one in
/// some ten million, and then a resource counts as living that is not.
#[derive(Debug, Default)]
pub struct Living {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl Living {
    /// Adds one.
    pub fn insert(&mut self, selector: &str) {
        let hash = self.hasher.hash_one(selector);
        self.hashes.insert(hash);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    fn contains(&self, selector: &str) -> bool {
        self.hashes.contains(&self.hasher.hash_one(selector))
    }
}

/// A registered resource that should no longer be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// Its type.
    pub kind: String,
    /// What the application called it.
    pub selector: String,
    /// Its account.
    pub account: String,
    /// When it was registered, at the latest.
    pub registered_at: Timestamp,
    /// Why it is an orphan.
    pub reason: OrphanReason,
}

/// Why a resource is an orphan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrphanReason {
    /// The application no longer has it, or never had.
    NotLiving,
    /// It is closed, since its parent is gone.
    ParentGone,
}

/// Orphans, one after another.
#[derive(Debug)]
pub struct OrphanReader {
    view: View,
    profile: Arc<Profile>,
    kind: ResourceProfile,
    reader: RelationshipReader,
    registered_before: Timestamp,
}

impl Lifecycle {
    /// Looks for orphans in a view.
    pub fn orphans(&self, view: &View, selection: Selection<'_>) -> Result<OrphanReader, LifecycleError> {
        let kind = kind(&self.profile, selection.kind, "resource_type")?;
        let account = selection
            .account
            .map(selector::encode)
            .transpose()
            .map_err(|problem| InvalidRequest::Id { field: "account".to_owned(), problem })?;
        let tenants = SubjectFilter {
            definition: self.profile.principal.tenant.clone(),
            id: account.map(SubjectIdFilter::Object),
            relation: SubjectRelationFilter::Ellipsis,
        };
        let filter = RelationshipFilter {
            resource_definition: Some(kind.definition.clone()),
            relation: Some(kind.tenant.clone()),
            subject: Some(tenants),
            ..RelationshipFilter::default()
        };
        let reader = view.read_relationships(&filter, None)?;
        let registered_before = before(view.now(), selection.age_seconds_min);
        let (profile, kind) = (Arc::clone(&self.profile), kind.clone());
        Ok(OrphanReader { view: view.clone(), profile, kind, reader, registered_before })
    }

    /// Whether a name is that of one resource, whatever its account, registered or not.
    pub fn check_resource(&self, name: ResourceName<'_>) -> Result<(), InvalidRequest> {
        resource(&self.profile, name, "resource").map(drop)
    }

    /// Deregisters a resource of whatever account, if it was registered long enough ago. Nothing if it was not, or is
    /// not registered.
    pub async fn reconcile(
        &self,
        name: ResourceName<'_>,
        age_seconds_min: u64,
    ) -> Result<Option<Change>, LifecycleError> {
        let resource = resource(&self.profile, name, "resource")?;
        let view = self.newest().map_err(InvalidRequest::Token)?;
        let in_tenants = view.first_relationships(&resource.filter(Some(&resource.profile.tenant)), 1)?;
        let Some(registered) = in_tenants.first() else { return Ok(None) };
        let Some(tenant) = tenant_of(registered) else { return Ok(None) };
        let registered_by = view.written_by(&registered.resource, &registered.relation, &registered.subject);
        if registered_by.is_none_or(|by| by > before(view.now(), age_seconds_min)) {
            return Ok(None);
        }
        // Whoever asks is the operator, for whom no principal stands.
        let who =
            Who { kind: String::new(), id: String::new(), account: selector::decode(tenant.id.as_str()) };
        let act = Act { verb: Verb::Reconcile, who, resource: name.to_string() };
        let change = self.deregister_from(act, tenant, &resource, AbsentRule::Ignore).await?;
        Ok(Some(change))
    }
}

impl OrphanReader {
    /// Bytes of memory that are held from one orphan to the next.
    pub fn held_bytes(&self) -> usize {
        self.reader.held_bytes()
    }

    /// The next orphan. With a list of what lives, whatever is not on it is one. Once the flag is set, it ends.
    pub fn next(
        &mut self,
        living: Option<&Living>,
        cancelled: &AtomicBool,
    ) -> Result<Option<Orphan>, LifecycleError> {
        while let Some(registered) = self.reader.next_unless(cancelled) {
            if let Some(orphan) = self.orphan(&registered, living)? {
                return Ok(Some(orphan));
            }
        }
        Ok(None)
    }

    fn orphan(
        &self,
        registered: &Relationship,
        living: Option<&Living>,
    ) -> Result<Option<Orphan>, LifecycleError> {
        let Some(tenant) = tenant_of(registered) else { return Ok(None) };
        let by = self.view.written_by(&registered.resource, &registered.relation, &registered.subject);
        let Some(registered_at) = by.filter(|by| *by <= self.registered_before) else { return Ok(None) };
        let resource = Resource::new(&self.profile, &self.kind, registered.resource.id.clone())?;
        let selector = resource.selector();
        let reason = if living.is_some_and(|living| !living.contains(&selector)) {
            OrphanReason::NotLiving
        } else if self.kind.needs_parent && !self.has_parent(&resource, tenant)? {
            OrphanReason::ParentGone
        } else {
            return Ok(None);
        };
        let account = selector::decode(tenant.id.as_str());
        Ok(Some(Orphan { kind: self.kind.kind.clone(), selector, account, registered_at, reason }))
    }

    /// Whether a parent of the resource is registered in the same account.
    fn has_parent(&self, resource: &Resource<'_>, tenant: &Object) -> Result<bool, LifecycleError> {
        has_parent(&self.view, &self.profile, resource, tenant).map_err(LifecycleError::from)
    }
}

/// Whether a parent of the resource is registered in the same account.
pub(super) fn has_parent(
    view: &View,
    profile: &Profile,
    child: &Resource<'_>,
    tenant: &Object,
) -> Result<bool, Trouble> {
    for parent in &child.profile.parents {
        let Some(kind) = profile.resources.get(&parent.kind) else { continue };
        for relationship in view.first_relationships(&child.filter(Some(&parent.relation)), 8)? {
            let Subject::Object(object) = relationship.subject else { continue };
            let in_tenant = Relationship::new(object, kind.tenant.clone(), Subject::Object(tenant.clone()));
            if in_tenant.resource.definition == kind.definition && is_there(view, &in_tenant) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn tenant_of(registered: &Relationship) -> Option<&Object> {
    match &registered.subject {
        Subject::Object(tenant) => Some(tenant),
        Subject::Userset(..) | Subject::Wildcard(_) => None,
    }
}

fn before(now: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp { seconds: now.seconds.saturating_sub(seconds), ..now }
}
