// The channel subject.

import { makeChannel } from "./channels.mjs";
import { attempted } from "./errors.mjs";
import { langgraph } from "./packages.mjs";
import { Unsupported } from "./unsupported.mjs";
import { native, plain } from "./values.mjs";

// The package does not export its serializer, but a saver has one.
const serializer = new langgraph.MemorySaver().serde;

export class ChannelSession {
  #channel;

  constructor(spec) {
    this.#channel = makeChannel(spec);
  }

  async apply({ name, args }) {
    const act = OPERATIONS[name];
    if (act === undefined) throw new Unsupported(`channels of LangGraph.js have no ${name}`);
    const given = native(args);
    return await attempted(
      async () => plain(await act.call(this, given)),
      (error) => error instanceof Unsupported,
    );
  }

  // The stored value; a channel that is empty or never stored has no checkpoint.
  static #checkpoint(channel) {
    try {
      return channel.checkpoint();
    } catch (error) {
      if (error.name === "EmptyChannelError") return undefined;
      throw error;
    }
  }

  update({ values }) {
    return this.#channel.update(values);
  }
  consume() {
    return this.#channel.consume();
  }
  finish() {
    return this.#channel.finish();
  }
  get() {
    return this.#channel.get();
  }
  is_available() {
    return this.#channel.isAvailable();
  }
  async restore() {
    let stored = ChannelSession.#checkpoint(this.#channel);
    if (stored !== undefined) {
      stored = await serializer.loadsTyped(...(await serializer.dumpsTyped(stored)));
    }
    this.#channel = this.#channel.fromCheckpoint(stored);
  }
  load({ value }) {
    this.#channel = this.#channel.fromCheckpoint(value);
  }
  replay_writes({ writes }) {
    if (this.#channel.replayWrites === undefined) {
      throw new Unsupported(`${this.#channel.lc_graph_name} has no operation replay_writes`);
    }
    this.#channel.replayWrites(writes.map((value) => ["", "ch", value]));
  }
}

const OPERATIONS = Object.fromEntries(
  Object.getOwnPropertyNames(ChannelSession.prototype)
    .filter((name) => !["constructor", "apply"].includes(name))
    .map((name) => [name, ChannelSession.prototype[name]]),
);
