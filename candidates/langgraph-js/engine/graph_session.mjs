// The graph subject: a compiled program with its own saver.

import { langgraph } from "./packages.mjs";
import { compile } from "./building.mjs";
import { attempted, raise } from "./errors.mjs";
import { Hosts } from "./hosts.mjs";
import { pin } from "./pins.mjs";
import { checkProgram } from "./program.mjs";
import { Saver } from "./saver.mjs";
import { config, payload, snapshot } from "./snapshots.mjs";
import { Unsupported } from "./unsupported.mjs";
import { native, plain } from "./values.mjs";

const { Command, Send } = langgraph;
const RECURSION_LIMIT = 25;

export class GraphSession {
  #graph;
  #saver = null;
  #hosts = new Hosts();
  #count = { made: 0 };
  #unstored = false;

  constructor({ program, saver }) {
    if (![null, "memory"].includes(saver)) {
      throw new Unsupported(`LangGraph.js keeps its ${saver} saver in another package`);
    }
    checkProgram(program);
    if (saver === "memory") this.#saver = new Saver();
    this.#graph = compile(program, this.#hosts, this.#saver ?? undefined);
  }

  async apply({ name, args }) {
    const act = OPERATIONS[name];
    if (act === undefined) throw new Unsupported(`a graph of LangGraph.js has no ${name}`);
    // In JavaScript, every call is asynchronous.
    const { async: _, ...given } = native(args);
    const events = [];
    pin(this.#count);
    const outcome = await attempted(
      () => act.call(this, given, events),
      (error) => error instanceof Unsupported,
    );
    if (this.#hosts.declined) throw this.#hosts.declined;
    return { ...outcome, events };
  }

  async invoke({ input = null, ...run }, events) {
    return await this.#run(input, run, events);
  }
  async stream({ input = null, ...run }, events) {
    return await this.#run(input, run, events);
  }
  async resume({ value, ...run }, events) {
    return await this.#run(new Command({ resume: value }), run, events);
  }
  async resume_map({ values, ...run }, events) {
    const { thread, checkpoint, task: inside } = run;
    const where = await this.#config({ thread, checkpoint, task: inside });
    const { tasks } = await this.#graph.getState(where);
    const pending = tasks.flatMap((task) => task.interrupts);
    const answers = values
      .filter(([index]) => index < pending.length)
      .map(([index, value]) => [pending[index].id, value]);
    return await this.#run(new Command({ resume: Object.fromEntries(answers) }), run, events);
  }
  async command({ command: { goto, ...parts }, ...run }, events) {
    const listed = goto === undefined ? [] : Array.isArray(goto) ? goto : [goto];
    const given = goto === undefined ? parts : { ...parts, goto: listed.map(destination) };
    return await this.#run(new Command(given), run, events);
  }
  async update_state({ values, as_node: asNode, ...where }) {
    return config(
      await this.#graph.updateState(await this.#config(where), values, asNode ?? undefined),
    );
  }
  async bulk_update_state({ supersteps, ...where }) {
    const updates = supersteps.map((step) => ({
      updates: step.map(({ values, as_node: asNode }) => ({ values, asNode })),
    }));
    return config(await this.#graph.bulkUpdateState(await this.#config(where), updates));
  }
  async get_state({ subgraphs = false, ...where }) {
    return snapshot(await this.#graph.getState(await this.#config(where), { subgraphs }));
  }
  async get_state_history({ limit, before, filter, ...where }) {
    const options = {};
    if (limit !== undefined) options.limit = limit;
    if (filter !== undefined) options.filter = filter;
    if (before !== undefined && before !== null) {
      options.before = await this.#config({ thread: where.thread, checkpoint: before });
    }
    const snapshots = [];
    for await (const state of this.#graph.getStateHistory(await this.#config(where), options)) {
      snapshots.push(snapshot(state));
    }
    return snapshots;
  }
  async delete_thread({ thread }) {
    if (this.#saver === null) throw new Unsupported("without a saver there are no threads");
    await this.#saver.deleteThread(thread);
    return null;
  }

  async load_stored() {
    // The serializer of LangGraph.js knows JSON and bytes, and its savers throw on a version that is a
    // string. What this adapter would make of a thread is no longer what was stored.
    throw new Unsupported("LangGraph.js stores JSON, and cannot read MessagePack");
  }

  async #run(
    input,
    {
      modes,
      subgraphs = false,
      durability,
      context,
      interrupt_before: before,
      interrupt_after: after,
      ...where
    },
    events,
  ) {
    if (modes?.includes("messages")) throw new Unsupported("the stream mode messages");
    if (durability === "exit") this.#unstored = true;
    const options = { ...(await this.#config(where)) };
    if (durability !== undefined) options.durability = durability;
    if (context !== undefined) options.context = context;
    if (before !== undefined) options.interruptBefore = before;
    if (after !== undefined) options.interruptAfter = after;
    if (modes === undefined) return plain(await this.#graph.invoke(input, options));
    const stream = await this.#graph.stream(input, { ...options, streamMode: modes, subgraphs });
    for await (const item of stream) {
      const [namespace, mode, given] = subgraphs ? item : [[], ...item];
      events.push([mode, namespace, payload(mode, given)]);
    }
    return null;
  }

  async #config({
    thread,
    checkpoint,
    task,
    recursion_limit: limit = RECURSION_LIMIT,
    max_concurrency: width,
    ...unknown
  }) {
    const [name] = Object.keys(unknown);
    if (name !== undefined) throw new Unsupported(`the argument ${name}`);
    const configurable = {};
    if (thread !== undefined && thread !== null) configurable.thread_id = thread;
    if (checkpoint !== undefined && checkpoint !== null) {
      if (this.#unstored)
        throw new Unsupported("checkpoints that were not stored cannot be counted");
      configurable.checkpoint_ns = "";
      configurable.checkpoint_id = this.#saver?.id(checkpoint);
    }
    const given = { configurable, recursionLimit: limit };
    if (width !== undefined && width !== null) given.maxConcurrency = width;
    if (task === undefined || task === null) return given;
    const state = (await this.#graph.getState(given)).tasks[task]?.state;
    if (!state) raise("ValueError", `no subgraph at task ${task}`);
    return { ...given, configurable: state.configurable };
  }
}

const destination = (target) => (typeof target === "string" ? target : new Send(...target.send));

const OPERATIONS = Object.fromEntries(
  Object.getOwnPropertyNames(GraphSession.prototype)
    .filter((name) => !["constructor", "apply"].includes(name))
    .map((name) => [name, GraphSession.prototype[name]]),
);
