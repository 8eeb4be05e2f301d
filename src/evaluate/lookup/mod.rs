//! Which resources has a subject, and which subjects has a resource?
//!
//! Answers come in order of their ids, so that any of them can be a page's last. There are two ways to find them, and
//! neither is good for all graphs: to walk through all objects of the wanted type in order and check each, which is
//! quick where most are answers; and to follow the relationships from what is given to all that they may lead to, and
//! sort that, which is quick where few are. [`ordered::Ordered`] takes turns between them and goes on with the one that
//! pays. So a page costs a few times what the better way costs, and an answer that nothing follows from costs no memory.

mod backward;
mod forward;
mod ordered;
mod resources;
mod sets;
mod sorted;
mod steps;
mod subjects;

pub use ordered::Found;
pub use resources::{ResourceLookup, ResourceQuestion};
pub use subjects::{FoundSubject, SubjectLookup, SubjectQuestion};
