package engine;

import org.msgpack.value.MapValue;
import org.msgpack.value.Value;

/** An open subject. */
interface Session {
    /** Does one operation and returns its outcome, which {@link Outcomes} makes. */
    Value apply(String operation, MapValue args);
}
