package engine;

import org.msgpack.value.MapValue;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;

/** your-engine, a LangGraph engine for Parity Kit. README.md says what to implement, step by step. */
final class Engine {
    /** Claims a level for each kind of subject that {@link #open} opens. */
    static MapValue describe() {
        return Outcomes.map(
                "name", "your-engine",
                "version", "0.1.0",
                "language", "Java",
                "levels", Outcomes.map("codec", "bytes"),
                "engaged", Outcomes.map(),
                "protocol", ValueFactory.newInteger(1));
    }

    /** Opens a subject; the other kinds are channel, graph, saver, store and cache. */
    static Session open(String kind, MapValue spec, MapValue pins) {
        if (kind.equals("codec")) {
            return Engine::codec;
        }
        throw new Unsupported(kind + " subjects are not implemented");
    }

    /** The codec subject: reads and writes the values that LangGraph stores. */
    private static Value codec(String operation, MapValue args) {
        Value type = Outcomes.get(args, "type");
        boolean stored = type.isStringValue() && type.asStringValue().asString().equals("msgpack");
        if (operation.equals("decode") && stored) {
            return Outcomes.returned(decode(bytes(args)), Outcomes.map());
        } else if (operation.equals("round_trip") && stored) {
            return encoded(decode(bytes(args)));
        } else if (operation.equals("encode")) {
            return encoded(Outcomes.get(args, "value"));
        }
        throw new Unsupported(operation + " is not implemented");
    }

    private static byte[] bytes(MapValue args) {
        return Outcomes.get(args, "data").asBinaryValue().asByteArray();
    }

    private static Value encoded(Value value) {
        Value data = ValueFactory.newBinary(encode(value));
        return Outcomes.returned(ValueFactory.newString("msgpack"), Outcomes.map("data", data));
    }

    /** Returns the opened form of stored bytes (see: parity-kit docs contract). */
    private static Value decode(byte[] data) {
        if (data.length == 1 && data[0] >= 0) {
            return ValueFactory.newInteger(data[0]);
        }
        throw new Unsupported("decoding more than a small integer is not implemented");
    }

    /** Returns the bytes that LangGraph would store for an opened value. */
    private static byte[] encode(Value value) {
        if (value.isIntegerValue() && value.asIntegerValue().isInByteRange()
                && value.asIntegerValue().asByte() >= 0) {
            return new byte[] {value.asIntegerValue().asByte()};
        }
        throw new Unsupported("encoding more than a small integer is not implemented");
    }

    private Engine() {}
}
