package engine;

import org.msgpack.value.MapValue;
import org.msgpack.value.Value;

/** An open subject. */
interface Session {
    /** Applies one operation and returns its outcome, made with {@link Outcomes}. */
    Value apply(String operation, MapValue args);
}
