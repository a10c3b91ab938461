// A candidate's saver as LangGraph.js's BaseCheckpointSaver: its operations, over two pipes.
//
// A request is a line of JSON, and so is its answer. The calls are synchronous: the tests run one
// after the other, and the engine answers one at a time.
import { readSync, writeSync } from "node:fs";
import {
  BaseCheckpointSaver,
  DeltaSnapshot,
  isDeltaSnapshot,
  MemorySaver,
} from "@langchain/langgraph-checkpoint";

const NAME = process.env.PARITY_KIT_JAVASCRIPT_SAVER;
const requests = Number(process.env.PARITY_KIT_JAVASCRIPT_REQUESTS);
const answers = Number(process.env.PARITY_KIT_JAVASCRIPT_ANSWERS);
const SNAPSHOT = "__snapshot_of_a_delta_channel__"; // JSON has no word for it
const chunk = Buffer.alloc(1 << 16);
let rest = "";
let opened = 0;

function answer() {
  for (;;) {
    const end = rest.indexOf("\n");
    if (end >= 0) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      return JSON.parse(line, (_, value) =>
        value && typeof value === "object" && SNAPSHOT in value
          ? new DeltaSnapshot(value[SNAPSHOT])
          : value,
      );
    }
    const count = readSync(answers, chunk);
    if (count === 0) throw new Error("the candidate's engine is gone");
    rest += chunk.toString("latin1", 0, count); // the kit writes ASCII
  }
}

function where(config) {
  const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable;
  if (thread_id === undefined) throw new Error("a config needs a thread_id");
  return { thread: thread_id, ns: checkpoint_ns ?? "", checkpoint_id };
}

class WireSaver extends BaseCheckpointSaver {
  constructor() {
    super();
    this.number = opened++;
  }

  apply(operation, args) {
    const test = expect.getState().currentTestName ?? "";
    const message = { test, saver: this.number, operation, arguments: args };
    const line = JSON.stringify(message, (_, value) =>
      isDeltaSnapshot(value) ? { [SNAPSHOT]: value.value } : value,
    );
    writeSync(requests, `${line}\n`);
    const { error, value } = answer();
    if (error) throw new Error(error);
    return value;
  }

  async put(config, checkpoint, metadata, new_versions) {
    const { thread, ns, checkpoint_id } = where(config);
    return this.apply("put", { thread, ns, checkpoint, metadata, new_versions, parent: checkpoint_id });
  }

  async putWrites(config, writes, task_id) {
    const { thread, ns, checkpoint_id } = where(config);
    if (checkpoint_id === undefined) throw new Error("a config needs a checkpoint_id");
    this.apply("put_writes", { thread, ns, checkpoint_id, writes, task_id, task_path: "" });
  }

  async getTuple(config) {
    if (config.configurable?.thread_id === undefined) return undefined; // Python raises
    const saved = this.apply("get_tuple", where(config));
    return saved === null ? undefined : tuple(saved);
  }

  async *list(config, options) {
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {};
    const { before, limit, filter } = options ?? {};
    const asked = { thread: thread_id, ns: checkpoint_ns, checkpoint_id, limit, filter };
    asked.before = before?.configurable?.checkpoint_id;
    if (thread_id !== undefined || checkpoint_ns === undefined) {
      for (const saved of this.apply("list", asked)) yield tuple(saved);
      return;
    }
    // A namespace in all threads: Python asks no saver for that.
    let left = limit ?? Infinity;
    for (const saved of this.apply("list", { ...asked, ns: undefined, limit: undefined })) {
      if (saved.config.configurable.checkpoint_ns !== checkpoint_ns) continue;
      if (left-- <= 0) return;
      yield tuple(saved);
    }
  }

  async deleteThread(thread) {
    this.apply("delete_thread", { thread });
  }

  async getDeltaChannelHistory({ config, channels }) {
    return this.apply("delta_history", { ...where(config), channels });
  }
}

function tuple({ config, checkpoint, metadata, parent_config, pending_writes }) {
  const made = { config, checkpoint, metadata, pendingWrites: pending_writes ?? [] };
  return parent_config === null ? made : { ...made, parentConfig: parent_config };
}

// Both SQLite savers keep all values of a checkpoint in it; under this name, one test is skipped.
const SQLITE = "@langchain/langgraph-checkpoint-sqlite";
export const checkpointerName = NAME === "sqlite" ? SQLITE : NAME || "MemorySaver";
export const createCheckpointer = () => (NAME ? new WireSaver() : new MemorySaver());
