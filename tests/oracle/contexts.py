"""The JSON values of caveat parameters, right and wrong, and the times at which relationships expire."""
from google.protobuf import struct_pb2, timestamp_pb2

STORED_BYTES_MAX = 25_000
REQUEST_BYTES_MAX = 4096
KEYS = ["a", "b", "key_1"]
VALUES = {
    "bool": [True, True, False],
    "string": ["a", "a", "ab", "abc", "", "b", "a.b", "é", "1", "aXc", "true"],
    "int": [0, 1, 1, 2, 3, 5, 10, -1, 60, 2024, "1", "2", "-7", "9223372036854775807", 9007199254740993],
    "uint": [0, 1, 1, 2, 3, 5, 10, 60, "1", "5", "18446744073709551615"],
    "double": [0, 1, 1.5, -0.5, 25, 3, 1000, "1.5", "2", "1e3", "NaN", "Inf"],
    "bytes": ["YQ==", "YWI=", "/w==", "", "YQ==", "w6k="],
    "duration": ["1h", "90s", "1h30m", "-5m", "0s", "1.5s", "24h", "1ms", "2h45m30.5s"],
    "timestamp": ["2024-02-29T12:30:00Z", "2020-01-01T00:00:00+02:00", "2024-02-29T12:30:15.25Z",
                  "1969-12-31T23:59:59Z", "2030-06-15T08:00:00-07:00", "2024-03-10T23:59:59.999999999Z"],
    "ipaddress": ["10.0.0.1", "10.1.2.3", "192.168.1.77", "8.8.8.8", "2001:db8::1", "::1", "::ffff:10.0.0.1"],
    "any": [True, False, 0, 1, 1.5, -1, "a", "ab", "", None, [], [1, "a"], {}, {"a": 1}, {"a": {"b": "a"}, "b": [1]}],
}
WRONG_VALUES = [None, True, 1.5, -1, 1e300, "not it", "1h 5m", "2024-02-29", "10.0.0.256", "YQ", "0x1", " 1", [],
                [[]], ["a", 1], {}, {"a": 1}, {"a": {"a": None}}]
PASSED = [(978307200, 0), (1, 0), (-1, 500_000_000), (0, 0), (1262304000, 999_999_999)]  # 2001 … 1969, 1970, 2010
COMING = [(4102444800, 0), (4102444800, 123_456_789), (32503680000, 0), (253402300799, 0)]  # 2100, 3000, 9999


def value(rng, kind):
    """A value that converts to a parameter type; any other of a list or map may repeat."""
    outer, _, inner = kind.partition("<")
    element = inner.removesuffix(">")
    if outer == "list":
        return [value(rng, element) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    if outer == "map":
        return {key: value(rng, element) for key in KEYS if rng.random() < 0.6}
    return rng.choice(VALUES.get(outer, ("a", 1)))  # of a faulty declaration's unknown types anything


def values(rng, parameters, share):
    """A context with about this share of some parameters, (name, type) pairs."""
    return {name: value(rng, kind) for name, kind in parameters if rng.random() < share}


def spoilt(rng, context, parameters):
    """A context with one wrong thing; a request may have unknown keys, a relationship may not."""
    if rng.random() < 0.3:
        return {**context, "unknown": rng.choice(WRONG_VALUES)}
    name = rng.choice([name for name, _ in parameters] or ["unknown"])
    return {**context, name: rng.choice(WRONG_VALUES)}


def oversized(rng, context, bytes_max):
    """Around the limit of bytes, on either side."""
    return {**context, "padding": "p" * (bytes_max + rng.choice((-200, 10, 200)))}


def as_struct(context):
    struct = struct_pb2.Struct()
    struct.update(context)
    return struct


def stored_context(rng, caveat, wrong=0.0):
    """What a relationship brings along: none (None), nothing, some or all parameters; wrong now and then."""
    if rng.random() < 0.3:
        return None
    context = values(rng, caveat.parameters, rng.choice((0, 0.4, 0.6, 1)))
    if rng.random() < wrong / 10:
        context = oversized(rng, context, STORED_BYTES_MAX)
    elif rng.random() < wrong:
        context = spoilt(rng, context, caveat.parameters)
    return as_struct(context)


def request_context(rng, caveats, oversize_share, wrong=0.06):
    """What a question brings along, for the parameters of all caveats; None if nothing."""
    if rng.random() < 0.25:
        return None
    parameters = [parameter for caveat in caveats for parameter in caveat.parameters]
    context = values(rng, parameters, rng.choice((0, 0.4, 0.6, 0.8, 1, 1)))
    if rng.random() < oversize_share:
        context = oversized(rng, context, REQUEST_BYTES_MAX)
    elif rng.random() < wrong:
        context = spoilt(rng, context, parameters)
    return as_struct(context)


def expiration(rng):
    """Long past or far ahead, so that no answer depends on when it is asked."""
    seconds, nanos = rng.choice(PASSED if rng.random() < 0.3 else COMING)
    return timestamp_pb2.Timestamp(seconds=seconds, nanos=nanos)


def set_condition(rng, relationship, caveats, allowed, wrong=0.0):
    """Gives a relationship the condition of an allowed type, with some context, in place of what it has."""
    relationship.ClearField("optional_caveat")
    relationship.ClearField("optional_expires_at")
    if allowed.caveat:
        relationship.optional_caveat.caveat_name = allowed.caveat
        context = stored_context(rng, caveats[allowed.caveat], wrong) if allowed.caveat in caveats else None
        if context is not None:
            relationship.optional_caveat.context.CopyFrom(context)
    if allowed.expires:
        relationship.optional_expires_at.CopyFrom(expiration(rng))


def has_passed(relationship):
    """Whether a relationship has expired, as told by the times that `expiration` draws."""
    return relationship.HasField("optional_expires_at") \
        and (relationship.optional_expires_at.seconds, relationship.optional_expires_at.nanos) in PASSED
