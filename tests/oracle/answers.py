"""What a server answered to a step, in a form that can be compared, and how two answers differ.

Only what arrowroot does differently on purpose is forgiven, each with a name that is counted.
"""
import itertools
import re
from dataclasses import dataclass, field, replace

from authzed.api.v1 import permission_service_pb2 as permissions

from error_details import error_info
from lookups import LOOKUPS, WILDCARD, resources_value, subjects_value
from spicedb_oracle import CallError
from texts import row_text, tree_text

DEPTH_EXCEEDED = "ERROR_REASON_MAXIMUM_DEPTH_EXCEEDED"
DEPTH_MESSAGE = "max depth exceeded"
END_KEYS = {"end_line_number", "end_column_position", "source_code"}
SCHEMA_CODES = {3, 9}
CUT = "…"
UNKNOWN = 2
INVALID_ARGUMENT = 3
BAD_STORED_CONTEXT = re.compile(r"unknown parameter `|could not convert context parameter `")
RESOURCE_EXHAUSTED = 8
WILDCARD_RULES = ("wildcard relations cannot be transitively included",
                  "wildcard relations cannot be used on the left side of arrows")
POSITION_KEYS = {"start_line_number", "start_column_position", "end_line_number", "end_column_position",
                 "source_code"}
CAVEAT_ERROR = re.compile("evaluation error for caveat |type error for parameters for caveat ")
CAVEATED_ROW = re.compile(r"cannot delete (?:object definition|relation) .*: \S+@[^\s\[]+\[(?!expiration:)")
SELF_BUG = "cannot call HintForEntrypoint for kind SELF_ENTRYPOINT"
DRAIN_CALLS_MAX = 2000
EVALUATIONS = ("CheckPermission", "pair", *LOOKUPS)
Delete = permissions.DeleteRelationshipsResponse


@dataclass
class Answer:
    """Code 0 with a value; or an error with its message and every ErrorInfo that it may have had."""

    code: int = 0
    value: object = None
    message: str = ""
    infos: list = field(default_factory=list)

    def is_depth_error(self):
        return any(info.get("reason") == DEPTH_EXCEEDED for info in self.infos) \
            or self.message.startswith(DEPTH_MESSAGE)


@dataclass
class Difference:
    """What differs: `kind` is one of `compare.KINDS`; `at` is the item of a bulk check."""

    kind: str
    forgiven: str = ""
    at: int = 0


def observe(server, step):
    """Asks a server one step."""
    try:
        if step.is_drain:
            return Answer(value=drain(server, step.request))
        return Answer(value=value_of(step, server.call(step.method, step.request)))
    except CallError as error:
        return error_answer(error)


def error_answer(error):
    return Answer(error.code, None, error.message, [error_info(status) for status in error.statuses])


def value_of(step, response):
    """The comparable part of a response: tokens and cursors are opaque, and rows have no order."""
    if step.method == "CheckPermission":
        return check_value(response)
    if step.method == "CheckBulkPermissions":
        return [pair_answer(pair, item) for pair, item in
                itertools.zip_longest(response.pairs, step.request.items)]
    if step.method == "ReadRelationships":
        rows = sorted(row_text(row.relationship) for row in response)
        return f"{len(rows)} rows" if step.request.optional_limit else rows
    if step.method == "LookupResources":  # SpiceDB counts what it finds twice, so that limits differ
        return "limited" if step.request.optional_limit else resources_value(response)
    if step.method == "LookupSubjects":
        return subjects_value(response)
    if step.method == "ExpandPermissionTree":
        return tree_text(response.tree_root) if response.expanded_at.token else "a tree without a token"
    if step.method == "DeleteRelationships":
        return Delete.DeletionProgress.Name(response.deletion_progress), response.relationships_deleted_count
    if step.method == "ReadSchema":
        return response.schema_text
    return "done" if response.written_at.token else "done without a token"


def check_value(item):
    name = permissions.CheckPermissionResponse.Permissionship.Name(item.permissionship)
    missing = sorted(set(item.partial_caveat_info.missing_required_context))
    return (name, *missing)


