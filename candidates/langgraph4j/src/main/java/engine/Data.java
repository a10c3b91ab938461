package engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;

/** Values as langgraph4j keeps them: plain Java values, which its serializer can copy. */
final class Data {
    private Data() {}

    /** Converts a wire value. */
    static Object of(Value value) {
        switch (value.getValueType()) {
            case NIL:
                return null;
            case BOOLEAN:
                return value.asBooleanValue().getBoolean();
            case INTEGER:
                BigInteger whole = value.asIntegerValue().asBigInteger();
                return whole.bitLength() < 64 ? (Object) whole.longValue() : whole;
            case FLOAT:
                return value.asFloatValue().toDouble();
            case STRING:
                return value.asStringValue().asString();
            case BINARY:
                return value.asBinaryValue().asByteArray();
            case ARRAY:
                List<Object> items = new ArrayList<>();
                value.asArrayValue().forEach(item -> items.add(of(item)));
                return items;
            case MAP:
                Map<Object, Object> entries = new LinkedHashMap<>();
                value.asMapValue().entrySet().forEach(e -> entries.put(of(e.getKey()), of(e.getValue())));
                return entries;
            default:
                throw new Unsupported("no values of MessagePack's ext types");
        }
    }

    /** Returns the wire value. */
    static Value value(Object data) {
        if (data == null) {
            return ValueFactory.newNil();
        } else if (data instanceof Boolean flag) {
            return ValueFactory.newBoolean(flag);
        } else if (data instanceof Long number) {
            return ValueFactory.newInteger(number);
        } else if (data instanceof BigInteger number) {
            return ValueFactory.newInteger(number);
        } else if (data instanceof Double number) {
            return ValueFactory.newFloat(number);
        } else if (data instanceof String text) {
            return ValueFactory.newString(text);
        } else if (data instanceof byte[] bytes) {
            return ValueFactory.newBinary(bytes);
        } else if (data instanceof List<?> items) {
            return ValueFactory.newArray(items.stream().map(Data::value).toList());
        } else if (data instanceof Map<?, ?> entries) {
            List<Value> flat = new ArrayList<>();
            entries.forEach((key, entry) -> flat.addAll(List.of(value(key), value(entry))));
            return ValueFactory.newMap(flat.toArray(new Value[0]));
        }
        throw new IllegalStateException("a " + data.getClass().getName() + " came back in a state");
    }

    /** A map with string keys. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object data) {
        return data == null ? Map.of() : (Map<String, Object>) data;
    }

    /** A list. */
    @SuppressWarnings("unchecked")
    static List<Object> list(Object data) {
        return data == null ? List.of() : (List<Object>) data;
    }

    /** Whether two values are of the same type and equal, by their bytes. */
    static boolean same(Object a, Object b) {
        return Arrays.equals(packed(a), packed(b));
    }

    private static byte[] packed(Object data) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.packValue(value(data));
            return packer.toByteArray();
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }
}
