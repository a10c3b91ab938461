// Builds the compiled `StateGraph` of a program, with its subgraphs.

import { InMemoryCache, RunnableLambda, langgraph } from "./packages.mjs";
import { makeChannel } from "./channels.mjs";
import { evaluate, text } from "./language.mjs";
import { commands } from "./program.mjs";
import { reducer, EMPTY } from "./reducers.mjs";
import { Unsupported } from "./unsupported.mjs";

const { Annotation, StateGraph, END } = langgraph;

export function compile(program, hosts, checkpointer, place = []) {
  const graphs = {};
  for (const [name, { program: inner, checkpointer: own }] of Object.entries(
    program.subgraphs ?? {},
  )) {
    graphs[name] = compile(inner, hosts, own ?? undefined, [...place, name]);
  }
  try {
    return build(program, hosts, graphs, place).compile({
      checkpointer,
      interruptBefore: program.interrupt_before ?? [],
      interruptAfter: program.interrupt_after ?? [],
      ...(program.cache ? { cache: new InMemoryCache() } : {}),
    });
  } catch (error) {
    if (error instanceof Unsupported) throw error;
    throw new Unsupported(`LangGraph.js refuses the program: ${error.message.split("\n")[0]}`);
  }
}

function build(program, hosts, graphs, place) {
  const channels = fields({ ...program.state, ...program.private });
  const schema = (names) =>
    Annotation.Root(Object.fromEntries(names.map((name) => [name, channels[name]])));
  const graph = new StateGraph(schema(Object.keys(program.state)), {
    ...(program.input ? { input: schema(program.input) } : {}),
    ...(program.output ? { output: schema(program.output) } : {}),
  });
  const { error_handler: handler, ...defaults } = program.defaults ?? {};
  if (program.defaults) {
    const errorHandler =
      handler && hosts.function(handler, [...place, "", "error_handler"], graphs);
    graph.setNodeDefaults({ ...policies(defaults), ...(handler ? { errorHandler } : {}) });
  }
  const names = Object.keys(program.nodes);
  for (const [name, node] of Object.entries(program.nodes)) {
    const action = node.subgraph
      ? graphs[node.subgraph]
      : hosts.function(node.body, [...place, name], graphs);
    const options = { ...policies(node) };
    if (node.input) options.input = schema(node.input);
    if (node.defer) options.defer = true;
    if (node.metadata) options.metadata = node.metadata;
    if (node.error_handler) {
      options.errorHandler = hosts.function(
        node.error_handler,
        [...place, name, "error_handler"],
        graphs,
      );
    }
    // LangGraph.js requires declared ends of commands; those of subgraphs may lead here too.
    if (commands(node) || node.subgraph) options.ends = [...names, END];
    graph.addNode(name, action, options);
  }
  connect(graph, program, hosts);
  return graph;
}

function connect(graph, program, hosts) {
  for (const [source, target] of edges(program)) graph.addEdge(source, target);
  for (const [source, routes] of Object.entries(program.branches ?? {})) {
    for (const [index, route] of routes.entries()) {
      const mapped = isMapped(route);
      const path = mapped ? route.path : route;
      if (mapped && route.input !== undefined) throw new Unsupported("a branch's own input");
      const go = (input) => hosts.route(path, input);
      // Two branches of a node need different names, which these functions do not have.
      const branch = RunnableLambda.from(go);
      branch.name = `route_${index}`;
      if (mapped && route.map instanceof Map)
        throw new Unsupported("a path map with a key that is no string");
      graph.addConditionalEdges(source, branch, mapped ? route.map : undefined);
    }
  }
}

const isMapped = (route) =>
  route !== null &&
  typeof route === "object" &&
  !Array.isArray(route) &&
  "path" in route &&
  ("map" in route || "input" in route);

function* edges({ edges = [], entry, finish, sequence = [] }) {
  yield* edges;
  if (entry) yield ["__start__", entry];
  if (finish) yield [finish, "__end__"];
  for (let index = 1; index < sequence.length; index += 1)
    yield [sequence[index - 1], sequence[index]];
}

// Schemas with the same field share its channel.
function fields(declared) {
  return Object.fromEntries(
    Object.entries(declared).map(([name, field]) => {
      if (field.channel) return [name, makeChannel(field.channel)];
      if (field.reducer === undefined) return [name, Annotation()];
      return [name, Annotation({ reducer: reducer(field.reducer), default: EMPTY[field.type] })];
    }),
  );
}

function policies({ retry, cache }) {
  const options = {};
  if (retry !== undefined) {
    if (Array.isArray(retry)) throw new Unsupported("a list of retry policies");
    options.retryPolicy = {
      // Engines do not wait between attempts.
      initialInterval: 0,
      jitter: false,
      logWarning: false,
      ...(retry.max_attempts === undefined ? {} : { maxAttempts: Number(retry.max_attempts) }),
      ...(retry.on ? { retryOn: (error) => retry.on.includes(error.name) } : {}),
    };
  }
  if (cache !== undefined) {
    if (cache.ttl) throw new Unsupported("a cache that forgets by the clock");
    options.cachePolicy = cache.key
      ? {
          keyFunc: (input) =>
            text(evaluate(cache.key, { input: input[0] ?? input, variables: {}, host: {} })),
        }
      : true;
  }
  return options;
}
