// LangGraph.js, from the setup's folder, which is the last argument of the command.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(process.argv[2], "package.json"));

export const langgraph = require("@langchain/langgraph");
export const channels = require("@langchain/langgraph/channels");
export const { InMemoryCache } = require("@langchain/langgraph-checkpoint");
export const { RunnableLambda } = require("@langchain/core/runnables");
export const uuid = require("@langchain/core/utils/uuid");
export const { version } = require("@langchain/langgraph/package.json");
