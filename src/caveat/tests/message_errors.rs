//! Messages that have no value.

use super::{PARAMETERS, assert_all, caveat, outcome};

/// Expressions, the context of a request, and what they come to.
const ROWS: &[(&str, &str, &str)] = &[
    (
        "{?'k': a} == {}",
        r#"{"a": 1}"#,
        "error: cannot initialize optional entry from non-optional value of type 'double'",
    ),
    (
        "google.protobuf.Any{} == google.protobuf.Any{}",
        "",
        "error: unsupported conversion: the value of a google.protobuf.Any is not known",
    ),
    (
        "google.protobuf.Any{} == 1",
        "",
        "error: unsupported conversion: the value of a google.protobuf.Any is not known",
    ),
    (
        "1 == google.protobuf.Any{}",
        "",
        "error: unsupported conversion: the value of a google.protobuf.Any is not known",
    ),
    (
        "google.protobuf.Any{} == null",
        "",
        "error: unsupported conversion: the value of a google.protobuf.Any is not known",
    ),
    (
        "google.protobuf.Any{} && true",
        "",
        "error: unsupported conversion: the value of a google.protobuf.Any is not known",
    ),
    (
        "!google.protobuf.Any{}",
        "",
        "error: unsupported conversion: the value of a google.protobuf.Any is not known",
    ),
    (
        "google.protobuf.Any{type_url: 'a'} == google.protobuf.Any{type_url: 'a'}",
        "",
        "error: unsupported conversion: the value of a google.protobuf.Any is not known",
    ),
    (
        "google.protobuf.Any{type_url: 'a'}.type_url == 'a'",
        "",
        "error: unsupported conversion: the value of a google.protobuf.Any is not known",
    ),
    ("has(dyn(google.protobuf.Empty{}).x)", "", "error: no such field 'x'"),
    (
        "google.protobuf.Empty{} == google.protobuf.Any{}",
        "",
        "error: unsupported conversion: the value of a google.protobuf.Any is not known",
    ),
    (
        "google.protobuf.Struct{fields: {'a': int}}.a == '3600s'",
        "",
        "error: field type conversion error for google.protobuf.Struct.fields value type: type conversion error from 'type'",
    ),
    (
        "google.protobuf.Struct{fields: {'a': {1: 2}}}.a == {'1': 2}",
        "",
        "error: field type conversion error for google.protobuf.Struct.fields value type: unsupported type conversion of a key to string",
    ),
    (
        "google.protobuf.Struct{fields: {dyn(1): 2}}['1'] == 2",
        "",
        "error: field type conversion error for google.protobuf.Struct.fields value type: unsupported type conversion of a key to string",
    ),
    (
        "google.protobuf.Struct{fields: dyn(null)} == {}",
        "",
        "error: field type conversion error for google.protobuf.Struct.fields value type: unsupported type conversion from 'null_type'",
    ),
    (
        "google.protobuf.Struct{fields: dyn(1)} == {}",
        "",
        "error: field type conversion error for google.protobuf.Struct.fields value type: unsupported type conversion from 'int'",
    ),
    (
        "google.protobuf.ListValue{values: dyn(1)} == []",
        "",
        "error: field type conversion error for google.protobuf.ListValue.values value type: unsupported type conversion from 'int'",
    ),
    (
        "google.protobuf.ListValue{values: dyn(null)} == []",
        "",
        "error: field type conversion error for google.protobuf.ListValue.values value type: unsupported type conversion from 'null_type'",
    ),
    (
        "google.protobuf.Value{struct_value: dyn(null)} == null",
        "",
        "error: field type conversion error for google.protobuf.Value.struct_value value type: unsupported type conversion from 'null_type'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn(null)} == 0",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'null_type'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn(1.0)} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'double'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn('a')} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'string'",
    ),
    (
        "google.protobuf.Int32Value{value: 2147483648} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int32Value.value value type: integer overflow",
    ),
    (
        "google.protobuf.UInt32Value{value: 4294967296u} == 1u",
        "",
        "error: field type conversion error for google.protobuf.UInt32Value.value value type: unsigned integer overflow",
    ),
    (
        "google.protobuf.Timestamp{seconds: dyn(null)} == timestamp(0)",
        "",
        "error: field type conversion error for google.protobuf.Timestamp.seconds value type: unsupported type conversion from 'null_type'",
    ),
    (
        "google.protobuf.Timestamp{seconds: 999999999999999} + duration('1s') == timestamp(0)",
        "",
        "error: timestamp overflow",
    ),
    (
        "google.protobuf.Timestamp{?seconds: a} == timestamp(0)",
        r#"{"a": 1}"#,
        "error: cannot initialize optional entry from non-optional value of type 'double'",
    ),
    ("google.protobuf.Timestamp{nanos: 1/0, seconds: i} == t", "{}", "error: division by zero"),
    ("dyn(google.protobuf.Empty{}).x == 1", "", "error: no such field 'x'"),
    ("dyn(google.protobuf.Empty{})[0] == 1", "", "error: no such key: 0"),
    ("dyn(google.protobuf.Empty{})['x'] == 1", "", "error: no such field 'x'"),
    ("dyn(google.protobuf.Empty{}).?x.hasValue()", "", "error: no such field 'x'"),
    (
        "dyn(google.protobuf.Empty{}).all(x, true)",
        "",
        "error: got 'google.protobuf.Empty', expected iterable type",
    ),
    ("size(dyn(google.protobuf.Empty{})) == 0", "", "error: no such overload: size(google.protobuf.Empty)"),
    (
        "string(dyn(google.protobuf.Empty{})) == ''",
        "",
        "error: no such overload: string(google.protobuf.Empty)",
    ),
    (
        "google.protobuf.Value{list_value: [optional.none()]} == [null]",
        "",
        "error: field type conversion error for google.protobuf.Value.list_value value type: optional.none() dereference",
    ),
    (
        "google.protobuf.Value{list_value: [ip]} == ['1.2.3.4']",
        r#"{"ip": "1.2.3.4"}"#,
        "error: field type conversion error for google.protobuf.Value.list_value value type: type conversion error from 'IPAddress'",
    ),
    (
        "google.protobuf.Value{list_value: dyn({'a': 1})} == [1]",
        "",
        "error: field type conversion error for google.protobuf.Value.list_value value type: unsupported type conversion from 'map'",
    ),
    (
        "google.protobuf.Value{struct_value: dyn([1])} == [1]",
        "",
        "error: field type conversion error for google.protobuf.Value.struct_value value type: unsupported type conversion from 'list'",
    ),
    (
        "google.protobuf.Value{list_value: dyn(1)} == [1]",
        "",
        "error: field type conversion error for google.protobuf.Value.list_value value type: unsupported type conversion from 'int'",
    ),
    (
        "google.protobuf.Value{number_value: dyn(1)} == 1",
        "",
        "error: field type conversion error for google.protobuf.Value.number_value value type: unsupported type conversion from 'int'",
    ),
    (
        "google.protobuf.Value{number_value: dyn(1u)} == 1",
        "",
        "error: field type conversion error for google.protobuf.Value.number_value value type: unsupported type conversion from 'uint'",
    ),
    (
        "google.protobuf.Value{number_value: dyn('1')} == 1",
        "",
        "error: field type conversion error for google.protobuf.Value.number_value value type: unsupported type conversion from 'string'",
    ),
    (
        "google.protobuf.Value{bool_value: dyn(1)} == 1",
        "",
        "error: field type conversion error for google.protobuf.Value.bool_value value type: unsupported type conversion from 'int'",
    ),
    (
        "google.protobuf.Value{string_value: dyn(1)} == 1",
        "",
        "error: field type conversion error for google.protobuf.Value.string_value value type: unsupported type conversion from 'int'",
    ),
    (
        "google.protobuf.Value{string_value: dyn(b'a')} == 1",
        "",
        "error: field type conversion error for google.protobuf.Value.string_value value type: unsupported type conversion from 'bytes'",
    ),
    (
        "google.protobuf.Value{string_value: dyn(timestamp(0))} == 1",
        "",
        "error: field type conversion error for google.protobuf.Value.string_value value type: unsupported type conversion from 'google.protobuf.Timestamp'",
    ),
    (
        "google.protobuf.Value{null_value: dyn(null)} == null",
        "",
        "error: field type conversion error for google.protobuf.Value.null_value value type: unsupported type conversion from 'null_type'",
    ),
    (
        "google.protobuf.Value{null_value: dyn('a')} == null",
        "",
        "error: field type conversion error for google.protobuf.Value.null_value value type: unsupported type conversion from 'string'",
    ),
    (
        "google.protobuf.Value{null_value: dyn(1u)} == null",
        "",
        "error: field type conversion error for google.protobuf.Value.null_value value type: unsupported type conversion from 'uint'",
    ),
    (
        "google.protobuf.Value{null_value: 9999999999} == null",
        "",
        "error: field type conversion error for google.protobuf.Value.null_value value type: integer overflow",
    ),
    (
        "google.protobuf.BoolValue{value: dyn(1)} == true",
        "",
        "error: field type conversion error for google.protobuf.BoolValue.value value type: unsupported type conversion from 'int'",
    ),
    (
        "google.protobuf.StringValue{value: dyn(b'a')} == 'a'",
        "",
        "error: field type conversion error for google.protobuf.StringValue.value value type: unsupported type conversion from 'bytes'",
    ),
    (
        "google.protobuf.BytesValue{value: dyn('a')} == dyn(1)",
        "",
        "error: field type conversion error for google.protobuf.BytesValue.value value type: unsupported type conversion from 'string'",
    ),
    (
        "google.protobuf.UInt64Value{value: dyn(1)} == 1u",
        "",
        "error: field type conversion error for google.protobuf.UInt64Value.value value type: unsupported type conversion from 'int'",
    ),
    (
        "google.protobuf.DoubleValue{value: dyn(1)} == 1.0",
        "",
        "error: field type conversion error for google.protobuf.DoubleValue.value value type: unsupported type conversion from 'int'",
    ),
    (
        "google.protobuf.FloatValue{value: dyn(1)} == 1.0",
        "",
        "error: field type conversion error for google.protobuf.FloatValue.value value type: unsupported type conversion from 'int'",
    ),
    (
        "google.protobuf.UInt32Value{value: dyn('a')} == 1u",
        "",
        "error: field type conversion error for google.protobuf.UInt32Value.value value type: unsupported type conversion from 'string'",
    ),
    (
        "google.protobuf.Int32Value{value: dyn(1u)} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int32Value.value value type: unsupported type conversion from 'uint'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn(timestamp(5))} == 5",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'google.protobuf.Timestamp'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn(duration('1s'))} == 1000000000",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'google.protobuf.Duration'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn(true)} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'bool'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn([1])} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'list'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn({'a': 1})} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'map'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn(b'a')} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'bytes'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn(int)} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'type'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn(optional.none())} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: optional.none() dereference",
    ),
    (
        "google.protobuf.Int64Value{value: dyn(ip)} == 1",
        r#"{"ip": "1.2.3.4"}"#,
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'IPAddress'",
    ),
    (
        "google.protobuf.Int64Value{value: dyn(google.protobuf.Empty{})} == 1",
        "",
        "error: field type conversion error for google.protobuf.Int64Value.value value type: unsupported type conversion from 'google.protobuf.Empty'",
    ),
    (
        "google.protobuf.StringValue{value: dyn(duration('1s'))} == '1s'",
        "",
        "error: field type conversion error for google.protobuf.StringValue.value value type: unsupported type conversion from 'google.protobuf.Duration'",
    ),
    (
        "google.protobuf.DoubleValue{value: dyn(duration('1s'))} == 1.0",
        "",
        "error: field type conversion error for google.protobuf.DoubleValue.value value type: unsupported type conversion from 'google.protobuf.Duration'",
    ),
    (
        "google.protobuf.Timestamp{seconds: dyn(1.0)} == timestamp(1)",
        "",
        "error: field type conversion error for google.protobuf.Timestamp.seconds value type: unsupported type conversion from 'double'",
    ),
    (
        "google.protobuf.Any{type_url: dyn(1)} == 1",
        "",
        "error: field type conversion error for google.protobuf.Any.type_url value type: unsupported type conversion from 'int'",
    ),
    ("google.protobuf.Struct{fields: {}}.a == null", "", "error: no such key: a"),
    (
        "google.protobuf.Struct{fields: dyn([1])} == {}",
        "",
        "error: field type conversion error for google.protobuf.Struct.fields value type: unsupported type conversion from 'list'",
    ),
    (
        "google.protobuf.ListValue{values: dyn({'a': 1})} == []",
        "",
        "error: field type conversion error for google.protobuf.ListValue.values value type: unsupported type conversion from 'map'",
    ),
    (
        "google.protobuf.Struct{fields: {'a': google.protobuf.Any{}}} == {}",
        "",
        "error: unsupported conversion: the value of a google.protobuf.Any is not known",
    ),
    (
        "google.protobuf.Struct{fields: {'a': ip}}.a == '1'",
        r#"{"ip": "1.2.3.4"}"#,
        "error: field type conversion error for google.protobuf.Struct.fields value type: type conversion error from 'IPAddress'",
    ),
    ("google.protobuf.Value{number_value: d}.foo == 1", r#"{"d": 1}"#, "error: no such key: foo"),
    ("google.protobuf.Struct{fields: ma}.x == 1", r#"{"ma": {}}"#, "error: no such key: x"),
    ("google.protobuf.Timestamp{seconds: 1/i} == t", r#"{"i": 0}"#, "error: division by zero"),
    ("google.protobuf.UInt64Value{value: uint(i)} == 5u", r#"{"i": -5}"#, "error: unsigned integer overflow"),
];

#[test]
fn messages_without_a_value_evaluate() {
    assert_all(ROWS.iter().map(|(expression, context, expected)| {
        let found = outcome(&caveat(PARAMETERS, expression), "", context);
        (format!("{expression} {context}"), *expected, found)
    }));
}
