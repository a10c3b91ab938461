// The host of bodies and branches: LangGraph.js, through its documented interfaces.

import { langgraph } from "./packages.mjs";
import { runBody } from "./bodies.mjs";
import { evaluate } from "./language.mjs";
import { messageOf } from "./errors.mjs";
import { Unsupported } from "./unsupported.mjs";

const INFO = {
  attempt: ({ nodeAttempt }) => nodeAttempt,
  task_id: ({ taskId }) => taskId,
  checkpoint_ns: ({ checkpointNs }) => checkpointNs,
  thread_id: ({ threadId }) => threadId,
};

// Makes the functions of a session's nodes, and counts how often they start.
export class Hosts {
  #visits = new Map();
  // LangGraph.js would treat this error as the node's own, and retry or handle it.
  declined = null;

  // Evaluates a branch.
  route(path, input) {
    try {
      return evaluate(path, { input, variables: {}, host: {} });
    } catch (error) {
      throw this.#kept(error);
    }
  }

  // A node's function; an error handler gets `failure` in addition to the state.
  function(body, place, graphs) {
    return async (input, ...more) => {
      const config = more.at(-1);
      const failure = more.length > 1 ? more[0] : null;
      const key = JSON.stringify(place);
      this.#visits.set(key, (this.#visits.get(key) ?? 0) + 1);
      const host = hostOf(config, failure, graphs, this.#visits.get(key));
      try {
        return await runBody(body, { host, input, variables: {} });
      } catch (error) {
        throw this.#kept(error);
      }
    };
  }

  #kept(error) {
    if (error instanceof Unsupported) this.declined ??= error;
    return error;
  }
}

const hostOf = (config, failure, graphs, visits) => ({
  visits,
  context: config.context,
  interrupt: (value) => langgraph.interrupt(value),
  emit: (value) => config.writer?.(value),
  drain: (reason) => config.control.requestDrain(reason),
  info: (name) => INFO[name](config.executionInfo) ?? null,
  error: (name) => ERROR[name](failure),
  call: async (name, argument) => await graphs[name].invoke(argument, config.configurable && {}),
});

const ERROR = {
  node: ({ node }) => node,
  type: ({ error }) => error.name,
  message: ({ error }) => messageOf(error),
};
