"""Whether the server under test agrees with itself: pages with the whole, and lookups with checks.

This holds where SpiceDB cannot be asked, too: on cycles, and beyond its depth.
"""
from collections import Counter

from authzed.api.v1 import permission_service_pb2 as permissions

from answers import Difference, observe
from questions import IDS, ODD_ID, UNKNOWN_ID, Step
from lookups import (FRESH_ID, LOOKUPS, NO, PAGED_MAX, PAGE_SIZE, agrees, bulk_request, named_ids, pages,
                     resources_value, subjects_value)
from spicedb_oracle import CallError
from texts import row_text

ASKED_IDS = {*IDS, ODD_ID, UNKNOWN_ID, FRESH_ID}


def incoherence(subject, step, actual):
    """Where a whole answer of the server under test contradicts its pages or its checks; mostly nowhere."""
    if actual.code or step.method not in ("ReadRelationships", *LOOKUPS) \
            or step.method != "LookupSubjects" and step.request.optional_limit \
            or step.request.HasField("optional_cursor") or step.method in LOOKUPS and not subject.is_coherent:
        return []
    try:
        if step.method == "ReadRelationships":
            found = "paging" if paged_rows_differ(subject, step.request) else ""
        else:
            found = incoherent_lookup(subject, step, actual)
    except CallError as error:
        actual.value, found = f"while paging: {error.message}", "paging"
    return [Difference(found)] if found else []


def paged_rows_differ(server, request):
    """Whether reading page by page with cursors yields other rows than reading at once, or one of them twice."""
    whole = Counter(row_text(row.relationship) for row in server.call("ReadRelationships", request))
    if not 1 < sum(whole.values()) <= PAGED_MAX:
        return False
    paged, page = Counter(), permissions.ReadRelationshipsRequest()
    page.CopyFrom(request)
    page.optional_limit = PAGE_SIZE
    while True:
        rows = server.call("ReadRelationships", page)
        paged.update(row_text(row.relationship) for row in rows)
        if not rows or sum(paged.values()) > sum(whole.values()):
            return paged != whole
        page.optional_cursor.CopyFrom(rows[-1].after_result_cursor)


def incoherent_lookup(server, step, actual):
    """`paging` or `agreement` if a lookup contradicts its pages or the checks of what it can name."""
    said_of = checked(server, step, named_ids(actual.value) | ASKED_IDS)
    if step.method == "LookupSubjects" and step.request.optional_subject_relation \
            and said_of.get(FRESH_ID, (NO,))[0] != NO:
        # `group:*` means every `group#member` to a check, but only those that are named are looked up.
        contradicted = {identity: said for identity, said in said_of.items() if identity in actual.value and said[0] == NO}
    else:
        contradicted = {identity: said for identity, said in said_of.items() if not agrees(actual.value, identity, said)}
    if contradicted:
        actual.value = {**actual.value, **{f"{identity} by check": said for identity, said in contradicted.items()}}
        return "agreement"
    responses = pages(server, step)
    ids = [found_id(response) for response in responses]
    value = resources_value(responses) if step.method == "LookupResources" else subjects_value(responses)
    if ids != sorted(set(ids)) or value != actual.value:
        actual.value = {**actual.value, **{f"{key} in pages": said for key, said in value.items()}, "the pages": ids}
        return "paging"
    return ""


def found_id(response):
    if isinstance(response, permissions.LookupResourcesResponse):
        return response.resource_object_id
    return response.subject.subject_object_id


def checked(server, step, ids):
    """What checks answer for some ids; without those that have no answer."""
    request = bulk_request(step, sorted(ids))
    answer = observe(server, Step("CheckBulkPermissions", request))
    if answer.code:  # such as a context that is too large for a check
        return {}
    return {identity: (pair.value[0].removeprefix("PERMISSIONSHIP_"), *pair.value[1:])
            for identity, pair in zip(sorted(ids), answer.value) if not pair.code}
