//! Partials: sets of members that definitions and other partials take in with `...name`.

use std::collections::HashMap;

use crate::relationship::shortened;
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::schema::suggestion::did_you_mean;
use crate::schema::tree::{Definition, File, Item, Member, Name};

use super::CompileOptions;
use super::names::NameRules;

/// Members and splats walked over while inlining, at most: partials within partials grow without bound otherwise.
pub(super) const INLINED_MAX: usize = 1_000_000;

/// Bytes of text of the members inlined, comments included, at most: a member is kept anew wherever it is inlined.
const INLINED_BYTES_MAX: usize = 16 << 20;

/// The partials of a text by name. Of several with one name the last counts.
pub(super) struct Partials<'t> {
    text: &'t str,
    by_name: HashMap<String, &'t Definition>,
    comments: &'t [Span],
    has_cycle: bool,
    inlined: usize,
    inlined_bytes: usize,
    is_too_large: bool,
}

impl<'t> Partials<'t> {
    pub(super) fn collect(
        text: &'t str,
        file: &'t File,
        options: CompileOptions,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut by_name = HashMap::new();
        let mut in_order = Vec::new();
        for item in &file.items {
            if let Item::Partial(partial) = item {
                let mut rules = NameRules { text, options, diagnostics };
                partial.members.iter().for_each(|member| rules.member(member));
                by_name.insert(partial.name.joined(text), partial);
                in_order.push(partial);
            }
        }
        let mut partials = Self {
            text,
            by_name,
            comments: &file.comments,
            has_cycle: false,
            inlined: 0,
            inlined_bytes: 0,
            is_too_large: false,
        };
        partials.check_references(&in_order, diagnostics);
        partials
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The relations and permissions of a definition, those of its partials in the places of the splats.
    pub(super) fn inline(
        &mut self,
        definition: &'t Definition,
        diagnostics: &mut Diagnostics,
    ) -> Vec<&'t Member> {
        let mut members = Vec::new();
        let mut open = vec![definition.members.iter()];
        while let Some(top) = open.last_mut() {
            let Some(member) = top.next() else {
                open.pop();
                continue;
            };
            let is_inlined = open.len() > 1;
            if is_inlined || matches!(member, Member::Splat(_)) {
                self.inlined += 1;
            }
            if is_inlined {
                self.inlined_bytes += self.bytes_of(member);
            }
            if self.inlined > INLINED_MAX || self.inlined_bytes > INLINED_BYTES_MAX {
                self.report_too_large(definition, diagnostics);
                break;
            }
            match member {
                Member::Splat(name) if self.has_cycle => self.check_reference(*name, diagnostics),
                Member::Splat(name) => match self.by_name.get(name.of(self.text)) {
                    Some(partial) => open.push(partial.members.iter()),
                    None if is_inlined => {}
                    None => self.check_reference(*name, diagnostics),
                },
                Member::Relation(_) | Member::Permission(_) => members.push(member),
            }
        }
        members
    }

    /// The length of a member's text, its comments included; of a splat nothing, since its members follow.
    fn bytes_of(&self, member: &Member) -> usize {
        let (comments, span) = match member {
            Member::Relation(relation) => (&relation.comments, relation.span),
            Member::Permission(permission) => (&permission.comments, permission.span),
            Member::Splat(_) => return 0,
        };
        let first = self.comments.get(comments.clone()).and_then(<[Span]>::first);
        span.end - first.map_or(span.start, |comment| comment.start)
    }

    fn report_too_large(&mut self, definition: &Definition, diagnostics: &mut Diagnostics) {
        if !std::mem::replace(&mut self.is_too_large, true) {
            let message = format!(
                "the partials inlined so far have more than {INLINED_MAX} members, or more than \
                 {INLINED_BYTES_MAX} bytes"
            );
            let span = definition.name.span();
            diagnostics.push(Diagnostic::new(DiagnosticCode::TooLarge, span, message));
        }
    }

    fn check_reference(&self, name: Name, diagnostics: &mut Diagnostics) {
        let referred = name.of(self.text);
        if self.by_name.contains_key(referred) || diagnostics.is_full() {
            return;
        }
        let shown = shortened(referred);
        let message = format!("could not find partial reference with name {shown}");
        let diagnostic = Diagnostic::new(DiagnosticCode::UnknownPartial, name.span, message);
        let known = self.by_name.keys().map(String::as_str);
        diagnostics.push(did_you_mean(diagnostic, referred, known));
    }

    /// Every splat within a partial refers to one that exists, and none leads back to itself.
    fn check_references(&mut self, in_order: &[&'t Definition], diagnostics: &mut Diagnostics) {
        let mut waiting: HashMap<&str, usize> = HashMap::new();
        let mut users: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut ready = Vec::new();
        for (name, partial) in &self.by_name {
            let mut splats = 0;
            for splat in splats_of(partial) {
                if let Some((referred, _)) = self.by_name.get_key_value(splat.of(self.text)) {
                    users.entry(referred).or_default().push(name);
                    splats += 1;
                }
            }
            waiting.insert(name, splats);
            if splats == 0 {
                ready.push(name.as_str());
            }
        }
        while let Some(name) = ready.pop() {
            waiting.remove(name);
            for user in users.remove(name).unwrap_or_default() {
                if let Some(splats) = waiting.get_mut(user) {
                    *splats -= 1;
                    if *splats == 0 {
                        ready.push(user);
                    }
                }
            }
        }
        for partial in in_order {
            splats_of(partial).for_each(|splat| self.check_reference(splat, diagnostics));
        }
        self.has_cycle = !waiting.is_empty();
        self.report_cycle(&waiting, in_order, diagnostics);
    }

    fn report_cycle(
        &self,
        unresolved: &HashMap<&str, usize>,
        in_order: &[&'t Definition],
        diagnostics: &mut Diagnostics,
    ) {
        const NAMES_MAX: usize = 10;
        let is_unresolved =
            |partial: &&&Definition| unresolved.contains_key(&*partial.name.joined(self.text));
        let Some(first) = in_order.iter().find(is_unresolved) else {
            return;
        };
        let mut names: Vec<&str> = unresolved.keys().copied().collect();
        names.sort_unstable();
        names.truncate(NAMES_MAX);
        let message = format!(
            "could not resolve partials: [{}]. this may indicate a circular reference",
            names.join(", ")
        );
        let diagnostic = Diagnostic::new(DiagnosticCode::PartialCycle, first.name.span(), message);
        diagnostics.push(diagnostic.help("a partial cannot contain itself, directly or through others"));
    }
}

fn splats_of(partial: &Definition) -> impl Iterator<Item = Name> {
    partial.members.iter().filter_map(|member| match member {
        Member::Splat(name) => Some(*name),
        Member::Relation(_) | Member::Permission(_) => None,
    })
}
