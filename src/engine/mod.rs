//! The use cases, in domain types: one file a verb.
//!
//! Reads are answered from a [`View`], which is the graph and its schema at one revision. Writes go to the committer,
//! which puts them in order and makes them durable before anyone sees them. Knows no wire type and no runtime.

mod admission;
mod background;
mod budget;
mod check_permission;
mod checkpoint;
mod clock;
mod committer;
mod computable_permissions;
mod conditions;
mod count_relationships;
mod counters;
mod deciding_relationships;
mod delete_relationships;
mod dependent_relations;
mod describe;
mod diff_schema;
mod epoch;
mod error;
mod expand_permission_tree;
mod explain_permission;
mod export_relationships;
mod handle;
mod import_relationships;
mod lookup_resources;
mod lookup_subjects;
mod matching;
mod measures;
mod memory;
mod name_table;
mod names;
mod opening;
mod options;
mod read_relationships;
mod reader;
mod reflect_schema;
mod register_counter;
mod replace_relationships;
mod replay;
mod request;
mod schema_reference;
mod selection;
mod state;
mod stored;
mod token;
mod unregister_counter;
mod verify_store;
mod view;
mod vitals;
mod wait;
mod watch;
mod window;
mod write_relationships;
mod write_schema;

pub use crate::caveat::Context as CaveatContext;
pub use crate::evaluate::{Limits, TRACE_BYTES_MAX, Trace, TraceAnswer, TraceCondition};
pub use crate::index::{IdText, IndexMemory};
pub use crate::journal::{CheckpointError, DirectoryReport, HeldDirectory, JournalSize, StagingError};
pub use background::step_back;
pub use clock::{Clock, ManualClock, SystemClock};
pub use computable_permissions::ComputablePermissions;
pub use count_relationships::Counted;
pub use dependent_relations::DependentRelations;
pub use describe::Described;
pub use error::{
    CheckPermissionError, ConditionError, ConsistencyError, CountRelationshipsError, CursorError,
    DeleteRelationshipsError, DiffSchemaError, ExpandPermissionTreeError, ExportRelationshipsError,
    ImportRelationshipsError, InvalidCursor, InvalidFilter, LookupError, OpenError, ReadRelationshipsError,
    ReflectSchemaError, RegisterCounterError, SchemaDependencyError, UnknownName, UnregisterCounterError,
    Unwritable, WatchError, WriteRelationshipsError, WriteSchemaError,
};
pub use expand_permission_tree::ExpandPermissionTree;
pub use explain_permission::Explanation;
pub use handle::Engine;
pub use import_relationships::{Imported, RelationshipImport};
pub use lookup_resources::{FoundObject, LookupPermissionship, LookupResources, ResourceReader};
pub use lookup_subjects::{FoundSubject, LookupSubjects, SubjectReader};
pub use measures::Measures;
pub use opening::{Opening, OpeningProgress};
pub use options::{EngineLimits, EngineOptions};
pub use reader::RelationshipReader;
pub use register_counter::RegisterCounter;
pub use replace_relationships::{ReplaceRelationships, Replaced};
pub use request::{
    CheckPermission, DeleteRelationships, Deleted, Permissionship, WriteRelationships, Written,
};
pub use schema_reference::SchemaReference;
pub use token::{Consistency, ZedToken};
pub use verify_store::VerifiedStore;
pub use view::View;
pub use vitals::{SchemaSize, Vitals};
pub use watch::{Changes, JournalTurn, Step, Watch, Watcher};
pub use write_schema::WrittenSchema;
