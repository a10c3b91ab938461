package engine;

/** What a body or a reducer raises: an error of Python's, by class and message. */
final class PythonError extends RuntimeException {
    final String type;

    PythonError(String type, String message) {
        super(message);
        this.type = type;
    }
}
