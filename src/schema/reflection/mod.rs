//! What a schema's text declares, for programs that look at schemas: the declarations as written, narrowed by filters,
//! and what is different between two texts.
//!
//! Names are not resolved, so a text can be looked at that would not compile against anything.

mod differences;
mod filter;
mod model;

pub use differences::{Difference, DifferencesExceeded, differences};
pub use filter::{FilterConflict, SchemaFilter};
pub use model::{
    ReflectedCaveat, ReflectedDefinition, ReflectedForm, ReflectedParameter, ReflectedPermission,
    ReflectedRelation, ReflectedSubject, Reflection,
};
