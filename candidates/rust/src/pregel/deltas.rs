//! Delta channels in a thread: when a snapshot is due, and which writes are stored until then.
//!
//! A checkpoint holds nothing of a delta channel until, after enough updates or supersteps, it holds a
//! snapshot. In between, the value is the last snapshot plus the writes stored with the checkpoints
//! since. If these writes are not the full history (a fork left some behind, a superstep was
//! dropped), the next checkpoint holds a snapshot early (`langgraph.pregel._loop`,
//! `langgraph.channels.delta`).

use std::rc::Rc;

use crate::channels::folding::overwrite_in;
use crate::names::{BUMPS, NULL_TASK};
use crate::pregel::apply::NextVersion;
use crate::pregel::state::{Names, State};
use crate::program::compiled::{Program, Write};
use crate::savers::checkpoints::is_newer;
use crate::savers::stored::PendingWrite;
use crate::value::{Map, Value};

/// The metadata key that counts updates and supersteps since a snapshot.
pub const COUNTERS: &str = "counters_since_delta_snapshot";
const MAX_STEPS: i128 = 5000;

/// Return the delta channels among the written ones.
pub fn written_to<'a>(program: &Program, writes: impl Iterator<Item = &'a Rc<str>>) -> Names {
    let is_delta = |name: &&Rc<str>| program.deltas.iter().any(|(delta, _)| delta == *name);
    writes.filter(is_delta).cloned().collect()
}

/// Return the delta channels that an overwrite replaces, which need a snapshot.
pub fn overwritten(program: &Program, writes: &[Write]) -> Names {
    let replaced = writes
        .iter()
        .filter(|(_, value)| overwrite_in(value).is_some());
    written_to(program, replaced.map(|(name, _)| name))
}

/// Return the delta channels with pending writes.
pub fn left_behind(program: &Program, pending: &[PendingWrite]) -> Names {
    written_to(program, pending.iter().map(|(_, name, _)| name))
}

/// Return the counters after another superstep.
pub fn counted(program: &Program, metadata: &Map, updated: Option<&Names>) -> Option<Value> {
    let mut counters = Map::default();
    for (name, _) in &program.deltas {
        let (updates, steps) = counter(metadata, name);
        let is_updated = updated.is_some_and(|updated| updated.contains(name));
        let counter = [updates + i128::from(is_updated), steps + 1];
        counters.put(name, counter.map(Value::Int).into_iter().collect());
    }
    (!counters.is_empty()).then_some(Value::Map(counters))
}

fn counter(metadata: &Map, name: &str) -> (i128, i128) {
    let counters = metadata.get(COUNTERS).and_then(Value::map);
    let counter = counters.and_then(|counters| counters.get(name)?.array());
    match counter {
        Some([Value::Int(updates), Value::Int(steps)]) => (*updates, *steps),
        _ => (0, 0),
    }
}

/// Return the channels that are due for a snapshot.
pub fn due(program: &Program, metadata: &Map) -> Names {
    let is_due = |(name, frequency): &&(Rc<str>, i128)| {
        let (updates, steps) = counter(metadata, name);
        updates >= *frequency || steps >= MAX_STEPS
    };
    let due = program.deltas.iter().filter(is_due);
    due.map(|(name, _)| name.clone()).collect()
}

/// Remove the counters of channels with a snapshot from metadata.
pub fn settle(metadata: &mut Map, snapshots: &Names) {
    if let Some(Value::Map(counters)) = metadata.get_mut(COUNTERS) {
        for name in snapshots {
            counters.remove(name);
        }
        if counters.is_empty() {
            metadata.remove(COUNTERS);
        }
    }
}

