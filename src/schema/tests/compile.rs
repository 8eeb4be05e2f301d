//! From text to schema.

use super::*;

#[test]
fn text_without_definitions_is_an_empty_schema() {
    for text in ["", "  \n\n", "// nothing\n/* at all */", "use self\nuse expiration\n"] {
        assert!(compiled(text).definitions().is_empty(), "{text:?}");
    }
}

#[test]
fn schema_of_agents_compiles() {
    let schema = compiled(
        "definition user {}\n\
         /** whoever acts for someone */\n\
         definition agent {\n\
           relation owner: user\n\
           relation parent: agent\n\
           permission read = owner + parent->read\n\
         }\n",
    );
    let agent = schema.find_definition("agent").unwrap();
    assert_eq!(schema.definition(agent).comment, "/** whoever acts for someone */");
    let read = schema.find_node(agent, "read").unwrap();
    assert_eq!(schema.node_text(read), "agent#read");
}

#[test]
fn several_errors_come_out_at_once() {
    let error =
        refused("definition user {\n relation\n permission view = (\n}\ndefinition {}\ndefinition doc {}");
    assert_eq!(error.diagnostics().len(), 3, "{error}");
}
