//! The words of the language.

use std::ops::Range;

use super::diagnostic::Span;

/// One word of the text, and which comments stand before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
    /// The comments since the token before, as places in the lexer's list.
    pub(super) comments: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Identifier,
    Keyword(Keyword),
    String,
    LeftBrace,
    RightBrace,
    LeftParenthesis,
    RightParenthesis,
    LessThan,
    GreaterThan,
    Pipe,
    Plus,
    Minus,
    Ampersand,
    Slash,
    Equals,
    Colon,
    Comma,
    Dot,
    Arrow,
    Hash,
    Ellipsis,
    Star,
    Semicolon,
    /// A line break where a statement may end.
    LineEnd,
    /// Punctuation that only a caveat's expression uses.
    Other,
    UnknownCharacter,
    UnterminatedString,
    UnterminatedComment,
    End,
}

/// A word that cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Definition,
    Caveat,
    Relation,
    Permission,
    Nil,
    With,
    /// With `use expiration` only, as all that follow with the `use` that brings them.
    Expiration,
    And,
    Typechecking,
    SelfObject,
    Partial,
    Import,
}

/// What `use` can switch on; each makes words keywords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UseFlag {
    Expiration,
    Import,
    Partial,
    SelfObject,
    Typechecking,
}

impl UseFlag {
    /// Every flag's name, in the order in which messages list them.
    pub(super) const NAMES: [(&'static str, Self); 5] = [
        ("expiration", Self::Expiration),
        ("import", Self::Import),
        ("partial", Self::Partial),
        ("self", Self::SelfObject),
        ("typechecking", Self::Typechecking),
    ];

    /// The flag of a name.
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, flag)| *flag)
    }
}

/// The flags that are on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct UseFlags(u8);

impl UseFlags {
    pub(super) fn insert(&mut self, flag: UseFlag) {
        self.0 |= 1 << flag as u8;
    }

    pub(super) fn contains(self, flag: UseFlag) -> bool {
        self.0 & (1 << flag as u8) != 0
    }

    /// The keyword that a word is under these flags.
    pub(super) fn keyword(self, word: &str) -> Option<Keyword> {
        let (keyword, flag) = match word {
            "definition" => return Some(Keyword::Definition),
            "caveat" => return Some(Keyword::Caveat),
            "relation" => return Some(Keyword::Relation),
            "permission" => return Some(Keyword::Permission),
            "nil" => return Some(Keyword::Nil),
            "with" => return Some(Keyword::With),
            "expiration" => (Keyword::Expiration, UseFlag::Expiration),
            "and" => (Keyword::And, UseFlag::Expiration),
            "typechecking" => (Keyword::Typechecking, UseFlag::Typechecking),
            "self" => (Keyword::SelfObject, UseFlag::SelfObject),
            "partial" => (Keyword::Partial, UseFlag::Partial),
            "import" => (Keyword::Import, UseFlag::Import),
            _ => return None,
        };
        self.contains(flag).then_some(keyword)
    }
}
