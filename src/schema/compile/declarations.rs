//! What a text declares: definitions with their members, partials inlined, and caveats, each under a valid name of
//! its own.

use std::collections::HashSet;

use crate::relationship::DefinitionName;
use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::schema::model::CaveatDeclaration;
use crate::schema::tree::{self, File, Item, Member};

use super::names::NameRules;
use super::partials::Partials;
use super::{CompileOptions, caveats};

/// One definition and everything that stands in it.
pub(super) struct DeclaredDefinition<'t> {
    pub(super) name: DefinitionName,
    pub(super) tree: &'t tree::Definition,
    /// Relations and permissions, those of inlined partials among them.
    pub(super) members: Vec<&'t Member>,
}

/// Everything that a text declares, in source order.
pub(super) struct Declarations<'t> {
    pub(super) definitions: Vec<DeclaredDefinition<'t>>,
    pub(super) caveats: Vec<CaveatDeclaration>,
    /// Every comment of the text.
    pub(super) comments: &'t [Span],
}

impl<'t> Declarations<'t> {
    pub(super) fn collect(
        text: &'t str,
        file: &'t File,
        options: CompileOptions,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        refuse_imports(file, diagnostics);
        let mut partials = Partials::collect(text, file, options, diagnostics);
        let mut declarations =
            Self { definitions: Vec::new(), caveats: Vec::new(), comments: &file.comments };
        let mut names = HashSet::new();
        for item in &file.items {
            if diagnostics.is_full() {
                break;
            }
            let (kind, path) = match item {
                Item::Definition(tree) => {
                    let members = partials.inline(tree, diagnostics);
                    let mut rules = NameRules { text, options, diagnostics };
                    tree.members.iter().for_each(|member| rules.member(member));
                    if let Some(name) = rules.definition(&tree.name) {
                        declarations.definitions.push(DeclaredDefinition { name, tree, members });
                    }
                    ("definition", &tree.name)
                }
                Item::Caveat(tree) => {
                    let mut rules = NameRules { text, options, diagnostics };
                    rules.prefix(&tree.name);
                    let caveat = caveats::declare(text, tree, &file.comments, diagnostics);
                    declarations.caveats.extend(caveat);
                    ("caveat", &tree.name)
                }
                Item::Use(_) | Item::Import(_) | Item::Partial(_) => continue,
            };
            let name = path.joined(text);
            if partials.contains(&name) {
                let message = format!("found {kind} with same name as existing partial: {name}");
                let code = DiagnosticCode::ReusedPartialName;
                diagnostics.push(Diagnostic::new(code, path.span(), message));
            } else if names.contains(&name) {
                let message =
                    format!("found name reused between multiple definitions and/or caveats: {name}");
                diagnostics.push(Diagnostic::new(DiagnosticCode::ReusedName, path.span(), message));
            }
            names.insert(name);
        }
        declarations
    }
}

fn refuse_imports(file: &File, diagnostics: &mut Diagnostics) {
    for item in &file.items {
        if let Item::Import(import) = item {
            let message = "import statements are not allowed in this context";
            let diagnostic = Diagnostic::new(DiagnosticCode::ImportNotAllowed, import.span, message)
                .help("put the text of the other file here");
            diagnostics.push(diagnostic);
        }
    }
}

/// Comments before a declaration as documentation: delimiters kept, each line trimmed.
pub(super) fn documentation(text: &str, comments: &[Span], range: std::ops::Range<usize>) -> String {
    let mut documentation = String::new();
    for comment in comments.get(range).unwrap_or_default() {
        for line in comment.of(text).lines() {
            if !documentation.is_empty() {
                documentation.push('\n');
            }
            documentation.push_str(line.trim());
        }
    }
    documentation
}
