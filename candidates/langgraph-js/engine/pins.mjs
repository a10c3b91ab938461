// The ids of checkpoints, made by counting.
//
// LangGraph.js makes them by chance, and derives the ids of tasks from them, by which it sorts the
// writes of a delta channel: unpinned, the same program gives now one result and now another.

import { uuid } from "./packages.mjs";

let current = { made: 0 };

uuid.v6 = () => {
  current.made += 1;
  return checkpointId(current.made);
};

export const checkpointId = (k) => `00000000-0000-6000-8000-${k.toString(16).padStart(12, "0")}`;

// Makes the ids of a session the next ones; it keeps its own count.
export function pin(count) {
  current = count;
}
