//! A checkpoint and the channels that were restored from it.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::channels::channel::Channel;
use crate::contract::Raised;
use crate::pregel::migration::migrate;
use crate::program::compiled::{Node, Program};
use crate::program::schemas::Managed;
use crate::savers::checkpoints::{Checkpoint, Values, held};
use crate::value::{Map, Value, text};

/// The names of channels.
pub type Names = BTreeSet<Rc<str>>;

/// The state of a thread, or of a subgraph in it, that supersteps read and change.
pub struct State {
    pub program: Rc<Program>,
    pub checkpoint: Checkpoint,
    /// In the program's order.
    pub channels: Vec<Channel>,
    pub namespace: String,
    /// The delta channels of which the next stored checkpoint holds a snapshot.
    pub snapshots: Names,
}

impl State {
    /// Return the state of a checkpoint and its channels' values.
    pub fn restored(
        program: &Rc<Program>,
        mut checkpoint: Checkpoint,
        mut values: Map,
        namespace: &str,
    ) -> Result<State, Raised> {
        migrate(program, &mut checkpoint, &mut values);
        let restored =
            |(name, empty): &(Rc<str>, Channel)| empty.restored(values.get(name).cloned());
        let channels = program.channels.iter().map(restored);
        Ok(State {
            program: program.clone(),
            checkpoint,
            channels: channels.collect::<Result<_, _>>()?,
            namespace: namespace.to_owned(),
            snapshots: Names::new(),
        })
    }

    pub fn channel(&self, name: &str) -> Option<&Channel> {
        let place = self.program.place(name)?;
        Some(&self.channels[place])
    }

    /// Return the fields that have a value.
    pub fn values(&self, names: &[Rc<str>]) -> Map {
        self.read(names, &Map::default())
    }

    /// Return fields as a node reads them, with managed ones.
    pub fn read(&self, names: &[Rc<str>], managed: &Map) -> Map {
        let value = |name: &Rc<str>| match managed.get(name) {
            Some(value) => Some(value.clone()),
            None => self.channel(name)?.get().ok(),
        };
        names
            .iter()
            .filter_map(|name| Some((text(&**name), value(name)?)))
            .collect()
    }

    /// Return a node's input: the fields it reads, complete if they are a record.
    pub fn input(&self, node: &Node, managed: &Map) -> Value {
        let given = self.read(&node.reads, managed);
        Value::Map(match &node.record {
            Some(record) => record.complete(&given),
            None => given,
        })
    }
}

impl Values for State {
    fn value(&self, channel: &str) -> Option<Value> {
        if self.snapshots.contains(channel) {
            let value = self.channel(channel)?.get().ok()?;
            return Some(Value::Snapshot(value.into()));
        }
        let value = self.channel(channel)?.checkpoint()?;
        Some(held(&self.program, channel, value))
    }

    fn all(&self, versions: &Map) -> Map {
        let names = self.program.channels.iter().map(|(name, _)| name);
        let known = names.filter(|name| versions.get(name).is_some());
        known
            .filter_map(|name| Some((text(&**name), self.value(name)?)))
            .collect()
    }
}

/// Return the managed fields: how many steps are left, and whether this is the last.
pub fn managed_values(program: &Program, step: i64, stop: i64) -> Map {
    let value = |kind| match kind {
        Managed::IsLastStep => Value::Bool(step == stop - 1),
        Managed::RemainingSteps => Value::Int((stop - step).into()),
    };
    let fields = program.managed.iter();
    fields
        .map(|(name, kind)| (text(&**name), value(*kind)))
        .collect()
}
