//! Caveats: name and parameters checked here, the expression by the caveat room.

use std::collections::HashSet;
use std::sync::Arc;

use crate::caveat::{self, CompileError};
use crate::relationship::{CaveatName, shortened};
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::schema::model::CaveatDeclaration;
use crate::schema::suggestion::did_you_mean;
use crate::schema::tree;

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
    tree: &tree::Caveat,
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
    let mut typed = Vec::new();
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
            Ok((spelled, kind)) => {
                parameters.push((parameter_name.to_owned(), spelled));
                typed.push(caveat::Parameter { name: parameter_name.to_owned(), kind });
            }
            Err((problem, culprit)) => {
                let message =
                    format!("invalid type for caveat parameter `{shown}` on caveat `{name}`: {problem}");
                let code = DiagnosticCode::UnknownParameterType;
                let diagnostic = Diagnostic::new(code, culprit.span, message).about(parameter.name.span);
                diagnostics.push(did_you_mean(diagnostic, culprit.name.of(text), TYPES.into_iter()));
            }
        }
    }
    // What is said of the expression would rest on what is wrong with the parameters.
    if parameters.len() < tree.parameters.len() || names.len() < parameters.len() {
        return None;
    }
    let expression = tree.expression.of(text).trim_end();
    let compiled = match caveat::Caveat::compile(typed, expression) {
        Ok(compiled) => Arc::new(compiled),
        Err(errors) => {
            for CompileError { message, span } in errors {
                let start = tree.expression.start;
                let span = Span { start: start + span.start, end: start + span.end };
                let message = format!("invalid expression for caveat `{name}`: {message}");
                let diagnostic = Diagnostic::new(DiagnosticCode::InvalidCaveatExpression, span, message);
                diagnostics.push(diagnostic.about(tree.expression));
            }
            return None;
        }
    };
    Some(CaveatDeclaration {
        name,
        comment: documentation(text, comments, tree.comments.clone()),
        parameters,
        expression: expression.to_owned(),
        compiled,
        span: tree.span,
    })
}

/// Parameters that the expression does not name.
pub(super) fn check_unused(caveats: &[CaveatDeclaration], diagnostics: &mut Diagnostics) {
    for caveat in caveats {
        for parameter in caveat.compiled.unused_parameters() {
            let message =
                format!("parameter `{}` for caveat `{}` is unused", shortened(parameter), caveat.name);
            let diagnostic = Diagnostic::new(DiagnosticCode::UnusedParameter, caveat.span, message)
                .with("caveat_name", caveat.name.as_str())
                .with("parameter_name", parameter)
                .help("name it in the expression, or take it away");
            diagnostics.push(diagnostic);
        }
    }
}

type Spelled<'t> = Result<(String, caveat::ParameterType), (String, &'t tree::ParameterType)>;

/// `list<string>` without space and as a type, or what is wrong and with which part.
fn spelled<'t>(text: &str, kind: &'t tree::ParameterType) -> Spelled<'t> {
    use caveat::ParameterType;

    let name = kind.name.of(text);
    let found = kind.arguments.len();
    if matches!(name, "list" | "map") && found != 1 {
        return Err((format!("type `{name}` requires 1 generic types; found {found}"), kind));
    }
    let mut arguments: Vec<(String, ParameterType)> =
        kind.arguments.iter().map(|argument| spelled(text, argument)).collect::<Result<_, _>>()?;
    let names: Vec<_> = arguments.iter().map(|(name, _)| name.as_str()).collect();
    let spelled = if names.is_empty() { name.to_owned() } else { format!("{name}<{}>", names.join(", ")) };
    // What other types have as arguments means nothing.
    let argument = arguments.pop().map_or(ParameterType::Any, |(_, kind)| kind);
    let kind = match name {
        "any" => ParameterType::Any,
        "bool" => ParameterType::Bool,
        "bytes" => ParameterType::Bytes,
        "double" => ParameterType::Double,
        "duration" => ParameterType::Duration,
        "int" => ParameterType::Int,
        "ipaddress" => ParameterType::IpAddress,
        "list" => ParameterType::List(Box::new(argument)),
        "map" => ParameterType::Map(Box::new(argument)),
        "string" => ParameterType::String,
        "timestamp" => ParameterType::Timestamp,
        "uint" => ParameterType::Uint,
        _ => return Err((format!("unknown type `{}`", shortened(name)), kind)),
    };
    Ok((spelled, kind))
}
