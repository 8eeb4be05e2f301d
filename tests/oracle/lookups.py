"""What LookupResources and LookupSubjects find, in a form that can be compared with other answers and with checks.

A value is a dictionary: an id, and how certain it is. `*` stands for every subject, and `not a` for what is said of a
subject that `*` does not mean, or not certainly. Servers may find a thing twice; the strongest answer counts.
"""
from authzed.api.v1 import core_pb2 as core
from authzed.api.v1 import permission_service_pb2 as permissions

WILDCARD = "*"
HAS, CONDITIONAL, NO = "HAS_PERMISSION", "CONDITIONAL_PERMISSION", "NO_PERMISSION"
LOOKUPS = ("LookupResources", "LookupSubjects")
FRESH_ID = "anyone_else"  # no relationship names it: what `*` means
PAGE_SIZE = 2
PAGED_MAX = 40


def resources_value(responses):
    """Each resource found, and how certain it is."""
    found = {}
    for response in responses:
        add(found, response.resource_object_id, certainty(response))
        if not response.looked_up_at.token or not response.after_result_cursor.token:
            found["without a token or a cursor"] = ()
    return found


def subjects_value(responses):
    """Each subject found, and each excluded one; besides, where the deprecated fields say something else."""
    found = {}
    for response in responses:
        subject = response.subject.subject_object_id
        add(found, subject, certainty(response.subject))
        for excluded in response.excluded_subjects:
            add(found, f"not {excluded.subject_object_id}", certainty(excluded))
        excluded_ids = {excluded.subject_object_id for excluded in response.excluded_subjects}
        # SpiceDB's deprecated list also has those whose exception the context rules out.
        is_same = (response.subject_object_id, certainty(response)) == (subject, certainty(response.subject)) \
            and excluded_ids <= set(response.excluded_subject_ids)
        if not is_same:
            found[f"{subject} otherwise in the deprecated fields"] = ()
        if not response.looked_up_at.token:
            found["without a token"] = ()
    return found


def certainty(item):
    """`("HAS_PERMISSION",)`, or `("CONDITIONAL_PERMISSION", …)` with the names that are missing."""
    name = permissions.LookupPermissionship.Name(item.permissionship).removeprefix("LOOKUP_PERMISSIONSHIP_")
    return (name, *sorted(set(item.partial_caveat_info.missing_required_context)))


def add(found, identity, certain):
    """Of two answers for one id the definite one; of two conditional ones all that is missing."""
    earlier = found.get(identity, certain)
    if earlier[0] == certain[0]:
        found[identity] = (certain[0], *sorted({*earlier[1:], *certain[1:]}))
    else:
        found[identity] = (HAS,)


# checks

def named_ids(value):
    """Every id that a lookup names, as found or as excluded."""
    return {key.removeprefix("not ") for key in value} - {WILDCARD}


def grants(value, identity):
    """How an id is an answer: by itself, as one of everyone, both, or not at all."""
    found = [value[identity]] if identity in value else []
    everyone, excluded = value.get(WILDCARD, (NO,)), value.get(f"not {identity}", (NO,))
    if everyone[0] != NO and excluded[0] == NO:
        found.append(everyone)
    elif everyone[0] != NO and excluded[0] == CONDITIONAL:
        found.append((CONDITIONAL, *sorted({*everyone[1:], *excluded[1:]})))
    return found


def agrees(value, identity, said):
    """Whether a lookup's value says of an id what a check says. Where an id is an answer in two ways, both of them
    conditional, the check may need less than all that is missing."""
    found = grants(value, identity)
    if not found or any(one[0] == HAS for one in found):
        return said == ((HAS,) if found else (NO,))
    if len(found) == 1:
        return said == found[0]
    return said[0] == CONDITIONAL and {*said[1:]} <= {name for one in found for name in one[1:]}


def check_request(step, identity):
    """The check that a lookup answers for one id."""
    lookup = step.request
    request = permissions.CheckPermissionRequest(consistency=lookup.consistency, permission=lookup.permission)
    if step.method == "LookupResources":
        request.resource.object_type, request.resource.object_id = lookup.resource_object_type, identity
        request.subject.CopyFrom(lookup.subject)
    else:
        request.resource.CopyFrom(lookup.resource)
        request.subject.CopyFrom(core.SubjectReference(
            object=core.ObjectReference(object_type=lookup.subject_object_type, object_id=identity),
            optional_relation=lookup.optional_subject_relation))
    if lookup.HasField("context"):
        request.context.CopyFrom(lookup.context)
    return request


def bulk_request(step, ids):
    """The same for many ids at once."""
    request = permissions.CheckBulkPermissionsRequest(consistency=step.request.consistency)
    for identity in ids:
        check = check_request(step, identity)
        request.items.add(resource=check.resource, permission=check.permission, subject=check.subject,
                          context=check.context if check.HasField("context") else None)
    return request


# pages

def pages(server, step):
    """All responses to a lookup, asked for two at a time; one more page than there can be proves an endless one."""
    request = type(step.request)()
    request.CopyFrom(step.request)
    limit = "optional_limit" if step.method == "LookupResources" else "optional_concrete_limit"
    setattr(request, limit, PAGE_SIZE)
    responses = []
    for _ in range(PAGED_MAX):
        page = server.call(step.method, request)
        responses += page
        if not page:
            break
        request.optional_cursor.CopyFrom(page[-1].after_result_cursor)
    return responses
