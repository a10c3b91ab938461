// The expressions of node bodies and branches (docs/programs.md): total, but for `interrupt`.

import { langgraph } from "./packages.mjs";
import { pack } from "./msgpack.mjs";
import { Unsupported } from "./unsupported.mjs";
import { native, plain } from "./values.mjs";

const { Command, Overwrite, Send } = langgraph;
const RANGE_MAX = 64;

const isMap = (value) =>
  value !== null &&
  typeof value === "object" &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value));

// Returns the value of an expression. A scope has the node's `input`, its `variables`, and the
// `host`, which answers operators that need the engine.
export function evaluate(expression, scope) {
  if (Array.isArray(expression)) return expression.map((item) => evaluate(item, scope));
  if (!isMap(expression)) return native(expression);
  const [name, ...more] = Object.keys(expression);
  if (name !== undefined && more.length === 0 && Object.hasOwn(OPERATORS, name)) {
    return OPERATORS[name](expression[name], scope);
  }
  if (name !== undefined && more.length === 0 && UNSUPPORTED.has(name)) {
    throw new Unsupported(`the operator ${name}`);
  }
  return Object.fromEntries(
    Object.entries(expression).map(([key, value]) => [key, evaluate(value, scope)]),
  );
}

// Operators that this adapter does not support (bodies.mjs has those that call).
export const UNSUPPORTED = new Set([
  "call_all",
  "final",
  "message",
  "previous",
  "store_get",
  "store_search",
]);

const isInteger = (value) => Number.isInteger(value);

function add([first, second], scope) {
  const left = evaluate(first, scope);
  const right = evaluate(second, scope);
  if (typeof left === "number" && typeof right === "number") {
    if (isInteger(left) !== isInteger(right)) return null;
    const total = left + right;
    if (isInteger(left) ? !Number.isSafeInteger(total) : isInteger(total)) {
      throw new Unsupported(`the sum ${total}: a JavaScript number does not hold it exactly`);
    }
    return total;
  }
  if (typeof left === "string" && typeof right === "string") return left + right;
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  return null;
}

export function text(value) {
  if (typeof value === "string") return value;
  return isInteger(value) ? String(value) : "?";
}

function length(value) {
  if (typeof value === "string") return [...value].length;
  if (Array.isArray(value)) return value.length;
  return isMap(value) ? Object.keys(value).length : 0;
}

export function falsy(value) {
  if (value === null || value === undefined || value === false || value === 0) return true;
  return (typeof value === "string" || Array.isArray(value) || isMap(value)) && length(value) === 0;
}

function equal([first, second], scope) {
  const [left, right] = [first, second].map((operand) => pack(plain(evaluate(operand, scope))));
  return left.equals(right);
}

function less([first, second], scope) {
  const left = evaluate(first, scope);
  const right = evaluate(second, scope);
  return isInteger(left) && isInteger(right) && left < right;
}

function range(argument, scope) {
  const count = evaluate(argument, scope);
  if (!isInteger(count)) return [];
  return Array.from({ length: Math.max(0, Math.min(RANGE_MAX, count)) }, (_, index) => index);
}

function send({ to, each: list, as }, scope) {
  const items = evaluate(list, scope);
  return Array.isArray(items) ? items.map((item) => new Send(to, as === undefined ? item : { [as]: item })) : [];
}

function command(argument, scope) {
  const parts = Object.fromEntries(
    Object.entries(argument).map(([key, value]) => [key, evaluate(value, scope)]),
  );
  if ("goto" in parts) parts.goto = destinations(parts.goto);
  if ("update" in parts) parts.update ??= undefined;
  if (parts.graph === "parent") parts.graph = Command.PARENT;
  return new Command(parts);
}

// The targets of a `goto`: names and sends; nested lists are spliced, the rest is dropped.
function destinations(given) {
  const listed = Array.isArray(given) ? given.flat() : [given];
  return listed.filter((target) => typeof target === "string" || target instanceof Send);
}

const OPERATORS = {
  get: (field, { input }) => (isMap(input) ? (input[field] ?? null) : null),
  input: (_, { input }) => input,
  var: (name, { variables }) => variables[name] ?? null,
  lit: (value) => native(value),
  add,
  join: (parts, scope) => parts.map((part) => text(evaluate(part, scope))).join("-"),
  len: (argument, scope) => length(evaluate(argument, scope)),
  eq: equal,
  lt: less,
  not: (argument, scope) => falsy(evaluate(argument, scope)),
  if: ([condition, then, otherwise], scope) =>
    evaluate(falsy(evaluate(condition, scope)) ? otherwise : then, scope),
  range,
  send,
  overwrite: (argument, scope) => new Overwrite(evaluate(argument, scope)),
  interrupt: (argument, scope) => scope.host.interrupt(evaluate(argument, scope)),
  command,
  visits: (_, { host }) => host.visits,
  info: (name, { host }) => host.info(name),
  context: (name, { host }) => host.context?.[name] ?? null,
  error: (name, { host }) => host.error(name),
};

export const isOperator = (name) => Object.hasOwn(OPERATORS, name);
