package engine;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.value.ArrayValue;
import org.msgpack.value.MapValue;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;

/** The wire: frames, requests and sessions (see: parity-kit docs protocol). You need not change this. */
public final class Main {
    private static final int FRAME_LIMIT = 64 << 20;
    private static final Value NIL = ValueFactory.newNil();
    private static final Map<Long, Session> sessions = new HashMap<>();
    private static long opened;

    public static void main(String[] arguments) throws IOException {
        // Only frames may go to stdout, so anything that prints writes to the log on stderr.
        PrintStream out = System.out;
        System.setOut(System.err);
        DataOutputStream sink = new DataOutputStream(out);
        DataInputStream source = new DataInputStream(new BufferedInputStream(System.in));
        String method = "";
        while (!method.equals("shutdown")) {
            ArrayValue request = read(source);
            if (request == null) {
                return;
            }
            method = request.get(2).asStringValue().asString();
            Value failure = NIL;
            Value result = NIL;
            try {
                result = answer(method, request.get(3).asMapValue());
            } catch (Unsupported gap) {
                failure = failure("unsupported", gap);
            } catch (RuntimeException | StackOverflowError problem) {
                problem.printStackTrace();
                failure = failure("engine", problem);
            }
            Value one = ValueFactory.newInteger(1);
            byte[] body = packed(ValueFactory.newArray(one, request.get(1), failure, result));
            sink.writeInt(body.length);
            sink.write(body);
            sink.flush();
        }
    }

    private static ArrayValue read(DataInputStream source) throws IOException {
        int length;
        try {
            length = source.readInt();
        } catch (EOFException end) {
            return null;
        }
        if (length < 0 || length > FRAME_LIMIT) {
            throw new IOException("a frame is over the limit");
        }
        byte[] body = new byte[length];
        source.readFully(body);
        return MessagePack.newDefaultUnpacker(body).unpackValue().asArrayValue();
    }

    private static byte[] packed(Value value) throws IOException {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.packValue(value);
            return packer.toByteArray();
        }
    }

    private static Value failure(String code, Throwable problem) {
        return Outcomes.map("code", code, "message", problem.toString(), "detail", "");
    }

    private static Value answer(String method, MapValue params) {
        switch (method) {
            case "handshake", "describe":
                return Engine.describe();
            case "run":
                MapValue test = Outcomes.get(params, "case").asMapValue();
                Session whole = open(test);
                List<Value> outcomes = new ArrayList<>();
                for (Value operation : Outcomes.get(test, "operations").asArrayValue()) {
                    outcomes.add(apply(whole, operation.asMapValue()));
                }
                return ValueFactory.newArray(outcomes);
            case "open":
                Session session = open(params);
                sessions.put(++opened, session);
                return ValueFactory.newInteger(opened);
            case "apply":
                return apply(sessions.get(number(params)), Outcomes.get(params, "operation").asMapValue());
            case "close":
                sessions.remove(number(params));
                return NIL;
            case "shutdown":
                return NIL;
            default:
                throw new Unsupported(method + " is not implemented");
        }
    }

    private static Session open(MapValue params) {
        MapValue subject = Outcomes.get(params, "subject").asMapValue();
        String kind = Outcomes.get(subject, "kind").asStringValue().asString();
        MapValue pins = Outcomes.get(params, "pins").asMapValue();
        return Engine.open(kind, Outcomes.get(subject, "spec").asMapValue(), pins);
    }

    private static Value apply(Session session, MapValue operation) {
        String name = Outcomes.get(operation, "name").asStringValue().asString();
        try {
            return session.apply(name, Outcomes.get(operation, "args").asMapValue());
        } catch (Unsupported gap) {
            return Outcomes.declined(gap.getMessage());
        }
    }

    private static long number(MapValue params) {
        return Outcomes.get(params, "session").asIntegerValue().asLong();
    }

    private Main() {}
}