/// Give a new version to snapshots of channels unchanged since the last checkpoint.
///
/// This triggers no node: a node that had seen the old version has seen the new one. The checkpoint
/// records which versions are a snapshot's, and which version the node had seen before.
pub fn bump(state: &mut State, stored: &Map, snapshots: &Names, next: NextVersion) {
    let program = state.program.clone();
    let versions = &mut state.checkpoint.versions;
    let mut moved = Vec::new();
    for (name, _) in &program.deltas {
        let (before, known) = (versions.get(name).cloned(), stored.get(name));
        let is_same = match (&before, known) {
            (Some(before), Some(known)) => before.equals(known),
            (before, known) => before.is_none() && known.is_none(),
        };
        if snapshots.contains(name) && is_same {
            versions.put(name, next(before.as_ref()));
            moved.push((name, before));
        }
    }
    let mut noted = Map::default();
    let seen = &mut state.checkpoint.seen;
    let bumps = seen.get(BUMPS).and_then(Value::map).cloned();
    let bumps = bumps.unwrap_or_default();
    let nodes: Vec<_> = seen.iter().filter_map(|(node, _)| node.text()).collect();
    let nodes: Vec<_> = nodes.into_iter().map(str::to_owned).collect();
    for node in nodes.iter().filter(|node| *node != BUMPS) {
        let seen = seen.inner(node);
        for (name, before) in &moved {
            let known = seen.get(name).cloned();
            let is_behind = match (&known, before) {
                (known, Some(before)) => is_newer(before, known.as_ref()),
                (_, None) => false,
            };
            if is_behind {
                continue;
            }
            let (mark, earlier) = (format!("{node}|{name}"), format!("{node}:{name}"));
            if let Some(known) = known
                && !bumps.get(&mark).is_some_and(|bump| bump.equals(&known))
            {
                noted.put(&earlier, known);
            }
            let version = versions.get(name).cloned().unwrap_or_default();
            noted.put(&mark, version.clone());
            seen.put(name, version);
        }
    }
    if !noted.is_empty() {
        let bumps = seen.inner(BUMPS);
        for (name, version) in noted.iter() {
            bumps.insert(name.clone(), version.clone());
        }
    }
}

/// Return the versions that a node has seen, with a snapshot's replaced by the one before.
pub fn really_seen<'a>(seen: &'a Map, node: &str) -> Vec<&'a Value> {
    let bumps = seen.get(BUMPS).and_then(Value::map);
    let bump = |name: String| bumps.and_then(|bumps| bumps.get(&name));
    let versions = seen.get(node).and_then(Value::map);
    let versions = versions.map(Map::entries).unwrap_or_default();
    let really = versions.iter().filter_map(|(name, version)| {
        let name = name.text()?;
        match bump(format!("{node}|{name}")) {
            Some(bumped) if bumped.equals(version) => bump(format!("{node}:{name}")),
            _ => Some(version),
        }
    });
    really.collect()
}

/// A task's writes to delta channels, stored when the run ends.
pub struct Late {
    pub task: String,
    pub path: String,
    pub writes: Vec<Write>,
}

/// A run's writes to delta channels since a checkpoint was stored.
pub struct DeltaLog {
    program: Rc<Program>,
    /// The pending writes of the checkpoint from which the run started.
    pending: Vec<PendingWrite>,
    /// Whether other runs may continue from that checkpoint too.
    is_shared: bool,
    at_exit: bool,
    has_diverged: bool,
    /// The run's first superstep, once it has started.
    first: Option<i64>,
    is_settled: bool,
    snapshots: Names,
    kept: Vec<(i64, Late)>,
}

impl DeltaLog {
    pub fn new(
        program: &Rc<Program>,
        pending: Vec<PendingWrite>,
        is_shared: bool,
        at_exit: bool,
    ) -> DeltaLog {
        DeltaLog {
            program: program.clone(),
            pending,
            is_shared,
            at_exit,
            has_diverged: false,
            first: None,
            is_settled: false,
            snapshots: Names::new(),
            kept: Vec::new(),
        }
    }

    /// Record that the run does not continue with the pending writes of its checkpoint.
    pub fn diverge(&mut self) {
        self.has_diverged = self.is_shared;
        let left = left_behind(&self.program, &self.pending);
        self.snapshots.extend(left);
    }

    /// Record the channels that writes replace.
    pub fn replace(&mut self, writes: &[Write]) {
        self.snapshots.extend(overwritten(&self.program, writes));
    }

