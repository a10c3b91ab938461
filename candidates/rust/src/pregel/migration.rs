//! Migrating checkpoints to today's layout (`_migrate_checkpoint` of `Pregel`, `CompiledStateGraph`).
//!
//! Before version 4, sent packets were stored next to the channels, in `pending_sends`. Before
//! version 3, every way to a node had a trigger channel of its own: `start:NODE` from START,
//! `branch:SOURCE:CONDITION:NODE` from a conditional edge, and `SOURCE`, which all its edges shared.
//! Today there is one, `branch:to:NODE`.

use crate::names::{INTERRUPT, START, TASKS, branch_to};
use crate::program::compiled::Program;
use crate::savers::checkpoints::{Checkpoint, is_newer, newest};
use crate::value::{Map, Value};

/// Migrate a checkpoint to today's layout, keeping its version number.
pub fn migrate(program: &Program, checkpoint: &mut Checkpoint, values: &mut Map) {
    let sends = std::mem::take(&mut checkpoint.sends);
    let versions = &mut checkpoint.versions;
    if checkpoint.version < 4 && sends.is_true() {
        let latest = newest(versions.iter().map(|(_, version)| version)).cloned();
        values.put(TASKS, sends);
        versions.put(TASKS, latest.unwrap_or_default());
    }
    if versions.is_empty() || checkpoint.version >= 3 {
        return;
    }
    let mut older = Older {
        program,
        checkpoint,
        values,
    };
    for name in older.names() {
        if let Some(node) = name.strip_prefix("start:") {
            older.rename(&name, node.split(':').next().unwrap_or_default());
        }
    }
    for name in older.names() {
        let parts: Vec<_> = name.split(':').collect();
        if let ["branch", _, _, node] = parts[..] {
            older.rename(&name, node);
        }
    }
    for name in older.names() {
        if name != START && program.node(&name).is_some() {
            older.spread(&name);
        }
    }
}

struct Older<'a> {
    program: &'a Program,
    checkpoint: &'a mut Checkpoint,
    values: &'a mut Map,
}

impl Older<'_> {
    fn names(&self) -> Vec<String> {
        let names = self.checkpoint.versions.iter();
        names
            .filter_map(|(name, _)| name.text().map(str::to_owned))
            .collect()
    }

    /// Replace a trigger that led to one node by that node's trigger.
    fn rename(&mut self, old: &str, node: &str) {
        if self.program.node(node).is_none() {
            return;
        }
        let version = self.checkpoint.versions.remove(old).unwrap_or_default();
        let trigger = branch_to(node);
        if self.values.get(&trigger).is_none()
            && let Some(value) = self.values.remove(old)
        {
            self.values.put(&trigger, value);
        }
        self.take_over(old, node, &version);
    }

    /// Replace a source's trigger by the triggers of all nodes to which its edges lead.
    fn spread(&mut self, source: &str) {
        let version = self.checkpoint.versions.remove(source).unwrap_or_default();
        let held = self.values.remove(source);
        let program = self.program;
        let targets = program
            .node(source)
            .map(|place| &program.nodes[place].targets);
        for (channel, _) in targets.into_iter().flatten() {
            let Some(node) = channel.strip_prefix(&branch_to("")) else {
                continue;
            };
            if let (Some(value), None) = (&held, self.values.get(channel)) {
                self.values.put(channel, value.clone());
            }
            self.take_over(source, node, &version);
        }
        if let Some(Value::Map(seen)) = self.checkpoint.seen.get_mut(INTERRUPT) {
            seen.remove(source);
        }
    }

    /// Give a node's trigger the later of two versions, also in `versions_seen`.
    fn take_over(&mut self, old: &str, node: &str, version: &Value) {
        let trigger = branch_to(node);
        let Checkpoint { versions, seen, .. } = &mut *self.checkpoint;
        put_later(versions, &trigger, version.clone());
        for by in [node, INTERRUPT] {
            if let Some(Value::Map(by)) = seen.get_mut(by)
                && let Some(version) = by.remove(old)
            {
                put_later(by, &trigger, version);
            }
        }
    }
}

/// Put a version under a name, unless it has a later one.
fn put_later(versions: &mut Map, name: &str, version: Value) {
    let known = versions.get(name);
    if known.is_none_or(|known| is_newer(&version, Some(known))) {
        versions.put(name, version);
    }
}
