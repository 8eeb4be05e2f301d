//! `ReflectSchema`, `ComputablePermissions`, `DependentRelations` and `DiffSchema`, and their older twins.

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::consistency::Requirement;
use arrowroot::server::wire::v1::experimental_service_client::ExperimentalServiceClient;
use arrowroot::server::wire::v1::reflection_schema_diff::Diff;
use arrowroot::server::wire::v1::reflection_type_reference::Typeref;
use tonic::Status;

use crate::harness::{Client, Running, told, told_of};

const SCHEMA: &str = "
use expiration

// someone
definition user {}

caveat on_weekdays(day string, limits map<list<int>>) {
    limits.size() > 0&&day != 'sunday'
}

definition group {
    relation member: user | group#member
}

/* a text */
definition doc {
    // whoever reads it
    relation viewer: user | user:* | group#member with on_weekdays | user with expiration
    relation parent: doc
    // whoever may
    permission view = viewer + parent->view
    permission hide = view - viewer
}
";

const FULLY: Option<v1::Consistency> =
    Some(v1::Consistency { requirement: Some(Requirement::FullyConsistent(true)) });

/// `doc#view` with an exclamation mark behind permissions, one after another.
fn listed(references: &[v1::ReflectionRelationReference]) -> String {
    let texts: Vec<_> = references
        .iter()
        .map(|reference| {
            let mark = if reference.is_permission { "!" } else { "" };
            format!("{}#{}{mark}", reference.definition_name, reference.relation_name)
        })
        .collect();
    texts.join(" ")
}

/// The names of all declarations in a response: `doc(viewer parent view hide)`, one after another.
fn declared(response: &v1::ReflectSchemaResponse) -> String {
    let definitions = response.definitions.iter().map(|definition| {
        let relations = definition.relations.iter().map(|relation| relation.name.as_str());
        let permissions = definition.permissions.iter().map(|permission| permission.name.as_str());
        let members: Vec<_> = relations.chain(permissions).collect();
        format!("{}({})", definition.name, members.join(" "))
    });
    let caveats = response.caveats.iter().map(|caveat| caveat.name.clone());
    definitions.chain(caveats).collect::<Vec<_>>().join(" ")
}

/// `definition caveat relation permission`, where `-` is nothing.
fn filter(text: &str) -> v1::ReflectionSchemaFilter {
    let mut parts = text.split(' ').map(|part| part.replace('-', ""));
    let mut next = || parts.next().unwrap_or_default();
    v1::ReflectionSchemaFilter {
        optional_definition_name_filter: next(),
        optional_caveat_name_filter: next(),
        optional_relation_name_filter: next(),
        optional_permission_name_filter: next(),
    }
}

async fn holding(schema: &str) -> (Running, Client) {
    let running = Running::start();
    let mut client = running.client().await;
    client.write_schema(schema).await.unwrap();
    (running, client)
}

async fn reflect(client: &mut Client, filters: &[&str]) -> Result<v1::ReflectSchemaResponse, Status> {
    let optional_filters = filters.iter().map(|text| filter(text)).collect();
    let request = v1::ReflectSchemaRequest { consistency: FULLY, optional_filters };
    Ok(client.schema.reflect_schema(request).await?.into_inner())
}

async fn computable(client: &mut Client, definition: &str, relation: &str, prefix: &str) -> String {
    let request = v1::ComputablePermissionsRequest {
        consistency: FULLY,
        definition_name: definition.to_owned(),
        relation_name: relation.to_owned(),
        optional_definition_name_filter: prefix.to_owned(),
    };
    match client.schema.computable_permissions(request).await {
        Ok(response) => listed(&response.into_inner().permissions),
        refused => told(refused),
    }
}

async fn dependent(client: &mut Client, definition: &str, permission: &str) -> String {
    let request = v1::DependentRelationsRequest {
        consistency: FULLY,
        definition_name: definition.to_owned(),
        permission_name: permission.to_owned(),
    };
    match client.schema.dependent_relations(request).await {
        Ok(response) => listed(&response.into_inner().relations),
        refused => told(refused),
    }
}

async fn diff(client: &mut Client, text: &str) -> Result<Vec<Diff>, Status> {
    let request = v1::DiffSchemaRequest { consistency: FULLY, comparison_schema: text.to_owned() };
    let response = client.schema.diff_schema(request).await?.into_inner();
    Ok(response.diffs.into_iter().map(|difference| difference.diff.unwrap()).collect())
}

