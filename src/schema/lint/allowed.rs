//! Comments that say that something is meant: `// arrowroot:allow mixed-operators, unused-relation`.

use std::ops::Range;

use crate::relationship::shortened;
use crate::schema::diagnostic::Span;
use crate::schema::suggestion;
use crate::schema::tree::{File, Item, Member};

use super::code::LintCode;
use super::finding::Findings;

const ALLOW: &str = "arrowroot:allow ";

/// What is allowed where.
pub(super) struct Directives<'t> {
    /// In whole definitions, partials and caveats, in order of their places.
    in_items: Vec<(LintCode, Span)>,
    /// In single relations and permissions, in order of their places.
    in_members: Vec<(LintCode, Span)>,
    unknown: Vec<(&'t str, Span)>,
}

/// A part of the text, and where the comments for it stand.
struct Region {
    comments: Span,
    whole: Span,
}

impl<'t> Directives<'t> {
    pub(super) fn read(text: &'t str, file: &File) -> Self {
        let (items, members) = regions(text, file);
        let mut directives = Self { in_items: Vec::new(), in_members: Vec::new(), unknown: Vec::new() };
        for comment in &file.comments {
            let Some((place, names)) = names_in(text, *comment) else { continue };
            let (member, item) = (find(&members, place), find(&items, place));
            for name in names {
                match (LintCode::find(name), member, item) {
                    (Some(code), Some(region), _) => directives.in_members.push((code, region)),
                    (Some(code), None, Some(region)) => directives.in_items.push((code, region)),
                    (Some(_), None, None) => {}
                    (None, ..) => directives.unknown.push((name, *comment)),
                }
            }
        }
        for allowed in [&mut directives.in_items, &mut directives.in_members] {
            allowed.sort_unstable_by_key(|(code, span)| (*code, span.start));
        }
        directives
    }

    /// Tells of names that are no lint's.
    pub(super) fn look(&self, findings: &mut Findings) {
        for (name, span) in &self.unknown {
            let message = format!("there is no lint `{}` to be allowed", shortened(name));
            let known = LintCode::ALL.iter().map(|code| code.as_str());
            let help = match suggestion::nearest(name, known) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "the codes of lints are in their findings".to_owned(),
            };
            findings.push(LintCode::UnknownLint, *span, message, help);
        }
    }

    /// Whether somebody has said that a finding is meant.
    pub(super) fn allow(&self, code: LintCode, span: Span) -> bool {
        // Items are apart from each other, and so are members: only the last that begins before a place can hold it.
        [&self.in_items, &self.in_members].into_iter().any(|allowed| {
            let after = allowed.partition_point(|(other, whole)| (*other, whole.start) <= (code, span.start));
            let last = allowed[..after].last();
            last.is_some_and(|(other, whole)| *other == code && span.end <= whole.end)
        })
    }
}

/// The lints that a comment names, and where it stands.
fn names_in(text: &str, comment: Span) -> Option<(usize, Vec<&str>)> {
    let (_, rest) = comment.of(text).split_once(ALLOW)?;
    let line = rest.lines().next().unwrap_or_default();
    let mut names = Vec::new();
    for part in line.split(',') {
        let mut words = part.split_whitespace();
        let Some(name) = words.next() else { break };
        names.push(name.trim_end_matches([':', '.', ';']));
        // A reason follows.
        if words.next().is_some() {
            break;
        }
    }
    Some((comment.start, names))
}

/// Items and members, each in order.
fn regions(text: &str, file: &File) -> (Vec<Region>, Vec<Region>) {
    let first = |comments: &Range<usize>, start: usize| {
        file.comments.get(comments.clone()).and_then(<[Span]>::first).map_or(start, |comment| comment.start)
    };
    let line_end = |at: usize| text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length);
    let (mut items, mut members) = (Vec::new(), Vec::new());
    for item in &file.items {
        let (comments, name, whole) = match item {
            Item::Definition(definition) | Item::Partial(definition) => {
                (&definition.comments, definition.name.span(), definition.span)
            }
            Item::Caveat(caveat) => (&caveat.comments, caveat.name.span(), caveat.span),
            Item::Use(_) | Item::Import(_) => continue,
        };
        items.push(Region {
            comments: Span { start: first(comments, whole.start), end: line_end(name.end) },
            whole,
        });
        let (Item::Definition(definition) | Item::Partial(definition)) = item else { continue };
        for member in &definition.members {
            let (comments, whole) = match member {
                Member::Relation(relation) => (&relation.comments, relation.span),
                Member::Permission(permission) => (&permission.comments, permission.span),
                Member::Splat(_) => continue,
            };
            let comments = Span { start: first(comments, whole.start), end: line_end(whole.end) };
            members.push(Region { comments, whole });
        }
    }
    (items, members)
}

/// What a comment in some place is for. A comment beside `{` is the definition's, though the first member has it, too.
fn find(regions: &[Region], place: usize) -> Option<Span> {
    let after = regions.partition_point(|region| region.comments.start <= place);
    let region = regions[..after].last()?;
    (place < region.comments.end).then_some(region.whole)
}
