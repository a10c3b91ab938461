//! Which subjects can be opened, and what an operation on a graph does.

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
use crate::program::{build, in_order, Program, TOLD};
use crate::values::{from_json, to_json};
use crate::wire::{field, map, raised, returned, Session, Unsupported};

/// Say what can be opened, and that bodies and branches are asked of the kit.
pub fn describe() -> Value {
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

/// Open a subject.
pub fn open(kind: &str, spec: &Value, _pins: &Value) -> Result<Box<dyn Session>, Unsupported> {
    match kind {
        "channel" => Ok(Box::new(ChannelSession::open(spec)?)),
        "graph" => Ok(Box::new(GraphSession::open(spec)?)),
        _ => Err(Unsupported(format!("no {kind} in LangGraph's format"))),
    }
}

/// A compiled graph, the port's saver in memory, and what runs it.
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
        TOLD.take();
        let ran = self
            .runtime
            .block_on(self.program.graph.ainvoke(input, config));
        if let Some(reason) = declined() {
            return Err(Unsupported(reason));
        }
        let told = TOLD.take();
        Ok(match (ran, told.failed) {
            (Ok(state), _) => returned(self.output(&state, &told.asked)),
            (Err(_), Some((class, message))) => raised(&class, &message),
            (Err(error), None) => raised("langgraph_core_rs.RunnableError", &error.to_string()),
        })
    }

    /// Return the final state, and what was asked as LangGraph returns it.
    fn output(&self, state: &Json, asked: &[Interrupt]) -> Value {
        let mut found = in_order(state, &self.program.order);
        if let Value::Map(entries) = &mut found {
            if !asked.is_empty() {
                let asked = asked.iter().map(interrupt).collect();
                entries.push(("__interrupt__".into(), Value::Array(asked)));
            }
        }
        found
    }
}

/// Return an interrupt as LangGraph stores one: the port's id has 16 digits, LangGraph's 32.
fn interrupt(of: &Interrupt) -> Value {
    let fields = map([
        ("value", from_json(&of.value)),
        ("id", format!("{:0>32}", of.id).into()),
        ("response_schema", Value::Nil),
    ]);
    let record = Value::Array(vec!["langgraph.types".into(), "Interrupt".into(), fields]);
    let mut data = Vec::new();
    write_value(&mut data, &record).expect("a vector takes all that is written to it");
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
                // `ainvoke` is all there is: its `invoke` waits for that.
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

/// Return a command as a run's input: the port takes one that was serialized.
fn as_input(command: &Command) -> Json {
    serde_json::to_value(command).unwrap_or_default()
}

fn command(of: &Value) -> Result<Command, Unsupported> {
    let part = |name| match field(of, name) {
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
    let goto = match field(of, "goto") {
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