#[tokio::test]
async fn a_schema_is_told_in_full() {
    let (_running, mut client) = holding(SCHEMA).await;
    let response = reflect(&mut client, &[]).await.unwrap();
    assert_eq!(declared(&response), "doc(viewer parent view hide) group(member) user() on_weekdays");
    let [doc, _, user] = &response.definitions[..] else { panic!("{response:?}") };
    assert_eq!((doc.comment.as_str(), user.comment.as_str()), ("/* a text */", "// someone"));
    let subject = |definition: &str, caveat: &str, form| v1::ReflectionTypeReference {
        subject_definition_name: definition.to_owned(),
        optional_caveat_name: caveat.to_owned(),
        typeref: Some(form),
    };
    let viewer = v1::ReflectionRelation {
        name: "viewer".to_owned(),
        comment: "// whoever reads it".to_owned(),
        parent_definition_name: "doc".to_owned(),
        subject_types: vec![
            subject("user", "", Typeref::IsTerminalSubject(false)),
            subject("user", "", Typeref::IsPublicWildcard(true)),
            subject("group", "on_weekdays", Typeref::OptionalRelationName("member".to_owned())),
            subject("user", "", Typeref::IsTerminalSubject(false)),
        ],
    };
    assert_eq!(doc.relations[0], viewer);
    let view = v1::ReflectionPermission {
        name: "view".to_owned(),
        comment: "// whoever may".to_owned(),
        parent_definition_name: "doc".to_owned(),
    };
    assert_eq!(doc.permissions[0], view);
    let parameter = |name: &str, kind: &str| v1::ReflectionCaveatParameter {
        name: name.to_owned(),
        r#type: kind.to_owned(),
        parent_caveat_name: "on_weekdays".to_owned(),
    };
    let caveat = v1::ReflectionCaveat {
        name: "on_weekdays".to_owned(),
        comment: String::new(),
        parameters: vec![parameter("day", "string"), parameter("limits", "map<list<int>>")],
        expression: "limits.size() > 0 && day != \"sunday\"".to_owned(),
    };
    assert_eq!(response.caveats, [caveat]);
}

#[tokio::test]
async fn filters_let_through_what_one_of_them_wants() {
    let (_running, mut client) = holding(SCHEMA).await;
    for (filters, expected) in [
        (&["do - - -"][..], "doc(viewer parent view hide)"),
        (&["- on - -"], "on_weekdays"),
        (&["- on - -", "user - - -"], "user() on_weekdays"),
        (&["d - v -"], "doc(viewer view hide)"),
        (&["d - - v"], "doc(viewer parent view)"),
        (&["d - zzz -", "d - - zzz"], "doc()"),
        (&["doc - vie -", "group - - -"], "doc(viewer view hide) group()"),
        (&["g - v -", "doc - pa -"], "doc(parent view hide) group()"),
        (&["Doc - - -"], ""),
        (&["- - - -"], ""),
        (&["- - - -", "user - - -"], "user()"),
    ] {
        assert_eq!(declared(&reflect(&mut client, filters).await.unwrap()), expected, "{filters:?}");
    }
}

#[tokio::test]
async fn filters_that_nothing_could_pass_are_refused() {
    let (_running, mut client) = holding(SCHEMA).await;
    let told_start = "InvalidArgument `the relationship filter provided is not valid: ";
    for (filters, expected) in [
        (
            &["user - - -", "doc on - -"][..],
            "cannot filter by both definition and caveat name` INVALID_FILTER {filter: \
             optional_definition_name_filter:\"doc\" optional_caveat_name_filter:\"on\"}",
        ),
        (
            &["- - v -"],
            "relation name match requires definition name match` INVALID_FILTER {filter: \
             optional_relation_name_filter:\"v\"}",
        ),
        (
            &["- on - v"],
            "permission name match requires definition name match` INVALID_FILTER {filter: \
             optional_caveat_name_filter:\"on\" optional_permission_name_filter:\"v\"}",
        ),
        (
            &["d\"o\\\n\u{1} - v w"],
            "cannot filter by both relation and permission name` INVALID_FILTER {filter: \
             optional_definition_name_filter:\"d\\\"o\\\\\\n\\x01\" optional_relation_name_filter:\"v\" \
             optional_permission_name_filter:\"w\"}",
        ),
    ] {
        let told = told_of(reflect(&mut client, filters).await);
        assert_eq!(told, format!("{told_start}{expected}"));
    }
    let told = told_of(reflect(&mut client, &["doc - - -"; 1001]).await);
    assert_eq!(
        told,
        "InvalidArgument `filter count of 1001 is greater than maximum allowed of 1000` UNSPECIFIED \
         {filter_count: 1001, maximum_filters_allowed: 1000}"
    );
}

