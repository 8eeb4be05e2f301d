"""Relationships, contexts and trees as text: for comparison, and for readers."""
import json

from authzed.api.v1 import core_pb2 as core
from google.protobuf import json_format

Operation = core.AlgebraicSubjectSet.Operation


def row_text(relationship):
    """One relationship as text: `doc:a#viewer@user:b[only_if:{"count": 1.0}][expires 4102444800.0]`."""
    resource = relationship.resource
    text = (f"{resource.object_type}:{resource.object_id}#{relationship.relation}"
            f"@{subject_text(relationship.subject)}")
    if relationship.HasField("optional_caveat"):
        caveat = relationship.optional_caveat
        context = context_text(caveat.context) if caveat.HasField("context") else "without context"
        text += f"[{caveat.caveat_name}:{context}]"
    if relationship.HasField("optional_expires_at"):
        expires_at = relationship.optional_expires_at
        text += f"[expires {expires_at.seconds}.{expires_at.nanos}]"
    return text


def context_text(context):
    return json.dumps(json_format.MessageToDict(context), sort_keys=True, ensure_ascii=False)


def subject_text(subject):
    relation = f"#{subject.optional_relation}" if subject.optional_relation else ""
    return f"{subject.object.object_type}:{subject.object.object_id}{relation}"


def tree_text(tree):
    """`doc:a#view=UNION(doc:a#viewer=[user:b, user:c], …)`; the first child of an exclusion stays the first."""
    name = f"{tree.expanded_object.object_type}:{tree.expanded_object.object_id}#{tree.expanded_relation}"
    kind = tree.WhichOneof("tree_type")
    if kind == "leaf":
        return f"{name}=[{', '.join(sorted(map(subject_text, tree.leaf.subjects)))}]"
    if kind != "intermediate":
        return f"{name}=nothing"
    operation = tree.intermediate.operation
    children = [tree_text(child) for child in tree.intermediate.children]
    if operation == core.AlgebraicSubjectSet.OPERATION_EXCLUSION:
        children = [*children[:1], *sorted(children[1:])]
    else:
        children.sort()
    return f"{name}={Operation.Name(operation).removeprefix('OPERATION_')}({', '.join(children)})"
