"""Runs a case against both servers up to its first difference."""
from collections import Counter
from dataclasses import dataclass, field

from authzed.api.v1 import permission_service_pb2 as permissions

from answers import CAVEAT_ERROR, Answer, difference, differences, observe
from coherence import incoherence
from expired import alive_before, expiry_difference
from lookups import LOOKUPS
from questions import Step
from servers import NoAnswer

CHECKS = ("CheckPermission", "CheckBulkPermissions")
CHANGES = ("WriteSchema", "WriteRelationships", "DeleteRelationships")


@dataclass
class Outcome:
    """How far a case came: the step that failed, if any, both answers, and what was forgiven.

    `items` are those of a bulk check that differ; `codes` what SpiceDB answered to the changes so far,
    `checks` what to the checks, and `lookups` what to the lookups.
    """

    failed_at: int = -1
    kind: str = ""
    items: set = field(default_factory=set)
    expected: Answer = None
    actual: Answer = None
    forgiven: list = field(default_factory=list)
    codes: list = field(default_factory=list)
    questions: int = 0
    checks: Counter = field(default_factory=Counter)
    lookups: Counter = field(default_factory=Counter)


def run_case(spicedb, subject, steps, ignored):
    """Empties both servers and asks them the steps; stops at the first difference that counts."""
    spicedb.reset()
    subject.reset()
    return continue_case(spicedb, subject, steps, ignored, Outcome())


def continue_case(spicedb, subject, steps, ignored, outcome):
    """Asks what comes after the step where a case stopped, or all if it has not begun."""
    start, outcome.failed_at = outcome.failed_at + 1, -1
    try:
        ask_all(spicedb, subject, steps, ignored, outcome, start)
    except NoAnswer:
        outcome.forgiven.append("SpiceDB gave no answer in time")
    return outcome


def ask_all(spicedb, subject, steps, ignored, outcome, start):
    may_expire = any(has_expiring(step) for step in steps)
    for at, step in list(enumerate(steps))[start:]:
        alive = alive_before(spicedb, step) if may_expire else 0
        expected, actual = observe(spicedb, step), observe(subject, step)
        outcome.questions += 1
        if step.method == "CheckBulkPermissions":
            outcome.forgiven += ask_again_singly(spicedb, step, expected, actual)
        outcome.checks.update(check_results(step, expected))
        outcome.lookups.update(lookup_results(step, expected))
        found = differences(step, expected, actual)
        found = incoherence(subject, step, actual) + found
        if may_expire and any(not item.forgiven for item in found):
            found = [expiry_difference(spicedb, step, expected, actual, alive) or item for item in found]
        outcome.forgiven += [item.forgiven for item in found if item.forgiven]
        counting = [item for item in found if counts(item, ignored)]
        if step.method in CHANGES:
            outcome.codes.append(expected.code)
        if counting:
            outcome.failed_at, outcome.kind = at, counting[0].kind
            outcome.items = {item.at for item in counting}
            outcome.expected, outcome.actual = expected, actual
            return
        if expected.code != actual.code and step.method in CHANGES:
            return  # ignored, but from here on the two hold different data


def counts(found, ignored):
    return not found.forgiven and found.kind not in ignored


def has_expiring(step):
    return step.method == "WriteRelationships" and any(
        update.relationship.HasField("optional_expires_at") for update in step.request.updates)


def check_results(step, answer):
    """What became of each check of a step: its permissionship, or the code of its error."""
    if step.method not in CHECKS:
        return []
    answers = answer.value if step.method == "CheckBulkPermissions" and not answer.code else [answer]
    return [f"error {item.code}" if item.code else item.value[0].removeprefix("PERMISSIONSHIP_") for item in answers]


def lookup_results(step, answer):
    """What a lookup came to: how certain each thing found is, or nothing, or the code of its error."""
    if step.method not in LOOKUPS or answer.value == "limited":
        return []
    if answer.code:
        return [f"error {answer.code}"]
    return [found[0] for found in answer.value.values()] or ["nothing"]


def ask_again_singly(spicedb, step, expected, actual):
    """In SpiceDB an error in one item of a bulk check, of depth or of a caveat, spoils those that it answers
    along with it. Where arrowroot has answered, `expected` becomes what SpiceDB answers to the item alone."""
    if expected.code or actual.code:
        return []
    spoilt = []
    for at, (item, pair, other) in enumerate(zip(step.request.items, expected.value, actual.value)):
        if may_be_spoilt(pair) and difference("pair", pair, other):
            expected.value[at] = observe(spicedb, single_check(step.request, item))
            if not pair.is_depth_error() and difference("pair", pair, expected.value[at]):
                spoilt.append("a caveat's error spoils other items of a bulk check")
    return spoilt


def may_be_spoilt(pair):
    return pair.is_depth_error() or CAVEAT_ERROR.match(pair.message) is not None


def single_check(request, item):
    """One item of a bulk check as a question of its own."""
    return Step("CheckPermission", permissions.CheckPermissionRequest(
        consistency=request.consistency, resource=item.resource, permission=item.permission,
        subject=item.subject, context=item.context if item.HasField("context") else None))