#[tokio::test]
async fn what_depends_on_a_relation_is_listed() {
    let (_running, mut client) = holding(SCHEMA).await;
    for (definition, relation, prefix, expected) in [
        ("user", "", "", "doc#hide! doc#view! doc#viewer group#member"),
        ("user", "", "gr", "group#member"),
        ("user", "", "x", ""),
        ("group", "member", "", "doc#hide! doc#view! doc#viewer"),
        ("doc", "viewer", "", "doc#hide! doc#view!"),
        ("doc", "view", "", "doc#hide!"),
        ("doc", "", "", "doc#parent"),
        ("doc", "hide", "", ""),
    ] {
        let found = computable(&mut client, definition, relation, prefix).await;
        assert_eq!(found, expected, "{definition}#{relation} {prefix}");
    }
}

#[tokio::test]
async fn what_a_permission_depends_on_is_listed() {
    let (_running, mut client) = holding(SCHEMA).await;
    assert_eq!(dependent(&mut client, "doc", "view").await, "doc#parent doc#viewer group#member");
    assert_eq!(dependent(&mut client, "doc", "hide").await, "doc#parent doc#view! doc#viewer group#member");
}

#[tokio::test]
async fn questions_about_names_that_do_not_exist_are_refused() {
    let (_running, mut client) = holding(SCHEMA).await;
    let no_definition = |name: &str| {
        format!(
            "FailedPrecondition `object definition `{name}` not found` SCHEMA_TYPE_ERROR {{definition_name: {name}}}"
        )
    };
    let no_relation = |name: &str| {
        format!(
            "FailedPrecondition `relation/permission `{name}` not found under definition `doc`` \
             UNKNOWN_RELATION_OR_PERMISSION {{definition_name: doc, relation_or_permission_name: {name}}}"
        )
    };
    for name in ["", "x", "nobody", "No Name!"] {
        assert_eq!(computable(&mut client, name, "viewer", "").await, no_definition(name));
        assert_eq!(dependent(&mut client, name, "view").await, no_definition(name));
        assert_eq!(dependent(&mut client, "doc", name).await, no_relation(name));
    }
    for name in ["x", "nothing", "...", "No Name!"] {
        assert_eq!(computable(&mut client, "doc", name, "").await, no_relation(name));
    }
    assert_eq!(
        dependent(&mut client, "doc", "viewer").await,
        "InvalidArgument `the relation `viewer` is not a permission` UNKNOWN_RELATION_OR_PERMISSION \
         {relationName: viewer}"
    );
}

#[tokio::test]
async fn before_a_schema_nothing_is_declared_and_everything_is_different() {
    let running = Running::start();
    let mut client = running.client().await;
    let response = reflect(&mut client, &[]).await.unwrap();
    assert_eq!(declared(&response), "");
    assert!(!response.read_at.unwrap().token.is_empty());
    let found = diff(&mut client, "definition user {}").await.unwrap();
    assert!(matches!(&found[..], [Diff::DefinitionAdded(added)] if added.name == "user"), "{found:?}");
    assert!(dependent(&mut client, "doc", "view").await.contains("SCHEMA_TYPE_ERROR"));
}

#[tokio::test]
async fn a_schema_of_caveats_alone_is_told() {
    let (_running, mut client) = holding("caveat only(flag bool) { flag }").await;
    assert_eq!(declared(&reflect(&mut client, &[]).await.unwrap()), "only");
    assert_eq!(diff(&mut client, "caveat only(flag bool) { flag }").await.unwrap(), []);
}

