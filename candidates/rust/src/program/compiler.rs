//! The compiler of graph programs: channels, the nodes they trigger, and the targets of nodes.
//!
//! The layout is that of `langgraph.graph.state.StateGraph.compile`: the input is a channel that
//! triggers the node `__start__`; an edge to a node writes to the channel `branch:to:…` that triggers
//! it; an edge from several nodes is a barrier named `join:…`.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::contract::{Declined, Unsupported, malformed};
use crate::names::*;
use crate::program::compiled::{Breakpoints, Node, Program, Subgraph, Subgraphs};
use crate::program::language::{Body, body, called, word};
use crate::program::layout::Layout;
use crate::program::policies::{POLICIES, Policies, known_keys};
use crate::program::schemas::Schemas;
use crate::value::{Map, Value};

const TOP: [&str; 17] = [
    "state",
    "nodes",
    "edges",
    "branches",
    "interrupt_before",
    "interrupt_after",
    "schema",
    "input",
    "output",
    "private",
    "context",
    "defaults",
    "entry",
    "finish",
    "sequence",
    "subgraphs",
    "store",
];

/// Compile a program.
pub fn compile(data: &Value) -> Result<Rc<Program>, Declined> {
    let data = data
        .map()
        .ok_or_else(|| malformed("a program must be a map"))?;
    known_keys(data, &TOP, "a program")?;
    let specs = data.get("nodes").and_then(Value::map);
    let specs = specs.ok_or_else(|| malformed("`nodes` must be a map"))?;
    let known = Schemas::read(data, specs)?;
    let subgraphs = subgraphs(data.get("subgraphs"))?;
    let mut layout = Layout {
        nodes: nodes(data, specs, &known, &subgraphs)?,
        channels: known.channels.clone(),
    };
    layout.triggers(specs)?;
    layout.edges(data, specs)?;
    layout.branches(data.get("branches"))?;
    let Layout { nodes, channels } = layout;
    let mut triggered = HashMap::<Rc<str>, Vec<usize>>::new();
    for (place, node) in nodes.iter().enumerate() {
        for trigger in &node.triggers {
            triggered.entry(trigger.clone()).or_default().push(place);
        }
    }
    let context = data.get("context").and_then(Value::map);
    let context = context.map(|names| names.iter().filter_map(|(name, _)| name.text()));
    Ok(Rc::new(Program {
        places: by_name(channels.iter().map(|(name, _)| name)),
        by_name: by_name(nodes.iter().map(|node| &node.name)),
        fields: known
            .channels
            .iter()
            .map(|(name, _)| name.clone())
            .collect(),
        outputs: known.outputs,
        deltas: known.deltas,
        managed: known.managed,
        context: context.map(|names| names.map(Rc::from).collect()),
        triggered,
        interrupt_before: Breakpoints::read(data.get("interrupt_before")),
        interrupt_after: Breakpoints::read(data.get("interrupt_after")),
        has_untracked: known
            .channels
            .iter()
            .any(|(_, channel)| channel.is_untracked()),
        channels,
        nodes,
        subgraphs,
        has_store: matches!(data.get("store"), Some(Value::Bool(true))),
    }))
}

fn by_name<'a>(names: impl Iterator<Item = &'a Rc<str>>) -> HashMap<Rc<str>, usize> {
    names.cloned().zip(0..).collect()
}

fn subgraphs(specs: Option<&Value>) -> Result<Subgraphs, Declined> {
    let none = Map::default();
    let specs = specs.and_then(Value::map).unwrap_or(&none);
    let read = specs.iter().map(|(name, spec)| {
        let spec = spec
            .map()
            .ok_or_else(|| malformed("a subgraph must be a map"))?;
        known_keys(spec, &["program", "checkpointer"], "a subgraph")?;
        let program = compile(spec.get("program").unwrap_or(&Value::Nil))?;
        if program.has_store {
            return Err(Unsupported("a subgraph with a store of its own".to_owned()).into());
        }
        let checkpointer = match spec.get("checkpointer") {
            Some(Value::Bool(kept)) => Some(*kept),
            _ => None,
        };
        let subgraph = Subgraph {
            program,
            checkpointer,
        };
        Ok((word(name)?.into(), Rc::new(subgraph)))
    });
    read.collect()
}

