//! The document: whole, and true to the descriptors.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{document, rules};
use crate::server::gateway::routes::Routes;

/// Every `$ref` of the document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(elements) => elements.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_to_a_schema_and_every_schema_is_referred_to() {
    let document = document(&Routes::new().unwrap());
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let there: BTreeSet<_> = schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    assert_eq!(found, there);
    assert!(there.len() > 80, "{}", there.len());
}

#[test]
fn every_rpc_is_described_in_the_words_of_its_file() {
    let document = document(&Routes::new().unwrap());
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 27 + 2);
    let check = &paths["/v1/permissions/check"]["post"];
    assert_eq!(check["summary"], "Answers whether one subject has one permission on one resource.");
    assert_eq!(check["operationId"], "authzed.api.v1.PermissionsService.CheckPermission");
    assert!(paths.values().filter_map(|path| path.get("post")).all(|rpc| rpc["summary"] != ""));
}

#[test]
fn rules_are_about_fields_that_exist() {
    let routes = Routes::new().unwrap();
    let messages: Vec<_> = routes.status.parent_pool().all_messages().collect();
    for (message, field) in rules::all() {
        let found =
            messages.iter().find(|found| found.package_name() == "authzed.api.v1" && found.name() == message);
        assert!(found.is_some_and(|found| found.get_field_by_name(field).is_some()), "{message}.{field}");
    }
}

#[test]
fn rules_stand_in_the_schemas_of_requests_and_not_of_answers() {
    let document = document(&Routes::new().unwrap());
    let schemas = &document["components"]["schemas"];
    let given = &schemas["ObjectReference.Given"];
    assert_eq!(given["required"], serde_json::json!(["objectType", "objectId"]));
    assert_eq!(given["properties"]["objectId"]["maxLength"], 1024);
    let answered = &schemas["ObjectReference"]["properties"]["objectId"];
    assert_eq!((&answered["type"], answered.get("pattern")), (&"string".into(), None));
    assert_eq!(
        schemas["DeleteRelationshipsResponse"]["properties"]["relationshipsDeletedCount"]["type"],
        "string"
    );
}