#[tokio::test]
async fn differences_are_told_and_what_was_read_back_has_none() {
    let (_running, mut client) = holding(SCHEMA).await;
    let read = client.schema.read_schema(v1::ReadSchemaRequest {}).await.unwrap().into_inner();
    assert_eq!(diff(&mut client, &read.schema_text).await.unwrap(), []);
    let changed = SCHEMA.replace("user with expiration", "doc").replace("day != 'sunday'", "day != ''");
    let found = diff(&mut client, &changed).await.unwrap();
    let kinds: Vec<_> =
        found.iter().map(|diff| format!("{diff:?}").split('(').next().unwrap().to_owned()).collect();
    assert_eq!(
        kinds,
        ["RelationSubjectTypeRemoved", "RelationSubjectTypeAdded", "CaveatExprChanged"],
        "{found:?}"
    );
    let Diff::RelationSubjectTypeAdded(added) = &found[1] else { panic!("{found:?}") };
    assert_eq!(added.relation.as_ref().unwrap().subject_types.len(), 4);
    assert_eq!(added.changed_subject_type.as_ref().unwrap().subject_definition_name, "doc");
}

#[tokio::test]
async fn a_text_that_is_no_schema_cannot_be_compared_with() {
    let (_running, mut client) = holding(SCHEMA).await;
    for (text, start, within) in [
        ("definition user {", "InvalidArgument `parse error in `schema`", "SCHEMA_PARSE_ERROR"),
        ("use nothing", "InvalidArgument `parse error in `schema`, line 1", "source_code: nothing"),
        (
            "caveat cav(num int) { num + 1 }",
            "InvalidArgument `parse error in `schema`, line 1, column 23: invalid expression for caveat `cav`",
            "source_code: num + 1",
        ),
        (
            "definition doc {\n relation aaa: doc\n relation aaa: doc\n}",
            "FailedPrecondition `found duplicate relation/permission name `aaa` under definition `doc`",
            "SCHEMA_TYPE_ERROR",
        ),
    ] {
        let told = told_of(diff(&mut client, text).await);
        assert!(told.starts_with(start) && told.contains(within), "{text}\n{told}");
    }
}

#[tokio::test]
async fn every_question_is_answered_at_the_revision_that_it_asks_for() {
    let (_running, mut client) = holding("definition user {}").await;
    let older = client
        .write_schema("definition user {}\ndefinition old {\n relation own: user\n permission see = own\n}")
        .await
        .unwrap();
    let newer = client.write_schema("definition user {}\ndefinition new {}").await.unwrap();
    let at = |token: &str| {
        let token = v1::ZedToken { token: token.to_owned() };
        Some(v1::Consistency { requirement: Some(Requirement::AtExactSnapshot(token)) })
    };
    for (token, declarations, gone) in [(&older, "old(own see) user()", 1), (&newer, "new() user()", 0)] {
        let request = v1::ReflectSchemaRequest { consistency: at(token), ..Default::default() };
        let response = client.schema.reflect_schema(request).await.unwrap().into_inner();
        assert_eq!(declared(&response), declarations);
        assert_eq!(response.read_at.unwrap().token, *token);
        let comparison_schema = "definition user {}\ndefinition new {}".to_owned();
        let request = v1::DiffSchemaRequest { consistency: at(token), comparison_schema };
        let response = client.schema.diff_schema(request).await.unwrap().into_inner();
        let removed =
            response.diffs.iter().filter(|diff| matches!(diff.diff, Some(Diff::DefinitionRemoved(_))));
        assert_eq!((removed.count(), response.diffs.len()), (gone, 2 * gone));
        assert_eq!(response.read_at.unwrap().token, *token);
    }
    let request = v1::ComputablePermissionsRequest {
        consistency: at(&older),
        definition_name: "old".to_owned(),
        relation_name: "own".to_owned(),
        ..Default::default()
    };
    let response = client.schema.computable_permissions(request).await.unwrap().into_inner();
    assert_eq!(
        (listed(&response.permissions).as_str(), response.read_at.unwrap().token),
        ("old#see!", older.clone())
    );
    let request = v1::DependentRelationsRequest {
        consistency: at(&older),
        definition_name: "old".to_owned(),
        permission_name: "see".to_owned(),
    };
    let response = client.schema.dependent_relations(request).await.unwrap().into_inner();
    assert_eq!((listed(&response.relations).as_str(), response.read_at.unwrap().token), ("old#own", older));
}

