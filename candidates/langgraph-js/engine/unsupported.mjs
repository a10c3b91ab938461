// The engine does not support the request: an answer, not a failure.
export class Unsupported extends Error {}
