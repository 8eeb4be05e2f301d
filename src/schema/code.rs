//! The rules that a schema can break, each with a code of its own.

use std::fmt;

/// Which family of errors a diagnostic belongs to: this decides the gRPC status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiagnosticClass {
    /// The text is no schema: `INVALID_ARGUMENT`, `SCHEMA_PARSE_ERROR`.
    Parse,
    /// The text is a schema whose parts do not fit: `FAILED_PRECONDITION`, `SCHEMA_TYPE_ERROR`.
    Type,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $class:ident;)*) => {
        /// The rule that a schema breaks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DiagnosticCode {
            $($(#[$doc])* $variant,)*
        }

        impl DiagnosticCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name, such as `unknown-relation`; stable, for tools.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The family of errors.
            pub const fn class(self) -> DiagnosticClass {
                match self {
                    $(Self::$variant => DiagnosticClass::$class,)*
                }
            }
        }
    };
}

codes! {
    /// Something stands where the grammar has no place for it.
    UnexpectedToken = "unexpected-token", Parse;
    /// A character that the language does not use.
    UnknownCharacter = "unknown-character", Parse;
    /// A string without its closing quote.
    UnterminatedString = "unterminated-string", Parse;
    /// A comment without its `*/`.
    UnterminatedComment = "unterminated-comment", Parse;
    /// An identifier was expected.
    ExpectedIdentifier = "expected-identifier", Parse;
    /// An operand was expected.
    ExpectedExpression = "expected-expression", Parse;
    /// A statement does not end where it should.
    ExpectedTerminator = "expected-terminator", Parse;
    /// An expression or a caveat parameter's type is nested too deeply.
    NestedTooDeeply = "nested-too-deeply", Parse;
    /// An arrow after an arrow.
    NestedArrow = "nested-arrow", Parse;
    /// A function other than `any` and `all`.
    UnknownArrowFunction = "unknown-arrow-function", Parse;
    /// `use` of what does not exist.
    UnknownUseFlag = "unknown-use-flag", Parse;
    /// `use` after a definition or caveat.
    MisplacedUse = "misplaced-use", Parse;
    /// `import`, which needs a file system.
    ImportNotAllowed = "import-not-allowed", Parse;
    /// `expiration and` a caveat: the caveat comes first.
    MisplacedExpiration = "misplaced-expiration", Parse;
    /// A definition's name breaks the rule.
    InvalidDefinitionName = "invalid-definition-name", Parse;
    /// A relation's or permission's name breaks the rule.
    InvalidRelationName = "invalid-relation-name", Parse;
    /// The name of a subject's type or relation breaks the rule.
    InvalidSubjectName = "invalid-subject-name", Parse;
    /// A name within a permission's expression breaks the rule.
    InvalidOperandName = "invalid-operand-name", Parse;
    /// A caveat's name breaks the rule.
    InvalidCaveatName = "invalid-caveat-name", Parse;
    /// A name without the prefix that is asked for.
    MissingPrefix = "missing-prefix", Parse;
    /// Two definitions or caveats of one name.
    ReusedName = "reused-name", Parse;
    /// A definition or caveat with the name of a partial.
    ReusedPartialName = "reused-partial-name", Parse;
    /// A partial that does not exist.
    UnknownPartial = "unknown-partial", Parse;
    /// Partials that contain each other.
    PartialCycle = "partial-cycle", Parse;
    /// More relations, permissions or arrow targets than the bound, once partials are inlined.
    TooLarge = "too-large", Parse;
    /// A caveat parameter of a type that does not exist.
    UnknownParameterType = "unknown-parameter-type", Parse;
    /// Two parameters of one name.
    DuplicateParameter = "duplicate-parameter", Parse;
    /// A caveat's expression that is not CEL, whose types do not fit, or that is no condition.
    InvalidCaveatExpression = "invalid-caveat-expression", Parse;
    /// A caveat's parameter that its expression does not name.
    UnusedParameter = "unused-parameter", Type;
    /// Two relations or permissions of one name in a definition.
    DuplicateRelation = "duplicate-relation", Type;
    /// One kind of subject twice in a relation.
    DuplicateAllowedSubject = "duplicate-allowed-subject", Type;
    /// A definition that does not exist.
    UnknownDefinition = "unknown-definition", Type;
    /// A relation or permission that does not exist.
    UnknownRelation = "unknown-relation", Type;
    /// A caveat that does not exist.
    UnknownCaveat = "unknown-caveat", Type;
    /// An arrow over a permission.
    PermissionOnLeftOfArrow = "permission-on-left-of-arrow", Type;
    /// An arrow over a relation that holds a wildcard, itself or through usersets.
    WildcardOnLeftOfArrow = "wildcard-on-left-of-arrow", Type;
    /// A userset of another definition that holds a wildcard.
    TransitiveWildcard = "transitive-wildcard", Type;
    /// Permissions that are only names of each other.
    PermissionCycle = "permission-cycle", Type;
    /// A type annotation that leaves out a type.
    IncompleteAnnotation = "incomplete-annotation", Type;
}

impl fmt::Display for DiagnosticCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
