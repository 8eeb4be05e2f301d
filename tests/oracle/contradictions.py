"""Lookups in which SpiceDB contradicts its own checks.

It may name `self` a subject of any type, lose what is missing for a resource that is found on several ways, or lose an
exclusion that only one of two usersets makes. Of each resource or subject that differs, SpiceDB's lookup must then say
something else than its check, and arrowroot's must say what that check says.
"""
from answers import Answer, observe
from questions import Step
from lookups import FRESH_ID, LOOKUPS, WILDCARD, agrees, check_request, grants, named_ids


def contradicts_itself(spicedb, step, expected, actual):
    """Whether that explains all that differs; SpiceDB holds the data of the case."""
    if step.method not in LOOKUPS or expected.code or actual.code or not isinstance(expected.value, dict):
        return False
    differing = {key.removeprefix("not ") for key in {*expected.value, *actual.value}
                 if expected.value.get(key) != actual.value.get(key)}
    if WILDCARD in differing:
        differing = differing - {WILDCARD} | named_ids(expected.value) | named_ids(actual.value) | {FRESH_ID}
    return bool(differing) and all(is_explained(spicedb, step, identity, expected.value, actual.value)
                                   for identity in differing)


def is_explained(spicedb, step, identity, expected, actual):
    if grants(expected, identity) == grants(actual, identity):
        return True
    check = observe(spicedb, Step("CheckPermission", check_request(step, identity)))
    if check.code:
        return check.is_depth_error()
    said = certainty(check)
    return agrees(actual, identity, said) \
        and (not agrees(expected, identity, said) or is_itself_of_another_type(step, identity))


def is_itself_of_another_type(step, identity):
    """Whether SpiceDB may name the resource itself where subjects of another type are asked for, or sets."""
    if step.method != "LookupSubjects":
        return False
    lookup = step.request
    return identity == lookup.resource.object_id \
        and (lookup.subject_object_type != lookup.resource.object_type or bool(lookup.optional_subject_relation))


def certainty(answer: Answer):
    return (answer.value[0].removeprefix("PERMISSIONSHIP_"), *answer.value[1:])
