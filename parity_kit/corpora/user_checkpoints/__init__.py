"""A user's own checkpoints: read, and only read, from the databases that savers keep them in."""
