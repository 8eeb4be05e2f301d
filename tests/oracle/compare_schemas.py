#!/usr/bin/env python3
"""Asks a real SpiceDB and arrowroot about random schemas, and reports where they differ.

    python compare_schemas.py --seed 1 --cases 500
    python compare_schemas.py --seed 1 --only 17          # one case again

Each case is a schema and another one: what the first declares, with and without filters, what depends on what in it,
and what is different in the other; by the methods of SchemaService or their twins in ExperimentalService. Without
--arrowroot it starts target/release/arrowroot itself. Ends with `N passed, M failed`; each is a question.
"""
import argparse
import random
import sys
from collections import Counter

import grpc
from authzed.api.v1 import experimental_service_pb2 as experimental
from authzed.api.v1 import schema_service_pb2 as schemas

import redirected
from answers import Answer, difference, error_answer
from caveat_model import random_caveats
from schema_changes import changed_schema
from schema_model import DEFINITIONS, random_schema
from schema_noise import broken, restyled
from servers import ARROWROOT_COMMAND, GrpcServer, OwnServer
from spicedb_oracle import CallError, SpiceDB, error_of

CASES_PER_SPICEDB = 100  # its memory store never forgets
PREFIXES = ["", "", "d", "do", "doc", "team/", "user", "v", "o", "c", "only", "x"]
MISSING = ["missing", "Viewer", "", "..."]
FAULTY_SHARE = 0.15
TWIN_SHARE = 0.2
INVALID_ARGUMENT, FAILED_PRECONDITION, UNKNOWN = 3, 9, 2


def main():
    options = parse_arguments()
    arrowroot = GrpcServer(options.arrowroot, options.key) if options.arrowroot else OwnServer(ARROWROOT_COMMAND)
    counts, spicedb = Counter(), None
    numbers = [options.only] if options.only is not None else range(options.cases)
    for number in numbers:
        if number % CASES_PER_SPICEDB == 0 or spicedb is None:
            spicedb = renewed(spicedb)
        run_case(random.Random(f"{options.seed} {number}"), number, spicedb, arrowroot, counts, options)
    arrowroot.close()
    failed = counts.pop("failed", 0)
    passed = counts.pop("passed", 0)
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--only", type=int, help="run the one case of this number")
    parser.add_argument("--arrowroot", metavar="HOST:PORT", help="a running server; its data is deleted")
    parser.add_argument("--key", default="", help="its preshared key")
    parser.add_argument("--messages", action="store_true", help="count errors that differ only in their text")
    return parser.parse_args()


def renewed(spicedb):
    if spicedb:
        spicedb.close()
    return SpiceDB()


def run_case(rng, number, spicedb, arrowroot, counts, options):
    """Writes a schema to both, if both take it, and asks them about what is then there."""
    schema = random_schema(rng, rng.random() < 0.5)
    text = commented(rng, restyled(rng, schema.text()))
    request = schemas.WriteSchemaRequest(schema=text)
    codes = []
    for call in (spicedb.call, arrowroot.call):
        call("WriteSchema", schemas.WriteSchemaRequest(schema=""))
        try:
            call("WriteSchema", request)
            codes.append(0)
        except CallError as error:
            codes.append(error.code)
    if any(codes):
        counts["first schemas refused"] += 1
        if codes[0] == 0 or codes[1] == 0:  # compare.py tells why
            counts["first schemas refused by one"] += 1
            return
    for name, asked in questions(rng, schema, text):
        if rng.random() < TWIN_SHARE:
            name, asked = f"Experimental{name}", twin(asked)
        asked.consistency.fully_consistent = True
        expected = observe(lambda: redirected.call(spicedb, name, asked))
        actual = observe(lambda: call_arrowroot(arrowroot, name, asked))
        found = verdict(name, expected, actual, options)
        counts[found if found in ("passed", "failed") else f"forgiven: {found}"] += 1
        counts[f"{name.removeprefix('Experimental')} answered"] += not expected.code
        for diff in getattr(expected.value, "diffs", ()):
            counts[f"- {diff.WhichOneof('diff')}"] += 1
        if found == "failed":
            print(f"=== --seed {options.seed} --only {number}: {name}\n{text}\n--- asked\n{asked}\n"
                  f"--- SpiceDB\n{shown(expected)}\n--- arrowroot\n{shown(actual)}", flush=True)


def commented(rng, text):
    """Comments before definitions and caveats, too."""
    lines = []
    for line in text.split("\n"):
        if line.startswith(("definition", "caveat")) and rng.random() < 0.4:
            lines.append(rng.choice(("// above", "/* above */", "/**\n * above\n  it\n */", "//\n// two", "//x\n\n//y")))
        lines.append(line)
    return "\n".join(lines)


