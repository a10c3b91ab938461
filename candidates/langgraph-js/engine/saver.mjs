// The saver of a session's graph, which remembers the order of its checkpoints.

import { langgraph } from "./packages.mjs";
import { checkpointId } from "./pins.mjs";

export class Saver extends langgraph.MemorySaver {
  #ids = [];

  async put(config, checkpoint, metadata) {
    if (!this.#ids.includes(checkpoint.id)) this.#ids.push(checkpoint.id);
    return await super.put(config, checkpoint, metadata);
  }

  // The id of the k-th checkpoint, or an unused id if there is none.
  id(k) {
    return this.#ids[k - 1] ?? checkpointId(0xffffffff + k);
  }
}
