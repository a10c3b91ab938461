//! The language of node bodies and branches (docs/programs.md), parsed into instructions.

use std::rc::Rc;

use crate::contract::{Declined, Unsupported, malformed};
use crate::value::{Map, Value};

/// The place of an expression; a branch cannot use the engine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Branch,
    Body,
}

/// An expression, which never fails unless the engine does.
pub enum Expression {
    Literal(Value),
    List(Vec<Expression>),
    Record(Vec<(Value, Expression)>),
    Get(String),
    Input,
    Variable(String),
    Add(Box<[Expression; 2]>),
    Equal(Box<[Expression; 2]>),
    Less(Box<[Expression; 2]>),
    Join(Vec<Expression>),
    Length(Box<Expression>),
    Not(Box<Expression>),
    If(Box<[Expression; 3]>),
    Range(Box<Expression>),
    Send {
        to: String,
        items: Box<Expression>,
        /// The field that a packet holds its item in; without it, the item is the packet.
        name: Option<Value>,
    },
    Overwrite(Box<Expression>),
    Interrupt(Box<Expression>),
    Command(Vec<(Part, Expression)>),
    Call(String, Box<Expression>),
    Visits,
    Info(String),
    Context(String),
    StoreGet(Box<[Expression; 2]>),
    StoreSearch(Box<Expression>),
    Failure(String),
}

/// A part of a command.
#[derive(Clone, Copy)]
pub enum Part {
    Update,
    Goto,
    Graph,
}

pub enum Instruction {
    Write(Vec<(Rc<str>, Expression)>),
    Let(Vec<(String, Expression)>),
    When(Expression, Body, Body),
    Raise(&'static str, String),
    Return(Expression),
    Emit(Expression),
    Wait(f64),
    Drain(String),
    StorePut(Box<[Expression; 3]>),
    StoreDelete(Box<[Expression; 2]>),
}

pub type Body = Vec<Instruction>;

/// The errors that a body can raise and a retry policy can name.
pub const ERRORS: [&str; 5] = [
    "ValueError",
    "RuntimeError",
    "KeyError",
    "ConnectionError",
    "TimeoutError",
];

/// Operators of the language that this engine does not support.
const ELSEWHERE: [&str; 4] = ["message", "call_all", "previous", "final"];

/// Parse a node's body.
pub fn body(value: &Value) -> Result<Body, Declined> {
    let steps = value
        .array()
        .ok_or_else(|| malformed("a body must be a list"))?;
    steps.iter().map(instruction).collect()
}

fn instruction(value: &Value) -> Result<Instruction, Declined> {
    let only = value.map().and_then(single);
    let (name, argument) =
        only.ok_or_else(|| malformed("an instruction must be a map of one key"))?;
    let inner = || expression(argument, Place::Body);
    Ok(match name {
        "write" => Instruction::Write(
            assignments(argument)?
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        ),
        "let" => Instruction::Let(assignments(argument)?),
        "when" => when(argument)?,
        "raise" => raise(argument)?,
        "return" => Instruction::Return(inner()?),
        "emit" => Instruction::Emit(inner()?),
        "wait" => Instruction::Wait(seconds(argument)?),
        "drain" => Instruction::Drain(word(argument)?),
        "store_put" => Instruction::StorePut(several(argument, Place::Body)?),
        "store_delete" => Instruction::StoreDelete(several(argument, Place::Body)?),
        _ => return Err(lacking("instruction", name)),
    })
}

fn assignments(argument: &Value) -> Result<Vec<(String, Expression)>, Declined> {
    let entries = argument.map();
    let entries = entries.ok_or_else(|| malformed("what is assigned must be a map"))?;
    let assigned = entries
        .iter()
        .map(|(name, value)| Ok((word(name)?, expression(value, Place::Body)?)));
    assigned.collect()
}

fn when(argument: &Value) -> Result<Instruction, Declined> {
    let (condition, then, otherwise) = match argument.array() {
        Some([condition, then]) => (condition, then, None),
        Some([condition, then, otherwise]) => (condition, then, Some(otherwise)),
        _ => return Err(malformed("`when` has two or three parts")),
    };
    let otherwise = otherwise.map(body).transpose()?.unwrap_or_default();
    let condition = expression(condition, Place::Body)?;
    Ok(Instruction::When(condition, body(then)?, otherwise))
}

fn raise(argument: &Value) -> Result<Instruction, Declined> {
    let part = |name| {
        word(
            argument
                .map()
                .and_then(|parts| parts.get(name))
                .unwrap_or(&Value::Nil),
        )
    };
    Ok(Instruction::Raise(error(&part("type")?)?, part("message")?))
}

/// Return the class of an error that a program names.
pub fn error(name: &str) -> Result<&'static str, Declined> {
    let error = ERRORS.into_iter().find(|error| *error == name);
    error.ok_or_else(|| lacking("error type", name))
}

/// Return a number of seconds.
pub fn seconds(value: &Value) -> Result<f64, Declined> {
    match value {
        Value::Int(seconds) => Ok(*seconds as f64),
        Value::Float(seconds) => Ok(*seconds),
        _ => Err(malformed("seconds must be a number")),
    }
}

/// Return a string.
pub fn word(value: &Value) -> Result<String, Declined> {
    let text = value.text().map(str::to_owned);
    text.ok_or_else(|| malformed("a text is missing in the program"))
}

