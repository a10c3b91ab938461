package engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bsc.langgraph4j.CompileConfig;
import org.bsc.langgraph4j.CompiledGraph;
import org.bsc.langgraph4j.GraphStateException;
import org.bsc.langgraph4j.RunnableConfig;
import org.bsc.langgraph4j.StateGraph;
import org.bsc.langgraph4j.action.AsyncCommandAction;
import org.bsc.langgraph4j.action.AsyncNodeActionWithConfig;
import org.bsc.langgraph4j.action.Command;
import org.bsc.langgraph4j.checkpoint.MemorySaver;
import org.bsc.langgraph4j.state.AgentState;

/** A graph program, built with langgraph4j's API as a user would. */
final class Program {
    private static final Set<String> PARTS = Set.of(
            "state", "nodes", "edges", "branches", "interrupt_before", "interrupt_after", "entry", "finish",
            "sequence", "subgraphs", "context");

    /** Constructs of bodies that langgraph4j lacks; `graph` is a command to a parent graph. */
    private static final List<String> MISSING = List.of(
            "interrupt", "send", "graph", "emit", "drain", "wait", "call", "message", "store_get", "store_put",
            "store_search", "store_delete");

    final List<String> fields;
    final CompiledGraph<AgentState> graph;
    private final Map<String, Object> spec;
    private final StateGraph<AgentState> built;
    private final Map<String, Long> visits = new HashMap<>();
    private final Map<String, String> names = new LinkedHashMap<>();

    /** Builds and compiles; a graph that langgraph4j refuses with a message is unsupported. */
    Program(Map<String, Object> spec, MemorySaver saver) {
        this.spec = spec;
        for (String part : spec.keySet()) {
            if (!PARTS.contains(part)) {
                throw new Unsupported("no " + part);
            }
        }
        fields = new ArrayList<>(Data.map(spec.get("state")).keySet());
        built = new StateGraph<>(Fields.of(Data.map(spec.get("state"))), AgentState::new);
        try {
            nodes();
            edges();
            branches();
            CompileConfig.Builder config = CompileConfig.builder();
            config.interruptsBefore(breakpoints("interrupt_before"));
            config.interruptsAfter(breakpoints("interrupt_after"));
            if (saver != null) {
                config.checkpointSaver(saver);
            }
            graph = compiled(config.build());
        } catch (GraphStateException refused) {
            throw new Unsupported("refused when it compiles: " + refused.getMessage());
        }
    }

    /** compile() crashes on some graphs without naming the problem. */
    private CompiledGraph<AgentState> compiled(CompileConfig config) throws GraphStateException {
        try {
            return built.compile(config);
        } catch (RuntimeException failure) {
            throw new RaisedError(failure.getClass().getName(), String.valueOf(failure.getMessage()));
        }
    }

    /** langgraph4j's name of a node; its start and end have other names. */
    static String name(String node) {
        return switch (node) {
            case "__start__" -> StateGraph.START;
            case "__end__" -> StateGraph.END;
            default -> node;
        };
    }

    /** Whether an instruction, an operator or a part of one has this name. */
    private static boolean says(Object code, String name) {
        if (code instanceof Map<?, ?> parts) {
            return parts.containsKey(name) || parts.values().stream().anyMatch(part -> says(part, name));
        }
        return code instanceof List<?> items && items.stream().anyMatch(item -> says(item, name));
    }

    private void nodes() throws GraphStateException {
        Map<String, Object> nodes = Data.map(spec.get("nodes"));
        nodes.keySet().forEach(node -> names.put(node, node));
        names.put(StateGraph.END, StateGraph.END);
        for (Map.Entry<String, Object> node : nodes.entrySet()) {
            for (Map.Entry<String, Object> part : Data.map(node.getValue()).entrySet()) {
                switch (part.getKey()) {
                    case "body" -> body(node.getKey(), Data.list(part.getValue()));
                    case "subgraph" -> built.addNode(node.getKey(), subgraph((String) part.getValue()));
                    default -> throw new Unsupported("no node with a " + part.getKey());
                }
            }
        }
    }

