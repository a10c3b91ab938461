// The parts of a program that this adapter supports, checked before anything is built.

import { UNSUPPORTED } from "./language.mjs";
import { Unsupported } from "./unsupported.mjs";

const PARTS = new Set([
  "state",
  "nodes",
  "edges",
  "branches",
  "interrupt_before",
  "interrupt_after",
  "entry",
  "finish",
  "sequence",
  "schema",
  "input",
  "output",
  "private",
  "context",
  "defaults",
  "cache",
  "subgraphs",
]);
const NODE = new Set([
  "body",
  "subgraph",
  "defer",
  "metadata",
  "input",
  "retry",
  "error_handler",
  "cache",
]);
const POLICIES = new Set(["retry", "error_handler", "cache"]);
const INSTRUCTIONS = ["wait", "store_put", "store_delete"];

export function checkProgram(program) {
  only(program, PARTS, "a program's");
  if ((program.schema ?? "typed_dict") !== "typed_dict") {
    throw new Unsupported(`a state declared as a ${program.schema}`);
  }
  for (const node of Object.values(program.nodes)) only(node, NODE, "a node's");
  only(program.defaults ?? {}, POLICIES, "a default");
  for (const field of Object.values({ ...program.state, ...program.private })) {
    if ("managed" in field) throw new Unsupported(`the managed value ${field.managed}`);
    if (field.type === "messages") throw new Unsupported("a field of messages");
  }
  for (const { program: inner } of Object.values(program.subgraphs ?? {})) checkProgram(inner);
  walk(program.nodes);
}

function only(table, known, whose) {
  for (const key of Object.keys(table)) {
    if (!known.has(key)) throw new Unsupported(`${whose} ${key}`);
  }
}

// Finds unsupported constructs in bodies: maps with one key of such a name.
function walk(part) {
  if (part === null || typeof part !== "object" || part instanceof Uint8Array) return;
  const keys = Array.isArray(part) ? [] : Object.keys(part);
  if (keys.length === 1 && (UNSUPPORTED.has(keys[0]) || INSTRUCTIONS.includes(keys[0]))) {
    throw new Unsupported(`${keys[0]} in a body`);
  }
  if (keys.length === 1 && keys[0] === "lit") return;
  for (const inner of Object.values(part)) walk(inner);
}

// Whether a body contains a command, so that its node's ends must be declared.
export function commands(part) {
  if (part === null || typeof part !== "object") return false;
  return Object.entries(part).some(([key, inner]) => key === "command" || commands(inner));
}
