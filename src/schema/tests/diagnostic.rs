//! How errors are told: order, number, length, places and suggestions.

use super::*;

#[test]
fn names_of_codes_are_unique() {
    let names: std::collections::HashSet<_> = DiagnosticCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), DiagnosticCode::ALL.len());
}

#[test]
fn several_syntax_errors_come_out_at_once() {
    let error =
        refused("definition user {\n relation\n permission view = (\n}\ndefinition {}\ndefinition doc {}");
    let lines: Vec<_> = error.diagnostics().iter().map(|diagnostic| diagnostic.start().line).collect();
    assert_eq!(lines, [1, 3, 4]);
}

#[test]
fn number_of_diagnostics_is_bounded() {
    for line in ["definition {}\n", "definition user {}\n", "definition a {}\n"] {
        let error = refused(&line.repeat(10_000));
        assert_eq!(error.diagnostics().len(), DIAGNOSTICS_MAX, "{line}");
    }
    let unknown = format!("definition doc {{\n{}}}", "permission a1234 = missing\n".repeat(10_000));
    assert_eq!(refused(&unknown).diagnostics().len(), DIAGNOSTICS_MAX);
}

#[test]
fn text_of_an_error_is_bounded() {
    let long_name = "x".repeat(1_000_000);
    let long_line = "viewer + ".repeat(100_000);
    for text in [
        format!("definition {long_name} {{}}\n").repeat(2),
        format!("definition user {{\n permission view = {long_name}\n}}"),
        format!("definition user {{\n permission view = {long_line} nil\n}}"),
        format!("definition user {{}} {long_name}"),
        format!("definition user {{ relation viewer: user with {long_name}; }}"),
        format!("definition user {{\n ...{long_name}\n}}"),
        format!("use {long_name}"),
        format!("caveat {long_name}(day string) {{ true }}"),
        format!("caveat weekdays({long_name} string, {long_name} int) {{ true }}"),
        "definition {}\n".repeat(1_000),
    ] {
        let error = refused(&text);
        assert!(error.to_string().len() < 6_000, "{} bytes", error.to_string().len());
        let metadata = error.first().error_info();
        assert!(metadata.iter().all(|(_, value)| value.len() <= 131), "{text:.200}");
    }
}

#[test]
fn place_is_counted_in_lines_and_bytes_from_zero() {
    let error = refused("definition user {}\ndefinition düc {\n  relation ö: user\n}\n");
    let first = error.first();
    assert_eq!(first.start(), Position { line: 2, column: 11 });
    assert_eq!(first.end(), Position { line: 2, column: 12 });
    assert_eq!(first.source_code(), "ö");
    assert!(error.to_string().contains("\n3 |   relation ö: user\n  |            ^\n"), "{error}");
}

#[test]
fn place_at_the_end_of_the_text_is_after_its_last_byte() {
    for (text, line, column) in [("definition", 0, 10), ("definition user {\n", 1, 0), ("use", 0, 3)] {
        let error = refused(text);
        assert_eq!(error.first().start(), Position { line, column }, "{text:?}");
        assert_eq!(error.first().end(), Position { line, column }, "{text:?}");
        assert_eq!(error.first().source_code(), "");
    }
}

#[test]
fn near_names_are_suggested_and_far_ones_not() {
    let help = |name: &str| {
        let text = format!(
            "definition user {{}}\ndefinition doc {{\n relation viewer: user\n relation editor: user\n permission view = {name}\n}}"
        );
        refused(&text).first().help.clone()
    };
    assert_eq!(help("veiwer").as_deref(), Some("did you mean `viewer`?"));
    assert_eq!(help("editors").as_deref(), Some("did you mean `editor`?"));
    assert_eq!(help("banned"), None);
}
