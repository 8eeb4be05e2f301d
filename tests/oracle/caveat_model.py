"""Caveats as data: random declarations, changes of them, and faults in them."""
from dataclasses import dataclass

from cel_expressions import Expressions

NAMES = ["only_if", "office_hours", "Within", "c", "team/rule"]
PARAMETERS = {
    "any": ["anything", "value"], "bool": ["flag", "is_ok"], "string": ["name", "word"], "int": ["count", "number"],
    "uint": ["size", "u"], "double": ["ratio", "weight"], "bytes": ["digest", "raw"], "duration": ["age", "timeout"],
    "timestamp": ["now", "since"], "ipaddress": ["ip", "address"], "list": ["items", "tags"],
    "map": ["attributes", "m"],
}
SHARED_NAMES = ["x", "name", "count"]  # names that caveats may use with different types
BASIC_TYPES = [name for name in PARAMETERS if name not in ("list", "map")]
TYPE_WEIGHTS = [2, 3, 4, 5, 2, 3, 2, 3, 3, 3]
BAD_TYPES = ["integer", "list", "map", "map<string, int>", "list<foo>", "list<int", "Int", "string>", "timestamp<>"]
BAD_PARAMETERS = ["in", "true", "for", "int", "type", "relation", "with", "1x", "é"]


@dataclass(frozen=True)
class Caveat:
    """Parameters are (name, type) pairs, in order; a name may occur twice, wrongly."""

    parameters: tuple
    expression: str
    is_faulty: bool = False

    def text(self, name):
        declared = ", ".join(f"{parameter} {kind}" for parameter, kind in self.parameters)
        return f"caveat {name}({declared}) {{\n  {self.expression}\n}}"


def random_caveat(rng):
    parameters = []
    for _ in range(rng.choice((1, 1, 1, 2, 2, 2, 3, 4))):
        add_parameter(rng, parameters)
    return with_parameters(rng, parameters)


def with_parameters(rng, parameters):
    return Caveat(tuple(parameters), Expressions(rng, parameters).condition())


def add_parameter(rng, parameters):
    kind = random_type(rng)
    names = SHARED_NAMES if rng.random() < 0.1 else PARAMETERS[kind.partition("<")[0]]
    unused = [name for name in names if name not in dict(parameters)]
    if unused:
        parameters.append((rng.choice(unused), kind))


def random_type(rng, depth=0):
    draw = rng.random()
    if depth < 2 and draw < 0.24:
        return f"{'list' if draw < 0.12 else 'map'}<{random_type(rng, depth + 1)}>"
    return rng.choices(BASIC_TYPES, TYPE_WEIGHTS)[0]


def random_caveats(rng):
    """One to three by name."""
    return {name: random_caveat(rng) for name in rng.sample(NAMES, rng.choice((1, 1, 2, 2, 3)))}


# changes

def changed_caveat(rng, caveat):
    """Another expression; or a parameter more, fewer, or of another type; or a fault."""
    if caveat.is_faulty:
        return random_caveat(rng)
    if rng.random() < 0.3:
        return faulty_caveat(rng, caveat)
    parameters = list(caveat.parameters)
    kind = rng.choices(("expression", "more", "fewer", "type", "order"), (5, 3, 2, 2, 1))[0]
    at = rng.randrange(len(parameters))
    if kind == "more":
        add_parameter(rng, parameters)
    elif kind == "fewer" and len(parameters) > 1:
        del parameters[at]
    elif kind == "type":
        parameters[at] = parameters[at][0], random_type(rng)
    elif kind == "order":
        return Caveat(tuple(reversed(parameters)), caveat.expression)
    return with_parameters(rng, parameters)


def is_refused(before, after):
    """Whether a change of a caveat is surely refused: it is faulty, or a parameter is gone or of another type."""
    return after.is_faulty or not dict(before.parameters).items() <= dict(after.parameters).items()


def faulty_caveat(rng, caveat):
    """One thing of a declaration made wrong."""
    parameters, expression = list(caveat.parameters), caveat.expression
    at = rng.randrange(len(parameters))
    name, kind = parameters[at]
    fault = rng.randrange(7)
    if fault == 0:
        parameters.append(("unused", random_type(rng)))
    elif fault == 1:
        parameters[at] = name, rng.choice(BAD_TYPES)
    elif fault == 2:
        parameters.insert(rng.randrange(len(parameters) + 1), (name, rng.choice((kind, random_type(rng)))))
    elif fault == 3:
        parameters.append((rng.choice(BAD_PARAMETERS), "int"))
    elif fault == 4:
        del parameters[at]  # perhaps the only one; its uses stay
    elif fault == 5:
        expression = ill_typed(rng, expression, name)
    else:
        expression = broken(rng, expression)
    return Caveat(tuple(parameters), expression, is_faulty=True)


def ill_typed(rng, expression, name):
    return rng.choice((
        name, f"{name} && missing", f'({expression}) && 1 == "a"', f"({expression}) ? 1 : 2", f"{name}.unknown() == 1",
        f"({expression}) && 1.0 == 1", f"({expression}) && [1, 2].contains(1)", f"{name} + {name} * true",
        f"({expression}) && size(1) == 1", f"size({name}, 1) > 0", f"({expression}) && {name} in 5",
        f"-({expression})", f'({expression}) && "a" < 1', f"missing.all(i, i == {name})",
        f"{name} == ipaddress('::1')"))


def broken(rng, expression):
    """A syntax error, mostly."""
    return rng.choice((
        "", f"({expression}", f"{expression} &&", f"{expression})", f"&& {expression}", f"{expression} ; true",
        f"{expression} = true", f'{expression} && "a', f"{expression} && [1,", f"{expression} ? true",
        f"{expression} && 1 ++ 2 > 0", f"{expression} && {{1: }}", f"{expression} && 08 == 8", f"{expression} and true",
        f"{expression} && a..b", f"if ({expression}) true", f"{expression} && 0x == 0", f"{expression} && @ == 1",
        f"{expression} && has(1)", f"{expression} && [1].all(1, true)", f"{expression} // ended"))
