//! Fields as the port's channels, and its reducers.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use langgraph_core_rs::channels::binop::{append_reducer, merge_reducer, ReducerFn};
use langgraph_core_rs::channels::last_value::LastValueAfterFinish;
use langgraph_core_rs::channels::named_barrier_value::NamedBarrierValueAfterFinish;
use langgraph_core_rs::channels::{
    AnyValue, BinaryOperatorAggregate, Channel, EphemeralValue, LastValue, NamedBarrierValue,
    Topic, UntrackedValue,
};
use rmpv::Value;
use serde_json::{json, Value as Json};

use crate::wire::{field, Unsupported};

pub type Channels = HashMap<String, Box<dyn Channel>>;

thread_local! {
    /// What cannot be said of what is running: the port's reducers and nodes have no way to decline.
    static GAP: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Say that what runs is not offered.
pub fn decline(reason: impl Into<String>) {
    GAP.with_borrow_mut(|gap| {
        gap.get_or_insert(reason.into());
    });
}

/// Return what was declined since this was last asked.
pub fn declined() -> Option<String> {
    GAP.take()
}

/// Return the channels of a program's fields, and their names in order.
pub fn channels(state: &Value) -> Result<(Channels, Vec<String>), Unsupported> {
    let mut made = Channels::new();
    let mut order = Vec::new();
    for (name, spec) in state.as_map().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        for (key, _) in spec.as_map().into_iter().flatten() {
            match key.as_str() {
                Some("type" | "reducer" | "channel") => {}
                key => {
                    let key = key.unwrap_or_default();
                    return Err(Unsupported(format!("no field with a {key}")));
                }
            }
        }
        let (class, settings) = match field(spec, "channel") {
            Value::Nil if field(spec, "reducer").is_nil() => ("LastValue", spec),
            Value::Nil => ("BinaryOperatorAggregate", spec),
            settings => (
                field(settings, "class").as_str().unwrap_or_default(),
                settings,
            ),
        };
        made.insert(name.to_string(), channel(name, class, settings)?);
        order.push(name.to_string());
    }
    Ok((made, order))
}

/// Return the port's channel of LangGraph's name.
pub fn channel(key: &str, class: &str, of: &Value) -> Result<Box<dyn Channel>, Unsupported> {
    let kind = field(of, "type").as_str().unwrap_or("any");
    if matches!(kind, "set" | "messages") {
        return Err(Unsupported(format!("values are JSON: no {kind}")));
    }
    let guard = field(of, "guard").as_bool().unwrap_or(true);
    Ok(match class {
        "LastValue" => Box::new(LastValue::new(key)),
        "LastValueAfterFinish" => Box::new(LastValueAfterFinish::new(key)),
        "AnyValue" => Box::new(AnyValue::new(key)),
        "EphemeralValue" => Box::new(EphemeralValue::new(key, guard)),
        "UntrackedValue" => Box::new(UntrackedValue::new(key)),
        "Topic" => {
            let accumulate = field(of, "accumulate").as_bool().unwrap_or(false);
            Box::new(Topic::new(key, accumulate))
        }
        "BinaryOperatorAggregate" => {
            let name = field(of, "reducer").as_str().unwrap_or_default();
            let reducer = reducer(name)?;
            let made = BinaryOperatorAggregate::new(key, reducer);
            // LangGraph begins such a field with its type's empty value, the port with none: it is
            // given one as a user would give it.
            match empty(kind) {
                Some(value) => made.from_checkpoint(Some(&value)),
                None => Box::new(made),
            }
        }
        "NamedBarrierValue" => Box::new(NamedBarrierValue::new(key, names(of))),
        "NamedBarrierValueAfterFinish" => {
            Box::new(NamedBarrierValueAfterFinish::new(key, names(of)))
        }
        _ => return Err(Unsupported(format!("no channel {class}"))),
    })
}

fn names(of: &Value) -> HashSet<String> {
    let names = field(of, "names").as_array().into_iter().flatten();
    names
        .filter_map(Value::as_str)
        .map(str::to_string)
        .collect()
}

fn empty(kind: &str) -> Option<Json> {
    Some(match kind {
        "int" => json!(0),
        "float" => json!(0.0),
        "str" => json!(""),
        "bool" => json!(false),
        "list" => json!([]),
        "dict" => json!({}),
        _ => return None,
    })
}

/// Return a reducer: the port's own for lists and maps, and for the rest what a user would write.
fn reducer(name: &str) -> Result<ReducerFn, Unsupported> {
    Ok(match name {
        "add" => sum,
        "max" => |a, b| chosen(a, b, b.as_i64() > a.as_i64()),
        "min" => |a, b| chosen(a, b, b.as_i64() < a.as_i64()),
        "merge" => |a, b| match (a, b) {
            (Json::Object(_), Json::Object(_)) => merge_reducer(a, b),
            _ => refused("no merge of other than two maps: its reducers cannot fail"),
        },
        "last" => |_, b| b.clone(),
        "first" => |a, _| a.clone(),
        _ => return Err(Unsupported(format!("no reducer {name}"))),
    })
}

fn sum(a: &Json, b: &Json) -> Json {
    match (a, b) {
        (Json::Array(_), Json::Array(_)) => append_reducer(a, b),
        (Json::String(a), Json::String(b)) => format!("{a}{b}").into(),
        (Json::Number(a), Json::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.checked_add(b).map_or_else(
                || refused("values are JSON: no larger integers"),
                Json::from,
            ),
            _ => json!(a.as_f64().unwrap_or_default() + b.as_f64().unwrap_or_default()),
        },
        _ => {
            refused("no sum of other than two numbers, strings or lists: its reducers cannot fail")
        }
    }
}

fn chosen(a: &Json, b: &Json, second: bool) -> Json {
    if !(a.is_i64() && b.is_i64()) {
        return refused("no max or min of other than two integers");
    }
    if second {
        b.clone()
    } else {
        a.clone()
    }
}

fn refused(reason: &str) -> Json {
    decline(reason);
    Json::Null
}
