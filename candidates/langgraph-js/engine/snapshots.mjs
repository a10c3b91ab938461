// Configs, snapshots and events of LangGraph.js in the contract's form.

import { interrupt, plain, repr } from "./values.mjs";

// The order of an object's keys means nothing in LangGraph.js, so a config's keys get the contract's
// order.
const IN_SNAPSHOT = ["thread_id", "checkpoint_ns", "checkpoint_id"];
const IN_EVENT = ["checkpoint_ns", "thread_id", "checkpoint_id"];

// A config is its `configurable` part, without the engine's own keys.
export function config(given, order = IN_SNAPSHOT) {
  if (given === null || given === undefined) return null;
  const configurable = given.configurable ?? {};
  const own = Object.keys(configurable).filter((key) => !key.startsWith("__pregel_"));
  const keys = [
    ...order.filter((key) => own.includes(key)),
    ...own.filter((key) => !order.includes(key)),
  ];
  return { configurable: Object.fromEntries(keys.map((key) => [key, plain(configurable[key])])) };
}

export function snapshot(given) {
  const tasks = given.tasks.map(task);
  return {
    values: plain(given.values),
    next: plain(given.next),
    config: config(given.config),
    metadata: plain(given.metadata),
    created_at: plain(given.createdAt),
    parent_config: config(given.parentConfig),
    tasks,
    // Python's snapshot repeats its tasks' interrupts; LangGraph.js has them only in the tasks.
    interrupts: tasks.flatMap((task) => task.interrupts),
  };
}

const isSnapshot = (state) => state !== null && typeof state === "object" && "tasks" in state;

function task({ id, name, path, error, interrupts, state, result }) {
  return {
    id,
    name,
    path: plain(path),
    error: failure(error),
    interrupts: (interrupts ?? []).map(interrupt),
    state: isSnapshot(state) ? snapshot(state) : config(state),
    result: plain(result),
  };
}

// An error inside a task is its class and message; the saver returns it as a map of both.
function failure(error) {
  if (error === null || error === undefined) return null;
  return typeof error === "object" && "message" in error
    ? repr({ name: error.name ?? "Error", message: error.message })
    : plain(error);
}

// The payload of an event.
export function payload(mode, given) {
  if (mode === "checkpoints") return checkpointEvent(given);
  if (mode === "tasks") return taskEvent(given);
  if (mode !== "debug") return plain(given);
  const inside = given.type === "checkpoint" ? checkpointEvent : taskEvent;
  return {
    step: given.step,
    timestamp: given.timestamp,
    type: given.type,
    payload: inside(given.payload),
  };
}

function checkpointEvent({ config: own, parentConfig, values, metadata, next, tasks }) {
  return {
    config: config(own, IN_EVENT),
    parent_config: config(parentConfig, IN_EVENT),
    values: plain(values),
    metadata: plain(metadata),
    next: plain(next),
    tasks: tasks.map(checkpointTask),
  };
}

// A task inside a checkpoint's event, which has only the keys that apply.
function checkpointTask({ id, name, error, interrupts, state, result }) {
  if (error !== undefined) return { id, name, error: failure(error), state: config(state) };
  const item = { id, name, interrupts: interrupts.map(interrupt), state: config(state) };
  return result === undefined ? item : { id, name, result: plain(result), ...item };
}

// A task's event: `triggers` mark its start, a `result` its end.
function taskEvent(given) {
  if ("triggers" in given) {
    const { id, name, input, triggers, metadata } = given;
    const item = { id, name, input: plain(input), triggers: plain(triggers) };
    return metadata === undefined ? item : { ...item, metadata: plain(metadata) };
  }
  const { id, name, error, result, interrupts } = given;
  return {
    id,
    name,
    error: failure(error),
    result: plain(result),
    interrupts: interrupts.map(interrupt),
  };
}
