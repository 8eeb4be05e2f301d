"""Random questions about a schema and relationships: names right and wrong, checks, lookups, trees and reads."""
from dataclasses import dataclass

from authzed.api.v1 import core_pb2 as core
from authzed.api.v1 import permission_service_pb2 as permissions

import contexts
import schema_model
from schema_model import WILDCARD

IDS = ["a", "b", "c"]
ODD_ID = "x/y_1|2-3=4+5"
UNKNOWN_ID = "nobody"
# arrowroot admits . : @ % ~ , in ids on purpose; nothing here may be valid in one server only
BAD_IDS = ["", "a b", "é", "a#b", "*a", "i" * 1025]
BAD_TYPES = ["", "Doc", "do", "doc/", "/doc", "t" * 129]
BAD_RELATIONS = ["V", "vi", "...", "viewer_", "r" * 65]
UNKNOWN_NAMES = ["missing", "nothing"]
BAD_CURSORS = ["garbage", "YWJj", "!"]


@dataclass
class Step:
    """One RPC. `is_drain`: repeat a bounded delete until it reports COMPLETE, and compare the sums."""

    method: str
    request: object
    is_drain: bool = False


class QuestionWriter:
    """Draws questions. `schema` is the one in force, as far as can be told beforehand, and `rows` what was written."""

    def __init__(self, rng, schema):
        self.rng = rng
        self.schema = schema
        self.rows = []

    def chance(self, probability):
        return self.rng.random() < probability

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
        makers = (self.check, self.check_bulk, self.read_relationships, self.lookup_resources, self.lookup_subjects,
                  self.expand)
        return [self.rng.choices(makers, (5, 3, 4, 4, 4, 2))[0]() for _ in range(count)]

    def lookups_of_all(self, count_max):
        """Both lookups of every relation and permission, as far as the count allows."""
        members = [(name, member) for name, definition in self.schema.definitions.items()
                   for member in definition.members()]
        chosen = self.rng.sample(members, min(len(members), count_max))
        return [step for name, member in chosen
                for step in (self.lookup_resources(name, member), self.lookup_subjects(name, member))]

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
            request.optional_cursor.token = self.rng.choice(BAD_CURSORS)
        self.ask_consistently(request)
        return Step("ReadRelationships", request)

    def lookup_resources(self, name=None, member=None):
        """Which resources of a type; asked of the subjects of rows, of usersets, and of ids that nothing names."""
        item = self.check_item(wrong=0.05)
        request = permissions.LookupResourcesRequest(
            resource_object_type=name or item.resource.object_type, permission=member or item.permission,
            with_debug=self.chance(0.1))
        if item.HasField("subject"):
            request.subject.CopyFrom(item.subject)
        if self.chance(0.03):
            request.optional_limit = self.rng.choice((1, 2, 1000, 1001))
        if self.chance(0.02):
            request.optional_cursor.token = self.rng.choice(BAD_CURSORS)
        self.give_context(request)
        self.ask_consistently(request)
        return Step("LookupResources", request)

    def lookup_subjects(self, name=None, member=None):
        """Which subjects of a type, or sets by a relation of it; mostly of a kind that a row or the schema has."""
        item = self.check_item(wrong=0.05)
        request = permissions.LookupSubjectsRequest(permission=member or item.permission)
        if item.HasField("resource"):
            request.resource.CopyFrom(item.resource)
        if name:
            request.resource.object_type, request.resource.object_id = name, self.object_id()
        request.subject_object_type, request.optional_subject_relation = self.subject_kind()
        if self.chance(0.03):
            request.wildcard_option = permissions.LookupSubjectsRequest.WILDCARD_OPTION_INCLUDE_WILDCARDS
        if self.chance(0.02):
            request.optional_cursor.token = self.rng.choice(BAD_CURSORS)
        self.give_context(request)
        self.ask_consistently(request)
        return Step("LookupSubjects", request)

    def subject_kind(self):
        """A type, and a relation of it or none."""
        if self.chance(0.5):
            return "user", ""
        if self.rows and self.chance(0.6):
            subject = self.rng.choice(self.rows).subject
            return subject.object.object_type, subject.optional_relation
        name = self.type_name()
        return name, self.name(of=name) if self.chance(0.4) else ""

    def expand(self):
        item = self.check_item(wrong=0.05)
        request = permissions.ExpandPermissionTreeRequest(permission=item.permission)
        if item.HasField("resource"):
            request.resource.CopyFrom(item.resource)
        self.ask_consistently(request)
        return Step("ExpandPermissionTree", request)

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


def repeat_to(items, item, count):
    items.extend([item] * (count - len(items)))
