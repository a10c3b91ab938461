//! Applying the writes of a superstep (`langgraph.pregel._algo.apply_writes`).

use std::rc::Rc;

use crate::contract::Raised;
use crate::names::{INPUT, is_never_applied};
use crate::pregel::state::{Names, State};
use crate::pregel::tasks::{Task, path_text};
use crate::program::compiled::Write;
use crate::savers::checkpoints::{Checkpoint, newest};
use crate::value::{Value, text};

/// Returns the version after the newest one.
pub type NextVersion<'a> = &'a dyn Fn(Option<&Value>) -> Value;

/// The writes of a task, or of something that acts like one.
pub struct Writer<'a> {
    pub path: String,
    /// The node whose `versions_seen` advance.
    pub name: &'a str,
    pub writes: &'a [Write],
    /// The channels whose versions it saw.
    pub triggers: &'a [Rc<str>],
}

impl<'a> Writer<'a> {
    pub fn task(task: &'a Task) -> Writer<'a> {
        Writer {
            path: path_text(&task.path),
            name: &task.name,
            writes: &task.writes,
            triggers: &task.triggers,
        }
    }

    /// Return writes without a task, such as an input.
    pub fn unowned(writes: &'a [Write]) -> Writer<'a> {
        Writer {
            path: path_text(&[]),
            name: INPUT,
            writes,
            triggers: &[],
        }
    }
}

/// Apply writes to the channels; return the channels that changed and hold a value.
///
/// Without `next_version` no version advances and no channel counts as changed; a snapshot applies
/// pending writes in this way.
pub fn apply_writes(
    state: &mut State,
    mut writers: Vec<Writer>,
    next_version: Option<NextVersion>,
) -> Result<Names, Raised> {
    writers.sort_by(|one, other| one.path.cmp(&other.path));
    for writer in &writers {
        let Checkpoint { versions, seen, .. } = &mut state.checkpoint;
        let seen = seen.inner(writer.name);
        for name in writer.triggers {
            if let Some(version) = versions.get(name) {
                seen.put(name, version.clone());
            }
        }
    }
    let versions = state.checkpoint.versions.iter().map(|(_, version)| version);
    let version = next_version.map(|next| next(newest(versions)));
    let mut changes = Changes {
        state,
        version,
        updated: Names::new(),
    };
    let mut consumed = Vec::<&Rc<str>>::new();
    for name in writers.iter().flat_map(|writer| writer.triggers) {
        if !consumed.contains(&name) {
            consumed.push(name);
            changes.consume(name);
        }
    }
    for (place, values) in by_channel(changes.state, &writers) {
        if changes.state.channels[place].update(&values)? {
            changes.note(place);
        }
    }
    if writers.iter().any(|writer| !writer.triggers.is_empty()) {
        changes.pass()?;
    }
    Ok(changes.updated)
}

/// Return the writes to every channel, by its index, in the order of first writes.
fn by_channel(state: &State, writers: &[Writer]) -> Vec<(usize, Vec<Value>)> {
    let mut grouped = Vec::<(usize, Vec<Value>)>::new();
    for (name, value) in writers.iter().flat_map(|writer| writer.writes) {
        let place = state.program.place(name);
        let Some(place) = place.filter(|_| !is_never_applied(name)) else {
            continue;
        };
        match grouped.iter_mut().find(|(other, _)| *other == place) {
            Some((_, values)) => values.push(value.clone()),
            None => grouped.push((place, vec![value.clone()])),
        }
    }
    grouped
}

/// The channels that a superstep changed, which all get the same version.
struct Changes<'a> {
    state: &'a mut State,
    version: Option<Value>,
    updated: Names,
}

impl Changes<'_> {
    fn consume(&mut self, name: &str) {
        if let Some(place) = self.state.program.place(name)
            && self.state.channels[place].consume()
        {
            self.advance(place);
        }
    }

    /// Give a channel the superstep's version, if there is one; return whether there is.
    fn advance(&mut self, place: usize) -> bool {
        let Some(version) = &self.version else {
            return false;
        };
        let name = &self.state.program.channels[place].0;
        self.state.checkpoint.versions.put(name, version.clone());
        true
    }

    /// Record a change; a channel without a value triggers nothing and is not listed.
    fn note(&mut self, place: usize) {
        if self.advance(place) && self.state.channels[place].is_available() {
            let name = &self.state.program.channels[place].0;
            self.updated.insert(name.clone());
        }
    }

    /// Notify channels of the end of the superstep, and of the run if no node is triggered.
    fn pass(&mut self) -> Result<(), Raised> {
        let program = self.state.program.clone();
        for (place, (name, _)) in program.channels.iter().enumerate() {
            let channel = &mut self.state.channels[place];
            if !self.updated.contains(name) && channel.is_available() && channel.update(&[])? {
                self.note(place);
            }
        }
        if !self
            .updated
            .iter()
            .any(|name| program.triggered.contains_key(name))
        {
            for place in 0..program.channels.len() {
                if self.state.channels[place].finish() {
                    self.note(place);
                }
            }
        }
        Ok(())
    }
}

/// Return a list of names as a value.
pub fn named(names: &Names) -> Value {
    names.iter().map(|name| text(&**name)).collect()
}