/// Return the nodes, every one after its error handler, and the default handler last.
fn nodes(
    data: &Map,
    specs: &Map,
    known: &Schemas,
    subgraphs: &[(Rc<str>, Rc<Subgraph>)],
) -> Result<Vec<Node>, Declined> {
    let none = Map::default();
    let defaults = data.get("defaults").and_then(Value::map).unwrap_or(&none);
    known_keys(defaults, &POLICIES, "defaults")?;
    let usual = Policies::read(defaults, &Policies::default())?;
    let make = |name: &str, body: Option<Body>, spec: &Map| -> Result<Node, Declined> {
        Ok(Node {
            name: name.into(),
            body,
            triggers: vec![branch_to(name).into()],
            reads: known.reads_of(spec),
            writes: known.writes(),
            targets: Vec::new(),
            routes: Vec::new(),
            policies: Policies::read(spec, &usual)?,
            handler: None,
            subgraph: None,
            shows: None,
            metadata: spec
                .get("metadata")
                .and_then(Value::map)
                .cloned()
                .unwrap_or_default(),
            record: known.record_of(name, spec),
            visits: Cell::new(0),
        })
    };
    let mut start = make(START, None, &none)?;
    start.triggers = vec![START.into()];
    start.writes = known.inputs.clone();
    start.policies = Policies::default();
    let mut nodes = vec![start];
    let is_given = |spec: &Map, key: &str| spec.get(key).is_some_and(|value| !value.is_nil());
    let by_default = is_given(defaults, "error_handler");
    for (name, spec) in specs.iter() {
        let (name, spec) = (word(name)?, spec.map());
        let spec = spec.ok_or_else(|| malformed("a node must be a map"))?;
        check_node(&name, spec)?;
        let mut handler = by_default.then(|| DEFAULT_HANDLER.into());
        if is_given(spec, "error_handler") {
            let own = body(spec.get("error_handler").unwrap_or(&Value::Nil))?;
            nodes.push(make(&handler_of(&name), Some(own), &none)?);
            handler = Some(handler_of(&name).into());
        }
        let own = spec.get("body").map(body).transpose()?.unwrap_or_default();
        let mut node = make(&name, Some(own), spec)?;
        node.handler = handler;
        let inside = inside(spec);
        if !inside.is_empty() && node.policies.timeout.is_some() {
            return Err(Unsupported("a timeout of a node that runs a subgraph".to_owned()).into());
        }
        if spec.get("subgraph").is_some() {
            if known.record.is_some() {
                let what = "a subgraph as a node of a graph with a dataclass";
                return Err(Unsupported(what.to_owned()).into());
            }
            node.subgraph = inside.first().and_then(|name| find(subgraphs, name));
            if node.subgraph.is_none() {
                return Err(malformed(format!("node {name} has no such subgraph")));
            }
        }
        let shown = inside.iter().filter_map(|name| find(subgraphs, name));
        node.shows = shown
            .into_iter()
            .find(|subgraph| subgraph.checkpointer != Some(false));
        nodes.push(node);
    }
    if by_default {
        let usual = body(defaults.get("error_handler").unwrap_or(&Value::Nil))?;
        nodes.push(make(DEFAULT_HANDLER, Some(usual), &none)?);
    }
    Ok(nodes)
}

fn find(subgraphs: &[(Rc<str>, Rc<Subgraph>)], name: &str) -> Option<Rc<Subgraph>> {
    let subgraph = subgraphs.iter().find(|(known, _)| &**known == name);
    subgraph.map(|(_, subgraph)| subgraph.clone())
}

/// Return the names of a node's subgraphs: the one that it is, or those that it calls.
fn inside(spec: &Map) -> Vec<&str> {
    let mut names = Vec::new();
    match spec.get("subgraph") {
        Some(name) => names.extend(name.text()),
        None => called(spec.get("body").unwrap_or(&Value::Nil), &mut names),
    }
    names
}

fn check_node(name: &str, spec: &Map) -> Result<(), Declined> {
    let known = ["body", "subgraph", "defer", "metadata", "input"];
    let known: Vec<_> = known.into_iter().chain(POLICIES).collect();
    known_keys(spec, &known, &format!("node {name}"))?;
    if is_reserved(name) || matches!(name, START | END) || name.contains(['|', ':']) {
        return Err(malformed(format!("'{name}' cannot be a node's name")));
    }
    Ok(())
}
