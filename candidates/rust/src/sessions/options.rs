//! The arguments of operations on a graph: those of a run, commands, changes.

use std::rc::Rc;

use crate::contract::{Declined, Raised, Unsupported, malformed};
use crate::packets::{Command, send};
use crate::pregel::changes::Change;
use crate::pregel::run::Durability;
use crate::pregel::streams::Mode;
use crate::program::compiled::{Breakpoints, Program};
use crate::program::policies::known_keys;
use crate::value::{Map, Value};

/// The default limit of a run's supersteps.
const RECURSION_LIMIT: i128 = 25;

/// The most tasks that a completion order numbers.
const MOST_ORDERED: usize = 8;

const RUN: [&str; 11] = [
    "thread",
    "checkpoint",
    "recursion_limit",
    "durability",
    "context",
    "interrupt_before",
    "interrupt_after",
    "max_concurrency",
    "completion_order",
    "subgraphs",
    "task",
];

/// Return an operation's arguments, apart from `async`; None if the operation does not exist.
fn arguments(operation: &str) -> Option<Vec<&'static str>> {
    let own: &[&'static str] = match operation {
        "invoke" => &["input"],
        "stream" => &["input", "modes"],
        "resume" => &["value", "modes"],
        "resume_map" => &["values", "modes"],
        "command" => &["command", "modes"],
        "update_state" => &["thread", "values", "as_node", "checkpoint", "task"],
        "bulk_update_state" => &["thread", "supersteps", "checkpoint", "task"],
        "compile" => &[],
        "get_state" => &["thread", "checkpoint", "task", "subgraphs"],
        "get_state_history" => &["thread", "limit", "before", "filter", "task"],
        "store_items" => &["namespace"],
        "put" => &["thread", "checkpoint", "metadata", "parent"],
        "load_stored" => &["stored", "created"],
        "delete_thread" => &["thread"],
        "copy_thread" => &["source", "target"],
        _ => return None,
    };
    let runs = matches!(
        operation,
        "invoke" | "stream" | "resume" | "resume_map" | "command"
    );
    let run = if runs { &RUN[..] } else { &[] };
    Some([own, run, &["async"]].concat())
}

/// Check that the engine knows all arguments of an operation.
pub fn check(operation: &str, args: &Map) -> Result<(), Declined> {
    let known = arguments(operation);
    let known = known.ok_or_else(|| Unsupported(format!("no operation {operation}")))?;
    known_keys(args, &known, operation)
}

/// The arguments of a run.
pub struct Options<'a> {
    pub thread: Option<&'a str>,
    pub checkpoint: Option<i64>,
    pub task: Option<i128>,
    pub recursion_limit: i64,
    pub durability: Durability,
    pub context: &'a Value,
    pub interrupt_before: Breakpoints,
    pub interrupt_after: Breakpoints,
    pub subgraphs: bool,
    pub modes: Option<Vec<Mode>>,
    pub order: Option<Rc<[usize]>>,
}

impl Options<'_> {
    /// Read the arguments of a run.
    pub fn read(args: &Map) -> Result<Options<'_>, Declined> {
        let durability = match given(args, "durability") {
            None => Durability::Async,
            Some(value) => match value.text() {
                Some("sync") => Durability::Sync,
                Some("async") => Durability::Async,
                Some("exit") => Durability::Exit,
                other => {
                    let other = other.unwrap_or("?");
                    return Err(Unsupported(format!("no durability {other}")).into());
                }
            },
        };
        let limit = number(args, "recursion_limit")?.unwrap_or(RECURSION_LIMIT);
        let modes = given(args, "modes").map(modes).transpose()?;
        Ok(Options {
            thread: thread(args)?,
            checkpoint: checkpoint(args)?,
            task: number(args, "task")?,
            recursion_limit: i64::try_from(limit.clamp(i64::MIN.into(), 1 << 40))
                .unwrap_or_default(),
            durability,
            context: args.get("context").unwrap_or(&Value::Nil),
            interrupt_before: Breakpoints::read(args.get("interrupt_before")),
            interrupt_after: Breakpoints::read(args.get("interrupt_after")),
            subgraphs: flag(args, "subgraphs"),
            modes,
            order: given(args, "completion_order").map(order).transpose()?,
        })
    }
}

/// Return an argument unless it is missing or null.
pub fn given<'a>(args: &'a Map, name: &str) -> Option<&'a Value> {
    args.get(name).filter(|value| !value.is_nil())
}

/// Return whether an argument is true.
pub fn flag(args: &Map, name: &str) -> bool {
    matches!(args.get(name), Some(Value::Bool(true)))
}

/// Return an integer argument, if there is one.
pub fn number(args: &Map, name: &str) -> Result<Option<i128>, Declined> {
    match given(args, name) {
        None => Ok(None),
        Some(Value::Int(number)) => Ok(Some(*number)),
        Some(_) => Err(malformed(format!("`{name}` must be an integer"))),
    }
}

/// Return a string argument, if there is one.
pub fn word<'a>(args: &'a Map, name: &str) -> Result<Option<&'a str>, Declined> {
    match given(args, name) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(format!("`{name}` must be a string"))),
    }
}

/// Return the thread that an operation names, if any.
pub fn thread(args: &Map) -> Result<Option<&str>, Declined> {
    word(args, "thread")
}