    private void body(String name, List<Object> body) throws GraphStateException {
        for (String construct : MISSING) {
            if (says(body, construct)) {
                throw new Unsupported("no " + construct);
            }
        }
        if (says(body, "command")) {
            built.addNode(name, AsyncCommandAction.<AgentState>command_async((state, config) -> {
                Object returned = visit(name, state, config).run(body);
                return returned instanceof Command command ? command : new Command(Data.map(returned));
            }), names);
        } else {
            built.addNode(name, AsyncNodeActionWithConfig.<AgentState>node_async(
                    (state, config) -> Data.map(visit(name, state, config).run(body))));
        }
    }

    private Visit visit(String name, AgentState state, RunnableConfig config) {
        return new Visit(state.data(), config, visits.merge(name, 1L, Long::sum));
    }

    private CompiledGraph<AgentState> subgraph(String name) {
        Map<String, Object> parts = Data.map(Data.map(spec.get("subgraphs")).get(name));
        if (parts.get("checkpointer") != null) {
            throw new Unsupported("no subgraph with or without a checkpointer of its own");
        }
        return new Program(Data.map(parts.get("program")), null).graph;
    }

    private void edges() throws GraphStateException {
        List<Object> edges = new ArrayList<>(Data.list(spec.get("edges")));
        if (spec.get("entry") instanceof String entry) {
            edges.add(List.of("__start__", entry));
        }
        if (spec.get("finish") instanceof String finish) {
            edges.add(List.of(finish, "__end__"));
        }
        if (spec.containsKey("sequence")) {
            throw new Unsupported("no add_sequence");
        }
        for (Object edge : edges) {
            List<Object> ends = Data.list(edge);
            if (!(ends.get(0) instanceof String from)) {
                throw new Unsupported("no edge that waits for several nodes");
            }
            built.addEdge(name(from), name((String) ends.get(1)));
        }
    }

    private void branches() throws GraphStateException {
        for (Map.Entry<String, Object> branch : Data.map(spec.get("branches")).entrySet()) {
            List<Object> paths = Data.list(branch.getValue());
            if (paths.size() != 1) {
                throw new Unsupported("no node with two conditional edges");
            }
            Object path = paths.get(0);
            Object map = null;
            if (path instanceof Map<?, ?> parts && parts.containsKey("path")) {
                path = parts.get("path");
                map = parts.get("map");
            }
            if (says(path, "send")) {
                throw new Unsupported("no send");
            }
            conditional(branch.getKey(), path, map);
        }
    }

    private void conditional(String from, Object path, Object map) throws GraphStateException {
        Map<String, String> targets = map == null ? names : new LinkedHashMap<>();
        if (map instanceof List<?> listed) {
            listed.forEach(end -> targets.put((String) end, name((String) end)));
        } else {
            Data.map(map).forEach((value, node) -> targets.put(value, name((String) node)));
        }
        boolean named = map == null;
        built.addConditionalEdges(name(from), AsyncCommandAction.<AgentState>command_async((state, config) -> {
            Object chosen = new Visit(state.data(), config, 0).value(path);
            if (chosen instanceof List<?> several && several.size() == 1) {
                chosen = several.get(0);
            }
            if (chosen instanceof List) {
                throw new Unsupported("no conditional edge that gives several names");
            }
            String text = chosen instanceof String name ? name : String.valueOf(chosen);
            return new Command(named ? name(text) : text);
        }), targets);
    }

    private List<String> breakpoints(String part) {
        Object listed = spec.get(part);
        if (listed instanceof String) {
            return new ArrayList<>(Data.map(spec.get("nodes")).keySet());
        }
        return Data.list(listed).stream().map(String.class::cast).toList();
    }
}
