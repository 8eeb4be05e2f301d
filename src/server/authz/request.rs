//! What requests say. Fields that are not named here are ignored.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::lifecycle::ResourceName;

/// What only an object is read into: an array of the fields' values would be taken for it, too.
#[derive(Debug)]
pub(super) struct FromObject<T>(pub(super) T);

/// What a form is, in a client's words.
pub(super) trait Form {
    const EXPECTED: &'static str = "an object";
}

impl<'de, T: Deserialize<'de> + Form> Deserialize<'de> for FromObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Form> Visitor<'de> for ObjectVisitor<T> {
    type Value = FromObject<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FromObject<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(FromObject)
    }
}

impl Form for ResourceForm<'_> {
    const EXPECTED: &'static str = "an object with `type` and `selector`";
}

impl Form for Check<'_> {}
impl Form for CheckBatch<'_> {}
impl Form for Search<'_> {}
impl Form for Register<'_> {}
impl Form for Deregister<'_> {}

/// A resource by its type and what the application calls it.
#[derive(Debug, Deserialize)]
pub(super) struct ResourceForm<'body> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'body, str>,
    #[serde(borrow)]
    pub(super) selector: Cow<'body, str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Check<'body> {
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(borrow)]
    pub(super) resource: FromObject<ResourceForm<'body>>,
    #[serde(borrow)]
    pub(super) operation: Cow<'body, str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CheckBatch<'body> {
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(borrow)]
    pub(super) resource_type: Cow<'body, str>,
    pub(super) selectors: Vec<String>,
    #[serde(borrow)]
    pub(super) operation: Cow<'body, str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Search<'body> {
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(borrow)]
    pub(super) filter_resource: Cow<'body, str>,
    #[serde(borrow, default = "read")]
    pub(super) filter_operation: Cow<'body, str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Register<'body> {
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(borrow)]
    pub(super) resource: FromObject<ResourceForm<'body>>,
    #[serde(borrow, default)]
    pub(super) parent: Option<FromObject<ResourceForm<'body>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Deregister<'body> {
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(borrow)]
    pub(super) resource: FromObject<ResourceForm<'body>>,
}

/// What is searched for where nothing else is said.
fn read() -> Cow<'static, str> {
    Cow::Borrowed("read")
}

impl ResourceForm<'_> {
    pub(super) fn name(&self) -> ResourceName<'_> {
        ResourceName { kind: &self.kind, selector: &self.selector }
    }
}
