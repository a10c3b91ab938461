//! LangGraph's reserved names: channels, nodes, kinds of tasks.

pub const START: &str = "__start__";
pub const END: &str = "__end__";
pub const INPUT: &str = "__input__";
pub const PARENT: &str = "__parent__";
pub const ROOT: &str = "__root__";

/// The channel of sent packets.
pub const TASKS: &str = "__pregel_tasks";
pub const PUSH: &str = "__pregel_push";
pub const PULL: &str = "__pregel_pull";
pub const INTERRUPT: &str = "__interrupt__";
pub const RESUME: &str = "__resume__";
pub const ERROR: &str = "__error__";
pub const ERROR_SOURCE_NODE: &str = "__error_source_node__";
pub const NO_WRITES: &str = "__no_writes__";
/// The entry of `versions_seen` for versions that a snapshot made, not a write.
pub const BUMPS: &str = "__snapshot_bumps__";
pub const HANDLER: &str = "node_error_handler";
/// The config key of the enclosing checkpoints' ids, by namespace.
pub const CHECKPOINT_MAP: &str = "checkpoint_map";
/// The node that handles failures of nodes without a handler of their own.
pub const DEFAULT_HANDLER: &str = "__default_error_handler__";
/// The task id of writes without a task.
pub const NULL_TASK: &str = "00000000-0000-0000-0000-000000000000";

/// Writes with one slot per task: a later one replaces an earlier one.
const SLOTS: [(&str, i64); 4] = [
    (ERROR, -1),
    ("__scheduled__", -2),
    (INTERRUPT, -3),
    (RESUME, -4),
];

/// Names that nodes and fields may not have, besides those that start with `__pregel_`.
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

/// Return whether a write records a task's state, not its output.
pub fn is_control(channel: &str) -> bool {
    matches!(channel, ERROR | ERROR_SOURCE_NODE | INTERRUPT | RESUME)
}

/// Return whether a write is recorded for a task but never applied to a channel.
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

/// Return the name of the node that handles a node's failure.
pub fn handler_of(node: &str) -> String {
    format!("__error_handler__{node}")
}

/// Return a namespace without task ids: the names of its nodes.
pub fn without_ids(namespace: &str) -> String {
    let names = namespace
        .split('|')
        .map(|part| part.split(':').next().unwrap_or_default());
    names.collect::<Vec<_>>().join("|")
}

/// Return the namespace of the task that encloses a task's run.
pub fn enclosing_namespace(namespace: &str) -> String {
    let mut parts: Vec<_> = namespace.split('|').collect();
    parts.pop();
    // From a task's second nested run on, the namespace has a number.
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
        assert_eq!(enclosing_namespace("outer:1|inner:2"), "outer:1");
        assert_eq!(enclosing_namespace("outer:1|1|inner:2"), "outer:1");
    }

    #[test]
    fn an_interrupt_has_a_slot_and_reaches_no_channel() {
        assert_eq!(slot(INTERRUPT), Some(-3));
        assert!(is_never_applied(INTERRUPT) && !is_never_applied(TASKS));
    }
}
