//! A run's stream: items are queued at once, and yielded when LangGraph yields them.
//!
//! A subgraph's items also show in the streams of enclosing runs that include subgraphs.

use std::cell::RefCell;
use std::rc::Rc;

use crate::clock::Clock;
use crate::value::{Value, map, text};

/// The modes of a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Values,
    Updates,
    Tasks,
    Checkpoints,
    Debug,
    Custom,
}

impl Mode {
    const ALL: [(&str, Mode); 6] = [
        ("values", Mode::Values),
        ("updates", Mode::Updates),
        ("tasks", Mode::Tasks),
        ("checkpoints", Mode::Checkpoints),
        ("debug", Mode::Debug),
        ("custom", Mode::Custom),
    ];

    /// Return the mode of a name.
    pub fn of(name: &str) -> Option<Mode> {
        let entry = Mode::ALL.iter().find(|(known, _)| *known == name);
        entry.map(|(_, mode)| *mode)
    }

    pub fn name(self) -> &'static str {
        let entry = Mode::ALL.iter().find(|(_, mode)| *mode == self);
        entry.map_or("", |(name, _)| name)
    }
}

/// An item: the namespace it comes from, its mode and its payload.
#[derive(Clone)]
pub struct Item {
    pub namespace: Rc<str>,
    pub mode: Mode,
    pub payload: Value,
}

/// The yielded items.
pub type Sink = Rc<RefCell<Vec<Item>>>;

/// The stream of a run in a namespace.
pub struct Stream {
    modes: Vec<Mode>,
    sink: Sink,
    /// Whether it shows the items of subgraphs.
    subgraphs: bool,
    namespace: Rc<str>,
    clock: Rc<Clock>,
    queued: RefCell<Vec<Item>>,
    /// The streams of enclosing runs that show its items too.
    enclosing: Vec<Rc<Stream>>,
}

impl Stream {
    pub fn new(
        modes: &[Mode],
        sink: Sink,
        subgraphs: bool,
        namespace: &str,
        clock: &Rc<Clock>,
        outer: Option<&Rc<Stream>>,
    ) -> Rc<Stream> {
        let enclosing = outer.into_iter().flat_map(|outer| {
            let further = outer.enclosing.iter().cloned();
            std::iter::once(outer.clone()).chain(further)
        });
        Rc::new(Stream {
            modes: modes.to_vec(),
            sink,
            subgraphs,
            namespace: namespace.into(),
            clock: clock.clone(),
            queued: RefCell::default(),
            enclosing: enclosing.filter(|stream| stream.subgraphs).collect(),
        })
    }

    /// Return whether nodes or subgraphs write to the stream, so that it is read while they run.
    pub fn is_written_to(&self) -> bool {
        self.subgraphs || self.modes.contains(&Mode::Custom)
    }

    fn is_asked_for(&self, mode: Mode) -> bool {
        self.modes.contains(&mode)
            || self
                .enclosing
                .iter()
                .any(|stream| stream.modes.contains(&mode))
    }

    /// Queue an item of a step, if this or an enclosing stream has its mode.
    pub fn emit(&self, mode: Mode, step: i64, payload: impl FnOnce() -> Value) {
        self.emit_from(None, mode, step, payload);
    }

    /// Queue an item from another namespace than the run's.
    pub fn emit_from(
        &self,
        namespace: Option<&str>,
        mode: Mode,
        step: i64,
        payload: impl FnOnce() -> Value,
    ) {
        let debugged =
            matches!(mode, Mode::Tasks | Mode::Checkpoints) && self.is_asked_for(Mode::Debug);
        if !debugged && !self.is_asked_for(mode) {
            return;
        }
        let payload = payload();
        let mut items = Vec::with_capacity(2);
        if debugged {
            let step = if mode == Mode::Checkpoints {
                step - 1
            } else {
                step
            };
            let wrapped = debug_payload(mode, &payload, step, &self.clock.now());
            items.push((Mode::Debug, wrapped));
        }
        items.insert(0, (mode, payload));
        let namespace = namespace.map_or_else(|| self.namespace.clone(), Rc::from);
        self.queue(&namespace, &items);
        self.enclosing
            .iter()
            .for_each(|stream| stream.queue(&namespace, &items));
    }

    /// Queue the items whose mode the stream has.
    fn queue(&self, namespace: &Rc<str>, items: &[(Mode, Value)]) {
        let namespace = if self.subgraphs {
            namespace
        } else {
            &self.namespace
        };
        let wanted = items.iter().filter(|(mode, _)| self.modes.contains(mode));
        let wanted = wanted.map(|(mode, payload)| Item {
            namespace: namespace.clone(),
            mode: *mode,
            payload: payload.clone(),
        });
        self.queued.borrow_mut().extend(wanted);
    }

    /// Replace a checkpoint's metadata in queued items, because LangGraph changes the map that they
    /// share.
    pub fn amend(&self, before: &Value, now: &Value) {
        for stream in std::iter::once(self).chain(self.enclosing.iter().map(|outer| &**outer)) {
            let mut queued = stream.queued.borrow_mut();
            for item in queued.iter_mut() {
                if let Some(known) = metadata_in(item)
                    && known.equals(before)
                {
                    *known = now.clone();
                }
            }
        }
    }

    /// Yield the queued items.
    pub fn flush(&self) {
        self.sink.borrow_mut().append(&mut self.queued.borrow_mut());
    }
}

/// Return the checkpoint metadata in an item.
fn metadata_in(item: &mut Item) -> Option<&mut Value> {
    let shown = match (item.mode, &mut item.payload) {
        (Mode::Checkpoints, Value::Map(shown)) => shown,
        (Mode::Debug, Value::Map(wrapped)) => match wrapped.get_mut("payload") {
            Some(Value::Map(shown)) => shown,
            _ => return None,
        },
        _ => return None,
    };
    // A starting task's metadata is its node's.
    shown.get("parent_config")?;
    shown.get_mut("metadata")
}

/// Return the `debug` item that wraps an item of mode `checkpoints` or `tasks`.
fn debug_payload(mode: Mode, item: &Value, step: i64, now: &str) -> Value {
    let is_result = item.map().is_some_and(|item| item.get("result").is_some());
    let kind = match mode {
        Mode::Checkpoints => "checkpoint",
        _ if is_result => "task_result",
        _ => "task",
    };
    map([
        ("step", Value::Int(step.into())),
        ("timestamp", text(now)),
        ("type", text(kind)),
        ("payload", item.clone()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outer_stream_has_the_items_of_subgraphs_if_it_asks() {
        let clock = Rc::new(Clock::new(0));
        let (sink, inner_sink) = (Sink::default(), Sink::default());
        let outer = Stream::new(&[Mode::Values], sink.clone(), true, "", &clock, None);
        let inner = Stream::new(&[], inner_sink.clone(), false, "a:1", &clock, Some(&outer));
        inner.emit(Mode::Values, 0, || Value::Nil);
        inner.emit(Mode::Updates, 0, || unreachable!("nobody asks"));
        outer.flush();
        inner.flush();
        assert_eq!((sink.borrow().len(), inner_sink.borrow().len()), (1, 0));
        assert_eq!(&*sink.borrow()[0].namespace, "a:1");
    }
}
