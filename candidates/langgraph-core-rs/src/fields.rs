//! State fields as the port's channels, and the reducers.

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
    /// Why the current operation is unsupported: the port's reducers and nodes cannot return that.
    static DECLINED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Mark the current operation as unsupported.
pub fn decline(reason: impl Into<String>) {
    DECLINED.with_borrow_mut(|declined| {
        declined.get_or_insert(reason.into());
    });
}

/// Return why the current operation is unsupported, if it is, and clear the mark.
pub fn declined() -> Option<String> {
    DECLINED.take()
}

/// Return the channels of a program's fields, and the field names in order.
pub fn channels(state: &Value) -> Result<(Channels, Vec<String>), Unsupported> {
    let mut channels = Channels::new();
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
        channels.insert(name.to_string(), channel(name, class, settings)?);
        order.push(name.to_string());
    }
    Ok((channels, order))
}

/// Return the port's channel for one of LangGraph's classes.
pub fn channel(key: &str, class: &str, settings: &Value) -> Result<Box<dyn Channel>, Unsupported> {
    let kind = field(settings, "type").as_str().unwrap_or("any");
    if matches!(kind, "set" | "messages") {
        return Err(Unsupported(format!("values are JSON: no {kind}")));
    }
    let guard = field(settings, "guard").as_bool().unwrap_or(true);
    Ok(match class {
        "LastValue" => Box::new(LastValue::new(key)),
        "LastValueAfterFinish" => Box::new(LastValueAfterFinish::new(key)),
        "AnyValue" => Box::new(AnyValue::new(key)),
        "EphemeralValue" => Box::new(EphemeralValue::new(key, guard)),
        "UntrackedValue" => Box::new(UntrackedValue::new(key)),
        "Topic" => {
            let accumulate = field(settings, "accumulate").as_bool().unwrap_or(false);
            Box::new(Topic::new(key, accumulate))
        }
        "BinaryOperatorAggregate" => {
            let name = field(settings, "reducer").as_str().unwrap_or_default();
            let reducer = reducer(name)?;
            let channel = BinaryOperatorAggregate::new(key, reducer);
            // LangGraph starts such a field with its type's empty value, the port with none, so set
            // one as a user would.
            match empty(kind) {
                Some(value) => channel.from_checkpoint(Some(&value)),
                None => Box::new(channel),
            }
        }
        "NamedBarrierValue" => Box::new(NamedBarrierValue::new(key, names(settings))),
        "NamedBarrierValueAfterFinish" => {
            Box::new(NamedBarrierValueAfterFinish::new(key, names(settings)))
        }
        _ => return Err(Unsupported(format!("no channel {class}"))),
    })
}

fn names(settings: &Value) -> HashSet<String> {
    let names = field(settings, "names").as_array().into_iter().flatten();
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

/// Return a reducer: the port's own for lists and maps, otherwise what a user would write.
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
