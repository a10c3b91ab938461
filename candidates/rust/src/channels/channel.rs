//! The ten channel classes (`langgraph.channels`).
//!
//! A channel holds one value between supersteps. `update` takes the writes of a superstep (an empty
//! list if there were none), `consume` follows a task that the channel triggered, `finish` comes when
//! the run is about to end; all three return whether the channel changed.

use std::rc::Rc;

use crate::channels::errors::{CONCURRENT, INVALID};
use crate::channels::folding;
use crate::channels::reducers::{self, Reducer};
use crate::contract::{Declined, Raised, Unsupported, argument};
use crate::value::python::{quoted, shown};
use crate::value::{Map, Value};

/// The channel classes, with their settings.
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
    key: Rc<str>,
    class: Rc<Class>,
    /// A topic's values and a barrier's names are an array.
    value: Option<Value>,
    /// Whether the run is about to end, for the classes that wait for it.
    finished: bool,
}

impl Channel {
    /// Return the channel of a specification.
    pub fn open(key: &str, spec: &Map) -> Result<Channel, Declined> {
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
                    if !names.iter().any(|known| known == name) {
                        names.push(name.to_owned());
                    }
                }
                Class::Barrier {
                    names,
                    after_finish: name.ends_with("AfterFinish"),
                }
            }
            _ => return Err(Unsupported(format!("no channel class {name}")).into()),
        };
        Ok(Channel::new(key.into(), class.into()))
    }

    /// Return an empty channel of a class.
    fn new(key: Rc<str>, class: Rc<Class>) -> Channel {
        let value = match &*class {
            Class::Reduced { empty, .. } => empty.clone(),
            Class::Topic { .. } | Class::Barrier { .. } => Some(Value::Array(Vec::new())),
            _ => None,
        };
        Channel {
            key,
            class,
            value,
            finished: false,
        }
    }

    pub fn is_delta(&self) -> bool {
        matches!(*self.class, Class::Delta { .. })
    }

    pub fn is_untracked(&self) -> bool {
        matches!(*self.class, Class::Untracked { .. })
    }

    /// Return the value that a checkpoint stores.
    pub fn checkpoint(&self) -> Option<Value> {
        let value = match &*self.class {
            Class::Untracked { .. } | Class::Delta { .. } => return None,
            Class::Barrier { .. } => self.names_seen(),
            _ => self.value.clone()?,
        };
        let waits = matches!(
            *self.class,
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

    /// Return the names that a barrier has seen, as a set.
    fn names_seen(&self) -> Value {
        let names = self.value.clone().unwrap_or(Value::Nil);
        let call = crate::codec::call::Call {
            arguments: vec![names],
            ..Default::default()
        };
        crate::codec::standard::make("builtins", "set", call).unwrap_or(Value::Nil)
    }

    /// Return a channel of the same class and settings with a stored value.
    pub fn restored(&self, stored: Option<Value>) -> Result<Channel, Raised> {
        let mut made = Channel::new(self.key.clone(), self.class.clone());
        let stored = stored.filter(|value| !(self.is_delta() && matches!(value, Value::Nil)));
        let Some(stored) = stored else {
            if let Class::Delta { empty, .. } = &*self.class {
                made.value = Some(folding::needed(empty)?);
            }
            return Ok(made);
        };
        let unwrapped = match stored {
            Value::Snapshot(inside)
                if matches!(*self.class, Class::Reduced { .. } | Class::Delta { .. }) =>
            {
                *inside
            }
            other => other,
        };
        match &*self.class {
            Class::Untracked { .. } => {}
            Class::LastValueAfterFinish
            | Class::Barrier {
                after_finish: true, ..
            } => {
                let (value, finished) = folding::pair(&unwrapped)?;
                made.value = Some(self.seen(&value));
                made.finished = Value::is_true(&finished);
            }
            Class::Barrier { .. } => made.value = Some(self.seen(&unwrapped)),
            _ => made.value = Some(unwrapped),
        }
        Ok(made)
    }

    /// Return whether a checkpoint of the class may be null; a pair, a list or a set never is.
    pub fn restores_null(&self) -> bool {
        !matches!(
            *self.class,
            Class::LastValueAfterFinish | Class::Topic { .. } | Class::Barrier { .. }
        )
    }

    /// Return the array of a barrier's set; other values are unchanged.
    fn seen(&self, value: &Value) -> Value {
        match (&*self.class, value) {
            (Class::Barrier { .. }, Value::Typed(set)) => set.payload.clone(),
            _ => value.clone(),
        }
    }

    pub fn is_available(&self) -> bool {
        match (&*self.class, &self.value) {
            (_, None) => false,
            (Class::LastValueAfterFinish, _) => self.finished,
            (Class::Topic { .. }, Some(value)) => Value::is_true(value),
            (Class::Barrier { after_finish, .. }, _) => {
                self.is_complete() && (self.finished || !after_finish)
            }
            _ => true,
        }
    }

    /// Return whether a barrier has seen all its names.
    fn is_complete(&self) -> bool {
        match (&*self.class, &self.value) {
            (Class::Barrier { names, .. }, Some(Value::Array(seen))) => seen.len() == names.len(),
            _ => false,
        }
    }

    pub fn get(&self) -> Result<Value, Raised> {
        match (&*self.class, &self.value) {
            (Class::Barrier { .. }, _) if self.is_available() => Ok(Value::Nil),
            (_, Some(value)) if self.is_available() => Ok(value.clone()),
            _ => Err(Raised::new(
                "langgraph.checkpoint.base.EmptyChannelError",
                "",
            )),
        }
    }

    pub fn update(&mut self, values: &[Value]) -> Result<bool, Raised> {
        let class = self.class.clone();
        match &*class {
            Class::Topic { accumulate } => return Ok(self.collect(values, *accumulate)),
            Class::Barrier { names, .. } => return self.note(values, names),
            Class::AnyValue | Class::Ephemeral { .. } if values.is_empty() => {
                return Ok(self.value.take().is_some());
            }
            _ => {}
        }
        let Some(last) = values.last() else {
            return Ok(false);
        };
        match &*class {
            Class::LastValue if values.len() > 1 => {
                return Err(Raised::new(
                    INVALID,
                    format!(
                        "At key '{}': Can receive only one value per step. \
                         Use an Annotated key to handle multiple values.{CONCURRENT}",
                        self.key
                    ),
                ));
            }
            Class::Ephemeral { guard: true } if values.len() > 1 => {
                return Err(self.guarded("EphemeralValue"));
            }
            Class::Untracked { guard: true } if values.len() > 1 => {
                return Err(self.guarded("UntrackedValue"));
            }
            Class::Reduced { reducer, .. } => folding::fold(&mut self.value, values, *reducer)?,
            Class::Delta { empty, reducer } => {
                self.value = Some(folding::fold_delta(
                    self.value.clone(),
                    values,
                    empty,
                    *reducer,
                )?)
            }
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
                let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
                let written = shown(value).unwrap_or_else(|| reducers::kind(value).to_owned());
                let names = names.join(", ");
                let message = format!("At key '{}': Value {written} not in {{{names}}}", self.key);
                return Err(Raised::new(INVALID, message));
            }
            if let Some(Value::Array(seen)) = &mut self.value
                && !seen.iter().any(|name| name.text() == value.text())
            {
                seen.push(value.clone());
                changed = true;
            }
        }
        Ok(changed)
    }

    /// Fold the writes of earlier supersteps into a delta channel.
    pub fn replay(&mut self, values: &[Value]) -> Result<(), Raised> {
        if let Class::Delta { empty, reducer } = &*self.class {
            self.value = folding::replay(self.value.clone(), values, empty, *reducer)?;
        }
        Ok(())
    }

    pub fn consume(&mut self) -> bool {
        let seen = match *self.class {
            Class::LastValueAfterFinish => self.finished,
            Class::Barrier { .. } => self.is_available(),
            _ => false,
        };
        if seen {
            *self = Channel::new(self.key.clone(), self.class.clone());
        }
        seen
    }

    fn guarded(&self, class: &str) -> Raised {
        let message = format!(
            "At key '{}': {class}(guard=True) can receive only one value per step. \
             Use guard=False if you want to store any one of multiple values.",
            self.key
        );
        Raised::new(INVALID, message)
    }

    pub fn finish(&mut self) -> bool {
        let ready = match *self.class {
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

/// Check that a channel's type exists, even if the class does not use it.
pub fn check_type(spec: &Map) -> Result<(), Unsupported> {
    empty(spec).map(drop)
}
