"""Random well-typed CEL, made from templates: a clause about each parameter, joined into one condition.

In a template `@e` is the expression in question, `@int` any expression of that type, `@T` one of the
element type, `@list<T>` a list of those, `@?{x:T}` a condition on x, which has type T, and `@map` a
parameter that is a map, or `@e` itself. Types are written as in caveat parameters; `unsigned` is
CEL's own uint, while parameters of type uint are checked as ints, and are unsigned when it comes to it.
"""
import re

PLACEHOLDER = re.compile(r"@\?\{([^:}]+):([^}]+)\}|@((?:list|map)<\w+>|\w+)")
BASIC_TYPES = ("bool", "string", "int", "double", "bytes", "duration", "timestamp")
VARIABLES = "ikv"
DEPTH_MAX = 2

ORDERED = ["@e == {t}", "@e == {t}", "@e != {t}", "@e < {t}", "@e <= {t}", "@e > {t}", "@e >= {t}", "{t} < @e",
           "@e in [{t}, {t}, {t}]", "@e in @list<{t}>"]


def ordered(name):
    return [template.replace("{t}", f"@{name}").replace("<@", "<") for template in ORDERED]


LITERALS = {
    "bool": ["true", "false"],
    "int": ["0", "1", "1", "2", "3", "5", "10", "-1", "0x10", "60", "2024", "9223372036854775807"],
    "unsigned": ["0u", "1u", "2u", "5u", "0x10u"],
    "double": ["0.0", "1.0", "1.5", "-0.5", "2.5e1", "3.0", "1e3", ".5"],
    "string": ['"a"', '"a"', '"ab"', "'abc'", '""', '"b"', '"a.b"', '"é"', '"1"', r'"a\nb"', 'r"a\\d"', '"""a"""'],
    "bytes": ['b"a"', "b'ab'", r'b"\xff"', 'b""', 'b"é"', r'b"\141"'],
    "duration": [f'duration("{text}")' for text in ("1h", "90s", "1h30m", "-5m", "0s", "1.5s", "24h", "1ms")],
    "timestamp": [f'timestamp("{text}")' for text in (
        "2024-02-29T12:30:00Z", "2020-01-01T00:00:00+02:00", "2024-02-29T12:30:15.25Z", "1969-12-31T23:59:59Z",
        "2030-06-15T08:00:00-07:00")],
}
WORDS = {
    "key": ["a", "b", "key_1"],
    "zone": ['"America/New_York"', '"+02:00"', '"UTC"', '"Europe/Berlin"', '"Nowhere"'],
    "cidr": ['"10.0.0.0/8"', '"10.0.0.0/8"', '"192.168.1.0/24"', '"2001:db8::/32"', '"0.0.0.0/0"', '"10.1.2.3/32"',
             '"::ffff:10.0.0.0/104"', '"10.0.0.0"'],
    "regex": ['"^a"', '"b$"', '"a.c"', '"^[a-z]+$"', '"a|b"', '"(?i)AB"', r'"\\d+"', r"r'a\.b'", '"a{2}"', '""',
              '"^$"', '"[[:alpha:]]b"', r'"\\bb?"', '"^.?$"', '"(a"'],
}
CLAUSES = {
    "bool": ["@e", "@e", "!@e", "@e == @bool", "@e != @bool", "(@e ? @bool : @bool)", "@e in [true, @bool]"],
    "int": ordered("int"),
    "uint": ordered("int"),
    "unsigned": ordered("unsigned")[:9],
    "double": ordered("double"),
    "string": [*ordered("string"), "@e.contains(@string)", "@e.startsWith(@string)", "@e.endsWith(@string)",
               "@e.matches(@regex)", "@e.matches(@regex)", "matches(@e, @regex)", "@e in @map<int>"],
    "bytes": ["@e == @bytes", "@e != @bytes", "@e < @bytes", "@e >= @bytes", "@e in [@bytes, @bytes]"],
    "duration": ordered("duration"),
    "timestamp": ordered("timestamp"),
    "ipaddress": ["@e.in_cidr(@cidr)"] * 5 + ["!@e.in_cidr(@cidr)", "@e == @ipaddress", "@e != @ipaddress",
                                              "@e in [@ipaddress]", "@e in @list<ipaddress>"],
    "list": ["@T in @e", "@T in @e", "@e == @list<T>", "@e != @list<T>", "@e.exists(i, @?{i:T})",
             "@e.all(v, @?{v:T})", "@e.exists_one(k, @?{k:T})", "@e.all(i, i in @list<T>)"],
    "map": ["has(@e.@key)", "has(@e.@key)", '"@key" in @e', "@string in @e", "@e == @map<T>", "@e != @map<T>",
            "@e.isSubtreeOf(@map)", "@map.isSubtreeOf(@e)", "@e.exists(k, @?{k:string})",
            "@e.all(k, @?{@e[k]:T})", "@e.exists_one(k, @?{@e[k]:T})", "@e.all(v, v in @map<T>)"],
    "any": ["@e == @any", "@e == @any", "@e != @any", "@e in [@any, @any]", "@e in @list<any>", "type(@e) == string",
            "type(@e) == list", "@e < @double", "@e > @int", "@e >= @string", "has(@e.@key)", "@string in @e",
            "@e.exists(i, @?{i:any})", "@e.@key == @any", "@e[0] == @any", "@e.startsWith(@string)", "@e == @e"],
}
# From an expression of one type to one of another, which a clause is then about.
DERIVED = {
    "bool": [("string", "string(@e)"), ("int", "(@e ? @int : @int)")],
    "int": [("int", "(@e + @int)"), ("int", "(@e - @int)"), ("int", "(@e * @int)"), ("int", "(@e / @int)"),
            ("int", "(@e % @int)"), ("int", "(-@e)"), ("double", "double(@e)"), ("string", "string(@e)"),
            ("unsigned", "uint(@e)"), ("timestamp", "timestamp(@e)"), ("any", "dyn(@e)")],
    "uint": [("int", "(@e + @int)"), ("uint", "(@e + @e)"), ("string", "string(@e)"), ("any", "dyn(@e)"),
             ("bool", "[true, false][@e]"), ("list<uint>", "[@e]")],
    "unsigned": [("unsigned", "(@e + @unsigned)"), ("unsigned", "(@e - @unsigned)"), ("int", "int(@e)"),
                 ("unsigned", "(@e % @unsigned)"), ("string", "string(@e)")],
    "double": [("double", "(@e + @double)"), ("double", "(@e * @double)"), ("double", "(@e / @double)"),
               ("double", "(-@e)"), ("int", "int(@e)"), ("string", "string(@e)"), ("any", "dyn(@e)")],
    "string": [("int", "size(@e)"), ("int", "@e.size()"), ("string", "(@e + @string)"), ("bytes", "bytes(@e)"),
               ("int", "int(@e)"), ("double", "double(@e)"), ("bool", "bool(@e)"), ("any", "dyn(@e)"),
               ("list<string>", "[@e, @string]"), ("map<string>", "{@e: @string}")],
    "bytes": [("int", "size(@e)"), ("string", "string(@e)"), ("bytes", "(@e + @bytes)")],
    "duration": [("duration", "(@e + @duration)"), ("duration", "(@e - @duration)"), ("int", "@e.getHours()"),
                 ("int", "@e.getMinutes()"), ("int", "@e.getSeconds()"), ("int", "@e.getMilliseconds()"),
                 ("timestamp", "(@timestamp + @e)"), ("string", "string(@e)")],
    "timestamp": [("duration", "(@e - @timestamp)"), ("timestamp", "(@e + @duration)"), ("int", "int(@e)"),
                  ("timestamp", "(@e - @duration)"), ("string", "string(@e)"), ("int", "@e.getFullYear()"),
                  ("int", "@e.getMonth()"), ("int", "@e.getDayOfWeek()"), ("int", "@e.getDayOfMonth()"),
                  ("int", "@e.getDate()"), ("int", "@e.getDayOfYear()"), ("int", "@e.getHours()"),
                  ("int", "@e.getHours(@zone)"), ("int", "@e.getDayOfWeek(@zone)"), ("int", "@e.getMinutes(@zone)"),
                  ("int", "@e.getSeconds()"), ("int", "@e.getMilliseconds()")],
    "ipaddress": [("any", "dyn(@e)"), ("list<ipaddress>", "[@e]")],
    "list": [("int", "size(@e)"), ("int", "@e.size()"), ("T", "@e[0]"), ("T", "@e[@int]"),
             ("list<T>", "(@e + @list<T>)"),
             ("list<T>", "@e.filter(i, @?{i:T})"), ("list<bool>", "@e.map(v, @?{v:T})"), ("list<T>", "[@e, @e][1]"),
             ("list<T>", "@e.map(k, @?{k:T}, k)")],
    "map": [("int", "size(@e)"), ("T", "@e.@key"), ("T", "@e.@key"), ('T', '@e["@key"]'), ("T", "@e[@string]"),
            ("list<T>", "@e.map(k, @e[k])"), ("list<string>", "@e.filter(i, @?{i:string})")],
    "any": [("any", "@e.@key"), ("any", "@e[0]"), ("int", "size(@e)"), ("int", "int(@e)"), ("string", "string(@e)"),
            ("double", "(@e + @double)"), ("int", "(@e + 1)"), ("list<any>", "[@e]"), ("map<any>", '{"a": @e}')],
}
COMPOUNDS = {
    "bool": ["(@int < @int)", "(@string == @string)", "!@bool"],
    "int": ["(@int + @int)", "(@int - @int)", "(@int * @int)", "(@int / @int)", "(@int % @int)", "size(@string)",
            "size(@list<int>)", "(@bool ? @int : @int)", "int(@double)", "@timestamp.getFullYear()"],
    "uint": ["size(@string)"],
    "unsigned": ["uint(@int)"],
    "double": ["(@double + @double)", "(@double - @double)", "double(@int)"],
    "string": ["(@string + @string)", "string(@int)", "string(@bool)", "(@bool ? @string : @string)"],
    "bytes": ["bytes(@string)"],
    "duration": ["(@duration + @duration)", "(@timestamp - @timestamp)"],
    "timestamp": ["(@timestamp + @duration)", "(@timestamp - @duration)"],
    "list": ["(@list<T> + @list<T>)", "@list<T>.filter(i, @?{i:T})"],
    "map": [],
    "any": ["dyn(@int)"],
}


