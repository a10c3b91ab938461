// @ts-check
// your-engine, an engine for Parity Kit: README.md says what to fill in, and in which order.

import { Unsupported, serve } from "./wire.mjs";

/** @typedef {import("./wire.mjs").Args} Args */
/** @typedef {import("./wire.mjs").Outcome} Outcome */
/** @typedef {import("./wire.mjs").Subject} Subject */

/**
 * The opened value of stored bytes (see: parity-kit docs contract).
 * @param {Uint8Array} data
 * @returns {unknown}
 */
function decode(data) {
  if (data.length === 1 && data[0] < 0x80) return data[0];
  throw new Unsupported("decode of more than one small integer");
}

/**
 * The bytes that store an opened value.
 * @param {unknown} value
 * @returns {Uint8Array}
 */
function encode(value) {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) < 0x80) {
    return Uint8Array.of(Number(value));
  }
  throw new Unsupported("encode of more than one small integer");
}

/** The subject `codec`: LangGraph's stored values, read and written. */
class Codec {
  /**
   * Does one operation; what is not offered yet is unsupported, which is never wrong.
   * @param {string} name
   * @param {Args} args
   * @returns {Outcome}
   */
  apply(name, args) {
    const stored = args.type === "msgpack";
    if (name === "decode" && stored) return { value: decode(args.data) };
    if (name === "round_trip" && stored) return written(decode(args.data));
    if (name === "encode") return written(args.value);
    throw new Unsupported(`no ${name} of that yet`);
  }
}

/** @param {unknown} value */
const written = (value) => ({ value: "msgpack", stored: { data: encode(value) } });

serve({
  // What can be opened, and how closely it claims to be LangGraph's.
  describe: () => ({
    name: "your-engine",
    version: "0.1.0",
    language: "TypeScript",
    levels: { codec: "bytes" },
  }),

  // Opens a subject; `channel`, `graph` and `saver` are the others.
  open(/** @type {Subject} */ { kind }) {
    if (kind === "codec") return new Codec();
    throw new Unsupported(`no ${kind} yet`);
  },
});
