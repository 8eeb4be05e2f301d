//! The top level: `use`, `import`, definitions, partials and caveats.

use crate::schema::code::DiagnosticCode;
use crate::schema::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::suggestion::did_you_mean;
use crate::schema::token::{Keyword, TokenKind, UseFlag};
use crate::schema::tree::{File, Import, Item, Use};

use super::cursor::{Parsed, Parser};

/// Reads a text. The tree holds what could be read even if there are diagnostics.
pub(crate) fn parse(text: &str) -> (File, Diagnostics) {
    let mut parser = Parser::new(text);
    let mut items = Vec::new();
    let mut has_declarations = false;
    while !parser.is_at(TokenKind::End) && !parser.diagnostics.is_full() {
        parser.eat_terminator();
        if parser.is_at(TokenKind::End) {
            break;
        }
        match parser.parse_item(has_declarations) {
            Ok(item) => {
                has_declarations |= matches!(item, Item::Definition(_) | Item::Caveat(_));
                items.push(item);
            }
            Err(_) => parser.skip_to_item(),
        }
    }
    let comments = parser.lexer.comments;
    (File { items, comments }, parser.diagnostics)
}

impl Parser<'_> {
    fn parse_item(&mut self, has_declarations: bool) -> Parsed<Item> {
        match self.current.kind {
            TokenKind::Keyword(Keyword::Definition) => Ok(Item::Definition(self.parse_definition()?)),
            TokenKind::Keyword(Keyword::Partial) => Ok(Item::Partial(self.parse_definition()?)),
            TokenKind::Keyword(Keyword::Caveat) => Ok(Item::Caveat(self.parse_caveat()?)),
            TokenKind::Keyword(Keyword::Import) => Ok(Item::Import(self.parse_import()?)),
            TokenKind::Identifier if self.current.span.of(self.text) == "use" => {
                Ok(Item::Use(self.parse_use(has_declarations)?))
            }
            _ => {
                let message = format!("Unexpected token at root level: {}", self.found());
                let diagnostic = self.diagnostic(DiagnosticCode::UnexpectedToken, message);
                let help = self.help_at_root();
                Err(self.report(match help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                }))
            }
        }
    }

    fn help_at_root(&self) -> Option<&'static str> {
        match self.current.kind {
            TokenKind::Keyword(Keyword::Relation | Keyword::Permission) => {
                Some("relations and permissions stand within a definition")
            }
            TokenKind::Identifier => match self.current.span.of(self.text) {
                "partial" => Some("partials need `use partial` at the top"),
                "import" => Some("imports are not possible here"),
                _ => Some("only definitions, caveats and partials stand here"),
            },
            TokenKind::RightBrace => Some("there is no `{` that this would close"),
            TokenKind::Semicolon => Some("one terminator is enough"),
            _ => None,
        }
    }

    fn parse_use(&mut self, has_declarations: bool) -> Parsed<Use> {
        let start = self.advance().span.start;
        if !matches!(self.current.kind, TokenKind::Identifier | TokenKind::Keyword(_)) {
            let found = self.found();
            return Err(self.unexpected(format!("Expected keyword, found token {found}")));
        }
        let name = self.current.span.of(self.text);
        let Some(flag) = UseFlag::find(name) else {
            let options = UseFlag::NAMES.map(|(known, _)| known);
            let message = format!("Unknown use flag: {}. Options are: {}", self.found(), options.join(", "));
            let diagnostic = Diagnostic::new(DiagnosticCode::UnknownUseFlag, self.current.span, message);
            let diagnostic = did_you_mean(diagnostic, name, options.into_iter());
            return Err(self.report(diagnostic));
        };
        self.lexer.flags.insert(flag);
        self.advance();
        let span = self.span_from(start);
        if has_declarations {
            let message = "`use` expressions must be declared before any definition";
            let diagnostic = Diagnostic::new(DiagnosticCode::MisplacedUse, span, message)
                .help("move it to the top of the schema");
            return Err(self.report(diagnostic));
        }
        Ok(Use { flag, span })
    }

    fn parse_import(&mut self) -> Parsed<Import> {
        let start = self.advance().span.start;
        if !self.is_at(TokenKind::String) {
            let found = self.found();
            return Err(self.unexpected(format!("Expected quote-delimited string, found token {found}")));
        }
        self.advance();
        Ok(Import { span: self.span_from(start) })
    }

    pub(super) fn eat_terminator(&mut self) -> bool {
        self.eat(TokenKind::LineEnd) || self.eat(TokenKind::Semicolon)
    }

    /// Moves to where the next definition or caveat seems to start.
    fn skip_to_item(&mut self) {
        let mut is_first = true;
        loop {
            let is_start = match self.current.kind {
                TokenKind::Keyword(Keyword::Definition | Keyword::Caveat | Keyword::Partial) => {
                    !is_first || self.is_after_terminator()
                }
                TokenKind::Identifier => !is_first && self.current.span.of(self.text) == "use",
                TokenKind::End => true,
                _ => false,
            };
            if is_start {
                return;
            }
            is_first = false;
            self.advance();
        }
    }
}
