"""Going back to an earlier checkpoint: where each subgraph begins (`langgraph.pregel._loop`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from pure_engine.namespaces import without_task_ids
from pure_engine.savers.saver import Query, Saved, Saver, Where


@dataclass(slots=True)
class Replay:
    """A run that repeats what followed the checkpoint `since`.

    On its first run a subgraph begins where it was at that checkpoint; from then on it continues
    from its own latest one.
    """

    since: str
    begun: set[str] = field(default_factory=set[str])

    def find(self, saver: Saver, where: Where) -> Saved | None:
        """Return the checkpoint that a nested run begins at."""
        node = without_task_ids(where["checkpoint_ns"])
        if node in self.begun:
            return saver.get(where)
        self.begun.add(node)
        return next(saver.list(where, Query(before=self.since, limit=1)), None)


def replay_of(saved: Saved, latest: str, *, at_exit: bool) -> Replay:
    """Return the replay of a checkpoint that a run continues from under the id `latest`.

    A fork or an update was made after the subgraphs of its parent ran, so the parent's time counts.
    A fork that is stored at exit has no config of its own yet; only its parent's time is known.
    """
    copied = saved.metadata.get("source") in ("fork", "update")
    where = saved.parent if copied or at_exit else None
    if where is None and not at_exit:
        where = saved.config
    return Replay(where["checkpoint_id"] if where else latest)
