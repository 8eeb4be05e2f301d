"""Steps and answers as a reader would write them down."""
from answers import Answer, difference
from texts import context_text, row_text, subject_text

UPDATE_NAMES = {0: "UNSPECIFIED", 1: "CREATE", 2: "TOUCH", 3: "DELETE"}
UPDATES_SHOWN_MAX = 50
REQUEST_CHARACTERS_MAX = 2000


def step_text(step):
    """A step, one line for each update, item or line of schema."""
    request = step.request
    if step.method == "WriteSchema":
        return "\n".join(["WriteSchema", *(f"    {line}" for line in request.schema.split("\n"))])
    if step.method == "WriteRelationships":
        return "\n".join(["WriteRelationships", *map(update_text, request.updates[:UPDATES_SHOWN_MAX]),
                          *map(precondition_text, request.optional_preconditions[:UPDATES_SHOWN_MAX])])
    if step.method == "CheckPermission":
        return f"CheckPermission {check_text(request)}{consistency_text(request)}"
    if step.method == "CheckBulkPermissions":
        items = [f"    {check_text(item)}" for item in request.items[:UPDATES_SHOWN_MAX]]
        return "\n".join([f"CheckBulkPermissions{consistency_text(request)}", *items])
    return f"{step.method}{' until COMPLETE' if step.is_drain else ''} {message_text(request)}"


def update_text(update):
    name = UPDATE_NAMES.get(update.operation, update.operation)
    return f"    {name} {row_text(update.relationship)[:REQUEST_CHARACTERS_MAX]}"


def precondition_text(precondition):
    return f"    if {message_text(precondition)}"


def check_text(item):
    """`doc:1#view@user:a`; a message left out shows as `:`."""
    context = f" with {context_text(item.context)[:REQUEST_CHARACTERS_MAX]}" if item.HasField("context") else ""
    resource = f"{item.resource.object_type}:{item.resource.object_id}"
    return f"{resource}#{item.permission}@{subject_text(item.subject)}{context}"


def consistency_text(request):
    return "" if request.consistency.fully_consistent else f" at {message_text(request.consistency)}"


def message_text(message):
    text = " ".join(str(message).split()).replace("consistency { fully_consistent: true } ", "")
    return text[:REQUEST_CHARACTERS_MAX]


def answers_text(step, expected, actual):
    """Both answers; of a bulk check only the items that differ."""
    if step.method == "CheckBulkPermissions" and not expected.code and not actual.code \
            and len(expected.value) == len(actual.value):
        return "\n".join(pair_text(item, *pair)
                         for item, *pair in zip(step.request.items, expected.value, actual.value)
                         if difference("pair", *pair))
    return f"  SpiceDB:   {answer_text(expected)}\n  arrowroot: {answer_text(actual)}"


def pair_text(item, expected, actual):
    return f"  {check_text(item)}\n  SpiceDB:   {answer_text(expected)}\n  arrowroot: {answer_text(actual)}"


def answer_text(answer):
    if answer.code:
        infos = " or ".join(map(str, answer.infos)) or "details unknown"
        return f"error {answer.code}: {answer.message}\n             {infos}"
    if isinstance(answer.value, tuple):
        return " ".join(map(str, answer.value))
    if isinstance(answer.value, list):
        return "; ".join(item if isinstance(item, str) else answer_text(item) if isinstance(item, Answer)
                         else str(item) for item in answer.value) or "nothing"
    if isinstance(answer.value, dict):
        return "; ".join(f"{key} {' '.join(map(str, found))}" for key, found in sorted(answer.value.items())) or "nothing"
    return str(answer.value)
