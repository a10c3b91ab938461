// @ts-check
// your-engine, a LangGraph engine for Parity Kit. README.md says what to implement, step by step.

import { Unsupported, serve } from "./wire.mjs";

/** @typedef {import("./wire.mjs").Args} Args */
/** @typedef {import("./wire.mjs").Outcome} Outcome */
/** @typedef {import("./wire.mjs").Subject} Subject */

/**
 * Returns the opened form of stored bytes (see: parity-kit docs contract).
 * @param {Uint8Array} data
 * @returns {unknown}
 */
function decode(data) {
  if (data.length === 1 && data[0] < 0x80) return data[0];
  throw new Unsupported("decoding more than a small integer is not implemented");
}

/**
 * Returns the bytes that LangGraph would store for an opened value.
 * @param {unknown} value
 * @returns {Uint8Array}
 */
function encode(value) {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) < 0x80) {
    return Uint8Array.of(Number(value));
  }
  throw new Unsupported("encoding more than a small integer is not implemented");
}

/** The codec subject: reads and writes the values that LangGraph stores. */
class Codec {
  /**
   * Applies one operation; `Unsupported` counts as a gap, never as a fault.
   * @param {string} name
   * @param {Args} args
   * @returns {Outcome}
   */
  apply(name, args) {
    const stored = args.type === "msgpack";
    if (name === "decode" && stored) return { value: decode(args.data) };
    if (name === "round_trip" && stored) return written(decode(args.data));
    if (name === "encode") return written(args.value);
    throw new Unsupported(`${name} is not implemented`);
  }
}

/** @param {unknown} value */
const written = (value) => ({ value: "msgpack", stored: { data: encode(value) } });

serve({
  // Claims a level for each kind of subject that `open` opens.
  describe: () => ({
    name: "your-engine",
    version: "0.1.0",
    language: "TypeScript",
    levels: { codec: "bytes" },
  }),

  // The other kinds are channel, graph, saver, store and cache.
  open(/** @type {Subject} */ { kind }) {
    if (kind === "codec") return new Codec();
    throw new Unsupported(`${kind} subjects are not implemented`);
  },
});
