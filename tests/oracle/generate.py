"""Random cases from a seed: a schema, writes and deletes, questions, changes of the schema.

A case is a list of steps, each one RPC with its request. Everything is drawn before anything is
asked, so that a case can be replayed and shrunk.
"""
import random
from dataclasses import dataclass, field

from authzed.api.v1 import core_pb2 as core
from authzed.api.v1 import permission_service_pb2 as permissions
from authzed.api.v1 import schema_service_pb2 as schemas

import contexts
import schema_changes
import schema_model
import schema_noise
from questions import (BAD_IDS, BAD_TYPES, IDS, ODD_ID, UNKNOWN_NAMES, QuestionWriter, Step, repeat_to,
                       subject_reference)
from schema_model import WILDCARD

ODD_CAVEATS = ["missing", "a b", "user", "c" * 129]

CREATE, TOUCH, DELETE = (core.RelationshipUpdate.OPERATION_CREATE, core.RelationshipUpdate.OPERATION_TOUCH,
                         core.RelationshipUpdate.OPERATION_DELETE)


@dataclass
class Case:
    """A case is named by its seed and number."""

    seed: int
    number: int
    is_conditional: bool  # with caveats or expiring relationships
    steps: list = field(default_factory=list)


def random_case(seed, number, conditional_share):
    """The case of this number; the same on every machine."""
    is_conditional = random.Random(f"{seed}/{number}/conditional").random() < conditional_share
    return CaseWriter(random.Random(f"{seed}/{number}"), is_conditional).write(Case(seed, number, is_conditional))


