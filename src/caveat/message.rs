//! The messages of `google.protobuf` that an expression can construct, and their fields.

/// A type of messages. Most of them stand for values of the language: a `Timestamp` is a timestamp, a `StringValue` a
/// string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MessageType {
    Any,
    BoolValue,
    BytesValue,
    DoubleValue,
    Duration,
    Empty,
    FloatValue,
    Int32Value,
    Int64Value,
    ListValue,
    StringValue,
    Struct,
    /// One field of a `Struct`.
    StructEntry,
    Timestamp,
    UInt32Value,
    UInt64Value,
    Value,
    /// `null_type{}`: it can be written, and has no value.
    Null,
}

/// A field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: FieldKind,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    Bool,
    Bytes,
    Double,
    /// A double of 32 bits.
    Float,
    Int32,
    Int64,
    /// The one value of `NullValue`, which any number stands for.
    Null,
    String,
    Uint32,
    Uint64,
    /// A list of anything that JSON can say.
    List,
    /// The same, by text.
    Map,
    /// Anything that JSON can say.
    Json,
}

const fn field(name: &'static str, kind: FieldKind) -> Field {
    Field { name, kind }
}

impl MessageType {
    const ALL: [Self; 18] = [
        Self::Any,
        Self::BoolValue,
        Self::BytesValue,
        Self::DoubleValue,
        Self::Duration,
        Self::Empty,
        Self::FloatValue,
        Self::Int32Value,
        Self::Int64Value,
        Self::ListValue,
        Self::StringValue,
        Self::Struct,
        Self::StructEntry,
        Self::Timestamp,
        Self::UInt32Value,
        Self::UInt64Value,
        Self::Value,
        Self::Null,
    ];

    /// The type of a full name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|message| message.name() == name)
    }

    /// Its full name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Any => "google.protobuf.Any",
            Self::BoolValue => "google.protobuf.BoolValue",
            Self::BytesValue => "google.protobuf.BytesValue",
            Self::DoubleValue => "google.protobuf.DoubleValue",
            Self::Duration => "google.protobuf.Duration",
            Self::Empty => "google.protobuf.Empty",
            Self::FloatValue => "google.protobuf.FloatValue",
            Self::Int32Value => "google.protobuf.Int32Value",
            Self::Int64Value => "google.protobuf.Int64Value",
            Self::ListValue => "google.protobuf.ListValue",
            Self::StringValue => "google.protobuf.StringValue",
            Self::Struct => "google.protobuf.Struct",
            Self::StructEntry => "google.protobuf.Struct.FieldsEntry",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::UInt32Value => "google.protobuf.UInt32Value",
            Self::UInt64Value => "google.protobuf.UInt64Value",
            Self::Value => "google.protobuf.Value",
            Self::Null => "null_type",
        }
    }

    /// Its fields. Of a `Value`, the last one that is written counts.
    pub(super) fn fields(self) -> &'static [Field] {
        const TIME: &[Field] = &[field("seconds", FieldKind::Int64), field("nanos", FieldKind::Int32)];
        match self {
            Self::Any => const { &[field("type_url", FieldKind::String), field("value", FieldKind::Bytes)] },
            Self::BoolValue => const { &[field("value", FieldKind::Bool)] },
            Self::BytesValue => const { &[field("value", FieldKind::Bytes)] },
            Self::DoubleValue => const { &[field("value", FieldKind::Double)] },
            Self::FloatValue => const { &[field("value", FieldKind::Float)] },
            Self::Int32Value => const { &[field("value", FieldKind::Int32)] },
            Self::Int64Value => const { &[field("value", FieldKind::Int64)] },
            Self::StringValue => const { &[field("value", FieldKind::String)] },
            Self::UInt32Value => const { &[field("value", FieldKind::Uint32)] },
            Self::UInt64Value => const { &[field("value", FieldKind::Uint64)] },
            Self::Duration | Self::Timestamp => TIME,
            Self::Empty | Self::Null => &[],
            Self::ListValue => const { &[field("values", FieldKind::List)] },
            Self::Struct => const { &[field("fields", FieldKind::Map)] },
            Self::StructEntry => {
                const { &[field("key", FieldKind::String), field("value", FieldKind::Json)] }
            }
            Self::Value => {
                const {
                    &[
                        field("null_value", FieldKind::Null),
                        field("number_value", FieldKind::Double),
                        field("string_value", FieldKind::String),
                        field("bool_value", FieldKind::Bool),
                        field("struct_value", FieldKind::Map),
                        field("list_value", FieldKind::List),
                    ]
                }
            }
        }
    }

    /// The field of a name.
    pub(super) fn field(self, name: &str) -> Option<Field> {
        self.fields().iter().copied().find(|field| field.name == name)
    }
}
