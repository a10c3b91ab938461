//! `Send`, `Overwrite`, `Interrupt` and `Command` of `langgraph.types`.

use crate::codec::call::{Code, typed};
use crate::value::python::repr;
use crate::value::{Map, Value, map, text};

const TYPES: &str = "langgraph.types";

/// Return a packet, which runs its node in the next superstep with the argument as input.
pub fn send(node: &str, argument: Value) -> Value {
    let parts = Value::Array(vec![text(node), argument]);
    typed(Code::Positional, TYPES, "Send", parts)
}

/// Return the node and the argument of a packet.
pub fn sent(value: &Value) -> Option<(&str, &Value)> {
    match value.typed(TYPES, "Send")?.payload.array()? {
        [node, argument, ..] => Some((node.text()?, argument)),
        _ => None,
    }
}

/// Return a packet with another argument.
pub fn resent(packet: &Value, argument: Value) -> Value {
    let mut packet = packet.clone();
    if let Value::Typed(typed) = &mut packet
        && let Value::Array(parts) = &mut typed.payload
        && parts.len() > 1
    {
        parts[1] = argument;
    }
    packet
}

/// Return an update that replaces a reduced value.
pub fn overwrite(value: Value) -> Value {
    record(
        "Overwrite",
        [("value", value), ("type", text("__overwrite__"))],
    )
}

/// Return an interrupt.
pub fn interrupt(value: Value, id: String) -> Value {
    record(
        "Interrupt",
        [
            ("value", value),
            ("id", text(id)),
            ("response_schema", Value::Nil),
        ],
    )
}

/// Return the id of an interrupt.
pub fn id_of(interrupt: &Value) -> Option<&str> {
    let fields = interrupt.typed(TYPES, "Interrupt")?.payload.map()?;
    fields.get("id")?.text()
}

fn record<const N: usize>(name: &str, fields: [(&str, Value); N]) -> Value {
    typed(Code::Keywords, TYPES, name, map(fields))
}

/// Return the fields of a type that `dataclasses.asdict` converts.
pub fn fields(value: &Value) -> Option<&Map> {
    match value {
        Value::Typed(typed)
            if typed.module == TYPES
                && matches!(&*typed.name, "Interrupt" | "Overwrite" | "Command") =>
        {
            typed.payload.map()
        }
        _ => None,
    }
}

/// A command: updates the state, routes, or answers an interrupt.
#[derive(Clone, Debug, Default)]
pub struct Command {
    pub graph: Option<String>,
    pub update: Value,
    pub resume: Value,
    pub goto: Value,
}

impl Command {
    /// Return the command that a value is, if it is one.
    pub fn of(value: &Value) -> Option<Command> {
        let fields = value.typed(TYPES, "Command")?.payload.map()?;
        let get = |name| fields.get(name).cloned().unwrap_or_default();
        Some(Command {
            graph: fields.get("graph").and_then(Value::text).map(str::to_owned),
            update: get("update"),
            resume: get("resume"),
            goto: get("goto"),
        })
    }

    pub fn value(self) -> Value {
        let goto = match self.goto {
            Value::Nil => Value::Array(Vec::new()),
            other => other,
        };
        record(
            "Command",
            [
                ("graph", self.graph.map_or(Value::Nil, text)),
                ("update", self.update),
                ("resume", self.resume),
                ("goto", goto),
            ],
        )
    }

    /// Return the `repr` of the command, which omits false parts.
    pub fn shown(&self) -> Option<String> {
        let graph = self.graph.as_ref().map_or(Value::Nil, text);
        let parts = [
            ("graph", &graph),
            ("update", &self.update),
            ("resume", &self.resume),
            ("goto", &self.goto),
        ];
        let fields = parts.into_iter().filter(|(_, value)| value.is_true());
        let fields = fields.map(|(name, value)| Some(format!("{name}={}", repr(value)?)));
        Some(format!(
            "Command({})",
            fields.collect::<Option<Vec<_>>>()?.join(", ")
        ))
    }

    /// Return the command's destinations.
    pub fn targets(&self) -> Vec<&Value> {
        match &self.goto {
            Value::Array(several) => several.iter().collect(),
            Value::Nil => Vec::new(),
            one => vec![one],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_what_was_made_of_it() {
        let command = Command {
            graph: Some("__parent__".to_owned()),
            goto: text("a"),
            ..Command::default()
        };
        let again = Command::of(&command.value()).unwrap_or_default();
        assert_eq!(again.graph.as_deref(), Some("__parent__"));
        assert_eq!(again.targets().len(), 1);
    }

    #[test]
    fn a_packet_has_a_node_and_an_argument() {
        let packet = send("a", Value::Int(1));
        assert!(matches!(sent(&packet), Some(("a", Value::Int(1)))));
        assert!(matches!(
            sent(&resent(&packet, Value::Int(2))),
            Some(("a", Value::Int(2)))
        ));
        assert!(sent(&text("a")).is_none());
    }
}
