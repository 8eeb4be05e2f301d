//! What SpiceDB's language has and arrowroot does not evaluate yet: refused here, and only here.

use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::model::{NodeKind, Schema};

pub(super) fn check(schema: &Schema, diagnostics: &mut Diagnostics) {
    for caveat in &schema.caveats {
        let message = format!("caveats are not supported yet (found `{}`)", caveat.name);
        diagnostics.push(Diagnostic::new(DiagnosticCode::CaveatUnsupported, caveat.span, message));
    }
    for node in &schema.nodes {
        let NodeKind::Relation(subjects) = &node.kind else {
            continue;
        };
        if subjects.iter().any(|subject| subject.has_expiration) {
            let definition = &schema.definition(node.definition).name;
            let message = format!(
                "expiration is not supported yet (found on relation `{}` of `{definition}`)",
                node.name
            );
            diagnostics.push(Diagnostic::new(DiagnosticCode::ExpirationUnsupported, node.span, message));
        }
    }
}
