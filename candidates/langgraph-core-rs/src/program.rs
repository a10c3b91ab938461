//! A graph program, built with the port's API as a user would.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use langgraph_checkpoint_rs::checkpoint::memory::InMemorySaver;
use langgraph_core_rs::graph::{CompiledStateGraph, GraphError, StateGraph};
use langgraph_core_rs::runnable::{RunnableError, SyncNodeFn};
use langgraph_core_rs::types::{interrupt, Interrupt};
use rmpv::Value;
use serde_json::{Map, Value as Json};

use crate::callbacks::call;
use crate::fields::{channels, decline};
use crate::values::{from_json, to_json};
use crate::wire::{field, Unsupported};

/// What the port does not report of a run: the type of a body's error, and the interrupts.
#[derive(Default)]
pub struct Unreported {
    /// The class and the message.
    pub error: Option<(String, String)>,
    pub interrupts: Vec<Interrupt>,
}

thread_local! {
    pub static UNREPORTED: RefCell<Unreported> = RefCell::new(Unreported::default());
}

/// A compiled program, and its field names in order.
pub struct Program {
    pub graph: CompiledStateGraph,
    pub order: Vec<String>,
}

fn gap(reason: impl Into<String>) -> Unsupported {
    Unsupported(reason.into())
}

fn refused(error: GraphError) -> Unsupported {
    Unsupported(format!("the port refuses the graph: {error}"))
}

/// Build and compile a program.
pub fn build(spec: &Value, saver: Option<Arc<InMemorySaver>>) -> Result<Program, Unsupported> {
    for (key, _) in spec.as_map().into_iter().flatten() {
        match key.as_str() {
            Some(
                "state" | "nodes" | "edges" | "branches" | "interrupt_before" | "interrupt_after"
                | "entry" | "finish",
            ) => {}
            key => return Err(gap(format!("no {}", key.unwrap_or_default()))),
        }
    }
    let (channels, order) = channels(field(spec, "state"))?;
    let mut graph = StateGraph::new(channels);
    let nodes = entries(field(spec, "nodes"));
    for (name, node) in &nodes {
        for (key, _) in entries(node) {
            if key != "body" {
                return Err(gap(format!("no node with a {key}")));
            }
        }
        let body = field(node, "body").clone();
        if uses(&body, "info") {
            return Err(gap("no execution info: it is never set"));
        }
        let action = node_of(body, order.clone());
        graph.add_node(*name, SyncNodeFn(action)).map_err(refused)?;
    }
    edges(&mut graph, spec)?;
    let all: Vec<&str> = nodes.iter().map(|(name, _)| *name).collect();
    let mut builder = graph
        .compile_builder()
        .interrupt_before(names(field(spec, "interrupt_before"), &all))
        .interrupt_after(names(field(spec, "interrupt_after"), &all));
    if let Some(saver) = saver {
        builder = builder.checkpointer(saver);
    }
    let graph = builder.build().map_err(refused)?;
    Ok(Program { graph, order })
}

fn entries(map: &Value) -> Vec<(&str, &Value)> {
    let entries = map.as_map().into_iter().flatten();
    entries
        .map(|(key, value)| (key.as_str().unwrap_or_default(), value))
        .collect()
}

fn names(value: &Value, all: &[&str]) -> Vec<String> {
    let named = value.as_array().into_iter().flatten();
    let named: Vec<&str> = match value.as_str() {
        Some("*") => all.to_vec(),
        _ => named.filter_map(Value::as_str).collect(),
    };
    named.into_iter().map(str::to_string).collect()
}

/// Return whether an operator occurs in an expression or a body.
fn uses(value: &Value, operator: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| uses(item, operator)),
        Value::Map(entries) => {
            let is_operator = entries.len() == 1 && entries[0].0.as_str() == Some(operator);
            is_operator || entries.iter().any(|(_, value)| uses(value, operator))
        }
        _ => false,
    }
}

fn edges(graph: &mut StateGraph, spec: &Value) -> Result<(), Unsupported> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    for edge in field(spec, "edges").as_array().into_iter().flatten() {
        let Some([from, to]) = edge.as_array().map(Vec::as_slice) else {
            return Err(gap("no edge but of two ends"));
        };
        match from.as_array() {
            Some(all) => graph.add_join_edge(all.iter().map(text).collect(), text(to)),
            None => graph.add_edge(text(from), text(to)),
        }
        .map_err(refused)?;
    }
    if let Some(entry) = field(spec, "entry").as_str() {
        graph.set_entry_point(entry).map_err(refused)?;
    }
    if let Some(finish) = field(spec, "finish").as_str() {
        graph.set_finish_point(finish).map_err(refused)?;
    }
    for (source, paths) in entries(field(spec, "branches")) {
        for path in paths.as_array().into_iter().flatten() {
            branch(graph, source, path)?;
        }
    }
    Ok(())
}