    /// Record writes that are never stored.
    pub fn lose(&mut self, writes: &[Write]) {
        let lost = written_to(&self.program, writes.iter().map(|(name, _)| name));
        self.snapshots.extend(lost);
    }

    /// Record the first superstep; pending writes of other tasks are left behind.
    pub fn begin(&mut self, step: i64, is_task: impl Fn(&str) -> bool) {
        if self.first.is_some() {
            return;
        }
        self.first = Some(step);
        if !self.is_settled {
            let is_other = |(task, ..): &&PendingWrite| &**task != NULL_TASK && !is_task(task);
            let others = self.pending.iter().filter(is_other);
            let left = written_to(&self.program, others.map(|(_, name, _)| name));
            self.snapshots.extend(left);
        }
    }

    /// Keep a task's writes until the run ends, if nothing is stored earlier.
    ///
    /// What the task wrote before the run is stored already.
    pub fn keep(&mut self, step: i64, task: &str, path: String, writes: &[Write]) {
        if !self.at_exit {
            return;
        }
        let mut names = written_to(&self.program, writes.iter().map(|(name, _)| name));
        if task != NULL_TASK {
            let is_stored = |name: &Rc<str>| {
                let mut pending = self.pending.iter();
                pending.any(|(of, channel, _)| &**of == task && channel == name)
            };
            names.retain(|name| !is_stored(name));
        }
        if self.has_diverged {
            // Writes stored with the previous checkpoint would belong to another branch too.
            self.snapshots.extend(names);
        } else if !names.is_empty() {
            let kept = writes.iter().filter(|(name, _)| names.contains(name));
            let late = Late {
                task: task.to_owned(),
                path,
                writes: kept.cloned().collect(),
            };
            self.kept.push((step, late));
        }
    }

    /// Return the channels that need a snapshot, and the writes to store of the others.
    ///
    /// Sorted by id or by path, the writes of supersteps stay in order.
    pub fn settle(&mut self, metadata: &mut Map) -> (Names, Vec<Late>) {
        let mut snapshots = std::mem::take(&mut self.snapshots);
        snapshots.extend(due(&self.program, metadata));
        settle(metadata, &snapshots);
        let first = self.first.unwrap_or_default();
        let mut stored = Vec::new();
        for (step, mut late) in std::mem::take(&mut self.kept) {
            late.writes.retain(|(name, _)| !snapshots.contains(name));
            if late.writes.is_empty() {
                continue;
            }
            if step <= first {
                let mut task = format!("{first:08}{}", &late.task[8..]);
                if task == NULL_TASK {
                    // Writes without a task must not look pending.
                    task.replace_range(task.len() - 1.., "1");
                }
                late.task = task;
            } else {
                let number = format!("{step:08x}");
                let (high, low) = number.split_at(4);
                late.task = format!("ffffffff-{high}-{low}{}", &late.task[18..]);
                late.path = format!("~~{step:010}{}", late.path);
            }
            stored.push(late);
        }
        (self.has_diverged, self.is_settled) = (false, true);
        (snapshots, stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{map, text};

    #[test]
    fn a_snapshot_takes_the_counter_of_its_channel() {
        let counters = map([("a", Value::Nil), ("b", Value::Nil)]);
        let metadata = map([(COUNTERS, counters)]);
        let mut metadata = metadata.map().cloned().unwrap_or_default();
        settle(&mut metadata, &Names::from(["a".into()]));
        let left = metadata.get(COUNTERS).and_then(Value::map);
        assert_eq!(left.map(Map::len), Some(1));
        settle(&mut metadata, &Names::from(["b".into()]));
        assert!(metadata.is_empty());
    }

    #[test]
    fn a_version_that_is_only_a_snapshots_counts_as_the_one_before() {
        let bumps = map([("node|a", text("2")), ("node:a", text("1"))]);
        let seen = map([("node", map([("a", text("2"))])), (BUMPS, bumps)]);
        let seen = seen.map().cloned().unwrap_or_default();
        let versions = really_seen(&seen, "node").into_iter();
        assert_eq!(versions.filter_map(Value::text).collect::<Vec<_>>(), ["1"]);
    }
}
