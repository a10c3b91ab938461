// LangGraph.js's validation of savers, as its library runs it in vitest.
import { validate } from "@langchain/langgraph-checkpoint-validation";
import { checkpointerName, createCheckpointer } from "./saver.mjs";

validate({ checkpointerName, createCheckpointer });
