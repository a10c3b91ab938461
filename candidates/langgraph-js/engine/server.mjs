// The methods of the wire: they take params and return a result.

import { ChannelSession } from "./channel_session.mjs";
import { GraphSession } from "./graph_session.mjs";
import { version } from "./packages.mjs";
import { Unsupported } from "./unsupported.mjs";

const PROTOCOL = 1;
const sessions = new Map();
let opened = 0;

const methods = {
  handshake({ protocol }) {
    if (protocol !== PROTOCOL) throw new BadRequest(`this engine speaks protocol ${PROTOCOL}`);
    return methods.describe();
  },
  describe() {
    return {
      name: "LangGraph.js",
      version,
      language: `JavaScript, Node ${process.versions.node}`,
      levels: { channel: "trace", graph: "trace" },
      engaged: {},
      protocol: PROTOCOL,
    };
  },
  open({ subject }) {
    opened += 1;
    sessions.set(opened, session(subject));
    return opened;
  },
  async apply({ session, operation }) {
    return await outcome(known(session), operation);
  },
  close({ session }) {
    known(session);
    sessions.delete(session);
    return null;
  },
  async run({ case: { subject, operations } }) {
    const own = session(subject);
    const outcomes = [];
    for (const operation of operations) outcomes.push(await outcome(own, operation));
    return outcomes;
  },
  async measure({ case: { subject, operations }, loops }) {
    let total = 0n;
    for (let loop = 0; loop < loops; loop += 1) {
      const own = session(subject);
      const began = process.hrtime.bigint();
      for (const operation of operations) await own.apply(operation);
      total += process.hrtime.bigint() - began;
    }
    return Number(total);
  },
  shutdown() {
    sessions.clear();
    return null;
  },
};

class BadRequest extends Error {}

function session({ kind, spec }) {
  if (kind === "channel") return new ChannelSession(spec);
  if (kind === "graph") return new GraphSession(spec);
  throw new Unsupported(`LangGraph.js is asked for channels and graphs, not for a ${kind}`);
}

function known(number) {
  if (!sessions.has(number)) throw new BadRequest(`no open session ${number}`);
  return sessions.get(number);
}

async function outcome(own, operation) {
  try {
    return { events: [], stored: {}, dropped: [], ...(await own.apply(operation)) };
  } catch (error) {
    if (error instanceof Unsupported) return { unsupported: error.message };
    throw error;
  }
}

// Returns [error, result], one of which is null.
export async function answer(method, params) {
  try {
    if (!Object.hasOwn(methods, method)) throw new BadRequest(`no method ${method}`);
    return [null, await methods[method](params)];
  } catch (error) {
    const code =
      error instanceof Unsupported
        ? "unsupported"
        : error instanceof BadRequest
          ? "bad-request"
          : "engine";
    const failure = { code, message: error.message || error.name };
    return [code === "engine" ? { ...failure, detail: error.stack } : failure, null];
  }
}
