// Counted checkpoint ids, and moments of which none comes twice.
//
// LangGraph.js makes them at random and derives task ids from them, by which it sorts the writes of
// a delta channel: unpinned, the same program returns different results.

import { uuid } from "./packages.mjs";

// LangGraph's clock has microseconds, this one milliseconds, in which two checkpoints may be made.
let latest = 0;

globalThis.Date = class extends Date {
  constructor(...given) {
    if (given.length === 0) {
      latest = Math.max(Date.now(), latest + 1);
      super(latest);
    } else {
      super(...given);
    }
  }
};

let current = { made: 0 };

uuid.v6 = () => {
  current.made += 1;
  return checkpointId(current.made);
};

export const checkpointId = (k) => `00000000-0000-6000-8000-${k.toString(16).padStart(12, "0")}`;

// Continues with the ids of a session, which has a count of its own.
export function pin(count) {
  current = count;
}
