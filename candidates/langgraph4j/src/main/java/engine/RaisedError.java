package engine;

/** An error that an operation raises: Python's from a body, or Java's from compile(). */
final class RaisedError extends RuntimeException {
    final String type;

    RaisedError(String type, String message) {
        super(message);
        this.type = type;
    }
}
