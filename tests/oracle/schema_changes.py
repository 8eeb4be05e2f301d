"""Random changes of a schema, each of which may leave data or references without a home."""
import copy
from dataclasses import replace

import caveat_model
from schema_model import (DEFINITIONS, PERMISSIONS, AllowedType, Definition, conditional, random_expression,
                          random_type)


def changed_schema(rng, schema):
    """A copy with one to three changes, each of which may leave data or references without a home."""
    changed = copy.deepcopy(schema)
    changes = [drop_definition, drop_member, drop_type, add_type, add_permission, add_definition,
               turn_into_permission]
    if schema.is_conditional():
        changes += [drop_type, change_condition, drop_conditions]
    if schema.caveats:
        changes += [change_caveat] * 3 + [drop_caveat, add_caveat, rename_caveat]
    for _ in range(rng.randint(1, 3)):
        rng.choice(changes)(rng, changed)
    return changed


def is_refused(schema, changed):
    """Whether a change is surely refused for what it does to a caveat."""
    return any(caveat_model.is_refused(schema.caveats.get(name, caveat), caveat)
               for name, caveat in changed.caveats.items())


def pick_definition(rng, schema):
    usable = [name for name, definition in schema.definitions.items() if definition.relations]
    return rng.choice(usable) if usable else None


def drop_definition(rng, schema):
    if len(schema.definitions) > 1:
        del schema.definitions[rng.choice(list(schema.definitions))]


def drop_member(rng, schema):
    name = pick_definition(rng, schema)
    if name:
        definition = schema.definitions[name]
        member = rng.choice(definition.members())
        definition.relations.pop(member, None)
        definition.permissions.pop(member, None)


def drop_type(rng, schema):
    name = pick_definition(rng, schema)
    if name:
        relations = schema.definitions[name].relations
        relation = rng.choice(list(relations))
        types = list(relations[relation])
        if len(types) > 1:
            types.remove(rng.choice(types))
            relations[relation] = tuple(types)


def add_type(rng, schema):
    name = pick_definition(rng, schema)
    if name:
        relations = schema.definitions[name].relations
        relation = rng.choice(list(relations))
        added = random_type(rng, schema)
        if schema.is_conditional() and rng.random() < 0.5:
            added = conditional(rng, schema, added)
        relations[relation] = tuple(dict.fromkeys((*relations[relation], added)))


def add_permission(rng, schema):
    name = pick_definition(rng, schema)
    if name:
        permission = rng.choice(PERMISSIONS)
        permissions = schema.definitions[name].permissions
        permissions.setdefault(permission, "")
        permissions[permission] = random_expression(rng, schema, name, permission)


def add_definition(rng, schema):
    schema.definitions.setdefault(rng.choice(DEFINITIONS), Definition({"viewer": (AllowedType("user"),)}))


def turn_into_permission(rng, schema):
    name = pick_definition(rng, schema)
    if name and len(schema.definitions[name].relations) > 1:
        definition = schema.definitions[name]
        relation = rng.choice(list(definition.relations))
        del definition.relations[relation]
        definition.permissions[relation] = rng.choice(list(definition.relations))


def change_condition(rng, schema):
    """Another condition, or none, for one allowed type in place of the one it has."""
    name = pick_definition(rng, schema)
    if name:
        relations = schema.definitions[name].relations
        relation = rng.choice(list(relations))
        types = list(relations[relation])
        at = rng.randrange(len(types))
        plain = replace(types[at], caveat="", expires=False)
        types[at] = conditional(rng, schema, plain) if types[at] == plain or rng.random() < 0.5 else plain
        relations[relation] = tuple(dict.fromkeys(types))


def drop_conditions(rng, schema):
    """All conditions of one kind gone from the allowed types; the caveats stay."""
    gone = rng.choice(({"caveat": ""}, {"expires": False}))
    for definition in schema.definitions.values():
        for relation, types in definition.relations.items():
            definition.relations[relation] = tuple(dict.fromkeys(replace(allowed, **gone) for allowed in types))


def change_caveat(rng, schema):
    if schema.caveats:
        name = rng.choice(list(schema.caveats))
        schema.caveats[name] = caveat_model.changed_caveat(rng, schema.caveats[name])


def drop_caveat(rng, schema):
    """A caveat gone; half of the time also from the types that name it."""
    if schema.caveats:
        name = rng.choice(list(schema.caveats))
        del schema.caveats[name]
        if rng.random() < 0.5:
            exchange_caveat(schema, name, "")


def rename_caveat(rng, schema):
    """The same caveat under another name, in the types as well: the relationships still have the old one."""
    if schema.caveats:
        old, new = rng.choice(list(schema.caveats)), rng.choice(caveat_model.NAMES)
        schema.caveats[new] = schema.caveats.pop(old)
        exchange_caveat(schema, old, new)


def exchange_caveat(schema, old, new):
    for definition in schema.definitions.values():
        for relation, types in definition.relations.items():
            definition.relations[relation] = tuple(dict.fromkeys(
                replace(allowed, caveat=new) if allowed.caveat == old else allowed for allowed in types))


def add_caveat(rng, schema):
    schema.caveats.setdefault(rng.choice(caveat_model.NAMES), caveat_model.random_caveat(rng))
