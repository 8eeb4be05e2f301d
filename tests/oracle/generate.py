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
from schema_model import WILDCARD

IDS = ["a", "b", "c"]
ODD_ID = "x/y_1|2-3=4+5"
UNKNOWN_ID = "nobody"
# arrowroot admits . : @ % ~ , in ids on purpose; nothing here may be valid in one server only
BAD_IDS = ["", "a b", "é", "a#b", "*a", "i" * 1025]
BAD_TYPES = ["", "Doc", "do", "doc/", "/doc", "t" * 129]
BAD_RELATIONS = ["V", "vi", "...", "viewer_", "r" * 65]
UNKNOWN_NAMES = ["missing", "nothing"]
ODD_CAVEATS = ["missing", "a b", "user", "c" * 129]

CREATE, TOUCH, DELETE = (core.RelationshipUpdate.OPERATION_CREATE, core.RelationshipUpdate.OPERATION_TOUCH,
                         core.RelationshipUpdate.OPERATION_DELETE)


@dataclass
class Step:
    """One RPC. `is_drain`: repeat a bounded delete until it reports COMPLETE, and compare the sums."""

    method: str
    request: object
    is_drain: bool = False


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


class CaseWriter:
    """Draws the steps of one case. `schema` is the one in force, as far as can be told beforehand."""

    def __init__(self, rng, is_conditional):
        self.rng = rng
        self.schema = schema_model.random_schema(rng, is_conditional)
        self.rows = []

    def write(self, case):
        rng = self.rng
        if rng.random() < 0.05:
            case.steps += self.questions(3)  # before any schema
        case.steps.append(self.write_schema(self.schema))
        for _ in range(rng.randint(2, 4)):
            case.steps.append(self.write_relationships((4, 8, 16), is_calm=True))
        case.steps += self.questions(rng.randint(8, 16))
        for _ in range(rng.randint(0, 5)):
            case.steps += self.change()
            case.steps += self.questions(rng.randint(2, 6))
        return case

    def chance(self, probability):
        return self.rng.random() < probability

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

    # names, right and wrong

    def type_name(self, wrong=0.05):
        if self.chance(wrong):
            return self.rng.choice(UNKNOWN_NAMES + BAD_TYPES)
        return self.rng.choice([*self.schema.definitions, *schema_model.DEFINITIONS[:1]])

    def resource_type(self, wrong):
        """A definition that has relations or permissions to ask for."""
        usable = [name for name, definition in self.schema.definitions.items() if definition.members()]
        return self.rng.choice(usable) if usable and not self.chance(wrong) else self.type_name(wrong)

    def name(self, wrong=0.05, of=None):
        """A relation or permission, of a definition if one is given and known."""
        if self.chance(wrong):
            return self.rng.choice(UNKNOWN_NAMES + BAD_RELATIONS)
        definition = self.schema.definitions.get(of)
        members = definition.members() if definition else []
        if definition and definition.permissions and self.chance(0.5):
            members = list(definition.permissions)
        return self.rng.choice(members or schema_model.RELATIONS + schema_model.PERMISSIONS)

    def object_id(self, wrong=0.01):
        if self.chance(wrong):
            return self.rng.choice([WILDCARD, *BAD_IDS])
        return self.rng.choice(IDS * 6 + [UNKNOWN_ID, ODD_ID])

    def filter(self):
        """Any combination of fields; now and then contradictory, empty, unknown or malformed."""
        rng = self.rng
        chosen = permissions.RelationshipFilter()
        if self.chance(0.75):
            chosen.resource_type = self.type_name(0.03)
        if self.chance(0.3):
            chosen.optional_resource_id = self.object_id()
        if self.chance(0.4):
            chosen.optional_relation = self.name(0.03, chosen.resource_type)
        if self.chance(0.1 if not chosen.optional_resource_id else 0.02):
            chosen.optional_resource_id_prefix = rng.choice(("a", "x/", "zz", "*"))
        if self.chance(0.4):
            subject = chosen.optional_subject_filter
            subject.subject_type = self.type_name(0.03)
            if self.chance(0.5):
                subject.optional_subject_id = rng.choice([self.object_id(), WILDCARD])
            if self.chance(0.4):
                subject.optional_relation.relation = rng.choice(("", self.name(0.03, subject.subject_type)))
        return chosen

    # questions

    def questions(self, count):
        makers = (self.check, self.check_bulk, self.read_relationships)
        return [self.rng.choices(makers, (5, 3, 4))[0]() for _ in range(count)]

    def check(self):
        item = self.check_item(wrong=0.08)
        request = permissions.CheckPermissionRequest(permission=item.permission)
        for name in ("resource", "subject"):
            if item.HasField(name):
                getattr(request, name).CopyFrom(getattr(item, name))
        self.give_context(request)
        self.ask_consistently(request)
        return Step("CheckPermission", request)

    def check_bulk(self):
        """Many triples; malformed ones fail the whole call, so they come rarely here."""
        request = permissions.CheckBulkPermissionsRequest()
        wrong = self.rng.choice((0, 0, 0, 0, 0.02))
        shared = self.give_context(permissions.CheckBulkPermissionsRequestItem())
        is_shared = shared.HasField("context") and self.chance(0.5)
        for _ in range(self.rng.choice((0, 1, 5, 25, 60))):
            item = request.items.add()
            item.CopyFrom(self.check_item(wrong))
            item.MergeFrom(shared) if is_shared else self.give_context(item, oversize_share=0.0001)
        if request.items and self.chance(0.001):
            repeat_to(request.items, request.items[0], 10001)
        self.ask_consistently(request)
        return Step("CheckBulkPermissions", request)

    def give_context(self, item, oversize_share=0.003):
        """A context for a check or one item of many; hardly ever where no caveat wants one."""
        if self.schema.caveats or self.chance(0.01):
            context = contexts.request_context(self.rng, self.schema.caveats.values(), oversize_share)
            if context is not None:
                item.context.CopyFrom(context)
        return item

    def check_item(self, wrong):
        item = permissions.CheckBulkPermissionsRequestItem()
        if not self.chance(wrong / 10):
            item.resource.object_type = self.resource_type(wrong)
            item.resource.object_id = self.object_id(wrong / 2)
        if not self.chance(wrong / 4):
            item.permission = self.name(wrong, item.resource.object_type)
        if not self.chance(wrong / 10):
            item.subject.CopyFrom(self.subject(wrong))
        if self.chance(0.01):
            item.permission = self.rng.choice(UNKNOWN_NAMES)
        if self.schema.is_conditional() and self.chance(0.6):
            self.aim(item)
        return item

    def aim(self, item):
        """Asks about a row, one with a caveat if that can be: random questions seldom meet any."""
        rows = [row for row in self.rows if row.relation in self.members(row.resource.object_type)]
        caveated = [row for row in rows if row.HasField("optional_caveat")]
        if not rows:
            return
        row = self.rng.choice(caveated if caveated and self.chance(0.6) else rows)
        item.resource.CopyFrom(row.resource)
        item.permission = row.relation if self.chance(0.5) else self.rng.choice(
            self.members(row.resource.object_type))
        if row.subject.object.object_id == WILDCARD:
            item.subject.CopyFrom(subject_reference(row.subject.object.object_type, self.rng.choice(IDS)))
        elif self.chance(0.8):
            item.subject.CopyFrom(row.subject)

    def members(self, name):
        """The relations and permissions of a definition; none if it is gone."""
        return self.schema.definitions[name].members() if name in self.schema.definitions else []

    def subject(self, wrong):
        """Mostly a user; also usersets, of the rows written so far or of any definition, and wildcards."""
        rng = self.rng
        if self.rows and self.chance(0.25):
            subject = core.SubjectReference()
            subject.CopyFrom(rng.choice(self.rows).subject)
            return subject
        name = "user" if self.chance(0.7) else self.type_name(wrong)
        relation = self.name(wrong, name) if name != "user" and self.chance(0.5) else ""
        identity = WILDCARD if self.chance(0.005) else self.object_id(wrong / 2)
        return subject_reference(name, identity, relation)

    def read_relationships(self):
        request = permissions.ReadRelationshipsRequest()
        if not self.chance(0.01):
            request.relationship_filter.CopyFrom(self.filter())
        if self.chance(0.15):
            request.optional_limit = self.rng.choice((1, 2, 5, 1000, 1001))
        if self.chance(0.02):
            request.optional_cursor.token = self.rng.choice(("garbage", "YWJj", "!"))
        self.ask_consistently(request)
        return Step("ReadRelationships", request)

    def ask_consistently(self, request):
        """At the head; now and then with a token that nobody gave out."""
        if self.chance(0.01):
            mode = self.rng.choice(("at_least_as_fresh", "at_exact_snapshot"))
            getattr(request.consistency, mode).token = "garbage"
        else:
            request.consistency.fully_consistent = True


def subject_reference(name, identity, relation=""):
    return core.SubjectReference(object=core.ObjectReference(object_type=name, object_id=identity),
                                 optional_relation=relation)


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


def repeat_to(items, item, count):
    items.extend([item] * (count - len(items)))
