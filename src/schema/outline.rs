//! A compiled schema as text: what the compiler has understood, for tests and for people.

use std::fmt;

use super::model::{ArrowFunction, Expression, NodeKind, Schema};

/// Writes a schema with every operation in parentheses, and after every arrow where it leads.
#[derive(Debug, Clone, Copy)]
pub struct Outline<'s>(pub &'s Schema);

impl fmt::Display for Outline<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.0;
        for definition in schema.definitions() {
            comment(formatter, "", &definition.comment)?;
            writeln!(formatter, "definition {}", definition.name)?;
            for node in definition.nodes.iter().map(|node| schema.node(*node)) {
                comment(formatter, "  ", &node.comment)?;
                match &node.kind {
                    NodeKind::Relation(subjects) => {
                        let subjects: Vec<_> =
                            subjects.iter().map(|subject| schema.subject_text(subject)).collect();
                        writeln!(formatter, "  relation {}: {}", node.name, subjects.join(" | "))?;
                    }
                    NodeKind::Permission(expression) => {
                        write!(formatter, "  permission {} = ", node.name)?;
                        self.expression(formatter, expression)?;
                        writeln!(formatter)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Outline<'_> {
    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn expression(self, formatter: &mut fmt::Formatter<'_>, expression: &Expression) -> fmt::Result {
        match expression {
            Expression::Nil => formatter.write_str("nil"),
            Expression::SelfObject => formatter.write_str("self"),
            Expression::Node(node) => write!(formatter, "{}", self.0.node(*node).name),
            Expression::Arrow(arrow) => {
                let tupleset = &self.0.node(arrow.tupleset).name;
                match arrow.function {
                    ArrowFunction::Any => write!(formatter, "{tupleset}->{}", arrow.target)?,
                    ArrowFunction::All => write!(formatter, "{tupleset}.all({})", arrow.target)?,
                }
                let targets: Vec<_> =
                    arrow.targets.iter().map(|(_, target)| self.0.node_text(*target)).collect();
                write!(formatter, "[{}]", targets.join(" "))
            }
            Expression::Union(operands) => self.operation(formatter, " + ", operands),
            Expression::Intersection(operands) => self.operation(formatter, " & ", operands),
            Expression::Exclusion(base, subtrahend) => {
                self.operation(formatter, " - ", [&**base, subtrahend])
            }
        }
    }

    fn operation<'e>(
        self,
        formatter: &mut fmt::Formatter<'_>,
        operator: &str,
        operands: impl IntoIterator<Item = &'e Expression>,
    ) -> fmt::Result {
        let mut before = "(";
        for operand in operands {
            formatter.write_str(before)?;
            self.expression(formatter, operand)?;
            before = operator;
        }
        formatter.write_str(")")
    }
}

fn comment(formatter: &mut fmt::Formatter<'_>, indent: &str, comment: &str) -> fmt::Result {
    comment.lines().try_for_each(|line| writeln!(formatter, "{indent}{line}"))
}
