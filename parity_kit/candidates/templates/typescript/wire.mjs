// @ts-check
// The wire: frames, requests and sessions (see: parity-kit docs protocol). You need not change this file.

import { pack, unpack } from "./msgpack.mjs";

/** @typedef {Record<string, any>} Args */
/** @typedef {{kind: string, spec: Args}} Subject */
/** @typedef {{value: unknown, stored?: Record<string, Uint8Array>, dropped?: string[], events?: unknown[]}} Returned */
/** @typedef {{error: string, message: string}} Raised */
/** @typedef {Returned | Raised} Outcome */
/** @typedef {{apply(name: string, args: Args): Outcome | Promise<Outcome>}} Session */
/** @typedef {{describe(): Args, open(subject: Subject, pins: Args): Session}} Engine */

const PROTOCOL = 1;
const HEAD = 4;

/** The engine does not support the request: a gap, never a fault. */
export class Unsupported extends Error {}

class BadRequest extends Error {}

/**
 * Answers requests until the host sends `shutdown`.
 * @param {Engine} engine
 */
export async function serve(engine) {
  // Only frames may go to stdout, so anything that prints writes to the log on stderr.
  const send = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  const methods = methodsOf(engine);
  for await (const body of bodies(process.stdin)) {
    const [, msgid, method, params] = plain(unpack(body));
    const answer = pack([1, msgid, ...(await answered(methods, method, params))]);
    const head = Buffer.alloc(HEAD);
    head.writeUInt32BE(answer.length);
    await new Promise((done) => send(Buffer.concat([head, answer]), () => done(null)));
    if (method === "shutdown") break;
  }
  process.exit(0);
}

/**
 * Yields the body of each frame; a frame is a length of four bytes, then that many bytes.
 * @param {AsyncIterable<Buffer>} source
 */
async function* bodies(source) {
  /** @type {Buffer[]} */
  let pieces = [];
  let length = 0;
  for await (const piece of source) {
    pieces.push(piece);
    length += piece.length;
    while (length >= HEAD) {
      if (pieces[0].length < HEAD) pieces = [Buffer.concat(pieces)];
      const end = HEAD + pieces[0].readUInt32BE();
      if (length < end) break;
      // Join only once the frame is complete: a large one arrives in a thousand pieces.
      const joined = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
      yield joined.subarray(HEAD, end);
      pieces = [joined.subarray(end)];
      length -= end;
    }
  }
}

/**
 * @param {Engine} engine
 * @returns {Record<string, (params: Args) => unknown>}
 */
function methodsOf(engine) {
  const sessions = new Map();
  let opened = 0;
  const describe = () => ({ engaged: {}, protocol: PROTOCOL, ...engine.describe() });
  const known = (/** @type {number} */ session) => {
    if (!sessions.has(session)) throw new BadRequest(`no open session ${session}`);
    return sessions.get(session);
  };
  return {
    describe,
    handshake({ protocol }) {
      if (protocol !== PROTOCOL) throw new BadRequest(`this engine speaks protocol ${PROTOCOL}`);
      return describe();
    },
    open({ subject, pins }) {
      sessions.set((opened += 1), engine.open(subject, pins));
      return opened;
    },
    apply: ({ session, operation }) => outcome(known(session), operation),
    close({ session }) {
      known(session);
      sessions.delete(session);
      return null;
    },
    async run({ case: { subject, operations, pins } }) {
      const session = engine.open(subject, pins);
      const outcomes = [];
      for (const operation of operations) outcomes.push(await outcome(session, operation));
      return outcomes;
    },
    measure() {
      throw new Unsupported("measure is not implemented");
    },
    shutdown: () => null,
  };
}

/**
 * @param {Session} session
 * @param {Args} operation
 */
async function outcome(session, { name, args }) {
  try {
    return { events: [], stored: {}, dropped: [], ...(await session.apply(name, args)) };
  } catch (error) {
    if (error instanceof Unsupported) return { unsupported: error.message };
    throw error;
  }
}

/**
 * Returns an error and a result, one of which is null.
 * @param {ReturnType<typeof methodsOf>} methods
 * @param {string} method
 * @param {Args} params
 */
async function answered(methods, method, params) {
  try {
    if (!Object.hasOwn(methods, method)) throw new BadRequest(`no method ${method}`);
    return [null, await methods[method](params)];
  } catch (caught) {
    const error = caught instanceof Error ? caught : new Error(String(caught));
    if (error instanceof Unsupported)
      return [{ code: "unsupported", message: error.message }, null];
    if (error instanceof BadRequest) return [{ code: "bad-request", message: error.message }, null];
    return [{ code: "engine", message: error.message, detail: error.stack ?? "" }, null];
  }
}

/**
 * Turns a request's maps into objects; a value to encode or store stays as `unpack` returned it.
 * @param {any} value
 * @returns {any}
 */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(
    [...value].map(([key, entry]) => [key, key === "value" ? entry : plain(entry)]),
  );
}
