//! A compiled program with a saver and a clock, which runs, snapshots and updates share.

use std::cell::RefCell;
use std::rc::Rc;

use crate::clock::Clock;
use crate::contract::Raised;
use crate::pregel::state::State;
use crate::program::compiled::{Program, Subgraph};
use crate::savers::checkpoints::{Checkpoint, Where, word};
use crate::savers::saver::Saver;
use crate::store::Store;
use crate::value::{Map, Value};

/// A saver that a graph and its subgraphs share.
pub type Shared = Rc<RefCell<Saver>>;

/// A program that can run.
#[derive(Clone)]
pub struct Graph {
    pub program: Rc<Program>,
    pub saver: Option<Shared>,
    pub clock: Rc<Clock>,
    /// The outermost graph's saver, which also serves subgraphs of a graph without one.
    pub outermost: Option<Shared>,
    pub store: Option<Rc<Store>>,
}

impl Graph {
    /// Return a channel's next version: the saver's, or a count without a saver.
    pub fn next_version(&self, current: Option<&Value>) -> Value {
        match (&self.saver, current.and_then(Value::int)) {
            (Some(_), _) => self.clock.next_version(current),
            (None, current) => Value::Int(current.unwrap_or_default() + 1),
        }
    }

    /// Return the state of a checkpoint and its values; without a config it was never stored.
    pub fn restored(
        &self,
        checkpoint: Checkpoint,
        values: Map,
        config: Option<&Where>,
        namespace: &str,
    ) -> Result<State, Raised> {
        let program = &self.program;
        let deltas = program.deltas.iter().map(|(name, _)| name);
        let wanted: Vec<_> = deltas.filter(|name| values.get(name).is_none()).collect();
        let mut state = State::restored(program, checkpoint, values, namespace)?;
        if let (Some(config), Some(saver), false) = (config, &self.saver, wanted.is_empty()) {
            for (name, history) in saver.borrow().delta_history(config, &wanted)? {
                if let Some(place) = program.place(&name) {
                    let mut channel = program.channels[place].1.restored(history.seed)?;
                    channel.replay(&history.writes)?;
                    state.channels[place] = channel;
                }
            }
        }
        Ok(state)
    }

    /// Return a subgraph as a graph, with the outermost graph's saver or none.
    pub fn inside(&self, subgraph: &Subgraph) -> Graph {
        let keeps = subgraph.checkpointer != Some(false);
        Graph {
            program: subgraph.program.clone(),
            saver: self.outermost.clone().filter(|_| keeps),
            clock: self.clock.clone(),
            outermost: self.outermost.clone(),
            store: self.store.clone(),
        }
    }

    /// Return whether a thread has moved past the checkpoint that a config names.
    pub fn is_superseded(&self, place: &Where, checkpoint: &Checkpoint) -> bool {
        let is_asked = word(place, "checkpoint_id").is_some();
        let saver = self.saver.as_ref().filter(|_| is_asked);
        saver.is_some_and(|saver| {
            let saver = saver.borrow();
            saver
                .latest(place)
                .is_some_and(|latest| latest != checkpoint.id)
        })
    }
}
