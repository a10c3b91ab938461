//! Running a task: its node, then the writes its edges and branches make.
//!
//! `langgraph.graph.state.CompiledStateGraph`: `attach_node`, `attach_edge`, `attach_branch`.

use std::rc::Rc;

use crate::channels::INVALID;
use crate::contract::{Raised, Unsupported};
use crate::graph::evaluate::{Scope, entries, routed};
use crate::graph::halt::{Halt, SHOWN, TIMEOUT, with_guide};
use crate::graph::host::Host;
use crate::graph::names::*;
use crate::graph::nested::run_nested;
use crate::graph::packets::{Command, sent};
use crate::graph::policies::Stopwatch;
use crate::graph::program::{Node, Subgraph, Write};
use crate::graph::run::Loop;
use crate::graph::state::State;
use crate::graph::store::Store;
use crate::graph::streams::Mode;
use crate::graph::tasks::Task;
use crate::python::{repr, shown};
use crate::value::{Map, Value, text};

/// Run a task, again if its policies say so; its writes are those of its last attempt.
pub fn run_task(run: &Loop, task: &mut Task) -> Result<(), Halt> {
    let program = run.graph.program.clone();
    let node = task.node(&program);
    if node.policies.timeout.is_some() && !run.asked.asynchronous {
        let message = format!(
            "Node timeouts are only supported for async nodes because sync Python execution cannot \
             be safely cancelled in-process. Node '{}' is sync.",
            task.name
        );
        return Err(Raised::new("ValueError", message).into());
    }
    let mut attempt = 1;
    loop {
        task.writes.clear();
        task.answers.begin();
        let error = match self::attempt(run, task, node, attempt) {
            Err(Halt::Failed(error)) => error,
            ended => return ended,
        };
        if error.class == TIMEOUT && node.policies.timeout.is_some() {
            // What an attempt wrote is kept until it is in time.
            task.writes.clear();
        }
        if !node.policies.tries_again(&error, attempt) {
            return Err(error.into());
        }
        attempt += 1;
    }
}

fn attempt(run: &Loop, task: &mut Task, node: &Node, attempt: i128) -> Result<(), Halt> {
    let namespace = task.namespace.clone();
    let managed = task.managed.clone();
    let update = node_value(run, task, node, attempt)
        .and_then(|value| write_update(node, &value, &mut task.writes, &run.state, &managed));
    let Err(Halt::Upwards(mut command)) = update else {
        return update;
    };
    if command.graph.as_deref() == Some(PARENT) {
        // On its way out it is addressed to the graph around this one, by its namespace.
        command.graph = Some(around_of(&namespace));
        return Err(Halt::Upwards(command));
    }
    let addressed = without_ids(command.graph.as_deref().unwrap_or_default());
    if addressed != without_ids(&namespace) {
        return Err(Halt::Upwards(command));
    }
    command.graph = None;
    let arrived = command.value();
    write_update(node, &arrived, &mut task.writes, &run.state, &managed)
}

/// Return the node's update; `__start__` passes the input on.
fn node_value(run: &Loop, task: &mut Task, node: &Node, attempt: i128) -> Result<Value, Halt> {
    let input = task.input.clone();
    let watch = Stopwatch::new(&task.name, node.policies.timeout);
    let mut host = TaskHost {
        run,
        task,
        node,
        attempt,
        watch,
    };
    if let Some(subgraph) = &node.subgraph {
        return host.nest(subgraph, (*input).clone());
    }
    let Some(body) = &node.body else {
        return Ok((*input).clone());
    };
    node.visits.set(node.visits.get() + 1);
    Scope::new(&input, &mut host).run(body)
}

/// Answers a task's body, in one of its attempts.
struct TaskHost<'a> {
    run: &'a Loop,
    task: &'a mut Task,
    node: &'a Node,
    attempt: i128,
    watch: Stopwatch,
}

