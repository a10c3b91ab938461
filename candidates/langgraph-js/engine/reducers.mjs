// The named reducers, which follow Python (docs/programs.md), and the empty values of types.

import { raise } from "./errors.mjs";
import { Unsupported } from "./unsupported.mjs";

const isMap = (value) => kind(value) === "dict";

export function kind(value) {
  if (value === null || value === undefined) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  if (typeof value === "string") return "str";
  if (Array.isArray(value)) return "list";
  if (value instanceof Set) return "set";
  if (value instanceof Uint8Array) return "bytes";
  return value.lg_name ?? "dict";
}

const isNumber = (value) => typeof value === "number" || typeof value === "boolean";

function unlike(operator, left, right) {
  return raise(
    "TypeError",
    `unsupported operand type(s) for ${operator}: '${kind(left)}' and '${kind(right)}'`,
  );
}

function add(left, right) {
  if (isNumber(left) && isNumber(right)) return sum(left, right);
  if (typeof left === "string") {
    if (typeof right === "string") return left + right;
    raise("TypeError", `can only concatenate str (not "${kind(right)}") to str`);
  }
  if (Array.isArray(left)) {
    if (Array.isArray(right)) return [...left, ...right];
    raise("TypeError", `can only concatenate list (not "${kind(right)}") to list`);
  }
  return unlike("+", left, right);
}

function sum(left, right) {
  const total = Number(left) + Number(right);
  if (Number.isInteger(total) && (kind(left) === "float" || kind(right) === "float")) {
    throw new Unsupported(`the float ${total}.0: to JavaScript it is the integer`);
  }
  if (Number.isInteger(total) && !Number.isSafeInteger(total)) {
    throw new Unsupported(`the integer ${total}: a JavaScript number holds 53 bits exactly`);
  }
  return total;
}

function larger(left, right, sign) {
  if (
    (isNumber(left) && isNumber(right)) ||
    (typeof left === "string" && typeof right === "string")
  ) {
    return left > right;
  }
  const names = `'${kind(right)}' and '${kind(left)}'`;
  return raise("TypeError", `'${sign}' not supported between instances of ${names}`);
}

export const REDUCERS = {
  add,
  max: (left, right) => (larger(right, left, ">") ? right : left),
  min: (left, right) => (larger(left, right, "<") ? right : left),
  merge(left, right) {
    if (isMap(left) && isMap(right)) return { ...left, ...right };
    return raise("TypeError", `'${kind(isMap(left) ? right : left)}' object is not a mapping`);
  },
  union(left, right) {
    if (left instanceof Set && right instanceof Set) return new Set([...left, ...right]);
    return unlike("|", left, right);
  },
  last: (_, right) => right,
  first: (left) => left,
};

export function reducer(name) {
  if (!Object.hasOwn(REDUCERS, name)) throw new Unsupported(`the reducer ${name}`);
  return REDUCERS[name];
}

// The initial value of a reduced field. Annotations of LangGraph.js have no types: users pass a
// `default`, and this is the value that the field's type has in Python.
export const EMPTY = {
  int: () => 0,
  float() {
    throw new Unsupported("a field that begins at 0.0: to JavaScript it is the integer");
  },
  str: () => "",
  list: () => [],
  dict: () => ({}),
  set: () => new Set(),
  bool: () => false,
};
