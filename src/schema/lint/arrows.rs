//! Arrows that lead nowhere, or not everywhere, and permissions that name themselves.

use crate::relationship::shortened;
use crate::schema::diagnostic::Span;
use crate::schema::model::{AllowedSubject, DefinitionId, NodeId, NodeKind, SubjectForm};
use crate::schema::suggestion;
use crate::schema::tree::{Arrow, ArrowSpelling, ExpressionKind, Member};

use super::code::LintCode;
use super::finding::{Edit, Findings, Fix};
use super::source::{Source, walk};

/// Types that a message names, at most.
const NAMED_MAX: usize = 5;
/// Types of subjects looked at for all arrows together, at most: arrows times types could grow to much.
const STEPS_MAX: usize = 5_000_000;

pub(super) fn look(source: &Source<'_>, findings: &mut Findings) {
    let mut steps = 0;
    for member in source.members() {
        let Member::Permission(permission) = member else { continue };
        let nodes = source.nodes(member);
        walk(&permission.expression, &mut |expression| match &expression.kind {
            ExpressionKind::Arrow(arrow) if steps < STEPS_MAX => {
                steps += look_at_arrow(source, arrow, expression.span, nodes, findings);
            }
            ExpressionKind::Name if expression.span.of(source.text) == permission.name.of(source.text) => {
                let name = shortened(permission.name.of(source.text));
                let message = format!("permission `{name}` names itself");
                let help = "that adds nobody, and where it is subtracted there is no answer: leave it out, or go to \
                            another object with an arrow";
                findings.push(LintCode::SelfReference, expression.span, message, help);
            }
            _ => {}
        });
    }
}

/// How an arrow fares in one definition.
struct Fare {
    tupleset: NodeId,
    with: Vec<DefinitionId>,
    without: Vec<DefinitionId>,
}

/// How many types of subjects were looked at.
fn look_at_arrow(
    source: &Source<'_>,
    arrow: &Arrow,
    span: Span,
    nodes: &[NodeId],
    findings: &mut Findings,
) -> usize {
    let fares: Vec<_> = nodes.iter().filter_map(|node| fare(source, arrow, *node)).collect();
    let Some(first) = fares.first() else { return 1 };
    let steps = fares.iter().map(|fare| fare.with.len() + fare.without.len()).sum();
    let (tupleset, target) = (arrow.tupleset.of(source.text), arrow.target.of(source.text));
    if fares.iter().all(|fare| fare.with.is_empty()) {
        let types = named(source, &first.without);
        let message = format!("no subject of `{tupleset}` has a `{target}`: neither {types}");
        let message = if first.without.len() == 1 {
            format!("no subject of `{tupleset}` has a `{target}`: {types} does not")
        } else {
            message
        };
        let nearest = suggestion::nearest(target, names_of(source, &first.without));
        let fix = nearest.map(|name| Fix {
            edits: vec![Edit { span: arrow.target.span, replacement: name.to_owned() }],
            is_safe: false,
        });
        let help = match nearest {
            Some(name) => format!("did you mean `{name}`?"),
            None => "define it there, or leave the arrow out".to_owned(),
        };
        findings.push_with(LintCode::UnreachableArrow, span, message, help, fix);
        return steps;
    }
    if let Some(lacking) = fares.iter().find_map(|fare| lacking(source, arrow, fare)) {
        let types = named(source, &lacking);
        let (message, help) = if arrow.spelling == ArrowSpelling::All {
            let message = format!(
                "{types} of `{tupleset}` has no `{target}`, and one such subject makes `.all` nobody"
            );
            (message, "define it there, or take the type out of the relation")
        } else {
            let message =
                format!("{types} of `{tupleset}` has no `{target}`, so that such subjects lead to nobody");
            (message, "define it there, `= nil` if nobody is meant, or take the type out of the relation")
        };
        findings.push(LintCode::PartlyUnreachableArrow, span, message, help);
    }
    if let Some(userset) = first_userset(source, first.tupleset) {
        let message = format!(
            "`{tupleset}` may hold `{userset}`, of which an arrow takes the object and not the relation: `{target}` is \
             asked of the object itself"
        );
        let help = "give such subjects a relation of their own, or ask for their members without an arrow";
        findings.push(LintCode::ArrowOverUserset, span, message, help);
    }
    steps
}

fn fare(source: &Source<'_>, arrow: &Arrow, permission: NodeId) -> Option<Fare> {
    let schema = source.schema;
    let tupleset = schema.find_node(schema.node(permission).definition, arrow.tupleset.of(source.text))?;
    let mut types: Vec<_> = subjects(source, tupleset).iter().map(|subject| subject.definition).collect();
    types.sort_unstable();
    types.dedup();
    let target = arrow.target.of(source.text);
    let (with, without) =
        types.into_iter().partition(|definition| schema.find_node(*definition, target).is_some());
    Some(Fare { tupleset, with, without })
}

/// The types that lack the target and matter: where one is enough, not those without any relation or permission, which
/// are subjects by themselves and usually meant.
fn lacking(source: &Source<'_>, arrow: &Arrow, fare: &Fare) -> Option<Vec<DefinitionId>> {
    if fare.with.is_empty() {
        return None;
    }
    let is_meant = |definition: &DefinitionId| {
        arrow.spelling != ArrowSpelling::All && source.schema.definition(*definition).nodes.is_empty()
    };
    let lacking: Vec<_> = fare.without.iter().copied().filter(|definition| !is_meant(definition)).collect();
    (!lacking.is_empty()).then_some(lacking)
}

fn subjects<'s>(source: &Source<'s>, relation: NodeId) -> &'s [AllowedSubject] {
    match &source.schema.node(relation).kind {
        NodeKind::Relation(subjects) => subjects,
        NodeKind::Permission(_) => &[],
    }
}

fn first_userset(source: &Source<'_>, relation: NodeId) -> Option<String> {
    let is_userset = |subject: &&AllowedSubject| matches!(subject.form, SubjectForm::Userset(_));
    subjects(source, relation).iter().find(is_userset).map(|subject| source.schema.subject_text(subject))
}

fn named(source: &Source<'_>, definitions: &[DefinitionId]) -> String {
    let names =
        definitions.iter().take(NAMED_MAX).map(|definition| &source.schema.definition(*definition).name);
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    let more = if definitions.len() > NAMED_MAX { " and others" } else { "" };
    format!("{}{more}", names.join(", "))
}

fn names_of<'s>(source: &Source<'s>, definitions: &[DefinitionId]) -> impl Iterator<Item = &'s str> {
    let schema = source.schema;
    let definitions = definitions.to_vec();
    definitions
        .into_iter()
        .flat_map(move |definition| schema.definition(definition).nodes.iter())
        .map(move |node| schema.node(*node).name.as_str())
}
