//! Declarations → [`Reflection`]: what stands in a text, its names checked and not resolved.

use std::collections::HashSet;

use crate::caveat;
use crate::relationship::{CaveatName, DefinitionName, RelationName};
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics, SchemaError, Span};
use crate::schema::model::CaveatDeclaration;
use crate::schema::parser;
use crate::schema::reflection::{
    ReflectedCaveat, ReflectedDefinition, ReflectedForm, ReflectedParameter, ReflectedPermission,
    ReflectedRelation, ReflectedSubject, Reflection,
};
use crate::schema::tree::{
    AllowedSubject, ArrowSpelling, Expression, ExpressionKind, Item, Member, Name, Permission, Relation,
    SubjectForm,
};

use super::CompileOptions;
use super::declarations::{Declarations, DeclaredDefinition, documentation};
use super::nodes::duplicate;

impl Reflection {
    /// Reads what a text declares. It must parse, and its names and caveats must be well-formed; what names refer to
    /// need not exist.
    pub fn read(text: &str) -> Result<Self, SchemaError> {
        let (file, diagnostics) = parser::parse(text);
        diagnostics.check(text)?;

        let mut diagnostics = Diagnostics::default();
        let options = CompileOptions::default();
        let declarations = Declarations::collect(text, &file, options, &mut diagnostics);
        diagnostics.check(text)?;

        let mut reader =
            Reader { text, comments: declarations.comments, diagnostics: Diagnostics::default() };
        let mut definitions: Vec<_> =
            declarations.definitions.iter().map(|declared| reader.definition(declared)).collect();
        reader.diagnostics.check(text)?;
        definitions.sort_by(|one, other| one.name.cmp(&other.name));

        let sources = file.items.iter().filter_map(|item| match item {
            Item::Caveat(tree) => Some(tree.expression),
            _ => None,
        });
        let declared = declarations.caveats.iter().zip(sources);
        let mut caveats: Vec<_> =
            declared.map(|(declared, source)| reflected(declared, source.of(text))).collect();
        caveats.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { definitions, caveats })
    }
}

fn reflected(declared: &CaveatDeclaration, source: &str) -> ReflectedCaveat {
    let CaveatDeclaration { name, comment, expression, compiled, .. } = declared;
    let parameters = compiled.parameters().iter().map(|parameter| ReflectedParameter {
        caveat: name.clone(),
        name: parameter.name.clone(),
        kind: parameter.kind.clone(),
    });
    let mut parameters: Vec<_> = parameters.collect();
    parameters.sort_by(|one, other| one.name.cmp(&other.name));
    ReflectedCaveat {
        name: name.clone(),
        comment: comment.clone(),
        parameters,
        // It has been compiled, so it can be parsed.
        expression: caveat::lay_out(expression).unwrap_or_else(|_| expression.clone()),
        source: source.to_owned(),
    }
}

