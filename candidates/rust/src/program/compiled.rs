//! A compiled graph program, as data: its channels, its nodes and its subgraphs.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::channels::channel::Channel;
use crate::names::*;
use crate::program::language::{Body, Expression};
use crate::program::policies::Policies;
use crate::program::schemas::{Managed, Record, names};
use crate::value::{Map, Value};

/// A channel's name, and a value written to it.
pub type Write = (Rc<str>, Value);

/// The nodes at which a run stops.
#[derive(Clone, Default)]
pub enum Breakpoints {
    All,
    #[default]
    None,
    Of(Vec<Rc<str>>),
}

impl Breakpoints {
    pub fn read(value: Option<&Value>) -> Breakpoints {
        match value {
            Some(Value::Text(all)) if all == "*" => Breakpoints::All,
            Some(Value::Array(several)) if !several.is_empty() => Breakpoints::Of(names(several)),
            _ => Breakpoints::None,
        }
    }

    /// Return these, or others if these are none.
    pub fn or(self, others: &Breakpoints) -> Breakpoints {
        match self {
            Breakpoints::None => others.clone(),
            some => some,
        }
    }
}

/// A conditional edge: its expression, and the nodes that results stand for.
pub struct Route {
    pub path: Expression,
    pub ends: Option<Map>,
}

/// A program inside another; `checkpointer` is LangGraph's setting of that name.
pub struct Subgraph {
    pub program: Rc<Program>,
    pub checkpointer: Option<bool>,
}

impl Subgraph {
    /// Return the namespace of its checkpoints inside a task. Checkpoints that are kept between runs
    /// have node names without task ids.
    pub fn namespace(&self, task: &str) -> String {
        match self.checkpointer {
            Some(true) => without_ids(task),
            _ => task.to_owned(),
        }
    }
}

/// Subgraphs by name.
pub type Subgraphs = Vec<(Rc<str>, Rc<Subgraph>)>;

/// A node: its body, its triggers, and where its edges and branches lead.
pub struct Node {
    pub name: Rc<str>,
    /// None for `__start__`, which returns the input.
    pub body: Option<Body>,
    pub triggers: Vec<Rc<str>>,
    /// The fields of its input, and the fields it may write.
    pub reads: Vec<Rc<str>>,
    pub writes: Vec<Rc<str>>,
    pub targets: Vec<Write>,
    pub routes: Vec<Route>,
    pub policies: Policies,
    /// The node that handles a failure.
    pub handler: Option<Rc<str>>,
    /// The subgraph that it is, and the subgraph whose state its tasks show.
    pub subgraph: Option<Rc<Subgraph>>,
    pub shows: Option<Rc<Subgraph>>,
    pub metadata: Map,
    pub record: Option<Record>,
    pub visits: Cell<i128>,
}

pub struct Program {
    /// Empty channels to restore from, the state's fields first.
    pub channels: Vec<(Rc<str>, Channel)>,
    pub places: HashMap<Rc<str>, usize>,
    pub nodes: Vec<Node>,
    pub by_name: HashMap<Rc<str>, usize>,
    pub fields: Vec<Rc<str>>,
    pub outputs: Vec<Rc<str>>,
    pub managed: Vec<(Rc<str>, Managed)>,
    /// The declared names of a run's context.
    pub context: Option<Vec<Rc<str>>>,
    /// The indexes of the nodes that a channel triggers.
    pub triggered: HashMap<Rc<str>, Vec<usize>>,
    pub interrupt_before: Breakpoints,
    pub interrupt_after: Breakpoints,
    pub has_untracked: bool,
    pub subgraphs: Subgraphs,
    pub has_store: bool,
    /// Delta channels, and the number of updates after which a snapshot is due.
    pub deltas: Vec<(Rc<str>, i128)>,
}

impl Program {
    /// Return the index of a channel.
    pub fn place(&self, channel: &str) -> Option<usize> {
        self.places.get(channel).copied()
    }

    /// Return the index of a node.
    pub fn node(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub fn subgraph(&self, name: &str) -> Option<&Rc<Subgraph>> {
        let entry = self.subgraphs.iter().find(|(known, _)| &**known == name);
        entry.map(|(_, subgraph)| subgraph)
    }

    /// Return whether a channel is never stored.
    pub fn is_untracked(&self, channel: &str) -> bool {
        self.place(channel)
            .is_some_and(|place| self.channels[place].1.is_untracked())
    }
}
