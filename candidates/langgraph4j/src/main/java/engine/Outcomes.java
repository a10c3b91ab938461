package engine;

import java.util.ArrayList;
import java.util.List;
import org.msgpack.value.MapValue;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;

/** Makes outcomes and other maps. */
final class Outcomes {
    private static final Value NONE = ValueFactory.emptyArray();

    private Outcomes() {}

    /** A map of alternating keys and values; a key or a value may be a Java string. */
    static MapValue map(Object... entries) {
        List<Value> values = new ArrayList<>();
        for (Object each : entries) {
            values.add(each instanceof String text ? ValueFactory.newString(text) : (Value) each);
        }
        return ValueFactory.newMap(values.toArray(new Value[0]));
    }

    /** The value of a string key, or nil. */
    static Value get(MapValue map, String key) {
        Value found = map.map().get(ValueFactory.newString(key));
        return found == null ? ValueFactory.newNil() : found;
    }

    /** An operation gave a value, and stored bytes by name. */
    static Value returned(Value value, MapValue stored) {
        return map("value", value, "events", NONE, "stored", stored, "dropped", NONE);
    }

    /** An operation raised an error of LangGraph's. */
    static Value raised(String error, String message) {
        return map("error", error, "message", message, "events", NONE, "stored", map(), "dropped", NONE);
    }

    /** An operation is not offered. */
    static Value declined(String reason) {
        return map("unsupported", reason);
    }
}
