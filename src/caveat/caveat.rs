//! One caveat, compiled.

use std::hash::{DefaultHasher, Hash, Hasher};

use smallvec::SmallVec;

use super::bindings::Bindings;
use super::budget::Budget;
use super::constants;
use super::context::Context;
use super::error::{CompileError, ContextError, ConversionError, EvaluationError};
use super::evaluate;
use super::expression::Expression;
use super::given::Given;
use super::types::ParameterType;
use super::{check, syntax};

/// A parameter of a caveat.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ParameterType,
}

/// A condition with parameters, ready to be evaluated.
#[derive(Debug)]
pub struct Caveat {
    parameters: Box<[Parameter]>,
    expression: Expression,
    /// Parameters that the expression does not name, by their places in the declaration, in order.
    unused: Box<[u16]>,
    /// Says which parameters an expression was bound for.
    signature: u64,
}

/// What an evaluation found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The condition holds.
    True,
    /// It does not hold.
    False,
    /// It depends on parameters that were not given.
    Unknown(Missing),
}

/// Parameters by their place in the declaration, in order, each once; at least one.
pub type Missing = SmallVec<[u16; 4]>;

impl Caveat {
    /// Parses and type-checks an expression. Its errors are in order of their places.
    pub fn compile(parameters: Vec<Parameter>, expression: &str) -> Result<Self, Vec<CompileError>> {
        let tree = syntax::parse(expression)?;
        let (expression, unused) = check::check(&parameters, &tree)?;
        let expression = constants::fold(expression);
        let mut hasher = DefaultHasher::new();
        parameters.hash(&mut hasher);
        let (parameters, signature) = (parameters.into_boxed_slice(), hasher.finish());
        Ok(Self { parameters, expression, unused, signature })
    }

    /// Its parameters, in order of declaration.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The parameters that the expression does not name, in order of declaration. A macro's variable of the same name
    /// counts as well, as in SpiceDB.
    pub fn unused_parameters(&self) -> Vec<&str> {
        let unused = self.unused.iter().filter_map(|number| self.parameters.get(usize::from(*number)));
        unused.map(|parameter| parameter.name.as_str()).collect()
    }

    pub(super) fn expression(&self) -> &Expression {
        &self.expression
    }

    /// A number that is the same for the same names and types of parameters.
    pub(super) fn signature(&self) -> u64 {
        self.signature
    }

    /// The values that a context gives to the parameters. What else it has is ignored.
    pub fn bind(&self, context: &Context) -> Result<Bindings, ConversionError> {
        let given = self.parameters.iter().map(|parameter| Given::new(parameter, context));
        Bindings::of_request(given).accepted()
    }

    /// Whether a context may be stored: all its names are parameters, and all its values fit.
    pub fn check_context(&self, context: &Context) -> Result<(), ContextError> {
        let is_known = |name: &&str| self.parameters.iter().any(|parameter| parameter.name == *name);
        if let Some(unknown) = context.names().find(|name| !is_known(name)) {
            return Err(ContextError::UnknownParameter { parameter: unknown.to_owned() });
        }
        self.bind(context)?;
        Ok(())
    }

    /// Evaluates the expression. Where both contexts give a parameter, the stored one counts.
    pub fn evaluate(
        &self,
        stored: Option<&Bindings>,
        request: Option<&Bindings>,
        budget: &mut Budget,
    ) -> Result<Verdict, EvaluationError> {
        evaluate::evaluate(&self.expression, stored, request, budget)
    }
}