fn single(entries: &Map) -> Option<(&str, &Value)> {
    match entries.entries() {
        [(Value::Text(name), argument)] => Some((name, argument)),
        _ => None,
    }
}

fn lacking(what: &str, name: &str) -> Declined {
    Unsupported(format!("no {what} {name}")).into()
}

/// Parse an expression.
pub fn expression(value: &Value, place: Place) -> Result<Expression, Declined> {
    match value {
        Value::Array(items) => Ok(Expression::List(list(items, place)?)),
        Value::Map(entries) => {
            if let Some((name, argument)) = single(entries)
                && let Some(expression) = operator(name, argument, place)?
            {
                return Ok(expression);
            }
            let parts = entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), expression(value, place)?)));
            Ok(Expression::Record(parts.collect::<Result<_, Declined>>()?))
        }
        other => Ok(Expression::Literal(other.clone())),
    }
}

fn list(items: &[Value], place: Place) -> Result<Vec<Expression>, Declined> {
    items.iter().map(|item| expression(item, place)).collect()
}

fn several<const N: usize>(
    argument: &Value,
    place: Place,
) -> Result<Box<[Expression; N]>, Declined> {
    let parts = list(argument.array().unwrap_or_default(), place)?;
    let parts = <[Expression; N]>::try_from(parts);
    parts
        .map(Box::new)
        .map_err(|_| malformed("an operator has another number of parts"))
}

fn operator(name: &str, argument: &Value, place: Place) -> Result<Option<Expression>, Declined> {
    let inner = || expression(argument, place).map(Box::new);
    let expression = match name {
        "get" => Expression::Get(word(argument)?),
        "input" => Expression::Input,
        "var" => Expression::Variable(word(argument)?),
        "lit" => Expression::Literal(argument.clone()),
        "add" => Expression::Add(several(argument, place)?),
        "eq" => Expression::Equal(several(argument, place)?),
        "lt" => Expression::Less(several(argument, place)?),
        "join" => Expression::Join(list(argument.array().unwrap_or_default(), place)?),
        "len" => Expression::Length(inner()?),
        "not" => Expression::Not(inner()?),
        "if" => Expression::If(several(argument, place)?),
        "range" => Expression::Range(inner()?),
        "send" => send(argument, place)?,
        "overwrite" => Expression::Overwrite(inner()?),
        _ if ELSEWHERE.contains(&name) => return Err(lacking("operator", name)),
        _ => return asking(name, argument, place),
    };
    Ok(Some(expression))
}

/// Parse an operator that needs the engine.
fn asking(name: &str, argument: &Value, place: Place) -> Result<Option<Expression>, Declined> {
    let expression = match name {
        "interrupt" => Expression::Interrupt(expression(argument, place)?.into()),
        "command" => command(argument)?,
        "call" => match argument.array() {
            Some([name, given]) => Expression::Call(word(name)?, expression(given, place)?.into()),
            _ => return Err(malformed("`call` has a name and an argument")),
        },
        "visits" => Expression::Visits,
        "info" => {
            let known = ["attempt", "task_id", "checkpoint_ns", "thread_id"];
            Expression::Info(one_of(argument, &known)?)
        }
        "error" => Expression::Failure(one_of(argument, &["node", "type", "message"])?),
        "context" => Expression::Context(word(argument)?),
        "store_get" => Expression::StoreGet(several(argument, place)?),
        "store_search" => Expression::StoreSearch(expression(argument, place)?.into()),
        _ => return Ok(None),
    };
    if place == Place::Branch {
        return Err(malformed(format!("a branch has no `{name}`")));
    }
    Ok(Some(expression))
}

fn one_of(argument: &Value, known: &[&str]) -> Result<String, Declined> {
    let name = word(argument)?;
    if known.contains(&&*name) {
        Ok(name)
    } else {
        Err(lacking("name", &name))
    }
}

fn send(argument: &Value, place: Place) -> Result<Expression, Declined> {
    let part = |name| argument.map().and_then(|parts| parts.get(name));
    let (Some(to), Some(items)) = (part("to"), part("each")) else {
        return Err(malformed("`send` has `to` and `each`"));
    };
    Ok(Expression::Send {
        to: word(to)?,
        items: expression(items, place)?.into(),
        name: part("as").cloned(),
    })
}

fn command(argument: &Value) -> Result<Expression, Declined> {
    let parts = argument
        .map()
        .ok_or_else(|| malformed("`command` must be a map"))?;
    let read = parts.iter().map(|(name, value)| {
        let part = match name.text() {
            Some("update") => Part::Update,
            Some("goto") => Part::Goto,
            Some("graph") => Part::Graph,
            other => return Err(lacking("part of a command", other.unwrap_or("?"))),
        };
        Ok((part, expression(value, Place::Body)?))
    });
    Ok(Expression::Command(read.collect::<Result<_, Declined>>()?))
}

/// Collect the subgraphs that a body calls, in order.
pub fn called<'a>(value: &'a Value, names: &mut Vec<&'a str>) {
    match value {
        Value::Map(entries) => {
            for (key, value) in entries.iter() {
                if key.text() == Some("call") {
                    let name = value.array().and_then(|parts| parts.first());
                    names.extend(name.and_then(Value::text));
                }
                called(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| called(item, names)),
        _ => {}
    }
}
