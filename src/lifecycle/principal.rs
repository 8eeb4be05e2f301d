//! Who asks, in which account.

use serde_json::{Map, Value};

use crate::relationship::{Object, Subject};

use super::audit::Who;
use super::error::{InvalidRequest, shown};
use super::profile::Profile;
use super::selector;

/// Somebody who acts in an account. Nothing else that a client tells of its principals is looked at or kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// What the profile calls this kind of identity.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The account that was selected.
    pub account: String,
    pub(super) subject: Object,
    pub(super) tenant: Object,
}

impl Principal {
    /// The principal of a kind of identity, which has to be one of the profile's.
    pub fn new(profile: &Profile, kind: &str, id: &str, account: &str) -> Result<Self, InvalidRequest> {
        let identities = &profile.principal.identities;
        let identity = identities.iter().find(|identity| identity.kind == kind);
        let identity = identity.ok_or_else(|| InvalidRequest::UnknownIdentity { kind: shown(kind) })?;
        let invalid = |field: &str| {
            let field = format!("principal.{field}");
            move |problem| InvalidRequest::Id { field, problem }
        };
        let subject = Object {
            definition: identity.definition.clone(),
            id: selector::encode(id).map_err(invalid(&identity.field))?,
        };
        let tenant = Object {
            definition: profile.principal.tenant.clone(),
            id: selector::encode(account).map_err(invalid(&profile.principal.account_field))?,
        };
        let (kind, id, account) = (kind.to_owned(), id.to_owned(), account.to_owned());
        Ok(Self { kind, id, account, subject, tenant })
    }

    /// The principal that a JSON value is. Fields that the profile does not name are ignored.
    pub fn from_json(profile: &Profile, value: &Value) -> Result<Self, InvalidRequest> {
        let fields = match value {
            Value::Object(fields) => fields,
            Value::Null => return Err(InvalidRequest::NoPrincipal),
            _ => return Err(InvalidRequest::Type { field: "principal".to_owned(), expected: "an object" }),
        };
        let mut found = None;
        for identity in &profile.principal.identities {
            let Some(id) = text(fields, &identity.field)? else { continue };
            if let Some((other, _)) = found.replace((identity, id)) {
                let fields = [other.field.clone(), identity.field.clone()];
                return Err(InvalidRequest::TwoIdentities { fields });
            }
        }
        let Some((identity, id)) = found else {
            let fields = profile.principal.identities.iter().map(|identity| identity.field.clone());
            return Err(InvalidRequest::NoIdentity { fields: fields.collect() });
        };
        let account_field = &profile.principal.account_field;
        let Some(account) = text(fields, account_field)? else {
            return Err(InvalidRequest::NoAccount { field: account_field.clone() });
        };
        Self::new(profile, &identity.kind, id, account)
    }

    /// The principal as clients pass it on.
    pub fn to_json(&self, profile: &Profile) -> Value {
        let mut fields = Map::new();
        fields.insert(profile.principal.type_field.clone(), self.kind.clone().into());
        for identity in &profile.principal.identities {
            let id = (identity.kind == self.kind).then(|| self.id.clone());
            fields.insert(identity.field.clone(), id.into());
        }
        fields.insert(profile.principal.account_field.clone(), self.account.clone().into());
        Value::Object(fields)
    }

    /// The principal as the audit log has it.
    pub(super) fn who(&self) -> Who {
        Who { kind: self.kind.clone(), id: self.id.clone(), account: self.account.clone() }
    }

    pub(super) fn subject(&self) -> Subject {
        Subject::Object(self.subject.clone())
    }
}

/// A field's text. What is null or empty counts as not there.
fn text<'fields>(
    fields: &'fields Map<String, Value>,
    field: &str,
) -> Result<Option<&'fields str>, InvalidRequest> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => {
            Err(InvalidRequest::Type { field: format!("principal.{field}"), expected: "a string or null" })
        }
    }
}
