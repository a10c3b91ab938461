//! The ten channel classes (`langgraph.channels`).
//!
//! A channel holds one value between supersteps. `update` takes a superstep's writes to it (none at
//! all: the superstep passed without one), `consume` says that a task it triggered ran, `finish`
//! that the run is about to end; each says whether the channel changed.

use crate::contract::{Raised, Unsupported, argument};
use crate::reducers::{self, Reducer};
use crate::value::{Map, Value, text};

const KEY: &str = "ch";
const INVALID: &str = "langgraph.errors.InvalidUpdateError";
const CONCURRENT: &str = "\nFor troubleshooting, visit: \
    https://docs.langchain.com/oss/python/langgraph/errors/INVALID_CONCURRENT_GRAPH_UPDATE";
const OVERWRITE: &str = "__overwrite__";

/// What a class does; each has the settings that only it uses.
#[derive(Clone)]
enum Class {
    LastValue,
    LastValueAfterFinish,
    AnyValue,
    Ephemeral {
        guard: bool,
    },
    Untracked {
        guard: bool,
    },
    Topic {
        accumulate: bool,
    },
    Reduced {
        empty: Option<Value>,
        reducer: Reducer,
    },
    Barrier {
        names: Vec<String>,
        after_finish: bool,
    },
    Delta {
        empty: Option<Value>,
        reducer: Reducer,
    },
}

#[derive(Clone)]
pub struct Channel {
    class: Class,
    /// A topic's values and a barrier's names lie here too, in an array.
    value: Option<Value>,
    /// For the classes that wait for the run's end: whether it is near.
    finished: bool,
}

impl Channel {
    /// Return the channel that settings say.
    pub fn open(spec: &Map) -> Result<Channel, Unsupported> {
        let name = argument(spec, "class")?.text().unwrap_or_default();
        let flag = |key, default| match spec.get(key) {
            Some(Value::Bool(value)) => *value,
            _ => default,
        };
        let class = match name {
            "LastValue" => Class::LastValue,
            "LastValueAfterFinish" => Class::LastValueAfterFinish,
            "AnyValue" => Class::AnyValue,
            "EphemeralValue" => Class::Ephemeral {
                guard: flag("guard", true),
            },
            "UntrackedValue" => Class::Untracked {
                guard: flag("guard", true),
            },
            "Topic" => Class::Topic {
                accumulate: flag("accumulate", false),
            },
            "BinaryOperatorAggregate" => Class::Reduced {
                empty: empty(spec)?,
                reducer: reducer(spec)?,
            },
            "DeltaChannel" => Class::Delta {
                empty: empty(spec)?,
                reducer: reducer(spec)?,
            },
            "NamedBarrierValue" | "NamedBarrierValueAfterFinish" => {
                let given = argument(spec, "names")?.array().unwrap_or_default();
                let mut names = Vec::<String>::new();
                for name in given.iter().filter_map(Value::text) {
                    if !names.iter().any(|each| each == name) {
                        names.push(name.to_owned());
                    }
                }
                Class::Barrier {
                    names,
                    after_finish: name.ends_with("AfterFinish"),
                }
            }
            _ => return Err(Unsupported(format!("no channel class {name}"))),
        };
        Ok(Channel::new(class))
    }

    /// Return an empty channel of a class.
    fn new(class: Class) -> Channel {
        let value = match &class {
            Class::Reduced { empty, .. } => empty.clone(),
            Class::Topic { .. } | Class::Barrier { .. } => Some(Value::Array(Vec::new())),
            _ => None,
        };
        Channel {
            class,
            value,
            finished: false,
        }
    }

    pub fn is_delta(&self) -> bool {
        matches!(self.class, Class::Delta { .. })
    }

    /// Return what is stored of the channel.
    pub fn checkpoint(&self) -> Option<Value> {
        let value = match &self.class {
            Class::Untracked { .. } | Class::Delta { .. } => return None,
            Class::Barrier { .. } => self.names_seen(),
            _ => self.value.clone()?,
        };
        let waits = matches!(
            self.class,
            Class::LastValueAfterFinish
                | Class::Barrier {
                    after_finish: true,
                    ..
                }
        );
        Some(if waits {
            Value::Array(vec![value, Value::Bool(self.finished)])
        } else {
            value
        })
    }

    /// Return a barrier's names as the set they are.
    fn names_seen(&self) -> Value {
        let names = self.value.clone().unwrap_or(Value::Nil);
        let call = crate::envelopes::Call {
            arguments: vec![names],
            ..Default::default()
        };
        crate::standard::make("builtins", "set", call).unwrap_or(Value::Nil)
    }

