package engine;

import java.util.Map;
import org.bsc.langgraph4j.checkpoint.MemorySaver;
import org.msgpack.value.MapValue;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;

/** langgraph4j behind Parity Kit's wire; README.md lists what differs from LangGraph. */
final class Engine {
    static MapValue describe() {
        return Outcomes.map(
                "name", "langgraph4j",
                "version", "1.8.17",
                "language", "Java",
                "levels", Outcomes.map("graph", "trace"),
                "engaged", Outcomes.map(),
                "protocol", ValueFactory.newInteger(1));
    }

    static Session open(String kind, MapValue spec, MapValue pins) {
        if (!kind.equals("graph")) {
            throw new Unsupported("no " + kind + " of LangGraph's kind");
        }
        Value saver = Outcomes.get(spec, "saver");
        if (!saver.isNilValue() && !saver.toString().equals("memory")) {
            throw new Unsupported("no saver but the one in memory");
        }
        Map<String, Object> program = Data.map(Data.of(Outcomes.get(spec, "program")));
        try {
            return new Run(program, saver.isNilValue() ? null : new MemorySaver());
        } catch (RaisedError failure) {
            return (operation, args) -> Outcomes.raised(failure.type, failure.getMessage());
        }
    }

    private Engine() {}
}
