//! The graph subject: a compiled program with a saver of its own.

use std::cell::RefCell;
use std::rc::Rc;

use crate::clock::{Clock, id_of as checkpoint_id};
use crate::contract::{Declined, Outcome, Raised, Session, Unsupported, argument, malformed};
use crate::halt::Halt;
use crate::names::INTERRUPT;
use crate::packets::{Command, id_of};
use crate::pregel::changes::Change;
use crate::pregel::graph::{Graph, Shared};
use crate::pregel::run::{Loop, RunRequest};
use crate::pregel::snapshots::{View, inner_graph, snapshot, state_at};
use crate::pregel::start::start;
use crate::pregel::streams::{Item, Mode, Sink};
use crate::pregel::updates::update_state;
use crate::program::compiler::compile;
use crate::program::evaluate::namespace;
use crate::savers::checkpoints::{Where, configured};
use crate::savers::saver::{Kind, Listing, Saver};
use crate::sessions::options::{self, Options, check_context};
use crate::sessions::plain::{native, plain};
use crate::value::{Map, Value, text};

const NO_THREAD: &str = "Checkpointer requires one or more of the following 'configurable' keys: \
    thread_id, checkpoint_ns, checkpoint_id";

pub struct GraphSession {
    graph: Graph,
    source: Value,
}

impl GraphSession {
    pub fn open(spec: &Map, pins: &Map) -> Result<GraphSession, Declined> {
        let saver = match spec.get("saver") {
            None | Some(Value::Nil) => None,
            Some(name) => {
                let kind = match name.text() {
                    Some("memory") => Kind::Memory,
                    Some("sqlite") => Kind::Sqlite,
                    other => {
                        let name = other.unwrap_or("?");
                        return Err(Unsupported(format!("no saver {name}")).into());
                    }
                };
                Some(Rc::new(RefCell::new(Saver::new(kind))))
            }
        };
        let epoch = options::number(pins, "epoch")?.and_then(|epoch| i64::try_from(epoch).ok());
        let epoch = epoch.ok_or_else(|| Unsupported("pins without an epoch".to_owned()))?;
        let source = native(argument(spec, "program")?);
        let program = compile(&source)?;
        let graph = Graph {
            store: program.has_store.then(Rc::default),
            program,
            outermost: saver.clone(),
            saver,
            clock: Rc::new(Clock::new(epoch)),
        };
        Ok(GraphSession { graph, source })
    }

    fn act(&self, operation: &str, args: &Map, events: &Sink) -> Result<Value, Stop> {
        match operation {
            "compile" => {
                compile(&self.source)?;
                Ok(Value::Nil)
            }
            "get_state" => self.get_state(args),
            "get_state_history" => self.history(args),
            "update_state" => {
                self.saver()?;
                self.update(args, &[vec![options::change(args)?]])
            }
            "bulk_update_state" => {
                self.saver()?;
                self.update(args, &options::supersteps(args)?)
            }
            "put" => self.put(args),
            "load_stored" => self.load_stored(args),
            "store_items" => {
                let labels = namespace(argument(args, "namespace")?);
                match &self.graph.store {
                    Some(store) => Ok(store.search(&labels)?),
                    None => Ok(Value::Array(Vec::new())),
                }
            }
            "delete_thread" => {
                let thread = options::thread(args)?.unwrap_or_default();
                self.kept()?.borrow_mut().delete_thread(thread);
                Ok(Value::Nil)
            }
            "copy_thread" => {
                // LangGraph's own savers cannot copy a thread.
                self.kept()?;
                Err(Raised::new("NotImplementedError", "").into())
            }
            _ => self.run(operation, args, events),
        }
    }

    /// Run with an input or a command, like `invoke` or, with modes, like `stream`.
    fn run(&self, operation: &str, args: &Map, events: &Sink) -> Result<Value, Stop> {
        let given = |name| args.get(name).cloned().unwrap_or_default();
        let answer = |resume| {
            let command = Command {
                resume,
                ..Command::default()
            };
            command.value()
        };
        let input = match operation {
            "resume" => answer(given("value")),
            "resume_map" => answer(self.answers(args)?),
            "command" => options::command(args)?.value(),
            _ => given("input"),
        };
        let options = Options::read(args)?;
        let is_async = options::flag(args, "async");
        match &options.modes {
            Some(modes) => {
                let sink = (modes.clone(), events.clone(), options.subgraphs);
                self.execute(
                    input,
                    sink,
                    self.graph.program.fields.clone(),
                    &options,
                    is_async,
                )?;
                Ok(Value::Nil)
            }
            None => {
                let items = Sink::default();
                let sink = (vec![Mode::Updates, Mode::Values], items.clone(), false);
                self.execute(
                    input,
                    sink,
                    self.graph.program.outputs.clone(),
                    &options,
                    is_async,
                )?;
                Ok(last_state(&items.take()))
            }
        }
    }

