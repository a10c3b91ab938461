package engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.bsc.langgraph4j.RunnableConfig;
import org.bsc.langgraph4j.action.Command;
import org.bsc.langgraph4j.state.AppenderChannel;

/** One run of a node's body or of a routing expression (docs/programs.md). */
final class Visit {
    private static final Set<String> OPERATORS = Set.of(
            "get", "input", "var", "lit", "add", "join", "len", "eq", "lt", "not", "if", "range", "send",
            "overwrite", "interrupt", "command", "visits", "info", "context", "error", "store_get",
            "store_search", "message", "call", "call_all", "previous", "final");

    private final Map<String, Object> input;
    private final RunnableConfig config;
    private final long visits;
    private final Map<String, Object> variables = new HashMap<>();
    private final Map<String, Object> writes = new LinkedHashMap<>();
    private Object returned = writes;
    private boolean ended;

    Visit(Map<String, Object> input, RunnableConfig config, long visits) {
        this.input = input;
        this.config = config;
        this.visits = visits;
    }

    /** Runs a body and returns the node's update or command. */
    Object run(List<Object> body) {
        block(body);
        return returned;
    }

    private void block(List<Object> instructions) {
        for (Object instruction : instructions) {
            for (Map.Entry<String, Object> entry : Data.map(instruction).entrySet()) {
                if (!ended) {
                    instruction(entry.getKey(), entry.getValue());
                }
            }
        }
    }

    private void instruction(String name, Object argument) {
        switch (name) {
            case "write" -> assign(writes, Data.map(argument));
            case "let" -> assign(variables, Data.map(argument));
            case "when" -> {
                List<Object> parts = Data.list(argument);
                if (truth(value(parts.get(0)))) {
                    block(Data.list(parts.get(1)));
                } else if (parts.size() > 2) {
                    block(Data.list(parts.get(2)));
                }
            }
            case "raise" -> {
                String type = (String) Data.map(argument).get("type");
                String message = (String) Data.map(argument).get("message");
                throw new RaisedError(type, type.equals("KeyError") ? "'" + message + "'" : message);
            }
            case "return" -> {
                Object value = value(argument);
                ended = true;
                returned = value == null ? Map.of() : value;
                if (!(returned instanceof Map || returned instanceof Command)) {
                    throw new Unsupported("no node that returns other than a map or one command");
                }
            }
            default -> throw new Unsupported("no instruction " + name);
        }
    }

    private void assign(Map<String, Object> to, Map<String, Object> expressions) {
        Map<String, Object> values = new LinkedHashMap<>();
        expressions.forEach((name, expression) -> values.put(name, value(expression)));
        to.putAll(values);
    }

    /** Returns the value of an expression. */
    Object value(Object expression) {
        if (expression instanceof List<?> items) {
            List<Object> values = new ArrayList<>();
            items.forEach(item -> values.add(value(item)));
            return values;
        } else if (expression instanceof Map<?, ?> entries) {
            if (entries.size() == 1) {
                Map.Entry<?, ?> only = entries.entrySet().iterator().next();
                if (OPERATORS.contains(only.getKey())) {
                    return operator((String) only.getKey(), only.getValue());
                }
            }
            Map<Object, Object> values = new LinkedHashMap<>();
            entries.forEach((key, entry) -> values.put(key, value(entry)));
            return values;
        }
        return expression;
    }

    private Object operator(String name, Object argument) {
        return switch (name) {
            case "get" -> input.get((String) argument);
            case "input" -> input;
            case "var" -> variables.get((String) argument);
            case "lit" -> argument;
            case "visits" -> visits;
            case "context" -> config.metadata((String) argument).orElse(null);
            case "info" -> info((String) argument);
            case "overwrite" -> overwrite(value(argument));
            case "command" -> command(Data.map(argument));
            case "if" -> {
                List<Object> parts = Data.list(argument);
                yield value(truth(value(parts.get(0))) ? parts.get(1) : parts.get(2));
            }
            case "add", "eq", "lt" -> {
                List<Object> parts = Data.list(value(argument));
                yield pair(name, parts.get(0), parts.get(1));
            }
            case "join" -> joined(Data.list(value(argument)));
            case "len" -> length(value(argument));
            case "not" -> !truth(value(argument));
            case "range" -> {
                long end = value(argument) instanceof Long n ? Math.max(0, Math.min(64, n)) : 0;
                yield new ArrayList<Object>(LongStream.range(0, end).boxed().toList());
            }
            default -> throw new Unsupported("no operator " + name);
        };
    }

    private Object info(String name) {
        if (name.equals("thread_id")) {
            return config.threadId().orElse(null);
        }
        throw new Unsupported("no " + name + " of a run");
    }

    private static Object overwrite(Object value) {
        if (value instanceof List<?> items) {
            return AppenderChannel.ReplaceAllWith.of(new ArrayList<Object>(items));
        }
        throw new Unsupported("no overwriting of other than a list");
    }

    private Command command(Map<String, Object> parts) {
        Object next = value(parts.get("goto"));
        if (next instanceof List<?> several && several.size() == 1) {
            next = several.get(0);
        }
        if (next != null && !(next instanceof String)) {
            throw new Unsupported("no command that goes to several nodes");
        }
        Map<String, Object> update = Data.map(value(parts.get("update")));
        return next == null ? new Command(update) : new Command(Program.name((String) next), update);
    }

    private static Object pair(String name, Object a, Object b) {
        return switch (name) {
            case "add" -> sum(a, b);
            case "eq" -> Data.same(a, b);
            default -> a instanceof Long x && b instanceof Long y && x < y;
        };
    }

    /** Returns the sum of two integers, floats, strings or lists, or null. */
    static Object sum(Object a, Object b) {
        if (a instanceof Long x && b instanceof Long y) {
            long sum = x + y;
            boolean over = ((x ^ sum) & (y ^ sum)) < 0;
            return over ? (x < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : (Object) sum;
        } else if (a instanceof Double x && b instanceof Double y) {
            return x + y;
        } else if (a instanceof String x && b instanceof String y) {
            return x + y;
        } else if (a instanceof List<?> x && b instanceof List<?> y) {
            List<Object> both = new ArrayList<>(x);
            both.addAll(y);
            return both;
        }
        return null;
    }

    private static String joined(List<Object> parts) {
        List<String> texts = new ArrayList<>();
        for (Object part : parts) {
            texts.add(part instanceof String || part instanceof Long ? part.toString() : "?");
        }
        return String.join("-", texts);
    }

    private static long length(Object value) {
        if (value instanceof String text) {
            return text.codePointCount(0, text.length());
        } else if (value instanceof List<?> items) {
            return items.size();
        }
        return value instanceof Map<?, ?> entries ? entries.size() : 0;
    }

    private static boolean truth(Object value) {
        if (value instanceof Boolean flag) {
            return flag;
        } else if (value instanceof Long number) {
            return number != 0;
        } else if (value instanceof Double number) {
            return number != 0;
        } else if (value instanceof String || value instanceof List || value instanceof Map) {
            return length(value) != 0;
        }
        return value != null;
    }
}
