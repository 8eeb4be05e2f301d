//! Importing relationships in bulk: taken up piece by piece, and created together at one revision, or not at all.
//!
//! They are checked against the schema as they arrive, and staged as the journal will have them. Whether they are
//! there already, only the committer can tell, which applies them one after another and takes all back at the first
//! that is. Other writes wait for that, but not for what comes before.

use std::borrow::Borrow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;

use crate::evaluate::Program;
use crate::index::{ELLIPSIS, EdgeNames, Terms, WILDCARD};
use crate::journal::{StagedChanges, StagedRelationship, StagedSubject, Staging, StagingError};
use crate::relationship::{Relationship, Subject, UpdateOperation};

use super::admission;
use super::committer::{Pending, Reply, Write};
use super::conditions::{self, Answer};
use super::error::{ImportRelationshipsError, Unwritable, WriteRelationshipsError};
use super::handle::Engine;
use super::options::EngineLimits;
use super::state::State;
use super::token::ZedToken;
use super::wait::block_on;

/// Imports that may be on their way at a time; each has up to two megabytes in memory, and a file.
const IMPORTS_MAX: usize = 64;
/// Relationships that are applied between two looks at the memory that is left.
const MEMORY_CHECKED_EVERY: u64 = 4096;
/// Kinds of relationship that an import remembers as admitted.
const KINDS_MAX: usize = 16;

/// An import that is on its way. Dropping it leaves no trace.
///
/// ```
/// use arrowroot::engine::{Engine, EngineOptions};
///
/// let engine = Engine::in_memory(EngineOptions::default())?;
/// engine.write_schema("definition user {}\ndefinition doc { relation owner: user; }")?;
/// let mut import = engine.import_relationships()?;
/// for number in 0..1000 {
///     import.add(&format!("doc:{number}#owner@user:ana").parse()?)?;
/// }
/// assert_eq!(engine.commit_import(import)?.count, 1000);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RelationshipImport {
    state: Arc<State>,
    staging: Staging,
    admitted_by: AdmittedBy,
    /// Kinds that the schema admits whatever the ids, the last one found first.
    kinds: Vec<Relationship>,
    _place: Place,
}

/// The schema that admitted what is staged.
#[derive(Debug)]
enum AdmittedBy {
    /// None was needed yet.
    Nothing,
    /// One has admitted everything.
    One(Option<Arc<Program>>),
    /// It changed on the way.
    Several,
}

/// An import that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Relationships created.
    pub count: u64,
    /// The state just after the import.
    pub imported_at: ZedToken,
}

impl Engine {
    /// Begins an import. At most 64 may be on their way at a time.
    pub fn import_relationships(&self) -> Result<RelationshipImport, ImportRelationshipsError> {
        let place = Place::take(&self.state.imports)?;
        Ok(RelationshipImport {
            state: Arc::clone(&self.state),
            staging: Staging::new(&self.state.staging_directory),
            admitted_by: AdmittedBy::Nothing,
            kinds: Vec::new(),
            _place: place,
        })
    }

    /// How many imports are on their way.
    pub fn import_count(&self) -> usize {
        self.state.imports.load(Ordering::Relaxed)
    }

    /// Creates everything that an import has taken up, and waits until that is durable. Blocks the thread; in async
    /// code, use [`Self::commit_import_async`].
    pub fn commit_import(&self, import: RelationshipImport) -> Result<Imported, ImportRelationshipsError> {
        block_on(self.commit_import_async(import))
    }

    /// Creates everything that an import has taken up, and waits until that is durable, under any async runtime. Once
    /// it has been polled, it may happen even if the future is dropped; it does not if that was before its turn.
    pub async fn commit_import_async(
        &self,
        import: RelationshipImport,
    ) -> Result<Imported, ImportRelationshipsError> {
        let RelationshipImport { staging, admitted_by, _place: place, .. } = import;
        if staging.count() == 0 {
            let imported_at = Self::token(&self.state, self.state.head().revision);
            return Ok(Imported { count: 0, imported_at });
        }
        let (answer, outcome) = oneshot::channel();
        let staged = staging.finish()?;
        self.submit(Box::new(Importing { staged, admitted_by, answer, _place: place })).await?;
        outcome.await.unwrap_or(Err(Unwritable::Closing.into()))
    }
}

impl RelationshipImport {
    /// Takes up a relationship, which the newest schema must admit. After an error, give the import up. May block on
    /// the disk.
    pub fn add(&mut self, relationship: &Relationship) -> Result<(), ImportRelationshipsError> {
        self.add_all([relationship])
    }

    /// Takes up several, one after another.
    pub fn add_all(
        &mut self,
        relationships: impl IntoIterator<Item: Borrow<Relationship>>,
    ) -> Result<(), ImportRelationshipsError> {
        self.state.memory.check()?;
        let program = self.program();
        let schema = program.as_ref().map(|program| &**program.schema());
        let limits: &EngineLimits = &self.state.options.limits;
        for relationship in relationships {
            let relationship = relationship.borrow();
            if !self.kinds.iter().any(|kind| is_of_kind(relationship, kind)) {
                admission::check_size(relationship, limits)?;
                admission::check(schema, UpdateOperation::Create, relationship)?;
                // What a caveat's context may be has to be seen each time.
                if relationship.caveat.is_none() {
                    self.kinds.insert(0, relationship.clone());
                    self.kinds.truncate(KINDS_MAX);
                }
            }
            self.staging.push(relationship)?;
        }
        Ok(())
    }

