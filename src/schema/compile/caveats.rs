//! Caveats as declarations: name, parameters and the expression's text. The expression itself is not read here.

use std::collections::HashSet;

use crate::relationship::{CaveatName, shortened};
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::schema::model::CaveatDeclaration;
use crate::schema::suggestion::did_you_mean;
use crate::schema::tree::{Caveat, ParameterType};

use super::declarations::documentation;

/// The types that a parameter may have.
const TYPES: [&str; 12] = [
    "any",
    "bool",
    "bytes",
    "double",
    "duration",
    "int",
    "ipaddress",
    "list",
    "map",
    "string",
    "timestamp",
    "uint",
];

pub(super) fn declare(
    text: &str,
    tree: &Caveat,
    comments: &[Span],
    diagnostics: &mut Diagnostics,
) -> Option<CaveatDeclaration> {
    let name = match CaveatName::new(tree.name.joined(text)) {
        Ok(name) => name,
        Err(malformed) => {
            let code = DiagnosticCode::InvalidCaveatName;
            let diagnostic = Diagnostic::new(code, tree.name.span(), malformed.to_string());
            diagnostics.push(diagnostic);
            return None;
        }
    };
    let mut parameters = Vec::new();
    let mut names = HashSet::new();
    for parameter in &tree.parameters {
        if diagnostics.is_full() {
            break;
        }
        let parameter_name = parameter.name.of(text);
        let shown = shortened(parameter_name);
        if !names.insert(parameter_name) {
            let message = format!("duplicate parameter `{shown}` defined on caveat `{name}`");
            let code = DiagnosticCode::DuplicateParameter;
            diagnostics.push(Diagnostic::new(code, parameter.name.span, message));
        }
        match spelled(text, &parameter.kind) {
            Ok(kind) => parameters.push((parameter_name.to_owned(), kind)),
            Err((problem, culprit)) => {
                let message =
                    format!("invalid type for caveat parameter `{shown}` on caveat `{name}`: {problem}");
                let code = DiagnosticCode::UnknownParameterType;
                let diagnostic = Diagnostic::new(code, culprit.span, message);
                diagnostics.push(did_you_mean(diagnostic, culprit.name.of(text), TYPES.into_iter()));
            }
        }
    }
    Some(CaveatDeclaration {
        name,
        comment: documentation(text, comments, tree.comments.clone()),
        parameters,
        expression: tree.expression.of(text).to_owned(),
        span: tree.span,
    })
}

/// `list<string>` without space, or what is wrong and with which part.
fn spelled<'t>(text: &str, kind: &'t ParameterType) -> Result<String, (String, &'t ParameterType)> {
    let name = kind.name.of(text);
    if !TYPES.contains(&name) {
        return Err((format!("unknown type `{}`", shortened(name)), kind));
    }
    let found = kind.arguments.len();
    if matches!(name, "list" | "map") && found != 1 {
        return Err((format!("type `{name}` requires 1 generic types; found {found}"), kind));
    }
    let arguments: Vec<String> =
        kind.arguments.iter().map(|argument| spelled(text, argument)).collect::<Result<_, _>>()?;
    if arguments.is_empty() {
        return Ok(name.to_owned());
    }
    Ok(format!("{name}<{}>", arguments.join(", ")))
}