def questions(rng, schema, text):
    """Every method, with names that there are and some that there are not."""
    yield "ReflectSchema", schemas.ReflectSchemaRequest()
    for _ in range(2):
        filters = [random_filter(rng) for _ in range(rng.choice((1, 1, 2, 3)))]
        yield "ReflectSchema", schemas.ReflectSchemaRequest(optional_filters=filters)
    for name in [*schema.definitions, *rng.sample(MISSING, 1)]:
        definition = schema.definitions.get(name)
        members = definition.members() if definition else []
        for relation in ["", *members, *rng.sample(MISSING, 1)]:
            yield "ComputablePermissions", schemas.ComputablePermissionsRequest(
                definition_name=name, relation_name=relation, optional_definition_name_filter=rng.choice(PREFIXES))
        for relation in [*members, *rng.sample(MISSING, 1)]:
            yield "DependentRelations", schemas.DependentRelationsRequest(
                definition_name=name, permission_name=relation)
    for other in (text, restyled(rng, schema.text()), *others(rng, schema, text)):
        yield "DiffSchema", schemas.DiffSchemaRequest(comparison_schema=other)


def others(rng, schema, text):
    """Schemas to compare with."""
    for _ in range(3):
        changed = changed_schema(rng, schema)
        if rng.random() < 0.2:
            changed.caveats = random_caveats(rng)
        other = changed.text()
        yield commented(rng, restyled(rng, other)) if rng.random() < 0.5 else other
    yield commented(rng, random_schema(rng, True).text())
    yield broken(rng, text)
    yield ""


def random_filter(rng):
    found = schemas.ReflectionSchemaFilter()
    draw = rng.random()
    if draw < 0.7:
        found.optional_definition_name_filter = rng.choice(PREFIXES + DEFINITIONS)
    if draw > 0.6:
        found.optional_caveat_name_filter = rng.choice(PREFIXES)
    if rng.random() < 0.3:
        found.optional_relation_name_filter = rng.choice(PREFIXES)
    if rng.random() < 0.3:
        found.optional_permission_name_filter = rng.choice(PREFIXES)
    return found


def twin(request):
    """The same request to ExperimentalService: the fields have the same numbers."""
    made = getattr(experimental, f"Experimental{request.DESCRIPTOR.name}")
    return made.FromString(request.SerializeToString())


def observe(call):
    try:
        return Answer(value=call())
    except CallError as error:
        return error_answer(error)


def call_arrowroot(server, name, request):
    method = redirected.METHODS[name]
    call = server.channel.unary_unary(f"/{method.service}/{name}", method.request.SerializeToString,
                                      method.response.FromString)
    try:
        return call(request, metadata=server.metadata, timeout=server.timeout_seconds)
    except grpc.RpcError as error:
        raise error_of(error) from None


def verdict(name, expected, actual, options):
    """`passed`, `failed`, or the name of what arrowroot does differently on purpose."""
    if not expected.code and not actual.code:
        return "passed" if comparable(expected.value) == comparable(actual.value) else "failed"
    if name.endswith("DiffSchema") and (excuse := fault(expected, actual)):
        return excuse
    found = difference(name, expected, actual)
    if not found or found.kind == "message" and not options.messages:
        return "passed"
    if found.kind == "position":  # which compare.py looks at
        return "the place of a fault of a schema"
    return found.forgiven or "failed"


def fault(expected, actual):
    """What is forgiven about a text that cannot be compared with."""
    if "found duplicate relation/permission name" in actual.message and expected.code in (0, UNKNOWN):
        return "a name twice in a definition"
    if expected.code == UNKNOWN and actual.code == INVALID_ARGUMENT:
        return "a fault of a schema that SpiceDB gives no code"
    if expected.code == actual.code == INVALID_ARGUMENT and expected.message in actual.message \
            and not actual.message.startswith(expected.message):
        return "one of several faults of a schema"
    return ""


def comparable(response):
    """Without the token; the differences of schemas in any order, since SpiceDB gives them in that of Go's maps."""
    copy = type(response)()
    copy.CopyFrom(response)
    copy.ClearField("read_at")
    if not hasattr(copy, "diffs"):
        return copy
    return sorted(str(diff) for diff in copy.diffs)


def shown(answer):
    if answer.code:
        return f"{answer.code} {answer.message} {answer.infos}"
    value = comparable(answer.value)
    return "\n".join(value) if isinstance(value, list) else str(value)


if __name__ == "__main__":
    main()
