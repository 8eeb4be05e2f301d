//! A line of the file → a resource that an application has.

use serde::Deserialize;

use crate::server::wire::lifecycle_v1 as v1;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    resource: ResourceForm,
    owner: OwnerForm,
    account: String,
    #[serde(default)]
    parent: Option<ResourceForm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceForm {
    #[serde(rename = "type")]
    kind: String,
    selector: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnerForm {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

/// The resource of a line, or what is wrong with it.
pub(super) fn parse(line: &[u8]) -> Result<v1::ExistingResource, String> {
    let Line { resource, owner, account, parent } = serde_json::from_slice(line).map_err(|error| {
        // It is always the first line of the line.
        error.to_string().replace(" at line 1 column ", " at column ")
    })?;
    let owner = v1::Principal { r#type: owner.kind, id: owner.id, account };
    Ok(v1::ExistingResource {
        owner: Some(owner),
        resource: Some(resource.into()),
        parent: parent.map(Into::into),
    })
}

impl From<ResourceForm> for v1::Resource {
    fn from(form: ResourceForm) -> Self {
        Self { r#type: form.kind, selector: form.selector }
    }
}
