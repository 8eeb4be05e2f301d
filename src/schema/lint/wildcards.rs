//! Wildcards in relations that give more than reading.

use crate::schema::tree::{Member, SubjectForm};

use super::code::LintCode;
use super::finding::Findings;
use super::source::Source;

/// Roles that nobody means to give to everybody.
const ROLES: [&str; 8] =
    ["admin", "administrator", "approver", "editor", "maintainer", "manager", "owner", "writer"];

pub(super) fn look(source: &Source<'_>, findings: &mut Findings) {
    for member in source.members() {
        let Member::Relation(relation) = member else { continue };
        let name = relation.name.of(source.text);
        if !ROLES.contains(&name) {
            continue;
        }
        // With a caveat, somebody has thought about it.
        let is_open = |subject: &&crate::schema::tree::AllowedSubject| {
            matches!(subject.form, SubjectForm::Wildcard) && subject.caveat.is_none()
        };
        if let Some(subject) = relation.subjects.iter().find(is_open) {
            let kind = subject.definition.joined(source.text);
            let message = format!("one relationship makes every `{kind}` a `{name}`, those to come included");
            let help = "take the wildcard out, or allow it under a caveat only";
            findings.push(LintCode::OpenRole, subject.span, message, help);
        }
    }
}
