// Conversion between the contract's values and LangGraph.js's.

import { langgraph } from "./packages.mjs";
import { Ext, IntegralFloat, pack, unpack } from "./msgpack.mjs";
import { quoted } from "./errors.mjs";
import { Unsupported } from "./unsupported.mjs";

const { Send, Overwrite } = langgraph;

// Returns the JavaScript value of a contract value.
export function native(value) {
  if (value === null || typeof value !== "object") {
    if (typeof value === "bigint") {
      throw new Unsupported(`the integer ${value}: a JavaScript number holds 53 bits exactly`);
    }
    return value;
  }
  if (value instanceof IntegralFloat) {
    throw new Unsupported(`the float ${value.value}.0: to JavaScript it is the integer`);
  }
  if (value instanceof Ext) return built(value);
  if (value instanceof Uint8Array) return value;
  if (value instanceof Map) throw new Unsupported("a map with a key that is no string");
  if (Array.isArray(value)) return value.map(native);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, native(entry)]));
}

const CONSTRUCTORS = {
  "builtins.set": (items) => new Set(native(items)),
  "langgraph.types.Overwrite": (parts) => new Overwrite(native(parts.value)),
  "langgraph.types.Send": ([node, argument]) => new Send(node, native(argument)),
};

function built(ext) {
  if (ext.code > 2) throw new Unsupported(`a value of ext code ${ext.code}`);
  const [module, name, argument] = unpack(ext.data);
  const make = CONSTRUCTORS[`${module}.${name}`];
  if (make === undefined) throw new Unsupported(`a value of type ${module}.${name}`);
  return make(argument);
}

// Returns the contract value of a LangGraph.js value.
export function plain(value) {
  if (value === undefined || value === null) return null;
  if (typeof value !== "object") {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new Unsupported(`no value: ${String(value)}`);
    }
    return value;
  }
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Set) return ext(0, ["builtins", "set", [...value].map(plain)]);
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [key, plain(entry)]));
  if (value instanceof Error) return repr(value);
  if (value.lg_name === "Send") {
    return ext(1, ["langgraph.types", "Send", [value.node, plain(value.args)]]);
  }
  if (value.lg_name === "Overwrite") {
    return ext(2, [
      "langgraph.types",
      "Overwrite",
      { value: plain(value.value), type: "__overwrite__" },
    ]);
  }
  if (value.lg_name === "Command") throw new Unsupported("a Command inside a value");
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      key === "__interrupt__" && Array.isArray(entry) ? entry.map(interrupt) : plain(entry),
    ]),
  );
}

// An interrupt, which is an object with `id` and `value` in LangGraph.js.
export function interrupt({ id, value, response_schema: schema }) {
  const fields = { value: plain(value), id: plain(id), response_schema: plain(schema) };
  return ext(2, ["langgraph.types", "Interrupt", fields]);
}

// An error inside a value, formatted as in Python.
export const repr = ({ name, message }) => `${name}(${message ? quoted(message) : ""})`;

const ext = (code, data) => new Ext(code, pack(data));
