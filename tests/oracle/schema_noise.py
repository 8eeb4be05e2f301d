"""Schema text that is broken, or only laid out differently: random edits of valid text."""
import re

TOKEN = re.compile(r"->|[A-Za-z_][A-Za-z0-9_]*|\s+|.", re.S)
STRAY = ["definition", "relation", "permission", "caveat", "nil", "with", "use", "self", "user", "missing",
         "x", "Viewer", "+", "&", "-", "->", "#", ":", "*", "|", "(", ")", "{", "}", "=", ";", "/", ".",
         "...", ".any(", ".all(", "\n", "// note\n", "/* note */", "'text'", "$", "é", "!", "&&", ",", "with", "and",
         "expiration", "||", "==", "<", "?", "0", "1u", "-1", "\"", "%", "[", "]", "r'a'", "has("]


def broken(rng, text):
    """One or two random edits of the tokens; the result is mostly, not always, invalid."""
    tokens = TOKEN.findall(text)
    for _ in range(rng.choice((1, 1, 1, 2))):
        edit = rng.choice((drop, double, swap, replace, insert))
        edit(rng, tokens)
    return "".join(tokens)


def drop(rng, tokens):
    if len(tokens) > 1:
        del tokens[rng.randrange(len(tokens))]


def double(rng, tokens):
    at = rng.randrange(len(tokens))
    tokens.insert(at, tokens[at])


def swap(rng, tokens):
    first, second = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens[first], tokens[second] = tokens[second], tokens[first]


def replace(rng, tokens):
    tokens[rng.randrange(len(tokens))] = rng.choice(STRAY)


def insert(rng, tokens):
    tokens.insert(rng.randrange(len(tokens) + 1), rng.choice(STRAY))


def restyled(rng, text):
    """The same schema with other blanks, comments, terminators and line breaks after operators."""
    lines = []
    for line in text.split("\n"):
        if line.startswith("\t"):
            line = re.sub(r" ([+&|-]) ", lambda found: rng.choice((found[0], f" {found[1]}\n\t\t", found[1])),
                          line)
            line += rng.choice(("", "", ";", " // behind", " /* behind */"))
            line = rng.choice(("", "", "\t// above\n", "\n", "\t/** above\n\t * it */\n")) + line
        lines.append(line)
    return "\n".join(lines)
