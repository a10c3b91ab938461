//! The edges of a program: the channels that trigger nodes, and which nodes write to them.

use std::rc::Rc;

use crate::channels::channel::Channel;
use crate::contract::{Declined, malformed};
use crate::names::*;
use crate::program::compiled::{Node, Route};
use crate::program::language::{Place, expression, word};
use crate::program::policies::known_keys;
use crate::program::schemas::plain_channel;
use crate::value::{Map, Value, text};

/// The channels and nodes of a program during compilation.
pub struct Layout {
    pub nodes: Vec<Node>,
    pub channels: Vec<(Rc<str>, Channel)>,
}

impl Layout {
    /// Add the channels that trigger nodes to those of the state.
    pub fn triggers(&mut self, specs: &Map) -> Result<(), Declined> {
        if let Some((name, _)) = self.channels.iter().find(|(name, _)| is_reserved(name)) {
            return Err(malformed(format!("Channel name '{name}' is reserved")));
        }
        let guard = |on| vec![("guard", Value::Bool(on))];
        let start = plain_channel(START, "EphemeralValue", guard(true))?;
        let tasks = plain_channel(TASKS, "Topic", Vec::new())?;
        self.channels.push((START.into(), start));
        self.channels.push((TASKS.into(), tasks));
        for node in &self.nodes[1..] {
            let trigger = &node.triggers[0];
            let class = match is_deferred(specs, &node.name) {
                true => "LastValueAfterFinish",
                false => "EphemeralValue",
            };
            let channel = plain_channel(trigger, class, guard(false))?;
            self.channels.push((trigger.clone(), channel));
        }
        Ok(())
    }

    fn node(&mut self, name: &str) -> Result<&mut Node, Declined> {
        let node = self.nodes.iter_mut().find(|node| &*node.name == name);
        node.ok_or_else(|| malformed(format!("an edge or branch of an unknown node '{name}'")))
    }

    /// Add the edges: a node writes to the triggers of its targets.
    pub fn edges(&mut self, data: &Map, specs: &Map) -> Result<(), Declined> {
        let (edges, joins) = edges(data)?;
        for (source, target) in &edges {
            let known = target == END || specs.get(target).is_some();
            if !known {
                return Err(malformed(format!("an edge to an unknown node `{target}`")));
            }
            let node = self.node(source)?;
            if target != END {
                node.targets.push((branch_to(target).into(), Value::Nil));
            }
        }
        for (sources, target) in joins.iter().filter(|(_, target)| target != END) {
            let join: Rc<str> = format!("join:{}:{target}", sources.join("+")).into();
            let class = match is_deferred(specs, target) {
                true => "NamedBarrierValueAfterFinish",
                false => "NamedBarrierValue",
            };
            let names = sources.iter().map(text).collect();
            let barrier = plain_channel(&join, class, vec![("names", names)])?;
            self.channels.push((join.clone(), barrier));
            self.node(target)?.triggers.push(join.clone());
            for source in sources {
                let write = (join.clone(), text(source));
                self.node(source)?.targets.push(write);
            }
        }
        Ok(())
    }

    pub fn branches(&mut self, data: Option<&Value>) -> Result<(), Declined> {
        let none = Map::default();
        for (source, routes) in data.and_then(Value::map).unwrap_or(&none).iter() {
            let routes = routes
                .array()
                .ok_or_else(|| malformed("a node's branches must be a list"))?;
            self.node(&word(source)?)?.routes =
                routes.iter().map(route).collect::<Result<_, _>>()?;
        }
        let start = &self.nodes[0];
        if start.targets.is_empty() && start.routes.is_empty() {
            return Err(malformed("no edge from START"));
        }
        Ok(())
    }
}

fn is_deferred(specs: &Map, name: &str) -> bool {
    let spec = specs.get(name).and_then(Value::map);
    matches!(
        spec.and_then(|spec| spec.get("defer")),
        Some(Value::Bool(true))
    )
}

type Edges = Vec<(String, String)>;
type Joins = Vec<(Vec<String>, String)>;

/// Return edges from one node and edges from several, without duplicates, in declaration order.
fn edges(data: &Map) -> Result<(Edges, Joins), Declined> {
    let (mut edges, mut joins) = (Edges::new(), Joins::new());
    for edge in data.get("edges").and_then(Value::array).unwrap_or_default() {
        let Some([source, target]) = edge.array() else {
            return Err(malformed("an edge has two ends"));
        };
        let target = word(target)?;
        match source {
            Value::Array(several) => {
                let sources = several.iter().map(word).collect::<Result<_, _>>()?;
                if !joins.contains(&(sources, target.clone())) {
                    let sources = several.iter().map(word).collect::<Result<_, _>>()?;
                    joins.push((sources, target));
                }
            }
            one => edges.push((word(one)?, target)),
        }
    }
    let given = |key: &str| data.get(key).and_then(Value::text).map(str::to_owned);
    edges.extend(given("entry").map(|entry| (START.to_owned(), entry)));
    edges.extend(given("finish").map(|finish| (finish, END.to_owned())));
    let sequence = data.get("sequence").and_then(Value::array);
    for pair in sequence.unwrap_or_default().windows(2) {
        edges.push((word(&pair[0])?, word(&pair[1])?));
    }
    let mut once = Edges::new();
    for edge in edges {
        if !once.contains(&edge) {
            once.push(edge);
        }
    }
    Ok((once, joins))
}

fn route(value: &Value) -> Result<Route, Declined> {
    let spec = value.map().filter(|spec| spec.get("path").is_some());
    let Some(spec) = spec else {
        let path = expression(value, Place::Branch)?;
        return Ok(Route { path, ends: None });
    };
    known_keys(spec, &["path", "map"], "a branch")?;
    let ends = match spec.get("map") {
        Some(Value::Map(ends)) => Some(ends.clone()),
        Some(Value::Array(ends)) => {
            let named = ends.iter().map(|name| (name.clone(), name.clone()));
            Some(named.collect())
        }
        _ => None,
    };
    let path = expression(spec.get("path").unwrap_or(&Value::Nil), Place::Branch)?;
    Ok(Route { path, ends })
}
