//! What trees look like.

use super::{Explained, Outcome, draw};

fn tree(question: &str, answer: Outcome, parts: Vec<Explained>) -> Explained {
    Explained { parts, ..Explained::new(question, answer) }
}

fn plain(tree: &Explained, columns: usize) -> Vec<String> {
    draw(tree, columns).iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
}

#[test]
fn guides_lead_from_a_question_to_those_that_decided_it() {
    use Outcome::{Conditional, No, Unanswered, Yes};
    let viewer = Explained {
        reason: "under in_tier: tier == 1, without tier".to_owned(),
        ..tree("b", Conditional, vec![])
    };
    let cut = Explained { is_cut: true, ..tree("c", Yes, vec![tree("d", Unanswered, vec![])]) };
    let all = tree("a", No, vec![tree("x", Yes, vec![viewer]), cut]);
    assert_eq!(
        plain(&all, 80),
        [
            "✗ a",
            "├─ ✓ x",
            "│  └─ ? b  under in_tier: tier == 1, without tier",
            "└─ ✓ c",
            "   ├─ … more is not shown",
            "   └─ ! d",
        ]
    );
}

#[test]
fn no_line_is_longer_than_the_terminal_is_wide() {
    let mut all = Explained { reason: "why ".repeat(50), ..tree(&"q".repeat(200), Outcome::Yes, vec![]) };
    for depth in 0..200 {
        let question = format!("folder:{depth}#view");
        all = Explained { reason: "because ".repeat(depth % 20), ..tree(&question, Outcome::No, vec![all]) };
    }
    for columns in [1, 40, 41, 42, 43, 80, 200] {
        let lines = plain(&all, columns);
        assert!(lines.iter().all(|line| line.chars().count() <= columns.max(40)), "{columns}");
        assert!(
            (0..200).all(|depth| lines.iter().any(|line| line.contains(&format!("folder:{depth}#view"))))
        );
        let whole: String = lines.concat();
        assert_eq!(whole.matches('q').count(), 200, "{columns}");
    }
}

#[test]
fn what_a_terminal_would_obey_is_not_written() {
    let all = Explained { reason: "a\n\tb\u{7}".to_owned(), ..tree("x\u{1b}[2J", Outcome::Yes, vec![]) };
    assert_eq!(plain(&all, 80), ["✓ x\u{fffd}[2J  a b\u{fffd}"]);
}

#[test]
fn programs_get_the_same_tree() {
    let all = tree("a", Outcome::No, vec![Explained::new("b", Outcome::Conditional)]);
    let json = serde_json::to_string(&all).unwrap();
    assert_eq!(
        json,
        r#"{"question":"a","answer":"no","is_cut":false,"parts":[{"question":"b","answer":"conditional","is_cut":false}]}"#
    );
}