#[tokio::test]
async fn consistency_is_looked_at_first() {
    let (_running, mut client) = holding(SCHEMA).await;
    let token = v1::ZedToken { token: "no token".to_owned() };
    let garbled = Some(v1::Consistency { requirement: Some(Requirement::AtLeastAsFresh(token)) });
    let nothing = Some(v1::Consistency { requirement: None });
    for (consistency, expected) in [
        (garbled, "InvalidArgument `invalid revision requested`"),
        (nothing, "Internal `missing handling of consistency case in `"),
    ] {
        let request = v1::ReflectSchemaRequest {
            consistency: consistency.clone(),
            optional_filters: vec![filter("- - v -")],
        };
        assert_eq!(told(client.schema.reflect_schema(request).await), expected);
        let request =
            v1::ComputablePermissionsRequest { consistency: consistency.clone(), ..Default::default() };
        assert_eq!(told(client.schema.computable_permissions(request).await), expected);
        let request =
            v1::DependentRelationsRequest { consistency: consistency.clone(), ..Default::default() };
        assert_eq!(told(client.schema.dependent_relations(request).await), expected);
        let request = v1::DiffSchemaRequest { consistency, comparison_schema: "{".to_owned() };
        assert_eq!(told(client.schema.diff_schema(request).await), expected);
    }
}

#[tokio::test]
async fn the_experimental_methods_answer_the_same() {
    let (running, mut client) = holding(SCHEMA).await;
    let mut experimental = ExperimentalServiceClient::new(running.channel().await);
    let request = v1::ReflectSchemaRequest { consistency: FULLY, optional_filters: vec![filter("d - - -")] };
    assert_eq!(
        experimental.experimental_reflect_schema(request.clone()).await.unwrap().into_inner(),
        client.schema.reflect_schema(request).await.unwrap().into_inner()
    );
    let request = v1::ComputablePermissionsRequest {
        consistency: FULLY,
        definition_name: "user".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        experimental.experimental_computable_permissions(request.clone()).await.unwrap().into_inner(),
        client.schema.computable_permissions(request).await.unwrap().into_inner()
    );
    for permission_name in ["view".to_owned(), "viewer".to_owned()] {
        let definition_name = "doc".to_owned();
        let request = v1::DependentRelationsRequest { consistency: FULLY, definition_name, permission_name };
        let former = experimental.experimental_dependent_relations(request.clone()).await;
        let present = client.schema.dependent_relations(request).await;
        match (former, present) {
            (Ok(former), Ok(present)) => assert_eq!(former.into_inner(), present.into_inner()),
            (former, present) => assert_eq!(told(former), told(present)),
        }
    }
    let comparison_schema = SCHEMA.replace("relation parent: doc", "relation parent: doc | user");
    let request = v1::DiffSchemaRequest { consistency: FULLY, comparison_schema };
    let found = experimental.experimental_diff_schema(request.clone()).await.unwrap().into_inner();
    assert_eq!(found.diffs.len(), 1);
    assert_eq!(found, client.schema.diff_schema(request).await.unwrap().into_inner());
}

#[tokio::test]
async fn large_schemas_are_told_and_compared() {
    let definitions = (0..5_000).map(|index| {
        format!("definition doc{index} {{\n relation owner: user\n permission view = owner\n}}\n")
    });
    let text: String = std::iter::once("definition user {}\n".to_owned()).chain(definitions).collect();
    let (_running, mut client) = holding(&text).await;
    client.schema = client.schema.max_decoding_message_size(64 << 20);
    assert_eq!(reflect(&mut client, &[]).await.unwrap().definitions.len(), 5_001);
    assert_eq!(declared(&reflect(&mut client, &["doc4777 - - -"]).await.unwrap()), "doc4777(owner view)");
    assert_eq!(computable(&mut client, "user", "", "doc4777").await, "doc4777#owner doc4777#view!");
    assert_eq!(dependent(&mut client, "doc4777", "view").await, "doc4777#owner");
    assert_eq!(diff(&mut client, "definition user {}").await.unwrap().len(), 5_000);
    assert_eq!(diff(&mut client, &text).await.unwrap(), []);
}

#[tokio::test]
async fn differences_that_would_repeat_large_relations_without_end_are_refused() {
    let types: Vec<_> = (0..2_000).map(|index| format!("t{index:04}")).collect();
    let declared: Vec<_> = types.iter().map(|name| format!("definition {name} {{}}")).collect();
    let declared = declared.join("\n");
    let wide = |form: &str| {
        let subjects: Vec<_> = types.iter().map(|name| format!("{name}{form}")).collect();
        format!("{declared}\ndefinition doc {{\n relation viewer: {}\n}}\n", subjects.join(" | "))
    };
    let (_running, mut client) = holding(&wide("")).await;
    let told = told_of(diff(&mut client, &wide(":*")).await);
    assert!(told.starts_with("ResourceExhausted `the relations whose subjects are different"), "{told}");
    assert!(client.is_alive().await);
}