/// Return the number of the checkpoint that an operation names, if any.
pub fn checkpoint(args: &Map) -> Result<Option<i64>, Declined> {
    let wrong = |_| malformed("`checkpoint` is out of range");
    number(args, "checkpoint")?
        .map(i64::try_from)
        .transpose()
        .map_err(wrong)
}

fn modes(value: &Value) -> Result<Vec<Mode>, Declined> {
    let names = value
        .array()
        .ok_or_else(|| malformed("`modes` must be a list"))?;
    let read = names.iter().map(|name| {
        let name = name.text().unwrap_or("?");
        Mode::of(name).ok_or_else(|| Unsupported(format!("no stream mode {name}")).into())
    });
    read.collect()
}

/// Return the order in which the first tasks of a superstep end.
fn order(value: &Value) -> Result<Rc<[usize]>, Unsupported> {
    let numbers = value.array().unwrap_or_default().iter();
    let order = numbers.map(|number| usize::try_from(number.int()?).ok());
    let order: Option<Vec<_>> = order.collect();
    let is_one = |order: &Vec<usize>| {
        order.len() <= MOST_ORDERED && (0..order.len()).all(|task| order.contains(&task))
    };
    let order = order.filter(is_one).ok_or_else(|| {
        Unsupported(format!(
            "completion_order orders no first tasks, of {MOST_ORDERED} at most"
        ))
    })?;
    Ok(order.into())
}

/// Return the command of an operation.
pub fn command(args: &Map) -> Result<Command, Declined> {
    let parts = args.get("command").and_then(Value::map);
    let parts = parts.ok_or_else(|| malformed("`command` must be a map"))?;
    known_keys(parts, &["update", "goto", "resume"], "a command")?;
    let get = |name| parts.get(name).cloned().unwrap_or_default();
    let goto = match get("goto") {
        Value::Nil => Vec::new(),
        Value::Array(several) => several,
        one => vec![one],
    };
    Ok(Command {
        graph: None,
        update: get("update"),
        resume: get("resume"),
        goto: goto
            .iter()
            .map(target)
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .collect(),
    })
}

fn target(target: &Value) -> Result<Value, Declined> {
    let Value::Map(parts) = target else {
        return Ok(target.clone());
    };
    match parts.get("send").and_then(Value::array) {
        Some([Value::Text(node), argument]) => Ok(send(node, argument.clone())),
        _ => Err(malformed(
            "a target of `goto` is a name, or `send` with two parts",
        )),
    }
}

/// Return the changes of an update, by superstep.
pub fn supersteps(args: &Map) -> Result<Vec<Vec<Change>>, Declined> {
    let wrong = || malformed("`supersteps` must be a list of lists of maps");
    let supersteps = args.get("supersteps").and_then(Value::array);
    let supersteps = supersteps.ok_or_else(wrong)?.iter();
    let read = supersteps.map(|superstep| {
        let changes = superstep.array().ok_or_else(wrong)?.iter();
        let changes = changes.map(|change| {
            let parts = change.map().ok_or_else(wrong)?;
            known_keys(parts, &["values", "as_node"], "an update")?;
            self::change(parts)
        });
        changes.collect()
    });
    read.collect()
}

/// Return a change attributed to a node.
pub fn change(args: &Map) -> Result<Change, Declined> {
    Ok(Change {
        values: args.get("values").cloned().unwrap_or_default(),
        as_node: word(args, "as_node")?.map(str::to_owned),
        task: None,
    })
}

/// Check a run's context against what the program declares.
pub fn check_context(program: &Program, context: &Value) -> Result<(), Raised> {
    let (Some(declared), Value::Map(given)) = (&program.context, context) else {
        return Ok(());
    };
    for (name, _) in given.iter() {
        let name = name.text().unwrap_or("?");
        if !declared.iter().any(|known| &**known == name) {
            let message = format!("Context.__init__() got an unexpected keyword argument '{name}'");
            return Err(Raised::new("TypeError", message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{map, text};

    fn of(value: Value) -> Map {
        value.map().cloned().unwrap_or_default()
    }

    #[test]
    fn what_is_not_offered_is_named() {
        let args = of(map([("stream_mode", Value::Nil)]));
        let declined = check("invoke", &args);
        assert!(
            matches!(declined, Err(Declined::Unsupported(Unsupported(reason)))
            if reason.contains("stream_mode"))
        );
        assert!(matches!(
            check("dance", &args),
            Err(Declined::Unsupported(_))
        ));
    }

    #[test]
    fn a_wrong_argument_is_a_bad_request() {
        let args = of(map([("thread", Value::Int(1))]));
        assert!(matches!(Options::read(&args), Err(Declined::Malformed(_))));
    }

    #[test]
    fn an_order_numbers_each_of_the_first_tasks_once() {
        let of = |numbers: &[i128]| order(&numbers.iter().map(|n| Value::Int(*n)).collect());
        assert!(of(&[2, 0, 1]).is_ok_and(|order| *order == [2, 0, 1]));
        for wrong in [&[1, 1][..], &[1, 2], &[-1, 0], &[0, 1, 2, 3, 4, 5, 6, 7, 8]] {
            assert!(of(wrong).is_err());
        }
    }

    #[test]
    fn a_command_goes_to_names_and_packets() {
        let packet = map([("send", Value::Array(vec![text("a"), Value::Int(1)]))]);
        let goto = Value::Array(vec![text("b"), packet]);
        let args = of(map([("command", map([("goto", goto)]))]));
        let targets = command(&args).map(|command| command.targets().len());
        assert!(matches!(targets, Ok(2)));
    }
}
