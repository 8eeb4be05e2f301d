"""A schema as data: random ones, and their text."""
from dataclasses import dataclass, field, replace

import caveat_model

DEFINITIONS = ["user", "group", "folder", "doc", "team/unit", "robot"]
RELATIONS = ["member", "viewer", "owner", "parent", "admin", "anyone"]
PERMISSIONS = ["view", "edit", "access", "manage"]
WILDCARD = "*"


@dataclass(frozen=True)
class AllowedType:
    """One subject shape that a relation admits, perhaps only with a caveat, an expiration, or both."""

    definition: str
    relation: str = ""  # empty: the object itself; WILDCARD: all objects; else a relation or permission
    caveat: str = ""
    expires: bool = False

    def text(self):
        text = self.definition
        if self.relation:
            text += ":*" if self.relation == WILDCARD else f"#{self.relation}"
        traits = [trait for trait in (self.caveat, "expiration" if self.expires else "") if trait]
        return f"{text} with {' and '.join(traits)}" if traits else text


@dataclass
class Definition:
    """Members in order: relations with their allowed types, permissions with their expression's text."""

    relations: dict = field(default_factory=dict)
    permissions: dict = field(default_factory=dict)

    def members(self):
        return [*self.relations, *self.permissions]


@dataclass
class Schema:
    """Definitions and caveats by name. The keywords `self` and `expiration` may be used only if declared."""

    definitions: dict = field(default_factory=dict)
    uses_self: bool = False
    caveats: dict = field(default_factory=dict)
    uses_expiration: bool = False
    are_caveats_last: bool = False

    def text(self):
        flags = ("use self\n\n" if self.uses_self else "") + ("use expiration\n\n" if self.uses_expiration else "")
        parts = [caveat.text(name) for name, caveat in self.caveats.items()]
        definitions = [self.definition_text(name) for name in self.definitions]
        return flags + "\n\n".join(definitions + parts if self.are_caveats_last else parts + definitions) + "\n"

    def is_conditional(self):
        """Whether relationships may depend on a context or on the time."""
        return bool(self.caveats) or self.uses_expiration

    def definition_text(self, name):
        definition = self.definitions[name]
        lines = [f"\trelation {relation}: {' | '.join(allowed.text() for allowed in types)}"
                 for relation, types in definition.relations.items()]
        lines += [f"\tpermission {permission} = {expression}"
                  for permission, expression in definition.permissions.items()]
        return "\n".join([f"definition {name} {{", *lines, "}"]) if lines else f"definition {name} {{}}"

    def shapes(self):
        """Every (definition, relation, allowed type)."""
        return [(name, relation, allowed) for name, definition in self.definitions.items()
                for relation, types in definition.relations.items() for allowed in types]

    def is_public(self, name, member, seen=()):
        """Whether a relation admits a wildcard, itself or through usersets."""
        if (name, member) in seen or name not in self.definitions:
            return False
        return any(allowed.relation == WILDCARD
                   or allowed.relation and self.is_public(allowed.definition, allowed.relation,
                                                          (*seen, (name, member)))
                   for allowed in self.definitions[name].relations.get(member, ()))


def random_schema(rng, is_conditional=False):
    """One to six definitions; nearly always valid, as a case with a refused schema asks little."""
    schema = Schema(uses_self=rng.random() < 0.25)
    names = ["user", *rng.sample(DEFINITIONS[1:], rng.randint(1 if is_conditional else 0, 5))]
    for name in names:
        schema.definitions[name] = random_members(rng, is_plain=name == "user" and rng.random() < 0.7)
    for name, definition in schema.definitions.items():
        for relation in definition.relations:
            definition.relations[relation] = random_types(rng, schema, name, relation)
    if rng.random() < 0.98:
        remove_transitive_wildcards(schema)
    if is_conditional:
        add_conditions(rng, schema)
    for name, definition in schema.definitions.items():
        for permission in definition.permissions:
            definition.permissions[permission] = random_expression(rng, schema, name, permission)
    return schema


def random_members(rng, is_plain):
    """The names of a definition's relations and permissions; what they mean comes later."""
    if is_plain:
        return Definition()
    relations = sorted(rng.sample(RELATIONS, rng.randint(1, 4)), key=RELATIONS.index)
    permissions = rng.sample(PERMISSIONS, rng.randint(0, 3))
    return Definition(dict.fromkeys(relations, ()), dict.fromkeys(permissions, ""))


def random_types(rng, schema, name, relation):
    """One to three allowed types; `parent` and `member` like to be recursive."""
    types = []
    if relation == "parent" and rng.random() < 0.6:
        types.append(AllowedType(name))
    if relation == "member" and rng.random() < 0.5:
        types.append(AllowedType(name, "member"))
    if relation == "anyone":
        types.append(AllowedType("user", WILDCARD))
    for _ in range(rng.randint(0 if types else 1, 3)):
        types.append(random_type(rng, schema))
    if rng.random() < 0.002:
        return (*types, types[0])
    return tuple(dict.fromkeys(types))