impl TaskHost<'_> {
    fn nest(&mut self, subgraph: &Rc<Subgraph>, given: Value) -> Result<Value, Halt> {
        self.watch.progress();
        let result = run_nested(self.run, self.task, subgraph, given, self.attempt > 1);
        self.watch.progress();
        result
    }
}

impl Host for TaskHost<'_> {
    fn ask(&mut self, value: Value) -> Result<Value, Halt> {
        self.task.ask(value)
    }

    fn emit(&mut self, value: Value) {
        self.watch.progress();
        // A handler's item comes from inside the task that failed.
        let space = self.task.namespace.rsplit_once('|');
        let space = space.map_or("", |(space, _)| space);
        let step = self.run.step;
        self.run
            .stream
            .emit_from(Some(space), Mode::Custom, step, || value);
    }

    fn wait(&mut self, seconds: f64) -> Result<(), Halt> {
        if self.run.asked.asynchronous {
            self.watch.wait(seconds)?;
        }
        Ok(())
    }

    fn drain(&mut self, reason: &str) {
        self.run.drains.borrow_mut().push(reason.to_owned());
    }

    fn call(&mut self, name: &str, given: Value) -> Result<Value, Halt> {
        let program = self.run.graph.program.clone();
        let subgraph = program.subgraph(name);
        let subgraph = subgraph.ok_or_else(|| Unsupported(format!("no subgraph {name}")))?;
        self.nest(subgraph, given)
    }

    fn visits(&self) -> i128 {
        self.node.visits.get()
    }

    fn info(&self, name: &str) -> Value {
        let (id, namespace) = match &self.task.failure {
            Some(failure) => (&failure.id, &failure.namespace),
            None => (&self.task.id, &self.task.namespace),
        };
        match name {
            "attempt" => Value::Int(self.attempt),
            "task_id" => text(&**id),
            "checkpoint_ns" => text(namespace),
            _ => {
                let thread = self.run.asked.place.get("thread_id");
                thread.cloned().unwrap_or_default()
            }
        }
    }

    fn context(&self, name: &str) -> Value {
        let known = self.run.asked.context.map();
        let value = known.and_then(|known| known.get(name));
        value.cloned().unwrap_or_default()
    }

    fn store(&self) -> Option<Rc<Store>> {
        self.run.graph.store.clone()
    }

    fn failure(&self, name: &str) -> Value {
        let failure = self.task.failure.as_ref();
        failure.map_or(Value::Nil, |failure| failure.told(name))
    }
}

/// Add the writes that a node's update makes, and those of its edges and branches.
pub fn write_update(
    node: &Node,
    value: &Value,
    writes: &mut Vec<Write>,
    state: &State,
    managed: &Map,
) -> Result<(), Halt> {
    let (updates, gotos) = (updates(value, node)?, gotos(value)?);
    writes.extend(updates);
    writes.extend(gotos);
    writes.extend(node.targets.iter().cloned());
    for route in &node.routes {
        let seen = fresh(node, state, managed, writes)?;
        let given = match (&node.record, value) {
            (Some(record), _) => record.complete(&seen),
            (None, Value::Map(update)) => {
                let both = update.iter().chain(seen.iter());
                both.cloned().collect()
            }
            _ => seen,
        };
        let said = routed(&route.path, &Value::Map(given))?;
        writes.extend(targets(said, route.ends.as_ref())?);
    }
    Ok(())
}

fn updates(value: &Value, node: &Node) -> Result<Vec<Write>, Halt> {
    let known = |update: &Map| {
        let writes = entries(update).filter(|(name, _)| node.writes.contains(name));
        writes.collect::<Vec<_>>()
    };
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::Map(update) => Ok(known(update)),
        Value::Array(items) if items.iter().any(|item| Command::of(item).is_some()) => {
            let mut writes = Vec::new();
            for item in items {
                writes.extend(updates(item, node)?);
            }
            Ok(writes)
        }
        other => match Command::of(other) {
            Some(command) if command.graph.as_deref() == Some(PARENT) => Ok(Vec::new()),
            Some(command) => {
                let writes = command_updates(&command).into_iter();
                let is_known = |(name, _): &Write| node.writes.contains(name);
                Ok(writes.filter(is_known).collect())
            }
            None => Err(no_update(other)),
        },
    }
}

