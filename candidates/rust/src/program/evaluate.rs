//! Running the bodies of nodes, and evaluating expressions.

use std::rc::Rc;

use crate::contract::Raised;
use crate::halt::Halt;
use crate::names::PARENT;
use crate::packets::{Command, overwrite, send, sent};
use crate::program::host::{Host, Nobody};
use crate::program::language::{Expression, Instruction, Part};
use crate::value::packing::dumps;
use crate::value::python::quoted;
use crate::value::{Map, Value, text};

/// The scope of a body: the node's input, its host, its variables and its writes.
pub struct Scope<'a> {
    input: &'a Value,
    host: &'a mut dyn Host,
    variables: Map,
    update: Map,
}

const RANGE_MAX: i128 = 64;

impl<'a> Scope<'a> {
    pub fn new(input: &'a Value, host: &'a mut dyn Host) -> Scope<'a> {
        Scope {
            input,
            host,
            variables: Map::default(),
            update: Map::default(),
        }
    }

    /// Run a body and return the node's result: a returned value, or the writes.
    pub fn run(mut self, body: &[Instruction]) -> Result<Value, Halt> {
        match self.steps(body)? {
            Some(value) => Ok(value),
            None if self.update.is_empty() => Ok(Value::Nil),
            None => Ok(Value::Map(self.update)),
        }
    }

    fn steps(&mut self, body: &[Instruction]) -> Result<Option<Value>, Halt> {
        for instruction in body {
            if let Some(value) = self.step(instruction)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Run an instruction; a value ends the body.
    fn step(&mut self, instruction: &Instruction) -> Result<Option<Value>, Halt> {
        match instruction {
            Instruction::Write(assignments) => {
                for (name, expression) in assignments {
                    let value = self.value(expression)?;
                    self.update.insert(text(&**name), value);
                }
            }
            Instruction::Let(assignments) => {
                for (name, expression) in assignments {
                    let value = self.value(expression)?;
                    self.variables.insert(text(name), value);
                }
            }
            Instruction::When(condition, then, otherwise) => {
                let falsy = is_falsy(&self.value(condition)?);
                return self.steps(if falsy { otherwise } else { then });
            }
            Instruction::Raise(class, message) => {
                // The text of a `KeyError` is the `repr` of its argument.
                let message = match *class {
                    "KeyError" => quoted(message),
                    _ => message.clone(),
                };
                return Err(Raised::new(class, message).into());
            }
            Instruction::Return(expression) => return self.value(expression).map(Some),
            Instruction::Emit(expression) => {
                let value = self.value(expression)?;
                self.host.emit(value);
            }
            Instruction::Wait(seconds) => self.host.wait(*seconds)?,
            Instruction::Drain(reason) => self.host.drain(reason),
            Instruction::StorePut(parts) => {
                let (labels, key) = (self.value(&parts[0])?, self.value(&parts[1])?);
                let value = self.value(&parts[2])?;
                if let (Some(store), Value::Map(_)) = (self.host.store(), &value) {
                    store.put(namespace(&labels), joined(&[key]), value)?;
                }
            }
            Instruction::StoreDelete(parts) => {
                let (labels, key) = (self.value(&parts[0])?, self.value(&parts[1])?);
                if let Some(store) = self.host.store() {
                    store.delete(namespace(&labels), joined(&[key]))?;
                }
            }
        }
        Ok(None)
    }

    /// Return the value of an expression.
    pub fn value(&mut self, expression: &Expression) -> Result<Value, Halt> {
        Ok(match expression {
            Expression::Literal(value) => value.clone(),
            Expression::List(items) => Value::Array(self.values(items)?),
            Expression::Record(parts) => {
                let mut record = Map::default();
                for (key, expression) in parts {
                    record.insert(key.clone(), self.value(expression)?);
                }
                Value::Map(record)
            }
            Expression::Get(name) => {
                let field = self.input.map().and_then(|fields| fields.get(name));
                field.cloned().unwrap_or_default()
            }
            Expression::Input => self.input.clone(),
            Expression::Variable(name) => self.variables.get(name).cloned().unwrap_or_default(),
            Expression::Add(parts) => add(self.value(&parts[0])?, self.value(&parts[1])?),
            Expression::Equal(parts) => {
                let (left, right) = (self.value(&parts[0])?, self.value(&parts[1])?);
                Value::Bool(stored(&left)? == stored(&right)?)
            }
            Expression::Less(parts) => match (self.value(&parts[0])?, self.value(&parts[1])?) {
                (Value::Int(left), Value::Int(right)) => Value::Bool(left < right),
                _ => Value::Bool(false),
            },
            Expression::Join(parts) => text(joined(&self.values(parts)?)),
            Expression::Length(inner) => Value::Int(length(&self.value(inner)?) as i128),
            Expression::Not(inner) => Value::Bool(is_falsy(&self.value(inner)?)),
            Expression::If(parts) => {
                let falsy = is_falsy(&self.value(&parts[0])?);
                self.value(&parts[if falsy { 2 } else { 1 }])?
            }
            Expression::Range(inner) => match self.value(inner)? {
                Value::Int(end) => (0..end.clamp(0, RANGE_MAX)).map(Value::Int).collect(),
                _ => Value::Array(Vec::new()),
            },
            _ => self.asked(expression)?,
        })
    }

    /// Return the value of an expression that needs the engine.
    fn asked(&mut self, expression: &Expression) -> Result<Value, Halt> {
        Ok(match expression {
            Expression::Send { to, items, name } => match self.value(items)? {
                Value::Array(items) => items
                    .into_iter()
                    .map(|item| match name {
                        Some(name) => {
                            send(to, Value::Map([(name.clone(), item)].into_iter().collect()))
                        }
                        None => send(to, item),
                    })
                    .collect(),
                _ => Value::Array(Vec::new()),
            },
            Expression::Overwrite(inner) => overwrite(self.value(inner)?),
            Expression::Interrupt(inner) => {
                let value = self.value(inner)?;
                self.host.ask(value)?
            }
            Expression::Command(parts) => self.command(parts)?,
            Expression::Call(name, given) => {
                let given = self.value(given)?;
                self.host.call(name, given)?
            }
            Expression::Visits => Value::Int(self.host.visits()),
            Expression::Info(name) => self.host.info(name),
            Expression::Context(name) => self.host.context(name),
            Expression::Failure(name) => self.host.failure(name),
            Expression::StoreGet(parts) => {
                let (labels, key) = (self.value(&parts[0])?, self.value(&parts[1])?);
                match self.host.store() {
                    Some(store) => store.get(namespace(&labels), joined(&[key]))?,
                    None => Value::Nil,
                }
            }
            Expression::StoreSearch(inner) => {
                let labels = namespace(&self.value(inner)?);
                match self.host.store() {
                    Some(store) => store.search(&labels)?,
                    None => Value::Array(Vec::new()),
                }
            }
            _ => Value::Nil,
        })
    }

    fn values(&mut self, expressions: &[Expression]) -> Result<Vec<Value>, Halt> {
        expressions
            .iter()
            .map(|expression| self.value(expression))
            .collect()
    }

    fn command(&mut self, parts: &[(Part, Expression)]) -> Result<Value, Halt> {
        let mut command = Command::default();
        for (part, expression) in parts {
            let value = self.value(expression)?;
            match part {
                Part::Update => command.update = value,
                Part::Goto => command.goto = destinations(value),
                Part::Graph if value.text() == Some("parent") => {
                    command.graph = Some(PARENT.to_owned());
                }
                Part::Graph => {}
            }
        }
        Ok(command.value())
    }
}

/// Return bytes that are the same for equal values.
fn stored(value: &Value) -> Result<(&'static str, Vec<u8>), Halt> {
    dumps(value).map_err(|message| Raised::new("TypeError", message).into())
}

/// Return the nodes and packets of a `goto`; nested lists are spliced.
fn destinations(goto: Value) -> Value {
    let is_one = |value: &Value| value.text().is_some() || sent(value).is_some();
    match goto {
        Value::Array(items) => {
            let spliced = items.into_iter().flat_map(|item| match item {
                Value::Array(inner) => inner,
                other => vec![other],
            });
            spliced.filter(is_one).collect()
        }
        one if is_one(&one) => one,
        _ => Value::Nil,
    }
}

fn add(left: Value, right: Value) -> Value {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => {
            Value::Int((left + right).clamp(i64::MIN.into(), i64::MAX.into()))
        }
        (Value::Float(left), Value::Float(right)) => Value::Float(left + right),
        (Value::Text(left), Value::Text(right)) => text(left + &right),
        (Value::Array(mut left), Value::Array(right)) => {
            left.extend(right);
            Value::Array(left)
        }
        _ => Value::Nil,
    }
}