    /// How many relationships it has taken up.
    pub fn count(&self) -> u64 {
        self.staging.count()
    }

    /// The newest schema.
    fn program(&mut self) -> Option<Arc<Program>> {
        let head = self.state.head();
        let program = head.schemas.program_at(head.revision, self.state.index.relation_names());
        match &self.admitted_by {
            AdmittedBy::Nothing => self.admitted_by = AdmittedBy::One(program.clone()),
            AdmittedBy::One(earlier) if is_same(earlier.as_ref(), program.as_ref()) => {}
            AdmittedBy::One(_) | AdmittedBy::Several => {
                self.admitted_by = AdmittedBy::Several;
                self.kinds.clear();
            }
        }
        program
    }
}

fn is_same(one: Option<&Arc<Program>>, other: Option<&Arc<Program>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

/// Whether a relationship differs from one without a caveat in its ids at most, so that a schema admits both or none.
fn is_of_kind(relationship: &Relationship, kind: &Relationship) -> bool {
    let form = |subject: &Subject| std::mem::discriminant(subject);
    relationship.caveat.is_none()
        && relationship.resource.definition == kind.resource.definition
        && relationship.relation == kind.relation
        && form(&relationship.subject) == form(&kind.subject)
        && relationship.subject.definition() == kind.subject.definition()
        && relationship.subject.relation() == kind.subject.relation()
        && relationship.expires_at.is_some() == kind.expires_at.is_some()
}

struct Importing {
    staged: StagedChanges,
    admitted_by: AdmittedBy,
    answer: Answer<Imported, ImportRelationshipsError>,
    _place: Place,
}

impl Write for Importing {
    fn prepare(self: Box<Self>, pending: &mut Pending) -> Reply {
        let Self { staged, admitted_by, answer, .. } = *self;
        if answer.is_closed() {
            // Whoever began it has gone: it is as if it had never come this far.
            return Box::new(|_| {});
        }
        conditions::reply(answer, import(staged, &admitted_by, pending))
    }

    fn is_alone(&self) -> bool {
        true
    }
}

fn import(
    staged: StagedChanges,
    admitted_by: &AdmittedBy,
    pending: &mut Pending,
) -> Result<Imported, ImportRelationshipsError> {
    let program = pending.program().cloned();
    let is_admitted =
        matches!(admitted_by, AdmittedBy::One(earlier) if is_same(earlier.as_ref(), program.as_ref()));
    let count = staged.count();
    // There are fewer in memory than a word can count.
    let changes_expected = usize::try_from(count).unwrap_or_default();
    let mut applied: u64 = 0;
    pending.apply_or_take_back(changes_expected, |pending| {
        staged.visit(|relationship| {
            if applied.is_multiple_of(MEMORY_CHECKED_EVERY) {
                pending.state().memory.check()?;
            }
            applied += 1;
            if !is_admitted {
                let schema = program.as_ref().map(|program| &**program.schema());
                admission::check(schema, UpdateOperation::Create, &owned(relationship)?)?;
            }
            create(relationship, pending)
        })
    })?;
    let revision = pending.commit_staged(staged);
    Ok(Imported { count, imported_at: Engine::token(pending.state(), revision) })
}

fn create(
    relationship: StagedRelationship<'_>,
    pending: &mut Pending,
) -> Result<(), ImportRelationshipsError> {
    let (subject_definition, subject_id, subject_form) = match relationship.subject {
        StagedSubject::Object(object) => (object.definition, object.id, ELLIPSIS),
        StagedSubject::Userset(object, relation) => (object.definition, object.id, relation),
        StagedSubject::Wildcard(definition) => (definition, WILDCARD, WILDCARD),
    };
    let edge = pending.intern_names(&EdgeNames {
        resource_definition: relationship.resource.definition,
        resource_id: relationship.resource.id,
        relation: relationship.relation,
        subject_definition,
        subject_id,
        subject_form,
    })?;
    let terms = match relationship.caveat {
        None => Terms { condition: None, expires_at: relationship.expires_at },
        Some(_) => Terms::of(&owned(relationship)?),
    };
    if pending.create(edge, terms) {
        return Ok(());
    }
    let relationship = Box::new(owned(relationship)?);
    Err(WriteRelationshipsError::AlreadyExists { relationship }.into())
}

fn owned(relationship: StagedRelationship<'_>) -> Result<Relationship, ImportRelationshipsError> {
    relationship.to_relationship().map_err(|_| StagingError::Undecodable.into())
}

/// One of the places for imports, free again when it is dropped.
#[derive(Debug)]
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(taken: &Arc<AtomicUsize>) -> Result<Self, ImportRelationshipsError> {
        let more = |count: usize| (count < IMPORTS_MAX).then_some(count + 1);
        match taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Self(Arc::clone(taken))),
            Err(count_max) => Err(ImportRelationshipsError::TooMany { count_max }),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
