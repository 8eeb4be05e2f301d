"""Whether SpiceDB itself gives the other answer at times, or would if it evaluated in another order."""
from answers import differences, is_of_removals, observe
from contradictions import contradicts_itself
from erring_caveats import is_beside_errors
from overlooked import answer_with_conditions
from lookups import LOOKUPS
from replay import CHANGES, CHECKS, ask_again_singly, counts
from servers import NoAnswer

REPLAYS = 24
EVALUATING = (*CHECKS, *LOOKUPS, "ExpandPermissionTree")
ASKED_PER_REPLAY = 4  # goroutines race anew whenever a question is asked; Go's maps are made anew by a replay


def excuse(spicedb, steps, ignored, outcome):
    """The name under which a difference is forgiven for what SpiceDB does when asked again; empty if none."""
    earlier, step = steps[:outcome.failed_at], steps[outcome.failed_at]
    if outcome.kind in ("paging", "agreement"):
        return ""  # arrowroot against itself
    try:
        if step.method in EVALUATING:
            name = excuse_of_conditions(spicedb, earlier, step, ignored, outcome)
            if name:
                return name
        left = items_never_agreed(spicedb, earlier, step, ignored, outcome)
        if not left:
            return "SpiceDB is unsteady"
        if step.method == "WriteSchema" and is_of_removals(outcome.expected, outcome.actual):
            return "one of several removals that are refused"
        if contradicts_itself(spicedb, step, outcome.expected, outcome.actual):
            return f"{step.method} of SpiceDB contradicts its checks"
        if step.method in EVALUATING and is_beside_errors(spicedb, step, outcome, left):
            return "a caveat that errs beside others"
    except NoAnswer:
        pass
    return ""


def excuse_of_conditions(spicedb, earlier, step, ignored, outcome):
    """The name if it is conditions that SpiceDB overlooks: what differs does so no longer when everything is conditional,
    or is a contradiction then. Otherwise `outcome.items` are those that differ still."""
    if not any(change.method == "WriteSchema" and " with " in change.request.schema for change in earlier):
        return ""
    replay(spicedb, earlier)
    again = answer_with_conditions(spicedb, step)
    if again is None:
        return ""
    if contradicts_itself(spicedb, step, again, outcome.actual):
        return f"{step.method} of SpiceDB contradicts its checks"
    outcome.items = items_left(spicedb, step, again, ignored, outcome.items, outcome)
    return "" if outcome.items else "SpiceDB overlooks a caveat or an expiration"


def items_left(spicedb, step, again, ignored, items, outcome):
    """Of some items, those for which another answer of SpiceDB differs from arrowroot's, too."""
    if step.method == "CheckBulkPermissions":
        ask_again_singly(spicedb, step, again, outcome.actual)
    return items & {item.at for item in differences(step, again, outcome.actual) if counts(item, ignored)}


def items_never_agreed(spicedb, earlier, step, ignored, outcome):
    """Of the items that differ, those for which no replay gave the answer of arrowroot."""
    left = set(outcome.items)
    for _ in range(REPLAYS):
        replay(spicedb, earlier)
        for _ in range(1 if step.method in CHANGES else ASKED_PER_REPLAY):
            left = items_left(spicedb, step, observe(spicedb, step), ignored, left, outcome)
            if not left:
                return left
    return left


def replay(spicedb, earlier):
    """Empties SpiceDB and makes the changes again; returns their codes."""
    spicedb.reset()
    return [observe(spicedb, change).code for change in earlier if change.method in CHANGES]


def can_continue(spicedb, steps, outcome):
    """Whether a case can go on behind a question that was forgiven: if SpiceDB holds the same data again."""
    if steps[outcome.failed_at].method in CHANGES:
        return False
    try:
        return replay(spicedb, steps[:outcome.failed_at]) == outcome.codes
    except NoAnswer:
        return False
