// LangGraph.js behind Parity Kit's wire protocol: node engine/main.mjs ENVIRONMENT

import { frame, frames } from "./frames.mjs";

// Only frames may go to stdout, so anything that prints writes to the log on stderr.
const send = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

const { pack, unpack } = await import("./msgpack.mjs");
const { answer } = await import("./server.mjs");

for await (const body of frames(process.stdin)) {
  const [, msgid, method, params] = unpack(body);
  const [error, result] = await answer(method, params);
  await new Promise((done) => send(frame(pack([1, msgid, error, result])), done));
  if (method === "shutdown") break;
}
process.exit(0);
