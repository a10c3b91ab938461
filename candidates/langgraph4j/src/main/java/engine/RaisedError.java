package engine;

/** What an operation raises, by class and message: Python's of a body, or Java's of a compile() that fails. */
final class RaisedError extends RuntimeException {
    final String type;

    RaisedError(String type, String message) {
        super(message);
        this.type = type;
    }
}
