//! What requests say. Fields that are not named here are ignored.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::lifecycle::ResourceName;

/// A resource by its type and what the application calls it.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object with `type` and `selector`")]
pub(super) struct ResourceForm<'body> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'body, str>,
    #[serde(borrow)]
    pub(super) selector: Cow<'body, str>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Check<'body> {
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(borrow)]
    pub(super) resource: ResourceForm<'body>,
    #[serde(borrow)]
    pub(super) operation: Cow<'body, str>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
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
#[serde(expecting = "an object")]
pub(super) struct Search<'body> {
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(borrow)]
    pub(super) filter_resource: Cow<'body, str>,
    #[serde(borrow, default = "read")]
    pub(super) filter_operation: Cow<'body, str>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Register<'body> {
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(borrow)]
    pub(super) resource: ResourceForm<'body>,
    #[serde(borrow, default)]
    pub(super) parent: Option<ResourceForm<'body>>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Deregister<'body> {
    #[serde(default)]
    pub(super) principal: Value,
    #[serde(borrow)]
    pub(super) resource: ResourceForm<'body>,
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
