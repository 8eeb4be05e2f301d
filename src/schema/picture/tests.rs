//! Pictures of small, large and circular schemas.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::content::Content;
use super::layout::Layout;
use super::{dot, svg};
use crate::schema::{CompileOptions, Schema};

fn compiled(text: &str) -> Schema {
    Schema::compile(text, &CompileOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// So many definitions, each with lines to some others: circles, lines over many columns, and back.
fn many(count: usize, others: usize) -> String {
    let mut text = "definition user {}\n".to_owned();
    for index in 0..count {
        let _ = writeln!(text, "definition type_{index} {{\n\trelation owner: user");
        for step in 1..=others {
            let other = (index * step + 7 * step + 1) % count;
            let _ = writeln!(text, "\trelation parent_{step}: type_{other} | type_{other}#owner");
            let _ = writeln!(text, "\tpermission view_{step} = owner + parent_{step}->owner");
        }
        text.push_str("}\n");
    }
    text
}

#[test]
fn no_boxes_overlap_and_all_are_within_the_picture() {
    for text in
        [String::new(), "definition user {}".to_owned(), many(1, 1), many(12, 3), many(60, 4), many(300, 2)]
    {
        let schema = compiled(&text);
        let layout = Layout::of(&Content::of(&schema));
        for (index, one) in layout.boxes.iter().enumerate() {
            assert!(one.x + one.width < layout.width && one.y + one.height < layout.height);
            for other in &layout.boxes[..index] {
                let is_apart = one.x + one.width < other.x
                    || other.x + other.width < one.x
                    || one.y + one.height < other.y
                    || other.y + other.height < one.y;
                assert!(is_apart);
            }
        }
    }
}

#[test]
fn every_definition_relation_and_permission_is_in_both_pictures() {
    let schema = compiled(&many(20, 2));
    for picture in [dot(&schema), svg(&schema)] {
        for node in schema.nodes() {
            assert!(picture.contains(node.name.as_str()));
        }
        for definition in schema.definitions() {
            assert!(picture.contains(&format!(">{}<", definition.name)));
        }
    }
}

#[test]
fn the_same_schema_gives_the_same_picture() {
    let text = many(40, 3);
    assert_eq!(svg(&compiled(&text)), svg(&compiled(&text)));
    assert_eq!(dot(&compiled(&text)), dot(&compiled(&text)));
}

#[test]
fn lines_tell_subjects_from_arrows() {
    let schema = compiled(
        "definition user {}\ndefinition group {\n\trelation member: user | group#member\n}\ndefinition doc {\n\trelation \
         team: group\n\tpermission view = team->member\n}",
    );
    let picture = dot(&schema);
    let lines: HashSet<_> =
        picture.lines().filter(|line| line.contains("->") && !line.contains("label")).collect();
    assert!(lines.contains("  n1:r0:e -> n1:r0:w [class=\"subject\"];"), "{picture}");
    assert!(lines.contains("  n1:r0:e -> n0:title:w [class=\"subject\"];"));
    assert!(lines.contains("  n2:r0:e -> n1:title:w [class=\"subject\"];"));
    assert!(lines.iter().any(|line| line.starts_with("  n2:r1:e -> n1:r0:w [class=\"arrow\"")));
    assert!(picture.contains("team-&gt;member"));
}

#[test]
fn large_and_circular_schemas_take_no_more_than_their_share() {
    let wide = {
        let types: Vec<_> = (0..2_000).map(|index| format!("type_{index}")).collect();
        let definitions = types
            .iter()
            .map(|name| format!("definition {name} {{\n\trelation owner: hub\n}}\n"))
            .collect::<Vec<_>>()
            .concat();
        format!("{definitions}definition hub {{\n\trelation any_of: {}\n}}\n", types.join(" | "))
    };
    let chain = (0..5_000)
        .map(|index| {
            format!(
                "definition type_{index} {{\n\trelation next: type_{} | type_{index}\n}}\n",
                (index + 1) % 5_000
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let long =
        chain.replace("\trelation next", "\trelation hub: hub\n\trelation next") + "definition hub {}\n";
    for text in [wide, chain, long, many(1_000, 5)] {
        let schema = compiled(&text);
        assert!(svg(&schema).len() < 200 * text.len());
        assert!(dot(&schema).len() < 200 * text.len());
    }
}
