package engine;

/** The engine does not support the request: a gap, never a fault. */
final class Unsupported extends RuntimeException {
    Unsupported(String reason) {
        super(reason);
    }

    @Override
    public String toString() {
        return getMessage();
    }
}
