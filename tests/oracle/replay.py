"""Runs a case against both servers up to its first difference, and makes a failing case small."""
from dataclasses import dataclass, field

from authzed.api.v1 import permission_service_pb2 as permissions
from authzed.api.v1 import schema_service_pb2 as schemas

from answers import Answer, Difference, differences, observe, paging_difference
from generate import Step
from servers import NoAnswer
from spicedb_oracle import CallError

CHANGES = ("WriteSchema", "WriteRelationships", "DeleteRelationships")
STEADINESS_REPLAYS = 24
SHRINK_REPLAYS_MAX = 300


@dataclass
class Outcome:
    """How far a case came: the step that failed, if any, both answers, and what was forgiven."""

    failed_at: int = -1
    kind: str = ""
    expected: Answer = None
    actual: Answer = None
    forgiven: list = field(default_factory=list)
    questions: int = 0


def run_case(spicedb, subject, steps, ignored):
    """Empties both servers and asks them the steps; stops at the first difference that counts."""
    spicedb.reset()
    subject.reset()
    outcome = Outcome()
    try:
        ask_all(spicedb, subject, steps, ignored, outcome)
    except NoAnswer:
        outcome.forgiven.append("SpiceDB gave no answer in time")
    return outcome


def ask_all(spicedb, subject, steps, ignored, outcome):
    for at, step in enumerate(steps):
        expected, actual = observe(spicedb, step), observe(subject, step)
        outcome.questions += 1
        if step.method == "CheckBulkPermissions":
            ask_again_singly(spicedb, step, expected, actual)
        found = differences(step, expected, actual) + paging(subject, step, actual)
        outcome.forgiven += [item.forgiven for item in found if item.forgiven]
        counting = [item for item in found if not item.forgiven and item.kind not in ignored]
        if counting:
            outcome.failed_at, outcome.kind = at, counting[0].kind
            outcome.expected, outcome.actual = expected, actual
            return
        if expected.code != actual.code and step.method in CHANGES:
            return  # ignored, but from here on the two hold different data


def ask_again_singly(spicedb, step, expected, actual):
    """In a bulk check one item too deep spoils its neighbours in SpiceDB; asked alone they have answers."""
    if expected.code or actual.code:
        return
    for at, (item, pair, other) in enumerate(zip(step.request.items, expected.value, actual.value)):
        if pair.is_depth_error() and not other.is_depth_error():
            request = permissions.CheckPermissionRequest(
                consistency=step.request.consistency, resource=item.resource, permission=item.permission,
                subject=item.subject, context=item.context if item.HasField("context") else None)
            expected.value[at] = observe(spicedb, Step("CheckPermission", request))


def paging(subject, step, actual):
    """The paging of the server under test, wherever a whole answer was given."""
    if step.method != "ReadRelationships" or actual.code or step.request.optional_limit \
            or step.request.HasField("optional_cursor"):
        return []
    try:
        found = paging_difference(subject, step.request)
    except CallError as error:
        actual.value = f"while paging: {error.message}"
        return [Difference("paging")]
    return [found] if found else []


def is_unsteady(spicedb, steps, outcome):
    """Whether SpiceDB itself gives the other answer on some replay: Go maps order some of its choices."""
    try:
        return any(agrees_on_replay(spicedb, steps[:outcome.failed_at], steps[outcome.failed_at], outcome)
                   for _ in range(STEADINESS_REPLAYS))
    except NoAnswer:
        return False


def agrees_on_replay(spicedb, earlier, step, outcome):
    spicedb.reset()
    for change in earlier:
        if change.method in CHANGES:
            observe(spicedb, change)
    again = observe(spicedb, step)
    if step.method == "CheckBulkPermissions":
        ask_again_singly(spicedb, step, again, outcome.actual)
    return all(item.forgiven or item.kind != outcome.kind
               for item in differences(step, again, outcome.actual))


class Shrinker:
    """Drops steps, updates, items and schema lines for as long as the last step keeps its difference."""

    def __init__(self, spicedb, subject, ignored, kind):
        self.spicedb, self.subject, self.ignored, self.kind = spicedb, subject, ignored, kind
        self.replays = 0

    def shrink(self, steps):
        last = len(steps) - 1
        changes = [step for step in steps[:-1] if step.method in CHANGES]
        if self.still_fails([*changes, steps[-1]]):
            steps, last = [*changes, steps[-1]], len(changes)
        steps = self.shrink_step(steps, last)
        steps = [*self.fewest(steps[:-1], lambda kept: [*kept, steps[-1]]), steps[-1]]
        for at in range(len(steps)):
            steps = self.shrink_step(steps, at)
        return [*self.fewest(steps[:-1], lambda kept: [*kept, steps[-1]]), steps[-1]]

    def still_fails(self, steps):
        if self.replays >= SHRINK_REPLAYS_MAX:
            return False
        self.replays += 1
        outcome = run_case(self.spicedb, self.subject, steps, self.ignored)
        return outcome.failed_at == len(steps) - 1 and outcome.kind == self.kind

    def fewest(self, items, rebuild):
        """Leaves out halves, then quarters, and so on down to single items; `rebuild` makes the steps."""
        size = len(items)
        while size:
            for at in range(len(items) - size, -size, -size):
                start = max(at, 0)
                shorter = items[:start] + items[start + size:]
                if len(shorter) < len(items) and self.still_fails(rebuild(shorter)):
                    items = shorter
            size //= 2
        return items

    def shrink_step(self, steps, at):
        """Makes one step smaller: fewer updates, preconditions, items or schema lines."""
        def replaced(request):
            return [*steps[:at], Step(steps[at].method, request, steps[at].is_drain), *steps[at + 1:]]

        request = steps[at].request
        if steps[at].method == "WriteSchema":
            for separator in ("definition ", "\n", "definition "):
                def joined(parts, between=separator):
                    return schemas.WriteSchemaRequest(schema=between.join(parts))

                request = joined(self.fewest(request.schema.split(separator),
                                             lambda parts, join=joined: replaced(join(parts))))
        for name in ("updates", "optional_preconditions", "items"):
            if name in request.DESCRIPTOR.fields_by_name:
                kept = self.fewest(list(getattr(request, name)),
                                   lambda part, name=name: replaced(with_items(request, name, part)))
                request = with_items(request, name, kept)
        return replaced(request)


def with_items(request, name, items):
    """A copy of a request with other items in one repeated field."""
    copy = type(request)()
    copy.CopyFrom(request)
    copy.ClearField(name)
    getattr(copy, name).extend(items)
    return copy