    /// Return answers by interrupt id, given their positions in `get_state`.
    fn answers(&self, args: &Map) -> Result<Value, Stop> {
        let (graph, place) = self.addressed(args)?;
        self.saver()?;
        let pending = state_at(&graph, &place, false)?;
        let ids: Vec<_> = pending.interrupts().filter_map(id_of).collect();
        let mut answers = Map::default();
        for pair in argument(args, "values")?.array().unwrap_or_default() {
            if let Some([Value::Int(place), answer]) = pair.array()
                && let Some(id) = usize::try_from(*place)
                    .ok()
                    .and_then(|place| ids.get(place))
            {
                answers.put(id, answer.clone());
            }
        }
        Ok(Value::Map(answers))
    }

    fn execute(
        &self,
        input: Value,
        (modes, sink, subgraphs): (Vec<Mode>, Sink, bool),
        shown: Vec<Rc<str>>,
        options: &Options,
        asynchronous: bool,
    ) -> Result<(), Stop> {
        let mut place = place_of(options.thread, options.checkpoint);
        if let Some(task) = options.task {
            // A run starts at the outermost graph, whichever part the operation addresses.
            (_, place) = inner_graph(&self.graph, &place, task)?;
            place.put("checkpoint_ns", text(""));
            place.put("checkpoint_id", Value::Nil);
        }
        let program = &self.graph.program;
        check_context(program, options.context)?;
        if options.recursion_limit < 1 {
            let message = "recursion_limit must be at least 1";
            return Err(Raised::new("ValueError", message).into());
        }
        if self.graph.saver.is_some() && place.is_empty() {
            return Err(Raised::new("ValueError", NO_THREAD).into());
        }
        let request = RunRequest {
            input,
            place,
            modes,
            sink,
            shown,
            recursion_limit: options.recursion_limit,
            durability: options.durability,
            context: options.context.clone(),
            interrupt_before: options
                .interrupt_before
                .clone()
                .or(&program.interrupt_before),
            interrupt_after: options.interrupt_after.clone().or(&program.interrupt_after),
            asynchronous,
            order: options.order.clone(),
            subgraphs,
            enclosing: None,
        };
        let mut run = Loop::new(self.graph.clone(), request)?;
        start(&mut run)?;
        Ok(run.execute()?)
    }

    fn update(&self, args: &Map, supersteps: &[Vec<Change>]) -> Result<Value, Stop> {
        let (graph, place) = self.addressed(args)?;
        let place = update_state(&graph, self.saver()?, place, supersteps)?;
        Ok(configured(place))
    }

    fn get_state(&self, args: &Map) -> Result<Value, Stop> {
        self.saver()?;
        let (graph, place) = self.addressed(args)?;
        let subgraphs = options::flag(args, "subgraphs");
        Ok(state_at(&graph, &place, subgraphs)?.value)
    }

    fn history(&self, args: &Map) -> Result<Value, Stop> {
        let before = options::number(args, "before")?.and_then(|number| i64::try_from(number).ok());
        let (graph, mut place) = self.addressed(args)?;
        if place.get("checkpoint_ns").is_none() {
            place.put("checkpoint_ns", text(""));
        }
        let listing = Listing {
            filter: options::given(args, "filter").and_then(Value::map),
            before: before.map(checkpoint_id),
            limit: options::number(args, "limit")?,
        };
        let saved = self.saver()?.borrow().list(&place, &listing)?;
        let shown = saved
            .into_iter()
            .map(|saved| Ok(snapshot(&graph, saved, View::default())?.value));
        shown.collect::<Result<Vec<_>, Stop>>().map(Value::Array)
    }

    /// Store a checkpoint unchanged; return its config.
    fn put(&self, args: &Map) -> Result<Value, Stop> {
        let saver = self.kept()?;
        let part = |name| {
            let part = argument(args, name)?.map().cloned();
            part.ok_or_else(|| malformed(format!("`{name}` must be a map")))
        };
        let (mut checkpoint, metadata) = (part("checkpoint")?, part("metadata")?);
        let mut place = place_of(options::thread(args)?, None);
        place.put("checkpoint_ns", text(""));
        if let Some(parent) = options::word(args, "parent")? {
            place.put("checkpoint_id", text(parent));
        }
        let inner = |name| checkpoint.get(name).and_then(Value::map).cloned();
        let values = inner("channel_values").unwrap_or_default();
        let versions = inner("channel_versions").unwrap_or_default();
        let mut saver = saver.borrow_mut();
        if saver.kind == Kind::Memory {
            checkpoint.remove("channel_values");
        }
        let put = saver.put_value(&place, &checkpoint, &metadata, &versions, &values)?;
        Ok(configured(put))
    }