def pair_answer(pair, item):
    """The answer to one item of a bulk check, which must come with the item itself."""
    if pair is None or item is None or without_empty_context(pair.request) != without_empty_context(item):
        return Answer(value=("without its request",))
    if pair.HasField("error"):
        return Answer(pair.error.code, None, pair.error.message, [error_info(pair.error)])
    return Answer(value=check_value(pair.item))


def without_empty_context(item):
    """SpiceDB does not give an empty context back."""
    copy = type(item)()
    copy.CopyFrom(item)
    if not copy.context.fields:
        copy.ClearField("context")
    return copy


def drain(server, request):
    """Repeats a bounded partial delete until nothing is left; the counts, without empty last calls."""
    counts = []
    for _ in range(DRAIN_CALLS_MAX):
        response = server.call("DeleteRelationships", request)
        counts.append(response.relationships_deleted_count)
        if response.deletion_progress == Delete.DELETION_PROGRESS_COMPLETE:
            return [count for count in counts if count]
    return [*counts, "never complete"]


def differences(step, expected, actual):
    """How the answer of arrowroot (`actual`) differs from SpiceDB's (`expected`); mostly not at all."""
    if step.method == "CheckBulkPermissions" and not expected.code and not actual.code:
        return pair_differences(expected.value, actual.value)
    if step.method == "LookupSubjects" and step.request.resource.object_id == WILDCARD and actual.value == {}:
        return [] if expected == actual else [Difference("answer", forgiven="a wildcard as the resource of a lookup")]
    found = difference(step.method, expected, actual)
    return [found] if found else []


def pair_differences(expected, actual):
    if len(expected) != len(actual):
        return [Difference("answer")]
    pairs = [(at, difference("pair", *pair)) for at, pair in enumerate(zip(expected, actual))]
    return [replace(found, at=at) for at, found in pairs if found]


def difference(method, expected, actual):
    """One answer against another."""
    if expected.is_depth_error() and not actual.is_depth_error():
        return Difference("answer", forgiven="SpiceDB exceeded its depth")
    if method == "WriteSchema" and is_type_of_its_wildcard(expected):
        return Difference("code", forgiven="a type is removed, and only its wildcard, which stays, is in use")
    if method == "WriteSchema" and CAVEATED_ROW.match(actual.message) and expected.message != actual.message:
        return Difference("code", forgiven="SpiceDB removes a relation with caveated relationships")
    if method == "WriteSchema" and expected.code and is_among_faults(expected, actual):
        return error_difference(expected, actual, forgiven="one of several faults of a schema")
    if method == "WriteSchema" and expected.code == UNKNOWN and actual.code in SCHEMA_CODES:
        return Difference("code", forgiven="a fault of a schema that SpiceDB gives no code")
    if method == "WriteSchema" and not expected.code and any(words in actual.message for words in WILDCARD_RULES):
        return Difference("code", forgiven="a misplaced wildcard that SpiceDB overlooks")
    if method == "WriteRelationships" and is_bad_stored_context(expected, actual):
        return Difference("code", forgiven="a bad stored context that SpiceDB gives no code")
    if method in EVALUATIONS and (name := evaluation_fault(expected, actual)):
        return Difference("code", forgiven=name)
    if method == "LookupResources" and expected.code == UNKNOWN and SELF_BUG in expected.message:
        return Difference("code", forgiven="LookupResources of SpiceDB fails on `self`")
    if expected.code == RESOURCE_EXHAUSTED and "received metadata size" in expected.message:
        return Difference("code", forgiven="an error of SpiceDB that is too long to arrive")
    if expected.code != actual.code:
        return Difference("code")
    if expected.code:
        return error_difference(expected, actual)
    if expected.value == actual.value:
        return None
    if method == "DeleteRelationships" and is_exact_limit(expected.value, actual.value):
        return Difference("answer", forgiven="PARTIAL though nothing remained")
    if method == "ReadSchema":
        return Difference("schema-text", forgiven="ReadSchema gives the text as it was written")
    return Difference("answer")


def is_among_faults(expected, actual):
    """SpiceDB reports one fault of a schema, which one depends on Go's maps; arrowroot reports several."""
    return (expected.code == actual.code or {expected.code, actual.code} <= SCHEMA_CODES) \
        and expected.message in actual.message and not actual.message.startswith(expected.message)


