//! Running a task: its node, retries, and what the node's body needs from the run.

use std::rc::Rc;

use crate::contract::{Raised, Unsupported};
use crate::halt::{Halt, TIMEOUT};
use crate::names::*;
use crate::pregel::nesting::run_nested;
use crate::pregel::run::Loop;
use crate::pregel::streams::Mode;
use crate::pregel::tasks::Task;
use crate::pregel::writes::write_update;
use crate::program::compiled::{Node, Subgraph};
use crate::program::evaluate::Scope;
use crate::program::host::Host;
use crate::program::policies::Stopwatch;
use crate::store::Store;
use crate::value::{Value, text};

/// Run a task with retries; its writes are those of the last attempt.
pub fn run_task(run: &Loop, task: &mut Task) -> Result<(), Halt> {
    let program = run.graph.program.clone();
    let node = task.node(&program);
    if node.policies.timeout.is_some() && !run.request.asynchronous {
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
            // An attempt's writes count only if it was in time.
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
        // On its way out, the command is addressed to the enclosing graph by namespace.
        command.graph = Some(enclosing_namespace(&namespace));
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

/// Return the node's update; `__start__` returns the input.
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

/// The host of a task's body during one attempt.
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
        // A handler's item has the namespace of the failed task.
        let namespace = self.task.namespace.rsplit_once('|');
        let namespace = namespace.map_or("", |(namespace, _)| namespace);
        let step = self.run.step;
        self.run
            .stream
            .emit_from(Some(namespace), Mode::Custom, step, || value);
    }

    fn wait(&mut self, seconds: f64) -> Result<(), Halt> {
        if self.run.request.asynchronous {
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
                let thread = self.run.request.place.get("thread_id");
                thread.cloned().unwrap_or_default()
            }
        }
    }

    fn context(&self, name: &str) -> Value {
        let known = self.run.request.context.map();
        let value = known.and_then(|known| known.get(name));
        value.cloned().unwrap_or_default()
    }

    fn store(&self) -> Option<Rc<Store>> {
        self.run.graph.store.clone()
    }

    fn failure(&self, name: &str) -> Value {
        let failure = self.task.failure.as_ref();
        failure.map_or(Value::Nil, |failure| failure.info(name))
    }
}
