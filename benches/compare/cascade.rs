//! Cascades: who owns the first agent of a chain may read those below it.

use crate::question::Question;

/// Depths that both can look to.
pub(crate) const HOPS: [usize; 7] = [1, 2, 5, 10, 20, 39, 45];
/// Depths that are arrowroot's alone.
pub(crate) const DEEPER_HOPS: [usize; 2] = [100, 1000];
/// The deepest that SpiceDB looks, whose limit of 50 counts the question and the last agent as well.
pub(crate) const SPICEDB_HOPS_MAX: usize = 48;
/// The length of the chain that both have.
pub(crate) const SHARED_CHAIN_HOPS: usize = 50;
/// Other agents in the graphs that show what size costs, and the depth that they are asked at.
pub(crate) const OTHERS: [usize; 3] = [0, 1_000, 10_000];
pub(crate) const HOPS_AMONG_OTHERS: usize = 10;

pub(crate) const SCHEMA: &str = "
    definition user {}
    definition agent {
        relation parent_agent: agent
        relation owner: user
        permission read = owner + parent_agent->read
    }";

/// A chain of agents, the first of which has an owner, and others that have an owner and a parent each.
pub(crate) fn relationships(hops: usize, others: usize) -> Vec<String> {
    let chain = (0..hops).map(|hop| format!("agent:{}#parent_agent@agent:{hop}", hop + 1));
    let others = (0..others).flat_map(|other| {
        [
            format!("agent:other{}#parent_agent@agent:other{}", other + 1, other / 2),
            format!("agent:other{other}#owner@user:{}", other % 100),
        ]
    });
    ["agent:0#owner@user:ana".to_owned()].into_iter().chain(chain).chain(others).collect()
}

/// May the owner, or somebody else, read the agent that many hops below?
pub(crate) fn question(hops: usize, is_granted: bool) -> Question {
    let subject = if is_granted { "user:ana" } else { "user:eve" };
    Question {
        resource: format!("agent:{hops}"),
        permission: "read",
        subject: subject.to_owned(),
        is_granted,
    }
}