struct Reader<'t> {
    text: &'t str,
    comments: &'t [Span],
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    fn definition(&mut self, declared: &DeclaredDefinition<'_>) -> ReflectedDefinition {
        let mut definition = ReflectedDefinition {
            name: declared.name.clone(),
            comment: documentation(self.text, self.comments, declared.tree.comments.clone()),
            relations: Vec::new(),
            permissions: Vec::new(),
        };
        let mut names = HashSet::new();
        for member in &declared.members {
            if self.diagnostics.is_full() {
                break;
            }
            let place = match member {
                Member::Relation(relation) => relation.name,
                Member::Permission(permission) => permission.name,
                Member::Splat(_) => continue,
            };
            let Ok(name) = RelationName::new(place.of(self.text)) else { continue };
            if !names.insert(name.clone()) {
                self.diagnostics.push(duplicate(&definition.name, &name, place));
            }
            match member {
                Member::Relation(relation) => {
                    let relation = self.relation(&definition.name, name, relation);
                    definition.relations.push(relation);
                }
                Member::Permission(permission) => {
                    let permission = self.permission(&definition.name, name, permission);
                    definition.permissions.push(permission);
                }
                Member::Splat(_) => {}
            }
        }
        definition
    }

    fn relation(
        &mut self,
        definition: &DefinitionName,
        name: RelationName,
        tree: &Relation,
    ) -> ReflectedRelation {
        ReflectedRelation {
            definition: definition.clone(),
            name,
            comment: documentation(self.text, self.comments, tree.comments.clone()),
            subjects: tree.subjects.iter().filter_map(|subject| self.subject(subject)).collect(),
        }
    }

    /// Nothing where a name breaks its rules, which has been reported.
    fn subject(&mut self, tree: &AllowedSubject) -> Option<ReflectedSubject> {
        let form = match tree.form {
            SubjectForm::Object | SubjectForm::Ellipsis => ReflectedForm::Object,
            SubjectForm::Wildcard => ReflectedForm::Wildcard,
            SubjectForm::Userset(relation) => {
                ReflectedForm::Userset(RelationName::new(relation.of(self.text)).ok()?)
            }
        };
        let caveat = match &tree.caveat {
            None => None,
            Some(path) => match CaveatName::new(path.joined(self.text)) {
                Ok(name) => Some(name),
                Err(malformed) => {
                    let code = DiagnosticCode::InvalidCaveatName;
                    self.diagnostics.push(Diagnostic::new(code, path.span(), malformed.to_string()));
                    return None;
                }
            },
        };
        let definition = DefinitionName::new(tree.definition.joined(self.text)).ok()?;
        Some(ReflectedSubject { definition, form, caveat, has_expiration: tree.expiration.is_some() })
    }

    fn permission(
        &self,
        definition: &DefinitionName,
        name: RelationName,
        tree: &Permission,
    ) -> ReflectedPermission {
        let mut expression = String::new();
        self.expression(&mut expression, &tree.expression);
        ReflectedPermission {
            definition: definition.clone(),
            name,
            comment: documentation(self.text, self.comments, tree.comments.clone()),
            expression,
        }
    }

    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn expression(&self, written: &mut String, tree: &Expression) {
        match &tree.kind {
            ExpressionKind::Nil => written.push_str("nil"),
            ExpressionKind::SelfObject => written.push_str("(self)"),
            ExpressionKind::Name => written.push_str(Name { span: tree.span }.of(self.text)),
            ExpressionKind::Arrow(arrow) => {
                let (open, close) = match arrow.spelling {
                    ArrowSpelling::Sign => ("->", ""),
                    ArrowSpelling::Any => (".any(", ")"),
                    ArrowSpelling::All => (".all(", ")"),
                };
                for part in [arrow.tupleset.of(self.text), open, arrow.target.of(self.text), close] {
                    written.push_str(part);
                }
            }
            ExpressionKind::Union(_) => self.operation(written, tree, " + "),
            ExpressionKind::Intersection(_) => self.operation(written, tree, " & "),
            ExpressionKind::Exclusion(base, subtrahend) => {
                written.push('(');
                self.expression(written, base);
                written.push_str(" - ");
                self.expression(written, subtrahend);
                written.push(')');
            }
            ExpressionKind::Parenthesized(inside) => self.expression(written, inside),
        }
    }

    fn operation(&self, written: &mut String, tree: &Expression, operator: &str) {
        written.push('(');
        self.operands(written, tree, operator);
        written.push(')');
    }

    /// The operands of one operator, those of the same operator within parentheses among them.
    fn operands(&self, written: &mut String, tree: &Expression, operator: &str) {
        let operands = match &tree.kind {
            ExpressionKind::Parenthesized(inside) => return self.operands(written, inside, operator),
            ExpressionKind::Union(operands) if operator == " + " => operands,
            ExpressionKind::Intersection(operands) if operator == " & " => operands,
            _ => return self.expression(written, tree),
        };
        for (place, operand) in operands.iter().enumerate() {
            if place > 0 {
                written.push_str(operator);
            }
            self.operands(written, operand, operator);
        }
    }
}
