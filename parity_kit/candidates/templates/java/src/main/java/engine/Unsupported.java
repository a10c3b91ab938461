package engine;

/** What the engine does not offer (yet): a gap, never a fault. */
final class Unsupported extends RuntimeException {
    Unsupported(String reason) {
        super(reason);
    }

    @Override
    public String toString() {
        return getMessage();
    }
}
