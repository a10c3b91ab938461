package engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bsc.langgraph4j.state.Channel;
import org.bsc.langgraph4j.state.Channels;
import org.bsc.langgraph4j.state.Reducer;

/** The fields of a state as langgraph4j's channels; a plain field has none. */
final class Fields {
    private Fields() {}

    static Map<String, Channel<?>> of(Map<String, Object> state) {
        Map<String, Channel<?>> channels = new LinkedHashMap<>();
        state.forEach((name, field) -> {
            Map<String, Object> parts = Data.map(field);
            for (String part : parts.keySet()) {
                if (!part.equals("type") && !part.equals("reducer")) {
                    throw new Unsupported("no field with a " + part);
                }
            }
            String type = (String) parts.getOrDefault("type", "any");
            if (type.equals("messages")) {
                throw new Unsupported("no messages of LangChain's");
            }
            if (parts.containsKey("reducer")) {
                channels.put(name, channel(type, (String) parts.get("reducer")));
            }
        });
        return channels;
    }

    private static Channel<?> channel(String type, String reducer) {
        Supplier<Object> empty = empty(type);
        if (type.equals("list") && reducer.equals("add")) {
            // The plain appender drops equal elements, so it does not match operator.add.
            return Channels.appenderWithDuplicate(ArrayList::new);
        }
        return Channels.base(reducer(reducer), empty);
    }

    private static Supplier<Object> empty(String type) {
        return switch (type) {
            case "int" -> () -> 0L;
            case "float" -> () -> 0.0;
            case "str" -> () -> "";
            case "bool" -> () -> false;
            case "list" -> ArrayList::new;
            case "dict" -> LinkedHashMap::new;
            default -> throw new Unsupported("no reducer on a field of type " + type);
        };
    }

    private static Reducer<Object> reducer(String name) {
        return switch (name) {
            case "add" -> Fields::sum;
            case "last" -> (a, b) -> b;
            case "first" -> (a, b) -> a;
            case "max" -> (a, b) -> less(a, b) ? b : a;
            case "min" -> (a, b) -> less(b, a) ? b : a;
            case "merge" -> Fields::merged;
            default -> throw new Unsupported("no reducer " + name);
        };
    }

    private static Object sum(Object a, Object b) {
        Object sum = Visit.sum(a, b);
        if (sum == null) {
            throw new Unsupported("no sum of other than two integers, floats, strings or lists");
        }
        return sum;
    }

    private static boolean less(Object a, Object b) {
        if (a instanceof Long x && b instanceof Long y) {
            return x < y;
        }
        throw new Unsupported("no max or min of other than two integers");
    }

    private static Object merged(Object a, Object b) {
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            Map<Object, Object> both = new LinkedHashMap<>(x);
            both.putAll(y);
            return both;
        }
        throw new Unsupported("no merge of other than two maps");
    }
}