    /// Take over what another session stored, and count on from its checkpoints.
    fn load_stored(&self, args: &Map) -> Result<Value, Stop> {
        let mut saver = self.kept()?.borrow_mut();
        let stored = argument(args, "stored")?.map();
        let stored = stored.ok_or_else(|| malformed("`stored` must be a map"))?;
        let created = options::number(args, "created")?.unwrap_or_default();
        let wrong = |_| malformed("`created` is out of range");
        saver.take_over(stored)?;
        self.graph
            .clock
            .go_on_from(i64::try_from(created).map_err(wrong)?);
        Ok(Value::Nil)
    }

    /// Return the graph that an operation addresses: this one, or the subgraph of a task.
    fn addressed(&self, args: &Map) -> Result<(Graph, Where), Stop> {
        let place = place_of(options::thread(args)?, options::checkpoint(args)?);
        match options::number(args, "task")? {
            Some(task) => Ok(inner_graph(&self.graph, &place, task)?),
            None => Ok((self.graph.clone(), place)),
        }
    }

    fn saver(&self) -> Result<&Shared, Raised> {
        let saver = self.graph.saver.as_ref();
        saver.ok_or_else(|| Raised::new("ValueError", "No checkpointer set"))
    }

    /// Return the saver, or the error of an operation that needs one.
    fn kept(&self) -> Result<&Shared, Unsupported> {
        let saver = self.graph.saver.as_ref();
        saver.ok_or_else(|| Unsupported("threads without a saver".to_owned()))
    }
}

/// Why an operation has no value.
enum Stop {
    Halted(Halt),
    Declined(Declined),
}

impl<E: Into<Halt>> From<E> for Stop {
    fn from(error: E) -> Stop {
        Stop::Halted(error.into())
    }
}

impl From<Declined> for Stop {
    fn from(declined: Declined) -> Stop {
        Stop::Declined(declined)
    }
}

impl Session for GraphSession {
    fn apply(&mut self, operation: &str, args: &Map) -> Result<Outcome, Declined> {
        options::check(operation, args)?;
        let is_sync = |saver: &Shared| saver.borrow().kind == Kind::Sqlite;
        if options::flag(args, "async") && self.graph.saver.as_ref().is_some_and(is_sync) {
            return Err(Unsupported("SQLite asynchronously".to_owned()).into());
        }
        let args = native(&Value::Map(args.clone()));
        let args = args.map().cloned().unwrap_or_default();
        let events = Sink::default();
        let result = match self.act(operation, &args, &events) {
            Ok(value) => plain(&value),
            Err(Stop::Halted(halt)) => Err(halt.raised()?),
            Err(Stop::Declined(declined)) => return Err(declined),
        };
        let (mut shown, mut result) = (Vec::new(), result);
        for item in events.take() {
            match plain(&item.payload) {
                Ok(payload) => shown.push(event(&item, payload)),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        let saver = self.graph.saver.as_ref();
        let changes = saver.map(|saver| saver.borrow_mut().contents.changes());
        let (stored, dropped) = changes.unwrap_or_default();
        Ok(Outcome {
            result,
            events: shown,
            stored,
            dropped,
        })
    }
}

fn event(item: &Item, payload: Value) -> Value {
    let places = match &*item.namespace {
        "" => Vec::new(),
        places => places.split('|').map(text).collect(),
    };
    Value::Array(vec![text(item.mode.name()), Value::Array(places), payload])
}

/// Return the result of `invoke`: the last state, and the interrupts that stopped the run.
fn last_state(items: &[Item]) -> Value {
    let (mut latest, mut interrupts) = (&Value::Nil, Vec::new());
    for item in items {
        match (item.mode, item.payload.map()) {
            (Mode::Values, _) => latest = &item.payload,
            (_, Some(update)) => {
                let waiting = update.get(INTERRUPT).and_then(Value::array);
                interrupts.extend(waiting.unwrap_or_default().iter().cloned());
            }
            _ => {}
        }
    }
    if interrupts.is_empty() {
        return latest.clone();
    }
    let mut values = latest.map().cloned().unwrap_or_default();
    values.put(INTERRUPT, Value::Array(interrupts));
    Value::Map(values)
}

fn place_of(thread: Option<&str>, checkpoint: Option<i64>) -> Where {
    let mut place = Where::default();
    if let Some(thread) = thread {
        place.put("thread_id", text(thread));
    }
    if let Some(number) = checkpoint {
        place.put("checkpoint_ns", text(""));
        place.put("checkpoint_id", text(checkpoint_id(number)));
    }
    place
}
