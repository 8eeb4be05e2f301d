//! The lints, each with a code of its own.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal;)*) => {
        /// What a finding is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum LintCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl LintCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name, such as `mixed-operators`; stable, for tools and comments.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The lint of a name.
            pub fn find(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }
        }
    };
}

codes! {
    /// Operators meet without parentheses, and bind in an order that few expect.
    MixedOperators = "mixed-operators";
    /// An arrow to a name that none of the subjects' types has.
    UnreachableArrow = "unreachable-arrow";
    /// An arrow to a name that some of the subjects' types lack.
    PartlyUnreachableArrow = "partly-unreachable-arrow";
    /// An arrow over usersets, whose relation it does not ask for.
    ArrowOverUserset = "arrow-over-userset";
    /// A permission that nobody can have, whatever is stored.
    EmptyPermission = "empty-permission";
    /// A relation that never comes to an object, whatever is stored.
    EmptyRelation = "empty-relation";
    /// A permission that names itself.
    SelfReference = "self-reference";
    /// An operand that stands twice in one operation.
    RepeatedOperand = "repeated-operand";
    /// A relation whose name says what somebody does.
    RelationNamedAsAction = "relation-named-as-action";
    /// A permission whose name says what somebody is.
    PermissionNamedAsRole = "permission-named-as-role";
    /// A name that repeats the type's.
    NameRepeatsType = "name-repeats-type";
    /// A relation that nothing uses, beside permissions that use others.
    UnusedRelation = "unused-relation";
    /// A caveat that no relation allows.
    UnusedCaveat = "unused-caveat";
    /// A partial that nothing inlines, and that is therefore not checked.
    UnusedPartial = "unused-partial";
    /// A wildcard in a relation that gives more than reading.
    OpenRole = "open-role";
    /// A comment that allows a lint which does not exist.
    UnknownLint = "unknown-lint";
}

impl fmt::Display for LintCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
