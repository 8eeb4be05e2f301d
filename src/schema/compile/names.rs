//! The rules of names: which a definition, a relation and what they refer to may have.

use crate::relationship::{DefinitionName, NameKind, RelationName, shortened};
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::schema::tree::{
    AllowedSubject, Expression, ExpressionKind, Member, Name, Path, Permission, Relation, SubjectForm,
};

use super::CompileOptions;

const DEFINITION_PATTERN: &str = "^([a-z][a-z0-9_]{1,61}[a-z0-9]/)*[a-z][a-z0-9_]{1,62}[a-z0-9]$";
const RELATION_PATTERN: &str = "^[a-z][a-z0-9_]{1,62}[a-z0-9]$";
const SUBJECT_RELATION_PATTERN: &str = r"^(\.\.\.|[a-z][a-z0-9_]{1,62}[a-z0-9])$";
const DEFINITION_BYTES_MAX: usize = 128;

/// Checks names, reporting what breaks its rule.
pub(super) struct NameRules<'c, 't> {
    pub(super) text: &'t str,
    pub(super) options: CompileOptions,
    pub(super) diagnostics: &'c mut Diagnostics,
}

impl NameRules<'_, '_> {
    /// The name of a definition, if it keeps the rules.
    pub(super) fn definition(&mut self, path: &Path) -> Option<DefinitionName> {
        self.prefix(path);
        let name = path.joined(self.text);
        match DefinitionName::new(&*name) {
            Ok(name) => Some(name),
            Err(malformed) => {
                let problem = if name.len() > DEFINITION_BYTES_MAX {
                    format!("name: must be at most {DEFINITION_BYTES_MAX} bytes")
                } else {
                    format!("name: does not match regex pattern `{DEFINITION_PATTERN}`")
                };
                let name = shortened(&name);
                let message = format!("error in object definition {name}: validation error: {problem}");
                let code = DiagnosticCode::InvalidDefinitionName;
                self.report(code, path.span(), message, malformed.kind);
                None
            }
        }
    }

    /// Whether a name has the prefix that may be asked for.
    pub(super) fn prefix(&mut self, path: &Path) {
        if self.options.prefixes_required && path.rest.is_empty() {
            let name = shortened(path.first.of(self.text));
            let message = format!("found reference `{name}` without prefix");
            let diagnostic = Diagnostic::new(DiagnosticCode::MissingPrefix, path.span(), message)
                .help(format!("this server asks for a prefix, such as `example/{name}`"));
            self.diagnostics.push(diagnostic);
        }
    }

    /// All names in a relation or permission; splats are resolved elsewhere.
    pub(super) fn member(&mut self, member: &Member) {
        match member {
            Member::Relation(relation) => self.relation(relation),
            Member::Permission(permission) => self.permission(permission),
            Member::Splat(_) => {}
        }
    }

    fn relation(&mut self, relation: &Relation) {
        for subject in &relation.subjects {
            self.subject(subject);
        }
        self.member_name("relation", relation.name);
    }

    fn subject(&mut self, subject: &AllowedSubject) {
        self.prefix(&subject.definition);
        if let Err(malformed) = DefinitionName::new(subject.definition.joined(self.text)) {
            let message = format!(
                "invalid type relation: validation error: namespace: does not match regex pattern \
                 `{DEFINITION_PATTERN}`"
            );
            let span = subject.definition.span();
            self.report(DiagnosticCode::InvalidSubjectName, span, message, malformed.kind);
        }
        if let SubjectForm::Userset(relation) = subject.form
            && !is_relation_name(relation.of(self.text))
        {
            let message = format!(
                "invalid type relation: validation error: relation: does not match regex pattern \
                 `{SUBJECT_RELATION_PATTERN}`"
            );
            self.report(DiagnosticCode::InvalidSubjectName, relation.span, message, NameKind::Relation);
        }
    }

    fn permission(&mut self, permission: &Permission) {
        self.expression(permission.name, &permission.expression);
        self.member_name("permission", permission.name);
    }

    fn member_name(&mut self, kind: &str, name: Name) {
        if is_relation_name(name.of(self.text)) {
            return;
        }
        let shown = shortened(name.of(self.text));
        let message = format!(
            "error in {kind} {shown}: validation error: name: does not match regex pattern `{RELATION_PATTERN}`"
        );
        self.report(DiagnosticCode::InvalidRelationName, name.span, message, NameKind::Relation);
    }

    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn expression(&mut self, permission: Name, expression: &Expression) {
        match &expression.kind {
            ExpressionKind::Nil | ExpressionKind::SelfObject => {}
            ExpressionKind::Name => self.operand(permission, Name { span: expression.span }),
            ExpressionKind::Arrow(arrow) => {
                if let Some(rest) = arrow.rest {
                    let message = "Nested arrows not yet supported";
                    let diagnostic = Diagnostic::new(DiagnosticCode::NestedArrow, rest, message)
                        .help("give the target's definition a permission for the rest of the way");
                    self.diagnostics.push(diagnostic);
                }
                self.operand(permission, arrow.tupleset);
                self.operand(permission, arrow.target);
            }
            ExpressionKind::Union(operands) | ExpressionKind::Intersection(operands) => {
                for operand in operands {
                    self.expression(permission, operand);
                }
            }
            ExpressionKind::Exclusion(base, subtrahend) => {
                self.expression(permission, base);
                self.expression(permission, subtrahend);
            }
            ExpressionKind::Parenthesized(inside) => self.expression(permission, inside),
        }
    }

    fn operand(&mut self, permission: Name, operand: Name) {
        if is_relation_name(operand.of(self.text)) {
            return;
        }
        let permission = shortened(permission.of(self.text));
        let message = format!(
            "error in permission {permission}: validation error: relation: does not match regex pattern \
             `{RELATION_PATTERN}`"
        );
        self.report(DiagnosticCode::InvalidOperandName, operand.span, message, NameKind::Relation);
    }

    fn report(&mut self, code: DiagnosticCode, span: Span, message: String, kind: NameKind) {
        let help = format!("a {kind} must be {}", kind.rule());
        self.diagnostics.push(Diagnostic::new(code, span, message).help(help));
    }
}

fn is_relation_name(name: &str) -> bool {
    RelationName::new(name).is_ok()
}
