//! arrowroot as a library, with its journal in memory.

use std::time::{Duration, Instant};

use arrowroot::engine::{Consistency, Engine, EngineOptions, Permissionship, WriteRelationships};
use arrowroot::relationship::{RelationshipUpdate, UpdateOperation};
use rustix::time::{ClockId, clock_gettime};

use crate::question::Question;
use crate::turns::System;

/// What one write may hold.
const UPDATES_MAX: usize = 1000;

/// The engine, called by the thread that measures.
#[derive(Default)]
pub(crate) struct InProcess {
    engine: Option<Engine>,
    /// Of all checks so far.
    cpu: Duration,
}

impl System for InProcess {
    fn load(&mut self, schema: &str, relationships: &[String]) {
        let engine = Engine::in_memory(EngineOptions::default()).unwrap();
        engine.write_schema(schema).unwrap();
        for relationships in relationships.chunks(UPDATES_MAX) {
            let updates = relationships.iter().map(|text| RelationshipUpdate {
                operation: UpdateOperation::Touch,
                relationship: text.parse().unwrap(),
            });
            let updates = updates.collect();
            engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
        }
        self.engine = Some(engine);
    }

    /// Finding the newest state is a part of it, as it is of a request.
    fn check(&mut self, question: &Question, count: usize) -> Duration {
        let engine = self.engine.as_ref().unwrap();
        let asked = question.in_process();
        let right =
            if question.is_granted { Permissionship::HasPermission } else { Permissionship::NoPermission };
        let (cpu, start) = (thread_time(), Instant::now());
        for _ in 0..count {
            let view = engine.at(&Consistency::FullyConsistent).unwrap();
            let answer = view.check_permission(&asked, view.limits()).unwrap();
            assert_eq!(answer, right, "arrowroot: {question:?}");
        }
        let wall = start.elapsed();
        self.cpu += thread_time().saturating_sub(cpu);
        wall
    }

    fn cpu(&self) -> Duration {
        self.cpu
    }
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
