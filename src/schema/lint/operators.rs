//! Operators that meet without parentheses, and operands that stand twice.

use std::collections::HashSet;

use crate::schema::diagnostic::Span;
use crate::schema::tree::{Expression, ExpressionKind, Member};

use super::code::LintCode;
use super::finding::{Edit, Findings, Fix};
use super::source::{Source, in_one_line, walk};

pub(super) fn look(source: &Source<'_>, findings: &mut Findings) {
    for member in source.members() {
        let Member::Permission(permission) = member else { continue };
        mixed(source, &permission.expression, findings);
        walk(&permission.expression, &mut |expression| repeated(source, expression, findings));
    }
}

/// The sign of an operation.
fn sign(expression: &Expression) -> Option<char> {
    match &expression.kind {
        ExpressionKind::Union(_) => Some('+'),
        ExpressionKind::Intersection(_) => Some('&'),
        ExpressionKind::Exclusion(..) => Some('-'),
        ExpressionKind::Nil
        | ExpressionKind::SelfObject
        | ExpressionKind::Name
        | ExpressionKind::Arrow(_)
        | ExpressionKind::Parenthesized(_) => None,
    }
}

/// One finding for all that meets in an expression, as one fix is one change.
fn mixed(source: &Source<'_>, whole: &Expression, findings: &mut Findings) {
    let mut inner: Vec<Span> = Vec::new();
    let mut first = None;
    walk(whole, &mut |expression| {
        let Some(outer) = sign(expression) else { return };
        for operand in operands(expression) {
            if let Some(sign) = sign(operand).filter(|sign| *sign != outer) {
                inner.push(operand.span);
                first.get_or_insert((outer, sign, operand.span));
            }
        }
    });
    let Some((outer, sign, span)) = first else { return };
    let mut edits: Vec<_> = inner
        .iter()
        .flat_map(|span| [(span.start, "("), (span.end, ")")])
        .map(|(at, sign)| Edit { span: Span { start: at, end: at }, replacement: sign.to_owned() })
        .collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.replacement == "("));
    let shown = crate::relationship::shortened(&in_one_line(span.of(source.text)));
    let message =
        format!("`{outer}` and `{sign}` meet without parentheses: `{shown}` is taken together first");
    let help = "write the parentheses: `+` binds tightest, then `&`, then `-`";
    findings.push_with(
        LintCode::MixedOperators,
        whole.span,
        message,
        help,
        Some(Fix { edits, is_safe: true }),
    );
}

fn operands(expression: &Expression) -> Vec<&Expression> {
    match &expression.kind {
        ExpressionKind::Union(operands) | ExpressionKind::Intersection(operands) => operands.iter().collect(),
        ExpressionKind::Exclusion(base, subtrahend) => vec![base, subtrahend],
        ExpressionKind::Nil
        | ExpressionKind::SelfObject
        | ExpressionKind::Name
        | ExpressionKind::Arrow(_)
        | ExpressionKind::Parenthesized(_) => Vec::new(),
    }
}

/// What stands in parentheses, however many.
fn without_parentheses(expression: &Expression) -> &Expression {
    let mut inside = expression;
    while let ExpressionKind::Parenthesized(next) = &inside.kind {
        inside = next;
    }
    inside
}

/// `a + a`, of names and arrows.
fn repeated(source: &Source<'_>, expression: &Expression, findings: &mut Findings) {
    let (ExpressionKind::Union(operands) | ExpressionKind::Intersection(operands)) = &expression.kind else {
        return;
    };
    let mut seen = HashSet::new();
    for operand in operands {
        let inside = without_parentheses(operand);
        let is_leaf = matches!(inside.kind, ExpressionKind::Name | ExpressionKind::Arrow(_));
        let text = in_one_line(inside.span.of(source.text));
        if is_leaf && !seen.insert(text.replace(' ', "")) {
            let message =
                format!("`{}` stands twice in one operation", crate::relationship::shortened(&text));
            findings.push(
                LintCode::RepeatedOperand,
                operand.span,
                message,
                "once is enough; was another name meant?",
            );
        }
    }
}
