//! The engine: opens channels and graphs, and runs operations on a graph.

use std::sync::Arc;

use langgraph_checkpoint_rs::checkpoint::base::BaseCheckpointSaver;
use langgraph_checkpoint_rs::checkpoint::memory::InMemorySaver;
use langgraph_checkpoint_rs::config::RunnableConfig;
use langgraph_core_rs::runnable::Runnable;
use langgraph_core_rs::types::{Command, CommandGoto, Interrupt, Send};
use rmpv::encode::write_value;
use rmpv::Value;
use serde_json::{json, Value as Json};

use crate::channel_session::ChannelSession;
use crate::fields::declined;
use crate::program::{build, in_order, Program, UNREPORTED};
use crate::values::{from_json, to_json};
use crate::wire::{field, map, raised, returned, Engine, Session, Unsupported};

/// langgraph-core-rs behind the contract.
pub struct Port;

impl Engine for Port {
    fn describe(&self) -> Value {
        map([
            ("name", "langgraph-core-rs".into()),
            ("version", "0.2.5".into()),
            ("language", "Rust".into()),
            (
                "levels",
                map([("channel", "result".into()), ("graph", "result".into())]),
            ),
            ("engaged", map([])),
            ("protocol", 1.into()),
            ("uses", Value::Array(vec!["callbacks".into()])),
        ])
    }

    fn open(&self, kind: &str, spec: &Value, _: &Value) -> Result<Box<dyn Session>, Unsupported> {
        match kind {
            "channel" => Ok(Box::new(ChannelSession::open(spec)?)),
            "graph" => Ok(Box::new(GraphSession::open(spec)?)),
            _ => Err(Unsupported(format!("no {kind} in LangGraph's format"))),
        }
    }
}

/// A compiled graph, the port's in-memory saver, and the async runtime.
struct GraphSession {
    program: Program,
    saver: Option<Arc<InMemorySaver>>,
    runtime: tokio::runtime::Runtime,
}

impl GraphSession {
    fn open(spec: &Value) -> Result<GraphSession, Unsupported> {
        let saver = match field(spec, "saver") {
            Value::Nil => None,
            kind if kind.as_str() == Some("memory") => Some(Arc::new(InMemorySaver::new())),
            kind => return Err(Unsupported(format!("no saver {kind}"))),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        Ok(GraphSession {
            program: build(field(spec, "program"), saver.clone())?,
            saver,
            runtime: runtime.map_err(|error| Unsupported(error.to_string()))?,
        })
    }

    fn run(&self, input: &Json, config: &RunnableConfig) -> Result<Value, Unsupported> {
        let _ = declined();
        UNREPORTED.take();
        let ran = self
            .runtime
            .block_on(self.program.graph.ainvoke(input, config));
        if let Some(reason) = declined() {
            return Err(Unsupported(reason));
        }
        let unreported = UNREPORTED.take();
        Ok(match (ran, unreported.error) {
            (Ok(state), _) => returned(self.output(&state, &unreported.interrupts)),
            (Err(_), Some((class, message))) => raised(&class, &message),
            (Err(error), None) => raised("langgraph_core_rs.RunnableError", &error.to_string()),
        })
    }

    /// Return the final state, with interrupts where LangGraph returns them.
    fn output(&self, state: &Json, interrupts: &[Interrupt]) -> Value {
        let mut output = in_order(state, &self.program.order);
        if let Value::Map(entries) = &mut output {
            if !interrupts.is_empty() {
                let interrupts = interrupts.iter().map(stored_interrupt).collect();
                entries.push(("__interrupt__".into(), Value::Array(interrupts)));
            }
        }
        output
    }
}

/// Return an interrupt as LangGraph stores it: its id has 32 digits, the port's has 16.
fn stored_interrupt(interrupt: &Interrupt) -> Value {
    let fields = map([
        ("value", from_json(&interrupt.value)),
        ("id", format!("{:0>32}", interrupt.id).into()),
        ("response_schema", Value::Nil),
    ]);
    let record = Value::Array(vec!["langgraph.types".into(), "Interrupt".into(), fields]);
    let mut data = Vec::new();
    write_value(&mut data, &record).expect("writing to a vector cannot fail");
    Value::Ext(2, data)
}

impl Session for GraphSession {
    fn apply(&mut self, operation: &str, args: &Value) -> Result<Value, Unsupported> {
        let mut config = RunnableConfig::new();
        for (key, value) in args.as_map().into_iter().flatten() {
            match key.as_str().unwrap_or_default() {
                "thread" => {
                    let thread = json!({"thread_id": value.as_str().unwrap_or_default()});
                    config.insert("configurable".to_string(), thread);
                }
                "recursion_limit" => {
                    config.insert("recursion_limit".to_string(), to_json(value)?);
                }
                // Always `ainvoke`: the port's `invoke` only waits for it.
                "input" | "value" | "values" | "command" | "async" => {}
                other => return Err(Unsupported(format!("no argument {other}"))),
            }
        }
        match operation {
            "invoke" => self.run(&to_json(field(args, "input"))?, &config),
            "resume" => {
                let command = Command::resume(to_json(field(args, "value"))?);
                self.run(&as_input(&command), &config)
            }
            "command" => self.run(&as_input(&command(field(args, "command"))?), &config),
            "delete_thread" => {
                let saver = self.saver.as_ref();
                let saver = saver.ok_or_else(|| Unsupported("no saver".to_string()))?;
                let thread = field(args, "thread").as_str().unwrap_or_default();
                Ok(match saver.delete_thread(thread) {
                    Ok(()) => returned(Value::Nil),
                    Err(error) => raised("langgraph_core_rs.CheckpointError", &error.to_string()),
                })
            }
            _ => Err(Unsupported(format!("no operation {operation}"))),
        }
    }
}

/// Return a command as a run's input: the port takes it serialized.
fn as_input(command: &Command) -> Json {
    serde_json::to_value(command).unwrap_or_default()
}

fn command(spec: &Value) -> Result<Command, Unsupported> {
    let part = |name| match field(spec, name) {
        Value::Nil => Ok(None),
        value => to_json(value).map(Some),
    };
    let target = |to: &Value| match (to.as_str(), field(to, "send").as_array()) {
        (Some(name), _) => Ok(CommandGoto::Node(name.to_string())),
        (_, Some(send)) if send.len() == 2 => {
            let node = send[0].as_str().unwrap_or_default();
            Ok(CommandGoto::Send(Send::new(node, to_json(&send[1])?)))
        }
        _ => Err(Unsupported("no such goto".to_string())),
    };
    let goto = match field(spec, "goto") {
        Value::Nil => Vec::new(),
        Value::Array(all) => all.iter().map(target).collect::<Result<_, _>>()?,
        one => vec![target(one)?],
    };
    Ok(Command {
        graph: None,
        update: part("update")?,
        resume: part("resume")?,
        goto,
    })
}