def split(name):
    """`list<int>` → (`list`, `int`); a plain type has no element type."""
    outer, _, inner = name.partition("<")
    return outer, inner.removesuffix(">")


class Expressions:
    """Writes conditions over some parameters, (name, type) pairs."""

    def __init__(self, rng, parameters):
        self.rng = rng
        self.parameters = parameters

    def condition(self):
        """A bool in which every parameter occurs."""
        clauses = [self.clause(name, kind) for name, kind in self.parameters]
        for _ in range(self.rng.choice((0, 0, 0, 1, 2))):
            name, kind = self.rng.choice(self.parameters)
            clauses.append(self.clause(name, kind))
        self.rng.shuffle(clauses)
        while len(clauses) > 1:
            second, first = clauses.pop(), clauses.pop()
            clauses.append(self.joined(first, second))
        return self.rng.choice(("{}", "{}", "{}", "{}", "!({})", "({})")).format(clauses[0])

    def joined(self, first, second):
        """Two clauses in one. A tree of && and || needs no parentheses to mean something."""
        operator = self.rng.choices(("&&", "||", "==", "?"), (10, 9, 1, 2))[0]
        blank = "\n    " if self.rng.random() < 0.06 else " "
        if operator == "==":
            return f"({first}) == ({second})"
        if operator == "?":
            return f"(({first}) ? ({second}) : {self.operand('bool', '', DEPTH_MAX)})"
        if self.rng.random() < 0.5:
            return f"({first}) {operator}{blank}({second})"
        return f"{first} {operator}{blank}{second}"

    def clause(self, expression, kind, depth=0):
        """A bool about an expression."""
        outer, element = split(kind)
        if depth < DEPTH_MAX and self.rng.random() < 0.35:
            to, template = self.rng.choice(DERIVED[outer])
            return self.clause(self.filled(template, expression, element, depth + 1), to.replace("T", element),
                               depth + 1)
        return self.filled(self.rng.choice(CLAUSES[outer]), expression, element, depth + 1)

    def filled(self, template, expression, element, depth):
        """A template with all its placeholders replaced."""
        def replacement(found):
            subject, kind, name = found.groups()
            if subject:
                return self.clause(subject.replace("@e", expression), kind.replace("T", element), depth)
            if name == "e":
                return expression
            if name in WORDS:
                return self.rng.choice(WORDS[name])
            if name == "map":
                return self.rng.choice([expression, *self.maps(expression)])
            return self.operand(name.replace("T", element), expression, depth)
        return PLACEHOLDER.sub(replacement, template)

    def maps(self, expression):
        """Parameters that are maps, but not the one in question."""
        return [name for name, kind in self.parameters if split(kind)[0] == "map" and name != expression]

    def operand(self, kind, expression, depth):
        """An expression of a type: mostly a literal; there are none of ipaddress."""
        outer, element = split(kind)
        draw = self.rng.random()
        same = [name for name, other in self.parameters
                if split(other) == (outer, element) and name != expression]
        if same and draw < 0.25:
            return self.rng.choice(same)
        if outer == "ipaddress":
            return self.rng.choice(same) if same else expression
        if outer == "uint":
            outer = "int"
        if draw < 0.4 and depth <= DEPTH_MAX and COMPOUNDS[outer] and element != "any":
            return self.filled(self.rng.choice(COMPOUNDS[outer]), expression, element, depth + 1)
        return self.literal(outer, element, depth)

    def literal(self, outer, element, depth):
        if outer == "any":
            outer = self.rng.choice((*BASIC_TYPES, "null", "list", "map"))
            element = self.rng.choice(BASIC_TYPES)
        if outer == "null":
            return "null"
        if outer not in ("list", "map"):
            return self.rng.choice(LITERALS[outer])
        items = [] if split(element)[0] == "ipaddress" else \
            [self.operand(element, "", depth + 1) for _ in range(self.rng.choice((0, 1, 1, 2, 3)))]
        if outer == "list":
            return f"[{', '.join(items)}]"
        return "{" + ", ".join(f'"{key}": {item}' for key, item in zip(WORDS["key"], items)) + "}"