def random_type(rng, schema):
    name = "user" if rng.random() < 0.5 else rng.choice(list(schema.definitions))
    members = schema.definitions.get(name, Definition()).members()
    if members and rng.random() < 0.4:
        return AllowedType(name, rng.choice(members))
    return AllowedType(name, WILDCARD if rng.random() < 0.12 else "")


def remove_transitive_wildcards(schema):
    """SpiceDB refuses a userset of another definition when it may contain a wildcard."""
    for name, definition in schema.definitions.items():
        for relation, types in definition.relations.items():
            kept = tuple(allowed for allowed in types
                         if allowed.relation in ("", WILDCARD) or allowed.definition == name
                         or not schema.is_public(allowed.definition, allowed.relation))
            definition.relations[relation] = kept or (AllowedType("user"),)


def add_conditions(rng, schema):
    """Caveats, expiration or both, on most of the allowed types."""
    if rng.random() < 0.88:
        schema.caveats = caveat_model.random_caveats(rng)
        schema.are_caveats_last = rng.random() < 0.1
    schema.uses_expiration = not schema.caveats or rng.random() < 0.45
    for definition in schema.definitions.values():
        for relation, types in definition.relations.items():
            definition.relations[relation] = conditional_types(rng, schema, types)
    if rng.random() < 0.02:
        add_fault(rng, schema)


def conditional_types(rng, schema, types):
    """Some types only with a condition, some with and without."""
    found = []
    for allowed in types:
        draw = rng.random()
        if draw < 0.45:
            found.append(allowed)
        if draw > 0.25:
            found.append(conditional(rng, schema, allowed))
    return tuple(found) if rng.random() < 0.003 else tuple(dict.fromkeys(found))


def conditional(rng, schema, allowed):
    """The same type with a caveat, an expiration or both; now and then with an unknown caveat."""
    caveat, expires = "", schema.uses_expiration and rng.random() < 0.4
    if schema.caveats and (not expires or rng.random() < 0.5):
        caveat = rng.choice(list(schema.caveats))
    if rng.random() < 0.001:
        caveat = rng.choice(("missing", "user", "expiration"))
    return replace(allowed, caveat=caveat, expires=expires)


def add_fault(rng, schema):
    """A faulty declaration, or a caveat of a definition's name, or a keyword that is used without its flag."""
    if not schema.caveats or rng.random() < 0.1:
        schema.uses_expiration = not schema.uses_expiration
        return
    name = rng.choice(list(schema.caveats))
    if rng.random() < 0.1:
        schema.caveats[rng.choice(DEFINITIONS)] = schema.caveats[name]
    else:
        schema.caveats[name] = caveat_model.faulty_caveat(rng, schema.caveats[name])


def random_expression(rng, schema, name, permission, depth=0):
    """Operators of all three kinds, often side by side without parentheses."""
    operands = [random_operand(rng, schema, name, permission, depth)
                for _ in range(rng.choice((1, 1, 2, 2, 3, 4) if depth == 0 else (2, 2, 3)))]
    text = operands[0]
    for operand in operands[1:]:
        text += f" {rng.choice('+++&&-')} {operand}"
    return text


def random_operand(rng, schema, name, permission, depth):
    definition = schema.definitions[name]
    draw = rng.random()
    if depth < 2 and draw < 0.15:
        return f"({random_expression(rng, schema, name, permission, depth + 1)})"
    if draw < 0.19:
        return "nil"
    if schema.uses_self and draw < 0.28:
        return "self"
    if draw < 0.55:
        arrow = random_arrow(rng, schema, name)
        if arrow:
            return arrow
    permissions = list(definition.permissions)
    earlier = permissions[:permissions.index(permission)]
    if permissions and rng.random() < 0.02:
        earlier = permissions  # a later one or itself: a cycle of permissions, mostly legal
    if rng.random() < 0.002:
        return "missing"
    return rng.choice([*definition.relations, *earlier])


def random_arrow(rng, schema, name):
    """An arrow over a relation without wildcards; its target may not exist on every subject type."""
    relations = schema.definitions[name].relations
    usable = [relation for relation in relations
              if rng.random() < 0.004 or not schema.is_public(name, relation)]
    if not usable:
        return None
    left = "parent" if "parent" in usable and rng.random() < 0.5 else rng.choice(usable)
    targets = {member for allowed in relations[left] if allowed.definition in schema.definitions
               for member in schema.definitions[allowed.definition].members()}
    right = rng.choice(sorted(targets) if targets and rng.random() < 0.9 else RELATIONS + PERMISSIONS)
    return rng.choice((f"{left}->{right}", f"{left}->{right}", f"{left}.any({right})",
                       f"{left}.all({right})"))