    /// Return a channel of the same make with a value that was stored.
    pub fn restored(&self, stored: Option<Value>) -> Result<Channel, Raised> {
        let mut made = Channel::new(self.class.clone());
        let Some(stored) = stored else {
            if let Class::Delta { empty, .. } = &self.class {
                made.value = Some(needed(empty)?);
            }
            return Ok(made);
        };
        let unwrapped = match stored {
            Value::Snapshot(inside)
                if matches!(self.class, Class::Reduced { .. } | Class::Delta { .. }) =>
            {
                *inside
            }
            other => other,
        };
        match &self.class {
            Class::Untracked { .. } => {}
            Class::LastValueAfterFinish
            | Class::Barrier {
                after_finish: true, ..
            } => {
                let parts = crate::envelopes::elements(&unwrapped);
                let Some([value, finished]) = parts.as_deref() else {
                    return Err(Raised::new("ValueError", "not enough values to unpack"));
                };
                made.value = Some(self.seen(value));
                made.finished = crate::records::is_true(finished);
            }
            Class::Barrier { .. } => made.value = Some(self.seen(&unwrapped)),
            _ => made.value = Some(unwrapped),
        }
        Ok(made)
    }

    /// Return a barrier's set as the array it is kept in; other values are themselves.
    fn seen(&self, value: &Value) -> Value {
        match (&self.class, value) {
            (Class::Barrier { .. }, Value::Typed(set)) => set.payload.clone(),
            _ => value.clone(),
        }
    }

    pub fn is_available(&self) -> bool {
        match (&self.class, &self.value) {
            (_, None) => false,
            (Class::LastValueAfterFinish, _) => self.finished,
            (Class::Topic { .. }, Some(value)) => crate::records::is_true(value),
            (Class::Barrier { after_finish, .. }, _) => {
                self.is_complete() && (self.finished || !after_finish)
            }
            _ => true,
        }
    }

    /// Return whether every name of a barrier has been written.
    fn is_complete(&self) -> bool {
        match (&self.class, &self.value) {
            (Class::Barrier { names, .. }, Some(Value::Array(seen))) => seen.len() == names.len(),
            _ => false,
        }
    }

    pub fn get(&self) -> Result<Value, Raised> {
        match (&self.class, &self.value) {
            (Class::Barrier { .. }, _) if self.is_available() => Ok(Value::Nil),
            (_, Some(value)) if self.is_available() => Ok(value.clone()),
            _ => Err(Raised::new(
                "langgraph.checkpoint.base.EmptyChannelError",
                "",
            )),
        }
    }

    pub fn update(&mut self, values: &[Value]) -> Result<bool, Raised> {
        match self.class.clone() {
            Class::Topic { accumulate } => return Ok(self.collect(values, accumulate)),
            Class::Barrier { names, .. } => return self.note(values, &names),
            Class::AnyValue | Class::Ephemeral { .. } if values.is_empty() => {
                return Ok(self.value.take().is_some());
            }
            _ => {}
        }
        let Some(last) = values.last() else {
            return Ok(false);
        };
        match self.class.clone() {
            Class::LastValue if values.len() > 1 => {
                return Err(Raised::new(
                    INVALID,
                    format!(
                        "At key '{KEY}': Can receive only one value per step. \
                         Use an Annotated key to handle multiple values.{CONCURRENT}"
                    ),
                ));
            }
            Class::Ephemeral { guard: true } if values.len() > 1 => {
                return Err(guarded("EphemeralValue"));
            }
            Class::Untracked { guard: true } if values.len() > 1 => {
                return Err(guarded("UntrackedValue"));
            }
            Class::Reduced { reducer, .. } => self.fold(values, reducer)?,
            Class::Delta { empty, reducer } => self.fold_delta(values, &empty, reducer)?,
            _ => self.value = Some(last.clone()),
        }
        self.finished = false;
        Ok(true)
    }

