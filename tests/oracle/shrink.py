"""Makes a failing case small."""
import re

from authzed.api.v1 import schema_service_pb2 as schemas

from questions import Step
from replay import CHANGES, run_case

REPLAYS_MAX = 400
SCHEMA_SEPARATORS = ("definition ", "caveat ", "\n", "definition ", " | ", " && ", " || ")
CONDITIONS = ("optional_caveat", "optional_expires_at")


class Shrinker:
    """Drops steps, updates, items, conditions and parts of schemas while the last step keeps its difference."""

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
        steps = self.without_caveats(steps)
        return [*self.fewest(steps[:-1], lambda kept: [*kept, steps[-1]]), steps[-1]]

    def still_fails(self, steps):
        if self.replays >= REPLAYS_MAX:
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
        """Makes one step smaller: fewer updates, preconditions, items, contexts or parts of a schema."""
        def replaced(request):
            return [*steps[:at], Step(steps[at].method, request, steps[at].is_drain), *steps[at + 1:]]

        request = steps[at].request
        if steps[at].method == "WriteSchema":
            for separator in SCHEMA_SEPARATORS:
                def joined(parts, between=separator):
                    return schemas.WriteSchemaRequest(schema=between.join(parts))

                request = joined(self.fewest(request.schema.split(separator),
                                             lambda parts, join=joined: replaced(join(parts))))
        for name in ("updates", "optional_preconditions", "items"):
            if name in request.DESCRIPTOR.fields_by_name:
                kept = self.fewest(list(getattr(request, name)),
                                   lambda part, name=name: replaced(with_items(request, name, part)))
                request = with_items(request, name, kept)
        for change in smaller_conditions(request):
            smaller = type(request)()
            smaller.CopyFrom(request)
            change(smaller)
            if smaller != request and self.still_fails(replaced(smaller)):
                request = smaller
        return replaced(request)

    def without_caveats(self, steps):
        """Takes a caveat out of all schemas and relationships at once, for each caveat that allows it."""
        texts = " ".join(step.request.schema for step in steps if step.method == "WriteSchema")
        for name in sorted(set(re.findall(r"\bwith ([\w/]+)", texts)) - {"expiration"}):
            shorter = [without_caveat(step, name) for step in steps]
            if self.still_fails(shorter):
                steps = shorter
        return steps


def with_items(request, name, items):
    """A copy of a request with other items in one repeated field."""
    copy = type(request)()
    copy.CopyFrom(request)
    copy.ClearField(name)
    getattr(copy, name).extend(items)
    return copy


def smaller_conditions(request):
    """Changes of a request, each of which takes away a condition, a context or a key of one."""
    names = request.DESCRIPTOR.fields_by_name
    for at, update in enumerate(request.updates if "updates" in names else ()):
        for name in CONDITIONS:
            yield lambda smaller, at=at, name=name: smaller.updates[at].relationship.ClearField(name)
        for key in update.relationship.optional_caveat.context.fields:
            yield lambda smaller, at=at, key=key: drop_key(
                smaller.updates[at].relationship.optional_caveat, key)
    for at, item in enumerate(request.items if "items" in names else ()):
        for key in item.context.fields:
            yield lambda smaller, at=at, key=key: drop_key(smaller.items[at], key)
    if "context" in names:
        for key in request.context.fields:
            yield lambda smaller, key=key: drop_key(smaller, key)


def drop_key(holder, key):
    if key in holder.context.fields:
        del holder.context.fields[key]


def without_caveat(step, name):
    """A step that no longer speaks of a caveat, except in a declaration."""
    request = type(step.request)()
    request.CopyFrom(step.request)
    if step.method == "WriteSchema":
        request.schema = re.sub(rf" with {re.escape(name)}(?![\w/])( and(?= expiration))?",
                                lambda found: " with" if found[1] else "", request.schema)
    for update in request.updates if step.method == "WriteRelationships" else ():
        if update.relationship.optional_caveat.caveat_name == name:
            update.relationship.ClearField("optional_caveat")
    return Step(step.method, request, step.is_drain)
