//! A million relationships of an agent platform, each a pure function of its number, so that no memory but the
//! index's holds them.

use std::sync::Arc;

use arrowroot::engine::{CheckPermission, Engine, EngineOptions, WriteRelationships};
use arrowroot::relationship::{
    DefinitionName, Object, ObjectId, RelationName, Relationship, RelationshipUpdate, Subject,
    UpdateOperation,
};

use crate::journal::ForgettingJournal;

/// Relationships in all.
pub(crate) const RELATIONSHIPS: usize = 1_000_000;
/// Chains of agents.
pub(crate) const CHAINS: usize = 20;
/// Tasks, each with a tenant, an agent and an owner.
pub(crate) const TASKS: usize = 220_000;
/// API keys, each with a tenant, an agent and an owner.
pub(crate) const API_KEYS: usize = 40_000;

/// Hops from the last agent of a chain to the first.
const CHAIN_HOPS: usize = 1000;
const TENANTS: usize = 200;
/// Each a member of one tenant. The first own the heads of the chains, and nothing else.
const USERS: usize = 21_000;
/// Each with a tenant and an owner; those of the chains with a parent as well, but for the first of each.
const AGENTS: usize = 40_000;
const SCHEDULES: usize = 33_000;
/// Objects that are the resource of something.
pub(crate) const OBJECTS: usize = USERS + AGENTS + TASKS + API_KEYS + SCHEDULES;
/// No factor of [`OBJECTS`]: multiples of it visit all objects in an order that mixes kinds and neighbours.
const STRIDE: usize = 7_919;
/// What one write may hold.
const UPDATES_MAX: usize = 1000;

pub(crate) const SCHEMA: &str = include_str!("agentex.zed");

/// The graph over a journal that forgets.
pub(crate) fn load() -> Engine {
    let engine =
        Engine::with_journal(Arc::new(ForgettingJournal::default()), EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let mut updates = Vec::new();
    let mut count = 0;
    for place in 0..OBJECTS {
        for relationship in relationships_in(place) {
            updates.push(RelationshipUpdate { operation: UpdateOperation::Create, relationship });
            count += 1;
        }
        if updates.len() + 3 > UPDATES_MAX || place + 1 == OBJECTS {
            let updates = std::mem::take(&mut updates);
            engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
        }
    }
    assert_eq!(count, RELATIONSHIPS);
    engine
}

/// A question about the agent that many hops below the head of a chain.
pub(crate) fn ask_chain(permission: &str, chain: usize, hops: usize, subject: Subject) -> CheckPermission {
    ask("agent", chain * (CHAIN_HOPS + 1) + hops, permission, subject)
}

/// A question about the object of a kind with a number.
pub(crate) fn ask(kind: &str, number: usize, permission: &str, subject: Subject) -> CheckPermission {
    CheckPermission::new(object(kind, number), permission, subject)
}

/// The owner of the head of a chain.
pub(crate) fn chain_owner(chain: usize) -> Subject {
    user(chain)
}

/// The owner of a task, an API key or a schedule, and of its agent.
pub(crate) fn owner(number: usize) -> Subject {
    user(agent_owner(agent_of(number)))
}

/// Someone of the same tenant who has no role on it.
pub(crate) fn colleague(number: usize) -> Subject {
    user((agent_owner(agent_of(number)) + TENANTS) % USERS)
}

/// The relationships in a place, of [`OBJECTS`], of an order that mixes all.
pub(crate) fn relationships_in(place: usize) -> Vec<Relationship> {
    relationships(place * STRIDE % OBJECTS)
}

/// What the object with a number among all is written with.
fn relationships(mut number: usize) -> Vec<Relationship> {
    if number < USERS {
        return vec![relationship("tenant", number % TENANTS, "member", user(number))];
    }
    number -= USERS;
    if number < AGENTS {
        return agent(number);
    }
    number -= AGENTS;
    for (kind, count) in [("task", TASKS), ("api_key", API_KEYS), ("schedule", SCHEDULES)] {
        if number < count {
            let agent = agent_of(number);
            return vec![
                relationship(kind, number, "tenant", Subject::Object(object("tenant", tenant_of(agent)))),
                relationship(kind, number, "parent_agent", Subject::Object(object("agent", agent))),
                relationship(kind, number, "owner", owner(number)),
            ];
        }
        number -= count;
    }
    Vec::new()
}

fn agent(number: usize) -> Vec<Relationship> {
    let (chain, place) = (number / (CHAIN_HOPS + 1), number % (CHAIN_HOPS + 1));
    let owner = if chain < CHAINS && place == 0 { chain } else { agent_owner(number) };
    let mut relationships = vec![
        relationship("agent", number, "tenant", Subject::Object(object("tenant", tenant_of(number)))),
        relationship("agent", number, "owner", user(owner)),
    ];
    if chain < CHAINS && place > 0 {
        let parent = Subject::Object(object("agent", number - 1));
        relationships.push(relationship("agent", number, "parent_agent", parent));
    }
    relationships
}

/// The agent that a task, an API key or a schedule belongs to: none that begins a chain.
fn agent_of(number: usize) -> usize {
    let agents = CHAINS * (CHAIN_HOPS + 1)..AGENTS;
    agents.start + mixed(number) % agents.len()
}

/// All agents of a chain are in one tenant.
fn tenant_of(agent: usize) -> usize {
    let chain = agent / (CHAIN_HOPS + 1);
    if chain < CHAINS { chain } else { agent % TENANTS }
}

/// A user of the agent's tenant that is not the owner of a chain.
fn agent_owner(agent: usize) -> usize {
    tenant_of(agent) + TENANTS * (1 + mixed(agent) % (USERS / TENANTS - 1))
}

fn relationship(kind: &str, number: usize, relation: &str, subject: Subject) -> Relationship {
    Relationship::new(object(kind, number), RelationName::new(relation).unwrap(), subject)
}

fn user(number: usize) -> Subject {
    Subject::Object(object("user", number))
}

fn object(kind: &str, number: usize) -> Object {
    let seed = kind.bytes().fold(0, |seed, byte| seed * 31 + usize::from(byte)) << 32;
    let (high, low) = (mixed(seed + number), mixed(seed + number + (1 << 31)));
    let id = format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    );
    Object { definition: DefinitionName::new(kind).unwrap(), id: ObjectId::new(id).unwrap() }
}

/// The finalizer of `SplitMix64`: neighbours have nothing in common.
pub(crate) fn mixed(number: usize) -> usize {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