def is_type_of_its_wildcard(expected):
    """SpiceDB refuses to remove the type `user` while a `user:*` is stored, although `user:*` stays allowed."""
    found = re.match(r"cannot remove allowed type `([\w/]+)(?: with [\w/ ]+)?` .*@([\w/]+):\*", expected.message)
    return found is not None and found.group(1) == found.group(2)


def is_bad_stored_context(expected, actual):
    """SpiceDB answers UNKNOWN, without details, to a context that the caveat's parameters do not admit."""
    return (expected.code == UNKNOWN and BAD_STORED_CONTEXT.match(expected.message) is not None
            and is_caveat_error(actual))


def evaluation_fault(expected, actual):
    """The name of what is wrong in SpiceDB's evaluation of CEL itself, if anything is."""
    if (expected.code, expected.message) == (actual.code, actual.message):
        return ""
    if "internal error: " in expected.message and (not actual.code or is_caveat_error(actual)):
        return "an internal error in SpiceDB's CEL"
    if expected.code == UNKNOWN and is_caveat_error(actual):
        return "an evaluation error that SpiceDB gives no code"
    return ""


def is_caveat_error(answer):
    return answer.code == INVALID_ARGUMENT and any("CAVEAT" in info.get("reason", "") for info in answer.infos)


def is_exact_limit(expected, actual):
    """SpiceDB says PARTIAL when it deleted exactly the limit; arrowroot only if something remains."""
    if not isinstance(expected, tuple):  # a delete repeated until COMPLETE: counts only
        return False
    return expected[1] == actual[1] and (expected[0], actual[0]) == (
        "DELETION_PROGRESS_PARTIAL", "DELETION_PROGRESS_COMPLETE")


def error_difference(expected, actual, forgiven=""):
    """Two errors of one code: by reason, metadata, and last by message."""
    info = actual.infos[0] if actual.infos else {}  # of several when this is a SpiceDB, too
    if expected.infos and not any(known in expected.infos for known in actual.infos or [{}]):
        nearest = [known for known in expected.infos if known.get("reason") == info.get("reason")]
        if not nearest:
            return Difference("reason", forgiven)
        changed = {key for key in {*nearest[0], *info} if nearest[0].get(key) != info.get(key)}
        if changed <= POSITION_KEYS and not POSITION_KEYS & set(nearest[0]):
            return Difference("position", forgiven="a fault at the very start of a schema")
        if is_cut(nearest[0], info):
            return Difference("metadata", forgiven="the source of a fault that is too long for its trailer")
        if changed <= END_KEYS:
            return Difference("position", forgiven="where a fault of a schema ends")
        if changed <= POSITION_KEYS and is_within(nearest[0], info):
            return Difference("position", forgiven="which part of a declaration is at fault")
        return Difference("position" if changed <= POSITION_KEYS else "metadata", forgiven)
    if expected.message.split() != actual.message.split():  # Go's text form of messages varies its blanks
        return Difference("message", forgiven)
    return None


def is_cut(expected, actual):
    """Whether arrowroot's source is the beginning of SpiceDB's, which does not fit."""
    source = actual.get("source_code", "")
    return source.endswith(CUT) and expected.get("source_code", "").startswith(source.removesuffix(CUT)) \
        and {**expected, "source_code": source} == actual


def is_within(expected, actual):
    """Whether arrowroot's fault begins inside of SpiceDB's, as a name's does in its declaration, or SpiceDB's inside or
    right behind arrowroot's."""
    def place(info, end, further=0):
        return int(info[f"{end}_line_number"]), int(info[f"{end}_column_position"]) + further
    return place(expected, "start") <= place(actual, "start") <= place(expected, "end") \
        or place(actual, "start") <= place(expected, "start") <= place(actual, "end", 1)


def is_of_removals(expected, actual):
    """Whether both refuse to remove something that is in use, though perhaps not the same."""
    return expected.code == actual.code and all(
        answer.infos and all("operation" in info for info in answer.infos) for answer in (expected, actual))