fn branch(graph: &mut StateGraph, source: &str, path: &Value) -> Result<(), Unsupported> {
    let (expression, given) = match field(path, "path") {
        Value::Nil => (path, &Value::Nil),
        expression => (expression, field(path, "map")),
    };
    let targets = match given {
        Value::Map(entries) => {
            let pair =
                |(key, to): &(Value, Value)| Some((key.as_str()?.into(), to.as_str()?.into()));
            let pairs: Option<HashMap<String, String>> = entries.iter().map(pair).collect();
            Some(pairs.ok_or_else(|| gap("no routing keys but strings"))?)
        }
        Value::Array(all) => {
            let all = all.iter().filter_map(Value::as_str);
            Some(all.map(|name| (name.into(), name.into())).collect())
        }
        _ => None,
    };
    let expression = expression.clone();
    let route = move |input: &Json, _: &_| {
        // The port gives a branch its node's update; LangGraph gives it the state.
        let question = [("path", expression.clone()), ("input", from_json(input))];
        let answer = call("host.route", question).map_err(stop)?;
        if uses(&answer, "send") {
            return Err(stop("no Send from a conditional edge"));
        }
        to_json(&answer).map_err(|Unsupported(reason)| stop(reason))
    };
    graph
        .add_conditional_edges(source, SyncNodeFn(route), targets)
        .map_err(refused)?;
    Ok(())
}

/// End a run as unsupported.
fn stop(reason: impl Into<String>) -> RunnableError {
    let reason = reason.into();
    decline(reason.clone());
    RunnableError::Config(reason)
}

/// Return a node whose body the host runs; its interrupts go to the port's `interrupt`.
fn node_of(
    body: Value,
    order: Vec<String>,
) -> impl Fn(&Json, &langgraph_checkpoint_rs::config::RunnableConfig) -> Result<Json, RunnableError>
{
    let visits = AtomicU64::new(0);
    move |input, _| {
        let visit = visits.fetch_add(1, Ordering::Relaxed) + 1;
        let mut answers = Vec::new();
        loop {
            let request = [
                ("body", body.clone()),
                ("input", in_order(input, &order)),
                ("answers", Value::Array(answers.clone())),
                ("visits", visit.into()),
            ];
            let answer = call("host.node", request).map_err(stop)?;
            if !field(&answer, "drained").is_nil() {
                return Err(stop("no draining of a run"));
            }
            if let failed @ Value::Map(_) = field(&answer, "failed") {
                let text = |name| field(failed, name).as_str().unwrap_or_default().to_string();
                let error = RunnableError::Node(text("message"));
                UNREPORTED.with_borrow_mut(|run| run.error = Some((text("type"), text("message"))));
                return Err(error);
            }
            let Value::Map(_) = field(&answer, "asked") else {
                return update(field(&answer, "returned"));
            };
            let question = to_json(field(field(&answer, "asked"), "value"));
            let question = question.map_err(|Unsupported(reason)| stop(reason))?;
            match interrupt(question) {
                Ok(value) => answers.push(from_json(&value)),
                Err(stopped) => {
                    let interrupts = stopped.0.interrupts.clone();
                    UNREPORTED.with_borrow_mut(|run| run.interrupts = interrupts);
                    return Err(RunnableError::Interrupt(stopped.0));
                }
            }
        }
    }
}

/// Return the state with its fields in the program's order; the port keeps them in a hash map.
pub fn in_order(state: &Json, order: &[String]) -> Value {
    let Json::Object(fields) = state else {
        return from_json(state);
    };
    let fields = order
        .iter()
        .filter_map(|name| Some((name.as_str().into(), from_json(fields.get(name)?))));
    Value::Map(fields.collect())
}

/// Return a node's update as the port takes it.
fn update(returned: &Value) -> Result<Json, RunnableError> {
    if uses(returned, "command") {
        return Err(stop("no Command that a node returns"));
    }
    if uses(returned, "send") {
        return Err(stop("no Send that a node returns"));
    }
    let update = to_json(returned).map_err(|Unsupported(reason)| stop(reason))?;
    let Json::Object(fields) = update else {
        return Ok(update);
    };
    let written = fields.into_iter().map(|(name, value)| match &value {
        Json::Object(one) if one.len() == 1 && one.contains_key("overwrite") => {
            let bare = Map::from_iter([("__overwrite__".to_string(), one["overwrite"].clone())]);
            (name, Json::Object(bare))
        }
        _ => (name, value),
    });
    Ok(Json::Object(written.collect()))
}
