//! Arguments that many commands take: a question, and the values that its conditions need.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::str::FromStr;

use clap::Args;

use crate::engine::CaveatContext;
use crate::relationship::{Object, RelationName, Relationship, Subject};

/// Bytes of a context's file, at most.
const CONTEXT_BYTES_MAX: u64 = 1 << 20;

/// Whether a subject has a permission on a resource.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) resource: Object,
    pub(super) permission: RelationName,
    pub(super) subject: Subject,
    pub(super) context: CaveatContext,
}

/// What is no question.
#[derive(Debug, thiserror::Error)]
pub(super) enum QuestionError {
    #[error(
        "a question is RESOURCE PERMISSION SUBJECT, or one argument such as `agent:planner#read@user:ana`"
    )]
    Parts,
    #[error(transparent)]
    Relationship(#[from] crate::relationship::ParseRelationshipError),
    #[error(transparent)]
    Name(#[from] crate::relationship::MalformedValue),
    #[error("what follows `with` must be a JSON object: {0}")]
    Context(String),
}

impl Question {
    /// The question of one argument, or of three.
    pub(super) fn of(arguments: &[String]) -> Result<Self, QuestionError> {
        let (resource, permission, subject) = match arguments {
            [whole] => return whole.parse(),
            [resource, permission, subject] => (resource, permission, subject),
            _ => return Err(QuestionError::Parts),
        };
        Ok(Self {
            resource: resource.parse()?,
            permission: RelationName::new(permission.as_str())?,
            subject: subject.parse()?,
            context: CaveatContext::default(),
        })
    }
}

/// `agent:planner#read@user:ana`, with its context behind it as in an assertion, ` with {…}`, or as a relationship has it,
/// `[caveat:{…}]`.
impl FromStr for Question {
    type Err = QuestionError;

    fn from_str(text: &str) -> Result<Self, QuestionError> {
        let (text, context) = text.split_once(" with ").unwrap_or((text, ""));
        let Relationship { resource, relation, subject, caveat, .. } = text.trim().parse()?;
        let context = match (context.trim(), caveat) {
            ("", Some(caveat)) => caveat.context_json,
            (context, _) => context.to_owned(),
        };
        let context =
            CaveatContext::parse(&context).map_err(|error| QuestionError::Context(error.to_string()))?;
        Ok(Self { resource, permission: relation, subject, context })
    }
}

impl std::fmt::Display for Question {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}#{}@{}", self.resource, self.permission, self.subject)
    }
}

/// The values that conditions need.
#[derive(Debug, Clone, Args)]
pub(super) struct ContextFlag {
    /// The values that caveats need, as a JSON object; @FILE takes it from a file, @- from standard input
    #[arg(long, value_name = "JSON", default_value = "", hide_default_value = true, value_parser = parse_context)]
    pub(super) context: CaveatContext,
}

fn parse_context(text: &str) -> Result<CaveatContext, String> {
    let of_file = text.strip_prefix('@').map(Path::new).map(|file| {
        read(file).map_err(|error| format!("{}: cannot be read: {error}", super::problems::name(file)))
    });
    let text = of_file.transpose()?.unwrap_or_else(|| text.to_owned());
    CaveatContext::parse(text.trim()).map_err(|error| format!("it must be a JSON object: {error}"))
}

fn read(file: &Path) -> io::Result<String> {
    let source: Box<dyn io::Read> =
        if file == Path::new("-") { Box::new(io::stdin()) } else { Box::new(fs::File::open(file)?) };
    let mut text = String::new();
    source.take(CONTEXT_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > CONTEXT_BYTES_MAX {
        return Err(io::Error::other(format!("has more than {CONTEXT_BYTES_MAX} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let question: Question = text.parse().map_err(|error: QuestionError| error.to_string())?;
        let context: serde_json::Map<_, _> = question.context.clone().into();
        Ok(format!("{question} {}", serde_json::Value::Object(context)))
    }

    #[test]
    fn context_stands_behind_a_question_in_two_forms() {
        for (text, expected) in [
            ("agent:a#read@user:b", "agent:a#read@user:b {}"),
            (r#"agent:a#read@user:b with {"n": 1}"#, r#"agent:a#read@user:b {"n":1}"#),
            (r#"agent:a#read@group:b#member[any:{"n": 1}]"#, r#"agent:a#read@group:b#member {"n":1}"#),
            ("agent:a#read@user:b[any]", "agent:a#read@user:b {}"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        for text in
            ["", "agent:a", "agent:a#read@user:b with [1]", "agent:a#read@user:b with {", "agent:a#x@user:b"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_question_is_one_argument_or_three() {
        let of = |arguments: &[&str]| {
            let arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
            Question::of(&arguments).map(|question| question.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(of(&["agent:a", "read", "user:b"]), of(&["agent:a#read@user:b"]));
        assert!(
            of(&["agent:a", "read"]).unwrap_err().starts_with("a question is RESOURCE PERMISSION SUBJECT")
        );
        assert!(of(&["agent:a", "read", "user"]).is_err());
    }
}
