package engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.bsc.async.AsyncGenerator;
import org.bsc.langgraph4j.GraphInput;
import org.bsc.langgraph4j.NodeOutput;
import org.bsc.langgraph4j.RunnableConfig;
import org.bsc.langgraph4j.checkpoint.MemorySaver;
import org.bsc.langgraph4j.state.AgentState;
import org.bsc.langgraph4j.subgraph.SubGraphOutput;
import org.msgpack.value.MapValue;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;

/** An open graph: its runs and threads. */
final class Run implements Session {
    private static final Set<String> ARGUMENTS = Set.of(
            "thread", "input", "values", "as_node", "modes", "context", "recursion_limit", "async");
    private static final int LIMIT = 25;

    private final Program program;
    private final MemorySaver saver;

    Run(Map<String, Object> spec, MemorySaver saver) {
        this.saver = saver;
        program = new Program(spec, saver);
    }

    @Override
    public Value apply(String operation, MapValue args) {
        List<Value> events = new ArrayList<>();
        try {
            return outcome(Map.of("value", done(operation, Data.map(Data.of(args)), events)), events);
        } catch (Exception problem) {
            Throwable cause = cause(problem);
            if (cause instanceof Unsupported gap) {
                throw gap;
            }
            String type = cause instanceof RaisedError raised ? raised.type : cause.getClass().getName();
            String message = String.valueOf(cause.getMessage());
            Map<String, Value> error = new LinkedHashMap<>();
            error.put("error", ValueFactory.newString(type));
            error.put("message", ValueFactory.newString(message));
            return outcome(error, events);
        }
    }

    /** Returns the error of a body from langgraph4j's chain of causes, or else langgraph4j's own error. */
    private static Throwable cause(Throwable problem) {
        for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
            if (cause instanceof RaisedError || cause instanceof Unsupported) {
                return cause;
            }
        }
        boolean wraps = problem instanceof CompletionException || problem instanceof ExecutionException;
        return wraps && problem.getCause() != null ? cause(problem.getCause()) : problem;
    }

    private static Value outcome(Map<String, Value> what, List<Value> events) {
        Map<Value, Value> outcome = new LinkedHashMap<>();
        what.forEach((key, value) -> outcome.put(ValueFactory.newString(key), value));
        outcome.put(ValueFactory.newString("events"), ValueFactory.newArray(events));
        outcome.put(ValueFactory.newString("stored"), Outcomes.map());
        outcome.put(ValueFactory.newString("dropped"), ValueFactory.emptyArray());
        return ValueFactory.newMap(outcome);
    }

    private Value done(String operation, Map<String, Object> args, List<Value> events) throws Exception {
        for (String argument : args.keySet()) {
            if (!ARGUMENTS.contains(argument)) {
                throw new Unsupported("no argument " + argument);
            }
        }
        RunnableConfig config = config(args);
        return switch (operation) {
            case "invoke" -> invoked(args, config);
            case "stream" -> streamed(args, config, events);
            case "update_state" -> updated(args, config);
            case "delete_thread" -> {
                saver.release(config);
                yield ValueFactory.newNil();
            }
            default -> throw new Unsupported("no operation " + operation);
        };
    }

    private static RunnableConfig config(Map<String, Object> args) {
        RunnableConfig.Builder builder = RunnableConfig.builder();
        if (args.get("thread") instanceof String thread) {
            builder.threadId(thread);
        }
        Data.map(args.get("context")).forEach((name, value) -> builder.addMetadata(name, value));
        return builder.build();
    }

    /** The input of a run; without one, a thread resumes. */
    private GraphInput input(Map<String, Object> args) {
        program.graph.setMaxIterations(((Long) args.getOrDefault("recursion_limit", (long) LIMIT)).intValue());
        if (args.get("input") == null) {
            return GraphInput.resume();
        } else if (args.get("input") instanceof Map) {
            return GraphInput.args(Data.map(args.get("input")));
        }
        throw new Unsupported("no input but a map of fields");
    }

    private Value invoked(Map<String, Object> args, RunnableConfig config) {
        List<NodeOutput<AgentState>> outputs = new ArrayList<>();
        if (args.get("async") == null) {
            return program.graph.invoke(input(args), config).map(this::values).orElse(ValueFactory.newNil());
        }
        program.graph.stream(input(args), config).forEachAsync(outputs::add).join();
        return outputs.isEmpty() ? ValueFactory.newNil() : values(outputs.get(outputs.size() - 1).state());
    }

    /** Streams the state after every step: LangGraph's mode values. */
    private Value streamed(Map<String, Object> args, RunnableConfig config, List<Value> events) {
        if (!args.get("modes").equals(List.of("values"))) {
            throw new Unsupported("no stream mode but values");
        }
        AsyncGenerator<NodeOutput<AgentState>> outputs = program.graph.stream(input(args), config);
        if (args.get("async") == null) {
            outputs.forEach(output -> report(output, events));
        } else {
            outputs.forEachAsync(output -> report(output, events)).join();
        }
        return ValueFactory.newNil();
    }

    private void report(NodeOutput<AgentState> output, List<Value> events) {
        if (!output.isEND() && !(output instanceof SubGraphOutput)) {
            Value mode = ValueFactory.newString("values");
            events.add(ValueFactory.newArray(mode, ValueFactory.emptyArray(), values(output.state())));
        }
    }

    private Value updated(Map<String, Object> args, RunnableConfig config) throws Exception {
        if (!(args.get("values") instanceof Map)) {
            throw new Unsupported("no update but a map of fields");
        }
        Map<String, Object> values = Data.map(args.get("values"));
        RunnableConfig now = args.get("as_node") instanceof String node
                ? program.graph.updateState(config, values, node)
                : program.graph.updateState(config, values);
        return Outcomes.map("configurable", Outcomes.map(
                "thread_id", Data.value(now.threadId().orElse(null)),
                "checkpoint_ns", "",
                "checkpoint_id", Data.value(now.checkPointId().orElse(null))));
    }

    /** The state in the order of its fields, followed by other keys. */
    private Value values(AgentState state) {
        Map<Object, Object> fields = new LinkedHashMap<>();
        for (String field : program.fields) {
            if (state.data().containsKey(field)) {
                fields.put(field, state.data().get(field));
            }
        }
        state.data().forEach(fields::putIfAbsent);
        return Data.value(fields);
    }
}
