//! Names that LangGraph's records use: reserved channels, kinds of tasks, where a run begins.

pub const START: &str = "__start__";
pub const END: &str = "__end__";
pub const INPUT: &str = "__input__";
pub const PARENT: &str = "__parent__";
pub const ROOT: &str = "__root__";

/// The channel of the packets that were sent.
pub const TASKS: &str = "__pregel_tasks";
pub const PUSH: &str = "__pregel_push";
pub const PULL: &str = "__pregel_pull";
pub const INTERRUPT: &str = "__interrupt__";
pub const RESUME: &str = "__resume__";
pub const ERROR: &str = "__error__";
pub const ERROR_SOURCE_NODE: &str = "__error_source_node__";
pub const NO_WRITES: &str = "__no_writes__";
/// Among the versions seen: those that came of a snapshot of a delta channel, not of a write.
pub const BUMPS: &str = "__snapshot_bumps__";
pub const HANDLER: &str = "node_error_handler";
/// Where a config holds the ids of the checkpoints around it, by namespace.
pub const CHECKPOINT_MAP: &str = "checkpoint_map";
/// The node that runs for every node that failed and has no handler of its own.
pub const DEFAULT_HANDLER: &str = "__default_error_handler__";
/// The task id of writes that no task made.
pub const NULL_TASK: &str = "00000000-0000-0000-0000-000000000000";

/// Writes that have one slot for each task: a later one takes the place of an earlier.
const SLOTS: [(&str, i64); 4] = [
    (ERROR, -1),
    ("__scheduled__", -2),
    (INTERRUPT, -3),
    (RESUME, -4),
];

/// Names that neither a node nor a field may have, beside those that begin with `__pregel_`.
const RESERVED: [&str; 14] = [
    "langsmith:hidden",
    "configurable",
    "|",
    INPUT,
    NO_WRITES,
    ERROR,
    ERROR_SOURCE_NODE,
    INTERRUPT,
    RESUME,
    BUMPS,
    CHECKPOINT_MAP,
    "checkpoint_id",
    "checkpoint_ns",
    TASKS,
];

/// Return the slot of a write, if it has one.
pub fn slot(channel: &str) -> Option<i64> {
    let entry = SLOTS.iter().find(|(name, _)| *name == channel);
    entry.map(|(_, place)| *place)
}

/// Return whether a write says what became of a task, not what it produced.
pub fn is_control(channel: &str) -> bool {
    matches!(channel, ERROR | ERROR_SOURCE_NODE | INTERRUPT | RESUME)
}

/// Return whether a write is recorded for a task and reaches no channel.
pub fn is_never_applied(channel: &str) -> bool {
    is_control(channel) || matches!(channel, NO_WRITES | PUSH | "__return__")
}

pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.starts_with("__pregel_")
}

/// Return the channel that triggers a node.
pub fn branch_to(node: &str) -> String {
    format!("branch:to:{node}")
}

/// Return the name of the node that runs when a node failed for good.
pub fn handler_of(node: &str) -> String {
    format!("__error_handler__{node}")
}

/// Return the names of the nodes that a namespace is made of, without the ids of their tasks.
pub fn without_ids(namespace: &str) -> String {
    let names = namespace
        .split('|')
        .map(|part| part.split(':').next().unwrap_or_default());
    names.collect::<Vec<_>>().join("|")
}

/// Return the namespace of the task around the run that a task is in.
pub fn around_of(namespace: &str) -> String {
    let mut parts: Vec<_> = namespace.split('|').collect();
    parts.pop();
    // A task's second nested run, and those after it, are told from the first by a number.
    let is_number = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    if parts.last().is_some_and(is_number) {
        parts.pop();
    }
    parts.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_made_of_nodes_and_the_ids_of_their_tasks() {
        assert_eq!(without_ids("outer:1|inner:2"), "outer|inner");
        assert_eq!(around_of("outer:1|inner:2"), "outer:1");
        assert_eq!(around_of("outer:1|1|inner:2"), "outer:1");
    }

    #[test]
    fn an_interrupt_has_a_slot_and_reaches_no_channel() {
        assert_eq!(slot(INTERRUPT), Some(-3));
        assert!(is_never_applied(INTERRUPT) && !is_never_applied(TASKS));
    }
}
