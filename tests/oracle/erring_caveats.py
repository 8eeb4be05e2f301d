"""Checks and lookups in which a caveat errs beside others.

SpiceDB evaluates the relationships of a question in some order and stops at the first error, unless an
earlier one has decided. arrowroot's answer is right if it does not depend on the relationships that
err: if SpiceDB gives it whatever they are replaced by. An error is right if one of them gives it.
"""
import random
import re

from authzed.api.v1 import core_pb2 as core
from authzed.api.v1 import permission_service_pb2 as permissions
from authzed.api.v1 import schema_service_pb2 as schemas

from answers import CAVEAT_ERROR, difference, observe
from contradictions import contradicts_itself
from questions import Step
from overlooked import all_rows, read_schema
from replay import single_check
from spicedb_oracle import CallError

PROBE_TYPE, PROBE_RELATION, PROBE_SUBJECT = "oracle/probe", "probed", "oracle/subject"
RANDOM_TRIES = 6
TOUCH, DELETE = core.RelationshipUpdate.OPERATION_TOUCH, core.RelationshipUpdate.OPERATION_DELETE


def is_beside_errors(spicedb, step, outcome, items):
    """Whether all differing items can be explained; SpiceDB holds the data of the case, and loses it."""
    questions = [(step, outcome.expected, outcome.actual)]
    if step.method == "CheckBulkPermissions":
        if outcome.expected.code or outcome.actual.code:
            return False
        questions = [(single_check(step.request, step.request.items[at]), outcome.expected.value[at],
                      outcome.actual.value[at]) for at in items]
    if not all(CAVEAT_ERROR.match(expected.message) for _, expected, _ in questions):
        return False
    try:
        rows = [row for row in all_rows(spicedb, read_schema(spicedb)) if row.HasField("optional_caveat")]
        allow_plain(spicedb, {row.optional_caveat.caveat_name for row in rows})
        return all(is_explained(spicedb, rows, question, actual) for question, _, actual in questions)
    except CallError:
        return False


def is_explained(spicedb, rows, question, actual):
    errors = {at: error for at, row in enumerate(rows) if (error := error_of(spicedb, row, question.request))}
    if actual.code:
        return any(not difference(question.method, error, actual) for error in errors.values())
    erring = [rows[at] for at in errors]
    chance = random.Random(0)
    tries = [[True] * len(erring), [False] * len(erring),
             *([chance.random() < 0.5 for _ in erring] for _ in range(RANDOM_TRIES if len(erring) > 1 else 0))]
    answers = []
    for holds in tries:
        for row, hold in zip(erring, holds):
            put_plain(spicedb, row, TOUCH if hold else DELETE)
        answers.append(is_same(spicedb, question, observe(spicedb, question), actual))
    for row in erring:
        write(spicedb, row, TOUCH)
    return bool(erring) and all(answers)


def is_same(spicedb, question, answer, actual):
    """Whether an answer of SpiceDB is arrowroot's, but for what SpiceDB is known to do."""
    found = difference(question.method, answer, actual)
    return not found or bool(found.forgiven) or contradicts_itself(spicedb, question, answer, actual)


def allow_plain(spicedb, caveats):
    """Adds, to SpiceDB's regenerated schema, each conditional type without its condition, and the probe."""
    text = re.sub(r"^(\trelation \w+: )(.*)$", with_plain, read_schema(spicedb), flags=re.M)
    held = " | ".join(f"{PROBE_SUBJECT} with {caveat}" for caveat in sorted(caveats)) or PROBE_SUBJECT
    text += (f"\n\ndefinition {PROBE_SUBJECT} {{}}\n\n"
             f"definition {PROBE_TYPE} {{\n\trelation {PROBE_RELATION}: {held}\n}}\n")
    spicedb.call("WriteSchema", schemas.WriteSchemaRequest(schema=text))


def with_plain(found):
    types = found[2].split(" | ")
    return found[1] + " | ".join(dict.fromkeys([*types, *(name.split(" with ")[0] for name in types)]))


def error_of(spicedb, row, request):
    """The error that a relationship's caveat gives with a question's context, or None."""
    probe = core.Relationship(
        resource=core.ObjectReference(object_type=PROBE_TYPE, object_id="x"), relation=PROBE_RELATION,
        subject=core.SubjectReference(object=core.ObjectReference(object_type=PROBE_SUBJECT, object_id="x")),
        optional_caveat=row.optional_caveat)
    write(spicedb, probe, TOUCH)
    question = permissions.CheckPermissionRequest(
        resource=probe.resource, permission=PROBE_RELATION, subject=probe.subject)
    question.consistency.fully_consistent = True
    if request.HasField("context"):
        question.context.CopyFrom(request.context)
    answer = observe(spicedb, Step("CheckPermission", question))
    return answer if CAVEAT_ERROR.match(answer.message) else None


def put_plain(spicedb, row, operation):
    """The relationship without condition, or no such relationship."""
    write(spicedb, core.Relationship(resource=row.resource, relation=row.relation, subject=row.subject), operation)


def write(spicedb, row, operation):
    request = permissions.WriteRelationshipsRequest()
    request.updates.add(operation=operation, relationship=row)
    spicedb.call("WriteRelationships", request)
