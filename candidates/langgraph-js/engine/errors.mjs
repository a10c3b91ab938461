// Errors: those that programs raise, and what those of LangGraph.js are called on the contract.

class ProgramError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

// Raises an error that a program names.
export function raise(type, message) {
  throw new ProgramError(type, message);
}

// The classes that both have under one name.
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

// What an error says: of a program's KeyError, the text in quotes, as Python has it.
export const messageOf = ({ name, message }) => (name === "KeyError" ? quoted(message) : message);

// A text as Python's `repr` writes it.
export function quoted(text) {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  if (text.includes("'") && !text.includes('"')) return `"${escaped}"`;
  return `'${escaped.replaceAll("'", "\\'")}'`;
}

// Does something and returns its outcome: a value, or the error it raised.
export async function attempted(action, isOurs) {
  try {
    return { value: await action() };
  } catch (error) {
    if (isOurs(error)) throw error;
    if (!(error instanceof Error)) return { error: "Error", message: String(error) };
    return { error: errorName(error), message: messageOf(error) };
  }
}