class CaseWriter(QuestionWriter):
    """Draws the steps of one case. `schema` is the one in force, as far as can be told beforehand."""

    def __init__(self, rng, is_conditional):
        super().__init__(rng, schema_model.random_schema(rng, is_conditional))

    def write(self, case):
        rng = self.rng
        if rng.random() < 0.05:
            case.steps += self.questions(3)  # before any schema
        case.steps.append(self.write_schema(self.schema))
        for _ in range(rng.randint(2, 4)):
            case.steps.append(self.write_relationships((4, 8, 16), is_calm=True))
        case.steps += self.questions(rng.randint(8, 16))
        case.steps += self.lookups_of_all(rng.choice((0, 0, 12)))
        for _ in range(rng.randint(0, 5)):
            case.steps += self.change()
            case.steps += self.questions(rng.randint(2, 6))
        return case

    # schema steps

    def write_schema(self, schema):
        text = schema.text()
        if self.chance(0.3):
            text = schema_noise.restyled(self.rng, text)
        return Step("WriteSchema", schemas.WriteSchemaRequest(schema=text))

    def change(self):
        """A change of the schema, valid or not, or of the data."""
        draw = self.rng.random()
        if draw < 0.25:
            text = schema_noise.broken(self.rng, self.schema.text())
            return [Step("WriteSchema", schemas.WriteSchemaRequest(schema=text)), self.read_schema()]
        if draw < 0.52:
            changed = schema_changes.changed_schema(self.rng, self.schema)
            step = self.write_schema(changed)
            if self.chance(0.5) and not schema_changes.is_refused(self.schema, changed):
                self.schema = changed
            return [step, self.read_schema(), self.write_relationships()]
        if draw < 0.55:
            nothing = self.rng.choice(("", " \n", "// none"))
            return [Step("WriteSchema", schemas.WriteSchemaRequest(schema=nothing))]
        if draw < 0.82:
            return [self.delete_relationships()]
        return [self.write_relationships()]

    def read_schema(self):
        return Step("ReadSchema", schemas.ReadSchemaRequest())

    # relationships

    def write_relationships(self, sizes=(0, 1, 1, 2, 4, 8), is_calm=False):
        """Some updates; a calm write is nearly always accepted, so that there is data to ask about."""
        rng = self.rng
        request = permissions.WriteRelationshipsRequest()
        for _ in range(rng.choice(sizes)):
            relationship = self.relationship(0 if is_calm else 0.06)
            if relationship is None:
                continue
            operation = TOUCH if is_calm else rng.choices((CREATE, TOUCH, DELETE), (3, 5, 3))[0]
            known = [row for row in self.rows if operation != CREATE or contexts.has_passed(row)]
            if known and not is_calm and self.chance(0.3):
                relationship = rng.choice(known)
            self.rows.append(relationship)
            request.updates.add(operation=operation, relationship=relationship)
        if is_calm or not self.chance(0.1):
            drop_duplicates(request.updates)
        if request.updates and not is_calm and self.chance(0.25):
            self.spoil_update(rng.choice(request.updates))
        for _ in range(0 if is_calm else rng.choice((0, 0, 0, 1, 2))):
            request.optional_preconditions.append(self.precondition())
        if self.chance(0.003):
            repeat_to(request.optional_preconditions, self.precondition(), 1001)
        if request.updates and self.chance(0.003):
            repeat_to(request.updates, request.updates[0], 1001)
        return Step("WriteRelationships", request)

    def relationship(self, wrong):
        """A row that the schema admits; mostly along one direction, so that not all is one cycle."""
        shapes = self.schema.shapes()
        if not shapes:
            return None
        name, relation, allowed = self.rng.choice(shapes)
        first, second = self.rng.choice(IDS), self.rng.choice(IDS)
        if name == allowed.definition and self.chance(0.85):
            first, second = sorted((first, second))
            if first == second:
                return None
        if self.chance(0.03):
            first = ODD_ID
        is_wildcard = allowed.relation == WILDCARD
        relationship = core.Relationship(
            resource=core.ObjectReference(object_type=name, object_id=first), relation=relation,
            subject=subject_reference(allowed.definition, WILDCARD if is_wildcard else second,
                                      "" if is_wildcard else allowed.relation))
        contexts.set_condition(self.rng, relationship, self.schema.caveats, allowed, wrong)
        return relationship

    def spoil_update(self, update):
        """One thing of a valid update made wrong."""
        relationship = update.relationship
        if self.schema.is_conditional() and self.chance(0.5):
            odd = schema_model.AllowedType("", caveat=self.rng.choice(["", *self.schema.caveats, *ODD_CAVEATS]),
                                           expires=self.chance(0.4))
            contexts.set_condition(self.rng, relationship, self.schema.caveats, odd)
            return
        kind = self.rng.randrange(9)
        if kind == 0:
            relationship.resource.object_type = self.rng.choice(UNKNOWN_NAMES + BAD_TYPES)
        elif kind == 1:
            relationship.relation = self.name(0.5)
        elif kind == 2:
            relationship.subject.object.object_type = self.type_name(0.5)
        elif kind == 3:
            relationship.subject.optional_relation = self.name(0.5)
        elif kind == 4:
            relationship.subject.object.object_id = self.rng.choice([WILDCARD, *BAD_IDS])
        elif kind == 5:
            relationship.resource.object_id = self.rng.choice([WILDCARD, *BAD_IDS])
        elif kind == 6:
            update.operation = core.RelationshipUpdate.OPERATION_UNSPECIFIED
        elif kind == 7:
            relationship.ClearField(self.rng.choice(("resource", "subject")))
        else:
            permission_names = [name for definition in self.schema.definitions.values()
                                for name in definition.permissions]
            if permission_names:
                relationship.relation = self.rng.choice(permission_names)

    def precondition(self):
        operation = self.rng.choice((permissions.Precondition.OPERATION_MUST_MATCH,
                                     permissions.Precondition.OPERATION_MUST_NOT_MATCH))
        if self.chance(0.02):
            operation = permissions.Precondition.OPERATION_UNSPECIFIED
        precondition = permissions.Precondition(operation=operation)
        if not self.chance(0.02):
            precondition.filter.CopyFrom(self.filter())
        return precondition

    def delete_relationships(self):
        rng = self.rng
        request = permissions.DeleteRelationshipsRequest()
        if not self.chance(0.02):
            request.relationship_filter.CopyFrom(self.filter())
        passed = [row for row in self.rows if contexts.has_passed(row)]
        if passed and self.chance(0.3):
            request.relationship_filter.Clear()
            request.relationship_filter.resource_type = rng.choice(passed).resource.object_type
        if self.chance(0.3):
            request.optional_preconditions.append(self.precondition())
        if self.chance(0.4):
            request.optional_limit = rng.choice((1, 1, 2, 3, 5, 1000, 1001))
            request.optional_allow_partial_deletions = self.chance(0.5)
        return Step("DeleteRelationships", request, is_drain=request.optional_allow_partial_deletions)


def drop_duplicates(updates):
    """Keeps the first update of each relationship: a second one would refuse the whole call."""
    kept, seen = [], set()
    for update in updates:
        bare = core.Relationship(resource=update.relationship.resource, relation=update.relationship.relation,
                                 subject=update.relationship.subject)
        key = bare.SerializeToString(deterministic=True)
        if key not in seen:
            seen.add(key)
            kept.append(update)
    del updates[:]
    updates.extend(kept)
