package engine;

import java.util.ArrayList;
import java.util.List;
import org.msgpack.value.MapValue;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;

/** Builds outcomes and other maps. */
final class Outcomes {
    private static final Value NONE = ValueFactory.emptyArray();

    private Outcomes() {}

    /** Returns a map of alternating keys and values, which may be Java strings. */
    static MapValue map(Object... entries) {
        List<Value> values = new ArrayList<>();
        for (Object entry : entries) {
            values.add(entry instanceof String text ? ValueFactory.newString(text) : (Value) entry);
        }
        return ValueFactory.newMap(values.toArray(new Value[0]));
    }

    /** Returns the value under a string key, or nil. */
    static Value get(MapValue map, String key) {
        Value value = map.map().get(ValueFactory.newString(key));
        return value == null ? ValueFactory.newNil() : value;
    }

    /** The operation returned a value and stored bytes, by name. */
    static Value returned(Value value, MapValue stored) {
        return map("value", value, "events", NONE, "stored", stored, "dropped", NONE);
    }

    /** The operation raised one of LangGraph's errors. */
    static Value raised(String error, String message) {
        return map("error", error, "message", message, "events", NONE, "stored", map(), "dropped", NONE);
    }

    /** The engine does not support the operation. */
    static Value declined(String reason) {
        return map("unsupported", reason);
    }
}
