// LangGraph.js's validation of savers, as its library runs it in vitest, and its tests of delta
// channels, which the validation leaves to each saver to ask for.
import { deltaChannelHistoryTests, validate } from "@langchain/langgraph-checkpoint-validation";
import { checkpointerName, createCheckpointer } from "./saver.mjs";

validate({ checkpointerName, createCheckpointer });
describe(checkpointerName, () => {
  deltaChannelHistoryTests({ checkpointerName, createCheckpointer });
});