/// Return the result of `join`.
pub fn joined(values: &[Value]) -> String {
    let parts = values.iter().map(|value| match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        _ => "?".to_owned(),
    });
    parts.collect::<Vec<_>>().join("-")
}

/// Return the namespace of a value; anything but a list is the empty one.
pub fn namespace(value: &Value) -> Vec<String> {
    let labels = value.array().unwrap_or_default();
    labels
        .iter()
        .map(|label| joined(std::slice::from_ref(label)))
        .collect()
}

fn length(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => 0,
    }
}

fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Nil | Value::Bool(false) | Value::Int(0) => true,
        Value::Float(number) => *number == 0.0,
        Value::Text(_) | Value::Array(_) | Value::Map(_) => length(value) == 0,
        _ => false,
    }
}

/// Return the result of a branch for a node's input.
pub fn routed(path: &Expression, given: &Value) -> Result<Value, Halt> {
    Scope::new(given, &mut Nobody).value(path)
}

/// Return a map's entries with string keys as writes.
pub fn entries(update: &Map) -> impl Iterator<Item = (Rc<str>, Value)> + '_ {
    let named = update
        .iter()
        .filter_map(|(name, value)| Some((name.text()?, value)));
    named.map(|(name, value)| (name.into(), value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::language::{Place, expression};
    use crate::value::map;

    fn of(name: &str, argument: Value) -> Option<Value> {
        let read = expression(&map([(name, argument)]), Place::Branch).ok()?;
        routed(&read, &map([("n", Value::Int(2))])).ok()
    }

    #[test]
    fn a_sum_is_clamped_and_of_one_kind() {
        let sum = |left, right| of("add", Value::Array(vec![left, right]));
        let most = Value::Int(i64::MAX.into());
        assert!(matches!(sum(most, Value::Int(1)), Some(Value::Int(n)) if n == i64::MAX.into()));
        assert!(matches!(sum(Value::Int(1), text("a")), Some(Value::Nil)));
    }

    #[test]
    fn a_map_of_two_keys_is_a_map() {
        let read = map([("a", map([("get", text("n"))])), ("b", Value::Nil)]);
        let read = expression(&read, Place::Branch).ok();
        let value = read.and_then(|read| routed(&read, &map([("n", Value::Int(2))])).ok());
        let value = value.as_ref().and_then(Value::map);
        assert!(matches!(
            value.and_then(|map| map.get("a")),
            Some(Value::Int(2))
        ));
    }

    #[test]
    fn a_range_is_short() {
        let length = |end| of("range", end).and_then(|list| Some(list.array()?.len()));
        assert_eq!(length(Value::Int(1000)), Some(64));
        assert_eq!(length(Value::Bool(true)), Some(0));
    }

    #[test]
    fn a_branch_asks_nothing() {
        assert!(of("interrupt", Value::Nil).is_none());
    }
}
