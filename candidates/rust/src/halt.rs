//! The reasons why a task or a run stops, and the text of their errors.

use crate::contract::{Raised, Unsupported};
use crate::packets::Command;
use crate::value::python::quoted;
use crate::value::{Value, text};

const GUIDE: &str = "https://docs.langchain.com/oss/python/langgraph/errors";
pub const RECURSION: &str = "langgraph.errors.GraphRecursionError";
pub const TIMEOUT: &str = "langgraph.errors.NodeTimeoutError";
const UPWARDS: &str = "langgraph.errors.ParentCommand";
/// The message for an error that would show a typed value.
pub const SHOWN: &str = "a typed value in an error's message";
const DRAINED: &str = "langgraph.errors.GraphDrained";

/// The reason why a task or a run stops early.
#[derive(Debug)]
pub enum Halt {
    Failed(Raised),
    /// A node waits for answers; empty if the run stopped at a breakpoint.
    Interrupted(Vec<Value>),
    /// A command for an enclosing graph.
    Upwards(Box<Command>),
    /// The run was asked to stop.
    Drained(String),
    /// It needs something that the engine does not support.
    Declined(Unsupported),
}

impl From<Raised> for Halt {
    fn from(error: Raised) -> Halt {
        Halt::Failed(error)
    }
}

impl From<Unsupported> for Halt {
    fn from(reason: Unsupported) -> Halt {
        Halt::Declined(reason)
    }
}

impl Halt {
    /// Return the error as a whole run raises it.
    pub fn raised(self) -> Result<Raised, Unsupported> {
        match self {
            Halt::Failed(error) => Ok(error),
            Halt::Drained(reason) => Ok(Raised::new(DRAINED, format!("Graph drained: {reason}"))),
            Halt::Declined(reason) => Err(reason),
            Halt::Upwards(command) => {
                let shown = command.shown();
                let shown = shown.ok_or_else(|| Unsupported(SHOWN.to_owned()))?;
                Ok(Raised::new(UPWARDS, shown))
            }
            Halt::Interrupted(_) => Err(Unsupported(
                "an interrupt that leaves the outermost graph".to_owned(),
            )),
        }
    }
}

/// Return a message with LangGraph's pointer to its troubleshooting page.
pub fn with_guide(message: &str, code: &str) -> String {
    format!("{message}\nFor troubleshooting, visit: {GUIDE}/{code}")
}

/// Return an error's class without its module.
pub fn class_name(error: &Raised) -> &'static str {
    error.class.rsplit('.').next().unwrap_or_default()
}

/// Return the `repr` of an error, which is its stored form.
pub fn error_text(error: &Raised) -> Value {
    // The message of a `KeyError` is already the `repr` of its argument.
    let argument = match error.class {
        "KeyError" => error.message.clone(),
        _ => quoted(&error.message),
    };
    text(format!("{}({argument})", class_name(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_of_an_error_is_its_repr() {
        let of = |class, message: &str| error_text(&Raised::new(class, message));
        assert_eq!(
            of("ValueError", "it's\n").text(),
            Some(r#"ValueError("it's\n")"#)
        );
        assert_eq!(of("KeyError", "'k'").text(), Some("KeyError('k')"));
        assert_eq!(of(RECURSION, "").text(), Some("GraphRecursionError('')"));
    }
}