fn no_update(value: &Value) -> Halt {
    let Some(shown) = shown(value) else {
        return Unsupported(SHOWN.to_owned()).into();
    };
    let message = format!("Expected dict, got {shown}");
    let message = with_guide(&message, "INVALID_GRAPH_NODE_RETURN_VALUE");
    Raised::new(INVALID, message).into()
}

/// Return the state updates that a command holds.
pub fn command_updates(command: &Command) -> Vec<Write> {
    match &command.update {
        Value::Map(update) => entries(update).collect(),
        other if crate::records::is_true(other) => vec![(ROOT.into(), other.clone())],
        _ => Vec::new(),
    }
}

fn gotos(value: &Value) -> Result<Vec<Write>, Halt> {
    if sent(value).is_some() {
        return Ok(vec![(TASKS.into(), value.clone())]);
    }
    let several = value.array().unwrap_or(std::slice::from_ref(value));
    let mut writes = Vec::new();
    for command in several.iter().filter_map(Command::of) {
        if command.graph.as_deref() == Some(PARENT) {
            return Err(Halt::Upwards(Box::new(command)));
        }
        writes.extend(command.targets().into_iter().filter_map(target_of));
    }
    Ok(writes)
}

/// Return the write that goes to a node, or sends a packet.
fn target_of(target: &Value) -> Option<Write> {
    match target {
        Value::Text(name) if name == END => None,
        Value::Text(name) => Some((branch_to(name).into(), Value::Nil)),
        packet => sent(packet).map(|_| (TASKS.into(), packet.clone())),
    }
}

/// Return a node's input as it would be if this task's writes were all there are.
fn fresh(node: &Node, state: &State, managed: &Map, writes: &[Write]) -> Result<Map, Raised> {
    let mut seen = Map::default();
    for name in &node.reads {
        if let Some(value) = managed.get(name) {
            seen.put(name, value.clone());
        } else if let Some(channel) = state.channel(name) {
            let mut channel = channel.clone();
            let values = writes.iter().filter(|(written, _)| written == name);
            let values: Vec<_> = values.map(|(_, value)| value.clone()).collect();
            channel.update(&values)?;
            if let Ok(value) = channel.get() {
                seen.put(name, value);
            }
        }
    }
    Ok(seen)
}

fn targets(said: Value, ends: Option<&Map>) -> Result<Vec<Write>, Halt> {
    let mut targets = match said {
        Value::Array(several) => several,
        one => vec![one],
    };
    if let Some(ends) = ends {
        for target in targets.iter_mut().filter(|target| sent(target).is_none()) {
            if !target.is_hashable() {
                return Err(Unsupported("a branch to what cannot be a key".to_owned()).into());
            }
            let Some(end) = ends.find(target) else {
                let key = repr(target).ok_or_else(|| Unsupported(SHOWN.to_owned()))?;
                return Err(Raised::new("KeyError", key).into());
            };
            *target = end.clone();
        }
    }
    if targets
        .iter()
        .any(|target| target.is_nil() || target.text() == Some(START))
    {
        let message = "Branch did not return a valid destination";
        return Err(Raised::new("ValueError", message).into());
    }
    if targets
        .iter()
        .any(|target| sent(target).is_some_and(|(node, _)| node == END))
    {
        return Err(Raised::new(INVALID, "Cannot send a packet to the END node").into());
    }
    let mut writes = Vec::new();
    for target in &targets {
        if target.text().is_some() || sent(target).is_some() {
            writes.extend(target_of(target));
        } else {
            // What is no name leads to a channel that there is not.
            let name = shown(target).ok_or_else(|| Unsupported(SHOWN.to_owned()))?;
            writes.push((branch_to(&name).into(), Value::Nil));
        }
    }
    Ok(writes)
}
