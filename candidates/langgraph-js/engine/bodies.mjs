// Running the instructions of a node's body.

import { raise } from "./errors.mjs";
import { evaluate, falsy, isOperator } from "./language.mjs";
import { Unsupported } from "./unsupported.mjs";

const ON = Symbol("a list of instructions that came to no return");

// Runs a body and returns its node's result: the writes, or nothing.
export async function runBody(body, scope) {
  const update = {};
  const returned = await run(body, scope, update);
  if (returned !== ON) return returned;
  return Object.keys(update).length > 0 ? update : null;
}

// Awaits only calls, so that a body without calls runs synchronously.
async function run(body, scope, update) {
  for (const instruction of body) {
    const [[name, argument]] = Object.entries(instruction);
    if (name === "write" || name === "let") {
      const target = name === "write" ? update : scope.variables;
      for (const [key, expression] of Object.entries(argument)) {
        target[key] = calls(expression)
          ? await value(expression, scope)
          : evaluate(expression, scope);
      }
    } else if (name === "return") {
      return calls(argument) ? await value(argument, scope) : evaluate(argument, scope);
    } else if (name === "when") {
      const [condition, then, otherwise = []] = argument;
      const chosen = falsy(evaluate(condition, scope)) ? otherwise : then;
      const returned = await run(chosen, scope, update);
      if (returned !== ON) return returned;
    } else if (name === "raise") {
      raise(argument.type, argument.message);
    } else if (name === "emit") {
      scope.host.emit(evaluate(argument, scope));
    } else if (name === "drain") {
      scope.host.drain(argument);
    } else {
      throw new Unsupported(`the instruction ${name}`);
    }
  }
  return ON;
}

const nests = (expression) => expression !== null && typeof expression === "object";

function calls(expression) {
  if (Array.isArray(expression)) return expression.some(calls);
  if (!nests(expression)) return false;
  return "call" in expression || Object.values(expression).some(calls);
}

// Evaluates an expression that may hold calls, but not inside another operator.
async function value(expression, scope) {
  if (Array.isArray(expression)) {
    const items = [];
    for (const item of expression) items.push(await value(item, scope));
    return items;
  }
  if (!nests(expression)) return evaluate(expression, scope);
  const entries = Object.entries(expression);
  if (entries.length === 1 && entries[0][0] === "call") {
    const [name, argument] = entries[0][1];
    return await scope.host.call(name, evaluate(argument, scope));
  }
  if (entries.length === 1 && isOperator(entries[0][0])) return evaluate(expression, scope);
  const given = {};
  for (const [key, argument] of entries) given[key] = await value(argument, scope);
  return given;
}