    fn collect(&mut self, values: &[Value], accumulate: bool) -> bool {
        let mut kept = match self.value.take() {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let dropped = !accumulate && !kept.is_empty();
        if !accumulate {
            kept.clear();
        }
        let before = kept.len();
        for value in values {
            match value {
                Value::Array(items) => kept.extend(items.iter().cloned()),
                other => kept.push(other.clone()),
            }
        }
        let changed = dropped || kept.len() > before;
        self.value = Some(Value::Array(kept));
        changed
    }

    fn note(&mut self, values: &[Value], names: &[String]) -> Result<bool, Raised> {
        let mut changed = false;
        for value in values {
            if !names.iter().any(|name| value.text() == Some(name)) {
                let names: Vec<_> = names
                    .iter()
                    .map(|name| reducers::repr(&text(name)))
                    .collect();
                let written = value
                    .text()
                    .map_or_else(|| reducers::repr(value), str::to_owned);
                let names = names.join(", ");
                let message = format!("At key '{KEY}': Value {written} not in {{{names}}}");
                return Err(Raised::new(INVALID, message));
            }
            if let Some(Value::Array(seen)) = &mut self.value
                && !seen.iter().any(|each| each.text() == value.text())
            {
                seen.push(value.clone());
                changed = true;
            }
        }
        Ok(changed)
    }

    /// Fold writes in; what comes after an overwrite is dropped.
    fn fold(&mut self, values: &[Value], reducer: Reducer) -> Result<(), Raised> {
        let mut values = values.iter();
        if self.value.is_none() {
            self.value = values.next().cloned();
        }
        let mut replaced = false;
        for value in values {
            if let Some(inside) = overwrite_in(value) {
                if replaced {
                    return Err(one_overwrite());
                }
                (self.value, replaced) = (Some(inside), true);
            } else if let (false, Some(before)) = (replaced, &self.value) {
                self.value = Some(reducer(before, value)?);
            }
        }
        Ok(())
    }

    /// Fold writes in, or take the one overwrite among them instead.
    fn fold_delta(
        &mut self,
        values: &[Value],
        empty: &Option<Value>,
        reducer: Reducer,
    ) -> Result<(), Raised> {
        let mut overwrites = values.iter().filter_map(overwrite_in);
        self.value = Some(match (overwrites.next(), overwrites.next()) {
            (Some(_), Some(_)) => return Err(one_overwrite()),
            (Some(inside), None) => replacement(inside, empty)?,
            _ => {
                let before = self.value.clone().map_or_else(|| needed(empty), Ok)?;
                values
                    .iter()
                    .try_fold(before, |sum, value| reducer(&sum, value))?
            }
        });
        Ok(())
    }

    /// Fold in a delta channel's writes of earlier supersteps, from the last overwrite on.
    pub fn replay(&mut self, values: &[Value]) -> Result<(), Raised> {
        let Class::Delta { empty, reducer } = self.class.clone() else {
            return Ok(());
        };
        if values.is_empty() {
            return Ok(());
        }
        // What an empty channel holds is an object to Python's operators, and to their errors.
        let mut base = self.value.clone().unwrap_or(Value::Unstorable);
        let mut rest = values;
        for (at, value) in values.iter().enumerate() {
            if let Some(inside) = overwrite_in(value) {
                base = replacement(inside, &empty)?;
                rest = &values[at + 1..];
            }
        }
        let folded = (rest.iter()).try_fold(base, |sum, value| reducer(&sum, value))?;
        self.value = Some(folded).filter(|value| !matches!(value, Value::Unstorable));
        Ok(())
    }

    pub fn consume(&mut self) -> bool {
        let seen = match self.class {
            Class::LastValueAfterFinish => self.finished,
            Class::Barrier { .. } => self.is_available(),
            _ => false,
        };
        if seen {
            *self = Channel::new(self.class.clone());
        }
        seen
    }

    pub fn finish(&mut self) -> bool {
        let ready = match self.class {
            Class::LastValueAfterFinish => self.value.is_some(),
            Class::Barrier {
                after_finish: true, ..
            } => self.is_complete(),
            _ => false,
        };
        let changed = ready && !self.finished;
        self.finished |= changed;
        changed
    }
}

fn empty(spec: &Map) -> Result<Option<Value>, Unsupported> {
    let name = spec.get("type").and_then(Value::text).unwrap_or("any");
    reducers::empty(name).ok_or_else(|| Unsupported(format!("no type {name}")))
}

fn reducer(spec: &Map) -> Result<Reducer, Unsupported> {
    let name = spec.get("reducer").and_then(Value::text).unwrap_or("add");
    reducers::reducer(name).ok_or_else(|| Unsupported(format!("no reducer {name}")))
}

fn needed(empty: &Option<Value>) -> Result<Value, Raised> {
    empty
        .clone()
        .ok_or_else(|| Raised::new("TypeError", "Any cannot be instantiated"))
}

fn replacement(inside: Value, empty: &Option<Value>) -> Result<Value, Raised> {
    if inside.is_nil() {
        needed(empty)
    } else {
        Ok(inside)
    }
}

fn guarded(class: &str) -> Raised {
    let message = format!(
        "At key '{KEY}': {class}(guard=True) can receive only one value per step. \
         Use guard=False if you want to store any one of multiple values."
    );
    Raised::new(INVALID, message)
}

fn one_overwrite() -> Raised {
    let message = "Can receive only one Overwrite value per super-step.";
    Raised::new(INVALID, format!("{message}{CONCURRENT}"))
}

/// Return what a write overwrites with, in any of the three forms of that.
fn overwrite_in(value: &Value) -> Option<Value> {
    match value {
        Value::Typed(typed) if typed.is("langgraph.types", "Overwrite") => {
            typed.payload.map()?.get("value").cloned()
        }
        Value::Map(entries) if entries.len() == 1 && entries.get(OVERWRITE).is_some() => {
            entries.get(OVERWRITE).cloned()
        }
        Value::Map(entries) if entries.get("type").and_then(Value::text) == Some(OVERWRITE) => {
            entries.get("value").cloned()
        }
        _ => None,
    }
}
