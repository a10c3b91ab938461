// Errors that programs raise, and the contract's names of LangGraph.js's errors.

class ProgramError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

// Raises an error named in a program.
export function raise(type, message) {
  throw new ProgramError(type, message);
}

// The classes that Python has under the same name.
const SHARED = {
  EmptyChannelError: "langgraph.checkpoint.base.EmptyChannelError",
  EmptyInputError: "langgraph.errors.EmptyInputError",
  GraphDrained: "langgraph.errors.GraphDrained",
  GraphInterrupt: "langgraph.errors.GraphInterrupt",
  GraphRecursionError: "langgraph.errors.GraphRecursionError",
  InvalidUpdateError: "langgraph.errors.InvalidUpdateError",
  ParentCommand: "langgraph.errors.ParentCommand",
};

export const errorName = (error) => SHARED[error.name] ?? error.name;

// An error's message; a KeyError's is quoted, as in Python.
export const messageOf = ({ name, message }) => (name === "KeyError" ? quoted(message) : message);

// The `repr` of a string.
export function quoted(text) {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  if (text.includes("'") && !text.includes('"')) return `"${escaped}"`;
  return `'${escaped.replaceAll("'", "\\'")}'`;
}

// Calls a function and returns the outcome: a value, or the error it raised.
export async function attempted(action, isOurs) {
  try {
    return { value: await action() };
  } catch (error) {
    if (isOurs(error)) throw error;
    if (!(error instanceof Error)) return { error: "Error", message: String(error) };
    return { error: errorName(error), message: messageOf(error) };
  }
}
