// What this engine does not offer, with a reason: an answer, not a failure.
export class Unsupported extends Error {}
